/** The connector port: code that lists and fetches the documents of one kind of source. No policy in it. */
import type { Log, Clock, Principal } from '../types.ts';
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
  /**
   * Who may read it beside what the source's own readers say, for a connector that knows readers: of each list one
   * principal must hold. A list without any opens it to nobody.
   */
  readers?: Principal[][];
  /** It is not there any more. A listing of changes says so; a whole listing leaves such a document out. */
  gone?: true;
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
      /** The title is what the page is called by (a wiki's page by its name): it wins over the document's own. */
      titleWins?: true;
      /** Sent back on the next fetch: `{etag?, lastModified?}`. */
      validators?: Record<string, string>;
    }
  | { kind: 'unchanged' }
  | { kind: 'gone' };

/** `gitlab-markdown` is Markdown whose headings have the anchors that GitLab gives them; else they are GitHub's. */
export type DocumentFormat = 'markdown' | 'gitlab-markdown' | 'html' | 'text' | 'jsonl-row' | 'pdf' | 'docx' | 'pptx' | 'xlsx' | 'csv';

export interface ConnectorContext {
  outbound: Outbound;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /**
   * Called by a listing that `listChanges` can go on from next time (a time, a commit, a number), before its first entry or
   * after its last. Kept once everything listed has been taken.
   */
  keepCursor?(cursor: string): void;
  /** A folder of this source's own that outlives the run and may be deleted at any time (a git clone). */
  cacheFolder?: string;
}

/** Where a source is, as the admin gave it. */
export interface SourceLocation {
  /** Folder path or site URL. */
  location: string;
  /** Maps a folder's relative paths to the web. */
  baseUrl?: string;
  /** By the names of `Connector.credential.fields`. Never logged, never in a message. */
  credential?: Record<string, string>;
}

/** What a connector needs to be let in, and how an admin gets it. */
export interface CredentialNeed {
  /** In the order in which `a:b` gives them on the command line. */
  fields: { name: string; label: string; secret: boolean }[];
  /** False: only some sources of this kind need one. */
  required: boolean;
  /** The smallest rights that do, and where they are given: one or two sentences. */
  rights: string;
}

export interface Connector {
  readonly kind: string;
  readonly capabilities: {
    /** Lists only what changed since last time. */
    incremental: boolean;
    /** A document that is not listed is gone. */
    seesDeletions: boolean;
    /** Knows who may read each document; `listChanges` need not see a change of readers. */
    knowsReaders: boolean;
  };
  /** What it cannot see, a sentence each; shown before the first sync. */
  readonly blindSpots: readonly string[];
  readonly credential?: CredentialNeed;
  /** True when it can serve this location (used when no `--kind` was given). */
  accepts(location: string): boolean;
  /** What a source there is called where nobody names it; by default its host, or the folder's name. */
  nameOf?(location: string): string | undefined;
  /** Throws AppError with a public message when the location cannot be read at all. */
  check(source: SourceLocation, context: ConnectorContext): Promise<void>;
  /** Lists everything. Throws when the listing could not be completed: nothing is removed then. */
  list(source: SourceLocation, context: ConnectorContext): AsyncIterable<ListedDocument>;
  /**
   * Lists what changed since the cursor that an earlier listing kept: added, edited, moved (the old id as `gone`) and removed.
   * Throws AppError `connector.cursor_lost` when it cannot go on from there; everything is listed then.
   */
  listChanges?(source: SourceLocation, cursor: string, context: ConnectorContext): AsyncIterable<ListedDocument>;
  /** Throws AppError for one document that cannot be read; the sync reports it by name and goes on. */
  fetch(
    source: SourceLocation,
    listed: ListedDocument,
    validators: Record<string, string> | undefined,
    context: ConnectorContext,
  ): Promise<Fetched>;
}
