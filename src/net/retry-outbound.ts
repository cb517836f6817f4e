/** Patience with servers: a wrapper around Outbound that asks again after 429, 5xx and lost connections. */
import { AppError } from '../errors.ts';
import type { Clock } from '../types.ts';
import type { Outbound, OutboundResponse } from './outbound.ts';

export interface RetryOptions {
  clock: Clock;
  /** Requests in all. Default 4. */
  attempts?: number;
  /** The first wait; each later one is twice as long, and half of each is chance. Default 500 ms. */
  baseMs?: number;
  /** The longest wait, also when the server asks for more (then its answer is handed on). Default 60,000 ms. */
  maxMs?: number;
  random?: () => number;
}

/** The last answer or error when the attempts are used up. Honours `Retry-After` (seconds or a date). */
export function withRetries(outbound: Outbound, options: RetryOptions): Outbound {
  const { clock, attempts = 4, baseMs = 500, maxMs = 60_000, random = Math.random } = options;
  return {
    async fetch(url, request) {
      for (let attempt = 1; ; attempt++) {
        let response: OutboundResponse | undefined;
        try {
          response = await outbound.fetch(url, request);
          if (!isPassing(response.status) || attempt >= attempts) return response;
        } catch (error) {
          if (!(error instanceof AppError) || !error.retryable || attempt >= attempts) throw error;
        }
        const asked = response ? retryAfter(response.headers['retry-after'], clock.now()) : undefined;
        if (response && asked !== undefined && asked > maxMs) return response;
        const backOff = Math.min(maxMs, baseMs * 2 ** (attempt - 1));
        await clock.sleep(Math.max(asked ?? 0, backOff / 2 + (random() * backOff) / 2), request?.signal);
      }
    },
    close: () => outbound.close(),
  };
}

function isPassing(status: number): boolean {
  return status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

/** Milliseconds to wait. */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isFinite(date) ? Math.max(0, date - now) : undefined;
}
