/** From any address of a wiki to where its API may be. */
import { AppError } from '../../errors.ts';
import { withRetries } from '../../net/retry-outbound.ts';
import type { ConnectorContext } from '../connector.ts';

/** Where wikis keep their scripts, when their pages do not say. */
const USUAL = ['/w/api.php', '/api.php', '/mediawiki/api.php', '/wiki/api.php'];
/** A page's head is in its first part. */
const HEAD = 200_000;
/** Below `/wiki/` of other systems: Confluence, DokuWiki's scripts, repositories, files of a site. */
const OTHERS =
  /^\/wiki\/(?:(?:spaces|home|display|pages|rest|x|login|search|people|s)(?:[/.?]|$)|.*\.(?:php|git|xml|html?|aspx?|jsp|md)(?:\/|$))/i;

/** Whether an address by itself looks like a MediaWiki's: api.php, index.php with a page, /wiki/Title, a folder "mediawiki". */
export function looksLikeMediawiki(location: string): boolean {
  if (!/^https?:\/\//i.test(location) || !URL.canParse(location)) return false;
  const { pathname, searchParams } = new URL(location);
  if (pathname.endsWith('/api.php')) return true;
  if (pathname.endsWith('/index.php') && searchParams.has('title')) return true;
  if (/\/w\/index\.php(?:\/|$)/.test(pathname)) return true;
  if (/^\/mediawiki(?:\/|$)/i.test(pathname)) return true;
  return /^\/wiki\/[^/]/.test(pathname) && !OTHERS.test(pathname);
}

/**
 * Addresses at which the API may answer, best first, all on the location's own host: a page names its API's path, never
 * another host to hand a password to.
 * @throws AppError when the location is no address
 */
export async function candidatesFor(location: string, context: ConnectorContext): Promise<string[]> {
  if (!/^https?:\/\//i.test(location) || !URL.canParse(location)) {
    const publicMessage = `"${location}" is no web address.`;
    throw new AppError({ code: 'source.unsupported', message: 'not a URL', publicMessage });
  }
  const asked = new URL(location);
  if (asked.pathname.endsWith('/api.php')) return [asked.origin + asked.pathname];
  const response = await withRetries(context.outbound, { clock: context.clock }).fetch(location, {
    headers: { accept: 'text/html' },
    signal: context.signal,
    maxBytes: 5_000_000,
  });
  const end = new URL(response.url);
  const { origin } = end.hostname === asked.hostname ? end : asked;
  const html = Buffer.from((await response.bytes()).subarray(0, HEAD)).toString('utf8');
  const named = end.hostname === asked.hostname ? apiPathIn(html, end) : undefined;
  if (named !== undefined) return [origin + named];
  const beside = /^(.*)\/index\.php(?:\/|$)/.exec(asked.pathname)?.[1];
  const within = asked.pathname.replace(/\/[^/]*$/, '');
  return [...new Set([...(beside === undefined ? [] : [`${beside}/api.php`]), `${within}/api.php`, ...USUAL])].map((path) => origin + path);
}

/** The path of `<link rel="EditURI" href="//host/w/api.php?action=rsd">`, which every MediaWiki's pages carry, its login page too. */
export function apiPathIn(html: string, page: URL): string | undefined {
  for (const [tag] of html.matchAll(/<link\s[^>]{1,500}>/gi)) {
    if (!/\brel\s*=\s*["']?EditURI\b/i.test(tag)) continue;
    const href = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/i.exec(tag);
    const address = (href?.[1] ?? href?.[2] ?? href?.[3])?.replaceAll('&amp;', '&');
    if (address !== undefined && URL.canParse(address, page.href)) {
      const { pathname } = new URL(address, page.href);
      if (pathname.endsWith('/api.php')) return pathname;
    }
  }
  return undefined;
}
