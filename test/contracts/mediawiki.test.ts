/** The MediaWiki connector against a real MediaWiki (Debian's packages; skipped by name where they are missing). */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/database.ts';
import { addSource, listFailures, type RunSummary, type Source } from '../../src/catalog/sources.ts';
import type { ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../../src/connectors/connector.ts';
import { createMediawikiConnector } from '../../src/connectors/drivers/mediawiki.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound, type Outbound } from '../../src/net/outbound.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { createExtractor, type Extractor } from '../../src/sync/extract.ts';
import { extractDocument } from '../../src/sync/extract-document.ts';
import { syncSource } from '../../src/sync/sync.ts';
import type { Clock } from '../../src/types.ts';
import { never } from '../fakes/open-app.ts';
import { botPassword, botUser, hasMediawiki, startMediawiki, type Mediawiki } from '../servers/mediawiki.ts';
import { wikiTexts } from '../servers/mediawiki-texts.ts';
import { connectorContract } from './connector.ts';
import { openCatalog } from '../servers/test-catalog.ts';
import { failureOf } from '../fakes/failure-of.ts';

const here = hasMediawiki || Boolean(process.env['CI']);
const handbook = fileURLToPath(new URL('../../../shared/data/wikis/sourcegraph-handbook', import.meta.url));
const bot = { user: botUser, password: botPassword };

let wiki: Mediawiki;
let slept: number[];
let requests: number;
let cursor: string | undefined;
const open: Outbound[] = [];

const clock: Clock = { now: () => Date.now(), sleep: async (ms) => void slept.push(ms) };

function contextOf(): ConnectorContext {
  const guard = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  open.push(guard);
  const outbound: Outbound = { ...guard, fetch: (url, options) => (requests++, guard.fetch(url, options)) };
  const keepCursor = (kept: string): void => void (cursor = kept);
  return { outbound, clock, log: createLog('silent'), signal: never(), keepCursor };
}

const connector = createMediawikiConnector();
const at = (location: string, credential?: Record<string, string>): SourceLocation => ({ location, ...(credential ? { credential } : {}) });

async function gather(listing: AsyncIterable<ListedDocument>): Promise<Map<string, ListedDocument>> {
  const all = new Map<string, ListedDocument>();
  for await (const listed of listing) {
    expect(all.has(listed.externalId), listed.externalId).toBe(false);
    all.set(listed.externalId, listed);
  }
  return all;
}
const list = (source: SourceLocation = at(wiki.api)) => gather(connector.list(source, contextOf()));
const changes = (since: string, source: SourceLocation = at(wiki.api)) => gather(connector.listChanges!(source, since, contextOf()));
const fetchOf = (id: number | string, source: SourceLocation = at(wiki.api)): Promise<Fetched> =>
  connector.fetch(source, { externalId: String(id) }, undefined, contextOf());
const readOf = async (fetched: Fetched) => {
  if (fetched.kind !== 'document') throw new Error(fetched.kind);
  return extractDocument({ bytes: fetched.bytes, format: 'html', name: '1' });
};
const textOf = async (fetched: Fetched): Promise<string> => (await readOf(fetched)).blocks.map((block) => block.text).join('');

beforeAll(async () => {
  if (here) wiki = await startMediawiki();
});
afterAll(() => wiki?.close());
beforeEach(() => {
  slept = [];
  requests = 0;
  cursor = undefined;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((outbound) => outbound.close()));
});

