/** The workers' thread: sweeps the catalog for work, at once when woken. Everything it does can be derived from the catalog. */
import { parentPort } from 'node:worker_threads';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { isAbort, reasonOf } from '../src/errors.ts';
import { createLog } from '../src/log.ts';

const SWEEP_MS = 30_000;

const config = readConfig();
const log = createLog(config.LOG_LEVEL);
const stop = new AbortController();
let wake = (): void => {};
let woken = true;

parentPort!.on('message', (message: 'wake' | 'stop') => {
  if (message === 'stop') stop.abort();
  woken = true;
  wake();
});

const app = await createApp(config, { log });
while (!stop.signal.aborted) {
  if (!woken) {
    const sweep = new AbortController();
    wake = () => sweep.abort();
    await app.clock.sleep(SWEEP_MS, sweep.signal).catch(() => {});
  }
  woken = false;
  if (stop.signal.aborted) break;
  try {
    await app.workOnce(stop.signal);
  } catch (error) {
    if (!isAbort(error)) log.error({ reason: reasonOf(error) }, 'background work failed; it is tried again at the next sweep');
  }
}
await app.close();
parentPort!.close();
