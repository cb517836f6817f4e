/** One git source, synced for real into a catalog of its own. Waits cost no time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCatalog } from '../servers/test-catalog.ts';
import { addSource, findSource, type RunSummary } from '../../src/catalog/sources.ts';
import { createGitConnector } from '../../src/connectors/drivers/git.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound } from '../../src/net/outbound.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import { createExtractor } from '../../src/sync/extract.ts';
import { syncSource } from '../../src/sync/sync.ts';

export interface GitSync {
  /** The whole run's summary. */
  sync(): Promise<RunSummary>;
  /** What stands in the catalog, by external id. */
  documents(): Promise<Record<string, { id: string; title: string; url: string | null }>>;
  /** The anchors and texts of a document's passages. */
  passages(externalId: string): Promise<{ anchor: string | null; text: string }[]>;
  /** Where the next listing of changes goes on. */
  cursor(): Promise<string | null>;
  /** Everything that was logged, and the folder that the clone is in. */
  logged: string[];
  cache: string;
  close(): Promise<void>;
}

/** @param token as an admin gives it now; asked for before each sync */
export async function openGitSync(location: string, token: () => string | undefined): Promise<GitSync> {
  const folder = mkdtempSync(join(tmpdir(), 'docent-git-sync-'));
  const db = await openCatalog(folder);
  const index = openSqliteIndex({ path: join(folder, 'index.db') });
  const extractor = createExtractor();
  const outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  const source = await addSource(db, { name: 'git', kind: 'git', location, baseUrl: null, readers: ['everyone'], schedule: null }, 1);
  const logged: string[] = [];
  const silent = createLog('silent');
  const note = (...parts: unknown[]): void => void logged.push(JSON.stringify(parts));
  const log = { ...silent, debug: note, info: note, warn: note, error: note };
  const connector = createGitConnector();
  const cache = join(folder, 'cache');
  return {
    logged,
    cache,
    async sync() {
      const now = token();
      return syncSource(
        source,
        {
          db,
          index,
          connector,
          extractor,
          outbound,
          clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
          log,
          leaseOwner: 'walk',
          cacheFolder: cache,
          ...(now === undefined ? {} : { credential: async () => ({ token: now }) }),
        },
        new AbortController().signal,
      );
    },
    async documents() {
      const rows = await db.selectFrom('documents').select(['id', 'external_id', 'title', 'url']).where('deleted_at', 'is', null).execute();
      return Object.fromEntries(rows.map(({ external_id, ...row }) => [external_id, row]));
    },
    async passages(externalId) {
      return db
        .selectFrom('passages')
        .innerJoin('documents', 'documents.id', 'passages.document_id')
        .select(['passages.anchor', 'passages.text'])
        .where('documents.external_id', '=', externalId)
        .orderBy('passages.ordinal')
        .execute();
    },
    cursor: async () => (await findSource(db, source.id))!.cursor,
    async close() {
      await extractor.close();
      await outbound.close();
      await index.close();
      await db.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
