/**
 * An admin connects Slack in the console: from the app's creation to the test message, in a real browser, with the fake
 * Slack behind. `PICTURES=1 npx vitest run test/e2e/connect-slack.test.ts` draws the pictures of docs/slack.md anew.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SLACK_SCOPES } from '../../bots/slack/manifest.ts';
import type { Catalog } from '../../src/catalog/database.ts';
import { createChatConnections, type ChatConnections } from '../../src/chat-connections.ts';
import { systemClock } from '../../src/clock.ts';
import { createChatConsole } from '../../src/connecting.ts';
import { readConfig } from '../../src/config.ts';
import { createSecrets } from '../../src/secrets.ts';
import { createFakeApp, type FakeApp } from '../fakes/app.ts';
import { browserMissing, openBrowser } from '../fakes/browser.ts';
import { serveConsole, type Served } from '../fakes/serve-console.ts';
import { startFakeSlack, type FakeSlack } from '../fakes/slack.ts';
import { openCatalog } from '../servers/test-catalog.ts';

const missing = browserMissing();
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const draws = process.env['PICTURES'] === '1';

describe.skipIf(missing !== undefined)(missing ? `connecting Slack (skipped: ${missing})` : 'connecting Slack', () => {
  let browser: Browser;
  let folder: string;
  let db: Catalog;
  let slack: FakeSlack;
  let connections: ChatConnections;
  let app: FakeApp;
  let served: Served;
  let complaints: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docent-connect-slack-'));
    db = await openCatalog(folder);
    slack = await startFakeSlack({ scopes: [...SLACK_SCOPES] });
    complaints = [];
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await served?.close();
    await slack.close();
    await db.destroy();
    rmSync(folder, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });

  async function visit(env: Record<string, string> = {}, how: BrowserContextOptions = {}): Promise<Page> {
    const config = readConfig({ SLACK_API_URL: slack.url, ...env });
    connections = createChatConnections({
      db,
      secrets: createSecrets(db, 'a key of sixteen characters', Date.now),
      config,
      clock: systemClock,
    });
    app = createFakeApp({ chatModel: 'fake-model' });
    served = await serveConsole(app, 0, { chat: createChatConsole({ connections, config }) });
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce', ...how });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('Failed to load resource')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${served.url}/settings/slack`);
    return page;
  }
  const give = async (page: Page, tokens: Record<string, string>): Promise<void> => {
    for (const [name, value] of Object.entries(tokens)) await page.fill(`#${name}`, value);
    await page.click('form[action$=connect] button.primary');
  };
  const socketTokens = (): Record<string, string> => ({ botToken: slack.botToken, appToken: slack.appToken });
  const checked = (page: Page): Promise<unknown> => page.waitForSelector('#slack-checks .findings');
  const overflow = (page: Page): Promise<number> => page.evaluate('document.documentElement.scrollWidth - innerWidth');
  const picture = async (page: Page, name: string): Promise<void> => {
    if (!draws) return;
    mkdirSync(IMAGES, { recursive: true });
    const width = page.viewportSize()!.width;
    // Only as far down as the picture tells something.
    await page.screenshot({ path: join(IMAGES, `${name}.png`), fullPage: true, clip: { x: 0, y: 0, width, height: 1290 } });
  };

  test('from the settings to the test message, without a restart', async () => {
    const page = await visit({}, { viewport: { width: 860, height: 700 } });
    await page.goto(`${served.url}/settings`);
    expect(await page.textContent('#slack .state')).toBe('Not connected');
    await page.click('#slack a');
    expect(await page.textContent('h1')).toBe('Slack');

    const link = new URL((await page.getAttribute('a[href^="https://api.slack.com/apps"]', 'href'))!);
    const manifest = JSON.parse(link.searchParams.get('manifest_json')!) as Record<string, object>;
    expect(manifest).toMatchObject({ settings: { socket_mode_enabled: true }, oauth_config: { scopes: { bot: [...SLACK_SCOPES] } } });
    await picture(page, 'slack-create');

    await give(page, socketTokens());
    await checked(page);
    expect(page.url()).toContain('done=connected');
    expect(await page.textContent('.done')).toMatch(/No restart is needed/);
    expect(await page.textContent('.connected')).toContain('@docent · The Company');
    expect(await connections.slack()).toMatchObject({ botToken: slack.botToken, appToken: slack.appToken, from: 'console' });
    expect(await page.textContent('#slack-checks')).toMatch(/all 15 scopes are granted.*no event has reached Docent yet/s);

    const ana = slack.person({ name: 'ana' });
    await page.fill('#to', ana.email!);
    await page.click('form[action$=test] button');
    await page.waitForURL(/done=sent/);
    expect(slack.messages(slack.directOf(ana).id).map(({ text }) => text)).toEqual([expect.stringContaining('test message')]);

    await page.goto(`${served.url}/settings/slack`);
    connections.noteSlack('message.im');
    await page.waitForSelector('#try li:first-child .state-good');
    expect(await page.textContent('#try li:first-child')).toMatch(/came .*Write Docent a direct message/);
    expect(await page.textContent('#try li:nth-child(2)')).toMatch(/not yet/);
    await page.reload();
    await checked(page);
    await picture(page, 'slack-connected');

    await page.goto(`${served.url}/settings`);
    expect(await page.textContent('#slack .state')).toBe('Connected');
    expect(slack.complaints).toEqual([]);
  });

  test('tokens that do not work are not kept, and are said at their field and nowhere else', async () => {
    const page = await visit();
    await give(page, { botToken: 'xoxb-9-wrong-one', appToken: slack.appToken });
    expect(await page.textContent('#botToken-problem')).toMatch(/not one that Slack knows/);
    expect(await page.inputValue('#botToken')).toBe('');
    await give(page, { botToken: slack.appToken, appToken: slack.appToken });
    expect(await page.textContent('#botToken-problem')).toMatch(/must begin with "xoxb-".*app-level token/);
    await give(page, { botToken: slack.botToken, appToken: 'xapp-1-A0DOCENT-wrong-one' });
    expect(await page.textContent('#appToken-problem')).toMatch(/connections:write/);
    await give(page, { botToken: slack.botToken });
    expect(await page.textContent('#appToken-problem')).toMatch(/Generate Token and Scopes/);
    expect(await connections.slack()).toBeUndefined();
    expect(await page.content()).not.toMatch(/wrong-one|xoxb-1-2|xapp-1-A0/);
    expect(JSON.stringify(app.logged)).not.toMatch(/xoxb|xapp/);
    expect(readFileSync(join(folder, 'catalog.db')).includes('xoxb-')).toBe(false);
  });

  test('a missing scope is named, and the tokens are kept', async () => {
    slack.scopes.delete('files:read');
    const page = await visit();
    await give(page, socketTokens());
    await checked(page);
    expect(await page.textContent('#slack-checks')).toMatch(/files:read is missing \(reads files/);
    expect(await connections.slack()).toBeDefined();
  });

  test('a Slack that does not answer is waited for with a sign, and told', async () => {
    slack.mood('auth.test', { type: 'slow', ms: 300 });
    const page = await visit();
    await page.fill('#botToken', slack.botToken);
    await page.fill('#appToken', slack.appToken);
    await page.evaluate(
      `document.addEventListener('submit', ({ submitter }) => sessionStorage.setItem('shown', submitter.ariaBusy + ' ' + submitter.textContent))`,
    );
    await page.dblclick('form[action$=connect] button.primary');
    await checked(page);
    expect(await page.evaluate(`sessionStorage.getItem('shown')`)).toBe('true Asking Slack…');
    // Once for the tokens, however often the button was pressed, and once for the page after.
    expect(slack.calls('auth.test')).toHaveLength(2);
    slack.mood('auth.test', { type: 'cut' });
    await page.reload();
    await checked(page);
    expect(await page.textContent('#slack-checks')).toMatch(/Slack cannot be reached from this machine/);
  });

  test('a test message to nobody says so, and keeps what was typed', async () => {
    const page = await visit();
    await give(page, socketTokens());
    await page.fill('#to', 'nobody@example.com');
    await page.click('form[action$=test] button');
    expect(await page.textContent('#to-problem')).toMatch(/Nobody in this workspace/);
    expect(await page.inputValue('#to')).toBe('nobody@example.com');
    await page.fill('#to', 'Ana');
    await page.click('form[action$=test] button');
    expect(await page.textContent('#to-problem')).toMatch(/e-mail address, or a member ID/);
  });

  test('by HTTP, where Slack can reach this Docent and where it cannot', async () => {
    const page = await visit();
    await page.click('.choice[href$="mode=http"]');
    expect(await page.textContent('.notice-warn')).toMatch(/set PUBLIC_URL to an https address/);
    await give(page, { botToken: slack.botToken, signingSecret: slack.signingSecret });
    await checked(page);
    expect(await page.textContent('#slack-checks')).toMatch(/PUBLIC_URL is not set/);
    await served.close();

    const reachable = await visit({ PUBLIC_URL: 'https://docent.example.com' });
    await checked(reachable);
    expect(await reachable.textContent('#slack-checks')).toMatch(/press "Retry" beside https:\/\/docent\.example\.com\/slack\/events/);
    await reachable.click('.fold:has-text("Give other tokens") > summary');
    expect(await reachable.getAttribute('.choice[aria-current]', 'href')).toContain('mode=http');
  });

  test('disconnecting asks first, and forgets the tokens', async () => {
    const page = await visit();
    await give(page, socketTokens());
    await checked(page);
    expect(await page.isVisible('form[action$=disconnect] button')).toBe(false);
    await page.click('#disconnect summary');
    await page.click('form[action$=disconnect] button');
    await page.waitForURL(/done=disconnected/);
    expect(await connections.slack()).toBeUndefined();
    expect(await page.isVisible('#step-1')).toBe(true);
  });

  test('tokens of the environment are shown as such, and offer nothing to change', async () => {
    const page = await visit({ SLACK_BOT_TOKEN: slack.botToken, SLACK_APP_TOKEN: slack.appToken });
    await checked(page);
    expect(await page.textContent('#connection')).toMatch(/from the environment/);
    expect(await page.isVisible('#disconnect')).toBe(false);
    expect(await page.locator('form[action$=connect]').count()).toBe(0);
  });

  test('tokens sealed with another key can be given anew', async () => {
    await createChatConnections({
      db,
      secrets: createSecrets(db, 'another key of sixteen', Date.now),
      config: {},
      clock: systemClock,
    } as never).connectSlack({ botToken: slack.botToken, appToken: slack.appToken });
    const page = await visit();
    expect(await page.textContent('.notice-bad')).toMatch(/another SECRET_KEY/);
    await page.goto(`${served.url}/settings`);
    expect(await page.textContent('#slack .state')).toBe('Tokens cannot be read');
    await page.goto(`${served.url}/settings/slack`);
    await give(page, socketTokens());
    await checked(page);
  });

  test('without JavaScript, on a phone, in the dark, in Chinese', async () => {
    const page = await visit({}, { javaScriptEnabled: false, viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'zh-CN' });
    expect(await page.textContent('#step-1 h2')).toBe('创建应用');
    await picture(page, 'slack-phone-zh-dark');
    await give(page, socketTokens());
    await page.click('#slack-checks .button');
    expect(await page.textContent('#slack-checks')).toContain('@docent');
  });

  test('nothing is cut off, on a phone, a tablet and a desk', async () => {
    const page = await visit({ PUBLIC_URL: 'https://a-rather-long-name-of-a-host.internal.docent.example.com' });
    const cutOff = async (): Promise<number[]> => {
      await page.evaluate('for (const d of document.querySelectorAll("details")) d.open = true');
      const widths: number[] = [];
      for (const width of [360, 768, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        widths.push(Math.max(0, await overflow(page)));
      }
      return widths;
    };
    expect(await cutOff()).toEqual([0, 0, 0]);
    await page.goto(`${served.url}/settings/slack?mode=socket`);
    await give(page, socketTokens());
    await checked(page);
    expect(await cutOff()).toEqual([0, 0, 0]);
  });
});
