/** Words and meaning become one order: a convex combination of normalised scores, for every driver alike. */
import type { SearchHit } from '../search/search-index.ts';

export interface FusedHit {
  id: string;
  documentId: string;
  /** On the scale of the word scores where words found anything, so that it means the same with and without meaning. */
  score: number;
  /** Cosine, where meaning found it. */
  meaning?: number;
}

/**
 * Min-max normalises each list within itself and adds them with a weight.
 * @param meaningWeight 0 (words alone) to 1 (meaning alone). Reference: words-and-quotes, "Hybrid": a convex combination
 *   never lost to words alone, equal-weight rank fusion did.
 */
export function fuse(words: SearchHit[], meaning: SearchHit[], meaningWeight: number): FusedHit[] {
  if (meaning.length === 0) return words.map(({ id, documentId, score }) => ({ id, documentId, score }));
  const wordShare = normaliser(words);
  const meaningShare = normaliser(meaning);
  const all = new Map<string, FusedHit>();
  const top = Math.max(1, ...words.slice(0, 1).map((h) => h.score));
  for (const hit of words) all.set(hit.id, { id: hit.id, documentId: hit.documentId, score: (1 - meaningWeight) * wordShare(hit.score) });
  for (const hit of meaning) {
    const fused = all.get(hit.id) ?? { id: hit.id, documentId: hit.documentId, score: 0 };
    fused.score += meaningWeight * meaningShare(hit.score);
    fused.meaning = hit.score;
    all.set(hit.id, fused);
  }
  return [...all.values()].map((h) => ({ ...h, score: h.score * top })).sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

/** The last of a list counts as nothing, the first as all. */
function normaliser(hits: SearchHit[]): (score: number) => number {
  const high = hits[0]?.score ?? 0;
  const low = hits.at(-1)?.score ?? 0;
  return (score) => (high > low ? (score - low) / (high - low) : 1);
}
