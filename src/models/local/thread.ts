/** The thread of a local model: opens it once, then embeds what it is sent, one step after the other. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { locks, parentPort, workerData } from 'node:worker_threads';
import type { LocalModel, ThreadCall, ThreadReply } from './thread-embedder.ts';

const { driver, options } = workerData as { driver: string; options: Record<string, unknown> };
const { openModel } = (await import(driver)) as { openModel(options: Record<string, unknown>): Promise<LocalModel> };
// Opening takes twice what an open model holds: the copies for questions and for passages are opened one after the other.
// One that cannot be opened ends the thread, with its reason; what was sent meanwhile waits for the listener.
const model = await locks.request('open a model', () => openModel(options));
// Reading a tokenizer leaves 100 MB behind, which would stay until the heap is full: nothing here makes much more.
setFlagsFromString('--expose-gc');
(runInNewContext('gc') as (how: object) => void)({ type: 'major', execution: 'sync', flavor: 'last-resort' });

parentPort!.on('message', async ({ number, texts, kind }: ThreadCall) => {
  let reply: ThreadReply;
  try {
    reply = { number, vectors: await model.embed(texts, kind) };
  } catch (error) {
    reply = { number, error: error instanceof Error ? error.message : String(error) };
  }
  parentPort!.postMessage(reply, reply.vectors?.map(({ buffer }) => buffer as ArrayBuffer) ?? []);
});
