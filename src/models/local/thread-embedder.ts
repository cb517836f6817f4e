/** An embedder whose model runs in a thread of its own: questions go before passages, and memory is given back when idle. */
import { Worker } from 'node:worker_threads';
import { AppError } from '../../errors.ts';
import type { Embedder } from '../embedder.ts';

/** What a model's thread does; `thread.ts` runs it. */
export interface LocalModel {
  /** One vector a text, in order, normalised to length 1. */
  embed(texts: string[], kind: 'query' | 'passage'): Promise<Float32Array[]>;
}

export interface ThreadCall {
  number: number;
  texts: string[];
  kind: 'query' | 'passage';
}

export interface ThreadReply {
  number: number;
  vectors?: Float32Array[];
  error?: string;
}

export interface ThreadEmbedderOptions extends Pick<Embedder, 'model' | 'languages' | 'meaningWeight' | 'meaningTrust'> {
  /** Module that exports `openModel(options): Promise<LocalModel>`, and what it is given. */
  driver: URL;
  driverOptions: Record<string, unknown>;
  /** Passages computed in one step: a question that comes meanwhile waits for one step, and memory grows with it. */
  stepTexts: number;
  /** Of a longer text (a question may have 100,000 characters) so much is read. */
  stepCharacters: number;
  /** The thread ends, and its memory is freed, when nothing came for so long after a passage; after a question, who asks again should not wait. */
  idleMs: number;
  idleAfterQuestionMs: number;
}

/** A model that cannot be loaded (a broken file, no memory) is tried again after so long. */
const RETRY_MS = 60_000;

interface Step {
  call: ThreadCall;
  at: number[];
  job: Job;
}

interface Job {
  vectors: Float32Array[];
  left: number;
  resolve(vectors: Float32Array[]): void;
  reject(error: unknown): void;
  leave(): void;
}

/**
 * Embeds in a worker thread that is started at the first text. A crash of the thread fails the texts under way and the next
 * ones start it anew.
 * @throws from `embed`: AppError `model.failed`, retryable, or the signal's reason
 */
export function createThreadEmbedder(options: ThreadEmbedderOptions): Embedder & { close(): Promise<void> } {
  const questions: Step[] = [];
  const passages: Step[] = [];
  let worker: Worker | undefined;
  let running: Step | undefined;
  let numbers = 0;
  let idle: NodeJS.Timeout | undefined;
  let lastKind: ThreadCall['kind'] = 'passage';
  let broken: { error: AppError; until: number } | undefined;
  let closed = false;

  const failed = (reason: string): AppError =>
    new AppError({
      code: 'model.failed',
      message: `embedding model ${options.model}: ${reason}`,
      publicMessage: `The embedding model ${options.model} cannot be used (${reason}). "docent model list" shows what is installed.`,
      retryable: true,
    });

  const failAll = (error: AppError): void => {
    for (const { job } of [...(running ? [running] : []), ...questions, ...passages]) job.reject(error);
    running = undefined;
    questions.length = passages.length = 0;
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: { driver: options.driver.href, options: options.driverOptions },
      // Flags for the main program (`--input-type`, `--eval`) are not for the thread.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 224, maxYoungGenerationSizeMb: 4 },
    });
    let works = false;
    started.on('message', (reply: ThreadReply) => {
      works = true;
      const step = running;
      if (!step || step.call.number !== reply.number) return;
      running = undefined;
      if (reply.vectors) finish(step, reply.vectors);
      else step.job.reject(failed(reply.error ?? 'no vectors'));
      next();
    });
    const gone = (reason: string): void => {
      if (worker !== started) return;
      worker = undefined;
      if (closed || !running) return next();
      const error = failed(reason);
      if (!works) broken = { error, until: performance.now() + RETRY_MS };
      failAll(error);
    };
    started.on('error', (error) => gone(error instanceof Error ? error.message : String(error)));
    started.on('exit', (code) => gone(`its thread ended with code ${code}`));
    return started;
  };

  const finish = ({ at, job }: Step, vectors: Float32Array[]): void => {
    at.forEach((index, i) => (job.vectors[index] = vectors[i]!));
    job.left -= at.length;
    if (job.left === 0) job.resolve(job.vectors);
  };

  const next = (): void => {
    if (running) return;
    const step = questions.shift() ?? passages.shift();
    if (!step) {
      worker?.unref();
      if (worker) idle = setTimeout(() => void endThread(), lastKind === 'query' ? options.idleAfterQuestionMs : options.idleMs).unref();
      return;
    }
    clearTimeout(idle);
    running = step;
    lastKind = step.call.kind;
    worker ??= start();
    worker.ref();
    worker.postMessage(step.call);
  };

  const endThread = async (): Promise<void> => {
    const last = worker;
    worker = undefined;
    await last?.terminate();
  };

  return {
    model: options.model,
    ...(options.languages ? { languages: options.languages } : {}),
    ...(options.meaningWeight ? { meaningWeight: options.meaningWeight } : {}),
    ...(options.meaningTrust ? { meaningTrust: options.meaningTrust } : {}),
    embed(texts, kind, signal) {
      if (closed) return Promise.reject(failed('it is closed'));
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (broken && broken.until > performance.now()) return Promise.reject(broken.error);
      broken = undefined;
      if (texts.length === 0) return Promise.resolve([]);
      return new Promise((resolve, reject) => {
        const queue = kind === 'query' ? questions : passages;
        const cancel = (): void => job.reject(signal.reason);
        const job: Job = {
          vectors: [],
          left: texts.length,
          resolve: (vectors) => (job.leave(), resolve(vectors)),
          reject: (error) => (job.leave(), reject(error as Error)),
          leave() {
            signal.removeEventListener('abort', cancel);
            for (let i = queue.length; i-- > 0;) if (queue[i]!.job === job) queue.splice(i, 1);
          },
        };
        signal.addEventListener('abort', cancel, { once: true });
        for (const at of stepsOf(texts, options))
          queue.push({
            call: { number: ++numbers, texts: at.map((index) => texts[index]!.slice(0, options.stepCharacters)), kind },
            at,
            job,
          });
        next();
      });
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      failAll(failed('it is closed'));
      await endThread();
    },
  };
}

/** Indexes of the texts by length, so that those computed together need little padding, in steps of bounded size. */
export function stepsOf(texts: string[], limits: { stepTexts: number; stepCharacters: number }): number[][] {
  const order = texts.map((_, index) => index).toSorted((a, b) => texts[b]!.length - texts[a]!.length);
  const steps: number[][] = [];
  let longest = 0;
  for (const index of order) {
    const step = steps.at(-1);
    if (step && step.length < limits.stepTexts && longest * (step.length + 1) <= limits.stepCharacters) step.push(index);
    else {
      steps.push([index]);
      longest = texts[index]!.length;
    }
  }
  return steps;
}
