/** Blocks, rich text and properties of Notion as Markdown: whatever is written in them, a person reads just that. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blocksToMarkdown, type NotionBlock } from '../../src/connectors/drivers/notion-markdown.ts';
import { ownerIn, propertiesToMarkdown, schemaToMarkdown, titleIn } from '../../src/connectors/drivers/notion-properties.ts';
import { plainLine, richLine, richText } from '../../src/connectors/drivers/notion-text.ts';
import { plainText } from '../../src/passage-text.ts';
import { chunk } from '../../src/sync/chunk.ts';
import { extractMarkdown } from '../../src/sync/extract/markdown.ts';

const titles = new Map([['b'.repeat(32), 'Paid leave']]);
const context = { titleOf: (id: string) => titles.get(id) };

interface Look {
  bold?: boolean;
  italic?: boolean;
  strikethrough?: boolean;
  code?: boolean;
}
const words = (text: string, look: Look = {}, href: string | null = null): unknown => ({
  type: 'text',
  text: { content: text, link: null },
  plain_text: text,
  href,
  annotations: { bold: false, italic: false, strikethrough: false, underline: false, code: false, color: 'default', ...look },
});
let ids = 0;
const block = (type: string, data: Record<string, unknown>, children: NotionBlock[] = []): NotionBlock => ({
  id: `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
  type,
  data,
  children,
});
const said = (type: string, text: string, children: NotionBlock[] = []): NotionBlock => block(type, { rich_text: [words(text)] }, children);
const markdown = (...blocks: NotionBlock[]): string => blocksToMarkdown(blocks, context);
/** As a person reads it, blank lines aside. */
const read = (text: string): string =>
  plainText(text)
    .text.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
const asLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');

/** Text that is full of what Markdown, HTML and front matter take for marks. */
const marks = fc.constantFrom(
  ...String.raw`# - + * ** *** _ __ ~~ ~~~ > < <b> </b> <!-- --> <script> &amp; &lt; & | --- === [ ] ]( (http://x.y) [^1] ! ![ { } {#id} {{< {{% %}}`.split(
    ' ',
  ),
  ...String.raw`1. 2) \ \\ : :- = a snake_case word 字 é “ ‘ . , $ 10 <https://x.y> 😀`.split(' '),
  '`',
  '```',
  '| --- |',
  '[a]: b',
  ' ',
  '    ',
  '\n',
  '\n\n',
);
const text = fc.array(fc.oneof(marks, fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 12 }).map((pieces) =>
  pieces
    .join('')
    .replaceAll(/[\r\v\f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\0]/g, ' ')
    .replaceAll('\t', ' '),
);
const looks = fc.record(
  { bold: fc.boolean(), italic: fc.boolean(), strikethrough: fc.boolean(), code: fc.boolean() },
  { requiredKeys: [] },
);

describe('rich text', () => {
  test('whatever is written reads as it was written, and makes no heading, list, table, quote or code', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, looks, fc.boolean()), { maxLength: 6 }), (runs) => {
        const given = runs.map(([content, look, linked]) => words(content, look, linked ? 'https://example.com/a_(b)?c=[d]' : null));
        const made = richText(given);
        expect(read(made)).toBe(asLines(runs.map(([content]) => content).join('')));
        expect(
          new Set(extractMarkdown(`---\ntitle: x\n---\n\n${made}\n`).blocks.map(({ kind }) => kind)).difference(new Set(['paragraph'])),
        ).toEqual(new Set());
      }),
      { numRuns: 1000 },
    );
  });
});

describe('rich text, by example', () => {
  test.each([
    [words('bold', { bold: true }), '**bold**'],
    [words(' both ', { bold: true, italic: true }), '***both***'],
    [words('old', { strikethrough: true, bold: true }), '~~old~~'],
    [words('npm run `x`', { code: true }), 'npm run \\`x\\`'],
    [words('a`b', { code: true }), '``a`b``'],
    [words('site', {}, 'https://example.com/a(b) c'), '[site](https://example.com/a%28b%29%20c)'],
    [words('page', {}, `/${'b'.repeat(32)}?pvs=4`), `[page](https://www.notion.so/${'b'.repeat(32)})`],
    [words('trap', {}, 'javascript:alert(1)'), 'trap'],
    [words('1. no list'), '1\\. no list'],
    [words('snake_case and _this_'), 'snake_case and \\_this\\_'],
    [{ type: 'equation', equation: { expression: '\\frac{a}{b}' }, plain_text: '\\frac{a}{b}', href: null }, '`\\frac{a}{b}`'],
    [{ type: 'mention', mention: { type: 'user', user: {} }, plain_text: '@Ann', href: null, annotations: {} }, '@Ann'],
  ])('%j', (given, expected) => {
    expect(richText([given])).toBe(expected);
  });

  test('neighbours that look alike are one, and marks that would touch are left out', () => {
    expect(richText([words('a', { bold: true }), words('b', { bold: true })])).toBe('**ab**');
    expect(richText([words('a', { bold: true }), words('b', { italic: true })])).toBe('**a**b');
    expect(richText([words('two\nlines', { bold: true })])).toBe('**two**\n**lines**');
  });

  test('what is no rich text is no text', () => {
    for (const odd of [undefined, null, 'words', [{ text: 1 }], {}]) expect(richText(odd)).toBe('');
  });
});

