/** The first meeting, once: what Docent knows, how fresh that is, who can see questions. */
import type { ChatApp } from '../src/chat/chat-app.ts';
import type { Messenger, Place } from '../src/chat/messenger.ts';
import { reasonOf } from '../src/errors.ts';
import type { Audience, Clock, Language, Log } from '../src/types.ts';

export interface WelcomeDeps {
  chat: ChatApp;
  messenger: Messenger;
  clock: Clock;
  log: Log;
}

/** Never throws; says nothing where it was said before. @param suggestions what may be asked there */
export async function welcome(
  place: Place,
  to: { audience: Audience; language: Language; suggestions: string[] },
  { chat, messenger, clock, log }: WelcomeDeps,
): Promise<void> {
  const { platform, workspace, channel } = place;
  const met = { platform, workspace, place: channel };
  try {
    if (!(await chat.greet(met))) return;
    try {
      const { audience, language, suggestions } = to;
      const searched = await chat.searched(audience);
      const [part] = messenger.draw({ type: 'welcome', language, searched, suggestions, now: clock.now() }, 'rich', place.kind);
      await messenger.post(place, part, `welcome:${channel}`);
    } catch (error) {
      await chat.ungreet(met);
      throw error;
    }
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'a welcome could not be posted');
  }
}
