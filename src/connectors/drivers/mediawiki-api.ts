/** One MediaWiki's API: where it is, signing in, and the traps of its answers (errors, lag and login pages all come with 200). */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { OutboundResponse } from '../../net/outbound.ts';
import { withRetries } from '../../net/retry-outbound.ts';
import type { ConnectorContext, SourceLocation } from '../connector.ts';
import { cookieHeader, keepCookies, type Cookies } from '../cookies.ts';
import { candidatesFor } from './mediawiki-find.ts';

/** Asked of every call but the sign-in: a wiki whose replicas lag further behind wants robots to come later. Seconds. */
const MAX_LAG = 5;
const LAG_ATTEMPTS = 8;
const TIMEOUT_MS = 60_000;

const answerSchema = z.looseObject({
  error: z.object({ code: z.string(), info: z.string().optional() }).optional(),
  continue: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  batchcomplete: z.boolean().optional(),
  curtimestamp: z.iso.datetime().optional(),
});
export type ApiAnswer = z.infer<typeof answerSchema>;

const siteSchema = z.object({
  query: z.object({
    general: z.object({ generator: z.string(), sitename: z.string(), lang: z.string(), server: z.string(), articlepath: z.string() }),
    namespaces: z.record(z.string(), z.object({ id: z.number(), content: z.boolean() })),
    userinfo: z.object({ rights: z.array(z.string()) }),
  }),
  curtimestamp: z.iso.datetime(),
});

/** What the wiki says of itself, as it was when this session began. */
export interface Site {
  name: string;
  language: string;
  /** Ids of the namespaces that hold content; the main one is always among them. */
  namespaces: number[];
  /** Changes with what no change of a page tells: the wiki's address, its namespaces. */
  shape: string;
  /** The wiki's own clock, ISO. */
  time: string;
  /** How many pages one request may ask for. */
  atOnce: number;
}

export interface Wiki {
  site: Site;
  /** One request. Throws AppError for the API's errors (`mediawiki.CODE`), a lost login, lag that lasts, and what is no API. */
  call(parameters: Record<string, string>, context: ConnectorContext): Promise<ApiAnswer>;
  /** As many requests as `continue` asks for. */
  callAll(parameters: Record<string, string>, context: ConnectorContext): AsyncIterable<ApiAnswer>;
}

interface Session {
  api: string;
  host: string;
  cookies: Cookies;
  credential?: { user: string; password: string };
}

/** Finds the wiki's API, signs in when there is a credential, and reads what the wiki says of itself. */
export async function openWiki(source: SourceLocation, context: ConnectorContext): Promise<Wiki> {
  const session = await findApi(source, context);
  if (session.credential) await signIn(session, context);
  let signingIn: Promise<void> | undefined;
  const call = async (parameters: Record<string, string>, at: ConnectorContext): Promise<ApiAnswer> => {
    try {
      return await request(session, parameters, at);
    } catch (error) {
      if (!session.credential || !(error instanceof AppError) || error.code !== 'mediawiki.assertuserfailed') throw error;
    }
    // The wiki forgot the session. Several documents are fetched at once: one signs in for all.
    signingIn ??= signIn(session, at).finally(() => (signingIn = undefined));
    await signingIn;
    return request(session, parameters, at);
  };
  const described = siteSchema.safeParse(
    await call({ action: 'query', meta: 'siteinfo|userinfo', siprop: 'general|namespaces', uiprop: 'rights', curtimestamp: '1' }, context),
  );
  if (!described.success) throw unreadable(session.host, 'it does not describe itself as a MediaWiki does');
  return {
    site: siteOf(described.data),
    call,
    async *callAll(parameters, at) {
      let next: Record<string, string> = {};
      for (;;) {
        const answer = await call({ ...parameters, ...next }, at);
        yield answer;
        if (!answer.continue) return;
        const following = Object.fromEntries(Object.entries(answer.continue).map(([name, value]) => [name, String(value)]));
        if (JSON.stringify(following) === JSON.stringify(next)) throw unreadable(session.host, 'its listing goes in circles');
        next = following;
      }
    },
  };
}

