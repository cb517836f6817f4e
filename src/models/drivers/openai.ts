/**
 * Any endpoint that speaks OpenAI's interface: OpenAI itself, Azure, Ollama, vLLM, a gateway.
 *
 * The `openai` package (7.55) makes the requests and reads the stream. Its own defaults do not fit and are switched off:
 * 2 retries (it knows no deadline and drops a Retry-After over 60 s), 10 minutes for headers and no limit between chunks,
 * and environment variables. A stream that is aborted ends there without an error, so how it ended is checked here.
 */
import OpenAI from 'openai';
import { Stream } from 'openai/core/streaming';
import { Agent, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import { systemClock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Clock } from '../../types.ts';
import { countOf, readChunk } from '../chat-chunk.ts';
import type { Run } from '../chat-chunk.ts';
import { embedInBatches, vectorsOf } from '../embed-batches.ts';
import type { Embedder } from '../embedder.ts';
import { endpointFailure, isTooLong, refusal, rejectionText } from '../endpoint-errors.ts';
import type { EndpointContext } from '../endpoint-errors.ts';
import type { ChatEvent, ChatRequest, LanguageModel, ModelUsage } from '../language-model.ts';
import { costOf } from '../prices.ts';
import type { ModelPrice } from '../prices.ts';
import { pause, retryDelayMs, withRetries } from '../../retry.ts';
import { dropThinking } from '../thinking.ts';
import { cutToTokens, estimateTokens } from '../tokens.ts';
import { startWatch, timedOut } from '../watch.ts';
import type { Timeouts } from '../watch.ts';

export interface OpenAiEndpointSettings {
  /** Absent: no Authorization header is sent. */
  apiKey?: string;
  /** Default https://api.openai.com/v1. A query (`?api-version=…`) goes with every request. */
  baseUrl?: string;
  timeouts?: Partial<Timeouts>;
  /** Default 2. */
  maxRetries?: number;
  clock?: Clock;
  random?: () => number;
}

export interface OpenAiLanguageModelOptions extends OpenAiEndpointSettings {
  model: string;
  contextTokens: number;
  /** null: not known; calls then cost 0. */
  price: ModelPrice | null;
  /** False: `price` is a guess. Default: whether there is a price. */
  priceKnown?: boolean;
  reasoningEffort?: 'none' | 'minimal' | 'low';
  /** Added to the limit of every answer, for hidden reasoning. */
  reasoningTokens?: number;
}

export interface OpenAiEmbedderOptions extends OpenAiEndpointSettings {
  model: string;
  price: ModelPrice | null;
  priceKnown?: boolean;
  /** What every vector must have; default: what the first one has. */
  dimensions?: number;
  /** Tokens of one text; what is over is cut off and not embedded. */
  inputTokens?: number;
  queryPrefix?: string;
  passagePrefix?: string;
  /** Texts and tokens of one request; default 64 and 60,000 (OpenAI takes 2,048 and 300,000, many servers far less). */
  batchTexts?: number;
  batchTokens?: number;
  /** Called once a request; the port has no place for it. */
  onUsage?: (usage: ModelUsage, kind: 'query' | 'passage') => void | Promise<void>;
}

const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 5000, firstTokenMs: 60_000, idleMs: 30_000, totalMs: 180_000 };
const MAX_WAIT_MS = 20_000;

