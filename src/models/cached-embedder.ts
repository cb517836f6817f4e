/** Passages are embedded once: vectors kept by a hash of the model and the text. */
import { createHash } from 'node:crypto';
import type { Embedder } from './embedder.ts';

export interface VectorCache {
  /** Those of the keys that are there. */
  get(keys: string[]): Promise<Map<string, Float32Array>> | Map<string, Float32Array>;
  put(entries: { key: string; vector: Float32Array }[]): Promise<void> | void;
}

/** Hexadecimal SHA-256 of the model and the text. */
export function embedKey(model: string, text: string): string {
  return createHash('sha256').update(model).update('\0').update(text).digest('hex');
}

/**
 * Passages from the cache where they are there, the rest embedded, once for equal texts, and kept. Queries pass through:
 * a question's text leaves no trace. Kept vectors of another size than new ones (the same name, another model) are made anew.
 * @param onReuse told how many passages came from the cache and how many were embedded
 */
export function cachedEmbedder(
  embedder: Embedder,
  cache: VectorCache,
  onReuse?: (counts: { reused: number; embedded: number }) => void,
): Embedder {
  return {
    ...embedder,
    async embed(texts, kind, signal) {
      if (kind === 'query' || texts.length === 0) return embedder.embed(texts, kind, signal);
      const keys = texts.map((text) => embedKey(embedder.model, text));
      const known = await cache.get([...new Set(keys)]);
      const textOf = new Map(keys.map((key, index) => [key, texts[index]!]));
      const missing = [...textOf.keys()].filter((key) => !known.has(key));
      const fresh = await embedAndKeep(missing);
      const size = fresh.values().next().value?.length ?? known.values().next().value?.length;
      const stale = [...known].filter(([, vector]) => vector.length !== size).map(([key]) => key);
      const again = await embedAndKeep(stale);
      onReuse?.({ reused: texts.length - missing.length - stale.length, embedded: missing.length + stale.length });
      return keys.map((key) => again.get(key) ?? fresh.get(key) ?? known.get(key)!);

      async function embedAndKeep(wanted: string[]): Promise<Map<string, Float32Array>> {
        if (wanted.length === 0) return new Map();
        const vectors = await embedder.embed(
          wanted.map((key) => textOf.get(key)!),
          kind,
          signal,
        );
        await cache.put(wanted.map((key, index) => ({ key, vector: vectors[index]! })));
        return new Map(wanted.map((key, index) => [key, vectors[index]!]));
      }
    },
  };
}
