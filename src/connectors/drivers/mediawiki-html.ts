/** A page as MediaWiki renders it, as an HTML document that holds what is read and nothing else. */

export interface RenderedPage {
  /** Plain text. */
  title: string;
  /** HTML, as the wiki shows it above the page. */
  displayTitle: string;
  url: string;
  /** BCP 47. */
  language: string;
  html: string;
}

/**
 * Links lose their targets and pictures go, so that the bytes differ only where the text does: a link turns from red to blue
 * when another page is made. Older wikis (before 1.43) name a heading on a span within it; the name is put on the heading,
 * where it is an anchor whatever its words are. Marks of footnotes go. Linear in the text's length.
 */
export function htmlDocument(page: RenderedPage): string {
  const head = `<meta charset="utf-8"><title>${escaped(page.title)}</title><link rel="canonical" href="${escaped(page.url)}">`;
  const body = `<h1>${cleaned(page.displayTitle)}</h1>\n${cleaned(page.html)}`;
  return `<!doctype html>\n<html lang="${escaped(page.language)}"><head>${head}</head><body><main>${body}</main></body></html>\n`;
}

/** True of a page that only leads to another. */
export function isRedirect(html: string): boolean {
  return /^\s*<div class="mw-parser-output[^"]*">\s*<div class="redirectMsg">/.test(html);
}

/** Pieces begin at each `<`; MediaWiki writes no bare `<` into attributes. */
function cleaned(html: string): string {
  const pieces = withoutComments(html).split('<');
  const out: string[] = [pieces[0]!];
  let heading = -1;
  let inMark = false;
  for (const piece of pieces.slice(1)) {
    const end = piece.indexOf('>');
    const tag = end < 0 ? piece : piece.slice(0, end);
    const text = end < 0 ? '' : piece.slice(end + 1);
    const name = /^\/?[a-z][a-z0-9]*/i.exec(tag)?.[0].toLowerCase();
    if (inMark) {
      if (name !== '/sup') continue;
      inMark = false;
      out.push(text);
      continue;
    }
    if (name === 'sup' && hasClass(tag, 'reference')) {
      inMark = true;
      continue;
    }
    if (name === 'img') {
      out.push(text);
      continue;
    }
    if (name === 'a' && !/\s(?:id|name)=/.test(tag)) {
      out.push(`<a>${text}`);
      continue;
    }
    if (name !== undefined && /^h[1-6]$/.test(name)) heading = out.length;
    else if (name !== undefined && /^\/h[1-6]$/.test(name)) heading = -1;
    else if (name === 'span' && heading >= 0 && hasClass(tag, 'mw-headline')) {
      const id = /\sid="[^"]*"/.exec(tag)?.[0];
      if (id !== undefined) out[heading] = out[heading]!.replace(/^<h([1-6])[^>]*>/i, (_, depth: string) => `<h${depth}${id}>`);
      out.push(`<span>${text}`);
      continue;
    }
    out.push(`<${piece}`);
  }
  return out.join('');
}

function hasClass(tag: string, name: string): boolean {
  return (/\sclass="([^"]*)"/.exec(tag)?.[1] ?? '').split(' ').includes(name);
}

/** Comments hold when and how fast the page was made. */
function withoutComments(html: string): string {
  const [first, ...rest] = html.split('<!--');
  return [first, ...rest.map((piece) => (piece.includes('-->') ? piece.slice(piece.indexOf('-->') + 3) : ''))].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
