/** Killed (-9) anywhere while documents are written: search finds a document's old version or its new one, never half; the next sync finishes. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { retrieve } from '../../src/ask/retrieve.ts';
import { readConfig } from '../../src/config.ts';
import { LEASE_MS } from '../../src/catalog/sources.ts';
import { createLog } from '../../src/log.ts';
import { systemClock } from '../../src/clock.ts';
import type { WriteStep } from '../../src/sync/write.ts';

const CHILD = fileURLToPath(new URL('../fakes/sync-child.ts', import.meta.url));
const DOCUMENTS = 12;
const SECTIONS = 4;
const STEPS: WriteStep[] = ['noted', 'put', 'committed', 'dropped'];

let root: string;
let folder: string;
let data: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'docent-kill-'));
  folder = join(root, 'wiki');
  data = join(root, 'data');
  mkdirSync(folder);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Every section of a document names the version, and shares no paragraph with another version. */
function writeVersion(version: string): void {
  for (let d = 0; d < DOCUMENTS; d++) {
    const sections = Array.from({ length: SECTIONS }, (_, s) => `## Part ${s}\n\n${`The ${version} rules of department${d} say in part ${s} that requests of kind${s} go to desk ${version}. `.repeat(12)}`);
    writeFileSync(join(folder, `department${d}.md`), `# Department${d}\n\n${sections.join('\n\n')}\n`);
  }
}

/** Runs the child; kills it after `afterMs` when given. Resolves with whether it ended by itself. */
function runChild(step: string, nth: number, afterMs?: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, data, folder, step, String(nth)], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (text: Buffer) => {
      if (afterMs !== undefined && String(text).startsWith('started')) setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => (code === 0 || signal === 'SIGKILL' ? resolve(signal === null) : reject(new Error(`child ended with ${code ?? signal}`))));
  });
}

/** Looks at the store as a new process would; the dead process's lease counts as run out. */
async function withStore<T>(work: (app: Awaited<ReturnType<typeof createApp>>) => Promise<T>): Promise<T> {
  const clock = { ...systemClock, now: () => Date.now() + LEASE_MS + 1000 };
  const app = await createApp({ ...readConfig({}), DATA_DIR: data }, { log: createLog('silent'), clock });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

/** No document shows two versions at once, whether read whole or found by search, and what search finds is current. */
async function expectNoHalfDocument(): Promise<Map<string, string>> {
  return withStore(async (app) => {
    const deps = await app.askDeps();
    const readerSets = (await deps.db.selectFrom('reader_sets').select('id').execute()).map((r) => r.id);
    const versions = new Map<string, string>();
    const { documents } = await app.listDocuments({ offset: 0, limit: 100 });
    for (const document of documents) {
      const view = await app.showDocument(document.id, {});
      const named = new Set([...view!.body.map((p) => p.text).join(' ').matchAll(/The (old|new) rules/g)].map((m) => m[1]!));
      expect(named.size, document.title).toBe(1);
      expect(view!.body.map((p) => p.text).join('\n').match(/## Part/g)?.length, document.title).toBe(SECTIONS);
      versions.set(document.title, [...named][0]!);
    }
    for (const version of ['old', 'new']) {
      for (let d = 0; d < DOCUMENTS; d++) {
        const { hits } = await retrieve({ text: `${version} rules department${d}`, languages: ['en'], readerSets, limit: 50 }, deps, new AbortController().signal);
        for (const hit of hits) expect(hit.text, hit.title).toContain(`The ${versions.get(hit.title)} rules`);
      }
    }
    return versions;
  });
}

async function expectNextSyncFinishes(): Promise<void> {
  await withStore(async (app) => {
    const [summary] = await app.syncNow([], { signal: new AbortController().signal });
    expect(summary).toMatchObject({ complete: true, failed: 0, listed: DOCUMENTS });
    const deps = await app.askDeps();
    expect(await deps.db.selectFrom('index_leftovers').selectAll().execute()).toEqual([]);
    const passages = await deps.db.selectFrom('passages').select('id').orderBy('id').execute();
    const points: string[] = [];
    for (let after: string | undefined; ; after = points.at(-1)) {
      const page = await deps.index.ids(after, 500);
      if (page.length === 0) break;
      points.push(...page);
    }
    expect(points.toSorted()).toEqual(passages.map((p) => p.id).toSorted());
  });
  const versions = await expectNoHalfDocument();
  expect([...versions.values()]).toEqual(Array.from({ length: DOCUMENTS }, () => 'new'));
}

describe('killed while documents are written', () => {
  test.each(STEPS)('at the step "%s"', async (step) => {
    writeVersion('old');
    expect(await runChild('none', 0)).toBe(true);
    writeVersion('new');
    expect(await runChild(step, 5)).toBe(false);
    const versions = await expectNoHalfDocument();
    expect(versions.size).toBe(DOCUMENTS);
    await expectNextSyncFinishes();
  });

  test('at 20 random moments', { timeout: 120_000 }, async () => {
    writeVersion('old');
    expect(await runChild('none', 0)).toBe(true);
    let cut = 0;
    for (let round = 0; round < 20; round++) {
      writeVersion(round % 2 === 0 ? 'new' : 'old');
      if (!(await runChild('none', 0, Math.random() * 250))) cut++;
      await expectNoHalfDocument();
      // The next child must not wait for the dead one's lease.
      await withStore(async (app) => void (await (await app.askDeps()).db.updateTable('sources').set({ lease_owner: null, lease_until: null }).execute()));
    }
    expect(cut).toBeGreaterThan(5);
    writeVersion('new');
    await expectNextSyncFinishes();
  });
});
