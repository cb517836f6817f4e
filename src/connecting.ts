/** What an admin does to connect chat platforms, for the console, the commands and doctor: what is given is tried before it is kept. */
import { slackCreateLink, slackManifest, slackRequestUrl, SLACK_SCOPES } from '../bots/slack/manifest.ts';
import type { Finding } from './app-contract.ts';
import { checkSlackTokens, type ChatConnections } from './chat-connections.ts';
import type { ChatConsole, SlackCheck, SlackConsole, SlackMode } from './chat-contract.ts';
import { outsideUrl, type Config } from './config.ts';
import { createTeamsConsole, teamsFindings, type ConnectingTeamsDeps } from './connecting-teams.ts';
import { AppError, inputError, publicMessageOf } from './errors.ts';

export interface ConnectingDeps extends ConnectingTeamsDeps {
  connections: ChatConnections;
  config: Pick<Config, 'PUBLIC_URL' | 'SLACK_API_URL' | 'SLACK_ALLOWED_TEAMS' | 'TEAMS_ALLOWED_TENANTS' | 'TEAMS_SERVICE_HOSTS'>;
}

/** Slack's SDK takes a moment to load, and is needed only when somebody asks Slack. */
const slackCheck = () => import('../bots/slack/check.ts');

export const createChatConsole = (deps: ConnectingDeps): ChatConsole => ({
  slack: createSlackConsole(deps),
  teams: createTeamsConsole(deps),
});

function createSlackConsole(deps: ConnectingDeps): SlackConsole {
  const { connections, config } = deps;
  const outside = outsideUrl(config);
  const requestUrl = outside?.startsWith('https:') ? slackRequestUrl(outside) : undefined;
  // Where no address is there yet, the manifest still shows what it will hold.
  const manifestOf = (mode: SlackMode): object => slackManifest({ mode, url: requestUrl ? outside! : 'https://docent.example.com' });
  return {
    requestUrl,
    scopes: SLACK_SCOPES,
    createLink: (mode) => slackCreateLink(manifestOf(mode)),
    manifest: (mode) => JSON.stringify(manifestOf(mode), null, 2),
    async state() {
      const connection = await connections.slack();
      return connection && { mode: connection.appToken ? 'socket' : 'http', from: connection.from, changedAt: connection.changedAt };
    },
    seen: () => connections.slackSeen(),
    check: (signal) => checkConnection(deps, signal),
    async connect(given, signal) {
      const tokens = checkSlackTokens(given);
      const { checkSlack } = await slackCheck();
      const check = await checkSlack(
        {
          ...tokens,
          // Which workspace it is, Slack says; what the admin adds comes beside it.
          allowedTeams: [],
          ...(config.SLACK_API_URL ? { apiUrl: config.SLACK_API_URL } : {}),
          from: 'console',
          changedAt: 0,
        },
        { signal, ...(outside ? { publicUrl: outside } : {}) },
      );
      const refused = check.findings.find(({ what, level }) => level === 'problem' && (what === 'token' || what === 'socket'));
      if (refused) throw inputError(refused.what === 'token' ? 'botToken' : 'appToken', refused.message);
      const teams = tokens.allowedTeams ?? [];
      const own = check.identity?.teamId;
      await connections.connectSlack({ ...tokens, allowedTeams: teams.length > 0 && own ? [...new Set([own, ...teams])] : teams });
      return check;
    },
    disconnect: () => connections.disconnectSlack(),
    async sendTest(to, language, signal) {
      const connection = await connections.slack();
      if (!connection)
        throw new AppError({ code: 'chat.refused', message: 'Slack is not connected', publicMessage: 'Slack is not connected yet.' });
      const given = to.trim();
      if (!/^([^\s@]+@[^\s@]+|[UW][A-Z0-9]{2,})$/.test(given)) throw inputError('to', 'give an e-mail address, or a member ID (U…)');
      const { sendTestMessage } = await slackCheck();
      await sendTestMessage(connection, { to: given, language }, signal);
    },
  };
}

/** @returns undefined where Slack is not connected. @throws AppError `chat.key` */
async function checkConnection(deps: ConnectingDeps, signal: AbortSignal): Promise<SlackCheck | undefined> {
  const connection = await deps.connections.slack();
  if (!connection) return undefined;
  const publicUrl = outsideUrl(deps.config);
  const [{ checkSlack }, seen] = await Promise.all([slackCheck(), deps.connections.slackSeen()]);
  return checkSlack(connection, { signal, seen, ...(publicUrl ? { publicUrl } : {}) });
}

/** Doctor's part: for each platform one finding where it is not connected, else one of each check. */
export async function chatFindings(deps: ConnectingDeps, signal: AbortSignal): Promise<Finding[]> {
  const failed =
    (name: string) =>
    (error: unknown): Finding[] => [{ name, level: 'problem', message: publicMessageOf(error) }];
  const found = await Promise.all([slackFindings(deps, signal).catch(failed('slack')), teamsFindings(deps, signal).catch(failed('teams'))]);
  return found.flat();
}

async function slackFindings(deps: ConnectingDeps, signal: AbortSignal): Promise<Finding[]> {
  const check = await checkConnection(deps, signal);
  if (!check) return [{ name: 'slack', level: 'ok', message: 'not connected; see docs/slack.md' }];
  return check.findings.map(({ level, message }) => ({ name: 'slack', level, message }));
}

/**
 * For `docent slack manifest`.
 * @throws AppError `input.invalid` when neither Socket Mode nor an https address is given
 */
export function slackAppManifest(given: { socket?: true; url?: string; config: Pick<Config, 'PUBLIC_URL'> }): {
  manifest: object;
  link: string;
} {
  if (given.socket && given.url !== undefined) throw inputError('url', 'Socket Mode needs no address: give --socket or --url');
  const url = given.url ?? outsideUrl(given.config);
  const manifest = slackManifest(given.socket ? { mode: 'socket' } : { mode: 'http', ...(url === undefined ? {} : { url }) });
  return { manifest, link: slackCreateLink(manifest) };
}
