/** Where a quote stands in a passage, so that what is shown is always the passage's own text. */
import { splitSentences } from '../passage-text.ts';
import { termsOf } from '../search/analyzer.ts';
import type { Language } from '../types.ts';
import { foldWithPlaces, type PlacedText } from './support/fold.ts';

export interface QuotePlace {
  /** `passage.slice(start, end)` is what the passage says. */
  start: number;
  end: number;
  /** Whether the quote agrees character by character. */
  exact: boolean;
}

const ELLIPSIS = /\s*(?:\[?(?:…+|⋯+|\.{3,})\]?)\s*/u;
const OPENING = /^["'([{<《「『*_`\s-]+/u;
const CLOSING = /["')\]}>》」』*_`\s.,;:!?。，；：！？、…-]+$/u;
/** A quote of fewer words (or Han characters) says too little, unless it is a whole line, cell or sentence. */
const FEWEST_WORDS = 3;
const FEWEST_HAN = 4;
/** Each part around an ellipsis; the gap that it may stand for, in characters. */
const PART_WORDS = 3;
const PART_HAN = 5;
const WIDEST_GAP = 600;
const LONGEST_QUOTE = 4_000;

/**
 * Looks a quote up verbatim. White space, kinds of quote marks and dashes, the first letter's case, punctuation at the
 * ends, Unicode forms, Simplified and Traditional may differ; an ellipsis may stand for what lies between two parts.
 * @returns offsets into `passagePlain`, or undefined when it does not stand there or says too little
 */
export function locateQuote(quote: string, passagePlain: string): QuotePlace | undefined {
  if (quote.length > LONGEST_QUOTE) return undefined;
  const trimmed = quote.trim().replace(OPENING, '').replace(CLOSING, '');
  if (trimmed === '') return undefined;
  const passage = placed(passagePlain);
  const parts = trimmed.split(ELLIPSIS).filter((part) => part !== '');
  const found =
    find(foldWithPlaces(trimmed).text, passage, passagePlain, 0) ??
    (parts.length === 2 ? findParts(parts[0]!, parts[1]!, passage, passagePlain) : undefined);
  if (!found) return undefined;
  const start = passage.starts[found.from]!;
  const end = passage.ends[found.to - 1]!;
  if (!saysEnough(trimmed, FEWEST_WORDS, FEWEST_HAN) && !isWholePiece(passagePlain, start, end)) return undefined;
  return { start, end, exact: passagePlain.slice(start, end) === trimmed };
}

let lastPassage: { text: string; placed: PlacedText } | undefined;

/** The lines of one answer look in the same few passages again and again. */
function placed(text: string): PlacedText {
  if (lastPassage?.text !== text) lastPassage = { text, placed: foldWithPlaces(text) };
  return lastPassage.placed;
}

interface Span {
  from: number;
  to: number;
}

/** The first place, from `after` on, that begins and ends where words do. */
function find(needle: string, passage: PlacedText, plain: string, after: number): Span | undefined {
  if (needle === '') return undefined;
  const first = String.fromCodePoint(needle.codePointAt(0)!);
  const rest = needle.slice(first.length);
  const firsts = new Set([first, first.toLowerCase(), first.toUpperCase()].filter((form) => form.length === first.length));
  // A needle of one repeated character could be tried at every place: a bound keeps the search linear.
  let tries = 0;
  for (
    let at = passage.text.indexOf(rest, after + first.length);
    at >= 0 && tries < 200;
    at = passage.text.indexOf(rest, at + 1), tries++
  ) {
    const from = at - first.length;
    if (from < after || !firsts.has(passage.text.slice(from, at))) continue;
    const to = at + rest.length;
    if (onEdges(plain, passage.starts[from]!, passage.ends[to - 1]!)) return { from, to };
    if (rest === '') break;
  }
  return undefined;
}

function findParts(first: string, second: string, passage: PlacedText, plain: string): Span | undefined {
  if (!saysEnough(first, PART_WORDS, PART_HAN) || !saysEnough(second, PART_WORDS, PART_HAN)) return undefined;
  const head = find(foldWithPlaces(first.replace(CLOSING, '')).text, passage, plain, 0);
  const tail = head && find(foldWithPlaces(second.replace(OPENING, '')).text, passage, plain, head.to);
  if (!head || !tail || passage.starts[tail.from]! - passage.ends[head.to - 1]! > WIDEST_GAP) return undefined;
  return { from: head.from, to: tail.to };
}

const SPACED = /[\p{L}\p{N}]/u;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** "art" does not stand in "party"; scripts without spaces have no such edges. Figures always do. */
function onEdges(plain: string, start: number, end: number): boolean {
  const cut = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && SPACED.test(a) && SPACED.test(b) && !UNSPACED.test(a) && !UNSPACED.test(b);
  const figures = /[.,]/.test(plain[end] ?? '') && /\d/.test(plain[end - 1] ?? '') && /\d/.test(plain[end + 1] ?? '');
  return !cut(plain[start - 1], plain[start]) && !cut(plain[end - 1], plain[end]) && !figures;
}

function saysEnough(text: string, words: number, han: number): boolean {
  const hanCount = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
  if (hanCount >= han) return true;
  const count = text.match(/(?:(?!\p{Script=Han})[\p{L}\p{N}])+/gu)?.length ?? 0;
  return count + hanCount / 2 >= words;
}

/** A whole line, cell or sentence. */
function isWholePiece(plain: string, start: number, end: number): boolean {
  const before =
    /(?:^|[\n|])[\s\-*•>#\d.)]*$|[.!?。！？；:：]["'”’」』)\s]*$/u.test(plain.slice(Math.max(0, start - 40), start)) || start === 0;
  const after = /^["'”’」』)*_]*(?:\s*(?:\n|\||$)|[.!?。！？；])/u.test(plain.slice(end, end + 40));
  return before && after;
}

/** Neighbours join the best sentence only when they carry a good share of what it leaves open. */
const WORTH_JOINING = 0.25;

/**
 * For a line that gives only a passage's number: the sentence of the passage, or two neighbours, that carry it best.
 * @returns offsets into `passagePlain`; undefined when no sentence shares a term with it
 */
export function bestQuote(sentence: string, passagePlain: string, language: Language): QuotePlace | undefined {
  const wanted = new Set(termsOf(sentence, language));
  if (wanted.size === 0) return undefined;
  const ranges = splitSentences(passagePlain);
  const held = ranges.map(
    (range) => new Set(termsOf(passagePlain.slice(range.start, range.end), language).filter((term) => wanted.has(term))),
  );
  let best = -1;
  held.forEach((terms, i) => {
    if (terms.size > 0 && (best < 0 || terms.size > held[best]!.size)) best = i;
  });
  if (best < 0) return undefined;
  const gain = (i: number): number => (held[i] ? [...held[i]].filter((term) => !held[best]!.has(term)).length / wanted.size : 0);
  const neighbour = gain(best + 1) >= gain(best - 1) ? best + 1 : best - 1;
  const [from, to] = gain(neighbour) >= WORTH_JOINING ? [Math.min(best, neighbour), Math.max(best, neighbour)] : [best, best];
  return { start: ranges[from]!.start, end: ranges[to]!.end, exact: true };
}
