/** Vectors fill in behind the words: in order of demand, giving way, surviving a kill, and with a new model beside the old. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import type { WiredApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { LEASE_MS } from '../../src/catalog/sources.ts';
import { retrieve } from '../../src/ask/retrieve.ts';
import { startOpenAiEndpoint, type Fault, type OpenAiEndpoint, type RecordedRequest } from '../fakes/openai-endpoint.ts';
import { answerTo, never, openApp, type OpenedApp } from '../fakes/open-app.ts';
import { childEnvironment } from '../fakes/child-environment.ts';

vi.setConfig({ testTimeout: 60_000 });
const BATCH = 32;
const CLI = join(import.meta.dirname, '../../src/cli/main.ts');
const NAMES = ['boiler', 'canteen', 'garden', 'archive', 'garage', 'cellar', 'roof', 'lift', 'gate', 'library', 'workshop', 'kitchen'];

let fault: (request: RecordedRequest, nth: number) => Fault | undefined = () => undefined;
afterEach(() => (fault = () => undefined));

async function endpointFor(): Promise<OpenAiEndpoint> {
  const endpoint = await startOpenAiEndpoint({
    models: ['first-embedding', 'second-embedding'],
    fault: (request, nth) => (request.path.endsWith('/embeddings') ? fault(request, nth) : undefined),
  });
  onTestFinished(() => endpoint.close());
  return endpoint;
}

async function opened(env: Record<string, string>, options: Parameters<typeof openApp>[1] = {}): Promise<OpenedApp> {
  const one = await openApp(env, options);
  onTestFinished(() => one.close());
  return one;
}

function page(folder: string, name: string, text: string, updated?: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.md`), `${updated ? `---\nupdated: ${updated}\n---\n\n` : ''}# ${name}\n\n${text}\n`);
}
const keeper = (name: string): string => `The keys of the ${name} hang in the porter's lodge, and team ${name} looks after them.`;

/** What was embedded, in order; a passage's text begins with its title and a line break. */
const sent = (endpoint: OpenAiEndpoint, model?: string): string[] =>
  endpoint.requests
    .filter((r) => r.path.endsWith('/embeddings') && (model === undefined || (r.body as { model: string }).model === model))
    .flatMap((r) => (r.body as { input: string[] }).input);
const passagesSent = (endpoint: OpenAiEndpoint, model?: string): string[] => sent(endpoint, model).filter((text) => text.includes('\n'));

async function lacking(app: WiredApp, model: string): Promise<string[]> {
  return (await app.askDeps()).index.withoutVector(model, undefined, 10_000);
}

test('the documents that answers quote come first, then the newest', async () => {
  const endpoint = await endpointFor();
  const words = await openApp();
  onTestFinished(() => words.close());
  const wiki = join(words.folder, 'wiki');
  NAMES.forEach((name, i) => page(wiki, name, keeper(name), `20${10 + i}-03-01`));
  await words.app.addSource({ location: wiki, name: 'wiki' });
  await words.app.syncNow([], { signal: never() });
  for (const name of ['garden', 'garden', 'canteen'])
    expect((await answerTo(words.app, `Where do the keys of the ${name} hang?`)).citations[0]?.title).toBe(name);

  const { app } = await opened({
    DATA_DIR: join(words.folder, 'data'),
    OPENAI_BASE_URL: endpoint.url,
    CHAT_MODEL: 'x',
    EMBEDDING_MODEL: 'first-embedding',
  });
  await app.workOnce(never());
  const order = passagesSent(endpoint).map((text) => text.split('\n')[0]);
  expect(order.slice(0, 2)).toEqual(['garden', 'canteen']);
  expect(order.slice(2)).toEqual(NAMES.filter((name) => name !== 'garden' && name !== 'canteen').toReversed());
  expect((await app.modelStatus()).vectors).toEqual({ passages: NAMES.length, embedded: NAMES.length });
});

