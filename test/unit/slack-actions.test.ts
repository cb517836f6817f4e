/** What is pressed under an answer, over a Slack that is as strict as the real one: done for who may, told to who may not. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App as Bolt, type Receiver } from '@slack/bolt';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerActions } from '../../bots/slack/actions.ts';
import { slackClient, slackLogger } from '../../bots/slack/client.ts';
import type { SlackDeps } from '../../bots/slack/deps.ts';
import { streamChunk } from '../../bots/slack/draw-stream.ts';
import { draw } from '../../bots/slack/draw.ts';
import { createSlackMessenger } from '../../bots/slack/messenger.ts';
import { slackRoutes } from '../../bots/slack/receiver.ts';
import type { Catalog } from '../../src/catalog/database.ts';
import { messagesOf } from '../../src/catalog/messages.ts';
import type { ChatPerson } from '../../src/chat/chat-app.ts';
import type { Messenger, Origin } from '../../src/chat/messenger.ts';
import { startOutbox, type Outbox } from '../../src/chat/outbox.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createTriage, type Triage } from '../../src/triage/triage.ts';
import { chatLedger, TEAM, type ChatLedger } from '../fakes/chat-ledger.ts';
import { startFakeSlack, type FakeSlack } from '../fakes/slack.ts';
import { openCatalog } from '../servers/test-catalog.ts';

const log = createLog('silent');
let folder: string;
let db: Catalog;
let ledger: ChatLedger;
let triage: Triage;
let slack: FakeSlack;
let messenger: Messenger;
let outbox: Outbox;
let server: Server;
let done: string[];
let asking: () => Promise<void>;
let guests: Set<string>;
let ann: string;
let bob: string;
let room: string;
let help: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-actions-'));
  db = await openCatalog(folder);
  ledger = await chatLedger(db);
  slack = await startFakeSlack({ teamId: TEAM, echo: false });
  [ann, bob] = [slack.person({ name: 'ann' }).id, slack.person({ name: 'bob' }).id];
  room = slack.channel({ members: [ann, bob] }).id;
  help = slack.channel({ members: [bob] }).id;
  done = [];
  asking = async () => undefined;
  guests = new Set();
  const client = slackClient(slack.botToken, { apiUrl: slack.url, log });
  messenger = createSlackMessenger({
    client,
    streaming: client,
    reading: client,
    team: TEAM,
    botUser: slack.app.userId,
    apiUrl: slack.url,
    clock,
    log,
    draw,
    chunk: streamChunk,
  });
  triage = createTriage({
    db,
    clock,
    pageUrl: (id) => `http://docent.example/documents/${id}`,
    triageChannels: [`slack:${help}`],
    onOutbox: () => outbox.wake(),
  });
  outbox = startOutbox({ db, clock, log, messengers: [messenger], compose: triage.compose });
  const receiver: Receiver = { init: () => {}, start: async () => {}, stop: async () => {} };
  const bolt = new Bolt({
    receiver,
    authorize: async () => ({ botToken: slack.botToken, botUserId: slack.app.userId, teamId: TEAM }),
    logger: slackLogger(log),
  });
  registerActions(bolt, {
    app: { chat: { ...triage, messages: { ofQuestion: (id: string) => messagesOf(db, id) } } },
    client,
    team: TEAM,
    botUser: slack.app.userId,
    whoIs: (id: string): Promise<ChatPerson> => ledger.person(id, { member: !guests.has(id) }),
    languageOf: async () => 'en',
    async askAgain(answerId: string, person: ChatPerson) {
      done.push(`again ${answerId} ${person.id}`);
      await asking();
    },
    share: async (answerId: string, person: ChatPerson) => void done.push(`share ${answerId} ${person.id}`),
    log,
    clock,
  } as unknown as SlackDeps);
  const app = express();
  app.use(
    slackRoutes({
      signingSecret: slack.signingSecret,
      now: () => Date.now(),
      log,
      take: ({ body, ack }) => bolt.processEvent({ body, ack }),
      onSeen: () => {},
    }),
  );
  server = app.listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  slack.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`);
});
afterEach(async () => {
  await outbox.stop();
  server.closeAllConnections();
  server.close();
  const { complaints } = slack;
  await slack.close();
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
  expect(complaints).toEqual([]);
});

/** An answer that stands in a channel, with its buttons. */
async function shown(
  input: Parameters<ChatLedger['answer']>[0] & { by?: string; channel?: string; forged?: string } = {},
  actions: Partial<{ share: boolean }> = {},
) {
  const { by = ann, channel = room, forged, ...rest } = input;
  const { message: asked } =
    slack.world.channels.get(channel)!.kind === 'im'
      ? await slack.push.direct({ user: by, text: 'What?' })
      : await slack.push.message({ user: by, channel, text: 'What is said?' });
  const place: Origin['place'] = {
    platform: 'slack',
    workspace: TEAM,
    channel,
    kind: channel.startsWith('D') ? 'direct' : 'channel',
    thread: asked!.ts,
    person: by,
  };
  const made = await ledger.answer({ asker: await ledger.person(by), ...rest, origin: { message: asked!.ts, ...rest.origin }, place });
  const known = await triage.readAnswer(made.answerId, 'everyone');
  const answer = { ...known!.answer, answerId: forged ?? made.answerId };
  const view = {
    type: 'answer',
    answer,
    actions: { feedback: true, askPerson: true, why: true, share: false, ...actions },
    now: Date.now(),
  } as const;
  const ts = await messenger.post(place, messenger.draw(view)[0], 'key');
  const press = (user: string, actionId: string, more: object = {}) => slack.push.action({ user, channel, ts, actionId, ...more });
  return { ...made, place, ts, press };
}

