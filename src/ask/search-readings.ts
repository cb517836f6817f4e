/** Search for a question and for the same question in other words: a passage counts as the best reading finds it, not once for each. */
import { rarity } from '../search/bm25.ts';
import type { QueryTerms } from '../search/analyzer.ts';
import type { SearchHit, SearchIndex, SearchQuery, SearchResult } from '../search/search-index.ts';

/** Of a passage that another reading finds, beside one that the question's own words find as well. */
export const READING_WEIGHT = 0.7;

/**
 * @param query with the question's own words
 * @param readings each a whole question; none: the plain search
 * @returns as the index does; frequencies of all readings' terms
 */
export async function searchReadings(
  query: SearchQuery,
  readings: QueryTerms[],
  index: SearchIndex,
  signal: AbortSignal,
): Promise<SearchResult> {
  const found = await index.search(query, signal);
  if (readings.length === 0) return found;
  const own = mostFor(query.terms, found);
  const best = new Map(found.words.map((hit) => [hit.id, hit]));
  const documentFrequency = { ...found.documentFrequency };
  for (const terms of readings) {
    const other = await index.search({ ...query, terms }, signal);
    Object.assign(documentFrequency, other.documentFrequency);
    // Three words for one would count three times: what is said in other words weighs no more than what was said.
    const scale = READING_WEIGHT * Math.min(1, own / Math.max(mostFor(terms, other), Number.EPSILON));
    for (const hit of other.words) {
      const score = hit.score * scale;
      if (score > (best.get(hit.id)?.score ?? 0)) best.set(hit.id, { ...hit, score });
    }
  }
  const words: SearchHit[] = [...best.values()].sort((a, b) => b.score - a.score).slice(0, query.limit);
  return { ...found, words, documentFrequency };
}

/** What a passage that holds every word of a query would score, up to a factor that is the same for all. */
export function mostFor(terms: QueryTerms, { total, documentFrequency }: SearchResult): number {
  return terms.terms.reduce((sum, { term, weight }) => sum + weight * rarity(documentFrequency[term] ?? 0, total), 0);
}
