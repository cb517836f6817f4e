/** The texts, tables and pictures of one slide or its notes, in the order of its shapes (ECMA-376-1, 19.3 and 21.1). Part of the PPTX extractor. */
import type { DocxCell } from './docx-body.ts';
import { readXml } from './xml.ts';
import type { Zip } from './zip.ts';

export type SlideItem =
  /** `placeholder` is its kind (`title`, `body`, …), undefined for a free text box. */
  | { kind: 'text'; placeholder: string | undefined; lines: { text: string; level: number; bullet: boolean | undefined }[] }
  | { kind: 'table'; rows: DocxCell[][]; header: boolean }
  /** A drawing made of texts that stand in a part of their own. */
  | { kind: 'diagram'; relationship: string }
  | { kind: 'picture' };

export async function readSlide(zip: Zip, part: string): Promise<{ items: SlideItem[]; hidden: boolean }> {
  const items: SlideItem[] = [];
  let hidden = false;
  let shape: { placeholder: string | undefined; lines: { text: string; level: number; bullet: boolean | undefined }[] } | undefined;
  let table: { rows: DocxCell[][]; header: boolean; row: DocxCell[]; column: number } | undefined;
  let cell: { texts: string[]; goesOn: boolean; covered: boolean } | undefined;
  let line: { text: string; level: number; bullet: boolean | undefined } | undefined;
  let inText = false;
  let fallback = 0;
  await readXml(zip.read(part), {
    open(tag, get) {
      if (fallback > 0 || tag === 'Fallback') {
        fallback++;
        return;
      }
      switch (tag) {
        case 'sld':
          hidden = /^(?:0|false)$/.test(get('show') ?? '');
          break;
        case 'sp':
          shape = { placeholder: undefined, lines: [] };
          break;
        case 'ph':
          if (shape) shape.placeholder = get('type') ?? 'body';
          break;
        case 'pic':
          items.push({ kind: 'picture' });
          break;
        case 'relIds':
          items.push({ kind: 'diagram', relationship: get('r:dm') ?? get('dm') ?? '' });
          break;
        case 'tbl':
          table = { rows: [], header: false, row: [], column: 0 };
          break;
        case 'tblPr':
          if (table) table.header = /^(?:1|true)$/.test(get('firstRow') ?? '');
          break;
        case 'tr':
          if (table) Object.assign(table, { row: [], column: 0 });
          break;
        case 'tc':
          cell = {
            texts: [],
            goesOn: /^(?:1|true)$/.test(get('vMerge') ?? ''),
            covered: /^(?:1|true)$/.test(get('hMerge') ?? ''),
          };
          break;
        case 'p':
          line = { text: '', level: 0, bullet: undefined };
          break;
        case 'pPr':
          if (line) line.level = Math.min(8, Number(get('lvl') ?? 0) || 0);
          break;
        case 'buNone':
          if (line) line.bullet = false;
          break;
        case 'buChar':
        case 'buAutoNum':
          if (line) line.bullet = true;
          break;
        case 'br':
          if (line) line.text += '\n';
          break;
        case 't':
          inText = true;
          break;
      }
    },
    text(piece) {
      if (inText && line && fallback === 0) line.text += piece;
    },
    close(tag) {
      if (fallback > 0) {
        fallback--;
        return;
      }
      if (tag === 't') inText = false;
      else if (tag === 'p' && line) {
        line.text = line.text.replaceAll(/[^\S\n]+/g, ' ').trim();
        if (line.text !== '') {
          if (cell) cell.texts.push(line.text);
          else shape?.lines.push(line);
        }
        line = undefined;
      } else if (tag === 'sp' && shape) {
        if (shape.lines.length > 0) items.push({ kind: 'text', ...shape });
        shape = undefined;
      } else if (tag === 'tc' && table && cell) {
        if (!cell.covered) table.row.push({ column: table.column, text: cell.texts.join('\n'), bold: false, goesOn: cell.goesOn });
        table.column++;
        cell = undefined;
      } else if (tag === 'tr' && table) table.rows.push(table.row);
      else if (tag === 'tbl' && table) {
        items.push({ kind: 'table', rows: table.rows, header: table.header });
        table = undefined;
      }
    },
  });
  return { items, hidden };
}

/** Texts of a diagram, a line each. */
export async function readDiagram(zip: Zip, part: string): Promise<string[]> {
  const lines: string[] = [];
  let line = '';
  let inText = false;
  await readXml(zip.read(part), {
    open: (tag) => void (tag === 't' ? (inText = true) : tag === 'pt' && (line = '')),
    text: (piece) => void (inText && (line += piece)),
    close(tag) {
      if (tag === 't') inText = false;
      else if (tag === 'p') line += ' ';
      else if (tag === 'pt' && line.trim() !== '') lines.push(line.replaceAll(/\s+/g, ' ').trim());
    },
  });
  return lines;
}
