/** What people said of answers: one verdict a person and answer; and what admins said of those that nobody asked for. */
import { randomUUID } from 'node:crypto';
import type { Catalog } from './database.ts';

export interface Feedback {
  answerId: string;
  /** Null: somebody whom the surface does not know; each of those counts as another. */
  personId: string | null;
  verdict: 'up' | 'down';
  reason: string | null;
  comment: string | null;
}

/** A later verdict of a person takes the earlier one's place. @returns false when there is no such answer */
export async function recordFeedback(db: Catalog, feedback: Feedback, now: number): Promise<boolean> {
  const answer = await db.selectFrom('answers').select('id').where('id', '=', feedback.answerId).executeTakeFirst();
  if (!answer) return false;
  const { verdict, reason, comment } = feedback;
  const said = { verdict, reason, comment, created_at: now };
  const id = feedback.personId === null ? randomUUID() : `${feedback.answerId}/${feedback.personId}`;
  await db
    .insertInto('feedback')
    .values({ id, answer_id: feedback.answerId, person_id: feedback.personId, ...said })
    .onConflict((c) => c.column('id').doUpdateSet(said))
    .execute();
  return true;
}

export interface Channel {
  platform: string;
  workspace: string;
  channel: string;
}

/** Answers that say something: the others are never shown unasked. */
const SAYING = ['answered', 'quoted', 'verified'] as const;

const automaticAnswers = (db: Catalog, channel: Channel) =>
  db
    .selectFrom('answers as a')
    .innerJoin('questions as q', 'q.id', 'a.question_id')
    .innerJoin('conversations as c', 'c.id', 'q.conversation_id')
    .where('q.via', '=', 'automatic')
    .where('a.status', 'in', SAYING)
    .where('c.platform', '=', channel.platform)
    .where('c.workspace', '=', channel.workspace)
    .where('c.channel', '=', channel.channel);

export interface JudgedAnswer {
  score: number;
  right: boolean;
  at: number;
}

/**
 * The unasked answers of a channel that somebody judged, in the order of their judging: by an admin's label, or where
 * there is none by what most people's thumbs say (right only when more are up than down).
 */
export async function judgedAnswers(db: Catalog, channel: Channel): Promise<JudgedAnswer[]> {
  const labels = await automaticAnswers(db, channel)
    .innerJoin('answer_labels as l', 'l.answer_id', 'a.id')
    .select(['a.id', 'a.trace_json', 'l.correct', 'l.created_at'])
    .execute();
  const labelled = new Set(labels.map((row) => row.id));
  const thumbs = await automaticAnswers(db, channel)
    .innerJoin('feedback as f', 'f.answer_id', 'a.id')
    .select(['a.id', 'a.trace_json', 'f.verdict', 'f.created_at'])
    .execute();
  const judged: JudgedAnswer[] = labels.flatMap((row) => withScore(row.trace_json, row.correct === 1, row.created_at));
  for (const rows of Map.groupBy(
    thumbs.filter((row) => !labelled.has(row.id)),
    (row) => row.id,
  ).values()) {
    const up = rows.filter((row) => row.verdict === 'up').length;
    judged.push(...withScore(rows[0]!.trace_json, up > rows.length - up, Math.max(...rows.map((row) => row.created_at))));
  }
  return judged.sort((a, b) => a.at - b.at);
}

function withScore(traceJson: string, right: boolean, at: number): JudgedAnswer[] {
  const score = scoreOf(traceJson);
  return score === undefined ? [] : [{ score, right, at }];
}

/** How likely the passages answered the question, 0 to 1; undefined where no search was made. */
export function scoreOf(traceJson: string): number | undefined {
  return (JSON.parse(traceJson) as { sufficiency?: { score?: number } }).sufficiency?.score;
}

/** The unasked answers of a channel that were not shown and that nobody labelled, newest first. */
export async function silentAnswers(db: Catalog, channel: Channel, limit: number) {
  const rows = await automaticAnswers(db, channel)
    .leftJoin('answer_labels as l', 'l.answer_id', 'a.id')
    .select(['a.id as answerId', 'a.trace_json', 'q.text', 'q.received_at as askedAt'])
    .where('a.state', '=', 'current')
    .where('l.answer_id', 'is', null)
    .where((e) =>
      e.not(
        e.exists(
          e.selectFrom('messages as m').select('m.id').whereRef('m.question_id', '=', 'q.id').where('m.platform_id', 'is not', null),
        ),
      ),
    )
    .orderBy('q.received_at', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap(({ trace_json, ...row }) => {
    const score = scoreOf(trace_json);
    return score === undefined ? [] : [{ ...row, score }];
  });
}

/** An answer's score, when it is one that this channel might be shown. */
export async function showableScore(db: Catalog, channel: Channel, answerId: string): Promise<number | undefined> {
  const row = await automaticAnswers(db, channel).select('a.trace_json').where('a.id', '=', answerId).executeTakeFirst();
  return row && scoreOf(row.trace_json);
}

/** A later label takes the earlier one's place. @returns false when nobody was given such an answer unasked */
export async function labelAnswer(
  db: Catalog,
  label: { answerId: string; right: boolean; personId: string | null },
  now: number,
): Promise<boolean> {
  const answer = await db
    .selectFrom('answers as a')
    .innerJoin('questions as q', 'q.id', 'a.question_id')
    .select('a.id')
    .where('a.id', '=', label.answerId)
    .where('q.via', '=', 'automatic')
    .executeTakeFirst();
  if (!answer) return false;
  const said = { person_id: label.personId, correct: label.right ? 1 : 0, created_at: now };
  await db
    .insertInto('answer_labels')
    .values({ answer_id: label.answerId, ...said })
    .onConflict((c) => c.column('answer_id').doUpdateSet(said))
    .execute();
  return true;
}
