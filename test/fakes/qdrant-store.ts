/** Collections of points that are filtered and scored for real, as Qdrant does: cosine, sparse dot product with `idf`. */
import { Refused } from './qdrant-checks.ts';

export interface Sparse {
  indices: number[];
  values: number[];
}
type Vector = number[] | Sparse;
type Id = string | number;

interface StoredPoint {
  id: Id;
  payload: Record<string, unknown>;
  dense: Map<string, Float32Array>;
  sparse: Map<string, Map<number, number>>;
}

export interface Settings {
  vectors?: Record<string, { size: number; distance: string; on_disk?: boolean }>;
  sparse_vectors?: Record<string, { modifier?: string }>;
  on_disk_payload?: boolean;
  metadata?: Record<string, unknown>;
  quantization_config?: unknown;
}

export interface Filter {
  must?: Condition[];
  must_not?: Condition[];
}
type Condition = { has_id: Id[] } | { key: string; match: { value?: unknown; any?: unknown[] } };

export interface Query {
  query: Vector;
  using?: string;
  filter?: Filter;
  limit?: number;
  with_payload?: boolean | string[];
}

const isSparse = (vector: Vector): vector is Sparse => !Array.isArray(vector);

/** Numbers before UUIDs, these by their text. */
const before = (a: Id, b: Id): number => {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
};

export type Store = ReturnType<typeof createStore>;

