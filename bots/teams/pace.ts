/** Keeps to what Teams takes of one bot in one conversation, so that no call is refused for its number. */
import type { Clock } from '../../src/types.ts';

/** Microsoft, "Optimize your bot with rate limiting in Teams", send to conversation: [window in ms, operations]. */
const LIMITS: readonly [number, number][] = [
  [1_000, 7],
  [2_000, 8],
  [30_000, 60],
  [3_600_000, 1_800],
];
/** Calls are counted by Teams when they arrive, not when they leave. */
const SLACK_MS = 150;
/** What must be said keeps this share of each window; growing messages have the rest. */
const GROWING_SHARE = 0.5;
const MOST_CONVERSATIONS = 5_000;

export interface Pace {
  /** Waits until one more operation fits. */
  turn(conversation: string, signal?: AbortSignal): Promise<void>;
  /** Whether there is room for what can be left out. */
  roomy(conversation: string): boolean;
}

export function createPace(clock: Clock): Pace {
  const sent = new Map<string, number[]>();
  const [longest] = LIMITS.at(-1)!;

  /** Times within the longest window, oldest first. */
  function timesOf(conversation: string): number[] {
    const times = sent.get(conversation) ?? [];
    const from = clock.now() - longest - SLACK_MS;
    while (times.length > 0 && times[0]! <= from) times.shift();
    // The most recent stand last: the first are those that nobody writes in.
    sent.delete(conversation);
    sent.set(conversation, times);
    if (sent.size > MOST_CONVERSATIONS) sent.delete(sent.keys().next().value!);
    return times;
  }

  /** Milliseconds until `share` of each window has room for one more. */
  function waitFor(times: number[], share: number): number {
    const now = clock.now();
    return Math.max(
      0,
      ...LIMITS.map(([window, most]) => {
        const nth = times.at(-Math.max(1, Math.floor(most * share)));
        return nth === undefined ? 0 : nth + window + SLACK_MS - now;
      }),
    );
  }

  return {
    async turn(conversation, signal) {
      for (;;) {
        const times = timesOf(conversation);
        const wait = waitFor(times, 1);
        if (wait <= 0) return void times.push(clock.now());
        await clock.sleep(wait, signal);
      }
    },
    roomy: (conversation) => waitFor(timesOf(conversation), GROWING_SHARE) <= 0,
  };
}
