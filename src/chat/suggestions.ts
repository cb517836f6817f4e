/** What may be asked first: titles of the pages that were cited most, else of those that changed last, those in the reader's language before others. */
import type { Catalog } from '../catalog/database.ts';
import type { Language } from '../types.ts';

const MOST = 4;
/** A title that reads as words, not as a file's name. */
const READABLE = /^[^\p{C}<>[\]{}|]{8,80}$/u;

/** Questions about documents of these readers, in the documents' own words; none where there are no documents. */
export async function suggestionsFrom(db: Catalog, readerSets: number[], language: Language): Promise<string[]> {
  if (readerSets.length === 0) return [];
  const isOther = (their: string): number => (their === language ? 0 : 1);
  const cited = await db
    .selectFrom('documents as d')
    .innerJoin('citations as c', 'c.document_id', 'd.id')
    .select(['d.id', 'd.title', 'd.language'])
    .where('d.reader_set', 'in', readerSets)
    .where('d.deleted_at', 'is', null)
    .groupBy(['d.id', 'd.title', 'd.language'])
    .orderBy((e) => e.case().when('d.language', '=', language).then(0).else(1).end())
    .orderBy((e) => e.fn.countAll(), 'desc')
    .limit(20)
    .execute();
  const changed = await db
    .selectFrom('documents')
    .select(['id', 'title', 'language'])
    .where('reader_set', 'in', readerSets)
    .where('deleted_at', 'is', null)
    .orderBy((e) => e.case().when('language', '=', language).then(0).else(1).end())
    .orderBy('indexed_at', 'desc')
    .limit(20)
    .execute();
  const seen = new Set<string>();
  const titles = [...cited, ...changed]
    .toSorted((a, b) => isOther(a.language) - isOther(b.language))
    .filter((one) => {
      const key = one.title.trim().toLowerCase();
      if (seen.has(key) || !READABLE.test(one.title.trim()) || !/\s|\p{Script=Han}/u.test(one.title.trim())) return false;
      seen.add(key);
      return true;
    });
  return titles.slice(0, MOST).map(({ title, language }) => ASK[language]?.(title.trim()) ?? ASK.en!(title.trim()));
}

const ASK: Record<string, (title: string) => string> = {
  en: (title) => `What does “${title}” say?`,
  de: (title) => `Was steht in „${title}“?`,
  zh: (title) => `《${title}》说了什么？`,
};
