/** The limit of requests to one host, counted in Redis for all processes. */
import { RateLimiterRedis, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { limitInProcess, REQUESTS_A_SECOND } from '../../net/host-limit.ts';
import { impatientRedis } from './bullmq-connection.ts';

/** While Redis is away each process counts by itself. */
export function limitOnRedis(url: string): { limiter: RateLimiterAbstract; close(): Promise<void> } {
  // Most commands ask no site.
  const redis = impatientRedis(url, { lazyConnect: true });
  // Its faults show in `doctor` and in the queue.
  redis.on('error', () => {});
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: 'docent:requests',
    points: REQUESTS_A_SECOND,
    duration: 1,
    insuranceLimiter: limitInProcess(),
  });
  return { limiter, close: async () => redis.disconnect() };
}
