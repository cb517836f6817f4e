/**
 * From which score on an index answers. A fixed threshold does not transfer between knowledge bases, so each index is asked
 * questions made from its own sentences: with their document in it (it should answer), without it, and off-topic ones.
 */
import { createHash } from 'node:crypto';
import { stopWordsOf } from '../search/languages.ts';
import type { Embedder, MeaningTrust } from '../models/embedder.ts';
import type { Passage } from '../types.ts';
import { offTopicQuestions } from './off-topic.ts';
import { readPassage } from './passage-match.ts';
import type { Hit, SearchStatistics } from './passage-match.ts';
import { CALIBRATION_VERSION, commonCalibration, sufficiency } from './sufficient.ts';
import type { Calibration } from './sufficient.ts';

export type { Calibration } from './sufficient.ts';

export type SampleKind = 'present' | 'left-out' | 'off-topic';

/** One question asked of the index while calibrating. */
export interface Sample {
  kind: SampleKind;
  score: number;
  meaning?: number;
}

/** How the index is asked: the same search as in production, over all readers, without these documents. */
export type CalibrationSearch = (question: string, exceptDocuments?: string[]) => Promise<{ hits: Hit[]; statistics: SearchStatistics }>;

/** The share of made questions, a third of whose words are foreign to their passage, that is still answered. */
export const defaultKeepRate = 0.9;
/** The common threshold counts as much as so many questions: a small index, and chance, move it little. */
const priorSamples = 220;
const answerRange = [0.36, 0.56] as const;
/** In all at most 200 searches. */
const presentCount = 110;
const leftOutCount = 30;
const offTopicCount = 60;
const ownWords = 4;
const foreignWords = 2;
/** Of a model that was not measured. */
const unknownTrust: MeaningTrust = { weight: 0.3, neutral: 1.5 };

/**
 * Thresholds for an index, drawn towards the common ones, the more so the fewer samples there are.
 * @param embedder of the meaning that the samples carry
 * @param keepRate the share of the questions made from the index's own sentences that is to be answered
 */
export function calibrate(
  samples: Sample[],
  keepRate: number = defaultKeepRate,
  embedder?: Pick<Embedder, 'model' | 'meaningTrust'>,
): Calibration {
  const scores = (kind: SampleKind): number[] => samples.filter((sample) => sample.kind === kind).map((sample) => sample.score);
  const present = scores('present');
  const offTopic = scores('off-topic');
  const own = present.length === 0 ? commonCalibration.answer : quantile(present, 1 - keepRate);
  const share = present.length / (present.length + priorSamples);
  const answer = clamp(share * own + (1 - share) * commonCalibration.answer, ...answerRange);
  const noise = offTopic.length === 0 ? commonCalibration.closest : quantile(offTopic, 0.8);
  const noiseShare = offTopic.length / (offTopic.length + offTopicCount);
  const closest = clamp(noiseShare * noise + (1 - noiseShare) * commonCalibration.closest, 0.15, answer - 0.08);
  const meaning = embedder && meaningScale(samples, embedder);
  return {
    version: CALIBRATION_VERSION,
    answer,
    closest,
    samples: { present: present.length, leftOut: scores('left-out').length, offTopic: offTopic.length },
    ...(meaning ? { meaning } : {}),
  };
}

/**
 * Asks the index up to 200 questions (of its own, some of them again without their document, off-topic), one after another.
 * The same passages give the same questions.
 * @param passages any or all of the index; those with the lowest hash of their text are used
 */
export async function gatherSamples(
  passages: Iterable<Passage> | AsyncIterable<Passage>,
  search: CalibrationSearch,
  signal?: AbortSignal,
): Promise<Sample[]> {
  const chosen = await choosePassages(passages, presentCount * 2);
  const samples: Sample[] = [];
  const ask = async (kind: SampleKind, question: string, except?: string[]): Promise<void> => {
    signal?.throwIfAborted();
    const { hits, statistics } = await search(question, except);
    const { score, meaning } = sufficiency(question, hits, statistics);
    samples.push({ kind, score, ...(meaning === undefined ? {} : { meaning }) });
  };
  const probes = makeProbes(chosen).slice(0, presentCount);
  for (const probe of probes) await ask('present', probe.question);
  for (const probe of probes.slice(0, leftOutCount)) await ask('left-out', probe.question, [probe.documentId]);
  for (const question of offTopicFor(chosen)) await ask('off-topic', question);
  return samples;
}

