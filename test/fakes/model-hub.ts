/** A model hub on loopback: addresses, redirects, sums and ranges as huggingface.co gives them, and its ways to fail. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** How it fails. Of several, each holds; nothing set is a hub in good health. */
export interface Mood {
  /** Never answers. */
  silent?: boolean;
  /** Of a body so many bytes, then nothing more on an open connection. */
  stallAfter?: number;
  /** Of a body so many bytes, then the connection is lost. */
  cutAfter?: number;
  /** An answer without a file. */
  refuse?: { status: number; retryAfter?: string };
  /** Other bytes than the sums say. */
  wrongBytes?: boolean;
  /** Answers a Range with the whole file. */
  ignoreRange?: boolean;
  /** Speaks of no sums in its headers, or nowhere. */
  noSums?: 'headers' | 'nowhere';
  bytesPerSecond?: number;
  /** For so many requests of files only; then it is in good health again. */
  times?: number;
}

export interface HubRequest {
  server: 'hub' | 'cdn';
  path: string;
  range?: string | undefined;
  ifRange?: string | undefined;
  status: number;
  headers: http.IncomingHttpHeaders;
}

export interface FakeHub {
  /** What stands for `https://huggingface.co`. */
  url: string;
  requests: HubRequest[];
  /** May be exchanged at any time. */
  mood: Mood;
  /** Adds or exchanges one file of a repository. */
  put(repository: string, file: string, bytes: Uint8Array): void;
  /**
   * Adds every file of a folder under its path there; a model's folder (`model.onnx`) as the hub has it
   * (`onnx/model_quantized.onnx`).
   */
  putFolder(repository: string, folder: string): void;
  close(): Promise<void>;
}

interface Stored {
  bytes: Buffer;
  sha256: string;
  git: string;
  /** Large files come from the storage behind the hub, whose ETag is no sum of theirs. */
  large: boolean;
}

/** The hub's own limit is ten megabytes; here large is what a test can afford. */
const LARGE = 10_000;
/** Pieces that a body is written in when its speed matters. */
const PIECE = 16_384;

export async function startModelHub(mood: Mood = {}): Promise<FakeHub> {
  const stored = new Map<string, Stored>();
  const byCdnKey = new Map<string, Stored>();
  const hub: FakeHub = { url: '', requests: [], mood, put, putFolder, close: () => Promise.resolve() };

  function put(repository: string, file: string, bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes);
    const git = createHash('sha1').update(`blob ${buffer.length}\0`).update(buffer).digest('hex');
    const entry = { bytes: buffer, sha256: createHash('sha256').update(buffer).digest('hex'), git, large: buffer.length >= LARGE };
    stored.set(`${repository}/${file}`, entry);
    byCdnKey.set(`/${repository}/${entry.sha256}`, entry);
  }

  function putFolder(repository: string, folder: string): void {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const at = path.join(folder, file);
      const name = file.replaceAll(path.sep, '/');
      if (statSync(at).isFile()) put(repository, name === 'model.onnx' ? 'onnx/model_quantized.onnx' : name, readFileSync(at));
    }
  }

  const begin = (server: HubRequest['server'], request: http.IncomingMessage): HubRequest => {
    const { range, 'if-range': ifRange } = request.headers;
    const seen = { server, path: request.url ?? '', range, ifRange: ifRange as string | undefined, status: 0, headers: request.headers };
    hub.requests.push(seen);
    return seen;
  };

  const cdn = http.createServer((request, response) => {
    const seen = begin('cdn', request);
    const file = byCdnKey.get((request.url ?? '').split('?')[0]!);
    if (!file) return void response.writeHead((seen.status = 403)).end();
    // As Xet's: 64 hex digits that are no SHA-256 of the file.
    const etag = `"${createHash('sha256').update(file.sha256).digest('hex')}"`;
    void sendFile({ request, response, seen, file, etag, mood: hub.mood });
  });

  const front = http.createServer((request, response) => {
    const seen = begin('hub', request);
    const url = request.url ?? '';
    const tree = /^\/api\/models\/([^/]+\/[^/]+)\/tree\/[^/]+\/?(.*)$/.exec(url);
    if (tree) return answerTree(response, seen, tree[1]!, tree[2]!);
    const cached = /^\/api\/resolve-cache\/(.+)$/.exec(url);
    const asked = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(url);
    const file = stored.get(cached ? cached[1]! : `${asked?.[1]}/${asked?.[2]}`);
    if (asked) {
      if (hub.mood.times !== undefined && hub.mood.times-- <= 0) hub.mood = {};
      if (hub.mood.silent) return;
      if (hub.mood.refuse) {
        const { status, retryAfter } = hub.mood.refuse;
        return void response.writeHead((seen.status = status), retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('no');
      }
    }
    if (!file) return void response.writeHead((seen.status = 404)).end('Entry not found');
    const sums = hub.mood.noSums ? {} : { etag: `"${file.git}"` };
    if (cached) return void sendFile({ request, response, seen, file, etag: sums.etag, mood: hub.mood });
    const linked = { 'x-linked-size': String(file.bytes.length), 'x-linked-etag': `"${file.sha256}"` };
    const location = file.large
      ? `http://127.0.0.1:${portOf(cdn)}/${asked![1]}/${file.sha256}?X-Signature=expires-soon`
      : `/api/resolve-cache/${asked![1]}/${asked![2]}`;
    response.writeHead((seen.status = file.large ? 302 : 307), {
      location,
      'x-repo-commit': '0'.repeat(40),
      ...(hub.mood.noSums || !file.large ? {} : linked),
    });
    response.end();
  });

  function answerTree(response: http.ServerResponse, seen: HubRequest, repository: string, folder: string): void {
    const entries = [...stored]
      .filter(([key]) => key.startsWith(`${repository}/`))
      .map(([key, file]) => ({ path: key.slice(repository.length + 1), file }))
      .filter((entry) => path.posix.dirname(entry.path) === (folder === '' ? '.' : folder))
      .map(({ path: at, file }) => ({
        type: 'file',
        oid: file.git,
        size: file.bytes.length,
        path: at,
        ...(file.large ? { lfs: { oid: file.sha256, size: file.bytes.length, pointerSize: 134 } } : {}),
      }));
    seen.status = hub.mood.noSums === 'nowhere' || entries.length === 0 ? 404 : 200;
    response.writeHead(seen.status, { 'content-type': 'application/json' }).end(JSON.stringify(entries));
  }

  const servers = [cdn, front];
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub.url = `http://127.0.0.1:${portOf(front)}`;
  hub.close = async () => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };
  return hub;
}

