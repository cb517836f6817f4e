/** DOCX, PPTX and XLSX: what a person sees of them, and nothing that is hidden. */
import { expect, test } from 'vitest';
import type { DocumentFormat } from '../../src/connectors/connector.ts';
import { AppError } from '../../src/errors.ts';
import { extractDocument } from '../../src/sync/extract-document.ts';
import type { ExtractedDocument } from '../../src/types.ts';
import { docxFile, docxParagraph, docxTable, pptxFile, pptxShape, xlsxFile, xlsxRows, zipFile } from '../fakes/office-files.ts';

const read = (bytes: Uint8Array, format: DocumentFormat): Promise<ExtractedDocument> =>
  extractDocument({ bytes, format, name: `a.${format}` });
const reason = (bytes: Uint8Array, format: DocumentFormat = 'docx'): Promise<string> =>
  read(bytes, format).then(
    () => 'was read',
    (error: unknown) => (error instanceof AppError ? `${error.code}: ${error.publicMessage}` : String(error)),
  );
const texts = (document: ExtractedDocument): string[] =>
  document.blocks.map((block) => `${block.kind}${block.depth ?? ''}: ${block.text.trimEnd()}`);

const run = (text: string, properties = ''): string => `<w:r><w:rPr>${properties}</w:rPr><w:t xml:space="preserve">${text}</w:t></w:r>`;
const item = (text: string, list: string, level = 0): string =>
  docxParagraph(text, `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${list}"/></w:numPr>`);
const numbering = `<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%2)"/></w:lvl></w:abstractNum>
  <w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val=""/></w:lvl></w:abstractNum>
  <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>`;

test('DOCX: headings, lists as they are numbered, tables with their header, footnotes, links as words', async () => {
  const document = await read(
    docxFile(
      docxParagraph('Leave policy', '<w:pStyle w:val="Title"/>') +
        docxParagraph('Contents 3', '<w:pStyle w:val="TOC1"/>') +
        docxParagraph('Carry over', '<w:pStyle w:val="H1"/>') +
        docxParagraph(
          `${run('Up to ')}${run('five', '<w:b/>')}<w:hyperlink>${run(' days &amp; nights')}</w:hyperlink><w:r><w:footnoteReference w:id="2"/></w:r>${run('.')}`,
        ) +
        item('Ask', '1') +
        item('by mail', '1', 1) +
        item('Wait', '1') +
        item('A mark', '2') +
        docxTable([
          ['Country', 'Days', 'Note'],
          ['Germany', '28', ''],
          ['France', '25', 'plus RTT'],
        ]),
      {
        numbering,
        footnotes: `<w:footnote w:id="0" w:type="separator">${docxParagraph('---')}</w:footnote><w:footnote w:id="2">${docxParagraph('Since 2024.')}</w:footnote>`,
        facts: { title: 'Word Document', creator: 'Ann Lee', modified: '2025-03-04T05:06:07Z' },
      },
    ),
    'docx',
  );
  expect(texts(document)).toEqual([
    'heading1: Leave policy',
    'heading1: Carry over',
    'paragraph: Up to five days & nights[2].',
    'paragraph: [2] Since 2024.',
    'list: 1. Ask\n  - a) by mail\n2. Wait\n- A mark',
    'paragraph: Country: Germany; Days: 28',
    'paragraph: Country: France; Days: 25; Note: plus RTT',
  ]);
  expect(document).toMatchObject({
    title: 'Leave policy',
    owner: 'Ann Lee',
    changedAt: Date.parse('2025-03-04T05:06:07Z'),
    textFragments: false,
  });
});

test('DOCX: hidden and deleted text is not read, and nothing is read twice', async () => {
  const document = await read(
    docxFile(
      docxParagraph(
        `${run('Seen. ')}${run('Hidden. ', '<w:vanish/>')}<w:del w:id="1"><w:r><w:delText>Deleted. </w:delText></w:r></w:del><w:ins w:id="2">${run('Inserted.')}</w:ins>`,
      ) +
        docxParagraph(
          `<w:r><mc:AlternateContent><mc:Choice><w:txbxContent>${docxParagraph('In a box.')}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>${docxParagraph('In a box.')}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>${run('Beside it.')}`,
        ),
    ),
    'docx',
  );
  expect(texts(document)).toEqual(['paragraph: Seen. Inserted.', 'paragraph: In a box.', 'paragraph: Beside it.']);
});

