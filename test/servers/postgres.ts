/** Debian's Postgres on a free port and in a folder of its own, for tests that kill it, freeze it and start it again. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  port: number;
  /** The address of a database of this server. */
  url(database: string): string;
  /** Makes an empty database and returns its address. */
  newDatabase(options?: string): Promise<string>;
  /** Runs statements as the superuser, without a transaction around them; the rows of the last. */
  run(statements: string, database?: string): Promise<Record<string, unknown>[]>;
  /** kill -9 of all of it. */
  kill(): Promise<void>;
  /** As an operator restarts it: connections are ended, what was committed is kept. */
  stop(): Promise<void>;
  /** Starts it again on the same port, over what it kept on disk. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Signs that nobody would get by without escaping. */
const PASSWORD = 'p@ss/w:rd#1';
export const USER = 'docent';

/** The folder of Debian's programs; they are not on the PATH. */
function programs(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
}

/** Why tests on a real Postgres cannot run here; undefined when they can. */
export const postgresMissing = (): string | undefined =>
  programs() ? undefined : 'postgres is not installed (apt-get install postgresql)';

/** It refuses to run as root. */
function owner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (which: string): number => Number(spawnSync('id', [which, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u') || 65534, gid: id('-g') || 65534 };
}

/** @param settings further ones of postgresql.conf; nothing is forced to the disk, since the machine itself never fails here */
export async function startPostgres(settings: Record<string, string> = {}): Promise<PostgresServer> {
  const bin = programs();
  if (!bin) throw new Error(postgresMissing());
  const as = owner();
  const folder = mkdtempSync(join(tmpdir(), 'docent-postgres-'));
  const [data, secret] = [join(folder, 'data'), join(folder, 'password')];
  writeFileSync(secret, PASSWORD, { mode: 0o600 });
  if (as) for (const path of [folder, secret]) chownSync(path, as.uid, as.gid);
  const made = spawnSync(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      USER,
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '-A',
      'scram-sha-256',
      `--pwfile=${secret}`,
      '--no-sync',
      '--no-instructions',
    ],
    { ...as, cwd: folder, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    shared_buffers: '32MB',
    ...settings,
  };
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let said = '';

  const url = (database: string): string => `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`;

  async function run(statements: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url(database), connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      const result = (await client.query(statements)) as pg.QueryResult | pg.QueryResult[];
      return (Array.isArray(result) ? result.at(-1)! : result).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  async function start(): Promise<void> {
    said = '';
    child = spawn(join(bin!, 'postgres'), ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])], {
      ...as,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr!.on('data', (part: Buffer) => (said = (said + part.toString()).slice(-4_000)));
    ended = new Promise((resolve) => child!.once('exit', resolve));
    for (let i = 0; i < 400 && child.exitCode === null; i++) {
      try {
        await run('select 1');
        return;
      } catch {
        await sleep(25);
      }
    }
    throw new Error(`postgres did not start: ${said}`);
  }

  /** SIGQUIT is its own kill -9: its children end too, and nothing is written. */
  async function end(signal: 'SIGQUIT' | 'SIGINT'): Promise<void> {
    child?.kill(signal);
    await ended;
    child = undefined;
  }

  await start();
  return {
    port,
    url,
    run,
    async newDatabase(options = '') {
      const name = `docent_${randomBytes(6).toString('hex')}`;
      await run(`create database ${name} ${options}`);
      return url(name);
    },
    kill: () => end('SIGQUIT'),
    stop: () => end('SIGINT'),
    start,
    async close() {
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
