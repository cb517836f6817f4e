import { checkBlocks, checkCustomised, checkMetadata } from './slack-chat.ts';
import type { Method } from './slack-chat.ts';
import { urlSource } from './slack-elements.ts';
import { blockProblems } from './slack-blocks.ts';
import { list, oneOf, string, typed } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import { sessionOf } from './slack-agents.ts';
import { addMessage, changeMessage, findMessage, messageObject, threadRoot, visibleChannel, writableChannel } from './slack-messages.ts';
import { refuse, refuseWith } from './slack-state.ts';
import type { Message, World } from './slack-state.ts';

/** What a stream has shown so far, in order: text, tasks and blocks. */
type Piece = { kind: 'text'; text: string } | { kind: 'task'; task: Fields } | { kind: 'blocks'; blocks: Fields[] };
interface Progress {
  pieces: Piece[];
  plan: string | undefined;
  mode: string;
}
const progress = new WeakMap<Message, Progress>();

const chunkRule = typed({
  markdown_text: { required: { text: string(12_000) } },
  plan_update: { required: { title: string(256) } },
  task_update: {
    required: { id: string(255), title: string(256), status: oneOf('pending', 'in_progress', 'complete', 'error') },
    optional: { details: string(12_000, 0), output: string(12_000, 0), sources: list(urlSource, 0, 100) },
  },
  blocks: { required: { blocks: list(() => undefined, 1, 50) } },
});

function readChunks(args: Fields): Fields[] {
  const chunks = Array.isArray(args.chunks) ? args.chunks : [];
  const faults: string[] = [];
  list(chunkRule, 0, 100)(chunks, '/chunks', faults);
  if (faults.length > 0) refuseWith('invalid_chunks', faults);
  chunks.forEach((chunk: Fields, index) => {
    const problems = chunk.type === 'blocks' ? blockProblems(chunk.blocks, 'message', `/chunks/${index}/blocks`) : [];
    if (problems.length > 0) refuseWith('invalid_blocks', problems);
  });
  const text =
    typeof args.markdown_text === 'string' && args.markdown_text !== '' ? [{ type: 'markdown_text', text: args.markdown_text }] : [];
  return [...text, ...chunks];
}

/** The stream as it would be with these chunks; nothing is changed until all is known to fit. */
function extended(now: Progress, chunks: Fields[]): Progress {
  const pieces = now.pieces.map((piece) => (piece.kind === 'task' ? { ...piece, task: { ...piece.task } } : { ...piece }));
  let { plan } = now;
  for (const chunk of chunks) {
    const last = pieces.at(-1);
    if (chunk.type === 'plan_update') plan = String(chunk.title);
    else if (chunk.type === 'blocks') pieces.push({ kind: 'blocks', blocks: chunk.blocks as Fields[] });
    else if (chunk.type === 'markdown_text') {
      if (last?.kind === 'text') last.text += String(chunk.text);
      else pieces.push({ kind: 'text', text: String(chunk.text) });
    } else {
      const { type: _, ...task } = chunk;
      const held = pieces.find((piece) => piece.kind === 'task' && piece.task.id === task.id);
      if (held?.kind === 'task') held.task = { ...held.task, ...task };
      else pieces.push({ kind: 'task', task });
    }
  }
  const length = pieces.reduce((sum, piece) => sum + (piece.kind === 'text' ? piece.text.length : 0), 0);
  if (length > 12_000) refuse('msg_too_long');
  return { pieces, plan, mode: now.mode };
}

const richText = (text: unknown): Fields | undefined =>
  typeof text === 'string' && text !== ''
    ? { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] }
    : undefined;

function taskBlock({ id, title, status, details, output, sources }: Fields): Fields {
  const shown = { details: richText(details), output: richText(output), sources };
  const held = Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined));
  return { type: 'task_card', task_id: id, title, status, ...held };
}

