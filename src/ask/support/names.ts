/** Names: what is written with a capital, and in Chinese what is built like one. */
import type { Side } from './side.ts';
import type { Word } from './words.ts';
import { alike, flipped, surroundingsOf } from './side.ts';
import { stopWordsOf } from '../../search/languages.ts';

const CAPITAL = /^\p{Lu}/u;
const INNER_CAPITAL = /^[\p{L}\p{N}]+\p{Lu}|^\p{Ll}+\p{Lu}/u;
const NOT_NAMES = new Set('i yes no ok note tip warning faq'.split(' '));

/** Indexes of the words that are names or parts of names. */
export function nameIndexes(side: Side): number[] {
  const { words } = side;
  const stops = stopWordsOf('en');
  const found: number[] = [];
  words.forEach((word, i) => {
    if (word.kind !== 'word' || side.counted[i] || NOT_NAMES.has(word.lower)) return;
    if (INNER_CAPITAL.test(word.raw)) return void found.push(i);
    if (!CAPITAL.test(word.raw)) return;
    // German writes every noun with a capital: only what no stem of the evidence explains is looked at, by the caller.
    if (stops.has(word.lower) || word.raw.length < 2) return;
    found.push(i);
  });
  return found;
}

/** Whether this word begins a sentence, where a capital says nothing. */
function begins(words: Word[], index: number): boolean {
  const before = words[index - 1];
  return (
    before === undefined ||
    before.sentence !== words[index]!.sentence ||
    (before.kind === 'mark' && /["(:]/.test(before.raw) && (words[index - 2] === undefined || before.raw === ':'))
  );
}

function bare(word: Word): string {
  return word.lower.replace(/'s?$/, '');
}

function stands(word: Word, side: Side): boolean {
  const plain = bare(word);
  return (
    side.lowers.has(plain) ||
    side.keys.has(word.key) ||
    side.quantities.some((other) => other.kind === 'identifier' && other.value.split(/[^\p{L}\p{N}]+/u).includes(plain))
  );
}

export interface NameEvidence {
  quotes: Side;
  /** Title and heading path. */
  frame: Side;
  /** What the passage says before the quotes. */
  before: Side;
  /** The whole passage. */
  passage: Side;
  question: Side;
}

/** Whether a name of the claim stands nowhere it may come from, or stands where the evidence has another. */
export function nameFault(claim: Side, evidence: NameEvidence, sameLanguage: boolean): boolean {
  const { quotes, frame, before, passage, question } = evidence;
  const names = nameIndexes(claim);
  const claimNames = new Set(names.map((i) => bare(claim.words[i]!)));
  const quoteNames = sameLanguage ? nameIndexes(quotes) : [];
  const isClaimName = (i: number): boolean => names.includes(i);
  const isQuoteName = (i: number): boolean => quoteNames.includes(i);
  for (const i of names) {
    const word = claim.words[i]!;
    if (!sameLanguage && !latinComparable(word, quotes)) continue;
    const inQuotes = stands(word, quotes);
    const near = inQuotes || stands(word, frame) || stands(word, before) || (stands(word, question) && stands(word, passage));
    if (!near) {
      const partOfName =
        names.includes(i - 1) ||
        names.includes(i + 1) ||
        INNER_CAPITAL.test(word.raw) ||
        (word.raw.length > 1 && word.raw === word.raw.toUpperCase());
      if (!begins(claim.words, i) || partOfName) {
        if (claim.language === 'de' && !partOfName) continue;
        return true;
      }
    }
    if (!sameLanguage || quoteNames.length === 0) continue;
    if (begins(claim.words, i) && commonHere(word, quotes)) continue;
    if (displaced(i, near && inQuotes)) return true;
  }
  return false;

  /** In these surroundings the evidence has another name. */
  function displaced(index: number, inQuotes: boolean): boolean {
    const word = claim.words[index]!;
    const around = surroundingsOf(claim, word.start, word.end, isClaimName);
    const turned = voiceDiffers(claim, quotes) ? flipped(around) : undefined;
    const fits = (j: number): number => {
      const there = surroundingsOf(quotes, quotes.words[j]!.start, quotes.words[j]!.end, isQuoteName);
      return turned ? Math.max(alike(turned, there), 0.8 * alike(around, there)) : alike(around, there);
    };
    let here = 0;
    if (inQuotes)
      quotes.words.forEach((other, j) => other.kind === 'word' && bare(other) === bare(word) && (here = Math.max(here, fits(j))));
    const threshold = inQuotes ? here * 1.4 + 0.2 : stands(word, frame) ? 0.75 : 0.55;
    for (const j of quoteNames) {
      const other = quotes.words[j]!;
      if (bare(other) === bare(word)) continue;
      // The other name is part of this one ("Jane Smith"), or the claim says it as well.
      if (sameName(quotes, j, bare(word)) || (!inQuotes && claimNames.has(bare(other)))) continue;
      if (begins(quotes.words, j) && (!CAPITALISED_TWICE(quotes, j) || commonHere(other, claim))) continue;
      if (fits(j) > threshold) return true;
    }
    return false;
  }
}

/** Whether a text has the word, or another form of it, in lower case: its capital is the sentence's. */
function commonHere(word: Word, side: Side): boolean {
  return side.words.some((other) => other.kind === 'word' && other.key === word.key && !CAPITAL.test(other.raw));
}

/** A capital at a sentence's beginning is a name when it is no plural, no -ing and no known common word. */
function CAPITALISED_TWICE(side: Side, index: number): boolean {
  const word = side.words[index]!;
  return (
    side.words.some((other, j) => j !== index && other.lower === word.lower && CAPITAL.test(other.raw) && !begins(side.words, j)) ||
    !/(?:s|ing|ed|ly|tion|ment)$/.test(bare(word))
  );
}

/** Whether `plain` is a word of the same run of capitals as the word at `index`. */
function sameName(side: Side, index: number, plain: string): boolean {
  for (const step of [-1, 1]) {
    for (let i = index + step; i >= 0 && i < side.words.length; i += step) {
      const word = side.words[i]!;
      if (word.kind !== 'word' || !(CAPITAL.test(word.raw) || /^(?:of|the|de|van|von|and|&|for)$/.test(word.lower))) break;
      if (bare(word) === plain) return true;
    }
  }
  return false;
}

const PASSIVE =
  /\b(?:is|are|was|were|be|been|being|gets?|got)\b(?: \w+){0,2}? (?:\w+(?:ed|en|wn|ung|ade|eld|aid|old|ilt|ent|ught|ost|ound|ut|et)\b)(?: \w+){0,4}? by\b/i;

function voiceDiffers(a: Side, b: Side): boolean {
  return PASSIVE.test(a.text) !== PASSIVE.test(b.text);
}

/** Across languages only what is written in Latin letters there too can be compared; acronyms always. */
function latinComparable(word: Word, quotes: Side): boolean {
  if (quotes.language !== 'zh' && quotes.language !== 'ja' && quotes.language !== 'ko') return true;
  if (TRANSLATED.has(word.raw) || /^(?:Mc|Mac|Des?|Di|Du|La|Le|Van|O')\p{Lu}/u.test(word.raw)) return false;
  return INNER_CAPITAL.test(word.raw) || (word.raw.length > 1 && word.raw === word.raw.toUpperCase());
}

/** Abbreviations that have a word of their own in Chinese. */
const TRANSLATED = new Set('US USA UK EU UN USSR LA NYC MP MPs HMS TV VP HR IT ID CEO CFO CTO AD BC OK'.split(' '));
