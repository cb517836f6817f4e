/** Questions from chat: who is at them, what was posted for them, and which are not shown yet. */
import { randomUUID } from 'node:crypto';
import type { Audience } from '../types.ts';
import type { Catalog } from './database.ts';
import { QUESTION_LEASE_MS, readTaken, type Question } from './questions.ts';

/** Who asked longer ago than this has gone elsewhere. */
const TOO_LATE_MS = 24 * 3_600_000;
/** A question that ended each process that took it up is left for good then. */
const MOST_ATTEMPTS = 6;

export interface ChatQuestion extends Question {
  eventKey: string;
  thread: string;
  via: string;
  origin: unknown;
  state: 'received' | 'answered' | 'failed' | 'cancelled';
  attempts: number;
  /** Of its current answer. */
  answerId: string | null;
}

/** Who answers these is still at them; one that another has taken over is left alone. */
export async function renewQuestions(db: Catalog, questions: Pick<Question, 'id' | 'leaseOwner'>[], now: number): Promise<void> {
  for (let from = 0; from < questions.length; from += 200) {
    const some = questions.slice(from, from + 200);
    await db
      .updateTable('questions')
      .set({ lease_until: now + QUESTION_LEASE_MS })
      .where(
        'id',
        'in',
        some.map((q) => q.id),
      )
      .where(
        'lease_owner',
        'in',
        some.map((q) => q.leaseOwner),
      )
      .execute();
  }
}

