/** Questions that need a person, and the messages that carry them. */
import { randomUUID } from 'node:crypto';
import type { Catalog } from './database.ts';

export type TicketState = 'open' | 'taken' | 'closed';
export type TicketReason = 'asked' | 'wrong' | 'outdated' | 'incomplete' | 'knows';

/**
 * Writes a question's ticket; there is one a question. One that was closed is open again.
 * @returns `again`: it was there
 */
export async function writeTicket(
  tx: Catalog,
  ticket: { questionId: string; reason: TicketReason; comment: string | null; openedBy: string },
  now: number,
): Promise<{ ticketId: string; again: boolean }> {
  const written = await tx
    .insertInto('tickets')
    .values({
      id: randomUUID(),
      question_id: ticket.questionId,
      reason: ticket.reason,
      comment: ticket.comment,
      state: 'open',
      opened_by: ticket.openedBy,
      taken_by: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.column('question_id').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (written) return { ticketId: written.id, again: false };
  await tx
    .updateTable('tickets')
    .set((e) => ({
      state: e.case().when('state', '=', 'closed').then('open').else(e.ref('state')).end() as never,
      taken_by: e.case().when('state', '=', 'closed').then(null).else(e.ref('taken_by')).end(),
      // Somebody's words are not lost to a later press without any.
      comment: ticket.comment ?? e.ref('comment'),
      reason: ticket.comment === null ? e.ref('reason') : ticket.reason,
      opened_by: ticket.comment === null ? e.ref('opened_by') : ticket.openedBy,
      updated_at: now,
    }))
    .where('question_id', '=', ticket.questionId)
    .execute();
  const { id } = await tx.selectFrom('tickets').select('id').where('question_id', '=', ticket.questionId).executeTakeFirstOrThrow();
  return { ticketId: id, again: true };
}

/** A ticket with its question and that question's current answer; undefined when there is none. */
export async function readTicket(db: Catalog, ticketId: string) {
  return db
    .selectFrom('tickets as t')
    .innerJoin('questions as q', 'q.id', 't.question_id')
    .leftJoin('answers as a', (j) => j.onRef('a.question_id', '=', 'q.id').on('a.state', '=', 'current'))
    .select(['t.id', 't.reason', 't.comment', 't.state', 't.opened_by', 't.taken_by'])
    .select(['q.text', 'q.language', 'q.origin_json', 'q.conversation_id', 'a.id as answer_id'])
    .where('t.id', '=', ticketId)
    .executeTakeFirst();
}

/** From which states a ticket comes into this one. */
const BEFORE: Record<TicketState, TicketState[]> = { taken: ['open'], closed: ['open', 'taken'], open: ['taken', 'closed'] };

/** @returns false when it is not in a state that this one follows: another was faster */
export async function moveTicket(tx: Catalog, ticketId: string, to: TicketState, personId: string, now: number): Promise<boolean> {
  const row = await tx
    .updateTable('tickets')
    .set((e) => ({
      state: to,
      // Who closes what nobody took did the work.
      taken_by: to === 'open' ? null : to === 'taken' ? personId : e.fn.coalesce('taken_by', e.val(personId)),
      updated_at: now,
    }))
    .where('id', '=', ticketId)
    .where('state', 'in', BEFORE[to])
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** A person's id on a platform, and what they are called there. */
export async function identityOf(
  db: Catalog,
  personId: string,
  platform: string,
  workspace: string,
): Promise<{ id: string; name: string | null } | undefined> {
  return db
    .selectFrom('identities')
    .select(['external_id as id', 'name'])
    .where('person_id', '=', personId)
    .where('platform', '=', platform)
    .orderBy((e) => e.case().when('workspace', '=', workspace).then(0).else(1).end())
    .orderBy('external_id')
    .limit(1)
    .executeTakeFirst();
}

/** The conversation of a place, made when it is new. */
export async function conversationAt(
  db: Catalog,
  place: { platform: string; workspace: string; channel: string; thread: string; kind: string },
  now: number,
): Promise<string> {
  await db
    .insertInto('conversations')
    .values({ id: randomUUID(), ...place, reference: null, created_at: now })
    .onConflict((c) => c.columns(['platform', 'workspace', 'channel', 'thread']).doNothing())
    .execute();
  const row = await db
    .selectFrom('conversations')
    .select('id')
    .where('platform', '=', place.platform)
    .where('workspace', '=', place.workspace)
    .where('channel', '=', place.channel)
    .where('thread', '=', place.thread)
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Which message of a ticket: in a conversation, by number. */
export interface TicketMessage {
  ticketId: string;
  conversationId: string;
  part: number;
}

export async function readTicketMessage(db: Catalog, { ticketId, conversationId, part }: TicketMessage) {
  return db
    .selectFrom('messages')
    .select(['id', 'platform_id as platformId', 'state', 'created_at as createdAt'])
    .where('ticket_id', '=', ticketId)
    .where('conversation_id', '=', conversationId)
    .where('part', '=', part)
    .executeTakeFirst();
}

/** Notes that it is about to be posted. @returns its id, the key that the platform keeps with it */
export async function intendTicketMessage(db: Catalog, message: TicketMessage, now: number): Promise<string> {
  const id = randomUUID();
  await db
    .insertInto('messages')
    .values({
      id,
      conversation_id: message.conversationId,
      question_id: null,
      ticket_id: message.ticketId,
      part: message.part,
      platform_id: null,
      state: 'intended',
      created_at: now,
    })
    .execute();
  return id;
}

/** Channels (`slack:C…`) that a ticket was put into the outbox for. */
export async function channelsOfTicket(tx: Catalog, ticketId: string): Promise<string[]> {
  const rows = await tx.selectFrom('outbox').select('dedupe_key').where('dedupe_key', 'like', `ticket:${ticketId}:%`).execute();
  return rows.map((row) => row.dedupe_key.slice(`ticket:${ticketId}:`.length));
}
