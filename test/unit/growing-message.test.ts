/** Messages of one answer, where another process has taken the question over meanwhile. */
import { expect, test } from 'vitest';
import { createGrowingMessage } from '../../bots/growing-message.ts';
import type { GrowingView, Messenger, Place } from '../../src/chat/messenger.ts';
import { systemClock } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';

const place: Place = { platform: 'slack', workspace: 'T', channel: 'C', kind: 'channel', thread: '1', person: 'U' };
const growing: GrowingView = { type: 'growing', language: 'en', status: 'writing', sentences: [], citations: [] };

test('a process that was late overwrites nothing of what another made whole', async () => {
  const done: string[] = [];
  const messenger = {
    platform: 'slack',
    caps: { stream: () => false, edit: () => true, editEveryMs: 1 },
    draw: () => ['part'],
    post: async () => (done.push('post'), 'm1'),
    edit: async () => void done.push('edit'),
    find: async () => undefined,
  } as unknown as Messenger;
  const rows: { id: string; part: number; platformId: string | null; state: 'intended' | 'posted' }[] = [];
  const messages = {
    ofQuestion: async () => rows,
    intend: async (_: string, part: number) =>
      rows.find((row) => row.part === part) ?? rows[rows.push({ id: 'r', part, platformId: null, state: 'intended' }) - 1]!,
    posted: async (_: string, id: string) => void Object.assign(rows[0]!, { platformId: id, state: 'posted' }),
    removed: async () => {},
    known: async () => [],
  };
  let held = true;
  const message = createGrowingMessage({ id: 'q', language: 'en', attempts: 0, receivedAt: 0 }, place, {
    chat: { messages },
    messenger,
    clock: systemClock,
    log: createLog('silent'),
    mustHold: async () => {
      if (!held) throw new AppError({ code: 'question.taken', message: 'taken' });
    },
    onStopped: () => {},
  });
  message.grow(growing);
  await new Promise((resolve) => setTimeout(resolve, 20));
  message.grow(growing);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(done).toEqual(['post', 'edit']);
  held = false;
  message.grow(growing);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await expect(message.end({ type: 'notice', language: 'en', text: 'x' })).rejects.toMatchObject({ code: 'question.taken' });
  expect(done).toEqual(['post', 'edit']);
});
