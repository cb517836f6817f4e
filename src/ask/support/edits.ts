/** A claim that is nearly the evidence's own words: what was changed tells more than what stayed. */
import type { Quantity } from './quantities.ts';
import type { Side } from './side.ts';
import { stemOf } from '../../search/languages.ts';
import { contrastGroups } from './contrasts.ts';
import { readsAsName } from './han-names.ts';
import { nameIndexes } from './names.ts';
import { HAN_PLAIN_WORDS } from './plain-words.ts';
import { isHardUnit, sameUnit, unitOf } from './units.ts';

export type EditFault = 'unit' | 'number' | 'date' | 'name' | 'negation' | 'quantifier';

/** Share of a claim's words that stand in one sentence of the evidence, in order, for it to be that sentence edited. */
const NEARLY_VERBATIM = 0.55;
/** More cells than this would take longer than the check may. */
const MOST_CELLS = 400_000;

interface Edit {
  /** Word indexes in the claim and in the evidence; either may be empty. */
  added: number[];
  removed: number[];
}

/** The first change that a rewording would not make. */
export function editFault(claim: Side, evidence: Side, question: Side): EditFault | undefined {
  const sentences = new Map<number, number[]>();
  claim.words.forEach((word, i) => {
    if (word.kind === 'mark') return;
    const list = sentences.get(word.sentence);
    if (list) list.push(i);
    else sentences.set(word.sentence, [i]);
  });
  const names = { claim: new Set(nameIndexes(claim)), evidence: new Set(nameIndexes(evidence)) };
  for (const mine of sentences.values()) {
    const fault = mine.length >= 3 ? sentenceFault(mine, claim, evidence, question, names) : undefined;
    if (fault) return fault;
  }
  return undefined;
}

function sentenceFault(
  mine: number[],
  claim: Side,
  evidence: Side,
  question: Side,
  names: { claim: Set<number>; evidence: Set<number> },
): EditFault | undefined {
  const nearest = nearestSentence(mine, claim, evidence);
  if (!nearest || nearest.pairs.length < mine.length * NEARLY_VERBATIM) return undefined;
  const close = nearest.pairs.length >= mine.length * 0.7;
  if (close && figuresReordered(claim, mine, evidence, nearest.sentence)) return 'number';
  for (const edit of editsOf(mine, nearest.theirs, nearest.pairs)) {
    const fault =
      figuresChanged(edit, claim, evidence) ??
      unitChanged(edit, claim, evidence) ??
      notChanged(edit, claim, evidence) ??
      nameChanged(edit, claim, evidence, names.claim, names.evidence, question, close) ??
      smallWordChanged(edit, claim, evidence);
    if (fault) return fault;
  }
  return undefined;
}

function nearestSentence(
  mine: number[],
  claim: Side,
  evidence: Side,
): { sentence: number; theirs: number[]; pairs: [number, number][] } | undefined {
  const sentences = new Map<number, number[]>();
  evidence.words.forEach((word, j) => {
    if (word.kind === 'mark') return;
    const list = sentences.get(word.sentence);
    if (list) list.push(j);
    else sentences.set(word.sentence, [j]);
  });
  const keys = new Set(mine.map((i) => claim.words[i]!.key));
  let best: { sentence: number; theirs: number[] } | undefined;
  let most = 0;
  for (const [sentence, theirs] of sentences) {
    const shared = new Set(theirs.map((j) => evidence.words[j]!.key).filter((key) => keys.has(key))).size;
    if (shared > most) {
      most = shared;
      best = { sentence, theirs };
    }
  }
  if (!best || best.theirs.length * mine.length > MOST_CELLS) return undefined;
  return {
    ...best,
    pairs: longestCommon(
      mine.map((i) => form(claim, i)),
      best.theirs.map((j) => form(evidence, j)),
    ),
  };
}

/** Numbers as they stand, words by their stems. */
function form(side: Side, index: number): string {
  const word = side.words[index]!;
  return side.counted[index] ? word.lower : word.key;
}

