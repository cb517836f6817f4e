/** Never says what the documents do not say: whether one sentence is carried by the quotes that it cites. */
import type { Language } from '../types.ts';
import { splitSentences } from '../passage-text.ts';
import { addedFault, exceptionFault } from './support/additions.ts';
import { strangerAcross } from './support/bilingual.ts';
import { contrastFault, type ContrastFault } from './support/contrasts.ts';
import { coverageOf } from './support/coverage.ts';
import { editFault } from './support/edits.ts';
import { figureFault, type FigureFault } from './support/figures.ts';
import { hanNameFault, hanStrangerFault } from './support/han-names.ts';
import { isLeadIn } from './support/lead-in.ts';
import { nameFault } from './support/names.ts';
import { crossNegationFault } from './support/cross-polarity.ts';
import { negationFault } from './support/polarity.ts';
import { sideOf, type Side } from './support/side.ts';
import { rowsMixed, tableHeads } from './support/table-rows.ts';
import { partsSwapped } from './support/swaps.ts';
import { stopWordsOf } from '../search/languages.ts';

/** One quote that a sentence cites, already located in its passage. */
export interface Evidence {
  /** Verbatim in `passagePlain`; the check reads the whole sentences that it stands in. */
  quote: string;
  /** Where it stands in `passagePlain`; without it the first place counts. */
  start?: number;
  end?: number;
  /** `plainText` of the passage that the quote stands in. */
  passagePlain: string;
  title: string;
  headingPath: string[];
  language: Language;
}

export type SupportFault = 'no-quote' | FigureFault | 'name' | 'roles' | 'negation' | ContrastFault | 'overlap';

/** `share`: the part of the sentence's content, 0 to 1, that its quotes carry; 1 across languages, 0 for a mere lead-in. */
export type Support = { supported: true; share: number } | { supported: false; reason: SupportFault; share: number };

/** Shares of content below which a sentence is refused; fitted by `test/bench/support.ts`. */
const LEAST_SHARE = 0.55;
const LEAST_CLAUSE = 0.34;
/** A sentence of so few words and no figure is carried by two thirds, and any by its quotes to some part, not by title and headings alone. */
const SHORT = 3;
const LEAST_SHORT = 0.66;
const LEAST_QUOTED = 0.25;
/** Where nothing but headings is quoted. */
const LEAST_BY_HEADINGS = 0.8;

/**
 * Whether a sentence says what its quotes say: numbers, dates, units, identifiers, names, negations and the small words
 * that turn a statement agree, and its content stands there. Where quote and sentence speak different languages, the
 * content is not compared. Deterministic, no I/O; a sentence over a passage takes well under 10 ms.
 * @param evidence empty: only a lead-in without a claim ("Here is how:") is supported
 * @param context.question as asked; its words may be said again but prove nothing
 */
export function checkSupport(sentence: { text: string; language: Language }, evidence: Evidence[], context: { question: string }): Support {
  const refuse = (reason: SupportFault, share = 0): Support => ({ supported: false, reason, share });
  if (evidence.length === 0) return isLeadIn(sentence.text, context.question) ? { supported: true, share: 0 } : refuse('no-quote');
  const language = scriptLanguage(sentence.text, sentence.language);
  const spoken = evidence.map((item) => scriptLanguage(item.quote, item.language));
  const sameAs = spoken.findIndex((other, i) => speakAlike(sentence.text, language, evidence[i]!.quote, other));
  const sameLanguage = sameAs >= 0;
  const evidenceLanguage = spoken[Math.max(sameAs, 0)]!;
  const claim = sideOf([withoutReply(sentence.text)], sameLanguage ? evidenceLanguage : language);
  const places = evidence.map(widened);
  const quotes = sideOf(distinct(places.map((place) => place.quote)), evidenceLanguage);
  const tables = evidence.map((item, i) => ({ quote: places[i]!.quote, passagePlain: item.passagePlain }));
  const frame = sideOf(
    distinct([...evidence.flatMap((item) => [item.title, ...item.headingPath]), ...tableHeads(tables)]),
    evidenceLanguage,
  );
  if (sameLanguage && isWholeSentence(claim, quotes)) return { supported: true, share: 1 };

  if (rowsMixed(sentence.text, evidenceLanguage, tables)) return refuse('roles');
  const figures = figureFault(claim, quotes, frame, sameLanguage);
  if (figures) return refuse(figures);
  const passage = sideOf(distinct(evidence.map((item) => item.passagePlain)), evidenceLanguage);
  const before = sideOf(distinct(places.map((place) => place.before)), evidenceLanguage);
  const question = sideOf([context.question], scriptLanguage(context.question, language));
  if (nameFault(claim, { quotes, frame, before, passage, question }, sameLanguage)) return refuse('name');
  if (evidenceLanguage !== 'zh' && hanStrangerFault(claim, quotes, [quotes, frame, passage])) return refuse('name');
  if (!sameLanguage) {
    if (crossNegationFault(claim, quotes) || exceptionFault(claim, quotes, false)) return refuse('negation');
    const contrast = contrastFault(claim, quotes, false);
    if (contrast) return refuse(contrast);
    return strangerAcross(claim, quotes, frame) ? refuse('overlap') : { supported: true, share: 1 };
  }
  if (evidenceLanguage === 'zh' && hanNameFault(claim, { quotes, frame, before, passage, question })) return refuse('name');
  if (negationFault(claim, quotes) || exceptionFault(claim, quotes, true)) return refuse('negation');
  const contrast = contrastFault(claim, quotes, true);
  if (contrast) return refuse(contrast);
  if (partsSwapped(claim, quotes)) return refuse('roles');
  const edit = editFault(claim, quotes, question);
  if (edit) return refuse(edit);
  const coverage = coverageOf(claim, quotes, frame, passage, question);
  if (evidence.every((item) => [item.title, ...item.headingPath].includes(item.quote.trim())) && coverage.share < LEAST_BY_HEADINGS)
    return refuse('overlap', coverage.share);
  const isShort = coverage.size <= SHORT && claim.quantities.length === 0 && claim.language !== 'zh';
  if (coverage.share < (isShort ? LEAST_SHORT : LEAST_SHARE) || coverage.leastClause < LEAST_CLAUSE || coverage.quoted < LEAST_QUOTED)
    return refuse('overlap', coverage.share);
  if (addedFault(claim, quotes, frame.keys)) return refuse('overlap', coverage.share);
  return { supported: true, share: Math.round(coverage.share * 100) / 100 };
}

