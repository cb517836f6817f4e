/** One sheet's rows as a person sees them (ECMA-376-1, 18.3). Part of the XLSX extractor. */
import { cellCharacters, type Cell } from './rows.ts';
import type { CellStyles } from './xlsx-styles.ts';
import { readXml } from './xml.ts';
import type { Zip } from './zip.ts';

/** What is left for further sheets; reading one takes from it. */
export interface SheetLimits {
  rows: number;
  characters: number;
}

export interface ReadSheet {
  /** An empty row for one or more blank ones. */
  rows: Cell[][];
  hiddenRows: number;
  /** Letters of hidden columns that hold something. */
  hiddenColumns: string[];
  rowsBeyond: number;
}

/** A cell that spans many rows counts for each of them; beyond this it is the top one's alone. */
const maxMerged = 1000;

export async function readSheet(
  zip: Zip,
  part: string,
  book: { strings: string[]; formats: CellStyles; limits: SheetLimits },
): Promise<ReadSheet> {
  const { strings, formats, limits } = book;
  const rows: Cell[][] = [];
  const numbers: number[] = [];
  const hidden: { from: number; to: number }[] = [];
  const hiddenUsed = new Set<number>();
  const merges: string[] = [];
  let hiddenRows = 0;
  let rowsBeyond = 0;
  let row: Cell[] = [];
  let rowNumber = 0;
  let rowHidden = false;
  let column = -1;
  let type = '';
  let style = 0;
  let value = '';
  let inValue = false;
  let inReading = 0;
  await readXml(zip.read(part), {
    open(tag, get) {
      if (tag === 'c') {
        const place = get('r');
        column = place === undefined ? column + 1 : columnOf(place);
        type = get('t') ?? 'n';
        style = Number(get('s') ?? 0);
        value = '';
      } else if (tag === 'v' || tag === 't') inValue = inReading === 0;
      else if (tag === 'rPh') inReading++;
      else if (tag === 'row') {
        row = [];
        rowNumber = Number(get('r') ?? rowNumber + 1);
        rowHidden = /^(?:1|true)$/.test(get('hidden') ?? '');
        column = -1;
      } else if (tag === 'col' && /^(?:1|true)$/.test(get('hidden') ?? '')) {
        hidden.push({ from: Number(get('min')) - 1, to: Number(get('max')) - 1 });
      } else if (tag === 'mergeCell' && merges.length < 10_000) merges.push(get('ref') ?? '');
    },
    text: (piece) => void (inValue && (value += piece)),
    close(tag) {
      if (tag === 'v' || tag === 't') inValue = false;
      else if (tag === 'rPh') inReading--;
      else if (tag === 'c') {
        const text = value === '' ? '' : shown().trim();
        if (text === '') return;
        if (hidden.some(({ from, to }) => column >= from && column <= to)) {
          hiddenUsed.add(column);
          return;
        }
        const word = type !== 'n' && type !== 'b' && type !== 'd';
        row.push({ column, text, word, bold: formats.bold(style) });
      } else if (tag === 'row' && row.length > 0) {
        if (rowHidden) hiddenRows++;
        else if (limits.rows <= 0 || limits.characters <= 0) rowsBeyond++;
        else {
          if (rows.length > 0 && rowNumber > numbers.at(-1)! + 1) {
            rows.push([]);
            numbers.push(rowNumber - 1);
          }
          rows.push(row);
          numbers.push(rowNumber);
          limits.rows--;
          for (const { text } of row) limits.characters -= text.length + cellCharacters;
        }
      }
    },
  });
  for (const merge of merges) fillDown(merge, rows, numbers);
  const columns = [...hiddenUsed].toSorted((a, b) => a - b);
  return { rows, hiddenRows, hiddenColumns: columns.slice(0, 20).map(lettersOf), rowsBeyond };

  function shown(): string {
    switch (type) {
      case 's':
        return strings[Number(value)] ?? '';
      case 'b':
        return value === '1' ? 'TRUE' : 'FALSE';
      case 'e':
        return '';
      case 'n':
        return value.trim() !== '' && Number.isFinite(Number(value)) ? formats.show(Number(value), style) : value;
      default:
        return value;
    }
  }
}

/** What spans several rows belongs to each of them: a group's name beside its rows. */
function fillDown(merge: string, rows: Cell[][], numbers: number[]): void {
  const match = /^([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})$/.exec(merge);
  if (!match) return;
  const [column, top, bottom] = [columnOf(match[1]!), Number(match[2]), Number(match[3])];
  if (bottom <= top || bottom - top > maxMerged) return;
  let at = lowerBound(numbers, top);
  const first = numbers[at] === top ? rows[at]!.find((cell) => cell.column === column) : undefined;
  if (!first) return;
  for (at++; at < numbers.length && numbers[at]! <= bottom; at++) {
    const row = rows[at]!;
    if (row.length === 0 || row.some((cell) => cell.column === column)) continue;
    const place = row.findIndex((cell) => cell.column > column);
    row.splice(place < 0 ? row.length : place, 0, { ...first });
  }
}

function lowerBound(numbers: number[], wanted: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `AB12` → 27. */
function columnOf(place: string): number {
  let column = 0;
  for (let i = 0; i < place.length && i < 4; i++) {
    const code = place.charCodeAt(i) & ~32;
    if (code < 65 || code > 90) break;
    column = column * 26 + code - 64;
  }
  return column - 1;
}

function lettersOf(column: number): string {
  return column < 0 ? '' : lettersOf(Math.floor(column / 26) - 1) + String.fromCharCode(65 + (column % 26));
}
