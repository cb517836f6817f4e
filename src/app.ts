/** The composition root: configuration in, a wired application out. The only file that names registries. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { internReaders, parseReaders } from './access/reader-sets.ts';
import { readableReaderSets } from './access/audience.ts';
import { answerQuestion, readThread } from './answering.ts';
import type { AddSourceInput, App, DocumentView, SourceStatus } from './app-contract.ts';
import { countsBySource, listDocuments, readDocument } from './catalog/documents.ts';
import { documentPassages, hydratePassages } from './catalog/passages.ts';
import { openCatalog } from './catalog/database.ts';
import { readCitations, recordFeedback } from './catalog/answers.ts';
import { readSettings, writeSetting, type Settings } from './catalog/settings.ts';
import {
  addSource,
  findSource,
  listFailures,
  listRuns,
  listSources,
  markSourceRemoved,
  requestCancel,
  requestSync,
  type Source,
} from './catalog/sources.ts';
import { recordUsage, spentThisMonth } from './catalog/usage.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { connectorFor } from './connectors/registry.ts';
import { examine } from './doctor.ts';
import { AppError, inputError, noSuchSource } from './errors.ts';
import { readIndexFacts, reindex, syncNow, workOnce, type IndexingDeps } from './indexing.ts';
import { createMetrics } from './metrics.ts';
import { createBudget } from './models/budget.ts';
import { findOllama } from './models/ollama.ts';
import { createModels, type Models } from './models/registry.ts';
import type { Timeouts } from './models/watch.ts';
import { createOutbound } from './net/outbound.ts';
import { searchDrivers } from './search/registry.ts';
import { createExtractor, type Extractor } from './sync/extract.ts';
import type { WriteDeps } from './sync/write.ts';
import type { Clock, Log } from './types.ts';
import type { AskDeps } from './ask/ask.ts';

export interface AppOptions {
  log: Log;
  clock?: Clock;
  /** Called when something waits in the catalog for the workers. */
  onWork?: () => void;
  /** Tests look at, and kill at, the steps of writing a document. */
  atStep?: WriteDeps['atStep'];
  /** Shorter than a person's patience, for tests with an endpoint that hangs. */
  modelTimeouts?: Partial<Timeouts>;
}

/** What main.ts and the evaluation need beside the contract. */
export interface WiredApp extends App {
  readonly sessionKey: string;
  /** Where it listens, as the default of PUBLIC_URL. */
  listening(url: string): void;
  publicUrl(): string;
  /** What an operator should know at start, a line each. */
  startupNotes(): Promise<string[]>;
  askDeps(): Promise<AskDeps>;
}

const SAMPLE_FOLDER = fileURLToPath(new URL('../sample/handbook', import.meta.url));
const SAMPLE_QUESTIONS = fileURLToPath(new URL('../sample/questions.json', import.meta.url));
const SAMPLE_NAME = 'Sample handbook';
/**
 * Weight of meaning beside words. Reference: words-and-quotes, "Hybrid": .6 for a small English embedder; a configured
 * model is stronger, and .5 is the middle until weights are measured per model.
 */
const MEANING_WEIGHT = 0.5;
const FAILURES_SHOWN = 200;
const RUNS_SHOWN = 20;

