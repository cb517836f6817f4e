/** Teams' activities as what they mean to Docent. Everything here is data from outside: nothing is trusted, nothing throws. */
import { z } from 'zod';
import type { Place } from '../../src/chat/messenger.ts';
import type { At, Inbound } from '../questions.ts';

/** What is longer is as good as absent: the rest of the activity counts all the same. */
const unlessLong = (most: number) => z.string().max(most).nullish().catch(undefined);
const account = z.object({ id: z.string().max(500), aadObjectId: z.string().max(100).nullish(), name: unlessLong(300) });
const activitySchema = z.object({
  type: z.string(),
  id: z.string().max(500).nullish(),
  name: z.string().nullish(),
  text: z.string().max(200_000).nullish(),
  from: account,
  recipient: account,
  conversation: z.object({
    id: z.string().max(1_000),
    conversationType: z.string().nullish(),
    tenantId: z.string().max(100).nullish(),
    isGroup: z.boolean().nullish(),
  }),
  replyToId: z.string().max(500).nullish(),
  serviceUrl: z.string().max(1_000),
  locale: z.string().max(40).nullish(),
  entities: z
    .array(
      z.looseObject({
        type: z.string().nullish(),
        mentioned: account.partial().nullish(),
        text: unlessLong(500),
        locale: z.string().nullish(),
      }),
    )
    .nullish(),
  attachments: z
    .array(
      z.looseObject({
        contentType: unlessLong(300),
        contentUrl: unlessLong(4_000),
        name: z.string().nullish(),
        content: z.unknown().optional(),
      }),
    )
    .nullish(),
  membersAdded: z.array(account).nullish(),
  membersRemoved: z.array(account).nullish(),
  action: z.string().nullish(),
  value: z.unknown().optional(),
  channelData: z
    .looseObject({
      eventType: z.string().nullish(),
      tenant: z.looseObject({ id: z.string().nullish() }).nullish(),
      team: z.looseObject({ id: z.string().nullish(), aadGroupId: z.string().nullish() }).nullish(),
      channel: z.looseObject({ id: z.string().nullish() }).nullish(),
    })
    .nullish(),
});

export type Activity = z.infer<typeof activitySchema>;

/** Undefined for what is no activity of Teams. */
export function parseActivity(body: unknown): Activity | undefined {
  return activitySchema.safeParse(body).data;
}

export interface Sender {
  place: Omit<Place, 'thread'>;
  /** `29:…`, by which the connector knows them. */
  teamsId: string;
  /** The channel's thread; undefined elsewhere. */
  root: string | undefined;
}

/** Who sent it, and where. */
export function senderOf({ from, conversation, channelData }: Activity): Sender {
  const [channel = '', root] = conversation.id.split(';messageid=');
  const type = conversation.conversationType ?? (conversation.isGroup ? 'channel' : 'personal');
  return {
    place: {
      platform: 'teams',
      workspace: (conversation.tenantId ?? channelData?.tenant?.id ?? '').toLowerCase(),
      channel,
      kind: type === 'personal' ? 'direct' : type === 'groupChat' ? 'group' : 'channel',
      // Ids of the directory are the same in either case; `29:…` is not.
      person: from.aadObjectId?.toLowerCase() ?? from.id,
    },
    teamsId: from.id,
    root: type === 'channel' ? root : undefined,
  };
}

/** The tenant that an activity is of. */
export const tenantOf = (of: Activity): string => senderOf(of).place.workspace;

/** `de` of `de-DE`. */
export function languageIn({ locale, entities }: Activity): string | undefined {
  const told = locale ?? entities?.find((one) => one.type === 'clientInfo')?.locale;
  return told ? /^[a-z]{2}/i.exec(told)?.[0].toLowerCase() : undefined;
}

/**
 * A message, an edit or a deletion.
 * @returns `written` with `thread` empty where a chat has no threads: which conversation goes on there is for the caller to find
 */
