/** Who a delivery is from: every token that Teams did not make is refused, and leaves nothing behind. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TeamsEndpoints } from '../../bots/teams/credentials.ts';
import { teamsRoutes } from '../../bots/teams/receiver.ts';
import { createVerifier, type Refusal } from '../../bots/teams/verify.ts';
import type { TeamsConnection } from '../../src/chat-connections.ts';
import { createLog } from '../../src/log.ts';
import { startFakeTeams, type FakeTeams } from '../fakes/teams.ts';

let teams: FakeTeams;
beforeAll(async () => {
  teams = await startFakeTeams();
});
afterAll(() => teams.close());

const connectionTo = (to: FakeTeams, more: Partial<TeamsConnection> = {}): TeamsConnection => ({
  appId: to.appId,
  appType: 'SingleTenant',
  tenantId: to.tenantId,
  password: 'the-client-secret',
  allowedTenants: [to.tenantId],
  serviceHosts: ['smba.trafficmanager.net', '*.botframework.com', to.serviceHost],
  anonymous: false,
  from: 'environment',
  changedAt: 0,
  ...more,
});

function verifier(more: Partial<TeamsConnection> = {}, endpoints: TeamsEndpoints = teams.endpoints, clock = { now: () => Date.now() }) {
  const refused: Refusal[] = [];
  const made = createVerifier({
    connection: connectionTo(teams, more),
    endpoints,
    clock: { ...clock, sleep: async () => {} },
    log: createLog('silent'),
    onRefused: (why) => refused.push(why),
  });
  return { verify: made.verify, refused };
}

const activity = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: 'message',
  channelId: 'msteams',
  serviceUrl: teams.serviceUrl,
  conversation: { id: 'a:1', tenantId: teams.tenantId },
  channelData: { tenant: { id: teams.tenantId } },
  ...more,
});
const bearer = async (choice?: Parameters<FakeTeams['token']>[0]): Promise<string> => `Bearer ${await teams.token(choice)}`;

test('what Teams sends is taken', async () => {
  const { verify, refused } = verifier();
  expect(await verify(await bearer(), activity())).toBe(true);
  expect(await verify((await bearer()).replace('Bearer', 'bearer'), activity({ channelData: undefined }))).toBe(true);
  expect(await verify(await bearer(), activity({ conversation: { id: 'a:1' } }))).toBe(true);
  expect(refused).toEqual([]);
});

test('every forged token is refused, quietly', async () => {
  const { verify } = verifier();
  const printed = [
    vi.spyOn(process.stderr, 'write'),
    vi.spyOn(process.stdout, 'write'),
    vi.spyOn(console, 'error'),
    vi.spyOn(console, 'warn'),
  ];
  try {
    const forgeries = Object.entries(await teams.forgeries());
    expect(forgeries.length).toBeGreaterThan(20);
    for (const [name, token] of forgeries) expect(await verify(`Bearer ${token}`, activity()), name).toBe(false);
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  } finally {
    for (const spy of printed) spy.mockRestore();
  }
});

test('over the wire: what Teams sends is taken, what is forged gets a bare 401', async () => {
  const { verify } = verifier();
  const taken: string[] = [];
  const app = express().use(
    teamsRoutes({
      verify,
      anonymous: false,
      take: async ({ text }) => void taken.push(text ?? ''),
      onSeen: () => {},
      log: createLog('silent'),
    }),
  );
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/messages`;
  const alice = teams.person();
  teams.deliverTo(address);
  try {
    await teams.push.message({ from: alice, chat: teams.personalChat(alice), text: 'Hello' });
    await teams.until(() => taken.length === 1, 'the delivery');
    const body = JSON.stringify({ ...activity(), from: { id: alice.id }, recipient: { id: teams.botId }, text: 'forged' });
    for (const [name, token] of Object.entries(await teams.forgeries())) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const answer = await fetch(address, { method: 'POST', headers, body });
      expect([answer.status, await answer.text()], name).toEqual([401, '']);
    }
    expect(taken).toEqual(['Hello']);
  } finally {
    teams.deliverTo(undefined);
    server.close();
  }
});

test('without a token, or with another scheme, nothing is taken', async () => {
  const { verify, refused } = verifier();
  const token = await teams.token();
  for (const header of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    token,
    `Basic ${token}`,
    `Bearer ${token} more`,
    `Bearer ${'a'.repeat(9000)}.a.a`,
  ])
    expect(await verify(header, activity()), String(header).slice(0, 20)).toBe(false);
  expect(new Set(refused)).toEqual(new Set(['no_token']));
});

describe('with a token that holds', () => {
  test.each([
    ['no body', () => undefined, 'activity'],
    ['a list', () => [], 'activity'],
    ['a text', () => 'x', 'activity'],
    ['no serviceUrl', () => activity({ serviceUrl: undefined }), 'service'],
    ['an empty serviceUrl', () => activity({ serviceUrl: '' }), 'service'],
    ['another serviceUrl', () => activity({ serviceUrl: `${teams.serviceUrl}x/` }), 'service'],
    ['another channel', () => activity({ channelId: 'directline' }), 'channel'],
    ['no channel', () => activity({ channelId: undefined }), 'channel'],
    ['another tenant', () => activity({ conversation: { id: 'a:1', tenantId: '11111111-0000-4000-8000-000000000000' } }), 'tenant'],
    [
      'another tenant in channelData',
      () => activity({ channelData: { tenant: { id: '11111111-0000-4000-8000-000000000000' } } }),
      'tenant',
    ],
    ['no tenant', () => activity({ conversation: { id: 'a:1' }, channelData: undefined }), 'tenant'],
    ['a tenant that is no text', () => activity({ channelData: { tenant: { id: [teams.tenantId] } } }), 'tenant'],
  ])('%s is refused', async (_, body, why) => {
    const { verify, refused } = verifier();
    expect(await verify(await bearer(), body())).toBe(false);
    expect(refused).toEqual([why]);
  });

  test('a tenant that is allowed beside the own one is taken', async () => {
    const other = '11111111-0000-4000-8000-00000000000a';
    const { verify } = verifier({ allowedTenants: [teams.tenantId, other] });
    expect(await verify(await bearer(), activity({ conversation: { tenantId: other.toUpperCase() }, channelData: {} }))).toBe(true);
  });

  test('a host that is not allowed is refused though Teams vouches for it', async () => {
    const { verify, refused } = verifier({ serviceHosts: ['smba.trafficmanager.net'] });
    expect(await verify(await bearer(), activity())).toBe(false);
    expect(refused).toEqual(['service']);
  });

  test('clocks may differ by five minutes, not more', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { verify } = verifier();
    expect(await verify(await bearer({ claims: { exp: now - 200 } }), activity())).toBe(true);
    expect(await verify(await bearer({ claims: { exp: now - 400 } }), activity())).toBe(false);
    expect(await verify(await bearer({ claims: { nbf: now + 200 } }), activity())).toBe(true);
    expect(await verify(await bearer({ claims: { nbf: now + 400 } }), activity())).toBe(false);
  });
});

test.each([
  ['https://smba.trafficmanager.net/emea/', true],
  ['https://europe.botframework.com/', true],
  ['https://SMBA.trafficmanager.net/emea/', true],
  ['http://smba.trafficmanager.net/emea/', false],
  ['https://smba.trafficmanager.net:8443/', false],
  ['https://smba.trafficmanager.net@evil.example/', false],
  ['https://evil.example@smba.trafficmanager.net/', false],
  ['https://smba.trafficmanager.net.evil.example/', false],
  ['https://evilbotframework.com/', false],
  ['https://botframework.com/', false],
  ['https://a.botframework.com.evil.example/', false],
  ['https://localhost/', false],
  ['https://127.0.0.1:1/', false],
  ['urn:botframework:websocket:x', false],
  ['file:///etc/passwd', false],
  ['//smba.trafficmanager.net/', false],
])('service URL %s: %s', async (serviceUrl, taken) => {
  const { verify } = verifier();
  expect(await verify(await bearer({ claims: { serviceurl: serviceUrl } }), activity({ serviceUrl }))).toBe(taken);
});

test('the anonymous mode asks for no token, and still for the host', async () => {
  const anonymous = { appId: '', anonymous: true, serviceHosts: ['localhost:56150'] };
  const { verify } = verifier(anonymous);
  expect(await verify(undefined, activity({ serviceUrl: 'http://localhost:56150/_connector' }))).toBe(true);
  expect(await verify(undefined, activity({ serviceUrl: 'http://localhost:56151/_connector' }))).toBe(false);
  expect(await verify(undefined, activity({ serviceUrl: 'https://evil.example/' }))).toBe(false);
});

test('no app id never means no authentication', async () => {
  const { verify } = verifier({ appId: '' });
  expect(await verify(undefined, activity())).toBe(false);
  expect(await verify(await bearer({ claims: { aud: '' } }), activity())).toBe(false);
});

describe('keys', () => {
  const own = async (run: (other: FakeTeams, ask: (clock?: { now: () => number }) => ReturnType<typeof verifier>) => Promise<void>) => {
    const other = await startFakeTeams({ appId: teams.appId, tenantId: teams.tenantId });
    try {
      await run(other, (clock) => verifier({ serviceHosts: [other.serviceHost, teams.serviceHost] }, other.endpoints, clock));
    } finally {
      await other.close();
    }
  };
  const of = (other: FakeTeams) => activity({ serviceUrl: other.serviceUrl });

  test('are fetched once for all who wait', () =>
    own(async (other, ask) => {
      const { verify } = ask();
      const token = `Bearer ${await other.token()}`;
      expect(await Promise.all(Array.from({ length: 50 }, () => verify(token, of(other))))).not.toContain(false);
      expect([other.calls('metadata').length, other.calls('keys').length]).toEqual([1, 1]);
    }));

  test('that are new are found, and made-up ids ask no more than once a minute', () =>
    own(async (other, ask) => {
      let ahead = 0;
      const { verify } = ask({ now: () => Date.now() + ahead });
      expect(await verify(`Bearer ${await other.token()}`, of(other))).toBe(true);
      ahead = 61_000;
      await other.rotateKeys();
      expect(await verify(`Bearer ${await other.token()}`, of(other))).toBe(true);
      expect(await verify(`Bearer ${await other.token({ key: 'previous' })}`, of(other))).toBe(true);
      for (let nth = 0; nth < 20; nth++)
        expect(await verify(`Bearer ${await other.token({ header: { kid: `made-up-${nth}` }, forge: 'garbage' })}`, of(other))).toBe(false);
      expect(other.calls('keys')).toHaveLength(2);
    }));

  test('that were taken back are no longer believed after a day', () =>
    own(async (other, ask) => {
      let ahead = 0;
      const { verify } = ask({ now: () => Date.now() + ahead });
      const old = { claims: { exp: Math.floor(Date.now() / 1000) + 3 * 24 * 3600 } };
      expect(await verify(`Bearer ${await other.token(old)}`, of(other))).toBe(true);
      await other.rotateKeys({ dropOld: true });
      ahead = 25 * 3600_000;
      // Nobody waits for the day's look: whoever comes first is still judged by what is held.
      await verify(`Bearer ${await other.token({ ...old, key: 'previous' })}`, of(other));
      await other.until(() => other.calls('keys').length === 2, 'the keys');
      await vi.waitFor(
        async () => expect(await verify(`Bearer ${await other.token({ ...old, key: 'previous' })}`, of(other))).toBe(false),
        { timeout: 20_000 },
      );
    }));

  test('while Microsoft is away, what is held serves on; without any, nothing is taken and it is soon asked again', () =>
    own(async (other, ask) => {
      let ahead = 0;
      const { verify } = ask({ now: () => Date.now() + ahead });
      other.mood('metadata', { type: 'status', status: 503 });
      const token = `Bearer ${await other.token({ claims: { exp: Math.floor(Date.now() / 1000) + 3 * 24 * 3600 } })}`;
      expect(await verify(token, of(other))).toBe(false);
      expect(await verify(token, of(other))).toBe(false);
      expect(other.calls('metadata')).toHaveLength(1);
      ahead = 3_000;
      expect(await verify(token, of(other))).toBe(true);
      ahead = 25 * 3600_000;
      other.mood('keys', { type: 'status', status: 500 });
      expect(await verify(token, of(other))).toBe(true);
      await other.until(() => other.calls('keys').length === 2, 'the keys');
      expect(await verify(token, of(other))).toBe(true);
    }));

  test('that are no keys, or an answer that is none, refuse and do not throw', async () => {
    const server = createServer(
      (req, res) =>
        void res.end(
          req.url === '/keys'
            ? '{"keys":[{"kty":"EC","kid":"k"},{"kty":"RSA","kid":"x"}]}'
            : `{"jwks_uri":"http://127.0.0.1:${port}/keys"}`,
        ),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      for (const path of ['', 'keys']) {
        const { verify, refused } = verifier({}, { openIdMetadata: `http://127.0.0.1:${port}/${path}`, login: '' });
        expect(await verify(await bearer(), activity())).toBe(false);
        expect(refused).toEqual(['key']);
      }
    } finally {
      server.close();
    }
  });
});

test('ten thousand forged tokens leave no lasting memory', { timeout: 60_000 }, async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { verify } = verifier();
  const base = await teams.token();
  const [head, claims, signature] = base.split('.') as [string, string, string];
  const payload = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
  const encode = (fields: object): string => Buffer.from(JSON.stringify(fields)).toString('base64url');
  // Each with a directory, an issuer or a key id of its own, as whoever wants to fill the memory makes them.
  const forged = (nth: number): string => {
    const tid = `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`;
    if (nth % 4 === 0) return `${head}.${encode({ ...payload, tid })}.${signature}`;
    if (nth % 4 === 1) return `${head}.${encode({ ...payload, tid, ver: '1.0', iss: `https://sts.windows.net/${tid}/` })}.${signature}`;
    if (nth % 4 === 2) return `${encode({ ...header, kid: tid })}.${encode({ ...payload, tid })}.${signature}`;
    return `${head}.${encode({ ...payload, tid, ver: '2.0', azp: tid, iss: `https://login.microsoftonline.com/${tid}/v2.0` })}.${signature}`;
  };
  const run = async (from: number, count: number): Promise<void> => {
    for (let nth = from; nth < from + count; nth += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, more) => verify(`Bearer ${forged(nth + more)}`, activity())));
      expect(answers).not.toContain(true);
    }
  };
  const used = async (): Promise<number> => {
    for (let nth = 0; nth < 3; nth++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return process.memoryUsage().heapUsed;
  };
  await run(0, 500);
  const before = await used();
  await run(500, 10_000);
  const kept = (await used()) - before;
  if (process.env.SHOW) process.stdout.write(`kept ${kept} bytes\n`);
  expect(kept).toBeLessThan(3_000_000);
  expect(await verify(await bearer(), activity())).toBe(true);
});
