/** Opens index.db; a file that is no database any more is put away, because the catalog fills a new one. */
import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { prepareSchema } from './sqlite-schema.ts';

/** SQLITE_CORRUPT and SQLITE_NOTADB, without their extended codes. */
const BROKEN = new Set([11, 26]);
/** How long a write waits for another process's, in ms. */
const BUSY_MS = 10_000;
/** Putting away takes milliseconds: who holds the lock longer was killed. */
const LOCK_MS = 5_000;

/** Throws what SQLite throws. */
export function openIndexFile(path: string): DatabaseSync {
  try {
    return open(path);
  } catch (error) {
    if (!isBroken(error)) throw error;
  }
  // Several threads and processes find it broken at once: one puts it away, and none a file that another has just made.
  const lock = `${path}.lock`;
  for (const until = Date.now() + 2 * LOCK_MS; ;) {
    if (takeLock(lock)) break;
    if (Date.now() > until) throw new Error(`${path} is damaged, and ${lock} is in the way`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
  try {
    return open(path);
  } catch (error) {
    if (!isBroken(error)) throw error;
    // Kept once, should it have been something else that somebody put there.
    renameSync(path, `${path}.damaged`);
    for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
    return open(path);
  } finally {
    rmSync(lock, { force: true });
  }
}

function open(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    db.exec('PRAGMA journal_mode = WAL');
    prepareSchema(db);
    // Every table's root and the ends of the file; the whole of a large file would take seconds.
    for (const table of ['points', 'passages', 'models', 'vectors', 'quantized', 'words', 'frequencies', 'totals', 'meta'])
      db.prepare(`SELECT * FROM ${table} LIMIT 1`).get();
    db.prepare('SELECT * FROM points ORDER BY n DESC LIMIT 1').get();
    db.prepare('SELECT * FROM passages ORDER BY n DESC LIMIT 1').get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function isBroken(error: unknown): boolean {
  return BROKEN.has(Number((error as { errcode?: number }).errcode) & 0xff);
}

function takeLock(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Date.now() - since > LOCK_MS) rmSync(lock, { force: true });
    return false;
  }
}