const modal = (user: string) =>
  slack.viewsOf(user).at(-1)?.view as { callback_id: string; private_metadata: string; blocks: unknown } | undefined;
const opened = (user: string, callback: string) =>
  slack.until(() => modal(user)?.callback_id === callback && modal(user), `the modal ${callback}`);
const told = (user: string, words: RegExp) =>
  slack.until(() => slack.ephemerals.some((one) => one.user === user && words.test(one.text)), `${words}`);
const feedback = () => db.selectFrom('feedback').select(['answer_id', 'person_id', 'verdict', 'reason', 'comment']).execute();
const tickets = () => db.selectFrom('tickets').select(['question_id', 'reason', 'comment', 'state']).execute();

describe('thumbs', () => {
  test('up is kept; down is kept at once, and asks why', async () => {
    const { answerId, press } = await shown();
    await press(bob, 'docent.feedback', { choose: 'positive' });
    await expect.poll(feedback).toMatchObject([{ answer_id: answerId, verdict: 'up' }]);
    await press(bob, 'docent.feedback', { choose: 'negative' });
    await opened(bob, 'docent.feedback_reason');
    await expect.poll(feedback).toMatchObject([{ verdict: 'down', reason: null }]);
    await slack.push.viewSubmission({ user: bob, values: { 'docent.reason': 'outdated', 'docent.comment': 'It is 30 now.' } });
    await expect.poll(feedback).toMatchObject([{ verdict: 'down', reason: 'outdated', comment: 'It is 30 now.' }]);
    expect(modal(bob)).toBeUndefined();
    expect(await tickets()).toEqual([]);
    expect(done).toEqual([]);
  });

  test('plain buttons, where Slack refuses its own, do the same and say thank you', async () => {
    const { answerId, place } = await shown();
    const { answer } = (await triage.readAnswer(answerId, 'everyone'))!;
    const view = {
      type: 'answer',
      answer,
      actions: { feedback: true, askPerson: true, why: true, share: false },
      now: Date.now(),
    } as const;
    const ts = await messenger.post(place, messenger.draw(view, 'plain')[0], 'plain');
    await slack.push.action({ user: bob, channel: room, ts, actionId: 'docent.feedback.up' });
    await told(bob, /Thank you/);
    expect(await feedback()).toMatchObject([{ answer_id: answerId, verdict: 'up' }]);
    await slack.push.action({ user: bob, channel: room, ts, actionId: 'docent.feedback.down' });
    await opened(bob, 'docent.feedback_reason');
  });

  test('then a second try, or a person', async () => {
    const { answerId, press } = await shown();
    const say = async (values: Record<string, string>): Promise<void> => {
      await press(bob, 'docent.feedback', { choose: 'negative' });
      await opened(bob, 'docent.feedback_reason');
      await slack.push.viewSubmission({ user: bob, values });
    };
    await say({ 'docent.reason': 'wrong', 'docent.after': 'again' });
    await slack.until(() => done.length > 0, 'a second try');
    expect(done).toEqual([`again ${answerId} ${bob}`]);
    expect(await tickets()).toEqual([]);
    await say({ 'docent.reason': 'incomplete', 'docent.after': 'person' });
    expect(await tickets()).toMatchObject([{ reason: 'incomplete', comment: null, state: 'open' }]);
    await say({ 'docent.reason': 'knows', 'docent.comment': 'Ask Eve.', 'docent.after': 'person' });
    expect(await tickets()).toMatchObject([{ reason: 'knows', comment: 'Ask Eve.' }]);
  });

  test('a private question stays private unless its asker chooses a person, also of one who knows the answer', async () => {
    const { answerId, press } = await shown({ by: ann, channel: slack.directOf(ann).id });
    const say = async (after: string): Promise<void> => {
      await press(ann, 'docent.feedback', { choose: 'negative' });
      await opened(ann, 'docent.feedback_reason');
      await slack.push.viewSubmission({ user: ann, values: { 'docent.reason': 'knows', 'docent.comment': '30.', 'docent.after': after } });
    };
    await say('none');
    expect(await feedback()).toMatchObject([{ answer_id: answerId, reason: 'knows', comment: '30.' }]);
    expect(await tickets()).toEqual([]);
    await say('person');
    expect(await tickets()).toMatchObject([{ reason: 'knows', comment: '30.' }]);
  });

  test('a second try is recorded before Slack hears that it was wanted; a limit is told where it was wanted', async () => {
    const { press } = await shown();
    const again = async () => {
      await press(bob, 'docent.feedback', { choose: 'negative' });
      await opened(bob, 'docent.feedback_reason');
      return slack.push.viewSubmission({ user: bob, values: { 'docent.reason': 'wrong', 'docent.after': 'again' } });
    };
    let record = (): void => undefined;
    asking = () => new Promise((resolve) => (record = resolve));
    let acknowledged = false;
    const sent = again().then(() => (acknowledged = true));
    await slack.until(() => done.length > 0, 'a second try');
    await clock.sleep(100);
    expect(acknowledged).toBe(false);
    record();
    await sent;
    asking = () => Promise.reject(Object.assign(new AppError({ code: 'ask.limit', message: 'limit' }), { perHour: 7, minutes: 5 }));
    const { errors } = await again();
    expect(errors).toEqual({ comment: expect.stringMatching(/number 7 .* 5 min/) });
    expect(modal(bob)).toBeDefined();
  });

  test('where it cannot be kept, the modal stays and says so', async () => {
    const { press } = await shown();
    await press(bob, 'docent.feedback', { choose: 'negative' });
    await opened(bob, 'docent.feedback_reason');
    await expect.poll(feedback).toHaveLength(1);
    await db.schema.alterTable('feedback').renameTo('elsewhere').execute();
    const { errors } = await slack.push.viewSubmission({ user: bob, values: { 'docent.reason': 'wrong' } });
    expect(errors).toEqual({ comment: expect.stringMatching(/try again/) });
    expect(modal(bob)).toBeDefined();
    await db.schema.alterTable('elsewhere').renameTo('feedback').execute();
  });
});

