/** From any address of a Confluence to where its interface may be, and which space was meant. */
import { AppError } from '../../errors.ts';

export interface ConfluencePlace {
  /** Where the interface may be, best first, without a slash at the end: `https://acme.atlassian.net/wiki`. */
  bases: string[];
  /** Known by its host; undefined where the server has to be asked. */
  flavour?: 'cloud';
  /** The one space; undefined for all that the account sees. */
  spaceKey?: string;
}

const CLOUD_HOST = /\.(?:atlassian\.net|jira\.com)$/i;
/** Scoped tokens of Cloud are taken here alone. */
const GATEWAY = /^\/ex\/confluence\/[\w-]+(?:\/wiki)?(?=\/|$)/;
/** Where the wiki's own paths begin, behind the path that it is installed under. */
const OWN_PATH =
  /\/(?:display|spaces|pages|plugins|x|rest|api\/v2|dashboard\.action|index\.action|login\.action|home|space|download)(?:\/|\.|$)/;
/** The paths that no other system has. */
const DATA_CENTER =
  /^(?:\/confluence|\/wiki)?\/(?:display\/~?[\w.@-]+(?:\/|$)|pages\/viewpage\.action$|spaces\/viewspace\.action$|spaces\/~?[A-Z0-9]+(?:\/(?:pages|overview|blog)(?:\/|$)|\/?$))/;

/** Whether an address by itself is a Confluence's: of Cloud by its host, of Data Center by the form of its paths. */
export function looksLikeConfluence(location: string): boolean {
  const url = addressOf(location);
  if (!url) return false;
  if (CLOUD_HOST.test(url.hostname)) return /^\/(?:$|wiki(?:\/|$))/.test(url.pathname);
  if (url.hostname === 'api.atlassian.com') return GATEWAY.test(url.pathname);
  return DATA_CENTER.test(url.pathname);
}

/** @throws AppError `source.unsupported` when the location is no address */
export function placeOf(location: string): ConfluencePlace {
  const url = addressOf(location);
  if (!url) {
    const publicMessage = `"${location}" is no web address; give that of the Confluence, or of one of its spaces.`;
    throw new AppError({ code: 'source.unsupported', message: 'not a URL', publicMessage });
  }
  const spaceKey = spaceIn(url);
  const space = spaceKey === undefined ? {} : { spaceKey };
  if (url.hostname === 'api.atlassian.com') {
    const base = GATEWAY.exec(url.pathname)?.[0] ?? '';
    return { bases: [url.origin + (base.endsWith('/wiki') ? base : `${base}/wiki`)], flavour: 'cloud', ...space };
  }
  if (CLOUD_HOST.test(url.hostname)) return { bases: [`${url.origin}/wiki`], flavour: 'cloud', ...space };
  const own = url.pathname.search(OWN_PATH);
  const installed = (own < 0 ? url.pathname : url.pathname.slice(0, own)).replace(/\/+$/, '');
  return { bases: [...new Set([installed, '', '/confluence', '/wiki'])].map((path) => url.origin + path), ...space };
}

/** `/spaces/KEY/…`, `/display/KEY/…`, `/space/KEY`, `?key=KEY`. */
function spaceIn({ pathname, searchParams }: URL): string | undefined {
  const named = /\/(?:spaces|display|space)\/([^/]+)/.exec(pathname)?.[1];
  const key = named === undefined || named.endsWith('.action') ? (searchParams.get('key') ?? searchParams.get('spaceKey')) : decoded(named);
  return key === null || key === '' ? undefined : key;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function addressOf(location: string): URL | undefined {
  return /^https?:\/\//i.test(location) && URL.canParse(location) ? new URL(location) : undefined;
}
