/** Debian's redis-server on a free port and in a folder of its own, for tests that kill it, empty it and start it again. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface RedisServer {
  url: string;
  /** Runs a command through redis-cli; its raw reply. */
  cli(...command: string[]): string;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again on the same port, over what it kept on disk. */
  start(): Promise<void>;
  /** Stops it for a while (SIGSTOP, SIGCONT): connections stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** Why tests on a real Redis cannot run here; undefined when they can. */
export function redisMissing(): string | undefined {
  const there = spawnSync('redis-server', ['--version']).status === 0;
  return there ? undefined : 'redis-server is not installed (apt-get install redis-server)';
}

/** @param options further settings of redis.conf, e.g. `{ 'maxmemory-policy': 'allkeys-lru' }`; append-only by default */
export async function startRedis(options: Record<string, string> = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'docent-redis-'));
  const port = await freePort();
  const settings = { appendonly: 'yes', appendfsync: 'everysec', save: '', 'maxmemory-policy': 'noeviction', ...options };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const password = options['requirepass'];
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();

  const cli = (...command: string[]): string =>
    spawnSync('redis-cli', ['-p', String(port), ...(password ? ['-a', password, '--no-auth-warning'] : []), ...command], {
      encoding: 'utf8',
    }).stdout.trim();

  async function start(): Promise<void> {
    child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no', ...args], {
      stdio: 'ignore',
    });
    ended = new Promise((resolve) => child!.once('exit', resolve));
    for (let i = 0; i < 200; i++) {
      if (cli('ping') === 'PONG') return;
      await sleep(25);
    }
    throw new Error('redis-server did not start');
  }
  async function kill(): Promise<void> {
    child?.kill('SIGKILL');
    await ended;
  }

  await start();
  return {
    url: `redis://${password ? `:${password}@` : ''}127.0.0.1:${port}`,
    cli,
    kill,
    start,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
