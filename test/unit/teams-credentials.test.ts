/** The app's own token: by secret, certificate or managed identity; fetched once, renewed in time, and clear about what is wrong. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest';
import { createCredentials, fetchToken, MICROSOFT_ENDPOINTS } from '../../bots/teams/credentials.ts';
import type { TeamsConnection } from '../../src/chat-connections.ts';
import { makeCertificate, type Certificate } from '../fakes/teams-certificates.ts';
import { startFakeTeams, type FakeTeams, type FakeTeamsOptions } from '../fakes/teams.ts';

const usual = getCACertificates('default');
const started: FakeTeams[] = [];
let certificate: Certificate;
beforeAll(async () => {
  certificate = await makeCertificate('rsa');
});
afterAll(() => certificate.remove());
afterEach(async () => {
  setDefaultCACertificates(usual);
  for (const name of ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER']) delete process.env[name];
  await Promise.all(started.splice(0).map((one) => one.close()));
});

async function start(options: FakeTeamsOptions = {}): Promise<FakeTeams> {
  const teams = await startFakeTeams(options);
  started.push(teams);
  setDefaultCACertificates([...usual, teams.ca]);
  return teams;
}

const connectionTo = (to: FakeTeams, more: Partial<TeamsConnection> = {}): TeamsConnection => ({
  appId: to.appId,
  appType: 'SingleTenant',
  tenantId: to.tenantId,
  ...(to.password === undefined ? {} : { password: to.password }),
  allowedTenants: [to.tenantId],
  serviceHosts: [to.serviceHost],
  anonymous: false,
  from: 'environment',
  changedAt: 0,
  ...more,
});

/** A clock that a test turns forward. */
const turned = () => {
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead, sleep: async () => {} };
  return clock;
};
const failure = (work: Promise<unknown>): Promise<{ code: string; message: string; publicMessage: string; retryable: boolean }> =>
  work.then(
    () => expect.unreachable('it gave a token'),
    (error) => error as never,
  );

describe('a token is given', () => {
  test('for a secret, to the app of one directory', async () => {
    const teams = await start();
    const token = await createCredentials(connectionTo(teams), teams.endpoints, { clock: turned() }).token();
    expect(teams.world.accessTokens.has(token)).toBe(true);
    expect(teams.tokenRequests).toMatchObject([{ tenant: teams.tenantId, by: 'secret', granted: true }]);
    expect(teams.complaints).toEqual([]);
  });

  test('for a secret, to the app of several', async () => {
    const teams = await start({ appType: 'MultiTenant' });
    await createCredentials(connectionTo(teams, { appType: 'MultiTenant' }), teams.endpoints, { clock: turned() }).token();
    expect(teams.tokenRequests).toMatchObject([{ tenant: 'botframework.com', granted: true }]);
    expect(teams.complaints).toEqual([]);
  });

  test.each(['certificate first', 'key first'])('for a certificate, %s', async (order) => {
    const parts = [certificate.certificate, certificate.privateKey];
    const teams = await start({ certificate: certificate.certificate });
    const pem = (order === 'key first' ? parts.toReversed() : parts).join('\n');
    const token = await createCredentials(connectionTo(teams, { certificate: pem }), teams.endpoints, { clock: turned() }).token();
    expect(teams.world.accessTokens.has(token)).toBe(true);
    expect(teams.tokenRequests).toMatchObject([{ by: 'certificate', granted: true }]);
    expect(teams.complaints).toEqual([]);
  });

  test('to nobody in the anonymous mode, and no login is asked', async () => {
    const teams = await start();
    const connection = connectionTo(teams, { appId: '', anonymous: true });
    expect(await createCredentials(connection, teams.endpoints, { clock: turned() }).token()).toBe('');
    await fetchToken(connection, teams);
    expect(teams.tokenRequests).toEqual([]);
  });
});

describe('it is kept', () => {
  test('for all who ask, and asked for once', async () => {
    const teams = await start();
    const credentials = createCredentials(connectionTo(teams), teams.endpoints, { clock: turned() });
    const tokens = await Promise.all(Array.from({ length: 200 }, () => credentials.token()));
    expect(new Set(tokens).size).toBe(1);
    expect(await credentials.token()).toBe(tokens[0]);
    expect(teams.tokenRequests).toHaveLength(1);
  });

  test('and renewed before its end, without anyone waiting', async () => {
    const teams = await start({ tokenLifeS: 3600 });
    const clock = turned();
    const credentials = createCredentials(connectionTo(teams), teams.endpoints, { clock });
    const first = await credentials.token();
    clock.ahead = 56 * 60_000;
    expect(await credentials.token()).toBe(first);
    await teams.until(() => teams.tokenRequests.length === 2, 'another token');
    await teams.until(() => teams.world.accessTokens.size === 2, 'another token');
  });

  test('to its end while the login is away, and not longer', async () => {
    const teams = await start({ tokenLifeS: 3600 });
    const clock = turned();
    const credentials = createCredentials(connectionTo(teams), teams.endpoints, { clock });
    const first = await credentials.token();
    teams.mood('token', { type: 'status', status: 503 }, { times: Infinity });
    clock.ahead = 58 * 60_000;
    expect(await credentials.token()).toBe(first);
    expect(await credentials.token()).toBe(first);
    clock.ahead = 60 * 60_000;
    expect(await failure(credentials.token())).toMatchObject({ code: 'chat.unavailable', retryable: true });
  });

  test('until it is refused: one other in its place for all who were refused with it', async () => {
    const teams = await start();
    const credentials = createCredentials(connectionTo(teams), teams.endpoints, { clock: turned() });
    const first = await credentials.token();
    const others = await Promise.all(Array.from({ length: 50 }, () => credentials.renew(first)));
    expect(new Set(others).size).toBe(1);
    expect(others[0]).not.toBe(first);
    // Whoever learns of it late takes the new one.
    expect(await credentials.renew(first)).toBe(others[0]);
    expect(await credentials.token()).toBe(others[0]);
    expect(teams.tokenRequests).toHaveLength(2);
  });

  test('by whoever fetched it: a check with other settings is not answered from it', async () => {
    const teams = await start();
    await createCredentials(connectionTo(teams), teams.endpoints, { clock: turned() }).token();
    expect(await failure(fetchToken(connectionTo(teams, { password: 'another-secret' }), teams))).toMatchObject({
      code: 'chat.unauthorized',
    });
  });
});

