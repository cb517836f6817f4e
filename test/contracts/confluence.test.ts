/** The Confluence connector against fakes of both flavours: the suite of all connectors, and whole walks through the real sync. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openCatalog, type Catalog } from '../../src/catalog/database.ts';
import { addSource, listFailures, type RunSummary, type Source } from '../../src/catalog/sources.ts';
import { createConfluenceConnector } from '../../src/connectors/drivers/confluence.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound, type Outbound } from '../../src/net/outbound.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { createExtractor, type Extractor } from '../../src/sync/extract.ts';
import { syncSource } from '../../src/sync/sync.ts';
import type { FakeConfluence } from '../fakes/confluence-answers.ts';
import { startConfluence } from '../fakes/confluence.ts';
import { answerTo, never, openApp } from '../fakes/open-app.ts';
import { connectorContract } from './connector.ts';

const open: Outbound[] = [];
const outbound = (): Outbound => {
  const guard = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  open.push(guard);
  return guard;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const flavours = ['cloud', 'server'] as const;

for (const flavour of flavours)
  connectorContract(`confluence, ${flavour}`, 'confluence', async () => {
    const wiki = await startConfluence(flavour);
    const ids = new Map<string, string>();
    return {
      connector: createConfluenceConnector(),
      source: { location: wiki.url, credential: { token: wiki.token } },
      context: {
        outbound: outbound(),
        clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
        log: createLog('silent'),
        signal: never(),
      },
      idOf: (name) => ids.get(name)!,
      async write(name, words) {
        const known = ids.get(name);
        if (known === undefined) ids.set(name, wiki.add(`Page ${name}`, `<p>${words}</p>`));
        else wiki.edit(known, { storage: `<p>${words}</p>` });
      },
      remove: async (name) => wiki.trash(ids.get(name)!),
      async breakListing() {
        wiki.instead = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>Log in</body></html>' });
      },
      close: () => wiki.close(),
    };
  });

describe.each(flavours)('a sync of Confluence, %s', (flavour) => {
  let wiki: FakeConfluence;
  let folder: string;
  let db: Catalog;
  let index: SearchIndex;
  let extractor: Extractor;
  let source: Source;
  let now: number;

  beforeAll(() => {
    extractor = createExtractor();
  });
  afterAll(() => extractor?.close());
  beforeEach(async () => {
    now = Date.parse('2026-11-20T10:00:30Z');
    wiki = await startConfluence(flavour);
    wiki.now = () => now;
    folder = mkdtempSync(join(tmpdir(), 'docent-confluence-'));
    db = await openCatalog(folder);
    index = openSqliteIndex({ path: join(folder, 'index.db') });
    const location = wiki.url;
    source = await addSource(db, { name: 'wiki', kind: 'confluence', location, baseUrl: null, readers: ['everyone'], schedule: null }, 1);
  });
  afterEach(async () => {
    await index.close();
    await db.destroy();
    await wiki.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const sync = (): Promise<RunSummary> =>
    syncSource(
      source,
      {
        db,
        index,
        connector: createConfluenceConnector(),
        extractor,
        outbound: outbound(),
        clock: { now: () => now, sleep: () => Promise.resolve() },
        log: createLog('silent'),
        leaseOwner: 'test',
        embeddingModel: 'counted',
        credential: async () => ({ token: token ?? wiki.token }),
      },
      never(),
    );
  let token: string | undefined;
  beforeEach(() => void (token = undefined));
  /** Everything is listed anew with the next one. */
  const laterThanADay = (): void => void (now += 25 * 3_600_000);
  const texts = async (): Promise<string> => (await db.selectFrom('passages').select('text').execute()).map((p) => p.text).join('\n');
  const readersOf = async (id: string): Promise<string> =>
    (
      await db
        .selectFrom('documents as d')
        .innerJoin('reader_sets as r', 'r.id', 'd.reader_set')
        .select('r.principals_json')
        .where('d.external_id', '=', id)
        .executeTakeFirstOrThrow()
    ).principals_json;
  const document = (id: string) =>
    db.selectFrom('documents').select(['title', 'url', 'owner', 'changed_at']).where('external_id', '=', id).executeTakeFirst();

  test('add, edit, rename, move, attach, trash, restore: each is followed, with what changed alone', async () => {
    wiki.user('ann');
    const home = wiki.add('Home', '<p>Welcome to the handbook of the company.</p>');
    const leave = wiki.add('Leave', '<h2>How much</h2><p>Thirty days of leave for everybody.</p>', { parent: home, by: 'ann' });
    wiki.add('News', '<p>The canteen opens at noon from Monday on.</p>', { type: 'blogpost' });
    expect(await sync()).toMatchObject({ listed: 3, added: 3, failed: 0, complete: true });
    expect(await document(leave)).toMatchObject({ title: 'Leave', owner: 'Ann', changed_at: now });
    expect((await document(leave))!.url).toMatch(
      flavour === 'cloud' ? /\/wiki\/spaces\/HR\/pages\/\d+\/Leave$/ : /\/confluence\/display\/HR\/Leave$/,
    );

    now += 3_600_000;
    wiki.edit(leave, { storage: '<h2>How much</h2><p>Thirty-one days of leave for everybody.</p>' });
    const travel = wiki.add('Travel', '<p>Trains are booked by the office.</p>', { parent: home });
    const file = wiki.attach(travel, 'rates.txt', 'The rate for a hotel is ninety euros a night.', 'text/plain');
    const picture = wiki.attach(travel, 'map.png', 'no text', 'image/png');
    expect(await sync()).toMatchObject({ added: 2, changed: 1, removed: 0, failed: 0, complete: true });
    expect(await texts()).toMatch(/Thirty-one days/);
    expect(await document(file)).toMatchObject({ title: 'Travel: rates.txt' });
    expect(await document(picture)).toBeUndefined();

    // The overlap names all of these again, as they were.
    now += 3_600_000;
    expect(await sync()).toMatchObject({ added: 0, changed: 0, removed: 0, unchanged: 5, passagesEmbedded: 0 });

    now += 3_600_000;
    wiki.edit(leave, { title: 'Paid leave' });
    wiki.trash(travel);
    expect(await sync()).toMatchObject({ added: 0, removed: 2, failed: 0, complete: true });
    expect(await document(leave)).toMatchObject({ title: 'Paid leave' });
    expect(await texts()).not.toMatch(/Trains|hotel/);

    wiki.restore(travel);
    wiki.move(leave, {});
    laterThanADay();
    expect(await sync()).toMatchObject({ added: 2, removed: 0, failed: 0, complete: true });
    expect(await texts()).toMatch(/Trains/);

    wiki.purge(travel);
    laterThanADay();
    expect(await sync()).toMatchObject({ removed: 2, unchanged: 3, complete: true });
  });

  test('restrictions are followed, inherited ones and those of what hangs on a page, without a fetch', async () => {
    wiki.user('ann', { email: 'Ann@example.com' });
    wiki.user('bob');
    const board = wiki.add('Board', '<p>Minutes are kept here.</p>');
    const plans = wiki.add('Plans', '<p>We will buy a mill.</p>', { parent: board });
    const file = wiki.attach(plans, 'price.csv', 'what,price\nmill,ninety', 'text/csv');
    const lunch = wiki.add('Lunch', '<p>At noon.</p>');
    await sync();
    expect(await readersOf(plans)).toBe('["everyone"]');
    wiki.restrict(board, { users: ['ann'], groups: ['board members'] });
    wiki.restrict(plans, { users: ['bob'] });
    laterThanADay();
    const before = wiki.requests.length;
    expect(await sync()).toMatchObject({ added: 0, changed: 0, removed: 0, failed: 0, unchanged: 4, passagesEmbedded: 0 });
    expect(wiki.requests.slice(before).filter(({ path, query }) => /body|download/.test(path + query))).toEqual([]);
    const ofBoard = '["group:board%20members","person:ann@example.com"]';
    const bob = flavour === 'cloud' ? 'person:confluence:557058:bob' : 'person:confluence:bob';
    expect(await readersOf(board)).toBe(`[["everyone"],${ofBoard}]`);
    expect(await readersOf(plans)).toBe(`[["everyone"],${ofBoard},["${bob}"]]`);
    expect(await readersOf(file)).toBe(`[["everyone"],${ofBoard},["${bob}"]]`);
    expect(await readersOf(lunch)).toBe('["everyone"]');
    wiki.move(lunch, { parent: board });
    laterThanADay();
    expect(await sync()).toMatchObject({ added: 0, removed: 0, failed: 0 });
    expect(await readersOf(lunch)).toBe(`[["everyone"],${ofBoard}]`);
    wiki.restrict(board, {});
    wiki.restrict(plans, {});
    laterThanADay();
    expect(await sync()).toMatchObject({ unchanged: 4, failed: 0 });
    expect(await readersOf(file)).toBe('["everyone"]');
  });

  test('what cannot be known of the readers closes the page, also one that was open', async () => {
    const top = wiki.add('Top', '<p>First words.</p>');
    const below = wiki.add('Below', '<p>Second words.</p>', { parent: top });
    const other = wiki.add('Other', '<p>Third words.</p>');
    await sync();
    wiki.unindexed.add(top);
    wiki.alter = (request, reply) => {
      if (request.path.includes('/restriction/')) return { status: 403, body: { message: 'forbidden' } };
      const hide = JSON.stringify(reply.body ?? {}).replaceAll(/"restrictions":\{"read"/g, '"restrictions":{"_expandable"');
      return flavour === 'server' && !(reply.body instanceof Uint8Array) ? { ...reply, body: JSON.parse(hide) as unknown } : reply;
    };
    laterThanADay();
    const summary = await sync();
    expect(summary.removed).toBe(0);
    const reasons = (await listFailures(db, summary.runId, 9)).map(({ reason }) => reason).join('\n');
    expect(reasons).toMatch(/"Top".*withheld/);
    expect(await readersOf(top)).toBe('[["everyone"],[]]');
    expect(await readersOf(below)).toBe('[["everyone"],[]]');
    if (flavour === 'cloud') expect(await readersOf(other)).toBe('["everyone"]');
  });

  test('a token that is refused, or forgotten in the middle, removes nothing', async () => {
    for (let n = 0; n < 6; n++) wiki.add(`Page ${n}`, `<p>Words of page number ${n}.</p>`);
    wiki.most = 2;
    expect(await sync()).toMatchObject({ added: 6, complete: true });
    token = 'ann@example.com:wrong';
    expect(await sync()).toMatchObject({ removed: 0, complete: false, error: expect.stringMatching(/does not know Docent by this token/) });
    token = undefined;
    laterThanADay();
    for (const open of [false, true]) {
      wiki.open = open;
      let lists = 0;
      wiki.instead = ({ path }) => {
        if (/\/pages$|\/content\/scan$/.test(path) && ++lists === 2) wiki.forgotten = true;
        return undefined;
      };
      wiki.restrict([...wiki.contents.keys()][3]!, { groups: ['board'] });
      expect(await sync()).toMatchObject({ removed: 0, complete: false, error: expect.stringMatching(/token/) });
      wiki.forgotten = false;
    }
    wiki.instead = () => undefined;
    expect(await sync()).toMatchObject({ removed: 0, complete: true, failed: 0 });
  });

  test('a page that can be fetched no more because the wiki forgot the token is not gone', async () => {
    const id = wiki.add('Leave', '<p>Thirty days.</p>');
    wiki.add('Other', '<p>Other words.</p>');
    await sync();
    now += 60_000;
    wiki.edit(id, { storage: '<p>Forty days.</p>' });
    wiki.instead = ({ path, query }) => {
      if (query.has('body-format') || (query.get('expand') ?? '').includes('body')) wiki.forgotten = true;
      return path === '' ? undefined : undefined;
    };
    expect(await sync()).toMatchObject({ removed: 0, failed: 1 });
    wiki.forgotten = false;
    wiki.instead = () => undefined;
    expect(await sync()).toMatchObject({ changed: 1, removed: 0 });
    expect(await texts()).toContain('Forty days');
  });
});

