/** What a site's robots.txt lets us read. Part of the site driver. */
import robotsParser from 'robots-parser';
import { AppError } from '../../errors.ts';
import type { Outbound } from '../../net/outbound.ts';

/** The name under which robots.txt files speak to us, and which we send. */
export const USER_AGENT = 'docent';

export interface Robots {
  allows(url: URL): boolean;
  /** Milliseconds that it wants between two requests; 0 when it does not say. */
  delayMs: number;
  sitemaps: string[];
}

/** Its types describe an ES module, which it is not. */
const parseRobots = robotsParser as unknown as (
  url: string,
  text: string,
) => {
  isAllowed(url: string, agent: string): boolean | undefined;
  getCrawlDelay(agent: string): number | undefined;
  getSitemaps(): string[];
};

/** RFC 9309, 2.5: at least 500 KiB are read. */
const maxBytes = 512_000;
/** A longer wish would stretch the sync of a middling site over days. */
const maxDelayMs = 30_000;

/**
 * RFC 9309: where there is none (any 4xx) all is allowed. Throws AppError `source.robots_unreachable` when it cannot be had (5xx,
 * 429, no answer): nothing may be fetched then.
 */
export async function loadRobots(origin: string, outbound: Outbound, signal: AbortSignal): Promise<Robots> {
  const url = `${origin}/robots.txt`;
  const response = await outbound.fetch(url, { signal, maxBytes: 5_000_000, headers: { 'user-agent': USER_AGENT } });
  if (response.status === 429 || response.status >= 500) {
    throw new AppError({
      code: 'source.robots_unreachable',
      message: `robots.txt: ${response.status}`,
      retryable: true,
      publicMessage: `${url} answered ${response.status}. Until it can be read, nothing on that site may be (RFC 9309); it is tried again at the next sync.`,
    });
  }
  const text = response.status === 200 ? new TextDecoder().decode((await response.bytes()).subarray(0, maxBytes)) : '';
  const rules = parseRobots(url, text);
  const delay = rules.getCrawlDelay(USER_AGENT) ?? 0;
  return {
    // Undefined for another host: this file says nothing of it.
    allows: (page) => rules.isAllowed(page.href, USER_AGENT) ?? true,
    delayMs: delay > 0 ? Math.min(delay * 1000, maxDelayMs) : 0,
    sitemaps: rules
      .getSitemaps()
      .map((name) => URL.parse(name, url)?.href)
      .filter((name) => name !== undefined),
  };
}
