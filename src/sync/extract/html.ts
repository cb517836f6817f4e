/** A web page to blocks: its main content alone. Runs in the extraction child. */
import { defaultTreeAdapter, parse, type DefaultTreeAdapterTypes } from 'parse5';
import { AppError } from '../../errors.ts';
import type { Block, ExtractedDocument } from '../../types.ts';
import { timeOf } from './front-matter.ts';
import { blocksOf } from './html-blocks.ts';
import { attribute, findMain } from './html-main.ts';

type Element = DefaultTreeAdapterTypes.Element;

/**
 * Text as it is read, blanks folded; lists as `- ` lines, tables as `a | b` rows. Title, address, owner, language and time come
 * from the head. `name` is the page's address: a canonical link counts only on the same host. parse5 builds the tree without
 * recursion, and nothing here recurses, so depth costs nothing (Readability over linkedom took 9.5 s at 1,000 nested divs).
 * Throws AppError for a page that asks not to be indexed, a login page and a page that says "not found".
 */
export function extractHtml(html: string, name: string): ExtractedDocument {
  const tree = parse(html);
  const head = readHead(tree);
  if (head.noindex) {
    throw new AppError({
      code: 'document.noindex',
      message: 'noindex',
      publicMessage: 'the page asks not to be indexed (robots: noindex)',
    });
  }
  const blocks = blocksOf(findMain(tree));
  const length = blocks.reduce((sum, block) => sum + block.text.length, 0);
  const title = titleOf(blocks, head);
  if (head.password && length < 1500) {
    throw new AppError({ code: 'document.login', message: 'login page', publicMessage: 'the site answered with a login page' });
  }
  if (length < 1500 && [head.title, title].some(saysNotFound)) {
    throw new AppError({ code: 'document.soft_404', message: 'soft 404', publicMessage: 'the site answered with a "not found" page' });
  }
  const url = canonicalUrl(head.canonical, name);
  return {
    ...(title === undefined || title === '' ? {} : { title }),
    ...(url === undefined ? {} : { url }),
    ...(head.owner === undefined ? {} : { owner: head.owner }),
    ...(head.changedAt === undefined ? {} : { changedAt: head.changedAt }),
    ...(head.language === undefined ? {} : { language: head.language }),
    textFragments: true,
    blocks,
  };
}

/** The page's one first heading; else the head's title, without the site's name where it only follows the first heading. */
function titleOf(blocks: Block[], head: Head): string | undefined {
  const headings = blocks.filter((block) => block.kind === 'heading');
  const h1 = headings.filter((block) => block.depth === 1);
  if (h1.length === 1) return h1[0]!.text.trim();
  const first = headings[0]?.text.trim();
  const title = head.ogTitle ?? head.title;
  return first && title?.toLowerCase().startsWith(first.toLowerCase()) ? first : title;
}

interface Head {
  title?: string;
  ogTitle?: string;
  owner?: string;
  changedAt?: number;
  language?: string;
  canonical?: string;
  noindex: boolean;
  password: boolean;
}

function readHead(tree: DefaultTreeAdapterTypes.Document): Head {
  const head: Head = { noindex: false, password: false };
  const stack: DefaultTreeAdapterTypes.Node[] = [tree];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if ('childNodes' in node) for (let i = node.childNodes.length - 1; i >= 0; i--) stack.push(node.childNodes[i]!);
    if (defaultTreeAdapter.isElementNode(node)) readElement(node, head);
  }
  return head;
}

function readElement(element: Element, head: Head): void {
  switch (element.tagName) {
    case 'html':
      head.language = attribute(element, 'lang')?.trim().split('-')[0]?.toLowerCase() || undefined!;
      break;
    case 'title':
      if (element.namespaceURI.endsWith('xhtml')) head.title ??= textOf(element);
      break;
    case 'link':
      if (attribute(element, 'rel')?.toLowerCase() === 'canonical') head.canonical ??= attribute(element, 'href')!;
      break;
    case 'input':
      if (attribute(element, 'type')?.toLowerCase() === 'password') head.password = true;
      break;
    case 'time':
      if (attribute(element, 'itemprop') === 'dateModified') setTime(head, attribute(element, 'datetime'));
      break;
    case 'meta':
      readMeta(element, head);
  }
}

function readMeta(element: Element, head: Head): void {
  const key = (attribute(element, 'name') ?? attribute(element, 'property') ?? attribute(element, 'itemprop') ?? '').toLowerCase();
  const content = attribute(element, 'content')?.trim();
  if (!content) return;
  if (key === 'robots' && /\b(?:noindex|none)\b/i.test(content)) head.noindex = true;
  if (key === 'og:title') head.ogTitle ??= content;
  if ((key === 'author' || key === 'article:author' || key === 'dc.creator') && !/^https?:/i.test(content))
    head.owner ??= content.slice(0, 200);
  if (['article:modified_time', 'og:updated_time', 'last-modified', 'dcterms.modified', 'datemodified'].includes(key))
    setTime(head, content);
}

function setTime(head: Head, value: string | undefined): void {
  const time = timeOf(value);
  if (time !== undefined) head.changedAt ??= time;
}

function textOf(element: Element): string {
  return element.childNodes
    .map((child) => ('value' in child ? child.value : ''))
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** A page that names the home page, or another host, as its address does not know itself. */
function canonicalUrl(canonical: string | undefined, name: string): string | undefined {
  const page = /^https?:/i.test(name) && URL.canParse(name) ? new URL(name) : undefined;
  if (canonical === undefined || !URL.canParse(canonical, page?.href)) return undefined;
  const url = new URL(canonical, page?.href);
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  if (page && (url.host !== page.host || (url.pathname === '/' && page.pathname !== '/'))) return undefined;
  return url.href;
}

function saysNotFound(title: string | undefined): boolean {
  return (
    title !== undefined &&
    /^\W*(?:(?:error )?404\b|(?:page|seite|document) (?:not|nicht) (?:found|gefunden)|not found|页面不存在|找不到(?:页面|网页)|頁面不存在)/i.test(
      title,
    )
  );
}
