/** Vectors of passages: from the cache by `embed_hash`, the rest from the embedder. */
import { createHash } from 'node:crypto';
import { plainText } from '../passage-text.ts';
import type { Catalog } from '../catalog/database.ts';
import { readEmbeddings, writeEmbeddings } from '../catalog/embeddings.ts';
import type { Embedder } from '../models/embedder.ts';

export interface PassageContent {
  title: string;
  headingPath: string[];
  text: string;
}

/** What stands for a passage in front of the embedder. */
export function embeddingText(passage: PassageContent): string {
  const path = passage.headingPath[0] === passage.title ? passage.headingPath : [passage.title, ...passage.headingPath];
  return `${path.filter(Boolean).join(' > ')}\n${plainText(passage.text).text}`;
}

/** Covers title, heading path, text and model; `model` is empty where no embedding model is configured. */
export function embedHash(passage: PassageContent, model: string): string {
  return createHash('sha256').update(JSON.stringify([model, passage.title, passage.headingPath, passage.text])).digest('hex').slice(0, 40);
}

/**
 * @returns a vector for each hash, and how many had to be computed
 * @throws AppError as the embedder does
 */
export async function embedPassages(passages: Map<string, PassageContent>, deps: { db: Catalog; embedder: Embedder }, signal: AbortSignal): Promise<{ vectors: Map<string, Float32Array>; embedded: number }> {
  const vectors = await readEmbeddings(deps.db, [...passages.keys()]);
  const missing = [...passages].filter(([hash]) => !vectors.has(hash));
  if (missing.length === 0) return { vectors, embedded: 0 };
  const computed = await deps.embedder.embed(missing.map(([, passage]) => embeddingText(passage)), 'passage', signal);
  const fresh = new Map(missing.map(([hash], i) => [hash, computed[i]!]));
  await writeEmbeddings(deps.db, fresh);
  for (const [hash, vector] of fresh) vectors.set(hash, vector);
  return { vectors, embedded: fresh.size };
}
