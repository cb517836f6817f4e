/** Blocks to passages: whole paragraphs, lists, tables and code under their heading, small enough to quote. Pure. */
import { countTokens, plainText } from '../passage-text.ts';
import type { Block, PassageDraft } from '../types.ts';
import { cutBlock } from './cut-block.ts';

export interface ChunkOptions {
  /** The document's title: left out of heading paths, which would only repeat it. */
  title?: string;
  /** What the document stands under: each heading path begins with it. */
  under?: string[];
  /** Sections under this many tokens are joined with their neighbours. Default 128. */
  min?: number;
  /** No passage is over this, but for a table row or line of code that is. Default 512. */
  max?: number;
}

/** A heading travels with each of its passages: what is beyond stands in the text alone. */
const HEADING_CHARACTERS = 300;

/** Blocks that stay together, with the heading that they stand under. */
interface Unit {
  text: string;
  tokens: number;
  /** A heading, or a line such as `The steps are:`, is not left alone at a passage's end. */
  sticky: boolean;
}

interface Section {
  path: string[];
  anchor?: string;
  headed: boolean;
  units: Unit[];
  tokens: number;
}

/**
 * Cuts a document into passages of 128 to 512 tokens (as a person reads them), never inside a sentence: a section is one
 * passage if it fits, else even parts of whole blocks; a block that is over the maximum is cut between sentences, items,
 * rows or lines (and a single sentence over it at a blank, the last resort). Small sections join their neighbours under
 * the same parent heading: the passage then has the first one's heading path and anchor, and the headings within its text.
 * Where blocks carry the page or slide that they begin on, a new one begins a passage, unless it goes on with a few lines.
 * The passages in order hold the whole text; each is a verbatim slice of the blocks joined, without the line ends around it.
 */
export function chunk(blocks: Block[], options: ChunkOptions = {}): PassageDraft[] {
  const min = options.min ?? 128;
  const max = options.max ?? 512;
  const passages: PassageDraft[] = [];
  let open: Section | undefined;
  let tail: string[] = [];
  const close = (): void => {
    if (open) addPassages(open, max, passages);
    open = undefined;
  };
  for (const section of sections(blocks, options.title, max)) {
    const small = open !== undefined && (open.tokens < min || section.tokens < min);
    const fits = open !== undefined && open.tokens + section.tokens <= max;
    if (open && small && fits && belongTogether(open.path, section.path, tail) && !beginsPage(open, section)) {
      open = { ...open, units: [...open.units, ...section.units], tokens: open.tokens + section.tokens };
    } else {
      close();
      open = section;
    }
    tail = section.path;
  }
  close();
  const under = options.under ?? [];
  return under.length === 0 ? passages : passages.map((passage) => ({ ...passage, headingPath: [...under, ...passage.headingPath] }));
}

/** Under one parent: brothers, or a section and what is below it. */
function belongTogether(first: string[], next: string[], last: string[]): boolean {
  const parent = first.slice(0, -1);
  const under = (path: string[], top: string[]): boolean => top.every((name, i) => path[i] === name);
  return under(next, first) || (under(next, parent) && next.length <= Math.max(first.length, last.length) && next.length > 0);
}

/** A heading on another page or slide than the section above. */
function beginsPage(above: Section, section: Section): boolean {
  return section.headed && section.anchor !== above.anchor && /^(?:page|slide)=\d+$/.test(section.anchor ?? '');
}

function sections(blocks: Block[], title: string | undefined, max: number): Section[] {
  const all: Section[] = [];
  const path: { depth: number; name: string; anchor?: string }[] = [];
  let open: Section | undefined;
  let hasBody = false;
  let place: string | undefined;
  for (const [i, block] of blocks.entries()) {
    // Each page is a section of its own, so that a passage's anchor opens the page that it stands on.
    if (block.kind !== 'heading' && block.anchor !== undefined && block.anchor !== place && open && hasBody) {
      all.push(open);
      open = { path: open.path, anchor: block.anchor, headed: false, units: [], tokens: 0 };
    }
    place = block.anchor ?? place;
    const text = /\n\s*$/.test(block.text.slice(-40)) || i === blocks.length - 1 ? block.text : `${block.text}\n\n`;
    const plain = plainText(text).text;
    if (block.kind === 'heading') {
      const depth = block.depth ?? 1;
      while (path.length > 0 && path[path.length - 1]!.depth >= depth) path.pop();
      path.push({
        depth,
        name: plain.slice(0, HEADING_CHARACTERS).replaceAll(/\s+/g, ' ').trim(),
        ...(block.anchor === undefined ? {} : { anchor: block.anchor }),
      });
      if (open && hasBody) {
        all.push(open);
        open = undefined;
      }
      hasBody = false;
    } else if (plain.trim() !== '') hasBody = true;
    open ??= { path: [], headed: block.kind === 'heading', units: [], tokens: 0 };
    if (open.units.length === 0 && block.anchor !== undefined) open.anchor = block.anchor;
    // Headings with nothing below them stand before the first one that has: the section takes that one's place.
    if (block.kind === 'heading') {
      open.path = path.map((heading) => heading.name).filter((name, at) => name !== '' && !(at === 0 && sameName(name, title)));
      const anchor = path[path.length - 1]?.anchor;
      if (anchor === undefined) delete open.anchor;
      else open.anchor = anchor;
    }
    const tokens = countTokens(plain);
    const pieces = tokens <= max ? [text] : cutBlock({ ...block, text }, max);
    for (const piece of pieces) {
      const size = pieces.length === 1 ? tokens : countTokens(plainText(piece).text);
      const lead = block.kind === 'paragraph' && size <= 100 && /[:：]\s*$/.test(plain.slice(-40));
      open.units.push({ text: piece, tokens: size, sticky: (block.kind === 'heading' && size <= 100) || lead });
      open.tokens += size;
    }
  }
  if (open) all.push(open);
  return all;
}

function sameName(a: string, b: string | undefined): boolean {
  return b !== undefined && a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** One passage if the section fits, else as few as fit, of about the same size. */
function addPassages(section: Section, max: number, passages: PassageDraft[]): void {
  let rest = section.tokens;
  let from = 0;
  while (from < section.units.length) {
    const goal = rest / Math.ceil(rest / (max * 0.8));
    let tokens = 0;
    let to = from;
    while (to < section.units.length) {
      const size = section.units[to]!.tokens;
      if (to > from && tokens + size > max) break;
      if (to > from && rest > max && tokens + size - goal > goal - tokens) break;
      tokens += size;
      to++;
    }
    while (to < section.units.length && to > from + 1 && section.units[to - 1]!.sticky) {
      to--;
      tokens -= section.units[to]!.tokens;
    }
    const text = section.units
      .slice(from, to)
      .map((unit) => unit.text)
      .join('')
      .replace(/^(?:[ \t]*\r?\n)+/, '')
      .trimEnd();
    if (text !== '') {
      passages.push({
        ordinal: passages.length,
        headingPath: section.path,
        ...(section.anchor === undefined ? {} : { anchor: section.anchor }),
        text,
      });
    }
    rest -= tokens;
    from = to;
  }
}
