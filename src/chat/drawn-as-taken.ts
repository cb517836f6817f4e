import { AppError } from '../errors.ts';
import type { Log } from '../types.ts';
import type { Drawn } from './messenger.ts';

/** Sends what is drawn plainer for as long as the platform refuses how it is drawn. @throws what `send` throws at last */
export async function drawnAsTaken(send: (how: Drawn) => Promise<void>, log: Log): Promise<void> {
  for (const how of ['rich', 'plain'] as const) {
    try {
      return await send(how);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'chat.refused')) throw error;
      log.warn({ how }, 'the platform refused how a message is drawn; it is drawn plainer');
    }
  }
  await send('text');
}
