/**
 * What the model writes, line by line: JSON Lines `{"block","text","cites":[{"p","quote"}]}`, or plain lines with `[n]`
 * marks. `{"block":"none"}` says that the passages do not answer. A broken line is dropped.
 */
import type { BlockKind } from '../types.ts';

export interface AnswerLine {
  block: BlockKind | 'none';
  /** Without `[n]` marks; empty for `none`. */
  text: string;
  /** `p` as the prompt numbers its passages, from 1; no quote where the line gave only the number. */
  cites: { p: number; quote?: string }[];
}

export interface AnswerLineParser {
  /** The lines that this piece of the stream completed. Never throws; linear in the length of the stream. */
  push(text: string): AnswerLine[];
  /** The lines that the stream's end completed. */
  end(): AnswerLine[];
}

/** A longer object or line is no sentence of an answer; what is beyond is skipped. */
const LONGEST = 16_000;
const LONGEST_TEXT = 2_000;
/** Of one object written over several lines. */
const MOST_LINES = 60;
const MOST_CITES = 8;

/** What may stand before an object on its line. */
const BEFORE_OBJECT = /^[\s[\],;`*-]*(?:jsonl?|data:|\d+[.)])?[\s[\]]*$/i;
/** Within an unfinished object, a line that begins so is the next one. */
const NEXT_OBJECT = /^[\s,[]*\{\s*"(?:block|text|cites)"$/;

/** A parser for one stream; any cutting of the same text into pieces gives the same lines. */
export function createAnswerLineParser(): AnswerLineParser {
  let mode: 'text' | 'object' | 'skip' = 'text';
  let buffer = '';
  let thinking = false;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let newlines = 0;
  let lineStart = 0;

  const beginObject = (text: string): void => {
    mode = 'object';
    buffer = text;
    depth = 1;
    inString = false;
    escaped = false;
    newlines = 0;
    lineStart = -1;
  };
  const beginText = (): void => {
    mode = 'text';
    buffer = '';
  };
  const readText = (character: string, lines: AnswerLine[]): void => {
    if (character === '\n') {
      if (!thinking) lines.push(...plainLines(buffer));
      buffer = '';
      return;
    }
    if (character === '{' && !thinking && buffer.length < 40 && BEFORE_OBJECT.test(buffer)) return beginObject('{');
    buffer += character;
    if (character === '>') {
      if (/<think(?:ing)?>$/i.test(buffer.slice(-10))) thinking = true;
      else if (/<\/think(?:ing)?>$/i.test(buffer.slice(-11))) {
        thinking = false;
        buffer = '';
      }
    }
    if (buffer.length > LONGEST) {
      if (thinking) buffer = buffer.slice(-20);
      else {
        mode = 'skip';
        buffer = '';
      }
    }
  };
  const readObject = (character: string, lines: AnswerLine[]): void => {
    buffer += character;
    if (character === '\n') {
      newlines++;
      lineStart = buffer.length;
      escaped = false;
    } else if (character === '"' && lineStart >= 0 && buffer.length - lineStart < 40 && NEXT_OBJECT.test(buffer.slice(lineStart))) {
      const text = buffer.slice(lineStart);
      beginObject(text.slice(text.indexOf('{')));
      // The key that told the next object has just been closed.
      return;
    } else if (inString) {
      if (escaped) escaped = false;
      else if (character === '\\') escaped = true;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) {
      lines.push(...objectLines(buffer));
      return beginText();
    }
    if (buffer.length > LONGEST || newlines > MOST_LINES) {
      mode = character === '\n' ? 'text' : 'skip';
      buffer = '';
    }
  };

  return {
    push(text) {
      const lines: AnswerLine[] = [];
      for (const character of text) {
        if (character === '\r') continue;
        if (mode === 'object') readObject(character, lines);
        else if (mode === 'text') readText(character, lines);
        else if (character === '\n') beginText();
      }
      return lines;
    },
    end() {
      const lines = mode === 'text' && !thinking ? plainLines(buffer) : [];
      beginText();
      thinking = false;
      return lines;
    },
  };
}

const BLOCKS: Record<string, AnswerLine['block']> = {
  paragraph: 'paragraph',
  bullet: 'bullet',
  step: 'step',
  heading: 'heading',
  code: 'code',
  table: 'table',
  none: 'none',
  list: 'bullet',
  item: 'bullet',
};

function objectLines(source: string): AnswerLine[] {
  const value = parseLoosely(source);
  return value === undefined ? [] : linesOf(value, 0);
}

function linesOf(value: unknown, depth: number): AnswerLine[] {
  if (typeof value !== 'object' || value === null || depth > 2) return [];
  if (Array.isArray(value)) return value.slice(0, 100).flatMap((item) => linesOf(item, depth + 1));
  const record = value as Record<string, unknown>;
  if (typeof record.text === 'string' || record.block === 'none') {
    const line = lineOf(record);
    return line ? [line] : [];
  }
  // {"answer":[…]}: one object around the lines
  return Object.values(record)
    .filter(Array.isArray)
    .flatMap((list) => linesOf(list, depth + 1));
}

function lineOf(record: Record<string, unknown>): AnswerLine | undefined {
  const block = (typeof record.block === 'string' && BLOCKS[record.block.toLowerCase()]) || 'paragraph';
  if (block === 'none') return { block, text: '', cites: [] };
  const written = String(record.text);
  if (written.length > LONGEST_TEXT) return undefined;
  const marks = marksIn(written);
  const text = withoutMarks(written);
  if (text === '') return undefined;
  const given = record.cites ?? record.cite ?? record.citations;
  const cites = (Array.isArray(given) ? given : given === undefined || given === null ? [] : [given])
    .slice(0, MOST_CITES)
    .map(citeOf)
    .filter((cite) => cite !== undefined);
  return { block, text, cites: cites.length > 0 || given !== undefined ? cites : marks.map((p) => ({ p })) };
}

function citeOf(value: unknown): AnswerLine['cites'][number] | undefined {
  if (typeof value !== 'object' || value === null) {
    const p = passageNumber(value);
    return p === undefined ? undefined : { p };
  }
  const record = value as Record<string, unknown>;
  const p = passageNumber(record.p ?? record.passage);
  if (p === undefined) return undefined;
  return typeof record.quote === 'string' ? { p, quote: record.quote } : { p };
}

function passageNumber(value: unknown): number | undefined {
  const p = typeof value === 'number' ? value : typeof value === 'string' ? Number(/^\D{0,10}(\d{1,3})\D?$/.exec(value)?.[1] ?? NaN) : NaN;
  return Number.isInteger(p) && p >= 1 && p < 1_000 ? p : undefined;
}

/** JSON, also with commas before a closing bracket and line ends within strings. */
function parseLoosely(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    try {
      return JSON.parse(mended(source));
    } catch {
      return undefined;
    }
  }
}

function mended(source: string): string {
  let out = '';
  let inString = false;
  let escaped = false;
  let comma = -1;
  for (const character of source) {
    if (inString) {
      if (escaped) escaped = false;
      else if (character === '\\') escaped = true;
      else if (character === '"') inString = false;
      out += character === '\n' ? '\\n' : character === '\t' ? '\\t' : character;
      continue;
    }
    if (character === '"') inString = true;
    if ((character === '}' || character === ']') && comma >= 0) out = out.slice(0, comma) + out.slice(comma + 1);
    if (character === ',') comma = out.length;
    else if (!/\s/.test(character)) comma = -1;
    out += character;
  }
  return out;
}

// -------------------------------------------------------------- plain lines

const MARKS = /[[【]\s*\d{1,3}(?:\s*[,，、;-]\s*\d{1,3})*\s*[\]】]/g;
const MARKED_PART = /[^[【]*(?:[[【](?!\s*\d)[^[【]*)*(?:[[【]\s*\d{1,3}(?:\s*[,，、;-]\s*\d{1,3})*\s*[\]】]\s*)+[.!?。！？]?/gu;

/** A line of plain text as the stretches that each end in their marks; what has none is no claim with evidence. */
function plainLines(source: string): AnswerLine[] {
  const line = source.trim();
  if (line === '' || line.length > LONGEST_TEXT * 2 || !/\d\s*[\]】]/.test(line)) return [];
  const start = /^(?:(?<step>\d{1,2}[.)、]\s+)|(?<bullet>[-*•·]\s+)|(?<heading>#{1,6}\s+)|>\s+)/u.exec(line);
  const block = start?.groups?.step ? 'step' : start?.groups?.bullet ? 'bullet' : start?.groups?.heading ? 'heading' : 'paragraph';
  const found: AnswerLine[] = [];
  for (const [part] of line.slice(start?.[0].length ?? 0).matchAll(MARKED_PART)) {
    const text = withoutMarks(part)
      .replace(/^[.,;。，；]\s*/u, '')
      .replace(/\*\*|__|`/g, '');
    if (/[\p{L}\p{N}]/u.test(text))
      found.push({
        block,
        text,
        cites: marksIn(part)
          .slice(0, MOST_CITES)
          .map((p) => ({ p })),
      });
  }
  return found;
}

function marksIn(text: string): number[] {
  const found = new Set<number>();
  for (const [mark] of text.matchAll(MARKS))
    for (const [digits] of mark.matchAll(/\d+/g)) if (Number(digits) >= 1) found.add(Number(digits));
  return [...found];
}

function withoutMarks(text: string): string {
  return text
    .replace(MARKS, '')
    .replace(/\s+/g, ' ')
    .replace(/ (?=[.,;:!?。，；：！？])/gu, '')
    .trim();
}
