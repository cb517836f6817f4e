/** What there is in a workspace, from search and from the rows of databases: search alone lags and promises no completeness. */
import { AppError } from '../../errors.ts';
import { cursorLost } from '../cursor.ts';
import type { Log } from '../../types.ts';
import { plainId } from './notion-address.ts';
import { failure, isNotFound, isOfOtherKind, unreadable, type Notion } from './notion-api.ts';
import {
  above,
  blockNode,
  databasesOf,
  isTrashed,
  nodeOf,
  readItem,
  readReference,
  type Node,
  type NotionItem,
  type Tree,
} from './notion-pages.ts';

/** Of pages that search names no more, so many are asked for one by one; of more, search is believed. */
const MOST_ASKED = 500;
/** Whether a move to the trash counts as an edit is nowhere said: so many pages of the trash are read whatever their time. */
const TRASH_PAGES = 10;

export interface Gathered {
  tree: Tree;
  /** False: Notion ended a list before its end and said so. What was there before is in the tree all the same. */
  complete: boolean;
}

export interface GatherOptions {
  /** What the source is held to, with what is below it; undefined: everything that is shared. */
  roots?: ReadonlyMap<string, NotionItem | undefined>;
  /** What was there at an earlier listing. */
  old?: Tree;
  /** Only what was edited since, ms: all else is as it was. Undefined: everything. */
  since?: number;
  /** Blocks that pages stand in are taken to be where they were; else each is asked for again. */
  blocksStay?: true;
  log: Log;
}

/** @throws AppError `source.empty` when nothing is shared with the integration, `source.*` when a list ends early */
export async function gather(notion: Notion, options: GatherOptions): Promise<Gathered> {
  const { roots, old, since, log } = options;
  const stays = (node: Node): boolean => since !== undefined || (options.blocksStay === true && node.kind === 'block');
  const tree: Tree = new Map([...(old ?? [])].filter(([, node]) => stays(node)));
  const live = new Set<string>();
  const take = async (value: unknown): Promise<NotionItem | undefined> => {
    const item = await readWhole(notion, value);
    if (!item || isTrashed(item)) return undefined;
    live.add(plainId(item.id));
    tree.set(plainId(item.id), nodeOf(item));
    return item;
  };
  let complete = await search(notion, since, take);
  // Search may not know them yet.
  for (const root of roots?.values() ?? []) if (root) await take(root);
  await placeBlocks(notion, tree);
  const gone = new Set<string>();
  // Databases first: their rows are listed by themselves, and need not be asked for one by one.
  if (since === undefined && old) await confirmMissing(notion, old, tree, { roots, complete, gone, kind: 'data_source' });
  const queried = new Set<string>();
  for (let due = dataSources(tree, roots, queried); due.length > 0; due = dataSources(tree, roots, queried)) {
    for (const id of due) {
      queried.add(id);
      try {
        if (!(await readRows(notion, id, since, take))) complete = false;
      } catch (error) {
        // Named by search, but no longer or not in itself shared.
        if (!isOfOtherKind(error)) throw error;
        log.info({ reason: error instanceof Error ? error.message : '' }, 'the rows of a Notion database could not be listed');
      }
    }
  }
  if (since !== undefined) await orLost(() => takeTrash(notion, since, tree, live));
  else if (old) await confirmMissing(notion, old, tree, { roots, complete, gone });
  await placeBlocks(notion, tree);
  return { tree, complete };
}

/** Pages and data sources within the roots; blocks are but the way to them. */
export function inside(tree: Tree, roots: ReadonlyMap<string, unknown> | undefined): string[] {
  const databases = databasesOf(tree);
  const isRoot = (id: string, database?: string): boolean =>
    roots === undefined || roots.has(id) || (database !== undefined && roots.has(database));
  return [...tree.values()]
    .filter((node) => node.kind !== 'block')
    .filter((node) => isRoot(node.id, node.database) || [...above(tree, node.id, databases)].some((up) => isRoot(up.id, up.database)))
    .map((node) => node.id)
    .toSorted();
}

/** Whether search came to its end. Everything is read with the latest edits last, so that none is passed over meanwhile. */
async function search(
  notion: Notion,
  since: number | undefined,
  take: (value: unknown) => Promise<NotionItem | undefined>,
): Promise<boolean> {
  const sort = { timestamp: 'last_edited_time', direction: since === undefined ? 'ascending' : 'descending' };
  let complete = true;
  let found = 0;
  for await (const { results, request_status: status } of notion.list({ path: '/v1/search', body: { sort } })) {
    found += results.length;
    if (status?.type === 'incomplete') complete = false;
    let newer = results.length === 0;
    for (const value of results) {
      const item = await take(value);
      if (!item || since === undefined || Date.parse(item.last_edited_time) >= since) newer = true;
    }
    if (!newer) break;
  }
  if (found === 0) throw nothingShared();
  return complete;
}

/** The item, asked for by itself where only its id is given; undefined when it cannot be. */
async function readWhole(notion: Notion, value: unknown): Promise<NotionItem | undefined> {
  const item = readItem(value);
  if (item) return item;
  const reference = readReference(value);
  if (!reference) throw unreadable('its list names something that is neither a page nor a database');
  return askItem(notion, reference.object, plainId(reference.id));
}

