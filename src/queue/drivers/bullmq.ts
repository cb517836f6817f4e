/** The queue on Redis, through BullMQ: several processes share it, and what waits outlives them. */
import { randomUUID } from 'node:crypto';
import { DelayedError, Queue as BullQueue, UnrecoverableError, WaitingError, Worker, type Job as BullJob } from 'bullmq';
import type { Redis } from 'ioredis';
import { AppError, reasonOf } from '../../errors.ts';
import { JITTER, jobKey, JOBS, mayRetry, type Job, type JobKind, type JobProgress } from '../jobs.ts';
import type { Handlers, Outcome, Queue, QueueDeps, RunningJob } from '../queue.ts';
import { impatientRedis, patientRedis } from './bullmq-connection.ts';

type Data = { id: string };
type Taken = BullJob<Data, void, JobKind>;

const PREFIX = 'docent';
const NAME = 'work';
/** A worker that was killed is noticed after its lock has run out, at the next look: within 20 s. Running jobs renew it. */
const LOCK_MS = 15_000;
const STALLED_LOOK_MS = 5_000;
/** How often a job may take its worker down with it before it is left to the sweep. */
const STALLS = 3;
/** How long it takes to notice that Redis was emptied. */
const KEEP_MS = 5_000;
const PROGRESS_MS = 1_000;
const KEPT_DONE = { age: 3_600, count: 200 };
const KEPT_FAILED = { age: 7 * 86_400, count: 500 };

/**
 * @param deps.url redis:// or rediss://
 * @param deps.prefix what its keys begin with, for tests that share a Redis
 */
