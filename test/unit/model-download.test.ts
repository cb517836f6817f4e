import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { downloadModel, type DownloadOptions, type DownloadProgress } from '../../src/models/local/download.ts';
import { knownModel, type KnownModel } from '../../src/models/local/known-models.ts';
import type { InstalledModel } from '../../src/models/local/model-folder.ts';
import { listModels, readModel } from '../../src/models/local/model-folder.ts';
import { createOutbound, type StreamingOutbound } from '../../src/net/outbound.ts';
import { startModelHub, type FakeHub, type Mood } from '../fakes/model-hub.ts';

const weights = randomBytes(600_000);
const tokenizer = Buffer.from('{"version":"1.0"}');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let hub: FakeHub;
let dir: string;
let outbound: StreamingOutbound;
let sleeps: number[];
const clock = {
  now: () => Date.now(),
  sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
    sleeps.push(ms);
    await wait(2, undefined, signal ? { signal } : {});
  },
};

beforeEach(async () => {
  hub = await startModelHub();
  hub.put('acme/tiny', 'onnx/model_quantized.onnx', weights);
  hub.put('acme/tiny', 'tokenizer.json', tokenizer);
  dir = await mkdtemp(path.join(tmpdir(), 'docent-models-'));
  outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  sleeps = [];
});
afterEach(async () => {
  await outbound.close();
  await hub.close();
  await rm(dir, { recursive: true, force: true });
});

/** Sums pinned, as for the models that Docent knows; or left to the hub. */
function tiny(pinned = true): KnownModel {
  const file = (name: 'model.onnx' | 'tokenizer.json', at: string, bytes: Buffer): KnownModel['files'][number] => ({
    path: at,
    name,
    bytes: bytes.length,
    ...(pinned ? { sha256: sha256(bytes) } : {}),
  });
  return {
    ...knownModel('multilingual-e5-small')!,
    name: 'tiny',
    repository: 'acme/tiny',
    revision: 'c0ffee00',
    files: [file('model.onnx', 'onnx/model_quantized.onnx', weights), file('tokenizer.json', 'tokenizer.json', tokenizer)],
  };
}

function download(model = tiny(), options: Partial<DownloadOptions> = {}, signal = new AbortController().signal): Promise<InstalledModel> {
  const { limits, ...others } = options;
  const whole = { modelsDir: dir, hub: hub.url, outbound, clock, log: createLog('silent'), random: () => 1, ...others };
  return downloadModel(model, { ...whole, limits: { headersMs: 300, idleMs: 300, ...limits } }, signal);
}

const bodies = (): FakeHub['requests'] => hub.requests.filter(({ server }) => server === 'cdn');
const failure = (promise: Promise<unknown>): Promise<AppError> =>
  promise.then(
    () => expect.fail('it worked'),
    (error: AppError) => error,
  );

test('a model comes whole, with what is known of it, and progress is told to the end', async () => {
  const seen: DownloadProgress[] = [];
  const model = await download(tiny(), { onProgress: (progress) => seen.push(progress) });
  expect(await readFile(model.files.model)).toEqual(weights);
  expect(await readFile(model.files.tokenizer)).toEqual(tokenizer);
  expect(model).toMatchObject({ name: 'tiny', dimension: 384, prefixes: { query: 'query: ' }, source: { revision: 'c0ffee00' } });
  expect(await readdir(dir)).toEqual(['.tiny.lock', 'tiny']);
  expect((await readdir(model.folder)).toSorted()).toEqual(['model.json', 'model.onnx', 'tokenizer.json', 'verified.json']);
  const all = weights.length + tokenizer.length;
  expect(seen[0]).toEqual({ model: 'tiny', file: 'model.onnx', bytes: 0, totalBytes: all });
  expect(seen.at(-1)).toEqual({ model: 'tiny', file: 'tokenizer.json', bytes: all, totalBytes: all });
});

test('a model that is there is not asked for again', async () => {
  await download();
  const before = hub.requests.length;
  await hub.close();
  expect((await download()).name).toBe('tiny');
  expect(hub.requests).toHaveLength(before);
});

