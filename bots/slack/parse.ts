/** Slack's events as what they mean to Docent. Everything here is data from outside: nothing is trusted, nothing throws. */
import { z } from 'zod';
import type { Inbound } from '../questions.ts';

const message = z.object({
  type: z.string(),
  subtype: z.string().optional(),
  channel: z.string(),
  channel_type: z.string().optional(),
  user: z.string().optional(),
  bot_id: z.string().optional(),
  text: z.string().optional(),
  ts: z.string(),
  thread_ts: z.string().optional(),
  files: z.array(z.object({ id: z.string() })).optional(),
  hidden: z.boolean().optional(),
});
const changed = z.object({
  type: z.literal('message'),
  subtype: z.literal('message_changed'),
  channel: z.string(),
  channel_type: z.string().optional(),
  message: message.omit({ channel: true, channel_type: true }),
  previous_message: z.object({ text: z.string().optional() }).optional(),
});
const deleted = z.object({
  type: z.literal('message'),
  subtype: z.literal('message_deleted'),
  channel: z.string(),
  deleted_ts: z.string(),
});
const envelope = z.object({ type: z.literal('event_callback'), event: z.looseObject({ type: z.string() }) });

/** @param body the parsed body of a delivery; @param of the workspace, and the bot's user id */
export function parseEvent(body: unknown, { team, bot }: { team: string; bot: string }): Inbound {
  const at = (channel: string, ts: string) => ({ workspace: team, channel, message: ts });
  const outer = envelope.safeParse(body);
  if (!outer.success) return { kind: 'other' };
  const { event } = outer.data;
  if (event.type === 'agent_session_stopped') {
    const stop = z.object({ channel_id: z.string().optional(), channel: z.string().optional(), thread_ts: z.string() }).safeParse(event);
    const channel = stop.data?.channel_id ?? stop.data?.channel;
    return stop.success && channel ? { kind: 'stopped', channel, thread: stop.data.thread_ts } : { kind: 'other' };
  }
  if (event.type !== 'app_mention' && event.type !== 'message') return { kind: 'other' };
  if (event.subtype === 'message_deleted') {
    const gone = deleted.safeParse(event);
    return gone.success ? { kind: 'deleted', at: at(gone.data.channel, gone.data.deleted_ts) } : { kind: 'other' };
  }
  if (event.subtype === 'message_changed') {
    const edit = changed.safeParse(event);
    if (!edit.success || edit.data.message.bot_id || !edit.data.message.user) return { kind: 'other' };
    // A deleted message with replies, and an unfurled link, come as changes too.
    if (edit.data.message.subtype === 'tombstone') return { kind: 'deleted', at: at(edit.data.channel, edit.data.message.ts) };
    if (edit.data.previous_message?.text === edit.data.message.text) return { kind: 'other' };
    const { user, ts, text = '' } = edit.data.message;
    return { kind: 'edited', at: at(edit.data.channel, ts), person: user, text: plainText(text, bot) };
  }
  const parsed = message.safeParse(event);
  if (!parsed.success) return { kind: 'other' };
  const { subtype, bot_id, user, hidden, text = '', channel, ts, thread_ts, files = [] } = parsed.data;
  if (bot_id || !user || user === bot || hidden || (subtype && !['file_share', 'thread_broadcast'].includes(subtype)))
    return { kind: 'other' };
  const named = text.includes(`<@${bot}`) || event.type === 'app_mention';
  const direct = parsed.data.channel_type === 'im' || channel.startsWith('D');
  const thread = thread_ts ?? ts;
  return {
    kind: 'written',
    place: { platform: 'slack', workspace: team, channel, kind: direct ? 'direct' : 'channel', thread, person: user },
    message: ts,
    thread,
    inThread: thread !== ts,
    named,
    namesOthers: [...text.matchAll(/<@([UW][A-Z0-9]+)/g)].some(([, id]) => id !== bot) || /<!(?:subteam|here|channel|everyone)/.test(text),
    text: plainText(text, bot),
    files: fileIds(files),
  };
}

const origin = z.object({
  team_id: z.string().nullish(),
  enterprise_id: z.string().nullish(),
  team: z.object({ id: z.string() }).nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
});

/** The workspace and the organization that a delivery of any kind names as its own. */
export function sendersOf(body: unknown): string[] {
  const { data } = origin.safeParse(body);
  return [data?.team_id, data?.team?.id, data?.enterprise_id, data?.enterprise?.id].filter((id) => id !== undefined && id !== null);
}

const filesOf = z.array(z.object({ id: z.string() }));

/** Ids of the files of a message, as many as Slack takes with one. */
export function fileIds(files: unknown): string[] {
  return (filesOf.safeParse(files).data ?? []).map((file) => file.id).slice(0, 10);
}

/** What a person wrote, without Slack's markup: the bot's own name goes, others' stay as `@name`, links as what is read. */
export function plainText(text: string, bot: string): string {
  return text
    .replace(/<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>/g, (_, sign: string, id: string, label: string | undefined) => {
      if (sign === '@') return id === bot ? ' ' : `@${label ?? 'someone'}`;
      if (sign === '#') return `#${label ?? 'channel'}`;
      if (sign === '!') return label ?? '';
      return label && label !== id ? label : id.replace(/^mailto:/, '');
    })
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/[ \t]+/g, ' ')
    .trim();
}
