import type { Fields } from './slack-shape.ts';
import { encodedId, isTs, nextTs, refuse } from './slack-state.ts';
import type { Channel, Message, ThreadStatus, Version, World } from './slack-state.ts';

/** The direct-message channel of the app and a person, made when there is none. */
export function directChannel(world: World, user: string): Channel {
  for (const channel of world.channels.values()) if (channel.kind === 'im' && channel.members.has(user)) return channel;
  const channel: Channel = {
    id: encodedId('D'),
    name: '',
    kind: 'im',
    isExtShared: false,
    isArchived: false,
    members: new Set([user, world.app.userId]),
    topic: '',
    creator: user,
  };
  world.channels.set(channel.id, channel);
  return channel;
}

/** The channel a bot may see, or Slack's refusal. */
export function visibleChannel(world: World, id: unknown): Channel {
  const channel = world.channels.get(String(id));
  if (!channel || (channel.kind !== 'public' && !channel.members.has(world.app.userId))) refuse('channel_not_found');
  return channel;
}

/** The channel a bot may write to; a person's id stands for the direct message with that person. */
export function writableChannel(world: World, id: unknown): Channel {
  const person = world.people.get(String(id));
  const channel = person ? directChannel(world, person.id) : visibleChannel(world, id);
  if (channel.isArchived) refuse('is_archived');
  if (!channel.members.has(world.app.userId) && !world.scopes.has('chat:write.public')) refuse('not_in_channel');
  return channel;
}

export function messagesIn(world: World, channel: string): Message[] {
  const held = world.messages.get(channel);
  if (held) return held;
  const made: Message[] = [];
  world.messages.set(channel, made);
  return made;
}

/** A message that stands; a stream that ran too long is marked so on the way. */
export function findMessage(world: World, channel: string, ts: unknown): Message | undefined {
  const message = messagesIn(world, channel).find((one) => one.ts === ts && one.deletedAt === undefined);
  if (message) expire(world, message);
  return message;
}

export function expire(world: World, message: Message): void {
  if (message.streaming === 'open' && Date.now() - message.postedAt > world.times.streamMs) message.streaming = 'expired';
}

/** The thread to post into: undefined for the channel itself, otherwise the root, which must stand. */
export function threadRoot(world: World, channel: string, ts: unknown): string | undefined {
  if (ts === undefined) return undefined;
  if (!isTs(ts)) refuse('invalid_thread_ts');
  const root = messagesIn(world, channel).find((one) => one.ts === ts);
  if (!root || (root.deletedAt !== undefined && repliesTo(world, root).length === 0)) refuse('thread_not_found');
  if (root.threadTs !== undefined && root.threadTs !== root.ts) refuse('cannot_reply_to_message');
  return root.ts;
}

export function repliesTo(world: World, root: Message): Message[] {
  return messagesIn(world, root.channel).filter((one) => one.threadTs === root.ts && one.deletedAt === undefined);
}

export function addMessage(
  world: World,
  given: Pick<Message, 'channel' | 'user' | 'text'> & Partial<Message>,
  how: Version['how'] = 'posted',
): Message {
  const at = Date.now();
  const message: Message = {
    ts: nextTs(world),
    threadTs: undefined,
    own: false,
    blocks: [],
    attachments: [],
    metadata: undefined,
    files: [],
    reactions: [],
    streaming: 'no',
    recipient: undefined,
    postedAt: at,
    edited: undefined,
    deletedAt: undefined,
    versions: [],
    sentWith: {},
    clientMsgId: undefined,
    subtype: undefined,
    ...given,
  };
  message.versions.push({ at, how, text: message.text, blocks: message.blocks });
  messagesIn(world, message.channel).push(message);
  if (message.own && message.threadTs !== undefined) clearStatus(world, message.channel, message.threadTs, 'post');
  return message;
}

export function changeMessage(message: Message, how: Version['how']): void {
  message.versions.push({ at: Date.now(), how, text: message.text, blocks: message.blocks });
}

export function deleteMessage(message: Message): void {
  message.deletedAt = Date.now();
  message.versions.push({ at: message.deletedAt, how: 'deleted', text: '', blocks: [] });
}

export function clearStatus(world: World, channel: string, threadTs: string, by: ThreadStatus['clearedBy']): void {
  for (const status of world.statuses) {
    if (status.channel !== channel || status.threadTs !== threadTs || status.clearedAt !== undefined) continue;
    const ends = status.at + world.times.statusMs;
    const late = Date.now() > ends;
    Object.assign(status, { clearedAt: late ? ends : Date.now(), clearedBy: late ? 'timeout' : by });
  }
}

/** What conversations.history and the message events show of a message. */
export function messageObject(world: World, message: Message, withMetadata = false): Fields {
  const bot = message.own ? { bot_id: world.app.botId, app_id: world.app.id, bot_profile: botProfile(world) } : {};
  const replies = message.threadTs === message.ts || message.threadTs === undefined ? repliesTo(world, message) : [];
  return {
    type: 'message',
    ...(message.subtype ? { subtype: message.subtype } : {}),
    user: message.user,
    ...bot,
    ts: message.ts,
    ...(message.clientMsgId ? { client_msg_id: message.clientMsgId } : {}),
    text: message.text,
    team: world.people.get(message.user)?.team ?? world.team.id,
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.attachments.length > 0 ? { attachments: message.attachments } : {}),
    ...(message.files.length > 0 ? { files: message.files } : {}),
    ...(message.threadTs ? { thread_ts: message.threadTs } : {}),
    ...(message.threadTs && message.threadTs !== message.ts ? { parent_user_id: parentUser(world, message) } : {}),
    ...(replies.length > 0
      ? {
          thread_ts: message.ts,
          reply_count: replies.length,
          reply_users_count: new Set(replies.map((one) => one.user)).size,
          latest_reply: replies.at(-1)?.ts,
          reply_users: [...new Set(replies.map((one) => one.user))],
          is_locked: false,
          subscribed: false,
        }
      : {}),
    ...(message.reactions.length > 0
      ? { reactions: message.reactions.map(({ name, users }) => ({ name, users, count: users.length })) }
      : {}),
    ...(message.edited ? { edited: { user: message.edited.user, ts: `${(message.edited.at / 1000).toFixed(6)}` } } : {}),
    ...(withMetadata && message.metadata ? { metadata: message.metadata } : {}),
  };
}

function parentUser(world: World, message: Message): string | undefined {
  return messagesIn(world, message.channel).find((one) => one.ts === message.threadTs)?.user;
}

export function botProfile(world: World): Fields {
  return {
    id: world.app.botId,
    app_id: world.app.id,
    name: world.app.name,
    deleted: false,
    updated: 1_700_000_000,
    team_id: world.team.id,
    icons: {},
  };
}
