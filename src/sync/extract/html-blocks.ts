/** The content of a page to blocks, in reading order. Runs in the extraction child; nothing recurses. */
import { defaultTreeAdapter, type DefaultTreeAdapterTypes } from 'parse5';
import { AppError } from '../../errors.ts';
import type { Block } from '../../types.ts';
import { attribute, type MainContent } from './html-main.ts';

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.Node;

const blockNames = new Set(
  (
    'address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr ' +
    'legend li main ol p pre section summary table tbody td tfoot th thead tr ul'
  ).split(' '),
);

interface State {
  blocks: Block[];
  /** Text of the paragraph, item or cell that is being read, blanks folded. */
  text: string;
  anchor: string | undefined;
  lists: { ordered: boolean; n: number }[];
  listLines: string[];
  /** Set by `<li>`, used by its first line. */
  mark: string | undefined;
  quotes: number;
  tables: { rows: string[]; cells: string[] }[];
  pre: { depth: number; text: string };
  heading: number;
}

/** Every block's text ends with a blank line, so that joined they read as the page does. */
export function blocksOf(main: MainContent): Block[] {
  const state: State = {
    blocks: [],
    text: '',
    anchor: undefined,
    lists: [],
    listLines: [],
    mark: undefined,
    quotes: 0,
    tables: [],
    pre: { depth: 0, text: '' },
    heading: 0,
  };
  if (!main.root) return [];
  const stack: { node: Node; leaving: boolean }[] = [{ node: main.root, leaving: false }];
  for (let at = stack.pop(); at; at = stack.pop()) {
    const { node } = at;
    if (defaultTreeAdapter.isTextNode(node)) addText(state, node.value);
    if (!defaultTreeAdapter.isElementNode(node)) continue;
    if (at.leaving) {
      leave(state, node);
      continue;
    }
    if (node !== main.root && main.skip(node)) continue;
    enter(state, node);
    stack.push({ node, leaving: true });
    for (let i = node.childNodes.length - 1; i >= 0; i--) stack.push({ node: node.childNodes[i]!, leaving: false });
  }
  flush(state);
  closeList(state);
  return state.blocks;
}

function addText(state: State, value: string): void {
  if (state.pre.depth > 0) state.pre.text += value;
  else {
    const folded = value.replaceAll(/[ \t\n\r\f]+/g, ' ');
    state.text +=
      (state.text === '' || state.text.endsWith(' ') || state.text.endsWith('\n')) && folded.startsWith(' ') ? folded.slice(1) : folded;
  }
}

function enter(state: State, element: Element): void {
  const name = element.tagName;
  const id = attribute(element, 'id') ?? (name === 'a' ? attribute(element, 'name') : undefined);
  if (state.pre.depth > 0) {
    if (name === 'br') state.pre.text += '\n';
    if (name === 'pre') state.pre.depth++;
    return;
  }
  if (name === 'br') state.text = state.tables.length > 0 || state.heading > 0 ? `${state.text.trimEnd()} ` : `${state.text.trimEnd()}\n`;
  if (blockNames.has(name)) flush(state);
  if (/^h[1-6]$/.test(name) && state.tables.length === 0 && state.lists.length === 0) {
    state.heading = Number(name[1]);
    state.anchor = id ?? state.anchor;
  } else if (state.heading > 0 || name === 'section' || name === 'a' || name === 'span' || name === 'div') {
    // Sphinx and old wikis put the anchor on the section, or on an empty link before or in the heading.
    if (id !== undefined && (state.heading === 0 || state.anchor === undefined)) state.anchor = id;
  }
  switch (name) {
    case 'ul':
    case 'ol':
      state.lists.push({ ordered: name === 'ol', n: (Number(attribute(element, 'start')) || 1) - 1 });
      break;
    case 'li': {
      const list = state.lists[state.lists.length - 1] ?? { ordered: false, n: 0 };
      list.n++;
      state.mark = list.ordered ? `${list.n}. ` : '- ';
      break;
    }
    case 'blockquote':
      state.quotes++;
      break;
    case 'table':
      // Each level copies the text of those within it.
      if (state.tables.length === 50)
        throw new AppError({
          code: 'document.nested',
          message: 'nested tables',
          publicMessage: 'its tables are nested deeper than 50 levels',
        });
      state.tables.push({ rows: [], cells: [] });
      break;
    case 'pre':
      state.pre = { depth: 1, text: '' };
  }
}

