/** Asking over a made-up model and a small catalog: what breaks on the way never loses a question. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ask, type AskDeps } from '../../src/ask/ask.ts';
import { receiveQuestion } from '../../src/catalog/questions.ts';
import { AppError } from '../../src/errors.ts';
import type { ChatEvent, LanguageModel } from '../../src/models/language-model.ts';
import type { Answer, AnswerEvent } from '../../src/types.ts';
import { never, openApp, type OpenedApp } from '../fakes/open-app.ts';

const QUOTE = "Lost badges are replaced at the porter's lodge for 10 euros.";
const TRUE_LINE = `${JSON.stringify({ block: 'paragraph', text: QUOTE, cites: [{ p: 1, quote: QUOTE }] })}\n`;
let opened: OpenedApp;
let deps: AskDeps;
let asked = 0;

beforeAll(async () => {
  opened = await openApp();
  const wiki = join(opened.folder, 'wiki');
  mkdirSync(wiki);
  writeFileSync(
    join(wiki, 'badges.md'),
    `# Badges\n\nEveryone wears a badge in the building. ${QUOTE} The lodge is open from seven to noon.\n`,
  );
  for (let i = 0; i < 12; i++)
    writeFileSync(
      join(wiki, `other${i}.md`),
      `# Topic ${i}\n\nThe ${['boiler', 'canteen', 'garden', 'archive', 'garage', 'cellar', 'roof', 'lift', 'gate', 'library', 'workshop', 'kitchen'][i]} is looked after by team ${i}, which meets on the first day of every month.\n`,
    );
  await opened.app.addSource({ location: wiki, name: 'wiki' });
  await opened.app.syncNow([], { signal: never() });
  deps = await opened.app.askDeps();
});
afterAll(() => opened.close());

/** A stream that fails before its first piece. */
const failing = (error: () => unknown) => (): AsyncIterable<ChatEvent> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error()) }),
});
const model = (chat: () => AsyncIterable<ChatEvent>): LanguageModel => ({
  model: 'test',
  contextTokens: 8000,
  countTokens: (text) => Math.ceil(text.length / 4),
  chat,
});

async function run(more: Partial<AskDeps>, signal = never(), text = 'Where are lost badges replaced?'): Promise<AnswerEvent[]> {
  const question = await receiveQuestion(
    deps.db,
    { eventKey: `e${++asked}`, platform: 'console', thread: `t${asked}`, personId: null, text, language: 'en', audience: 'asker' },
    asked,
  );
  const events: AnswerEvent[] = [];
  for await (const event of ask({ question: question!, threadId: `t${asked}`, asker: {}, turns: [] }, { ...deps, ...more }, signal))
    events.push(event);
  return events;
}
const final = (events: AnswerEvent[]): Answer => {
  const last = events.at(-1)!;
  if (last.type !== 'final') throw new Error('no final event');
  return last.answer;
};

test('a checked sentence is shown with its citation', async () => {
  const answer = final(
    await run({
      languageModel: model(async function* () {
        yield { type: 'text', text: TRUE_LINE };
        yield {
          type: 'usage',
          usage: { promptTokens: 100, completionTokens: 20, costUsd: 0.01, costKnown: true },
          finish: 'stop',
        } as ChatEvent;
      }),
    }),
  );
  expect(answer).toMatchObject({
    status: 'answered',
    sentences: [{ text: QUOTE, citations: [1] }],
    citations: [{ n: 1, quote: expect.stringContaining('10 euros') }],
    usage: { modelCalls: 1, promptTokens: 100, completionTokens: 20, costUsd: 0.01 },
  });
  expect(answer.degraded).toBeUndefined();
});

test('the model\'s "none" is not found, with the closest pages', async () => {
  const answer = final(
    await run({
      languageModel: model(async function* () {
        yield { type: 'text', text: '{"block":"none"}\n' };
      }),
    }),
  );
  expect(answer).toMatchObject({ status: 'unanswered', sentences: [], citations: [] });
  expect(answer.closest.length).toBeGreaterThan(0);
});

test('what a model had said before it broke stays, and the answer says that it stopped', async () => {
  const answer = final(
    await run({
      languageModel: model(async function* () {
        yield { type: 'text', text: TRUE_LINE };
        throw new AppError({ code: 'model.unreachable', message: 'gone' });
      }),
    }),
  );
  expect(answer).toMatchObject({ status: 'answered', degraded: ['model-stopped'], sentences: [{ text: QUOTE }] });
});

