/** What goes over the wire to Teams: as it was given, once, in time, and to allowed hosts alone. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { OutgoingActivity, TeamsMessage, Where } from '../../bots/teams/activity.ts';
import { createTeamsConnector } from '../../bots/teams/connector.ts';
import type { TeamsConnection } from '../../src/chat-connections.ts';
import { createLog } from '../../src/log.ts';
import type { Clock } from '../../src/types.ts';
import { startFakeTeams, type FakeTeams, type FakeTeamsOptions } from '../fakes/teams.ts';

const usual = getCACertificates('default');
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  setDefaultCACertificates(usual);
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start(options: FakeTeamsOptions = {}, more: { timeoutMs?: number; connection?: Partial<TeamsConnection> } = {}) {
  const teams = await startFakeTeams({ limits: { send: false, create: false, members: false, perTenant: false }, ...options });
  closing.push(() => teams.close());
  setDefaultCACertificates([...usual, teams.ca]);
  const alice = teams.person({ name: 'Alice' });
  const chat = teams.personalChat(alice);
  const clock = waiting();
  const connector = createTeamsConnector({
    connection: connectionTo(teams, more.connection),
    endpoints: teams.endpoints,
    clock,
    log: createLog('silent'),
    ...(more.timeoutMs === undefined ? {} : { timeoutMs: more.timeoutMs }),
  });
  return { teams, connector, alice, chat, clock, to: { serviceUrl: teams.serviceUrl, conversation: chat.id } satisfies Where };
}

const connectionTo = (to: Pick<FakeTeams, 'appId' | 'tenantId' | 'serviceHost'>, more: Partial<TeamsConnection> = {}): TeamsConnection => ({
  appId: to.appId,
  appType: 'SingleTenant',
  tenantId: to.tenantId,
  password: 'the-client-secret',
  allowedTenants: [to.tenantId],
  serviceHosts: [to.serviceHost],
  anonymous: false,
  from: 'environment',
  changedAt: 0,
  ...more,
});

/** A clock that writes down how long it was asked to wait, and does not. */
function waiting(): Clock & { waits: number[] } {
  const waits: number[] = [];
  let ahead = 0;
  return {
    waits,
    now: () => Date.now() + ahead,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      waits.push(ms);
      ahead += ms;
    },
  };
}

const hello: TeamsMessage = { type: 'message', text: 'Hello.' };
const failure = (work: Promise<unknown>): Promise<Record<string, unknown>> =>
  work.then(
    () => expect.unreachable('it went through'),
    (error) => error as never,
  );

