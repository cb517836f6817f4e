/** What every chat platform's connection shares: sealed by the console, the environment before it, and what has come since. */
import type { Catalog } from './catalog/database.ts';
import { writeValue } from './catalog/facts.ts';
import { AppError, inputError } from './errors.ts';
import type { Credential, Secrets } from './secrets.ts';
import type { Clock } from './types.ts';

const SEEN_EVERY_MS = 60_000;

export interface KeptConnection<C> {
  /** @throws AppError `chat.key` */
  current(): Promise<C | undefined>;
  /** @throws AppError `input.invalid` while the environment names a connection */
  keep(credential: Credential): Promise<void>;
  /** @throws AppError `input.invalid` while the environment names a connection */
  drop(): Promise<void>;
  /** Returns at once, never throws, writes each kind at most once a minute. */
  note(what: string): void;
  /** When each kind came last, in milliseconds since the epoch. */
  seen(): Promise<Record<string, number>>;
}

/**
 * @param platform.id of the sealed secret, and of what is noted
 * @param platform.what is sealed: "Slack's tokens"
 * @param platform.variable that the environment's connection begins with
 * @param platform.open what was kept, as a connection
 */
export function keptConnection<C extends { changedAt: number }>(
  deps: { db: Catalog; secrets: Secrets; clock: Clock },
  platform: {
    id: string;
    title: string;
    what: string;
    variable: string;
    ofEnvironment: C | undefined;
    open(credential: Credential, changedAt: number): C;
  },
): KeptConnection<C> {
  const { db, secrets, clock } = deps;
  const { id, title, what, variable, ofEnvironment } = platform;
  const noted = new Map<string, number>();
  const prefix = `${id}.seen.`;
  let opened: C | undefined;

  const refuseUnderEnvironment = (): void => {
    if (ofEnvironment)
      throw inputError(variable, 'is set in the environment, which goes before; remove it there first, and start Docent again');
  };
  const forgetSeen = async (): Promise<void> => {
    noted.clear();
    await db.deleteFrom('settings').where('key', 'like', `${prefix}%`).execute();
  };

  return {
    async current() {
      if (ofEnvironment) return ofEnvironment;
      const row = await db.selectFrom('secrets').select('updated_at').where('id', '=', id).executeTakeFirst();
      if (!row) return (opened = undefined);
      const changedAt = Number(row.updated_at);
      if (opened?.changedAt === changedAt) return opened;
      const credential = await secrets.open(id).catch((cause: unknown) => {
        throw new AppError({
          code: 'chat.key',
          message: `${what} cannot be opened with this key`,
          publicMessage: `${what} were sealed with another SECRET_KEY. Set that key again, or disconnect ${title} in the console and connect it anew.`,
          cause,
        });
      });
      return (opened = platform.open(credential, changedAt));
    },
    async keep(credential) {
      refuseUnderEnvironment();
      await secrets.put(credential, id);
      await forgetSeen();
    },
    async drop() {
      refuseUnderEnvironment();
      await secrets.drop(id);
      await forgetSeen();
    },
    note(kind) {
      const now = clock.now();
      if (now - (noted.get(kind) ?? -Infinity) < SEEN_EVERY_MS) return;
      noted.set(kind, now);
      // Nobody's answer hangs on it: a catalog that is busy or away is told elsewhere.
      writeValue(db, `${prefix}${kind}`, now, now).catch(() => noted.delete(kind));
    },
    async seen() {
      const rows = await db.selectFrom('settings').select(['key', 'value_json']).where('key', 'like', `${prefix}%`).execute();
      return Object.fromEntries(rows.map((row) => [row.key.slice(prefix.length), Number(row.value_json)]));
    },
  };
}
