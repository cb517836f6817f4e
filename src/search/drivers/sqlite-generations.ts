/**
 * Which file holds the index: the path itself, or after a rebuilding the file beside it that `PATH.current` names. A name
 * never comes again, so whoever still has an earlier file open reads on in it, and none is taken for another.
 */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../errors.ts';

/** The file that counts now. */
export function currentFile(path: string): string {
  try {
    const name = readFileSync(`${path}.current`, 'utf8').trim();
    return isGeneration(path, name) ? join(dirname(path), name) : path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path;
    throw error;
  }
}

/** A name for a file that is built beside. */
export function newGeneration(path: string): string {
  return `${path}.g${randomBytes(8).toString('hex')}`;
}

/**
 * From here on `file` is the index, for everyone and after a loss of power too. Call with the write lock of the file that
 * counted until now, so that nobody is just writing there.
 * @throws AppError `search.rebuild_lost` when the file is not there
 */
export function makeCurrent(path: string, file: string): void {
  if (!existsSync(file))
    throw new AppError({ code: 'search.rebuild_lost', message: `${file} is gone: another rebuilding took its place`, retryable: true });
  const temporary = `${path}.current.${randomBytes(4).toString('hex')}`;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, `${basename(file)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, `${path}.current`);
  syncFolder(dirname(path));
}

/** Removes one file of the index with what SQLite keeps beside it. One that another system keeps open stays for the next time. */
export function removeGeneration(file: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) {
    try {
      rmSync(file + end, { force: true });
    } catch {
      // Windows does not remove what is open.
    }
  }
}

/** Removes every file but the one that counts: earlier ones, and what rebuildings left that were cut short. */
export function removeOthers(path: string): void {
  const current = basename(currentFile(path));
  const names = readdirSync(dirname(path));
  for (const name of names) if (name.startsWith(`${basename(path)}.current.`)) rmSync(join(dirname(path), name), { force: true });
  const found = new Set(
    names.map((name) => name.replace(/-(?:wal|shm|journal)$/, '')).filter((name) => name === basename(path) || isGeneration(path, name)),
  );
  for (const name of found) if (name !== current) removeGeneration(join(dirname(path), name));
}

function isGeneration(path: string, name: string): boolean {
  const start = `${basename(path)}.g`;
  return name.startsWith(start) && /^[0-9a-f]{16}$/.test(name.slice(start.length));
}

/** A rename lasts only once its folder is on the disk; Windows cannot open one. */
function syncFolder(folder: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder, 'r');
    fsyncSync(descriptor);
  } catch {
    // Not every system does this.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
