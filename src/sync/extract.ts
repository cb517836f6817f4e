/** Parses files in a child process with limits: a hostile file fails by name, and the next one goes on. */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { maxBytesOf } from '../connectors/file-formats.ts';
import { AppError } from '../errors.ts';
import type { ExtractedDocument } from '../types.ts';
import type { ExtractOutcome, ExtractReply, ExtractRequest } from './extract-child.ts';
import type { ExtractInput } from './extract-document.ts';

export type { ExtractInput } from './extract-document.ts';

export interface ExtractorOptions {
  /**
   * A file that takes longer is given up. PDF, Office and CSV files have a tenth more for each MB, and three times as long in
   * all while their pages or pieces get done in this time. Default 10,000 ms.
   */
  timeoutMs?: number;
  /** The child's heap. Default 512 MB. */
  memoryMb?: number;
  /** Larger files are refused unparsed. Default: what file-formats.ts allows each format. */
  maxBytes?: number;
  /** Files that may wait in the child at once, so that it never waits for the parent. Default 8. */
  ahead?: number;
}

export interface Extractor {
  /** Throws AppError `document.*`; its public message says why, and completes "could not be read: …". */
  extract(input: ExtractInput, signal?: AbortSignal): Promise<ExtractedDocument>;
  /** Ends the child; what is still waiting is rejected with `aborted`. */
  close(): Promise<void>;
}

interface Waiting {
  request: ExtractRequest;
  /** Sent alone, or known to be the one: when the child dies now, this file did it. */
  alone: boolean;
  timeoutMs: number;
  /** When the child began with it. */
  since?: number;
  resolve(document: ExtractedDocument): void;
  reject(error: unknown): void;
}

/** Loading the parsers takes a second on a busy machine. */
const maxStartMs = 30_000;
/** How many times its time a long file has in all, while it goes on. */
const wholeTimes = 3;
/** How many times its heap the whole child may take: a sheet of 100,000 rows takes as much as its heap may be. */
const wholeMemory = 2.5;
const weighEvery = 200;

