/** Confluence's storage format (XML with HTML's entities) as a tree, whatever is wrong with it. Nothing recurses; linear in time. */
import { Tokenizer } from 'parse5';

export interface StorageElement {
  /** With its prefix, in lower case: `p`, `ac:link`, `ri:page`. */
  name: string;
  attributes: Record<string, string>;
  children: StorageNode[];
}
export type StorageNode = StorageElement | string;

/** Deeper elements lose their tags and keep their words: what reads the tree may recurse. */
export const DEEPEST = 150;

/** Elements of HTML without content, closed or not. */
const empty = new Set(['br', 'hr', 'img', 'col', 'wbr', 'input', 'area', 'embed', 'source', 'track']);

/**
 * Elements that are not closed end with the one around them; closing tags of what is not open count for nothing; CDATA is text.
 * @returns an element without a name around all
 */
export function parseStorage(storage: string): StorageElement {
  const root: StorageElement = { name: '', attributes: {}, children: [] };
  const open: StorageElement[] = [root];
  const counts = new Map<string, number>();
  /** Names of open elements that were too deep to be kept. */
  const flattened: string[] = [];
  const text = ({ chars }: { chars: string }): void => {
    const into = open[open.length - 1]!.children;
    const last = into.length - 1;
    if (typeof into[last] === 'string') into[last] += chars;
    else into.push(chars);
  };
  const tokenizer = new Tokenizer(
    {},
    {
      onStartTag({ tagName, attrs, selfClosing }) {
        const closed = selfClosing || empty.has(tagName);
        if (open.length > DEEPEST) {
          if (!closed) flattened.push(tagName);
          return;
        }
        const attributes = Object.fromEntries(attrs.map(({ name, value }) => [name, value]));
        const element: StorageElement = { name: tagName, attributes, children: [] };
        open[open.length - 1]!.children.push(element);
        if (closed) return;
        open.push(element);
        counts.set(tagName, (counts.get(tagName) ?? 0) + 1);
      },
      onEndTag({ tagName }) {
        if (flattened.length > 0) {
          if (flattened[flattened.length - 1] === tagName) {
            flattened.pop();
            return;
          }
          if (!counts.get(tagName)) return;
          flattened.length = 0;
        }
        if (!counts.get(tagName)) return;
        for (let closed = open.pop()!; ; closed = open.pop()!) {
          counts.set(closed.name, counts.get(closed.name)! - 1);
          if (closed.name === tagName) return;
        }
      },
      onCharacter: text,
      onWhitespaceCharacter: text,
      onNullCharacter() {},
      onComment() {},
      onDoctype() {},
      onEof() {},
    },
  );
  // Only then are CDATA sections read as such, which hold the bodies of code.
  tokenizer.inForeignNode = true;
  tokenizer.write(storage, true);
  return root;
}

/** All words within, without those of parameters. */
export function textWithin(node: StorageNode): string {
  if (typeof node === 'string') return node;
  if (node.name === 'ac:parameter') return '';
  return node.children.map(textWithin).join('');
}

/** The first child of one of these names. */
export function childOf({ children }: StorageElement, ...names: string[]): StorageElement | undefined {
  return children.find((child): child is StorageElement => typeof child !== 'string' && names.includes(child.name));
}

/** The text of a macro's parameter; undefined when it has none of that name, or only an element. */
export function parameterOf({ children }: StorageElement, name: string): string | undefined {
  for (const child of children)
    if (typeof child !== 'string' && child.name === 'ac:parameter' && (child.attributes['ac:name'] ?? '') === name) {
      const text = child.children.map(textWithin).join('').trim();
      return text === '' ? undefined : text;
    }
  return undefined;
}
