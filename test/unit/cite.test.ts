/** Citations: verbatim quotes, numbers, links that open at the place, and no link that a document did not bring. */
import { describe, expect, test } from 'vitest';
import { closestPassage, createCitations } from '../../src/ask/cite.ts';
import { plainText } from '../../src/passage-text.ts';
import type { Passage } from '../../src/types.ts';

const TEXT =
  '## Carrying over\n\nYou may carry over up to **five** unused [PTO days](pto.md), and they *must* be taken by 31 March.\n\nDays that are left lapse.';
const passage = (more: Partial<Passage> = {}): Passage => ({
  id: 'p1',
  documentId: 'd1',
  documentVersion: 3,
  ordinal: 0,
  headingPath: ['Carrying over'],
  anchor: 'carrying-over',
  text: TEXT,
  textHash: 'h',
  title: 'Leave',
  url: 'https://wiki.example.com/leave',
  textFragments: false,
  sourceId: 's',
  sourceName: 'wiki',
  owner: null,
  updatedAt: Date.UTC(2026, 1, 3),
  readerSet: 1,
  language: 'en',
  ...more,
});
const page = (id: string): string => `http://127.0.0.1:3000/documents/${id}`;

function place(words: string): [number, number] {
  const start = plainText(TEXT).text.indexOf(words);
  if (start < 0) throw new Error(words);
  return [start, start + words.length];
}

const SENTENCE = 'You may carry over up to five unused PTO days, and they must be taken by 31 March.';

describe('createCitations', () => {
  test('quotes the source as it stands, marks and all', () => {
    const citations = createCitations('a1', page);
    expect(citations.cite(passage(), ...place(SENTENCE))).toBe(1);
    expect(citations.list()[0]).toMatchObject({
      n: 1,
      quote: expect.stringContaining('up to **five** unused [PTO days](pto.md), and they *must* be taken by 31 March.'),
      anchor: 'carrying-over',
      documentUrl: `${page('d1')}?citation=a1.1`,
      updatedAt: '2026-02-03T00:00:00.000Z',
      source: 'wiki',
      passageId: 'p1',
      documentVersion: 3,
    });
    expect(TEXT).toContain(citations.list()[0]!.quote);
  });

  test('gives the same quote, or a part of it, one number, and another its own', () => {
    const citations = createCitations('a1', page);
    expect(
      [SENTENCE, SENTENCE, 'five unused', 'Days that are left lapse.'].map((words) => citations.cite(passage(), ...place(words))),
    ).toEqual([1, 1, 1, 2]);
    expect(citations.cite(passage({ id: 'p2' }), ...place(SENTENCE))).toBe(3);
  });

  test.each([
    ['the heading of a page', {}, 'https://wiki.example.com/leave#carrying-over'],
    ['a page without headings', { anchor: null }, 'https://wiki.example.com/leave'],
    [
      'an address with a fragment of its own',
      { url: 'https://wiki.example.com/leave#old' },
      'https://wiki.example.com/leave#carrying-over',
    ],
    [
      'the words on a web page',
      { textFragments: true },
      'https://wiki.example.com/leave#carrying-over:~:text=You%20may%20carry%20over%20up,be%20taken%20by%2031%20March.',
    ],
    [
      'the words, without a heading',
      { textFragments: true, anchor: null },
      'https://wiki.example.com/leave#:~:text=You%20may%20carry%20over%20up,be%20taken%20by%2031%20March.',
    ],
    ['a page of a PDF', { anchor: 'page=3' }, 'https://wiki.example.com/leave#page=3'],
    ['a Chinese heading', { anchor: '结转' }, 'https://wiki.example.com/leave#%E7%BB%93%E8%BD%AC'],
    ['a document without a web address', { url: null }, null],
    ['an address that is no web address', { url: 'javascript:alert(1)' }, null],
  ] as [string, Partial<Passage>, string | null][])('opens %s', (_, more, url) => {
    const citations = createCitations('a1', page);
    citations.cite(passage(more), ...place(SENTENCE));
    expect(citations.list()[0]!.url).toBe(url);
  });

  test('a dash in a text fragment is escaped, as its grammar asks', () => {
    const text = 'The well-known rule.';
    const citations = createCitations('a1', page);
    citations.cite(passage({ text, textFragments: true, anchor: null }), 0, text.length);
    expect(citations.list()[0]!.url).toBe('https://wiki.example.com/leave#:~:text=The%20well%2Dknown%20rule.');
  });
});

test('a close passage is named with its quote and the page that shows it', () => {
  expect(closestPassage(passage(), ...place('Days that are left lapse.'), page)).toEqual({
    title: 'Leave',
    url: 'https://wiki.example.com/leave#carrying-over',
    documentUrl: `${page('d1')}?passage=p1`,
    quote: 'Days that are left lapse.',
  });
});
