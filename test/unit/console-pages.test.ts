/** What the console draws: text stays text, quotes are marked where they stand, hostile Markdown neither runs nor hangs. */
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { html, ownPath, render, webAddress } from '../../src/console/html.ts';
import { renderMarkdown } from '../../src/console/markdown.ts';
import { locateQuote, type Marker } from '../../src/console/quote-marker.ts';
import { chooseLanguage, wordsFor } from '../../src/console/words.ts';
import { ollamaLines } from '../../src/console/pages/settings.ts';
import { plainText } from '../../src/passage-text.ts';
import { consoleEn } from '../../src/strings/console-en.ts';
import { consoleZh } from '../../src/strings/console-zh.ts';

type Page = ReturnType<typeof parseHTML>['document'];
const domOf = (markup: string): Page => parseHTML(`<!doctype html><html><body><main>${markup}</main></body></html>`).document;
const drawn = (source: string, quote?: string): Page => {
  const range = quote === undefined ? undefined : locateQuote(source, quote);
  const marker: Marker | undefined = range && { ...range, used: false };
  return domOf(render(renderMarkdown(source, { under: 1, imageWord: 'Image', ...(marker ? { marker } : {}) })));
};
const markedText = (document: Page): string => [...document.querySelectorAll('mark')].map((m) => m.textContent).join('');
const squeezed = (text: string): string => text.replace(/\s+/g, '');

describe('html', () => {
  test('any text stays text, between tags and in attributes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((s) => !/[\0\r]/.test(s) && s.isWellFormed()),
        (text) => {
          const document = domOf(render(html`<p title="${text}">${text}</p>`));
          expect(document.querySelectorAll('main *')).toHaveLength(1);
          expect(document.querySelector('p')!.textContent).toBe(text);
          expect(document.querySelector('p')!.getAttribute('title')).toBe(text);
        },
      ),
    );
  });
  test('an object that only looks like markup is not taken for it', () => {
    expect(() => render(JSON.parse('{"markup":"<b>"}'))).toThrow();
  });
  test('only http and https addresses become links', () => {
    expect(webAddress('https://a.example/b#:~:text=c')).toBe('https://a.example/b#:~:text=c');
    for (const bad of [
      'javascript:alert(1)',
      ' javascript:alert(1)',
      'data:text/html,x',
      '//a.example',
      'https://',
      'JaVaScRiPt:https://a',
      null,
      '',
    ])
      expect(webAddress(bad)).toBeNull();
  });
  test('a way back never leaves the console', () => {
    expect(ownPath('/documents/1?a=b#c')).toBe('/documents/1?a=b#c');
    for (const bad of ['//evil.example', '/\\evil.example', 'https://evil.example', '/\t/evil.example', '', undefined, '\n/x'])
      expect(ownPath(bad)).toBeNull();
  });
});