/** Opens the catalog and the index in DATA_DIR and wires everything over them. */
export async function createApp(config: Config, options: AppOptions): Promise<WiredApp> {
  const { log } = options;
  const clock = options.clock ?? systemClock;
  const folder = resolve(config.DATA_DIR);
  const db = await openCatalog(folder);
  const index = searchDrivers.sqlite({ path: join(folder, 'index.db') });
  const sessionKey = config.SECRET_KEY ?? keptKey(join(folder, 'session.key'));
  let address = `http://127.0.0.1:${config.PORT}`;
  const publicUrl = (): string => (config.PUBLIC_URL ?? address).replace(/\/$/, '');
  const pageUrl = (documentId: string): string => `${publicUrl()}/documents/${documentId}`;
  const budget = createBudget({
    limitUsd: config.BUDGET_USD_MONTH,
    spentThisMonth: () => spentThisMonth(db, clock.now()),
    recordUsage: (row) => recordUsage(db, row, clock.now()),
    log,
    now: () => clock.now(),
  });
  const metrics = createMetrics(async () => {
    const counts = [...(await countsBySource(db)).values()];
    return {
      documents: counts.reduce((n, c) => n + c.documents, 0),
      passages: counts.reduce((n, c) => n + c.passages, 0),
      spentUsd: await spentThisMonth(db, clock.now()),
    };
  });

  let settings = await readSettings(db);
  let models: Promise<Models> = wireModels();
  function wireModels(): Promise<Models> {
    return createModels(
      {
        ...config,
        prices: settings.prices,
        profiles: Object.fromEntries(Object.entries(settings.contextTokens).map(([name, contextTokens]) => [name, { contextTokens }])),
        ...(options.modelTimeouts ? { timeouts: options.modelTimeouts } : {}),
      },
      { clock, budget },
    );
  }

  const outbound = createOutbound({ allowInternal: () => settings.internalAddresses });
  let extractor: Extractor | undefined;

  async function askDeps(): Promise<AskDeps> {
    // Of an index that cannot be read the search says so, once the question is recorded: it still gets its reply.
    const [{ languageModel, embedder }, facts] = await Promise.all([
      models,
      readIndexFacts(index).catch(() => ({ calibration: undefined, languages: ['en'] })),
    ]);
    return {
      db,
      index,
      clock,
      log,
      pageUrl,
      meaningWeight: MEANING_WEIGHT,
      ...facts,
      ...(languageModel ? { languageModel } : {}),
      ...(embedder ? { embedder } : {}),
    };
  }

  async function indexingDeps(): Promise<IndexingDeps> {
    settings = await readSettings(db);
    const { embedder } = await models;
    return {
      db,
      index,
      clock,
      log,
      meaningWeight: MEANING_WEIGHT,
      keepRate: settings.keepRate,
      ...(embedder ? { embedder } : {}),
      ...(options.atStep ? { atStep: options.atStep } : {}),
      syncDeps: async (source) => ({
        connector: await connectorFor(source.location, source.kind),
        extractor: (extractor ??= createExtractor()),
        outbound,
      }),
    };
  }

  async function sourceOrThrow(nameOrId: string): Promise<Source> {
    const source = await findSource(db, nameOrId);
    if (source) return source;
    throw noSuchSource(
      nameOrId,
      (await listSources(db)).map((s) => s.name),
    );
  }

  async function statusOf(source: Source, counts: Awaited<ReturnType<typeof countsBySource>>): Promise<SourceStatus> {
    const [lastRun] = await listRuns(db, source.id, 1);
    return {
      source,
      documents: 0,
      passages: 0,
      ...counts.get(source.id),
      lastRun: lastRun ?? null,
      syncing: source.syncRequestedAt !== null || lastRun?.state === 'running',
    };
  }

  async function add(input: AddSourceInput): Promise<Source> {
    const location = normaliseLocation(input.location);
    const connector = await connectorFor(location, input.kind);
    if (input.baseUrl !== undefined && !/^https?:\/\/\S+$/i.test(input.baseUrl))
      throw inputError('base-url', `"${input.baseUrl}" is not an http or https address`);
    const readers = parseReaders(input.readers ?? 'everyone');
    const base = { location, ...(input.baseUrl ? { baseUrl: input.baseUrl } : {}) };
    await connector.check(base, { outbound, clock, log, signal: AbortSignal.timeout(30_000) });
    const taken = new Set((await listSources(db)).map((s) => s.name));
    const name = input.name?.trim() || freeName(nameFrom(location), taken);
    if (name.length > 100) throw inputError('name', 'is longer than 100 characters');
    if (taken.has(name)) throw inputError('name', `there is a source "${name}" already; choose another name, or remove that one first`);
    await internReaders(db, readers);
    return addSource(
      db,
      { name, kind: connector.kind, location, baseUrl: input.baseUrl ?? null, readers, schedule: input.schedule ?? null },
      clock.now(),
    );
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

  const app: WiredApp = {
    config,
    clock,
    log,
    sessionKey,
    publicUrl,
    askDeps,
    listening(url) {
      address = url;
      // The first question need not wait for it; what fails here, the first search says.
      void index.warm().catch(() => {});
    },

    async *ask(input, signal) {
      for await (const event of answerQuestion(input, await askDeps(), signal)) {
        if (event.type === 'final') metrics.answered(event.answer);
        yield event;
      }
    },
    thread: (threadId) => readThread(threadId, { db, pageUrl }),
    async giveFeedback({ answerId, verdict, reason, comment }) {
      const known = await recordFeedback(
        db,
        { id: randomUUID(), answerId, personId: null, verdict, reason: reason ?? null, comment: comment ?? null },
        clock.now(),
      );
      if (!known)
        throw new AppError({ code: 'answer.not_found', message: 'no such answer', publicMessage: 'That answer is not known here.' });
    },

    addSource: add,
    addSample: async () => (await findSource(db, SAMPLE_NAME)) ?? add({ location: SAMPLE_FOLDER, name: SAMPLE_NAME }),
    sampleQuestions: async () =>
      (JSON.parse(await readFile(SAMPLE_QUESTIONS, 'utf8')) as { suggested: { text: string; language: string }[] }).suggested,
    async listSources() {
      const counts = await countsBySource(db);
      return Promise.all((await listSources(db)).map((source) => statusOf(source, counts)));
    },
    async showSource(nameOrId) {
      const source = await findSource(db, nameOrId);
      if (!source) return undefined;
      const runs = await listRuns(db, source.id, RUNS_SHOWN);
      return {
        ...(await statusOf(source, await countsBySource(db))),
        runs,
        failures: runs[0] ? await listFailures(db, runs[0].id, FAILURES_SHOWN) : [],
      };
    },
    async removeSource(nameOrId) {
      await markSourceRemoved(db, (await sourceOrThrow(nameOrId)).id, clock.now());
      options.onWork?.();
    },
    async requestSync(nameOrId) {
      await requestSync(db, (await sourceOrThrow(nameOrId)).id, clock.now());
      options.onWork?.();
    },
    cancelSync: async (nameOrId) => requestCancel(db, (await sourceOrThrow(nameOrId)).id, clock.now()),
    syncNow: async (names, run) => syncNow(names, await indexingDeps(), run),
    workOnce: async (signal) => workOnce(await indexingDeps(), signal),
    reindex: async (run) => reindex(await indexingDeps(), run),

    listDocuments: async (page) => listDocuments(db, { ...page, readerSets: await readableReaderSets(db, {}, 'asker') }),
    showDocument,

    settings: () => readSettings(db),
    async changeSetting<K extends keyof Settings>(key: K, value: unknown) {
      await writeSetting(db, key, value, clock.now());
      settings = await readSettings(db);
      models = wireModels();
    },
    async modelStatus() {
      const [{ languageModel, embedder, problem }, state] = await Promise.all([models, budget.state()]);
      const ollama = languageModel ? null : await findOllama();
      return {
        chatModel: languageModel?.model ?? null,
        embeddingModel: embedder?.model ?? null,
        ...(problem ? { problem: problem.publicMessage ?? problem.message } : {}),
        budgetUsd: state.limitUsd,
        spentUsd: state.spentUsd,
        ...(ollama ? { ollama: { url: ollama.url, models: ollama.chatModels } } : {}),
      };
    },
    async doctor(signal) {
      const { languageModel, embedder, problem, notes } = await models;
      return examine(
        {
          config,
          db,
          index,
          ...(languageModel ? { languageModel } : {}),
          ...(embedder ? { embedder } : {}),
          ...(problem ? { modelProblem: problem.publicMessage ?? problem.message } : {}),
          modelNotes: notes,
          budget: await budget.state(),
        },
        signal,
      );
    },
    async startupNotes() {
      const { languageModel, embedder, problem, notes } = await models;
      return [
        ...(problem ? [problem.publicMessage ?? problem.message] : []),
        ...(languageModel || problem
          ? []
          : ['No language model is configured: answers are the documents\' own words. See "Models" in the README.']),
        ...(embedder ? [] : ['No embedding model is configured: search is by words.']),
        ...notes,
      ];
    },
    metrics: () => metrics.text(),
    async ready() {
      await Promise.all([db.selectFrom('settings').select('key').limit(1).execute(), index.getMeta('analyzer')]);
      return true;
    },
    async close() {
      await extractor?.close();
      await index.close();
      await db.destroy();
    },
  };
  return app;
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

/** Folders become absolute, so that they mean the same from wherever the server is started. */
function normaliseLocation(location: string): string {
  const trimmed = location.trim();
  if (trimmed === '') throw inputError('location', 'name a folder or the address of a site');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) return trimmed;
  const path = resolve(trimmed.replace(/^~(?=\/|$)/, homedir()));
  if (!existsSync(path)) throw inputError('location', `there is no folder or file ${path}`);
  return realpathSync(path);
}

function nameFrom(location: string): string {
  if (/^https?:\/\//i.test(location)) return new URL(location).host;
  return location.split(/[/\\]/).filter(Boolean).at(-1) ?? 'Documents';
}

function freeName(name: string, taken: Set<string>): string {
  if (!taken.has(name)) return name;
  for (let n = 2; ; n++) if (!taken.has(`${name} ${n}`)) return `${name} ${n}`;
}
