/** The composition root: configuration in, a wired application out. The only file that names registries. */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readableReaderSets } from './access/audience.ts';
import { answerLeft, answerQuestion, readThread, type AnsweringDeps } from './answering.ts';
import { createChatAnswering } from './answering-chat.ts';
import type { App, DocumentView, FillWait, VectorStatus } from './app-contract.ts';
import type { ChatApp } from './chat/chat-app.ts';
import type { Messenger } from './chat/messenger.ts';
import { startOutbox, type Outbox } from './chat/outbox.ts';
import { createReferences } from './chat/references.ts';
import { createSyncNotes } from './chat/sync-notes.ts';
import { suggestionsFrom } from './chat/suggestions.ts';
import { listDocuments, readDocument } from './catalog/documents.ts';
import { countPassages, documentPassages, hydratePassages } from './catalog/passages.ts';
import { openCatalog, type Catalog } from './catalog/database.ts';
import { readCitations } from './catalog/answers.ts';
import { recordFeedback } from './catalog/feedback.ts';
import { leftQuestions } from './catalog/questions.ts';
import { readSettings, writeSetting, type Settings } from './catalog/settings.ts';
import { recordUsage, spentThisMonth } from './catalog/usage.ts';
import { systemClock, within } from './clock.ts';
import { outsideUrl, type Config } from './config.ts';
import { connectorFor, connectorKinds } from './connectors/registry.ts';
import { examine } from './doctor.ts';
import { createGlossary } from './glossary.ts';
import { AppError, inputError, publicMessageOf, reasonOf } from './errors.ts';
import { dueJobs, fillIn, readIndexFacts, reindex, runJob, syncNow, workOnce, type IndexFacts, type IndexingDeps } from './indexing.ts';
import { backUp, restore, docentVersion } from './keeping.ts';
import { createFileReading } from './question-files.ts';
import { readCatalogFigures, readIndexFigures } from './figures.ts';
import { createMetrics } from './metrics.ts';
import { createModelsInUse, type DownloadState } from './models-in-use.ts';
import { createBudget } from './models/budget.ts';
import type { VectorCache } from './models/cached-embedder.ts';
import type { Embedder } from './models/embedder.ts';
import { modelName } from './models/embedding.ts';
import { findOllama } from './models/ollama.ts';
import type { Timeouts } from './models/watch.ts';
import { withHostLimit } from './net/host-limit.ts';
import { createOutbound, type Outbound } from './net/outbound.ts';
import { openQueue } from './open-queue.ts';
import type { Queue } from './queue/queue.ts';
import { hostLimit, redisHealth } from './queue/registry.ts';
import { searchDrivers } from './search/registry.ts';
import { deploymentTimeZone } from './schedule.ts';
import { createChatConnections, type ChatConnections } from './chat-connections.ts';
import { chatFindings } from './connecting.ts';
import { createSecrets } from './secrets.ts';
import { createSources } from './sources.ts';
import { createExtractor, type Extractor } from './sync/extract.ts';
import { createTriage } from './triage/triage.ts';
import type { WriteDeps } from './sync/write.ts';
import type { Answer, Clock, Log } from './types.ts';
import type { AskDeps } from './ask/ask.ts';
import type { Calibration } from './ask/sufficient.ts';

export interface AppOptions {
  log: Log;
  clock?: Clock;
  /** Called when something waits in the catalog for the workers. */
  onWork?: () => void;
  /** Tests look at, and kill at, the steps of writing a document. */
  atStep?: WriteDeps['atStep'];
  /** Cores that a local embedding model may use; default: all but one, four at most. */
  threads?: number;
  /** Vectors that outlive the data folder, for measuring. */
  vectors?: VectorCache;
  /** An index of its own on a shared server, gone when the application is closed: for measuring beside the one that serves. */
  throwAwayIndex?: string;
  /** Shorter than a person's patience, for tests with an endpoint that hangs. */
  modelTimeouts?: Partial<Timeouts>;
}

