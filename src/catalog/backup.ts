/** Backups of catalog.db: one file with all that the catalog holds at one moment, and a table that says whose and when. */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, realpathSync, renameSync, rmSync, statSync, type Stats } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { backup, DatabaseSync } from 'node:sqlite';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError, isAbort, reasonOf } from '../errors.ts';

/** What a backup says of itself. */
export interface BackupFacts {
  /** Version of Docent that made it. */
  docent: string;
  /** Milliseconds since the epoch. */
  madeAt: number;
  sources: number;
  documents: number;
  passages: number;
  answers: number;
  /** Credentials of sources, sealed. */
  secrets: number;
  /** Vectors of passages: kept, because embedding anew takes far longer than copying them. */
  vectors: number;
}

export interface CopyOptions {
  signal: AbortSignal;
  /** Pages of the file, of some KB each. */
  onProgress?: (done: number, total: number) => void;
}

/** Raised when a backup's own table changes. */
const FORMAT = 1;
/** Pages copied between two looks at the signal: 8 MB. */
const STEP_PAGES = 2048;
/** Another backup may be writing a younger one. */
const ABANDONED_MS = 3_600_000;
const COUNTED = {
  sources: 'sources',
  documents: 'documents',
  passages: 'passages',
  answers: 'answers',
  secrets: 'secrets',
  vectors: 'embeddings',
};

/**
 * Copies the catalog as it is at one moment; who writes to it meanwhile is not held up. Written beside under another name
 * and renamed when it is whole and on the disk; readable by its owner alone.
 * @throws AppError `backup.exists`, `backup.target`, `backup.nothing`, `backup.failed`, each with the way to mend it; the signal's reason
 */
export async function writeBackup(
  catalogFile: string,
  target: string,
  options: CopyOptions & { docent: string; now: number; force?: boolean },
): Promise<BackupFacts & { file: string; bytes: number }> {
  const file = resolve(target);
  if (!existsSync(catalogFile)) throw problem('backup.nothing', `There is no catalog ${catalogFile} to back up. Is DATA_DIR right?`);
  checkTarget(file, catalogFile, options.force ?? false);
  const partial = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.partial`);
  try {
    removeAbandoned(file);
    closeSync(openSync(partial, 'wx', 0o600));
    await copyCatalog(catalogFile, partial, options);
    const facts = signBackup(partial, options.docent, options.now);
    syncFile(partial);
    options.signal.throwIfAborted();
    checkTarget(file, catalogFile, options.force ?? false);
    renameSync(partial, file);
    syncFile(dirname(file));
    return { file, bytes: statSync(file).size, ...facts };
  } catch (cause) {
    if (cause instanceof AppError || isAbort(cause) || options.signal.aborted) throw cause;
    throw problem('backup.failed', `${file} could not be written: ${reasonOf(cause)}.`, cause);
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(partial + end, { force: true });
  }
}

/**
 * Copies a database, open here or elsewhere, as it is at one moment.
 * @param to a file that is not there, or empty
 */
export async function copyCatalog(from: string, to: string, options: CopyOptions): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    // Without a transaction of its own the copying begins anew whenever somebody writes.
    source.exec('begin');
    source.prepare('select count(*) from sqlite_schema').get();
    await backup(source, to, {
      rate: STEP_PAGES,
      progress: ({ totalPages, remainingPages }) => {
        options.onProgress?.(totalPages - remainingPages, totalPages);
        options.signal.throwIfAborted();
      },
    });
    options.signal.throwIfAborted();
  } finally {
    source.close();
  }
}

/** Writes what a backup says of itself. */
function signBackup(file: string, docent: string, madeAt: number): BackupFacts {
  const db = new DatabaseSync(file);
  try {
    db.exec('pragma journal_mode = delete; drop table if exists docent_backup');
    const tables = new Set(
      db
        .prepare("select name from sqlite_schema where type = 'table'")
        .all()
        .map((row) => row['name']),
    );
    const counts = Object.fromEntries(
      Object.entries(COUNTED).map(([fact, table]) => [
        fact,
        tables.has(table) ? (db.prepare(`select count(*) as n from ${table}`).get()!['n'] as number) : 0,
      ]),
    );
    const facts = { docent, madeAt, ...counts } as unknown as BackupFacts;
    db.exec('create table docent_backup (format integer not null, facts_json text not null)');
    db.prepare('insert into docent_backup values (?, ?)').run(FORMAT, JSON.stringify(facts));
    return facts;
  } finally {
    db.close();
  }
}

/**
 * What a backup says of itself, after looking whether it is one that this version knows.
 * @param known names of the migrations that this version has
 * @param options.whole reads all of it, to see whether it is whole
 * @param options.name of the file, for what is wrong with it; default: its path
 * @throws AppError `restore.not_found`, `restore.no_backup`, `restore.damaged`, `restore.newer`
 */
export function readBackup(path: string, known: readonly string[], options: { whole?: boolean; name?: string } = {}): BackupFacts {
  const file = options.name ?? path;
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) throw problem('restore.not_found', `There is no file ${file}.`);
  const no = problem('restore.no_backup', `${file} is no backup of Docent's ("docent backup FILE" makes one). Nothing was changed.`);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    if (!db.prepare("select 1 from sqlite_schema where type = 'table' and name = 'docent_backup'").get()) throw no;
    const row = db.prepare('select format, facts_json from docent_backup').get();
    if (!row) throw no;
    const facts = JSON.parse(row['facts_json'] as string) as BackupFacts;
    const names = db.prepare('select name from migrations').all() as { name: string }[];
    const unknown = names.find(({ name }) => !known.includes(name))?.name;
    if ((row['format'] as number) > FORMAT || unknown !== undefined)
      throw problem(
        'restore.newer',
        `${file} was made by a newer version of Docent (${facts.docent}${unknown ? `, migration ${unknown}` : ''}). Restore it with that version. Nothing was changed.`,
      );
    if (options.whole) {
      const checked = db.prepare('pragma integrity_check(1)').get()!['integrity_check'];
      if (checked !== 'ok') throw damaged(file, String(checked));
    }
    return facts;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    // SQLITE_NOTADB: a file of another kind.
    if (((cause as { errcode?: number }).errcode ?? 0) % 256 === 26) throw no;
    throw damaged(file, reasonOf(cause));
  } finally {
    db?.close();
  }
}

