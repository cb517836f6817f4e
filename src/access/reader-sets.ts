/** Distinct reader lists, interned as numbers that the index filters on. */
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

/** The number of a reader list, made when new. Order and repetition do not matter. */
export async function internReaders(db: Catalog, principals: Principal[]): Promise<number> {
  const principals_json = JSON.stringify(normalise(principals));
  const hash = createHash('sha256').update(principals_json).digest('hex');
  await db
    .insertInto('reader_sets')
    .values({ hash, principals_json })
    .onConflict((c) => c.column('hash').doNothing())
    .execute();
  return (await db.selectFrom('reader_sets').select('id').where('hash', '=', hash).executeTakeFirstOrThrow()).id;
}

const normalise = (principals: Principal[]): Principal[] =>
  [...new Set(principals.map((p) => (p.startsWith('person:') ? p.toLowerCase() : p)))].sort();
