/** Whether the connection to Teams works, said by Microsoft itself; each finding says how to mend it. */
import { X509Certificate } from 'node:crypto';
import type { TeamsConnection } from '../../src/chat-connections.ts';
import type { TeamsCheck, TeamsFinding } from '../../src/chat-contract.ts';
import { AppError, publicMessageOf } from '../../src/errors.ts';
import type { Clock } from '../../src/types.ts';
import { aborted } from '../aborted.ts';
import { fetchToken, type TeamsEndpoints } from './credentials.ts';
import { teamsEndpoint } from './manifest.ts';

const ASKED_MS = 6_000;
const DAY_MS = 24 * 3600_000;
/** A certificate that ends sooner is told of. */
const SOON_MS = 30 * DAY_MS;

export interface TeamsCheckOptions {
  signal: AbortSignal;
  clock: Clock;
  /** PUBLIC_URL where other machines can reach it (`outsideUrl`). */
  publicUrl?: string;
  /** When each kind of activity came last (`teamsSeen`); absent: not asked for. */
  seen?: Record<string, number>;
  /** Asks the public address itself, through the one guard, for its status; absent: not asked. */
  reach?: (url: string, signal: AbortSignal) => Promise<number>;
  endpoints?: TeamsEndpoints;
}

/**
 * Fetches the app's own token, looks at the public address from here, and at what has come.
 * @throws only when aborted
 */
export async function checkTeams(connection: TeamsConnection, options: TeamsCheckOptions): Promise<TeamsCheck> {
  const { publicUrl, reach, seen, signal } = options;
  if (connection.anonymous)
    return {
      findings: [
        {
          what: 'token',
          level: 'warning',
          message: 'TEAMS_ALLOW_ANONYMOUS is on: whoever reaches /api/messages on this machine may speak. It is for trying Docent alone.',
        },
        ...(seen ? [eventsFinding(connection, seen, undefined)] : []),
      ],
    };
  const [token, reached] = await aborted(
    signal,
    Promise.all([
      tokenFindings(connection, options),
      reach && isHttps(publicUrl) ? reachFinding(publicUrl, () => reach(healthOf(publicUrl), signal)) : undefined,
    ]),
  );
  return {
    findings: [
      ...token,
      addressFinding(publicUrl),
      ...(reached ? [reached] : []),
      ...(seen ? [eventsFinding(connection, seen, publicUrl)] : []),
    ],
  };
}

/** @throws AppError `chat.unauthorized` or `chat.unavailable` that says how to mend it */
export async function tryTeams(connection: TeamsConnection, options: TeamsCheckOptions): Promise<void> {
  await aborted(options.signal, fetchToken(connection, ofLogin(options)));
}

/** A person waits for it. */
const ofLogin = ({ endpoints }: TeamsCheckOptions) => ({ timeoutMs: ASKED_MS, ...(endpoints ? { endpoints } : {}) });

async function tokenFindings(connection: TeamsConnection, options: TeamsCheckOptions): Promise<TeamsFinding[]> {
  const { appId, tenantId = '' } = connection;
  try {
    await fetchToken(connection, ofLogin(options));
  } catch (error) {
    return [{ what: 'token', level: 'problem', message: publicMessageOf(error) }];
  }
  return [
    { what: 'token', level: 'ok', message: `Microsoft knows app ${appId} of directory ${tenantId}` },
    ...endOf(connection, options.clock.now()),
  ];
}

/** Microsoft tells nobody when a certificate ends; a secret's end cannot be seen from here. */
function endOf({ certificate }: TeamsConnection, now: number): TeamsFinding[] {
  if (!certificate) return [];
  const ends = new Date(new X509Certificate(certificate).validTo);
  if (ends.getTime() - now > SOON_MS) return [];
  return [
    {
      what: 'token',
      level: 'warning',
      message: `The certificate ends on ${ends.toISOString().slice(0, 10)}. Upload a new one under "Certificates & secrets" of the app registration, and give it here.`,
    },
  ];
}

