/**
 * Enough to answer? What the passages found for a question share with it, as features, one score and a decision.
 * Read from the texts themselves and the index's document frequencies, so that no driver's scale of scores matters. Pure.
 */
import { kinOf } from './kin-words.ts';
import { distinctTerms, questionTerms, readPassage } from './passage-match.ts';
import type { MeaningTrust } from '../models/embedder.ts';
import type { Hit, QuestionTerm, ReadPassage, SearchStatistics } from './passage-match.ts';

export type { Hit, SearchStatistics } from './passage-match.ts';

/** Each from 0 to 1; shares are of the question's idf, so that a long question is not at a disadvantage. */
export interface Features {
  /** The best passage's BM25 as a share of the most it could be for this question. */
  match: number;
  /** How far the best document is ahead of the next, on the scale of `match`. */
  lead: number;
  /** Cosine between the distinct words of the question and those of the best sentence. */
  density: number;
  /** How much of the words of title and headings the question names. */
  titleNamed: number;
  /** How much of the question stands in title and headings: what they say alone tells less than what the text says. */
  titleHolds: number;
}

export interface Sufficiency {
  features: Features;
  /** 0 to 1; comparable between questions of one index, and nearly so between indexes. */
  score: number;
  /** The first hit's cosine; absent when the search was by words alone. */
  meaning?: number;
  /** It is one that off-topic questions rarely reach. */
  meant?: true;
}

/** From which scores an index answers; made by `calibrate.ts`, stored with the index as JSON. */
export interface Calibration {
  version: string;
  /** From this score on: answer. */
  answer: number;
  /** From this score on: show the closest passages; below: nothing was found. */
  closest: number;
  /** How many questions of each kind it rests on. */
  samples: { present: number; leftOut: number; offTopic: number };
  /** First hits' cosines of off-topic questions, and how far a cosine moves the score; only for vectors of `model`. */
  meaning?: { model: string; median: number; deviation: number } & MeaningTrust;
}

/** Rises when features, weights or probes change: an index with another version is calibrated anew. */
export const CALIBRATION_VERSION = '2';

/** Median thresholds over the measuring sets: for an index that was not calibrated, and what a small one stays near. */
export const commonCalibration: Calibration = {
  version: CALIBRATION_VERSION,
  answer: 0.47,
  closest: 0.28,
  samples: { present: 0, leftOut: 0, offTopic: 0 },
};

export type Decision = 'answer' | 'closest' | 'nothing';

/** Log-odds. Fit once on half of the questions of eight sets, and frozen; `test/bench/abstention.ts --fit` fits anew and measures the other half. */
export const weights: Features & { bias: number } = {
  bias: -3.25,
  match: 7.27,
  lead: 2.61,
  density: 1.82,
  titleNamed: 1.3,
  titleHolds: -1.64,
};

/** Deviations that count at most, either way: no cosine alone decides. */
const MOST_PLACE = 2;
const nothingFound: Features = { match: 0, lead: 0, density: 0, titleNamed: 0, titleHolds: 0 };
const readHits = 5;
const bestOf = 3;
/** k1 of BM25 (Robertson and Zaragoza 2009); b is 1: a long passage mentions much in passing. */
const saturation = 1.2;
/** A mention in title or headings beside one in the text. */
const headMention = 0.5;
/** Mentions of a kin word beside the word itself, and how many of them count. */
const kinMention = 0.35;
const kinMentions = 3;
/** Of a word that stands nowhere in the index, added to the question's idf: a question of one word is never wholly matched. */
const littleSaid = 0.28;

/**
 * @param question as it was asked, made standalone
 * @param hits best first; the first five are read
 * @param statistics of the search that found them
 * @param calibration needed only where hits carry meaning
 */
