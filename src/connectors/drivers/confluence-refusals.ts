/** What a Confluence that does not answer as asked means, and how it is mended. */
import { AppError } from '../../errors.ts';
import type { OutboundResponse } from '../../net/outbound.ts';

/** What a person is told of an answer that is none; undefined for what is no Confluence's. */
export async function refusalOf(
  response: OutboundResponse,
  { host, signedIn }: { host: string; signedIn: boolean },
): Promise<AppError | undefined> {
  const { status } = response;
  if (status === 429) return failure('busy', `${host} lets Docent ask no more for now; the next sync goes on.`, true);
  if (status >= 500) return failure('unreachable', `${host} answered ${status}; try again later.`, true);
  const own = response.url.includes('/rest/api/user/current');
  const text = Buffer.from((await response.bytes()).subarray(0, 200_000)).toString('utf8');
  // `Unauthorized; scope does not match`, of a token that is right.
  const lacksScope = status === 401 && !own && /scope/i.test(text);
  if (!lacksScope && (status === 401 || (status === 403 && own))) return signedIn ? wrongCredential(host) : needsCredential(host);
  if (status === 403 || lacksScope) {
    const publicMessage = `the account that Docent signs in with at ${host} may not read what Docent asks for`;
    return new AppError({ code: 'confluence.forbidden', message: 'the wiki answers 403', publicMessage });
  }
  if (status === 400)
    return unreadable(host, 'it does not understand what Docent asks; its version may be too old (Data Center 7.9 or later)');
  if (status !== 200) return undefined;
  if (!/<html[\s>]/i.test(text)) return undefined;
  const why = /type\s*=\s*["']?password|log ?in|sign ?in|anmelden|sso|saml/i.test(text) ? 'a login page' : 'a web page';
  return failure(
    'login',
    `${host} answers with ${why} where its interface should be. A single sign-on may stand before it, or the address is not the wiki's; an admin of the wiki lets tokens through to /rest/api.`,
  );
}

export function wrongCredential(host: string): AppError {
  return failure(
    'credential',
    `${host} does not know Docent by this token: it is wrong, expired or revoked. On Cloud give the account's e-mail and an API token of it (EMAIL:TOKEN, made at id.atlassian.com); on Data Center a personal access token (made in the account's profile).`,
  );
}

function needsCredential(host: string): AppError {
  return failure(
    'credential',
    `${host} lets only people read who are signed in. Give Docent a token: on Cloud EMAIL:TOKEN, on Data Center a personal access token.`,
  );
}

export function captcha(host: string): AppError {
  return failure(
    'captcha',
    `${host} asks the account that Docent signs in with for a CAPTCHA, after too many wrong sign-ins: sign in with it once in a browser, then sync again.`,
  );
}

export function unreadable(host: string, why: string): AppError {
  return failure('unreadable', `${host} could not be read: ${why}.`);
}

export function failure(kind: string, publicMessage: string, retryable = false): AppError {
  return new AppError({ code: `source.${kind}`, message: publicMessage, publicMessage, retryable });
}

/** What is there was left out of a listing: nothing may be taken for gone. */
export function incomplete({ host }: { host: string }): AppError {
  return failure('incomplete', `${host} left out pages that are there when it listed them; nothing was changed. Sync again later.`, true);
}
