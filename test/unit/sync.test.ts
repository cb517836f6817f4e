/** One sync over a made-up connector: what a listing that breaks, a document that fails or a lost lease does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readableReaderSets } from '../../src/access/audience.ts';
import type { Catalog } from '../../src/catalog/database.ts';
import { countReadable } from '../../src/catalog/documents.ts';
import { hydratePassages } from '../../src/catalog/passages.ts';
import { addSource, confirmRemovals, findSource, listFailures, listRuns, takeLease, type Source } from '../../src/catalog/sources.ts';
import { systemClock } from '../../src/clock.ts';
import type { Connector, ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../../src/connectors/connector.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { analyzeQuery } from '../../src/search/analyzer.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { syncSource, type SyncDeps } from '../../src/sync/sync.ts';
import { never } from '../fakes/open-app.ts';
import { openCatalog } from '../servers/test-catalog.ts';

let folder: string;
let db: Catalog;
let index: SearchIndex;
let source: Source;
let pages: Map<string, string>;
let fetched: string[];
let listing: (context: ConnectorContext) => AsyncIterable<ListedDocument>;
let changesSince: ((cursor: string, context: ConnectorContext) => AsyncIterable<ListedDocument>) | undefined;
let fetching: (id: string, validators: Record<string, string> | undefined) => Fetched;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-sync-'));
  db = await openCatalog(folder);
  index = openSqliteIndex({ path: join(folder, 'index.db') });
  source = await addSource(db, { name: 'wiki', kind: 'fake', location: 'fake:', baseUrl: null, readers: ['everyone'], schedule: null }, 1);
  pages = new Map(['a', 'b', 'c'].map((id) => [id, `# ${id}\n\nThe page ${id} says something of its own.\n`]));
  fetched = [];
  changesSince = undefined;
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
    list: (_, context) => listing(context),
    ...(changesSince
      ? { listChanges: (_: SourceLocation, cursor: string, context: ConnectorContext) => changesSince!(cursor, context) }
      : {}),
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
      extract: async ({ bytes }) => ({
        title: Buffer.from(bytes).toString().split('\n')[0]!,
        textFragments: false,
        blocks: [{ kind: 'paragraph', text: Buffer.from(bytes).toString() }],
      }),
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
  await db.updateTable('sources').set({ readers_json: '["group:hr"]' }).execute();
  expect(await sync()).toMatchObject({ changed: 0, unchanged: 3, complete: true });
  const sets = await db
    .selectFrom('documents as d')
    .innerJoin('reader_sets as r', 'r.id', 'd.reader_set')
    .select('r.principals_json')
    .execute();
  expect(new Set(sets.map((s) => s.principals_json))).toEqual(new Set(['["group:hr"]']));
});

test('readers that the wiki knows itself: restricted and opened again with no fetch, also when the page cannot be fetched', async () => {
  const restrictions = new Map<string, string[][]>();
  listing = async function* () {
    for (const id of pages.keys()) yield { externalId: id, version: '1', readers: restrictions.get(id) ?? [] };
  };
  const readersOf = async (id: string): Promise<string> =>
    (
      await db
        .selectFrom('documents as d')
        .innerJoin('reader_sets as r', 'r.id', 'd.reader_set')
        .select('r.principals_json')
        .where('d.external_id', '=', id)
        .executeTakeFirstOrThrow()
    ).principals_json;
  const found = async (): Promise<string[]> => {
    const readerSets = await readableReaderSets(db, { email: 'ann@example.com' }, 'asker');
    const { words } = await index.search({ terms: analyzeQuery('says something', ['en']), kinds: ['passage'], readerSets, limit: 10 });
    const passages = await hydratePassages(
      db,
      words.map(({ id }) => id),
      readerSets,
    );
    return [...passages.values()].map(({ title }) => title).sort();
  };
  await sync();
  expect(await found()).toHaveLength(3);
  fetched = [];
  restrictions.set('a', [['group:board']]).set('b', [['person:ann@example.com'], ['person:ann@example.com', 'group:board']]);
  expect(await sync()).toMatchObject({ added: 0, changed: 0, moved: 0, unchanged: 3, passagesEmbedded: 0, complete: true });
  expect(fetched).toEqual([]);
  expect(await readersOf('a')).toBe('[["everyone"],["group:board"]]');
  expect((await found()).map((title) => title.slice(0, 3))).toEqual(['# b', '# c']);
  // An edited page that cannot be fetched is closed all the same.
  listing = async function* () {
    for (const id of pages.keys()) yield { externalId: id, version: '2', problem: 'the wiki does not give it', readers: [[]] };
  };
  expect(await sync()).toMatchObject({ failed: 3 });
  expect(await found()).toEqual([]);
  listing = async function* () {
    for (const id of pages.keys()) yield { externalId: id, version: '1' };
  };
  expect(await sync()).toMatchObject({ unchanged: 3, failed: 0 });
  expect(await found()).toHaveLength(3);
  expect(fetched).toEqual([]);
});

test('an index that refuses to be written keeps nobody reading, and stops no removal; it is made good later', async () => {
  const restrictions = new Map<string, string[][]>();
  listing = async function* () {
    for (const id of pages.keys()) yield { externalId: id, version: '1', readers: restrictions.get(id) ?? [] };
  };
  await sync();
  const readable = async (): Promise<string[]> => {
    const sets = await readableReaderSets(db, {}, 'asker');
    const rows = await db
      .selectFrom('documents')
      .select('external_id')
      .where('reader_set', 'in', sets)
      .where('deleted_at', 'is', null)
      .execute();
    return rows.map((row) => row.external_id).sort();
  };
  pages.delete('c');
  restrictions.set('a', [['group:board']]);
  const full = (): Promise<never> => Promise.reject(new AppError({ code: 'search.full', message: 'no room' }));
  const refusing = { ...deps(), index: { ...index, put: full, drop: full } };
  expect(await syncSource(source, refusing, never())).toMatchObject({ failed: 1, removed: 1 });
  expect(await readable()).toEqual(['b']);
  expect(await index.count()).toBe(3);
  // What is left over does not keep the next run from closing the next page.
  restrictions.set('b', [[]]);
  expect(await syncSource(source, refusing, never())).toMatchObject({ listed: 2, failed: 1 });
  expect(await readable()).toEqual([]);
  restrictions.clear();
  expect(await sync()).toMatchObject({ failed: 0, unchanged: 2 });
  expect(await readable()).toEqual(['a', 'b']);
  expect(await index.count()).toBe(2);
});

test('a wiki that tells readers and no longer shows much of what it had: nobody reads that, until it is confirmed or back', async () => {
  for (let i = 0; i < 12; i++) pages.set(`p${i}`, `# p${i}\n\nOne more page, number ${i}.\n`);
  const tells = (): SyncDeps => {
    const own = deps();
    return { ...own, connector: { ...own.connector, capabilities: { ...own.connector.capabilities, knowsReaders: true } } };
  };
  const all = [...pages];
  const again = async () => {
    source = (await findSource(db, source.id))!;
    return syncSource(source, tells(), never());
  };
  const open = async (): Promise<number> => countReadable(db, await readableReaderSets(db, {}, 'asker'));
  await again();
  expect(await open()).toBe(15);
  pages = new Map(all.slice(0, 4));
  expect(await again()).toMatchObject({ removed: 0, complete: false });
  expect(await open()).toBe(4);
  pages = new Map(all);
  expect(await again()).toMatchObject({ removed: 0, unchanged: 15, complete: true });
  expect(await open()).toBe(15);
});

test('a run whose source was taken over settles nothing of it', async () => {
  await sync();
  const good = fetching;
  fetching = (id, v) => good(id, v);
  pages.set('a', '# a\n\nIt says something else now.\n');
  const own = deps();
  own.atStep = async (step) => {
    if (step === 'put')
      await db.updateTable('sources').set({ lease_owner: 'other', sync_requested_at: 1, cancel_requested_at: 2 }).execute();
  };
  expect(await syncSource(source, own, never())).toMatchObject({ changed: 0, complete: false });
  expect(await findSource(db, source.id)).toMatchObject({ failures: 0, problem: null, syncRequestedAt: 1 });
  expect(await db.selectFrom('sources').select('cancel_requested_at').executeTakeFirst()).toEqual({ cancel_requested_at: 2 });
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

const ids = async () =>
  (
    await db
      .selectFrom('passages as p')
      .innerJoin('documents as d', 'd.id', 'p.document_id')
      .select(['p.id', 'd.external_id', 'd.url'])
      .execute()
  ).toSorted((a, b) => a.external_id.localeCompare(b.external_id));
const now = async () => (await findSource(db, source.id))!;

test('a page that moved keeps its document and passages, under its new address; nothing is put into the index', async () => {
  await sync();
  const [before] = (await ids()).filter(({ external_id }) => external_id === 'a');
  pages = new Map([['z', pages.get('a')!], ...[...pages].filter(([id]) => id !== 'a')]);
  const puts: number[] = [];
  const put = index.put.bind(index);
  index.put = (points, signal) => (puts.push(points.length), put(points, signal));
  expect(await sync()).toMatchObject({ added: 1, removed: 1, moved: 1, changed: 0, complete: true });
  expect(puts).toEqual([]);
  const [after] = (await ids()).filter(({ external_id }) => external_id === 'z');
  expect(after).toEqual({ id: before!.id, external_id: 'z', url: 'https://x.example/z' });
  // Another page at the old place is another document.
  pages.set('a', '# a\n\nQuite new.\n');
  expect(await sync()).toMatchObject({ added: 1, removed: 0, unchanged: 3 });
  expect(new Set((await db.selectFrom('documents').select('id').execute()).map(({ id }) => id)).size).toBe(4);
});

test('the same bytes at a new address: the link is the new one', async () => {
  await sync();
  const before = fetching;
  fetching = (id, v) => ({ ...before(id, v), url: `https://new.example/${id}` }) as Fetched;
  expect(await sync()).toMatchObject({ unchanged: 3, moved: 3, changed: 0 });
  expect((await ids()).map(({ url }) => url)).toEqual(['https://new.example/a', 'https://new.example/b', 'https://new.example/c']);
  expect(await sync()).toMatchObject({ unchanged: 3, moved: 0 });
});

/** A listing of changes that says what the test put down, and counts. */
function incremental(): { calls: string[]; next: ListedDocument[] } {
  const state = { calls: [] as string[], next: [] as ListedDocument[] };
  const whole = listing;
  let n = 0;
  listing = async function* (context) {
    state.calls.push('whole');
    context.keepCursor!(`c${++n}`);
    yield* whole(context);
  };
  changesSince = async function* (cursor, context) {
    state.calls.push(cursor);
    context.keepCursor!(`c${++n}`);
    yield* state.next;
  };
  return state;
}

