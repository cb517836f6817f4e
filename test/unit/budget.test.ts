import { describe, expect, test, vi } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { createBudget, withBudget, withEmbeddingBudget } from '../../src/models/budget.ts';
import type { UsageRow } from '../../src/types.ts';
import type { ChatEvent, ChatRequest, LanguageModel } from '../../src/models/language-model.ts';
import { costOf } from '../../src/models/prices.ts';
import { listen } from '../contracts/language-model.ts';

const never = new AbortController().signal;
const REQUEST: ChatRequest = { messages: [{ role: 'user', content: 'q' }], maxTokens: 100, purpose: 'answer' };
const PRICE = { input: 1, output: 1 };

function setUp(options: { limitUsd?: number; spent?: number; now?: () => number } = {}) {
  const rows: UsageRow[] = [];
  const log = { warn: vi.fn(), error: vi.fn() };
  let failing = false;
  const base = options.spent ?? 0;
  const budget = createBudget({
    limitUsd: options.limitUsd,
    log,
    now: options.now ?? (() => Date.UTC(2026, 10, 15)),
    spentThisMonth: () => base + rows.reduce((sum, row) => sum + row.usd, 0),
    recordUsage: async (row) => {
      if (failing) throw new Error('disk full');
      rows.push(row);
    },
  });
  return { budget, rows, log, breakRecording: () => (failing = true) };
}

function model(events: (signal: AbortSignal) => AsyncIterable<ChatEvent>): LanguageModel {
  return { model: 'm', contextTokens: 1000, countTokens: (text) => text.length, chat: (_request, signal) => events(signal) };
}

const answering = (usd: number): LanguageModel =>
  model(async function* () {
    yield { type: 'text', text: 'answer' };
    yield { type: 'usage', usage: { promptTokens: 10, completionTokens: 5, costUsd: usd } };
  });

const wrap = (inner: LanguageModel, budget: ReturnType<typeof setUp>['budget']) =>
  withBudget(inner, budget, (usage) => costOf(PRICE, usage));

