import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestQuote, locateQuote } from '../../src/ask/locate-quote.ts';

const PASSAGE = [
  'Birthday gifts should not exceed $50 USD per teammate and per year. The “quick” brown fox — a 12.5 kg one — jumps over the party.',
  '| Alpha | 20 days |',
  'Only in Berlin.',
  '員工每年享有三十天年假，不得結轉。未使用的年假到期作废。',
].join('\n');

const shown = (quote: string): string | undefined => {
  const place = locateQuote(quote, PASSAGE);
  return place && PASSAGE.slice(place.start, place.end);
};

describe('a quote is found only where it stands', () => {
  it.each([
    ['as it is', 'should not exceed $50 USD per teammate', 'should not exceed $50 USD per teammate'],
    ['with other marks and dashes', 'The "quick" brown fox - a 12.5 kg one', 'The “quick” brown fox — a 12.5 kg one'],
    ['with other white space', 'The  “quick”\nbrown fox', 'The “quick” brown fox'],
    ['with a small first letter and a full stop', 'birthday gifts should not exceed $50 USD.', 'Birthday gifts should not exceed $50 USD'],
    [
      'with an ellipsis between two parts',
      'Birthday gifts should not … per teammate and per year',
      'Birthday gifts should not exceed $50 USD per teammate and per year',
    ],
    ['in simplified characters', '员工每年享有三十天年假', '員工每年享有三十天年假'],
    ['as a whole cell', '20 days', '20 days'],
    ['as a whole line', 'Only in Berlin.', 'Only in Berlin'],
  ])('%s', (_, quote, passage) => expect(shown(quote)).toBe(passage));

  it.each([
    ['a word is changed', 'Birthday gifts should never exceed $50 USD'],
    ['a word is left out', 'Birthday gifts should exceed $50 USD'],
    ['a figure is changed', 'should not exceed $60 USD'],
    ['a figure is cut', 'brown fox - a 12'],
    ['a letter inside is in another case', 'birthday Gifts should not exceed'],
    ['a word is cut', 'fox — a 12.5 kg one — jumps over the part'],
    ['it says too little', 'the party'],
    ['it says too little in Chinese', '年假'],
    ['the parts stand in another order', 'per teammate and per year … Birthday gifts should not'],
    ['a part says too little', 'Birthday … per year'],
    ['there are three parts', 'Birthday gifts should … $50 USD per … a 12.5 kg one'],
    ['it is empty', ''],
    ['it is only marks', '“…”'],
  ])('not when %s', (_, quote) => expect(shown(quote)).toBeUndefined());

  it('tells an exact quote from a tolerated one', () => {
    expect(locateQuote('Only in Berlin', PASSAGE)?.exact).toBe(true);
    expect(locateQuote('only in Berlin', PASSAGE)?.exact).toBe(false);
  });

  it('finds any long enough stretch of words of any text, and only that', () => {
    const word = fc.constantFrom('alpha', 'Beta', '12.5', 'gamma,', '“delta”', '—', '年假', 'epsilon.', '３０', 'é', 'ﬁne', '\n');
    fc.assert(
      fc.property(fc.array(word, { minLength: 12, maxLength: 30 }), fc.nat(), fc.integer({ min: 6, max: 10 }), (words, from, length) => {
        const text = words.join(' ');
        const quote = words.slice(from % 6, (from % 6) + length).join(' ');
        const place = locateQuote(quote, text);
        if (place) {
          const letters = (some: string): string =>
            some
              .normalize('NFKC')
              .toLowerCase()
              .replace(/[^\p{L}\p{N}]/gu, '');
          expect(letters(text.slice(place.start, place.end))).toBe(letters(quote));
        } else expect((quote.match(/[\p{L}\p{N}]+/gu) ?? []).length).toBeLessThan(5);
      }),
    );
  });

  it('is quick where every place looks alike', () => {
    const started = performance.now();
    locateQuote('a'.repeat(4000), `${'a'.repeat(100_000)}b`);
    locateQuote('a b '.repeat(500), `${'a b '.repeat(30_000)}c`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('a line without a quote', () => {
  it('rests on the sentence that carries it best', () => {
    const place = bestQuote('Gifts for a teammate cost at most $50 a year.', PASSAGE, 'en')!;
    expect(PASSAGE.slice(place.start, place.end)).toBe('Birthday gifts should not exceed $50 USD per teammate and per year.');
  });
  it('rests on nothing when no sentence shares a word with it', () => {
    expect(bestQuote('Zebras hibernate.', PASSAGE, 'en')).toBeUndefined();
  });
});
