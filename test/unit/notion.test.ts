/** How Docent meets Notion: which addresses are its, what each refusal is told as, its pace, and what of a page becomes a document. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConnectorContext, Fetched, ListedDocument } from '../../src/connectors/connector.ts';
import { createNotionConnector } from '../../src/connectors/drivers/notion.ts';
import { pageUrl, rootOf } from '../../src/connectors/drivers/notion-address.ts';
import { connectorFor } from '../../src/connectors/registry.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound, type Outbound } from '../../src/net/outbound.ts';
import { blockOf, rich, startNotion, type FakeBlock, type FakeNotion } from '../fakes/notion.ts';
import { never } from '../fakes/open-app.ts';

let notion: FakeNotion;
let outbound: Outbound;
let folder: string;
let slept: number[];
let time: number;
let cursor: string | undefined;

beforeEach(async () => {
  notion = await startNotion();
  outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  folder = mkdtempSync(join(tmpdir(), 'docent-notion-'));
  [slept, time, cursor] = [[], 1_000_000, undefined];
});
afterEach(async () => {
  await outbound.close();
  await notion.close();
  rmSync(folder, { recursive: true, force: true });
});

const contextOf = (): ConnectorContext => ({
  // A run's own, as the sync makes it.
  outbound: { ...outbound },
  clock: { now: () => time, sleep: async (ms) => void (slept.push(ms), (time += ms)) },
  log: createLog('silent'),
  signal: never(),
  cacheFolder: folder,
  keepCursor: (at) => void (cursor = at),
});
const connector = () => createNotionConnector({ api: notion.url });
const workspace = (token = 'ntn_right', location = 'https://www.notion.so') => ({ location, credential: { token } });
const check = (token?: string, location?: string): Promise<void> => connector().check(workspace(token, location), contextOf());
const failureOf = (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => (expect(error).toBeInstanceOf(AppError), error as AppError),
  );
const list = async (context = contextOf()): Promise<ListedDocument[]> => {
  const all: ListedDocument[] = [];
  for await (const listed of connector().list(workspace(), context)) all.push(listed);
  return all;
};
const fetchOf = (externalId: string, place?: string): Promise<Fetched> =>
  connector().fetch(workspace(), { externalId, ...(place === undefined ? {} : { place }) }, undefined, contextOf());
const textOf = (fetched: Fetched): string => (fetched.kind === 'document' ? Buffer.from(fetched.bytes).toString() : fetched.kind);
const plain = (id: string): string => id.replaceAll('-', '');
const id = 'a1'.repeat(16);

describe('addresses', () => {
  test.each([
    ['https://www.notion.so', undefined],
    ['https://www.notion.so/', undefined],
    ['https://notion.so/acme', undefined],
    ['https://app.notion.com', undefined],
    [`https://www.notion.so/acme/Paid-leave-${id}`, id],
    [`https://www.notion.so/${id.toUpperCase()}?pvs=4#${'b'.repeat(32)}`, id],
    [`https://app.notion.com/p/Paid-leave-${id}/`, id],
    [`https://www.notion.so/acme/${'c'.repeat(32)}?v=${'d'.repeat(32)}&p=${id}&pm=s`, id],
    ['https://www.notion.so/a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1', id],
  ])('%s is Notion', async (location, root) => {
    expect(await connectorFor(location)).toMatchObject({ kind: 'notion' });
    expect(rootOf(location)).toBe(root);
  });

  test.each([
    'https://acme.notion.site/Handbook',
    'https://www.notion.so/help/guides/category',
    'https://notion.so.example.com',
    'www.notion.so',
    '/srv/notion.so',
  ])('%s is not', (location) => expect(connector().accepts(location)).toBe(false));

  test('an address that Notion gives is opened only where it leads to Notion', () => {
    expect(pageUrl(`https://www.notion.so/Leave-${id}`, id)).toBe(`https://www.notion.so/Leave-${id}`);
    for (const odd of [undefined, 'javascript:alert(1)', 'https://notion.so.evil.example/x', 'http://www.notion.so/x', ''])
      expect(pageUrl(odd, id)).toBe(`https://www.notion.so/${id}`);
  });
});

describe('what it is not let into', () => {
  test('each refusal is told apart, with how to mend it', async () => {
    expect(await failureOf(check('ntn_wrong'))).toMatchObject({
      code: 'source.credential',
      publicMessage: expect.stringMatching(/does not accept this token.*Read content/),
    });
    for (const none of ['', 'two words', 'line\nbreak'])
      expect(await failureOf(check(none))).toMatchObject({
        code: 'source.credential',
        publicMessage: expect.stringContaining('has no token'),
      });
    expect(await failureOf(check())).toMatchObject({
      code: 'source.empty',
      publicMessage: expect.stringMatching(/nothing is shared.*Connections/),
    });
    const page = notion.addPage({ title: 'Shared', shared: true });
    await check();
    expect(await failureOf(check(undefined, `https://www.notion.so/${id}`))).toMatchObject({
      code: 'source.not_shared',
      publicMessage: expect.stringMatching(/no page or database at this address.*Connections/),
    });
    await check(undefined, `https://www.notion.so/Shared-${plain(page)}`);
    notion.trash(page);
    expect(await failureOf(check(undefined, `https://www.notion.so/Shared-${plain(page)}`))).toMatchObject({
      publicMessage: expect.stringContaining('trash'),
    });
    notion.may.content = false;
    expect(await failureOf(check())).toMatchObject({ code: 'source.rights', publicMessage: expect.stringContaining('Read content') });
  });

  test.each([
    [{ status: 200, html: '<html>Log in</html>' }, 'source.unreadable'],
    [{ status: 200, html: '{"results": []}' }, 'source.unreadable'],
    [{ status: 403, html: 'Blocked by the proxy' }, 'source.login'],
    [{ status: 404, html: '<html>Not found</html>' }, 'source.unreadable'],
  ])('what is no answer of Notion (%j) is an error, never an empty wiki or a page that is gone', async (trouble, code) => {
    const page = notion.addPage({ title: 'Shared', blocks: [blockOf('paragraph', 'Words.')], shared: true });
    for (const at of [0, 1]) {
      notion.trouble = [];
      let n = 0;
      notion.onRequest = () => void (n++ === at && notion.trouble.push(trouble));
      expect(await failureOf(list())).toMatchObject({ code });
      n = 0;
      expect(await failureOf(fetchOf(plain(page)))).toMatchObject({ code, retryable: true });
    }
  });

  test('a token stands in no message', async () => {
    const failure = await failureOf(check('ntn_secret_wrong'));
    expect(JSON.stringify([failure.message, failure.publicMessage])).not.toContain('ntn_secret');
  });
});

describe('its pace', () => {
  test('under three requests a second, however many pages are asked for at once', async () => {
    const ids = Array.from({ length: 10 }, () => notion.addPage({ shared: true, blocks: [blockOf('paragraph', 'Words.')] }));
    const context = contextOf();
    const from = time;
    const one = connector();
    await Promise.all(ids.map((page) => one.fetch(workspace(), { externalId: plain(page) }, undefined, context)));
    expect(notion.requests).toHaveLength(21);
    expect(time - from).toBeGreaterThanOrEqual(20 * 334);
  });

  test('told to wait, it waits as long as it was told', async () => {
    notion.addPage({ shared: true });
    notion.trouble = [{ status: 429, retryAfter: 7 }];
    await check();
    expect(Math.max(...slept)).toBeGreaterThanOrEqual(7_000);
    notion.trouble = Array.from({ length: 20 }, () => ({ status: 529, code: 'service_overload', retryAfter: 1 }));
    expect(await failureOf(check())).toMatchObject({ code: 'source.unreachable', retryable: true });
  });
});

describe('what of a page becomes a document', () => {
  const page = (blocks: FakeBlock[], title = 'Page'): string => plain(notion.addPage({ title, blocks, shared: true }));

  test('title, path, address, owner and time beside its words', async () => {
    const place = JSON.stringify({ kind: 'page', path: ['Handbook', 'Say "so"'] });
    const of = page([blockOf('paragraph', 'Words.')], 'Paid: leave');
    const fetched = await fetchOf(of, place);
    expect(textOf(fetched)).toBe('---\ntitle: "Paid: leave"\nbreadcrumbs: ["Handbook","Say \\"so\\""]\n---\n\nWords.\n');
    expect(fetched).toMatchObject({
      format: 'markdown',
      title: 'Paid: leave',
      url: `https://www.notion.so/Paid-leave-${of}`,
      owner: 'Ann Arbor',
      changedAt: Date.parse('2026-11-20T10:00:00Z'),
    });
    notion.may.users = false;
    expect(await fetchOf(of, place)).not.toHaveProperty('owner');
    expect(textOf(await fetchOf(page([], '')))).toContain('title: "Untitled"');
  });

  test('blocks in blocks to the last, by hundreds, each parent asked once', async () => {
    const deep = Array.from({ length: 12 }).reduce<FakeBlock>(
      (inner, _, n) => blockOf('bulleted_list_item', `level ${12 - n}`, [inner]),
      blockOf('paragraph', 'bottom'),
    );
    const many = Array.from({ length: 230 }, (_, n) => blockOf('paragraph', `line ${n}.`));
    const of = page([deep, ...many]);
    notion.requests.length = 0;
    const words = textOf(await fetchOf(of));
    expect(words).toContain('bottom');
    expect(words).toContain('line 229.');
    expect(notion.requests.filter(({ path }) => path.endsWith('/children'))).toHaveLength(3 + 12);
  });

  test('blocks without end are an error by name', async () => {
    const deep = Array.from({ length: 40 }).reduce<FakeBlock>((inner) => blockOf('toggle', 'in', [inner]), blockOf('paragraph', 'bottom'));
    expect(await failureOf(fetchOf(page([deep])))).toMatchObject({ code: 'document.too_large', retryable: false });
  });

  test('child pages and databases are linked and not followed; what is below a block that is not shared is left out', async () => {
    const of = notion.addPage({ title: 'Parent', blocks: [blockOf('paragraph', 'Above.')], shared: true });
    const child = notion.addPage({ title: 'Child', parent: { page: of }, blocks: [blockOf('paragraph', 'Inside the child.')] });
    const { database } = notion.addDatabase({ title: 'Runbooks', parent: { page: of } });
    expect(textOf(await fetchOf(plain(of)))).toContain(
      `Above.\n\n[Child](https://www.notion.so/${plain(child)})\n\n[Runbooks](https://www.notion.so/${plain(database)})\n`,
    );
  });

  test('relations by the titles of what is shared, and the same bytes each time', async () => {
    const other = notion.addPage({ title: 'Other row', shared: true });
    const { dataSource } = notion.addDatabase({ title: 'Rows', shared: true });
    const properties = { Next: { id: 'n', type: 'relation', relation: [{ id: other }], has_more: false } };
    const row = notion.addPage({
      title: 'Row',
      parent: { dataSource },
      properties,
      blocks: [blockOf('image', { type: 'file', file: { url: 'https://s3/x' }, caption: rich('Desk') })],
    });
    const context = contextOf();
    const one = connector();
    for await (const _listed of one.list(workspace(), context));
    const texts = await Promise.all(
      [1, 2].map(async () => textOf(await one.fetch(workspace(), { externalId: plain(row) }, undefined, context))),
    );
    expect(texts[0]).toContain('- Next: Other row\n\nDesk\n');
    expect(texts[1]).toBe(texts[0]);
  });
});

describe('what is kept between listings', () => {
  test('is one file beside the one that a cursor may still name; without it everything is listed again', async () => {
    notion.addPage({ shared: true });
    for (let n = 0; n < 4; n++) await list();
    expect(readdirSync(folder)).toHaveLength(2);
    const changes = async (from: string): Promise<void> => {
      for await (const _listed of connector().listChanges!(workspace(), from, contextOf()));
    };
    await changes(cursor!);
    for (const odd of ['', '{}', '7', cursor!.replace('notion-', '../notion-'), cursor!.replace(/owner":"[0-9a-f]/, 'owner":"f')])
      expect(await failureOf(changes(odd))).toMatchObject({ code: 'connector.cursor_lost' });
    // Another integration sees something else.
    notion.botId = '22222222-2222-4222-8222-222222222222';
    expect(await failureOf(changes(cursor!))).toMatchObject({ code: 'connector.cursor_lost' });
  });

  test('without a folder, nothing: each sync lists everything', async () => {
    notion.addPage({ shared: true });
    const { cacheFolder: _, ...context } = contextOf();
    expect(await list(context)).toHaveLength(1);
    expect(cursor).toBeUndefined();
  });
});
