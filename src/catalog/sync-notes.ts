/** Chat messages that show how far a sync is and have to be ended, also by another process: among the settings, nobody's to edit. */
import type { Catalog } from './database.ts';
import { writeValue } from './facts.ts';

/** Ids alone. */
export interface SyncNote {
  sourceId: string;
  /** Who is told, by the platform's id. */
  person: string;
  channel: string;
  /** The message that says what was added, and the one in its thread that shows how far it is. */
  parent: string;
  thread: string;
  /** Milliseconds since the epoch. */
  since: number;
}

const PREFIX = 'syncNote ';
const keyOf = ({ channel, thread }: Pick<SyncNote, 'channel' | 'thread'>): string => `${PREFIX}${channel} ${thread}`;

export async function listSyncNotes(db: Catalog): Promise<SyncNote[]> {
  const rows = await db.selectFrom('settings').select('value_json').where('key', 'like', `${PREFIX}%`).orderBy('key').execute();
  return rows.map(({ value_json }) => JSON.parse(value_json) as SyncNote);
}

export const keepSyncNote = (db: Catalog, note: SyncNote, now: number): Promise<void> => writeValue(db, keyOf(note), note, now);

export async function dropSyncNote(db: Catalog, note: Pick<SyncNote, 'channel' | 'thread'>): Promise<void> {
  await db.deleteFrom('settings').where('key', '=', keyOf(note)).execute();
}
