/** How Docent is connected to chat platforms, from the environment or as the console kept it, and what has come since. */
import { z } from 'zod';
import type { Catalog } from './catalog/database.ts';
import { SLACK_SCHEMAS } from './chat-schemas.ts';
import type { Config } from './config.ts';
import { inputError } from './errors.ts';
import { keptConnection } from './kept-connection.ts';
import type { Secrets } from './secrets.ts';
import { checkTeamsSettings, teamsCredential, teamsOfConsole, teamsOfEnvironment, type TeamsConfig } from './teams-settings.ts';
import type { Clock } from './types.ts';

export interface SlackConnection {
  botToken: string;
  /** For events that Slack sends to PUBLIC_URL. */
  signingSecret?: string;
  /** Its presence chooses Socket Mode. */
  appToken?: string;
  /** Workspaces `T…` and organizations `E…`; empty: the one that the bot token is of. */
  allowedTeams: string[];
  /** Ends with a slash; absent: Slack's own. */
  apiUrl?: string;
  from: 'environment' | 'console';
  /** Another number whenever the tokens were given anew: whoever runs the bot starts it again then. 0: the environment's. */
  changedAt: number;
}

export type TeamsAppType = 'SingleTenant' | 'MultiTenant' | 'UserAssignedMSI';

/** How Docent is connected to Microsoft Teams. */
export interface TeamsConnection {
  /** The app's id (a GUID); empty in the anonymous mode alone. */
  appId: string;
  appType: TeamsAppType;
  /** The directory that the app is registered in; absent in the anonymous mode alone. */
  tenantId?: string;
  /** The client secret; absent with a certificate or a managed identity. */
  password?: string;
  /** PEM: the certificate and its private key. */
  certificate?: string;
  /** Directories whose people are answered; the app's own is among them. */
  allowedTenants: string[];
  /** Hosts that answers are sent to: exact, with a port where it is not 443, or `*.example.com`. */
  serviceHosts: string[];
  /** Whoever reaches the address may speak: for the playground, on this machine alone. */
  anonymous: boolean;
  from: 'environment' | 'console';
  /** Another number whenever the settings were given anew. 0: the environment's. */
  changedAt: number;
}

/** What an admin types. */
export interface SlackTokens {
  botToken: string;
  signingSecret?: string;
  appToken?: string;
  allowedTeams?: string[];
}

/** What an admin types to connect Teams. */
export interface TeamsSettings {
  appId: string;
  appType: TeamsAppType;
  tenantId: string;
  password?: string;
  /** PEM: the certificate and its private key. */
  certificate?: string;
  /** Beside the app's own directory. */
  allowedTenants?: string[];
}

export interface ChatConnections {
  /**
   * Undefined: not connected. Cheap enough to be asked every few seconds.
   * @throws AppError `chat.key` when what the console kept was sealed with another SECRET_KEY
   */
  slack(): Promise<SlackConnection | undefined>;
  /** Keeps tokens, sealed, in the place of those before. @throws AppError `input.invalid`, which never quotes them */
  connectSlack(tokens: SlackTokens): Promise<void>;
  disconnectSlack(): Promise<void>;
  /**
   * Something came from Slack: an event's name (`app_mention`, `message.im`, …), `command`, `interaction`,
   * `url_verification`, `bad_signature`. Returns at once, never throws, and writes each kind at most once a minute.
   */
  noteSlack(what: string): void;
  /** When each kind came last, in milliseconds since the epoch. */
  slackSeen(): Promise<Record<string, number>>;
  /**
   * Undefined: not connected. Cheap enough to be asked every few seconds.
   * @throws AppError `chat.key` when what the console kept was sealed with another SECRET_KEY
   */
  teams(): Promise<TeamsConnection | undefined>;
  /** Keeps settings, sealed, in the place of those before. @throws AppError `input.invalid`, which never quotes a secret */
  connectTeams(settings: TeamsSettings): Promise<void>;
  disconnectTeams(): Promise<void>;
  /**
   * Something came from Teams: `message.personal`, `message.channel`, `message.groupChat`, `search`, `card`, `feedback`,
   * `install`, `members`, `other` (bots/teams/seen.ts); `bad_token`: what had no valid token. Like `noteSlack`.
   */
  noteTeams(what: string): void;
  /** When each kind came last, in milliseconds since the epoch. */
  teamsSeen(): Promise<Record<string, number>>;
}

const kept = z.object({
  botToken: z.string(),
  signingSecret: z.string().optional(),
  appToken: z.string().optional(),
  allowedTeams: z.string(),
});

