/** Points and queries with defaults, for the search port's suites. */
import { analyzePassage, analyzeQuery } from '../../src/search/analyzer.ts';
import type { Point, SearchHit, SearchIndex, SearchQuery } from '../../src/search/search-index.ts';

interface PointOptions {
  title?: string;
  headingPath?: string[];
  document?: string;
  kind?: Point['kind'];
  readerSet?: number;
  language?: string;
  vector?: number[];
}

/** A point over a text, with defaults. */
export function pointOf(id: string, text: string, options: PointOptions = {}): Point {
  const { title = '', headingPath = [], document = `document-${id}`, kind = 'passage', readerSet = 1, language = 'en', vector } = options;
  const terms = analyzePassage({ title, headingPath, text }, language);
  return { id, documentId: document, kind, readerSet, terms, ...(vector ? { vector: unit(vector) } : {}) };
}

/** A query with defaults: passages of reader set 1. */
export function queryOf(text: string, options: Partial<SearchQuery> = {}, languages: string[] = ['en']): SearchQuery {
  return { terms: analyzeQuery(text, languages), kinds: ['passage'], readerSets: [1], limit: 10, ...options };
}

export function unit(values: number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

export const idsOf = (hits: SearchHit[]): string[] => hits.map((hit) => hit.id);

/** What registers tests: vitest's own functions, or a collector that shows that the suite can fail. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it: {
    (name: string, body: () => Promise<void>): void;
    each<R extends readonly unknown[]>(rows: R[]): (name: string, body: (...row: R) => Promise<void>) => void;
  };
  afterEach(body: () => Promise<void>): void;
}

/** Stores for one test each, closed and taken away after it. */
export interface Stores {
  /** A new store; `open` called again gives a second instance over it. */
  store(): { open(): SearchIndex };
  fresh(...points: Point[]): Promise<SearchIndex>;
}