/** "No, it does not …" and "Yes, it does …" say no more than what follows them. */
function withoutReply(text: string): string {
  const [reply] = /^(?:No|Nein|Yes|Ja)[,.:;–—-]\s+/i.exec(text) ?? [];
  if (reply === undefined) return text;
  const rest = text.slice(reply.length);
  const denies = /\b(?:not|never|no|none|without|cannot|nicht|nie|kein\p{L}*|ohne)\b|n['’]t\b/iu.test(rest);
  return denies === /^n/i.test(reply) ? rest : text;
}

const distinct = (texts: string[]): string[] => [...new Set(texts.filter((text) => text !== ''))];

/** How much of the passage before a quote a "he" or "this" in it may point to. */
const LOOK_BACK = 600;

/** A quote that leaves out a sentence's "not" must not carry the rest: the whole sentences that it stands in count. */
function widened(item: Evidence): { quote: string; before: string } {
  const { passagePlain } = item;
  const start = item.start ?? passagePlain.indexOf(item.quote);
  if (start < 0) return { quote: item.quote, before: '' };
  const end = item.end ?? start + item.quote.length;
  const touched = splitSentences(passagePlain).filter((range) => range.start < end && range.end > start);
  const from = Math.min(start, ...touched.map((range) => range.start));
  const to = Math.max(end, ...touched.map((range) => range.end));
  return { quote: passagePlain.slice(from, to), before: passagePlain.slice(Math.max(0, from - LOOK_BACK), from) };
}

/** Scripts decide before what a detector said of a short text. */
function scriptLanguage(text: string, language: Language): Language {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}+/gu)?.length ?? 0;
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text) && language === 'ja') return 'ja';
  // Two characters make a word: "For Shanghai see 门禁与办公室" is what its document is.
  if (han > 0 && han / 2 <= latin && han >= latin) return language;
  if (han > 0 && han >= latin) return 'zh';
  return language === 'zh' && latin > 0 ? 'en' : language;
}

/** Two Latin texts speak alike when the stop words of the one carry the other: detectors err on short sentences. */
function speakAlike(text: string, language: Language, other: string, otherLanguage: Language): boolean {
  if (language === otherLanguage) return true;
  if ([language, otherLanguage].some((code) => code === 'zh' || code === 'ja' || code === 'ko')) return false;
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const stops = stopWordsOf(otherLanguage);
  const hits = words.filter((word) => stops.has(word)).length;
  const own = words.filter((word) => stopWordsOf(language).has(word)).length;
  const there = new Set(other.toLowerCase().match(/\p{L}+/gu));
  const shared = words.filter((word) => word.length > 3 && there.has(word)).length;
  return (hits > 0 && hits >= own) || shared >= words.filter((word) => word.length > 3).length / 2;
}

/** Word for word a whole sentence of the evidence: nothing is left to check. */
function isWholeSentence(claim: Side, quotes: Side): boolean {
  const strip = (text: string): string => text.replace(/[^\p{L}\p{N}%$€£¥+#@]+/gu, ' ').trim();
  const mine = strip(claim.text);
  if (mine === '') return false;
  const sentences: string[] = [];
  for (const word of quotes.words)
    sentences[word.sentence] =
      `${sentences[word.sentence] ?? ''}${quotes.text.slice(word.start, word.end)}${/\s/.test(quotes.text[word.end] ?? '') ? ' ' : ''}`;
  return sentences.some((sentence) => sentence !== undefined && strip(sentence) === mine);
}
