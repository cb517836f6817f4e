/**
 * A word of the question that stands nowhere is matched to the nearest word of the knowledge base. What is "nowhere" and what
 * is offered is judged by what the asker may read: a word of a closed document is neither known nor proposed.
 */
import type { Catalog } from '../catalog/database.ts';
import { knownWords, wordsAlike } from '../catalog/terms.ts';
import { LONGEST_WORD } from '../own-words.ts';
import { analyzeQuery } from '../search/analyzer.ts';
import { stopWordsOf } from '../search/languages.ts';
import type { SearchIndex } from '../search/search-index.ts';
import { editDistance } from './edit-distance.ts';
import { englishWords } from './english-words.ts';

/** A misspelt word of a question, with its place there. */
export interface Correction {
  start: number;
  end: number;
  /** As it was typed. */
  said: string;
  /** The nearest word, in lower case. */
  meant: string;
}

export interface SpellingInput {
  text: string;
  /** Of the question. */
  language: string;
  /** Of the documents, most common first. */
  languages: string[];
  readerSets: number[];
}

export interface SpellingDeps {
  db: Catalog;
  index: SearchIndex;
}

const SHORTEST = 4;
/** From this length on two letters may be wrong. */
const TWO_FROM = 8;
/** Words that are looked into: whoever writes another language or code would have all of them corrected. */
const MOST_LOOKED_INTO = 8;
const MOST_CORRECTED = 3;
const SLIP_FROM = 6;
const ENDING = 2;
const CANDIDATES_TRIED = 3;
const WORD =
  /(?<![\p{L}\p{N}\p{M}_@#/\\.-])[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}][\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{M}]*(?![\p{L}\p{N}\p{M}_@/\\]|[.:'’-][\p{L}\p{N}])/gu;
/** A capital tells a name, but at the beginning of a sentence, and in German. */
const SENTENCE_BEGINS = /(?:^|[.?!:\n])\s*["'“„«(¿¡]*$/u;
const CAPITALISED_NOUNS = new Set(['de']);

/**
 * Corrections in the order of the question, three at most. A question in a language that no document speaks has none, and
 * scripts that are not written in letters neither.
 */
export async function correctSpelling(input: SpellingInput, deps: SpellingDeps, signal: AbortSignal): Promise<Correction[]> {
  if (!input.languages.includes(input.language)) return [];
  const words = suspectsIn(input.text, input.language);
  if (words.length === 0) return [];
  const known = await knownWords(deps.db, [...new Set(words.map(({ word }) => word))], input.readerSets);
  const unknown = words.filter(({ word }) => !known.has(word));
  // Most words unknown: this is no misspelling, but another subject or language.
  if (unknown.length > MOST_LOOKED_INTO) return [];
  const corrections: Correction[] = [];
  const isWord = input.language === 'en' && unknown.length > 0 ? await englishWords() : undefined;
  for (const { word, start, end } of unknown) {
    if (corrections.length === MOST_CORRECTED) break;
    if (isWord?.(word)) continue;
    if (await stands(word, input, deps, signal)) continue;
    const meant = await nearest(word, input, deps, signal);
    if (meant !== undefined) corrections.push({ start, end, said: input.text.slice(start, end), meant });
  }
  return corrections;
}

interface Suspect {
  word: string;
  start: number;
  end: number;
}

/** Words that may be misspelt: no numbers, identifiers, acronyms or names, no stop words. */
function suspectsIn(text: string, language: string): Suspect[] {
  const suspects = new Map<string, Suspect>();
  const stops = stopWordsOf(language);
  for (const match of text.matchAll(WORD)) {
    const [typed] = match;
    if (typed.length < SHORTEST || typed.length > LONGEST_WORD) continue;
    const rest = typed.slice(1);
    if (rest !== rest.toLowerCase()) continue;
    const capital = typed[0] !== typed[0]!.toLowerCase();
    if (capital && !CAPITALISED_NOUNS.has(language) && !SENTENCE_BEGINS.test(text.slice(Math.max(0, match.index - 20), match.index)))
      continue;
    const word = typed.toLowerCase().normalize('NFC');
    if (stops.has(word) || suspects.has(word)) continue;
    suspects.set(word, { word, start: match.index, end: match.index + typed.length });
  }
  return [...suspects.values()];
}

/** Whether a passage that the asker may read has the word, in whatever inflection. */
async function stands(word: string, input: SpellingInput, deps: SpellingDeps, signal: AbortSignal): Promise<boolean> {
  const terms = analyzeQuery(word, [...new Set([input.language, ...input.languages])]);
  const { words } = await deps.index.search({ terms, kinds: ['passage'], readerSets: input.readerSets, limit: 1 }, signal);
  return words.length > 0;
}

async function nearest(word: string, input: SpellingInput, deps: SpellingDeps, signal: AbortSignal): Promise<string | undefined> {
  const most = word.length >= TWO_FROM ? 2 : 1;
  const lengths = Array.from({ length: 2 * most + 1 }, (_, i) => word.length - most + i).filter((length) => length >= SHORTEST);
  const { begins, ends } = intactParts(word);
  const alike = await wordsAlike(deps.db, {
    lengths,
    begins,
    ends,
    firsts: [word[0]!, `${word[1]}${word[0]}`],
    readerSets: input.readerSets,
  });
  const stops = stopWordsOf(input.language);
  // "waht" is "what": nothing that is looked for.
  for (const stop of stops) if (editDistance(word, stop, 1) === 1 && plausible(word, stop)) return undefined;
  const near: { word: string; distance: number; written: number }[] = [];
  for (const [other, written] of alike) {
    const distance = editDistance(word, other, most);
    if (distance > most || stops.has(other) || !plausible(word, other)) continue;
    if (input.language === 'en' || isSlip(word, other, distance)) near.push({ word: other, distance, written });
  }
  near.sort((a, b) => a.distance - b.distance || b.written - a.written || (a.word < b.word ? -1 : 1));
  for (const { word: other } of near.slice(0, CANDIDATES_TRIED)) if (await stands(other, input, deps, signal)) return other;
  return undefined;
}

/**
 * What one or two mistakes leave as it was, so that it can be looked up: with one mistake the first or the last half (the letter
 * between them stays out, for a swap touches two letters), with two the first or the last third, which holds but for one
 * mistake in each.
 */
function intactParts(word: string): { begins: string; ends: string } {
  const size = word.length >= TWO_FROM ? Math.max(3, Math.floor(word.length / 3)) : Math.floor((word.length - 1) / 2);
  const end = word.length >= TWO_FROM ? size : word.length - 1 - size;
  return { begins: word.slice(0, size), ends: word.slice(word.length - end) };
}

/**
 * Without a list of the language's words a strange word may be a right one: then only a letter too many, too few or swapped
 * with its neighbour counts, and none in the ending, where inflections differ.
 */
function isSlip(typed: string, other: string, distance: number): boolean {
  if (distance !== 1 || typed.length < SLIP_FROM) return false;
  const stem = Math.min(typed.length, other.length) - ENDING;
  if (typed.slice(0, stem) === other.slice(0, stem)) return false;
  return typed.length !== other.length || [...typed].sort().join('') === [...other].sort().join('');
}

/** Nobody mistakes the first letter, unless two are swapped; another one makes another word (dental, rental). */
function plausible(typed: string, other: string): boolean {
  return typed[0] === other[0] || (typed[0] === other[1] && typed[1] === other[0]);
}
