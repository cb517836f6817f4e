/** One sync over a made-up connector: what a listing that breaks, a document that fails or a lost lease does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCatalog, type Catalog } from '../../src/catalog/database.ts';
import { addSource, listFailures, listRuns, takeLease, type Source } from '../../src/catalog/sources.ts';
import { systemClock } from '../../src/clock.ts';
import type { Connector, Fetched, ListedDocument } from '../../src/connectors/connector.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { syncSource, type SyncDeps } from '../../src/sync/sync.ts';
import { never } from '../fakes/open-app.ts';

let folder: string;
let db: Catalog;
let index: SearchIndex;
let source: Source;
let pages: Map<string, string>;
let fetched: string[];
let listing: () => AsyncIterable<ListedDocument>;
let fetching: (id: string, validators: Record<string, string> | undefined) => Fetched;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-sync-'));
  db = await openCatalog(folder);
  index = openSqliteIndex({ path: join(folder, 'index.db') });
  source = await addSource(db, { name: 'wiki', kind: 'fake', location: 'fake:', baseUrl: null, readers: ['everyone'], schedule: null }, 1);
  pages = new Map(['a', 'b', 'c'].map((id) => [id, `# ${id}\n\nThe page ${id} says something of its own.\n`]));
  fetched = [];
  listing = async function* () {
    for (const id of pages.keys()) yield { externalId: id };
  };
  fetching = (id) => ({
    kind: 'document',
    bytes: Buffer.from(pages.get(id)!),
    format: 'markdown',
    url: `https://x.example/${id}`,
    validators: { etag: pages.get(id)!.length.toString() },
  });
});
afterEach(async () => {
  await index.close();
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});

function deps(): SyncDeps {
  const connector: Connector = {
    kind: 'fake',
    capabilities: { incremental: false, seesDeletions: true, knowsReaders: false },
    blindSpots: [],
    accepts: () => true,
    check: async () => {},
    list: () => listing(),
    fetch: async (_, { externalId }, validators) => (fetched.push(externalId), fetching(externalId, validators)),
  };
  return {
    db,
    index,
    connector,
    clock: systemClock,
    log: createLog('silent'),
    leaseOwner: 'me',
    extractor: {
      extract: async ({ bytes }) => ({ textFragments: false, blocks: [{ kind: 'paragraph', text: Buffer.from(bytes).toString() }] }),
      close: async () => {},
    } as SyncDeps['extractor'],
    outbound: { fetch: async () => Promise.reject(new Error('no net')), close: async () => {} },
  };
}

const sync = () => syncSource(source, deps(), never());

test('a listing that breaks off removes nothing and says why', async () => {
  await sync();
  listing = async function* () {
    yield { externalId: 'a' };
    throw new AppError({ code: 'source.unreadable', message: 'x', publicMessage: 'The wiki answered 503.' });
  };
  expect(await sync()).toMatchObject({ removed: 0, complete: false, error: 'The wiki answered 503.' });
  expect(await db.selectFrom('documents').select('id').where('deleted_at', 'is', null).execute()).toHaveLength(3);
  expect((await listRuns(db, source.id, 1))[0]).toMatchObject({ state: 'failed' });
});

test('a listing with a part unseen removes nothing', async () => {
  await sync();
  listing = async function* () {
    yield { externalId: 'a' };
    yield { externalId: 'b/', problem: 'the folder could not be read', unseen: true };
  };
  const summary = await sync();
  expect(summary).toMatchObject({ removed: 0, complete: false });
  expect(await listFailures(db, summary.runId, 10)).toEqual([{ externalId: 'b/', reason: 'the folder could not be read' }]);
});

test('a document that fails is named, keeps its old text, and is tried again', async () => {
  await sync();
  const good = fetching;
  fetching = (id, v) => {
    if (id === 'b') throw new AppError({ code: 'document.unreadable', message: 'x', publicMessage: 'it answered 500' });
    return good(id, v);
  };
  pages.set('b', '# b\n\nIt has changed.\n');
  const summary = await sync();
  expect(summary).toMatchObject({ failed: 1, unchanged: 2, complete: true });
  expect(await listFailures(db, summary.runId, 10)).toEqual([{ externalId: 'b', reason: 'it answered 500' }]);
  expect((await db.selectFrom('passages').select('text').execute()).map((p) => p.text).join()).toContain('The page b');
  fetching = good;
  expect(await sync()).toMatchObject({ changed: 1, failed: 0 });
});

test('what the listing calls the same is not fetched; what a fetch calls gone is removed', async () => {
  listing = async function* () {
    for (const id of pages.keys()) yield { externalId: id, version: `v-${pages.get(id)}` };
  };
  await sync();
  fetched = [];
  expect(await sync()).toMatchObject({ unchanged: 3 });
  expect(fetched).toEqual([]);
  pages.set('c', 'changed');
  fetching = () => ({ kind: 'gone' });
  expect(await sync()).toMatchObject({ unchanged: 2, removed: 1, complete: true });
  expect(fetched).toEqual(['c']);
});

test('validators of the last fetch go with the next, and "unchanged" writes nothing', async () => {
  await sync();
  const sent: unknown[] = [];
  fetching = (_, validators) => (sent.push(validators), { kind: 'unchanged' });
  expect(await sync()).toMatchObject({ unchanged: 3, added: 0, changed: 0 });
  expect(sent).toEqual([...pages.values()].map((text) => ({ etag: String(text.length) })));
});

test('a page that comes back after its removal is added anew, with its version counted on', async () => {
  await sync();
  const text = pages.get('a')!;
  pages.delete('a');
  await sync();
  pages.set('a', text);
  expect(await sync()).toMatchObject({ added: 1, unchanged: 2 });
  expect(await db.selectFrom('documents').select('version').where('external_id', '=', 'a').executeTakeFirst()).toEqual({ version: 2 });
});

test('changed readers are written without counting as a change of the page', async () => {
  await sync();
  source = { ...source, readers: ['group:hr'] };
  expect(await sync()).toMatchObject({ changed: 0, unchanged: 3, complete: true });
  const sets = await db
    .selectFrom('documents as d')
    .innerJoin('reader_sets as r', 'r.id', 'd.reader_set')
    .select('r.principals_json')
    .execute();
  expect(new Set(sets.map((s) => s.principals_json))).toEqual(new Set(['["group:hr"]']));
});

test('a writer whose lease was taken over commits nothing more', async () => {
  const good = fetching;
  let stolen = false;
  fetching = (id, v) => good(id, v);
  const own = deps();
  own.atStep = async (step) => {
    if (step !== 'put' || stolen) return;
    stolen = true;
    await db.updateTable('sources').set({ lease_owner: null }).where('id', '=', source.id).execute();
    expect(await takeLease(db, source.id, 'thief', Date.now())).toBe(true);
  };
  const summary = await syncSource(source, own, never());
  expect(summary.complete).toBe(false);
  expect(await db.selectFrom('documents').selectAll().execute()).toEqual([]);
  expect((await db.selectFrom('sources').select('lease_owner').executeTakeFirstOrThrow()).lease_owner).toBe('thief');
});

test('`changes` names what happened, with the passages that are gone', async () => {
  const first = await sync();
  pages.set('a', '# a\n\nQuite another text.\n');
  pages.delete('b');
  const second = await sync();
  const of = async (runId: string) =>
    (
      await db
        .selectFrom('changes as c')
        .innerJoin('documents as d', 'd.id', 'c.document_id')
        .select(['d.external_id', 'c.kind', 'c.gone_hashes_json'])
        .where('run_id', '=', runId)
        .orderBy('d.external_id')
        .execute()
    ).map((c) => [c.external_id, c.kind, (JSON.parse(c.gone_hashes_json) as string[]).length]);
  expect(await of(first.runId)).toEqual([
    ['a', 'added', 0],
    ['b', 'added', 0],
    ['c', 'added', 0],
  ]);
  expect(await of(second.runId)).toEqual([
    ['a', 'changed', 1],
    ['b', 'removed', 1],
  ]);
});
