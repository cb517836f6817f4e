/** Several processes of Docent over one Postgres, Redis and Qdrant (the real one where QDRANT_URL names it), as compose starts them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeQdrant, type FakeQdrant } from '../fakes/qdrant.ts';
import { postgresMissing, startPostgres, type PostgresServer } from './postgres.ts';
import { redisMissing, startRedis, type RedisServer } from './redis.ts';
import { childEnvironment } from '../fakes/child-environment.ts';

const ROOT = join(import.meta.dirname, '../..');
const STARTED_MS = 60_000;

export interface Process {
  url: string;
  /** What it printed and logged. */
  said(): string;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM, as an orchestrator stops it; how it ended. */
  stop(): Promise<number | null>;
}

export interface Deployment {
  postgres: PostgresServer;
  redis: RedisServer;
  qdrant: FakeQdrant;
  /** The environment that every process has. */
  env: Record<string, string>;
  token: string;
  start(role: 'web' | 'worker' | 'all', env?: Record<string, string>): Promise<Process>;
  close(): Promise<void>;
}

export const deploymentMissing = (): string | undefined => postgresMissing() ?? redisMissing();

export async function startDeployment(more: Record<string, string> = {}): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'docent-processes-'));
  const [postgres, redis, qdrant] = await Promise.all([startPostgres(), startRedis(), startFakeQdrant()]);
  const token = randomBytes(18).toString('base64url');
  const env = {
    DATABASE_URL: await postgres.newDatabase(),
    REDIS_URL: redis.url,
    QDRANT_URL: qdrant.url,
    SECRET_KEY: randomBytes(24).toString('base64url'),
    ADMIN_TOKEN: token,
    EMBEDDING_MODEL: 'none',
    LOG_LEVEL: 'info',
    ...more,
  };
  const running = new Set<ChildProcess>();
  let started = 0;

  function start(role: 'web' | 'worker' | 'all', own: Record<string, string> = {}): Promise<Process> {
    const child = spawn(process.execPath, [join(ROOT, 'src/main.ts')], {
      cwd: folder,
      env: childEnvironment({
        DOCENT_ROLE: role,
        PORT: '0',
        DATA_DIR: join(folder, `process${started++}`),
        ...env,
        ...own,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let said = '';
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const end = async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      const code = await ended;
      running.delete(child);
      return code;
    };
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${role} did not start: ${said}`)), STARTED_MS);
      child.once('close', (code) => reject(new Error(`${role} ended with ${code}: ${said}`)));
      const hear = (part: Buffer): void => {
        said = (said + part.toString()).slice(-200_000);
        const url = /(?:Docent is ready: |in the background: )(http:\/\/[^\s/]+)/.exec(said)?.[1];
        if (url === undefined) return;
        clearTimeout(late);
        resolve({ url, said: () => said, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') });
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
    });
  }

  return {
    postgres,
    redis,
    qdrant,
    env,
    token,
    start,
    async close() {
      for (const child of running) child.kill('SIGKILL');
      await Promise.all([postgres.close(), redis.close(), qdrant.close()]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
