/** The queue port's contract over every registered driver, broken drivers that it must catch, and what is particular to the one on Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import type { Handling, Queue } from '../../src/queue/queue.ts';
import { queueDrivers, redisHealth } from '../../src/queue/registry.ts';
import { redisMissing, startRedis, type RedisServer } from '../servers/redis.ts';
import { queueContract, setPatience, until, type QueueFactory, type QueueTestRunner } from './queue.ts';

vi.setConfig({ testTimeout: 60_000 });
const deps = { clock: systemClock, log: createLog('silent') };
const missing = redisMissing();
if (missing && process.env['CI']) throw new Error(missing);

let redis: RedisServer;
let prefixes = 0;
beforeAll(async () => {
  if (!missing) redis = await startRedis();
});
afterAll(async () => {
  await redis?.close();
});

const FACTORIES: Record<keyof typeof queueDrivers, () => Promise<QueueFactory>> = {
  embedded: async () => ({ open: () => queueDrivers.embedded(deps), dispose: async () => {} }),
  bullmq: async () => {
    const prefix = `contract${prefixes++}`;
    return { open: () => queueDrivers.bullmq({ ...deps, url: redis.url, prefix }), dispose: async () => {} };
  },
};

for (const [name, create] of Object.entries(FACTORIES)) {
  if (name === 'bullmq' && missing) describe.skip(`queue contract: bullmq (${missing})`, () => it('is not run', () => {}));
  else queueContract(name, create, { describe, it, beforeEach, afterEach } as QueueTestRunner);
}

it('has a factory for every registered driver', () => {
  expect(Object.keys(FACTORIES).toSorted()).toEqual(Object.keys(queueDrivers).toSorted());
});

/** What is wrong with each planted driver, and the test that must notice. */
const PLANTED: [wrong: string, test: string, spoil: (queue: Queue) => Partial<Queue>][] = [
  ['adds everything twice', 'not added twice', (q) => ({ add: (job) => q.add(job, { key: String(Math.random()) }) })],
  ['forgets delays', 'keeps a delay', (q) => ({ add: (job, o) => q.add(job, o?.key ? { key: o.key } : {}) })],
  ['knows no bounds', 'at most so many at once', (q) => ({ work: (h, { concurrency }) => q.work(h, { concurrency: concurrency + 1 }) })],
  [
    'gives up at once',
    'tries again after a back-off',
    (q) => ({
      work: (h, o) => q.work({ 'sync-source': (job, handling) => h['sync-source']!(job, handling).catch(() => undefined) }, o),
    }),
  ],
  [
    'keeps the close to itself',
    'at its close',
    (q) => ({
      work: (h, o) =>
        q.work(
          { 'sync-source': (job, handling) => h['sync-source']!(job, { ...handling, signal: new AbortController().signal } as Handling) },
          o,
        ),
    }),
  ],
  ['waits for ever at its close', 'does not end holds up the close', (q) => ({ close: (ms) => q.close(ms === 400 ? 3_000 : ms) })],
  ['tells nothing', 'how far it is', () => ({ running: async () => [] })],
  ['schedules once', 'repeats what is scheduled', (q) => ({ schedule: (job) => void q.add(job) })],
];

describe('a broken queue does not pass', () => {
  beforeAll(() => setPatience(2_500));
  afterAll(() => setPatience(10_000));

  it.each(PLANTED)('one that %s', async (_, test, spoil) => {
    const tests: { name: string; body: () => Promise<void> }[] = [];
    let before = async (): Promise<void> => {};
    let after = async (): Promise<void> => {};
    const spoiled = async (): Promise<QueueFactory> => ({
      open: async () => {
        const queue = await queueDrivers.embedded(deps);
        return { ...queue, ...spoil(queue) };
      },
      dispose: async () => {},
    });
    queueContract('spoiled', spoiled, {
      describe: (__, body) => body(),
      it: (name, body) => void tests.push({ name, body }),
      beforeEach: (body) => void (before = body),
      afterEach: (body) => void (after = body),
    });
    const found = tests.filter(({ name }) => name.includes(test));
    expect(found).toHaveLength(1);
    await before();
    await expect(found[0]!.body()).rejects.toThrow();
    await after();
  });
});

