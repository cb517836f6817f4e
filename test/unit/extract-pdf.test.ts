/** PDF: reading order, what pages repeat, pages as anchors, and what cannot be read. */
import { expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { extractDocument } from '../../src/sync/extract-document.ts';
import type { ExtractedDocument } from '../../src/types.ts';
import { linesFrom, pdfFile, type PdfText } from '../fakes/pdf-file.ts';

const read = (bytes: Uint8Array): Promise<ExtractedDocument> => extractDocument({ bytes, format: 'pdf', name: 'a.pdf' });
const reason = (bytes: Uint8Array): Promise<string> =>
  read(bytes).then(
    () => 'was read',
    (error: unknown) => (error instanceof AppError ? `${error.code}: ${error.publicMessage}` : String(error)),
  );
const texts = (document: ExtractedDocument): string[] =>
  document.blocks.map((block) => `${block.kind}${block.depth ?? ''} ${block.anchor ?? ''}: ${block.text.trimEnd()}`);

test('headings by size, paragraphs by gap, lists by mark; each block names its page', async () => {
  const document = await read(
    pdfFile(
      [
        [
          ...linesFrom(740, ['Leave policy'], { size: 20 }),
          ...linesFrom(700, ['Employees have 28 days of leave in', 'each calendar year. They ask their lead', 'two weeks before.']),
          ...linesFrom(650, ['A second paragraph stands further below.']),
          ...linesFrom(620, ['Carry over'], { size: 14 }),
          ...linesFrom(600, ['\x95 Five days carry over', '\x95 They lapse in March']),
        ],
        linesFrom(700, ['On the second page is more to read about it.']),
      ],
      { info: { Title: 'Leave policy 2025', Author: 'Ann Lee', ModDate: "D:20250304050607+01'00'" } },
    ),
  );
  expect(texts(document)).toEqual([
    'heading1 page=1: Leave policy',
    'paragraph page=1: Employees have 28 days of leave in each calendar year. They ask their lead two weeks before.',
    'paragraph page=1: A second paragraph stands further below.',
    'heading2 page=1: Carry over',
    'list page=1: - Five days carry over\n- They lapse in March',
    'paragraph page=2: On the second page is more to read about it.',
  ]);
  expect(document).toMatchObject({
    title: 'Leave policy 2025',
    owner: 'Ann Lee',
    changedAt: Date.parse('2025-03-04T05:06:07+01:00'),
    textFragments: false,
  });
  expect(document.unread).toBeUndefined();
});

test('titles and authors that programs wrote are none', async () => {
  const page = [linesFrom(700, ['Text.'])];
  expect(await read(pdfFile(page, { info: { Title: 'Microsoft Word - Document1', Author: 'Windows User' } }))).not.toMatchObject({
    title: expect.anything(),
  });
  expect(await read(pdfFile(page, { info: { Title: 'report_v3.docx', Author: 'admin' } }))).not.toMatchObject({ owner: expect.anything() });
});

test('a word cut at a line end is whole again; a hyphen that the document writes elsewhere stays', async () => {
  const document = await read(
    pdfFile([linesFrom(700, ['The reimburse-', 'ment of a long-', 'term stay. A long-term stay is', 'over a month.'])]),
  );
  expect(texts(document)).toEqual(['paragraph page=1: The reimbursement of a long-term stay. A long-term stay is over a month.']);
});

test('headers, footers and page numbers are left out, and a sentence goes on over the page', async () => {
  const page = (n: number, body: string[]): PdfText[] => [
    { x: 72, y: 760, text: `ACME Handbook ${2020 + n}` },
    ...linesFrom(700, body),
    { x: 300, y: 30, text: `Page ${n} of 4` },
  ];
  const document = await read(
    pdfFile([
      page(1, ['The laptop is returned to the service desk and the']),
      page(2, ['badge to the reception.', '', 'ACME was founded in 1999.']),
      page(3, ['Third page of text.']),
      page(4, ['Fourth page of text.']),
    ]),
  );
  expect(texts(document)).toEqual([
    'paragraph page=1: The laptop is returned to the service desk and the badge to the reception.',
    'paragraph page=2: ACME was founded in 1999.',
    'paragraph page=3: Third page of text.',
    'paragraph page=4: Fourth page of text.',
  ]);
});

test('two columns are read one after the other, also where the file draws them line by line', async () => {
  const left = [
    'The left column begins here and',
    'goes on for some more lines that',
    'are long enough to be prose, not',
    'cells of a table, and ends here.',
  ];
  const right = [
    'The right column has other words',
    'which must not be mixed into the',
    'left ones, or nobody could read',
    'what either of them says to us.',
  ];
  const byLine = left.flatMap((text, i) => [
    { x: 60, y: 700 - i * 12, text },
    { x: 330, y: 700 - i * 12, text: right[i]! },
  ]);
  for (const page of [byLine, [...linesFrom(700, left, { x: 60 }), ...linesFrom(700, right, { x: 330 })]]) {
    expect(texts(await read(pdfFile([page])))).toEqual([`paragraph page=1: ${left.join(' ')}`, `paragraph page=1: ${right.join(' ')}`]);
  }
});

test('a table is its rows, cells set apart', async () => {
  const row = (y: number, cells: string[]): PdfText[] => cells.map((text, i) => ({ x: 72 + i * 150, y, text }));
  const document = await read(
    pdfFile([
      [
        ...linesFrom(740, ['Rates per day:']),
        ...row(700, ['Country', 'Day', 'Night']),
        ...row(686, ['Germany', '28', '20']),
        ...row(672, ['France', '53', '31']),
      ],
    ]),
  );
  expect(texts(document)).toEqual([
    'paragraph page=1: Rates per day:',
    'table page=1: Country | Day | Night\nGermany | 28 | 20\nFrance | 53 | 31',
  ]);
});

test('pages that are pictures are named; blank ones are not', async () => {
  const text = linesFrom(700, ['Text that can be read.']);
  const document = await read(pdfFile([text, [], [], [], text, []], { pictures: [2, 3, 6] }));
  expect(document.unread).toBe('pages 2 to 3 and 6 are scanned images without text');
  expect(document.blocks.map((block) => block.anchor)).toEqual(['page=1', 'page=5']);
  expect((await read(pdfFile([text, []], { pictures: [1] }))).unread).toBeUndefined();
});

test('what cannot be read is refused by reason', async () => {
  expect(await reason(pdfFile([[], []], { pictures: [1, 2] }))).toBe(
    'document.scanned: its 2 pages are scanned images without text; save it with text recognition (OCR)',
  );
  expect(await reason(pdfFile([linesFrom(700, ['secret'])], { password: 'open sesame' }))).toBe(
    'document.encrypted: it is protected with a password; save it without one',
  );
  expect(await reason(Buffer.from('%PDF-1.7\nnothing of a PDF'))).toMatch(/^document\.broken/);
  expect(await reason(Buffer.from('<html>Sign in</html>'))).toMatch(/^document\.broken/);
  expect(await reason(Buffer.alloc(0))).toMatch(/^document\.broken/);
});

test('pages that the time does not suffice for are named', async () => {
  const bytes = pdfFile(Array.from({ length: 20 }, (_, i) => linesFrom(700, [`Page ${i} has text.`])));
  const document = await extractDocument(
    { bytes, format: 'pdf', name: 'a.pdf', wholeMs: 3000 },
    () => new Promise((resolve) => setTimeout(resolve, 500)),
  );
  expect(document.blocks.length).toBeLessThan(20);
  expect(document.unread).toMatch(/^pages \d+ to 20 were left out: the file is too long$/);
});

test('a title page, numbered headings and a table of figures', async () => {
  const document = await read(
    pdfFile([
      [
        { x: 72, y: 700, size: 14, text: '1.2' },
        { x: 110, y: 700, size: 14, text: 'Scope of the policy' },
        ...linesFrom(670, ['It holds for all who work at ACME and for those who visit it.']),
        ...[640, 626, 612].flatMap((y, i) => [`${i + 1}`, `${i}7`, 'Bonn'].map((text, c) => ({ x: 72 + c * 120, y, text }))),
      ],
    ]),
  );
  expect(texts(document)).toEqual([
    'heading1 page=1: 1.2 Scope of the policy',
    'paragraph page=1: It holds for all who work at ACME and for those who visit it.',
    'table page=1: 1 | 07 | Bonn\n2 | 17 | Bonn\n3 | 27 | Bonn',
  ]);
});

test('a file locked against changes alone is read', async () => {
  expect(texts(await read(pdfFile([linesFrom(700, ['Open to readers.'])], { password: '' })))).toEqual([
    'paragraph page=1: Open to readers.',
  ]);
});

test('a broken table of objects is mended, an endless one is not followed', async () => {
  const whole = pdfFile([linesFrom(700, ['Found all the same.'])]);
  const broken = Buffer.from(whole.toString('latin1').replace(/startxref\n\d+/, 'startxref\n999999'), 'latin1');
  expect(texts(await read(broken))).toEqual(['paragraph page=1: Found all the same.']);
  const looped = Buffer.from(whole.toString('latin1').replace(/\/Kids \[\d+ 0 R\]/, '/Kids [2 0 R]'), 'latin1');
  expect(await reason(looped)).toMatch(/^(?:document\.broken|was read)/);
});
