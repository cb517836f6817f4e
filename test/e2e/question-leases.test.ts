/** One question is answered once, whichever processes take part: two of them over one catalog, one of which ends in the middle. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApp, type WiredApp } from '../../src/app.ts';
import type { Catalog } from '../../src/catalog/database.ts';
import { personOf } from '../../src/catalog/people.ts';
import { leftQuestions, receiveQuestion, takeQuestion } from '../../src/catalog/questions.ts';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import type { Answer, Clock } from '../../src/types.ts';
import { answerTo, never, openApp, type OpenedApp } from '../fakes/open-app.ts';
import { startOpenAiEndpoint, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { readPrompt, sentencesIn } from '../fakes/inventing-model.ts';
import { openCatalog } from '../servers/test-catalog.ts';

const QUESTION = 'Within how many hours is a data breach reported to the authority?';

let first: OpenedApp;
let other: WiredApp;
let db: Catalog;
let endpoint: OpenAiEndpoint;
let ahead: number;
let calls: number;
let hold: Promise<void>;
let letGo: () => void;

/** Real time, moved ahead by the test. */
const clock: Clock = { now: () => systemClock.now() + ahead, sleep: systemClock.sleep };

beforeAll(async () => {
  ahead = 0;
  endpoint = await startOpenAiEndpoint({
    reply: async (request) => {
      calls++;
      await hold;
      const { standalone, question, passages } = readPrompt(request.messages);
      if (standalone) return JSON.stringify({ question, query: question });
      const [{ p, text }] = passages as [{ p: number; text: string }];
      const [quote] = sentencesIn(text);
      return JSON.stringify({ block: 'paragraph', text: quote, cites: [{ p, quote }] });
    },
  });
  const env = { OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'test-chat' };
  first = await openApp(env, { clock });
  await first.app.addSample();
  await first.app.syncNow([], { signal: never() });
  other = await createApp(first.app.config, { log: createLog('silent'), clock });
  db = await openCatalog(first.app.config.DATA_DIR);
});
beforeEach(async () => {
  ahead = 0;
  calls = 0;
  hold = Promise.resolve();
  for (const table of ['citations', 'answers', 'questions'] as const) await db.deleteFrom(table).execute();
});
afterEach(() => letGo?.());
afterAll(async () => {
  await other.close();
  await db.destroy();
  await first.close();
  await endpoint.close();
});

const holdModel = (): void => void (hold = new Promise((resolve) => (letGo = resolve)));
const finalOf = async (app: WiredApp, eventKey: string, signal = never()): Promise<Answer | undefined> => {
  for await (const event of app.ask({ platform: 'console', text: QUESTION, eventKey }, signal))
    if (event.type === 'final') return event.answer;
  return undefined;
};
const answersKept = async (): Promise<number> =>
  Number(
    (
      await db
        .selectFrom('answers')
        .select((e) => e.fn.countAll().as('n'))
        .executeTakeFirstOrThrow()
    ).n,
  );
const states = async (): Promise<string[]> => (await db.selectFrom('questions').select('state').execute()).map(({ state }) => state);

describe('two processes', () => {
  test('that receive one question at once answer it once, and both show that answer', async () => {
    holdModel();
    const both = [finalOf(first.app, 'one'), finalOf(other, 'one')];
    await expect.poll(() => calls).toBe(1);
    setTimeout(letGo, 100);
    const [a, b] = await Promise.all(both);
    expect(a!.answerId).toBe(b!.answerId);
    expect(a!.status).toBe('answered');
    expect(await answersKept()).toBe(1);
    expect(calls).toBe(1);
  });

  test('a question whose process ended in the middle is answered by the other, once, with nobody asking for it', async () => {
    await receiveQuestion(
      db,
      { eventKey: 'left', platform: 'console', thread: 't', personId: null, text: QUESTION, language: 'en', audience: 'asker' },
      clock.now(),
    );
    await other.answerLeft(never());
    expect(await states()).toEqual(['received']);
    ahead = 10_000;
    await Promise.all([other.answerLeft(never()), first.app.answerLeft(never())]);
    expect(await states()).toEqual(['answered']);
    expect(await answersKept()).toBe(1);
    expect((await other.thread('t'))[0]).toMatchObject({ pending: false, answer: { status: 'answered' } });
    expect((await finalOf(first.app, 'left'))!.threadId).toBe('t');
    expect(await answersKept()).toBe(1);
  });

  test('the asker comes to the other one by the same key: it waits for as long as the first lives, then answers', async () => {
    await receiveQuestion(
      db,
      { eventKey: 'moved', platform: 'console', thread: 't', personId: null, text: QUESTION, language: 'en', audience: 'asker' },
      clock.now(),
    );
    const asked = finalOf(other, 'moved');
    expect(await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])).toBe('waits');
    expect((await other.thread('t'))[0]).toMatchObject({ pending: true, answer: null });
    ahead = 10_000;
    expect((await asked)!.status).toBe('answered');
    expect(await answersKept()).toBe(1);
  });

  test('one that was thought dead and is not keeps nothing, and shows what the other answered', async () => {
    holdModel();
    const slow = finalOf(first.app, 'paused');
    await expect.poll(() => calls).toBe(1);
    // As after a machine that slept: the lease ran out, and the other one took the question.
    await db.updateTable('questions').set({ lease_until: 0 }).execute();
    const taken = finalOf(other, 'paused');
    await expect.poll(() => calls).toBe(2);
    letGo();
    const [a, b] = await Promise.all([slow, taken]);
    expect(a!.answerId).toBe(b!.answerId);
    expect(await answersKept()).toBe(1);
  });
});

