/** What Docent asks of a Slack workspace: its scopes, events and commands, as a manifest that makes the app. */
import { inputError } from '../../src/errors.ts';
import type { SlackMode } from '../../src/chat-contract.ts';

/** Bot scopes, the smallest set; what each is for stands in `strings/console-slack-en.ts` and `-zh.ts`. */
export const SLACK_SCOPES = [
  'app_mentions:read',
  'assistant:write',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'files:read',
  'groups:history',
  'groups:read',
  'im:history',
  'im:write',
  'mpim:history',
  'mpim:read',
  'users:read',
  'users:read.email',
] as const;
export type SlackScope = (typeof SLACK_SCOPES)[number];

const READ = ['channels:read', 'groups:read', 'mpim:read'] as const;
const HISTORY = ['channels:history', 'groups:history', 'im:history', 'mpim:history'] as const;

/**
 * The Web API methods that Docent may call, with the bot scopes that each needs (docs.slack.dev/reference/methods; for
 * conversations one scope a kind of conversation). A test ties it to the calls in this folder.
 */
export const SLACK_METHODS: Record<string, readonly SlackScope[]> = {
  'agents.sessions.setStatus': ['chat:write'],
  // Of the app-level token: connections:write.
  'apps.connections.open': [],
  'assistant.threads.setStatus': ['chat:write'],
  'assistant.threads.setSuggestedPrompts': ['assistant:write'],
  'auth.test': [],
  'bots.info': ['users:read'],
  'chat.appendStream': ['chat:write'],
  'chat.delete': ['chat:write'],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.startStream': ['chat:write'],
  'chat.stopStream': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': HISTORY,
  'conversations.info': READ,
  // Direct messages alone are opened.
  'conversations.open': ['im:write'],
  'conversations.replies': HISTORY,
  'files.info': ['files:read'],
  'users.info': ['users:read', 'users:read.email'],
  'users.lookupByEmail': ['users:read.email'],
  'views.open': [],
  'views.publish': [],
  'views.update': [],
};

/** The events that Docent subscribes to, with the bot scopes that each needs (docs.slack.dev/reference/events). */
export const SLACK_EVENTS: Record<string, readonly SlackScope[]> = {
  agent_session_stopped: [],
  app_home_opened: [],
  app_mention: ['app_mentions:read'],
  member_joined_channel: ['channels:read', 'groups:read'],
  'message.channels': ['channels:history'],
  'message.groups': ['groups:history'],
  'message.im': ['im:history'],
  'message.mpim': ['mpim:history'],
};

/** What brings a scope with it without a call or an event: slash commands and shortcuts; being an agent. */
export const SLACK_FEATURES: Record<string, readonly SlackScope[]> = {
  slash_commands: ['commands'],
  agent_view: ['assistant:write'],
};

export const ASK_ABOUT = 'docent.ask_about';
const EVENTS_PATH = '/slack/events';

/** Where Slack sends events, commands and clicks. @param publicUrl PUBLIC_URL */
export const slackRequestUrl = (publicUrl: string): string => `${publicUrl.replace(/\/+$/, '')}${EVENTS_PATH}`;

/**
 * The manifest of an internal app (docs.slack.dev/reference/app-manifest), as Slack takes it in JSON.
 * @param app.url PUBLIC_URL; needed where Slack sends events (`http`)
 * @throws AppError `input.invalid` when `http` has no https address
 */
export function slackManifest(app: { mode: SlackMode; url?: string }): object {
  const requestUrl = app.mode === 'http' ? httpsRequestUrl(app.url) : undefined;
  const command = (name: string, description: string, usage: string): object => ({
    command: name,
    description,
    usage_hint: usage,
    should_escape: false,
    ...(requestUrl ? { url: requestUrl } : {}),
  });
  return {
    display_information: {
      name: 'Docent',
      description: 'Answers from your company’s documents, and shows where each sentence stands.',
      long_description:
        'Ask Docent in a channel, a thread or a direct message. It answers from the documents that your company added, in the language of the question, with a link to the passage behind every sentence. When the documents do not say, it says so and offers the closest pages and a person.',
      background_color: '#1d5b4c',
    },
    features: {
      agent_view: {
        agent_description: 'Answers from your company’s documents, and shows for every sentence where it stands.',
      },
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: false },
      bot_user: { display_name: 'docent', always_online: true },
      shortcuts: [
        {
          name: 'Ask about this',
          type: 'message',
          callback_id: ASK_ABOUT,
          description: 'Ask Docent about this message; only you see the answer',
        },
      ],
      slash_commands: [
        command('/ask', 'Ask Docent; only you see the answer', 'your question'),
        command('/docent', 'What Docent knows; for admins: sources, sync, status', 'help'),
      ],
    },
    oauth_config: { scopes: { bot: [...SLACK_SCOPES] } },
    settings: {
      event_subscriptions: { ...(requestUrl ? { request_url: requestUrl } : {}), bot_events: Object.keys(SLACK_EVENTS) },
      interactivity: { is_enabled: true, ...(requestUrl ? { request_url: requestUrl } : {}) },
      org_deploy_enabled: false,
      socket_mode_enabled: app.mode === 'socket',
      token_rotation_enabled: false,
    },
  };
}

/** Opens Slack's "create an app" with the manifest filled in (docs.slack.dev/app-manifests/configuring-apps-with-app-manifests). */
export function slackCreateLink(manifest: object): string {
  return `https://api.slack.com/apps?new_app=1&manifest_json=${encodeURIComponent(JSON.stringify(manifest))}`;
}

function httpsRequestUrl(url: string | undefined): string {
  if (url === undefined || !URL.canParse(url) || new URL(url).protocol !== 'https:')
    throw inputError(
      'url',
      'Slack sends events to an https address alone: give --url https://… (or set PUBLIC_URL), or choose Socket Mode with --socket',
    );
  return slackRequestUrl(url);
}
