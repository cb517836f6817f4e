/**
 * Words as the index knows them, the same for documents and queries, in front of every search driver:
 * NFKC, lower case, Traditional folded to Simplified, `Intl.Segmenter` words and Han bigrams where a script has no
 * spaces, stop words left out, stems, identifiers whole and by part.
 */
import { detectLanguage, foldHan, stemOf, stopWordsOf } from './languages.ts';

export { detectLanguage } from './languages.ts';

/** Rises with any change that makes old terms differ from new ones: the index is then rebuilt. */
export const ANALYZER_VERSION = '1';

/** A passage as its terms in reading order, each field joined by one space (a term holds no white space). */
export interface PassageTerms {
  title: string;
  heading: string;
  text: string;
}

/** A query as its terms. Pairs are neighbours in the query. */
export interface QueryTerms {
  /** Distinct; `weight` is 1 for a word that stands once. */
  terms: { term: string; weight: number }[];
  pairs: { first: string; second: string }[];
}

/** Longer terms (hashes, base64, addresses with queries) are of no use to a person. */
const LONGEST_TERM = 64;
/** What a query is cut to: whoever pastes 40,000 characters is understood from the first of them. */
const QUERY_CHARACTERS = 8_000;
const QUERY_TERMS = 256;

const UNSPACED = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー々〆';
const TOKEN = new RegExp(
  `[${UNSPACED}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+(?:(?:[-._/@:&'’]|(?<=[\\p{L}\\p{N}])_+|(?<=\\p{N}),(?=\\p{N}))(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+)*(?:[+#]{1,2}(?![\\p{L}\\p{N}]))?|_+(?:[\\p{L}\\p{N}\\p{M}_])+`,
  'gu',
);
const FIRST_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u');
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const TWO_HAN = /^\p{Script=Han}{2}$/u;
const PLAIN = /^[A-Za-z]+$/;
const SEGMENTER = new Intl.Segmenter('zh', { granularity: 'word' });
const CAMEL = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
/** Languages in which what stands before an apostrophe is a word of its own (l'entreprise, dell'azienda). */
const ELIDING = new Set(['fr', 'it', 'ca']);

/** One word of a text: how it is found, and whether it is a stop word. */
interface Word {
  term: string;
  stop: boolean;
}

/** All terms of a passage. `language` is the document's, a BCP 47 primary subtag. */
export function analyzePassage(passage: { title: string; headingPath: string[]; text: string }, language: string): PassageTerms {
  return {
    title: termsOf(passage.title, language).join(' '),
    heading: passage.headingPath.flatMap((heading) => termsOf(heading, language)).join(' '),
    text: termsOf(passage.text, language).join(' '),
  };
}

/**
 * Any text as a query; text without a word gives no terms.
 * @param languages those of the index's documents, most common first: a word is looked for under its stem in each
 */
export function analyzeQuery(text: string, languages: string[]): QueryTerms {
  const cut = text.slice(0, QUERY_CHARACTERS);
  const asked = detectLanguage(cut, languages.length > 0 ? languages : undefined);
  const weights = new Map<string, number>();
  const pairs = new Map<string, { first: string; second: string }>();
  for (const language of new Set([asked, ...languages.slice(0, 4)])) {
    const terms = termsOf(cut, language, asked).slice(0, QUERY_TERMS);
    const counts = new Map<string, number>();
    terms.forEach((term, i) => {
      counts.set(term, (counts.get(term) ?? 0) + 1);
      const next = terms[i + 1];
      if (next !== undefined && next !== term) pairs.set(`${term} ${next}`, { first: term, second: next });
    });
    for (const [term, count] of counts) weights.set(term, Math.max(weights.get(term) ?? 0, count));
  }
  return { terms: [...weights].map(([term, weight]) => ({ term, weight })), pairs: [...pairs.values()] };
}

/**
 * The terms of a text in reading order (stems, Han words and bigrams, identifiers whole and by part), without stop
 * words unless the text has nothing else ("Who we are").
 * @param stopLanguage whose stop words are left out beside those of `language`
 */
