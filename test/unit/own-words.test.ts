/** A question in the knowledge base's own words: what documents define for their readers, the glossary, misspelt words. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { internReaders } from '../../src/access/reader-sets.ts';
import { editDistance } from '../../src/ask/edit-distance.ts';
import { englishWords } from '../../src/ask/english-words.ts';
import { extendQuestion, type ExtendedQuestion } from '../../src/ask/own-words.ts';
import { searchReadings } from '../../src/ask/search-readings.ts';
import type { Catalog } from '../../src/catalog/database.ts';
import { commitDocument, commitRemoval, purgeSource } from '../../src/catalog/documents.ts';
import { saveGlossary } from '../../src/catalog/glossary.ts';
import { MIGRATIONS } from '../../src/catalog/migrations.ts';
import { addSource, markSourceRemoved, takeLease } from '../../src/catalog/sources.ts';
import { addWords } from '../../src/catalog/terms.ts';
import { lookupKey } from '../../src/own-words.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { ownWordsOf, refreshOwnWords } from '../../src/sync/own-words.ts';
import { documentId, passageRows, pointOf } from '../../src/sync/write.ts';
import { never } from '../fakes/open-app.ts';
import { openCatalog } from '../servers/test-catalog.ts';

let folder: string;
let db: Catalog;
let index: SearchIndex;
let sourceId: string;
const languages = ['en'];
const writer = () => ({ runId: 'run', sourceId, leaseOwner: 'me' });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-own-words-'));
  db = await openCatalog(folder);
  index = openSqliteIndex({ path: join(folder, 'index.db') });
  sourceId = (
    await addSource(db, { name: 'wiki', kind: 'folder', location: '/x', baseUrl: null, readers: ['everyone'], schedule: null }, 1)
  ).id;
  await takeLease(db, sourceId, 'me', Date.now());
});
afterEach(async () => {
  await index.close();
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const idOf = (name: string): string => documentId(sourceId, name);

/** Writes a page as a sync does, index first. */
async function write(
  name: string,
  title: string,
  text: string,
  options: { readers?: string; aliases?: string[]; language?: string } = {},
): Promise<number> {
  const readerSet = await internReaders(db, [options.readers ?? 'everyone']);
  const language = options.language ?? 'en';
  const id = idOf(name);
  const passages = passageRows(id, title, [{ ordinal: 0, headingPath: [], text }], '');
  await index.put(passages.map((passage) => pointOf(passage, { id, title, language, readerSet })));
  const document = {
    id,
    sourceId,
    externalId: name,
    url: null,
    title,
    owner: null,
    changedAt: null,
    language,
    textFragments: false,
    version: 1,
    contentHash: name,
    listedVersion: null,
    validators: undefined,
    readerSet,
    passages,
    ...(options.aliases ? { aliases: options.aliases } : {}),
  };
  await commitDocument(db, document, writer(), 'added', 1, ownWordsOf(document));
  return readerSet;
}

const extend = (
  text: string,
  readerSets: number[],
  more: { languages?: string[]; exceptDocuments?: string[] } = {},
): Promise<ExtendedQuestion> => extendQuestion({ text, languages, readerSets, ...more }, { db, index }, never());
const notesOf = async (text: string, readerSets: number[]): Promise<string[]> =>
  (await extend(text, readerSets)).notes.map(({ kind, said, meant }) => `${kind}: ${said} → ${meant}`);
/** Documents found by words, best first. */
async function foundBy(text: string, readerSets: number[]): Promise<string[]> {
  const { words, readings } = await extend(text, readerSets);
  const found = await searchReadings({ terms: words, kinds: ['passage'], readerSets, limit: 10 }, readings, index, never());
  const names = new Map((await db.selectFrom('documents').select(['id', 'external_id']).execute()).map((row) => [row.id, row.external_id]));
  return [...new Set(found.words.map((hit) => names.get(hit.documentId)!))];
}

