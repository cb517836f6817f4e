/** Teams as a `Messenger`: posts, edits, streams, and who people are. */
import type { Drawn, GrowingView, Messenger, Place, PlatformPerson, Stream, View } from '../../src/chat/messenger.ts';
import { AppError } from '../../src/errors.ts';
import type { Clock, Log } from '../../src/types.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import { isAway } from '../away.ts';
import type { OutgoingActivity, StreamEntity, TeamsConnector, TeamsMember, TeamsMessage, Where } from './activity.ts';
import type { TeamsFailure } from './errors.ts';
import { createPace, type Urgency } from './pace.ts';
import type { Places } from './places.ts';

/** Teams takes a piece of a stream a second, and asks for 1.5 to 2 between two. */
const STREAM_EVERY_MS = 1_500;
const STREAM_LEAST_MS = 1_050;
/** An answer that is whole within this time after its first sentence is shown at once as that: after a piece, Teams makes its end wait. */
const SETTLE_MS = 1_500;
/** A message is edited at most once a second; seldom enough that the whole answer need not wait for that as a rule. */
const EDIT_EVERY_MS = 3_000;
const EDIT_LEAST_MS = 1_000;
/** What is left out is not waited for. */
const PATIENCE_MS = 3_000;
/** Another process hears of whoever joins; this one asks again. */
const OUTSIDERS_MS = 60_000;
/** More people than this are not looked through: somebody from outside may be among them. */
const MOST_MEMBERS = 25_000;
/** A message that streams, and may never have been ended. */
const STREAM = 'stream:';
const MOST_REMEMBERED = 10_000;

export interface TeamsMessengerDeps {
  connector: TeamsConnector;
  places: Places;
  /** Directories whose people are the company's; empty in the anonymous mode: all are. */
  tenants: readonly string[];
  /** The one whose administrator vouches for e-mail addresses: of the others anybody may say to have any. */
  ownTenant?: string;
  clock: Clock;
  log: Log;
  draw(view: View, how: Drawn, where?: Place['kind']): TeamsMessage[];
  /** All that a growing answer says so far; what comes later begins with it. */
  streamText(view: GrowingView): string;
}

export interface TeamsMessenger extends Messenger {
  /** Somebody came or went: who reads along is asked anew. */
  rosterChanged(): void;
}

