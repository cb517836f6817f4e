/** The Sources room over real HTTP: looked at before it is added, credentials that show nowhere, what an admin changes and decides. */
import { parseHTML } from 'linkedom';
import { afterEach, describe, expect, test } from 'vitest';
import { createFakeApp, RIGHT_PASSWORD, type FakeApp, type FakeOptions } from '../fakes/app.ts';
import { serveConsole, type Served } from '../fakes/serve-console.ts';

const TOKEN = 'a-token-of-the-admin';
const SECRET = 'not-the-right-password';
const open: Served[] = [];
let sent: string[] = [];
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
  // No page, no header and no address ever holds what was given to sign in.
  const told = sent.join('\n');
  sent = [];
  for (const secret of [SECRET, RIGHT_PASSWORD, encodeURIComponent(RIGHT_PASSWORD)]) expect(told).not.toContain(secret);
});

interface Page {
  status: number;
  location: string | null;
  text: string;
  document: ReturnType<typeof parseHTML>['document'];
}

async function serve(options: FakeOptions = {}): Promise<{
  app: FakeApp;
  url: string;
  get(path: string, headers?: Record<string, string>): Promise<Page>;
  post(path: string, body?: Record<string, string>, headers?: Record<string, string>): Promise<Page>;
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: Printed }>;
}> {
  const app = createFakeApp({ delayMs: 2, ...options });
  const served = await serveConsole(app);
  open.push(served);
  const page = async (path: string, init: RequestInit): Promise<Page> => {
    const response = await fetch(`${served.url}${path}`, { redirect: 'manual', ...init });
    const text = await response.text();
    sent.push(text, JSON.stringify([...response.headers]));
    return { status: response.status, location: response.headers.get('location'), text, document: parseHTML(text).document };
  };
  return {
    app,
    url: served.url,
    get: (path, headers = {}) => page(path, { headers }),
    post: (path, body = {}, headers = {}) => page(path, { method: 'POST', body: new URLSearchParams(body), headers }),
    api: async (method, path, body) => {
      const response = await fetch(`${served.url}/api/v1${path}`, {
        method,
        ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      const text = await response.text();
      sent.push(text);
      return { status: response.status, body: text === '' ? null : JSON.parse(text) };
    },
  };
}

/** As a program reads it: the tests say what its shape is. */
// oxlint-disable-next-line typescript/no-explicit-any
type Printed = any;

const WIKI = {
  location: 'https://wiki.example.com/wiki/Main',
  kind: 'mediawiki',
  name: 'Wiki',
  readers: 'group:hr',
  when: 'own',
  schedule: '30 6 * * 1-5',
  'credential.mediawiki.user': 'Bot@docent',
};
const RIGHT = { ...WIKI, 'credential.mediawiki.password': RIGHT_PASSWORD };
const wrongOf = ({ document }: Page): string | null => document.querySelector('[aria-invalid]')?.getAttribute('name') ?? null;
const problemOf = ({ document }: Page): string => document.querySelector('[role=alert]')?.textContent ?? '';

describe('adding a source', () => {
  test('shows what is there first, keeps nothing until told to, and then adds just that', async () => {
    const { app, get, post } = await serve({ filled: false });
    const begun = await post('/sources', RIGHT);
    expect(begun.location).toMatch(/^\/sources\/new\/[\w-]{24}$/);
    const shown = await get(begun.location!);
    const text = shown.document.querySelector('main')!.textContent;
    for (const part of [
      'Add Wiki?',
      '845 documents',
      'about 5,600 passages',
      'about 19 minutes of work for multilingual-e5-small',
      'the group hr',
      'MediaWiki',
      'now, then by 30 6 * * 1-5',
      'Europe/Berlin',
      'Benefits',
      '7 passages',
      'it is a scan without text',
      'Who may read a file.',
    ])
      expect(text).toContain(part);
    expect([app.added, await app.listSources()]).toEqual([[], []]);
    const added = await post(`${begun.location}/add`);
    const [source] = await app.listSources();
    expect(added.location).toBe(`/sources/${source!.source.id}`);
    expect(app.added).toEqual([
      {
        location: WIKI.location,
        kind: 'mediawiki',
        name: 'Wiki',
        readers: 'group:hr',
        schedule: '30 6 * * 1-5',
        credential: { user: 'Bot@docent', password: RIGHT_PASSWORD },
      },
    ]);
    expect(source!.syncing).toBe(true);
    // Who goes back is led to it; the credential is forgotten.
    expect((await get(`${begun.location}?edit=1`)).location).toBe(added.location);
    await post('/sources', { ...WIKI, 'credential.mediawiki.user': '', draft: begun.location!.split('/').at(-1)! });
    expect(app.previewed.at(-1)).not.toHaveProperty('credential');
    const none = await get('/sources/new/AAAAAAAAAAAAAAAAAAAAAAAA');
    expect(none.location).toBe('/sources/new?gone=1');
    expect((await get(none.location!)).text).toContain('kept for 15 minutes only');
  });

  test('pressing twice adds once', async () => {
    const { app, post } = await serve({ filled: false });
    const { location } = await post('/sources', RIGHT);
    const [first, second] = await Promise.all([post(`${location}/add`), post(`${location}/add`)]);
    expect(app.added).toHaveLength(1);
    expect(first.location).toBe(second.location);
  });

  test('a wrong credential is said at its fields, which stay empty, and the rest need not be typed again', async () => {
    const { app, get, post } = await serve({ filled: false });
    const refused = await get((await post('/sources', { ...WIKI, 'credential.mediawiki.password': SECRET })).location!);
    expect([refused.status, wrongOf(refused)]).toEqual([422, 'credential.mediawiki.user']);
    expect(problemOf(refused)).toContain('does not accept this user and password');
    const value = (name: string): string | null => refused.document.querySelector(`[name="${name}"]`)!.getAttribute('value');
    expect([value('location'), value('name'), value('readers'), value('schedule')]).toEqual([
      WIKI.location,
      'Wiki',
      'group:hr',
      WIKI.schedule,
    ]);
    expect([value('credential.mediawiki.user'), value('credential.mediawiki.password')]).toEqual(['', '']);
    const draft = value('draft')!;
    const again = await post('/sources', {
      ...WIKI,
      draft,
      'credential.mediawiki.user': '',
      'credential.mediawiki.password': RIGHT_PASSWORD,
    });
    expect((await get(again.location!)).text).toContain('Add Wiki?');
    expect(app.previewed.at(-1)!.credential).toEqual({ user: 'Bot@docent', password: RIGHT_PASSWORD });
    // The draft that was mended is gone.
    expect((await get(`/sources/new/${draft}`)).location).toBe('/sources/new?gone=1');
  });

  test('going back keeps what was given; for another host the credential is asked for again', async () => {
    const { app, get, post } = await serve({ filled: false });
    const { location } = await post('/sources', RIGHT);
    const back = await get(`${location}?edit=1`);
    expect([back.status, problemOf(back)]).toEqual([200, '']);
    expect(back.text).toContain('Leave a field empty to use it again');
    const bare = { ...WIKI, 'credential.mediawiki.user': '' };
    const same = await post('/sources', { ...bare, name: 'Other', draft: location!.split('/').at(-1)! });
    expect((await get(same.location!)).text).toContain('Add Other?');
    const elsewhere = { ...bare, location: 'https://evil.example/wiki/Main', draft: same.location!.split('/').at(-1)! };
    await post('/sources', elsewhere);
    expect(app.previewed.at(-1)).not.toHaveProperty('credential');
  });

  test.each<[string, Record<string, string>, string, RegExp, number]>([
    ['no location', { location: ' ' }, 'location', /Give a folder or an address/, 400],
    ['a folder that is none', { location: 'wiki' }, 'location', /there is no folder "wiki"/, 400],
    ['an internal address', { location: 'http://169.254.169.254/' }, 'location', /An admin can allow it in Settings/, 422],
    ['a name that is taken', { location: '/srv/x', name: 'Sample handbook' }, 'name', /already/, 400],
    ['a schedule that is none', { location: '/srv/x', when: 'own', schedule: 'daily at 5' }, 'schedule', /five fields/, 400],
    ['times of its own without times', { location: '/srv/x', when: 'own', schedule: '' }, 'schedule', /Give the times/, 400],
    ['a login that no kind was chosen for', { location: 'https://private.example.com' }, 'kind', /Choose the kind here/, 400],
    [
      'a login that was left empty',
      { ...WIKI, 'credential.mediawiki.user': '', location: 'https://private.example.com' },
      'credential.mediawiki.user',
      /one is needed/,
      400,
    ],
  ])('%s is said at its field', async (_, given, name, text, status) => {
    const { app, get, post } = await serve();
    const begun = await post('/sources', given);
    const page = begun.location ? await get(begun.location) : begun;
    expect([page.status, wrongOf(page)]).toEqual([status, name]);
    expect(problemOf(page)).toMatch(text);
    expect(app.added).toEqual([]);
  });

  test('fields of a kind that was not chosen are not taken', async () => {
    const { app, post } = await serve();
    await post('/sources', { ...RIGHT, kind: '' });
    await post('/sources', { ...RIGHT, kind: 'folder', location: '/srv/x' });
    expect(app.previewed.map((input) => 'credential' in input)).toEqual([false, false]);
  });

  test('daily is meant when daily is chosen, whatever stands in the field beside', async () => {
    const { app, post } = await serve();
    await post('/sources', { location: '/srv/x', when: 'daily', schedule: '30 6 * * 1-5' });
    expect(app.previewed[0]).not.toHaveProperty('schedule');
  });

  test('a long look tells how far it is, and can be cancelled', async () => {
    const { app, get, post } = await serve({ delayMs: 10 });
    const { location } = await post('/sources', { location: 'https://slow.example.com', name: 'Slow' });
    const looking = await get(location!);
    expect(looking.document.querySelector('#looking')!.textContent).toMatch(/[\d,]+ documents listed so far/);
    expect(looking.document.querySelector('#looking[data-live]')).not.toBeNull();
    expect((await post(`${location}/add`)).location).toBe(location);
    expect((await post(`${location}/cancel`)).location).toBe(location);
    await expect.poll(() => app.stopped).toBe(1);
    const form = await get(location!);
    expect([form.status, problemOf(form), form.document.querySelector('[name=name]')!.getAttribute('value')]).toEqual([200, '', 'Slow']);
    expect(app.added).toEqual([]);
  });

  test('a draft is for the session that began it', async () => {
    const { app, get, post } = await serve({ env: { ADMIN_TOKEN: TOKEN } });
    const enter = async (): Promise<Record<string, string>> => {
      const response = await fetch(`${(open[0] as Served).url}/login`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ token: TOKEN }),
      });
      return { cookie: response.headers.get('set-cookie')!.split(';')[0]! };
    };
    const [ann, bob] = [await enter(), await enter()];
    const { location } = await post('/sources', RIGHT, ann);
    expect((await get(location!, ann)).status).toBe(200);
    expect((await get(location!, bob)).location).toBe('/sources/new?gone=1');
    expect((await post(`${location}/add`, {}, bob)).location).toBe('/sources/new?gone=1');
    // Nor is its credential taken over.
    await post('/sources', { ...WIKI, 'credential.mediawiki.user': '', draft: location!.split('/').at(-1)! }, bob);
    expect(app.previewed.at(-1)).not.toHaveProperty('credential');
    expect(app.added).toEqual([]);
  });

  test('nothing that was given is logged, even when something breaks', async () => {
    const { app, get, post, api } = await serve();
    const broken = await get((await post('/sources', { ...RIGHT, location: 'https://CRASH.example.com' })).location!);
    expect([broken.status, problemOf(broken)]).toEqual([500, expect.stringContaining('It is in the log')]);
    await api('POST', '/sources', {
      location: 'https://CRASH.example.com',
      kind: 'mediawiki',
      credential: { user: 'Bot', password: SECRET },
    });
    await api('POST', '/sources/preview', { location: 'https://CRASH.example.com', kind: 'mediawiki', credential: `Bot:${SECRET}` });
    expect(app.logged.filter(({ level }) => level === 'error')).toHaveLength(3);
    expect(JSON.stringify(app.logged)).not.toMatch(new RegExp(`${SECRET}|battery`));
  });

  test('a place with nothing in it is said to be so', async () => {
    const { get, post } = await serve();
    expect((await get((await post('/sources', { location: '/srv/empty' })).location!)).text).toContain('Nothing was found there');
  });
});

