/** Figures of ranked lists. */

/** nDCG at `k` with gain 2^rel − 1 and discount log2(rank + 1) (Burges et al. 2005), as BEIR's trec_eval with binary relevance. */
export function ndcg(ranked: string[], relevant: Map<string, number>, k: number): number {
  const gain = (relevance: number, rank: number): number => (2 ** relevance - 1) / Math.log2(rank + 2);
  const ideal = [...relevant.values()]
    .sort((a, b) => b - a)
    .slice(0, k)
    .reduce((sum, r, rank) => sum + gain(r, rank), 0);
  return ideal === 0 ? 0 : ranked.slice(0, k).reduce((sum, id, rank) => sum + gain(relevant.get(id) ?? 0, rank), 0) / ideal;
}

/** Share of the relevant documents among the first `k`. */
export function recall(ranked: string[], relevant: Map<string, number>, k: number): number {
  return ranked.slice(0, k).filter((id) => relevant.has(id)).length / relevant.size;
}

/** The value below which a share of the values lies; `share` from 0 to 1. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

export function mean(values: number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, v) => sum + v, 0) / values.length;
}

export const rounded = (value: number, digits = 4): number => Number(value.toFixed(digits));
