/** The workers' thread: takes jobs from the queue. Everything it does can be derived from the catalog. */
import { parentPort } from 'node:worker_threads';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { createLog } from '../src/log.ts';
import { openQueue } from '../src/open-queue.ts';
import { runWorkers, type RunningWorkers } from './run.ts';
import { workOf } from './work-of.ts';

/** Shorter than the process's own time of grace. */
const GRACE_MS = 8_000;

const config = readConfig();
const log = createLog(config.LOG_LEVEL);
let workers: RunningWorkers | undefined;
const stopped = new Promise<void>((resolve) => {
  parentPort!.on('message', (message: 'wake' | 'stop') => {
    if (message === 'stop') resolve();
    // What was asked for before the workers run, their first sweep finds.
    else workers?.wake();
  });
});

const app = await createApp(config, { log });
workers = runWorkers({ queue: await openQueue(config, { clock: app.clock, log }), work: workOf(app), clock: app.clock, log });
await stopped;
await workers.stop(GRACE_MS);
await app.close();
parentPort!.close();
