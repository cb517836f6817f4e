/** The search port over Qdrant: whoever has it open follows the alias with each call. */
import { AppError } from '../../errors.ts';
import type { Rebuild, SearchIndex, SearchResult } from '../search-index.ts';
import { createCollections, factKey, rebuildLost, type Collections, type Generation } from './qdrant-collections.ts';
import { missingAmong, pageOfIds } from './qdrant-ids.ts';
import { createQdrantSearch } from './qdrant-search.ts';
import { createQdrantServer, isMissing, unavailable, type Patience, type QdrantServer } from './qdrant-server.ts';
import { createQdrantWrites } from './qdrant-writes.ts';

export interface QdrantOptions {
  /** http(s)://host[:port][/path]; the port is 6333 where none is said. */
  url: string;
  apiKey?: string;
  /** What the alias and the collections behind it are called: one for each company that shares a server. */
  name?: string;
  /** It is for this process alone, and goes when it is closed. */
  throwAway?: boolean;
  patience?: Partial<Patience>;
  /** Vectors of a model from which on the server keeps bytes of them in memory and looks at the best ones exactly. */
  quantizeFrom?: number;
}

const PATIENCE: Patience = { searchMs: 5_000, writeMs: 60_000, retryMs: 200 };
/** Below it all vectors of 384 numbers take 30 MB, and Qdrant compares them one by one: bytes would save and speed up nothing. */
const QUANTIZE_FROM = 20_000;
/** How often a call begins anew because the index was swapped under it. */
const ANEW = 5;

/**
 * Opens the index; nothing is asked of the server before the first call. Point ids are UUIDs. Throws AppError from its
 * calls: `search.unavailable` (retryable: no server, no answer in time, or the index is gone and being filled again),
 * `search.unauthorized`, `search.full`, `search.too_old`, `search.no_qdrant`, `search.address`, `search.failed`,
 * `search.dimension`, `search.rebuild_lost`, `search.closed`, or the signal's reason.
 */
export function openQdrantIndex(options: QdrantOptions): SearchIndex {
  const name = options.name ?? 'docent';
  if (!/^[\w-]{1,100}$/.test(name)) throw new AppError({ code: 'search.failed', message: `"${name}" is no name for collections` });
  const server = createQdrantServer({
    url: options.url,
    ...(options.apiKey ? { apiKey: options.apiKey } : {}),
    patience: { ...PATIENCE, ...options.patience },
  });
  const collections = createCollections(server, name, { quantizeFrom: options.quantizeFrom ?? QUANTIZE_FROM });
  const index = openOver(server, collections, name);
  if (!options.throwAway) return index;
  return {
    ...index,
    async close() {
      await index.close();
      await collections.dropOthers(undefined);
    },
  };
}

