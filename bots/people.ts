/** Who somebody of a chat platform is, asked of the platform where the catalog does not know. */
import type { ChatApp, ChatPerson } from '../src/chat/chat-app.ts';
import type { Messenger, PlatformPerson } from '../src/chat/messenger.ts';
import { within } from '../src/clock.ts';
import { reasonOf } from '../src/errors.ts';
import type { Language, Log } from '../src/types.ts';
import { isAway } from './away.ts';

const LANGUAGE_MS = 2_000;
const MOST_LANGUAGES = 10_000;

export interface People {
  /** Never throws: whoever cannot be looked up is a guest. `fresh`: asked of the platform now, for what only some may do. */
  whoIs(workspace: string, id: string, options?: { fresh?: true }): Promise<ChatPerson>;
  /** What somebody reads the platform in; English where that is not told in time. */
  languageOf(workspace: string, id: string): Promise<Language>;
  /** The same, without asking. */
  knownLanguage(id: string): Language;
  /** A delivery told it. */
  noteLanguage(id: string, language: Language): void;
}

export function createPeople({ chat, messenger, log }: { chat: ChatApp; messenger: Messenger; log: Log }): People {
  const { platform } = messenger;
  const languages = new Map<string, Language>();
  /** One look-up for all who ask meanwhile. */
  const asked = new Map<string, Promise<PlatformPerson>>();

  function noteLanguage(id: string, language: Language): void {
    if (languages.size > MOST_LANGUAGES) languages.clear();
    languages.set(id, language);
  }

  function look(workspace: string, id: string): Promise<PlatformPerson> {
    const key = `${workspace}/${id}`;
    const before = asked.get(key);
    if (before) return before;
    const looking = messenger
      .person(workspace, id)
      .then((person) => {
        if (person.language || !languages.has(id)) noteLanguage(id, person.language ?? 'en');
        return person;
      })
      .finally(() => asked.delete(key));
    asked.set(key, looking);
    return looking;
  }

  return {
    async whoIs(workspace, id, { fresh } = {}) {
      const known = fresh ? undefined : await chat.known(platform, workspace, id).catch(() => undefined);
      if (known) return known;
      try {
        const { email, name, member, bot } = await look(workspace, id);
        const said = { ...(email ? { email } : {}), ...(name ? { name } : {}) };
        return await chat.meet({ platform, workspace, id, ...said, member: member && !bot });
      } catch (error) {
        log.warn({ platform, reason: reasonOf(error) }, 'somebody could not be looked up; they are taken for a guest');
        const nobody = { personId: '', platform, workspace, id, member: false };
        const guest = await chat.guest(platform, workspace, id).catch(() => nobody);
        return isAway(error) ? { ...guest, unsure: true } : guest;
      }
    },
    async languageOf(workspace, id) {
      const known = languages.get(id);
      if (known) return known;
      const found = await within(LANGUAGE_MS, look(workspace, id)).catch(() => undefined);
      return found?.language ?? languages.get(id) ?? 'en';
    },
    knownLanguage: (id) => languages.get(id) ?? 'en',
    noteLanguage,
  };
}
