/**
 * The knowledge base's own words, as keys that a name is looked up by and as a vocabulary that misspelt words are held
 * against. Pure; the same for what documents define and what questions say.
 */
import { foldHan, stemOf } from './search/languages.ts';

/** One word of a text (or a run of Han characters), with its place and the key it is looked up by. */
export interface KeyToken {
  start: number;
  end: number;
  key: string;
  /** Han characters: names stand anywhere within. */
  han: boolean;
}

const JOINED = /\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{N}\p{M}])+(?:[&.'’](?:(?!\p{Script=Han})[\p{L}\p{N}\p{M}])+)*/gu;
const HAN = /^\p{Script=Han}/u;
const PLURAL_OF_CAPITALS = /^([\p{Lu}\p{N}&.]{2,})['’]?s$/u;
const POSSESSIVE = /['’]s$/u;
/** Shorter words are looked up as they stand: a stem of three letters is many words. */
const STEMMED_FROM = 4;
/** A word of the vocabulary: shorter ones are no use as a correction, longer ones are no words. */
export const SHORTEST_WORD = 3;
export const LONGEST_WORD = 24;
/** Scripts of letters in which a word with a letter too few is still read as that word. */
const WORD =
  /(?<![\p{L}\p{N}\p{M}_@#/])[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}][\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{M}]+(?![\p{L}\p{N}\p{M}_@])/gu;
const CAPITAL_WITHIN = /\p{L}\p{Lu}/u;

/** The tokens of a text in order: marks within a word (`R&D`, `U.S.`) are dropped, plurals and possessives are folded. */
export function keyTokens(text: string): KeyToken[] {
  const tokens: KeyToken[] = [];
  for (const match of text.matchAll(JOINED)) {
    const start = match.index;
    const end = start + match[0].length;
    if (HAN.test(match[0])) tokens.push({ start, end, key: foldHan(match[0]), han: true });
    else tokens.push({ start, end, key: wordKey(match[0]), han: false });
  }
  return tokens;
}

function wordKey(word: string): string {
  const plain = (PLURAL_OF_CAPITALS.exec(word)?.[1] ?? word.replace(POSSESSIVE, '')).normalize('NFKC');
  const lower = plain.replaceAll(/[&.'’]/g, '').toLowerCase();
  // One stemmer for every language: a key need only be the same on both sides.
  return lower.length < STEMMED_FROM ? lower : stemOf(lower, 'en');
}

/** What a name is looked up by: its words' keys with one space between; empty for a text without a word. */
export function lookupKey(name: string): string {
  return keyTokens(name.normalize('NFKC'))
    .map((token) => token.key)
    .join(' ');
}

/** The distinct words of a text in lower case, scripts of letters alone; those in capitals are acronyms, and left out. */
export function vocabularyOf(text: string, into: Set<string> = new Set()): Set<string> {
  for (const [word] of text.matchAll(WORD)) {
    if (word.length < SHORTEST_WORD || word.length > LONGEST_WORD || CAPITAL_WITHIN.test(word)) continue;
    into.add(word.toLowerCase().normalize('NFC'));
  }
  return into;
}
