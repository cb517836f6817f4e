/**
 * Vectors fill in behind the words: a sync makes a document found by its words at once, and here its passages get their
 * vectors, those of the most asked-about and the newest documents first. A change of model builds beside, then swaps.
 */
import type { Catalog } from '../catalog/database.ts';
import { documentsInDemand, passageContents, placesOfPassages } from '../catalog/passages.ts';
import type { Embedder } from '../models/embedder.ts';
import type { SearchIndex } from '../search/search-index.ts';
import { embedPassages } from './embed.ts';

export interface FillDeps {
  db: Catalog;
  index: SearchIndex;
  embedder: Embedder;
}

export interface FillOptions {
  signal: AbortSignal;
  /** Asked between batches: true ends the filling for now, because something more urgent waits. */
  yieldTo?: () => Promise<boolean>;
  onProgress?: (done: number, total: number) => void;
}

export interface Filled {
  /** False when the filling ended early. */
  complete: boolean;
  /** Passages that got their vector now, and how many of them had to be computed. */
  filled: number;
  embedded: number;
}

/** So much is lost at most when the process is killed, and so long waits who is more urgent. */
const BATCH = 32;
const PAGE = 5_000;

/**
 * Gives each passage in a language that the model knows its vector, then makes the model the index's active one. Where no
 * other model is active it is so from the start, and search uses what is there.
 * @throws AppError as the embedder and the index do; what was filled until then stays
 */
export async function fillVectors({ db, index, embedder }: FillDeps, options: FillOptions): Promise<Filled> {
  const { active } = await index.vectorModels();
  if (active === undefined) await index.activate(embedder.model);
  const filled: Filled = { complete: false, filled: 0, embedded: 0 };
  const waiting = await inOrderOfDemand(await lacking(index, embedder.model), embedder.languages, db);
  for (let at = 0; at < waiting.length; at += BATCH) {
    options.onProgress?.(at, waiting.length);
    if (await options.yieldTo?.()) return filled;
    options.signal.throwIfAborted();
    const passages = await passageContents(db, waiting.slice(at, at + BATCH));
    const { vectors, embedded } = await embedPassages(passages, { db, embedder }, options.signal);
    await index.putVectors(
      embedder.model,
      passages.map(({ id }, i) => ({ id, vector: vectors[i]! })),
      options.signal,
    );
    filled.filled += passages.length;
    filled.embedded += embedded;
  }
  if (waiting.length > 0) options.onProgress?.(waiting.length, waiting.length);
  if (active !== undefined && active !== embedder.model) await index.activate(embedder.model);
  return { ...filled, complete: true };
}

async function lacking(index: SearchIndex, model: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await index.withoutVector(model, after, PAGE);
    for (const id of page) ids.push(id);
    if (page.length < PAGE) return ids;
    after = page.at(-1);
  }
}

/** Passages of one document stay together, in reading order. Those in a language that the model does not know are left out. */
async function inOrderOfDemand(ids: string[], languages: string[] | undefined, db: Catalog): Promise<string[]> {
  if (ids.length === 0) return [];
  const demand = await documentsInDemand(db);
  const places = (await placesOfPassages(db, ids)).filter(({ language }) => !languages || languages.includes(language));
  const last = demand.size;
  return places
    .toSorted(
      (a, b) =>
        (demand.get(a.documentId) ?? last) - (demand.get(b.documentId) ?? last) ||
        (a.documentId < b.documentId ? -1 : a.documentId > b.documentId ? 1 : a.ordinal - b.ordinal),
    )
    .map(({ id }) => id);
}
