/** What models cost, a row a day, purpose and model. */
import type { UsageRow } from '../types.ts';
import { sql } from 'kysely';
import type { Catalog } from './database.ts';

const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

/** Adds one call to the day's row (days are UTC). */
export async function recordUsage(db: Catalog, row: UsageRow, now: number): Promise<void> {
  await db
    .insertInto('usage')
    .values({
      day: dayOf(now),
      purpose: row.purpose,
      model: row.model,
      calls: 1,
      prompt_tokens: row.promptTokens,
      completion_tokens: row.completionTokens,
      usd: row.usd,
    })
    .onConflict((c) =>
      c.columns(['day', 'purpose', 'model']).doUpdateSet({
        calls: sql`usage.calls + 1`,
        prompt_tokens: sql`usage.prompt_tokens + ${row.promptTokens}`,
        completion_tokens: sql`usage.completion_tokens + ${row.completionTokens}`,
        usd: sql`usage.usd + ${row.usd}`,
      }),
    )
    .execute();
}

/** US dollars spent in the calendar month (UTC) of `now`. */
export async function spentThisMonth(db: Catalog, now: number): Promise<number> {
  const row = await db
    .selectFrom('usage')
    .select((e) => e.fn.sum<number>('usd').as('usd'))
    .where('day', '>=', `${dayOf(now).slice(0, 7)}-01`)
    .executeTakeFirst();
  return Number(row?.usd ?? 0);
}
