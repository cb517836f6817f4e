/** One sync: a source becomes passages. Reads from top to bottom: list → plan → fetch, extract, chunk, embed, write → remove. */
import { createHash } from 'node:crypto';
import { internReaders } from '../access/reader-sets.ts';
import type { Catalog } from '../catalog/database.ts';
import { commitRemoval, knownDocuments, touchDocument, type KnownDocument, type Writer } from '../catalog/documents.ts';
import {
  finishRun,
  recordFailure,
  releaseLease,
  renewLease,
  saveProgress,
  startRun,
  takeLease,
  type Run,
  type RunProgress,
  type RunSummary,
  type Source,
} from '../catalog/sources.ts';
import type { Connector, ConnectorContext, Fetched, ListedDocument } from '../connectors/connector.ts';
import { AppError, isAbort, publicMessageOf, reasonOf } from '../errors.ts';
import type { Outbound } from '../net/outbound.ts';
import { plainText } from '../passage-text.ts';
import { detectLanguage } from '../search/analyzer.ts';
import type { ExtractedDocument, Log } from '../types.ts';
import { chunk } from './chunk.ts';
import type { Extractor } from './extract.ts';
import { doubtRemovals, planSync } from './plan.ts';
import { documentId, dropGone, passageRows, sweepLeftovers, writeDocument, type WriteDeps } from './write.ts';

export interface SyncDeps extends WriteDeps {
  db: Catalog;
  connector: Connector;
  extractor: Extractor;
  outbound: Outbound;
  log: Log;
  /** Distinguishes this process from others that may hold the source's lease. */
  leaseOwner: string;
  onProgress?: (progress: RunProgress) => void;
}

/** Documents fetched and parsed side by side; politeness towards a host is the outbound guard's and the connector's. */
const AT_ONCE = 4;
const LEASE_RENEWAL_MS = 4_000;
const PROGRESS_MS = 250;
/** Enough text to tell a document's language. */
const LANGUAGE_SAMPLE = 2_000;
const TITLE_CHARACTERS = 300;

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

async function run(source: Source, startedAt: number, deps: SyncDeps, signal: AbortSignal): Promise<RunSummary> {
  const { db, clock } = deps;
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
  const context: ConnectorContext = { outbound, clock, log: deps.log, signal };
  const location = { location: source.location, ...(source.baseUrl ? { baseUrl: source.baseUrl } : {}) };
  const writer: Writer = { runId, sourceId: source.id, leaseOwner: deps.leaseOwner };
  let state: Run['state'] = 'done';
  try {
    await sweepLeftovers(source.id, deps);
    const readerSet = await internReaders(db, source.readers);

    const listed: ListedDocument[] = [];
    for await (const entry of deps.connector.list(location, context)) {
      signal.throwIfAborted();
      listed.push(entry);
      progress.listed = listed.length;
      await report();
    }
    summary.listed = listed.length;

    const known = await knownDocuments(db, source.id);
    const plan = planSync(known, listed, readerSet);
    summary.unchanged = plan.kept;
    Object.assign(progress, { phase: 'documents', done: plan.kept, left: plan.fetch.length });
    const addedHashes = new Set<string>();
    const gone = [...plan.gone];

    const one = async (entry: ListedDocument): Promise<void> => {
      const before = known.get(entry.externalId);
      try {
        if (entry.problem) throw new AppError({ code: 'document.unreadable', message: entry.problem });
        const fetched = await deps.connector.fetch(
          location,
          entry,
          before && !before.deleted && before.readerSet === readerSet ? before.validators : undefined,
          context,
        );
        const outcome = await take(entry, fetched, before);
        if (outcome === 'gone') {
          if (before && !before.deleted) gone.push(before);
        } else summary[outcome]++;
        progress.done++;
      } catch (error) {
        if (signal.aborted || isAbort(error) || (error instanceof AppError && error.code === 'sync.lease_lost')) throw error;
        summary.failed++;
        progress.failed++;
        await recordFailure(db, runId, entry.externalId, error instanceof AppError ? publicMessageOf(error) : reasonOf(error));
      }
      progress.left--;
      await report();
    };

    const take = async (
      entry: ListedDocument,
      fetched: Fetched,
      before: KnownDocument | undefined,
    ): Promise<'added' | 'changed' | 'unchanged' | 'gone'> => {
      if (fetched.kind === 'gone') return 'gone';
      if (fetched.kind === 'unchanged') {
        await touchDocument(db, before!.id, entry.version ?? null, undefined);
        return 'unchanged';
      }
      const contentHash = createHash('sha256').update(fetched.bytes).digest('hex');
      const sameBytes = before !== undefined && !before.deleted && before.contentHash === contentHash;
      if (sameBytes && before.readerSet === readerSet) {
        await touchDocument(db, before.id, entry.version ?? null, fetched.validators);
        return 'unchanged';
      }
      const extracted = await deps.extractor.extract({ bytes: fetched.bytes, format: fetched.format, name: entry.externalId }, signal);
      const id = before?.id ?? documentId(source.id, entry.externalId);
      const title = titleOf(extracted, fetched.title, entry.externalId);
      const passages = passageRows(id, title, chunk(extracted.blocks), deps.embeddingModel ?? '');
      const kind = before === undefined || before.deleted ? 'added' : sameBytes ? 'readers' : 'changed';
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
          version: (before?.version ?? 0) + 1,
          contentHash,
          listedVersion: entry.version ?? null,
          validators: fetched.validators,
          readerSet,
          passages,
          ...(extracted.aliases ? { aliases: extracted.aliases } : {}),
        },
        writer,
        kind,
        // A passage that stays keeps its point, which would keep the readers of before.
        kind !== 'changed' || before?.readerSet !== readerSet,
        deps,
        signal,
      );
      summary.passagesEmbedded += written.embedded;
      summary.passagesReused += written.reused;
      if (kind === 'added') addedHashes.add(contentHash);
      return kind === 'added' ? 'added' : kind === 'readers' ? 'unchanged' : 'changed';
    };

    await inParallel(plan.fetch, AT_ONCE, one, signal);

    const liveBefore = [...known.values()].filter((d) => !d.deleted).length;
    const unseen = listed.find((entry) => entry.unseen);
    const doubt = unseen
      ? `${unseen.externalId} could not be listed (${unseen.problem}), so nothing was removed`
      : doubtRemovals(liveBefore, listed.length, gone.length);
    if (doubt) summary.error = doubt;
    else {
      progress.phase = 'removing';
      for (const document of gone) {
        signal.throwIfAborted();
        const moved = addedHashes.has(document.contentHash);
        await dropGone(await commitRemoval(db, document.id, writer, moved ? 'moved' : 'removed', clock.now()), deps);
        summary.removed++;
        if (moved) summary.moved++;
        await report();
      }
      summary.complete = true;
    }
  } catch (error) {
    const cancelled = signal.aborted || isAbort(error);
    state = cancelled ? 'cancelled' : 'failed';
    summary.error = cancelled ? 'cancelled before the end; the next sync takes up the rest' : publicMessageOf(error);
    if (!cancelled) deps.log.warn({ sourceId: source.id, runId, reason: reasonOf(error) }, 'sync failed');
  }
  summary.ms = clock.now() - startedAt;
  await finishRun(db, { id: runId, sourceId: source.id, state, summary, startedAt }, clock.now());
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
