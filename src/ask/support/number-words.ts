/** Numbers written in words, English, German and Chinese, as values. */

const SMALL: Record<string, number> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fourty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
  dozen: 12,
  half: 0.5,
  zwei: 2,
  drei: 3,
  vier: 4,
  fünf: 5,
  sechs: 6,
  sieben: 7,
  acht: 8,
  neun: 9,
  zehn: 10,
  elf: 11,
  zwölf: 12,
  zwanzig: 20,
  dreißig: 30,
  vierzig: 40,
  fünfzig: 50,
  sechzig: 60,
  siebzig: 70,
  achtzig: 80,
  neunzig: 90,
};
const ORDINAL: Record<string, number> = {
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
  eleventh: 11,
  twelfth: 12,
  thirteenth: 13,
  fourteenth: 14,
  fifteenth: 15,
  sixteenth: 16,
  seventeenth: 17,
  eighteenth: 18,
  nineteenth: 19,
  twentieth: 20,
  thirtieth: 30,
  fortieth: 40,
  fiftieth: 50,
  sixtieth: 60,
  seventieth: 70,
  eightieth: 80,
  ninetieth: 90,
  hundredth: 100,
};
const MAGNITUDE: Record<string, number> = {
  hundred: 100,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
  hundert: 100,
  tausend: 1e3,
  millionen: 1e6,
  milliarden: 1e9,
  mio: 1e6,
  mrd: 1e9,
  bn: 1e9,
  mn: 1e6,
  mln: 1e6,
};
const FRACTION: Record<string, number> = {
  half: 2,
  halves: 2,
  third: 3,
  thirds: 3,
  quarter: 4,
  quarters: 4,
  fourth: 4,
  fourths: 4,
  fifth: 5,
  fifths: 5,
  sixth: 6,
  sixths: 6,
  eighth: 8,
  eighths: 8,
  tenth: 10,
  tenths: 10,
};

export interface WrittenNumber {
  value: number;
  ordinal: boolean;
  start: number;
  end: number;
}

const ENGLISH = /[a-zäöüß]+/giy;

/** The magnitude that a word after digits stands for ("5 million"), or undefined. */
export function magnitudeOf(word: string): number | undefined {
  return MAGNITUDE[word.toLowerCase()];
}

/** The number that starts at `start` in English or German words, or undefined. "second" counts as an ordinal. */
export function latinNumberAt(text: string, start: number): WrittenNumber | undefined {
  let at = start;
  let total = 0;
  let group = 0;
  let end = -1;
  let ordinal = false;
  let last = '';
  for (;;) {
    ENGLISH.lastIndex = at;
    const match = ENGLISH.exec(text);
    if (!match) break;
    const word = match[0].toLowerCase();
    const small = SMALL[word];
    const place = ORDINAL[word];
    const magnitude = MAGNITUDE[word];
    if (
      end >= 0 &&
      FRACTION[word] &&
      group <= 10 &&
      total === 0 &&
      last !== '' &&
      (group > 1 ? word.endsWith('s') || word === 'halves' : group === 1)
    ) {
      return { value: group / FRACTION[word], ordinal: false, start, end: at + word.length };
    }
    if (small !== undefined && (end < 0 || (small < 10 && group % 100 >= 20 && group % 10 === 0) || (small < 100 && last in MAGNITUDE))) {
      group += small;
      end = at + word.length;
    } else if (word === 'dozen' && end >= 0) {
      group *= 12;
      end = at + word.length;
    } else if (place !== undefined && (end < 0 || (place < 10 && group % 100 >= 20) || last in MAGNITUDE)) {
      group += place;
      end = at + word.length;
      ordinal = true;
    } else if (magnitude && (end >= 0 || magnitude >= 100) && word.length > 3) {
      if (magnitude === 100) group = (group || 1) * 100;
      else {
        total += (group || 1) * magnitude;
        group = 0;
      }
      end = at + word.length;
    } else break;
    last = word;
    if (ordinal) break;
    const gap = /^(?:-| and | )(?=[a-z])/i.exec(text.slice(end, end + 6));
    if (!gap || (gap[0] === ' and ' && !(word in MAGNITUDE))) break;
    at = end + gap[0].length;
  }
  if (end < 0) return undefined;
  return { value: total + group, ordinal, start, end };
}

const HAN_DIGITS: Record<string, number> = {
  零: 0,
  〇: 0,
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
  壹: 1,
  贰: 2,
  叁: 3,
  肆: 4,
  伍: 5,
  陆: 6,
  柒: 7,
  捌: 8,
  玖: 9,
};
const HAN_UNITS: Record<string, number> = { 十: 10, 百: 100, 千: 1e3, 拾: 10, 佰: 100, 仟: 1e3 };

/** A run of Han numerals (and digits before 万, 亿) as its value, or undefined where it is none. */
export function hanNumber(run: string): number | undefined {
  if (/^[零〇一二三四五六七八九]{2,}$/.test(run)) return Number([...run].map((character) => HAN_DIGITS[character]).join(''));
  let total = 0;
  let section = 0;
  let digit = -1;
  for (const part of run.match(/\d+(?:\.\d+)?|./gu) ?? []) {
    if (/^\d/.test(part)) digit = Number(part);
    else if (part in HAN_DIGITS) digit = HAN_DIGITS[part]!;
    else if (part in HAN_UNITS) {
      section += (digit < 0 ? 1 : digit) * HAN_UNITS[part]!;
      digit = -1;
    } else if (part === '万' || part === '亿') {
      const factor = part === '万' ? 1e4 : 1e8;
      if (part === '亿') {
        total = (total + section + Math.max(digit, 0) || 1) * factor;
      } else total += (section + Math.max(digit, 0) || 1) * factor;
      section = 0;
      digit = -1;
    } else return undefined;
  }
  return total + section + Math.max(digit, 0);
}

const ROMAN: Record<string, number> = { I: 1, V: 5, X: 10, L: 50, C: 100, D: 500, M: 1000 };

/** The value of a Roman numeral of at least two letters, or undefined. */
export function romanNumber(word: string): number | undefined {
  if (!/^(?=[IVXLCDM]{2,}$)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$/.test(word)) return undefined;
  let value = 0;
  for (let i = 0; i < word.length; i++) {
    const here = ROMAN[word[i]!]!;
    value += here < (ROMAN[word[i + 1]!] ?? 0) ? -here : here;
  }
  return value;
}
