/** Keeps the index in step with the catalog: syncs, what the workers take up, rebuilding, and what is made anew with each index. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Catalog } from './catalog/database.ts';
import { documentLanguages, purgeSource, sourcePassageIds } from './catalog/documents.ts';
import { countPassages, passagesAfter, samplePassages } from './catalog/passages.ts';
import { readFact, writeFact } from './catalog/facts.ts';
import { restoredMark } from './catalog/restored.ts';
import { clearLeftovers } from './catalog/leftovers.ts';
import { dueSources, findSource, listSources, takeLease, type RunProgress, type RunSummary, type Source } from './catalog/sources.ts';
import { calibrate, gatherSamples } from './ask/calibrate.ts';
import { CALIBRATION_VERSION, type Calibration } from './ask/sufficient.ts';
import { retrieve } from './ask/retrieve.ts';
import { AppError, isAbort, noSuchSource, reasonOf } from './errors.ts';
import type { Embedder } from './models/embedder.ts';
import type { DueJob, Job, JobProgress } from './queue/jobs.ts';
import { chooseModels, holdSources, lostSource, putPassages, settleModels } from './rebuilding.ts';
import { ANALYZER_VERSION } from './search/analyzer.ts';
import type { SearchIndex } from './search/search-index.ts';
import { fillVectors, type Filled } from './sync/fill-vectors.ts';
import { OWN_WORDS_VERSION, refreshOwnWords } from './sync/own-words.ts';
import { syncSource, type SyncDeps } from './sync/sync.ts';
import { sweepLeftovers } from './sync/write.ts';
import type { Clock, Log } from './types.ts';

export interface IndexingDeps {
  db: Catalog;
  index: SearchIndex;
  /** What vectors are to be made with. */
  embedder?: Embedder;
  clock: Clock;
  log: Log;
  keepRate: number;
  /** What a sync of one source needs beside the rest. */
  syncDeps: (
    source: Source,
  ) => Promise<Pick<SyncDeps, 'connector' | 'extractor' | 'outbound' | 'credential' | 'cacheFolder' | 'largestRemovalShare' | 'nextSync'>>;
  atStep?: SyncDeps['atStep'];
  /** Told of each sync that has ended. */
  onSynced?: (summary: RunSummary) => void;
}

/** A holder of leases. What one process does side by side keeps each other out, too. */
const leaseOwner = (): string => `${hostname()}:${process.pid}:${randomUUID()}`;
/** The id of jobs that are about no source. */
const CATALOG = 'catalog';
const CALIBRATION_PASSAGES = 600;
const CALIBRATION_HITS = 24;

/** Facts about an index that stand in it. */
export interface IndexFacts {
  calibration: Calibration | undefined;
  /** `Embedder.model` of the vectors that searches use; undefined: there are none. */
  vectorModel: string | undefined;
  /** Languages of the documents, most common first. */
  languages: string[];
}

export async function readIndexFacts(index: SearchIndex): Promise<IndexFacts> {
  const [calibration, languages, { active }] = await Promise.all([
    index.getMeta('calibration'),
    index.getMeta('languages'),
    index.vectorModels(),
  ]);
  return {
    vectorModel: active,
    calibration: calibration === undefined ? undefined : (JSON.parse(calibration) as Calibration),
    languages: languages === undefined ? [] : (JSON.parse(languages) as string[]),
  };
}

/** Whether the index was made by this analyzer, from this catalog; an empty one is while the catalog is (else it was lost). */
export async function indexIsCurrent(deps: Pick<IndexingDeps, 'db' | 'index'>): Promise<boolean> {
  const analyzer = await deps.index.getMeta('analyzer');
  if (analyzer === undefined) return (await passagesAfter(deps.db, '', 1)).length === 0;
  if (analyzer !== ANALYZER_VERSION || !(await isOfCatalog(deps))) return false;
  return (await deps.index.count()) > 0 || (await passagesAfter(deps.db, '', 1)).length === 0;
}

/** An index that nothing was ever put into is from now on of this analyzer. One that was lost in this moment is not called whole. */
async function stampNew(deps: IndexingDeps): Promise<void> {
  if ((await deps.index.getMeta('analyzer')) !== undefined) return;
  if ((await passagesAfter(deps.db, '', 1)).length > 0)
    throw new AppError({
      code: 'search.unavailable',
      message: 'the index was lost a moment ago',
      publicMessage: 'The search index was lost a moment ago; it is filled again first.',
      retryable: true,
    });
  await deps.index.setMeta('analyzer', ANALYZER_VERSION);
}

