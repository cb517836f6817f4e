/** A question's passages: words and meaning searched for the audience, fused, and read from the catalog, which has the last word. */
import type { Catalog } from '../catalog/database.ts';
import { hydratePassages } from '../catalog/passages.ts';
import type { Embedder } from '../models/embedder.ts';
import { detectLanguage } from '../search/analyzer.ts';
import type { SearchIndex } from '../search/search-index.ts';
import type { Log } from '../types.ts';
import { withBeside, type Beside } from './beside.ts';
import { fuse } from './fuse.ts';
import { extendQuestion, type Note } from './own-words.ts';
import type { Hit, SearchStatistics } from './passage-match.ts';
import { searchReadings } from './search-readings.ts';

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
const EMBED_MS = 3_000;
/** Of a model that was not measured: the middle. */
const UNKNOWN_WEIGHT = 0.35;
/** Words of another language find names and numbers, and little else. */
const FOREIGN_WEIGHT = 0.9;
/** More than is wanted is asked for: what is no longer current is dropped when it is read. */
const OVERFETCH = 1.5;

/** Passages that the reader sets open, best first. A failing embedder leaves words alone, and says so. */
export async function retrieve(input: RetrieveInput, deps: RetrieveDeps, signal: AbortSignal): Promise<Retrieved> {
  const extended = await extendQuestion(input, deps, signal);
  const [terms, ...readings] = [extended.words, ...extended.readings].map((one) => withBeside(one, input.beside ?? [], input.languages));
  let vector: Float32Array | undefined;
  let meaningFailed = false;
  const weight = input.only === 'words' ? 0 : input.only === 'meaning' ? 1 : weightOf(deps.embedder, input);
  if (deps.embedder && weight > 0 && input.text.trim() !== '') {
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
  const fused = fuse(input.only === 'meaning' ? [] : found.words, found.meaning, weight).slice(0, Math.ceil(input.limit * OVERFETCH));
  const passages = await hydratePassages(
    deps.db,
    fused.map((h) => h.id),
    input.readerSets,
  );
  const hits: Hit[] = [];
  for (const { id, score, meaning } of fused) {
    const passage = passages.get(id);
    if (passage && hits.length < input.limit) hits.push({ ...passage, score, ...(meaning === undefined ? {} : { meaning }) });
  }
  const { notes, reading } = extended;
  return { hits, statistics: { total: found.total, documentFrequency: found.documentFrequency }, meaningFailed, notes, reading };
}

/** How much meaning counts for this question: nothing in a language that the model does not know, nearly all in one that no document is in. */
function weightOf(embedder: Embedder | undefined, { text, languages }: RetrieveInput): number {
  if (!embedder) return 0;
  const language = detectLanguage(text, languages);
  if (embedder.languages && !embedder.languages.includes(language)) return 0;
  return languages.includes(language) ? (embedder.meaningWeight ?? UNKNOWN_WEIGHT) : FOREIGN_WEIGHT;
}