test('changes alone are listed from where the last sync ended; what is not among them stays', async () => {
  const state = incremental();
  await sync();
  expect((await now()).cursor).toBe('c1');
  pages.set('a', '# a\n\nIt has changed.\n');
  state.next = [{ externalId: 'a' }, { externalId: 'b', gone: true }];
  expect(await sync()).toMatchObject({ listed: 2, changed: 1, removed: 1, unchanged: 1, complete: true });
  expect((await ids()).map(({ external_id }) => external_id)).toEqual(['a', 'c']);
  state.next = [];
  fetched = [];
  expect(await sync()).toMatchObject({ listed: 0, unchanged: 2, removed: 0, complete: true });
  expect(fetched).toEqual([]);
  expect(state.calls).toEqual(['whole', 'c1', 'c2']);
});

test('a document that failed is listed again: the cursor stays where it was', async () => {
  const state = incremental();
  await sync();
  const good = fetching;
  let retryable = true;
  fetching = () => {
    throw new AppError({ code: 'document.unreadable', message: 'x', publicMessage: 'it answered 500', retryable });
  };
  state.next = [{ externalId: 'a' }];
  expect(await sync()).toMatchObject({ failed: 1, complete: true });
  expect((await now()).cursor).toBe('c1');
  // What no further try can mend does not hold the place up.
  retryable = false;
  expect(await sync()).toMatchObject({ failed: 1 });
  expect((await now()).cursor).toBe('c3');
  fetching = good;
  pages.set('a', '# a\n\nIt has changed.\n');
  expect(await sync()).toMatchObject({ changed: 1 });
  expect((await now()).cursor).toBe('c4');
});

