/**
 * From which score on a channel's answers are right often enough, told from labelled ones. Pure.
 *
 * The labels are looked at again and again while they come, and the score is chosen by the same labels. A bound for one look
 * at one score (Wilson's, say) would promise too much: it is crossed by luck sooner or later. So the evidence is an
 * e-process: held against "the precision is at most what is wanted", its mean stays at or below 1 however often one looks,
 * and it reaches 1/α at any time with probability α at most (Ville 1939; Robbins 1970, "Statistical methods related to the
 * law of the iterated logarithm"; Ramdas et al. 2023, "Game-theoretic statistics and safe anytime-valid inference"). The
 * scores to choose from are fixed beforehand and share α among them (Bonferroni).
 */

export interface Judged {
  /** 0 to 1. */
  score: number;
  right: boolean;
}

export interface Threshold {
  /** From this score on. */
  from: number;
  /** What the precision there is at least, with the confidence. */
  lowerBound: number;
}

/** How likely it is, at most, that a channel is ever shown answers of less precision than was wanted. */
export const ALPHA = 0.05;
/** Scores to choose from; an answer of less is one that the passages hardly support. */
export const SCORES = [0.5, 0.6, 0.7, 0.8, 0.9];
const EVIDENCE = SCORES.length / ALPHA;
/** Precisions above the one held against that the evidence bets on, spread evenly. */
const BETS = 30;
/** Answers looked at for whether it still holds, and the deviations of one-sided 95 %. */
const RECENT = 30;
const Z = 1.645;

/**
 * The evidence against "the precision is at most `wanted`": a mean of likelihood ratios, each of which has mean 1 at most
 * under any such precision.
 * @param right of `n` answers
 */
export function evidence(right: number, n: number, wanted: number): number {
  let sum = 0;
  for (let i = 0; i < BETS; i++) {
    const bet = wanted + ((1 - wanted) * (i + 0.5)) / BETS;
    sum += Math.exp(right * Math.log(bet / wanted) + (n - right) * Math.log((1 - bet) / (1 - wanted)));
  }
  return sum / BETS;
}

/** The precision that so many right answers show at least, at the confidence of one of the scores; 0 where they show none. */
export function lowerBound(right: number, n: number): number {
  if (n === 0) return 0;
  let low = 0;
  let high = right / n;
  while (high - low > 1e-4) {
    const middle = (low + high) / 2;
    if (evidence(right, n, middle) >= EVIDENCE) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The smallest score from which on the answers are shown to be right as often as wanted, and have not ceased to be.
 * @param judged in the order of their judging
 * @param wanted 0 to 1, exclusive
 * @returns undefined where the labels do not show it, or do not any more
 */
export function thresholdFor(judged: readonly Judged[], wanted: number): Threshold | undefined {
  for (const from of SCORES) {
    const shown = judged.filter((one) => one.score >= from);
    const right = shown.filter((one) => one.right).length;
    if (evidence(right, shown.length, wanted) < EVIDENCE) continue;
    if (hasCeased(shown.slice(-RECENT), wanted)) continue;
    return { from, lowerBound: Math.max(wanted, lowerBound(right, shown.length)) };
  }
  return undefined;
}

/** Documents and questions change: what was right so often before may not be now. The upper bound is Wilson's (1927). */
function hasCeased(recent: readonly Judged[], wanted: number): boolean {
  const n = recent.length;
  const share = recent.filter((one) => one.right).length / n;
  const upper = (share + Z ** 2 / (2 * n) + Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2))) / (1 + Z ** 2 / n);
  return upper < wanted;
}
