import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPassage } from '../../src/ask/passage-match.ts';
import { quoteSentences } from '../../src/ask/quote-sentences.ts';
import { passagesOf, searchOver, smallHandbook } from '../fakes/small-handbook.ts';
import type { Passage } from '../../src/types.ts';

function shown(question: string, passages: Passage[], max = 9): string[][] {
  const { hits, statistics } = searchOver(passages)(question);
  return quoteSentences(question, hits, statistics, { max }).map(({ passageId, sentences }) => {
    const { plain } = readPassage(hits.find((hit) => hit.id === passageId)!);
    return sentences.map(({ start, end }) => plain.slice(start, end));
  });
}

describe('quoted sentences', () => {
  test('the sentence that answers comes first when only one may be shown', () => {
    expect(shown('What is the hotel limit per night?', smallHandbook, 1)).toEqual([
      ['The limit is 150 euros a night, breakfast included.'],
    ]);
    expect(shown('When do unused days expire?', smallHandbook, 1)).toEqual([['Unused days expire at the end of March.']]);
  });

  test('a list item is shown with the line that leads in', () => {
    const passages = passagesOf({
      Onboarding: [
        [
          'First day',
          'Bring these papers on your first day:\n\n- your signed contract in two copies\n- a passport or an identity card\n- your bank details for the payroll\n\nLunch is at noon.',
        ],
      ],
    });
    const texts = shown('Where do I put my bank details for the payroll?', passages, 2).flat();
    expect(texts).toEqual(['Bring these papers on your first day:', 'your bank details for the payroll']);
  });

  test('a row of a table is shown with its first row', () => {
    const passages = passagesOf({
      Support: [
        [
          'Response times',
          '| Severity | First response | Update every |\n| --- | --- | --- |\n| Severity zero, total outage | two hours | four hours |\n| Severity three, a small question | three days | a week |',
        ],
      ],
    });
    const texts = shown('first response for severity zero total outage', passages, 2).flat();
    expect(texts).toHaveLength(2);
    expect(texts[0]).toContain('First response');
    expect(texts[1]).toContain('two hours');
  });

  test('the same sentence on two pages is shown once', () => {
    const same = 'Every laptop has its disk encrypted before it leaves the building.';
    const passages = passagesOf({
      Security: [['Disks', `${same} Keys are kept by the service desk.`]],
      Laptops: [['Setup', `${same} Bags are handed out in spring.`]],
    });
    expect(
      shown('Is the disk of my laptop encrypted?', passages)
        .flat()
        .filter((text) => text === same),
    ).toHaveLength(1);
  });

  test('no heading stands alone', () => {
    const passages = passagesOf({
      'Parental leave': [
        ['Parental leave', 'Parental leave\n\n### Who has parental leave\n\nNew parents take up to sixteen weeks of paid leave.'],
      ],
    });
    expect(shown('parental leave', passages).flat()).toEqual(['New parents take up to sixteen weeks of paid leave.']);
  });

  test('passages of one document stand together and in reading order', () => {
    const { hits, statistics } = searchOver(smallHandbook)('paid leave days');
    const quoted = quoteSentences('paid leave days', hits, statistics, { max: 9 });
    const documents = quoted.map(({ passageId }) => passageId.split('#')[0]!);
    expect(documents.filter((document, i) => document !== documents[i - 1])).toHaveLength(new Set(documents).size);
    const ordinals = quoted
      .filter(({ passageId }) => passageId.startsWith('Time off'))
      .map(({ passageId }) => Number(passageId.split('#')[1]));
    expect(ordinals.length).toBeGreaterThan(1);
    expect(ordinals).toEqual(ordinals.toSorted((a, b) => a - b));
  });

  test('for any question: at most so many, in order, never overlapping, verbatim in the plain text', () => {
    const words = [...new Set(smallHandbook.flatMap((passage) => passage.text.split(/\W+/)))];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 12 }),
        fc.integer({ min: 0, max: 9 }),
        (asked, max) => {
          const question = asked.join(' ');
          const { hits, statistics } = searchOver(smallHandbook)(question);
          const quoted = quoteSentences(question, hits, statistics, { max });
          expect(quoted.reduce((count, one) => count + one.sentences.length, 0)).toBeLessThanOrEqual(max);
          for (const { passageId, sentences } of quoted) {
            const { plain } = readPassage(hits.find((hit) => hit.id === passageId)!);
            let last = 0;
            for (const { start, end } of sentences) {
              expect(start).toBeGreaterThanOrEqual(last);
              expect(end).toBeGreaterThan(start);
              expect(plain.slice(start, end).trim()).toBe(plain.slice(start, end));
              last = end;
            }
            expect(last).toBeLessThanOrEqual(plain.length);
          }
        },
      ),
    );
  });
});