/** Whether the index was made from this catalog, not from the one before a backup was restored. */
async function isOfCatalog({ db, index }: Pick<IndexingDeps, 'db' | 'index'>): Promise<boolean> {
  return ((await index.getMeta('restored')) ?? '') === (await restoredMark(db));
}

/** Whether the index was calibrated by this version's rules; an empty one needs none. */
async function isCalibrated(index: SearchIndex): Promise<boolean> {
  return (await readIndexFacts(index)).calibration?.version === CALIBRATION_VERSION || (await index.count()) === 0;
}

/**
 * Syncs sources by name, one after the other; all when none is named.
 * @throws AppError `source.not_found` that lists the sources when a name is unknown
 */
export async function syncNow(
  names: string[],
  deps: IndexingDeps,
  options: { signal: AbortSignal; onProgress?: (source: string, progress: RunProgress) => void },
): Promise<RunSummary[]> {
  const all = await listSources(deps.db);
  const chosen =
    names.length === 0
      ? all
      : await Promise.all(
          names.map(async (name) => {
            const source = await findSource(deps.db, name);
            if (!source)
              throw noSuchSource(
                name,
                all.map((s) => s.name),
              );
            return source;
          }),
        );
  if (!(await indexIsCurrent(deps))) await reindex(deps, { signal: options.signal, unlessCurrent: true });
  await stampNew(deps);
  const summaries: RunSummary[] = [];
  for (const source of chosen) {
    options.signal.throwIfAborted();
    const onProgress = options.onProgress && ((progress: RunProgress) => options.onProgress!(source.name, progress));
    const summary = await syncSource(
      source,
      {
        db: deps.db,
        index: deps.index,
        clock: deps.clock,
        log: deps.log,
        leaseOwner: leaseOwner(),
        ...(deps.embedder ? { embeddingModel: deps.embedder.model } : {}),
        ...(await deps.syncDeps(source)),
        ...(onProgress ? { onProgress } : {}),
        ...(deps.atStep ? { atStep: deps.atStep } : {}),
      },
      options.signal,
    );
    summaries.push(summary);
    deps.onSynced?.(summary);
  }
  if (!(await isCalibrated(deps.index)) || summaries.some((s) => s.added + s.changed + s.removed > 0))
    await renewIndexFacts(deps, options.signal);
  return summaries;
}

/** Languages and the calibration of abstention, from the index as it stands. */
export async function renewIndexFacts(deps: IndexingDeps, signal: AbortSignal): Promise<void> {
  // Of one that was lost meanwhile nothing is said: it is filled again first.
  if ((await deps.index.getMeta('analyzer')) === undefined) return;
  const languages = await documentLanguages(deps.db);
  await deps.index.setMeta('languages', JSON.stringify(languages));
  const readerSets = (await deps.db.selectFrom('reader_sets').select('id').execute()).map((row) => row.id);
  const calibration = await calibrateIndex(deps, languages, readerSets, signal);
  if (calibration) await deps.index.setMeta('calibration', JSON.stringify(calibration));
}

/** Asks the index questions made from its own passages, and off-topic ones. Undefined for an empty index. */
async function calibrateIndex(
  deps: IndexingDeps,
  languages: string[],
  readerSets: number[],
  signal: AbortSignal,
): Promise<Calibration | undefined> {
  const passages = await samplePassages(deps.db, CALIBRATION_PASSAGES);
  if (passages.length === 0) return undefined;
  // While vectors are still filling in, what meaning finds says little of what it will find.
  const { vectorModel } = await readIndexFacts(deps.index);
  const meaning = deps.embedder && vectorModel === deps.embedder.model && (await deps.index.getMeta('filled')) === vectorModel;
  const { db, index, log, embedder } = deps;
  const retrieveDeps = { db, index, log, ...(meaning && embedder ? { embedder } : {}) };
  const samples = await gatherSamples(
    passages,
    (text, exceptDocuments) =>
      retrieve(
        { text, languages, readerSets, limit: CALIBRATION_HITS, ...(exceptDocuments ? { exceptDocuments } : {}) },
        retrieveDeps,
        signal,
      ),
    signal,
  );
  return calibrate(samples, deps.keepRate, retrieveDeps.embedder);
}

