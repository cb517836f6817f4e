/** Running the migrations that a catalog lacks; the same list serves SQLite and Postgres. */
import { sql } from 'kysely';
import { AppError } from '../errors.ts';
import type { Catalog } from './database.ts';
import type { Migration } from './migrations.ts';

/** Names of the migrations that a catalog has seen; its table of them must be there. */
export async function migrationsDone(db: Catalog): Promise<Set<string>> {
  return new Set((await sql<{ name: string }>`select name from migrations`.execute(db)).rows.map((row) => row.name));
}

/**
 * Runs what is missing, in order, each with its record. Call inside a transaction that keeps other starters out: what one
 * of them did meanwhile is not done again.
 */
export async function runMissing(db: Catalog, migrations: Migration[]): Promise<void> {
  const done = await migrationsDone(db);
  for (const migration of migrations) {
    if (done.has(migration.name)) continue;
    await migration.up(db);
    await sql`insert into migrations (name, at) values (${migration.name}, ${Date.now()})`.execute(db);
  }
}

/**
 * @param mend what to do instead of starting that version
 * @throws AppError `catalog.newer` when a catalog has seen a migration that this version does not know
 */
export function refuseNewer(known: Iterable<string>, migrations: Migration[], mend: string): void {
  const newer = [...known].find((name) => !migrations.some((m) => m.name === name));
  if (newer === undefined) return;
  const message = `The data was written by a newer version of Docent (migration ${newer}). Start that version, or ${mend}.`;
  throw new AppError({ code: 'catalog.newer', message, publicMessage: message });
}
