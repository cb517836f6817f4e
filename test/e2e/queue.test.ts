/** Syncs through the queue with real processes: never one source twice at once, and nothing lost when workers or Redis are killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openCatalog, type Catalog } from '../../src/catalog/database.ts';
import { addSource, requestSync } from '../../src/catalog/sources.ts';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { SWEEP } from '../../src/queue/jobs.ts';
import type { Queue } from '../../src/queue/queue.ts';
import { queueDrivers } from '../../src/queue/registry.ts';
import { until } from '../contracts/queue.ts';
import { redisMissing, startRedis, type RedisServer } from '../servers/redis.ts';

/** `npm run soak` asks for more. */
const MOMENTS = Number(process.env['SOAK_ROUNDS'] ?? 8);
/** Each waits for a dead worker's lease to run out. */
const KILLED_WORKERS = Math.ceil(MOMENTS / 20);
vi.setConfig({ testTimeout: MOMENTS * 12_000, hookTimeout: 120_000 });
const ROOT = join(import.meta.dirname, '../..');
const SOURCES = 3;
const DOCUMENTS = 6;
const missing = redisMissing();
if (missing && process.env['CI']) throw new Error(missing);

let folder: string;
let data: string;
let db: Catalog;
let ids: string[];
const processes = new Set<ChildProcess>();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-queue-'));
  data = join(folder, 'data');
  db = await openCatalog(data);
  ids = [];
  for (let s = 0; s < SOURCES; s++) {
    write(s, 'first');
    const location = join(folder, `wiki${s}`);
    const source = await addSource(
      db,
      { name: `wiki${s}`, kind: 'folder', location, baseUrl: null, readers: ['everyone'], schedule: null },
      Date.now(),
    );
    ids.push(source.id);
  }
});
afterEach(async () => {
  await Promise.all([...processes].map((child) => killed(child)));
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});

function write(source: number, version: string): void {
  const wiki = join(folder, `wiki${source}`);
  mkdirSync(wiki, { recursive: true });
  for (let d = 0; d < DOCUMENTS; d++)
    writeFileSync(join(wiki, `page${d}.md`), `# Page ${d}\n\nThe ${version} rules of wiki${source} say that desk ${d} answers.\n`);
}

function run(file: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [join(ROOT, file), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', DATA_DIR: data, EMBEDDING_MODEL: 'none', LOG_LEVEL: 'silent', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.add(child);
  child.once('exit', () => processes.delete(child));
  return child;
}

/** Resolves when it takes jobs. */
async function startWorker(redisUrl: string, stepMs = 15, sweepMs = 30_000): Promise<ChildProcess> {
  const child = run('test/servers/queue-worker.ts', [data, redisUrl, String(stepMs), String(sweepMs)]);
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  return child;
}

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve));

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended(child);
}

/** `docent sync`, as a person runs it beside the server. */
async function command(): Promise<void> {
  const child = run('src/cli/main.ts', ['sync', '--json']);
  child.stdout!.resume();
  await ended(child);
}

interface RunRow {
  source: string;
  state: string;
  from: number;
  to: number | null;
}

async function runs(): Promise<RunRow[]> {
  const rows = await db.selectFrom('runs').selectAll().orderBy('started_at').execute();
  return rows.map((r) => ({ source: r.source_id, state: r.state, from: r.started_at, to: r.finished_at }));
}

const waiting = async (): Promise<number> =>
  (await db.selectFrom('sources').select('id').where('sync_requested_at', 'is not', null).execute()).length;

/** What the catalog holds of a version's texts. */
async function passagesOf(version: string): Promise<number> {
  return (await db.selectFrom('passages').select('id').where('text', 'like', `%The ${version} rules%`).execute()).length;
}

