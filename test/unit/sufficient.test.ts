import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commonCalibration, decide, sufficiency, type Calibration } from '../../src/ask/sufficient.ts';
import { passagesOf, searchOver, smallHandbook } from '../fakes/small-handbook.ts';

const search = searchOver(smallHandbook);
const scoreOf = (question: string): number => {
  const { hits, statistics } = search(question);
  return sufficiency(question, hits, statistics).score;
};

describe('sufficiency', () => {
  test.each([
    'How many weeks of parental leave do new parents get?',
    'What is the hotel limit per night?',
    'hotel limit',
    'How long does the service desk need to repair a broken laptop?',
    'When do unused days of annual leave expire?',
  ])('what the handbook says is answered: %s', (question) => {
    expect(decide({ score: scoreOf(question) })).toBe('answer');
  });

  test.each(['Who won the football world cup in 1998?', 'What is the capital of Mongolia?', 'How do I bake bread?', '谁赢得了世界杯？'])(
    'what it does not say is not: %s',
    (question) => {
      expect(decide({ score: scoreOf(question) })).toBe('nothing');
    },
  );

  test('a topic that stands there without the thing asked for scores below one with it', () => {
    expect(scoreOf('Which travel insurance covers hotels abroad?')).toBeLessThan(scoreOf('Who books hotels?'));
    expect(scoreOf('What colour are visitor badges for journalists from Spain?')).toBeLessThan(scoreOf('Do visitors wear a badge?'));
  });

  test('a long question that the passage covers is no worse than a short one', () => {
    expect(
      scoreOf("When I am ill, do I tell my manager before nine in the morning, and is a doctor's note needed from the third day on?"),
    ).toBeGreaterThan(scoreOf('ill note') - 0.05);
  });

  test('nothing found is nothing', () => {
    const found = sufficiency('anything', [], { total: 0, documentFrequency: {} });
    expect(found.score).toBe(0);
    expect(decide({ score: found.score })).toBe('nothing');
  });

  test('a Chinese question is answered from a Chinese page', () => {
    const chinese = searchOver(
      passagesOf(
        {
          请假制度: [
            ['年假', '员工每年享有三十天带薪年假。年假须提前两周在日历中登记。'],
            ['病假', '生病时请在上午九点前告知经理。'],
          ],
          差旅: [
            ['酒店', '酒店由差旅部预订，每晚上限为一百五十欧元。'],
            ['餐费', '出差餐费每天最多报销四十五欧元。'],
          ],
        },
        'zh',
      ),
    );
    const score = (question: string): number => sufficiency(question, chinese(question).hits, chinese(question).statistics).score;
    expect(decide({ score: score('员工每年有多少天年假？') })).toBe('answer');
    expect(decide({ score: score('蒙古国的首都是哪里？') })).toBe('nothing');
  });

  test('meaning moves the score both ways, and only where the calibration knows its scale', () => {
    const question = 'How much may a room for the night cost?';
    const { hits, statistics } = search(question);
    const calibration: Calibration = { ...commonCalibration, meaning: { model: 'm', median: 0.3, deviation: 0.1, weight: 1, neutral: 2 } };
    const withMeaning = (meaning: number, of?: Calibration): number =>
      sufficiency(
        question,
        hits.map((hit) => ({ ...hit, meaning })),
        statistics,
        of,
      ).score;
    const words = sufficiency(question, hits, statistics).score;
    expect(withMeaning(0.8, calibration)).toBeGreaterThan(words);
    expect(withMeaning(0.2, calibration)).toBeLessThan(words);
    expect(withMeaning(0.8)).toBe(words);
  });

  test('what means the question without its words is at least shown as closest', () => {
    const calibration: Calibration = {
      ...commonCalibration,
      meaning: { model: 'm', median: 0.3, deviation: 0.1, weight: 0.1, neutral: 2 },
    };
    const question = 'Who won the football world cup in 1998?';
    const { statistics } = search(question);
    const { hits } = search('hotel limit');
    const decision = (meaning: number): string =>
      decide(
        sufficiency(
          question,
          hits.map((hit) => ({ ...hit, meaning })),
          statistics,
          calibration,
        ),
        calibration,
      );
    expect(decision(0.35)).toBe('nothing');
    expect(decision(0.6)).toBe('closest');
  });

  test('any question has a score from 0 to 1 and features within 0 to 1', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.array(fc.constantFrom('leave', 'hotel', 'the', '?', '"', 'OR', '年假', '🙂')).map((words) => words.join(' ')),
        ),
        (question) => {
          const { hits, statistics } = search(question);
          const found = sufficiency(question, hits, statistics);
          expect(found.score).toBeGreaterThanOrEqual(0);
          expect(found.score).toBeLessThanOrEqual(1);
          for (const feature of Object.values(found.features)) {
            expect(feature).toBeGreaterThanOrEqual(0);
            expect(feature).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });
});
