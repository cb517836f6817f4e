/**
 * A Confluence on loopback, Cloud or Data Center: as much of its published interfaces as the connector uses, and nothing beside.
 * Unknown paths, parameters and expansions are refused, limits are those of the real ones, who asks sees what they may.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { bad, fileReply, notFound, whoIs, type FakeConfluence, type FakeReply, type FakeRequest } from './confluence-answers.ts';
import { createState } from './confluence-state.ts';
import { serverRoutes, sharedRoutes } from './confluence-v1.ts';
import { cloudRoutes } from './confluence-v2.ts';

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