test('a download that is stopped leaves no model, and the next one goes on where it was', async () => {
  hub.mood = { bytesPerSecond: 400_000 };
  const stop = new AbortController();
  const onProgress = ({ bytes }: DownloadProgress): void => void (bytes > 100_000 && stop.abort(new Error('stopped')));
  await expect(download(tiny(), { onProgress }, stop.signal)).rejects.toThrow('stopped');
  expect(await listModels(dir)).toEqual([]);
  const kept = (await stat(path.join(dir, 'tiny.partial/model.onnx'))).size;
  expect(kept).toBeGreaterThan(100_000);
  expect(kept).toBeLessThan(weights.length);

  hub.mood = {};
  const model = await download();
  expect(await readFile(model.files.model)).toEqual(weights);
  expect(bodies().at(-1)).toMatchObject({ range: `bytes=${kept}-`, status: 206 });
  expect(bodies().at(-1)!.ifRange).toMatch(/^"[0-9a-f]{64}"$/);
});

test('any row of broken connections gives the very file', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 4 }), async (cuts) => {
      await rm(dir, { recursive: true, force: true });
      const left = [...cuts];
      const next = (): void => void (hub.mood = left.length > 0 ? { cutAfter: left.shift()! } : {});
      next();
      const model = await download(tiny(), { onProgress: ({ retry }) => retry && next(), limits: { idleMs: 5000, headersMs: 5000 } });
      expect(await readFile(model.files.model)).toEqual(weights);
    }),
    { numRuns: 8 },
  );
});

test('a line that breaks every 300 kB brings a large file for all that', async () => {
  const large = randomBytes(2_000_000);
  hub.put('acme/tiny', 'onnx/model_quantized.onnx', large);
  hub.mood = { cutAfter: 300_000 };
  const model = { ...tiny(), files: [{ ...tiny().files[0]!, bytes: large.length, sha256: sha256(large) }, tiny().files[1]!] };
  const { files } = await download(model, { limits: { attempts: 2 } });
  expect(await readFile(files.model)).toEqual(large);
  expect(bodies()).toHaveLength(7);
});

test('a hub that ignores ranges is read from the first byte again', async () => {
  hub.mood = { cutAfter: 200_000, times: 1 };
  const onProgress = ({ retry }: DownloadProgress): void => void (retry && (hub.mood = { ignoreRange: true }));
  const model = await download(tiny(), { onProgress });
  expect(await readFile(model.files.model)).toEqual(weights);
  expect(bodies().map(({ status }) => status)).toEqual([200, 200]);
});

test('a file that changed on the hub between two attempts starts anew', async () => {
  const other = randomBytes(500_000);
  hub.mood = { cutAfter: 200_000, times: 1 };
  const onProgress = ({ retry }: DownloadProgress): void => void (retry && hub.put('acme/tiny', 'onnx/model_quantized.onnx', other));
  const model = await download(tiny(false), { onProgress });
  expect(await readFile(model.files.model)).toEqual(other);
  expect(model.checksums['model.onnx']).toBe(sha256(other));
});

test('pieces of two files are noticed by their sum, thrown away and fetched again', async () => {
  hub.mood = { cutAfter: 200_000, wrongBytes: true, times: 1 };
  const model = await download();
  expect(await readFile(model.files.model)).toEqual(weights);
  expect(bodies().map(({ status }) => status)).toEqual([200, 206, 200]);
});

test('a file with another sum than the known one is refused before it is fetched', async () => {
  hub.put('acme/tiny', 'onnx/model_quantized.onnx', randomBytes(600_000));
  const error = await failure(download());
  expect(error).toMatchObject({ code: 'model.hub_changed', retryable: false });
  expect(error.publicMessage).toContain('another file than the known one of "tiny"');
  expect(error.publicMessage).toContain('is announced with the sum');
  expect(await listModels(dir)).toEqual([]);
  expect(await stat(path.join(dir, 'tiny.partial/model.onnx')).catch(() => 'none')).toBe('none');
});

