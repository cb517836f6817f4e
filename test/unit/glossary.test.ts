/** The admin's glossary: kept, changed, taken from CSV all or nothing, given out so that it comes back and runs nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/database.ts';
import { findGlossary } from '../../src/catalog/glossary.ts';
import { createGlossary, type Glossary } from '../../src/glossary.ts';
import { checkEntry, GLOSSARY_LIMITS, readGlossaryCsv, writeGlossaryCsv } from '../../src/glossary-csv.ts';
import { openCatalog } from '../servers/test-catalog.ts';

const read = (text: string) => readGlossaryCsv(Buffer.from(text, 'utf8'));
const refused = (text: string) => read(text).refused.map(({ line, problem }) => `${line} ${problem}`);
const HEAD = 'term,synonyms,explanation\n';

describe('reading CSV', () => {
  test('terms with their synonyms and explanations, whatever wrote the file', () => {
    const expected = [
      { term: 'annual leave', synonyms: ['PTO', 'holidays'], explanation: 'Paid, every year' },
      { term: '带薪休假', synonyms: ['PTO'], explanation: '' },
    ];
    const files = [
      `${HEAD}annual leave,PTO; holidays,"Paid, every year"\n带薪休假,PTO,\n`,
      `\uFEFF${HEAD}annual leave,PTO;holidays,"Paid, every year"\r\n\r\n带薪休假,PTO\r\n`.replaceAll(/(?<!\r)\n/g, '\r\n'),
      'Term;Synonyms;Explanation\nannual leave;"PTO;holidays";Paid, every year\n带薪休假;PTO;\n',
      'explanation\tterm\tsynonyms\nPaid, every year\tannual leave\tPTO; PTO; holidays; Annual Leave\n\t带薪休假\tPTO\n',
      'term,synonyms\nannual leave,PTO; holidays\n带薪休假,PTO\n',
    ];
    for (const [i, file] of files.entries()) {
      const { rows, refused: bad } = read(file);
      expect(bad).toEqual([]);
      expect(rows.map((row) => row.entry)).toEqual(i === 4 ? [{ ...expected[0], explanation: '' }, expected[1]] : expected);
    }
  });

  test.each([
    ['a cell too many', 'a,b,c,d\n', '2 too-many-fields'],
    ['no term', 'a,b,c\n,x,y\n', '3 no-term'],
    ['a term of marks alone', '"?!",x,\n', '2 no-term'],
    ['no synonym', 'a,,c\n', '2 no-synonym'],
    ['a synonym that is the term', 'Leave,leave,\n', '2 no-synonym'],
    ['a name too long', `${'a'.repeat(GLOSSARY_LIMITS.name + 1)},b,\n`, '2 too-long'],
    ['an explanation too long', `a,b,${'c'.repeat(GLOSSARY_LIMITS.explanation + 1)}\n`, '2 too-long'],
    ['too many synonyms', `a,${Array.from({ length: 21 }, (_, i) => `s${i}`).join(';')},\n`, '2 too-many-synonyms'],
    ['a term twice', 'leave,PTO,\nx,y,\nLEAVE,holiday,\n', '4 twice'],
    ['a line after one with line breaks', '"a","b","two\nlines"\n,x,\n', '4 no-term'],
    ['a quotation mark that is not closed', 'a,b,c\nd,"e,f\n', '3 broken-quotes'],
  ])('%s is named by its line', (_, body, expected) => {
    expect(refused(HEAD + body)).toContain(expected);
  });

  test.each([
    ['', '1 no-header'],
    ['word,synonyms\na,b\n', '1 no-header'],
    ['term,explanation\na,b\n', '1 no-header'],
    ['term,synonyms,owner\na,b,c\n', '1 no-header'],
    [`${HEAD}${'a,b,\n'.repeat(GLOSSARY_LIMITS.rows + 1)}`, `${GLOSSARY_LIMITS.rows + 2} too-many-rows`],
  ])('a file that is none is refused as one: %#', (file, expected) => {
    expect(refused(file)).toEqual([expected]);
  });

  test('only UTF-8 is read: guesses would put wrong names into every search', () => {
    expect(readGlossaryCsv(Buffer.from(`${HEAD}Büro,office,`, 'latin1')).refused).toEqual([{ line: 1, problem: 'not-utf8', text: '' }]);
    expect(readGlossaryCsv(Buffer.from(`${HEAD}a,b,`, 'utf16le')).rows).toEqual([]);
  });

  test('any bytes are read or refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readGlossaryCsv(bytes)));
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => void read(HEAD + text)));
  });
});

describe('writing CSV', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const tricky = fc.constantFrom('=1+1', "'=x", '-a', '+b', '@here', '＝x', "'", '"', 'a,b', 'C++', 'a\tb', ' x ', "''-y");
  const text = fc.oneof(
    name,
    tricky,
    fc.tuple(tricky, name).map((parts) => parts.join('')),
  );

  test('what was given out comes back the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ term: text, synonyms: fc.array(text, { maxLength: 4 }), explanation: text }), { maxLength: 5 }),
        (list) => {
          const seen = new Set<string>();
          const entries = list.flatMap((input) => {
            const checked = checkEntry(input);
            if ('problem' in checked || seen.has(checked.keys[0]!)) return [];
            seen.add(checked.keys[0]!);
            return [checked.entry];
          });
          const back = readGlossaryCsv(Buffer.from(writeGlossaryCsv(entries)));
          expect(back.refused).toEqual([]);
          expect(back.rows.map((row) => row.entry)).toEqual(entries);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('no cell begins as a formula, nor a part of one that Excel cuts at semicolons', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ term: text, synonyms: fc.array(text, { maxLength: 4 }), explanation: text }), { maxLength: 5 }),
        (entries) => {
          const rows = parse(writeGlossaryCsv(entries), { bom: true, relax_column_count: true });
          for (const cell of rows.slice(1).flat())
            for (const part of cell.split(';')) expect(part.trimStart()).not.toMatch(/^[=+\-@＝＋－＠\t\r]/);
        },
      ),
    );
    expect(writeGlossaryCsv([{ term: '=cmd()', synonyms: ['x', '@y'], explanation: 'see;=z' }])).toBe(
      "\uFEFFterm,synonyms,explanation\r\n'=cmd(),x; '@y,see;'=z\r\n",
    );
  });
});

describe('keeping', () => {
  let folder: string;
  let db: Catalog;
  let glossary: Glossary;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docent-glossary-'));
    db = await openCatalog(folder);
    glossary = createGlossary({ db, clock: { now: () => 5, sleep: async () => {} } });
  });
  afterEach(async () => {
    await db.destroy();
    rmSync(folder, { recursive: true });
  });
  const csv = (body: string) => Buffer.from(HEAD + body);
  const terms = async (): Promise<string[]> => (await glossary.list()).map((entry) => `${entry.term}: ${entry.synonyms.join('; ')}`);

  test('added, changed, found by any name, removed', async () => {
    await glossary.save({ term: 'annual leave', synonyms: ['PTO'], explanation: '' });
    const [entry] = await glossary.list();
    await glossary.save({ term: 'paid leave', synonyms: ['PTO', 'holidays'], explanation: 'x' }, entry!.id);
    expect(await glossary.read(entry!.id)).toMatchObject({
      term: 'paid leave',
      synonyms: ['PTO', 'holidays'],
      explanation: 'x',
      updatedAt: 5,
    });
    expect((await findGlossary(db, ['pto'])).map((found) => found.entry.term)).toEqual(['paid leave']);
    expect(await findGlossary(db, ['annual leav'])).toEqual([]);
    await glossary.remove(entry!.id);
    expect(await glossary.list()).toEqual([]);
    expect(await findGlossary(db, ['pto'])).toEqual([]);
  });

  test('what cannot be kept is refused, and says why', async () => {
    await glossary.save({ term: 'leave', synonyms: ['PTO'], explanation: '' });
    const save = (term: string, synonyms: string[], id?: string) => glossary.save({ term, synonyms, explanation: '' }, id);
    await expect(save('Leave', ['x'])).rejects.toMatchObject({ code: 'glossary.exists' });
    await expect(save('', ['x'])).rejects.toMatchObject({ code: 'glossary.refused', problem: 'no-term' });
    await expect(save('x', [' ; '])).rejects.toMatchObject({ problem: 'no-synonym' });
    await expect(save('x', ['y'], 'no-such-id')).rejects.toMatchObject({ code: 'glossary.not_found' });
    await expect(glossary.remove('no-such-id')).rejects.toMatchObject({ code: 'glossary.not_found' });
    expect(await terms()).toEqual(['leave: PTO']);
  });

  test('a file is planned without being kept, then kept as planned', async () => {
    await glossary.save({ term: 'leave', synonyms: ['PTO'], explanation: '' });
    await glossary.save({ term: 'office', synonyms: ['HQ'], explanation: '' });
    const file = csv('Leave,PTO; holidays,\noffice,HQ,\nlaptop,notebook,\n');
    const plan = await glossary.plan(file);
    expect(plan).toMatchObject({
      added: [{ term: 'laptop' }],
      changed: [{ before: { term: 'leave', synonyms: ['PTO'] }, after: { term: 'Leave', synonyms: ['PTO', 'holidays'] } }],
      unchanged: 1,
      refused: [],
    });
    expect(await terms()).toEqual(['leave: PTO', 'office: HQ']);
    expect(await glossary.take(file)).toEqual(plan);
    expect(await terms()).toEqual(['laptop: notebook', 'Leave: PTO; holidays', 'office: HQ']);
    expect(await glossary.plan(file)).toMatchObject({ added: [], changed: [], unchanged: 3 });
  });

  test('with one line refused nothing of the file is kept', async () => {
    const plan = await glossary.take(csv('leave,PTO,\n,broken,\nlaptop,notebook,\n'));
    expect(plan.refused).toEqual([{ line: 3, problem: 'no-term', text: ', broken, ' }]);
    expect(await terms()).toEqual([]);
  });

  test('what is given out is taken back as it was', async () => {
    await glossary.take(csv('leave,PTO; =SUM(A1),"says ""paid"""\n-dash,@here,\n'));
    const before = await glossary.list();
    const file = await glossary.export();
    for (const entry of before) await glossary.remove(entry.id);
    await glossary.take(Buffer.from(file));
    const plain = (list: typeof before) => list.map(({ term, synonyms, explanation }) => ({ term, synonyms, explanation }));
    expect(plain(await glossary.list())).toEqual(plain(before));
  });

  test('its size has limits', async () => {
    await expect(glossary.plan(Buffer.alloc(GLOSSARY_LIMITS.bytes + 1, 97))).rejects.toMatchObject({ code: 'input.invalid' });
    const rows = (from: number, n: number) => csv(Array.from({ length: n }, (_, i) => `term${from + i},s${from + i},\n`).join(''));
    await glossary.take(rows(0, 3_000));
    const { refused: bad } = await glossary.take(rows(3_000, 2_001));
    expect(bad.map(({ problem }) => problem)).toEqual(['too-many-rows']);
    expect(await glossary.list()).toHaveLength(3_000);
  });
});
