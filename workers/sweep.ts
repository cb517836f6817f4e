/** The sweep: what the catalog asks for is put in line. Whatever a queue lost comes back this way. */
import { jobKey, type Work } from '../src/queue/jobs.ts';
import type { Handler, Queue } from '../src/queue/queue.ts';
import type { Clock } from '../src/types.ts';

/**
 * Adds every job that is due; what somebody holds, for when he may let go of it.
 * @param pauseOf how long to wait at least before a job of that key, in ms; undefined: it is left to the next sweep
 */
export async function addDue(
  deps: { queue: Queue; work: Work; clock: Clock },
  pauseOf: (key: string) => number | undefined = () => 0,
): Promise<void> {
  for (const { kind, id, notBefore } of await deps.work.due()) {
    const job = { kind, id };
    const pause = pauseOf(jobKey(job));
    if (pause !== undefined) await deps.queue.add(job, { delayMs: Math.max(pause, (notBefore ?? 0) - deps.clock.now()) });
  }
}

export function sweep(deps: { queue: Queue; work: Work; clock: Clock }): Handler {
  return () => addDue(deps);
}