describe('Markdown for reading', () => {
  test('nothing in it becomes a link, an image, a script or a tag of its own', () => {
    const hostile =
      '# <script>alert(1)</script>\n\n[click](javascript:alert(1)) <https://evil.example> ![x](https://evil.example/p.png)\n\n<img src=x onerror=alert(1)><a href="https://evil.example">go</a>\n\n[ref]: https://evil.example\n[ref] <iframe src="//evil.example"></iframe>\n\n| <b>a</b> | [b](data:text/html,x) |\n|---|---|\n| 1 | 2 |';
    const document = drawn(hostile);
    expect(document.querySelectorAll('main :is(a, img, script, iframe, b)')).toHaveLength(0);
    expect(
      [...document.querySelectorAll('main *')]
        .flatMap((e) => [...e.attributes].map((a) => a.name))
        .filter((name) => name.startsWith('on') || name === 'href' || name === 'src'),
    ).toEqual([]);
    expect(document.querySelector('.doc-link')!.getAttribute('title')).toBe('javascript:alert(1)');
  });
  test('headings, lists, tasks, tables, code and emphasis are drawn as such', () => {
    const document = drawn('## Two\n\n1. one\n2. *two*\n\n- [x] done\n\n| a | b |\n|---|---|\n| **1** | `2` |\n\n```sh\nls <x>\n```');
    expect(document.querySelector('h3')!.textContent).toBe('Two');
    expect(document.querySelectorAll('ol > li')).toHaveLength(2);
    expect(document.querySelector('ul > li')!.textContent).toContain('☑');
    expect(document.querySelector('td strong')!.textContent).toBe('1');
    expect(document.querySelector('pre code')!.textContent).toBe('ls <x>');
  });
  test.each([
    ['emphasis marks', '*a_ '.repeat(299)],
    ['brackets', '[a]('.repeat(299)],
    ['open brackets', '['.repeat(599)],
    ['quotes', `${'>'.repeat(5900)} x`],
    [
      'nested lists',
      Array.from({ length: 120 }, (_, i) => `${'  '.repeat(i)}- a`)
        .join('\n')
        .slice(0, 5900),
    ],
    ['backticks', '`a``b'.repeat(199)],
    ['angles', '<a '.repeat(599)],
    ['tables', '|a'.repeat(2900)],
    ['links in links', '[![a](b)'.repeat(149)],
    ['entities', '&amp;'.repeat(1190)],
    ['very long', 'word '.repeat(10_000)],
    ['line ends', `${'\n>\n- '.repeat(1500)}x`],
    ['short line ends', `${'\n>\n- '.repeat(240)}x`],
    ['autolinks', 'www.a.b@c.d '.repeat(490)],
    ['tildes', '~~a~'.repeat(199)],
  ])('hostile %s are drawn within half a second', (_, source) => {
    // Below the bounds the parser itself is tried, far above them what stands in for it.
    for (const text of [source, source.repeat(20)]) {
      const started = performance.now();
      const markup = render(renderMarkdown(text, { under: 1, imageWord: 'Image' }));
      expect(performance.now() - started).toBeLessThan(500);
      expect(domOf(markup).querySelector('main')!.textContent!.length).toBeGreaterThan(0);
    }
  });
  test('any text is drawn without failing', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '# ',
        '- ',
        '1. ',
        '> ',
        '**',
        '*',
        '`',
        '```\n',
        '[a](b)',
        '![c](d)',
        '<i>',
        '&lt;',
        '\\*',
        '|',
        '\n',
        '\n\n',
        '    ',
        '~~',
        '<!-- x -->',
        '[^1]',
        '[^1]: ',
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        render(renderMarkdown(pieces.join(''), { under: 1, imageWord: 'Image' }));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the quote', () => {
  test('is marked across emphasis, links, code and escapes', () => {
    const source =
      'You may carry over **up to _five_ days** of [paid leave](https://a.example "t"), see `pto --list` &amp; ask \\*me\\*. More.';
    const document = drawn(source, 'up to _five_ days** of [paid leave](https://a.example "t"), see `pto --list` &amp; ask \\*me\\*.');
    expect(markedText(document)).toBe('up to five days of paid leave, see pto --list & ask *me*.');
    expect(document.querySelectorAll('#quote')).toHaveLength(1);
  });
  test('is found when it was read without its marks or with other blanks', () => {
    expect(markedText(drawn('a **b c**\nd e', 'b c d'))).toBe('b c\nd');
  });
  test('is marked in tables, lists and fenced code', () => {
    expect(squeezed(markedText(drawn('| a | b |\n|---|---|\n| one | two |\n| three | four |', '| three | four |')))).toBe('threefour');
    expect(markedText(drawn('- first\n- second thing\n  - third', 'second thing'))).toBe('second thing');
    expect(markedText(drawn('```json\nson: 1\nx: 2\n```', 'x: 2'))).toBe('x: 2');
  });
  test('is not claimed where it is not', () => {
    expect(locateQuote('Days lapse in March.', 'Days lapse in April.')).toBeUndefined();
    expect(locateQuote('anything', '  ')).toBeUndefined();
  });
  test('what is marked is what the quote reads as, for any cut of a text with marks', () => {
    const word = fc.constantFrom(
      'leave',
      'five',
      '**31 March**',
      '*or*',
      '`code x`',
      '[a link](https://a.example)',
      '中文',
      'R&amp;D',
      '\\_x\\_',
      'naïve',
      '~~old~~',
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 3, maxLength: 12 }), fc.nat(), fc.nat(), (parts, a, b) => {
        const [from, to] = [a % parts.length, b % parts.length].toSorted((x, y) => x - y) as [number, number];
        const quote = parts.slice(from, to + 1).join(' ');
        const document = drawn(parts.join(' '), quote);
        expect(squeezed(markedText(document))).toBe(squeezed(plainText(quote).text));
      }),
      { numRuns: 300 },
    );
  });
});

describe('words', () => {
  const words = wordsFor('en', () => Date.UTC(2026, 5, 10));
  test('the kept language wins, then the first that is spoken', () => {
    expect(chooseLanguage(undefined, 'de-DE,de;q=0.9,zh-TW;q=0.5,en;q=0.4')).toBe('zh');
    expect(chooseLanguage(undefined, 'fr')).toBe('en');
    expect(chooseLanguage('en', 'zh-CN')).toBe('en');
    expect(chooseLanguage('<script>', 'zh;q=0')).toBe('en');
  });
  test('times, money and lengths as people say them', () => {
    expect(words.ago(Date.UTC(2026, 5, 7))).toBe('3 days ago');
    expect(words.ago(Date.UTC(2026, 5, 10) - 20_000)).toBe('just now');
    expect(words.ago(Date.UTC(2026, 5, 10) - 120_000)).toBe('2 minutes ago');
    expect(words.dollars(0.0042)).toBe('$0.0042');
    expect(words.count('documents', 1)).toBe('1 document');
    expect(words.duration(1840)).toBe('1.8s');
  });
  test('English and Chinese have the same places to fill', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!).toSorted();
    for (const key of Object.keys(consoleEn) as (keyof typeof consoleEn)[])
      expect([key, places(consoleZh[key])]).toEqual([key, places(consoleEn[key])]);
  });
  test('every word of the console is used', async () => {
    const { readdir, readFile } = await import('node:fs/promises');
    const folder = new URL('../../src/console/', import.meta.url);
    const files = (await readdir(folder, { recursive: true })).filter((f) => f.endsWith('.ts'));
    const code = (await Promise.all(files.map((f) => readFile(new URL(f, folder), 'utf8')))).join('\n');
    const built =
      /^(state_|phase_|status_|degraded_|reason_|run_|kind_|done_|level_|problem_\d|documents_|sources_|passages_|slackScope_|slackDone_|slackWhat_|teamsPermission_|teamsDone_|teamsWhat_|teamsProof_|teamsRegister4_)/;
    expect(Object.keys(consoleEn).filter((key) => !built.test(key) && !code.includes(`'${key}'`))).toEqual([]);
  });
});

test('the lines offered for an Ollama name its own models', () => {
  expect(ollamaLines({ url: 'http://127.0.0.1:11434/', models: ['nomic-embed-text:latest', 'llama3.2:3b'] })).toBe(
    'OPENAI_BASE_URL=http://127.0.0.1:11434/v1\nCHAT_MODEL=llama3.2:3b\nEMBEDDING_MODEL=nomic-embed-text:latest',
  );
});
