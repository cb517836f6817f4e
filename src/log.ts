/** JSON log lines on stderr. A line is a fixed text plus fields: ids, never the text of a question, never a secret. */
import { pino, destination } from 'pino';
import type { Log } from './types.ts';

/** @param level one of LOG_LEVEL's values */
export function createLog(level: string): Log {
  return pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, formatters: { level: (label) => ({ level: label }) } },
    destination({ fd: 2, sync: true }),
  ) as unknown as Log;
}
