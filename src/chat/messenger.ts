/** The port that chat platforms implement, and what their messages say. Each platform draws a view in its own way. */
import type { Answer, AnswerSentence, Citation, Language } from '../types.ts';

export type ChatPlatform = 'slack' | 'teams';

/** Where a question was asked and is answered; ids of the platform alone, no texts. */
export interface Place {
  platform: ChatPlatform;
  /** Slack's team, Teams' tenant. */
  workspace: string;
  channel: string;
  kind: 'direct' | 'group' | 'channel';
  /** The thread that the answer goes into; absent: beside the question. */
  thread?: string;
  /** Who asked, by the platform's id. */
  person: string;
}

/** How a question came. `automatic`: nobody asked Docent. */
export type Via = 'mention' | 'direct' | 'command' | 'shortcut' | 'home' | 'follow-up' | 'automatic' | 'extension';

/** What the platform needs to answer a question later, or in another process. */
export interface Origin {
  place: Place;
  via: Via;
  /** The platform's id of the message that asks; absent where none stands (a command). */
  message?: string;
  /** Seen by who asked alone. */
  ephemeral?: true;
  /** Where an ephemeral answer goes (Slack's `response_url`), and until when. */
  respond?: { url: string; until: number };
  /** Files that came with the question, by the platform's ids. */
  files?: string[];
}

/** A person as the platform knows them. */
export interface PlatformPerson {
  /** Absent where the platform does not tell. */
  email?: string;
  name?: string;
  /** Of the company; false for guests, strangers and people of other companies. */
  member: boolean;
  bot: boolean;
  language?: Language;
}

/** Sources and documents that an asker may read. */
export interface Searched {
  documents: number;
  sources: { name: string; syncedAt: number | null }[];
}

/** What stands under an answer. */
export interface AnswerActions {
  feedback: boolean;
  /** A channel for questions that need a person is set. */
  askPerson: boolean;
  why: boolean;
  /** "Share with the channel", under an answer that only the asker sees. */
  share: boolean;
}

/** The whole answer, as it stays. */
export interface AnswerView {
  type: 'answer';
  answer: Answer;
  actions: AnswerActions;
  /** For "not found": what was searched. */
  searched?: Searched;
  /** Names of files that came with the question and could not be read, with the reason in the answer's language. */
  unread?: { name: string; reason: string }[];
  /** Who shared it, by the platform's id, and their name where it is known; the question is shown then too. */
  shared?: { by: string; name?: string; question: string };
  now: number;
}

/** An answer on its way: what was shown so far is never taken back. */
export interface GrowingView {
  type: 'growing';
  language: Language;
  /** `stopped`: who asked pressed Stop; it stays as it is. */
  status: 'searching' | 'reading' | 'writing' | 'stopped';
  sentences: AnswerSentence[];
  citations: Citation[];
}

/** A line or two of Docent's own. */
export interface NoticeView {
  type: 'notice';
  language: Language;
  /** Plain text in that language. */
  text: string;
  /** A button beneath; `value` is an id. */
  button?: { action: 'answer-edited'; label: string; value: string };
}

/** The first meeting: what it knows, how fresh that is, who can see questions. */
export interface WelcomeView {
  type: 'welcome';
  language: Language;
  searched: Searched;
  suggestions: string[];
  now: number;
}

/** A question that needs a person, in the support team's channel. */
export interface TicketView {
  type: 'ticket';
  language: Language;
  ticketId: string;
  /** 'asked': who asked wants a person; 'feedback': the answer was found wanting. */
  reason: 'asked' | 'wrong' | 'outdated' | 'incomplete' | 'knows';
  question: string;
  /** Who asked for a person, or found the answer wanting, by the platform's id. */
  person: string;
  /** What they are called, where it is known: for platforms whose ids name nobody. */
  personName?: string;
  comment?: string;
  /** A link to where it was asked. */
  permalink?: string;
  answer?: Answer;
  state: 'open' | 'taken' | 'closed';
  takenBy?: string;
  takenByName?: string;
  now: number;
}

