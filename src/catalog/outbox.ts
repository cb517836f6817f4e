/** Posts that nobody waits for: each is claimed by one process at a time, and kept until it was sent or given up. */
import { randomUUID } from 'node:crypto';
import type { Catalog } from './database.ts';

/** What is to be sent: ids alone, drawn when it is sent. */
export type OutboxMessage =
  /** A ticket in a channel for tickets (`slack:C…`), as it stands now: posted, and edited from then on. */
  | { kind: 'ticket'; ticketId: string; channel: string }
  /** Word to the asker of what became of their question. */
  | { kind: 'ticket-news'; ticketId: string; news: 'asked' | 'taken' | 'closed' };

export interface OutboxClaim {
  id: string;
  platform: string;
  message: OutboxMessage;
  /** How often it was claimed before since it was last put in. */
  attempts: number;
  /** Code of the last failure; null where there was none, or the process ended before it could tell. */
  problem: string | null;
  revision: number;
  claimedBy: string;
}

/** After so long without a sign of life from whoever sends it, another does. */
export const OUTBOX_LEASE_MS = 30_000;
/** With the pauses between them (a quarter of an hour at most) a day. */
export const MOST_OUTBOX_ATTEMPTS = 100;

/**
 * Puts a message in; of those with the same key there is one.
 * @param item.again one that was sent before is brought up to date, instead of left alone
 */
export async function putInOutbox(
  db: Catalog,
  item: { platform: string; key: string; message: OutboxMessage; again?: true },
  now: number,
): Promise<void> {
  await db
    .insertInto('outbox')
    .values({
      id: randomUUID(),
      platform: item.platform,
      dedupe_key: item.key,
      message_json: JSON.stringify(item.message),
      not_before: now,
      claimed_by: null,
      sent_at: null,
      problem: null,
    })
    .onConflict((c) =>
      item.again
        ? c.column('dedupe_key').doUpdateSet((e) => ({
            not_before: now,
            sent_at: null,
            attempts: 0,
            // A failure before is no sign that a process ended.
            problem: null,
            revision: e('outbox.revision', '+', 1),
          }))
        : c.column('dedupe_key').doNothing(),
    )
    .execute();
}

/** Ids of what is to be sent now on some platforms, longest waiting first. */
export async function dueOutbox(db: Catalog, platforms: string[], now: number, limit: number): Promise<string[]> {
  if (platforms.length === 0) return [];
  const rows = await db
    .selectFrom('outbox')
    .select('id')
    .where('platform', 'in', platforms)
    .where('sent_at', 'is', null)
    .where('not_before', '<=', now)
    .where('claimed_until', '<=', now)
    .where('attempts', '<', MOST_OUTBOX_ATTEMPTS)
    .orderBy('not_before')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** @returns undefined when another was faster */
export async function claimOutbox(db: Catalog, id: string, now: number): Promise<OutboxClaim | undefined> {
  const claimedBy = randomUUID();
  const row = await db
    .updateTable('outbox')
    .set((e) => ({ claimed_by: claimedBy, claimed_until: now + OUTBOX_LEASE_MS, attempts: e('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .where('not_before', '<=', now)
    .where('claimed_until', '<=', now)
    .where('attempts', '<', MOST_OUTBOX_ATTEMPTS)
    .returningAll()
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      platform: row.platform,
      message: JSON.parse(row.message_json) as OutboxMessage,
      attempts: row.attempts - 1,
      problem: row.problem,
      revision: row.revision,
      claimedBy,
    }
  );
}

/** Whoever sends it is still at it. */
export async function renewOutbox(db: Catalog, claim: Pick<OutboxClaim, 'id' | 'claimedBy'>, now: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ claimed_until: now + OUTBOX_LEASE_MS })
    .where('id', '=', claim.id)
    .where('claimed_by', '=', claim.claimedBy)
    .execute();
}

/** It was sent as it stood when it was claimed; what has changed since is sent next. */
export async function outboxSent(db: Catalog, claim: OutboxClaim, now: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set((e) => ({
      claimed_by: null,
      claimed_until: 0,
      attempts: 0,
      problem: null,
      // It is null while claimed; named, it tells Postgres the type.
      sent_at: e.case().when('revision', '=', claim.revision).then(now).else(e.ref('sent_at')).end(),
    }))
    .where('id', '=', claim.id)
    .where('claimed_by', '=', claim.claimedBy)
    .execute();
}

/** @param failure.notBefore when it is tried again; undefined: not any more */
export async function outboxFailed(
  db: Catalog,
  claim: OutboxClaim,
  failure: { code: string; notBefore: number | undefined },
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({
      claimed_by: null,
      claimed_until: 0,
      problem: failure.code,
      ...(failure.notBefore === undefined ? { attempts: MOST_OUTBOX_ATTEMPTS } : { not_before: failure.notBefore }),
    })
    .where('id', '=', claim.id)
    .where('claimed_by', '=', claim.claimedBy)
    // What has changed since is tried anew.
    .where('revision', '=', claim.revision)
    .execute();
  await db
    .updateTable('outbox')
    .set({ claimed_by: null, claimed_until: 0 })
    .where('id', '=', claim.id)
    .where('claimed_by', '=', claim.claimedBy)
    .execute();
}

/** Messages that were given up: how many, by the code of their last failure. */
export async function givenUp(db: Catalog): Promise<{ code: string; messages: number }[]> {
  const rows = await db
    .selectFrom('outbox')
    .select(['problem', (e) => e.fn.countAll().as('n')])
    .where('sent_at', 'is', null)
    .where('attempts', '>=', MOST_OUTBOX_ATTEMPTS)
    .groupBy('problem')
    .execute();
  return rows.map((row) => ({ code: row.problem ?? 'ended', messages: Number(row.n) }));
}
