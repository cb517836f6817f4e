/** Automatic answers keep their promise: however often one looks, a channel is rarely shown less precision than was wanted. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALPHA, evidence, lowerBound, SCORES, thresholdFor, type Judged } from '../../src/triage/precision.ts';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randoms(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const CHANNELS = 150;
const LABELS = 150;

/** In how many of the channels answers are ever shown from a score on at which fewer are right than was wanted. */
function broken(wanted: number, chanceAt: (score: number) => number): { broken: number; shown: number } {
  const truth = (from: number): number => {
    let sum = 0;
    for (let i = 0; i < 1000; i++) sum += chanceAt(from + ((1 - from) * (i + 0.5)) / 1000);
    return sum / 1000;
  };
  const precise = new Map(SCORES.map((from) => [from, truth(from)]));
  let brokenOnes = 0;
  let shownOnes = 0;
  for (let channel = 1; channel <= CHANNELS; channel++) {
    const random = randoms(channel * 7919);
    const judged: Judged[] = [];
    let isBroken = false;
    let isShown = false;
    for (let i = 0; i < LABELS; i++) {
      const score = random();
      judged.push({ score, right: random() < chanceAt(score) });
      const threshold = thresholdFor(judged, wanted);
      isShown ||= threshold !== undefined;
      isBroken ||= threshold !== undefined && precise.get(threshold.from)! < wanted;
    }
    if (isBroken) brokenOnes++;
    if (isShown) shownOnes++;
  }
  return { broken: brokenOnes / CHANNELS, shown: shownOnes / CHANNELS };
}

describe('looked at after each label, in 150 channels', () => {
  test.each([
    ['a little less precise than wanted at every score', 0.8, () => 0.79],
    ['precise at high scores only', 0.8, (score: number) => 0.25 + 0.7 * score],
    ['hardly precise enough, and wanted nearly always right', 0.95, () => 0.945],
  ] as [string, number, (score: number) => number][])('%s: the promise is broken in 1 of 20 at most', (_, wanted, chanceAt) => {
    expect(broken(wanted, chanceAt).broken).toBeLessThanOrEqual(ALPHA);
  });

  test('a channel that is much more precise than wanted is shown before long', () => {
    const { broken: none, shown } = broken(0.8, (score) => (score < 0.5 ? 0.2 : 0.97));
    expect(none).toBe(0);
    expect(shown).toBeGreaterThan(0.95);
  });
});

test('the evidence has mean 1 at most under any precision that is not above the one held against', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 0.99, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 60 }),
      (wanted, share, n) => {
        const chance = wanted * share;
        let mean = 0;
        let binomial = (1 - chance) ** n;
        for (let right = 0; right <= n; right++) {
          mean += binomial * evidence(right, n, wanted);
          if (chance < 1) binomial *= (((n - right) / (right + 1)) * chance) / (1 - chance);
        }
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      },
    ),
  );
});

test('the lower bound is below what was seen, and comes nearer with more of the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 200 }), (right, wrong) => {
      const bound = lowerBound(right, right + wrong);
      expect(bound).toBeGreaterThanOrEqual(0);
      expect(bound).toBeLessThan(right / (right + wrong));
      expect(lowerBound(right * 4, (right + wrong) * 4)).toBeGreaterThanOrEqual(bound);
    }),
  );
});

test('of the scores that hold the smallest is taken; what holds no longer is not', () => {
  const right = (score: number, n: number): Judged[] => Array.from({ length: n }, () => ({ score, right: true }));
  const wrong = (score: number, n: number): Judged[] => right(score, n).map((one) => ({ ...one, right: false }));
  expect(thresholdFor([], 0.8)).toBeUndefined();
  expect(thresholdFor(right(0.95, 28), 0.8)).toBeUndefined();
  expect(thresholdFor(right(0.95, 29), 0.8)).toMatchObject({ from: 0.5 });
  expect(thresholdFor([...wrong(0.65, 20), ...right(0.95, 29)], 0.8)).toMatchObject({ from: 0.7 });
  expect(thresholdFor([...right(0.95, 300), ...wrong(0.95, 12)], 0.8)).toBeUndefined();
  expect(thresholdFor(right(0.4, 300), 0.8)).toBeUndefined();
});
