/** In what words somebody is answered, looked up when a thing is done. */
import { within } from '../../src/clock.ts';
import type { AdminWords } from '../admin-words.ts';
import { adminWords } from './admin-words.ts';
import type { SlackDeps } from './deps.ts';

const SOON_MS = 1000;

export async function wordsOf(deps: SlackDeps, userId: string): Promise<AdminWords> {
  return adminWords(await deps.languageOf(userId), () => deps.clock.now(), deps.app.timeZone);
}

/** The same for whoever waits for a modal, in English rather than too late: a trigger lives for three seconds. */
export const wordsSoon = (deps: SlackDeps, userId: string): Promise<AdminWords> =>
  within(SOON_MS, wordsOf(deps, userId)).catch(() => adminWords('en', () => deps.clock.now(), deps.app.timeZone));