interface Sending {
  request: http.IncomingMessage;
  response: http.ServerResponse;
  seen: HubRequest;
  file: Stored;
  etag: string | undefined;
  mood: Mood;
}

async function sendFile({ request, response, seen, file, etag, mood }: Sending): Promise<void> {
  response.on('error', () => {});
  const total = file.bytes.length;
  const from = rangeFrom(request, etag, mood);
  if (from !== undefined && from >= total) {
    response.writeHead((seen.status = 416), { 'content-range': `bytes */${total}` }).end();
    return;
  }
  const bytes = mood.wrongBytes ? Buffer.from(file.bytes.map((byte) => byte ^ 1)) : file.bytes;
  const body = bytes.subarray(from ?? 0);
  seen.status = from === undefined ? 200 : 206;
  response.writeHead(seen.status, {
    'content-length': body.length,
    'accept-ranges': 'bytes',
    ...(etag === undefined ? {} : { etag }),
    ...(from === undefined ? {} : { 'content-range': `bytes ${from}-${total - 1}/${total}` }),
  });
  response.flushHeaders();
  const end = Math.min(mood.stallAfter ?? body.length, mood.cutAfter ?? body.length);
  const piece = mood.bytesPerSecond === undefined ? PIECE : Math.max(1, Math.min(PIECE, Math.round(mood.bytesPerSecond / 20)));
  for (let at = 0; at < end; at += piece) {
    const part = body.subarray(at, Math.min(at + piece, end));
    // Until it has left: a connection that is cut must have sent what it was to send.
    await new Promise<void>((resolve) => response.write(part, () => resolve()));
    if (response.destroyed) return;
    if (mood.bytesPerSecond !== undefined) await wait((part.length / mood.bytesPerSecond) * 1000);
  }
  if (mood.cutAfter !== undefined && end < body.length) return void setTimeout(() => response.destroy(), 20);
  if (mood.stallAfter !== undefined && end < body.length) return;
  response.end();
}

/** Where a Range begins; undefined for the whole file: no Range, an If-Range of another file, or a server that knows none. */
function rangeFrom(request: http.IncomingMessage, etag: string | undefined, mood: Mood): number | undefined {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const condition = request.headers['if-range'];
  if (!range || mood.ignoreRange || (condition !== undefined && condition !== etag)) return undefined;
  return Number(range[1]);
}

function portOf(server: http.Server): number {
  return (server.address() as AddressInfo).port;
}
