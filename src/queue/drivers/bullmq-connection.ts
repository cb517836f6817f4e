/** How connections to Redis behave while it is away. */
import { Redis } from 'ioredis';

const FAIL_MS = 2_000;
/** Somebody may wait for it to come back: looked for at least once a second. */
const retryStrategy = (times: number): number => Math.min(50 * 2 ** Math.min(times, 10), 1_000);

/** For who adds jobs: a command fails within two seconds, so that a dead Redis never hangs a request. */
export function impatientRedis(url: string, options: { lazyConnect?: true } = {}): Redis {
  return new Redis(url, { ...options, connectTimeout: FAIL_MS, commandTimeout: FAIL_MS, maxRetriesPerRequest: 1, retryStrategy });
}

/** For workers: a command waits until Redis is back. */
export function patientRedis(url: string): Redis {
  return new Redis(url, { connectTimeout: FAIL_MS, maxRetriesPerRequest: null, retryStrategy });
}

/** For one look: no second try. */
export function singleTryRedis(url: string): Redis {
  return new Redis(url, {
    connectTimeout: FAIL_MS,
    commandTimeout: FAIL_MS,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
}
