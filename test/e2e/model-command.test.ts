/** `docent model list|pull|use`, as a person or a script runs it. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { retrieve } from '../../src/ask/retrieve.ts';
import { modelName } from '../../src/models/embedding.ts';
import { knownModel } from '../../src/models/local/known-models.ts';
import { docentCommand, type Ran } from '../fakes/docent-command.ts';
import { changeSettings } from '../fakes/change-settings.ts';
import { startModelHub, type FakeHub, type Mood } from '../fakes/model-hub.ts';
import { never, openApp } from '../fakes/open-app.ts';
import { withoutModel, WEIGHTS } from '../fakes/weights.ts';

vi.setConfig({ testTimeout: 120_000 });
const BGE = 'bge-small-en-v1.5';
const noBge = withoutModel(BGE);
let folder: string;
let data: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docent-model-'));
  data = join(folder, 'data');
  return () => rmSync(folder, { recursive: true, force: true });
});

const docent = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
  docentCommand(args, { cwd: folder, env: { DATA_DIR: data, ...env } });

interface Row {
  name: string;
  state: string;
  inUse: boolean;
  bytes: number;
  problem?: string;
}
async function list(env?: Record<string, string>): Promise<Row[]> {
  const { code, out, err } = await docent(['model', 'list', '--json'], env);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Row[];
}
const row = (rows: Row[], name: string): Row | undefined => rows.find((one) => one.name === name);

async function hubWith(mood: Mood = {}): Promise<FakeHub> {
  const hub = await startModelHub(mood);
  onTestFinished(() => hub.close());
  await changeSettings(data, { internalAddresses: ['127.0.0.1'], modelHub: hub.url });
  return hub;
}

/** One clear line: "docent: …". */
function expectFailure({ code, out, err }: Ran, expected: number, text: RegExp): void {
  expect({ code, out }).toEqual({ code: expected, out: '' });
  expect(err).toMatch(text);
  expect(err.trim().split('\n'), err).toHaveLength(1);
  expect(err).toMatch(/^docent: /);
}

test('list: what is here, what can be had, what is broken, and what is in use', async () => {
  mkdirSync(join(data, 'models', 'all-MiniLM-L6-v2'), { recursive: true });
  writeFileSync(join(data, 'models', 'all-MiniLM-L6-v2', 'model.json'), '{');
  const rows = await list();
  expect(row(rows, 'multilingual-e5-small')).toMatchObject({ state: 'available', inUse: false, licence: 'MIT' });
  expect(row(rows, 'use-lite')).toMatchObject({ state: 'installed', inUse: true, languages: ['en'] });
  expect(row(rows, 'all-MiniLM-L6-v2')).toMatchObject({ state: 'broken', problem: expect.stringContaining('is not JSON') });
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  const { code, out } = await docent(['model', 'list']);
  expect(code).toBe(0);
  expect(out).toMatch(/MODEL +STATE +SIZE +LICENCE/);
  expect(out).toMatch(/use-lite \* +installed/);
  expect((await list({ EMBEDDING_MODEL: 'none' })).some(({ inUse }) => inUse)).toBe(false);
});

describe('use', () => {
  test('what is chosen stays chosen: the one of npm, one to be downloaded, none', async () => {
    expect(JSON.parse((await docent(['model', 'use', 'use-lite', '--json'])).out)).toMatchObject({ model: 'use-lite', inUse: 'use-lite' });
    expect(row(await list(), 'use-lite')).toMatchObject({ inUse: true });
    expect(JSON.parse((await docent(['model', 'use', BGE, '--json'])).out)).toMatchObject({ inUse: 'use-lite', awaited: BGE });
    expect((await docent(['model', 'use', BGE])).out).toContain(`docent model pull ${BGE}`);
    expect(JSON.parse((await docent(['model', 'use', 'none', '--json'])).out)).toEqual({ model: 'none', inUse: null });
    expect((await list()).some(({ inUse }) => inUse)).toBe(false);
  });

  test('a name that is none, none at all, or another in the environment: wrong usage', async () => {
    expectFailure(await docent(['model', 'use', 'gpt-4o']), 2, /"gpt-4o" is not known.*multilingual-e5-small.*use-lite.*none/);
    expectFailure(await docent(['model', 'use']), 2, /missing required argument/);
    expectFailure(await docent(['model', 'use', 'use-lite'], { EMBEDDING_MODEL: 'none' }), 2, /EMBEDDING_MODEL.*"none" in the environment/);
  });
});