export interface Probe {
  documentId: string;
  question: string;
}

/**
 * Questions made from passages: some content words of one sentence in their order, one of the title or heading, and a few
 * of another passage's, as a person's question has words that the page does not use.
 */
export function makeProbes(passages: Passage[]): Probe[] {
  const probes: Probe[] = [];
  let foreign: string[] = [];
  for (const passage of passages) {
    const sentences = readPassage(passage)
      .sentences.map((sentence) => contentWords(sentence.text, passage.language))
      .filter((words) => words.length > ownWords);
    const seed = contentOf(passage);
    const words = sentences[hash(seed) % Math.max(1, sentences.length)];
    if (!words) continue;
    const head = contentWords([passage.title, ...passage.headingPath].join(' '), passage.language).filter((word) => !words.includes(word));
    const kept = pick(words, ownWords - (head.length > 0 ? 1 : 0), seed);
    const asked = [...pick(head, 1, seed), ...words.filter((word) => kept.includes(word)), ...pick(foreign, foreignWords, seed)];
    // The first passage has no other before it: its words serve the next.
    if (foreign.length > 0 || passages.length === 1) probes.push({ documentId: passage.documentId, question: asked.join(' ') });
    foreign = words.filter((word) => !kept.includes(word));
  }
  return probes;
}

/** Off-topic questions in the languages of the index, in the share that each has; English for other languages. */
function offTopicFor(passages: Passage[]): string[] {
  const counts = new Map<string, number>();
  for (const { language } of passages) {
    const known = language in offTopicQuestions ? language : 'en';
    counts.set(known, (counts.get(known) ?? 0) + 1);
  }
  return [...counts].flatMap(([language, count]) => {
    const all = offTopicQuestions[language] ?? [];
    const wanted = Math.round((offTopicCount * count) / passages.length);
    return all.filter((_, i) => Math.floor((i * wanted) / all.length) !== Math.floor(((i - 1) * wanted) / all.length)).slice(0, wanted);
  });
}

async function choosePassages(passages: Iterable<Passage> | AsyncIterable<Passage>, count: number): Promise<Passage[]> {
  let kept: { passage: Passage; order: number }[] = [];
  const trim = (): void => {
    kept = kept.toSorted((a, b) => a.order - b.order || (a.passage.documentId < b.passage.documentId ? -1 : 1)).slice(0, count);
  };
  for await (const passage of passages) {
    kept.push({ passage, order: hash(contentOf(passage)) });
    if (kept.length >= count * 4) trim();
  }
  trim();
  return kept.map(({ passage }) => passage);
}

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });

/** Distinct words of a text without stop words and single characters, as they stand there. */
function contentWords(text: string, language: string): string[] {
  const stops = stopWordsOf(language);
  const words = [...segmenter.segment(text)].filter(
    ({ isWordLike, segment }) => isWordLike && segment.length > 1 && !stops.has(segment.toLowerCase()),
  );
  return [...new Set(words.map(({ segment }) => segment))];
}

/** `count` of the words, the same ones each time for the same seed. */
function pick(words: string[], count: number, seed: string): string[] {
  return words.toSorted((a, b) => hash(seed + a) - hash(seed + b)).slice(0, count);
}

/** The same for the same text, whatever ids a deployment gave it. */
function contentOf({ title, ordinal, text }: Passage): string {
  return `${title}\n${ordinal}\n${text}`;
}

function hash(text: string): number {
  return createHash('md5').update(text).digest().readUInt32BE(0);
}

/** From the off-topic questions alone: those made of a passage's words are no sentences, which embedders read otherwise. */
function meaningScale(
  samples: Sample[],
  { model, meaningTrust = unknownTrust }: Pick<Embedder, 'model' | 'meaningTrust'>,
): Calibration['meaning'] {
  const cosines = samples.flatMap(({ kind, meaning }) => (kind === 'off-topic' && meaning !== undefined ? [meaning] : []));
  if (cosines.length < 10) return undefined;
  const mean = cosines.reduce((sum, one) => sum + one, 0) / cosines.length;
  const deviation = Math.sqrt(cosines.reduce((sum, one) => sum + (one - mean) ** 2, 0) / cosines.length);
  return deviation > 0 ? { model, median: quantile(cosines, 0.5), deviation, ...meaningTrust } : undefined;
}

/** Linear between neighbours. */
function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
