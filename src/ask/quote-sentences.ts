/** The sentences to show when no language model writes: the documents' own words, best passages and best sentences. Pure. */
import { expectedAnswer, looksLike } from './expected-answer.ts';
import { distinctTerms, questionTerms, readPassage } from './passage-match.ts';
import type { Hit, QuestionTerm, ReadSentence, SearchStatistics } from './passage-match.ts';
import { sentencePlaces } from './quote-context.ts';
import { sameFigures } from './same-words.ts';
import { termsOf } from '../search/analyzer.ts';

/** Sentences of one passage, in reading order. */
export interface Quoted {
  passageId: string;
  /** In the passage's plain text; `index` is the sentence's place in `readPassage`. */
  sentences: { start: number; end: number; index: number }[];
  /** Of its best sentence; comparable within one question only. */
  score: number;
}

/** A word or phrase of the question, and what it means in the documents' own words. */
export interface Meant {
  said: string;
  meant: string;
}

export interface QuoteOptions {
  /** Sentences in all. */
  max: number;
  /** "PTO" → "Paid Time Off". */
  meant?: Meant[];
}

interface Candidate {
  hit: Hit;
  rank: number;
  index: number;
  sentence: ReadSentence;
  score: number;
  needs: number[];
  /** The question's terms that stand in it. */
  named: Set<string>;
}

const readHits = 4;
/** Weight of the passage's score beside the sentence's own overlap (measured; reference/words-and-quotes.md). */
const passageWeight = 0.7;
const besideWeight = 0.35;
const kindWeight = 0.12;
/** Of a sentence that says what its passage is about, where no word of the question stands. */
const typicalWeight = 0.3;
/** Of a word that stands in the sentence as what it means. */
const meantShare = 0.8;
const shortest = 12;
/** What a short line without a full stop (a caption, a lead-in without its list) is worth beside a sentence, and a page's furniture. */
const fragmentShare = 0.5;
const furnitureShare = 0.2;
/** A sentence with less than this share of the best one's score is not worth its place. */
const worthShare = 0.5;

/** What every page of a site says of itself. */
const FURNITURE =
  /^(?:last (?:updated|modified|reviewed|changed|edited)\b|edit this page|table of contents|on this page|back to top|skip to (?:main )?content|was this (?:page|article) helpful|copyright\b|©|all rights reserved|this page (?:was|has been) (?:last )?(?:\w+ )?translated|read more\b|see also:?$|zuletzt (?:aktualisiert|geändert)|inhaltsverzeichnis|最后(?:更新|修改)|更新时间|目录$|返回顶部|编辑(?:此|本)页|版权所有|本页由?机器翻译)/iu;
const furnitureLength = 120;

/**
 * @param hits best first
 * @returns grouped by document in the order of their best passage, passages of a document in reading order
 */
export function quoteSentences(question: string, hits: Hit[], statistics: SearchStatistics, options: QuoteOptions): Quoted[] {
  const candidates = hits
    .slice(0, readHits)
    .flatMap((hit, rank) => candidatesOf(question, hit, rank, hits[0]!.score, statistics, options.meant ?? []));
  candidates.sort((a, b) => b.score - a.score || a.rank - b.rank || a.index - b.index);
  const chosen = new Map<Hit, Set<number>>();
  const seen: Candidate[] = [];
  let left = options.max;
  for (const candidate of candidates) {
    const { hit, index, needs, score } = candidate;
    if (left <= 0 || score < worthShare * candidates[0]!.score) break;
    const own = chosen.get(hit) ?? new Set<number>();
    if (own.has(index) || seen.some((other) => saidAlready(candidate, other))) continue;
    let wanted = [...needs, index].filter((one) => !own.has(one));
    // The only one that may be shown is shown without what leads in.
    if (wanted.length > options.max) wanted = [index];
    if (wanted.length > left) continue;
    for (const one of wanted) own.add(one);
    chosen.set(hit, own);
    seen.push(candidate);
    left -= wanted.length;
  }
  return inReadingOrder(chosen, candidates);
}

