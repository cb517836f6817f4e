/** Cuts a block that is too large for one passage, at the best places it has. Pure. */
import { countTokens, plainText, splitSentences } from '../passage-text.ts';
import type { Block } from '../types.ts';

/**
 * Pieces of at most `max` tokens that joined with '' are the block: a list between items (the outermost first), a table
 * between rows, code between lines, all else between sentences. A piece that has no such place is cut at blanks, and
 * where it has none of these either, between characters.
 */
export function cutBlock(block: Block, max: number): string[] {
  const levels =
    block.kind === 'list'
      ? [itemStarts, lineStarts, sentenceStarts, blankEnds, everywhere]
      : block.kind === 'table' || block.kind === 'code'
        ? [lineStarts, blankEnds, everywhere]
        : block.kind === 'quote'
          ? [paragraphStarts, sentenceStarts, blankEnds, everywhere]
          : [sentenceStarts, blankEnds, everywhere];
  return cut(block.text, max, levels);
}

/** Where a text may be cut: indices in order, each inside the text. */
type Level = (text: string, max: number) => number[];

function cut(text: string, max: number, levels: Level[]): string[] {
  const [level, ...rest] = levels;
  if (!level) return [text];
  const places = [...level(text, max), text.length];
  const parts: { text: string; tokens: number }[] = [];
  let from = 0;
  for (const to of places) {
    if (to <= from) continue;
    const part = text.slice(from, to);
    parts.push({ text: part, tokens: countTokens(plainText(part).text) });
    from = to;
  }
  // Even pieces: the last one is not left with a few words.
  const total = parts.reduce((sum, part) => sum + part.tokens, 0);
  const goal = total / Math.ceil(total / (max * 0.8));
  const pieces: string[] = [];
  let open = '';
  let size = 0;
  for (const part of parts) {
    if (part.tokens > max) {
      if (open !== '') pieces.push(open);
      pieces.push(...cut(part.text, max, rest));
      open = '';
      size = 0;
      continue;
    }
    if (open !== '' && (size + part.tokens > max || size + part.tokens - goal > goal - size)) {
      pieces.push(open);
      open = '';
      size = 0;
    }
    open += part.text;
    size += part.tokens;
  }
  if (open !== '') pieces.push(open);
  return pieces;
}

/** Items of the outermost list: lines that begin with a list mark no deeper than the first. */
function itemStarts(text: string): number[] {
  const starts: number[] = [];
  let outer: number | undefined;
  for (const match of text.matchAll(/^([ \t]*)(?:[-*+•]|\d{1,9}[.)])[ \t]/gm)) {
    outer ??= match[1]!.length;
    if (match[1]!.length <= outer && match.index > 0) starts.push(match.index);
  }
  return starts;
}

/** Lines that begin an item, a row or a statement; wrapped lines of a list stay with their item. */
function lineStarts(text: string): number[] {
  const inList = /^[ \t]*(?:[-*+•]|\d{1,9}[.)])[ \t]/.test(text);
  const starts: number[] = [];
  for (let at = text.indexOf('\n'); at >= 0 && at + 1 < text.length; at = text.indexOf('\n', at + 1)) {
    if (!inList || /^[ \t]*(?:[-*+•]|\d{1,9}[.)])[ \t]/.test(text.slice(at + 1, at + 60))) starts.push(at + 1);
  }
  return starts;
}

function paragraphStarts(text: string): number[] {
  return [...text.matchAll(/\n[ \t>]*\n/g)].map((match) => match.index + match[0].length);
}

/** In the source, the beginnings of the sentences that a person reads. */
function sentenceStarts(text: string): number[] {
  const plain = plainText(text);
  const starts: number[] = [];
  for (const [i, sentence] of splitSentences(plain.text).entries()) {
    if (i === 0) continue;
    const start = plain.map[sentence.start]!;
    // Marks that open here (`**Next`) go with the sentence: back to the blank before them.
    let at = start;
    while (at > 0 && start - at < 20 && '*_`~[!"(<'.includes(text.charAt(at - 1))) at--;
    starts.push(at > 0 && /\s/.test(text.charAt(at - 1)) ? at : start);
  }
  return starts;
}

/** At blanks, into pieces of about half the maximum. */
function blankEnds(text: string, max: number): number[] {
  const ends: number[] = [];
  let from = 0;
  for (const match of text.matchAll(/\s+/g)) {
    const end = match.index + match[0].length;
    if (end - from < max * 2) continue;
    ends.push(end);
    from = end;
  }
  return ends;
}

function everywhere(text: string, max: number): number[] {
  const ends: number[] = [];
  for (let at = Math.floor(max / 2); at < text.length; at += Math.floor(max / 2)) {
    // Not between the halves of one character.
    const half = text.charCodeAt(at) >= 0xdc00 && text.charCodeAt(at) <= 0xdfff;
    ends.push(half ? at + 1 : at);
  }
  return ends;
}
