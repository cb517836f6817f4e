/** Whether the connection to Slack works, said by Slack itself; each finding says how to mend it. */
import { WebAPIHTTPError, WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import type { SlackConnection } from '../../src/chat-connections.ts';
import type { SlackCheck, SlackFinding, SlackIdentity } from '../../src/chat-contract.ts';
import { consoleSlackEn } from '../../src/strings/console-slack-en.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import { aborted } from '../aborted.ts';
import { slackClient } from './client.ts';
import { slackFailure } from './errors.ts';
import { SLACK_EVENTS, SLACK_SCOPES, slackRequestUrl, type SlackScope } from './manifest.ts';

const CALL_MS = 6_000;

/** A client for calls that a person waits for. */
const clientOf = (token: string, apiUrl: string | undefined): WebClient =>
  slackClient(token, { log: createLog('silent'), timeoutMs: CALL_MS, ...(apiUrl ? { apiUrl } : {}) });

/**
 * Asks Slack who the bot is and what it may do, tries the app-level token, and looks at what has come.
 * @param options.publicUrl PUBLIC_URL where other machines can reach it (`outsideUrl`)
 * @param options.seen when each kind of event came last (`slackSeen`); absent: not asked for
 * @throws only when aborted
 */
export async function checkSlack(
  connection: SlackConnection,
  options: { signal: AbortSignal; publicUrl?: string; seen?: Record<string, number> },
): Promise<SlackCheck> {
  const { signal, publicUrl, seen } = options;
  const [who, socket] = await aborted(
    signal,
    Promise.all([askWho(connection), connection.appToken ? trySocket(connection.appToken, connection.apiUrl) : undefined]),
  );
  return {
    ...(who.identity ? { identity: who.identity } : {}),
    findings: [
      ...who.findings,
      ...(socket ? [socket] : []),
      ...(connection.appToken ? [] : [addressFinding(publicUrl)]),
      ...(seen && who.identity ? [eventsFinding(connection, seen, publicUrl, who.identity.appId)] : []),
    ],
  };
}

async function askWho(connection: SlackConnection): Promise<{ identity?: SlackIdentity; findings: SlackFinding[] }> {
  const client = clientOf(connection.botToken, connection.apiUrl);
  try {
    const me = await client.auth.test();
    // Where the app's settings stand: a help, nothing that must work.
    const appId = me.bot_id
      ? await client.bots.info({ bot: me.bot_id }).then(
          ({ bot }) => bot?.app_id,
          () => undefined,
        )
      : undefined;
    const identity: SlackIdentity = {
      team: me.team ?? me.team_id ?? '',
      teamId: me.team_id ?? me.enterprise_id ?? '',
      bot: me.user ?? '',
      botUserId: me.user_id ?? '',
      ...(appId ? { appId } : {}),
    };
    const known = [me.team_id, me.enterprise_id].filter((id) => id !== undefined);
    const allowed = connection.allowedTeams.length === 0 || known.some((id) => connection.allowedTeams.includes(id));
    return {
      identity,
      findings: [
        { what: 'token', level: 'ok', message: `@${identity.bot} in ${identity.team} (${identity.teamId})` },
        ...(allowed
          ? []
          : [
              {
                what: 'workspace' as const,
                level: 'warning' as const,
                message: `SLACK_ALLOWED_TEAMS names ${connection.allowedTeams.join(', ')}, and the bot token is of ${identity.team} (${known.join(', of ')}). If that is not the workspace you meant, give the token of the other one; else add it to SLACK_ALLOWED_TEAMS.`,
              },
            ]),
        scopesFinding(me.response_metadata?.scopes, appId),
      ],
    };
  } catch (error) {
    return { findings: [{ what: 'token', level: 'problem', message: slackProblem(error, 'The bot token') }] };
  }
}

/** @param granted undefined where the answer did not name them */
function scopesFinding(granted: string[] | undefined, appId: string | undefined): SlackFinding {
  if (!granted)
    return { what: 'scopes', level: 'warning', message: 'Slack did not say which scopes the token has, so they were not compared.' };
  const missing = SLACK_SCOPES.filter((scope) => !granted.includes(scope));
  if (missing.length === 0) return { what: 'scopes', level: 'ok', message: `all ${SLACK_SCOPES.length} scopes are granted` };
  return {
    what: 'scopes',
    level: 'problem',
    message: `${missing.map((scope) => `${scope} is missing (${whyScope(scope)})`).join('; ')}. Add ${missing.length === 1 ? 'it' : 'them'} under "OAuth & Permissions", "Bot Token Scopes" of ${settingsOf(appId)}, then press "Reinstall to Workspace" there; the token stays the same.`,
  };
}

/** What a scope is for, in English. */
export const whyScope = (scope: SlackScope): string => consoleSlackEn[`slackScope_${scope}`];

const settingsOf = (appId: string | undefined): string =>
  appId ? `your app (https://api.slack.com/apps/${appId})` : 'your app at https://api.slack.com/apps';

async function trySocket(appToken: string, apiUrl: string | undefined): Promise<SlackFinding> {
  try {
    await clientOf(appToken, apiUrl).apps.connections.open();
    return { what: 'socket', level: 'ok', message: 'Slack opens a connection (Socket Mode)' };
  } catch (error) {
    const appId = /^xapp-\d+-(A[A-Z0-9]+)-/.exec(appToken)?.[1];
    const off = error instanceof WebAPIPlatformError && error.data.error === 'not_allowed_token_type';
    return {
      what: 'socket',
      level: 'problem',
      message: off
        ? `The app-level token is none of those that open a connection. Make one with the scope connections:write under "Basic Information", "App-Level Tokens" of ${settingsOf(appId)}.`
        : `${slackProblem(error, 'The app-level token')} It needs the scope connections:write, and "Socket Mode" must be on in ${settingsOf(appId)}.`,
    };
  }
}

function addressFinding(publicUrl: string | undefined): SlackFinding {
  if (publicUrl === undefined)
    return {
      what: 'address',
      level: 'problem',
      message:
        'Slack sends events to PUBLIC_URL, and PUBLIC_URL is not set, or names this machine alone. Set it to the https address under which Slack can reach Docent, or use Socket Mode (SLACK_APP_TOKEN), which needs none.',
    };
  if (!publicUrl.startsWith('https:'))
    return {
      what: 'address',
      level: 'problem',
      message: `Slack sends events to https addresses alone, and PUBLIC_URL is ${publicUrl}. Put TLS in front of Docent and set PUBLIC_URL to its https address, or use Socket Mode (SLACK_APP_TOKEN), which needs none.`,
    };
  return { what: 'address', level: 'ok', message: `Slack sends events to ${slackRequestUrl(publicUrl)}` };
}

/** What has come since the tokens were given; nothing, or only what was not signed with our secret, is told with its likely cause. */
function eventsFinding(
  connection: SlackConnection,
  seen: Record<string, number>,
  publicUrl: string | undefined,
  appId: string | undefined,
): SlackFinding {
  const lastOf = (kinds: string[]): number =>
    Math.max(0, ...kinds.map((kind) => seen[kind] ?? 0).filter((at) => at >= connection.changedAt));
  const good = lastOf(Object.keys(seen).filter((kind) => kind !== 'bad_signature' && kind !== 'url_verification'));
  const challenged = lastOf(['url_verification']);
  const refused = lastOf(['bad_signature']);
  const finding = (level: SlackFinding['level'], message: string): SlackFinding => ({ what: 'events', level, message });
  const http = connection.appToken === undefined;
  if (http && refused > Math.max(good, challenged))
    return finding(
      'problem',
      `Requests come that are not signed with this signing secret. Copy it again from "Basic Information", "App Credentials", "Signing Secret" (not the client secret) of ${settingsOf(appId)}; and check the clock of this machine.`,
    );
  if (good > 0) {
    const never = ['app_mention', 'message.im', 'app_home_opened'].filter((kind) => lastOf([kind]) === 0);
    return finding(
      'ok',
      never.length === 0 ? 'events come' : `events come; not yet: ${never.map((kind) => `${kind} (${TRY[kind]})`).join(', ')}`,
    );
  }
  if (http && challenged === 0)
    return finding(
      'warning',
      `no event has reached Docent yet, and Slack has not confirmed the address: open "Event Subscriptions" of ${settingsOf(appId)} and press "Retry" beside ${publicUrl ? slackRequestUrl(publicUrl) : 'the request URL'}. If Slack cannot reach it, a proxy or firewall stands between.`,
    );
  return finding(
    'warning',
    `no event has reached Docent yet: write it a direct message in Slack. If none comes, look whether ${http ? '"Event Subscriptions" is on' : '"Socket Mode" and "Event Subscriptions" are on'} in ${settingsOf(appId)}, with ${Object.keys(SLACK_EVENTS).join(', ')} under "Subscribe to bot events", and whether the server runs ("npm start").`,
  );
}

const TRY: Record<string, string> = {
  app_mention: 'mention it in a channel',
  'message.im': 'write it a direct message',
  app_home_opened: 'open its Home tab',
};

/**
 * Writes a line to one person, as Docent.
 * @param message.to an e-mail address, or a member ID (`U…`, `W…`)
 * @param message.language of the line
 * @throws AppError `chat.refused` that says how to mend it
 */
export async function sendTestMessage(
  connection: SlackConnection,
  message: { to: string; language: string },
  signal: AbortSignal,
): Promise<void> {
  const client = clientOf(connection.botToken, connection.apiUrl);
  const send = async (): Promise<void> => {
    const person = message.to.includes('@') ? (await client.users.lookupByEmail({ email: message.to })).user?.id : message.to;
    await client.chat.postMessage({
      channel: person ?? '',
      text: sayInChat(message.language, 'slackTest'),
      unfurl_links: false,
      unfurl_media: false,
    });
  };
  await aborted(signal, send()).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    const publicMessage = slackProblem(cause, 'The bot token');
    throw new AppError({ code: 'chat.refused', message: 'the test message was not sent', publicMessage, cause });
  });
}