/** One child, started with the first file and again after each death. Calls may overlap; they are answered in order. */
export function createExtractor(options: ExtractorOptions = {}): Extractor {
  const timeFor = ({ bytes, format }: ExtractInput): number =>
    Math.round((options.timeoutMs ?? 10_000) * (isLong(format) ? 1 + bytes.length / 10_000_000 : 1));
  const memoryMb = options.memoryMb ?? 512;
  const ahead = options.ahead ?? 8;
  const queue: Waiting[] = [];
  let sent: Waiting[] = [];
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ready = false;
  /** Set when the child is ended for a file's sake: the limit in ms that it passed. */
  let passed: number | undefined;
  let closed = false;
  let nextId = 1;

  function pump(): void {
    while (queue.length > 0 && sent.length < ahead) {
      if (sent.some((waiting) => waiting.alone) || (queue[0]!.alone && sent.length > 0)) break;
      child ??= start();
      const waiting = queue.shift()!;
      sent.push(waiting);
      if (sent.length === 1) watch();
      child.send(waiting.request, () => {});
    }
    if (sent.length === 0) idle();
  }

  /** The time of the file that the child works on; it answers in order. */
  function watch(): void {
    clearTimeout(timer);
    child?.ref();
    child?.channel?.ref();
    if (!ready) return startWatch();
    const watched = sent[0];
    if (watched) watched.since ??= Date.now();
    const ends = watched && watched.since! + watched.request.wholeMs! - Date.now();
    const limit = Math.max(0, Math.min(watched?.timeoutMs ?? 0, ends ?? 0));
    const own = setTimeout(() => {
      // An answer, or a sign of life, that came while this process was busy is read first.
      setImmediate(() => {
        if (!watched || sent[0] !== watched || timer !== own) return;
        watched.alone = true;
        passed = limit < watched.timeoutMs ? watched.request.wholeMs! : limit;
        child?.kill('SIGKILL');
      });
    }, limit);
    timer = own;
  }

  /** Buffers are no part of the heap: where the system tells (Linux), the whole process is held to a limit, too. */
  function weigh(): void {
    const weighed = sent[0];
    if (!weighed || child?.pid === undefined) return;
    const resident = residentMb(child.pid);
    if (resident === undefined || resident < memoryMb * wholeMemory) return;
    weighed.alone = true;
    child.kill('SIGKILL');
  }

  function startWatch(): void {
    timer = setTimeout(() => child?.kill('SIGKILL'), maxStartMs);
  }

  /** A waiting child does not keep the program running. */
  function idle(): void {
    clearTimeout(timer);
    child?.unref();
    child?.channel?.unref();
  }

  function start(): ChildProcess {
    const started = fork(fileURLToPath(new URL('extract-child.ts', import.meta.url)), {
      // It parses what strangers wrote: no environment, no writing, no programs.
      env: {},
      execArgv: [`--max-old-space-size=${memoryMb}`, '--permission', '--allow-fs-read=*', '--no-warnings'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    started.on('message', (reply: ExtractReply) => {
      if (started !== child) return;
      if ('ready' in reply) {
        ready = true;
        if (sent.length > 0) watch();
      } else if ('alive' in reply) {
        if (sent[0]?.request.id === reply.id) watch();
      } else settle(reply);
    });
    started.on('error', () => {});
    const scales = setInterval(weigh, weighEvery).unref();
    started.once('exit', () => clearInterval(scales));
    started.on('exit', () => {
      if (started === child) buried();
    });
    return started;
  }

  function settle(reply: ExtractOutcome): void {
    const at = sent.findIndex((waiting) => waiting.request.id === reply.id);
    const waiting = sent[at];
    if (!waiting) return;
    sent.splice(at, 1);
    if (sent.length > 0) watch();
    if ('document' in reply) waiting.resolve(reply.document);
    else waiting.reject(new AppError({ code: reply.code, message: reply.message, publicMessage: reply.publicMessage }));
    pump();
  }

  /** The child died: a file that was alone did it; the first of several is tried again alone, because its answer may be lost. */
  function buried(): void {
    clearTimeout(timer);
    child = undefined;
    if (!ready) {
      for (const waiting of sent.splice(0)) waiting.reject(notStarted());
      return pump();
    }
    ready = false;
    const [first, ...rest] = sent;
    sent = [];
    for (const waiting of rest) delete waiting.since;
    const late = passed;
    passed = undefined;
    queue.unshift(...rest);
    if (first && (first.alone || rest.length === 0)) first.reject(late === undefined ? tooLarge(memoryMb) : tooLong(late));
    else if (first) {
      first.alone = true;
      delete first.since;
      queue.unshift(first);
    }
    pump();
  }

  return {
    extract(input, signal) {
      if (closed) return Promise.reject(stopped());
      const maxBytes = options.maxBytes ?? maxBytesOf(input.format);
      if (input.bytes.length > maxBytes) return Promise.reject(tooManyBytes(input.bytes.length, maxBytes));
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const waiting: Waiting = {
          request: {
            id: nextId++,
            bytes: input.bytes,
            format: input.format,
            name: input.name,
            wholeMs: wholeTimes * timeFor(input),
          },
          alone: false,
          timeoutMs: timeFor(input),
          resolve,
          reject,
        };
        const abort = (): void => {
          const at = queue.indexOf(waiting);
          if (at >= 0) queue.splice(at, 1);
          reject(signal!.reason as Error);
        };
        signal?.addEventListener('abort', abort, { once: true });
        waiting.resolve = (document) => {
          signal?.removeEventListener('abort', abort);
          resolve(document);
        };
        waiting.reject = (error) => {
          signal?.removeEventListener('abort', abort);
          reject(error);
        };
        queue.push(waiting);
        pump();
      });
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      const dying = child;
      child = undefined;
      for (const waiting of [...sent.splice(0), ...queue.splice(0)]) waiting.reject(stopped());
      if (!dying || dying.exitCode !== null || dying.signalCode !== null) return;
      dying.ref();
      await new Promise<void>((resolve) => {
        dying.once('exit', () => resolve());
        dying.kill('SIGKILL');
      });
    },
  };
}

function residentMb(pid: number): number | undefined {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096) / 1_000_000;
  } catch {
    return undefined;
  }
}

/** Formats in which a large file is an ordinary one. */
function isLong(format: ExtractInput['format']): boolean {
  return format === 'pdf' || format === 'docx' || format === 'pptx' || format === 'xlsx' || format === 'csv';
}

function stopped(): AppError {
  return new AppError({ code: 'aborted', message: 'the extractor was closed', retryable: true });
}

function notStarted(): AppError {
  return new AppError({
    code: 'extract.not_started',
    message: 'the extraction child did not start',
    retryable: true,
    publicMessage: 'the process that parses documents did not start',
  });
}

function tooLong(ms: number): AppError {
  return new AppError({
    code: 'document.too_slow',
    message: 'parsing timed out',
    publicMessage: `it took longer than ${Math.round(ms / 100) / 10} s to parse`,
  });
}

function tooLarge(mb: number): AppError {
  return new AppError({
    code: 'document.too_much_memory',
    message: 'the parser ran out of memory',
    publicMessage: `it needs more than ${mb} MB of memory to parse`,
  });
}

function tooManyBytes(bytes: number, max: number): AppError {
  const mb = (n: number): string => `${Math.round(n / 100_000) / 10} MB`;
  return new AppError({
    code: 'document.too_large',
    message: `${bytes} bytes`,
    publicMessage: `it is ${mb(bytes)} in size; the limit is ${mb(max)}`,
  });
}
