/** Ids that may stand in the index without being current: noted before, and cleared after, what may be cut short. */
import type { Catalog } from './database.ts';

// SQLite's and Postgres' bound on parameters in one statement, with room for the other columns.
const IN_CHUNK = 500;

/** Notes ids that may stand in the index without ever becoming current, before they are put there. */
export async function noteLeftovers(db: Catalog, sourceId: string, passageIds: string[]): Promise<void> {
  for (let i = 0; i < passageIds.length; i += IN_CHUNK) {
    await db
      .insertInto('index_leftovers')
      .values(passageIds.slice(i, i + IN_CHUNK).map((passage_id) => ({ passage_id, source_id: sourceId })))
      .onConflict((c) => c.doNothing())
      .execute();
  }
}

export async function clearLeftovers(db: Catalog, passageIds: string[]): Promise<void> {
  for (let i = 0; i < passageIds.length; i += IN_CHUNK) {
    await db
      .deleteFrom('index_leftovers')
      .where('passage_id', 'in', passageIds.slice(i, i + IN_CHUNK))
      .execute();
  }
}

/**
 * Ids of a source noted as leftovers, and which of them are current after all. Only whoever holds the source's lease
 * may act on them: a sync in the middle of a write has noted what it is about to commit.
 */
export async function readLeftovers(db: Catalog, sourceId: string, limit: number): Promise<{ stale: string[]; current: string[] }> {
  const rows = await db
    .selectFrom('index_leftovers as l')
    .leftJoin('passages as p', 'p.id', 'l.passage_id')
    .leftJoin('documents as d', 'd.id', 'p.document_id')
    .select(['l.passage_id as id', 'd.id as documentId', 'd.deleted_at as deletedAt'])
    .where('l.source_id', '=', sourceId)
    .limit(limit)
    .execute();
  const isCurrent = (row: (typeof rows)[number]): boolean => row.documentId !== null && row.deletedAt === null;
  return { stale: rows.filter((r) => !isCurrent(r)).map((r) => r.id), current: rows.filter(isCurrent).map((r) => r.id) };
}
