/** What Slack says of the connection, and that each finding says how to mend it: over real HTTP against the fake Slack. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkSlack, sendTestMessage } from '../../bots/slack/check.ts';
import { SLACK_SCOPES } from '../../bots/slack/manifest.ts';
import type { SlackConnection } from '../../src/chat-connections.ts';
import { startFakeSlack, type FakeSlack, type FakeSlackOptions } from '../fakes/slack.ts';

let slack: FakeSlack;
beforeEach(async () => {
  slack = await startFakeSlack({ scopes: [...SLACK_SCOPES] });
});
afterEach(async () => {
  expect(slack.complaints).toEqual([]);
  await slack.close();
});
const restart = async (options: FakeSlackOptions): Promise<void> => {
  await slack.close();
  slack = await startFakeSlack(options);
};
const socket = (change: Partial<SlackConnection> = {}): SlackConnection => ({
  botToken: slack.botToken,
  appToken: slack.appToken,
  allowedTeams: [],
  apiUrl: slack.url,
  from: 'console',
  changedAt: 100,
  ...change,
});
const http = (change: Partial<SlackConnection> = {}): SlackConnection => {
  const { appToken: _, ...rest } = socket(change);
  return { ...rest, signingSecret: slack.signingSecret, ...change };
};
const signal = (): AbortSignal => new AbortController().signal;
const found = async (connection: SlackConnection, options: { publicUrl?: string; seen?: Record<string, number> } = {}) =>
  (await checkSlack(connection, { signal: signal(), ...options })).findings;

describe('the check', () => {
  test('of a whole connection: who the bot is, all scopes, Socket Mode, events', async () => {
    const check = await checkSlack(socket(), { signal: signal(), seen: { app_mention: 200, 'message.im': 201, app_home_opened: 202 } });
    expect(check.identity).toEqual({
      team: slack.team.name,
      teamId: slack.team.id,
      bot: 'docent',
      botUserId: slack.app.userId,
      appId: slack.app.id,
    });
    expect(check.findings.map(({ what, level }) => `${what} ${level}`)).toEqual(['token ok', 'scopes ok', 'socket ok', 'events ok']);
  });

  test('a missing scope is named with what it is for, and where it is added', async () => {
    await restart({ scopes: SLACK_SCOPES.filter((scope) => scope !== 'files:read') });
    expect(await found(socket())).toContainEqual({
      what: 'scopes',
      level: 'problem',
      message: expect.stringMatching(
        /^files:read is missing \(reads files that come with a question\)\. Add it under "OAuth & Permissions".*api\.slack\.com\/apps\/A0DOCENT.*Reinstall/,
      ),
    });
  });

  test.each([
    ['invalid_auth', /not one that Slack knows/],
    ['token_revoked', /was revoked/],
    ['account_inactive', /taken out of the workspace/],
    ['token_expired', /token rotation/],
    ['some_new_code', /Slack refuses it: some_new_code/],
  ])('%s of the bot token is said with the way to mend it, and the token is not', async (code, said) => {
    slack.mood('auth.test', { type: 'error', code });
    const findings = await found(socket());
    expect(findings[0]).toMatchObject({ what: 'token', level: 'problem', message: expect.stringMatching(said) });
    expect(JSON.stringify(findings)).not.toMatch(/xoxb-1|xapp-1/);
  });

  test('an app-level token that is another is told apart from Socket Mode being off', async () => {
    expect(await found(socket({ appToken: 'xapp-1-A0DOCENT-other' }))).toContainEqual(
      expect.objectContaining({
        what: 'socket',
        level: 'problem',
        message: expect.stringMatching(/not one that Slack knows.*connections:write/),
      }),
    );
    expect(await found(socket({ appToken: slack.botToken }))).toContainEqual(
      expect.objectContaining({
        what: 'socket',
        level: 'problem',
        message: expect.stringMatching(/Make one with the scope connections:write/),
      }),
    );
  });

  test.each(['http500', 'cut', 'ratelimited'] as const)('a Slack with %s is asked once, and told', async (type) => {
    slack.mood('auth.test', { type }, { times: Infinity });
    const [first] = await found(socket());
    expect(first).toMatchObject({ what: 'token', level: 'problem' });
    expect(first!.message).toMatch({ http500: /status 500/, cut: /cannot be reached/, ratelimited: /try again in 1 s/ }[type]);
    expect(slack.calls('auth.test')).toHaveLength(1);
  });

  test('a Slack that hangs is not waited for when nobody waits any more', async () => {
    slack.mood('auth.test', { type: 'hang' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const begun = performance.now();
    await expect(checkSlack(socket(), { signal: stop.signal })).rejects.toThrow();
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  test('a workspace that SLACK_ALLOWED_TEAMS does not name', async () => {
    expect(await found(socket({ allowedTeams: ['T0OTHER'] }))).toContainEqual(
      expect.objectContaining({ what: 'workspace', level: 'warning', message: expect.stringContaining('T0OTHER') }),
    );
    expect((await found(socket({ allowedTeams: ['T0OTHER', slack.team.id] }))).map(({ what }) => what)).not.toContain('workspace');
  });

  test.each([
    [undefined, 'problem', /PUBLIC_URL is not set.*Socket Mode/],
    ['http://docent.example.com', 'problem', /https addresses alone.*Socket Mode/],
    ['https://docent.example.com/', 'ok', /https:\/\/docent\.example\.com\/slack\/events$/],
  ])('without Socket Mode Slack must reach PUBLIC_URL: %s', async (publicUrl, level, said) => {
    expect(await found(http(), publicUrl ? { publicUrl } : {})).toContainEqual(
      expect.objectContaining({ what: 'address', level, message: expect.stringMatching(said) }),
    );
    expect((await found(socket(), publicUrl ? { publicUrl } : {})).map(({ what }) => what)).not.toContain('address');
  });

  test.each([
    [{}, 'warning', /no event has reached Docent yet, and Slack has not confirmed the address.*press "Retry"/],
    [{ app_mention: 50 }, 'warning', /no event has reached Docent yet/],
    [{ url_verification: 150 }, 'warning', /no event has reached Docent yet: write it a direct message.*message\.im/],
    [{ bad_signature: 150 }, 'problem', /not signed with this signing secret/],
    [{ bad_signature: 150, url_verification: 160 }, 'warning', /no event/],
    [{ bad_signature: 150, 'message.im': 120 }, 'problem', /not signed/],
    [{ 'message.im': 150 }, 'ok', /not yet: app_mention \(mention it in a channel\), app_home_opened/],
  ])('of events by HTTP after %o', async (seen, level, said) => {
    expect(await found(http(), { seen: seen as Record<string, number>, publicUrl: 'https://docent.example.com' })).toContainEqual(
      expect.objectContaining({ what: 'events', level, message: expect.stringMatching(said) }),
    );
  });

  test('without any event in Socket Mode', async () => {
    expect(await found(socket(), { seen: {} })).toContainEqual(
      expect.objectContaining({
        what: 'events',
        level: 'warning',
        message: expect.stringMatching(/no event has reached Docent yet.*"Socket Mode"/),
      }),
    );
  });
});

describe('a test message', () => {
  test.each(['email', 'id'] as const)('goes to a person by %s, in the language of the console', async (by) => {
    const ana = slack.person({ name: 'ana' });
    await sendTestMessage(socket(), { to: by === 'id' ? ana.id : ana.email!, language: 'zh' }, signal());
    const [message] = slack.messages(slack.directOf(ana).id);
    expect(message).toMatchObject({ own: true, text: expect.stringContaining('测试消息') });
    expect(message!.sentWith).toMatchObject({ unfurl_links: false, unfurl_media: false });
  });

  test.each([
    ['nobody@the-company.example', /Nobody in this workspace has this e-mail address/],
    ['U0NOBODY', /Nobody in this workspace has this ID/],
  ])('to %s is refused with the way to mend it', async (to, said) => {
    await expect(sendTestMessage(socket(), { to, language: 'en' }, signal())).rejects.toMatchObject({
      code: 'chat.refused',
      publicMessage: expect.stringMatching(said),
    });
  });
});