/** A tree of blocks with the words that a person should read of it, in order. */
const word = fc.constantFrom(
  'alpha',
  'beta',
  'gamma',
  'delta',
  '# no head',
  '1. one',
  '- two',
  '> three',
  '| four |',
  '---',
  'a\nb',
  '`tick',
  '*star',
);
const kinds = fc.constantFrom(
  'paragraph',
  'heading_1',
  'heading_3',
  'bulleted_list_item',
  'numbered_list_item',
  'to_do',
  'quote',
  'toggle',
  'callout',
  'column',
);
const { tree } = fc.letrec<{ tree: NotionBlock[] }>((tie) => ({
  tree: fc
    .array(fc.tuple(kinds, word, fc.oneof({ depthSize: 'small', maxDepth: 4 }, fc.constant<NotionBlock[]>([]), tie('tree'))), {
      maxLength: 4,
    })
    .map((given) => given.map(([type, content, children]) => said(type, content, children))),
}));
const wordsIn = (blocks: NotionBlock[]): string[] =>
  blocks.flatMap((one) => [
    ...(one.data['rich_text'] as { plain_text: string }[]).flatMap(({ plain_text: given }) => given.split('\n')),
    ...wordsIn(one.children),
  ]);

describe('blocks', () => {
  test('all words of any tree of blocks are read, in their order, each on a line of its own', () => {
    fc.assert(
      fc.property(tree, (blocks) => {
        // Items begin with their marks, and those in quotes with the quote's; words may look like them.
        const bare = (line: string): string => line.replace(/^(?: *(?:-|>|\d+\.) )+/, '');
        const lines = read(blocksToMarkdown(blocks, context)).split('\n');
        expect(lines.map(bare).join(' ')).toBe(wordsIn(blocks).map(bare).join(' '));
      }),
      { numRuns: 500 },
    );
  });

  test('headings outside of lists carry the ids that links open at', () => {
    fc.assert(
      fc.property(tree, (blocks) => {
        const found: string[] = [];
        const walk = (all: NotionBlock[]): void => {
          for (const one of all) {
            if (one.type.startsWith('heading')) found.push(one.id.replaceAll('-', ''));
            if (!/list_item|to_do|quote/.test(one.type)) walk(one.children);
          }
        };
        walk(blocks);
        const anchors = extractMarkdown(`---\ntitle: x\n---\n\n${blocksToMarkdown(blocks, context)}\n`)
          .blocks.filter(({ kind }) => kind === 'heading')
          .map(({ anchor }) => anchor);
        expect(anchors).toEqual(found);
      }),
      { numRuns: 500 },
    );
  });

  test('headings, lists in lists, to-dos and numbers', () => {
    const made = markdown(
      said('heading_1', 'C#'),
      said('numbered_list_item', 'one', [said('bulleted_list_item', 'inner', [said('paragraph', 'more')])]),
      said('numbered_list_item', 'two'),
      said('paragraph', ''),
      said('paragraph', 'between'),
      block('numbered_list_item', { rich_text: [words('seven')], list_start_index: 7 }),
      said('numbered_list_item', 'eight'),
      block('to_do', { rich_text: [words('done')], checked: true }),
      block('to_do', { rich_text: [words('open')], checked: false }),
    );
    const heading = /\{#([0-9a-f]{32})\}/.exec(made)![1]!;
    expect(made).toBe(
      `# C\\# {#${heading}}\n\n1. one\n   - inner\n\n     more\n2. two\n\nbetween\n\n7. seven\n8. eight\n\n- [x] done\n- [ ] open`,
    );
  });

  test('tables, code, equations and quotes', () => {
    const row = (...cells: string[]): NotionBlock => block('table_row', { cells: cells.map((cell) => [words(cell)]) });
    expect(
      markdown(block('table', { table_width: 2, has_column_header: true }, [row('Size', 'Price|€'), row('S', 'two\nlines'), row('M', '')])),
    ).toBe('| Size | Price\\|€ |\n| --- | --- |\n| S | two lines |\n| M |  |');
    expect(markdown(block('code', { rich_text: [words('a\n```\nb')], language: 'plain text', caption: [words('Shown')] }))).toBe(
      '````\na\n```\nb\n````\n\nShown',
    );
    expect(markdown(block('code', { rich_text: [words('SELECT 1', { bold: true })], language: 'sql', caption: [] }))).toBe(
      '```sql\nSELECT 1\n```',
    );
    expect(markdown(block('equation', { expression: 'e=mc^2' }))).toBe('```math\ne=mc^2\n```');
    expect(markdown(said('quote', 'Said\nso', [said('bulleted_list_item', 'item')]))).toBe('> Said\n> so\n>\n> - item');
  });

  test('columns, synced blocks, toggles and callouts are what stands in them; what is elsewhere is linked', () => {
    const id = 'b'.repeat(32);
    expect(
      markdown(
        block('column_list', {}, [block('column', {}, [said('paragraph', 'left')]), block('column', {}, [said('paragraph', 'right')])]),
        block('synced_block', { synced_from: { type: 'block_id', block_id: id } }, [said('paragraph', 'shared')]),
        said('toggle', 'Question?', [said('paragraph', 'Answer.')]),
        block('callout', { rich_text: [words('Mind the gap')], icon: { type: 'emoji', emoji: '💡' } }),
        { ...block('child_page', { title: 'Sub [page]' }), id },
        block('link_to_page', { type: 'page_id', page_id: id }),
        block('link_to_page', { type: 'page_id', page_id: 'c'.repeat(32) }),
        block('bookmark', { url: 'https://example.com/a', caption: [] }),
        block('embed', { url: 'https://example.com/map', caption: [words('Map')] }),
        ...['divider', 'table_of_contents', 'breadcrumb', 'unsupported'].map((type) => block(type, {})),
      ).split('\n\n'),
    ).toEqual([
      'left',
      'right',
      'shared',
      'Question?',
      'Answer.',
      'Mind the gap',
      `[Sub \\[page\\]](https://www.notion.so/${id})`,
      `[Paid leave](https://www.notion.so/${id})`,
      '[https://example.com/a](https://example.com/a)',
      '[Map](https://example.com/map)',
    ]);
  });

  test('pictures by their captions, files by their names, and never an address that ends within the hour', () => {
    const signed = {
      type: 'file',
      file: { url: 'https://prod-files-secure.s3.example.com/a/Plan%202026.pdf?X-Amz-Signature=1', expiry_time: 'x' },
    };
    expect(
      markdown(
        block('image', { ...signed, caption: [words('The office')] }),
        block('image', { ...signed, caption: [] }),
        block('pdf', { ...signed, caption: [words('Our plan')] }),
        block('file', { ...signed, name: 'plan_(1).pdf', caption: [] }),
        block('video', { type: 'external', external: { url: 'https://example.com/talk' }, caption: [] }),
      ).split('\n\n'),
    ).toEqual(['The office', 'Plan 2026.pdf', 'Our plan', 'plan\\_(1).pdf', '[talk](https://example.com/talk)']);
  });

  test('a block of a kind that is not known yet is its words and what stands in it', () => {
    expect(
      markdown(said('carousel', 'New', [said('paragraph', 'inside')]), block('other', { odd: 1 }), block('broken', null as never)),
    ).toBe('New\n\ninside');
  });
});

describe('properties', () => {
  const date = (start: string, end: string | null = null) => ({ start, end, time_zone: null });
  test('each that has a value is a line, by name; who edited last is none', () => {
    const rollup = {
      type: 'array',
      function: 'show_original',
      array: [
        { type: 'number', number: 3 },
        { type: 'select', select: { name: 'Gold' } },
      ],
    };
    expect(
      propertiesToMarkdown(
        {
          Name: { type: 'title', title: [words('Row')] },
          Status: { type: 'status', status: { id: '1', name: 'In progress', color: 'red' } },
          Kind: { type: 'select', select: null },
          Tags: { type: 'multi_select', multi_select: [{ name: 'a_b' }, { name: '*new*' }] },
          Due: { type: 'date', date: date('2026-11-21', '2026-11-23') },
          Starts: { type: 'date', date: date('2026-11-21T09:30:00.000+01:00') },
          People: {
            type: 'people',
            people: [
              { object: 'user', id: 'x', name: 'Ann' },
              { object: 'user', id: 'y' },
            ],
          },
          Done: { type: 'checkbox', checkbox: false },
          Cost: { type: 'number', number: 0 },
          Site: { type: 'url', url: 'https://example.com/a_b' },
          Notes: { type: 'rich_text', rich_text: [words('two\nlines', { bold: true })] },
          Formula: { type: 'formula', formula: { type: 'string', string: 'x | y' } },
          When: { type: 'formula', formula: { type: 'date', date: date('2026-01-02') } },
          Rollup: { type: 'rollup', rollup },
          Sum: { type: 'rollup', rollup: { type: 'number', number: 7, function: 'sum' } },
          Related: {
            type: 'relation',
            relation: [{ id: `${'b'.repeat(8)}-bbbb-bbbb-bbbb-${'b'.repeat(12)}` }, { id: 'c'.repeat(32) }],
            has_more: false,
          },
          Files: { type: 'files', files: [{ name: 'a.pdf', type: 'file', file: { url: 'https://signed' } }] },
          ID: { type: 'unique_id', unique_id: { prefix: 'RUN', number: 12 } },
          Edited: { type: 'last_edited_time', last_edited_time: '2026-11-21T09:30:00.000Z' },
          Made: { type: 'created_time', created_time: '2026-11-20T09:30:00.000Z' },
          Press: { type: 'button', button: {} },
          Later: { type: 'not_yet_known', not_yet_known: { a: 1 } },
        },
        context,
      ).split('\n'),
    ).toEqual([
      '- Cost: 0',
      '- Done: No',
      '- Due: 2026-11-21 – 2026-11-23',
      '- Files: a.pdf',
      '- Formula: x \\| y',
      '- ID: RUN-12',
      '- Made: 2026-11-20 09:30 UTC',
      '- Notes: **two lines**',
      '- People: Ann',
      '- Related: Paid leave',
      '- Rollup: 3, Gold',
      '- Site: https://example.com/a_b',
      '- Starts: 2026-11-21 09:30 +01:00',
      '- Status: In progress',
      '- Sum: 7',
      '- Tags: a_b, \\*new\\*',
      '- When: 2026-01-02',
    ]);
  });

  test('the title has any name, and a wiki names the owner', () => {
    const properties = {
      Owner: { type: 'people', people: [{ name: 'Ann' }, { name: 'Bea' }] },
      'Was heißt es': { type: 'title', title: [words('Paid '), words('leave')] },
    };
    expect(titleIn(properties)).toBe('Paid leave');
    expect(ownerIn(properties)).toBe('Ann, Bea');
    expect(titleIn({})).toBe('');
    expect(ownerIn({ Owner: { type: 'rich_text', rich_text: [words('Ann')] } })).toBeUndefined();
  });

  test('a database says what may be chosen in it', () => {
    expect(
      schemaToMarkdown({
        Status: { type: 'status', status: { options: [{ name: 'Open' }, { name: 'Done' }], groups: [] } },
        Cost: { type: 'number', number: { format: 'euro' } },
      }),
    ).toBe('- Cost\n- Status: Open, Done');
  });

  test('any name and value reads as it is', () => {
    fc.assert(
      fc.property(text, text, (name, value) => {
        const line = propertiesToMarkdown({ [name]: { type: 'rich_text', rich_text: [words(value)] } }, context);
        const flat = (given: string): string => given.replaceAll(/\s+/g, ' ').trim();
        expect(flat(read(line))).toBe(richLine([words(value)]) === '' ? '' : flat(`- ${flat(name)}: ${flat(value)}`));
        expect(plainLine(name)).not.toContain('\n');
      }),
      { numRuns: 500 },
    );
  });
});

test('the pages above begin the heading path of each passage', () => {
  const read = extractMarkdown(
    '---\ntitle: "Leave: all of it"\nbreadcrumbs: ["Handbook","Benefits & \\"more\\""]\n---\n\n## Days {#abc}\n\nThirty.\n',
  );
  expect(read).toMatchObject({ title: 'Leave: all of it', breadcrumbs: ['Handbook', 'Benefits & "more"'] });
  expect(chunk(read.blocks, { under: read.breadcrumbs ?? [] })).toMatchObject([
    { headingPath: ['Handbook', 'Benefits & "more"', 'Days'], anchor: 'abc', text: '## Days {#abc}\n\nThirty.' },
  ]);
  for (const odd of ['breadcrumbs: /a/b', 'breadcrumbs: {a: 1}', 'breadcrumbs: [[1], {b: 2}, null]'])
    expect(extractMarkdown(`---\n${odd}\n---\n\nWords.\n`)).not.toHaveProperty('breadcrumbs');
});
