/** The synchronous operations on index.db; runs inside the search thread. */
import { levelsOf, weightedLength } from '../bm25.ts';
import type { Point, SearchHit, SearchQuery, SearchResult } from '../search-index.ts';
import { encodeTerms } from '../term-codes.ts';
import { ABSENT, createResident, pruneTombstones } from './sqlite-resident.ts';
import { openIndexFile } from './sqlite-open.ts';
import { createWordSearch, levelToken } from './sqlite-words.ts';
import { quantize, topOf } from '../vector-matrix.ts';

export interface SqliteStore {
  put(points: Point[]): void;
  drop(ids: string[]): void;
  search(query: SearchQuery): SearchResult;
  ids(after: string | undefined, limit: number): string[];
  count(): number;
  getMeta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
  /** Moves what was written from the log to the file; done when idle, because a writer would wait for the disk. */
  tidy(): void;
  close(): void;
}

const KINDS: Point['kind'][] = ['passage', 'verified', 'question'];
/** Points compared by exact vectors for each one wanted: with bytes alone the order of near ones is not sure. */
const EXACT_VECTORS = 2;

/** Opens (and creates) the index file. Another process may have it open too. Throws what SQLite throws. */
export function openSqliteStore(path: string): SqliteStore {
  const db = openIndexFile(path);
  const resident = createResident(db);
  const words = createWordSearch(db);
  const numberOf = db.prepare('SELECT n FROM points WHERE id = ?');
  const codesOf = db.prepare('SELECT codes FROM passages WHERE n = ?');
  const exactVector = db.prepare('SELECT vector FROM vectors WHERE n = ?');
  const insertPoint = db.prepare('INSERT INTO points (id, document, kind, readers) VALUES (?, ?, ?, ?)');
  const insertCodes = db.prepare('INSERT INTO passages (n, codes) VALUES (?, ?)');
  const insertWords = db.prepare('INSERT INTO words (rowid, terms) VALUES (?, ?)');
  const insertVector = db.prepare('INSERT INTO vectors (n, vector) VALUES (?, ?)');
  const insertQuantized = db.prepare('INSERT INTO quantized (n, scale, bytes) VALUES (?, ?, ?)');
  const tombstone = db.prepare('INSERT INTO removed (n) VALUES (?)');
  const deletions = ['points', 'passages', 'vectors', 'quantized'].map((table) => db.prepare(`DELETE FROM ${table} WHERE n = ?`));
  const deleteWords = db.prepare('DELETE FROM words WHERE rowid = ?');
  const changeTotals = db.prepare('UPDATE totals SET points = points + ?, length = length + ?');
  const changeFrequency = db.prepare(
    `INSERT INTO frequencies VALUES (?, ?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET level0 = level0 + excluded.level0,
     level1 = level1 + excluded.level1, level2 = level2 + excluded.level2, level3 = level3 + excluded.level3`,
  );
  const pointOf = db.prepare('SELECT id, document FROM points WHERE n = ?');
  const documentPoints = db.prepare('SELECT n FROM points WHERE document IN (SELECT value FROM json_each(?))');

  const inTransaction = <T>(begin: string, work: () => T): T => {
    db.exec(begin);
    try {
      const value = work();
      db.exec('COMMIT');
      return value;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  /** Runs in one transaction, keeping how often each term stands and how much there is in step with the points. */
  const write = (work: (add: (point: Point) => void, remove: (id: string) => void) => void): void => {
    inTransaction('BEGIN IMMEDIATE', () => {
      const frequencies = new Map<number, [number, number, number, number]>();
      let points = 0;
      let length = 0;
      const count = (codes: Uint32Array, by: 1 | -1): Map<number, number> => {
        const levels = levelsOf(codes);
        for (const [code, level] of levels) {
          let counts = frequencies.get(code);
          if (!counts) frequencies.set(code, (counts = [0, 0, 0, 0]));
          counts[level]! += by;
        }
        points += by;
        length += by * weightedLength(codes);
        return levels;
      };
      const remove = (id: string): void => {
        const n = numberOf.get(id)?.['n'] as number | undefined;
        if (n === undefined) return;
        const bytes = codesOf.get(n)!['codes'] as Uint8Array;
        count(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4), -1);
        deleteWords.run(n);
        for (const deletion of deletions) deletion.run(n);
        tombstone.run(n);
      };
      const add = (point: Point): void => {
        remove(point.id);
        const n = insertPoint.run(point.id, point.documentId, KINDS.indexOf(point.kind), point.readerSet).lastInsertRowid as number;
        const codes = encodeTerms(point.terms);
        insertCodes.run(n, new Uint8Array(codes.buffer));
        let tokens = '';
        for (const [code, level] of count(codes, 1)) tokens += `${levelToken(code, level)} `;
        insertWords.run(n, tokens);
        if (!point.vector) return;
        const { scale, bytes } = quantize(point.vector);
        insertVector.run(n, new Uint8Array(point.vector.buffer, point.vector.byteOffset, point.vector.byteLength));
        insertQuantized.run(n, scale, new Uint8Array(bytes.buffer));
      };
      work(add, remove);
      for (const [code, counts] of [...frequencies].sort((a, b) => a[0] - b[0])) {
        if (counts.some((by) => by !== 0)) changeFrequency.run(code, ...counts);
      }
      changeTotals.run(points, length);
      pruneTombstones(db);
    });
    resident.noteWrite();
  };

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
  const hits = (found: { n: number; score: number }[]): SearchHit[] =>
    found.flatMap(({ n, score }) => {
      const row = pointOf.get(n);
      return row ? [{ id: row['id'] as string, documentId: row['document'] as string, score }] : [];
    });
  const searchMeaning = (query: SearchQuery, eligible: Uint8Array): { n: number; score: number }[] => {
    const asked = query.vector;
    if (!asked) return [];
    resident.loadVectors();
    const best = topOf(query.limit);
    for (const n of resident.matrices.get(asked.length)?.nearest(asked, eligible, query.limit * EXACT_VECTORS) ?? []) {
      const bytes = exactVector.get(n)?.['vector'] as Uint8Array | undefined;
      if (!bytes) continue;
      const vector = new Float32Array(bytes.buffer, bytes.byteOffset, asked.length);
      let score = 0;
      for (let i = 0; i < asked.length; i++) score += vector[i]! * asked[i]!;
      best.offer(n, score);
    }
    return best.take();
  };

  return {
    put: (points) => write((add) => points.forEach(add)),
    drop: (ids) => write((_, remove) => ids.forEach(remove)),
    search: (query) =>
      inTransaction('BEGIN', () => {
        resident.refresh();
        const eligible = eligibleFor(query);
        return {
          words: hits(words.search(query.terms, eligible, query.limit)),
          meaning: hits(searchMeaning(query, eligible)),
          total: words.total(),
          documentFrequency: words.frequenciesOf(query.terms),
        };
      }),
    ids(after, limit) {
      const rows = db.prepare('SELECT id FROM points WHERE id > ? ORDER BY id LIMIT ?').all(after ?? '', limit);
      return rows.map((row) => row['id'] as string);
    },
    count: () => words.total(),
    getMeta: (key) => db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'] as string | undefined,
    setMeta(key, value) {
      db.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(key, value);
    },
    tidy: () => db.exec('PRAGMA wal_checkpoint(PASSIVE)'),
    close: () => db.close(),
  };
}
