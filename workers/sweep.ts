/** The sweep: what the catalog asks for is put in line. Whatever a queue lost comes back this way. */
import { reasonOf } from '../src/errors.ts';
import { jobKey, SWEEP, type Work } from '../src/queue/jobs.ts';
import type { Handler, Queue } from '../src/queue/queue.ts';
import type { Clock, Log } from '../src/types.ts';

/** How often what somebody holds is looked at: he may let go of it before his lease ends. */
export const LOOK_MS = 2_000;

/**
 * Adds every job that is due; what somebody holds, for the next look at it.
 * @param pauseOf how long to wait at least before a job of that key, in ms; undefined: it is left to the next sweep
 */
export async function addDue(
  deps: { queue: Queue; work: Work; clock: Clock },
  pauseOf: (key: string) => number | undefined = () => 0,
): Promise<void> {
  for (const { kind, id, notBefore } of await deps.work.due()) {
    const job = { kind, id };
    const pause = pauseOf(jobKey(job));
    const held = Math.min(LOOK_MS, (notBefore ?? 0) - deps.clock.now());
    if (pause !== undefined) await deps.queue.add(job, { delayMs: Math.max(pause, held) });
  }
}

export function sweep(deps: { queue: Queue; work: Work; clock: Clock }): Handler {
  return () => addDue(deps);
}

/** Has the sweep come now. The next one finds the work where that fails. */
export function askForSweep({ queue, log }: { queue: Queue; log: Log }): void {
  void queue
    .add(SWEEP)
    .catch((error: unknown) => log.warn({ reason: reasonOf(error) }, 'workers could not be woken; the next sweep finds the work'));
}
