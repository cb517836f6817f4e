/** A site's pages by its sitemaps. Part of the site driver. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '../../errors.ts';
import type { Outbound } from '../../net/outbound.ts';
import { USER_AGENT } from './site-robots.ts';

export interface SitemapEntry {
  url: URL;
  lastmod?: string;
}

/** sitemaps.org: 50 MB and 50,000 addresses a file; an index holds files. */
const maxBytes = 52_428_800;
const maxFiles = 1000;
const maxDepth = 3;
const headers = { 'user-agent': USER_AGENT };

/**
 * The addresses of the sitemaps of a location: itself when it is one, else those that robots.txt names, else the first of the
 * usual places that answers with one. Undefined when there is none.
 */
export async function findSitemaps(location: URL, named: string[], outbound: Outbound, signal: AbortSignal): Promise<string[] | undefined> {
  if (isSitemap(location)) return [location.href];
  if (named.length > 0) return [...new Set(named)];
  const folder = location.href.replace(/[^/]*$/, '');
  const places = [
    `${folder}sitemap.xml`,
    `${location.origin}/sitemap.xml`,
    `${location.origin}/sitemap_index.xml`,
    `${location.origin}/sitemap-index.xml`,
  ];
  for (const place of new Set(places)) {
    const response = await outbound.fetch(place, { signal, maxBytes, headers });
    if (response.status >= 500 || response.status === 429 || response.status === 401 || response.status === 403)
      throw refused(response.status, 'sitemap', location);
    if (response.status === 200 && rootOf(await textOf(response, place)) !== undefined) return [place];
  }
  return undefined;
}

export function isSitemap(location: URL): boolean {
  return /\.xml(?:\.gz)?$/i.test(location.pathname) || /sitemap/i.test(location.pathname.split('/').at(-1)!);
}

/**
 * Every address of the sitemaps, those of an index's sitemaps too. Throws AppError when one of them cannot be read, is cut
 * short or is no sitemap: the caller must not take a part for the whole.
 */
export async function* readSitemaps(addresses: string[], outbound: Outbound, signal: AbortSignal): AsyncIterable<SitemapEntry> {
  const waiting = addresses.map((url) => ({ url, depth: 1 }));
  const seen = new Set<string>();
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    if (seen.has(next.url)) continue;
    seen.add(next.url);
    if (seen.size > maxFiles) throw broken(next.url, `has more than ${maxFiles} files`);
    const response = await outbound.fetch(next.url, { signal, maxBytes, headers });
    if (response.status !== 200) throw refused(response.status, 'sitemap', new URL(next.url));
    const text = await textOf(response, next.url);
    const root = rootOf(text);
    if (root === undefined) throw broken(next.url, 'is a page and not a sitemap (it may need a login)');
    if (!text.includes(`</${root.tag}>`) && !root.empty) throw broken(next.url, 'is cut short');
    for (const entry of elements(text, root.kind === 'index' ? 'sitemap' : 'url')) {
      const loc = childText(entry, 'loc');
      const url = loc === undefined ? null : URL.parse(loc, next.url);
      if (!url) continue;
      if (root.kind === 'index') {
        if (next.depth >= maxDepth) throw broken(next.url, 'is an index nested too deeply');
        waiting.push({ url: url.href, depth: next.depth + 1 });
      } else {
        const lastmod = childText(entry, 'lastmod');
        yield { url, ...(lastmod === undefined ? {} : { lastmod }) };
      }
    }
  }
}

async function textOf(response: { bytes(): Promise<Uint8Array> }, url: string): Promise<string> {
  let bytes = await response.bytes();
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
    } catch (error) {
      throw broken(url, 'cannot be unpacked, or is larger than 50 MB', error);
    }
  }
  return new TextDecoder().decode(bytes);
}

/** The root element with its prefix (`sm:urlset`), past the declaration and comments. */
function rootOf(text: string): { tag: string; kind: 'set' | 'index'; empty: boolean } | undefined {
  const match = /<((?:[\w-]{1,40}:)?(urlset|sitemapindex))(?=[\s>/])[^>]{0,5000}?(\/?)>/.exec(text.slice(0, 20_000));
  return match ? { tag: match[1]!, kind: match[2] === 'urlset' ? 'set' : 'index', empty: match[3] === '/' } : undefined;
}

/**
 * The contents of elements of a name, by search and not by a parser: no entity of the file's own is ever expanded, and
 * 50,000 addresses do not keep the event loop.
 */
function* elements(text: string, name: string): Iterable<string> {
  const open = new RegExp(`<(?:[\\w-]{1,40}:)?${name}(?=[\\s>])`, 'g');
  const close = new RegExp(`</(?:[\\w-]{1,40}:)?${name}\\s*>`, 'g');
  for (let start = open.exec(text); start; start = open.exec(text)) {
    close.lastIndex = open.lastIndex;
    const end = close.exec(text);
    if (!end) return;
    yield text.slice(start.index, end.index);
    open.lastIndex = close.lastIndex;
  }
}

const locTag = /<(?:[\w-]{1,40}:)?loc(?=[\s>])/;
const lastmodTag = /<(?:[\w-]{1,40}:)?lastmod(?=[\s>])/;

function childText(element: string, name: 'loc' | 'lastmod'): string | undefined {
  const open = (name === 'loc' ? locTag : lastmodTag).exec(element);
  const start = open ? element.indexOf('>', open.index) + 1 : 0;
  const end = start > 0 ? element.indexOf('</', start) : -1;
  if (end < 0) return undefined;
  const text = element.slice(start, end).trim();
  const plain = text.startsWith('<![CDATA[') ? text.slice(9, text.endsWith(']]>') ? -3 : undefined).trim() : text;
  const decoded = plain.slice(0, 4000).replaceAll(/&(?:amp|lt|gt|quot|apos|#x?[0-9a-f]{1,6});/gi, unescape);
  return decoded === '' ? undefined : decoded;
}

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" };

function unescape(entity: string): string {
  const named = entities[entity.toLowerCase()];
  if (named !== undefined) return named;
  const body = entity.slice(2, -1);
  const code = Number(/^x/i.test(body) ? `0${body}` : body);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}

function broken(url: string, what: string, cause?: unknown): AppError {
  return new AppError({ code: 'source.broken_sitemap', message: `sitemap ${what}`, publicMessage: `The sitemap ${url} ${what}.`, cause });
}

function refused(status: number, what: string, location: URL): AppError {
  const retryable = status === 429 || status >= 500;
  const why = status === 401 || status === 403 ? 'wants a login' : `answered ${status}`;
  return new AppError({
    code: 'source.unreadable',
    message: `${what}: ${status}`,
    retryable,
    publicMessage: `${location.host} ${why} when asked for its ${what} (${location.href}).`,
  });
}
