/** Notion's rich text to Markdown that reads as the text does. Pure. */
import { z } from 'zod';
import { linkTo } from './notion-address.ts';

const annotationsSchema = z.object({
  bold: z.boolean().optional(),
  italic: z.boolean().optional(),
  strikethrough: z.boolean().optional(),
  code: z.boolean().optional(),
});
const itemSchema = z.object({
  type: z.string().optional(),
  plain_text: z.string(),
  href: z.string().nullish(),
  annotations: annotationsSchema.optional(),
});
type Item = z.infer<typeof itemSchema>;

interface Run {
  text: string;
  /** `~~`, `**`, `*`, `***` or nothing. */
  mark: string;
  code: boolean;
  href: string | undefined;
}

/** The words of rich text, on one line. */
export function wordsOf(value: unknown): string {
  return itemsOf(value)
    .map((item) => item.plain_text)
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The words of rich text as they stand: of code, and of what is one text whatever its marks. */
export function verbatim(value: unknown): string {
  return itemsOf(value)
    .map((item) => item.plain_text)
    .join('')
    .replaceAll(/\r\n?/g, '\n');
}

/** Lines that `extractMarkdown` takes for a paragraph of just these words; emphasis, code and links as Markdown. */
export function richText(value: unknown): string {
  return lines(markdownOf(runsOf(itemsOf(value)))).join('\n');
}

/** The same on one line: for headings, cells and links. */
export function richLine(value: unknown): string {
  const items = itemsOf(value).map((item) => ({ ...item, plain_text: item.plain_text.replaceAll(/\s+/g, ' ') }));
  return lines(markdownOf(runsOf(items))).join(' ');
}

/** Any text as Markdown that reads as just that text, on one line. */
export function plainLine(text: string): string {
  return atLineStart(escapeMarks(text.replaceAll(/\s+/g, ' ').trim()));
}

/** `[words](address)`, or the words alone where the address is none that may be linked to. */
export function link(words: string, address: string | undefined): string {
  const target = addressOf(address);
  // `[a]:` would define an address, and `[^1]` a footnote.
  if (target === undefined || words === '' || words.includes(']:')) return words;
  return `[${words.replace(/^\^/, String.raw`\$&`)}](${target})`;
}

function itemsOf(value: unknown): Item[] {
  const parsed = z.array(itemSchema).safeParse(value);
  return parsed.success ? parsed.data : [];
}

/** Neighbours that look alike are one: `**a****b**` would read as something else. */
function runsOf(items: Item[]): Run[] {
  const runs: Run[] = [];
  for (const { type, plain_text: words, href, annotations } of items) {
    const { bold, italic, strikethrough } = annotations ?? {};
    // LaTeX keeps its backslashes in a code span alone.
    const code = annotations?.code === true || type === 'equation';
    const emphasis = strikethrough ? '~~' : `${bold ? '**' : ''}${italic ? '*' : ''}`;
    const run: Run = {
      text: words.replaceAll(/\r\n?/g, '\n'),
      mark: code ? '' : emphasis,
      code,
      href: addressOf(href ?? undefined),
    };
    const last = runs.at(-1);
    if (last && last.mark === run.mark && last.code === run.code && last.href === run.href) last.text += run.text;
    else if (run.text !== '') runs.push(run);
  }
  return runs;
}

function markdownOf(runs: Run[]): string {
  let out = '';
  for (const run of runs) {
    for (const [at, line] of run.text.split('\n').entries()) {
      if (at > 0) out += '\n';
      const core = line.trim();
      const from = line.indexOf(core);
      out += core === '' ? line : line.slice(0, from) + inline(core, run, out + line.slice(0, from)) + line.slice(from + core.length);
    }
  }
  return out;
}

/** One run on one line, without blanks around it. */
function inline(core: string, { mark, code, href }: Run, before: string): string {
  const words = code && !before.endsWith('`') ? codeSpan(core) : escapeMarks(core);
  if (href !== undefined) return link(words, href);
  if (code || mark === '') return words;
  // Marks open and close for certain only between letters, and not where other marks end.
  return /[*~]$/.test(before) || !isLetter(core.charCodeAt(0)) || !isLetter(core.charCodeAt(core.length - 1))
    ? words
    : `${mark}${words}${mark}`;
}

function isLetter(code: number): boolean {
  return /[\p{L}\p{N}]/u.test(String.fromCharCode(code));
}

function codeSpan(text: string): string {
  // A bar would end a table's cell, a comment begins in code too, and blanks beside backticks would show.
  if (/^`|`$|\||<!--/.test(text)) return escapeMarks(text);
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${text}${fence}`;
}

/** What would be taken for a mark anywhere in a line, also with what follows the text. An underscore within a word is none. */
function escapeMarks(text: string): string {
  return (
    text
      .replaceAll(/[\\`*[\]|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|~(?=~|$)|(?<=~|^)~|\{(?=\{|$)|!$/gu, String.raw`\$&`)
      .replaceAll(/&(?=#?\w{1,31};|#?\w{0,31}$)/g, String.raw`\&`)
      // A comment would begin behind a backslash, too.
      .replaceAll(/<(?=!|$)/g, '&lt;')
      .replaceAll(/<(?=[\w/?-])/g, String.raw`\<`)
  );
}

function lines(markdown: string): string[] {
  return markdown
    .split('\n')
    .map((line) => atLineStart(line.replaceAll(/^[ \t]+|[ \t]+$/g, '')))
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replaceAll(/^\n+|\n+$/g, '')
    .split('\n');
}

/** What would make a line a heading, an item, a quote, a rule or code. */
function atLineStart(line: string): string {
  return line
    .replace(/^(\d{1,9})([.)])(?=[ \t]|$)/, String.raw`$1\$2`)
    .replace(/^(?:[#>]|[-+](?=[-+:| \t\\]|$)|=(?=[= \t]*$)|:(?=[-:|\\ \t]*$))/, String.raw`\$&`);
}

/** Web and mail addresses; Notion gives links to its own pages as `/ID`. Undefined for all else. */
function addressOf(given: string | undefined): string | undefined {
  if (given === undefined || given.length > 2000) return undefined;
  const own = /^\/([0-9a-f]{32})(?:[?#].*)?$/i.exec(given);
  if (own) return linkTo(own[1]!);
  if (!/^(?:https?:\/\/|mailto:)/i.test(given) || !URL.canParse(given)) return undefined;
  return new URL(given).href.replaceAll(/[()<>\\|\s`*_[\]]/g, (mark) => (mark === '_' ? mark : `%${hex(mark)}`));
}

function hex(mark: string): string {
  return mark.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
}
