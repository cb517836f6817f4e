/** The synchronous operations on index.db; runs inside the search thread. */
import type { Point, SearchHit, SearchQuery, SearchResult, VectorEntry, VectorModels } from '../search-index.ts';
import { createPending } from './sqlite-pending.ts';
import { ABSENT, createResident } from './sqlite-resident.ts';
import { openIndexFile } from './sqlite-open.ts';
import { createVectorReads, vectorKey } from './sqlite-vectors.ts';
import { createWordSearch } from './sqlite-words.ts';
import { createWrites, KINDS } from './sqlite-writes.ts';
import { dotProduct, topOf } from '../vector-matrix.ts';

export interface SqliteStore {
  put(points: Point[]): void;
  drop(ids: string[]): void;
  putVectors(model: string, entries: VectorEntry[]): void;
  /** The first ids of those without a vector among the next points; `next` is where to go on, if there may be more. */
  withoutVector(model: string, after: string, limit: number): { ids: string[]; next: string | undefined };
  vectorModels(): VectorModels;
  /** Afterwards `dropVectors` takes out what is no longer used. */
  activate(model: string): void;
  /** One short step; true while there is more. */
  dropVectors(): boolean;
  search(query: SearchQuery): SearchResult;
  ids(after: string | undefined, limit: number): string[];
  count(): number;
  getMeta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
  /** Takes over a part of what searches need in memory, so that the first one need not. True while there is more. */
  warm(): boolean;
  /** Takes over a small part of what was written since the last search, where vectors are in memory. True while there is more. */
  follow(): boolean;
  /** Whether searches by meaning were asked for here. */
  keepsVectors(): boolean;
  /** Runs while nobody else writes. */
  exclusively(work: () => void): void;
  /**
   * One short step of what writes left for later: entering and merging words, at last moving what was written from the
   * log to the file (a writer would wait for the disk). True while there is more to do.
   */
  tidy(): boolean;
  close(): void;
}

/** How long after a search more of them are expected, in ms. */
const SEARCHING_MS = 5_000;
/** Vectors taken over at once while the index warms up: some 100 ms. */
const WARMED_VECTORS = 5_000;
/** The same while the thread has nothing to do; a search that comes waits for them. */
const FOLLOWED_VECTORS = 1_000;
/** Vectors of a model that is being built beside which a search takes over in passing, so that it is at hand when it is activated. */
const BESIDE_VECTORS = 64;
/** Points compared by exact vectors for each one wanted: with bytes alone the order of near ones is not sure. */
const EXACT_VECTORS = 2;

/** How a transaction begins that writes. */
const WRITE = 'BEGIN IMMEDIATE';

/** Another file has taken this one's place: nothing was written. */
export class Superseded extends Error {}

/**
 * Opens (and creates) the index file. Another process may have it open too. Throws what SQLite throws.
 * @param counts asked within each write: false when the file is not the index any more, and the write throws `Superseded`
 */
