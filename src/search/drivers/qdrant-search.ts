/**
 * A search over one generation: candidates by Qdrant's sparse vectors, then the exact scores that every driver gives,
 * from the codes that come along; nearest vectors beside it; and what each kind of search would give the other's hits.
 */
import type { Schemas } from '@qdrant/js-client-rest';
import { codeQuery, rarity, scorePassages } from '../bm25.ts';
import type { SearchHit, SearchQuery, SearchResult } from '../search-index.ts';
import { termCode } from '../term-codes.ts';
import type { Collections, Generation } from './qdrant-collections.ts';
import { vectorsName } from './qdrant-collections.ts';
import { codesOf, filterOf, foundFrom, MEANING, onlyWord, rarityFrom, WORDS, wordsQuery, type WordsPayload } from './qdrant-points.ts';
import { isMissing, type QdrantServer } from './qdrant-server.ts';

/** Candidates that are scored exactly, at least (as in SQLite's driver). */
const CANDIDATES = 256;
/** Searches in one request; a managed server may allow no more. */
const BATCH = 100;
/** How long it is taken for known how rare a term is, in ms, and of how many terms. */
const RARITY_MS = 10_000;
const KNOWN_TERMS = 20_000;
/**
 * Ids are hashes, so that the first ones in order are a fair sample of all; every process draws the same. 10,000 tell the
 * average length to about 0.6 % (1,000: scores 1 % off, which swapped near ties: nDCG of a set of 53 questions -.006).
 */
const SAMPLE = 10_000;
const SAMPLE_MS = 600_000;
/** A sample is drawn anew when the index has changed by this share. */
const SAMPLE_DRIFT = 0.1;
/** Vectors looked at exactly for each one wanted, where the server keeps them as bytes. */
const OVERSAMPLING = 2;

const WITH_CODES = ['document', 'codes'];
const WITH_DOCUMENT = ['document'];

interface Candidate {
  id: string;
  document: string;
  codes: Uint32Array;
}

export interface QdrantSearch {
  /**
   * @param now gives the generation as it stands, asked at the same time; undefined: it is another one
   * @returns undefined when it is another generation by now, or gone
   */
  search(
    generation: Generation,
    query: SearchQuery,
    now: () => Promise<Generation | undefined>,
    signal?: AbortSignal,
  ): Promise<SearchResult | undefined>;
  /** What was known of rarity is out of date. */
  forget(): void;
  averageLength(generation: Generation, signal?: AbortSignal): Promise<number>;
}

