/** Requests to one host wait for their turn; other hosts do not wait for them. */
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { limitInProcess, REQUESTS_A_SECOND, withHostLimit } from '../../src/net/host-limit.ts';
import type { Outbound, OutboundResponse } from '../../src/net/outbound.ts';

function counting(): { outbound: Outbound; at: number[] } {
  const at: number[] = [];
  const answer: OutboundResponse = { status: 200, headers: {}, setCookies: [], url: '', bytes: async () => new Uint8Array() };
  return { at, outbound: { fetch: async () => (at.push(performance.now()), answer), close: async () => {} } as unknown as Outbound };
}

test('no second holds more than the host is due, and none is lost', async () => {
  const { outbound, at } = counting();
  const limited = withHostLimit(outbound, limitInProcess(), systemClock);
  const count = REQUESTS_A_SECOND * 2 + 5;
  await Promise.all(Array.from({ length: count }, () => limited.fetch('https://wiki.example.com/a')));
  expect(at).toHaveLength(count);
  // Windows of the limiter, not of the clock: the third begins two seconds after the first.
  expect(at.at(-1)! - at[0]!).toBeGreaterThan(1_900);
});

test('another host goes at once, a cancelled wait ends, and a limiter that breaks holds nothing up', async () => {
  const { outbound, at } = counting();
  const limiter = new RateLimiterMemory({ points: 1, duration: 60 });
  const limited = withHostLimit(outbound, limiter, systemClock);
  await limited.fetch('https://a.example.com/');
  await limited.fetch('https://b.example.com/');
  expect(at).toHaveLength(2);
  const stop = new AbortController();
  const waiting = limited.fetch('https://a.example.com/', { signal: stop.signal });
  stop.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  limiter.consume = () => Promise.reject(new Error('its store is gone'));
  await limited.fetch('https://a.example.com/');
  expect(at).toHaveLength(3);
});
