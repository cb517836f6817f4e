/**
 * A process that works off the queue of a data folder, as the workers' thread does, slowed down so that it can be caught in
 * the middle. Arguments: DATA_DIR REDIS_URL|- STEP_MS SWEEP_MS. Prints `ready`; ends gracefully at SIGTERM.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { openQueue } from '../../src/open-queue.ts';
import { runWorkers } from '../../workers/run.ts';
import { workOf } from '../../workers/work-of.ts';
import { testConfig } from '../fakes/test-config.ts';

const [dataDir, redisUrl, stepMs, sweepMs] = process.argv.slice(2) as [string, string, string, string];
const config = await testConfig({ DATA_DIR: dataDir, ...(redisUrl === '-' ? {} : { REDIS_URL: redisUrl }) });
const log = createLog('silent');
const app = await createApp(config, { log, atStep: async () => void (await sleep(Number(stepMs))) });
const workers = runWorkers({ queue: await openQueue(config, { clock, log }), work: workOf(app), clock, log }, { sweepMs: Number(sweepMs) });
process.on('SIGTERM', () => void workers.stop(8_000).then(() => process.exit(0)));
process.stdout.write('ready\n');
