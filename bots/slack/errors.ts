/** What an error of Slack means to a conversation. */
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { AppError } from '../../src/errors.ts';

const REFUSED =
  /^(invalid_blocks|invalid_blocks_format|msg_blocks_too_long|msg_too_long|no_text|invalid_attachments|invalid_metadata.*|invalid_arguments|too_many_attachments|markdown_text_conflict|invalid_chunks?.*)$/;
const GONE =
  /^(channel_not_found|not_in_channel|is_archived|message_not_found|thread_not_found|invalid_thread_ts|cannot_reply_to_message|cant_update_message|cant_delete_message|edit_window_closed|restricted_action.*|user_not_found|users_not_found|cannot_dm_bot|messages_tab_disabled|user_not_in_channel|method_not_supported_for_channel_type)$/;
const UNAUTHORIZED =
  /^(not_authed|invalid_auth|token_revoked|token_expired|account_inactive|missing_scope|not_allowed_token_type|no_permission|access_denied|org_login_required|ekm_access_denied)$/;
const DOWN = /^(internal_error|fatal_error|service_unavailable|request_timeout|team_added_to_org|rollup_error|backend_error)$/;

export interface SlackFailure extends AppError {
  /** What Slack asked to wait, in milliseconds. */
  retryAfterMs?: number;
  /** Slack's own code. */
  slack?: string;
}

const failure = (code: string, thrown: unknown, message: string, retryable: boolean, more: Partial<SlackFailure> = {}): SlackFailure =>
  Object.assign(new AppError({ code, message, retryable, cause: thrown }), more);

/** Codes as `Messenger` promises them; `chat.unauthorized` when the token does not work or lacks a scope. */
export function slackFailure(thrown: unknown, method: string): SlackFailure {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof WebAPIRateLimitedError)
    return failure('chat.limited', thrown, `${method} is rate limited`, true, { retryAfterMs: thrown.retryAfter * 1000 });
  if (thrown instanceof WebAPIPlatformError) {
    const slack = thrown.data.error;
    const of = (code: string, retryable = false): SlackFailure => failure(code, thrown, `${method}: ${slack}`, retryable, { slack });
    if (/^rate_?limited$|^message_limit_exceeded$/.test(slack)) return of('chat.limited', true);
    if (slack === 'stopped_by_user') return of('chat.stopped');
    if (/streaming_state|stream_/.test(slack)) return of('chat.stream_over');
    if (REFUSED.test(slack)) return of('chat.refused');
    if (GONE.test(slack)) return of('chat.gone');
    if (UNAUTHORIZED.test(slack)) return of('chat.unauthorized');
    return of(DOWN.test(slack) ? 'chat.unavailable' : 'chat.failed', DOWN.test(slack));
  }
  if (thrown instanceof WebAPIHTTPError) return failure('chat.unavailable', thrown, `${method}: HTTP ${thrown.statusCode}`, true);
  if (thrown instanceof WebAPIRequestError) return failure('chat.unavailable', thrown, `${method}: ${thrown.message}`, true);
  // A 429 without Retry-After is told by this text alone (web-api 8.2, WebClient.makeRequest).
  if (thrown instanceof Error && thrown.message.startsWith('Retry header did not'))
    return failure('chat.limited', thrown, `${method} is rate limited`, true);
  return failure('chat.unavailable', thrown, `${method} failed`, true);
}
