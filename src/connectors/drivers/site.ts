/** A web site through its sitemap. */
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import type { OutboundResponse } from '../../net/outbound.ts';
import { withRetries } from '../../net/retry-outbound.ts';
import type { Connector, ConnectorContext, DocumentFormat, Fetched, ListedDocument, SourceLocation } from '../connector.ts';
import { contentTypeFormat, fileFormatOf } from '../file-formats.ts';
import { findSitemaps, isSitemap, readSitemaps, type SitemapEntry } from './site-sitemap.ts';

const twoDays = 172_800_000;

/**
 * The location is a site's address (with a path: only what is below it) or a sitemap's. External ids are normalised URLs,
 * versions are `lastmod`; pages on other hosts are left out. Asks with ETag and Last-Modified; a page that only leads to a
 * login, the home page or another host fails and is never taken for an empty one. A listing with no page throws.
 */
export function createSiteConnector(): Connector {
  return {
    kind: 'site',
    capabilities: { incremental: false, seesDeletions: true, knowsReaders: false },
    blindSpots: [
      'Pages that neither the sitemap nor a link on a page names.',
      'Pages behind a login, and text that scripts build in the browser.',
      'Who may read a page: all documents get the readers of the source.',
    ],
    accepts: (location) => /^https?:\/\//i.test(location),
    async check(source, context) {
      for await (const _first of listPages(source, context)) return;
    },
    list: listPages,
    fetch: fetchPage,
  };
}

async function* listPages(source: SourceLocation, context: ConnectorContext): AsyncIterable<ListedDocument> {
  const location = siteUrl(source.location);
  const outbound = withRetries(context.outbound, { clock: context.clock });
  const below = isSitemap(location) ? '/' : location.pathname.replace(/[^/]*$/, '');
  const seen = new Set<string>();
  let others = 0;
  for await (const entry of readSitemaps(await findSitemaps(location, outbound, context.signal), outbound, context.signal)) {
    const url = normalise(entry.url, location);
    if (url === undefined || !url.pathname.startsWith(below)) {
      others++;
      continue;
    }
    if (seen.has(url.href)) continue;
    seen.add(url.href);
    // A long sitemap is there at once: others get their turn all the same.
    if (seen.size % 500 === 0) await setImmediate();
    const version = versionOf(entry, context.clock.now());
    yield { externalId: url.href, ...(version === undefined ? {} : { version }) };
  }
  if (others > 0) context.log.info({ others }, 'addresses on other hosts or paths were left out');
  if (seen.size === 0) {
    const what = others > 0 ? `only lists pages that are not below ${location.origin}${below}` : 'lists no pages';
    throw new AppError({ code: 'source.empty', message: 'empty sitemap', publicMessage: `The sitemap of ${location.host} ${what}.` });
  }
}

function siteUrl(text: string): URL {
  if (!URL.canParse(text))
    throw new AppError({ code: 'source.unsupported', message: 'not a URL', publicMessage: `"${text}" is no web address.` });
  const url = new URL(text);
  url.hash = '';
  return url;
}

/** One address for one page: no fragment, the site's own scheme; undefined for other hosts (`www.` counts as the same). */
function normalise(url: URL, location: URL): URL | undefined {
  if (
    (url.protocol !== 'https:' && url.protocol !== 'http:') ||
    bareHost(url) !== bareHost(location) ||
    url.username !== '' ||
    url.password !== ''
  )
    return undefined;
  if (url.protocol !== location.protocol && url.port === '') url.protocol = location.protocol;
  url.hash = '';
  return url;
}

function bareHost(url: URL): string {
  return url.host.replace(/^www\./, '').replace(/\.$/, '');
}

/** A day says too little while it lasts: a second change on it would go unseen. */
function versionOf(entry: SitemapEntry, now: number): string | undefined {
  const { lastmod } = entry;
  if (lastmod === undefined || !Number.isFinite(Date.parse(lastmod))) return undefined;
  return /^\d{4}-\d\d-\d\d$/.test(lastmod) && now - Date.parse(lastmod) < twoDays ? undefined : lastmod;
}

