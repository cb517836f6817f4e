/** A DokuWiki's remote interface: where it is, being let in, one call. */
import { AppError } from '../../errors.ts';
import type { OutboundResponse } from '../../net/outbound.ts';
import { withRetries } from '../../net/retry-outbound.ts';
import type { ConnectorContext, SourceLocation } from '../connector.ts';
import { cookieHeader, keepCookies, type Cookies } from '../cookies.ts';
import { decodeAnswer, encodeCall, type RpcAnswer, type RpcValue } from './dokuwiki-rpc.ts';

const endpoint = 'lib/exe/xmlrpc.php';
/** Answers that name every page, in about 400 bytes each. */
const long = { maxBytes: 200_000_000, timeoutMs: 120_000 };
const longMethods = new Set(['dokuwiki.getPagelist', 'wiki.getRecentChanges']);

export type Reply = RpcAnswer & {
  /** The wiki's rights forbid the call, or what it asks for. */
  denied: boolean;
  /** By the wiki's clock, milliseconds. */
  at: number;
};

export interface Wiki {
  /** Ends with `/`. */
  base: string;
  /** Only what is in it; empty: everything. */
  namespace: string;
  /** Throws AppError `source.*` when it cannot be asked at all, and when the credential is not taken. */
  call(method: string, ...params: RpcValue[]): Promise<Reply>;
}

/** True for an address that names DokuWiki's own files. */
export function isDokuwikiAddress(location: string): boolean {
  return URL.canParse(location) && /^https?:$/.test(new URL(location).protocol) && baseOf(new URL(location)) !== undefined;
}

function baseOf(url: URL): string | undefined {
  return /^(.*?\/)(?:doku\.php(?:\/|$)|lib\/exe\/\w+\.php$)/.exec(url.pathname)?.[1];
}

/**
 * Finds the interface and logs in. A wrong password is no error for DokuWiki: it goes on with what anyone may read. So the
 * login's answer is read, and each later answer's cookies, which say whether the caller was known.
 */
export async function openWiki(source: SourceLocation, context: ConnectorContext): Promise<Wiki> {
  const location = locationUrl(source.location);
  const credential = credentialOf(source);
  const outbound = withRetries(context.outbound, { clock: context.clock });

  async function post(base: string, method: string, params: RpcValue[], cookies: Cookies): Promise<Reply & { known: boolean }> {
    const url = new URL(endpoint, base).href;
    const response = await outbound.fetch(url, {
      method: 'POST',
      body: encodeCall(method, params),
      headers: { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml', ...cookieHeader(cookies) },
      signal: context.signal,
      ...(longMethods.has(method) ? long : {}),
    });
    if (credential) keepCookies(response, cookies);
    const answer = await readAnswer(response, url);
    const date = Date.parse(response.headers.date ?? '');
    const at = Number.isFinite(date) ? date : context.clock.now();
    return { ...answer, denied: response.status !== 200, at, known: !isForgotten(response) };
  }

  async function login(base: string): Promise<Cookies> {
    const cookies: Cookies = new Map();
    if (!credential) return cookies;
    const answer = await post(base, 'dokuwiki.login', [credential.user, credential.password], cookies);
    if (!('value' in answer) || (answer.value !== true && answer.value !== 1)) throw refused(base);
    return cookies;
  }

  const base = await findBase(location, (candidate) => post(candidate, 'dokuwiki.getXMLRPCAPIVersion', [], new Map()));
  let session = login(base);
  await session;
  return {
    base,
    namespace: namespaceOf(location),
    async call(method, ...params) {
      const used = session;
      const reply = await post(base, method, params, await used);
      if (!credential || reply.known) return reply;
      // The session has ended: one of the calls that find it so logs in again. A password that is no longer right fails there.
      if (session === used) session = login(base);
      const again = await post(base, method, params, await session);
      if (!again.known) throw refused(base);
      return again;
    },
  };
}

function locationUrl(text: string): URL {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    const publicMessage = `"${text}" is no web address; it should look like https://wiki.example.com/doku.php.`;
    throw new AppError({ code: 'source.unsupported', message: 'not a URL', publicMessage });
  }
  return new URL(text);
}

