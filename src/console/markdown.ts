/** A passage's Markdown for reading: headings, lists, tables, code, emphasis. Never a link that opens, an image or raw HTML. */
import type { Nodes, Parents, Table } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { plainText } from '../passage-text.ts';
import { html, type Content, type Html } from './html.ts';
import { leafOffsets, marked, type Marker } from './quote-marker.ts';

/** Longer passages, and deeper ones, are shown as plain text: parsers hang or overflow on hostile input. */
const MAX_PARSED = 6_000;
const MAX_LINES = 500;
const MAX_DEPTH = 40;
const MAX_MARKS = 600;

// The transforms look for addresses in texts and drop the positions that marking needs.
const EXTENSIONS = gfmFromMarkdown().map((extension) => ({ ...extension, transforms: [] }));

export interface RenderMarkdown {
  /** Depth of the page's own heading above: `#` becomes one below it. */
  under: number;
  /** What to mark. */
  marker?: Marker;
  /** Names the id of a heading; undefined gives it none. */
  headingId?: (text: string, depth: number) => string | undefined;
  imageWord: string;
  /** A heading of these words at the very start is left out: the page has it above. */
  title?: string;
  /** Do not parse: the page has taken long enough. */
  plain?: boolean;
}

/** The passage's markup. Falls back to its plain text, so it never throws and never takes long. */
export function renderMarkdown(source: string, options: RenderMarkdown): Html {
  if (options.plain || !isTame(source)) return renderPlain(source, options);
  try {
    const tree = fromMarkdown(source, { extensions: [gfm()], mdastExtensions: EXTENSIONS });
    return html`${renderChildren(tree, { source, options, depth: 0 })}`;
  } catch {
    return renderPlain(source, options);
  }
}

/** Small and shallow enough to parse here. */
function isTame(source: string): boolean {
  if (source.length > MAX_PARSED) return false;
  // Emphasis and brackets are what makes parsers slow, and quote and list marks what makes them deep.
  let marks = 0;
  let lines = 0;
  for (let i = 0; i < source.length; i++) {
    if (source[i] === '\n') lines++;
    else if ('*_[]<>`~'.includes(source[i]!)) marks++;
  }
  if (marks > MAX_MARKS || lines > MAX_LINES) return false;
  return !/(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])){20}/.test(source) && !/^[ \t]{120}/m.test(source);
}

/** Lines as they are read. */
function renderPlain(source: string, options: RenderMarkdown): Html {
  const plain = plainText(source);
  return html`<p class="plain">${marked(plain.text, (i) => plain.map[i] ?? source.length, options.marker)}</p>`;
}

interface Walk {
  source: string;
  options: RenderMarkdown;
  depth: number;
}

function renderChildren(parent: Parents, walk: Walk): Content {
  if (walk.depth > MAX_DEPTH) throw new Error('too deep');
  const inside = { ...walk, depth: walk.depth + 1 };
  return parent.children.map((child) => renderNode(child, inside));
}