/** No two runs of one source at one time; and none was closed by another that began while it ran. */
function expectNoneAtOnce(all: RunRow[], mayFail = 0): void {
  for (const id of ids) {
    const mine = all.filter((r) => r.source === id).toSorted((a, b) => a.from - b.from);
    mine.slice(1).forEach((later, i) => expect(mine[i]!.to, `a run of ${id} began while another ran`).toBeLessThanOrEqual(later.from));
  }
  expect(all.filter((r) => r.state === 'failed').length).toBeLessThanOrEqual(mayFail);
}

async function askForAll(): Promise<void> {
  for (const id of ids) await requestSync(db, id, Date.now());
}

describe('with the queue in the process', () => {
  test('a worker and commands beside it never sync one source at once, and every wish is met', async () => {
    await startWorker('-', 10, 500);
    const end = Date.now() + 12_000;
    const asks = (async () => {
      for (; Date.now() < end; await sleep(150)) await requestSync(db, ids[Math.floor(Math.random() * SOURCES)]!, Date.now());
    })();
    const commands = (async () => {
      while (Date.now() < end) await command();
    })();
    await Promise.all([asks, commands]);
    await until('every wish is met', async () => (await waiting()) === 0, 40_000);
    const all = await runs();
    expect(all.length).toBeGreaterThan(SOURCES);
    expectNoneAtOnce(all);
  });

  test('a worker that is killed is replaced: the next one finds what it was at', async () => {
    const first = await startWorker('-', 80);
    await askForAll();
    // Its sweep is far away: what is asked for now, only the next start finds.
    await killed(first);
    await startWorker('-', 80);
    await until('a run has begun', async () => (await runs()).some((r) => r.state === 'running'));
    await sleep(300);
    await Promise.all([...processes].map((child) => killed(child)));
    const from = Date.now();
    await startWorker('-', 1);
    await until('all is synced', async () => (await waiting()) === 0, 30_000);
    expect(Date.now() - from).toBeLessThan(30_000);
    expect(await passagesOf('first')).toBe(SOURCES * DOCUMENTS);
  });
});

