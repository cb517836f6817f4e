/** All of a Cloud's spaces: pages, blog posts and files by the second interface, restrictions by the first, which alone has them. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Principal } from '../../types.ts';
import type { ConnectorContext } from '../connector.ts';
import type { Wiki } from './confluence-api.ts';
import { contentOfV2, fileOfV2, parseV2Content, parseV2File, type Content, type FileContent } from './confluence-pages.ts';
import { expandedRestriction, expandedRestrictions, type Listing, type Node } from './confluence-readers.ts';
import { spaceClauses, type Space } from './confluence-spaces.ts';
import { incomplete, unreadable } from './confluence-refusals.ts';

/** The most that the second interface gives at once. */
const AT_ONCE = '250';
/** How many spaces one request may name. */
const SPACES_AT_ONCE = 100;
/** What the search has and the listing has not is mostly gone; of so many it is asked. */
const LOOKED_AT = 3;

/** Throws when a part is missing. */
export async function listCloud(wiki: Wiki, spaces: Space[], context: ConnectorContext): Promise<Listing> {
  const { contents, tree } = await treeOfCloud(wiki, spaces, context);
  return { contents, files: await filesOf(contents, wiki, context), tree };
}

/** All but the files. */
export async function treeOfCloud(wiki: Wiki, spaces: Space[], context: ConnectorContext): Promise<Omit<Listing, 'files'>> {
  const contents: Content[] = [];
  const nodes = new Map<string, Node>();
  for (const type of ['page', 'blogpost'] as const) {
    for await (const one of contentsIn(spaces, type, { status: 'current', sort: 'id' }, wiki, context)) {
      if (one.status !== 'current') continue;
      const space = spaces.find(({ id }) => id === one.spaceId);
      if (!space) throw unreadable(wiki.host, 'it lists pages of spaces that were not asked for');
      contents.push(contentOfV2(one, type, space.key));
      nodes.set(one.id, nodeOf(one));
    }
  }
  const restrictions = await restrictionsIn(spaces, wiki, context);
  const unlisted = [...restrictions.keys()].filter((id) => !nodes.has(id));
  for (const id of unlisted.slice(0, LOOKED_AT))
    for (const type of ['page', 'blogpost']) await askWhole({ id, type }, spaces, wiki, context);
  return { contents, tree: { nodes, restrictions, ask: (parent) => askWhole(parent, spaces, wiki, context) } };
}

/** Pages or blog posts of the spaces, whatever their status. */
export async function* contentsIn(
  spaces: Space[],
  type: 'page' | 'blogpost',
  parameters: Record<string, string>,
  wiki: Wiki,
  context: ConnectorContext,
): AsyncIterable<NonNullable<ReturnType<typeof parseV2Content>>> {
  for (let at = 0; at < spaces.length; at += SPACES_AT_ONCE) {
    const ids = spaces.slice(at, at + SPACES_AT_ONCE).map(({ id }) => id);
    const asked = { 'space-id': ids.join(','), limit: AT_ONCE, ...parameters };
    for await (const one of wiki.list(type === 'page' ? '/api/v2/pages' : '/api/v2/blogposts', asked, context)) {
      const parsed = parseV2Content(one);
      if (!parsed) throw unreadable(wiki.host, 'what it says of a page is not as a Confluence says it');
      yield parsed;
    }
  }
}

function nodeOf({
  id,
  parentId,
  parentType,
}: {
  id: string;
  parentId?: string | null | undefined;
  parentType?: string | null | undefined;
}): Node {
  return { id, parent: parentId ? { id: parentId, type: parentType ?? 'page' } : undefined };
}

/**
 * The restrictions of what the search finds, a few hundred at once; what it does not find (it lags behind) is asked for one by
 * one later.
 */
