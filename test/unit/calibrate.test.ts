import { describe, expect, test } from 'vitest';
import { calibrate, gatherSamples, makeProbes, type Sample } from '../../src/ask/calibrate.ts';
import { offTopicQuestions } from '../../src/ask/off-topic.ts';
import { commonCalibration, decide, sufficiency } from '../../src/ask/sufficient.ts';
import { passagesOf, searchOver, smallHandbook } from '../fakes/small-handbook.ts';

const search = searchOver(smallHandbook);
const many = passagesOf(
  Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [
      `Page ${i}`,
      [[`Topic ${i}`, `The widget${i} gauge${i} valve${i} pump${i} seal${i} rotor${i} runs daily without fail.`]],
    ]),
  ),
);
const samplesOf = (present: number, count: number): Sample[] =>
  Array.from({ length: count }, (_, i) => ({ kind: 'present', score: present + (i % 10) / 100 }));

describe('calibration', () => {
  test('a three-page handbook answers its own questions and refuses others', async () => {
    const calibration = calibrate(await gatherSamples(smallHandbook, async (question, except) => search(question, except)));
    const decision = (question: string): string =>
      decide(sufficiency(question, search(question).hits, search(question).statistics), calibration);
    expect(decision('How many weeks of parental leave are paid?')).toBe('answer');
    expect(decision('What is the limit for hotels in larger cities?')).toBe('answer');
    expect(decision('How many characters do passwords have?')).toBe('answer');
    expect(decision('Who won the world cup?')).not.toBe('answer');
    expect(decision('What do koalas eat?')).not.toBe('answer');
  });

  test('the same index is calibrated the same way, in any order, with at most 200 searches', async () => {
    const over = searchOver(many);
    let searches = 0;
    const counted = async (question: string, except?: string[]): Promise<ReturnType<typeof over>> => {
      searches++;
      return over(question, except);
    };
    const once = calibrate(await gatherSamples(many, counted));
    expect(searches).toBeLessThanOrEqual(200);
    expect(searches).toBeGreaterThan(150);
    expect(calibrate(await gatherSamples(many.toReversed(), counted))).toEqual(once);
  });

  test('questions are asked again without their own document', async () => {
    const left: string[][] = [];
    await gatherSamples(smallHandbook, async (question, except) => {
      if (except) left.push(except);
      return search(question, except);
    });
    expect(left.length).toBeGreaterThan(3);
    const titles = new Set(smallHandbook.map((passage) => passage.documentId));
    expect(left.every((documents) => documents.length === 1 && titles.has(documents[0]!))).toBe(true);
  });

  test('a made question has words of its passage and words that are foreign to it', () => {
    const [probe] = makeProbes(smallHandbook).slice(1);
    const own = smallHandbook
      .filter((passage) => passage.documentId === probe!.documentId)
      .map((passage) => `${passage.title} ${passage.headingPath.join(' ')} ${passage.text}`)
      .join(' ');
    const words = probe!.question.split(' ');
    expect(words.length).toBeGreaterThanOrEqual(5);
    expect(words.filter((word) => own.includes(word)).length).toBeGreaterThanOrEqual(4);
  });

  test('an index whose own questions score high asks for more; keeping more asks for less', () => {
    expect(calibrate(samplesOf(0.8, 100)).answer).toBeGreaterThan(calibrate(samplesOf(0.3, 100)).answer);
    expect(calibrate(samplesOf(0.4, 100), 0.95).answer).toBeLessThan(calibrate(samplesOf(0.4, 100), 0.7).answer);
  });

  test('few samples move the common thresholds little, none not at all', () => {
    expect(calibrate([]).answer).toBe(commonCalibration.answer);
    expect(Math.abs(calibrate(samplesOf(0.1, 5)).answer - commonCalibration.answer)).toBeLessThan(0.02);
  });

  test('it survives being stored as JSON', async () => {
    const calibration = calibrate(await gatherSamples(smallHandbook, async (question, except) => search(question, except)));
    expect(JSON.parse(JSON.stringify(calibration))).toEqual(calibration);
    expect(calibration.closest).toBeLessThan(calibration.answer);
  });

  test('the scale of meaning is that of the off-topic questions, with the trust that its model has', () => {
    const samples = Array.from({ length: 40 }, (_, i): Sample => ({ kind: 'off-topic', score: 0.1, meaning: 0.3 + (i % 5) / 100 }));
    const scale = calibrate(samples, 0.9, { model: 'm', meaningTrust: { weight: 1, neutral: 2 } }).meaning;
    expect(scale).toMatchObject({ model: 'm', weight: 1, neutral: 2 });
    expect(scale!.median).toBeCloseTo(0.32);
    expect(scale!.deviation).toBeCloseTo(0.0141, 3);
    expect(calibrate(samples, 0.9, { model: 'new' }).meaning!.weight).toBeLessThan(1);
    expect(calibrate(samples).meaning).toBeUndefined();
    expect(calibrate(samplesOf(0.5, 30), 0.9, { model: 'm' }).meaning).toBeUndefined();
  });

  test('the off-topic list asks for each thing once', () => {
    for (const [language, least] of [
      ['en', 110],
      ['zh', 110],
      ['de', 30],
    ] as const) {
      const questions = offTopicQuestions[language]!;
      expect(questions.length).toBeGreaterThanOrEqual(least);
      expect(new Set(questions).size).toBe(questions.length);
      expect(questions.every((question) => /[?？]$/.test(question))).toBe(true);
    }
  });
});
