/** Conversations and their questions. The text of a question stands in `questions` alone. For chat's see chat-questions.ts. */
import { randomUUID } from 'node:crypto';
import type { Audience } from '../types.ts';
import { AppError } from '../errors.ts';
import type { Catalog } from './database.ts';

export interface QuestionInput {
  /** A delivery that comes twice has the same key and is recorded once. */
  eventKey: string;
  platform: string;
  /** Of a chat platform: workspace and channel; elsewhere there is none. */
  place?: { workspace: string; channel: string; kind: string };
  thread: string;
  personId: string | null;
  text: string;
  language: string;
  audience: Audience;
  /** How it came, and what the platform needs to answer it. */
  via?: string;
  origin?: unknown;
}

export interface Question {
  id: string;
  conversationId: string;
  personId: string | null;
  text: string;
  language: string;
  audience: Audience;
  receivedAt: number;
  /** Who answers it: nobody else does while the lease is renewed (`renewQuestion`). */
  leaseOwner: string;
}

/** After so long without a sign of life from whoever answers a question, another answers it. */
export const QUESTION_LEASE_MS = 6_000;
const HOUR_MS = 3_600_000;
/** One that ends each process that answers it is given up. */
const MOST_ATTEMPTS = 3;

/**
 * Records a question with its conversation, leased to whoever asks; undefined when this delivery was recorded before.
 * @param limits.perHour questions that one person may ask in an hour, in all processes together
 * @param limits.workspacePerHour the same for a workspace of a chat platform; processes that receive at once may let a few more in
 * @throws AppError `ask.limit`, or `ask.workspace_limit`, when that many were asked; nothing is recorded
 */
export async function receiveQuestion(
  db: Catalog,
  input: QuestionInput,
  now: number,
  limits: { perHour?: number; workspacePerHour?: number } = {},
): Promise<Question | undefined> {
  return db.transaction().execute(async (tx) => {
    if (input.personId !== null && limits.perHour !== undefined) await checkLimit(tx, input, limits.perHour, now);
    if (input.place && limits.workspacePerHour !== undefined)
      await checkWorkspaceLimit(tx, { ...input, workspace: input.place.workspace }, limits.workspacePerHour, now);
    const { kind = 'direct', workspace = '', channel = '' } = input.place ?? {};
    const place = { platform: input.platform, workspace, channel, thread: input.thread };
    await tx
      .insertInto('conversations')
      .values({ id: randomUUID(), ...place, kind, reference: null, created_at: now })
      .onConflict((c) => c.columns(['platform', 'workspace', 'channel', 'thread']).doNothing())
      .execute();
    const conversation = await tx
      .selectFrom('conversations')
      .select('id')
      .where('platform', '=', place.platform)
      .where('workspace', '=', workspace)
      .where('channel', '=', channel)
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
      leaseOwner: randomUUID(),
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
        lease_owner: question.leaseOwner,
        lease_until: now + QUESTION_LEASE_MS,
        via: input.via ?? null,
        origin_json: input.origin === undefined ? null : JSON.stringify(input.origin),
      })
      .onConflict((c) => c.column('event_key').doNothing())
      .returning('id')
      .executeTakeFirst();
    return inserted && question;
  });
}

async function checkLimit(tx: Catalog, { personId, eventKey }: QuestionInput, perHour: number, now: number): Promise<void> {
  // Two processes that receive this person's questions at once count one after the other.
  await tx
    .updateTable('people')
    .set((e) => ({ name: e.ref('name') }))
    .where('id', '=', personId)
    .execute();
  const asked = await tx
    .selectFrom('questions')
    .select(['received_at', 'event_key'])
    .where('person_id', '=', personId)
    .where('received_at', '>', now - HOUR_MS)
    // What nobody asked Docent is not their doing.
    .where((e) => e.or([e('via', 'is', null), e('via', '!=', 'automatic')]))
    .orderBy('received_at', 'desc')
    .limit(perHour)
    .execute();
  if (asked.length < perHour || asked.some((one) => one.event_key === eventKey)) return;
  throw limitError(
    'ask.limit',
    perHour,
    asked.at(-1)!.received_at,
    now,
    `That was question number ${perHour} within an hour, which is as many as one person may ask.`,
  );
}

async function checkWorkspaceLimit(
  tx: Catalog,
  { platform, workspace, eventKey }: { platform: string; workspace: string; eventKey: string },
  perHour: number,
  now: number,
): Promise<void> {
  const [first] = await tx
    .selectFrom('questions as q')
    .innerJoin('conversations as c', 'c.id', 'q.conversation_id')
    .select('q.received_at')
    .where('q.received_at', '>', now - HOUR_MS)
    .where('c.platform', '=', platform)
    .where('c.workspace', '=', workspace)
    .orderBy('q.received_at', 'desc')
    .offset(perHour - 1)
    .limit(1)
    .execute();
  if (!first || (await tx.selectFrom('questions').select('id').where('event_key', '=', eventKey).executeTakeFirst())) return;
  throw limitError(
    'ask.workspace_limit',
    perHour,
    first.received_at,
    now,
    `Your workspace asked ${perHour} questions within an hour, which is as many as it may.`,
  );
}

/** Who asks too often; in the words of a chat where there is one (`askLimit`, `askWorkspaceLimit` of its strings). */
export interface AskLimit extends AppError {
  perHour: number;
  /** Until the next one may be asked. */
  minutes: number;
}

function limitError(code: 'ask.limit' | 'ask.workspace_limit', perHour: number, first: number, now: number, what: string): AskLimit {
  const minutes = Math.max(1, Math.ceil((first + HOUR_MS - now) / 60_000));
  const publicMessage = `${what} Ask again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`;
  return Object.assign(new AppError({ code, message: 'asked as often as one may in an hour', publicMessage, retryable: true }), {
    perHour,
    minutes,
  });
}

