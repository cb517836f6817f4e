/** Where a quote stands in a passage, and `<mark>` around it across inline markup. */
import { plainText } from '../passage-text.ts';
import { html, type Content } from './html.ts';

/** The range of the source to mark. `used` is set by the first mark, which takes the id `quote`. */
export interface Marker {
  start: number;
  end: number;
  used: boolean;
}

/** The range of the quote in the passage's source: verbatim, else as it is read with blanks alike; undefined when it is not there. */
export function locateQuote(source: string, quote: string): { start: number; end: number } | undefined {
  if (quote.trim() === '') return undefined;
  const exact = source.indexOf(quote);
  if (exact >= 0) return { start: exact, end: exact + quote.length };
  const text = plainText(source);
  const place = findLoosely(text.text, plainText(quote).text) ?? findLoosely(text.text, quote);
  return place && { start: text.map[place.start]!, end: text.map[place.end - 1]! + 1 };
}

/** Finds `wanted` in `text`, any run of blanks being like any other. */
function findLoosely(text: string, wanted: string): { start: number; end: number } | undefined {
  const needle = wanted.trim().replace(/\s+/g, ' ');
  if (needle === '') return undefined;
  const folded: number[] = [];
  let flat = '';
  for (let i = 0; i < text.length; i++) {
    const blank = /\s/.test(text[i]!);
    if (blank && flat.endsWith(' ')) continue;
    flat += blank ? ' ' : text[i]!;
    folded.push(i);
  }
  const at = flat.indexOf(needle);
  return at < 0 ? undefined : { start: folded[at]!, end: folded[at + needle.length - 1]! + 1 };
}

/** The text with the part in the marker's range marked; `offset(i)` is the source's index of its character `i`, never falling. */
export function marked(text: string, offset: (i: number) => number, marker: Marker | undefined): Content {
  if (!marker) return text;
  let from = 0;
  while (from < text.length && offset(from) < marker.start) from++;
  let to = from;
  while (to < text.length && offset(to) < marker.end) to++;
  if (to === from || text.slice(from, to).trim() === '') return text;
  const first = !marker.used;
  marker.used = true;
  return html`${text.slice(0, from)}<mark${first ? html` id="quote" tabindex="-1"` : ''}>${text.slice(from, to)}</mark>${text.slice(to)}`;
}

/**
 * For each character of a leaf's value its index in the source. They differ by escapes, entities, fences and indents,
 * which are skipped: both are walked together, and a character of the value is taken where the source has it next.
 */
export function leafOffsets(source: string, start: number, end: number, value: string, kind: string): Int32Array {
  const offsets = new Int32Array(value.length);
  let at = start;
  if (kind === 'code' && /^[ \t]*(```|~~~)/.test(source.slice(start, end))) at = Math.min(end, source.indexOf('\n', start) + 1 || end);
  if (kind === 'inlineCode') while (at < end && source[at] === '`') at++;
  if (kind === 'image' || kind === 'imageReference') at = Math.min(end, start + 2);
  for (let i = 0; i < value.length; i++) {
    if (at < end && source[at] === value[i]) {
      offsets[i] = at++;
      continue;
    }
    const entity = source[at] === '&' ? /^&#?\w{1,32};/.exec(source.slice(at, Math.min(end, at + 36))) : null;
    if (entity) {
      offsets[i] = at;
      // A character outside the first plane is two units of the value and one entity.
      if (value.charCodeAt(i) < 0xd800 || value.charCodeAt(i) > 0xdbff) at += entity[0].length;
      continue;
    }
    const next = source.indexOf(value[i]!, at);
    if (next >= 0 && next < end) at = next;
    offsets[i] = Math.min(at, Math.max(start, end - 1));
    if (next >= 0 && next < end) at++;
  }
  return offsets;
}
