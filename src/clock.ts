import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from './types.ts';

/** The real time. Tests hand in their own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {}),
};

/** Between two pieces of work that keep the processor busy: what came meanwhile is taken first. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @throws when it takes longer than `ms`, in real time; what was begun goes on then, unheard */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
