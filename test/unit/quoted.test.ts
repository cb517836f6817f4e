import { describe, expect, test } from 'vitest';
import { closestSentence, quotedSentences } from '../../src/ask/quoted.ts';
import { readPassage } from '../../src/ask/passage-match.ts';
import { wordMarks } from '../../src/ask/word-marks.ts';
import { passagesOf, searchOver } from '../fakes/small-handbook.ts';

const over = (markdown: string, language = 'en') =>
  passagesOf({ Handbook: [['Section', markdown]], Other: [['', 'Lunch is at noon.']] }, language);
function quoted(question: string, markdown: string, max = 9, meant: { said: string; meant: string }[] = []) {
  return quotedSentences(question, searchOver(over(markdown))(question), max, meant);
}
const marked = (one: { text: string; marks: { start: number; end: number }[] }) =>
  one.marks.map(({ start, end }) => one.text.slice(start, end));

describe('a quoted sentence as it stood on its page', () => {
  const steps = 'To get a badge:\n\n1. Ask your manager.\n1. Fill in the badge request form. It takes a minute.\n1. Fetch it at reception.';

  test('a step has its number, is one with its second sentence, and comes with its lead-in', () => {
    const list = quoted('How do I fill in the badge request form, does it take a minute?', steps, 3);
    expect(list.map(({ block, step, text }) => [block, step, text])).toEqual([
      ['paragraph', undefined, 'To get a badge:'],
      ['step', 2, 'Fill in the badge request form. It takes a minute.'],
    ]);
  });

  test('an item within an item comes with the one around it', () => {
    const list = quoted(
      'thirteen inch screens',
      'You may choose:\n\n- a laptop:\n  - thirteen inch screens\n  - fifteen inch screens\n- a tablet',
      3,
    );
    expect(list.map(({ text }) => text)).toEqual(['You may choose:', 'a laptop:', 'thirteen inch screens']);
  });

  test('a list without a lead-in comes with the heading straight above it', () => {
    const list = quoted(
      'passport or identity card',
      'Welcome to the company.\n\n### What to bring\n\n- a passport or an identity card\n- bank details',
      2,
    );
    expect(list.map(({ block, text }) => [block, text])).toEqual([
      ['heading', 'What to bring'],
      ['bullet', 'a passport or an identity card'],
    ]);
    expect(list[0]!.run).toBe(list[1]!.run);
  });

  test('rows of a table that was cut have no first row to come with', () => {
    const list = quoted('limit in Zurich', '| Berlin in summer | 150 euros |\n| Zurich in winter | 240 euros |', 1);
    expect(list.map(({ text }) => text)).toEqual([expect.stringContaining('Zurich')]);
  });

  test("a page's furniture is not worth its place", () => {
    const [first] = quoted(
      'laptop policy team',
      'Last updated by the laptop policy team.\n\nA laptop is replaced when four years have gone by.',
      1,
    );
    expect(first!.text).toBe('A laptop is replaced when four years have gone by.');
  });

  test('long sentences that differ in one figure are two', () => {
    const say = (days: number) =>
      `Employees of every office who travel abroad for longer than ${days} days must tell the payroll team, their manager, the insurance broker and reception beforehand.`;
    const passages = passagesOf({ New: [['', say(14)]], Old: [['', say(10)]] });
    const list = quotedSentences('employees who travel abroad', searchOver(passages)('employees who travel abroad'), 9);
    expect(list.map(({ text }) => text).toSorted()).toEqual([say(10), say(14)]);
  });
});

describe('words of the question', () => {
  test('are marked in any of their forms, small words never', () => {
    expect(
      marked(quoted('How are unused vacation days carried over?', 'You may carry over an unused day of vacation to the next year.', 1)[0]!),
    ).toEqual(['carry', 'unused day', 'vacation']);
  });

  test('what an acronym stands for is marked and found', () => {
    const [hit] = over('The canteen opens at noon every day for all.\n\nPaid time off is twenty days.');
    const found = { hits: [{ ...hit!, score: 1 }], statistics: { total: 9, documentFrequency: { pto: 1 } } };
    const [one] = quotedSentences('PTO', found, 1, [{ said: 'PTO', meant: 'paid time off' }]);
    expect([one!.text, marked(one!)]).toEqual(['Paid time off is twenty days.', ['Paid time off']]);
  });

  test('are marked in Chinese, Traditional or Simplified', () => {
    const text = '審核通過的報銷單每週四打款。';
    expect(wordMarks(text, ['报销单什么时候打款？'], 'zh').map(({ start, end }) => text.slice(start, end))).toEqual(['報銷單', '打款']);
  });
});

test('found by meaning alone: sentences that speak of what the passage is about, never a heading', () => {
  const [hit] = passagesOf({
    Bereavement: [
      [
        'Bereavement leave',
        '### Bereavement leave\n\nHello.\n\nBereavement leave is five days of paid leave.\n\nSee you soon, and take good care of the others.',
      ],
    ],
  });
  const found = { hits: [{ ...hit!, score: 1, meaning: 0.7 }], statistics: { total: 9, documentFrequency: {} } };
  const { start, end } = closestSentence('my nan passed away', found, found.hits[0]!);
  expect(readPassage(hit!).plain.slice(start, end)).toBe('Bereavement leave is five days of paid leave.');
  expect(quotedSentences('my nan passed away', found, 1)[0]!.text).toBe('Bereavement leave is five days of paid leave.');
});

test('a passage too short to quote from still shows what it says, not its heading', () => {
  const [hit] = passagesOf({ Pets: [['', '### Pets in the office\n\nYes, dogs.']] });
  const found = { hits: [{ ...hit!, score: 1 }], statistics: { total: 1, documentFrequency: {} } };
  const { start, end } = closestSentence('animals', found, found.hits[0]!);
  expect(readPassage(hit!).plain.slice(start, end)).toBe('Yes, dogs.');
});