describe.skipIf(missing)('the queue on Redis', () => {
  let server: RedisServer;
  const opened: Queue[] = [];
  const open = async (): Promise<Queue> => {
    const queue = await queueDrivers.bullmq({ ...deps, url: server.url });
    opened.push(queue);
    return queue;
  };
  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close(200)));
    await server.close();
  });

  it('a job that is handed back at the close of one is done by another', async () => {
    const [first, second] = [await open(), await open()];
    let begun = 0;
    first.work(
      { 'sync-source': (_, { signal }) => (begun++, new Promise((resolve) => signal.addEventListener('abort', () => resolve()))) },
      { concurrency: 1 },
    );
    await first.add({ kind: 'sync-source', id: 'a' });
    await until('it runs', () => begun === 1);
    await first.close(5_000);
    const attempts: number[] = [];
    second.work({ 'sync-source': async (_, { attempt }) => void attempts.push(attempt) }, { concurrency: 1 });
    await until('the other did it', () => attempts.length === 1, 20_000);
    expect(attempts).toEqual([1]);
  });

  it('so is one that did not end within the grace', async () => {
    const [first, second] = [await open(), await open()];
    let begun = 0;
    first.work({ 'sync-source': () => (begun++, new Promise(() => {})) }, { concurrency: 1 });
    await first.add({ kind: 'sync-source', id: 'a' });
    await until('it runs', () => begun === 1);
    await first.close(300);
    let done = 0;
    second.work({ 'sync-source': async () => void done++ }, { concurrency: 1 });
    await until('the other did it', () => done === 1, 20_000);
  });

  it('of one key never two run, in however many workers', async () => {
    const workers = [await open(), await open(), await open()];
    const running = new Set<string>();
    let runs = 0;
    let doubled = 0;
    for (const worker of workers)
      worker.work(
        {
          'sync-source': async ({ id }) => {
            if (running.has(id)) doubled++;
            running.add(id);
            await sleep(3 + Math.random() * 10);
            running.delete(id);
            runs++;
          },
        },
        { concurrency: 4 },
      );
    for (let i = 0; i < 300; i++) {
      await workers[i % 3]!.add({ kind: 'sync-source', id: `s${i % 5}` });
      await sleep(2);
    }
    await until('all is done', async () => (await workers[0]!.health()).running === 0 && (await workers[0]!.health()).waiting === 0);
    expect(doubled).toBe(0);
    expect(runs).toBeGreaterThan(20);
  });

  it('what waits outlives kill -9 of Redis and of the process', async () => {
    const first = await open();
    for (const id of ['a', 'b']) await first.add({ kind: 'sync-source', id });
    await sleep(1_200);
    await server.kill();
    await server.start();
    const second = await open();
    const done: string[] = [];
    second.work({ 'sync-source': async ({ id }) => void done.push(id) }, { concurrency: 1 });
    await until('both are done', () => done.length === 2);
    expect(done).toEqual(['a', 'b']);
  });

  it('killed and started again while jobs run and wait, it goes on by itself', async () => {
    const queue = await open();
    const done: string[] = [];
    let sweeps = 0;
    queue.work(
      {
        sweep: async () => void sweeps++,
        'sync-source': async ({ id }) => {
          await sleep(400);
          done.push(id);
        },
      },
      { concurrency: 1 },
    );
    queue.schedule({ kind: 'sweep', id: 'catalog' }, 1_000);
    await until('it sweeps', () => sweeps > 0);
    for (const id of ['a', 'b', 'c']) await queue.add({ kind: 'sync-source', id });
    await until('one is done', () => done.length >= 1);
    await server.kill();
    await expect(queue.add({ kind: 'sync-source', id: 'd' })).rejects.toThrow(
      expect.objectContaining({ code: 'queue.unreachable', retryable: true }),
    );
    expect((await queue.health()).answers).toBe(false);
    await sleep(1_500);
    await server.start();
    const before = sweeps;
    await until('the sweep is back', () => sweeps > before, 20_000);
    await queue.add({ kind: 'sync-source', id: 'd' });
    await until('the later one is done', () => done.includes('d'));
  });

  it('emptied while jobs run and wait, it sweeps on, and takes what is added again', async () => {
    const queue = await open();
    const waiting = new Set(['a', 'b', 'c', 'd']);
    const done: string[] = [];
    queue.work(
      {
        sweep: async () => {
          for (const id of waiting) await queue.add({ kind: 'sync-source', id });
        },
        'sync-source': async ({ id }) => {
          if (!waiting.has(id)) return;
          await sleep(300);
          waiting.delete(id);
          done.push(id);
        },
      },
      { concurrency: 1 },
    );
    queue.schedule({ kind: 'sweep', id: 'catalog' }, 1_000);
    await until('one is done', () => done.length === 1);
    await sleep(100);
    expect(server.cli('flushall')).toBe('OK');
    await until('all are done', () => waiting.size === 0);
    expect(done.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('a schedule is one for all, and outlives who made it', async () => {
    const workers = [await open(), await open()];
    let sweeps = 0;
    for (const worker of workers) {
      worker.work({ sweep: async () => void sweeps++ }, { concurrency: 1 });
      worker.schedule({ kind: 'sweep', id: 'catalog' }, 1_000);
    }
    await sleep(4_500);
    expect(sweeps).toBeGreaterThanOrEqual(4);
    // Each adds one at its start.
    expect(sweeps).toBeLessThanOrEqual(8);
    await workers[0]!.close(1_000);
    const before = sweeps;
    await until('it goes on', () => sweeps >= before + 2, 20_000);
  });

  it('nobody waits long for a Redis that does not answer', async () => {
    const queue = await open();
    await queue.add({ kind: 'sync-source', id: 'a' });
    server.freeze();
    const from = performance.now();
    await expect(queue.add({ kind: 'sync-source', id: 'b' })).rejects.toThrow(expect.objectContaining({ code: 'queue.unreachable' }));
    expect(performance.now() - from).toBeLessThan(4_000);
    server.thaw();
  });

  it('opens while Redis is not there, and works once it is; closes while it is not', async () => {
    await server.kill();
    const queue = await open();
    let done = 0;
    queue.work({ sweep: async () => void done++ }, { concurrency: 1 });
    queue.schedule({ kind: 'sweep', id: 'catalog' }, 60_000);
    await expect(queue.add({ kind: 'sync-source', id: 'b' })).rejects.toThrow(expect.objectContaining({ code: 'queue.unreachable' }));
    await server.start();
    await until('it sweeps', () => done > 0, 20_000);
    await server.kill();
    const from = performance.now();
    await queue.close(1_000);
    expect(performance.now() - from).toBeLessThan(3_000);
  });

  it('keeps few finished jobs, and only ids in them', async () => {
    const queue = await open();
    let done = 0;
    queue.work({ 'sync-source': async () => void done++ }, { concurrency: 8 });
    await Promise.all(Array.from({ length: 400 }, (_, i) => queue.add({ kind: 'sync-source', id: `source-${i}` })));
    await until('all are done', () => done === 400, 20_000);
    await until('none runs', async () => (await queue.health()).running === 0);
    expect(Number(server.cli('zcard', 'docent:work:completed'))).toBeLessThanOrEqual(200);
    const keys = server.cli('keys', '*').split('\n');
    expect(keys.every((key) => key.startsWith('docent:'))).toBe(true);
    expect(keys.length).toBeLessThan(220);
    const [job] = server.cli('zrange', 'docent:work:completed', '-1', '-1').split('\n');
    expect(JSON.parse(server.cli('hget', `docent:work:${job}`, 'data'))).toEqual({ id: expect.stringMatching(/^source-\d+$/) });
  });
});

describe.skipIf(missing)('what the doctor says of a Redis', () => {
  const look = async (options: Record<string, string>): Promise<{ level: string; message: string }[]> => {
    const server = await startRedis(options);
    try {
      return await redisHealth(server.url);
    } finally {
      await server.close();
    }
  };

  it('is well when it evicts nothing and keeps everything', async () => {
    const findings = await look({});
    expect(findings.map((f) => f.level)).toEqual(['ok', 'ok', 'ok']);
    expect(findings[0]!.message).toMatch(/^Redis \d+\.\d+\.\d+ at 127\.0\.0\.1:\d+ answers/);
  });

  it('names eviction and missing persistence, each with its mend', async () => {
    const [, eviction, persistence] = await look({ 'maxmemory-policy': 'allkeys-lru', appendonly: 'no', save: '' });
    expect(eviction).toEqual({
      level: 'problem',
      message: expect.stringMatching(/allkeys-lru.*CONFIG SET maxmemory-policy noeviction.*redis\.conf/),
    });
    expect(persistence).toEqual({
      level: 'warning',
      message: expect.stringMatching(/nothing on disk.*CONFIG SET appendonly yes.*redis\.conf/),
    });
  });

  it('takes a dump as persistence', async () => {
    const [, , persistence] = await look({ appendonly: 'no', save: '3600 1' });
    expect(persistence).toEqual({ level: 'ok', message: expect.stringContaining('save 3600 1') });
  });

  it('tells a wrong password from one that is not there, and shows neither', async () => {
    const server = await startRedis({ requirepass: 'the-right-one' });
    expect((await redisHealth(server.url)).map((f) => f.level)).toEqual(['ok', 'ok', 'ok']);
    const wrong = await redisHealth(server.url.replace('the-right-one', 'the-wrong-one'));
    expect(wrong).toEqual([{ level: 'problem', message: expect.stringMatching(/refuses the password in REDIS_URL/) }]);
    await server.close();
    const gone = await redisHealth(server.url);
    expect(gone).toEqual([{ level: 'problem', message: expect.stringMatching(/does not answer.*start it, or correct REDIS_URL/) }]);
    expect(JSON.stringify([wrong, gone])).not.toMatch(/right-one|wrong-one/);
  });
});
