/** A known model from a hub into `MODELS_DIR/<name>/`: seen there only once it is whole and checked. Reads from top to bottom. */
import { mkdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../errors.ts';
import type { StreamingOutbound } from '../../net/outbound.ts';
import type { Clock, Log } from '../../types.ts';
import { diskError, diskFull } from './disk-error.ts';
import { withDownloadLock } from './download-lock.ts';
import { checkFetched, fetchRest, type FetchDeps } from './fetch-file.ts';
import { bytesOf, type KnownModel } from './known-models.ts';
import type { ModelDescription } from './model-description.ts';
import { checkModelName, readModel, type InstalledModel } from './model-folder.ts';
import { openPartialFolder, partialBytes, type PartialFolder } from './partial-folder.ts';
import { patiently } from './patience.ts';

/** How far a download is. `bytes` and `totalBytes` count all files together. */
export interface DownloadProgress {
  model: string;
  bytes: number;
  /** What is known of it so far; may change a little once the hub answered. */
  totalBytes: number;
  /** The one that is coming. Not there while another process downloads. */
  file?: string;
  /** It broke off and goes on after a wait; `reason` may be shown. */
  retry?: { attempt: number; attempts: number; inMs: number; reason: string };
}

export interface DownloadOptions {
  modelsDir: string;
  /** `https://huggingface.co` or a mirror with the same addresses. */
  hub: string;
  /** The guard that knows proxies and allowed internal addresses. */
  outbound: StreamingOutbound;
  clock: Clock;
  log: Log;
  /** At most four times a second, at the beginning and end of each file, and at each retry. */
  onProgress?(progress: DownloadProgress): void;
  /** A folder of that name that is broken, or that an older Docent fetched at another revision, is exchanged; otherwise its error is thrown. */
  replace?: boolean;
  limits?: Partial<typeof LIMITS>;
  /** 0 to 1. */
  random?(): number;
  /** Of the disk that holds a folder, in bytes. */
  freeBytes?(dir: string): Promise<number>;
}

const LIMITS = {
  /** Longest wait for the hub's headers. */
  headersMs: 15_000,
  /** Longest silence of a body. There is no limit on the whole. */
  idleMs: 30_000,
  /** In a row that brought nothing. */
  attempts: 6,
  baseMs: 1000,
  maxMs: 60_000,
  /** The longest `Retry-After` that is waited for. */
  maxAskedMs: 300_000,
};
const PROGRESS_EVERY_MS = 250;
/** model.json, the state, and what a file system takes for itself. */
const ROOM_TO_SPARE = 1_000_000;

/**
 * Brings a model: at once when it is there, after the other process when one is at it. What has come stays in
 * `<name>.partial/` after a failure, a stop or a crash, and the next call goes on from there.
 * @throws the signal's reason; AppError: `model.download_failed` (retryable: hub out of reach, too slow or busy), `model.hub_refused`,
 *   `model.hub_changed`, `model.unverifiable`, `model.disk_full`, `model.folder_unwritable`, `outbound.*`, and what `readModel` throws
 */
export async function downloadModel(known: KnownModel, options: DownloadOptions, signal: AbortSignal): Promise<InstalledModel> {
  checkModelName(known.name);
  const { modelsDir, clock } = options;
  const there = await installed(known, options, signal);
  if (there) return there;
  try {
    await mkdir(modelsDir, { recursive: true });
  } catch (error) {
    throw diskError(modelsDir, error);
  }
  const totalBytes = bytesOf(known);
  const onWait = async (): Promise<void> =>
    options.onProgress?.({ model: known.name, bytes: await partialBytes(modelsDir, known), totalBytes });
  return withDownloadLock({ dir: modelsDir, name: known.name, clock, signal, onWait }, async () => {
    try {
      return (await installed(known, options, signal)) ?? (await bring(known, options, signal));
    } catch (error) {
      signal.throwIfAborted();
      throw diskError(modelsDir, error);
    }
  });
}

async function installed(known: KnownModel, options: DownloadOptions, signal: AbortSignal): Promise<InstalledModel | undefined> {
  try {
    const model = await readModel(options.modelsDir, known.name, { verify: options.replace ?? false, signal });
    const outdated = model.source !== undefined && model.source.revision !== known.revision;
    return outdated && options.replace ? undefined : model;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'model.not_found' || options.replace)) return undefined;
    throw error;
  }
}

