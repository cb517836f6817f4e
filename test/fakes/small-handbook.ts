/** A handbook small enough to read, and a search over it without an index: for tests of what is made of search results. */
import { readPassage, type Hit, type SearchStatistics } from '../../src/ask/passage-match.ts';
import { analyzeQuery } from '../../src/search/analyzer.ts';
import type { Passage } from '../../src/types.ts';

/** @param pages title → sections, each `[heading, Markdown]` */
export function passagesOf(pages: Record<string, [string, string][]>, language = 'en'): Passage[] {
  return Object.entries(pages).flatMap(([title, sections]) =>
    sections.map(([heading, text], ordinal) => ({
      id: `${title}#${ordinal}`,
      documentId: title,
      documentVersion: 1,
      ordinal,
      headingPath: heading === '' ? [] : [heading],
      anchor: null,
      text,
      textHash: '',
      title,
      url: null,
      textFragments: false,
      sourceId: 's',
      sourceName: 's',
      owner: null,
      updatedAt: null,
      readerSet: 1,
      language,
    })),
  );
}

/** Searches by tf·idf over the passages, at most ten. */
export function searchOver(
  passages: Passage[],
): (question: string, exceptDocuments?: string[]) => { hits: Hit[]; statistics: SearchStatistics } {
  const languages = [...new Set(passages.map((passage) => passage.language))];
  return (question, exceptDocuments = []) => {
    const within = passages.filter((passage) => !exceptDocuments.includes(passage.documentId));
    const terms = analyzeQuery(question, languages).terms.map(({ term }) => term);
    const count = (passage: Passage, term: string): number =>
      (readPassage(passage).counts.get(term) ?? 0) + (readPassage(passage).head.has(term) ? 1 : 0);
    const documentFrequency = Object.fromEntries(terms.map((term) => [term, within.filter((passage) => count(passage, term) > 0).length]));
    const total = within.length;
    const hits = within
      .map((passage) => ({
        ...passage,
        score: terms.reduce(
          (sum, term) =>
            sum +
            (count(passage, term) / (count(passage, term) + 1)) *
              Math.log(1 + (total - documentFrequency[term]! + 0.5) / (documentFrequency[term]! + 0.5)),
          0,
        ),
      }))
      .filter((hit) => hit.score > 0)
      .toSorted((a, b) => b.score - a.score)
      .slice(0, 10);
    return { hits, statistics: { total, documentFrequency } };
  };
}

export const smallHandbook = passagesOf({
  'Time off': [
    [
      'Annual leave',
      'Everyone has thirty days of paid annual leave each year. Enter your leave in the calendar at least two weeks before it begins. Unused days expire at the end of March.',
    ],
    [
      'Sick leave',
      "Tell your manager before nine in the morning when you are ill. From the third day on a doctor's note is needed. Sick days do not count as annual leave.",
    ],
    [
      'Parental leave',
      'New parents take up to sixteen weeks of paid parental leave. It can be split into two periods within the first year.',
    ],
  ],
  'Travel and expenses': [
    [
      'Hotels',
      'Hotels are booked through the travel desk. The limit is 150 euros a night, breakfast included. Larger cities have a limit of 190 euros.',
    ],
    ['Meals', 'On business trips we reimburse meals up to 45 euros a day. Keep the receipts and submit them within thirty days.'],
    ['Trains', 'Book second class for journeys under four hours. First class needs the approval of your manager.'],
  ],
  'Laptops and security': [
    ['Laptops', 'A new laptop is ordered every three years. Broken laptops are repaired by the service desk within five working days.'],
    [
      'Passwords',
      'Passwords have at least fourteen characters and are kept in the password manager. Report a lost phone to security at once.',
    ],
    ['Visitors', 'Visitors sign in at reception and wear a badge. They are accompanied at all times.'],
  ],
});
