/** What a model wrote, before it is held against its quotes: no markup, no address of its own, a language that can be compared. */
import type { Evidence } from './support.ts';

/** Links and images that a model writes are not shown, and their words only where a passage has them; the innermost go first. */
const LINKS = /!?\[([^[\]]*)\](?:\([^()]*\)|\[[^[\]]*\]|:\s*\S+)|<a\b[^<>]*>([^<>]*)<\/a>/gi;
const TAGS = /<\/?[a-z!][^<>]*>/gi;
const ADDRESSES =
  /(?:[a-z][a-z0-9+.-]*:\/\/|www\.)[^\s<>()"'，。；、]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}_.@/-])(?:[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}-]+\.)+[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]{2,}(?![\w-])(?:[:/?#][^\s<>()"'，。；、]*)?/giu;

/** Plain words: without links, tags that no passage has, the bars of a table's row, and characters that are not seen. */
export function withoutMarkup(written: string, passages: string[]): string {
  const stands = (words: string): boolean => passages.some((passage) => passage.includes(words));
  let text = written
    .replaceAll(/\p{Cf}+/gu, '')
    .replaceAll('\0', '')
    .replaceAll(/\s+|\p{Cc}+/gu, ' ');
  for (let before = ''; before !== text;)
    text = (before = text).replace(LINKS, (_, a = '', b = '') => (stands(`${a}${b}`) ? `${a}${b}` : ''));
  return text
    .replace(TAGS, (tag) => (stands(tag) ? tag : ''))
    .replace(/^\s*\|\s*|\s*\|\s*$/g, '')
    .replaceAll(/ (?=[.,;:!?。，；：！？])/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** An address that does not stand in the passages that are cited is the model's own. */
export function hasStrangeAddress(text: string, evidence: Evidence[]): boolean {
  // As browsers and chat programs read them: wide letters are letters.
  const known = evidence.map((item) => item.passagePlain.normalize('NFKC').toLowerCase());
  return [...text.normalize('NFKC').matchAll(ADDRESSES)].some(([found]) => {
    const address = found.replace(/[.,;:!?]+$/, '').toLowerCase();
    return !known.some((passage) => passage.includes(address));
  });
}

/** Neither the question's script nor the evidence's: nothing of it could be compared. */
export function speaksStrangely(text: string, language: string, evidence: Evidence[]): boolean {
  const isHan = (one: string): boolean => (one.match(/\p{Script=Han}/gu)?.length ?? 0) > (one.match(/\p{Script=Latin}+/gu)?.length ?? 0);
  return isHan(text) !== ['zh', 'ja', 'ko', 'yue'].includes(language) && !evidence.some((item) => isHan(item.quote) === isHan(text));
}
