/** The catalog's tables as Kysely sees them. Times are milliseconds since the epoch; `*_json` columns hold JSON. */
import type { Generated } from 'kysely';
import type { AnswerStatus, Audience } from '../types.ts';

export interface CatalogTables {
  people: { id: string; email: string; name: string | null; created_at: number };
  reader_sets: { id: Generated<number>; hash: string; principals_json: string };
  sources: {
    id: string;
    name: string;
    kind: string;
    location: string;
    base_url: string | null;
    readers_json: string;
    schedule: string | null;
    created_at: number;
    /** Set by "sync now"; cleared when a run ends, so that a run cut short is taken up again. */
    sync_requested_at: number | null;
    cancel_requested_at: number | null;
    removed_at: number | null;
    lease_owner: string | null;
    lease_until: number | null;
    secret_id: string | null;
    /** Where a listing of changes goes on; null: everything is listed. */
    cursor: string | null;
    /** When everything was listed last. */
    listed_whole_at: number | null;
    /** When it is due by its schedule, or again after a failure. */
    next_sync_at: number | null;
    /** Not synced by schedule while set. */
    paused_at: number | null;
    /** Runs in a row that failed. */
    failures: number;
    /** {reason, since, toldAt}: what keeps it from being synced. */
    problem_json: string | null;
    /** {runId, known, gone, confirmedAt}: removals that wait for an admin's word. */
    doubt_json: string | null;
  };
  /** What a platform needs to be written to later: where its conversations and people are reached. */
  chat_references: { platform: string; id: string; reference_json: string; updated_at: number };
  /** Sealed with SECRET_KEY (src/secrets.ts). */
  secrets: { id: string; sealed: string; created_at: number; updated_at: number };
  runs: {
    id: string;
    source_id: string;
    started_at: number;
    finished_at: number | null;
    state: 'running' | 'done' | 'failed' | 'cancelled';
    /** {phase, listed, done, failed, left} while running. */
    progress_json: string | null;
    summary_json: string | null;
  };
  run_failures: { run_id: string; external_id: string; reason: string };
  documents: {
    id: string;
    source_id: string;
    external_id: string;
    url: string | null;
    title: string;
    owner: string | null;
    changed_at: number | null;
    language: string;
    text_fragments: number;
    version: number;
    content_hash: string;
    listed_version: string | null;
    validators_json: string | null;
    reader_set: number;
    indexed_at: number;
    deleted_at: number | null;
    /** What of it could not be read: `pages 3 and 7 are scanned images without text`. */
    unread: string | null;
  };
  passages: {
    id: string;
    document_id: string;
    ordinal: number;
    heading_path_json: string;
    anchor: string | null;
    text: string;
    text_hash: string;
    embed_hash: string | null;
  };
  /** What a document defines. Keys are `lookupKey`'s (own-words.ts). */
  terms: { document_id: string; kind: 'acronym' | 'alias'; short: string; long: string; short_key: string; long_key: string };
  /** Words that passages of these readers had at some time, in lower case: more than stand there now, never fewer. */
  vocabulary: {
    length: number;
    word: string;
    reader_set: number;
    /** The word from its end: words that end alike stand together. */
    backwards: string;
    /** In how many writings of documents it stood. */
    written: number;
  };
  /** The admin's own words; they hold for everyone. */
  glossary: { id: string; term: string; term_key: string; synonyms_json: string; explanation: string; updated_at: number };
  glossary_names: { name_key: string; entry_id: string };
  /** Ids that may stand in the index without being current: written before a `put`, and with the commit that makes them stale. */
  index_leftovers: { passage_id: string; source_id: string };
  embeddings: { embed_hash: string; vector: Uint8Array };
  changes: {
    id: Generated<number>;
    run_id: string;
    document_id: string;
    kind: 'added' | 'changed' | 'moved' | 'removed' | 'readers';
    gone_hashes_json: string;
  };
  conversations: {
    id: string;
    platform: string;
    workspace: string;
    channel: string;
    thread: string;
    kind: string;
    reference: string | null;
    created_at: number;
  };
  questions: {
    id: string;
    event_key: string;
    conversation_id: string;
    person_id: string | null;
    text: string;
    /** What was searched for: a follow-up made whole, translated where the documents speak another language. */
    standalone: string | null;
    language: string;
    audience: Audience;
    /** `cancelled`: whoever asked gave up. */
    state: 'received' | 'answered' | 'failed' | 'cancelled';
    received_at: number;
    /** Who answers it, for as long as the lease is renewed; null: asked before there were leases. */
    lease_owner: string | null;
    lease_until: number | null;
    /** How often it was taken over from a process that ended in the middle. */
    attempts: Generated<number>;
    /** How it came (`Via` of chat/messenger.ts); null: console or command line. */
    via: string | null;
    /** `Origin` of chat/messenger.ts: what the platform needs to answer it. Ids alone. */
    origin_json: string | null;
    /** When the whole answer stood in the chat; null for questions from elsewhere too. */
    delivered_at: number | null;
    /** What was searched for beside the question as it stands: words as the documents say them, or another language. A list. */
    searched_json: string | null;
  };
  /** Who somebody of a chat platform is. A person without an e-mail address has `slack:T…/U…` in its place. */
  identities: {
    platform: string;
    workspace: string;
    external_id: string;
    person_id: string;
    email: string | null;
    name: string | null;
    /** 1: of the company; 0: a guest, a stranger, or of another company. */
    member: number;
    checked_at: number;
  };
  /** People and channels that were greeted; and commands (`command:…`) that were taken, for a day. */
  greetings: { platform: string; workspace: string; place: string; at: number };
  /** What Docent posted, or is about to: one row a message. */
  messages: {
    id: string;
    conversation_id: string;
    question_id: string | null;
    ticket_id: string | null;
    /** A long answer takes several. */
    part: number;
    /** Null until the platform told it. */
    platform_id: string | null;
    state: 'intended' | 'posted' | 'removed';
    created_at: number;
  };
  /** Questions that need a person. */
  tickets: {
    id: string;
    question_id: string;
    reason: 'asked' | 'wrong' | 'outdated' | 'incomplete' | 'knows';
    comment: string | null;
    state: 'open' | 'taken' | 'closed';
    /** Ids of people. */
    opened_by: string | null;
    taken_by: string | null;
    created_at: number;
    updated_at: number;
  };
  /** Posts that nobody waits for: sent by whoever claims them, once. Ids alone, no texts. */
  outbox: {
    id: string;
    platform: string;
    /** The same thing is not sent twice. */
    dedupe_key: string;
    message_json: string;
    not_before: number;
    claimed_by: string | null;
    claimed_until: Generated<number>;
    attempts: Generated<number>;
    sent_at: number | null;
    /** Code of the last failure. */
    problem: string | null;
    /** Rises when what the message shows has changed: it is brought up to date again then. */
    revision: Generated<number>;
  };
  /** What an admin said of an answer that was made without being asked for. */
  answer_labels: { answer_id: string; person_id: string | null; correct: number; created_at: number };
  /** Immutable but for `state`. */
  answers: {
    id: string;
    question_id: string;
    revision: number;
    supersedes: string | null;
    state: 'current' | 'superseded' | 'withdrawn';
    status: AnswerStatus;
    language: string;
    model: string | null;
    /** The sentences and closest passages as shown: {sentences, closest, degraded}. */
    body_json: string;
    usage_json: string;
    trace_json: string;
    created_at: number;
  };
  /** No foreign key to passages: a citation outlives the passage. */
  citations: {
    answer_id: string;
    sentence: number;
    n: number;
    document_id: string;
    document_version: number;
    passage_id: string;
    text_hash: string;
    quote: string;
    anchor: string | null;
    url: string | null;
    title: string;
    source_name: string;
    updated_at: number | null;
    reader_set: number;
  };
  feedback: {
    id: string;
    answer_id: string;
    person_id: string | null;
    verdict: 'up' | 'down';
    reason: string | null;
    comment: string | null;
    created_at: number;
  };
  usage: { day: string; purpose: string; model: string; calls: number; prompt_tokens: number; completion_tokens: number; usd: number };
  settings: { key: string; value_json: string; updated_at: number };
}
