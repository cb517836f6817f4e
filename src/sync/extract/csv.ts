/** CSV to a block for each row. Runs in the extraction child. */
import { CsvError, parse } from 'csv-parse/sync';
import { AppError } from '../../errors.ts';
import type { ExtractedDocument } from '../../types.ts';
import { decodeText } from './decode.ts';
import { maxRowCharacters, maxRows, rowBlocks, type Cell } from './rows.ts';

/**
 * Encoding by its mark, else UTF-8, GB18030 where its bytes are Chinese, or Windows-1252; the delimiter (`,` `;` tab `|`) by
 * what cuts the first lines into the same number of cells. The first line of words alone names the columns.
 * @throws AppError `document.broken`, `document.binary`
 */
export function extractCsv(bytes: Uint8Array): ExtractedDocument {
  let text = decodeText(bytes, false, true);
  // Excel's own way to name the delimiter.
  const named = /^sep=(.)\n/i.exec(text)?.[1];
  if (named !== undefined) text = text.slice(text.indexOf('\n') + 1);
  const beyond = text.length > maxRowCharacters;
  if (beyond) text = text.slice(0, text.lastIndexOf('\n', maxRowCharacters) + 1);
  const all = readRows(text, named ?? sniffDelimiter(text));
  const rows = all.slice(0, maxRows).map((row) => row.flatMap((value, column) => cellOf(value, column)));
  const left = all.length - rows.length;
  const unread = beyond
    ? `only the first ${rows.length.toLocaleString('en')} rows were read; the file is too long`
    : left > 0
      ? `${left.toLocaleString('en')} rows beyond the first ${maxRows.toLocaleString('en')}`
      : undefined;
  return { textFragments: false, ...(unread === undefined ? {} : { unread }), blocks: rowBlocks(rows, 'first') };
}

function readRows(text: string, delimiter: string): string[][] {
  const options = { delimiter, relax_column_count: true, skip_empty_lines: false, max_record_size: 1_000_000 };
  try {
    return parse(text, options);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
  }
  try {
    // A quote mark in the middle of a cell (`5" disk`) is one that its writer did not escape.
    return parse(text, { ...options, quote: false });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const publicMessage = `its line ${error.lines ?? '?'} cannot be read as a table`;
    throw new AppError({ code: 'document.broken', message: error.code, publicMessage, cause: error });
  }
}

function cellOf(value: string, column: number): Cell[] {
  const text = value.trim();
  return text === '' ? [] : [{ column, text, word: !/^[-+(]?[\p{Sc}]?\s?\d[\d.,:/ '%-]*\)?\s?[\p{Sc}]?$/u.test(text) }];
}

/** The mark that stands equally often, outside of quotes, in most of the first lines. */
function sniffDelimiter(text: string): string {
  const lines = firstLines(text);
  let best = ',';
  let bestScore = 0;
  for (const mark of [',', ';', '\t', '|']) {
    const counts = lines.map((line) => line.split(mark).length - 1).toSorted((a, b) => a - b);
    const middle = counts[counts.length >> 1] ?? 0;
    if (middle === 0) continue;
    const score = counts.filter((count) => count === middle).length / counts.length + Math.min(middle, 20) / 100;
    if (score > bestScore) [best, bestScore] = [mark, score];
  }
  return best;
}

/** Up to thirty lines with the quoted cells taken out. */
function firstLines(text: string): string[] {
  return text
    .slice(0, 100_000)
    .replaceAll(/"(?:[^"]|"")*"/g, '""')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 30);
}
