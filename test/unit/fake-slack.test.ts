import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LogLevel, WebClient } from '@slack/web-api';
import type { WebClientOptions } from '@slack/web-api';
import { SocketModeClient } from '@slack/socket-mode';
import { afterEach, expect, test } from 'vitest';
import { blockProblems, viewProblems } from '../fakes/slack-blocks.ts';
import { sign } from '../fakes/slack-deliver.ts';
import { startFakeSlack } from '../fakes/slack.ts';
import type { FakeSlack, FakeSlackOptions } from '../fakes/slack.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const slack = await startFakeSlack(options);
  closing.push(() => slack.close());
  return slack;
}

function client(slack: FakeSlack, options: WebClientOptions = {}): WebClient {
  return new WebClient(slack.botToken, {
    slackApiUrl: slack.url,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
    logger: quiet,
    ...options,
  });
}

/** The code that a call was refused with. */
async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return (error as { data?: { error?: string } }).data?.error ?? (error as { code?: string }).code;
  }
}

interface Received {
  headers: Record<string, string>;
  raw: string;
  at: number;
}
/** An app's request URL: what it received, and how it answers. */
async function receiver(answer: (got: Received, n: number) => { status?: number; body?: unknown; waitMs?: number } = () => ({})) {
  const got: Received[] = [];
  const server = createServer((request, response) => {
    let raw = '';
    request.on('data', (part) => (raw += String(part)));
    request.on('end', () => {
      const one = { headers: request.headers as Record<string, string>, raw, at: Date.now() };
      got.push(one);
      const { status = 200, body = '', waitMs = 0 } = answer(one, got.length);
      const reply = () => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
      if (waitMs > 0) setTimeout(reply, waitMs);
      else reply();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events` };
}
const quiet = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel: () => LogLevel.ERROR, setName() {} };
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

test('the token is asked for, its kind and its scopes', async () => {
  const slack = await open({ scopes: ['chat:write'] });
  const who = await client(slack).auth.test();
  expect(who).toMatchObject({ ok: true, user_id: slack.app.userId, team_id: slack.team.id, response_metadata: { scopes: ['chat:write'] } });
  expect(await refusal(new WebClient('xoxb-other', { slackApiUrl: slack.url, logLevel: LogLevel.ERROR }).auth.test())).toBe('invalid_auth');
  const plain = async (path: string, init: RequestInit = {}) => (await fetch(`${slack.url}${path}`, { method: 'POST', ...init })).json();
  expect(await plain('auth.test')).toMatchObject({ ok: false, error: 'not_authed' });
  expect(await plain(`auth.test?token=${slack.botToken}`, { method: 'GET' })).toMatchObject({ error: 'not_authed' });
  expect(slack.complaints).toEqual(['auth.test: a token in the query']);
  expect(await refusal(client(slack).apps.connections.open({}))).toBe('not_allowed_token_type');
  const missing = await client(slack)
    .users.info({ user: 'U1' })
    .catch((error: { data: unknown }) => error.data);
  expect(missing).toMatchObject({ error: 'missing_scope', needed: 'users:read', provided: 'chat:write' });
  const headers = { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' };
  expect(await plain('auth.test', { headers, body: '{' })).toMatchObject({ error: 'invalid_json' });
  expect(await plain('chat.sendMessage', { headers })).toMatchObject({ error: 'unknown_method' });
});

test('a message is posted, edited and deleted, and every version of it kept', async () => {
  const slack = await open();
  const anna = slack.person({ name: 'anna' });
  const channel = slack.channel({ members: [anna] });
  const web = client(slack);
  const posted = await web.chat.postMessage({ channel: channel.id, text: 'one', blocks: [section('*one*')], unfurl_links: false });
  const ts = String(posted.ts);
  const reply = await web.chat.postMessage({ channel: channel.id, thread_ts: ts, text: 'below' });
  expect(slack.replies(channel.id, ts).map((one) => one.text)).toEqual(['below']);
  expect(slack.message(channel.id, ts)?.sentWith).toMatchObject({ unfurl_links: false });
  // Text without blocks takes the blocks away, as chat.update says.
  await web.chat.update({ channel: channel.id, ts, text: 'two' });
  expect(slack.message(channel.id, ts)).toMatchObject({ text: 'two', blocks: [] });
  await web.chat.delete({ channel: channel.id, ts: String(reply.ts) });
  expect(slack.messages(channel.id).map((one) => one.text)).toEqual(['two']);
  expect(slack.everPosted(channel.id).map((one) => one.versions.map((version) => version.how))).toEqual([
    ['posted', 'edited'],
    ['posted', 'deleted'],
  ]);
});

test('what Slack refuses of a message is refused with its codes', async () => {
  const slack = await open({ limits: { postsPerSecond: false }, times: { editWindowMs: 200 } });
  const anna = slack.person();
  const channel = slack.channel({ members: [anna] });
  const elsewhere = slack.channel({ withoutApp: true });
  const secret = slack.channel({ kind: 'private', withoutApp: true });
  const old = slack.channel({ isArchived: true });
  const web = client(slack);
  const post = (more: object) => refusal(web.chat.postMessage({ channel: channel.id, ...more } as never));
  expect(await post({ text: '' })).toBe('no_text');
  expect(await post({ text: 'x'.repeat(40_001) })).toBe('msg_too_long');
  expect(await post({ text: 'x', channel: 'C0NOWHERE' })).toBe('channel_not_found');
  expect(await post({ text: 'x', channel: secret.id })).toBe('channel_not_found');
  expect(await post({ text: 'x', channel: elsewhere.id })).toBe('not_in_channel');
  expect(await post({ text: 'x', channel: old.id })).toBe('is_archived');
  expect(await post({ text: 'x', thread_ts: 'yesterday' })).toBe('invalid_thread_ts');
  expect(await post({ text: 'x', thread_ts: '1700000000.000001' })).toBe('thread_not_found');
  expect(await post({ text: 'x', markdown_text: 'y' })).toBe('markdown_text_conflict');
  expect(await post({ text: 'x', unfurl_link: false })).toBe('invalid_arguments');
  expect(await post({ text: 'x', username: 'The Boss' })).toBe('missing_scope');
  expect(await post({ text: 'x', metadata: { event_type: 'a' } })).toBe('invalid_metadata_schema');
  expect(await post({ blocks: Array.from({ length: 5 }, () => section('x'.repeat(2900))), text: 'x' })).toBe('msg_blocks_too_long');
  expect(slack.complaints.some((one) => one.includes('unfurl_link'))).toBe(true);
  const wrong = await web.chat
    .postMessage({ channel: channel.id, text: 'x', blocks: [section('x'.repeat(3001))] })
    .catch((error: { data: object }) => error.data);
  expect(wrong).toMatchObject({
    error: 'invalid_blocks',
    response_metadata: { messages: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]'] },
  });
  expect(slack.messages(channel.id)).toEqual([]);
  const theirs = slack.push.quietly({ user: anna.id, channel: channel.id, text: 'mine' });
  const update = (ts: string, text: string) => refusal(web.chat.update({ channel: channel.id, ts, text }));
  expect(await update(theirs.ts, 'x')).toBe('cant_update_message');
  expect(await refusal(web.chat.delete({ channel: channel.id, ts: theirs.ts }))).toBe('cant_delete_message');
  expect(await update('1700000000.000001', 'x')).toBe('message_not_found');
  const own = String((await web.chat.postMessage({ channel: channel.id, text: 'x' })).ts);
  expect(await update(own, 'x'.repeat(4001))).toBe('msg_too_long');
  await new Promise((resolve) => setTimeout(resolve, 210));
  expect(await update(own, 'late')).toBe('edit_window_closed');
});

test('a stream grows by chunks, is stopped with blocks, and cannot be edited meanwhile', async () => {
  const slack = await open();
  const anna = slack.person();
  const channel = slack.channel({ members: [anna] });
  const question = slack.push.quietly({ user: anna.id, channel: channel.id, text: 'why?' });
  const web = client(slack);
  const start = { channel: channel.id, thread_ts: question.ts, recipient_user_id: anna.id, recipient_team_id: slack.team.id };
  expect(await refusal(web.chat.startStream({ ...start, recipient_user_id: undefined as never }))).toBe('missing_recipient_user_id');
  expect(await refusal(web.chat.startStream({ ...start, recipient_team_id: undefined as never }))).toBe('missing_recipient_team_id');
  await web.assistant.threads.setStatus({ channel_id: channel.id, thread_ts: question.ts, status: 'is reading' });
  expect(slack.statusIn(channel.id, question.ts)?.status).toBe('is reading');
  const streamer = web.chatStream({ ...start, buffer_size: 1 });
  await streamer.append({ markdown_text: 'First. ' });
  expect(slack.statusIn(channel.id, question.ts)).toBeUndefined();
  const ts = String(streamer.ts);
  expect(slack.openStreams().map((one) => one.ts)).toEqual([ts]);
  expect(await refusal(web.chat.update({ channel: channel.id, ts, text: 'no' }))).toBe('streaming_state_conflict');
  await streamer.append({ chunks: [{ type: 'task_update', id: 't', title: 'Reading', status: 'in_progress' }] });
  await streamer.append({ chunks: [{ type: 'task_update', id: 't', title: 'Reading', status: 'complete' }] });
  expect(await refusal(web.chat.appendStream({ channel: channel.id, ts, chunks: [{ type: 'task', id: 't' } as never] }))).toBe(
    'invalid_chunks',
  );
  expect(await refusal(web.chat.appendStream({ channel: channel.id, ts, markdown_text: 'x'.repeat(11_999) }))).toBe('msg_too_long');
  expect(await refusal(web.chat.stopStream({ channel: channel.id, ts, blocks: [section('')] }))).toBe('invalid_blocks');
  expect(slack.message(channel.id, ts)?.streaming).toBe('open');
  await streamer.append({ markdown_text: 'Second.' });
  await streamer.stop({ blocks: [section('sources')] });
  const message = slack.message(channel.id, ts);
  expect(message).toMatchObject({ streaming: 'stopped', text: 'First. Second.' });
  expect(message?.blocks.map((block) => block.type)).toEqual(['markdown', 'task_card', 'markdown', 'section']);
  expect(message?.blocks[1]).toMatchObject({ status: 'complete' });
  expect(message && slack.reads(message)).toBe('First. \nReading\nSecond.\nsources');
  expect(await refusal(web.chat.appendStream({ channel: channel.id, ts, markdown_text: 'x' }))).toBe('message_not_in_streaming_state');
  await web.chat.update({ channel: channel.id, ts, text: 'corrected' });
  expect(slack.message(channel.id, ts)?.text).toBe('corrected');
});

test('a stream expires, is stopped by the person, and is limited to so many a minute', async () => {
  const slack = await open({ times: { streamMs: 150 }, limits: { perMinute: { 'chat.startStream': 3 } } });
  const anna = slack.person();
  const direct = slack.directOf(anna);
  const question = slack.push.quietly({ user: anna.id, channel: direct.id, text: 'why?' });
  const web = client(slack);
  const start = { channel: direct.id, thread_ts: question.ts, markdown_text: 'a' };
  const first = String((await web.chat.startStream(start)).ts);
  await new Promise((resolve) => setTimeout(resolve, 160));
  expect(await refusal(web.chat.appendStream({ channel: direct.id, ts: first, markdown_text: 'b' }))).toBe(
    'message_not_in_streaming_state',
  );
  expect(slack.messages(direct.id).at(-1)?.streaming).toBe('expired');
  await web.chat.update({ channel: direct.id, ts: first, text: 'whole' });
  slack.times.streamMs = 60_000;
  const second = String((await web.chat.startStream(start)).ts);
  await web.agents.sessions.setStatus({ channel_id: direct.id, thread_ts: question.ts, status: 'processing' });
  const app = await receiver();
  slack.deliverTo(app.url);
  await slack.push.agentSessionStopped({ user: anna.id, channel: direct.id, threadTs: question.ts });
  expect(JSON.parse(app.got[0]?.raw ?? '')).toMatchObject({ event: { type: 'agent_session_stopped', streaming_message_ts: [second] } });
  expect(await refusal(web.chat.appendStream({ channel: direct.id, ts: second, markdown_text: 'b' }))).toBe('stopped_by_user');
  await web.chat.startStream(start);
  const limited = await fetch(`${slack.url}chat.startStream`, {
    method: 'POST',
    headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(start),
  });
  expect([limited.status, Number(limited.headers.get('retry-after')) > 0]).toEqual([429, true]);
  expect(slack.limited).toEqual({ 'chat.startStream': 1 });
  expect(slack.count429('chat.startStream')).toBe(1);
  expect(slack.openStreams()).toHaveLength(1);
});

test('a channel takes a message a second after a short burst', async () => {
  const slack = await open({ limits: { postBurst: 2, secondMs: 100 } });
  const [one, two] = [slack.channel(), slack.channel()];
  const web = client(slack);
  const post = (channel: string) => refusal(web.chat.postMessage({ channel, text: 'x' }));
  expect([await post(one.id), await post(one.id), await post(one.id), await post(two.id)]).toEqual([
    undefined,
    undefined,
    'slack_webapi_rate_limited_error',
    undefined,
  ]);
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(await post(one.id)).toBeUndefined();
});

test('moods: faults before and after the commit, codes, 429 with and without Retry-After, hanging, cut, slow', async () => {
  const slack = await open({ limits: { postsPerSecond: false } });
  const channel = slack.channel();
  const web = client(slack, { timeout: 20_000 });
  const post = () => refusal(web.chat.postMessage({ channel: channel.id, text: 'x' }));
  const count = () => slack.messages(channel.id).length;
  slack.mood('chat.postMessage', { type: 'http500' });
  expect([await post(), count()]).toEqual(['slack_webapi_http_error', 0]);
  slack.mood('chat.postMessage', { type: 'http500', when: 'after' });
  expect([await post(), count()]).toEqual(['slack_webapi_http_error', 1]);
  slack.mood('chat.postMessage', { type: 'error', code: 'restricted_action' }, { skip: 1 });
  expect([await post(), await post(), await post(), count()]).toEqual([undefined, 'restricted_action', undefined, 3]);
  slack.mood('*', { type: 'ratelimited', retryAfter: 7 });
  const limited = await web.chat.postMessage({ channel: channel.id, text: 'x' }).catch((error: { retryAfter: number }) => error.retryAfter);
  expect(limited).toBe(7);
  slack.mood('*', { type: 'ratelimited', retryAfter: null });
  expect(await web.chat.postMessage({ channel: channel.id, text: 'x' }).catch(String)).toMatch(/Retry header/u);
  slack.mood('chat.postMessage', { type: 'hang' });
  expect(await post()).toBe('slack_webapi_request_error');
  slack.mood('chat.postMessage', { type: 'cut', when: 'after' });
  expect([await post(), count()]).toEqual(['slack_webapi_request_error', 4]);
  slack.mood('chat.postMessage', { type: 'slow', ms: 100 });
  const began = performance.now();
  expect(await post()).toBeUndefined();
  expect(performance.now() - began).toBeGreaterThanOrEqual(95);
  expect(await post()).toBeUndefined();
});

test('people, channels, threads and history are read with cursors, and metadata only when asked for', async () => {
  const slack = await open({ historyPage: 2, limits: { postsPerSecond: false } });
  const guest = slack.person({ name: 'guest', isRestricted: true, tz: 'Asia/Tokyo', locale: 'de-DE' });
  const channel = slack.channel({ members: [guest], isExtShared: true, name: 'partners' });
  const web = client(slack);
  expect((await web.users.info({ user: guest.id, include_locale: true })).user).toMatchObject({
    is_restricted: true,
    is_bot: false,
    tz: 'Asia/Tokyo',
    locale: 'de-DE',
    profile: { email: 'guest@the-company.example' },
  });
  slack.scopes.delete('users:read.email');
  expect((await web.users.info({ user: guest.id })).user?.profile?.email).toBeUndefined();
  expect((await web.conversations.info({ channel: channel.id })).channel).toMatchObject({
    is_ext_shared: true,
    is_private: false,
    is_member: true,
    name: 'partners',
  });
  const root = slack.push.quietly({ user: guest.id, channel: channel.id, text: 'root' });
  for (const text of ['a', 'b', 'c'])
    await web.chat.postMessage({
      channel: channel.id,
      thread_ts: root.ts,
      text,
      metadata: { event_type: 'answer', event_payload: { key: text } },
    });
  const texts: (string | undefined)[] = [];
  for await (const page of web.paginate('conversations.replies', { channel: channel.id, ts: root.ts, include_all_metadata: true })) {
    const { messages } = page as unknown as { messages: { text: string; metadata?: { event_payload: { key: string } } }[] };
    expect(messages.length).toBeLessThanOrEqual(2);
    texts.push(...messages.map((one) => one.metadata?.event_payload.key ?? one.text));
  }
  expect(texts).toEqual(['root', 'a', 'b', 'c']);
  const bare = await web.conversations.replies({ channel: channel.id, ts: root.ts });
  expect(bare.messages?.[1]?.metadata).toBeUndefined();
  expect(bare.messages?.[0]).toMatchObject({ reply_count: 3 });
  expect((await web.conversations.history({ channel: channel.id })).messages?.map((one) => one.text)).toEqual(['root']);
  expect(await refusal(web.conversations.replies({ channel: channel.id, ts: '1700000000.000001' }))).toBe('thread_not_found');
});

test('one mention comes as app_mention and as message, signed; edits and deletions follow', async () => {
  const app = await receiver();
  const slack = await open({ requestUrl: app.url });
  const anna = slack.person();
  const channel = slack.channel({ members: [anna] });
  const { message, deliveries } = await slack.push.mention({ user: anna.id, channel: channel.id, text: 'how long is the leave?' });
  if (!message) throw new Error('no message');
  const events = app.got.map((one) => JSON.parse(one.raw));
  expect(events.map((one) => one.event.type).toSorted()).toEqual(['app_mention', 'message']);
  expect(new Set(events.map((one) => one.event_id)).size).toBe(2);
  for (const one of events)
    expect(one).toMatchObject({
      type: 'event_callback',
      team_id: slack.team.id,
      api_app_id: slack.app.id,
      is_ext_shared_channel: false,
      authorizations: [{ user_id: slack.app.userId, is_bot: true }],
      event: { user: anna.id, ts: message.ts, channel: channel.id, text: `<@${slack.app.userId}> how long is the leave?` },
    });
  for (const one of app.got)
    expect(one.headers['x-slack-signature']).toBe(sign(slack.signingSecret, Number(one.headers['x-slack-request-timestamp']), one.raw));
  expect(deliveries.every((one) => one.acknowledged && one.ackMs !== undefined)).toBe(true);
  expect(slack.ackTimes()).toHaveLength(2);

  await slack.push.edit(message, 'how long is the parental leave?');
  expect(JSON.parse(app.got.at(-1)?.raw ?? '').event).toMatchObject({
    subtype: 'message_changed',
    hidden: true,
    message: { text: 'how long is the parental leave?', ts: message.ts },
    previous_message: { text: expect.stringContaining('the leave') },
  });
  // The app's own answer comes back to it; then the root goes, which Slack tells as a tombstone.
  await client(slack).chat.postMessage({ channel: channel.id, thread_ts: message.ts, text: 'Four weeks.' });
  const own = await slack.until(() => slack.deliveries.find((one) => one.own && one.acknowledged), 'the echo');
  expect(own.body.event).toMatchObject({ type: 'message', bot_id: slack.app.botId, text: 'Four weeks.' });
  await slack.push.delete(message);
  expect(JSON.parse(app.got.at(-1)?.raw ?? '').event).toMatchObject({ subtype: 'message_changed', message: { subtype: 'tombstone' } });
  const alone = await slack.push.message({ user: anna.id, channel: channel.id, text: 'hello' });
  if (alone.message) await slack.push.delete(alone.message);
  expect(JSON.parse(app.got.at(-1)?.raw ?? '').event).toMatchObject({ subtype: 'message_deleted', deleted_ts: alone.message?.ts });
});

test('what is not acknowledged comes three times more, with its number and reason', async () => {
  const app = await receiver((_got, n) => (n === 1 ? { waitMs: 200 } : n === 2 ? { status: 503 } : n === 3 ? { status: 503 } : {}));
  const slack = await open({ requestUrl: app.url, times: { ackMs: 100, retryAfterMs: [10, 20, 30] } });
  const anna = slack.person();
  const { deliveries } = await slack.push.direct({ user: anna.id, text: 'hello' });
  await deliveries[0]?.done;
  expect(app.got.map((one) => [one.headers['x-slack-retry-num'], one.headers['x-slack-retry-reason']])).toEqual([
    [undefined, undefined],
    ['1', 'http_timeout'],
    ['2', 'http_error'],
    ['3', 'http_error'],
  ]);
  expect(new Set(app.got.map((one) => JSON.parse(one.raw).event_id)).size).toBe(1);
  expect(deliveries[0]).toMatchObject({ acknowledged: true });
});

test('forged signatures and timestamps out of their window are sent when asked for', async () => {
  const app = await receiver();
  const slack = await open({ requestUrl: app.url, times: { retryAfterMs: [] } });
  const anna = slack.person();
  await slack.push.direct({ user: anna.id, text: 'a', signature: 'forged' });
  await slack.push.direct({ user: anna.id, text: 'b', signature: 'absent' });
  await slack.push.direct({ user: anna.id, text: 'c', skewS: -301 });
  await slack.push.direct({ user: anna.id, text: 'd', skewS: 301 });
  const right = app.got.map(
    (one) => one.headers['x-slack-signature'] === sign(slack.signingSecret, Number(one.headers['x-slack-request-timestamp']), one.raw),
  );
  expect(right).toEqual([false, false, true, true]);
  expect(app.got[1]?.headers['x-slack-signature']).toBeUndefined();
  const off = app.got.map((one) => Math.round(Number(one.headers['x-slack-request-timestamp']) - one.at / 1000));
  expect(Math.abs((off[2] ?? 0) + 301)).toBeLessThanOrEqual(2);
  expect(Math.abs((off[3] ?? 0) - 301)).toBeLessThanOrEqual(2);
});

const plain = (text: string) => ({ type: 'plain_text', text });
const button = (actionId: string, more: object = {}) => ({ type: 'button', action_id: actionId, text: plain('Press'), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const thumbs = {
  type: 'context_actions',
  elements: [
    {
      type: 'feedback_buttons',
      action_id: 'docent.feedback',
      positive_button: { text: plain('Good'), value: 'a1:up' },
      negative_button: { text: plain('Bad'), value: 'a1:down' },
    },
  ],
};

test('what is pressed must stand there; thumbs, buttons and their response_url', async () => {
  const app = await receiver();
  const slack = await open({ requestUrl: app.url, echo: false });
  const anna = slack.person({ name: 'anna' });
  const outsider = slack.person();
  const channel = slack.channel({ members: [anna] });
  const web = client(slack);
  const blocks = [
    section('answer'),
    thumbs,
    actions(button('docent.why', { value: 'a1' }), button('docent.quote', { value: 'c1' })),
    actions(button('docent.quote', { value: 'c2' })),
  ];
  const ts = String((await web.chat.postMessage({ channel: channel.id, text: 'answer', blocks: blocks as never })).ts);
  const at = { user: anna.id, channel: channel.id, ts };
  await expect(slack.push.action({ ...at, actionId: 'docent.other' })).rejects.toThrow(/no element docent.other/u);
  await expect(slack.push.action({ ...at, actionId: 'docent.quote' })).rejects.toThrow(/2 elements/u);
  await expect(slack.push.action({ ...at, user: outsider.id, actionId: 'docent.why' })).rejects.toThrow(/is not in/u);
  await expect(slack.push.action({ ...at, actionId: 'docent.feedback' })).rejects.toThrow(/positive or negative/u);
  const pressed = await slack.push.action({ ...at, actionId: 'docent.feedback', choose: 'negative' });
  const body = JSON.parse(new URLSearchParams(app.got[0]?.raw).get('payload') ?? '');
  expect(app.got[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(body).toMatchObject({
    type: 'block_actions',
    user: { id: anna.id, username: 'anna', team_id: slack.team.id },
    team: { id: slack.team.id },
    api_app_id: slack.app.id,
    container: { type: 'message', message_ts: ts, channel_id: channel.id, is_ephemeral: false },
    channel: { id: channel.id },
    message: { ts, text: 'answer', bot_id: slack.app.botId },
    actions: [{ type: 'feedback_buttons', action_id: 'docent.feedback', value: 'a1:down' }],
  });
  await slack.push.action({ ...at, actionId: 'docent.quote', value: 'c2' });
  expect(JSON.parse(new URLSearchParams(app.got[1]?.raw).get('payload') ?? '').actions[0]).toMatchObject({ value: 'c2' });

  const respond = async (fields: object) => {
    const response = await fetch(pressed.responseUrl ?? '', { method: 'POST', body: JSON.stringify(fields) });
    return [response.status, await response.text()];
  };
  expect(await respond({ text: 'only you' })).toEqual([200, 'ok']);
  expect(slack.ephemerals).toMatchObject([{ user: anna.id, text: 'only you' }]);
  expect(await respond({ response_type: 'in_channel', text: 'all of you' })).toEqual([200, 'ok']);
  expect(await respond({ replace_original: true, text: 'replaced' })).toEqual([200, 'ok']);
  expect(await respond({ response_typ: 'in_channel', text: 'x' })).toEqual([400, expect.stringContaining('invalid_payload')]);
  expect(await respond({ delete_original: true })).toEqual([200, 'ok']);
  expect(slack.messages(channel.id).map((one) => one.text)).toEqual(['all of you']);
  expect(slack.everPosted(channel.id)[0]?.versions.map((one) => one.text)).toEqual(['answer', 'replaced', '']);
  expect(await respond({ text: 'a sixth' })).toEqual([404, expect.stringContaining('used_url')]);
  slack.times.responseUrlMs = -1;
  const second = slack.push.quietly({ user: anna.id, channel: channel.id, text: 'x' });
  const asked = await slack.push.shortcut({ user: anna.id, channel: channel.id, ts: second.ts, callbackId: 'docent.ask' });
  expect((await fetch(asked.responseUrl ?? '', { method: 'POST', body: '{"text":"x"}' })).status).toBe(404);
});

test('a modal is opened once with a fresh trigger, pushed at most twice, updated by hash, and submitted when filled', async () => {
  let answer: unknown = '';
  const app = await receiver(() => ({ body: answer }));
  const slack = await open({ requestUrl: app.url, times: { triggerMs: 150 } });
  const anna = slack.person();
  const channel = slack.channel({ members: [anna] });
  const web = client(slack);
  const input = (id: string, more: object = {}) => ({
    type: 'input',
    block_id: id,
    label: plain(id),
    element: { type: 'plain_text_input', action_id: `${id}.text` },
    ...more,
  });
  const pick = {
    type: 'input',
    block_id: 'readers',
    label: plain('Readers'),
    element: {
      type: 'static_select',
      action_id: 'readers.pick',
      options: ['everyone', 'public'].map((value) => ({ text: plain(value), value })),
    },
  };
  const modal = (title: string, blocks: object[]) =>
    ({ type: 'modal', callback_id: 'docent.source', title: plain(title), submit: plain('Add'), blocks }) as never;
  const trigger = async () => (await slack.push.command({ user: anna.id, channel: channel.id, command: '/docent', text: 'add' })).triggerId;
  const opened = await trigger();
  expect(Object.fromEntries(new URLSearchParams(app.got[0]?.raw))).toMatchObject({
    command: '/docent',
    text: 'add',
    user_id: anna.id,
    channel_id: channel.id,
  });
  const bad = await web.views
    .open({ trigger_id: opened, view: modal('x'.repeat(25), [section('a')]) })
    .catch((error: { data: object }) => error.data);
  expect(bad).toMatchObject({ error: 'invalid_arguments', response_metadata: { messages: [expect.stringContaining('/view/title/text')] } });
  const { view } = await web.views.open({
    trigger_id: opened,
    view: modal('Add a source', [input('link'), pick, input('note', { optional: true })]),
  });
  expect(await refusal(web.views.open({ trigger_id: opened, view: modal('Again', [section('a')]) }))).toBe('exchanged_trigger_id');
  expect(await refusal(web.views.open({ trigger_id: 'made.up', view: modal('Again', [section('a')]) }))).toBe('invalid_trigger_id');
  const late = await trigger();
  await new Promise((resolve) => setTimeout(resolve, 170));
  expect(await refusal(web.views.open({ trigger_id: late, view: modal('Late', [section('a')]) }))).toBe('expired_trigger_id');

  await expect(slack.push.viewSubmission({ user: anna.id, values: { link: 'https://a.example' } })).rejects.toThrow(
    /readers.pick must be filled/u,
  );
  await expect(slack.push.viewSubmission({ user: anna.id, values: { other: 'x' } })).rejects.toThrow(/no input other/u);
  await expect(slack.push.viewSubmission({ user: anna.id, values: { link: 'x', readers: 'nobody' } })).rejects.toThrow(/no option nobody/u);
  answer = { response_action: 'errors', errors: { link: 'not reachable' } };
  const values = { link: 'https://a.example', 'readers.pick': 'public' };
  expect((await slack.push.viewSubmission({ user: anna.id, values })).errors).toEqual({ link: 'not reachable' });
  const submitted = JSON.parse(new URLSearchParams(app.got.at(-1)?.raw).get('payload') ?? '');
  expect(submitted.view).toMatchObject({
    id: view?.id,
    callback_id: 'docent.source',
    state: {
      values: {
        link: { 'link.text': { type: 'plain_text_input', value: 'https://a.example' } },
        readers: { 'readers.pick': { selected_option: { value: 'public' } } },
        note: { 'note.text': { value: null } },
      },
    },
  });
  answer = { response_action: 'update', view: modal('Preview', [section('12 pages'), actions(button('docent.more'))]) };
  await slack.push.viewSubmission({ user: anna.id, values });
  expect(slack.viewsOf(anna).map((one) => one.view.title)).toMatchObject([{ text: 'Preview' }]);
  answer = '';
  const inModal = await slack.push.viewAction({ user: anna.id, actionId: 'docent.more' });
  await web.views.push({ trigger_id: inModal.triggerId, view: modal('More', [actions(button('docent.deeper'))]) });
  const deeper = await slack.push.viewAction({ user: anna.id, actionId: 'docent.deeper' });
  await web.views.push({ trigger_id: deeper.triggerId, view: modal('Deeper', [actions(button('docent.deepest'))]) });
  const deepest = await slack.push.viewAction({ user: anna.id, actionId: 'docent.deepest' });
  expect(await refusal(web.views.push({ trigger_id: deepest.triggerId, view: modal('Too deep', [section('a')]) }))).toBe(
    'push_limit_reached',
  );
  const top = slack.viewsOf(anna).at(-1);
  expect(await refusal(web.views.update({ view_id: top?.id ?? '', hash: 'old', view: modal('New', [section('a')]) }))).toBe(
    'hash_conflict',
  );
  await web.views.update({ view_id: top?.id ?? '', hash: String(top?.view.hash), view: modal('New', [section('a')]) });
  answer = { response_action: 'clear' };
  await slack.push.viewSubmission({ user: anna.id });
  expect(slack.viewsOf(anna)).toEqual([]);
  expect(await refusal(web.views.update({ view_id: top?.id ?? '', view: modal('Gone', [section('a')]) }))).toBe('not_found');
  answer = { response_action: 'close' };
  await web.views.open({ trigger_id: await trigger(), view: modal('Strange', [section('a')]) });
  await slack.push.viewSubmission({ user: anna.id });
  expect(slack.complaints.at(-1)).toMatch(/view_submission: answered/u);
});

test('the home tab, suggested prompts, reactions and files', async () => {
  const app = await receiver();
  const slack = await open({ requestUrl: app.url });
  const anna = slack.person();
  const web = client(slack);
  await expect(slack.push.viewAction({ user: anna.id, home: true, actionId: 'docent.ask' })).rejects.toThrow(/no home/u);
  await web.views.publish({ user_id: anna.id, view: { type: 'home', blocks: [actions(button('docent.ask')) as never] } });
  await slack.push.appHomeOpened({ user: anna.id });
  expect(JSON.parse(app.got.at(-1)?.raw ?? '').event).toMatchObject({ type: 'app_home_opened', tab: 'home', view: { type: 'home' } });
  await slack.push.viewAction({ user: anna.id, home: true, actionId: 'docent.ask' });
  expect(JSON.parse(new URLSearchParams(app.got.at(-1)?.raw).get('payload') ?? '')).toMatchObject({
    container: { type: 'view' },
    view: { type: 'home' },
  });
  const direct = slack.directOf(anna);
  const prompts = (count: number) => Array.from({ length: count }, (_, n) => ({ title: `t${n}`, message: `message ${n}` })) as never;
  expect(await refusal(web.assistant.threads.setSuggestedPrompts({ channel_id: direct.id, prompts: prompts(5) }))).toBe(
    'invalid_arguments',
  );
  await web.assistant.threads.setSuggestedPrompts({ channel_id: direct.id, prompts: prompts(4) });
  await expect(slack.push.suggestedPrompt({ user: anna.id, title: 't9' })).rejects.toThrow(/no suggested prompt/u);
  const { message } = await slack.push.suggestedPrompt({ user: anna.id, title: 't2' });
  expect(JSON.parse(app.got.at(-1)?.raw ?? '').event).toMatchObject({ channel_type: 'im', text: 'message 2' });
  const react = () => refusal(web.reactions.add({ channel: direct.id, timestamp: message?.ts ?? '', name: 'eyes' }));
  expect([await react(), await react()]).toEqual([undefined, 'already_reacted']);

  const file = slack.file({ name: 'leave.txt', content: 'Four weeks.', user: anna });
  await slack.push.direct({ user: anna.id, text: 'what does it say?', files: [file.id] });
  const event = JSON.parse(app.got.at(-1)?.raw ?? '').event;
  expect(event).toMatchObject({ subtype: 'file_share', files: [{ id: file.id, mimetype: 'text/plain' }] });
  const read = async (token: string) => (await fetch(event.files[0].url_private, { headers: { authorization: `Bearer ${token}` } })).text();
  expect(await read(slack.botToken)).toBe('Four weeks.');
  expect(await read('xoxb-other')).toMatch(/Sign in/u);
  expect((await web.files.info({ file: file.id })).file).toMatchObject({ name: 'leave.txt', size: 11 });
});

test('members, direct messages, people by e-mail, permalinks and ephemeral posts', async () => {
  const slack = await open();
  const [anna, ben, gone] = [
    slack.person({ name: 'anna' }),
    slack.person({ name: 'ben', isStranger: true }),
    slack.person({ deleted: true }),
  ];
  const channel = slack.channel({ members: [anna, ben] });
  const web = client(slack);
  const first = await web.conversations.members({ channel: channel.id, limit: 2 });
  const rest = await web.conversations.members({ channel: channel.id, limit: 2, cursor: first.response_metadata?.next_cursor ?? '' });
  expect([...(first.members ?? []), ...(rest.members ?? [])].toSorted()).toEqual([anna.id, ben.id, slack.app.userId].toSorted());
  expect(await refusal(web.conversations.members({ channel: channel.id, cursor: 'made-up' }))).toBe('invalid_cursor');
  const { channel: direct } = await web.conversations.open({ users: anna.id });
  expect(direct?.id).toBe(slack.directOf(anna).id);
  expect((await web.conversations.info({ channel: direct?.id ?? '' })).channel).toMatchObject({ is_im: true, user: anna.id });
  expect(await refusal(web.conversations.open({ users: gone.id }))).toBe('user_disabled');
  expect((await web.users.lookupByEmail({ email: 'ANNA@the-company.example' })).user?.id).toBe(anna.id);
  expect(await refusal(web.users.lookupByEmail({ email: 'ben@the-company.example' }))).toBe('users_not_found');
  expect((await web.users.info({ user: ben.id })).user).toMatchObject({ is_stranger: true });
  const { ts } = slack.push.quietly({ user: anna.id, channel: channel.id, text: 'x' });
  expect((await web.chat.getPermalink({ channel: channel.id, message_ts: ts })).permalink).toContain(
    `/archives/${channel.id}/p${ts.replace('.', '')}`,
  );
  const whisper = (user: string) => refusal(web.chat.postEphemeral({ channel: channel.id, user, text: 'psst' }));
  expect([await whisper(anna.id), await whisper(gone.id)]).toEqual([undefined, 'user_not_in_channel']);
  expect(slack.ephemerals).toMatchObject([{ user: anna.id, text: 'psst' }]);
  expect(slack.messages(channel.id)).toHaveLength(1);
});

test('agent sessions: their states, a title that only rename changes, and the warning without the stop event', async () => {
  const slack = await open({ events: ['message.im'] });
  const anna = slack.person();
  const direct = slack.directOf(anna);
  const { ts } = slack.push.quietly({ user: anna.id, channel: direct.id, text: 'x' });
  const web = client(slack);
  const at = { channel_id: direct.id, thread_ts: ts };
  expect(await refusal(web.agents.sessions.rename({ ...at, title: 'Leave' }))).toBe('session_not_found');
  expect(await web.agents.sessions.setStatus({ ...at, status: 'processing', title: 'Leave' })).toMatchObject({
    status: 'processing',
    title: 'Leave',
    warning: 'missing_agent_session_stopped_event_subscription',
  });
  await web.agents.sessions.setStatus({ ...at, status: 'active', title: 'Ignored' });
  expect(slack.sessions).toMatchObject([{ title: 'Leave', statuses: [{ status: 'processing' }, { status: 'active' }] }]);
  await web.agents.sessions.rename({ ...at, title: 'Parental leave' });
  expect(slack.sessions[0]?.title).toBe('Parental leave');
  expect(await refusal(web.agents.sessions.setStatus({ ...at, status: 'busy' }))).toBe('invalid_arguments');
  await expect(slack.push.agentSessionStopped({ user: anna.id, channel: direct.id, threadTs: ts })).rejects.toThrow(/no stop button/u);
});

test('other bots, joins, unfurls, repeated deliveries and the check of the request URL', async () => {
  const app = await receiver((got) => ({ body: JSON.parse(got.raw).challenge ?? '' }));
  const slack = await open({ requestUrl: app.url });
  const anna = slack.person();
  const channel = slack.channel({ members: [anna] });
  const last = () => JSON.parse(app.got.at(-1)?.raw ?? '');
  const checked = await slack.push.urlVerification();
  expect(checked.deliveries[0]?.answer).toBe(last().challenge);
  await slack.push.bot({ channel: channel.id, text: 'build failed' });
  expect(last().event).toMatchObject({ subtype: 'bot_message', bot_id: expect.stringMatching(/^B/u), text: 'build failed' });
  expect(last().event.user).toBeUndefined();
  await slack.push.memberJoined({ user: slack.person().id, channel: channel.id, inviter: anna.id });
  expect(last().event).toMatchObject({ type: 'member_joined_channel', inviter: anna.id });
  const said = await slack.push.message({ user: anna.id, channel: channel.id, text: 'see https://example.com' });
  const delivery = said.deliveries[0];
  if (!delivery || !said.message) throw new Error('no delivery');
  const original = last();
  await slack.push.unfurl(said.message);
  expect(last().event).toMatchObject({ subtype: 'message_changed', message: { text: 'see https://example.com', attachments: [{}] } });
  await slack.push.again(delivery);
  expect(last()).toEqual(original);
  await slack.push.direct({ user: anna.id, text: 'from elsewhere', team: 'T0OTHER' });
  expect(last()).toMatchObject({ team_id: 'T0OTHER', authorizations: [{ team_id: 'T0OTHER' }] });
  const partner = slack.person({ team: 'T0PARTNER', isStranger: true });
  const shared = slack.channel({ members: [partner], isExtShared: true });
  await slack.push.mention({ user: partner.id, channel: shared.id, only: 'app_mention' });
  expect(last()).toMatchObject({
    is_ext_shared_channel: true,
    team_id: slack.team.id,
    event: { user_team: 'T0PARTNER', source_team: 'T0PARTNER' },
  });
  slack.events.delete('app_mention');
  await expect(slack.push.mention({ user: anna.id, channel: channel.id })).rejects.toThrow(/did not subscribe to app_mention/u);
  slack.scopes.delete('channels:history');
  await expect(slack.push.message({ user: anna.id, channel: channel.id, text: 'x' })).rejects.toThrow(/lacks the scope channels:history/u);
});

test('a status takes at most ten loading messages and goes by itself', async () => {
  const slack = await open({ times: { statusMs: 80 } });
  const anna = slack.person();
  const direct = slack.directOf(anna);
  const { ts } = slack.push.quietly({ user: anna.id, channel: direct.id, text: 'hi' });
  const web = client(slack);
  const set = (count: number) =>
    refusal(
      web.assistant.threads.setStatus({
        channel_id: direct.id,
        thread_ts: ts,
        status: 'thinks',
        loading_messages: Array.from({ length: count }, String),
      }),
    );
  expect([await set(11), await set(10)]).toEqual(['invalid_arguments', undefined]);
  expect(slack.statusIn(direct.id, ts)?.loadingMessages).toHaveLength(10);
  await new Promise((resolve) => setTimeout(resolve, 90));
  expect(slack.statusIn(direct.id, ts)).toBeUndefined();
});

/** The app over Socket Mode, by Slack's own client; `ack` decides what it answers. */
async function connected(slack: FakeSlack, ack: (body: { type?: string; command?: string }) => object | undefined | null) {
  const got: { type: string; body: { event_id?: string; event?: { type: string } }; retry: number | undefined }[] = [];
  const socket = new SocketModeClient({
    appToken: slack.appToken,
    clientOptions: { slackApiUrl: slack.url },
    logger: quiet,
    clientPingTimeout: 300,
  });
  socket.on('slack_event', async (event: { type: string; body: never; retry_num?: number; ack: (answer?: object) => Promise<void> }) => {
    got.push({ type: event.type, body: event.body, retry: event.retry_num });
    const answer = ack(event.body);
    if (answer !== null) await event.ack(answer);
  });
  await socket.start();
  closing.push(() => socket.disconnect() as Promise<unknown>);
  return { socket, got };
}

test('Socket Mode: envelopes go to one connection each, are acknowledged with answers, and come again after a refresh', async () => {
  const slack = await open({ times: { ackMs: 400, retryAfterMs: [20, 500, 900] }, echo: false });
  const anna = slack.person();
  const channel = slack.channel({ members: [anna] });
  await expect(slack.push.direct({ user: anna.id, text: 'nobody hears' })).rejects.toThrow(/neither a request URL nor/u);
  const first = await connected(slack, (body) => (body.command ? { text: 'here is help' } : undefined));
  const second = await connected(slack, () => undefined);
  expect(slack.socketMode.count()).toBe(2);
  const sent = await slack.push.mention({ user: anna.id, channel: channel.id, text: 'a' });
  expect(sent.deliveries.map((one) => one.acknowledged)).toEqual([true, true]);
  expect([first.got.length, second.got.length]).toEqual([1, 1]);
  await slack.push.command({ user: anna.id, channel: channel.id, command: '/docent', text: 'help' });
  expect(slack.ephemerals).toMatchObject([{ text: 'here is help', user: anna.id }]);
  // Slack recycles every connection: what comes meanwhile is delivered again once one is back.
  slack.socketMode.disconnect('refresh_requested', true);
  const before = [...first.got, ...second.got].length;
  const { deliveries } = await slack.push.direct({ user: anna.id, text: 'meanwhile' });
  expect(deliveries[0]?.attempts).toMatchObject([{ fault: 'connection_failed' }]);
  await deliveries[0]?.done;
  expect(deliveries[0]?.acknowledged).toBe(true);
  await slack.until(() => slack.socketMode.count() === 2, 'both to reconnect');
  expect([...first.got, ...second.got].length).toBe(before + 1);
});

test('Socket Mode: an envelope that is not acknowledged comes again with its number', async () => {
  const slack = await open({ times: { ackMs: 60, retryAfterMs: [10, 10, 10] } });
  const anna = slack.person();
  let times = 0;
  const app = await connected(slack, () => (++times < 3 ? null : undefined));
  const { deliveries } = await slack.push.direct({ user: anna.id, text: 'a' });
  await deliveries[0]?.done;
  expect(deliveries[0]).toMatchObject({
    acknowledged: true,
    attempts: [{ fault: 'http_timeout' }, { fault: 'http_timeout' }, { retry: 2, status: 200 }],
  });
  expect(app.got.map((one) => one.retry)).toEqual([0, 1, 2]);
  expect(new Set(app.got.map((one) => one.body.event_id)).size).toBe(1);
});

const option = (value: string) => ({ text: plain(value), value });
const cell = (text: string) => ({ type: 'raw_text', text });
const url = (text: string) => ({ type: 'url', url: 'https://a.example/x', text });
const richText = (text: string) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text, style: { bold: true } }] }],
});
const inputOf = (element: object) => ({ type: 'input', label: plain('Label'), element });
const confirm = { title: plain('Sure?'), text: plain('Really'), confirm: plain('Yes'), deny: plain('No') };

test('blocks as Slack takes them are taken', () => {
  const message = [
    { type: 'header', text: plain('x'.repeat(150)) },
    { type: 'divider' },
    {
      ...section('a'),
      accessory: { type: 'overflow', action_id: 'o', options: [{ ...option('a'), url: 'https://a.example' }] },
      expand: true,
    },
    { type: 'section', fields: [plain('a'), { type: 'mrkdwn', text: 'b', verbatim: true }] },
    {
      type: 'context',
      elements: [
        { type: 'image', image_url: 'https://a.example/i.png', alt_text: 'i' },
        { type: 'mrkdwn', text: 'a' },
      ],
    },
    actions(
      button('a', { style: 'primary', confirm, value: 'x'.repeat(2000) }),
      button('b', { url: 'https://a.example', accessibility_label: 'b' }),
    ),
    { type: 'markdown', text: '**a**' },
    richText('a'),
    { type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', indent: 1, elements: richText('b').elements }] },
    {
      type: 'table',
      rows: [
        [cell('a'), { type: 'raw_number', value: 1, text: '1' }],
        [richText('a'), cell('b')],
      ],
      column_settings: [{ align: 'right' }],
    },
    { type: 'image', image_url: 'https://a.example/i.png', alt_text: 'i', title: plain('t') },
    {
      type: 'context_actions',
      elements: [...thumbs.elements, { type: 'icon_button', icon: 'trash', text: plain('Delete'), action_id: 'd' }],
    },
    { type: 'task_card', task_id: 't', title: 'Reading', status: 'complete', output: richText('a'), sources: [url('Leave')] },
    { type: 'plan', title: 'Plan', tasks: [{ type: 'task_card', task_id: 'u', title: 'Reading', status: 'pending' }] },
    inputOf({ type: 'radio_buttons', action_id: 'r', options: [option('a'), option('b')], initial_option: option('b') }),
  ];
  expect(blockProblems(message, 'message')).toEqual([]);
  const inputs = [
    { type: 'plain_text_input', multiline: true, max_length: 3000, placeholder: plain('p'), focus_on_load: true },
    { type: 'url_text_input', action_id: 'u' },
    { type: 'static_select', option_groups: [{ label: plain('g'), options: [option('a')] }] },
    { type: 'multi_static_select', options: [option('a'), option('b')], initial_options: [option('a')], max_selected_items: 2 },
    { type: 'checkboxes', options: [{ text: { type: 'mrkdwn', text: '*a*' }, value: 'a', description: plain('d') }] },
  ].map(inputOf);
  expect(viewProblems({ type: 'modal', title: plain('x'.repeat(24)), submit: plain('Add'), blocks: inputs })).toEqual([]);
  expect(viewProblems({ type: 'home', blocks: [section('a')], private_metadata: '' })).toEqual([]);
});

test.each<[string, object, RegExp]>([
  ['a section without text', { type: 'section' }, /text or fields/u],
  ['an empty text', section(''), /more than 0/u],
  ['a text as a string', { type: 'section', text: 'a' }, /an object .*\/text/u],
  ['eleven fields', { type: 'section', fields: Array.from({ length: 11 }, () => plain('a')) }, /no more than 10/u],
  ['a header in mrkdwn', { type: 'header', text: { type: 'mrkdwn', text: 'a' } }, /unsupported type: mrkdwn/u],
  ['a long header', { type: 'header', text: plain('x'.repeat(151)) }, /less than 151/u],
  ['an unknown field', { type: 'divider', colour: 'red' }, /additional property: colour/u],
  ['a long button', actions(button('a', { text: plain('x'.repeat(76)) })), /less than 76/u],
  ['a long value', actions(button('a', { value: 'x'.repeat(2001) })), /less than 2001/u],
  ['a strange style', actions(button('a', { style: 'warning' })), /enum value/u],
  ['a bad address', actions(button('a', { url: 'javascript:alert(1)' })), /valid URL/u],
  ['26 buttons', actions(...Array.from({ length: 26 }, (_, n) => button(`b${n}`))), /no more than 25/u],
  ['an action twice', actions(button('a'), button('a')), /already exists/u],
  [
    'six options in an overflow',
    actions({ type: 'overflow', options: Array.from({ length: 6 }, (_, n) => option(`${n}`)) }),
    /no more than 5/u,
  ],
  [
    'an initial option that is not offered',
    actions({ type: 'static_select', options: [option('a')], initial_option: option('b') }),
    /exactly match/u,
  ],
  ['both options and groups', actions({ type: 'static_select', options: [option('a')], option_groups: [] }), /exactly one of options/u],
  ['an input outside an input block', actions({ type: 'plain_text_input' }), /unsupported type: plain_text_input/u],
  ['a button in an input block', inputOf(button('a')), /unsupported type: button/u],
  ['eleven context elements', { type: 'context', elements: Array.from({ length: 11 }, () => plain('a')) }, /no more than 10/u],
  ['a long markdown block', { type: 'markdown', text: 'x'.repeat(12_001) }, /less than 12001/u],
  ['a wide table', { type: 'table', rows: [Array.from({ length: 21 }, () => cell('a'))] }, /no more than 20/u],
  ['an image without words', { type: 'image', image_url: 'https://a.example/i.png' }, /missing required field: alt_text/u],
  ['an image from nowhere', { type: 'image', alt_text: 'a' }, /exactly one of image_url/u],
  ['a strange icon', { type: 'context_actions', elements: [{ type: 'icon_button', icon: 'star', text: plain('s') }] }, /enum value/u],
  [
    'thumbs with one side',
    { type: 'context_actions', elements: [{ ...thumbs.elements[0], negative_button: undefined }] },
    /negative_button/u,
  ],
  ['a task without state', { type: 'task_card', task_id: 't', title: 'a' }, /missing required field: status/u],
  [
    'a source without text',
    { type: 'task_card', task_id: 't', title: 'a', status: 'error', sources: [{ type: 'url', url: 'https://a.example' }] },
    /field: text/u,
  ],
  ['a block that Docent has no use for', { type: 'carousel', elements: [] }, /unsupported type: carousel/u],
])('of blocks, Slack refuses %s', (_name, block, why) => {
  const problems = blockProblems([block], 'message');
  expect(problems.join('\n')).toMatch(why);
});

test('of messages and views as a whole, Slack refuses what is too many or out of place', () => {
  const many = (count: number) => Array.from({ length: count }, () => ({ type: 'divider' }));
  expect(blockProblems(many(50), 'message')).toEqual([]);
  expect(blockProblems(many(51), 'message')).toEqual(['no more than 50 items allowed [json-pointer:/blocks]']);
  expect(blockProblems(many(100), 'modal')).toEqual([]);
  expect(blockProblems(many(101), 'home')).toHaveLength(1);
  expect(
    blockProblems(
      [
        { type: 'divider', block_id: 'a' },
        { type: 'divider', block_id: 'a' },
      ],
      'message',
    ),
  ).toHaveLength(1);
  const table = { type: 'table', rows: [[cell('a')]] };
  expect(blockProblems([table, table], 'message')).toHaveLength(1);
  for (const block of [{ type: 'markdown', text: 'a' }, table, thumbs]) expect(blockProblems([block], 'home')).toHaveLength(1);
  const modal = { type: 'modal', title: plain('a'), blocks: [inputOf({ type: 'plain_text_input' })] };
  expect(viewProblems(modal)).toEqual(['missing required field: submit [json-pointer:/view]']);
  expect(viewProblems({ ...modal, submit: plain('Go'), private_metadata: 'x'.repeat(3001) })).toHaveLength(1);
  expect(viewProblems({ type: 'home', title: plain('a'), blocks: [] })).toHaveLength(1);
});
