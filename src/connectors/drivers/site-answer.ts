/** Asking a site for one page, and telling a document from all else that sites answer. Part of the site driver. */
import { randomUUID } from 'node:crypto';
import { AppError } from '../../errors.ts';
import type { Outbound, OutboundResponse } from '../../net/outbound.ts';
import type { DocumentFormat, Fetched } from '../connector.ts';
import { contentTypeFormat, fileFormatOf, maxBytesOf } from '../file-formats.ts';
import { bareHost, folderOf } from './site-address.ts';
import { readPage, robotsWishes, type PageFacts } from './site-page.ts';
import { USER_AGENT, type Robots } from './site-robots.ts';

/** What one run knows of a site. */
export interface SiteRun {
  /** Polite, and patient. */
  outbound: Outbound;
  signal: AbortSignal;
  /** The source's location. */
  start: URL;
  robotsOf(url: URL): Promise<Robots>;
  /** How the site answers for an address that it does not have; asked once, when first needed. */
  nonsense(): Promise<Nonsense | undefined>;
}

export interface Nonsense {
  end: URL;
  redirected: boolean;
  texts: Set<string>;
}

export type SiteAnswer =
  | {
      kind: 'document';
      fetched: Extract<Fetched, { kind: 'document' }>;
      /** Of pages alone. */
      facts?: PageFacts;
      noindex: boolean;
      end: URL;
      /** All redirects on the way are meant to last. */
      permanent: boolean;
    }
  | { kind: 'unchanged'; end: URL }
  | { kind: 'gone' };

/**
 * @param known the validators of last time; undefined when the page was never read
 * @throws AppError `document.*`: `robots`, `login`, `unreadable`, `moved` (another host), `soft_404`, `unsupported`
 */
