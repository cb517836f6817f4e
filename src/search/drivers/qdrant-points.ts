/** Points as Qdrant keeps them: words as a sparse vector for finding and as codes for exact scores. */
import type { Schemas } from '@qdrant/js-client-rest';
import { impactsOf, repeatedWeight, weightedLength } from '../bm25.ts';
import type { Point, SearchQuery } from '../search-index.ts';
import { encodeTerms, termCode } from '../term-codes.ts';

export const WORDS = 'words';
export const MEANING = 'meaning';

/** What searches filter by; each has an index. */
export interface FilterFields {
  document: string;
  kind: Point['kind'];
  readers: number;
}

/** What is kept of a point in the collection of words. */
export interface WordsPayload extends FilterFields {
  /** Weighted length, for the average. */
  length: number;
  /** `encodeTerms` as base64 of little-endian numbers. */
  codes: string;
}

export const FILTER_FIELDS = ['document', 'kind', 'readers'] as const;

/** A dimension that no query asks for: a point without a word counts, too, in how many there are. */
const NO_WORD = 0;

/** Rounded, so that it is the same number here and there, and short on the way. */
const valueOf = (impact: number): number => Math.round(impact * 1e4) / 1e4;

/** A point for the collection of words, and about how many bytes it takes on the way. */
export function wordsPoint(point: Point): { point: Schemas['PointStruct']; bytes: number } {
  const codes = encodeTerms(point.terms);
  const indices: number[] = [];
  const values: number[] = [];
  for (const [code, impact] of impactsOf(codes)) {
    indices.push(code);
    values.push(valueOf(impact));
  }
  if (indices.length === 0) {
    indices.push(NO_WORD);
    values.push(1);
  }
  const payload: WordsPayload = {
    document: point.documentId,
    kind: point.kind,
    readers: point.readerSet,
    length: weightedLength(codes),
    codes: Buffer.from(codes.buffer).toString('base64'),
  };
  return {
    point: { id: point.id, vector: { [WORDS]: { indices, values } }, payload: { ...payload } },
    bytes: 300 + payload.codes.length + indices.length * 18,
  };
}

/** A point for the collection of one model's vectors, and about how many bytes it takes on the way. */
export function meaningPoint(id: string, vector: Float32Array, fields: FilterFields): { point: Schemas['PointStruct']; bytes: number } {
  const { document, kind, readers } = fields;
  return {
    point: { id, vector: { [MEANING]: Array.from(vector) }, payload: { document, kind, readers } },
    bytes: 300 + vector.length * 22,
  };
}

export function codesOf(payload: unknown): Uint32Array {
  const bytes = Buffer.from((payload as WordsPayload).codes, 'base64');
  return new Uint32Array(new Uint8Array(bytes).buffer);
}

/** How rare Qdrant takes a term to be, from the score of a point that was found by it alone. */
export function rarityFrom(score: number, code: number, codes: Uint32Array): number {
  return score / Math.fround(valueOf(impactsOf(codes).get(code) ?? 1));
}

/** How many of `total` points hold a term of a rarity (`rarity` of bm25.ts, which is Qdrant's `idf` too, the other way round). */
export function foundFrom(rarity: number, total: number): number {
  return Math.min(total, Math.max(1, Math.round((total + 1) / Math.exp(rarity) - 0.5)));
}

/** The query's words; Qdrant multiplies each by its rarity. */
export function wordsQuery(query: SearchQuery): { indices: number[]; values: number[] } {
  const weights = new Map<number, number>();
  for (const { term, weight } of query.terms.terms) {
    const code = termCode(term);
    weights.set(code, (weights.get(code) ?? 0) + repeatedWeight(weight));
  }
  return { indices: [...weights.keys()], values: [...weights.values()] };
}

export const onlyWord = (code: number): { indices: number[]; values: number[] } => ({ indices: [code], values: [1] });

/** Who may read and what is asked for; part of the query. */
export function filterOf(query: SearchQuery, ids?: string[]): Schemas['Filter'] {
  return {
    must: [
      { key: 'readers', match: { any: query.readerSets } },
      { key: 'kind', match: { any: query.kinds } },
      ...(ids ? [{ has_id: ids }] : []),
    ],
    ...(query.exceptDocuments?.length ? { must_not: [{ key: 'document', match: { any: query.exceptDocuments } }] } : {}),
  };
}
