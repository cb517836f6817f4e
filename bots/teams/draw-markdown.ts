/**
 * Runs of sentences as a message's text. What is drawn of more sentences begins with what was drawn of fewer, as Teams
 * wants it of a stream: each sentence is whole in itself (fences closed, marks paired), and between two there is a space
 * or a new line, so nothing forms across the joint.
 */
import type { AnswerSentence } from '../../src/types.ts';
import { addressOf, cellsOf, citationOf, endsWide, numbersOf, type Cited, type Run } from '../answer-runs.ts';
import { linkable, oneLine } from '../safe-text.ts';
import { literal, literalLine, markdownCode, markdownLink, markdownText } from './text.ts';

/** Teams takes so many citations with a message; whoever has a higher number is a link. */
export const MOST_CLAIMS = 20;
/** A wider table is none on a phone. */
const MOST_COLUMNS = 4;
const MOST_MARKS = 20;

/** How words are set: as Markdown, or as they are. What it is given is data but for `safe`. */
export interface Hand {
  words(data: string, startsLine?: boolean): string;
  strong(safe: string): string;
  /** Small print. */
  soft(safe: string): string;
  link(url: string | null | undefined, label: string): string;
  code(data: string): string;
  /** Before each line of somebody's words. */
  quoting: string;
  item: string;
  /** Whether tables are drawn as such. */
  tables: boolean;
}

export const markdown: Hand = {
  words: markdownText,
  strong: (safe) => `**${safe}**`,
  soft: (safe) => `_${safe}_`,
  link: markdownLink,
  code: (data) => `\`\`\`\n${markdownCode(data) || ' '}\n\`\`\``,
  quoting: '> ',
  item: '- ',
  tables: true,
};

/** For clients, and for whatever refuses more: no tables. */
export const plainMarkdown: Hand = { ...markdown, tables: false };

/** Words alone; an address of a document's metadata stands beside its title. */
export const wordsAlone: Hand = {
  words: (data) => literal(oneLine(data)),
  strong: (safe) => safe,
  soft: (safe) => safe,
  link: (url, label) => [literalLine(label) || '…', ...[linkable(url)].filter(Boolean)].join(' '),
  code: literal,
  quoting: '',
  item: '• ',
  tables: false,
};

/** @param goesOn more sentences of these runs may come: whether the last one's numbers stand behind it is not known yet */
export function drawRuns(runs: Run[], cited: Cited, hand: Hand, goesOn = false): string {
  return runs
    .flatMap((run, r) => {
      const mayGrow = goesOn && r === runs.length - 1;
      const others = r > 0 && run.block === 'step' && runs[r - 1]!.block === 'step' && !run.title;
      return [...(run.title ? [hand.strong(hand.link(run.title.url, run.title.text))] : []), drawRun(run, cited, hand, mayGrow, others)];
    })
    .filter((piece) => piece !== '')
    .join('\n\n');
}

/** @param apart it must not be read as going on with the list before it */
function drawRun(run: Run, cited: Cited, hand: Hand, mayGrow: boolean, apart: boolean): string {
  const isOpen = (i: number): boolean => mayGrow && i === run.sentences.length - 1 && run.sentences[i]!.support === 'quote';
  const tail = (i: number, space?: string): string => {
    const drawn = isOpen(i) ? '' : marks(numbersOf(run, i), cited, hand);
    return drawn === '' ? '' : (space ?? (endsWide(run.sentences[i]!.text) ? '' : '\u00A0')) + drawn;
  };
  const each = run.sentences.map((sentence, i) => [sentence, i] as const);
  switch (run.block) {
    case 'heading':
      return each.map(([{ text }, i]) => `${hand.strong(hand.words(text) || '…')}${tail(i)}`).join('\n\n');
    case 'bullet':
      return each.map(([sentence, i]) => `${hand.item}${marked(sentence, hand)}${tail(i)}`).join('\n');
    case 'step': {
      const point = apart ? ')' : '.';
      return each.map(([sentence, i]) => `${run.first + i}${point} ${marked(sentence, hand)}${tail(i)}`).join('\n');
    }
    case 'code':
      return each.map(([{ text }, i]) => `${hand.code(text)}${tail(i, '\n\n')}`).join('\n\n');
    case 'table':
      return drawTable(run, hand, tail, isOpen);
    default: {
      const quoting = cited.quoted ? hand.quoting : '';
      // A number is followed by a space, lest what comes next made a link of it.
      const joint = (i: number): string => (i === 0 || (tail(i - 1) === '' && endsWide(run.sentences[i - 1]!.text)) ? '' : ' ');
      return quoting + each.map(([sentence, i]) => `${joint(i)}${marked(sentence, hand)}${tail(i)}`).join('');
    }
  }
}

