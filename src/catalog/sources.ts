/** Sources, their lease, their runs. */
import { randomUUID } from 'node:crypto';
import { inputError } from '../errors.ts';
import type { Catalog } from './database.ts';
import type { CatalogTables } from './schema.ts';
import type { Principal } from '../types.ts';

export interface Source {
  id: string;
  name: string;
  kind: string;
  location: string;
  baseUrl: string | null;
  readers: Principal[];
  schedule: string | null;
  createdAt: number;
  syncRequestedAt: number | null;
  secretId: string | null;
  /** Where a listing of changes goes on; null: everything is listed. */
  cursor: string | null;
  listedWholeAt: number | null;
  nextSyncAt: number | null;
  pausedAt: number | null;
  /** Runs in a row that failed. */
  failures: number;
  problem: SourceProblem | null;
  doubt: RemovalDoubt | null;
}

/** What keeps a source from being synced; its admin is told when it begins. */
export interface SourceProblem {
  /** Says how to mend it. */
  reason: string;
  since: number;
}

/** Removals that look like a mistake of the source and wait for an admin's word. */
export interface RemovalDoubt {
  runId: string;
  /** Documents known before, and how many of them the listing lacks. */
  known: number;
  gone: number;
  /** The next whole listing that lacks no more than these removes them. */
  confirmedAt: number | null;
}

/** What is given when a source is added. */
export type NewSource = Pick<Source, 'name' | 'kind' | 'location' | 'baseUrl' | 'readers' | 'schedule'> & { secretId?: string | null };

export interface RunProgress {
  phase: 'listing' | 'documents' | 'removing' | 'calibrating';
  listed: number;
  done: number;
  failed: number;
  left: number;
}

/** The contract's summary of one sync. */
export interface RunSummary {
  source: string;
  runId: string;
  listed: number;
  added: number;
  changed: number;
  moved: number;
  removed: number;
  unchanged: number;
  failed: number;
  complete: boolean;
  passagesEmbedded: number;
  passagesReused: number;
  requests: number;
  ms: number;
  error?: string;
}

export interface Run {
  id: string;
  sourceId: string;
  startedAt: number;
  finishedAt: number | null;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  progress: RunProgress | null;
  summary: RunSummary | null;
}

/** How long a sync's lease on its source holds without being renewed. */
export const LEASE_MS = 20_000;

/** @throws an input error when the name is taken */
export async function addSource(db: Catalog, input: NewSource, now: number): Promise<Source> {
  const row = await db
    .insertInto('sources')
    .values({
      id: randomUUID(),
      name: input.name,
      kind: input.kind,
      location: input.location,
      base_url: input.baseUrl,
      readers_json: JSON.stringify(input.readers),
      schedule: input.schedule,
      created_at: now,
      secret_id: input.secretId ?? null,
      failures: 0,
    })
    // Another process may have added one since the name was looked at.
    .onConflict((c) => c.column('name').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!row) throw inputError('name', `there is a source "${input.name}" already; choose another name, or remove that one first`);
  return sourceOf(row);
}

/** Sources that were not removed, by name. */
export async function listSources(db: Catalog): Promise<Source[]> {
  const rows = await db.selectFrom('sources').selectAll().where('removed_at', 'is', null).orderBy('name').execute();
  return rows.map(sourceOf);
}

export async function findSource(db: Catalog, nameOrId: string): Promise<Source | undefined> {
  const row = await db
    .selectFrom('sources')
    .selectAll()
    .where('removed_at', 'is', null)
    .where((e) => e.or([e('name', '=', nameOrId), e('id', '=', nameOrId)]))
    .executeTakeFirst();
  return row && sourceOf(row);
}

/** Asks the workers for a sync; stands until a run of the source has ended. */
export async function requestSync(db: Catalog, sourceId: string, now: number): Promise<void> {
  await db.updateTable('sources').set({ sync_requested_at: now, cancel_requested_at: null }).where('id', '=', sourceId).execute();
}

/** Asks a running sync to stop; it looks at each document. */
export async function requestCancel(db: Catalog, sourceId: string, now: number): Promise<void> {
  await db.updateTable('sources').set({ cancel_requested_at: now, sync_requested_at: null }).where('id', '=', sourceId).execute();
}

