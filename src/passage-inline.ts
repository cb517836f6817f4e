/** The marks of Markdown inside a paragraph. Marks what a person does not read; used by passage-text alone. Linear. */

interface Bracket {
  at: number;
  image: boolean;
}

interface Run {
  mark: number;
  at: number;
  length: number;
}

/** Sets `drop` (1 = not read) and `substitutes` (character code by index) for the inline marks of `source[start, end)`. */
export function scanInline(source: string, start: number, end: number, drop: Uint8Array, substitutes: Map<number, number>): void {
  const brackets: Bracket[] = [];
  const openers = new Map<number, Run[]>();
  let ticks: Map<number, number[]> | undefined;
  for (let i = start; i < end;) {
    const code = source.charCodeAt(i);
    if (drop[i] === 1 || !special(code)) {
      i++;
      continue;
    }
    switch (code) {
      case 92: {
        const next = source.charCodeAt(i + 1);
        if (i + 1 < end && (isPunctuation(next) || next === 10)) drop[i] = 1;
        i += drop[i] === 1 ? 2 : 1;
        break;
      }
      case 96: {
        ticks ??= tickRuns(source, start, end);
        i = codeSpan(source, i, end, drop, ticks);
        break;
      }
      case 60:
        i = tag(source, i, end, drop, substitutes);
        break;
      case 33:
        if (source.charCodeAt(i + 1) === 91 && i + 1 < end) brackets.push({ at: i, image: true });
        i += source.charCodeAt(i + 1) === 91 ? 2 : 1;
        break;
      case 91: {
        const note = footnote(source, i, end);
        if (note > 0) drop.fill(1, i, note);
        else brackets.push({ at: i, image: false });
        i = note > 0 ? note : i + 1;
        break;
      }
      case 93: {
        const bracket = brackets.pop();
        const to = bracket ? target(source, i + 1, end) : -1;
        if (bracket && to > 0) {
          drop.fill(1, bracket.at, bracket.at + (bracket.image ? 2 : 1));
          drop.fill(1, i, to);
        }
        i = to > 0 ? to : i + 1;
        break;
      }
      case 38:
        i = entity(source, i, end, drop, substitutes);
        break;
      case 123: {
        const to = shortcode(source, i, end);
        if (to > 0) drop.fill(1, i, to);
        i = to > 0 ? to : i + 1;
        break;
      }
      default:
        i = emphasis(source, i, start, end, drop, openers);
    }
  }
}

/** `!` `&` `*` `<` `[` `\` `]` `_` `` ` `` `{` `~` */
function special(code: number): boolean {
  return (
    code === 33 ||
    code === 38 ||
    code === 42 ||
    code === 60 ||
    code === 91 ||
    code === 92 ||
    code === 93 ||
    code === 95 ||
    code === 96 ||
    code === 123 ||
    code === 126
  );
}

function isPunctuation(code: number): boolean {
  return (code >= 33 && code <= 47) || (code >= 58 && code <= 64) || (code >= 91 && code <= 96) || (code >= 123 && code <= 126);
}

function runEnd(source: string, at: number, end: number): number {
  const mark = source.charCodeAt(at);
  let to = at + 1;
  while (to < end && source.charCodeAt(to) === mark) to++;
  return to;
}

/** Where runs of backticks of each length begin, last first, so that the next one is popped off. */
function tickRuns(source: string, start: number, end: number): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  for (let i = start; i < end; i++) {
    if (source.charCodeAt(i) !== 96) continue;
    const to = runEnd(source, i, end);
    const same = runs.get(to - i);
    if (same) same.push(i);
    else runs.set(to - i, [i]);
    i = to;
  }
  for (const same of runs.values()) same.reverse();
  return runs;
}

function codeSpan(source: string, at: number, end: number, drop: Uint8Array, ticks: Map<number, number[]>): number {
  const opened = runEnd(source, at, end);
  const same = ticks.get(opened - at) ?? [];
  while (same.length > 0 && same[same.length - 1]! <= at) same.pop();
  const closing = same.pop();
  if (closing === undefined) return opened;
  const closed = closing + (opened - at);
  drop.fill(1, at, opened);
  drop.fill(1, closing, closed);
  return closed;
}

