import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldHits, joinNeighbours } from '../../src/ask/fold-hits.ts';
import type { Hit } from '../../src/ask/passage-match.ts';
import { passagesOf } from '../fakes/small-handbook.ts';

const text = 'Employees receive a phone after probation. The limit is 150 euros a night. Anna Berg approves it.';

function hit(title: string, markdown: string, more: Partial<Hit> = {}, language = 'en'): Hit {
  return { ...passagesOf({ [title]: [['', markdown]] }, language)[0]!, score: 1, ...more };
}
const titles = (hits: Hit[], question?: string): string[] => foldHits(hits, question).map((one) => one.hit.title);

describe('passages that say the same', () => {
  test('a copy on another page is folded into the better one, which remembers it', () => {
    const copy = text.replace('a phone', 'a  **phone**');
    const [one, ...rest] = foldHits([hit('Phones', text, { score: 2 }), hit('Old phones', copy)]);
    expect(rest).toEqual([]);
    expect(one).toMatchObject({ hit: { title: 'Phones' }, same: [{ title: 'Old phones' }] });
  });

  test('of two that are alike the newer one stays, and keeps the place and score', () => {
    const folded = foldHits([hit('Old', text, { score: 2, updatedAt: 1 }), hit('New', text, { score: 1.95, updatedAt: 2 })]);
    expect(folded.map((one) => [one.hit.title, one.hit.score])).toEqual([['New', 2]]);
    expect(titles([hit('Better', text, { score: 2, updatedAt: 1 }), hit('New', text, { score: 1, updatedAt: 2 })])).toEqual(['Better']);
  });

  test('one with a harmless sentence more stands for the other; one that says it is out of date does not', () => {
    const longer = `${text} This is written for all teams.`;
    expect(titles([hit('A', text), hit('B', longer)])).toEqual(['B']);
    expect(titles([hit('A', text), hit('B', `${text} This is no longer valid.`)])).toEqual(['A', 'B']);
    expect(titles([hit('A', text), hit('B', `${text} This holds until March.`)])).toEqual(['A', 'B']);
  });

  test.each([
    ['a figure', '150 euros', '160 euros'],
    ['a sign', '150 euros', '-150 euros'],
    ['a name', 'Anna Berg', 'Otto Berg'],
    ['a "not"', 'receive', 'do not receive'],
    ['a word', 'approves', 'rejects'],
    ['a time', 'after probation', 'before probation'],
  ])('%s apart, both stay', (_, from, to) => {
    expect(titles([hit('A', text), hit('B', text.replace(from, to))])).toEqual(['A', 'B']);
  });

  test('Chinese: the same is folded, a figure, a name or a 不 apart is not', () => {
    const rule = '报销单每周四打款。金额超过五千元由李华批准。';
    const zh = (title: string, markdown: string): Hit => hit(title, markdown, {}, 'zh');
    expect(titles([zh('甲', rule), zh('乙', `${rule}\n`)])).toEqual(['甲']);
    for (const [from, to] of [
      ['四', '五'],
      ['李华', '王芳'],
      ['打款', '不打款'],
    ] as const)
      expect(titles([zh('甲', rule), zh('乙', rule.replace(from, to))])).toEqual(['甲', '乙']);
  });

  test('a copy whose title names what was asked stays', () => {
    const hits = [hit('Hotels in Berlin', text), hit('Hotels in Zurich', text)];
    expect(titles(hits, 'hotel limit')).toEqual(['Hotels in Berlin']);
    expect(titles(hits, 'hotel limit in Berlin and in Zurich')).toEqual(['Hotels in Berlin', 'Hotels in Zurich']);
  });

  test('whatever a passage says: its copy is folded, and a copy with one figure changed is not', () => {
    const words: fc.Arbitrary<string> = fc.constantFrom(
      'The',
      'limit',
      'is',
      'not',
      'Berlin',
      '每天',
      'days',
      'and',
      'a',
      '|',
      '-',
      'for',
      'v2.1',
      '€5',
      '三',
    );
    fc.assert(
      fc.property(fc.array(words, { minLength: 3, maxLength: 40 }), fc.nat(99_999), fc.nat(99_999), fc.nat(40), (said, one, other, at) => {
        fc.pre(one !== other);
        const place = at % (said.length + 1);
        const say = (figure: number): string =>
          `Every guest pays here. ${said.toSpliced(place, 0, String(figure)).join(' ')}. It is paid at once.`;
        expect(titles([hit('A', say(one)), hit('B', say(one))])).toEqual(['A']);
        expect(titles([hit('A', say(one)), hit('B', say(other))])).toEqual(['A', 'B']);
      }),
    );
  });
});

test('neighbours stand together in reading order where the better one stood', () => {
  const at = (documentId: string, ordinal: number): Hit => hit(documentId, 'x', { documentId, ordinal, id: `${documentId}${ordinal}` });
  const ids = joinNeighbours([at('a', 4), at('b', 1), at('a', 9), at('a', 3), at('b', 2), at('a', 5)]).map((one) => one.id);
  expect(ids).toEqual(['a3', 'a4', 'a5', 'b1', 'b2', 'a9']);
});