function addressFinding(publicUrl: string | undefined): TeamsFinding {
  const problem = (message: string): TeamsFinding => ({ what: 'address', level: 'problem', message });
  if (publicUrl === undefined)
    return problem(
      'Teams sends messages to PUBLIC_URL, and PUBLIC_URL is not set, or names this machine alone. Set it to the https address under which the internet reaches Docent.',
    );
  if (!isHttps(publicUrl))
    return problem(
      `Teams sends messages to https addresses alone, and PUBLIC_URL is ${publicUrl}. Put TLS in front of Docent and set PUBLIC_URL to its https address.`,
    );
  return { what: 'address', level: 'ok', message: `the messaging endpoint of the bot has to be ${teamsEndpoint(publicUrl)}` };
}

const isHttps = (url: string | undefined): url is string => url?.startsWith('https:') ?? false;

const healthOf = (publicUrl: string): string => `${publicUrl.replace(/\/+$/, '')}/healthz`;

/** From here is not from the internet: what does not answer here may answer there, and is no more than a warning. */
async function reachFinding(publicUrl: string, ask: () => Promise<number>): Promise<TeamsFinding> {
  const url = healthOf(publicUrl);
  const warning = (message: string): TeamsFinding => ({ what: 'reach', level: 'warning', message });
  try {
    const status = await ask();
    if (status === 200) return { what: 'reach', level: 'ok', message: `${url} answers` };
    return warning(
      `${url} answers with status ${status}: a login or another server stands before Docent. Let ${teamsEndpoint(publicUrl)} through to it.`,
    );
  } catch (error) {
    if (error instanceof AppError && error.code === 'outbound.internal')
      return warning(
        `from here ${new URL(publicUrl).host} is an internal address, so it was not tried. Microsoft must reach ${teamsEndpoint(publicUrl)} from the internet.`,
      );
    return warning(`${url} does not answer when asked from here: ${publicMessageOf(error)} Microsoft must reach it from the internet.`);
  }
}

/** What has come since the settings were given; nothing, or only what had no valid token, is told with its likely cause. */
function eventsFinding(connection: TeamsConnection, seen: Record<string, number>, publicUrl: string | undefined): TeamsFinding {
  const lastOf = (kinds: string[]): number =>
    Math.max(0, ...kinds.map((kind) => seen[kind] ?? 0).filter((at) => at >= connection.changedAt));
  const good = lastOf(Object.keys(seen).filter((kind) => kind !== 'bad_token'));
  const refused = lastOf(['bad_token']);
  const finding = (level: TeamsFinding['level'], message: string): TeamsFinding => ({ what: 'events', level, message });
  // An address that is public is tried by strangers as well: while messages come, what was refused beside them is no fault.
  if (good === 0 ? refused > 0 : refused > good + DAY_MS)
    return finding(
      good > 0 ? 'warning' : 'problem',
      `Messages come whose token is not for this app and directory. Look whether the bot with the messaging endpoint ${publicUrl ? teamsEndpoint(publicUrl) : '/api/messages'} is ${connection.appId}; whether the clock of this machine is right; and whether somebody else tries the address.`,
    );
  if (good > 0) {
    const never = Object.keys(TRY).filter((kind) => lastOf([kind]) === 0);
    return finding(
      'ok',
      never.length === 0 ? 'messages come' : `messages come; not yet: ${never.map((kind) => `${kind} (${TRY[kind]})`).join(', ')}`,
    );
  }
  if (connection.anonymous) return finding('ok', 'no message has come yet: start the playground, docs/teams.md says how');
  return finding(
    'warning',
    `no message has reached Docent yet: open it in Teams and write to it. If nothing comes, look whether the messaging endpoint under "Configuration" of your Azure Bot is ${publicUrl ? teamsEndpoint(publicUrl) : 'set'}, whether "Microsoft Teams" is under its "Channels", and whether the server runs ("npm start").`,
  );
}

const TRY: Record<string, string> = {
  'message.personal': 'write to it',
  'message.channel': 'mention it in a channel',
};
