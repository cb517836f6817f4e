/** Where conversations and people of Teams are reached: kept as deliveries tell it, for messages that nobody just asked for. */
import type { References } from '../../src/chat/references.ts';
import type { Place } from '../../src/chat/messenger.ts';
import { AppError } from '../../src/errors.ts';
import type { TeamsConnector, Where } from './activity.ts';
import { senderOf, type Activity } from './parse.ts';

interface ConversationReference {
  serviceUrl: string;
  tenant: string;
  kind: Place['kind'];
  /** Of a channel: the group of its team, for links. */
  group?: string;
}

interface PersonReference {
  serviceUrl: string;
  /** `29:…` */
  teamsId: string;
  /** A conversation that Docent, too, is in. */
  seenIn?: string;
  /** Their chat with Docent alone. */
  personal?: string;
}

export interface Places {
  /** Before anything is recorded of it. @param elsewhere Docent need not be in that conversation */
  note(activity: Activity, elsewhere?: boolean): Promise<void>;
  /** Docent was removed there: nothing is sent there any more. */
  forget(activity: Activity): Promise<void>;
  /** @throws AppError `chat.gone` where Docent never was, or was removed */
  whereOf(place: Place): Promise<Where>;
  /** Somebody's chat with Docent alone; it is opened where there is none yet. @throws AppError `chat.gone` */
  personal(workspace: string, person: string): Promise<Where>;
  /** Conversations whose roster should know them, the likeliest first; their own chat is opened where there is none. @throws AppError `chat.gone` */
  rostersOf(workspace: string, person: string): Promise<{ member: string; where: Where[] }>;
  groupOf(channel: string): Promise<string | undefined>;
}

const gone = (message: string): AppError =>
  new AppError({ code: 'chat.gone', message, publicMessage: 'Docent is not in that conversation of Teams: add it there first.' });

export function createPlaces({ references, connector }: { references: References; connector: TeamsConnector }): Places {
  const conversation = async (id: string) => (await references.find('teams', `c:${id}`)) as ConversationReference | undefined;
  const personKey = (workspace: string, person: string): string => `p:${workspace}/${person}`;
  const personOf = async (workspace: string, person: string) =>
    (await references.find('teams', personKey(workspace, person))) as PersonReference | undefined;

  const keepPerson = (key: string, reference: PersonReference): Promise<void> => references.keep('teams', key, reference);

  const places: Places = {
    async note(activity, elsewhere = false) {
      const { place, teamsId } = senderOf(activity);
      if (!place.workspace) return;
      const { serviceUrl, channelData } = activity;
      const group = channelData?.team?.aadGroupId ?? undefined;
      if (!elsewhere)
        await references.keep('teams', `c:${place.channel}`, {
          serviceUrl,
          tenant: place.workspace,
          kind: place.kind,
          ...(group ? { group } : {}),
        } satisfies ConversationReference);
      const key = personKey(place.workspace, place.person);
      const before = (await references.find('teams', key)) as PersonReference | undefined;
      const personal = place.kind === 'direct' && !elsewhere ? place.channel : before?.personal;
      const seenIn = elsewhere || place.kind === 'direct' ? before?.seenIn : place.channel;
      await keepPerson(key, { serviceUrl, teamsId, ...(seenIn ? { seenIn } : {}), ...(personal ? { personal } : {}) });
    },
    async forget(activity) {
      const { place } = senderOf(activity);
      await references.forget('teams', `c:${place.channel}`);
      if (place.kind !== 'direct') return;
      const key = personKey(place.workspace, place.person);
      await references.forget('teams', key);
    },
    async whereOf(place) {
      // A direct message to whoever asked elsewhere.
      if (place.kind === 'direct' && place.channel === place.person) return places.personal(place.workspace, place.person);
      const there = await conversation(place.channel);
      if (!there) throw gone('that conversation is not known');
      return {
        serviceUrl: there.serviceUrl,
        conversation: place.kind === 'channel' && place.thread ? `${place.channel};messageid=${place.thread}` : place.channel,
      };
    },
    async personal(workspace, person) {
      const key = personKey(workspace, person);
      const them = await personOf(workspace, person);
      if (!them) throw gone('that person is not known');
      const { serviceUrl, personal } = them;
      if (personal) return { serviceUrl, conversation: personal };
      const opened = await connector.openPersonal({ serviceUrl, tenantId: workspace, member: them.teamsId });
      await keepPerson(key, { ...them, personal: opened });
      await references.keep('teams', `c:${opened}`, { serviceUrl, tenant: workspace, kind: 'direct' } satisfies ConversationReference);
      return { serviceUrl, conversation: opened };
    },
    async rostersOf(workspace, person) {
      const them = await personOf(workspace, person);
      if (!them) throw gone('that person is not known');
      const { serviceUrl, seenIn, personal, teamsId } = them;
      const where = [...new Set([personal, seenIn])].flatMap((one) => (one ? [{ serviceUrl, conversation: one }] : []));
      return { member: teamsId, where: where.length > 0 ? where : [await places.personal(workspace, person)] };
    },
    groupOf: async (channel) => (await conversation(channel))?.group,
  };
  return places;
}
