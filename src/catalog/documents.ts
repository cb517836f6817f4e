/** Documents, and the commit that makes a new version of one current. */
import { sql } from 'kysely';
import { AppError } from '../errors.ts';
import { isPostgres, type Catalog } from './database.ts';
import { clearLeftovers, noteLeftovers } from './leftovers.ts';
import type { CatalogTables } from './schema.ts';
import { addWords, replaceTerms, type OwnWords } from './terms.ts';

type Documents = CatalogTables['documents'];

/** The last time of JavaScript's calendar. */
const LAST_MS = 8.64e15;

/** What a sync compares a listing with. */
export interface KnownDocument {
  id: string;
  externalId: string;
  version: number;
  contentHash: string;
  listedVersion: string | null;
  validators: Record<string, string> | undefined;
  readerSet: number;
  deleted: boolean;
  url: string | null;
}

export interface PassageRow {
  id: string;
  ordinal: number;
  headingPath: string[];
  anchor: string | null;
  text: string;
  textHash: string;
  embedHash: string | null;
}

export interface DocumentWrite {
  id: string;
  sourceId: string;
  externalId: string;
  url: string | null;
  title: string;
  owner: string | null;
  changedAt: number | null;
  language: string;
  textFragments: boolean;
  version: number;
  contentHash: string;
  listedVersion: string | null;
  validators: Record<string, string> | undefined;
  readerSet: number;
  passages: PassageRow[];
  /** Second names of the page, as it gives them itself. */
  aliases?: string[];
  /** What of it could not be read. */
  unread?: string;
}

/** All documents of a source, the removed ones too (their version goes on when they come back). */
export async function knownDocuments(db: Catalog, sourceId: string): Promise<Map<string, KnownDocument>> {
  const rows = await db
    .selectFrom('documents')
    .select(['id', 'external_id', 'version', 'content_hash', 'listed_version', 'validators_json', 'reader_set', 'deleted_at', 'url'])
    .where('source_id', '=', sourceId)
    .execute();
  return new Map(
    rows.map((row) => [
      row.external_id,
      {
        id: row.id,
        externalId: row.external_id,
        version: row.version,
        contentHash: row.content_hash,
        listedVersion: row.listed_version,
        validators: row.validators_json === null ? undefined : JSON.parse(row.validators_json),
        readerSet: row.reader_set,
        deleted: row.deleted_at !== null,
        url: row.url,
      },
    ]),
  );
}

/** Passages of one document that are current, by id. */
export async function passagesOf(db: Catalog, documentId: string): Promise<Map<string, { textHash: string; embedHash: string | null }>> {
  const rows = await db.selectFrom('passages').select(['id', 'text_hash', 'embed_hash']).where('document_id', '=', documentId).execute();
  return new Map(rows.map((row) => [row.id, { textHash: row.text_hash, embedHash: row.embed_hash }]));
}

/** A current document, inside a transaction that changes what belongs to it: no other version is committed before its end. */
export async function holdDocument(tx: Catalog, id: string): Promise<Pick<Documents, 'title' | 'reader_set'> | undefined> {
  return tx
    .selectFrom('documents')
    .select(['title', 'reader_set'])
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .$if(isPostgres(tx), (query) => query.forUpdate())
    .executeTakeFirst();
}

/** Who writes: the run, and the holder of the lease on its source. */
export interface Writer {
  runId: string;
  sourceId: string;
  leaseOwner: string;
}

/** Inside a transaction, so that a writer whose lease was taken over cannot commit; nobody takes it over before the end. */
async function checkLease(tx: Catalog, writer: Writer): Promise<void> {
  const row = await tx
    .selectFrom('sources')
    .select('lease_owner')
    .where('id', '=', writer.sourceId)
    .$if(isPostgres(tx), (query) => query.forUpdate())
    .executeTakeFirst();
  if (row?.lease_owner !== writer.leaseOwner)
    throw new AppError({ code: 'sync.lease_lost', message: 'another process took over the sync of this source' });
}

/**
 * The commit: the document's new version, its passages and its `changes` row, in one transaction.
 * Points of passages that are gone are noted as leftovers in the same transaction.
 * @param own what the document defines and the words it is written in
 * @returns ids of the passages that are no longer current
 * @throws AppError `sync.lease_lost`
 */