/** @returns undefined when it is not there or not shared */
export async function askItem(notion: Notion, kind: 'page' | 'data_source', id: string): Promise<NotionItem | undefined> {
  let answer: unknown;
  try {
    answer = await notion.ask({ path: `/v1/${kind}s/${id}` });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const item = readItem(answer);
  if (!item) throw unreadable(`it does not give a ${kind === 'page' ? 'page' : 'database'} as it should`);
  return item;
}

function dataSources(tree: Tree, roots: ReadonlyMap<string, unknown> | undefined, done: ReadonlySet<string>): string[] {
  return inside(tree, roots).filter((id) => tree.get(id)!.kind === 'data_source' && !done.has(id));
}

/**
 * A query ends at a number of rows that Notion does not name: it is begun again at the last time that it came to. False when that
 * many were edited in one minute (by an import, say), which it does not get past.
 */
async function readRows(
  notion: Notion,
  id: string,
  since: number | undefined,
  take: (value: unknown) => Promise<NotionItem | undefined>,
): Promise<boolean> {
  let from = since === undefined ? undefined : new Date(since).toISOString();
  for (;;) {
    let last = from;
    let complete = true;
    const filter = from === undefined ? {} : { filter: { timestamp: 'last_edited_time', last_edited_time: { on_or_after: from } } };
    const body = { sorts: [{ timestamp: 'last_edited_time', direction: 'ascending' }], ...filter };
    for await (const { results, request_status: status } of notion.list({ path: `/v1/data_sources/${id}/query`, body })) {
      for (const value of results) last = (await take(value))?.last_edited_time ?? last;
      if (status?.type === 'incomplete') complete = false;
    }
    if (complete || last === from) return complete;
    from = last;
  }
}

/** Which page the blocks stand on that pages stand in. */
async function placeBlocks(notion: Notion, tree: Tree): Promise<void> {
  for (;;) {
    const due = [...tree.values()].filter((node) => node.inBlock && node.parent !== null && !tree.has(node.parent));
    if (due.length === 0) return;
    for (const id of new Set(due.map((node) => node.parent!))) {
      let answer: unknown;
      try {
        answer = await notion.ask({ path: `/v1/blocks/${id}` });
      } catch (error) {
        if (!isOfOtherKind(error)) throw error;
      }
      tree.set(id, blockNode(id, answer) ?? { id, kind: 'block', title: '', url: '', time: '', parent: null });
    }
  }
}

/** Search has looked in the trash since July 2026: where it does not, changes cannot be told. */
async function orLost(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'notion.validation_error') throw error;
    throw cursorLost("Notion's search does not look in its trash", error);
  }
}

/** Takes out what is in the trash, and what stands in that. */
async function takeTrash(notion: Notion, since: number, tree: Tree, live: ReadonlySet<string>): Promise<void> {
  const trashed = new Set<string>();
  let pages = 0;
  const body = { filter: { in_trash: true }, sort: { timestamp: 'last_edited_time', direction: 'descending' } };
  for await (const { results } of notion.list({ path: '/v1/search', body })) {
    let newer = false;
    for (const value of results) {
      const reference = readReference(value);
      if (!reference) throw unreadable('its trash names something that is neither a page nor a database');
      const id = plainId(reference.id);
      const item = readItem(value);
      if (item && Date.parse(item.last_edited_time) >= since) newer = true;
      // Both lists lag: what either names is asked for.
      const now = live.has(id) ? await askItem(notion, reference.object, id) : undefined;
      if (!now || isTrashed(now)) trashed.add(id);
    }
    if (++pages >= TRASH_PAGES && !newer) break;
  }
  const databases = databasesOf(tree);
  const gone = [...tree.keys()].filter((id) => trashed.has(id) || [...above(tree, id, databases)].some((up) => trashed.has(up.id)));
  for (const id of gone) tree.delete(id);
}

/**
 * Asks for what was there before and is not named now, from the top down: what stood in something gone is gone with it. Past the
 * limit what a complete search does not name is gone, and what an incomplete one does not name stays.
 */
async function confirmMissing(
  notion: Notion,
  old: Tree,
  tree: Tree,
  {
    roots,
    complete,
    gone,
    kind,
  }: { roots: ReadonlyMap<string, unknown> | undefined; complete: boolean; gone: Set<string>; kind?: Node['kind'] },
): Promise<void> {
  const databases = databasesOf(old);
  let asked = 0;
  const missing = inside(old, roots)
    .filter((id) => !tree.has(id) && !gone.has(id) && (kind === undefined || old.get(id)!.kind === kind))
    .map((id) => ({ node: old.get(id)!, up: [...above(old, id, databases)] }))
    .toSorted((a, b) => a.up.length - b.up.length);
  for (const { node, up } of missing) {
    const below = up.some((parent) => gone.has(parent.id));
    if (!below && !complete && asked >= MOST_ASKED) {
      tree.set(node.id, node);
      continue;
    }
    const item = below || ++asked > MOST_ASKED ? undefined : await askItem(notion, node.kind as 'page' | 'data_source', node.id);
    if (item && !isTrashed(item)) tree.set(node.id, nodeOf(item));
    else gone.add(node.id);
  }
}

export function nothingShared(): Error {
  return failure(
    'empty',
    'Notion lets this integration in, but nothing is shared with it. In Notion, open each page that it is to read, choose ••• → Connections and add the integration there; the pages below follow. What was shared a moment ago may take some minutes.',
  );
}
