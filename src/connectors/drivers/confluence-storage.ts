/** A page in Confluence's storage format, as an HTML document that holds what is read and nothing else. */
import { headingIds } from './confluence-anchors.ts';
import { linkOf, renderExtension, renderMacro, type MacroHost } from './confluence-macros.ts';
import { childOf, parseStorage, textWithin, type StorageElement, type StorageNode } from './confluence-tree.ts';

export interface StoragePage {
  /** Plain text. */
  title: string;
  /** Where a person opens it; links to its files hang on it. */
  url: string;
  storage: string;
  /** Where the wiki's pages hang: `https://acme.atlassian.net/wiki`. */
  base: string;
  /** Of the space that the page is in. */
  spaceKey?: string;
  /** Written in the new editor of Cloud, which names headings otherwise. */
  newEditor?: boolean;
  /** Names of people by the ids under which a page mentions them. */
  people?: ReadonlyMap<string, string>;
}

const kept = new Set(
  (
    'p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table tbody thead tfoot tr td th caption blockquote pre code strong b em i u s del ins sub ' +
    'sup small big cite q kbd samp var div section article figure figcaption'
  ).split(' '),
);
const flat: Readonly<Record<string, string>> = {
  'ac:layout': 'div',
  'ac:layout-section': 'div',
  'ac:layout-cell': 'div',
  'ac:task-list': 'ul',
};
const dropped = new Set(
  'script style template head title noscript iframe object embed svg math ac:parameter ac:placeholder ac:task-id ac:task-uuid ac:task-status'.split(
    ' ',
  ),
);
const emoticons: Readonly<Record<string, string>> = {
  tick: '✔',
  cross: '✘',
  warning: '⚠',
  information: 'ℹ',
  plus: '➕',
  minus: '➖',
  question: '❓',
  smile: '🙂',
  sad: '🙁',
  'thumbs-up': '👍',
  'thumbs-down': '👎',
  'light-on': '💡',
  'yellow-star': '★',
};

/**
 * The title stands in the head alone, so that passages stay what they are when the page is renamed, and not as the title of a web
 * page, which might be one of an error ("404: what to do"). Headings of the first level, which would be taken for it, become of
 * the second, and so on. Never throws; linear in the text's length for the depth kept.
 */
export function storageDocument(page: StoragePage): string {
  const tree = parseStorage(page.storage);
  const host: MacroHost = {
    out: [],
    render: (nodes) => nodes.forEach((node) => renderNode(node, host, renderHeading)),
    escape: escaped,
    resource: (node) => resourceOf(node, page),
  };
  const down = hasFirstLevel(tree) ? 1 : 0;
  const idOf = headingIds(page.newEditor ? undefined : page.title);
  const renderHeading = (heading: StorageElement): void => {
    const id = idOf(heading);
    const level = Math.min(6, Number(heading.name[1]) + down);
    host.out.push(`<h${level}`, id === undefined ? '' : ` id="${escaped(id)}"`, '>');
    host.render(heading.children);
    host.out.push(`</h${level}>`);
  };
  host.render(tree.children);
  const text = host.out.join('');
  // A page of no words, or of a picture, is no failure: its title is what can be read.
  const body = /[^\s\u00a0]/.test(text.replaceAll(/<[^>]*>/g, '')) ? text : `<p>${escaped(page.title)}</p>`;
  const head = `<meta charset="utf-8"><meta name="title" content="${escaped(page.title)}">`;
  return `<!doctype html>\n<html><head>${head}</head><body><main>${body}</main></body></html>\n`;
}

/** The ids under which a page mentions people, at most this many. */
export function mentionedIn(storage: string, most = 50): string[] {
  const ids = new Set<string>();
  for (const [, id] of storage.matchAll(/<ri:user\s[^>]{0,300}?ri:(?:account-id|userkey|username)="([^"]{1,200})"/g)) {
    if (ids.size === most) break;
    ids.add(id!);
  }
  return [...ids];
}

