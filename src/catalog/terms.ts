/** The knowledge base's own words: what documents define, for those who may read them, and the words they are written in. */
import type { Catalog } from './database.ts';

export interface TermRow {
  kind: 'acronym' | 'alias';
  short: string;
  long: string;
  shortKey: string;
  longKey: string;
}

/** What one document brings: its definitions, and its distinct words in lower case. */
export interface OwnWords {
  terms: TermRow[];
  words: string[];
}

/** One name for another, and how many readable documents say so. */
export interface FoundTerm extends TermRow {
  documents: number;
}

// Parameters of one statement, with room for the reader sets.
const IN_CHUNK = 500;
const ROWS_AT_ONCE = 200;

/** A document's definitions in place of those before; none takes them away. */
export async function replaceTerms(db: Catalog, documentId: string, terms: TermRow[]): Promise<void> {
  await db.deleteFrom('terms').where('document_id', '=', documentId).execute();
  for (let i = 0; i < terms.length; i += ROWS_AT_ONCE) {
    await db
      .insertInto('terms')
      .values(
        terms.slice(i, i + ROWS_AT_ONCE).map((term) => ({
          document_id: documentId,
          kind: term.kind,
          short: term.short,
          long: term.long,
          short_key: term.shortKey,
          long_key: term.longKey,
        })),
      )
      .onConflict((c) => c.doNothing())
      .execute();
  }
}

/** Definitions with one of the keys, of current documents that the reader sets open; those that most documents give come first. */
export async function findTerms(
  db: Catalog,
  input: { keys: string[]; readerSets: number[]; exceptDocuments?: string[] },
): Promise<FoundTerm[]> {
  if (input.readerSets.length === 0) return [];
  const found = new Map<string, FoundTerm>();
  for (const column of ['short_key', 'long_key'] as const) {
    for (let i = 0; i < input.keys.length; i += IN_CHUNK) {
      let query = db
        .selectFrom('terms as t')
        .innerJoin('documents as d', 'd.id', 't.document_id')
        .innerJoin('sources as s', 's.id', 'd.source_id')
        .where(`t.${column}`, 'in', input.keys.slice(i, i + IN_CHUNK))
        .where('d.reader_set', 'in', input.readerSets)
        .where('d.deleted_at', 'is', null)
        .where('s.removed_at', 'is', null);
      // A title is found by its own words: only what stands for it leads there.
      if (column === 'long_key') query = query.where('t.kind', '=', 'acronym');
      if (input.exceptDocuments?.length) query = query.where('t.document_id', 'not in', input.exceptDocuments.slice(0, IN_CHUNK));
      const rows = await query
        .select(['t.kind', 't.short_key', 't.long_key'])
        .select((e) => [e.fn.min('t.short').as('short'), e.fn.min('t.long').as('long'), e.fn.countAll().as('n')])
        .groupBy(['t.kind', 't.short_key', 't.long_key'])
        .execute();
      for (const row of rows)
        found.set(`${row.kind} ${row.short_key}|${row.long_key}`, {
          kind: row.kind,
          short: row.short,
          long: row.long,
          shortKey: row.short_key,
          longKey: row.long_key,
          documents: Number(row.n),
        });
    }
  }
  return [...found.values()].sort((a, b) => b.documents - a.documents || (a.longKey < b.longKey ? -1 : 1));
}

/** The vocabulary of these readers grows by a document's words. */
export async function addWords(db: Catalog, readerSet: number, given: string[]): Promise<void> {
  // In one order: two processes that write documents with the same words never wait for each other.
  const words = [...new Set(given)].sort();
  for (let i = 0; i < words.length; i += ROWS_AT_ONCE) {
    await db
      .insertInto('vocabulary')
      .values(
        words.slice(i, i + ROWS_AT_ONCE).map((word) => ({
          length: word.length,
          word,
          reader_set: readerSet,
          backwards: backwardsOf(word),
          written: 1,
        })),
      )
      .onConflict((c) => c.columns(['length', 'word', 'reader_set']).doUpdateSet((e) => ({ written: e('vocabulary.written', '+', 1) })))
      .execute();
  }
}

/** Those of some words (lower case) that documents of these readers ever had. */
export async function knownWords(db: Catalog, words: string[], readerSets: number[]): Promise<Set<string>> {
  if (words.length === 0 || readerSets.length === 0) return new Set();
  const rows = await db
    .selectFrom('vocabulary')
    .select('word')
    .where('length', 'in', [...new Set(words.map((word) => word.length))])
    .where('word', 'in', words)
    .where('reader_set', 'in', readerSets)
    .execute();
  return new Set(rows.map((row) => row.word));
}

/**
 * Words of the vocabulary of some lengths that begin with a text, and those that end with one: what may be near a word.
 * @param firsts how words with that ending may begin
 * @returns each with how often documents were written with it
 */
export async function wordsAlike(
  db: Catalog,
  input: { lengths: number[]; begins: string; ends: string; firsts: string[]; readerSets: number[] },
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  if (input.readerSets.length === 0 || input.lengths.length === 0 || input.begins === '' || input.ends === '') return found;
  const ofLength = db
    .selectFrom('vocabulary')
    .select(['word', 'written'])
    .where('length', 'in', input.lengths)
    .where('reader_set', 'in', input.readerSets);
  const ending = backwardsOf(input.ends);
  const alike = [
    ofLength.where('word', '>=', input.begins).where('word', '<', after(input.begins)),
    ofLength
      .where('backwards', '>=', ending)
      .where('backwards', '<', after(ending))
      // Read off the index itself: most words with a common ending begin otherwise, and their rows are not looked at.
      .where((e) => e.or(input.firsts.map((first) => e('backwards', 'like', `%${backwardsOf(first)}`)))),
  ];
  for (const query of alike) for (const row of await query.execute()) found.set(row.word, Math.max(found.get(row.word) ?? 0, row.written));
  return found;
}

/** Above every text that begins so, by code point. */
const after = (text: string): string => `${text}\u{10ffff}`;

function backwardsOf(word: string): string {
  return [...word].reverse().join('');
}
