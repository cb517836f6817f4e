/** When to ask an endpoint (a model's, a chat platform's) again, and how long to wait before. */
import type { AppError } from './errors.ts';
import type { Clock } from './types.ts';

/** What went wrong with one attempt. */
export interface EndpointFailure {
  error: AppError;
  /** True where the very same request may succeed in a moment: 408, 409, 429, 5xx, a lost connection. */
  transient: boolean;
  /** What the endpoint asked for. */
  retryAfterMs?: number;
}

export interface RetryPolicy {
  maxRetries: number;
  /** A longer Retry-After than this ends the attempt at once: nobody waits minutes for an answer. */
  maxWaitMs: number;
  /** 0 to 1, for the jitter. */
  random(): number;
}

/**
 * How long to wait before attempt `attempt + 1` (0 for the first retry): what the endpoint asked for, plus up to 25 % so
 * that many callers do not come back in one moment; else a random time up to 0.5 s · 2^attempt, at most 8 s ("full jitter",
 * AWS Architecture Blog, Exponential Backoff And Jitter, 2015; 0.5 and 8 s are the openai package's own).
 * @returns milliseconds, or undefined when it must not be tried again
 */
export function retryDelayMs(failure: EndpointFailure, attempt: number, policy: RetryPolicy): number | undefined {
  if (!failure.transient || attempt >= policy.maxRetries) return undefined;
  if (failure.retryAfterMs !== undefined) {
    return failure.retryAfterMs > policy.maxWaitMs ? undefined : Math.round(failure.retryAfterMs * (1 + policy.random() * 0.25));
  }
  const most = Math.min(500 * 2 ** attempt, 8000);
  return Math.round(most * (0.25 + 0.75 * policy.random()));
}

/**
 * Reads `Retry-After` (seconds or an HTTP date, RFC 9110 §10.2.3) and `retry-after-ms`.
 * @returns milliseconds from `now`, never negative; undefined when neither is there or can be read
 */
export function retryAfterMs(headers: Headers | undefined, now: number): number | undefined {
  const exact = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const value = headers?.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  // Date.parse alone takes nearly anything: "-5" is a year.
  const date = /^[A-Z][a-z]{2,8},? /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Runs `attempt` until it succeeds or must not be repeated.
 * @param failureOf what an error thrown by `attempt` means
 * @param until milliseconds since the epoch: no wait may end later
 * @throws AppError of the last failure, or the signal's reason
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  deps: { failureOf(thrown: unknown): EndpointFailure; policy: RetryPolicy; clock: Clock; signal?: AbortSignal; until?: number },
): Promise<T> {
  for (let nth = 0; ; nth++) {
    try {
      return await attempt();
    } catch (thrown) {
      deps.signal?.throwIfAborted();
      const failure = deps.failureOf(thrown);
      const wait = retryDelayMs(failure, nth, deps.policy);
      if (wait === undefined || deps.clock.now() + wait > (deps.until ?? Infinity)) throw failure.error;
      await pause(wait, deps.clock, deps.signal);
    }
  }
}

/** Sleeps; an abort throws the signal's own reason, whatever the clock throws. */
export async function pause(ms: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