test('DOCX: bold lines are headings where no style names any; key and value need no header; cells go on downwards', async () => {
  const merged = (text: string, how: string): string => `<w:tcPr><w:vMerge${how}/></w:tcPr>${docxParagraph(text)}`;
  const document = await read(
    docxFile(
      docxParagraph(run('Contact', '<w:b/>')) +
        docxTable([
          ['Phone', '123 45'],
          ['Mail', 'hr@acme.example'],
        ]) +
        docxTable(
          [
            ['Team', 'Person'],
            [merged('HR', ' w:val="restart"'), 'Ann'],
            [merged('', ''), 'Bo'],
          ],
          true,
        ),
    ),
    'docx',
  );
  expect(texts(document)).toEqual([
    'heading2: Contact',
    'paragraph: Phone: 123 45',
    'paragraph: Mail: hr@acme.example',
    'paragraph: Team: HR; Person: Ann',
    'paragraph: Team: HR; Person: Bo',
  ]);
});

test('PPTX: a heading for each slide, which it opens at; notes are named, hidden slides and pictures too', async () => {
  const table = `<p:graphicFrame><a:tbl><a:tblPr firstRow="1"/>${[
    ['Plan', 'Price'],
    ['Basic', '9 €'],
  ]
    .map(
      (row) => `<a:tr>${row.map((cell) => `<a:tc><a:txBody><a:p><a:r><a:t>${cell}</a:t></a:r></a:p></a:txBody></a:tc>`).join('')}</a:tr>`,
    )
    .join('')}</a:tbl></p:graphicFrame>`;
  const document = await read(
    pptxFile(
      [
        {
          shapes:
            pptxShape(['Free text']) +
            pptxShape(['Onboarding'], 'title') +
            pptxShape(['Meet your buddy', 'Get a laptop'], 'body') +
            pptxShape(['3'], 'sldNum'),
          notes: 'The laptop comes from IT.',
        },
        { shapes: pptxShape(['Secret'], 'title'), hidden: true },
        { shapes: '<p:pic/>' },
        { shapes: table },
      ],
      { title: 'PowerPoint Presentation', creator: 'Bo Smith' },
    ),
    'pptx',
  );
  expect(document.blocks.map((block) => [block.kind, block.anchor, block.text.trimEnd()])).toEqual([
    ['heading', 'slide=1', 'Onboarding'],
    ['paragraph', 'slide=1', 'Free text'],
    ['list', 'slide=1', '- Meet your buddy\n- Get a laptop'],
    ['heading', 'slide=1', 'Notes'],
    ['paragraph', 'slide=1', 'The laptop comes from IT.'],
    ['heading', 'slide=4', 'Slide 4'],
    ['paragraph', 'slide=4', 'Plan: Basic; Price: 9 €'],
  ]);
  expect(document).toMatchObject({ owner: 'Bo Smith', unread: 'slide 2 is hidden; slide 3 is a picture without text' });
  expect(document.title).toBeUndefined();
});

test('XLSX: rows with their header, numbers and dates as they are shown, formulas by their value', async () => {
  const styles =
    '<numFmts><numFmt numFmtId="164" formatCode="#,##0.00\\ &quot;€&quot;"/></numFmts><fonts><font/><font><b/></font></fonts><cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="164" fontId="0"/><xf numFmtId="14" fontId="0"/><xf numFmtId="9" fontId="0"/></cellXfs>';
  const sheet = `<sheetData>
    <row r="1"><c r="A1" t="s"><v>0</v></c></row>
    <row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3" t="s"><v>2</v></c><c r="C3" t="s"><v>3</v></c><c r="D3" t="s"><v>4</v></c></row>
    <row r="4"><c r="A4" t="s"><v>5</v></c><c r="B4" s="1"><v>1234.5</v></c><c r="C4" s="2"><v>45658</v></c><c r="D4" s="3"><v>0.19</v></c></row>
    <row r="5"><c r="A5" t="s"><v>6</v></c><c r="B5"><f>B4*2</f><v>0.30000000000000004</v></c><c r="C5" t="e"><v>#REF!</v></c><c r="D5" t="b"><v>1</v></c></row>
  </sheetData>`;
  const document = await read(
    xlsxFile([{ name: 'Travel rates', xml: sheet }], {
      styles,
      strings: ['Rates of 2025', 'Country', 'Per day', 'From', 'Tax', 'Germany', 'Rock &amp; Co'],
    }),
    'xlsx',
  );
  expect(texts(document)).toEqual([
    'heading1: Travel rates',
    'paragraph: Rates of 2025',
    'paragraph: Country: Germany; Per day: 1,234.50 €; From: 2025-01-01; Tax: 19%',
    'paragraph: Country: Rock & Co; Per day: 0.3; Tax: TRUE',
  ]);
});

