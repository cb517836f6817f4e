/** Keeping what Docent knows: a backup of the catalog in one file, and the way back. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readBackup, writeBackup, type BackupFacts, type CopyOptions } from './catalog/backup.ts';
import { MIGRATIONS } from './catalog/migrations.ts';
import { restoreCatalog, type Restored } from './catalog/restore.ts';
import { AppError } from './errors.ts';

export type { BackupFacts, Restored };

export type BackedUp = BackupFacts & {
  /** Absolute path. */
  file: string;
  bytes: number;
};

/** Neither needs the application: the server may run or not, and the catalog that is restored over may be broken. */
export interface KeepingDeps extends CopyOptions {
  /** DATA_DIR */
  folder: string;
  /** DATABASE_URL: the catalog is there, and backed up with the server's own tools. */
  databaseUrl?: string | undefined;
  now: number;
}

/** Version of this Docent. */
export function docentVersion(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

/**
 * Writes the catalog into one file; the server may run. The index is not in it: it is made again from the catalog.
 * @throws AppError as `writeBackup` does
 */
export async function backUp(file: string, { folder, databaseUrl, ...options }: KeepingDeps & { force?: boolean }): Promise<BackedUp> {
  refusePostgres(
    databaseUrl,
    `The catalog is in Postgres, whose own tools back it up: pg_dump --format=custom --file=${file} "$DATABASE_URL". Keep SECRET_KEY in another place.`,
  );
  return writeBackup(join(resolve(folder), 'catalog.db'), file, { ...options, docent: docentVersion() });
}

/** Postgres has tools of its own that do it while it runs, and that its operators have in use already. */
function refusePostgres(databaseUrl: string | undefined, message: string): void {
  if (databaseUrl !== undefined) throw new AppError({ code: 'backup.postgres', message, publicMessage: message });
}

const restorePostgres = (file: string): string =>
  `The catalog is in Postgres. A dump of pg_dump is restored with its own tools: stop Docent, then pg_restore --clean --if-exists --single-transaction --no-owner --dbname="$DATABASE_URL" ${file}, then "docent reindex". A backup that "docent backup" wrote is restored without DATABASE_URL, and moved with "docent move-catalog".`;

/** What a backup says of itself. @throws AppError as `readBackup` does, when it cannot be restored by this version */
export function lookAtBackup(file: string, { databaseUrl }: Pick<KeepingDeps, 'databaseUrl'> = {}): BackupFacts {
  refusePostgres(databaseUrl, restorePostgres(file));
  return readBackup(
    resolve(file),
    MIGRATIONS.map(({ name }) => name),
  );
}

/**
 * Puts a backup in the place of the catalog; the server may run, and rebuilds the index at its next sweep.
 * @throws AppError as `restoreCatalog` does; the catalog is then as it was
 */
export async function restore(file: string, { folder, databaseUrl, ...options }: KeepingDeps): Promise<Restored> {
  refusePostgres(databaseUrl, restorePostgres(file));
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return restoreCatalog(resolve(file), resolve(folder), { ...options, docent: docentVersion() });
}
