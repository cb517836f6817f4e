/** Slack's two markups as HTML, as its clients show them, for pictures. */
import type { Nodes, Parents } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A text object of kind `plain_text`. */
export function plainHtml(text: unknown): string {
  const value = typeof text === 'object' && text !== null ? (text as { text?: unknown }).text : text;
  return typeof value === 'string' ? escapeHtml(value) : '';
}

const EMOJI: Record<string, string> = { warning: '⚠️', white_check_mark: '✅', hourglass_flowing_sand: '⏳', mag: '🔍', wave: '👋' };
const unescape = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** `mrkdwn`: tokens in angle brackets, then bold, italic, struck, code, quotes. */
export function mrkdwnHtml(text: string, people: Record<string, string> = {}): string {
  return text
    .split(/(```[\s\S]*?```)/)
    .map((part) =>
      part.startsWith('```') && part.length > 5
        ? `<pre>${escapeHtml(unescape(part.slice(3, -3).replace(/^\n|\n$/g, '')))}</pre>`
        : lines(part, people),
    )
    .join('');
}

function lines(text: string, people: Record<string, string>): string {
  const drawn = text
    .split('\n')
    .map((line) =>
      /^(?:>|&gt;)/.test(line)
        ? `<blockquote>${inline(line.replace(/^(?:>|&gt;) ?/, ''), people)}</blockquote>`
        : `${inline(line, people)}\n`,
    );
  return `<div class="mrkdwn">${drawn.join('').replace(/\n$/, '')}</div>`;
}

function inline(text: string, people: Record<string, string>): string {
  const marked = (words: string): string =>
    escapeHtml(unescape(words))
      .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
      .replaceAll(/(?<![\w*])\*(\S(?:[^*]*\S)?)\*(?![\w*])/g, '<b>$1</b>')
      .replaceAll(/(?<![\w_])_(\S(?:[^_]*\S)?)_(?![\w_])/g, '<i>$1</i>')
      .replaceAll(/(?<![\w~])~(\S(?:[^~]*\S)?)~(?![\w~])/g, '<s>$1</s>')
      .replaceAll(/:(\w+):/g, (whole, name: string) => EMOJI[name] ?? whole);
  // Tokens are set aside, so that bold may reach over them.
  const tokens: string[] = [];
  const held = text.replaceAll(/<([^<>]*)>/g, (_, token: string) => {
    const [target = '', label] = token.split('|', 2);
    const html = target.startsWith('@')
      ? `<span class="mention">@${escapeHtml(people[target.slice(1)] ?? label ?? target.slice(1))}</span>`
      : /^[!#]/.test(target)
        ? `<span class="mention">${escapeHtml(label ?? target)}</span>`
        : `<a href="${escapeHtml(unescape(target))}">${escapeHtml(unescape(label ?? target))}</a>`;
    return `\u{E000}${tokens.push(html) - 1}\u{E001}`;
  });
  return marked(held).replaceAll(/\u{E000}(\d+)\u{E001}/gu, (_, i: string) => tokens[Number(i)]!);
}

/** A `markdown` block, or what a stream has appended. */
export function markdownHtml(text: string): string {
  return children(fromMarkdown(text, { extensions: [gfm()], mdastExtensions: gfmFromMarkdown() }));
}

const children = (node: Parents): string => node.children.map(nodeHtml).join('');

function nodeHtml(node: Nodes): string {
  switch (node.type) {
    case 'text':
      return escapeHtml(node.value);
    case 'paragraph':
      return `<p>${children(node)}</p>`;
    case 'heading':
      return `<p><b>${children(node)}</b></p>`;
    case 'strong':
      return `<b>${children(node)}</b>`;
    case 'emphasis':
      return `<i>${children(node)}</i>`;
    case 'delete':
      return `<s>${children(node)}</s>`;
    case 'inlineCode':
      return `<code>${escapeHtml(node.value)}</code>`;
    case 'code':
      return `<pre>${escapeHtml(node.value)}</pre>`;
    case 'blockquote':
      return `<blockquote>${children(node)}</blockquote>`;
    case 'list':
      return `<${node.ordered ? 'ol' : 'ul'} start="${node.start ?? 1}">${children(node)}</${node.ordered ? 'ol' : 'ul'}>`;
    case 'listItem':
      return `<li>${node.children.map((child) => (child.type === 'paragraph' ? children(child) : nodeHtml(child))).join('')}</li>`;
    case 'link':
      return `<a href="${escapeHtml(node.url)}">${children(node)}</a>`;
    case 'image':
      return `<a href="${escapeHtml(node.url)}">${escapeHtml(node.alt ?? '')}</a>`;
    case 'table':
      return `<div class="table-scroll"><table>${node.children.map((row, i) => `<tr>${row.children.map((cell) => `<td>${i === 0 ? '<b>' : ''}${children(cell)}${i === 0 ? '</b>' : ''}</td>`).join('')}</tr>`).join('')}</table></div>`;
    case 'break':
      return '<br>';
    case 'html':
      return escapeHtml(node.value);
    default:
      return 'children' in node ? children(node as Parents) : '';
  }
}
