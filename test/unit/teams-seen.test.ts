/** What came is told by names that the console knows, and by no others. */
import { expect, test } from 'vitest';
import { parseActivity } from '../../bots/teams/parse.ts';
import { seenKind } from '../../bots/teams/seen.ts';

const activity = (change: object) =>
  parseActivity({
    type: 'message',
    from: { id: '29:1' },
    recipient: { id: '28:1' },
    conversation: { id: 'a:1', conversationType: 'personal' },
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    ...change,
  })!;

test.each([
  [{}, 'message.personal'],
  [{ conversation: { id: '19:1@thread.v2', conversationType: 'groupChat' } }, 'message.groupChat'],
  [{ conversation: { id: '19:1@thread.tacv2;messageid=7', conversationType: 'channel' } }, 'message.channel'],
  [{ type: 'invoke', name: 'composeExtension/query' }, 'search'],
  [{ type: 'invoke', name: 'adaptiveCard/action' }, 'card'],
  [{ type: 'invoke', name: 'message/submitAction' }, 'feedback'],
  [{ type: 'installationUpdate' }, 'install'],
  [{ type: 'conversationUpdate' }, 'members'],
  [{ type: 'invoke', name: 'made-up/by-somebody' }, 'other'],
  [{ type: 'constructor' }, 'other'],
  [{ type: 'invoke', name: 'toString' }, 'other'],
])('%o is %s', (change, kind) => {
  expect(seenKind(activity(change))).toBe(kind);
});
