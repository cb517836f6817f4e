/** What Slack waits for: an acknowledgement within three seconds, of what is recorded by then. */
import { AppError } from '../src/errors.ts';
import { sayInChat } from '../src/strings/chat.ts';
import type { Language } from '../src/types.ts';

/** Slack gives up after three seconds ("Handling user interaction: acknowledgment response"). */
const MOST_MS = 2_500;

/** `late`: it goes on, and `work` tells how it ends. */
export type InTime = { is: 'done' } | { is: 'late' } | { is: 'failed'; error: unknown };

/** Waits for what has to be done before it is acknowledged, as long as Slack does; never throws. */
export async function inTime(work: Promise<unknown>): Promise<InTime> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<InTime>((resolve) => {
    timer = setTimeout(() => resolve({ is: 'late' }), MOST_MS);
  });
  const ended = work.then(
    (): InTime => ({ is: 'done' }),
    (error: unknown): InTime => ({ is: 'failed', error }),
  );
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
}

/** Somebody, or their workspace, asks too often. */
export const isLimit = (error: unknown): error is AppError =>
  error instanceof AppError && (error.code === 'ask.limit' || error.code === 'ask.workspace_limit');

/** That, in their language; undefined of any other error. */
export function limitSaid(error: unknown, language: Language): string | undefined {
  if (!isLimit(error)) return undefined;
  const { perHour = 0, minutes = 60 } = error as Partial<Record<'perHour' | 'minutes', number>>;
  return sayInChat(language, error.code === 'ask.limit' ? 'askLimit' : 'askWorkspaceLimit', { perHour, minutes });
}
