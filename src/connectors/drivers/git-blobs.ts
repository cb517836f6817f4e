/** The bytes of a repository's files, through one `git cat-file` for all of them. Part of the git driver. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { AppError } from '../../errors.ts';
import { environment } from './git-run.ts';

export interface BlobReader {
  /** @throws AppError `document.unreadable` when it is larger; `git.failed` when it is not here, or git fails */
  read(blob: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
}

interface Waiting {
  maxBytes: number;
  resolve: (bytes: Uint8Array) => void;
  reject: (error: unknown) => void;
}

const idleMs = 2_000;
const silenceMs = 60_000;

/** The process is started when it is first needed, and ends by itself when nothing was read for two seconds. */
export function openBlobs(dir: string): BlobReader {
  let current: { child: ChildProcessWithoutNullStreams; waiting: Waiting[] } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function start(): NonNullable<typeof current> {
    const child = spawn('git', [`--git-dir=${dir}`, 'cat-file', '--batch'], { env: environment(), stdio: 'pipe' });
    const waiting: Waiting[] = [];
    let head = '';
    /** What is still to come of the file that is being read, its line end included; undefined between two files. */
    let left: number | undefined;
    let pieces: Buffer[] | undefined;
    const finish = (outcome: (one: Waiting) => void): void => {
      left = undefined;
      pieces = undefined;
      const one = waiting.shift();
      if (one) outcome(one);
      arm(child, waiting);
    };
    const fail = (): void => {
      if (current?.child === child) current = undefined;
      clearTimeout(timer);
      child.kill('SIGKILL');
      for (const one of waiting.splice(0)) one.reject(failed('it ended'));
    };
    const takeHead = (line: string): void => {
      const size = Number(/^\S+ blob (\d+)$/.exec(line)?.[1]);
      if (!Number.isFinite(size)) return finish((one) => one.reject(failed(line.slice(0, 100))));
      left = size + 1;
      pieces = size > (waiting[0]?.maxBytes ?? 0) ? undefined : [];
    };
    child.stdout.on('data', (chunk: Buffer) => {
      arm(child, waiting);
      for (let at = 0; at < chunk.length;) {
        if (left === undefined) {
          const end = chunk.indexOf(10, at);
          head += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
          at = end < 0 ? chunk.length : end + 1;
          if (end < 0) continue;
          const line = head;
          head = '';
          takeHead(line);
          continue;
        }
        const part = chunk.subarray(at, at + left);
        at += part.length;
        left -= part.length;
        pieces?.push(part);
        if (left > 0) continue;
        const whole = pieces && Buffer.concat(pieces);
        finish((one) => (whole ? one.resolve(whole.subarray(0, -1)) : one.reject(tooLarge(one.maxBytes))));
      }
    });
    child.stderr.resume();
    child.stdin.on('error', () => {});
    child.on('error', fail);
    child.on('close', fail);
    return { child, waiting };
  }

  function arm(child: ChildProcessWithoutNullStreams, waiting: Waiting[]): void {
    if (current?.child !== child) return;
    clearTimeout(timer);
    const end = (): void => {
      if (current?.child === child) current = undefined;
      if (waiting.length > 0) child.kill('SIGKILL');
      else child.stdin.end();
    };
    timer = setTimeout(end, waiting.length > 0 ? silenceMs : idleMs);
  }

  return {
    read(blob, maxBytes, signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      current ??= start();
      const { child, waiting } = current;
      return new Promise((resolve, reject) => {
        const aborted = (): void => reject(signal.reason as Error);
        const done = (): void => signal.removeEventListener('abort', aborted);
        signal.addEventListener('abort', aborted, { once: true });
        waiting.push({ maxBytes, resolve: (bytes) => (done(), resolve(bytes)), reject: (error) => (done(), reject(error as Error)) });
        child.stdin.write(`${blob}\n`);
        arm(child, waiting);
      });
    },
  };
}

function failed(what: string): AppError {
  return new AppError({ code: 'git.failed', message: `git cat-file: ${what}` });
}

function tooLarge(maxBytes: number): AppError {
  const publicMessage = `it is larger than ${maxBytes / 1_000_000} MB, the limit for its kind`;
  return new AppError({ code: 'document.unreadable', message: publicMessage, publicMessage });
}