/** What main.ts and the evaluation need beside the contract. */
export interface WiredApp extends App {
  readonly sessionKey: string;
  /** The tokens of chat platforms; whoever runs a bot asks for them every few seconds. */
  readonly chatConnections: ChatConnections;
  /** The guard for addresses that people supplied. */
  readonly outbound: Outbound;
  /** Sends what waits for these platforms, until it is stopped. */
  startOutbox(messengers: Messenger[]): Outbox;
  /** Where it listens, as the default of PUBLIC_URL. */
  listening(url: string): void;
  publicUrl(): string;
  /** What an operator should know at start, a line each. */
  startupNotes(): Promise<string[]>;
  askDeps(): Promise<AskDeps>;
  /** Counts what this server answers. */
  watch(server: Server): void;
  /** Answers what processes that ended in the middle left unanswered. */
  answerLeft(signal: AbortSignal): Promise<void>;
  /** From now on a question that is cut off is another process's to answer. */
  endSoon(): void;
  /** Brings the embedding model that is wanted and not there, in the background; ends with it, or with the signal. */
  fetchModel(signal: AbortSignal, onProgress?: (state: DownloadState) => void): Promise<void>;
}

/** A statement that a person waits for; background work waits longer. */
const PERSON_WAITS_MS = 30_000;
/** How long facts about the index are waited for while somebody waits. */
const FACTS_MS = 3_000;
const SAMPLE_QUESTIONS = fileURLToPath(new URL('../sample/questions.json', import.meta.url));

async function openDatabase({ DATABASE_URL: url, DOCENT_ROLE: role }: Config, folder: string): Promise<Catalog> {
  if (!url) return openCatalog(folder);
  makeDataFolder(folder);
  // Loaded where it is used.
  const { openPostgresCatalog } = await import('./catalog/postgres.ts');
  return openPostgresCatalog(url, role === 'web' ? { pool: { statementMs: PERSON_WAITS_MS } } : {});
}

