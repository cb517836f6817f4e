/** What an error of Teams' connector means to a conversation. */
import { AppError } from '../../src/errors.ts';
import { retryAfterMs } from '../../src/retry.ts';

export interface TeamsFailure extends AppError {
  /** What Teams asked to wait, in milliseconds. */
  retryAfterMs?: number;
  status?: number;
  /** Teams' own code, `ConversationNotFound`, … */
  teams?: string;
  /** True where nothing was done, for certain: the very same call may be made again. */
  withoutEffect: boolean;
}

/** What is read of an error that botbuilder's client throws; the rest holds our token and what people wrote. */
interface Thrown {
  statusCode?: number;
  code?: string;
  message?: string;
  response?: { headers?: { toJSON(): Record<string, string> } };
}

/** Before anything was sent (Node.js, "Common system errors"). */
const UNREACHED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/;
const GONE =
  /^(ConversationNotFound|BotNotInConversationRoster|ConversationBlockedByUser|MessageWritesBlocked|ActivityNotFoundInConversation|MemberNotFoundInConversation|UserNotFound|BotDisabledByAdmin|ForbiddenOperationException)$/;
const TOO_LARGE = /^MessageSizeTooBig$/;

/**
 * Codes as `TeamsConnector` promises them, and `chat.stream_over` (a stream that takes no more: two minutes, or none here).
 * @param of.stream whether a chunk of a stream was sent
 * @param of.now milliseconds since the epoch, for a Retry-After that is a date
 */
export function teamsFailure(thrown: unknown, of: { call: string; stream: boolean; now: number }): TeamsFailure {
  // Of our own login: nothing was sent.
  if (thrown instanceof AppError) return Object.assign(thrown, { withoutEffect: (thrown as Partial<TeamsFailure>).withoutEffect ?? true });
  const { statusCode: status, code: said = '', message: text = '', response } = (thrown ?? {}) as Thrown;
  const teams = status === undefined || !/^[\w.-]{1,60}$/.test(said) ? undefined : said;
  const wait = retryAfterMs(response?.headers && new Headers(response.headers.toJSON()), of.now);
  const fail = (code: string, more: { retryable?: boolean; withoutEffect?: boolean; publicMessage?: string } = {}): TeamsFailure => {
    const why = status === undefined ? (UNREACHED.test(said) ? said : 'no answer') : `${status}${teams ? ` ${teams}` : ''}`;
    const { retryable = false, withoutEffect = false, publicMessage } = more;
    return Object.assign(new AppError({ code, message: `${of.call}: ${why}`, retryable, ...(publicMessage ? { publicMessage } : {}) }), {
      withoutEffect,
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
      ...(status === undefined ? {} : { status }),
      ...(teams ? { teams } : {}),
    });
  };
  if (status === undefined) return fail('chat.unavailable', { retryable: true, withoutEffect: UNREACHED.test(said) });
  // 412: "Precondition failed for internal service, retry with backoff" (Teams, "Rate limiting", status code responses).
  if (status === 429 || status === 412) return fail('chat.limited', { retryable: true, withoutEffect: true });
  if (status < 400 || status === 408 || (status >= 500 && status !== 501)) return fail('chat.unavailable', { retryable: true });
  if (status === 401) return fail('chat.unauthorized', { withoutEffect: true, publicMessage: NOT_TAKEN });
  if (status === 404 || status === 410 || GONE.test(said)) return fail('chat.gone');
  if (status === 403 && of.stream && !TOO_LARGE.test(said)) return fail(CANCELLED.test(text) ? 'chat.stopped' : 'chat.stream_over');
  return fail(status === 403 && !TOO_LARGE.test(said) ? 'chat.gone' : 'chat.refused');
}

/** "Content stream was canceled by user" (Teams, "Stream bot messages", error codes). */
const CANCELLED = /cancell?ed by (the )?user/i;

const NOT_TAKEN =
  'Teams does not take the token of this app. Look whether MicrosoftAppId is the one of your Azure Bot, whether MicrosoftAppType and MicrosoftAppTenantId are as under its "Configuration", and whether its "Channels" have Microsoft Teams.';
