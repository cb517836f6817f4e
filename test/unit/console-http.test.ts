/** The console over real HTTP: headers, guards, sessions, the API, what is logged. */
import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createSessions } from '../../src/console/session.ts';
import { createFakeApp, type FakeApp, type FakeOptions } from '../fakes/app.ts';
import { fakeDocuments } from '../fakes/handbook.ts';
import { serveConsole, type Served } from '../fakes/serve-console.ts';

const open: Served[] = [];
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
});

async function serve(options: FakeOptions = {}): Promise<{ app: FakeApp; url: string }> {
  const app = createFakeApp({ delayMs: 2, ...options });
  const served = await serveConsole(app);
  open.push(served);
  return { app, url: served.url };
}
const postJson = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
const postForm = (url: string, body: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(body) });
/** As a program that sets any header, Host too. */
const raw = (url: string, headers: Record<string, string>, method = 'GET'): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (res) => {
      res.resume();
      resolve(res.statusCode!);
    });
    sent.on('error', reject);
    sent.end();
  });
const TOKEN = 'a-token-of-the-admin';

describe('every response', () => {
  test.each(['/', '/sources', '/documents', '/settings', '/login', '/nowhere', '/api/v1/sources', '/assets/console.js'])(
    '%s carries the safety headers',
    async (path) => {
      const { url } = await serve();
      const { headers } = await fetch(`${url}${path}`);
      const policy = headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );
  test('pages hold no inline script, style or handler', async () => {
    const { url } = await serve();
    for (const path of ['/', '/sources', '/sources/new', '/documents', '/documents/pto', '/settings', '/nowhere']) {
      const page = await (await fetch(`${url}${path}`)).text();
      expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i);
    }
  });
});

