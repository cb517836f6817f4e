/** One page, blog post or file of a Confluence. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { ConnectorContext, DocumentFormat, Fetched, ListedDocument } from '../connector.ts';
import { maxBytesOf } from '../file-formats.ts';
import { once, type Wiki } from './confluence-api.ts';
import { parseV1Content, parseV2Content, readPlace, type ContentPlace } from './confluence-pages.ts';
import { mentionedIn, storageDocument } from './confluence-storage.ts';

/** Confluence itself saves no page larger than 5 MB; parsing longer ones would hold up everything else. */
const MOST_CHARACTERS = 6_000_000;

const gone = { kind: 'gone' } as const;

/** @param webBase where pages hang, in the place of what the wiki says */
export async function fetchContent(
  wiki: Wiki,
  listed: ListedDocument,
  webBase: string | undefined,
  context: ConnectorContext,
): Promise<Fetched> {
  const place = readPlace(listed.place) ?? { type: 'page', title: listed.externalId };
  if (place.type === 'attachment') return fetchFile(wiki, listed.externalId, place, webBase, context);
  const page = await (wiki.flavour === 'cloud' ? askCloud : askServer)(wiki, listed.externalId, place.type, context);
  if (!page) {
    // Who is nobody all of a sudden finds nothing at all.
    await wiki.confirm(context);
    return gone;
  }
  // Who may read it was listed before: a text that was written since may be meant for fewer.
  if (listed.version !== undefined && page.version > Number.parseInt(listed.version, 10))
    throw new AppError({
      code: 'document.edited',
      message: 'the page was edited since it was listed',
      publicMessage: 'It was edited while the space was being read; the next sync reads it.',
      retryable: true,
    });
  if (page.storage.length > MOST_CHARACTERS) throw unreadable('document.too_large', 'it is longer than any page that Confluence saves');
  const base = webBase ?? wiki.webBase();
  const url = base + (page.webui ?? `/pages/viewpage.action?pageId=${listed.externalId}`);
  const html = storageDocument({
    title: page.title,
    url,
    storage: page.storage,
    base,
    newEditor: page.newEditor,
    people: await peopleOf(page.storage, wiki, context),
    ...(page.space === undefined ? {} : { spaceKey: page.space }),
  });
  const owner = page.by ?? (page.byId === undefined ? undefined : await nameOf(page.byId, wiki, context));
  return {
    kind: 'document',
    bytes: Buffer.from(html),
    format: 'html',
    url,
    title: page.title,
    ...(owner === undefined ? {} : { owner }),
    ...(page.changedAt === undefined ? {} : { changedAt: page.changedAt }),
  };
}

interface Page {
  title: string;
  version: number;
  storage: string;
  newEditor: boolean;
  webui: string | undefined;
  space: string | undefined;
  changedAt: number | undefined;
  by?: string | undefined;
  byId?: string | undefined;
}

const bodySchema = z.looseObject({ body: z.looseObject({ storage: z.looseObject({ value: z.string() }) }) });
const propertiesSchema = z.looseObject({
  properties: z.looseObject({ results: z.array(z.looseObject({ key: z.string(), value: z.unknown() })) }),
});

async function askCloud(wiki: Wiki, id: string, type: 'page' | 'blogpost', context: ConnectorContext): Promise<Page | undefined> {
  const path = `/api/v2/${type === 'page' ? 'pages' : 'blogposts'}/${encodeURIComponent(id)}`;
  const answer = await wiki.get(path, { 'body-format': 'storage', 'include-properties': 'true' }, context);
  if (answer === undefined) return undefined;
  const page = parseV2Content(answer);
  if (page && page.status !== 'current') return undefined;
  const body = bodySchema.safeParse(answer);
  if (!page || !body.success) throw notAsUsual();
  const properties = propertiesSchema.safeParse(answer).data?.properties.results ?? [];
  return {
    title: page.title,
    storage: body.data.body.storage.value,
    newEditor: properties.some(({ key, value }) => key === 'editor' && value === 'v2'),
    webui: page._links?.webui,
    space: /^\/spaces\/([^/]+)\//.exec(page._links?.webui ?? '')?.[1],
    changedAt: timeOf(page.version.createdAt),
    byId: page.version.authorId ?? undefined,
    version: page.version.number,
  };
}

