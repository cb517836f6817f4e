/** Running the system's git with nothing of this machine's settings, hooks or passwords. Part of the git driver. */
import { spawn } from 'node:child_process';
import { AppError } from '../../errors.ts';
import { secretsIn } from './git-refusal.ts';

export interface GitCall {
  /** The repository's own folder (`.git`, or a bare one). */
  dir?: string;
  /** Where it runs. */
  folder?: string;
  signal: AbortSignal;
  /** Default two minutes. */
  timeoutMs?: number;
  input?: string;
  /** Settings of this call alone; they go through the environment, so that what is secret in them is in no list of processes. */
  config?: [name: string, value: string][];
  /** The one protocol it may speak; none when absent. */
  protocol?: 'http' | 'https';
  /** Default 200 MB. */
  maxBytes?: number;
  /** What git said of it when it fails, never shown: taken out of its words. */
  secret?: string;
}

/** Where programs are on Linux and macOS; the environment of this process stays out. */
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin';

const settings: [name: string, value: string][] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.askPass', ''],
  ['core.attributesFile', '/dev/null'],
  ['credential.helper', ''],
  // A folder that another user owns may be read: nothing of it is ever run.
  ['safe.directory', '*'],
  ['gc.autoDetach', 'false'],
  ['maintenance.auto', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['transfer.bundleURI', 'false'],
  ['http.followRedirects', 'false'],
  ['http.proxy', ''],
  ['http.emptyAuth', 'false'],
  ['http.lowSpeedLimit', '1000'],
  ['http.lowSpeedTime', '60'],
  ['protocol.version', '2'],
];

/**
 * What it printed. Throws AppError `git.missing` when git is not installed, `git.timeout`, `git.too_large`, and `git.failed` with
 * its own words (one line, then the host's as `(remote: …)`) in the message.
 */
export function runGit(args: string[], call: GitCall): Promise<Buffer> {
  const { signal, timeoutMs = 120_000, maxBytes = 200_000_000 } = call;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const git = spawn('git', [...(call.dir === undefined ? [] : [`--git-dir=${call.dir}`]), ...args], {
      ...(call.folder === undefined ? {} : { cwd: call.folder }),
      env: environment(call),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A fetch has children of its own, which go with it.
      detached: true,
    });
    const pieces: Buffer[] = [];
    let size = 0;
    let said = '';
    let failed: unknown;
    const stop = (error: unknown): void => {
      failed ??= error;
      try {
        process.kill(-git.pid!, 'SIGKILL');
      } catch {
        git.kill('SIGKILL');
      }
    };
    const aborted = (): void => stop(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    const timer = setTimeout(() => {
      const publicMessage = `git did not finish within ${Math.round(timeoutMs / 60_000)} minutes.`;
      stop(new AppError({ code: 'git.timeout', message: `git ${args[0]} timed out`, retryable: true, publicMessage }));
    }, timeoutMs);
    const end = (error: unknown, output?: Buffer): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      if (error) reject(error as Error);
      else resolve(output!);
    };
    git.stdout.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= maxBytes) pieces.push(piece);
      else stop(new AppError({ code: 'git.too_large', message: `git ${args[0]} printed more than ${maxBytes} bytes` }));
    });
    git.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString('utf8')).slice(-4000)));
    // It may end before it has read its input.
    git.stdin.on('error', () => {});
    git.stdin.end(call.input ?? '');
    git.on('error', (error: NodeJS.ErrnoException) => end(failed ?? (error.code === 'ENOENT' ? missing() : error)));
    git.on('close', (code) => {
      if (failed || code === 0) end(failed, Buffer.concat(pieces, Math.min(size, maxBytes)));
      else end(new AppError({ code: 'git.failed', message: `git ${args[0]}: ${reasonIn(said, call.secret)}` }));
    });
  });
}

/** Nothing of this process's own environment. */
export function environment(call: Pick<GitCall, 'config' | 'protocol' | 'folder'> = {}): Record<string, string> {
  const config = [...settings, ...(call.config ?? [])];
  return {
    PATH: searchPath,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_PAGER: 'cat',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_ALLOW_PROTOCOL: call.protocol ?? 'none',
    ...(call.protocol === undefined ? { GIT_NO_LAZY_FETCH: '1' } : {}),
    ...(call.folder === undefined ? {} : { GIT_CEILING_DIRECTORIES: call.folder.replace(/\/[^/]*\/?$/, '') || '/' }),
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([name, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, name],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
  };
}

function reasonIn(said: string, secret: string | undefined): string {
  const lines = said.split('\n').map((line) => line.trim());
  const line = lines.findLast((one) => /^(?:fatal|error):/.test(one)) ?? lines.findLast((one) => one !== '') ?? 'it failed';
  const host = lines.flatMap((one) => /^remote: *(.+)$/.exec(one)?.[1] ?? []).join(' ');
  let reason = line.slice(0, 300) + (host === '' || line.startsWith('remote:') ? '' : ` (remote: ${host.slice(0, 300)})`);
  for (const one of secretsIn(secret)) reason = reason.replaceAll(one, '…');
  return reason;
}

function missing(): AppError {
  return new AppError({
    code: 'git.missing',
    message: 'git is not installed',
    publicMessage: 'The program `git` is not installed where Docent runs. Install it (on Debian: apt-get install git) and sync again.',
  });
}

/** @throws AppError `git.too_old` before 2.37, which cannot be held to a checked address */
export async function requireGit(signal: AbortSignal): Promise<void> {
  const text = (await runGit(['version'], { signal })).toString('utf8').trim();
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(text)?.map(Number) ?? [];
  if (major > 2 || (major === 2 && minor >= 37)) return;
  throw new AppError({
    code: 'git.too_old',
    message: text,
    publicMessage: `Docent needs git 2.37 or newer for repositories on the network; here is ${text}.`,
  });
}
