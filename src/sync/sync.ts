/** One sync: a source becomes passages. Reads from top to bottom: list → plan → fetch, extract, chunk, embed, write → remove. */
import { createHash } from 'node:crypto';
import { internReaders, setsWithout } from '../access/reader-sets.ts';
import type { Catalog } from '../catalog/database.ts';
import { commitRemoval, knownDocuments, touchDocument, type KnownDocument, type Writer } from '../catalog/documents.ts';
import {
  finishRun,
  findSource,
  recordFailure,
  releaseLease,
  renewLease,
  saveProgress,
  settleSource,
  startRun,
  takeLease,
  type Run,
  type RunProgress,
  type RunOutcome,
  type RunSummary,
  type Source,
} from '../catalog/sources.ts';
import type { Connector, ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../connectors/connector.ts';
import { AppError, isAbort, publicMessageOf, reasonOf } from '../errors.ts';
import type { Outbound } from '../net/outbound.ts';
import { plainText } from '../passage-text.ts';
import { detectLanguage } from '../search/analyzer.ts';
import type { ExtractedDocument, Log } from '../types.ts';
import { chunk } from './chunk.ts';
import type { Extractor } from './extract.ts';
import { doubtRemovals, planSync } from './plan.ts';
import { documentId, dropGone, passageRows, narrowReaders, sweepLeftovers, writeDocument, writeReaders, type WriteDeps } from './write.ts';

export interface SyncDeps extends WriteDeps {
  db: Catalog;
  connector: Connector;
  extractor: Extractor;
  outbound: Outbound;
  log: Log;
  /** Distinguishes this process from others that may hold the source's lease. */
  leaseOwner: string;
  /** The largest share (0 to 1) of the known documents that one run may remove without asking. */
  largestRemovalShare?: number;
  /** Undefined: the source has none. What it throws fails the run, and stands with the source. */
  credential?: () => Promise<Record<string, string> | undefined>;
  /** A folder of this source's own that may be deleted at any time. */
  cacheFolder?: string;
  /** When the source is due next, after so many failed runs in a row; null: not by itself. */
  nextSync?: (failures: number) => number | null;
  onProgress?: (progress: RunProgress) => void;
}

/** Documents fetched and parsed side by side; politeness towards a host is the outbound guard's and the connector's. */
const AT_ONCE = 4;
const LEASE_RENEWAL_MS = 4_000;
const PROGRESS_MS = 250;
/** Enough text to tell a document's language. */
const LANGUAGE_SAMPLE = 2_000;
const TITLE_CHARACTERS = 300;
const LARGEST_REMOVAL_SHARE = 0.5;
/** A listing of changes may miss some (rights, templates, what the wiki forgot): everything is listed this often all the same. */
const WHOLE_LISTING_MS = 7 * 24 * 3_600_000;
/** Where documents have readers of their own, which a listing of changes need not show: with every daily sync. */
const WHOLE_READERS_MS = 20 * 3_600_000;

/**
 * Syncs one source and leaves a run with its summary in the catalog.
 * A document that cannot be read is recorded by name and reason, and the rest goes on.
 * @throws AppError `sync.busy` when another process syncs this source
 */
export async function syncSource(source: Source, deps: SyncDeps, signal: AbortSignal): Promise<RunSummary> {
  const { db, clock } = deps;
  const startedAt = clock.now();
  if (!(await takeLease(db, source.id, deps.leaseOwner, startedAt))) {
    throw new AppError({
      code: 'sync.busy',
      message: 'the source is being synced by another process',
      retryable: true,
      publicMessage: `"${source.name}" is being synced already; wait for it, or cancel it in the console.`,
    });
  }
  const stop = new AbortController();
  const running = AbortSignal.any([signal, stop.signal]);
  const renewal = setInterval(() => {
    renewLease(db, source.id, deps.leaseOwner, clock.now()).then(
      (lease) => lease !== 'held' && stop.abort(),
      () => {},
    );
  }, LEASE_RENEWAL_MS);
  try {
    return await run(source, startedAt, deps, running);
  } finally {
    clearInterval(renewal);
    await releaseLease(db, source.id, deps.leaseOwner);
  }
}

async function run(given: Source, startedAt: number, deps: SyncDeps, signal: AbortSignal): Promise<RunSummary> {
  const { db, clock } = deps;
  // Another process may have ended a run since this one looked.
  const source = (await findSource(db, given.id)) ?? given;
  const runId = await startRun(db, source.id, startedAt);
  const summary: RunSummary = {
    source: source.name,
    runId,
    listed: 0,
    added: 0,
    changed: 0,
    moved: 0,
    removed: 0,
    unchanged: 0,
    failed: 0,
    complete: false,
    passagesEmbedded: 0,
    passagesReused: 0,
    requests: 0,
    ms: 0,
  };
  const progress: RunProgress = { phase: 'listing', listed: 0, done: 0, failed: 0, left: 0 };
  const report = progressReporter(runId, progress, deps);
  const outbound: Outbound = { ...deps.outbound, fetch: (url, options) => (summary.requests++, deps.outbound.fetch(url, options)) };
  let cursor: string | undefined;
  const context: ConnectorContext = {
    outbound,
    clock,
    log: deps.log,
    signal,
    keepCursor: (at) => (cursor = at),
    ...(deps.cacheFolder === undefined ? {} : { cacheFolder: deps.cacheFolder }),
  };
  const writer: Writer = { runId, sourceId: source.id, leaseOwner: deps.leaseOwner };
  let state: Run['state'] = 'done';
  let whole = true;
  /** Some document may be read when it is asked for once more, and would not be listed again from the new place on. */
  let tryAgain = false;
  let doubt: RunOutcome['doubt'] = source.doubt;
  try {
    const credential = await deps.credential?.();
    const location: SourceLocation = {
      location: source.location,
      ...(source.baseUrl ? { baseUrl: source.baseUrl } : {}),
      ...(credential ? { credential } : {}),
    };
    await sweepLeftovers(source.id, deps).catch((error: unknown) => {
      if (isAbort(error)) throw error;
      // What is gone or closed must not wait for an index that refuses: the catalog has the last word.
      deps.log.warn(
        { sourceId: source.id, runId, reason: reasonOf(error) },
        'points that are left over could not be taken out of the index',
      );
    });
    const known = await knownDocuments(db, source.id);
    const listed: ListedDocument[] = [];
    const takeListing = async (listing: AsyncIterable<ListedDocument>): Promise<void> => {
      listed.length = 0;
      cursor = undefined;
      for await (const entry of listing) {
        signal.throwIfAborted();
        listed.push(entry);
        progress.listed = listed.length;
        await report();
      }
    };
    const changes = await listingOfChanges(source, known, location, deps, context);
    whole = changes === undefined;
    try {
      if (changes) await takeListing(changes);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'connector.cursor_lost') throw error;
      deps.log.info(
        { sourceId: source.id, runId, reason: error.message },
        'changes cannot be listed from where the last sync ended; everything is listed',
      );
      whole = true;
    }
    if (whole) await takeListing(deps.connector.list(location, context));
    summary.listed = listed.length;

    const readerSetOf = await readerSetsOf(listed, source, db);
    const plan = planSync(known, listed, readerSetOf, whole);
    const liveBefore = [...known.values()].filter((d) => !d.deleted).length;
    summary.unchanged = plan.kept + (whole ? 0 : liveBefore - listed.filter((entry) => isLive(known.get(entry.externalId))).length);
    Object.assign(progress, { phase: 'documents', done: plan.kept, left: plan.fetch.length });
    const gone = new Set(plan.gone);
    // Where a document of these bytes was until now: what is found at a new place is the same document, moved.
    const movable = Map.groupBy(plan.gone, (document) => document.contentHash);
    const takeMoved = (contentHash: string): KnownDocument | undefined => {
      const from = movable.get(contentHash)?.shift();
      if (from) gone.delete(from);
      return from;
    };
    const ids = new Set([...known.values()].map(({ id }) => id));
    // First of all, before anything is fetched: who may not read a document any more does not.
    const otherReaders = new Set<string>();
    for (const entry of plan.fetch) {
      const document = known.get(entry.externalId);
      if (!isLive(document) || document.readerSet === readerSetOf(entry)) continue;
      signal.throwIfAborted();
      otherReaders.add(document.id);
      await narrowReaders(document, readerSetOf(entry), writer, deps);
    }

    const one = async (entry: ListedDocument): Promise<void> => {
      const before = known.get(entry.externalId);
      const readerSet = readerSetOf(entry);
      try {
        if (isLive(before) && otherReaders.has(before.id)) await writeReaders(before, readerSet, writer, deps, signal);
        if (entry.problem) throw new AppError({ code: 'document.unreadable', message: entry.problem });
        const same = isLive(before) && entry.version !== undefined && entry.version === before.listedVersion;
        const fetched: Fetched = same
          ? { kind: 'unchanged' }
          : await deps.connector.fetch(location, entry, isLive(before) ? before.validators : undefined, context);
        const outcome = await take(entry, fetched, before, readerSet);
        if (outcome === 'gone') {
          if (before && !before.deleted) gone.add(before);
        } else summary[outcome]++;
        progress.done++;
      } catch (error) {
        if (signal.aborted || isAbort(error) || (error instanceof AppError && error.code === 'sync.lease_lost')) throw error;
        summary.failed++;
        progress.failed++;
        tryAgain ||= !entry.problem && (!(error instanceof AppError) || error.retryable);
        await recordFailure(db, runId, entry.externalId, error instanceof AppError ? publicMessageOf(error) : reasonOf(error));
      }
      progress.left--;
      await report();
    };

    const take = async (
      entry: ListedDocument,
      fetched: Fetched,
      before: KnownDocument | undefined,
      readerSet: number,
    ): Promise<'added' | 'changed' | 'unchanged' | 'gone'> => {
      if (fetched.kind === 'gone') return 'gone';
      if (fetched.kind === 'unchanged') {
        await touch(before!, entry, undefined);
        return 'unchanged';
      }
      const contentHash = createHash('sha256').update(fetched.bytes).digest('hex');
      const sameBytes = isLive(before) && before.contentHash === contentHash;
      const samePlace = fetched.url === null || fetched.url === before?.url;
      if (sameBytes && samePlace) {
        await touch(before, entry, fetched.validators);
        return 'unchanged';
      }
      const extracted = await deps.extractor.extract({ bytes: fetched.bytes, format: fetched.format, name: entry.externalId }, signal);
      const movedFrom = before === undefined ? takeMoved(contentHash) : undefined;
      const id = before?.id ?? movedFrom?.id ?? freshId(source.id, entry.externalId, ids);
      ids.add(id);
      const title = titleOf(fetched.titleWins ? { ...extracted, title: fetched.title ?? '' } : extracted, fetched.title, entry.externalId);
      const passages = passageRows(id, title, chunk(extracted.blocks, { under: extracted.breadcrumbs ?? [] }), deps.embeddingModel ?? '');
      const kind = movedFrom ? 'moved' : !isLive(before) ? 'added' : sameBytes ? 'moved' : 'changed';
      const last = movedFrom ?? before;
      const written = await writeDocument(
        {
          id,
          sourceId: source.id,
          externalId: entry.externalId,
          url: fetched.url ?? extracted.url ?? null,
          title,
          owner: extracted.owner ?? fetched.owner ?? null,
          changedAt: extracted.changedAt ?? fetched.changedAt ?? null,
          language: languageOf(extracted, title),
          textFragments: extracted.textFragments,
          version: (last?.version ?? 0) + 1,
          contentHash,
          listedVersion: entry.version ?? null,
          validators: fetched.validators,
          readerSet,
          passages,
          ...(extracted.aliases ? { aliases: extracted.aliases } : {}),
          ...(extracted.unread ? { unread: extracted.unread } : {}),
        },
        writer,
        kind,
        // A passage that stays keeps its point, which would keep the readers of before.
        last?.deleted !== false || last.readerSet !== readerSet,
        deps,
        signal,
      );
      summary.passagesEmbedded += written.embedded;
      summary.passagesReused += written.reused;
      if (movedFrom) {
        summary.moved++;
        summary.removed++;
        return 'added';
      }
      if (kind === 'moved') summary.moved++;
      return kind === 'moved' ? 'unchanged' : kind;
    };

    const touch = async (before: KnownDocument, entry: ListedDocument, validators: Record<string, string> | undefined): Promise<void> => {
      const version = entry.version ?? null;
      if (version !== before.listedVersion || (validators && JSON.stringify(validators) !== JSON.stringify(before.validators)))
        await touchDocument(db, before.id, version, validators);
    };

    await inParallel(plan.fetch, AT_ONCE, one, signal);

    const unseen = listed.find((entry) => entry.unseen);
    const counts = { known: liveBefore, listed: whole ? listed.length : liveBefore, gone: gone.size };
    const confirmed = source.doubt?.confirmedAt ? source.doubt.gone : 0;
    const why = unseen
      ? `${unseen.externalId} could not be listed (${unseen.problem}), so nothing was removed`
      : doubtRemovals(counts, deps.largestRemovalShare ?? LARGEST_REMOVAL_SHARE, confirmed);
    doubt = why && !unseen ? { runId, known: liveBefore, gone: gone.size, confirmedAt: null } : null;
    if (why) {
      summary.error = why;
      // Where a wiki tells readers, what it does not show any more may have been closed to everyone who asks for us, too.
      if (deps.connector.capabilities.knowsReaders && !unseen) {
        const nobody = await internReaders(db, source.readers, [[]]);
        for (const document of gone) await narrowReaders(document, nobody, writer, deps);
      }
    } else {
      progress.phase = 'removing';
      for (const document of gone) {
        signal.throwIfAborted();
        await dropGone(await commitRemoval(db, document.id, writer, 'removed', clock.now()), deps);
        summary.removed++;
        await report();
      }
      summary.complete = true;
    }
  } catch (error) {
    // Who took it over tells how it ends.
    const lost = error instanceof AppError && error.code === 'sync.lease_lost';
    const cancelled = signal.aborted || isAbort(error) || lost;
    state = cancelled ? 'cancelled' : 'failed';
    summary.error = cancelled ? 'cancelled before the end; the next sync takes up the rest' : publicMessageOf(error);
    // Said once: who watches the log need not read it each time that it is tried again.
    const say = source.problem ? deps.log.info : deps.log.warn;
    if (!cancelled) say({ sourceId: source.id, runId, reason: reasonOf(error) }, 'sync failed');
  }
  summary.ms = clock.now() - startedAt;
  if (state !== 'cancelled') {
    const failures = state === 'failed' ? source.failures + 1 : 0;
    const taken = summary.complete && !tryAgain;
    await settleSource(
      db,
      source.id,
      {
        ...(taken && cursor !== undefined ? { cursor } : {}),
        ...(taken && whole ? { listedWholeAt: startedAt } : {}),
        doubt,
        failures,
        problem: state === 'failed' ? { reason: summary.error!, since: source.problem?.since ?? startedAt } : null,
        nextSyncAt: deps.nextSync ? deps.nextSync(failures) : source.nextSyncAt,
      },
      deps.leaseOwner,
    );
  }
  await finishRun(db, { id: runId, sourceId: source.id, state, summary, startedAt, leaseOwner: deps.leaseOwner }, clock.now());
  deps.log.info(
    {
      sourceId: source.id,
      runId,
      state,
      listed: summary.listed,
      added: summary.added,
      changed: summary.changed,
      removed: summary.removed,
      failed: summary.failed,
      ms: summary.ms,
    },
    'sync ended',
  );
  return summary;
}

