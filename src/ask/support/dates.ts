/** Dates and times of day in a text, in the orders and scripts people write them. */
import { hanNumber } from './number-words.ts';

export interface DateFound {
  kind: 'date';
  year?: number;
  month?: number;
  day?: number;
  /** 1 (Monday) to 7. */
  weekday?: number;
  /** 1990 for the 1990s, 90 for "the 90s"; a century as its number. */
  decade?: number;
  century?: number;
  /** 3/5/2026 may be either. */
  swappable?: boolean;
  start: number;
  end: number;
}

export interface TimeFound {
  kind: 'time';
  /** Minutes since midnight. */
  minutes: number;
  /** Without am or pm and before 13:00: either half of the day. */
  halfOpen: boolean;
  start: number;
  end: number;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  '(?<month>Jan(?:uary|uar)?|Feb(?:ruary|ruar)?|Mar(?:ch)?|März|Apr(?:il)?|May|Mai|Jun[ei]?|Jul[yi]?|Aug(?:ust)?|Sept?(?:ember)?|O[ck]t(?:ober)?|Nov(?:ember)?|De[cz](?:ember)?)\\.?';
const NOT_BEFORE = '(?<![\\p{L}\\p{N}.])';
const ORD = '(?:st|nd|rd|th|\\.)?';
const HAN_NUM = '[零〇一二两三四五六七八九十\\d]';

const PATTERNS: RegExp[] = [
  // 2026-03-05, 2026/3/5, 2026年3月5日
  new RegExp(`(?<!\\d)(?<year>\\d{4})[-/.](?<month>\\d{1,2})[-/.](?<day>\\d{1,2})(?!\\d)`, 'gu'),
  new RegExp(
    `(?<![零〇一二三四五六七八九十\\d])(?<year>\\d{2,4}|[零〇一二三四五六七八九]{4}) ?年 ?(?:度?(?<month>${HAN_NUM}{1,3}) ?月(?:份)? ?(?:(?<day>${HAN_NUM}{1,3}) ?[日号])?)?(?![代级龄轻幼迈薪糕])`,
    'gu',
  ),
  new RegExp(`(?<!个 ?|\\d)(?<month>${HAN_NUM}{1,3}) ?月(?:份)? ?(?<day>${HAN_NUM}{1,3}) ?[日号]`, 'gu'),
  new RegExp(`(?<![\\d个])(?<month>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九]) ?月(?!饼|球|光|亮|薪)`, 'gu'),
  // 5-9 March 2026, the 5th of March, 5. März
  new RegExp(
    `${NOT_BEFORE}(?:(?<first>\\d{1,2})${ORD} ?(?:-|to|and) ?)?(?<day>\\d{1,2})${ORD} ?(?:of )?${MONTH}(?:,? ?(?:of )?(?<year>\\d{4}))?(?![\\p{L}\\p{N}])`,
    'gui',
  ),
  // March 5-9, 2026
  new RegExp(
    `${NOT_BEFORE}${MONTH} (?:the )?(?<day>\\d{1,2})(?:st|nd|rd|th)?(?![\\d:%]|[.,]\\d)(?: ?(?:-|to|and) ?(?<second>\\d{1,2})(?:st|nd|rd|th)?(?! ?\\p{L}|\\d))?(?:,? ?(?<year>\\d{4})(?!\\d))?`,
    'gui',
  ),
  new RegExp(`${NOT_BEFORE}${MONTH},?(?: of)? (?<year>\\d{4})(?!\\d)`, 'gui'),
  // 05.03.2026, 3/5/2026
  new RegExp(`(?<![\\d./])(?<day>\\d{1,2})(?<sep>[./])(?<month>\\d{1,2})\\k<sep>(?<year>\\d{4}|\\d{2})(?![\\d/]|\\.\\d)`, 'gu'),
  new RegExp(`(?<decadeCentury>\\d{1,2}|[一二三四五六七八九十]{1,3}) ?世纪 ?(?<decade>\\d0|[一二三四五六七八九]十) ?年代`, 'gu'),
  new RegExp(`(?<![\\d'])(?<decade>\\d{2,3}0) ?'?s(?![\\p{L}])`, 'gu'),
  new RegExp(`'(?<decade>\\d0) ?'?s(?![\\p{L}])`, 'gu'),
  new RegExp(`(?<decade>(?:\\d{1,2})?\\d0|(?:[一二]?[一二三四五六七八九])十) ?年代`, 'gu'),
  new RegExp(`(?<century>\\d{1,2})(?:st|nd|rd|th)?[ -]centur(?:y|ies)`, 'gui'),
  new RegExp(`(?<century>\\d{1,2}|[一二三四五六七八九十]{1,3}) ?世纪`, 'gu'),
  new RegExp(`${NOT_BEFORE}(?<weekday>Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?(?!\\p{L})`, 'gui'),
  new RegExp(`${NOT_BEFORE}(?<weekday>Mon|Diens|Donners|Frei|Sams|Sonn)tags?(?!\\p{L})|${NOT_BEFORE}(?<midweek>Mittwoch)`, 'gu'),
  new RegExp(`(?:星期|礼拜|周)(?<weekday>[一二三四五六日天])(?!\\p{Script=Han}*?[期间]|年)`, 'gu'),
  // A month alone: "may" only where it must be one
  new RegExp(
    `(?<![\\p{L}\\p{N}])(?<month>January|Januar|February|Februar|March|März|April|June|Juni|July|Juli|August|September|O[ck]tober|November|De[cz]ember|(?<=(?:in|of|since|until|by|during|from|to|late|early|mid|each|every|last|next) )May)(?![\\p{L}])`,
    'gu',
  ),
];
const CENTURY_WORDS: Record<string, number> = {
  fifteenth: 15,
  sixteenth: 16,
  seventeenth: 17,
  eighteenth: 18,
  nineteenth: 19,
  twentieth: 20,
};
const CENTURY_WORD = /(?<century>fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty[- ]first)[ -]centur/giu;
const WEEKDAYS: Record<string, number> = {
  mon: 1,
  tues: 2,
  wednes: 3,
  thurs: 4,
  fri: 5,
  satur: 6,
  sun: 7,
  diens: 2,
  donners: 4,
  frei: 5,
  sams: 6,
  sonn: 7,
  一: 1,
  二: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  日: 7,
  天: 7,
};

const number = (text: string): number => (/^\d+$/.test(text) ? Number(text) : (hanNumber(text) ?? NaN));

function monthOf(text: string): number {
  if (/^[\d〇零一二两三四五六七八九十]+$/.test(text)) return number(text);
  const short = text.slice(0, 3).toLowerCase().replace('mär', 'mar').replace('mai', 'may').replace('okt', 'oct').replace('dez', 'dec');
  return MONTHS.indexOf(short) + 1;
}

/** Dates of a folded text; each takes its characters from what later patterns may read (`taken`). */
export function datesIn(text: string, taken: Uint8Array): DateFound[] {
  const found: DateFound[] = [];
  for (const pattern of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const { year, month, day, first, second, decade, decadeCentury, century, weekday, midweek, sep } = match.groups as Record<
        string,
        string | undefined
      >;
      const start = match.index;
      const end = start + match[0].length;
      if (taken[start] || taken[end - 1]) continue;
      // "may 20" in lower case is a verb; "March" as a verb stands in lower case too.
      if (month && /^(?:may|march|mar|sep|dec|jan)$/.test(month)) continue;
      // 25年 is a length of time unless a month follows.
      if (year && /年/.test(match[0]) && !month && number(year) < 1000) continue;
      const date: DateFound = { kind: 'date', start, end };
      if (year) date.year = number(year) < 100 && sep ? 2000 + number(year) : number(year);
      if (month) date.month = monthOf(month);
      if (day) date.day = number(day);
      if (sep === '/') date.swappable = true;
      if (decade) date.decade = number(decade) + (decadeCentury ? (number(decadeCentury) - 1) * 100 : 0);
      if (century) date.century = number(century);
      if (weekday) date.weekday = WEEKDAYS[weekday.toLowerCase()];
      if (midweek) date.weekday = 3;
      if ((date.month ?? 1) > 12 && date.swappable) [date.month, date.day] = [date.day, date.month];
      if ((date.month ?? 1) > 12 || (date.month ?? 1) < 1 || (date.day ?? 1) > 31 || Number.isNaN(date.year ?? 0)) continue;
      taken.fill(1, start, end);
      found.push(date);
      const other = first ?? second;
      if (other) found.push({ ...date, day: number(other) });
    }
  }
  for (const match of text.matchAll(CENTURY_WORD)) {
    if (taken[match.index]) continue;
    taken.fill(1, match.index, match.index + match[0].length);
    found.push({
      kind: 'date',
      century: CENTURY_WORDS[match.groups!.century!.toLowerCase()] ?? 21,
      start: match.index,
      end: match.index + match[0].length,
    });
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Whether every part that the claim's date names stands in the evidence's date. */
export function dateCarries(evidence: DateFound, claim: DateFound): boolean {
  const agree = (a: number | undefined, b: number | undefined): boolean => a === undefined || a === b;
  if (
    claim.decade !== undefined &&
    claim.decade !== evidence.decade &&
    (evidence.decade === undefined || claim.decade % 100 !== evidence.decade % 100 || (claim.decade > 100 && evidence.decade > 100))
  )
    return false;
  if (!agree(claim.century, evidence.century) || !agree(claim.weekday, evidence.weekday) || !agree(claim.year, evidence.year)) return false;
  if (agree(claim.month, evidence.month) && agree(claim.day, evidence.day)) return true;
  return Boolean(claim.swappable || evidence.swappable) && agree(claim.month, evidence.day) && agree(claim.day, evidence.month);
}

const TIMES: RegExp[] = [
  /(?<![\d:.])(?<h1>\d{1,2})(?:[:.](?<m1>\d{2}))? ?(?:-|to|and|until) ?(?<h>\d{1,2})(?:[:.](?<m>\d{2}))? ?(?<half>[ap])\.?m\b\.?/giu,
  /(?<![\d:.])(?<h>\d{1,2})(?:[:.](?<m>\d{2}))?(?::\d{2})? ?(?<half>[ap])\.?m\b\.?/giu,
  /(?<![\d:.])(?<h>[01]?\d|2[0-4]):(?<m>[0-5]\d)(?::[0-5]\d)?(?! ?[ap]\.?m\b|\d)(?: ?Uhr)?/giu,
  /(?<![\d:.])(?<h>\d{1,2})(?:\.(?<m>\d{2}))? ?(?:Uhr|o'clock)/giu,
  /(?<half>上午|下午|早上|晚上|中午|凌晨|早晨|清晨|傍晚|夜里|晚|早)(?<h>\d{1,2}|[一二两三四五六七八九十]{1,3}) ?[点时:](?:(?<m>\d{1,2}|[一二三四五六七八九十]{1,3})分?|(?<hm>半))?钟?/gu,
  /(?<![\d.])(?<h>\d{1,2}|[一二两三四五六七八九十]{1,3}) ?[点时](?:(?<m>\d{1,2}|[一二三四五六七八九十]{1,3})分|(?<hm>半)|整|钟|(?=以?[前后至到之]))钟?/gu,
  /\b(?<word>noon|midday|midnight)\b|(?<word2>正午|午夜)/giu,
];

/** Times of day of a folded text. */
export function timesIn(text: string, taken: Uint8Array): TimeFound[] {
  const found: TimeFound[] = [];
  for (const pattern of TIMES) {
    for (const match of text.matchAll(pattern)) {
      const groups = match.groups as Record<string, string | undefined>;
      const start = match.index;
      const end = start + match[0].length;
      if (taken[start] || taken[end - 1]) continue;
      const add = (hour: number, minute: number, half: string | undefined): void => {
        if (hour > 24 || minute > 59) return;
        const pm = half !== undefined && /^(?:p|下午|晚|傍晚|夜)/i.test(half);
        const noon = half === '中午';
        const am = half !== undefined && !pm && !noon;
        const hours = (pm && hour < 12) || (noon && hour < 3) ? hour + 12 : am && hour === 12 ? 0 : hour;
        found.push({
          kind: 'time',
          minutes: (hours % 24) * 60 + minute,
          halfOpen: half === undefined && hour < 13 && hour > 0,
          start,
          end,
        });
      };
      const word = groups.word?.toLowerCase() ?? groups.word2;
      if (word) add(word === 'midnight' || word === '午夜' ? 0 : 12, 0, 'x');
      else {
        add(number(groups.h!), groups.hm ? 30 : groups.m ? number(groups.m) : 0, groups.half);
        if (groups.h1) {
          const h1 = number(groups.h1);
          // "9-5 pm" begins in the morning.
          add(h1, groups.m1 ? number(groups.m1) : 0, h1 > number(groups.h!) && h1 !== 12 ? 'a' : groups.half);
        }
      }
      taken.fill(1, start, end);
    }
  }
  return found;
}

/** 3 pm is 15:00; 3:30 alone may be either half of the day. */
export function timeCarries(evidence: TimeFound, claim: TimeFound): boolean {
  if (evidence.minutes === claim.minutes) return true;
  // A claim that adds am or pm to a bare 3:30 says more than the evidence.
  return claim.halfOpen && claim.minutes % 720 === evidence.minutes % 720;
}
