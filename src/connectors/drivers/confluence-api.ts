/** One Confluence's interface: where it is, who Docent is to it, and the traps of its answers (login pages and nobody's view come with 200). */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { OutboundResponse } from '../../net/outbound.ts';
import { withRetries } from '../../net/retry-outbound.ts';
import type { ConnectorContext, SourceLocation } from '../connector.ts';
import { placeOf } from './confluence-address.ts';
import { captcha, failure, refusalOf, unreadable, wrongCredential } from './confluence-refusals.ts';

const TIMEOUT_MS = 60_000;
const ATTEMPTS = 6;
/** Longer than this is not waited for between two requests. */
const MOST_PAUSE_MS = 60_000;

export type Flavour = 'cloud' | 'server';
export type Parameters = Record<string, string>;

export interface Wiki {
  flavour: Flavour;
  host: string;
  /** Docent did not sign in: what it sees, anybody sees. */
  anonymous: boolean;
  /** Where the interface hangs. */
  base: string;
  /** Where pages hang that a person opens, as the wiki itself says. */
  webBase(): string;
  /** The one space that was asked for. */
  spaceKey?: string;
  /** The wiki's clock when the session began, ms. */
  time: number;
  /** Kept for the run: what was asked once about people and about who may read what. */
  remembered: Map<string, Promise<unknown>>;
  /** One GET. Undefined for 404. Throws AppError for all else but JSON: refusals as `confluence.forbidden`, others `source.*`. */
  get(path: string, parameters: Parameters, context: ConnectorContext): Promise<unknown>;
  /** The results of as many GETs as `next` asks for; their number is returned at the end. Throws when the listing goes in circles, repeats, or lacks what it says it has; `confluence.missing` for 404. */
  list(path: string, parameters: Parameters, context: ConnectorContext): AsyncGenerator<unknown, number>;
  /** One GET of a file, whatever comes. */
  download(path: string, parameters: Parameters, maxBytes: number, context: ConnectorContext): Promise<OutboundResponse>;
  /** Throws AppError when the wiki does not take Docent for whom it took it at the beginning. */
  confirm(context: ConnectorContext): Promise<void>;
}

interface Session {
  host: string;
  headers: Record<string, string>;
  signedIn: boolean;
  /** Who Docent is, by account id, user key or name; undefined for nobody. */
  self?: string | undefined;
  /** Not before this time, ms: the wiki said that nothing is left until then. */
  notBefore: number;
  webBase?: string;
}

const userSchema = z.looseObject({
  type: z.enum(['known', 'unknown', 'anonymous', 'user']),
  accountId: z.string().optional(),
  userKey: z.string().optional(),
  username: z.string().optional(),
});

/** Finds the interface and asks it who Docent is. The credential goes to the location's own host alone. */
export async function openWiki(source: SourceLocation, context: ConnectorContext): Promise<Wiki> {
  const place = placeOf(source.location);
  const { host } = new URL(source.location);
  const session: Session = { host, ...authorization(source.credential?.['token']), notBefore: 0 };
  let refusal: AppError | undefined;
  for (const base of place.bases) {
    const response = await send(session, `${base}/rest/api/user/current`, {}, context);
    const user = userSchema.safeParse(await jsonOf(response));
    if (response.status !== 200 || !user.success) {
      refusal ??= await refusalOf(response, session);
      // What refuses as a Confluence does is the one that was meant; what is busy may be it.
      if (refusal?.retryable || refusal?.code === 'source.credential' || refusal?.code === 'source.captcha') throw refusal;
      continue;
    }
    const end = new URL(response.url);
    if (end.host !== host) throw failure('moved', `${host} leads to another host, ${end.host}; if that is the wiki, give its address.`);
    session.self = identityOf(user.data);
    if (session.signedIn && session.self === undefined) throw wrongCredential(host);
    const flavour = place.flavour ?? (await flavourOf(session, base, user.data, context));
    const wiki = wikiOf(session, base, flavour, clockOf(response, context));
    return place.spaceKey === undefined ? wiki : { ...wiki, spaceKey: place.spaceKey };
  }
  throw (
    refusal ??
    failure(
      'not_confluence',
      `No Confluence answers at ${host}. Give the address of the wiki as the browser shows it, like https://acme.atlassian.net/wiki/spaces/KEY or https://confluence.example.com/display/KEY.`,
    )
  );
}

