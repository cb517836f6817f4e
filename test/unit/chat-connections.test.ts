/** Where the tokens of chat platforms come from, that they stand nowhere in clear, and what is noted of what came. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/database.ts';
import { checkSlackTokens, createChatConnections } from '../../src/chat-connections.ts';
import { readConfig } from '../../src/config.ts';
import { createSecrets } from '../../src/secrets.ts';
import { checkTeamsSettings } from '../../src/teams-settings.ts';
import { selfSigned } from '../fakes/certificate.ts';
import { openCatalog } from '../servers/test-catalog.ts';

let folder: string;
let db: Catalog;
let now = 1_000_000;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-connections-'));
  db = await openCatalog(folder);
});
afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const KEY = 'a key of at least sixteen characters';
const clock = { now: () => ++now, sleep: async () => undefined };
const open = (env: Record<string, string> = {}, key = KEY) =>
  createChatConnections({ db, secrets: createSecrets(db, key, clock.now), config: readConfig(env), clock });
const bot = 'xoxb-1-2-made-up';
const app = 'xapp-1-A0-made-up';
const signing = 'made-up-signing-secret';
const APP = '11111111-aaaa-4aaa-8aaa-111111111111';
const TENANT = '22222222-bbbb-4bbb-8bbb-222222222222';
const OTHER = '33333333-cccc-4ccc-8ccc-333333333333';

describe('tokens', () => {
  test('nothing given: not connected', async () => {
    expect(await open().slack()).toBeUndefined();
  });

  test('those of the environment go before, and are not changed here', async () => {
    const kept = open();
    await kept.connectSlack({ botToken: 'xoxb-of-the-console', appToken: app });
    const connections = open({ SLACK_BOT_TOKEN: bot, SLACK_SIGNING_SECRET: signing, SLACK_ALLOWED_TEAMS: 'T01,T02' });
    expect(await connections.slack()).toEqual({
      botToken: bot,
      signingSecret: signing,
      allowedTeams: ['T01', 'T02'],
      from: 'environment',
      changedAt: 0,
    });
    await expect(connections.connectSlack({ botToken: bot, appToken: app })).rejects.toThrow(/goes before; remove it there first/);
    await expect(connections.disconnectSlack()).rejects.toThrow(/goes before/);
    expect(await kept.slack()).toMatchObject({ botToken: 'xoxb-of-the-console' });
  });

  test('those of the console are sealed, seen by every process at its next look, and told as changed', async () => {
    const [here, elsewhere] = [open(), open({ SLACK_API_URL: 'http://127.0.0.1:1/api' })];
    expect(await elsewhere.slack()).toBeUndefined();
    await here.connectSlack({ botToken: ` ${bot} `, appToken: app, allowedTeams: ['T01'] });
    const first = await elsewhere.slack();
    expect(first).toMatchObject({
      botToken: bot,
      appToken: app,
      allowedTeams: ['T01'],
      from: 'console',
      apiUrl: 'http://127.0.0.1:1/api/',
    });
    expect(first!.changedAt).toBeGreaterThan(1_000_000);
    expect(await elsewhere.slack()).toBe(first);
    await here.connectSlack({ botToken: bot, signingSecret: signing });
    const second = await elsewhere.slack();
    expect(second).toMatchObject({ signingSecret: signing, allowedTeams: [] });
    expect(second).not.toHaveProperty('appToken');
    expect(second!.changedAt).toBeGreaterThan(first!.changedAt);
    await here.disconnectSlack();
    expect(await elsewhere.slack()).toBeUndefined();
    for (const file of ['catalog.db', 'catalog.db-wal']) expect(readFileSync(join(folder, file)).includes('made-up')).toBe(false);
  });

  test('sealed with another key: said so, and replaced by giving them anew', async () => {
    await open().connectSlack({ botToken: bot, appToken: app });
    const other = open({}, 'another key of sixteen characters');
    await expect(other.slack()).rejects.toMatchObject({ code: 'chat.key', publicMessage: expect.stringContaining('another SECRET_KEY') });
    await other.connectSlack({ botToken: bot, appToken: app });
    expect(await other.slack()).toMatchObject({ botToken: bot });
  });

  test.each([
    [{ botToken: '' }, /^botToken: is missing/],
    [{ botToken: app, appToken: app }, /^botToken: must begin with "xoxb-".*app-level token/],
    [{ botToken: bot, appToken: bot }, /^appToken: must begin with "xapp-"/],
    [{ botToken: bot, signingSecret: bot }, /^signingSecret: is no token/],
    [{ botToken: bot }, /^appToken: give the app-level token/],
    [{ botToken: bot, appToken: app, allowedTeams: ['acme'] }, /^allowedTeams: "acme" is none/],
  ])('%o is refused by its field, and never quoted', (tokens, said) => {
    expect(() => checkSlackTokens(tokens)).toThrow(said);
    expect(() => checkSlackTokens(tokens)).not.toThrow(/made-up/);
  });
});

describe("Teams' settings", () => {
  const settings = { appId: APP, tenantId: TENANT, appType: 'SingleTenant', password: 'made-up~secret-of-forty' } as const;
  const environment = { MicrosoftAppId: APP, MicrosoftAppTenantId: TENANT, MicrosoftAppPassword: 'made-up~of-the-environment' };

  test('nothing given: not connected', async () => {
    expect(await open().teams()).toBeUndefined();
  });

  test('those of the environment go before, and are not changed here', async () => {
    const kept = open();
    await kept.connectTeams(settings);
    const connections = open({ ...environment, TEAMS_ALLOWED_TENANTS: OTHER, TEAMS_SERVICE_HOSTS: 'localhost:56150' });
    expect(await connections.teams()).toEqual({
      appId: APP,
      tenantId: TENANT,
      appType: 'SingleTenant',
      password: 'made-up~of-the-environment',
      allowedTenants: [TENANT, OTHER],
      serviceHosts: ['localhost:56150'],
      anonymous: false,
      from: 'environment',
      changedAt: 0,
    });
    await expect(connections.connectTeams(settings)).rejects.toThrow(/^MicrosoftAppId: .*goes before; remove it there first/);
    await expect(connections.disconnectTeams()).rejects.toThrow(/goes before/);
    expect(await kept.teams()).toMatchObject({ password: settings.password });
  });

  test('without a token for trying it alone, and only when it is said', async () => {
    expect(await open({ TEAMS_ALLOW_ANONYMOUS: 'true' }).teams()).toMatchObject({ appId: '', anonymous: true, allowedTenants: [] });
    expect(await open({ TEAMS_ALLOW_ANONYMOUS: 'false' }).teams()).toBeUndefined();
  });

  test('those of the console are sealed, beside those of Slack, and the app answers its own directory always', async () => {
    const [here, elsewhere] = [open(), open()];
    await here.connectSlack({ botToken: bot, appToken: app });
    await here.connectTeams({ ...settings, appId: ` ${APP.toUpperCase()} `, allowedTenants: [OTHER] });
    const first = await elsewhere.teams();
    expect(first).toMatchObject({ appId: APP, allowedTenants: [TENANT, OTHER], from: 'console', anonymous: false });
    expect(first!.serviceHosts).toEqual(['smba.trafficmanager.net', '*.botframework.com']);
    expect(await elsewhere.teams()).toBe(first);
    await here.connectTeams({ ...settings, appType: 'UserAssignedMSI' });
    expect(await elsewhere.teams()).not.toHaveProperty('password');
    await here.disconnectTeams();
    expect(await elsewhere.teams()).toBeUndefined();
    expect(await elsewhere.slack()).toMatchObject({ botToken: bot });
    for (const file of ['catalog.db', 'catalog.db-wal']) expect(readFileSync(join(folder, file)).includes('made-up')).toBe(false);
  });

  test('a certificate is kept whole', async () => {
    const { certificate, key } = selfSigned();
    const { password: _, ...rest } = settings;
    await open().connectTeams({ ...rest, certificate: certificate + key });
    const connection = await open().teams();
    expect(connection!.certificate).toBe((certificate + key).trim());
    expect(connection).not.toHaveProperty('password');
  });

  test('sealed with another key: said so, and replaced by giving them anew', async () => {
    await open().connectTeams(settings);
    const other = open({}, 'another key of sixteen characters');
    await expect(other.teams()).rejects.toMatchObject({
      code: 'chat.key',
      publicMessage: expect.stringMatching(/^Teams' settings were sealed/),
    });
    await other.connectTeams(settings);
    expect(await other.teams()).toMatchObject({ appId: APP });
  });

  test.each([
    [{ appId: '' }, /^appId: is missing; .*Microsoft App ID/],
    [{ appId: 'docent' }, /^appId: is an id such as/],
    [{ tenantId: '' }, /^tenantId: is missing/],
    [{ tenantId: 'contoso.onmicrosoft.com' }, /^tenantId: is an id such as/],
    [{ password: '' }, /^password: is missing; make one under "Certificates & secrets"/],
    [{ password: OTHER }, /^password: is the secret's ID/],
    [{ password: 'made-up with blanks' }, /^password: is too short, or has blanks/],
    [{ certificate: 'made-up' }, /^certificate: give the client secret or the certificate, not both/],
    [{ password: '', certificate: 'made-up' }, /^certificate: holds no certificate/],
    [{ allowedTenants: ['contoso.com'] }, /^allowedTenants: "contoso.com" is none/],
  ])('%o is refused by its field, and never quoted', (change, said) => {
    expect(() => checkTeamsSettings({ ...settings, ...change })).toThrow(said);
    expect(() => checkTeamsSettings({ ...settings, ...change })).not.toThrow(/made-up/);
  });
});

describe('what came', () => {
  test('from Teams and from Slack is told apart, and forgotten each with its own', async () => {
    const connections = open();
    connections.noteSlack('app_mention');
    connections.noteTeams('message.personal');
    await expect.poll(() => connections.teamsSeen()).toEqual({ 'message.personal': expect.any(Number) });
    await expect.poll(() => connections.slackSeen()).toEqual({ app_mention: expect.any(Number) });
    await connections.connectSlack({ botToken: bot, appToken: app });
    expect(await connections.slackSeen()).toEqual({});
    expect(await connections.teamsSeen()).toEqual({ 'message.personal': expect.any(Number) });
  });

  test('is noted once a minute for each kind, and forgotten with the tokens it came by', async () => {
    const connections = open();
    await connections.connectSlack({ botToken: bot, appToken: app });
    connections.noteSlack('app_mention');
    connections.noteSlack('message.im');
    await expect.poll(() => connections.slackSeen()).toMatchObject({ 'message.im': expect.any(Number), app_mention: expect.any(Number) });
    const { app_mention: first } = await connections.slackSeen();
    connections.noteSlack('app_mention');
    now += 60_000;
    connections.noteSlack('app_mention');
    await expect.poll(async () => (await connections.slackSeen())['app_mention']! - first!).toBeGreaterThanOrEqual(60_000);
    await connections.connectSlack({ botToken: bot, appToken: app });
    expect(await connections.slackSeen()).toEqual({});
    connections.noteSlack('app_mention');
    await expect.poll(() => connections.slackSeen()).toMatchObject({ app_mention: expect.any(Number) });
  });

  test('a catalog that is away hinders nobody', async () => {
    const connections = open();
    await db.destroy();
    expect(() => connections.noteSlack('app_mention')).not.toThrow();
    db = await openCatalog(folder);
  });
});
