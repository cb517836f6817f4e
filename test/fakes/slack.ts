import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { agentMethods } from './slack-agents.ts';
import { httpSide, respond } from './slack-api.ts';
import { textsOf } from './slack-blocks.ts';
import { chatMethods } from './slack-chat.ts';
import type { Method } from './slack-chat.ts';
import { deliverer } from './slack-deliver.ts';
import { interactor } from './slack-interactions.ts';
import { defaultLimits, meter } from './slack-limits.ts';
import type { Limits } from './slack-limits.ts';
import { moods } from './slack-moods.ts';
import { pusher } from './slack-push.ts';
import { readMethods } from './slack-reads.ts';
import { sockets } from './slack-socket.ts';
import { directChannel, expire, findMessage, messagesIn } from './slack-messages.ts';
import { encodedId, nextTs } from './slack-state.ts';
import type { Channel, Message, Person, RequestRecord, SlackFile, StoredView, ThreadStatus, Times, World } from './slack-state.ts';
import { streamMethods } from './slack-streams.ts';
import { openModals, viewMethods } from './slack-views.ts';
import { waitUntil } from './wait-until.ts';

export interface FakeSlackOptions {
  teamId?: string;
  signingSecret?: string;
  /** The bot's granted scopes; all that Docent could ask for unless told. */
  scopes?: string[];
  /** The events that the app subscribed to, as the manifest names them (message.channels…). */
  events?: string[];
  /** Where events, interactions and commands are posted; without it they go over Socket Mode. */
  requestUrl?: string;
  limits?: Partial<Limits>;
  times?: Partial<Times>;
  /** The most messages of a page of conversations.history and .replies. */
  historyPage?: number;
  /** Whether the app's own posts and edits come back to it as events, as they do in Slack. */
  echo?: boolean;
  /** The slash commands and the shortcuts' callback ids that the manifest declares; any unless told. */
  commands?: string[];
  shortcuts?: string[];
}

export const allScopes =
  'app_mentions:read assistant:write channels:history channels:read chat:write commands files:read groups:history groups:read im:history im:read im:write links:read mpim:history mpim:read reactions:read reactions:write users:read users:read.email'.split(
    ' ',
  );
export const allEvents =
  'agent_session_stopped agent_session_title_changed app_context_changed app_home_opened app_mention app_uninstalled channel_archive channel_deleted channel_rename channel_shared channel_unshared file_shared link_shared member_joined_channel member_left_channel message.channels message.groups message.im message.mpim reaction_added team_join tokens_revoked user_change'.split(
    ' ',
  );
const usualTimes: Times = {
  streamMs: 5 * 60_000,
  statusMs: 2 * 60_000,
  triggerMs: 3000,
  responseUrlMs: 30 * 60_000,
  editWindowMs: Infinity,
  ackMs: 3000,
  retryAfterMs: [0, 60_000, 300_000],
};

function newWorld(options: FakeSlackOptions): World {
  const id = options.teamId ?? 'T0COMPANY';
  return {
    team: { id, name: 'The Company', domain: 'the-company' },
    app: { id: 'A0DOCENT', name: 'Docent', userId: 'U0DOCENT', botId: 'B0DOCENT' },
    origin: '',
    botToken: 'xoxb-1-2-bot',
    appToken: 'xapp-1-A0DOCENT-1-app',
    signingSecret: options.signingSecret ?? 'the-signing-secret',
    scopes: new Set(options.scopes ?? allScopes),
    events: new Set(options.events ?? allEvents),
    limits: { ...defaultLimits, ...options.limits },
    times: { ...usualTimes, ...options.times },
    historyPage: options.historyPage ?? 15,
    revoked: false,
    people: new Map(),
    channels: new Map(),
    messages: new Map(),
    ephemerals: [],
    statuses: [],
    sessions: [],
    prompts: [],
    titles: [],
    views: [],
    homes: new Map(),
    files: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    requests: [],
    complaints: [],
    lastTs: 0,
    onOwn: () => undefined,
  };
}

