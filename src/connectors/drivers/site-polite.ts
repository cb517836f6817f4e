/** Politeness towards a host: few requests at once, and a gap between them. Part of the site driver. */
import type { Outbound } from '../../net/outbound.ts';
import type { Clock } from '../../types.ts';

export interface PoliteOptions {
  clock: Clock;
  /** Requests at once to a host. */
  atOnce: number;
  /** Between the starts of two requests to a host. */
  gapMs: (origin: string) => number;
}

interface Host {
  running: number;
  nextAt: number;
  waiting: (() => void)[];
}

const longestPauseMs = 60_000;

/** When a host asks for a pause (`Retry-After` with 429 or 503), all requests to it wait, not only the one that was told. */
export function politely(outbound: Outbound, options: PoliteOptions): Outbound {
  const { clock, atOnce } = options;
  const hosts = new Map<string, Host>();
  return {
    ...outbound,
    async fetch(url, request) {
      const { origin } = new URL(url);
      const host = hosts.get(origin) ?? { running: 0, nextAt: 0, waiting: [] };
      hosts.set(origin, host);
      if (host.running >= atOnce) await new Promise<void>((resolve) => host.waiting.push(resolve));
      else host.running++;
      try {
        const now = clock.now();
        const at = Math.max(now, host.nextAt);
        host.nextAt = at + options.gapMs(origin);
        if (at > now) await clock.sleep(at - now, request?.signal);
        request?.signal?.throwIfAborted();
        const response = await outbound.fetch(url, request);
        const asked = response.status === 429 || response.status === 503 ? Number(response.headers['retry-after']) * 1000 : 0;
        if (asked > 0) host.nextAt = Math.max(host.nextAt, clock.now() + Math.min(asked, longestPauseMs));
        return response;
      } finally {
        // The place goes on to the next one, so that none slips in between.
        const next = host.waiting.shift();
        if (next) next();
        else host.running--;
      }
    },
  };
}