/** How far a question is that was recorded by this key, with its current answer. */
export async function readDelivery(db: Catalog, eventKey: string) {
  return db
    .selectFrom('questions as q')
    .leftJoin('answers as a', (j) => j.onRef('a.question_id', '=', 'q.id').on('a.state', '=', 'current'))
    .select(['q.state', 'q.person_id as personId', 'q.audience', 'a.id as answerId'])
    .where('q.event_key', '=', eventKey)
    .executeTakeFirstOrThrow();
}

/** A question with what is needed to answer it, wherever it came from. */
export interface TakenQuestion extends Question {
  platform: string;
  thread: string;
  email: string | null;
}

/**
 * Leases a question that nobody answers: whose process ended in the middle, or whose asker had given up and asks again.
 * @returns undefined when somebody is at it, or it was answered
 */
export async function takeQuestion(
  db: Catalog,
  which: { id: string } | { eventKey: string },
  now: number,
): Promise<TakenQuestion | undefined> {
  const leaseOwner = randomUUID();
  const taken = await db
    .updateTable('questions')
    .set((e) => ({ lease_owner: leaseOwner, lease_until: now + QUESTION_LEASE_MS, state: 'received', attempts: e('attempts', '+', 1) }))
    .where((e) => ('id' in which ? e('id', '=', which.id) : e('event_key', '=', which.eventKey)))
    .where('state', 'in', ['received', 'cancelled'])
    .where((e) => e.or([e('lease_until', 'is', null), e('lease_until', '<=', now)]))
    .returning('id')
    .executeTakeFirst();
  if (!taken) return undefined;
  const { row, question } = await readTaken(db, taken.id, leaseOwner);
  return { ...question, platform: row.platform, thread: row.thread, email: row.email };
}

/** A question that was just leased, with its row. */
export async function readTaken(db: Catalog, id: string, leaseOwner: string) {
  const row = await db
    .selectFrom('questions as q')
    .innerJoin('conversations as c', 'c.id', 'q.conversation_id')
    .leftJoin('people as p', 'p.id', 'q.person_id')
    .leftJoin('answers as a', (j) => j.onRef('a.question_id', '=', 'q.id').on('a.state', '=', 'current'))
    .select(['q.id', 'q.event_key', 'q.conversation_id', 'q.person_id', 'q.text', 'q.language', 'q.audience', 'q.received_at'])
    .select(['q.via', 'q.origin_json', 'q.state', 'q.attempts', 'c.platform', 'c.thread', 'p.email', 'a.id as answer_id'])
    .where('q.id', '=', id)
    .executeTakeFirstOrThrow();
  const question: Question = {
    id: row.id,
    conversationId: row.conversation_id,
    personId: row.person_id,
    text: row.text,
    language: row.language,
    audience: row.audience,
    receivedAt: row.received_at,
    leaseOwner,
  };
  return { row, question };
}

/** Whoever answers it is still at it. False: another has taken it over. */
export async function renewQuestion(db: Catalog, { id, leaseOwner }: Pick<Question, 'id' | 'leaseOwner'>, now: number): Promise<boolean> {
  const row = await db
    .updateTable('questions')
    .set({ lease_until: now + QUESTION_LEASE_MS })
    .where('id', '=', id)
    .where('lease_owner', '=', leaseOwner)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Whoever answers it goes away before the end; does nothing when it was answered.
 * @param state `received`: another is to answer it, at once; `cancelled`: nobody, unless it is asked again
 */
export async function leaveQuestion(
  db: Catalog,
  { id, leaseOwner }: Pick<Question, 'id' | 'leaseOwner'>,
  state: 'received' | 'cancelled',
): Promise<void> {
  await db
    .updateTable('questions')
    .set({ state, lease_until: 0 })
    .where('id', '=', id)
    .where('lease_owner', '=', leaseOwner)
    .where('state', '=', 'received')
    .execute();
}

/** Ids of the questions that nobody answers any more, oldest first; not those from chat (`leftChatQuestions`). */
export async function leftQuestions(db: Catalog, now: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('questions')
    .select('id')
    .where('state', '=', 'received')
    .where('via', 'is', null)
    // Who asked longer ago than this has gone elsewhere.
    .where('received_at', '>', now - HOUR_MS)
    .where('lease_until', '<=', now)
    .where('attempts', '<', MOST_ATTEMPTS)
    .orderBy('received_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

export async function saveStandalone(db: Catalog, questionId: string, standalone: string): Promise<void> {
  await db.updateTable('questions').set({ standalone }).where('id', '=', questionId).execute();
}

/**
 * The questions of a conversation with their current answer's id, oldest first.
 * @param which its id, or what console and command line call it: a thread of a chat is not found by its name
 */
export async function conversationTurns(db: Catalog, which: { conversationId: string } | { thread: string }, limit: number) {
  const rows = await db
    .selectFrom('questions as q')
    .innerJoin('conversations as c', 'c.id', 'q.conversation_id')
    .leftJoin('answers as a', (j) => j.onRef('a.question_id', '=', 'q.id').on('a.state', '=', 'current'))
    .select(['q.id as questionId', 'q.text', 'q.standalone', 'q.received_at as askedAt', 'a.id as answerId'])
    .select(['q.state', 'q.event_key as eventKey', 'q.lease_until as leaseUntil', 'q.person_id as personId'])
    .where((e) =>
      'conversationId' in which
        ? e('c.id', '=', which.conversationId)
        : e.and([e('c.thread', '=', which.thread), e('c.workspace', '=', '')]),
    )
    .orderBy('q.received_at', 'desc')
    .limit(limit)
    .execute();
  return rows.reverse();
}