test.each([
  ['against the pinned sum', true, {}],
  ['against the sum on the redirect', false, {}],
  ["against the listing's sum", false, { noSums: 'headers' }],
] as [string, boolean, Mood][])('wrong bytes are caught %s', async (_what, pinned, mood) => {
  hub.mood = { ...mood, wrongBytes: true };
  expect(await failure(download(tiny(pinned)))).toMatchObject({ code: 'model.hub_changed', retryable: false });
  expect(await listModels(dir)).toEqual([]);
  expect(hub.requests.some(({ path: at }) => at.startsWith('/api/models/acme/tiny/tree/c0ffee00/onnx'))).toBe(mood.noSums === 'headers');
  hub.mood = mood;
  expect((await download(tiny(pinned))).checksums).toEqual({ 'model.onnx': sha256(weights), 'tokenizer.json': sha256(tokenizer) });
});

test("a small file is checked against git's sum, the only one the hub has of it", async () => {
  const [model, words] = tiny(false).files as [KnownModel['files'][number], KnownModel['files'][number]];
  hub.mood = { wrongBytes: true };
  const pinnedWeights = { ...tiny(false), files: [words, model] };
  expect(await failure(download(pinnedWeights))).toMatchObject({
    code: 'model.hub_changed',
    message: expect.stringContaining('tokenizer.json') as string,
  });
});

test('without a sum from anyone a model is not used', async () => {
  hub.mood = { noSums: 'nowhere' };
  expect(await failure(download(tiny(false)))).toMatchObject({ code: 'model.unverifiable' });
  expect((await download(tiny())).name).toBe('tiny');
});

test('a hub that never answers is given up in time, with waits that grow', async () => {
  hub.mood = { silent: true };
  const seen: DownloadProgress[] = [];
  const started = performance.now();
  const error = await failure(download(tiny(), { limits: { headersMs: 100, attempts: 5 }, onProgress: (p) => seen.push(p) }));
  expect(error).toMatchObject({ code: 'model.download_failed', retryable: true });
  expect(error.publicMessage).toMatch(/^The model "tiny" could not be fetched: `127\.0\.0\.1:\d+` did not answer for 0\.1 s\./);
  expect(sleeps).toEqual([1000, 2000, 4000, 8000]);
  expect(seen.filter(({ retry }) => retry).map(({ retry }) => retry!.attempt)).toEqual([2, 3, 4, 5]);
  expect(performance.now() - started).toBeLessThan(8000);
});

test('waits are random up to their limit', async () => {
  hub.mood = { refuse: { status: 500 } };
  await failure(download(tiny(), { random: () => 0.25, limits: { attempts: 9, maxMs: 20_000 } }));
  expect(sleeps).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
});

test('a hub that falls silent in the middle is left after the idle time, and asked for the rest', async () => {
  hub.mood = { stallAfter: 250_000, times: 1 };
  const model = await download();
  expect(await readFile(model.files.model)).toEqual(weights);
  expect(bodies().map(({ range }) => range)).toEqual([undefined, 'bytes=250000-']);
});

test('a slow hub that never pauses is not timed out, however long it takes', async () => {
  hub.mood = { bytesPerSecond: 400_000 };
  const model = await download(tiny(), { limits: { headersMs: 600, idleMs: 600 } });
  expect(await readFile(model.files.model)).toEqual(weights);
  expect(sleeps).toEqual([]);
});

test('a busy hub is waited for as long as it asks', async () => {
  hub.mood = { refuse: { status: 503, retryAfter: '7' }, times: 2 };
  await download();
  expect(sleeps).toEqual([7000, 7000]);
});

test('a hub that asks for an hour is not waited for', async () => {
  hub.mood = { refuse: { status: 429, retryAfter: '3600' } };
  const error = await failure(download());
  expect(error).toMatchObject({ code: 'model.download_failed', retryable: true });
  expect(error.publicMessage).toContain('It asks to be left alone for 60 min.');
  expect(sleeps).toEqual([]);
});

test('a model that the hub does not have is said so at once', async () => {
  const error = await failure(download({ ...tiny(), repository: 'acme/none' }));
  expect(error).toMatchObject({ code: 'model.hub_refused', retryable: false });
  expect(error.publicMessage).toContain('has no such model or file (acme/none at c0ffee00)');
  expect(hub.requests).toHaveLength(1);
});

test('too little room is said before anything is fetched', async () => {
  const error = await failure(download(tiny(), { freeBytes: () => Promise.resolve(100_000) }));
  expect(error).toMatchObject({ code: 'model.disk_full' });
  expect(error.publicMessage).toContain(': 2 MB more are needed. Make room');
  expect(hub.requests).toHaveLength(0);
});

