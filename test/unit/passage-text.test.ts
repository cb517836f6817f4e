import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countTokens, plainText, splitSentences } from '../../src/passage-text.ts';

const sentences = (text: string): string[] => splitSentences(text).map(({ start, end }) => text.slice(start, end));

test.each([
  ['a [link](https://a.b/c_(d) "title") here', 'a link here'],
  ['a [`code` *link*][ref] and [same][] and ![alt *text*](x.png)', 'a code link and same and alt text'],
  ['**bold _both_** and ~~gone~~ and ***all***', 'bold both and gone and all'],
  ['snake_case_name 2 * 3 * 4 and *args and __init__', 'snake_case_name 2 * 3 * 4 and *args and init'],
  ['**注意：**请看[文档](a.md)。', '注意：请看文档。'],
  ['use `a * b | c` and ``x ` y``', 'use a * b | c and x ` y'],
  ['## Heading *one* {#id}\n\ntext', 'Heading one\n\ntext'],
  ['Heading\n=======\n\ntext', 'Heading\n\n\ntext'],
  ['> quoted\n> > twice', 'quoted\ntwice'],
  ['* one\n  + two\n- [x] three\n1. four', '- one\n  - two\n- three\n1. four'],
  ['| a | b |\n|---|:-:|\n| `1` | [2](x) |', 'a | b\n\n1 | 2'],
  ['```js\na * b * c\n```\nafter', '\na * b * c\n\nafter'],
  ['a<br>b <b>bold</b> <span class="x > y">in</span> <kbd>Ctrl</kbd>', 'a\nb bold in Ctrl'],
  ['List<String> and <TOKEN> and a < b > c', 'List<String> and <TOKEN> and a < b > c'],
  ['<https://a.b/c> and https://d.e/f_g_h', 'https://a.b/c and https://d.e/f_g_h'],
  ['one <!-- two\n\nthree --> four', 'one four'],
  ['<script>\nalert(1)\n</script>\nafter', '\nafter'],
  ['a &amp; b &lt;c&gt; &#8212; &#x1F600; &unknown;', 'a & b <c> — 😀 &unknown;'],
  [String.raw`\*not emphasis\* and 1\. and C:\dir`, String.raw`*not emphasis* and 1. and C:\dir`],
  [
    'text[^1]\n\n[^1]: The note.\n\n[ref]: https://a.b "t"\n[r2]: <x>\n[Note]: this is prose',
    'text\n\nThe note.\n\n\n\n[Note]: this is prose',
  ],
  ['see {{< ref "a.md" >}} there', 'see  there'],
])('%s reads as it should', (markdown, expected) => {
  expect(plainText(markdown).text).toBe(expected);
});

const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '*',
        '**',
        '_',
        '`',
        '``',
        '[',
        ']',
        '](',
        ')',
        '![',
        '<',
        '>',
        '<a href="',
        '"',
        '&amp;',
        '&#',
        '\\',
        '|',
        '\n',
        '\n\n',
        '# ',
        '- ',
        '1. ',
        '> ',
        '```\n',
        '---',
        '<!--',
        '-->',
        '{{<',
        '{#',
        '    ',
        '😀',
        '注意。',
        'word ',
        'Mr. ',
        '. ',
        '3.5',
        '\r\n',
        '\0',
        '\ud800',
      ),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

test('each character of the plain text stands in the source where the map says, in order; only marks are turned into others', () => {
  fc.assert(
    fc.property(pieces, (source) => {
      const { text, map } = plainText(source);
      expect(map).toHaveLength(text.length);
      for (let i = 0; i < map.length; i++) {
        if (i > 0) expect(map[i]).toBeGreaterThan(map[i - 1]!);
        expect(map[i]).toBeLessThan(source.length);
        // An entity reads as the character it names (whose second half stands behind its `&`), `<br>` as a line's end, `*` as `-`.
        if (text[i] !== source[map[i]!]) expect(source.slice(Math.max(0, map[i]! - 1), map[i]! + 1)).toMatch(/[&<*+]/);
      }
    }),
    { numRuns: 500 },
  );
});

test('letters and digits outside of marks are never lost', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-zA-Z0-9äöü中文字]{1,10}$/), { minLength: 1, maxLength: 30 }), (words) => {
      const source = words.map((word, i) => ['**W**', '[W](u)', '`W`', '*W*', 'W', '\n- W'][i % 6]!.replace('W', word)).join(' ');
      for (const word of words) expect(plainText(source).text).toContain(word);
    }),
  );
});

const hostile = [
  '*a **a ',
  '[a](',
  '`',
  '<a "\'',
  '![[](<',
  '](a "',
  '](a (',
  '&#',
  '{{<',
  '<!--\n',
  '[\n',
  '# {#',
  '<script>\n',
  '**a*',
  '_a__',
  '> ',
  '- ',
  '|a',
  '<a ',
  '[^',
  '``` ',
  '. A',
  'Mr. ',
  '1. ',
  "''. ",
  '。',
  '| ',
  '\n\n\n',
];