export function termsOf(text: string, language: string, stopLanguage: string = language): string[] {
  const words = wordsOf(text, language, stopLanguage);
  const content = words.filter((word) => !word.stop);
  return (content.length > 0 ? content : words).map((word) => word.term);
}

function wordsOf(text: string, language: string, stopLanguage: string): Word[] {
  const words: Word[] = [];
  const stops = stopWordsOf(language);
  const otherStops = stopWordsOf(stopLanguage);
  const add = (word: string): void => {
    const lower = word.toLowerCase();
    if (lower.length > LONGEST_TERM) return;
    words.push({ term: stemOf(lower, language), stop: stops.has(lower) || otherStops.has(lower) });
  };
  for (const [token] of text.normalize('NFKC').matchAll(TOKEN)) {
    if (PLAIN.test(token)) addPlain(token, add, words);
    else if (FIRST_UNSPACED.test(token)) addUnspaced(token, stops, words);
    else addCompound(token, language, add, words);
  }
  return words;
}

/** A plain word; a name in capitals within (`JavaScript`) is also found by its parts; `IT` and `US` are no stop words. */
function addPlain(token: string, add: (word: string) => void, words: Word[]): void {
  add(token);
  if (token.length === 1 || token.length > LONGEST_TERM) return;
  if (token === token.toUpperCase()) {
    if (token.length <= 4) words.at(-1)!.stop = false;
    return;
  }
  const parts = token.split(CAMEL);
  if (parts.length > 1) for (const part of parts) if (part.length > 1) add(part);
}

/** Words of a script without spaces, and each two neighbouring Han characters that are no word already. */
function addUnspaced(token: string, stops: Set<string>, words: Word[]): void {
  const kana = KANA.test(token);
  const run = kana ? token : foldHan(token);
  const segments = [...SEGMENTER.segment(run)];
  segments.forEach(({ segment, index }, at) => {
    const stop = stops.has(segment);
    words.push({ term: kana ? foldHan(segment) : segment, stop });
    const next = segments[at + 1]?.segment;
    for (let i = index; i < index + segment.length; i++) {
      const two = run.slice(i, i + 2);
      if (two === segment || !TWO_HAN.test(two)) continue;
      const across = i + 1 >= index + segment.length;
      words.push({ term: kana ? foldHan(two) : two, stop: stop || (across && next !== undefined && stops.has(next)) });
    }
  });
}

function addCompound(token: string, language: string, add: (word: string) => void, words: Word[]): void {
  const straight = token.replaceAll('’', "'");
  if (/^\p{L}+'\p{L}+$/u.test(straight)) {
    const [before, after] = straight.split("'") as [string, string];
    if (ELIDING.has(language)) {
      add(after);
      return;
    }
    if (language === 'en') {
      add(after === 't' ? before.replace(/n$/i, '') || before : before);
      if (after === 't' || /^(?:s|re|ve|ll|d|m)$/i.test(after)) {
        if (after === 't') words.at(-1)!.stop = true;
        return;
      }
      add(after);
      return;
    }
  }
  if (/^\p{N}+(?:,\p{N}{3})+(?:\.\p{N}+)?$/u.test(straight)) {
    words.push({ term: straight.replaceAll(',', ''), stop: false });
    return;
  }
  const parts = straight.split(/[-,._/@:&'+#]+/).filter((part) => part !== '');
  const whole = straight.toLowerCase().replaceAll(/[-,]/g, '');
  if (parts.length > 1) {
    // The figures of a version or a date are found as a whole; alone they would be found everywhere.
    for (const part of parts) if (part.length > 1 || !/\d/.test(part)) addPlain(part, add, words);
  } else if (parts[0] !== undefined && parts[0].toLowerCase() !== whole) addPlain(parts[0], add, words);
  if (whole.length <= LONGEST_TERM) words.push({ term: stemOf(whole, language), stop: false });
}
