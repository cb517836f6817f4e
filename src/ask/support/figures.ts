/** Whether every number, date, time, unit and identifier of a claim stands in its evidence, and belongs to the same thing there. */
import type { DateFound } from './dates.ts';
import type { NumberFound, Quantity } from './quantities.ts';
import type { Side } from './side.ts';
import { dateCarries, timeCarries } from './dates.ts';
import { alike, surroundingsOf } from './side.ts';
import { isHardUnit, sameUnit, unitOf } from './units.ts';

export type FigureFault = 'number' | 'date' | 'unit' | 'identifier';

/** A figure that fits its surroundings this much better elsewhere was put in the wrong place. */
const BETTER_ELSEWHERE = 1.35;
const CLEARLY = 0.12;

/**
 * @param frame title and headings: what they say of dates and numbers counts too
 * @param sameLanguage whether words around a figure can be compared
 */
export function figureFault(claim: Side, evidence: Side, frame: Side, sameLanguage: boolean): FigureFault | undefined {
  for (const quantity of claim.quantities) {
    const fault = faultOf(quantity, claim, evidence, frame, sameLanguage);
    if (fault) return fault;
  }
  if (repeated(claim, evidence)) return 'unit';
  return (sameLanguage ? strangeUnit(claim, evidence, frame) : exchangedUnit(claim, evidence)) ? 'unit' : undefined;
}

/** "£10 or £10" from "£10 or €10": a figure said once more, where the evidence has it in another unit. */
function repeated(claim: Side, evidence: Side): boolean {
  const measured = (side: Side): NumberFound[] =>
    side.quantities.filter((one) => one.kind === 'number' && isHardUnit(one.unit)) as NumberFound[];
  const mine = measured(claim);
  const theirs = measured(evidence);
  const count = (list: NumberFound[], like: NumberFound): number =>
    list.filter((one) => one.value === like.value && sameUnit(one.unit!, like.unit!)).length;
  return mine.some(
    (one) =>
      count(mine, one) > Math.max(1, count(theirs, one)) &&
      theirs.some((other) => other.value === one.value && !sameUnit(other.unit!, one.unit!) && count(mine, other) === 0),
  );
}

/** Words of measured time, length, weight or money that the claim says without a figure: "in a week", 数周. */
function strangeUnit(claim: Side, evidence: Side, frame: Side): boolean {
  const held = new Set([...unitsIn(evidence), ...unitsIn(frame)]);
  return [...unitsIn(claim)].some((unit) => !held.has(unit) && ![...held].some((other) => sameUnit(other, unit)));
}

const HAN_LOOSE: Record<string, RegExp> = {
  second: /秒/u,
  minute: /分/u,
  hour: /[时钟点]/u,
  day: /[天日晚号]|期间/u,
  week: /周|星期|礼拜/u,
  month: /月/u,
  year: /[年岁载]/u,
};

/** Across languages: the claim measures in weeks where the evidence measures in days, which the claim does not. */
function exchangedUnit(claim: Side, evidence: Side): boolean {
  const mine = unitsIn(claim);
  const theirs = unitsIn(evidence);
  const loosely = (side: Side, unit: string): boolean => side.language === 'zh' && (HAN_LOOSE[unit]?.test(side.text) ?? false);
  const strange = Object.keys(HAN_LOOSE).filter((unit) => mine.has(unit) && !theirs.has(unit) && !loosely(evidence, unit));
  const left = Object.keys(HAN_LOOSE).filter((unit) => theirs.has(unit) && !mine.has(unit) && !loosely(claim, unit));
  return strange.length > 0 && left.length > 0;
}

const SPOKEN_UNITS: Record<string, RegExp> = {
  second: /\bseconds\b|秒/iu,
  minute: /\bminutes?\b|分钟/iu,
  hour: /\bhour(?:s|ly)?\b|小时|钟头/iu,
  day: /\bda(?:ys?|ily)\b|[每数多几半\d一二两三四五六七八九十][天日]|天(?=[内后前])|日(?=[均内])|\d ?号/iu,
  week: /\b(?:bi)?week(?:s|ly)?\b|fortnight|周(?![年围边长期转知全折密到恩小杰星报刊末岁])|星期|礼拜/iu,
  month: /\bmonth(?:s|ly)?\b|月(?![球光亮饼经食])/iu,
  year: /\b(?:years?|yearly|annual(?:ly)?|age[ds]?)\b|年(?![轻级糕幼])|岁/iu,
  decade: /\bdecades?\b|十年|年代/iu,
  century: /\bcentur(?:y|ies)\b|世纪/iu,
  km: /\bkilomet(?:re|er)s?\b|\bkm\b|公里|千米/iu,
  mile: /\bmiles?\b|英里/iu,
  metre: /\bmet(?:re|er)s?\b|(?<=\d ?)m\b|米/iu,
  foot: /\b(?:feet|foot|ft)\b|英尺/iu,
  inch: /\binch(?:es)?\b|英寸/iu,
  acre: /\bacres?\b|英亩/iu,
  hectare: /\bhectares?\b|公顷/iu,
  kg: /\b(?:kg|kilograms?|kilos?)\b|公斤|千克/iu,
  ton: /\btons?\b|\btonnes?\b|吨/iu,
  usd: /\$|\bdollars?\b|\busd\b|美元|美金/iu,
  eur: /€|\beuros?\b|\beur\b|欧元/iu,
  gbp: /£|\bpounds?\b|\bgbp\b|英镑/iu,
  cny: /\b(?:yuan|rmb|cny)\b|¥|(?<=[\d百千万亿] ?)元|人民币/iu,
  percent: /%|\bper ?cent\b|\bpercentages?\b|百分/iu,
};