/** @param built a generation that is built beside; undefined: what the alias names */
function openOver(server: QdrantServer, collections: Collections, name: string, built?: string): SearchIndex {
  const searches = createQdrantSearch(server, collections);
  const writes = createQdrantWrites(server, collections);
  const of = built ?? name;
  let closed = false;
  /** As it was seen last. */
  let last: Generation | undefined;

  const read = async (urgent = false, signal?: AbortSignal): Promise<Generation | undefined> => {
    if (closed) throw new AppError({ code: 'search.closed', message: 'the search index is closed' });
    signal?.throwIfAborted();
    const generation = await collections.read(of, urgent, signal);
    if (generation) last = generation;
    return generation;
  };
  const gone = (cause?: unknown): AppError =>
    built
      ? rebuildLost(built, cause)
      : unavailable('the index is not there', 'The search index is not in Qdrant; it is filled again from the catalog.', cause);
  /** The generation to write to; the first one is made where none is. */
  const readOrCreate = async (signal?: AbortSignal): Promise<Generation> => {
    const there = await read(false, signal);
    if (there) return there;
    if (built) throw gone();
    await collections.createFirst(signal);
    const made = await read(false, signal);
    if (!made) throw gone();
    return made;
  };
  /** Idempotent work. Done again where another generation took the place meanwhile, so that nothing is lost. */
  const writing = async (work: (generation: Generation) => Promise<void>, signal?: AbortSignal): Promise<void> => {
    let problem: unknown;
    for (let time = 0; time < ANEW; time++) {
      try {
        const generation = await readOrCreate(signal);
        await work(generation);
        searches.forget();
        if ((await read(false, signal))?.collection === generation.collection) return;
      } catch (error) {
        if (!isMissing(error)) throw error;
        problem = error;
      }
      writes.forget();
    }
    throw gone(problem);
  };
  /** Reading what may vanish under it; `none` where there is no index. */
  const reading = async <T>(none: T, work: (generation: Generation) => Promise<T>): Promise<T> => {
    let problem: unknown;
    for (let time = 0; time < ANEW; time++) {
      const generation = await read();
      if (!generation) return none;
      try {
        return await work(generation);
      } catch (error) {
        if (!isMissing(error)) throw error;
        problem = error;
      }
    }
    throw gone(problem);
  };

  return {
    put: (points, signal) => writing((generation) => writes.put(points, generation, signal), signal),
    putVectors: (model, entries, signal) => writing((generation) => writes.putVectors(model, entries, generation, signal), signal),
    drop: (ids, signal) => writing((generation) => writes.drop(ids, generation, signal), signal),
    activate: (model) => writing((generation) => writes.activate(model, generation)),
    setMeta: (key, value) => writing(({ collection }) => collections.setMetadata(collection, { [factKey(key)]: value })),
    getMeta: async (key) => (await read())?.facts.get(key),
    count: () =>
      reading(0, async ({ collection }) => {
        const { count } = await server.call((api, init) => api.countPoints({ collection_name: collection, exact: true }, init));
        return count;
      }),
    ids: (after, limit) => reading([], ({ collection }) => pageOfIds(server, collection, after, limit)),
    withoutVector: (model, after, limit) =>
      reading([], async (generation) => {
        const vectors = (await collections.vectors(generation.collection)).find((one) => one.model === model && one.vectors > 0);
        return missingAmong(server, generation, vectors, after, limit);
      }),
    vectorModels: () =>
      reading({ active: undefined, models: [], points: 0 }, async ({ collection, active, total }) => {
        const models = new Map<string, { model: string; vectors: number; dimension: number }>();
        if (active !== undefined) models.set(active, { model: active, vectors: 0, dimension: 0 });
        for (const { model, vectors, dimension } of await collections.vectors(collection))
          if (vectors > 0 || !models.has(model)) models.set(model, { model, vectors, dimension: vectors > 0 ? dimension : 0 });
        return { active, models: [...models.values()], points: total };
      }),
    async search(query, signal): Promise<SearchResult> {
      let problem: unknown;
      for (let time = 0; time < ANEW; time++) {
        const known = last;
        // As it was seen last, and asked beside the search whether it still is so.
        const guessed = time === 0 && known !== undefined;
        const generation = guessed ? known : await read(true, signal);
        if (!generation) {
          // Nobody has written anything yet: that is an empty index; but one that was there is lost.
          if (known || built) throw gone();
          return {
            words: [],
            meaning: [],
            total: 0,
            documentFrequency: Object.fromEntries(query.terms.terms.map(({ term }) => [term, 0])),
          };
        }
        try {
          const found = await searches.search(generation, query, async () => (guessed ? read(true, signal) : generation), signal);
          if (found) return found;
        } catch (error) {
          if (!isMissing(error)) throw error;
          problem = error;
        }
      }
      throw gone(problem);
    },
    async warm() {
      const generation = await read();
      if (generation) await searches.averageLength(generation).catch(() => {});
    },
    async rebuild(): Promise<Rebuild> {
      if (closed) throw new AppError({ code: 'search.closed', message: 'the search index is closed' });
      const collection = await collections.createNext().catch((error: unknown) => {
        throw isMissing(error) ? rebuildLost(name, error) : error;
      });
      const index = openOver(server, collections, name, collection);
      return {
        index,
        async swap(signal) {
          signal?.throwIfAborted();
          await index.close();
          await collections.makeCurrent(collection);
          await read();
          // Those that are left here the next rebuilding drops.
          await collections.dropOthers(collection).catch(() => {});
        },
        async discard() {
          await index.close();
          if ((await collections.current()) !== collection) await collections.dropGeneration(collection);
        },
      };
    },
    async close() {
      closed = true;
    },
  };
}
