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

/** Who somebody of a chat platform was when it was looked up last. */
export async function readIdentity(db: Catalog, platform: string, workspace: string, externalId: string) {
  return db
    .selectFrom('identities')
    .selectAll()
    .where('platform', '=', platform)
    .where('workspace', '=', workspace)
    .where('external_id', '=', externalId)
    .executeTakeFirst();
}

/** Keeps who somebody of a chat platform is: the person of the e-mail address, or one of their own where there is none. */
export async function keepIdentity(
  db: Catalog,
  who: { platform: string; workspace: string; externalId: string; email?: string; name?: string; member: boolean },
  now: number,
): Promise<Person> {
  // Of a guest, or of another company, the address is what they say of themselves.
  const person = await personOf(db, who.member && who.email ? who.email : `${who.platform}:${who.workspace}/${who.externalId}`, now);
  const before = await readIdentity(db, who.platform, who.workspace, who.externalId);
  const row = {
    person_id: person.id,
    email: who.email?.trim().toLowerCase() ?? null,
    name: who.name ?? null,
    member: who.member ? 1 : 0,
    checked_at: now,
  };
  await db
    .insertInto('identities')
    .values({ platform: who.platform, workspace: who.workspace, external_id: who.externalId, ...row })
    .onConflict((c) => c.columns(['platform', 'workspace', 'external_id']).doUpdateSet(row))
    .execute();
  // Who was a stranger until now had asked as one.
  if (before?.member === 0 && who.member && before.person_id !== person.id)
    await db.updateTable('questions').set({ person_id: person.id }).where('person_id', '=', before.person_id).execute();
  return person;
}