test.each(hostile)('time grows with the length of %j, not faster', (piece) => {
  const timeOf = (length: number): number => {
    const source = piece.repeat(Math.ceil(length / piece.length));
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 3; run++) {
      const started = performance.now();
      splitSentences(plainText(source).text);
      splitSentences(source);
      countTokens(source);
      best = Math.min(best, performance.now() - started);
    }
    return best;
  };
  timeOf(10_000);
  // Sixteen times the length: a square would take 256 times as long.
  expect(timeOf(160_000)).toBeLessThan(Math.max(timeOf(10_000), 1) * 100);
});

test.each([
  [
    'Mr. Smith met the U.S. Government. He asked Dr. No. It was v1.2 of 3.5 items.',
    ['Mr. Smith met the U.S. Government.', 'He asked Dr. No.', 'It was v1.2 of 3.5 items.'],
  ],
  ['See No. 5 and Fig. 3, e.g. Foo, i.e. Bar. The end.', ['See No. 5 and Fig. 3, e.g. Foo, i.e. Bar.', 'The end.']],
  ['Visit https://a.com/b.c?d=E.F now! Really? Yes.', ['Visit https://a.com/b.c?d=E.F now!', 'Really?', 'Yes.']],
  ['我们有三天假期。请提前申请！可以吗？可以；再见', ['我们有三天假期。', '请提前申请！', '可以吗？', '可以；', '再见']],
  ['休暇は三日です。「はい。」申請してください。', ['休暇は三日です。', '「はい。」', '申請してください。']],
  ['- First item. And more.\n- Second item\n1. Third', ['First item.', 'And more.', 'Second item', 'Third']],
  ['| a. B | c. D |\n| e | f |', ['| a. B | c. D |', '| e | f |']],
  ['Name | Days. Hours\nAnn | 25. Or so', ['Name | Days. Hours', 'Ann | 25. Or so']],
  [
    'This line is wrapped at about seventy characters and then it goes on\nWith more words. Second.',
    ['This line is wrapped at about seventy characters and then it goes on\nWith more words.', 'Second.'],
  ],
  ['Ann: Hi there\nBo: Hello\nAnn: Bye', ['Ann: Hi there', 'Bo: Hello', 'Ann: Bye']],
  ['Am 3. Oktober 2020 war es z.B. Herbst. Dann nicht.', ['Am 3. Oktober 2020 war es z.B. Herbst.', 'Dann nicht.']],
  [
    'He lives in the U.S. The weather is fine. Vitamin C. This is J. R. Tolkien.',
    ['He lives in the U.S.', 'The weather is fine.', 'Vitamin C.', 'This is J. R. Tolkien.'],
  ],
  ["It is `` done . '' Next one . Last", ["It is `` done . ''", 'Next one .', 'Last']],
  ['“Stop.” She left. (It was late.) Wait... then go.', ['“Stop.”', 'She left.', '(It was late.)', 'Wait... then go.']],
  ['A title\n\nA paragraph', ['A title', 'A paragraph']],
  ['in several disabilities.The next one', ['in several disabilities.', 'The next one']],
  ['the class System.Collections.Generic is used. Yes', ['the class System.Collections.Generic is used.', 'Yes']],
])('splits %j', (text, expected) => {
  expect(sentences(text)).toEqual(expected);
});

test('sentences are in order, do not overlap, and leave out nothing but blanks and list marks', () => {
  fc.assert(
    fc.property(pieces, (text) => {
      let last = 0;
      let between = '';
      for (const { start, end } of splitSentences(text)) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThan(start);
        between += `${text.slice(last, start)}\n`;
        last = end;
      }
      between += text.slice(last);
      expect(between.replaceAll(/(?:[-*+•]|\d{1,4}[.)])(?=[\s\0-\x20]|$)/g, '').replaceAll(/[\s\0-\x20]/g, '')).toBe('');
    }),
    { numRuns: 500 },
  );
});

test('tokens are estimated near the counts that o200k_base gives', () => {
  // Counted once with gpt-tokenizer.
  const counted: [string, number][] = [
    ['Employees who have completed their probation period may carry over up to five days of unused leave into the next calendar year.', 23],
    ['员工试用期满后，可以将最多五天未使用的年假结转到下一个自然年度。', 24],
    ['Der Arbeitgeber verpflichtet sich, dem Arbeitnehmer während der Probezeit eine angemessene Einführung zu gewähren.', 21],
    ['', 0],
  ];
  for (const [text, tokens] of counted) expect(Math.abs(countTokens(text) - tokens)).toBeLessThanOrEqual(Math.max(1, tokens * 0.25));
});

test.each([
  ['dots', '.'],
  ['dots and marks', '.?!'],
  ['ellipses', '. . '],
  ['closing marks', '.)'],
  ['full stops', '。'],
  ['quotes', ". ''"],
])('a hundred thousand %s are split in no time', (_, piece) => {
  const text = `Contents ${piece.repeat(100_000 / piece.length)}x 12`;
  const from = performance.now();
  const ranges = splitSentences(text);
  expect(performance.now() - from).toBeLessThan(6_000);
  expect(ranges.at(-1)!.end).toBe(text.length);
});
