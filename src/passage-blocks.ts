/** The marks of Markdown that stand at the beginning of lines. Marks what a person does not read; used by passage-text alone. */

/** Lines of one region share inline marks (a link or an emphasis may run over a line's end, never over a region's). */
export interface Region {
  start: number;
  end: number;
}

type LineKind = 'blank' | 'text' | 'list' | 'code' | 'table' | 'other';

const space = 32;
const tab = 9;

/** Sets `drop` for block marks (1 = not read) and gives the regions that inline marks are to be looked for in. Linear. */
export function dropBlockMarks(source: string, drop: Uint8Array, substitutes: Map<number, number>): Region[] {
  const regions: Region[] = [];
  let open: Region | undefined;
  let fence: { mark: number; length: number } | undefined;
  let previous: LineKind = 'blank';
  let insideList = false;
  const unclosed = new Set<string>();
  const close = (): void => {
    if (open) regions.push(open);
    open = undefined;
  };
  for (let start = 0; start < source.length;) {
    let end = source.indexOf('\n', start);
    if (end < 0) end = source.length;
    let at = skipSpace(source, start, end);
    const next = end + 1;
    const mark = fenceAt(source, at, end);
    if (fence) {
      if (mark && mark.mark === fence.mark && mark.length >= fence.length && skipSpace(source, at + mark.length, end) === end) {
        drop.fill(1, start, end);
        fence = undefined;
      }
      start = next;
      continue;
    }
    const hidden = hiddenRange(source, at, end, unclosed);
    if (hidden) {
      if (hidden.start > at && !open) open = { start: at, end: hidden.start };
      if (open && hidden.start > at) open.end = hidden.start;
      close();
      drop.fill(1, hidden.start, hidden.end);
      if (hidden.start === at) drop.fill(1, start, at);
      start = hidden.end;
      previous = 'other';
      continue;
    }
    if (at === end) {
      close();
      drop.fill(1, start, end);
      // Behind a comment the line is empty, but it is no blank line.
      if (start === 0 || source.charCodeAt(start - 1) === 10) previous = 'blank';
      start = next;
      continue;
    }
    const indent = indentOf(source, start, at);
    if (indent >= 4 && !insideList && (previous === 'blank' || previous === 'code') && isCode(source, at, end)) {
      previous = 'code';
      start = next;
      continue;
    }
    if (indent === 0) insideList = false;
    drop.fill(1, start, at);
    // Quote and list marks may stand one behind another.
    let kind: LineKind = 'text';
    for (;;) {
      const code = source.charCodeAt(at);
      if (code === 62) {
        const after = skipSpace(source, at + 1, end);
        drop.fill(1, at, after);
        at = after;
        continue;
      }
      if (isRule(source, at, end)) break;
      const after = listMark(source, at, end, previous === 'text' && kind === 'text');
      if (after < 0) break;
      // The mark stays, as `-` or its number: it tells a person, and splitSentences, where an item begins.
      if (kind === 'text') drop.fill(0, start, at);
      const body = Math.min(after, markEnd(source, at) + 1);
      if (source.charCodeAt(at) < 48) substitutes.set(at, 45);
      drop.fill(1, body, after);
      at = after;
      kind = 'list';
      insideList = true;
    }
    const opened = fenceAt(source, at, end);
    if (opened) {
      close();
      drop.fill(1, at, end);
      fence = opened;
      previous = 'other';
    } else if (at === end) {
      close();
      previous = kind === 'list' ? 'list' : 'blank';
    } else if (isRule(source, at, end) || isTableRule(source, at, end)) {
      close();
      previous = indexWithin(source, 124, at, end) >= 0 ? 'table' : 'other';
      drop.fill(1, at, end);
    } else if (source.charCodeAt(at) === 35 && headingMark(source, at, end) > 0) {
      close();
      const body = headingMark(source, at, end);
      drop.fill(1, at, body);
      const last = headingEnd(source, body, end);
      drop.fill(1, last, end);
      regions.push({ start: body, end: last });
      previous = 'other';
    } else if (source.charCodeAt(at) === 124 || (previous === 'table' && indexWithin(source, 124, at, end) >= 0)) {
      close();
      regions.push(tableRow(source, at, end, drop));
      previous = 'table';
    } else {
      if (kind === 'list' || previous !== 'text') close();
      const definition = open ? undefined : definitionMark(source, at, end);
      if (definition !== undefined) drop.fill(1, at, definition);
      at = definition ?? at;
      if (at === end) previous = 'other';
      else {
        if (open) open.end = end;
        else open = { start: at, end };
        previous = 'text';
      }
    }
    start = next;
  }
  close();
  return regions;
}

