/** A text prepared for the checks, and how alike the surroundings of two of its places are. */
import type { Quantity } from './quantities.ts';
import type { Word } from './words.ts';
import { foldText } from './fold.ts';
import { KINDS_OF_DAY, quantitiesIn } from './quantities.ts';
import { wordsIn } from './words.ts';

export interface Side {
  language: string;
  /** Folded. */
  text: string;
  words: Word[];
  quantities: Quantity[];
  /** Keys of the content words; for Han also each two neighbours. */
  keys: Set<string>;
  /** The same in lower case, unstemmed. */
  lowers: Set<string>;
  /** For each word: whether a number, date, time or identifier covers it. */
  counted: boolean[];
}

/** @param texts joined by a sentence end, so that nothing binds across them */
export function sideOf(texts: string[], language: string): Side {
  const text = texts.map(foldText).join(' | ');
  const words = wordsIn(text, language);
  const quantities = quantitiesIn(text, language);
  const counted = words.map(() => false);
  let next = 0;
  for (const quantity of quantities) {
    while (next > 0 && words[next]!.start > quantity.start) next--;
    for (; next < words.length && words[next]!.start < quantity.end; next++)
      if (words[next]!.start >= quantity.start || words[next]!.kind !== 'word')
        counted[next] = words[next]!.end > quantity.start || counted[next]!;
    next = Math.max(0, Math.min(next, words.length - 1));
    const gap = quantity.kind === 'number' ? quantity.gap : undefined;
    if (gap)
      for (let i = next; i >= 0 && words[i]!.end > gap.start; i--)
        if (words[i]!.start >= gap.start && words[i]!.end <= gap.end && !KINDS_OF_DAY.test(words[i]!.raw)) counted[i] = false;
  }
  const keys = new Set<string>();
  const lowers = new Set<string>();
  words.forEach((word, i) => {
    if (word.kind === 'mark') return;
    keys.add(word.key);
    lowers.add(word.lower.replace(/'s$/, ''));
    const after = words[i + 1];
    if (word.kind === 'han' && after?.kind === 'han' && after.start === word.end) keys.add(word.key + after.key);
  });
  return { language, text, words, quantities, keys, lowers, counted };
}

/** Words around a place, nearest first, with weights that fall with distance. */
export interface Surroundings {
  left: { key: string; weight: number }[];
  right: { key: string; weight: number }[];
}

/** How far a number, name or "not" looks for the words that it belongs to. */
const REACH = 6;

/**
 * What stands around the characters from `start` to `end`, within the sentence; numbers and what `skip` names left out.
 */
export function surroundingsOf(side: Side, start: number, end: number, skip?: (index: number) => boolean): Surroundings {
  const { words } = side;
  let first = words.findIndex((word) => word.end > start);
  if (first < 0) first = words.length;
  let behind = first;
  while (behind < words.length && words[behind]!.start < end) behind++;
  const home = words[first]?.sentence;
  const gather = (from: number, step: 1 | -1): { key: string; weight: number }[] => {
    const found: { key: string; weight: number }[] = [];
    let distance = 0;
    for (let i = from; i >= 0 && i < words.length && found.length < REACH; i += step) {
      const word = words[i]!;
      if (word.sentence !== home) break;
      if (word.kind === 'mark') {
        // What stands behind a comma belongs to the place a little less.
        if (/[,，、:：;；()（）]/.test(word.raw)) distance += 0.7;
        continue;
      }
      if (side.counted[i] || skip?.(i)) continue;
      if (word.kind === 'han') {
        const after = words[i + 1];
        if (after?.kind !== 'han' || after.start !== word.end || side.counted[i + 1] || (!word.content && !after.content)) continue;
        distance += 0.6;
        found.push({ key: word.key + after.key, weight: 1 / (0.4 + distance) });
      } else if (word.content) {
        distance += 1;
        found.push({ key: word.key, weight: 1 / distance });
      }
    }
    return found;
  };
  return { left: gather(first - 1, -1), right: gather(behind, 1) };
}

/** 0 where nothing is shared, 1 where `a` is found whole around `b`, on the same sides and as near. */
export function alike(a: Surroundings, b: Surroundings): number {
  let shared = 0;
  let whole = 0;
  for (const sideName of ['left', 'right'] as const) {
    const other = sideName === 'left' ? 'right' : 'left';
    for (const { key, weight } of a[sideName]) {
      whole += weight * weight;
      const here = b[sideName].find((word) => word.key === key);
      const there = b[other].find((word) => word.key === key);
      shared += weight * Math.max(here ? Math.min(here.weight, weight) : 0, there ? 0.35 * Math.min(there.weight, weight) : 0);
    }
  }
  return whole === 0 ? 0 : shared / whole;
}

export function flipped(around: Surroundings): Surroundings {
  return { left: around.right, right: around.left };
}
