/**
 * How long replacing one document takes, catalog and index together, while searches run.
 *   node test/bench/replacing.ts [FOLDER]   prints one JSON object; without FOLDER it indexes text of its own.
 */
import { writeMadeUpPages } from './made-up-pages.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import { retrieve } from '../../src/ask/retrieve.ts';
import { startRun, takeLease } from '../../src/catalog/sources.ts';
import { readConfig } from '../../src/config.ts';
import { percentile } from '../../src/eval/scores.ts';
import { createLog } from '../../src/log.ts';
import { passageRows, writeDocument } from '../../src/sync/write.ts';

const REPLACED = 100;
const PASSAGES = 8;

const root = mkdtempSync(join(tmpdir(), 'docent-bench-'));
try {
  const folder = process.argv[2] ?? writeMadeUpPages(join(root, 'wiki'), 2_000);
  const app = await createApp({ ...readConfig({}), DATA_DIR: join(root, 'data') }, { log: createLog('error') });
  const source = await app.addSource({ location: folder, name: 'wiki' });
  const signal = new AbortController().signal;
  const [indexed] = await app.syncNow([], { signal });
  const deps = await app.askDeps();
  const readerSets = (await deps.db.selectFrom('reader_sets').select('id').execute()).map((row) => row.id);
  await takeLease(deps.db, source.id, 'bench', Date.now() + 3_600_000);
  const runId = await startRun(deps.db, source.id, Date.now());
  const documents = await deps.db.selectFrom('documents').selectAll().limit(REPLACED).execute();

  const searching = { on: true };
  const searchTimes: number[] = [];
  const searches = (async () => {
    for (let i = 0; searching.on; i++) {
      const at = performance.now();
      await retrieve(
        { text: `what does department ${i} say about rules of the archive`, languages: ['en'], readerSets, limit: 24 },
        deps,
        signal,
      );
      searchTimes.push(performance.now() - at);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const times: number[] = [];
  for (const [i, document] of documents.entries()) {
    const drafts = Array.from({ length: PASSAGES }, (_, ordinal) => ({
      ordinal,
      headingPath: [`Part ${ordinal}`],
      text: `The new rules ${i}-${ordinal} of this page. ${`Requests of kind ${ordinal} go to desk ${i} of the archive, which answers within ${ordinal + 2} days. `.repeat(10)}`,
    }));
    const at = performance.now();
    await writeDocument(
      {
        id: document.id,
        sourceId: source.id,
        externalId: document.external_id,
        url: document.url,
        title: document.title,
        owner: null,
        changedAt: null,
        language: 'en',
        textFragments: false,
        version: document.version + 1,
        contentHash: `bench-${i}`,
        listedVersion: null,
        validators: undefined,
        readerSet: document.reader_set,
        passages: passageRows(document.id, document.title, drafts, ''),
      },
      { runId, sourceId: source.id, leaseOwner: 'bench' },
      'changed',
      false,
      { db: deps.db, index: deps.index, clock: deps.clock },
      signal,
    );
    times.push(performance.now() - at);
  }
  searching.on = false;
  await searches;
  await app.close();
  const round = (value: number): number => Math.round(value * 100) / 100;
  process.stdout.write(
    `${JSON.stringify({ documents: indexed!.listed, replaced: times.length, p50Ms: round(percentile(times, 0.5)), p95Ms: round(percentile(times, 0.95)), searchesMeanwhile: searchTimes.length, searchP95Ms: round(percentile(searchTimes, 0.95)) })}\n`,
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
