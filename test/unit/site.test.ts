import zlib from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConnectorContext, Fetched, ListedDocument } from '../../src/connectors/connector.ts';
import { createSiteConnector } from '../../src/connectors/drivers/site.ts';
import { createOutbound, type Outbound } from '../../src/net/outbound.ts';
import type { Log } from '../../src/types.ts';
import { pageOf, sitemapOf, startSite, type FakePage, type FakeSite } from '../fakes/site.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const connector = createSiteConnector();
let site: FakeSite;
let outbound: Outbound;
let waits: number[];
let context: ConnectorContext;
let now: number;

beforeEach(async () => {
  site = await startSite();
  outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  waits = [];
  now = Date.parse('2026-01-10T12:00:00Z');
  const clock = { now: () => now, sleep: async (ms: number) => void (waits.push(ms), (now += ms)) };
  context = { outbound, clock, log: silent, signal: new AbortController().signal };
});
afterEach(async () => {
  await outbound.close();
  await site.close();
});

const page = (title: string, more: Partial<FakePage> = {}): FakePage => ({ body: pageOf(title, `Words of ${title}.`), ...more });
const set = (...locs: string[]): string => `<urlset>${locs.map((loc) => `<url><loc>${loc}</loc></url>`).join('')}</urlset>`;

async function list(path = '/'): Promise<ListedDocument[]> {
  const all: ListedDocument[] = [];
  for await (const listed of connector.list({ location: site.url + path }, context)) all.push(listed);
  return all;
}
const paths = async (path?: string): Promise<string[]> => (await list(path)).map((listed) => listed.externalId.replace(site.url, ''));
const fetch = (path: string, validators?: Record<string, string>): Promise<Fetched> =>
  connector.fetch({ location: site.url }, { externalId: site.url + path }, validators, context);

test('finds the sitemap that robots.txt names, an index and packed sitemaps included', async () => {
  site.pages.set('/robots.txt', { body: `User-agent: *\nDisallow: /x\nSitemap: ${site.url}/maps/index.xml\n` });
  site.pages.set('/maps/index.xml', {
    body: `<?xml version="1.0"?><!-- made --><sm:sitemapindex xmlns:sm="x"><sm:sitemap><sm:loc> ${site.url}/maps/1.xml.gz </sm:loc></sm:sitemap><sm:sitemap><sm:loc>${site.url}/maps/2.xml</sm:loc></sm:sitemap></sm:sitemapindex>`,
  });
  site.pages.set('/maps/1.xml.gz', {
    body: zlib.gzipSync(set(`${site.url}/a`, `${site.url}/b?x=1&amp;y=2`)),
    headers: { 'content-type': 'application/gzip' },
  });
  site.pages.set('/maps/2.xml', {
    body: `<urlset><url><loc><![CDATA[${site.url}/c]]></loc><lastmod>2025-01-01T00:00:00Z</lastmod></url></urlset>`,
  });
  expect(await paths()).toEqual(['/a', '/b?x=1&y=2', '/c']);
});

test('a sitemap can be given itself; fragments, doubles and other hosts are left out', async () => {
  site.pages.set('/map.xml', { body: set(`${site.url}/a#top`, `${site.url}/a`, 'https://elsewhere.example/b', '/c', 'mailto:x@y') });
  expect(await paths('/map.xml')).toEqual(['/a', '/c']);
});

test('an address with a path stands for what is below it', async () => {
  for (const path of ['/docs/a', '/docs/b', '/blog/c']) site.pages.set(path, page(path));
  expect(await paths('/docs/')).toEqual(['/docs/a', '/docs/b']);
});

test.each([
  ['an empty one', '<urlset></urlset>', 'lists no pages'],
  ['one cut short', '<urlset><url><loc>http://127.0.0.1/a</loc></url><url><loc>', 'is cut short'],
  ['a login page', pageOf('Log in', 'Please log in.'), 'is a page and not a sitemap'],
  ['one of another site', set('https://elsewhere.example/a'), 'not below'],
])('a sitemap that is %s throws and lists nothing to remove by', async (_what, body, message) => {
  site.pages.set('/map.xml', { body });
  await expect(list('/map.xml')).rejects.toMatchObject({ publicMessage: expect.stringContaining(message) as string });
});

