/** The lines of a PDF's page, from pieces of text and where they stand. Pure. Part of the PDF extractor. */

/** A piece as pdfjs gives it; `transform` maps text space to the page's. */
export interface PdfItem {
  str: string;
  dir: string;
  width: number;
  transform: number[];
  fontName: string;
}

export interface PdfCell {
  x: number;
  end: number;
  text: string;
}

/** Positions in points from the page's upper left corner; `y` is the base line. */
export interface PdfLine {
  page: number;
  x: number;
  end: number;
  y: number;
  /** The height of most of its letters. */
  size: number;
  /** Typewriter letters alone: code. */
  mono: boolean;
  /** Parts with wide gaps between them, as in tables; one in prose. */
  cells: PdfCell[];
}

interface Run extends PdfCell {
  y: number;
  size: number;
  rtl: boolean;
  mono: boolean;
}

/** In units of the letters' height: a blank, the gap between cells, and how far a base line may wander (notes, indices). */
const blankGap = 0.17;
const cellGap = 1.1;
const baseline = 0.45;

/**
 * In the order in which the file draws them, which is how people wrote it in nearly all files. Slanted text is a watermark and
 * left out; upright text at the side comes last. Lines drawn side by side through two columns are taken apart.
 * @param monoFonts names of the fonts whose letters are all as wide
 * @param view the page's matrix from its own space to points from the upper left corner
 */
export function linesOf(items: PdfItem[], view: number[], page: number, monoFonts: ReadonlySet<string> = new Set()): PdfLine[] {
  const rows: Run[][] = [];
  const sideways: string[] = [];
  let row: Run[] = [];
  let blank = false;
  for (const item of items) {
    if (item.str === '') continue;
    if (item.str.trim() === '') {
      blank = true;
      continue;
    }
    const [a, b, c, d, e, f] = multiply(view, item.transform);
    const size = Math.hypot(c, d) || Math.hypot(a, b) || 1;
    const slant = Math.abs(Math.atan2(b, a));
    if (slant > 0.1) {
      if (Math.abs(slant - Math.PI / 2) < 0.1) sideways.push(item.str);
      continue;
    }
    const rtl = item.dir === 'rtl';
    // Han is as wide in every font.
    const mono = monoFonts.has(item.fontName) && !/[\u2e80-\uffef]/.test(item.str);
    const x = e;
    const end = e + item.width;
    const last = row.at(-1);
    const sameRow = last !== undefined && Math.abs(f - last.y) < baseline * Math.max(size, last.size);
    const gap = last === undefined ? 0 : rtl || last.rtl ? Math.max(last.x - end, x - last.end) : x - last.end;
    if (sameRow && gap > -size && gap < cellGap * Math.max(size, last.size)) {
      const apart = blank || gap > blankGap * Math.min(size, last.size);
      last.text += apart && !/\s$/.test(last.text) && !/^\s/.test(item.str) ? ` ${item.str}` : item.str;
      // Notes and indices are smaller than what they stand beside.
      if (size > last.size || item.str.length > 3) [last.y, last.size] = size >= last.size ? [f, size] : [last.y, last.size];
      last.mono &&= mono;
      last.x = Math.min(last.x, x);
      last.end = Math.max(last.end, end);
    } else if (sameRow && (x >= last.end || rtl)) row.push({ x, end, y: f, size, text: item.str, rtl, mono });
    else {
      if (row.length > 0) rows.push(row);
      row = [{ x, end, y: f, size, text: item.str, rtl, mono }];
    }
    blank = /\s$/.test(item.str);
  }
  if (row.length > 0) rows.push(row);
  const lines = takeColumnsApart(rows).map((runs) => lineOf(runs, page));
  if (sideways.length > 0) {
    const y = Math.max(0, ...lines.map((line) => line.y)) + 1000;
    lines.push({ page, x: 0, end: 0, y, size: 1, mono: false, cells: [{ x: 0, end: 0, text: sideways.join(' ') }] });
  }
  return lines.filter((line) => line.cells.some((cell) => cell.text !== ''));
}

/** `3`, `3.1`, `3)`, `(3)`, `a)`, `•`; in a row of three cells or more, what cannot be a value. */
const numbered = /^(?:\(?\d{1,2}(?:\.\d{1,2}){0,5}[.)]?|\(?[a-z]\)|[•▪■●○◦‣·–—*-]|[\uf000-\uf0ff])$/i;
const marked = /^(?:\(?\d{1,2}(?:\.\d{1,2}){0,5}[.)]|\(?[a-z]\)|[•▪■●○◦‣·–—*]|[\uf000-\uf0ff])$/i;

function lineOf(runs: Run[], page: number): PdfLine {
  const cells = runs.map(({ x, end, text }) => ({ x, end, text: text.replaceAll(/[\s\u00a0]+/g, ' ').trim() }));
  // The label of a heading or an item belongs to its words, however far it stands.
  const [label, next] = cells;
  if (label && next && (cells.length === 2 ? numbered : marked).test(label.text))
    cells.splice(0, 2, { x: label.x, end: next.end, text: `${label.text} ${next.text}` });
  const main = runs.reduce((longest, run) => (run.text.length > longest.text.length ? run : longest));
  return {
    page,
    x: Math.min(...runs.map((run) => run.x)),
    end: Math.max(...runs.map((run) => run.end)),
    y: main.y,
    size: main.size,
    mono: runs.every((run) => run.mono),
    cells: cells.filter((cell) => cell.text !== ''),
  };
}

/** Where many rows have one wide gap at the same place with prose on both sides, the page has two columns: left before right. */
function takeColumnsApart(rows: Run[][]): Run[][] {
  const apart: Run[][] = [];
  for (let at = 0; at < rows.length;) {
    let end = at;
    const first = rows[at]!;
    if (first.length === 2) {
      const middle = first[1]!.x;
      while (end < rows.length && isBeside(rows[end]!, middle)) end++;
    }
    const block = rows.slice(at, end);
    const twos = block.filter((row) => row.length === 2);
    const prose = twos.filter((row) => row.every((run) => run.text.length > 24)).length;
    if (twos.length >= 4 && prose > twos.length * 0.7) {
      const middle = first[1]!.x - 1;
      apart.push(
        ...[false, true].flatMap((right) => block.flatMap((row) => row.filter((run) => run.x >= middle === right).map((run) => [run]))),
      );
      at = end;
    } else {
      apart.push(first);
      at++;
    }
  }
  return apart;
}

function isBeside(row: Run[], middle: number): boolean {
  return row.length === 2 ? Math.abs(row[1]!.x - middle) < 6 && row[0]!.end < middle : row[0]!.end < middle || row[0]!.x >= middle - 6;
}

function multiply(m: number[], n: number[]): [number, number, number, number, number, number] {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = m;
  const [g = 1, h = 0, i = 0, j = 1, k = 0, l = 0] = n;
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}