function credentialOf(source: SourceLocation): { user: string; password: string } | undefined {
  const { user, password } = source.credential ?? {};
  if (!user && !password) return undefined;
  if (user && password) return { user, password };
  const publicMessage = 'The credential needs both a user and a password.';
  throw new AppError({ code: 'source.credential', message: 'half a credential', publicMessage });
}

/** Where `doku.php` is. A rewritten page's address does not say: each folder of it is asked, the deepest first. */
async function findBase(location: URL, ask: (base: string) => Promise<unknown>): Promise<string> {
  const certain = baseOf(location);
  if (certain !== undefined) return new URL(certain, location.origin).href;
  const parts = location.pathname.split('/').filter(Boolean).slice(0, 6);
  const candidates = parts.map((_, i) => `${location.origin}/${parts.slice(0, parts.length - i).join('/')}/`);
  for (const candidate of candidates) {
    try {
      await ask(candidate);
      return candidate;
    } catch (error) {
      if (!(error instanceof AppError) || (error.code !== 'source.unsupported' && error.code !== 'source.unreadable')) throw error;
    }
  }
  return `${location.origin}/`;
}

/** `?idx=people` and `?id=people:` name a namespace; a page's address stands for the whole wiki. */
function namespaceOf(location: URL): string {
  const index = location.searchParams.get('idx') ?? '';
  const id = location.searchParams.get('id') ?? '';
  return (index === '' && id.endsWith(':') ? id : index).replaceAll(/^:+|:+$/g, '').toLowerCase();
}

async function readAnswer(response: OutboundResponse, url: string): Promise<RpcAnswer> {
  const { status } = response;
  const at = url.slice(0, -endpoint.length);
  if (response.url !== url) {
    const end = new URL(response.url);
    throw failure(
      'unsupported',
      'redirected',
      `${at} leads to ${end.origin}${end.pathname.replace(endpoint, '')}: give that address if it is the wiki's.`,
    );
  }
  const xml = /[/+]xml\b/i.test(response.headers['content-type'] ?? '');
  if ((status === 401 || status === 403) && !xml)
    throw failure('login', `web server ${status}`, `The web server of ${at} itself wants a login (${status}) before DokuWiki is reached.`);
  if (status === 429 || status >= 500) throw failure('unreadable', `answered ${status}`, `${at} answered ${status}.`, true);
  if (!xml || ![200, 401, 403].includes(status))
    throw failure(
      'unsupported',
      `answered ${status}`,
      `There is no DokuWiki at ${at}: ${endpoint} is not there (it answered ${status}${xml ? '' : ' with a page'}).`,
    );
  const answer = await decodeAnswer(await response.bytes());
  // -32605 is DokuWiki's own number for an interface that is switched off.
  if ('fault' in answer && answer.fault.code === -32605)
    throw failure(
      'remote_off',
      'remote API off',
      `The wiki at ${at} has its remote API switched off. Its admin switches it on in the Configuration Manager, under Authentication: "remote" ($conf['remote'] = 1), and names in "remoteuser" the user or group that may use it.`,
    );
  return answer;
}

/** DokuWiki takes its login cookie back from everyone whom it does not know. */
function isForgotten(response: OutboundResponse): boolean {
  const own = response.setCookies.filter((cookie) => /^DW[0-9a-f]{32}=/.test(cookie));
  return own.length > 0 && /^\w+=(?:deleted)?(?:;|$)/.test(own.at(-1)!);
}

function refused(base: string): AppError {
  return failure(
    'credential',
    'credential refused',
    `The wiki at ${base} does not take this user and password. Set them anew; leave both out only if everyone may read the wiki.`,
  );
}

export function failure(kind: string, message: string, publicMessage: string, retryable = false): AppError {
  return new AppError({ code: `source.${kind}`, message, publicMessage, retryable });
}
