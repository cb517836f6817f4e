/** As much of a MediaWiki as signing in and reading a few pages need: a wiki that only those who signed in may read. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface PrivateWiki {
  /** The address of its API. */
  api: string;
  /** The login that it takes; may be changed. */
  login: { user: string; password: string };
  close(): Promise<void>;
}

const HTML = (title: string): string =>
  `<div class="mw-parser-output"><p>This page of the wiki is about ${title.toLowerCase()} and says what everyone has to know of it.</p></div>`;

export async function startPrivateWiki(titles: string[], login: { user: string; password: string }): Promise<PrivateWiki> {
  const wiki: PrivateWiki = { api: '', login, close: () => Promise.resolve() };
  const pages = titles.map((title, i) => ({
    pageid: i + 1,
    ns: 0,
    title,
    touched: '2026-01-02T03:04:05Z',
    lastrevid: i + 1,
    pagelanguagehtmlcode: 'en',
    canonicalurl: `http://wiki.example.com/wiki/${title}`,
    actions: { read: true },
    revisions: [{ revid: i + 1, timestamp: '2026-01-02T03:04:05Z', user: 'Ann' }],
  }));
  const answer = (of: URLSearchParams, signedIn: boolean): object => {
    if (of.get('type') === 'login') return { query: { tokens: { logintoken: 'token' } } };
    if (of.get('action') === 'login') {
      const right = of.get('lgname') === wiki.login.user && of.get('lgpassword') === wiki.login.password;
      return { login: right ? { result: 'Success' } : { result: 'Failed', reason: 'Incorrect username or password entered.' } };
    }
    if (!signedIn) return { error: { code: 'readapidenied', info: 'You need read permission.' } };
    if (of.get('action') === 'parse') {
      const page = pages[Number(of.get('pageid')) - 1]!;
      return { parse: { title: page.title, revid: page.lastrevid, displaytitle: page.title, text: HTML(page.title) } };
    }
    if (of.get('meta')?.startsWith('siteinfo')) {
      const general = {
        generator: 'MediaWiki 1.43',
        sitename: 'Wiki',
        lang: 'en',
        server: 'http://wiki.example.com',
        articlepath: '/wiki/$1',
      };
      return {
        query: { general, namespaces: { 0: { id: 0, content: true } }, userinfo: { rights: ['read'] } },
        curtimestamp: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
        batchcomplete: true,
      };
    }
    if (of.get('generator') === 'allpages') return { query: { pages }, batchcomplete: true };
    return { query: { recentchanges: [], allrevisions: [], logevents: [] }, batchcomplete: true };
  };
  const server = http.createServer(async (request, response) => {
    const body = await text(request);
    const of = new URLSearchParams(request.method === 'POST' ? body : (request.url ?? '').split('?')[1]);
    const given = answer(of, /\bsession=in\b/.test(request.headers.cookie ?? ''));
    const entered = (given as { login?: { result: string } }).login?.result === 'Success';
    response.writeHead(200, { 'content-type': 'application/json', ...(entered ? { 'set-cookie': 'session=in; Path=/; HttpOnly' } : {}) });
    response.end(JSON.stringify(given));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  wiki.api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/w/api.php`;
  wiki.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return wiki;
}
