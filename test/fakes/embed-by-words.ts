/** A made-up embedding in which texts that share words are near each other, so that similarity means something. */

/**
 * @returns a vector of length 1: the sum of one fixed pseudo-random vector for each word (letters and digits, lower
 * case; Chinese and Japanese by character), the same on every machine
 */
export function embedByWords(text: string, dimensions: number): number[] {
  const sum = Array.from({ length: dimensions }, () => 0);
  const words = text.toLowerCase().match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[\p{L}\p{N}]+/gu) ?? ['(no words)'];
  for (const word of words) {
    let state = hash(word);
    for (let index = 0; index < dimensions; index++) {
      state = xorshift(state);
      sum[index]! += state / 2 ** 31 - 1;
    }
  }
  const length = Math.hypot(...sum) || 1;
  return sum.map((value) => value / length);
}

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
function hash(word: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(word)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value || 1;
}

/** Marsaglia's xorshift32 (Journal of Statistical Software 8(14), 2003). */
function xorshift(state: number): number {
  let value = state ^ (state << 13);
  value ^= value >>> 17;
  value ^= value << 5;
  return value >>> 0;
}