export function openSqliteStore(path: string, counts: () => boolean = () => true): SqliteStore {
  const db = openIndexFile(path);
  const reads = createVectorReads(db);
  const resident = createResident(db, reads);
  const pending = createPending(db);
  const words = createWordSearch(db, pending);
  const exactVector = db.prepare('SELECT vector FROM vectors WHERE key = ?');
  exactVector.setReturnArrays(true);
  const pointOf = db.prepare('SELECT id, document FROM points WHERE n = ?');
  const documentPoints = db.prepare('SELECT n FROM points WHERE document IN (SELECT value FROM json_each(?))');

  const inTransaction = <T>(begin: string, work: () => T): T => {
    db.exec(begin);
    try {
      if (begin === WRITE && !counts()) throw new Superseded();
      const value = work();
      db.exec('COMMIT');
      return value;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  const writes = createWrites(db, inTransaction);
  let lastSearch = -SEARCHING_MS;
  const quiet = (): boolean => performance.now() - lastSearch > SEARCHING_MS;
  /** Takes over what any connection wrote; call inside a read transaction. */
  const refresh = (): void => {
    if (!resident.refresh()) return;
    pending.refresh();
    words.forget();
  };

  const takeOver = (limit: number): boolean =>
    inTransaction('BEGIN', () => {
      refresh();
      return resident.loadVectors({ active: limit, beside: limit });
    });

  /** By point number: 1 where the query may find the point. */
  const eligibleFor = (query: SearchQuery): Uint8Array => {
    const kinds = new Uint8Array(ABSENT + 1);
    for (const kind of query.kinds) kinds[KINDS.indexOf(kind)] = 1;
    const readers = new Uint8Array(resident.readerPlaces.size);
    for (const set of query.readerSets) {
      const place = resident.readerPlaces.get(set);
      if (place !== undefined) readers[place] = 1;
    }
    const eligible = new Uint8Array(resident.kinds.length);
    for (let n = 0; n < eligible.length; n++) eligible[n] = kinds[resident.kinds[n]!]! & readers[resident.readers[n]!]!;
    if (query.exceptDocuments?.length) {
      for (const { n } of documentPoints.all(JSON.stringify(query.exceptDocuments))) eligible[n as number] = 0;
    }
    return eligible;
  };
  const hits = <T extends { n: number; score: number }>(found: T[], more: (hit: T) => Partial<SearchHit> = () => ({})): SearchHit[] =>
    found.flatMap((hit) => {
      const row = pointOf.get(hit.n);
      return row ? [{ id: row['id'] as string, documentId: row['document'] as string, score: hit.score, ...more(hit) }] : [];
    });
  /** The nearest points, and the exact cosine of any; undefined where the query's vector is not one of the active model. */
  const searchMeaning = (
    query: SearchQuery,
    eligible: Uint8Array,
  ): { found: { n: number; score: number }[]; cosine(n: number): number | undefined } | undefined => {
    const asked = query.vector;
    if (!asked || (query.vectorModel !== undefined && query.vectorModel !== reads.activeModel()?.name)) return undefined;
    resident.loadVectors({ active: Number.MAX_SAFE_INTEGER, beside: BESIDE_VECTORS });
    const active = resident.activeVectors();
    if (!active) return { found: [], cosine: () => undefined };
    if (active.dimension !== asked.length) return undefined;
    const known = new Map<number, number | undefined>();
    const cosine = (n: number): number | undefined => {
      if (known.has(n)) return known.get(n);
      const row = exactVector.get(vectorKey(active.m, n)) as unknown as [Uint8Array] | undefined;
      const score = row && dotProduct(new Float32Array(row[0].buffer, row[0].byteOffset, asked.length), asked);
      known.set(n, score);
      return score;
    };
    const best = topOf(query.limit);
    for (const n of active.matrix.nearest(asked, eligible, query.limit * EXACT_VECTORS)) {
      const score = cosine(n);
      if (score !== undefined) best.offer(n, score);
    }
    return { found: best.take(), cosine };
  };

  return {
    put(points) {
      writes.put(points, quiet());
      resident.noteWrite();
    },
    drop(ids) {
      writes.drop(ids, quiet());
      resident.noteWrite();
    },
    putVectors(model, entries) {
      writes.putVectors(model, entries);
      resident.noteWrite();
    },
    withoutVector: (model, after, limit) => reads.without(model, after, limit),
    vectorModels: () => inTransaction('BEGIN', () => reads.state(words.total())),
    activate(model) {
      writes.activate(model);
      resident.noteWrite();
    },
    dropVectors: () => writes.dropVectors(),
    search(query) {
      lastSearch = performance.now();
      return inTransaction('BEGIN', () => {
        refresh();
        const eligible = eligibleFor(query);
        const meaning = searchMeaning(query, eligible);
        const { found, others } = words.search(query.terms, eligible, query.limit, meaning?.found.map(({ n }) => n) ?? []);
        return {
          words: hits(found, ({ n }) => {
            const other = meaning?.cosine(n);
            return other !== undefined ? { other } : meaning ? { noVector: true } : {};
          }),
          meaning: meaning ? hits(meaning.found, ({ n }) => ({ other: others.get(n)! })) : [],
          total: words.total(),
          documentFrequency: words.frequenciesOf(query.terms),
        };
      });
    },
    warm: () => takeOver(WARMED_VECTORS),
    follow: () => resident.keepsVectors() && takeOver(FOLLOWED_VECTORS),
    ids(after, limit) {
      const rows = db.prepare('SELECT id FROM points WHERE id > ? ORDER BY id LIMIT ?').all(after ?? '', limit);
      return rows.map((row) => row['id'] as string);
    },
    count: () => words.total(),
    getMeta: (key) => db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'] as string | undefined,
    setMeta(key, value) {
      const set = db.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
      inTransaction(WRITE, () => set.run(key, value));
    },
    keepsVectors: () => resident.keepsVectors(),
    exclusively: (work) => inTransaction(WRITE, work),
    tidy() {
      const more = writes.step();
      resident.noteWrite();
      if (!more) db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      return more;
    },
    close: () => db.close(),
  };
}
