/** A site without a sitemap is followed by its links; what must never make anything look removed. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConnectorContext, Fetched, ListedDocument } from '../../src/connectors/connector.ts';
import { createSiteConnector } from '../../src/connectors/drivers/site.ts';
import { createOutbound, type Outbound } from '../../src/net/outbound.ts';
import type { Log } from '../../src/types.ts';
import { startSite, type FakePage, type FakeSite } from '../fakes/site.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
let connector = createSiteConnector();
let site: FakeSite;
let outbound: Outbound;
let folder: string;
let context: ConnectorContext;

beforeEach(async () => {
  connector = createSiteConnector();
  site = await startSite({ '/sitemap.xml': { body: 'none', status: 404 } });
  outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'docent-crawl-'));
  let now = Date.parse('2026-01-10T12:00:00Z');
  const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) };
  context = { outbound, clock, log: silent, signal: new AbortController().signal, cacheFolder: folder };
});
afterEach(async () => {
  await outbound.close();
  await site.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** A page that leads to others; `head` and `more` are put into it as they are. */
function put(
  place: string,
  links: string[] = [],
  { head = '', more = '', ...page }: Partial<FakePage> & { head?: string; more?: string } = {},
): void {
  const anchors = links.map((link) => `<a href="${link}">to ${link}</a>`).join(' ');
  const body = `<html><head><title>${place}</title>${head}</head><body><main><h1>${place}</h1><p>Words of ${place} alone.</p>${anchors}${more}</main></body></html>`;
  site.pages.set(place, { body, ...page });
}
async function list(at = '/'): Promise<ListedDocument[]> {
  const all: ListedDocument[] = [];
  for await (const listed of connector.list({ location: site.url + at }, context)) all.push(listed);
  return all;
}
const short = (id: string): string => id.replace(site.url, '');
const good = (listed: ListedDocument[]): string[] => listed.filter((one) => one.problem === undefined).map((one) => short(one.externalId));
const bad = (listed: ListedDocument[]): [string, string | undefined][] =>
  listed
    .filter((one) => one.problem !== undefined)
    .map((one) => [short(one.externalId), one.unseen ? `unseen: ${one.problem}` : one.problem]);
const fetch = (place: string, validators?: Record<string, string>): Promise<Fetched> =>
  connector.fetch({ location: `${site.url}/` }, { externalId: site.url + place }, validators, context);
const asked = (): string[] =>
  site.requests.map(({ path: place, status }) => `${place} ${status}`).filter((one) => !/robots|sitemap|docent-/.test(one));

test('breadth first, within host and path, each page once: fragments, visits and files apart', async () => {
  put('/docs/', [
    'b',
    'a#part',
    '/docs/a?utm_source=x',
    '/docs/a?sort=asc',
    '/blog/x',
    'https://elsewhere.example/',
    'logo.png',
    'paper.pdf',
    'mailto:x@y.z',
  ]);
  put('/docs/a', ['deep/c', './', 'javascript:void(0)', '/docs/b;jsessionid=12AB']);
  put('/docs/b', ['?page=2']);
  put('/docs/b?page=2');
  put('/docs/deep/c');
  put('/blog/x');
  expect(good(await list('/docs/'))).toEqual(['/docs/', '/docs/b', '/docs/a', '/docs/paper.pdf', '/docs/b?page=2', '/docs/deep/c']);
  expect(asked().toSorted()).toEqual(['/docs/ 200', '/docs/a 200', '/docs/b 200', '/docs/b?page=2 200', '/docs/deep/c 200']);
});

test('a page is asked for once in a run, also when it is unchanged, and leads then where it led before', async () => {
  put('/', ['/a', '/hub']);
  put('/a');
  put('/hub', ['/b']);
  put('/b');
  const first = await list();
  for (const { externalId } of first) expect(await fetch(short(externalId))).toMatchObject({ kind: 'document' });
  expect(asked()).toHaveLength(4);
  site.requests.length = 0;
  put('/a', [], { more: 'new words' });
  connector = createSiteConnector();
  const second = await list();
  expect(asked()).toEqual(['/ 304', '/a 200', '/hub 304', '/b 304']);
  const changed = second.filter((one, i) => one.version !== first[i]!.version);
  expect(changed.map(({ externalId }) => short(externalId))).toEqual(['/a']);
  expect(await fetch('/a')).toMatchObject({ kind: 'document' });
  expect(asked()).toHaveLength(4);
});

test('without a folder to keep it in every page is asked for once all the same', async () => {
  const { cacheFolder: _none, ...bare } = context;
  context = bare;
  put('/', ['/a']);
  put('/a');
  for (const { externalId } of await list()) expect(await fetch(short(externalId))).toMatchObject({ kind: 'document' });
  expect(asked()).toEqual(['/ 200', '/a 200']);
});

