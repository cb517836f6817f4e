/** The index is rebuilt beside the old one, which answers until the end; killed in the middle, the old one is whole. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createApp, type WiredApp } from '../../src/app.ts';
import { markRestored } from '../../src/catalog/restored.ts';
import { LEASE_MS } from '../../src/catalog/sources.ts';
import { systemClock } from '../../src/clock.ts';
import { reindex, type IndexingDeps } from '../../src/indexing.ts';
import { createLog } from '../../src/log.ts';
import { startOpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { answerTo, never, openApp } from '../fakes/open-app.ts';
import { testConfig } from '../fakes/test-config.ts';

vi.setConfig({ testTimeout: 120_000 });

const CHILD = join(import.meta.dirname, '../fakes/reindex-child.ts');
const NAMES = ['boiler', 'canteen', 'garden', 'archive', 'garage', 'cellar'];
const question = (name: string): string => `Where do the keys of the ${name} hang?`;

let folder: string;
let data: string;
let app: WiredApp;

beforeEach(async () => {
  const one = await openApp();
  onTestFinished(() => one.close());
  ({ app, folder } = one);
  data = join(folder, 'data');
  writePages('wiki', NAMES);
  await app.addSource({ location: join(folder, 'wiki'), name: 'wiki' });
  await app.syncNow([], { signal: never() });
});

function writePages(wiki: string, names: string[]): void {
  mkdirSync(join(folder, wiki), { recursive: true });
  for (const name of names)
    writeFileSync(
      join(folder, wiki, `${name}.md`),
      `# ${name}\n\nThe keys of the ${name} hang in the porter's lodge, and team ${name} looks after them.\n`,
    );
}

/** Another process over the same folder; leases of dead ones have run out. */
async function another(env: Record<string, string> = {}, aheadMs = LEASE_MS + 1000): Promise<WiredApp> {
  const clock = { ...systemClock, now: () => Date.now() + aheadMs };
  const other = await createApp(await testConfig({ DATA_DIR: data, ...env }), { log: createLog('silent'), clock });
  onTestFinished(() => other.close());
  return other;
}

const answered = async (by: WiredApp, name: string): Promise<boolean> => {
  const { status, citations } = await answerTo(by, question(name));
  return status === 'quoted' && citations.some(({ title }) => title === name);
};

/** Takes a page out of the index, not out of the catalog: who searches the old index is told by it. */
async function loseFromIndex(name: string): Promise<void> {
  const { db, index } = await app.askDeps();
  const { id } = await db.selectFrom('documents').select('id').where('title', '=', name).executeTakeFirstOrThrow();
  const passages = await db.selectFrom('passages').select('id').where('document_id', '=', id).execute();
  await index.drop(passages.map((passage) => passage.id));
}

const indexFiles = (): string[] => readdirSync(data).filter((name) => name.startsWith('index.db') && !/-(wal|shm)$|\.current$/.test(name));

/** The parts of an application that `reindex` works with, and a moment before the swap to do something at. */
async function depsOf(by: WiredApp, beforeSwap: () => Promise<void>): Promise<IndexingDeps> {
  const { db, index, clock, log } = await by.askDeps();
  return {
    db,
    clock,
    log,
    keepRate: 0.9,
    syncDeps: () => Promise.reject(new Error('nothing is synced here')),
    index: {
      ...index,
      async rebuild() {
        const rebuild = await index.rebuild();
        let done: Promise<void> | undefined;
        const setMeta = async (key: string, value: string): Promise<void> => {
          await (done ??= beforeSwap());
          await rebuild.index.setMeta(key, value);
        };
        return { ...rebuild, index: { ...rebuild.index, setMeta } };
      },
    },
  };
}

test('while it is rebuilt the old index answers, afterwards the new one, in every process', async () => {
  await loseFromIndex('garden');
  expect(await answered(app, 'garden')).toBe(false);
  const other = await another();
  const meanwhile: boolean[] = [];
  const deps = await depsOf(other, async () => {
    meanwhile.push(await answered(app, 'garden'), await answered(app, 'boiler'), await answered(other, 'boiler'));
  });
  expect(await reindex(deps, { signal: never() })).toMatchObject({ documents: NAMES.length, passages: NAMES.length });
  expect(meanwhile).toEqual([false, true, true]);
  expect(await answered(other, 'garden')).toBe(true);
  expect(await answered(app, 'garden')).toBe(true);
  expect(indexFiles()).toHaveLength(1);
});