function renderNode(node: Nodes, walk: Walk): Content {
  switch (node.type) {
    case 'text':
      return leaf(node, node.value, walk);
    case 'paragraph':
      return html`<p>${renderChildren(node, walk)}</p>`;
    case 'heading':
      return renderHeading(node, walk);
    case 'emphasis':
      return html`<em>${renderChildren(node, walk)}</em>`;
    case 'strong':
      return html`<strong>${renderChildren(node, walk)}</strong>`;
    case 'delete':
      return html`<del>${renderChildren(node, walk)}</del>`;
    case 'inlineCode':
      return html`<code>${leaf(node, node.value, walk)}</code>`;
    case 'code':
      return html`<pre tabindex="0"><code>${leaf(node, node.value, walk)}</code></pre>`;
    case 'break':
      return html`<br>`;
    case 'thematicBreak':
      return html`<hr>`;
    case 'blockquote':
      return html`<blockquote>${renderChildren(node, walk)}</blockquote>`;
    case 'list':
      return node.ordered
        ? html`<ol${typeof node.start === 'number' && node.start !== 1 ? html` start="${node.start}"` : ''}>${renderChildren(node, walk)}</ol>`
        : html`<ul>${renderChildren(node, walk)}</ul>`;
    case 'listItem':
      return renderItem(node, walk);
    case 'table':
      return renderTable(node, walk);
    // Links come from documents' metadata alone: here they are words, with their address to look at.
    case 'link':
      return html`<span class="doc-link" title="${node.url}">${renderChildren(node, walk)}</span>`;
    case 'linkReference':
      return html`<span class="doc-link">${renderChildren(node, walk)}</span>`;
    case 'image':
    case 'imageReference':
      return node.alt ? html`<span class="doc-image">${walk.options.imageWord}: ${leaf(node, node.alt, walk)}</span>` : '';
    case 'html':
      return renderRaw(node, node.value, walk);
    case 'definition':
    case 'footnoteReference':
      return '';
    default:
      return 'children' in node ? renderChildren(node as Parents, walk) : '';
  }
}

function renderHeading(node: Extract<Nodes, { type: 'heading' }>, walk: Walk): Content {
  const level = Math.min(6, node.depth + walk.options.under);
  const text = node.position ? plainText(walk.source.slice(node.position.start.offset, node.position.end.offset)).text.trim() : '';
  if (node.position?.start.offset === 0 && text === walk.options.title) return '';
  const id = walk.options.headingId?.(text, node.depth);
  const body = renderChildren(node, walk);
  const named = id === undefined ? '' : html` id="${id}"`;
  switch (level) {
    case 1:
    case 2:
      return html`<h2${named}>${body}</h2>`;
    case 3:
      return html`<h3${named}>${body}</h3>`;
    case 4:
      return html`<h4${named}>${body}</h4>`;
    case 5:
      return html`<h5${named}>${body}</h5>`;
    default:
      return html`<h6${named}>${body}</h6>`;
  }
}

function renderItem(node: Extract<Nodes, { type: 'listItem' }>, walk: Walk): Html {
  const box = typeof node.checked === 'boolean' ? html`<span class="task" aria-hidden="true">${node.checked ? '☑' : '☐'}</span> ` : '';
  const only = node.children[0];
  // A tight item is its words, not a paragraph.
  if (node.spread !== true && only?.type === 'paragraph')
    return html`<li>${box}${renderChildren(only, walk)}${node.children.slice(1).map((child) => renderNode(child, walk))}</li>`;
  return html`<li>${box}${renderChildren(node, walk)}</li>`;
}

function renderTable(node: Table, walk: Walk): Html {
  const [head, ...rows] = node.children;
  return html`<div class="table-scroll" tabindex="0"><table class="table">${head ? html`<thead><tr>${head.children.map((cell) => html`<th scope="col">${renderChildren(cell, walk)}</th>`)}</tr></thead>` : ''}<tbody>${rows.map((row) => html`<tr>${row.children.map((cell) => html`<td>${renderChildren(cell, walk)}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** Tags fall away; what stands between them is read as text. */
function renderRaw(node: Nodes, value: string, walk: Walk): Content {
  const start = node.position?.start.offset;
  const plain = plainText(value);
  if (plain.text.trim() === '') return /^<br\b/i.test(value) ? html`<br>` : ' ';
  return html`<span class="plain">${marked(plain.text, (i) => (start ?? 0) + (plain.map[i] ?? value.length), start === undefined ? undefined : walk.options.marker)}</span>`;
}

function leaf(node: Nodes, value: string, walk: Walk): Content {
  const start = node.position?.start.offset;
  const end = node.position?.end.offset;
  if (start === undefined || end === undefined || !walk.options.marker) return value;
  const offsets = leafOffsets(walk.source, start, end, value, node.type);
  return marked(value, (i) => offsets[i]!, walk.options.marker);
}
