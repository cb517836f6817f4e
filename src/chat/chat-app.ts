/** What the application offers to chat bots beside asking: people, rights, what stands under an answer, tickets. */
import type { Answer, AnswerEvent, Audience, Language } from '../types.ts';
import type { References } from './references.ts';
import type { SyncNotes } from './sync-notes.ts';
import type { ChatPlatform, Origin, Searched, TicketView, Via } from './messenger.ts';

/** Somebody of a chat platform whom the catalog knows. */
export interface ChatPerson {
  personId: string;
  platform: ChatPlatform;
  workspace: string;
  /** The platform's id. */
  id: string;
  /** Absent where the platform does not tell. */
  email?: string;
  name?: string;
  /** Of the company; guests and strangers are not, nor anybody whose look-up failed. */
  member: boolean;
  /** The platform could not be asked who they are. */
  unsure?: true;
}

/** Why an answer is what it is: figures and titles that this person may read. */
export interface Why {
  language: Language;
  status: Answer['status'];
  /** What was searched for: the question as it was made whole, where that differs; and words searched beside. */
  searchedFor: string[];
  /** Passages in the order of their scores: taken into the answer, or left. */
  passages: { title: string; source: string; taken: boolean; score: number; meaning?: number; url: string | null }[];
  /** Passages that this person may not read are counted, not named. */
  hiddenPassages: number;
  /** 0 to 1: how likely the passages answer the question, and what that decided. */
  sufficiency?: number;
  /** Sentences that the model wrote, and how many of them did not pass the support check. */
  sentences: { shown: number; dropped: number };
  degraded: string[];
  model: string | null;
  modelCalls: number;
  tokens: number;
  costUsd: number;
  ms: number;
}

/** One citation with its quote, as it may be shown to this person. */
export interface Quote {
  language: Language;
  documentId: string;
  title: string;
  source: string;
  quote: string;
  headingPath: string[];
  url: string | null;
  documentUrl: string;
  updatedAt: number | null;
  /** False: the document does not say this any more. */
  present: boolean;
}

export type FeedbackReason = 'wrong' | 'outdated' | 'incomplete' | 'knows';

/** A question that a surface received and recorded: nobody else answers it while it is held. */
export interface HeldQuestion {
  readonly id: string;
  readonly eventKey: string;
  readonly text: string;
  readonly language: Language;
  readonly personId: string | null;
  readonly origin: Origin;
  readonly via: Via;
  readonly audience: Audience;
  readonly receivedAt: number;
  /** How often a process that answered it ended in the middle. */
  readonly attempts: number;
  /** Set once it was answered and only the chat does not show it yet. */
  readonly answer: Answer | undefined;
}

/** A document that bears on some words, with the sentence that comes closest. */
export interface FoundDocument {
  documentId: string;
  title: string;
  source: string;
  url: string | null;
  documentUrl: string;
  quote: string;
  /** ISO 8601. */
  updatedAt: string | null;
}

/** A file that came with a question, read. */
export interface FileText {
  name: string;
  text: string;
}

export interface ReceiveInput {
  /** A delivery that comes twice has the same key. */
  eventKey: string;
  text: string;
  origin: Origin;
  via: Via;
  /** Continues the conversation of this thread. */
  thread: string;
}

export interface MessageRow {
  id: string;
  part: number;
  platformId: string | null;
  state: 'intended' | 'posted' | 'removed';
}

export interface RecentQuestion {
  questionId: string;
  text: string;
  askedAt: number;
  status: Answer['status'] | null;
  /** Where it was asked. */
  origin: Origin | null;
}

/** How far automatic answers of a channel are from the precision that an admin asks for. */
export interface AutomaticState {
  /** `slack:T…/C…` */
  channel: string;
  /** 0 to 1. */
  wanted: number;
  labelled: number;
  right: number;
  /** The score from which on the lower confidence bound of the precision is at least `wanted`; undefined: silent. */
  from: number | undefined;
  /** The lower bound there. */
  lowerBound: number | undefined;
}

/** An answer that was made and not shown, for an admin to label. */
export interface SilentAnswer {
  answerId: string;
  question: string;
  answer: Answer;
  score: number;
  askedAt: number;
}

export interface ChatApp {
  /** What a chat was told of a source's first sync. */
  readonly syncNotes: SyncNotes;
  /** Where conversations and people are reached, for platforms that do not know that by their ids. */
  readonly references: References;

