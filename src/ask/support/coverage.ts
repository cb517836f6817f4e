/** How much of a claim's content its evidence carries. */
import type { Side } from './side.ts';
import { stopWordsOf } from '../../search/languages.ts';

export interface Coverage {
  /** 0 to 1: content of the claim that stands in quotes, title or headings. */
  share: number;
  /** The same for the clause that is carried least (of clauses with three or more words of content). */
  leastClause: number;
  /** 0 to 1: the same with the quotes alone, figures included. */
  quoted: number;
  /** Content words of the claim. */
  size: number;
  /** The words that stand nowhere, as written. */
  missing: string[];
}

/**
 * Words of the question that the evidence lacks count neither way: they are what is asked about, no new fact.
 * Words that stand elsewhere in the passage count for a third.
 */
export function coverageOf(claim: Side, quotes: Side, frame: Side, passage: Side, question: Side): Coverage {
  return claim.language === 'zh'
    ? hanCoverage(claim, quotes, frame, passage, question)
    : wordCoverage(claim, quotes, frame, passage, question);
}

function wordCoverage(claim: Side, quotes: Side, frame: Side, passage: Side, question: Side): Coverage {
  const clauses = new Map<number, { carried: number; size: number }>();
  const missing: string[] = [];
  let carried = 0;
  let size = 0;
  // The question's own words, too, need quotes that speak of the same.
  let all = figuresIn(claim);
  let quoted = all;
  claim.words.forEach((word, i) => {
    if (!word.content || claim.counted[i]) return;
    all++;
    if (stands(word.key, word.lower, quotes)) quoted++;
    const worth =
      stands(word.key, word.lower, quotes) || stands(word.key, word.lower, frame) ? 1 : stands(word.key, word.lower, passage) ? 0.3 : 0;
    if (worth === 0 && stands(word.key, word.lower, question)) return;
    if (worth < 1) missing.push(word.raw);
    const clause = clauses.get(word.clause) ?? { carried: 0, size: 0 };
    clause.carried += worth;
    clause.size++;
    clauses.set(word.clause, clause);
    carried += worth;
    size++;
  });
  return {
    share: size === 0 ? 1 : carried / size,
    leastClause: least([...clauses.values()], 3),
    quoted: all === 0 ? 1 : quoted / all,
    size,
    missing,
  };
}

/** Figures were compared before: each counts as said by the quotes. */
function figuresIn(claim: Side): number {
  return claim.quantities.length;
}

function least(clauses: { carried: number; size: number }[], from: number): number {
  return Math.min(1, ...clauses.filter((clause) => clause.size >= from).map((clause) => clause.carried / clause.size));
}

/** The key, or a word with the same first five letters: "reimburse" and "reimbursement" have different stems. */
function stands(key: string, lower: string, side: Side): boolean {
  if (side.keys.has(key)) return true;
  if (lower.length < 6) return false;
  let prefixes = prefixesOf.get(side);
  if (!prefixes)
    prefixesOf.set(side, (prefixes = new Set([...side.lowers].filter((word) => word.length >= 5).map((word) => word.slice(0, 5)))));
  return prefixes.has(lower.slice(0, 5));
}

const prefixesOf = new WeakMap<Side, Set<string>>();

function hanCoverage(claim: Side, quotes: Side, frame: Side, passage: Side, question: Side): Coverage {
  const stops = stopWordsOf('zh');
  const clauses = new Map<number, { carried: number; size: number }>();
  const missing: string[] = [];
  let carried = 0;
  let size = 0;
  let all = 2 * figuresIn(claim);
  let quoted = all;
  for (const { text, word } of segmentsOf(claim)) {
    if (stops.has(text)) continue;
    const worth = worthOf(text, quotes, frame, passage);
    all += Math.min(text.length, 3);
    if (quotes.text.includes(text)) quoted += Math.min(text.length, 3);
    if (worth === 0 && question.text.includes(text)) continue;
    if (worth < 1) missing.push(text);
    const clause = clauses.get(word.clause) ?? { carried: 0, size: 0 };
    const weight = Math.min(text.length, 3);
    clause.carried += worth * weight;
    clause.size += weight;
    clauses.set(word.clause, clause);
    carried += worth * weight;
    size += weight;
  }
  return {
    share: size === 0 ? 1 : carried / size,
    leastClause: least([...clauses.values()], 5),
    quoted: all === 0 ? 1 : quoted / all,
    size,
    missing,
  };
}

function worthOf(text: string, quotes: Side, frame: Side, passage: Side): number {
  if (quotes.text.includes(text) || frame.text.includes(text)) return 1;
  if (!/\p{Script=Han}/u.test(text)) return quotes.text.toLowerCase().includes(text.toLowerCase()) ? 1 : 0;
  if (passage.text.includes(text)) return 0.3;
  // 发生了 for 发生, 开始于 for 始于: characters that stand there count for something.
  const characters = [...text];
  const there = characters.filter((character) => quotes.text.includes(character)).length / characters.length;
  return there === 1 ? 0.7 : there >= 0.5 ? 0.4 : 0;
}

const SEGMENTER = new Intl.Segmenter('zh', { granularity: 'word' });

/** Words of a Chinese claim outside its numbers, with more than one character or content of their own. */
export function segmentsOf(claim: Side): { text: string; start: number; word: Side['words'][number] }[] {
  const found: { text: string; start: number; word: Side['words'][number] }[] = [];
  let at = 0;
  for (const { segment, index, isWordLike } of SEGMENTER.segment(claim.text)) {
    while (at < claim.words.length && claim.words[at]!.end <= index) at++;
    const word = claim.words[at];
    if (!isWordLike || !word || claim.counted[at]) continue;
    if (segment.length === 1 && (!word.content || word.kind === 'number')) continue;
    found.push({ text: segment, start: index, word });
  }
  return found;
}
