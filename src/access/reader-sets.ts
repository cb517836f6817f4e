/**
 * Distinct readers, interned as numbers that the index filters on. Readers are one list or several: of each list one
 * principal must hold.
 */
import { createHash } from 'node:crypto';
import { inputError } from '../errors.ts';
import type { Principal } from '../types.ts';
import type { Catalog } from '../catalog/database.ts';

/**
 * Parses `everyone,group:hr,person:ann@example.com`.
 * @throws an input error naming the part that is no principal
 */
export function parseReaders(list: string): Principal[] {
  const principals = list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  for (const principal of principals) {
    if (!/^(public|everyone|group:[^\s:]+|person:\S+)$/u.test(principal)) {
      throw inputError('readers', `"${principal}" is not one of public, everyone, group:NAME, person:EMAIL`);
    }
  }
  if (principals.length === 0) throw inputError('readers', 'name at least one of public, everyone, group:NAME, person:EMAIL');
  return normalise(principals);
}

/**
 * The number of some readers, made when new. Order and repetition do not matter.
 * @param restrictions more lists, of each of which one principal must hold too
 */
export async function internReaders(db: Catalog, principals: Principal[], restrictions: Principal[][] = []): Promise<number> {
  const lists = [...new Set([principals, ...restrictions].map((list) => JSON.stringify(normalise(list))))].sort();
  const principals_json = lists.length === 1 ? lists[0]! : `[${lists.join(',')}]`;
  const hash = createHash('sha256').update(principals_json).digest('hex');
  const known = await db.selectFrom('reader_sets').select('id').where('hash', '=', hash).executeTakeFirst();
  // Postgres uses a number up also where nothing is inserted.
  if (known) return known.id;
  await db
    .insertInto('reader_sets')
    .values({ hash, principals_json })
    .onConflict((c) => c.column('hash').doNothing())
    .execute();
  return (await db.selectFrom('reader_sets').select('id').where('hash', '=', hash).executeTakeFirstOrThrow()).id;
}

/** The number of readers that satisfy all that some reader sets (numbers) ask for. */
export async function internBoth(db: Catalog, sets: number[]): Promise<number> {
  const rows = await db.selectFrom('reader_sets').select('principals_json').where('id', 'in', sets).execute();
  const [first, ...rest] = rows.flatMap((row) => readerLists(row.principals_json));
  return internReaders(db, first ?? [], rest);
}

/** The lists of interned readers, as they were normalised. */
export function readerLists(principalsJson: string): Principal[][] {
  const parsed = JSON.parse(principalsJson) as Principal[] | Principal[][];
  return parsed.some((one) => Array.isArray(one)) ? (parsed as Principal[][]) : [parsed as Principal[]];
}

/** Which of some reader sets (numbers) ask for more than, or other than, what these readers say. */
export async function setsWithout(db: Catalog, sets: Set<number>, principals: Principal[]): Promise<number[]> {
  const wanted = JSON.stringify(normalise(principals));
  const rows = await db.selectFrom('reader_sets').selectAll().execute();
  return rows
    .filter((row) => sets.has(row.id) && !readerLists(row.principals_json).some((list) => JSON.stringify(list) === wanted))
    .map((row) => row.id);
}

const normalise = (principals: Principal[]): Principal[] =>
  [...new Set(principals.map((p) => (p.startsWith('person:') ? p.toLowerCase() : p)))].sort();