  // ------------------------------------------------------------ a question
  /**
   * Records a question; undefined when this delivery was recorded before. Somebody unknown counts as a guest until
   * `settle` says who they are. Its lease is kept until `release`.
   * @throws AppError `ask.limit` with a kind publicMessage
   */
  receive(input: ReceiveInput): Promise<HeldQuestion | undefined>;
  /** Who asked, and for whom the answer is: before it is answered. */
  settle(question: HeldQuestion, who: ChatPerson, audience: Audience): Promise<void>;
  /**
   * Answers it; the ledger keeps the answer.
   * @param files that came with it, read: what it is about. Of them only what was searched for is kept, with the question
   */
  answer(question: HeldQuestion, signal: AbortSignal, files?: FileText[]): AsyncGenerator<AnswerEvent>;
  files: {
    /** Whether a file is of a format that is read, by its name and, where that does not tell, its content type. */
    reads(file: { name: string; type?: string }): boolean;
    /** Its text as a person reads it; empty where it holds none. @throws AppError `document.*` */
    read(file: { name: string; type?: string; bytes: Uint8Array }, signal: AbortSignal): Promise<string>;
    /** What of the files goes along with a question; `cut`: the names of those that do not go whole. */
    fit(files: FileText[]): { files: FileText[]; cut: string[] };
  };
  /** A search, no answer: nothing of it is kept. Best first, each document once. */
  documents(text: string, audience: Audience, limit: number, signal: AbortSignal): Promise<FoundDocument[]>;
  /** The whole answer stands in the chat, or (`cancelled`) is not wanted any more: nobody takes it up again. */
  delivered(question: HeldQuestion, how?: 'cancelled'): Promise<void>;
  /** Lets go of it: if it is not delivered, another takes it over, now or after `afterMs`. `counts`: as an attempt that came to nothing. */
  release(question: HeldQuestion, options?: { afterMs?: number; counts?: boolean }): Promise<void>;
  /** Whether it is still held here: false once another has taken it over. */
  holds(question: HeldQuestion): Promise<boolean>;
  /** Nobody answers it any more: its message was deleted. False: its answer stands in the chat. */
  withdraw(questionId: string): Promise<boolean>;
  /** Questions of this platform whose process ended before the answer stood in the chat. */
  takeLeft(platform: ChatPlatform, limit: number): Promise<HeldQuestion[]>;
  messages: {
    ofQuestion(questionId: string): Promise<MessageRow[]>;
    /** Noted before it is posted. */
    intend(questionId: string, part: number): Promise<MessageRow>;
    posted(id: string, platformId: string): Promise<void>;
    removed(id: string): Promise<void>;
    /** The platform's ids of all that was posted into this question's conversation. */
    known(questionId: string): Promise<string[]>;
    /** The answer that a message shows; `ids`: under any of which it may be noted. */
    answerAt(
      place: { platform: ChatPlatform; workspace: string; channel: string; person: string },
      ids: string[],
    ): Promise<string | undefined>;
  };
  /** A recorded question by its delivery's key, with its answer once there is one. */
  questionOf(eventKey: string): Promise<{ questionId: string; thread: string; origin: Origin | null; answerId?: string } | undefined>;
  /**
   * The last question of a thread, or, without one, of a channel: for what goes on without a mention.
   * `inSight`: people there know that Docent was asked.
   */
  lastOfThread(place: {
    platform: ChatPlatform;
    workspace: string;
    channel: string;
    thread?: string;
  }): Promise<{ questionId: string; personId: string | null; thread: string; askedAt: number; inSight: boolean } | undefined>;
  /** All questions that the message of this one asked: as it was written, as it was edited, and tried again. */
  ofMessage(questionId: string): Promise<{ id: string; text: string; state: string }[]>;

  // --------------------------------------------------------------- people
  /** From the catalog; undefined when never seen, or seen too long ago. */
  known(platform: ChatPlatform, workspace: string, id: string): Promise<ChatPerson | undefined>;
  /** Keeps who somebody is. */
  meet(person: Omit<ChatPerson, 'personId'>): Promise<ChatPerson>;
  /** Somebody who cannot be looked up: a guest for now, kept as they were known before. */
  guest(platform: ChatPlatform, workspace: string, id: string): Promise<ChatPerson>;
  /** By ADMIN_USERS. */
  isAdmin(person: ChatPerson): boolean;
  searched(audience: Audience): Promise<Searched>;
  /** Whether a person, or a channel, is met for the first time; true once. */
  greet(place: { platform: ChatPlatform; workspace: string; place: string }): Promise<boolean>;
  /** As if it had never been met: it was not told, or Docent was removed there. */
  ungreet(place: { platform: ChatPlatform; workspace: string; place: string }): Promise<void>;
  /** Whether a command is delivered for the first time within a day; true once, in whichever process. */
  takeCommand(command: { platform: ChatPlatform; workspace: string; key: string }): Promise<boolean>;
  /** What may be asked, from titles of documents that this audience may read, those in this language first; at most four. */
  suggestions(audience: Audience, language: Language): Promise<string[]>;
  recentQuestions(person: ChatPerson, limit: number): Promise<RecentQuestion[]>;

  // ------------------------------------------------- what stands under it
  /** The answer as these readers may see it. */
  readAnswer(answerId: string, audience: Audience): Promise<{ answer: Answer; origin: Origin | null; question: string } | undefined>;
  explain(answerId: string, audience: Audience): Promise<Why | undefined>;
  quote(answerId: string, n: number, audience: Audience): Promise<Quote | undefined>;
  /** One verdict a person and answer: a later one takes the earlier one's place. */
  feedback(input: {
    answerId: string;
    person: ChatPerson;
    verdict: 'up' | 'down';
    reason?: FeedbackReason;
    comment?: string;
  }): Promise<void>;
  /** Channels for tickets. */
  readonly triageChannels: string[];
  /** Writes the ticket (one a question) and sees to it that it is posted; `again`: it was there. */
  openTicket(input: {
    answerId: string;
    person: ChatPerson;
    reason: TicketView['reason'];
    comment?: string;
  }): Promise<{ ticketId: string; again: boolean }>;
  ticketView(ticketId: string): Promise<TicketView | undefined>;
  takeTicket(ticketId: string, by: ChatPerson, state: 'taken' | 'closed' | 'open'): Promise<TicketView | undefined>;

  // ----------------------------------------------------- automatic answers
  automatic: {
    states(): Promise<AutomaticState[]>;
    /** Whether an admin chose this channel (`slack:T…/C…`). */
    wanted(channel: string): Promise<boolean>;
    /** `precision` undefined: switched off. */
    set(channel: string, precision: number | undefined): Promise<void>;
    /** Answers made in silence that nobody has labelled, newest first. */
    unlabelled(channel: string, limit: number): Promise<SilentAnswer[]>;
    label(answerId: string, right: boolean, by: ChatPerson): Promise<void>;
    /** Whether an answer of this channel is shown, by its score. */
    shows(channel: string, answerId: string): Promise<boolean>;
  };
}
