/**
 * An endpoint of the published OpenAI interface on loopback: models, chat completions (streamed and not) and
 * embeddings, over real HTTP. Strict where the real one is strict (key, model, unknown and missing fields, context
 * size), and scripted where a test needs it to misbehave. It invents nothing: `reply` says what the model answers.
 */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { embedByWords } from './embed-by-words.ts';

export interface ChatCompletionRequest {
  model: string;
  messages: { role: string; content: string }[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  max_tokens?: number;
  max_completion_tokens?: number;
  temperature?: number;
  reasoning_effort?: string;
}

/** What the model answers: a text (sent in pieces of about four characters) or the very pieces and their pace. */
export type ScriptedReply = string | { chunks: string[]; delayMs?: number; finish?: string; thinking?: string[]; refusal?: string };

/**
 * What goes wrong. `status`: an error body, with the code, `Retry-After` and message given. `hang`: the request is taken
 * and never answered. `hang-midway`, `cut-midway`, `broken-json`, `error-midway`: after so many pieces of text.
 * `no-finish`: all text, then the end, with no finish_reason. `html`: a proxy's page with status 200. `not-streamed`:
 * `stream` is ignored. `drip`: that pause before every piece (and before embeddings). `no-usage`, `wrong-usage`: about the usage chunk.
 */
export type Fault =
  | { kind: 'status'; status: number; code?: string; retryAfter?: string; message?: string; echo?: boolean }
  | { kind: 'hang' }
  | { kind: 'refuse-connection' }
  | { kind: 'hang-midway' | 'cut-midway' | 'broken-json' | 'error-midway'; afterChunks: number }
  | { kind: 'drip'; delayMs: number }
  | { kind: 'no-finish' | 'html' | 'not-streamed' | 'no-usage' | 'wrong-usage' }
  | { kind: 'wrong-dimension' | 'wrong-count' | 'wrong-index' | 'not-a-number' | 'shuffled' };

export interface RecordedRequest {
  method: string;
  path: string;
  query: string;
  headers: IncomingHttpHeaders;
  body: unknown;
  /** `performance.now()` when it came. */
  at: number;
  /** True once the client closed the connection before the answer was complete. */
  closedEarly: boolean;
}

export interface OpenAiEndpointOptions {
  /** When set, any other key gets a 401. Absent: no key is asked for, as Ollama does. */
  apiKey?: string;
  models?: string[];
  /** Prompt and answer together, at four characters a token; over it a 400 `context_length_exceeded`. */
  contextTokens?: number;
  dimensions?: number;
  /** Texts in one embeddings request (2048 at OpenAI, 32 at many self-hosted servers). */
  maxInputs?: number;
  /** Tokens of one text to embed, at four characters a token. */
  maxInputTokens?: number;
  /** Fields of a chat request that this endpoint rejects, e.g. `max_tokens`, `temperature`, `stream_options`. */
  rejects?: string[];
  reply?: (request: ChatCompletionRequest, nth: number) => ScriptedReply | Promise<ScriptedReply>;
  /** Asked for every request; `nth` counts from 0 over all requests of that path. */
  fault?: (request: RecordedRequest, nth: number) => Fault | undefined;
}

export interface OpenAiEndpoint {
  /** What goes into OPENAI_BASE_URL. */
  url: string;
  requests: RecordedRequest[];
  /** The most requests that were being answered at one time. */
  readonly peak: number;
  /** Cuts what is under way; harmless when repeated. */
  close(): Promise<void>;
}

const CHAT_FIELDS = new Set(
  (
    'audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages metadata ' +
    'modalities model n parallel_tool_calls prediction presence_penalty prompt_cache_key reasoning_effort response_format ' +
    'safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p ' +
    'user verbosity web_search_options'
  ).split(' '),
);
const EMBEDDING_FIELDS = new Set(['dimensions', 'encoding_format', 'input', 'model', 'user']);

class Refused extends Error {
  readonly status: number;
  readonly body: { error: { message: string; type: string; param: string | null; code: string | null } };
  constructor(status: number, code: string | null, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.body = { error: { message, type: status >= 500 ? 'server_error' : 'invalid_request_error', param, code } };
  }
}

/** Starts it on a free port of 127.0.0.1. */
export async function startOpenAiEndpoint(options: OpenAiEndpointOptions = {}): Promise<OpenAiEndpoint> {
  const requests: RecordedRequest[] = [];
  const counts = new Map<string, number>();
  let running = 0;
  let peak = 0;

  const server = createServer((request, response) => {
    peak = Math.max(peak, ++running);
    response.on('close', () => running--);
    answer(request, response).catch((error: unknown) => {
      if (error instanceof Refused) return sendJson(response, error.status, error.body);
      response.destroy(error instanceof Error ? error : undefined);
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const text = await bodyOf(request);
    const recorded: RecordedRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.search,
      headers: request.headers,
      body: text === '' ? undefined : parseBody(text),
      at: performance.now(),
      closedEarly: false,
    };
    requests.push(recorded);
    response.on('close', () => (recorded.closedEarly = !response.writableFinished));
    const nth = counts.get(url.pathname) ?? 0;
    counts.set(url.pathname, nth + 1);

    const fault = options.fault?.(recorded, nth);
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'refuse-connection') return void request.socket.resetAndDestroy();
    if (fault?.kind === 'html')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Sign in</body></html>');
    if (fault?.kind === 'status') {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
      throw new Refused(fault.status, fault.code ?? null, fault.echo ? `Invalid input: ${text}` : (fault.message ?? 'scripted fault'));
    }
    checkKey(request.headers);
    const path = url.pathname.replace(/^\/(openai\/)?(v1\/|deployments\/[^/]+\/)?/, '/');
    if (request.method === 'GET' && path === '/models') {
      return sendJson(response, 200, { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'test' })) });
    }
    if (request.method === 'POST' && path === '/chat/completions') return chat(recorded.body, response, nth, fault);
    if (request.method === 'POST' && path === '/embeddings') {
      if (fault?.kind === 'drip') await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
      return embeddings(recorded.body, response, fault);
    }
    throw new Refused(404, null, `Invalid URL (${request.method} ${url.pathname})`);
  }

  const models = options.models ?? ['test-chat', 'test-embedding'];

  function checkKey(headers: IncomingHttpHeaders): void {
    if (options.apiKey === undefined) return;
    const given = headers.authorization?.replace(/^Bearer /, '') ?? headers['api-key'];
    if (given === options.apiKey) return;
    throw new Refused(
      401,
      'invalid_api_key',
      `Incorrect API key provided: ${String(given)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    );
  }

  function checkFields(body: unknown, known: Set<string>, required: string[]): asserts body is Record<string, unknown> {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new Refused(400, null, 'We could not parse the JSON body of your request.');
    for (const field of Object.keys(body)) {
      if (!known.has(field)) throw new Refused(400, 'unknown_parameter', `Unknown parameter: '${field}'.`, field);
      if (options.rejects?.includes(field)) throw new Refused(400, 'unsupported_parameter', rejection(field), field);
    }
    for (const field of required) {
      if (!(field in body)) throw new Refused(400, 'missing_required_parameter', `Missing required parameter: '${field}'.`, field);
    }
    const model = (body as { model: unknown }).model;
    if (typeof model !== 'string' || !models.includes(model)) {
      throw new Refused(404, 'model_not_found', `The model \`${String(model)}\` does not exist or you do not have access to it.`);
    }
  }

  async function chat(body: unknown, response: ServerResponse, nth: number, fault: Fault | undefined): Promise<void> {
    checkFields(body, CHAT_FIELDS, ['model', 'messages']);
    const request = body as unknown as ChatCompletionRequest;
    checkChat(request);
    const prompt = tokensOf(request.messages.map((message) => message.content).join('\n'));
    const limit = options.contextTokens;
    if (limit !== undefined && prompt + (request.max_tokens ?? request.max_completion_tokens ?? 0) > limit) {
      throw new Refused(
        400,
        'context_length_exceeded',
        `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${prompt} tokens.`,
        'messages',
      );
    }
    const scripted = (await options.reply?.(request, nth)) ?? 'ok';
    const reply = typeof scripted === 'string' ? { chunks: scripted.match(/[^]{1,4}/gu) ?? [] } : scripted;
    const usage = {
      prompt_tokens: prompt,
      completion_tokens: tokensOf(reply.chunks.join('')),
      total_tokens: prompt + tokensOf(reply.chunks.join('')),
    };
    const head = { id: `chatcmpl-${nth}`, created: 0, model: request.model };
    if (request.stream !== true || fault?.kind === 'not-streamed') {
      const message = {
        role: 'assistant',
        content: reply.refusal === undefined ? reply.chunks.join('') : null,
        refusal: reply.refusal ?? null,
      };
      return sendJson(response, 200, {
        ...head,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: reply.finish ?? 'stop', logprobs: null }],
        usage,
      });
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    const chunk = (delta: object, finish: string | null = null): Promise<void> =>
      write(
        response,
        `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }] })}\n\n`,
      );
    await chunk({ role: 'assistant', content: '' });
    for (const thought of reply.thinking ?? []) await chunk({ reasoning_content: thought });
    for (const [at, piece] of reply.chunks.entries()) {
      const midway = fault !== undefined && 'afterChunks' in fault && fault.afterChunks === at ? fault.kind : undefined;
      if (midway === 'hang-midway') return;
      if (midway === 'cut-midway') return void response.socket?.destroy();
      if (midway === 'broken-json') await write(response, 'data: {"choices":[{"delta":{"conte\n\n');
      if (midway === 'error-midway')
        await write(
          response,
          'data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":"server_error"}}\n\n',
        );
      const pause = fault?.kind === 'drip' ? fault.delayMs : reply.delayMs;
      if (pause !== undefined) await new Promise((resolve) => setTimeout(resolve, pause));
      if (response.destroyed) return;
      await chunk({ content: piece });
    }
    if (reply.refusal !== undefined) await chunk({ refusal: reply.refusal });
    if (fault?.kind !== 'no-finish') {
      await chunk({}, reply.finish ?? 'stop');
      const told = fault?.kind === 'wrong-usage' ? { prompt_tokens: -7, completion_tokens: 'many', total_tokens: null } : usage;
      if (request.stream_options?.include_usage === true && fault?.kind !== 'no-usage') {
        await write(response, `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage: told })}\n\n`);
      }
      await write(response, 'data: [DONE]\n\n');
    }
    response.end();
  }

  function embeddings(body: unknown, response: ServerResponse, fault: Fault | undefined): void {
    checkFields(body, EMBEDDING_FIELDS, ['model', 'input']);
    const inputs = Array.isArray(body.input) ? body.input : [body.input];
    if (inputs.length === 0 || inputs.length > (options.maxInputs ?? 2048))
      throw new Refused(400, null, "'$.input' is invalid: wrong number of inputs.", 'input');
    const texts = inputs.map((input: unknown) => {
      if (typeof input !== 'string' || input === '')
        throw new Refused(400, null, "'$.input' is invalid. Please check the API reference.", 'input');
      if (tokensOf(input) > (options.maxInputTokens ?? 8191))
        throw new Refused(400, 'context_length_exceeded', "This model's maximum context length is exceeded.", 'input');
      return input;
    });
    const dimensions = (options.dimensions ?? 64) + (fault?.kind === 'wrong-dimension' ? 1 : 0);
    // Longer than 1 on purpose: not every endpoint normalises.
    const data = texts.map((text, index) => ({
      object: 'embedding',
      index,
      embedding: encode(
        embedByWords(text, dimensions).map((value) => value * 3),
        body.encoding_format,
      ),
    }));
    if (fault?.kind === 'wrong-count') data.pop();
    if (fault?.kind === 'wrong-index') for (const one of data) one.index = 0;
    if (fault?.kind === 'not-a-number') data[0]!.embedding = Array.from({ length: dimensions }, () => null) as unknown as number[];
    if (fault?.kind === 'shuffled') data.reverse();
    const tokens = texts.reduce((sum, text) => sum + tokensOf(text), 0);
    sendJson(response, 200, { object: 'list', data, model: body.model, usage: { prompt_tokens: tokens, total_tokens: tokens } });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    get peak() {
      return peak;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function checkChat(request: ChatCompletionRequest): void {
  const { messages } = request;
  if (!Array.isArray(messages) || messages.length === 0)
    throw new Refused(400, 'empty_array', "Invalid 'messages': empty array.", 'messages');
  for (const [index, message] of messages.entries()) {
    if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(message.role))
      throw new Refused(400, 'invalid_value', `Invalid value: '${message.role}'.`, `messages[${index}].role`);
    if (typeof message.content !== 'string')
      throw new Refused(400, 'invalid_type', 'Invalid type for content: expected a string.', `messages[${index}].content`);
  }
  if (request.max_tokens !== undefined && request.max_completion_tokens !== undefined)
    throw new Refused(
      400,
      'invalid_parameter_combination',
      'Setting max_tokens and max_completion_tokens at the same time is not supported.',
    );
  for (const field of ['max_tokens', 'max_completion_tokens'] as const) {
    const value = request[field];
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      throw new Refused(400, 'integer_below_min_value', `Invalid '${field}': integer below minimum value.`, field);
  }
  if (request.temperature !== undefined && !(request.temperature >= 0 && request.temperature <= 2))
    throw new Refused(400, 'decimal_above_max_value', "Invalid 'temperature'.", 'temperature');
  if (request.stream_options !== undefined && request.stream !== true)
    throw new Refused(400, null, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
}

function rejection(field: string): string {
  if (field === 'max_tokens')
    return "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
  if (field === 'temperature')
    return "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.";
  return `Unsupported parameter: '${field}' is not supported with this model.`;
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

function encode(vector: number[], format: unknown): number[] | string {
  if (format !== 'base64') return vector;
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function write(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => response.write(text, () => resolve()));
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
