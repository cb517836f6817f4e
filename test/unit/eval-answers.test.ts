import { expect, test } from 'vitest';
import { auroc, evaluateAnswers, holdsAny } from '../../src/eval/answers.ts';

test('shares of what was answered, shown and abstained from', async () => {
  let clock = 0;
  const report = await evaluateAnswers(
    {
      queries: [
        { _id: '1', text: 'a', answerable: true, references: ['The sky is blue .'] },
        { _id: '2', text: 'b', references: ['Grass is green .'] },
        { _id: '3', text: 'c', answerable: true, references: ['Never shown .'] },
        { _id: '4', text: 'd', answerable: false },
        { _id: '5', text: 'e', answerable: false },
      ],
    },
    async (question) => {
      clock += question === 'e' ? 100 : 10;
      const shown: Record<string, string[]> = { a: ['The sky is blue.'], b: ['Roses are red.'], d: ['Something.'] };
      return {
        status: question in shown ? 'quoted' : 'unanswered',
        score: { a: 0.9, b: 0.8, c: 0.2, d: 0.6, e: 0.1 }[question]!,
        shownText: shown[question] ?? [],
        modelCalls: 1,
        costUsd: 0.5,
      };
    },
    () => clock,
  );
  expect(report).toEqual({
    answerable: { n: 3, answered: 0.6667, goldShown: 0.5 },
    unanswerable: { n: 2, abstained: 0.5 },
    auroc: 0.8333,
    modelCalls: 5,
    costUsd: 2.5,
    p50Ms: 10,
    p95Ms: 100,
  });
});

test('a gold sentence is known again whatever its tokenisation, and only whole', () => {
  expect(holdsAny(['He said “no”. The season (seven days) is short.'], ["The `` season '' ( seven days ) is short ."])).toBe(true);
  expect(holdsAny(['We cover **up to $500** a year.'], ['we cover up to $500 a year.'])).toBe(true);
  expect(holdsAny(['The season is short.'], ['The season is very short .'])).toBe(false);
  expect(holdsAny([], ['x'])).toBe(false);
});

test('without both kinds there is no AUROC, without references no gold', async () => {
  const report = await evaluateAnswers({ queries: [{ _id: '1', text: 'a' }] }, async () => ({
    status: 'quoted',
    score: 1,
    shownText: ['x'],
  }));
  expect(report.auroc).toBeNull();
  expect(report.answerable.goldShown).toBeNull();
});

test('AUROC is the chance of the right order, ties counting half', () => {
  expect(auroc([3, 4], [1, 2])).toBe(1);
  expect(auroc([1, 2], [3, 4])).toBe(0);
  expect(auroc([1, 1], [1, 1])).toBe(0.5);
  expect(auroc([2, 5], [1, 3])).toBe(0.75);
});