test('a cursor that is lost, new readers, and a week gone by: everything is listed', async () => {
  const state = incremental();
  await sync();
  const changes = changesSince!;
  changesSince = async function* () {
    yield { externalId: 'c', gone: true };
    throw new AppError({ code: 'connector.cursor_lost', message: 'too old' });
  };
  expect(await sync()).toMatchObject({ listed: 3, unchanged: 3, removed: 0, complete: true });
  changesSince = changes;
  await db.updateTable('sources').set({ readers_json: '["group:hr"]' }).execute();
  await sync();
  await db
    .updateTable('sources')
    .set({ listed_whole_at: Date.now() - 8 * 86_400_000 })
    .execute();
  await sync();
  await sync();
  expect(state.calls).toEqual(['whole', 'whole', 'whole', 'whole', 'c4']);
});

test('many removals wait for an admin: asked once, carried out once confirmed, and never more than that', async () => {
  for (let n = 0; n < 20; n++) pages.set(`p${n}`, `# p${n}\n\nPage number ${n}.\n`);
  await sync();
  for (let n = 0; n < 15; n++) pages.delete(`p${n}`);
  const doubted = await sync();
  expect(doubted).toMatchObject({ removed: 0, complete: false });
  expect(doubted.error).toContain('docent source confirm');
  expect((await now()).doubt).toMatchObject({ known: 23, gone: 15, confirmedAt: null });
  await confirmRemovals(db, await now(), 2);
  const more = new Map(pages);
  pages = new Map([...pages].slice(0, 2));
  expect(await sync()).toMatchObject({ removed: 0, complete: false });
  await confirmRemovals(db, { ...(await now()), doubt: { ...(await now()).doubt!, gone: 15 } }, 3);
  pages = more;
  expect(await sync()).toMatchObject({ removed: 15, complete: true });
  expect((await now()).doubt).toBeNull();
});

