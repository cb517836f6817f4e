/**
 * The collections of the index. `NAME.gHEX` holds words, facts and which model is active; `NAME.gHEX.mHASH.dN` the vectors
 * of one model, of one length. The alias `NAME` tells which generation is the index, so that a rebuilt one takes its
 * place, with all that belongs to it, in one step. Vectors stand apart from words because their length is not known when
 * the first words come, and because another model's are built beside without copying a point.
 */
import type { Schemas } from '@qdrant/js-client-rest';
import { createHash, randomBytes } from 'node:crypto';
import { AppError } from '../../errors.ts';
import { otherLength } from '../vector-length.ts';
import { MEANING, WORDS, FILTER_FIELDS } from './qdrant-points.ts';
import { isMissing, statusOf, type QdrantServer } from './qdrant-server.ts';

/** A generation as it stands now. */
export interface Generation {
  /** Of its words. */
  collection: string;
  /** The model that searches use. */
  active: string | undefined;
  /** Points in it. */
  total: number;
  facts: Map<string, string>;
}

/** Vectors of one model and one length. */
export interface VectorCollection {
  collection: string;
  model: string;
  dimension: number;
  vectors: number;
}

const FACT = 'fact:';
/** Its name is not random, so that several processes that find none make the same one. */
const FIRST = '0'.repeat(16);
/** For collections that hold a person's company for years; a segment more costs each search. */
const INDEXES: Record<(typeof FILTER_FIELDS)[number], Schemas['PayloadFieldSchema']> = {
  document: { type: 'keyword', on_disk: true },
  kind: 'keyword',
  readers: { type: 'integer', lookup: true, range: false },
};

export interface Collections {
  /** What a name or an alias stands for; undefined: nothing. */
  read(name: string, urgent?: boolean, signal?: AbortSignal): Promise<Generation | undefined>;
  /** The first generation, made where none is, behind the alias. */
  createFirst(signal?: AbortSignal): Promise<void>;
  /** Another generation, beside the one that the alias names; those that were begun before are dropped. */
  createNext(): Promise<string>;
  /** @throws AppError `search.rebuild_lost` when it is gone */
  makeCurrent(collection: string): Promise<void>;
  /** Which generation the alias names. */
  current(): Promise<string | undefined>;
  /** Drops a generation with its vectors. */
  dropGeneration(collection: string): Promise<void>;
  /** Drops every generation but this one. */
  dropOthers(collection: string | undefined): Promise<void>;
  setMetadata(collection: string, metadata: Record<string, unknown>, signal?: AbortSignal): Promise<void>;
  /** Names of the vectors' collections of a generation. */
  vectorNames(collection: string, signal?: AbortSignal): Promise<string[]>;
  vectors(collection: string, signal?: AbortSignal): Promise<VectorCollection[]>;
  /** The collection for a model's vectors, made where it is not there. @throws AppError `search.dimension` */
  forVectors(collection: string, model: string, dimension: number, signal?: AbortSignal): Promise<string>;
  drop(collection: string): Promise<void>;
  /** Keeps bytes beside the vectors in memory from so many on. */
  quantize(collection: string, signal?: AbortSignal): Promise<void>;
}

const hashOf = (model: string): string => createHash('sha256').update(model).digest('hex').slice(0, 16);

export const vectorsName = (collection: string, model: string, dimension: number): string =>
  `${collection}.m${hashOf(model)}.d${dimension}`;

export const factKey = (key: string): string => `${FACT}${key}`;

