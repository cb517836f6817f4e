/** Searching by words: candidates from FTS5's lists, most telling first, then exact scores for the best of them. */
import type { DatabaseSync } from 'node:sqlite';
import type { QueryTerms } from '../analyzer.ts';
import { codeQuery, LEVEL_IMPACT, rarity, scorePassages, type CodedQuery } from '../bm25.ts';
import { termCode } from '../term-codes.ts';
import { topOf } from '../vector-matrix.ts';
import { codesFrom, type Pending } from './sqlite-pending.ts';

/** Words of a query that gather candidates; all of its words then score them. */
const GATHERING_TERMS = 32;
/** List entries read before the rest, which tell least, are left out (0.1 to 0.2 µs an entry). */
const ENTRIES = 40_000;
/** Candidates that are scored exactly, at least. */
const CANDIDATES = 256;
/** Terms whose frequencies are remembered until something is written. */
const KNOWN_TERMS = 20_000;

export interface WordSearch {
  /**
   * Points by number with their scores, best first.
   * @param also points whose scores are wanted too, found or not
   * @returns `others`: the score of each of `also`, 0 for one that holds none of the words
   */
  search(
    terms: QueryTerms,
    eligible: Uint8Array,
    limit: number,
    also: number[],
  ): { found: { n: number; score: number }[]; others: Map<number, number> };
  frequenciesOf(terms: QueryTerms): Record<string, number>;
  total(): number;
  /** Call when something was written: what was remembered of frequencies is out of date. */
  forget(): void;
}

/** The token that stands for a term at one level of impact in a passage. */
export const levelToken = (code: number, level: number): string => code.toString(36) + 'abcd'[level]!;

export function createWordSearch(db: DatabaseSync, pending: Pending): WordSearch {
  const totals = db.prepare('SELECT points, length FROM totals');
  const frequency = db.prepare('SELECT level0, level1, level2, level3 FROM frequencies WHERE code = ?');
  const list = db.prepare('SELECT group_concat(rowid) AS numbers FROM words WHERE words MATCH ?');
  const passage = db.prepare('SELECT codes FROM passages WHERE n = ?');
  for (const statement of [frequency, list, passage]) statement.setReturnArrays(true);
  let scores = new Float32Array(0);

  const known = new Map<number, number[]>();
  /** In how many points a term stands, by level. */
  const levels = (code: number): number[] => {
    let counts = known.get(code);
    if (counts) return counts;
    counts = [...((frequency.get(code) as unknown as number[] | undefined) ?? [0, 0, 0, 0])];
    pending.correct(code, counts);
    if (known.size >= KNOWN_TERMS) known.clear();
    known.set(code, counts);
    return counts;
  };
  const sum = (counts: number[]): number => counts.reduce((a, b) => a + b, 0);
  const total = (): number => totals.get()!['points'] as number;

  /** Points that hold the query's telling words, with rough scores; every one that the budget reaches. */
  const gather = (query: CodedQuery, eligible: Uint8Array, wanted: number): number[] => {
    const lists = query.terms
      .toSorted((a, b) => b.weight - a.weight)
      .slice(0, GATHERING_TERMS)
      .flatMap(({ code, weight }) => levels(code).map((size, level) => ({ code, level, size, value: weight * LEVEL_IMPACT[level]! })))
      .filter(({ size }) => size > 0)
      .sort((a, b) => b.value - a.value);
    if (scores.length < eligible.length) scores = new Float32Array(eligible.length);
    const touched: number[] = [];
    let entries = 0;
    for (const { code, level, size, value } of lists) {
      // Over the budget only while too little was found: a question of common words alone finds its answer too.
      if (entries + size > ENTRIES && touched.length >= wanted) continue;
      entries += size;
      const take = (n: number): void => {
        if (eligible[n] !== 1) return;
        if (scores[n] === 0) touched.push(n);
        scores[n]! += value;
      };
      pending.each(code, level, take);
      const numbers = (list.get(`"${levelToken(code, level)}"`) as unknown as [string | null])[0] ?? '';
      let n = 0;
      for (let i = 0; i <= numbers.length; i++) {
        const digit = i < numbers.length ? numbers.charCodeAt(i) - 48 : -4;
        if (digit >= 0) {
          n = n * 10 + digit;
          continue;
        }
        take(n);
        n = 0;
      }
    }
    const best = topOf(wanted);
    for (const n of touched) {
      best.offer(n, scores[n]!);
      scores[n] = 0;
    }
    return best.take().map(({ n }) => n);
  };

  return {
    search(terms, eligible, limit, also) {
      const others = new Map<number, number>();
      if (terms.terms.length === 0 || limit <= 0) {
        for (const n of also) others.set(n, 0);
        return { found: [], others };
      }
      const { points, length } = totals.get() as { points: number; length: number };
      const query = codeQuery(terms, (code) => rarity(sum(levels(code)), points));
      const numbers = gather(query, eligible, Math.max(CANDIDATES, limit));
      const candidates = numbers.length;
      const gathered = new Set(numbers);
      for (const n of also) if (!gathered.has(n)) numbers.push(n);
      const codes = numbers.map((n) => {
        const [blob] = passage.get(n) as unknown as [unknown];
        return codesFrom(blob);
      });
      const exact = scorePassages(query, codes, points, length / Math.max(points, 1), candidates);
      const best = topOf(limit);
      for (let i = 0; i < candidates; i++) best.offer(numbers[i]!, exact[i]!);
      if (also.length > 0) {
        const scoreOf = new Map(numbers.map((n, i) => [n, exact[i]!]));
        for (const n of also) others.set(n, scoreOf.get(n)!);
      }
      return { found: best.take(), others };
    },
    frequenciesOf: (terms) => Object.fromEntries(terms.terms.map(({ term }) => [term, sum(levels(termCode(term)))])),
    total,
    forget: () => known.clear(),
  };
}