function unitsIn(side: Side): Set<string> {
  const found = new Set<string>();
  for (const [unit, pattern] of Object.entries(SPOKEN_UNITS)) if (pattern.test(side.text)) found.add(unit);
  for (const quantity of side.quantities) {
    if (quantity.kind !== 'date') continue;
    if (quantity.year !== undefined || quantity.decade !== undefined) found.add('year');
    if (quantity.month !== undefined) found.add('month').add('year');
    if (quantity.day !== undefined || quantity.weekday !== undefined) found.add('day').add('week');
    if (quantity.decade !== undefined) found.add('decade').add('century');
    if (quantity.century !== undefined) found.add('century').add('year');
  }
  for (const quantity of side.quantities)
    if (quantity.kind === 'number' && quantity.unit === undefined && quantity.value > 1000 && quantity.value < 2200) found.add('year');
  for (const quantity of side.quantities) if (quantity.kind === 'time') found.add('hour').add('minute');
  return found;
}

function faultOf(quantity: Quantity, claim: Side, evidence: Side, frame: Side, sameLanguage: boolean): FigureFault | undefined {
  if (quantity.kind === 'identifier')
    return identifierStands(quantity.value, evidence) || identifierStands(quantity.value, frame) ? undefined : 'identifier';
  const carrying = evidence.quantities.filter(
    (other) => carries(other, quantity, evidence, claim) || (sameLanguage && unitInFrame(other, quantity, frame)),
  );
  const inFrame = frame.quantities.some((other) => carries(other, quantity, frame, claim));
  if (carrying.length === 0 && !inFrame) {
    if (quantity.kind !== 'number') return datePieces(quantity, evidence, frame) ? undefined : 'date';
    if (quantity.soft) return softOneFault(quantity, claim, evidence);
    if (quantity.value === 0 && /(?:no|none|without|zero|free|无|没有|免费)/i.test(evidence.text)) return undefined;
    if (quantity.value === 1 && quantity.unit === 'times' && /\bonce\b|一次|annual|yearly|monthly|weekly/i.test(evidence.text))
      return undefined;
    if (
      quantity.value === 2 &&
      quantity.unit === undefined &&
      /\b(?:both|pairs?|couples?|twins?|dual|double|twice|either|each other)\b|[双两俩]|二者/iu.test(evidence.text)
    )
      return undefined;
    if (quantity.value === 0.5 && /\bhal(?:f|ves)\b|半/iu.test(evidence.text)) return undefined;
    const sameValue = [...evidence.quantities, ...frame.quantities].some(
      (other) => other.kind === 'number' && close(other.value, quantity.value),
    );
    return sameValue ? 'unit' : 'number';
  }
  if (!sameLanguage || carrying.length === 0) return undefined;
  return misplaced(quantity, carrying, claim, evidence) ? (quantity.kind === 'number' ? 'number' : 'date') : undefined;
}

/** The unit of a table's bare "1" may stand in its head. */
function unitInFrame(other: Quantity, claimed: Quantity, frame: Side): boolean {
  if (
    other.kind !== 'number' ||
    claimed.kind !== 'number' ||
    other.unit !== undefined ||
    claimed.unit === undefined ||
    claimed.unitKind !== undefined ||
    !close(other.value, claimed.value)
  )
    return false;
  return frame.words.some((word) => word.kind === 'word' && sameName(unitOf(word.raw), claimed.unit!));
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-3 * Math.max(Math.abs(a), Math.abs(b)) && (Number.isInteger(a) && Number.isInteger(b) ? a === b : true);
}