function siteOf({ query: { general, namespaces, userinfo }, curtimestamp }: z.infer<typeof siteSchema>): Site {
  const content = Object.values(namespaces).filter((namespace) => namespace.content && namespace.id >= 0);
  const ids = [...new Set([0, ...content.map((namespace) => namespace.id)])].sort((a, b) => a - b);
  const shape = [general.server, general.articlepath, ids.join(',')].join(' ');
  return {
    name: general.sitename,
    language: general.lang,
    namespaces: ids,
    shape,
    time: curtimestamp,
    atOnce: userinfo.rights.includes('apihighlimits') ? 500 : 50,
  };
}

/** The first candidate that answers as a MediaWiki does; without a credential sent, so nothing learns it by mistake. */
async function findApi(source: SourceLocation, context: ConnectorContext): Promise<Session> {
  const { host, hostname } = new URL(source.location);
  const { user, password } = source.credential ?? {};
  if (!user !== !password) throw failure('credential', `Docent has half of what it needs to sign in to ${host}; give user and password.`);
  const credential = user && password ? { user, password } : undefined;
  let status = 0;
  for (const candidate of await candidatesFor(source.location, context)) {
    const response = await outboundOf(context).fetch(`${candidate}?action=query&meta=siteinfo&format=json&formatversion=2`, {
      headers: { accept: 'application/json' },
      signal: context.signal,
      timeoutMs: TIMEOUT_MS,
    });
    const end = new URL(response.url);
    if (!isApi(await jsonOf(response))) {
      status ||= response.status;
      continue;
    }
    if (end.hostname !== hostname) throw elsewhere(host, end);
    return { api: end.origin + end.pathname, host, cookies: new Map(), ...(credential ? { credential } : {}) };
  }
  if (status === 401 || status === 403)
    throw failure(
      'login',
      `The server at ${host} refuses Docent before the wiki is asked (${status}); allow it, or give an address that needs no such login.`,
    );
  if (status === 429 || status >= 500) throw failure('unreachable', `${host} answered ${status}; try again later.`, true);
  throw failure(
    'not_mediawiki',
    `No MediaWiki answers at ${host}. Give the address of one of its pages or of its api.php; it also stands on the wiki's page Special:Version. If it is a wiki or site of another kind, name that kind.`,
  );
}

const probeSchema = z.union([
  z.object({ query: z.object({ general: z.object({ generator: z.string().startsWith('MediaWiki') }) }) }),
  z.object({ error: z.object({ code: z.enum(['readapidenied', 'maxlag', 'ratelimited']) }) }),
]);

function isApi(answer: unknown): boolean {
  return probeSchema.safeParse(answer).success;
}

async function signIn(session: Session, context: ConnectorContext): Promise<void> {
  session.cookies.clear();
  const { user, password } = session.credential!;
  const tokens = z
    .object({ query: z.object({ tokens: z.object({ logintoken: z.string() }) }) })
    .safeParse(await send(session, { action: 'query', meta: 'tokens', type: 'login' }, context));
  if (!tokens.success) throw unreadable(session.host, 'it hands out no token to sign in with');
  const parameters = { action: 'login', lgname: user, lgpassword: password, lgtoken: tokens.data.query.tokens.logintoken };
  const answer = await send(session, parameters, context);
  const login = z.object({ login: z.object({ result: z.string(), reason: z.string().optional() }) }).safeParse(answer);
  if (login.data?.login.result === 'Success') return;
  const reason = (login.data?.login.reason ?? answer.error?.info ?? '').replaceAll(/\s+/g, ' ').slice(0, 200);
  throw failure(
    'credential',
    `${session.host} does not accept this user and password${reason === '' ? '' : ` ("${reason}")`}. Make a bot password at Special:BotPasswords and give its user name, like "Name@docent", and its password.`,
  );
}