/**
 * Gives the passages that lack one their vector, and calibrates anew when there were any. An embedder that fails leaves
 * search by words as it is.
 * @returns what was filled; undefined when no embedder is there, or it failed
 */
export async function fillIn(
  deps: IndexingDeps,
  options: { signal: AbortSignal; yieldTo?: () => Promise<boolean>; onProgress?: (done: number, total: number) => void },
): Promise<Filled | undefined> {
  if (!deps.embedder) return undefined;
  try {
    const filled = await fillVectors({ ...deps, embedder: deps.embedder }, options);
    if (filled.complete && (filled.filled > 0 || (await deps.index.getMeta('filled')) !== deps.embedder.model)) {
      await deps.index.setMeta('filled', deps.embedder.model);
      await renewIndexFacts(deps, options.signal);
    }
    return filled;
  } catch (error) {
    if (isAbort(error) || options.signal.aborted) throw error;
    deps.log.warn({ model: deps.embedder.model, reason: reasonOf(error) }, 'passages could not be embedded; tried again at the next sweep');
    return undefined;
  }
}

/** What waits in the catalog, most urgent first: an index that is lost or outdated, sources, then vectors. */
export async function dueJobs(deps: IndexingDeps): Promise<DueJob[]> {
  const due: DueJob[] = [];
  if (await indexIsBehind(deps)) due.push({ kind: 'keep-index', id: CATALOG });
  for (const { id, removed, heldUntil } of await dueSources(deps.db, deps.clock.now()))
    due.push({ kind: removed ? 'take-out' : 'sync-source', id, ...(heldUntil === null ? {} : { notBefore: heldUntil }) });
  if (await lacksVectors(deps)) due.push({ kind: 'fill-vectors', id: CATALOG });
  return due;
}

/**
 * Does one job of `dueJobs`; what is no longer there to be done is left.
 * @throws AppError `sync.busy` when somebody else holds the source
 */
export async function runJob(
  job: Job,
  deps: IndexingDeps,
  options: { signal: AbortSignal; onProgress?: (progress: JobProgress) => void },
): Promise<void> {
  const { signal, onProgress } = options;
  switch (job.kind) {
    case 'keep-index':
      return keepIndex(deps, signal);
    case 'sync-source':
      if (await findSource(deps.db, job.id))
        await syncNow([job.id], deps, { signal, ...(onProgress ? { onProgress: (_, progress) => onProgress({ ...progress }) } : {}) });
      return;
    case 'take-out':
      return takeOutSource(job.id, deps);
    case 'fill-vectors':
      await fillIn(deps, {
        signal,
        yieldTo: async () => (await dueSources(deps.db, deps.clock.now())).some(({ heldUntil }) => heldUntil === null),
        ...(onProgress ? { onProgress: (done, total) => onProgress({ done, total }) } : {}),
      });
      return;
    case 'sweep':
      return;
  }
}

/** Does all that waits in the catalog and that nobody else holds, here and now. */
export async function workOnce(deps: IndexingDeps, signal: AbortSignal): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const job = (await dueJobs(deps)).find(({ kind, id, notBefore }) => notBefore === undefined && !tried.has(`${kind}:${id}`));
    if (!job) return;
    // What is due again right after it was done waits for the next time; but vectors give way to a source, and go on after it.
    if (job.kind !== 'fill-vectors') tried.delete(`fill-vectors:${CATALOG}`);
    tried.add(`${job.kind}:${job.id}`);
    await runJob(job, deps, { signal });
  }
}

async function indexIsBehind(deps: IndexingDeps): Promise<boolean> {
  return !(await indexIsCurrent(deps)) || (await readFact(deps.db, 'ownWords')) !== OWN_WORDS_VERSION || !(await isCalibrated(deps.index));
}

async function keepIndex(deps: IndexingDeps, signal: AbortSignal): Promise<void> {
  if (!(await indexIsCurrent(deps))) {
    deps.log.info({}, 'the index was lost, or made with another analyzer; rebuilding it');
    await reindex(deps, { signal, unlessCurrent: true });
  }
  if ((await readFact(deps.db, 'ownWords')) !== OWN_WORDS_VERSION) {
    await refreshOwnWords(deps.db, signal);
    await writeFact(deps.db, 'ownWords', OWN_WORDS_VERSION, deps.clock.now());
  }
  if (!(await isCalibrated(deps.index))) await renewIndexFacts(deps, signal);
}

