import { randomBytes, randomUUID } from 'node:crypto';
import type { Fields } from './slack-shape.ts';
import type { Limits } from './teams-limits.ts';

/** What the fake Teams knows: its people, chats and messages as a person sees them, and what was asked of it. */
export interface Person {
  /** `29:…`, as Teams names them to this bot. */
  id: string;
  /** The directory's id. */
  aadObjectId: string;
  name: string;
  email: string | undefined;
  userPrincipalName: string;
  tenantId: string;
  userRole: 'user' | 'guest' | 'anonymous';
  locale: string;
  timezone: string;
}

export type ChatKind = 'personal' | 'groupChat' | 'channel';

export interface Chat {
  /** As the connector takes it, without `;messageid=`. */
  id: string;
  kind: ChatKind;
  name: string | undefined;
  tenantId: string;
  /** `29:` ids. */
  members: Set<string>;
  /** Of a channel: the id of the team's first channel. */
  teamId: string | undefined;
  teamName: string | undefined;
  teamAadGroupId: string | undefined;
  installed: boolean;
  /** Whether resource-specific consent lets the bot read what does not mention it. */
  rsc: boolean;
}

export type Streaming = 'no' | 'open' | 'final' | 'expired' | 'stopped by user';

export interface Version {
  at: number;
  how: 'posted' | 'edited' | 'streamed' | 'final' | 'deleted' | 'undeleted';
  activity: Fields;
}

export interface Message {
  id: string;
  chat: string;
  /** In a channel: the id of the message that the thread hangs on; undefined for that message itself. */
  rootId: string | undefined;
  /** `29:…` or the bot's `28:…`. */
  from: string;
  own: boolean;
  /** As it stands now, edits applied. */
  activity: Fields;
  text: string;
  postedAt: number;
  editedAt: number | undefined;
  deletedAt: number | undefined;
  streaming: Streaming;
  /** What a stream said beside its text ("Searching…"). */
  informative: string | undefined;
  /** When each chunk of a stream arrived, and the highest sequence. */
  chunks: number[];
  sequence: number;
  versions: Version[];
}

export interface RequestRecord {
  /** send, update, delete, create, members, member, token, metadata, keys, file, image, identity, unknown. */
  kind: string;
  method: string;
  path: string;
  conversation: string | undefined;
  body: unknown;
  at: number;
  status: number;
  ms: number;
  error: string | undefined;
  answer: unknown;
}

export interface Times {
  /** The longest that a stream may last. */
  streamMs: number;
  /** Between two chunks of a stream. */
  chunkMs: number;
  /** How long the bot has to answer a delivery. */
  ackMs: number;
  /** How long after a failure a delivery that is no invoke is sent again. */
  retryAfterMs: number[];
}

export interface StoredFile {
  id: string;
  name: string;
  mimetype: string;
  content: Buffer;
}

export interface World {
  appId: string;
  appName: string;
  botId: string;
  tenantId: string;
  tenantDomain: string;
  /** http, loopback: the connector, the Bot Framework's keys, files. */
  origin: string;
  /** What activities name as their service. */
  serviceUrl: string;
  /** https, loopback: where the bot gets its own token. */
  loginOrigin: string;
  anonymous: boolean;
  limits: Limits;
  times: Times;
  memberPage: number;
  people: Map<string, Person>;
  chats: Map<string, Chat>;
  messages: Map<string, Message[]>;
  files: Map<string, StoredFile>;
  /** The cards that a person was shown in the place of a message's own, by `person message`. */
  shownCards: Map<string, Fields>;
  typings: { chat: string; at: number }[];
  /** The bot's own access tokens, and until when each holds. */
  accessTokens: Map<string, number>;
  requests: RequestRecord[];
  complaints: string[];
  lastId: number;
}

/** A refusal as the connector words it: `{error:{code, message}}`. `complain`: a correct bot would not have asked. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly complain: boolean;
  readonly retryAfter: number | undefined;
  constructor(
    status: number,
    code: string,
    message: string,
    { complain = true, retryAfter }: { complain?: boolean; retryAfter?: number } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.complain = complain;
    this.retryAfter = retryAfter;
  }
}

export function refuse(status: number, code: string, message: string, choice?: { complain?: boolean; retryAfter?: number }): never {
  throw new Refusal(status, code, message, choice);
}

/** The next message id: milliseconds since the epoch, never the same twice. */
export function nextId(world: World): string {
  world.lastId = Math.max(Date.now(), world.lastId + 1);
  return String(world.lastId);
}

export const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
export const longId = (): string => randomBytes(64).toString('base64url');
export const guid = (): string => randomUUID();

/** A conversation id as it stands in activities, taken apart. */
export function splitConversation(id: string): { chat: string; rootId: string | undefined } {
  const [chat = '', rootId] = id.split(';messageid=');
  return { chat, rootId };
}

export function messagesIn(world: World, chat: string): Message[] {
  const held = world.messages.get(chat) ?? [];
  world.messages.set(chat, held);
  return held;
}

export function findMessage(world: World, chat: string, id: string): Message | undefined {
  return world.messages.get(chat)?.find((one) => one.id === id);
}

export function addMessage(
  world: World,
  given: Pick<Message, 'chat' | 'rootId' | 'from' | 'own' | 'activity'> & { how?: Version['how']; streaming?: Streaming },
): Message {
  const { how = 'posted', streaming = 'no', ...fields } = given;
  const at = Date.now();
  const made: Message = {
    ...fields,
    id: nextId(world),
    text: String(given.activity.text ?? ''),
    postedAt: at,
    editedAt: undefined,
    deletedAt: undefined,
    streaming,
    informative: undefined,
    chunks: [],
    sequence: 0,
    versions: [{ at, how, activity: given.activity }],
  };
  messagesIn(world, given.chat).push(made);
  return made;
}

export function changeMessage(message: Message, activity: Fields, how: Version['how']): void {
  const at = Date.now();
  message.activity = activity;
  message.text = String(activity.text ?? '');
  if (how === 'edited') message.editedAt = at;
  if (how === 'undeleted') message.deletedAt = undefined;
  message.versions.push({ at, how, activity });
}

export function deleteMessage(message: Message): void {
  message.deletedAt = Date.now();
  message.versions.push({ at: message.deletedAt, how: 'deleted', activity: message.activity });
}

/** Ends a stream that lasts too long already. */
export function expire(world: World, message: Message): void {
  if (message.streaming === 'open' && Date.now() - message.postedAt > world.times.streamMs) message.streaming = 'expired';
}

/** Who this is, by `29:…` or the directory's id. */
export function personBy(world: World, id: string): Person | undefined {
  return world.people.get(id) ?? [...world.people.values()].find((one) => one.aadObjectId === id);
}
