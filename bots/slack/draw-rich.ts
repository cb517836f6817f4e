/** Runs of sentences as `rich_text` and `table` blocks: what is written in them is taken literally. */
import type { KnownBlock, RichTextBlock, RichTextBlockElement, RichTextElement, RichTextList, RichTextSection } from '@slack/types';
import type { AnswerSentence } from '../../src/types.ts';
import { addressOf, cellsOf, citationOf, endsWide, numbersOf, type Cited, type Run } from '../answer-runs.ts';
import { literal, oneLine } from './text.ts';

/** Of a message's blocks, for the answer's own words. */
const MOST_BLOCKS = 36;
const MOST_ROWS = 100;
const MOST_COLUMNS = 20;
const LONGEST_TABLE = 9000;

type Inline = RichTextElement[];

export function richBlocks(runs: Run[], cited: Cited): KnownBlock[] {
  const blocks: KnownBlock[] = [];
  let open: RichTextBlock | undefined;
  let tables = 0;
  for (const run of runs) {
    const table = run.block === 'table' && tables === 0 ? tableOf(run, cited) : undefined;
    if (run.title) open = undefined;
    if (table) {
      if (run.title) blocks.push({ type: 'rich_text', elements: [titleOf(run)] });
      blocks.push(table);
      tables++;
      open = undefined;
      continue;
    }
    const elements = elementsOf(run, cited);
    if (run.title) elements.unshift(titleOf(run));
    // A heading stands right above what it heads; past the limit all goes into the last block.
    const last = blocks.at(-1);
    if (open) open.elements.push(...elements);
    else if (blocks.length >= MOST_BLOCKS && last?.type === 'rich_text') last.elements.push(...elements);
    else blocks.push({ type: 'rich_text', elements });
    const into = blocks.at(-1);
    open = (run.block === 'heading' || cited.quoted) && into?.type === 'rich_text' ? into : undefined;
  }
  return blocks;
}

export const words = (text: string, bold = false): RichTextElement => ({ type: 'text', text, ...(bold ? { style: { bold: true } } : {}) });

/** A link of a document's metadata, or its words alone. */
export const linked = (url: string | undefined, label: string, bold = false): RichTextElement => {
  const text = literal(oneLine(label)) || '…';
  return url ? { type: 'link', url, text, ...(bold ? { style: { bold: true } } : {}) } : words(text, bold);
};

const titleOf = (run: Run): RichTextSection => ({
  type: 'rich_text_section',
  elements: [linked(run.title!.url, run.title!.text, true)],
});

function elementsOf(run: Run, cited: Cited): RichTextBlockElement[] {
  const border = cited.quoted ? ({ border: 1 } as const) : {};
  const sections = run.sentences.map((_, i): RichTextSection => ({ type: 'rich_text_section', elements: inline(run, i, cited) }));
  switch (run.block) {
    case 'bullet':
      return [{ type: 'rich_text_list', style: 'bullet', elements: sections, ...border }];
    case 'step': {
      const list: RichTextList & { offset?: number } = { type: 'rich_text_list', style: 'ordered', elements: sections, ...border };
      // `offset` is of the reference (rich-text-list-element), not yet of @slack/types.
      if (run.first > 1) list.offset = run.first - 1;
      return [list];
    }
    case 'code':
      return preformatted(run, run.sentences.map((s) => literal(s.text)).join('\n'), cited);
    case 'table':
      return preformatted(run, aligned(run.sentences.flatMap((s) => cellsOf(s.text))), cited);
    default: {
      const elements = run.sentences.flatMap((s, i) => [
        ...(i > 0 && !endsWide(run.sentences[i - 1]!.text) ? [words(' ')] : []),
        ...inline(run, i, cited),
      ]);
      return [{ type: cited.quoted && run.block === 'paragraph' ? 'rich_text_quote' : 'rich_text_section', elements }];
    }
  }
}

function preformatted(run: Run, text: string, cited: Cited): RichTextBlockElement[] {
  const numbers = [...new Set(run.sentences.flatMap((s) => s.citations))];
  return [
    { type: 'rich_text_preformatted', elements: [{ type: 'text', text: text || ' ' }] },
    ...(numbers.length > 0 ? [{ type: 'rich_text_section' as const, elements: marks(numbers, cited) }] : []),
  ];
}

/** A sentence with words of the question in bold, and its numbers. */
function inline(run: Run, i: number, cited: Cited): Inline {
  const sentence = run.sentences[i]!;
  const numbers = numbersOf(run, i);
  const elements = spans(sentence, sentence.block === 'heading');
  if (numbers.length === 0) return elements;
  return [...elements, ...(endsWide(sentence.text) ? [] : [words('\u00A0')]), ...marks(numbers, cited)];
}

/** `[1]` for each, opening at the passage. */
function marks(numbers: number[], cited: Cited): Inline {
  return numbers.flatMap((n) => {
    const citation = citationOf(n, cited);
    return citation ? [linked(addressOf(citation), `[${n}]`)] : [];
  });
}

function spans({ text, marks: found = [] }: Pick<AnswerSentence, 'text' | 'marks'>, bold: boolean): Inline {
  const parts: Inline = [];
  const add = (piece: string, strong: boolean): void => {
    const seen = literal(piece).replaceAll('\n', ' ');
    if (seen !== '') parts.push(words(seen, strong));
  };
  let at = 0;
  for (const { start, end } of bold ? [] : found) {
    if (start < at || end > text.length || end <= start) continue;
    add(text.slice(at, start), false);
    add(text.slice(start, end), true);
    at = end;
  }
  add(text.slice(at), bold);
  return parts.length > 0 ? parts : [words(' ')];
}

function tableOf(run: Run, cited: Cited): KnownBlock | undefined {
  const rows = run.sentences.flatMap((sentence, s) => {
    const cells = cellsOf(sentence.text);
    return cells.map((row, i) => ({ row, numbers: i === cells.length - 1 ? numbersOf(run, s) : [] }));
  });
  const columns = Math.max(0, ...rows.map(({ row }) => row.length));
  const length = rows.reduce((sum, { row }) => sum + row.reduce((all, cell) => all + cell.length + 8, 0), 0);
  if (rows.length === 0 || rows.length > MOST_ROWS || columns > MOST_COLUMNS || length > LONGEST_TABLE) return undefined;
  return {
    type: 'table',
    column_settings: Array.from({ length: columns }, () => ({ is_wrapped: true })),
    rows: rows.map(({ row, numbers }, r) =>
      Array.from({ length: columns }, (_, c): RichTextBlock => {
        const text = literal(row[c] ?? '') || ' ';
        const cell: Inline = [words(text, r === 0 && rows.length > 1)];
        if (c === columns - 1 && numbers.length > 0) cell.push(words('\u00A0'), ...marks(numbers, cited));
        return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: cell }] };
      }),
    ),
  };
}

/** Rows in columns of spaces, for a fixed pitch; characters of East Asia count twice. */
export function aligned(rows: string[][]): string {
  const width = (cell: string): number =>
    [...cell].reduce(
      (sum, c) => sum + (/[\u1100-\u11FF\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60]/.test(c) ? 2 : 1),
      0,
    );
  const seen = rows.map((row) => row.map((cell) => literal(cell)));
  const widths: number[] = [];
  for (const row of seen) row.forEach((cell, c) => (widths[c] = Math.min(40, Math.max(widths[c] ?? 0, width(cell)))));
  return seen
    .map((row) =>
      row
        .map((cell, c) => cell + ' '.repeat(Math.max(0, widths[c]! - width(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
