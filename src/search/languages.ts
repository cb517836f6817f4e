/** What the analyzer knows of each language: its stop words, its stemmer, and how to tell it from others. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** Subtag → list of `stopword`, algorithm of `snowball-stemmers`. English is stemmed by Porter2. */
const KNOWN: Record<string, { stopList?: string; stemmer?: string }> = {
  ar: { stopList: 'ara', stemmer: 'arabic' },
  ca: { stopList: 'cat', stemmer: 'catalan' },
  cs: { stopList: 'ces', stemmer: 'czech' },
  da: { stopList: 'dan', stemmer: 'danish' },
  de: { stopList: 'deu', stemmer: 'german' },
  el: { stopList: 'ell' },
  en: { stopList: 'eng' },
  es: { stopList: 'spa', stemmer: 'spanish' },
  et: { stopList: 'est' },
  eu: { stopList: 'eus', stemmer: 'basque' },
  fa: { stopList: 'fas' },
  fi: { stopList: 'fin', stemmer: 'finnish' },
  fr: { stopList: 'fra', stemmer: 'french' },
  ga: { stopList: 'gle', stemmer: 'irish' },
  he: { stopList: 'heb' },
  hi: { stopList: 'hin' },
  hu: { stopList: 'hun', stemmer: 'hungarian' },
  hy: { stopList: 'hye', stemmer: 'armenian' },
  id: { stopList: 'ind' },
  it: { stopList: 'ita', stemmer: 'italian' },
  ja: { stopList: 'jpn' },
  ko: { stopList: 'kor' },
  nl: { stopList: 'nld', stemmer: 'dutch' },
  no: { stopList: 'nob', stemmer: 'norwegian' },
  pl: { stopList: 'pol' },
  pt: { stopList: 'por', stemmer: 'portuguese' },
  ro: { stopList: 'ron', stemmer: 'romanian' },
  ru: { stopList: 'rus', stemmer: 'russian' },
  sk: { stopList: 'slk' },
  sl: { stopList: 'slv', stemmer: 'slovene' },
  sv: { stopList: 'swe', stemmer: 'swedish' },
  th: { stopList: 'tha' },
  tr: { stopList: 'tur', stemmer: 'turkish' },
  uk: { stopList: 'ukr' },
  vi: { stopList: 'vie' },
  zh: { stopList: 'zho' },
};

/** Question words and auxiliaries that the package's lists leave out. */
const MORE_STOP_WORDS: Record<string, string> = {
  en: 'am does doing don done when why whose whom shall may just than so no nor not yes hers its itself myself ourselves themselves yourself yours theirs ours too until us ain isn aren wasn weren hasn haven hadn doesn didn won wouldn couldn shouldn mustn cannot please tell',
  zh: '哪些 哪里 哪个 什么 怎么 怎样 如何 为什么 为何 多少 几个 请问 可以 我们 你们 他们 她们 它们 它 以及 而 但 但是 因为 所以 如果 则 被 让 给 从 由 以 将 能 会 要 没 没有 吗 呀 这个 那个 这些 那些 一个 一种 是否',
};

const stopWords = new Map<string, Set<string>>();
const stemmers = new Map<string, (word: string) => string>();
const stems = new Map<string, Map<string, string>>();
/** Stems are remembered for speed; a vocabulary rarely has more words than this. */
const REMEMBERED_STEMS = 100_000;
const LETTERS = /^\p{L}[\p{L}\p{M}]*$/u;

/** The stop words of a language (lower case); empty for a language that is not known. */
export function stopWordsOf(language: string): Set<string> {
  let words = stopWords.get(language);
  if (!words) {
    const name = KNOWN[language]?.stopList;
    const lists = name ? (require('stopword') as Record<string, string[]>) : {};
    words = new Set((name && lists[name]) || []);
    for (const word of (MORE_STOP_WORDS[language] ?? '').split(' ')) if (word) words.add(word);
    stopWords.set(language, words);
  }
  return words;
}

function stemmerOf(language: string): (word: string) => string {
  let stem = stemmers.get(language);
  if (!stem) {
    const algorithm = KNOWN[language]?.stemmer;
    if (language === 'en') stem = require('wink-porter2-stemmer') as (word: string) => string;
    else if (algorithm) {
      const snowball = require('snowball-stemmers') as { newStemmer(name: string): { stem(word: string): string } };
      const stemmer = snowball.newStemmer(algorithm);
      stem = (word) => stemmer.stem(word);
    } else stem = (word) => word;
    stemmers.set(language, stem);
  }
  return stem;
}

