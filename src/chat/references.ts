/** Where conversations and people of a platform are reached, kept for messages that nobody just asked for. Addresses and ids alone. */
import type { Catalog } from '../catalog/database.ts';
import type { Clock } from '../types.ts';
import type { ChatPlatform } from './messenger.ts';

export interface References {
  /** Undefined: never heard of. */
  find(platform: ChatPlatform, id: string): Promise<unknown>;
  /** Written where it is another than before, and once a minute: another process may have forgotten it meanwhile. */
  keep(platform: ChatPlatform, id: string, reference: object): Promise<void>;
  forget(platform: ChatPlatform, id: string): Promise<void>;
}

/** Of those that this process wrote or read last. */
const MOST_REMEMBERED = 20_000;
const REMEMBERED_MS = 60_000;

export function createReferences(db: Catalog, clock: Clock): References {
  const remembered = new Map<string, { json: string; at: number }>();
  const keyOf = (platform: ChatPlatform, id: string): string => `${platform}:${id}`;
  const remember = (key: string, json: string): void => {
    if (remembered.size > MOST_REMEMBERED) remembered.clear();
    remembered.set(key, { json, at: clock.now() });
  };
  const isRemembered = (key: string, json: string): boolean => {
    const before = remembered.get(key);
    return before?.json === json && before.at > clock.now() - REMEMBERED_MS;
  };
  return {
    async find(platform, id) {
      const row = await db
        .selectFrom('chat_references')
        .select('reference_json')
        .where('platform', '=', platform)
        .where('id', '=', id)
        .executeTakeFirst();
      if (row) remember(keyOf(platform, id), row.reference_json);
      else remembered.delete(keyOf(platform, id));
      return row && (JSON.parse(row.reference_json) as unknown);
    },
    async keep(platform, id, reference) {
      const json = JSON.stringify(reference);
      if (isRemembered(keyOf(platform, id), json)) return;
      const row = { reference_json: json, updated_at: clock.now() };
      await db
        .insertInto('chat_references')
        .values({ platform, id, ...row })
        .onConflict((c) => c.columns(['platform', 'id']).doUpdateSet(row))
        .execute();
      remember(keyOf(platform, id), json);
    },
    async forget(platform, id) {
      remembered.delete(keyOf(platform, id));
      await db.deleteFrom('chat_references').where('platform', '=', platform).where('id', '=', id).execute();
    },
  };
}
