/** The admin's glossary: terms with their synonyms. It holds for everyone. */
import { randomUUID } from 'node:crypto';
import type { Catalog } from './database.ts';

export interface GlossaryEntry {
  id: string;
  term: string;
  synonyms: string[];
  /** Empty when there is none. */
  explanation: string;
  /** Milliseconds since the epoch. */
  updatedAt: number;
}

/** An entry to keep; keys are `lookupKey`'s, the term's own first. */
export interface GlossaryWrite {
  term: string;
  synonyms: string[];
  explanation: string;
  keys: string[];
}

const IN_CHUNK = 500;
/** Of an import. */
const ROWS_AT_ONCE = 200;

const entryOf = (row: { id: string; term: string; synonyms_json: string; explanation: string; updated_at: number }): GlossaryEntry => ({
  id: row.id,
  term: row.term,
  synonyms: JSON.parse(row.synonyms_json) as string[],
  explanation: row.explanation,
  updatedAt: Number(row.updated_at),
});

/** All entries, by term. */
export async function listGlossary(db: Catalog): Promise<GlossaryEntry[]> {
  return (await db.selectFrom('glossary').selectAll().orderBy('term_key').execute()).map(entryOf);
}

export async function readGlossaryEntry(db: Catalog, id: string): Promise<GlossaryEntry | undefined> {
  const row = await db.selectFrom('glossary').selectAll().where('id', '=', id).executeTakeFirst();
  return row && entryOf(row);
}

/** Entries one of whose names has one of the keys, each with the keys that it was found by. */
export async function findGlossary(db: Catalog, keys: string[]): Promise<{ entry: GlossaryEntry; keys: string[] }[]> {
  const found = new Map<string, { entry: GlossaryEntry; keys: string[] }>();
  for (let i = 0; i < keys.length; i += IN_CHUNK) {
    const rows = await db
      .selectFrom('glossary_names as n')
      .innerJoin('glossary as g', 'g.id', 'n.entry_id')
      .select(['g.id', 'g.term', 'g.synonyms_json', 'g.explanation', 'g.updated_at', 'n.name_key'])
      .where('n.name_key', 'in', keys.slice(i, i + IN_CHUNK))
      .execute();
    for (const row of rows) {
      const one = found.get(row.id);
      if (one) one.keys.push(row.name_key);
      else found.set(row.id, { entry: entryOf(row), keys: [row.name_key] });
    }
  }
  return [...found.values()];
}

/**
 * Keeps entries in one transaction: an entry whose term is there already takes its place.
 * @param id changes this one entry, whose term may then be another; only with a single entry
 */
export async function saveGlossary(db: Catalog, entries: GlossaryWrite[], now: number, id?: string): Promise<void> {
  const byTerm = new Map(entries.map((entry) => [entry.keys[0]!, entry]));
  // In one order: two imports of the same terms never wait for each other.
  const inOrder = [...byTerm.values()].sort((a, b) => (a.keys[0]! < b.keys[0]! ? -1 : 1));
  await db.transaction().execute(async (tx) => {
    for (let i = 0; i < inOrder.length; i += ROWS_AT_ONCE) {
      const some = inOrder.slice(i, i + ROWS_AT_ONCE);
      const kept = id === undefined ? await keepTerms(tx, some, now) : await changeTerm(tx, some[0]!, now, id);
      if (kept.length === 0) continue;
      await tx
        .deleteFrom('glossary_names')
        .where(
          'entry_id',
          'in',
          kept.map((row) => row.id),
        )
        .execute();
      const names = kept.flatMap((row) => [...new Set(byTerm.get(row.term_key)!.keys)].map((key) => ({ name_key: key, entry_id: row.id })));
      for (let n = 0; n < names.length; n += IN_CHUNK)
        await tx
          .insertInto('glossary_names')
          .values(names.slice(n, n + IN_CHUNK))
          .execute();
    }
  });
}

const rowOf = (entry: GlossaryWrite, now: number) => ({
  term: entry.term,
  term_key: entry.keys[0]!,
  synonyms_json: JSON.stringify(entry.synonyms),
  explanation: entry.explanation,
  updated_at: now,
});

const keepTerms = (tx: Catalog, entries: GlossaryWrite[], now: number) =>
  tx
    .insertInto('glossary')
    .values(entries.map((entry) => ({ id: randomUUID(), ...rowOf(entry, now) })))
    .onConflict((c) =>
      c.column('term_key').doUpdateSet((e) => ({
        term: e.ref('excluded.term'),
        synonyms_json: e.ref('excluded.synonyms_json'),
        explanation: e.ref('excluded.explanation'),
        updated_at: e.ref('excluded.updated_at'),
      })),
    )
    .returning(['id', 'term_key'])
    .execute();

/** None when it was removed meanwhile. */
const changeTerm = (tx: Catalog, entry: GlossaryWrite, now: number, id: string) =>
  tx.updateTable('glossary').set(rowOf(entry, now)).where('id', '=', id).returning(['id', 'term_key']).execute();

/** False when there was none. */
export async function removeGlossaryEntry(db: Catalog, id: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { numDeletedRows } = await tx.deleteFrom('glossary').where('id', '=', id).executeTakeFirst();
    await tx.deleteFrom('glossary_names').where('entry_id', '=', id).execute();
    return numDeletedRows > 0n;
  });
}