async function restrictionsIn(spaces: Space[], wiki: Wiki, context: ConnectorContext): Promise<Map<string, Principal[]>> {
  const found = new Map<string, Principal[]>();
  if (wiki.anonymous) return found;
  for (const clause of spaceClauses(spaces)) {
    const parameters = { cql: `${clause} and type in (page,blogpost) order by created`, expand: expandedRestrictions, limit: '200' };
    try {
      for await (const one of wiki.list('/rest/api/content/search', parameters, context)) {
        const id = z.looseObject({ id: z.union([z.string(), z.number()]) }).safeParse(one).data?.id;
        const restriction = id === undefined ? undefined : await expandedRestriction(one, wiki, context);
        if (restriction) found.set(String(id), restriction);
      }
    } catch (error) {
      if (!(error instanceof AppError) || !['confluence.missing', 'source.unreadable'].includes(error.code)) throw error;
      // One draft above a page that the account may not read fails a whole answer (CONFCLOUD-77618).
      context.log.warn({ reason: error.message }, 'the search does not tell restrictions; each page is asked for its own');
    }
  }
  return found;
}

const folders: Readonly<Record<string, string>> = {
  page: 'pages',
  blogpost: 'blogposts',
  folder: 'folders',
  whiteboard: 'whiteboards',
  database: 'databases',
  embed: 'embeds',
};
const aboveSchema = z.looseObject({
  id: z.string(),
  status: z.string().optional(),
  spaceId: z.string().optional(),
  parentId: z.string().nullish(),
  parentType: z.string().nullish(),
  version: z.looseObject({ createdAt: z.string().optional() }).optional(),
});

/** Where a page, folder, whiteboard or database stands; undefined when the account may not know. */
export async function askCloud(at: { id: string; type: string }, wiki: Wiki, context: ConnectorContext) {
  const path = folders[at.type];
  if (path === undefined) return undefined;
  try {
    const parsed = aboveSchema.safeParse(await wiki.get(`/api/v2/${path}/${encodeURIComponent(at.id)}`, {}, context));
    if (!parsed.success) return undefined;
    const { status, spaceId, version } = parsed.data;
    return { ...nodeOf(parsed.data), status, spaceId, changedAt: Date.parse(version?.createdAt ?? '') };
  } catch (error) {
    if (error instanceof AppError && error.code === 'confluence.forbidden') return undefined;
    throw error;
  }
}

/**
 * Of what was not listed: where it stands.
 * @throws AppError `source.incomplete` when it is a current page of these spaces, and older than the listing: then the listing
 * lacks it, and maybe more
 */
async function askWhole(
  parent: { id: string; type: string },
  spaces: Space[],
  wiki: Wiki,
  context: ConnectorContext,
): Promise<Node | undefined> {
  const found = await askCloud(parent, wiki, context);
  const isPage = parent.type === 'page' || parent.type === 'blogpost';
  const isOurs = found?.status === 'current' && found.changedAt < wiki.time && spaces.some(({ id }) => id === found.spaceId);
  if (isPage && isOurs) throw incomplete(wiki);
  return found;
}

/**
 * The files of these pages. They are listed for the whole site, or for one page at a time: the first until it has taken more
 * requests than the second would.
 */
async function filesOf(contents: Content[], wiki: Wiki, context: ConnectorContext): Promise<FileContent[]> {
  const ours = new Set(contents.map(({ id }) => id));
  const files: FileContent[] = [];
  const take = (one: unknown): void => {
    const parsed = parseV2File(one);
    if (!parsed) throw unreadable(wiki.host, 'what it says of a file is not as a Confluence says it');
    const file = parsed.status === 'current' ? fileOfV2(parsed) : undefined;
    if (file && ours.has(file.container)) files.push(file);
  };
  let seen = 0;
  let whole = true;
  for await (const one of wiki.list('/api/v2/attachments', { status: 'current', limit: AT_ONCE }, context)) {
    if (++seen > ours.size * Number(AT_ONCE)) {
      whole = false;
      break;
    }
    take(one);
  }
  if (whole) return files;
  files.length = 0;
  for (const { id, type } of contents) {
    const path = `/api/v2/${type === 'page' ? 'pages' : 'blogposts'}/${id}/attachments`;
    try {
      for await (const one of wiki.list(path, { status: 'current', limit: AT_ONCE }, context)) take(one);
    } catch (error) {
      // The page went meanwhile.
      if (!(error instanceof AppError) || error.code !== 'confluence.missing') throw error;
    }
  }
  return files;
}
