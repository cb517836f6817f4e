/** What Notion says of pages and databases, and how they stand in each other: what listing and titles are made of. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { pageUrl, plainId } from './notion-address.ts';
import { titleIn } from './notion-properties.ts';
import { wordsOf } from './notion-text.ts';

const parentSchema = z.looseObject({
  type: z.string(),
  page_id: z.string().optional(),
  data_source_id: z.string().optional(),
  database_id: z.string().optional(),
  block_id: z.string().optional(),
});
const common = {
  id: z.string(),
  last_edited_time: z.iso.datetime(),
  in_trash: z.boolean().optional(),
  archived: z.boolean().optional(),
  url: z.string().optional(),
  parent: parentSchema,
  last_edited_by: z.object({ id: z.string() }).optional(),
  properties: z.record(z.string(), z.unknown()),
};
const pageSchema = z.object({ object: z.literal('page'), ...common });
const dataSourceSchema = z.object({
  object: z.literal('data_source'),
  ...common,
  title: z.unknown(),
  description: z.unknown().optional(),
  database_parent: parentSchema.optional(),
});
const itemSchema = z.discriminatedUnion('object', [pageSchema, dataSourceSchema]);
export type NotionItem = z.infer<typeof itemSchema>;

/** A page, a database's data source, or a block that pages stand in. Ids are plain. */
export interface Node {
  id: string;
  kind: 'page' | 'data_source' | 'block';
  title: string;
  url: string;
  /** Of the last edit, ISO; whole minutes. */
  time: string;
  /** Of what it stands in: a node's id, or a database's. Null at the top of the workspace. */
  parent: string | null;
  /** The parent is a block (a column, a toggle) of the page that it stands on. */
  inBlock?: true;
  /** Of a data source: the database that holds it. */
  database?: string;
}

/** By id. */
export type Tree = Map<string, Node>;

/** Undefined of what Notion only names, and of anything else. */
export function readItem(value: unknown): NotionItem | undefined {
  return itemSchema.safeParse(value).data;
}

/** Just the kind and id, which is all that Notion gives of what may not be read whole. */
export function readReference(value: unknown): { object: 'page' | 'data_source'; id: string } | undefined {
  return z.object({ object: z.enum(['page', 'data_source']), id: z.string() }).safeParse(value).data;
}

export function isTrashed(item: NotionItem): boolean {
  return item.in_trash === true || item.archived === true;
}

export function titleOf(item: NotionItem): string {
  return item.object === 'page' ? titleIn(item.properties) : wordsOf(item.title);
}

export function nodeOf(item: NotionItem): Node {
  const id = plainId(item.id);
  const node = { id, kind: item.object, title: titleOf(item), url: pageUrl(item.url, id), time: item.last_edited_time };
  if (item.object === 'page') return { ...node, ...placeIn(item.parent) };
  const database = item.parent.database_id;
  return { ...node, ...placeIn(item.database_parent ?? item.parent), ...(database === undefined ? {} : { database: plainId(database) }) };
}

/** A block that pages stand in; undefined when it is none. */
export function blockNode(id: string, value: unknown): Node | undefined {
  const block = z.object({ object: z.literal('block'), parent: parentSchema }).safeParse(value).data;
  return block && { id, kind: 'block', title: '', url: '', time: '', ...placeIn(block.parent) };
}

function placeIn(parent: z.infer<typeof parentSchema>): Pick<Node, 'parent' | 'inBlock'> {
  const id = parent.data_source_id ?? parent.page_id ?? parent.block_id ?? parent.database_id;
  return { parent: id === undefined ? null : plainId(id), ...(parent.type === 'block_id' ? { inBlock: true } : {}) };
}

/** What a node stands in, as it can be looked up: pages and databases from the innermost out, blocks among them. */
export function* above(tree: Tree, id: string, databases: Map<string, string>): Generator<Node> {
  const seen = new Set([id]);
  for (let at = tree.get(id)?.parent; at !== null && at !== undefined;) {
    const node = tree.get(at) ?? tree.get(databases.get(at) ?? '');
    if (!node || seen.has(node.id)) return;
    seen.add(node.id);
    yield node;
    at = node.parent;
  }
}

/** From a database's id to that of its (first) data source: parents may name either. */
export function databasesOf(tree: Tree): Map<string, string> {
  const found = new Map<string, string>();
  for (const node of tree.values()) if (node.database !== undefined && !found.has(node.database)) found.set(node.database, node.id);
  return found;
}

/** Titles of the pages and databases that a node stands in, outermost first. */
export function pathOf(tree: Tree, id: string, databases: Map<string, string>): string[] {
  return [...above(tree, id, databases)]
    .filter((node) => node.kind !== 'block' && node.title !== '')
    .map((node) => node.title)
    .toReversed();
}

/** An edit is dated to the minute that it began in: of a page whose minute is not over for certain, another may follow unseen. */
const SETTLED_MS = 120_000;

/**
 * Time of the last edit with a hash of address and path, which change when a page above it is renamed or moved.
 * Undefined, so that it is fetched and compared each time, while more edits of the same time may come.
 * @param asOf Notion's clock when the listing began
 */
export function versionOf(node: Node, path: string[], asOf: number): string | undefined {
  if (Date.parse(node.time) > asOf - SETTLED_MS) return undefined;
  const place = createHash('sha256')
    .update(JSON.stringify([node.url, node.title, ...path]))
    .digest('base64url')
    .slice(0, 10);
  return `${node.time} ${place}`;
}
