/**
 * Slack's rate limits: a message a second a channel with short bursts, and a number of calls a minute for
 * each method and workspace by its tier. The numbers are the least that each tier promises; `false` takes a
 * limit away.
 */
export interface Limits {
  /** chat.postMessage a second in one channel, after the burst. */
  postsPerSecond: number | false;
  postBurst: number;
  /** Whether the tiers hold for methods that `perMinute` does not name. */
  tiers: boolean;
  /** Calls a minute by method, before the tier. */
  perMinute: Record<string, number | false>;
  /** How long a minute lasts, so that a test need not wait for one. */
  minuteMs: number;
  /** How long a second lasts. */
  secondMs: number;
}

export const defaultLimits: Limits = { postsPerSecond: 1, postBurst: 5, tiers: true, perMinute: {}, minuteMs: 60_000, secondMs: 1000 };

export interface Meter {
  /** Seconds to wait, or 0 when the call may go on (and was counted). */
  take(method: string, tier: number | undefined, channel: string | undefined): number;
  /** How often each method was refused. */
  refused: Record<string, number>;
}

export function meter(limits: Limits): Meter {
  const calls = new Map<string, number[]>();
  const buckets = new Map<string, { left: number; at: number }>();
  const refused: Record<string, number> = {};

  const perMinute = (method: string, tier: number | undefined, now: number): number => {
    const set = limits.perMinute[method];
    const most = set ?? (limits.tiers ? tier : undefined);
    if (most === undefined || most === false) return 0;
    const recent = (calls.get(method) ?? []).filter((at) => now - at < limits.minuteMs);
    if (recent.length >= most) return Math.max(1, Math.ceil(((recent[0] ?? now) + limits.minuteMs - now) / 1000));
    calls.set(method, [...recent, now]);
    return 0;
  };

  const perChannel = (channel: string, now: number): number => {
    if (limits.postsPerSecond === false) return 0;
    const bucket = buckets.get(channel) ?? { left: limits.postBurst, at: now };
    bucket.left = Math.min(limits.postBurst, bucket.left + ((now - bucket.at) / limits.secondMs) * limits.postsPerSecond);
    bucket.at = now;
    buckets.set(channel, bucket);
    if (bucket.left < 1) return 1;
    bucket.left -= 1;
    return 0;
  };

  return {
    refused,
    take(method, tier, channel) {
      const now = Date.now();
      const wait = perMinute(method, tier, now) || (channel !== undefined ? perChannel(channel, now) : 0);
      if (wait > 0) refused[method] = (refused[method] ?? 0) + 1;
      return wait;
    },
  };
}
