/** What is shared with an integration of a Notion workspace, through Notion's REST interface. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Outbound } from '../../net/outbound.ts';
import type { Connector, ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../connector.ts';
import { cursorLost, parseCursor } from '../cursor.ts';
import { looksLikeNotion, plainId, rootOf } from './notion-address.ts';
import { failure, isOfOtherKind, NOTION_API, openNotion, unreadable, type Notion, type Pace } from './notion-api.ts';
import { askItem, gather, inside, nothingShared } from './notion-gather.ts';
import { recall, remember, type Memory } from './notion-memory.ts';
import { fetchPage, writePlace, type Names } from './notion-page.ts';
import { databasesOf, isTrashed, pathOf, versionOf, type NotionItem, type Tree } from './notion-pages.ts';

export interface NotionOptions {
  /** Where Notion answers. Default https://api.notion.com. */
  api?: string;
  /**
   * Of workspaces with so many pages at most, a listing of changes looks at all of them (a request for each hundred): search by the
   * last edit does not show what was shared, unshared or moved. Default 5,000.
   */
  smallUpTo?: number;
}

/** Notion's times are whole minutes, and search comes behind by some. */
const OVERLAP_MS = 86_400_000;

/** What fetches of a run know from its listing. */
interface Run {
  tree: Tree;
  names: Names;
}

/**
 * The location is a workspace (everything shared with the integration) or one page or database (what is below it). External ids
 * are ids of pages and data sources, without dashes; moves keep them. Versions are described at `versionOf`. A listing in which
 * search names nothing throws; what search no longer names is asked for before it counts as gone.
 */
export function createNotionConnector(options: NotionOptions = {}): Connector {
  const { api = NOTION_API, smallUpTo = 5_000 } = options;
  const pace: Pace = new Map();
  const runs = new WeakMap<Outbound, Run>();
  const open = (source: SourceLocation, context: ConnectorContext): Notion => openNotion(api, pace, source, context);
  const runOf = (context: ConnectorContext): Run => {
    const run = runs.get(context.outbound) ?? { tree: new Map(), names: new Map() };
    runs.set(context.outbound, run);
    return run;
  };
  const list = async function* (source: SourceLocation, context: ConnectorContext): AsyncIterable<ListedDocument> {
    const notion = open(source, context);
    const { roots, owner, asOf } = await enter(notion, source);
    const before = context.cacheFolder === undefined ? undefined : await recall(context.cacheFolder, owner);
    const { tree, complete } = await gather(notion, { ...held(roots), ...(before ? { old: before.tree } : {}), log: context.log });
    runOf(context).tree = tree;
    await keep(context, owner, tree, asOf, before?.name);
    const versions = listedIn(tree, roots, asOf);
    yield* versions.values();
    if (!complete)
      yield {
        externalId: 'search',
        problem: 'Notion ended its list of pages early and says so: there may be pages that are not listed',
        // What this process knows of before was asked for by itself; another one may have known more.
        unseen: true,
      };
  };
  return {
    kind: 'notion',
    capabilities: { incremental: true, seesDeletions: true, knowsReaders: false },
    blindSpots: [
      'Who may read a page: Notion does not tell, so all who may read this source may read every page that is shared with the integration.',
      'Pages that are not shared with the integration. Notion lists by its search, which comes some minutes late and is not promised to be complete; rows of databases are listed exactly.',
      `In workspaces of more than ${smallUpTo.toLocaleString('en')} pages, between full listings: what was shared, unshared, moved or restored without an edit.`,
      'Uploaded files and text in pictures (captions and names are read), comments, transcripts of meetings, and blocks that Notion gives to nobody.',
      'Of properties with more than 25 people, mentions or related pages, those beyond; a change in a synced block or a related page shows with the next edit of the page itself.',
    ],
    credential: {
      fields: [{ name: 'token', label: 'Integration token', secret: true }],
      required: true,
      rights:
        'The secret of an internal integration with the capability "Read content" alone ("Read user information" adds names of editors), made at notion.so/profile/integrations. Then share with it what it may read: on a page, ••• → Connections; the pages below follow.',
    },
    accepts: looksLikeNotion,
    async check(source, context) {
      const notion = open(source, context);
      await enter(notion, source);
      for await (const { results } of notion.list({ path: '/v1/search', body: {} })) if (results.length > 0) return;
      throw nothingShared();
    },
    list,
    async *listChanges(source, cursor, context) {
      const notion = open(source, context);
      const { roots, owner, asOf } = await enter(notion, source);
      const before = await lastListing(cursor, owner, context);
      if (asOf < before.asOf) throw cursorLost("Notion's clock went back");
      const since = before.tree.size <= smallUpTo ? {} : { since: before.asOf - OVERLAP_MS };
      const { tree, complete } = await gather(notion, { ...held(roots), ...since, old: before.tree, blocksStay: true, log: context.log });
      if (!complete) throw cursorLost('Notion ended its list of changes early');
      runOf(context).tree = tree;
      await keep(context, owner, tree, asOf, before.name);
      const was = listedIn(before.tree, roots, before.asOf);
      const now = listedIn(tree, roots, asOf);
      for (const [id, listed] of now) if (listed.version === undefined || listed.version !== was.get(id)?.version) yield listed;
      for (const id of was.keys()) if (!now.has(id)) yield { externalId: id, gone: true };
    },
    async fetch(source, listed, _validators, context): Promise<Fetched> {
      const { tree, names } = runOf(context);
      try {
        return await fetchPage(open(source, context), listed, { titleOf: (id) => tree.get(id)?.title || undefined }, names);
      } catch (error) {
        // Not of this page but of the way to Notion: it is to be asked for again, though a listing of changes would not name it.
        if (error instanceof AppError && error.code.startsWith('source.') && !error.retryable)
          throw new AppError({
            code: error.code,
            message: error.message,
            publicMessage: error.publicMessage ?? error.message,
            retryable: true,
          });
        throw error;
      }
    },
  };
}

