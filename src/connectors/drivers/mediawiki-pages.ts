/** What MediaWiki's listings say of pages, and what of it makes a listed document. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ConnectorContext, ListedDocument } from '../connector.ts';
import { unreadable, type Wiki } from './mediawiki-api.ts';

const pageSchema = z.object({
  pageid: z.number().optional(),
  ns: z.number().optional(),
  title: z.string().optional(),
  missing: z.boolean().optional(),
  redirect: z.boolean().optional(),
  touched: z.iso.datetime().optional(),
  lastrevid: z.number().optional(),
  pagelanguagehtmlcode: z.string().optional(),
  canonicalurl: z.string().optional(),
  actions: z.object({ read: z.boolean().optional() }).optional(),
  revisions: z
    .array(z.object({ revid: z.number(), timestamp: z.string().optional(), user: z.string().optional(), anon: z.boolean().optional() }))
    .optional(),
});
export type Page = z.infer<typeof pageSchema>;
const pagesSchema = z.object({
  query: z.object({ pages: z.array(pageSchema).optional() }).optional(),
  batchcomplete: z.boolean().optional(),
});

/**
 * Of each page the state that decides whether it is fetched, and what a fetch cannot tell; no text. What is tested and revisions
 * come for 50 pages at once (500 with the right "apihighlimits"), so no more are asked for.
 */
const aboutPages = {
  action: 'query',
  prop: 'info|revisions',
  rvprop: 'ids|timestamp|user',
  inprop: 'url',
  intestactions: 'read',
};

/** Pages of a generator or of ids, each once and whole: what one answer leaves out of a batch comes with those after it. */
export async function* readPages(wiki: Wiki, selection: Record<string, string>, context: ConnectorContext): AsyncIterable<Page> {
  const batch = new Map<string, Page>();
  for await (const answer of wiki.callAll({ ...aboutPages, ...selection }, context)) {
    const parsed = pagesSchema.safeParse(answer);
    // Without pages and without saying so, it is no answer.
    if (!parsed.success || (!parsed.data.query && parsed.data.batchcomplete === undefined && !answer.continue))
      throw unreadable(wiki.site.name, 'its list of pages is not as a MediaWiki gives it');
    for (const page of parsed.data.query?.pages ?? []) {
      const key = String(page.pageid ?? page.title);
      batch.set(key, { ...batch.get(key), ...page });
    }
    if (!parsed.data.batchcomplete) continue;
    yield* batch.values();
    batch.clear();
  }
  yield* batch.values();
}

/** What a listing hands on to the fetch of a page, so that it need not ask again. */
const placeSchema = z.object({
  revision: z.number(),
  title: z.string(),
  url: z.string(),
  language: z.string().optional(),
  changedAt: z.number().optional(),
  owner: z.string().optional(),
});
export type PagePlace = z.infer<typeof placeSchema>;

export function placeOf(page: Page): PagePlace | undefined {
  const latest = page.revisions?.[0];
  const changedAt = Date.parse(latest?.timestamp ?? '');
  const place = {
    revision: page.lastrevid,
    title: page.title,
    url: page.canonicalurl,
    language: page.pagelanguagehtmlcode,
    ...(Number.isFinite(changedAt) ? { changedAt } : {}),
    // An anonymous editor is known by an address, which is nobody's to show.
    ...(latest?.user !== undefined && !latest.anon ? { owner: latest.user } : {}),
  };
  return placeSchema.safeParse(place).data;
}

export function readPlace(text: string | undefined): PagePlace | undefined {
  try {
    return text === undefined ? undefined : placeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * The version is the latest revision, `touched`, and title with address. `touched` because an edited template gives the pages
 * that use it no revision; it also moves when a linked page is made or the page is purged, and then a fetch finds the same bytes.
 * @param changedAt ISO: what the page is made of changed then, whether the wiki's jobs have touched the page since or not
 */
export function listedPage(page: Page, changedAt?: string): ListedDocument {
  const externalId = String(page.pageid);
  if (page.actions && page.actions.read !== true)
    return { externalId, problem: `"${page.title ?? externalId}": the wiki does not let this account read it` };
  const place = placeOf(page);
  if (!place || !page.touched) return { externalId, problem: `"${page.title ?? externalId}": the wiki does not say which revision it has` };
  const touched = [page.touched, changedAt ?? ''].sort().at(-1)!;
  const name = createHash('sha256').update(`${place.title}\n${place.url}`).digest('base64url').slice(0, 8);
  return { externalId, version: `${place.revision} ${touched} ${name}`, place: JSON.stringify(place) };
}
