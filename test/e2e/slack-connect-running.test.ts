/** The server that runs takes Slack's tokens from the console: it answers within seconds, and stops when they are taken away. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SLACK_EVENTS, SLACK_SCOPES } from '../../bots/slack/manifest.ts';
import { childEnvironment } from '../fakes/child-environment.ts';
import { startFakeSlack, type FakeSlack } from '../fakes/slack.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const START_MS = 20_000;

let slack: FakeSlack;
let folder: string;
let server: ChildProcess;
let printed = '';
let url: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-slack-running-'));
  slack = await startFakeSlack({ scopes: [...SLACK_SCOPES], events: Object.keys(SLACK_EVENTS) });
  printed = '';
  server = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: childEnvironment({
      HOME: folder,
      DATA_DIR: join(folder, 'data'),
      PORT: '0',
      EMBEDDING_MODEL: 'none',
      SLACK_API_URL: slack.url,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [server.stdout!, server.stderr!]) stream.on('data', (text: Buffer) => (printed += String(text)));
  url = await slack.until(() => /Docent is ready: (\S+)/.exec(printed)?.[1], 'the server', START_MS);
}, START_MS + 5_000);
afterEach(async () => {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
  await slack.close();
  rmSync(folder, { recursive: true, force: true });
  expect(printed).not.toMatch(/xoxb-|xapp-|the-signing-secret/);
});

const post = (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${url}/settings/slack/${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields),
  });
const page = async (path = ''): Promise<string> => (await fetch(`${url}/settings/slack${path}`)).text();

test('in Socket Mode', async () => {
  expect((await post('connect', { mode: 'socket', botToken: slack.botToken, appToken: slack.appToken })).status).toBe(303);
  await slack.until(() => slack.socketMode.count() > 0, 'a connection');
  const ana = slack.person({ name: 'ana' });
  await slack.push.direct({ user: ana.id, text: 'How many days of leave do I have?' });
  await slack.until(() => slack.messages(slack.directOf(ana).id).some((message) => message.own), 'an answer');
  await expect.poll(() => page()).toMatch(/came just now/);
  expect((await post('disconnect', {})).status).toBe(303);
  await slack.until(() => slack.socketMode.count() === 0, 'the end of the connection');
});

test('over HTTP: a secret that is not the app’s is told from one that is', async () => {
  slack.deliverTo(`${url}/slack/events`);
  const wrong = { mode: 'http', botToken: slack.botToken, signingSecret: 'the-client-secret-perhaps' };
  expect((await post('connect', wrong)).status).toBe(303);
  await expect.poll(async () => (await slack.push.urlVerification()).deliveries[0]?.attempts.at(-1)?.status).toBe(401);
  await expect.poll(() => page('/checks')).toMatch(/not signed with this signing secret/);

  expect((await post('connect', { ...wrong, signingSecret: slack.signingSecret })).status).toBe(303);
  await expect.poll(async () => (await slack.push.urlVerification()).deliveries[0]?.attempts.at(-1)?.status).toBe(200);
  await expect.poll(() => page('/checks')).toMatch(/no event has reached Docent yet: write it a direct message/);
  const ana = slack.person({ name: 'ana' });
  await slack.push.direct({ user: ana.id, text: 'How many days of leave do I have?' });
  await slack.until(() => slack.messages(slack.directOf(ana).id).some((message) => message.own), 'an answer');
  await expect.poll(() => page('/checks')).toMatch(/events come/);
});
