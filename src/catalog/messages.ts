/** What Docent posted into chats: each message is noted before it is posted, and its id when the platform told it. */
import { randomUUID } from 'node:crypto';
import type { Catalog } from './database.ts';

/** The messages that carry a question's answer, in order. */
export async function messagesOf(db: Catalog, questionId: string) {
  return db
    .selectFrom('messages')
    .select(['id', 'part', 'platform_id as platformId', 'state'])
    .where('question_id', '=', questionId)
    .where('state', '!=', 'removed')
    .orderBy('part')
    .execute();
}

/** Notes that a message is about to be posted; one of this part that was noted before is given again. */
export async function intendMessage(db: Catalog, questionId: string, part: number, now: number) {
  const before = (await messagesOf(db, questionId)).find((m) => m.part === part);
  if (before) return before;
  const { conversation_id } = await db
    .selectFrom('questions')
    .select('conversation_id')
    .where('id', '=', questionId)
    .executeTakeFirstOrThrow();
  const row = { id: randomUUID(), part, platformId: null, state: 'intended' as const };
  await db
    .insertInto('messages')
    .values({
      id: row.id,
      conversation_id,
      question_id: questionId,
      ticket_id: null,
      part,
      platform_id: null,
      state: row.state,
      created_at: now,
    })
    .execute();
  return row;
}

export async function messagePosted(db: Catalog, id: string, platformId: string): Promise<void> {
  await db.updateTable('messages').set({ platform_id: platformId, state: 'posted' }).where('id', '=', id).execute();
}

export async function messageRemoved(db: Catalog, id: string): Promise<void> {
  await db.updateTable('messages').set({ state: 'removed' }).where('id', '=', id).execute();
}

/** The platform's ids of all that was posted into the conversation of a question. */
export async function knownMessages(db: Catalog, questionId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('messages as m')
    .innerJoin('questions as q', 'q.conversation_id', 'm.conversation_id')
    .select('m.platform_id')
    .where('q.id', '=', questionId)
    .where('m.platform_id', 'is not', null)
    .execute();
  return rows.map((row) => row.platform_id!);
}

/**
 * The current answer that a message of this place carries.
 * @param place.person who looks: what was whispered to them stands in no place of its conversation
 * @param platformIds under any of which it may be noted
 */
export async function answerOfMessage(
  db: Catalog,
  place: { platform: string; workspace: string; channel: string; person: string },
  platformIds: string[],
): Promise<string | undefined> {
  const row = await db
    .selectFrom('messages as m')
    .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
    .innerJoin('answers as a', 'a.question_id', 'm.question_id')
    .select('a.id')
    .where('c.platform', '=', place.platform)
    .where('c.workspace', '=', place.workspace)
    .where((e) => e.or([e('c.channel', 'in', [place.channel, place.person]), e('m.platform_id', 'like', 'whispered:%')]))
    .where('m.platform_id', 'in', platformIds)
    .where('a.state', '=', 'current')
    .executeTakeFirst();
  return row?.id;
}
