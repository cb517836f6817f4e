/** What a wired application offers to console, command line, workers and bots. `app.ts` builds it. */
import type { ChatApp } from './chat/chat-app.ts';
import type { Config } from './config.ts';
import type { Answer, AnswerEvent, Audience, Clock, Log } from './types.ts';
import type { Settings } from './catalog/settings.ts';
import type { Connector, CredentialNeed } from './connectors/connector.ts';
import type { CopyOptions } from './catalog/backup.ts';
import type { Glossary } from './glossary.ts';
import type { BackedUp, Restored } from './keeping.ts';
import type { DueJob, Job, JobProgress } from './queue/jobs.ts';
import type { Preview } from './sync/preview.ts';
import type { Run, RunProgress, RunSummary, Source } from './catalog/sources.ts';
import type { DownloadProgress } from './models/local/download.ts';
import type { DownloadState, ModelRow } from './models-in-use.ts';

export type { GlossaryEntry, GlossaryPlan, GlossaryProblem } from './glossary.ts';

export interface AskInput {
  text: string;
  platform: 'console' | 'cli';
  /** Continues a conversation; absent or unknown: a new one is begun with this id. */
  threadId?: string;
  /** Who asks; absent: someone of the company. */
  email?: string;
  audience?: Audience;
  /** Makes a repeated delivery end here; default: a new one each time. */
  eventKey?: string;
}

export interface AddSourceInput {
  /** Folder path or address. */
  location: string;
  /** Default: made from the location. */
  name?: string;
  kind?: string;
  baseUrl?: string;
  /** `everyone` by default. */
  readers?: string;
  /** Cron expression; by default daily at a quiet hour. */
  schedule?: string;
  /** By the names of the connector's fields, or as `parseCredential` (secrets.ts) takes it. */
  credential?: string | Record<string, string>;
}

/** A kind of source, as the form for a new one shows it. */
export interface ConnectorView {
  kind: string;
  capabilities: Connector['capabilities'];
  blindSpots: readonly string[];
  credential?: CredentialNeed;
}

/** What a first sync would bring. Nothing is kept of it. */
export interface SourcePreview extends Preview {
  kind: string;
  name: string;
  readers: string[];
  /** When the first sync by schedule would be, and the time zone that the schedule is in. */
  nextSyncAt: number;
  timeZone: string;
  /** Of embedding all passages: US dollars for a hosted model, minutes for one that runs here; absent where search is by words. */
  cost?: { model: string; usd?: number; minutes?: number };
}

export interface SourceStatus {
  source: Source;
  documents: number;
  passages: number;
  lastRun: Run | null;
  /** True while a sync waits or runs. */
  syncing: boolean;
}

export interface DocumentSummary {
  id: string;
  title: string;
  url: string | null;
  externalId: string;
  sourceId: string;
  sourceName: string;
  owner: string | null;
  updatedAt: number | null;
  passages: number;
}

export interface DocumentView extends DocumentSummary {
  /** In reading order, without overlap; text is verbatim (Markdown for Markdown sources). */
  body: { passageId: string; headingPath: string[]; anchor: string | null; text: string }[];
  /** The quote to highlight, when a citation was asked for. */
  highlight?: {
    quote: string;
    passageId: string;
    /** False: the document has changed since and no longer holds the quote. */
    present: boolean;
  };
}

export interface ThreadTurn {
  questionId: string;
  question: string;
  askedAt: number;
  /** The delivery that it came by. */
  eventKey: string;
  /** Some process is answering it. */
  pending: boolean;
  /** Null while it is being answered, or when that was cut short. */
  answer: Answer | null;
}

export interface Finding {
  name: string;
  level: 'ok' | 'warning' | 'problem';
  message: string;
}

/** How long a caller waits for vectors, in ms, and who hears how far they are. */
export interface FillWait {
  ms: number;
  onProgress?: (done: number, total: number) => void;
}

export interface VectorStatus {
  /** Passages in languages that the model knows, and how many of them have their vector. */
  passages: number;
  embedded: number;
  /** The model that searches use until then. */
  replaces?: string;
}

export interface App {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** IANA name of the zone that schedules are in. */
  readonly timeZone: string;
  /** Where the console is reached from other machines; undefined where it is not. */
  readonly outsideUrl: string | undefined;
  /** Records the question, answers it, and keeps the answer. Never throws for a question: the last event is always `final`. */
  ask(input: AskInput, signal: AbortSignal): AsyncIterable<AnswerEvent>;
  /** The turns of a conversation, oldest first; empty when unknown. */
  thread(threadId: string): Promise<ThreadTurn[]>;
  /** Throws AppError `answer.not_found`. */
  giveFeedback(input: { answerId: string; verdict: 'up' | 'down'; reason?: string; comment?: string }): Promise<void>;

