/** The catalog's migrations, forward only. A landed one is never edited; a change is a new entry at the end. */
import { sql, type Kysely } from 'kysely';

export interface Migration {
  name: string;
  up(db: Kysely<any>): Promise<void>;
}

const statements =
  (...list: string[]) =>
  async (db: Kysely<any>): Promise<void> => {
    for (const statement of list) await sql.raw(statement).execute(db);
  };

export const MIGRATIONS: Migration[] = [
  {
    name: '0001_foundation',
    up: statements(
      `create table people (id text primary key, email text not null unique, name text, created_at bigint not null)`,
      `create table reader_sets (id integer primary key, hash text not null unique, principals_json text not null)`,
      `create table sources (id text primary key, name text not null unique, kind text not null, location text not null, base_url text,
        readers_json text not null, schedule text, created_at bigint not null, sync_requested_at bigint, cancel_requested_at bigint,
        removed_at bigint, lease_owner text, lease_until bigint)`,
      `create table runs (id text primary key, source_id text not null, started_at bigint not null, finished_at bigint, state text not null,
        progress_json text, summary_json text)`,
      `create index runs_by_source on runs (source_id, started_at)`,
      `create table run_failures (run_id text not null, external_id text not null, reason text not null, primary key (run_id, external_id))`,
      `create table documents (id text primary key, source_id text not null, external_id text not null, url text, title text not null, owner text,
        changed_at bigint, language text not null, text_fragments integer not null, version integer not null, content_hash text not null,
        listed_version text, validators_json text, reader_set integer not null, indexed_at bigint not null, deleted_at bigint,
        unique (source_id, external_id))`,
      `create table passages (id text primary key, document_id text not null, ordinal integer not null, heading_path_json text not null,
        anchor text, text text not null, text_hash text not null, embed_hash text)`,
      `create index passages_by_document on passages (document_id, ordinal)`,
      `create table index_leftovers (passage_id text primary key, source_id text not null)`,
      `create table embeddings (embed_hash text primary key, vector blob not null)`,
      `create table changes (id integer primary key, run_id text not null, document_id text not null, kind text not null, gone_hashes_json text not null)`,
      `create index changes_by_run on changes (run_id)`,
      `create table conversations (id text primary key, platform text not null, workspace text not null, channel text not null, thread text not null,
        kind text not null, reference text, created_at bigint not null, unique (platform, workspace, channel, thread))`,
      `create table questions (id text primary key, event_key text not null unique, conversation_id text not null, person_id text, text text not null,
        standalone text, language text not null, audience text not null, state text not null, received_at bigint not null)`,
      `create index questions_by_conversation on questions (conversation_id, received_at)`,
      `create index questions_by_state on questions (state, received_at)`,
      `create table answers (id text primary key, question_id text not null, revision integer not null, supersedes text, state text not null,
        status text not null, language text not null, model text, body_json text not null, usage_json text not null, trace_json text not null,
        created_at bigint not null, unique (question_id, revision))`,
      `create table citations (answer_id text not null, sentence integer not null, n integer not null, document_id text not null,
        document_version integer not null, passage_id text not null, text_hash text not null, quote text not null, anchor text, url text,
        title text not null, source_name text not null, updated_at bigint, reader_set integer not null, primary key (answer_id, sentence, n))`,
      `create index citations_by_document on citations (document_id)`,
      `create table feedback (id text primary key, answer_id text not null, person_id text, verdict text not null, reason text, comment text,
        created_at bigint not null)`,
      `create index feedback_by_answer on feedback (answer_id)`,
      `create table usage (day text not null, purpose text not null, model text not null, calls integer not null, prompt_tokens bigint not null,
        completion_tokens bigint not null, usd double precision not null, primary key (day, purpose, model))`,
      `create table settings (key text primary key, value_json text not null, updated_at bigint not null)`,
    ),
  },
  {
    name: '0002_own_words',
    up: statements(
      `create table terms (document_id text not null, kind text not null, short text not null, long text not null, short_key text not null,
        long_key text not null, primary key (document_id, kind, short_key, long_key))`,
      `create index terms_by_short on terms (short_key)`,
      `create index terms_by_long on terms (long_key)`,
      `create table vocabulary (length integer not null, word text not null, reader_set integer not null, backwards text not null,
        written integer not null, primary key (length, word, reader_set))`,
      `create index vocabulary_by_end on vocabulary (length, backwards)`,
      `create table glossary (id text primary key, term text not null, term_key text not null unique, synonyms_json text not null,
        explanation text not null, updated_at bigint not null)`,
      `create table glossary_names (name_key text not null, entry_id text not null, primary key (name_key, entry_id))`,
      `create index glossary_names_by_entry on glossary_names (entry_id)`,
    ),
  },
  {
    name: '0003_freshness',
    up: statements(
      `alter table sources add column secret_id text`,
      `alter table sources add column cursor text`,
      `alter table sources add column listed_whole_at bigint`,
      `alter table sources add column next_sync_at bigint`,
      `alter table sources add column paused_at bigint`,
      `alter table sources add column failures integer not null default 0`,
      `alter table sources add column problem_json text`,
      `alter table sources add column doubt_json text`,
      `alter table documents add column unread text`,
      `create table secrets (id text primary key, sealed text not null, created_at bigint not null, updated_at bigint not null)`,
    ),
  },
  {
    name: '0004_question_leases',
    up: statements(
      `alter table questions add column lease_owner text`,
      `alter table questions add column lease_until bigint`,
      `create index questions_by_person on questions (person_id, received_at)`,
    ),
  },
  {
    name: '0005_question_attempts',
    up: statements(`alter table questions add column attempts integer not null default 0`),
  },
  {
    name: '0006_chat',
    up: statements(
      `create table identities (platform text not null, workspace text not null, external_id text not null, person_id text not null,
        email text, name text, member integer not null, checked_at bigint not null, primary key (platform, workspace, external_id))`,
      `create index identities_by_person on identities (person_id)`,
      `create table greetings (platform text not null, workspace text not null, place text not null, at bigint not null,
        primary key (platform, workspace, place))`,
      `alter table questions add column via text`,
      `alter table questions add column origin_json text`,
      `alter table questions add column delivered_at bigint`,
      `alter table questions add column searched_json text`,
      `create index questions_by_time on questions (received_at)`,
      `create table messages (id text primary key, conversation_id text not null, question_id text, ticket_id text, part integer not null,
        platform_id text, state text not null, created_at bigint not null)`,
      `create index messages_by_question on messages (question_id, part)`,
      `create index messages_by_conversation on messages (conversation_id, platform_id)`,
      `create table tickets (id text primary key, question_id text not null unique, reason text not null, comment text, state text not null,
        opened_by text, taken_by text, created_at bigint not null, updated_at bigint not null)`,
      `create table outbox (id text primary key, platform text not null, dedupe_key text not null unique, message_json text not null,
        not_before bigint not null, claimed_until bigint not null default 0, attempts integer not null default 0, sent_at bigint,
        problem text, claimed_by text, revision integer not null default 0)`,
      `create table answer_labels (answer_id text primary key, person_id text, correct integer not null, created_at bigint not null)`,
      `create index messages_by_ticket on messages (ticket_id)`,
      `create index outbox_by_time on outbox (platform, sent_at, not_before)`,
    ),
  },
  {
    name: '0007_chat_references',
    up: statements(
      `create table chat_references (platform text not null, id text not null, reference_json text not null, updated_at bigint not null,
        primary key (platform, id))`,
    ),
  },
];