/** Behind `(address "title")`, `[label]` or `[]`, or -1. */
function target(source: string, at: number, end: number): number {
  if (at >= end) return -1;
  const code = source.charCodeAt(at);
  if (code === 91) {
    const limit = Math.min(end, at + 1000);
    for (let i = at + 1; i < limit; i++) {
      const inner = source.charCodeAt(i);
      if (inner === 93) return i + 1;
      if (inner === 91) return -1;
    }
    return -1;
  }
  if (code !== 40) return -1;
  let i = blank(source, at + 1, end);
  if (source.charCodeAt(i) === 60) {
    for (i++; i < end && source.charCodeAt(i) !== 62; i++) if (source.charCodeAt(i) === 60 || source.charCodeAt(i) === 10) return -1;
    i++;
  } else {
    // At most 32 open parentheses, as CommonMark's reference parsers do: it keeps repeated `](` linear.
    for (let depth = 0; i < end; i++) {
      const inner = source.charCodeAt(i);
      if (inner === 92) i++;
      else if (inner <= 32) break;
      else if (inner === 40 && ++depth > 32) return -1;
      else if (inner === 41 && depth-- === 0) break;
    }
  }
  i = blank(source, i, end);
  const quote = source.charCodeAt(i);
  if (i < end && (quote === 34 || quote === 39 || quote === 40)) {
    const closing = quote === 40 ? 41 : quote;
    const limit = Math.min(end, i + 1000);
    for (i++; i < limit && source.charCodeAt(i) !== closing; i++) if (source.charCodeAt(i) === 92) i++;
    i = blank(source, i + 1, end);
  }
  return i < end && source.charCodeAt(i) === 41 ? i + 1 : -1;
}

function blank(source: string, from: number, end: number): number {
  let at = from;
  while (at < end && source.charCodeAt(at) <= 32) at++;
  return at;
}

function footnote(source: string, at: number, end: number): number {
  if (source.charCodeAt(at + 1) !== 94) return -1;
  const limit = Math.min(end, at + 100);
  for (let i = at + 2; i < limit; i++) {
    const code = source.charCodeAt(i);
    if (code === 93) return i > at + 2 ? i + 1 : -1;
    if (code <= 32 || code === 91) return -1;
  }
  return -1;
}

/** Hugo's `{{< name … >}}` and `{{% name … %}}`. */
function shortcode(source: string, at: number, end: number): number {
  const mark = source.charCodeAt(at + 2);
  if (source.charCodeAt(at + 1) !== 123 || (mark !== 60 && mark !== 37)) return -1;
  const limit = Math.min(end, at + 300);
  for (let i = at + 3; i + 1 < limit; i++) {
    const code = source.charCodeAt(i);
    if (code === 10 || code === 123) return -1;
    if (code === 125 && source.charCodeAt(i + 1) === 125) return i + 2;
  }
  return -1;
}

const inlineTags = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);
const blockTags = new Set(
  (
    'address area article aside audio base blockquote body br button canvas caption center col colgroup dd details dialog dir div dl dt ' +
    'embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe img input label legend li link ' +
    'main map menu meta nav noscript object ol optgroup option output p param picture pre progress rp rt ruby script section select source ' +
    'style summary svg table tbody td template textarea tfoot th thead title tr track ul video path g rect circle line'
  ).split(' '),
);

/**
 * A tag goes (a block's leaves a blank, `<br>` a line's end); `<https://…>` leaves its address. What only looks like a tag
 * (`List<String>`, `<TOKEN>`) stays: unknown names count as tags only when a line begins with them in PascalCase (MDX).
 */
function tag(source: string, at: number, end: number, drop: Uint8Array, substitutes: Map<number, number>): number {
  let i = at + 1;
  if (source.charCodeAt(i) === 47) i++;
  const from = i;
  while (i < end && i - from < 40 && isNamePart(source.charCodeAt(i))) i++;
  if (i === from) return at + 1;
  const name = source.slice(from, i);
  const next = source.charCodeAt(i);
  if (next === 58 || next === 64 || next === 46 || next === 43) {
    const closed = autolinkEnd(source, i, end);
    if (closed > 0) {
      drop[at] = 1;
      drop[closed] = 1;
      return closed + 1;
    }
    return at + 1;
  }
  const lower = name.toLowerCase();
  const inline = inlineTags.has(lower);
  if (!inline && !blockTags.has(lower) && !(/^[A-Z][a-z]/.test(name) && (at === 0 || source.charCodeAt(at - 1) === 10))) return at + 1;
  let quote = 0;
  for (; i < end; i++) {
    const code = source.charCodeAt(i);
    if (quote > 0) {
      if (code === quote) quote = 0;
    } else if (code === 34 || code === 39) quote = code;
    else if (code === 62) break;
    else if (code === 60) return at + 1;
  }
  if (i >= end) return at + 1;
  drop.fill(1, at, i + 1);
  if (!inline) {
    drop[at] = 0;
    substitutes.set(at, lower === 'br' ? 10 : 32);
  }
  return i + 1;
}

