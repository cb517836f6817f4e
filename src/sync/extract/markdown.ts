/** Markdown to blocks. Runs in the extraction child. */
import GithubSlugger from 'github-slugger';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { frontmatterFromMarkdown } from 'mdast-util-frontmatter';
import { frontmatter } from 'micromark-extension-frontmatter';
import type { Block, ExtractedDocument } from '../../types.ts';
import { isTableRule } from '../../passage-blocks.ts';
import { plainText } from '../../passage-text.ts';
import { readFrontMatter } from './front-matter.ts';

/**
 * Only blocks are asked of the parser: what stands inside a paragraph is `plainText`'s, which is linear where the usual
 * rules of emphasis and links are not (84 kB of `*a **a ` took other parsers 43 s), and this is several times faster.
 */
const blocksOnly = {
  disable: {
    null: [
      'attention',
      'autolink',
      'codeText',
      'htmlText',
      'labelStartImage',
      'labelStartLink',
      'labelEnd',
      'characterEscape',
      'characterReference',
      'hardBreakEscape',
    ],
  },
};

const kinds: Record<string, Block['kind']> = { heading: 'heading', list: 'list', code: 'code', blockquote: 'quote' };

/**
 * Blocks are verbatim slices of the source, each with the blank lines behind it: joined with '' they are the source without
 * its front matter. Anchors are GitHub's, or those written as `{#id}`.
 * @param anchor makes other ones; those that repeat are numbered
 */
export function extractMarkdown(source: string, anchor?: (heading: string) => string): ExtractedDocument {
  const tree = fromMarkdown(source, {
    extensions: [frontmatter(['yaml', 'toml']), blocksOnly],
    mdastExtensions: [frontmatterFromMarkdown(['yaml', 'toml'])],
  });
  const slugger = new GithubSlugger();
  const blocks: Block[] = [];
  let hints: Omit<ExtractedDocument, 'blocks' | 'textFragments'> = {};
  const nodes = [...tree.children];
  const first = nodes[0];
  let bodyStart = 0;
  if (first && (first.type === 'yaml' || (first.type as string) === 'toml')) {
    nodes.shift();
    bodyStart = first.position!.end.offset!;
    if (first.type === 'yaml') hints = readFrontMatter(first.value);
  }
  for (const [i, node] of nodes.entries()) {
    const start = i === 0 ? skipLineEnds(source, bodyStart, node.position!.start.offset!) : node.position!.start.offset!;
    const end = nodes[i + 1]?.position!.start.offset ?? source.length;
    const text = source.slice(lineStart(source, start, bodyStart), lineStart(source, end, bodyStart));
    const kind = kinds[node.type] ?? 'paragraph';
    if (node.type === 'paragraph') blocks.push(...paragraphAndTable(text));
    else if (node.type !== 'heading') blocks.push({ kind, text });
    else blocks.push({ kind, text, depth: node.depth, anchor: anchorOf(text, slugger, anchor) });
  }
  const title = hints.title ?? firstHeading(blocks);
  return { ...hints, ...(title === undefined ? {} : { title }), textFragments: false, blocks };
}

/**
 * GFM's table is a row, a line of dashes and bars, and rows to the next blank line; it may follow a paragraph's lines. Found
 * here and not by the parser's extension, which took 10 s for 100,000 rows.
 */
function paragraphAndTable(text: string): Block[] {
  for (let rule = text.indexOf('\n') + 1; rule > 0; rule = text.indexOf('\n', rule) + 1) {
    const end = text.indexOf('\n', rule);
    if (!isTableRule(text, rule, end < 0 ? text.length : end)) continue;
    const row = text.lastIndexOf('\n', rule - 2) + 1;
    if (!text.slice(row, rule).includes('|')) continue;
    const table: Block = { kind: 'table', text: text.slice(row) };
    return row === 0 ? [table] : [{ kind: 'paragraph', text: text.slice(0, row) }, table];
  }
  return [{ kind: 'paragraph', text }];
}

/** Indentation before a block (a code block's, say) belongs to it. */
function lineStart(source: string, at: number, from: number): number {
  let start = at;
  while (start > from && (source.charCodeAt(start - 1) === 32 || source.charCodeAt(start - 1) === 9)) start--;
  return start === from || source.charCodeAt(start - 1) === 10 || source.charCodeAt(start - 1) === 13 ? start : at;
}

function skipLineEnds(source: string, from: number, to: number): number {
  let at = from;
  while (at < to && (source.charCodeAt(at) === 10 || source.charCodeAt(at) === 13)) at++;
  return at;
}

function anchorOf(heading: string, slugger: GithubSlugger, anchor: ((heading: string) => string) | undefined): string {
  const explicit = /\{#([^\s{}]{1,200})\}\s*$/.exec(heading)?.[1];
  const words = plainText(heading).text.trim();
  const slug = slugger.slug(anchor ? anchor(words) : words);
  return explicit ?? slug;
}

function firstHeading(blocks: Block[]): string | undefined {
  const heading = blocks.find((block) => block.kind === 'heading');
  if (heading?.depth !== 1) return undefined;
  return plainText(heading.text).text.trim() || undefined;
}
