/** Messages in a chat that say how far a source's first sync is, kept so that they are ended even where the process was. Ids alone. */
import { writeValue } from '../catalog/facts.ts';
import type { Catalog } from '../catalog/database.ts';
import type { Clock } from '../types.ts';
import type { ChatPlatform } from './messenger.ts';

const KEY = 'chat.sync.';

export interface SyncNote {
  /** Whose message it is; absent in notes of before there was another than Slack. */
  platform?: ChatPlatform;
  /** Teams' directory, where a process serves several. */
  workspace?: string;
  sourceId: string;
  person: string;
  channel: string;
  /** Teams' connector of that chat. */
  serviceUrl?: string;
  /** Message ids: the one that says what was added, and the one in its thread that shows how far it is. */
  parent: string;
  thread: string;
  since: number;
}

export interface SyncNotes {
  /** Those of this platform: another's messages cannot be edited. */
  list(platform: ChatPlatform): Promise<SyncNote[]>;
  /** One a thread. */
  keep(note: SyncNote): Promise<void>;
  /** True for the one who did: of several that see the end of a sync, that one goes on telling. */
  drop(note: SyncNote): Promise<boolean>;
}

export function createSyncNotes(db: Catalog, clock: Clock): SyncNotes {
  const keyOf = ({ channel, thread }: SyncNote): string => `${KEY}${channel}/${thread}`;
  return {
    async list(platform) {
      const rows = await db.selectFrom('settings').select('value_json').where('key', 'like', `${KEY}%`).execute();
      const notes = rows.map((row) => JSON.parse(row.value_json) as SyncNote);
      return notes.filter((note) => (note.platform ?? 'slack') === platform);
    },
    keep: (note) => writeValue(db, keyOf(note), note, clock.now()),
    drop: async (note) => (await db.deleteFrom('settings').where('key', '=', keyOf(note)).executeTakeFirst()).numDeletedRows > 0,
  };
}
