/** Conversations and their questions. The text of a question stands in `questions` alone. */
import { randomUUID } from 'node:crypto';
import type { Audience } from '../types.ts';
import type { Catalog } from './database.ts';

export interface QuestionInput {
  /** A delivery that comes twice has the same key and is recorded once. */
  eventKey: string;
  platform: string;
  thread: string;
  personId: string | null;
  text: string;
  language: string;
  audience: Audience;
}

export interface Question {
  id: string;
  conversationId: string;
  personId: string | null;
  text: string;
  language: string;
  audience: Audience;
  receivedAt: number;
}

/** Records a question with its conversation; undefined when this delivery was recorded before. */
export async function receiveQuestion(db: Catalog, input: QuestionInput, now: number): Promise<Question | undefined> {
  return db.transaction().execute(async (tx) => {
    const place = { platform: input.platform, workspace: '', channel: '', thread: input.thread };
    await tx
      .insertInto('conversations')
      .values({ id: randomUUID(), ...place, kind: 'direct', reference: null, created_at: now })
      .onConflict((c) => c.columns(['platform', 'workspace', 'channel', 'thread']).doNothing())
      .execute();
    const conversation = await tx
      .selectFrom('conversations')
      .select('id')
      .where('platform', '=', place.platform)
      .where('workspace', '=', '')
      .where('channel', '=', '')
      .where('thread', '=', place.thread)
      .executeTakeFirstOrThrow();
    const question: Question = {
      id: randomUUID(),
      conversationId: conversation.id,
      personId: input.personId,
      text: input.text,
      language: input.language,
      audience: input.audience,
      receivedAt: now,
    };
    const inserted = await tx
      .insertInto('questions')
      .values({
        id: question.id,
        event_key: input.eventKey,
        conversation_id: question.conversationId,
        person_id: question.personId,
        text: question.text,
        standalone: null,
        language: question.language,
        audience: question.audience,
        state: 'received',
        received_at: now,
      })
      .onConflict((c) => c.column('event_key').doNothing())
      .returning('id')
      .executeTakeFirst();
    return inserted && question;
  });
}

export async function saveStandalone(db: Catalog, questionId: string, standalone: string): Promise<void> {
  await db.updateTable('questions').set({ standalone }).where('id', '=', questionId).execute();
}

/** The questions of a conversation with their current answer's id, oldest first. */
export async function conversationTurns(db: Catalog, thread: string, limit: number) {
  const rows = await db
    .selectFrom('questions as q')
    .innerJoin('conversations as c', 'c.id', 'q.conversation_id')
    .leftJoin('answers as a', (j) => j.onRef('a.question_id', '=', 'q.id').on('a.state', '=', 'current'))
    .select(['q.id as questionId', 'q.text', 'q.standalone', 'q.received_at as askedAt', 'a.id as answerId'])
    .where('c.thread', '=', thread)
    .orderBy('q.received_at', 'desc')
    .limit(limit)
    .execute();
  return rows.reverse();
}