export async function commitDocument(
  db: Catalog,
  document: DocumentWrite,
  writer: Writer,
  kind: 'added' | 'changed' | 'moved',
  now: number,
  own: OwnWords = { terms: [], words: [] },
): Promise<string[]> {
  return db.transaction().execute(async (tx) => {
    await checkLease(tx, writer);
    const before = await passagesOf(tx, document.id);
    const keep = new Set(document.passages.map((p) => p.id));
    const gone = [...before.keys()].filter((id) => !keep.has(id));
    const row = {
      source_id: document.sourceId,
      external_id: document.externalId,
      url: document.url,
      title: document.title,
      owner: document.owner,
      changed_at: wholeMs(document.changedAt),
      language: document.language,
      text_fragments: document.textFragments ? 1 : 0,
      version: document.version,
      content_hash: document.contentHash,
      listed_version: document.listedVersion,
      validators_json: document.validators ? JSON.stringify(document.validators) : null,
      reader_set: document.readerSet,
      indexed_at: now,
      deleted_at: null,
      unread: document.unread ?? null,
    };
    await tx
      .insertInto('documents')
      .values({ id: document.id, ...row })
      .onConflict((c) => c.column('id').doUpdateSet(row))
      .execute();
    await tx.deleteFrom('passages').where('document_id', '=', document.id).execute();
    for (let i = 0; i < document.passages.length; i += 100) {
      await tx
        .insertInto('passages')
        .values(
          document.passages.slice(i, i + 100).map((p) => ({
            id: p.id,
            document_id: document.id,
            ordinal: p.ordinal,
            heading_path_json: JSON.stringify(p.headingPath),
            anchor: p.anchor,
            text: p.text,
            text_hash: p.textHash,
            embed_hash: p.embedHash,
          })),
        )
        .execute();
    }
    await replaceTerms(tx, document.id, own.terms);
    await addWords(tx, document.readerSet, own.words);
    await clearLeftovers(tx, [...keep]);
    await noteLeftovers(tx, document.sourceId, gone);
    const goneHashes = [...new Set(gone.map((id) => before.get(id)!.textHash))];
    await tx
      .insertInto('changes')
      .values({ run_id: writer.runId, document_id: document.id, kind, gone_hashes_json: JSON.stringify(goneHashes) })
      .execute();
    return gone;
  });
}

/**
 * The document is as it was, for other readers.
 * @param words those it is written in
 * @throws AppError `sync.lease_lost`
 */
export async function commitReaders(db: Catalog, documentId: string, readerSet: number, writer: Writer, words: string[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await checkLease(tx, writer);
    await tx.updateTable('documents').set({ reader_set: readerSet }).where('id', '=', documentId).execute();
    await addWords(tx, readerSet, words);
    await tx
      .insertInto('changes')
      .values({ run_id: writer.runId, document_id: documentId, kind: 'readers', gone_hashes_json: '[]' })
      .execute();
  });
}

/** Documents say when they changed, also what is no time: fractions fall away, and what no calendar knows. */
function wholeMs(time: number | null): number | null {
  const ms = Math.round(time ?? NaN);
  return Math.abs(ms) <= LAST_MS ? ms : null;
}

/** The document's source bytes are as they were; only what the listing said of it is kept. */
export async function touchDocument(
  db: Catalog,
  id: string,
  listedVersion: string | null,
  validators: Record<string, string> | undefined,
): Promise<void> {
  await db
    .updateTable('documents')
    .set({ listed_version: listedVersion, ...(validators ? { validators_json: JSON.stringify(validators) } : {}) })
    .where('id', '=', id)
    .execute();
}

/** Removes one document: at once invisible; its points are noted as leftovers. Returns their ids. */
export async function commitRemoval(
  db: Catalog,
  documentId: string,
  writer: Writer,
  kind: 'removed' | 'moved',
  now: number,
): Promise<string[]> {
  return db.transaction().execute(async (tx) => {
    await checkLease(tx, writer);
    const before = await passagesOf(tx, documentId);
    await tx
      .updateTable('documents')
      .set({ deleted_at: now, listed_version: null, validators_json: null })
      .where('id', '=', documentId)
      .execute();
    await tx.deleteFrom('passages').where('document_id', '=', documentId).execute();
    await replaceTerms(tx, documentId, []);
    await noteLeftovers(tx, writer.sourceId, [...before.keys()]);
    const goneHashes = [...new Set([...before.values()].map((p) => p.textHash))];
    await tx
      .insertInto('changes')
      .values({ run_id: writer.runId, document_id: documentId, kind, gone_hashes_json: JSON.stringify(goneHashes) })
      .execute();
    return [...before.keys()];
  });
}

/** Current documents of a source of which a part could not be read, by title. */
export async function unreadParts(
  db: Catalog,
  sourceId: string,
  limit: number,
): Promise<{ externalId: string; title: string; unread: string }[]> {
  const rows = await db
    .selectFrom('documents')
    .select(['external_id as externalId', 'title', 'unread'])
    .where('source_id', '=', sourceId)
    .where('deleted_at', 'is', null)
    .where('unread', 'is not', null)
    .orderBy('title')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, unread: row.unread! }));
}

/** Languages of the documents, most common first. */
export async function documentLanguages(db: Catalog): Promise<string[]> {
  const rows = await db
    .selectFrom('documents')
    .select(['language', (e) => e.fn.countAll().as('n')])
    .where('deleted_at', 'is', null)
    .groupBy('language')
    .execute();
  return rows.sort((a, b) => Number(b.n) - Number(a.n)).map((row) => row.language);
}

/** One current document that these reader sets open, with passages or without; undefined for all others. */
export async function readDocument(db: Catalog, id: string, readerSets: number[]) {
  if (readerSets.length === 0) return undefined;
  const row = await db
    .selectFrom('documents as d')
    .innerJoin('sources as s', 's.id', 'd.source_id')
    .select(['d.id', 'd.title', 'd.url', 'd.external_id', 'd.source_id', 's.name as source_name', 'd.owner', 'd.changed_at'])
    .where('d.id', '=', id)
    .where('d.reader_set', 'in', readerSets)
    .where('d.deleted_at', 'is', null)
    .where('s.removed_at', 'is', null)
    .executeTakeFirst();
  return row && summaryOf(row);
}

