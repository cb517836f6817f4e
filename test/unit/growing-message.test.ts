/** Messages of one answer, where another process has taken the question over meanwhile. */
import { describe, expect, test } from 'vitest';
import { createGrowingMessage } from '../../bots/growing-message.ts';
import type { GrowingView, Messenger, Place, View } from '../../src/chat/messenger.ts';
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

describe('a platform that finds nothing by its key', () => {
  /** What a messenger of this kind was asked to do; `failing` says how edits fail. */
  function taken(failing: () => string | undefined, below: string[] = []) {
    const done: string[] = [];
    const messenger = {
      platform: 'teams',
      caps: { stream: () => false, edit: () => true, editEveryMs: 1, finds: false, beginsEmpty: true, settleMs: 0 },
      draw: (view: View) => (view.type === 'growing' ? ['growing'] : [view.type, ...below]),
      mayStandTwice: (part: string) => part === 'buttons',
      post: async (_: Place, part: string) => (done.push(`post ${part}`), 'm2'),
      edit: async (_: Place, id: string, part: string) => {
        const code = id === 'stream:m1' ? failing() : undefined;
        if (code) throw new AppError({ code, message: 'failed' });
        done.push(`edit ${id} ${part}`);
      },
      remove: async (_: Place, id: string) => void done.push(`remove ${id}`),
      find: async () => undefined,
    } as unknown as Messenger;
    const row = { id: 'r', part: 0, platformId: 'stream:m1', state: 'posted' as const };
    const messages = {
      ofQuestion: async () => [row],
      intend: async (_: string, part: number) =>
        part === 0 ? row : { id: `r${part}`, part, platformId: null, state: 'intended' as const },
      posted: async () => {},
      removed: async () => {},
      known: async () => [],
    };
    const message = createGrowingMessage(
      { id: 'q', language: 'en', attempts: 1, receivedAt: 0 },
      { ...place, kind: 'direct' },
      {
        chat: { messages },
        messenger,
        clock: systemClock,
        log: createLog('silent'),
        mustHold: async () => {},
        onStopped: () => {},
      },
    );
    return { done, end: () => message.end({ type: 'notice', language: 'en', text: 'x' }) };
  }

  test('what a killed process began to stream, and its asker stopped, stays as it is', async () => {
    const { done, end } = taken(() => 'chat.stopped');
    await end();
    expect(done).toEqual([]);
  });

  test('what a killed process began to stream, and can be neither ended nor edited, goes; another takes its place', async () => {
    const { done, end } = taken(() => 'chat.message_gone');
    await end();
    expect(done).toEqual(['remove stream:m1', 'post growing', 'edit m2 notice']);
  });

  test('what may stand twice is posted as it is; all else is begun empty, and edited', async () => {
    const { done, end } = taken(() => undefined, ['more', 'buttons']);
    await end();
    expect(done).toEqual(['edit stream:m1 notice', 'post growing', 'edit m2 more', 'post buttons']);
  });
});
