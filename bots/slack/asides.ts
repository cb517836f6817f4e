/** Questions that nobody wrote as a message: a slash command, a message shortcut, the App Home. */
import type { ChatApp } from '../../src/chat/chat-app.ts';
import type { Origin, Place } from '../../src/chat/messenger.ts';
import type { Clock } from '../../src/types.ts';
import type { Conversations } from '../conversation.ts';
import type { Questions } from '../questions.ts';
import { plainText } from './parse.ts';

/** A `response_url` lives 30 minutes (Slack, "Handling user interaction"). */
const RESPOND_MS = 29 * 60_000;

/** A slash command or a message shortcut, as far as asking needs it. */
export interface AskedAside {
  via: 'command' | 'shortcut';
  /** Slack's id of this one use. */
  use: string;
  channel: string;
  channelIsDirect: boolean;
  person: string;
  text: string;
  responseUrl?: string;
  files?: string[];
}

export interface Asides {
  /** @returns what is to be done once it is acknowledged; undefined when this use was recorded before */
  aside(input: AskedAside): Promise<(() => void) | undefined>;
  /** From the App Home: answered in the direct message. Resolves when it is recorded. @throws AppError `ask.limit`, `ask.workspace_limit` */
  home(input: { person: string; text: string; use: string }): Promise<void>;
}

export function createAsides(deps: {
  chat: ChatApp;
  conversations: Conversations;
  questions: Questions;
  team: string;
  botUser: string;
  directChannel(person: string): Promise<string>;
  clock: Clock;
}): Asides {
  const { chat, conversations, questions, team, botUser, clock } = deps;
  return {
    async aside({ via, use, channel, channelIsDirect, person, text, responseUrl, files }) {
      const place: Place = { platform: 'slack', workspace: team, channel, kind: channelIsDirect ? 'direct' : 'channel', person };
      const origin: Origin = {
        place,
        via,
        ephemeral: true,
        ...(responseUrl ? { respond: { url: responseUrl, until: clock.now() + RESPOND_MS } } : {}),
        ...(files && files.length > 0 ? { files } : {}),
      };
      return questions.receive({
        eventKey: `slack:${team}/${via}/${use}`,
        text: plainText(text, botUser),
        origin,
        via,
        thread: `${via}:${use}`,
      });
    },

    async home({ person, text, use }) {
      const channel = await deps.directChannel(person);
      const place: Place = { platform: 'slack', workspace: team, channel, kind: 'direct', person };
      const origin: Origin = { place, via: 'home' };
      const held = await chat.receive({ eventKey: `slack:${team}/home/${use}`, text, origin, via: 'home', thread: `home:${use}` });
      if (held) conversations.take(held);
    },
  };
}
