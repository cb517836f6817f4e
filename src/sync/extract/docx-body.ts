/** The paragraphs and tables of a DOCX's body or footnotes, in reading order (ECMA-376-1, 17.2 to 17.4). Part of the DOCX extractor. */
import { readXml } from './xml.ts';
import type { Zip } from './zip.ts';

export interface DocxParagraph {
  kind: 'paragraph';
  text: string;
  style: string | undefined;
  outline: number | undefined;
  list: { id: string | undefined; level: number | undefined } | undefined;
  /** Every word of it. */
  bold: boolean;
  notes: string[];
}

export interface DocxCell {
  /** From 0; a cell over several columns stands in its first. */
  column: number;
  text: string;
  bold: boolean;
  /** Goes on from the cell above. */
  goesOn: boolean;
}

export interface DocxTable {
  kind: 'table';
  rows: DocxCell[][];
  /** The first row repeats on each page. */
  header: boolean;
  notes: string[];
}

/** What is deleted, moved away, written twice for old programs, or code of fields. */
const unseen = new Set(['del', 'moveFrom', 'Fallback', 'instrText', 'delText', 'rPrChange', 'pPrChange', 'rt', 'tblPrChange', 'sectPr']);

interface OpenTable extends DocxTable {
  row: DocxCell[];
  column: number;
  cell: { texts: string[]; span: number; goesOn: boolean; bold: boolean } | undefined;
}

/**
 * Hidden and deleted text is left out. Text boxes stand before the paragraph that they hang on; a table in a table's cell is
 * that cell's text.
 * @param take is handed each paragraph and table; `note` is the id of the footnote that it belongs to
 */
export async function readDocxBody(
  zip: Zip,
  part: string,
  take: (item: DocxParagraph | DocxTable, note: string | undefined) => void,
): Promise<void> {
  const paragraphs: (DocxParagraph & { words: boolean })[] = [];
  const tables: OpenTable[] = [];
  const runs: { hidden: boolean; bold: boolean }[] = [];
  let skipped = 0;
  let inText = false;
  let properties = '';
  let note: string | undefined;
  const on = (value: string | undefined): boolean => !/^(?:0|false|off|none)$/.test(value ?? '');
  const add = (text: string): void => {
    const [paragraph, run] = [paragraphs.at(-1), runs.at(-1)];
    if (!paragraph || run?.hidden) return;
    paragraph.text += text;
    if (text.trim() === '') return;
    paragraph.bold = run?.bold === true && (paragraph.bold || !paragraph.words);
    paragraph.words = true;
  };
  await readXml(zip.read(part), {
    open(tag, get) {
      if (skipped > 0 || unseen.has(tag)) {
        skipped++;
        return;
      }
      const paragraph = paragraphs.at(-1);
      const table = tables.at(-1);
      switch (tag) {
        case 'footnote':
        case 'endnote':
          note = get('type') === undefined || get('type') === 'normal' ? `${tag}${get('id')}` : '';
          break;
        case 'p':
          paragraphs.push({
            kind: 'paragraph',
            text: '',
            style: undefined,
            outline: undefined,
            list: undefined,
            bold: false,
            notes: [],
            words: false,
          });
          break;
        case 'r':
          runs.push({ hidden: false, bold: false });
          break;
        case 'pPr':
        case 'rPr':
        case 'tcPr':
        case 'trPr':
          if (properties === '') properties = tag;
          break;
        case 'pStyle':
          if (paragraph) paragraph.style = get('val');
          break;
        case 'outlineLvl':
          if (paragraph && properties === 'pPr') paragraph.outline = Number(get('val'));
          break;
        case 'ilvl':
          if (paragraph && properties === 'pPr') paragraph.list = { id: paragraph.list?.id, level: Number(get('val')) };
          break;
        case 'numId':
          if (paragraph && properties === 'pPr') paragraph.list = { id: get('val'), level: paragraph.list?.level };
          break;
        case 'vanish':
        case 'webHidden':
          if (tag === 'vanish' && properties === 'rPr' && runs.length > 0) runs.at(-1)!.hidden = on(get('val'));
          break;
        case 'b':
          if (properties === 'rPr' && runs.length > 0) runs.at(-1)!.bold = on(get('val'));
          break;
        case 't':
          inText = true;
          break;
        case 'tab':
        case 'ptab':
          if (properties === '' && runs.length > 0) add(' ');
          break;
        case 'br':
        case 'cr':
          if (get('type') === undefined || get('type') === 'textWrapping') add('\n');
          break;
        case 'noBreakHyphen':
          add('-');
          break;
        case 'footnoteReference':
        case 'endnoteReference': {
          const id = `${tag.replace('Reference', '')}${get('id')}`;
          paragraph?.notes.push(id);
          add(`[${noteMark(id)}]`);
          break;
        }
        case 'tbl':
          tables.push({ kind: 'table', rows: [], header: false, notes: [], row: [], column: 0, cell: undefined });
          break;
        case 'tr':
          if (table) Object.assign(table, { row: [], column: 0 });
          break;
        case 'tblHeader':
          if (table?.rows.length === 0) table.header = on(get('val'));
          break;
        case 'gridBefore':
          if (table) table.column += Number(get('val') ?? 0) || 0;
          break;
        case 'tc':
          if (table) table.cell = { texts: [], span: 1, goesOn: false, bold: true };
          break;
        case 'gridSpan':
          if (table?.cell) table.cell.span = Math.min(100, Math.max(1, Number(get('val')) || 1));
          break;
        case 'vMerge':
          if (table?.cell) table.cell.goesOn = get('val') !== 'restart';
          break;
      }
    },
    text(piece) {
      if (inText && skipped === 0) add(piece);
    },
    close(tag) {
      if (skipped > 0) {
        skipped--;
        return;
      }
      const table = tables.at(-1);
      if (tag === properties) properties = '';
      else if (tag === 't') inText = false;
      else if (tag === 'r') runs.pop();
      else if (tag === 'footnote' || tag === 'endnote') note = undefined;
      else if (tag === 'p') {
        const { words: _words, ...paragraph } = paragraphs.pop()!;
        paragraph.text = paragraph.text
          .replaceAll(/[^\S\n]+/g, ' ')
          .replaceAll('\u00ad', '')
          .trim();
        // A text box within a cell's paragraph is that cell's text, too.
        if (table?.cell) {
          if (paragraph.text === '') return;
          table.cell.texts.push(paragraph.text);
          table.cell.bold &&= paragraph.bold;
          table.notes.push(...paragraph.notes);
        } else if (note !== '') take(paragraph, note);
      } else if (tag === 'tc' && table?.cell) {
        const { texts, span, goesOn, bold } = table.cell;
        table.row.push({ column: table.column, text: texts.join('\n'), bold: bold && texts.length > 0, goesOn });
        table.column += span;
        table.cell = undefined;
      } else if (tag === 'tr' && table) table.rows.push(table.row);
      else if (tag === 'tbl') {
        const { rows, header, notes } = tables.pop()!;
        const outer = tables.at(-1)?.cell;
        if (outer) {
          for (const row of rows) {
            const text = row.map((cell) => cell.text).filter((cell) => cell !== '');
            if (text.length > 0) outer.texts.push(text.join('; '));
          }
          tables.at(-1)!.notes.push(...notes);
        } else if (note !== '') take({ kind: 'table', rows, header, notes }, note);
      }
    },
  });
}

/** How a note is named beside its text: footnotes by number, endnotes with an `e`. */
export function noteMark(id: string): string {
  return id.replace(/^footnote/, '').replace(/^endnote/, 'e');
}
