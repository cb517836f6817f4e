import type { Fields } from './slack-shape.ts';

/** A fault that the fake shows for a number of calls. `after`: what was asked is done, and the caller is told of a fault. */
export type Mood =
  | { type: 'http500'; when?: 'before' | 'after' }
  | { type: 'error'; code: string; extra?: Fields; when?: 'before' | 'after' }
  | { type: 'ratelimited'; retryAfter?: number | null }
  | { type: 'hang'; when?: 'before' | 'after' }
  | { type: 'cut'; when?: 'before' | 'after' }
  | { type: 'slow'; ms: number };

export interface MoodChoice {
  /** For how many calls; 1 unless told, Infinity until `off`. */
  times?: number;
  /** How many matching calls go well first. */
  skip?: number;
  /** Which calls it concerns; all unless told. */
  match?: (args: Fields) => boolean;
}

export interface Moods<M = Mood> {
  add(method: string, mood: M, choice?: MoodChoice): { off(): void; shown(): number };
  /** The mood for this call, which counts as one of its times. */
  take(method: string, args: Fields): M | undefined;
  clear(): void;
}

export function moods<M = Mood>(): Moods<M> {
  let held: { method: string; mood: M; left: number; skip: number; shown: number; match: (args: Fields) => boolean }[] = [];
  return {
    add(method, mood, { times = 1, skip = 0, match = () => true } = {}) {
      const one = { method, mood, left: times, skip, shown: 0, match };
      held.push(one);
      return { off: () => (held = held.filter((other) => other !== one)), shown: () => one.shown };
    },
    take(method, args) {
      for (const one of held) {
        if ((one.method !== method && one.method !== '*') || one.left <= 0 || !one.match(args)) continue;
        if (one.skip > 0) {
          one.skip -= 1;
          continue;
        }
        one.left -= 1;
        one.shown += 1;
        return one.mood;
      }
      return undefined;
    },
    clear: () => (held = []),
  };
}