async function fetchPage(
  source: SourceLocation,
  listed: ListedDocument,
  validators: Record<string, string> | undefined,
  context: ConnectorContext,
): Promise<Fetched> {
  const url = new URL(listed.externalId);
  const headers = {
    accept: 'text/html,application/xhtml+xml,text/markdown,text/plain;q=0.8',
    ...(validators?.etag === undefined ? {} : { 'if-none-match': validators.etag }),
    ...(validators?.lastModified === undefined ? {} : { 'if-modified-since': validators.lastModified }),
  };
  const response = await withRetries(context.outbound, { clock: context.clock }).fetch(url.href, { headers, signal: context.signal });
  if (response.status === 304 && validators !== undefined) return { kind: 'unchanged' };
  if (response.status === 404 || response.status === 410) return { kind: 'gone' };
  if (response.status === 401 || response.status === 403) throw failure('login', `the site wants a login for it (${response.status})`);
  if (response.status !== 200)
    throw failure('unreadable', `the site answered ${response.status}`, response.status === 429 || response.status >= 500);
  const end = new URL(response.url);
  refuseDetour(url, end);
  if (/\bnoindex\b|\bnone\b/i.test(response.headers['x-robots-tag'] ?? ''))
    throw failure('noindex', 'the page asks not to be indexed (X-Robots-Tag: noindex)');
  const bytes = await response.bytes();
  const { format, charset } = formatOf(response, end, bytes);
  const changedAt = Date.parse(listed.version ?? '') || lastModified(response);
  const { etag, 'last-modified': modified } = response.headers;
  return {
    kind: 'document',
    bytes: toUtf8(bytes, charset),
    format,
    url: end.href,
    ...(changedAt === undefined ? {} : { changedAt }),
    validators: { ...(etag === undefined ? {} : { etag }), ...(modified === undefined ? {} : { lastModified: modified }) },
  };
}

/** Where a redirect shows that this is not the page: a login, the home page, another host. */
function refuseDetour(asked: URL, end: URL): void {
  if (asked.href === end.href) return;
  if (
    /\/(?:(?:wp-)?log[-_]?in|sign[-_]?in|sso|saml2?|oauth2?|auth)(?:\.\w{2,6})?(?:\/|$)/i.test(end.pathname) ||
    /^(?:login|auth|sso|accounts?|id)\./i.test(end.host)
  ) {
    throw failure('login', `it leads to a login (${end.origin}${end.pathname})`);
  }
  if (bareHost(asked) !== bareHost(end)) throw failure('moved', `it leads to another host (${end.origin})`);
  if (end.pathname === '/' && asked.pathname !== '/') throw failure('soft_404', 'it leads to the home page, so it seems to be gone');
}

function formatOf(response: OutboundResponse, end: URL, bytes: Uint8Array): { format: DocumentFormat; charset?: string } {
  const [type = '', ...parameters] = (response.headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const label = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll(/["']/g, '');
  const charset = label === undefined ? {} : { charset: label };
  const named = fileFormatOf(end.pathname);
  // Servers that do not know a file's kind say "text" or "bytes"; its name knows better, but never makes a page of it.
  const vague = type === '' || type === 'text/plain' || type === 'application/octet-stream' || type === 'application/vnd.ms-excel';
  const format = vague && named !== undefined && named !== 'html' ? named : contentTypeFormat(type);
  if (format !== undefined) return { format, ...(/^(?:html|markdown|text|csv)$/.test(format) ? charset : {}) };
  if (type === '' && /^\s*</.test(Buffer.from(bytes.subarray(0, 100)).toString('latin1'))) return { format: 'html' };
  throw failure('unsupported', `it is ${type || 'of an unnamed kind'}, which Docent does not read`);
}

/** The header's charset wins over the page's own declaration: marked as UTF-8, the bytes say so themselves. */
function toUtf8(bytes: Uint8Array, charset: string | undefined): Uint8Array {
  if (
    charset === undefined ||
    /^utf-?8$/.test(charset) ||
    (bytes[0] === 0xff && bytes[1] === 0xfe) ||
    (bytes[0] === 0xfe && bytes[1] === 0xff)
  )
    return bytes;
  try {
    return Buffer.from(`\uFEFF${new TextDecoder(charset).decode(bytes)}`);
  } catch {
    return bytes;
  }
}

/** A time close to the answer's own is when the page was made, not when it was written. */
function lastModified(response: OutboundResponse): number | undefined {
  const modified = Date.parse(response.headers['last-modified'] ?? '');
  const answered = Date.parse(response.headers.date ?? '');
  return Number.isFinite(modified) && !(Math.abs(answered - modified) < 60_000) ? modified : undefined;
}

function failure(kind: string, publicMessage: string, retryable = false): AppError {
  return new AppError({ code: `document.${kind}`, message: publicMessage, publicMessage, retryable });
}