type SlackConfig = Pick<Config, 'SLACK_BOT_TOKEN' | 'SLACK_SIGNING_SECRET' | 'SLACK_APP_TOKEN' | 'SLACK_ALLOWED_TEAMS' | 'SLACK_API_URL'>;

export function createChatConnections(deps: {
  db: Catalog;
  secrets: Secrets;
  config: SlackConfig & TeamsConfig;
  clock: Clock;
}): ChatConnections {
  const { config } = deps;
  const slack = keptConnection<SlackConnection>(deps, {
    id: 'slack',
    title: 'Slack',
    what: "Slack's tokens",
    variable: 'SLACK_BOT_TOKEN',
    ofEnvironment: slackOfEnvironment(config),
    open(credential, changedAt) {
      const { botToken, signingSecret, appToken, allowedTeams } = kept.parse(credential);
      return {
        botToken,
        ...(signingSecret ? { signingSecret } : {}),
        ...(appToken ? { appToken } : {}),
        allowedTeams: config.SLACK_ALLOWED_TEAMS ?? allowedTeams.split(',').filter((team) => team !== ''),
        ...(config.SLACK_API_URL ? { apiUrl: config.SLACK_API_URL } : {}),
        from: 'console',
        changedAt,
      };
    },
  });
  const teams = keptConnection<TeamsConnection>(deps, {
    id: 'teams',
    title: 'Teams',
    what: "Teams' settings",
    variable: config.MicrosoftAppId === undefined ? 'TEAMS_ALLOW_ANONYMOUS' : 'MicrosoftAppId',
    ofEnvironment: teamsOfEnvironment(config),
    open: (credential, changedAt) => teamsOfConsole(credential, changedAt, config),
  });
  return {
    slack: () => slack.current(),
    async connectSlack(tokens) {
      const { botToken, signingSecret, appToken, allowedTeams = [] } = checkSlackTokens(tokens);
      await slack.keep({
        botToken,
        ...(signingSecret ? { signingSecret } : {}),
        ...(appToken ? { appToken } : {}),
        allowedTeams: allowedTeams.join(','),
      });
    },
    disconnectSlack: () => slack.drop(),
    noteSlack: (what) => slack.note(what),
    slackSeen: () => slack.seen(),
    teams: () => teams.current(),
    connectTeams: async (settings) => teams.keep(teamsCredential(checkTeamsSettings(settings))),
    disconnectTeams: () => teams.drop(),
    noteTeams: (what) => teams.note(what),
    teamsSeen: () => teams.seen(),
  };
}

function slackOfEnvironment(config: SlackConfig): SlackConnection | undefined {
  if (config.SLACK_BOT_TOKEN === undefined) return undefined;
  return {
    botToken: config.SLACK_BOT_TOKEN,
    ...(config.SLACK_SIGNING_SECRET ? { signingSecret: config.SLACK_SIGNING_SECRET } : {}),
    ...(config.SLACK_APP_TOKEN ? { appToken: config.SLACK_APP_TOKEN } : {}),
    allowedTeams: config.SLACK_ALLOWED_TEAMS ?? [],
    ...(config.SLACK_API_URL ? { apiUrl: config.SLACK_API_URL } : {}),
    from: 'environment',
    changedAt: 0,
  };
}

/**
 * Tokens as they were typed, without the space around them.
 * @throws AppError `input.invalid` that begins with the field, and never quotes it
 */
export function checkSlackTokens(tokens: SlackTokens): SlackTokens {
  const teams = SLACK_SCHEMAS.allowedTeams.safeParse((tokens.allowedTeams ?? []).join(','));
  if (!teams.success) throw inputError('allowedTeams', teams.error.issues[0]!.message);
  const checked: SlackTokens = { botToken: '', allowedTeams: teams.data };
  for (const name of ['botToken', 'signingSecret', 'appToken'] as const) {
    const given = tokens[name]?.trim();
    if (!given && name === 'botToken')
      throw inputError(name, 'is missing; it stands under "OAuth & Permissions" of your app at api.slack.com/apps');
    if (!given) continue;
    const parsed = SLACK_SCHEMAS[name].safeParse(given);
    if (!parsed.success) throw inputError(name, parsed.error.issues[0]!.message);
    checked[name] = parsed.data;
  }
  if (!checked.signingSecret && !checked.appToken)
    throw inputError('appToken', 'give the app-level token (Socket Mode), or the signing secret (where Slack sends events to PUBLIC_URL)');
  return checked;
}
