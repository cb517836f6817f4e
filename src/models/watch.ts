/** Time limits of one streamed call. */
import { AppError } from '../errors.ts';

export interface Timeouts {
  /** Until the connection stands. */
  connectMs: number;
  /** From the request to the first piece of text or thinking. */
  firstTokenMs: number;
  /** Between two pieces. */
  idleMs: number;
  /** The whole call, retries and waiting included. */
  totalMs: number;
}

/** How long to wait for the usage that follows the last word. */
const USAGE_WAIT_MS = 2000;

/** Aborts `stop` when the first piece, the next piece or the end is late. Paused while the reader has the floor. */
export function startWatch(timeouts: Timeouts, leftMs: number, host: string, stop: AbortController) {
  const watch = {
    expired: undefined as AppError | undefined,
    progress(finished: boolean): void {
      clearTimeout(piece);
      piece = setTimeout(expire, finished ? Math.min(timeouts.idleMs, USAGE_WAIT_MS) : timeouts.idleMs, 'the stream stood still');
    },
    pause: (): void => clearTimeout(piece),
    stop(): void {
      clearTimeout(piece);
      clearTimeout(total);
    },
  };
  function expire(why: string): void {
    watch.expired ??= timedOut(host, why);
    stop.abort();
  }
  let piece = setTimeout(expire, timeouts.firstTokenMs, 'no answer began');
  const total = setTimeout(expire, Math.max(0, leftMs), 'the call took too long');
  return watch;
}

export function timedOut(host: string, why: string): AppError {
  return new AppError({
    code: 'model.timeout',
    retryable: true,
    message: `${host}: ${why}`,
    publicMessage: `The model endpoint ${host} did not answer in time.`,
  });
}
