/** Lines of a PDF's pages to headings, paragraphs, lists and tables. Pure. Part of the PDF extractor. */
import type { Block } from '../../types.ts';
import { roundSize, textOf, type PdfPage } from './pdf-furniture.ts';
import type { PdfCell, PdfLine } from './pdf-lines.ts';

/** A heading that the file itself names (a bookmark): its words, without blanks and in small letters, and its depth. */
export type PdfOutline = ReadonlyMap<string, number>;

/** In units of the letters' height: what is larger than the text around it is a heading, what stands further apart a paragraph. */
const headingSize = 1.15;
const paragraphGap = 1.55;
const indent = 0.9;
const headingCharacters = 200;

const bullet = /^(?:[•▪■●○◦‣·]|[\uf000-\uf0ff]|[–—*-](?=\s))\s*/;
const item = /^(?:\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S/;

interface Open {
  kind: 'heading' | 'paragraph' | 'list' | 'table' | 'code';
  page: number;
  size: number;
  depth: number;
  /** The lines of the block as they will be read: items, rows; one for a paragraph. */
  texts: string[];
  last: PdfLine;
  columns: PdfCell[];
  lines: number;
}

/**
 * Every block's anchor is the page that it begins on, `page=3`. Furniture is out already.
 * @param body the height of most letters
 */
export function pdfBlocks(pages: PdfPage[], body: number, outline: PdfOutline): Block[] {
  const lines = pages.flatMap((page) => page.lines);
  const depths = headingDepths(lines, body, outline);
  const words = knownWords(lines);
  const blocks: Block[] = [];
  let open: Open | undefined;
  const close = (): void => {
    if (!open) return;
    const { kind, depth, texts, page } = open;
    const text = texts.join('\n').trim();
    if (text !== '') blocks.push({ kind, ...(kind === 'heading' ? { depth } : {}), text: `${text}\n\n`, anchor: `page=${page}` });
    open = undefined;
  };
  const begin = (kind: Open['kind'], line: PdfLine, text: string, depth = 0): void => {
    close();
    open = { kind, page: line.page, size: line.size, depth, texts: [text], last: line, columns: line.cells, lines: 1 };
  };
  for (const [i, line] of lines.entries()) {
    const text = textOf(line);
    const depth = headingDepth(line, text, body, depths, outline);
    const isRow = line.cells.length > 1;
    const next = lines[i + 1];
    if (line.mono && !outline.has(squeezed(text)) && (open?.kind === 'code' || next?.mono)) {
      if (open?.kind === 'code' && isClose(open.last, line, 3)) {
        open.texts.push(text);
        open.last = line;
      } else begin('code', line, text);
    } else if (depth > 0 && !isRow) {
      if (open?.kind === 'heading' && open.depth === depth && sameSize(open.last, line) && isClose(open.last, line, 2))
        extend(open, line, text, words);
      else begin('heading', line, text, depth);
    } else if (isRow && (open?.kind === 'table' || (next !== undefined && next.page === line.page && next.cells.length > 1))) {
      const row = line.cells.map((cell) => cell.text).join(' | ');
      if (open?.kind === 'table' && open.last.page === line.page) {
        open.texts.push(row);
        Object.assign(open, { last: line, columns: line.cells });
      } else begin('table', line, row);
    } else if (open?.kind === 'table' && goesOnInCell(open, line)) {
      const column = open.columns.findIndex((cell) => Math.abs(cell.x - line.x) < 4);
      const cells = open.texts.at(-1)!.split(' | ');
      cells[column] = join(cells[column] ?? '', text, words);
      open.texts[open.texts.length - 1] = cells.join(' | ');
      open.last = { ...line, cells: open.columns };
    } else if (bullet.test(text) || (item.test(text) && !(open?.kind === 'paragraph' && isClose(open.last, line, paragraphGap)))) {
      const read = bullet.test(text) ? `- ${text.replace(bullet, '')}` : text;
      if (open?.kind === 'list' && isClose(open.last, line, 2.5)) {
        open.texts.push(read);
        open.last = line;
      } else begin('list', line, read);
    } else if (open && (open.kind === 'paragraph' || open.kind === 'list') && goesOn(open, line, text)) extend(open, line, text, words);
    else begin('paragraph', line, text);
  }
  close();
  return blocks;
}

function extend(open: Open, line: PdfLine, text: string, words: ReadonlySet<string>): void {
  open.texts[open.texts.length - 1] = join(open.texts.at(-1)!, text, words);
  open.last = line;
  open.lines++;
}

function sameSize(a: PdfLine, b: PdfLine): boolean {
  return Math.abs(a.size - b.size) <= 0.12 * Math.max(a.size, b.size);
}

/** Downwards, and not far. */
function isClose(above: PdfLine, line: PdfLine, most: number): boolean {
  const down = line.y - above.y;
  return above.page === line.page && down > 0 && down < most * Math.max(above.size, line.size);
}

function goesOn(open: Open, line: PdfLine, text: string): boolean {
  const { last } = open;
  if (!sameSize(last, line)) return false;
  if (isClose(last, line, paragraphGap)) {
    if (open.kind === 'list') return line.x > last.x - 2 || open.lines > 1 || /^\p{Ll}/u.test(text);
    return line.x < last.x + indent * line.size || /^\p{Ll}/u.test(text);
  }
  // Further up or on the next page: a sentence that has not ended goes on there.
  const turned = line.page === last.page + 1 || (line.page === last.page && line.y < last.y);
  const ended = /[.!?:;。！？：；…"”’)\]]$/.test(open.texts.at(-1)!);
  return (
    turned && !ended && (/^\p{Ll}/u.test(text) || (/^\p{Script=Han}/u.test(text) && /\p{Script=Han}[，、]?$/u.test(open.texts.at(-1)!)))
  );
}

function goesOnInCell(open: Open, line: PdfLine): boolean {
  return (
    line.cells.length === 1 && isClose(open.last, line, paragraphGap) && open.columns.findIndex((cell) => Math.abs(cell.x - line.x) < 4) > 0
  );
}

/** A hyphen at a line's end goes where the document writes the word without one elsewhere, or nowhere with it. */
function join(before: string, after: string, words: ReadonlySet<string>): string {
  if (before === '') return after;
  const tail = before.slice(-60);
  const cut = /([\p{L}\p{M}]+)[-\u00ad\u2010]$/u.exec(tail);
  const rest = /^(\p{Ll}[\p{L}\p{M}]*)/u.exec(after);
  if (cut && rest) {
    const [left, right] = [cut[1]!.toLowerCase(), rest[1]!.toLowerCase()];
    const keeps = !words.has(left + right) && words.has(`${left}-${right}`) && !before.endsWith('\u00ad');
    return keeps ? before + after : before.slice(0, -1) + after;
  }
  const han =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、；：？！（）《》“”]$/u.test(tail) &&
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、；：？！（）《》“”]/u.test(after);
  return han || /[/\u2010-]$/.test(tail) ? before + after : `${before} ${after}`;
}