export type View = AnswerView | GrowingView | NoticeView | WelcomeView | TicketView;

/** Where the platform refuses how a view is drawn, it is drawn `plain`, and at last as its words alone (`text`). */
export type Drawn = 'rich' | 'plain' | 'text';

/** One message as the platform sends it; opaque to whoever is not its platform. */
export type Part = unknown;

/** A message that grows sentence by sentence without being edited. */
export interface Stream {
  /** The platform's id of the message. */
  readonly id: string;
  /** Shows what is new of the view. */
  grow(view: GrowingView): Promise<void>;
  /**
   * Ends it as the first part of the whole answer.
   * @param last what may not have been shown yet; `only`: there are no further parts
   */
  end(part: Part, last: GrowingView, only: boolean): Promise<void>;
}

/**
 * A chat platform. Calls throw an AppError:
 * `chat.limited` (the platform wants fewer calls; the message carries how long), `chat.unavailable` (down or slow: the
 * call may or may not have had effect), `chat.refused` (the message itself is not taken: draw it plainer),
 * `chat.gone` (channel, thread or message is not there, or the bot may not write), `chat.message_gone` (of an edit: the
 * message is not there, but another may take its place), `chat.unauthorized` (the token), `chat.stopped`
 * (who asked pressed Stop), `chat.stream_over` (a stream ended by itself).
 */
export interface Messenger {
  readonly platform: ChatPlatform;
  readonly caps: {
    /** False where streaming is not to be had at this place just now. */
    stream(place: Place): boolean;
    /** How long after its first sentence an answer is awaited as a whole, before what there is of it is shown. */
    settleMs: number;
    /** A message that grows begins with its status, before there is any sentence: `status` is not seen. */
    beginsEmpty: boolean;
    /** Whether `find` can find a message by its key. Where not, messages are begun with a line that says nothing yet, and edited. */
    finds: boolean;
    /** False where there are not enough edits left for another message that grows by them. */
    edit(place: Place): boolean;
    /** Shortest time between two edits of a message, in milliseconds. */
    editEveryMs: number;
    /** The same, between two pieces of a stream. */
    streamEveryMs: number;
  };
  /** "is searching…", while nothing else is seen, or no more. Never throws. False: it is not seen. */
  status(place: Place, working: boolean, language: Language): Promise<boolean>;
  /** The messages that a view takes, in order; a long answer takes several. @param where some things are for one kind of place alone */
  draw(view: View, how?: Drawn, where?: Place['kind']): Part[];
  /** Whether it does no harm if it stands there twice, as buttons alone: where messages are not found, it need not be begun empty. */
  mayStandTwice?(part: Part): boolean;
  /** @returns the platform's id of the message; `key` is kept with it, so that `find` finds it */
  post(place: Place, part: Part, key: string): Promise<string>;
  edit(place: Place, id: string, part: Part): Promise<void>;
  remove(place: Place, id: string): Promise<void>;
  /** @throws as above; where it throws before anything is seen, an ordinary message takes its place */
  stream?(place: Place, key: string, view: GrowingView): Promise<Stream>;
  /**
   * The message of this key, posted by a process that ended before it could note the id.
   * @param known ids that are noted: any other of Docent's there may be it, as a stream carries no key; absent: by its key alone
   */
  find(place: Place, key: string, after: number, known?: string[]): Promise<string | undefined>;
  /** A link that opens a message for who may read it; undefined where there is none. Never throws. */
  permalink?(place: Place, message: string): Promise<string | undefined>;
  /** An answer that only the asker sees. @returns its id, where there is one to know it by */
  whisper(origin: Origin, part: Part): Promise<string | undefined>;
  person(workspace: string, id: string): Promise<PlatformPerson>;
  /** Whether people of other companies, or guests, can read what is posted there. */
  outsiders(place: Place): Promise<boolean>;
}
