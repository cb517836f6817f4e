/** The manifest is what Slack takes, and asks for the smallest set of scopes: all that is called, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WebClient } from '@slack/web-api';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  ASK_ABOUT,
  SLACK_EVENTS,
  SLACK_FEATURES,
  SLACK_METHODS,
  SLACK_SCOPES,
  slackCreateLink,
  slackManifest,
} from '../../bots/slack/manifest.ts';
import { consoleSlackEn } from '../../src/strings/console-slack-en.ts';

const FOLDER = fileURLToPath(new URL('../../bots/slack/', import.meta.url));
const METHODS = new Set(methodsOf(new WebClient()).filter((name) => name.includes('.')));
const DOCS = fileURLToPath(new URL('../../docs/slack.md', import.meta.url));

/** From the field docs of `@slack/web-api` 8.2, types/request/manifest.d.ts. */
const text = (max: number): z.ZodString => z.string().min(1).max(max);
const requestUrl = z.url({ protocol: /^https$/ });
const shape = (socket: boolean): z.ZodType => {
  const address = socket ? {} : { request_url: requestUrl };
  return z.strictObject({
    display_information: z.strictObject({
      name: text(35),
      description: text(140),
      long_description: text(4000).min(174),
      background_color: z.string().regex(/^#[0-9a-f]{6}$/),
    }),
    features: z.strictObject({
      agent_view: z.strictObject({ agent_description: text(300) }),
      app_home: z.strictObject({
        home_tab_enabled: z.literal(true),
        messages_tab_enabled: z.literal(true),
        messages_tab_read_only_enabled: z.literal(false),
      }),
      bot_user: z.strictObject({ display_name: text(80).regex(/^[a-z0-9._-]+$/), always_online: z.boolean() }),
      shortcuts: z
        .array(z.strictObject({ name: text(24), type: z.literal('message'), callback_id: text(255), description: text(150) }))
        .max(10),
      slash_commands: z
        .array(
          z.strictObject({
            command: text(32).regex(/^\/[a-z]+$/),
            description: text(2000),
            usage_hint: text(1000),
            should_escape: z.boolean(),
            ...(socket ? {} : { url: requestUrl }),
          }),
        )
        .max(50),
    }),
    oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string()).max(255) }) }),
    settings: z.strictObject({
      event_subscriptions: z.strictObject({ ...address, bot_events: z.array(z.string()).max(100) }),
      interactivity: z.strictObject({ is_enabled: z.literal(true), ...address }),
      org_deploy_enabled: z.boolean(),
      socket_mode_enabled: z.literal(socket),
      token_rotation_enabled: z.literal(false),
    }),
  });
};

