/** A question's passages: words and meaning searched for the audience, fused, and read from the catalog, which has the last word. */
import type { Catalog } from '../catalog/database.ts';
import { hydratePassages } from '../catalog/passages.ts';
import type { Embedder } from '../models/embedder.ts';
import { analyzeQuery } from '../search/analyzer.ts';
import type { SearchIndex } from '../search/search-index.ts';
import type { Log } from '../types.ts';
import { withBeside, type Beside } from './beside.ts';
import { fuse } from './fuse.ts';
import type { Hit, SearchStatistics } from './passage-match.ts';

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
}

/** A model that is being loaded, or an endpoint that is slow, is not waited for longer: words answer alone. */
const EMBED_MS = 3_000;
/** Of a model that was not measured: the middle. */
const UNKNOWN_WEIGHT = 0.5;
/** More than is wanted is asked for: what is no longer current is dropped when it is read. */
const OVERFETCH = 1.5;

/** Passages that the reader sets open, best first. A failing embedder leaves words alone, and says so. */
export async function retrieve(input: RetrieveInput, deps: RetrieveDeps, signal: AbortSignal): Promise<Retrieved> {
  const terms = withBeside(analyzeQuery(input.text, input.languages), input.beside ?? [], input.languages);
  let vector: Float32Array | undefined;
  let meaningFailed = false;
  if (deps.embedder && input.only !== 'words' && input.text.trim() !== '') {
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(EMBED_MS)]);
      [vector] = await deps.embedder.embed([input.meaning ?? input.text], 'query', patience);
    } catch (error) {
      if (signal.aborted) throw error;
      deps.log.warn({ code: (error as { code?: string }).code }, 'the question could not be embedded; searching by words');
      meaningFailed = true;
    }
  }
  const found = await deps.index.search(
    {
      terms,
      kinds: ['passage'],
      readerSets: input.readerSets,
      limit: Math.ceil(input.limit * OVERFETCH),
      ...(vector ? { vector, vectorModel: deps.embedder!.model } : {}),
      ...(input.exceptDocuments ? { exceptDocuments: input.exceptDocuments } : {}),
    },
    signal,
  );
  const weight = input.only === 'meaning' ? 1 : input.only === 'words' ? 0 : (deps.embedder?.meaningWeight ?? UNKNOWN_WEIGHT);
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
  return { hits, statistics: { total: found.total, documentFrequency: found.documentFrequency }, meaningFailed };
}
