/** Blocks of a page to Markdown. Pure. */
import { z } from 'zod';
import { linkTo, plainId } from './notion-address.ts';
import { link, plainLine, richLine, richText, verbatim } from './notion-text.ts';

/** A block with what stands in it. `data` is what Notion gives under the block's type. */
export interface NotionBlock {
  id: string;
  type: string;
  data: Record<string, unknown>;
  children: NotionBlock[];
}

export interface MarkdownContext {
  /** The title of a page or database, by its plain id. */
  titleOf(id: string): string | undefined;
}

const kept = z.looseObject({
  rich_text: z.unknown().optional(),
  caption: z.unknown().optional(),
  title: z.unknown().optional(),
  name: z.string().optional(),
  url: z.string().optional(),
  language: z.string().optional(),
  expression: z.string().optional(),
  checked: z.boolean().optional(),
  list_start_index: z.number().optional(),
  cells: z.array(z.unknown()).optional(),
  external: z.object({ url: z.string() }).optional(),
  file: z.object({ url: z.string() }).optional(),
  page_id: z.string().optional(),
  database_id: z.string().optional(),
});
type Data = z.infer<typeof kept>;

const listItems = new Set(['bulleted_list_item', 'numbered_list_item', 'to_do']);
/** They say where one is, or what stands elsewhere on the page. */
const furniture = new Set(['breadcrumb', 'table_of_contents', 'divider', 'unsupported']);

/**
 * Blocks with a blank line between them; items of one list on following lines. Headings carry their block's id, which is what
 * Notion's links open at: `## Words {#ID}`. Columns, toggles, callouts and synced blocks stand as the blocks that are in them.
 */
export function blocksToMarkdown(blocks: NotionBlock[], context: MarkdownContext): string {
  return parts(blocks, context, false).join('\n\n');
}

/** @param within a list or quote, where a heading has no anchor of its own */
function parts(blocks: NotionBlock[], context: MarkdownContext, within: boolean): string[] {
  const all: string[] = [];
  let number = 0;
  let last = '';
  for (const block of blocks) {
    const data = dataOf(block);
    number = block.type !== 'numbered_list_item' ? 0 : number === 0 ? (data.list_start_index ?? 1) : number + 1;
    const text = listItems.has(block.type)
      ? itemOf(block, data, block.type === 'numbered_list_item' ? `${number}.` : '-', context)
      : partOf(block, data, context, within);
    if (text === '') continue;
    if (listItems.has(block.type) && block.type === last) all[all.length - 1] += `\n${text}`;
    else all.push(text);
    last = block.type;
  }
  return all;
}

function partOf(block: NotionBlock, data: Data, context: MarkdownContext, within: boolean): string {
  if (furniture.has(block.type)) return '';
  const below = (): string[] => parts(block.children, context, within);
  const heading = /^heading_([1-6])$/.exec(block.type)?.[1];
  if (heading !== undefined) return joined(headingOf(block, data, Number(heading), within), below());
  switch (block.type) {
    case 'quote':
      return prefixed(joined(richText(data.rich_text), parts(block.children, context, true)), '> ', '> ');
    case 'code':
      return joined(fenced(verbatim(data.rich_text), data.language), [richText(data.caption)]);
    case 'equation':
      return fenced(data.expression ?? '', 'math');
    case 'table':
      return tableOf(block.children);
    case 'bookmark':
    case 'embed':
    case 'link_preview':
      return link(richLine(data.caption) || plainLine(data.url ?? ''), data.url);
    case 'image':
    case 'video':
    case 'audio':
    case 'pdf':
    case 'file':
      return joined(fileOf(block.type, data), [richText(data.caption)]);
    case 'child_page':
    case 'child_database':
      return link(plainLine(typeof data.title === 'string' ? data.title : ''), linkTo(block.id));
    case 'link_to_page': {
      const id = data.page_id ?? data.database_id;
      return id === undefined ? '' : link(plainLine(context.titleOf(plainId(id)) ?? ''), linkTo(id));
    }
    case 'meeting_notes':
    case 'transcription':
      return joined(richText(data.title), below());
    default:
      return joined(richText(data.rich_text), [richText(data.caption), ...below()]);
  }
}

function headingOf(block: NotionBlock, data: Data, depth: number, within: boolean): string {
  const words = richLine(data.rich_text);
  if (words === '' || within) return words;
  // Hashes at its end would be taken for the heading's own.
  return `${'#'.repeat(depth)} ${words.replace(/(?<!\\)#+$/, String.raw`\$&`)} {#${plainId(block.id)}}`;
}

function itemOf(block: NotionBlock, data: Data, mark: string, context: MarkdownContext): string {
  const box = block.type === 'to_do' ? (data.checked ? '[x] ' : '[ ] ') : '';
  const words = richText(data.rich_text);
  const below = parts(block.children, context, true);
  if (words === '' && below.length === 0) return '';
  const tight = block.children[0] !== undefined && listItems.has(block.children[0].type) ? '\n' : '\n\n';
  const text = [words, below.join('\n\n')].filter((part) => part !== '').join(tight);
  return prefixed(box + text, `${mark} `, ' '.repeat(mark.length + 1));
}

function fileOf(type: string, data: Data): string {
  // Notion's own files have addresses that end within the hour: their name alone stays.
  const name = data.name ?? nameIn(data.file?.url ?? data.external?.url);
  return type === 'image' ? '' : link(plainLine(name), data.external?.url);
}

function nameIn(address: string | undefined): string {
  if (address === undefined || !URL.canParse(address)) return '';
  const last = new URL(address).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function fenced(text: string, language: string | undefined): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const name = language === 'plain text' ? '' : (language ?? '').replaceAll(/[^\w#+.-]+/g, '-');
  return text.trim() === '' ? '' : `${fence}${name}\n${text}\n${fence}`;
}

/** The first row is the head: Markdown knows no table without one. */
function tableOf(rows: NotionBlock[]): string {
  const cells = rows.map((row) => (dataOf(row).cells ?? []).map((cell) => richLine(cell)));
  const width = Math.max(0, ...cells.map((row) => row.length));
  if (!cells.some((row) => row.some((cell) => cell !== ''))) return '';
  const written = cells.map((row) => `| ${Array.from({ length: width }, (_, at) => row[at] ?? '').join(' | ')} |`);
  return [written[0], `|${' --- |'.repeat(width)}`, ...written.slice(1)].join('\n');
}

function joined(first: string, rest: string[]): string {
  return [first, ...rest].filter((part) => part !== '').join('\n\n');
}

function prefixed(text: string, first: string, others: string): string {
  if (text === '') return '';
  return text
    .split('\n')
    .map((line, at) => (at === 0 ? first + line : line === '' ? others.trimEnd() : others + line))
    .join('\n');
}

function dataOf(block: NotionBlock): Data {
  return kept.safeParse(block.data).data ?? {};
}