/** An admin says that the removals which wait for a word are right; the next sync carries them out. */
export async function confirmRemovals(db: Catalog, source: Pick<Source, 'id' | 'doubt'>, now: number): Promise<void> {
  await db
    .updateTable('sources')
    .set({ doubt_json: JSON.stringify({ ...source.doubt, confirmedAt: now }) })
    .where('id', '=', source.id)
    .execute();
  await requestSync(db, source.id, now);
}

/** A source that is to be worked on: asked for, due, or removed with documents still to be taken out. */
export interface DueSource {
  id: string;
  removed: boolean;
  /** Somebody's lease on it ends then; null: nobody holds it. */
  heldUntil: number | null;
}

/** Longest waiting first. */
export async function dueSources(db: Catalog, now: number): Promise<DueSource[]> {
  const rows = await db
    .selectFrom('sources')
    .select(['id', 'removed_at', 'lease_until'])
    .where((e) =>
      e.or([
        e('sync_requested_at', 'is not', null),
        e('removed_at', 'is not', null),
        e.and([e('next_sync_at', '<=', now), e('paused_at', 'is', null)]),
      ]),
    )
    .orderBy(
      (e) => e.fn.coalesce('sync_requested_at', 'next_sync_at'),
      (order) => order.asc().nullsFirst(),
    )
    .execute();
  return rows.map((row) => ({
    id: row.id,
    removed: row.removed_at !== null,
    heldUntil: row.lease_until !== null && row.lease_until >= now ? row.lease_until : null,
  }));
}

/** What an admin may change of a source, by itself. */
export async function changeSource(
  db: Catalog,
  sourceId: string,
  change: { schedule?: string | null; nextSyncAt?: number | null; pausedAt?: number | null; secretId?: string | null },
): Promise<void> {
  await db
    .updateTable('sources')
    .set({
      ...(change.schedule === undefined ? {} : { schedule: change.schedule }),
      ...(change.nextSyncAt === undefined ? {} : { next_sync_at: change.nextSyncAt }),
      ...(change.pausedAt === undefined ? {} : { paused_at: change.pausedAt }),
      ...(change.secretId === undefined ? {} : { secret_id: change.secretId }),
    })
    .where('id', '=', sourceId)
    .execute();
}

/** What the end of a run says of its source. */
export interface RunOutcome {
  /** Where the next listing of changes goes on; null: everything is listed next. Absent: as it was. */
  cursor?: string | null;
  /** Everything was listed, and taken. */
  listedWholeAt?: number;
  doubt: RemovalDoubt | null;
  failures: number;
  problem: SourceProblem | null;
  nextSyncAt: number | null;
}

/** @param leaseOwner whose run it was; does nothing where another has taken the source over since */
export async function settleSource(db: Catalog, sourceId: string, outcome: RunOutcome, leaseOwner: string): Promise<void> {
  await db
    .updateTable('sources')
    .set({
      ...(outcome.cursor === undefined ? {} : { cursor: outcome.cursor }),
      ...(outcome.listedWholeAt === undefined ? {} : { listed_whole_at: outcome.listedWholeAt }),
      doubt_json: outcome.doubt && JSON.stringify(outcome.doubt),
      failures: outcome.failures,
      problem_json: outcome.problem && JSON.stringify(outcome.problem),
      next_sync_at: outcome.nextSyncAt,
    })
    .where('id', '=', sourceId)
    .where('lease_owner', '=', leaseOwner)
    .execute();
}

