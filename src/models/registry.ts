/** From options to models: which driver, which model, its profile, and the wrappers around it. */
import { AppError } from '../errors.ts';
import type { Clock } from '../types.ts';
import { withBudget, withEmbeddingBudget } from './budget.ts';
import type { Budget } from './budget.ts';
import { cachedEmbedder } from './cached-embedder.ts';
import type { VectorCache } from './cached-embedder.ts';
import type { Embedder } from './embedder.ts';
import type { LanguageModel } from './language-model.ts';
import { costOf } from './prices.ts';
import type { ModelPrice } from './prices.ts';
import { measuredOf } from './meaning-weights.ts';
import { bareModelName } from './prices.ts';
import { embeddingProfile, modelProfile, OLLAMA_CONTEXT_TOKENS } from './profiles.ts';
import type { ProfileOverride } from './profiles.ts';
import type { Timeouts } from './watch.ts';

/** Name → driver, imported when it is used: the package takes 0.3 s and 33 MiB. */
export const MODEL_DRIVERS = {
  openai: () => import('./drivers/openai.ts'),
} as const;

/** Name → module of an embedding model that runs here, opened in a thread of its own. */
export const LOCAL_DRIVERS = {
  onnx: new URL('./drivers/onnx.ts', import.meta.url),
  'use-lite': new URL('./drivers/use-lite.ts', import.meta.url),
} as const;

/** What is chosen at api.openai.com when CHAT_MODEL is not set: the vendor's model between best and cheapest (November 2026). */
export const DEFAULT_CHAT_MODEL = 'gpt-6.1-terra';

export interface ModelOptions {
  OPENAI_API_KEY?: string | undefined;
  OPENAI_BASE_URL?: string | undefined;
  CHAT_MODEL?: string | undefined;
  /** What an admin corrected, by model name; a name that ends in `*` holds for every model that begins so. */
  prices?: Record<string, ModelPrice>;
  profiles?: Record<string, ProfileOverride>;
  timeouts?: Partial<Timeouts>;
  maxRetries?: number;
}

export interface ModelDeps {
  clock?: Clock;
  random?: () => number;
  budget?: Budget;
  /** Where vectors of passages are kept. */
  vectors?: VectorCache;
}

export interface Models {
  languageModel?: LanguageModel;
  /** Makes an embedder of the endpoint's model of that name; absent without an endpoint. */
  embedder?: (model: string) => Embedder;
  /** What keeps a model that was asked for from being used; its publicMessage says how to mend it. */
  problem?: AppError;
  /** What an admin should know: prices and sizes that are guesses. */
  notes: string[];
}

/**
 * The models that the options ask for; none without a key and a base URL. Only when there is a base URL and no CHAT_MODEL
 * is the endpoint asked (GET /models, at most 3 s). Does not throw for a wrong setting: Docent answers in quotes meanwhile.
 */