test('an index of which one sitemap fails throws', async () => {
  site.pages.set('/i.xml', {
    body: `<sitemapindex><sitemap><loc>${site.url}/1.xml</loc></sitemap><sitemap><loc>${site.url}/2.xml</loc></sitemap></sitemapindex>`,
  });
  site.pages.set('/1.xml', { body: set(`${site.url}/a`) });
  await expect(list('/i.xml')).rejects.toMatchObject({
    code: 'source.unreadable',
    publicMessage: expect.stringContaining('answered 404') as string,
  });
});

test('a site with neither sitemap nor start page says so, one that wants a login too', async () => {
  site.pages.set('/sitemap.xml', { body: 'x', status: 404 });
  await expect(list()).rejects.toMatchObject({ publicMessage: `${site.url}/ answered that there is no such page (404).` });
  site.pages.set('/sitemap.xml', { body: 'x', status: 403 });
  await expect(list()).rejects.toMatchObject({ publicMessage: expect.stringContaining('wants a login') as string });
});

test("entities of the sitemap's own are not expanded, and 20,000 addresses are listed", async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `<url><loc>${site.url}/p/${i}</loc><lastmod>2024-01-01</lastmod></url>`);
  site.pages.set('/map.xml', {
    body: `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset>${lines.join('\n')}<url><loc>${site.url}/&b;</loc></url></urlset>`,
  });
  const listed = await list('/map.xml');
  expect(listed).toHaveLength(20_001);
  expect(listed.at(-1)!.externalId).toBe(`${site.url}/&b;`);
});

test('lastmod is the version, but not a day that may see a second change, nor nonsense', async () => {
  for (const [path, lastmod] of [
    ['/a', '2026-01-10T08:00:00Z'],
    ['/b', '2026-01-09'],
    ['/c', '2025-12-01'],
    ['/d', 'yesterday'],
  ] as const)
    site.pages.set(path, page(path, { lastmod }));
  site.pages.set('/e', page('/e'));
  expect((await list()).map((listed) => listed.version)).toEqual(['2026-01-10T08:00:00Z', undefined, '2025-12-01', undefined, undefined]);
});

test('a page comes with its validators, and is unchanged when asked for with them', async () => {
  site.pages.set('/a', page('A', { headers: { 'last-modified': 'Mon, 06 Jan 2025 10:00:00 GMT' } }));
  const fetched = await fetch('/a');
  expect(fetched).toMatchObject({
    kind: 'document',
    format: 'html',
    url: `${site.url}/a`,
    changedAt: Date.parse('2025-01-06T10:00:00Z'),
    validators: { lastModified: 'Mon, 06 Jan 2025 10:00:00 GMT' },
  });
  expect(await fetch('/a', fetched.kind === 'document' ? fetched.validators : undefined)).toEqual({ kind: 'unchanged' });
  expect(site.requests.at(-1)).toMatchObject({ status: 304, headers: { 'if-modified-since': 'Mon, 06 Jan 2025 10:00:00 GMT' } });
});

test('404 and 410 are gone; 401, 403 and odd answers are errors by name', async () => {
  site.pages.set('/gone', page('x', { status: 410 }));
  site.pages.set('/secret', page('x', { status: 403 }));
  site.pages.set('/teapot', page('x', { status: 418 }));
  expect([await fetch('/nope'), await fetch('/gone')]).toEqual([{ kind: 'gone' }, { kind: 'gone' }]);
  await expect(fetch('/secret')).rejects.toMatchObject({ code: 'document.login' });
  await expect(fetch('/teapot')).rejects.toMatchObject({ publicMessage: 'the site answered 418' });
});