describe('what documents define', () => {
  test('an acronym finds the page that has only the long form, and the long form the page that has only the acronym', async () => {
    const everyone = await write('glossary', 'Words', 'We say paid time off (PTO).');
    await write('long', 'Leave', 'You get 25 days of paid time off each year, and more after five years.');
    await write('short', 'Booking', 'Book your PTO in the calendar two weeks before.');
    expect(await foundBy('How much PTO do I get?', [everyone])).toContain('long');
    expect(await foundBy('Where do I book paid time off?', [everyone])).toContain('short');
    const { meaning, reading } = await extend('How much PTO do I get?', [everyone]);
    expect(meaning).toBe('How much PTO (paid time off) do I get?');
    expect(reading).toBe('How much paid time off do I get?');
  });

  test('a passage that says both counts no more than one that says what was asked', async () => {
    const everyone = await write(
      'both',
      'Words',
      'We say paid time off (PTO), and paid time off is PTO, for all that is time off and paid.',
    );
    await write('asked', 'PTO', 'PTO is 25 days.');
    const [first] = await foundBy('How many days of PTO?', [everyone]);
    expect(first).toBe('asked');
  });

  test('for those alone who may read the page that defines it', async () => {
    const everyone = await write('open', 'Projects', 'XB is late, says everybody.');
    const board = await write('secret', 'Board', 'Xylophone Buyout (XB) closes in May.', { readers: 'group:board' });
    expect(await notesOf('What is XB?', [everyone])).toEqual([]);
    expect(await notesOf('What is XB?', [board])).toEqual(['acronym: XB → Xylophone Buyout']);
    expect(await notesOf('What is XB?', [])).toEqual([]);
  });

  test('as long as the page is there: changed, removed and purged', async () => {
    const everyone = await write('a', 'Words', 'Paid time off (PTO)');
    expect(await notesOf('PTO?', [everyone])).toHaveLength(1);
    await write('a', 'Words', 'Nothing here any more.');
    expect(await notesOf('PTO?', [everyone])).toEqual([]);
    await write('a', 'Words', 'Paid time off (PTO)');
    await commitRemoval(db, idOf('a'), writer(), 'removed', 2);
    expect(await notesOf('PTO?', [everyone])).toEqual([]);
    await write('a', 'Words', 'Paid time off (PTO)');
    await markSourceRemoved(db, sourceId, 3);
    expect(await notesOf('PTO?', [everyone])).toEqual([]);
    await purgeSource(db, sourceId);
    expect(await db.selectFrom('terms').selectAll().execute()).toEqual([]);
  });

  test('of several meanings those that most pages give, two at most', async () => {
    const everyone = await write('a', 'A', 'General Availability (GA)');
    await write('b', 'B', 'general availability (GA)');
    await write('c', 'C', 'Google Analytics (GA)');
    await write('d', 'D', 'Google Analytics (GA)');
    await write('e', 'E', 'general availability (GA)');
    await write('f', 'F', 'Gross Assets (GA)');
    expect((await notesOf('What is GA?', [everyone])).map((note) => note.toLowerCase())).toEqual([
      'acronym: ga → general availability',
      'acronym: ga → google analytics',
    ]);
  });

  test('an ordinary word is an acronym only when it is written as one', async () => {
    const everyone = await write('a', 'A', 'Information Technology (IT). Customer Account Review Example (CARE). Take care of it.');
    expect(await notesOf('how do i get it', [everyone])).toEqual([]);
    expect(await notesOf('who takes care of that?', [everyone])).toEqual([]);
    expect(await notesOf("it's broken", [everyone])).toEqual([]);
    expect(await notesOf('WHO DO I ASK ABOUT IT?', [everyone])).toEqual([]);
    expect(await notesOf('who is in IT?', [everyone])).toEqual(['acronym: IT → Information Technology']);
    expect(await notesOf('what is CARE?', [everyone])).toEqual(['acronym: CARE → Customer Account Review Example']);
  });

  test('acronyms in small letters and in the plural, long forms inflected', async () => {
    const everyone = await write('a', 'A', 'Service Level Agreement (SLA)');
    for (const text of ['what sla do we have', 'which SLAs?', 'the SLA’s end'])
      expect(await notesOf(text, [everyone]), text).toHaveLength(1);
    expect(await notesOf('which service level agreements do we have?', [everyone])).toEqual(['acronym: service level agreements → SLA']);
    expect(await notesOf('the service, level agreement', [everyone])).toEqual([]);
    expect(await notesOf('Is a service level agreement an SLA?', [everyone])).toEqual([]);
  });

  test('Chinese names, simplified or traditional, within a sentence', async () => {
    const everyone = await write('a', '休假', '员工每年有 25 天带薪休假（PTO）。', { language: 'zh' });
    const zh = { languages: ['zh'] };
    expect((await extend('帶薪休假有多少天？', [everyone], zh)).meaning).toBe('帶薪休假 (PTO)有多少天？');
    expect((await extend('PTO有多少天？', [everyone], zh)).reading).toBe('带薪休假有多少天？');
  });

  test('an alias leads to the title; the title leads nowhere', async () => {
    const everyone = await write('a', 'Time away from work', 'Twenty-five days.', { aliases: ['vacation policy'] });
    await write('b', 'Other', 'Something else.');
    expect(await foundBy('where is the vacation policy', [everyone])).toEqual(['a']);
    expect(await notesOf('how is time away from work counted?', [everyone])).toEqual([]);
  });

  test('definitions of documents that are left aside are left aside', async () => {
    const everyone = await write('a', 'A', 'Paid time off (PTO)');
    expect((await extend('PTO?', [everyone], { exceptDocuments: [idOf('a')] })).notes).toEqual([]);
  });

  test('a catalog that was filled before is read again; aliases stay', async () => {
    const everyone = await write('a', 'Time away', 'Paid time off (PTO) and a reimbursement.', { aliases: ['vacation policy'] });
    await db.deleteFrom('terms').where('kind', '=', 'acronym').execute();
    await db.deleteFrom('vocabulary').execute();
    await refreshOwnWords(db, never());
    expect(await notesOf('PTO, vacation policy, reimbursemnt', [everyone])).toHaveLength(3);
  });
});

