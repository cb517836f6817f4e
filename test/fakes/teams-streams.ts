import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import type { Answer } from './teams-http.ts';
import { addMessage, changeMessage, expire, findMessage, messagesIn, refuse } from './teams-state.ts';
import type { Chat, Message, World } from './teams-state.ts';

interface StreamInfo {
  streamType: 'informative' | 'streaming' | 'final';
  streamId: string | undefined;
  streamSequence: number | undefined;
}

/** The `streaminfo` of an activity, if it has one. */
export function streamInfo(activity: Fields): StreamInfo | undefined {
  const entities = Array.isArray(activity.entities) ? activity.entities.filter(isObject) : [];
  return entities.find((one) => one.type === 'streaminfo') as StreamInfo | undefined;
}

const notAllowed = (message: string, complain: boolean): never => refuse(403, 'ContentStreamNotAllowed', message, { complain });
const bad = (message: string): never => refuse(400, 'BadRequest', message);

/** Streams that were begun in a chat and that neither the bot, nor the person, nor the clock has ended. */
export function openStreams(world: World, chat: string): Message[] {
  const held = messagesIn(world, chat);
  for (const message of held) expire(world, message);
  return held.filter((one) => one.streaming === 'open' && one.deletedAt === undefined);
}

function begin(world: World, chat: Chat, activity: Fields, info: StreamInfo): Answer {
  if (info.streamSequence !== 1) bad('The first streaming activity has the streamSequence 1');
  if (openStreams(world, chat.id).length > 0) notAllowed('Content stream is not allowed: another stream is open in this chat', false);
  const isInformative = info.streamType === 'informative';
  const shown = isInformative ? { ...activity, text: '' } : activity;
  const made = addMessage(world, {
    chat: chat.id,
    rootId: undefined,
    from: world.botId,
    own: true,
    activity: shown,
    how: 'streamed',
    streaming: 'open',
  });
  if (isInformative) made.informative = String(activity.text);
  made.chunks.push(Date.now());
  made.sequence = 1;
  return { status: 201, body: { id: made.id } };
}

/** The stream that goes on or ends; refused where it has ended already. */
function standing(world: World, chat: Chat, streamId: string, text: string): Message {
  const held = findMessage(world, chat.id, streamId);
  if (!held || !held.own || held.streaming === 'no') return bad(`There is no stream ${streamId}`);
  expire(world, held);
  if (held.deletedAt !== undefined) notAllowed('Content stream is not allowed: the message was deleted', true);
  if (held.streaming === 'stopped by user') notAllowed('Content stream was canceled by user.', false);
  if (held.streaming === 'expired') notAllowed('Content stream finished due to exceeded streaming time.', false);
  // Who had no answer to the last one may well send it once more.
  if (held.streaming === 'final') notAllowed('Content stream is not allowed on an already completed streamed message', held.text !== text);
  return held;
}

function proceed(world: World, chat: Chat, activity: Fields, info: StreamInfo & { streamId: string }): Answer {
  const text = String(activity.text);
  const held = standing(world, chat, info.streamId, text);
  const sequence = info.streamSequence ?? 0;
  const isInformative = info.streamType === 'informative';
  if (sequence <= held.sequence) {
    const same = sequence === held.sequence && text === (isInformative ? held.informative : held.text);
    if (!same) world.complaints.push(`send: streamSequence ${sequence} came after ${held.sequence}`);
    const message = 'PreCondition failed exception when processing streaming activity.';
    return { status: 202, body: { error: { code: 'ContentStreamSequenceOrderPreConditionFailed', message } } };
  }
  if (Date.now() - (held.chunks.at(-1) ?? 0) < world.times.chunkMs)
    refuse(429, 'TooManyRequests', 'API calls quota exceeded', { complain: true });
  if (!isInformative && !text.startsWith(held.text)) bad('A streaming activity must begin with what was streamed before');
  held.chunks.push(Date.now());
  held.sequence = sequence;
  if (isInformative) held.informative = text;
  else changeMessage(held, activity, 'streamed');
  return { status: 202, body: {} };
}

/** A chunk of a stream: `typing` with `streaminfo`. */
export function streamChunk(world: World, chat: Chat, activity: Fields, info: StreamInfo): Answer {
  if (chat.kind !== 'personal') notAllowed('Content stream is not allowed', true);
  if (typeof activity.text !== 'string' || activity.text === '') bad('Start streaming activities should include text');
  if (info.streamType === 'final') bad('The last streaming activity is a message');
  if (info.streamSequence === undefined) bad('A streaming activity needs a streamSequence');
  if (info.streamType === 'informative' && String(activity.text).length > 1000) bad('An informative message has at most 1000 characters');
  return info.streamId === undefined
    ? begin(world, chat, activity, info)
    : proceed(world, chat, activity, { ...info, streamId: info.streamId });
}

/** The end of a stream: `message` with `streaminfo`. */
export function streamEnd(world: World, chat: Chat, activity: Fields, info: StreamInfo): Answer {
  if (chat.kind !== 'personal') notAllowed('Content stream is not allowed', true);
  if (info.streamType !== 'final') bad('A message that ends a stream has the streamType final');
  if (info.streamSequence !== undefined) bad('The last streaming activity has no streamSequence');
  if (info.streamId === undefined) bad('The last streaming activity needs a streamId');
  const text = String(activity.text ?? '');
  const held = standing(world, chat, info.streamId ?? '', text);
  if (!text.startsWith(held.text)) bad('The last streaming activity must begin with what was streamed before');
  held.streaming = 'final';
  held.informative = undefined;
  changeMessage(held, activity, 'final');
  return { status: 202, body: {} };
}