test.runIf(process.platform === 'linux')('a disk that is full on the way is said so', async () => {
  hub.mood = { cutAfter: 1000 };
  await failure(download(tiny(), { limits: { attempts: 1 } }));
  hub.mood = {};
  await symlink('/dev/full', path.join(dir, 'tiny.partial/model.json'));
  expect(await failure(download())).toMatchObject({ code: 'model.disk_full', publicMessage: expect.stringContaining('no room') as string });
  expect(await listModels(dir)).toEqual([]);
});

test('a folder that cannot be written is named', async () => {
  await writeFile(path.join(dir, 'file'), '');
  const error = await failure(download(tiny(), { modelsDir: path.join(dir, 'file', 'models') }));
  expect(error).toMatchObject({ code: 'model.folder_unwritable' });
  expect(error.publicMessage).toContain('set MODELS_DIR to another folder');
});

test('two that want the same model fetch it once', async () => {
  hub.mood = { bytesPerSecond: 1_500_000 };
  const seen: DownloadProgress[] = [];
  const onProgress = (progress: DownloadProgress): number => seen.push(progress);
  const both = await Promise.all([download(tiny(), { onProgress }), download(tiny(), { onProgress })]);
  expect(both.map(({ bytes }) => bytes)).toEqual([weights.length + tokenizer.length, weights.length + tokenizer.length]);
  expect(bodies()).toHaveLength(1);
  expect(seen.some(({ file, bytes }) => file === undefined && bytes > 0)).toBe(true);
});

test('a killed process holds no lock, and what it fetched is gone on with', async () => {
  hub.mood = { bytesPerSecond: 300_000 };
  const source = `
    import { downloadModel } from '${path.resolve('src/models/local/download.ts')}';
    import { createOutbound } from '${path.resolve('src/net/outbound.ts')}';
    import { createLog } from '${path.resolve('src/log.ts')}';
    import { systemClock as clock } from '${path.resolve('src/clock.ts')}';
    const outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
    const [known, modelsDir, hub] = JSON.parse(process.argv[1]);
    const onProgress = ({ bytes }) => console.log(bytes);
    await downloadModel(known, { modelsDir, hub, outbound, clock, log: createLog('silent'), onProgress }, new AbortController().signal);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, JSON.stringify([tiny(), dir, hub.url])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await new Promise<void>((resolve) =>
    child.stdout.on('data', (text: Buffer) => Number(String(text).split('\n')[0]) > 50_000 && resolve()),
  );
  child.kill('SIGKILL');
  await ended;
  hub.mood = {};
  const model = await download();
  expect(await readFile(model.files.model)).toEqual(weights);
  expect(sleeps).toEqual([]);
  expect(bodies().at(-1)).toMatchObject({ status: 206 });
});

test('a folder of that name that is broken is exchanged only when asked for', async () => {
  await mkdir(path.join(dir, 'tiny'));
  await writeFile(path.join(dir, 'tiny', 'notes.txt'), 'mine');
  expect(await failure(download())).toMatchObject({ code: 'model.incomplete' });
  expect(await readFile(path.join(dir, 'tiny', 'notes.txt'), 'utf8')).toBe('mine');
  expect(hub.requests).toHaveLength(0);
  await download(tiny(), { replace: true });
  expect((await readModel(dir, 'tiny', { verify: true })).name).toBe('tiny');
});

test('an older revision is kept until its exchange is asked for', async () => {
  await download();
  const newer = { ...tiny(), revision: 'beef0000' };
  expect((await download(newer)).source?.revision).toBe('c0ffee00');
  expect((await download(newer, { replace: true })).source?.revision).toBe('beef0000');
});

test('internal addresses stay closed, on the first hop and on the redirect', async () => {
  const strict = createOutbound({ allowInternal: () => [] });
  expect(await failure(download(tiny(), { outbound: strict }))).toMatchObject({ code: 'outbound.internal' });
  const hubOnly = createOutbound({ allowInternal: () => [new URL(hub.url).host] });
  expect(await failure(download(tiny(), { outbound: hubOnly }))).toMatchObject({ code: 'outbound.internal' });
  expect(bodies()).toHaveLength(0);
  await Promise.all([strict.close(), hubOnly.close()]);
});
