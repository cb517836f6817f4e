/** Asking a repository on the network what its default branch is at, through the guard. Part of the git driver. */
import { isIP } from 'node:net';
import { AppError } from '../../errors.ts';
import type { OutboundResponse } from '../../net/outbound.ts';
import { withRetries } from '../../net/retry-outbound.ts';
import type { ConnectorContext } from '../connector.ts';

export interface Remote {
  /** Where git is to be sent: the address after redirects. */
  url: URL;
  /** The default branch's commit. */
  head: string;
  branch?: string;
  /** It can leave out the bytes of files. One that cannot sends git asking for them without end. */
  partial: boolean;
  token?: string;
}

type Head = Pick<Remote, 'head' | 'branch' | 'partial'>;

/**
 * One request as git itself would make first; it tells a wrong token from a missing repository and from a login page.
 * @throws AppError `source.unreadable`, `source.credential`, `source.empty`, and what the guard throws
 */
export async function askRemote(url: URL, token: string | undefined, context: ConnectorContext): Promise<Remote> {
  const outbound = withRetries(context.outbound, { clock: context.clock });
  const get = (address: string): Promise<OutboundResponse> =>
    outbound.fetch(address, {
      signal: context.signal,
      maxBytes: 100_000_000,
      timeoutMs: 60_000,
      headers: {
        // Forges answer browsers with pages.
        'user-agent': 'git/2.40 docent',
        accept: '*/*',
        ...(token === undefined ? {} : { authorization: authorization(url, token) }),
      },
    });
  const response = await get(`${url.href}/info/refs?service=git-upload-pack`);
  refuseStatus(response.status, url, token !== undefined);
  const at = new URL(response.url);
  if (token !== undefined && at.origin !== url.origin)
    throw unreadable(`${url.href} leads to ${at.origin}, to which its token is not sent. Give that address instead.`);
  const text = Buffer.from(await response.bytes()).toString('latin1');
  const type = (response.headers['content-type'] ?? '').split(';')[0]!.trim();
  const smart = type === 'application/x-git-upload-pack-advertisement';
  if (!at.pathname.endsWith('/info/refs') || (!smart && !/^(?:[0-9a-f]{40,64}\t[^\n]+\n)*$/.test(text)))
    throw unreadable(`${url.href} answered with a page and not as a git repository does (it may need a login).`);
  const base = new URL(at.href);
  base.search = '';
  base.pathname = at.pathname.slice(0, -'/info/refs'.length);
  const found = smart ? headOf(text) : await dumbHead(text, base, get);
  if (!found) {
    throw new AppError({
      code: 'source.empty',
      message: 'the repository has no default branch with a commit',
      publicMessage: `${url.href} has no commit on its default branch.`,
    });
  }
  return { url: base, ...found, ...(token === undefined ? {} : { token }) };
}

/**
 * What holds git to the addresses that the guard has checked just now, and lets it in: settings of one call.
 * @throws AppError what the guard throws
 */
export async function connection({ url, token }: Remote, context: ConnectorContext): Promise<[name: string, value: string][]> {
  if (!context.outbound.addressesOf) throw new Error('the guard cannot check addresses for git');
  const addresses = await context.outbound.addressesOf(url.href);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const pinned = addresses.map((address) => (isIP(address) === 6 ? `[${address}]` : address)).join(',');
  return [
    ...(isIP(host) > 0 ? [] : [['http.curloptResolve', `${url.hostname}:${port}:${pinned}`] as [string, string]]),
    // For this origin alone.
    ...(token === undefined
      ? []
      : [[`http.${url.origin}/.extraHeader`, `Authorization: ${authorization(url, token)}`] as [string, string]]),
  ];
}

/** `user:token`, or a token alone: then the name does not matter, but for Bitbucket. */
function authorization(url: URL, token: string): string {
  const user = url.hostname === 'bitbucket.org' ? 'x-token-auth' : 'x-access-token';
  return `Basic ${Buffer.from(token.includes(':') ? token : `${user}:${token}`).toString('base64')}`;
}

/** The first reference of the answer is the default branch's; its line names what the server can do, and the branch. */
function headOf(text: string): Head | undefined {
  for (let at = 0; at + 4 <= text.length;) {
    const length = Number.parseInt(text.slice(at, at + 4), 16);
    if (!Number.isFinite(length)) return undefined;
    const line = length >= 4 ? text.slice(at + 4, at + length) : '';
    at += Math.max(length, 4);
    const match = /^([0-9a-f]{40,64}) ([^\0\n]+)\0(.*)/s.exec(line);
    if (!match) continue;
    if (match[2] !== 'HEAD') return undefined;
    const branch = /(?:^| )symref=HEAD:refs\/heads\/(\S+)/.exec(match[3]!)?.[1];
    return {
      head: match[1]!,
      partial: /(?:^| )filter(?: |\n|$)/.test(match[3]!),
      ...(branch === undefined ? {} : { branch: utf8(branch) }),
    };
  }
  return undefined;
}

/** A repository that is served as mere files. */
async function dumbHead(text: string, base: URL, get: (address: string) => Promise<OutboundResponse>): Promise<Head | undefined> {
  const response = await get(`${base.href}/HEAD`);
  refuseStatus(response.status, base, false);
  const name = /^ref: (refs\/heads\/\S+)\s*$/.exec(Buffer.from(await response.bytes()).toString('latin1'))?.[1];
  const line = name === undefined ? undefined : text.split('\n').find((one) => one.endsWith(`\t${name}`));
  return line === undefined ? undefined : { head: line.split('\t')[0]!, partial: false, branch: utf8(name!.slice('refs/heads/'.length)) };
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

function refuseStatus(status: number, url: URL, hasToken: boolean): void {
  if (status === 200) return;
  if (status === 401 || status === 403) {
    const publicMessage = hasToken
      ? `${url.host} refused the token (${status}). Give one that may read ${url.pathname}.`
      : `${url.host} wants a login for ${url.pathname} (${status}). Give a token that may read it, or check the address: for repositories that do not exist some forges answer so, too.`;
    throw new AppError({ code: 'source.credential', message: `git: ${status}`, publicMessage });
  }
  const why = status === 404 ? `There is no repository at ${url.href}${hasToken ? ', or the token may not see it' : ''}.` : undefined;
  throw unreadable(why ?? `${url.host} answered ${status} when asked for ${url.pathname}.`, status === 429 || status >= 500);
}

function unreadable(publicMessage: string, retryable = false): AppError {
  return new AppError({ code: 'source.unreadable', message: 'the repository cannot be read', publicMessage, retryable });
}