export function createStore(settings: Settings) {
  const points = new Map<Id, StoredPoint>();
  const postings = new Map<string, Map<number, Set<StoredPoint>>>();
  /** How many points have each sparse vector. */
  const counts = new Map<string, number>();
  const indexes = new Map<string, unknown>();
  let sorted: Id[] | undefined;

  const inOrder = (): Id[] => (sorted ??= [...points.keys()].sort(before));
  const remove = (id: Id): void => {
    const point = points.get(id);
    if (!point) return;
    points.delete(id);
    sorted = undefined;
    for (const [name, values] of point.sparse) {
      counts.set(name, counts.get(name)! - 1);
      for (const index of values.keys()) postings.get(name)!.get(index)!.delete(point);
    }
  };
  const checkFilter = (filter: Filter | undefined): void => {
    for (const condition of [...(filter?.must ?? []), ...(filter?.must_not ?? [])])
      if ('key' in condition && !indexes.has(condition.key))
        throw new Refused(400, `Bad request: Index required but not found for "${condition.key}" of one of the following types: [keyword]`);
  };
  const matcher = (filter: Filter | undefined): ((point: StoredPoint) => boolean) => {
    checkFilter(filter);
    const tests = (conditions: Condition[] = []): ((point: StoredPoint) => boolean)[] =>
      conditions.map((condition) => {
        if ('has_id' in condition) {
          const ids = new Set(condition.has_id);
          return (point) => ids.has(point.id);
        }
        const values = new Set(condition.match.any ?? [condition.match.value]);
        return (point) => values.has(point.payload[condition.key]);
      });
    const [must, mustNot] = [tests(filter?.must), tests(filter?.must_not)];
    return (point) => must.every((test) => test(point)) && !mustNot.some((test) => test(point));
  };
  const payloadOf = (point: StoredPoint, wanted: boolean | string[] = false): Record<string, unknown> | undefined => {
    if (wanted === false) return undefined;
    if (wanted === true) return point.payload;
    return Object.fromEntries(wanted.filter((name) => name in point.payload).map((name) => [name, point.payload[name]]));
  };
  const sparseScores = (name: string, { indices, values }: Sparse, matches: (point: StoredPoint) => boolean): Map<StoredPoint, number> => {
    const scores = new Map<StoredPoint, number>();
    const lists = postings.get(name) ?? new Map<number, Set<StoredPoint>>();
    const vectors = counts.get(name) ?? 0;
    const idf = settings.sparse_vectors?.[name]?.modifier === 'idf';
    indices.forEach((index, i) => {
      const list = lists.get(index) ?? new Set<StoredPoint>();
      const rarity = idf ? Math.fround(Math.log(1 + (vectors - list.size + 0.5) / (list.size + 0.5))) : 1;
      const weight = Math.fround(Math.fround(values[i]!) * rarity);
      for (const point of list)
        if (matches(point))
          scores.set(point, Math.fround((scores.get(point) ?? 0) + Math.fround(weight * point.sparse.get(name)!.get(index)!)));
    });
    return scores;
  };
  const denseScores = (name: string, asked: number[], matches: (point: StoredPoint) => boolean): Map<StoredPoint, number> => {
    const size = settings.vectors![name]!.size;
    if (asked.length !== size) throw new Refused(400, `Wrong input: Vector dimension error: expected dim: ${size}, got ${asked.length}`);
    const length = Math.hypot(...asked);
    const scores = new Map<StoredPoint, number>();
    for (const point of points.values()) {
      const vector = point.dense.get(name);
      if (!vector || !matches(point)) continue;
      let sum = 0;
      for (let i = 0; i < size; i++) sum += vector[i]! * asked[i]!;
      scores.set(point, Math.fround(sum / length));
    }
    return scores;
  };

  return {
    settings,
    indexes,
    size: () => points.size,
    upsert(given: { id: Id; vector: Record<string, Vector>; payload?: Record<string, unknown> }[]): void {
      for (const { vector } of given)
        for (const [name, value] of Object.entries(vector)) {
          const known = isSparse(value) ? settings.sparse_vectors?.[name] : settings.vectors?.[name];
          if (!known) throw new Refused(400, `Wrong input: Not existing vector name error: ${name}`);
          if (!isSparse(value) && value.length !== settings.vectors![name]!.size)
            throw new Refused(
              400,
              `Wrong input: Vector dimension error: expected dim: ${settings.vectors![name]!.size}, got ${value.length}`,
            );
        }
      for (const { id, vector, payload = {} } of given) {
        remove(id);
        const point: StoredPoint = { id, payload, dense: new Map(), sparse: new Map() };
        for (const [name, value] of Object.entries(vector)) {
          if (isSparse(value)) {
            point.sparse.set(name, new Map(value.indices.map((index, i) => [index, Math.fround(value.values[i]!)])));
            counts.set(name, (counts.get(name) ?? 0) + 1);
            let lists = postings.get(name);
            if (!lists) postings.set(name, (lists = new Map()));
            for (const index of value.indices) {
              const list = lists.get(index);
              if (list) list.add(point);
              else lists.set(index, new Set([point]));
            }
          } else {
            const length = Math.hypot(...value) || 1;
            point.dense.set(
              name,
              Float32Array.from(value, (part) => part / length),
            );
          }
        }
        points.set(id, point);
        sorted = undefined;
      }
    },
    remove: (ids: Id[]): void => ids.forEach(remove),
    get: (ids: Id[], wanted: boolean | string[] = true) =>
      ids.flatMap((id) => {
        const point = points.get(id);
        return point ? [{ id, payload: payloadOf(point, wanted) }] : [];
      }),
    scroll(from: Id | undefined, limit: number, wanted: boolean | string[] = true) {
      const ids = inOrder();
      let at = 0;
      for (let high = ids.length; from !== undefined && at < high;) {
        const middle = (at + high) >> 1;
        if (before(ids[middle]!, from) < 0) at = middle + 1;
        else high = middle;
      }
      const page = ids.slice(at, at + limit);
      return {
        points: page.map((id) => ({ id, payload: payloadOf(points.get(id)!, wanted) })),
        next_page_offset: ids[at + limit] ?? null,
      };
    },
    count: (filter?: Filter): number => (filter ? [...points.values()].filter(matcher(filter)).length : points.size),
    query({ query, using = '', filter, limit = 10, with_payload: wanted }: Query) {
      const known = isSparse(query) ? settings.sparse_vectors?.[using] : settings.vectors?.[using];
      if (!known) throw new Refused(400, `Wrong input: Not existing vector name error: ${using}`);
      const scores = isSparse(query) ? sparseScores(using, query, matcher(filter)) : denseScores(using, query, matcher(filter));
      const found = [...scores].sort((a, b) => b[1] - a[1] || before(a[0].id, b[0].id)).slice(0, limit);
      return { points: found.map(([point, score]) => ({ id: point.id, version: 0, score, payload: payloadOf(point, wanted) })) };
    },
  };
}
