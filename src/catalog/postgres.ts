/** The catalog on Postgres, shared by several processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HandleEmptyInListsPlugin, Kysely, PostgresDialect, replaceWithNoncontingentExpression, sql } from 'kysely';
import { AppError, inputError } from '../errors.ts';
import type { Catalog } from './database.ts';
import { migrationsDone, refuseNewer, runMissing } from './migrate.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';
import { postgresStatements } from './postgres-ddl.ts';
import { openError, type Place } from './postgres-errors.ts';
import { openPool, placeOf, POOL, type PoolOptions } from './postgres-pool.ts';
import type { CatalogTables } from './schema.ts';

/** The oldest one that the tests run on; those before are not looked after any more (from November 2026 on). */
const OLDEST = 15;
/** Which of the server's advisory locks keeps starters apart: any number of our own. */
const STARTERS = 0x646f6365;
/** How long a server that is starting up is waited for, and between two looks, in ms. */
const STARTING_MS = 30_000;
const LOOK_MS = 500;

/**
 * Opens the catalog in a Postgres database, after running what migrations are missing. Nothing is copied before: backups
 * of a server are its operator's.
 * @param url `postgres://user:password@host:5432/database`, with libpq's parameters (`?sslmode=verify-full`)
 * @throws AppError `input.invalid`, `catalog.refused`, `catalog.no_database`, `catalog.rights`, `catalog.untrusted`,
 *   `catalog.unreachable` (retryable), `catalog.too_old`, `catalog.encoding`, `catalog.read_only`, `catalog.newer`, `catalog.unusable`
 */
export async function openPostgresCatalog(
  url: string,
  options: { migrations?: Migration[]; pool?: Partial<PoolOptions> } = {},
): Promise<Catalog> {
  const place = readPlace(url);
  const migrations = options.migrations ?? MIGRATIONS;
  // Migrations take as long as they take; nothing else does.
  const starter = connectPostgres(url, { ...POOL, size: 1, statementMs: 0 });
  try {
    await whenStarted(() => checkServer(starter, place));
    await migrate(starter, migrations);
  } catch (error) {
    throw openError(error, place);
  } finally {
    await starter.destroy();
  }
  return connectPostgres(url, { ...POOL, ...options.pool });
}

/** Connects when it is first asked; tables are as they are. */
export const connectPostgres = (url: string, options: PoolOptions): Catalog =>
  new Kysely<CatalogTables>({
    dialect: new PostgresDialect({ pool: openPool(url, options) }),
    // Of an empty list SQLite knows that nothing is in it; Postgres takes none.
    plugins: [new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression })],
  });

function readPlace(url: string): Place {
  const mend = 'give postgres://USER:PASSWORD@HOST:5432/DATABASE, with special characters of the password percent-encoded';
  if (!/^postgres(ql)?:\/\//i.test(url)) throw inputError('DATABASE_URL', `it is no address of Postgres; ${mend}`);
  try {
    return placeOf(url);
  } catch {
    // What was wrong with it may hold the password.
    throw inputError('DATABASE_URL', `it cannot be read; ${mend}`);
  }
}

/** A server that says that it is starting is waited for. */
async function whenStarted(work: () => Promise<void>): Promise<void> {
  for (const until = Date.now() + STARTING_MS; ; await sleep(LOOK_MS)) {
    try {
      return await work();
    } catch (error) {
      const starting = error instanceof AppError && (error.cause as { code?: unknown } | undefined)?.code === '57P03';
      if (!starting || Date.now() > until) throw error;
    }
  }
}

async function checkServer(db: Catalog, place: Place): Promise<void> {
  const { rows } = await sql<{ version: number; encoding: string; readOnly: string }>`select
    current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
    current_setting('transaction_read_only') as "readOnly"`.execute(db);
  refuseServer(rows[0]!, place);
}

/**
 * @param server.version as `server_version_num` says it: 150004
 * @throws AppError when the catalog cannot live there
 */
export function refuseServer(server: { version: number; encoding: string; readOnly: string }, { address, database }: Place): void {
  const refuse = (code: string, publicMessage: string): never => {
    throw new AppError({ code, message: publicMessage, publicMessage });
  };
  const major = Math.floor(server.version / 10_000);
  if (major < OLDEST) refuse('catalog.too_old', `Postgres at ${address} is version ${major}; Docent needs ${OLDEST} or later.`);
  if (server.encoding !== 'UTF8')
    refuse(
      'catalog.encoding',
      `The database ${database} at ${address} keeps text as ${server.encoding}, which does not hold every language. Make another: create database ${database} encoding 'UTF8' template template0.`,
    );
  if (server.readOnly === 'on')
    refuse('catalog.read_only', `Postgres at ${address} can only be read. Let DATABASE_URL name the primary server, not a standby.`);
}

/** All that is missing in one transaction, which a second starter waits for. */
async function migrate(db: Catalog, migrations: Migration[]): Promise<void> {
  if (await isCurrent(db, migrations)) return;
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${STARTERS}::bigint)`.execute(tx);
    const statements = tx.withPlugin(postgresStatements);
    await sql`create table if not exists migrations (name text primary key, at bigint not null)`.execute(statements);
    refuseNewer(await migrationsDone(tx), migrations, ELSEWHERE);
    await runMissing(statements, migrations);
  });
}

const ELSEWHERE = 'let DATABASE_URL name another database';

async function isCurrent(db: Catalog, migrations: Migration[]): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('migrations') is not null as there`.execute(db);
  if (!rows[0]!.there) return false;
  const done = await migrationsDone(db);
  refuseNewer(done, migrations, ELSEWHERE);
  return migrations.every((m) => done.has(m.name));
}
