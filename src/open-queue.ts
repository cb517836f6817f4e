/** The queue that the configuration asks for. Part of the composition root. */
import type { Config } from './config.ts';
import type { Queue, QueueDeps } from './queue/queue.ts';
import { queueDrivers } from './queue/registry.ts';

/** On Redis where REDIS_URL is set, else in this process. A Redis that does not answer yet is waited for in the background. */
export function openQueue(config: Pick<Config, 'REDIS_URL'>, deps: QueueDeps): Promise<Queue> {
  return config.REDIS_URL === undefined ? queueDrivers.embedded(deps) : queueDrivers.bullmq({ ...deps, url: config.REDIS_URL });
}
