/** The connector port: code that lists and fetches the documents of one kind of source. No policy in it. */
import type { Log, Clock } from '../types.ts';
import type { Outbound } from '../net/outbound.ts';

/** One document as a listing names it. */
export interface ListedDocument {
  /** Stable within the source: a relative path, a URL, a page id. */
  externalId: string;
  /** What is cheap to compare: file size and time, lastmod, revision. Equal means unchanged without a fetch. */
  version?: string;
  /** Why it cannot be read: the sync reports it by name and does not fetch it. */
  problem?: string;
  /** Beside `problem`: the entry stands for a part of the source that could not be listed, so nothing may be removed. */
  unseen?: true;
  /** For the driver alone, handed back to `fetch`: where in a file the document stands. Not kept. */
  place?: string;
}

/** What a fetch gives: bytes to extract from, or why there are none. */
export type Fetched =
  | {
      kind: 'document';
      bytes: Uint8Array;
      format: DocumentFormat;
      /** Where a person opens it; null when the source has no web address. */
      url: string | null;
      /** Hints from headers, git log or file time; front matter in the document wins over them. */
      owner?: string;
      changedAt?: number;
      title?: string;
      /** Sent back on the next fetch: `{etag?, lastModified?}`. */
      validators?: Record<string, string>;
    }
  | { kind: 'unchanged' }
  | { kind: 'gone' };

export type DocumentFormat = 'markdown' | 'html' | 'text' | 'jsonl-row';

export interface ConnectorContext {
  outbound: Outbound;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/** Where a source is, as the admin gave it. */
export interface SourceLocation {
  /** Folder path or site URL. */
  location: string;
  /** Maps a folder's relative paths to the web. */
  baseUrl?: string;
}

export interface Connector {
  readonly kind: string;
  readonly capabilities: {
    /** Lists only what changed since last time. */
    incremental: boolean;
    /** A document that is not listed is gone. */
    seesDeletions: boolean;
    /** Knows who may read each document. */
    knowsReaders: boolean;
  };
  /** True when it can serve this location (used when no `--kind` was given). */
  accepts(location: string): boolean;
  /** Throws AppError with a public message when the location cannot be read at all. */
  check(source: SourceLocation, context: ConnectorContext): Promise<void>;
  /** Throws when the listing could not be completed: nothing is removed then. */
  list(source: SourceLocation, context: ConnectorContext): AsyncIterable<ListedDocument>;
  /** Throws AppError for one document that cannot be read; the sync reports it by name and goes on. */
  fetch(
    source: SourceLocation,
    listed: ListedDocument,
    validators: Record<string, string> | undefined,
    context: ConnectorContext,
  ): Promise<Fetched>;
}
