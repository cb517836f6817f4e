/**
 * How long recording a question takes while indexing runs in the workers' thread, as in production.
 *   node test/bench/recording.ts [FOLDER]   prints one JSON object; without FOLDER it indexes text of its own.
 */
import { writeMadeUpPages } from './made-up-pages.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createApp } from '../../src/app.ts';
import { receiveQuestion } from '../../src/catalog/questions.ts';
import { readConfig } from '../../src/config.ts';
import { percentile } from '../../src/eval/scores.ts';
import { createLog } from '../../src/log.ts';

if (!isMainThread) {
  const { data } = workerData as { data: string };
  const app = await createApp({ ...readConfig({}), DATA_DIR: data }, { log: createLog('error') });
  const [summary] = await app.syncNow([], { signal: new AbortController().signal });
  await app.close();
  parentPort!.postMessage(summary);
} else {
  const root = mkdtempSync(join(tmpdir(), 'docent-bench-'));
  try {
    const data = join(root, 'data');
    const folder = process.argv[2] ?? writeMadeUpPages(join(root, 'wiki'), 3_000);
    const app = await createApp({ ...readConfig({}), DATA_DIR: data }, { log: createLog('error') });
    await app.addSource({ location: folder, name: 'wiki' });
    const { db } = await app.askDeps();
    let summary: { ms: number; added: number } | undefined;
    const indexing = new Worker(new URL(import.meta.url), { workerData: { data } });
    indexing.on('message', (value: typeof summary) => (summary = value));
    indexing.on('error', (error) => {
      throw error;
    });
    const times: number[] = [];
    for (let i = 0; summary === undefined; i++) {
      const at = performance.now();
      await receiveQuestion(
        db,
        {
          eventKey: `bench-${i}`,
          platform: 'console',
          thread: `t${i % 50}`,
          personId: null,
          text: 'How many days may I carry over to the next year?',
          language: 'en',
          audience: 'asker',
        },
        Date.now(),
      );
      times.push(performance.now() - at);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await app.close();
    const round = (value: number): number => Math.round(value * 100) / 100;
    process.stdout.write(
      `${JSON.stringify({ questions: times.length, documentsIndexed: summary.added, indexingMs: summary.ms, p50Ms: round(percentile(times, 0.5)), p99Ms: round(percentile(times, 0.99)), maxMs: round(Math.max(...times)) })}\n`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
