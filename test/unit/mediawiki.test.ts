/** What no well-behaved MediaWiki does, and how its pages are cleaned. The real server is in test/contracts/mediawiki.test.ts. */
import fc from 'fast-check';
import { parse } from 'parse5';
import { expect, test } from 'vitest';
import type { ConnectorContext, ListedDocument } from '../../src/connectors/connector.ts';
import { apiPathIn, looksLikeMediawiki } from '../../src/connectors/drivers/mediawiki-find.ts';
import { htmlDocument } from '../../src/connectors/drivers/mediawiki-html.ts';
import { createMediawikiConnector } from '../../src/connectors/drivers/mediawiki.ts';
import { createLog } from '../../src/log.ts';
import type { OutboundRequest, OutboundResponse } from '../../src/net/outbound.ts';
import { extractDocument } from '../../src/sync/extract-document.ts';
import { never } from '../fakes/open-app.ts';
import { failureOf as appErrorOf } from '../fakes/failure-of.ts';

interface Answer {
  status?: number;
  body: unknown;
  url?: string;
  headers?: Record<string, string>;
  setCookies?: string[];
}
type Server = (url: URL, parameters: URLSearchParams, request: OutboundRequest) => Answer;

function contextOf(server: Server): ConnectorContext {
  const fetch = async (address: string, request: OutboundRequest = {}): Promise<OutboundResponse> => {
    const url = new URL(address);
    const parameters = new URLSearchParams(request.method === 'POST' ? String(request.body) : url.search);
    const answer = server(url, parameters, request);
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    return {
      status: answer.status ?? 200,
      headers: answer.headers ?? {},
      setCookies: answer.setCookies ?? [],
      url: answer.url ?? address,
      bytes: async () => Buffer.from(text),
    };
  };
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  return { outbound: { fetch, close: async () => {} }, clock, log: createLog('silent'), signal: never() };
}

const general = { generator: 'MediaWiki 1.39.17', sitename: 'W', lang: 'en', server: 'https://w.example', articlepath: '/wiki/$1' };
const site = {
  batchcomplete: true,
  curtimestamp: '2026-11-21T12:00:00Z',
  query: { general, namespaces: { 0: { id: 0, content: true } }, userinfo: { rights: ['read'] } },
};
const page = {
  pageid: 7,
  ns: 0,
  title: 'Seven',
  touched: '2026-11-21T11:00:00Z',
  lastrevid: 70,
  canonicalurl: 'https://w.example/wiki/Seven',
  actions: { read: true },
};
const wikiServer =
  (listing: unknown): Server =>
  (_, parameters) => {
    if (parameters.get('meta')) return { body: site };
    if (parameters.get('generator')) return { body: listing };
    return { body: { batchcomplete: true, query: {} } };
  };

async function list(
  server: Server,
  location = 'https://w.example/w/api.php',
  credential?: Record<string, string>,
): Promise<ListedDocument[]> {
  const all: ListedDocument[] = [];
  const source = { location, ...(credential ? { credential } : {}) };
  for await (const listed of createMediawikiConnector().list(source, contextOf(server))) all.push(listed);
  return all;
}

/** Every one has a word for people. */
const failureOf = async (work: Promise<unknown>) => {
  const error = await appErrorOf(work);
  expect(error.publicMessage).toBeTruthy();
  return error;
};

test.each([
  ['https://w.example/w/api.php', true],
  ['https://w.example/w/index.php?title=Main_Page', true],
  ['https://w.example/w/index.php/Main_Page', true],
  ['https://w.example/wiki/Main_Page', true],
  ['https://intranet.example/mediawiki/', true],
  ['https://w.example/', false],
  ['https://w.example/index.php', false],
  ['https://w.example/wiki/', false],
  ['https://team.example/wiki/spaces/HR/overview', false],
  ['https://team.example/wiki/home', false],
  ['https://w.example/wiki/doku.php?id=start', false],
  ['https://w.example/wiki/handbook.git', false],
  ['https://w.example/wiki/sitemap.xml', false],
  ['https://github.com/o/r/wiki/Home', false],
  ['/srv/wiki/Main_Page', false],
  ['not an address', false],
])('by its address alone %s is a MediaWiki: %s', (location, expected) => {
  expect(looksLikeMediawiki(location)).toBe(expected);
});

test('a well-behaved wiki lists', async () => {
  expect(await list(wikiServer({ batchcomplete: true, query: { pages: [page] } }))).toMatchObject([{ externalId: '7' }]);
});

