/** Where a person opens a repository's files and a wiki's pages, and which files of a wiki are pages. Part of the git driver. Pure. */
import type { DocumentFormat } from '../connector.ts';
import { fileFormatOf } from '../file-formats.ts';
import { webAddress } from './folder.ts';
import type { RemotePlace } from './git-address.ts';

/** The markups of wikis' pages; those that are not Markdown are read as their text. */
const pageFormats = new Map<string, DocumentFormat>([
  ...['md', 'markdown', 'mkd', 'mkdn', 'mdown'].map((ending) => [ending, 'markdown'] as const),
  ...['textile', 'asciidoc', 'adoc', 'asc', 'rst', 'rest', 'mediawiki', 'wiki', 'org', 'creole', 'rdoc', 'pod'].map(
    (ending) => [ending, 'text'] as const,
  ),
]);

/** What frames each page, and what new ones are made from. */
const frame = /^_(?:sidebar|footer|header|template)$/i;

/** The name of a wiki's page with its folders, as its address has it; undefined for attachments and for what is no page. */
export function wikiPageName(file: string): string | undefined {
  const [, name, ending] = /^(.+)\.(\w+)$/s.exec(file) ?? [];
  return name === undefined || !pageFormats.has(ending!.toLowerCase()) ? undefined : name;
}

/** @param wiki the file is of a wiki, where more markups are pages, and sidebars and templates are none */
export function formatOf(file: string, { wiki, forge }: Pick<RemotePlace, 'wiki' | 'forge'>): DocumentFormat | undefined {
  if (wiki === undefined) return forge === 'gitlab' ? asGitlab(fileFormatOf(file)) : fileFormatOf(file);
  if (frame.test((wikiPageName(file) ?? '').split('/').at(-1)!)) return undefined;
  if (forge === 'gitlab' && file.startsWith('templates/') && wikiPageName(file) !== undefined) return undefined;
  const format = pageFormats.get(/\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? '') ?? fileFormatOf(file);
  return forge === 'gitlab' ? asGitlab(format) : format;
}

/** Its headings' anchors are other ones than GitHub's. */
function asGitlab(format: DocumentFormat | undefined): DocumentFormat | undefined {
  return format === 'markdown' ? 'gitlab-markdown' : format;
}

/**
 * The page of a file: by the source's base URL as for a folder, else on the forge; null where the forge is unknown.
 * @param file relative to the repository's root
 * @param folder of the repository that the source is of: the base URL is that folder's
 */
export function pageOf(
  place: Pick<RemotePlace, 'url' | 'forge' | 'wiki'> | undefined,
  branch: string | undefined,
  file: string,
  baseUrl?: string,
  folder = '',
): string | null {
  if (baseUrl !== undefined) {
    const inside = file === folder ? file.split('/').at(-1)! : file.slice(folder === '' ? 0 : folder.length + 1);
    return webAddress(baseUrl, place?.wiki === undefined ? inside : (wikiPageName(inside) ?? inside));
  }
  if (place?.forge === undefined) return null;
  const { url, forge, wiki } = place;
  const root = url.pathname.replace(/\.git$/i, '').replace(wiki === undefined ? /$^/ : /\.wiki$/i, '');
  const address = `${url.origin}${root}`;
  if (wiki !== undefined) {
    const page = wikiPageName(file);
    if (forge === 'gitlab') return `${wiki === 'group' ? `${url.origin}/groups${root}` : address}/-/wikis/${encoded(page ?? file)}`;
    // GitHub and Gitea: one level of names, whatever folder a page's file is in.
    return `${address}/wiki/${encoded(page === undefined ? file : pageOnOneLevel(page))}`;
  }
  const at = encoded(branch ?? 'HEAD');
  const path = encoded(file);
  if (forge === 'github') return `${address}/blob/${at}/${path}`;
  if (forge === 'gitlab') return `${address}/-/blob/${at}/${path}`;
  if (forge === 'bitbucket') return `${address}/src/${at}/${path}`;
  return `${address}/src/branch/${at}/${path}`;
}

/** The address that a `[[link]]` to a page means; undefined where the forge is unknown. */
export function linkedPage(place: Pick<RemotePlace, 'url' | 'forge' | 'wiki'>, target: string): string | undefined {
  const [name = '', anchor] = target.split('#', 2) as [string, string?];
  const page = name.trim().replace(/^\/+/, '').replaceAll(/\s+/g, '-');
  const address = page === '' ? '' : pageOf(place, undefined, `${page}.md`);
  if (address === null) return undefined;
  return `${address}${anchor === undefined ? '' : `#${encodeURIComponent(anchor.trim())}`}` || undefined;
}

function pageOnOneLevel(page: string): string {
  return page.split('/').at(-1)!.replaceAll(' ', '-');
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