const isLive = (document: KnownDocument | undefined): document is KnownDocument => document !== undefined && !document.deleted;

/** The id of a new document. One that moved away from this place may still have the usual id. */
function freshId(sourceId: string, externalId: string, taken: Set<string>): string {
  for (let n = 0; ; n++) {
    const id = documentId(sourceId, n === 0 ? externalId : `${externalId}#${n}`);
    if (!taken.has(id)) return id;
  }
}

/** The reader set that each entry is to have: the source's own, and what the connector says beside it. */
async function readerSetsOf(listed: ListedDocument[], source: Source, db: Catalog): Promise<(entry: ListedDocument) => number> {
  const keyOf = ({ readers = [] }: ListedDocument): string => JSON.stringify(readers);
  const sets = new Map([['[]', await internReaders(db, source.readers)]]);
  for (const entry of listed) {
    const key = keyOf(entry);
    if (!sets.has(key)) sets.set(key, await internReaders(db, source.readers, entry.readers));
  }
  return (entry) => sets.get(keyOf(entry))!;
}

/** Undefined where everything has to be listed: the first time, now and then, while an admin's word is asked for, and for new readers. */
async function listingOfChanges(
  source: Source,
  known: Map<string, KnownDocument>,
  location: SourceLocation,
  { connector, db }: Pick<SyncDeps, 'connector' | 'db'>,
  context: ConnectorContext,
): Promise<AsyncIterable<ListedDocument> | undefined> {
  if (!connector.listChanges || source.cursor === null || source.doubt) return undefined;
  const wholeListingMs = connector.capabilities.knowsReaders ? WHOLE_READERS_MS : WHOLE_LISTING_MS;
  if (context.clock.now() - (source.listedWholeAt ?? 0) > wholeListingMs) return undefined;
  const sets = new Set([...known.values()].filter(isLive).map(({ readerSet }) => readerSet));
  if ((await setsWithout(db, sets, source.readers)).length > 0) return undefined;
  return connector.listChanges(location, source.cursor, context);
}

