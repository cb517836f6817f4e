/** How workers take up what the catalog asks for: once, when it is due, and never beside itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { jobKey, type DueJob, type Job, type Work } from '../../src/queue/jobs.ts';
import type { Queue } from '../../src/queue/queue.ts';
import { queueDrivers } from '../../src/queue/registry.ts';
import { runWorkers, type RunningWorkers } from '../../workers/run.ts';
import { until } from '../contracts/queue.ts';

/** A catalog in memory: what is due stays due until it is done. */
let due: Map<string, DueJob>;
let done: string[];
let run: (job: Job, signal: AbortSignal) => Promise<void>;
let queue: Queue;
let workers: RunningWorkers;
const work: Work = {
  due: async () => [...due.values()],
  run: async (job, { signal }) => {
    await run(job, signal);
    done.push(job.id);
  },
};
const ask = (id: string, more: Partial<DueJob> = {}): void => {
  const job: DueJob = { kind: 'sync-source', id, ...more };
  due.set(jobKey(job), job);
};
const met = async (job: Job): Promise<void> => void due.delete(jobKey(job));

beforeEach(async () => {
  due = new Map();
  done = [];
  run = met;
  queue = await queueDrivers.embedded({ clock: systemClock, log: createLog('silent') });
});
afterEach(() => workers.stop(100));
const start = (sweepMs = 60_000): void => {
  workers = runWorkers({ queue, work, clock: systemClock, log: createLog('silent') }, { sweepMs });
};

test('what waits at the start is done, in the order of the catalog', async () => {
  for (const id of ['c', 'a', 'b']) ask(id);
  start();
  await until('all is done', () => done.length === 3);
  expect(done).toEqual(['c', 'a', 'b']);
});

test('woken, they take up at once what was asked for; unwoken, at the next sweep', async () => {
  start(5_000);
  await sleep(50);
  ask('woken');
  const from = performance.now();
  workers.wake();
  await until('it is done', () => done.length === 1);
  expect(performance.now() - from).toBeLessThan(3_000);
  ask('swept');
  await until('it is done', () => done.length === 2, 20_000);
});

test('woken while they sweep, they sweep again', async () => {
  let sweeps = 0;
  const slow: Work = {
    ...work,
    due: async () => {
      sweeps++;
      const now = [...due.values()];
      await sleep(100);
      return now;
    },
  };
  workers = runWorkers({ queue, work: slow, clock: systemClock, log: createLog('silent') });
  await until('the first sweep looks', () => sweeps === 1);
  ask('a');
  workers.wake();
  await until('it is done', () => done.length === 1, 20_000);
});

test('what the catalog does not ask for any more is left', async () => {
  start();
  await queue.add({ kind: 'sync-source', id: 'gone' });
  ask('a');
  workers.wake();
  await until('the other is done', () => done.length === 1);
  expect(done).toEqual(['a']);
});

test('what somebody holds is taken up when he lets go of it', async () => {
  ask('held', { notBefore: Date.now() + 400 });
  start();
  await sleep(200);
  expect(done).toEqual([]);
  await until('it is done', () => done.length === 1, 20_000);
});

test('what somebody lets go of before his lease ends is not left until then', async () => {
  ask('held', { notBefore: Date.now() + 60_000 });
  start();
  await sleep(200);
  ask('held');
  await until('it is done', () => done.length === 1, 20_000);
});

test('one that turns out to be held comes again, without a failure', async () => {
  let tries = 0;
  run = async (job) => {
    if (++tries === 1) {
      ask(job.id, { notBefore: Date.now() + 200 });
      throw new AppError({ code: 'sync.busy', message: 'held', retryable: true });
    }
    await met(job);
  };
  ask('a');
  start();
  await until('it is done', () => done.length === 1, 20_000);
  expect(tries).toBe(2);
});

test('what follows from a job is done at once', async () => {
  run = async (job) => {
    await met(job);
    if (job.kind === 'sync-source') ask('index', { kind: 'fill-vectors' });
  };
  ask('a');
  start();
  await until('both are done', () => done.length === 2, 20_000);
  expect(done).toEqual(['a', 'index']);
});

test('what stays due although it was done waits for the next sweep, or pauses before it follows another', async () => {
  run = async () => {};
  ask('a');
  start();
  await until('it is done', () => done.length > 0);
  await sleep(300);
  expect(done).toEqual(['a']);
  ask('index', { kind: 'fill-vectors' });
  workers.wake();
  await sleep(500);
  expect(done.length).toBeLessThanOrEqual(4);
});

test('vectors that gave way to a source are gone on with after it', async () => {
  run = async (job) => {
    if (job.kind === 'fill-vectors' && due.size > 1) return;
    await met(job);
  };
  ask('index', { kind: 'fill-vectors' });
  ask('a');
  start();
  await until('both are done', () => due.size === 0, 20_000);
  expect(done.at(-1)).toBe('index');
});

describe('two at once', () => {
  test('are never about one source, and what is about all runs alone', async () => {
    const running: string[] = [];
    const together: string[] = [];
    run = async (job) => {
      running.push(jobKey(job));
      if (running.length > 1) together.push(running.toSorted().join(' '));
      await sleep(30);
      running.splice(running.indexOf(jobKey(job)), 1);
      await met(job);
    };
    ask('a');
    ask('a', { kind: 'take-out' });
    ask('b');
    ask('catalog', { kind: 'keep-index' });
    ask('c');
    start();
    await until('all are done', () => done.length === 5);
    for (const pair of together) {
      expect(pair).not.toContain('keep-index');
      expect(pair).not.toBe('sync-source:a take-out:a');
    }
  });

  test('one that takes long does not hold up another', async () => {
    run = async (job, signal) => {
      if (job.id === 'long') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await met(job);
    };
    ask('long');
    ask('short');
    start();
    await until('the short one is done', () => done.includes('short'));
    expect(done).toEqual(['short']);
    await workers.stop(2_000);
    expect(done).toEqual(['short', 'long']);
  });
});