test('the address that a page names as its own, or moved to for good, is the document', async () => {
  put('/', ['/a?ref=1', '/a?ref=2', '/old', '/for-now', '/ring1', '/missing']);
  for (const ref of [1, 2]) put(`/a?ref=${ref}`, [], { head: '<link rel="canonical" href="/a">' });
  put('/a', [], { head: '<link rel="canonical" href="/a">' });
  put('/old', [], { status: 301, headers: { location: '/new' } });
  put('/new');
  put('/for-now', [], { status: 302, headers: { location: '/target' } });
  put('/target');
  put('/ring1', ['/ring2'], { head: '<link rel="canonical" href="/ring2">' });
  put('/ring2', [], { head: '<link rel="canonical" href="/ring1">' });
  put('/missing', [], { head: '<link rel="canonical" href="/nowhere">' });
  expect(good(await list())).toEqual(['/', '/new', '/for-now', '/a', '/ring1', '/missing']);
});

test('nofollow and noindex are honoured, those said to Docent alone too', async () => {
  put('/', ['/a', '/b', '/c', '/d'], { more: '<a rel="nofollow" href="/not">x</a>' });
  put('/a', ['/below-a'], { head: '<meta name="robots" content="noindex">' });
  put('/b', ['/below-b'], { head: '<meta name="docent" content="nofollow">' });
  put('/c', [], { headers: { 'x-robots-tag': 'otherbot: noindex' } });
  put('/d', [], { headers: { 'x-robots-tag': 'docent: noindex, nofollow' } });
  for (const place of ['/below-a', '/below-b', '/not']) put(place);
  expect(good(await list())).toEqual(['/', '/b', '/c', '/below-a']);
});

test('a page that fails makes nothing look removed: it leads where it led, or nothing may be removed', async () => {
  put('/', ['/hub']);
  put('/hub', ['/a', '/b']);
  put('/a');
  put('/b');
  expect(good(await list())).toEqual(['/', '/hub', '/a', '/b']);
  put('/hub', [], { status: 500 });
  let listed = await list();
  expect(good(listed)).toEqual(['/', '/a', '/b']);
  expect(bad(listed)).toEqual([['/hub', 'the site answered 500']]);
  // Nothing is remembered: no one can tell what it led to.
  fs.rmSync(folder, { recursive: true });
  listed = await list();
  expect(bad(listed)).toEqual([['/hub', 'unseen: the site answered 500']]);
  listed = await list();
  expect(bad(listed)).toEqual([['/hub', 'unseen: the site answered 500']]);
});

test('a login page in place of a page is a failure, whatever its status, and keeps what it led to', async () => {
  put('/', ['/hub', '/help/login']);
  put('/hub', ['/a']);
  put('/a');
  put('/help/login', [], { more: `${'How to log in. '.repeat(200)}<input type="password">` });
  const before = await list();
  expect(good(before)).toEqual(['/', '/hub', '/help/login', '/a']);
  put('/hub', ['/login'], { more: '<form><input type="password"></form>' });
  const listed = await list();
  expect(good(listed)).toEqual(['/', '/help/login', '/a']);
  expect(bad(listed)).toEqual([['/hub', 'the site answered with a login page']]);
  put('/', ['/x'], { more: '<form><input type="password"></form>' });
  await expect(list()).rejects.toMatchObject({ publicMessage: expect.stringContaining('login page') as string });
});

test('what the site answers to nonsense is no document', async () => {
  put('/', ['/a', '/gone', '/quoted/gone']);
  put('/a');
  expect(good(await list())).toEqual(['/', '/a']);
  const sorry = (place: string): string =>
    `<html><head><title>Our site</title></head><body><h1>Oops</h1><p>We could not find ${place}. Request ${Math.floor(Math.random() * 1e9)}.</p></body></html>`;
  site.unknown = (place) => ({ body: sorry(place) });
  const listed = await list();
  expect(good(listed)).toEqual(['/', '/a']);
  expect(bad(listed).map(([place]) => place)).toEqual(['/gone', '/quoted/gone']);
  // A page that was there and is answered so now fails by name; it is not taken for gone.
  site.pages.delete('/a');
  expect(bad(await list()).map(([place]) => place)).toContain('/a');
  await expect(fetch('/a')).rejects.toMatchObject({ code: 'document.soft_404' });
  site.unknown = () => ({ body: '', status: 302, headers: { location: '/sorry' } });
  put('/sorry');
  await list();
  await expect(fetch('/a')).rejects.toMatchObject({ code: 'document.soft_404' });
});

