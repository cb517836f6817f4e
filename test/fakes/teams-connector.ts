import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import { activityProblems, messageUnits } from './teams-activities.ts';
import { cardBytes } from './teams-cards.ts';
import type { Answer } from './teams-http.ts';
import type { Metered, Meter } from './teams-limits.ts';
import { openStreams, streamChunk, streamEnd, streamInfo } from './teams-streams.ts';
import {
  addMessage,
  changeMessage,
  deleteMessage,
  expire,
  findMessage,
  hex,
  longId,
  nextId,
  personBy,
  refuse,
  Refusal,
  splitConversation,
} from './teams-state.ts';
import type { Chat, Message, Person, World } from './teams-state.ts';

/** One call to the connector, taken apart. */
export interface Asked {
  method: string;
  url: URL;
  /** The path below the service's address, in its parts. */
  parts: string[];
  body: unknown;
  authorization: string | undefined;
}

interface Route {
  kind: string;
  conversation?: string;
  run: () => Answer;
}

/** The personal chat of somebody, made when there is none. */
export function personalChatOf(world: World, person: Person, installed: boolean): Chat {
  const held = [...world.chats.values()].find((one) => one.kind === 'personal' && one.members.has(person.id));
  if (held) return held;
  const made: Chat = {
    id: `a:1${longId()}`,
    kind: 'personal',
    name: undefined,
    tenantId: person.tenantId,
    members: new Set([person.id]),
    teamId: undefined,
    teamName: undefined,
    teamAadGroupId: undefined,
    installed,
    rsc: false,
  };
  world.chats.set(made.id, made);
  return made;
}

export function memberObject(person: Person): Fields {
  const [givenName, ...rest] = person.name.split(' ');
  return {
    id: person.id,
    name: person.name,
    objectId: person.aadObjectId,
    aadObjectId: person.aadObjectId,
    givenName,
    surname: rest.join(' '),
    ...(person.email === undefined ? {} : { email: person.email }),
    userPrincipalName: person.userPrincipalName,
    tenantId: person.tenantId,
    userRole: person.userRole,
  };
}

function sizeOf(activity: Fields): number {
  const { from: _, recipient: __, conversation: ___, ...content } = activity;
  return JSON.stringify(content).length * 2;
}

