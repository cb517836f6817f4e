/** Small facts about the catalog itself, among the settings but nobody's to edit. */
import type { Catalog } from './database.ts';

/** Another text after each restoring of a backup; own words: by which version they were read last. */
type Fact = 'restored' | 'ownWords';

/** Undefined where it was never written. */
export async function readFact(db: Catalog, fact: Fact): Promise<string | undefined> {
  const row = await db.selectFrom('settings').select('value_json').where('key', '=', fact).executeTakeFirst();
  return row ? (JSON.parse(row.value_json) as string) : undefined;
}

export const writeFact = (db: Catalog, fact: Fact, value: string, now: number): Promise<void> => writeValue(db, fact, value, now);

/** A setting's or a fact's value, unchecked. */
export async function writeValue(db: Catalog, key: string, value: unknown, now: number): Promise<void> {
  const value_json = JSON.stringify(value);
  await db
    .insertInto('settings')
    .values({ key, value_json, updated_at: now })
    .onConflict((c) => c.column('key').doUpdateSet({ value_json, updated_at: now }))
    .execute();
}