describe('why and quotes', () => {
  test('are shown as the person may see them', async () => {
    const { press } = await shown({ rests: ['public', 'open'], left: ['secret'], audience: 'public' });
    await press(bob, 'docent.why');
    const why = JSON.stringify(await opened(bob, 'docent.why'));
    expect(why).toContain('Page open');
    expect(why).toContain('Passages that you may not read: 1');
    expect(why).not.toContain('Page secret');
    guests.add(ann);
    await press(ann, 'docent.why');
    const forGuest = JSON.stringify(await opened(ann, 'docent.why'));
    expect(forGuest).toContain('Page public');
    expect(forGuest).not.toContain('Page open');
  });

  test('one quote of several is chosen from a list', async () => {
    const { answerId, press } = await shown({ rests: ['public', 'open'] });
    await press(bob, 'docent.quote', { choose: `${answerId}.2` });
    expect(JSON.stringify(await opened(bob, 'docent.quote'))).toContain('Of open this is said');
  });

  test('a quote that was closed meanwhile is not shown', async () => {
    const { press } = await shown({ rests: ['open'] });
    await db
      .updateTable('documents')
      .set({ reader_set: ledger.pages.secret.readerSet })
      .where('id', '=', ledger.pages.open.documentId)
      .execute();
    await press(bob, 'docent.quote');
    await told(bob, /not available/);
    expect(modal(bob)).toBeUndefined();
  });
});

