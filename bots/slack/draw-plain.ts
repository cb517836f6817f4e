/** Runs of sentences as `mrkdwn` lines: for workspaces that refuse newer blocks, and for the text under every message. */
import type { AnswerSentence } from '../../src/types.ts';
import { addressOf, cellsOf, citationOf, endsWide, numbersOf, type Cited, type Run } from '../answer-runs.ts';
import { aligned } from './draw-rich.ts';
import { LONGEST_SECTION, fitted } from './blocks.ts';
import { escapeCode, escapeText, link, oneLine } from './text.ts';

/** Of a sentence's numbers with their addresses, in characters. */
const LONGEST_MARKS = 2000;
const MOST_MARKS = 60;

/** A paragraph, list, table or code each, safe to put into `mrkdwn`; each at most a section long. */
export function plainParagraphs(runs: Run[], cited: Cited): string[] {
  return runs.flatMap((run) => {
    const title = run.title ? [`*${link(run.title.url, run.title.text)}*`] : [];
    const drawn = paragraphsOf(run, cited);
    const [first, ...rest] = drawn;
    if (title[0] !== undefined && first !== undefined && title[0].length + first.length < LONGEST_SECTION)
      return [`${title[0]}\n${first}`, ...rest];
    return [...title, ...drawn];
  });
}

function paragraphsOf(run: Run, cited: Cited): string[] {
  switch (run.block) {
    case 'bullet':
      return packed(
        run.sentences.flatMap((s, i) => lines(s, run, i, cited, '•  ')),
        '\n',
      );
    case 'step':
      return packed(
        run.sentences.flatMap((s, i) => lines(s, run, i, cited, `${run.first + i}.  `)),
        '\n',
      );
    case 'code':
      return fence(run.sentences.map((s) => s.text).join('\n'), run, cited);
    case 'table':
      return fence(aligned(run.sentences.flatMap((s) => cellsOf(s.text))), run, cited);
    case 'heading':
      return run.sentences.flatMap((s, i) => lines(s, run, i, cited, '', '*'));
    default:
      return packed(
        run.sentences.flatMap((s, i) => lines(s, run, i, cited, '')),
        '',
      ).map((one) => (cited.quoted ? `>${one}` : one));
  }
}

/** A sentence, or its pieces where it is longer than a section. */
function lines(sentence: AnswerSentence, run: Run, i: number, cited: Cited, lead: string, around = ''): string[] {
  const tail = numbers(sentence, run, i, cited);
  const pieces = fitted(oneLine(sentence.text), escapeText, LONGEST_SECTION - tail.length - lead.length - 10);
  const joint = run.block === 'paragraph' && run.sentences[i + 1] && !endsWide(sentence.text) ? ' ' : '';
  return pieces.map(
    (piece, p) => `${p === 0 ? lead : ''}${around}${escapeText(piece)}${around}${p === pieces.length - 1 ? tail + joint : ''}`,
  );
}

function fence(code: string, run: Run, cited: Cited): string[] {
  const tail = marks([...new Set(run.sentences.flatMap((s) => s.citations))], cited);
  const pieces = fitted(code, escapeCode, LONGEST_SECTION - 20);
  return [...pieces.map((piece) => `\`\`\`\n${escapeCode(piece) || ' '}\n\`\`\``), ...(tail === '' ? [] : [tail])];
}

function numbers(sentence: AnswerSentence, run: Run, i: number, cited: Cited): string {
  const drawn = marks(numbersOf(run, i), cited);
  return drawn === '' ? '' : `${endsWide(sentence.text) ? '' : '\u00A0'}${drawn}`;
}

/** `[1]` for each; linked as long as there is room for the addresses. */
function marks(numbers: number[], cited: Cited): string {
  let drawn = '';
  for (const n of numbers.slice(0, MOST_MARKS)) {
    const citation = citationOf(n, cited);
    if (!citation) continue;
    const linked = link(addressOf(citation), `[${n}]`);
    drawn += drawn.length + linked.length > LONGEST_MARKS ? `[${n}]` : linked;
  }
  return drawn;
}

function packed(pieces: string[], between: string): string[] {
  const all: string[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (last !== undefined && last.length + between.length + piece.length <= LONGEST_SECTION) all[all.length - 1] = last + between + piece;
    else all.push(piece);
  }
  return all.map((one) => one.trimEnd()).filter((one) => one !== '');
}
