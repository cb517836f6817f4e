/** DOCX to blocks: headings, paragraphs, lists, rows of tables, footnotes. Runs in the extraction child. */
import type { Block, ExtractedDocument } from '../../types.ts';
import { noteMark, readDocxBody, type DocxParagraph, type DocxTable } from './docx-body.ts';
import { readDocxStyles, readLists } from './docx-styles.ts';
import { titleFact } from './file-facts.ts';
import { mainPart, readFacts, readRelationships } from './office.ts';
import { rowBlocks, type Cell } from './rows.ts';
import { openZip } from './zip.ts';

/** Longer cells are text that a table lays out, not values. */
const cellCharacters = 600;

/**
 * Labels of numbered headings and lists are counted as Word shows them; the table of contents, page headers, comments, hidden
 * and deleted text are left out. Footnotes stand behind the block that refers to them as `[1] …`.
 * @throws AppError `document.*`
 */
export async function extractDocx(bytes: Uint8Array, alive?: () => unknown): Promise<ExtractedDocument> {
  const zip = await openZip(bytes, alive);
  const part = await mainPart(zip);
  const relationships = await readRelationships(zip, part);
  const partOf = (type: string): string | undefined =>
    relationships.find((relationship) => relationship.type === type && zip.has(relationship.target))?.target;
  const styleOf = await readDocxStyles(zip, partOf('styles'));
  const labelOf = await readLists(zip, partOf('numbering'));
  const notes = new Map<string, string[]>();
  for (const type of ['footnotes', 'endnotes']) {
    const target = partOf(type);
    if (target === undefined) continue;
    await readDocxBody(zip, target, (item, note) => {
      if (note === undefined) return;
      const texts = item.kind === 'paragraph' ? [item.text] : item.rows.map((row) => row.map((cell) => cell.text).join('; '));
      notes.set(note, [...(notes.get(note) ?? []), ...texts.filter((text) => text !== '')]);
    });
  }
  const blocks: Block[] = [];
  const bold: Block[] = [];
  let title: string | undefined;
  let list: string[] = [];
  const due: string[] = [];
  const endList = (): void => {
    if (list.length > 0) blocks.push({ kind: 'list', text: `${list.join('\n')}\n\n` });
    list = [];
    for (const id of due.splice(0))
      for (const [i, text] of (notes.get(id) ?? []).entries()) addText(i === 0 ? `[${noteMark(id)}] ${text}` : text);
  };
  const addText = (text: string): void => void blocks.push({ kind: 'paragraph', text: `${text}\n\n` });

  const takeParagraph = (paragraph: DocxParagraph): void => {
    const style = styleOf(paragraph.style);
    const outline = paragraph.outline === undefined || paragraph.outline > 8 ? undefined : Math.min(6, paragraph.outline + 1);
    const heading = outline ?? style.heading;
    const numbered = paragraph.list?.id === '0' ? undefined : (paragraph.list?.id ?? style.list?.id);
    const level = paragraph.list?.level ?? style.list?.level ?? 0;
    if (paragraph.text === '' || style.contents) return;
    const label = numbered === undefined ? undefined : labelOf(numbered, level);
    if (heading !== undefined) {
      endList();
      const text = paragraph.text.replaceAll(/\s+/g, ' ');
      if (heading === 0) title ??= titleFact(text);
      blocks.push({
        kind: 'heading',
        depth: Math.max(1, heading),
        text: `${label === undefined || label === '-' ? '' : `${label} `}${text}\n\n`,
      });
      due.push(...paragraph.notes);
      endList();
    } else if (label !== undefined) {
      const mark = label === '-' || /^\d{1,9}[.)]$/.test(label) ? label : `- ${label}`;
      list.push(`${'  '.repeat(Math.min(level, 8))}${mark} ${paragraph.text.replaceAll(/\s*\n\s*/g, ' ')}`);
      due.push(...paragraph.notes);
    } else {
      endList();
      addText(paragraph.text);
      if (paragraph.bold && paragraph.text.length <= 100 && !/[.!?:;,。！？：；，]$/.test(paragraph.text)) bold.push(blocks.at(-1)!);
      due.push(...paragraph.notes);
      endList();
    }
  };

  await readDocxBody(zip, part, (item) => {
    if (item.kind === 'paragraph') return takeParagraph(item);
    endList();
    for (const block of tableBlocks(item)) blocks.push(block);
    due.push(...item.notes);
    endList();
  });
  endList();
  // Where no style says what is a heading, bold lines do.
  if (!blocks.some((block) => block.kind === 'heading')) for (const block of bold) Object.assign(block, { kind: 'heading', depth: 2 });
  const facts = await readFacts(zip);
  const named = title ?? facts.title;
  return { textFragments: false, ...facts, ...(named === undefined ? {} : { title: named }), blocks };
}

/** Rows with their header; a table that only lays out text is that text. */
export function tableBlocks(table: Omit<DocxTable, 'kind' | 'notes'>): Block[] {
  const above = new Map<number, Cell>();
  const rows = table.rows.map((row) =>
    row.flatMap((cell): Cell[] => {
      const from = cell.goesOn ? above.get(cell.column) : undefined;
      const text = cell.text.trim();
      if (from) return [from];
      above.delete(cell.column);
      if (text === '') return [];
      const read: Cell = {
        column: cell.column,
        text,
        word: !/^[-+(]?\p{Sc}?\s?\d[\d.,:/ '%-]*\)?\s?\p{Sc}?$/u.test(text),
        bold: cell.bold,
      };
      above.set(cell.column, read);
      return [read];
    }),
  );
  const filled = rows.filter((row) => row.length > 0);
  if (filled.length === 1 || filled.some((row) => row.some((cell) => cell.text.length > cellCharacters))) {
    return filled.flatMap((row) => row.map((cell): Block => ({ kind: 'paragraph', text: `${cell.text}\n\n` })));
  }
  return rowBlocks(filled, table.header ? 'first' : 'find');
}
