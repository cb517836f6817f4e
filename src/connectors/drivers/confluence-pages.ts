/** Pages, blog posts and files as both interfaces name them, and what of it makes a listed document. */
import { z } from 'zod';
import type { Principal } from '../../types.ts';
import type { DocumentFormat, ListedDocument } from '../connector.ts';
import { contentTypeFormat, fileFormatOf, maxBytesOf } from '../file-formats.ts';
import { digestOf } from './confluence-api.ts';

/** What a listing hands on to the fetch. */
const placeSchema = z.object({
  type: z.enum(['page', 'blogpost', 'attachment']),
  /** Of a file: the page that it hangs on. */
  container: z.string().optional(),
  containerTitle: z.string().optional(),
  title: z.string(),
  /** Below the wiki's base. */
  webui: z.string().optional(),
  download: z.string().optional(),
  format: z.string().optional(),
  changedAt: z.number().optional(),
  /** A name, or on Cloud the id of an account. */
  by: z.string().optional(),
  byId: z.string().optional(),
});
export type ContentPlace = z.infer<typeof placeSchema>;

export interface Content {
  id: string;
  type: 'page' | 'blogpost';
  title: string;
  space: string;
  version: number;
  place: ContentPlace;
}

export interface FileContent {
  id: string;
  container: string;
  title: string;
  version: number;
  mediaType: string;
  bytes: number | undefined;
  place: Omit<ContentPlace, 'containerTitle' | 'format'>;
}

/** Formats of files that are read; pages of HTML among the files are mostly exports of the wiki itself. */
const fileFormats = new Set<DocumentFormat>(['pdf', 'docx', 'pptx', 'xlsx', 'csv', 'markdown', 'text']);

export function readPlace(text: string | undefined): ContentPlace | undefined {
  try {
    return text === undefined ? undefined : placeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Why nobody may be let in, as a person reads it. */
const withheld = (title: string): string =>
  `"${title}": the wiki does not tell Docent who may read it, or what stands above it, so it is withheld from everybody`;

/**
 * The version is the wiki's own, with title and space: a page may be moved to another space without a new one.
 * @param readers undefined: they could not be found out
 */
export function listedPage(content: Content, readers: Principal[][] | undefined): ListedDocument {
  const version = `${content.version} ${digestOf(content.title, content.space)}`;
  const place = JSON.stringify(content.place);
  if (!readers) return { externalId: content.id, version, place, readers: [[]], problem: withheld(content.title) };
  return { externalId: content.id, version, place, readers };
}

/** A file under the title of its page; undefined for one of a format that is not read. */
export function listedFile(file: FileContent, containerTitle: string, readers: Principal[][] | undefined): ListedDocument | undefined {
  const format = formatOf(file);
  if (!format) return undefined;
  const version = `${file.version} ${digestOf(file.title)}`;
  const entry = { externalId: file.id, version, place: JSON.stringify({ ...file.place, containerTitle, format }) };
  if (!readers) return { ...entry, readers: [[]], problem: withheld(`${containerTitle}: ${file.title}`) };
  const most = maxBytesOf(format);
  if (file.bytes !== undefined && file.bytes > most) {
    const mb = (bytes: number): string => `${Math.round(bytes / 100_000) / 10} MB`;
    return { ...entry, readers, problem: `"${containerTitle}: ${file.title}" is ${mb(file.bytes)} in size; the limit is ${mb(most)}` };
  }
  return { ...entry, readers };
}

function formatOf({ title, mediaType }: FileContent): DocumentFormat | undefined {
  const format =
    fileFormatOf(title) ?? (title.includes('.') ? undefined : contentTypeFormat(mediaType.toLowerCase().split(';')[0]!.trim()));
  return format && fileFormats.has(format) ? format : undefined;
}

const linksSchema = z.looseObject({ webui: z.string().optional(), download: z.string().optional() }).optional();
const contentSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  type: z.enum(['page', 'blogpost']),
  status: z.string(),
  title: z.string(),
  space: z.looseObject({ key: z.string() }),
  version: z.looseObject({
    number: z.number(),
    when: z.string().optional(),
    by: z.looseObject({ displayName: z.string().nullish() }).nullish(),
  }),
  ancestors: z.array(z.looseObject({ id: z.union([z.string(), z.number()]), type: z.string().optional() })).optional(),
  _links: linksSchema,
});
export type V1Content = z.infer<typeof contentSchema>;
export const parseV1Content = (one: unknown): V1Content | undefined => contentSchema.safeParse(one).data;

