import { checkBlocks, checkContent } from './slack-chat.ts';
import type { Fields } from './slack-shape.ts';
import { addMessage, changeMessage, deleteMessage, findMessage, messageObject } from './slack-messages.ts';
import { isTs, nextTs, Refusal } from './slack-state.ts';
import type { ResponseUrl, World } from './slack-state.ts';

const known = new Set(
  'text blocks attachments markdown_text response_type replace_original delete_original thread_ts unfurl_links unfurl_media mrkdwn metadata parse link_names'.split(
    ' ',
  ),
);

type Origin = Pick<ResponseUrl, 'channel' | 'user'> & Partial<ResponseUrl>;

function replace(world: World, origin: Origin, fields: Fields): void {
  const content = checkContent(fields, 40_000);
  const ephemeral = world.ephemerals.find((one) => one.id === origin.ephemeralId && one.deletedAt === undefined);
  if (ephemeral) Object.assign(ephemeral, { text: content.text, blocks: content.blocks, replaced: ephemeral.replaced + 1 });
  const message = origin.messageTs ? findMessage(world, origin.channel, origin.messageTs) : undefined;
  if (!message) return;
  if (!message.own) throw new Refusal('cant_update_message');
  const before = messageObject(world, message, true);
  Object.assign(message, { ...content, edited: { user: world.app.userId, at: Date.now() } });
  changeMessage(message, 'edited');
  world.onOwn('edited', message, before);
}

function remove(world: World, origin: Origin): void {
  for (const one of world.ephemerals) if (one.id === origin.ephemeralId) one.deletedAt = Date.now();
  const message = origin.messageTs ? findMessage(world, origin.channel, origin.messageTs) : undefined;
  if (!message) return;
  if (!message.own) throw new Refusal('cant_delete_message');
  const before = messageObject(world, message, true);
  deleteMessage(message);
  world.onOwn('deleted', message, before);
}

/** Carries out what an answer to an interaction asks for; gives the code it was refused with, if it was. */
export function answerThrough(world: World, origin: Origin, fields: Fields): string | undefined {
  const strange = Object.keys(fields).filter((name) => !known.has(name));
  if (strange.length > 0) {
    world.complaints.push(`response_url: unknown fields ${strange.join(', ')}`);
    return 'invalid_payload';
  }
  try {
    if (fields.delete_original === true) remove(world, origin);
    else if (fields.replace_original === true) replace(world, origin, fields);
    else add(world, origin, fields);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    world.complaints.push(`response_url: ${error.code} ${JSON.stringify(error.extra)}`);
    return error.code;
  }
}

function add(world: World, origin: Origin, fields: Fields): void {
  const type = fields.response_type ?? 'ephemeral';
  if (type !== 'ephemeral' && type !== 'in_channel') throw new Refusal('invalid_payload');
  const { text, blocks } = checkContent(fields, 40_000);
  checkBlocks(fields.blocks);
  if (fields.thread_ts !== undefined && !isTs(fields.thread_ts)) throw new Refusal('invalid_thread_ts');
  const threadTs = fields.thread_ts === undefined ? undefined : String(fields.thread_ts);
  if (type === 'in_channel') {
    const message = addMessage(world, {
      channel: origin.channel,
      user: world.app.userId,
      own: true,
      text,
      blocks,
      threadTs,
      sentWith: fields,
    });
    world.onOwn('posted', message, undefined);
    return;
  }
  const ts = nextTs(world);
  const blank = { at: Date.now(), deletedAt: undefined, replaced: 0 };
  world.ephemerals.push({ id: ts, ts, channel: origin.channel, user: origin.user, threadTs, text, blocks, ...blank });
}

/** One use of a response_url: five in thirty minutes, whoever calls. */
export function useResponseUrl(world: World, id: string, fields: Fields): { status: number; body: unknown } {
  const held = world.responseUrls.get(id);
  if (!held) return { status: 404, body: { ok: false, error: 'invalid_url' } };
  if (Date.now() - held.at > world.times.responseUrlMs) return { status: 404, body: { ok: false, error: 'expired_url' } };
  if (held.uses >= 5) return { status: 404, body: { ok: false, error: 'used_url' } };
  held.uses += 1;
  const refused = answerThrough(world, held, fields);
  return refused ? { status: 400, body: { ok: false, error: refused } } : { status: 200, body: 'ok' };
}