describe('where none is given, it says which setting to mend', () => {
  test.each<[string, FakeTeamsOptions, (teams: FakeTeams) => Partial<TeamsConnection>, RegExp]>([
    ['a wrong secret', {}, () => ({ password: 'not-the-secret' }), /MicrosoftAppPassword.*"Value" \(not the "Secret ID"\)/],
    ['another app', {}, () => ({ appId: '11111111-0000-4000-8000-000000000000' }), /MicrosoftAppTenantId .* no app MicrosoftAppId 1{8}/],
    ['another directory', {}, () => ({ tenantId: '22222222-0000-4000-8000-000000000000' }), /MicrosoftAppTenantId 2{8}/],
    [
      'a certificate that the app does not have',
      {},
      () => ({ certificate: `${certificate.certificate}${certificate.privateKey}` }),
      /MicrosoftAppCertificate/,
    ],
    ['the app of one directory as one of several', {}, () => ({ appType: 'MultiTenant' }), /MicrosoftAppId/],
  ])('%s', async (_, options, wrong, says) => {
    const teams = await start(options);
    const failed = await failure(fetchToken(connectionTo(teams, wrong(teams)), teams));
    expect(failed.code).toBe('chat.unauthorized');
    expect(failed.retryable).toBe(false);
    expect(failed.publicMessage).toMatch(says);
    expect(JSON.stringify([failed.message, failed.publicMessage, failed])).not.toMatch(/not-the-secret|the-client-secret|PRIVATE/);
    expect(failed).not.toHaveProperty('cause');
  });
});

describe('a login that is away', () => {
  test.each<[string, Parameters<FakeTeams['mood']>[1]]>([
    ['answers 503', { type: 'status', status: 503 }],
    ['answers 429', { type: 'status', status: 429 }],
    ['answers with a page of a gateway', { type: 'status', status: 502, body: '<html>' }],
    ['cuts the line', { type: 'cut' }],
    ['hangs', { type: 'hang' }],
  ])('%s', async (_, mood) => {
    const teams = await start();
    teams.mood('token', mood, { times: Infinity });
    const credentials = createCredentials(connectionTo(teams), teams.endpoints, { clock: turned(), timeoutMs: 300 });
    expect(await failure(credentials.token())).toMatchObject({ code: 'chat.unavailable', retryable: true });
    expect(teams.tokenRequests.length).toBeLessThan(2);
    teams.clearMoods();
    expect(teams.world.accessTokens.has(await credentials.token())).toBe(true);
  });

  test('is not there at all, or not the one that its certificate says', async () => {
    const teams = await start();
    const nowhere = { ...teams.endpoints, login: 'https://localhost:1' };
    const failed = await failure(fetchToken(connectionTo(teams), { endpoints: nowhere }));
    expect(failed).toMatchObject({ code: 'chat.unavailable', publicMessage: expect.stringContaining('proxy or firewall') });
    setDefaultCACertificates(usual);
    const other = await startFakeTeams();
    started.push(other);
    expect(await failure(fetchToken(connectionTo(other), other))).toMatchObject({ code: 'chat.unavailable' });
    expect(other.tokenRequests).toEqual([]);
  });
});

// MSAL looks at the environment once in a process.
test('a managed identity: its token, an identity that is not assigned, and a machine that has none', async () => {
  const teams = await start({ appType: 'UserAssignedMSI' });
  Object.assign(process.env, teams.managedIdentity);
  const { password: _, ...connection } = connectionTo(teams, { appType: 'UserAssignedMSI' });
  const ask = (more: Partial<TeamsConnection> = {}): Promise<string> =>
    createCredentials({ ...connection, ...more }, teams.endpoints, { clock: turned(), timeoutMs: 500 }).token();

  expect(teams.world.accessTokens.has(await ask())).toBe(true);
  expect(teams.tokenRequests).toMatchObject([{ by: 'managed identity', granted: true }]);
  expect(teams.complaints).toEqual([]);

  const unassigned = await failure(ask({ appId: '11111111-0000-4000-8000-000000000000' }));
  expect(unassigned).toMatchObject({
    code: 'chat.unauthorized',
    publicMessage: expect.stringMatching(/managed identity.*MicrosoftAppId 1{8}/),
  });

  teams.mood('identity', { type: 'status', status: 503 });
  expect(await failure(ask())).toMatchObject({ code: 'chat.unavailable', retryable: true });
  expect(teams.world.accessTokens.has(await ask())).toBe(true);

  await started.pop()!.close();
  expect(await failure(ask())).toMatchObject({ code: 'chat.unavailable', publicMessage: expect.stringContaining('works only on Azure') });
});

test("Microsoft's own addresses", () => {
  expect(MICROSOFT_ENDPOINTS).toEqual({
    openIdMetadata: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
    login: 'https://login.microsoftonline.com',
  });
});
