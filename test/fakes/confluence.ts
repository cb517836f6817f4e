/**
 * A Confluence on loopback, Cloud or Data Center: as much of its published interfaces as the connector uses, and nothing beside.
 * Unknown paths, parameters and expansions are refused, limits are those of the real ones, who asks sees what they may.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createState, type FakeContent, type FakeUser, type WikiState } from './confluence-state.ts';

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
interface Route {
  path: RegExp;
  /** Every parameter that it takes. */
  takes: string[];
  handle: Handler;
}

const notFound: FakeReply = {
  status: 404,
  body: { statusCode: 404, message: 'com.atlassian.confluence.api.service.exceptions.NotFoundException' },
};
const bad = (message: string): FakeReply => ({ status: 400, body: { statusCode: 400, message } });

export async function startConfluence(flavour: 'cloud' | 'server'): Promise<FakeConfluence> {
  const cloud = flavour === 'cloud';
  const context = cloud ? '/wiki' : '/confluence';
  const wiki = createState({ file: cloud ? 'att' : '' }) as FakeConfluence;
  wiki.space('HR');
  const self = wiki.user('docent', { email: 'docent@example.com', groups: ['confluence-users'] });
  Object.assign(wiki, {
    flavour,
    self,
    token: cloud ? 'docent@example.com:ATATT3xFf' : 'MzI4NTUwOTk2OTk3Oi',
    open: false,
    forgotten: false,
    seesAll: true,
    most: 1000,
    zoneMinutes: 0,
    scans: true,
    instead: () => undefined,
    alter: (_request: FakeRequest, reply: FakeReply) => reply,
    requests: [],
  } satisfies Partial<FakeConfluence>);
  const routes = cloud ? [...cloudRoutes(wiki), ...sharedRoutes(wiki)] : [...serverRoutes(wiki), ...sharedRoutes(wiki)];

  const answer = (request: FakeRequest): FakeReply => {
    const instead = wiki.instead(request);
    if (instead) return instead;
    if (!request.path.startsWith(context)) return { status: 404, body: '<html>not here</html>', headers: { 'content-type': 'text/html' } };
    const media = /^\/media\/(\w+)$/.exec(request.path.slice(context.length))?.[1];
    if (media !== undefined) return fileReply(wiki.contents.get(media));
    const viewer = whoIs(wiki, request.authorization);
    if (viewer === 'refused')
      return cloud
        ? { status: 403, body: { statusCode: 403, message: 'Request rejected because caller cannot access Confluence' } }
        : {
            status: 401,
            body: '<html><body>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED</body></html>',
            headers: { 'content-type': 'text/html' },
          };
    const path = request.path.slice(context.length);
    for (const route of routes) {
      const match = route.path.exec(path);
      if (!match) continue;
      const unknown = [...request.query.keys()].find((name) => !route.takes.includes(name));
      if (unknown !== undefined) return bad(`unknown parameter ${unknown}`);
      return route.handle(match.slice(1).map(decodeURIComponent), request.query, viewer);
    }
    return notFound;
  };

  const server = http.createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const request: FakeRequest = { path: url.pathname, query: url.searchParams, authorization: incoming.headers.authorization };
    const given = incoming.method === 'GET' ? answer(request) : { status: 405, body: {} };
    const reply = wiki.alter(request, given);
    wiki.requests.push({ path: url.pathname.slice(context.length), query: url.search, status: reply.status });
    const viewer = whoIs(wiki, request.authorization);
    const named = cloud || viewer === 'refused' ? {} : { 'x-ausername': viewer?.username ?? 'anonymous' };
    const raw = typeof reply.body === 'string' || reply.body instanceof Uint8Array;
    outgoing.writeHead(reply.status, {
      date: new Date(wiki.now()).toUTCString(),
      ...(raw ? {} : { 'content-type': 'application/json' }),
      ...named,
      ...reply.headers,
    });
    outgoing.end(raw ? (reply.body as string | Uint8Array) : JSON.stringify(reply.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  wiki.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}${context}`;
  wiki.url = cloud ? `${wiki.base}/spaces/HR` : `${wiki.base}/display/HR`;
  wiki.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return wiki;
}

function whoIs(wiki: FakeConfluence, authorization: string | undefined): FakeUser | undefined | 'refused' {
  const expected = wiki.flavour === 'cloud' ? `Basic ${Buffer.from(wiki.token).toString('base64')}` : `Bearer ${wiki.token}`;
  if (authorization !== undefined && !wiki.forgotten) return authorization === expected ? wiki.self : 'refused';
  return wiki.open || wiki.forgotten ? undefined : 'refused';
}

/** Whether they may see it at all: a wiki that forgot them shows what is open alone. */
function sees(wiki: FakeConfluence, viewer: FakeUser | undefined, content: FakeContent): boolean {
  if (!viewer && !wiki.open) return false;
  return (wiki.seesAll && viewer !== undefined) || wiki.mayRead(viewer, content.id);
}

/** What a person sees of a kind, in the order of ids. */
function seen(wiki: FakeConfluence, viewer: FakeUser | undefined, wanted: (content: FakeContent) => boolean): FakeContent[] {
  const number = ({ id }: FakeContent): number => Number(id.replace(/\D/g, ''));
  return [...wiki.contents.values()].filter((one) => wanted(one) && sees(wiki, viewer, one)).sort((a, b) => number(a) - number(b));
}

// ------------------------------------------------------------------------------------------------ the first interface

const v1Expansions = new Set([
  'version',
  'space',
  'container',
  'ancestors',
  'body.storage',
  'restrictions.read.restrictions.user',
  'restrictions.read.restrictions.group',
  'children.attachment.version',
]);

function expansions(query: URLSearchParams): Set<string> | undefined {
  const expand = new Set((query.get('expand') ?? '').split(',').filter(Boolean));
  return [...expand].every((one) => v1Expansions.has(one)) ? expand : undefined;
}

function v1User(wiki: FakeConfluence, username: string): object {
  const user = wiki.users.find((one) => one.username === username);
  if (!user) return { type: 'unknown', displayName: 'Former user' };
  if (wiki.flavour === 'cloud')
    return {
      type: 'known',
      accountId: user.id,
      accountType: 'atlassian',
      email: user.email ?? '',
      publicName: user.displayName,
      displayName: user.displayName,
    };
  return { type: 'known', username: user.username, userKey: user.id, displayName: user.displayName };
}

function readRestriction(wiki: FakeConfluence, { read }: FakeContent, start: number, limit: number): object {
  const slice = <T>(all: T[]): object => {
    const results = all.slice(start, start + limit);
    return { results, start, limit, size: results.length };
  };
  const groups = read.groups.map((name) => ({ type: 'group', name, ...(wiki.flavour === 'cloud' ? { id: `id-of-${name}` } : {}) }));
  return { operation: 'read', restrictions: { user: slice(read.users.map((name) => v1User(wiki, name))), group: slice(groups) } };
}

function webui(wiki: FakeConfluence, { id, type, title, space, parent }: FakeContent): string {
  const name = encodeURIComponent(title).replaceAll('%20', '+');
  if (type === 'attachment') return `/pages/viewpage.action?pageId=${parent}&preview=${encodeURIComponent(`/${parent}/${id}/${title}`)}`;
  return wiki.flavour === 'cloud'
    ? `/spaces/${space}/${type === 'blogpost' ? 'blog' : 'pages'}/${id}/${name}`
    : `/display/${space}/${name}`;
}

function v1Content(wiki: FakeConfluence, viewer: FakeUser | undefined, content: FakeContent, expand: Set<string>): object {
  const { id, type, status, title, version, when, by, space, parent, storage, file } = content;
  const own = wiki.spaces.find(({ key }) => key === space)!;
  const above =
    type === 'page'
      ? wiki
          .chain(id)
          .slice(0, -1)
          .filter((one) => one.type === 'page')
      : [];
  const download = `/download/attachments/${parent}/${encodeURIComponent(title)}?version=${version}&modificationDate=${when}&api=v2`;
  return {
    id,
    type,
    status,
    title,
    ...(file ? { metadata: { mediaType: file.mediaType }, extensions: { mediaType: file.mediaType, fileSize: file.bytes.length } } : {}),
    ...(expand.has('space') ? { space: { id: own.id, key: own.key, type: own.type } } : {}),
    ...(expand.has('version') ? { version: { number: version, when: new Date(when).toISOString(), by: v1User(wiki, by) } } : {}),
    ...(expand.has('ancestors')
      ? { ancestors: above.map((one) => ({ id: one.id, type: 'page', status: one.status, title: one.title })) }
      : {}),
    ...(expand.has('body.storage') ? { body: { storage: { value: storage, representation: 'storage' } } } : {}),
    ...(expand.has('container') && type === 'attachment'
      ? { container: v1Content(wiki, viewer, wiki.contents.get(parent!)!, new Set()) }
      : {}),
    ...(expand.has('restrictions.read.restrictions.user')
      ? { restrictions: { read: readRestriction(wiki, content, 0, 200), _expandable: { update: '' } } }
      : {}),
    ...(expand.has('children.attachment.version')
      ? { children: { attachment: filesOn(wiki, viewer, id, 0, 25, new Set(['version'])) } }
      : {}),
    _links: { webui: webui(wiki, content), self: `${wiki.base}/rest/api/content/${id}`, ...(type === 'attachment' ? { download } : {}) },
  };
}

function filesOn(
  wiki: FakeConfluence,
  viewer: FakeUser | undefined,
  page: string,
  start: number,
  limit: number,
  expand: Set<string>,
): object {
  const all = seen(wiki, viewer, (one) => one.type === 'attachment' && one.parent === page && one.status === 'current');
  const results = all.slice(start, start + limit).map((one) => v1Content(wiki, viewer, one, expand));
  const more = start + limit < all.length;
  const next = `/rest/api/content/${page}/child/attachment?limit=${limit}&start=${start + limit}${expand.size > 0 ? `&expand=${[...expand].join(',')}` : ''}`;
  return { results, start, limit, size: results.length, _links: { ...(more ? { next } : {}), base: wiki.base } };
}

/** Data Center's most: 50 with bodies, 200 with anything expanded, 1000 without. */
function limitOf(wiki: FakeConfluence, query: URLSearchParams, expand: Set<string>, fallback = 25): number {
  const cap = expand.has('body.storage') ? 50 : expand.size > 0 ? 200 : 1000;
  return Math.min(Number(query.get('limit') ?? fallback), cap, wiki.most);
}

/** By `start`, as Data Center pages; the offset counts what the person sees. */
function byStart(wiki: FakeConfluence, path: string, query: URLSearchParams, all: object[], limit: number): FakeReply {
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
function byCursor<T extends { id: string }>(
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

const CQL =
  /^space in \(([^)]+)\) and type in \(([a-z,]+)\)(?: and lastmodified >= "(\d{4}-\d\d-\d\d \d\d:\d\d)")? order by (?:lastmodified|created)$/;

function sharedRoutes(wiki: FakeConfluence): Route[] {
  const cloud = wiki.flavour === 'cloud';
  const id = '([A-Za-z0-9]+)';
  return [
    {
      path: /^\/rest\/api\/user\/current$/,
      takes: [],
      handle: (_, __, viewer) => ({
        status: 200,
        body: viewer ? v1User(wiki, viewer.username) : { type: 'anonymous', displayName: 'Anonymous', profilePicture: {} },
      }),
    },
    {
      path: /^\/rest\/api\/user$/,
      takes: [cloud ? 'accountId' : 'key'],
      handle(_, query, viewer) {
        const user = wiki.users.find((one) => one.id === (query.get('accountId') ?? query.get('key')));
        return user && viewer ? { status: 200, body: v1User(wiki, user.username) } : notFound;
      },
    },
    {
      path: /^\/rest\/api\/content\/search$/,
      takes: cloud ? ['cql', 'expand', 'limit', 'cursor'] : ['cql', 'expand', 'limit', 'start'],
      handle(_, query, viewer) {
        const expand = expansions(query);
        const [, keys, types, since] = CQL.exec(query.get('cql') ?? '') ?? [];
        if (!expand || keys === undefined) return bad('could not parse the query or the expansions');
        const spaces = keys.split(',').map((key) => JSON.parse(key) as string);
        if (spaces.some((key) => !wiki.spaces.some((space) => space.key === key))) return bad('no such space');
        // Whole minutes, in the zone of who asks.
        const from = since === undefined ? 0 : Date.parse(`${since.replace(' ', 'T')}:00Z`) - wiki.zoneMinutes * 60_000;
        const found = seen(wiki, viewer, (one) => {
          if (wiki.unindexed.has(one.id) || one.status !== 'current' || !types!.split(',').includes(one.type)) return false;
          return spaces.includes(one.space) && Math.floor(one.when / 60_000) * 60_000 >= from;
        });
        const shape = (one: FakeContent): object => v1Content(wiki, viewer, one, expand);
        const limit = limitOf(wiki, query, expand);
        if (cloud) return byCursor(wiki, '/rest/api/content/search', query, found, limit, shape, false);
        return byStart(wiki, '/rest/api/content/search', query, found.map(shape), limit);
      },
    },
    {
      path: new RegExp(`^/rest/api/content/${id}/restriction/byOperation/read$`),
      takes: ['expand', 'start', 'limit'],
      handle([asked], query, viewer) {
        if (query.get('expand') !== 'restrictions.user,restrictions.group') return bad('unknown expansion');
        const content = wiki.contents.get(asked!);
        if (!content || !sees(wiki, viewer, content)) return notFound;
        return { status: 200, body: readRestriction(wiki, content, Number(query.get('start')), Math.min(Number(query.get('limit')), 200)) };
      },
    },
  ];
}

function serverRoutes(wiki: FakeConfluence): Route[] {
  const contents = (query: URLSearchParams, viewer: FakeUser | undefined): FakeContent[] | undefined => {
    const [type, status, space] = [query.get('type') ?? 'page', query.get('status') ?? 'current', query.get('spaceKey')];
    if (!['page', 'blogpost'].includes(type) || !['current', 'trashed', 'any'].includes(status)) return undefined;
    return seen(wiki, viewer, (one) => one.type === type && one.space === space && (one.status === status || status === 'any'));
  };
  return [
    {
      path: /^\/rest\/api\/space$/,
      takes: ['type', 'status', 'limit', 'start'],
      handle(_, query, viewer) {
        const all =
          viewer || wiki.open ? wiki.spaces.filter(({ type, status }) => type === query.get('type') && status === query.get('status')) : [];
        return byStart(wiki, '/rest/api/space', query, all, Math.min(Number(query.get('limit')), wiki.most));
      },
    },
    {
      path: /^\/rest\/api\/space\/([^/]+)$/,
      takes: [],
      handle([key], _, viewer) {
        const space = viewer || wiki.open ? wiki.spaces.find((one) => one.key === key) : undefined;
        return space ? { status: 200, body: space } : notFound;
      },
    },
    {
      path: /^\/rest\/api\/content\/scan$/,
      takes: ['type', 'spaceKey', 'status', 'limit', 'expand', 'cursor'],
      handle(_, query, viewer) {
        const expand = expansions(query);
        if (!wiki.scans) return notFound;
        const all = query.get('type') === 'page' ? contents(query, viewer) : undefined;
        if (!expand || !all) return bad('only pages can be scanned');
        const reply = byCursor(
          wiki,
          '/rest/api/content/scan',
          query,
          all,
          limitOf(wiki, query, expand),
          (one) => v1Content(wiki, viewer, one, expand),
          false,
        );
        return reply;
      },
    },
    {
      path: /^\/rest\/api\/content$/,
      takes: ['type', 'spaceKey', 'status', 'limit', 'start', 'expand'],
      handle(_, query, viewer) {
        const expand = expansions(query);
        const all = contents(query, viewer);
        if (!expand || !all) return bad('unknown type, status or expansion');
        return byStart(
          wiki,
          '/rest/api/content',
          query,
          all.map((one) => v1Content(wiki, viewer, one, expand)),
          limitOf(wiki, query, expand),
        );
      },
    },
    {
      path: /^\/rest\/api\/content\/(\d+)$/,
      takes: ['status', 'expand'],
      handle([id], query, viewer) {
        const content = wiki.contents.get(id!);
        const status = query.get('status') ?? 'current';
        const expand = expansions(query);
        if (!expand) return bad('unknown expansion');
        if (!content || !sees(wiki, viewer, content) || (status !== 'any' && content.status !== status)) return notFound;
        return { status: 200, body: v1Content(wiki, viewer, content, expand) };
      },
    },
    {
      path: /^\/rest\/api\/content\/(\d+)\/child\/attachment$/,
      takes: ['start', 'limit', 'expand'],
      handle([id], query, viewer) {
        const expand = expansions(query);
        if (!expand) return bad('unknown expansion');
        return { status: 200, body: filesOn(wiki, viewer, id!, Number(query.get('start') ?? 0), limitOf(wiki, query, expand), expand) };
      },
    },
    {
      path: /^\/rest\/mobile\/1\.0\/profile\/([^/]+)$/,
      takes: [],
      handle([name], _, viewer) {
        const user = wiki.users.find((one) => one.username === name);
        return user && viewer
          ? { status: 200, body: { userName: name, fullName: user.displayName, ...(user.email ? { email: user.email } : {}) } }
          : notFound;
      },
    },
    {
      path: /^\/download\/attachments\/(\d+)\/([^/]+)$/,
      takes: ['version', 'modificationDate', 'api'],
      handle([page, name], _, viewer) {
        const [file] = seen(
          wiki,
          viewer,
          (one) => one.type === 'attachment' && one.parent === page && one.title === name && one.status === 'current',
        );
        if (!viewer)
          return {
            status: 200,
            body: '<html><body>Log in <input type="password"></body></html>',
            headers: { 'content-type': 'text/html' },
          };
        return file ? fileReply(file) : notFound;
      },
    },
  ];
}

function fileReply(content: FakeContent | undefined): FakeReply {
  if (!content?.file) return notFound;
  return { status: 200, body: content.file.bytes, headers: { 'content-type': content.file.mediaType } };
}

// ----------------------------------------------------------------------------------------------- the second interface

function cloudRoutes(wiki: FakeConfluence): Route[] {
  const accountOf = (username: string): string => wiki.users.find((one) => one.username === username)?.id ?? 'gone';
  const v2 = (content: FakeContent): Record<string, unknown> => {
    const { id, status, title, space, parent, version, when, by, type, file } = content;
    const shared = {
      id,
      status,
      title,
      version: { number: version, createdAt: new Date(when).toISOString(), authorId: accountOf(by), minorEdit: false },
    };
    if (type === 'attachment') {
      const container = wiki.contents.get(parent!)!;
      const download = `/download/attachments/${parent}/${encodeURIComponent(title)}?version=${version}&api=v2`;
      return {
        ...shared,
        [container.type === 'blogpost' ? 'blogPostId' : 'pageId']: parent,
        mediaType: file!.mediaType,
        fileSize: file!.bytes.length,
        webuiLink: webui(wiki, content),
        downloadLink: download,
        _links: { webui: webui(wiki, content), download },
      };
    }
    const above = parent === undefined ? undefined : wiki.contents.get(parent);
    const place = type === 'blogpost' ? {} : { parentId: above?.id ?? null, parentType: above?.type ?? null };
    return {
      ...shared,
      spaceId: String(wiki.spaces.find(({ key }) => key === space)!.id),
      ...place,
      authorId: accountOf(by),
      _links: { webui: webui(wiki, content) },
    };
  };
  const limit = (query: URLSearchParams): number | undefined => {
    const asked = Number(query.get('limit') ?? 25);
    return asked >= 1 && asked <= 250 ? Math.min(asked, wiki.most) : undefined;
  };
  const listing = (path: string, query: URLSearchParams, all: FakeContent[]): FakeReply => {
    const most = limit(query);
    return most === undefined ? bad('limit must be between 1 and 250') : byCursor(wiki, path, query, all, most, v2, true);
  };
  const statuses = (query: URLSearchParams, known: string[], fallback: string[]): string[] | undefined => {
    const asked = query.get('status')?.split(',') ?? fallback;
    return asked.every((one) => known.includes(one)) ? asked : undefined;
  };
  const many = (type: 'page' | 'blogpost', known: string[], fallback: string[]): Route => {
    const path = type === 'page' ? '/api/v2/pages' : '/api/v2/blogposts';
    return {
      path: new RegExp(`^${path}$`),
      takes: ['space-id', 'status', 'sort', 'limit', 'cursor'],
      handle(_, query, viewer) {
        const wanted = statuses(query, known, fallback);
        const ids = (query.get('space-id') ?? '').split(',');
        if (!wanted || ids.length > 100 || !['id', null].includes(query.get('sort')))
          return bad('unknown status or sort, or too many spaces');
        const keys = wiki.spaces.filter((space) => ids.includes(String(space.id))).map(({ key }) => key);
        return listing(
          path,
          query,
          seen(wiki, viewer, (one) => one.type === type && keys.includes(one.space) && wanted.includes(one.status)),
        );
      },
    };
  };
  const single = (path: string, type: FakeContent['type']): Route => ({
    path: new RegExp(`^/api/v2/${path}/(\\d+)$`),
    takes: ['body-format', 'include-properties'],
    handle([id], query, viewer) {
      const content = wiki.contents.get(id!);
      if (!content || content.type !== type || !sees(wiki, viewer, content))
        return { status: 404, body: { errors: [{ status: 404, code: 'NOT_FOUND', title: 'Not Found' }] } };
      const editor = content.editor ? [{ id: '1', key: 'editor', value: content.editor, version: {} }] : [];
      return {
        status: 200,
        body: {
          ...v2(content),
          body: query.get('body-format') === 'storage' ? { storage: { value: content.storage, representation: 'storage' } } : {},
          ...(query.get('include-properties') === 'true' ? { properties: { results: editor, meta: {}, _links: {} } } : {}),
        },
      };
    },
  });
  const files = (path: RegExp): Route => ({
    path,
    takes: ['status', 'limit', 'cursor', 'sort'],
    handle([page], query, viewer) {
      const wanted = statuses(query, ['current', 'archived', 'trashed'], ['current', 'archived']);
      if (!wanted) return bad('unknown status');
      if (page !== undefined && !wiki.contents.has(page)) return notFound;
      const all = seen(
        wiki,
        viewer,
        (one) => one.type === 'attachment' && wanted.includes(one.status) && (page === undefined || one.parent === page),
      );
      return listing(page === undefined ? '/api/v2/attachments' : `/api/v2/pages/${page}/attachments`, query, all);
    },
  });
  return [
    many('page', ['current', 'archived', 'deleted', 'trashed'], ['current', 'archived']),
    many('blogpost', ['current', 'deleted', 'trashed'], ['current']),
    single('pages', 'page'),
    single('blogposts', 'blogpost'),
    single('folders', 'folder'),
    files(/^\/api\/v2\/attachments$/),
    files(/^\/api\/v2\/(?:pages|blogposts)\/(\d+)\/attachments$/),
    {
      path: /^\/api\/v2\/spaces$/,
      takes: ['keys', 'status', 'limit', 'cursor'],
      handle(_, query, viewer) {
        const most = limit(query);
        if (most === undefined) return bad('limit must be between 1 and 250');
        const keys = query.get('keys')?.split(',');
        const all = viewer || wiki.open ? wiki.spaces : [];
        const wanted = all.filter(({ key, status }) => (!keys || keys.includes(key)) && (query.get('status') ?? status) === status);
        return byCursor(
          wiki,
          '/api/v2/spaces',
          query,
          wanted.map((space) => ({ ...space, id: String(space.id) })),
          most,
          (space) => space,
          true,
        );
      },
    },
    {
      path: /^\/rest\/api\/content\/(\d+)\/child\/attachment\/(att\d+)\/download$/,
      takes: ['version', 'status'],
      handle([page, id], _, viewer) {
        const file = wiki.contents.get(id!);
        if (!file || file.parent !== page || file.status !== 'current' || !sees(wiki, viewer, file)) return notFound;
        return { status: 302, headers: { location: `${wiki.base}/media/${id}` } };
      },
    },
  ];
}
