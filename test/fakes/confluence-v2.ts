/** The second interface of a fake Confluence, which only Cloud has. */
import { bad, byCursor, notFound, seen, sees, webui, type FakeConfluence, type FakeReply, type Route } from './confluence-answers.ts';
import type { FakeContent } from './confluence-state.ts';

export function cloudRoutes(wiki: FakeConfluence): Route[] {
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
