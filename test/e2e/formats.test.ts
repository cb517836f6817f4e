/** PDF, Office and CSV files in a folder: synced, asked about, quoted verbatim, and opened at their page. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { docxFile, docxParagraph, docxTable, pptxFile, pptxShape, xlsxFile, xlsxRows } from '../fakes/office-files.ts';
import { answerTo, never, openApp, type OpenedApp } from '../fakes/open-app.ts';
import { linesFrom, pdfFile } from '../fakes/pdf-file.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let opened: OpenedApp;
let files: string;

beforeAll(async () => {
  opened = await openApp();
  files = join(opened.folder, 'files');
  mkdirSync(files);
  const write = (name: string, bytes: Buffer): void => writeFileSync(join(files, name), bytes);
  write(
    'security guide.pdf',
    pdfFile(
      [
        [
          ...linesFrom(740, ['Building security'], { size: 18 }),
          ...linesFrom(700, ['Visitors sign in at the reception and wear a badge', 'for as long as they are in the building.']),
        ],
        [
          ...linesFrom(740, ['Alarm'], { size: 18 }),
          ...linesFrom(700, ['The fire alarm is tested on the first Tuesday of each', 'month at ten in the morn-', 'ing.']),
        ],
        [],
      ],
      { pictures: [3] },
    ),
  );
  write(
    'leave.docx',
    docxFile(
      docxParagraph('Parental leave', '<w:pStyle w:val="H1"/>') +
        docxParagraph('Parental leave lasts up to sixteen weeks and begins on the day of birth.') +
        docxTable([['Country', 'Weeks', 'Paid by'], ['Norway', '49', 'the state'], ['Portugal', '20', 'the insurance']], true), // prettier-ignore
    ),
  );
  write(
    'onboarding.pptx',
    pptxFile([
      {
        shapes:
          pptxShape(['Your first week'], 'title') + pptxShape(['Meet your buddy on Monday', 'Collect the laptop from the IT desk'], 'body'),
        notes: 'The parking permit is ordered by the office manager.',
      },
    ]),
  );
  write('rates.xlsx', xlsxFile([{ name: 'Mileage rates', xml: xlsxRows([['Vehicle', 'Rate per km', 'Remark'], ['Motorcycle', 0.2, 'petrol'], ['Bicycle', 0.05, 'no licence needed']]) }])); // prettier-ignore
  write(
    'suppliers.csv',
    Buffer.from('Supplier;Product;Contact person\nAquila GmbH;printer toner;Frau Schröder\nBrightway;catering;Tom Hale\n', 'latin1'),
  );
  write('scan.pdf', pdfFile([[], []], { pictures: [1, 2] }));
  write('locked.pdf', pdfFile([linesFrom(700, ['The code word is xylophone.'])], { password: 'open sesame' }));
  await opened.app.addSource({ location: files, name: 'files', baseUrl: 'https://files.example/' });
});
afterAll(() => opened.close());

test('every readable file is read; the others fail by name and reason', async () => {
  const [summary] = await opened.app.syncNow(['files'], { signal: never() });
  expect(summary).toMatchObject({ listed: 7, added: 5, failed: 2, complete: true });
  const shown = await opened.app.showSource('files');
  expect(JSON.stringify(shown)).toContain('page 3 is a scanned image without text');
  expect(JSON.stringify(shown)).toContain('its 2 pages are scanned images without text');
  expect(JSON.stringify(shown)).toContain('it is protected with a password');
});

test.each([
  [
    'When is the fire alarm tested?',
    'The fire alarm is tested on the first Tuesday of each month at ten in the morning.',
    'https://files.example/security%20guide.pdf#page=2',
  ],
  [
    'How long does parental leave last?',
    'Parental leave lasts up to sixteen weeks and begins on the day of birth.',
    'https://files.example/leave.docx',
  ],
  ['How many weeks does Norway have?', 'Country: Norway; Weeks: 49; Paid by: the state', 'https://files.example/leave.docx'],
  ['Where do I collect the laptop?', 'Collect the laptop from the IT desk', 'https://files.example/onboarding.pptx#slide=1'],
  [
    'Who orders the parking permit?',
    'The parking permit is ordered by the office manager.',
    'https://files.example/onboarding.pptx#slide=1',
  ],
  [
    'What is the mileage rate per km for a bicycle?',
    'Vehicle: Bicycle; Rate per km: 0.05; Remark: no licence needed',
    'https://files.example/rates.xlsx',
  ],
  [
    'Who is the contact person of Aquila GmbH?',
    'Supplier: Aquila GmbH; Product: printer toner; Contact person: Frau Schröder',
    'https://files.example/suppliers.csv',
  ],
])('%s', async (question, quote, url) => {
  const answer = await answerTo(opened.app, question);
  expect(answer.status).toBe('quoted');
  const citation = answer.citations.find((one) => one.quote.includes(quote));
  expect(answer.citations.map((one) => one.quote)).toContainEqual(expect.stringContaining(quote));
  expect(citation!.url).toBe(url);
});

test('a second sync changes nothing; a file that is gone is not answered from', async () => {
  const [again] = await opened.app.syncNow(['files'], { signal: never() });
  expect(again).toMatchObject({ added: 0, changed: 0, removed: 0, unchanged: 5 });
  rmSync(join(files, 'rates.xlsx'));
  await opened.app.syncNow(['files'], { signal: never() });
  const answer = await answerTo(opened.app, 'What is the mileage rate per km for a bicycle?');
  expect(JSON.stringify(answer)).not.toContain('0.05');
});
