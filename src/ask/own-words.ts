/**
 * A question in the knowledge base's own words: misspelt words corrected, acronyms and second names that documents define
 * and the admin's glossary added, for search by words and by meaning. What a document defines holds for its readers alone.
 */
import type { Catalog } from '../catalog/database.ts';
import { findGlossary } from '../catalog/glossary.ts';
import { findTerms, knownWords } from '../catalog/terms.ts';
import { keyTokens, type KeyToken } from '../own-words.ts';
import { analyzeQuery, detectLanguage, type QueryTerms } from '../search/analyzer.ts';
import { stopWordsOf } from '../search/languages.ts';
import type { SearchIndex } from '../search/search-index.ts';
import { correctSpelling } from './spelling.ts';

/** One change to what is searched: `said` as it stands in the question, `meant` as it was searched for beside. */
export interface Note {
  kind: 'acronym' | 'alias' | 'glossary' | 'spelling';
  said: string;
  meant: string;
}

export interface ExtendedQuestion {
  /** For search by words: the question's own, and corrected ones. */
  words: QueryTerms;
  /** For search by words: the question with one thing or all things said in the other way; none without notes. */
  readings: QueryTerms[];
  /** For search by meaning: corrected, with what is meant in brackets behind what was said. */
  meaning: string;
  /** The question as the documents would put it: everything said replaced by what is meant. The question itself without notes. */
  reading: string;
  notes: Note[];
}

export interface ExtendInput {
  text: string;
  /** Of the documents, most common first. */
  languages: string[];
  readerSets: number[];
  /** Documents whose definitions are left aside. */
  exceptDocuments?: string[];
}

export interface ExtendDeps {
  db: Catalog;
  index: SearchIndex;
}

/** Other readings of a question that are searched for, each a search of its own. */
const MOST_READINGS = 4;
/** A name is this many words, or Han characters, at most. */
const NAME_WORDS = 7;
const NAME_HAN = 10;
const MOST_MEANT = 2;
const MOST_SYNONYMS = 4;
const MOST_NOTES = 8;
/** Longer questions are looked up this far. */
const CHARACTERS = 1_000;

/** Extends a question by what its readers' documents and the glossary know. A question without such words comes back as it is. */
export async function extendQuestion(input: ExtendInput, deps: ExtendDeps, signal: AbortSignal): Promise<ExtendedQuestion> {
  const { text, languages } = input;
  const plain: ExtendedQuestion = { words: analyzeQuery(text, languages), readings: [], meaning: text, reading: text, notes: [] };
  if (text.trim() === '' || input.readerSets.length === 0) return plain;
  const head = text.slice(0, CHARACTERS);
  const language = detectLanguage(head, languages);
  const corrections = await correctSpelling({ text: head, language, languages, readerSets: input.readerSets }, deps, signal);
  const corrected = replaceAll(
    text,
    corrections.map(({ start, end, meant }) => ({ start, end, by: meant })),
  );
  const additions = await additionsTo(corrected, language, input, deps);
  if (corrections.length + additions.length === 0) return plain;
  let words = plain.words;
  for (const { meant } of corrections) words = withTerms(words, analyzeQuery(meant, languages));
  return {
    words,
    readings: readingsOf(corrected, additions).map((reading) => analyzeQuery(reading, languages)),
    meaning: replaceAll(
      corrected,
      additions.map(({ start, end, meant }) => ({ start, end, by: `${corrected.slice(start, end)} (${meant.join(', ')})` })),
    ),
    reading: replaceAll(
      corrected,
      additions.map(({ start, end, meant }) => ({ start, end, by: meant[0]! })),
    ),
    notes: [
      ...corrections.map(({ said, meant }): Note => ({ kind: 'spelling', said, meant })),
      ...additions.flatMap(({ kind, start, end, meant }) =>
        meant.map((one): Note => ({ kind, said: corrected.slice(start, end), meant: one })),
      ),
    ],
  };
}

/** All things said in the other way; then each alone, in each way that it may be meant. */
function readingsOf(text: string, additions: Addition[]): string[] {
  const readings = new Set<string>();
  const say = (changes: Addition[], meant: (one: Addition) => string): void => {
    readings.add(
      replaceAll(
        text,
        changes.map((one) => ({ start: one.start, end: one.end, by: meant(one) })),
      ),
    );
  };
  if (additions.length > 0) say(additions, (one) => one.meant[0]!);
  for (const addition of additions) for (const meant of addition.meant) say([addition], () => meant);
  return [...readings].slice(0, MOST_READINGS);
}

interface Addition {
  kind: Exclude<Note['kind'], 'spelling'>;
  start: number;
  end: number;
  /** One or more, the likeliest first. */
  meant: string[];
}