export function sufficiency(question: string, hits: Hit[], statistics: SearchStatistics, calibration?: Calibration): Sufficiency {
  const features = featuresOf(question, hits, statistics);
  let z = weights.bias;
  for (const name of Object.keys(features) as (keyof Features)[]) z += weights[name] * features[name];
  const byWords = hits.length === 0 ? 0 : 1 / (1 + Math.exp(-z));
  const meaning = hits[0]?.meaning;
  if (meaning === undefined) return { features, score: byWords };
  if (!calibration?.meaning) return { features, score: byWords, meaning };
  const { median, deviation, weight, neutral } = calibration.meaning;
  const place = (meaning - median) / deviation - neutral;
  const moved = Math.log(byWords / (1 - byWords)) + weight * Math.min(MOST_PLACE, Math.max(-MOST_PLACE, place));
  return { features, score: 1 / (1 + Math.exp(-moved)), meaning, ...(place >= 0 ? { meant: true } : {}) };
}

/** `answer`, or show the `closest` passages named as such, or say that `nothing` was found. */
export function decide({ score, meant }: Pick<Sufficiency, 'score' | 'meant'>, calibration: Calibration = commonCalibration): Decision {
  if (score >= calibration.answer) return 'answer';
  return score >= calibration.closest || meant ? 'closest' : 'nothing';
}

interface Found {
  hit: Hit;
  read: ReadPassage;
  terms: QuestionTerm[];
  idf: number;
  length: number;
}

function featuresOf(question: string, hits: Hit[], statistics: SearchStatistics): Features {
  // What words tell is told best by the passages that words put first.
  const ordered = hits.toSorted((a, b) => (b.words ?? b.score) - (a.words ?? a.score));
  const found = ordered.slice(0, readHits).map((hit): Found => {
    const read = readPassage(hit);
    const terms = distinctTerms(questionTerms(question, hit.language, statistics));
    return { hit, read, terms, idf: sum(terms, (term) => term.idf), length: read.length + read.head.size };
  });
  if (found.length === 0 || found[0]!.idf === 0) return nothingFound;
  const meanLength = sum(found, (one) => one.length) / found.length;
  const matches = found.map((one) => matchOf(one, meanLength, Math.log(1 + (statistics.total + 0.5) / 0.5)));
  const match = Math.max(...matches.slice(0, bestOf));
  const { read, terms, idf, hit } = found[matches.indexOf(match)]!;
  const next = Math.max(0, ...matches.filter((_, i) => found[i]!.hit.documentId !== hit.documentId));
  const inHead = terms.filter(({ term }) => read.head.has(term));
  return {
    match,
    lead: Math.max(0, match - next),
    density: bestSentenceDensity(found.slice(0, bestOf)),
    titleNamed: read.head.size === 0 ? 0 : inHead.length / read.head.size,
    titleHolds: sum(inHead, (term) => term.idf) / idf,
  };
}

/** BM25 of a passage for the question over the most that its terms could give: 0 to 1. */
function matchOf({ hit, read, terms, idf, length }: Found, meanLength: number, unknownIdf: number): number {
  const norm = (saturation * length) / meanLength;
  const gained = sum(terms, ({ term, idf: weight }) => {
    let kin = 0;
    for (const other of kinOf(term, hit.language)) kin += read.counts.get(other) ?? 0;
    const count = (read.counts.get(term) ?? 0) + (read.head.has(term) ? headMention : 0) + kinMention * Math.min(kin, kinMentions);
    return (weight * count) / (count + norm);
  });
  return gained / (idf + littleSaid * unknownIdf);
}

/** Of the sentence that, with the one after it and the headings above it, holds most of the question. */
function bestSentenceDensity(found: Found[]): number {
  let best = { density: 0, value: -1 };
  for (const { read, terms, idf } of found) {
    read.sentences.forEach((sentence, i) => {
      const own = new Set(sentence.terms);
      const beside = new Set(read.sentences[i + 1]?.terms);
      const alone = sum(terms, ({ term, idf: weight }) => (own.has(term) ? weight : 0));
      const all = sum(terms, ({ term, idf: weight }) => (own.has(term) || beside.has(term) || read.head.has(term) ? weight : 0));
      const value = (all + 0.3 * alone) / idf;
      if (value <= best.value) return;
      const shared = terms.filter(({ term }) => own.has(term)).length;
      best = { density: own.size === 0 ? 0 : shared / Math.sqrt(own.size * terms.length), value };
    });
  }
  return best.density;
}

function sum<T>(list: T[], value: (one: T) => number): number {
  let total = 0;
  for (const one of list) total += value(one);
  return total;
}