describe.skipIf(missing)('with the queue on Redis', () => {
  let redis: RedisServer;
  let queue: Queue;
  const wake = (): Promise<unknown> => queue.add(SWEEP).catch(() => {});
  beforeEach(async () => {
    redis = await startRedis();
    queue = await queueDrivers.bullmq({ clock: systemClock, log: createLog('silent'), url: redis.url });
  });
  afterEach(async () => {
    await Promise.all([...processes].map((child) => killed(child)));
    await queue.close(100);
    await redis.close();
  });

  test('two workers and commands beside them never sync one source at once, and every wish is met', async () => {
    await Promise.all([startWorker(redis.url, 10), startWorker(redis.url, 10)]);
    const end = Date.now() + 15_000;
    const asks = (async () => {
      for (; Date.now() < end; await sleep(100)) {
        await requestSync(db, ids[Math.floor(Math.random() * SOURCES)]!, Date.now());
        await wake();
      }
    })();
    const commands = (async () => {
      while (Date.now() < end) await command();
    })();
    await Promise.all([asks, commands]);
    await wake();
    await until('every wish is met', async () => (await waiting()) === 0, 40_000);
    const all = await runs();
    expect(all.length).toBeGreaterThan(SOURCES);
    expectNoneAtOnce(all);
  });

  test('Redis killed or emptied at random moments while syncs run: nothing is lost, nothing doubled, back within 30 s', async () => {
    await Promise.all([startWorker(redis.url, 15), startWorker(redis.url, 15)]);
    let longest = 0;
    for (let i = 0; i < MOMENTS; i++) {
      const version = `version${i}`;
      for (let s = 0; s < SOURCES; s++) write(s, version);
      await askForAll();
      await wake();
      await sleep(Math.random() * 900);
      const from = Date.now();
      if (i % 2) redis.cli('flushall');
      else {
        await redis.kill();
        await sleep(Math.random() * 300);
        await redis.start();
      }
      await until(`all is synced after moment ${i}`, async () => (await waiting()) === 0, 40_000);
      longest = Math.max(longest, Date.now() - from);
      expect(await passagesOf(version)).toBe(SOURCES * DOCUMENTS);
    }
    process.stdout.write(`longest recovery after Redis was killed or emptied: ${longest} ms\n`);
    expect(longest).toBeLessThan(30_000);
    expectNoneAtOnce(await runs());
  });

  test('a worker killed in the middle of a sync: another takes it up within 30 s', async () => {
    let longest = 0;
    const workers = [await startWorker(redis.url, 150), await startWorker(redis.url, 150)];
    for (let i = 0; i < KILLED_WORKERS; i++) {
      const version = `round${i}`;
      for (let s = 0; s < SOURCES; s++) write(s, version);
      await askForAll();
      await wake();
      const begun = Date.now();
      const held = async () =>
        (await db.selectFrom('sources').select(['id', 'lease_owner']).where('lease_owner', 'is not', null).execute())[0];
      await until('a run has begun', async () => (await held()) !== undefined);
      await sleep(Math.random() * 400);
      const { id, lease_owner } = (await held())!;
      const holder = workers.findIndex((worker) => lease_owner!.includes(`:${worker.pid}:`));
      await killed(workers[holder]!);
      const from = Date.now();
      await until('all is synced', async () => (await waiting()) === 0, 45_000);
      longest = Math.max(longest, Date.now() - from);
      expect(await passagesOf(version)).toBe(SOURCES * DOCUMENTS);
      // The run that was cut short was closed when its source was taken up again.
      expect((await runs()).filter((r) => r.source === id && r.from >= begun).map((r) => r.state)).toEqual(['failed', 'done']);
      workers[holder] = await startWorker(redis.url, 150);
    }
    process.stdout.write(`longest recovery after a worker was killed: ${longest} ms\n`);
    expect(longest).toBeLessThan(30_000);
  });

  test('a worker that is told to stop hands its sync back: another goes on at once', async () => {
    const first = await startWorker(redis.url, 100);
    await askForAll();
    await wake();
    await until('a run has begun', async () => (await runs()).some((r) => r.state === 'running'));
    await startWorker(redis.url, 1);
    const from = Date.now();
    first.kill('SIGTERM');
    await ended(first);
    expect(first.exitCode).toBe(0);
    expect(Date.now() - from).toBeLessThan(10_000);
    await until('all is synced', async () => (await waiting()) === 0, 20_000);
    expect(await passagesOf('first')).toBe(SOURCES * DOCUMENTS);
    expectNoneAtOnce(await runs());
  });

  test('the server: a sync asked for in the console runs at once; while Redis is away it answers, keeps the wish, and meets it after', async () => {
    const child = run('src/main.ts', [], { REDIS_URL: redis.url, PORT: '0' });
    let out = '';
    child.stdout!.on('data', (text: Buffer) => (out += String(text)));
    await until('it is ready', () => /ready: http/.test(out), 60_000);
    const url = /ready: (http:\/\/\S+)/.exec(out)![1]!;
    const ask = async (id: string): Promise<number> => (await fetch(`${url}/api/v1/sources/${id}/sync`, { method: 'POST' })).status;
    const met = async (id: string): Promise<boolean> => (await runs()).some((r) => r.source === id && r.state === 'done');
    expect(await ask(ids[0]!)).toBeLessThan(300);
    await until('the first is synced', () => met(ids[0]!), 20_000);
    await redis.kill();
    const from = performance.now();
    expect(await ask(ids[1]!)).toBeLessThan(300);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(performance.now() - from).toBeLessThan(5_000);
    await sleep(1_000);
    await redis.start();
    await until('the second is synced', () => met(ids[1]!), 30_000);
    child.kill('SIGTERM');
    await ended(child);
    expect(child.exitCode).toBe(0);
  });
});
