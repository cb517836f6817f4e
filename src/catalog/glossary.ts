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
  await db.transaction().execute(async (tx) => {
    // In one order: two imports of the same terms never wait for each other.
    for (const entry of entries.toSorted((a, b) => (a.keys[0]! < b.keys[0]! ? -1 : 1))) {
      const termKey = entry.keys[0]!;
      const values = {
        term: entry.term,
        term_key: termKey,
        synonyms_json: JSON.stringify(entry.synonyms),
        explanation: entry.explanation,
        updated_at: now,
      };
      const kept =
        id === undefined
          ? await tx
              .insertInto('glossary')
              .values({ id: randomUUID(), ...values })
              .onConflict((c) => c.column('term_key').doUpdateSet(values))
              .returning('id')
              .executeTakeFirst()
          : await tx.updateTable('glossary').set(values).where('id', '=', id).returning('id').executeTakeFirst();
      // Removed meanwhile.
      if (!kept) continue;
      const entryId = kept.id;
      await tx.deleteFrom('glossary_names').where('entry_id', '=', entryId).execute();
      await tx
        .insertInto('glossary_names')
        .values([...new Set(entry.keys)].map((key) => ({ name_key: key, entry_id: entryId })))
        .execute();
    }
  });
}

/** False when there was none. */
export async function removeGlossaryEntry(db: Catalog, id: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { numDeletedRows } = await tx.deleteFrom('glossary').where('id', '=', id).executeTakeFirst();
    await tx.deleteFrom('glossary_names').where('entry_id', '=', id).execute();
    return numDeletedRows > 0n;
  });
}