test.each([
  ['building', false, 2],
  ['swapped', true, 1],
])('killed (-9) when %s: the index is whole, and the next rebuilding begins afresh and clears up', async (when, isNew, files) => {
  await loseFromIndex('garden');
  const child = spawn(process.execPath, [CHILD, data, when], { stdio: 'inherit' });
  expect(await new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)))).toBe('SIGKILL');
  expect(indexFiles()).toHaveLength(files);
  expect(await answered(app, 'garden')).toBe(isNew);
  expect(await answered(app, 'boiler')).toBe(true);
  const other = await another();
  expect(await answered(other, 'garden')).toBe(isNew);
  await other.reindex({ signal: never() });
  for (const by of [app, other]) for (const name of ['garden', 'boiler']) expect(await answered(by, name)).toBe(true);
  expect(indexFiles()).toHaveLength(1);
});

test('a source that is added and synced meanwhile is in the new index', async () => {
  writePages('more', ['harbour']);
  const deps = await depsOf(await another(), async () => {
    await app.addSource({ location: join(folder, 'more'), name: 'more' });
    expect((await app.syncNow(['more'], { signal: never() }))[0]).toMatchObject({ added: 1 });
  });
  await reindex(deps, { signal: never() });
  expect(await answered(app, 'harbour')).toBe(true);
  expect(await (await app.askDeps()).index.ids(undefined, 100)).toHaveLength(NAMES.length + 1);
});

test('where the catalog was replaced meanwhile the old index stays, and the next sweep rebuilds it', async () => {
  await loseFromIndex('garden');
  const other = await another();
  const { db } = await other.askDeps();
  await expect(reindex(await depsOf(other, () => markRestored(db, 'another', 1)), { signal: never() })).rejects.toMatchObject({
    code: 'reindex.lost',
    retryable: true,
  });
  expect(await answered(app, 'garden')).toBe(false);
  await other.workOnce(never());
  expect(await answered(app, 'garden')).toBe(true);
});

test('of two that find it outdated at once one rebuilds it, and the other finds it done', async () => {
  const { db, index } = await app.askDeps();
  await markRestored(db, 'another', 1);
  const other = await another({}, 0);
  let rebuilt = 0;
  const counting = async (by: WiredApp): Promise<IndexingDeps> => depsOf(by, async () => void rebuilt++);
  const [one, two] = [await counting(app), await counting(other)];
  await Promise.all([reindex(one, { signal: never(), unlessCurrent: true }), reindex(two, { signal: never(), unlessCurrent: true })]);
  expect(rebuilt).toBe(1);
  expect(await index.getMeta('restored')).toBe('another');
});

test('vectors that are kept are back at once, of the model that searches use and of the one that is built beside', async () => {
  const endpoint = await startOpenAiEndpoint({ models: ['first-embedding', 'second-embedding'] });
  onTestFinished(() => endpoint.close());
  const embedded = (): number =>
    endpoint.requests
      .filter((r) => r.path.endsWith('/embeddings'))
      .flatMap((r) => (r.body as { input: string[] }).input)
      .filter((text) => text.includes('\n')).length;
  const env = { OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'x' };
  const first = await another({ ...env, EMBEDDING_MODEL: 'first-embedding' });
  await first.workOnce(never());
  expect(embedded()).toBe(NAMES.length);
  const { index } = await first.askDeps();
  const before = await index.vectorModels();
  const calibration = JSON.parse((await index.getMeta('calibration'))!) as { meaning?: { model: string } };
  await first.reindex({ signal: never() });
  expect(await index.vectorModels()).toEqual(before);
  expect((JSON.parse((await index.getMeta('calibration'))!) as typeof calibration).meaning?.model).toBe(calibration.meaning?.model);
  expect(calibration.meaning?.model).toBeDefined();

  // Another model was chosen and is not built yet: the first one stays in use.
  const second = await another({ ...env, EMBEDDING_MODEL: 'second-embedding' });
  await second.reindex({ signal: never() });
  expect(await index.vectorModels()).toEqual(before);
  expect(embedded()).toBe(NAMES.length);
});
