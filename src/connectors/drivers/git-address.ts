/** What an address that a person pasted stands for: which repository, whether it is a wiki's, and where within it. Part of the git driver. Pure. */
import { fileURLToPath } from 'node:url';

/** Software whose addresses are known. `gitea` is Forgejo and Codeberg, too. */
export type Forge = 'github' | 'gitlab' | 'gitea' | 'bitbucket';

export interface RemotePlace {
  kind: 'remote';
  /** What git asks. */
  url: URL;
  forge?: Forge;
  /** It is the repository behind a wiki: of a project, or of a whole group (GitLab). */
  wiki?: 'project' | 'group';
  /** Behind `tree` or `blob`: a branch's or tag's name and then a folder or file; only the repository's branches say where the one ends. */
  within?: string[];
}

export type GitPlace = RemotePlace | { kind: 'local'; folder: string } | { kind: 'other'; scheme: string };

const publicHosts = new Set(['github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org']);
const notOwners = new Set(
  'orgs users topics features settings marketplace collections sponsors enterprise about apps login search explore help groups dashboard projects profile'.split(
    ' ',
  ),
);

/**
 * True for addresses ending in `.git`, `git+https://…`, repositories, wikis and folders on the well-known forges, GitLab's own
 * addresses (`/-/wikis`, `/-/tree`, `/-/blob`) on any host, and bare folders (`….git`).
 */
