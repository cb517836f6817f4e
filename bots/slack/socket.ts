/** Socket Mode: a connection that is opened again whenever it ends. Slack's client would do so itself, but ends the process when that fails. */
import { SocketModeClient } from '@slack/socket-mode';
import { reasonOf, type AppError } from '../../src/errors.ts';
import { retryDelayMs } from '../../src/retry.ts';
import type { Clock, Log } from '../../src/types.ts';
import { slackLogger } from './client.ts';
import { slackFailure } from './errors.ts';
import type { Delivery } from './receiver.ts';

/** From the first call until Slack's hello. */
const OPEN_MS = 15_000;
const LONGEST_PAUSE_MS = 30_000;

export interface SocketDeps {
  appToken: string;
  apiUrl?: string;
  clock: Clock;
  log: Log;
  /** Resolves when the delivery was recorded and acknowledged; what it throws leaves the delivery to come again. */
  take(delivery: Delivery): Promise<void>;
}

interface FromSlack {
  ack(response?: unknown): Promise<void>;
  body: Record<string, unknown>;
}

/** Resolves once the connection stands. @throws AppError when it cannot be opened; nothing goes on then */
export async function openSocket(deps: SocketDeps, signal: AbortSignal): Promise<{ close(): Promise<void> }> {
  const { clock, log } = deps;
  const closed = new AbortController();
  const ended = AbortSignal.any([closed.signal, signal]);
  let lost = (await connect(deps, ended)).over;
  const keeping = (async () => {
    for (let failures = 0; !ended.aborted;) {
      try {
        await lost;
        if (ended.aborted) return;
        lost = (await connect(deps, ended)).over;
        failures = 0;
      } catch (error) {
        if (ended.aborted) return;
        log.warn({ reason: reasonOf(error) }, 'the connection to Slack could not be opened again; tried again');
        const policy = { maxRetries: Infinity, maxWaitMs: LONGEST_PAUSE_MS, random: Math.random };
        const pause = retryDelayMs({ error: error as AppError, transient: true }, failures++, policy) ?? LONGEST_PAUSE_MS;
        lost = clock.sleep(Math.min(LONGEST_PAUSE_MS, pause * 2), ended).catch(() => {});
      }
    }
  })();
  return {
    async close() {
      closed.abort();
      await keeping;
    },
  };
}

/** One connection; `over` resolves when it ended. */
async function connect(deps: SocketDeps, signal: AbortSignal): Promise<{ over: Promise<void> }> {
  signal.throwIfAborted();
  const client = new SocketModeClient({
    appToken: deps.appToken,
    logger: slackLogger(deps.log),
    autoReconnectEnabled: false,
    clientOptions: {
      ...(deps.apiUrl ? { slackApiUrl: deps.apiUrl } : {}),
      timeout: OPEN_MS,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
    },
  });
  const over = new Promise<void>((resolve) => client.once('disconnected', () => resolve()));
  client.on('slack_event', ({ ack, body }: FromSlack) => {
    void deps
      .take({ body, ack })
      .catch((error: unknown) => deps.log.warn({ reason: reasonOf(error) }, 'a delivery of Slack could not be taken'));
  });
  const disconnect = (): void => void client.disconnect().catch(() => {});
  const late = AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]);
  const tooLate = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(late.reason as Error), { once: true }));
  const started = client.start();
  started.catch(() => {});
  try {
    await Promise.race([started, tooLate]);
  } catch (error) {
    disconnect();
    signal.throwIfAborted();
    throw slackFailure(error ?? new Error('the connection ended before it stood'), 'apps.connections.open');
  } finally {
    tooLate.catch(() => {});
  }
  signal.addEventListener('abort', disconnect, { once: true });
  return { over: over.finally(() => signal.removeEventListener('abort', disconnect)) };
}
