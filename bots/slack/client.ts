/** Web API clients with the patience that a bot needs: a time-out, no silent queueing, no redirected calls. */
import { LogLevel, WebClient, type Logger } from '@slack/web-api';
import { withRetries, type EndpointFailure } from '../../src/retry.ts';
import type { Clock, Log } from '../../src/types.ts';
import { slackFailure, type SlackFailure } from './errors.ts';

const TIMEOUT_MS = 10_000;

/** Each kind of work has a client of its own: a rate limit of one does not hold up the other. */
export function slackClient(token: string, deps: { apiUrl?: string; log: Log; timeoutMs?: number }): WebClient {
  return new WebClient(token, {
    ...(deps.apiUrl ? { slackApiUrl: deps.apiUrl } : {}),
    timeout: deps.timeoutMs ?? TIMEOUT_MS,
    // web-api would call again by itself ten times in half an hour, and after a 500 that came behind the commit.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    maxRequestConcurrency: 100,
    logger: slackLogger(deps.log),
  });
}

/** Slack's libraries log arguments, texts among them: only that something was logged is passed on. */
export function slackLogger(log: Log): Logger {
  let name = 'slack';
  return {
    debug: () => {},
    info: () => {},
    warn: (text: unknown) => log.debug({ library: name, kind: typeof text }, 'a library of Slack warned'),
    error: (text: unknown) =>
      log.warn({ library: name, kind: text instanceof Error ? text.name : typeof text }, 'a library of Slack failed'),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: (given: string) => void (name = given),
  };
}

/**
 * One call of the Web API; a rate limit is waited for while that is not longer than `patienceMs`.
 * @throws AppError with the codes of `Messenger`; after `chat.unavailable` the call may have had effect
 */
export async function callSlack<T>(
  method: string,
  call: () => Promise<T>,
  deps: { clock: Clock; patienceMs: number; signal?: AbortSignal },
): Promise<T> {
  const { clock, patienceMs, signal } = deps;
  return withRetries(call, {
    failureOf: (thrown) => toRetry(slackFailure(thrown, method)),
    policy: { maxRetries: 100, maxWaitMs: patienceMs, random: Math.random },
    clock,
    until: clock.now() + patienceMs,
    ...(signal ? { signal } : {}),
  });
}

const toRetry = (error: SlackFailure): EndpointFailure => ({
  error,
  transient: error.code === 'chat.limited',
  ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
});
