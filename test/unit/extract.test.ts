import { execFileSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import type { DocumentFormat } from '../../src/connectors/connector.ts';
import { AppError } from '../../src/errors.ts';
import { extractText } from '../../src/sync/extract-document.ts';
import { createExtractor } from '../../src/sync/extract.ts';
import type { ExtractedDocument } from '../../src/types.ts';

const read = (text: string | Uint8Array, format: DocumentFormat = 'markdown', name = 'https://wiki.example/docs/a'): ExtractedDocument =>
  extractText({ bytes: typeof text === 'string' ? Buffer.from(text) : text, format, name });
const reason = (text: string | Uint8Array, format: DocumentFormat = 'markdown'): string => {
  try {
    read(text, format);
    return 'was read';
  } catch (error) {
    return error instanceof AppError ? `${error.code}: ${error.publicMessage}` : String(error);
  }
};
const texts = (document: ExtractedDocument): string[] => document.blocks.map((block) => `${block.kind}: ${block.text.trimEnd()}`);
const page = (body: string, head = ''): string =>
  `<!doctype html><html lang="de-CH"><head><title>T | Site</title>${head}</head><body>${body}</body></html>`;

test('Markdown: front matter gives title, address, owner and date; blocks joined are the rest of the source, verbatim', () => {
  const body = '# Heading\r\n\r\nText *one*\n- item\n\n    code\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\n---\n\nend';
  const document = read(
    `---\ntitle: "Leave: how"\nurl: https://wiki.example/leave\nmaintainer: [Ann, {name: Bo}]\nlast_modified: 2024-05-06\n---\n\n${body}`,
  );
  expect(document).toMatchObject({
    title: 'Leave: how',
    url: 'https://wiki.example/leave',
    owner: 'Ann, Bo',
    changedAt: Date.parse('2024-05-06'),
    textFragments: false,
  });
  expect(document.blocks.map((block) => block.text).join('')).toBe(body.replaceAll('\r\n', '\n'));
  expect(document.blocks.map((block) => block.kind)).toEqual(['heading', 'paragraph', 'list', 'table', 'quote', 'paragraph', 'paragraph']);
});

test("Markdown: anchors are GitHub's, counted up, or the explicit ones; a relative slug is no address", () => {
  const document = read('---\nslug: leave\n---\n# The *Title*: a `b` [c](d)\n## Same\n## Same\n## Own {#mine}\n## 请假 流程');
  expect(document.blocks.map((block) => block.anchor)).toEqual(['the-title-a-b-c', 'same', 'same-1', 'mine', '请假-流程']);
  expect([document.title, document.url]).toEqual(['The Title: a b c', undefined]);
});

test('Markdown: broken front matter fails no page, and its aliases do not grow', () => {
  expect(texts(read('---\n: [broken\n---\n\ntext'))).toEqual(['paragraph: text']);
  const bomb = `---\na: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${Array.from({ length: 9 }, () => (i === 0 ? '*a' : `*a${i - 1}`)).join(',')}]`).join('\n')}\n---\n\ntext`;
  expect(texts(read(bomb))).toEqual(['paragraph: text']);
});

test("Markdown: a table may follow a paragraph's lines", () => {
  expect(texts(read('Intro:\n| a | b |\n|---|---|\n| 1 | 2 |\n\nafter | this\nis | prose'))).toEqual([
    'paragraph: Intro:',
    'table: | a | b |\n|---|---|\n| 1 | 2 |',
    'paragraph: after | this\nis | prose',
  ]);
});

test('HTML: the main content alone, as it is read', () => {
  const document = read(
    page(
      `<header><a href="/">Acme</a><nav>Home</nav></header><div id="cookie-banner">We use cookies</div><div class="row"><aside class="sidebar"><a href="x">Other page</a></aside>
      <main><div class="breadcrumb">Docs / Leave</div><h1>Leave <a class="headerlink" href="#l">¶</a></h1><p>You   have <b>25</b>\n days.<br>More.</p>
      <section id="carry-over"><h2>Carry over</h2><ul><li>Five days<ol start="3"><li>sub</li></ol></li><li><p>Two</p><p>lines</p></li></ul></section>
      <a name="old"></a><h3>Old</h3><table><caption>Days</caption><tr><th>Year</th><th>Days</th></tr><tr><td>2024</td><td><p>25</p></td></tr></table>
      <pre><code>a = 1\n  b = 2\n</code></pre><aside class="admonition note">Ask Ann.</aside><blockquote><p>Quoted.</p></blockquote>
      <div style="display:none">hidden one</div><p hidden>hidden two</p><script>let hidden = 3</script><button>Copy</button></main></div><footer>Imprint</footer>`,
      '<link rel="canonical" href="/docs/leave"><meta name="author" content="Ann"><meta property="article:modified_time" content="2024-05-06T00:00:00Z">',
    ),
    'html',
  );
  expect(texts(document)).toEqual([
    'heading: Leave',
    'paragraph: You have 25 days.\nMore.',
    'heading: Carry over',
    'list: - Five days\n  3. sub\n- Two\n  lines',
    'heading: Old',
    'table: Days\nYear | Days\n2024 | 25',
    'code: a = 1\n  b = 2',
    'paragraph: Ask Ann.',
    'quote: Quoted.',
  ]);
  expect(document.blocks.filter((block) => block.kind === 'heading').map((block) => block.anchor)).toEqual([
    undefined,
    'carry-over',
    'old',
  ]);
  expect(document).toMatchObject({
    title: 'Leave',
    url: 'https://wiki.example/docs/leave',
    owner: 'Ann',
    changedAt: Date.parse('2024-05-06'),
    language: 'de',
    textFragments: true,
  });
});

test('HTML without main or article: the part that holds most of the text outside of links', () => {
  const links = Array.from({ length: 60 }, (_, i) => `<li><a href="${i}">A link to page number ${i}</a></li>`).join('');
  const document = read(
    page(
      `<div><div class="left"><ul>${links}</ul></div><div class="right"><div><h1>Title</h1><p>${'Words that matter here. '.repeat(20)}</p><p>And more of them.</p></div></div></div>`,
    ),
    'html',
  );
  expect(texts(document).join('\n')).not.toContain('A link to page');
  expect(texts(document)[0]).toBe('heading: Title');
});

test("HTML: an address elsewhere, or the home page, is not taken for the page's own", () => {
  for (const canonical of [
    'https://evil.example/docs/a',
    'https://wiki.example/',
    'javascript:alert(1)',
    'https://u:p@wiki.example/docs/a',
  ]) {
    expect(read(page('<main>text</main>', `<link rel="canonical" href="${canonical}">`), 'html').url).toBeUndefined();
  }
});

test('an empty file is an empty document, not one that could not be read', () => {
  for (const [text, format] of [
    ['', 'markdown'],
    ['  \n\n', 'text'],
    ['---\ntitle: Later\n---\n', 'markdown'],
  ] as const) {
    expect(extractText({ bytes: Buffer.from(text), format, name: 'page.md' }).blocks).toEqual([]);
  }
});

test('pages that are none are refused by reason', () => {
  expect(reason(page('<main></main><footer>x</footer>'), 'html')).toBe(
    'document.empty: it has no text in its main part (scripts may build it, or it may need a login)',
  );
  expect(reason(page('<main><form>Sign in <input type="password"></form></main>'), 'html')).toMatch(/^document\.login/);
  expect(reason(page('<main><h1>Page not found</h1><p>Sorry.</p></main>'), 'html')).toMatch(/^document\.soft_404/);
  expect(reason(page('<main>text</main>', '<meta name="robots" content="noindex, nofollow">'), 'html')).toMatch(/^document\.noindex/);
  expect(reason('{broken', 'jsonl-row')).toMatch(/^document\.broken/);
});

test('encodings: byte order marks, the charset that HTML names; binary and unknown ones are refused', () => {
  expect(texts(read(Buffer.from('\uFEFFGröße', 'utf8'), 'text'))).toEqual(['paragraph: Größe']);
  expect(texts(read(Buffer.from('\uFEFF请假', 'utf16le'), 'text'))).toEqual(['paragraph: 请假']);
  expect(texts(read(Buffer.from('\uFEFF请假', 'utf16le').swap16(), 'text'))).toEqual(['paragraph: 请假']);
  const gbk = Buffer.concat([Buffer.from('<meta charset="gbk"><p>'), Buffer.from([0xc7, 0xeb, 0xbc, 0xd9])]);
  expect(texts(read(gbk, 'html'))).toEqual(['paragraph: 请假']);
  expect(reason(Buffer.from('Gr\u00f6\u00dfe', 'latin1'), 'text')).toBe('document.undecodable: its text is not UTF-8; save it as UTF-8');
  expect(reason(Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 1]), 'text')).toBe('document.binary: it is a binary file, not text');
  expect(reason(Buffer.from('%PDF-1.7 \n'), 'html')).toMatch(/^document\.binary/);
});

test('plain text: paragraphs by blank lines', () => {
  expect(texts(read('one\ntwo\n\n \nthree\n', 'text'))).toEqual(['paragraph: one\ntwo', 'paragraph: three']);
});

const hostile: [string, string, DocumentFormat][] = [
  ['84 kB of emphasis marks', '*a **a '.repeat(12_000), 'markdown'],
  ['brackets', '['.repeat(84_000), 'markdown'],
  ['links', '[a]('.repeat(20_000), 'markdown'],
  ['10,000 nested quotes', `${'> '.repeat(10_000)}x`, 'markdown'],
  ['10,000 nested lists', `${'- '.repeat(10_000)}x`, 'markdown'],
  ['a table of 20,000 rows', `| a | b |\n|---|---|\n${'| c | d |\n'.repeat(20_000)}`, 'markdown'],
  ['50,000 nested divs', `${'<div>'.repeat(50_000)}text`, 'html'],
  ['20,000 nested lists', '<ul><li>x'.repeat(20_000), 'html'],
  ['20,000 nested tables', '<table><tr><td>a'.repeat(20_000), 'html'],
  ['30,000 open marks', '<b>x'.repeat(30_000), 'html'],
  ['30,000 nested quotes', `${'<blockquote>'.repeat(30_000)}x`, 'html'],
  ['unclosed tags', '<a '.repeat(50_000), 'html'],
];

test('files that break other parsers are read, or refused by reason, and the next file goes on', { timeout: 60_000 }, async () => {
  const extractor = createExtractor();
  for (const [what, text, format] of hostile) {
    const started = performance.now();
    const outcome = await extractor.extract({ bytes: Buffer.from(text), format, name: what }).then(
      () => 'read',
      (error: unknown) => (error as AppError).publicMessage,
    );
    expect([what, outcome]).toEqual([
      what,
      expect.stringMatching(/^(?:read|it is nested deeper than 100 levels|its tables are nested deeper than 50 levels|it has no text .*)$/),
    ]);
    expect(performance.now() - started).toBeLessThan(10_000);
  }
  expect(texts(await extractor.extract({ bytes: Buffer.from('fine'), format: 'text', name: 'x' }))).toEqual(['paragraph: fine']);
  await extractor.close();
});

test('a file that takes too long is named, and those before and behind it are read', { timeout: 30_000 }, async () => {
  const extractor = createExtractor({ timeoutMs: 1500 });
  const slow = `\n${Array.from({ length: 3000 }, (_, i) => `${' '.repeat((2 * i) % 1000)}- x`).join('\n')}`;
  const outcomes = await Promise.all(
    ['one', slow, 'two', slow, 'three'].map((text) =>
      extractor.extract({ bytes: Buffer.from(text), format: 'markdown', name: 'x' }).then(
        (document) => document.blocks[0]!.text,
        (error: unknown) => (error as AppError).publicMessage,
      ),
    ),
  );
  expect(outcomes).toEqual(['one', 'it took longer than 1.5 s to parse', 'two', 'it took longer than 1.5 s to parse', 'three']);
  await extractor.close();
});

test('a file that needs too much memory, or is too large, is named; the others are read', { timeout: 60_000 }, async () => {
  const extractor = createExtractor({ memoryMb: 64, maxBytes: 12_000_000 });
  const extract = (text: string, format: DocumentFormat): Promise<unknown> =>
    extractor.extract({ bytes: Buffer.from(text), format, name: 'x' }).then(
      () => 'read',
      (error: unknown) => (error as AppError).publicMessage,
    );
  expect(
    await Promise.all([
      extract('<p>a<b>b</b></p>'.repeat(600_000), 'html'),
      extract('fine', 'text'),
      extract('x'.repeat(13_000_000), 'text'),
    ]),
  ).toEqual(['it needs more than 64 MB of memory to parse', 'read', 'it is 13 MB in size; the limit is 12 MB']);
  await extractor.close();
});

test('a caller can stop waiting, and closing ends the child and what waits', async () => {
  const extractor = createExtractor();
  const controller = new AbortController();
  const pending = extractor.extract({ bytes: Buffer.from('a'), format: 'text', name: 'x' }, controller.signal);
  controller.abort(new Error('stopped'));
  await expect(pending).rejects.toThrow('stopped');
  const waiting = extractor.extract({ bytes: Buffer.from('b'), format: 'text', name: 'x' });
  const settled = expect(waiting).rejects.toMatchObject({ code: 'aborted' });
  await extractor.close();
  await settled;
  await expect(extractor.extract({ bytes: Buffer.from('c'), format: 'text', name: 'x' })).rejects.toMatchObject({ code: 'aborted' });
  expect(children()).toEqual([]);
});

afterAll(() => expect(children()).toEqual([]));

/** Extraction children of this process. */
function children(): string[] {
  const lines = execFileSync('ps', ['-o', 'pid=,ppid=,args=', '-A'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes('extract-child.ts') && line.trim().split(/\s+/)[1] === String(process.pid));
}
