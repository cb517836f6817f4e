/** A row of SQLite as Postgres takes it, and a checksum that both can make. */
import { createHash } from 'node:crypto';
import { sql, type RawBuilder } from 'kysely';
import type { Catalog } from './database.ts';
import { storableText } from './storable-text.ts';

export interface Column {
  name: string;
  /** Postgres' name of it. */
  type: string;
}

/** Stands between the values of a row, and for none: signs that no text of ours has. */
const BETWEEN = '\u001f';
const NONE = '\u001e';
/** Hexadecimal digits of a row's digest that count: 60 bits, so that Postgres sums them as numbers. */
const DIGITS = 15;

/** SQLite keeps in a column what it was given: what is no whole number, or no number at all, is made one here, or nothing. */
export function storableRow(row: Record<string, unknown>, columns: Column[]): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name, type }) => [name, storable(row[name], type)]));
}

function storable(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'bytea') return `\\x${Buffer.from(value as Uint8Array).toString('hex')}`;
  if (type === 'bigint' || type === 'integer') {
    const whole = Math.round(Number(value));
    return Number.isSafeInteger(whole) ? whole : null;
  }
  return type === 'double precision' ? Number(value) : storableText(String(value));
}

/** Numbers with a point are written differently on both sides. */
const counted = (columns: Column[]): Column[] => columns.filter(({ type }) => type !== 'double precision');

/** Of one row that `storableRow` made; those of a table are added up, so that their order does not matter. */
export function checksumOf(row: Record<string, unknown>, columns: Column[]): bigint {
  const text = counted(columns)
    .map(({ name }) => row[name] ?? NONE)
    .join(BETWEEN);
  return BigInt(`0x${createHash('md5').update(text).digest('hex').slice(0, DIGITS)}`);
}

/** How many rows a table of Postgres has, and the sum of their checksums. */
export async function checksumQuery(db: Catalog, table: string, columns: Column[]): Promise<{ rows: number; checksum: bigint }> {
  const asText = ({ name, type }: Column): RawBuilder<string> =>
    type === 'bytea' ? sql`coalesce('\\x' || encode(${sql.ref(name)}, 'hex'), ${NONE})` : sql`coalesce(${sql.ref(name)}::text, ${NONE})`;
  const digest = sql`substr(md5(concat_ws(${BETWEEN}, ${sql.join(counted(columns).map(asText))})), 1, ${DIGITS})`;
  const { rows } = await sql<{ rows: number; sum: string }>`
    select count(*) as rows, coalesce(sum(('x' || ${digest})::bit(60)::bigint), 0)::text as sum from ${sql.table(table)}`.execute(db);
  return { rows: rows[0]!.rows, checksum: BigInt(rows[0]!.sum) };
}