function titleOf(extracted: ExtractedDocument, hint: string | undefined, externalId: string): string {
  const heading = extracted.blocks.find((b) => b.kind === 'heading');
  const fallback =
    externalId
      .split('/')
      .filter(Boolean)
      .at(-1)
      ?.replace(/\.\w{2,8}$/, '') ?? externalId;
  const given = [extracted.title, hint, heading && plainText(heading.text.slice(0, 4 * TITLE_CHARACTERS)).text, fallback];
  return given.map((title) => oneLine(title ?? '')).find((title) => title !== '') ?? externalId;
}

/** A title stands in lists, prompts and every passage's terms: one line, not without end, with no marks that turn the text around it. */
function oneLine(title: string): string {
  const line = title
    .slice(0, 4 * TITLE_CHARACTERS)
    .replaceAll(/[\u202a-\u202e\u2066-\u2069\ufeff]/gu, '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .toWellFormed();
  return line.length > TITLE_CHARACTERS ? `${line.slice(0, TITLE_CHARACTERS).trimEnd().toWellFormed()}…` : line;
}

function languageOf(extracted: ExtractedDocument, title: string): string {
  let sample = title;
  for (const block of extracted.blocks) {
    if (sample.length > LANGUAGE_SAMPLE) break;
    if (block.kind !== 'code') sample += `\n${block.text.slice(0, LANGUAGE_SAMPLE)}`;
  }
  return detectLanguage(plainText(sample).text);
}

/** Saves and reports progress, at most four times a second. */
function progressReporter(runId: string, progress: RunProgress, deps: SyncDeps): () => Promise<void> {
  let last = 0;
  return async () => {
    const now = deps.clock.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    deps.onProgress?.({ ...progress });
    await saveProgress(deps.db, runId, progress);
  };
}

async function inParallel<T>(items: T[], atOnce: number, work: (item: T) => Promise<void>, signal: AbortSignal): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      signal.throwIfAborted();
      try {
        await work(items[next++]!);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  // All lanes have ended before the first error goes on, so that nothing writes behind the caller's back.
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  const failed = lanes.find((l) => l.status === 'rejected');
  if (failed) throw failed.reason;
}
