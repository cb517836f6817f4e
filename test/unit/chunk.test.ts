import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countTokens, plainText, splitSentences } from '../../src/passage-text.ts';
import { chunk } from '../../src/sync/chunk.ts';
import { extractMarkdown } from '../../src/sync/extract/markdown.ts';
import type { Block, PassageDraft } from '../../src/types.ts';

const size = (text: string): number => countTokens(plainText(text).text);
const passagesOf = (markdown: string): PassageDraft[] => {
  const document = extractMarkdown(markdown);
  return chunk(document.blocks, document.title === undefined ? {} : { title: document.title });
};
const words = (n: number, word = 'word'): string => Array.from({ length: n }, (_, i) => `${word}${i % 7}`).join(' ');
const prose = (n: number): string =>
  Array.from({ length: n }, (_, i) => `Sentence number ${i} says a thing about leave and travel.`).join(' ');

test('a section that fits is one passage, under its heading path and anchor', () => {
  const passages = passagesOf(
    `# Guide\n\n${words(150)}\n\n## Leave\n\n${words(150)}\n\n### Carry *over*\n\n${words(150)}\n\n## Travel {#trips}\n\n${words(150)}\n`,
  );
  expect(passages.map(({ headingPath, anchor }) => [headingPath, anchor])).toEqual([
    [[], 'guide'],
    [['Leave'], 'leave'],
    [['Leave', 'Carry over'], 'carry-over'],
    [['Travel'], 'trips'],
  ]);
  expect(passages[1]!.text.startsWith('## Leave\n\nword0')).toBe(true);
  expect(passages.map((passage) => passage.ordinal)).toEqual([0, 1, 2, 3]);
});

test('small sections join their neighbours under the same heading; the inner headings stay in the text', () => {
  const passages = passagesOf('# FAQ\n\n## A\n\nShort one.\n\n## B\n\nShort two.\n\n## C\n\nShort three.\n');
  expect(passages).toHaveLength(1);
  expect(passages[0]).toMatchObject({
    headingPath: ['A'],
    anchor: 'a',
    text: '# FAQ\n\n## A\n\nShort one.\n\n## B\n\nShort two.\n\n## C\n\nShort three.',
  });
});

test('a small section does not join another chapter', () => {
  const passages = passagesOf(`# T\n\n## One\n\n${words(100)}\n\n### Deep\n\nShort.\n\n## Two\n\n${words(100)}\n`);
  expect(passages.map((passage) => passage.headingPath.join('/'))).toEqual(['One', 'Two']);
  expect(passages[0]!.text).toContain('### Deep\n\nShort.');
});

