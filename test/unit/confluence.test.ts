/** The Confluence connector against fakes of both flavours: what it finds, whom it lets in, what it does not believe. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../../src/connectors/connector.ts';
import { looksLikeConfluence, placeOf } from '../../src/connectors/drivers/confluence-address.ts';
import { groupPrincipal } from '../../src/connectors/drivers/confluence-readers.ts';
import { createConfluenceConnector } from '../../src/connectors/drivers/confluence.ts';
import { connectorFor } from '../../src/connectors/registry.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound, type Outbound } from '../../src/net/outbound.ts';
import { extractDocument } from '../../src/sync/extract-document.ts';
import type { FakeConfluence } from '../fakes/confluence-answers.ts';
import { startConfluence } from '../fakes/confluence.ts';
import { never } from '../fakes/open-app.ts';
import { failureOf } from '../fakes/failure-of.ts';

const HOUR = 3_600_000;

describe('addresses', () => {
  test.each([
    'https://acme.atlassian.net',
    'https://acme.atlassian.net/wiki',
    'https://acme.atlassian.net/wiki/spaces/KEY',
    'https://acme.atlassian.net/wiki/spaces/KEY/pages/123/Title',
    'https://acme.atlassian.net/wiki/display/KEY/Title',
    'https://acme.atlassian.net/wiki/overview',
    'https://api.atlassian.com/ex/confluence/11111111-2222-3333/wiki',
    'https://confluence.corp/display/KEY',
    'https://confluence.corp/display/~ann/Home',
    'https://wiki.corp/confluence/display/KEY/Some+page',
    'https://confluence.corp/spaces/KEY',
    'https://confluence.corp/spaces/KEY/pages/123/Title',
    'https://confluence.corp/pages/viewpage.action?pageId=12',
  ])('%s is one', async (location) => {
    expect(looksLikeConfluence(location)).toBe(true);
    expect((await connectorFor(location)).kind).toBe('confluence');
  });
  test.each([
    'https://acme.atlassian.net/browse/HR-1',
    'https://confluence.corp/',
    'https://example.com/spaces/my-team',
    'https://huggingface.co/spaces/acme/demo',
    'https://example.com/displays/KEY',
    'https://example.com/docs/display',
    'https://en.wikipedia.org/wiki/Display',
    'https://github.com/acme/spaces.git',
    'https://notatlassian.net/wiki',
    '/srv/confluence/display/KEY',
  ])('%s is none', async (location) => {
    expect(looksLikeConfluence(location)).toBe(false);
    if (location.startsWith('http')) expect((await connectorFor(location)).kind).not.toBe('confluence');
  });
  test.each([
    ['https://acme.atlassian.net/wiki/spaces/KEY/overview', ['https://acme.atlassian.net/wiki'], 'KEY'],
    ['https://acme.atlassian.net/wiki/spaces/~71202/pages/1', ['https://acme.atlassian.net/wiki'], '~71202'],
    ['https://acme.atlassian.net/', ['https://acme.atlassian.net/wiki'], undefined],
    ['https://api.atlassian.com/ex/confluence/1-2', ['https://api.atlassian.com/ex/confluence/1-2/wiki'], undefined],
    ['https://w.corp/display/KEY/Title', ['https://w.corp', 'https://w.corp/confluence', 'https://w.corp/wiki'], 'KEY'],
    [
      'https://w.corp/docs/spaces/KEY/',
      ['https://w.corp/docs', 'https://w.corp', 'https://w.corp/confluence', 'https://w.corp/wiki'],
      'KEY',
    ],
    ['https://w.corp/spaces/viewspace.action?key=ABC', ['https://w.corp', 'https://w.corp/confluence', 'https://w.corp/wiki'], 'ABC'],
    ['https://w.corp/confluence/', ['https://w.corp/confluence', 'https://w.corp', 'https://w.corp/wiki'], undefined],
  ])('%s is looked for at its bases', (location, bases, spaceKey) => {
    const place = placeOf(location);
    expect(place.bases).toEqual(bases);
    expect(place.spaceKey).toBe(spaceKey);
  });
  test('any text is an address or is refused by name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true })), (text) => {
        looksLikeConfluence(text);
        try {
          expect(placeOf(text).bases.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'source.unsupported' });
        }
      }),
      { numRuns: 40 },
    );
  });
});

test('groups keep apart, whatever they are called, and stay principals', () => {
  expect(groupPrincipal('confluence-users')).toBe('group:confluence-users');
  expect(groupPrincipal('HR Team')).toBe('group:HR%20Team');
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ minLength: 1, unit: 'grapheme' }), (a, b) => {
      expect(groupPrincipal(a)).toMatch(/^group:[^\s:,]+$/u);
      expect(groupPrincipal(a) === groupPrincipal(b)).toBe(a === b);
    }),
  );
});

describe.each(['cloud', 'server'] as const)('Confluence, %s', (flavour) => {
  const cloud = flavour === 'cloud';
  let wiki: FakeConfluence;
  let now: number;
  let slept: number[];
  let cursor: string | undefined;
  let open: Outbound[];
  const connector = createConfluenceConnector();

  beforeEach(async () => {
    now = Date.parse('2026-11-20T10:00:30Z');
    [slept, cursor, open] = [[], undefined, []];
    wiki = await startConfluence(flavour);
    wiki.now = () => now;
  });
  afterEach(async () => {
    await Promise.all(open.map((one) => one.close()));
    await wiki.close();
  });

  const context = (): ConnectorContext => {
    const outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
    open.push(outbound);
    const clock = { now: () => now, sleep: async (ms: number) => void slept.push(ms) };
    return { outbound, clock, log: createLog('silent'), signal: never(), keepCursor: (at) => void (cursor = at) };
  };
  const at = (location = wiki.url, token: string | null = wiki.token): SourceLocation => ({
    location,
    ...(token === null ? {} : { credential: { token } }),
  });
  const gather = async (listing: AsyncIterable<ListedDocument>): Promise<Map<string, ListedDocument>> => {
    const all = new Map<string, ListedDocument>();
    for await (const listed of listing) {
      expect(all.has(listed.externalId), listed.externalId).toBe(false);
      all.set(listed.externalId, listed);
    }
    return all;
  };
  const list = (source = at()) => gather(connector.list(source, context()));
  const changes = (from = cursor!, source = at()) => gather(connector.listChanges!(source, from, context()));
  const fetchOf = async (id: string): Promise<Fetched> => {
    const listed = (await list()).get(id) ?? { externalId: id };
    return connector.fetch(at(), listed, undefined, context());
  };
  const check = (source = at()) => connector.check(source, context());

  describe('what it is not let into is told apart', () => {
    beforeEach(() => void wiki.add('Home', '<p>Welcome.</p>'));

    test('a wrong token, none, and one that the wiki silently takes for nobody', async () => {
      await check();
      for (const token of ['ann@example.com:ATATTwrong', 'bWFkZSB1cA']) {
        const refused = await failureOf(check(at(wiki.url, token)));
        expect(refused).toMatchObject({ code: 'source.credential', publicMessage: expect.stringMatching(/wrong, expired or revoked/) });
        expect(refused.publicMessage).not.toContain(token);
      }
      expect(await failureOf(check(at(wiki.url, null)))).toMatchObject({
        code: 'source.credential',
        publicMessage: expect.stringMatching(/signed in/),
      });
      for (const opened of [false, true]) {
        Object.assign(wiki, { forgotten: true, open: opened });
        expect(await failureOf(check())).toMatchObject({ code: 'source.credential' });
        expect(await failureOf(list())).toMatchObject({ code: 'source.credential' });
      }
    });

    test('no such space, and no space at all', async () => {
      const none = await failureOf(check(at(wiki.url.replace(/HR$/, 'NONE'))));
      expect(none).toMatchObject({ code: 'source.no_space', publicMessage: expect.stringMatching(/no space "NONE".*among the 1 that/) });
      wiki.spaces.length = 0;
      wiki.contents.clear();
      expect(await failureOf(check())).toMatchObject({ code: 'source.no_space', publicMessage: expect.stringMatching(/sees no space at/) });
      expect(await failureOf(check(at(wiki.base)))).toMatchObject({ code: 'source.empty' });
    });

    test('a space that may not be seen, or shows no page', async () => {
      wiki.instead = ({ path }) => (/\/spaces?(?:\/HR)?$/.test(path) ? { status: 403, body: { message: 'no' } } : undefined);
      expect((await failureOf(check())).publicMessage).toMatch(/may not read/);
      wiki.instead = () => undefined;
      wiki.seesAll = false;
      wiki.restrict([...wiki.contents.keys()][0]!, { users: ['ann'] });
      expect(await failureOf(check())).toMatchObject({ code: 'source.empty', publicMessage: expect.stringMatching(/no page/) });
      expect(await failureOf(list())).toMatchObject({ code: 'source.empty' });
    });

    test('an account that may not see restrictions, which would close everything', async () => {
      wiki.instead = ({ path }) => (path.includes('/restriction/') ? { status: 403, body: {} } : undefined);
      expect(await failureOf(check())).toMatchObject({
        code: 'source.forbidden',
        publicMessage: expect.stringMatching(/who may read a page/),
      });
      wiki.instead = ({ path }) => (path.endsWith('/content/search') ? { status: 403, body: {} } : undefined);
      if (cloud) expect(await failureOf(list())).toMatchObject({ code: 'confluence.forbidden' });
    });

    test('a login page with 200, a CAPTCHA, another site, an old or broken server', async () => {
      const say = (status: number, body: unknown, headers = {}) => (wiki.instead = () => ({ status, body, headers }));
      say(200, '<html><form><input type="password"></form></html>', { 'content-type': 'text/html' });
      expect(await failureOf(check())).toMatchObject({ code: 'source.login', publicMessage: expect.stringMatching(/login page/) });
      say(cloud ? 401 : 403, '<html></html>', { 'x-authentication-denied-reason': 'CAPTCHA_CHALLENGE; login-url=https://x/login.action' });
      expect(await failureOf(check())).toMatchObject({ code: 'source.captcha', publicMessage: expect.stringMatching(/once in a browser/) });
      say(404, '<html>Not found</html>');
      expect(await failureOf(check())).toMatchObject({ code: 'source.not_confluence' });
      say(200, { hello: 'world' });
      expect(await failureOf(check())).toMatchObject({ code: 'source.not_confluence' });
      say(503, 'down');
      expect(await failureOf(check())).toMatchObject({ code: 'source.unreachable', retryable: true });
    });

    test('a wiki that anyone may read needs no token', async () => {
      wiki.open = true;
      wiki.instead = ({ path, query }) => (/restriction/.test(path + query.get('expand')) ? { status: 401, body: {} } : undefined);
      await check(at(wiki.url, null));
      const [[id, listed]] = [...(await list(at(wiki.url, null)))] as [[string, ListedDocument]];
      expect(listed.readers).toEqual([]);
      now += HOUR;
      wiki.edit(id, { storage: '<p>Welcome, all.</p>' });
      expect((await changes(cursor!, at(wiki.url, null))).get(id)).toMatchObject({ readers: [] });
    });
  });

  describe('what it finds', () => {
    test('one space, or all that are neither personal nor archived', async () => {
      const [eng, old, ann] = ['ENG', 'OLD', '~ann'].map((key) => wiki.space(key, key === 'OLD' ? { status: 'archived' } : {}).key);
      const ids = ['HR', eng, old, ann].map((space) => wiki.add(`Home of ${space}`, '<p>Welcome.</p>', { space: space! }));
      expect([...(await list()).keys()]).toEqual([ids[0]]);
      expect([...(await list(at(wiki.base))).keys()]).toEqual([ids[0], ids[1]]);
      expect([...(await list(at(wiki.url.replace(/HR$/, '~ann')))).keys()]).toEqual([ids[3]]);
      if (cloud) expect([...(await list(at(wiki.url.replace(/HR$/, 'OLD')))).keys()]).toEqual([ids[2]]);
    });

    test('current pages and posts alone, at any address of the wiki', async () => {
      const home = wiki.add('Home', '<p>1</p>');
      const post = wiki.add('Post', '<p>2</p>', { type: 'blogpost' });
      for (const status of ['draft', 'trashed', 'archived'] as const) wiki.add(status, '<p>x</p>', { status });
      for (const path of cloud
        ? ['/spaces/HR', '/spaces/HR/pages/1000/Home', '/spaces/HR/overview']
        : ['/display/HR', '/display/HR/Home', '/spaces/HR/pages/1000/Home'])
        expect([...(await list(at(wiki.base + path))).keys()]).toEqual([home, post]);
    });

    test('more than one answer holds, each once, and with few requests', async () => {
      const home = wiki.add('Home', '<p>0</p>');
      for (let n = 1; n < 23; n++)
        wiki.add(`Page ${n}`, `<p>${n}</p>`, { parent: n % 2 ? home : String(999 + n), type: n === 22 ? 'blogpost' : 'page' });
      wiki.attach(home, 'a.txt', 'words', 'text/plain');
      const before = wiki.requests.length;
      expect((await list()).size).toBe(24);
      // Who it is (twice), the space, and each kind of thing once: no request for a page.
      expect(wiki.requests.length - before).toBe(cloud ? 2 + 1 + 4 : 2 + 1 + 2);
      wiki.most = 4;
      expect((await list()).size).toBe(24);
    });

    test('files of formats that are read, under the name of their page', async () => {
      const home = wiki.add('Home', '<p>1</p>');
      const post = wiki.add('Post', '<p>2</p>', { type: 'blogpost' });
      const names = ['a.pdf', 'b.docx', 'c.pptx', 'd.xlsx', 'e.csv', 'f.md', 'g.txt'];
      const kept = names.map((name) => wiki.attach(home, name, 'words'));
      const onPost = wiki.attach(post, 'h.txt', 'words');
      const noName = wiki.attach(home, 'report', 'words', 'application/pdf; x=1');
      for (const name of ['i.png', 'j.zip', 'k.html', 'l.json', 'm.exe']) wiki.attach(home, name, 'x', 'application/octet-stream');
      wiki.contents.get(wiki.attach(home, 'gone.txt', 'x'))!.status = 'trashed';
      expect(new Set((await list()).keys())).toEqual(new Set([home, post, ...kept, onPost, noName]));
      const fetched = await fetchOf(kept[6]!);
      expect(fetched).toMatchObject({ kind: 'document', format: 'text', title: 'Home: g.txt', owner: 'Docent', changedAt: now });
      expect(Buffer.from((fetched as { bytes: Uint8Array }).bytes).toString()).toBe('words');
      expect((fetched as { url: string }).url).toContain(`/pages/viewpage.action?pageId=${home}&preview=`);
    });

    test('more files on a page than come along with it, and one that is too large by name', async () => {
      const home = wiki.add('Home', '<p>1</p>');
      for (let n = 0; n < 60; n++) wiki.attach(home, `${n}.txt`, 'words', 'text/plain');
      expect((await list()).size).toBe(61);
      wiki.most = 20;
      expect((await list()).size).toBe(61);
      const big = wiki.attach(home, 'big.txt', new Uint8Array(21_000_000), 'text/plain');
      expect((await list()).get(big)).toMatchObject({
        problem: expect.stringMatching(/"Home: big.txt" is 21 MB in size; the limit is 20 MB/),
      });
    });

    if (cloud)
      test('files of a small space are not looked for in a large site', async () => {
        wiki.space('BIG');
        const home = wiki.add('Home', '<p>1</p>');
        const file = wiki.attach(home, 'a.txt', 'words');
        const big = wiki.add('Big', '<p>2</p>', { space: 'BIG' });
        for (let n = 0; n < 700; n++) wiki.attach(big, `${n}.txt`, 'x');
        const before = wiki.requests.length;
        expect([...(await list()).keys()].sort()).toEqual([home, file].sort());
        expect(wiki.requests.slice(before).filter(({ path }) => path.includes('attachments')).length).toBeLessThanOrEqual(3);
      });

    if (!cloud)
      test('a server before 7.18, and pages that go while it lists', async () => {
        wiki.scans = false;
        wiki.most = 3;
        const ids = Array.from({ length: 10 }, (_, n) => wiki.add(`Page ${n}`, `<p>${n}</p>`));
        let answers = 0;
        wiki.alter = ({ path, query }, reply) => {
          if (path.endsWith('/rest/api/content') && query.get('type') === 'page' && ++answers === 1) wiki.trash(ids[0]!);
          return reply;
        };
        const found = await list();
        // What moved up into the part that was passed is found all the same.
        for (const id of ids.slice(1)) expect(found.has(id), id).toBe(true);
      });
  });

  describe('what it does not believe', () => {
    beforeEach(() => {
      for (let n = 0; n < 6; n++) wiki.add(`Page ${n}`, `<p>${n}</p>`);
      wiki.most = 2;
    });
    const pages = /\/api\/v2\/pages$|\/content\/scan$/;

    test('an answer without a list, a part of one, one that repeats, one that goes in circles', async () => {
      let count = 0;
      const second = (body: (given: Record<string, unknown>) => unknown): void => {
        count = 0;
        wiki.alter = ({ path }, reply) =>
          pages.test(path) && ++count === 2 ? { ...reply, body: body(reply.body as Record<string, unknown>) } : reply;
      };
      second(() => ({ message: 'ok' }));
      expect(await failureOf(list())).toMatchObject({ code: 'source.unreadable' });
      second((given) => ({ ...given, size: 2, results: [] }));
      expect(await failureOf(list())).toMatchObject({ code: 'source.unreadable' });
      second(() => '<html><body>Please log in</body></html>');
      expect(await failureOf(list())).toMatchObject({ code: 'source.login' });
      let first: unknown;
      // With another place to go on from each time.
      count = 0;
      wiki.alter = ({ path, query }, reply) => {
        if (!pages.test(path)) return reply;
        query.set('cursor', Buffer.from(`after:${1000 + ++count}`).toString('base64url'));
        const next = `?${query}`;
        return { ...reply, body: (first = { ...(first ?? (reply.body as object)), _links: { next } }), headers: {} };
      };
      expect(await failureOf(list())).toMatchObject({ code: 'source.unreadable', publicMessage: expect.stringMatching(/repeats/) });
      first = undefined;
      wiki.alter = ({ path }, reply) => (pages.test(path) ? { ...reply, body: (first ??= reply.body), headers: {} } : reply);
      expect(await failureOf(list())).toMatchObject({ code: 'source.unreadable', publicMessage: expect.stringMatching(/repeats|circles/) });
      expect(cursor).toBeUndefined();
    });

    test('a listing that lacks what stands above what it lists', async () => {
      const [top] = [...wiki.contents.keys()];
      wiki.add('Below', '<p>x</p>', { parent: top! });
      wiki.most = 100;
      wiki.alter = ({ path }, reply) => {
        if (!pages.test(path)) return reply;
        const body = reply.body as { results: { id: string }[]; size?: number };
        const results = body.results.filter(({ id }) => id !== top);
        return { ...reply, body: { ...body, results, ...(body.size === undefined ? {} : { size: results.length }) } };
      };
      now += 60_000;
      expect(await failureOf(list())).toMatchObject({ code: 'source.incomplete', retryable: true });
    });

    test('a listing that lacks what the search has, but for what came later', async () => {
      wiki.most = 100;
      const [left] = [...wiki.contents.keys()];
      wiki.alter = ({ path }, reply) => {
        if (!pages.test(path)) return reply;
        const body = reply.body as { results: { id: string }[]; size?: number };
        const results = body.results.filter(({ id }) => id !== left);
        return { ...reply, body: { ...body, results, ...(body.size === undefined ? {} : { size: results.length }) } };
      };
      if (!cloud) return;
      now += 60_000;
      expect(await failureOf(list())).toMatchObject({ code: 'source.incomplete' });
      wiki.contents.get(left!)!.when = now + 1000;
      expect((await list()).size).toBe(5);
    });

    test('a server that gives more than was asked for, or says in a header alone that there is more', async () => {
      const [left] = [...wiki.contents.keys()];
      wiki.alter = ({ path }, reply) => {
        const body = reply.body as { results?: { id: string }[]; _links?: { next?: string; base?: string } };
        if (!pages.test(path) || !body.results) return reply;
        const results = body.results.map((one) => (one.id === left ? { ...one, status: 'archived' } : one));
        const link: Record<string, string> = body._links?.next === undefined ? {} : { link: `<${body._links.next}>; rel="next"` };
        return { ...reply, headers: link, body: { ...body, results, _links: {} } };
      };
      if (cloud) wiki.unindexed.add(left!);
      expect([...(await list()).keys()]).toEqual([...wiki.contents.keys()].slice(1));
    });

    test('a next page that leads elsewhere is asked of the wiki itself', async () => {
      wiki.alter = ({ path }, reply) => {
        const body = reply.body as { _links?: { next?: string } };
        if (pages.test(path) && body._links?.next) body._links.next = `https://evil.example${body._links.next}`;
        return { ...reply, headers: {} };
      };
      expect((await list()).size).toBe(6);
    });
  });

  describe('how it waits', () => {
    beforeEach(() => void wiki.add('Home', '<p>1</p>'));
    test('as long as it is told, after 429 and 5xx, and before it would be refused', async () => {
      const replies = [{ status: 429, headers: { 'retry-after': '7' } }, { status: 503 }];
      wiki.instead = () => replies.shift();
      expect((await list()).size).toBe(1);
      expect(slept[0]).toBe(7000);
      expect(slept).toHaveLength(2);
      slept = [];
      wiki.instead = () => undefined;
      wiki.alter = ({ path }, reply) =>
        /user\/current/.test(path) ? { ...reply, headers: { 'x-ratelimit-remaining': '0', 'retry-after': '5' } } : reply;
      await list();
      expect(slept).toContain(5000);
      slept = [];
      wiki.alter = ({ path }, reply) =>
        /user\/current/.test(path)
          ? { ...reply, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': new Date(now + 9000).toISOString() } }
          : reply;
      await list();
      expect(slept).toContain(9000);
    });
    test('not for ever', async () => {
      wiki.instead = ({ path }) => (/user\/current/.test(path) ? undefined : { status: 429, headers: { 'retry-after': '900' } });
      expect(await failureOf(list())).toMatchObject({ code: 'source.busy', retryable: true });
      wiki.instead = () => ({ status: 429, headers: { 'retry-after': '1' } });
      expect(await failureOf(list())).toMatchObject({ retryable: true });
      expect(slept.length).toBeLessThan(10);
    });
  });

  describe('what changed', () => {
    test('edits, new pages, files and what went into the trash, with the versions of a whole listing', async () => {
      const [kept, edited, gone] = ['Kept', 'Edited', 'Gone'].map((title) => wiki.add(title, '<p>before</p>')) as [string, string, string];
      const under = wiki.attach(gone, 'under.txt', 'words', 'text/plain');
      const before = await list();
      now += 48 * HOUR;
      await list();
      now += HOUR;
      wiki.edit(edited, { storage: '<p>after</p>' });
      wiki.trash(gone);
      const added = wiki.add('Added', '<p>new</p>');
      const file = wiki.attach(added, 'a.txt', 'words', 'text/plain');
      const seen = await changes();
      expect(seen.get(gone)).toEqual({ externalId: gone, gone: true });
      expect(seen.get(under)).toEqual({ externalId: under, gone: true });
      expect(seen.has(kept)).toBe(false);
      expect(seen.get(edited)!.version).not.toBe(before.get(edited)!.version);
      const whole = await list();
      for (const id of [edited, added, file])
        expect([id, seen.get(id)!.version, seen.get(id)!.readers]).toEqual([id, whole.get(id)!.version, whole.get(id)!.readers]);
    });

    test.each([-720, -60, 0, 840])('whatever the zone of the account is (%i minutes)', async (zone) => {
      wiki.zoneMinutes = zone;
      const id = wiki.add('Page', '<p>before</p>');
      await list();
      now += 20_000;
      wiki.edit(id, { storage: '<p>after</p>' });
      now += 40 * HOUR;
      expect((await changes()).get(id)?.version).toBe((await list()).get(id)!.version);
    });

    test('what the search sees late, and what it still has of the trash', async () => {
      const late = wiki.add('Late', '<p>before</p>');
      const gone = wiki.add('Gone', '<p>before</p>');
      await list();
      now += HOUR;
      wiki.edit(late, { storage: '<p>after</p>' });
      wiki.edit(gone, { storage: '<p>after</p>' });
      wiki.unindexed.add(late);
      wiki.trash(gone);
      wiki.alter = ({ path }, reply) => {
        if (!path.endsWith('/content/search')) return reply;
        const body = reply.body as { results: { id: string }[]; size: number };
        const stale = {
          id: gone,
          type: 'page',
          status: 'current',
          title: 'Gone',
          space: { key: 'HR' },
          version: { number: 2 },
          ancestors: [],
        };
        const container = { id: gone, type: 'page', status: 'current', title: 'Gone' };
        const file = { id: '1', type: 'attachment', status: 'current', title: 'a.txt', version: { number: 1 }, container };
        return { ...reply, body: { ...body, results: [...body.results, stale, file], size: body.size + 2 } };
      };
      const first = await changes();
      expect([...first.values()]).toEqual([
        { externalId: gone, gone: true },
        { externalId: '1', gone: true },
      ]);
      wiki.unindexed.clear();
      now += 10 * HOUR;
      expect((await changes()).has(late)).toBe(true);
    });

    test('without the trash, which some accounts may not see, what is edited is seen', async () => {
      const id = wiki.add('Page', '<p>before</p>');
      await list();
      wiki.instead = ({ query }) => ((query.get('status') ?? '').includes('trashed') ? { status: 403, body: {} } : undefined);
      wiki.edit(id, { storage: '<p>after</p>' });
      expect((await changes()).get(id)).toHaveProperty('version');
    });

    if (cloud)
      test('an archived page is gone', async () => {
        const id = wiki.add('Page', '<p>x</p>');
        wiki.add('Other', '<p>x</p>');
        await list();
        wiki.contents.get(id)!.status = 'archived';
        expect((await changes()).get(id)).toEqual({ externalId: id, gone: true });
        expect((await list()).has(id)).toBe(false);
      });

    test('a cursor that leads nowhere is called lost', async () => {
      wiki.add('Page', '<p>x</p>');
      await list(at(wiki.base));
      const old = { ...(JSON.parse(cursor!) as object), since: '2026-01-01T00:00:00.000Z' };
      const later = { ...old, since: '2030-01-01T00:00:00.000Z' };
      for (const lost of ['', '7', JSON.stringify(old), JSON.stringify(later)])
        expect(await failureOf(changes(lost, at(wiki.base)))).toMatchObject({ code: 'connector.cursor_lost' });
      wiki.space('ENG');
      expect(await failureOf(changes(cursor!, at(wiki.base)))).toMatchObject({ code: 'connector.cursor_lost' });
    });

    test('the wiki forgets the token meanwhile: nothing is said to be gone for that', async () => {
      wiki.add('Page', '<p>x</p>');
      await list();
      const kept = cursor;
      wiki.instead = ({ path }) => {
        if (path.endsWith('/content/search')) wiki.forgotten = true;
        return undefined;
      };
      expect(await failureOf(changes())).toMatchObject({ code: 'source.credential' });
      expect(cursor).toBe(kept);
    });
  });

  describe('who may read it', () => {
    const hidden = (username: string): string => (cloud ? `person:confluence:557058:${username}` : `person:confluence:${username}`);
    const readers = async (id: string) => (await list()).get(id)!.readers;

    /** Of a wiki so large that what stands above a changed page is asked for by itself. */
    const fill = (pages: number): void => {
      for (let n = 0; n < pages; n++) wiki.add(`Filler ${n}`, '');
    };
    const asked = (since: number): string[] =>
      wiki.requests.slice(since).flatMap(({ path }) => (/\/content\/scan$|\/api\/v2\/pages$/.test(path) ? [path] : []));

    test.each([0, 700])('everyone who may read what stands above, and itself, among %i others', async (others) => {
      fill(others);
      wiki.user('ann', { email: 'Ann@Example.com' });
      wiki.user('bob');
      const top = wiki.add('Top', '<p>x</p>');
      const middle = wiki.add('Middle', '<p>x</p>', { parent: top });
      const leaf = wiki.add('Leaf', '<p>x</p>', { parent: middle });
      const file = wiki.attach(leaf, 'a.txt', 'words', 'text/plain');
      wiki.restrict(top, { users: ['ann', 'bob'], groups: ['board', 'HR Team'] });
      wiki.restrict(leaf, { users: ['bob', 'nobody-any-more'] });
      now += 48 * HOUR;
      const whole = await list();
      const ofTop = ['group:HR%20Team', 'group:board', hidden('bob'), 'person:ann@example.com'].sort();
      expect(whole.get(top)!.readers).toEqual([ofTop]);
      expect(whole.get(middle)!.readers).toEqual([ofTop]);
      expect(whole.get(leaf)!.readers).toHaveLength(2);
      expect(whole.get(leaf)!.readers).toEqual(expect.arrayContaining([ofTop, ['person:confluence:unknown', hidden('bob')].sort()]));
      expect(whole.get(file)!.readers).toEqual(whole.get(leaf)!.readers);
      now += HOUR;
      wiki.edit(leaf, { storage: '<p>y</p>' });
      wiki.edit(file, {});
      const before = wiki.requests.length;
      const seen = await changes();
      // Of a large wiki not all is listed: on Cloud the trash and the archive are.
      if (others > 0) expect(asked(before)).toHaveLength(cloud ? 1 : 0);
      expect(seen.get(leaf)!.readers).toEqual(whole.get(leaf)!.readers);
      expect(seen.get(file)!.readers).toEqual(whole.get(leaf)!.readers);
    });

    test('what the search does not know is asked for by itself', async () => {
      const top = wiki.add('Top', '<p>x</p>');
      const leaf = wiki.add('Leaf', '<p>x</p>', { parent: top });
      wiki.restrict(top, { groups: ['board'] });
      wiki.unindexed.add(top).add(leaf);
      expect(await readers(leaf)).toEqual([['group:board']]);
      wiki.alter = ({ path }, reply) => (path.endsWith('/content/search') ? { status: 404, body: {} } : reply);
      expect(await readers(leaf)).toEqual([['group:board']]);
    });

    test('more people than one answer names', async () => {
      const names = Array.from({ length: 450 }, (_, n) => wiki.user(`user${n}`, { email: `user${n}@example.com` }).username);
      const id = wiki.add('Page', '<p>x</p>');
      wiki.restrict(id, { users: names });
      expect((await readers(id))![0]).toHaveLength(450);
    });

    test('nobody, where a restriction cannot be read, or names nobody of those it has', async () => {
      const top = wiki.add('Top', '<p>x</p>');
      const leaf = wiki.add('Leaf', '<p>x</p>', { parent: top });
      const other = wiki.add('Other', '<p>x</p>');
      wiki.restrict(top, { groups: ['board'] });
      const answers = [
        { status: 403, body: {} },
        { status: 404, body: {} },
        { status: 200, body: {} },
        { status: 200, body: { restrictions: { user: { results: [], size: 3 }, group: { results: [], size: 0 } } } },
      ];
      for (const answer of answers) {
        wiki.instead = ({ path }) => (path.includes(`/${top}/restriction`) ? answer : undefined);
        wiki.alter = (_request, reply) => {
          if (reply.body instanceof Uint8Array || typeof reply.body === 'string') return reply;
          const hide = (one: { id?: string; restrictions?: unknown }): object => (one.id === top ? { ...one, restrictions: {} } : one);
          const body = reply.body as { results?: { id: string }[] } | undefined;
          return body?.results ? { ...reply, body: { ...body, results: body.results.map(hide) } } : reply;
        };
        const found = await list();
        for (const id of [top, leaf]) expect(found.get(id)).toMatchObject({ readers: [[]], problem: expect.stringMatching(/withheld/) });
        expect(found.get(other)).toMatchObject({ readers: [] });
        expect(found.get(other)).not.toHaveProperty('problem');
      }
    });

    if (!cloud)
      test('the person whose name is an address, where the profile tells none', async () => {
        wiki.user('carl@example.com');
        wiki.user('dora', { email: 'dora@example.com' });
        const id = wiki.add('Page', '<p>x</p>');
        wiki.restrict(id, { users: ['carl@example.com', 'dora'] });
        expect(await readers(id)).toEqual([['person:carl@example.com', 'person:dora@example.com']]);
        wiki.instead = ({ path }) => (path.includes('/mobile/') ? { status: 403, body: {} } : undefined);
        expect(await readers(id)).toEqual([['person:carl@example.com', 'person:confluence:dora']]);
      });

    if (cloud)
      test.each([0, 700])('those of a folder above, and nobody where the folder tells nothing, among %i others', async (others) => {
        fill(others);
        const folder = wiki.add('Folder', '', { type: 'folder' });
        const deep = wiki.add('Deep', '', { type: 'folder', parent: folder });
        const leaf = wiki.add('Leaf', '<p>x</p>', { parent: deep });
        wiki.restrict(folder, { groups: ['board'] });
        expect(await readers(leaf)).toEqual([['group:board']]);
        now += 48 * HOUR;
        await list();
        now += HOUR;
        wiki.edit(leaf, { storage: '<p>y</p>' });
        expect((await changes()).get(leaf)!.readers).toEqual([['group:board']]);
        wiki.instead = ({ path }) => (path.endsWith(`/folders/${folder}`) ? { status: 404, body: {} } : undefined);
        expect(await readers(leaf)).toEqual([[]]);
        wiki.instead = () => undefined;
        const scope = { code: 401, message: 'Unauthorized; scope does not match' };
        wiki.instead = ({ path }) => (path.endsWith(`/folders/${folder}`) ? { status: 401, body: scope } : undefined);
        expect(await readers(leaf)).toEqual([[]]);
        wiki.instead = () => undefined;
        // A circle has no top.
        wiki.contents.get(folder)!.parent = deep;
        expect(await readers(leaf)).toEqual([[]]);
      });
  });

  describe('what it reads', () => {
    test('a page with its owner, time, address, and headings as the wiki names them', async () => {
      wiki.user('ann');
      const storage =
        '<h2>Carry over</h2><p>Ask <ac:link><ri:user ri:account-id="557058:ann" ri:userkey="557058:ann" /></ac:link>.</p><h2>Carry over</h2><p>Again.</p>';
      const id = wiki.add('Paid leave', storage, { by: 'ann' });
      const fetched = await fetchOf(id);
      expect(fetched).toMatchObject({ kind: 'document', format: 'html', title: 'Paid leave', owner: 'Ann', changedAt: now });
      expect((fetched as { url: string }).url).toBe(
        cloud ? `${wiki.base}/spaces/HR/pages/${id}/Paid+leave` : `${wiki.base}/display/HR/Paid+leave`,
      );
      const read = async (of: Fetched) => extractDocument({ bytes: (of as { bytes: Uint8Array }).bytes, format: 'html', name: id });
      const anchors = (await read(fetched)).blocks.filter(({ kind }) => kind === 'heading').map(({ anchor }) => anchor);
      expect(anchors).toEqual(['Paidleave-Carryover', 'Paidleave-Carryover.1']);
      expect((await read(fetched)).blocks[1]!.text.trim()).toBe('Ask Ann.');
      if (!cloud) return;
      wiki.edit(id, { editor: 'v2' });
      const again = await read(await fetchOf(id));
      expect(again.blocks.filter(({ kind }) => kind === 'heading').map(({ anchor }) => anchor)).toEqual(['Carry-over', 'Carry-over.1']);
    });

    test('what is gone, and what is a login page in the place of a file', async () => {
      const id = wiki.add('Page', '<p>x</p>');
      const file = wiki.attach(id, 'a.txt', 'words', 'text/plain');
      const listed = await list();
      const session = context();
      const fetch = (which: string) => connector.fetch(at(), listed.get(which)!, undefined, session);
      wiki.instead = ({ path }) =>
        /media|download/.test(path)
          ? { status: 200, body: '<html>Log in</html>', headers: { 'content-type': 'text/html;charset=UTF-8' } }
          : undefined;
      expect(await failureOf(fetch(file))).toMatchObject({ code: 'document.unreadable' });
      wiki.instead = () => undefined;
      wiki.trash(id);
      expect(await fetch(id)).toEqual({ kind: 'gone' });
      expect(await fetch(file)).toEqual({ kind: 'gone' });
      wiki.forgotten = true;
      expect(await failureOf(fetch(id))).toMatchObject({ code: 'source.credential' });
      expect(await failureOf(fetch(file))).toMatchObject({ code: 'source.credential' });
    });
  });
});