/** Words that stand within lines, in small letters. */
function knownWords(lines: PdfLine[]): Set<string> {
  const words = new Set<string>();
  for (const line of lines) {
    const found =
      textOf(line)
        .toLowerCase()
        .match(/[\p{L}\p{M}]+(?:[-\u2010][\p{L}\p{M}]+)*/gu) ?? [];
    for (const word of found) words.add(word.replaceAll('\u2010', '-'));
    if (words.size > 200_000) break;
  }
  return words;
}

/** The depth of each size of heading: the bookmarks' where they tell, else by size, the largest first. */
function headingDepths(lines: PdfLine[], body: number, outline: PdfOutline): Map<number, number> {
  const named = new Map<number, number>();
  const sizes = new Set<number>();
  for (const line of lines) {
    const text = textOf(line);
    if (line.size < body * headingSize || text.length > headingCharacters) continue;
    sizes.add(roundSize(line.size));
    const depth = outline.get(squeezed(text));
    if (depth !== undefined && !named.has(roundSize(line.size))) named.set(roundSize(line.size), depth);
  }
  const depths = new Map<number, number>();
  for (const [rank, size] of [...sizes].toSorted((a, b) => b - a).entries()) depths.set(size, named.get(size) ?? Math.min(6, rank + 1));
  return depths;
}

/** 0 for what is no heading. */
function headingDepth(line: PdfLine, text: string, body: number, depths: Map<number, number>, outline: PdfOutline): number {
  if (text.length > headingCharacters || !/[\p{L}\p{N}]/u.test(text)) return 0;
  const named = outline.get(squeezed(text));
  if (named !== undefined) return named;
  if (line.size < body * headingSize || text.length < 2 || bullet.test(text)) return 0;
  return depths.get(roundSize(line.size)) ?? 0;
}

/** Words as bookmarks and lines may both spell them: no blanks, no number in front. */
export function squeezed(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/^(?:\d+\.)*\d*\s*/, '')
    .replaceAll(/[\s\u00a0]+/g, '');
}