function candidatesOf(
  question: string,
  hit: Hit,
  rank: number,
  topScore: number,
  statistics: SearchStatistics,
  meant: Meant[],
): Candidate[] {
  const { sentences } = readPassage(hit);
  const places = sentencePlaces(hit);
  const terms = distinctTerms(questionTerms(question, hit.language, statistics));
  const idf = terms.reduce((total, term) => total + term.idf, 0) || 1;
  const kind = expectedAnswer(question);
  const headings = new Set([hit.title, ...hit.headingPath].map(bare));
  const other = meant.map(({ said, meant: text }) => ({ said: new Set(termsOf(said, hit.language)), meant: termsOf(text, hit.language) }));
  const overlaps = sentences.map((sentence) => overlapOf(new Set(sentence.terms), terms, other) / idf);
  const strangers = overlaps.every((overlap) => overlap === 0);
  const relative = topScore > 0 ? hit.score / topScore : 1;
  return sentences.flatMap((sentence, index): Candidate[] => {
    if (sentence.heading || !worthReading(sentence.text, headings)) return [];
    const { needs, whole } = places[index]!;
    // A row or an item is read with its head: what stands there speaks for each of them alike, not for the nearest alone.
    const beside =
      needs.length > 0
        ? Math.max(...needs.map((at) => overlaps[at]!))
        : Math.max(overlaps[index - 1] ?? 0, 0.6 * (overlaps[index + 1] ?? 0));
    const fits = kind !== 'any' && looksLike(kind, sentence.text) ? kindWeight : 0;
    const typical = strangers ? typicalWeight * typicality(hit, sentence) : 0;
    const own = overlaps[index]! + besideWeight * beside + fits + typical;
    const share = sentence.text.length <= furnitureLength && FURNITURE.test(sentence.text) ? furnitureShare : whole ? 1 : fragmentShare;
    return [
      {
        hit,
        rank,
        index,
        sentence,
        score: share * own + passageWeight * relative,
        needs,
        named: new Set(terms.filter((term) => sentence.terms.includes(term.term)).map((term) => term.term)),
      },
    ];
  });
}

/** Idf of the question's terms that a sentence holds, itself or as what they mean. */
function overlapOf(own: Set<string>, terms: QuestionTerm[], other: { said: Set<string>; meant: string[] }[]): number {
  let total = 0;
  for (const { term, idf } of terms) {
    if (own.has(term)) total += idf;
    else {
      const shares = other
        .filter(({ said }) => said.has(term))
        .map(({ meant }) => meant.filter((one) => own.has(one)).length / (meant.length || 1));
      total += meantShare * idf * Math.max(0, ...shares);
    }
  }
  return total;
}

/** How much of what its passage speaks of, headings twice, a sentence holds: 0 to 1. */
function typicality(hit: Hit, sentence: ReadSentence): number {
  const { counts, head } = readPassage(hit);
  const weight = (term: string): number => (counts.get(term) ?? 0) + (head.has(term) ? 2 : 0) - 1;
  const sum = (list: Iterable<string>): number => [...list].reduce((total, term) => total + Math.max(0, weight(term)), 0);
  return sum(new Set(sentence.terms)) / (sum(counts.keys()) || 1);
}

/** Not a heading, a rule or a table's line of dashes, nor a word alone. */
function worthReading(text: string, headings: Set<string>): boolean {
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  const han = /\p{Script=Han}/u.test(text);
  return letters >= (han ? shortest / 2 : shortest) && !headings.has(bare(text));
}

function bare(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');
}

/** In nearly the same words, with the same figures, and naming no more of the question: two rows that differ in the cell that was asked about are two. */
function saidAlready(one: Candidate, other: Candidate): boolean {
  const a = new Set(one.sentence.terms);
  const b = new Set(other.sentence.terms);
  const shared = a.intersection(b).size;
  return (
    shared >= 3 &&
    shared / (a.size + b.size - shared) >= 0.85 &&
    one.named.isSubsetOf(other.named) &&
    sameFigures(one.sentence.text, other.sentence.text)
  );
}

function inReadingOrder(chosen: Map<Hit, Set<number>>, candidates: Candidate[]): Quoted[] {
  const rank = new Map<string, number>();
  for (const { hit } of candidates) if (chosen.has(hit) && !rank.has(hit.documentId)) rank.set(hit.documentId, rank.size);
  return [...chosen]
    .toSorted(([a], [b]) => rank.get(a.documentId)! - rank.get(b.documentId)! || a.ordinal - b.ordinal)
    .map(([hit, indexes]) => ({
      passageId: hit.id,
      sentences: [...indexes]
        .toSorted((a, b) => a - b)
        .map((index) => {
          const { start, end } = readPassage(hit).sentences[index]!;
          return { start, end, index };
        }),
      score: Math.max(...candidates.filter((candidate) => candidate.hit === hit && indexes.has(candidate.index)).map(({ score }) => score)),
    }));
}