export function isRepository(location: string): boolean {
  const place = placeOf(location);
  // Taken in order to say why it cannot be read.
  if (place.kind === 'other') return place.scheme === 'ssh' || place.scheme === 'git';
  if (/^\s*git\+/i.test(location)) return true;
  if (place.kind === 'local') return /\.git\/*$/i.test(place.folder);
  const { hostname, pathname } = new URL(location.trim());
  const parts = partsOf(pathname);
  if (/\.git$/i.test(parts.at(-1) ?? '')) return true;
  const dash = dashIn(hostname, parts);
  if (dash > 0) return ['wikis', 'tree', 'blob'].includes(parts[dash + 1] ?? '');
  if (notOwners.has(parts[0] ?? '')) return false;
  // GitLab has groups within groups.
  if (hostname === 'gitlab.com') return parts.length >= 2;
  if (isGithub(hostname)) return parts.length === 2 || (parts.length > 2 && (place.wiki !== undefined || place.within !== undefined));
  if (hostname === 'codeberg.org') return parts.length === 2 || place.wiki !== undefined || place.within !== undefined;
  return hostname === 'bitbucket.org' && (parts.length === 2 || place.within !== undefined);
}

/** `handbook`, `handbook wiki`; undefined for what is no address of a repository. */
export function repositoryName(location: string): string | undefined {
  const place = placeOf(location);
  const last =
    place.kind === 'local'
      ? place.folder.split(/[/\\]/).findLast(Boolean)
      : place.kind === 'remote'
        ? partsOf(place.url.pathname).at(-1)
        : undefined;
  const name = last?.replace(/(\.wiki)?\.git$/i, '');
  return name && place.kind === 'remote' && place.wiki ? `${name} wiki` : name || undefined;
}

/** Ssh addresses and unknown schemes are `other`. */
export function placeOf(location: string): GitPlace {
  const text = location.trim().replace(/^git\+/i, '');
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return /^[\w.-]+@[\w.-]+:/.test(text) ? { kind: 'other', scheme: 'ssh' } : { kind: 'local', folder: text };
  if (scheme === 'file') return localPlace(text) ?? { kind: 'other', scheme };
  if ((scheme === 'https' || scheme === 'http') && URL.canParse(text)) return remotePlace(new URL(text));
  return { kind: 'other', scheme };
}

function localPlace(text: string): GitPlace | undefined {
  try {
    return { kind: 'local', folder: fileURLToPath(text) };
  } catch {
    return undefined;
  }
}

function remotePlace(url: URL): RemotePlace {
  url.hash = '';
  url.search = '';
  // A token is not to go there in the clear, though they would lead on to https.
  if (publicHosts.has(url.hostname) && url.port === '') url.protocol = 'https:';
  const parts = partsOf(url.pathname);
  const dash = dashIn(url.hostname, parts);
  const forge = dash > 0 ? 'gitlab' : (forgeOfHost(url.hostname) ?? forgeOfPath(parts));
  const at = (path: string[], ending: string): URL => {
    const found = new URL(url);
    found.pathname = `/${path.join('/').replace(/\.git$/i, '')}${ending}`;
    return found;
  };
  const place = (found: URL, more: Omit<RemotePlace, 'kind' | 'url' | 'forge'> = {}): RemotePlace => ({
    kind: 'remote',
    url: found,
    ...(forge === undefined ? {} : { forge }),
    ...more,
  });
  if (/\.git$/i.test(parts.at(-1) ?? '')) {
    const wiki = /\.wiki\.git$/i.test(parts.at(-1)!);
    // A project always stands in a group.
    return place(at(parts, '.git'), wiki ? { wiki: parts.length > 1 ? 'project' : 'group' } : {});
  }
  if (forge === 'gitlab') {
    const group = parts[0] === 'groups' && parts[dash + 1] === 'wikis';
    const path = dash < 0 ? parts : parts.slice(group ? 1 : 0, dash);
    if (dash > 0 && parts[dash + 1] === 'wikis') return place(at(path, '.wiki.git'), { wiki: group ? 'group' : 'project' });
    if (dash < 0 && path.at(-1)?.endsWith('.wiki')) return place(at(path, '.git'), { wiki: 'project' });
    return place(at(path, '.git'), dash > 0 && /^(?:tree|blob|raw)$/.test(parts[dash + 1] ?? '') ? within(parts.slice(dash + 2)) : {});
  }
  const [owner = '', name = '', what, ...rest] = parts;
  if (forge === undefined || owner === '' || name === '') {
    url.pathname = url.pathname.replace(/\/+$/, '');
    return place(url);
  }
  if (what === 'wiki' && forge !== 'bitbucket') return place(at([owner, name], '.wiki.git'), { wiki: 'project' });
  if (what === undefined && /\.wiki$/i.test(name)) return place(at([owner, name], '.git'), { wiki: 'project' });
  const inGitea = forge === 'gitea' && what === 'src' && rest[0] === 'branch';
  if (inGitea) return place(at([owner, name], '.git'), within(rest.slice(1)));
  const inside = forge === 'bitbucket' ? what === 'src' : what === 'tree' || what === 'blob';
  return place(at([owner, name], '.git'), inside ? within(rest) : {});
}

function forgeOfHost(hostname: string): Forge | undefined {
  if (isGithub(hostname)) return 'github';
  if (hostname === 'bitbucket.org') return 'bitbucket';
  if (hostname === 'codeberg.org' || /^(?:gitea|forgejo)\./.test(hostname)) return 'gitea';
  return hostname.includes('gitlab') ? 'gitlab' : undefined;
}

/** On other hosts, by what GitHub's and Gitea's addresses look like. */
function forgeOfPath(parts: string[]): Forge | undefined {
  if (parts.length > 3 && parts[2] === 'src' && parts[3] === 'branch') return 'gitea';
  return /^(?:wiki|tree|blob)$/.test(parts[2] ?? '') ? 'github' : undefined;
}

/** Where GitLab sets its own pages apart from a project's path; -1 elsewhere. */
function dashIn(hostname: string, parts: string[]): number {
  const dash = parts.indexOf('-');
  return dash >= 2 && (forgeOfHost(hostname) ?? 'gitlab') === 'gitlab' ? dash : -1;
}

/** GitHub, its hosted enterprises, and servers named so (`github.blog` and the like are its pages). */
function isGithub(hostname: string): boolean {
  return hostname === 'github.com' || hostname.endsWith('.ghe.com') || /^github\.[^.]+\.[^.]/.test(hostname);
}

function within(parts: string[]): Pick<RemotePlace, 'within'> {
  return parts.length === 0 ? {} : { within: parts.map(decoded) };
}

function partsOf(pathname: string): string[] {
  return pathname.split('/').filter(Boolean);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
