/**
 * What a document defines: acronyms with their long forms ("Paid Time Off (PTO)", "PTO (Paid Time Off)", "带薪休假（PTO）",
 * "PTO: paid time off"), and second names of the page. Pure, linear in the text, precise rather than greedy.
 * After Schwartz and Hearst 2003, "A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical Text", but
 * stricter: every content word of the long form must give its first letter.
 */
import { lookupKey } from '../own-words.ts';
import { hanName, isShortForm, longFormAfter, longFormBefore, whole } from './definition-forms.ts';

/** One name for another. Of an acronym both directions hold; an alias stands for the title. */
export interface Definition {
  kind: 'acronym' | 'alias';
  /** The acronym, or the second name. */
  short: string;
  /** The long form, or the page's title. */
  long: string;
  shortKey: string;
  longKey: string;
}

export interface DefiningText {
  title: string;
  /** Each once. */
  headings: string[];
  /** What a person reads of each passage. */
  texts: string[];
  /** Second names that front matter gives the page. */
  aliases?: string[];
}

/** Of one document; who defines more has a list of something else. */
const MOST = 300;
const LONGEST_NAME = 120;
const BRACKETS = /[(（]([^()（）\n]{2,100})[)）]/gu;
/** Pieces of what stands in brackets: "PTO，带薪休假", "formerly PTO; vacation". */
const PIECE = /[,，、;；]/u;
const ALSO =
  /^(?:also (?:known|referred to) as|also called|aka|a\.k\.a\.|or|short(?:ened)? (?:for|to)|abbreviated(?: as)?|hereinafter|e\.g\. |i\.e\. |auch|kurz|sog\.|又称|又名|又译|也称|也叫|全称|简称|即|缩写为?|英文缩写|英文|原名)[:：,]?\s*/iu;
/** No letter of it stands in a Chinese name, so nothing less will do. */
const CAPITALS = /^\p{Lu}[\p{Lu}&/-]*\p{Lu}$/u;
/** A line that begins with an acronym and says what it stands for, as glossaries do. */
const LINE =
  /^[ \t]{0,20}(?:[-*•·]|\d{1,3}[.)])?[ \t]{0,20}([\p{L}\p{N}][\p{L}\p{N}&/.-]{1,11})(?:[ \t]{0,9}[:：|=][ \t]{0,9}|[ \t]{1,9}[-–—|=][ \t]{1,9}|[ \t]{1,9}(?:stands for|is short for|means|steht für)[ \t]{1,9}|(?:是|指|即)(?:指|的?缩写)?[ \t]{0,9})([^\n|]{4,140})/gmu;

/** Every definition once, in the order found; those in the title first. */
export function definitionsIn(document: DefiningText): Definition[] {
  const found = new Map<string, Definition>();
  const add = (kind: Definition['kind'], short: string, long: string): void => {
    const one = { kind, short: tidy(short), long: tidy(long), shortKey: lookupKey(short), longKey: lookupKey(long) };
    if (one.shortKey === '' || one.longKey === '' || one.shortKey === one.longKey || one.long.length > LONGEST_NAME) return;
    const key = `${kind} ${one.shortKey}|${one.longKey}`;
    if (!found.has(key) && found.size < MOST) found.set(key, one);
  };
  for (const alias of document.aliases ?? []) add('alias', alias, document.title);
  const secondName = /^(.{2,80}?)[\s,，]*[(（]?\s*(?:also known as|aka|a\.k\.a\.|又称|又名|也称|也叫)\s+?(.{2,80}?)[)）]?$/iu.exec(
    document.title,
  );
  if (secondName) add('alias', secondName[2]!, secondName[1]!);
  for (const text of [document.title, ...document.headings, ...document.texts])
    acronymsIn(text, (short, long) => add('acronym', short, long));
  return [...found.values()];
}

function acronymsIn(text: string, add: (short: string, long: string) => void): void {
  for (const match of text.matchAll(BRACKETS)) {
    const before = text.slice(Math.max(0, match.index - 160), match.index);
    const pieces = match[1]!.split(PIECE).map(bare);
    for (const inner of pieces.length === 1 ? pieces : [bare(match[1]!), ...pieces]) {
      if (isShortForm(inner)) {
        const long = longFormBefore(inner, before) ?? (CAPITALS.test(inner) ? hanName(before, text) : undefined);
        if (long !== undefined) add(inner, long);
        // "带薪休假（Paid Time Off，PTO）"
        for (const other of pieces) if (other !== inner && whole(inner, other) !== undefined) add(inner, other);
        continue;
      }
      const short = /([\p{L}\p{N}][\p{L}\p{N}&/.-]{1,11})["'”’»*_`]*\s?$/u.exec(before)?.[1];
      if (short === undefined || !isShortForm(short)) continue;
      const long = whole(short, inner);
      if (long !== undefined) add(short, long);
    }
  }
  for (const match of text.matchAll(LINE)) {
    const short = match[1]!;
    if (!isShortForm(short)) continue;
    const long = longFormAfter(short, match[2]!);
    if (long !== undefined) add(short, long);
  }
}

/** Without the words and marks that lead to a name. */
function bare(piece: string): string {
  return piece
    .trim()
    .replace(ALSO, '')
    .replaceAll(/^["'“”„‘’«»*_`]+|["'“”„‘’«»*_`]+$/gu, '')
    .trim();
}

function tidy(name: string): string {
  return name.replaceAll(/\s+/g, ' ').replaceAll(/[*_`]/g, '').trim();
}