describe('what goes out', () => {
  const answer: TeamsMessage = {
    type: 'message',
    text: '30 days [1].',
    textFormat: 'markdown',
    summary: '30 days',
    entities: [
      {
        type: 'https://schema.org/Message',
        '@type': 'Message',
        '@context': 'https://schema.org',
        '@id': '',
        additionalType: ['AIGeneratedContent'],
        citation: [
          {
            '@type': 'Claim',
            position: 1,
            appearance: {
              '@type': 'DigitalDocument',
              name: 'Leave',
              url: 'https://wiki.example/leave?a=1&b=2#x',
              abstract: '“30 days” — 三十天 🙂 \u2028',
              keywords: ['Handbook', '2 May 2026'],
            },
          },
        ],
      },
    ],
    channelData: { feedbackLoop: { type: 'default' } },
    suggestedActions: { actions: [{ type: 'imBack', title: 'More', value: 'Tell me more' }] },
  };
  const buttons: TeamsMessage = {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          type: 'AdaptiveCard',
          version: '1.5',
          body: [{ type: 'TextBlock', text: 'Where from', wrap: true, isVisible: false }],
          actions: [{ type: 'Action.Execute', title: 'Why?', verb: 'docent.why', data: { id: 'a-1' } }],
        },
      },
    ],
  };

  test('of an answer is what was given, byte for byte: citations, AI label, card, feedback', async () => {
    const { teams, connector, to } = await start();
    const id = await connector.send(to, answer);
    const [sent] = teams.calls('send');
    expect(sent!.body).toEqual(answer);
    expect(JSON.stringify((sent!.body as TeamsMessage).entities)).toBe(JSON.stringify(answer.entities));
    const below = await connector.send(to, buttons);
    expect(teams.calls('send')[1]!.body).toEqual(buttons);
    expect(teams.messages(to.conversation).map((one) => one.id)).toEqual([id, below]);
    await connector.update(to, id, { ...answer, text: '31 days [1].' });
    expect(JSON.stringify((teams.calls('update')[0]!.body as TeamsMessage).entities)).toBe(JSON.stringify(answer.entities));
    expect(teams.complaints).toEqual([]);
    // Teams makes two messages of text with a card.
    await expect(connector.update(to, id, { ...answer, ...buttons })).rejects.toMatchObject({ code: 'chat.refused' });
  });

  test('of a stream is what was given: its kind, its number, its id', async () => {
    const { teams, connector, to } = await start({ times: { chunkMs: 0 } });
    const chunk = (more: object): OutgoingActivity => ({
      type: 'typing',
      text: 'Looking',
      entities: [{ type: 'streaminfo', ...more } as never],
    });
    const first = { streamType: 'informative', streamSequence: 1 };
    const streamId = await connector.send(to, chunk(first));
    expect(streamId).not.toBe('');
    const second = { streamType: 'streaming', streamSequence: 2, streamId };
    await connector.send(to, chunk(second));
    await connector.send(to, { type: 'message', text: 'Looking done', entities: [{ type: 'streaminfo', streamType: 'final', streamId }] });
    expect(teams.calls('send').map((one) => (one.body as TeamsMessage).entities![0])).toEqual([
      { type: 'streaminfo', ...first },
      { type: 'streaminfo', ...second },
      { type: 'streaminfo', streamType: 'final', streamId },
    ]);
    expect(teams.answers(to.conversation)).toMatchObject([{ text: 'Looking done', streaming: 'final' }]);
    expect(teams.complaints).toEqual([]);
  });

  test('of a thread stands in it; an edit, a deletion and "is typing" arrive', async () => {
    const { teams, connector, alice } = await start();
    const channel = teams.channel({ members: [alice] });
    const where = { serviceUrl: teams.serviceUrl, conversation: channel.id };
    const root = await connector.send(where, hello);
    const thread = { ...where, conversation: `${channel.id};messageid=${root}` };
    const reply = await connector.send(thread, { type: 'message', text: 'A reply.' });
    expect(teams.replies(channel, root).map((one) => one.id)).toEqual([reply]);
    await connector.update(thread, reply, { type: 'message', text: 'A better reply.' });
    await connector.send(thread, { type: 'typing' });
    expect(teams.replies(channel, root)[0]!.text).toBe('A better reply.');
    await connector.remove(thread, reply);
    expect(teams.replies(channel, root)).toEqual([]);
    expect(teams.complaints).toEqual([]);
  });

  test('carries one token for 200 messages at once', async () => {
    const { teams, connector, to } = await start();
    await Promise.all(Array.from({ length: 200 }, (_, nth) => connector.send(to, { type: 'message', text: `Number ${nth}` })));
    expect(teams.answers(to.conversation)).toHaveLength(200);
    expect(teams.tokenRequests).toHaveLength(1);
  });

  test('carries no token in the anonymous mode', async () => {
    const { teams, connector, to } = await start({ anonymous: true }, { connection: { appId: '', anonymous: true } });
    await connector.send(to, hello);
    expect(teams.answers(to.conversation)).toHaveLength(1);
    expect(teams.tokenRequests).toEqual([]);
  });
});

