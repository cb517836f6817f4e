/** How far a first sync is, told in the direct message: a message, and what follows in its thread. */
import type { Telling } from '../sync-threads.ts';
import { editLines, postLines } from './admin-calls.ts';
import { wordsOf } from './admin-rights.ts';
import type { SlackDeps } from './deps.ts';

export const tellingIn = (deps: SlackDeps): Telling => ({
  platform: 'slack',
  wordsOf: (person) => wordsOf(deps, person),
  async post(person, lines, under) {
    const posted = await postLines(deps, under ? { channel: under.channel, thread: under.id } : { channel: person }, lines);
    return { channel: posted.channel, id: posted.ts };
  },
  edit: ({ channel, id }, lines, wait) => editLines(deps, { channel, ts: id }, lines, wait),
});
