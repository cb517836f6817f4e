import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from './types.ts';

/** The real time. Tests hand in their own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {}),
};
