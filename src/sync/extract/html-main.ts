/** Which part of a page is its content, and what in it is not. Runs in the extraction child; nothing recurses. */
import { defaultTreeAdapter, type DefaultTreeAdapterTypes } from 'parse5';

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.Node;

/** The content's element, and which elements within it are to be left out. */
export interface MainContent {
  root: Element | undefined;
  skip: (element: Element) => boolean;
}

const neverRead = new Set(
  (
    'script style noscript template head svg math iframe object embed canvas audio video input select option optgroup datalist textarea button ' +
    'nav dialog map area frame frameset portal fencedframe'
  ).split(' '),
);
const furnitureRoles = new Set([
  'navigation',
  'banner',
  'contentinfo',
  'search',
  'complementary',
  'menu',
  'menubar',
  'dialog',
  'alertdialog',
  'toolbar',
  'tablist',
  'tooltip',
]);
/** Whole names of classes and ids, or parts of them between dashes. */
const furnitureNames = new Set(
  (
    'cookie cookies consent gdpr breadcrumb breadcrumbs navbar navigation sidebar toc share sharing newsletter subscribe advert advertisement ads ' +
    'popup modal pagination pager headerlink noprint catlinks navbox'
  ).split(' '),
);
const furnitureWhole = new Set(
  (
    'nav menu footer header-anchor anchor-link edit-link edit-page editpage mw-editsection mw-jump-link skip-link skip-to-content sr-only visually-hidden ' +
    'screen-reader-text table-of-contents tableofcontents related-posts related-articles post-navigation prev-next toc-mobile printfooter siteSub ' +
    'theme-edit-this-page hash-link'
  ).split(' '),
);
const asideOfUse = /\b(?:note|tip|warning|caution|danger|info|important|admonition|callout|alert|hint)\b/;
const contentNames = [
  'content',
  'main-content',
  'maincontent',
  'mw-content-text',
  'markdown-body',
  'post-content',
  'entry-content',
  'article-body',
  'wiki-content',
  'page-content',
  'main',
];

/** `<main>`, a dominant `<article>`, a well-known content id or class, else the innermost part that holds most of the text. */
export function findMain(tree: DefaultTreeAdapterTypes.Document): MainContent {
  const elements = inOrder(tree);
  const sizes = measure(elements);
  const body = elements.find((element) => element.tagName === 'body');
  const total = body ? (sizes.get(body)?.all ?? 0) : 0;
  const mains = elements.filter((element) => element.tagName === 'main' || attribute(element, 'role') === 'main');
  const main = largest(mains, sizes);
  const articles = elements.filter((element) => element.tagName === 'article' && (!main || isWithin(element, main)));
  const article = largest(articles, sizes);
  const within = main ?? body;
  const skip = (element: Element): boolean =>
    isFurniture(element, insideMain(element, article ?? main), (sizes.get(element)?.all ?? 0) > total * 0.5);
  const size = (element: Element | undefined): number => (element ? (sizes.get(element)?.plain ?? 0) : 0);
  // Several articles are a list of them: then what holds them all is the content.
  if (article && size(article) > size(within) * 0.6) return { root: article, skip };
  // An empty one is waiting for a script: what else is on the page is not the content.
  if (main) return { root: main, skip };
  const known = largest(
    elements.filter((element) => contentNames.some((name) => attribute(element, 'id') === name || classes(element).includes(name))),
    sizes,
  );
  if (known && size(known) > size(body) * 0.4) return { root: known, skip };
  return { root: body ? densest(body, sizes) : undefined, skip };
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((candidate) => candidate.name === name)?.value;
}

function classes(element: Element): string[] {
  return (attribute(element, 'class') ?? '').split(/\s+/);
}

function inOrder(tree: DefaultTreeAdapterTypes.Document): Element[] {
  const elements: Element[] = [];
  const stack: Node[] = [tree];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (defaultTreeAdapter.isElementNode(node)) elements.push(node);
    if ('childNodes' in node) for (let i = node.childNodes.length - 1; i >= 0; i--) stack.push(node.childNodes[i]!);
  }
  return elements;
}

