/** The activities that Teams and Docent send each other, as plain JSON: what Docent writes. What it reads is parsed (parse.ts). */

/** Where an activity goes. */
export interface Where {
  /** Where the connector of this conversation answers; its host is allowed, or nothing is sent. */
  serviceUrl: string;
  /** As Teams names it: of a channel with `;messageid=`, for a thread. */
  conversation: string;
}

/** A citation of an answer: position n belongs to `[n]` of the text. */
export interface CitationClaim {
  '@type': 'Claim';
  position: number;
  appearance: { '@type': 'DigitalDocument'; name: string; abstract: string; url?: string; keywords?: string[] };
}

/** The one root entity of a message that a model, or Docent, wrote. */
export interface MessageEntity {
  type: 'https://schema.org/Message';
  '@type': 'Message';
  '@context': 'https://schema.org';
  '@id': '';
  additionalType?: ['AIGeneratedContent'];
  citation?: CitationClaim[];
}

export interface StreamEntity {
  type: 'streaminfo';
  streamType: 'informative' | 'streaming' | 'final';
  /** From 1; absent in the last. */
  streamSequence?: number;
  /** What the first of a stream was given as its id. */
  streamId?: string;
}

/** An Adaptive Card 1.5 as JSON. */
export type Card = { type: 'AdaptiveCard'; version: '1.5'; body: object[]; actions?: object[] } & Record<string, unknown>;

export interface CardAttachment {
  contentType: 'application/vnd.microsoft.card.adaptive';
  content: Card;
}

/** One message as it is sent. */
export interface TeamsMessage {
  type: 'message';
  /** Markdown that Teams understands, or plain text. */
  text?: string;
  textFormat?: 'markdown' | 'plain';
  /** What a notification shows. */
  summary?: string;
  entities?: (MessageEntity | StreamEntity)[];
  attachments?: CardAttachment[];
  channelData?: { feedbackLoop?: { type: 'default' } } & Record<string, unknown>;
  /** In a personal chat only. */
  suggestedActions?: { actions: { type: 'imBack'; title: string; value: string }[] };
}

/** "is typing", and the chunks of a stream. */
export interface TypingActivity {
  type: 'typing';
  text?: string;
  entities?: StreamEntity[];
}

export type OutgoingActivity = TeamsMessage | TypingActivity;

/** Somebody as the roster of a conversation has them. */
export interface TeamsMember {
  /** `29:…`, as Teams names them to this bot. */
  id: string;
  /** The directory's id. */
  aadObjectId?: string;
  name?: string;
  email?: string;
  userPrincipalName?: string;
  tenantId?: string;
  /** `user`, `guest`, … as Teams says it. */
  userRole?: string;
}

/**
 * The calls to Teams' connector. Each throws an AppError: `chat.limited` (with `retryAfterMs` where Teams said), `chat.unavailable`
 * (it may or may not have had effect), `chat.refused` (the message is not taken, or too large), `chat.gone` (conversation or
 * message is not there, the app was removed), `chat.unauthorized` (the app's own credentials), `chat.stopped` (of a stream:
 * who asked pressed Stop).
 */
export interface TeamsConnector {
  /** @returns the id that Teams gave it */
  send(to: Where, activity: OutgoingActivity, options?: CallOptions): Promise<string>;
  update(to: Where, id: string, activity: TeamsMessage, options?: CallOptions): Promise<void>;
  remove(to: Where, id: string, options?: CallOptions): Promise<void>;
  /** Opens, or finds, the personal chat with somebody. @returns its conversation id */
  openPersonal(input: { serviceUrl: string; tenantId: string; member: string }, options?: CallOptions): Promise<string>;
  /** @param member `29:…` or the directory's id */
  member(to: Where, member: string, options?: CallOptions): Promise<TeamsMember>;
  /** All of a conversation, page by page, at most `limit`. */
  members(to: Where, limit: number, options?: CallOptions): Promise<TeamsMember[]>;
}

export interface CallOptions {
  /** Goes around each request, where a call takes several. */
  each?: <T>(request: () => Promise<T>) => Promise<T>;
  /** How long limits and outages may hold it up; default 2 s. 0: not tried again. */
  patienceMs?: number;
  signal?: AbortSignal;
}
