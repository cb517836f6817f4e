/** What an admin does with a source by a word or a button: done, and said in a sentence. */
import type { SourceStatus } from '../src/app-contract.ts';
import { adminNow, sayError, type AdminDeps } from './admin-rights.ts';
import type { AdminWords } from './admin-words.ts';

export type SourceAction = 'sync' | 'pause' | 'resume' | 'remove';

/** By its exact name, else by the name in other letters' case; ids are taken too. */
export function findSource(sources: SourceStatus[], nameOrId: string): SourceStatus | undefined {
  const lower = nameOrId.toLowerCase();
  return (
    sources.find(({ source }) => source.id === nameOrId || source.name === nameOrId) ??
    sources.find(({ source }) => source.name.toLowerCase() === lower)
  );
}

/** `“Handbook”, “Wiki”`; of many the first. */
export const namesOf = (sources: SourceStatus[], words: AdminWords): string =>
  sources
    .slice(0, 20)
    .map(({ source }) => `“${words.data(source.name, 60)}”`)
    .join(', ');

export function noSuchSource(sources: SourceStatus[], name: string, words: AdminWords): string {
  if (sources.length === 0) return words.say('noSourcesAtAll');
  return words.say('noSuchSource', { name: words.data(name, 100), names: namesOf(sources, words) });
}

/**
 * Does it if this person may, now, and the source is there, now.
 * @returns what to say, as the platform writes it; never throws
 */
export async function actOnSource(
  deps: AdminDeps,
  userId: string,
  action: SourceAction,
  nameOrId: string,
  words: AdminWords,
): Promise<{ text: string; sourceId?: string }> {
  const { app } = deps;
  try {
    if (!(await adminNow(deps, userId))) return { text: words.say('adminsOnly') };
    const sources = await app.listSources();
    const found = findSource(sources, nameOrId);
    if (!found) return { text: noSuchSource(sources, nameOrId, words) };
    const { id, name } = found.source;
    if (action === 'sync') await app.requestSync(id);
    else if (action === 'remove') await app.removeSource(id);
    else await app.changeSource(id, { paused: action === 'pause' });
    deps.log.info({ source: id, action }, 'an admin acted on a source in a chat');
    return { text: words.say(`done_${action}`, { name: words.data(name, 100) }), sourceId: id };
  } catch (error) {
    return { text: sayError(deps, error, words) };
  }
}
