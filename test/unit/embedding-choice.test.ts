/** Which embedding model is used: what EMBEDDING_MODEL and MODELS_DIR lead to, and which model reads the questions meanwhile. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEmbeddings, hasNpmModel, modelName, type Embeddings } from '../../src/models/embedding.ts';
import type { Embedder } from '../../src/models/embedder.ts';

let modelsDir: string;
let hosted: ((model: string) => Embedder) | undefined;
let embeddings: Embeddings;
beforeEach(() => {
  modelsDir = mkdtempSync(join(tmpdir(), 'docent-choice-'));
  hosted = undefined;
  embeddings = createEmbeddings({ modelsDir, threads: 1, hosted: async () => hosted });
});
afterEach(async () => {
  await embeddings.close();
  rmSync(modelsDir, { recursive: true, force: true });
});

const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
function install(name: string, weights = 'weights', languages = ['*']): void {
  const folder = join(modelsDir, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), weights);
  writeFileSync(join(folder, 'tokenizer.json'), 'words');
  const checksums = { 'model.onnx': sum(weights), 'tokenizer.json': sum('words') };
  const prefixes = { query: '', passage: '' };
  writeFileSync(
    join(folder, 'model.json'),
    JSON.stringify({ name, dimension: 8, pooling: 'mean', prefixes, maxTokens: 128, languages, licence: 'MIT', checksums }),
  );
}
const endpoint = (): void => {
  hosted = (model) => ({ model, embed: async () => [] });
};

test('none: words alone, and nothing to complain of', async () => {
  install('multilingual-e5-small');
  expect(await embeddings.choose('none')).toEqual({});
});

test('nothing said: the default of the folder', async () => {
  install('multilingual-e5-small');
  const { embedder, awaited, problem } = await embeddings.choose(undefined);
  expect([modelName(embedder!.model), awaited, problem]).toEqual(['multilingual-e5-small', undefined, undefined]);
});

test('nothing said and nothing there: what npm carries, until the default has come', async () => {
  const first = await embeddings.choose(undefined);
  expect(hasNpmModel()).toBe(true);
  expect(first).toMatchObject({ embedder: { languages: ['en'] }, awaited: { name: 'multilingual-e5-small' } });
  expect([modelName(first.embedder!.model), first.problem]).toEqual(['use-lite', undefined]);
  install('multilingual-e5-small');
  expect(modelName((await embeddings.choose(undefined)).embedder!.model)).toBe('multilingual-e5-small');
});

test('a known model by name is awaited; use-lite by name awaits nothing', async () => {
  expect(await embeddings.choose('bge-small-en-v1.5')).toMatchObject({ awaited: { name: 'bge-small-en-v1.5' } });
  const chosen = await embeddings.choose('use-lite');
  expect([modelName(chosen.embedder!.model), chosen.awaited, chosen.problem]).toEqual(['use-lite', undefined, undefined]);
});

test('a folder of any name, before an endpoint that may have the same', async () => {
  endpoint();
  install('our-own', 'weights', ['de', 'en']);
  const { embedder } = await embeddings.choose('our-own');
  expect(embedder).toMatchObject({ languages: ['de', 'en'], model: expect.stringMatching(/^our-own@[0-9a-f]{12}$/) });
});

test('every language is no list of languages', async () => {
  install('our-own');
  expect((await embeddings.choose('our-own')).embedder!.languages).toBeUndefined();
});

test.each(['text-embedding-3-small', 'BAAI/bge-m3', 'nomic-embed-text:latest'])('%s is one of the endpoint', async (name) => {
  endpoint();
  expect((await embeddings.choose(name)).embedder).toMatchObject({ model: name });
  expect(await embeddings.of(name)).toMatchObject({ model: name });
});

test('a name that is nowhere: said with the names there are, and searched with what npm carries', async () => {
  const { embedder, problem, awaited } = await embeddings.choose('text-embedding-3-small');
  expect(modelName(embedder!.model)).toBe('use-lite');
  expect(awaited).toBeUndefined();
  for (const told of ['text-embedding-3-small', 'OPENAI_BASE_URL', 'multilingual-e5-small', 'use-lite', 'none'])
    expect(problem!.publicMessage).toContain(told);
});

test('a broken folder is a problem that is told; it is not downloaded over, and search goes on without', async () => {
  install('multilingual-e5-small');
  writeFileSync(join(modelsDir, 'multilingual-e5-small', 'model.onnx'), 'other weights');
  const { embedder, problem, awaited } = await embeddings.choose(undefined);
  expect(modelName(embedder!.model)).toBe('use-lite');
  expect(awaited).toBeUndefined();
  expect(problem).toMatchObject({
    code: 'model.checksum',
    publicMessage: expect.stringContaining('docent model pull multilingual-e5-small'),
  });
});

test('a name that leads out of the folder is none', async () => {
  const { problem } = await embeddings.choose('../../etc');
  expect(problem).toMatchObject({ code: 'model.rejected' });
});

test('while another is chosen, the former model still reads questions, as long as its files are those', async () => {
  install('former');
  install('next');
  const former = (await embeddings.choose('former')).embedder!.model;
  const next = (await embeddings.choose('next')).embedder!.model;
  expect(former).not.toBe(next);
  expect((await embeddings.of(former))?.model).toBe(former);
  install('former', 'exchanged weights');
  expect(await embeddings.of(former)).toBeUndefined();
  rmSync(join(modelsDir, 'next'), { recursive: true });
  expect(await embeddings.of(next)).toBeUndefined();
  expect(await embeddings.of('use-lite@0.0.1')).toBeUndefined();
  expect(await embeddings.of('text-embedding-3-small')).toBeUndefined();
});
