/** Syncs that meet each other, are stopped, or lose their source: nothing is written twice, nothing half, nothing is left over. */
import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WiredApp } from '../../src/app.ts';
import type { WriteStep } from '../../src/sync/write.ts';
import { answerTo, never, openApp, type OpenedApp } from '../fakes/open-app.ts';

const CHILD = fileURLToPath(new URL('../fakes/sync-child.ts', import.meta.url));
const DOCUMENTS = 8;
vi.setConfig({ testTimeout: 60_000 });

let opened: OpenedApp;
let app: WiredApp;
let wiki: string;
let atStep: (step: WriteStep) => void | Promise<void>;

beforeEach(async () => {
  atStep = () => {};
  opened = await openApp({}, { atStep: (step) => atStep(step) });
  app = opened.app;
  wiki = join(opened.folder, 'wiki');
  mkdirSync(wiki);
  for (let d = 0; d < DOCUMENTS; d++)
    writeFileSync(join(wiki, `page${d}.md`), `# Page${d}\n\nDepartment${d} keeps its seals in drawer number ${d + 100} of the archive.\n`);
  await app.addSource({ location: wiki, name: 'wiki' });
});
afterEach(() => opened.close());

const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  for (let i = 0; !(await what()); i++) {
    if (i > 1200) throw new Error('waited 30 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

/** At the nth time of a step: runs `work` once. */
const atNth = (step: WriteStep, nth: number, work: () => void | Promise<void>) => {
  let seen = 0;
  return (at: WriteStep): void | Promise<void> => (at === step && ++seen === nth ? work() : undefined);
};

async function expectConsistent(): Promise<void> {
  const { db, index } = await app.askDeps();
  const passages = await db.selectFrom('passages').select('id').execute();
  expect((await index.ids(undefined, 1000)).toSorted()).toEqual(passages.map((p) => p.id).toSorted());
  expect(await db.selectFrom('index_leftovers').selectAll().execute()).toEqual([]);
}

test('a second sync of a source is refused while one runs elsewhere, and the first ends well', async () => {
  const child = spawn(process.execPath, [CHILD, join(opened.folder, 'data'), wiki, 'hold', 'put', '3'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += String(text)));
  const exited = new Promise((resolve) => child.on('exit', resolve));
  await until(() => output.includes('held'));
  await expect(app.syncNow(['wiki'], { signal: never() })).rejects.toMatchObject({
    code: 'sync.busy',
    retryable: true,
    publicMessage: expect.stringContaining('wiki'),
  });
  child.stdin.end();
  expect(await exited).toBe(0);
  expect(JSON.parse(output.trim().split('\n').at(-1)!)).toMatchObject([{ added: DOCUMENTS, complete: true, failed: 0 }]);
  const [again] = await app.syncNow(['wiki'], { signal: never() });
  expect(again).toMatchObject({ unchanged: DOCUMENTS, added: 0, complete: true });
  await expectConsistent();
});

describe('a sync that is stopped', () => {
  test('by its caller says so, keeps what was written, and the next takes up the rest', async () => {
    const stop = new AbortController();
    atStep = atNth('committed', 3, () => stop.abort());
    const [summary] = await app.syncNow(['wiki'], { signal: stop.signal }).catch(() => [undefined]);
    const shown = await app.showSource('wiki');
    expect(shown!.runs[0]).toMatchObject({ state: 'cancelled', summary: { complete: false, error: expect.stringContaining('cancelled') } });
    if (summary) expect(summary.complete).toBe(false);
    expect(shown!.documents).toBeGreaterThanOrEqual(3);
    expect(shown!.documents).toBeLessThan(DOCUMENTS);
    atStep = () => {};
    const [next] = await app.syncNow(['wiki'], { signal: never() });
    expect(next).toMatchObject({ complete: true, failed: 0, unchanged: shown!.documents, added: DOCUMENTS - shown!.documents, removed: 0 });
    await expectConsistent();
  });

  test('from the console ends within seconds, and does not start again by itself', async () => {
    await app.requestSync('wiki');
    let released = (): void => {};
    atStep = atNth('noted', 2, async () => {
      await app.cancelSync('wiki');
      await new Promise<void>((resolve) => (released = resolve));
    });
    const working = app.workOnce(never());
    await until(async () => (await app.listSources())[0]!.source.syncRequestedAt === null);
    // The lease is renewed, and the wish to cancel read, every 4 s.
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    released();
    await working.catch(() => {});
    expect((await app.showSource('wiki'))!.runs[0]!.state).toBe('cancelled');
    atStep = () => {};
    await app.workOnce(never());
    expect((await app.showSource('wiki'))!.runs).toHaveLength(1);
  });

  test('by the end of the server is taken up after its next start', async () => {
    await app.requestSync('wiki');
    const stop = new AbortController();
    atStep = atNth('committed', 2, () => stop.abort());
    await app.workOnce(stop.signal).catch(() => {});
    expect((await app.showSource('wiki'))!.runs[0]!.state).toBe('cancelled');
    atStep = () => {};
    await app.workOnce(never());
    expect((await app.showSource('wiki'))!).toMatchObject({ documents: DOCUMENTS, syncing: false });
    await expectConsistent();
  });
});

test('a source removed while it syncs is asked no more at once, and leaves nothing behind', async () => {
  atStep = atNth('put', 4, async () => {
    await app.removeSource('wiki');
    expect((await answerTo(app, 'Where does department0 keep its seals?')).status).toBe('unanswered');
    await new Promise((resolve) => setTimeout(resolve, 4_500));
  });
  await app.syncNow(['wiki'], { signal: never() }).catch(() => {});
  expect(await app.listSources()).toEqual([]);
  const before = await answerTo(app, 'Where does department0 keep its seals?');
  expect(before).toMatchObject({ status: 'unanswered', citations: [], closest: [] });
  await app.workOnce(never());
  const { db, index } = await app.askDeps();
  expect(await index.count()).toBe(0);
  expect(await db.selectFrom('documents').selectAll().execute()).toEqual([]);
  await expectConsistent();
  await app.addSource({ location: wiki, name: 'wiki' });
  const [summary] = await app.syncNow(['wiki'], { signal: never() });
  expect(summary).toMatchObject({ added: DOCUMENTS, complete: true });
});

test('a document that cannot be read is named with its reason, and the rest is indexed', async () => {
  writeFileSync(join(wiki, 'nested.md'), `${'> '.repeat(400)}too deep\n`);
  const [summary] = await app.syncNow(['wiki'], { signal: never() });
  expect(summary).toMatchObject({ listed: DOCUMENTS + 1, added: DOCUMENTS, failed: 1, complete: true });
  expect((await app.showSource('wiki'))!.failures).toEqual([{ externalId: 'nested.md', reason: expect.stringContaining('nested') }]);
});

test('changed, added, moved and removed pages are told apart, and kept ones cost nothing', async () => {
  await app.syncNow(['wiki'], { signal: never() });
  writeFileSync(join(wiki, 'page0.md'), '# Page0\n\nDepartment0 moved its seals to drawer number 999 of the cellar.\n');
  writeFileSync(join(wiki, 'new.md'), '# New\n\nThe canteen opens at seven in the morning on weekdays.\n');
  renameSync(join(wiki, 'page1.md'), join(wiki, 'renamed.md'));
  rmSync(join(wiki, 'page2.md'));
  const [summary] = await app.syncNow(['wiki'], { signal: never() });
  expect(summary).toMatchObject({
    listed: DOCUMENTS,
    added: 2,
    changed: 1,
    moved: 1,
    removed: 2,
    unchanged: DOCUMENTS - 3,
    failed: 0,
    complete: true,
  });
  expect(JSON.stringify(await answerTo(app, 'Where does department0 keep its seals?'))).toContain('999');
  expect(JSON.stringify(await answerTo(app, 'Where does department2 keep its seals?'))).not.toContain('drawer number 102');
  await expectConsistent();
});

test('a listing that lacks most documents removes none of them', async () => {
  for (let d = DOCUMENTS; d < 14; d++) writeFileSync(join(wiki, `page${d}.md`), `# Page${d}\n\nDepartment${d} has a rule of its own.\n`);
  await app.syncNow(['wiki'], { signal: never() });
  for (let d = 0; d < 10; d++) rmSync(join(wiki, `page${d}.md`));
  const [summary] = await app.syncNow(['wiki'], { signal: never() });
  expect(summary).toMatchObject({ removed: 0, complete: false, error: expect.stringContaining('10 of 14') });
  expect((await app.showSource('wiki'))!.documents).toBe(14);
});