  /** The kinds of sources there are. */
  connectors(): Promise<ConnectorView[]>;
  /** The kind of source that a location is, told without asking the place itself. Throws as `addSource` does for a location of no kind. */
  recognise(location: string, kind?: string): Promise<ConnectorView>;
  /** Lists the source and reads a few documents, and keeps nothing. Throws as `addSource` does. */
  previewSource(input: AddSourceInput, run: { signal: AbortSignal; onProgress?: (documents: number) => void }): Promise<SourcePreview>;
  /** Checks location and credential first. Throws an AppError with a public message. */
  addSource(input: AddSourceInput): Promise<Source>;
  /** What is given is changed; a credential is tried before it replaces the old one. `schedule` null: daily again. */
  changeSource(
    nameOrId: string,
    change: { schedule?: string | null; paused?: boolean; credential?: string | Record<string, string> },
  ): Promise<Source>;
  /** Says that the removals which wait for an admin's word (`source.doubt`) are right, and asks for a sync. */
  confirmRemovals(nameOrId: string): Promise<void>;
  /** Adds the sample knowledge base that ships with Docent (or returns it when it is there). */
  addSample(): Promise<Source>;
  /** What to ask the sample. */
  sampleQuestions(): Promise<{ text: string; language: string }[]>;
  listSources(): Promise<SourceStatus[]>;
  /** By name or id; undefined when there is none. */
  showSource(nameOrId: string): Promise<
    | (SourceStatus & {
        runs: Run[];
        failures: { externalId: string; reason: string }[];
        /** Documents of which a part could not be read (scanned pages), and what of them. */
        unread: { externalId: string; title: string; unread: string }[];
      })
    | undefined
  >;
  removeSource(nameOrId: string): Promise<void>;
  /** Asks the workers of the running server. */
  requestSync(nameOrId: string): Promise<void>;
  cancelSync(nameOrId: string): Promise<void>;
  /** Syncs here and now (the command line, the workers). All sources when no name is given. */
  syncNow(
    names: string[],
    options: {
      signal: AbortSignal;
      onProgress?: (source: string, progress: RunProgress) => void;
      /** How long vectors are waited for after; absent: not at all. */
      vectors?: FillWait;
    },
  ): Promise<RunSummary[]>;
  /** What waits in the catalog, most urgent first; and doing one of it. For the workers. */
  due(): Promise<DueJob[]>;
  runJob(job: Job, run: { signal: AbortSignal; onProgress?: (progress: JobProgress) => void }): Promise<void>;
  /** Does all that waits in the catalog and that nobody else holds, here and now. */
  workOnce(signal: AbortSignal): Promise<void>;
  /** Rebuilds the index from the catalog. */
  reindex(options: {
    signal: AbortSignal;
    onProgress?: (done: number, total: number) => void;
    vectors?: FillWait;
    /** Does nothing where another process has done it meanwhile. */
    unlessCurrent?: true;
  }): Promise<{ documents: number; passages: number; passagesEmbedded: number; ms: number }>;
  /** Copies the catalog into one file; throws an AppError that says how to mend it. */
  backup(file: string, options: CopyOptions & { force?: boolean }): Promise<BackedUp>;
  /** Puts a backup in the place of the catalog; the workers rebuild the index. */
  restore(file: string, options: CopyOptions): Promise<Restored>;

  /** Title search and paging; newest change first. */
  listDocuments(options: {
    sourceId?: string;
    query?: string;
    offset: number;
    limit: number;
  }): Promise<{ total: number; documents: DocumentSummary[] }>;
  /** `citation` is `ANSWERID.N`; `passage` a passage id. Undefined when there is none, or when the asker may not read it. */
  showDocument(id: string, options: { citation?: string; passage?: string; email?: string }): Promise<DocumentView | undefined>;

  settings(): Promise<Settings>;
  changeSetting<K extends keyof Settings>(key: K, value: unknown): Promise<void>;
  /** What models are in use, what they cost this month, what is missing and how to mend it. */
  modelStatus(): Promise<{
    chatModel: string | null;
    embeddingModel: string | null;
    /** How far search by meaning is; absent without an embedding model. */
    vectors?: VectorStatus;
    /** The model that takes over once it has been downloaded. */
    awaited?: string;
    download?: DownloadState;
    problem?: string;
    budgetUsd: number | null;
    spentUsd: number;
    ollama?: { url: string; models: string[] };
  }>;
  /** Embedding models that are here or can be had. */
  listModels(): Promise<ModelRow[]>;
  /** Downloads a model that Docent knows, whole and checked; throws an AppError that says how to mend it. */
  pullModel(
    name: string,
    options: { signal: AbortSignal; onProgress?: (progress: DownloadProgress) => void; replace?: boolean },
  ): Promise<void>;
  /** Chooses the embedding model; its vectors are built beside, then take over. */
  useModel(name: string): Promise<void>;
  /** The admin's terms and their synonyms. */
  readonly glossary: Glossary;
  /** What bots of chat platforms need. */
  readonly chat: ChatApp;
  doctor(signal: AbortSignal): Promise<Finding[]>;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** Ready to answer: catalog and index are open. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}
