/** Who somebody of this workspace is, asked of Slack where the catalog does not know. */
import type { ChatApp, ChatPerson } from '../../src/chat/chat-app.ts';
import type { Messenger, PlatformPerson } from '../../src/chat/messenger.ts';
import { within } from '../../src/clock.ts';
import { reasonOf } from '../../src/errors.ts';
import type { Language, Log } from '../../src/types.ts';

const LANGUAGE_MS = 2_000;
const MOST_LANGUAGES = 10_000;

export interface People {
  /** Never throws: whoever cannot be looked up is a guest. `fresh`: asked of Slack now, for what only some may do. */
  whoIs(id: string, options?: { fresh?: true }): Promise<ChatPerson>;
  /** What somebody reads Slack in; English where that is not told in time. */
  languageOf(id: string): Promise<Language>;
  /** The same, without asking. */
  knownLanguage(id: string): Language;
}

export function createPeople(deps: { chat: ChatApp; messenger: Messenger; team: string; log: Log }): People {
  const { chat, messenger, team, log } = deps;
  const languages = new Map<string, Language>();
  /** One look-up for all who ask meanwhile. */
  const asked = new Map<string, Promise<PlatformPerson>>();

  function look(id: string): Promise<PlatformPerson> {
    const before = asked.get(id);
    if (before) return before;
    const looking = messenger
      .person(team, id)
      .then((person) => {
        if (languages.size > MOST_LANGUAGES) languages.clear();
        languages.set(id, person.language ?? 'en');
        return person;
      })
      .finally(() => asked.delete(id));
    asked.set(id, looking);
    return looking;
  }

  return {
    async whoIs(id, { fresh } = {}) {
      const known = fresh ? undefined : await chat.known('slack', team, id).catch(() => undefined);
      if (known) return known;
      try {
        const { email, name, member, bot } = await look(id);
        const said = { ...(email ? { email } : {}), ...(name ? { name } : {}) };
        return await chat.meet({ platform: 'slack', workspace: team, id, ...said, member: member && !bot });
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, 'somebody could not be looked up in Slack; they are taken for a guest');
        const nobody = { personId: '', platform: 'slack', workspace: team, id, member: false } as const;
        return chat.guest('slack', team, id).catch(() => nobody);
      }
    },
    async languageOf(id) {
      const known = languages.get(id);
      if (known) return known;
      const found = await within(LANGUAGE_MS, look(id)).catch(() => undefined);
      return found?.language ?? 'en';
    },
    knownLanguage: (id) => languages.get(id) ?? 'en',
  };
}
