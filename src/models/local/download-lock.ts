/** One process at a time downloads a model. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../types.ts';
import { diskError } from './disk-error.ts';

const SQLITE_BUSY = 5;
const ASK_AGAIN_MS = 500;

/**
 * Runs `task` while this process holds the model's lock, and waits until then. The lock is the operating system's own, on an
 * empty file that SQLite opens: it ends with the process that holds it, also when that is killed, without a heartbeat that
 * a sleeping laptop would miss. The file is never removed, since a lock on a removed file keeps nobody out.
 * @param options.onWait called each time that another process was found to hold it
 * @throws the signal's reason; AppError `model.folder_unwritable`
 */
export async function withDownloadLock<T>(
  options: { dir: string; name: string; clock: Clock; signal: AbortSignal; onWait(): Promise<void> | void },
  task: () => Promise<T>,
): Promise<T> {
  const file = path.join(options.dir, `.${options.name}.lock`);
  let lock = take(file);
  while (lock === undefined) {
    await options.onWait();
    await options.clock.sleep(ASK_AGAIN_MS, options.signal);
    lock = take(file);
  }
  try {
    return await task();
  } finally {
    lock.close();
  }
}

/** Undefined while another holds it. */
function take(file: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY) return undefined;
    throw diskError(path.dirname(file), error);
  }
}
