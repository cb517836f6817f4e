/** The words of the design as types. No logic, no imports. */

/** `public` (anyone), `everyone` (the company's people), `group:NAME`, `person:ID`. */
export type Principal = string;

/** An answer is meant for the asker alone, for all of the company who can read the channel, or for anyone (guests). */
export type Audience = 'asker' | 'everyone' | 'public';

/** BCP 47 primary language subtag: `en`, `zh`, `de`, … */
export type Language = string;

export type AnswerStatus = 'answered' | 'quoted' | 'verified' | 'unanswered' | 'courtesy' | 'failed';

/** What time is and how to wait: injected, so that tests own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A structured logger: a fixed text plus fields; never a question's text, a secret or a person's name. */
export interface Log {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
  child(fields: Record<string, unknown>): Log;
}

// ---------------------------------------------------------------- documents

/** One block of a document, in reading order. */
export interface Block {
  kind: 'heading' | 'paragraph' | 'list' | 'table' | 'code' | 'quote';
  /** Verbatim: for Markdown the slice of the source, for HTML the text as it is read. Joined with '', blocks are the document. */
  text: string;
  /** Headings only: 1 to 6. */
  depth?: number;
  /** What `#…` opens at this place: a heading's id, or on any block the page or slide that it begins on (`page=3`). */
  anchor?: string;
}

/** What parsing one file or page gives. */
export interface ExtractedDocument {
  title?: string;
  /** The document's own address (canonical link, front matter, JSONL `url`). */
  url?: string;
  owner?: string;
  /** Second names of the page, as it gives them itself. */
  aliases?: string[];
  /** Titles of the pages that it stands under, outermost first: each passage's heading path begins with them. */
  breadcrumbs?: string[];
  /** Milliseconds since the epoch. */
  changedAt?: number;
  /** The language that the page itself names (`<html lang>`). */
  language?: Language;
  /** True when a text fragment (`#:~:text=`) opens at a quote, i.e. for web pages. */
  textFragments: boolean;
  /** What of it could not be read, counted and named: `pages 3 and 7 are scanned images without text`. */
  unread?: string;
  blocks: Block[];
}

/** A piece of a document that is small enough to quote. */
export interface PassageDraft {
  ordinal: number;
  headingPath: string[];
  anchor?: string;
  text: string;
}

/** A passage with what an answer needs of its document. */
export interface Passage {
  id: string;
  documentId: string;
  documentVersion: number;
  ordinal: number;
  headingPath: string[];
  anchor: string | null;
  /** Verbatim; Markdown for Markdown sources. `plainText` of `passage-text.ts` gives what a person reads. */
  text: string;
  textHash: string;
  title: string;
  url: string | null;
  /** Whether `#:~:text=` works on `url`. */
  textFragments: boolean;
  sourceId: string;
  sourceName: string;
  owner: string | null;
  /** Milliseconds since the epoch. */
  updatedAt: number | null;
  readerSet: number;
  language: Language;
}

// ------------------------------------------------------------------ answers

/** The document, anchor and verbatim quote that a sentence rests on (the contract's JSON). */
export interface Citation {
  n: number;
  documentId: string;
  title: string;
  /** The document's address, opening at the passage; null where the source has no web address. */
  url: string | null;
  /** Where Docent itself shows the document with the quote highlighted: `/documents/:id?…`. */
  documentUrl: string;
  anchor: string | null;
  /** Verbatim in the document's source. */
  quote: string;
  source: string;
  /** ISO 8601, or null where it is not known. */
  updatedAt: string | null;
}

export type BlockKind = 'paragraph' | 'bullet' | 'step' | 'heading' | 'code' | 'table';

/** One sentence of an answer, shown only after it passed the support check. Plain text, no markup, no links. */
export interface AnswerSentence {
  text: string;
  block: BlockKind;
  /** Numbers of the citations that it rests on. */
  citations: number[];
  /** `quote` when it is the document's own words, else the share (0 to 1) of its content that the quotes carry. */
  support: 'quote' | number;
  /** Of a quoted step: its number in the document. */
  step?: number;
  /** Of a quoted sentence: where words of the question stand in `text`. */
  marks?: { start: number; end: number }[];
}

export interface ClosestPassage {
  title: string;
  url: string | null;
  documentUrl: string;
  quote: string;
}

export interface AnswerUsage {
  modelCalls: number;
  promptTokens: number;
  completionTokens: number;
  costUsd: number;
  ms: number;
}

/** An answer as every surface (console, command line, chat) receives it. */
export interface Answer {
  answerId: string;
  questionId: string;
  threadId: string;
  status: AnswerStatus;
  language: Language;
  audience: Audience;
  /** The whole answer as plain text, citations as `[n]`. */
  text: string;
  sentences: AnswerSentence[];
  citations: Citation[];
  /** Named as such: they may not answer. */
  closest: ClosestPassage[];
  /** Why it is less than it could be: `no-model`, `model-failed`, `model-timeout`, `budget`, `meaning-unavailable`, … */
  degraded?: string[];
  usage: AnswerUsage;
}

/** What `ask` yields: a shown sentence is never retracted. */
export type AnswerEvent =
  | { type: 'status'; status: 'searching' | 'reading' | 'writing' }
  | { type: 'sentence'; sentence: AnswerSentence; citations: Citation[] }
  | { type: 'final'; answer: Answer };

/** One call of a model, as the usage table counts it. */
export interface UsageRow {
  /** `answer`, `standalone`, `transform`, `embed-query`, `embed-passage`, `doctor` */
  purpose: string;
  model: string;
  promptTokens: number;
  completionTokens: number;
  usd: number;
}