const damaged = (file: string, reason: string): AppError =>
  problem('restore.damaged', `${file} is damaged (${reason.replaceAll(/\s+/g, ' ')}). Take another backup. Nothing was changed.`);

function checkTarget(file: string, catalogFile: string, force: boolean): void {
  const there = statSync(file, { throwIfNoEntry: false });
  if (!there) {
    if (!existsSync(dirname(file))) throw problem('backup.target', `There is no folder ${dirname(file)}.`);
    return;
  }
  if (!there.isFile()) throw problem('backup.target', `${file} is no file that can be written.`);
  if (isOfCatalog(file, there, catalogFile)) throw problem('backup.target', `${file} is Docent's own data; choose another file.`);
  if (!force) throw problem('backup.exists', `${file} is there already. Choose another name, or overwrite it with --force.`);
}

function isOfCatalog(file: string, there: Stats, catalogFile: string): boolean {
  const same = ['', '-wal', '-shm'].some((end) => {
    const own = statSync(catalogFile + end, { throwIfNoEntry: false });
    return own !== undefined && own.ino === there.ino && own.dev === there.dev;
  });
  return same || (realpathSync(dirname(file)) === realpathSync(dirname(catalogFile)) && basename(file).startsWith('index.db'));
}

/** What earlier ones left that were killed. */
function removeAbandoned(file: string): void {
  for (const name of readdirSync(dirname(file))) {
    if (!name.startsWith(`.${basename(file)}.`) || !/\.[0-9a-f]{12}\.partial(?:-\w+)?$/.test(name)) continue;
    const path = join(dirname(file), name);
    const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Date.now() - since > ABANDONED_MS) rmSync(path, { force: true });
  }
}

/** Onto the disk: a file, or a folder's list of names. */
export function syncFile(path: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    fsyncSync(descriptor);
  } catch {
    // Not every system does this, for folders least of all.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export function problem(code: string, message: string, cause?: unknown): AppError {
  return new AppError({ code, message, publicMessage: message, ...(cause === undefined ? {} : { cause }) });
}