/** Index pairs of a longest common subsequence. */
function longestCommon(a: string[], b: string[]): [number, number][] {
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i * width + j] =
        a[i] === b[j] ? table[(i + 1) * width + j + 1]! + 1 : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (table[(i + 1) * width + j]! >= table[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

function editsOf(mine: number[], theirs: number[], pairs: [number, number][]): Edit[] {
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  for (const [nextI, nextJ] of [...pairs, [mine.length, theirs.length] as [number, number]]) {
    if (nextI > i || nextJ > j) edits.push({ added: mine.slice(i, nextI), removed: theirs.slice(j, nextJ) });
    i = nextI + 1;
    j = nextJ + 1;
  }
  return edits;
}

function quantitiesAt(side: Side, indexes: number[]): Quantity[] {
  if (indexes.length === 0) return [];
  return side.quantities.filter((quantity) =>
    indexes.some((i) => side.words[i]!.start < quantity.end && side.words[i]!.end > quantity.start),
  );
}

/** The figure's value without its unit, whatever its written form. */
function valueOf(quantity: Quantity): string {
  if (quantity.kind === 'number') return String(quantity.value);
  if (quantity.kind === 'time') return `t${quantity.minutes % 720}`;
  if (quantity.kind === 'identifier') return quantity.value;
  return `d${quantity.year ?? ''}-${quantity.month ?? ''}-${quantity.day ?? ''}-${quantity.weekday ?? ''}-${quantity.decade ?? ''}-${quantity.century ?? ''}`;
}

/** One figure in the place of another. */
function figuresChanged(edit: Edit, claim: Side, evidence: Side): EditFault | undefined {
  const added = quantitiesAt(claim, edit.added);
  const removed = quantitiesAt(evidence, edit.removed);
  if (added.length === 0 || removed.length === 0 || edit.added.length > 8 || edit.removed.length > 12) return undefined;
  const there = removed.map(valueOf);
  const strange = added.filter((quantity) => !there.includes(valueOf(quantity)) && !(quantity.kind === 'number' && quantity.soft));
  const left = removed.filter(
    (quantity) => !added.some((other) => valueOf(other) === valueOf(quantity)) && !(quantity.kind === 'number' && quantity.soft),
  );
  // 6.4.1 is written like an identifier, 6.2 like a number: both are versions.
  const kindOf = (quantity: Quantity): string =>
    quantity.kind === 'identifier' && /^\d+(?:\.\d+)+$/.test(quantity.value) ? 'number' : quantity.kind;
  const replaced = strange.find((quantity) => left.some((other) => kindOf(other) === kindOf(quantity)));
  if (!replaced) return undefined;
  // "27 September 2009" for "27 September": parts of a date may be joined from elsewhere; that was judged before.
  if (replaced.kind === 'date') return left.some((other) => other.kind === 'date' && partsClash(replaced, other)) ? 'date' : undefined;
  return kindOf(replaced) === 'identifier' ? undefined : 'number';
}

function partsClash(a: Quantity & { kind: 'date' }, b: Quantity & { kind: 'date' }): boolean {
  return (['year', 'month', 'day', 'weekday', 'decade', 'century'] as const).some(
    (part) => a[part] !== undefined && b[part] !== undefined && a[part] !== b[part],
  );
}

/** "the following week" for "the following year" */
function unitChanged(edit: Edit, claim: Side, evidence: Side): EditFault | undefined {
  if (edit.added.length > 3 || edit.removed.length > 3) return undefined;
  const units = (side: Side, indexes: number[]): Set<string> => {
    const han = hanOf(side, indexes);
    const names =
      han === ''
        ? indexes
            .map((i) => side.words[i]!)
            .filter((word) => word.kind === 'word' && word.raw.length > 2)
            .map((word) => word.raw.replace(/'s?$/, ''))
        : [han];
    return new Set(
      names
        .map(unitOf)
        .filter((unit) => unit !== undefined)
        .filter(isHardUnit),
    );
  };
  const added = units(claim, edit.added);
  const removed = units(evidence, edit.removed);
  return added.size > 0 && removed.size > 0 && ![...added].some((a) => [...removed].some((b) => sameUnit(a, b))) ? 'unit' : undefined;
}

/** Figures that stand once in each, in another order. */
function figuresReordered(claim: Side, mine: number[], evidence: Side, sentence: number): boolean {
  const home = evidence.words.filter((word) => word.sentence === sentence);
  const from = home[0]?.start ?? 0;
  const to = home.at(-1)?.end ?? 0;
  const once = (side: Side, within: (quantity: Quantity) => boolean): Map<string, number> => {
    const places = new Map<string, number>();
    const twice = new Set<string>();
    for (const quantity of side.quantities.filter(within)) {
      if (quantity.kind === 'identifier' || (quantity.kind === 'number' && quantity.soft)) continue;
      const value = valueOf(quantity);
      if (places.has(value)) twice.add(value);
      places.set(value, quantity.start);
    }
    for (const value of twice) places.delete(value);
    return places;
  };
  const here = once(claim, (quantity) => quantity.start >= claim.words[mine[0]!]!.start && quantity.start < claim.words[mine.at(-1)!]!.end);
  const there = once(evidence, (quantity) => quantity.start >= from && quantity.start < to);
  const order = [...here]
    .filter(([value]) => there.has(value))
    .sort((a, b) => a[1] - b[1])
    .map(([value]) => there.get(value)!);
  return order.some((place, k) => k > 0 && place < order[k - 1]!);
}

const NOT = /^(?:not|never|no|none|nobody|nothing|neither|nor|without|cannot|nicht|kein\w*|nie|niemals|ohne|.*n't)$/u;
const DENYING =
  /^(?:forb|prohib|ban|disallow|den[yi]|refus|reject|lack|fail|exclud|prevent|avoid|unable|imposs|inelig|unavail|unless|except|hardly|rare|seldom|bare|scarc|few|un\w|in\w|non\w|dis\w|only|until|instead|rather|fro|freez|suspend|block|paus|halt|disab|waiv)/u;
const HAN_NOT_A_NOT =
  /不(?:得|能|可|应)?(?:超过|超出|多于|少于|低于|高于|大于|小于|晚于|迟于|早于)|不(?:过|仅|但|只|断|同(?!意)|少|久|管|论)|无论|非常|未来|没收|淹没|是否|否则/gu;
const HAN_NOT = /[不没无非未勿莫]|禁止|严禁|并非|别(?![人墅的名称处样号具])/u;
const HAN_NEARLY = /[不没无非未勿莫禁否拒缺失免少仅只才难除]/u;

/** A "not" put in or taken out by itself. */
function notChanged(edit: Edit, claim: Side, evidence: Side): EditFault | undefined {
  const wordsOf = (side: Side, indexes: number[]): string[] => indexes.map((i) => side.words[i]!.lower);
  const added = wordsOf(claim, edit.added);
  const removed = wordsOf(evidence, edit.removed);
  const hanAdded = hanOf(claim, edit.added);
  const hanRemoved = hanOf(evidence, edit.removed);
  const nots = (words: string[]): number => words.filter((word) => NOT.test(word)).length;
  if (nots(added) !== nots(removed)) {
    const [more, less, side, indexes] =
      nots(added) > nots(removed) ? ([added, removed, claim, edit.added] as const) : ([removed, added, evidence, edit.removed] as const);
    const content = indexes.filter((i) => side.words[i]!.content).length;
    const wholeClause = content >= 3 || (content >= 2 && less.length === 0 && more.length >= 4 && side === evidence);
    const prefixed = (one: Side, other: Side): boolean =>
      one.words.some(
        (word) =>
          /^(?:un|in|im|ir|non|dis)\p{L}{4}/u.test(word.lower) &&
          other.keys.has(stemOf(word.lower.replace(/^(?:un|in|im|ir|non|dis)/, ''), 'en')),
      );
    if (!wholeClause && !prefixed(claim, evidence) && !prefixed(evidence, claim) && !less.some((word) => DENYING.test(word)))
      return 'negation';
  }
  const hanNots = (text: string): number => (text.replace(HAN_NOT_A_NOT, '').match(new RegExp(HAN_NOT, 'gu')) ?? []).length;
  if (
    hanNots(hanAdded) > 0 &&
    hanNots(hanRemoved) === 0 &&
    hanAdded.length <= 5 &&
    !HAN_NEARLY.test(hanRemoved) &&
    !saidThere(hanAdded, evidence)
  )
    return 'negation';
  if (
    hanNots(hanRemoved) > 0 &&
    hanNots(hanAdded) === 0 &&
    hanRemoved.length <= 4 &&
    !HAN_NEARLY.test(hanAdded) &&
    !saidThere(hanRemoved, claim) &&
    !isWholeClause(evidence, edit.removed)
  )
    return 'negation';
  return undefined;
}

/** "不打折" stands on the other side as well, in another place. */
function saidThere(text: string, side: Side): boolean {
  const denied = /[不没无非未勿莫].*/u.exec(text)?.[0] ?? '';
  return denied.length >= 3 && side.text.includes(denied);
}

/** Whether nothing of the clauses that these words stand in is left: they were dropped, not turned. */
function isWholeClause(side: Side, indexes: number[]): boolean {
  const clauses = new Set(indexes.map((i) => side.words[i]!.clause));
  return side.words.every((word, i) => word.kind === 'mark' || !clauses.has(word.clause) || indexes.includes(i));
}

function hanOf(side: Side, indexes: number[]): string {
  return indexes
    .filter((i) => side.words[i]!.kind === 'han')
    .map((i) => side.words[i]!.raw)
    .join('');
}

const SEGMENTER = new Intl.Segmenter('zh', { granularity: 'word' });

/** One name in the place of another. */
function nameChanged(
  edit: Edit,
  claim: Side,
  evidence: Side,
  claimNames: Set<number>,
  evidenceNames: Set<number>,
  question: Side,
  close: boolean,
): EditFault | undefined {
  const first = claim.words[edit.added[0] ?? -1];
  if (edit.added.length === 0 || edit.removed.length === 0 || !first) return undefined;
  const added = edit.added.filter((i) => claimNames.has(i));
  const removed = edit.removed.filter((j) => evidenceNames.has(j));
  const plain = (side: Side, i: number): string => side.words[i]!.lower.replace(/'s$/, '');
  if (claim.language !== 'de' && added.length > 0 && removed.length > 0 && edit.added.length <= 6 && edit.removed.length <= 6) {
    const there = removed.map((j) => plain(evidence, j));
    const here = added.map((i) => plain(claim, i));
    const initials = (words: string[]): string => words.map((word) => word[0]).join('');
    const abbreviates =
      here.some((word) => word === initials(there)) || there.some((word) => word === initials(here) || here.includes(word));
    // A sentence's first word has its capital for nothing.
    const onlyFirst = (list: number[], side: Side): boolean =>
      list.length === 1 &&
      (side.words[list[0]! - 1] === undefined || side.words[list[0]! - 1]!.sentence !== side.words[list[0]!]!.sentence);
    if (!abbreviates && !onlyFirst(added, claim) && !onlyFirst(removed, evidence)) return 'name';
  }
  const han = hanOf(claim, edit.added);
  const hanBefore = hanOf(evidence, edit.removed);
  if (han.length < 2 || hanBefore.length < 1 || han.length > 12 || hanBefore.length > 12) return undefined;
  if ([...han].some((character) => hanBefore.includes(character)) && !readsAsName(han, segments(han)) && han.length <= 3) return undefined;
  const words = segments(han);
  // Moved, not replaced
  const times = (side: Side): number => side.text.split(hanBefore).length - 1;
  if (times(claim) > 0 && times(claim) >= times(evidence) && hanBefore.length >= 2 && !readsAsName(hanBefore, segments(hanBefore)))
    return undefined;
  if (words.every((word) => HAN_PLAIN_WORDS.has(word)) || question.text.includes(han)) return undefined;
  const wordsBefore = segments(hanBefore);
  if (readsAsName(han, words) || readsAsName(hanBefore, wordsBefore)) return 'name';
  // A noun in the place of another: verbs and adverbs that mean the same are known by name.
  if (!close || wordsBefore.every((word) => HAN_PLAIN_WORDS.has(word))) return undefined;
  return 'name';
}

function segments(text: string): string[] {
  return [...SEGMENTER.segment(text)].map((part) => part.segment);
}

/** "all" in the place of "most", "must" in the place of "may". */
function smallWordChanged(edit: Edit, claim: Side, evidence: Side): EditFault | undefined {
  if (edit.added.length === 0 || edit.removed.length === 0 || edit.added.length > 6 || edit.removed.length > 6) return undefined;
  // 以下 for 以上 changes one character: what stands beside it belongs to the word.
  const wide = (side: Side, index: number, step: 1 | -1): number =>
    side.words[index]!.kind === 'han' && side.words[index + step]?.kind === 'han' && edit.added.length <= 2 ? index + step : index;
  const text = (side: Side, indexes: number[]): string =>
    side.text.slice(side.words[wide(side, indexes[0]!, -1)]!.start, side.words[wide(side, indexes.at(-1)!, 1)]!.end);
  const added = contrastGroups(text(claim, edit.added));
  const removed = contrastGroups(text(evidence, edit.removed));
  for (const [name, groups] of added) {
    const before = removed.get(name);
    if (before && ![...groups].some((group) => before.has(group))) return 'quantifier';
  }
  return undefined;
}