/** A page of the first interface (`expand=version,space`). */
export function contentOfV1(one: V1Content): Content {
  const { version, title, type } = one;
  const place: ContentPlace = {
    type,
    title,
    ...optional({ webui: one._links?.webui, changedAt: timeOf(version.when), by: nameOf(version.by) }),
  };
  return { id: String(one.id), type, title, space: one.space.key, version: version.number, place };
}

const fileSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  type: z.literal('attachment'),
  status: z.string().optional(),
  title: z.string(),
  version: z.looseObject({
    number: z.number(),
    when: z.string().optional(),
    by: z.looseObject({ displayName: z.string().nullish() }).nullish(),
  }),
  container: z.looseObject({ id: z.union([z.string(), z.number()]), type: z.string().optional() }).optional(),
  extensions: z.looseObject({ mediaType: z.string().optional(), fileSize: z.number().optional() }).optional(),
  metadata: z.looseObject({ mediaType: z.string().optional() }).optional(),
  _links: linksSchema,
});
export type V1File = z.infer<typeof fileSchema>;
export const parseV1File = (one: unknown): V1File | undefined => fileSchema.safeParse(one).data;

/** A file of the first interface (`expand=version`). */
export function fileOfV1(one: V1File, container: string): FileContent {
  const { title, version } = one;
  return {
    id: String(one.id),
    container,
    title,
    version: version.number,
    mediaType: one.extensions?.mediaType ?? one.metadata?.mediaType ?? '',
    bytes: one.extensions?.fileSize,
    place: {
      type: 'attachment',
      container,
      title,
      ...optional({ webui: one._links?.webui, download: one._links?.download, changedAt: timeOf(version.when), by: nameOf(version.by) }),
    },
  };
}

const v2Version = z.looseObject({ number: z.number(), createdAt: z.string().optional(), authorId: z.string().nullish() });
const v2Schema = z.looseObject({
  id: z.string(),
  status: z.string(),
  title: z.string(),
  spaceId: z.string(),
  parentId: z.string().nullish(),
  parentType: z.string().nullish(),
  version: v2Version,
  _links: linksSchema,
});
export type V2Content = z.infer<typeof v2Schema>;
export const parseV2Content = (one: unknown): V2Content | undefined => v2Schema.safeParse(one).data;

/** A page or blog post of the second interface. */
export function contentOfV2(one: V2Content, type: 'page' | 'blogpost', space: string): Content {
  const { title, version } = one;
  const place: ContentPlace = {
    type,
    title,
    ...optional({ webui: one._links?.webui, changedAt: timeOf(version.createdAt), byId: version.authorId ?? undefined }),
  };
  return { id: one.id, type, title, space, version: version.number, place };
}

const v2FileSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  title: z.string(),
  pageId: z.string().nullish(),
  blogPostId: z.string().nullish(),
  mediaType: z.string().nullish(),
  fileSize: z.number().nullish(),
  webuiLink: z.string().nullish(),
  downloadLink: z.string().nullish(),
  version: v2Version,
  _links: linksSchema,
});
export type V2File = z.infer<typeof v2FileSchema>;
export const parseV2File = (one: unknown): V2File | undefined => v2FileSchema.safeParse(one).data;

/** A file of the second interface; undefined for one that hangs on neither a page nor a blog post. */
export function fileOfV2(one: V2File): FileContent | undefined {
  const container = one.pageId ?? one.blogPostId;
  if (!container) return undefined;
  const { title, version } = one;
  return {
    id: one.id,
    container,
    title,
    version: version.number,
    mediaType: one.mediaType ?? '',
    bytes: one.fileSize ?? undefined,
    place: {
      type: 'attachment',
      container,
      title,
      ...optional({
        webui: one.webuiLink ?? one._links?.webui,
        download: one.downloadLink ?? one._links?.download,
        changedAt: timeOf(version.createdAt),
        byId: version.authorId ?? undefined,
      }),
    },
  };
}

function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isFinite(time) ? time : undefined;
}

function nameOf(by: { displayName?: string | null | undefined } | null | undefined): string | undefined {
  return by?.displayName || undefined;
}

/** Without what is undefined. */
function optional<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