describe('the glossary', () => {
  const save = (term: string, ...synonyms: string[]) =>
    saveGlossary(db, [{ term, synonyms, explanation: '', keys: [term, ...synonyms].map(lookupKey) }], 1);

  test('holds for everyone, each name for the others, before what documents say', async () => {
    const everyone = await write('a', 'Leave', 'Annual leave is 25 days. Public Transport Office (PTO).');
    await save('annual leave', 'PTO', 'holidays');
    expect(await notesOf('How much PTO?', [everyone])).toEqual(['glossary: PTO → annual leave', 'glossary: PTO → holidays']);
    expect(await foundBy('how many holidays', [everyone])).toEqual(['a']);
  });

  test('a synonym that is a word without meaning counts only in capitals', async () => {
    const everyone = await write('a', 'A', 'x');
    await save('the works council', 'WE');
    expect(await notesOf('what do we do', [everyone])).toEqual([]);
    expect(await notesOf('who is in the WE?', [everyone])).toHaveLength(1);
  });
});

describe('misspelt words', () => {
  test('are matched to the nearest word, told so, and searched for', async () => {
    const everyone = await write('a', 'Money', 'Ask for a reimbursement within thirty days.');
    await write('b', 'Other', 'Nothing of the kind is said on this page.');
    expect(await notesOf('How do I get a reimbursemnt?', [everyone])).toEqual(['spelling: reimbursemnt → reimbursement']);
    expect(await foundBy('How do I get a reimbursemnt?', [everyone])).toEqual(['a']);
    expect((await extend('How do I get a reimbursemnt?', [everyone])).reading).toBe('How do I get a reimbursement?');
  });

  test.each([
    ['recieve', 'receive'],
    ['calender', 'calendar'],
    ['manegement', 'management'],
    ['vaccation', 'vacation'],
    ['onbaording', 'onboarding'],
    ['Salery', 'salary'],
  ])('%s → %s', async (typed, meant) => {
    const everyone = await write('a', 'A', 'We receive a calendar from the management; vacation, onboarding and salary are in it.');
    expect(await notesOf(`${typed}?`, [everyone])).toEqual([`spelling: ${typed} → ${meant}`]);
  });

  test('a word of a page that the asker may not read is neither offered nor told from one that stands nowhere', async () => {
    const everyone = await write('open', 'Open', 'Nothing of interest here.');
    const board = await write('secret', 'Secret', 'The zyxacquisition is planned.', { readers: 'group:board' });
    expect(await notesOf('What about the zyxacquisiton?', [board])).toEqual(['spelling: zyxacquisiton → zyxacquisition']);
    expect(await notesOf('What about the zyxacquisiton?', [everyone])).toEqual([]);
    // Typed right, it is as strange to those who may not read it as any other word.
    await write('near', 'Near', 'The zyxacquisitor is a made-up word.');
    expect(await notesOf('What about the zyxacquisition?', [everyone])).toEqual(['spelling: zyxacquisition → zyxacquisitor']);
    expect(await notesOf('What about the zyxacquisition?', [everyone, board])).toEqual([]);
  });

  test('a word that the catalog remembers but nobody finds any more is not offered', async () => {
    const everyone = await write('a', 'A', 'Something here.');
    await addWords(db, everyone, ['reimbursement']);
    expect(await notesOf('reimbursemnt', [everyone])).toEqual([]);
  });

  test.each([
    ['a right English word that the documents do not say', 'Is dental covered?'],
    ['an inflection of a word that they say', 'Is it rented or renting?'],
    ['a name', 'What does Rentall do?'],
    ['an acronym', 'What is RENTALL?'],
    ['an identifier, an address, a path, a number', 'rentall_id rentall@x.example /rentall x2rentall rentall.example'],
    ['a stop word misspelt', 'waht aboutt it'],
    ['three letters', 'rnt'],
    ['another first letter', 'dentalt'],
    ['Chinese', '租金是多少'],
  ])('%s is left alone', async (_, text) => {
    const everyone = await write('a', 'A', 'The rental of a room: what is rent, and about what is it?');
    expect((await extend(text, [everyone])).notes).toEqual([]);
  });

  test('a question in a language that no document speaks is left alone', async () => {
    const everyone = await write('a', 'A', 'The rental of a room in a house with a garden.');
    expect((await extend('Wie hoch ist die Miette für den Gartten in dieser Wohnung?', [everyone])).notes).toEqual([]);
  });

  test('German, Russian: a letter too few, too many or swapped; no other ending, no other word', async () => {
    const everyone = await write('a', 'A', 'Die Erstattung der Reisekosten beantragt man in der Buchhaltung. Возмещение расходов.', {
      language: 'de',
    });
    const de = { languages: ['de', 'ru'] };
    const spelt = async (text: string): Promise<string[]> => (await extend(text, [everyone], de)).notes.map(({ meant }) => meant);
    expect(await spelt('Wie beantrage ich die Erstatung der Reisekosten?')).toEqual(['erstattung']);
    expect(await spelt('Was macht die Buchhatlung in dieser Firma?')).toEqual(['buchhaltung']);
    expect(await spelt('Was ist eine Bestattung in dieser Firma?')).toEqual([]);
    expect(await spelt('Кто отвечает за возмещние расходов в компании?')).toEqual(['возмещение']);
  });

  test('at most three of a question, and none of a text that is something else altogether', async () => {
    const everyone = await write('a', 'A', 'reimbursement calendar management vacation onboarding');
    expect((await extend('reimbursemnt calender manegement vaccation onbaording', [everyone])).notes).toHaveLength(3);
    expect(
      (await extend('qwerqwer asdfasdf zxcvzxcv qwerasdf asdfzxcv zxcvqwer tyuityui ghjkghjk reimbursemnt', [everyone])).notes,
    ).toEqual([]);
  });
});