describe('who may come in', () => {
  test('a foreign Host is refused on loopback, and our own names are not', async () => {
    const { url } = await serve({ env: { PUBLIC_URL: 'https://docent.example.com' } });
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:3000', 'evil.example#localhost'])
      expect([host, await raw(url, { host })]).toEqual([host, 403]);
    for (const host of ['localhost:9', '127.0.0.1', '[::1]:3000', 'docent.example.com'])
      expect([host, await raw(url, { host })]).toEqual([host, 200]);
  });
  test('a change asked for by another site is refused, whatever the route', async () => {
    const { app, url } = await serve();
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ];
    for (const headers of foreign) {
      for (const path of [
        '/ask',
        '/sample',
        '/sources',
        '/feedback',
        '/settings/answering',
        '/language',
        '/login',
        '/logout',
        '/api/v1/ask',
        '/api/v1/sources',
        '/nowhere',
      ])
        expect([path, headers, await raw(`${url}${path}`, headers, 'POST')]).toEqual([path, headers, 403]);
      expect(await raw(`${url}/api/v1/sources/1`, headers, 'DELETE')).toBe(403);
      expect(await raw(`${url}/api/v1/settings`, headers, 'PATCH')).toBe(403);
    }
    expect(app.asked).toEqual([]);
    expect((await postForm(`${url}/ask`, { question: 'pto' }, { origin: url, 'sec-fetch-site': 'same-origin' })).status).toBe(303);
  });
  test('with ADMIN_TOKEN nothing but health is open', async () => {
    const { app, url } = await serve({ env: { ADMIN_TOKEN: TOKEN } });
    for (const path of ['/', '/t/x', '/sources', '/documents', '/documents/pto', '/settings', '/settings/checks']) {
      const page = await fetch(`${url}${path}`, { redirect: 'manual' });
      expect([path, page.status, page.headers.get('location')]).toEqual([path, 303, `/login?next=${encodeURIComponent(path)}`]);
    }
    for (const path of ['/api/v1/sources', '/api/v1/documents/pto', '/api/v1/status', '/metrics'])
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 401]);
    for (const path of ['/ask', '/sources', '/feedback', '/sample'])
      expect([path, (await postForm(`${url}${path}`, {})).status]).toEqual([path, 401]);
    for (const path of ['/healthz', '/readyz', '/assets/console.css', '/login'])
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200]);
    expect((await fetch(`${url}/api/v1/sources`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    expect((await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    expect(app.asked).toEqual([]);
  });
  test('the token opens a session, and only a cookie that we signed is one', async () => {
    const { url } = await serve({ env: { ADMIN_TOKEN: TOKEN } });
    expect((await postForm(`${url}/login`, { token: 'wrong' })).status).toBe(401);
    const entered = await postForm(`${url}/login`, { token: TOKEN, next: '/sources' });
    expect([entered.status, entered.headers.get('location')]).toEqual([303, '/sources']);
    const cookie = entered.headers.get('set-cookie')!;
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    const value = cookie.split(';')[0]!;
    expect((await fetch(`${url}/sources`, { headers: { cookie: value } })).status).toBe(200);
    for (const forged of [`${value}x`, value.replace('=', '=z'), 'docent_session=', 'docent_session=zzzzzzzzz.a.b'])
      expect((await fetch(`${url}/sources`, { redirect: 'manual', headers: { cookie: forged } })).status).toBe(303);
    expect((await postForm(`${url}/login`, { token: TOKEN, next: '//evil.example' })).headers.get('location')).toBe('/');
  });
  test('attempts are counted, and even the right token waits then', async () => {
    let now = 0;
    const sessions = createSessions({
      token: TOKEN,
      key: 'k'.repeat(32),
      secure: true,
      clock: { now: () => now, sleep: async () => undefined },
    });
    for (let i = 0; i < 8; i++) expect(sessions.check('guess', 'a')).toEqual({ ok: false });
    expect(sessions.check(TOKEN, 'a')).toEqual({ ok: false, limited: 10 });
    expect(sessions.check(TOKEN, 'b')).toEqual({ ok: true });
    now += 10 * 60_000 + 1;
    expect(sessions.check(TOKEN, 'a')).toEqual({ ok: true });
    const cookie = sessions.begin();
    expect(cookie).toContain('Secure');
    expect(sessions.holds(cookie.split(';')[0])).toBe(true);
    now += 8 * 24 * 3600_000;
    expect(sessions.holds(cookie.split(';')[0])).toBe(false);
  });
  test('a link from Slack is opened again by ourselves, so that the strict cookie comes along', async () => {
    const { url } = await serve({ env: { ADMIN_TOKEN: TOKEN } });
    const page = await fetch(`${url}/documents/pto`, { redirect: 'manual', headers: { 'sec-fetch-site': 'cross-site' } });
    expect([page.status, (await page.text()).includes('http-equiv="refresh"')]).toEqual([200, true]);
  });
});

describe('the API', () => {
  test('answers a question, and the conversation can be read again', async () => {
    const { url } = await serve({ chatModel: 'm' });
    const answer = (await (await postJson(`${url}/api/v1/ask`, { text: 'carry over pto' })).json()) as {
      status: string;
      threadId: string;
      citations: { quote: string }[];
    };
    expect(answer.status).toBe('answered');
    expect(answer.citations[0]!.quote).toContain('five unused');
    const thread = (await (await fetch(`${url}/api/v1/threads/${answer.threadId}`)).json()) as { turns: { question: string }[] };
    expect(thread.turns.map((t) => t.question)).toEqual(['carry over pto']);
  });
  test.each([
    ['text/event-stream', /^event: status\ndata: \{"type":"status"/, /event: final\ndata: \{.*\}\n\n$/],
    ['application/x-ndjson', /^\{"type":"status"/, /\{"type":"final".*\}\n$/],
  ])('streams as %s', async (accept, first, last) => {
    const { url } = await serve({ chatModel: 'm' });
    const response = await postJson(`${url}/api/v1/ask`, { text: 'carry over pto' }, { accept });
    expect(response.headers.get('content-type')).toContain(accept);
    const body = await response.text();
    expect(body).toMatch(first);
    expect(body).toMatch(last);
  });
  test.each<[string, unknown, number, string | undefined]>([
    ['nothing', {}, 400, 'text'],
    ['a number', { text: 5 }, 400, 'text'],
    ['an unknown field', { text: 'a', texts: 'b' }, 400, 'texts'],
    ['a wrong thread', { text: 'a', threadId: '../x' }, 400, 'threadId'],
    ['a wrong audience', { text: 'a', audience: 'all' }, 400, 'audience'],
    ['a wrong address', { text: 'a', email: 'nobody' }, 400, 'email'],
    ['too long a question', { text: 'a'.repeat(100_001) }, 400, 'text'],
  ])('refuses %s and names the field', async (_, body, status, field) => {
    const { url } = await serve();
    const response = await postJson(`${url}/api/v1/ask`, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { code: string; message: string; field?: string } };
    expect(error).toMatchObject({ code: 'input.invalid', field });
    expect(error.message.length).toBeGreaterThan(5);
  });
  test('takes JSON alone, and says so', async () => {
    const { app, url } = await serve();
    expect((await fetch(`${url}/api/v1/ask`, { method: 'POST', body: new URLSearchParams({ text: 'a' }) })).status).toBe(415);
    expect(
      (await fetch(`${url}/api/v1/ask`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"text":"a"}' })).status,
    ).toBe(415);
    expect((await fetch(`${url}/api/v1/ask`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' })).status).toBe(
      400,
    );
    expect((await postJson(`${url}/api/v1/ask`, { text: 'a'.repeat(700_000) })).status).toBe(413);
    expect(app.asked).toEqual([]);
  });
  test.each(['', '   ', 'a'.repeat(40_000), '上海'.repeat(20_000), '" OR NEAR( * : 🙂', '\u0000\ud800'])(
    'any text gets a reply',
    async (text) => {
      const { url } = await serve();
      expect((await postJson(`${url}/api/v1/ask`, { text })).status).toBe(200);
      expect((await postForm(`${url}/ask`, { question: text })).status).toBe(303);
    },
  );
  test('adds, shows, syncs, cancels and removes a source', async () => {
    const { url } = await serve({ delayMs: 20 });
    const added = await postJson(`${url}/api/v1/sources`, { location: '/srv/wiki', name: 'Wiki' });
    expect(added.status).toBe(201);
    const { id } = (await added.json()) as { id: string };
    expect(await (await fetch(`${url}/api/v1/sources/${id}`)).json()).toMatchObject({ source: { name: 'Wiki' }, syncing: true });
    expect((await fetch(`${url}/api/v1/sources/${id}/cancel`, { method: 'POST' })).status).toBe(202);
    await expect
      .poll(async () => ((await (await fetch(`${url}/api/v1/sources/${id}`)).json()) as { lastRun: { state: string } }).lastRun.state)
      .toBe('cancelled');
    expect((await fetch(`${url}/api/v1/sources/${id}/sync`, { method: 'POST' })).status).toBe(202);
    expect((await fetch(`${url}/api/v1/sources/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(`${url}/api/v1/sources/${id}`)).status).toBe(404);
    expect((await fetch(`${url}/api/v1/sources/${id}`, { method: 'DELETE' })).status).toBe(404);
    expect(await (await postJson(`${url}/api/v1/sources`, { location: 'wiki' })).json()).toMatchObject({
      error: { code: 'input.invalid', field: 'location' },
    });
    expect((await postJson(`${url}/api/v1/sources`, { location: 'http://169.254.169.254/' })).status).toBe(422);
  });
  test('documents, feedback, settings, status', async () => {
    const { app, url } = await serve();
    expect(await (await fetch(`${url}/api/v1/documents?limit=2&query=paid`)).json()).toMatchObject({
      total: 1,
      documents: [{ title: 'Paid time off' }],
    });
    expect((await fetch(`${url}/api/v1/documents?limit=9999`)).status).toBe(400);
    expect((await fetch(`${url}/api/v1/documents/none`)).status).toBe(404);
    const { answerId } = (await (await postJson(`${url}/api/v1/ask`, { text: 'pto' })).json()) as { answerId: string };
    expect((await postJson(`${url}/api/v1/feedback`, { answerId, verdict: 'down', reason: 'outdated' })).status).toBe(204);
    expect(app.feedback).toEqual([{ answerId, verdict: 'down', reason: 'outdated' }]);
    expect((await postJson(`${url}/api/v1/feedback`, { answerId: 'none', verdict: 'up' })).status).toBe(404);
    const patched = await fetch(`${url}/api/v1/settings`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"keepRate":0.8}',
    });
    expect(await patched.json()).toMatchObject({ keepRate: 0.8 });
    expect(await (await fetch(`${url}/api/v1/status?checks=1`)).json()).toMatchObject({
      ready: true,
      documents: 12,
      findings: [{ name: 'Node' }, {}, {}],
    });
    expect(await (await fetch(`${url}/api/v1/nowhere`)).json()).toMatchObject({ error: { code: 'route.not_found' } });
  });
});

describe('asking', () => {
  test('a reader who goes away cancels it', async () => {
    const { app, url } = await serve({ chatModel: 'm', delayMs: 50 });
    const stop = new AbortController();
    const response = await postJson(`${url}/api/v1/ask`, { text: 'carry over slowly' }, { accept: 'application/x-ndjson' }).then((r) => r);
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => app.aborted).toBe(1);
    const asking = fetch(`${url}/ask`, {
      method: 'POST',
      body: new URLSearchParams({ question: 'carry over slowly' }),
      signal: stop.signal,
    });
    setTimeout(() => stop.abort(), 150);
    await expect(asking).rejects.toThrow();
    await expect.poll(() => app.aborted).toBe(2);
  });
  test('an answer that is being given is pending on its page, one that was cut short can be asked again', async () => {
    const { url } = await serve({ chatModel: 'm', delayMs: 50 });
    const asking = postJson(`${url}/api/v1/ask`, { text: 'carry over slowly', threadId: 'here' }, { accept: 'application/x-ndjson' });
    const response = await asking;
    await response.body!.getReader().read();
    expect(await (await fetch(`${url}/t/here`)).text()).toContain('data-phase="asking"');
    await response.body!.cancel().catch(() => undefined);
  });
  test('a failure inside is told without its words, and logged with the number', async () => {
    const { app, url } = await serve();
    const response = await postJson(`${url}/api/v1/ask`, { text: 'CRASH' });
    const body = (await response.json()) as { error: { code: string; message: string }; request: string };
    expect([response.status, body.error.code]).toEqual([500, 'internal']);
    expect(JSON.stringify(body)).not.toContain('the fake crashed');
    expect(app.logged.find((l) => l.level === 'error')!.fields.request).toBe(body.request);
  });
  test('no question, name or query is logged', async () => {
    const { app, url } = await serve();
    await postForm(`${url}/ask`, { question: 'my secret salary' });
    await fetch(`${url}/documents?q=secret`);
    await fetch(`${url}/t/secret`);
    await fetch(`${url}/secret/${'x'.repeat(20)}`);
    const lines = app.logged.filter((l) => l.message === 'request');
    expect(JSON.stringify(lines)).not.toContain('secret');
    expect(lines.map((l) => l.fields.route)).toEqual(['/ask', '/documents', '/t/:id', 'none']);
    expect(lines[0]!.fields).toMatchObject({ method: 'POST', status: 303 });
  });
});

describe('operations', () => {
  test('lives, is ready or not, and counts', async () => {
    const { app, url } = await serve();
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    app.isReady = false;
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('docent_questions_total 3');
  });
  test('assets are kept for ever under their hash alone', async () => {
    const { url } = await serve();
    const page = await (await fetch(url)).text();
    const path = /href="(\/assets\/console\.css\?v=\w+)"/.exec(page)![1]!;
    expect((await fetch(`${url}${path}`)).headers.get('cache-control')).toContain('immutable');
    expect((await fetch(`${url}/assets/console.css?v=old`)).headers.get('cache-control')).toBe('no-cache');
  });
});

describe('hostile texts', () => {
  test('titles, names, addresses and quotes of documents stay text on every page', async () => {
    const bad = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
    const { app, url } = await serve({
      chatModel: 'm',
      documents: [
        {
          ...fakeDocuments()[0]!,
          id: 'bad',
          title: bad,
          url: 'javascript:alert(1)',
          externalId: bad,
          owner: bad,
          passages: [`${bad}\n\nYou may carry over up to **five unused** PTO days, and they must be taken by *31 March* of the next year.`],
        },
      ],
    });
    const status = app.addFilled(bad, [], {});
    app.failures.set(status.source.id, [{ externalId: bad, reason: bad }]);
    const { threadId, answerId } = (await (await postJson(`${url}/api/v1/ask`, { text: `${bad} pto`, threadId: 'bad' })).json()) as {
      threadId: string;
      answerId: string;
    };
    const pages = [
      '/',
      `/?q=${encodeURIComponent(bad)}`,
      `/t/${threadId}`,
      '/sources',
      `/sources/${status.source.id}`,
      `/sources/${status.source.id}/remove`,
      '/documents',
      `/documents?q=${encodeURIComponent(bad)}`,
      '/documents/bad',
      `/documents/bad?citation=${answerId}.1`,
      `/login?next=${encodeURIComponent(bad)}`,
    ];
    for (const path of pages) {
      const page = await (await fetch(`${url}${path}`)).text();
      expect([path, /<script>|<img|\sonerror=alert\(1\)>/.test(page.replaceAll('&#39;', "'"))]).toEqual([path, false]);
      expect([path, /href="javascript:/i.test(page)]).toEqual([path, false]);
    }
    expect(await (await fetch(`${url}/documents/bad?citation=${answerId}.1`)).text()).toContain('<mark id="quote"');
  });
});
