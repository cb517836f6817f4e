/** What changed in a Confluence: its search names what was edited, its trash what is gone. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { ConnectorContext, ListedDocument } from '../connector.ts';
import { cursorLost, parseCursor } from '../cursor.ts';
import { digestOf, type Wiki } from './confluence-api.ts';
import { askCloud, contentsIn, treeOfCloud } from './confluence-cloud.ts';
import { contentOfV1, fileOfV1, listedFile, listedPage, parseV1File, readPlace } from './confluence-pages.ts';
import { expandedRestriction, expandedRestrictions, readersOf, type Tree } from './confluence-readers.ts';
import { addNodes, askServer, byOffset, listServer, readContent } from './confluence-server.ts';
import { spaceClauses, type Space } from './confluence-spaces.ts';
import { unreadable } from './confluence-refusals.ts';

/**
 * The search takes whole minutes in the time zone of the account or the server, at most twelve hours behind what Docent writes;
 * and its index lags behind the pages. What comes again is known by its version.
 */
const OVERLAP_MS = 24 * 3_600_000;
/** Long before this everything has been listed anew. */
const LOST_MS = 30 * 86_400_000;
const AT_ONCE = '100';
/** Data Center's most for a listing without bodies. */
const TRASH_AT_ONCE = 200;

/** Of more files than this the pages are not remembered: with a page in the trash they go when everything is listed. */
const MOST_FILES = 20_000;
/** What stands above a changed page takes about so many requests. */
const REQUESTS_EACH = 3;
/** A listing of all pages with their restrictions, in two kinds of requests. */
const PAGES_A_REQUEST = 100;

const knownSchema = z.object({
  /** Of each page, what hangs on it: what goes into the trash with a page is named nowhere. */
  files: z.record(z.string(), z.array(z.string())),
  /** About how many pages there are. */
  pages: z.number(),
});
type Known = z.infer<typeof knownSchema>;
const cursorSchema = knownSchema.extend({ since: z.iso.datetime(), shape: z.string() });

/** The wiki's own time, and what a change of it would need everything listed for. */
export function writeCursor(wiki: Wiki, spaces: Space[], { files, pages }: Known): string {
  const few = Object.values(files).reduce((sum, { length }) => sum + length, 0) <= MOST_FILES;
  return JSON.stringify({ since: new Date(wiki.time).toISOString(), shape: shapeOf(wiki, spaces), files: few ? files : {}, pages });
}

function shapeOf(wiki: Wiki, spaces: Space[]): string {
  return digestOf(wiki.base, wiki.flavour, ...spaces.map(({ key }) => key));
}

/** @throws AppError `connector.cursor_lost` when the cursor is of other spaces, or too old */
export async function* listWikiChanges(
  wiki: Wiki,
  spaces: Space[],
  cursor: string,
  context: ConnectorContext,
): AsyncIterable<ListedDocument> {
  const { since, files, pages } = readCursor(cursor, wiki, spaces);
  // What is in the trash is gone, even where the search still has it.
  const gone = new Set<string>();
  for await (const id of trashSeen(wiki, spaces, context)) {
    if (gone.has(id)) continue;
    gone.add(id);
    yield { externalId: id, gone: true };
    for (const file of files[id] ?? []) yield { externalId: file, gone: true };
    delete files[id];
  }
  const found: unknown[] = [];
  for (const clause of spaceClauses(spaces)) {
    const cql = `${clause} and type in (page,blogpost,attachment) and lastmodified >= "${since}" order by lastmodified`;
    // Cloud's trees are asked of the second interface, which has the folders.
    const more = [...(wiki.flavour === 'server' ? ['ancestors'] : []), ...(wiki.anonymous ? [] : [expandedRestrictions])];
    const expand = ['version', 'space', 'container', ...more].join(',');
    for await (const one of wiki.list('/rest/api/content/search', { cql, expand, limit: AT_ONCE }, context)) found.push(one);
  }
  const tree = await treeFor(found.length, pages, wiki, spaces, context);
  for (const one of found) {
    const entry = await entryOf(one, gone, tree, wiki, context);
    if (!entry) continue;
    const container = readPlace(entry.place)?.container;
    if (container !== undefined && !files[container]?.includes(entry.externalId)) (files[container] ??= []).push(entry.externalId);
    yield entry;
  }
  await wiki.confirm(context);
  context.keepCursor?.(writeCursor(wiki, spaces, { files, pages }));
}

