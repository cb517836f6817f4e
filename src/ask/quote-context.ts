/** How the sentences of a passage stood on their page: what each cannot be read without, and how it is drawn. Pure. */
import type { BlockKind, Passage } from '../types.ts';
import { readPassage, type ReadSentence } from './passage-match.ts';

/** One a sentence, in the same order. */
export interface SentencePlace {
  block: BlockKind;
  /** Of a numbered item's first sentence: its number as a reader counts it. */
  step?: number;
  /** The item of a list that it belongs to: the index of the item's first sentence. */
  item?: number;
  /** Sentences that it cannot be read without, in reading order: a list's lead-in, a table's first row, an item's beginning. */
  needs: number[];
  /** Ends as a sentence, or is an item, a row or a long line: not a caption, nor a lead-in without its list. */
  whole: boolean;
}

interface Item {
  /** Index of the sentence that it begins with. */
  first: number;
  indent: number;
  number?: number;
}

const SHORT_LINE = 60;
/** A lead-in of fewer letters leads nowhere. */
const LEAST_LEAD = 8;
const ENDS = /[.!?…。！？；)"'”’」』）]$/;
const LEADS = /[:：]$/;
const POINTS = /\b(?:following|below|as follows|these|folgende[nrs]?|wie folgt)\b|以下|下列|如下/iu;

/** The places of a passage's sentences. */
export function sentencePlaces(passage: Passage): SentencePlace[] {
  const { plain, map, sentences } = readPassage(passage);
  const lines = sentences.map(({ start }) => lineAt(passage.text, map[start] ?? 0));
  const fenced = fencesOf(passage.text);
  const items = itemsOf(plain, sentences, lines);
  return sentences.map((sentence, i) => {
    const item = items[i];
    const row = isRow(sentence, lines[i]!);
    const code = !row && fenced.some(([from, to]) => lines[i]!.start > from && lines[i]!.start < to);
    const block = sentence.heading
      ? 'heading'
      : code
        ? 'code'
        : row
          ? 'table'
          : !item
            ? 'paragraph'
            : item.number === undefined
              ? 'bullet'
              : 'step';
    const needs = row
      ? headerOf(passage.text, sentences, lines, i)
      : item
        ? neededByItem(sentences, items, i)
        : code
          ? leadIn(sentences, i - 1)
          : [];
    const whole =
      (sentence.text.length > SHORT_LINE && !LEADS.test(sentence.text)) || ENDS.test(sentence.text) || row || item !== undefined;
    return {
      block,
      needs,
      whole,
      ...(item ? { item: item.first } : {}),
      ...(item?.number !== undefined && item.first === i ? { step: item.number } : {}),
    };
  });
}

interface Line {
  start: number;
  /** Up to the sentence. */
  before: string;
  end: number;
}

function lineAt(source: string, at: number): Line {
  const start = source.lastIndexOf('\n', at - 1) + 1;
  const end = source.indexOf('\n', at);
  return { start, before: source.slice(start, at), end: end < 0 ? source.length : end };
}

/** The item that each sentence belongs to. */
function itemsOf(plain: string, sentences: ReadSentence[], lines: Line[]): (Item | undefined)[] {
  const items: (Item | undefined)[] = [];
  sentences.forEach((sentence, i) => {
    const mark = /^((?:\s|>)*)(?:[-*+•]|(\d{1,3})[.)])[ \t]+(?:\[[ xX]\][ \t]+)?[^\p{L}\p{N}]*$/u.exec(lines[i]!.before);
    if (mark && !sentence.heading) {
      const indent = mark[1]!.replaceAll('\t', '    ').length;
      items.push({ first: i, indent, ...(mark[2] === undefined ? {} : { number: numberOf(Number(mark[2]), indent, items) }) });
      return;
    }
    const before = items[i - 1];
    // A blank line, a heading and a row end an item.
    const goesOn =
      before &&
      !sentence.heading &&
      !isRow(sentence, lines[i]!) &&
      !/\n[^\S\n]*\n/.test(plain.slice(sentences[i - 1]!.end, sentence.start));
    items.push(goesOn ? before : undefined);
  });
  return items;
}

/** Items count on from the first of their list, whatever is written (CommonMark 5.3). */
function numberOf(written: number, indent: number, before: (Item | undefined)[]): number {
  for (let at = before.length - 1; at >= 0; at--) {
    const item = before[at];
    if (!item || item.indent < indent) break;
    if (item.indent === indent) return item.number === undefined ? written : item.number + 1;
  }
  return written;
}

function neededByItem(sentences: ReadSentence[], items: (Item | undefined)[], index: number): number[] {
  const { first, indent } = items[index]!;
  const own = first < index ? [first] : [];
  for (let at = first - 1; at >= 0; at--) {
    const item = items[at];
    if (!item) return [...leadIn(sentences, at), ...own];
    if (item.indent < indent) return [...neededByItem(sentences, items, item.first), item.first, ...own];
  }
  return own;
}

/** The line above a list or code, when it leads in, or the heading straight above. */
function leadIn(sentences: ReadSentence[], at: number): number[] {
  const above = sentences[at];
  if (!above || above.text.length < LEAST_LEAD) return above?.heading ? [at] : [];
  return above.heading || LEADS.test(above.text) || POINTS.test(above.text) ? [at] : [];
}

function isRow({ text }: ReadSentence, line: Line): boolean {
  return / \| /.test(text) || /^\s*\|/.test(line.before);
}

/** A table's first row, when it is its head: a table that was cut begins with any row. */
function headerOf(source: string, sentences: ReadSentence[], lines: Line[], index: number): number[] {
  let first = index;
  while (first > 0 && isRow(sentences[first - 1]!, lines[first - 1]!)) first--;
  if (first === index) return [];
  const next = source.slice(lines[first]!.end + 1).split('\n', 1)[0]!;
  return first > 0 || /^[\s|:-]*-[\s|:-]*$/.test(next) ? [first] : [];
}

/** Ranges of fenced code, from the opening line's start to the closing line's. */
function fencesOf(source: string): [number, number][] {
  const ranges: [number, number][] = [];
  let open: { at: number; mark: string } | undefined;
  for (const match of source.matchAll(/^[ \t]*(```|~~~)/gm)) {
    if (!open) open = { at: match.index, mark: match[1]! };
    else if (match[1] === open.mark) {
      ranges.push([open.at, match.index]);
      open = undefined;
    }
  }
  if (open) ranges.push([open.at, source.length]);
  return ranges;
}
