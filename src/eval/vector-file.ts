/** Vectors that outlive the throw-away folder of an evaluation: the same set is measured many times. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { VectorCache } from '../models/cached-embedder.ts';

/** A file of vectors by `embedKey`; made when it is missing. */
export function openVectorFile(file: string): { vectors: VectorCache; close(): void } {
  mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file, { timeout: 10_000 });
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID',
  );
  const read = db.prepare('SELECT vector FROM vectors WHERE key = ?');
  const write = db.prepare('INSERT OR REPLACE INTO vectors VALUES (?, ?)');
  return {
    vectors: {
      get(keys) {
        const found = new Map<string, Float32Array>();
        for (const key of keys) {
          const bytes = read.get(key)?.['vector'] as Uint8Array | undefined;
          if (bytes) found.set(key, new Float32Array(bytes.slice().buffer));
        }
        return found;
      },
      put(entries) {
        db.exec('BEGIN');
        for (const { key, vector } of entries) write.run(key, new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
        db.exec('COMMIT');
      },
    },
    close: () => db.close(),
  };
}