describe('people', () => {
  test('stand in the roster with their directory id, e-mail and role', async () => {
    const { teams, connector, alice, to } = await start();
    const { id, aadObjectId, name, email, userPrincipalName, tenantId } = alice;
    const expected = { id, aadObjectId, name, email, userPrincipalName, tenantId, userRole: 'user' };
    expect(await connector.member(to, id)).toEqual(expected);
    expect(await connector.member(to, aadObjectId)).toEqual(expected);
    expect(await failure(connector.member(to, '29:nobody'))).toMatchObject({ code: 'chat.gone' });
    expect(teams.complaints).toEqual([]);
  });

  test('of a large channel come page by page, as many as are wanted', async () => {
    const { teams, connector } = await start({ memberPage: 100 });
    const everybody = Array.from({ length: 250 }, () => teams.person());
    const where = { serviceUrl: teams.serviceUrl, conversation: teams.channel({ members: everybody }).id };
    const found = await connector.members(where, 1000);
    expect(found.map((one) => one.aadObjectId)).toEqual(everybody.map((one) => one.aadObjectId));
    expect(teams.calls('members')).toHaveLength(3);
    expect(await connector.members(where, 120)).toHaveLength(120);
    expect(teams.calls('members')).toHaveLength(5);
    expect(teams.complaints).toEqual([]);
  });

  test('are written to in the chat that is opened, or found', async () => {
    const { teams, connector, alice, chat } = await start();
    const input = { serviceUrl: teams.serviceUrl, tenantId: teams.tenantId, member: alice.id };
    expect(await connector.openPersonal(input)).toBe(chat.id);
    expect(await connector.openPersonal({ ...input, member: alice.aadObjectId })).toBe(chat.id);
    teams.uninstall(chat);
    expect(await failure(connector.openPersonal(input))).toMatchObject({ code: 'chat.gone' });
    expect(teams.complaints).toEqual([]);
  });
});

