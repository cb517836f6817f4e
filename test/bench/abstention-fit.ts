/** Logistic regression over the features of sufficient.ts, by Newton's method. Every set counts alike, its kinds by fixed shares. */
import type { Features } from '../../src/ask/sufficient.ts';

export interface Labelled {
  set: string;
  half: number;
  kind: 'answerable' | 'labelled' | 'removed';
  /** False where words do not find the page: that the question has an answer then teaches nothing. Counted in all figures. */
  teaches: boolean;
  features: Features;
}

const names = ['match', 'lead', 'density', 'titleNamed', 'titleHolds'] as const;
/** Of the unanswerable half of a set's weight. */
const shares = { labelled: 0.75, removed: 0.25 };
/** Sets whose labels are people's, and many. */
const setWeights: Record<string, number> = { 'clapnq-dev-en': 2, 'lihua-chat-en': 1.3 };
const ridge = 0.003;

export type Fitted = Features & { bias: number };

export function scoreBy(weights: Fitted, features: Features): number {
  return names.reduce((total, name) => total + weights[name] * features[name], weights.bias);
}

/** Weights on the features' own scale; the ridge is on standardised ones. */
export function fit(all: Labelled[]): Fitted {
  const rows = all.filter((row) => row.teaches);
  const count = (set: string, kind: Labelled['kind']): number => rows.filter((row) => row.set === set && row.kind === kind).length;
  const counts = new Map(
    rows.map(({ set }) => [
      set,
      { answerable: count(set, 'answerable'), labelled: count(set, 'labelled'), removed: count(set, 'removed') },
    ]),
  );
  const raw = rows.map(({ set, kind }) => {
    const of = counts.get(set)!;
    const kinds = (of.labelled > 0 ? shares.labelled : 0) + (of.removed > 0 ? shares.removed : 0);
    const share = kind === 'answerable' ? 1 : shares[kind] / kinds;
    return (share / of[kind]) * Math.min(1, Math.sqrt(of.answerable / 100)) * (setWeights[set] ?? 1);
  });
  const whole = raw.reduce((a, b) => a + b, 0);
  const weight = raw.map((one) => one / whole);
  const mean = names.map((name) => rows.reduce((total, row) => total + row.features[name], 0) / rows.length);
  const spread = names.map(
    (name, i) => Math.sqrt(rows.reduce((total, row) => total + (row.features[name] - mean[i]!) ** 2, 0) / rows.length) || 1,
  );
  const x = rows.map((row) => [1, ...names.map((name, i) => (row.features[name] - mean[i]!) / spread[i]!)]);
  const size = names.length + 1;
  const b = Array.from({ length: size }, () => 0);
  for (let round = 0; round < 20; round++) {
    const matrix = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size + 1 }, (__, j) => (i === j ? (i === 0 ? 1e-9 : ridge) : j === size && i > 0 ? ridge * b[i]! : 0)),
    );
    x.forEach((row, n) => {
      const p = 1 / (1 + Math.exp(-row.reduce((total, value, i) => total + value * b[i]!, 0)));
      const error = (p - (rows[n]!.kind === 'answerable' ? 1 : 0)) * weight[n]!;
      for (let i = 0; i < size; i++) {
        matrix[i]![size]! += error * row[i]!;
        for (let j = 0; j < size; j++) matrix[i]![j]! += p * (1 - p) * weight[n]! * row[i]! * row[j]!;
      }
    });
    solve(matrix).forEach((step, i) => (b[i]! -= step));
  }
  const fitted = Object.fromEntries(names.map((name, i) => [name, b[i + 1]! / spread[i]!])) as unknown as Features;
  return { bias: b[0]! - names.reduce((total, name, i) => total + fitted[name] * mean[i]!, 0), ...fitted };
}

/** Gauss and Jordan, on the matrix with its right side as the last column. */
function solve(matrix: number[][]): number[] {
  const size = matrix.length;
  for (let i = 0; i < size; i++) {
    for (let r = 0; r < size; r++) {
      if (r === i) continue;
      const factor = matrix[r]![i]! / matrix[i]![i]!;
      for (let c = i; c <= size; c++) matrix[r]![c]! -= factor * matrix[i]![c]!;
    }
  }
  return matrix.map((row, i) => row[size]! / row[i]!);
}
