/** The catalogue of jobs: what runs without anyone waiting. A job is a hint that carries ids; the catalog says whether it is still due. */
import { AppError } from '../errors.ts';

interface JobRules {
  /** How often it is tried when it fails by accident; what fails for a lasting reason, the catalog puts off. */
  attempts: number;
  /** Before the second try; doubled for each further one. */
  backoffMs: number;
}

/** Every job there is. */
export const JOBS = {
  /** Looks through the catalog for what is due. */
  sweep: { attempts: 1, backoffMs: 1_000 },
  /** One sync of one source. */
  'sync-source': { attempts: 4, backoffMs: 1_000 },
  /** Takes a removed source's documents out of the index. */
  'take-out': { attempts: 4, backoffMs: 1_000 },
  /** Rebuilds or calibrates an index that is lost or outdated. */
  'keep-index': { attempts: 3, backoffMs: 2_000 },
  /** Makes the vectors that passages lack. */
  'fill-vectors': { attempts: 3, backoffMs: 2_000 },
} as const satisfies Record<string, JobRules>;

export type JobKind = keyof typeof JOBS;

export interface Job {
  kind: JobKind;
  /** Of the source that it is about; a fixed word where there is one of its kind only. */
  id: string;
}

/** A job that the catalog asks for. */
export interface DueJob extends Job {
  /** Held by somebody until then (a lease), or not to be begun earlier; milliseconds since the epoch. */
  notBefore?: number;
}

/** Figures of a running job; never a text of a document or a question. */
export type JobProgress = Record<string, string | number>;

/** What the application does for the workers. Everything is derived from the catalog, so nothing is lost with a queue. */
export interface Work {
  /** What the catalog asks for now, most urgent first; what somebody else holds comes with `notBefore`. */
  due(): Promise<DueJob[]>;
  /**
   * Does one job; returns when it is done, put off in the catalog, or nothing is left to do.
   * @throws AppError `sync.busy` when somebody else holds it; whatever else it throws is tried again, unless it is an AppError
   * that is not retryable
   */
  run(job: Job, options: { signal: AbortSignal; onProgress: (progress: JobProgress) => void }): Promise<void>;
}

/** The sweep. */
export const SWEEP: Job = { kind: 'sweep', id: 'catalog' };

/** By default one job of this name waits or runs at a time. */
export const jobKey = (job: Job): string => `${job.kind}:${job.id}`;

/** Share of a back-off that chance decides, so that what failed together is not tried again together. */
export const JITTER = 0.5;

/**
 * How long to wait before a job is tried again: exponential with jitter.
 * @param failed tries that failed so far, from 1
 */
export function backoffOf(kind: JobKind, failed: number, random: () => number = Math.random): number {
  const longest = JOBS[kind].backoffMs * 2 ** (failed - 1);
  return Math.floor(longest * (1 - JITTER) + random() * longest * JITTER);
}

/** Whether another try may help. */
export function mayRetry(error: unknown): boolean {
  return !(error instanceof AppError) || error.retryable;
}