/** An indented line is code unless it is an item of a nested list or a tag, in a slice that began in their middle. */
function isCode(source: string, at: number, end: number): boolean {
  return source.charCodeAt(at) !== 60 && listMark(source, at, end, false) < 0;
}

function skipSpace(source: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = source.charCodeAt(at);
    if (code !== space && code !== tab && code !== 13) break;
    at++;
  }
  return at;
}

function indentOf(source: string, start: number, at: number): number {
  let width = 0;
  for (let i = start; i < at; i++) width += source.charCodeAt(i) === tab ? 4 : 1;
  return width;
}

function fenceAt(source: string, at: number, end: number): { mark: number; length: number } | undefined {
  const mark = source.charCodeAt(at);
  if (mark !== 96 && mark !== 126) return undefined;
  let to = at;
  while (to < end && source.charCodeAt(to) === mark) to++;
  if (to - at < 3) return undefined;
  // A backtick in the info string makes it a code span instead.
  if (mark === 96) for (let i = to; i < end; i++) if (source.charCodeAt(i) === 96) return undefined;
  return { mark, length: to - at };
}

/**
 * A comment that begins on this line, or a script or style element that begins this line, with all it holds.
 * `unclosed` remembers what is never closed again, so that the text is searched to its end once, not once a line.
 */
function hiddenRange(source: string, at: number, end: number, unclosed: Set<string>): { start: number; end: number } | undefined {
  if (source.charCodeAt(at) === 60) {
    const name = /^<(script|style)[\s>]/i.exec(source.slice(at, Math.min(end + 1, at + 9)))?.[1];
    const to = name === undefined ? -1 : closingAt(source, `</${name}>`, at, unclosed);
    if (to >= 0) return { start: at, end: to };
  }
  let comment = at;
  while (comment < end && !(source.charCodeAt(comment) === 60 && source.startsWith('<!--', comment))) comment++;
  if (comment >= end || source.charCodeAt(comment - 1) === 96) return undefined;
  const to = closingAt(source, '-->', comment + 4, unclosed);
  return to < 0 ? undefined : { start: comment, end: to };
}

function closingAt(source: string, closing: string, from: number, unclosed: Set<string>): number {
  if (unclosed.has(closing)) return -1;
  const at = source.indexOf(closing, from);
  if (at < 0) unclosed.add(closing);
  return at < 0 ? -1 : at + closing.length;
}

/** `---`, `***`, `___`, and the underlines of headings (`===`, `---`). */
function isRule(source: string, at: number, end: number): boolean {
  const mark = source.charCodeAt(at);
  if (mark !== 45 && mark !== 42 && mark !== 95 && mark !== 61) return false;
  let count = 0;
  for (let i = at; i < end; i++) {
    const code = source.charCodeAt(i);
    if (code === mark) count++;
    else if (code !== space && code !== tab && code !== 13) return false;
  }
  return count >= 3;
}

/** `| --- | :-: |`, and `--- | ---` without outer bars. */
export function isTableRule(source: string, at: number, end: number): boolean {
  let bars = 0;
  let dashes = 0;
  for (let i = at; i < end; i++) {
    const code = source.charCodeAt(i);
    if (code === 124) bars++;
    else if (code === 45) dashes++;
    else if (code !== 58 && code !== space && code !== tab && code !== 13) return false;
  }
  return bars > 0 && dashes > 0;
}

