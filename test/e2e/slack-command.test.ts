/** `docent slack manifest`, and what doctor says of Slack, as a person runs them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SLACK_SCOPES, slackManifest } from '../../bots/slack/manifest.ts';
import { docentCommand, type Ran } from '../fakes/docent-command.ts';
import { startFakeSlack } from '../fakes/slack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docent-slack-command-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const docent = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
  docentCommand(args, { cwd: folder, env: { DATA_DIR: join(folder, 'data'), EMBEDDING_MODEL: 'none', ...env } });

describe('docent slack manifest', () => {
  test('for Socket Mode: JSON to paste, and beside it what to do with it', async () => {
    const { code, out, err } = await docent(['slack', 'manifest', '--socket']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(slackManifest({ mode: 'socket' }));
    expect(err).toMatch(/api\.slack\.com\/apps\?new_app=1&manifest_json=%7B.*docs\/slack\.md/s);
  });

  test('for HTTP at --url, or at PUBLIC_URL; with --json nothing beside it', async () => {
    const [given, set] = await Promise.all([
      docent(['slack', 'manifest', '--url', 'https://docent.example.com', '--json']),
      docent(['slack', 'manifest', '--json'], { PUBLIC_URL: 'https://docent.example.com/' }),
    ]);
    for (const { code, out, err } of [given, set]) {
      expect([code, err]).toEqual([0, '']);
      expect(JSON.parse(out)).toEqual(slackManifest({ mode: 'http', url: 'https://docent.example.com' }));
    }
  });

  test('without an address that Slack can reach it says what to choose', async () => {
    const [none, http, both] = await Promise.all([
      docent(['slack', 'manifest']),
      docent(['slack', 'manifest', '--url', 'http://docent.example.com']),
      docent(['slack', 'manifest', '--socket', '--url', 'https://docent.example.com']),
    ]);
    for (const { code, out, err } of [none, http])
      expect([code, out, err]).toEqual([2, '', expect.stringMatching(/--url https.*--socket\n$/)]);
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('give --socket or --url')]);
  });
});

describe('docent doctor', () => {
  const ofSlack = async (env: Record<string, string>): Promise<{ level: string; message: string }[]> => {
    const { out } = await docent(['doctor', '--json'], env);
    expect(out).not.toMatch(/xoxb-1-|xapp-1-/);
    const { findings } = JSON.parse(out) as { findings: { name: string; level: string; message: string }[] };
    return findings.filter(({ name }) => name === 'slack').map(({ level, message }) => ({ level, message }));
  };

  test('says where Slack is connected when it is not', async () => {
    expect(await ofSlack({})).toEqual([{ level: 'ok', message: 'not connected; see docs/slack.md' }]);
  });

  test('asks Slack when it is, and names what is missing', async () => {
    const slack = await startFakeSlack({ scopes: SLACK_SCOPES.filter((scope) => scope !== 'commands') });
    try {
      const found = await ofSlack({ SLACK_API_URL: slack.url, SLACK_BOT_TOKEN: slack.botToken, SLACK_APP_TOKEN: slack.appToken });
      expect(found).toEqual([
        { level: 'ok', message: '@docent in The Company (T0COMPANY)' },
        { level: 'problem', message: expect.stringMatching(/^commands is missing/) },
        { level: 'ok', message: 'Slack opens a connection (Socket Mode)' },
        { level: 'warning', message: expect.stringMatching(/^no event has reached Docent yet/) },
      ]);
    } finally {
      await slack.close();
    }
  });
});