test('XLSX: hidden sheets are left out; hidden rows and columns are left out and named; merged cells count for each row', async () => {
  const rows = xlsxRows([
    ['Group', 'Item', 'Cost', 'Price'],
    ['A', 'x', 1, 2],
    [null, 'y', 3, 4],
    ['B', 'z', 5, 6],
  ]).replace('<row r="4">', '<row r="4" hidden="1">');
  const document = await read(
    xlsxFile([
      { name: 'Prices', xml: `<cols><col min="3" max="3" hidden="1"/></cols>${rows}<mergeCells><mergeCell ref="A2:A3"/></mergeCells>` },
      { name: 'Salaries', xml: xlsxRows([['Ann', 'secret']]), state: 'hidden' },
      { name: 'More', xml: xlsxRows([['Ann', 'secret']]), state: 'veryHidden' },
    ]),
    'xlsx',
  );
  expect(texts(document)).toEqual(['heading1: Prices', 'paragraph: Group: A; Item: x; Price: 2', 'paragraph: Group: A; Item: y; Price: 4']);
  expect(document.unread).toBe('1 hidden row of the sheet “Prices”; the hidden column C of the sheet “Prices”');
});

test('a wide row is several blocks, each with its first column; no value is lost', async () => {
  const names = Array.from({ length: 26 }, (_, i) => `Column ${i}`);
  const values = names.map((_, i) => `value ${i} ${'x'.repeat(80)}`);
  const { blocks } = await read(xlsxFile([{ name: 'Wide', xml: xlsxRows([names, values, values]) }]), 'xlsx');
  const rows = blocks.slice(1).map((block) => block.text);
  expect(rows.length).toBeGreaterThan(2);
  for (const row of rows) {
    expect(row).toMatch(/^Column 0: value 0 /);
    expect(row.length).toBeLessThan(1500);
  }
  for (const [i, value] of values.entries())
    expect(rows.filter((row) => row.includes(`Column ${i}: ${value}`)).length).toBeGreaterThanOrEqual(2);
});

test('XLSX: a sheet that is too long is read to the limit, and what is left is named', async () => {
  const rows = Array.from({ length: 900 }, (_, i) => `<row r="${i + 1}"><c r="A${i + 1}" t="s"><v>0</v></c></row>`).join('');
  const document = await read(
    xlsxFile([{ name: 'Long', xml: `<sheetData>${rows}</sheetData>` }], { strings: ['x'.repeat(30_000)] }),
    'xlsx',
  );
  const kept = document.blocks.filter((block) => block.kind === 'paragraph').length;
  expect(kept).toBeGreaterThan(700);
  expect(document.unread).toBe(`${900 - kept} rows of the sheet “Long”, which is too long`);
});

test('files that are no Office files, are locked, or are of an older kind say so', async () => {
  const ole = Buffer.concat([Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), Buffer.alloc(600)]);
  expect(await reason(Buffer.concat([ole, Buffer.from('EncryptedPackage', 'utf16le')]))).toBe(
    'document.encrypted: it is protected with a password; save it without one',
  );
  expect(await reason(Buffer.concat([ole, Buffer.from('WordDocument', 'utf16le')]))).toMatch(/^document\.old_format: .*DOCX/);
  expect(await reason(Buffer.from('<html>Sign in</html>'))).toBe('document.broken: it is no Office file, or it is damaged');
  expect(await reason(zipFile({ 'a.txt': 'a' }))).toMatch(/^document\.broken/);
  expect(await reason(zipFile({ 'a.txt': 'a' }), 'xlsx')).toMatch(/^document\.broken/);
});
