/**
 * Words as the index knows them, the same for documents and queries, in front of every search driver:
 * NFKC, lower case, Traditional folded to Simplified, `Intl.Segmenter` words and Han bigrams where a script has no
 * spaces, stop words left out, stems, identifiers whole and by part.
 */
import { detectLanguage, foldHan, stemOf, stopWordsOf } from './languages.ts';

export { detectLanguage } from './languages.ts';

/** Rises with any change that makes old terms differ from new ones: the index is then rebuilt. */
export const ANALYZER_VERSION = '2';

/** A passage as its terms in reading order, each field joined by one space (a term holds no white space). */
export interface PassageTerms {
  title: string;
  heading: string;
  text: string;
}

/** A query as its terms (256 at most in each language). Pairs are neighbours in the query. */
export interface QueryTerms {
  /** Distinct; `weight` is how often it stands; less for what is only part of a word. */
  terms: { term: string; weight: number }[];
  pairs: { first: string; second: string }[];
}

/** Longer terms (hashes, base64, addresses with queries) are of no use to a person. */
const LONGEST_TERM = 64;
/** What a query is cut to: whoever pastes 40,000 characters is understood from the first of them. */
const QUERY_CHARACTERS = 8_000;
const QUERY_TERMS = 256;
const QUERY_LANGUAGES = 4;
/** Of two characters that are no word, as of two words that are neighbours (bm25.ts). */
const PART_WEIGHT = 0.3;
const UNSPACED_LANGUAGES = new Set(['zh', 'ja', 'th', 'lo', 'km', 'my']);

const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー々〆';
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

/** One word of a text: how it is found, and what it is worth. */
interface Word {
  term: string;
  /** As it was written, in lower case. */
  lower: string;
  stop: boolean;
  /** Two characters of a longer word, or of two words: they help where words are cut apart in another way. */
  part: boolean;
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
  const asked = detectLanguage(cut, languages);
  const weights = new Map<string, number>();
  const pairs = new Map<string, { first: string; second: string }>();
  for (const language of new Set([asked, ...languages.slice(0, QUERY_LANGUAGES)].map(spacedLanguage))) {
    const words = contentOf(wordsOf(cut, language, asked)).slice(0, QUERY_TERMS);
    const counts = new Map<string, number>();
    words.forEach(({ term, part }, i) => {
      counts.set(term, (counts.get(term) ?? 0) + (part ? PART_WEIGHT : 1));
      const next = words[i + 1]?.term;
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
  return contentOf(wordsOf(text, spacedLanguage(language), stopLanguage)).map((word) => word.term);
}

function contentOf(words: Word[]): Word[] {
  const content = words.filter((word) => !word.stop);
  return content.length > 0 ? content : words;
}

/** Words with spaces between them in a text of a language that has none are taken for English. */
function spacedLanguage(language: string): string {
  return UNSPACED_LANGUAGES.has(language) ? 'en' : language;
}

/** @param language of the words with spaces between them; the others tell their language by their script */
function wordsOf(text: string, language: string, stopLanguage: string): Word[] {
  const words: Word[] = [];
  const otherStops = stopLanguage === language ? undefined : stopWordsOf(spacedLanguage(stopLanguage));
  const normal = text.normalize('NFKC');
  for (const [token] of normal.matchAll(TOKEN)) {
    if (FIRST_UNSPACED.test(token)) addUnspaced(token, words);
    else {
      for (const word of spacedWords(token, language)) words.push(otherStops?.has(word.lower) ? { ...word, stop: true } : word);
    }
  }
  return words;
}

/** Tokens seen before, by language: most of a text is words seen before. */
const seen = new Map<string, Map<string, Word[]>>();
const REMEMBERED_TOKENS = 50_000;

function spacedWords(token: string, language: string): Word[] {
  let known = seen.get(language);
  if (!known) seen.set(language, (known = new Map()));
  let words = known.get(token);
  if (!words) {
    words = PLAIN.test(token) ? plainWords(token, language) : compoundWords(token, language);
    if (known.size >= REMEMBERED_TOKENS) known.clear();
    known.set(token, words);
  }
  return words;
}

function wordOf(text: string, language: string): Word {
  const lower = text.toLowerCase();
  return { term: stemOf(lower, language), lower, stop: stopWordsOf(language).has(lower), part: false };
}

/** A plain word; a name in capitals within (`JavaScript`) is also found by its parts; `IT` and `US` are no stop words. */
function plainWords(token: string, language: string): Word[] {
  if (token.length > LONGEST_TERM) return [];
  const whole = wordOf(token, language);
  if (token.length === 1) return [whole];
  if (token === token.toUpperCase()) return [token.length <= 4 ? { ...whole, stop: false } : whole];
  const parts = token.split(CAMEL);
  if (parts.length === 1) return [whole];
  return [whole, ...parts.filter((part) => part.length > 1).map((part) => wordOf(part, language))];
}

/** What has figures, marks or an apostrophe within: contractions, amounts, identifiers, addresses, versions. */
function compoundWords(token: string, language: string): Word[] {
  const straight = token.replaceAll('’', "'");
  if (/^\p{L}+'\p{L}+$/u.test(straight)) {
    const [before, after] = straight.split("'") as [string, string];
    if (ELIDING.has(language)) return [wordOf(after, language)];
    if (language === 'en' && after === 't') return [{ ...wordOf(before.replace(/n$/i, '') || before, language), stop: true }];
    if (language === 'en' && /^(?:s|re|ve|ll|d|m)$/i.test(after)) return [wordOf(before, language)];
  }
  if (/^\p{N}+(?:,\p{N}{3})+(?:\.\p{N}+)?$/u.test(straight)) {
    const figure = straight.replaceAll(',', '');
    return [{ term: figure, lower: figure, stop: false, part: false }];
  }
  const parts = straight
    .replace(/'s$/i, '')
    .split(/[-,._/@:&'+#]+/)
    .filter((part) => part !== '');
  const whole = straight.replace(/'s$/i, '').toLowerCase().replaceAll(/[-,]/g, '');
  const words: Word[] = [];
  if (parts.length > 1) {
    // The figures of a version or a date are found as a whole; alone they would be found everywhere.
    for (const part of parts) if (part.length > 1 || !/\d/.test(part)) words.push(...plainWords(part, language));
  } else if (parts[0] !== undefined && parts[0].toLowerCase() !== whole) words.push(...plainWords(parts[0], language));
  if (whole.length <= LONGEST_TERM)
    words.push({ ...wordOf(whole, language), stop: parts.length === 1 && stopWordsOf(language).has(whole) });
  return words;
}

/** Words of a script without spaces, and each two neighbouring Han characters that are no word already. */
function addUnspaced(token: string, words: Word[]): void {
  const kana = KANA.test(token);
  const stops = stopWordsOf(kana ? 'ja' : 'zh');
  const run = kana ? token : foldHan(token);
  const pieces: string[] = [];
  for (const { segment } of SEGMENTER.segment(run)) pieces.push(segment);
  let start = 0;
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at]!;
    const stop = stops.has(piece);
    words.push({ term: kana ? foldHan(piece) : piece, lower: piece, stop, part: false });
    const end = start + piece.length;
    const next = pieces[at + 1];
    const last = stop || (next !== undefined && stops.has(next));
    for (let i = start; i < end; i++) {
      if (piece.length === 2 && i === start) continue;
      const two = run.slice(i, i + 2);
      if (TWO_HAN.test(two)) words.push({ term: kana ? foldHan(two) : two, lower: two, stop: i + 1 >= end ? last : stop, part: true });
    }
    start = end;
  }
}