/** What stands above a few is asked for; of many, all pages are listed, where that takes fewer requests. */
async function treeFor(changed: number, pages: number, wiki: Wiki, spaces: Space[], context: ConnectorContext): Promise<Tree> {
  const fewer = changed * REQUESTS_EACH > pages / PAGES_A_REQUEST;
  if (fewer && !wiki.anonymous)
    return (await (wiki.flavour === 'cloud' ? treeOfCloud(wiki, spaces, context) : listServer(wiki, spaces, context, 'tree'))).tree;
  const ask: Tree['ask'] = (at) => (wiki.flavour === 'cloud' ? askCloud(at, wiki, context) : askServer(at.id, wiki, context));
  return { nodes: new Map(), restrictions: new Map(), ask };
}

/** The time as the search takes it: `2026-11-21 10:05`. */
function readCursor(text: string, wiki: Wiki, spaces: Space[]): Known & { since: string } {
  const cursor = parseCursor(text, cursorSchema);
  if (cursor.shape !== shapeOf(wiki, spaces)) throw cursorLost('there are other spaces than there were');
  const age = wiki.time - Date.parse(cursor.since);
  if (age > LOST_MS) throw cursorLost('the cursor is too old');
  if (age < 0) throw cursorLost("the wiki's clock went back");
  const since = new Date(Date.parse(cursor.since) - OVERLAP_MS).toISOString();
  return { ...cursor, since: since.slice(0, 16).replace('T', ' ') };
}

const idSchema = z.looseObject({ id: z.union([z.string(), z.number()]) });

/** Some accounts may read a space, but not its trash: then what is gone is found when everything is listed. */
async function* trashSeen(wiki: Wiki, spaces: Space[], context: ConnectorContext): AsyncIterable<string> {
  try {
    yield* trashed(wiki, spaces, context);
  } catch (error) {
    if (!(error instanceof AppError) || !['confluence.forbidden', 'confluence.missing'].includes(error.code)) throw error;
    context.log.info({ reason: error.message }, 'the trash cannot be listed');
  }
}

/** Ids of what is in the trash, or archived. */
async function* trashed(wiki: Wiki, spaces: Space[], context: ConnectorContext): AsyncIterable<string> {
  for (const type of ['page', 'blogpost'] as const) {
    if (wiki.flavour === 'cloud') {
      const status = type === 'page' ? 'trashed,archived' : 'trashed';
      for await (const one of contentsIn(spaces, type, { status }, wiki, context)) if (one.status !== 'current') yield one.id;
    } else {
      for (const { key } of spaces) {
        const parameters = { type, spaceKey: key, status: 'trashed', limit: String(TRASH_AT_ONCE) };
        for await (const one of byOffset('/rest/api/content', parameters, wiki, context)) {
          const parsed = z.looseObject({ ...idSchema.shape, status: z.string() }).safeParse(one);
          if (!parsed.success) throw unreadable(wiki.host, 'what it says of its trash is not as a Confluence says it');
          if (parsed.data.status === 'trashed') yield String(parsed.data.id);
        }
      }
    }
  }
}

/** Its container is asked about by itself where that did not change. */
const containedSchema = z.looseObject({
  container: z.looseObject({
    id: z.union([z.string(), z.number()]),
    type: z.enum(['page', 'blogpost']),
    status: z.string().optional(),
    title: z.string(),
  }),
});

async function entryOf(
  one: unknown,
  gone: Set<string>,
  tree: Tree,
  wiki: Wiki,
  context: ConnectorContext,
): Promise<ListedDocument | undefined> {
  const file = parseV1File(one);
  if (file) {
    const container = containedSchema.safeParse(one).data?.container;
    // On a comment, a draft or a template.
    if (!container || (container.status ?? 'current') !== 'current' || (file.status ?? 'current') !== 'current') return undefined;
    const id = String(container.id);
    if (gone.has(id)) return { externalId: String(file.id), gone: true };
    if (container.type === 'blogpost') tree.nodes.set(id, { id, parent: undefined });
    return listedFile(fileOfV1(file, id), container.title, await readersOf(id, tree, wiki, context));
  }
  const page = readContent(one, wiki);
  const content = contentOfV1(page);
  if (page.status !== 'current' || gone.has(content.id)) return undefined;
  if (wiki.flavour === 'server') addNodes(page, tree.nodes);
  else if (page.type === 'blogpost') tree.nodes.set(content.id, { id: content.id, parent: undefined });
  const restriction = await expandedRestriction(one, wiki, context);
  if (restriction) tree.restrictions.set(content.id, restriction);
  return listedPage(content, await readersOf(content.id, tree, wiki, context));
}
