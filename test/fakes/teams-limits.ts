/**
 * Teams' rate limits for one bot in one conversation, and for one app in one directory, as Microsoft
 * documents them (platform/bots/how-to/rate-limit): so many operations in so many seconds, all windows at
 * once. Sends, edits, deletions and a stream's chunks count together.
 */
export interface Limits {
  /** `[seconds, operations]`; false takes the limit away. */
  send: [number, number][] | false;
  create: [number, number][] | false;
  members: [number, number][] | false;
  /** Requests a second of the whole app. */
  perTenant: number | false;
  /** Whether a 429 says when to come again. */
  retryAfter: boolean;
  /** How long a second lasts, so that a test need not wait for one. */
  secondMs: number;
}

const sends: [number, number][] = [
  [1, 7],
  [2, 8],
  [30, 60],
  [3600, 1800],
];
export const defaultLimits: Limits = {
  send: sends,
  create: sends,
  members: sends.map(([seconds, most]) => [seconds, most * 2]),
  perTenant: 50,
  retryAfter: true,
  secondMs: 1000,
};

export type Metered = 'send' | 'create' | 'members';

export interface Meter {
  /** Seconds to wait, or 0 when the call may go on (and was counted). */
  take(what: Metered, conversation: string): number;
  /** How often each was refused. */
  refused: Record<string, number>;
}

export function meter(limits: Limits): Meter {
  const calls = new Map<string, number[]>();
  const refused: Record<string, number> = {};

  /** Seconds until a window has room again. */
  function wait(key: string, windows: [number, number][] | false, now: number): number {
    if (windows === false) return 0;
    const held = calls.get(key) ?? [];
    const waits = windows.map(([seconds, most]) => {
      const oldest = held.at(-most);
      return oldest === undefined ? 0 : oldest + seconds * limits.secondMs - now;
    });
    return Math.max(0, ...waits);
  }

  function note(key: string, longestS: number, now: number): void {
    const held = (calls.get(key) ?? []).filter((at) => now - at < longestS * limits.secondMs);
    held.push(now);
    calls.set(key, held);
  }

  return {
    refused,
    take(what, conversation) {
      const now = Date.now();
      const key = `${what} ${conversation}`;
      const ms = Math.max(wait(key, limits[what], now), wait('tenant', limits.perTenant === false ? false : [[1, limits.perTenant]], now));
      if (ms > 0) {
        refused[what] = (refused[what] ?? 0) + 1;
        return Math.max(1, Math.ceil(ms / 1000));
      }
      note(key, 3600, now);
      note('tenant', 1, now);
      return 0;
    },
  };
}
