import { randomUUID } from 'node:crypto';
import type { Catalog } from './database.ts';

export interface Person {
  id: string;
  email: string;
  name: string | null;
}

/** The person of an e-mail address (case is ignored), made when unknown. */
export async function personOf(db: Catalog, email: string, now: number): Promise<Person> {
  const address = email.trim().toLowerCase();
  await db
    .insertInto('people')
    .values({ id: randomUUID(), email: address, name: null, created_at: now })
    .onConflict((c) => c.column('email').doNothing())
    .execute();
  const row = await db.selectFrom('people').select(['id', 'email', 'name']).where('email', '=', address).executeTakeFirstOrThrow();
  return { ...row };
}
