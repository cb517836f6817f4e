/** Checking a model's files, and remembering that it was done: 120 MB are not read at each start. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { incomplete } from './model-description.ts';

/**
 * Beside the files: what each hashed to, and its size and time of change then. A file whose size and time are still those
 * is taken for the same one; whoever sets both back on purpose could as well rewrite the sums.
 */
const MARKER = 'verified.json';
const markerSchema = z.record(z.string(), z.object({ sha256: z.string(), bytes: z.number(), changedMs: z.number() }));
type Marker = z.infer<typeof markerSchema>;

/** SHA-256 of a file in lower-case hex; rejects with the signal's reason. */
export async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
  return digest(file, createHash('sha256'), signal);
}

/** What git calls a file (`git hash-object`): SHA-1 over `blob SIZE\0` and the bytes. The hub's ETag of a small file. */
export async function gitBlobOf(file: string, signal?: AbortSignal): Promise<string> {
  return digest(file, createHash('sha1').update(`blob ${(await stat(file)).size}\0`), signal);
}

/**
 * @param options.all reads every file, whatever is remembered
 * @returns the size of each file in bytes, and how many were read
 * @throws AppError `model.incomplete`, `model.checksum`
 */
export async function checkFiles(
  model: { name: string; folder: string; checksums: Record<string, string> },
  options: { all: boolean; signal?: AbortSignal | undefined },
): Promise<{ bytes: number; read: number }> {
  const before = await readMarker(model.folder);
  const now: Marker = {};
  let read = 0;
  for (const [file, expected] of Object.entries(model.checksums)) {
    const at = path.join(model.folder, file);
    try {
      const { size: bytes, mtimeMs: changedMs } = await stat(at);
      const known = before[file];
      const same = !options.all && known?.bytes === bytes && known.changedMs === changedMs;
      if (!same) read++;
      now[file] = { sha256: same ? known.sha256 : await sha256Of(at, options.signal), bytes, changedMs };
    } catch (error) {
      options.signal?.throwIfAborted();
      throw incomplete(model.name, model.folder, file, error);
    }
    if (now[file]!.sha256 !== expected) throw mismatch(model.name, at, expected, now[file]!.sha256);
  }
  if (read > 0) await remember(model.folder, now);
  return { bytes: Object.values(now).reduce((sum, { bytes }) => sum + bytes, 0), read };
}

async function digest(file: string, hash: ReturnType<typeof createHash>, signal?: AbortSignal): Promise<string> {
  const options = signal ? { highWaterMark: 1 << 20, signal } : { highWaterMark: 1 << 20 };
  try {
    for await (const piece of createReadStream(file, options)) hash.update(piece as Buffer);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  return hash.digest('hex');
}

async function readMarker(folder: string): Promise<Marker> {
  try {
    return markerSchema.parse(JSON.parse(await readFile(path.join(folder, MARKER), 'utf8')));
  } catch {
    return {};
  }
}

async function remember(folder: string, marker: Marker): Promise<void> {
  // In a folder that may only be read the files are read at each start, which is slower and as safe.
  await writeFile(path.join(folder, MARKER), `${JSON.stringify(marker, null, 2)}\n`).catch(() => {});
}

function mismatch(name: string, file: string, expected: string, actual: string): AppError {
  return new AppError({
    code: 'model.checksum',
    message: `model ${name}: ${path.basename(file)} has SHA-256 ${actual} instead of ${expected}`,
    publicMessage: `The model "${name}" cannot be used: ${file} is not the file that model.json names (SHA-256 ${actual.slice(0, 12)}… instead of ${expected.slice(0, 12)}…). Fetch it anew with "docent model pull ${name}"; if you exchanged it on purpose, write its new sum under \`checksums\`.`,
  });
}