export async function askSite(url: URL, known: Record<string, string> | undefined, run: SiteRun): Promise<SiteAnswer> {
  if (!(await run.robotsOf(url)).allows(url)) throw failure('robots', "the site's robots.txt asks Docent not to read it");
  const response = await run.outbound.fetch(url.href, {
    headers: {
      'user-agent': USER_AGENT,
      accept: 'text/html,application/xhtml+xml,text/markdown,text/plain;q=0.8,*/*;q=0.5',
      ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
      ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
    },
    signal: run.signal,
    maxBytes: maxBytesOf(fileFormatOf(url.pathname) ?? 'html'),
  });
  const end = new URL(response.url);
  if (response.status === 304 && known !== undefined) return { kind: 'unchanged', end };
  if (response.status === 404 || response.status === 410) return { kind: 'gone' };
  if (response.status === 401 || response.status === 403) throw failure('login', `the site wants a login for it (${response.status})`);
  if (response.status !== 200)
    throw failure('unreadable', `the site answered ${response.status}`, response.status === 429 || response.status >= 500);
  refuseDetour(url, end);
  if (end.href !== url.href && !(await run.robotsOf(end)).allows(end))
    throw failure('robots', `it leads to ${end.pathname}, which the site's robots.txt asks Docent not to read`);
  const bytes = await response.bytes();
  const { format, charset } = formatOf(response, end, bytes);
  const utf8 = toUtf8(bytes, charset);
  const robotsHeader = response.headers['x-robots-tag'] ?? '';
  const facts = format === 'html' ? readPage(textOf(utf8), end, robotsHeader) : undefined;
  if (facts) {
    refuseLogin(facts, known);
    await refuseSoft404(facts, url, end, run);
  }
  const changedAt = lastModified(response);
  const { etag, 'last-modified': modified } = response.headers;
  return {
    kind: 'document',
    fetched: {
      kind: 'document',
      bytes: utf8,
      format,
      url: end.href,
      ...(changedAt === undefined ? {} : { changedAt }),
      validators: {
        ...(etag === undefined ? {} : { etag }),
        ...(modified === undefined ? {} : { lastModified: modified }),
        ...(facts?.password ? { password: 'yes' } : {}),
      },
    },
    ...(facts ? { facts } : {}),
    noindex: facts?.noindex ?? robotsWishes(robotsHeader).noindex,
    end,
    permanent: (response.hops ?? []).every(({ status }) => status === 301 || status === 308) && response.hops !== undefined,
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

/** A page that is mostly its form: of one that was read before without a password, the form may stand in more words. */
function refuseLogin(facts: PageFacts, known: Record<string, string> | undefined): void {
  const shortAsALogin = known === undefined ? 1500 : 6000;
  if (facts.password && known?.password === undefined && facts.mainLength < shortAsALogin)
    throw failure('login', 'the site answered with a login page');
}

/** A page none of whose words is its own: all of them stand on the page for an address that does not exist. */
async function refuseSoft404(facts: PageFacts, url: URL, end: URL, run: SiteRun): Promise<void> {
  if (url.href === run.start.href || url.pathname === '/') return;
  const nonsense = await run.nonsense();
  if (!nonsense) return;
  const redirected = end.href !== url.href;
  const same = nonsense.redirected
    ? redirected && end.origin === nonsense.end.origin && end.pathname === nonsense.end.pathname
    : !redirected && isContained(facts.texts, url, nonsense);
  if (same)
    throw failure('soft_404', 'the site answers it as it answers addresses that do not exist, so it seems to be gone or needs a browser');
}

function isContained(texts: Set<string>, url: URL, nonsense: Nonsense): boolean {
  const known = new Set([...nonsense.texts].map((text) => withoutEcho(text, nonsense.end)));
  return [...texts].every((text) => known.has(withoutEcho(text, url)));
}

/** Pages for missing addresses often name the address. */
function withoutEcho(text: string, url: URL): string {
  let plain = text;
  const parts = [url.href, url.pathname + url.search, url.pathname, url.pathname.split('/').findLast((part) => part !== '') ?? ''];
  for (const part of parts) {
    for (const form of [part, decoded(part)])
      if (form.length > (form.startsWith('/') ? 1 : 2)) plain = plain.replaceAll(form.replaceAll(/\d+/g, '0'), '');
  }
  return plain.toLowerCase().trim();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Undefined where it says so rightly (404, 410 and other errors), or was not to be had. */
export async function askNonsense(run: Omit<SiteRun, 'nonsense'>): Promise<Nonsense | undefined> {
  const url = new URL(`${folderOf(run.start)}docent-${randomUUID()}`, run.start.origin);
  if (!(await run.robotsOf(url)).allows(url)) return undefined;
  try {
    const response = await run.outbound.fetch(url.href, { headers: { 'user-agent': USER_AGENT, accept: 'text/html' }, signal: run.signal });
    if (response.status !== 200) return undefined;
    const end = new URL(response.url);
    return { end, redirected: end.href !== url.href, texts: readPage(textOf(await response.bytes()), end).texts };
  } catch (error) {
    if (run.signal.aborted || !(error instanceof AppError)) throw error;
    return undefined;
  }
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

/** For links and comparisons alone; what is indexed is decoded by the extraction. */
function textOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 2048)).toString('latin1');
  const marked = (bytes[0] === 0xef && bytes[1] === 0xbb) || undefined;
  const label = marked ? undefined : /<meta[^>]{1,300}charset\s*=\s*["']?([\w-]{2,40})/i.exec(start)?.[1];
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** A time close to the answer's own is when the page was made, not when it was written. */
function lastModified(response: OutboundResponse): number | undefined {
  const modified = Date.parse(response.headers['last-modified'] ?? '');
  const answered = Date.parse(response.headers.date ?? '');
  return Number.isFinite(modified) && !(Math.abs(answered - modified) < 60_000) ? modified : undefined;
}

export function failure(kind: string, publicMessage: string, retryable = false): AppError {
  return new AppError({ code: `document.${kind}`, message: publicMessage, publicMessage, retryable });
}