describe('rights are checked when it is done', () => {
  test("the id of an answer in another's direct message does nothing, whatever carries it", async () => {
    const direct = await shown({ by: ann, channel: slack.directOf(ann).id });
    const { press, answerId } = await shown({ forged: direct.answerId, rests: ['open'] });
    for (const action of ['docent.why', 'docent.quote', 'docent.ask_person']) await press(bob, action);
    await press(bob, 'docent.feedback', { choose: 'positive' });
    await slack.until(() => slack.ephemerals.filter((one) => one.user === bob).length === 4, 'four refusals');
    expect(modal(bob)).toBeUndefined();
    // A modal that carries it: opened for an answer of one's own, and changed on the way.
    const own = await shown({ by: bob });
    expect(own.answerId).not.toBe(answerId);
    await own.press(bob, 'docent.feedback', { choose: 'negative' });
    await opened(bob, 'docent.feedback_reason');
    (slack.viewsOf(bob).at(-1)!.view as { private_metadata: string }).private_metadata = direct.answerId;
    await slack.push.viewSubmission({ user: bob, values: { 'docent.reason': 'wrong', 'docent.after': 'person' } });
    await own.press(bob, 'docent.ask_person');
    await opened(bob, 'docent.ask_person');
    (slack.viewsOf(bob).at(-1)!.view as { private_metadata: string }).private_metadata = direct.answerId;
    await slack.push.viewSubmission({ user: bob });
    expect((await feedback()).filter((one) => one.answer_id === direct.answerId)).toEqual([]);
    expect(await tickets()).toEqual([]);
    // Who asked it may.
    await direct.press(ann, 'docent.why');
    await opened(ann, 'docent.why');
  });

  test('an answer of another channel is not reached from this one', async () => {
    const closed = slack.channel({ kind: 'private', members: [ann] }).id;
    const there = await shown({ channel: closed });
    const { press } = await shown({ forged: there.answerId });
    await press(bob, 'docent.why');
    await told(bob, /not available/);
    expect(modal(bob)).toBeUndefined();
  });

  test('what only its asker saw is not for others, until it stands in the channel', async () => {
    const alone = await shown({ by: ann, origin: { ephemeral: true } }, { share: true });
    await alone.press(bob, 'docent.share');
    await told(bob, /not available/);
    await alone.press(ann, 'docent.share');
    await slack.until(() => done.length > 0, 'the sharing');
    expect(done).toEqual([`share ${alone.answerId} ${ann}`]);
    const { answerId: answer_id, questionId: question_id, conversationId: conversation_id } = alone;
    expect(answer_id).toBeDefined();
    await db
      .insertInto('messages')
      .values({ id: 'm', conversation_id, question_id, ticket_id: null, part: 0, platform_id: alone.ts, state: 'posted', created_at: 0 })
      .execute();
    await alone.press(bob, 'docent.why');
    await opened(bob, 'docent.why');
  });

  test('one’s own answer is reached where it was sent: directly, where its channel could not be posted to', async () => {
    const { answerId } = await ledger.answer({ asker: await ledger.person(ann), place: { channel: room, person: ann } });
    const direct = await shown({ by: ann, channel: slack.directOf(ann).id, forged: answerId });
    await direct.press(ann, 'docent.why');
    await opened(ann, 'docent.why');
    await direct.press(ann, 'docent.feedback', { choose: 'positive' });
    await expect.poll(feedback).toMatchObject([{ answer_id: answerId, verdict: 'up' }]);
    // Somebody else's of that channel is not.
    const other = await ledger.answer({ asker: await ledger.person(bob), place: { channel: room, person: bob } });
    const forged = await shown({ by: ann, channel: slack.directOf(ann).id, forged: other.answerId });
    await forged.press(ann, 'docent.why');
    await told(ann, /not available/);
  });

  test('a guest does nothing with an answer that was not meant for guests', async () => {
    const { press } = await shown({ audience: 'everyone', rests: ['public'] });
    guests.add(bob);
    await press(bob, 'docent.why');
    await told(bob, /not available/);
    await press(bob, 'docent.feedback', { choose: 'positive' });
    await expect.poll(() => slack.ephemerals.length).toBe(2);
    expect(await feedback()).toEqual([]);
  });
});