interface Entered {
  roots: Roots | undefined;
  /** Who sees what: the integration and the location. */
  owner: string;
  /** Notion's clock, ms. */
  asOf: number;
}

/** @throws AppError `source.not_shared` when the page or database of the location is not there for this integration */
async function enter(notion: Notion, source: SourceLocation): Promise<Entered> {
  const me = z.object({ object: z.literal('user'), id: z.string() }).safeParse(await notion.ask({ path: '/v1/users/me' }));
  if (!me.success) throw unreadable('it does not say whose token this is');
  const asOf = notion.now();
  const root = rootOf(source.location);
  const roots = root === undefined ? undefined : await rootsOf(notion, root);
  return { roots, owner: `${plainId(me.data.id)} ${root ?? ''}`, asOf };
}

/** The page, or the database (of which there is no item) with its data sources. */
type Roots = ReadonlyMap<string, NotionItem | undefined>;

async function rootsOf(notion: Notion, id: string): Promise<Roots> {
  const found = (await itemRoot(notion, 'page', id)) ?? (await databaseRoots(notion, id)) ?? (await itemRoot(notion, 'data_source', id));
  if (found) return found;
  throw failure(
    'not_shared',
    'Notion shows this integration no page or database at this address. Open it in Notion and add the integration under ••• → Connections; if it is there, check that the address is right and of the same workspace.',
  );
}

async function itemRoot(notion: Notion, kind: 'page' | 'data_source', id: string): Promise<Roots | undefined> {
  const item = await orUndefined(() => askItem(notion, kind, id));
  if (item && isTrashed(item))
    throw failure('not_shared', 'The page at this address is in the trash of Notion. Restore it there, or give another address.');
  return item && new Map([[id, item]]);
}

async function databaseRoots(notion: Notion, id: string): Promise<Roots | undefined> {
  const database = await orUndefined(() => notion.ask({ path: `/v1/databases/${id}` }));
  const parsed = z.object({ object: z.literal('database'), data_sources: z.array(z.object({ id: z.string() })) }).safeParse(database).data;
  if (!parsed) return undefined;
  const roots = new Map<string, NotionItem | undefined>([[id, undefined]]);
  for (const one of parsed.data_sources)
    roots.set(plainId(one.id), await orUndefined(() => askItem(notion, 'data_source', plainId(one.id))));
  return roots;
}

async function orUndefined<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isOfOtherKind(error)) return undefined;
    throw error;
  }
}

function held(roots: Roots | undefined): { roots?: Roots } {
  return roots === undefined ? {} : { roots };
}

/** By id, in the order of ids. */
function listedIn(tree: Tree, roots: Roots | undefined, asOf: number): Map<string, ListedDocument> {
  const databases = databasesOf(tree);
  return new Map(
    inside(tree, roots).map((id) => {
      const node = tree.get(id)!;
      const path = pathOf(tree, id, databases);
      const version = versionOf(node, path, asOf);
      const place = writePlace({ kind: node.kind === 'data_source' ? 'data_source' : 'page', path });
      return [id, { externalId: id, ...(version === undefined ? {} : { version }), place }];
    }),
  );
}

const cursorSchema = z.object({ owner: z.string(), listing: z.string() });

async function keep(context: ConnectorContext, owner: string, tree: Tree, asOf: number, read: string | undefined): Promise<void> {
  // Without what was there, changes cannot be told.
  if (context.cacheFolder === undefined) return;
  const listing = await remember(context.cacheFolder, owner, tree, asOf, read);
  context.keepCursor?.(JSON.stringify({ owner, listing } satisfies z.infer<typeof cursorSchema>));
}

async function lastListing(cursor: string, owner: string, context: ConnectorContext): Promise<Memory> {
  const parsed = parseCursor(cursor, cursorSchema);
  if (parsed.owner !== owner) throw cursorLost('it is of another integration or another page');
  const memory = context.cacheFolder === undefined ? undefined : await recall(context.cacheFolder, owner, parsed.listing);
  if (!memory) throw cursorLost('what the last listing found is no longer kept');
  return memory;
}
