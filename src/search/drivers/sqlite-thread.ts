/** The worker thread that owns the connection to index.db: one call at a time, an answer for each. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteStore } from './sqlite-store.ts';
import type { SqliteStore } from './sqlite-store.ts';

export interface ThreadCall {
  number: number;
  method: keyof SqliteStore;
  args: unknown[];
}

export interface ThreadReply {
  number: number;
  value?: unknown;
  error?: { message: string; code?: string };
}

const port = parentPort!;
const store = openSqliteStore((workerData as { path: string }).path);

/** How long nobody asks anything before the thread tidies up, and between two steps of it, in ms. */
const IDLE_MS = 500;
const STEP_MS = 5;
let idle: NodeJS.Timeout | undefined;
/** An earlier process may have left something to tidy. */
let untidy = true;

const tidy = (): void => {
  try {
    untidy = store.tidy();
    if (untidy) idle = setTimeout(tidy, STEP_MS).unref();
  } catch {
    untidy = false;
    // Another process holds the file: SQLite tidies by itself before the log grows large.
  }
};

port.on('message', (call: ThreadCall) => {
  clearTimeout(idle);
  untidy ||= call.method === 'put' || call.method === 'drop';
  let reply: ThreadReply;
  try {
    const method = store[call.method] as (...args: unknown[]) => unknown;
    reply = { number: call.number, value: method(...call.args) };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    reply = { number: call.number, error: { message, ...(errcode === undefined ? {} : { code: String(errcode) }) } };
  }
  port.postMessage(reply);
  if (call.method === 'close') port.close();
  else if (untidy) idle = setTimeout(tidy, IDLE_MS).unref();
});
