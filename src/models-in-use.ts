/** The models that Docent works with now: wired anew when a setting changes or a model arrives; listed, fetched and chosen here. */
import { HUB_OFF, type Settings } from './catalog/settings.ts';
import type { Config } from './config.ts';
import { AppError, inputError, publicMessageOf, reasonOf } from './errors.ts';
import type { Budget } from './models/budget.ts';
import type { VectorCache } from './models/cached-embedder.ts';
import { createEmbeddings, hasNpmModel, modelName, NO_MODEL, NPM_MODEL, type Embedding } from './models/embedding.ts';
import type { Embedder } from './models/embedder.ts';
import { downloadModel, type DownloadProgress } from './models/local/download.ts';
import { bytesOf, KNOWN_MODELS, knownModel } from './models/local/known-models.ts';
import { listModels } from './models/local/model-folder.ts';
import { createModels, type Models } from './models/registry.ts';
import type { Timeouts } from './models/watch.ts';
import type { StreamingOutbound } from './net/outbound.ts';
import type { Clock, Log } from './types.ts';

export interface ModelsInUseDeps {
  config: Config;
  modelsDir: string;
  settings: () => Settings;
  /** Reads what another process may have changed. */
  refreshSettings: () => Promise<void>;
  clock: Clock;
  log: Log;
  budget: Budget;
  outbound: StreamingOutbound;
  /** Cores that a local model may use. */
  threads: number;
  timeouts?: Partial<Timeouts>;
  /** Vectors that outlive the data folder, for measuring. */
  vectors?: VectorCache;
  /** Called when a model has arrived. */
  onModel?: () => void;
}

/** A model as `docent model list` and the console show it. */
export interface ModelRow {
  name: string;
  languages: string[];
  licence: string;
  bytes: number;
  state: 'installed' | 'downloading' | 'available' | 'broken';
  inUse: boolean;
  problem?: string;
}

/** How the download in the background stands; `failed` is tried again later. */
export type DownloadState = { model: string } & (
  | { state: 'running'; bytes: number; totalBytes: number; waiting?: string }
  | { state: 'failed'; reason: string }
);

export interface ModelsInUse {
  current(): Promise<{ models: Models; embedding: Embedding }>;
  /** By `Embedder.model`; undefined when it is not to be had any more. */
  embedderOf(model: string): Promise<Embedder | undefined>;
  /** Wires everything anew at the next call. */
  changed(): void;
  list(): Promise<ModelRow[]>;
  /** @throws AppError with the known names when it is none of them, or as the download does */
  pull(name: string, options: { signal: AbortSignal; onProgress?: (progress: DownloadProgress) => void; replace?: boolean }): Promise<void>;
  /** @throws AppError when the name is neither installed nor known nor one of the endpoint */
  checkName(name: string): Promise<void>;
  /** Until the signal ends it: whenever the model that is wanted is not there, downloads it; `download()` says how far it is. */
  fetchWanted(signal: AbortSignal, onProgress?: (state: DownloadState) => void): Promise<void>;
  download(): DownloadState | undefined;
  close(): Promise<void>;
}

/** How often what another process chose (`docent model use`) is looked for. */
const LOOK_MS = 30_000;
/** After a download that gave up, the next one. */
const RETRY_MS = [60_000, 600_000, 3_600_000];

