/** A question's passages: words and meaning searched for the audience, fused, and read from the catalog, which has the last word. */
import { breathe } from '../clock.ts';
import type { Catalog } from '../catalog/database.ts';
import { hydratePassages } from '../catalog/passages.ts';
import type { Embedder, MeaningWeight } from '../models/embedder.ts';
import { detectLanguage, type QueryTerms } from '../search/analyzer.ts';
import type { SearchIndex, SearchResult } from '../search/search-index.ts';
import type { Log } from '../types.ts';
import { withBeside, type Beside } from './beside.ts';
import { fuse } from './fuse.ts';
import { extendQuestion, type Note } from './own-words.ts';
import type { Hit, SearchStatistics } from './passage-match.ts';
import { mostFor, searchReadings } from './search-readings.ts';

export interface RetrieveDeps {
  db: Catalog;
  index: SearchIndex;
  /** Of the model whose vectors the index searches by; absent: words alone. */
  embedder?: Embedder;
  log: Log;
}

export interface RetrieveInput {
  text: string;
  /** Searched by words beside the text, for less. */
  beside?: Beside[];
  /** What is embedded instead of the text. */
  meaning?: string;
  /** Languages of the documents, most common first. */
  languages: string[];
  readerSets: number[];
  /** Passages wanted, at most. */
  limit: number;
  exceptDocuments?: string[];
  /** `words` or `meaning` alone, for measuring. */
  only?: 'words' | 'meaning';
}

export interface Retrieved {
  hits: Hit[];
  statistics: SearchStatistics;
  /** True when an embedder is configured but did not answer. */
  meaningFailed: boolean;
  /** What was searched for beside what the question says; empty: nothing. */
  notes: Note[];
  /** The question as the documents would put it; the text itself without notes. */
  reading: string;
}

/** A model that is being loaded, or an endpoint that is slow, is not waited for longer: words answer alone. */
const EMBED_MS = 5_000;
/** Of a model that was not measured: careful. */
const UNKNOWN_WEIGHT: MeaningWeight = { matched: 0.1, unmatched: 0.5 };
/** Words of another language find names and numbers, and little else. */
const FOREIGN_WEIGHT: MeaningWeight = { matched: 0.9, unmatched: 0.9 };
/** The best passage's word score as a share of the question's weight: up to the first its words say little, from the second on enough. */
const MATCH = { little: 0.3, enough: 0.6 };
/** More than is wanted is asked for: what is no longer current is dropped when it is read. */
const OVERFETCH = 1.5;

/** Passages that the reader sets open, best first. A failing embedder leaves words alone, and says so. */
export async function retrieve(input: RetrieveInput, deps: RetrieveDeps, signal: AbortSignal): Promise<Retrieved> {
  const extended = await extendQuestion(input, deps, signal);
  const [terms, ...readings] = [extended.words, ...extended.readings].map((one) => withBeside(one, input.beside ?? [], input.languages));
  let vector: Float32Array | undefined;
  let meaningFailed = false;
  const weight = deps.embedder && input.only !== 'words' ? weightOf(deps.embedder, input) : undefined;
  if (deps.embedder && weight && input.text.trim() !== '') {
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(EMBED_MS)]);
      [vector] = await deps.embedder.embed([input.meaning ?? extended.meaning], 'query', patience);
    } catch (error) {
      if (signal.aborted) throw error;
      deps.log.warn({ code: (error as { code?: string }).code }, 'the question could not be embedded; searching by words');
      meaningFailed = true;
    }
  }
  const found = await searchReadings(
    {
      terms: terms!,
      kinds: ['passage'],
      readerSets: input.readerSets,
      limit: Math.ceil(input.limit * OVERFETCH),
      ...(vector ? { vector, vectorModel: deps.embedder!.model } : {}),
      ...(input.exceptDocuments ? { exceptDocuments: input.exceptDocuments } : {}),
    },
    readings,
    deps.index,
    signal,
  );
  await breathe();
  const share = input.only === 'meaning' ? 1 : weight ? weightFor(weight, terms!, found) : 0;
  const fused = fuse(input.only === 'meaning' ? [] : found.words, found.meaning, share).slice(0, Math.ceil(input.limit * OVERFETCH));
  const passages = await hydratePassages(
    deps.db,
    fused.map((h) => h.id),
    input.readerSets,
  );
  await breathe();
  const hits: Hit[] = [];
  for (const { id, documentId: _, ...scores } of fused) {
    const passage = passages.get(id);
    if (passage && hits.length < input.limit) hits.push({ ...passage, ...scores });
  }
  const { notes, reading } = extended;
  return { hits, statistics: { total: found.total, documentFrequency: found.documentFrequency }, meaningFailed, notes, reading };
}

/** How much meaning may count: not at all in a language that the model does not know, nearly all in one that no document is in. */
function weightOf(embedder: Embedder, { text, languages, only }: RetrieveInput): MeaningWeight | undefined {
  const language = detectLanguage(text, languages);
  if (only !== 'meaning' && embedder.languages && !embedder.languages.includes(language)) return undefined;
  return languages.includes(language) ? (embedder.meaningWeight ?? UNKNOWN_WEIGHT) : FOREIGN_WEIGHT;
}

/** The less of the question's words any passage holds, the more its meaning counts. */
function weightFor({ matched, unmatched }: MeaningWeight, terms: QueryTerms, found: SearchResult): number {
  const most = mostFor(terms, found);
  const match = most > 0 ? (found.words[0]?.score ?? 0) / most : 0;
  const place = Math.min(1, Math.max(0, (match - MATCH.little) / (MATCH.enough - MATCH.little)));
  return unmatched + (matched - unmatched) * place;
}
