/** Markdown files as pages of a wiki: roughly, but every word, and every edit of one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Title → wikitext of every `.md` file below a folder; a title is the file's path without its ending. */
export function wikiTexts(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  const texts = new Map<string, string>();
  for (const file of files.sort()) {
    const path = file.replaceAll('\\', '/').replace(/\.md$/, '').replaceAll('_', ' ');
    const title = path.charAt(0).toUpperCase() + path.slice(1);
    if (texts.has(title)) throw new Error(`two files of the title ${title}`);
    texts.set(title, wikitext(readFileSync(join(folder, file), 'utf8')));
  }
  return texts;
}

function wikitext(markdown: string): string {
  let code = false;
  const lines = markdown.split(/\r?\n/).map((line) => {
    if (/^\s*(```|~~~)/.test(line)) {
      code = !code;
      return code ? '<pre>' : '</pre>';
    }
    if (code) return literal(line);
    const heading = /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    if (heading) return `${'='.repeat(heading[1]!.length)} ${literal(heading[2]!)} ${'='.repeat(heading[1]!.length)}`;
    const item = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/.exec(line);
    if (item) return `${(/\d/.test(item[2]!) ? '#' : '*').repeat(Math.min(4, 1 + Math.floor(item[1]!.length / 2)))} ${literal(item[3]!)}`;
    return literal(line.trim());
  });
  return [...lines, ...(code ? ['</pre>'] : [])].join('\n');
}

/** What has a meaning in wikitext stands as a character reference. */
function literal(text: string): string {
  return text.replaceAll(/[<>{}[\]|~'"_=&*#:;!-]/g, (character) => `&#${character.charCodeAt(0)};`);
}
