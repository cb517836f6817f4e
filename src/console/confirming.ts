/** An admin confirms the removals that a page or a program has shown, and none beyond them. */
import type { App } from '../app-contract.ts';
import { AppError } from '../errors.ts';
import { notFound } from './problems.ts';
import type { Key, Words } from './words.ts';

/**
 * @param gone how many documents were said to be missing
 * @throws AppError `source.conflict` when nothing waits any more, or more than that
 */
export async function confirmSeen(app: App, id: string, gone: number, words: Words): Promise<void> {
  const shown = await app.showSource(id);
  if (!shown) throw notFound('source');
  const { doubt } = shown.source;
  if (!doubt || doubt.confirmedAt !== null) throw conflict(words, 'doubtGone');
  if (!(doubt.gone <= gone)) throw conflict(words, 'doubtChanged');
  await app.confirmRemovals(id);
}

function conflict(words: Words, key: Key): AppError {
  return new AppError({ code: 'source.conflict', message: 'the removals are not those that were shown', publicMessage: words.say(key) });
}