async function lacksVectors({ db, index, embedder }: IndexingDeps): Promise<boolean> {
  if (!embedder) return false;
  if ((await index.getMeta('filled')) !== embedder.model) return (await index.count()) > 0;
  if ((await index.withoutVector(embedder.model, undefined, 1)).length === 0) return false;
  // Passages in languages that the model does not know never get one.
  if (!embedder.languages) return true;
  const made = (await index.vectorModels()).models.find(({ model }) => model === embedder.model)?.vectors ?? 0;
  return made < (await countPassages(db, embedder.languages));
}

/** A removed source is invisible already; here its points and rows go. */
async function takeOutSource(sourceId: string, deps: IndexingDeps): Promise<void> {
  if (!(await takeLease(deps.db, sourceId, leaseOwner(), deps.clock.now())))
    throw new AppError({ code: 'sync.busy', message: 'another process still works on the removed source', retryable: true });
  await sweepLeftovers(sourceId, deps);
  const ids = await sourcePassageIds(deps.db, sourceId);
  for (let i = 0; i < ids.length; i += 1000) await deps.index.drop(ids.slice(i, i + 1000));
  await purgeSource(deps.db, sourceId);
  await renewIndexFacts(deps, new AbortController().signal);
}

/**
 * Rebuilds the index from the catalog, beside the old one, which answers until the new one takes its place: every current
 * passage with the vectors that are kept for it. Cut short anywhere, the old index stays.
 * A source under sync is waited for, so that the two never work on the same documents.
 * @param options.unlessCurrent does nothing where another process has done it meanwhile
 * @throws AppError `reindex.lost` (retryable) when another process took over a source, or the catalog was replaced
 */
export async function reindex(
  deps: IndexingDeps,
  options: { signal: AbortSignal; onProgress?: (done: number, total: number) => void; unlessCurrent?: true },
): Promise<{ documents: number; passages: number; ms: number }> {
  const { db, index, clock, embedder } = deps;
  const { signal } = options;
  const startedAt = clock.now();
  const sources = holdSources(db, leaseOwner(), clock);
  try {
    await sources.takeNew(signal);
    if (options.unlessCurrent && (await indexIsCurrent(deps))) return { documents: 0, passages: 0, ms: clock.now() - startedAt };
    const mark = await restoredMark(db);
    const rebuild = await index.rebuild();
    const made = { ...deps, index: rebuild.index };
    try {
      const models = await chooseModels(index, rebuild.index, embedder?.model);
      const put = await putPassages(models, made, options);
      await settleModels(index, rebuild.index, embedder?.model);
      await rebuild.index.setMeta('analyzer', ANALYZER_VERSION);
      await rebuild.index.setMeta('restored', mark);
      await renewIndexFacts(made, signal);
      // A source that was added meanwhile was synced into the old index.
      while (await sources.takeNew(signal)) await putPassages(models, made, { signal });
      await dropOrphans(made, signal);
      await sources.check();
      if ((await restoredMark(db)) !== mark) throw lostSource();
      await rebuild.swap(signal);
      if (await sources.takeNew(signal)) await putPassages(models, deps, { signal });
      return { ...put, ms: clock.now() - startedAt };
    } finally {
      await rebuild.discard();
    }
  } finally {
    await sources.release();
  }
}

/** Takes out every point that the catalog does not know. Call with all leases held. */
async function dropOrphans(deps: Pick<IndexingDeps, 'db' | 'index'>, signal: AbortSignal): Promise<void> {
  for (let after: string | undefined; ;) {
    signal.throwIfAborted();
    const ids = await deps.index.ids(after, 1000);
    if (ids.length === 0) return;
    const orphans = await orphansAmong(ids, deps.db);
    await deps.index.drop(orphans);
    await clearLeftovers(deps.db, orphans);
    after = ids.at(-1)!;
  }
}

/** Those of some ids of the index that are no current passage. */
export async function orphansAmong(ids: string[], db: Catalog): Promise<string[]> {
  const current = new Set<string>();
  for (let i = 0; i < ids.length; i += 500) {
    const rows = await db
      .selectFrom('passages as p')
      .innerJoin('documents as d', 'd.id', 'p.document_id')
      .select('p.id')
      .where('d.deleted_at', 'is', null)
      .where('p.id', 'in', ids.slice(i, i + 500))
      .execute();
    for (const row of rows) current.add(row.id);
  }
  return ids.filter((id) => !current.has(id));
}
