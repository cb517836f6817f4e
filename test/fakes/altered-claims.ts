/**
 * False claims made from true ones, for judging the support check: a number, date, unit, name, negation or small word
 * changed. Every generator gives undefined where the sentence has nothing of its kind, and never a sentence that still
 * says the same. They share no code with `src/ask/support`, so that they cannot share its blind spots.
 */

export type AlteredKind =
  | 'number'
  | 'date'
  | 'unit'
  | 'name'
  | 'foreign-name'
  | 'negation-added'
  | 'negation-removed'
  | 'modality'
  | 'swapped-numbers';

export interface Alteration {
  kind: AlteredKind;
  text: string;
}

/** A small repeatable generator of numbers from 0 to 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const isHan = (text: string): boolean => /\p{Script=Han}/u.test(text);
const pick = <T>(list: T[], random: () => number): T | undefined => list[Math.floor(random() * list.length)];

function replaceAt(text: string, match: RegExpMatchArray, replacement: string): string {
  return text.slice(0, match.index) + replacement + text.slice(match.index! + match[0].length);
}

const NUMBER_WORDS = 'two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty'.split(' ');
const NUMBER = new RegExp(
  `(?<![\\p{L}\\d.,:/-])\\d+(?:[.,]\\d+)*(?![\\d:/-]|[.,]\\d)|\\b(?:${NUMBER_WORDS.join('|')})\\b|[二三四五六七八九](?=[个名位人天年月次周])`,
  'giu',
);
const YEAR = /(?<!\d)(?:1[5-9]|20)\d{2}(?!\d)/g;
const MONTHS = 'January February March April June July August September October November December'.split(' ');
const MONTH = new RegExp(`\\b(?:${MONTHS.join('|')})\\b`, 'g');
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');
const WEEKDAY = new RegExp(`\\b(?:${WEEKDAYS.join('|')})(?=s?\\b)`, 'g');
const HAN_MONTH = /(?<!\d)(?:1[0-2]|[1-9])(?=月)/g;

/** Another number in place of one that is no year. */
export function alterNumber(text: string, random: () => number): string | undefined {
  const match = pick(
    [...text.matchAll(NUMBER)].filter((found) => !/^(?:1[5-9]|20)\d{2}$/.test(found[0])),
    random,
  );
  if (!match) return undefined;
  const word = match[0].toLowerCase();
  const at = NUMBER_WORDS.indexOf(word);
  if (at >= 0)
    return replaceAt(text, match, NUMBER_WORDS[(at + 1 + Math.floor(random() * (NUMBER_WORDS.length - 2))) % NUMBER_WORDS.length]!);
  if (/^\p{Script=Han}/u.test(word))
    return replaceAt(text, match, '二三四五六七八九'['二三四五六七八九'.indexOf(word) === 7 ? 1 : '二三四五六七八九'.indexOf(word) + 1]!);
  // One digit changed: the smallest lie
  const digits = [...word.matchAll(/\d/g)];
  const digit = digits[random() < 0.5 ? 0 : digits.length - 1]!;
  const other = String((Number(digit[0]) % 9) + 1);
  return replaceAt(text, match, word.slice(0, digit.index) + other + word.slice(digit.index + 1));
}

/** Another year, month or day of the week. */
export function alterDate(text: string, random: () => number): string | undefined {
  const choices = [
    ...[...text.matchAll(YEAR)].map((match) => ({ match, kind: 'year' })),
    ...[...text.matchAll(MONTH)].map((match) => ({ match, kind: 'month' })),
    ...[...text.matchAll(WEEKDAY)].map((match) => ({ match, kind: 'weekday' })),
    ...[...text.matchAll(HAN_MONTH)].map((match) => ({ match, kind: 'han-month' })),
  ];
  const choice = pick(choices, random);
  if (!choice) return undefined;
  const { match, kind } = choice;
  const next = (list: string[]): string => list[(list.indexOf(match[0]) + 1 + Math.floor(random() * (list.length - 2))) % list.length]!;
  if (kind === 'month') return replaceAt(text, match, next(MONTHS));
  if (kind === 'weekday') return replaceAt(text, match, next(WEEKDAYS));
  if (kind === 'han-month') return replaceAt(text, match, String((Number(match[0]) % 12) + 1));
  return replaceAt(text, match, String(Number(match[0]) + (random() < 0.5 ? 1 : -10)));
}