describe.skipIf(!here)('MediaWiki (skipped where its package is missing)', () => {
  connectorContract('mediawiki', 'mediawiki', async () => {
    await wiki.reset();
    await wiki.remove('Main Page');
    const ids = new Map<string, string>();
    return {
      connector,
      source: at(wiki.api),
      context: contextOf(),
      idOf: (name) => ids.get(name)!,
      write: async (name, words) => void ids.set(name, String(await wiki.edit(`Page ${name}`, words))),
      remove: (name) => wiki.remove(`Page ${name}`),
      breakListing: () => wiki.set({ private: true }),
      close: () => Promise.resolve(),
    };
  });

  describe('what it finds', () => {
    beforeEach(() => wiki.reset());

    test.each(['', '/', '/wiki/Main_Page', '/w/index.php', '/w/index.php?title=Main_Page', '/w/api.php', '/w/api.php?action=help'])(
      'the wiki at its address %s',
      async (path) => {
        await connector.check(at(wiki.url + path), contextOf());
        expect((await list(at(wiki.url + path))).size).toBe(1);
      },
    );

    test('pages of every content namespace, no redirects, none of the others', async () => {
      await wiki.set({ wgExtraNamespaces: { 3000: 'Policy', 3001: 'Policy_talk' }, wgContentNamespaces: [0, 3000] });
      const policy = await wiki.edit('Policy:Leave', 'Thirty days.');
      await wiki.edit('User:Admin', 'About me.');
      await wiki.edit('Talk:Main Page', 'Talk.');
      await wiki.edit('Short', '#REDIRECT [[Main Page]]');
      expect([...(await list()).keys()]).toEqual(['1', String(policy)]);
    });

    test('more pages than one answer holds, each once', async () => {
      await wiki.importTexts(new Map(Array.from({ length: 620 }, (_, i) => [`Page ${i}`, `Words of page ${i}.`])));
      requests = 0;
      expect((await list()).size).toBe(621);
      // Where the API is, what the wiki is, 50 pages to each part of the list, and what was moved meanwhile.
      expect(requests).toBe(1 + 1 + 13 + 1);
      await wiki.set({ robots: true });
      requests = 0;
      expect((await list()).size).toBe(621);
      expect(requests).toBe(1 + 1 + 2 + 1);
    });
  });

  describe('what it reads', () => {
    beforeEach(() => wiki.reset());

    test('text with anchors at its headings, without what wikis put around it', async () => {
      const words = [
        'Take 30 days.<ref>Law</ref> See [[Main Page]] and [[Missing page]].',
        '== Share options ==\nOptions vest.',
        '=== Größe & Maß ===\n{| class="wikitext"\n! Size !! Price\n|-\n| S || 5\n|}',
        '== Three ==\n* one\n* two\n== Four ==\n<div class="navbox">Other pages</div>\n[[Category:Benefits]]\n<references/>',
      ];
      const id = await wiki.edit('Paid leave', words.join('\n\n'));
      const fetched = await fetchOf(id);
      const read = await readOf(fetched);
      expect(read.title).toBe('Paid leave');
      expect(
        read.blocks.filter((block) => block.kind === 'heading').map(({ depth, text, anchor }) => [depth, text.trim(), anchor]),
      ).toEqual([
        [2, 'Share options', 'Share_options'],
        [3, 'Größe & Maß', 'Größe_&_Maß'],
        [2, 'Three', 'Three'],
        [2, 'Four', 'Four'],
      ]);
      expect(await textOf(fetched)).toContain('Size | Price\nS | 5');
      expect(await textOf(fetched)).not.toMatch(/\[edit\]|Contents|Other pages|Category|does not exist/);
      expect(fetched).toMatchObject({ url: `${wiki.url}/wiki/Paid_leave`, title: 'Paid leave' });
      expect(Math.abs(Date.now() - (fetched as { changedAt: number }).changedAt)).toBeLessThan(60_000);
    });

    test('the last editor owns it, but an anonymous address is nobody', async () => {
      const id = await wiki.edit('By an address', 'Words.');
      expect(await fetchOf(id)).not.toHaveProperty('owner');
      await wiki.importTexts(new Map([['By an address', 'Other words.']]));
      expect(await fetchOf(id)).toMatchObject({ owner: 'Admin' });
    });

    test('a link that turns blue changes no byte', async () => {
      const id = await wiki.edit('Page', 'See [[Later]].');
      const before = (await list()).get(String(id))!;
      const first = await fetchOf(id);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await wiki.edit('Later', 'Now there.');
      await wiki.runJobs();
      const after = (await list()).get(String(id))!;
      expect(after.version).not.toBe(before.version);
      expect(await fetchOf(id)).toEqual(first);
    });
  });

  describe('what changed', () => {
    beforeEach(() => wiki.reset());

    test('edits, new pages, moves, deletions and restores, since a listing', async () => {
      const ids = {
        kept: 1,
        edited: await wiki.edit('Edited', 'Before.'),
        moved: await wiki.edit('Moved', 'Same words.'),
        deleted: await wiki.edit('Deleted', 'Old.'),
      };
      const before = await list();
      expect(cursor).toBeDefined();
      await wiki.edit('Edited', 'After.');
      await wiki.move('Moved', 'Renamed');
      await wiki.remove('Deleted');
      const added = await wiki.edit('Added', 'New.');
      const seen = await changes(cursor!);
      expect(seen.get(String(ids.edited))!.version).not.toBe(before.get(String(ids.edited))!.version);
      expect(seen.get(String(ids.moved))!.version).not.toBe(before.get(String(ids.moved))!.version);
      expect(seen.get(String(ids.deleted))).toEqual({ externalId: String(ids.deleted), gone: true });
      expect(seen.get(String(added))).toHaveProperty('version');
      // The overlap names the untouched again, as they were.
      expect(seen.get('1')).toEqual(before.get('1'));
      expect(await fetchOf(ids.deleted)).toEqual({ kind: 'gone' });
      expect(await fetchOf(ids.moved)).toMatchObject({ title: 'Renamed', url: `${wiki.url}/wiki/Renamed` });

      await wiki.act('undelete', { title: 'Deleted' });
      expect((await changes(cursor!)).get(String(ids.deleted))).toHaveProperty('version');
      // All that a whole listing holds, with the same versions.
      const whole = await list();
      const now = [...(await changes(cursor!))].filter(([, listed]) => !listed.gone);
      expect(new Map(now)).toEqual(whole);
    });

    test('a page that becomes a redirect, or leaves the content, is gone; a move without redirect too is a move', async () => {
      const [one, two, three] = [await wiki.edit('One', '1'), await wiki.edit('Two', '2'), await wiki.edit('Three', '3')];
      await list();
      await wiki.edit('One', '#REDIRECT [[Main Page]]');
      await wiki.move('Two', 'User:Admin/Two');
      await wiki.move('Three', 'Drei', { redirect: false });
      const seen = await changes(cursor!);
      expect(seen.get(String(one))).toEqual({ externalId: String(one), gone: true });
      expect(seen.get(String(two))).toEqual({ externalId: String(two), gone: true });
      expect(seen.get(String(three))).toHaveProperty('version');
      expect(await fetchOf(three)).toMatchObject({ title: 'Drei' });
      expect([...(await list()).keys()].sort()).toEqual(['1', String(three)].sort());
      expect(await fetchOf(one)).toEqual({ kind: 'gone' });
    });

    test.each(['before', 'after'])('an edited template is an edit of the pages that use it, %s the jobs of the wiki', async (when) => {
      await wiki.edit('Template:Days', 'twenty');
      const id = await wiki.edit('Leave', 'You have {{Days}} days.');
      await wiki.runJobs();
      const before = (await list()).get(String(id))!;
      const since = cursor!;
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await wiki.edit('Template:Days', 'thirty');
      if (when === 'after') {
        await wiki.runJobs();
        expect((await list()).get(String(id))!.version).not.toBe(before.version);
      }
      const seen = await changes(since);
      expect(seen.get(String(id))!.version).not.toBe(before.version);
      if (when === 'after') expect(await textOf(await fetchOf(id))).toContain('You have thirty days.');
      // The template itself is no content.
      expect(
        [...seen.values()]
          .filter((listed) => !listed.gone)
          .map((listed) => listed.externalId)
          .sort(),
      ).toEqual(['1', String(id)].sort());
    });

    test('a cursor that leads nowhere is called lost', async () => {
      await list();
      const old = { ...(JSON.parse(cursor!) as object), since: '2020-01-01T00:00:00Z' };
      for (const lost of ['', '7', JSON.stringify(old), JSON.stringify({ since: '2999-01-01T00:00:00Z' })])
        expect(await failureOf(changes(lost))).toMatchObject({ code: 'connector.cursor_lost' });
      await wiki.set({ wgExtraNamespaces: { 3000: 'Policy', 3001: 'Policy_talk' }, wgContentNamespaces: [0, 3000] });
      expect(await failureOf(changes(cursor!))).toMatchObject({ code: 'connector.cursor_lost' });
    });
  });

  describe('what it is not let into', () => {
    beforeEach(() => wiki.reset());

    test('a private wiki opens to a bot password alone, and each refusal says what to do', async () => {
      const id = await wiki.edit('Inside', 'Private words.');
      await wiki.set({ private: true });
      const anonymous = await failureOf(list(at(wiki.url)));
      expect(anonymous).toMatchObject({ code: 'mediawiki.readapidenied' });
      expect(anonymous.publicMessage).toMatch(/signed in.*bot password/);
      expect(await failureOf(fetchOf(id))).toMatchObject({ code: 'mediawiki.readapidenied' });
      const wrong = await failureOf(connector.check(at(wiki.url, { ...bot, password: 'x'.repeat(32) }), contextOf()));
      expect(wrong).toMatchObject({ code: 'source.credential' });
      expect(wrong.publicMessage).toMatch(/does not accept this user and password.*Special:BotPasswords/);
      expect(wrong.publicMessage).not.toContain('xxxx');
      expect([...(await list(at(wiki.url, bot))).keys()].sort()).toEqual(['1', String(id)].sort());
      expect(await textOf(await fetchOf(id, at(wiki.url, bot)))).toContain('Private words.');
    });

    test('a session that the wiki forgets is taken up again, once for all that are fetched', async () => {
      const id = await wiki.edit('Inside', 'Private words.');
      await wiki.set({ private: true });
      const context = contextOf();
      const source = at(wiki.api, bot);
      for await (const _listed of connector.list(source, context));
      await wiki.forgetSessions();
      const fetch = () => connector.fetch(source, { externalId: String(id) }, undefined, context);
      requests = 0;
      for (const fetched of await Promise.all([fetch(), fetch(), fetch(), fetch()]))
        expect(await textOf(fetched)).toContain('Private words.');
      expect(requests).toBe(4 * 2 + 4 + 2);
    });

    test('a page that the wiki withholds is named, and the others are listed', async () => {
      const id = await wiki.edit('Board minutes', 'Secret.');
      const other = await wiki.edit('Lunch', 'At noon.');
      await wiki.set({ unreadable: ['Board minutes'] });
      const listed = await list();
      expect(listed.get(String(id))).toEqual({ externalId: String(id), problem: expect.stringContaining('"Board minutes"') });
      expect(listed.get(String(other))).toHaveProperty('version');
      expect((await failureOf(fetchOf(id))).publicMessage).toMatch(/does not let this account read it/);
    });

    test('a wiki that asks robots to wait is waited for, and not for ever', async () => {
      await wiki.edit('Template:T', 'x');
      for (const title of ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']) await wiki.edit(title, '{{T}} [[Z]]');
      await wiki.edit('Template:T', 'y');
      // One waiting job counts as ten seconds of lag.
      await wiki.set({ wgJobQueueIncludeInMaxLagFactor: 0.1 });
      const failure = await failureOf(list());
      expect(failure).toMatchObject({ code: 'source.busy', retryable: true });
      expect(slept.length).toBeGreaterThan(3);
      expect(slept.every((ms) => ms === 5000)).toBe(true);
      await wiki.runJobs();
      expect((await list()).size).toBe(9);
    });

    test('a wiki without a page lists nothing with an error, not with silence', async () => {
      await wiki.remove('Main Page');
      expect(await failureOf(list())).toMatchObject({ code: 'source.empty' });
    });
  });
});

describe.skipIf(!here)('a sync of MediaWiki', () => {
  let folder: string;
  let db: Catalog;
  let index: SearchIndex;
  let extractor: Extractor;
  let source: Source;

  beforeAll(() => {
    extractor = createExtractor();
  });
  afterAll(() => extractor?.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docent-mw-sync-'));
    db = await openCatalog(folder);
    index = openSqliteIndex({ path: join(folder, 'index.db') });
    await wiki.reset();
    source = await addSource(
      db,
      { name: 'wiki', kind: 'mediawiki', location: wiki.api, baseUrl: null, readers: ['everyone'], schedule: null },
      1,
    );
  });
  afterEach(async () => {
    await index.close();
    await db.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  const sync = (): Promise<RunSummary> =>
    syncSource(
      source,
      {
        db,
        index,
        connector: createMediawikiConnector(),
        extractor,
        outbound: contextOf().outbound,
        clock,
        log: createLog('silent'),
        leaseOwner: 'test',
        embeddingModel: 'counted',
      },
      never(),
    );
  const nothing = { added: 0, changed: 0, removed: 0, unchanged: 845, failed: 0, passagesEmbedded: 0, complete: true };
  const texts = async (): Promise<string> => (await db.selectFrom('passages').select('text').execute()).map((p) => p.text).join('\n');

  test('a wiki that closes its doors loses nothing; a page it withholds keeps its text', async () => {
    await wiki.edit('Leave', 'Thirty days of leave.');
    expect(await sync()).toMatchObject({ added: 2, complete: true });
    await wiki.set({ private: true });
    expect(await sync()).toMatchObject({ removed: 0, complete: false, error: expect.stringContaining('bot password') });
    await wiki.set({ unreadable: ['Leave'] });
    const summary = await sync();
    expect(summary).toMatchObject({ removed: 0, failed: 1, unchanged: 1 });
    expect((await listFailures(db, summary.runId, 9))[0]!.reason).toContain('"Leave"');
    expect(await texts()).toContain('Thirty days of leave.');
  });

  test('a moved page keeps its passages under its new title and address', async () => {
    const id = await wiki.edit('Leave', 'Thirty days of leave.\n\n== Carry over ==\nFive unused days go over into the next year.');
    await sync();
    const idsOf = async () => (await db.selectFrom('passages').select('id').execute()).map((passage) => passage.id).sort();
    const before = await idsOf();
    await wiki.move('Leave', 'Paid time off');
    expect(await sync()).toMatchObject({ added: 0, changed: 1, removed: 0 });
    const document = db.selectFrom('documents').select(['title', 'url']).where('external_id', '=', String(id));
    expect(await document.executeTakeFirst()).toEqual({ title: 'Paid time off', url: `${wiki.url}/wiki/Paid_time_off` });
    // Its passages are those of before: what was quoted from them still stands.
    expect(await idsOf()).toEqual(before);
  });

  test.skipIf(!existsSync(handbook) && !process.env['CI'])(
    'a real handbook, a month apart (skipped where ../shared/data is missing)',
    async () => {
      const [older, newer] = [wikiTexts(join(handbook, 'older')), wikiTexts(join(handbook, 'newer'))];
      // Each text is rendered once: keeping it would cost more than it saves.
      await wiki.set({ wgParserCacheType: 0 });
      await wiki.importTexts(older, new Date(Date.now() - 86_400_000));
      await wiki.remove('Main Page');
      expect(await sync()).toMatchObject({ listed: 819, added: 819, failed: 0, complete: true, requests: 819 + 20 });

      await wiki.importTexts(new Map([...newer].filter(([title, text]) => older.get(title) !== text)));
      const removed = [...older.keys()].filter((title) => !newer.has(title));
      for (const title of removed) await wiki.remove(title);
      expect(removed).toHaveLength([...readFileSync(join(handbook, 'changes.tsv'), 'utf8').matchAll(/^D/gm)].length);

      // One request for each page that is new or changed; those that are not are not even listed.
      const second = await sync();
      expect(second).toMatchObject({ listed: 175, added: 36, changed: 128, removed: 10, unchanged: 681, failed: 0, complete: true });
      expect(second.requests).toBe(164 + 12);
      // The last hour is listed again.
      expect(await sync()).toMatchObject({ ...nothing, listed: 175, requests: 12 });
      // 50 pages to each request.
      await db.updateTable('sources').set({ cursor: null }).execute();
      expect(await sync()).toMatchObject({ ...nothing, listed: 845, requests: 17 + 3 });
    },
    180_000,
  );
});
