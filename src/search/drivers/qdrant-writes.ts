/** Writes to one generation, in batches that are bounded in points and bytes, two of them on the way at once. */
import type { Schemas } from '@qdrant/js-client-rest';
import type { Point, VectorEntry } from '../search-index.ts';
import { checkOneLength } from '../vector-length.ts';
import type { Collections, Generation } from './qdrant-collections.ts';
import { vectorsName } from './qdrant-collections.ts';
import { FILTER_FIELDS, meaningPoint, wordsPoint, type FilterFields } from './qdrant-points.ts';
import type { QdrantServer } from './qdrant-server.ts';

/** A request of points, at most: making its text stops the loop for some ms; the server itself takes 32 MB. */
const BATCH = { points: 128, bytes: 1_000_000, ids: 2_000 };
const IN_FLIGHT = 2;
/** Vectors written between two looks at how many there are. */
const QUANTIZE_EVERY = 2_000;

export interface QdrantWrites {
  put(points: Point[], generation: Generation, signal?: AbortSignal): Promise<void>;
  putVectors(model: string, entries: VectorEntry[], generation: Generation, signal?: AbortSignal): Promise<void>;
  drop(ids: string[], generation: Generation, signal?: AbortSignal): Promise<void>;
  activate(model: string, generation: Generation): Promise<void>;
  /** Collections that were known may be gone. */
  forget(): void;
}

type Sized = { point: Schemas['PointStruct']; bytes: number };

export function createQdrantWrites(server: QdrantServer, collections: Collections): QdrantWrites {
  /** Collections of vectors that are there, and vectors written to each since it was last looked at. */
  const known = new Map<string, number>();

  const upsert = (collection: string, points: Schemas['PointStruct'][], signal?: AbortSignal): Promise<unknown> =>
    server.call((api, init) => api.upsertPoints({ collection_name: collection, wait: true, points }, init), signal);
  const remove = (collection: string, ids: string[], signal?: AbortSignal): Promise<unknown> =>
    inBatches(
      slices(ids, BATCH.ids),
      (points) => server.call((api, init) => api.deletePoints({ collection_name: collection, wait: true, points }, init), signal),
      signal,
    );
  const fieldsOf = async (collection: string, ids: string[], signal?: AbortSignal): Promise<Map<string, FilterFields>> => {
    const points = await server.call(
      (api, init) => api.getPoints({ collection_name: collection, ids, with_payload: [...FILTER_FIELDS], with_vector: false }, init),
      signal,
    );
    return new Map(points.map(({ id, payload }) => [id as string, payload as unknown as FilterFields]));
  };
  const forVectors = async (collection: string, model: string, dimension: number, signal?: AbortSignal): Promise<string> => {
    const wanted = vectorsName(collection, model, dimension);
    if (!known.has(wanted)) {
      await collections.forVectors(collection, model, dimension, signal);
      known.set(wanted, QUANTIZE_EVERY);
    }
    return wanted;
  };
  const upsertVectors = async (collection: string, points: Sized[], signal?: AbortSignal): Promise<void> => {
    await inBatches(batchesOf(points), (some) => upsert(collection, some, signal), signal);
    const written = (known.get(collection) ?? 0) + points.length;
    known.set(collection, written < QUANTIZE_EVERY ? written : 0);
    if (written >= QUANTIZE_EVERY) await collections.quantize(collection, signal);
  };
  /** Vectors that came between two writes of their points, whose readers or document are others by now. */
  const dropStale = async (
    collection: string,
    ids: string[],
    before: Map<string, FilterFields>,
    words: string,
    signal?: AbortSignal,
  ): Promise<void> => {
    const now = await fieldsOf(words, ids, signal);
    const stale = ids.filter((id) => FILTER_FIELDS.some((field) => now.get(id)?.[field] !== before.get(id)![field]));
    if (stale.length > 0) await remove(collection, stale, signal);
  };

  return {
    forget: () => known.clear(),
    async put(all, { collection, active, facts }, signal) {
      const points = [...new Map(all.map((point) => [point.id, point])).values()];
      if (points.length === 0) return;
      const withVector = points.filter(hasVector);
      checkOneLength(active ?? '', withVector);
      let vectors: string | undefined;
      if (withVector.length > 0) {
        const model = active ?? facts.get('embeddingModel') ?? '';
        vectors = await forVectors(collection, model, withVector[0]!.vector.length, signal);
        if (active === undefined) await collections.setMetadata(collection, { active: model }, signal);
      }
      await inBatches(batchesOf(points.map(wordsPoint)), (some) => upsert(collection, some, signal), signal);
      // After the words: whoever sets a vector in between sees that its point has changed.
      const ids = points.map(({ id }) => id);
      for (const one of await collections.vectorNames(collection, signal)) await remove(one, ids, signal);
      if (vectors === undefined) return;
      await upsertVectors(
        vectors,
        withVector.map(({ id, vector, documentId, kind, readerSet }) =>
          meaningPoint(id, vector, { document: documentId, kind, readers: readerSet }),
        ),
        signal,
      );
    },
    async putVectors(model, entries, { collection }, signal) {
      checkOneLength(model, entries);
      const vectors = new Map(entries.map(({ id, vector }) => [id, vector]));
      for (const ids of slices([...vectors.keys()], BATCH.ids)) {
        const before = await fieldsOf(collection, ids, signal);
        const there = ids.filter((id) => before.has(id));
        if (there.length === 0) continue;
        const into = await forVectors(collection, model, vectors.get(ids[0]!)!.length, signal);
        await upsertVectors(
          into,
          there.map((id) => meaningPoint(id, vectors.get(id)!, before.get(id)!)),
          signal,
        );
        await dropStale(into, there, before, collection, signal);
      }
    },
    async drop(ids, { collection }, signal) {
      const all = [...new Set(ids)];
      if (all.length === 0) return;
      // Vectors first: cut short, what is left is a point without a vector, which gets one again.
      for (const one of await collections.vectorNames(collection, signal)) await remove(one, all, signal);
      await remove(collection, all, signal);
    },
    async activate(model, { collection, active }) {
      if (active !== model) await collections.setMetadata(collection, { active: model });
      for (const one of await collections.vectors(collection)) if (one.model !== model) await collections.drop(one.collection);
      known.clear();
    },
  };
}

const hasVector = (point: Point): point is Point & { vector: Float32Array } => point.vector !== undefined;

function slices<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function batchesOf(points: Sized[]): Schemas['PointStruct'][][] {
  const batches: Schemas['PointStruct'][][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of points) {
    const last = batches.at(-1);
    if (!last || bytes + one.bytes > BATCH.bytes || last.length >= BATCH.points) {
      batches.push([one.point]);
      bytes = one.bytes;
    } else {
      last.push(one.point);
      bytes += one.bytes;
    }
  }
  return batches;
}

/** Who is slow holds back who sends: no batch is sent before one of those on the way was taken. */
async function inBatches<T>(batches: T[], send: (batch: T) => Promise<unknown>, signal?: AbortSignal): Promise<void> {
  let next = 0;
  const sendAll = async (): Promise<void> => {
    while (next < batches.length) {
      signal?.throwIfAborted();
      await send(batches[next++]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, batches.length) }, sendAll));
}