export function createQdrantSearch(server: QdrantServer, collections: Collections): QdrantSearch {
  /** By collection and code: rarity (undefined: no point holds it), and when that was. */
  const known = new Map<string, { rarity: number | undefined; at: number }>();
  let sample: { collection: string; total: number; average: number; at: number } | undefined;

  const batch = async (
    collection: string,
    searches: Schemas['QueryRequest'][],
    signal?: AbortSignal,
  ): Promise<Schemas['ScoredPoint'][][]> => {
    const parts: Promise<Schemas['QueryResponse'][]>[] = [];
    for (let at = 0; at < searches.length; at += BATCH)
      parts.push(
        server.search(
          (api, init) => api.queryBatchPoints({ collection_name: collection, searches: searches.slice(at, at + BATCH) }, init),
          signal,
        ),
      );
    return (await Promise.all(parts)).flat().map(({ points }) => points);
  };
  const averageLength = async ({ collection, total }: Generation, signal?: AbortSignal): Promise<number> => {
    const drift = sample?.collection === collection ? Math.abs(total - sample.total) : Number.POSITIVE_INFINITY;
    if (sample && drift <= sample.total * SAMPLE_DRIFT && performance.now() - sample.at < SAMPLE_MS) return sample.average;
    const { points } = await server.search(
      (api, init) => api.scrollPoints({ collection_name: collection, limit: SAMPLE, with_payload: ['length'], with_vector: false }, init),
      signal,
    );
    const sum = points.reduce((all, { payload }) => all + (payload as unknown as WordsPayload).length, 0);
    const average = sum / Math.max(points.length, 1);
    sample = { collection, total, average, at: performance.now() };
    return average;
  };

  /** Candidates, and how rare each term of the query is, in one request where the terms are few. */
  const searchWords = async (
    collection: string,
    query: SearchQuery,
    signal?: AbortSignal,
  ): Promise<{ candidates: Candidate[]; rarities: Map<number, number | undefined> }> => {
    const asked = wordsQuery(query);
    const rarities = new Map<number, number | undefined>();
    const unknown = asked.indices.filter((code) => {
      const one = known.get(`${collection} ${code}`);
      const fresh = one !== undefined && performance.now() - one.at < RARITY_MS;
      if (fresh) rarities.set(code, one.rarity);
      return !fresh;
    });
    const searches: Schemas['QueryRequest'][] = unknown.map((code) => ({
      query: onlyWord(code),
      using: WORDS,
      limit: 1,
      with_payload: ['codes'],
    }));
    const gathers = findsSome(query) && asked.indices.length > 0;
    if (gathers)
      searches.push({
        query: asked,
        using: WORDS,
        filter: filterOf(query),
        limit: Math.max(CANDIDATES, query.limit),
        with_payload: WITH_CODES,
      });
    const found = await batch(collection, searches, signal);
    if (known.size + unknown.length > KNOWN_TERMS) known.clear();
    unknown.forEach((code, i) => {
      const hit = found[i]![0];
      const value = hit && rarityFrom(hit.score, code, codesOf(hit.payload));
      rarities.set(code, value);
      known.set(`${collection} ${code}`, { rarity: value, at: performance.now() });
    });
    const candidates = gathers ? found.at(-1)!.map(candidateOf) : [];
    return { candidates, rarities };
  };

  /** Nearest points; undefined: the query's vector is not one of the active model. */
  const searchMeaning = async (generation: Generation, query: SearchQuery, signal?: AbortSignal): Promise<SearchHit[] | undefined> => {
    const { vector, vectorModel } = query;
    const { collection, active } = generation;
    if (!vector || (vectorModel !== undefined && vectorModel !== active)) return undefined;
    if (active === undefined || !findsSome(query)) return [];
    try {
      const { points } = await server.search(
        (api, init) =>
          api.queryPoints(
            {
              collection_name: vectorsName(collection, active, vector.length),
              query: Array.from(vector),
              using: MEANING,
              filter: filterOf(query),
              limit: query.limit,
              params: { quantization: { rescore: true, oversampling: OVERSAMPLING } },
              with_payload: WITH_DOCUMENT,
            },
            init,
          ),
        signal,
      );
      return points.map(({ id, score, payload }) => ({ id: id as string, documentId: payload!['document'] as string, score }));
    } catch (error) {
      if (!isMissing(error)) throw error;
      const others = await collections.vectors(collection, signal);
      return others.some(({ model, vectors }) => model === active && vectors > 0) ? undefined : [];
    }
  };

  /** The cosine of some points; one that has no vector is left out. */
  const cosinesOf = async (
    ids: string[],
    generation: Generation,
    query: SearchQuery,
    signal?: AbortSignal,
  ): Promise<Map<string, number>> => {
    const { active, collection } = generation;
    if (ids.length === 0 || active === undefined) return new Map();
    const { points } = await server
      .search(
        (api, init) =>
          api.queryPoints(
            {
              collection_name: vectorsName(collection, active, query.vector!.length),
              query: Array.from(query.vector!),
              using: MEANING,
              filter: filterOf(query, ids),
              limit: ids.length,
              params: { exact: true },
              with_payload: false,
            },
            init,
          ),
        signal,
      )
      .catch((error: unknown) => {
        if (isMissing(error)) return { points: [] };
        throw error;
      });
    return new Map(points.map(({ id, score }) => [id as string, score]));
  };

  const retrieve = async (ids: string[], collection: string, signal?: AbortSignal): Promise<Candidate[]> => {
    if (ids.length === 0) return [];
    const points = await server.search(
      (api, init) => api.getPoints({ collection_name: collection, ids, with_payload: WITH_CODES, with_vector: false }, init),
      signal,
    );
    return points.map(candidateOf);
  };

  return {
    averageLength,
    forget: () => known.clear(),
    async search(generation, query, now, signal) {
      const { collection } = generation;
      const [{ candidates, rarities }, meaning, average, current] = await Promise.all([
        searchWords(collection, query, signal),
        searchMeaning(generation, query, signal),
        averageLength(generation, signal),
        now(),
      ]);
      if (current?.collection !== collection || current.active !== generation.active) return undefined;
      const { total } = current;
      const frequency = new Map<number, number>();
      for (const [code, value] of rarities) frequency.set(code, value === undefined ? 0 : foundFrom(value, total));
      const coded = codeQuery(query.terms, (code) => rarity(frequency.get(code) ?? 0, total));
      const score = (passages: Candidate[]): Float64Array =>
        scorePassages(
          coded,
          passages.map(({ codes }) => codes),
          total,
          average,
          candidates.length,
        );
      const exact = score(candidates);
      const order = candidates.map((_, i) => i).sort((a, b) => exact[b]! - exact[a]! || (candidates[a]!.id < candidates[b]!.id ? -1 : 1));
      const words: SearchHit[] = order.slice(0, query.limit).map((i) => ({
        id: candidates[i]!.id,
        documentId: candidates[i]!.document,
        score: exact[i]!,
      }));
      if (meaning) {
        const gathered = new Set(candidates.map(({ id }) => id));
        const near = new Map(meaning.map((hit) => [hit.id, hit.score]));
        const [more, cosines] = await Promise.all([
          retrieve(
            meaning.map(({ id }) => id).filter((id) => !gathered.has(id)),
            collection,
            signal,
          ),
          cosinesOf(
            words.map(({ id }) => id).filter((id) => !near.has(id)),
            generation,
            query,
            signal,
          ),
        ]);
        // How rare a pair is, the candidates tell, which come first.
        const all = [...candidates, ...more];
        const scores = score(all);
        const scoreOf = new Map(all.map(({ id }, i) => [id, scores[i]!]));
        for (const hit of meaning) hit.other = scoreOf.get(hit.id) ?? 0;
        for (const hit of words) {
          const cosine = near.get(hit.id) ?? cosines.get(hit.id);
          if (cosine === undefined) hit.noVector = true;
          else hit.other = cosine;
        }
      }
      return {
        words,
        meaning: meaning ?? [],
        total,
        documentFrequency: Object.fromEntries(query.terms.terms.map(({ term }) => [term, frequency.get(termCode(term)) ?? 0])),
      };
    },
  };
}

const findsSome = ({ limit, kinds, readerSets }: SearchQuery): boolean => limit > 0 && kinds.length > 0 && readerSets.length > 0;

const candidateOf = ({ id, payload }: { id: string | number; payload?: unknown }): Candidate => ({
  id: id as string,
  document: (payload as WordsPayload).document,
  codes: codesOf(payload),
});
