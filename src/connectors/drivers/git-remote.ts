/** Asking a repository on the network what its default branch is at, through the guard. Part of the git driver. */
import { isIP } from 'node:net';
import { AppError } from '../../errors.ts';
import type { OutboundResponse } from '../../net/outbound.ts';
import { withRetries } from '../../net/retry-outbound.ts';
import type { ConnectorContext } from '../connector.ts';
import type { RemotePlace } from './git-address.ts';
import { emptyWiki, refusalOf } from './git-refusal.ts';

export interface Remote {
  /** Where git is to be sent: the address after redirects. */
  url: URL;
  /** What the address names in a web browser, after redirects. */
  place: Pick<RemotePlace, 'url' | 'forge' | 'wiki'>;
  /** The name that git is asked for, and its commit. */
  ref: string;
  head: string;
  branch?: string;
  /** Of the repository that is read; '' for all of it. May be a file. */
  folder: string;
  /** It can leave out the bytes of files. One that cannot sends git asking for them without end. */
  partial: boolean;
  token?: string;
}

/** What a repository offers. */
interface Offer {
  /** Commits by name; of annotated tags those that they mean. */
  refs: Map<string, string>;
  /** The default branch, when the host names it. */
  branch?: string | undefined;
  partial: boolean;
  /** The host's words instead of an answer. */
  refused?: string;
}

/**
 * One request as git itself would make first; it tells a wrong token from a missing repository and from a login page. Where a
 * wiki is refused, a second one asks for its repository, which tells a wiki that nobody has written from a wrong token.
 * @param maxWaitMs the longest wait that a host may ask for before it is asked again; default a minute
 * @throws AppError `source.unreadable`, `source.credential`, `source.empty`, and what the guard throws
 */
export async function askRemote(
  place: RemotePlace,
  token: string | undefined,
  context: ConnectorContext,
  maxWaitMs = 60_000,
): Promise<Remote> {
  const { url } = place;
  const get = getter(place, token, context, maxWaitMs);
  const response = await get(`${url.href}/info/refs?service=git-upload-pack`);
  const at = new URL(response.url);
  if (token !== undefined && at.origin !== url.origin)
    throw unreadable(`${url.href} leads to ${at.origin}, to which its token is not sent. Give that address instead.`);
  const body = Buffer.from(await response.bytes());
  const refuse = async (status: number, words: string): Promise<AppError> => {
    const wikiAlone = place.wiki === 'project' && [401, 404, 410].includes(status) && (await repositoryIsThere(url, get));
    return refusalOf(place, { status, words, wait: response.headers['retry-after'], token, wikiAlone });
  };
  if (response.status !== 200) throw await refuse(response.status, body.toString('utf8', 0, 1_000));
  const text = body.toString('latin1');
  const smart = isSmart(response);
  if (!at.pathname.endsWith('/info/refs') || (!smart && !/^(?:[0-9a-f]{40,64}\t[^\n]+\n)*$/.test(text)))
    throw unreadable(`${url.href} answered with a page and not as a git repository does (it may need a login).`);
  const base = new URL(at.href);
  base.search = '';
  base.pathname = at.pathname.slice(0, -'/info/refs'.length);
  const offer = smart ? offerIn(text) : await dumbOffer(text, base, get, refuse);
  // GitHub says so of a wiki that was never written.
  if (offer.refused !== undefined) throw await refuse(404, offer.refused);
  return {
    url: base,
    place: { ...place, url: base },
    ...chosen(offer, place),
    partial: offer.partial,
    ...(token === undefined ? {} : { token }),
  };
}

type Get = (address: string) => Promise<OutboundResponse>;

function getter(place: RemotePlace, token: string | undefined, context: ConnectorContext, maxMs: number): Get {
  const outbound = withRetries(context.outbound, { clock: context.clock, maxMs });
  return (address) =>
    outbound.fetch(address, {
      signal: context.signal,
      maxBytes: 100_000_000,
      timeoutMs: 60_000,
      headers: {
        // Forges answer browsers with pages.
        'user-agent': 'git/2.40 docent',
        accept: '*/*',
        ...(token === undefined ? {} : { authorization: authorization(place, token) }),
      },
    });
}

function isSmart({ status, headers }: OutboundResponse): boolean {
  return status === 200 && (headers['content-type'] ?? '').split(';')[0]!.trim() === 'application/x-git-upload-pack-advertisement';
}

async function repositoryIsThere(wiki: URL, get: Get): Promise<boolean> {
  const address = wiki.href.replace(/\.wiki(\.git)?$/i, '.git');
  return get(`${address}/info/refs?service=git-upload-pack`).then(isSmart, () => false);
}

