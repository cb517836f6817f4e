/** The search port over index.db (SQLite): a proxy to the thread that does the work, off the caller's loop. */
import { Worker } from 'node:worker_threads';
import { AppError } from '../../errors.ts';
import type { Point, Rebuild, SearchIndex, SearchResult, VectorEntry } from '../search-index.ts';
import { checkOneLength } from '../vector-length.ts';
import type { FollowingStore } from './sqlite-following.ts';
import { currentFile, newGeneration, removeGeneration, removeOthers } from './sqlite-generations.ts';
import type { ThreadCall, ThreadReply } from './sqlite-thread.ts';

/** Points of one transaction: a search waits for one such slice at most, so slices are small while people search. */
const SLICE = { searching: 32, quiet: 256 };
/** A write this small takes a few ms. So many of them (a document's put and drop) go between two searches. */
const SHORT = { points: 16, inARow: 2 };
/** How long after a search more of them are expected, in ms. */
const SEARCHING_MS = 5_000;

interface Waiting {
  call: ThreadCall;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Opens the index. Throws AppError from its calls: `search.failed` (retryable when the file is busy), `search.closed`,
 * `search.dimension`,
 * `search.rebuild_lost`, or the signal's reason.
 * @param options.path of index.db; it is created when missing
 */
export function openSqliteIndex(options: { path: string }): SearchIndex {
  return openFile(options);
}

interface IndexFile extends SearchIndex {
  /** Enters what waits, and moves what was written from the log to the file. */
  settle(): Promise<void>;
}

function openFile(options: { path: string }): IndexFile {
  let worker: Worker | undefined;
  let closed = false;
  let numbers = 0;
  let running: Waiting | undefined;
  let lastSearch = -SEARCHING_MS;
  let writesInARow = 0;
  const searches: Waiting[] = [];
  const writes: Waiting[] = [];

  const failed = (error: { message: string; code?: string }): AppError =>
    new AppError({
      code: error.code?.startsWith('search.') ? error.code : 'search.failed',
      message: `search index: ${error.message}`,
      // SQLITE_BUSY and SQLITE_LOCKED, with their extended codes.
      retryable: error.code === 'search.rebuild_lost' || [5, 6].includes(Number(error.code) & 0xff),
    });
  const start = (): Worker => {
    const started = new Worker(new URL('./sqlite-thread.ts', import.meta.url), {
      workerData: { path: options.path },
      // Flags for the main program (`--input-type`, `--eval`) are not for the thread.
      execArgv: [],
    });
    started.on('message', (reply: ThreadReply) => {
      const done = running;
      if (!done || done.call.number !== reply.number) return;
      running = undefined;
      if (reply.error) done.reject(failed(reply.error));
      else done.resolve(reply.value);
      // Who has just put a document's points wants to drop the old ones: let that be asked first.
      if (isWrite(done.call.method)) setImmediate(next);
      else next();
    });
    const gone = (error: unknown): void => {
      if (worker !== started) return;
      worker = undefined;
      const lost = running;
      running = undefined;
      lost?.reject(failed({ message: `its thread ended: ${error instanceof Error ? error.message : String(error)}` }));
      next();
    };
    started.on('error', gone);
    started.on('exit', (code) => gone(`exit code ${code}`));
    return started;
  };
  const next = (): void => {
    if (running) return;
    // Who searches waits; who writes minds only when the write is short, and then the searches do not.
    const writeFirst = writesInARow < SHORT.inARow && isShort(writes[0]);
    const waiting = (writeFirst ? writes.shift() : undefined) ?? searches.shift() ?? writes.shift();
    if (!waiting) {
      worker?.unref();
      return;
    }
    running = waiting;
    writesInARow = isWrite(waiting.call.method) ? writesInARow + 1 : 0;
    worker ??= start();
    worker.ref();
    worker.postMessage(waiting.call);
  };
  const call = <M extends keyof FollowingStore>(
    method: M,
    args: Parameters<FollowingStore[M]>,
    signal?: AbortSignal,
  ): Promise<ReturnType<FollowingStore[M]>> => {
    if (closed) return Promise.reject(new AppError({ code: 'search.closed', message: 'the search index is closed' }));
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const queue = isWrite(method) ? writes : searches;
      const leave = (): void => {
        const at = queue.indexOf(waiting);
        if (at >= 0) queue.splice(at, 1);
        reject(signal!.reason);
      };
      const waiting: Waiting = {
        call: { number: ++numbers, method, args },
        resolve: (value) => {
          signal?.removeEventListener('abort', leave);
          resolve(value as ReturnType<FollowingStore[M]>);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      queue.push(waiting);
      next();
    });
  };

  const inSlices = async <T>(items: T[], write: (slice: T[]) => Promise<void>): Promise<void> => {
    for (let at = 0; at < items.length;) {
      const size = performance.now() - lastSearch < SEARCHING_MS ? SLICE.searching : SLICE.quiet;
      await write(items.slice(at, (at += size)));
    }
  };

  return {
    async put(points: Point[], signal?: AbortSignal): Promise<void> {
      await inSlices(points, (slice) => call('put', [slice], signal));
    },
    async drop(ids: string[], signal?: AbortSignal): Promise<void> {
      await inSlices(ids, (slice) => call('drop', [slice], signal));
    },
    async putVectors(model: string, entries: VectorEntry[], signal?: AbortSignal): Promise<void> {
      checkOneLength(model, entries);
      await inSlices(entries, (slice) => call('putVectors', [model, slice], signal));
    },
    async withoutVector(model, after, limit): Promise<string[]> {
      const found: string[] = [];
      for (let from: string | undefined = after ?? ''; from !== undefined && found.length < limit;) {
        const { ids, next }: ReturnType<FollowingStore['withoutVector']> = await call('withoutVector', [model, from, limit - found.length]);
        found.push(...ids);
        from = next;
      }
      return found;
    },
    vectorModels: () => call('vectorModels', []),
    async activate(model): Promise<void> {
      await call('activate', [model]);
      // What is not taken out here, because the index is closed or the process killed, the thread takes out later.
      while (await call('dropVectors', []).catch(() => false));
    },
    search(query, signal): Promise<SearchResult> {
      lastSearch = performance.now();
      return call('search', [query], signal);
    },
    async warm(): Promise<void> {
      while (await call('warm', []));
    },
    ids: (after, limit) => call('ids', [after, limit]),
    count: () => call('count', []),
    getMeta: (key) => call('getMeta', [key]),
    setMeta: (key, value) => call('setMeta', [key, value]),
    async settle(): Promise<void> {
      while (await call('tidy', []));
    },
    async rebuild(): Promise<Rebuild> {
      removeOthers(options.path);
      const file = newGeneration(options.path);
      const built = openFile({ path: file });
      return {
        index: built,
        async swap(signal) {
          await built.settle();
          await built.close();
          signal?.throwIfAborted();
          await call('swapTo', [file]);
          // Searches here stay with the old one meanwhile.
          while (await call('takeOver', []));
          removeOthers(options.path);
        },
        async discard() {
          await built.close();
          if (currentFile(options.path) !== file) removeGeneration(file);
        },
      };
    },
    async close(): Promise<void> {
      if (closed) return;
      if (worker) await call('close', []).catch(() => {});
      closed = true;
      const last = worker;
      worker = undefined;
      await last?.terminate();
    },
  };
}

const WRITES: ReadonlySet<ThreadCall['method']> = new Set([
  'put',
  'drop',
  'putVectors',
  'activate',
  'dropVectors',
  'setMeta',
  'swapTo',
  'tidy',
]);

const isWrite = (method: ThreadCall['method']): boolean => WRITES.has(method);

const isShort = (waiting: Waiting | undefined): boolean => {
  if (waiting === undefined || ['dropVectors', 'tidy'].includes(waiting.call.method)) return false;
  const items = waiting.call.args.find((arg) => Array.isArray(arg));
  return (items ?? []).length <= SHORT.points;
};