describe('limits and outages', () => {
  test.each([
    ['429 with Retry-After', { status: 429, retryAfter: 1 }],
    ['429 without', { status: 429 }],
    ['412', { status: 412 }],
  ])('%s: a message waits, and is sent once', async (_, mood) => {
    const { teams, connector, to, clock } = await start();
    teams.mood('send', { type: 'status', ...mood }, { times: 2 });
    await connector.send(to, hello, { patienceMs: 10_000 });
    expect(teams.answers(to.conversation)).toHaveLength(1);
    expect(clock.waits).toHaveLength(2);
    for (const wait of clock.waits) {
      expect(wait).toBeGreaterThan('retryAfter' in mood ? 999 : 0);
      expect(wait).toBeLessThan(1300);
    }
  });

  test('the waits grow, and differ', async () => {
    const seen = new Set<number>();
    for (let nth = 0; nth < 4; nth++) {
      const { teams, connector, to, clock } = await start();
      teams.mood('send', { type: 'status', status: 429 }, { times: Infinity });
      expect(await failure(connector.send(to, hello, { patienceMs: 60_000 }))).toMatchObject({ code: 'chat.limited' });
      expect(Math.max(...clock.waits.slice(-3))).toBeGreaterThan(2000);
      expect(clock.waits.reduce((sum, wait) => sum + wait)).toBeLessThanOrEqual(60_000);
      seen.add(clock.waits[0]!);
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  test('a wait that is longer than the patience is said, not waited for', async () => {
    const { teams, connector, to, clock } = await start();
    teams.mood('send', { type: 'status', status: 429, retryAfter: 30 });
    expect(await failure(connector.send(to, hello))).toMatchObject({ code: 'chat.limited', retryable: true, retryAfterMs: 30_000 });
    teams.mood('send', { type: 'status', status: 429 });
    expect(await failure(connector.send(to, hello, { patienceMs: 0 }))).toMatchObject({ code: 'chat.limited' });
    expect(clock.waits).toEqual([]);
    expect(teams.calls('send')).toHaveLength(2);
  });

  test.each([
    ['500', { type: 'status', status: 500 }],
    ['502', { type: 'status', status: 502 }],
    ['503', { type: 'status', status: 503, retryAfter: 1 }],
    ['504 behind the commit', { type: 'status', status: 504, when: 'after' }],
    ['a cut line', { type: 'cut' }],
    ['a cut line behind the commit', { type: 'cut', when: 'after' }],
    ['silence behind the commit', { type: 'hang', when: 'after' }],
    ['a page of a gateway', { type: 'status', status: 200, body: '<html>', when: 'after' }],
  ] as const)('%s: a message may stand there, so it is not sent again', async (_, mood) => {
    const { teams, connector, to, clock } = await start({}, { timeoutMs: 300 });
    teams.mood('send', mood);
    expect(await failure(connector.send(to, hello, { patienceMs: 10_000 }))).toMatchObject({ code: 'chat.unavailable', retryable: true });
    expect(teams.calls('send')).toHaveLength(1);
    expect(teams.answers(to.conversation).length).toBe('when' in mood ? 1 : 0);
    expect(clock.waits).toEqual([]);
  });

  test.each([500, 502, 503, 504, 412, 429])('%i: an edit, a deletion and a look at the roster are made again', async (status) => {
    const { teams, connector, to, alice, clock } = await start();
    const id = await connector.send(to, hello);
    for (const kind of ['update', 'member', 'members', 'create'] as const) teams.mood(kind, { type: 'status', status });
    teams.mood('delete', { type: 'status', status, when: 'after' });
    const options = { patienceMs: 5_000 };
    await connector.update(to, id, { type: 'message', text: 'Hello again.' }, options);
    expect(teams.answers(to.conversation)[0]!.text).toBe('Hello again.');
    expect(await connector.member(to, alice.id, options)).toMatchObject({ name: 'Alice' });
    expect(await connector.members(to, 10, options)).toHaveLength(1);
    await connector.openPersonal({ serviceUrl: to.serviceUrl, tenantId: teams.tenantId, member: alice.id }, options);
    // The first had deleted it, and was told of a fault.
    await connector.remove(to, id, options);
    expect(teams.answers(to.conversation)).toEqual([]);
    expect(clock.waits).toHaveLength(5);
  });

  test('a connector that hangs is not waited for for ever, its body neither', async () => {
    const { connector, to, teams } = await start({}, { timeoutMs: 200 });
    teams.mood('update', { type: 'hang' }, { times: Infinity });
    const id = await connector.send(to, hello);
    const began = performance.now();
    expect(await failure(connector.update(to, id, hello, { patienceMs: 0 }))).toMatchObject({ code: 'chat.unavailable' });
    expect(performance.now() - began).toBeLessThan(10_000);
    const half = await answering((_, res) => void res.writeHead(201, { 'content-length': '100' }).write('{"id":'));
    expect(await failure(half.connector.send(half.to, hello))).toMatchObject({ code: 'chat.unavailable' });
  });

  test('nobody there: nothing was sent, so it is tried again', async () => {
    const { connector, to, teams, clock } = await start();
    await connector.send(to, hello);
    const where = { ...to, serviceUrl: `http://${teams.serviceHost}/teams/` };
    await closing.pop()!();
    expect(await failure(connector.send(where, hello, { patienceMs: 3_000 }))).toMatchObject({ code: 'chat.unavailable' });
    expect(clock.waits.length).toBeGreaterThan(0);
  });

  test('a login that is away for a moment holds a message up, and loses none', async () => {
    const { teams, connector, to, clock } = await start();
    teams.mood('token', { type: 'status', status: 503 }, { times: 2 });
    await connector.send(to, hello, { patienceMs: 10_000 });
    expect(teams.answers(to.conversation)).toHaveLength(1);
    expect(clock.waits).toHaveLength(2);
  });

  test('an abort ends it at once, with its own reason', async () => {
    const { teams, connector, to } = await start();
    teams.mood('send', { type: 'hang' });
    const stop = new AbortController();
    const sending = failure(connector.send(to, hello, { signal: stop.signal }));
    await teams.until(() => teams.calls('send').length === 1, 'the call');
    stop.abort(new Error('stopped'));
    expect(await sending).toMatchObject({ message: 'stopped' });
    expect(await failure(connector.send(to, hello, { signal: stop.signal }))).toMatchObject({ message: 'stopped' });
    expect(teams.calls('send')).toHaveLength(1);
  });
});

describe('what a refusal means', () => {
  const refusedBy = async (status: number, code: string, message: string, activity: OutgoingActivity = hello) => {
    const { connector, to, calls } = await answering((_, res) => {
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code, message } }));
    });
    const failed = await failure(connector.send(to, activity, { patienceMs: 5_000 }));
    return { ...failed, message: failed.message, calls: calls() };
  };
  const chunk: OutgoingActivity = {
    type: 'typing',
    text: 'x',
    entities: [{ type: 'streaminfo', streamType: 'streaming', streamSequence: 2, streamId: 's' }],
  };

  test.each([
    [404, 'ConversationNotFound', 'Conversation not found.', 'chat.gone'],
    [404, 'ActivityNotFoundInConversation', '', 'chat.gone'],
    [403, 'BotNotInConversationRoster', '', 'chat.gone'],
    [403, 'MessageWritesBlocked', '', 'chat.gone'],
    [403, 'Forbidden', '', 'chat.gone'],
    [400, 'ConversationNotFound', '', 'chat.gone'],
    [400, 'BadSyntax', 'Secret words of a person', 'chat.refused'],
    [400, 'BadArgument', '', 'chat.refused'],
    [413, 'MessageSizeTooBig', '', 'chat.refused'],
    [403, 'MessageSizeTooBig', '', 'chat.refused'],
    [408, 'RequestTimeout', '', 'chat.unavailable'],
    [501, 'DeleteActivityAPINotImplemented', '', 'chat.refused'],
    [301, 'Moved', '', 'chat.unavailable'],
  ])('%i %s (%s): %s', async (status, code, text, means) => {
    const failed = await refusedBy(status, code, text);
    expect(failed).toMatchObject({ code: means, calls: 1 });
    // Neither what was sent nor our token stands in what may be logged.
    expect(JSON.stringify([failed, failed.message])).not.toMatch(/Secret words|Hello|Bearer/);
    expect(failed).not.toHaveProperty('cause');
  });

  test.each([
    ['ContentStreamNotAllowed', 'Content stream was canceled by user.', 'chat.stopped'],
    ['ContentStreamNotAllowed', 'Content stream finished due to exceeded streaming time.', 'chat.stream_over'],
    ['ContentStreamNotAllowed', 'Content stream is not allowed', 'chat.stream_over'],
    ['BotNotInConversationRoster', '', 'chat.gone'],
  ])('of a stream, 403 %s (%s): %s', async (code, text, means) => {
    expect(await refusedBy(403, code, text, chunk)).toMatchObject({ code: means, calls: 1 });
  });

  test('the fake says the same: stopped by who asked, over after its time, gone with the app, too large', async () => {
    const { teams, connector, to, chat } = await start({ times: { chunkMs: 0, streamMs: 300 } });
    const info = (more: object) =>
      ({ type: 'typing', text: 'x', entities: [{ type: 'streaminfo', streamType: 'streaming', ...more }] }) as OutgoingActivity;
    const streamId = await connector.send(to, info({ streamSequence: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await failure(connector.send(to, info({ streamSequence: 2, streamId })))).toMatchObject({ code: 'chat.stream_over' });
    const second = await connector.send(to, info({ streamSequence: 1 }));
    teams.push.stop(teams.message(chat, second)!);
    expect(await failure(connector.send(to, info({ streamSequence: 2, streamId: second })))).toMatchObject({ code: 'chat.stopped' });
    expect(await failure(connector.send(to, { type: 'message', text: 'x'.repeat(120_000) }))).toMatchObject({ code: 'chat.refused' });
    teams.uninstall(chat);
    expect(await failure(connector.send(to, hello))).toMatchObject({ code: 'chat.gone' });
  });

  test('a token that is refused is fetched anew, once for all; one that is refused again is said', async () => {
    const { teams, connector, to } = await start();
    await connector.send(to, hello);
    teams.revokeTokens();
    await Promise.all(Array.from({ length: 20 }, () => connector.send(to, hello)));
    expect(teams.answers(to.conversation)).toHaveLength(21);
    expect(teams.tokenRequests).toHaveLength(2);
    teams.mood('send', { type: 'status', status: 401 }, { times: Infinity });
    const failed = await failure(connector.send(to, hello));
    expect(failed).toMatchObject({ code: 'chat.unauthorized', publicMessage: expect.stringContaining('MicrosoftAppId') });
    expect(teams.tokenRequests).toHaveLength(3);
  });

  test('a wrong secret is said by name, and the connector is not asked', async () => {
    const { teams, connector, to } = await start({}, { connection: { password: 'not-the-secret' } });
    const failed = await failure(connector.send(to, hello));
    expect(failed).toMatchObject({ code: 'chat.unauthorized', publicMessage: expect.stringContaining('MicrosoftAppPassword') });
    expect(teams.calls('send')).toEqual([]);
  });
});

describe('where nothing goes', () => {
  test('a host that is not allowed gets neither a message nor a token', async () => {
    const evil = await answering((_, res) => void res.writeHead(201).end('{"id":"1"}'));
    const { connector, teams, alice } = await start();
    const there = { serviceUrl: evil.to.serviceUrl, conversation: 'a:1' };
    const calls = [
      connector.send(there, hello),
      connector.update(there, '1', hello),
      connector.remove(there, '1'),
      connector.member(there, alice.id),
      connector.members(there, 10),
      connector.openPersonal({ serviceUrl: there.serviceUrl, tenantId: teams.tenantId, member: alice.id }),
    ];
    for (const call of calls)
      expect(await failure(call)).toMatchObject({ code: 'chat.refused', publicMessage: expect.stringContaining('TEAMS_SERVICE_HOSTS') });
    expect(evil.calls()).toBe(0);
    expect(teams.tokenRequests).toEqual([]);
  });

  test('a redirect is not followed', async () => {
    const evil = await answering((_, res) => void res.writeHead(201).end('{"id":"1"}'));
    const sly = await answering((_, res) => void res.writeHead(307, { location: `${evil.to.serviceUrl}v3/x` }).end());
    const self = await answering((req, res) => void res.writeHead(307, { location: `${req.url}x` }).end());
    for (const one of [sly, self]) {
      expect(await failure(one.connector.send(one.to, hello))).toMatchObject({ code: 'chat.unavailable' });
      expect(one.calls()).toBe(1);
    }
    expect(evil.calls()).toBe(0);
  });

  test.each(['..', '.', ''])('an id that is %j climbs out of no path', async (id) => {
    const { connector, to, calls } = await answering((_, res) => void res.writeHead(200).end('{}'));
    for (const call of [
      () => connector.send({ ...to, conversation: id }, hello),
      () => connector.update(to, id, hello),
      () => connector.remove(to, id),
      () => connector.member(to, id),
    ])
      expect(await failure((async () => call())())).toMatchObject({ code: 'chat.gone' });
    expect(calls()).toBe(0);
  });

  test('ids are encoded', async () => {
    const { connector, to, paths } = await answering((_, res) => void res.writeHead(200).end('{"id":"1"}'));
    await connector.send({ ...to, conversation: '19:a/../b@thread.tacv2;messageid=1?x#y{activityId}$&' }, hello);
    expect(paths).toEqual([`/v3/conversations/${encodeURIComponent('19:a/../b@thread.tacv2;messageid=1?x#y{activityId}$&')}/activities`]);
  });
});

test('nothing is printed, whatever goes wrong', async () => {
  const printed = [
    vi.spyOn(process.stderr, 'write'),
    vi.spyOn(process.stdout, 'write'),
    vi.spyOn(console, 'error'),
    vi.spyOn(console, 'warn'),
  ];
  try {
    const { teams, connector, to } = await start({}, { timeoutMs: 200 });
    for (const mood of [{ type: 'cut' }, { type: 'hang' }, { type: 'status', status: 500 }, { type: 'status', status: 400 }] as const) {
      teams.mood('send', mood);
      await failure(connector.send(to, hello, { patienceMs: 0 }));
    }
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  } finally {
    for (const spy of printed) spy.mockRestore();
  }
});

/** A connector that answers as told, and a client of it without tokens. */
async function answering(answer: (req: IncomingMessage, res: ServerResponse) => void) {
  const paths: string[] = [];
  const server = createServer((req, res) => {
    paths.push(req.url ?? '');
    req.resume().on('end', () => answer(req, res));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const connection = connectionTo({ appId: '', tenantId: '', serviceHost: host }, { anonymous: true });
  const connector = createTeamsConnector({
    connection,
    endpoints: { openIdMetadata: '', login: 'https://localhost:1' },
    clock: waiting(),
    log: createLog('silent'),
    timeoutMs: 300,
  });
  return { connector, paths, calls: () => paths.length, to: { serviceUrl: `http://${host}/`, conversation: 'a:1' } };
}
