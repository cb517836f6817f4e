/** What the console, the commands and doctor may do about the connections to chat platforms; `connecting.ts` builds it. */
import type { SlackTokens, TeamsAppType, TeamsSettings } from './chat-connections.ts';

export type SlackMode = 'socket' | 'http';

/** Who the bot token belongs to. */
export interface SlackIdentity {
  team: string;
  teamId: string;
  /** The bot's name, without `@`. */
  bot: string;
  botUserId: string;
  /** Where the app's settings are; absent where Slack did not tell. */
  appId?: string;
}

export interface ChatFinding<What extends string> {
  what: What;
  level: 'ok' | 'warning' | 'problem';
  /** What is the matter, and how to mend it. */
  message: string;
}

export type SlackFinding = ChatFinding<'token' | 'workspace' | 'scopes' | 'socket' | 'address' | 'events'>;

export interface SlackCheck {
  /** Absent where the bot token does not work, or Slack cannot be reached. */
  identity?: SlackIdentity;
  findings: SlackFinding[];
}

/** The connection without its secrets. */
export interface SlackState {
  mode: SlackMode;
  from: 'environment' | 'console';
  changedAt: number;
}

export interface SlackConsole {
  /** The address that Slack would send events to; undefined where no other machine can reach Docent by https. */
  readonly requestUrl: string | undefined;
  /** The scopes that the manifest asks for. */
  readonly scopes: readonly string[];
  /** Opens Slack's "create an app" with the manifest filled in. */
  createLink(mode: SlackMode): string;
  /** The manifest as JSON. */
  manifest(mode: SlackMode): string;
  /** @throws AppError `chat.key` */
  state(): Promise<SlackState | undefined>;
  /** When each kind of event came last. */
  seen(): Promise<Record<string, number>>;
  /** Undefined: not connected. */
  check(signal: AbortSignal): Promise<SlackCheck | undefined>;
  /**
   * Tries the tokens and keeps them when they work; missing scopes are findings.
   * @throws AppError `input.invalid`, `chat.refused` where Slack does not take them, `chat.unavailable`
   */
  connect(tokens: SlackTokens, signal: AbortSignal): Promise<SlackCheck>;
  disconnect(): Promise<void>;
  /** @param to an e-mail address or `U…`. @throws AppError that says how to mend it */
  sendTest(to: string, language: string, signal: AbortSignal): Promise<void>;
}

export type TeamsFinding = ChatFinding<'token' | 'address' | 'reach' | 'events'>;

export interface TeamsCheck {
  findings: TeamsFinding[];
}

/** How Docent shows who it is; `none`: it does not, which is for trying it on one machine alone. */
export type TeamsProof = 'secret' | 'certificate' | 'identity' | 'none';

/** The connection without its secrets. */
export interface TeamsState {
  appId: string;
  appType: TeamsAppType;
  tenantId: string | undefined;
  proof: TeamsProof;
  from: 'environment' | 'console';
  changedAt: number;
}

export interface TeamsConsole {
  /** The address that Teams sends to; undefined where no other machine can reach Docent by https. */
  readonly endpoint: string | undefined;
  /** What is asked of a team or a chat by the package with `readChannels`. */
  readonly permissions: readonly string[];
  /** @throws AppError `chat.key` */
  state(): Promise<TeamsState | undefined>;
  /** When each kind of activity came last. */
  seen(): Promise<Record<string, number>>;
  /** Undefined: not connected. */
  check(signal: AbortSignal): Promise<TeamsCheck | undefined>;
  /**
   * Tries the settings by fetching the app's own token, and keeps them when it comes.
   * @throws AppError `input.invalid` that begins with the field, `chat.unavailable` where Microsoft does not answer
   */
  connect(settings: TeamsSettings, signal: AbortSignal): Promise<TeamsCheck>;
  disconnect(): Promise<void>;
  /** The app package, a zip. @throws AppError `input.invalid` where Teams is not connected, or there is no https address */
  package(options: { readChannels: boolean }): Promise<Uint8Array>;
}

export interface ChatConsole {
  slack: SlackConsole;
  teams: TeamsConsole;
}