const UNIT_CHANGES: [RegExp, string[]][] = [
  [/(?<=\d ?|[a-z][ -])(?:days|weeks|months|years|hours|minutes|seconds)\b/g, ['days', 'weeks', 'months', 'years', 'hours', 'minutes']],
  [/(?<=\d ?|[a-z][ -])(?:day|week|month|year|hour|minute)(?=s?\b)/g, ['day', 'week', 'month', 'year', 'hour', 'minute']],
  [
    /(?<=\d ?)(?:kilometres|kilometers|miles|metres|meters|feet|inches|acres|hectares)\b/g,
    ['kilometres', 'miles', 'metres', 'feet', 'acres'],
  ],
  [/(?<=\d ?)(?:million|billion|thousand)\b/g, ['million', 'billion', 'thousand']],
  [/(?<=\d ?)(?:%|percent|per cent)/g, ['points', 'euros', 'days']],
  [/[$€£](?=\d)/g, ['$', '€', '£']],
  [/(?<=\d ?)(?:GB|MB|TB|kg|tons|pounds)\b/g, ['GB', 'kg', 'tons', 'MB']],
  [/(?<=[\d一二两三四五六七八九十百千万亿] ?)(?:天|周|个月|小时|分钟|年)(?![代级])/gu, ['天', '周', '个月', '小时', '分钟', '年']],
  [
    /(?<=[\d一二两三四五六七八九十百千万亿] ?)(?:公里|英里|米|英尺|平方公里|公顷|公斤|吨|毫米|厘米)/gu,
    ['公里', '英里', '米', '公斤', '吨'],
  ],
  [/(?<=\d ?)[万亿]/gu, ['万', '亿']],
  [/(?<=[\d万亿百千] ?)(?:美元|欧元|元|英镑|日元)/gu, ['美元', '欧元', '英镑']],
];

/** The same number of another thing: weeks for days, euros for dollars, billion for million. */
export function alterUnit(text: string, random: () => number): string | undefined {
  const choices = UNIT_CHANGES.flatMap(([pattern, units]) => [...text.matchAll(pattern)].map((match) => ({ match, units })));
  const choice = pick(choices, random);
  if (!choice) return undefined;
  const other = choice.units.filter((unit) => unit !== choice.match[0] && !unit.startsWith(choice.match[0].slice(0, 4)));
  const unit = pick(other, random);
  return unit && replaceAt(text, choice.match, unit);
}