/** Takes the lease when nobody else holds it; true when `owner` holds it now. */
export async function takeLease(db: Catalog, sourceId: string, owner: string, now: number): Promise<boolean> {
  const result = await db
    .updateTable('sources')
    .set({ lease_owner: owner, lease_until: now + LEASE_MS })
    .where('id', '=', sourceId)
    .where((e) => e.or([e('lease_owner', 'is', null), e('lease_owner', '=', owner), e('lease_until', '<', now)]))
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Renews the lease; false when it was lost, or when the run was asked to stop or its source removed. */
export async function renewLease(db: Catalog, sourceId: string, owner: string, now: number): Promise<'held' | 'lost' | 'cancelled'> {
  const row = await db
    .updateTable('sources')
    .set({ lease_until: now + LEASE_MS })
    .where('id', '=', sourceId)
    .where('lease_owner', '=', owner)
    .returning(['cancel_requested_at', 'removed_at'])
    .executeTakeFirst();
  if (!row) return 'lost';
  return row.cancel_requested_at === null && row.removed_at === null ? 'held' : 'cancelled';
}

export async function releaseLease(db: Catalog, sourceId: string, owner: string): Promise<void> {
  await db
    .updateTable('sources')
    .set({ lease_owner: null, lease_until: null })
    .where('id', '=', sourceId)
    .where('lease_owner', '=', owner)
    .execute();
}

/** From here on the source is neither listed nor asked; the workers take its documents out of the index and then drop it. */
export async function markSourceRemoved(db: Catalog, sourceId: string, now: number): Promise<void> {
  // The name becomes free for another source at once.
  await db
    .updateTable('sources')
    .set({ removed_at: now, name: `removed:${sourceId}`, sync_requested_at: null, next_sync_at: null })
    .where('id', '=', sourceId)
    .execute();
  await db.updateTable('documents').set({ deleted_at: now }).where('source_id', '=', sourceId).where('deleted_at', 'is', null).execute();
}

export async function startRun(db: Catalog, sourceId: string, now: number): Promise<string> {
  const id = randomUUID();
  // A run that was cut short by a crash is closed when its source is taken up again.
  await db
    .updateTable('runs')
    .set({ state: 'failed', finished_at: now })
    .where('source_id', '=', sourceId)
    .where('state', '=', 'running')
    .execute();
  await db
    .insertInto('runs')
    .values({ id, source_id: sourceId, started_at: now, finished_at: null, state: 'running', progress_json: null, summary_json: null })
    .execute();
  return id;
}

export async function saveProgress(db: Catalog, runId: string, progress: RunProgress): Promise<void> {
  await db
    .updateTable('runs')
    .set({ progress_json: JSON.stringify(progress) })
    .where('id', '=', runId)
    .execute();
}

export async function recordFailure(db: Catalog, runId: string, externalId: string, reason: string): Promise<void> {
  await db
    .insertInto('run_failures')
    .values({ run_id: runId, external_id: externalId, reason })
    .onConflict((c) => c.doNothing())
    .execute();
}

/** Ends the run; the request for a sync is met unless the run was cut short, or another has taken the source over since. */
export async function finishRun(
  db: Catalog,
  run: { id: string; sourceId: string; state: Run['state']; summary: RunSummary; startedAt: number; leaseOwner: string },
  now: number,
): Promise<void> {
  await db
    .updateTable('runs')
    .set({ state: run.state, finished_at: now, summary_json: JSON.stringify(run.summary) })
    .where('id', '=', run.id)
    .execute();
  await db
    .updateTable('sources')
    .set({ cancel_requested_at: null })
    .where('id', '=', run.sourceId)
    .where('lease_owner', '=', run.leaseOwner)
    .execute();
  // One that was cut short is taken up again; who cancels it in the console withdraws the request.
  if (run.state !== 'cancelled')
    await db
      .updateTable('sources')
      .set({ sync_requested_at: null })
      .where('id', '=', run.sourceId)
      .where('lease_owner', '=', run.leaseOwner)
      .where('sync_requested_at', '<=', run.startedAt)
      .execute();
}

/** Newest first. */
export async function listRuns(db: Catalog, sourceId: string, limit: number): Promise<Run[]> {
  const rows = await db
    .selectFrom('runs')
    .selectAll()
    .where('source_id', '=', sourceId)
    .orderBy('started_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    sourceId: row.source_id,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    state: row.state,
    progress: row.progress_json === null ? null : JSON.parse(row.progress_json),
    summary: row.summary_json === null ? null : JSON.parse(row.summary_json),
  }));
}

export async function listFailures(db: Catalog, runId: string, limit: number): Promise<{ externalId: string; reason: string }[]> {
  const rows = await db.selectFrom('run_failures').selectAll().where('run_id', '=', runId).orderBy('external_id').limit(limit).execute();
  return rows.map((row) => ({ externalId: row.external_id, reason: row.reason }));
}

function sourceOf(row: CatalogTables['sources']): Source {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    location: row.location,
    baseUrl: row.base_url,
    readers: JSON.parse(row.readers_json),
    schedule: row.schedule,
    createdAt: row.created_at,
    syncRequestedAt: row.sync_requested_at,
    secretId: row.secret_id,
    cursor: row.cursor,
    listedWholeAt: row.listed_whole_at,
    nextSyncAt: row.next_sync_at,
    pausedAt: row.paused_at,
    failures: row.failures,
    problem: row.problem_json === null ? null : (JSON.parse(row.problem_json) as SourceProblem),
    doubt: row.doubt_json === null ? null : (JSON.parse(row.doubt_json) as RemovalDoubt),
  };
}