interface Size {
  /** Characters that are shown. */
  all: number;
  /** Of these, those outside links. */
  plain: number;
}

/** In reverse document order every element comes after its children. */
function measure(elements: Element[]): Map<Element, Size> {
  const sizes = new Map<Element, Size>();
  for (let i = elements.length - 1; i >= 0; i--) {
    const element = elements[i]!;
    const size: Size = { all: 0, plain: 0 };
    if (!neverRead.has(element.tagName) && !isHidden(element)) {
      for (const child of element.childNodes) {
        if (defaultTreeAdapter.isTextNode(child)) {
          const length = child.value.trim().length;
          size.all += length;
          size.plain += length;
        } else if (defaultTreeAdapter.isElementNode(child)) {
          const inner = sizes.get(child)!;
          size.all += inner.all;
          if (element.tagName !== 'a') size.plain += inner.plain;
        }
      }
      if (element.tagName === 'a') size.plain = 0;
      if (element.tagName === 'footer' || element.tagName === 'aside') size.plain = 0;
    }
    sizes.set(element, size);
  }
  return sizes;
}

function largest(elements: Element[], sizes: Map<Element, Size>): Element | undefined {
  let best: Element | undefined;
  for (const element of elements) if (!best || sizes.get(element)!.plain > sizes.get(best)!.plain) best = element;
  return best;
}

/** Down from the body while one child holds four fifths of the text that is not in links. */
function densest(body: Element, sizes: Map<Element, Size>): Element {
  let at = body;
  for (;;) {
    const children = at.childNodes.filter((child) => defaultTreeAdapter.isElementNode(child));
    const next = largest(
      children.filter((child) => child.tagName !== 'p' && child.tagName !== 'table' && child.tagName !== 'ul'),
      sizes,
    );
    if (!next || sizes.get(next)!.plain === 0 || sizes.get(next)!.plain < sizes.get(at)!.plain * 0.8) return at;
    at = next;
  }
}

function isWithin(element: Element, ancestor: Element): boolean {
  let steps = 0;
  for (let node = element.parentNode; node && steps < 300; node = 'parentNode' in node ? node.parentNode : null, steps++)
    if (node === ancestor) return true;
  return false;
}

function insideMain(element: Element, main: Element | undefined): boolean {
  return main !== undefined && (element.tagName === 'header' || element.tagName === 'aside') && isWithin(element, main);
}

function isHidden(element: Element): boolean {
  for (const { name, value } of element.attrs) {
    if (name === 'hidden' && value !== 'until-found') return true;
    if (name === 'aria-hidden' && value === 'true') return true;
    if (name === 'style' && /display\s*:\s*none|visibility\s*:\s*hidden/i.test(value)) return true;
  }
  return false;
}

/** `dominant`: it holds most of the page, so a class name alone does not make it furniture. */
function isFurniture(element: Element, inside: boolean, dominant: boolean): boolean {
  if (neverRead.has(element.tagName) || isHidden(element)) return true;
  if (element.tagName === 'footer') return true;
  if (element.tagName === 'header') return !inside && !dominant;
  if (element.tagName === 'aside') return !asideOfUse.test(attribute(element, 'class') ?? '') && !dominant;
  if (dominant || element.tagName === 'body' || element.tagName === 'html') return false;
  const role = attribute(element, 'role');
  if (role !== undefined && furnitureRoles.has(role)) return true;
  const names = [...classes(element), attribute(element, 'id') ?? ''];
  // A heading is content, whatever its id is (`id="navigation"` is the slug of its words).
  if (/^h[1-6]$/.test(element.tagName)) names.pop();
  return names.some((name) => {
    if (name === '') return false;
    const lower = name.toLowerCase();
    return furnitureWhole.has(lower) || furnitureWhole.has(name) || lower.split(/[-_]+/).some((part) => furnitureNames.has(part));
  });
}
