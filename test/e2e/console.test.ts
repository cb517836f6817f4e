/** The console as people use it, in a real browser over real HTTP: by keyboard, without JavaScript, on a phone, in the dark, in Chinese. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createFakeApp, RIGHT_PASSWORD, type FakeApp, type FakeOptions } from '../fakes/app.ts';
import { browserMissing, openBrowser } from '../fakes/browser.ts';
import { fakeDocuments } from '../fakes/handbook.ts';
import { serveConsole, type Served } from '../fakes/serve-console.ts';

const missing = browserMissing();
const TOKEN = 'a-token-of-the-admin';

describe.skipIf(missing !== undefined)(missing ? `console in a browser (skipped: ${missing})` : 'console in a browser', () => {
  let browser: Browser;
  const open: { served: Served; context: BrowserContext }[] = [];
  let complaints: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const { served, context } of open.splice(0)) {
      await context.close();
      await served.close();
    }
    // Nothing that we ship may trip over the policy or throw.
    const seen = complaints.filter((text) => !/Failed to load resource|net::ERR/.test(text));
    complaints = [];
    expect(seen).toEqual([]);
  });

  async function visit(
    options: FakeOptions = {},
    how: BrowserContextOptions = {},
  ): Promise<{ app: FakeApp; page: Page; url: string; served: Served; context: BrowserContext }> {
    const app = createFakeApp({ chatModel: 'fake-model', delayMs: 10, ...options });
    const served = await serveConsole(app);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', reducedMotion: 'reduce', ...how });
    open.push({ served, context });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(served.url);
    return { app, page, url: served.url, served, context };
  }
  const ask = async (page: Page, question: string): Promise<void> => {
    await page.fill('#question', question);
    await page.keyboard.press('Enter');
  };
  const done = (page: Page, turn = 1): Promise<unknown> => page.waitForSelector(`#t${turn}[data-phase=done]`);
  const overflow = (page: Page): Promise<number> => page.evaluate('document.documentElement.scrollWidth - innerWidth');
  const focused = (page: Page): Promise<string> => page.evaluate('document.activeElement.id || document.activeElement.className');

  describe('asking', () => {
    test('by keyboard alone: the question, its answer sentence by sentence, a source, the quote, and back', async () => {
      const { page, app } = await visit({ delayMs: 120 });
      expect(await focused(page)).toBe('question');
      await page.keyboard.type('How many days can I carry over?');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.sentence');
      const first = await page.locator('.sentence').count();
      expect(await page.locator('.turn').getAttribute('aria-busy')).toBe('true');
      await done(page);
      expect(await page.locator('.sentence').count()).toBeGreaterThan(first);
      expect(app.asked.map((a) => a.text)).toEqual(['How many days can I carry over?']);
      expect(page.url()).toMatch(/\/t\/[\w-]+$/);
      expect(await page.locator('.question').textContent()).toBe('How many days can I carry over?');
      // What was shown is said, too, each sentence once.
      const said = await page.locator('#announce p').allTextContents();
      expect(said.filter((text) => text.includes('five unused'))).toHaveLength(1);

      expect(await focused(page)).toBe('question');
      await page.locator('.cite').first().focus();
      await page.keyboard.press('Enter');
      expect(await focused(page)).toBe('t1-s1');
      expect(await page.locator('#t1-s1').getAttribute('data-selected')).toBe('');
      await page.keyboard.press('Escape');
      expect(await focused(page)).toBe('cite');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.href')).toContain('https://handbook.example.com/people/paid-time-off');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForSelector('mark#quote');
      expect(new URL(page.url()).pathname).toBe('/documents/pto');
      expect((await page.locator('mark').allTextContents()).join('')).toBe(
        'You may carry over up to five unused PTO days, and they must be taken by 31 March of the next year.',
      );
      await expect
        .poll(() =>
          page.evaluate(
            '(() => { const r = document.querySelector("mark#quote").getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()',
          ),
        )
        .toBe(true);
      await page.goBack();
      await done(page);
    });

    test('the sources stand beside the answer, each with title, age, quote and links', async () => {
      const { page } = await visit();
      await ask(page, 'carry over PTO');
      await done(page);
      const card = page.locator('.answer-sources .card').first();
      expect(await card.locator('.card-title').textContent()).toBe('Paid time off');
      expect(await card.locator('.card-meta').textContent()).toBe('Sample handbook · changed 3 days ago');
      expect(await card.locator('.quote-text').first().textContent()).toBe(
        'You may carry over up to five unused PTO days, and they must be taken by 31 March of the next year.',
      );
      const out = card.getByRole('link', { name: 'Open Paid time off, in a new tab' }).first();
      expect([await out.getAttribute('href'), await out.getAttribute('rel')]).toEqual([
        'https://handbook.example.com/people/paid-time-off#carrying-over',
        'noopener noreferrer',
      ]);
      const [body, panel] = [await page.locator('.answer-body').boundingBox(), await page.locator('.answer-sources').boundingBox()];
      expect(panel!.x).toBeGreaterThan(body!.x + body!.width - 1);
      await page.click('.usage summary');
      expect(await page.locator('.usage dl').textContent()).toContain('$0.0042');
    });

    test('a follow-up stays in the conversation, which can be opened again', async () => {
      const { page, app, context } = await visit();
      await ask(page, 'carry over PTO');
      await done(page);
      const address = page.url();
      await ask(page, 'And if I lose my laptop?');
      await done(page, 2);
      expect(page.url()).toBe(address);
      expect(new Set(app.asked.map((a) => a.threadId)).size).toBe(1);
      const other = await context.newPage();
      await other.goto(address);
      expect(await other.locator('.question').allTextContents()).toEqual(['carry over PTO', 'And if I lose my laptop?']);
      // What has streamed in is what is kept, to the letter.
      const drawn = '[...document.querySelectorAll(".turn")].map((e) => e.innerHTML)';
      expect(await other.evaluate(drawn)).toEqual(await page.evaluate(drawn));
      expect(await other.title()).toBe(await page.title());
    });

    test('Stop cancels; what was shown stays, and it can be asked again', async () => {
      const { page, app } = await visit({ delayMs: 30 });
      await ask(page, 'carry over slowly');
      await page.waitForSelector('.sentence');
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByText('You stopped this answer.').first().waitFor();
      await expect.poll(() => app.aborted).toBe(1);
      expect(await page.locator('.sentence').count()).toBeGreaterThan(0);
      expect(await page.getByRole('button', { name: 'Ask', exact: true }).isVisible()).toBe(true);
      await page.getByRole('button', { name: 'Ask again' }).click();
      await expect.poll(() => app.asked.length).toBe(2);
    });

    test('a server that goes away midway and comes back: the same question goes on by itself', async () => {
      const { page, app, served } = await visit({ delayMs: 30 });
      await ask(page, 'carry over slowly');
      await page.waitForSelector('.sentence');
      await served.close();
      const back = await serveConsole(app, served.port);
      open.push({ served: back, context: await browser.newContext() });
      await done(page);
      expect(app.asked.length).toBeGreaterThan(1);
      expect(new Set(app.asked.map(({ eventKey }) => eventKey)).size).toBe(1);
      expect(await page.locator('.turn').count()).toBe(1);
    });

    test('a server that stays away is told, and asking again works when it is back', async () => {
      const { page, app, served } = await visit({ delayMs: 30 });
      await ask(page, 'carry over slowly');
      await page.waitForSelector('.sentence');
      await page.clock.install();
      await served.close();
      const told = page.getByText('The connection was lost before the answer was complete.').first();
      await expect
        .poll(async () => {
          await page.clock.runFor(8_000);
          return told.isVisible();
        })
        .toBe(true);
      await page.clock.resume();
      const back = await serveConsole(app, served.port);
      open.push({ served: back, context: await browser.newContext() });
      const before = app.asked.length;
      await page.getByRole('button', { name: 'Ask again' }).click();
      await expect.poll(() => app.asked.length).toBe(before + 1);
      expect(app.asked.at(-1)!.eventKey).not.toBe(app.asked[0]!.eventKey);
    });

    test('a failure inside is told in words', async () => {
      const { page } = await visit();
      await ask(page, 'CRASH');
      await page
        .getByText(/The server could not take the question: It is in the log/)
        .first()
        .waitFor();
      await ask(page, 'explode');
      await page.getByText('That did not work').waitFor();
    });

    test('not found is honest: what was searched, what comes near, what to try', async () => {
      const { page } = await visit();
      await ask(page, 'Where is the parking lot?');
      await done(page);
      const text = await page.locator('.not-found').textContent();
      for (const part of [
        'Not found in the documents',
        'I searched 12 documents in 1 source: Sample handbook.',
        'may not answer it',
        'Paid time off',
        'What may help',
      ])
        expect(text).toContain(part);
    });

    test("without a model: the documents' own words, grouped by document, and why", async () => {
      const { page } = await visit({ chatModel: null });
      await ask(page, 'carry over PTO');
      await done(page);
      expect(await page.locator('.own-words').textContent()).toBe('The documents’ own words');
      expect(await page.locator('.quoted-title').allTextContents()).toEqual(['Paid time off', 'Security incidents']);
      expect(await page.locator('.degraded').textContent()).toContain('No language model is set up');
    });

    test('a greeting is answered; an empty question is asked for; a very long one gets a reply', async () => {
      const { page, app } = await visit();
      await page.focus('#question');
      await page.keyboard.press('Enter');
      expect(await page.locator('#ask-hint').textContent()).toBe('Write a question first.');
      await ask(page, 'hello');
      await done(page);
      expect(await page.locator('.answer-body').textContent()).toContain('Hello!');
      await ask(page, 'pto '.repeat(10_000));
      await done(page, 2);
      expect(app.asked.at(-1)!.text.length).toBe(40_000);
      await ask(page, 'x'.repeat(100_001));
      expect(await page.locator('#ask-hint').textContent()).toContain('100,000');
      expect(await overflow(page)).toBe(0);
    });

    test('thumbs: up at once; down asks for the reason', async () => {
      const { page, app } = await visit();
      await ask(page, 'carry over PTO');
      await done(page);
      await page.getByRole('button', { name: 'Helpful', exact: true }).click();
      await page.getByText('Thank you.').waitFor();
      await ask(page, 'And remote work?');
      await done(page, 2);
      await page.locator('#t2 .feedback-down summary').focus();
      await page.keyboard.press('Enter');
      await page.getByLabel('It is outdated').check();
      await page.getByLabel('Anything to add?').fill('It changed in May.');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.locator('#t2').getByText('Thank you.').waitFor();
      const [up, down] = app.feedback;
      expect([app.feedback.length, up, down]).toMatchObject([
        2,
        { verdict: 'up' },
        { verdict: 'down', reason: 'outdated', comment: 'It changed in May.' },
      ]);
    });

    test('without JavaScript: ask, follow up, thumbs, first run', async () => {
      const { page, app, url } = await visit({}, { javaScriptEnabled: false });
      await page.fill('#question', 'carry over PTO');
      await page.getByRole('button', { name: 'Ask', exact: true }).click();
      await page.waitForSelector('#t1 .sentence');
      await page.locator('.cite').first().click();
      expect(page.url()).toMatch(/#t1-s1$/);
      await page.fill('#question', 'And remote work?');
      await page.getByRole('button', { name: 'Ask', exact: true }).click();
      await page.waitForSelector('#t2 .sentence');
      expect(new Set(app.asked.map((a) => a.threadId)).size).toBe(1);
      await page.locator('#t2 .feedback-down summary').click();
      await page.locator('#t2').getByLabel('It is wrong').check();
      await page.locator('#t2').getByRole('button', { name: 'Send' }).click();
      await page.getByText('Thank you.').waitFor();
      expect(app.feedback).toMatchObject([{ verdict: 'down', reason: 'wrong' }]);
      await page.goto(`${url}/documents/pto`);
      expect(await page.locator('.prose').textContent()).toContain('five unused');
    });
  });

  describe('the first run', () => {
    test('the first cited answer stands there after two clicks', async () => {
      const { page } = await visit({ filled: false });
      await page.getByRole('button', { name: 'Add the sample handbook' }).click();
      await page.waitForSelector('progress');
      await page.getByRole('button', { name: 'How many days of PTO can I carry over to next year?' }).click();
      await page.waitForSelector('.cite');
      await done(page);
    });
    test("one's own folder, with progress until it is read, its failures by name, and removal", async () => {
      const { page, app } = await visit({ filled: false, delayMs: 40 });
      await page.getByRole('link', { name: 'Add a folder, a site or a wiki' }).click();
      await page.getByLabel('Folder or address').fill('handbook');
      await page.getByRole('button', { name: 'Preview' }).click();
      expect(await page.getByRole('alert').textContent()).toContain('there is no folder "handbook"');
      expect(await focused(page)).toBe('f-location');
      await page.getByLabel('Folder or address').fill('/srv/handbook');
      await page.getByLabel('Name').fill('Handbook');
      await page.getByRole('button', { name: 'Preview' }).click();
      await page.getByRole('button', { name: 'Add and sync now' }).click();
      await page.waitForSelector('progress[value]');
      const id = new URL(page.url()).pathname.split('/').at(-1)!;
      await page.getByText('Up to date').waitFor();
      app.failures.set(
        id,
        Array.from({ length: 60 }, (_, i) => ({ externalId: `broken-${i}.html`, reason: 'it is nested too deeply' })),
      );
      await page.getByRole('button', { name: 'Sync Handbook now' }).click();
      await page.getByText('60 not read').waitFor();
      expect(await page.locator('#failures tbody tr').count()).toBe(50);
      await page.getByRole('link', { name: 'Next' }).click();
      await expect.poll(() => page.locator('#failures tbody tr').count()).toBe(10);
      await page.getByRole('link', { name: 'Remove' }).click();
      await page.getByRole('heading', { name: 'Remove Handbook?' }).waitFor();
      await page.getByRole('button', { name: 'Remove Handbook' }).click();
      await page.getByText('The source was removed.').waitFor();
      expect(await app.listSources()).toEqual([]);
    });
    test.each([true, false])('fields to sign in and times show with their choice; script: %s', async (javaScriptEnabled) => {
      const { page, app, url } = await visit({}, { javaScriptEnabled });
      await page.goto(`${url}/sources/new`);
      expect([await page.getByLabel('Password').isVisible(), await page.getByLabel('cron').isVisible()]).toEqual([false, false]);
      await page.getByLabel('Kind').selectOption('mediawiki');
      await page.getByLabel('At times of its own').check();
      expect([await page.getByLabel('Password').isVisible(), await page.getByLabel('cron').isVisible()]).toEqual([true, true]);
      await page.getByLabel('Folder or address').fill('https://wiki.example.com');
      await page.getByLabel('User').fill('Bot');
      await page.getByLabel('Password').fill('wrong');
      await page.getByLabel('cron').fill('@weekly');
      await page.getByRole('button', { name: 'Preview' }).click();
      expect(await page.getByRole('alert').textContent()).toContain('does not accept this user and password');
      if (javaScriptEnabled) expect(await focused(page)).toBe('credential.mediawiki.user');
      await page.getByLabel('Password').fill(RIGHT_PASSWORD);
      await page.getByRole('button', { name: 'Preview' }).click();
      await page.getByRole('button', { name: 'Add and sync now' }).click();
      await page.getByText('Kept, sealed').waitFor();
      expect(app.added).toMatchObject([{ schedule: '@weekly', credential: { user: 'Bot', password: RIGHT_PASSWORD } }]);
    });
    test('a long look moves on by itself, and can be cancelled', async () => {
      const { page, app, url } = await visit({ delayMs: 3 });
      const look = async (): Promise<void> => {
        await page.goto(`${url}/sources/new`);
        await page.getByLabel('Folder or address').fill('https://slow.example.com');
        await page.getByRole('button', { name: 'Preview' }).click();
        await page.getByText(/documents listed so far/).waitFor();
      };
      await look();
      await page.getByRole('button', { name: 'Add and sync now' }).waitFor();
      await look();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByLabel('Folder or address').waitFor();
      expect(await page.getByLabel('Folder or address').inputValue()).toBe('https://slow.example.com');
      expect([app.stopped, app.added.length]).toEqual([1, 0]);
    });
    test('a sync can be cancelled', async () => {
      const { page } = await visit({ delayMs: 60 });
      await page.getByRole('link', { name: 'Sources' }).click();
      await page.getByRole('button', { name: 'Sync Sample handbook now' }).click();
      await page.getByRole('button', { name: 'Cancel sync' }).click();
      await page.getByText('Cancelled').waitFor();
    });
  });

  describe('documents', () => {
    test('are searched by title, filtered and paged', async () => {
      const many = Array.from({ length: 120 }, (_, i) => ({ ...fakeDocuments()[5]!, id: `d${i}`, title: `Page ${i}` }));
      const { page, url } = await visit({ documents: many });
      await page.goto(`${url}/documents`);
      expect(await page.locator('.document-row').count()).toBe(50);
      await page.getByText('1–50 of 120').waitFor();
      await page.getByRole('link', { name: 'Next' }).click();
      await page.getByText('51–100 of 120').waitFor();
      await page.getByRole('searchbox').fill('page 11');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.locator('.document-row').count()).toBe(11);
      await page.getByRole('searchbox').fill('nothing like it');
      await page.keyboard.press('Enter');
      await page.getByText('No title has these words').waitFor();
    });
    test('a quote that is gone is shown and said to be gone', async () => {
      const documents = fakeDocuments();
      const { page } = await visit({ documents });
      await ask(page, 'carry over PTO');
      await done(page);
      documents[0]!.passages[0] = '# Paid time off\n\nNothing is carried over any more.';
      await page.locator('.quote-links a').nth(1).click();
      await page.getByText('This quote is no longer in the document').waitFor();
      expect(await page.locator('#quote blockquote').textContent()).toContain('five unused');
      expect(await page.locator('mark').count()).toBe(0);
    });
    test('hostile titles and addresses stay text', async () => {
      const bad = '<script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">';
      const { page } = await visit({
        documents: [
          {
            ...fakeDocuments()[0]!,
            title: bad,
            url: 'javascript:document.title="owned"',
            passages: [
              `${bad}\n\n[go](javascript:alert(1))\n\nYou may carry over up to **five unused** PTO days, and they must be taken by *31 March* of the next year.`,
            ],
          },
        ],
      });
      await ask(page, `carry over ${bad}`);
      await done(page);
      expect(await page.locator('.card-title').first().textContent()).toBe(bad);
      expect(await page.locator('a[href^="javascript"], .turn img, .turn script').count()).toBe(0);
      await page.locator('.quote-links a').first().click();
      await page.waitForSelector('mark#quote');
      expect(await page.locator('.prose :is(a, img, script)').count()).toBe(0);
      expect(await page.title()).not.toBe('owned');
    });
  });

  describe('everyone', () => {
    test('signs in where a token is set', async () => {
      const { page, url } = await visit({ env: { ADMIN_TOKEN: TOKEN } });
      expect(new URL(page.url()).pathname).toBe('/login');
      await page.getByLabel('Admin token').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByText('That is not the token.').waitFor();
      await page.getByLabel('Admin token').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.waitForSelector('#question');
      await ask(page, 'carry over PTO');
      await done(page);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.goto(`${url}/sources`);
      expect(new URL(page.url()).pathname).toBe('/login');
    });
    test('reads Chinese, and can switch', async () => {
      const { page } = await visit({}, { locale: 'zh-CN' });
      await page.getByRole('heading', { name: '您想了解什么？' }).waitFor();
      await ask(page, '上海办公室的报销最迟什么时候提交？');
      await done(page);
      expect(await page.locator('.card-meta').first().textContent()).toContain('更新');
      expect(await page.locator('.answer-body').getAttribute('lang')).toBe('zh');
      await page.getByRole('button', { name: 'English' }).click();
      await page.getByRole('link', { name: 'Documents', exact: true }).waitFor();
      expect(page.url()).toMatch(/\/t\//);
      await page.getByRole('button', { name: '中文' }).click();
      await page.getByRole('link', { name: '知识源', exact: true }).first().waitFor();
    });
    test('sets prices, the keep rate and internal addresses', async () => {
      const { page, app, url } = await visit();
      await page.goto(`${url}/settings`);
      await page.waitForSelector('.findings');
      await page.getByLabel('How readily it answers').fill('85');
      await page.getByRole('button', { name: 'Save' }).nth(0).click();
      await page.getByText('Saved.').waitFor();
      await page.getByLabel('Row 1: Model').fill('my-model');
      await page.getByLabel('Row 1: Read, $').fill('0,5');
      await page.getByLabel('Row 1: Written, $').fill('2');
      await page.getByLabel('Row 1: Context, tokens').fill('4096');
      await page.getByRole('button', { name: 'Save' }).nth(2).click();
      await page.getByLabel('Removed without asking, at most').fill('20');
      await page.getByRole('button', { name: 'Save' }).nth(1).click();
      await page.getByLabel('Allowed internal addresses').fill('wiki.internal\n10.1.0.0/16\n');
      await page.getByRole('button', { name: 'Save' }).nth(3).click();
      await expect
        .poll(() => app.settings())
        .toMatchObject({
          keepRate: 0.85,
          largestRemovalShare: 0.2,
          prices: { 'my-model': { input: 0.5, output: 2 } },
          contextTokens: { 'my-model': 4096 },
          internalAddresses: ['wiki.internal', '10.1.0.0/16'],
        });
    });
  });

  describe('the look', () => {
    const pages =
      '/ /t/kept /t/missing /sources /sources/new /documents /documents/pto /settings /nowhere /glossary /glossary?q=none /glossary/new /glossary/import /glossary/nowhere'.split(
        ' ',
      );
    /** Sources that want something of the admin, and a new one as it is looked at; the addresses of their pages. */
    const wanting = async (app: FakeApp, page: Page, url: string): Promise<string[]> => {
      const [decide, failing] = [app.addFilled('Wiki', []).source, app.addFilled('Support', []).source];
      Object.assign(decide, { kind: 'mediawiki', doubt: { runId: 'r', known: 845, gone: 512, confirmedAt: null }, pausedAt: 5 });
      Object.assign(failing, { problem: { reason: `503 ${'long'.repeat(60)}`, since: 5 }, schedule: '30 6 * * 1-5' });
      app.unread.set(decide.id, [{ externalId: `scans/${'lease'.repeat(30)}.pdf`, title: 'Lease', unread: 'pages 3 to 9' }]);
      const look = async (form: Record<string, string>): Promise<string> =>
        (await page.request.post(`${url}/sources`, { form, maxRedirects: 0 })).headers()['location']!;
      const wiki = { location: `https://wiki.example.com/${'long'.repeat(40)}`, kind: 'mediawiki', when: 'own', schedule: '@weekly' };
      return [
        `/sources/${decide.id}`,
        `/sources/${failing.id}`,
        await look({ location: '/srv/other' }),
        await look({ ...wiki, 'credential.mediawiki.user': 'a', 'credential.mediawiki.password': 'b' }),
        await look({ location: 'https://slow.example.com' }),
      ];
    };
    const terms = { term: 'annual leave', synonyms: ['PTO', `a${'long'.repeat(22)}`], explanation: 'Paid, every year' };
    test.each([
      ['light', 'en-GB', 360],
      ['dark', 'en-GB', 360],
      ['light', 'zh-CN', 360],
      ['dark', 'zh-CN', 1280],
      ['light', 'en-GB', 1280],
      ['light', 'en-GB', 768],
    ] as const)('%s, %s, %i wide: nothing sticks out, all text can be read', async (colorScheme, locale, width) => {
      const { app, page, url } = await visit(
        { ollama: { url: 'http://127.0.0.1:11434', models: ['llama3.2:3b'] } },
        { colorScheme, locale, viewport: { width, height: 760 } },
      );
      for (const text of ['carry over PTO', 'Where is the parking lot?', 'explode', `a${'longword'.repeat(60)}`])
        await page.request.post(`${url}/api/v1/ask`, { data: { text, threadId: 'kept' } });
      await page.request.post(`${url}/api/v1/glossary`, { data: terms });
      for (const path of [...pages, ...(await wanting(app, page, url))]) {
        await page.goto(`${url}${path}`);
        for (const fold of await page.locator('#source-body summary').all()) await fold.click();
        expect([path, await overflow(page)]).toEqual([path, 0]);
        expect([path, await page.evaluate(`(${lowContrast})()`)]).toEqual([path, []]);
      }
    });
    test('every control has a name, and every page one heading of the first rank', async () => {
      const { app, page, url } = await visit();
      await page.request.post(`${url}/api/v1/ask`, { data: { text: 'carry over PTO', threadId: 'kept' } });
      for (const path of [...pages, ...(await wanting(app, page, url))]) {
        await page.goto(`${url}${path}`);
        expect([path, await page.locator('h1').count()]).toEqual([path, 1]);
        expect([path, await page.evaluate(`(${nameless})()`)]).toEqual([path, []]);
      }
    });
  });
});

/** Texts whose contrast with what is behind them is under 4.5 to 1 (WCAG 2.2, 1.4.3; 3 to 1 from 24 px). Runs in the page. */
const lowContrast = `function () {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const behind = (element) => { for (let e = element; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { const s = v / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.nodeValue.trim() === '' || !element.checkVisibility() || element.closest('.sr-only, .skip, script, template, option')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgba(style.color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) bad.push(walker.currentNode.nodeValue.trim().slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  return bad;
}`;

/** Controls that a screen reader could not name. Runs in the page. */
const nameless = `function () {
  const named = (e) => (e.getAttribute('aria-label') || e.textContent || '').trim() !== '' || [...(e.labels || [])].some((l) => l.textContent.trim() !== '') || e.type === 'hidden' || e.getAttribute('aria-hidden') === 'true';
  return [...document.querySelectorAll('a, button, input, select, textarea, summary, progress')].filter((e) => !named(e)).map((e) => e.outerHTML.slice(0, 80));
}`;
