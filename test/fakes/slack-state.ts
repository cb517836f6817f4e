import { randomUUID } from 'node:crypto';
import type { Fields } from './slack-shape.ts';
import type { Limits } from './slack-limits.ts';

/** What the fake Slack knows: its people, channels and messages as a person sees them, and what was asked of it. */
export interface Person {
  id: string;
  team: string;
  name: string;
  realName: string;
  email: string | undefined;
  isBot: boolean;
  isRestricted: boolean;
  isUltraRestricted: boolean;
  isStranger: boolean;
  isAdmin: boolean;
  deleted: boolean;
  tz: string;
  locale: string;
}

export interface Channel {
  id: string;
  name: string;
  kind: 'public' | 'private' | 'im' | 'mpim';
  isExtShared: boolean;
  isArchived: boolean;
  members: Set<string>;
  topic: string;
  creator: string;
}

export interface Version {
  at: number;
  how: 'posted' | 'edited' | 'started' | 'appended' | 'stopped' | 'deleted';
  text: string;
  blocks: Fields[];
}

export type Streaming = 'no' | 'open' | 'stopped' | 'expired' | 'stopped by user';

export interface Message {
  channel: string;
  ts: string;
  threadTs: string | undefined;
  /** The person or bot user who wrote it. */
  user: string;
  /** Whether this app wrote it. */
  own: boolean;
  text: string;
  blocks: Fields[];
  attachments: Fields[];
  metadata: Fields | undefined;
  files: Fields[];
  reactions: { name: string; users: string[] }[];
  streaming: Streaming;
  /** For whom a stream in a channel is meant. */
  recipient: string | undefined;
  postedAt: number;
  edited: { user: string; at: number } | undefined;
  deletedAt: number | undefined;
  versions: Version[];
  /** How it was posted: unfurl_links, reply_broadcast and the like, as they were given. */
  sentWith: Fields;
  clientMsgId: string | undefined;
  subtype: string | undefined;
}

export interface Ephemeral {
  id: string;
  channel: string;
  user: string;
  threadTs: string | undefined;
  text: string;
  blocks: Fields[];
  at: number;
  ts: string;
  deletedAt: number | undefined;
  replaced: number;
}

export interface ThreadStatus {
  channel: string;
  threadTs: string;
  status: string;
  loadingMessages: string[];
  at: number;
  clearedAt: number | undefined;
  clearedBy: 'post' | 'timeout' | 'call' | undefined;
}

export interface Session {
  channel: string;
  threadTs: string | undefined;
  title: string | undefined;
  initiator: string | undefined;
  statuses: { status: string; at: number }[];
}

export interface StoredView {
  id: string;
  user: string;
  type: 'modal' | 'home';
  /** The view as views.open answers it: with its ids, hash and state. */
  view: Fields;
  rootId: string;
  previousId: string | undefined;
  openedAt: number;
  closedAt: number | undefined;
}

export interface SlackFile {
  id: string;
  name: string;
  mimetype: string;
  content: Buffer;
  user: string;
  object: Fields;
}

export interface RequestRecord {
  method: string;
  args: Fields;
  at: number;
  status: number;
  ms: number;
  error: string | undefined;
  answer: unknown;
}

export interface Trigger {
  id: string;
  user: string;
  at: number;
  used: boolean;
  /** The view it came from, if it came from one. */
  viewId: string | undefined;
}

export interface ResponseUrl {
  id: string;
  channel: string;
  user: string;
  threadTs: string | undefined;
  /** The message that the interaction came from, which it may replace or delete. */
  messageTs: string | undefined;
  ephemeralId: string | undefined;
  at: number;
  uses: number;
}

export interface Times {
  streamMs: number;
  statusMs: number;
  triggerMs: number;
  responseUrlMs: number;
  editWindowMs: number;
  ackMs: number;
  retryAfterMs: number[];
}

export interface World {
  team: { id: string; name: string; domain: string };
  app: { id: string; name: string; userId: string; botId: string };
  origin: string;
  botToken: string;
  appToken: string;
  signingSecret: string;
  scopes: Set<string>;
  events: Set<string>;
  limits: Limits;
  times: Times;
  historyPage: number;
  revoked: boolean;
  people: Map<string, Person>;
  channels: Map<string, Channel>;
  messages: Map<string, Message[]>;
  ephemerals: Ephemeral[];
  statuses: ThreadStatus[];
  sessions: Session[];
  prompts: { channel: string; threadTs: string | undefined; title: string | undefined; prompts: Fields[]; at: number }[];
  titles: { channel: string; threadTs: string; title: string; at: number }[];
  views: StoredView[];
  homes: Map<string, StoredView>;
  files: Map<string, SlackFile>;
  triggers: Map<string, Trigger>;
  responseUrls: Map<string, ResponseUrl>;
  requests: RequestRecord[];
  complaints: string[];
  lastTs: number;
  /** Told of what the app itself posted, edited and deleted; the deliveries hang on it. */
  onOwn: (what: 'posted' | 'edited' | 'deleted', message: Message, before: Fields | undefined) => void;
}

/** A refusal as the Web API words it: `{ok:false, error}` with what else the answer carries. */
export class Refusal extends Error {
  readonly code: string;
  readonly extra: Fields;
  constructor(code: string, extra: Fields = {}) {
    super(code);
    this.code = code;
    this.extra = extra;
  }
}

export function refuse(code: string, extra: Fields = {}): never {
  throw new Refusal(code, extra);
}

/** Refuses with what is wrong, as Slack lists it. */
export function refuseWith(code: string, faults: string[]): never {
  refuse(code, { errors: faults, response_metadata: { messages: faults.map((one) => `[ERROR] ${one}`) } });
}

export function encodedId(prefix: string): string {
  return `${prefix}0${randomUUID().replaceAll('-', '').slice(0, 9).toUpperCase()}`;
}

/** The next timestamp: microseconds, never the same twice. */
export function nextTs(world: World): string {
  world.lastTs = Math.max(Date.now() * 1000, world.lastTs + 1);
  return `${Math.floor(world.lastTs / 1_000_000)}.${String(world.lastTs % 1_000_000).padStart(6, '0')}`;
}

export const isTs = (ts: unknown): boolean => typeof ts === 'string' && /^\d{10}\.\d{6}$/u.test(ts);
