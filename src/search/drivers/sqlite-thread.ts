/** The worker thread that owns the connection to index.db: one call at a time, an answer for each. */
import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../../errors.ts';
import { openFollowingStore, type FollowingStore } from './sqlite-following.ts';

export interface ThreadCall {
  number: number;
  method: keyof FollowingStore;
  args: unknown[];
}

export interface ThreadReply {
  number: number;
  value?: unknown;
  /** `code` is SQLite's number or an AppError's code. */
  error?: { message: string; code?: string };
}

const port = parentPort!;
const store = openFollowingStore((workerData as { path: string }).path);

/** How long nobody asks anything before the thread tidies up, and between two steps of it, in ms. */
const IDLE_MS = 500;
const STEP_MS = 5;
/** How often the thread looks for what others wrote, so that a search after a quiet hour finds it taken over, in ms. */
const FOLLOW_MS = 2_000;
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

const follow = (): void => {
  let more = false;
  try {
    more = store.follow();
  } catch {
    // The next search takes it over, or says what is wrong.
  }
  following = setTimeout(follow, more ? STEP_MS : FOLLOW_MS).unref();
};
let following = setTimeout(follow, FOLLOW_MS).unref();

port.on('message', (call: ThreadCall) => {
  clearTimeout(idle);
  untidy ||= ['put', 'drop', 'putVectors', 'activate'].includes(call.method);
  let reply: ThreadReply;
  try {
    const method = store[call.method] as (...args: unknown[]) => unknown;
    reply = { number: call.number, value: method(...call.args) };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    const code = error instanceof AppError ? error.code : errcode;
    reply = { number: call.number, error: { message, ...(code === undefined ? {} : { code: String(code) }) } };
  }
  port.postMessage(reply);
  if (call.method === 'close') {
    clearTimeout(following);
    port.close();
  } else if (untidy) idle = setTimeout(tidy, IDLE_MS).unref();
});