describe('one source', () => {
  const DAY = 86_400_000;
  async function withSource(change: (source: Awaited<ReturnType<FakeApp['addSource']>>) => void = () => undefined) {
    const served = await serve({ filled: false });
    const { source } = served.app.addFilled('Wiki', []);
    Object.assign(source, { kind: 'mediawiki', location: WIKI.location });
    change(source);
    return { ...served, source, path: `/sources/${source.id}` };
  }
  const textOf = (page: Page): string => page.document.querySelector('main')!.textContent.replaceAll(/\s+/g, ' ');

  test('its schedule is told and changed; a wrong one is said where it was given', async () => {
    const { get, post, path, source } = await withSource();
    expect(textOf(await get(path))).toContain('Every day between 02:00 and 05:00');
    expect((await post(`${path}/schedule`, { when: 'own', schedule: '30 6 * * 1-5' })).location).toBe(`${path}?done=saved`);
    expect(source.schedule).toBe('30 6 * * 1-5');
    expect((await get(path)).document.querySelector('dd code')!.textContent).toBe('30 6 * * 1-5');
    const refused = await post(`${path}/schedule`, { when: 'own', schedule: '99 9 * * *' });
    expect([refused.status, wrongOf(refused), refused.document.querySelector('#f-schedule')!.getAttribute('value')]).toEqual([
      400,
      'schedule',
      '99 9 * * *',
    ]);
    expect((await post(`${path}/schedule`, { when: 'own', schedule: '' })).status).toBe(400);
    expect(source.schedule).toBe('30 6 * * 1-5');
    await post(`${path}/schedule`, { when: 'daily', schedule: '30 6 * * 1-5' });
    expect(source.schedule).toBeNull();
  });

  test('it is paused and resumed, and the list says so', async () => {
    const { get, post, path, source } = await withSource();
    expect((await post(`${path}/pause`)).location).toBe(`${path}?done=paused`);
    expect(source.pausedAt).not.toBeNull();
    expect(textOf(await get('/sources'))).toMatch(/Paused.*Next sync ?when resumed/);
    expect(textOf(await get(path))).toContain('Paused just now');
    expect((await post(`${path}/resume`)).location).toBe(`${path}?done=resumed`);
    expect(source.pausedAt).toBeNull();
    expect(textOf(await get('/sources'))).toMatch(/Next sync ?in 12 hours/);
  });

  test('its credential is replaced once it works, and is in no page', async () => {
    const { app, get, post, path, source } = await withSource();
    expect(textOf(await get(path))).toContain('Give a credential');
    const refused = await post(`${path}/credential`, { 'credential.mediawiki.user': 'Bot', 'credential.mediawiki.password': SECRET });
    expect([refused.status, wrongOf(refused)]).toEqual([422, 'credential.mediawiki.user']);
    expect([problemOf(refused), app.credentials.size]).toEqual([expect.stringContaining('does not accept'), 0]);
    const kept = await post(`${path}/credential`, { 'credential.mediawiki.user': 'Bot', 'credential.mediawiki.password': RIGHT_PASSWORD });
    expect(kept.location).toBe(`${path}?done=credential`);
    expect(app.credentials.get(source.id)).toEqual({ user: 'Bot', password: RIGHT_PASSWORD });
    expect(textOf(await get(path))).toContain('Kept, sealed');
    expect((await get(path)).document.querySelectorAll('input[type=password][value=""]')).toHaveLength(1);
  });

  test('what keeps it from being synced is said, with since when and when it is tried again', async () => {
    const { get, path } = await withSource((source) => {
      source.problem = { reason: 'wiki.example.com answered 503. Try again later.', since: Date.now() - 3 * DAY };
      source.nextSyncAt = Date.now() + 2 * 3600_000;
    });
    expect(textOf(await get(path))).toMatch(/since 3 days ago ?wiki\.example\.com answered 503.*tried again in 2 hours/);
    expect(textOf(await get('/sources'))).toContain('Cannot be synced');
  });

  test('missing documents wait for a decision on what was shown, and on no more', async () => {
    const { app, get, post, path, source } = await withSource((s) => (s.doubt = { runId: 'r', known: 845, gone: 512, confirmedAt: null }));
    expect(textOf(await get('/sources'))).toContain('Needs a decision');
    const page = await get(path);
    expect(textOf(page)).toMatch(/512 of 845 documents are missing there.*Remove 512 documents.*There is nothing to do/);
    source.doubt = { runId: 's', known: 845, gone: 700, confirmedAt: null };
    const seen = page.document.querySelector('input[name=gone]')!.getAttribute('value')!;
    const refused = await post(`${path}/confirm`, { gone: seen });
    expect([refused.status, problemOf(refused), app.confirmed]).toEqual([409, expect.stringContaining('look at the figures again'), []]);
    expect((await post(`${path}/confirm`)).status).toBe(409);
    expect((await post(`${path}/confirm`, { gone: '700' })).location).toBe(`${path}?done=confirmed`);
    expect(app.confirmed).toEqual([source.id]);
    const after = await get(path);
    expect(textOf(after)).toContain('700 documents will be removed');
    expect(after.document.querySelector(`form[action="${path}/confirm"]`)).toBeNull();
    expect((await post(`${path}/confirm`, { gone: '700' })).status).toBe(409);
  });

  test('documents of which a part could not be read are listed', async () => {
    const { app, get, path, source } = await withSource();
    expect(textOf(await get(path))).not.toContain('Read in part');
    app.unread.set(source.id, [{ externalId: 'lease.pdf', title: '<b>Lease</b>', unread: 'pages 3 to 9 are scans' }]);
    const row = (await get(path)).document.querySelector('#unread tbody tr')!;
    expect([...row.querySelectorAll('td')].map((cell) => cell.textContent)).toEqual(['<b>Lease</b>lease.pdf', 'pages 3 to 9 are scans']);
  });

  test('none of it works on a source that is not there', async () => {
    const { post } = await serve();
    for (const action of ['schedule', 'pause', 'resume', 'credential', 'confirm'])
      expect([action, (await post(`/sources/none/${action}`, { when: 'daily' })).status]).toEqual([action, 404]);
  });
});