test('a sync that is asked for meanwhile goes before, and filling goes on after', async () => {
  const endpoint = await endpointFor();
  const { app, folder } = await opened({ OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'x', EMBEDDING_MODEL: 'first-embedding' });
  for (let i = 0; i < 3 * BATCH; i++) page(join(folder, 'large'), `page${i}`, keeper(`room${i}`), '2020-01-01');
  page(join(folder, 'urgent'), 'urgent', keeper('vault'), '2026-01-01');
  await app.addSource({ location: join(folder, 'large'), name: 'large' });
  await app.syncNow(['large'], { signal: never() });
  await app.addSource({ location: join(folder, 'urgent'), name: 'urgent' });
  let wished: Promise<void> | undefined;
  fault = (_, nth) => {
    if (nth === 0) wished = app.requestSync('urgent');
    return { kind: 'drip', delayMs: 50 };
  };
  await app.workOnce(never());
  await wished;
  const order = passagesSent(endpoint).map((text) => text.split('\n')[0]!);
  expect(order.indexOf('urgent')).toBeLessThanOrEqual(2 * BATCH);
  expect(new Set(order).size).toBe(3 * BATCH + 1);
  expect(order).toHaveLength(3 * BATCH + 1);
  expect(await lacking(app, 'first-embedding')).toEqual([]);
});

test('a language that the model does not know is left out, counted out, and found by its words', async () => {
  const { app, folder } = await opened({ EMBEDDING_MODEL: 'use-lite' });
  page(join(folder, 'wiki'), 'badges', keeper('lodge'));
  page(join(folder, 'wiki'), '年假', '未使用的年假可以结转到下一年，但必须在三月三十一日之前使用完毕，过期作废。');
  await app.addSource({ location: join(folder, 'wiki'), name: 'wiki' });
  const [summary] = await app.syncNow([], { signal: never(), vectors: { ms: 60_000 } });
  expect(summary).toMatchObject({ added: 2, failed: 0 });
  expect((await app.modelStatus()).vectors).toEqual({ passages: 1, embedded: 1 });
  expect((await app.due()).map(({ kind }) => kind)).not.toContain('fill-vectors');
  const { citations, closest } = await answerTo(app, '未使用的年假什么时候过期？');
  expect([...citations, ...closest][0]?.title).toBe('年假');
});

