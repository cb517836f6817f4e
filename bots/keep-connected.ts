/** Keeps a bot connected: started when its tokens are given, started again when they change, tried again when the platform is away. */
import { Router } from 'express';
import type { Messenger } from '../src/chat/messenger.ts';
import { AppError, reasonOf } from '../src/errors.ts';
import { retryDelayMs } from '../src/retry.ts';
import type { Clock, Log } from '../src/types.ts';

/** How often it is looked whether an admin gave other tokens. */
const LOOK_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/** One connection at work. */
export interface Bot {
  /** Where the platform delivers by HTTP; absent where it does not. */
  routes?: Router;
  messenger: Messenger;
  /** Finishes what it answers within `graceMs`; the rest another process takes over. */
  stop(graceMs: number): Promise<void>;
}

export interface KeptConnected {
  /** The platform's address, for whichever bot is connected. */
  routes: Router;
  /** Resolves when the bot that is wanted runs, or failed to. For tests. */
  settled(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

export interface KeepDeps<Connection> {
  platform: string;
  /** Under which the platform delivers. */
  path: string;
  /** Undefined: not wanted. Asked every few seconds. */
  wanted(): Promise<Connection | undefined>;
  /** @param signal ends a start that is under way */
  start(connection: Connection, signal: AbortSignal): Promise<Bot>;
  /** Called with the messenger of the bot that runs, and with undefined when none does. */
  onMessenger(messenger: Messenger | undefined): void;
  clock: Clock;
  log: Log;
}

export function keepConnected<Connection>(deps: KeepDeps<Connection>): KeptConnected {
  const { clock, log, platform } = deps;
  const ended = new AbortController();
  let bot: Bot | undefined;
  let running: Connection | undefined;
  const settled = Promise.withResolvers<void>();

  const routes = Router();
  routes.use(deps.path, (req, res, next) => {
    if (bot?.routes) return next();
    // Platforms deliver again what is refused while the bot starts.
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

  const work = (async () => {
    for (let failures = 0; !ended.signal.aborted;) {
      let pause = LOOK_MS;
      try {
        const wanted = await deps.wanted();
        if (running && (!wanted || JSON.stringify(wanted) !== JSON.stringify(running))) await stopBot(5_000);
        if (wanted && !bot) {
          bot = await deps.start(wanted, ended.signal);
          running = wanted;
          deps.onMessenger(bot.messenger);
        }
        failures = 0;
      } catch (error) {
        const reason = error instanceof AppError ? (error.publicMessage ?? error.message) : reasonOf(error);
        log.warn({ platform, reason }, 'a chat platform could not be connected; tried again');
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
