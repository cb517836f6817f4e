import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { checkFiles } from '../../src/models/local/checksums.ts';
import { DEFAULT_MODEL, KNOWN_MODELS, knownModel, knowsLanguage } from '../../src/models/local/known-models.ts';
import { checkModelName, listModels, readModel } from '../../src/models/local/model-folder.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const description = {
  name: 'own',
  dimension: 384,
  pooling: 'mean',
  prefixes: { query: 'query: ', passage: 'passage: ' },
  maxTokens: 512,
  languages: ['*'],
  licence: 'MIT',
  checksums: { 'model.onnx': sha256('weights'), 'tokenizer.json': sha256('words') },
};

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'docent-models-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function write(name: string, said: unknown = { ...description, name }): Promise<string> {
  const folder = path.join(dir, name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'model.onnx'), 'weights');
  await writeFile(path.join(folder, 'tokenizer.json'), 'words');
  await writeFile(path.join(folder, 'model.json'), typeof said === 'string' ? said : JSON.stringify(said));
  return folder;
}

const failure = (promise: Promise<unknown>): Promise<AppError> =>
  promise.then(
    () => expect.fail('it worked'),
    (error: AppError) => error,
  );

test('a folder that a person filled is a model, its files named absolutely', async () => {
  const folder = await write('own');
  const model = await readModel(path.relative(process.cwd(), dir), 'own');
  expect(model.files).toEqual({ model: path.join(folder, 'model.onnx'), tokenizer: path.join(folder, 'tokenizer.json') });
  expect(model).toMatchObject({ dimension: 384, pooling: 'mean', bytes: 12 });
  expect(await listModels(dir)).toMatchObject([{ name: 'own', bytes: 12 }]);
});

test('no folder of models is no models; a name that is not there says what to do', async () => {
  expect(await listModels(path.join(dir, 'none'))).toEqual([]);
  const error = await failure(readModel(dir, 'gone'));
  expect(error.code).toBe('model.not_found');
  expect(error.publicMessage).toContain('"docent model pull gone"');
});

test.each(['../own', 'a/b', '..', '.hidden', '', 'own.partial', 'a..b', '/etc', 'a\\b', 'a b', `a${'b'.repeat(100)}`])(
  'the name %j is refused before anything is read',
  async (name) => {
    await write('own');
    expect(await failure(readModel(path.join(dir, 'own'), name))).toMatchObject({ code: 'input.invalid' });
  },
);

test('no accepted name leads out of the folder', () => {
  const accepted = (name: string): boolean => {
    try {
      checkModelName(name);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      return false;
    }
  };
  const characters = fc.array(fc.constantFrom('.', '/', '\\', 'a', '-', '_', '\0', ':', '~', '%2e', 'Z', '9'), { maxLength: 12 });
  fc.assert(
    fc.property(characters, (parts) => {
      const name = parts.join('');
      if (accepted(name)) expect(path.dirname(path.resolve('/models', name))).toBe('/models');
    }),
  );
});

test.each(['model.onnx', 'tokenizer.json', 'model.json'])('a folder without %s says which file is missing', async (file) => {
  const folder = await write('own');
  await rm(path.join(folder, file));
  const error = await failure(readModel(dir, 'own'));
  expect(error.code).toBe('model.incomplete');
  expect(error.publicMessage).toContain(`${path.join(folder, file)} is missing. Put it there`);
});

test.each([
  ['{"name":', 'is not JSON'],
  ['[]', 'the whole: '],
  [{ ...description, dimension: '384' }, 'dimension: '],
  [{ ...description, pooling: 'max' }, 'pooling: '],
  [{ ...description, prefixes: { query: '' } }, 'prefixes.passage: '],
  [{ ...description, checksums: { 'tokenizer.json': sha256('') } }, 'checksums.model.onnx: is missing; "sha256sum model.onnx" prints it'],
  [{ ...description, checksums: { ...description.checksums, '../../etc/passwd': sha256('') } }, 'checksums'],
  [{ ...description, checksums: { ...description.checksums, 'model.onnx': 'ABC' } }, 'checksums.model.onnx: must be a SHA-256'],
  [{ ...description, name: 'other' }, 'describes "other"; the folder and `name` must be the same'],
])('a wrong model.json is told by its field: %j', async (said, told) => {
  await write('own', said);
  await write('whole');
  const error = await failure(readModel(dir, 'own'));
  expect(error.code).toBe('model.broken');
  expect(error.publicMessage).toContain(told);
  expect(await listModels(dir)).toMatchObject([{ name: 'own', problem: { code: 'model.broken' } }, { name: 'whole' }]);
});