/** Whether `other`, of the evidence, says what `claimed` says. */
function carries(other: Quantity, claimed: Quantity, evidence: Side, claim: Side): boolean {
  if (claimed.kind === 'date') {
    if (other.kind === 'date') return dateCarries(other, claimed);
    // "2009" alone is a number to the one and a year to the other.
    if (other.kind !== 'number') return false;
    const only = soleValue(claimed);
    // The second year of 1038-40
    if (
      only !== undefined &&
      only === claimed.year &&
      only > 999 &&
      other.value === only % 100 &&
      evidence.text.slice(0, other.start).endsWith(`-`) &&
      evidence.text
        .slice(0, other.start - 1)
        .trimEnd()
        .slice(-4, -2) === String(only).slice(0, 2)
    )
      return true;
    if (claimed.century !== undefined || claimed.decade !== undefined) return only === other.value && other.ordinal;
    return (
      only !== undefined &&
      other.value === only &&
      (other.unit === undefined ||
        (claimed.year !== undefined && other.unit === 'year') ||
        (claimed.day !== undefined && other.unit === 'day'))
    );
  }
  if (claimed.kind === 'time') {
    if (other.kind === 'time') return timeCarries(other, claimed);
    return other.kind === 'number' && other.unit === undefined && claimed.halfOpen && other.value * 60 === claimed.minutes;
  }
  if (claimed.kind !== 'number') return false;
  if (other.kind === 'date') {
    const bare = claimed.unit === undefined || claimed.unit === 'day' || claimed.unit === 'year' || claimed.unit === 'month';
    if (!bare) return false;
    if (claimed.unit === 'year') return other.year === claimed.value;
    if (claimed.unit === 'day') return other.day === claimed.value;
    if (claimed.unit === 'month') return other.month === claimed.value;
    return (
      other.year === claimed.value ||
      other.day === claimed.value ||
      (claimed.unit === undefined && other.year !== undefined && other.year % 100 === claimed.value && claimed.value > 12) ||
      (other.century === claimed.value && claimed.ordinal)
    );
  }
  if (other.kind === 'time')
    return (
      claimed.unit === undefined &&
      !claimed.soft &&
      other.minutes % 60 === 0 &&
      (other.minutes / 60 === claimed.value || (other.minutes / 60) % 12 === claimed.value)
    );
  if (other.kind !== 'number' || !close(other.value, claimed.value)) return false;
  return unitsAgree(claimed, other, evidence, claim);
}

function soleValue(date: DateFound): number | undefined {
  const values = [date.year, date.month, date.day, date.weekday, date.decade, date.century].filter((value) => value !== undefined);
  return values.length === 1 ? values[0] : undefined;
}

function unitsAgree(claimed: NumberFound, other: NumberFound, evidence: Side, claim: Side): boolean {
  if (
    claimed.unitKind !== other.unitKind &&
    (claimed.unitKind !== undefined || (other.unitKind !== 'consecutive' && other.unitKind !== undefined))
  ) {
    // "5 business days" may shorten to "5 days" only when the claim calls them so elsewhere.
    return false;
  }
  if (claimed.unit === undefined) {
    if (!isHardUnit(other.unit)) return true;
    // A number may drop its unit, but not take another noun instead.
    return claimed.ordinal || (other.unit !== 'percent' && !nounFollows(claim, claimed.end));
  }
  if (other.unit !== undefined)
    return (
      sameUnit(claimed.unit, other.unit) || (!isHardUnit(claimed.unit) && !isHardUnit(other.unit) && claim.language !== evidence.language)
    );
  if (!isHardUnit(claimed.unit) && (claim.language !== evidence.language || claimed.unit !== 'point')) return true;
  // The unit may stand in the table's header or in another place of the sentence.
  return (
    evidence.words.some((word) => word.kind === 'word' && sameName(unitOf(word.raw), claimed.unit!)) ||
    (evidence.language === 'zh' && hanUnitStands(evidence, claimed.unit)) ||
    (claimed.unit === 'year' && claimed.value > 1000 && claimed.value < 2200)
  );
}

function sameName(unit: string | undefined, claimed: string): boolean {
  return unit !== undefined && sameUnit(unit, claimed);
}

const HAN_UNIT_WORDS: Record<string, RegExp> = {
  day: /[天日]/,
  month: /月/,
  year: /年/,
  week: /周|星期/,
  hour: /时/,
  minute: /分/,
  cny: /元/,
  usd: /美元/,
  percent: /百分|率|比例/,
};

function hanUnitStands(evidence: Side, unit: string): boolean {
  return HAN_UNIT_WORDS[unit]?.test(evidence.text) ?? false;
}

function nounFollows(side: Side, end: number): boolean {
  const next = side.words.find((word) => word.start >= end);
  return next !== undefined && next.kind === 'word' && next.content && !/^(?:per|or|and|to)$/.test(next.lower) && !/^[A-Z]/.test(next.raw);
}

