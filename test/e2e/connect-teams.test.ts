/**
 * An admin connects Teams in the console: from the address to the app package, in a real browser, with the fake login behind.
 * `PICTURES=folder npx vitest run test/e2e/connect-teams.test.ts` draws the page there.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { strFromU8, unzipSync } from 'fflate';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { problemsOfPackage } from '../../bots/teams/package.ts';
import type { Catalog } from '../../src/catalog/database.ts';
import { createChatConnections, type ChatConnections } from '../../src/chat-connections.ts';
import { systemClock } from '../../src/clock.ts';
import { createChatConsole } from '../../src/connecting.ts';
import { readConfig } from '../../src/config.ts';
import { createSecrets } from '../../src/secrets.ts';
import { createFakeApp, type FakeApp } from '../fakes/app.ts';
import { browserMissing, openBrowser } from '../fakes/browser.ts';
import { selfSigned } from '../fakes/certificate.ts';
import { serveConsole, type Served } from '../fakes/serve-console.ts';
import { startFakeTeams, type FakeTeams } from '../fakes/teams.ts';
import { openCatalog } from '../servers/test-catalog.ts';

const missing = browserMissing();
const pictures = process.env['PICTURES'];
const PUBLIC_URL = 'https://docent.example.com';
const usual = getCACertificates('default');

describe.skipIf(missing !== undefined)(missing ? `connecting Teams (skipped: ${missing})` : 'connecting Teams', () => {
  let browser: Browser;
  let folder: string;
  let db: Catalog;
  let teams: FakeTeams;
  let connections: ChatConnections;
  let app: FakeApp;
  let served: Served | undefined;
  let complaints: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docent-connect-teams-'));
    db = await openCatalog(folder);
    teams = await startFakeTeams();
    setDefaultCACertificates([...usual, teams.ca]);
    complaints = [];
  });
  afterEach(async () => {
    setDefaultCACertificates(usual);
    for (const context of browser.contexts()) await context.close();
    await served?.close();
    served = undefined;
    await teams.close();
    await db.destroy();
    rmSync(folder, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });

  const connectionsWith = (env: Record<string, string>, key = 'a key of sixteen characters'): ChatConnections =>
    createChatConnections({ db, secrets: createSecrets(db, key, Date.now), config: readConfig(env), clock: systemClock });

  async function visit(env: Record<string, string> = { PUBLIC_URL }, how: BrowserContextOptions = {}): Promise<Page> {
    connections = connectionsWith(env);
    app = createFakeApp({ chatModel: 'fake-model' });
    served = await serveConsole(app, 0, {
      chat: createChatConsole({ connections, config: readConfig(env), teamsEndpoints: teams.endpoints }),
    });
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce', ...how });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('Failed to load resource')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${served.url}/settings/teams`);
    return page;
  }
  const settings = (): Record<string, string> => ({ appId: teams.appId, tenantId: teams.tenantId, password: teams.password! });
  const give = async (page: Page, given: Record<string, string>): Promise<void> => {
    for (const [name, value] of Object.entries(given)) await page.fill(`#${name}`, value);
    await page.click('form[action$=connect] button.primary');
  };
  const checked = (page: Page): Promise<unknown> => page.waitForSelector('#teams-checks .findings');
  const overflow = (page: Page): Promise<number> => page.evaluate('document.documentElement.scrollWidth - innerWidth');
  const picture = async (page: Page, name: string): Promise<void> => {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  };

  test('from the settings to the app package, without a restart', async () => {
    const page = await visit({ PUBLIC_URL }, { viewport: { width: 860, height: 700 } });
    await page.goto(`${served!.url}/settings`);
    expect(await page.textContent('#teams .state')).toBe('Not connected');
    await page.click('#teams a');
    expect(await page.textContent('h1')).toBe('Microsoft Teams');
    expect(await page.textContent('#step-1 code')).toBe(`${PUBLIC_URL}/api/messages`);
    expect(await page.getAttribute('#step-2 .button', 'href')).toMatch(/^https:\/\/portal\.azure\.com\//);
    await picture(page, 'teams-create');

    await give(page, settings());
    await checked(page);
    expect(page.url()).toContain('done=connected');
    expect(await page.textContent('.done')).toMatch(/No restart is needed/);
    expect(await connections.teams()).toMatchObject({ appId: teams.appId, password: teams.password, from: 'console' });
    expect(await page.textContent('#teams-checks')).toMatch(/Microsoft knows app .*no message has reached Docent yet/s);

    for (const [name, reads] of [
      ['Download the app package', false],
      ['Download it with permission to read channels', true],
    ] as const) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(`text="${name}"`)]);
      expect(download.suggestedFilename()).toBe('docent-teams.zip');
      const zip = readFileSync(await download.path());
      expect(problemsOfPackage(zip)).toEqual([]);
      const manifest = strFromU8(unzipSync(zip)['manifest.json']!);
      expect(manifest).toContain(teams.appId);
      expect(manifest.includes('ChannelMessage.Read.Group')).toBe(reads);
    }

    await page.goto(`${served!.url}/settings/teams`);
    connections.noteTeams('message.personal');
    await page.waitForSelector('#try li:first-child .state-good');
    expect(await page.textContent('#try li:first-child')).toMatch(/came .*Open Docent in Teams and write to it/);
    expect(await page.textContent('#try li:nth-child(2)')).toMatch(/not yet/);
    await page.reload();
    await checked(page);
    await picture(page, 'teams-connected');

    await page.goto(`${served!.url}/settings`);
    expect(await page.textContent('#teams .state')).toBe('Connected');
    expect(await page.textContent('#slack .state')).toBe('Not connected');
    expect(teams.complaints).toEqual([]);
  });

  test('settings that do not work are not kept, and are said at their field, the secret nowhere', async () => {
    const page = await visit();
    await give(page, { ...settings(), password: 'made-up~wrong-secret' });
    expect(await page.textContent('#password-problem')).toMatch(/client secret .*Copy the "Value"/);
    expect(await page.inputValue('#password')).toBe('');
    expect(await page.inputValue('#appId')).toBe(teams.appId);
    await give(page, { ...settings(), password: teams.tenantId });
    expect(await page.textContent('#password-problem')).toMatch(/is the secret's ID/);
    await give(page, { ...settings(), appId: 'docent' });
    expect(await page.textContent('#appId-problem')).toMatch(/"Microsoft App ID" under "Configuration"/);
    await give(page, { ...settings(), appId: '99999999-9999-4999-8999-999999999999' });
    expect(await page.textContent('#appId-problem')).toContain('99999999');
    await picture(page, 'teams-problem');
    await page.click('text="Other directories, older registrations"');
    await give(page, { ...settings(), allowedTenants: 'contoso.com' });
    expect(await page.textContent('#allowedTenants-problem')).toMatch(/"contoso\.com" is none/);
    expect(await connections.teams()).toBeUndefined();
    expect(await page.content()).not.toMatch(/wrong-secret/);
    expect(JSON.stringify(app.logged)).not.toMatch(/wrong-secret|the-client-secret/);
    expect(readFileSync(join(folder, 'catalog.db')).includes('wrong-secret')).toBe(false);
  });

  test('with a certificate, pasted as PEM', async () => {
    const whole = selfSigned();
    await teams.close();
    teams = await startFakeTeams({ certificate: whole.certificate });
    setDefaultCACertificates([...usual, teams.ca]);
    const page = await visit();
    await page.click('.choice[href*="proof=certificate"]');
    expect(await page.textContent('#step-2 .todo')).toContain('upload the certificate');
    const { password: _, ...rest } = settings();
    await give(page, { ...rest, certificate: whole.certificate });
    expect(await page.textContent('#certificate-problem')).toMatch(/holds no private key/);
    await give(page, { ...rest, certificate: whole.certificate + whole.key });
    await checked(page);
    expect(await page.textContent('#connection')).toMatch(/Proves itself with\s*Certificate/);
    expect(teams.tokenRequests.at(-1)).toMatchObject({ by: 'certificate', granted: true });
    expect(readFileSync(join(folder, 'catalog.db')).includes('PRIVATE KEY')).toBe(false);
  });

  test('a login that does not answer is waited for with a sign, and told', async () => {
    teams.mood('token', { type: 'cut' });
    const page = await visit();
    await give(page, settings());
    expect(await page.textContent('form[action$=connect] .field-problem')).toMatch(/cannot be reached from this machine/);
    expect(await connections.teams()).toBeUndefined();
    teams.mood('token', { type: 'slow', ms: 300 });
    for (const [name, value] of Object.entries(settings())) await page.fill(`#${name}`, value);
    await page.evaluate(
      `document.addEventListener('submit', ({ submitter }) => sessionStorage.setItem('shown', submitter.ariaBusy + ' ' + submitter.textContent))`,
    );
    await page.dblclick('form[action$=connect] button.primary');
    await checked(page);
    expect(await page.evaluate(`sessionStorage.getItem('shown')`)).toBe('true Asking Microsoft…');
  });

  test('where Teams cannot reach this Docent it is said first, and there is no package', async () => {
    const page = await visit({});
    expect(await page.textContent('#step-1 .notice-warn')).toMatch(/set PUBLIC_URL to an https address/);
    await give(page, settings());
    await checked(page);
    expect(await page.textContent('#teams-checks')).toMatch(/PUBLIC_URL is not set/);
    expect(await page.textContent('#package')).toMatch(/needs the public https address/);
    await page.goto(`${served!.url}/settings/teams/package`);
    expect(await page.textContent('#package .field-problem')).toMatch(/--url|PUBLIC_URL/);
  });

  test('disconnecting asks first, and forgets the settings', async () => {
    const page = await visit();
    await give(page, settings());
    await checked(page);
    expect(await page.isVisible('form[action$=disconnect] button')).toBe(false);
    await page.click('#disconnect summary');
    await page.click('form[action$=disconnect] button');
    await page.waitForURL(/done=disconnected/);
    expect(await connections.teams()).toBeUndefined();
    expect(await page.isVisible('#step-1')).toBe(true);
  });

  test('settings of the environment are shown as such, and offer nothing to change', async () => {
    const page = await visit({
      PUBLIC_URL,
      MicrosoftAppId: teams.appId,
      MicrosoftAppTenantId: teams.tenantId,
      MicrosoftAppPassword: teams.password!,
    });
    await checked(page);
    expect(await page.textContent('#connection')).toMatch(/from the environment \(MicrosoftAppId\)/);
    expect(await page.isVisible('#disconnect')).toBe(false);
    expect(await page.locator('form[action$=connect]').count()).toBe(0);
    await served!.close();

    const anonymous = await visit({ TEAMS_ALLOW_ANONYMOUS: 'true' });
    await checked(anonymous);
    expect(await anonymous.textContent('#teams-checks')).toMatch(/whoever reaches \/api\/messages/);
    expect(await anonymous.isVisible('#package')).toBe(false);
  });

  test('settings sealed with another key can be given anew', async () => {
    const { appId, tenantId, password } = settings() as { appId: string; tenantId: string; password: string };
    await connectionsWith({}, 'another key of sixteen').connectTeams({ appId, tenantId, password, appType: 'SingleTenant' });
    const page = await visit();
    expect(await page.textContent('.notice-bad')).toMatch(/another SECRET_KEY/);
    await page.goto(`${served!.url}/settings`);
    expect(await page.textContent('#teams .state')).toBe('Settings cannot be read');
    await page.goto(`${served!.url}/settings/teams`);
    await give(page, settings());
    await checked(page);
  });

  test('without JavaScript, on a phone, in the dark, in Chinese', async () => {
    const page = await visit(
      { PUBLIC_URL },
      { javaScriptEnabled: false, viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'zh-CN' },
    );
    expect(await page.textContent('#step-1 h2')).toBe('公网 https 地址');
    await picture(page, 'teams-phone-zh-dark');
    await give(page, settings());
    await page.click('#teams-checks .button');
    expect(await page.textContent('#teams-checks')).toContain(teams.appId);
    await page.goto(`${served!.url}/settings/teams`);
    await picture(page, 'teams-connected-phone-zh-dark');
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
    await picture(page, 'teams-wide-open');
    await give(page, settings());
    await checked(page);
    expect(await cutOff()).toEqual([0, 0, 0]);
  });
});
