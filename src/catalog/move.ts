/**
 * Moves the catalog from its file into an empty Postgres, in one transaction of that server: cut short anywhere, it holds
 * nothing of it, and the next try begins anew. The file is only read, and nobody else has it open meanwhile.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join, resolve } from 'node:path';
import { sql } from 'kysely';
import { AppError } from '../errors.ts';
import type { Catalog } from './database.ts';
import { refuseNewer } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';
import { checksumOf, checksumQuery, storableRow, type Column } from './move-rows.ts';
import { connectPostgres, openPostgresCatalog } from './postgres.ts';
import { placeOf, POOL } from './postgres-pool.ts';

export interface MovedTable {
  table: string;
  rows: number;
  /** Over all values of all rows (numbers with a point excepted), the same on both sides. */
  checksum: string;
}

export interface MoveOptions {
  signal: AbortSignal;
  now: number;
  /** Rows of all tables. */
  onProgress?: (done: number, total: number) => void;
}

/** Sent in one statement, rows and characters at most. */
const BATCH_ROWS = 1_000;
const BATCH_CHARACTERS = 4_000_000;

/**
 * Copies every table, then compares counts and checksums. Leases and running runs do not come along.
 * @param folder DATA_DIR
 * @param url of a Postgres database without data; its tables are made
 * @returns the tables, by name
 * @throws AppError `move.nothing`, `move.running`, `move.earlier`, `move.not_empty`, `move.differs`, `catalog.newer`, and those of
 *   `openPostgresCatalog`, each with the way to mend it; the signal's reason. The target then holds nothing new.
 */
export async function moveCatalog(folder: string, url: string, options: MoveOptions): Promise<MovedTable[]> {
  const file = openAlone(join(resolve(folder), 'catalog.db'));
  try {
    await (await openPostgresCatalog(url)).destroy();
    const target = connectPostgres(url, { ...POOL, size: 1, statementMs: 0 });
    try {
      const moved = await target.transaction().execute((tx) => moveAll(file, tx, url, options));
      // Without figures of its own the planner reads whole tables.
      await sql`analyze`.execute(target);
      return moved;
    } finally {
      await target.destroy();
    }
  } finally {
    file.close();
  }
}

async function moveAll(file: DatabaseSync, tx: Catalog, url: string, options: MoveOptions): Promise<MovedTable[]> {
  const tables = tablesOf(file);
  const columns = await columnsOf(tx);
  await refuseFilled(tx, [...columns.keys()], url);
  const total = tables.reduce((n, table) => n + countOf(file, table), 0);
  let done = 0;
  const moved: MovedTable[] = [];
  for (const table of tables) {
    let checksum = 0n;
    let rows = 0;
    for (const batch of batchesOf(file, table, columns.get(table)!)) {
      options.signal.throwIfAborted();
      await sql`insert into ${sql.table(table)} select * from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(batch)}::json)`.execute(
        tx,
      );
      for (const row of batch) checksum += checksumOf(row, columns.get(table)!);
      rows += batch.length;
      options.onProgress?.((done += batch.length), total);
    }
    moved.push({ table, rows, checksum: checksum.toString(16) });
  }
  for (const { table, rows, checksum } of moved) {
    options.signal.throwIfAborted();
    const there = await checksumQuery(tx, table, columns.get(table)!);
    if (there.rows !== rows || there.checksum !== BigInt(`0x${checksum}`))
      throw problem(
        'move.differs',
        `The table ${table} did not arrive as it is: ${there.rows} of ${rows} rows, or other values. Nothing was moved. Please report this.`,
      );
  }
  await countOn(tx);
  await tx.updateTable('sources').set({ lease_owner: null, lease_until: null, cancel_requested_at: null }).execute();
  await tx.updateTable('runs').set({ state: 'failed', finished_at: options.now }).where('state', '=', 'running').execute();
  return moved;
}

