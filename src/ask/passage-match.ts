/** The words of a question beside the words of the passages found for it: what stands where. Pure. */
import { plainText, splitSentences } from '../passage-text.ts';
import { detectLanguage, termsOf } from '../search/analyzer.ts';
import type { Passage } from '../types.ts';

/** A passage found for a question. `score` is what the hits are ordered by; comparable within one question only. */
export interface Hit extends Passage {
  score: number;
  /** Its score by words alone, where the order is by words and meaning. */
  words?: number;
  /** Cosine between question and passage (0 to 1), where an embedding model is configured. */
  meaning?: number;
}

/** How many passages the index holds, and in how many of them each term of the question stands. */
export interface SearchStatistics {
  total: number;
  documentFrequency: Record<string, number>;
}

export interface ReadSentence {
  /** In the passage's plain text. */
  start: number;
  end: number;
  text: string;
  /** In reading order. */
  terms: string[];
  /** A Markdown heading within the passage: it leads in, and says nothing alone. */
  heading: boolean;
}

export interface ReadPassage {
  plain: string;
  /** The place in the source of each character of `plain`. */
  map: Int32Array;
  sentences: ReadSentence[];
  /** Terms of title and heading path, each once. */
  head: Set<string>;
  /** How often each term stands in the text. */
  counts: Map<string, number>;
  /** Terms of the text, repeated ones included. */
  length: number;
}

export interface QuestionTerm {
  term: string;
  /** ln(1 + (N − n + .5) / (n + .5)), the idf of BM25 (Robertson and Zaragoza 2009) as Lucene smooths it. */
  idf: number;
  known: boolean;
}

const read = new WeakMap<Passage, ReadPassage>();
const questionCharacters = 2_000;

/** A passage's sentences and terms; computed once for each passage object. */
export function readPassage(passage: Passage): ReadPassage {
  let known = read.get(passage);
  if (!known) {
    const { text: plain, map } = plainText(passage.text);
    const counts = new Map<string, number>();
    const sentences = splitSentences(plain).map(({ start, end }) => {
      const text = plain.slice(start, end);
      const terms = termsOf(text, passage.language);
      for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
      return { start, end, text, terms, heading: isHeading(passage.text, map[start] ?? 0) };
    });
    const head = new Set([
      ...termsOf(passage.title, passage.language),
      ...passage.headingPath.flatMap((heading) => termsOf(heading, passage.language)),
    ]);
    known = { plain, map, sentences, head, counts, length: sentences.reduce((length, sentence) => length + sentence.terms.length, 0) };
    read.set(passage, known);
  }
  return known;
}

/** Whether the Markdown line around a place is a heading. */
function isHeading(markdown: string, at: number): boolean {
  return /^ {0,3}#{1,6}[ \t]/.test(markdown.slice(markdown.lastIndexOf('\n', at - 1) + 1, at));
}

/**
 * The question's terms as they stand in documents of one language, in the question's order, repeated ones included.
 * @param language of the passage that they are held against
 */
export function questionTerms(question: string, language: string, statistics: SearchStatistics): QuestionTerm[] {
  const text = question.slice(0, questionCharacters);
  const { total, documentFrequency } = statistics;
  return termsOf(text, language, detectLanguage(text, [language])).map((term) => {
    const found = Math.min(documentFrequency[term] ?? 0, total);
    return { term, idf: Math.log(1 + (total - found + 0.5) / (found + 0.5)), known: found > 0 };
  });
}

/** Each term once. */
export function distinctTerms(terms: QuestionTerm[]): QuestionTerm[] {
  return [...new Map(terms.map((term) => [term.term, term])).values()];
}
