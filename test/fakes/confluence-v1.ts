/** The first interface of a fake Confluence: what both flavours have of it, and the rest of Data Center's. */
import {
  bad,
  byCursor,
  byStart,
  fileReply,
  limitOf,
  notFound,
  seen,
  sees,
  webui,
  type FakeConfluence,
  type Route,
} from './confluence-answers.ts';
import type { FakeContent, FakeUser } from './confluence-state.ts';

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

const CQL =
  /^space in \(([^)]+)\) and type in \(([a-z,]+)\)(?: and lastmodified >= "(\d{4}-\d\d-\d\d \d\d:\d\d)")? order by (?:lastmodified|created)$/;

export function sharedRoutes(wiki: FakeConfluence): Route[] {
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

export function serverRoutes(wiki: FakeConfluence): Route[] {
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
