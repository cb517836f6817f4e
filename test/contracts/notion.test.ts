/** The Notion connector against a made-up Notion that is strict about its published interface, and a real sync of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openCatalog, type Catalog } from '../../src/catalog/database.ts';
import { addSource, findSource, listFailures, type RunSummary, type Source } from '../../src/catalog/sources.ts';
import type { ConnectorContext } from '../../src/connectors/connector.ts';
import { createNotionConnector, type NotionOptions } from '../../src/connectors/drivers/notion.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound, type Outbound } from '../../src/net/outbound.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { createExtractor, type Extractor } from '../../src/sync/extract.ts';
import { syncSource } from '../../src/sync/sync.ts';
import type { Clock } from '../../src/types.ts';
import { blockOf, startNotion, type FakeNotion } from '../fakes/notion.ts';
import { never } from '../fakes/open-app.ts';
import { connectorContract, type ConnectorFixture } from './connector.ts';

const clock: Clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
const later = 180_000;

for (const [name, options] of [
  ['all looked at', {}],
  ['by the last edit', { smallUpTo: 0 }],
] as const)
  connectorContract(`notion, ${name}`, 'notion', async (): Promise<ConnectorFixture> => {
    const notion = await startNotion();
    const folder = mkdtempSync(join(tmpdir(), 'docent-notion-'));
    const outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
    const context: ConnectorContext = { outbound, clock, log: createLog('silent'), signal: never(), cacheFolder: folder };
    const ids = new Map<string, string>();
    return {
      connector: createNotionConnector({ api: notion.url, ...options }),
      source: { location: 'https://www.notion.so/', credential: { token: notion.token } },
      context,
      idOf: (of) => ids.get(of)!.replaceAll('-', ''),
      async write(of, words) {
        const blocks = [blockOf('paragraph', words)];
        const known = ids.get(of);
        if (known) notion.edit(known, { blocks });
        else ids.set(of, notion.addPage({ title: of, blocks, shared: true }));
        notion.pass(later);
      },
      async remove(of) {
        notion.trash(ids.get(of)!);
        notion.pass(later);
      },
      async breakListing() {
        notion.token = 'ntn_other';
      },
      async close() {
        await outbound.close();
        await notion.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });

describe('a sync of Notion', () => {
  let folder: string;
  let db: Catalog;
  let index: SearchIndex;
  let extractor: Extractor;
  let notion: FakeNotion;
  let source: Source;
  let guard: Outbound;
  let options: NotionOptions;
  const token = 'ntn_right';

  beforeAll(() => {
    extractor = createExtractor();
  });
  afterAll(() => extractor?.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docent-notion-sync-'));
    db = await openCatalog(folder);
    index = openSqliteIndex({ path: join(folder, 'index.db') });
    guard = createOutbound({ allowInternal: () => ['127.0.0.1'] });
    notion = await startNotion();
    options = {};
    source = await at('https://www.notion.so');
  });
  afterEach(async () => {
    await notion.close();
    await guard.close();
    await index.close();
    await db.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  let sources = 0;
  const at = (location: string): Promise<Source> =>
    addSource(db, { name: `notion ${++sources}`, kind: 'notion', location, baseUrl: null, readers: ['everyone'], schedule: null }, 1);
  const sync = async (given: { token?: string; whole?: boolean } = {}): Promise<RunSummary> => {
    if (given.whole) await db.updateTable('sources').set({ cursor: null }).execute();
    notion.requests.length = 0;
    return syncSource(
      (await findSource(db, source.id))!,
      {
        db,
        index,
        connector: createNotionConnector({ api: notion.url, ...options }),
        extractor,
        outbound: guard,
        clock,
        log: createLog('silent'),
        leaseOwner: 'test',
        embeddingModel: 'counted',
        cacheFolder: join(folder, 'cache', source.id),
        credential: () => Promise.resolve({ token: given.token ?? token }),
      },
      never(),
    );
  };
  const documents = async (): Promise<string[]> =>
    (await db.selectFrom('documents').select('title').where('deleted_at', 'is', null).execute()).map(({ title }) => title).toSorted();
  const passagesOf = async (title: string): Promise<{ headingPath: string[]; anchor: string | null; text: string; id: string }[]> => {
    const rows = await db
      .selectFrom('passages')
      .innerJoin('documents', 'documents.id', 'passages.document_id')
      .select(['passages.id', 'heading_path_json', 'anchor', 'text'])
      .where('title', '=', title)
      .orderBy('ordinal')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      headingPath: JSON.parse(row.heading_path_json) as string[],
      anchor: row.anchor,
      text: row.text,
    }));
  };
  const paragraph = (words: string) => [blockOf('paragraph', words)];

  /** A handbook with two pages below it, and a database with two rows. */
  const fill = () => {
    const handbook = notion.addPage({ title: 'Handbook', blocks: paragraph('Welcome to the company.'), shared: true });
    const leave = notion.addPage({
      title: 'Paid leave',
      parent: { page: handbook },
      blocks: [blockOf('heading_2', 'Days'), ...paragraph('You have thirty days of leave.')],
    });
    const travel = notion.addPage({ title: 'Travel', parent: { page: handbook }, blocks: paragraph('Book the train first.') });
    const { database, dataSource } = notion.addDatabase({
      title: 'Runbooks',
      description: 'What to do when something breaks.',
      properties: {
        Status: { id: 's', type: 'status', name: 'Status', status: { options: [{ name: 'Ready' }, { name: 'Draft' }], groups: [] } },
      },
      parent: { page: handbook },
    });
    const row = (title: string, status: string, words: string): string =>
      notion.addPage({
        title,
        parent: { dataSource },
        properties: { Status: { id: 's', type: 'status', status: { name: status, color: 'green' } } },
        blocks: paragraph(words),
      });
    const failover = row('Failover', 'Ready', 'Promote the replica.');
    const restart = row('Restart', 'Draft', 'Restart the service.');
    notion.pass(later);
    return { handbook, leave, travel, database, dataSource, failover, restart };
  };
  const all = ['Failover', 'Handbook', 'Paid leave', 'Restart', 'Runbooks', 'Travel'];
  const nothing = { added: 0, changed: 0, removed: 0, failed: 0, complete: true };

  test.each([
    ['small: all looked at', {}],
    ['large: by the last edit', { smallUpTo: 0 }],
  ])('pages are added, edited, moved, trashed, restored and unshared (%s)', async (_, given) => {
    options = given;
    const ids = fill();
    expect(await sync()).toMatchObject({ added: 6, failed: 0, complete: true });
    expect(await documents()).toEqual(all);
    const [first] = await passagesOf('Paid leave');
    expect(first).toMatchObject({ headingPath: ['Handbook', 'Days'], text: expect.stringContaining('thirty days') });
    const block = await db.selectFrom('documents').select('url').where('title', '=', 'Paid leave').executeTakeFirstOrThrow();
    expect(block.url).toBe(`https://www.notion.so/Paid-leave-${ids.leave.replaceAll('-', '')}`);
    expect(first!.anchor).toMatch(/^[0-9a-f]{32}$/);
    expect((await passagesOf('Failover'))[0]).toMatchObject({
      headingPath: ['Handbook', 'Runbooks'],
      text: '- Status: Ready\n\nPromote the replica.',
    });
    expect((await passagesOf('Runbooks'))[0]!.text).toContain('What to do when something breaks.\n\n- Status: Ready, Draft');

    // Nothing changed: nothing is fetched.
    expect(await sync()).toMatchObject({ ...nothing, unchanged: 6 });
    expect(notion.requests.filter(({ path }) => path.endsWith('/children'))).toEqual([]);

    notion.edit(ids.travel, { blocks: paragraph('Book the bus first.') });
    const added = notion.addPage({ title: 'Parking', parent: { page: ids.handbook }, blocks: paragraph('Park in the yard.') });
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, added: 1, changed: 1 });
    expect((await passagesOf('Travel'))[0]!.text).toBe('Book the bus first.');

    // A page that is moved keeps its passages, under its new path.
    notion.move(ids.leave, { page: added });
    notion.edit(ids.leave, {});
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, changed: 1 });
    const [moved] = await passagesOf('Paid leave');
    expect(moved).toMatchObject({ id: first!.id, headingPath: ['Handbook', 'Parking', 'Days'] });

    // A page that is renamed renames the path of all below it, which are not edited themselves.
    notion.edit(ids.handbook, { title: 'Company guide' });
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, changed: 7 });
    expect((await passagesOf('Restart'))[0]!.headingPath).toEqual(['Company guide', 'Runbooks']);

    // What stands in a page goes to the trash with it, and comes back with it.
    notion.trash(added);
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, removed: 2 });
    expect(await documents()).toEqual(['Company guide', 'Failover', 'Restart', 'Runbooks', 'Travel']);
    notion.restore(added);
    notion.edit(ids.leave, {});
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, added: 2 });

    notion.share(ids.handbook, false);
    notion.share(ids.dataSource, true);
    notion.pass(later);
    expect(await sync({ whole: true })).toMatchObject({ ...nothing, changed: 3, removed: 4 });
    expect(await documents()).toEqual(['Failover', 'Restart', 'Runbooks']);
    expect((await passagesOf('Restart'))[0]!.headingPath).toEqual(['Runbooks']);
  });

  test('what was shared or moved without an edit shows at once in a small workspace', async () => {
    const ids = fill();
    const old = notion.addPage({ title: 'Old', blocks: paragraph('Long there.') });
    notion.pass(30 * 86_400_000);
    await sync();
    notion.share(old, true);
    notion.move(ids.travel, { page: ids.leave });
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, added: 1, changed: 1 });
    expect((await passagesOf('Travel'))[0]!.headingPath).toEqual(['Handbook', 'Paid leave']);
    notion.share(old, false);
    expect(await sync()).toMatchObject({ ...nothing, removed: 1 });
  });

  test.each([{}, { smallUpTo: 0 }])('two edits within one minute are both seen', async (given) => {
    options = given;
    const ids = fill();
    await sync();
    notion.edit(ids.travel, { blocks: paragraph('Book the bus first.') });
    notion.pass(5_000);
    expect(await sync()).toMatchObject({ changed: 1 });
    notion.pass(5_000);
    notion.edit(ids.travel, { blocks: paragraph('Book the plane last.') });
    notion.pass(later);
    expect(await sync()).toMatchObject({ changed: 1 });
    expect((await passagesOf('Travel'))[0]!.text).toBe('Book the plane last.');
    expect(await sync()).toMatchObject({ ...nothing, unchanged: 6 });
    expect(notion.requests.filter(({ path }) => path.endsWith('/children'))).toEqual([]);
  });

  test('a wrong token in the middle removes nothing, and what was not read is read with the next sync', async () => {
    const ids = fill();
    await sync();
    for (const id of [ids.travel, ids.leave, ids.failover]) notion.edit(id, { blocks: paragraph('New words.') });
    notion.pass(later);
    notion.onRequest = (path) => {
      if (path.endsWith('/children')) notion.token = 'ntn_renewed';
    };
    const broken = await sync();
    expect(broken).toMatchObject({ removed: 0, changed: 0, failed: 3 });
    expect((await listFailures(db, broken.runId, 9))[0]!.reason).toMatch(/does not accept this token/);
    expect(await sync()).toMatchObject({ removed: 0, complete: false, error: expect.stringContaining('does not accept this token') });
    expect(await documents()).toEqual(all);
    expect(await sync({ token: 'ntn_renewed' })).toMatchObject({ ...nothing, changed: 3 });
    expect((await passagesOf('Travel'))[0]!.text).toBe('New words.');
  });

  test('search that names nothing, or names less than there is, removes nothing', async () => {
    const ids = fill();
    await sync();
    for (const id of Object.values(ids)) notion.hidden.add(id);
    expect(await sync({ whole: true })).toMatchObject({
      removed: 0,
      complete: false,
      error: expect.stringContaining('nothing is shared with it'),
    });
    notion.hidden.delete(ids.handbook);
    expect(await sync({ whole: true })).toMatchObject({ ...nothing, unchanged: 6 });
    // Rows that search never names are listed by their database.
    const row = notion.addPage({ title: 'Upgrade', parent: { dataSource: ids.dataSource }, blocks: paragraph('Upgrade at night.') });
    notion.hidden.add(row);
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, added: 1 });
  });

  test('nothing shared any more is an error, not an empty wiki', async () => {
    const { handbook } = fill();
    await sync();
    notion.share(handbook, false);
    for (const whole of [true, false])
      expect(await sync({ whole })).toMatchObject({ removed: 0, complete: false, error: expect.stringContaining('nothing is shared') });
    expect(await documents()).toEqual(all);
  });

  test('search that lags shows an edit later, and does not lose it', async () => {
    options = { smallUpTo: 0 };
    const ids = fill();
    await sync();
    notion.searchLagMs = 600_000;
    notion.pageSize = 1;
    for (const id of [ids.travel, ids.leave]) notion.edit(id, { blocks: paragraph('Book the bus first.') });
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, unchanged: 6 });
    notion.pass(600_000);
    expect(await sync()).toMatchObject({ ...nothing, changed: 2 });
  });

  test('one page with what is below it, and what leaves it', async () => {
    const ids = fill();
    const other = notion.addPage({ title: 'Elsewhere', blocks: paragraph('Not below.'), shared: true });
    const toggle = blockOf('toggle', 'More');
    notion.edit(ids.travel, { blocks: [toggle] });
    notion.addPage({ title: 'In a toggle', parent: { block: toggle.id }, blocks: paragraph('Below a block.') });
    notion.pass(later);
    source = await at(`https://www.notion.so/acme/Travel-${ids.travel.replaceAll('-', '')}?pvs=4`);
    expect(await sync()).toMatchObject({ added: 2, complete: true });
    expect(await documents()).toEqual(['In a toggle', 'Travel']);
    expect((await passagesOf('In a toggle'))[0]!.headingPath).toEqual(['Handbook', 'Travel']);
    notion.move(ids.leave, { page: ids.travel });
    notion.edit(ids.leave, {});
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, added: 1 });
    notion.move(ids.leave, { page: other });
    notion.edit(ids.leave, {});
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, removed: 1 });
    notion.trash(ids.travel);
    expect(await sync({ whole: true })).toMatchObject({ removed: 0, complete: false, error: expect.stringContaining('in the trash') });
  });

  test('one database is its rows', async () => {
    const ids = fill();
    source = await at(`https://www.notion.so/acme/${ids.database.replaceAll('-', '')}?v=${'a'.repeat(32)}`);
    expect(await sync()).toMatchObject({ added: 3, complete: true });
    expect(await documents()).toEqual(['Failover', 'Restart', 'Runbooks']);
    notion.trash(ids.restart);
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, removed: 1 });
  });

  test('more pages than one answer holds, with answers that fail now and then', async () => {
    const { handbook } = fill();
    for (let n = 0; n < 25; n++) notion.addPage({ title: `Page ${n}`, parent: { page: handbook }, blocks: paragraph(`Words ${n}.`) });
    notion.pass(later);
    notion.pageSize = 4;
    notion.trouble = [{ status: 429, retryAfter: 1 }, { status: 503 }, { status: 529, code: 'service_overload' }];
    expect(await sync()).toMatchObject({ added: 31, failed: 0, complete: true });
    // A listing that breaks off in its middle.
    let searches = 0;
    notion.onRequest = (path) => {
      if (path === '/v1/search' && ++searches === 3) notion.trouble = Array.from({ length: 9 }, () => ({ status: 502 }));
    };
    expect(await sync({ whole: true })).toMatchObject({ removed: 0, complete: false, error: expect.stringContaining('busy or down') });
  });

  test('search that says it is incomplete removes nothing that is still there', async () => {
    fill();
    await sync();
    notion.mostResults = 2;
    const short = await sync({ whole: true });
    expect(short).toMatchObject({ added: 0, changed: 0, removed: 0, unchanged: 6, failed: 1, complete: false });
    expect((await listFailures(db, short.runId, 9))[0]!.reason).toContain('ended its list of pages early');
    // Nor where nothing is known from before: a new folder, a restored backup.
    rmSync(join(folder, 'cache'), { recursive: true });
    expect(await sync({ whole: true })).toMatchObject({
      removed: 0,
      complete: false,
      error: expect.stringContaining('ended its list of pages early'),
    });
    expect(await documents()).toEqual(all);
  });

  test('where changes cannot be listed whole, everything is listed', async () => {
    options = { smallUpTo: 0 };
    const ids = fill();
    await sync();
    // A Notion whose search does not look in its trash.
    let searches = 0;
    notion.onRequest = (path) => {
      if (path === '/v1/search' && ++searches === 2) notion.trouble = [{ status: 400, code: 'validation_error' }];
    };
    notion.trash(ids.restart);
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, removed: 1, listed: 5 });
    notion.onRequest = () => {};
    // More rows edited in one minute than one query gives.
    for (let n = 0; n < 5; n++)
      notion.addPage({ title: `Row ${n}`, parent: { dataSource: ids.dataSource }, blocks: paragraph(`Words ${n}.`) });
    notion.pass(later);
    notion.mostResults = 7;
    expect(await sync()).toMatchObject({ added: 5, removed: 0, failed: 1, complete: false });
  });

  test('what was edited long ago is not listed again in a large workspace', async () => {
    options = { smallUpTo: 0 };
    const { handbook, travel } = fill();
    for (let n = 0; n < 25; n++) notion.addPage({ title: `Page ${n}`, parent: { page: handbook }, blocks: paragraph(`Words ${n}.`) });
    notion.pageSize = 4;
    notion.pass(3 * 86_400_000);
    await sync();
    notion.edit(travel, { blocks: paragraph('Book the bus first.') });
    notion.pass(later);
    expect(await sync()).toMatchObject({ ...nothing, listed: 1, changed: 1 });
    // Whose token, two of search, one of its trash, one of the database's rows; page, blocks and editor.
    expect(notion.requests.map(({ path }) => path.split('/')[2])).toEqual([
      'users',
      'search',
      'search',
      'data_sources',
      'search',
      'pages',
      'blocks',
      'users',
    ]);
  });
});
