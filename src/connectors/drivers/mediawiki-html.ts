/** A page as MediaWiki renders it, as an HTML document that holds what is read and nothing else. */

export interface RenderedPage {
  /** Plain text. */
  title: string;
  url: string;
  /** BCP 47. */
  language: string;
  html: string;
}

/**
 * Links lose their targets and pictures go, so that the bytes differ only where the text does: a link turns from red to blue
 * when another page is made. Older wikis (before 1.43) name a heading on a span within it; the name is put on the heading,
 * where it is an anchor whatever its words are. Marks of footnotes go. The title stands in the head alone: passages stay what they
 * are when the page is moved; so headings of the first level, which would be taken for it, become of the second, and so on.
 * Linear in the text's length.
 */
export function htmlDocument(page: RenderedPage): string {
  const head = `<meta charset="utf-8"><title>${escaped(page.title)}</title><link rel="canonical" href="${escaped(page.url)}">`;
  const text = cleaned(page.html);
  // A page of no words, or of a picture, is no failure: its title is what can be read.
  const body = hasWords(text) ? text : `<h1>${escaped(page.title)}</h1>${text}`;
  return `<!doctype html>\n<html lang="${escaped(page.language)}"><head>${head}</head><body><main>${body}</main></body></html>\n`;
}

/** True of a page that only leads to another. */
export function isRedirect(html: string): boolean {
  return /^\s*<div class="mw-parser-output[^"]*">\s*<div class="redirectMsg">/.test(html);
}

function cleaned(html: string): string {
  const out: string[] = [];
  let heading = -1;
  let inMark = false;
  const down = /<h1[\s>]/i.test(html) ? 1 : 0;
  for (const { tag, text } of tokensOf(html)) {
    const name = tag === undefined ? undefined : /^<(\/?[a-z][a-z0-9]*)/i.exec(tag)?.[1]!.toLowerCase();
    if (inMark) inMark = name !== '/sup';
    else if (tag === undefined || name === undefined) out.push(text);
    else if (name === 'sup' && hasClass(tag, 'reference')) inMark = true;
    else if (name === 'a' && !/\s(?:id|name)=/.test(tag)) out.push('<a>');
    else if (name === 'span' && heading >= 0 && hasClass(tag, 'mw-headline')) {
      const id = /\sid="[^"]*"/.exec(tag)?.[0];
      if (id !== undefined) out[heading] = `${out[heading]!.slice(0, 3)}${id}>`;
      out.push('<span>');
    } else if (name !== 'img') {
      const depth = /^\/?h([1-6])$/.exec(name)?.[1];
      if (depth !== undefined) heading = name.startsWith('/') ? -1 : out.length;
      out.push(depth === undefined ? tag : tag.replace(depth, String(Math.min(6, Number(depth) + down))));
    }
  }
  return out.join('');
}

/** Tags and the text between them; comments, which hold when and how fast the page was made, are left out. */
function* tokensOf(html: string): Generator<{ tag?: string; text: string }> {
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open !== at) yield { text: html.slice(at, open < 0 ? undefined : open) };
    if (open < 0) return;
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4);
      at = end < 0 ? html.length : end + 3;
    } else if (/[a-z/]/i.test(html.charAt(open + 1))) {
      at = endOfTag(html, open);
      yield { tag: html.slice(open, at), text: '' };
    } else {
      yield { text: '<' };
      at = open + 1;
    }
  }
}

/** Behind the `>` that ends it: one within quotes, which MediaWiki writes as it is, does not. */
function endOfTag(html: string, open: number): number {
  let quote = '';
  for (let at = open + 1; at < html.length; at++) {
    const character = html.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if ((character === '"' || character === "'") && html.charAt(at - 1) === '=') quote = character;
    else if (character === '>') return at + 1;
  }
  return html.length;
}

function hasWords(html: string): boolean {
  for (const { text } of tokensOf(html)) if (text.replaceAll(/&(?:nbsp|#160);/g, '').trim() !== '') return true;
  return false;
}

function hasClass(tag: string, name: string): boolean {
  return (/\sclass="([^"]*)"/.exec(tag)?.[1] ?? '').split(' ').includes(name);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