/** The stem of one lower-case word; the word itself where the language has no stemmer. */
export function stemOf(word: string, language: string): string {
  let known = stems.get(language);
  if (!known) stems.set(language, (known = new Map()));
  let stem = known.get(word);
  if (stem === undefined) {
    // Porter2's code takes figures for its own marks.
    stem = (LETTERS.test(word) && stemmerOf(language)(word)) || word;
    if (known.size >= REMEMBERED_STEMS) known.clear();
    known.set(word, stem);
  }
  return stem;
}

let simplified: Map<string, string> | undefined;
let traditional = /(?!)/u;

/** Traditional characters to Simplified, one by one (OpenCC's TSCharacters, first choice); all else stays. */
export function foldHan(text: string): string {
  if (!simplified) {
    const { default: pairs } = require('opencc-js/dict/TSCharacters') as { default: string };
    simplified = new Map();
    for (const pair of pairs.split('|')) {
      const [from, to] = pair.split(' ');
      if (from && to) simplified.set(from, to);
    }
    traditional = new RegExp(`[${[...simplified.keys()].join('')}]`, 'gu');
  }
  return text.replace(traditional, (character) => simplified!.get(character) ?? character);
}

const HAN = /\p{Script=Han}/gu;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/gu;
const SCRIPTS: [RegExp, string][] = [
  [/\p{Script=Hangul}/gu, 'ko'],
  [/\p{Script=Thai}/gu, 'th'],
  [/\p{Script=Greek}/gu, 'el'],
  [/\p{Script=Hebrew}/gu, 'he'],
  [/\p{Script=Armenian}/gu, 'hy'],
  [/\p{Script=Devanagari}/gu, 'hi'],
];
const UNLIKE_LATIN = new Set(['zh', 'ja', ...SCRIPTS.map((script) => script[1])]);
/** A sample is enough to tell a language, and keeps long documents cheap. */
const SAMPLE = 600;

interface Detector {
  detect(text: string): { getScores(): Record<string, number> };
}
let detector: Detector | undefined;

/** eld's smallest data: loaded when first needed, because that takes 0.2 s. */
function detect(text: string): Record<string, number> {
  detector ??= (require(fileURLToPath(import.meta.resolve('eld/extrasmall'))) as { eld: Detector }).eld;
  return detector.detect(text).getScores();
}

/**
 * The language of a text as a BCP 47 primary subtag.
 * @param candidates likely languages, likeliest first: what a text that does not tell (`kubectl apply`) is taken for
 */
export function detectLanguage(text: string, candidates: string[] = []): string {
  const sample = text.slice(0, SAMPLE);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return candidates[0] ?? 'en';
  const words =
    sample.toLowerCase().match(/(?:(?!\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul})[\p{L}\p{M}]){2,}/gu) ?? [];
  const han = sample.match(HAN)?.length ?? 0;
  const kana = sample.match(KANA)?.length ?? 0;
  // A Han character counts as much as a word: product names in a Chinese sentence do not make it English.
  if (han + kana > words.length * 0.8) return kana > (han + kana) * 0.08 ? 'ja' : 'zh';
  for (const [script, language] of SCRIPTS) if ((sample.match(script)?.length ?? 0) > letters * 0.4) return language;
  const likely = candidates.filter((language) => !UNLIKE_LATIN.has(language));
  if (likely.length === 0) likely.push('en');
  const stops = (language: string): number => words.filter((word) => stopWordsOf(language).has(word)).length;
  // Every fourth word a stop word: running text of that language, and no need of the slower detector.
  if (words.length >= 8 && stops(likely[0]!) >= words.length / 4) return likely[0]!;
  const scores = detect(sample);
  const [best, top] = Object.entries(scores).sort((a, b) => b[1] - a[1])[0] ?? [likely[0]!, 0];
  if (likely.includes(best) && words.length >= 3) return best;
  const nearest = likely.reduce((a, b) => ((scores[b] ?? 0) > (scores[a] ?? 0) * 1.1 ? b : a));
  // Few words are guessed at: then a language that nobody expects must bring stop words of its own.
  const sure = (scores[nearest] ?? 0) < top * (words.length < 3 ? 0 : 0.85);
  return sure || stops(best) > stops(nearest) ? best : nearest;
}
