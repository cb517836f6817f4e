/** Who is asking, in what words, and whether they may: looked up when a thing is done. */
import type { ChatPerson } from '../../src/chat/chat-app.ts';
import { within } from '../../src/clock.ts';
import { AppError, publicMessageOf } from '../../src/errors.ts';
import { data } from './admin-parts.ts';
import { adminWords, type AdminWords } from './admin-words.ts';
import type { SlackDeps } from './deps.ts';

const SOON_MS = 1000;

/** @returns the person where they are an admin now, whatever was drawn or known of them before */
export async function adminNow(deps: SlackDeps, userId: string): Promise<ChatPerson | undefined> {
  const person = await deps.whoIs(userId, { fresh: true });
  return deps.app.chat.isAdmin(person) ? person : undefined;
}

export async function wordsOf(deps: SlackDeps, userId: string): Promise<AdminWords> {
  return adminWords(await deps.languageOf(userId), () => deps.clock.now(), deps.app.timeZone);
}

/** The same for whoever waits for a modal, in English rather than too late: a trigger lives for three seconds. */
export const wordsSoon = (deps: SlackDeps, userId: string): Promise<AdminWords> =>
  within(SOON_MS, wordsOf(deps, userId)).catch(() => adminWords('en', () => deps.clock.now(), deps.app.timeZone));

/** What may be shown of an error, for `mrkdwn`. One that is not ours is logged by its name alone: its text may hold what was given. */
export function sayError(deps: SlackDeps, error: unknown, words: AdminWords): string {
  if (error instanceof AppError) return data(publicMessageOf(error), 1500);
  deps.log.error({ reason: error instanceof Error ? error.name : typeof error }, 'an admin’s action failed');
  return words.say('wentWrong');
}
