/** Whether somebody may, looked up when a thing is done. */
import type { App } from '../src/app-contract.ts';
import type { ChatApp, ChatPerson } from '../src/chat/chat-app.ts';
import { AppError, publicMessageOf } from '../src/errors.ts';
import type { Clock, Log } from '../src/types.ts';
import type { AdminWords } from './admin-words.ts';

/** What admin by chat needs on every platform. */
export interface AdminDeps {
  app: App & { chat: ChatApp };
  /** Never throws: a failed look-up gives a guest. @param options.fresh asked of the platform now, whatever is known */
  whoIs(id: string, options?: { fresh?: true }): Promise<ChatPerson>;
  log: Log;
  clock: Clock;
}

/** @returns the person where they are an admin now, whatever was drawn or known of them before */
export async function adminNow(deps: AdminDeps, id: string): Promise<ChatPerson | undefined> {
  const person = await deps.whoIs(id, { fresh: true });
  return deps.app.chat.isAdmin(person) ? person : undefined;
}

/** What may be shown of an error, as the platform writes it. One that is not ours is logged by its name alone: its text may hold what was given. */
export function sayError(deps: Pick<AdminDeps, 'log'>, error: unknown, words: AdminWords): string {
  if (error instanceof AppError) return words.data(publicMessageOf(error), 1500);
  deps.log.error({ reason: error instanceof Error ? error.name : typeof error }, 'an admin’s action failed');
  return words.say('wentWrong');
}