export function createBullmqQueue(deps: QueueDeps & { url: string; prefix?: string }): Queue {
  const { url, clock, log, prefix = PREFIX } = deps;
  const producer = impatientRedis(url);
  // Neither waits for Redis to be there: a command then fails within seconds instead of hanging with its caller.
  const queue = new BullQueue<Data, void>(NAME, {
    connection: producer,
    prefix,
    skipWaitingForReady: true,
    skipVersionCheck: true,
    streams: { events: { maxLen: 1_000 } },
  });
  const stop = new AbortController();
  const scheduled = new Map<string, { job: Job; everyMs: number }>();
  const taken = new Map<string, { job: Taken; token: string }>();
  let consumer: Redis | undefined;
  let worker: Worker<Data, void, JobKind> | undefined;
  let down = false;
  let away = false;

  const onError = (error: Error): void => {
    if (stop.signal.aborted) return;
    if (producer.status === 'ready') log.warn({ reason: reasonOf(error) }, 'the queue on Redis reports an error');
    else if (!down) log.warn({ reason: reasonOf(error) }, 'Redis does not answer; it is tried again until it does');
    down ||= producer.status !== 'ready';
  };
  queue.on('error', onError);
  producer.on('error', onError);
  producer.on('close', () => void (away = true));
  producer.on('ready', () => {
    if (down) log.info({}, 'Redis answers again');
    down = false;
    if (!away) return;
    away = false;
    // It may have come back empty, or without what was added last.
    for (const { job, everyMs } of scheduled.values()) void keep(job, everyMs).then(() => add(job).catch(() => {}));
  });

  async function add(job: Job, { key = jobKey(job), delayMs = 0 }: { key?: string; delayMs?: number } = {}): Promise<'added' | 'known'> {
    // Ids of our own: a Redis that was emptied counts from 1 again, while jobs of before still run.
    const jobId = randomUUID();
    try {
      const there = await queue.add(
        job.kind,
        { id: job.id },
        {
          ...optionsOf(job.kind),
          jobId,
          ...(delayMs > 0 ? { delay: Math.ceil(delayMs) } : {}),
          deduplication: { id: key, keepLastIfActive: true },
        },
      );
      return there.id === jobId ? 'added' : 'known';
    } catch (cause) {
      throw unreachable(cause);
    }
  }

  /** Puts the schedule back where it is missing or stands still. */
  async function keep(job: Job, everyMs: number): Promise<void> {
    try {
      const there = await queue.getJobScheduler(jobKey(job));
      const stands = there?.every === everyMs && (there.next ?? 0) > clock.now() - 2 * everyMs;
      if (!stands)
        await queue.upsertJobScheduler(
          jobKey(job),
          { every: everyMs },
          { name: job.kind, data: { id: job.id }, opts: optionsOf(job.kind) },
        );
    } catch (error) {
      onError(error as Error);
    }
  }

  async function handle(bull: Taken, handlers: Handlers, token: string): Promise<void> {
    const job: Job = { kind: bull.name, id: bull.data.id };
    const handler = handlers[job.kind];
    if (!handler) {
      log.warn({ kind: job.kind }, 'a job of another version of Docent was left out');
      return;
    }
    taken.set(bull.id!, { job: bull, token });
    let outcome: Outcome = undefined;
    let failure: { error: unknown } | undefined;
    try {
      outcome = await handler(job, { signal: stop.signal, attempt: bull.attemptsMade + 1, progress: progressOf(bull) });
    } catch (error) {
      failure = { error };
    }
    const mine = taken.delete(bull.id!);
    if (stop.signal.aborted) {
      if (mine) await bull.moveToWait(token);
      throw new WaitingError();
    }
    if (failure) {
      const { error } = failure;
      const last = !mayRetry(error) || bull.attemptsMade + 1 >= (bull.opts.attempts ?? 1);
      log.warn({ ...job, attempt: bull.attemptsMade + 1, last, reason: reasonOf(error) }, 'a job failed');
      throw mayRetry(error) ? error : new UnrecoverableError(reasonOf(error));
    }
    if (!outcome) return;
    await bull.moveToDelayed(clock.now() + outcome.againInMs, token);
    throw new DelayedError();
  }

  function progressOf(bull: Taken): (progress: JobProgress) => void {
    let last = 0;
    return (progress) => {
      if (clock.now() - last < PROGRESS_MS) return;
      last = clock.now();
      bull.updateProgress(progress).catch(() => {});
    };
  }

  return {
    name: 'bullmq',
    caps: { shared: true, kept: true },
    add,
    work(handlers, { concurrency }) {
      consumer = patientRedis(url);
      consumer.on('error', () => {});
      worker = new Worker<Data, void, JobKind>(NAME, (job, token) => handle(job, handlers, token!), {
        connection: consumer,
        prefix,
        concurrency,
        lockDuration: LOCK_MS,
        lockRenewTime: LOCK_MS / 3,
        stalledInterval: STALLED_LOOK_MS,
        maxStalledCount: STALLS,
        runRetryDelay: 1_000,
        removeOnComplete: KEPT_DONE,
        removeOnFail: KEPT_FAILED,
      });
      worker.on('error', onError);
      worker.on('stalled', (jobId) => log.warn({ jobId }, 'a job whose worker fell silent is taken up again'));
    },
    schedule(job, everyMs) {
      scheduled.set(jobKey(job), { job, everyMs });
      const look = async (): Promise<void> => {
        for (;;) {
          await keep(job, everyMs);
          await clock.sleep(Math.min(KEEP_MS, everyMs), stop.signal);
        }
      };
      look().catch(() => {});
      add(job).catch(() => {});
    },
    async running() {
      try {
        return (await queue.getJobs(['active'])).map((job) => runningJob(job as Taken));
      } catch (cause) {
        throw unreachable(cause);
      }
    },
    async health() {
      try {
        const counts = await queue.getJobCounts('wait', 'delayed', 'active', 'failed');
        const of = (state: string): number => counts[state] ?? 0;
        return { answers: true, waiting: of('wait'), delayed: of('delayed'), running: of('active'), failed: of('failed') };
      } catch {
        return { answers: false, waiting: 0, delayed: 0, running: 0, failed: 0 };
      }
    },
    async close(graceMs) {
      stop.abort();
      const ended = worker?.close().then(() => true) ?? Promise.resolve(true);
      const timer = new AbortController();
      const grace = clock.sleep(graceMs, timer.signal).then(
        () => false,
        () => false,
      );
      const inTime = await Promise.race([ended.catch(() => true), grace]);
      timer.abort();
      if (!inTime) {
        const left = [...taken.values()];
        taken.clear();
        if (producer.status === 'ready') await Promise.allSettled(left.map(({ job, token }) => job.moveToWait(token)));
        void worker?.disconnect().catch(() => {});
      }
      await queue.close().catch(() => {});
      producer.disconnect();
      consumer?.disconnect();
    },
  };
}

function optionsOf(kind: JobKind) {
  const { attempts, backoffMs } = JOBS[kind];
  return {
    attempts,
    backoff: { type: 'exponential', delay: backoffMs, jitter: JITTER },
    removeOnComplete: KEPT_DONE,
    removeOnFail: KEPT_FAILED,
    stackTraceLimit: 1,
  };
}

function runningJob(job: Taken): RunningJob {
  const progress = job.progress;
  return {
    job: { kind: job.name, id: job.data.id },
    startedAt: job.processedOn ?? job.timestamp,
    ...(typeof progress === 'object' && progress !== null ? { progress: progress as JobProgress } : {}),
  };
}

function unreachable(cause: unknown): AppError {
  return new AppError({
    code: 'queue.unreachable',
    message: `Redis does not answer: ${reasonOf(cause)}`,
    publicMessage: 'Redis (REDIS_URL) does not answer; what was asked for is kept, and taken up when it does.',
    retryable: true,
    cause,
  });
}
