import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { createOpenAiEmbedder, createOpenAiLanguageModel, listOpenAiModels } from '../../src/models/drivers/openai.ts';
import type { OpenAiEmbedderOptions, OpenAiLanguageModelOptions } from '../../src/models/drivers/openai.ts';
import type { ChatRequest } from '../../src/models/language-model.ts';
import { retryAfterMs } from '../../src/retry.ts';
import { everythingIn, impatientClock, listen } from '../contracts/language-model.ts';
import { similarity } from '../contracts/embedder.ts';
import { startOpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import type { ChatCompletionRequest, Fault, OpenAiEndpoint, OpenAiEndpointOptions } from '../fakes/openai-endpoint.ts';

const never = new AbortController().signal;
let endpoint: OpenAiEndpoint;
afterEach(() => endpoint?.close());

async function model(server: OpenAiEndpointOptions, options: Partial<OpenAiLanguageModelOptions> = {}) {
  endpoint = await startOpenAiEndpoint(server);
  const clock = impatientClock();
  const made = createOpenAiLanguageModel({
    baseUrl: endpoint.url,
    model: 'test-chat',
    contextTokens: 8192,
    price: { input: 1, output: 5 },
    timeouts: { firstTokenMs: 300, idleMs: 300, totalMs: 5000 },
    clock,
    random: () => 0.5,
    ...options,
  });
  return {
    clock,
    ask: (request: Partial<ChatRequest> = {}) =>
      listen(
        made.chat({ messages: [{ role: 'user', content: 'How long is leave?' }], maxTokens: 50, purpose: 'answer', ...request }, never),
      ),
  };
}

async function embedder(server: OpenAiEndpointOptions, options: Partial<OpenAiEmbedderOptions> = {}) {
  endpoint = await startOpenAiEndpoint(server);
  return createOpenAiEmbedder({
    baseUrl: endpoint.url,
    model: 'test-embedding',
    price: { input: 0.02, output: 0 },
    clock: impatientClock(),
    ...options,
  });
}

const bodies = (): ChatCompletionRequest[] => endpoint.requests.map((request) => request.body as ChatCompletionRequest);
const once = (fault: Fault) => (_request: unknown, nth: number) => (nth === 0 ? fault : undefined);

describe('retries', () => {
  test('waits as long as Retry-After says, in seconds', async () => {
    const { ask, clock } = await model(
      { reply: () => 'ok', fault: once({ kind: 'status', status: 429, retryAfter: '7' }) },
      { timeouts: { totalMs: 60_000 } },
    );
    expect((await ask()).text).toBe('ok');
    expect(clock.slept).toEqual([7875]);
  });

  test('and until the date it says', async () => {
    const at = new Date(Date.now() + 10_000).toUTCString();
    const { ask, clock } = await model(
      { reply: () => 'ok', fault: once({ kind: 'status', status: 503, retryAfter: at }) },
      { timeouts: { totalMs: 60_000 } },
    );
    expect((await ask()).text).toBe('ok');
    expect(clock.slept[0]).toBeGreaterThan(8000);
    expect(clock.slept[0]).toBeLessThan(12_600);
  });

  test('nobody waits minutes: a long Retry-After ends the call at once', async () => {
    const { ask, clock } = await model(
      { fault: () => ({ kind: 'status', status: 429, retryAfter: '3600' }) },
      { timeouts: { totalMs: 100_000_000 } },
    );
    expect((await ask()).error).toMatchObject({ code: 'model.rate_limited', retryable: true });
    expect(clock.slept).toEqual([]);
    expect(endpoint.requests).toHaveLength(1);
  });

  test.each([408, 409, 429, 500, 502, 503, 529])('%i is tried again, with a growing pause', async (status) => {
    const { ask, clock } = await model({ fault: () => ({ kind: 'status', status }) });
    expect((await ask()).error).toBeInstanceOf(AppError);
    expect(endpoint.requests).toHaveLength(3);
    expect(clock.slept[1]).toBeGreaterThan(clock.slept[0]!);
  });

  test.each([400, 401, 403, 404, 422])('%i is not', async (status) => {
    const { ask } = await model({ fault: () => ({ kind: 'status', status }) });
    expect((await ask()).error).toMatchObject({ code: 'model.rejected', retryable: false });
    expect(endpoint.requests).toHaveLength(1);
  });

  test('a reset connection is tried again', async () => {
    const { ask } = await model({ reply: () => 'ok', fault: once({ kind: 'refuse-connection' }) });
    expect((await ask()).text).toBe('ok');
  });

  test('nothing listens there: model.unreachable, and how to mend it', async () => {
    const { ask } = await model({});
    await endpoint.close();
    expect((await ask()).error).toMatchObject({
      code: 'model.unreachable',
      retryable: true,
      publicMessage: expect.stringContaining('OPENAI_BASE_URL'),
    });
  });

  test('retries stop at the deadline of the whole call', async () => {
    const { ask } = await model(
      { fault: () => ({ kind: 'status', status: 500 }) },
      {
        maxRetries: 50,
        timeouts: { totalMs: 400 },
        clock: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
      },
    );
    const begun = performance.now();
    expect((await ask()).error).toMatchObject({ code: 'model.failed' });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  test('Retry-After that cannot be read is no wait', () => {
    const read = (value: string) => retryAfterMs(new Headers({ 'retry-after': value }), 0);
    expect([read('soon'), read('-5'), read(''), read('1.5'), read('Thu, 01 Jan 1970 00:00:30 GMT')]).toEqual([
      undefined,
      undefined,
      undefined,
      1500,
      30_000,
    ]);
    expect(retryAfterMs(new Headers({ 'retry-after': 'Thu, 01 Jan 1970 00:00:30 GMT' }), 60_000)).toBe(0);
  });
});

describe('the stream', () => {
  test('an end without finish_reason is model.failed or unreachable after the text, never a silent success', async () => {
    const { ask } = await model({ reply: () => 'Half of it', fault: () => ({ kind: 'no-finish' }) });
    const { text, error, events } = await ask();
    expect(text).toBe('Half of it');
    expect(error).toMatchObject({ code: expect.stringMatching(/^model\.(failed|unreachable)$/) });
    expect(events.at(-1)).toMatchObject({ type: 'usage', finish: 'broken' });
  });

  test('a broken chunk ends it after the text so far', async () => {
    const { ask } = await model({ reply: () => ({ chunks: ['One. ', 'Two.'] }), fault: () => ({ kind: 'broken-json', afterChunks: 1 }) });
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { text, error } = await ask();
    expect([text, (error as AppError).code]).toEqual(['One. ', 'model.failed']);
    expect(quiet).not.toHaveBeenCalled();
    quiet.mockRestore();
  });

  test('an error in the middle of the stream', async () => {
    const { ask } = await model({ reply: () => ({ chunks: ['One. ', 'Two.'] }), fault: () => ({ kind: 'error-midway', afterChunks: 1 }) });
    const { text, error } = await ask();
    expect([text, (error as AppError).code]).toEqual(['One. ', 'model.failed']);
  });

  test('an error in the stream before any text is tried again', async () => {
    const { ask } = await model({ reply: () => 'ok', fault: once({ kind: 'error-midway', afterChunks: 0 }) });
    expect((await ask()).text).toBe('ok');
    expect(endpoint.requests).toHaveLength(2);
  });

  test('a web page instead of an answer: check OPENAI_BASE_URL', async () => {
    const { ask } = await model({ fault: () => ({ kind: 'html' }) });
    expect((await ask()).error).toMatchObject({ code: 'model.rejected', publicMessage: expect.stringContaining('OPENAI_BASE_URL') });
  });

  test('an endpoint that does not stream is understood', async () => {
    const { ask } = await model({ reply: () => 'All at once.', fault: () => ({ kind: 'not-streamed' }) });
    const { text, events } = await ask();
    expect(text).toBe('All at once.');
    expect(events.at(-1)).toMatchObject({ type: 'usage', finish: 'stop' });
  });

  test('a slow stream is not late as long as it moves', async () => {
    const { ask } = await model({
      reply: () => ({ chunks: ['a', 'b', 'c', 'd', 'e', 'f'] }),
      fault: () => ({ kind: 'drip', delayMs: 120 }),
    });
    expect((await ask()).text).toBe('abcdef');
  });

  test('a reader who takes his time is not taken for a stream that stands still', async () => {
    endpoint = await startOpenAiEndpoint({ reply: () => ({ chunks: ['a', 'b'] }) });
    const slow = createOpenAiLanguageModel({
      baseUrl: endpoint.url,
      model: 'test-chat',
      contextTokens: 8192,
      price: null,
      timeouts: { firstTokenMs: 100, idleMs: 50, totalMs: 5000 },
    });
    let text = '';
    for await (const event of slow.chat({ messages: [{ role: 'user', content: 'x' }], maxTokens: 9, purpose: 'answer' }, never)) {
      if (event.type === 'text') text += event.text;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(text).toBe('ab');
  });

  test('the limit of the whole call holds for a stream that never ends', async () => {
    const { ask } = await model(
      { reply: () => ({ chunks: Array.from({ length: 500 }, () => 'x'), delayMs: 20 }) },
      { timeouts: { totalMs: 300 } },
    );
    const { text, error } = await ask();
    expect(text.length).toBeGreaterThan(2);
    expect(error).toMatchObject({ code: 'model.timeout' });
  });

  test('a refusal and a content filter are errors that asking again does not mend', async () => {
    const refusing = await model({ reply: () => ({ chunks: [], refusal: 'I cannot help with that.' }) });
    expect((await refusing.ask()).error).toMatchObject({
      code: 'model.failed',
      retryable: false,
      publicMessage: expect.stringContaining('declined'),
    });
    expect(endpoint.requests).toHaveLength(1);
    await endpoint.close();
    const filtering = await model({ reply: () => ({ chunks: ['So far. '], finish: 'content_filter' }) });
    const { text, error } = await filtering.ask();
    expect([text, (error as AppError).retryable]).toEqual(['So far. ', false]);
  });

  test('thinking is not shown, in tags or in a field of its own', async () => {
    const { ask } = await model({
      reply: () => ({ chunks: ['<thi', 'nk>The user ', 'wants…</th', 'ink>\n\nLeave ', 'is 25 days.'], thinking: ['hm'] }),
    });
    expect((await ask()).text).toBe('Leave is 25 days.');
  });

  test('a model that thinks until its limit says so', async () => {
    const { ask } = await model({ reply: () => ({ chunks: ['<think>', 'on and on'], finish: 'length' }) });
    expect((await ask()).error).toMatchObject({ code: 'model.failed', publicMessage: expect.stringContaining('tokens') });
  });

  test('text that was cut at maxTokens is marked', async () => {
    const { ask } = await model({ reply: () => ({ chunks: ['Leave is'], finish: 'length' }) });
    expect((await ask()).events.at(-1)).toMatchObject({ type: 'usage', finish: 'length' });
  });
});

describe('usage', () => {
  test('as the endpoint says it, and what it costs', async () => {
    const { ask } = await model({ reply: () => 'x'.repeat(400) });
    const usage = (await ask()).events.at(-1);
    expect(usage).toMatchObject({ usage: { promptTokens: 5, completionTokens: 100, costKnown: true } });
    expect(usage?.type === 'usage' && usage.usage.costUsd).toBeCloseTo((5 * 1 + 100 * 5) / 1e6, 12);
  });

  test.each([['no-usage'], ['wrong-usage']] as const)('estimated when the endpoint sends %s', async (kind) => {
    const { ask } = await model({ reply: () => 'Parental leave is sixteen weeks long.', fault: () => ({ kind }) });
    const last = (await ask()).events.at(-1);
    expect(last?.type === 'usage' && last.usage.promptTokens).toBeGreaterThan(6);
    expect(last?.type === 'usage' && last.usage.completionTokens).toBeGreaterThan(5);
    expect(last?.type === 'usage' && last.usage.completionTokens).toBeLessThan(12);
  });

  test('a model without a price costs 0 and says that this is not known', async () => {
    const { ask } = await model({ reply: () => 'ok' }, { price: null });
    expect((await ask()).events.at(-1)).toMatchObject({ usage: { costUsd: 0, costKnown: false } });
  });
});

describe('what an endpoint does not take', () => {
  test.each(['max_tokens', 'temperature', 'stream_options', 'reasoning_effort'])('%s: asked once, then remembered', async (field) => {
    const { ask } = await model({ reply: () => 'ok', rejects: [field] }, { reasoningEffort: 'low' });
    expect((await ask({ temperature: 0.2 })).text).toBe('ok');
    expect((await ask({ temperature: 0.2 })).text).toBe('ok');
    expect(bodies()).toHaveLength(3);
    for (const body of bodies().slice(1)) expect(body).not.toHaveProperty(field);
    if (field === 'max_tokens') expect(bodies()[2]).toMatchObject({ max_completion_tokens: 50 });
  });

  test('all of them at once', async () => {
    const { ask } = await model(
      { reply: () => 'ok', rejects: ['max_tokens', 'temperature', 'stream_options', 'reasoning_effort'] },
      { reasoningEffort: 'none' },
    );
    expect((await ask({ temperature: 0 })).text).toBe('ok');
    expect(Object.keys(bodies().at(-1)!).sort()).toEqual(['max_completion_tokens', 'messages', 'model', 'stream']);
  });

  test('an endpoint that takes neither limit is not asked for ever', async () => {
    const { ask } = await model({ rejects: ['max_tokens', 'max_completion_tokens'] });
    expect((await ask()).error).toMatchObject({ code: 'model.rejected' });
    expect(endpoint.requests.length).toBeLessThanOrEqual(3);
  });

  test('room for reasoning is added to the limit', async () => {
    const { ask } = await model({ reply: () => 'ok' }, { reasoningEffort: 'low', reasoningTokens: 2000 });
    await ask();
    expect(bodies()[0]).toMatchObject({ max_tokens: 2050, reasoning_effort: 'low' });
  });

  test('a prompt over the context: which setting to correct', async () => {
    const { ask } = await model({ contextTokens: 60 });
    expect((await ask({ messages: [{ role: 'user', content: 'word '.repeat(100) }] })).error).toMatchObject({
      code: 'model.rejected',
      publicMessage: expect.stringContaining('context'),
    });
  });

  test('a model that does not exist: which setting to correct', async () => {
    const { ask } = await model({ models: ['another'] });
    expect((await ask()).error).toMatchObject({ code: 'model.rejected', publicMessage: expect.stringMatching(/test-chat.*CHAT_MODEL/) });
  });

  test('an account without credit is not asked again', async () => {
    const { ask } = await model({ fault: () => ({ kind: 'status', status: 429, code: 'insufficient_quota' }) });
    expect((await ask()).error).toMatchObject({ code: 'model.rejected', publicMessage: expect.stringContaining('credit') });
    expect(endpoint.requests).toHaveLength(1);
  });
});

describe('secrets', () => {
  test('no error holds the key or the prompt, even when the endpoint repeats them', async () => {
    const key = 'sk-proj-SECRETsecret1234567890';
    const faults: (Fault | undefined)[] = [
      undefined,
      ...[400, 422, 500, 429].map((status): Fault => ({ kind: 'status', status, echo: true, retryAfter: '999' })),
    ];
    for (const fault of faults) {
      const { ask } = await model({ apiKey: 'sk-right', fault: () => fault }, { apiKey: key, maxRetries: 0 });
      const { error } = await ask({ messages: [{ role: 'user', content: 'the blue elephant' }] });
      expect(error).toBeInstanceOf(AppError);
      expect(everythingIn(error)).not.toMatch(/SECRET|elephant/);
      await endpoint.close();
    }
  });

  test('the key goes to the endpoint, and without one no Authorization header does', async () => {
    const { ask } = await model({ reply: () => 'ok', apiKey: 'sk-right' }, { apiKey: 'sk-right' });
    expect((await ask()).text).toBe('ok');
    expect(endpoint.requests[0]!.headers.authorization).toBe('Bearer sk-right');
    await endpoint.close();
    const open = await model({ reply: () => 'ok' });
    await open.ask();
    expect(endpoint.requests[0]!.headers).not.toHaveProperty('authorization');
  });

  test('variables of the environment change nothing', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-from-env').stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/v1').stubEnv('OPENAI_ORG_ID', 'org-env');
    try {
      const { ask } = await model({ reply: () => 'ok' });
      expect((await ask()).text).toBe('ok');
      expect(endpoint.requests[0]!.headers).not.toHaveProperty('openai-organization');
      expect(endpoint.requests[0]!.headers).not.toHaveProperty('authorization');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('addresses', () => {
  test("a query such as Azure's api-version goes with every request", async () => {
    endpoint = await startOpenAiEndpoint({ reply: () => 'ok', models: ['gpt'] });
    const base = endpoint.url.replace('/v1', '/openai/deployments/gpt?api-version=2024-10-21');
    const azure = createOpenAiLanguageModel({ apiKey: 'k', baseUrl: base, model: 'gpt', contextTokens: 8192, price: null });
    expect((await listen(azure.chat({ messages: [{ role: 'user', content: 'x' }], maxTokens: 5, purpose: 'answer' }, never))).text).toBe(
      'ok',
    );
    expect(endpoint.requests[0]).toMatchObject({ path: '/openai/deployments/gpt/chat/completions', query: '?api-version=2024-10-21' });
  });

  test("lists the models, with vLLM's context size", async () => {
    const server = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end('{"data":[{"id":"a","max_model_len":4096},{"id":"b"},{"nonsense":1}]}'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    expect(await listOpenAiModels({ baseUrl }, never)).toEqual([{ id: 'a', contextTokens: 4096 }, { id: 'b' }]);
    server.close();
    server.closeAllConnections();
  });
});

describe('embeddings', () => {
  const texts = Array.from({ length: 500 }, (_, index) => `passage ${index} about topic${index % 5}`);

  test('many texts: batches, two at a time, in order', async () => {
    const made = await embedder(
      { fault: (_request, nth) => (nth % 2 === 0 ? { kind: 'drip', delayMs: 15 } : { kind: 'shuffled' }) },
      { batchTexts: 32 },
    );
    const vectors = await made.embed(texts, 'passage', never);
    expect(endpoint.requests).toHaveLength(16);
    expect(endpoint.peak).toBe(2);
    const [alone] = await made.embed([texts[333]!], 'passage', never);
    expect(similarity(vectors[333]!, alone!)).toBeGreaterThan(0.999);
  });

  test('a batch holds no more tokens than it may', async () => {
    const made = await embedder({}, { batchTokens: 100 });
    await made.embed(
      Array.from({ length: 6 }, () => 'some words in a row '.repeat(8)),
      'passage',
      never,
    );
    expect(endpoint.requests.length).toBeGreaterThanOrEqual(3);
  });

  test('a server that takes fewer texts at a time gets fewer', async () => {
    const made = await embedder({ maxInputs: 10 });
    expect(await made.embed(texts.slice(0, 64), 'passage', never)).toHaveLength(64);
  });

  test('a text that the server finds too long is cut until it fits', async () => {
    const made = await embedder({ maxInputTokens: 100 });
    const [vector] = await made.embed(['many words '.repeat(60)], 'passage', never);
    expect(Math.hypot(...vector!)).toBeCloseTo(1, 5);
  });

  test('base64 and float give the same vectors', async () => {
    const asked = await embedder({});
    const [float] = await asked.embed(['hello world'], 'query', never);
    expect(endpoint.requests[0]!.body).toMatchObject({ encoding_format: 'float' });
    await endpoint.close();
    const server = createServer((_request, response) =>
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ data: [{ index: 0, embedding: Buffer.from(float!.map((value) => value * 2).buffer).toString('base64') }] })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const other = createOpenAiEmbedder({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      model: 'm',
      price: null,
    });
    const [base64] = await other.embed(['hello world'], 'query', never);
    expect(similarity(float!, base64!)).toBeCloseTo(1, 5);
    server.close();
    server.closeAllConnections();
  });

  test('a server that does not know encoding_format is asked without it', async () => {
    const made = await embedder({ rejects: ['encoding_format'] });
    expect(await made.embed(['a', 'b'], 'passage', never)).toHaveLength(2);
    expect(await made.embed(['c'], 'query', never)).toHaveLength(1);
    expect(endpoint.requests).toHaveLength(3);
  });

  test.each(['wrong-count', 'wrong-index', 'not-a-number'] as const)('%s is an error, not a wrong index', async (kind) => {
    const made = await embedder({ fault: () => ({ kind }) });
    await expect(made.embed(['a', 'b', 'c'], 'passage', never)).rejects.toMatchObject({ code: 'model.failed' });
  });

  test('another size than before, or than expected, is an error', async () => {
    const made = await embedder({ fault: (_request, nth) => (nth === 1 ? { kind: 'wrong-dimension' } : undefined) });
    await made.embed(['a'], 'passage', never);
    await expect(made.embed(['b'], 'passage', never)).rejects.toMatchObject({ code: 'model.failed' });
    await endpoint.close();
    const strict = await embedder({ dimensions: 64 }, { dimensions: 1536 });
    await expect(strict.embed(['a'], 'passage', never)).rejects.toMatchObject({ message: expect.stringContaining('1536') });
  });

  test('prefixes go before questions and passages', async () => {
    const made = await embedder({}, { queryPrefix: 'query: ', passagePrefix: 'passage: ' });
    await made.embed(['leave'], 'query', never);
    await made.embed(['leave'], 'passage', never);
    expect(endpoint.requests.map((request) => (request.body as { input: string[] }).input)).toEqual([['query: leave'], ['passage: leave']]);
  });

  test('retries, and tells what it used', async () => {
    const used: number[] = [];
    const made = await embedder(
      { fault: once({ kind: 'status', status: 503 }) },
      { onUsage: (usage) => void used.push(usage.promptTokens) },
    );
    await made.embed(['twenty characters ok'], 'passage', never);
    expect(used).toEqual([5]);
  });

  test('cancelled midway: the reason, at once, and the connections are closed', async () => {
    const made = await embedder({ fault: () => ({ kind: 'hang' }) }, { batchTexts: 10 });
    const stop = new AbortController();
    const reason = new Error('gone');
    setTimeout(() => stop.abort(reason), 50);
    await expect(made.embed(texts, 'passage', stop.signal)).rejects.toBe(reason);
    await expect.poll(() => endpoint.requests.every((request) => request.closedEarly)).toBe(true);
    expect(endpoint.requests).toHaveLength(2);
  });

  test('one batch that fails ends the others', async () => {
    const made = await embedder(
      { fault: (_request, nth) => (nth === 0 ? { kind: 'status', status: 401 } : { kind: 'hang' }) },
      { batchTexts: 10 },
    );
    const begun = performance.now();
    await expect(made.embed(texts, 'passage', never)).rejects.toMatchObject({ code: 'model.rejected' });
    expect(performance.now() - begun).toBeLessThan(10_000);
    await expect.poll(() => endpoint.requests.slice(1).every((request) => request.closedEarly)).toBe(true);
  });

  test('a server that never answers ends in model.timeout', async () => {
    const made = await embedder({ fault: () => ({ kind: 'hang' }) }, { timeouts: { firstTokenMs: 150 } });
    await expect(made.embed(['a'], 'query', never)).rejects.toMatchObject({ code: 'model.timeout' });
  });
});
