/** Passages as answers need them: current ones only, and only those that the reader sets open. */
import type { Passage } from '../types.ts';
import type { Catalog } from './database.ts';

// SQLite's and Postgres' bound on parameters in one statement, with room for the other columns.
const IN_CHUNK = 500;

const passageQuery = (db: Catalog) =>
  db
    .selectFrom('passages as p')
    .innerJoin('documents as d', 'd.id', 'p.document_id')
    .innerJoin('sources as s', 's.id', 'd.source_id')
    .select([
      'p.id',
      'p.document_id',
      'p.ordinal',
      'p.heading_path_json',
      'p.anchor',
      'p.text',
      'p.text_hash',
      'd.version',
      'd.title',
      'd.url',
      'd.text_fragments',
      'd.source_id',
      's.name as source_name',
      'd.owner',
      'd.changed_at',
      'd.reader_set',
      'd.language',
    ])
    .where('d.deleted_at', 'is', null)
    .where('s.removed_at', 'is', null);

type PassageJoin = Awaited<ReturnType<ReturnType<typeof passageQuery>['execute']>>[number];

const passageOf = (row: PassageJoin): Passage => ({
  id: row.id,
  documentId: row.document_id,
  documentVersion: row.version,
  ordinal: row.ordinal,
  headingPath: JSON.parse(row.heading_path_json),
  anchor: row.anchor,
  text: row.text,
  textHash: row.text_hash,
  title: row.title,
  url: row.url,
  textFragments: row.text_fragments === 1,
  sourceId: row.source_id,
  sourceName: row.source_name,
  owner: row.owner,
  updatedAt: row.changed_at,
  readerSet: row.reader_set,
  language: row.language,
});

/** Passages that are current and that these reader sets open, by id. Stale and foreign ids are left out. */
export async function hydratePassages(db: Catalog, ids: string[], readerSets: number[]): Promise<Map<string, Passage>> {
  const found = new Map<string, Passage>();
  if (readerSets.length === 0) return found;
  for (let i = 0; i < ids.length; i += IN_CHUNK) {
    const rows = await passageQuery(db)
      .where('p.id', 'in', ids.slice(i, i + IN_CHUNK))
      .where('d.reader_set', 'in', readerSets)
      .execute();
    for (const row of rows) found.set(row.id, passageOf(row));
  }
  return found;
}

/** The passages beside some passages: same document, ordinal one less or one more. */
export async function neighbourPassages(db: Catalog, of: Passage[], readerSets: number[]): Promise<Passage[]> {
  if (of.length === 0 || readerSets.length === 0) return [];
  const rows = await passageQuery(db)
    .where('d.reader_set', 'in', readerSets)
    .where((e) => e.or(of.map((p) => e.and([e('p.document_id', '=', p.documentId), e('p.ordinal', 'in', [p.ordinal - 1, p.ordinal + 1])]))))
    .execute();
  return rows.map(passageOf);
}

/** Passages in a stable order, for rebuilding the index, from after an id on. */
export async function passagesAfter(db: Catalog, after: string, limit: number): Promise<Passage[]> {
  return (await passageQuery(db).where('p.id', '>', after).orderBy('p.id').limit(limit).execute()).map(passageOf);
}

/** A fair sample of the passages, the same for the same texts: those whose hashes come first. */
export async function samplePassages(db: Catalog, limit: number): Promise<Passage[]> {
  return (await passageQuery(db).orderBy('p.text_hash').orderBy('p.id').limit(limit).execute()).map(passageOf);
}

/** All current passages of a document, for the index: whoever may read them. */
export async function passagesOfDocument(db: Catalog, documentId: string): Promise<Passage[]> {
  return (await passageQuery(db).where('p.document_id', '=', documentId).orderBy('p.ordinal').execute()).map(passageOf);
}

/** All passages of a document in reading order. */
export async function documentPassages(db: Catalog, documentId: string, readerSets: number[]): Promise<Passage[]> {
  if (readerSets.length === 0) return [];
  return (
    await passageQuery(db).where('p.document_id', '=', documentId).where('d.reader_set', 'in', readerSets).orderBy('p.ordinal').execute()
  ).map(passageOf);
}

/** Where some passages stand, and in which language; those that are not current are left out. */
export async function placesOfPassages(
  db: Catalog,
  ids: string[],
): Promise<{ id: string; documentId: string; ordinal: number; language: string }[]> {
  const places: { id: string; documentId: string; ordinal: number; language: string }[] = [];
  for (let i = 0; i < ids.length; i += IN_CHUNK) {
    const rows = await db
      .selectFrom('passages as p')
      .innerJoin('documents as d', 'd.id', 'p.document_id')
      .select(['p.id', 'p.document_id', 'p.ordinal', 'd.language'])
      .where('d.deleted_at', 'is', null)
      .where('p.id', 'in', ids.slice(i, i + IN_CHUNK))
      .execute();
    for (const row of rows) places.push({ id: row.id, documentId: row.document_id, ordinal: row.ordinal, language: row.language });
  }
  return places;
}

/** What an embedder reads of some passages, in the order of the ids; those that are not current are left out. */
export async function passageContents(
  db: Catalog,
  ids: string[],
): Promise<{ id: string; title: string; headingPath: string[]; text: string }[]> {
  const rows = await passageQuery(db).where('p.id', 'in', ids).execute();
  const byId = new Map(rows.map((row) => [row.id, passageOf(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** The rank of each document, from 0: those most quoted in answers first, then those changed last. */
export async function documentsInDemand(db: Catalog): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('documents as d')
    .leftJoin(
      db
        .selectFrom('citations')
        .select(['document_id', (e) => e.fn.countAll().as('times')])
        .groupBy('document_id')
        .as('c'),
      'c.document_id',
      'd.id',
    )
    .select('d.id')
    .where('d.deleted_at', 'is', null)
    .orderBy((e) => e.fn.coalesce('c.times', e.lit(0)), 'desc')
    .orderBy((e) => e.fn.coalesce('d.changed_at', 'd.indexed_at'), 'desc')
    .execute();
  return new Map(rows.map(({ id }, rank) => [id, rank]));
}

/** How many passages are current; of some languages only, where they are given. */
export async function countPassages(db: Catalog, languages?: readonly string[]): Promise<number> {
  let query = db
    .selectFrom('passages as p')
    .innerJoin('documents as d', 'd.id', 'p.document_id')
    .select((e) => e.fn.countAll().as('n'))
    .where('d.deleted_at', 'is', null);
  if (languages) query = query.where('d.language', 'in', languages);
  return Number((await query.executeTakeFirstOrThrow()).n);
}
