import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fuse } from '../../src/ask/fuse.ts';
import type { SearchHit } from '../../src/search/search-index.ts';

const hit = (id: string, score: number, more: Partial<SearchHit> = {}): SearchHit => ({ id, documentId: `d-${id}`, score, ...more });

describe('fusing words and meaning', () => {
  test('words alone keep their order and their scores', () => {
    const words = [hit('a', 9), hit('b', 4)];
    expect(fuse(words, [], 0.9).map(({ id, score }) => [id, score])).toEqual([
      ['a', 9],
      ['b', 4],
    ]);
  });

  test('what both know well stands before what one alone puts first', () => {
    const words = [hit('words', 10, { other: 0.2 }), hit('both', 8, { other: 0.78 })];
    const meaning = [hit('meaning', 0.8, { other: 0 }), hit('both', 0.78, { other: 8 }), hit('words', 0.2, { other: 10 })];
    expect(fuse(words, meaning, 0.5)[0]!.id).toBe('both');
  });

  test('a hit of meaning counts the words it holds, though the list by words ended before it', () => {
    const words = [hit('a', 10, { other: 0.5 })];
    const meaning = [hit('b', 0.8, { other: 0 }), hit('c', 0.79, { other: 9 }), hit('a', 0.5, { other: 10 })];
    const order = fuse(words, meaning, 0.5).map(({ id }) => id);
    expect(order.indexOf('c')).toBeLessThan(order.indexOf('b'));
  });

  test('a passage whose vector is still to come keeps the place that its words give it', () => {
    const meaning = [hit('x', 0.8, { other: 0 }), hit('y', 0.3, { other: 0 })];
    const place = (more: Partial<SearchHit>): number =>
      fuse([hit('first', 10, { other: 0.75 }), hit('new', 9, more)], meaning, 0.5).findIndex(({ id }) => id === 'new');
    expect(place({ noVector: true })).toBe(1);
    expect(place({ other: 0.1 })).toBeGreaterThan(1);
  });

  test('at 0 the order is that of the words, at 1 that of meaning', () => {
    const scores = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: -900, max: 900 })), {
      minLength: 1,
      maxLength: 36,
      selector: ([score, cosine]) => `${score} ${cosine}`,
    });
    fc.assert(
      fc.property(scores, (all) => {
        const words = all.map(([score, cosine], i) => hit(String(i), score, { other: cosine / 1000 })).sort((a, b) => b.score - a.score);
        const meaning = words.map((one) => hit(one.id, one.other!, { other: one.score })).sort((a, b) => b.score - a.score);
        const by = (weight: number): number[] => fuse(words, meaning, weight).map((one) => (weight === 0 ? one.words! : one.meaning!));
        for (const weight of [0, 1]) expect(by(weight)).toEqual(by(weight).toSorted((a, b) => b - a));
        expect(fuse(words, meaning, 0.5)).toHaveLength(all.length);
      }),
    );
  });
});
