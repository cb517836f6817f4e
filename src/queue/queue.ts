/** The port of the queue: it wakes workers up and spreads jobs over them. It is not the truth: the sweep finds again what it loses. */
import type { Clock, Log } from '../types.ts';
import type { Job, JobKind, JobProgress } from './jobs.ts';

export interface QueueDeps {
  clock: Clock;
  log: Log;
}

export interface QueueCaps {
  /** Several processes take from it. */
  shared: boolean;
  /** What waits outlives the process. */
  kept: boolean;
}

export interface Handling {
  /** Aborted when the queue closes: end soon, the job is handed back. */
  signal: AbortSignal;
  /** From 1. */
  attempt: number;
  progress(progress: JobProgress): void;
}

/** Nothing: done. `againInMs`: it could not be done now (somebody else holds it); no try is used up. */
export type Outcome = void | { againInMs: number };
export type Handler = (job: Job, handling: Handling) => Promise<Outcome>;
export type Handlers = Partial<Record<JobKind, Handler>>;

export interface RunningJob {
  job: Job;
  /** Milliseconds since the epoch. */
  startedAt: number;
  progress?: JobProgress;
}

export interface QueueHealth {
  /** False: it cannot be reached. */
  answers: boolean;
  waiting: number;
  delayed: number;
  running: number;
  /** Kept for a look at them; they are not tried again. */
  failed: number;
}

export interface QueueFinding {
  level: 'ok' | 'warning' | 'problem';
  message: string;
}

export interface Queue {
  readonly name: string;
  readonly caps: QueueCaps;
  /**
   * Puts a job in line, first come first served.
   * Of one key (default: kind and id) at most one job waits or runs. `known`: it waits already; or it runs, and then runs
   * once more afterwards (after the delay that was given last), however often it was added meanwhile.
   * @throws AppError `queue.unreachable` (retryable) within seconds when it cannot be reached
   */
  add(job: Job, options?: { key?: string; delayMs?: number }): Promise<'added' | 'known'>;
  /** Begins to take jobs, at most `concurrency` at once in this process. Call once. */
  work(handlers: Handlers, options: { concurrency: number }): void;
  /** Adds a job now and then each `everyMs`, once for all processes that share the queue; comes back by itself when it is lost. */
  schedule(job: Job, everyMs: number): void;
  /** What runs, in whichever process. */
  running(): Promise<RunningJob[]>;
  health(): Promise<QueueHealth>;
  /** Takes no more jobs, aborts the running ones and waits for them, at most `graceMs`; what has not ended by then is handed back. */
  close(graceMs: number): Promise<void>;
}
