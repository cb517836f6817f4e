/** What a DOCX's paragraphs are by their style, and the labels of its lists (ECMA-376-1, 17.7 and 17.9). Part of the DOCX extractor. */
import { readXml } from './xml.ts';
import type { Zip } from './zip.ts';

export interface ParagraphStyle {
  /** 1 to 6; 0 for the document's title. */
  heading?: number;
  contents?: boolean;
  list?: { id: string; level: number };
}

interface RawStyle {
  name: string;
  basedOn?: string;
  outline?: number;
  listId?: string;
  level?: number;
}

/** By style id, with what styles inherit. */
export async function readDocxStyles(zip: Zip, part: string | undefined): Promise<(id: string | undefined) => ParagraphStyle> {
  const raw = new Map<string, RawStyle>();
  let fallback = '';
  let style: RawStyle | undefined;
  if (part !== undefined)
    await readXml(zip.read(part), {
      open(tag, get) {
        if (tag === 'style') {
          style = { name: '' };
          raw.set(get('styleId') ?? '', style);
          if (get('type') === 'paragraph' && /^(?:1|true|on)$/.test(get('default') ?? '')) fallback = get('styleId') ?? '';
        } else if (!style) return;
        else if (tag === 'name') style.name = (get('val') ?? '').toLowerCase();
        else if (tag === 'basedOn') style.basedOn = get('val') ?? '';
        else if (tag === 'outlineLvl') style.outline = Number(get('val'));
        else if (tag === 'numId') style.listId = get('val') ?? '';
        else if (tag === 'ilvl') style.level = Number(get('val'));
      },
      close: (tag) => void (tag === 'style' && (style = undefined)),
    });
  const known = new Map<string, ParagraphStyle>();
  return (id) => {
    const start = id ?? fallback;
    let found = known.get(start);
    if (!found) known.set(start, (found = resolve(start, raw)));
    return found;
  };
}

function resolve(start: string, raw: Map<string, RawStyle>): ParagraphStyle {
  const found: ParagraphStyle = {};
  let level: number | undefined;
  const seen = new Set<string>();
  for (let id: string | undefined = start; id !== undefined && !seen.has(id); id = raw.get(id)?.basedOn) {
    seen.add(id);
    const style = raw.get(id);
    if (!style) break;
    const named = /^heading (\d)$/.exec(style.name);
    if (found.heading === undefined) {
      if (style.name === 'title') found.heading = 0;
      else if (named) found.heading = Math.min(6, Number(named[1]));
      else if (style.outline !== undefined && style.outline < 9) found.heading = Math.min(6, style.outline + 1);
    }
    if (/^toc (?:\d|heading)$/.test(style.name)) found.contents = true;
    level ??= style.level;
    if (found.list === undefined && style.listId !== undefined) found.list = { id: style.listId, level: 0 };
  }
  if (found.list) found.list.level = level ?? (found.heading ? found.heading - 1 : 0);
  return found;
}

interface Level {
  format: string;
  text: string;
  start: number;
}

/** Counts through a document's lists: the label of each item as a person sees it, `-` for marks. */
export async function readLists(zip: Zip, part: string | undefined): Promise<(id: string, level: number) => string | undefined> {
  const abstracts = new Map<string, Map<number, Level>>();
  const lists = new Map<string, string>();
  let abstract: Map<number, Level> | undefined;
  let level: Level | undefined;
  let list = '';
  if (part !== undefined)
    await readXml(zip.read(part), {
      open(tag, get) {
        if (tag === 'abstractNum') abstracts.set(get('abstractNumId') ?? '', (abstract = new Map()));
        else if (tag === 'num') {
          list = get('numId') ?? '';
          abstract = undefined;
        } else if (tag === 'abstractNumId') lists.set(list, get('val') ?? '');
        else if (tag === 'lvl' && abstract) abstract.set(Number(get('ilvl')), (level = { format: 'decimal', text: '', start: 1 }));
        else if (!level) return;
        else if (tag === 'start') level.start = Number(get('val') ?? 1);
        else if (tag === 'numFmt') level.format = get('val') ?? 'decimal';
        else if (tag === 'lvlText') level.text = (get('val') ?? '').slice(0, 40);
      },
      close: (tag) => void (tag === 'lvl' && (level = undefined)),
    });
  const counters = new Map<string, (number | undefined)[]>();
  return (id, at) => {
    const levels = abstracts.get(lists.get(id) ?? '');
    const own = levels?.get(at);
    if (!levels || !own || at > 8) return id === '0' ? undefined : '-';
    if (own.format === 'none') return undefined;
    // Lists of one kind count on through the document.
    const key = lists.get(id) ?? '';
    const counts = counters.get(key) ?? [];
    counters.set(key, counts);
    counts[at] = (counts[at] ?? own.start - 1) + 1;
    counts.length = at + 1;
    if (own.format === 'bullet') return '-';
    return own.text.replaceAll(/%(\d)/g, (_, n: string) => {
      const of = levels.get(Number(n) - 1);
      return of ? counted(counts[Number(n) - 1] ?? of.start, of.format) : '';
    });
  };
}

function counted(n: number, format: string): string {
  if (format === 'lowerLetter' || format === 'upperLetter') {
    const letter = String.fromCharCode(97 + ((n - 1) % 26));
    return format === 'lowerLetter' ? letter : letter.toUpperCase();
  }
  if (format === 'lowerRoman' || format === 'upperRoman') return format === 'lowerRoman' ? roman(n).toLowerCase() : roman(n);
  return String(n);
}

function roman(n: number): string {
  let left = Math.min(Math.max(n, 0), 3999);
  let text = '';
  for (const [value, mark] of [
    [1000, 'M'],
    [900, 'CM'],
    [500, 'D'],
    [400, 'CD'],
    [100, 'C'],
    [90, 'XC'],
    [50, 'L'],
    [40, 'XL'],
    [10, 'X'],
    [9, 'IX'],
    [5, 'V'],
    [4, 'IV'],
    [1, 'I'],
  ] as const)
    // prettier-ignore
    for (; left >= value; left -= value) text += mark;
  return text;
}
