/** What Confluence's macros leave of themselves on a page that is read. */
import { childOf, parameterOf, textWithin, type StorageElement, type StorageNode } from './confluence-tree.ts';

/** What the macros need of what stands around them. */
export interface MacroHost {
  out: string[];
  /** Writes nodes as they are written anywhere on the page. */
  render(nodes: StorageNode[]): void;
  escape(text: string): string;
  /** The words and the address of the page, file or person that an `ri:` element names. */
  resource(node: StorageElement): { text: string; href?: string } | undefined;
}

const panels = new Set(['info', 'note', 'tip', 'warning', 'error', 'success', 'panel']);
const code = new Set(['code', 'code-block', 'codeblock', 'noformat']);
const included = new Set(['include', 'excerpt-include']);
const files = new Set(['view-file', 'viewpdf', 'viewdoc', 'viewxls', 'viewppt']);

/**
 * Panels become quotes under their title, code stays as it is written, what other pages give is named with a link, a status is its
 * word. Of a macro that is not known here, what a person wrote in it is kept; one without such a body (a table of contents, a
 * list of recent changes) leaves nothing.
 */
export function renderMacro(macro: StorageElement, host: MacroHost): void {
  const { out, escape } = host;
  const name = (macro.attributes['ac:name'] ?? '').toLowerCase();
  const rich = childOf(macro, 'ac:rich-text-body');
  const plain = childOf(macro, 'ac:plain-text-body');
  const title = parameterOf(macro, 'title');
  const heading = (): void => {
    if (title !== undefined) out.push('<p><strong>', escape(title), '</strong></p>');
  };
  if (code.has(name)) {
    heading();
    const language = parameterOf(macro, 'language')?.replaceAll(/[^\w+#.-]/g, '');
    writeCode(plain ?? rich, language, host);
  } else if (name === 'status') {
    if (title !== undefined) out.push(' ', escape(title), ' ');
  } else if (included.has(name) || files.has(name)) {
    const target = targetIn(macro, host) ?? { text: parameterOf(macro, '') ?? parameterOf(macro, 'nopanel') ?? '' };
    if (target.text !== '') out.push('<p>', linkOf(target, host), '</p>');
  } else if (name === 'jira' || name === 'jiraissues') {
    const key = parameterOf(macro, 'key');
    if (key !== undefined) out.push(escape(key));
  } else if (name === 'excerpt' && parameterOf(macro, 'hidden') === 'true') {
    // It is not shown on this page.
  } else if (panels.has(name)) {
    out.push('<blockquote>');
    heading();
    if (rich) host.render(rich.children);
    out.push('</blockquote>');
  } else if (rich) {
    out.push('<div>');
    if (name !== 'section' && name !== 'column') heading();
    host.render(rich.children);
    out.push('</div>');
  } else if (plain) {
    heading();
    writeCode(plain, undefined, host);
  }
}

/** Panels and decisions of the new editor; beside each stands what older programs are to show, which is left out. */
export function renderExtension(extension: StorageElement, host: MacroHost): void {
  const node = childOf(extension, 'ac:adf-node');
  const content = node && childOf(node, 'ac:adf-content');
  const fallback = childOf(extension, 'ac:adf-fallback');
  if (content && textWithin(content).trim() !== '') {
    host.out.push('<blockquote>');
    host.render(content.children);
    host.out.push('</blockquote>');
  } else if (fallback) host.render(fallback.children);
}

export function linkOf({ text, href }: { text: string; href?: string }, { escape }: Pick<MacroHost, 'escape'>): string {
  return href === undefined ? escape(text) : `<a href="${escape(href)}">${escape(text)}</a>`;
}

function writeCode(body: StorageElement | undefined, language: string | undefined, { out, escape }: MacroHost): void {
  const text = body ? textWithin(body) : '';
  if (text.trim() === '') return;
  // A line's end behind `<pre>` is not part of it.
  out.push('<pre><code', language ? ` class="language-${language}"` : '', '>\n', escape(text), '</code></pre>');
}

/** What the first `ri:` element in a macro's parameters names. */
function targetIn(macro: StorageElement, host: MacroHost): { text: string; href?: string } | undefined {
  const stack: StorageNode[] = [...macro.children].reverse();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (typeof node === 'string') continue;
    if (node.name.startsWith('ri:')) {
      const target = host.resource(node);
      if (target) return target;
    }
    if (node.name === 'ac:parameter' || node.name === 'ac:link') stack.push(...[...node.children].reverse());
  }
  return undefined;
}