test('killed (-9) while filling: nothing is lost, and at most one batch is computed again', async () => {
  const endpoint = await endpointFor();
  const words = await openApp();
  onTestFinished(() => words.close());
  const wiki = join(words.folder, 'wiki');
  const pages = 5 * BATCH;
  for (let i = 0; i < pages; i++) page(wiki, `page${i}`, keeper(`room${i}`));
  await words.app.addSource({ location: wiki, name: 'wiki' });
  await words.app.syncNow([], { signal: never() });
  const env = {
    DATA_DIR: join(words.folder, 'data'),
    OPENAI_BASE_URL: endpoint.url,
    CHAT_MODEL: 'x',
    EMBEDDING_MODEL: 'first-embedding',
  };
  const child = spawn(process.execPath, [CLI, 'sync', '--wait', '--json'], {
    env: childEnvironment({ ...env }),
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
  fault = () => {
    if (passagesSent(endpoint).length <= 2 * BATCH) return undefined;
    child.kill('SIGKILL');
    return { kind: 'hang' };
  };
  expect(await ended).toBe('SIGKILL');
  fault = () => undefined;

  const { app } = await opened(env, { clock: { ...systemClock, now: () => Date.now() + LEASE_MS + 1000 } });
  const left = await lacking(app, 'first-embedding');
  expect(left.length).toBeGreaterThanOrEqual(2 * BATCH);
  expect(left.length).toBeLessThanOrEqual(pages - 2 * BATCH);
  await app.workOnce(never());
  expect(await lacking(app, 'first-embedding')).toEqual([]);
  const computed = passagesSent(endpoint);
  expect(new Set(computed).size).toBe(pages);
  expect(computed.length).toBeLessThanOrEqual(pages + BATCH);
  expect((await app.modelStatus()).vectors).toEqual({ passages: pages, embedded: pages });
});

test('an embedder that fails leaves search by words as it is, and is tried again', async () => {
  const endpoint = await endpointFor();
  const { app, folder } = await opened({ OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'x', EMBEDDING_MODEL: 'first-embedding' });
  NAMES.forEach((name) => page(join(folder, 'wiki'), name, keeper(name)));
  await app.addSource({ location: join(folder, 'wiki'), name: 'wiki' });
  fault = () => ({ kind: 'status', status: 500, retryAfter: '0' });
  const [summary] = await app.syncNow([], { signal: never(), vectors: { ms: 60_000 } });
  expect(summary).toMatchObject({ complete: true, added: NAMES.length, failed: 0, passagesEmbedded: NAMES.length });
  expect((await app.modelStatus()).vectors).toEqual({ passages: NAMES.length, embedded: 0 });
  const answer = await answerTo(app, 'Where do the keys of the garden hang?');
  expect(answer.citations[0]?.title).toBe('garden');
  expect(answer.degraded).toContain('meaning-unavailable');
  await app.workOnce(never());
  fault = () => undefined;
  await app.workOnce(never());
  expect((await app.modelStatus()).vectors).toEqual({ passages: NAMES.length, embedded: NAMES.length });
  expect((await answerTo(app, 'Where do the keys of the garden hang?')).degraded ?? []).not.toContain('meaning-unavailable');
});

test('another model is built beside: until it is whole the first one reads the questions, then its vectors go', async () => {
  const endpoint = await endpointFor();
  const { app, folder } = await opened({ OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'x', EMBEDDING_MODEL: '' });
  for (let i = 0; i < 2 * BATCH; i++) page(join(folder, 'wiki'), `page${i}`, keeper(`room${i}`));
  await app.addSource({ location: join(folder, 'wiki'), name: 'wiki' });
  await app.useModel('first-embedding');
  await app.syncNow([], { signal: never(), vectors: { ms: 60_000 } });
  expect(await app.modelStatus()).toMatchObject({
    embeddingModel: 'first-embedding',
    vectors: { passages: 2 * BATCH, embedded: 2 * BATCH },
  });

  await app.useModel('second-embedding');
  expect((await app.modelStatus()).vectors).toEqual({ passages: 2 * BATCH, embedded: 0, replaces: 'first-embedding' });
  const ask = async (): Promise<{ model: string; text: string }> => {
    const from = endpoint.requests.length;
    const deps = await app.askDeps();
    const readerSets = (await deps.db.selectFrom('reader_sets').select('id').execute()).map((r) => r.id);
    const text = 'room7 keys where';
    const { hits } = await retrieve({ text, languages: ['en'], readerSets, limit: 5, only: 'meaning' }, deps, never());
    const request = endpoint.requests
      .slice(from)
      .find((r) => (r.body as { input: string[] }).input.some((input) => input.includes('room7')));
    return { model: (request!.body as { model: string }).model, text: hits[0]!.title };
  };
  let asked: ReturnType<typeof ask> | undefined;
  fault = (request) => {
    const { model, input } = request.body as { model: string; input: string[] };
    if (model !== 'second-embedding' || !input[0]!.includes('\n')) return undefined;
    asked ??= ask();
    return { kind: 'drip', delayMs: 400 };
  };
  await app.workOnce(never());
  expect(await asked).toEqual({ model: 'first-embedding', text: 'page7' });
  expect(await ask()).toEqual({ model: 'second-embedding', text: 'page7' });
  const { index } = await app.askDeps();
  expect(await index.vectorModels()).toMatchObject({
    active: 'second-embedding',
    models: [{ model: 'second-embedding', vectors: 2 * BATCH }],
  });

  // Back again: what was computed once is kept.
  const computed = passagesSent(endpoint).length;
  await app.useModel('first-embedding');
  await app.workOnce(never());
  expect((await ask()).model).toBe('first-embedding');
  expect(passagesSent(endpoint)).toHaveLength(computed);
});

test('what changed is embedded anew, and nothing else', async () => {
  const endpoint = await endpointFor();
  const { app, folder } = await opened({ OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'x', EMBEDDING_MODEL: 'first-embedding' });
  const wiki = join(folder, 'wiki');
  NAMES.forEach((name) => page(wiki, name, keeper(name)));
  await app.addSource({ location: wiki, name: 'wiki' });
  const sync = async () => (await app.syncNow([], { signal: never(), vectors: { ms: 60_000 } }))[0];
  expect(await sync()).toMatchObject({ passagesEmbedded: NAMES.length, passagesReused: 0 });
  page(wiki, 'garden', 'The garden gate has a code now: ask the porter for it on your first day.');
  const before = passagesSent(endpoint).length;
  expect(await sync()).toMatchObject({ changed: 1, passagesEmbedded: 1 });
  expect(passagesSent(endpoint).slice(before)).toEqual([expect.stringContaining('The garden gate has a code now')]);
  page(wiki, 'garden', keeper('garden'));
  expect(await sync()).toMatchObject({ changed: 1, passagesEmbedded: 0 });
  expect(passagesSent(endpoint)).toHaveLength(before + 1);
  await app.reindex({ signal: never(), vectors: { ms: 60_000 } });
  expect(passagesSent(endpoint)).toHaveLength(before + 1);
  expect(await lacking(app, 'first-embedding')).toEqual([]);
});