export function createTeamsMessenger(deps: TeamsMessengerDeps): TeamsMessenger {
  const { connector, places, clock, log } = deps;
  const pace = createPace(clock);
  /** Chats in which a stream is open: Teams takes one at a time. */
  const streaming = new Set<string>();
  /** When a message was edited last. */
  const edited = new Map<string, number>();
  const outsidersOf = new Map<string, { at: number; outsiders: Promise<boolean> }>();
  /** Of rosters that were just read. */
  const members = new Map<string, { at: number; member: TeamsMember }>();
  /** Of what was drawn and is not posted yet. */
  const urgencies = new WeakMap<OutgoingActivity, Urgency>();
  const bare = (id: string): string => (id.startsWith(STREAM) ? id.slice(STREAM.length) : id);
  const channelOf = ({ conversation }: Where): string => conversation.split(';')[0]!;

  async function send(to: Where, activity: OutgoingActivity): Promise<string> {
    const urgency = urgencies.get(activity) ?? 'next';
    return pace.run(channelOf(to), urgency, () => connector.send(to, activity, { patienceMs: PATIENCE_MS }));
  }

  const messenger: TeamsMessenger = {
    platform: 'teams',
    caps: {
      editEveryMs: EDIT_EVERY_MS,
      streamEveryMs: STREAM_EVERY_MS,
      settleMs: SETTLE_MS,
      beginsEmpty: true,
      finds: false,
      stream: ({ kind, channel }) => kind === 'direct' && !streaming.has(channel),
      edit: ({ channel }) => pace.roomy(channel),
    },

    // What grows begins with its status at once.
    status: async () => false,

    draw(view, how = 'rich', where = 'channel') {
      const parts = deps.draw(view, how, where);
      for (const part of parts) urgencies.set(part, urgencyOf(view, part));
      return parts;
    },

    mayStandTwice: (part) => (part as TeamsMessage).text === undefined,

    post: async (place, part) => send(await places.whereOf(place), part as TeamsMessage),

    async edit(place, id, part) {
      const where = await places.whereOf(place);
      const key = `${channelOf(where)}/${bare(id)}`;
      const wait = (edited.get(key) ?? 0) + EDIT_LEAST_MS - clock.now();
      if (wait > 0) await clock.sleep(wait);
      if (edited.size > MOST_REMEMBERED) edited.clear();
      edited.set(key, clock.now());
      try {
        await pace.run(channelOf(where), 'next', () =>
          connector.update(where, bare(id), part as TeamsMessage, { patienceMs: PATIENCE_MS }),
        );
        if (id.startsWith(STREAM)) streaming.delete(place.channel);
      } catch (error) {
        if (id.startsWith(STREAM) && isOneOf(error, 'chat.gone', 'chat.refused'))
          return endOpen(where, bare(id), part as TeamsMessage, error);
        // Somebody deleted it: the conversation is there still.
        if ((error as TeamsFailure).teams === 'ActivityNotFoundInConversation') throw isNoMessage(error);
        throw error;
      }
    },

    async remove(place, id) {
      if (id.startsWith(STREAM)) streaming.delete(place.channel);
      const where = await places.whereOf(place);
      await pace
        .run(channelOf(where), 'next', () => connector.remove(where, bare(id), { patienceMs: PATIENCE_MS }))
        .catch((error: unknown) => {
          if (!isOneOf(error, 'chat.gone', 'chat.refused')) throw error;
        });
    },

    async stream(place, _key, view) {
      const where = await places.whereOf(place);
      streaming.add(place.channel);
      let sequence = 0;
      let shown = '';
      let last = clock.now();
      let id = '';
      const piece = async (text: string, streamType: 'informative' | 'streaming'): Promise<string> => {
        const entity: StreamEntity = { type: 'streaminfo', streamType, streamSequence: ++sequence, ...(id ? { streamId: id } : {}) };
        try {
          return await pace.run(place.channel, sequence === 1 ? 'first' : 'next', () =>
            connector.send(where, { type: 'typing', text, entities: [entity] }, { patienceMs: 0 }),
          );
        } finally {
          // Teams counts from when it came there.
          last = clock.now();
        }
      };
      const over = setTimeout(() => streaming.delete(place.channel), STREAM_LIVES_MS);
      over.unref();
      const closed = (): void => {
        clearTimeout(over);
        streaming.delete(place.channel);
      };
      try {
        shown = view.sentences.length > 0 ? deps.streamText(view) : '';
        id = await piece(shown || sayInChat(view.language, 'askingNow'), shown ? 'streaming' : 'informative');
      } catch (error) {
        closed();
        throw error;
      }
      const stream: Stream = {
        id: `${STREAM}${id}`,
        async grow(next) {
          const text = deps.streamText(next);
          if (text === shown || text === '' || !pace.roomy(place.channel)) return;
          const wait = last + STREAM_LEAST_MS - clock.now();
          if (wait > 0) return;
          try {
            await piece(text, 'streaming');
            shown = text;
          } catch (error) {
            // A piece that is late is made good by the next.
            if (isAway(error)) return log.info({ code: (error as AppError).code }, 'a piece of a stream was left out');
            closed();
            throw error;
          }
        },
        async end(part) {
          try {
            const wait = last + STREAM_LEAST_MS - clock.now();
            if (wait > 0) await clock.sleep(wait);
            await finalPiece(where, id, part as TeamsMessage);
          } finally {
            closed();
          }
        },
      };
      return stream;
    },

    // Teams tells nobody what stands in a conversation.
    find: async () => undefined,

    async permalink({ workspace, channel, kind, thread }, message) {
      const group = kind === 'channel' ? await places.groupOf(channel).catch(() => undefined) : undefined;
      const url = new URL(`https://teams.microsoft.com/l/message/${encodeURIComponent(channel)}/${encodeURIComponent(message)}`);
      url.searchParams.set('tenantId', workspace);
      if (group) url.searchParams.set('groupId', group);
      if (kind === 'channel') url.searchParams.set('parentMessageId', thread ?? message);
      else url.searchParams.set('context', '{"contextType":"chat"}');
      return url.href;
    },

    async whisper({ place }, part) {
      return send(await places.personal(place.workspace, place.person), part as TeamsMessage);
    },

    async person(workspace, id): Promise<PlatformPerson> {
      const just = members.get(`${workspace}/${id}`);
      const member = just && just.at > clock.now() - OUTSIDERS_MS ? just.member : await lookUp(workspace, id);
      const email = vouches(member, workspace) ? (member.email ?? member.userPrincipalName) : undefined;
      return {
        ...(email ? { email } : {}),
        ...(member.name ? { name: member.name } : {}),
        member: isOurs(member),
        bot: member.id.startsWith('28:'),
      };
    },

    async outsiders(place) {
      if (place.kind === 'direct') return false;
      const before = outsidersOf.get(place.channel);
      if (before && before.at > clock.now() - OUTSIDERS_MS) return before.outsiders;
      if (outsidersOf.size > MOST_REMEMBERED) outsidersOf.clear();
      const asked = { at: clock.now(), outsiders: readRoster(place) };
      outsidersOf.set(place.channel, asked);
      // What could not be told is asked again.
      asked.outsiders.catch(() => outsidersOf.get(place.channel) === asked && outsidersOf.delete(place.channel));
      return asked.outsiders;
    },

    rosterChanged() {
      outsidersOf.clear();
      members.clear();
    },
  };
  return messenger;

  async function lookUp(workspace: string, id: string): Promise<TeamsMember> {
    const { member, where } = await places.rostersOf(workspace, id);
    let gone: unknown;
    for (const one of where) {
      try {
        return await pace.read(channelOf(one), () => connector.member(one, member, { patienceMs: PATIENCE_MS }));
      } catch (error) {
        // They left it, or Docent was taken out.
        if (!isOneOf(error, 'chat.gone')) throw error;
        gone = error;
      }
    }
    throw gone;
  }

  async function readRoster(place: Place): Promise<boolean> {
    const { thread: _, ...whole } = place;
    const where = await places.whereOf(whole);
    const each = <T>(request: () => Promise<T>): Promise<T> => pace.read(channelOf(where), request);
    const all = await connector.members(where, MOST_MEMBERS, { patienceMs: PATIENCE_MS, each });
    if (members.size + all.length > MOST_REMEMBERED) members.clear();
    for (const member of all.slice(0, MOST_REMEMBERED))
      members.set(`${place.workspace}/${member.aadObjectId ?? member.id}`, { at: clock.now(), member });
    return all.length === 0 || all.length >= MOST_MEMBERS || !all.every(isOurs);
  }

  /** Neither a guest, nor of another company; where the roster does not tell, nobody is taken for the company's. */
  function isOurs({ userRole, tenantId, userPrincipalName }: TeamsMember): boolean {
    if (userRole && !/^(user|owner|member)$/i.test(userRole)) return false;
    if (userPrincipalName?.includes('#EXT#')) return false;
    return deps.tenants.length === 0 || (tenantId !== undefined && deps.tenants.includes(tenantId));
  }

  function vouches({ tenantId }: TeamsMember, workspace: string): boolean {
    if (deps.ownTenant === undefined) return deps.tenants.length === 0;
    return (tenantId ?? workspace) === deps.ownTenant && workspace === deps.ownTenant;
  }

  async function finalPiece(where: Where, streamId: string, part: TeamsMessage): Promise<void> {
    const ending: StreamEntity = { type: 'streaminfo', streamType: 'final', streamId };
    await send(where, { ...part, entities: [...(part.entities ?? []), ending] });
  }

  /** A process that was killed began it: it ends as the whole answer, or is no message at all. @param refused the edit of it */
  async function endOpen(where: Where, streamId: string, part: TeamsMessage, refused: unknown): Promise<void> {
    try {
      await finalPiece(where, streamId, part);
    } catch (error) {
      if (!isOneOf(error, 'chat.gone', 'chat.refused', 'chat.stream_over')) throw error;
      // It was no open stream: how it is drawn was refused.
      throw isOneOf(refused, 'chat.refused') ? refused : isNoMessage(error);
    }
  }
}

const isNoMessage = (cause: unknown): AppError =>
  new AppError({ code: 'chat.message_gone', message: 'what was to be edited is no message', cause });

/** Microsoft, "Stream bot messages": two minutes. */
const STREAM_LIVES_MS = 120_000;

const isOneOf = (error: unknown, ...codes: string[]): boolean => error instanceof AppError && codes.includes(error.code);

/** A message that is to grow is the first that is seen of an answer; an answer's buttons are a message without a text. */
function urgencyOf(view: View, part: TeamsMessage): Urgency {
  if (view.type === 'growing') return 'first';
  return view.type === 'welcome' || (view.type === 'answer' && part.text === undefined) ? 'last' : 'next';
}
