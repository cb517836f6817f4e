/** Asking a hub again: how long to wait, and when to give up. */
import { AppError, publicMessageOf } from '../../errors.ts';
import type { Clock } from '../../types.ts';
import type { Refusal } from './fetch-file.ts';

export interface PatienceOptions {
  model: string;
  clock: Clock;
  signal: AbortSignal;
  /** Attempts in a row that brought nothing. */
  attempts: number;
  /** The n-th wait is a random time up to `baseMs` · 2^(n−1), at most `maxMs` ("full jitter", AWS Architecture Blog, 2015). */
  baseMs: number;
  maxMs: number;
  /** When the hub wants to be left alone for longer than this, that is the end of it for now. */
  maxAskedMs: number;
  random(): number;
  /** Bytes that have come so far. */
  progress(): number;
  onRetry(retry: { attempt: number; attempts: number; inMs: number; reason: string }): void;
}

/** So many more bytes than ever before make an attempt a good one. Counted from the most, so a hub that starts over gains nothing. */
const GAIN = 256_000;

/**
 * Runs `attempt` until the file is whole.
 * @throws the last failure: as it was when it is final, with `retryable` set when the attempts are used up; the signal's reason
 */
export async function patiently(attempt: () => Promise<Refusal>, options: PatienceOptions): Promise<void> {
  const { attempts, clock, signal } = options;
  let most = options.progress();
  for (let failed = 1; ; failed++) {
    const refusal = await attempt().catch((error: unknown): Refusal => {
      signal.throwIfAborted();
      if (error instanceof AppError) return { error };
      throw error;
    });
    if (!refusal) return;
    const { error, retryAfterMs } = refusal;
    if (!isPassing(error)) throw error;
    if (options.progress() >= most + GAIN) {
      most = options.progress();
      failed = 1;
    }
    if (failed >= attempts || (retryAfterMs ?? 0) > options.maxAskedMs) throw gaveUp(options.model, error, failed, retryAfterMs);
    const longest = Math.min(options.maxMs, options.baseMs * 2 ** (failed - 1));
    const inMs = Math.round(Math.max(retryAfterMs ?? 0, options.random() * longest));
    options.onRetry({ attempt: failed + 1, attempts, inMs, reason: publicMessageOf(error) });
    await clock.sleep(inMs, signal).catch((failure: unknown) => {
      signal.throwIfAborted();
      throw failure;
    });
  }
}

/** A name that is not found is passing here: the name is right, and a laptop that wakes has no network yet. */
function isPassing(error: AppError): boolean {
  return error.retryable || (error.code === 'outbound.network' && error.message === 'ENOTFOUND');
}

function gaveUp(model: string, error: AppError, attempts: number, askedMs: number | undefined): AppError {
  const later = askedMs === undefined ? '' : ` It asks to be left alone for ${Math.ceil(askedMs / 60_000)} min.`;
  return new AppError({
    code: 'model.download_failed',
    message: `${error.code}: ${error.message}, ${attempts} attempts`,
    publicMessage: `The model "${model}" could not be fetched: ${publicMessageOf(error)}${later} What came of it is kept; the next attempt goes on from there.`,
    retryable: true,
    cause: error,
  });
}
