/** Why an answer is what it is, as it was kept with it. */
import type { AnswerUsage } from '../types.ts';
import type { Catalog } from './database.ts';

/** What `ask/` keeps of its way to an answer: ids and figures. All of it may be missing. */
export interface Trace {
  sufficiency?: { score: number };
  /** Found, best first. */
  passages?: { id: string; score: number; meaning?: number }[];
  /** Lines of the model that did not pass the support check, by reason. */
  dropped?: Record<string, number>;
}

/** Keeps what was searched for beside the question as it was made whole. It is the question in other words, and stands with it. */
export async function saveSearched(db: Catalog, questionId: string, searched: string[]): Promise<void> {
  await db
    .updateTable('questions')
    .set({ searched_json: JSON.stringify(searched) })
    .where('id', '=', questionId)
    .execute();
}

/** Undefined when there is no such answer. */
export async function readTrace(db: Catalog, answerId: string) {
  const row = await db
    .selectFrom('answers as a')
    .innerJoin('questions as q', 'q.id', 'a.question_id')
    .leftJoin('people as p', 'p.id', 'q.person_id')
    .select(['a.model', 'a.trace_json', 'a.usage_json'])
    .select(['q.text', 'q.standalone', 'q.searched_json', 'q.audience', 'p.email'])
    .where('a.id', '=', answerId)
    .executeTakeFirst();
  return (
    row && {
      model: row.model,
      trace: JSON.parse(row.trace_json) as Trace,
      usage: JSON.parse(row.usage_json) as AnswerUsage,
      text: row.text,
      standalone: row.standalone,
      searched: row.searched_json === null ? [] : (JSON.parse(row.searched_json) as string[]),
      audience: row.audience,
      email: row.email,
    }
  );
}

/** Which of some passages are still current, whoever may read them. */
export async function currentPassages(db: Catalog, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('passages as p')
    .innerJoin('documents as d', 'd.id', 'p.document_id')
    .innerJoin('sources as s', 's.id', 'd.source_id')
    .select('p.id')
    .where('p.id', 'in', ids)
    .where('d.deleted_at', 'is', null)
    .where('s.removed_at', 'is', null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** A question's text and where it was asked, by its answer. */
export async function askedFor(db: Catalog, answerId: string) {
  return db
    .selectFrom('answers as a')
    .innerJoin('questions as q', 'q.id', 'a.question_id')
    .select(['q.id as questionId', 'q.text', 'q.origin_json'])
    .where('a.id', '=', answerId)
    .executeTakeFirst();
}

/** A person's questions, newest first, with what their answers are. */
export async function questionsOf(db: Catalog, personId: string, limit: number) {
  return (
    db
      .selectFrom('questions as q')
      .leftJoin('answers as a', (j) => j.onRef('a.question_id', '=', 'q.id').on('a.state', '=', 'current'))
      .select(['q.id as questionId', 'q.text', 'q.received_at as askedAt', 'q.origin_json', 'a.status'])
      .where('q.person_id', '=', personId)
      // Of these the person did not ask Docent.
      .where((e) => e.or([e('q.via', 'is', null), e('q.via', '!=', 'automatic')]))
      .where('q.state', '!=', 'cancelled')
      .orderBy('q.received_at', 'desc')
      .limit(limit)
      .execute()
  );
}

/** Sources with documents that some reader sets open, by name, with the end of their last good sync. */
export async function openSources(db: Catalog, readerSets: number[]): Promise<{ name: string; syncedAt: number | null }[]> {
  if (readerSets.length === 0) return [];
  const rows = await db
    .selectFrom('sources as s')
    .select([
      's.name',
      (e) =>
        e
          .selectFrom('runs as r')
          .select((x) => x.fn.max('r.finished_at').as('at'))
          .whereRef('r.source_id', '=', 's.id')
          .where('r.state', '=', 'done')
          .as('syncedAt'),
    ])
    .where('s.removed_at', 'is', null)
    .where((e) =>
      e.exists(
        e
          .selectFrom('documents as d')
          .select('d.id')
          .whereRef('d.source_id', '=', 's.id')
          .where('d.deleted_at', 'is', null)
          .where('d.reader_set', 'in', readerSets),
      ),
    )
    .orderBy('s.name')
    .execute();
  return rows.map((row) => ({ name: row.name, syncedAt: row.syncedAt === null ? null : Number(row.syncedAt) }));
}