/** "On 27 September 2009" from "In 2009 ... on 27 September": the parts stand in one sentence, or the year in the headings. */
function datePieces(claimed: Quantity, evidence: Side, frame: Side): boolean {
  if (claimed.kind !== 'date' || claimed.year === undefined || claimed.month === undefined) return false;
  const { year, ...rest } = claimed;
  const home = (side: Side, at: number): number | undefined => side.words.find((word) => word.end > at)?.sentence;
  const years = (side: Side): Quantity[] =>
    side.quantities.filter(
      (other) =>
        (other.kind === 'date' && other.year === year) || (other.kind === 'number' && other.value === year && other.unit === undefined),
    );
  return evidence.quantities.some(
    (other) =>
      other.kind === 'date' &&
      other.year === undefined &&
      dateCarries(other, rest) &&
      (years(frame).length > 0 || years(evidence).some((found) => home(evidence, found.start) === home(evidence, other.start))),
  );
}

/** "One day" needs a one, an article or "each" in the evidence; with another number of the same unit there it is a change. */
function softOneFault(quantity: NumberFound, claim: Side, evidence: Side): FigureFault | undefined {
  if (quantity.ordinal)
    return evidence.quantities.some((other) => other.kind === 'number' && other.ordinal && other.value > 1) ? 'number' : undefined;
  const claimedElsewhere = (value: number): boolean =>
    claim.quantities.some((other) => other !== quantity && other.kind === 'number' && other.value === value);
  const ones = (side: Side): Set<string> =>
    new Set(
      side.quantities
        .filter((other) => other.kind === 'number' && other.value === 1 && isHardUnit(other.unit))
        .map((other) => (other as NumberFound).unit!),
    );
  if (isHardUnit(quantity.unit))
    for (const unit of ones(evidence)) if (!sameUnit(unit, quantity.unit!) && !ones(claim).has(unit)) return 'unit';
  const rival = evidence.quantities.some(
    (other) =>
      other.kind === 'number' &&
      !other.ordinal &&
      !claimedElsewhere(other.value) &&
      (quantity.unit === undefined
        ? other.unit === undefined &&
          other.value < 100 &&
          alike(surroundingsOf(claim, quantity.start, quantity.end), surroundingsOf(evidence, other.start, other.end)) > 0.4
        : other.unit !== undefined && sameUnit(other.unit, quantity.unit)),
  );
  return rival ? 'number' : undefined;
}

function identifierStands(value: string, side: Side): boolean {
  if (
    side.quantities.some(
      (other) => other.kind === 'identifier' && (other.value === value || other.value.replaceAll('-', '') === value.replaceAll('-', '')),
    )
  )
    return true;
  const text = side.text.toLowerCase();
  const bare = value
    .replace(/^[@#]/, '')
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '');
  const at = text.indexOf(bare);
  if (at < 0) return false;
  const edge = (character: string | undefined): boolean => character === undefined || !/[a-z0-9]/.test(character);
  return edge(text[at - 1]) && edge(text[at + bare.length]);
}

/** In the claim's surroundings the evidence has another figure of the same kind, and this one elsewhere. */
function misplaced(quantity: Quantity, carrying: Quantity[], claim: Side, evidence: Side): boolean {
  const fits = (mine: Quantity, other: Quantity, skip?: (index: number) => boolean): number =>
    alike(surroundingsOf(claim, mine.start, mine.end, skip), surroundingsOf(evidence, other.start, other.end));
  const better = (other: Quantity, skip?: (index: number) => boolean): boolean =>
    fits(quantity, other, skip) > Math.max(...carrying.map((one) => fits(quantity, one, skip))) * BETTER_ELSEWHERE + CLEARLY;
  const home = claim.words.find((word) => word.end > quantity.start)?.clause;
  const elsewhere = (index: number): boolean => claim.words[index]!.clause !== home;
  const ownWords = claim.words.filter((word, i) => word.clause === home && word.content && !claim.counted[i]).length;
  const rivals = evidence.quantities.filter((other) => !carrying.includes(other) && rivalOf(quantity, other));
  return rivals.some((other) => {
    if (!better(other)) return false;
    // In "X in March, and Y on 1 April" it is the next clause that fits the other figure.
    if (ownWords >= 2 && !better(other, elsewhere)) return false;
    // The claim says the other figure too, in a place that fits it better than this one.
    const claimed = claim.quantities.filter((one) => one !== quantity && carries(other, one, evidence, claim));
    return !claimed.some((one) => fits(one, other) >= fits(quantity, other));
  });
}

function rivalOf(quantity: Quantity, other: Quantity): boolean {
  if (other.kind === 'identifier') return false;
  if (quantity.kind === 'number' && other.kind === 'number')
    return quantity.unit === other.unit || quantity.unit === undefined || other.unit === undefined;
  if (quantity.kind === 'time') return other.kind === 'time';
  return (
    (quantity.kind === 'date' && (other.kind === 'date' || other.kind === 'number')) ||
    (other.kind === 'date' && quantity.kind === 'number' && quantity.unit === undefined)
  );
}