/**
 * Starts a Slack of one workspace on loopback: its Web API at `url`, Socket Mode behind apps.connections.open,
 * and `push` for what people do. Strict where Slack is; what Slack lets pass but is surely a mistake
 * (unknown arguments) is refused too. `complaints` lists what the app did wrong without being told.
 */
export async function startFakeSlack(options: FakeSlackOptions = {}) {
  const world = newWorld(options);
  const limiter = meter(world.limits);
  const faults = moods();
  const hanging = new Set<ServerResponse>();
  const routes = { ...chatMethods, ...streamMethods, ...agentMethods, ...readMethods, ...viewMethods } as Record<string, Method>;

  const answer = httpSide(world, { routes, limiter, faults, hanging });
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      world.complaints.push(`the fake itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      respond(response, 500, 'the fake itself failed');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  world.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const socketMode = sockets(world, server);
  routes['apps.connections.open'] = () => ({ url: socketMode.ticket() });
  const out = deliverer(world, socketMode);
  out.requestUrl = options.requestUrl;
  const reachable = (): boolean => out.requestUrl !== undefined || socketMode.used();
  const push = { ...pusher(world, out, reachable), ...interactor(world, out, options, reachable) };
  if (options.echo === false) world.onOwn = () => undefined;
  let people = 0;

  function person(given: Partial<Person> = {}): Person {
    people += 1;
    const name = given.name ?? `person${people}`;
    const made: Person = {
      id: `U${String(people).padStart(8, '0')}`,
      team: world.team.id,
      name,
      realName: name,
      email: `${name}@the-company.example`,
      isBot: false,
      isRestricted: false,
      isUltraRestricted: false,
      isStranger: false,
      isAdmin: false,
      deleted: false,
      tz: 'Europe/Berlin',
      locale: 'en-US',
      ...given,
    };
    world.people.set(made.id, made);
    return made;
  }

  function channel(given: Partial<Omit<Channel, 'members'>> & { members?: (Person | string)[]; withoutApp?: boolean } = {}): Channel {
    const { members = [], withoutApp = false, ...fields } = given;
    const ids = members.map((one) => (typeof one === 'string' ? one : one.id));
    const made: Channel = {
      id: encodedId('C'),
      name: `channel-${world.channels.size + 1}`,
      kind: 'public',
      isExtShared: false,
      isArchived: false,
      topic: '',
      creator: ids[0] ?? world.app.userId,
      ...fields,
      members: new Set([...ids, ...(withoutApp ? [] : [world.app.userId])]),
    };
    world.channels.set(made.id, made);
    return made;
  }

  function file(given: { name: string; content: Buffer | string; mimetype?: string; user: Person | string }): SlackFile {
    const id = encodedId('F');
    const content = Buffer.from(given.content);
    const mimetype = given.mimetype ?? 'text/plain';
    const user = typeof given.user === 'string' ? given.user : given.user.id;
    const address = `${world.origin}/files-pri/${world.team.id}-${id}/${encodeURIComponent(given.name)}`;
    const filetype = given.name.split('.').at(-1) ?? 'text';
    const object = {
      id,
      created: Math.floor(Date.now() / 1000),
      timestamp: Math.floor(Date.now() / 1000),
      name: given.name,
      title: given.name,
      mimetype,
      filetype,
      pretty_type: filetype.toUpperCase(),
      user,
      user_team: world.team.id,
      editable: false,
      size: content.length,
      mode: 'hosted',
      is_external: false,
      external_type: '',
      is_public: true,
      public_url_shared: false,
      display_as_bot: false,
      username: '',
      url_private: address,
      url_private_download: `${address}?download=1`,
      permalink: `https://${world.team.domain}.slack.com/files/${user}/${id}/${given.name}`,
      permalink_public: `https://slack-files.com/${world.team.id}-${id}-0`,
      is_starred: false,
      has_rich_preview: false,
      file_access: 'visible',
    };
    const made: SlackFile = { id, name: given.name, mimetype, content, user, object };
    world.files.set(id, made);
    return made;
  }

  person({ id: world.app.userId, name: 'docent', realName: 'Docent', isBot: true, email: undefined });

  const standing = (channelId: string): Message[] => {
    const held = messagesIn(world, channelId).filter((one) => one.deletedAt === undefined);
    for (const message of held) expire(world, message);
    return held;
  };

  return {
    /** What SLACK_API_URL is set to. */
    url: `${world.origin}/api/`,
    botToken: world.botToken,
    appToken: world.appToken,
    signingSecret: world.signingSecret,
    team: world.team,
    app: world.app,
    world,
    limits: world.limits,
    times: world.times,
    scopes: world.scopes,
    events: world.events,
    push,
    socketMode,
    person,
    channel,
    file,
    /** The direct message of a person and the app. */
    directOf: (who: Person | string): Channel => directChannel(world, typeof who === 'string' ? who : who.id),
    /** Sends events, interactions and commands to this address from now on; undefined for Socket Mode. */
    deliverTo: (address: string | undefined): void => void (out.requestUrl = address),
    /** Shows a fault for the next call of a method (`*` for any), or as often as told. */
    mood: faults.add,
    clearMoods: faults.clear,
    requests: world.requests,
    complaints: world.complaints,
    deliveries: out.deliveries,
    /** How often each method was answered with 429 by the limits. */
    limited: limiter.refused,
    /** How many calls were answered with 429, by the limits or by a mood. */
    count429: (method?: string): number =>
      world.requests.filter((one) => one.status === 429 && (method === undefined || one.method === method)).length,
    calls: (method: string): RequestRecord[] => world.requests.filter((one) => one.method === method),
    /** The messages that stand in a channel, oldest first. */
    messages: standing,
    /** What a person reads in a message: the texts of its blocks, or its text where there are none. */
    reads: (message: Message): string => (message.blocks.length > 0 ? textsOf(message.blocks).join('\n') : message.text),
    /** All messages that ever stood there, deleted ones too. */
    everPosted: (channelId: string): Message[] => [...messagesIn(world, channelId)],
    message: (channelId: string, ts: string): Message | undefined => findMessage(world, channelId, ts),
    /** A thread's standing replies, without its root. */
    replies: (channelId: string, rootTs: string): Message[] =>
      standing(channelId).filter((one) => one.threadTs === rootTs && one.ts !== rootTs),
    /** Streams that were started and neither stopped nor ended by Slack or the person. */
    openStreams: (): Message[] => [...world.channels.keys()].flatMap((id) => standing(id)).filter((one) => one.streaming === 'open'),
    ephemerals: world.ephemerals,
    statuses: world.statuses,
    /** The status that a person sees in a thread now. */
    statusIn(channelId: string, threadTs: string): ThreadStatus | undefined {
      const held = world.statuses.findLast((one) => one.channel === channelId && one.threadTs === threadTs);
      return held && held.clearedAt === undefined && Date.now() - held.at <= world.times.statusMs ? held : undefined;
    },
    sessions: world.sessions,
    prompts: world.prompts,
    titles: world.titles,
    /** The modals that a person has open, the one on top last; each as views.open answers it. */
    viewsOf: (who: Person | string): StoredView[] => openModals(world, typeof who === 'string' ? who : who.id),
    /** The home tab that a person sees. */
    homeOf: (who: Person | string): StoredView | undefined => world.homes.get(typeof who === 'string' ? who : who.id),
    homes: world.homes,
    /** Milliseconds from a delivery to its acknowledgement, sorted; for p99 take the item at 0.99 of the length. */
    ackTimes: (): number[] => out.deliveries.flatMap((one) => (one.ackMs === undefined ? [] : [one.ackMs])).toSorted((a, b) => a - b),
    nextTs: (): string => nextTs(world),
    /** Waits until `look` gives something that holds, and gives it. */
    until: <T>(look: () => T, what: string, ms?: number) => waitUntil('fake Slack', look, what, ms),
    async close(): Promise<void> {
      out.close();
      socketMode.close();
      for (const response of hanging) response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type FakeSlack = Awaited<ReturnType<typeof startFakeSlack>>;
