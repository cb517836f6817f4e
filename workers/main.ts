/** Background work: in a thread of its own, so that a sync never holds up the HTTP loop; or in other processes, which are woken. */
import { Worker } from 'node:worker_threads';
import type { Config } from '../src/config.ts';
import { openQueue } from '../src/open-queue.ts';
import type { Clock, Log } from '../src/types.ts';
import { askForSweep } from './sweep.ts';

export interface Workers {
  /** Something waits in the catalog: do not wait for the next sweep. */
  wake(): void;
  /** Ends a running sync at its next document; it is taken up again after the next start. */
  stop(): Promise<void>;
}

const RESTART_MS = 5_000;

/** Starts the thread, and starts it again should it crash. */
export function startWorkers(log: Log): Workers {
  let worker: Worker | undefined;
  let stopped = false;
  const start = (): void => {
    worker = new Worker(new URL('./thread.ts', import.meta.url));
    worker.on('error', (error) => log.error({ reason: error.message }, "the workers' thread crashed"));
    worker.on('exit', () => {
      worker = undefined;
      if (!stopped) setTimeout(() => !stopped && start(), RESTART_MS).unref();
    });
  };
  start();
  return {
    wake: () => worker?.postMessage('wake'),
    async stop() {
      stopped = true;
      const running = worker;
      if (!running) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.postMessage('stop');
      await ended;
    },
  };
}

/** Where other processes do the work: they are woken through the queue, and find it within half a minute where that fails. */
export async function wakeOthers(config: Pick<Config, 'REDIS_URL'>, deps: { clock: Clock; log: Log }): Promise<Workers> {
  const queue = await openQueue(config, deps);
  return {
    wake: () => askForSweep({ queue, log: deps.log }),
    stop: () => queue.close(0),
  };
}