/** What Slack's refusal means and how to mend it; never holds a token. */
export function slackProblem(error: unknown, token: string): string {
  const failure = slackFailure(error, 'slack');
  if (failure.code === 'chat.limited')
    return `Slack wants fewer calls; try again in ${failure.retryAfterMs ? `${Math.ceil(failure.retryAfterMs / 1000)} s` : 'a minute'}.`;
  if (error instanceof WebAPIHTTPError)
    return `Slack answers with status ${error.statusCode}. Its state is at https://slack-status.com; try again in a moment.`;
  if (!(error instanceof WebAPIPlatformError))
    return 'Slack cannot be reached from this machine. Look whether it may reach https://slack.com (a proxy or firewall may stand between), and SLACK_API_URL.';
  const code = error.data.error;
  const needed = 'needed' in error.data ? String(error.data.needed) : '';
  const known: Record<string, string> = {
    invalid_auth: `${token} is not one that Slack knows. Copy it again, whole, from your app at https://api.slack.com/apps.`,
    not_authed: `${token} did not reach Slack. Copy it again, whole.`,
    token_revoked: `${token} was revoked. Install the app in the workspace again, and give the new token.`,
    account_inactive: `${token} is of an app that was taken out of the workspace. Install it again, and give the new token.`,
    token_expired: `${token} has expired. Turn off token rotation under "OAuth & Permissions" (or make the app anew, with it off).`,
    not_allowed_token_type: `${token} is of the wrong kind: the bot token begins with xoxb-, the app-level token with xapp-.`,
    missing_scope: `The scope ${needed || 'for this'} is missing. Add it under "OAuth & Permissions", then reinstall the app.`,
    org_login_required: 'The workspace is being moved to an Enterprise organization; try again when that is done.',
    access_denied: `${token} may not be used here: the workspace's admins restrict it.`,
    ekm_access_denied: "The workspace's admins have suspended access to its messages.",
    users_not_found:
      'Nobody in this workspace has this e-mail address. Check it, or give the member ID (U…, in a profile under "Copy member ID").',
    user_not_found: 'Nobody in this workspace has this ID. Copy it from a profile under "Copy member ID".',
    channel_not_found: 'Nobody in this workspace has this ID. Copy it from a profile under "Copy member ID".',
    messages_tab_disabled: 'Direct messages to the app are off: turn on "Messages Tab" under "App Home" of your app.',
    user_disabled: 'This person has left the workspace.',
    cannot_dm_bot: 'That is a bot; give a person.',
  };
  return known[code] ?? `Slack refuses it: ${code.replaceAll(/[^\w.: -]/g, '')}.`;
}