test('robots.txt: what it blocks is named and not asked for, its delay is kept, its failure stops everything', async () => {
  put('/', ['/a', '/private/b', '/private/open', '/search?q=x']);
  put('/a');
  put('/private/b');
  put('/private/open', ['/under']);
  put('/under');
  site.pages.set('/robots.txt', {
    body: 'User-agent: *\nDisallow: /\n\nUser-agent: Docent\nDisallow: /private/\nAllow: /private/open$\nDisallow: /search\nCrawl-delay: 2\n',
  });
  const from = context.clock.now();
  const listed = await list();
  expect(good(listed)).toEqual(['/', '/a', '/private/open', '/under']);
  expect(bad(listed)).toEqual([['/private/b', "the site's robots.txt asks Docent not to read it"]]);
  expect(asked().join()).not.toMatch(/private\/b|search/);
  expect(context.clock.now() - from).toBeGreaterThanOrEqual(2000 * (asked().length - 1));
  // Newly blocked: it stays listed, with the reason.
  site.pages.set('/robots.txt', { body: 'User-agent: *\nDisallow: /a\n' });
  expect(bad(await list())).toEqual([['/a', "the site's robots.txt asks Docent not to read it"]]);
  await expect(fetch('/a')).rejects.toMatchObject({ code: 'document.robots' });
  site.pages.set('/robots.txt', { body: 'User-agent: *\nDisallow: /\n' });
  await expect(list()).rejects.toMatchObject({ code: 'source.robots' });
  site.pages.set('/robots.txt', { body: 'x', status: 503 });
  site.requests.length = 0;
  await expect(list()).rejects.toMatchObject({ code: 'source.robots_unreachable', retryable: true });
  expect(asked()).toEqual([]);
  site.pages.set('/robots.txt', { body: 'x', status: 403 });
  expect(good(await list())).toContain('/private/b');
});

test('a calendar without end is left after a while and named; what was known of it stays', async () => {
  put('/', ['/month/1', '/a']);
  put('/a');
  site.unknown = (place) => {
    const month = Number(/^\/month\/(\d+)$/.exec(place)?.[1]);
    return month > 0
      ? {
          body: `<html><body><p>Month ${'x'.repeat(month)}</p><a href="/month/${month + 1}">next</a><a href="/month/${month}/grid/grid/grid/grid/">grid</a></body></html>`,
        }
      : undefined;
  };
  const first = await list();
  // As far as 50 links lead.
  expect(good(first)).toHaveLength(52);
  expect(bad(first).map(([place]) => place)).toEqual(['/month/1/grid/grid/grid/grid/ …', '/month/51 …']);
  expect(first.some((one) => one.unseen)).toBe(false);
  expect(good(await list())).toEqual(good(first));
  // One more month at the front: the last one known is beyond what is followed now, but it is there.
  put('/', ['/month/1', '/a', '/month/60']);
  const third = good(await list());
  for (const place of good(first)) expect(third).toContain(place);
  const { unknown } = site;
  site.unknown = (place) => (place === '/month/30' ? undefined : unknown(place));
  const fourth = good(await list());
  expect(fourth).not.toContain('/month/30');
  expect(fourth).toContain('/month/31');
});

test('more pages than are read, or deeper ones, make a listing to remove nothing by', async () => {
  site.unknown = (place) => ({
    body: `<p>Words ${[...place].join(' ')}</p><a href="${place.replace(/\/$/, '')}/${'abcdefgh'[place.length % 8]}${place.length}">on</a>`,
  });
  put('/', ['/a', '/b', '/c']);
  connector = createSiteConnector({ maxPages: 3 });
  expect(bad(await list())).toEqual([['/ …', expect.stringContaining('unseen: the site has more than 3 addresses')]]);
  connector = createSiteConnector({ maxDepth: 4 });
  expect(bad(await list())).toEqual([['/ …', expect.stringContaining('unseen: the site has pages more than 4 links away')]]);
});

test('a sitemap that is missing once is no reason to follow links', async () => {
  put('/');
  site.pages.delete('/sitemap.xml');
  expect(good(await list())).toEqual(['/']);
  site.pages.set('/sitemap.xml', { body: 'x', status: 404 });
  await expect(list()).rejects.toMatchObject({ code: 'source.no_sitemap' });
  await context.clock.sleep(8 * 86_400_000);
  put('/', ['/a']);
  put('/a');
  expect(good(await list())).toEqual(['/', '/a']);
});

test('a crawl that is broken off keeps what it knew', async () => {
  put('/', ['/a', '/b']);
  put('/a');
  put('/b');
  await list();
  for await (const _first of connector.list({ location: `${site.url}/` }, context)) break;
  site.requests.length = 0;
  await list();
  expect(asked()).toEqual(['/ 304', '/a 304', '/b 304']);
});