function renderNode(node: StorageNode, host: MacroHost, renderHeading: (heading: StorageElement) => void): void {
  const { out } = host;
  if (typeof node === 'string') {
    out.push(escaped(node));
    return;
  }
  const { name, attributes, children } = node;
  if (dropped.has(name)) return;
  if (/^h[1-6]$/.test(name)) return renderHeading(node);
  switch (name) {
    case 'br':
    case 'hr':
      out.push(`<${name}>`);
      return;
    case 'a':
      out.push(/^(?:https?:|mailto:|\/|#)/i.test(attributes['href'] ?? '') ? `<a href="${escaped(attributes['href']!)}">` : '<a>');
      host.render(children);
      out.push('</a>');
      return;
    case 'time':
      out.push(escaped(textWithin(node).trim() || (attributes['datetime'] ?? '')));
      return;
    case 'img':
      out.push(escaped(attributes['alt'] ?? ''));
      return;
    case 'ac:image':
      return renderImage(node, host);
    case 'ac:emoticon':
      out.push(escaped(emoticonOf(attributes)));
      return;
    case 'ac:link':
      return renderLink(node, host);
    case 'ac:structured-macro':
    case 'ac:macro':
      return renderMacro(node, host);
    case 'ac:adf-extension':
      return renderExtension(node, host);
    case 'ac:task': {
      const done = textWithin(childOf(node, 'ac:task-status') ?? '').trim() === 'complete';
      out.push(done ? '<li>[x] ' : '<li>[ ] ');
      host.render(childOf(node, 'ac:task-body')?.children ?? []);
      out.push('</li>');
      return;
    }
    default: {
      const tag = kept.has(name) ? name : flat[name];
      // A nested list, or code, in an item keeps its numbers.
      const start = name === 'ol' && /^\d{1,6}$/.test(attributes['start'] ?? '') ? ` start="${attributes['start']}"` : '';
      if (tag !== undefined) out.push(`<${tag}${start}>`);
      host.render(children);
      if (tag !== undefined) out.push(`</${tag}>`);
    }
  }
}

function renderImage(image: StorageElement, host: MacroHost): void {
  const alt = image.attributes['ac:alt'] ?? '';
  const caption = childOf(image, 'ac:caption');
  if (alt !== '' && !/^[\w .()-]+\.(?:png|jpe?g|gif|svg|webp|bmp)$/i.test(alt)) host.out.push(' ', escaped(alt), ' ');
  if (caption) {
    host.out.push('<p>');
    host.render(caption.children);
    host.out.push('</p>');
  }
}

function renderLink(link: StorageElement, host: MacroHost): void {
  const named = link.children.find((child): child is StorageElement => typeof child !== 'string' && child.name.startsWith('ri:'));
  const target = named && host.resource(named);
  const anchor = link.attributes['ac:anchor'];
  const body = childOf(link, 'ac:link-body', 'ac:plain-text-link-body');
  if (body && (textWithin(body).trim() !== '' || childOf(body, 'ac:image'))) {
    host.out.push(target?.href === undefined ? '<a>' : `<a href="${escaped(target.href)}">`);
    host.render(body.children);
    host.out.push('</a>');
  } else host.out.push(linkOf(target ?? { text: anchor ?? '' }, host));
}

/** What an `ri:` element names; undefined for what it does not name in words. */
function resourceOf(node: StorageElement, page: StoragePage): { text: string; href?: string } | undefined {
  const of = (name: string): string => node.attributes[`ri:${name}`] ?? '';
  switch (node.name) {
    case 'ri:page':
    case 'ri:blog-post': {
      const space = of('space-key') || page.spaceKey;
      const text = of('content-title');
      if (text === '') return undefined;
      const place = space === undefined || node.name === 'ri:blog-post' ? undefined : `/display/${encode(space)}/${encode(text)}`;
      return { text, ...(place === undefined ? {} : { href: page.base + place }) };
    }
    case 'ri:attachment':
      return of('filename') === '' ? undefined : { text: of('filename'), href: page.url };
    case 'ri:space':
      return of('space-key') === '' ? undefined : { text: of('space-key'), href: `${page.base}/display/${encode(of('space-key'))}` };
    case 'ri:url':
      return /^https?:/i.test(of('value')) ? { text: of('value'), href: of('value') } : undefined;
    case 'ri:user': {
      const id = of('account-id') || of('userkey') || of('username');
      const text = page.people?.get(id) ?? of('username');
      return text === '' ? undefined : { text };
    }
    default:
      return undefined;
  }
}

/** As Confluence writes titles into addresses. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%20', '+');
}

function emoticonOf(attributes: Record<string, string>): string {
  const fallback = attributes['ac:emoji-fallback'] ?? '';
  return fallback !== '' && !/^:.*:$/.test(fallback) ? fallback : (emoticons[attributes['ac:name'] ?? ''] ?? '');
}

function hasFirstLevel(tree: StorageElement): boolean {
  const stack: StorageNode[] = [tree];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (typeof node === 'string') continue;
    if (node.name === 'h1') return true;
    for (const child of node.children) stack.push(child);
  }
  return false;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