/** Columns are those of the first row, which is known first; what a row has more goes into its last cell. */
function drawTable(run: Run, hand: Hand, tail: (i: number) => string, isOpen: (i: number) => boolean): string {
  const rows = run.sentences.flatMap((sentence, s) => {
    const cells = cellsOf(sentence.text);
    return cells.map((row, i) => ({
      row,
      ...(i === cells.length - 1 ? { numbers: tail(s), open: isOpen(s) } : { numbers: '', open: false }),
    }));
  });
  const [head] = rows;
  if (!head) return '';
  const columns = Math.max(1, head.row.length);
  const words = (cell: string): string => hand.words(cell, false) || ' ';
  if (!hand.tables || columns > MOST_COLUMNS || columns < 2)
    return rows.map(({ row, numbers }) => `${hand.item}${row.map((cell) => hand.words(cell) || '–').join(' · ')}${numbers}`).join('\n');
  const lines = rows.map(({ row, numbers, open }) => {
    const kept = Array.from({ length: columns }, (_, c) => (c < columns - 1 ? (row[c] ?? '') : row.slice(c).join(' · ')));
    return `| ${kept.map(words).join(' | ')}${numbers}${open ? '' : ' |'}`;
  });
  if (rows.length > 1 || !head.open) lines.splice(1, 0, `|${' --- |'.repeat(columns)}`);
  return lines.join('\n');
}

/** `[1]` for each, which Teams makes a citation of; past what it takes, a link. */
function marks(numbers: number[], cited: Cited, hand: Hand): string {
  const known = [...new Set(numbers)].slice(0, MOST_MARKS);
  return known
    .flatMap((n) => {
      const citation = citationOf(n, cited);
      if (!citation) return [];
      return [isClaim(n) ? `[${n}]` : hand === wordsAlone ? `(${n})` : hand.link(addressOf(citation), `(${n})`)];
    })
    .join(' ');
}

export const isClaim = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= MOST_CLAIMS;

/** Words of the question in bold, where both ends of the mark stand free: else parsers differ, and an address is broken as a whole. */
function marked({ text, marks: asked = [] }: AnswerSentence, hand: Hand): string {
  let drawn = '';
  let at = 0;
  const add = (piece: string): void => {
    const words = hand.words(piece, drawn === '');
    drawn += `${drawn !== '' && /^\s/.test(piece) ? ' ' : ''}${words}${words !== '' && /\s$/.test(piece) ? ' ' : ''}`;
  };
  for (const { start, end } of asked) {
    const word = text.slice(start, end);
    const free = /^$|\s$/.test(text.slice(Math.max(0, start - 1), start)) && /^(?:$|\s|[.,;:!?](?:$|\s))/.test(text.slice(end, end + 2));
    if (start < at || !free || !/^[\p{L}\p{N}].*[\p{L}\p{N}]$/u.test(word)) continue;
    add(text.slice(at, start));
    drawn += hand.strong(hand.words(word, drawn === ''));
    at = end;
  }
  add(text.slice(at));
  return drawn.trim() || '…';
}