test.each([
  ['model.timeout', 'model-timeout'],
  ['model.failed', 'model-failed'],
  ['budget.exhausted', 'budget'],
  ['whatever', 'model-failed'],
])('a model that throws %s leaves quotes, and the reason "%s"', async (code, reason) => {
  const answer = final(await run({ languageModel: model(failing(() => new AppError({ code, message: 'x' }))) }));
  expect(answer).toMatchObject({ status: 'quoted', degraded: [reason] });
  expect(answer.text).toContain('10 euros');
});

describe('what breaks inside', () => {
  test('search failing is a failed answer, kept and told', async () => {
    const index = { ...deps.index, search: () => Promise.reject(new AppError({ code: 'search.failed', message: 'disk' })) };
    const answer = final(await run({ index }));
    expect(answer).toMatchObject({ status: 'failed', sentences: [], citations: [] });
    expect(answer.text.length).toBeGreaterThan(20);
    expect(await deps.db.selectFrom('questions').select('state').where('id', '=', answer.questionId).executeTakeFirst()).toEqual({
      state: 'failed',
    });
  });

  test('a ledger that cannot be written does not lose the answer', async () => {
    const db = new Proxy(deps.db, {
      get: (target, key) => {
        if (key === 'transaction') return () => ({ execute: () => Promise.reject(new Error('disk full')) });
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const question = await receiveQuestion(
      deps.db,
      {
        eventKey: 'full',
        platform: 'console',
        thread: 'full',
        personId: null,
        text: 'Where are lost badges replaced?',
        language: 'en',
        audience: 'asker',
      },
      1,
    );
    const events: AnswerEvent[] = [];
    for await (const event of ask({ question: question!, threadId: 'full', asker: {}, turns: [] }, { ...deps, db }, never()))
      events.push(event);
    expect(final(events)).toMatchObject({ status: 'quoted' });
  });

  test('an embedder that throws leaves search by words, and says so', async () => {
    const embedder = {
      model: 'e',
      embed: () => Promise.reject(new AppError({ code: 'model.unreachable', message: 'gone' })),
    } as unknown as NonNullable<AskDeps['embedder']>;
    expect(final(await run({ embedder }))).toMatchObject({
      status: 'quoted',
      degraded: expect.arrayContaining(['no-model', 'meaning-unavailable']),
    });
  });

  test("only the asker's own cancelling is thrown", async () => {
    const stop = new AbortController();
    await expect(
      run(
        {
          languageModel: model(
            failing(() => {
              stop.abort();
              return stop.signal.reason as unknown;
            }),
          ),
        },
        stop.signal,
      ),
    ).rejects.toThrow(/abort/i);
    expect(final(await run({ languageModel: model(failing(() => new DOMException('the vendor gave up', 'AbortError'))) }))).toMatchObject({
      status: 'quoted',
    });
  });
});

test('an index of which nothing is known: no documents, or an index that is lost; no model is asked', async () => {
  const asked = async () =>
    final(
      await run({
        languages: [],
        languageModel: model(() => {
          throw new Error('asked');
        }),
      }),
    );
  expect(await asked()).toMatchObject({ status: 'failed', text: expect.stringContaining('is just being filled'), closest: [] });
  await deps.db.updateTable('documents').set({ deleted_at: 1 }).execute();
  onTestFinished(async () => void (await deps.db.updateTable('documents').set({ deleted_at: null }).execute()));
  expect(await asked()).toMatchObject({ status: 'unanswered', text: expect.stringContaining('There are no documents yet'), closest: [] });
});

test("a quoted answer is at most nine sentences, each a citation's own words", async () => {
  const answer = final(await run({}));
  expect(answer.status).toBe('quoted');
  expect(answer.sentences.length).toBeLessThanOrEqual(9);
  for (const sentence of answer.sentences) {
    expect(sentence.support).toBe('quote');
    expect(
      answer.citations
        .filter((c) => sentence.citations.includes(c.n))
        .some((c) => c.quote.replace(/\s+/g, ' ').includes(sentence.text.slice(0, 20))),
    ).toBe(true);
  }
});
