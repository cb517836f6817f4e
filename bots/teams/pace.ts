/** Keeps to what Teams takes of one bot, so that no call is refused for its number, and lets what people wait for go first. */
import type { Clock } from '../../src/types.ts';

type Limits = readonly (readonly [number, number])[];
/** Microsoft, "Optimize your bot with rate limiting in Teams", send to conversation: [window in ms, operations]. */
const IN_CONVERSATION: Limits = [
  [1_000, 7],
  [2_000, 8],
  [30_000, 60],
  [3_600_000, 1_800],
];
/** The same page, get conversation members: twice of each. */
const READING: Limits = IN_CONVERSATION.map(([window, most]) => [window, most * 2] as const);
/** The same page: 50 requests a second for an app in a tenant. */
const IN_ALL: Limits = [[1_000, 49]];
/** Clocks of two machines do not run alike. */
const MARGIN_MS = 5;
/** Which goes before which; each leaves the rest of all calls to those before it. */
const SHARES = {
  /** The first that is seen of an answer. */
  first: 1,
  /** The answer itself, and what people press. */
  next: 0.85,
  /** What nobody waits for: buttons beneath an answer that stands there, welcomes. */
  last: 0.6,
};
export type Urgency = keyof typeof SHARES;
const URGENCIES = Object.keys(SHARES) as Urgency[];
/** What must be said keeps the rest of each window from what can be left out. */
const GROWING_SHARE = 0.5;
const MOST_CONVERSATIONS = 5_000;
const SHORTEST_MS = 5;

export interface Pace {
  /** Makes a call once one more fits. */
  run<T>(conversation: string, urgency: Urgency, call: () => Promise<T>): Promise<T>;
  /** The same for what is read of people and rosters, which Teams counts by itself. */
  read<T>(conversation: string, call: () => Promise<T>): Promise<T>;
  /** Whether there is room for what can be left out. */
  roomy(conversation: string): boolean;
}

interface Waiting {
  /** What counts together: a conversation's messages, or what is read of it. */
  lane: string;
  limits: Limits;
  begin(call: Call): void;
}

/** Teams counts a call when it comes there: some time before its answer is here. */
interface Call {
  /** Infinity while it is under way. */
  answeredAt: number;
}

export function createPace(clock: Clock): Pace {
  const sent = new Map<string, Call[]>();
  const all: Call[] = [];
  const waiting: Record<Urgency, Waiting[]> = { first: [], next: [], last: [] };
  let pumping = false;
  let resting = new AbortController();

  function recent(calls: Call[], limits: Limits): Call[] {
    const from = clock.now() - limits.at(-1)![0] - MARGIN_MS;
    while (calls.length > 0 && calls[0]!.answeredAt <= from) calls.shift();
    return calls;
  }

  function callsOf(lane: string): Call[] {
    const calls = sent.get(lane) ?? [];
    // Those that nobody writes in come to stand first, and go.
    sent.delete(lane);
    sent.set(lane, calls);
    if (sent.size > MOST_CONVERSATIONS) sent.delete(sent.keys().next().value!);
    return recent(calls, IN_CONVERSATION);
  }

  /** Milliseconds until `share` of each window has room for one more. */
  function waitFor(calls: Call[], limits: Limits, share = 1): number {
    const now = clock.now();
    return Math.max(
      0,
      ...limits.map(([window, most]) => {
        const nth = calls.at(-Math.max(1, Math.floor(most * share)));
        return nth === undefined ? 0 : Math.min(nth.answeredAt, now) + window + MARGIN_MS - now;
      }),
    );
  }

  /** Lets the first go whose conversation has room. @returns how long it is until the next can, 0 when one went */
  function step(): number {
    let soonest = Infinity;
    const full = new Set<string>();
    for (const urgency of URGENCIES) {
      const queue = waiting[urgency];
      const wait = queue.length > 0 ? waitFor(recent(all, IN_ALL), IN_ALL, SHARES[urgency]) : Infinity;
      if (wait > 0) {
        soonest = Math.min(soonest, wait);
        continue;
      }
      for (const [at, { lane, limits, begin }] of queue.entries()) {
        // Of one conversation nothing overtakes.
        if (full.has(lane)) continue;
        const own = waitFor(callsOf(lane), limits);
        if (own > 0) {
          full.add(lane);
          soonest = Math.min(soonest, own);
          continue;
        }
        queue.splice(at, 1);
        const call = { answeredAt: Infinity };
        all.push(call);
        callsOf(lane).push(call);
        begin(call);
        return 0;
      }
    }
    return soonest;
  }

  async function pump(): Promise<void> {
    while (URGENCIES.some((one) => waiting[one].length > 0)) {
      const wait = step();
      if (wait > 0) {
        resting = new AbortController();
        await clock.sleep(Math.max(SHORTEST_MS, wait), resting.signal).catch(() => {});
      }
    }
    pumping = false;
  }

  async function inTurn<T>(of: Pick<Waiting, 'lane' | 'limits'>, urgency: Urgency, call: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<Call>();
    waiting[urgency].push({ ...of, begin: resolve });
    // Another may go before those that wait.
    resting.abort();
    if (!pumping) {
      pumping = true;
      void pump();
    }
    const turn = await promise;
    try {
      return await call();
    } finally {
      turn.answeredAt = clock.now();
    }
  }

  return {
    run: (conversation, urgency, call) => inTurn({ lane: conversation, limits: IN_CONVERSATION }, urgency, call),
    read: (conversation, call) => inTurn({ lane: `read ${conversation}`, limits: READING }, 'next', call),
    roomy: (conversation) =>
      waitFor(callsOf(conversation), IN_CONVERSATION, GROWING_SHARE) <= 0 && waitFor(recent(all, IN_ALL), IN_ALL, GROWING_SHARE) <= 0,
  };
}