export function createModelsInUse(deps: ModelsInUseDeps): ModelsInUse {
  let wired: Promise<Models> | undefined;
  let download: DownloadState | undefined;
  let fetching: Promise<void> | undefined;
  let chosen = new AbortController();
  const wanted = (): string | undefined => deps.config.EMBEDDING_MODEL ?? deps.settings().embeddingModel ?? undefined;

  const wire = (): Promise<Models> => {
    const settings = deps.settings();
    return createModels(
      {
        ...deps.config,
        prices: settings.prices,
        profiles: Object.fromEntries(Object.entries(settings.contextTokens).map(([name, contextTokens]) => [name, { contextTokens }])),
        ...(deps.timeouts ? { timeouts: deps.timeouts } : {}),
      },
      { clock: deps.clock, budget: deps.budget, ...(deps.vectors ? { vectors: deps.vectors } : {}) },
    );
  };
  const models = (): Promise<Models> => (wired ??= wire());
  const embeddings = createEmbeddings({
    modelsDir: deps.modelsDir,
    threads: deps.threads,
    hosted: async () => (await models()).embedder,
    ...(deps.vectors ? { vectors: deps.vectors } : {}),
  });

  async function bringWanted(signal: AbortSignal, onProgress: ((state: DownloadState) => void) | undefined): Promise<void> {
    const say = (state: DownloadState | undefined): void => {
      download = state;
      if (state) onProgress?.(state);
    };
    let tries = 0;
    while (!signal.aborted) {
      chosen = new AbortController();
      const either = AbortSignal.any([signal, chosen.signal]);
      const wait = (ms: number): Promise<void> => deps.clock.sleep(ms, either).catch(() => {});
      let model: string | undefined;
      try {
        await deps.refreshSettings();
        model = (await service.current()).embedding.awaited?.name;
        if (model === undefined || deps.settings().modelHub === HUB_OFF) {
          say(undefined);
          await wait(LOOK_MS);
          continue;
        }
        const name = model;
        await service.pull(name, {
          signal: either,
          onProgress: ({ bytes, totalBytes, retry }) =>
            say({ model: name, state: 'running', bytes, totalBytes, ...(retry ? { waiting: retry.reason } : {}) }),
        });
        deps.onModel?.();
        tries = 0;
      } catch (error) {
        if (!either.aborted) {
          deps.log.info({ model, reason: reasonOf(error) }, 'the embedding model could not be downloaded; tried again later');
          if (model !== undefined) say({ model, state: 'failed', reason: publicMessageOf(error) });
          await wait(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]!);
        }
        // What was chosen meanwhile begins anew.
        tries = chosen.signal.aborted ? 0 : tries + 1;
      }
    }
    download = undefined;
  }

  const service: ModelsInUse = {
    async current() {
      return { models: await models(), embedding: await embeddings.choose(wanted()) };
    },
    embedderOf: (model) => embeddings.of(model),
    changed() {
      wired = undefined;
      chosen.abort();
    },
    async list() {
      const { embedding } = await service.current();
      const inUse = embedding.embedder && modelName(embedding.embedder.model);
      const installed = await listModels(deps.modelsDir);
      const rows = installed.map((found): ModelRow => {
        const known = knownModel(found.name);
        const base = { name: found.name, inUse: inUse === found.name };
        return 'problem' in found
          ? {
              ...base,
              languages: known?.languages ?? [],
              licence: known?.licence ?? '',
              bytes: 0,
              state: 'broken',
              problem: publicMessageOf(found.problem),
            }
          : { ...base, languages: found.model.languages, licence: found.model.licence, bytes: found.bytes, state: 'installed' };
      });
      for (const known of KNOWN_MODELS) {
        if (rows.some(({ name }) => name === known.name)) continue;
        const state = download?.model === known.name && download.state === 'running' ? 'downloading' : 'available';
        rows.push({
          name: known.name,
          languages: known.languages,
          licence: known.licence,
          bytes: bytesOf(known),
          state,
          inUse: inUse === known.name,
        });
      }
      if (hasNpmModel())
        rows.push({
          name: NPM_MODEL,
          languages: ['en'],
          licence: 'Apache-2.0',
          bytes: 32_000_000,
          state: 'installed',
          inUse: inUse === NPM_MODEL,
        });
      return rows;
    },
    async pull(name, { signal, onProgress, replace }) {
      const known = knownModel(name);
      if (!known) throw inputError('model', `"${name}" is not known; there are ${KNOWN_MODELS.map((model) => model.name).join(', ')}`);
      const hub = deps.settings().modelHub;
      if (hub === HUB_OFF) {
        const message = `Downloads are switched off (the setting "modelHub"). Put the model's files into ${deps.modelsDir}/${name}, or switch them on.`;
        throw new AppError({ code: 'model.hub_off', message, publicMessage: message });
      }
      const { clock, log, outbound, modelsDir } = deps;
      await downloadModel(
        known,
        { modelsDir, hub, outbound, clock, log, ...(onProgress ? { onProgress } : {}), ...(replace ? { replace } : {}) },
        signal,
      );
    },
    async checkName(name) {
      if (name === NO_MODEL || name === NPM_MODEL || knownModel(name)) return;
      const installed = await listModels(deps.modelsDir);
      if ((await models()).embedder || installed.some((model) => model.name === name)) return;
      const names = [...new Set([...installed.map((model) => model.name), ...KNOWN_MODELS.map((model) => model.name)])];
      throw inputError('model', `"${name}" is not known; there are ${[...names, NPM_MODEL, NO_MODEL].join(', ')}`);
    },
    fetchWanted(signal, onProgress) {
      // A choice made meanwhile ends the wait of the loop that runs, which then brings what is wanted now.
      fetching ??= bringWanted(signal, onProgress).finally(() => (fetching = undefined));
      return fetching;
    },
    download: () => download,
    close: () => embeddings.close(),
  };
  return service;
}