test('a question that ended three processes is given up', async () => {
  await receiveQuestion(
    db,
    { eventKey: 'poison', platform: 'console', thread: 't', personId: null, text: QUESTION, language: 'en', audience: 'asker' },
    clock.now(),
  );
  for (let time = 1; time <= 3; time++) {
    ahead += 10_000;
    expect(await takeQuestion(db, { id: (await leftQuestions(db, clock.now(), 10))[0]! }, clock.now())).toBeDefined();
  }
  ahead += 10_000;
  await other.answerLeft(never());
  expect(await states()).toEqual(['received']);
  expect(calls).toBe(0);
});

test("who sends another person's key waits for that answer, and does not have it made as that person", async () => {
  holdModel();
  const ask = (app: WiredApp, email: string): Promise<Answer> => answerTo(app, { text: QUESTION, eventKey: 'shared', email });
  await receiveQuestion(
    db,
    {
      eventKey: 'shared',
      platform: 'console',
      thread: 't',
      personId: (await personOf(db, 'ann@example.com', 1)).id,
      text: QUESTION,
      language: 'en',
      audience: 'asker',
    },
    clock.now(),
  );
  ahead = 10_000;
  const bob = ask(other, 'bob@example.com');
  expect(await Promise.race([bob, new Promise((resolve) => setTimeout(resolve, 800, 'waits'))])).toBe('waits');
  expect(calls).toBe(0);
  letGo();
  const ann = await ask(first.app, 'ann@example.com');
  expect((await bob).answerId).toBe(ann.answerId);
  expect(calls).toBe(1);
});

test('who stops an answer is not answered behind his back; who asks again by the same key is', async () => {
  holdModel();
  const stop = new AbortController();
  const asked = finalOf(first.app, 'stopped', stop.signal).catch(() => 'stopped');
  await expect.poll(() => calls).toBe(1);
  stop.abort();
  expect(await asked).toBe('stopped');
  expect(await states()).toEqual(['cancelled']);
  ahead = 10_000;
  await other.answerLeft(never());
  expect(await states()).toEqual(['cancelled']);
  letGo();
  expect((await finalOf(other, 'stopped'))!.status).toBe('answered');
});

test('what a process that ends cuts off is taken up by the other at once', async () => {
  holdModel();
  const cut = new AbortController();
  const asked = finalOf(first.app, 'cut', cut.signal).catch(() => 'cut');
  await expect.poll(() => calls).toBe(1);
  first.app.endSoon();
  cut.abort();
  expect(await asked).toBe('cut');
  letGo();
  await other.answerLeft(never());
  expect(await states()).toEqual(['answered']);
});

test('one person asks no more in an hour than an admin allows, in all processes together; others do, and so does he later', async () => {
  await first.app.changeSetting('questionsPerHour', 3);
  const ask = (app: WiredApp, email: string) => answerTo(app, { text: 'Hello!', email });
  const said = await Promise.allSettled([first.app, other, first.app, other, first.app, other].map((app) => ask(app, 'ann@example.com')));
  expect(said.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  await expect(ask(other, 'Ann@Example.com')).rejects.toMatchObject({
    code: 'ask.limit',
    publicMessage: 'That was question number 3 within an hour, which is as many as one person may ask. Ask again in 60 minutes.',
  });
  expect((await ask(other, 'bob@example.com')).status).toBe('courtesy');
  expect(await states()).toHaveLength(4);
  ahead = 61 * 60_000;
  expect((await ask(first.app, 'ann@example.com')).status).toBe('courtesy');
});
