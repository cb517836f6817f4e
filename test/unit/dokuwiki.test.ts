/** What stands where a DokuWiki was expected, and what versions later than Debian's answer: over a made-up server. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConnectorContext, ListedDocument, SourceLocation } from '../../src/connectors/connector.ts';
import { createDokuwikiConnector } from '../../src/connectors/drivers/dokuwiki.ts';
import { asPage, pageUrl } from '../../src/connectors/drivers/dokuwiki-page.ts';
import { encodeCall, type RpcValue } from '../../src/connectors/drivers/dokuwiki-rpc.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound, type Outbound } from '../../src/net/outbound.ts';
import { never } from '../fakes/open-app.ts';

interface Given {
  status?: number;
  headers?: http.OutgoingHttpHeaders;
  body?: string;
}

let server: http.Server;
let outbound: Outbound;
let url: string;
let given: (method: string, path: string, cookie: string | undefined) => Given;
let sent: { method: string; body: string; cookie: string | undefined }[];
let cursor: string | undefined;

const answer = (value: RpcValue, headers: http.OutgoingHttpHeaders = {}): Given => ({
  headers: { 'content-type': 'text/xml;charset=UTF-8', ...headers },
  body: encodeCall('x', [value]).replaceAll('methodCall', 'methodResponse').replace('<methodName>x</methodName>', ''),
});
const fault = (code: number, status = 200): Given => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>${code}</int></value></member><member><name>faultString</name><value><string>no</string></value></member></struct></value></fault></methodResponse>`,
});
const page = (status: number, words = 'Please log in.'): Given => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<html><body><h1>Log in</h1><p>${words}</p><form><input type="password"></form></body></html>`,
});
const forgotten = { 'set-cookie': [`DW${'0'.repeat(32)}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/; HttpOnly`] };

beforeEach(async () => {
  sent = [];
  cursor = undefined;
  given = () => page(404);
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      const method = /<methodName>([^<]*)/.exec(body)?.[1] ?? `${request.method}`;
      sent.push({ method, body, cookie: request.headers.cookie });
      const { status = 200, headers = {}, body: text = '' } = given(method, request.url ?? '', request.headers.cookie);
      response.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
});
afterEach(async () => {
  await outbound.close();
  await new Promise((resolve) => server.close(resolve));
});

const connector = createDokuwikiConnector();
const at = (credential?: Record<string, string>): SourceLocation => ({ location: `${url}doku.php`, ...(credential ? { credential } : {}) });
const contextOf = (): ConnectorContext => ({
  outbound,
  clock: { now: () => 1_800_000_000_000, sleep: () => Promise.resolve() },
  log: createLog('silent'),
  signal: never(),
  keepCursor: (kept) => void (cursor = kept),
});
async function gather(listing: AsyncIterable<ListedDocument>): Promise<ListedDocument[]> {
  const all: ListedDocument[] = [];
  for await (const listed of listing) all.push(listed);
  return all;
}
const list = (source = at()): Promise<ListedDocument[]> => gather(connector.list(source, contextOf()));
const fetchOf = (id: string, source = at()) => connector.fetch(source, { externalId: id }, undefined, contextOf());

describe('what is no DokuWiki lists nothing, with an error', () => {
  test.each<[string, Given, string]>([
    ['not there', page(404), 'no DokuWiki at'],
    ['a login page answered with 200', page(200), 'no DokuWiki at'],
    ['a login of the web server', page(401), 'itself wants a login (401)'],
    ['forbidden by the web server', page(403), 'itself wants a login (403)'],
    ['broken', page(500), 'answered 500'],
    ['too busy', page(503), 'answered 503'],
    ['another kind of XML', { headers: { 'content-type': 'text/xml' }, body: '<rss/>' }, 'form of DokuWiki'],
    ['an answer cut short', { ...answer([]), body: answer([]).body!.slice(0, 60) }, 'form of DokuWiki'],
    ['an empty body', { headers: { 'content-type': 'text/xml' } }, 'form of DokuWiki'],
    ['led elsewhere', { status: 302, headers: { location: '/sso/login' } }, 'leads to'],
    ['a list of something else', answer(['a', 'b']), 'did not answer with a list of pages'],
    ['pages without ids', answer([{ rev: 1, size: 1 }]), 'does not understand'],
    ['a fault', fault(-32_700), 'fault -32700'],
    ['a fault without its words', answer({}), 'no list'],
  ])('%s', async (_what, response, words) => {
    given = (method) => (method === 'wiki.getRecentChanges' ? answer([]) : response);
    if (!response.headers?.['content-type']?.toString().includes('xml'))
      given = (_method, path) => (path === '/sso/login' ? page(200) : response);
    await expect(list()).rejects.toMatchObject({
      code: expect.stringMatching(/^source\./) as string,
      publicMessage: expect.stringContaining(words) as string,
    });
    await expect(connector.check(at(), contextOf())).rejects.toMatchObject({ publicMessage: expect.stringContaining(words) as string });
  });
});

describe('the credential', () => {
  const reader = { user: 'reader <x>', password: 's3cret&' };

  test('is sent in the login alone, and each later answer must know the caller', async () => {
    given = (method) => {
      if (method === 'dokuwiki.login')
        return answer(true, { 'set-cookie': ['DokuWiki=s1; path=/; HttpOnly', `DW${'0'.repeat(32)}=abc; path=/; HttpOnly`] });
      return method === 'dokuwiki.getPagelist' ? answer([{ id: 'a', rev: 1_700_000_000, size: 3 }]) : answer([]);
    };
    expect(await list(at(reader))).toEqual([{ externalId: 'a', version: '1700000000-3' }]);
    expect(sent.filter(({ body }) => body.includes('s3cret'))).toHaveLength(1);
    expect(sent.slice(1).map(({ cookie }) => cookie)).toEqual(Array(2).fill(`DokuWiki=s1; DW${'0'.repeat(32)}=abc`));
  });

  test('a wiki that forgets the caller in the middle is no shorter list', async () => {
    given = (method) => {
      if (method === 'dokuwiki.login') return answer(1);
      return method === 'dokuwiki.getPagelist' ? answer([{ id: 'a', rev: 1, size: 1 }], forgotten) : answer([]);
    };
    await expect(list(at(reader))).rejects.toMatchObject({ code: 'source.credential' });
    // Without a credential nobody is to be known.
    expect(await list()).toHaveLength(1);
  });

  test('a session that ends while calls run side by side is opened again once', async () => {
    const dw = `DW${'0'.repeat(32)}`;
    let session = 0;
    given = (method, _path, cookie) => {
      if (method === 'dokuwiki.login') return answer(true, { 'set-cookie': [`${dw}=s${++session}`] });
      return cookie === `${dw}=s${session}` && session > 1 ? answer('<h1 id="a">A</h1>') : answer({}, { ...forgotten });
    };
    const context = contextOf();
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, i) => connector.fetch(at(reader), { externalId: `p${i}`, place: '[5,"x"]' }, undefined, context)),
    );
    expect(all.map(({ kind }) => kind)).toEqual(Array(8).fill('document'));
    expect(sent.filter(({ method }) => method === 'dokuwiki.login')).toHaveLength(2);
  });

  test('a wiki without accounts does not take one', async () => {
    given = (method) => (method === 'dokuwiki.login' ? answer(0) : answer([{ id: 'a', rev: 1, size: 1 }]));
    await expect(list(at(reader))).rejects.toMatchObject({ code: 'source.credential' });
  });
});

describe('as versions after Debian’s answer', () => {
  test('an empty list of changes, a page that is not there, a page that is forbidden', async () => {
    given = (method) =>
      method === 'dokuwiki.getPagelist' ? answer([{ id: 'a', perms: 1, size: 1, rev: 5, mtime: 5, hash: '' }]) : answer([]);
    expect(await list()).toHaveLength(1);
    expect(cursor).toBeUndefined();
    await expect(gather(connector.listChanges!(at(), '1700000000-1700000000', contextOf()))).rejects.toMatchObject({
      code: 'connector.cursor_lost',
    });
    given = (method) => (method === 'wiki.getPageHTML' ? answer('') : fault(121));
    expect(await fetchOf('a')).toEqual({ kind: 'gone' });
    given = () => fault(121);
    expect(await fetchOf('a')).toEqual({ kind: 'gone' });
    given = () => fault(-32_604, 403);
    await expect(fetchOf('a')).rejects.toMatchObject({ code: 'document.forbidden' });
    given = () => fault(-32_605);
    await expect(fetchOf('a')).rejects.toMatchObject({ code: 'source.remote_off' });
  });

  test('another fault is a failure and not a removal', async () => {
    for (const response of [fault(-32_603), answer({}), answer([]), answer(5)]) {
      given = () => response;
      await expect(fetchOf('a')).rejects.toMatchObject({ code: 'document.unreadable' });
    }
    given = (method) => (method === 'wiki.getPageHTML' ? answer('') : page(502));
    await expect(fetchOf('a')).rejects.toMatchObject({ code: 'source.unreadable', retryable: true });
  });

  test('a clock that runs ahead does not carry the cursor away', async () => {
    const now = Math.floor(Date.now() / 1000);
    const ahead = now + 100_000;
    const row = (name: string, version: number) => ({ name, version, author: '', size: 4, perms: 1 });
    given = (method) =>
      method === 'dokuwiki.getPagelist' ? answer([{ id: 'a', rev: ahead, size: 4 }]) : answer([row('a', ahead), row('b', now - 9_000)]);
    await list();
    expect(Number(cursor!.slice(0, 10))).toBeLessThanOrEqual(now + 1);
    given = () => answer([row('b', now - 9_000), row('a', ahead), row('c', now - 10)]);
    expect((await gather(connector.listChanges!(at(), cursor!, contextOf()))).map(({ externalId }) => externalId)).toEqual(['a', 'c']);
  });
});

test('a page gets the address that opens it under every setting', () => {
  expect(pageUrl('https://x.example/wiki/', 'people:é & ü')).toBe('https://x.example/wiki/doku.php?id=people:%C3%A9%20%26%20%C3%BC');
  expect(pageUrl('https://x.example/docs', 'a')).toBe('https://x.example/docs/doku.php?id=a');
});

test('the title is the first heading, else the page’s name', () => {
  expect(asPage('<p>x</p><h2 id="a" class="b">A <em>b</em> &amp; c</h2><h1>Z</h1>', 'p:q').title).toBe('A b & c');
  expect(asPage('<p>x</p>', 'people:paid_leave').title).toBe('paid leave');
  expect(asPage('<p>x</p>', 'a:b').html).toBe(asPage('<p>x</p>', 'c').html);
  for (const odd of ['<h1', '<h1>', '<h1>open', '<h1></h1>', '<header>x</header>', '<h1 '.repeat(200_000)])
    expect(asPage(odd, 'p:q').title).toBe('q');
  const closing = asPage('<h1>a</title><script>b</h1>', 'q');
  expect(closing.html).toContain('<title>ab</title>');
});