describe('the API', () => {
  test('tells the kinds, looks, adds with a credential, changes, confirms', async () => {
    const { app, api } = await serve({ filled: false });
    expect((await api('GET', '/connectors')).body.connectors).toMatchObject([
      { kind: 'folder' },
      { kind: 'mediawiki', credential: { fields: [{ name: 'user' }, {}] } },
    ]);
    const input = { location: WIKI.location, kind: 'mediawiki', name: 'Wiki', credential: { user: 'Bot', password: RIGHT_PASSWORD } };
    expect(await api('POST', '/sources/preview', input)).toMatchObject({
      status: 200,
      body: { documents: 845, kind: 'mediawiki', samples: [{}, {}] },
    });
    expect(await app.listSources()).toEqual([]);
    const added = await api('POST', '/sources', input);
    expect(added.status).toBe(201);
    const path = `/sources/${added.body.id}`;
    expect((await api('PATCH', path, { schedule: '@hourly', paused: true })).body.source).toMatchObject({
      schedule: '@hourly',
      pausedAt: expect.any(Number),
    });
    expect((await api('PATCH', path, { schedule: null, paused: false })).body.source).toMatchObject({ schedule: null, pausedAt: null });
    expect(await api('PATCH', path, { credential: { user: 'Bot', password: SECRET } })).toMatchObject({
      status: 422,
      body: { error: { code: 'source.credential', field: 'credential' } },
    });
    expect(await api('PATCH', path, { schedule: 'often' })).toMatchObject({ status: 400, body: { error: { field: 'schedule' } } });
    expect(await api('PATCH', path, { name: 'X' })).toMatchObject({ status: 400, body: { error: { field: 'name' } } });
    expect((await api('PATCH', '/sources/none', { paused: true })).status).toBe(404);
    expect((await api('POST', `${path}/confirm`, { gone: 5 })).status).toBe(409);
    (await app.showSource(added.body.id))!.source.doubt = { runId: 'r', known: 10, gone: 5, confirmedAt: null };
    expect((await api('POST', `${path}/confirm`, { gone: 4 })).status).toBe(409);
    expect((await api('POST', `${path}/confirm`, {})).status).toBe(400);
    expect(await api('POST', `${path}/confirm`, { gone: 5 })).toMatchObject({
      status: 202,
      body: { source: { doubt: { confirmedAt: expect.any(Number) } } },
    });
  });

  test('a look is given up when nobody waits for it', async () => {
    const { app, url } = await serve({ delayMs: 20 });
    const stop = new AbortController();
    const asking = fetch(`${url}/api/v1/sources/preview`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ location: 'https://slow.example.com' }),
      signal: stop.signal,
    });
    setTimeout(() => stop.abort(), 200);
    await expect(asking).rejects.toThrow();
    await expect.poll(() => app.stopped).toBe(1);
  });

  test('the share that may be removed without asking is a setting, here and in the room', async () => {
    const { app, api, post } = await serve();
    expect((await api('PATCH', '/settings', { largestRemovalShare: 0.25 })).body).toMatchObject({ largestRemovalShare: 0.25 });
    expect((await post('/settings/syncing', { largestRemovalShare: '10' })).location).toBe('/settings?done=saved');
    expect((await app.settings()).largestRemovalShare).toBe(0.1);
    const refused = await post('/settings/syncing', { largestRemovalShare: '0' });
    expect([refused.status, refused.document.querySelector('#problem-syncing') !== null]).toEqual([400, true]);
  });
});