describe('the manifest', () => {
  test('for Socket Mode has the shape that Slack takes, and no address', () => {
    const manifest = slackManifest({ mode: 'socket', url: 'https://docent.example.com' });
    expect(shape(true).parse(manifest)).toEqual(manifest);
    expect(JSON.stringify(manifest)).not.toContain('docent.example.com');
  });

  test('for HTTP has one address for events, commands and clicks', () => {
    const manifest = slackManifest({ mode: 'http', url: 'https://docent.example.com/' });
    expect(shape(false).parse(manifest)).toEqual(manifest);
    const addresses = JSON.stringify(manifest).match(/https:\/\/docent[^"]*/g);
    expect(new Set(addresses)).toEqual(new Set(['https://docent.example.com/slack/events']));
    expect(addresses).toHaveLength(4);
  });

  test.each([undefined, 'http://docent.example.com', 'docent.example.com'])('for HTTP at %s is refused with the way to mend it', (url) => {
    expect(() => slackManifest({ mode: 'http', ...(url ? { url } : {}) })).toThrow(/https address.*PUBLIC_URL.*--socket/);
  });

  test('holds the shortcut and the commands that the bot answers', () => {
    const { features } = slackManifest({ mode: 'socket' }) as { features: { slash_commands: { command: string }[] } };
    expect(features).toMatchObject({ shortcuts: [{ callback_id: ASK_ABOUT }] });
    expect(features.slash_commands.map(({ command }) => command)).toEqual(['/ask', '/docent']);
  });

  test('the link opens the creation of an app with it', () => {
    const manifest = slackManifest({ mode: 'socket' });
    const link = new URL(slackCreateLink(manifest));
    expect(`${link.origin}${link.pathname}`).toBe('https://api.slack.com/apps');
    expect(link.searchParams.get('new_app')).toBe('1');
    expect(JSON.parse(link.searchParams.get('manifest_json')!)).toEqual(manifest);
    expect(link.href.length).toBeLessThan(8000);
  });
});

describe('scopes', () => {
  const called = callsOf(
    readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && name !== 'manifest.ts'),
  );

  test('what the bot calls is in the table, with scopes that the manifest asks for', () => {
    expect(METHODS.size).toBeGreaterThan(200);
    expect(called).toContain('auth.test');
    expect(called.filter((method) => !(method in SLACK_METHODS))).toEqual([]);
    for (const scope of [...Object.values(SLACK_METHODS), ...Object.values(SLACK_EVENTS), ...Object.values(SLACK_FEATURES)].flat())
      expect(SLACK_SCOPES).toContain(scope);
  });

  test('each scope is needed by a call, an event or a feature', () => {
    const needed = new Set([
      ...called.flatMap((method) => SLACK_METHODS[method] ?? []),
      ...Object.values(SLACK_EVENTS).flat(),
      ...Object.values(SLACK_FEATURES).flat(),
    ]);
    // Files are downloaded with the bot token from the address that the event names, by no method.
    needed.add('files:read');
    expect(SLACK_SCOPES.filter((scope) => !needed.has(scope))).toEqual([]);
  });

  test('each event that it subscribes to is one that the bot handles', () => {
    const code = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'manifest.ts' && name !== 'check.ts')
      .map((name) => readFileSync(`${FOLDER}${name}`, 'utf8'))
      .join('\n');
    const handled = (event: string): boolean => code.includes(`'${event.startsWith('message.') ? 'message' : event}'`);
    expect(Object.keys(SLACK_EVENTS).filter((event) => !handled(event))).toEqual([]);
  });

  test('a call that the table does not know is caught', () => {
    expect(methodsIn(`await client.reactions.add({}); x.apiCall('pins.list')`)).toEqual(['reactions.add', 'pins.list']);
  });

  test('docs/slack.md says what each is for, in the words of the console', () => {
    const told = [...readFileSync(DOCS, 'utf8').matchAll(/^\| `([\w:.]+)` \| (.+) \|$/gm)].map(([, scope, why]) => [scope, why]);
    expect(told).toEqual(SLACK_SCOPES.map((scope) => [scope, consoleSlackEn[`slackScope_${scope}`]]));
  });
});

function callsOf(names: string[]): string[] {
  return [...new Set(names.flatMap((name) => methodsIn(readFileSync(`${FOLDER}${name}`, 'utf8'))))].toSorted();
}

/** Web API methods that a text of code calls: as a chain of the client's, or by their name. */
function methodsIn(code: string): string[] {
  const chains = [...code.matchAll(/\.((?:[a-z]\w*\.)+[a-zA-Z]+)\(/g)].flatMap(([, chain]) => tailsOf(chain!));
  const names = [...code.matchAll(/['"`]((?:[a-z]\w*\.)+[a-zA-Z]+)['"`]/g)].map(([, name]) => name!);
  const stream = /\.chatStream\(/.test(code) ? ['chat.startStream', 'chat.appendStream', 'chat.stopStream'] : [];
  return [...chains, ...names, ...stream].filter((name) => METHODS.has(name));
}

/** `slack.client.auth.test` may be `auth.test`. */
function tailsOf(chain: string): string[] {
  const parts = chain.split('.');
  return parts.map((_, i) => parts.slice(i).join('.'));
}

/** Every method of the Web API, as the installed client has them. */
function methodsOf(client: object, prefix = ''): string[] {
  return Object.entries(client).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'function'
      ? [`${prefix}${name}`]
      : typeof value === 'object' && value !== null && !['logger', 'retryConfig', 'requestQueue', 'defaultHeaders'].includes(name)
        ? methodsOf(value, `${prefix}${name}.`)
        : [],
  );
}
