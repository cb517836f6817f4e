/** Where sentences begin and end, in Latin and CJK scripts, in prose, lists and tables. Pure, linear, never throws. */

/** A sentence without the blanks and the list mark around it: `text.slice(start, end)`. */
export interface SentenceRange {
  start: number;
  end: number;
}

const words = (list: string): Set<string> => new Set(list.split(' '));

/** Before a name or a number, never at a sentence's end. */
const neverLast = words(
  'mr mrs ms mx dr prof rev hon gen col sgt capt lt gov sen rep st mt ft e.g i.e eg ie cf viz vs v fig figs eq eqs sec ch vol vols pp ed eds ' +
    'art ca approx resp incl esp bzw z.b d.h u.a evtl ggf sog vgl hr fr str abs mme mlle dra sra m',
);
/** At a sentence's end only when a new sentence plainly begins. Single letters and `U.S.` belong here too. */
const seldomLast = words(
  'inc ltd co corp llc plc gmbh jr sr dept univ assn bros al ave blvd rd jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun',
);
/** Only before a number. */
const beforeNumber = words('no nos nr nrn p par para item art ver rev');
const starters = words(
  'the this that these those there it its he she they we you i a an in on at as if when while where what who how why for from to with by ' +
    'however but and or so then also after before during since because although though our your their his her my no not all each every some ' +
    'any many most both please see note use do does did is are was were can will would should must may der die das ein eine es er sie wir ihr im am le la les un une il elle el los las',
);
/** The dots of a table of contents are looked through this far from each one. */
const MOST_MARKS = 64;
const months = words('januar februar märz april mai juni juli august september oktober november dezember');

/**
 * Splits text at the ends of sentences: `. ! ?` before a blank and what may begin a sentence (not behind abbreviations,
 * initials, ordinals), `。 ！ ？ ；` anywhere, and at line ends that end an item, a row, a heading or a short line. Never inside
 * a number, a version or a URL. A table row is one sentence. The ranges are in order and leave out nothing but blanks and
 * list marks.
 */
export function splitSentences(text: string): SentenceRange[] {
  const ranges: SentenceRange[] = [];
  let start = 0;
  const close = (end: number): void => {
    push(text, start, end, ranges);
    start = end;
  };
  for (let line = 0; line < text.length;) {
    let end = text.indexOf('\n', line);
    if (end < 0) end = text.length;
    if (!isRow(text, line, end)) {
      for (let i = line; i < end; i++) {
        const boundary = endOfSentence(text, i, end, start);
        if (boundary < 0) continue;
        close(boundary);
        i = boundary - 1;
      }
    }
    if (breaksLine(text, line, end)) close(Math.min(end + 1, text.length));
    line = end + 1;
  }
  close(text.length);
  return ranges;
}

function push(text: string, from: number, to: number, ranges: SentenceRange[]): void {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  const mark = listMark(text, start);
  if (mark > start) for (start = Math.min(mark, end); start < end && isBlank(text.charCodeAt(start));) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  if (end > start) ranges.push({ start, end });
}

function isBlank(code: number): boolean {
  return code <= 32 || code === 160 || code === 0x3000;
}

/** Behind `- `, `* `, `• `, `12. ` or `3) `, else `at`. */
function listMark(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === 45 || code === 42 || code === 43 || code === 0x2022) return isBlank(text.charCodeAt(at + 1)) ? at + 1 : at;
  let to = at;
  while (to - at < 4 && isDigit(text.charCodeAt(to))) to++;
  const dot = text.charCodeAt(to);
  return to > at && (dot === 46 || dot === 41) && isBlank(text.charCodeAt(to + 1)) ? to + 1 : at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isRow(text: string, start: number, end: number): boolean {
  if (end - start > 2000) return false;
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  if (text.charCodeAt(at) === 124) return true;
  for (; at + 2 < end; at++)
    if (text.charCodeAt(at) === 32 && text.charCodeAt(at + 1) === 124 && text.charCodeAt(at + 2) === 32) return true;
  return false;
}

