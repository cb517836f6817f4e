/** What DokuWiki renders of a page, made a document by itself. */

/** `doku.php?id=` opens a page under every setting for nicer addresses, and goes on doing so when the setting changes. */
export function pageUrl(base: string, id: string): string {
  const url = new URL('doku.php', base.endsWith('/') ? base : `${base}/`);
  return `${url.href}?id=${encodeURIComponent(id).replaceAll('%3A', ':')}`;
}

/**
 * The rendered part with its headings' ids, as a whole page whose title is its first heading. Without one the page's name is
 * given beside it, not in it: a page that was moved keeps its bytes.
 */
export function asPage(html: string, id: string): { html: string; title: string } {
  const heading = firstHeading(html);
  const title = heading === '' ? '' : `<title>${heading}</title>`;
  return {
    html: `<!doctype html>\n<html><head><meta charset="utf-8">${title}</head>\n<body><main>\n${html}\n</main></body></html>\n`,
    title: heading === '' ? nameOf(id) : unescaped(heading),
  };
}

/** As HTML without tags; empty when there is none. By searching on, not by a pattern: a page may hold a million unclosed ones. */
function firstHeading(html: string): string {
  const start = html.search(/<h[1-6][\s>]/i);
  if (start < 0) return '';
  const from = html.indexOf('>', start) + 1;
  const end = html.indexOf('</h', from);
  if (from === 0 || end < 0 || end - from > 4000) return '';
  return html
    .slice(from, end)
    .replaceAll(/<[^<>]*>/g, '')
    .replaceAll(/[<>]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** `people:paid_leave` is called "paid leave". */
function nameOf(id: string): string {
  return (id.split(':').findLast(Boolean) ?? id).replaceAll('_', ' ');
}

/** The entities that DokuWiki writes. */
function unescaped(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll(/&#0?39;/g, "'")
    .replaceAll('&amp;', '&');
}
