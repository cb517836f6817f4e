/** An answer's sentences as blocks of one kind, in the order in which they are read. What is drawn is drawn from these. */
import type { AnswerSentence, BlockKind, Citation } from '../src/types.ts';
import { cut, linkable, oneLine } from './safe-text.ts';

/** Sentences of one kind that follow each other. */
export interface Run {
  block: BlockKind;
  sentences: AnswerSentence[];
  /** Of steps: the first one's number. */
  first: number;
  /** Quoted: the document that it stands in; set on the first run of each document. */
  title?: { text: string; url: string | undefined };
}

/** What sentences refer to. */
export interface Cited {
  citations: Citation[];
  /** The documents' own words, grouped by document. */
  quoted: boolean;
}

/**
 * Of a message, as Markdown with its addresses: Slack takes 12,000 of that, and some 13,200 of all texts together. A Teams
 * message that is longer is none that anybody reads on a phone.
 */
const LONGEST_PART = 5500;
/** A sentence (a quoted list, a table, code) that is longer is parted. */
const LONGEST_SENTENCE = 2200;
const LONGEST_TITLE = 120;

/** Where a citation opens: at the passage, else at Docent's own view of it. */
export function addressOf(of: { url: string | null; documentUrl: string }): string | undefined {
  return linkable(of.url) ?? linkable(of.documentUrl);
}

export function citationOf(n: number | undefined, { citations }: Pick<Cited, 'citations'>): Citation | undefined {
  return citations.find((one) => one.n === n);
}

/** On one line, of a length that reads. */
export const titleOf = (of: { title: string }): string => cut(oneLine(of.title), LONGEST_TITLE);

/** Whether no space stands between this text and the next sentence. */
export const endsWide = (text: string): boolean => /[。！？；：」』）…]$/.test(text);

/**
 * The sentences of each message. As sentences come, earlier messages stay as they are: what is streamed is the first one.
 */
export function partsOf(sentences: AnswerSentence[], cited: Pick<Cited, 'citations'>): AnswerSentence[][] {
  const parts: AnswerSentence[][] = [[]];
  let used = 0;
  for (const sentence of sentences.flatMap(shorter)) {
    const cost = costOf(sentence, cited);
    const part = parts.at(-1)!;
    if (part.length > 0 && used + cost > LONGEST_PART) {
      parts.push([sentence]);
      used = cost;
    } else {
      part.push(sentence);
      used += cost;
    }
  }
  return parts;
}

function costOf(sentence: AnswerSentence, cited: Pick<Cited, 'citations'>): number {
  const addresses = sentence.citations.map((n) => citationOf(n, cited)).flatMap((one) => (one ? [addressOf(one) ?? ''] : []));
  // Whether it is quoted is not known at first, and what is streamed must end where the first message does.
  const title = LONGEST_TITLE + (addresses[0]?.length ?? 0);
  const marks = sentence.text.match(/[&<>*_`[\]~|.:@#\\\n]/g)?.length ?? 0;
  return (
    sentence.text.length + 4 * marks + 8 * (sentence.marks?.length ?? 0) + title + addresses.reduce((sum, one) => sum + one.length + 12, 20)
  );
}

function shorter(sentence: AnswerSentence): AnswerSentence[] {
  if (sentence.text.length <= LONGEST_SENTENCE) return [sentence];
  const texts: string[] = [];
  for (let rest = sentence.text; rest !== '';) {
    const window = rest.slice(0, LONGEST_SENTENCE);
    const at =
      rest.length <= LONGEST_SENTENCE
        ? rest.length
        : ([window.lastIndexOf('\n'), window.lastIndexOf(' ')].find((place) => place > 500) ?? LONGEST_SENTENCE);
    const end = /[\uD800-\uDBFF]/.test(rest[at - 1] ?? '') ? at - 1 : at;
    texts.push(rest.slice(0, end));
    rest = rest.slice(end).replace(/^[\n ]/, '');
  }
  const { text: _text, marks: _marks, ...same } = sentence;
  return texts.map((text, i) => ({ ...same, text, citations: i === texts.length - 1 ? sentence.citations : [] }));
}

/** @param before sentences of earlier messages, for the numbers of steps */
export function runsOf(sentences: AnswerSentence[], cited: Cited, before: AnswerSentence[] = []): Run[] {
  const runs: Run[] = [];
  let steps = before.reduce((n, one) => stepAfter(one, n), 0);
  let document: string | undefined;
  for (const sentence of sentences) {
    const citation = cited.quoted ? citationOf(sentence.citations[0], cited) : undefined;
    const opens = citation !== undefined && citation.documentId !== document;
    if (opens) document = citation.documentId;
    const last = runs.at(-1);
    const next = stepAfter(sentence, steps);
    const goesOn =
      last !== undefined &&
      !opens &&
      last.block === sentence.block &&
      sentence.block !== 'heading' &&
      (sentence.block !== 'step' || next === steps + 1) &&
      !(sentence.block === 'paragraph' && gapBetween(last.sentences.at(-1)!, sentence));
    if (goesOn) last.sentences.push(sentence);
    else
      runs.push({
        block: sentence.block,
        sentences: [sentence],
        first: next,
        ...(opens ? { title: { text: titleOf(citation), url: addressOf(citation) } } : {}),
      });
    steps = next;
  }
  return runs;
}

/** Steps go on counting until a heading. */
export function stepAfter(sentence: AnswerSentence, before: number): number {
  if (sentence.block === 'heading') return 0;
  return sentence.block === 'step' ? Math.max(0, Math.min(sentence.step ?? before + 1, 9999)) : before;
}

/** Quoted prose from two places does not read as one paragraph. */
export function gapBetween(before: AnswerSentence, after: AnswerSentence): boolean {
  return after.support === 'quote' && before.citations.join() !== after.citations.join();
}

/** Quoted sentences that follow each other in one quote carry its number once, behind the last. */
export function numbersOf(run: Run, i: number): number[] {
  const sentence = run.sentences[i]!;
  if (sentence.block === 'heading' && sentence.support === 'quote') return [];
  const next = run.sentences[i + 1];
  const goesOn = sentence.support === 'quote' && next?.support === 'quote' && next.citations.join() === sentence.citations.join();
  return goesOn ? [] : sentence.citations;
}

/** The rows of a table's sentence; lines of dashes are left out. */
export function cellsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^[\s|:-]+$/.test(line))
    .map((line) =>
      line
        .trim()
        .replace(/^\|/, '')
        .replace(/\|$/, '')
        .split('|')
        .map((cell) => cell.trim()),
    );
}
