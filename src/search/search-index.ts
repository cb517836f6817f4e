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
  /** Normalised to length 1, of the active model; absent where it comes later (`putVectors`) or never. */
  vector?: Float32Array;
}

export interface SearchQuery {
  terms: QueryTerms;
  /** Normalised to length 1; absent: words only. */
  vector?: Float32Array;
  /** The model that `vector` is of; when it is not the active one (any more), `meaning` is empty rather than wrong. */
  vectorModel?: string;
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
  /**
   * What the other search would give this hit, where both were asked: the exact cosine for a hit of `words` that has a
   * vector, the exact word score for a hit of `meaning` (0: it holds none of the words). A driver that cannot leaves it out.
   */
  other?: number;
  /** On a hit of `words`, where a vector was asked for: the point has none of the active model yet. */
  noVector?: true;
}

export interface SearchResult {
  words: SearchHit[];
  /** Empty when the query carried no vector, or one of another model or length than the active one's. */
  meaning: SearchHit[];
  /** How many points the index holds, and in how many of them each term of the query stands. */
  total: number;
  documentFrequency: Record<string, number>;
}

export interface VectorEntry {
  id: string;
  vector: Float32Array;
}

/** How far the vectors of each model are. */
export interface VectorModels {
  /** The model that searches use; undefined until one is activated or a point comes with a vector. */
  active: string | undefined;
  /** `dimension` is 0 while a model has no vectors. */
  models: { model: string; vectors: number; dimension: number }[];
  /** Points that could have a vector: all. */
  points: number;
}

/** An index that is built beside the one in use. */
export interface Rebuild {
  /** Empty at first; has everything but a `rebuild` of its own. Nobody else sees what is written here. */
  index: SearchIndex;
  /**
   * From here on this is the index, for everyone who has it open: nobody's search fails or waits, and those of others may
   * be answered from the old one for some seconds more (`warm` makes sure of the new one). `index` is closed.
   * Killed at any moment, either the old one or this one is the index, whole.
   * @throws AppError when another rebuilding has begun meanwhile; the old one stays
   */
  swap(signal?: AbortSignal): Promise<void>;
  /** Takes away what was built. After `swap`: nothing. */
  discard(): Promise<void>;
}

export interface SearchIndex {
  /**
   * Idempotent by id; on return the points are found by the next search. A point that is there is replaced, and its
   * vectors of every model go. A `vector` is of the active model; where none is, that which the fact `embeddingModel`
   * names ('' when there is none) becomes it.
   * @throws AppError `search.dimension` when a vector has another length than those of its model
   */
  put(points: Point[], signal?: AbortSignal): Promise<void>;
  /**
   * Sets the vectors (normalised to length 1) of points that are there; ids that are not are ignored. Idempotent;
   * touches no words. A model that is not active is built beside: no search uses it.
   * @throws AppError `search.dimension` when a vector has another length than those of the model
   */
  putVectors(model: string, entries: VectorEntry[], signal?: AbortSignal): Promise<void>;
  /** Ids of points of any kind that have no vector of the model, in id order, in pages; none left: fewer than `limit`. */
  withoutVector(model: string, after: string | undefined, limit: number): Promise<string[]>;
  vectorModels(): Promise<VectorModels>;
  /**
   * From now on searches use this model's vectors, were there none yet; those of every other model are dropped. Whoever
   * else has the index open searches by it from his next search.
   */
  activate(model: string): Promise<void>;
  /** Idempotent; unknown ids are fine. */
  drop(ids: string[], signal?: AbortSignal): Promise<void>;
  /** @throws AppError `search.unavailable` (retryable) while a server does not answer, or has lost the index and it is not filled again */
  search(query: SearchQuery, signal?: AbortSignal): Promise<SearchResult>;
  /** Gets ready for searching, for a server that has time before the first question; searches meanwhile are answered. */
  warm(): Promise<void>;
  /** All ids, in pages, for `doctor` to measure drift and for sweeping leftovers. */
  ids(after: string | undefined, limit: number): Promise<string[]>;
  count(): Promise<number>;
  /** Small facts about the index itself: analyzer version, embedding model, calibration. */
  getMeta(key: string): Promise<string | undefined>;
  setMeta(key: string, value: string): Promise<void>;
  /**
   * Begins to build a new index beside this one, whose searches and writes go on. What is written to this one meanwhile
   * does not reach the new one. There is one at a time: a later one ends an earlier, also one that was cut short.
   */
  rebuild(): Promise<Rebuild>;
  close(): Promise<void>;
}