async function request(session: Session, parameters: Record<string, string>, context: ConnectorContext): Promise<ApiAnswer> {
  const assert: Record<string, string> = session.credential ? { assert: 'user' } : {};
  for (let attempt = 1; ; attempt++) {
    const answer = await send(session, { ...parameters, ...assert, maxlag: String(MAX_LAG) }, context);
    const code = answer.error?.code;
    if (code === undefined) return answer;
    if (code !== 'maxlag' && code !== 'ratelimited') throw errorOf(session, code, answer.error?.info);
    if (attempt === LAG_ATTEMPTS)
      throw failure('busy', `${session.host} is busy and asks robots to come back later; nothing was changed.`, true);
    await context.clock.sleep(answer.waitMs, context.signal);
  }
}

function errorOf(session: Session, code: string, info: string | undefined): AppError {
  if (code === 'readapidenied' || code === 'assertuserfailed') {
    const publicMessage = session.credential
      ? `The account that Docent signs in with may not read ${session.host}; give its bot password the grant "Basic rights".`
      : `${session.host} lets only people read who are signed in; give Docent a bot password of an account that may read it.`;
    return new AppError({ code: `mediawiki.${code}`, message: `the API answers ${code}`, publicMessage });
  }
  const publicMessage =
    code === 'permissiondenied' ? 'the wiki does not let this account read it' : `the wiki refuses: ${(info ?? code).slice(0, 300)}`;
  return new AppError({ code: `mediawiki.${code}`, message: `the API answers ${code}`, publicMessage });
}

/** One POST, so that names of many pages fit and no password stands in an address; cookies are kept. */
async function send(
  session: Session,
  parameters: Record<string, string>,
  context: ConnectorContext,
): Promise<ApiAnswer & { waitMs: number }> {
  const response = await outboundOf(context).fetch(session.api, {
    method: 'POST',
    body: new URLSearchParams({ ...parameters, format: 'json', formatversion: '2' }).toString(),
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      // Says that no session on the wiki's primary database is needed for this POST.
      ...(parameters['action'] === 'login' ? {} : { 'promise-non-write-api-action': 'true' }),
      ...cookieHeader(session.cookies),
    },
    signal: context.signal,
    timeoutMs: TIMEOUT_MS,
  });
  keepCookies(response, session.cookies);
  const answer = answerSchema.safeParse(await jsonOf(response));
  if (!answer.success) {
    if (response.status === 429 || response.status >= 500)
      throw failure('unreachable', `${session.host} answered ${response.status}; try again later.`, true);
    if (response.status === 401 || response.status === 403)
      throw failure('login', `The server at ${session.host} refuses Docent (${response.status}).`);
    throw unreadable(session.host, `where its API should answer there is something else (status ${response.status}), perhaps a login page`);
  }
  const asked = Number(response.headers['retry-after']);
  return { ...answer.data, waitMs: Number.isFinite(asked) && asked > 0 ? Math.min(asked * 1000, TIMEOUT_MS) : 5000 };
}

function outboundOf(context: ConnectorContext): Pick<ConnectorContext['outbound'], 'fetch'> {
  return withRetries(context.outbound, { clock: context.clock });
}

async function jsonOf(response: OutboundResponse): Promise<unknown> {
  try {
    return JSON.parse(Buffer.from(await response.bytes()).toString('utf8'));
  } catch {
    return undefined;
  }
}

export function elsewhere(host: string, end: URL): AppError {
  return failure('moved', `${host} leads to another host, ${end.host}; if that is the wiki, give its address instead.`);
}

export function unreadable(host: string, why: string): AppError {
  return failure('unreadable', `${host} could not be read: ${why}.`);
}

export function failure(kind: string, publicMessage: string, retryable = false): AppError {
  return new AppError({ code: `source.${kind}`, message: publicMessage, publicMessage, retryable });
}