function isNamePart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 45;
}

function autolinkEnd(source: string, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    const code = source.charCodeAt(i);
    if (code === 62) return i;
    if (code <= 32 || code === 60) return -1;
  }
  return -1;
}

const named: Record<string, number> = {
  amp: 38,
  lt: 60,
  gt: 62,
  quot: 34,
  apos: 39,
  nbsp: 160,
  ensp: 8194,
  emsp: 8195,
  thinsp: 8201,
  ndash: 8211,
  mdash: 8212,
  hellip: 8230,
  lsquo: 8216,
  rsquo: 8217,
  ldquo: 8220,
  rdquo: 8221,
  laquo: 171,
  raquo: 187,
  copy: 169,
  reg: 174,
  trade: 8482,
  times: 215,
  middot: 183,
  bull: 8226,
  euro: 8364,
  pound: 163,
  sect: 167,
  deg: 176,
  larr: 8592,
  rarr: 8594,
  harr: 8596,
  uarr: 8593,
  darr: 8595,
  shy: 173,
  le: 8804,
  ge: 8805,
  ne: 8800,
  auml: 228,
  ouml: 246,
  uuml: 252,
  Auml: 196,
  Ouml: 214,
  Uuml: 220,
  szlig: 223,
  eacute: 233,
  egrave: 232,
};

function entity(source: string, at: number, end: number, drop: Uint8Array, substitutes: Map<number, number>): number {
  let to = at + 1;
  while (to < end && to - at < 10 && (isNamePart(source.charCodeAt(to)) || source.charCodeAt(to) === 35)) to++;
  if (source.charCodeAt(to) !== 59 || to >= end) return at + 1;
  const body = source.slice(at + 1, to);
  const code = body.startsWith('#') ? Number(/^#x/i.test(body) ? `0${body.slice(1)}` : body.slice(1)) : (named[body] ?? Number.NaN);
  if (!Number.isInteger(code) || code <= 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return at + 1;
  const text = String.fromCodePoint(code);
  drop.fill(1, at + text.length, to + 1);
  for (let i = 0; i < text.length; i++) substitutes.set(at + i, text.charCodeAt(i));
  return to + 1;
}

/** CommonMark's rules of flanking; each closing mark takes the nearest opening one of its kind. */
function emphasis(source: string, at: number, start: number, end: number, drop: Uint8Array, openers: Map<number, Run[]>): number {
  const mark = source.charCodeAt(at);
  const to = runEnd(source, at, end);
  let length = to - at;
  if (mark === 126 && length !== 2) return to;
  const before = at > start ? kindOf(source, at - 1) : 'blank';
  const after = to < end ? kindOf(source, to) : 'blank';
  const left = after !== 'blank' && (after === 'letter' || before !== 'letter');
  const right = before !== 'blank' && (before === 'letter' || after !== 'letter');
  const opens = mark === 95 ? left && (!right || before === 'punctuation') : left;
  const closes = mark === 95 ? right && (!left || after === 'punctuation') : right;
  let stack = openers.get(mark);
  if (!stack) openers.set(mark, (stack = []));
  let rest = at;
  while (closes && length > 0 && stack.length > 0) {
    const opener = stack[stack.length - 1]!;
    const both = Math.min(length, opener.length);
    drop.fill(1, opener.at + opener.length - both, opener.at + opener.length);
    drop.fill(1, rest, rest + both);
    rest += both;
    length -= both;
    opener.length -= both;
    if (opener.length === 0) stack.pop();
  }
  if (opens && length > 0) stack.push({ mark, at: rest, length });
  return to;
}

function kindOf(source: string, at: number): 'blank' | 'punctuation' | 'letter' {
  const code = source.charCodeAt(at);
  if (code <= 32 || code === 160 || code === 0x3000) return 'blank';
  if (isPunctuation(code)) return 'punctuation';
  // General punctuation and CJK symbols; CommonMark's rule would otherwise refuse `**注意：**请`.
  return code >= 0x2010 && code <= 0x2027 ? 'punctuation' : 'letter';
}
