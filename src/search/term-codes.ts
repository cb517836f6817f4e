/** Terms as 32-bit numbers: what an index keeps of a passage, its fields in reading order, without its words. */
import type { PassageTerms } from './analyzer.ts';

/** FNV-1a over UTF-16 code units with murmur3's finish; 200,000 different terms share about five codes. Unsigned. */
export function termCode(term: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < term.length; i++) hash = Math.imul(hash ^ term.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A passage's terms: how many stand in the title, how many in the heading path, then the codes of title, headings, text. */
export function encodeTerms(terms: PassageTerms): Uint32Array {
  const fields = [terms.title, terms.heading, terms.text].map((field) => (field === '' ? [] : field.split(' ')));
  const codes = new Uint32Array(2 + fields[0]!.length + fields[1]!.length + fields[2]!.length);
  codes[0] = fields[0]!.length;
  codes[1] = fields[1]!.length;
  let at = 2;
  for (const field of fields) for (const term of field) codes[at++] = termCode(term);
  return codes;
}