test("a redirect to a login or to the home page is an error, one to the page's new place is followed", async () => {
  site.pages.set('/a', page('x', { status: 302, headers: { location: '/login?next=/a' } }));
  site.pages.set('/login?next=/a', page('Log in'));
  site.pages.set('/b', page('x', { status: 302, headers: { location: '/' } }));
  site.pages.set('/', page('Home'));
  site.pages.set('/c', page('x', { status: 301, headers: { location: '/blog/login-problems-explained' } }));
  site.pages.set('/blog/login-problems-explained', page('Login problems'));
  site.pages.set('/d', page('x', { status: 301, headers: { location: '/new' } }));
  site.pages.set('/new', page('New'));
  await expect(fetch('/a')).rejects.toMatchObject({ code: 'document.login' });
  await expect(fetch('/b')).rejects.toMatchObject({ code: 'document.soft_404' });
  expect(await fetch('/d')).toMatchObject({ kind: 'document', url: `${site.url}/new` });
  expect(await fetch('/c')).toMatchObject({ kind: 'document' });
});

test('a busy server is asked again, as late as it wishes; then its answer stands', async () => {
  site.pages.set('/a', page('A', { status: 503, headers: { 'retry-after': '7' } }));
  const pending = fetch('/a');
  await expect(pending).rejects.toMatchObject({ retryable: true, publicMessage: 'the site answered 503' });
  expect(site.requests.filter((request) => request.path === '/a')).toHaveLength(4);
  const long = (): number[] => waits.filter((ms) => ms > 50);
  expect(long()).toEqual([7000, 7000, 7000]);
  site.pages.set('/b', page('B', { status: 429 }));
  waits.length = 0;
  await expect(fetch('/b')).rejects.toMatchObject({ retryable: true });
  // The pause that the host asked for last holds for its other pages, too.
  const [pause, ...own] = long();
  expect(pause).toBeGreaterThan(6900);
  expect(own).toHaveLength(3);
  for (const [i, ms] of own.entries()) expect(ms).toBeGreaterThanOrEqual(250 * 2 ** i);
  for (const [i, ms] of own.entries()) expect(ms).toBeLessThanOrEqual(500 * 2 ** i);
});

test('kinds of files are told apart, and those that are not read are named', async () => {
  site.pages.set('/a.md', { body: '# A', headers: { 'content-type': 'text/plain' } });
  site.pages.set('/a.txt', { body: 'A', headers: { 'content-type': 'text/plain' } });
  site.pages.set('/a.pdf', { body: '%PDF-1.7', headers: { 'content-type': 'application/pdf' } });
  expect(await fetch('/a.md')).toMatchObject({ format: 'markdown' });
  expect(await fetch('/a.txt')).toMatchObject({ format: 'text' });
  expect(await fetch('/a.pdf')).toMatchObject({ format: 'pdf' });
  site.pages.set('/prices', { body: 'a;b', headers: { 'content-type': 'text/csv; charset=windows-1252' } });
  expect(await fetch('/prices')).toMatchObject({ format: 'csv' });
  site.pages.set('/plan.docx', { body: 'PK', headers: { 'content-type': 'application/octet-stream' } });
  expect(await fetch('/plan.docx')).toMatchObject({ format: 'docx' });
  site.pages.set('/a.zip', { body: 'PK', headers: { 'content-type': 'application/zip' } });
  await expect(fetch('/a.zip')).rejects.toMatchObject({ publicMessage: 'it is application/zip, which Docent does not read' });
});

test("the header's charset is honoured", async () => {
  site.pages.set('/a', {
    body: Buffer.from('<p>Gr\u00f6\u00dfe</p>', 'latin1'),
    headers: { 'content-type': 'text/html; charset=ISO-8859-1' },
  });
  const fetched = await fetch('/a');
  expect(fetched.kind === 'document' && Buffer.from(fetched.bytes).toString('utf8')).toBe('\uFEFF<p>Größe</p>');
});

test('a site on an internal address that nobody allowed is refused with the way to allow it', async () => {
  const strict = createOutbound({ allowInternal: () => [] });
  site.pages.set('/a', page('A'));
  await expect(connector.check({ location: site.url }, { ...context, outbound: strict })).rejects.toMatchObject({
    publicMessage: expect.stringContaining('Settings → Internal addresses') as string,
  });
  await connector.check({ location: site.url }, context);
  expect(sitemapOf(site)).toContain('/a');
  await strict.close();
});
