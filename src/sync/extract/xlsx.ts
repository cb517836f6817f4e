/** Workbooks to a heading for each sheet and a block for each row. Runs in the extraction child. */
import type { Block, ExtractedDocument } from '../../types.ts';
import { mainPart, readFacts, readRelationships } from './office.ts';
import { maxRowCharacters, maxRows, rowBlocks } from './rows.ts';
import { readSheet, type SheetLimits } from './xlsx-sheet.ts';
import { readStyles } from './xlsx-styles.ts';
import { readXml } from './xml.ts';
import { openZip, type Zip } from './zip.ts';

interface NamedSheet {
  name: string;
  relationship: string;
  hidden: boolean;
}

/**
 * Cells as a person sees them: numbers and dates in their format, formulas by their kept value. Hidden sheets are left out;
 * hidden rows and columns, and rows beyond the limits, are left out and named.
 * @throws AppError `document.*`
 */
export async function extractXlsx(bytes: Uint8Array, alive?: () => unknown): Promise<ExtractedDocument> {
  const zip = await openZip(bytes, alive);
  const part = await mainPart(zip);
  const relationships = new Map((await readRelationships(zip, part)).map((relationship) => [relationship.id, relationship]));
  const { sheets, date1904 } = await readWorkbook(zip, part);
  const partOf = (type: string): string | undefined =>
    [...relationships.values()].find((relationship) => relationship.type === type && zip.has(relationship.target))?.target;
  const formats = await readStyles(zip, partOf('styles'), date1904);
  const strings = await readStrings(zip, partOf('sharedStrings'));
  const limits: SheetLimits = { rows: maxRows, characters: maxRowCharacters };
  const blocks: Block[] = [];
  const unread: string[] = [];
  const visible = sheets.filter((sheet) => !sheet.hidden);
  for (const { name, relationship } of visible) {
    const target = relationships.get(relationship)?.target;
    // Sheets of charts and macros hold no cells.
    if (target === undefined || !zip.has(target) || relationships.get(relationship)?.type !== 'worksheet') continue;
    const sheet = await readSheet(zip, target, { strings, formats, limits });
    const found = rowBlocks(sheet.rows, 'find');
    if (found.length > 0) {
      blocks.push({ kind: 'heading', depth: 1, text: `${name.replaceAll(/\s+/g, ' ').trim()}\n\n` });
      for (const block of found) blocks.push(block);
    }
    if (sheet.hiddenRows > 0) unread.push(`${sheet.hiddenRows} hidden ${sheet.hiddenRows === 1 ? 'row' : 'rows'} of the sheet “${name}”`);
    if (sheet.hiddenColumns.length > 0)
      unread.push(
        `the hidden ${sheet.hiddenColumns.length === 1 ? 'column' : 'columns'} ${sheet.hiddenColumns.join(', ')} of the sheet “${name}”`,
      );
    if (sheet.rowsBeyond > 0) unread.push(`${sheet.rowsBeyond.toLocaleString('en')} rows of the sheet “${name}”, which is too long`);
  }
  const facts = await readFacts(zip);
  return {
    textFragments: false,
    ...facts,
    ...(unread.length === 0 ? {} : { unread: unread.slice(0, 20).join('; ') }),
    blocks,
  };
}

async function readWorkbook(zip: Zip, part: string): Promise<{ sheets: NamedSheet[]; date1904: boolean }> {
  const sheets: NamedSheet[] = [];
  let date1904 = false;
  await readXml(zip.read(part), {
    open(tag, get) {
      if (tag === 'workbookPr') date1904 = /^(?:1|true)$/.test(get('date1904') ?? '');
      if (tag !== 'sheet') return;
      const state = get('state');
      sheets.push({
        name: get('name') ?? '',
        relationship: get('r:id') ?? get('id') ?? '',
        hidden: state === 'hidden' || state === 'veryHidden',
      });
    },
  });
  return { sheets, date1904 };
}

/** Texts that cells point at, without the readings above Japanese words. */
async function readStrings(zip: Zip, part: string | undefined): Promise<string[]> {
  const strings: string[] = [];
  if (part === undefined) return strings;
  let text = '';
  let inText = false;
  let inReading = 0;
  await readXml(zip.read(part), {
    open(tag) {
      if (tag === 'si') text = '';
      else if (tag === 't') inText = inReading === 0;
      else if (tag === 'rPh') inReading++;
    },
    close(tag) {
      if (tag === 'si') strings.push(text);
      else if (tag === 't') inText = false;
      else if (tag === 'rPh') inReading--;
    },
    text: (piece) => void (inText && (text += piece)),
  });
  return strings;
}
