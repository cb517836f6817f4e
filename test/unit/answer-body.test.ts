import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { render } from '../../src/console/html.ts';
import { renderAnswerBody } from '../../src/console/pages/answer-body.ts';
import type { TurnView } from '../../src/console/pages/turn.ts';
import { wordsFor } from '../../src/console/words.ts';
import type { AnswerSentence, Citation } from '../../src/types.ts';

const citation = (n: number): Citation => ({
  n,
  documentId: 'd',
  title: 'Badges',
  url: null,
  documentUrl: '/documents/d',
  anchor: null,
  quote: 'q',
  source: 's',
  updatedAt: null,
});

function drawn(sentences: Partial<AnswerSentence>[]) {
  const turn: TurnView = {
    index: 1,
    threadId: 't',
    question: 'badge',
    phase: 'asking',
    status: 'searching',
    sentences: sentences.map((s) => ({ text: '', block: 'paragraph', citations: [1], support: 'quote', ...s })),
    citations: [citation(1), citation(2)],
    answer: null,
    searched: { documents: 1, sources: 1 } as never,
  };
  return parseHTML(`<main>${render(renderAnswerBody(wordsFor('en', Date.now), turn))}</main>`).document;
}
/** Without the word joiner before a number. */
const plain = (text: string | null): string => (text ?? '').replaceAll('\u2060', '');
const texts = (page: ReturnType<typeof drawn>, selector: string): string[] =>
  [...page.querySelectorAll(selector)].map((e) => plain(e.textContent));

describe('a quoted answer', () => {
  test('marks the words of the question, and escapes what stands around them', () => {
    const page = drawn([
      {
        text: '<b>Badge</b> & badge',
        marks: [
          { start: 3, end: 8 },
          { start: 15, end: 20 },
        ],
      },
    ]);
    expect(texts(page, 'mark.asked')).toEqual(['Badge', 'badge']);
    expect(texts(page, '.sentence')[0]).toBe('<b>Badge</b> & badge[1]');
  });

  test('counts a step as its page does', () => {
    const items = drawn([{ block: 'step', text: 'Fetch it.', step: 3 }]).querySelectorAll('ol > li');
    expect([...items].map((li) => [li.getAttribute('value'), plain(li.textContent)])).toEqual([['3', 'Fetch it.[1]']]);
  });

  test('marks words in the cells of a row, whatever bars stand around it', () => {
    for (const [text, start] of [
      ['Leeds | a badge a year | x', 10],
      ['| Leeds | a badge a year | x |', 12],
    ] as const) {
      const page = drawn([{ block: 'table', text, marks: [{ start, end: start + 5 }] }]);
      expect(texts(page, 'td')).toEqual(['Leeds', 'a badge a year', 'x[1]']);
      expect(texts(page, 'mark.asked')).toEqual(['badge']);
    }
  });

  test('prose of two places is two paragraphs, of one place one', () => {
    expect(texts(drawn([{ text: 'One.' }, { text: 'Two.' }, { text: 'Three.', citations: [2] }]), 'blockquote p')).toEqual([
      'One. Two.[1]',
      'Three.[2]',
    ]);
  });

  test('a heading that leads in carries no number of its own', () => {
    expect(
      texts(
        drawn([
          { block: 'heading', text: 'What to bring' },
          { block: 'bullet', text: 'a pen' },
        ]),
        '.answer-heading, li',
      ),
    ).toEqual(['What to bring', 'a pen[1]']);
  });
});
