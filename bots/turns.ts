/** When the next question may be answered: what is delivered meanwhile must be recorded at once. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../src/types.ts';

/** One is answered however busy the process is; more while its event loop is busy for less than this share of the time. */
const BUSY = 0.6;
const LOOK_MS = 50;

export interface Turns {
  /** Waits for a turn, or for the signal; each turn is given back by `over`. */
  wait(signal: AbortSignal): Promise<void>;
  over(): void;
  close(): void;
}

export function createTurns(clock: Clock): Turns {
  let taken = 0;
  let takenAt = 0;
  let busy = 0;
  let before = performance.eventLoopUtilization();
  const looking = setInterval(() => {
    const now = performance.eventLoopUtilization();
    busy = performance.eventLoopUtilization(now, before).utilization;
    before = now;
  }, LOOK_MS);
  looking.unref();
  return {
    async wait(signal) {
      while (!signal.aborted && taken > 0 && (busy > BUSY || clock.now() - takenAt < LOOK_MS))
        await clock.sleep(LOOK_MS / 2, signal).catch(() => {});
      taken += 1;
      takenAt = clock.now();
    },
    over: () => void (taken -= 1),
    close: () => clearInterval(looking),
  };
}