test.each<[string, Server]>([
  ['a login page with 200', () => ({ body: '<html><form><input type="password"></form></html>' })],
  ['an empty object', () => ({ body: {} })],
  ['another kind of API', () => ({ body: { query: { general: { generator: 'Else 1.0' } } } })],
  ['a server that refuses', () => ({ status: 403, body: 'Forbidden' })],
  ['a server that is down', () => ({ status: 503, body: 'Down' })],
  ['another host', () => ({ body: site, url: 'https://sso.example/w/api.php' })],
  ['an empty list', wikiServer({ batchcomplete: true })],
  ['a list that is none', wikiServer({ limits: {} })],
  ['a list of something else', wikiServer({ batchcomplete: true, query: { pages: 'many' } })],
  ['a list in circles', wikiServer({ continue: { gapcontinue: 'A', continue: '-||' }, query: { pages: [page] } })],
  ['an error in the list', wikiServer({ error: { code: 'internal_api_error_DBQueryError', info: 'A database query error.' } })],
])('%s is an error and no listing', async (_, server) => {
  await failureOf(list(server));
});

test('an error after the first part of a list ends the listing with an error', async () => {
  let parts = 0;
  const server: Server = (url, parameters, request) => {
    if (!parameters.get('generator')) return wikiServer({})(url, parameters, request);
    if (parts++ === 0)
      return { body: { batchcomplete: true, continue: { gapcontinue: 'B', continue: 'gapcontinue||' }, query: { pages: [page] } } };
    return { body: '<html>Please log in</html>' };
  };
  expect(await failureOf(list(server))).toMatchObject({ code: 'source.unreadable' });
});

test('pieces of a page in several answers are put together, and a page is listed once', async () => {
  const { touched, lastrevid, canonicalurl, actions, ...stub } = page;
  const server: Server = (url, parameters, request) => {
    if (!parameters.get('generator')) return wikiServer({})(url, parameters, request);
    return parameters.get('rvcontinue')
      ? { body: { batchcomplete: true, query: { pages: [{ ...stub, touched, lastrevid, canonicalurl, actions }] } } }
      : {
          body: { continue: { rvcontinue: '1', continue: '||' }, query: { pages: [{ ...stub, revisions: [{ revid: 70, user: 'Ann' }] }] } },
        };
  };
  const [listed, ...more] = await list(server);
  expect(more).toEqual([]);
  expect(listed).toMatchObject({ externalId: '7', version: expect.stringContaining('70 ') });
  expect(listed!.place).toContain('Ann');
});

test('a password is sent to the API alone, and never to another host than the one that was given', async () => {
  const sent: string[] = [];
  const html = '<link rel="EditURI" type="application/rsd+xml" href="//evil.example/w/api.php?action=rsd"/>';
  const server: Server = (url, parameters, request) => {
    if (parameters.get('lgpassword') !== null) sent.push(`${request.method} ${url.href}`);
    if (url.pathname === '/') return { body: html };
    if (parameters.get('type') === 'login')
      return { body: { query: { tokens: { logintoken: 't+\\' } } }, setCookies: ['s=1; path=/; HttpOnly'] };
    if (parameters.get('action') === 'login') return { body: { login: { result: 'Success' } }, setCookies: ['u=2', 's=3; secure'] };
    if (parameters.get('assert') === 'user' && request.headers?.['cookie'] !== 's=3; u=2')
      return { body: { error: { code: 'assertuserfailed' } } };
    return wikiServer({ batchcomplete: true, query: { pages: [page] } })(url, parameters, request);
  };
  expect(await list(server, 'https://w.example/', { user: 'Ann@docent', password: 'hush' })).toHaveLength(1);
  expect(sent).toEqual(['POST https://w.example/w/api.php']);
  expect(await failureOf(list(server, 'https://w.example/', { user: 'Ann@docent', password: '' }))).toMatchObject({
    code: 'source.credential',
  });
});

test('a password is not sent where the API leads to another host', async () => {
  const sent: string[] = [];
  const server: Server = (url, parameters) => {
    if (parameters.get('lgpassword') !== null) sent.push(url.href);
    return { body: site, url: 'https://evil.example/w/api.php' };
  };
  const error = await failureOf(list(server, undefined, { user: 'Ann@docent', password: 'hush' }));
  expect(error.publicMessage).toContain('evil.example');
  expect(sent).toEqual([]);
});

test('what names the API is read as browsers read it', () => {
  const page = new URL('https://w.example/wiki/A');
  expect(apiPathIn("<LINK href='/w/api.php?action=rsd' rel='EditURI'>", page)).toBe('/w/api.php');
  expect(apiPathIn('<link rel="stylesheet" href="/w/load.php"><link rel=EditURI href=/m/api.php?action=rsd>', page)).toBe('/m/api.php');
  expect(apiPathIn('<link rel="EditURI" href="/w/other.php">', page)).toBeUndefined();
  expect(apiPathIn('<p>no links</p>', page)).toBeUndefined();
});