async function askServer(wiki: Wiki, id: string, _type: string, context: ConnectorContext): Promise<Page | undefined> {
  const parameters = { status: 'current', expand: 'body.storage,version,space' };
  const answer = await wiki.get(`/rest/api/content/${encodeURIComponent(id)}`, parameters, context);
  if (answer === undefined) return undefined;
  const page = parseV1Content(answer);
  if (page && page.status !== 'current') return undefined;
  const body = bodySchema.safeParse(answer);
  if (!page || !body.success) throw notAsUsual();
  return {
    title: page.title,
    storage: body.data.body.storage.value,
    newEditor: false,
    webui: page._links?.webui,
    space: page.space.key,
    changedAt: timeOf(page.version.when),
    by: page.version.by?.displayName ?? undefined,
    version: page.version.number,
  };
}

async function fetchFile(
  wiki: Wiki,
  id: string,
  place: ContentPlace,
  webBase: string | undefined,
  context: ConnectorContext,
): Promise<Fetched> {
  const format = (place.format ?? 'text') as DocumentFormat;
  const path =
    wiki.flavour === 'cloud'
      ? `/rest/api/content/${encodeURIComponent(place.container ?? '')}/child/attachment/${encodeURIComponent(id)}/download`
      : place.download;
  if (path === undefined || !path.startsWith('/')) throw unreadable('document.unreadable', 'the wiki does not say where the file is');
  const response = await wiki.download(path, {}, maxBytesOf(format), context);
  if (response.status === 404 || response.status === 410) {
    await wiki.confirm(context);
    return gone;
  }
  const type = (response.headers['content-type'] ?? '').toLowerCase();
  if (response.status !== 200 || type.startsWith('text/html')) {
    await wiki.confirm(context);
    const why = response.status === 200 ? 'the wiki answers with a web page in place of the file' : `the wiki answers ${response.status}`;
    throw new AppError({
      code: 'document.unreadable',
      message: why,
      publicMessage: why,
      retryable: response.status >= 500 || response.status === 429,
    });
  }
  const owner = place.by ?? (place.byId === undefined ? undefined : await nameOf(place.byId, wiki, context));
  return {
    kind: 'document',
    bytes: await response.bytes(),
    format,
    url: (webBase ?? wiki.webBase()) + (place.webui ?? `/pages/viewpage.action?pageId=${place.container}`),
    title: place.containerTitle === undefined ? place.title : `${place.containerTitle}: ${place.title}`,
    ...(owner === undefined ? {} : { owner }),
    ...(place.changedAt === undefined ? {} : { changedAt: place.changedAt }),
  };
}

async function peopleOf(storage: string, wiki: Wiki, context: ConnectorContext): Promise<Map<string, string>> {
  const people = new Map<string, string>();
  for (const id of mentionedIn(storage)) {
    const name = await nameOf(id, wiki, context);
    if (name !== undefined) people.set(id, name);
  }
  return people;
}

const namedSchema = z.looseObject({ displayName: z.string().min(1) });

/** What a person is called; undefined when the wiki does not say. Asked once for a run. */
function nameOf(id: string, wiki: Wiki, context: ConnectorContext): Promise<string | undefined> {
  return once(wiki, `name ${id}`, async () => {
    try {
      const by: Record<string, string> = wiki.flavour === 'cloud' ? { accountId: id } : { key: id };
      return namedSchema.safeParse(await wiki.get('/rest/api/user', by, context)).data?.displayName;
    } catch (error) {
      if (error instanceof AppError && !error.retryable && error.code !== 'source.credential') return undefined;
      throw error;
    }
  });
}

function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isFinite(time) ? time : undefined;
}

function notAsUsual(): AppError {
  return unreadable('document.unreadable', 'the wiki does not give its text as a Confluence does');
}

function unreadable(code: string, publicMessage: string): AppError {
  return new AppError({ code, message: publicMessage, publicMessage });
}
