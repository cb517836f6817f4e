/** Slack and Teams are held to one list of features: each row is what people do, and what they then read, on both. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { slackUnderTest, teamsUnderTest, type Asked, type ChatUnderTest } from '../fakes/chats-under-test.ts';
import { startOpenAiEndpoint, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { ASKS_BREACH, quotingModel } from '../fakes/slack-office.ts';
import { waitUntil } from '../fakes/wait-until.ts';

const WAIT_MS = 15_000;
const ASKS_NOTHING_KNOWN = 'Which submarine does the lighthouse keeper of Zanzibar prefer?';

const until = <T>(look: () => T, what: string) => waitUntil('the chat', look, what, WAIT_MS);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const answerTo = (asked: Asked): Promise<string> => until(() => asked.answers()[0] ?? '', 'an answer');

const FEATURES: [string, (chat: ChatUnderTest) => Promise<void>][] = [
  ['a first meeting says what it knows', async (chat) => expect(await chat.meet('ben')).toMatch(/document/)],
  [
    'asked alone, it answers with what the documents say',
    async (chat) => expect(await answerTo(await chat.askAlone('ana', ASKS_BREACH))).toContain('72 hours'),
  ],
  [
    'named in a channel, it answers there once, however often it is delivered',
    async (chat) => {
      const asked = await chat.askInChannel('ben', ASKS_BREACH, { again: 2 });
      expect(await answerTo(asked)).toContain('72 hours');
      await pause(400);
      expect(asked.messages()).toBe(1);
    },
  ],
  [
    'who asked goes on without naming it; others do not',
    async (chat) => {
      const asked = await chat.askInChannel('ana', ASKS_BREACH);
      await answerTo(asked);
      await asked.goOn('ben', 'And who reports it?');
      await asked.goOn('ana', 'Thanks!');
      await pause(400);
      expect(asked.answers()).toHaveLength(1);
      await asked.goOn('ana', 'And who reports it?');
      await until(() => asked.answers().length === 2, 'the follow-up');
    },
  ],
  [
    'what is not in the documents is said not to be found',
    async (chat) => expect(await answerTo(await chat.askAlone('ben', ASKS_NOTHING_KNOWN))).toMatch(/Not found/),
  ],
  [
    'a guest reads what anyone may read',
    async (chat) => expect(await answerTo(await chat.askAlone('guest', ASKS_BREACH))).not.toContain('72 hours'),
  ],
  [
    'an edited question offers a new answer, which takes the old one’s place',
    async (chat) => {
      const asked = await chat.askInChannel('ana', ASKS_BREACH);
      const before = await answerTo(asked);
      await asked.edit('How many days of leave does everybody have?');
      await chat.takeOffer('ana');
      await until(() => asked.answers().length === 1 && asked.answers()[0] !== before, 'the new answer alone');
    },
  ],
  [
    'a deleted question takes its answer along',
    async (chat) => {
      const asked = await chat.askInChannel('ana', ASKS_BREACH);
      await answerTo(asked);
      await asked.remove();
      await until(() => asked.messages() === 0, 'the answer to go');
    },
  ],
  [
    'files are read, or named as not read',
    async (chat) => {
      const files = [
        { name: 'note.txt', content: ASKS_BREACH, mimetype: 'text/plain' },
        { name: 'film.mp4', content: 'x', mimetype: 'video/mp4' },
      ];
      const answer = await answerTo(await chat.askAlone('ana', 'What does the handbook say about this?', files));
      expect(answer).toMatch(/Not read: film/);
      expect(answer).not.toMatch(/Not read: note/);
    },
  ],
  [
    '“Why this answer?” and the quotes are for whoever presses',
    async (chat) => {
      const asked = await chat.askInChannel('ana', ASKS_BREACH);
      await answerTo(asked);
      expect(await asked.quotes('ben')).toContain('72');
      expect(await asked.why('ben')).toMatch(/handbook/i);
    },
  ],
  [
    'thumbs down are kept with their reason',
    async (chat) => {
      const asked = await chat.askInChannel('ana', ASKS_BREACH);
      await answerTo(asked);
      await asked.thumbsDown('ben', 'outdated', 'It is 48 now.');
      const catalog = new DatabaseSync(join(chat.app.config.DATA_DIR, 'catalog.db'), { readOnly: true });
      const kept = () => catalog.prepare('select verdict, reason from feedback where comment = ?').all('It is 48 now.');
      await until(() => kept().length > 0, 'the reason');
      expect(kept().map((row) => [row.verdict, row.reason])).toEqual([['down', 'outdated']]);
      catalog.close();
    },
  ],
  [
    '“Ask a person” writes a ticket; who takes it is told to the asker',
    async (chat) => {
      const asked = await chat.askInChannel('ana', ASKS_BREACH);
      await answerTo(asked);
      await asked.askPerson('ana', 'It is urgent.');
      const ticket = await until(() => chat.tickets().find((one) => one.includes('It is urgent.')) ?? '', 'the ticket');
      expect(ticket).toContain('Within how many hours');
      await chat.takeTicket('ben');
      await until(() => asked.messages() >= 2, 'the news');
    },
  ],
  [
    'automatic answers are silent until labels say otherwise',
    async (chat) => {
      await chat.app.chat.automatic.set(chat.channelName, 0.8);
      const before = (await chat.app.chat.automatic.unlabelled(chat.channelName, 10)).length;
      await chat.say('ben', ASKS_BREACH);
      for (let nth = 0; nth < 200 && (await chat.app.chat.automatic.unlabelled(chat.channelName, 10)).length === before; nth++)
        await pause(100);
      const silent = await chat.app.chat.automatic.unlabelled(chat.channelName, 10);
      expect(silent.map((one) => one.question)).toContain(ASKS_BREACH);
      await chat.app.chat.automatic.set(chat.channelName, undefined);
    },
  ],
  [
    'admins rule the sources by chat; others are told that they may not',
    async (chat) => {
      await chat.command('ben', 'doctor');
      await until(() => /Only admins/.test(chat.told('ben')), 'the refusal');
      await chat.command('ana', 'status');
      await until(() => /Sample handbook/.test(chat.told('ana')), 'the sources');
      await chat.command('ana', 'pause "Sample handbook"');
      for (let nth = 0; nth < 60 && (await chat.app.listSources())[0]!.source.pausedAt === null; nth++) await pause(50);
      expect((await chat.app.listSources())[0]!.source.pausedAt).not.toBeNull();
    },
  ],
  [
    'who asks more than one may is told so alone',
    async (chat) => {
      await chat.app.changeSetting('questionsPerHour', 1);
      await chat.askInChannel('ben', ASKS_BREACH);
      await until(() => /an hour/.test(chat.told('ben')), 'the word');
      await chat.app.changeSetting('questionsPerHour', 120);
    },
  ],
];

describe.each([
  ['Slack', slackUnderTest],
  ['Teams', teamsUnderTest],
] as const)('in %s', (_, open) => {
  let chat: ChatUnderTest;
  let model: OpenAiEndpoint;
  beforeAll(async () => {
    model = await startOpenAiEndpoint({ reply: (request) => ({ chunks: quotingModel(request).match(/[^]{1,40}/g) ?? [], delayMs: 1 }) });
    chat = await open({ OPENAI_BASE_URL: model.url, CHAT_MODEL: 'test-chat' });
  });
  afterAll(async () => {
    await chat.close();
    await model.close();
  });

  test.each(FEATURES)('%s', async (__, feature) => {
    await feature(chat);
    expect(chat.complaints()).toEqual([]);
  });
});
