/** One written form for texts that mean the same, so that a quote and a claim can be compared. */
import { foldHan } from '../../search/languages.ts';

const FRACTIONS: Record<string, string> = {
  '½': '5',
  '¼': '25',
  '¾': '75',
  '⅓': '3333',
  '⅔': '6667',
  '⅕': '2',
  '⅖': '4',
  '⅗': '6',
  '⅘': '8',
  '⅛': '125',
  '⅜': '375',
  '⅝': '625',
  '⅞': '875',
};
const FRACTION = /(\d?)([½¼¾⅓⅔⅕⅖⅗⅘⅛⅜⅝⅞])/g;
const SINGLE_QUOTES = /[‘’‚‛′`´ʼ]/g;
const DOUBLE_QUOTES = /[“”„‟″«»＂]|''/g;
const DASHES = /[‐‑‒–—―−﹣－⸺]/g;
const INVISIBLE = /[\u00AD\u200B-\u200F\u2060\uFEFF\u202A-\u202E]/g;

/** NFKC, Traditional to Simplified, straight quotes, one dash, no invisible characters; case and words stay. */
export function foldText(text: string): string {
  const plain = text
    .replace(INVISIBLE, '')
    .replace(FRACTION, (_, whole: string, fraction: string) => `${whole || '0'}.${FRACTIONS[fraction]}`);
  return foldHan(plain.normalize('NFKC')).replace(SINGLE_QUOTES, "'").replace(DOUBLE_QUOTES, '"').replace(DASHES, '-').replace(/\s+/g, ' ');
}

/** Folded characters without white space, each with where it stands in the text as it was given. */
export interface PlacedText {
  text: string;
  /** Offset of the first and behind the last character that each folded character came from. */
  starts: number[];
  ends: number[];
}

const CHARACTER = /\P{M}\p{M}*/gsu;

/** As `foldText`, but without any white space and with every character's place. */
export function foldWithPlaces(text: string): PlacedText {
  const starts: number[] = [];
  const ends: number[] = [];
  let folded = '';
  for (const match of text.matchAll(CHARACTER)) {
    const form = foldHan(match[0].normalize('NFKC'))
      .replace(INVISIBLE, '')
      .replace(SINGLE_QUOTES, "'")
      .replace(DOUBLE_QUOTES, '"')
      .replace(DASHES, '-')
      .replace(/\s/g, '');
    for (let i = 0; i < form.length; i++) {
      starts.push(match.index);
      ends.push(match.index + match[0].length);
    }
    folded += form;
  }
  return { text: folded, starts, ends };
}
