/** Ids in order, and those that lack a vector. Qdrant gives UUIDs in the order of their text. */
import type { Generation, VectorCollection } from './qdrant-collections.ts';
import type { QdrantServer } from './qdrant-server.ts';

/** Ids of one request. */
const PAGE = 5_000;

/** At most `limit` ids after one, in order. */
export async function pageOfIds(server: QdrantServer, collection: string, after: string | undefined, limit: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < limit) {
    const from = found.at(-1) ?? after;
    // The page begins with the id that is given, if it is there.
    const wanted = Math.min(PAGE, limit - found.length + 1);
    const { points } = await server.call((api, init) =>
      api.scrollPoints(
        {
          collection_name: collection,
          limit: wanted,
          with_payload: false,
          with_vector: false,
          ...(from === undefined ? {} : { offset: from }),
        },
        init,
      ),
    );
    const ids = points.map(({ id }) => id as string);
    found.push(...(ids[0] === from ? ids.slice(1) : ids));
    if (ids.length < wanted) break;
  }
  return found.slice(0, limit);
}

/** Ids without a vector, in order: the two lists side by side. */
export async function missingAmong(
  server: QdrantServer,
  { collection, total }: Generation,
  vectors: VectorCollection | undefined,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  if (!vectors) return pageOfIds(server, collection, after, limit);
  // Each vector belongs to a point, so as many of both means one for each.
  if (vectors.vectors === total) return [];
  const missing: string[] = [];
  for (let from = after; missing.length < limit;) {
    // Vectors first: of a point that comes in between it is said once too often that it has none, never that it has one.
    const have = await pageOfIds(server, vectors.collection, from, PAGE);
    const last = have.length < PAGE ? undefined : have.at(-1)!;
    const has = new Set(have);
    const ids = await pageOfIds(server, collection, from, PAGE);
    // Beyond the last vector of this page nothing is known yet.
    const sure = last === undefined ? ids : ids.filter((id) => id <= last);
    for (const id of sure) if (!has.has(id)) missing.push(id);
    if (ids.length < PAGE && sure.length === ids.length) break;
    from = sure.at(-1) ?? last;
  }
  return missing.slice(0, limit);
}
