/** Killed (-9) anywhere while documents are written: search finds a document's old version or its new one, never half; the next sync finishes. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createApp, type WiredApp } from '../../src/app.ts';
import { retrieve } from '../../src/ask/retrieve.ts';
import { LEASE_MS } from '../../src/catalog/sources.ts';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import type { WriteStep } from '../../src/sync/write.ts';
import { never } from '../fakes/open-app.ts';
import { testConfig } from '../fakes/test-config.ts';
import { copyTestDatabase } from '../servers/test-catalog.ts';

const CHILD = fileURLToPath(new URL('../fakes/sync-child.ts', import.meta.url));
const DOCUMENTS = 10;
const SECTIONS = 3;
/** `npm run soak` asks for more. */
const ROUNDS = Number(process.env['SOAK_ROUNDS'] ?? 8);
vi.setConfig({ testTimeout: 60_000 });
const STEPS: WriteStep[] = ['noted', 'put', 'committed', 'dropped'];

let root: string;
let folder: string;
let data: string;
/** From the child's word that it starts to its end, with nothing in its way. */
let syncMs: number;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'docent-kill-'));
  folder = join(root, 'wiki');
  data = join(root, 'indexed');
  mkdirSync(folder);
  writeVersion('old');
  const { ended, ms } = await runChild('none', 0);
  expect(ended).toBe(true);
  syncMs = ms;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeEach(async ({ task }) => {
  data = join(root, task.id);
  cpSync(join(root, 'indexed'), data, { recursive: true });
  await copyTestDatabase(join(root, 'indexed'), data);
});

/** Every section of a document names the version, and shares no paragraph with another version. */
function writeVersion(version: string): void {
  for (let d = 0; d < DOCUMENTS; d++) {
    const sections = Array.from(
      { length: SECTIONS },
      (_, s) =>
        `## Part ${s}\n\n${`The ${version} rules of department${d} say in part ${s} that requests of kind${s} go to desk ${version}. `.repeat(12)}`,
    );
    writeFileSync(join(folder, `department${d}.md`), `# Department${d}\n\n${sections.join('\n\n')}\n`);
  }
}

/** Runs the child; kills it after `afterMs` when given. */
function runChild(step: string, nth: number, afterMs?: number): Promise<{ ended: boolean; ms: number }> {
  return new Promise((resolve, reject) => {
    let startedAt = 0;
    const child = spawn(process.execPath, [CHILD, data, folder, 'kill', step, String(nth)], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (text: Buffer) => {
      if (!String(text).startsWith('started')) return;
      startedAt = performance.now();
      if (afterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      code === 0 || signal === 'SIGKILL'
        ? resolve({ ended: signal === null, ms: performance.now() - startedAt })
        : reject(new Error(`child ended with ${code ?? signal}`)),
    );
  });
}

/** Looks at the store as a new process would; the dead process's lease counts as run out. */
async function withStore<T>(work: (app: WiredApp) => Promise<T>): Promise<T> {
  const clock = { ...systemClock, now: () => Date.now() + LEASE_MS + 1000 };
  const app = await createApp(await testConfig({ DATA_DIR: data }), { log: createLog('silent'), clock });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

/** No document shows two versions at once, whether read whole or found by search, and what search finds is current. */
async function expectNoHalfDocument(app: WiredApp, when: string): Promise<string[]> {
  const deps = await app.askDeps();
  const readerSets = (await deps.db.selectFrom('reader_sets').select('id').execute()).map((r) => r.id);
  const versions = new Map<string, string>();
  const { documents } = await app.listDocuments({ offset: 0, limit: 100 });
  for (const document of documents) {
    const view = await app.showDocument(document.id, {});
    const text = view!.body.map((p) => p.text).join('\n');
    const named = new Set([...text.matchAll(/The (old|new) rules/g)].map((m) => m[1]!));
    expect([...named], `${document.title} ${when}`).toHaveLength(1);
    expect(text.match(/## Part/g), `${document.title} ${when}`).toHaveLength(SECTIONS);
    versions.set(document.title, [...named][0]!);
  }
  expect(versions.size, when).toBe(DOCUMENTS);
  for (const version of ['old', 'new']) {
    for (let d = 0; d < DOCUMENTS; d += 3) {
      const { hits } = await retrieve({ text: `${version} rules department${d}`, languages: ['en'], readerSets, limit: 50 }, deps, never());
      expect(hits.length, when).toBeGreaterThan(0);
      for (const hit of hits) expect(hit.text, `${hit.title} ${when}`).toContain(`The ${versions.get(hit.title)} rules`);
    }
  }
  return [...versions.values()];
}

async function expectNextSyncFinishes(): Promise<void> {
  await withStore(async (app) => {
    const [summary] = await app.syncNow([], { signal: never() });
    expect(summary).toMatchObject({ complete: true, failed: 0, listed: DOCUMENTS });
    const deps = await app.askDeps();
    expect(await deps.db.selectFrom('index_leftovers').selectAll().execute()).toEqual([]);
    const passages = await deps.db.selectFrom('passages').select('id').orderBy('id').execute();
    expect((await deps.index.ids(undefined, 10_000)).toSorted()).toEqual(passages.map((p) => p.id).toSorted());
    expect(await expectNoHalfDocument(app, 'after the next sync')).toEqual(Array.from({ length: DOCUMENTS }, () => 'new'));
  });
}

describe('killed while documents are written', () => {
  test.each(STEPS)('at the step "%s"', async (step) => {
    writeVersion('new');
    expect((await runChild(step, 5)).ended).toBe(false);
    const versions = await withStore((app) => expectNoHalfDocument(app, `killed at ${step}`));
    // Four were written before; the fifth counts once it is committed. Postgres commits several at once, in any order.
    expect(versions.filter((version) => version === 'new').length).toBeGreaterThanOrEqual(
      step === 'committed' || step === 'dropped' ? 5 : process.env['TEST_DATABASE_URL'] ? 1 : 4,
    );
    await expectNextSyncFinishes();
  });

  test(`at ${ROUNDS} random moments`, { timeout: 12_000 * ROUNDS }, async () => {
    let cut = 0;
    for (let round = 0; round < ROUNDS; round++) {
      writeVersion(round % 2 === 0 ? 'new' : 'old');
      const afterMs = Math.round(Math.random() * syncMs * 0.9);
      const { ended, ms } = await runChild('none', 0, afterMs);
      // Too late: the machine is faster now than it was at first.
      if (ended) syncMs = ms;
      else cut++;
      await withStore(async (app) => {
        await expectNoHalfDocument(app, `in round ${round}, killed after ${afterMs} of ${Math.round(syncMs)} ms`);
        // The next child must not wait for the dead one's lease.
        await (await app.askDeps()).db.updateTable('sources').set({ lease_owner: null, lease_until: null }).execute();
      });
    }
    expect(cut).toBeGreaterThanOrEqual(5);
    writeVersion('new');
    await expectNextSyncFinishes();
  });
});