test('other weights than model.json names are refused, and taken once their sum is written down', async () => {
  const folder = await write('own');
  const before = (await readModel(dir, 'own')).fingerprint;
  await writeFile(path.join(folder, 'model.onnx'), 'others!');
  const error = await failure(readModel(dir, 'own'));
  expect(error.code).toBe('model.checksum');
  expect(error.publicMessage).toContain('is not the file that model.json names');
  const checksums = { ...description.checksums, 'model.onnx': sha256('others!') };
  await writeFile(path.join(folder, 'model.json'), JSON.stringify({ ...description, checksums }));
  expect((await readModel(dir, 'own')).fingerprint).not.toBe(before);
});

test('files are read once, and again when they changed or verifying is asked for', async () => {
  const folder = await write('own');
  const model = { name: 'own', folder, checksums: description.checksums };
  const read = async (all = false): Promise<number> => (await checkFiles(model, { all })).read;
  expect([await read(), await read(), await read(true)]).toEqual([2, 0, 2]);
  await utimes(path.join(folder, 'model.onnx'), new Date(), new Date(Date.now() + 5000));
  expect([await read(), await read()]).toEqual([1, 0]);
  await writeFile(path.join(folder, 'verified.json'), '{broken');
  expect(await read()).toBe(2);
});

test('a change that leaves size and time as they were is seen only when verifying', async () => {
  const folder = await write('own');
  await readModel(dir, 'own');
  const file = path.join(folder, 'model.onnx');
  const { atime, mtime } = await stat(file);
  await writeFile(file, 'WEIGHTS');
  await utimes(file, atime, mtime);
  expect((await stat(file)).mtimeMs).toBe(mtime.getTime());
  const stale = JSON.parse(await readFile(path.join(folder, 'verified.json'), 'utf8')) as Record<string, { changedMs: number }>;
  stale['model.onnx']!.changedMs = mtime.getTime();
  await writeFile(path.join(folder, 'verified.json'), JSON.stringify(stale));
  expect((await readModel(dir, 'own')).name).toBe('own');
  expect(await failure(readModel(dir, 'own', { verify: true }))).toMatchObject({ code: 'model.checksum' });
});

test('other sums in model.json than were checked are checked again', async () => {
  const folder = await write('own');
  await readModel(dir, 'own');
  const checksums = { ...description.checksums, 'model.onnx': sha256('something else') };
  await writeFile(path.join(folder, 'model.json'), JSON.stringify({ ...description, checksums }));
  expect(await failure(readModel(dir, 'own'))).toMatchObject({ code: 'model.checksum' });
});

test('a model under another name needs that name in model.json', async () => {
  await rename(await write('own'), path.join(dir, 'renamed'));
  expect(await failure(readModel(dir, 'renamed'))).toMatchObject({ code: 'model.broken' });
});

test('a folder that is being filled, hidden folders and files are no models', async () => {
  await write('own.partial');
  await write('.own.replaced');
  await writeFile(path.join(dir, '.own.lock'), '');
  await writeFile(path.join(dir, 'notes'), '');
  expect(await listModels(dir)).toEqual([]);
});

test('the fingerprint changes with whatever changes a vector, and with nothing else', async () => {
  const of = async (change: object): Promise<string> => {
    await write('own', { ...description, ...change });
    return (await readModel(dir, 'own')).fingerprint;
  };
  const first = await of({});
  expect(await of({ licence: 'other', languages: ['en'] })).toBe(first);
  for (const change of [{ pooling: 'cls' }, { prefixes: { query: '', passage: '' } }, { maxTokens: 256 }])
    expect(await of(change)).not.toBe(first);
});

test('known models can be kept and fetched, each file once, at a commit', () => {
  expect(knownModel(DEFAULT_MODEL)).toBe(KNOWN_MODELS[0]);
  for (const model of KNOWN_MODELS) {
    checkModelName(model.name);
    expect(model.revision).toMatch(/^[0-9a-f]{40}$/);
    expect(model.files.map(({ name }) => name)).toEqual(['model.onnx', 'tokenizer.json']);
    for (const { sha256: sum } of model.files) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  }
  const [multilingual, english] = KNOWN_MODELS as [(typeof KNOWN_MODELS)[number], (typeof KNOWN_MODELS)[number]];
  expect(['en', 'zh', 'zh-TW', 'DE'].map((language) => knowsLanguage(multilingual, language))).toEqual([true, true, true, true]);
  expect(['en-GB', 'zh', 'de'].map((language) => knowsLanguage(english, language))).toEqual([true, false, false]);
  expect(knowsLanguage({ languages: ['*'] }, 'tlh')).toBe(true);
});