test('whatever is asked, nothing breaks, and without notes the question stays as it is', async () => {
  const everyone = await write('a', 'A', 'Paid time off (PTO), 带薪休假（PTO）, reimbursement');
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.constantFrom('PTO', 'paid time off', '带薪休假', 'reimbursemnt', "it's", '\n', '(', 'R&D'),
          fc.string({ unit: 'grapheme', maxLength: 12 }),
        ),
        { maxLength: 12 },
      ),
      async (parts) => {
        const text = parts.join(' ');
        const extended = await extend(text, [everyone]);
        if (extended.notes.length === 0) expect(extended).toMatchObject({ meaning: text, reading: text, readings: [] });
        expect(extended.readings.length).toBeLessThanOrEqual(4);
      },
    ),
    { numRuns: 60 },
  );
});

describe('the distance', () => {
  test('is that of the plain definition, cut off where it no longer matters', () => {
    const plain = (a: string, b: string): number => {
      const d = Array.from({ length: a.length + 1 }, (_, i) =>
        Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
      );
      for (let i = 1; i <= a.length; i++)
        for (let j = 1; j <= b.length; j++) {
          d[i]![j] = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
          if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d[i]![j] = Math.min(d[i]![j]!, d[i - 2]![j - 2]! + 1);
        }
      return d[a.length]![b.length]!;
    };
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 9 });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: 3 }), (a, b, most) => {
        expect(editDistance(a, b, most)).toBe(Math.min(plain(a, b), most + 1));
      }),
      { numRuns: 2000 },
    );
  });

  test('English words are known with their endings, contractions and names; misspelt ones are not', async () => {
    const isWord = await englishWords();
    for (const word of ['dental', 'proposed', 'entities', 'unhappily', 'redoing', 'cant', 'paris', 'kinds'])
      expect(isWord(word), word).toBe(true);
    for (const word of ['reimbursemnt', 'vaccation', 'wathcing', 'unhappyly', 'kindes']) expect(isWord(word), word).toBe(false);
  });
});

test('a database made by the first version opens, with its documents', async () => {
  const old = mkdtempSync(join(tmpdir(), 'docent-old-'));
  const first = await openCatalog(old, MIGRATIONS.slice(0, 1));
  await sql`insert into sources (id, name, kind, location, readers_json, created_at) values ('1', 'wiki', 'folder', '/x', '["everyone"]', 1)`.execute(
    first,
  );
  await first.destroy();
  const now = await openCatalog(old);
  expect(await now.selectFrom('sources').select('name').execute()).toEqual([{ name: 'wiki' }]);
  expect(await now.selectFrom('terms').selectAll().execute()).toEqual([]);
  await now.destroy();
  rmSync(old, { recursive: true });
});
