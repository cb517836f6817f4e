/** Takes jobs from the queue for as long as it is open; the sweep is scheduled, and comes at once when woken. */
import { SWEEP, type Work } from '../src/queue/jobs.ts';
import type { Queue } from '../src/queue/queue.ts';
import type { Clock, Log } from '../src/types.ts';
import { askForSweep, sweep } from './sweep.ts';
import { takeUp } from './take-up.ts';

export const SWEEP_MS = 30_000;
/** One long crawl does not hold up everything else. */
const AT_ONCE = 2;

export interface RunningWorkers {
  /** Something waits in the catalog: do not wait for the next sweep. */
  wake(): void;
  /** Ends what runs at its next document; what has not ended after `graceMs` is handed back. */
  stop(graceMs: number): Promise<void>;
}

export function runWorkers(deps: { queue: Queue; work: Work; clock: Clock; log: Log }, options: { sweepMs?: number } = {}): RunningWorkers {
  const { queue } = deps;
  const catalogJob = takeUp(deps);
  queue.work(
    {
      sweep: sweep(deps),
      'sync-source': catalogJob,
      'take-out': catalogJob,
      'keep-index': catalogJob,
      'fill-vectors': catalogJob,
    },
    { concurrency: AT_ONCE },
  );
  queue.schedule(SWEEP, options.sweepMs ?? SWEEP_MS);
  return {
    wake: () => askForSweep(deps),
    stop: (graceMs) => queue.close(graceMs),
  };
}
