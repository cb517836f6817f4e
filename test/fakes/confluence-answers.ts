/** What both interfaces of a fake Confluence share: who asks, what they see, and how answers are cut into pages. */
import type { FakeContent, FakeUser, WikiState } from './confluence-state.ts';

export interface FakeReply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface FakeRequest {
  path: string;
  query: URLSearchParams;
  authorization: string | undefined;
}

export interface FakeConfluence extends WikiState {
  flavour: 'cloud' | 'server';
  /** Where its interface hangs. */
  base: string;
  /** Of its first space, as a browser shows it. */
  url: string;
  /** As the connector is given it. */
  token: string;
  /** Who the token is. */
  self: FakeUser;
  /** What nobody may see as well; private otherwise. */
  open: boolean;
  /** The token counts for nothing, and who has it is nobody, without a word about it. */
  forgotten: boolean;
  /** Sees what is restricted, as administrators of Data Center may. */
  seesAll: boolean;
  /** Results in one answer, at most; the interface's own limits hold as well. */
  most: number;
  /** Of the account, or of the server: minutes before UTC are negative. */
  zoneMinutes: number;
  /** As of versions before 7.18. */
  scans: boolean;
  /** Answers before anything is looked at. */
  instead: (request: FakeRequest) => FakeReply | undefined;
  /** Changes an answer that would have been given. */
  alter: (request: FakeRequest, reply: FakeReply) => FakeReply;
  requests: { path: string; query: string; status: number }[];
  close(): Promise<void>;
}

type Handler = (match: string[], query: URLSearchParams, viewer: FakeUser | undefined) => FakeReply;
export interface Route {
  path: RegExp;
  /** Every parameter that it takes. */
  takes: string[];
  handle: Handler;
}

export const notFound: FakeReply = {
  status: 404,
  body: { statusCode: 404, message: 'com.atlassian.confluence.api.service.exceptions.NotFoundException' },
};
export const bad = (message: string): FakeReply => ({ status: 400, body: { statusCode: 400, message } });

export function whoIs(wiki: FakeConfluence, authorization: string | undefined): FakeUser | undefined | 'refused' {
  const expected = wiki.flavour === 'cloud' ? `Basic ${Buffer.from(wiki.token).toString('base64')}` : `Bearer ${wiki.token}`;
  if (authorization !== undefined && !wiki.forgotten) return authorization === expected ? wiki.self : 'refused';
  return wiki.open || wiki.forgotten ? undefined : 'refused';
}

/** Whether they may see it at all: a wiki that forgot them shows what is open alone. */
export function sees(wiki: FakeConfluence, viewer: FakeUser | undefined, content: FakeContent): boolean {
  if (!viewer && !wiki.open) return false;
  return (wiki.seesAll && viewer !== undefined) || wiki.mayRead(viewer, content.id);
}

/** What a person sees of a kind, in the order of ids. */
export function seen(wiki: FakeConfluence, viewer: FakeUser | undefined, wanted: (content: FakeContent) => boolean): FakeContent[] {
  const number = ({ id }: FakeContent): number => Number(id.replace(/\D/g, ''));
  return [...wiki.contents.values()].filter((one) => wanted(one) && sees(wiki, viewer, one)).sort((a, b) => number(a) - number(b));
}

export function webui(wiki: FakeConfluence, { id, type, title, space, parent }: FakeContent): string {
  const name = encodeURIComponent(title).replaceAll('%20', '+');
  if (type === 'attachment') return `/pages/viewpage.action?pageId=${parent}&preview=${encodeURIComponent(`/${parent}/${id}/${title}`)}`;
  return wiki.flavour === 'cloud'
    ? `/spaces/${space}/${type === 'blogpost' ? 'blog' : 'pages'}/${id}/${name}`
    : `/display/${space}/${name}`;
}

export function fileReply(content: FakeContent | undefined): FakeReply {
  if (!content?.file) return notFound;
  return { status: 200, body: content.file.bytes, headers: { 'content-type': content.file.mediaType } };
}

/** Data Center's most: 50 with bodies, 200 with anything expanded, 1000 without. */
export function limitOf(wiki: FakeConfluence, query: URLSearchParams, expand: Set<string>, fallback = 25): number {
  const cap = expand.has('body.storage') ? 50 : expand.size > 0 ? 200 : 1000;
  return Math.min(Number(query.get('limit') ?? fallback), cap, wiki.most);
}

/** By `start`, as Data Center pages; the offset counts what the person sees. */
export function byStart(wiki: FakeConfluence, path: string, query: URLSearchParams, all: object[], limit: number): FakeReply {
  const start = Number(query.get('start') ?? 0);
  const results = all.slice(start, start + limit);
  const more = new URLSearchParams(query);
  more.set('start', String(start + limit));
  more.set('limit', String(limit));
  const _links = {
    self: wiki.base + path,
    base: wiki.base,
    context: new URL(wiki.base).pathname,
    ...(start + limit < all.length ? { next: `${path}?${more}` } : {}),
  };
  return { status: 200, body: { results, start, limit, size: results.length, _links } };
}

/** By an opaque cursor that outlives changes: the id behind which it goes on. */
export function byCursor<T extends { id: string }>(
  wiki: FakeConfluence,
  path: string,
  query: URLSearchParams,
  all: T[],
  limit: number,
  shape: (one: T) => object,
  second: boolean,
): FakeReply {
  const after = query.get('cursor');
  let from = 0;
  if (after !== null) {
    const id = Buffer.from(after, 'base64url').toString();
    if (!id.startsWith('after:')) return bad('the cursor is invalid');
    const last = Number(id.slice(6).replace(/\D/g, ''));
    from = all.findIndex((one) => Number(one.id.replace(/\D/g, '')) > last);
    if (from < 0) from = all.length;
  }
  const some = all.slice(from, from + limit);
  const more = new URLSearchParams(query);
  if (some.length > 0) more.set('cursor', Buffer.from(`after:${some.at(-1)!.id}`).toString('base64url'));
  const next = from + limit < all.length ? `${second ? '/wiki' : ''}${path}?${more}` : undefined;
  const results = some.map(shape);
  const body = second
    ? { results, _links: { ...(next ? { next } : {}), base: wiki.base } }
    : { results, limit, size: results.length, _links: { ...(next ? { next } : {}), base: wiki.base, context: '/wiki' } };
  return { status: 200, body, headers: second && next ? { link: `<${next}>; rel="next", <${wiki.base}>; rel="base"` } : {} };
}
