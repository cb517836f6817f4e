/** What people read Slack in. */
import type { WebClient } from '@slack/web-api';
import { within } from '../../src/clock.ts';
import type { Clock, Language } from '../../src/types.ts';

const KEPT_MS = 3_600_000;
/** A trigger does not wait longer. */
const MOST_MS = 1000;
const MOST_PEOPLE = 5000;

/** Asks `users.info` and remembers the answer for an hour; English where Slack does not say. Never throws. */
export function createLanguageOf(client: WebClient, clock: Clock): (userId: string) => Promise<Language> {
  const known = new Map<string, { language: Language; until: number }>();
  return async (userId) => {
    const kept = known.get(userId);
    if (kept && kept.until > clock.now()) return kept.language;
    try {
      const { user } = await within(MOST_MS, client.users.info({ user: userId, include_locale: true }));
      const language = user?.locale?.split('-')[0]?.toLowerCase() || 'en';
      if (known.size >= MOST_PEOPLE) known.clear();
      known.set(userId, { language, until: clock.now() + KEPT_MS });
      return language;
    } catch {
      return kept?.language ?? 'en';
    }
  };
}
