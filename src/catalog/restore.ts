/** A backup takes the place of the catalog, while others have it open; killed anywhere, it is the one or the other. */
import { chmodSync, constants, copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { backup, DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { AppError } from '../errors.ts';
import { copyCatalog, problem, readBackup, syncFile, writeBackup, type BackupFacts, type CopyOptions } from './backup.ts';
import { pathForCopy, pruneCopies } from './copies.ts';
import { openCatalog, type Catalog } from './database.ts';
import { MIGRATIONS } from './migrations.ts';
import { markRestored } from './restored.ts';

export interface Restored extends BackupFacts {
  /** Where the catalog that was there before is kept; absent where there was none. */
  copy?: string;
}

/** Pages copied in one step; nobody else writes until the last. */
const STEP_PAGES = 2048;
/** How long writers may be in the way, and between two tries, in ms. */
const BUSY_MS = 30_000;
const RETRY_MS = 20;
/** How long long-running readers are waited for at the end, when all is done. */
const TIDY_MS = 500;
/** Folders of restorings that were killed. */
const WORK = 'restoring-';
const ABANDONED_MS = 3_600_000;

/**
 * Puts a backup in the place of `catalog.db` in a folder; everything is checked, and brought up to date, in a copy first.
 * Leases and running runs do not come along, and the index of the catalog before no longer counts (`restoredMark`).
 * @param options.docent version of this Docent, for the copy of the catalog that was there
 * @throws AppError `restore.…` as `readBackup`, `restore.busy`, `restore.failed`; the signal's reason. The catalog is then as before.
 */
export async function restoreCatalog(
  file: string,
  folder: string,
  options: CopyOptions & { docent: string; now: number },
): Promise<Restored> {
  const names = MIGRATIONS.map(({ name }) => name);
  const live = join(folder, 'catalog.db');
  if (isSameFile(file, live)) throw problem('restore.no_backup', `${file} is the catalog itself. Nothing was changed.`);
  // What is wrong with the file at first sight is said before anything is written.
  readBackup(file, names);
  removeAbandoned(folder);
  const work = mkdtempSync(join(folder, WORK));
  try {
    const ready = join(work, 'catalog.db');
    copyFileSync(file, ready, constants.COPYFILE_FICLONE);
    chmodSync(ready, 0o600);
    const facts = readBackup(ready, names, { whole: true, name: file });
    const mark = randomUUID();
    await prepare(work, mark, options.now);
    options.signal.throwIfAborted();
    const state = stateOf(live);
    const copy = state === 'none' ? undefined : await keepPresent(live, state, folder, options);
    options.signal.throwIfAborted();
    if (state === 'whole') await overwrite(ready, live, options);
    else putFile(ready, live);
    return { ...facts, ...(copy ? { copy } : {}) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Brings the copy's tables up to date and takes out what holds for the deployment of then alone. */
async function prepare(work: string, mark: string, now: number): Promise<void> {
  const db: Catalog = await openCatalog(work);
  try {
    await db.transaction().execute(async (tx) => {
      await tx.updateTable('sources').set({ lease_owner: null, lease_until: null, cancel_requested_at: null }).execute();
      await tx.updateTable('runs').set({ state: 'failed', finished_at: now }).where('state', '=', 'running').execute();
      await sql`drop table docent_backup`.execute(tx);
      await markRestored(tx, mark, now);
    });
  } finally {
    await db.destroy();
  }
  const file = new DatabaseSync(join(work, 'catalog.db'));
  file.exec('pragma wal_checkpoint(truncate); pragma journal_mode = delete');
  file.close();
}

/** What is damaged within is overwritten like the rest; only what cannot be opened needs another way. */
function stateOf(live: string): 'none' | 'whole' | 'broken' {
  if (!existsSync(live)) return 'none';
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(live, { timeout: BUSY_MS });
    db.prepare('select count(*) from sqlite_schema').get();
    return 'whole';
  } catch (error) {
    if (isDamage(error)) return 'broken';
    throw error;
  } finally {
    db?.close();
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, without their extended codes. */
const isDamage = (error: unknown): boolean => [11, 26].includes(((error as { errcode?: number } | undefined)?.errcode ?? 0) & 0xff);

/** A copy that can be restored in turn; of a broken catalog its bytes. */
async function keepPresent(
  live: string,
  state: 'whole' | 'broken',
  folder: string,
  options: CopyOptions & { docent: string; now: number },
): Promise<string> {
  const copy = pathForCopy(folder);
  if (state === 'whole') {
    try {
      await writeBackup(live, copy, { docent: options.docent, now: options.now, signal: options.signal });
    } catch (error) {
      // Damaged within, so that it cannot be counted: its pages as they are.
      if (!(error instanceof AppError) || !isDamage(error.cause)) throw error;
      await copyCatalog(live, copy, { signal: options.signal });
    }
  } else {
    copyFileSync(live, copy);
    if (existsSync(`${live}-wal`)) copyFileSync(`${live}-wal`, `${copy}-wal`);
  }
  pruneCopies(folder);
  return copy;
}

/** One transaction of the live file, whose readers see the old until its end; then others find the new. */
async function overwrite(ready: string, live: string, options: CopyOptions): Promise<void> {
  const target = new DatabaseSync(live, { timeout: BUSY_MS });
  let source = new DatabaseSync(ready);
  try {
    const pageSize = (db: DatabaseSync): number => db.prepare('pragma page_size').get()!['page_size'] as number;
    if (pageSize(source) !== pageSize(target)) source.exec(`pragma page_size = ${pageSize(target)}; vacuum`);
    source.close();
    source = new DatabaseSync(ready, { readOnly: true });
    for (const until = Date.now() + BUSY_MS; ; await sleep(RETRY_MS, undefined, { signal: options.signal })) {
      let begun = false;
      try {
        await backup(source, live, {
          rate: STEP_PAGES,
          progress: ({ totalPages, remainingPages }) => {
            begun = true;
            options.onProgress?.(totalPages - remainingPages, totalPages);
            options.signal.throwIfAborted();
          },
        });
        break;
      } catch (cause) {
        if (options.signal.aborted) throw cause;
        // Somebody was writing at that moment; node reports it as "not an error", or as busy.
        const code = ((cause as { errcode?: number }).errcode ?? -1) & 0xff;
        if (begun || ![0, 5, 6].includes(code))
          throw problem('restore.failed', `The catalog could not be replaced: ${String(cause)}.`, cause);
        if (Date.now() > until)
          throw problem(
            'restore.busy',
            'The catalog is being written to all the time. Stop the server, then restore again. Nothing was changed.',
          );
      }
    }
    // Else the server's next small write would move all of it from the log to the file.
    target.exec('pragma wal_checkpoint(passive)');
    // That held nobody up, and left little for the one that does.
    target.exec(`pragma busy_timeout = ${TIDY_MS}; pragma wal_checkpoint(truncate)`);
  } finally {
    source.close();
    target.close();
  }
}

/** For a folder without a catalog, or with a broken one, that nobody can have open. */
function putFile(ready: string, live: string): void {
  syncFile(ready);
  for (const end of ['-wal', '-shm', '-journal']) rmSync(live + end, { force: true });
  renameSync(ready, live);
  syncFile(dirname(live));
}

function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}

function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.startsWith(WORK) && Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > ABANDONED_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
