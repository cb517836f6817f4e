/** What came from Teams, by the names that the console and doctor tell it by (`noteTeams`). */
import { senderOf, type Activity } from './parse.ts';

const PLACES = { direct: 'message.personal', group: 'message.groupChat', channel: 'message.channel' } as const;
const INVOKES = new Map([
  ['composeExtension/query', 'search'],
  ['adaptiveCard/action', 'card'],
  ['message/submitAction', 'feedback'],
]);
const OTHERS = new Map([
  ['installationUpdate', 'install'],
  ['conversationUpdate', 'members'],
]);

/** A closed list: what names itself otherwise is `other`, so that nobody fills the catalog with names. */
export function seenKind(activity: Activity): string {
  if (activity.type === 'message') return PLACES[senderOf(activity).place.kind];
  if (activity.type === 'invoke') return INVOKES.get(activity.name ?? '') ?? 'other';
  return OTHERS.get(activity.type) ?? 'other';
}
