/** A file of which each line is a document: `{_id, title?, text, url?, owner?, updated?}`. Part of the folder driver. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import { AppError } from '../../errors.ts';
import type { Fetched, ListedDocument } from '../connector.ts';

const maxLineBytes = 20_000_000;

/** Streams; a line that is no document is reported by its number. Versions are hashes of the lines. */
export async function* listRows(file: string, prefix: string, signal: AbortSignal): AsyncIterable<ListedDocument> {
  let number = 0;
  for await (const { start, bytes } of linesOf(file, signal)) {
    number++;
    if (bytes !== undefined && isBlank(bytes)) continue;
    const row = bytes === undefined ? `it is longer than ${maxLineBytes / 1_000_000} MB` : parseRow(bytes);
    // Which document a broken line was cannot be known, so none may be removed.
    if (typeof row === 'string') yield { externalId: `${prefix}line ${number}`, problem: `line ${number}: ${row}`, unseen: true };
    else
      yield {
        externalId: prefix + row.id,
        version: createHash('sha256').update(bytes!).digest('base64url').slice(0, 22),
        place: `${start}+${bytes!.length}`,
      };
  }
}

/** Reads the line where the listing saw it, and looks through the file if it has moved since. */
export async function readRow(file: string, id: string, place: string | undefined, signal: AbortSignal): Promise<Fetched> {
  const bytes = (place === undefined ? undefined : await readPlace(file, place, id)) ?? (await findRow(file, id, signal));
  if (!bytes) return { kind: 'gone' };
  const row = parseRow(bytes);
  return { kind: 'document', bytes, format: 'jsonl-row', url: typeof row === 'string' ? null : row.url };
}

async function readPlace(file: string, place: string, id: string): Promise<Uint8Array | undefined> {
  const [start, length] = place.split('+').map(Number) as [number, number];
  const handle = await fs.open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
    const row = parseRow(buffer);
    return bytesRead === length && typeof row !== 'string' && row.id === id ? buffer : undefined;
  } finally {
    await handle.close();
  }
}

async function findRow(file: string, id: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  for await (const { bytes } of linesOf(file, signal)) {
    const row = bytes === undefined ? '' : parseRow(bytes);
    if (typeof row !== 'string' && row.id === id) return bytes;
  }
  return undefined;
}

function parseRow(bytes: Uint8Array): { id: string; url: string | null } | string {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch {
    return 'it is no JSON';
  }
  if (typeof value !== 'object' || value === null) return 'it is no JSON object';
  const { _id: id, text, url } = value as Record<string, unknown>;
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '') return 'it has no "_id"';
  if (typeof text !== 'string') return 'it has no "text"';
  return { id: String(id), url: typeof url === 'string' && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null };
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

/** Lines by bytes, so that their places are known; without `bytes` when one is over the limit. */
async function* linesOf(file: string, signal: AbortSignal): AsyncIterable<{ start: number; bytes: Uint8Array | undefined }> {
  let parts: Buffer[] = [];
  let length = 0;
  let start = 0;
  const line = (): { start: number; bytes: Uint8Array | undefined } => ({
    start,
    bytes: length > maxLineBytes ? undefined : Buffer.concat(parts, length),
  });
  let first = true;
  try {
    for await (const read of createReadStream(file, { highWaterMark: 262_144, signal }) as AsyncIterable<Buffer>) {
      let chunk = read;
      if (first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) {
        chunk = chunk.subarray(3);
        start = 3;
      }
      first = false;
      for (let from = 0; from < chunk.length;) {
        const end = chunk.indexOf(10, from);
        const part = chunk.subarray(from, end < 0 ? chunk.length : end);
        length += part.length;
        if (length > maxLineBytes) parts = [];
        else if (part.length > 0) parts.push(part);
        if (end < 0) break;
        yield line();
        start += length + 1;
        parts = [];
        length = 0;
        from = end + 1;
      }
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const publicMessage = `${file} could not be read to its end.`;
    throw new AppError({ code: 'source.unreadable', message: 'a JSONL file could not be read to its end', publicMessage, cause: error });
  }
  if (length > 0) yield line();
}
