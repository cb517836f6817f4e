/** A model in a thread of its own: who goes first, what a crash, a cancelled call, idleness and closing do. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { similarity } from '../contracts/embedder.ts';
import { AppError } from '../../src/errors.ts';
import { createThreadEmbedder, stepsOf, type ThreadEmbedderOptions } from '../../src/models/local/thread-embedder.ts';
import { embedByWords } from '../fakes/embed-by-words.ts';
import { never } from '../fakes/open-app.ts';

const DRIVER = new URL('../fakes/local-model.ts', import.meta.url);
let folder: string;
let log: string;
const closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docent-thread-'));
  log = join(folder, 'log');
  writeFileSync(log, '');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(closing.splice(0).map((close) => close()));
  rmSync(folder, { recursive: true, force: true });
});

function embedder(driverOptions: Record<string, unknown> = {}, options: Partial<ThreadEmbedderOptions> = {}) {
  const made = createThreadEmbedder({
    model: 'fake@1',
    driver: DRIVER,
    driverOptions: { log, ...driverOptions },
    stepTexts: 1,
    stepCharacters: 1000,
    idleMs: 60_000,
    idleAfterQuestionMs: 60_000,
    ...options,
  });
  closing.push(made.close);
  return made;
}
const lines = (): string[] => readFileSync(log, 'utf8').split('\n').slice(0, -1);
const texts = (n: number): string[] => Array.from({ length: n }, (_, i) => `passage ${i}`);
const failure = (promise: Promise<unknown>): Promise<AppError> =>
  promise.then(
    () => expect.fail('it worked'),
    (error: AppError) => error,
  );

test('a question goes before all passages that wait', async () => {
  const { embed } = embedder({ delayMs: 20 });
  let passagesDone = false;
  const passages = embed(texts(30), 'passage', never()).then(() => (passagesDone = true));
  await vi.waitUntil(() => lines().length >= 4, 20_000);
  const before = lines().length;
  await embed(['a question'], 'query', never());
  expect(passagesDone).toBe(false);
  // One step was under way; with the two processes' clocks apart, one more at most.
  expect(lines().indexOf('query a question')).toBeLessThanOrEqual(before + 1);
  await passages;
  expect(lines()).toHaveLength(32);
});

test('questions wait in the order in which they came, and every text gets its own vector', async () => {
  const { embed } = embedder({ delayMs: 5 }, { stepTexts: 3, stepCharacters: 60 });
  const many = Array.from({ length: 20 }, (_, i) => `text ${i} ${'long '.repeat((i * 7) % 11)}`);
  const [vectors] = await Promise.all([
    embed(many, 'passage', never()),
    embed(['first'], 'query', never()),
    embed(['second'], 'query', never()),
  ]);
  many.forEach((text, i) => expect(similarity(vectors![i]!, Float32Array.from(embedByWords(text, 64))), text).toBeGreaterThan(0.9999));
  expect(lines().filter((line) => line.startsWith('query'))).toEqual(['query first', 'query second']);
});

test('a thread that crashes fails what is under way, to be tried again, and the next call starts anew', async () => {
  const { embed } = embedder({ delayMs: 5 });
  await embed(['fine'], 'query', never());
  const failed = await Promise.all([failure(embed(['EXIT'], 'passage', never())), failure(embed(texts(2), 'passage', never()))]);
  for (const error of failed) {
    expect(error).toMatchObject({ code: 'model.failed', retryable: true });
    expect(error.publicMessage).toContain('fake@1');
  }
  const [vector] = await embed(['fine again'], 'query', never());
  expect(Math.hypot(...vector!)).toBeCloseTo(1, 5);
  expect(lines().filter((line) => line === 'opened')).toHaveLength(2);
});

test('of an enormous text only so much is read that a question behind it does not wait long', async () => {
  const { embed } = embedder();
  await embed(['word '.repeat(40_000)], 'query', never());
  expect(lines()[1]!.length).toBeLessThanOrEqual('query '.length + 1000);
});

test('a text that the model cannot take fails its own call alone', async () => {
  const { embed } = embedder();
  const [bad, good] = await Promise.all([failure(embed(['THROW'], 'passage', never())), embed(['fine'], 'passage', never())]);
  expect(bad).toMatchObject({ code: 'model.failed', retryable: true });
  expect(bad.message).toContain('no such word');
  expect(good).toHaveLength(1);
  expect(lines().filter((line) => line === 'opened')).toHaveLength(1);
});

test('a model that cannot be opened says why, is left alone for a minute, and works once it is mended', async () => {
  const brokenWhile = join(folder, 'broken');
  writeFileSync(brokenWhile, '');
  const { embed } = embedder({ brokenWhile });
  for (let i = 0; i < 3; i++) expect((await failure(embed(['x'], 'query', never()))).message).toContain('the file is cut short');
  expect(lines()).toEqual(['opened']);
  rmSync(brokenWhile);
  const now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now + 61_000);
  expect(await embed(['x'], 'query', never())).toHaveLength(1);
});

test('cancelled: the reason at once, and what is not under way is never computed', async () => {
  const { embed } = embedder({ delayMs: 50 });
  const stop = new AbortController();
  const reason = new Error('gone');
  const cancelled = embed(texts(100), 'passage', stop.signal);
  await vi.waitUntil(() => lines().length >= 3, 20_000);
  stop.abort(reason);
  await expect(cancelled).rejects.toBe(reason);
  expect(await embed(['the next'], 'passage', never())).toHaveLength(1);
  expect(lines().length).toBeLessThan(8);
  await expect(embed(['x'], 'query', AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('its thread ends when it is idle, and starts again with the next text', async () => {
  const { embed } = embedder({}, { idleMs: 50, idleAfterQuestionMs: 50 });
  await embed(['one'], 'query', never());
  await new Promise((resolve) => setTimeout(resolve, 20));
  await embed(['two'], 'query', never());
  expect(lines()).toEqual(['opened', 'query one', 'query two']);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await embed(['three'], 'query', never());
  expect(lines().slice(3)).toEqual(['opened', 'query three']);
});

test('closed at work: what waits fails soon, the thread ends, and nothing more is taken', async () => {
  const { embed, close } = embedder({ delayMs: 30_000 });
  const waiting = [failure(embed(texts(3), 'passage', never())), failure(embed(['q'], 'query', never()))];
  await vi.waitUntil(() => lines().length >= 2, 20_000);
  await close();
  for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'model.failed' });
  expect(await failure(embed(['x'], 'query', never()))).toBeInstanceOf(AppError);
  await close();
});

test('a process that has its vectors ends by itself', async () => {
  const source = `
    import { createThreadEmbedder } from ${JSON.stringify(new URL('../../src/models/local/thread-embedder.ts', import.meta.url).href)};
    const { embed } = createThreadEmbedder({ model: 'fake@1', driver: new URL(${JSON.stringify(DRIVER.href)}),
      driverOptions: { log: ${JSON.stringify(log)}, delayMs: 200 }, stepTexts: 1, stepCharacters: 1000, idleMs: 600_000 });
    embed(['one', 'two'], 'passage', new AbortController().signal).then((vectors) => console.log(vectors.length));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (text: Buffer) => (out += String(text)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, out }).toEqual({ code: 0, out: '2\n' });
});

test('steps hold every text once, as many as allowed, the like-sized together', () => {
  const limits = { stepTexts: 4, stepCharacters: 100 };
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 150 }), { maxLength: 30 }), (all) => {
      const steps = stepsOf(all, limits);
      expect(steps.flat().toSorted((a, b) => a - b)).toEqual(all.map((_, i) => i));
      const lengths = steps.map((step) => step.map((i) => all[i]!.length));
      for (const step of lengths) {
        expect(step.length).toBeLessThanOrEqual(limits.stepTexts);
        if (step.length > 1) expect(Math.max(...step) * step.length).toBeLessThanOrEqual(limits.stepCharacters);
      }
      expect(lengths.flat()).toEqual(lengths.flat().toSorted((a, b) => b - a));
    }),
  );
});
