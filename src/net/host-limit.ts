/** No more requests a second to one host than it is due, however many sources, workers and processes ask it. */
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Clock } from '../types.ts';
import type { Outbound } from './outbound.ts';

/** Of one host, as far as Docent is polite by itself; a site's robots.txt may ask for less (site-polite.ts). */
export const REQUESTS_A_SECOND = 20;

/** Counts in this process. */
export const limitInProcess = (): RateLimiterAbstract => new RateLimiterMemory({ points: REQUESTS_A_SECOND, duration: 1 });

/** Each request waits for its turn; the signal ends the wait. A limiter that fails holds nothing up. */
export function withHostLimit(outbound: Outbound, limiter: RateLimiterAbstract, clock: Clock): Outbound {
  const turn = async (host: string, signal: AbortSignal | undefined): Promise<void> => {
    for (;;) {
      try {
        await limiter.consume(host);
        return;
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) return;
        signal?.throwIfAborted();
        // Those who wait do not all come back in the same moment.
        await clock.sleep(refused.msBeforeNext + Math.random() * 100, signal);
      }
    }
  };
  return {
    ...outbound,
    async fetch(url, request) {
      if (URL.canParse(url)) await turn(new URL(url).host, request?.signal);
      return outbound.fetch(url, request);
    },
  };
}
