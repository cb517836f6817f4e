/** The glossary as CSV: `term,synonyms,explanation`, synonyms with `;` between. Pure. */
import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { lookupKey } from './own-words.ts';

/** An entry as a person writes it. */
export interface GlossaryInput {
  term: string;
  synonyms: string[];
  /** Empty: none. */
  explanation: string;
}

/** Why a row or a form was not taken; the console says it in the reader's language. */
export type GlossaryProblem =
  | 'not-utf8'
  | 'no-header'
  | 'too-many-rows'
  | 'broken-quotes'
  | 'too-many-fields'
  | 'no-term'
  | 'no-synonym'
  | 'too-long'
  | 'too-many-synonyms'
  | 'twice';

export interface RefusedRow {
  /** In the file, from 1; the header is line 1. */
  line: number;
  problem: GlossaryProblem;
  /** What the row begins with, to find it by. */
  text: string;
}

export interface ReadGlossary {
  rows: { line: number; entry: GlossaryInput; keys: string[] }[];
  refused: RefusedRow[];
}

export const GLOSSARY_LIMITS = { bytes: 1_000_000, rows: 5_000, name: 100, synonyms: 20, explanation: 500 };

const COLUMNS = ['term', 'synonyms', 'explanation'] as const;
/** What a spreadsheet takes for a formula at the beginning of a cell; Excel in some languages cuts cells at `;`. */
const FORMULA = /(^|;\s*)(?=['=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])/gu;
const DEFUSED = /(^|;\s*)'(?=['=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])/gu;

/**
 * Reads a file. Every row that cannot be taken is named by its line, with the reason; whether the others are then taken is the
 * caller's. Commas, semicolons (as Excel writes them in some languages) or tabs between cells, with a byte-order mark or without.
 */
export function readGlossaryCsv(bytes: Uint8Array): ReadGlossary {
  const nothing = (line: number, problem: GlossaryProblem, text = ''): ReadGlossary => ({ rows: [], refused: [{ line, problem, text }] });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return nothing(1, 'not-utf8');
  }
  const [header = ''] = text.split(/\r?\n|\r/, 1);
  const delimiter = [',', ';', '\t'].find((mark) => columnsOf(header, mark).includes('term'));
  if (delimiter === undefined) return nothing(1, 'no-header', header.slice(0, 60));
  const columns = columnsOf(header, delimiter);
  if (!columns.includes('synonyms') || columns.some((name) => !COLUMNS.includes(name as (typeof COLUMNS)[number])))
    return nothing(1, 'no-header', header.slice(0, 60));

  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, { bom: true, delimiter, info: true, relax_column_count: true, skip_empty_lines: true }) as never;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return nothing((error as CsvError & { lines?: number }).lines ?? 1, 'broken-quotes');
  }
  if (records.length - 1 > GLOSSARY_LIMITS.rows) return nothing(GLOSSARY_LIMITS.rows + 2, 'too-many-rows');

  const read: ReadGlossary = { rows: [], refused: [] };
  const seen = new Set<string>();
  let end = records[0]?.info.lines ?? 1;
  for (const { record, info } of records.slice(1)) {
    const line = Math.min(end + 1, info.lines);
    end = info.lines;
    if (record.every((cell) => cell.trim() === '')) continue;
    const cell = (name: (typeof COLUMNS)[number]): string => (record[columns.indexOf(name)] ?? '').trim().replaceAll(DEFUSED, '$1');
    const checked = checkEntry({ term: cell('term'), synonyms: cell('synonyms').split(';'), explanation: cell('explanation') });
    const refuse = (problem: GlossaryProblem): void => void read.refused.push({ line, problem, text: record.join(', ').slice(0, 60) });
    if (record.length > columns.length && record.slice(columns.length).some((rest) => rest.trim() !== '')) refuse('too-many-fields');
    else if ('problem' in checked) refuse(checked.problem);
    else if (seen.has(checked.keys[0]!)) refuse('twice');
    else {
      seen.add(checked.keys[0]!);
      read.rows.push({ line, ...checked });
    }
  }
  return read;
}

/** An entry tidied, with the keys that its names are looked up by, the term's first; or what is wrong with it. */
export function checkEntry(input: GlossaryInput): { entry: GlossaryInput; keys: string[] } | { problem: GlossaryProblem } {
  const term = tidy(input.term);
  const explanation = tidy(input.explanation);
  const termKey = lookupKey(term);
  if (termKey === '') return { problem: 'no-term' };
  const synonyms = new Map<string, string>();
  for (const synonym of input.synonyms.flatMap((names) => names.split(';')).map(tidy)) {
    const key = lookupKey(synonym);
    if (key !== '' && key !== termKey && !synonyms.has(key)) synonyms.set(key, synonym);
  }
  if (synonyms.size === 0) return { problem: 'no-synonym' };
  if (synonyms.size > GLOSSARY_LIMITS.synonyms) return { problem: 'too-many-synonyms' };
  if ([term, ...synonyms.values()].some((name) => name.length > GLOSSARY_LIMITS.name) || explanation.length > GLOSSARY_LIMITS.explanation)
    return { problem: 'too-long' };
  return { entry: { term, synonyms: [...synonyms.values()], explanation }, keys: [termKey, ...synonyms.keys()] };
}

/** A file that gives the entries back when it is read, and runs nothing when a spreadsheet opens it. */
export function writeGlossaryCsv(entries: GlossaryInput[]): string {
  const safe = (text: string): string => text.replaceAll(FORMULA, "$1'");
  return stringify(
    entries.map(({ term, synonyms, explanation }) => [safe(term), safe(synonyms.join('; ')), safe(explanation)]),
    { header: true, columns: [...COLUMNS], bom: true, record_delimiter: '\r\n' },
  );
}

function columnsOf(header: string, delimiter: string): string[] {
  return header
    .replace(/^\uFEFF/, '')
    .split(delimiter)
    .map((name) => name.trim().replaceAll('"', '').toLowerCase())
    .filter((name, i, all) => name !== '' || i < all.length - 1);
}

/** One line without control marks; a semicolon would cut a name in two. */
function tidy(text: string): string {
  return text
    .replaceAll(/[\u202a-\u202e\u2066-\u2069\ufeff]/gu, '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .toWellFormed();
}