describe.each(flavours)('answers from Confluence, %s', (flavour) => {
  test('what is restricted is answered to the one it is for, and to nobody else; what hangs under it and on it likewise', async () => {
    const wiki = await startConfluence(flavour);
    const one = await openApp();
    try {
      await one.app.changeSetting('internalAddresses', ['127.0.0.1']);
      wiki.user('ann', { email: 'ann@example.com' });
      const falcon = wiki.add('Falcon', '<h2>Budget</h2><p>The falcon budget is 918273 pounds and Ann Dukes signs for it.</p>');
      wiki.add('Suppliers', '<p>The falcon suppliers Zebrafink and Kestrel are paid by Ann Dukes within thirty days.</p>', {
        parent: falcon,
      });
      wiki.attach(falcon, 'feed.txt', 'The falcon feed is stored in the cellar of the windmill at four degrees.', 'text/plain');
      wiki.add('Budgets', '<p>Every department keeps its budget in the finance system and reviews it each quarter.</p>');
      await one.app.addSource({ location: wiki.url, name: 'wiki', kind: 'confluence', credential: wiki.token });
      const questions = [
        'What is the falcon budget?',
        'Which falcon suppliers are paid within thirty days?',
        'Where is the falcon feed stored?',
      ];
      const secret = /918273|Zebrafink|windmill/;
      const asked = async (who: { email?: string; audience?: 'everyone' }): Promise<string[]> => {
        const answers: string[] = [];
        for (const text of questions) answers.push(JSON.stringify(await answerTo(one.app, { text, ...who })));
        return answers;
      };
      const sync = async (): Promise<void> => {
        const [summary] = await one.app.syncNow([], { signal: never() });
        expect(summary).toMatchObject({ complete: true, failed: 0 });
        await one.app.askDeps().then(({ db }) => db.updateTable('sources').set({ cursor: null }).execute());
      };
      await sync();
      for (const answer of await asked({})) expect(answer).toMatch(secret);

      wiki.restrict(falcon, { users: ['ann'] });
      await sync();
      for (const answer of await asked({ email: 'ann@example.com' })) expect(answer).toMatch(secret);
      for (const who of [{}, { email: 'bob@example.com' }, { email: 'ann@example.com', audience: 'everyone' as const }])
        for (const answer of await asked(who)) expect(answer).not.toMatch(secret);

      wiki.restrict(falcon, {});
      await sync();
      for (const answer of await asked({ email: 'bob@example.com' })) expect(answer).toMatch(secret);
    } finally {
      await one.close();
      await wiki.close();
    }
  });
});
