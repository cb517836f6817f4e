/** The first meeting: told once, and not lost where it could not be told. */
import { expect, test } from 'vitest';
import { welcome } from '../../bots/welcome.ts';
import type { ChatApp } from '../../src/chat/chat-app.ts';
import type { Messenger, Place } from '../../src/chat/messenger.ts';
import { systemClock } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';

test('a welcome that could not be posted is posted at the next meeting, once', async () => {
  const met = new Set<string>();
  const chat = {
    greet: async ({ place }: { place: string }) => !met.has(place) && met.add(place).has(place),
    ungreet: async ({ place }: { place: string }) => void met.delete(place),
    searched: async () => ({ documents: 0, sources: [] }),
  } as unknown as ChatApp;
  const posted: string[] = [];
  let down = true;
  const messenger = {
    draw: () => ['part'],
    post: async ({ channel }: Place) => {
      if (down) throw new AppError({ code: 'chat.unavailable', message: 'down' });
      posted.push(channel);
      return 'm1';
    },
  } as unknown as Messenger;
  const place: Place = { platform: 'slack', workspace: 'T', channel: 'C', kind: 'direct', person: 'U' };
  const meet = () =>
    welcome(
      place,
      { audience: 'everyone', language: 'en', suggestions: [] },
      { chat, messenger, clock: systemClock, log: createLog('silent') },
    );
  await meet();
  expect(posted).toEqual([]);
  down = false;
  await meet();
  await meet();
  expect(posted).toEqual(['C']);
});
