/** Which addresses of a site are one and the same, and which go on without end. Part of the site driver. Pure. */

/** One address for one page: no fragment, the site's own scheme; undefined for other hosts (`www.` counts as the same). */
export function normalise(url: URL, location: URL): URL | undefined {
  if (
    (url.protocol !== 'https:' && url.protocol !== 'http:') ||
    bareHost(url) !== bareHost(location) ||
    url.username !== '' ||
    url.password !== ''
  )
    return undefined;
  const one = new URL(url);
  if (one.protocol !== location.protocol && one.port === '') one.protocol = location.protocol;
  one.hash = '';
  return one;
}

export function bareHost(url: URL): string {
  return url.host.replace(/^www\./, '').replace(/\.$/, '');
}

/** What all pages of a location are below of: `/docs/` for `/docs/` and for `/docs/start.html`. */
export function folderOf(location: URL): string {
  return location.pathname.replace(/[^/]*$/, '');
}

/** Where a visitor came from, who they are and in which order they see a list: they do not make another page. */
const visitorParameters =
  /^(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|_gl|phpsessid|jsessionid|aspsessionid\w*|sessionid|session_id|sid|cftoken|cfid|replytocom|sort|sortby|sort_by|sort_order|orderby|order_by|sortorder)$/i;

/** A link without what only belongs to the visit; the same object when there is nothing of it. */
export function withoutVisit(url: URL): URL {
  const path = url.pathname.replace(/;(?:jsessionid|phpsessid|sid)=[^/;]*/gi, '');
  const names = [...url.searchParams.keys()].filter((name) => visitorParameters.test(name));
  // Apache's lists of files: `?C=N;O=D`.
  const listOrder = /^\?C=[NMSD](?:[;&]O=[AD])?$/.test(url.search);
  if (path === url.pathname && names.length === 0 && !listOrder) return url;
  const bare = new URL(url);
  bare.pathname = path;
  if (listOrder) bare.search = '';
  else for (const name of names) bare.searchParams.delete(name);
  return bare;
}

/** What cannot be a page: not asked for. */
export function isNoPage(url: URL): boolean {
  return /\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|webm|ogg|wav|mov|avi|mkv|zip|gz|tgz|bz2|xz|7z|rar|tar|dmg|exe|msi|deb|rpm|apk|iso|bin|css|js|mjs|map|json|xml|rss|atom|woff2?|ttf|eot|ics|vcf|eps|psd)$/i.test(
    url.pathname,
  );
}

/** Addresses that differ only in numbers, or only in the values of three parameters and more, are of one pattern. */
export function patternOf(url: URL): string {
  const path = url.pathname.replaceAll(/\d+/g, '0');
  const parameters = [...url.searchParams].map(([name, value]) => [name, value.replaceAll(/\d+/g, '0')] as const).toSorted();
  const many = parameters.length >= 3;
  return `${path}${parameters.length > 0 ? '?' : ''}${parameters.map(([name, value]) => (many ? name : `${name}=${value}`)).join('&')}`;
}

/** A relative link that leads ever deeper (`/a/b/a/b/a/b`), or an address that no person made. */
export function isEndless(url: URL): boolean {
  if (url.href.length > 2000 || [...url.searchParams].length > 8) return true;
  const counts = new Map<string, number>();
  for (const part of url.pathname.split('/')) if (part !== '') counts.set(part, (counts.get(part) ?? 0) + 1);
  return [...counts.values()].some((count) => count >= 4) || url.pathname.split('/').length > 30;
}
