/** What a document brings to the knowledge base's own words, when it is written. */
import type { Catalog } from '../catalog/database.ts';
import { holdDocument } from '../catalog/documents.ts';
import { addWords, replaceTerms, type OwnWords } from '../catalog/terms.ts';
import { vocabularyOf } from '../own-words.ts';
import { plainText } from '../passage-text.ts';
import { definitionsIn } from './definitions.ts';

/** Definitions and distinct words of a document as it stands. */
export function ownWordsOf(document: { title: string; aliases?: string[]; passages: { headingPath: string[]; text: string }[] }): OwnWords {
  const texts = document.passages.map((passage) => plainText(passage.text).text);
  const headings = [...new Set(document.passages.flatMap((passage) => passage.headingPath))];
  const words = vocabularyOf(document.title);
  for (const text of [...headings, ...texts]) vocabularyOf(text, words);
  return {
    terms: definitionsIn({ title: document.title, headings, texts, ...(document.aliases ? { aliases: document.aliases } : {}) }),
    words: [...words],
  };
}

/** Rises with any change that finds other definitions or words: they are then read again from the catalog's texts. */
export const OWN_WORDS_VERSION = '1';

/**
 * Reads the own words of every current document again, for a catalog that was filled without them, or by other rules.
 * Aliases are kept: only the document's source names them. Each document in a transaction of its own.
 */
export async function refreshOwnWords(db: Catalog, signal: AbortSignal): Promise<void> {
  for (let after = ''; ;) {
    const documents = await db
      .selectFrom('documents')
      .select('id')
      .where('deleted_at', 'is', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(100)
      .execute();
    if (documents.length === 0) return;
    for (const { id } of documents) {
      signal.throwIfAborted();
      await db.transaction().execute(async (tx) => {
        const document = await holdDocument(tx, id);
        if (!document) return;
        const passages = await tx
          .selectFrom('passages')
          .select(['heading_path_json', 'text'])
          .where('document_id', '=', id)
          .orderBy('ordinal')
          .execute();
        const aliases = await tx.selectFrom('terms').select('short').where('document_id', '=', id).where('kind', '=', 'alias').execute();
        const own = ownWordsOf({
          title: document.title,
          aliases: aliases.map((row) => row.short),
          passages: passages.map((row) => ({ headingPath: JSON.parse(row.heading_path_json) as string[], text: row.text })),
        });
        await replaceTerms(tx, id, own.terms);
        await addWords(tx, document.reader_set, own.words);
      });
    }
    after = documents.at(-1)!.id;
  }
}
