/** The sentences of an answer as paragraphs, lists, tables; quoted ones grouped by the document they stand in. */
import type { AnswerSentence, BlockKind, Citation } from '../../types.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Words } from '../words.ts';
import type { TurnView } from './turn.ts';

/** The body so far. */
export function renderAnswerBody(words: Words, turn: TurnView): Content {
  // While it streams: a model is writing, or the documents speak for themselves.
  const quoted = turn.answer
    ? turn.answer.status === 'quoted'
    : turn.status !== 'writing' && turn.sentences.length > 0 && turn.sentences.every((s) => s.support === 'quote');
  return quoted ? renderQuoted(words, turn) : renderBlocks(words, turn, turn.sentences);
}

function renderQuoted(words: Words, turn: TurnView): Html {
  return html`<p class="own-words">${words.say('ownWords')}</p>${groupByDocument(turn).map(
    ({ citation, sentences }) => html`<section class="quoted">
<h3 class="quoted-title">${citation?.title ?? ''}</h3>
<blockquote>${renderBlocks(words, turn, sentences)}</blockquote>
</section>`,
  )}`;
}

function groupByDocument(turn: TurnView): { citation: Citation | undefined; sentences: AnswerSentence[] }[] {
  const groups = new Map<string, { citation: Citation | undefined; sentences: AnswerSentence[] }>();
  for (const sentence of turn.sentences) {
    const citation = turn.citations.find((c) => c.n === sentence.citations[0]);
    const key = citation?.documentId ?? '';
    const group = groups.get(key);
    if (group) group.sentences.push(sentence);
    else groups.set(key, { citation, sentences: [sentence] });
  }
  return [...groups.values()];
}

/** Sentences of one kind that follow each other make one block; steps go on counting until a heading. */
function renderBlocks(words: Words, turn: TurnView, sentences: AnswerSentence[]): Content {
  const runs: { block: BlockKind; sentences: AnswerSentence[]; start: number }[] = [];
  let step = 1;
  for (const sentence of sentences) {
    const last = runs.at(-1);
    if (sentence.block === 'heading') step = 1;
    if (last && last.block === sentence.block && sentence.block !== 'heading' && !gapBetween(last.sentences.at(-1)!, sentence))
      last.sentences.push(sentence);
    else runs.push({ block: sentence.block, sentences: [sentence], start: step });
    if (sentence.block === 'step') step++;
  }
  return runs.map((run) => renderRun(words, turn, run));
}

/** Quoted prose from two places does not read as one paragraph. */
function gapBetween(before: AnswerSentence, after: AnswerSentence): boolean {
  return after.support === 'quote' && after.block === 'paragraph' && before.citations.join() !== after.citations.join();
}

/** The text, with words of the question marked where it is quoted. */
function renderText({ text, marks = [] }: AnswerSentence, from = 0, to = text.length): Content {
  const parts: Content[] = [];
  let at = from;
  for (const { start, end } of marks) {
    if (start < at || end > to) continue;
    parts.push(text.slice(at, start), html`<mark class="asked">${text.slice(start, end)}</mark>`);
    at = end;
  }
  return [...parts, text.slice(at, to)];
}

function renderRun(words: Words, turn: TurnView, run: { block: BlockKind; sentences: AnswerSentence[]; start: number }): Html {
  const sentence = (s: AnswerSentence): Html =>
    html`<span class="sentence">${renderText(s)}${goesOn(s, run.sentences) || (s.block === 'heading' && s.support === 'quote') ? '' : renderMarks(words, turn, s)}</span>`;
  switch (run.block) {
    case 'heading':
      return html`<h3 class="answer-heading">${run.sentences.map(sentence)}</h3>`;
    case 'bullet':
      return html`<ul>${run.sentences.map((s) => html`<li>${sentence(s)}</li>`)}</ul>`;
    case 'step':
      return html`<ol${run.start > 1 ? html` start="${run.start}"` : ''}>${run.sentences.map((s) => html`<li${s.step === undefined ? '' : html` value="${s.step}"`}>${sentence(s)}</li>`)}</ol>`;
    case 'code':
      return html`<div class="code-block"><pre tabindex="0"><code>${run.sentences.map((s, i) => html`${i > 0 ? '\n' : ''}${s.text}`)}</code></pre>${marksOf(words, turn, run.sentences)}</div>`;
    case 'table':
      return html`<div class="table-scroll" tabindex="0"><table>${run.sentences.flatMap((s) => rowsOf(words, turn, s, goesOn(s, run.sentences)))}</table></div>`;
    default:
      return html`<p>${run.sentences.map((s, i) => html`${i > 0 && !/[。！？；：」』）]$/.test(run.sentences[i - 1]!.text) ? ' ' : ''}${sentence(s)}`)}</p>`;
  }
}

/** Quoted sentences that follow each other in one quote carry its number once, behind the last. */
function goesOn(sentence: AnswerSentence, run: AnswerSentence[]): boolean {
  const next = run[run.indexOf(sentence) + 1];
  return sentence.support === 'quote' && next?.support === 'quote' && next.citations.join() === sentence.citations.join();
}

function rowsOf(words: Words, turn: TurnView, sentence: AnswerSentence, bare: boolean): Html[] {
  const lines = [...sentence.text.matchAll(/[^\n]+/g)].filter(([line]) => line.trim() !== '' && !/^[\s|:-]+$/.test(line));
  return lines.map((line, i) => {
    const inner = /^(?:\s*\|)?(.*?)(?:\|\s*)?$/d.exec(line[0])!;
    let at = line.index + inner.indices![1]![0];
    const cells = inner[1]!.split('|').map((cell) => {
      const content = renderCell(sentence, cell, at);
      at += cell.length + 1;
      return content;
    });
    return html`<tr>${cells.map((cell, c) => html`<td>${cell}${!bare && i === lines.length - 1 && c === cells.length - 1 ? renderMarks(words, turn, sentence) : ''}</td>`)}</tr>`;
  });
}

function renderCell(sentence: AnswerSentence, cell: string, at: number): Content {
  const start = at + cell.length - cell.trimStart().length;
  return renderText(sentence, start, start + cell.trim().length);
}

function marksOf(words: Words, turn: TurnView, sentences: AnswerSentence[]): Content {
  const all = [...new Set(sentences.flatMap((s) => s.citations))];
  return all.length === 0 ? '' : html`<p class="code-marks">${all.map((n) => renderMark(words, turn, n))}</p>`;
}

function renderMarks(words: Words, turn: TurnView, sentence: AnswerSentence): Content {
  // A word joiner keeps the numbers on the line of the last word.
  return sentence.citations.length === 0
    ? ''
    : html`<span class="cites">${'\u2060'}${sentence.citations.map((n) => renderMark(words, turn, n))}</span>`;
}

function renderMark(words: Words, turn: TurnView, n: number): Content {
  const citation = turn.citations.find((c) => c.n === n);
  if (!citation) return '';
  return html`<a class="cite" href="#t${turn.index}-s${n}" aria-label="${words.say('citationLabel', { n, title: citation.title })}">[${n}]</a>`;
}
