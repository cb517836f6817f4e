/** How the catalog's database is, for the doctor. */
import { sql } from 'kysely';
import { isPostgres, type Catalog } from './database.ts';

/** @returns `damage`: what SQLite found wrong with its file; `message`: what an operator may want to know of a healthy one */
export async function catalogHealth(db: Catalog): Promise<{ damage?: string; message: string }> {
  if (!isPostgres(db)) {
    const { rows } = await sql<{ quick_check: string }>`pragma quick_check`.execute(db);
    const found = rows[0]?.quick_check ?? 'nothing could be read';
    return { ...(found === 'ok' ? {} : { damage: found }), message: 'reads and checks well' };
  }
  const { rows } = await sql<{ version: string; database: string; bytes: number; used: number; most: number }>`
    select split_part(current_setting('server_version'), ' ', 1) as version, current_database() as database,
      pg_database_size(current_database()) as bytes, (select count(*) from pg_stat_activity where backend_type = 'client backend') as used,
      current_setting('max_connections')::int as most`.execute(db);
  const { version, database, bytes, used, most } = rows[0]!;
  return {
    message: `Postgres ${version}, database ${database} of ${Math.round(bytes / 1e6)} MB; ${used} of ${most} connections of the server in use`,
  };
}
