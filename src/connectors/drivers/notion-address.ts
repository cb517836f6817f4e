/** Addresses of Notion: which are a workspace's or a page's, and what links to a page look like. */

const hosts = new Set(['notion.so', 'www.notion.so', 'app.notion.com']);
const idAtEnd = /([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32})$/i;

/** A workspace (no id in the address) or one page or database. Published sites (`NAME.notion.site`) are web sites. */
export function looksLikeNotion(location: string): boolean {
  if (!/^https?:\/\//i.test(location) || !URL.canParse(location)) return false;
  const url = new URL(location);
  // Deeper paths without an id are Notion's own pages, its help centre say.
  return hosts.has(url.hostname) && (rootOf(location) !== undefined || segmentsOf(url).length < 2);
}

/** The id of the page or database that an address names; undefined for a whole workspace. */
export function rootOf(location: string): string | undefined {
  const url = new URL(location);
  // A page that is open beside a database stands in `p`; the path names the database.
  const peek = url.searchParams.get('p');
  const found = (peek === null ? null : idAtEnd.exec(peek)) ?? idAtEnd.exec(segmentsOf(url).at(-1) ?? '');
  return found ? plainId(found[1]!) : undefined;
}

/** Ids come with dashes and without; without, they are what links carry. */
export function plainId(id: string): string {
  return id.replaceAll('-', '').toLowerCase();
}

/** Opens the page or database of that id. */
export function linkTo(id: string): string {
  return `https://www.notion.so/${plainId(id)}`;
}

/** The address that Notion gives for a page, if it is one that a browser may be sent to. */
export function pageUrl(given: string | undefined, id: string): string {
  if (given === undefined || !URL.canParse(given)) return linkTo(id);
  const { protocol, hostname } = new URL(given);
  return protocol === 'https:' && /(?:^|\.)notion\.(?:so|com|site)$/.test(hostname) ? given : linkTo(id);
}

function segmentsOf(url: URL): string[] {
  return url.pathname.split('/').filter((segment) => segment !== '');
}
