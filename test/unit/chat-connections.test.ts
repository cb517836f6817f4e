/** Where Slack's tokens come from, that they stand nowhere in clear, and what is noted of what came. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/database.ts';
import { checkSlackTokens, createChatConnections } from '../../src/chat-connections.ts';
import { readConfig } from '../../src/config.ts';
import { createSecrets } from '../../src/secrets.ts';
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

describe('what came', () => {
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