describe('a person is asked', () => {
  test('the ticket is posted, taken by the first, closed, and the asker hears of each in the thread', async () => {
    const { origin, press } = await shown();
    await press(ann, 'docent.ask_person');
    await opened(ann, 'docent.ask_person');
    await slack.push.viewSubmission({ user: ann, values: { 'docent.comment': 'Urgent <!channel>' } });
    const ticket = await slack.until(() => slack.messages(help)[0], 'the ticket');
    expect(JSON.stringify(ticket.blocks)).toContain('Urgent');
    expect(JSON.stringify(ticket.blocks)).not.toContain('<!channel>');
    const thread = () => slack.replies(room, origin.place.thread!).map((one) => one.text);
    await slack.until(() => thread().some((text) => text.includes('A person was asked')), 'that a person was asked');

    const again = await shown({ by: bob });
    expect(again.ts).toBeDefined();
    const pressTicket = (user: string, actionId: string) => slack.push.action({ user, channel: help, ts: ticket.ts, actionId });
    await pressTicket(bob, 'docent.ticket_take');
    await slack.until(() => JSON.stringify(slack.message(help, ticket.ts)?.blocks).includes(`Taken by <@${bob}>`), 'that it is taken');
    await slack.until(() => thread().some((text) => text.includes('looking into')), 'that somebody has it');
    await pressTicket(bob, 'docent.ticket_close');
    await slack.until(() => JSON.stringify(slack.message(help, ticket.ts)?.blocks).includes('Closed by'), 'that it is closed');
    await slack.until(() => thread().some((text) => text.includes('was closed')), 'that it was closed');
    expect(slack.messages(help)).toHaveLength(1);
    expect(thread()).toHaveLength(4);
  });

  test("a ticket's button outside its channel does nothing", async () => {
    const { answerId } = await ledger.answer({ place: { channel: room } });
    const { ticketId } = await triage.openTicket({ answerId, person: await ledger.person(ann), reason: 'asked' });
    const view = await triage.ticketView(ticketId);
    const place: Origin['place'] = { platform: 'slack', workspace: TEAM, channel: room, kind: 'channel', person: ann };
    const ts = await messenger.post(place, messenger.draw(view!)[0], 'key');
    await slack.push.action({ user: ann, channel: room, ts, actionId: 'docent.ticket_close' });
    await told(ann, /not available/);
    expect(await tickets()).toMatchObject([{ state: 'open' }]);
  });

  test('what fails is told, and not kept from them', async () => {
    const { press } = await shown();
    slack.mood('views.open', { type: 'error', code: 'internal_error' });
    await press(ann, 'docent.why');
    await told(ann, /try again/);
  });
});
