/** What `#…` opens a heading of a Confluence page, as Confluence itself names it. */
import { childOf, parameterOf, textWithin, type StorageElement, type StorageNode } from './confluence-tree.ts';

/**
 * Gives the ids of a page's headings, asked for in their order. The new editor of Cloud takes the heading's text with dashes for
 * blanks (`@atlaskit/renderer`, getHeadingId); the old one and Data Center put the page's title before it and leave blanks out.
 * Both number what repeats: `Scope`, `Scope.1`.
 * @param title of the page; undefined for the new editor
 */
export function headingIds(title: string | undefined): (heading: StorageElement) => string | undefined {
  const used = new Set<string>();
  const next = new Map<string, number>();
  return (heading) => {
    const base =
      title === undefined
        ? heading.children.map(inlineText).join('').trim().replaceAll(/\s/g, '-')
        : heading.children.map(textWithin).join('').replaceAll(/\s+/g, '');
    if (base === '') return undefined;
    const stem = title === undefined ? base : `${title.replaceAll(/\s+/g, '')}-${base}`;
    let id = stem;
    for (let n = next.get(stem) ?? 1; used.has(id); n++) {
      id = `${stem}.${n}`;
      next.set(stem, n + 1);
    }
    used.add(id);
    return id;
  };
}

/** What the new editor takes for the text of what stands in a heading. */
function inlineText(node: StorageNode): string {
  if (typeof node === 'string') return node;
  if (node.name === 'ac:emoticon') return node.attributes['ac:emoji-shortname'] ?? '';
  if (node.name === 'ac:structured-macro')
    return node.attributes['ac:name'] === 'status' ? (parameterOf(node, 'title') ?? '') : '[inlineExtension]';
  if (node.name === 'ac:link') {
    const body = childOf(node, 'ac:link-body', 'ac:plain-text-link-body');
    return body ? textWithin(body) : '';
  }
  return node.children.map(inlineText).join('');
}
