/** Which locations are git repositories, and where a person opens their files. Part of the git driver. Pure. */
import { fileURLToPath } from 'node:url';
import { webAddress } from './folder.ts';

export type GitPlace = { kind: 'remote'; url: URL } | { kind: 'local'; folder: string } | { kind: 'other'; scheme: string };

const forges = new Set(['github.com', 'gitlab.com', 'codeberg.org', 'bitbucket.org']);

/** True for addresses ending in `.git`, `git+https://…`, repositories of the well-known forges, and bare folders (`….git`). */
export function isRepository(location: string): boolean {
  const place = placeOf(location);
  // Taken in order to say why it cannot be read.
  if (place.kind === 'other') return place.scheme === 'ssh' || place.scheme === 'git';
  if (/^git\+/i.test(location)) return true;
  if (place.kind === 'local') return /\.git\/*$/i.test(place.folder);
  const { hostname, pathname } = place.url;
  const parts = pathname.split('/').filter(Boolean);
  if (/\.git$/i.test(parts.at(-1) ?? '')) return true;
  if (!forges.has(hostname) || parts.includes('-')) return false;
  // GitLab has groups within groups; these names are pages of its own.
  if (hostname === 'gitlab.com') return parts.length >= 2 && !['explore', 'users', 'help', 'groups'].includes(parts[0]!);
  return parts.length === 2 && !['orgs', 'users', 'topics', 'features', 'settings', 'marketplace', 'collections'].includes(parts[0]!);
}

/** Ssh addresses and unknown schemes are `other`. */
export function placeOf(location: string): GitPlace {
  const text = location.trim().replace(/^git\+/i, '');
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return /^[\w.-]+@[\w.-]+:/.test(text) ? { kind: 'other', scheme: 'ssh' } : { kind: 'local', folder: text };
  if (scheme === 'file') return URL.canParse(text) ? { kind: 'local', folder: fileURLToPath(text) } : { kind: 'other', scheme };
  if ((scheme === 'https' || scheme === 'http') && URL.canParse(text)) {
    const url = new URL(text);
    url.hash = '';
    url.search = '';
    url.pathname = url.pathname.replace(/\/+$/, '');
    return { kind: 'remote', url };
  }
  return { kind: 'other', scheme };
}

/**
 * The page of a file: by the source's base URL as for a folder, else on the forge.
 * @param file relative to the repository's root
 */
export function pageOf(repository: URL | undefined, branch: string | undefined, file: string, baseUrl: string | undefined): string | null {
  if (baseUrl !== undefined) return webAddress(baseUrl, file);
  if (!repository) return null;
  const { hostname } = repository;
  const address = `${repository.origin}${repository.pathname.replace(/\.git$/i, '')}`;
  const at = (branch ?? 'HEAD').split('/').map(encodeURIComponent).join('/');
  const path = file.split('/').map(encodeURIComponent).join('/');
  const wiki = address.endsWith('.wiki') ? address.slice(0, -5) : undefined;
  // A wiki's pages have one level of names, whatever folder their file is in.
  const wikiPage = encodeURIComponent((file.split('/').at(-1) ?? '').replace(/\.\w+$/, ''));
  if (hostname === 'github.com' || hostname.startsWith('github.'))
    return wiki ? `${wiki}/wiki/${wikiPage}` : `${address}/blob/${at}/${path}`;
  if (hostname.includes('gitlab')) return wiki ? `${wiki}/-/wikis/${path.replace(/\.\w+$/, '')}` : `${address}/-/blob/${at}/${path}`;
  if (hostname === 'bitbucket.org') return `${address}/src/${at}/${path}`;
  if (hostname === 'codeberg.org' || /^(?:gitea|forgejo)\./.test(hostname)) return `${address}/src/branch/${at}/${path}`;
  return null;
}
