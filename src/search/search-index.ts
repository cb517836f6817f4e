/** The search port: an index of passages by words and meaning. Disposable; the catalog is the truth. */
import type { PassageTerms, QueryTerms } from './analyzer.ts';

/** One searchable thing. The index keeps ids, terms, vectors, kind and reader set, and no text. */
export interface Point {
  /** The passage's id (uuid). */
  id: string;
  documentId: string;
  kind: 'passage' | 'verified' | 'question';
  /** Number of the interned reader set. */
  readerSet: number;
  terms: PassageTerms;
  /** Normalised to length 1; absent where no embedding model is configured. */
  vector?: Float32Array;
}

export interface SearchQuery {
  terms: QueryTerms;
  /** Normalised to length 1; absent: words only. */
  vector?: Float32Array;
  kinds: Point['kind'][];
  /** Only points of these reader sets are found; part of the query, not a filter on its result. Empty finds nothing. */
  readerSets: number[];
  /** How many hits of each kind of search, at most. */
  limit: number;
  /** Leave these documents out (calibration asks a document's own headings with the document left out). */
  exceptDocuments?: string[];
}

export interface SearchHit {
  id: string;
  documentId: string;
  /** BM25-like for words, cosine for meaning; higher is better; comparable within one query only. */
  score: number;
}

export interface SearchResult {
  words: SearchHit[];
  /** Empty when the query carried no vector. */
  meaning: SearchHit[];
  /** How many points the index holds, and in how many of them each term of the query stands. */
  total: number;
  documentFrequency: Record<string, number>;
}

export interface SearchIndex {
  /** Idempotent by id; on return the points are found by the next search. */
  put(points: Point[], signal?: AbortSignal): Promise<void>;
  /** Idempotent; unknown ids are fine. */
  drop(ids: string[], signal?: AbortSignal): Promise<void>;
  search(query: SearchQuery, signal?: AbortSignal): Promise<SearchResult>;
  /** Gets ready for searching, for a server that has time before the first question; searches meanwhile are answered. */
  warm(): Promise<void>;
  /** All ids, in pages, for `doctor` to measure drift and for sweeping leftovers. */
  ids(after: string | undefined, limit: number): Promise<string[]>;
  count(): Promise<number>;
  /** Small facts about the index itself: analyzer version, embedding model, calibration. */
  getMeta(key: string): Promise<string | undefined>;
  setMeta(key: string, value: string): Promise<void>;
  close(): Promise<void>;
}
