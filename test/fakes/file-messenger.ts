/** A chat platform in a file, which outlives the processes that post to it. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Messenger, Part, Place } from '../../src/chat/messenger.ts';

export interface PostedLine {
  op: 'post' | 'edit' | 'whisper';
  id: string;
  key?: string;
  channel: string;
  part: unknown;
}

export const linesOf = (file: string): PostedLine[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as PostedLine)
    : [];

/** The messages that stand there, as they were edited last. */
export function standing(file: string): { channel: string; part: unknown }[] {
  const messages = new Map<string, { channel: string; part: unknown }>();
  for (const { op, id, channel, part } of linesOf(file)) if (op === 'post' || messages.has(id)) messages.set(id, { channel, part });
  return [...messages.values()];
}

/** @param before called with what is about to be done, before it has effect */
export function fileMessenger(file: string, before: (op: PostedLine['op'], place: Place) => void = () => {}): Messenger {
  const write = (line: PostedLine): void => appendFileSync(file, `${JSON.stringify(line)}\n`);
  return {
    platform: 'slack',
    caps: { stream: () => false, edit: () => true, editEveryMs: 0, streamEveryMs: 0, settleMs: 0, beginsEmpty: false, finds: true },
    status: () => Promise.resolve(false),
    draw: (view) => [view.type === 'ticket' ? { ticket: view.ticketId, state: view.state } : { notice: 'text' in view ? view.text : '' }],
    async post(place, part: Part, key) {
      before('post', place);
      const id = String(linesOf(file).length + 1);
      write({ op: 'post', id, key, channel: place.channel, part });
      return id;
    },
    async edit(place, id, part) {
      before('edit', place);
      write({ op: 'edit', id, channel: place.channel, part });
    },
    remove: () => Promise.resolve(),
    find: async (place, key) => linesOf(file).find((line) => line.key === key && line.channel === place.channel)?.id,
    async whisper(origin, part) {
      before('whisper', origin.place);
      write({ op: 'whisper', id: '', channel: origin.place.channel, part });
    },
    person: () => Promise.resolve({ member: true, bot: false }),
    outsiders: () => Promise.resolve(false),
  } as Messenger;
}
