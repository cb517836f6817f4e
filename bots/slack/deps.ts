/** What the parts of the Slack bot that register handlers are handed. */
import type { WebClient } from '@slack/web-api';
import type { App } from '../../src/app-contract.ts';
import type { ChatApp, ChatPerson } from '../../src/chat/chat-app.ts';
import type { SyncNotes } from '../../src/chat/sync-notes.ts';
import type { Clock, Language, Log } from '../../src/types.ts';

export interface SlackDeps {
  app: App & { chat: ChatApp };
  /** For modals and the App Home: its own client, so that a rate limit elsewhere does not stop `views.open`. */
  client: WebClient;
  team: string;
  botUser: string;
  /**
   * Who that is, asked of Slack where the catalog does not know; never throws: a failed look-up gives a guest.
   * @param options.fresh asked now, whatever is known: where rights of admins hang on it
   */
  whoIs(userId: string, options?: { fresh?: true }): Promise<ChatPerson>;
  /** What somebody reads Slack in; never throws. */
  languageOf(userId: string): Promise<Language>;
  /**
   * Asks a question as if it had been written in the direct message; resolves once it is recorded.
   * @param input.use a delivery that comes twice has the same one, and is recorded once
   * @throws AppError `ask.limit` or `ask.workspace_limit` (AskLimit)
   */
  ask(input: { person: string; text: string; use: string }): Promise<void>;
  /** The question of this answer once more, where it was asked, once recorded; nothing where this person may not ask it. */
  askAgain(answerId: string, person: ChatPerson): Promise<void>;
  /** An answer that only its asker saw, for the channel; once. */
  share(answerId: string, person: ChatPerson): Promise<void>;
  /** Outlives the process: messages that say "is being read" and have to be ended. Absent: they are ended by `close` alone. */
  syncNotes?: SyncNotes;
  log: Log;
  clock: Clock;
}

export type { SyncNote, SyncNotes } from '../../src/chat/sync-notes.ts';
