/** Sources over the whole application, in a browser: looked at and let in before they are added; asked about before much is removed. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { browserMissing, openBrowser } from '../fakes/browser.ts';
import { never, openApp, type OpenedApp } from '../fakes/open-app.ts';
import { startPrivateWiki, type PrivateWiki } from '../fakes/private-wiki.ts';
import { serveConsole, type Served } from '../fakes/serve-console.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const missing = browserMissing();
const PASSWORD = 'wm3-Sesame:opens';

describe.skipIf(missing !== undefined)(missing ? `sources in a browser (skipped: ${missing})` : 'sources in a browser', () => {
  let browser: Browser;
  let opened: OpenedApp;
  let served: Served;
  let wiki: PrivateWiki;
  let page: Page;
  const seen: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
    wiki = await startPrivateWiki(['Leave', 'Travel', 'Laptops'], { user: 'Bot@docent', password: PASSWORD });
    opened = await openApp();
    await opened.app.changeSetting('internalAddresses', ['127.0.0.1']);
    served = await serveConsole(opened.app);
    page = await (await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } })).newPage();
    page.setDefaultTimeout(20_000);
    // Whatever the browser is sent, page or script's fetch.
    page.on('response', async (response) => seen.push(response.url(), await response.text().catch(() => '')));
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await opened?.close();
    await wiki?.close();
  });
  afterEach(() => {
    expect(seen.filter((text) => text.includes(PASSWORD) || text.includes(encodeURIComponent(PASSWORD)))).toEqual([]);
  });

  test('a wiki that asks to sign in: the wrong password is said at its field, the right one is sealed and goes on being used', async () => {
    const { app } = opened;
    await page.goto(`${served.url}/sources/new`);
    await page.getByLabel('Folder or address').fill(wiki.api);
    // Recognised, but nobody may read it unsigned: the kind brings the fields.
    await page.getByRole('button', { name: 'Preview' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('lets only people read who are signed in');
    await page.getByLabel('Kind').selectOption('mediawiki');
    await page.getByLabel('Bot user name').fill('Bot@docent');
    await page.getByLabel('Bot password').fill('wrong-one');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText(/does not accept this user and password/).waitFor();
    expect(await page.getByLabel('Bot password').getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByLabel('Bot password').inputValue()).toBe('');
    expect(await app.listSources()).toEqual([]);

    // The user name is kept for this preview; the password alone is given again.
    await page.getByLabel('Bot password').fill(PASSWORD);
    await page.getByLabel('Name', { exact: true }).fill('Wiki');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('heading', { name: 'Add Wiki?' }).waitFor();
    const found = await page.locator('main').textContent();
    for (const part of ['3 documents', 'Leave', '1 passage', 'everyone in the company', 'talk, user, project'])
      expect(found).toContain(part);
    expect(await app.listSources()).toEqual([]);
    await page.getByRole('button', { name: 'Add and sync now' }).click();
    await page.getByRole('heading', { name: 'Wiki' }).waitFor();
    await app.syncNow(['Wiki'], { signal: never() });
    expect((await app.showSource('Wiki'))!).toMatchObject({ documents: 3, source: { kind: 'mediawiki', problem: null } });

    // The wiki's password is changed: what fails says so, and the new one mends it at once.
    wiki.login.password = 'another';
    await page.reload();
    await page.getByText('Replace credential').click();
    await page.getByLabel('Bot user name').fill('Bot@docent');
    await page.getByLabel('Bot password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Try and keep' }).click();
    await page.getByText(/does not accept this user and password/).waitFor();
    await page.getByLabel('Bot user name').fill('Bot@docent');
    await page.getByLabel('Bot password').fill('another');
    await page.getByRole('button', { name: 'Try and keep' }).click();
    await page.getByText('The credential was tried, works, and is kept sealed.').waitFor();
    expect((await app.syncNow(['Wiki'], { signal: never() }))[0]!.error).toBeUndefined();
  });

  test('much that is missing waits for the admin, who removes it here', async () => {
    const { app, folder } = opened;
    const files = join(folder, 'files');
    mkdirSync(files);
    const path = (n: number): string => join(files, `page-${n}.md`);
    for (let n = 0; n < 40; n++) writeFileSync(path(n), `# Page ${n}\n\nThis is what page number ${n} says.\n`);
    await page.goto(`${served.url}/sources/new`);
    await page.getByLabel('Folder or address').fill(files);
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('button', { name: 'Add and sync now' }).click();
    await page.getByRole('heading', { name: 'files' }).waitFor();
    await app.syncNow(['files'], { signal: never() });
    for (let n = 0; n < 30; n++) rmSync(path(n));
    await app.syncNow(['files'], { signal: never() });
    expect((await app.showSource('files'))!.documents).toBe(40);

    await page.goto(`${served.url}/sources`);
    await page.getByText('Needs a decision').waitFor();
    await page.getByRole('link', { name: 'files' }).click();
    await page.getByRole('heading', { name: '30 of 40 documents are missing there' }).waitFor();
    // Meanwhile more went missing: what was shown is no longer what would be removed.
    for (let n = 30; n < 35; n++) rmSync(path(n));
    await app.syncNow(['files'], { signal: never() });
    await page.getByRole('button', { name: 'Remove 30 documents' }).click();
    await page.getByText(/look at the figures again/).waitFor();
    expect((await app.showSource('files'))!.source.doubt).toMatchObject({ gone: 35, confirmedAt: null });
    await page.getByRole('button', { name: 'Remove 35 documents' }).click();
    await page.getByText('Confirmed. Docent looks at the source again now').waitFor();
    await app.syncNow(['files'], { signal: never() });
    expect((await app.showSource('files'))!).toMatchObject({ documents: 5, source: { doubt: null } });
  });
});
