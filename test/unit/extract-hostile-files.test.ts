/** Hostile, truncated and damaged PDF and Office files: each fails by name or is read, none takes the next one with it. */
import { existsSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { DocumentFormat } from '../../src/connectors/connector.ts';
import { AppError } from '../../src/errors.ts';
import { createExtractor } from '../../src/sync/extract.ts';
import { docxFile, docxParagraph, docxTable, pptxFile, pptxShape, xlsxFile, xlsxRows, zipFile } from '../fakes/office-files.ts';
import { linesFrom, pdfFile } from '../fakes/pdf-file.ts';

vi.setConfig({ testTimeout: 120_000 });

const extractor = createExtractor({ timeoutMs: 20_000 });
afterAll(() => extractor.close());

/** Its text, or the code of its failure; anything else than an AppError is a defect. */
const outcome = (bytes: Uint8Array, format: DocumentFormat): Promise<string> =>
  extractor.extract({ bytes, format, name: `a.${format}` }).then(
    (document) => `read: ${document.blocks.map((block) => block.text).join('')}`,
    (error: unknown) => {
      if (!(error instanceof AppError) || !error.publicMessage) throw error;
      return error.code;
    },
  );

const samples: Record<'pdf' | 'docx' | 'pptx' | 'xlsx' | 'csv', (word: string) => Buffer> = {
  pdf: (word) =>
    pdfFile([linesFrom(700, [`The ${word} stands on page one.`]), linesFrom(700, [`And ${word} on page two.`])], {
      info: { Title: `About ${word}` },
    }),
  docx: (word) => docxFile(docxParagraph(`The ${word}`, '<w:pStyle w:val="H1"/>') + docxTable([['Name', 'Word'], ['Ann', word]], true)), // prettier-ignore
  pptx: (word) => pptxFile([{ shapes: pptxShape([`The ${word}`], 'title') + pptxShape([word, 'more'], 'body'), notes: word }]),
  xlsx: (word) => xlsxFile([{ name: word, xml: xlsxRows([['Name', 'Word', 'Number'], ['Ann', word, 12]]) }]), // prettier-ignore
  csv: (word) => Buffer.from(`Name,Word\nAnn,${word}\n`),
};
const formats = Object.keys(samples) as (keyof typeof samples)[];

const object = (n: number, text: string): string => `${n} 0 obj\n${text}\nendobj\n`;
const pdfWith = (content: Buffer, filter = '/FlateDecode'): Buffer =>
  Buffer.concat([
    Buffer.from(
      `%PDF-1.7\n${object(1, '<< /Type /Catalog /Pages 2 0 R >>')}${object(2, '<< /Type /Pages /Kids [3 0 R] /Count 1 >>')}${object(3, '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>')}4 0 obj\n<< /Filter ${filter} /Length ${content.length} >>\nstream\n`,
    ),
    content,
    Buffer.from('\nendstream\nendobj\ntrailer << /Root 1 0 R >>\n'),
  ]);

describe('hostile files fail by name', () => {
  const pages = (kids: string): string =>
    `%PDF-1.7\n${object(1, '<< /Type /Catalog /Pages 2 0 R >>')}${object(2, `<< /Type /Pages /Kids [${kids}] /Count 100000 >>`)}`;

  test.each<[string, DocumentFormat, () => Buffer, RegExp]>([
    [
      'a zip that says it unpacks to terabytes',
      'docx',
      () => declaring(docxFile(docxParagraph('a')), 0xfffffff0),
      /^document\.(?:bomb|broken)$/,
    ],
    ['a zip whose part is larger than it says', 'docx', () => understating(), /^document\.broken$/],
    [
      'a zip of too many parts',
      'xlsx',
      () => zipFile(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`p${i}`, '']))),
      /^document\.bomb$/,
    ],
    [
      'entities that grow',
      'docx',
      () =>
        withDocument(
          `<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><w:document><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>`,
        ),
      /^document\.broken$/,
    ],
    [
      'an entity that reads a file',
      'xlsx',
      () => zipFile({ '_rels/.rels': '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><Relationships>&a;</Relationships>' }),
      /^document\.broken$/,
    ],
    ['tables in one another', 'docx', () => docxFile('<w:tbl><w:tr><w:tc>'.repeat(20_000)), /^document\.nested$/],
    ['groups in one another', 'pptx', () => pptxFile([{ shapes: '<p:grpSp>'.repeat(100_000) }]), /^document\.nested$/],
    ['XML that ends early', 'pptx', () => pptxFile([{ shapes: '<p:sp><p:txBody>' }]), /^document\.broken$/],
    [
      'PDF: a page tree that is its own child',
      'pdf',
      () => Buffer.from(`${pages('2 0 R')}trailer << /Root 1 0 R >>`),
      /^document\.broken$|^read: $/,
    ],
    [
      'PDF: a hundred thousand pages that are one',
      'pdf',
      () =>
        Buffer.from(
          `${pages('3 0 R '.repeat(100_000))}${object(3, '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>')}trailer << /Root 1 0 R >>`,
        ),
      /^document\.(?:broken|too_slow)$|^read: $/,
    ],
    [
      'PDF: arrays in one another',
      'pdf',
      () => Buffer.from(`%PDF-1.7\n${object(1, `<< /Type /Catalog /Pages 2 0 R /X ${'['.repeat(200_000)}`)}trailer << /Root 1 0 R >>`),
      /^document\.(?:broken|nested)$/,
    ],
    [
      'PDF: a stream that unpacks twice to a hundred megabytes',
      'pdf',
      () => pdfWith(deflateSync(deflateSync(Buffer.alloc(100_000_000, 32))), '[/FlateDecode /FlateDecode]'),
      /^document\.(?:too_slow|too_much_memory|broken)$|^read: $/,
    ],
  ])('%s', async (_name, format, make, expected) => {
    const [first, bad, last] = await Promise.all([
      outcome(samples[format as 'pdf']('before'), format),
      outcome(make(), format),
      outcome(samples[format as 'pdf']('after'), format),
    ]);
    expect(bad).toMatch(expected);
    expect(first).toContain('before');
    expect(last).toContain('after');
  });
});

