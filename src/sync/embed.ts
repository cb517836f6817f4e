/** Vectors of passages, each computed once: kept in the catalog by `embed_hash`. */
import type { Catalog } from '../catalog/database.ts';
import { readEmbeddings, writeEmbeddings } from '../catalog/embeddings.ts';
import { cachedEmbedder, embedKey } from '../models/cached-embedder.ts';
import type { Embedder } from '../models/embedder.ts';
import { plainText } from '../passage-text.ts';

export interface PassageContent {
  title: string;
  headingPath: string[];
  text: string;
}

/** What stands for a passage in front of the embedder. */
function embeddingText(passage: PassageContent): string {
  const path = passage.headingPath[0] === passage.title ? passage.headingPath : [passage.title, ...passage.headingPath];
  return `${path.filter(Boolean).join(' > ')}\n${plainText(passage.text).text}`;
}

/** Covers title, heading path, text and model; `model` is empty where no embedding model is configured. */
export function embedHash(passage: PassageContent, model: string): string {
  return embedKey(model, embeddingText(passage));
}

/** Vectors that are kept for some passages, by their place in the list; what is missing fills in later. */
export async function keptVectors(passages: PassageContent[], model: string, db: Catalog): Promise<Map<number, Float32Array>> {
  const keys = passages.map((passage) => embedHash(passage, model));
  const kept = await readEmbeddings(db, [...new Set(keys)]);
  return new Map(keys.flatMap((key, at) => (kept.has(key) ? [[at, kept.get(key)!]] : [])));
}

/**
 * @returns one vector a passage, in order, and how many had to be computed
 * @throws AppError as the embedder does
 */
export async function embedPassages(
  passages: PassageContent[],
  deps: { db: Catalog; embedder: Embedder },
  signal: AbortSignal,
): Promise<{ vectors: Float32Array[]; embedded: number }> {
  let embedded = 0;
  const cache = {
    get: (keys: string[]) => readEmbeddings(deps.db, keys),
    put: (entries: { key: string; vector: Float32Array }[]) => writeEmbeddings(deps.db, entries),
  };
  const embedder = cachedEmbedder(deps.embedder, cache, (counts) => (embedded += counts.embedded));
  const vectors = await embedder.embed(passages.map(embeddingText), 'passage', signal);
  return { vectors, embedded };
}