/** Opens the catalog and the index in DATA_DIR and wires everything over them. */
export async function createApp(config: Config, options: AppOptions): Promise<WiredApp> {
  const { log } = options;
  const clock = options.clock ?? systemClock;
  const folder = resolve(config.DATA_DIR);
  const db = await openDatabase(config, folder);
  const index = config.QDRANT_URL
    ? await searchDrivers.qdrant({
        url: config.QDRANT_URL,
        ...(config.QDRANT_API_KEY ? { apiKey: config.QDRANT_API_KEY } : {}),
        ...(options.throwAwayIndex ? { name: options.throwAwayIndex, throwAway: true } : {}),
      })
    : searchDrivers.sqlite({ path: join(folder, 'index.db') });
  const sessionKey = config.SECRET_KEY ?? keptKey(join(folder, 'session.key'));
  let ending = false;
  /** One reading for all who ask meanwhile: they do not pile up where the index hangs. */
  let factsRead: Promise<IndexFacts> | undefined;
  let lastFacts: IndexFacts = { calibration: undefined, vectorModel: undefined, languages: ['en'] };
  let address = `http://127.0.0.1:${config.PORT}`;
  const publicUrl = (): string => (config.PUBLIC_URL ?? address).replace(/\/$/, '');
  const pageUrl = (documentId: string): string => `${publicUrl()}/documents/${documentId}`;
  const budget = createBudget({
    limitUsd: config.BUDGET_USD_MONTH,
    spentThisMonth: () => spentThisMonth(db, clock.now()),
    recordUsage: (row) => {
      metrics.used(row);
      return recordUsage(db, row, clock.now());
    },
    log,
    now: () => clock.now(),
  });
  // Opened when somebody first asks for figures.
  let watched: Promise<Queue> | undefined;
  const metrics = createMetrics(
    {
      catalog: async () =>
        readCatalogFigures(db, {
          now: clock.now(),
          budgetUsd: config.BUDGET_USD_MONTH,
          due: async () => dueJobs(await indexingDeps()),
        }),
      index: () => readIndexFigures(index),
      ...(config.REDIS_URL ? { queue: async () => (await (watched ??= openQueue(config, { clock, log }))).health() } : {}),
    },
    { role: config.DOCENT_ROLE, version: docentVersion(), now: () => clock.now() },
  );

  let settings = await readSettings(db);
  const requests = await hostLimit(config.REDIS_URL);
  const outbound = withHostLimit(
    metrics.countOutbound(createOutbound({ allowInternal: () => settings.internalAddresses })),
    requests.limiter,
    clock,
  );
  // Not for sources: a proxy resolves names by itself, so what it connects to is checked less.
  const downloads = createOutbound({
    allowInternal: () => settings.internalAddresses,
    userAgent: 'docent',
    proxy: { http: config.HTTP_PROXY, https: config.HTTPS_PROXY, no: config.NO_PROXY },
  });
  const inUse = createModelsInUse({
    config,
    modelsDir: resolve(config.MODELS_DIR ?? join(folder, 'models')),
    settings: () => settings,
    refreshSettings,
    clock,
    log,
    budget,
    outbound: downloads,
    threads: options.threads ?? Math.min(4, Math.max(1, availableParallelism() - 1)),
    ...(options.modelTimeouts ? { timeouts: options.modelTimeouts } : {}),
    ...(options.vectors ? { vectors: options.vectors } : {}),
    ...(options.onWork ? { onModel: options.onWork } : {}),
  });
  let extractor: Extractor | undefined;
  const timeZone = deploymentTimeZone(config.TZ);
  const secrets = createSecrets(db, sessionKey, () => clock.now());
  const chatConnections = createChatConnections({ db, secrets, config, clock });
  const sources = createSources({
    db,
    clock,
    log,
    outbound,
    secrets,
    cacheFolder: join(folder, 'cache'),
    connectorFor,
    connectorKinds,
    extractor: () => (extractor ??= createExtractor()),
    embedder: async () => (await inUse.current()).embedding.embedder,
    prices: () => settings.prices,
    timeZone,
    ...(options.onWork ? { onWork: options.onWork } : {}),
  });

  /** What another process changed (the command line, the workers) holds here from the next question on. */
  async function refreshSettings(): Promise<void> {
    const now = await readSettings(db);
    if (JSON.stringify(now) === JSON.stringify(settings)) return;
    settings = now;
    inUse.changed();
  }

  async function askDeps(): Promise<AskDeps> {
    await refreshSettings();
    // Of an index that cannot be read the search says so, once the question is recorded: it still gets its reply.
    const [{ models, embedding }, facts] = await Promise.all([
      inUse.current(),
      // Not waited for longer: where the index hangs, the question is told so by its search, which is not either.
      within(FACTS_MS, (factsRead ??= readIndexFacts(index).finally(() => (factsRead = undefined)))).then(
        (read) => (lastFacts = read),
        () => lastFacts,
      ),
    ]);
    const { languageModel } = models;
    // While a new model is built beside, the one whose vectors are searched still reads the questions.
    const { vectorModel } = facts;
    const wanted = embedding.embedder;
    const embedder = wanted && vectorModel !== undefined && vectorModel !== wanted.model ? await inUse.embedderOf(vectorModel) : wanted;
    return {
      db,
      index,
      clock,
      log,
      pageUrl,
      ...facts,
      calibration: withoutStaleMeaning(facts.calibration, embedder?.model),
      ...(languageModel ? { languageModel } : {}),
      ...(embedder ? { embedder } : {}),
    };
  }

  const outboxes = new Set<Outbox>();
  const triage = createTriage({
    db,
    clock,
    pageUrl,
    triageChannels: config.TRIAGE_CHANNEL ?? [],
    onOutbox: () => outboxes.forEach((one) => one.wake()),
  });
  const chatAnswering = createChatAnswering({
    answering: answeringDeps,
    recording: () => ({
      db,
      clock,
      log,
      pageUrl,
      languages: lastFacts.languages,
      questionsPerHour: settings.questionsPerHour,
      workspaceQuestionsPerHour: settings.workspaceQuestionsPerHour,
    }),
    adminUsers: config.ADMIN_USERS ?? [],
  });
  const chat: ChatApp = {
    syncNotes: createSyncNotes(db, clock),
    references: createReferences(db, clock),
    ...chatAnswering,
    files: createFileReading(() => (extractor ??= createExtractor())),
    ...triage,
    automatic: {
      ...triage.automatic,
      wanted: async (channel) => settings.automaticChannels[channel] !== undefined,
      async set(channel, precision) {
        await triage.automatic.set(channel, precision);
        await refreshSettings();
      },
    },
    async *answer(question, signal, files) {
      for await (const event of chatAnswering.answer(question, signal, files)) {
        if (event.type === 'final') counted(event.answer);
        yield event;
      }
    },
    async takeLeft(platform, limit) {
      // What an admin changed in another process holds here within seconds.
      await refreshSettings();
      return chatAnswering.takeLeft(platform, limit);
    },
    async suggestions(audience, language) {
      return suggestionsFrom(db, await readableReaderSets(db, {}, audience), language);
    },
  };
  const counted = (answer: Answer): void => {
    metrics.answered(answer);
    // An index that was lost is filled again now, not at the next sweep.
    if (answer.status === 'failed') options.onWork?.();
  };

  async function answeringDeps(): Promise<AnsweringDeps> {
    return { ...(await askDeps()), questionsPerHour: settings.questionsPerHour, ending: () => ending };
  }

  async function indexingDeps(): Promise<IndexingDeps> {
    await refreshSettings();
    const { embedder } = (await inUse.current()).embedding;
    return {
      db,
      index,
      clock,
      log,
      keepRate: settings.keepRate,
      ...(embedder ? { embedder } : {}),
      ...(options.atStep ? { atStep: options.atStep } : {}),
      onSynced: (summary) => metrics.synced(summary),
      syncDeps: async (source) => ({
        connector: await connectorFor(source.location, source.kind),
        extractor: (extractor ??= createExtractor()),
        outbound,
        cacheFolder: sources.cacheFolderOf(source),
        largestRemovalShare: settings.largestRemovalShare,
        nextSync: (failures) => sources.nextSync(source, failures),
        credential: () => sources.credentialOf(source),
      }),
    };
  }

  async function showDocument(
    id: string,
    where: { citation?: string; passage?: string; email?: string },
  ): Promise<DocumentView | undefined> {
    const readerSets = await readableReaderSets(db, where.email ? { email: where.email } : {}, 'asker');
    const document = await readDocument(db, id, readerSets);
    if (!document) return undefined;
    const passages = await documentPassages(db, id, readerSets);
    const view: DocumentView = {
      ...document,
      passages: passages.length,
      body: passages.map((p) => ({ passageId: p.id, headingPath: p.headingPath, anchor: p.anchor, text: p.text })),
    };
    const [answerId, n] = (where.citation ?? '').split('.');
    if (answerId && n) {
      const cited = (await readCitations(db, answerId)).find(
        (c) => c.n === Number(n) && c.document_id === id && readerSets.includes(c.reader_set),
      );
      const holder =
        cited &&
        (passages.find((p) => p.id === cited.passage_id && p.text.includes(cited.quote)) ??
          passages.find((p) => p.text.includes(cited.quote)));
      if (cited) view.highlight = { quote: cited.quote, passageId: holder?.id ?? cited.passage_id, present: holder !== undefined };
    } else if (where.passage) {
      const passage = (await hydratePassages(db, [where.passage], readerSets)).get(where.passage);
      if (passage?.documentId === id) view.highlight = { quote: passage.text, passageId: passage.id, present: true };
    }
    return view;
  }

  /** After a sync or a rebuilding here and now: vectors, for as long as the caller waits. */
  async function fillFor(
    vectors: FillWait | undefined,
    signal: AbortSignal,
    deps: IndexingDeps,
  ): Promise<Awaited<ReturnType<typeof fillIn>>> {
    if (!vectors) return undefined;
    const until = clock.now() + vectors.ms;
    return fillIn(deps, {
      signal,
      yieldTo: async () => clock.now() >= until,
      ...(vectors.onProgress ? { onProgress: vectors.onProgress } : {}),
    });
  }

  /** Undefined where there is no model, and while the index does not answer. */
  async function vectorStatus(embedder: Embedder | undefined): Promise<VectorStatus | undefined> {
    if (!embedder) return undefined;
    const [read, passages] = await Promise.all([
      within(FACTS_MS, index.vectorModels()).catch(() => undefined),
      countPassages(db, embedder.languages),
    ]);
    if (!read) return undefined;
    const { active, models } = read;
    const made = (model: string | undefined): number => models.find((one) => one.model === model)?.vectors ?? 0;
    const building = active !== undefined && active !== embedder.model;
    return {
      passages,
      embedded: Math.min(passages, made(embedder.model)),
      ...(building ? { replaces: modelName(active) } : {}),
    };
  }

  const app: WiredApp = {
    config,
    clock,
    log,
    timeZone,
    outsideUrl: outsideUrl(config),
    sessionKey,
    chatConnections,
    outbound,
    chat,
    startOutbox(messengers) {
      const started = startOutbox({ db, clock, log, messengers, compose: triage.compose });
      const outbox: Outbox = {
        wake: () => started.wake(),
        async stop() {
          outboxes.delete(outbox);
          await started.stop();
        },
      };
      outboxes.add(outbox);
      return outbox;
    },
    publicUrl,
    askDeps,
    listening(url) {
      address = url;
      // The first question need not wait for it; what fails here, the first search says.
      void index.warm().catch(() => {});
      // A hosted model is not asked for nothing.
      void askDeps()
        .then(({ embedder, languages }) => {
          if (embedder && languages.length > 0 && modelName(embedder.model) !== embedder.model)
            return embedder.embed(['ready'], 'query', AbortSignal.timeout(60_000));
        })
        .catch(() => {});
    },

    async *ask(input, signal) {
      for await (const event of answerQuestion(input, await answeringDeps(), signal)) {
        if (event.type === 'final') counted(event.answer);
        yield event;
      }
    },
    async answerLeft(signal) {
      if ((await leftQuestions(db, clock.now(), 1)).length === 0) return;
      for (const answer of await answerLeft(await answeringDeps(), signal)) metrics.answered(answer);
    },
    endSoon: () => void (ending = true),
    thread: (threadId) => readThread(threadId, { db, pageUrl, clock }),
    async giveFeedback({ answerId, verdict, reason, comment }) {
      const known = await recordFeedback(
        db,
        { answerId, personId: null, verdict, reason: reason ?? null, comment: comment ?? null },
        clock.now(),
      );
      if (!known)
        throw new AppError({ code: 'answer.not_found', message: 'no such answer', publicMessage: 'That answer is not known here.' });
    },

    ...sources,
    sampleQuestions: async () =>
      (JSON.parse(await readFile(SAMPLE_QUESTIONS, 'utf8')) as { suggested: { text: string; language: string }[] }).suggested,
    async syncNow(names, run) {
      const deps = await indexingDeps();
      const summaries = await syncNow(names, deps, run);
      await fillFor(run.vectors, run.signal, deps);
      return summaries;
    },
    due: async () => dueJobs(await indexingDeps()),
    runJob: (job, run) =>
      metrics.job(job.kind, async () => {
        await runJob(job, await indexingDeps(), run);
        if (job.kind !== 'fill-vectors') await sources.sweepCaches();
      }),
    workOnce: async (signal) => workOnce(await indexingDeps(), signal),
    async reindex(run) {
      const deps = await indexingDeps();
      const rebuilt = await reindex(deps, run);
      const filled = await fillFor(run.vectors, run.signal, deps);
      return { ...rebuilt, passagesEmbedded: filled?.embedded ?? 0 };
    },
    backup: (file, run) => backUp(file, { folder, databaseUrl: config.DATABASE_URL, now: clock.now(), ...run }),
    restore: (file, run) =>
      restore(file, { folder, databaseUrl: config.DATABASE_URL, now: clock.now(), ...run }).finally(() => options.onWork?.()),

    listDocuments: async (page) => listDocuments(db, { ...page, readerSets: await readableReaderSets(db, {}, 'asker') }),
    showDocument,

    settings: () => readSettings(db),
    async changeSetting<K extends keyof Settings>(key: K, value: unknown) {
      await writeSetting(db, key, value, clock.now());
      await refreshSettings();
    },
    async modelStatus() {
      const { models, embedding } = await inUse.current();
      const [state, vectors] = await Promise.all([budget.state(), vectorStatus(embedding.embedder)]);
      const ollama = models.languageModel ? null : await findOllama();
      const problems = [models.problem, embedding.problem].filter((problem) => problem !== undefined);
      const download = inUse.download();
      return {
        chatModel: models.languageModel?.model ?? null,
        embeddingModel: embedding.embedder ? modelName(embedding.embedder.model) : null,
        ...(vectors ? { vectors } : {}),
        ...(embedding.awaited ? { awaited: embedding.awaited.name } : {}),
        ...(download ? { download } : {}),
        ...(problems.length > 0 ? { problem: problems.map((problem) => publicMessageOf(problem)).join(' ') } : {}),
        budgetUsd: state.limitUsd,
        spentUsd: state.spentUsd,
        ...(ollama ? { ollama: { url: ollama.url, models: ollama.chatModels } } : {}),
      };
    },
    listModels: () => inUse.list(),
    pullModel: (name, run) => inUse.pull(name, run),
    async useModel(name) {
      if (config.EMBEDDING_MODEL !== undefined)
        throw inputError(
          'EMBEDDING_MODEL',
          `is set to "${config.EMBEDDING_MODEL}" in the environment, which goes before; remove it there first`,
        );
      await inUse.checkName(name);
      await app.changeSetting('embeddingModel', name);
      options.onWork?.();
    },
    fetchModel: (signal, onProgress) => inUse.fetchWanted(signal, onProgress),
    glossary: createGlossary({ db, clock }),
    async doctor(signal) {
      const { models, embedding } = await inUse.current();
      const { languageModel, problem, notes } = models;
      const { embedder } = embedding;
      const vectors = await vectorStatus(embedder);
      return examine(
        {
          config,
          db,
          index,
          ...(languageModel ? { languageModel } : {}),
          ...(embedder ? { embedder } : {}),
          ...(problem ? { modelProblem: publicMessageOf(problem) } : {}),
          ...(embedding.problem ? { embeddingProblem: publicMessageOf(embedding.problem) } : {}),
          embeddingNotes: embeddingNotes(embedding.awaited?.name, inUse.download()),
          ...(vectors ? { vectors } : {}),
          modelNotes: notes,
          openCredential: (source) => sources.credentialOf(source),
          queueFindings: async () =>
            config.REDIS_URL
              ? redisHealth(config.REDIS_URL)
              : [{ level: 'ok', message: 'background work runs in this process; REDIS_URL spreads it over several' }],
          budget: await budget.state(),
          chatFindings: () => chatFindings({ connections: chatConnections, config, outbound }, signal),
        },
        signal,
      );
    },
    async startupNotes() {
      const { models, embedding } = await inUse.current();
      const problems = [models.problem, embedding.problem].filter((problem) => problem !== undefined);
      return [
        ...problems.map((problem) => publicMessageOf(problem)),
        ...(models.languageModel || models.problem
          ? []
          : ['No language model is configured: answers are the documents\' own words. See "Models" in the README.']),
        embedding.embedder
          ? `Search by words and by meaning (${modelName(embedding.embedder.model)}).`
          : 'No embedding model is here: search is by words.',
        ...embeddingNotes(embedding.awaited?.name, undefined),
        ...models.notes,
      ];
    },
    metrics: () => metrics.text(),
    watch: (server) => metrics.watch(server),
    async ready() {
      // Not the index: where that is away, questions are still taken, and told so.
      await db.selectFrom('settings').select('key').limit(1).execute();
      return true;
    },
    async close() {
      chatAnswering.close();
      await extractor?.close();
      await inUse.close();
      metrics.close();
      await (await watched)?.close(0);
      await Promise.all([outbound.close(), downloads.close(), requests.close()]);
      await index.close();
      await db.destroy();
    },
  };
  return app;
}