function leave(state: State, element: Element): void {
  const name = element.tagName;
  if (state.pre.depth > 0) {
    if (name === 'pre' && --state.pre.depth === 0) addCode(state);
    return;
  }
  const table = state.tables[state.tables.length - 1];
  if ((name === 'td' || name === 'th') && table) {
    table.cells.push(state.text.replaceAll(/\s+/g, ' ').trim());
    state.text = '';
    return;
  }
  if (name === 'caption' && table) {
    if (state.text.trim() !== '') table.rows.push(state.text.replaceAll(/\s+/g, ' ').trim());
    state.text = '';
    return;
  }
  if (name === 'tr' && table) {
    if (table.cells.some((cell) => cell !== '')) table.rows.push(table.cells.join(' | '));
    table.cells = [];
    state.text = '';
    return;
  }
  if (blockNames.has(name)) flush(state);
  if (name === 'table' && table) closeTable(state);
  if (name === 'ul' || name === 'ol') {
    state.lists.pop();
    if (state.lists.length === 0) closeList(state);
  }
  if (name === 'li') state.mark = undefined;
  if (name === 'blockquote') state.quotes--;
  if (/^h[1-6]$/.test(name)) state.heading = 0;
}

/** Ends the paragraph, heading or item line that is being read. In a table cell a block's end is a blank. */
function flush(state: State): void {
  if (state.tables.length > 0) {
    if (state.text !== '' && !state.text.endsWith(' ')) state.text += ' ';
    return;
  }
  const text = state.text.replaceAll(/ *\n */g, '\n').trim();
  state.text = '';
  if (text === '') return;
  if (state.heading > 0) {
    const heading = text
      .replaceAll('\n', ' ')
      .replace(/^[§¶🔗]+\s*|\s*[§¶#🔗]+$/gu, '')
      .trim();
    if (heading !== '') {
      state.blocks.push({
        kind: 'heading',
        depth: state.heading,
        text: `${heading}\n\n`,
        ...(state.anchor === undefined ? {} : { anchor: state.anchor }),
      });
    }
    state.anchor = undefined;
    return;
  }
  // An anchor is the next heading's only if no words stand between.
  state.anchor = undefined;
  if (state.lists.length > 0) {
    addLines(state, text.split('\n'));
    return;
  }
  state.blocks.push({ kind: state.quotes > 0 ? 'quote' : 'paragraph', text: `${text}\n\n` });
}

/** Lines of an item, indented by the depth of its list (at most 8: hostile nesting would square the text's size). */
function addLines(state: State, lines: string[]): void {
  const indent = '  '.repeat(Math.min(state.lists.length, 8) - 1);
  for (const line of lines) {
    state.listLines.push(state.mark === undefined ? `${indent}  ${line}` : `${indent}${state.mark}${line}`);
    state.mark = undefined;
  }
}

function closeList(state: State): void {
  if (state.listLines.length > 0) state.blocks.push({ kind: 'list', text: `${state.listLines.join('\n')}\n\n` });
  state.listLines = [];
}

function closeTable(state: State): void {
  const table = state.tables.pop()!;
  const outer = state.tables[state.tables.length - 1];
  if (table.rows.length === 0) return;
  if (outer) state.text += `${table.rows.join('; ')} `;
  else if (state.lists.length > 0) addLines(state, table.rows);
  // One column is layout, not a table.
  else
    state.blocks.push({
      kind: table.rows.some((row) => row.includes(' | ')) ? 'table' : 'paragraph',
      text: `${table.rows.join('\n')}\n\n`,
    });
}

function addCode(state: State): void {
  const text = state.pre.text.replaceAll('\r\n', '\n').replace(/^\n/, '').trimEnd();
  state.pre.text = '';
  if (text === '') return;
  if (state.tables.length > 0) state.text += `${text.replaceAll('\n', ' ')} `;
  else if (state.lists.length > 0) addLines(state, text.split('\n'));
  else state.blocks.push({ kind: 'code', text: `${text}\n\n` });
}
