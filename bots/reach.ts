/** Which answers somebody reaches by pressing what stands under them: looked up when it is pressed, whatever the button says. */
import type { ChatApp, ChatPerson } from '../src/chat/chat-app.ts';
import type { ChatPlatform } from '../src/chat/messenger.ts';
import { within } from '../src/clock.ts';
import type { Answer, Audience } from '../src/types.ts';

/** Platforms wait some seconds for what is pressed. */
const LOOK_UP_MS = 1_500;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An answer that somebody reaches. */
export interface Reached {
  answer: Answer;
  person: ChatPerson;
  audience: Audience;
}

/** Who pressed, and where. */
export interface Presser {
  workspace: string;
  /** By the platform's id. */
  person: string;
  /** Where the button stands; absent where that is nowhere that others see. */
  channel?: string;
}

export interface Reach {
  /** Undefined where it takes too long, or nobody knows them. */
  whoIs(workspace: string, id: string): Promise<ChatPerson | undefined>;
  /**
   * The answer as this person may see it; undefined where they may not: somebody else's direct message, what only its asker
   * saw, what was not meant for guests, or an answer of another channel than the one the button stands in.
   */
  reach(by: Presser, answerId: string): Promise<Reached | undefined>;
  /** Whoever sees a channel for tickets may take them; elsewhere there are no such buttons. */
  holdsTickets(workspace: string, channel: string): boolean;
}

export const isId = (text: unknown): text is string => typeof text === 'string' && ID.test(text);

export function createReach(deps: {
  platform: ChatPlatform;
  chat: ChatApp;
  whoIs(workspace: string, id: string): Promise<ChatPerson>;
}): Reach {
  const { platform, chat } = deps;

  async function whoIs(workspace: string, id: string): Promise<ChatPerson | undefined> {
    const person = await within(LOOK_UP_MS, deps.whoIs(workspace, id)).catch(() => undefined);
    return person && person.personId !== '' ? person : undefined;
  }

  return {
    whoIs,
    async reach({ workspace, person: userId, channel }, answerId) {
      if (!isId(answerId)) return undefined;
      const person = await whoIs(workspace, userId);
      if (!person) return undefined;
      const audience: Audience = person.member ? 'everyone' : 'public';
      const known = await chat.readAnswer(answerId, audience);
      if (!known?.origin) return undefined;
      const { answer, origin } = known;
      const { place } = origin;
      const isOwn = place.person === userId;
      if (place.platform !== platform || place.workspace !== workspace) return undefined;
      // One's own may stand elsewhere: in a direct message, where the channel could not be posted to.
      if (isOwn) return { answer, person, audience };
      if (channel !== undefined && channel !== place.channel) return undefined;
      if (!person.member && answer.audience !== 'public') return undefined;
      if (place.kind === 'direct') return undefined;
      // What only its asker saw is there for others once it stands in the channel.
      if (origin.ephemeral && !(await chat.messages.ofQuestion(answer.questionId)).some((one) => one.platformId !== null)) return undefined;
      return { answer, person, audience };
    },
    holdsTickets: (workspace, channel) =>
      chat.triageChannels.some((one) => one === `${platform}:${channel}` || one === `${platform}:${workspace}/${channel}`),
  };
}
