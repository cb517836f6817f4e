/** What Microsoft says of the connection, and that each finding says how to mend it: over real HTTPS against the fake login. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkTeams, type TeamsCheckOptions } from '../../bots/teams/check.ts';
import type { TeamsConnection } from '../../src/chat-connections.ts';
import { systemClock } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { createOutbound } from '../../src/net/outbound.ts';
import { selfSigned } from '../fakes/certificate.ts';
import { startFakeTeams, type FakeTeams } from '../fakes/teams.ts';

const usual = getCACertificates('default');
let teams: FakeTeams;
beforeEach(async () => {
  teams = await startFakeTeams();
  setDefaultCACertificates([...usual, teams.ca]);
});
afterEach(async () => {
  setDefaultCACertificates(usual);
  expect(teams.complaints).toEqual([]);
  await teams.close();
});

const connection = (change: Partial<TeamsConnection> = {}): TeamsConnection => ({
  appId: teams.appId,
  appType: 'SingleTenant',
  tenantId: teams.tenantId,
  password: teams.password!,
  allowedTenants: [teams.tenantId],
  serviceHosts: [teams.serviceHost],
  anonymous: false,
  from: 'console',
  changedAt: 100,
  ...change,
});
const check = (of: TeamsConnection, options: Partial<TeamsCheckOptions> = {}) =>
  checkTeams(of, { signal: new AbortController().signal, clock: systemClock, endpoints: teams.endpoints, ...options });
const found = async (of: TeamsConnection, options: Partial<TeamsCheckOptions> = {}) => (await check(of, options)).findings;
const PUBLIC = 'https://docent.example.com';

describe('the check', () => {
  test('of a whole connection: the app is known, its address said and reached, messages come', async () => {
    const asked: string[] = [];
    const findings = await found(connection(), {
      publicUrl: `${PUBLIC}/`,
      seen: { 'message.personal': 200, 'message.channel': 201 },
      reach: async (url) => (asked.push(url), 200),
    });
    expect(findings.map(({ what, level }) => `${what} ${level}`)).toEqual(['token ok', 'address ok', 'reach ok', 'events ok']);
    expect(findings[0]!.message).toContain(teams.appId);
    expect(findings[1]!.message).toMatch(/messaging endpoint .* https:\/\/docent\.example\.com\/api\/messages$/);
    expect(asked).toEqual([`${PUBLIC}/healthz`]);
  });

  test('a wrong secret, app or directory is said with the way to mend it, and the secret is not', async () => {
    const [first] = await found(connection({ password: 'made-up~wrong-secret' }));
    expect(first).toMatchObject({ what: 'token', level: 'problem', message: expect.stringMatching(/client secret .* Copy the "Value"/) });
    const [app] = await found(connection({ appId: '99999999-9999-4999-8999-999999999999' }));
    expect(app).toMatchObject({ what: 'token', level: 'problem', message: expect.stringContaining('99999999') });
    expect(JSON.stringify([first, app])).not.toMatch(/made-up/);
  });

  test.each([
    ['status', /cannot be reached from this machine, or is down/],
    ['cut', /cannot be reached from this machine, or is down/],
  ] as const)('a login with %s is told', async (type, said) => {
    teams.mood('token', type === 'status' ? { type, status: 503 } : { type }, { times: Infinity });
    expect((await found(connection()))[0]).toMatchObject({ what: 'token', level: 'problem', message: expect.stringMatching(said) });
  });

  test('a login that hangs is not waited for when nobody waits any more', async () => {
    teams.mood('token', { type: 'hang' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const begun = performance.now();
    await expect(check(connection(), { signal: stop.signal })).rejects.toThrow();
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  test('a certificate that soon ends is told of in time', async () => {
    const whole = selfSigned();
    const certificate = whole.certificate + whole.key;
    await teams.close();
    teams = await startFakeTeams({ certificate: whole.certificate });
    setDefaultCACertificates([...usual, teams.ca]);
    const { password: _, ...rest } = connection({ certificate });
    expect((await found(rest)).map(({ what, level }) => `${what} ${level}`)).toEqual(['token ok', 'address problem']);
    const soon = { ...systemClock, now: () => Date.UTC(new Date().getUTCFullYear() + 9, 11, 20) };
    expect(await found(rest, { clock: soon })).toContainEqual(
      expect.objectContaining({ what: 'token', level: 'warning', message: expect.stringMatching(/ends on \d{4}-01-01.*Upload a new one/) }),
    );
  });

  test.each([
    [undefined, /PUBLIC_URL is not set/],
    ['http://docent.example.com', /https addresses alone, and PUBLIC_URL is http:\/\/docent/],
  ])('Teams must reach PUBLIC_URL by https: %s', async (publicUrl, said) => {
    const reach = async (): Promise<number> => expect.unreachable('it was asked');
    const findings = await found(connection(), { reach, ...(publicUrl ? { publicUrl } : {}) });
    expect(findings).toContainEqual(expect.objectContaining({ what: 'address', level: 'problem', message: expect.stringMatching(said) }));
    expect(findings.map(({ what }) => what)).not.toContain('reach');
  });

  test('an address that does not answer, or with something else, is a warning: the internet may see it otherwise', async () => {
    const guard = createOutbound({ allowInternal: () => [] });
    const away = new AppError({ code: 'outbound.network', message: 'x', publicMessage: 'There is no server named `docent`.' });
    const ways: [() => Promise<number>, RegExp][] = [
      [async () => 403, /answers with status 403: a login or another server.*\/api\/messages/],
      [async () => Promise.reject(away), /does not answer when asked from here: There is no server/],
      [async () => (await guard.fetch('https://localhost/healthz')).status, /is an internal address, so it was not tried/],
    ];
    for (const [reach, said] of ways)
      expect(await found(connection(), { publicUrl: PUBLIC, reach })).toContainEqual(
        expect.objectContaining({ what: 'reach', level: 'warning', message: expect.stringMatching(said) }),
      );
    await guard.close();
  });

  test.each([
    [{}, 'warning', /no message has reached Docent yet: open it in Teams.*messaging endpoint.*docent\.example\.com\/api\/messages/],
    [{ 'message.personal': 50 }, 'warning', /no message has reached Docent yet/],
    [{ bad_token: 150 }, 'problem', /token is not for this app and directory/],
    [{ bad_token: 150, 'message.personal': 120 }, 'ok', /messages come; not yet/],
    [{ bad_token: 90_000_000, 'message.personal': 120 }, 'warning', /token is not for this app/],
    [{ bad_token: 150, 'message.personal': 160 }, 'ok', /messages come; not yet: message\.channel \(mention it in a channel\)/],
  ])('of messages after %o', async (seen, level, said) => {
    expect(await found(connection(), { publicUrl: PUBLIC, seen: seen as Record<string, number> })).toContainEqual(
      expect.objectContaining({ what: 'events', level, message: expect.stringMatching(said) }),
    );
  });

  test('of the anonymous mode asks Microsoft nothing', async () => {
    const findings = await found(connection({ anonymous: true, appId: '' }), { seen: {} });
    expect(findings.map(({ what, level }) => `${what} ${level}`)).toEqual(['token warning', 'events ok']);
    expect(teams.tokenRequests).toEqual([]);
  });
});