/** A calibration whose cosines are of another model (it took over a moment ago) speaks of words alone. */
function withoutStaleMeaning(calibration: Calibration | undefined, model: string | undefined): Calibration | undefined {
  if (!calibration?.meaning || calibration.meaning.model === model) return calibration;
  const { meaning: _, ...ofWords } = calibration;
  return ofWords;
}

/** What an operator should know of a model that is not here yet. */
function embeddingNotes(awaited: string | undefined, download: DownloadState | undefined): string[] {
  if (awaited === undefined) return [];
  if (download?.state === 'running')
    return [`${awaited} is being downloaded: ${megabytes(download.bytes)} of ${megabytes(download.totalBytes)} MB.`];
  if (download?.state === 'failed')
    return [`${awaited} could not be downloaded: ${download.reason} It is tried again; "docent model pull ${awaited}" tries now.`];
  return [`${awaited} is not here yet; the running server downloads it, or "docent model pull ${awaited}".`];
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** The catalog's file makes its folder itself; what else stands there (models, clones) needs it too. */
function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const publicMessage = `The folder ${folder} cannot be made: ${reasonOf(cause)}. Check its rights, or set DATA_DIR to another folder.`;
    throw new AppError({ code: 'data.unusable', message: `cannot make ${folder}`, publicMessage, cause });
  }
}

/** Signs console sessions where SECRET_KEY is not set. */
function keptKey(file: string): string {
  if (!existsSync(file)) {
    mkdirSync(join(file, '..'), { recursive: true });
    try {
      writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      // Another thread of this start made it in the meantime.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return readFileSync(file, 'utf8').trim();
}