function wikiOf(session: Session, base: string, flavour: Flavour, time: number): Wiki {
  const get: Wiki['get'] = async (path, parameters, context) => {
    const response = await send(session, base + path, parameters, context);
    return (await bodyOf(session, response))?.body;
  };
  return {
    flavour,
    host: session.host,
    anonymous: session.self === undefined,
    base,
    webBase: () => session.webBase ?? base,
    time,
    remembered: new Map(),
    get,
    async *list(path, parameters, context) {
      const asked = new Set<string>();
      const seen = new Set<string>();
      let next: Parameters | undefined = parameters;
      let answers = 0;
      while (next) {
        answers++;
        const response = await send(session, base + path, next, context);
        const answer = await bodyOf(session, response);
        if (!answer) {
          const publicMessage = `${session.host} could not be read: there is nothing to list at ${path}.`;
          throw new AppError({ code: 'confluence.missing', message: publicMessage, publicMessage });
        }
        const page = pageSchema.safeParse(answer.body);
        if (!page.success) throw unreadable(session.host, `what it lists at ${path} is no list`);
        const { results, size, _links } = page.data;
        if (size !== undefined && size !== results.length)
          throw unreadable(session.host, `a part of what it lists is missing (${results.length} of ${size})`);
        const fresh = results.filter((one) => {
          const key = idOf(one);
          return !seen.has(key) && seen.add(key);
        });
        if (results.length > 0 && fresh.length === 0) throw unreadable(session.host, 'what it lists repeats');
        yield* fresh;
        next = nextOf(_links?.next ?? linkIn(response.headers['link']));
        const place = next && new URLSearchParams(next).toString();
        if (place !== undefined && asked.has(place)) throw unreadable(session.host, 'its listing goes in circles');
        if (place !== undefined) asked.add(place);
      }
      return answers;
    },
    download: (path, parameters, maxBytes, context) => send(session, base + path, parameters, context, { accept: '*/*', maxBytes }),
    async confirm(context) {
      const user = userSchema.safeParse(await get('/rest/api/user/current', {}, context));
      if (!user.success || identityOf(user.data) !== session.self) throw wrongCredential(session.host);
    },
  };
}

const pageSchema = z.looseObject({
  results: z.array(z.unknown()),
  size: z.number().optional(),
  _links: z.looseObject({ next: z.string().optional(), base: z.string().optional() }).optional(),
});

const linksSchema = z.looseObject({ _links: z.looseObject({ base: z.string() }) });
const identified = z.looseObject({ id: z.union([z.string(), z.number()]), type: z.string().optional() });

function idOf(one: unknown): string {
  const parsed = identified.safeParse(one);
  return parsed.success ? String(parsed.data.id) : JSON.stringify(one);
}

/** What `next` asks for, to be asked of the same path: never an address of another place. */
function nextOf(next: string | undefined): Parameters | undefined {
  if (next === undefined || next === '') return undefined;
  return Object.fromEntries(new URLSearchParams(next.slice(next.indexOf('?') + 1)));
}

/** `<…>; rel="next"` of a Link header (RFC 8288). */
function linkIn(header: string | undefined): string | undefined {
  return /<([^<>]*)>\s*;\s*rel="?next"?/i.exec(header ?? '')?.[1];
}

/** An e-mail and a token, or a name and a password, stand with a colon between them; a personal access token has none. */
function authorization(token: string | undefined): Pick<Session, 'headers' | 'signedIn'> {
  const given = token?.trim() ?? '';
  if (given === '') return { headers: {}, signedIn: false };
  const how = given.includes(':') ? `Basic ${Buffer.from(given).toString('base64')}` : `Bearer ${given}`;
  return { headers: { authorization: how }, signedIn: true };
}