export function parseMessage(it: Activity): Inbound {
  const { place, root } = senderOf(it);
  const { id: message, type, channelData, recipient } = it;
  if (!message || !place.workspace) return { kind: 'other' };
  const at: At = { workspace: place.workspace, channel: place.channel, message };
  if (type === 'messageDelete') return channelData?.eventType === 'softDeleteMessage' ? { kind: 'deleted', at } : { kind: 'other' };
  const text = plainText(it);
  if (type === 'messageUpdate') {
    if (channelData?.eventType !== 'editMessage') return { kind: 'other' };
    return { kind: 'edited', at, person: place.person, text };
  }
  if (type !== 'message' || isSameAccount(it.from, recipient)) return { kind: 'other' };
  const mentioned = (it.entities ?? []).filter((one) => one.type === 'mention').map((one) => one.mentioned?.id);
  const thread = place.kind === 'channel' ? (root ?? message) : '';
  return {
    kind: 'written',
    place: { ...place, ...(place.kind === 'channel' ? { thread } : {}) },
    message,
    thread,
    inThread: place.kind === 'channel' && thread !== message,
    named: mentioned.includes(recipient.id),
    namesOthers: mentioned.some((id) => id !== recipient.id),
    text,
    files: filesOf(it).map((file) => JSON.stringify(file)),
  };
}

const isSameAccount = (one: { id: string }, other: { id: string }): boolean => one.id === other.id;

const MOST_MENTIONS = 200;
/** A mention with its name, or a tag that stands alone. Bounded, and never past the next `<`: of any text it takes linear time. */
const AT = /<at(?:\s[^<>]{0,200})?>([^<>]{0,500})<\/at>|<\/?at(?:\s[^<>]{0,200})?>/gi;

/** What a person wrote: the bot's own name goes, others' stay as `@name`. */
export function plainText({ text, entities, recipient }: Activity): string {
  const mentions = (entities ?? []).filter((one) => one.type === 'mention' && one.text).slice(0, MOST_MENTIONS);
  const isBot = new Map(mentions.map((one) => [one.text!, one.mentioned?.id === recipient.id]));
  return (text ?? '')
    .replace(AT, (written: string, name: string | undefined) => {
      const bot = isBot.get(written);
      if (bot === undefined) return name ?? '';
      return bot ? ' ' : `@${(name ?? '').trim()}`;
    })
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('\u00a0', ' ')
    .replace(/[ \t]+/g, ' ')
    .trim();
}

/** A file that came with a message. */
export interface TeamsFile {
  name: string;
  /** Its ending, or a content type. */
  type?: string;
  /** Where Teams hands it out for some minutes; absent where it does not. */
  url?: string;
}

const download = z.object({ downloadUrl: z.string().max(4_000), fileType: z.string().max(40).nullish() });
/** As many as Docent names. */
const MOST_FILES = 10;
const LONGEST_NAME = 300;

export function filesOf({ attachments }: Pick<Activity, 'attachments'>): TeamsFile[] {
  return (attachments ?? [])
    .flatMap(({ contentType, content, contentUrl, name: whole }): TeamsFile[] => {
      const name = (whole ?? '').slice(0, LONGEST_NAME);
      if (contentType === 'application/vnd.microsoft.teams.file.download.info') {
        const info = download.safeParse(content).data;
        return [{ name, ...(info?.fileType ? { type: info.fileType } : {}), ...(info ? { url: info.downloadUrl } : {}) }];
      }
      // The message itself comes as HTML too, and neither cards nor what is quoted (`messageReference`) are files.
      if (!contentType?.includes('/') || contentType === 'text/html' || contentType.startsWith('application/vnd.microsoft.')) return [];
      return [{ name, type: contentType, ...(contentUrl ? { url: contentUrl } : {}) }];
    })
    .slice(0, MOST_FILES);
}

export function readFileIn(kept: string): TeamsFile | undefined {
  try {
    return z.object({ name: z.string(), type: z.string().optional(), url: z.string().optional() }).parse(JSON.parse(kept)) as TeamsFile;
  } catch {
    return undefined;
  }
}
