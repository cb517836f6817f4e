/** Markdown files as pages of a DokuWiki: roughly, but every word, and every edit of one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Page id → text of every `.md` file below a folder. Ids as DokuWiki makes them of a path: lower case, `:` between folders. */
export function dokuwikiTexts(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  const texts = new Map<string, string>();
  for (const file of files.sort()) {
    const id = file.replace(/\.md$/, '').toLowerCase().replaceAll(/[/\\]/g, ':');
    if (texts.has(id)) throw new Error(`two files become ${id}`);
    texts.set(id, wikitext(readFileSync(join(folder, file), 'utf8')));
  }
  return texts;
}

function wikitext(markdown: string): string {
  let code = false;
  const lines = markdown.split(/\r?\n/).map((line) => {
    if (/^\s*(```|~~~)/.test(line)) {
      code = !code;
      return code ? '<code>' : '</code>';
    }
    if (code) return line;
    const heading = /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    if (heading)
      return `${'='.repeat(7 - Math.min(5, heading[1]!.length))} ${heading[2]!} ${'='.repeat(7 - Math.min(5, heading[1]!.length))}`;
    const item = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/.exec(line);
    if (item)
      return `${'  '.repeat(1 + Math.min(4, Math.floor(item[1]!.length / 2)))}${/\d/.test(item[2]!) ? '-' : '*'} ${inline(item[3]!)}`;
    return inline(line.trim());
  });
  const text = [...lines, ...(code ? ['</code>'] : [])].join('\n');
  // DokuWiki knows no empty page: saving one deletes it.
  return text.trim() === '' ? '~~NOTOC~~' : text;
}

/** Links to other sites are links; all else that has a meaning in DokuWiki stands literally. */
function inline(text: string): string {
  return text
    .split(/(\[[^\][|{}]+\]\(https?:[^\s()[\]|]+\))/)
    .map((part, i) => (i % 2 === 0 ? literal(part) : part.replace(/^\[(.*)\]\((.*)\)$/, '[[$2|$1]]')))
    .join('');
}

function literal(text: string): string {
  return text.trim() === '' ? text : `%%${text.replaceAll('%%', '% %')}%%`;
}
