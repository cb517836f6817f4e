/** Which restored backup a catalog is, so that an index that was made from another catalog is told from its own. */
import type { Catalog } from './database.ts';

const KEY = 'restored';

/** Another text after each restoring; '' for a catalog that never was restored. */
export async function restoredMark(db: Catalog): Promise<string> {
  const row = await db.selectFrom('settings').select('value_json').where('key', '=', KEY).executeTakeFirst();
  return row ? (JSON.parse(row.value_json) as string) : '';
}

export async function markRestored(db: Catalog, mark: string, now: number): Promise<void> {
  const value_json = JSON.stringify(mark);
  await db
    .insertInto('settings')
    .values({ key: KEY, value_json, updated_at: now })
    .onConflict((c) => c.column('key').doUpdateSet({ value_json, updated_at: now }))
    .execute();
}
