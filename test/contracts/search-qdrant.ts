/** Stores for the search port's suites in Qdrant: the fake, or the server that QDRANT_URL names. */
import { openQdrantIndex, type QdrantOptions } from '../../src/search/drivers/qdrant.ts';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { startFakeQdrant, type FakeQdrant } from '../fakes/qdrant.ts';
import type { SearchIndexFactory } from './search-index.ts';

/** A name as a UUID, in the same order: ids are UUIDs there, and the suites call their points `a` and `b`. */
export function uuidOf(name: string): string {
  const hex = Buffer.from(name).toString('hex').padEnd(32, '0');
  if (hex.length !== 32) throw new Error(`"${name}" is too long for a test's id`);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export const nameOf = (uuid: string): string => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString().replaceAll('\0', '');

/** The same index, whose points may be called anything short. */
export function byNames(index: SearchIndex): SearchIndex {
  const named = <T extends { id: string }>(item: T): T => ({ ...item, id: nameOf(item.id) });
  const coded = <T extends { id: string }>(item: T): T => ({ ...item, id: uuidOf(item.id) });
  return {
    ...index,
    put: (points, signal) => index.put(points.map(coded), signal),
    putVectors: (model, entries, signal) => index.putVectors(model, entries.map(coded), signal),
    drop: (ids, signal) => index.drop(ids.map(uuidOf), signal),
    withoutVector: async (model, after, limit) =>
      (await index.withoutVector(model, after === undefined ? after : uuidOf(after), limit)).map(nameOf),
    ids: async (after, limit) => (await index.ids(after === undefined ? after : uuidOf(after), limit)).map(nameOf),
    async search(query, signal) {
      const result = await index.search(query, signal);
      return { ...result, words: result.words.map(named), meaning: result.meaning.map(named) };
    },
    async rebuild() {
      const rebuild = await index.rebuild();
      return { ...rebuild, index: byNames(rebuild.index) };
    },
  };
}

let started: Promise<FakeQdrant> | undefined;
let stores = 0;

/** Where the suites find a server: the fake is started once for a file. */
export async function serverAt(): Promise<{ url: string; apiKey?: string }> {
  const { QDRANT_URL: url, QDRANT_API_KEY: apiKey } = process.env;
  if (url) return { url, ...(apiKey ? { apiKey } : {}) };
  return { url: (await (started ??= startFakeQdrant())).url };
}

/** Factories of stores of their own on that server. */
export function qdrantFactories(server: { url: string; apiKey?: string }, options: Partial<QdrantOptions> = {}): () => SearchIndexFactory {
  return () => {
    const name = `test-${process.pid}-${Date.now().toString(36)}-${stores++}`;
    const open = (): SearchIndex => openQdrantIndex({ ...server, ...options, name });
    return {
      open: () => byNames(open()),
      async dispose() {
        const headers: Record<string, string> = server.apiKey ? { 'api-key': server.apiKey } : {};
        const listed = await fetch(`${server.url}/collections`, { headers });
        const { result } = (await listed.json()) as { result: { collections: { name: string }[] } };
        for (const one of result.collections)
          if (one.name.startsWith(`${name}.`)) await fetch(`${server.url}/collections/${one.name}`, { method: 'DELETE', headers });
      },
    };
  };
}
