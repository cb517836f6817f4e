import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createBudget } from '../../src/models/budget.ts';
import type { UsageRow } from '../../src/types.ts';
import { findOllama } from '../../src/models/ollama.ts';
import { createModels, DEFAULT_CHAT_MODEL } from '../../src/models/registry.ts';
import { impatientClock, listen } from '../contracts/language-model.ts';
import { startOpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import type { OpenAiEndpoint } from '../fakes/openai-endpoint.ts';

const never = new AbortController().signal;
const ask = { messages: [{ role: 'user' as const, content: 'x' }], maxTokens: 10, purpose: 'answer' };
const open: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((close) => close()))));

async function endpoint(options: Parameters<typeof startOpenAiEndpoint>[0]): Promise<OpenAiEndpoint> {
  const started = await startOpenAiEndpoint(options);
  open.push(started.close);
  return started;
}

async function serve(body: string, status = 200): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('which models', () => {
  test('nothing set: none, and no trouble', async () => {
    expect(await createModels({})).toEqual({ notes: [] });
  });

  test('a model without an endpoint: what is missing', async () => {
    expect((await createModels({ CHAT_MODEL: 'm' })).problem?.publicMessage).toMatch(/OPENAI_API_KEY.*OPENAI_BASE_URL/);
  });

  test("a key alone: OpenAI's, with a model chosen; the endpoint is not asked", async () => {
    const models = await createModels({ OPENAI_API_KEY: 'sk-x' });
    expect(models.languageModel).toMatchObject({ model: DEFAULT_CHAT_MODEL, contextTokens: 1_050_000 });
    expect(models.embedder?.('text-embedding-3-large').model).toBe('text-embedding-3-large');
    expect(models.notes).toEqual([]);
  });

  test('an endpoint with one chat model: that one', async () => {
    const { url } = await endpoint({ models: ['nomic-embed-text', 'llama3.2'], reply: () => 'hello' });
    const models = await createModels({ OPENAI_BASE_URL: url });
    expect(models.languageModel?.model).toBe('llama3.2');
    expect((await listen(models.languageModel!.chat(ask, never))).text).toBe('hello');
  });

  test('with several: all are named, none is guessed', async () => {
    const { url } = await endpoint({ models: ['llama3.2', 'qwen3', 'bge-m3'] });
    const models = await createModels({ OPENAI_BASE_URL: url });
    expect(models.languageModel).toBeUndefined();
    expect(models.problem?.publicMessage).toMatch(/CHAT_MODEL to one of: llama3\.2, qwen3\.$/);
  });

  test('with none, or out of reach, or not a model endpoint: what to do', async () => {
    const { url } = await endpoint({ models: ['bge-m3'] });
    expect((await createModels({ OPENAI_BASE_URL: url })).problem?.publicMessage).toMatch(/no chat model/);
    expect((await createModels({ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' })).problem).toMatchObject({ code: 'model.unreachable' });
    expect((await createModels({ OPENAI_BASE_URL: await serve('{"hello":1}') })).problem).toBeDefined();
  });

  test('/v1 is added to a bare address', async () => {
    const started = await endpoint({ models: ['only'], reply: () => 'hello' });
    const models = await createModels({ OPENAI_BASE_URL: started.url.replace('/v1', '') });
    expect((await listen(models.languageModel!.chat(ask, never))).text).toBe('hello');
  });

  test('a model on this machine costs nothing; its context is a guess, and that is said', async () => {
    const { url } = await endpoint({ models: ['mine'], reply: () => 'hello' });
    const models = await createModels({ OPENAI_BASE_URL: url, CHAT_MODEL: 'mine' });
    expect((await listen(models.languageModel!.chat(ask, never))).events.at(-1)).toMatchObject({ usage: { costUsd: 0, costKnown: true } });
    expect(models.notes.join()).toMatch(/context size of mine is not known/);
    const told = await createModels({ OPENAI_BASE_URL: url, CHAT_MODEL: 'mine', profiles: { mine: { contextTokens: 4096 } } });
    expect([told.languageModel?.contextTokens, told.notes]).toEqual([4096, []]);
  });

  test('a strange model elsewhere: its price is not known, and that is said', async () => {
    expect((await createModels({ OPENAI_BASE_URL: 'https://gateway.example/v1', CHAT_MODEL: 'mine' })).notes.join()).toMatch(
      /price of mine is not known/,
    );
  });

  test("Ollama's own default context is assumed there", async () => {
    expect(
      (await createModels({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', CHAT_MODEL: 'llama3.2' })).languageModel?.contextTokens,
    ).toBe(4096);
  });

  test('calls and embeddings are booked', async () => {
    const { url } = await endpoint({ models: ['gpt-4o-mini', 'text-embedding-3-small'], reply: () => 'hello' });
    const rows: UsageRow[] = [];
    const budget = createBudget({
      limitUsd: 5,
      spentThisMonth: () => 0,
      recordUsage: (row) => void rows.push(row),
      log: { warn: vi.fn(), error: vi.fn() },
      now: () => 0,
    });
    const stored = new Map<string, Float32Array>();
    const vectors = {
      get: (keys: string[]) => new Map(keys.flatMap((key) => (stored.has(key) ? [[key, stored.get(key)!] as const] : []))),
      put: (entries: { key: string; vector: Float32Array }[]) => entries.forEach(({ key, vector }) => stored.set(key, vector)),
    };
    const models = await createModels({ OPENAI_BASE_URL: url, CHAT_MODEL: 'gpt-4o-mini' }, { budget, vectors, clock: impatientClock() });
    await listen(models.languageModel!.chat(ask, never));
    const embedder = models.embedder!('text-embedding-3-small');
    await embedder.embed(['leave'], 'query', never);
    await embedder.embed(['leave', 'leave', 'other'], 'passage', never);
    await embedder.embed(['other', 'leave'], 'passage', never);
    expect(rows.map((row) => row.purpose)).toEqual(['answer', 'embed-query', 'embed-passage']);
    expect(rows.every((row) => row.usd > 0)).toBe(true);
  });
});

describe('an Ollama on this machine', () => {
  test('is found, with its chat and embedding models', async () => {
    const origin = await serve(
      JSON.stringify({
        models: [
          { name: 'llama3.2:latest', details: { family: 'llama' } },
          { name: 'nomic-embed-text:latest', details: { family: 'nomic-bert' } },
          { name: 'odd:1b', capabilities: ['embedding'] },
          null,
        ],
      }),
    );
    expect(await findOllama({ origin })).toEqual({
      url: `${origin}/v1`,
      chatModels: ['llama3.2:latest'],
      embeddingModels: ['nomic-embed-text:latest', 'odd:1b'],
    });
  });

  test('none there, something else there, or one that never answers: null, soon', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    open.push(
      () =>
        new Promise((resolve) => {
          silent.close(resolve);
          silent.closeAllConnections();
        }),
    );
    const begun = performance.now();
    expect(await findOllama({ origin: 'http://127.0.0.1:9' })).toBeNull();
    expect(await findOllama({ origin: await serve('{"models":"none"}') })).toBeNull();
    expect(await findOllama({ origin: await serve('not json', 500) })).toBeNull();
    expect(await findOllama({ origin: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, timeoutMs: 100 })).toBeNull();
    expect(performance.now() - begun).toBeLessThan(8_000);
  });
});
