import { blockProblems, blocksTooLong, textsOf } from './slack-blocks.ts';
import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import {
  addMessage,
  changeMessage,
  deleteMessage,
  findMessage,
  messageObject,
  threadRoot,
  visibleChannel,
  writableChannel,
} from './slack-messages.ts';
import { encodedId, nextTs, refuse, refuseWith } from './slack-state.ts';
import type { Message, World } from './slack-state.ts';

export type Method = (args: Fields, world: World) => Fields;

export function checkBlocks(blocks: unknown): Fields[] {
  if (!Array.isArray(blocks)) return [];
  const problems = blockProblems(blocks, 'message');
  if (problems.length > 0) refuseWith('invalid_blocks', problems);
  if (blocksTooLong(blocks)) refuse('msg_blocks_too_long');
  return withIds(blocks);
}

const acting = new Set(
  'button overflow feedback_buttons icon_button checkboxes radio_buttons datepicker timepicker datetimepicker'.split(' '),
);

/** The blocks with the ids that Slack makes up where there are none. */
export function withIds(blocks: Fields[]): Fields[] {
  const named = (element: unknown): unknown =>
    isObject(element) && (/_select$|_input$/u.test(String(element.type)) || acting.has(String(element.type)))
      ? { action_id: encodedId('a'), ...element }
      : element;
  return blocks.map((block) => ({
    block_id: encodedId('b'),
    ...block,
    ...(Array.isArray(block.elements) && block.type !== 'rich_text' ? { elements: block.elements.map(named) } : {}),
    ...(block.accessory ? { accessory: named(block.accessory) } : {}),
    ...(block.element ? { element: named(block.element) } : {}),
  }));
}

/** What a person reads: markdown becomes a block of its own. */
export function checkContent(args: Fields, most: number): { text: string; blocks: Fields[]; attachments: Fields[] } {
  const { text, markdown_text: markdown, blocks, attachments } = args;
  if (markdown !== undefined && (text !== undefined || blocks !== undefined)) refuse('markdown_text_conflict');
  if (!text && !markdown && !(Array.isArray(blocks) && blocks.length > 0) && !(Array.isArray(attachments) && attachments.length > 0))
    refuse('no_text');
  if (typeof text === 'string' && text.length > most) refuse('msg_too_long');
  if (typeof markdown === 'string' && markdown.length > 12_000) refuse('msg_too_long');
  const checked = typeof markdown === 'string' ? checkBlocks([{ type: 'markdown', text: markdown }]) : checkBlocks(blocks);
  return {
    text: String(text ?? markdown ?? textsOf(checked).join(' ')),
    blocks: checked,
    attachments: Array.isArray(attachments) ? attachments : [],
  };
}

export function checkMetadata(metadata: unknown): Fields | undefined {
  if (metadata === undefined) return undefined;
  if (!isObject(metadata)) refuse('invalid_metadata_format');
  if (Object.keys(metadata).length === 0) return {};
  const { event_type: type, event_payload: payload, ...rest } = metadata;
  if (typeof type !== 'string' || type === '' || !isObject(payload) || Object.keys(rest).some((name) => name !== 'entities'))
    refuse('invalid_metadata_schema');
  return metadata;
}

/** The names and pictures that need chat:write.customize. */
export function checkCustomised(args: Fields, world: World): void {
  if (['username', 'icon_emoji', 'icon_url'].some((name) => args[name] !== undefined) && !world.scopes.has('chat:write.customize'))
    refuse('missing_scope', { needed: 'chat:write.customize', provided: [...world.scopes].join(',') });
}

const sentWith = (args: Fields): Fields =>
  Object.fromEntries(
    Object.entries(args).filter(([name]) => !['channel', 'text', 'blocks', 'attachments', 'markdown_text', 'metadata'].includes(name)),
  );

function post(args: Fields, world: World): Fields {
  const channel = writableChannel(world, args.channel);
  checkCustomised(args, world);
  const threadTs = threadRoot(world, channel.id, args.thread_ts);
  const metadata = checkMetadata(args.metadata);
  const content = checkContent(args, 40_000);
  const message = addMessage(world, {
    channel: channel.id,
    user: world.app.userId,
    own: true,
    threadTs,
    metadata,
    sentWith: sentWith(args),
    ...content,
  });
  world.onOwn('posted', message, undefined);
  return { channel: channel.id, ts: message.ts, message: messageObject(world, message, true) };
}

function postEphemeral(args: Fields, world: World): Fields {
  const channel = writableChannel(world, args.channel);
  checkCustomised(args, world);
  if (!channel.members.has(String(args.user))) refuse('user_not_in_channel');
  const threadTs = threadRoot(world, channel.id, args.thread_ts);
  const { text, blocks } = checkContent(args, 40_000);
  const ts = nextTs(world);
  world.ephemerals.push({
    id: ts,
    channel: channel.id,
    user: String(args.user),
    threadTs,
    text,
    blocks,
    at: Date.now(),
    ts,
    deletedAt: undefined,
    replaced: 0,
  });
  return { message_ts: ts };
}

/** Changes a message as chat.update does: text without blocks takes the blocks away. */
export function rewrite(message: Message, args: Fields, world: World): void {
  const metadata = checkMetadata(args.metadata);
  const content = checkContent(args, 4000);
  const before = messageObject(world, message, true);
  message.text = content.text;
  message.blocks = content.blocks;
  if (args.attachments !== undefined) message.attachments = content.attachments;
  if (metadata !== undefined) message.metadata = Object.keys(metadata).length > 0 ? metadata : undefined;
  message.edited = { user: world.app.userId, at: Date.now() };
  changeMessage(message, 'edited');
  world.onOwn('edited', message, before);
}

function update(args: Fields, world: World): Fields {
  const channel = visibleChannel(world, args.channel);
  if (channel.isArchived) refuse('is_inactive');
  const message = findMessage(world, channel.id, args.ts);
  if (!message) refuse('message_not_found');
  if (!message.own) refuse('cant_update_message');
  if (message.streaming === 'open') refuse('streaming_state_conflict');
  if (Date.now() - message.postedAt > world.times.editWindowMs) refuse('edit_window_closed');
  rewrite(message, args, world);
  return { channel: channel.id, ts: message.ts, text: message.text, message: messageObject(world, message, true) };
}

function remove(args: Fields, world: World): Fields {
  const channel = visibleChannel(world, args.channel);
  const message = findMessage(world, channel.id, args.ts);
  if (!message) refuse('message_not_found');
  if (!message.own) refuse('cant_delete_message');
  const before = messageObject(world, message, true);
  deleteMessage(message);
  world.onOwn('deleted', message, before);
  return { channel: channel.id, ts: message.ts };
}

function permalink(args: Fields, world: World): Fields {
  const channel = visibleChannel(world, args.channel);
  const message = findMessage(world, channel.id, args.message_ts);
  if (!message) refuse('message_not_found');
  const thread = message.threadTs && message.threadTs !== message.ts ? `?thread_ts=${message.threadTs}&cid=${channel.id}` : '';
  return {
    channel: channel.id,
    permalink: `https://${world.team.domain}.slack.com/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`,
  };
}

export const chatMethods: Record<string, Method> = {
  'chat.postMessage': post,
  'chat.postEphemeral': postEphemeral,
  'chat.update': update,
  'chat.delete': remove,
  'chat.getPermalink': permalink,
};
