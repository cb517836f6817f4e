/** A wiki's Markdown page as plain Markdown, and what it is called. Part of the git driver. Pure. */
import type { RemotePlace } from './git-address.ts';
import { linkedPage, wikiPageName } from './git-pages.ts';

/** Raised when pages are to be read anew because this file reads them in another way. */
export const wikiReading = 1;

/** A line longer than this is data, not text; it stays as it is. */
const longestLine = 10_000;
const picture = /\.(?:png|jpe?g|gif|svg|bmp|webp)$/i;
const strict = new TextDecoder('utf-8', { fatal: true });

/** `How-to/Use-VPN.md` is the page "Use VPN". Undefined for what is no page. */
export function wikiTitle(file: string): string | undefined {
  const name = wikiPageName(file)?.split('/').at(-1);
  return name?.replaceAll(/[-\s]+/g, ' ').trim() || name;
}

/** Its name stands above a page and is what links and people call it; the home page has its heading, and front matter its own. */
export function isCalledByName(bytes: Uint8Array, title: string): boolean {
  if (title.toLowerCase() === 'home') return false;
  const [, matter = ''] =
    /^---[ \t]*\r?\n([^]*?)\n---[ \t]*\r?(?:\n|$)/.exec(Buffer.from(bytes.subarray(0, 20_000)).toString('latin1')) ?? [];
  return !/^title[ \t]*:/m.test(matter);
}

/**
 * `[[Page]]` and `[[text|Page]]` become Markdown's links, `[[picture.png]]` and `[[_TOC_]]` go. What is no UTF-8 stays as it is.
 * Nothing comes from the page's own name: one that is renamed keeps its bytes.
 */
export function readWikiPage(bytes: Uint8Array, place: Pick<RemotePlace, 'url' | 'forge' | 'wiki'>): Uint8Array {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return bytes;
  }
  return text.includes('[[') ? Buffer.from(withLinks(text, place)) : bytes;
}

/** Not within code. */
function withLinks(text: string, place: Pick<RemotePlace, 'url' | 'forge' | 'wiki'>): string {
  let fence: string | undefined;
  const lines = text.split('\n').map((line) => {
    const mark = /^[\s>]{0,40}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence) && line.trimEnd().endsWith(mark)) fence = undefined;
      return line;
    }
    if (mark !== undefined) {
      fence = mark;
      return line;
    }
    return line.length > longestLine || !line.includes('[[') ? line : lineWithLinks(line, place);
  });
  return lines.join('\n');
}

function lineWithLinks(line: string, place: Pick<RemotePlace, 'url' | 'forge' | 'wiki'>): string {
  let out = '';
  let at = 0;
  while (at < line.length) {
    const run = /^`+/.exec(line.slice(at))?.[0];
    if (run !== undefined) {
      const end = endOfCode(line, at + run.length, run.length);
      out += line.slice(at, end);
      at = end;
      continue;
    }
    // A bracket behind makes it a link of Markdown's own.
    const tag = line.startsWith('[[', at) ? /^\[\[([^[\]\s][^[\]]*)\]\](?!\()/.exec(line.slice(at))?.[1] : undefined;
    if (tag === undefined) {
      const next = line.slice(at + 1).search(/`|\[\[/);
      const end = next < 0 ? line.length : at + 1 + next;
      out += line.slice(at, end);
      at = end;
    } else {
      out += linkOf(tag, place);
      at += tag.length + 4;
    }
  }
  return out;
}

/** Behind the closing run of just as many marks; behind the opening one where none closes it. */
function endOfCode(line: string, from: number, marks: number): number {
  for (const match of line.slice(from).matchAll(/`+/g)) if (match[0].length === marks) return from + match.index + marks;
  return from;
}

function linkOf(tag: string, place: Pick<RemotePlace, 'url' | 'forge' | 'wiki'>): string {
  // In a table the bar is escaped.
  const [first = '', second, ...rest] = tag.split(/\\?\|/).map((part) => part.trim());
  if (/^_TOC/i.test(first)) return '';
  if (picture.test(first)) return [second ?? '', ...rest].find((part) => part.startsWith('alt='))?.slice(4) ?? '';
  const target = second || first;
  if (picture.test(target)) return first;
  const address = /^(?:https?|mailto):/i.test(target) ? target : linkedPage(place, target);
  const words = first || target;
  // What would end the link, or not be part of it.
  const kept = address?.replaceAll(/[\s()<>]/g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return kept === undefined ? words : `[${words}](${kept})`;
}