test("a heading, or a line that announces a list, is never a passage's last line", () => {
  const passages = passagesOf(
    `# T\n\n## S\n\n${prose(22)}\n\n${prose(18)}\n\nThe steps are:\n\n${Array.from({ length: 12 }, (_, i) => `- Step ${i} is to do something`).join('\n')}\n`,
  );
  expect(passages.length).toBeGreaterThan(1);
  for (const passage of passages) expect(passage.text).not.toMatch(/(?:^#.*|:)$/);
  expect(passages.find((passage) => passage.text.includes('The steps are:'))!.text).toContain('- Step 0');
});

test('a long paragraph is cut between sentences, a list between items, a table between rows, code between lines', () => {
  const paragraph = passagesOf(prose(120));
  expect(paragraph.length).toBeGreaterThan(2);
  for (const passage of paragraph) expect(passage.text).toMatch(/^Sentence number .*travel\.$/);
  const list = passagesOf(Array.from({ length: 80 }, (_, i) => `- Item ${i} with ${words(8)}\n  - below it ${words(4)}`).join('\n'));
  expect(list.length).toBeGreaterThan(2);
  for (const passage of list) expect(passage.text).toMatch(/^- Item /);
  const table = passagesOf(`| a | b |\n|---|---|\n${Array.from({ length: 120 }, (_, i) => `| row ${i} | ${words(6)} |`).join('\n')}`);
  expect(table.length).toBeGreaterThan(2);
  for (const passage of table) expect(passage.text).toMatch(/^\|.*\|$/s);
  const code = passagesOf(`\`\`\`\n${Array.from({ length: 150 }, (_, i) => `const v${i} = f(${i}); // ${words(3)}`).join('\n')}\n\`\`\``);
  expect(code.length).toBeGreaterThan(2);
  for (const passage of code.slice(1, -1)) expect(passage.text).toMatch(/^const v\d+ = .*word2$/s);
});

test('one endless sentence is cut at blanks, and one endless word between characters', () => {
  for (const text of [words(3000), 'x'.repeat(30_000), '无'.repeat(3000), '😀'.repeat(2000)]) {
    const passages = chunk([{ kind: 'paragraph', text }]);
    expect(passages.length).toBeGreaterThan(1);
    for (const passage of passages) expect(size(passage.text)).toBeLessThanOrEqual(520);
    expect(
      passages
        .map((passage) => passage.text)
        .join('')
        .replaceAll(/\s/g, ''),
    ).toBe(text.replaceAll(/\s/g, ''));
    for (const passage of passages) expect(passage.text.isWellFormed()).toBe(true);
  }
});

test('headings alone, and nothing at all', () => {
  expect(passagesOf('# Only\n\n## Headings')).toMatchObject([{ text: '# Only\n\n## Headings' }]);
  expect(chunk([])).toEqual([]);
});

const inline = fc.constantFrom(
  'plain words here',
  '**bold** and [a link](https://a.b/c)',
  'Mr. Smith paid 3.5 USD',
  'ends here.',
  'Is it? Yes!',
  '我们有三天假期。',
  '`code.here`',
  'e.g. this',
  'see https://a.b/c?d=E.F for more',
);
const paragraph = fc.array(inline, { minLength: 1, maxLength: 120 }).map((parts) => parts.join(' '));
const block = fc.oneof(
  paragraph,
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('Leave', 'Travel & *cost*', '报销', 'FAQ'))
    .map(([depth, name]) => `${'#'.repeat(depth)} ${name}`),
  fc
    .array(inline, { minLength: 1, maxLength: 60 })
    .map((items) => items.map((item, i) => `${i % 3 === 2 ? '  ' : ''}- ${item}`).join('\n')),
  fc
    .array(inline, { minLength: 1, maxLength: 40 })
    .map((rows) => `| a | b |\n|---|---|\n${rows.map((row) => `| ${row} | x |`).join('\n')}`),
  fc.array(inline, { minLength: 1, maxLength: 40 }).map((lines) => `\`\`\`\n${lines.join('\n')}\n\`\`\``),
  fc.array(inline, { minLength: 1, maxLength: 40 }).map((lines) => lines.map((line) => `> ${line}`).join('\n')),
  fc.constantFrom('---', '<!-- a comment -->', '<div class="x">\n<p>html</p>\n</div>', '[ref]: https://a.b/c'),
);
const markdown = fc
  .tuple(fc.array(block, { maxLength: 25 }), fc.constantFrom('\n\n', '\n\n\n', '\n \n'))
  .map(([blocks, gap]) => blocks.join(gap));

test('passages in order are verbatim slices that hold the whole document without overlap', () => {
  fc.assert(
    fc.property(markdown, (source) => {
      // Front matter is no text.
      fc.pre(!source.startsWith('---'));
      let at = 0;
      for (const passage of passagesOf(source)) {
        const start = source.indexOf(passage.text, at);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(source.slice(at, start).trim()).toBe('');
        at = start + passage.text.length;
      }
      expect(source.slice(at).trim()).toBe('');
    }),
    { numRuns: 150 },
  );
});

test('no passage is over the maximum, and none ends inside a sentence', () => {
  fc.assert(
    fc.property(markdown, (source) => {
      for (const passage of passagesOf(source)) expect(size(passage.text)).toBeLessThanOrEqual(530);
    }),
    { numRuns: 100 },
  );
  fc.assert(
    fc.property(
      fc.array(inline, { minLength: 40, maxLength: 600 }).map((parts) => parts.join(' ')),
      (source) => {
        const whole = plainText(source);
        const all = splitSentences(whole.text);
        if (all.some(({ start, end }) => countTokens(whole.text.slice(start, end)) > 512)) return;
        const starts = new Set(all.map(({ start }) => whole.text.slice(start, start + 12)));
        for (const passage of passagesOf(source))
          expect([...starts].some((start) => plainText(passage.text).text.trimStart().startsWith(start))).toBe(true);
      },
    ),
    { numRuns: 100 },
  );
});

test('blocks that end without a blank line are set apart by one', () => {
  const blocks: Block[] = [
    { kind: 'heading', depth: 1, text: 'Title', anchor: 't' },
    { kind: 'paragraph', text: 'One.' },
    { kind: 'paragraph', text: 'Two.' },
  ];
  expect(chunk(blocks)).toEqual([{ ordinal: 0, headingPath: ['Title'], anchor: 't', text: 'Title\n\nOne.\n\nTwo.' }]);
});

const handbook = path.resolve(import.meta.dirname, '../../../shared/data/wikis/sourcegraph-handbook/newer');
const present = fs.existsSync(handbook);
if (!present && process.env['CI'] !== 'true') console.warn(`skipped: ${handbook} is absent`);

test.skipIf(!present && process.env['CI'] !== 'true')(
  'a real handbook of 845 pages: whole, verbatim, and most passages of the size that is aimed at',
  () => {
    const sizes: number[] = [];
    const files = fs.readdirSync(handbook, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
    expect(files).toHaveLength(845);
    // Every fifth page: the whole takes seconds.
    for (const file of files.filter((_, i) => i % 5 === 0)) {
      const source = fs.readFileSync(path.join(handbook, file), 'utf8');
      let at = 0;
      for (const passage of passagesOf(source)) {
        const start = source.indexOf(passage.text, at);
        expect([file, start >= 0]).toEqual([file, true]);
        if (at > 0) expect([file, source.slice(at, start).trim()]).toEqual([file, '']);
        at = start + passage.text.length;
        sizes.push(size(passage.text));
      }
      expect([file, source.slice(at).trim()]).toEqual([file, '']);
    }
    sizes.sort((a, b) => a - b);
    expect(sizes.at(-1)).toBeLessThanOrEqual(520);
    expect(sizes.filter((tokens) => tokens >= 128).length / sizes.length).toBeGreaterThan(0.8);
  },
);

describe('pages and slides', () => {
  const text = (words: number, from = 0): string => `${Array.from({ length: words }, (_, i) => `word${from + i}`).join(' ')}.`;
  const onPage = (page: number, words: number): Block => ({ kind: 'paragraph', text: text(words, page * 1000), anchor: `page=${page}` });
  const heading = (page: number, name: string): Block => ({ kind: 'heading', depth: 1, text: name, anchor: `page=${page}` });

  test("a passage's anchor is the page that it begins on, also within one section", () => {
    const passages = chunk([heading(1, 'Long'), onPage(1, 90), onPage(2, 90), onPage(3, 90)]);
    expect(passages.map(({ anchor, headingPath }) => [anchor, headingPath])).toEqual([
      ['page=1', ['Long']],
      ['page=2', ['Long']],
      ['page=3', ['Long']],
    ]);
  });

  test('the last lines of a section stay with it; a heading on a new page does not go with the page before', () => {
    const passages = chunk([
      heading(1, 'One'),
      onPage(1, 40),
      onPage(2, 5),
      heading(2, 'Two'),
      onPage(2, 8),
      heading(3, 'Three'),
      onPage(3, 8),
    ]);
    expect(passages.map((passage) => [passage.anchor, passage.headingPath])).toEqual([
      ['page=1', ['One']],
      ['page=2', ['Two']],
      ['page=3', ['Three']],
    ]);
    expect(passages[0]!.text).toContain('word2000');
  });

  test('text before the first heading has its page, too', () => {
    expect(chunk([onPage(4, 10)])).toMatchObject([{ anchor: 'page=4', headingPath: [] }]);
  });
});
