/** The answer ledger: answers, immutable but for their state, with the citations they rest on. */
import type { Answer, AnswerSentence, Citation, ClosestPassage, AnswerUsage } from '../types.ts';
import { AppError } from '../errors.ts';
import type { Catalog } from './database.ts';

/** A citation with what finds the answer again when its passage changes. */
export interface LedgerCitation extends Citation {
  documentVersion: number;
  passageId: string;
  textHash: string;
  readerSet: number;
}

export interface LedgerEntry {
  answer: Answer;
  citations: LedgerCitation[];
  model: string | null;
  /** Why this answer: scores, passages taken and left, checks, times. Ids and figures, no texts. */
  trace: Record<string, unknown>;
}

interface Body {
  text: string;
  sentences: AnswerSentence[];
  closest: ClosestPassage[];
  degraded?: string[];
}

/**
 * Writes an answer with its citations and closes its question, in one transaction. An earlier answer is superseded.
 * @param leaseOwner who answers the question
 * @throws AppError `question.taken` when another has taken it over meanwhile; nothing is written then
 */
export async function recordAnswer(db: Catalog, entry: LedgerEntry, leaseOwner: string, now: number): Promise<void> {
  const { answer } = entry;
  const body: Body = {
    text: answer.text,
    sentences: answer.sentences,
    closest: answer.closest,
    ...(answer.degraded ? { degraded: answer.degraded } : {}),
  };
  await db.transaction().execute(async (tx) => {
    const question = await tx
      .updateTable('questions')
      .set({ state: answer.status === 'failed' ? 'failed' : 'answered' })
      .where('id', '=', answer.questionId)
      .where('lease_owner', '=', leaseOwner)
      .returning('id')
      .executeTakeFirst();
    if (!question) throw new AppError({ code: 'question.taken', message: 'another process answers the question', retryable: true });
    const before = await tx
      .selectFrom('answers')
      .select(['id', 'revision'])
      .where('question_id', '=', answer.questionId)
      .orderBy('revision', 'desc')
      .executeTakeFirst();
    // The commit was made, and only the word of it was lost.
    if (before?.id === answer.answerId) return;
    if (before)
      await tx
        .updateTable('answers')
        .set({ state: 'superseded' })
        .where('question_id', '=', answer.questionId)
        .where('state', '=', 'current')
        .execute();
    await tx
      .insertInto('answers')
      .values({
        id: answer.answerId,
        question_id: answer.questionId,
        revision: (before?.revision ?? 0) + 1,
        supersedes: before?.id ?? null,
        state: 'current',
        status: answer.status,
        language: answer.language,
        model: entry.model,
        body_json: JSON.stringify(body),
        usage_json: JSON.stringify(answer.usage),
        trace_json: JSON.stringify(entry.trace),
        created_at: now,
      })
      .execute();
    const rows = answer.sentences.flatMap((sentence, at) =>
      sentence.citations.map((n) => {
        const c = entry.citations.find((x) => x.n === n)!;
        return {
          answer_id: answer.answerId,
          sentence: at,
          n,
          document_id: c.documentId,
          document_version: c.documentVersion,
          passage_id: c.passageId,
          text_hash: c.textHash,
          quote: c.quote,
          anchor: c.anchor,
          url: c.url,
          title: c.title,
          source_name: c.source,
          updated_at: c.updatedAt === null ? null : Date.parse(c.updatedAt),
          reader_set: c.readerSet,
        };
      }),
    );
    if (rows.length > 0) await tx.insertInto('citations').values(rows).execute();
  });
}

/** An answer as it was shown, or undefined. `documentUrl` makes the address of Docent's own view of a citation. */
export async function readAnswer(
  db: Catalog,
  answerId: string,
  documentUrl: (documentId: string, answerId: string, n: number) => string,
): Promise<Answer | undefined> {
  const row = await db
    .selectFrom('answers as a')
    .innerJoin('questions as q', 'q.id', 'a.question_id')
    .innerJoin('conversations as c', 'c.id', 'q.conversation_id')
    .select(['a.id', 'a.question_id', 'a.status', 'a.language', 'a.body_json', 'a.usage_json', 'q.audience', 'c.thread'])
    .where('a.id', '=', answerId)
    .executeTakeFirst();
  if (!row) return undefined;
  const body = JSON.parse(row.body_json) as Body;
  const cited = await readCitations(db, answerId);
  const citations: Citation[] = cited.map((c) => ({
    n: c.n,
    documentId: c.document_id,
    title: c.title,
    url: c.url,
    documentUrl: documentUrl(c.document_id, answerId, c.n),
    anchor: c.anchor,
    quote: c.quote,
    source: c.source_name,
    updatedAt: c.updated_at === null ? null : new Date(c.updated_at).toISOString(),
  }));
  return {
    answerId: row.id,
    questionId: row.question_id,
    threadId: row.thread,
    status: row.status,
    language: row.language,
    audience: row.audience,
    ...body,
    citations,
    usage: JSON.parse(row.usage_json) as AnswerUsage,
  };
}

/** The citations of an answer, each number once. */
export async function readCitations(db: Catalog, answerId: string) {
  const rows = await db.selectFrom('citations').selectAll().where('answer_id', '=', answerId).orderBy('n').orderBy('sentence').execute();
  return rows.filter((row, i) => rows.findIndex((r) => r.n === row.n) === i);
}