/** The connector's calls: who may, where to, what shape, how often; and what comes of them. */
export function connector(world: World, limiter: Meter) {
  function authenticate(header: string | undefined): void {
    if (world.anonymous) return;
    const token = /^Bearer (\S+)$/u.exec(header ?? '')?.[1];
    const until = token === undefined ? undefined : world.accessTokens.get(token);
    if (until === undefined) refuse(401, 'Unauthorized', 'Authorization has been denied for this request.');
    else if (until < Date.now()) refuse(401, 'Unauthorized', 'The access token has expired.', { complain: false });
  }

  function meter(what: Metered, conversation: string): void {
    const wait = limiter.take(what, conversation);
    if (wait > 0)
      refuse(429, 'TooManyRequests', 'API calls quota exceeded', {
        complain: false,
        ...(world.limits.retryAfter ? { retryAfter: wait } : {}),
      });
  }

  /** The chat that a conversation id names, and the thread of it; refused where the bot is not in it. */
  function chatOf(id: string): { chat: Chat; root: Message | undefined } {
    const { chat: name, rootId } = splitConversation(id);
    const chat = world.chats.get(name);
    if (!chat) return refuse(404, 'ConversationNotFound', 'Conversation not found.');
    if (!chat.installed) refuse(403, 'BotNotInConversationRoster', 'The bot is not part of the conversation roster.', { complain: false });
    if (rootId === undefined) return { chat, root: undefined };
    const root = chat.kind === 'channel' ? findMessage(world, chat.id, rootId) : undefined;
    if (!root || root.rootId !== undefined) return refuse(404, 'ConversationNotFound', `There is no thread ${rootId}.`);
    return { chat, root };
  }

  function checked(body: unknown, chat: Chat): Fields {
    if (!isObject(body)) return refuse(400, 'BadSyntax', 'The body is no activity.');
    if (sizeOf(body) > messageUnits) {
      if (streamInfo(body)) refuse(403, 'ContentStreamNotAllowed', 'Message size too large');
      refuse(413, 'MessageSizeTooBig', 'Message size too large.');
    }
    const problems = activityProblems(body);
    if (problems.some((one) => one.includes(`over ${cardBytes}`))) refuse(413, 'MessageSizeTooBig', problems.join('; '));
    if (problems.length > 0) refuse(400, 'BadSyntax', problems.join('; '));
    // Teams itself splits it where it is sent, and tells no id; an edit it refuses with these words.
    if (body.text && Array.isArray(body.attachments) && body.attachments.length > 0)
      refuse(400, 'BadSyntax', 'Activity resulted into multiple skype activities');
    if (body.suggestedActions !== undefined && chat.kind !== 'personal')
      refuse(400, 'BadArgument', 'Suggested actions are for personal chats.');
    const entities = Array.isArray(body.entities) ? body.entities.filter(isObject) : [];
    for (const one of entities) {
      if (one.type !== 'mention' || !isObject(one.mentioned)) continue;
      const person = personBy(world, String(one.mentioned.id));
      if (!person || !chat.members.has(person.id))
        refuse(400, 'BadArgument', `Somebody is mentioned who is not in the conversation: ${String(one.text)}`);
    }
    if (
      isObject(body.conversation) &&
      body.conversation.id !== undefined &&
      splitConversation(String(body.conversation.id)).chat !== chat.id
    )
      refuse(400, 'BadArgument', 'The activity names another conversation than the path.');
    return body;
  }

  function send(conversation: string, body: unknown, replyTo: string | undefined): Answer {
    const { chat, root } = chatOf(conversation);
    meter('send', chat.id);
    const activity = checked(body, chat);
    if (replyTo !== undefined && !findMessage(world, chat.id, replyTo))
      refuse(404, 'ActivityNotFoundInConversation', `There is no activity ${replyTo} to reply to.`);
    const info = streamInfo(activity);
    if (activity.type === 'typing') {
      if (info) return streamChunk(world, chat, activity, info);
      world.typings.push({ chat: chat.id, at: Date.now() });
      return { status: 201, body: { id: nextId(world) } };
    }
    if (info) return streamEnd(world, chat, activity, info);
    const made = addMessage(world, { chat: chat.id, rootId: root?.id, from: world.botId, own: true, activity });
    return { status: 201, body: { id: made.id } };
  }

  /** The bot's own message that is to be changed. */
  function ownMessage(conversation: string, id: string): { chat: Chat; message: Message } {
    const { chat, root } = chatOf(conversation);
    meter('send', chat.id);
    const message = findMessage(world, chat.id, id);
    if (!message || message.deletedAt !== undefined)
      return refuse(404, 'ActivityNotFoundInConversation', 'The message does not exist or it has been deleted.', {
        complain: message === undefined,
      });
    if (!message.own) refuse(403, 'Forbidden', 'The message is not of this bot.');
    if (root && message.id !== root.id && message.rootId !== root.id)
      refuse(404, 'ActivityNotFoundInConversation', 'The message is of another thread.');
    return { chat, message };
  }

  function update(conversation: string, id: string, body: unknown): Answer {
    const { chat, message } = ownMessage(conversation, id);
    const activity = checked(body, chat);
    expire(world, message);
    if (message.streaming === 'open')
      refuse(403, 'ContentStreamNotAllowed', 'A message that is streamed cannot be edited.', { complain: false });
    if (activity.type !== 'message' || streamInfo(activity)) refuse(400, 'BadArgument', 'An edit is a message.');
    changeMessage(message, activity, 'edited');
    for (const key of world.shownCards.keys()) if (key.endsWith(` ${message.id}`)) world.shownCards.delete(key);
    return { status: 200, body: { id: message.id } };
  }

  function remove(conversation: string, id: string): Answer {
    deleteMessage(ownMessage(conversation, id).message);
    return { status: 200 };
  }

  function openPersonal(body: Fields): Answer {
    const members = Array.isArray(body.members) ? body.members.filter(isObject) : [];
    if (body.isGroup === true || members.length !== 1) refuse(400, 'BadSyntax', 'A bot can open the personal chat with one person.');
    const tenant = isObject(body.channelData) && isObject(body.channelData.tenant) ? body.channelData.tenant.id : undefined;
    const named = body.tenantId ?? tenant;
    if (named === undefined) refuse(400, 'BadArgument', 'The tenant is missing.');
    const person = personBy(world, String(members[0]?.id));
    if (!person) return refuse(403, 'Forbidden', 'Nobody has that id.', { complain: false });
    if (named !== person.tenantId) refuse(400, 'BadArgument', 'The person is of another tenant.');
    meter('create', person.id);
    const met = [...world.chats.values()].some((one) => one.installed && one.members.has(person.id));
    const chat = personalChatOf(world, person, met);
    // The app was removed from the chat, or the person has it nowhere.
    if (!chat.installed) refuse(403, 'BotNotInConversationRoster', 'The bot is not part of the conversation roster.', { complain: false });
    return { status: 201, body: { id: chat.id, serviceUrl: world.serviceUrl, ...started(chat.id, body.activity) } };
  }

  function started(conversation: string, activity: unknown): Fields {
    if (activity === undefined) return {};
    const { body } = send(conversation, activity, undefined);
    return { activityId: (body as { id: string }).id };
  }

  function create(body: unknown): Answer {
    if (!isObject(body)) return refuse(400, 'BadSyntax', 'The body is missing.');
    const known = ['bot', 'isGroup', 'members', 'tenantId', 'channelData', 'activity', 'topicName'];
    for (const name of Object.keys(body)) if (!known.includes(name)) refuse(400, 'BadSyntax', `unknown field: ${name}`);
    const channel = isObject(body.channelData) && isObject(body.channelData.channel) ? body.channelData.channel.id : undefined;
    if (channel === undefined) return openPersonal(body);
    if (body.activity === undefined) refuse(400, 'BadSyntax', 'A thread begins with an activity.');
    const { chat } = chatOf(String(channel));
    if (chat.kind !== 'channel') refuse(400, 'BadArgument', 'That is no channel.');
    meter('create', chat.id);
    const { activityId } = started(chat.id, body.activity);
    return { status: 201, body: { id: `${chat.id};messageid=${String(activityId)}`, activityId } };
  }

  function people(conversation: string): { chat: Chat; held: Fields[] } {
    const { chat } = chatOf(conversation);
    meter('members', chat.id);
    return { chat, held: [...chat.members].flatMap((id) => world.people.get(id) ?? []).map(memberObject) };
  }

  function pagedMembers(conversation: string, url: URL): Answer {
    const { held } = people(conversation);
    for (const name of url.searchParams.keys())
      if (!['pageSize', 'continuationToken'].includes(name)) refuse(400, 'BadArgument', `unknown parameter: ${name}`);
    const asked = Number(url.searchParams.get('pageSize') ?? world.memberPage);
    if (!Number.isInteger(asked) || asked < 1 || asked > 500) refuse(400, 'BadArgument', 'pageSize is 1 to 500.');
    const size = Math.min(asked, world.memberPage);
    const given = url.searchParams.get('continuationToken');
    const from = given === null ? 0 : Number(/^page-(\d+)-[0-9a-f]+$/u.exec(given)?.[1] ?? Number.NaN);
    if (!Number.isInteger(from)) refuse(400, 'BadArgument', 'The continuationToken is not valid.');
    const next = from + size < held.length ? { continuationToken: `page-${from + size}-${hex(8)}` } : {};
    return { status: 200, body: { members: held.slice(from, from + size), ...next } };
  }

  function member(conversation: string, id: string): Answer {
    const { chat } = people(conversation);
    const person = personBy(world, id);
    if (!person || !chat.members.has(person.id))
      return refuse(404, 'MemberNotFoundInConversation', 'The member is not in the conversation.', { complain: false });
    return { status: 200, body: memberObject(person) };
  }

  function route({ method, url, parts, body }: Asked): Route | undefined {
    const [version, what, conversation, below, id, ...rest] = parts;
    if (version !== 'v3' || what !== 'conversations' || rest.length > 0) return undefined;
    if (conversation === undefined) return method === 'POST' ? { kind: 'create', run: () => create(body) } : undefined;
    const routes: Record<string, Route> = {
      'POST activities': { kind: 'send', run: () => send(conversation, body, undefined) },
      'POST activities id': { kind: 'send', run: () => send(conversation, body, id) },
      'PUT activities id': { kind: 'update', run: () => update(conversation, id ?? '', body) },
      'DELETE activities id': { kind: 'delete', run: () => remove(conversation, id ?? '') },
      'GET members': { kind: 'members', run: () => ({ status: 200, body: people(conversation).held }) },
      'GET pagedmembers': { kind: 'members', run: () => pagedMembers(conversation, url) },
      'GET members id': { kind: 'member', run: () => member(conversation, id ?? '') },
    };
    const held = routes[`${method} ${below}${id === undefined ? '' : ' id'}`];
    return held && { ...held, conversation };
  }

  /** The answer to a call, refusals and all. */
  function answer(asked: Asked): Answer {
    const held = route(asked);
    try {
      authenticate(asked.authorization);
      if (!held) return refuse(404, 'NotFound', `There is no ${asked.method} ${asked.url.pathname}.`);
      return held.run();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.complain) world.complaints.push(`${held?.kind ?? 'unknown'}: ${error.status} ${error.code} ${error.message}`);
      const headers = error.retryAfter === undefined ? {} : { headers: { 'retry-after': String(error.retryAfter) } };
      return { status: error.status, body: { error: { code: error.code, message: error.message } }, ...headers };
    }
  }

  return {
    answer,
    kindOf: (asked: Asked): Omit<Route, 'run'> => route(asked) ?? { kind: 'unknown' },
    openStreams: (chat: string) => openStreams(world, chat),
  };
}

export type Connector = ReturnType<typeof connector>;
