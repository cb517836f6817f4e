/** The sweep: what the catalog asks for is put in line. Whatever a queue lost comes back this way. */
import { jobKey, type Work } from '../src/queue/jobs.ts';
import type { Handler, Queue } from '../src/queue/queue.ts';
import type { Clock } from '../src/types.ts';

/** Adds every job that is due and whose key is not among `except`; what somebody holds, for when he may let go of it. */
export async function addDue(deps: { queue: Queue; work: Work; clock: Clock }, except?: (key: string) => boolean): Promise<void> {
  for (const { kind, id, notBefore } of await deps.work.due()) {
    const job = { kind, id };
    if (except?.(jobKey(job))) continue;
    await deps.queue.add(job, { delayMs: Math.max(0, (notBefore ?? 0) - deps.clock.now()) });
  }
}

export function sweep(deps: { queue: Queue; work: Work; clock: Clock }): Handler {
  return () => addDue(deps);
}