/** Whoever else has the file open would go on writing to it, and find nothing of that in the new place. */
function openAlone(path: string): DatabaseSync {
  if (!existsSync(path)) throw problem('move.nothing', `There is no catalog ${path} to move. Is DATA_DIR right?`);
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path, { timeout: 0 });
    // In this mode SQLite begins only where no other connection is open, and keeps others out until the end.
    file.exec('pragma locking_mode = exclusive; begin immediate');
    const names = file
      .prepare('select name from migrations')
      .all()
      .map((row) => row['name'] as string);
    refuseNewer(names, MIGRATIONS, 'set DATA_DIR to another folder');
    if (MIGRATIONS.some(({ name }) => !names.includes(name)))
      throw problem(
        'move.earlier',
        `The catalog ${path} is of an earlier version of Docent. Bring it up to date first: run "docent doctor" without DATABASE_URL, then move it.`,
      );
    return file;
  } catch (cause) {
    file?.close();
    if (cause instanceof AppError) throw cause;
    if (((cause as { errcode?: number }).errcode ?? 0) % 256 === 5)
      throw problem(
        'move.running',
        `The catalog ${path} is in use. Stop the server, and every other command of Docent, then move it.`,
        cause,
      );
    throw problem('catalog.unusable', `The catalog ${path} cannot be read: ${String(cause)}.`, cause);
  }
}

/** Nobody else writes to these tables until the end. */
async function refuseFilled(tx: Catalog, tables: string[], url: string): Promise<void> {
  await sql`lock table ${sql.join(tables.map((table) => sql.table(table)))} in exclusive mode`.execute(tx);
  const filled: string[] = [];
  for (const table of tables) {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(tx);
    if (rows[0]!.n > 0) filled.push(`${table}: ${rows[0]!.n}`);
  }
  if (filled.length === 0) return;
  const { address, database } = placeOf(url);
  throw problem(
    'move.not_empty',
    `The database ${database} at ${address} holds data already (${filled.join(', ')}). Nothing was moved. Let DATABASE_URL name an empty database.`,
  );
}

const tablesOf = (file: DatabaseSync): string[] =>
  file
    .prepare(
      "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name not in ('migrations', 'docent_backup') order by name",
    )
    .all()
    .map((row) => row['name'] as string);

const countOf = (file: DatabaseSync, table: string): number => file.prepare(`select count(*) as n from ${table}`).get()!['n'] as number;

async function columnsOf(tx: Catalog): Promise<Map<string, Column[]>> {
  const { rows } = await sql<{ table: string; name: string; type: string }>`
    select table_name as "table", column_name as name, data_type as type from information_schema.columns
    where table_schema = current_schema() and table_name <> 'migrations' order by table_name, ordinal_position`.execute(tx);
  return Map.groupBy(rows, ({ table }) => table);
}

function* batchesOf(file: DatabaseSync, table: string, columns: Column[]): Generator<Record<string, unknown>[]> {
  let batch: Record<string, unknown>[] = [];
  let characters = 0;
  for (const row of file.prepare(`select ${columns.map(({ name }) => `"${name}"`).join(', ')} from ${table}`).iterate()) {
    const stored = storableRow(row, columns);
    batch.push(stored);
    for (const value of Object.values(stored)) characters += typeof value === 'string' ? value.length : 8;
    if (batch.length < BATCH_ROWS && characters < BATCH_CHARACTERS) continue;
    yield batch;
    [batch, characters] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

/** What counts itself up goes on after what came along. */
async function countOn(tx: Catalog): Promise<void> {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as "table", column_name as "column" from information_schema.columns
    where table_schema = current_schema() and is_identity = 'YES'`.execute(tx);
  for (const { table, column } of rows)
    await sql`select setval(pg_get_serial_sequence(${table}, ${column}), coalesce(max(${sql.ref(column)}), 0) + 1, false) from ${sql.table(table)}`.execute(
      tx,
    );
}

const problem = (code: string, message: string, cause?: unknown): AppError =>
  new AppError({ code, message, publicMessage: message, ...(cause === undefined ? {} : { cause }) });
