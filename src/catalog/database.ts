/** Opens the catalog (the truth) and brings its tables up to date. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { join } from 'node:path';
import { Kysely, PostgresAdapter, SqliteDialect, sql } from 'kysely';
import { AppError } from '../errors.ts';
import { pathForCopy, pruneCopies } from './copies.ts';
import { migrationsDone, refuseNewer, runMissing } from './migrate.ts';
import type { CatalogTables } from './schema.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';

export type Catalog = Kysely<CatalogTables>;

/** Whether a catalog, or a transaction of one, is on Postgres; SQLite otherwise, where whoever writes is alone. */
export const isPostgres = (db: Catalog): boolean => db.getExecutor().adapter instanceof PostgresAdapter;

/**
 * Opens `catalog.db` in a folder (made when missing), after running what migrations are missing; before that a copy of
 * the file is put into `copies/`.
 * @throws AppError `catalog.newer` when the file was written by a later version, `catalog.unusable` when it cannot be opened
 */
export async function openCatalog(folder: string, migrations: Migration[] = MIGRATIONS): Promise<Catalog> {
  const file = join(folder, 'catalog.db');
  const isNew = !existsSync(file);
  // Opening it to write changes bytes of it already.
  if (!isNew) refuseNewer(migrationsOf(file), migrations, ELSEWHERE);
  let database: DatabaseSync;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(file);
    // A reader never waits for a writer under WAL; two writers (server and command line) wait for each other.
    database.exec('pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on');
  } catch (cause) {
    throw new AppError({
      code: 'catalog.unusable',
      message: `cannot open ${file}`,
      publicMessage: `The catalog ${file} cannot be opened: ${String(cause)}. Check the folder's rights and free space, or set DATA_DIR to another folder.`,
      cause,
    });
  }
  if (isNew) chmodSync(file, 0o600);
  const db = new Kysely<CatalogTables>({ dialect: new SqliteDialect({ database: kyselyDatabase(database) }) });
  try {
    await migrate(db, migrations, () => {
      if (!isNew) keepCopy(folder, database);
    });
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** All that is missing in one transaction; that it begins as `immediate` keeps two starters apart. */
async function migrate(db: Catalog, migrations: Migration[], beforeFirst: () => void): Promise<void> {
  await sql`create table if not exists migrations (name text primary key, at bigint not null)`.execute(db);
  const known = await migrationsDone(db);
  refuseNewer(known, migrations, ELSEWHERE);
  if (migrations.every((m) => known.has(m.name))) return;
  beforeFirst();
  await db.transaction().execute((tx) => runMissing(tx, migrations));
}

const ELSEWHERE = 'set DATA_DIR to another folder';

/** Not by copying the file: closing it again would take SQLite's locks from it in this process. */
function keepCopy(folder: string, database: DatabaseSync): void {
  const copy = pathForCopy(folder);
  database.prepare('vacuum into ?').run(copy);
  chmodSync(copy, 0o600);
  pruneCopies(folder);
}

/** Names of the migrations that a file has seen; none where it cannot be read, which opening it says better. */
function migrationsOf(file: string): string[] {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    return database
      .prepare('select name from migrations')
      .all()
      .map((row) => row['name'] as string);
  } catch {
    return [];
  } finally {
    database?.close();
  }
}

/** Statements that are kept ready: preparing one takes longer than most take to run. */
const MOST_READY = 500;

/** What Kysely's SQLite dialect asks of a driver, over node:sqlite. */
function kyselyDatabase(database: DatabaseSync): ConstructorParameters<typeof SqliteDialect>[0]['database'] & object {
  const ready = new Map<string, { statement: StatementSync; reader: boolean }>();

  function prepared(text: string): { statement: StatementSync; reader: boolean } {
    const known = ready.get(text);
    const statement = known?.statement ?? database.prepare(text);
    const made = known ?? { statement, reader: statement.columns().length > 0 };
    // Those that were used longest ago stand first, and go.
    ready.delete(text);
    ready.set(text, made);
    if (ready.size > MOST_READY) ready.delete(ready.keys().next().value!);
    return made;
  }

  return {
    close: () => {
      ready.clear();
      database.close();
    },
    prepare: (text: string) => {
      // A deferred transaction that reads first fails at its first write when another process wrote meanwhile.
      const sql = text === 'begin' ? 'begin immediate' : text;
      const { statement, reader } = prepared(sql);
      return {
        reader,
        all: (parameters: readonly unknown[]) => statement.all(...(parameters as never[])),
        run: (parameters: readonly unknown[]) => {
          const { changes, lastInsertRowid } = statement.run(...(parameters as never[]));
          return { changes: BigInt(changes), lastInsertRowid: BigInt(lastInsertRowid) };
        },
        // Two may go through the same rows at once.
        iterate: (parameters: readonly unknown[]) => database.prepare(sql).iterate(...(parameters as never[])) as IterableIterator<unknown>,
      };
    },
  } as never;
}
