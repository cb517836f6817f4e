/** What a thread said before counts beside a message's own words, and for less. Pure. */
import { analyzeQuery, type QueryTerms } from '../search/analyzer.ts';

/** Words searched beside the question's own; `weight` is of each of them, where one of the question's own has 1. */
export interface Beside {
  text: string;
  weight: number;
}

/**
 * The terms of a query and, for less, those of the texts beside it that it does not have itself.
 * @param languages those of the index's documents, most common first
 */
export function withBeside(own: QueryTerms, beside: Beside[], languages: string[]): QueryTerms {
  if (beside.length === 0) return own;
  const known = new Set(own.terms.map(({ term }) => term));
  const added = new Map<string, number>();
  for (const { text, weight } of beside)
    for (const { term, weight: times } of analyzeQuery(text, languages).terms)
      if (!known.has(term)) added.set(term, Math.max(added.get(term) ?? 0, weight * Math.min(1, times)));
  return { terms: [...own.terms, ...[...added].map(([term, weight]) => ({ term, weight }))], pairs: own.pairs };
}