/** A language model at an OpenAI-compatible endpoint. Makes no request until the first call. */
export function createOpenAiLanguageModel(options: OpenAiLanguageModelOptions): LanguageModel {
  const { model, price } = options;
  const endpoint = connect(options, 'CHAT_MODEL', model);
  const { clock, timeouts } = endpoint;
  // What this endpoint turned out not to take; remembered, so that it is asked in vain only once.
  const refused = new Set<string>();

  function bodyOf(request: ChatRequest): OpenAI.Chat.ChatCompletionCreateParamsStreaming {
    const reasoning = options.reasoningEffort !== undefined && !refused.has('reasoning_effort');
    const limit = Math.max(1, Math.round(request.maxTokens)) + (options.reasoningTokens ?? 0);
    const newer = refused.has('max_tokens') || (endpoint.official && !refused.has('max_completion_tokens'));
    return {
      model,
      messages: request.messages,
      stream: true,
      ...(refused.has('stream_options') ? {} : { stream_options: { include_usage: true } }),
      ...(newer ? { max_completion_tokens: limit } : { max_tokens: limit }),
      ...(request.temperature === undefined || refused.has('temperature') ? {} : { temperature: request.temperature }),
      ...(reasoning ? { reasoning_effort: options.reasoningEffort! } : {}),
    };
  }

  /** Leaves out (or renames) the field that was rejected; false when that was not the trouble. */
  function adapt(thrown: unknown, request: ChatRequest): boolean {
    const words = rejectionText(thrown);
    if (words === undefined) return false;
    const sent = Object.keys(bodyOf(request)).filter((field) =>
      ['temperature', 'stream_options', 'reasoning_effort', 'max_tokens', 'max_completion_tokens'].includes(field),
    );
    const culprit =
      sent.find((field) => words.startsWith(`${field} `)) ??
      sent.find((field) => words.includes(field) || (field === 'reasoning_effort' && words.includes('thinking')));
    if (culprit === undefined || refused.has(culprit)) return false;
    const unsupported = /support|unrecogni|unknown|not permitted|forbidden|unexpected|not allowed|extra|invalid|additional/.test(words);
    const other = culprit === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
    if (!unsupported || (culprit.startsWith('max_') && refused.has(other))) return false;
    refused.add(culprit);
    return true;
  }

  async function* chat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    signal.throwIfAborted();
    const deadline = clock.now() + timeouts.totalMs;
    const wasted = { promptTokens: 0, completionTokens: 0 };
    for (let nth = 0; ; nth++) {
      const run: Run = { text: '', thought: '', finish: undefined, usage: undefined };
      try {
        yield* attempt(request, run, deadline - clock.now(), signal);
        yield usageEvent(request, run, wasted);
        return;
      } catch (thrown) {
        signal.throwIfAborted();
        if (run.text === '' && adapt(thrown, request)) {
          nth--;
          continue;
        }
        const failure = endpoint.failureOf(thrown);
        const wait = run.text === '' ? retryDelayMs(failure, nth, endpoint.policy) : undefined;
        if (wait === undefined || clock.now() + wait >= deadline) {
          if (run.text + run.thought !== '' || wasted.promptTokens > 0) yield usageEvent(request, run, wasted);
          throw failure.error;
        }
        if (run.thought !== '') {
          const { usage } = usageEvent(request, run, wasted);
          Object.assign(wasted, { promptTokens: usage.promptTokens, completionTokens: usage.completionTokens });
        }
        await pause(wait, clock, signal);
      }
    }
  }

  async function* attempt(request: ChatRequest, run: Run, leftMs: number, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    const stop = new AbortController();
    const watch = startWatch(timeouts, leftMs, endpoint.host, stop);
    const show = dropThinking();
    try {
      const response = await endpoint.client.chat.completions
        .create(bodyOf(request), { signal: AbortSignal.any([signal, stop.signal]), maxRetries: 0, timeout: Math.max(1, Math.ceil(leftMs)) })
        .asResponse();
      for await (const chunk of chunksOf(response, stop, endpoint.client, endpoint.host)) {
        const { text, thought, refused: declined } = readChunk(chunk, run);
        if (text !== '' || thought !== '' || run.finish !== undefined) watch.progress(run.finish !== undefined);
        run.thought += thought;
        const shown = show.push(text);
        if (show.thinking) run.thought += text;
        if (declined) throw refusal(endpoint.host, 'refusal').error;
        if (shown === '') continue;
        run.text += shown;
        watch.pause();
        yield { type: 'text', text: shown };
        watch.progress(run.finish !== undefined);
      }
    } catch (thrown) {
      signal.throwIfAborted();
      // All text came; only the usage after it is missing.
      if (run.finish === undefined || thrown instanceof AppError) throw watch.expired ?? thrown;
    } finally {
      watch.stop();
      stop.abort();
    }
    signal.throwIfAborted();
    if (run.finish === undefined) throw watch.expired ?? Object.assign(new Error('terminated'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
    const rest = show.end();
    run.text += rest;
    if (rest !== '') yield { type: 'text', text: rest };
    if (run.finish === 'content_filter') throw refusal(endpoint.host, 'content_filter').error;
    if (run.finish === 'length' && run.text === '') {
      throw new AppError({
        code: 'model.failed',
        message: `${endpoint.host}: no text within the limit of tokens`,
        publicMessage: `The model ${model} used up its tokens before it wrote anything.`,
      });
    }
  }

  function usageEvent(request: ChatRequest, run: Run, wasted: { promptTokens: number; completionTokens: number }) {
    const promptTokens =
      wasted.promptTokens +
      (run.usage?.promptTokens ?? request.messages.reduce((sum, message) => sum + 4 + estimateTokens(message.content), 3));
    const completionTokens =
      wasted.completionTokens + (run.usage?.completionTokens ?? estimateTokens(run.text) + estimateTokens(run.thought));
    const costUsd = costOf(price, { promptTokens, completionTokens, cachedTokens: run.usage?.cachedTokens ?? 0 });
    const usage: ModelUsage = { promptTokens, completionTokens, costUsd, costKnown: options.priceKnown ?? price !== null };
    const finish = run.finish === 'length' ? 'length' : run.finish === undefined ? 'broken' : 'stop';
    return { type: 'usage', usage, finish } satisfies ChatEvent;
  }

  return { model, contextTokens: options.contextTokens, chat, countTokens: estimateTokens };
}

/**
 * An embedder at an OpenAI-compatible endpoint. Texts over `inputTokens` are cut at the end (a tenth early, for the
 * estimate's sake; a server that still finds one too long gets half of it, up to four times). A batch that a server
 * refuses is split in two.
 */
export function createOpenAiEmbedder(options: OpenAiEmbedderOptions): Embedder {
  const { model, price } = options;
  const endpoint = connect(options, 'EMBEDDING_MODEL', model);
  const limits = { texts: options.batchTexts ?? 64, tokens: options.batchTokens ?? 60_000, concurrency: 2 };
  let dimensions = options.dimensions;
  let encoding: 'base64' | 'float' | undefined = endpoint.official ? 'base64' : 'float';

  async function request(input: string[], kind: 'query' | 'passage', signal: AbortSignal): Promise<Float32Array[]> {
    const late = AbortSignal.timeout(endpoint.timeouts.firstTokenMs);
    try {
      const body = { model, input, ...(encoding === undefined ? {} : { encoding_format: encoding }) };
      // Not `embeddings.create`: it asks for base64 when no format is given.
      const response = await endpoint.client
        .post('/embeddings', { body, signal: AbortSignal.any([signal, late]), maxRetries: 0, timeout: endpoint.timeouts.totalMs })
        .asResponse();
      const answer = (await response.json()) as { data?: unknown; usage?: unknown };
      const promptTokens =
        countOf((answer.usage as { prompt_tokens?: unknown } | undefined)?.prompt_tokens) ??
        input.reduce((sum, text) => sum + estimateTokens(text), 0);
      await options.onUsage?.(
        {
          promptTokens,
          completionTokens: 0,
          costUsd: costOf(price, { promptTokens, completionTokens: 0 }),
          costKnown: options.priceKnown ?? price !== null,
        },
        kind,
      );
      const vectors = vectorsOf(answer.data, input.length, dimensions, endpoint.host);
      dimensions ??= vectors[0]?.length;
      return vectors;
    } catch (thrown) {
      signal.throwIfAborted();
      if (late.aborted) throw timedOut(endpoint.host, 'embeddings took too long');
      throw thrown;
    }
  }

  async function send(batch: string[], kind: 'query' | 'passage', signal: AbortSignal, cuts = 0): Promise<Float32Array[]> {
    let raw: unknown;
    try {
      return await withRetries(() => request(batch, kind, signal).catch((thrown: unknown) => Promise.reject((raw = thrown))), {
        failureOf: endpoint.failureOf,
        policy: { ...endpoint.policy, maxWaitMs: 60_000 },
        clock: endpoint.clock,
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      if (encoding !== undefined && rejectionText(raw)?.includes('encoding_format')) {
        encoding = undefined;
        return send(batch, kind, signal, cuts);
      }
      const status = (raw as { status?: unknown } | undefined)?.status;
      if (batch.length > 1 && (status === 400 || status === 413 || status === 422)) {
        const middle = batch.length >> 1;
        return [...(await send(batch.slice(0, middle), kind, signal)), ...(await send(batch.slice(middle), kind, signal))];
      }
      if (batch.length === 1 && cuts < 4 && isTooLong(raw))
        return send([cutToTokens(batch[0]!, estimateTokens(batch[0]!) / 2)], kind, signal, cuts + 1);
      throw error;
    }
  }

  return {
    model,
    async embed(texts, kind, signal) {
      const prefix = (kind === 'query' ? options.queryPrefix : options.passagePrefix) ?? '';
      const limit = (options.inputTokens ?? 8191) * 0.9;
      // Endpoints refuse an empty text, and the port promises a vector for each.
      const inputs = texts.map((text) => cutToTokens(prefix + (text.trim() === '' ? '-' : text), limit));
      return embedInBatches(inputs, (batch, either) => send(batch, kind, either), limits, signal);
    },
  };
}

/**
 * The models that an endpoint names, with the context size where it says it (vLLM's `max_model_len`).
 * @throws AppError as the language model does
 */
export async function listOpenAiModels(
  settings: OpenAiEndpointSettings,
  signal: AbortSignal,
): Promise<{ id: string; contextTokens?: number }[]> {
  const endpoint = connect(settings, 'CHAT_MODEL', '');
  try {
    const page = await endpoint.client.models.list({ signal, maxRetries: 0 });
    return (Array.isArray(page.data) ? page.data : [])
      .filter((each) => typeof each?.id === 'string')
      .map((each) => ({
        id: each.id,
        ...(countOf((each as { max_model_len?: unknown }).max_model_len)
          ? { contextTokens: (each as { max_model_len?: number }).max_model_len! }
          : {}),
      }));
  } catch (thrown) {
    signal.throwIfAborted();
    throw endpoint.failureOf(thrown).error;
  }
}

// ------------------------------------------------------------------------------------------------ the connection

function connect(settings: OpenAiEndpointSettings, modelSetting: EndpointContext['modelSetting'], model: string) {
  const url = new URL(settings.baseUrl ?? 'https://api.openai.com/v1');
  const azure = /\.azure\.(com|us|cn)$/.test(url.hostname);
  const timeouts = { ...DEFAULT_TIMEOUTS, ...settings.timeouts };
  const clock = settings.clock ?? systemClock;
  // Own limits instead of undici's: headers and body are watched here.
  const limits = { connect: { timeout: timeouts.connectMs }, headersTimeout: 0, bodyTimeout: 0 };
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  const client = new OpenAI({
    baseURL: url.href,
    apiKey: settings.apiKey ?? 'none',
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    defaultHeaders: settings.apiKey === undefined ? { authorization: null } : azure ? { 'api-key': settings.apiKey } : {},
    fetch: undiciFetch as unknown as typeof fetch,
    fetchOptions: { dispatcher: loopback ? new Agent(limits) : new EnvHttpProxyAgent(limits) } as never,
    maxRetries: 0,
    logLevel: 'off',
  });
  return {
    client,
    clock,
    timeouts,
    host: url.host,
    /** OpenAI's own servers know the newer fields; others may ignore a field that they do not know. */
    official: azure || url.hostname === 'api.openai.com' || url.hostname.endsWith('.api.openai.com'),
    policy: { maxRetries: settings.maxRetries ?? 2, maxWaitMs: MAX_WAIT_MS, random: settings.random ?? Math.random },
    failureOf: (thrown: unknown) => endpointFailure(thrown, { host: url.host, model, modelSetting, now: clock.now() }),
  };
}

// ------------------------------------------------------------------------------------------------ the stream

/** The chunks of a stream; an answer that was not streamed after all counts as one chunk. */
async function* chunksOf(response: Response, stop: AbortController, client: OpenAI, host: string): AsyncGenerator<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('application/json')) {
    const whole = (await response.json()) as { choices?: { message?: unknown; finish_reason?: unknown }[]; error?: unknown };
    if (whole.error) throw whole.error;
    yield { ...whole, choices: whole.choices?.map((choice) => ({ delta: choice.message, finish_reason: choice.finish_reason ?? 'stop' })) };
    return;
  }
  if (type.includes('text/html')) {
    throw new AppError({
      code: 'model.rejected',
      message: `${host}: answered with a web page`,
      publicMessage: `${host} answered with a web page instead of a model's answer. Check OPENAI_BASE_URL; it usually ends in /v1.`,
    });
  }
  yield* Stream.fromSSEResponse<unknown>(response, stop, client);
}
