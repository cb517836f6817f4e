/** Tables of many rows to blocks that never lose their header: `Column: value; Column: value`, a block each. Pure. */
import type { Block } from '../../types.ts';

export interface Cell {
  /** From 0. */
  column: number;
  /** As a person sees it; never empty. */
  text: string;
  /** False for numbers, dates and the like. */
  word: boolean;
  bold?: boolean;
}

/** What one file may give: beyond, its rows are counted and named. */
export const maxRows = 200_000;
export const maxRowCharacters = 24_000_000;
/** What a cell costs beside its characters. */
export const cellCharacters = 16;

/** A row longer than this becomes several blocks, each with the first column in front: about half a passage. */
const blockCharacters = 1200;
/** Rows that are looked at to tell whether the first one names the columns. */
const sample = 20;

/**
 * Rows in order, an empty one for each blank line between tables. The first row of a table with words alone (or years beside
 * words) names its columns; lines of one cell above it are paragraphs. Two columns without a header (`Phone | 123`) read
 * `Phone: 123`; other tables without one read `a; b; c`.
 * @param header `first`: the first row names the columns whatever it holds, when it has words alone (CSV)
 */
export function rowBlocks(rows: Cell[][], header: 'first' | 'find'): Block[] {
  const blocks: Block[] = [];
  let names: Map<number, string> | undefined;
  for (let from = 0; from < rows.length;) {
    if (rows[from]!.length === 0) {
      from++;
      continue;
    }
    let to = from;
    while (to < rows.length && rows[to]!.length > 0) to++;
    const csv = header === 'first' && blocks.length === 0;
    // A caption stands above the table.
    while (to - from > 1 && rows[from]!.length === 1 && !isLines(rows, from, to)) addText(blocks, rows[from++]!);
    if (csv ? rows[from]!.length > 1 && namesColumns(rows[from]!) : isHeader(rows, from, to, names)) {
      names = new Map(rows[from]!.map((cell) => [cell.column, oneLine(cell.text)]));
      if (to - from === 1) addText(blocks, rows[from]!);
      from++;
    } else if (names && (!rows[from]!.every((cell) => names!.has(cell.column)) || isLines(rows, from, to))) names = undefined;
    const pairs = names === undefined && isPairs(rows, from, to);
    for (; from < to; from++) addRow(blocks, rows[from]!, names, pairs);
  }
  return blocks;
}

/** One column all the way down is a list of lines, not a caption above a table. */
function isLines(rows: Cell[][], from: number, to: number): boolean {
  for (let i = from; i < Math.min(to, from + sample); i++) if (rows[i]!.length > 1) return false;
  return true;
}

function namesColumns(row: Cell[]): boolean {
  const words = row.filter((cell) => cell.word && cell.text.length <= 120);
  const years = row.filter((cell) => !cell.word && /^(?:19|20)\d\d$/.test(cell.text));
  return words.length > 0 && words.length + years.length === row.length && new Set(row.map((cell) => cell.text)).size > row.length / 2;
}

function isHeader(rows: Cell[][], from: number, to: number, before: Map<number, string> | undefined): boolean {
  const row = rows[from]!;
  const below = rows.slice(from + 1, Math.min(to, from + 1 + sample));
  if (row.length < 2 || !namesColumns(row) || below.length === 0) return false;
  const width = Math.max(...below.map((other) => other.length));
  if (row.length < width * 0.6) return false;
  const bold = row.every((cell) => cell.bold) && !below.every((other) => other.every((cell) => cell.bold));
  if (bold) return true;
  // Below the same columns, a further table without bold names goes on with the names above.
  if (before !== undefined && row.every((cell) => before.has(cell.column))) return false;
  return row.length > 2 || below.some((other) => other.some((cell) => !cell.word));
}

function isPairs(rows: Cell[][], from: number, to: number): boolean {
  let twos = 0;
  for (let i = from; i < to && i < from + sample; i++) {
    if (rows[i]!.length > 2) return false;
    if (rows[i]!.length === 2 && rows[i]![0]!.word) twos++;
  }
  return twos > 0;
}

function addText(blocks: Block[], row: Cell[]): void {
  blocks.push({ kind: 'paragraph', text: `${row.map((cell) => cell.text.trim()).join('; ')}\n\n` });
}

function addRow(blocks: Block[], row: Cell[], names: Map<number, string> | undefined, pairs: boolean): void {
  const parts = row.map((cell) => {
    const name = names?.get(cell.column);
    const text = oneLine(cell.text);
    return name === undefined || name === '' ? text : `${name}: ${text}`;
  });
  if (pairs && parts.length === 2) {
    blocks.push({ kind: 'paragraph', text: `${parts[0]!.replace(/\s*[:：]$/, '')}: ${parts[1]}\n\n` });
    return;
  }
  const [key = ''] = parts;
  let open = key;
  for (const part of parts.slice(1)) {
    if (open.length + part.length > blockCharacters && open !== key) {
      blocks.push({ kind: 'paragraph', text: `${open}\n\n` });
      open = key.slice(0, 200);
    }
    open += `; ${part}`;
  }
  blocks.push({ kind: 'paragraph', text: `${open}\n\n` });
}

function oneLine(text: string): string {
  return /\s\s|[\n\t]/.test(text) ? text.replaceAll(/\s+/g, ' ').trim() : text.trim();
}