export async function createModels(options: ModelOptions, deps: ModelDeps = {}): Promise<Models> {
  const { OPENAI_API_KEY: apiKey } = options;
  const baseUrl = withVersion(options.OPENAI_BASE_URL);
  if (apiKey === undefined && baseUrl === undefined) {
    return options.CHAT_MODEL === undefined
      ? { notes: [] }
      : { notes: [], problem: problem('CHAT_MODEL is set, but neither OPENAI_API_KEY nor OPENAI_BASE_URL says where it is.') };
  }
  const driver = await MODEL_DRIVERS.openai();
  const official = baseUrl === undefined || new URL(baseUrl).hostname.endsWith('api.openai.com');
  const settings = {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    // A hosted model begins within seconds; a local one may have to be loaded first.
    timeouts: { firstTokenMs: official ? 20_000 : 60_000, ...options.timeouts },
    ...(options.maxRetries === undefined ? {} : { maxRetries: options.maxRetries }),
    ...(deps.clock === undefined ? {} : { clock: deps.clock }),
    ...(deps.random === undefined ? {} : { random: deps.random }),
  };
  const models: Models = { notes: [] };

  let chatModel = options.CHAT_MODEL ?? (official ? DEFAULT_CHAT_MODEL : undefined);
  let toldContext: number | undefined;
  if (chatModel === undefined) {
    try {
      const only = onlyChatModel(
        await driver.listOpenAiModels({ ...settings, timeouts: { ...settings.timeouts, totalMs: 3000 } }, AbortSignal.timeout(3000)),
        new URL(baseUrl!).host,
      );
      chatModel = only.id;
      toldContext = only.contextTokens;
    } catch (error) {
      models.problem =
        error instanceof AppError
          ? error
          : problem(`The model endpoint ${new URL(baseUrl!).host} did not say which models it has. Set CHAT_MODEL.`, error);
    }
  }

  if (chatModel !== undefined) {
    const profile = modelProfile(chatModel, options.profiles, options.prices);
    const price = profile.price ?? (isLoopback(baseUrl) ? FREE : null);
    const contextTokens = profile.known
      ? profile.contextTokens
      : (toldContext ?? (isOllama(baseUrl) ? OLLAMA_CONTEXT_TOKENS : profile.contextTokens));
    const model = driver.createOpenAiLanguageModel({
      ...settings,
      model: chatModel,
      contextTokens,
      price,
      priceKnown: profile.priceKnown || price === FREE,
      reasoningTokens: profile.reasoningTokens,
      ...(profile.reasoningEffort === undefined ? {} : { reasoningEffort: profile.reasoningEffort }),
    });
    if (!profile.known && toldContext === undefined)
      models.notes.push(`The context size of ${chatModel} is not known; ${contextTokens} tokens are assumed. A model profile corrects it.`);
    if (price === null)
      models.notes.push(`The price of ${chatModel} is not known, so the budget does not count it. The price table corrects it.`);
    else if (!profile.priceKnown && price !== FREE)
      models.notes.push(
        `${chatModel} is fine-tuned and is counted at the price of its base model, which is lower. The price table corrects it.`,
      );
    models.languageModel = deps.budget === undefined ? model : withBudget(model, deps.budget, (usage) => costOf(price, usage));
  }

  models.embedder = (model) => {
    const profile = embeddingProfile(model, options.prices);
    const price = profile.price ?? (isLoopback(baseUrl) ? FREE : null);
    const { budget } = deps;
    const embedder: Embedder = {
      ...measuredOf(bareModelName(model)),
      ...driver.createOpenAiEmbedder({
        ...settings,
        ...profile,
        model,
        price,
        priceKnown: profile.priceKnown || price === FREE,
        ...(budget === undefined
          ? {}
          : {
              onUsage: (usage, kind) =>
                budget.record({
                  purpose: kind === 'query' ? 'embed-query' : 'embed-passage',
                  model,
                  promptTokens: usage.promptTokens,
                  completionTokens: 0,
                  usd: usage.costUsd,
                }),
            }),
      }),
    };
    const note = `The price of ${model} is not known, so the budget does not count it. The price table corrects it.`;
    if (price === null && !models.notes.includes(note)) models.notes.push(note);
    const limited = budget === undefined ? embedder : withEmbeddingBudget(embedder, budget);
    return deps.vectors === undefined ? limited : cachedEmbedder(limited, deps.vectors);
  };
  return models;
}

const FREE: ModelPrice = { input: 0, output: 0 };
const NOT_CHAT = /embed|minilm|(^|[/-])(bge|e5|gte)-|rerank|whisper|tts|moderation|dall-e|image|transcribe|realtime/i;

/**
 * The one model of an endpoint that can chat.
 * @throws AppError `model.rejected` that lists what there is, when it is not one
 */
export function onlyChatModel<M extends { id: string }>(models: M[], host: string): M {
  const chat = models.filter((model) => !NOT_CHAT.test(model.id));
  if (chat.length === 1) return chat[0]!;
  if (chat.length === 0) throw problem(`The model endpoint ${host} has no chat model. Add one there, then set CHAT_MODEL.`);
  const names = chat
    .slice(0, 12)
    .map((model) => model.id)
    .join(', ');
  throw problem(
    `The model endpoint ${host} has ${chat.length} chat models. Set CHAT_MODEL to one of: ${names}${chat.length > 12 ? ', …' : ''}.`,
  );
}

function problem(publicMessage: string, cause?: unknown): AppError {
  return new AppError({ code: 'model.rejected', message: publicMessage, publicMessage, cause });
}

/** Every server known serves the interface under /v1, and `http://127.0.0.1:11434` is what people write. */
function withVersion(baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined) return undefined;
  const url = new URL(baseUrl);
  if (url.pathname === '/') url.pathname = '/v1';
  return url.href;
}

function isLoopback(baseUrl: string | undefined): boolean {
  return baseUrl !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(baseUrl).hostname);
}

function isOllama(baseUrl: string | undefined): boolean {
  return baseUrl !== undefined && new URL(baseUrl).port === '11434';
}