test.skipIf(!existsSync('/proc/self/statm'))('memory beside the heap counts, too: the file is named, its neighbours are read', async () => {
  const small = createExtractor({ memoryMb: 64, timeoutMs: 60_000 });
  const say = (bytes: Buffer, format: DocumentFormat): Promise<string> =>
    small.extract({ bytes, format, name: 'a' }).then(
      (document) => document.blocks.map((block) => block.text).join(''),
      (error: AppError) => error.code,
    );
  const bomb = pdfWith(deflateSync(deflateSync(Buffer.alloc(300_000_000, 32))), '[/FlateDecode /FlateDecode]');
  expect(await Promise.all([say(Buffer.from('before'), 'text'), say(bomb, 'pdf'), say(Buffer.from('after'), 'text')])).toEqual([
    'before',
    'document.too_much_memory',
    'after',
  ]);
  await small.close();
});

describe('damaged files', () => {
  test.each(formats)(
    '%s: truncated and with bits flipped, they are read or refused, and never give the text of another',
    { timeout: 240_000 },
    async (format) => {
      const whole = samples[format]('zebra');
      const damage = fc.oneof(
        fc.record({ cut: fc.nat(whole.length) }),
        fc.record({
          flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 20 }),
        }),
      );
      let n = 0;
      await fc.assert(
        fc.asyncProperty(damage, async (what) => {
          const bytes = Buffer.from(whole);
          if ('flips' in what) for (const [at, mask] of what.flips) bytes[at]! ^= mask;
          const damaged = 'cut' in what ? bytes.subarray(0, what.cut) : bytes;
          const word = `unicorn${n++}`;
          const [bad, good] = await Promise.all([outcome(damaged, format), outcome(samples[format](word), format)]);
          expect(bad).not.toContain('unicorn');
          expect(good).toContain(word);
          expect(good).not.toContain('zebra');
        }),
        { numRuns: 60, interruptAfterTimeLimit: 60_000 },
      );
    },
  );
});

/** A DOCX whose main part is this XML. */
function withDocument(xml: string): Buffer {
  const type = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument';
  return zipFile({
    '_rels/.rels': `<Relationships><Relationship Id="a" Type="${type}" Target="word/document.xml"/></Relationships>`,
    'word/document.xml': xml,
  });
}

/** The same file, its directory's first entry of a size that is a lie (APPNOTE 4.3.12: at 24). */
function declaring(file: Buffer, size: number): Buffer {
  const bytes = Buffer.from(file);
  bytes.writeUInt32LE(size, bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
  return bytes;
}

/** A main part of 50 MB that says it has a thousand bytes. */
function understating(): Buffer {
  const whole = withDocument(`<w:document>${' '.repeat(50_000_000)}</w:document>`);
  const bytes = Buffer.from(whole);
  for (let at = 0; (at = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]), at)) >= 0; at += 4) {
    if (bytes.readUInt32LE(at + 24) > 1_000_000) bytes.writeUInt32LE(1000, at + 24);
  }
  return bytes;
}