describe('budget', () => {
  test('records what every call used, by purpose', async () => {
    const { budget, rows } = setUp({ limitUsd: 10 });
    const { text, events } = await listen(wrap(answering(0.25), budget).chat(REQUEST, never));
    expect(text).toBe('answer');
    expect(events).toHaveLength(2);
    expect(rows).toEqual([{ purpose: 'answer', model: 'm', promptTokens: 10, completionTokens: 5, usd: 0.25 }]);
  });

  test('warns at 80 %, once, and goes on', async () => {
    const { budget, log } = setUp({ limitUsd: 10, spent: 7.9 });
    const wrapped = wrap(answering(0.2), budget);
    await listen(wrapped.chat(REQUEST, never));
    await listen(wrapped.chat(REQUEST, never));
    expect(log.warn).toHaveBeenCalledTimes(1);
    expect(log.warn).toHaveBeenCalledWith({ spentUsd: 8.1, limitUsd: 10 }, expect.any(String));
    expect(await budget.state()).toMatchObject({ warning: true, exhausted: false });
  });

  test('below 80 % it does not', async () => {
    const { budget, log } = setUp({ limitUsd: 10, spent: 7 });
    await listen(wrap(answering(0.5), budget).chat(REQUEST, never));
    expect(log.warn).not.toHaveBeenCalled();
  });

  test('at 100 % the model is not asked any more, and a person is told why', async () => {
    const { budget } = setUp({ limitUsd: 10, spent: 10 });
    const inner = answering(1);
    const asked = vi.spyOn(inner, 'chat');
    const { error } = await listen(wrap(inner, budget).chat(REQUEST, never));
    expect(error).toMatchObject({ code: 'budget.exhausted', retryable: false, publicMessage: expect.stringContaining('BUDGET_USD_MONTH') });
    expect(asked).not.toHaveBeenCalled();
  });

  test('at 99 % it still is', async () => {
    const { budget } = setUp({ limitUsd: 10, spent: 9.9 });
    expect((await listen(wrap(answering(0.05), budget).chat(REQUEST, never))).text).toBe('answer');
  });

  test('a budget of 0 means no call', async () => {
    const { budget } = setUp({ limitUsd: 0 });
    expect((await listen(wrap(answering(0), budget).chat(REQUEST, never))).error).toMatchObject({ code: 'budget.exhausted' });
  });

  test('without a limit everything is recorded and nothing refused', async () => {
    const { budget, rows, log } = setUp({ spent: 1e6 });
    await listen(wrap(answering(500), budget).chat(REQUEST, never));
    expect(rows).toHaveLength(1);
    expect(log.warn).not.toHaveBeenCalled();
    expect(await budget.state()).toEqual({ limitUsd: null, spentUsd: 1e6 + 500, warning: false, exhausted: false });
  });

  test('a new month begins anew', async () => {
    let now = Date.UTC(2026, 10, 30, 23, 59);
    const spent: Record<string, number> = { '2026-11': 10, '2026-12': 0 };
    const budget = createBudget({
      limitUsd: 10,
      now: () => now,
      log: { warn: vi.fn(), error: vi.fn() },
      recordUsage: () => {},
      spentThisMonth: () => spent[new Date(now).toISOString().slice(0, 7)]!,
    });
    await expect(budget.enter(0)).rejects.toMatchObject({ code: 'budget.exhausted' });
    now = Date.UTC(2026, 11, 1, 0, 1);
    await expect(budget.enter(0)).resolves.toBeDefined();
  });

  test('many calls at one time do not run past the limit together', async () => {
    const { budget } = setUp({ limitUsd: 1 });
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = model(async function* () {
      await gate;
      yield { type: 'usage', usage: { promptTokens: 1, completionTokens: 1, costUsd: 0.3 } };
    });
    // At these prices a call of 300,000 tokens is expected to cost 0.3 dollars.
    const wrapped = wrap(slow, budget);
    const calls = Array.from({ length: 50 }, () => listen(wrapped.chat({ ...REQUEST, maxTokens: 300_000 }, never)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    const refused = (await Promise.all(calls)).filter(({ error }) => error instanceof AppError && error.code === 'budget.exhausted');
    expect(refused).toHaveLength(46);
    expect((await budget.state()).spentUsd).toBeCloseTo(1.2, 10);
  });

  test('what was set aside for a call is free again after it', async () => {
    const { budget } = setUp({ limitUsd: 1 });
    const wrapped = wrap(answering(0.01), budget);
    for (let nth = 0; nth < 10; nth++) expect((await listen(wrapped.chat({ ...REQUEST, maxTokens: 900_000 }, never))).text).toBe('answer');
  });

  test('a cancelled call counts by estimate: the endpoint charges for it', async () => {
    const { budget, rows } = setUp({ limitUsd: 10 });
    const endless = model(async function* (signal) {
      for (;;) {
        signal.throwIfAborted();
        yield { type: 'text', text: 'word ' };
      }
    });
    const stop = new AbortController();
    let seen = 0;
    await expect(
      (async () => {
        for await (const _ of wrap(endless, budget).chat(REQUEST, stop.signal)) if (++seen === 3) stop.abort(new Error('gone'));
      })(),
    ).rejects.toThrow('gone');
    expect(rows).toMatchObject([{ completionTokens: 15, promptTokens: 8 }]);
  });

  test('a reader who stops listening is counted too', async () => {
    const { budget, rows } = setUp({ limitUsd: 10 });
    for await (const _ of wrap(answering(1), budget).chat(REQUEST, never)) break;
    expect(rows).toMatchObject([{ completionTokens: 'answer'.length }]);
  });

  test('a call that the endpoint refused costs nothing', async () => {
    const { budget, rows } = setUp({ limitUsd: 10 });
    const refusing = model(() => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new AppError({ code: 'model.rate_limited', message: 'x' })) }),
    }));
    expect((await listen(wrap(refusing, budget).chat(REQUEST, never))).error).toMatchObject({ code: 'model.rate_limited' });
    expect(rows).toEqual([]);
    expect((await listen(wrap(refusing, budget).chat(REQUEST, never))).error).toMatchObject({ code: 'model.rate_limited' });
  });

  test('an answer is not lost because it could not be booked, and it still counts', async () => {
    const { budget, log, breakRecording } = setUp({ limitUsd: 1 });
    breakRecording();
    const wrapped = wrap(answering(1), budget);
    expect((await listen(wrapped.chat(REQUEST, never))).text).toBe('answer');
    expect(log.error).toHaveBeenCalledOnce();
    expect((await listen(wrapped.chat(REQUEST, never))).error).toMatchObject({ code: 'budget.exhausted' });
  });

  test('embedding stops at 100 % too', async () => {
    const embed = vi.fn(async () => [new Float32Array([1])]);
    await withEmbeddingBudget({ model: 'e', embed }, setUp({ limitUsd: 1, spent: 0.5 }).budget).embed(['x'], 'query', never);
    await expect(
      withEmbeddingBudget({ model: 'e', embed }, setUp({ limitUsd: 1, spent: 1 }).budget).embed(['x'], 'query', never),
    ).rejects.toMatchObject({ code: 'budget.exhausted' });
    expect(embed).toHaveBeenCalledOnce();
  });
});
