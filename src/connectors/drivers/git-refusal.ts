/** What a host means that does not hand a repository out, and how an admin mends it. Part of the git driver. Pure. */
import { AppError } from '../../errors.ts';
import type { RemotePlace } from './git-address.ts';

export interface Refusal {
  status: number;
  /** The host's own words, as they came; '' when it gave none. */
  words: string;
  /** `Retry-After`. */
  wait?: string | undefined;
  token?: string | undefined;
  /** The wiki's own repository may be read: it is only the wiki that is not there. */
  wikiAlone?: boolean;
}

/**
 * GitHub answers a wrong token with 401, one without the right with 403 and what the token may not see with 404; GitLab a wrong
 * token or scope with 401, a missing role with 403 and the rest with 404. Both answer 401 to who gives none, also where nothing is.
 * @returns AppError `source.credential`, `source.empty` (a wiki without pages) or `source.unreadable`
 */
export function refusalOf(place: Pick<RemotePlace, 'url' | 'forge' | 'wiki'>, refusal: Refusal): AppError {
  const { url, wiki } = place;
  const { status, token } = refusal;
  const words = saidIn(refusal.words, token);
  const quoted = words === '' ? '' : ` It says: “${words}”`;
  const credential = (text: string): AppError => failure('source.credential', `git: ${status}`, text + quoted);
  const unreadable = (text: string, retryable = false): AppError =>
    failure('source.unreadable', `git: ${status}`, text + quoted, retryable);
  if (refusal.wikiAlone)
    return unreadable(
      `The wiki at ${url.href} cannot be read, though its repository can (${status}): it has no page yet, is switched off, or is for members only. Write its first page, or give a token of a member.`,
    );
  if (status === 429 || (status === 403 && /rate limit|too many requests|retry later|abuse/i.test(words)))
    return unreadable(`${url.host} has been asked too often (${status})${waitOf(refusal.wait)}; it is tried again later by itself.`, true);
  if (status === 401 && token !== undefined)
    return credential(`${url.host} refused the token (401): it is wrong, expired or revoked. Make a new one and give it. ${rights(place)}`);
  if (status === 403 && token !== undefined) return credential(forbidden(place, words));
  if (status === 401 || status === 403)
    return credential(
      `${url.host} wants a login for ${url.pathname} (${status}). Give a token that may read it, or check the address: for repositories that do not exist${wiki ? ', and wikis without a page,' : ''} hosts answer so, too.`,
    );
  if (status === 404 || status === 410) {
    const which = token === undefined ? '' : `, or the token may not see it: hosts answer so to both. ${rights(place)}`;
    const noPage = wiki ? ' Or the wiki has no page yet, or is switched off.' : '';
    return unreadable(`There is no repository at ${url.href}${which === '' ? '.' : which}${noPage}`);
  }
  return unreadable(`${url.host} answered ${status} when asked for ${url.pathname}.`, status >= 500 || status === 408);
}

export function emptyWiki({ url }: Pick<RemotePlace, 'url'>): AppError {
  const text = `The wiki at ${url.href} has no page yet. Write its first page; files in the repository itself are read from the repository's own address.`;
  return failure('source.empty', 'the wiki has no page', text);
}

/**
 * What git's own words say about the host's answer, for what happens after the first question (a token revoked in between).
 * Undefined when they say nothing of it.
 */
export function refusalInWords(said: string): Pick<Refusal, 'status' | 'words'> | undefined {
  const words = /\(remote: (.*)\)$/s.exec(said)?.[1] ?? '';
  const status = /returned error: (\d{3})/.exec(said)?.[1];
  if (status !== undefined) return { status: Number(status), words };
  if (/Authentication failed|could not read (?:Username|Password)/i.test(said)) return { status: 401, words };
  return /repository '.*' not found/i.test(said) ? { status: 404, words } : undefined;
}

function forbidden(place: Pick<RemotePlace, 'url' | 'forge' | 'wiki'>, words: string): string {
  const { host, pathname } = place.url;
  if (/SAML|SSO|single sign/i.test(words))
    return `The organization wants single sign-on for tokens (403). Open the token's settings on ${host}, choose “Configure SSO”, authorize it for the organization, and sync again.`;
  if (/IP allow|IP address/i.test(words))
    return `The organization lets only listed addresses in (403). Add the address of the machine that Docent runs on to its IP allow list.`;
  if (/forbids access via/i.test(words))
    return `The organization does not take this kind of token (403). Give one that its rules allow, usually a fine-grained one with a shorter life.`;
  if (/write access to repository not granted/i.test(words))
    return `The token may not read the files of ${pathname} (403; reading suffices, whatever its words). ${rights(place)}`;
  if (/not allowed to download/i.test(words))
    return `The token may not read ${pathname} (403): its scope or role is too small, or ${place.wiki ? 'the wiki' : 'the repository'} is switched off in the project's settings. ${rights(place)}`;
  const blocked =
    place.forge === 'gitlab' ? ' After many wrong tokens GitLab refuses this machine for a while; then wait an hour first.' : '';
  return `${host} refused the token (403). ${rights(place)}${blocked}`;
}

function rights({ url, forge }: Pick<RemotePlace, 'url' | 'forge'>): string {
  if (forge === 'github')
    return 'It needs, if fine-grained, this repository and the permission “Contents: Read-only”; if classic, the scope “repo”.';
  if (forge === 'gitlab')
    return 'It needs the scope read_repository and, in a private project, at least the role Reporter; give a deploy token as user:token.';
  return `Give one that may read ${url.pathname}.`;
}

function waitOf(wait: string | undefined): string {
  if (wait === undefined || !/^\d{1,7}$/.test(wait.trim())) return '';
  const seconds = Number(wait);
  return seconds < 120 ? ` and wants ${seconds} s of peace` : ` and wants ${Math.ceil(seconds / 60)} minutes of peace`;
}

/** One line that a person can read: a page of HTML says nothing, and a host might repeat the token. */
function saidIn(words: string, token: string | undefined): string {
  if (/^\s*</.test(words)) return '';
  let line = words.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  for (const secret of secretsIn(token)) line = line.replaceAll(secret, '…');
  return line.length > 300 ? `${line.slice(0, 300).toWellFormed()}…` : line;
}

/** A token as it may turn up in words: as it was given, and without its user. */
export function secretsIn(token: string | undefined): string[] {
  if (token === undefined || token === '') return [];
  const password = token.slice(token.indexOf(':') + 1);
  return [...new Set([token, password])].filter((secret) => secret.length >= 4);
}

function failure(code: string, message: string, publicMessage: string, retryable = false): AppError {
  return new AppError({ code, message, publicMessage, retryable });
}
