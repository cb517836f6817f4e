/** What every queue must do, wherever it keeps its jobs. Each driver is run through it in queue.test.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../src/errors.ts';
import { backoffOf, JOBS, type Job } from '../../src/queue/jobs.ts';
import type { Handler, Handlers, Queue } from '../../src/queue/queue.ts';

export interface QueueFactory {
  /** A handle on the same queue each time; for one that is not shared, call once. */
  open(): Promise<Queue>;
  dispose(): Promise<void>;
}

/** What the suite asks of a test runner, so that a broken driver can be put through it as well. */
export interface QueueTestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
  beforeEach(body: () => Promise<void>): void;
  afterEach(body: () => Promise<void>): void;
}

const source = (id: string): Job => ({ kind: 'sync-source', id });
/** Enough for a machine that does other things as well. A broken driver is given less. */
let soonMs = 10_000;

export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = soonMs): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms for: ${what}`);
    await sleep(10);
  }
}

export function setPatience(ms: number): void {
  soonMs = ms;
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}
const holds = (what: string, condition: boolean): void => {
  if (!condition) throw new Error(`does not hold: ${what}`);
};

/** A handler that waits for `let go`, and counts. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const state = { started: [] as string[], running: 0, most: 0 };
  const handler: Handler = async (job) => {
    state.started.push(job.id);
    state.most = Math.max(state.most, ++state.running);
    await opened;
    state.running--;
  };
  return { ...state, state, handler, open };
}

export function queueContract(name: string, create: () => Promise<QueueFactory>, runner: QueueTestRunner): void {
  const { it } = runner;
  runner.describe(`queue contract: ${name}`, () => {
    let factory: QueueFactory;
    let queue: Queue;
    const work = (handler: Handler, concurrency = 1, more: Handlers = {}): void =>
      queue.work({ 'sync-source': handler, ...more }, { concurrency });

    runner.beforeEach(async () => {
      factory = await create();
      queue = await factory.open();
    });
    runner.afterEach(async () => {
      await queue.close(100);
      await factory.dispose();
    });

    it('does jobs in the order in which they came', async () => {
      const done: string[] = [];
      for (const id of ['a', 'b', 'c', 'd']) equal(await queue.add(source(id)), 'added', `adding ${id}`);
      work(async (job) => void done.push(job.id));
      await until('four jobs done', () => done.length === 4);
      equal(done, ['a', 'b', 'c', 'd'], 'the order');
    });

    it('a job carries its kind and its id', async () => {
      const seen: Job[] = [];
      work(async (job) => void seen.push(job), 1, { 'take-out': async (job) => void seen.push(job) });
      await queue.add({ kind: 'take-out', id: 'x' });
      await queue.add(source('x'));
      await until('both done', () => seen.length === 2);
      equal(seen, [{ kind: 'take-out', id: 'x' }, source('x')], 'what the handlers saw');
    });

    it('one that waits is not added twice, and can be added again when it is done', async () => {
      let done = 0;
      equal(
        [await queue.add(source('a')), await queue.add(source('a')), await queue.add(source('a'))],
        ['added', 'known', 'known'],
        'adding',
      );
      work(async () => void done++);
      await until('it is done', () => done === 1);
      await until('nothing runs', async () => (await queue.running()).length === 0);
      equal(await queue.add(source('a')), 'added', 'adding it again');
      await until('it is done again', () => done === 2);
      await sleep(100);
      equal(done, 2, 'times done');
    });

    it('one that is added while it runs, runs once more afterwards, never beside itself', async () => {
      const first = gate();
      let runs = 0;
      work((job, handling) => (++runs === 1 ? first.handler(job, handling) : Promise.resolve()), 3);
      await queue.add(source('a'));
      await until('it runs', () => first.state.running === 1);
      for (let i = 0; i < 3; i++) equal(await queue.add(source('a')), 'known', 'adding while it runs');
      await sleep(100);
      equal(runs, 1, 'runs at once');
      first.open();
      await until('it ran once more', () => runs === 2);
      await sleep(200);
      equal(runs, 2, 'runs in all');
    });

    it('what is added with a delay while it runs, keeps the delay afterwards', async () => {
      const first = gate();
      const begun: number[] = [];
      work((job, handling) => {
        begun.push(performance.now());
        return begun.length === 1 ? first.handler(job, handling) : Promise.resolve();
      });
      await queue.add(source('a'));
      await until('it runs', () => begun.length === 1);
      await queue.add(source('a'), { delayMs: 600 });
      first.open();
      const from = performance.now();
      await until('it ran once more', () => begun.length === 2);
      const waited = begun[1]! - from;
      holds(`after its delay (${waited} ms)`, waited > 500);
    });

    it('another key is another job', async () => {
      const done: string[] = [];
      equal(await queue.add(source('a'), { key: 'one' }), 'added', 'the first key');
      equal(await queue.add(source('a'), { key: 'two' }), 'added', 'the second key');
      equal(await queue.add(source('b'), { key: 'one' }), 'known', 'the first key again');
      work(async (job) => void done.push(job.id));
      await until('both done', () => done.length === 2);
      equal(done, ['a', 'a'], 'what was done');
    });

    it('keeps a delay, and lets others pass meanwhile', async () => {
      const done: { id: string; at: number }[] = [];
      work(async (job) => void done.push({ id: job.id, at: performance.now() }));
      const from = performance.now();
      await queue.add(source('later'), { delayMs: 700 });
      equal(await queue.add(source('later')), 'known', 'adding what is delayed');
      await queue.add(source('now'));
      await until('both done', () => done.length === 2);
      equal(
        done.map((d) => d.id),
        ['now', 'later'],
        'the order',
      );
      const waited = done[1]!.at - from;
      holds(`it waited for its delay (${waited} ms)`, waited >= 690);
    });

    it('does at most so many at once, and so many', async () => {
      const all = gate();
      work(all.handler, 3);
      for (const id of ['a', 'b', 'c', 'd', 'e']) await queue.add(source(id));
      await until('three run', () => all.state.running === 3);
      await sleep(150);
      equal(all.state.most, 3, 'the most at once');
      all.open();
      await until('all were done', () => all.state.started.length === 5);
      equal(all.state.most, 3, 'the most at once, at the end');
    });

    it('tries again after a back-off, and says which try it is; others go on meanwhile', async () => {
      const tries: { attempt: number; at: number }[] = [];
      let others = 0;
      work(async (job, { attempt }) => {
        if (job.id === 'other') return void others++;
        tries.push({ attempt, at: performance.now() });
        if (attempt < 3) throw new Error('by accident');
      });
      await queue.add(source('a'));
      await until('it was tried once', () => tries.length === 1);
      equal(await queue.add(source('a')), 'known', 'adding what waits for its next try');
      await queue.add(source('other'));
      await until('the other was done', () => others === 1);
      equal(tries.length, 1, 'the tries of the first by then');
      await until('it was tried three times', () => tries.length === 3);
      equal(
        tries.map((t) => t.attempt),
        [1, 2, 3],
        'the tries',
      );
      const { backoffMs } = JOBS['sync-source'];
      const gaps = [tries[1]!.at - tries[0]!.at, tries[2]!.at - tries[1]!.at];
      gaps.forEach((gap, i) => {
        const longest = backoffMs * 2 ** i;
        holds(`back-off ${i + 1} is from ${longest / 2} to ${longest} ms (${gap})`, gap >= longest / 2 - 10 && gap < longest + 5_000);
      });
      await sleep(100);
      equal(tries.length, 3, 'tries in all');
    });

    it('what no further try may mend is tried once, and can be added again', async () => {
      let tries = 0;
      work(async () => {
        tries++;
        throw new AppError({ code: 'test.lasting', message: 'for a lasting reason' });
      });
      await queue.add(source('a'));
      await until('it failed', async () => (await queue.health()).failed === 1);
      equal(tries, 1, 'tries');
      equal(await queue.add(source('a')), 'added', 'adding it again');
      await until('it was tried again', () => tries === 2);
    });

    it('one that cannot be done now comes again later, and no try is used up', async () => {
      const attempts: number[] = [];
      work(async (_, { attempt }) => {
        attempts.push(attempt);
        return attempts.length < 6 ? { againInMs: 50 } : undefined;
      });
      await queue.add(source('a'));
      await until('it was done', () => attempts.length === 6);
      equal(attempts, [1, 1, 1, 1, 1, 1], 'the tries');
    });

    it('tells what runs and how far it is', async () => {
      const one = gate();
      work((job, handling) => {
        handling.progress({ phase: 'documents', done: 3, left: 4 });
        return one.handler(job, handling);
      });
      const from = Date.now();
      await queue.add(source('a'));
      await queue.add(source('b'));
      await until('progress is told', async () => (await queue.running())[0]?.progress?.['done'] === 3);
      const [running, ...others] = await queue.running();
      equal(others, [], 'what else runs');
      equal([running!.job, running!.progress], [source('a'), { phase: 'documents', done: 3, left: 4 }], 'what runs');
      holds('since when', running!.startedAt >= from - 50 && running!.startedAt <= Date.now() + 50);
      const { answers, waiting, delayed, running: count } = await queue.health();
      equal({ answers, waiting, delayed, count }, { answers: true, waiting: 1, delayed: 0, count: 1 }, 'its health');
      one.open();
      await until('nothing runs', async () => (await queue.running()).length === 0);
    });

    it('repeats what is scheduled, from now on', async () => {
      const times: number[] = [];
      queue.work({ sweep: async () => void times.push(performance.now()) }, { concurrency: 1 });
      const from = performance.now();
      queue.schedule({ kind: 'sweep', id: 'catalog' }, 400);
      await until('it came five times', () => times.length >= 5);
      holds(`the first came at once (${times[0]! - from} ms)`, times[0]! - from < 350);
      const took = times[4]! - from;
      holds(`it is not hurried (${took} ms)`, took > 3 * 400 - 200);
    });

    it('at its close, running jobs are told and waited for, and no other is begun', async () => {
      const order: string[] = [];
      work(async (job, { signal }) => {
        order.push(`begins ${job.id}`);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await sleep(100);
        order.push('ends');
      });
      await queue.add(source('a'));
      await queue.add(source('b'));
      await until('the first runs', () => order.length === 1);
      await queue.close(5_000);
      order.push('closed');
      await sleep(100);
      equal(order, ['begins a', 'ends', 'closed'], 'the order');
    });

    it('a job that does not end holds up the close for the time of grace, not longer', async () => {
      let runs = 0;
      work(() => {
        runs++;
        return new Promise(() => {});
      });
      await queue.add(source('a'));
      await until('it runs', () => runs === 1);
      const from = performance.now();
      await queue.close(400);
      const took = performance.now() - from;
      holds(`closed after the grace (${took} ms)`, took >= 390 && took < 2_000);
    });

    it('waits between tries as long as its rules say, and never alike', async () => {
      const waits = new Set(Array.from({ length: 50 }, () => backoffOf('sync-source', 3)));
      holds('they differ', waits.size > 10);
      for (const ms of waits) holds(`${ms} ms is within the rules`, ms >= 2_000 && ms <= 4_000);
    });
  });
}