/** Whether the line's end is a sentence's end, and not a wrapped line's. */
function breaksLine(text: string, start: number, end: number): boolean {
  let next = end + 1;
  while (next < text.length && text.charCodeAt(next) !== 10 && isBlank(text.charCodeAt(next))) next++;
  if (next >= text.length || text.charCodeAt(next) === 10) return true;
  if (listMark(text, next) > next) return true;
  const code = text.charCodeAt(next);
  if (code === 35 || code === 124 || code === 62 || code === 96) return true;
  let from = start;
  while (from < end && isBlank(text.charCodeAt(from))) from++;
  if (text.charCodeAt(from) === 35 || isRow(text, start, end)) return true;
  let to = end;
  while (to > from && (isBlank(text.charCodeAt(to - 1)) || isCloser(text.charCodeAt(to - 1)))) to--;
  const last = text.charAt(to - 1);
  if ('.!?:。！？；：'.includes(last)) return true;
  if (',，、;'.includes(last) || isLower(text.charAt(next))) return false;
  // A line that is wrapped was near its full width; a Han character is twice as wide.
  let width = 0;
  for (let i = from; i < end && width < 60; i++) width += text.charCodeAt(i) >= 0x2e80 ? 2 : 1;
  return width < 60;
}

/** The end of the sentence whose last mark stands at `i` (closing quotes and brackets included), or -1. */
function endOfSentence(text: string, i: number, lineEnd: number, start: number): number {
  const code = text.charCodeAt(i);
  const wide = code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0xff1b || code === 0xff61;
  if (!wide && code !== 46 && code !== 33 && code !== 63) return -1;
  let to = i + 1;
  while (to < lineEnd && to - i < MOST_MARKS && '.!?。！？'.includes(text.charAt(to))) to++;
  while (to < lineEnd && isCloser(text.charCodeAt(to))) to++;
  if (wide || text.charCodeAt(to - 1) === 0x3002) return to;
  if (to < lineEnd && !isBlank(text.charCodeAt(to))) {
    // A blank was forgotten: `in disabilities.The next`.
    return code === 46 && to === i + 1 && isForgottenBlank(text, i) ? to : -1;
  }
  // Tokenised text keeps its closing marks apart: `. '' Next`.
  while (text.startsWith(" ''", to) || text.startsWith(' )', to)) to += text.charAt(to + 1) === ')' ? 2 : 3;
  let next = to;
  while (next < text.length && isBlank(text.charCodeAt(next))) next++;
  if (next >= text.length) return to;
  // A list mark, a new line's or not, is for breaksLine.
  while (next < text.length && '"\'“‘«([*_`„「『（'.includes(text.charAt(next))) next++;
  if (isLower(text.charAt(next))) return -1;
  if (code !== 46 || text.charCodeAt(i + 1) === 46) return to;
  return isAbbreviation(text, i, next, start) ? -1 : to;
}

function isCloser(code: number): boolean {
  // ) ] } " ' * _ ` ” ’ » 」 』 】 ） 》 〉
  return (
    code === 41 ||
    code === 93 ||
    code === 125 ||
    code === 34 ||
    code === 39 ||
    code === 42 ||
    code === 95 ||
    code === 96 ||
    code === 0x201d ||
    code === 0x2019 ||
    code === 0xbb ||
    code === 0x300d ||
    code === 0x300f ||
    code === 0x3011 ||
    code === 0xff09 ||
    code === 0x300b ||
    code === 0x3009
  );
}

function isLower(character: string): boolean {
  return character !== character.toUpperCase() && character === character.toLowerCase();
}

function isForgottenBlank(text: string, dot: number): boolean {
  for (let i = dot - 3; i < dot; i++) if (!isLower(text.charAt(i))) return false;
  const next = /^(?:The|This|These|Those|There|We|In|A|An|It|Our|However|He|She|They|For|To|When|If)\s/.exec(text.slice(dot + 1, dot + 10));
  return next !== null;
}

function isAbbreviation(text: string, dot: number, next: number, start: number): boolean {
  let from = dot;
  while (from > start && dot - from < 24 && !isBlank(text.charCodeAt(from - 1)) && !'([{"\'“‘*_/'.includes(text.charAt(from - 1))) from--;
  const token = text.slice(from, dot);
  if (token === '') return false;
  const lower = token.toLowerCase();
  if (neverLast.has(lower)) return true;
  const digitNext = isDigit(text.charCodeAt(next));
  if (digitNext && (beforeNumber.has(lower) || seldomLast.has(lower))) return true;
  let wordEnd = next;
  while (wordEnd < text.length && wordEnd - next < 12 && /[\p{L}']/u.test(text.charAt(wordEnd))) wordEnd++;
  const word = text.slice(next, wordEnd).toLowerCase();
  if (/^\d+$/.test(token)) {
    // `1. Do this` at the beginning, `am 3. Oktober`.
    return text.slice(start, from).trim() === '' || (token.length <= 2 && months.has(word));
  }
  if (/^(?:\p{L}\.)*\p{L}$/u.test(token) || seldomLast.has(lower)) return !starters.has(word);
  return false;
}
