/** Teams' part of `connecting.ts`. */
import { teamsEndpoint, teamsManifest, TEAMS_PERMISSIONS, type TeamsManifest } from '../bots/teams/manifest.ts';
import { teamsPackage } from '../bots/teams/package.ts';
import type { TeamsEndpoints } from '../bots/teams/credentials.ts';
import type { Finding } from './app-contract.ts';
import type { ChatConnections, TeamsConnection } from './chat-connections.ts';
import type { TeamsCheck, TeamsConsole, TeamsProof } from './chat-contract.ts';
import { TEAMS_SERVICE_HOSTS_DEFAULT } from './chat-schemas.ts';
import { systemClock } from './clock.ts';
import { outsideUrl, type Config } from './config.ts';
import { AppError, inputError } from './errors.ts';
import type { Outbound } from './net/outbound.ts';
import { checkTeamsSettings } from './teams-settings.ts';

export interface ConnectingTeamsDeps {
  connections: ChatConnections;
  config: Pick<Config, 'PUBLIC_URL' | 'TEAMS_SERVICE_HOSTS'>;
  /** Asks PUBLIC_URL whether it answers; absent: it is not asked. */
  outbound?: Outbound;
  /** Where Microsoft is; tests have it elsewhere. */
  teamsEndpoints?: TeamsEndpoints;
}

/** A person waits for it. */
const REACH_MS = 6_000;

/** Microsoft's SDK takes a moment to load, and is needed only when somebody asks Microsoft. */
const teamsCheck = () => import('../bots/teams/check.ts');

export function createTeamsConsole(deps: ConnectingTeamsDeps): TeamsConsole {
  const { connections, config } = deps;
  const outside = outsideUrl(config);
  return {
    endpoint: outside?.startsWith('https:') ? teamsEndpoint(outside) : undefined,
    permissions: TEAMS_PERMISSIONS,
    async state() {
      const connection = await connections.teams();
      if (!connection) return undefined;
      const { appId, appType, tenantId, from, changedAt } = connection;
      return { appId, appType, tenantId, proof: proofOf(connection), from, changedAt };
    },
    seen: () => connections.teamsSeen(),
    check: (signal) => checkConnection(deps, signal),
    async connect(given, signal) {
      const settings = checkTeamsSettings(given);
      const { checkTeams, tryTeams } = await teamsCheck();
      const connection: TeamsConnection = {
        ...settings,
        allowedTenants: [settings.tenantId],
        serviceHosts: config.TEAMS_SERVICE_HOSTS ?? TEAMS_SERVICE_HOSTS_DEFAULT,
        anonymous: false,
        from: 'console',
        changedAt: 0,
      };
      const options = optionsOf(deps, signal);
      await tryTeams(connection, options).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'chat.unauthorized')
          throw inputError(fieldOf(error, connection), error.publicMessage ?? error.message);
        throw error;
      });
      await connections.connectTeams(settings);
      return checkTeams(connection, options);
    },
    disconnect: () => connections.disconnectTeams(),
    async package({ readChannels }) {
      const connection = await connections.teams();
      return teamsAppPackage({ readChannels, appId: connection?.appId, config }).zip;
    },
  };
}

const proofOf = (connection: TeamsConnection): TeamsProof =>
  connection.anonymous ? 'none' : connection.appType === 'UserAssignedMSI' ? 'identity' : connection.certificate ? 'certificate' : 'secret';

/** What of the settings Microsoft's refusal is about, by its code ("Authentication and authorization error codes"). */
function fieldOf(error: AppError, connection: TeamsConnection): string {
  const code = /\bAADSTS(\d+)/.exec(error.message)?.[1] ?? '';
  if (['90002', '900023'].includes(code)) return 'tenantId';
  if (['700016', '7000112'].includes(code) || connection.appType === 'UserAssignedMSI') return 'appId';
  return connection.certificate ? 'certificate' : 'password';
}

function optionsOf(deps: ConnectingTeamsDeps, signal: AbortSignal) {
  const publicUrl = outsideUrl(deps.config);
  const { outbound } = deps;
  return {
    signal,
    clock: systemClock,
    ...(publicUrl ? { publicUrl } : {}),
    ...(outbound
      ? {
          reach: async (url: string, asked: AbortSignal) =>
            (await outbound.fetch(url, { signal: asked, timeoutMs: REACH_MS, maxBytes: 10_000 })).status,
        }
      : {}),
    ...(deps.teamsEndpoints ? { endpoints: deps.teamsEndpoints } : {}),
  };
}

/** @returns undefined where Teams is not connected. @throws AppError `chat.key` */
async function checkConnection(deps: ConnectingTeamsDeps, signal: AbortSignal): Promise<TeamsCheck | undefined> {
  const connection = await deps.connections.teams();
  if (!connection) return undefined;
  const [{ checkTeams }, seen] = await Promise.all([teamsCheck(), deps.connections.teamsSeen()]);
  return checkTeams(connection, { ...optionsOf(deps, signal), seen });
}

/** Doctor's part: one finding where Teams is not connected, else one of each check. @throws AppError `chat.key` */
export async function teamsFindings(deps: ConnectingTeamsDeps, signal: AbortSignal): Promise<Finding[]> {
  const check = await checkConnection(deps, signal);
  if (!check) return [{ name: 'teams', level: 'ok', message: 'not connected; see docs/teams.md' }];
  return check.findings.map(({ level, message }) => ({ name: 'teams', level, message }));
}

/**
 * The app package, made now.
 * @param given.url instead of PUBLIC_URL
 * @throws AppError `input.invalid` without an app id, or without an https address
 */
export function teamsAppPackage(given: {
  appId: string | undefined;
  url?: string;
  name?: string;
  readChannels?: boolean;
  config: Pick<Config, 'PUBLIC_URL'>;
}): { manifest: TeamsManifest; zip: Uint8Array } {
  const { appId, config, name, readChannels = false } = given;
  if (!appId)
    throw inputError(
      'MicrosoftAppId',
      'is not set, and Teams is not connected in the console: register the bot first and give Docent its App ID (docs/teams.md)',
    );
  const url = given.url ?? outsideUrl(config);
  const manifest = teamsManifest({ appId, url, readChannels, at: Date.now(), ...(name === undefined ? {} : { name }) });
  return { manifest, zip: teamsPackage(manifest) };
}
