/** Keeps Docent connected to Microsoft Teams. */
import type { ChatConnections } from '../../src/chat-connections.ts';
import type { Messenger } from '../../src/chat/messenger.ts';
import { keepConnected, type KeptConnected } from '../keep-connected.ts';
import type { TeamsBotDeps } from './bot.ts';

export interface TeamsRunDeps extends Omit<TeamsBotDeps, 'onSeen'> {
  connections: ChatConnections;
  /** Called with the messenger of the bot that runs, and with undefined when none does. */
  onMessenger(messenger: Messenger | undefined): void;
}

/** `/api/messages`, for whichever bot is connected. */
export function runTeams(deps: TeamsRunDeps): KeptConnected {
  const { clock, log, connections, onMessenger } = deps;
  return keepConnected({
    platform: 'teams',
    path: '/api/messages',
    wanted: () => connections.teams(),
    async start(connection) {
      // Microsoft's libraries take a moment to load, and are needed only where Teams is connected.
      const { startTeamsBot } = await import('./bot.ts');
      const bot = startTeamsBot(connection, { ...deps, onSeen: (what) => connections.noteTeams(what) });
      log.info({ tenant: connection.tenantId, anonymous: connection.anonymous }, 'connected to Teams');
      return bot;
    },
    onMessenger,
    clock,
    log,
  });
}
