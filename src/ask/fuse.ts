/** Words and meaning become one order: a convex combination of normalised scores, for every driver alike. */
import type { SearchHit } from '../search/search-index.ts';

export interface FusedHit {
  id: string;
  documentId: string;
  /** On the scale of the word scores where words found anything, so that it means the same with and without meaning. */
  score: number;
  /** Score by words alone, where meaning was searched as well; 0 or absent: no word is shared, or none that counts. */
  words?: number;
  /** Cosine, where it is known. */
  meaning?: number;
}

/** The cosine at this place of the list by meaning counts as nothing, the first as all: what is beyond it is noise. */
const MEANING_DEPTH = 36;

/**
 * A word score counts as its share of the best one, a cosine by its place between the best and that of rank 36; a hit that
 * one list alone holds has its exact score by the other (`other`), where the driver gives it. Reference: words-and-quotes,
 * "Hybrid": a convex combination never lost to words alone, equal-weight rank fusion did. Exact scores instead of nothing
 * for what the other list does not hold: paraphrased questions, right page among the first ten, .50 → .67 (`npm run bench
 * -- --only fusion`).
 * @param meaningWeight 0 (words alone) to 1 (meaning alone)
 */
export function fuse(words: SearchHit[], meaning: SearchHit[], meaningWeight: number): FusedHit[] {
  if (meaning.length === 0) return words.map(({ id, documentId, score }) => ({ id, documentId, score }));
  const best = words[0]?.score ?? 0;
  const high = meaning[0]!.score;
  const low = meaning[Math.min(MEANING_DEPTH, meaning.length) - 1]!.score;
  const wordShare = (score: number): number => (best > 0 ? score / best : 0);
  const meaningShare = (cosine: number): number => (high > low ? (cosine - low) / (high - low) : 1);
  const scale = Math.max(1, best);
  const all = new Map<string, FusedHit>();
  const add = ({ id, documentId }: SearchHit, wordScore: number, cosine: number | undefined, noVector: boolean): void => {
    const byWords = wordShare(wordScore);
    // While its vector is still to come, a passage is taken to mean as much as its words say.
    const byMeaning = cosine !== undefined ? meaningShare(cosine) : noVector ? byWords : 0;
    const score = scale * ((1 - meaningWeight) * byWords + meaningWeight * byMeaning);
    all.set(id, { id, documentId, score, words: wordScore, ...(cosine === undefined ? {} : { meaning: cosine }) });
  };
  const cosines = new Map(meaning.map((hit) => [hit.id, hit.score]));
  for (const hit of words) add(hit, hit.score, cosines.get(hit.id) ?? hit.other, hit.noVector ?? false);
  for (const hit of meaning) if (!all.has(hit.id)) add(hit, hit.other ?? 0, hit.score, false);
  return [...all.values()].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}