describe('pull', () => {
  test('an unknown name is wrong usage; downloads that are off, and a hub without it, are failures', async () => {
    expectFailure(await docent(['model', 'pull', 'gpt-4o']), 2, /"gpt-4o" is not known/);
    await hubWith({ refuse: { status: 404 } });
    expectFailure(await docent(['model', 'pull', BGE, '--json']), 1, /127\.0\.0\.1:\d+ has no such model/);
    await changeSettings(data, { modelHub: 'off' });
    expectFailure(await docent(['model', 'pull', BGE]), 1, /switched off.*modelHub/);
    expect(row(await list(), BGE)).toMatchObject({ state: 'available' });
  });

  test('another file than the known one is refused', async () => {
    const hub = await hubWith();
    for (const file of ['onnx/model_quantized.onnx', 'tokenizer.json']) hub.put(knownModel(BGE)!.repository, file, Buffer.alloc(20_000));
    expectFailure(await docent(['model', 'pull', BGE]), 1, /gives out another file than the known one/);
  });

  test.skipIf(noBge)(
    `brings a model whole, at once the next time, and mends a broken one${noBge ? ` (skipped: ${noBge})` : ''}`,
    async () => {
      const hub = await hubWith();
      hub.putFolder(knownModel(BGE)!.repository, join(WEIGHTS, BGE));
      const pull = async (): Promise<Row> => {
        const { code, out, err } = await docent(['model', 'pull', BGE, '--json']);
        expect({ code, err }).toEqual({ code: 0, err: '' });
        return JSON.parse(out) as Row;
      };
      expect(await pull()).toMatchObject({ name: BGE, state: 'installed', inUse: false });
      const requests = hub.requests.length;
      await pull();
      expect(hub.requests).toHaveLength(requests);
      writeFileSync(join(data, 'models', BGE, 'tokenizer.json'), '{}');
      expect((await docent(['doctor', '--json'], { EMBEDDING_MODEL: BGE })).out).toContain(`docent model pull ${BGE}`);
      expect(await pull()).toMatchObject({ state: 'installed' });
      expect(statSync(join(data, 'models', BGE, 'tokenizer.json')).size).toBe(711_396);
    },
  );
});

test.skipIf(noBge)(`from one model to another: built beside, swapped, and asked${noBge ? ` (skipped: ${noBge})` : ''}`, async () => {
  const wiki = join(folder, 'wiki');
  mkdirSync(wiki);
  const pages = {
    vacation: 'Unused vacation days expire at the end of March.',
    laptops: 'Laptops are replaced every four years; the old one goes back to the workshop.',
    visitors: 'Visitors sign in at the front desk and get a badge for the day.',
    kitchen: 'The kitchen is cleaned every evening at seven by the porter.',
  };
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(wiki, `${name}.md`), `# ${name}\n\n${text}\n`);
  await docent(['source', 'add', wiki, '--name', 'wiki']);
  const sync = async (): Promise<unknown> => JSON.parse((await docent(['sync', '--wait', '--json'])).out)[0];
  expect(await sync()).toMatchObject({ added: 4, passagesEmbedded: 4 });

  /** The model that reads a question now, and finds its page. */
  const reads = async (): Promise<string> => {
    const { app, close } = await openApp({ DATA_DIR: data, EMBEDDING_MODEL: '' });
    const deps = await app.askDeps();
    const readerSets = (await deps.db.selectFrom('reader_sets').select('id').execute()).map(({ id }) => id);
    // It may take longer to open than a question waits for it.
    await deps.embedder!.embed(['x'], 'query', never());
    const question = { text: 'When do I get a new computer?', languages: ['en'], readerSets, limit: 5 };
    expect((await retrieve(question, deps, never())).hits[0]).toMatchObject({ title: 'laptops', meaning: expect.any(Number) });
    await close();
    return modelName(deps.embedder!.model);
  };

  mkdirSync(join(data, 'models', BGE), { recursive: true });
  for (const file of ['model.json', 'model.onnx', 'tokenizer.json'])
    copyFileSync(join(WEIGHTS, BGE, file), join(data, 'models', BGE, file));
  const used = JSON.parse((await docent(['model', 'use', BGE, '--json'])).out);
  expect(used).toEqual({ model: BGE, inUse: BGE, vectors: { passages: 4, embedded: 0, replaces: 'use-lite' } });
  expect(await reads()).toBe('use-lite');
  expect(await sync()).toMatchObject({ unchanged: 4, passagesEmbedded: 0 });
  expect(row(await list(), BGE)).toMatchObject({ state: 'installed', inUse: true });
  expect(await reads()).toBe(BGE);
  const doctor = await docent(['doctor', '--json']);
  expect([doctor.code, doctor.out.includes('bge-small-en-v1.5')]).toEqual([0, true]);
});