/** Ids of questions of this platform whose answer does not stand in the chat and that nobody is at, oldest first. */
export async function leftChatQuestions(db: Catalog, platform: string, now: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('questions as q')
    .innerJoin('conversations as c', 'c.id', 'q.conversation_id')
    .select('q.id')
    .where('q.received_at', '>', now - TOO_LATE_MS)
    .where('q.delivered_at', 'is', null)
    .where('q.state', '!=', 'cancelled')
    .where('q.lease_until', '<=', now)
    .where('q.attempts', '<', MOST_ATTEMPTS)
    .where('q.via', 'is not', null)
    .where('c.platform', '=', platform)
    .orderBy('q.received_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Leases a question of which the answer does not stand in the chat; undefined when somebody is at it, or it does by now. */
export async function takeChatQuestion(db: Catalog, id: string, now: number): Promise<ChatQuestion | undefined> {
  const leaseOwner = randomUUID();
  const taken = await db
    .updateTable('questions')
    .set((e) => ({ lease_owner: leaseOwner, lease_until: now + QUESTION_LEASE_MS, attempts: e('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('delivered_at', 'is', null)
    .where('state', '!=', 'cancelled')
    .where('lease_until', '<=', now)
    .returning('id')
    .executeTakeFirst();
  if (!taken) return undefined;
  const { row, question } = await readTaken(db, id, leaseOwner);
  return {
    ...question,
    eventKey: row.event_key,
    thread: row.thread,
    via: row.via ?? 'direct',
    origin: row.origin_json === null ? null : (JSON.parse(row.origin_json) as unknown),
    state: row.state,
    attempts: row.attempts,
    answerId: row.answer_id,
  };
}

/** Who asked, and for whom the answer is meant, once that is known. */
export async function settleQuestion(
  db: Catalog,
  { id, leaseOwner }: Pick<Question, 'id' | 'leaseOwner'>,
  personId: string,
  audience: Audience,
): Promise<void> {
  await db
    .updateTable('questions')
    .set({ person_id: personId, audience })
    .where('id', '=', id)
    .where('lease_owner', '=', leaseOwner)
    .execute();
}

/** The answer stands in the chat, or is not wanted any more. @param origin as it is kept from now on, where that differs */
export async function closeQuestion(
  db: Catalog,
  { id, leaseOwner }: Pick<Question, 'id' | 'leaseOwner'>,
  how: 'delivered' | 'cancelled',
  now: number,
  origin?: unknown,
): Promise<void> {
  await db
    .updateTable('questions')
    .set((e) => ({
      delivered_at: now,
      lease_until: 0,
      ...(origin === undefined ? {} : { origin_json: JSON.stringify(origin) }),
      ...(how === 'cancelled'
        ? { state: e.case().when('state', '=', 'received').then('cancelled').else(e.ref('state')).end() as never }
        : {}),
    }))
    .where('id', '=', id)
    .where('lease_owner', '=', leaseOwner)
    .execute();
}

/**
 * Whoever answers it goes away before the end: another takes it over.
 * @param from when; 0: at once. `counts`: that it came to nothing was the question's doing, or nobody knows whose
 */
export async function releaseQuestion(
  db: Catalog,
  { id, leaseOwner }: Pick<Question, 'id' | 'leaseOwner'>,
  { from, counts }: { from: number; counts: boolean },
): Promise<void> {
  await db
    .updateTable('questions')
    .set((e) => ({
      lease_until: from,
      ...(counts
        ? {}
        : {
            attempts: e
              .case()
              .when('attempts', '>', 0)
              .then(e('attempts', '-', 1))
              .else(0)
              .end(),
          }),
    }))
    .where('id', '=', id)
    .where('lease_owner', '=', leaseOwner)
    .where('delivered_at', 'is', null)
    .execute();
}

/**
 * Nobody answers it any more, whoever was at it: its message was deleted.
 * @param kept what of its origin is kept from now on
 * @returns false when it had been delivered
 */
export async function withdrawQuestion(db: Catalog, id: string, now: number, kept: (origin: unknown) => unknown): Promise<boolean> {
  const row = await db
    .updateTable('questions')
    .set({ state: 'cancelled', delivered_at: now, lease_owner: randomUUID(), lease_until: 0 })
    .where('id', '=', id)
    .where('delivered_at', 'is', null)
    .returning('origin_json')
    .executeTakeFirst();
  if (row?.origin_json) {
    const origin_json = JSON.stringify(kept(JSON.parse(row.origin_json)));
    if (origin_json !== row.origin_json) await db.updateTable('questions').set({ origin_json }).where('id', '=', id).execute();
  }
  return row !== undefined;
}

/** The latest question of a thread, or of a whole channel; undefined where Docent was not asked there. */
export async function lastQuestion(db: Catalog, place: { platform: string; workspace: string; channel: string; thread?: string }) {
  return db
    .selectFrom('questions as q')
    .innerJoin('conversations as c', 'c.id', 'q.conversation_id')
    .select(['q.id as questionId', 'q.person_id as personId', 'q.received_at as askedAt', 'q.language', 'q.via', 'c.thread'])
    .select((e) =>
      e
        .selectFrom('messages as m')
        .select((m) => m.fn.countAll<number>().as('posted'))
        .whereRef('m.question_id', '=', 'q.id')
        .where('m.platform_id', 'is not', null)
        .as('posted'),
    )
    .where('c.platform', '=', place.platform)
    .where('c.workspace', '=', place.workspace)
    .where('c.channel', '=', place.channel)
    .$if(place.thread !== undefined, (q) => q.where('c.thread', '=', place.thread!))
    .orderBy('q.received_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** A question by its delivery's key, with its current answer. */
export async function questionByKey(db: Catalog, eventKey: string) {
  return db
    .selectFrom('questions as q')
    .innerJoin('conversations as c', 'c.id', 'q.conversation_id')
    .leftJoin('answers as a', (join) => join.onRef('a.question_id', '=', 'q.id').on('a.state', '=', 'current'))
    .select(['q.id', 'q.origin_json', 'c.thread', 'a.id as answer_id'])
    .where('q.event_key', '=', eventKey)
    .executeTakeFirst();
}

/** All questions that one message of a chat asked: as it was written, as it was edited, and tried again. */
export async function questionsOfMessage(db: Catalog, questionId: string): Promise<{ id: string; text: string; state: string }[]> {
  const rows = await db
    .selectFrom('questions as q')
    .innerJoin('questions as known', 'known.conversation_id', 'q.conversation_id')
    .select(['q.id', 'q.text', 'q.state', 'q.origin_json', 'known.origin_json as known_json'])
    .where('known.id', '=', questionId)
    .execute();
  const messageOf = (json: string | null): string | undefined =>
    json === null ? undefined : (JSON.parse(json) as { message?: string }).message;
  return rows
    .filter(
      (row) =>
        row.id === questionId || (messageOf(row.known_json) !== undefined && messageOf(row.origin_json) === messageOf(row.known_json)),
    )
    .map(({ id, text, state }) => ({ id, text, state }));
}
