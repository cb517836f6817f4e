/** Tables: what a claim says of one row must not come from another row. */
import { foldText } from './fold.ts';
import { wordsIn } from './words.ts';

interface Table {
  head: string[];
  rows: { key: Set<string>; cells: Set<string>[] }[];
}

/** A cell is said again when so much of it stands in the claim. */
const SAID_AGAIN = 0.6;

/** The heads of the tables that the quotes stand in: what their columns are called belongs to every row. */
export function tableHeads(places: { quote: string; passagePlain: string }[]): string[] {
  return [...new Set(places.flatMap((place) => blocksOf(place.passagePlain).filter((lines) => standsIn(place.quote, lines)).map((lines) => lines[0]!.split('|').join(', '))))];
}

/**
 * Whether the claim names a row ("Leeds …") and says of it what stands in a row that it does not name.
 * @param places the quotes, widened, with their passages as they are read
 */
export function rowsMixed(claim: string, language: string, places: { quote: string; passagePlain: string }[]): boolean {
  const said = tokensOf(claim, language);
  const seen = new Set<string>();
  for (const place of places) {
    for (const lines of blocksOf(place.passagePlain)) {
      const id = lines.join('\n');
      if (seen.has(id) || lines.length < 3 || !standsIn(place.quote, lines)) continue;
      seen.add(id);
      const elsewhere = tokensOf(places.map((other) => other.quote.split('\n').filter((line) => !lines.some((row) => row.includes(line.trim()) || line.includes(row))).join(' ')).join(' '), language);
      if (mixedIn(tableOf(lines, language), said, elsewhere)) return true;
    }
  }
  return false;
}

function mixedIn(table: Table, said: Set<string>, elsewhere: Set<string>): boolean {
  const named = table.rows.filter((row) => row.key.size > 0 && [...row.key].every((token) => said.has(token)));
  if (named.length === 0) return false;
  const isUsed = (cell: Set<string>): boolean => cell.size > 0 && [...cell].filter((token) => said.has(token)).length / cell.size >= SAID_AGAIN;
  const others = table.rows.filter((row) => !named.includes(row)).flatMap((row) => row.cells.filter(isUsed));
  // "1 hour" does not name the row "1".
  const meant = named.filter((row) => [...row.key].some((token) => !/^[\d.,:]+$/.test(token) || !others.some((cell) => cell.has(token))));
  if (meant.length === 0) return false;
  const theirs = new Set([...meant.flatMap((row) => [...row.key, ...row.cells.flatMap((cell) => [...cell])]), ...table.head.flatMap((head) => [...tokensOf(head, 'en')]), ...elsewhere]);
  return others.some((cell) => {
    const strange = [...cell].filter((token) => said.has(token) && !theirs.has(token));
    return strange.some((token) => /\d/.test(token)) || (strange.length > 0 && strange.length >= cell.size / 3);
  });
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
  return quote.split('\n').some((line) => line.includes('|') && lines.some((row) => row.includes(line.trim()) || line.includes(row))) || lines.some((row) => row.length > 3 && (row.includes(quote.trim()) || quote.includes(row)));
}

function tableOf(lines: string[], language: string): Table {
  const [head, ...rows] = lines.map((line) => line.split(/ ?\| ?/));
  return { head: head!, rows: rows.map(([key, ...cells]) => ({ key: tokensOf(key ?? '', language), cells: cells.map((cell) => tokensOf(cell, language)) })) };
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
    } else if (word.kind === 'number') tokens.add(/[$£€¥]/.test(folded[word.start - 1] ?? '') ? folded[word.start - 1] + word.raw : word.raw);
    else if (word.kind === 'word' && (word.content || /^\p{Lu}{2,}$/u.test(word.raw))) tokens.add(word.key);
  });
  return tokens;
}
