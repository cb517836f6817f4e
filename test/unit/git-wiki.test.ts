/** A wiki's page as Markdown: links, titles, anchors. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCalledByName, readWikiPage, wikiTitle } from '../../src/connectors/drivers/git-wiki.ts';
import { extractText } from '../../src/sync/extract-document.ts';

const github = { url: new URL('https://github.com/t/r.wiki.git'), forge: 'github', wiki: 'project' } as const;
const gitlab = { url: new URL('https://gitlab.com/g/r.wiki.git'), forge: 'gitlab', wiki: 'project' } as const;
const read = (text: string, place: Parameters<typeof readWikiPage>[1] = github): string =>
  Buffer.from(readWikiPage(Buffer.from(text), place)).toString('utf8');

test.each([
  ['See [[Travel Policy]].', 'See [Travel Policy](https://github.com/t/r/wiki/Travel-Policy).'],
  ['See [[the rules|Travel Policy#Per diem]].', 'See [the rules](https://github.com/t/r/wiki/Travel-Policy#Per%20diem).'],
  ['[[Git|https://git-scm.com/a_(b)]]', '[Git](https://git-scm.com/a_%28b%29)'],
  ['| a | [[x\\|Y Z]] |', '| a | [x](https://github.com/t/r/wiki/Y-Z) |'],
  ['[[logo.png|alt=Our logo]] [[_TOC_]]', 'Our logo '],
  ['`[[Page]]` and ``a ` [[Page]]``', '`[[Page]]` and ``a ` [[Page]]``'],
  ['a ` b [[P]]', 'a ` b [P](https://github.com/t/r/wiki/P)'],
  ['```sh\n[[Page]]\n```\n[[P]]', '```sh\n[[Page]]\n```\n[P](https://github.com/t/r/wiki/P)'],
  ['if [[ -f x ]]; then', 'if [[ -f x ]]; then'],
  ['[[1]](https://x.example) [[]] [[a', '[[1]](https://x.example) [[]] [[a'],
])('links: %s', (text, expected) => expect(read(text)).toBe(expected));

test("GitLab's pages are linked by their folders, and an unknown host's by their words alone", () => {
  expect(read('[[x|team/How to]]', gitlab)).toBe('[x](https://gitlab.com/g/r/-/wikis/team/How-to)');
  expect(read('[[x|team/How to]]', { url: new URL('https://h.example/r.wiki.git'), wiki: 'project' })).toBe('x');
});

test('a page is called by its name, unless it gives a title; the home page by its heading', () => {
  const called = (text: string, file: string): boolean => isCalledByName(Buffer.from(text), wikiTitle(file)!);
  expect(called('# Introduction\n\nText.', 'it/VPN-Setup.md')).toBe(true);
  expect(called('---\nowner: Ann\n---\ntitle: no\n', 'VPN-Setup.md')).toBe(true);
  expect(called('---\nowner: Ann\ntitle: The VPN\n---\n', 'VPN-Setup.md')).toBe(false);
  expect(called('# The handbook\n', 'Home.md')).toBe(false);
  expect([wikiTitle('a/How-to.rst'), wikiTitle('-.md'), wikiTitle('rates.pdf')]).toEqual(['How to', '-', undefined]);
});

test('a page with links keeps all other words, whatever it holds; what is no UTF-8 stays', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('[[', ']]', '|', '`', '```\n', '\n', 'word ', '[', '](', '---\n', 'title:')), (parts) => {
      const text = parts.join('');
      const words = (from: string): number => from.split('word').length;
      expect(words(read(text))).toBeGreaterThanOrEqual(words(text));
    }),
  );
  const latin = Buffer.from([0x5b, 0x5b, 0xe9, 0x5d, 0x5d]);
  expect(readWikiPage(latin, github)).toBe(latin);
});

test('a megabyte of marks is read in no time', () => {
  for (const piece of ['[[', '`', '`` ', '[[a', '[[a]]', '---\n', '```\n']) {
    const before = performance.now();
    read(piece.repeat(1_000_000 / piece.length));
    expect(performance.now() - before).toBeLessThan(3_000);
  }
});

test("headings have GitHub's or GitLab's anchors", () => {
  const text = '# Foo & Bar\n\n## Foo & Bar\n\n## 2024\n\n## A -- b_c: d!\n\n## Größe über 日本\n';
  const anchors = (format: 'markdown' | 'gitlab-markdown'): (string | undefined)[] =>
    extractText({ bytes: Buffer.from(text), format, name: 'x.md' }).blocks.map(({ anchor }) => anchor);
  expect(anchors('markdown')).toEqual(['foo--bar', 'foo--bar-1', '2024', 'a----b_c-d', 'größe-über-日本']);
  expect(anchors('gitlab-markdown')).toEqual(['foo-bar', 'foo-bar-1', 'anchor-2024', 'a-b_c-d', 'größe-über-日本']);
});
