/** The sentences to show when no language model writes: the documents' own words, best passages and best sentences. Pure. */
import { expectedAnswer, looksLike } from './expected-answer.ts';
import { distinctTerms, questionTerms, readPassage } from './passage-match.ts';
import type { Hit, ReadSentence, SearchStatistics } from './passage-match.ts';

/** Sentences of one passage, in reading order. */
export interface Quoted {
  passageId: string;
  /** In the passage's plain text. */
  sentences: { start: number; end: number }[];
  /** Of its best sentence; comparable within one question only. */
  score: number;
}

interface Candidate {
  hit: Hit;
  rank: number;
  index: number;
  sentence: ReadSentence;
  score: number;
  /** Sentences that this one cannot be read without: a list's lead-in, a table's first row. */
  needs: number[];
  /** The question's terms that stand in it. */
  named: Set<string>;
}

const readHits = 4;
/** Weight of the passage's score beside the sentence's own overlap (measured; reference/words-and-quotes.md). */
const passageWeight = 0.7;
const besideWeight = 0.35;
const kindWeight = 0.12;
const shortest = 12;
/** What a short line without a full stop (a caption, a lead-in without its list) is worth beside a sentence. */
const fragmentShare = 0.5;
const shortLine = 60;
/** A sentence with less than this share of the best one's score is not worth its place. */
const worthShare = 0.5;

/**
 * @param hits best first
 * @param options.max sentences in all
 * @returns grouped by document in the order of their best passage, passages of a document in reading order
 */
export function quoteSentences(question: string, hits: Hit[], statistics: SearchStatistics, options: { max: number }): Quoted[] {
  const candidates = hits.slice(0, readHits).flatMap((hit, rank) => candidatesOf(question, hit, rank, hits[0]!.score, statistics));
  candidates.sort((a, b) => b.score - a.score || a.rank - b.rank || a.index - b.index);
  const chosen = new Map<Hit, Set<number>>();
  const seen: { terms: Set<string>; named: Set<string> }[] = [];
  let left = options.max;
  for (const { hit, index, needs, sentence, score, named } of candidates) {
    if (left <= 0 || score < worthShare * candidates[0]!.score) break;
    const own = chosen.get(hit) ?? new Set<number>();
    if (own.has(index)) continue;
    const terms = new Set(sentence.terms);
    // Two rows that differ in one cell are the same but where that cell is what was asked about.
    if (seen.some((other) => nearlySame(terms, other.terms) && named.isSubsetOf(other.named))) continue;
    const wanted = [...needs, index].filter((one) => !own.has(one));
    if (wanted.length > left) continue;
    for (const one of wanted) own.add(one);
    chosen.set(hit, own);
    seen.push({ terms, named });
    left -= wanted.length;
  }
  return inReadingOrder(chosen, candidates);
}

function candidatesOf(question: string, hit: Hit, rank: number, topScore: number, statistics: SearchStatistics): Candidate[] {
  const { plain, sentences } = readPassage(hit);
  const terms = distinctTerms(questionTerms(question, hit.language, statistics));
  const idf = terms.reduce((total, term) => total + term.idf, 0) || 1;
  const kind = expectedAnswer(question);
  const headings = new Set([hit.title, ...hit.headingPath].map(bare));
  const overlaps = sentences.map((sentence) => {
    const own = new Set(sentence.terms);
    return terms.reduce((total, term) => total + (own.has(term.term) ? term.idf : 0), 0) / idf;
  });
  const relative = topScore > 0 ? hit.score / topScore : 1;
  return sentences.flatMap((sentence, index): Candidate[] => {
    if (sentence.heading || !worthReading(sentence.text, headings)) return [];
    const needs = neededBy(plain, sentences, index);
    // A row or an item is read with its head: what stands there speaks for each of them alike, not for the nearest alone.
    const beside =
      needs.length > 0
        ? Math.max(...needs.map((at) => overlaps[at]!))
        : Math.max(overlaps[index - 1] ?? 0, 0.6 * (overlaps[index + 1] ?? 0));
    const fits = kind !== 'any' && looksLike(kind, sentence.text) ? kindWeight : 0;
    const whole = isWhole(plain, sentences, index) ? 1 : fragmentShare;
    const score = whole * (overlaps[index]! + besideWeight * beside + fits) + passageWeight * relative;
    return [
      {
        hit,
        rank,
        index,
        sentence,
        score,
        needs,
        named: new Set(terms.filter((term) => sentence.terms.includes(term.term)).map((term) => term.term)),
      },
    ];
  });
}

/** Not a heading, a rule or a table's line of dashes, nor a word alone. */
function worthReading(text: string, headings: Set<string>): boolean {
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  const han = /\p{Script=Han}/u.test(text);
  return letters >= (han ? shortest / 2 : shortest) && !headings.has(bare(text));
}

/** A sentence that ends as one, an item, a row, or a long line: not a caption, nor a lead-in without its list. */
function isWhole(plain: string, sentences: ReadSentence[], index: number): boolean {
  const { text } = sentences[index]!;
  return (
    (text.length > shortLine && !/[:：]$/.test(text)) ||
    /[.!?…。！？；)"'”’」]$/.test(text) ||
    / \| /.test(text) ||
    isItem(plain, sentences[index]!)
  );
}

function isItem(plain: string, { start }: ReadSentence): boolean {
  return /(?:^|\n)[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+$/.test(plain.slice(Math.max(0, start - 12), start));
}

/** A list item is read with the line that leads in, a table's row with the table's first. */
function neededBy(plain: string, sentences: ReadSentence[], index: number): number[] {
  const isRow = (at: number): boolean => / \| /.test(sentences[at]!.text);
  if (isRow(index)) {
    let first = index;
    while (first > 0 && isRow(first - 1)) first--;
    return first < index ? [first] : [];
  }
  if (!isItem(plain, sentences[index]!)) return [];
  for (let at = index - 1; at >= 0 && index - at <= 12; at--) {
    if (isItem(plain, sentences[at]!)) continue;
    return /[:：]$/.test(sentences[at]!.text) && sentences[at]!.text.length >= shortest ? [at] : [];
  }
  return [];
}

function bare(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');
}

function nearlySame(a: Set<string>, b: Set<string>): boolean {
  let shared = 0;
  for (const term of a) if (b.has(term)) shared++;
  return shared >= 3 && shared / (a.size + b.size - shared) >= 0.85;
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
          return { start, end };
        }),
      score: Math.max(...candidates.filter((candidate) => candidate.hit === hit && indexes.has(candidate.index)).map(({ score }) => score)),
    }));
}
