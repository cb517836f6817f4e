/** Tables: what a claim says of one row must not come from another row. */
import { foldText } from './fold.ts';
import { quantitiesIn } from './quantities.ts';
import { wordsIn } from './words.ts';

interface Row {
  keyText: string;
  key: Set<string>;
  cells: Set<string>[];
  /** The sentences of its cells, folded, in lower case. */
  parts: string[];
  /** The whole row, likewise. */
  text: string;
}

/** A cell is said again when so much of it stands in the claim. */
const SAID_AGAIN = 0.6;

/** The heads of the tables that the quotes stand in: what their columns are called belongs to every row. */
export function tableHeads(places: { quote: string; passagePlain: string }[]): string[] {
  return [
    ...new Set(
      places.flatMap((place) =>
        blocksOf(place.passagePlain)
          .filter((lines) => standsIn(place.quote, lines))
          .map((lines) => lines[0]!.split('|').join(', ')),
      ),
    ),
  ];
}

/**
 * Whether the claim names a row ("Leeds …") and says of it what stands in a row that it does not name.
 * @param places the quotes, widened, with their passages as they are read
 */
export function rowsMixed(claim: string, language: string, places: { quote: string; passagePlain: string }[]): boolean {
  const seen = new Set<string>();
  for (const place of places) {
    for (const lines of blocksOf(place.passagePlain)) {
      const id = lines.join('\n');
      if (seen.has(id) || lines.length < 3 || !standsIn(place.quote, lines)) continue;
      seen.add(id);
      const elsewhere = places
        .map((other) =>
          other.quote
            .split('\n')
            .filter((line) => !lines.some((row) => row.includes(line.trim()) || line.includes(row)))
            .join(' '),
        )
        .join(' ');
      if (mixedIn(lines, claim, elsewhere, language)) return true;
    }
  }
  return false;
}

function mixedIn(lines: string[], claim: string, elsewhere: string, language: string): boolean {
  const head = lines[0]!;
  const rows = lines.slice(1).map((line) => rowOf(line, language));
  const text = flat(claim);
  const named = namedRows(rows, text, language);
  if (named.length === 0) return false;
  const others = rows.filter((row) => !named.includes(row));
  const own = [head, elsewhere].map(flat).concat(named.map((row) => row.text));
  if (others.some((row) => row.parts.some((part) => standsWhole(text, part) && !own.some((one) => standsWhole(one, part))))) return true;
  const said = tokensOf(claim, language);
  const isUsed = (cell: Set<string>): boolean =>
    cell.size > 0 && [...cell].filter((token) => said.has(token)).length / cell.size >= SAID_AGAIN;
  const theirs = new Set([
    ...named.flatMap((row) => [...row.key, ...row.cells.flatMap((cell) => [...cell])]),
    ...tokensOf(head, 'en'),
    ...tokensOf(elsewhere, language),
  ]);
  return others
    .flatMap((row) => row.cells.filter(isUsed))
    .some((cell) => {
      const strange = [...cell].filter((token) => said.has(token) && !theirs.has(token));
      return strange.some((token) => /\d/.test(token)) || (strange.length > 0 && strange.length >= cell.size / 3);
    });
}

/**
 * The rows whose first cell the claim says: word for word before by its words, and the longer one where one first cell
 * holds another ("陪产假" names no "产假"). What it says within another cell's text, or as a number with its unit
 * ("1 hour" beside a row "1"), names nothing.
 */
function namedRows(rows: Row[], text: string, language: string): Row[] {
  let rest = text;
  for (const part of rows.flatMap((row) => row.parts).toSorted((a, b) => b.length - a.length)) rest = without(rest, part);
  const named: Row[] = [];
  for (const row of rows.filter((one) => one.key.size > 0 && !isNumeric(one)).toSorted((a, b) => b.keyText.length - a.keyText.length)) {
    if (!standsWhole(rest, row.keyText)) continue;
    named.push(row);
    rest = without(rest, row.keyText);
  }
  const bare = new Set(
    quantitiesIn(rest, language).flatMap((one) => (one.kind === 'number' && one.unit === undefined ? [String(one.value)] : [])),
  );
  const left = tokensOf(rest, language);
  const held = new Set(named.flatMap((row) => [...row.key]));
  const said = new Set([...left, ...held]);
  return rows.filter((row) => {
    if (named.includes(row) || row.key.size === 0) return named.includes(row);
    if (isNumeric(row)) return bare.has(row.keyText);
    return [...row.key].every((token) => said.has(token)) && ![...row.key].every((token) => held.has(token));
  });
}

