/** CSV: encodings, delimiters, and a header that every row keeps. */
import fc from 'fast-check';
import { stringify } from 'csv-stringify/sync';
import { expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { extractCsv } from '../../src/sync/extract/csv.ts';

const rows = (bytes: Uint8Array | string): string[] =>
  extractCsv(typeof bytes === 'string' ? Buffer.from(bytes) : bytes).blocks.map((block) => block.text.trimEnd());

test('each row is a block with the names of its columns; empty cells are left out', () => {
  expect(rows('Name,Team,Phone\nAnn,HR,12345\n"Lee, Bo",,"6\n7"\n')).toEqual([
    'Name: Ann; Team: HR; Phone: 12345',
    'Name: Lee, Bo; Phone: 6 7',
  ]);
});

test.each([
  [';', 'Name;Price\nA, b;1,50\nC;2,30'],
  ['tab', 'Name\tPrice\nA, b\t1,50\nC\t2,30'],
  ['|', 'Name|Price\nA, b|1,50\nC|2,30'],
  ['sep=', 'sep=;\nName;Price\nA, b;1,50\nC;2,30'],
])('the delimiter %s is found', (_name, text) => {
  expect(rows(text)).toEqual(['Name: A, b; Price: 1,50', 'Name: C; Price: 2,30']);
});

test('encodings: UTF-8, UTF-16 with a mark and without, Windows-1252, GB18030', () => {
  const german = 'Name;Größe\nMüller;1,80';
  const expected = ['Name: Müller; Größe: 1,80'];
  expect(rows(`\uFEFF${german}`)).toEqual(expected);
  expect(rows(Buffer.from(`\uFEFF${german}`, 'utf16le'))).toEqual(expected);
  expect(rows(Buffer.from(german, 'utf16le'))).toEqual(expected);
  expect(rows(Buffer.from(german, 'latin1'))).toEqual(expected);
  // 姓名,电话\n张三,123
  const gb = Buffer.from([0xd0, 0xd5, 0xc3, 0xfb, 0x2c, 0xb5, 0xe7, 0xbb, 0xb0, 0x0a, 0xd5, 0xc5, 0xc8, 0xfd, 0x2c, 0x31, 0x32, 0x33]);
  expect(rows(gb)).toEqual(['姓名: 张三; 电话: 123']);
});

test('without names of columns rows are their cells; a stray quote mark does not swallow the rest', () => {
  expect(rows('1,2,3\n4,5,6')).toEqual(['1; 2; 3', '4; 5; 6']);
  expect(rows('Part,Size\nDisk,5" wide\nTape,2" wide')).toEqual(['Part: Disk; Size: 5" wide', 'Part: Tape; Size: 2" wide']);
});

test('rows beyond the limit are counted and named', () => {
  const document = extractCsv(Buffer.from(`Number,Word\n${'1,a\n'.repeat(200_005)}`));
  expect(document.blocks).toHaveLength(199_999);
  expect(document.unread).toBe('6 rows beyond the first 200,000');
});

test('binary files are refused', () => {
  expect(() => extractCsv(Buffer.from('PK\u0003\u0004\u0000\u0000'))).toThrow(AppError);
});

test('whatever the cells hold, each row keeps them all', () => {
  const cell = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .map((text) => `v${text.replaceAll(/[\s\p{Cc}\p{Z}\uFEFF\uFFFE\uFFFF]/gu, '')}`);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }), (table) => {
      const read = rows(stringify([['One', 'Two', 'Three'], ...table]));
      expect(read).toEqual(table.map(([a, b, c]) => `One: ${a}; Two: ${b}; Three: ${c}`));
    }),
    { numRuns: 200 },
  );
});
