/** The tables of index.db. Disposable: a file of another layout is emptied, and the catalog fills it again. */
import type { DatabaseSync } from 'node:sqlite';

/** Rises with any change of the tables or of what stands in them. */
const LAYOUT = 4;

const TABLES = `
CREATE TABLE points (
  n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL, kind INTEGER NOT NULL,
  readers INTEGER NOT NULL);
CREATE INDEX points_document ON points (document);
CREATE TABLE removed (sequence INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL);
CREATE TABLE passages (n INTEGER PRIMARY KEY, codes BLOB NOT NULL);
CREATE TABLE models (
  m INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, active INTEGER NOT NULL DEFAULT 0, dimension INTEGER NOT NULL DEFAULT 0,
  vectors INTEGER NOT NULL DEFAULT 0, written INTEGER NOT NULL DEFAULT 0);
CREATE TABLE vectors (key INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE quantized (key INTEGER PRIMARY KEY, n INTEGER NOT NULL, scale REAL NOT NULL, bytes BLOB NOT NULL);
CREATE INDEX quantized_n ON quantized (n);
CREATE VIRTUAL TABLE words USING fts5 (terms, content='', contentless_delete=1, detail=none, tokenize='ascii');
INSERT INTO words (words, rank) VALUES ('automerge', 0);
INSERT INTO words (words, rank) VALUES ('crisismerge', 48);
CREATE TABLE pending (n INTEGER PRIMARY KEY, change INTEGER NOT NULL);
CREATE TABLE frequencies (
  code INTEGER PRIMARY KEY, level0 INTEGER NOT NULL, level1 INTEGER NOT NULL, level2 INTEGER NOT NULL, level3 INTEGER NOT NULL);
CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), points INTEGER NOT NULL, length INTEGER NOT NULL);
INSERT INTO totals VALUES (1, 0, 0);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

/** Makes the tables where they are missing. Two processes may open a new file at the same moment. */
export function prepareSchema(db: DatabaseSync): void {
  db.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 32000;');
  const layout = (): number => db.prepare('PRAGMA user_version').get()!['user_version'] as number;
  if (layout() === LAYOUT) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    if (layout() !== LAYOUT) {
      const old = db
        .prepare(
          "SELECT type, name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY sql NOT LIKE 'CREATE VIRTUAL%'",
        )
        .all();
      for (const { name } of old) db.exec(`DROP TABLE IF EXISTS "${String(name)}"`);
      db.exec(TABLES);
      db.exec(`PRAGMA user_version = ${LAYOUT}`);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
