/** A queue in this process's memory. A crash loses it, and the next start's sweep derives it again from the catalog. */
import { isAbort, reasonOf } from '../../errors.ts';
import { backoffOf, jobKey, JOBS, mayRetry, type Job, type JobProgress } from '../jobs.ts';
import type { Handlers, Outcome, Queue, QueueDeps } from '../queue.ts';

interface Entry {
  job: Job;
  key: string;
  /** Order of adding. */
  turn: number;
  runAt: number;
  failed: number;
  /** Added again while it ran: with what delay, in ms. */
  again?: number;
  running?: { startedAt: number; ended: Promise<void>; progress?: JobProgress };
}

const FAILURES_COUNTED = 500;

export function createEmbeddedQueue({ clock, log }: QueueDeps): Queue {
  const entries = new Map<string, Entry>();
  const stop = new AbortController();
  let handlers: Handlers = {};
  let concurrency = 0;
  let turns = 0;
  let failures = 0;
  let alarm: AbortController | undefined;

  const waiting = (): Entry[] => [...entries.values()].filter((e) => !e.running);
  const running = (): Entry[] => [...entries.values()].filter((e) => e.running);

  /** Starts what may start, and sets the alarm for what may start next. */
  function pump(): void {
    alarm?.abort();
    if (stop.signal.aborted || concurrency === 0) return;
    const inOrder = waiting().toSorted((a, b) => a.runAt - b.runAt || a.turn - b.turn);
    let free = concurrency - running().length;
    const now = clock.now();
    for (const entry of inOrder) {
      if (free <= 0) return;
      if (entry.runAt > now) {
        const waits = (alarm = new AbortController());
        clock.sleep(entry.runAt - now, waits.signal).then(pump, () => {});
        return;
      }
      free--;
      start(entry);
    }
  }

  function start(entry: Entry): void {
    entry.running = { startedAt: clock.now(), ended: Promise.resolve() };
    entry.running.ended = run(entry).then((outcome) => {
      delete entry.running;
      if (outcome) entry.runAt = clock.now() + outcome.againInMs;
      else {
        entries.delete(entry.key);
        if (entry.again !== undefined) put(entry.job, entry.key, entry.again);
      }
      pump();
    });
  }

  /** @returns when to try again; nothing when it has ended for good */
  async function run(entry: Entry): Promise<Outcome> {
    const { job } = entry;
    const state = entry.running!;
    try {
      const handler = handlers[job.kind];
      // Not within the caller of `add`, whatever the handler does before it first waits.
      await Promise.resolve();
      return await handler?.(job, {
        signal: stop.signal,
        attempt: entry.failed + 1,
        progress: (progress) => void (state.progress = progress),
      });
    } catch (error) {
      if (stop.signal.aborted || isAbort(error)) return undefined;
      entry.failed++;
      const last = !mayRetry(error) || entry.failed >= JOBS[job.kind].attempts;
      log.warn({ ...job, attempt: entry.failed, last, reason: reasonOf(error) }, 'a job failed');
      if (!last) return { againInMs: backoffOf(job.kind, entry.failed) };
      failures = Math.min(FAILURES_COUNTED, failures + 1);
    }
  }

  function put(job: Job, key: string, delayMs: number): void {
    entries.set(key, { job: { kind: job.kind, id: job.id }, key, turn: turns++, runAt: clock.now() + delayMs, failed: 0 });
  }

  function add(job: Job, { key = jobKey(job), delayMs = 0 }: { key?: string; delayMs?: number } = {}): 'added' | 'known' {
    const known = entries.get(key);
    if (known?.running) known.again = delayMs;
    if (known) return 'known';
    put(job, key, delayMs);
    pump();
    return 'added';
  }

  return {
    name: 'embedded',
    caps: { shared: false, kept: false },
    add: async (job, options) => add(job, options),
    work(given, options) {
      handlers = given;
      concurrency = options.concurrency;
      pump();
    },
    schedule(job, everyMs) {
      const repeat = async (): Promise<void> => {
        for (;;) {
          add(job);
          await clock.sleep(everyMs, stop.signal);
        }
      };
      repeat().catch(() => {});
    },
    running: async () =>
      running().map(({ job, running: state }) => ({
        job,
        startedAt: state!.startedAt,
        ...(state!.progress ? { progress: state!.progress } : {}),
      })),
    async health() {
      const now = clock.now();
      const delayed = waiting().filter((e) => e.runAt > now).length;
      return { answers: true, waiting: waiting().length - delayed, delayed, running: running().length, failed: failures };
    },
    async close(graceMs) {
      alarm?.abort();
      stop.abort();
      const timer = new AbortController();
      const grace = clock.sleep(graceMs, timer.signal).catch(() => {});
      await Promise.race([Promise.all(running().map((e) => e.running!.ended)), grace]);
      timer.abort();
    },
  };
}