async function bring(known: KnownModel, options: DownloadOptions, signal: AbortSignal): Promise<InstalledModel> {
  const { modelsDir, clock, log, random = Math.random, freeBytes = freeBytesOf } = options;
  const limits = { ...LIMITS, ...options.limits };
  const partial = await openPartialFolder(modelsDir, known);
  const { report, bytes, totalBytes } = await startProgress(known, partial, options);
  const missing = totalBytes() - bytes() + ROOM_TO_SPARE - (await freeBytes(modelsDir));
  if (missing > 0) throw diskFull(modelsDir, missing);
  log.info({ model: known.name, bytes: bytes(), totalBytes: totalBytes() }, 'model download started');
  const started = clock.now();

  const checksums: Record<string, string> = {};
  for (const file of known.files) {
    const deps: FetchDeps = {
      hub: options.hub,
      outbound: options.outbound,
      partial,
      signal,
      headersMs: limits.headersMs,
      idleMs: limits.idleMs,
      now: () => clock.now(),
      onBytes: (size, total) => report(file.name, size, total),
    };
    const attempt = async () => {
      const refusal = await fetchRest(known, file, deps);
      if (refusal) return refusal;
      const sha256 = await checkFetched(known, file, deps);
      if (sha256 === undefined) return { error: mixed(file.name) };
      checksums[file.name] = sha256;
      return undefined;
    };
    await patiently(attempt, {
      ...limits,
      model: known.name,
      clock,
      signal,
      random,
      progress: bytes,
      onRetry: (retry) => {
        log.warn(
          { model: known.name, file: file.name, attempt: retry.attempt, inMs: retry.inMs, reason: retry.reason },
          'model download broke off',
        );
        report(file.name, undefined, undefined, retry);
      },
    });
    report(file.name, undefined, undefined);
  }

  await install(known, options, partial, checksums);
  log.info({ model: known.name, bytes: bytes(), ms: clock.now() - started }, 'model downloaded');
  return readModel(modelsDir, known.name, { signal });
}

/** From here on the model is there. A crash in between leaves the whole partial folder, and the next start ends up here at once. */
async function install(
  known: KnownModel,
  options: DownloadOptions,
  partial: PartialFolder,
  checksums: Record<string, string>,
): Promise<void> {
  const { name, dimension, pooling, prefixes, maxTokens, windowTokens, languages, licence, repository, revision } = known;
  const source = { hub: options.hub, repository, revision };
  const description: ModelDescription = {
    name,
    dimension,
    pooling,
    prefixes,
    maxTokens,
    ...(windowTokens === undefined ? {} : { windowTokens }),
    languages,
    licence,
    checksums,
    source,
  };
  await writeFile(partial.pathOf('model.json'), `${JSON.stringify(description, null, 2)}\n`);
  await partial.finish();
  const folder = path.resolve(options.modelsDir, name);
  const old = path.resolve(options.modelsDir, `.${name}.replaced`);
  await rm(old, { recursive: true, force: true });
  await rename(folder, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(partial.dir, folder);
  await rm(old, { recursive: true, force: true });
}

async function startProgress(known: KnownModel, partial: PartialFolder, options: DownloadOptions) {
  const sizes = new Map<string, number>();
  const totals = new Map<string, number>();
  for (const file of known.files) {
    sizes.set(file.name, await partial.sizeOf(file.name));
    totals.set(file.name, partial.stateOf(file.name).total ?? file.bytes);
  }
  const sum = (of: Map<string, number>): number => [...of.values()].reduce((a, b) => a + b, 0);
  let last = Number.NEGATIVE_INFINITY;
  let lastFile = '';
  /** `size` undefined: nothing came, but it must be told. */
  const report = (file: string, size: number | undefined, total: number | undefined, retry?: DownloadProgress['retry']): void => {
    if (size !== undefined) sizes.set(file, size);
    if (total !== undefined) totals.set(file, total);
    const now = options.clock.now();
    if (size !== undefined && file === lastFile && now - last < PROGRESS_EVERY_MS) return;
    last = now;
    lastFile = file;
    options.onProgress?.({ model: known.name, file, bytes: sum(sizes), totalBytes: sum(totals), ...(retry ? { retry } : {}) });
  };
  return { report, bytes: () => sum(sizes), totalBytes: () => sum(totals) };
}

async function freeBytesOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

function mixed(file: string): AppError {
  const publicMessage = 'The pieces that came do not make up the known file; it is fetched anew.';
  return new AppError({ code: 'model.mixed', message: `${file} does not match after a resumed download`, publicMessage, retryable: true });
}
