/** One job of the catalog is taken up: looked at again, done, and what follows from it is put in line. */
import { AppError } from '../src/errors.ts';
import { jobKey, type Job, type Work } from '../src/queue/jobs.ts';
import type { Handler, Queue } from '../src/queue/queue.ts';
import type { Clock } from '../src/types.ts';
import { addDue, LOOK_MS } from './sweep.ts';

const CLASH_MS = 500;
/** What ended a moment ago and is due again waits so long, so that nothing turns in a circle. */
const PAUSE_MS = 5_000;
const FOLLOW_MS = 50;

/**
 * A job is a hint: what the catalog does not ask for any more is left, and what somebody holds is looked at again until he
 * lets go of it. So a job may come twice, late, or in two processes, and is done once.
 */
export function takeUp(deps: { queue: Queue; work: Work; clock: Clock }): Handler {
  const { work, clock } = deps;
  const endedAt = new Map<string, number>();
  // A lease keeps other processes away, not this one: two jobs never touch one source here, and what is about all of them runs alone.
  const running = new Set<Job>();
  const clashes = ({ kind, id }: Job): boolean =>
    [...running].some((one) => one.id === id || one.kind === 'keep-index' || kind === 'keep-index');
  return async (job, { signal, progress }) => {
    const due = (await work.due()).find((one) => jobKey(one) === jobKey(job));
    if (!due) return;
    const wait = (due.notBefore ?? 0) - clock.now();
    if (wait > 0) return { againInMs: Math.min(wait, LOOK_MS) };
    if (clashes(job)) return { againInMs: CLASH_MS };
    running.add(job);
    try {
      await work.run(job, { signal, onProgress: progress });
    } catch (error) {
      if (error instanceof AppError && error.code === 'sync.busy') return { againInMs: LOOK_MS };
      throw error;
    } finally {
      running.delete(job);
    }
    if (signal.aborted) return;
    const now = clock.now();
    endedAt.set(jobKey(job), now);
    for (const [key, at] of endedAt) if (at < now - PAUSE_MS) endedAt.delete(key);
    const busy = new Set([job, ...running].map(jobKey));
    const pauseOf = (key: string): number => Math.max(FOLLOW_MS, (endedAt.get(key) ?? 0) + PAUSE_MS - now);
    // The next sweep finds what cannot be added now, and what this job left as it was.
    await addDue(deps, (key) => (busy.has(key) ? undefined : pauseOf(key))).catch(() => {});
  };
}