function drawn({ pieces, plan, mode }: Progress): { text: string; blocks: Fields[] } {
  const tasks = pieces.flatMap((piece) => (piece.kind === 'task' ? [taskBlock(piece.task)] : []));
  let planned = mode !== 'plan';
  const blocks = pieces.flatMap((piece): Fields[] => {
    if (piece.kind === 'text') return [{ type: 'markdown', text: piece.text }];
    if (piece.kind === 'blocks') return piece.blocks;
    if (mode !== 'plan') return [taskBlock(piece.task)];
    const first = !planned;
    planned = true;
    return first ? [{ type: 'plan', title: plan ?? 'Plan', tasks }] : [];
  });
  return { text: pieces.map((piece) => (piece.kind === 'text' ? piece.text : '')).join(''), blocks };
}

function show(message: Message, next: Progress, extra: Fields[] = []): void {
  const { text, blocks } = drawn(next);
  if (blocks.length + extra.length > 50) refuse('msg_blocks_too_many');
  progress.set(message, next);
  message.text = text;
  message.blocks = [...blocks, ...extra];
}

function start(args: Fields, world: World): Fields {
  const channel = writableChannel(world, args.channel);
  checkCustomised(args, world);
  const threadTs = threadRoot(world, channel.id, args.thread_ts);
  if (channel.kind !== 'im') {
    if (args.recipient_user_id === undefined) refuse('missing_recipient_user_id');
    if (args.recipient_team_id === undefined) refuse('missing_recipient_team_id');
  }
  if (args.recipient_user_id !== undefined && !world.people.has(String(args.recipient_user_id))) refuse('user_not_found');
  const mode = String(args.task_display_mode ?? 'timeline');
  if (!['timeline', 'plan', 'dense'].includes(mode)) refuseWith('invalid_arguments', ['must be a valid enum value: task_display_mode']);
  const next = extended({ pieces: [], plan: undefined, mode }, readChunks(args));
  const message = addMessage(
    world,
    {
      channel: channel.id,
      user: world.app.userId,
      own: true,
      threadTs,
      ...drawn(next),
      streaming: 'open',
      recipient: args.recipient_user_id === undefined ? undefined : String(args.recipient_user_id),
    },
    'started',
  );
  progress.set(message, next);
  world.onOwn('posted', message, undefined);
  return { channel: channel.id, ts: message.ts };
}

function streamingMessage(args: Fields, world: World): Message {
  const channel = visibleChannel(world, args.channel);
  const message = findMessage(world, channel.id, args.ts);
  if (!message) refuse('message_not_found');
  if (!message.own) refuse('message_not_owned_by_app');
  return message;
}

function append(args: Fields, world: World): Fields {
  const message = streamingMessage(args, world);
  if (message.streaming === 'stopped by user') refuse('stopped_by_user');
  if (message.streaming !== 'open') refuse('message_not_in_streaming_state');
  const chunks = readChunks(args);
  if (chunks.length === 0) refuse('no_text');
  show(message, extended(progress.get(message) ?? { pieces: [], plan: undefined, mode: 'timeline' }, chunks));
  changeMessage(message, 'appended');
  return { channel: message.channel, ts: message.ts };
}

function stop(args: Fields, world: World): Fields {
  const message = streamingMessage(args, world);
  if (message.streaming !== 'open') refuse('message_not_in_streaming_state');
  const blocks = checkBlocks(args.blocks);
  const metadata = checkMetadata(args.metadata);
  const status = args.session_status;
  if (status !== undefined && !['active', 'processing', 'suspended', 'closed'].includes(String(status)))
    refuseWith('invalid_arguments', ['must be a valid enum value: session_status']);
  const before = messageObject(world, message, true);
  show(message, extended(progress.get(message) ?? { pieces: [], plan: undefined, mode: 'timeline' }, readChunks(args)), blocks);
  message.streaming = 'stopped';
  if (metadata !== undefined) message.metadata = metadata;
  if (status !== undefined) sessionOf(world, message.channel, message.threadTs).statuses.push({ status: String(status), at: Date.now() });
  changeMessage(message, 'stopped');
  world.onOwn('edited', message, before);
  return { channel: message.channel, ts: message.ts, message: messageObject(world, message, true) };
}

export const streamMethods: Record<string, Method> = {
  'chat.startStream': start,
  'chat.appendStream': append,
  'chat.stopStream': stop,
};
