/** The synchronous operations on index.db; runs inside the search thread. */
import { DatabaseSync } from 'node:sqlite';
import type { Point, SearchHit, SearchQuery, SearchResult } from '../search-index.ts';

export interface SqliteStore {
  put(points: Point[]): void;
  drop(ids: string[]): void;
  search(query: SearchQuery): SearchResult;
  ids(after: string | undefined, limit: number): string[];
  count(): number;
  getMeta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
  close(): void;
}

const KINDS: Point['kind'][] = ['passage', 'verified', 'question'];

const SCHEMA = `
CREATE TABLE IF NOT EXISTS points (
  n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL, kind INTEGER NOT NULL,
  readers INTEGER NOT NULL, vector BLOB);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
  title, heading, text, content='', contentless_delete=1, tokenize="ascii tokenchars '_-./@+#:&'''");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab (words, 'row');
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

/** Opens (and creates) the index file. Another process may have it open too. */
export function openSqliteStore(path: string): SqliteStore {
  const db = new DatabaseSync(path, { timeout: 10_000 });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  db.exec(SCHEMA);
  const removeOne = db.prepare('DELETE FROM points WHERE id = ? RETURNING n');
  const insertPoint = db.prepare('INSERT INTO points (id, document, kind, readers, vector) VALUES (?, ?, ?, ?, ?)');
  const insertWords = db.prepare('INSERT INTO words (rowid, title, heading, text) VALUES (?, ?, ?, ?)');
  const removeWords = db.prepare('DELETE FROM words WHERE rowid = ?');
  const frequency = db.prepare('SELECT doc FROM vocabulary WHERE term = ?');

  const transaction = (work: () => void): void => {
    db.exec('BEGIN IMMEDIATE');
    try {
      work();
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  const remove = (id: string): void => {
    const row = removeOne.get(id);
    if (row) removeWords.run(row['n'] as number);
  };
  const filter = (query: SearchQuery): { where: string; values: string[] } => ({
    where: `p.kind IN (SELECT value FROM json_each(?)) AND p.readers IN (SELECT value FROM json_each(?))
      AND p.document NOT IN (SELECT value FROM json_each(?))`,
    values: [
      JSON.stringify(query.kinds.map((kind) => KINDS.indexOf(kind))),
      JSON.stringify(query.readerSets),
      JSON.stringify(query.exceptDocuments ?? []),
    ],
  });

  const searchWords = (query: SearchQuery): SearchHit[] => {
    if (query.terms.terms.length === 0) return [];
    const { where, values } = filter(query);
    const match = query.terms.terms.map(({ term }) => `"${term.replaceAll('"', '')}"`).join(' OR ');
    return db
      .prepare(
        `SELECT p.id, p.document AS documentId, -bm25(words, 2, 1, 1) AS score FROM words JOIN points p ON p.n = words.rowid
         WHERE words MATCH ? AND ${where} ORDER BY score DESC LIMIT ?`,
      )
      .all(match, ...values, query.limit) as unknown as SearchHit[];
  };
  const searchMeaning = (query: SearchQuery): SearchHit[] => {
    const asked = query.vector;
    if (!asked) return [];
    const { where, values } = filter(query);
    const rows = db.prepare(`SELECT p.id, p.document, p.vector FROM points p WHERE p.vector IS NOT NULL AND ${where}`).all(...values);
    return rows
      .map((row) => {
        const bytes = row['vector'] as Uint8Array;
        const vector = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
        let score = 0;
        for (let i = 0; i < vector.length; i++) score += vector[i]! * (asked[i] ?? 0);
        return { id: row['id'] as string, documentId: row['document'] as string, score };
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, query.limit);
  };
  const count = (): number => db.prepare('SELECT count(*) AS n FROM points').get()!['n'] as number;

  return {
    put(points) {
      transaction(() => {
        for (const point of points) {
          remove(point.id);
          const vector = point.vector ? new Uint8Array(point.vector.buffer, point.vector.byteOffset, point.vector.byteLength) : null;
          const { lastInsertRowid } = insertPoint.run(point.id, point.documentId, KINDS.indexOf(point.kind), point.readerSet, vector);
          insertWords.run(lastInsertRowid, point.terms.title, point.terms.heading, point.terms.text);
        }
      });
    },
    drop(ids) {
      transaction(() => ids.forEach(remove));
    },
    search(query) {
      const documentFrequency: Record<string, number> = {};
      for (const { term } of query.terms.terms) documentFrequency[term] = (frequency.get(term)?.['doc'] as number | undefined) ?? 0;
      return { words: searchWords(query), meaning: searchMeaning(query), total: count(), documentFrequency };
    },
    ids(after, limit) {
      const rows = db.prepare('SELECT id FROM points WHERE id > ? ORDER BY id LIMIT ?').all(after ?? '', limit);
      return rows.map((row) => row['id'] as string);
    },
    count,
    getMeta: (key) => db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'] as string | undefined,
    setMeta(key, value) {
      db.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(key, value);
    },
    close: () => db.close(),
  };
}