/** What the names in a text mean, longest names first, no two over the same words. */
async function additionsTo(text: string, language: string, input: ExtendInput, deps: ExtendDeps): Promise<Addition[]> {
  const names = namesIn(text);
  if (names.length === 0) return [];
  const keys = [...new Set(names.map((name) => name.key))];
  const [glossary, terms] = await Promise.all([
    findGlossary(deps.db, keys),
    findTerms(deps.db, {
      keys,
      readerSets: input.readerSets,
      ...(input.exceptDocuments ? { exceptDocuments: input.exceptDocuments } : {}),
    }),
  ]);
  if (glossary.length + terms.length === 0) return [];
  const shouted = text === text.toUpperCase();
  const ordinary = await ordinaryWords(names, language, input, deps);
  const said = new Set(keys);
  const additions: Addition[] = [];
  for (const name of names.toSorted((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start)) {
    if (additions.length === MOST_NOTES || additions.some((one) => name.start < one.end && one.start < name.end)) continue;
    const meant = new Map<string, string>();
    let kind: Addition['kind'] = 'glossary';
    // "it" is no "IT", unless it is written so.
    const written = !shouted && isInCapitals(name.text);
    if (written || !ordinary.stops.has(name.key)) {
      for (const { entry } of glossary.filter((one) => one.keys.includes(name.key)))
        for (const other of [entry.term, ...entry.synonyms]) if (meant.size < MOST_SYNONYMS) keep(other, name.key, meant);
    }
    if (meant.size === 0) {
      for (const term of terms) {
        if (meant.size >= MOST_MEANT) break;
        const fromShort = term.shortKey === name.key;
        if (fromShort ? !written && (ordinary.stops.has(name.key) || ordinary.said.has(name.key)) : term.longKey !== name.key) continue;
        if (said.has(fromShort ? term.longKey : term.shortKey)) continue;
        if (meant.size === 0) kind = term.kind;
        keep(fromShort ? term.long : term.short, name.key, meant);
      }
    }
    if (meant.size > 0) additions.push({ kind, start: name.start, end: name.end, meant: [...meant.values()] });
  }
  return additions.sort((a, b) => a.start - b.start);
}

/** Keeps another name once, whatever its spelling. */
function keep(other: string, saidKey: string, meant: Map<string, string>): void {
  const key = keyTokens(other)
    .map((token) => token.key)
    .join(' ');
  if (key !== '' && key !== saidKey && !meant.has(key)) meant.set(key, other);
}

interface Name {
  start: number;
  end: number;
  text: string;
  key: string;
  han: boolean;
}

/** Every run of words that may be a name: neighbours with no mark between them; of Han characters every run within. */
function namesIn(text: string): Name[] {
  const tokens = keyTokens(text.slice(0, CHARACTERS));
  const names: Name[] = [];
  const add = (start: number, end: number, key: string, han: boolean): void => {
    names.push({ start, end, text: text.slice(start, end), key, han });
  };
  tokens.forEach((token, i) => {
    if (token.han) {
      for (let from = 0; from < token.key.length; from++)
        for (let size = 2; size <= Math.min(NAME_HAN, token.key.length - from); size++)
          add(token.start + from, token.start + from + size, token.key.slice(from, from + size), true);
      return;
    }
    let key = '';
    for (let j = i; j < Math.min(tokens.length, i + NAME_WORDS); j++) {
      const next: KeyToken = tokens[j]!;
      if (next.han || (j > i && !/^(?:[ \t\u00a0]{1,3}|[-‐‑/]|\s?&\s?)$/u.test(text.slice(tokens[j - 1]!.end, next.start)))) break;
      key = key === '' ? next.key : `${key} ${next.key}`;
      add(token.start, next.end, key, false);
    }
  });
  return names;
}

/** `PTO`, `R&D`, `SLAs`; one letter tells nothing. */
function isInCapitals(text: string): boolean {
  const plain = text.replace(/s$/, '');
  return plain.length > 1 && plain === plain.toUpperCase() && plain !== plain.toLowerCase();
}

/** Keys of single words that are ordinary words too: stop words, and those that the documents say in small letters. */
async function ordinaryWords(
  names: Name[],
  language: string,
  input: ExtendInput,
  deps: ExtendDeps,
): Promise<{ stops: Set<string>; said: Set<string> }> {
  const single = names.filter((name) => !name.han && !name.key.includes(' '));
  const known = await knownWords(deps.db, [...new Set(single.map((name) => name.text.toLowerCase()))], input.readerSets);
  const lists = [stopWordsOf(language), stopWordsOf('en')];
  const ordinary = { stops: new Set<string>(), said: new Set<string>() };
  for (const { text, key } of single) {
    const words = [text.toLowerCase(), key];
    if (words.some((word) => lists.some((list) => list.has(word)))) ordinary.stops.add(key);
    if (words.some((word) => known.has(word))) ordinary.said.add(key);
  }
  return ordinary;
}

/** Terms beside those there are. */
function withTerms(to: QueryTerms, more: QueryTerms): QueryTerms {
  const there = new Set(to.terms.map(({ term }) => term));
  return { terms: [...to.terms, ...more.terms.filter(({ term }) => !there.has(term))], pairs: [...to.pairs, ...more.pairs] };
}

/** @param changes in order, not over one another */
function replaceAll(text: string, changes: { start: number; end: number; by: string }[]): string {
  let out = '';
  let at = 0;
  for (const { start, end, by } of changes) {
    out += text.slice(at, start) + by;
    at = end;
  }
  return out + text.slice(at);
}