const isNumeric = (row: Row): boolean => /^\d+(?:[.,]\d+)?$/.test(row.keyText);

const flat = (text: string): string => foldText(text).toLowerCase().trim();

function rowOf(line: string, language: string): Row {
  const [key = '', ...cells] = line.split(/ ?\| ?/);
  const parts = cells
    .flatMap((cell) => [cell, ...cell.split(/[.;](?=\s|$)|[。；]/u)])
    .map((part) => flat(part).replace(/[.;]$/, ''))
    .filter(tellsMuch);
  return {
    keyText: flat(key),
    key: tokensOf(key, language),
    cells: cells.map((cell) => tokensOf(cell, language)),
    parts: [...new Set(parts)],
    text: flat(line),
  };
}

/** Two words or more, an address, or four characters of Han: less is said of anything. */
function tellsMuch(part: string): boolean {
  return (part.match(/[\p{Script=Latin}\p{N}]+/gu)?.length ?? 0) >= 2 || (part.match(/\p{Script=Han}/gu)?.length ?? 0) >= 4;
}

/** Where `part` stands in `text`, with no half words. */
function placeOf(text: string, part: string): number {
  const cut = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && /[a-z\d]/.test(a) && /[a-z\d]/.test(b);
  for (let at = text.indexOf(part); at >= 0 && part !== ''; at = text.indexOf(part, at + 1)) {
    if (!cut(text[at - 1], part[0]) && !cut(part.at(-1), text[at + part.length])) return at;
  }
  return -1;
}

const standsWhole = (text: string, part: string): boolean => placeOf(text, part) >= 0;

function without(text: string, part: string): string {
  const at = placeOf(text, part);
  return at < 0 ? text : without(`${text.slice(0, at)} | ${text.slice(at + part.length)}`, part);
}

/** Lines of a passage that are rows, table by table. */
function blocksOf(passage: string): string[][] {
  const blocks: string[][] = [];
  let open = false;
  for (const line of passage.split('\n')) {
    const isRow = /\S \| | \| \S/.test(line);
    if (isRow && open) blocks.at(-1)!.push(line.trim());
    else if (isRow) blocks.push([line.trim()]);
    // The line of dashes under a head reads as an empty one.
    open = isRow || (open && line.trim() === '' && blocks.at(-1)!.length === 1);
  }
  return blocks;
}

function standsIn(quote: string, lines: string[]): boolean {
  return (
    quote.split('\n').some((line) => line.includes('|') && lines.some((row) => row.includes(line.trim()) || line.includes(row))) ||
    lines.some((row) => row.length > 3 && (row.includes(quote.trim()) || quote.includes(row)))
  );
}

/** Content words and figures with their sign of money; for Han each two neighbours. */
function tokensOf(text: string, language: string): Set<string> {
  const folded = foldText(text);
  const words = wordsIn(folded, language);
  const tokens = new Set<string>();
  words.forEach((word, i) => {
    const after = words[i + 1];
    if (word.kind === 'han') {
      if (after?.kind === 'han' && after.start === word.end) tokens.add(word.raw + after.raw);
    } else if (word.kind === 'number')
      tokens.add(/[$£€¥]/.test(folded[word.start - 1] ?? '') ? folded[word.start - 1] + word.raw : word.raw);
    else if (word.kind === 'word' && (word.content || /^\p{Lu}{2,}$/u.test(word.raw))) tokens.add(word.key);
  });
  return tokens;
}
