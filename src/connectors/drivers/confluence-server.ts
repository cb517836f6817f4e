/** All of a Data Center's spaces, by its one interface. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Principal } from '../../types.ts';
import type { ConnectorContext } from '../connector.ts';
import type { Parameters, Wiki } from './confluence-api.ts';
import { contentOfV1, fileOfV1, parseV1Content, parseV1File, type Content, type FileContent, type V1Content } from './confluence-pages.ts';
import { expandedRestriction, expandedRestrictions, type Listing, type Node, type Tree } from './confluence-readers.ts';
import type { Space } from './confluence-spaces.ts';
import { incomplete, unreadable } from './confluence-refusals.ts';

/** Data Center gives at most 200 with anything expanded; each page comes with up to 25 of its files. */
const AT_ONCE = 100;
const FILES_AT_ONCE = 200;
const expanded = 'version,space,ancestors';
const withFiles = 'children.attachment.version';
/** Pages above others that were not listed and are looked at, to see whether the listing lacks them. */
const LOOKED_AT = 5;

/**
 * Throws when a part is missing.
 * @param what `tree`: without the files
 */
export async function listServer(wiki: Wiki, spaces: Space[], context: ConnectorContext, what: 'all' | 'tree' = 'all'): Promise<Listing> {
  const contents: Content[] = [];
  const files: FileContent[] = [];
  const tree: Tree = { nodes: new Map(), restrictions: new Map<string, Principal[]>(), ask: (at) => askServer(at.id, wiki, context) };
  const listed = new Set<string>();
  for (const { key } of spaces)
    for (const type of ['page', 'blogpost'] as const)
      for await (const one of currentIn(key, type, what, wiki, context)) {
        const page = readContent(one, wiki);
        if (page.status !== 'current') continue;
        const content = contentOfV1(page);
        contents.push(content);
        listed.add(content.id);
        addNodes(page, tree.nodes);
        const restriction = await expandedRestriction(one, wiki, context);
        if (restriction) tree.restrictions.set(content.id, restriction);
        if (what === 'tree') continue;
        for await (const file of filesWith(one, content.id, wiki, context)) files.push(file);
      }
  await checkAbove(tree.nodes, listed, spaces, wiki, context);
  return { contents, files, tree };
}

export function readContent(one: unknown, wiki: Wiki): V1Content {
  const parsed = parseV1Content(one);
  if (!parsed) throw unreadable(wiki.host, 'what it says of a page is not as a Confluence says it');
  return parsed;
}

/** A page and all above it, as `expand=ancestors` names them from the top. */
export function addNodes(page: V1Content, nodes: Map<string, Node>): void {
  if (page.type === 'page' && page.ancestors === undefined) return;
  let parent: Node['parent'];
  for (const { id, type = 'page' } of [...(page.ancestors ?? []), { id: page.id, type: page.type }]) {
    nodes.set(String(id), { id: String(id), parent });
    parent = { id: String(id), type };
  }
}

async function* currentIn(
  spaceKey: string,
  type: 'page' | 'blogpost',
  what: 'all' | 'tree',
  wiki: Wiki,
  context: ConnectorContext,
): AsyncIterable<unknown> {
  const expand = [expanded, ...(what === 'all' ? [withFiles] : []), ...(wiki.anonymous ? [] : [expandedRestrictions])].join(',');
  const parameters = { type, spaceKey, status: 'current', limit: String(AT_ONCE), expand };
  if (type === 'page') {
    try {
      // By a cursor, which no removal shifts; there is none for blog posts, and none before 7.18.
      yield* wiki.list('/rest/api/content/scan', parameters, context);
      return;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'confluence.missing') throw error;
    }
  }
  yield* byOffset('/rest/api/content', parameters, wiki, context);
}

/** What is removed meanwhile shifts what comes after it: more than one answer is listed twice, and what either has is there. */
export async function* byOffset(path: string, parameters: Parameters, wiki: Wiki, context: ConnectorContext): AsyncIterable<unknown> {
  const seen = new Set<string>();
  for (let pass = 0; pass < 2; pass++) {
    const listing = wiki.list(path, { ...parameters, start: '0' }, context);
    let next = await listing.next();
    for (; !next.done; next = await listing.next()) {
      const id = String(z.looseObject({ id: z.union([z.string(), z.number()]) }).safeParse(next.value).data?.id);
      if (!seen.has(id)) yield next.value;
      seen.add(id);
    }
    if (next.value === 1) return;
  }
}

const childrenSchema = z.looseObject({
  children: z.looseObject({
    attachment: z.looseObject({
      results: z.array(z.unknown()),
      limit: z.number().optional(),
      _links: z.looseObject({ next: z.string().optional() }).optional(),
    }),
  }),
});

async function* filesWith(page: unknown, id: string, wiki: Wiki, context: ConnectorContext): AsyncIterable<FileContent> {
  const attached = childrenSchema.safeParse(page).data?.children.attachment;
  const all = attached && attached._links?.next === undefined && attached.results.length < (attached.limit ?? 25);
  const path = `/rest/api/content/${id}/child/attachment`;
  const found = all ? attached.results : byOffset(path, { expand: 'version', limit: String(FILES_AT_ONCE) }, wiki, context);
  for await (const one of found) {
    const file = parseV1File(one);
    if (!file) throw unreadable(wiki.host, 'what it says of a file is not as a Confluence says it');
    if ((file.status ?? 'current') === 'current') yield fileOfV1(file, id);
  }
}

/** Where a page stands; undefined when the account may not know. */
export async function askServer(id: string, wiki: Wiki, context: ConnectorContext): Promise<Node | undefined> {
  const page = parseV1Content(await askContent(id, wiki, context));
  if (!page || (page.type === 'page' && !page.ancestors)) return undefined;
  const parent = page.ancestors?.at(-1);
  return { id, parent: parent ? { id: String(parent.id), type: 'page' } : undefined };
}

async function askContent(id: string, wiki: Wiki, context: ConnectorContext): Promise<unknown> {
  try {
    return await wiki.get(`/rest/api/content/${encodeURIComponent(id)}`, { status: 'any', expand: 'version,space,ancestors' }, context);
  } catch (error) {
    if (error instanceof AppError && error.code === 'confluence.forbidden') return undefined;
    throw error;
  }
}

/** A current page of these spaces that stands above another and was not listed: then the listing lacks it, and maybe more. */
async function checkAbove(
  nodes: Map<string, Node>,
  listed: Set<string>,
  spaces: Space[],
  wiki: Wiki,
  context: ConnectorContext,
): Promise<void> {
  const unlisted = [...nodes.keys()].filter((id) => !listed.has(id)).slice(0, LOOKED_AT);
  for (const id of unlisted) {
    const page = parseV1Content(await askContent(id, wiki, context));
    const isOurs = page?.status === 'current' && spaces.some(({ key }) => key === page.space.key);
    // One of a later time came while it was listed.
    if (isOurs && Date.parse(page.version.when ?? '') < wiki.time) throw incomplete(wiki);
  }
}
