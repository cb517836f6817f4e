/**
 * BM25F over a passage's title, heading path and text, plus neighbouring words of the query that are neighbours in the
 * passage (Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework"; pairs as in words-and-quotes.md).
 * Passages come as `encodeTerms` gives them. Pure.
 */

import type { QueryTerms } from './analyzer.ts';
import { termCode } from './term-codes.ts';

export const TITLE_WEIGHT = 2;
export const HEADING_WEIGHT = 1;
const K1 = 1.2;
const B = 0.75;
/** A pair of neighbours counts this much beside a word of the same rarity. */
const PAIR_WEIGHT = 0.3;

/** Levels of impact, best first in `LEVEL_IMPACT`'s terms: what a word of a passage gives to BM25, before rarity. */
export const LEVELS = 4;
/** Lowest impact of each level. */
const LEVEL_FROM = [0, 0.4, 0.52, 0.66];
/** What a level stands for when candidates are gathered; the exact impact decides afterwards. */
export const LEVEL_IMPACT = [0.33, 0.46, 0.59, 0.75];
/** Weighted length that levels are reckoned with, because the average length is not known while an index is filled. */
const LEVEL_LENGTH = 160;

/** log(1 + (N - n + .5) / (n + .5)): never negative. */
export function rarity(found: number, total: number): number {
  const known = Math.min(found, total);
  return Math.log(1 + (total - known + 0.5) / (known + 0.5));
}

/** Terms of a passage, those of title and headings as often as their weights say. */
export function weightedLength(codes: Uint32Array): number {
  return codes.length - 2 + (TITLE_WEIGHT - 1) * codes[0]! + (HEADING_WEIGHT - 1) * codes[1]!;
}

/** Each term of a passage with what it gives to BM25 before rarity, 0 to 1, at the length that levels are reckoned with. */
export function impactsOf(codes: Uint32Array): Map<number, number> {
  const titleEnd = 2 + codes[0]!;
  const headingEnd = titleEnd + codes[1]!;
  const counts = new Map<number, number>();
  for (let i = 2; i < codes.length; i++) {
    const weight = i < titleEnd ? TITLE_WEIGHT : i < headingEnd ? HEADING_WEIGHT : 1;
    counts.set(codes[i]!, (counts.get(codes[i]!) ?? 0) + weight);
  }
  const saturation = K1 * (1 - B + (B * weightedLength(codes)) / LEVEL_LENGTH);
  for (const [code, count] of counts) counts.set(code, count / (count + saturation));
  return counts;
}

/** Each term of a passage with its level. */
export function levelsOf(codes: Uint32Array): Map<number, number> {
  const levels = impactsOf(codes);
  for (const [code, impact] of levels) {
    let level = LEVELS - 1;
    while (impact < LEVEL_FROM[level]!) level--;
    levels.set(code, level);
  }
  return levels;
}

/** A word that stands twice in a query counts more, but not twice as much (BM25's k3). */
const K3 = 8;

/** What a term counts in a query for how often it stands there, before rarity. */
export const repeatedWeight = (weight: number): number => ((K3 + 1) * weight) / (K3 + weight);

export interface CodedQuery {
  /** Distinct codes with the weight of each: rarity, and how often the query says it. */
  terms: { code: number; weight: number }[];
  /** Neighbours in the query, as places in `terms`. */
  pairs: { first: number; second: number }[];
}

/** A query's terms as codes, with rarity in their weights. */
export function codeQuery(terms: QueryTerms, rarityOf: (code: number) => number): CodedQuery {
  const places = new Map<string, number>();
  const coded = terms.terms.map(({ term, weight }, place) => {
    places.set(term, place);
    const code = termCode(term);
    return { code, weight: rarityOf(code) * repeatedWeight(weight) };
  });
  const pairs = terms.pairs.flatMap(({ first, second }) => {
    const [a, b] = [places.get(first), places.get(second)];
    return a === undefined || b === undefined ? [] : [{ first: a, second: b }];
  });
  return { terms: coded, pairs };
}

/**
 * The score of each passage, comparable within the call only. How rare a pair is, is reckoned from the passages given:
 * one that holds a pair holds both of its words, so it is nearly always among the candidates.
 * @param total points in the index
 * @param averageLength of all its passages, by `weightedLength`
 * @param candidates how many of the passages, from the first, tell how rare a pair is; the others leave it as it is
 */
export function scorePassages(
  query: CodedQuery,
  passages: Uint32Array[],
  total: number,
  averageLength: number,
  candidates: number = passages.length,
): Float64Array {
  const size = query.terms.length;
  const places = new Map(query.terms.map((term, place) => [term.code, place]));
  const pairs = new Map(query.pairs.map((pair, number) => [pair.first * size + pair.second, number]));
  const counts = new Float64Array(size);
  const scores = new Float64Array(passages.length);
  const saturations = new Float64Array(passages.length);
  const pairCounts: { passage: number; pair: number; count: number }[] = [];
  const pairFound = new Uint32Array(query.pairs.length);
  const inPassage = new Map<number, number>();
  passages.forEach((codes, passage) => {
    const titleEnd = 2 + codes[0]!;
    const headingEnd = titleEnd + codes[1]!;
    counts.fill(0);
    inPassage.clear();
    let before = -1;
    for (let i = 2; i < codes.length; i++) {
      const place = places.get(codes[i]!);
      if (i === titleEnd || i === headingEnd) before = -1;
      if (place !== undefined) {
        const weight = i < titleEnd ? TITLE_WEIGHT : i < headingEnd ? HEADING_WEIGHT : 1;
        counts[place]! += weight;
        const pair = before < 0 ? undefined : pairs.get(before * size + place);
        if (pair !== undefined) inPassage.set(pair, (inPassage.get(pair) ?? 0) + weight);
      }
      before = place ?? -1;
    }
    const saturation = K1 * (1 - B + (B * weightedLength(codes)) / Math.max(averageLength, 1));
    let score = 0;
    for (let place = 0; place < size; place++) {
      const count = counts[place]!;
      if (count > 0) score += (query.terms[place]!.weight * count * (K1 + 1)) / (count + saturation);
    }
    for (const [pair, count] of inPassage) {
      if (passage < candidates) pairFound[pair]!++;
      pairCounts.push({ passage, pair, count });
    }
    scores[passage] = score;
    saturations[passage] = saturation;
  });
  for (const { passage, pair, count } of pairCounts) {
    const weight = PAIR_WEIGHT * rarity(pairFound[pair]!, total);
    scores[passage]! += (weight * count * (K1 + 1)) / (count + saturations[passage]!);
  }
  return scores;
}