/** @param options.quantizeFrom vectors of a model from which on the server keeps them as bytes in memory */
export function createCollections(server: QdrantServer, name: string, options: { quantizeFrom: number }): Collections {
  const generationOf = (collection: string): string | undefined => {
    const rest = collection.startsWith(`${name}.g`) ? collection.slice(name.length + 2) : '';
    return /^[0-9a-f]{16}(?:\.m[0-9a-f]{16}\.d\d+)?$/.test(rest) ? `${name}.g${rest.slice(0, 16)}` : undefined;
  };
  const names = async (signal?: AbortSignal): Promise<string[]> => {
    const { collections } = await server.call((api, init) => api.getCollections({}, init), signal);
    return collections.map((collection) => collection.name).filter((one) => generationOf(one) !== undefined);
  };
  const info = (collection: string, urgent: boolean, signal?: AbortSignal): Promise<Schemas['CollectionInfo'] | undefined> =>
    server[urgent ? 'search' : 'call']((api, init) => api.getCollection({ collection_name: collection }, init), signal).catch(
      (error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      },
    );
  /** Idempotent: what is there is left as it is, and gets the indexes that it lacks. */
  const create = async (collection: string, settings: Schemas['CreateCollection'], signal?: AbortSignal): Promise<void> => {
    await server
      .call((api, init) => api.createCollection({ collection_name: collection, ...settings }, init), signal)
      .catch((error: unknown) => {
        if (statusOf(error) !== 409) throw error;
      });
    for (const field of FILTER_FIELDS)
      await server.call(
        (api, init) =>
          api.createFieldIndex({ collection_name: collection, wait: true, field_name: field, field_schema: INDEXES[field] }, init),
        signal,
      );
  };
  const createWords = (collection: string, signal?: AbortSignal): Promise<void> =>
    create(
      collection,
      {
        vectors: {},
        sparse_vectors: { [WORDS]: { modifier: 'idf' } },
        on_disk_payload: true,
        metadata: { collection },
      },
      signal,
    );
  const drop = async (collection: string): Promise<void> => {
    await server
      .call((api, init) => api.deleteCollection({ collection_name: collection }, init))
      .catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
  };
  const current = async (): Promise<string | undefined> => {
    const { aliases } = await server.call((api, init) => api.getCollectionsAliases({}, init));
    return aliases.find((alias) => alias.alias_name === name)?.collection_name;
  };
  const pointAlias = (collection: string, signal?: AbortSignal): Promise<boolean> =>
    server.call(
      (api, init) => api.updateAliases({ actions: [{ create_alias: { alias_name: name, collection_name: collection } }] }, init),
      signal,
    );
  const vectorNames = async (collection: string, signal?: AbortSignal): Promise<string[]> =>
    (await names(signal)).filter((one) => one.startsWith(`${collection}.m`));
  const vectors = async (collection: string, signal?: AbortSignal): Promise<VectorCollection[]> => {
    const found = await Promise.all(
      (await vectorNames(collection, signal)).map(async (one) => [one, await info(one, false, signal)] as const),
    );
    return found.flatMap(([one, is]) => {
      const model = is?.config.metadata?.['model'];
      if (!is || typeof model !== 'string') return [];
      return [{ collection: one, model, dimension: Number(/\d+$/.exec(one)![0]), vectors: is.points_count ?? 0 }];
    });
  };
  const dropGeneration = async (collection: string): Promise<void> => {
    await drop(collection);
    for (const one of await vectorNames(collection)) await drop(one);
  };

  return {
    async read(of, urgent = false, signal) {
      const is = await info(of, urgent, signal);
      const metadata = is?.config.metadata;
      if (!is || typeof metadata?.['collection'] !== 'string') return undefined;
      const { collection, active } = metadata;
      const facts = new Map<string, string>();
      for (const [key, value] of Object.entries(metadata))
        if (key.startsWith(FACT) && typeof value === 'string') facts.set(key.slice(FACT.length), value);
      return { collection, active: typeof active === 'string' ? active : undefined, total: is.points_count ?? 0, facts };
    },
    async createFirst(signal) {
      const first = `${name}.g${FIRST}`;
      await createWords(first, signal);
      // Another process may have put a rebuilt one there meanwhile.
      if ((await current()) === undefined) await pointAlias(first, signal);
    },
    async createNext() {
      const now = await current();
      for (const one of await names()) if (generationOf(one) !== now) await drop(one);
      const collection = `${name}.g${randomBytes(8).toString('hex')}`;
      await createWords(collection);
      return collection;
    },
    async makeCurrent(collection) {
      try {
        await pointAlias(collection);
      } catch (error) {
        if (isMissing(error)) throw rebuildLost(collection, error);
        // A time-out does not undo it.
        if ((await current()) !== collection) throw error;
      }
    },
    current,
    dropGeneration,
    async dropOthers(collection) {
      for (const one of await names()) if (generationOf(one) !== collection) await drop(one);
    },
    async setMetadata(collection, metadata, signal) {
      await server.call((api, init) => api.updateCollection({ collection_name: collection, metadata }, init), signal);
    },
    vectorNames,
    vectors,
    async forVectors(collection, model, dimension, signal) {
      const wanted = vectorsName(collection, model, dimension);
      for (const one of await vectors(collection, signal)) {
        if (one.model !== model || one.dimension === dimension) continue;
        if (one.vectors > 0) throw otherLength(model, one.dimension, dimension);
        await drop(one.collection);
      }
      await create(
        wanted,
        {
          vectors: { [MEANING]: { size: dimension, distance: 'Cosine' } },
          on_disk_payload: true,
          metadata: { model },
        },
        signal,
      );
      return wanted;
    },
    drop,
    async quantize(collection, signal) {
      const is = await info(collection, false, signal);
      if (!is || is.config.quantization_config || (is.points_count ?? 0) < options.quantizeFrom) return;
      await server.call(
        (api, init) =>
          api.updateCollection(
            {
              collection_name: collection,
              vectors: { [MEANING]: { on_disk: true } },
              quantization_config: { scalar: { type: 'int8', quantile: 0.99, always_ram: true } },
            },
            init,
          ),
        signal,
      );
    },
  };
}

export const rebuildLost = (collection: string, cause?: unknown): AppError =>
  new AppError({
    code: 'search.rebuild_lost',
    message: `${collection} is gone: another rebuilding took its place, or Qdrant was emptied`,
    retryable: true,
    cause,
  });
