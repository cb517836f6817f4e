/** Keeps Docent connected to Slack. */
import type { ChatConnections } from '../../src/chat-connections.ts';
import type { Messenger } from '../../src/chat/messenger.ts';
import { keepConnected, type KeptConnected } from '../keep-connected.ts';
import type { SlackBotDeps } from './bot.ts';

export interface SlackRunDeps extends Omit<SlackBotDeps, 'onSeen' | 'signal'> {
  connections: ChatConnections;
  /** Called with the messenger of the bot that runs, and with undefined when none does. */
  onMessenger(messenger: Messenger | undefined): void;
}

/** `/slack/events`, for whichever bot is connected. */
export function runSlack(deps: SlackRunDeps): KeptConnected {
  const { clock, log, connections, onMessenger } = deps;
  return keepConnected({
    platform: 'slack',
    path: '/slack/events',
    wanted: () => connections.slack(),
    async start(connection, signal) {
      // Slack's libraries take a moment to load, and are needed only where Slack is connected.
      const { startSlackBot } = await import('./bot.ts');
      const bot = await startSlackBot(connection, { ...deps, onSeen: (what) => connections.noteSlack(what), signal });
      log.info({ team: bot.team, mode: connection.appToken ? 'socket' : 'http' }, 'connected to Slack');
      return bot;
    },
    onMessenger,
    clock,
    log,
  });
}