/** @throws AppError `source.empty`, and `source.unreadable` for a branch that is not there */
function chosen(offer: Offer, place: RemotePlace): Pick<Remote, 'ref' | 'head' | 'branch' | 'folder'> {
  const { refs } = offer;
  const branches = [...refs.keys()].filter((name) => name.startsWith('refs/heads/')).map((name) => name.slice('refs/heads/'.length));
  const parts = place.within?.[0] === 'HEAD' ? undefined : place.within;
  const folderBehind = (count: number): string => (place.within ?? []).slice(count).join('/');
  if (parts === undefined) {
    const folder = folderBehind(1);
    const head = refs.get('HEAD');
    const { branch } = offer;
    if (head !== undefined) return { ref: 'HEAD', head, folder, ...(branch === undefined ? {} : { branch }) };
    // A wiki whose default branch has another name than the one that was pushed.
    const other =
      place.wiki && (['master', 'main'].find((name) => branches.includes(name)) ?? (branches.length === 1 ? branches[0] : undefined));
    if (other) return { ref: `refs/heads/${other}`, head: refs.get(`refs/heads/${other}`)!, branch: other, folder };
    if (place.wiki) throw emptyWiki(place);
    const publicMessage = `${place.url.href} has no commit on its default branch.${among(branches)}`;
    throw new AppError({ code: 'source.empty', message: 'the repository has no default branch with a commit', publicMessage });
  }
  for (const kind of ['refs/heads/', 'refs/tags/']) {
    for (let count = parts.length; count > 0; count--) {
      const name = parts.slice(0, count).join('/');
      const head = refs.get(kind + name);
      if (head !== undefined) return { ref: kind + name, head, branch: name, folder: folderBehind(count) };
    }
  }
  throw unreadable(`${place.url.href} has no branch or tag ${parts[0]}.${among(branches)} Give the address of one that it has.`);
}

function among(branches: string[]): string {
  if (branches.length === 0) return '';
  return ` Its branches are ${branches.slice(0, 5).join(', ')}${branches.length > 5 ? ` and ${branches.length - 5} more` : ''}.`;
}

/**
 * What holds git to the addresses that the guard has checked just now, and lets it in: settings of one call.
 * @throws AppError what the guard throws
 */
export async function connection({ url, place, token }: Remote, context: ConnectorContext): Promise<[name: string, value: string][]> {
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
      : [[`http.${url.origin}/.extraHeader`, `Authorization: ${authorization(place, token)}`] as [string, string]]),
  ];
}

/**
 * `user:token`, or a token alone. Then the name matters to few: GitHub's apps, GitLab's OAuth tokens and Bitbucket have their own.
 */
function authorization({ url, forge }: Pick<RemotePlace, 'url' | 'forge'>, token: string): string {
  const user = url.hostname === 'bitbucket.org' ? 'x-token-auth' : forge === 'gitlab' ? 'oauth2' : 'x-access-token';
  return `Basic ${Buffer.from(token.includes(':') ? token : `${user}:${token}`).toString('base64')}`;
}

/** Lines of `gitprotocol-http`: each begins with its length; the first names what the server can do, and the default branch. */
function offerIn(text: string): Offer {
  const refs = new Map<string, string>();
  let abilities: string | undefined;
  for (let at = 0; at + 4 <= text.length;) {
    const length = Number.parseInt(text.slice(at, at + 4), 16);
    if (!Number.isFinite(length)) break;
    const line = length >= 4 ? text.slice(at + 4, at + length) : '';
    at += Math.max(length, 4);
    if (line.startsWith('ERR ')) return { refs, partial: false, refused: utf8(line.slice(4)) };
    const [, commit, name, more] = /^([0-9a-f]{40,64}) ([^\0\n]+)(?:\0(.*))?/s.exec(line) ?? [];
    if (commit === undefined) continue;
    abilities ??= more ?? '';
    if (name !== 'capabilities^{}') refs.set(utf8(name!.replace(/\^\{\}$/, '')), commit);
  }
  const branch = /(?:^| )symref=HEAD:refs\/heads\/(\S+)/.exec(abilities ?? '')?.[1];
  return { refs, partial: /(?:^| )filter(?: |\n|$)/.test(abilities ?? ''), branch: branch === undefined ? undefined : utf8(branch) };
}

/** A repository that is served as mere files. */
async function dumbOffer(text: string, base: URL, get: Get, refuse: (status: number, words: string) => Promise<AppError>): Promise<Offer> {
  const refs = new Map(
    text
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [[utf8(line.split('\t')[1]!.replace(/\^\{\}$/, '')), line.split('\t')[0]!] as const])),
  );
  const response = await get(`${base.href}/HEAD`);
  if (response.status !== 200) throw await refuse(response.status, '');
  const name = /^ref: (refs\/heads\/\S+)\s*$/.exec(Buffer.from(await response.bytes()).toString('latin1'))?.[1];
  const head = name === undefined ? undefined : refs.get(utf8(name));
  if (head === undefined) return { refs, partial: false };
  refs.set('HEAD', head);
  return { refs, partial: false, branch: utf8(name!.slice('refs/heads/'.length)) };
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

function unreadable(publicMessage: string): AppError {
  return new AppError({ code: 'source.unreadable', message: 'the repository cannot be read', publicMessage });
}
