/** One page or database of Notion as a document. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Fetched, ListedDocument } from '../connector.ts';
import { pageUrl, plainId } from './notion-address.ts';
import { isNotFound, isOfOtherKind, type Notion } from './notion-api.ts';
import { readBlocks } from './notion-blocks.ts';
import { askItem } from './notion-gather.ts';
import { blocksToMarkdown, type MarkdownContext } from './notion-markdown.ts';
import { isTrashed, titleOf, type NotionItem } from './notion-pages.ts';
import { ownerIn, propertiesToMarkdown, schemaToMarkdown } from './notion-properties.ts';
import { richText } from './notion-text.ts';

const placeSchema = z.object({ kind: z.enum(['page', 'data_source']), path: z.array(z.string()) });
/** What a listing hands on to the fetch. */
export type NotionPlace = z.infer<typeof placeSchema>;

/** Names of people by their id, as far as this run asked for them. */
export type Names = Map<string, Promise<string | undefined>>;

/**
 * Markdown with front matter: the title, and in `breadcrumbs` those of the pages above. Its bytes are the same as long as
 * its words, links and place are: no address that ends within the hour, no time, no editor.
 */
export async function fetchPage(notion: Notion, listed: ListedDocument, context: MarkdownContext, names: Names): Promise<Fetched> {
  const id = listed.externalId;
  const place = readPlace(listed.place);
  const item = await askEither(notion, place?.kind, id);
  if (!item || isTrashed(item)) return { kind: 'gone' };
  const body = await bodyOf(notion, item, context);
  if (body === undefined) return { kind: 'gone' };
  const title = titleOf(item) || 'Untitled';
  const matter = [
    `title: ${JSON.stringify(title)}`,
    ...(place && place.path.length > 0 ? [`breadcrumbs: ${JSON.stringify(place.path)}`] : []),
  ];
  const owner = ownerIn(item.properties) ?? (await nameOf(notion, item.last_edited_by?.id, names));
  return {
    kind: 'document',
    bytes: Buffer.from(`---\n${matter.join('\n')}\n---\n\n${body}\n`),
    format: 'markdown',
    url: pageUrl(item.url, plainId(item.id)),
    title,
    changedAt: Date.parse(item.last_edited_time),
    ...(owner === undefined ? {} : { owner }),
  };
}

async function bodyOf(notion: Notion, item: NotionItem, context: MarkdownContext): Promise<string | undefined> {
  if (item.object === 'data_source') return joined([richText(item.description), schemaToMarkdown(item.properties)]);
  try {
    const blocks = await readBlocks(notion, plainId(item.id));
    return joined([propertiesToMarkdown(item.properties, context), blocksToMarkdown(blocks, context)]);
  } catch (error) {
    // Unshared or trashed between the two requests.
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function askEither(notion: Notion, kind: NotionPlace['kind'] | undefined, id: string): Promise<NotionItem | undefined> {
  if (kind !== undefined) return askItem(notion, kind, id);
  try {
    const page = await askItem(notion, 'page', id);
    if (page) return page;
  } catch (error) {
    if (!isOfOtherKind(error)) throw error;
  }
  return askItem(notion, 'data_source', id);
}

/** Needs the capability to read users; without it nobody is named. */
function nameOf(notion: Notion, id: string | undefined, names: Names): Promise<string | undefined> {
  if (id === undefined) return Promise.resolve(undefined);
  const known = names.get(id) ?? (names.has('') ? Promise.resolve(undefined) : askName(notion, id, names));
  names.set(id, known);
  return known;
}

async function askName(notion: Notion, id: string, names: Names): Promise<string | undefined> {
  try {
    const user = z
      .object({ type: z.string().optional(), name: z.string().nullish() })
      .safeParse(await notion.ask({ path: `/v1/users/${id}` })).data;
    return user?.type === 'person' ? (user.name ?? undefined) : undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'source.rights') names.set('', Promise.resolve(undefined));
    else if (!isOfOtherKind(error)) throw error;
    return undefined;
  }
}

export function writePlace(place: NotionPlace): string {
  return JSON.stringify(place);
}

function readPlace(text: string | undefined): NotionPlace | undefined {
  try {
    return text === undefined ? undefined : placeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function joined(parts: string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
