/** Whether a Redis can be relied on for the queue: its version, that it evicts nothing, and that it keeps things on disk. */
import type { Redis } from 'ioredis';
import { reasonOf } from '../../errors.ts';
import type { QueueFinding } from '../queue.ts';
import { singleTryRedis } from './bullmq-connection.ts';

/** BullMQ refuses anything below 5.0 and recommends this (`RedisConnection.recommendedMinimumVersion`). */
const LOWEST = [6, 2] as const;

/** Looks once, for a few seconds at most; a Redis that does not answer is a finding, not an error. */
export async function examineRedis(url: string): Promise<QueueFinding[]> {
  const { host, port } = new URL(url);
  const where = `${host.replace(/:\d+$/, '')}:${port || 6379}`;
  const redis = singleTryRedis(url);
  let lastError: Error | undefined;
  redis.on('error', (error) => (lastError = error));
  try {
    await redis.connect();
    const info = fieldsOf(await redis.info());
    return [version(info, where), eviction(info), await persistence(info, redis)];
  } catch (error) {
    return [whyNot(lastError ?? error, where)];
  } finally {
    redis.disconnect();
  }
}

function version(info: Map<string, string>, where: string): QueueFinding {
  const text = info.get('valkey_version') ?? info.get('redis_version') ?? '0';
  const [major = 0, minor = 0] = text.split('.').map(Number);
  const old = major < LOWEST[0] || (major === LOWEST[0] && minor < LOWEST[1]);
  return old
    ? { level: 'problem', message: `Redis ${text} at ${where} is too old for the queue; install ${LOWEST.join('.')} or later.` }
    : { level: 'ok', message: `Redis ${text} at ${where} answers.` };
}

function eviction(info: Map<string, string>): QueueFinding {
  const policy = info.get('maxmemory_policy') ?? 'unknown';
  if (policy === 'noeviction') return { level: 'ok', message: 'Redis evicts nothing (maxmemory-policy noeviction).' };
  return {
    level: 'problem',
    message: `Redis may throw jobs away when its memory is full (maxmemory-policy ${policy}): run "redis-cli CONFIG SET maxmemory-policy noeviction", and set "maxmemory-policy noeviction" in redis.conf so that it stays.`,
  };
}

async function persistence(info: Map<string, string>, redis: Redis): Promise<QueueFinding> {
  if (info.get('aof_enabled') === '1')
    return info.get('aof_last_write_status') === 'err'
      ? { level: 'problem', message: 'Redis cannot write its append-only file: free space on its disk, and look into its log.' }
      : { level: 'ok', message: 'Redis keeps every change on disk (appendonly yes).' };
  // Hosted ones often refuse CONFIG; what they do with a dump shows in INFO then.
  const save = await redis.config('GET', 'save').then(
    (reply) => (reply as string[])[1] ?? '',
    () => undefined,
  );
  if (save === undefined) return { level: 'warning', message: 'Redis does not tell whether it keeps things on disk; see that it does.' };
  if (save === '')
    return {
      level: 'warning',
      message:
        'Redis keeps nothing on disk: after its restart, what waited is found again by the sweep, somewhat later. To keep it, run "redis-cli CONFIG SET appendonly yes", and set "appendonly yes" in redis.conf so that it stays.',
    };
  if (info.get('rdb_last_bgsave_status') === 'err')
    return { level: 'problem', message: 'Redis cannot write its dump: free space on its disk, and look into its log.' };
  return { level: 'ok', message: `Redis writes a dump now and then (save ${save}); "appendonly yes" would keep every change.` };
}

function whyNot(error: unknown, where: string): QueueFinding {
  const reason = reasonOf(error);
  const message = /NOAUTH|WRONGPASS/.test(reason)
    ? `Redis at ${where} refuses the password in REDIS_URL; write it as redis://:PASSWORD@host:port, or redis://USER:PASSWORD@host:port.`
    : /NOPERM/.test(reason)
      ? `Redis at ${where} does not let this user look at it (${reason}); allow its user INFO, and all commands on keys docent:*.`
      : `Redis at ${where} does not answer (${reason}); start it, or correct REDIS_URL.`;
  return { level: 'problem', message };
}

function fieldsOf(info: string): Map<string, string> {
  return new Map(
    info
      .split(/\r?\n/)
      .map((line) => line.split(':'))
      .filter((parts) => parts.length > 1)
      .map(([name, ...rest]) => [name!, rest.join(':')]),
  );
}