/** `indexOf` that looks no further than `end`: a search to the end of the text for each line would be quadratic. */
function indexWithin(source: string, code: number, at: number, end: number): number {
  for (let i = at; i < end; i++) if (source.charCodeAt(i) === code) return i;
  return -1;
}

function markEnd(source: string, at: number): number {
  let to = at;
  while (source.charCodeAt(to) >= 48 && source.charCodeAt(to) <= 57) to++;
  return to + 1;
}

/** The place behind a list mark (and a task's box), or -1. Only a list that begins with 1 interrupts a paragraph. */
function listMark(source: string, at: number, end: number, interrupts: boolean): number {
  let to = at;
  const mark = source.charCodeAt(at);
  if (mark === 45 || mark === 42 || mark === 43) to = at + 1;
  else {
    while (to < end && to - at < 9 && source.charCodeAt(to) >= 48 && source.charCodeAt(to) <= 57) to++;
    if (to === at) return -1;
    const dot = source.charCodeAt(to);
    if (dot !== 46 && dot !== 41) return -1;
    if (interrupts && !(to - at === 1 && mark === 49)) return -1;
    to++;
  }
  if (to < end && source.charCodeAt(to) !== space && source.charCodeAt(to) !== tab && source.charCodeAt(to) !== 13) return -1;
  to = skipSpace(source, to, end);
  const box = source.slice(to, to + 4);
  if (box === '[ ] ' || box === '[x] ' || box === '[X] ') to += 4;
  return to;
}

function headingMark(source: string, at: number, end: number): number {
  let to = at;
  while (to < end && source.charCodeAt(to) === 35) to++;
  if (to - at > 6) return -1;
  const body = skipSpace(source, to, end);
  return body === to && body < end ? -1 : body;
}

/** Where a heading's words end: before `{#id}` and closing hashes. */
function headingEnd(source: string, from: number, end: number): number {
  let to = trimEnd(source, from, end);
  if (to > from && source.charCodeAt(to - 1) === 125) {
    let id = to - 2;
    while (id > from && source.charCodeAt(id) !== 123) id--;
    if (source.charCodeAt(id + 1) === 35) to = trimEnd(source, from, id);
  }
  let hashes = to;
  while (hashes > from && source.charCodeAt(hashes - 1) === 35) hashes--;
  if (hashes === from) return from;
  return hashes < to && source.charCodeAt(hashes - 1) === space ? trimEnd(source, from, hashes) : to;
}

function trimEnd(source: string, from: number, end: number): number {
  let to = end;
  while (to > from && (source.charCodeAt(to - 1) === space || source.charCodeAt(to - 1) === tab || source.charCodeAt(to - 1) === 13)) to--;
  return to;
}

function tableRow(source: string, at: number, end: number, drop: Uint8Array): Region {
  let from = at;
  let to = trimEnd(source, at, end);
  if (source.charCodeAt(from) === 124) from = skipSpace(source, from + 1, end);
  if (to > from && source.charCodeAt(to - 1) === 124 && source.charCodeAt(to - 2) !== 92) to = trimEnd(source, from, to - 1);
  drop.fill(1, at, Math.min(from, end));
  drop.fill(1, Math.max(from, to), end);
  return { start: from, end: Math.max(from, to) };
}

/** Behind `[^1]: ` of a footnote; the line's end for `[label]: address`. */
function definitionMark(source: string, at: number, end: number): number | undefined {
  if (source.charCodeAt(at) !== 91) return undefined;
  const close = indexWithin(source, 93, at, end);
  if (close < 0 || source.charCodeAt(close + 1) !== 58 || close === at + 1) return undefined;
  if (source.charCodeAt(at + 1) === 94) return skipSpace(source, close + 2, end);
  const address = skipSpace(source, close + 2, end);
  // `[Note]: this is prose` is no definition: an address has no blank but before its title.
  let to = address;
  while (to < end && source.charCodeAt(to) > space) to++;
  const title = skipSpace(source, to, end);
  const quote = source.charCodeAt(title);
  return to > address && (title === end || quote === 34 || quote === 39 || quote === 40) ? end : undefined;
}
