/** Every number, date, time and identifier of a text, as values that agree however they are written. */
import type { DateFound, TimeFound } from './dates.ts';
import { datesIn, timesIn } from './dates.ts';
import { hanNumber, latinNumberAt, magnitudeOf, romanNumber } from './number-words.ts';
import { hanUnitAt, unitOf } from './units.ts';

export interface NumberFound {
  kind: 'number';
  value: number;
  /** Canonical unit; undefined where none follows. */
  unit?: string;
  /** "business" of "5 business days". */
  unitKind?: string;
  /** Where the words between number and unit stand: "unused PTO" in "five unused PTO days". They say more than the figure. */
  gap?: { start: number; end: number };
  ordinal: boolean;
  /** "one" or 一, which is often no more than an article. */
  soft: boolean;
  start: number;
  end: number;
}

export interface IdentifierFound {
  kind: 'identifier';
  /** Lower case, no spaces. */
  value: string;
  start: number;
  end: number;
}

export type Quantity = NumberFound | DateFound | TimeFound | IdentifierFound;

const IDENTIFIERS: RegExp[] = [
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu,
  /\bhttps?:\/\/[^\s<>"'，。、）)]+/giu,
  /(?<![\w@])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app|gov|edu|cn|de|uk|eu|co|ai|info|internal|local|md|ts|js|py|json|yaml|yml|pdf|docx?|xlsx?|csv|txt|html?|sh|exe|zip)(?:\/[\w\-./?%&=#]*)?(?![\w])/giu,
  /(?<![\w&])[@#][\p{L}\p{N}][\p{L}\p{N}_.-]*[\p{L}\p{N}_]/gu,
  /(?<![\p{L}\p{N}])v\d+(?:\.\d+)*(?![\p{L}\p{N}])/giu,
  /(?<![\d.])\d+\.\d+\.\d+(?:[.-]\w+)*/gu,
  /(?<![\p{Script=Latin}\p{N}])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z]+[A-Za-z0-9]*(?:-[A-Za-z0-9]+)*(?![\p{Script=Latin}\p{N}])/gu,
  /(?<![\w.])(?:--?[a-z][\w-]+|[a-z]+(?:_[a-z0-9]+)+|[A-Z]+(?:_[A-Z0-9]+)+)(?![\w])/gu,
  /\+?\d{2,4}(?:[ -]\d{3,4}){2,3}(?![\d-])/gu,
];
const DIGITS =
  /(?<currency>(?:US|A|C|HK|NT)?\$|[€£¥₹₩])? ?(?<digits>\d{1,3}(?:[,' ]\d{3}(?!\d))+(?:\.\d+)?|\d+(?:\.\d+)?)(?<suffix>(?:st|nd|rd|th)(?!\p{L})| ?[百千万亿]+|[kKM](?!\p{L})|(?<=[$€£¥]\d[\d.,]*)m(?!\p{L})|(?: |-)?(?:hundred|thousand|million|billion|trillion|bn|mn|mln|Mio\.?|Mrd\.?|Millionen|Milliarden|Tausend)(?!\p{L}))?/gu;
const HAN_RUN = /(?<percent>百分之)?(?<ordinal>第)?(?<run>[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]+)/gu;
const LATIN_WORD = /(?<![\p{L}\p{N}])[a-zäöüß]+/giu;
const CURRENCY_SIGN: Record<string, string> = {
  $: 'usd',
  US$: 'usd',
  A$: 'aud',
  C$: 'cad',
  HK$: 'hkd',
  NT$: 'twd',
  '€': 'eur',
  '£': 'gbp',
  '¥': 'cny',
  '₹': 'inr',
  '₩': 'krw',
};

/** Han numerals that are part of a word and count nothing. */
const HAN_IDIOM =
  /万一|千万(?=[不别勿要记])|十分(?![钟之])|成千上万|三三两两|千百|百分百|万千|百姓|万众|一一|四川|三亚|三明|五金|九江|六安|八达岭|七喜|两岸|十足|百度|千里|万里|百货|千方百计|五角大楼|四分卫|三元组|五大湖|一元化|四分五裂|二元论|三角洲|一元论|三文鱼|三明治|五行|四肢|四周|四处|四方|五官|百合|万物|万能|百科|千岛|百老汇|两栖|两性|二战|一战|三角|八卦|七夕|二手|二胡|二维/gu;
/** 一 as a mere article or part of an adverb. */
const HAN_ONE_WORD =
  /一(?:些|样|般|定|直|起|切|旦|致|边|度|时|面|点|部分|番|向|共|律|同|下|方面|系列|带|贯|概|流|生|旁|道|路|再|经|并|即|手|则|味|心|体|等|行|统|贯|到|来|齐|瞬|帆|半|举|代|早|夜|眼|口|身|段|连|群|把|阵|股|片|类|种|就|是|为|已|被|在|将|会|能|不|以|成|事)|(?:统|唯|同|任|某|每|另|单|第|之|专|合|逐|万|进|其中|不)一|一(?=[\p{Script=Han}])/u;
const HAN_MEASURE =
  /^[到至~-] ?[二两三四五六七八九十百\d]|^ ?(?:多|余|几|来)? ?(?:[个名位人次天日年月周]|星期|小时|分钟|[秒元块条项种类家所座台辆架本张份封只头匹支部届期级层楼岁倍成点时分步章节场局轮队组批套件样号州者方边端大代世间户门枚颗棵株口艘幕集首篇册卷字句段则遍趟回声圈排列行对双副篮球胎室厅卫米里吨克升度胜负平连])/u;
export const KINDS_OF_DAY = /^(?:business|working|work|calendar|consecutive|trading|school)$/i;
/** What may stand between a number and its unit: "20 paid vacation days" but not "20 of the days". */
const BETWEEN =
  /^(?:of|in|on|at|for|to|and|or|by|from|with|the|a|an|is|are|was|were|that|which|who|than|as|per|after|before|until|while|but|if|when|has|have|had|points?|goals?)$/i;

/** Quantities of a folded text in reading order. @param language of the text; only German changes how digits are read */
export function quantitiesIn(text: string, language: string): Quantity[] {
  const taken = new Uint8Array(text.length);
  const found: Quantity[] = [];
  const dates = datesIn(text, taken);
  const times = timesIn(text, taken);
  for (const pattern of IDENTIFIERS) {
    for (const match of text.matchAll(pattern)) {
      const end = match.index + match[0].length;
      if (taken[match.index] || taken[end - 1]) continue;
      taken.fill(1, match.index, end);
      found.push({
        kind: 'identifier',
        value: match[0]
          .toLowerCase()
          .replace(/[ .,/]+$/, '')
          .replaceAll(' ', '-'),
        start: match.index,
        end,
      });
    }
  }
  found.push(...dates, ...times, ...digitsIn(text, language, taken), ...latinIn(text, taken), ...hanIn(text, taken));
  found.sort((a, b) => a.start - b.start);
  inheritUnits(found, text);
  return found;
}

function digitsIn(text: string, language: string, taken: Uint8Array): NumberFound[] {
  const found: NumberFound[] = [];
  const source = language === 'de' ? text.replace(/(?<=\d)\.(?=\d{3}(?!\d))/g, "'").replace(/(?<=\d),(?=\d)/g, '.') : text;
  for (const match of source.matchAll(DIGITS)) {
    const { currency, digits, suffix } = match.groups as { currency?: string; digits: string; suffix?: string };
    const at = match.index + match[0].indexOf(digits);
    if (taken[at]) continue;
    const bare = suffix?.trim().replace(/^-/, '') ?? '';
    let value = Number(digits.replace(/[,' ]/g, ''));
    const ordinal = /^(?:st|nd|rd|th)$/.test(bare);
    if (/^[百千万亿]/.test(bare)) value = hanNumber(digits.replace(/[,' ]/g, '') + bare) ?? value;
    else if (bare && !ordinal)
      value *= bare === 'k' || bare === 'K' ? 1e3 : bare === 'M' || bare === 'm' ? 1e6 : (magnitudeOf(bare.replace('.', '')) ?? 1);
    let start = match.index + (match[0].length - match[0].trimStart().length);
    const percent = /百分之 ?$/.exec(text.slice(Math.max(0, start - 5), start));
    if (percent) start -= percent[0].length;
    const end = match.index + match[0].length;
    taken.fill(1, start, end);
    const unit = currency ? { unit: CURRENCY_SIGN[currency], end } : percent ? { unit: 'percent', end } : unitAfter(text, end, ordinal);
    found.push({
      kind: 'number',
      value,
      ordinal: ordinal || text[start - 1] === '第' || text.slice(start - 2, start) === '第 ',
      soft: false,
      start,
      end: Math.max(end, unit.end),
      unit: unit.unit,
      unitKind: (unit as { kind?: string }).kind,
      gap: (unit as NumberFound).gap,
    });
  }
  return found;
}

function latinIn(text: string, taken: Uint8Array): NumberFound[] {
  const found: NumberFound[] = [];
  let until = 0;
  for (const match of text.matchAll(LATIN_WORD)) {
    if (match.index < until || taken[match.index]) continue;
    const written = latinNumberAt(text, match.index);
    if (written) {
      until = written.end;
      // "second" after a number is a unit; "first" as an adverb says no number of its own.
      const lower = match[0].toLowerCase();
      const soft = lower === 'one' && written.value === 1 ? true : lower === 'first' && written.ordinal;
      const unit = unitAfter(text, written.end, written.ordinal);
      found.push({
        kind: 'number',
        value: written.value,
        ordinal: written.ordinal,
        soft,
        start: written.start,
        end: Math.max(written.end, unit.end),
        unit: unit.unit,
        unitKind: unit.kind,
        gap: unit.gap,
      });
    } else if (/^(?:once|twice|thrice)$/i.test(match[0])) {
      const value = { once: 1, twice: 2, thrice: 3 }[match[0].toLowerCase()]!;
      found.push({
        kind: 'number',
        value,
        ordinal: false,
        soft: value === 1,
        start: match.index,
        end: match.index + match[0].length,
        unit: 'times',
      });
    } else if (
      /^[IVX]$/.test(match[0]) &&
      /(?:War|Type|Phase|Part|Grade|Level|Tier|Class|Chapter|Volume|Book|Act|Title|Schedule|Annex|Appendix) $/.test(
        text.slice(0, match.index).slice(-10),
      )
    ) {
      found.push({
        kind: 'number',
        value: { I: 1, V: 5, X: 10 }[match[0]]!,
        ordinal: true,
        soft: false,
        start: match.index,
        end: match.index + 1,
      });
    } else if (/^[IVXLCDM]{2,}$/.test(match[0])) {
      const value = romanNumber(match[0]);
      if (value !== undefined && match[0] !== 'MD' && match[0] !== 'CD' && match[0] !== 'DC')
        found.push({ kind: 'number', value, ordinal: true, soft: false, start: match.index, end: match.index + match[0].length });
    }
  }
  return found;
}

function hanIn(text: string, taken: Uint8Array): NumberFound[] {
  const found: NumberFound[] = [];
  const idioms = new Uint8Array(text.length);
  for (const match of text.matchAll(HAN_IDIOM)) idioms.fill(1, match.index, match.index + match[0].length);
  for (const match of text.matchAll(HAN_RUN)) {
    const { percent, ordinal, run } = match.groups as { percent?: string; ordinal?: string; run: string };
    const start = match.index;
    const at = start + match[0].length - run.length;
    const end = start + match[0].length;
    if (taken[at] || (idioms[at] && !percent)) continue;
    const fraction = /^分之(?<n>[一二三四五六七八九十]+)/u.exec(text.slice(end, end + 6));
    const value = hanNumber(run);
    if (value === undefined || /^[百千万亿]+$/.test(run)) continue;
    if (fraction) {
      found.push({
        kind: 'number',
        value: hanNumber(fraction.groups!.n!)! / value,
        ordinal: false,
        soft: false,
        start,
        end: end + fraction[0].length,
      });
      continue;
    }
    const after = text.slice(end, end + 4);
    const single = run.length === 1;
    if (single && !percent && !ordinal && !HAN_MEASURE.test(after)) continue;
    const soft = run === '一' && !percent && !ordinal;
    if (
      soft &&
      HAN_ONE_WORD.test(text.slice(Math.max(0, at - 2), at + 4)) &&
      !/^一 ?(?:[天年月周次人名位]|个月|小时|分钟|星期)/.test(text.slice(at, at + 4))
    )
      continue;
    const unit = percent ? { unit: 'percent', end } : unitAfter(text, end, Boolean(ordinal));
    found.push({
      kind: 'number',
      value,
      ordinal: Boolean(ordinal),
      soft,
      start,
      end: Math.max(end, unit.end),
      unit: unit.unit,
      unitKind: (unit as { kind?: string }).kind,
    });
  }
  return found;
}

const SQUARES: Record<string, string> = { mi: 'sqmi', k: 'sqkm', m: 'sqm', met: 'sqm', f: 'sqft' };
const LATIN_AHEAD = /^[ -]?(?<word>%|°[CF]?|[\p{Script=Latin}$€£]+[23]?(?:\/h)?)/u;

/** The unit behind a number: at once, or behind up to three words that describe it. */
function unitAfter(
  text: string,
  from: number,
  ordinal: boolean,
): { unit?: string; kind?: string; end: number; gap?: { start: number; end: number } } {
  const han = /^ ?(?:多|余|几|来)? ?/u.exec(text.slice(from, from + 4))!;
  if (/\p{Script=Han}/u.test(text[from + han[0].length] ?? '')) {
    const kind = /^(?:个)?(?:工作日|自然日|交易日)/u.exec(text.slice(from + han[0].length));
    if (kind)
      return {
        unit: 'day',
        kind: kind[0].includes('自然') ? 'calendar' : kind[0].includes('交易') ? 'trading' : 'business',
        end: from + han[0].length + kind[0].length,
      };
    const unit = hanUnitAt(text, from + han[0].length);
    return unit ? { unit: unit.unit, end: from + han[0].length + unit.length } : { end: from };
  }
  const percent = /^[ -]?per ?cent(?:age points?)?/i.exec(text.slice(from, from + 22));
  if (percent) return { unit: 'percent', end: from + percent[0].length };
  const square =
    /^[ -]?(?:sq(?:uare)?\.?|cubic)[ -](?<of>mi(?:les?)?|km|kilomet(?:re|er)s?|m|met(?:re|er)s?|f(?:ee)?t|foot|inch(?:es)?)(?!\p{L})/iu.exec(
      text.slice(from, from + 24),
    );
  if (square)
    return {
      unit:
        SQUARES[square.groups!.of!.slice(0, 1).toLowerCase() + (/^(?:k|met|mi)/i.exec(square.groups!.of!)?.[0].slice(1) ?? '')] ?? 'sqft',
      end: from + square[0].length,
    };
  const inches = /^ ?in(?=[).,;×]| x |$)/.exec(text.slice(from, from + 6));
  if (inches) return { unit: 'inch', end: from + inches[0].length };
  let at = from;
  let kind: string | undefined;
  for (let step = 0; step < 4; step++) {
    const next = LATIN_AHEAD.exec(text.slice(at, at + 40));
    if (!next) break;
    const word = next.groups!.word!;
    const unit = step === 0 || word.length > 3 || word === '%' ? unitOf(word) : undefined;
    const before = at;
    at += next[0].length;
    if (unit && !(ordinal && step === 0 && unit === 'second'))
      return { unit, kind, end: at, gap: step === 0 ? undefined : { start: from, end: before } };
    if (BETWEEN.test(word)) break;
    if (KINDS_OF_DAY.test(word)) kind = /^(?:business|working|work)$/i.test(word) ? 'business' : word.toLowerCase();
  }
  return { end: from };
}

/** In "20 to 30 days" and "$300-500" both numbers have the one unit. */
function inheritUnits(found: Quantity[], text: string): void {
  for (let i = 0; i + 1 < found.length; i++) {
    const left = found[i]!;
    const right = found[i + 1]!;
    if (left.kind !== 'number' || right.kind !== 'number' || left.ordinal || right.ordinal) continue;
    if (!/^ ?(?:-|~|to|and|or|bis|至|到|或) ?$/.test(text.slice(left.end, right.start))) continue;
    if (left.unit === undefined) left.unit = right.unit;
    else if (right.unit === undefined) right.unit = left.unit;
    left.unitKind ??= right.unitKind;
  }
}