const documentOf = (html: string): string =>
  htmlDocument({ title: 'T & <U>', url: 'https://w.example/wiki/T?a="b"', language: 'en', html });
const blocksOf = async (html: string) =>
  (await extractDocument({ bytes: Buffer.from(documentOf(html)), format: 'html', name: '7' })).blocks;

test('a heading keeps its words and its anchor in the HTML of wikis before and after 1.43', async () => {
  const old = '<h2><span id="Gr.C3.B6.C3.9Fe"></span><span class="mw-headline" id="Größe">Größe &amp; <i>Maß</i></span></h2><p>x</p>';
  const now = '<div class="mw-heading mw-heading2"><h2 id="Größe">Größe &amp; <i>Maß</i></h2></div><p>x</p>';
  for (const html of [old, now])
    expect((await blocksOf(html))[0]).toEqual({ kind: 'heading', depth: 2, text: 'Größe & Maß\n\n', anchor: 'Größe' });
});

test("the title is the page's, whatever headings of the first level it has", async () => {
  const html = '<h1><span class="mw-headline" id="One">One</span></h1><p>x</p><h2 id="Two">Two</h2><h6 id="Six">Six</h6>';
  const read = await extractDocument({ bytes: Buffer.from(documentOf(html)), format: 'html', name: '7' });
  expect(read).toMatchObject({ title: 'T & <U>', url: 'https://w.example/wiki/T?a=%22b%22' });
  const headings = read.blocks.filter((block) => block.kind === 'heading');
  expect(headings.map(({ depth, anchor }) => [depth, anchor])).toEqual([
    [2, 'One'],
    [3, 'Two'],
    [6, 'Six'],
  ]);
});

test('a page of no words is read as its title', async () => {
  for (const html of ['', '<div class="mw-parser-output"><p><img src="plan.png" alt="Plan">&#160;\n</p></div>'])
    expect((await blocksOf(html)).map((block) => block.text)).toEqual(['T & <U>\n\n']);
});

test('footnote marks, comments, pictures and the targets of links are left out, their words stay', async () => {
  const html =
    '<!-- made in 3 ms --><p>See <a href="/x" class="new" title="X (page does not exist)">the <b>leave</b> page</a>.' +
    '<sup id="cite_ref-1" class="reference"><a href="#cite_note-1">&#91;1&#93;</a></sup> H<sub>2</sub>O 10<sup>3</sup><img src="a.png"> end</p>';
  const text = (await blocksOf(html)).map((block) => block.text).join('');
  expect(text).toBe('See the leave page. H2O 103 end\n\n');
  expect(documentOf(html)).not.toMatch(/href="\/x"|redlink|ms -->|a\.png/);
});

test('property: of well-formed HTML, as a wiki makes it, every word outside of marks stays, in order', () => {
  const { html } = fc.letrec<{ html: string; node: string }>((tie) => ({
    html: fc.array(tie('node'), { maxLength: 4 }).map((nodes) => nodes.join('')),
    node: fc.oneof(
      { maxDepth: 3 },
      fc.stringMatching(/^[a-z é&;]{1,8}$/).map((text) => text.replaceAll('&', '&amp;')),
      fc.constantFrom('<!-- a <b> comment -->', '<img src="x.png" alt="x">', '<br>', '&lt;a&gt;', '<span id="old.C3"></span>'),
      tie('html').map((inner) => `<b class="reference">${inner}</b>`),
      tie('html').map((inner) => `<h2><span class="mw-headline" id="x">${inner.replaceAll(/<[^>]*>/g, '')}</span></h2>`),
      tie('html').map((inner) => `<p><a href="/w" title="a > b <c>">${inner.replaceAll(/<[^>]*>/g, '')}</a></p>`),
    ),
  }));
  const empty = documentOf('.');
  fc.assert(
    fc.property(html, (body) => {
      expect(textsOf(documentOf(`${body}.`))).toBe(textsOf(empty.replace('<main>', () => `<main>${body}`)));
    }),
  );
});

test('hostile HTML takes no longer than its length', () => {
  const started = performance.now();
  for (const hostile of ['<a ', '<!--', '<h2>', '<h2><span class="mw-headline" ', '<sup class="reference">', '<'])
    documentOf(hostile.repeat(200_000));
  // Milliseconds when linear; squared it would be hours.
  expect(performance.now() - started).toBeLessThan(10_000);
});

function textsOf(html: string): string {
  let text = '';
  const stack: unknown[] = [parse(html)];
  for (
    let node = stack.pop() as { value?: string; nodeName?: string; childNodes?: unknown[] } | undefined;
    node;
    node = stack.pop() as typeof node
  ) {
    if (node.nodeName === '#text') text += node.value;
    if (node.nodeName === 'title') continue;
    for (const child of (node.childNodes ?? []).toReversed()) stack.push(child);
  }
  return text;
}
