/** Keeps the bot connected: started when tokens are given, started again when they change, tried again when Slack is away. */
import { Router } from 'express';
import type { ChatConnections, SlackConnection } from '../../src/chat-connections.ts';
import type { Messenger } from '../../src/chat/messenger.ts';
import { AppError, reasonOf } from '../../src/errors.ts';
import { retryDelayMs } from '../../src/retry.ts';
import type { SlackBot, SlackBotDeps } from './bot.ts';

/** How often it is looked whether an admin gave other tokens. */
const LOOK_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

export interface SlackRunDeps extends Omit<SlackBotDeps, 'onSeen' | 'signal'> {
  connections: ChatConnections;
  /** Called with the messenger of the bot that runs, and with undefined when none does. */
  onMessenger(messenger: Messenger | undefined): void;
}

export interface SlackRun {
  /** `/slack/events`, for whichever bot is connected. */
  routes: Router;
  /** Resolves when the bot that is wanted runs, or failed to. For tests. */
  settled(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

export function runSlack(deps: SlackRunDeps): SlackRun {
  const { clock, log, connections } = deps;
  const ended = new AbortController();
  let bot: SlackBot | undefined;
  let running: SlackConnection | undefined;
  const settled = Promise.withResolvers<void>();

  const routes = Router();
  routes.use('/slack/events', (req, res, next) => {
    if (bot?.routes) return next();
    // Slack delivers again what is refused while the bot starts.
    res.status(bot ? 404 : 503).end();
  });
  routes.use((req, res, next) => (bot?.routes ? bot.routes(req, res, next) : next()));

  async function stopBot(graceMs: number): Promise<void> {
    const stopping = bot;
    bot = undefined;
    running = undefined;
    deps.onMessenger(undefined);
    await stopping?.stop(graceMs);
  }

  async function start(connection: SlackConnection): Promise<void> {
    // Slack's libraries take a moment to load, and are needed only where Slack is connected.
    const { startSlackBot } = await import('./bot.ts');
    bot = await startSlackBot(connection, { ...deps, onSeen: (what) => connections.noteSlack(what), signal: ended.signal });
    running = connection;
    deps.onMessenger(bot.messenger);
    log.info({ team: bot.team, mode: connection.appToken ? 'socket' : 'http' }, 'connected to Slack');
  }

  const work = (async () => {
    for (let failures = 0; !ended.signal.aborted;) {
      let pause = LOOK_MS;
      try {
        const wanted = await connections.slack();
        if (running && (!wanted || !same(wanted, running))) await stopBot(5_000);
        if (wanted && !bot) await start(wanted);
        failures = 0;
      } catch (error) {
        const reason = error instanceof AppError ? (error.publicMessage ?? error.message) : reasonOf(error);
        log.warn({ reason }, 'Slack could not be connected; tried again');
        const failure = { error: error as AppError, transient: true };
        pause = Math.min(
          LONGEST_PAUSE_MS,
          LOOK_MS + (retryDelayMs(failure, failures++, { maxRetries: 1e9, maxWaitMs: 0, random: Math.random }) ?? 0) * 4,
        );
      }
      settled.resolve();
      await clock.sleep(pause, ended.signal).catch(() => {});
    }
  })();

  return {
    routes,
    settled: () => settled.promise,
    async stop(graceMs) {
      ended.abort();
      await work;
      await stopBot(graceMs);
    },
  };
}

const same = (a: SlackConnection, b: SlackConnection): boolean => JSON.stringify(a) === JSON.stringify(b);