test('a source that fails is put off for longer and longer, and is well again after a run that worked', async () => {
  const own = (): SyncDeps => ({ ...deps(), nextSync: (failures) => failures * 1000 });
  const good = listing;
  listing = async function* () {
    yield { externalId: 'a' };
    throw new AppError({ code: 'source.login', message: 'x', publicMessage: 'The wiki refuses the password. Give another one.' });
  };
  await syncSource(source, own(), never());
  const first = await now();
  expect(first).toMatchObject({ failures: 1, nextSyncAt: 1000, problem: { reason: 'The wiki refuses the password. Give another one.' } });
  await syncSource(source, own(), never());
  expect(await now()).toMatchObject({ failures: 2, nextSyncAt: 2000, problem: first.problem });
  listing = good;
  await syncSource(source, own(), never());
  expect(await now()).toMatchObject({ failures: 0, nextSyncAt: 0, problem: null });
});

test('a credential that cannot be opened fails the run, stands with the source, and puts it off like any other failure', async () => {
  await sync();
  const closed = async () => {
    throw new AppError({ code: 'secret.key', message: 'x', publicMessage: 'The credential was sealed with another SECRET_KEY.' });
  };
  const summary = await syncSource(source, { ...deps(), credential: closed, nextSync: (failures) => failures * 1000 }, never());
  expect(summary).toMatchObject({ complete: false, removed: 0, error: 'The credential was sealed with another SECRET_KEY.' });
  expect(await now()).toMatchObject({ failures: 1, nextSyncAt: 1000, problem: { reason: summary.error } });
});
