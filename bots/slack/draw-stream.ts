/** A growing answer as Markdown for `markdown_text`: sentence by sentence, and what was appended is never changed. */
import type { GrowingView } from '../../src/chat/messenger.ts';
import type { AnswerSentence } from '../../src/types.ts';
import { isQuoted } from '../answer-words.ts';
import { addressOf, cellsOf, citationOf, endsWide, gapBetween, partsOf, stepAfter, titleOf, type Cited } from '../answer-runs.ts';
import { markdownCode, markdownLink, markdownText } from './text.ts';

/**
 * What to append for what is new. Each sentence is whole in itself (fences are closed, marks are paired), and between
 * two there is a space, a new line or a closing mark, so nothing forms across the joint. A long answer is streamed
 * as far as its first message goes; `drawAnswer` makes the others.
 * @param before what Slack took; undefined at the start
 * @returns '' where nothing is new
 */
export function streamChunk(before: GrowingView | undefined, now: GrowingView): string {
  const cited: Cited = { citations: now.citations, quoted: isQuoted(now) };
  const sentences = partsOf(now.sentences, cited)[0]!;
  const shown = before ? partsOf(before.sentences, before)[0]!.length : 0;
  let steps = 0;
  let chunk = '';
  sentences.forEach((sentence, i) => {
    steps = stepAfter(sentence, steps);
    if (i >= shown) chunk += piece(sentence, sentences[i - 1], steps, cited);
  });
  return chunk;
}

function piece(sentence: AnswerSentence, before: AnswerSentence | undefined, step: number, cited: Cited): string {
  const citation = citationOf(sentence.citations[0], cited);
  const opens = cited.quoted && citation !== undefined && citation.documentId !== citationOf(before?.citations[0], cited)?.documentId;
  const title = opens ? `${before ? '\n\n' : ''}**${markdownLink(addressOf(citation), titleOf(citation))}**\n\n` : '';
  return title + (title || !before ? '' : joint(before, sentence)) + body(sentence, opens ? undefined : before, step, cited);
}

/** What stands between two sentences. */
function joint(before: AnswerSentence, sentence: AnswerSentence): string {
  const same = before.block === sentence.block;
  if (same && (sentence.block === 'bullet' || sentence.block === 'step' || sentence.block === 'table')) return '\n';
  if (same && sentence.block === 'paragraph' && !gapBetween(before, sentence))
    return before.citations.length === 0 && endsWide(before.text) ? '' : ' ';
  return '\n\n';
}

function body(sentence: AnswerSentence, before: AnswerSentence | undefined, step: number, cited: Cited): string {
  const numbers = sentence.citations.map((n) => number(n, cited)).join('');
  const tail = numbers === '' ? '' : endsWide(sentence.text) ? numbers : `\u00A0${numbers}`;
  switch (sentence.block) {
    case 'heading':
      return `**${markdownText(sentence.text)}**${sentence.support === 'quote' ? '' : tail}`;
    case 'bullet':
      return `- ${marked(sentence)}${tail}`;
    case 'step':
      return `${step}. ${marked(sentence)}${tail}`;
    case 'code':
      return `\`\`\`\n${markdownCode(sentence.text)}\n\`\`\`${numbers === '' ? '' : `\n\n${numbers}`}`;
    case 'table':
      return rows(sentence, before?.block === 'table', tail);
    default:
      return `${cited.quoted && !continues(before, sentence) ? '> ' : ''}${marked(sentence)}${tail}`;
  }
}

const continues = (before: AnswerSentence | undefined, sentence: AnswerSentence): boolean =>
  before?.block === 'paragraph' && !gapBetween(before, sentence);

/** `[1]`, of which the figure is the link: so it reads the same to parsers that know no brackets inside a link. */
function number(n: number, cited: Cited): string {
  const citation = citationOf(n, cited);
  return citation ? String.raw`\[` + markdownLink(addressOf(citation), String(n)) + String.raw`\]` : '';
}

function rows(sentence: AnswerSentence, goesOn: boolean, tail: string): string {
  const cells = cellsOf(sentence.text);
  const lines = cells.map((row, i) => `| ${row.map((cell) => markdownText(cell)).join(' | ')}${i === cells.length - 1 ? tail : ''} |`);
  if (!goesOn && cells.length > 0) lines.splice(1, 0, `|${' --- |'.repeat(cells[0]!.length)}`);
  return lines.join('\n');
}

/** Words of the question in bold, where both ends of the mark stand free: else parsers differ. */
function marked({ text, marks = [] }: AnswerSentence): string {
  let drawn = '';
  let at = 0;
  const add = (piece: string): void => {
    const words = markdownText(piece, drawn === '');
    drawn += `${drawn !== '' && /^\s/.test(piece) ? ' ' : ''}${words}${words !== '' && /\s$/.test(piece) ? ' ' : ''}`;
  };
  for (const { start, end } of marks) {
    const asked = text.slice(start, end);
    const free = /^$|\s$/.test(text.slice(Math.max(0, start - 1), start)) && /^$|^[\s.,;:!?]/.test(text.slice(end, end + 1));
    if (start < at || !free || !/^[\p{L}\p{N}].*[\p{L}\p{N}]$/u.test(asked)) continue;
    add(text.slice(at, start));
    drawn += `**${markdownText(asked, drawn === '')}**`;
    at = end;
  }
  add(text.slice(at));
  return drawn.trimEnd();
}
