import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LogLevel, WebClient } from '@slack/web-api';
import type { WebClientOptions } from '@slack/web-api';
import { afterEach, expect, test } from 'vitest';
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
    logger: { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel: () => LogLevel.ERROR, setName() {} },
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
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

test('the token is asked for, its kind and its scopes', async () => {
  const slack = await open({ scopes: ['chat:write'] });
  const who = await client(slack).auth.test();
  expect(who).toMatchObject({ ok: true, user_id: slack.app.userId, team_id: slack.team.id, response_metadata: { scopes: ['chat:write'] } });
  expect(await refusal(new WebClient('xoxb-other', { slackApiUrl: slack.url, logLevel: LogLevel.ERROR }).auth.test())).toBe('invalid_auth');
  const plain = async (path: string, init: RequestInit = {}) => (await fetch(`${slack.url}${path}`, { method: 'POST', ...init })).json();
  expect(await plain('auth.test')).toMatchObject({ ok: false, error: 'not_authed' });
  expect(await plain(`auth.test?token=${slack.botToken}`)).toMatchObject({ error: 'not_authed' });
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
  const web = client(slack, { timeout: 200 });
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
    const { messages } = page as { messages: { text: string; metadata?: { event_payload: { key: string } } }[] };
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