function identityOf(user: z.infer<typeof userSchema>): string | undefined {
  return user.type === 'anonymous' ? undefined : (user.accountId ?? user.userKey ?? user.username);
}

async function flavourOf(session: Session, base: string, user: z.infer<typeof userSchema>, context: ConnectorContext): Promise<Flavour> {
  if (user.accountId !== undefined) return 'cloud';
  if (user.userKey !== undefined || user.username !== undefined) return 'server';
  // Nobody has no id to tell it by.
  return (await send(session, `${base}/api/v2/spaces`, { limit: '1' }, context)).status === 404 ? 'server' : 'cloud';
}

async function send(
  session: Session,
  address: string,
  parameters: Parameters,
  context: ConnectorContext,
  { accept = 'application/json', maxBytes }: { accept?: string; maxBytes?: number } = {},
): Promise<OutboundResponse> {
  const wait = session.notBefore - context.clock.now();
  if (wait > 0) await context.clock.sleep(Math.min(wait, MOST_PAUSE_MS), context.signal);
  const query = new URLSearchParams(parameters).toString();
  const url = query === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${query}`;
  const response = await withRetries(context.outbound, { clock: context.clock, attempts: ATTEMPTS }).fetch(url, {
    headers: { accept, ...session.headers },
    signal: context.signal,
    timeoutMs: TIMEOUT_MS,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  session.notBefore = notBefore(response.headers, context.clock.now());
  const denied = response.headers['x-authentication-denied-reason'] ?? response.headers['x-seraph-loginreason'] ?? '';
  if (/CAPTCHA|AUTHENTICATION_DENIED/i.test(denied)) throw captcha(session.host);
  const seen = response.headers['x-ausername'];
  if (session.signedIn && (/AUTHENTICATED_FAILED/i.test(denied) || (seen === 'anonymous' && response.status < 400)))
    throw wrongCredential(session.host);
  return response;
}

/**
 * When nothing is left of what may be asked: `Retry-After`, Data Center's interval, or Cloud's time of reset.
 * https://developer.atlassian.com/cloud/confluence/rate-limiting/, https://confluence.atlassian.com/conf87/_ratelimiting_httpheaders-1333822054.html
 */
function notBefore(headers: Record<string, string>, now: number): number {
  if (headers['x-ratelimit-remaining'] !== '0') return 0;
  const seconds = Number(headers['retry-after'] ?? headers['x-ratelimit-interval-seconds']);
  if (Number.isFinite(seconds)) return now + seconds * 1000;
  const reset = Date.parse(headers['x-ratelimit-reset'] ?? '');
  return Number.isFinite(reset) ? reset : 0;
}

/** The JSON of an answer; undefined for 404. */
async function bodyOf(session: Session, response: OutboundResponse): Promise<{ body: unknown } | undefined> {
  if (response.status === 404) return undefined;
  const body = await jsonOf(response);
  if (response.status === 200 && body !== undefined) {
    const named = linksSchema.safeParse(body).data?._links.base;
    if (named !== undefined && /^https?:\/\/[^/]/i.test(named) && URL.canParse(named)) session.webBase = named.replace(/\/+$/, '');
    return { body };
  }
  throw (await refusalOf(response, session)) ?? unreadable(session.host, `it answered ${response.status}`);
}

async function jsonOf(response: OutboundResponse): Promise<unknown> {
  try {
    return JSON.parse(Buffer.from(await response.bytes()).toString('utf8'));
  } catch {
    return undefined;
  }
}

function clockOf(response: OutboundResponse, context: ConnectorContext): number {
  const date = Date.parse(response.headers['date'] ?? '');
  return Number.isFinite(date) ? date : context.clock.now();
}

/** Asked once for a run, whatever comes of it. */
export function once<T>(wiki: Wiki, key: string, ask: () => Promise<T>): Promise<T> {
  const known = wiki.remembered.get(key) as Promise<T> | undefined;
  if (known) return known;
  const asked = ask();
  wiki.remembered.set(key, asked);
  asked.catch(() => wiki.remembered.delete(key));
  return asked;
}

/** Short, of what a listing says. */
export function digestOf(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 8);
}