function summaryOf(
  row: Pick<Documents, 'id' | 'title' | 'url' | 'external_id' | 'source_id' | 'owner' | 'changed_at'> & { source_name: string },
) {
  return {
    id: row.id,
    title: row.title,
    url: row.url,
    externalId: row.external_id,
    sourceId: row.source_id,
    sourceName: row.source_name,
    owner: row.owner,
    updatedAt: row.changed_at,
  };
}

/** How many documents these reader sets open: all that an asker is told of what was searched. */
export async function countReadable(db: Catalog, readerSets: number[]): Promise<number> {
  if (readerSets.length === 0) return 0;
  const { n } = await db
    .selectFrom('documents')
    .select((e) => e.fn.countAll().as('n'))
    .where('deleted_at', 'is', null)
    .where('reader_set', 'in', readerSets)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Documents and passages of each source that are current. */
export async function countsBySource(db: Catalog): Promise<Map<string, { documents: number; passages: number }>> {
  const documents = await db
    .selectFrom('documents')
    .select(['source_id', (e) => e.fn.countAll().as('n')])
    .where('deleted_at', 'is', null)
    .groupBy('source_id')
    .execute();
  const passages = await db
    .selectFrom('passages as p')
    .innerJoin('documents as d', 'd.id', 'p.document_id')
    .select(['d.source_id', (e) => e.fn.countAll().as('n')])
    .where('d.deleted_at', 'is', null)
    .groupBy('d.source_id')
    .execute();
  const counts = new Map(documents.map((row) => [row.source_id, { documents: Number(row.n), passages: 0 }]));
  for (const row of passages) {
    // A source whose first document came between the two queries is counted next time.
    const counted = counts.get(row.source_id);
    if (counted) counted.passages = Number(row.n);
  }
  return counts;
}

/** A page of the documents that these reader sets open, newest change first. */
export async function listDocuments(
  db: Catalog,
  options: { sourceId?: string; query?: string; offset: number; limit: number; readerSets?: number[] },
) {
  let query = db
    .selectFrom('documents as d')
    .innerJoin('sources as s', 's.id', 'd.source_id')
    .where('d.deleted_at', 'is', null)
    .where('s.removed_at', 'is', null);
  if (options.sourceId) query = query.where('d.source_id', '=', options.sourceId);
  if (options.query) {
    const pattern = `%${options.query.toLowerCase().replaceAll(/[%_\\]/g, '\\$&')}%`;
    query = query.where(sql<boolean>`lower(d.title) like ${pattern} escape '\\'`);
  }
  if (options.readerSets) query = query.where('d.reader_set', 'in', options.readerSets);
  const { n } = await query.select((e) => e.fn.countAll().as('n')).executeTakeFirstOrThrow();
  const rows = await query
    .select(['d.id', 'd.title', 'd.url', 'd.external_id', 'd.source_id', 's.name as source_name', 'd.owner', 'd.changed_at'])
    .select((e) =>
      e
        .selectFrom('passages as p')
        .whereRef('p.document_id', '=', 'd.id')
        .select((x) => x.fn.countAll().as('n'))
        .as('passages'),
    )
    .orderBy('d.changed_at', (order) => order.desc().nullsLast())
    .orderBy('d.title')
    .orderBy('d.id')
    .offset(options.offset)
    .limit(options.limit)
    .execute();
  return {
    total: Number(n),
    documents: rows.map((row) => ({ ...summaryOf(row), passages: Number(row.passages) })),
  };
}

/** Ids of all passages that a source ever left in the catalog, to drop from the index before `purgeSource`. */
export async function sourcePassageIds(db: Catalog, sourceId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('passages as p')
    .innerJoin('documents as d', 'd.id', 'p.document_id')
    .select('p.id')
    .where('d.source_id', '=', sourceId)
    .execute();
  return rows.map((row) => row.id);
}

/** Takes a removed source out of the catalog for good, once the index holds none of it. Its answers and citations stay. */
export async function purgeSource(db: Catalog, sourceId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const ofSource = tx.selectFrom('documents').select('id').where('source_id', '=', sourceId);
    await tx.deleteFrom('passages').where('document_id', 'in', ofSource).execute();
    await tx.deleteFrom('terms').where('document_id', 'in', ofSource).execute();
    await tx.deleteFrom('documents').where('source_id', '=', sourceId).execute();
    await tx.deleteFrom('index_leftovers').where('source_id', '=', sourceId).execute();
    await tx
      .deleteFrom('run_failures')
      .where('run_id', 'in', tx.selectFrom('runs').select('id').where('source_id', '=', sourceId))
      .execute();
    await tx.deleteFrom('runs').where('source_id', '=', sourceId).execute();
    await tx.deleteFrom('sources').where('id', '=', sourceId).execute();
  });
}