const LATIN_NAME = /(?<!^|[.!?:"“(] ?)\p{Lu}[\p{Ll}\p{Lu}]{2,}(?: \p{Lu}[\p{Ll}\p{Lu}]{2,})*/gu;
const NO_NAMES =
  /^(?:The|This|That|These|Those|There|In|On|At|It|He|She|They|We|You|And|But|For|January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b/;
const FOREIGN = ['Priya Raman', 'Oldenburg', 'Zenith Labs', 'Kowalski', 'Quorvane', 'Marisol Vega', 'Tromso'];
/** Names of people, places, bodies and things as Chinese texts have them. */
const HAN_FOREIGN = ['周小川', '陈思远', '赵建华', '慕尼黑', '葡萄牙', '费尔南德斯', '绍兴市', '华夏银行', '卡特琳娜'];

/** Capitalised names of a text within sentences; for Chinese the Latin ones, those with a middle dot, and titles. */
export function namesOf(text: string): string[] {
  const latin = [...text.matchAll(LATIN_NAME)].map((match) => match[0]).filter((name) => !NO_NAMES.test(name));
  const han = [
    ...text.matchAll(
      /(?<=^|[^\p{Script=Han}·]|[由和与及])\p{Script=Han}{2,5}·\p{Script=Han}{2,5}(?=[^\p{Script=Han}·]|在|的|于|和)|(?<=《)[^《》]{2,20}(?=》)/gu,
    ),
  ].map((match) => match[0]);
  return [...new Set([...(isHan(text) ? han : []), ...latin])];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * A name of the sentence exchanged for another.
 * @param pool names of the same passage; empty: a name from nowhere
 */
export function alterName(text: string, pool: string[], random: () => number, own: string[] = namesOf(text)): string | undefined {
  const name = pick(
    own.filter(
      (candidate) =>
        text.includes(candidate) &&
        !new RegExp(`[\\p{L}\\p{N}]${escaped(candidate)}|${escaped(candidate)}[\\p{Script=Latin}\\p{N}]`, 'u').test(
          isHan(candidate) ? '' : text,
        ),
    ),
    random,
  );
  if (!name) return undefined;
  const kindOf = (some: string): string => (some.includes('·') ? 'person' : isHan(some) ? 'title' : 'latin');
  const others = (pool.length > 0 ? pool : isHan(name) ? HAN_FOREIGN : FOREIGN).filter(
    (other) =>
      (pool.length === 0 || kindOf(other) === kindOf(name)) &&
      !text.includes(other) &&
      !other.includes(name) &&
      !name.includes(other) &&
      !other.split(' ').some((word) => text.includes(word)),
  );
  const other = pick(others, random);
  return other && text.split(name).join(other);
}

/** "not" put into a sentence that has none, or taken out of one that has. */
export function alterNegation(text: string, random: () => number): Alteration | undefined {
  const removed = isHan(text) ? withoutHanNot(text, random) : withoutNot(text);
  if (removed) return { kind: 'negation-removed', text: removed };
  const added = isHan(text) ? withHanNot(text) : withNot(text, random);
  return added ? { kind: 'negation-added', text: added } : undefined;
}

const NOT =
  /\b(?<aux>is|are|was|were|can|could|may|might|must|should|will|would|did|does|do|has|have|had) not (?!only|just|necessarily|merely)|\b(?<short>isn|aren|wasn|weren|could|should|would|did|does|do|has|have|had)['’]t |\bcan(?:not|['’]t) |\bnever |\bwithout /g;

function withoutNot(text: string): string | undefined {
  const matches = [...text.matchAll(NOT)];
  if (matches.length !== 1) return undefined;
  const match = matches[0]!;
  const { aux, short } = match.groups!;
  const plain = aux ?? { isn: 'is', aren: 'are', wasn: 'was', weren: 'were' }[short ?? ''] ?? short;
  if (match[0].startsWith('can')) return replaceAt(text, match, 'can ');
  if (match[0].startsWith('never')) return replaceAt(text, match, 'always ');
  if (match[0].startsWith('without')) return replaceAt(text, match, 'with ');
  return replaceAt(text, match, `${plain} `);
}

function withNot(text: string, random: () => number): string | undefined {
  if (/\b(?:not|n['’]t|never|no|none|without|cannot|neither|nor)\b/i.test(text)) return undefined;
  const match = pick([...text.matchAll(/\b(?:is|are|was|were|can|could|may|must|should|will|would|has been|have been)(?= )/g)], random);
  if (!match) return undefined;
  return replaceAt(
    text,
    match,
    random() < 0.75
      ? match[0].endsWith('been')
        ? match[0].replace('been', 'not been')
        : `${match[0]} not`
      : match[0] === 'can'
        ? 'cannot'
        : match[0].endsWith('been')
          ? match[0].replace('been', 'never been')
          : `${match[0]} never`,
  );
}

function withoutHanNot(text: string, random: () => number): string | undefined {
  const match = pick(
    [...text.matchAll(/不(?=[能会可允需应是在属支适提])|没有(?=[被在进获能通出参使])|无法|禁止|未(?=[能被经获])/gu)],
    random,
  );
  if (!match) return undefined;
  return replaceAt(text, match, match[0] === '无法' ? '能够' : match[0] === '禁止' ? '允许' : '');
}

function withHanNot(text: string): string | undefined {
  if (/[不没无非未禁]/u.test(text)) return undefined;
  const forms: [RegExp, string][] = [
    [/可以/u, '不可以'],
    [/(?<![可功才智职性技本热电])能够?(?![力量源])/u, '不能'],
    [/必须/u, '不必'],
    [/(?<![社机协])会(?=\p{Script=Han}{2})(?![议员长])/u, '不会'],
    [/(?<!但|还|就|而|都|若|凡|总|于|只)是(?!否|指|因|由|以)/u, '不是'],
    [/(?<![所具还只含没拥])有(?![限效关些时人的])/u, '没有'],
    [/位于/u, '不位于'],
    [/属于/u, '不属于'],
    [/包括/u, '不包括'],
    [/需要/u, '不需要'],
  ];
  for (const [pattern, replacement] of forms) if (pattern.test(text)) return text.replace(pattern, replacement);
  return undefined;
}

const TURNS: [RegExp, string][] = [
  [/\bmust\b/, 'may'],
  [/\bmay\b(?! \d)/, 'must'],
  [/\bshould\b/, 'must'],
  [/\bat least\b/, 'at most'],
  [/\bat most\b/, 'at least'],
  [/\bup to\b/, 'at least'],
  [/\bmore than\b/, 'less than'],
  [/\bless than\b/, 'more than'],
  [/\bbefore\b/, 'after'],
  [/\bafter\b/, 'before'],
  [/\bincreased?\b/, 'decreased'],
  [/\bdecreased?\b/, 'increased'],
  [/\ball\b/i, 'some'],
  [/\bevery\b/i, 'only some'],
  [/\bsome\b/i, 'all'],
  [/\bmost\b(?= \p{Ll})/u, 'all'],
  [/\bdaily\b/, 'weekly'],
  [/\bweekly\b/, 'daily'],
  [/\bmonthly\b/, 'weekly'],
  [/\bannual(?:ly)?\b/, 'monthly'],
  [/\bonly\b/, 'not only'],
  [/\ballowed\b/, 'forbidden'],
  [/\brequired\b/, 'optional'],
  [/\bhigher\b/, 'lower'],
  [/\blower\b/, 'higher'],
  [/\blargest\b/, 'smallest'],
  [/必须/u, '可以'],
  [/可以/u, '必须'],
  [/应该/u, '必须'],
  [/至少/u, '最多'],
  [/最多/u, '至少'],
  [/超过/u, '不到'],
  [/以上/u, '以下'],
  [/以下/u, '以上'],
  [/之前|以前/u, '之后'],
  [/之后|以后/u, '之前'],
  [/增加|增长/u, '减少'],
  [/减少|下降/u, '增加'],
  [/所有|全部/u, '部分'],
  [/部分/u, '全部'],
  [/每天/u, '每周'],
  [/每年/u, '每月'],
  [/每月/u, '每年'],
  [/最大/u, '最小'],
  [/最高/u, '最低'],
  [/允许/u, '禁止'],
  [/大多数|多数/u, '所有'],
];

/** A small word turned into its opposite or into more than was said. */
export function alterModality(text: string, random: () => number): string | undefined {
  const choice = pick(
    TURNS.filter(([pattern]) => pattern.test(text)),
    random,
  );
  return choice && text.replace(choice[0], choice[1]);
}

/** Two numbers of the sentence in each other's place. */
export function swapNumbers(text: string, random: () => number): string | undefined {
  const numbers = [...text.matchAll(/(?<![\p{L}\d.,:/-])\d+(?:[.,]\d+)*(?![\d:/-]|[.,]\d)/gu)];
  const first = pick(numbers, random);
  const second =
    first &&
    pick(
      numbers.filter((other) => other[0] !== first[0]),
      random,
    );
  if (!first || !second) return undefined;
  const [a, b] = first.index < second.index ? [first, second] : [second, first];
  return text.slice(0, a.index) + b[0] + text.slice(a.index + a[0].length, b.index) + a[0] + text.slice(b.index + b[0].length);
}

/** A quote as a model makes it up: the sentence's own words, or a real quote with one word changed. */
export function inventQuote(sentence: string, passage: string, random: () => number): string {
  const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  if (random() < 0.5 && !letters(passage).includes(letters(sentence))) return sentence;
  if (isHan(passage)) return `根据规定，${sentence.slice(0, 12)}经主管确认后另行通知。`;
  const words = passage.split(/\s+/).slice(0, 14);
  words.splice(Math.min(4, words.length - 1), 1, 'reportedly');
  return words.join(' ');
}

/** Every false claim that can be made of one true sentence. @param names of the same passage */
export function alterationsOf(text: string, names: string[], random: () => number): Alteration[] {
  const made: Alteration[] = [];
  const add = (kind: AlteredKind, altered: string | undefined): void => {
    if (altered !== undefined && altered !== text) made.push({ kind, text: altered });
  };
  add('number', alterNumber(text, random));
  add('date', alterDate(text, random));
  add('unit', alterUnit(text, random));
  add('name', names.length > 0 ? alterName(text, names, random) : undefined);
  add('foreign-name', alterName(text, [], random));
  const negated = alterNegation(text, random);
  if (negated) made.push(negated);
  add('modality', alterModality(text, random));
  add('swapped-numbers', swapNumbers(text, random));
  return made;
}
