/** Confluence's storage format to what is read, and the names of its headings. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headingIds } from '../../src/connectors/drivers/confluence-anchors.ts';
import { mentionedIn, storageDocument, type StoragePage } from '../../src/connectors/drivers/confluence-storage.ts';
import { DEEPEST, parseStorage, textWithin } from '../../src/connectors/drivers/confluence-tree.ts';
import { extractDocument } from '../../src/sync/extract-document.ts';

const BASE = 'https://acme.atlassian.net/wiki';
const page = (storage: string, more: Partial<StoragePage> = {}): StoragePage => ({
  title: 'My Page',
  url: `${BASE}/spaces/HR/pages/1/My+Page`,
  base: BASE,
  spaceKey: 'HR',
  storage,
  ...more,
});
const html = (storage: string, more?: Partial<StoragePage>): string => storageDocument(page(storage, more));
const read = (storage: string, more?: Partial<StoragePage>) =>
  extractDocument({ bytes: Buffer.from(html(storage, more)), format: 'html', name: '1' });
const blocks = async (storage: string, more?: Partial<StoragePage>): Promise<[string, string][]> =>
  (await read(storage, more)).blocks.map(({ kind, text }) => [kind, text.trim()]);
const macro = (name: string, inner: string): string =>
  `<ac:structured-macro ac:name="${name}" ac:schema-version="1">${inner}</ac:structured-macro>`;
const parameter = (name: string, value: string): string => `<ac:parameter ac:name="${name}">${value}</ac:parameter>`;
const rich = (inner: string): string => `<ac:rich-text-body>${inner}</ac:rich-text-body>`;
const plain = (text: string): string => `<ac:plain-text-body><![CDATA[${text}]]></ac:plain-text-body>`;

describe('storage format', () => {
  test.each([
    ['paragraphs with entities', '<p>30&nbsp;days &amp; more&hellip; caf&eacute;</p>', [['paragraph', '30\u00a0days & more… café']]],
    [
      'code as it is written',
      macro('code', parameter('language', 'bash') + plain('if a < b && c; then\n  x\nfi')),
      [['code', 'if a < b && c; then\n  x\nfi']],
    ],
    [
      'code with its title',
      macro('code', parameter('title', 'run.sh') + plain('x')),
      [
        ['paragraph', 'run.sh'],
        ['code', 'x'],
      ],
    ],
    [
      'code that ends CDATA within itself',
      macro('code', '<ac:plain-text-body><![CDATA[a]]]]><![CDATA[>b]]></ac:plain-text-body>'),
      [['code', 'a]]>b']],
    ],
    [
      'panels under their title',
      macro('warning', parameter('title', 'Mind the gap') + rich('<p>It is wide.</p>')),
      [
        ['quote', 'Mind the gap'],
        ['quote', 'It is wide.'],
      ],
    ],
    [
      'what is folded away',
      macro('expand', parameter('title', 'More') + rich('<p>Words.</p>')),
      [
        ['paragraph', 'More'],
        ['paragraph', 'Words.'],
      ],
    ],
    [
      'no table of contents',
      `${macro('toc', parameter('maxLevel', '3'))}<p>Text.</p>${macro('children', '')}${macro('recently-updated', parameter('max', '5'))}`,
      [['paragraph', 'Text.']],
    ],
    [
      'the name of what is included',
      macro('include', parameter('', '<ac:link><ri:page ri:content-title="Terms" /></ac:link>')),
      [['paragraph', 'Terms']],
    ],
    [
      'the name of an excerpt from elsewhere',
      macro(
        'excerpt-include',
        `<ac:parameter ac:name=""><ac:link><ri:page ri:content-title="Terms" ri:space-key="LAW"/></ac:link></ac:parameter>`,
      ),
      [['paragraph', 'Terms']],
    ],
    ['an excerpt that is shown', macro('excerpt', rich('<p>In short.</p>')), [['paragraph', 'In short.']]],
    [
      'no excerpt that is hidden',
      `<p>Seen.</p>${macro('excerpt', parameter('hidden', 'true') + rich('<p>In short.</p>'))}`,
      [['paragraph', 'Seen.']],
    ],
    [
      'the word of a status',
      `<p>Now ${macro('status', parameter('title', 'IN WORK') + parameter('colour', 'Red'))}.</p>`,
      [['paragraph', 'Now IN WORK .']],
    ],
    [
      'the body of a macro that nobody knows',
      macro('acme-box', parameter('color', 'red') + rich('<p>Kept.</p>')),
      [['paragraph', 'Kept.']],
    ],
    ['the plain body of a macro that nobody knows', macro('acme-raw', plain('a = <b>')), [['code', 'a = <b>']]],
    [
      'tasks',
      '<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>One</ac:task-body></ac:task>' +
        '<ac:task><ac:task-id>2</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body><span>Two</span></ac:task-body></ac:task></ac:task-list>',
      [['list', '- [x] One\n- [ ] Two']],
    ],
    [
      'layouts one part behind the other',
      '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>Left.</p></ac:layout-cell><ac:layout-cell><p>Right.</p></ac:layout-cell></ac:layout-section></ac:layout>',
      [
        ['paragraph', 'Left.'],
        ['paragraph', 'Right.'],
      ],
    ],
    [
      'tables',
      '<table class="wrapped"><colgroup><col /><col /></colgroup><tbody><tr><th><p>Size</p></th><th>Price</th></tr><tr><td>S</td><td><p>5</p></td></tr></tbody></table>',
      [['table', 'Size | Price\nS | 5']],
    ],
    [
      'the words of a picture',
      '<p>Map: <ac:image ac:alt="the way to the office"><ri:attachment ri:filename="map.png" /></ac:image></p>',
      [['paragraph', 'Map: the way to the office']],
    ],
    [
      'no file name in the place of such words',
      '<p>Map: <ac:image ac:alt="map 2.png"><ri:attachment ri:filename="map.png" /></ac:image></p>',
      [['paragraph', 'Map:']],
    ],
    [
      'the words under a picture',
      '<ac:image><ri:attachment ri:filename="map.png" /><ac:caption><p>Our office</p></ac:caption></ac:image>',
      [['paragraph', 'Our office']],
    ],
    [
      'small pictures as characters',
      '<p><ac:emoticon ac:name="tick" /> Yes <ac:emoticon ac:name="blue-star" ac:emoji-shortname=":rocket:" ac:emoji-fallback="🚀" /></p>',
      [['paragraph', '✔ Yes 🚀']],
    ],
    ['dates', '<p>Due <time datetime="2026-11-21" /></p>', [['paragraph', 'Due 2026-11-21']]],
    ['no hints of templates', '<p><ac:placeholder>Write here</ac:placeholder>Text.</p>', [['paragraph', 'Text.']]],
    [
      'words that were commented on',
      '<p>The <ac:inline-comment-marker ac:ref="1">rate</ac:inline-comment-marker> is 5.</p>',
      [['paragraph', 'The rate is 5.']],
    ],
    [
      'panels of the new editor once',
      '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note</ac:adf-attribute><ac:adf-content><p>Once.</p></ac:adf-content></ac:adf-node><ac:adf-fallback><div><p>Once.</p></div></ac:adf-fallback></ac:adf-extension>',
      [['quote', 'Once.']],
    ],
    ['lists in lists', '<ol><li>One<ul><li>Deep</li></ul></li><li>Two</li></ol>', [['list', '1. One\n  - Deep\n2. Two']]],
    [
      'the words of links',
      '<p>See <ac:link ac:anchor="x"><ri:page ri:content-title="Leave" ri:space-key="HR" /><ac:plain-text-link-body><![CDATA[the <leave> page]]></ac:plain-text-link-body></ac:link>, <ac:link><ri:page ri:content-title="Travel" /></ac:link>, <ac:link><ri:attachment ri:filename="rates.pdf" /></ac:link>, <a href="https://example.com/x">there</a>.</p>',
      [['paragraph', 'See the <leave> page, Travel, rates.pdf, there.']],
    ],
    ['issues by their key', `<p>${macro('jira', parameter('server', 'Jira') + parameter('key', 'HR-12'))}</p>`, [['paragraph', 'HR-12']]],
    ['scripts not at all', '<p>Text.</p><script>alert(1)</script><style>p{}</style>', [['paragraph', 'Text.']]],
  ] as [string, string, [string, string][]][])('keeps %s', async (_, storage, expected) => {
    expect(await blocks(storage)).toEqual(expected);
  });

  test('people are called by their names, and are found beforehand', async () => {
    const storage =
      '<p>Ask <ac:link><ri:user ri:account-id="557058:ann" /></ac:link> or <ac:link><ri:user ri:account-id="x" /></ac:link>.</p>';
    expect(mentionedIn(storage)).toEqual(['557058:ann', 'x']);
    expect(await blocks(storage, { people: new Map([['557058:ann', 'Ann Dukes']]) })).toEqual([['paragraph', 'Ask Ann Dukes or .']]);
  });

  test('links lead to where the wiki has the page', () => {
    expect(html('<ac:link><ri:page ri:content-title="A &amp; B?" /></ac:link>')).toContain(
      `<a href="${BASE}/display/HR/A+%26+B%3F">A &amp; B?</a>`,
    );
    expect(html('<a href="javascript:alert(1)">x</a>')).toContain('<a>x</a>');
    expect(html('<ac:link><ri:url ri:value="javascript:alert(1)" /></ac:link>')).not.toContain('javascript');
  });

  test('a page that is only a picture has its title', async () => {
    expect(await blocks('<ac:image><ri:attachment ri:filename="x.png"/></ac:image><p>&nbsp;</p>')).toEqual([['paragraph', 'My Page']]);
  });

  test('no heading is taken for the title, which is no title of a web page; it counts as a part of the page all the same', async () => {
    const storage = '<h1>Scope</h1><p>a</p><h2>Part</h2><p>b</p>';
    const { title, blocks: all } = await read(storage, { title: '404 Not found: what to do' });
    expect(title).toBeUndefined();
    expect(html(storage, { title: 'One' })).not.toBe(html(storage, { title: 'Two' }));
    expect(all.filter(({ kind }) => kind === 'heading').map(({ depth, text }) => [depth, text.trim()])).toEqual([
      [2, 'Scope'],
      [3, 'Part'],
    ]);
  });

  test.each([
    ['unclosed', '<p>One <strong>two<p>three', /One.*two.*three/s],
    ['closed twice', '<p>One</p></p></div><p>two</p>', /One.*two/s],
    ['crossed', '<b><i>One</b> two</i> three', /One.*two.*three/s],
    ['with a broken tag', '<p>One <ac:link two</p><p>three</p>', /One/],
    ['an end in CDATA', `<p>One</p>${macro('code', '<ac:plain-text-body><![CDATA[two')}`, /One.*two/s],
    ['an unknown entity', '<p>One &unheard; two & three</p>', /One &amp;unheard; two &amp; three/],
    ['a self-closed paragraph', '<p />One<p/>two', /One.*two/s],
    ['no markup', 'One < two', /One &lt; two/],
  ])('what can be read of a page that is %s', (_, storage, expected) => {
    expect(html(storage)).toMatch(expected);
  });
});

describe('headings open as Confluence names them', () => {
  const ids = async (storage: string, newEditor: boolean): Promise<(string | undefined)[]> =>
    (await read(storage, { newEditor })).blocks.filter(({ kind }) => kind === 'heading').map(({ anchor }) => anchor);
  const storage = `<h1>Some Section</h1><h2>2.59.0 (Ubuntu 22)</h2><h2>Größe &amp; Maß</h2><h2>Some Section</h2><h3><em>Some</em> Section</h3><h2> </h2><h2>${macro('anchor', parameter('', 'x'))}Overview</h2>`;
  test('by the new editor', async () => {
    expect(await ids(storage, true)).toEqual([
      'Some-Section',
      '2.59.0-(Ubuntu-22)',
      'Größe-&-Maß',
      'Some-Section.1',
      'Some-Section.2',
      '[inlineExtension]Overview',
    ]);
  });
  test('by the old editor and Data Center', async () => {
    expect(await ids(storage, false)).toEqual([
      'MyPage-SomeSection',
      'MyPage-2.59.0(Ubuntu22)',
      'MyPage-Größe&Maß',
      'MyPage-SomeSection.1',
      'MyPage-SomeSection.2',
      'MyPage-Overview',
    ]);
  });
  test('no two alike, whatever they say', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'a.1', 'a b', 'a  b', 'A', '')), fc.constantFrom(undefined, 'T'), (texts, title) => {
        const idOf = headingIds(title);
        const all = texts.map((text) => idOf({ name: 'h2', attributes: {}, children: [text] })).filter((id) => id !== undefined);
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});

describe('any text', () => {
  const words = fc.stringMatching(/^[a-z]{1,8}$/);
  const tree = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      words,
      fc
        .tuple(
          fc.constantFrom('p', 'strong', 'div', 'ac:layout', 'ac:layout-cell', 'blockquote', 'span', 'ac:inline-comment-marker'),
          tie('node'),
        )
        .map(([name, inner]) => `<${name}>${inner}</${name}>`),
      fc
        .tuple(fc.constantFrom('info', 'expand', 'unheard-of', 'panel', 'section'), tie('node'))
        .map(([name, inner]) => macro(name, rich(inner))),
      words.map((text) => macro('code', plain(text))),
      words.map((text) => macro('toc', parameter('style', text.toUpperCase()))),
      fc.tuple(tie('node'), tie('node')).map(([a, b]) => `${a} ${b}`),
    ),
  })).node;

  test('every word that is shown is kept, in its order, and no parameter', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (storage) => {
        const shown = storage
          .replaceAll(/<ac:parameter[^>]*>[^<]*<\/ac:parameter>/g, '')
          .replaceAll(/<!\[CDATA\[|\]\]>|<[^>]*>/g, ' ')
          .split(/\s+/)
          .filter(Boolean);
        const kept = (await read(storage)).blocks
          .map(({ text }) => text)
          .join(' ')
          .split(/\s+/)
          .filter(Boolean);
        // Pieces of markup side by side in a line are one word.
        expect(kept.join('')).toBe(shown.length === 0 ? 'MyPage' : shown.join(''));
      }),
      { numRuns: 60 },
    );
  });

  test('never throws, opens no element of its own, and keeps the letters of text without markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const out = html(text);
        expect(out.match(/<(?:script|style|iframe|object)\b/i)).toBeNull();
      }),
    );
    const piece = fc.constantFrom(
      '<p>',
      '</p>',
      '<ac:link>',
      '</ac:link>',
      '<ri:page ri:content-title="x"/>',
      '<![CDATA[',
      ']]>',
      '<ac:structured-macro ac:name="code">',
      '<ac:plain-text-body>',
      '</ac:structured-macro>',
      '&lt;',
      '<h2>',
      '</h2>',
      'a',
      '"',
      '<!--',
      '-->',
      '<ac:task>',
      '<table>',
      '<td>',
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => void html(pieces.join(''))));
  });

  test('depth costs nothing and loses no word', () => {
    const deep = `${'<div>'.repeat(5000)}bottom${'</div>'.repeat(5000)}<p>after</p>`;
    expect(textWithin(parseStorage(deep))).toBe('bottomafter');
    expect(html(deep)).toMatch(/bottom.*<p>after<\/p>/s);
    expect(html(deep).split('<div>').length).toBeLessThanOrEqual(DEEPEST + 1);
  });

  test('time grows with the length alone', () => {
    for (const evil of [
      '<b>',
      '<p><b a="1">',
      '</x>',
      '<a><b></a>',
      '<![CDATA[',
      '<ac:link><ri:page ',
      '&',
      '<ac:parameter>',
      '<h2>a',
      '<ri:user ri:userkey="',
    ]) {
      const storage = evil.repeat(20_000);
      const from = performance.now();
      html(storage);
      mentionedIn(storage);
      expect(performance.now() - from, evil).toBeLessThan(2000);
    }
  });
});
