/** Which queues there are; the one on Redis is loaded when it is used. Only the composition root imports this. */
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { limitInProcess } from '../net/host-limit.ts';
import { createEmbeddedQueue } from './drivers/embedded.ts';
import type { Queue, QueueDeps, QueueFinding } from './queue.ts';

export const queueDrivers = {
  embedded: async (deps: QueueDeps): Promise<Queue> => createEmbeddedQueue(deps),
  bullmq: async (deps: QueueDeps & { url: string; prefix?: string }): Promise<Queue> =>
    (await import('./drivers/bullmq.ts')).createBullmqQueue(deps),
};

/** What is well with a Redis and what is not, each with the way to mend it. Takes a few seconds at most. */
export async function redisHealth(url: string): Promise<QueueFinding[]> {
  return (await import('./drivers/bullmq-health.ts')).examineRedis(url);
}

/** How many requests a second go to one host: counted for all processes where there is a Redis. */
export async function hostLimit(url: string | undefined): Promise<{ limiter: RateLimiterAbstract; close(): Promise<void> }> {
  if (url === undefined) return { limiter: limitInProcess(), close: async () => {} };
  return (await import('./drivers/redis-host-limit.ts')).limitOnRedis(url);
}
