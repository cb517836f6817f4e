/** Whether claim and evidence say "not" of the same things. */
import type { Side } from './side.ts';
import { stemOf } from '../../search/languages.ts';
import { alike, surroundingsOf } from './side.ts';

interface Negation {
  /** Where the "not" stands. */
  start: number;
  end: number;
  /** Index of the word that is denied, or -1. */
  anchor: number;
  clause: number;
  sentence: number;
}

const NOT_WORDS = new Set("not never no none nobody nothing neither nor without cannot nowhere cant dont doesnt didnt wont isnt arent nicht kein keine keinen keinem keiner keines nie niemals ohne weder noch niemand nichts".split(' '));
/** "Not" in these says something else, or is told by the comparison of quantities. */
const NOT_A_NOT = /\b(?:not only|not just|not merely|not least|not to mention|no (?:later|earlier|sooner|more|less|fewer|greater|longer) than|not (?:more|less|later|earlier|fewer|longer) than|whether or not|or not|no matter|nothing but|no doubt|not necessarily only|if not|why not|no\. ?(?=\d)|noch (?:ein|im|in|nicht|bis|vor|einmal|keine))\b/giu;
/** Words that deny by themselves: they answer a "not" on the other side. */
const DENYING = new Set(
  'forbid forbidden prohibit prohibited prohibits ban banned disallow disallowed deny denied denies refuse refused refuses reject rejected lack lacked lacks lacking fail failed fails exclude excluded excludes excluding prevent prevented prevents avoid avoids avoided unable impossible ineligible unavailable unless except hardly rarely seldom barely scarcely few little stop stopped stops cease ceased absent missing void frozen freeze suspended blocked paused halted disabled waived decline declined instead rather illegal unlawful beyond free exempt exempted verboten untersagt ausgeschlossen neither until only too despite unlike against other different opposed remain remained remains still yet hard difficult'.split(' '),
);
/** Those among them that a claim may not drop. */
const FORBIDDING = new Set('forbid forbidden prohibit prohibited prohibits ban banned disallow disallowed deny denied denies refuse refused refuses reject rejected lack lacked lacks fail failed fails exclude excluded excludes unable impossible ineligible unavailable illegal unlawful exempt exempted verboten untersagt'.split(' '));

const HAN_NOT = /不|没|无|非|未|勿|别|莫|禁止|严禁|免|拒|缺乏|失败|避免|防止|禁/gu;
const HAN_STRONG = /^[不没无非未勿别莫]$/;
const HAN_FORBID = /^(?:禁止|严禁|禁|拒|缺乏)$/;
const HAN_NOT_A_NOT = /不(?:得|能|可|应)?(?:超过|超出|多于|少于|低于|高于|大于|小于|晚于|迟于|早于|短于)|不(?:仅|但|只|光|单|断|少|过(?!问|去|来)|同(?!意|步)|久|管|论|禁|锈|等|妨|愧|时|顾|得不|一定只|动产|惜|乏|止|可或缺|折不扣|亚于|约而同|由|分|凡|朽|料|知不觉|言而喻|遗余力)|(?:差|要|了|对|得)不(?:多|然|起)|(?:特|区|分|性|级|类|个|识|辨|告|离|送|派|国|职)别|别(?:人|墅|的|名|称|处|样|号|具)|无(?:论|数|线|锡|限(?:公司|责任)|人机|疑|比|穷|尽|机|产|敌|畏|烟|核|声)|非(?:常|洲|凡|政府|典|得|物质)|(?:是|并非|除|莫|北|南|东|西|中|教)非(?!法)|未(?:来|必只|婚|央|名|免|遂)|(?:淹|沉|出|埋|吞|隐|没)没|没(?:收|落|药)|是否|否则|是不是|能不能|会不会|有没有|可不可以|要不要|免(?:费|疫|税|得)|避免|难免|莫(?:斯|扎|非|大|里|尼|桑|内|高|名|过|迪|卧|瓦|雷|尔|德|奈|罗|利|文|比|拉|干)|拒绝|不[^。，]{0,4}不(?![^。，]{0,3}[，。])/gu;
const HAN_SKIPPED = /^(?:能够|可以|允许|需要|应该|必须|再|能|会|可|得|要|应|曾|需|必|是|有|被|过|太|很|用|在|对|把|将|向|与|和|给|让|使)+/u;

/** Words to be read as "not": everything but what `NOT_A_NOT` covers. */
export function negationsOf(side: Side): Negation[] {
  const found: Negation[] = [];
  const masked = new Uint8Array(side.text.length);
  for (const match of side.text.matchAll(NOT_A_NOT)) masked.fill(1, match.index, match.index + match[0].length);
  side.words.forEach((word, i) => {
    if (word.kind !== 'word' || masked[word.start]) return;
    if (!NOT_WORDS.has(word.lower) && !/n't$/.test(word.lower)) return;
    found.push({ start: word.start, end: word.end, anchor: deniedBy(side, i), clause: word.clause, sentence: word.sentence });
  });
  return found;
}

/** The first content word behind a "not" in its clause, else the last before it. */
function deniedBy(side: Side, index: number): number {
  const { words } = side;
  const { clause } = words[index]!;
  for (let i = index + 1; i < words.length && words[i]!.clause === clause; i++) if (words[i]!.content) return i;
  for (let i = index - 1; i >= 0 && words[i]!.sentence === words[index]!.sentence; i--) if (words[i]!.content) return i;
  return -1;
}

/** Whether a "not" before this word, in its clause, reaches it. */
function isDenied(side: Side, index: number, negations: Negation[]): boolean {
  const word = side.words[index]!;
  return negations.some((not) => not.sentence === word.sentence && (not.anchor === index || (not.clause === word.clause && not.start < word.start && contentBetween(side, not.start, index) <= 5)));
}

function contentBetween(side: Side, start: number, index: number): number {
  let count = 0;
  for (let i = index - 1; i >= 0 && side.words[i]!.start > start; i--) if (side.words[i]!.content) count++;
  return count;
}

/** Whether claim and evidence disagree about a "not". Both in one language. */
export function negationFault(claim: Side, evidence: Side): boolean {
  return latinFault(claim, evidence) || hanFault(claim, evidence);
}

const PREFIX = /^(?:un|in|im|ir|il|non|dis|mis)(?=\p{L}{4})/u;

function latinFault(claim: Side, evidence: Side): boolean {
  const claimed = negationsOf(claim);
  const given = negationsOf(evidence);
  const evidenceDenies = (sentence?: number): boolean => evidence.words.some((word) => DENYING.has(word.lower) && (sentence === undefined || word.sentence === sentence));
  const claimDenies = claim.words.some((word) => DENYING.has(word.lower));
  for (const not of claimed) {
    if (besidePrefixed(claim, not, evidence)) continue;
    const word = claim.words[not.anchor];
    if (!word) {
      if (given.length === 0 && !evidenceDenies()) return true;
      continue;
    }
    const places = placesOf(evidence, word.key);
    const denied = places.filter((j) => isDenied(evidence, j, given));
    const plain = places.filter((j) => !denied.includes(j));
    if (places.length === 0) {
      if (prefixed(word.lower, word.key, evidence, claim)) continue;
      if (!sharesClause(claim, not, evidence, given) && !evidenceDenies()) return true;
      continue;
    }
    if (denied.length === 0) {
      // "must not be shared" from "sharing is prohibited"
      if (plain.some((j) => sentenceHas(evidence, evidence.words[j]!.sentence, FORBIDDING) || prefixedNear(evidence, j))) continue;
      // The same "not" a word further: "does not also apply"
      if (given.some((other) => overlap(claim, not, evidence, other) >= 2)) continue;
      return true;
    }
    if (plain.length > 0 && best(claim, not.anchor, evidence, plain) > best(claim, not.anchor, evidence, denied) * 1.3 + 0.1) return true;
  }
  for (const not of given) {
    if (besidePrefixed(evidence, not, claim)) continue;
    const word = evidence.words[not.anchor];
    if (!word) continue;
    const places = placesOf(claim, word.key);
    if (places.length > 0) {
      for (const i of places) {
        if (isDenied(claim, i, claimed) || sentenceHas(claim, claim.words[i]!.sentence, DENYING)) continue;
        if (claimed.some((other) => overlap(claim, other, evidence, not) >= 2)) continue;
        const all = placesOf(evidence, word.key);
        const denied = all.filter((j) => isDenied(evidence, j, given));
        const plain = all.filter((j) => !denied.includes(j));
        const plainFit = plain.length > 0 ? best(claim, i, evidence, plain) : -1;
        const deniedFit = best(claim, i, evidence, denied);
        if (deniedFit > plainFit * 1.1 || (plainFit < 0 && deniedFit >= 0)) return true;
      }
    } else if (claimed.length === 0 && !claimDenies && !hasPrefixed(claim, evidence) && clauseShare(evidence, not, claim) >= 0.6) return true;
  }
  // "Smoking is prohibited" does not carry "smoking is allowed".
  for (const word of evidence.words) {
    if (!FORBIDDING.has(word.lower) || claim.keys.has(word.key) || claimDenies || claimed.length > 0 || hasPrefixed(claim, evidence)) continue;
    if (clauseShare(evidence, { clause: word.clause, sentence: word.sentence, start: word.start, end: word.end, anchor: -1 }, claim) >= 0.5) return true;
  }
  for (const word of claim.words) {
    if (FORBIDDING.has(word.lower) && !evidence.keys.has(word.key) && given.length === 0 && !evidenceDenies() && !hasPrefixed(evidence, claim)) return true;
  }
  return prefixFault(claim, evidence, claimed, given);
}

function placesOf(side: Side, key: string): number[] {
  const found: number[] = [];
  side.words.forEach((word, i) => word.content && word.key === key && found.push(i));
  return found;
}

function wordsWith(side: Side, key: string): number[] {
  return side.words.map((_, i) => i).filter((i) => side.words[i]!.kind === 'word' && side.words[i]!.key === key);
}

function best(claim: Side, index: number, evidence: Side, places: number[]): number {
  const around = (side: Side, i: number): ReturnType<typeof surroundingsOf> => surroundingsOf(side, side.words[i]!.start, side.words[i]!.end);
  return Math.max(...places.map((j) => alike(around(claim, index), around(evidence, j))));
}

function sentenceHas(side: Side, sentence: number, words: Set<string>): boolean {
  return side.words.some((word) => word.sentence === sentence && words.has(word.lower));
}

function reach(side: Side, not: Negation): Set<string> {
  const keys = new Set<string>();
  for (const word of side.words) if (word.sentence === not.sentence && word.content && Math.abs(word.clause - not.clause) === 0 && word.start > not.start) keys.add(word.key);
  if (not.anchor >= 0) keys.add(side.words[not.anchor]!.key);
  return keys;
}

function overlap(a: Side, notA: Negation, b: Side, notB: Negation): number {
  const there = reach(b, notB);
  let shared = 0;
  for (const key of reach(a, notA)) if (there.has(key)) shared++;
  return shared;
}

function sharesClause(claim: Side, not: Negation, evidence: Side, given: Negation[]): boolean {
  const mine = new Set(claim.words.filter((word) => word.content && word.clause === not.clause).map((word) => word.key));
  return given.some((other) => evidence.words.some((word) => word.content && word.sentence === other.sentence && Math.abs(word.clause - other.clause) <= 1 && mine.has(word.key)));
}

/** The share of a clause's content words that the claim has too. */
function clauseShare(evidence: Side, not: Negation, claim: Side): number {
  const words = evidence.words.filter((word) => word.content && word.clause === not.clause && word.sentence === not.sentence && !FORBIDDING.has(word.lower));
  if (words.length < 2) return 0;
  return words.filter((word) => claim.keys.has(word.key)).length / words.length;
}

function baseOf(lower: string, language: string): string | undefined {
  const bare = lower.replace(PREFIX, '');
  return bare === lower ? undefined : stemOf(bare, language === 'zh' ? 'en' : language);
}

/** "not eligible" against "ineligible". */
function prefixed(_lower: string, key: string, evidence: Side, claim: Side): boolean {
  return evidence.words.some((word) => word.kind === 'word' && baseOf(word.lower, claim.language) === key);
}

/** "days you have not used" against "unused days". */
function besidePrefixed(side: Side, not: Negation, other: Side): boolean {
  const at = side.words.findIndex((word) => word.start === not.start);
  const behind = side.words.slice(at + 1, at + 4).filter((word) => word.kind === 'word' && word.clause === not.clause).map((word) => word.key);
  return behind.length > 0 && other.words.some((word) => word.kind === 'word' && behind.includes(baseOf(word.lower, side.language) ?? ''));
}

function prefixedNear(evidence: Side, index: number): boolean {
  return evidence.words.some((word) => word.sentence === evidence.words[index]!.sentence && word.kind === 'word' && /^(?:un(?:able|likely|available|willing)|im(?:possible)|in(?:eligible|valid))/.test(word.lower));
}

function hasPrefixed(a: Side, b: Side): boolean {
  return a.words.some((word) => {
    const base = word.kind === 'word' ? baseOf(word.lower, a.language) : undefined;
    return base !== undefined && b.keys.has(base);
  });
}

/** "ineligible" from "eligible", or the other way round, without a "not". */
function prefixFault(claim: Side, evidence: Side, claimed: Negation[], given: Negation[]): boolean {
  const check = (a: Side, b: Side, nots: Negation[]): boolean =>
    a.words.some((word) => {
      const base = word.kind === 'word' ? baseOf(word.lower, a.language) : undefined;
      if (base === undefined || b.keys.has(word.key)) return false;
      const places = word.lower.startsWith('un') ? wordsWith(b, base) : placesOf(b, base);
      return places.length > 0 && !a.keys.has(base) && !places.some((j) => isDenied(b, j, nots)) && !sentenceHas(b, b.words[places[0]!]!.sentence, FORBIDDING);
    });
  return check(claim, evidence, given) || check(evidence, claim, claimed);
}

// ------------------------------------------------------------------ Chinese

interface HanNegation {
  at: number;
  end: number;
  forbids: boolean;
  /** What is denied: the Han characters behind it in its clause. */
  behind: string;
  /** The Han characters before it in its clause. */
  before: string;
}

export function hanNegationsOf(text: string): HanNegation[] {
  const masked = new Uint8Array(text.length);
  for (const match of text.matchAll(HAN_NOT_A_NOT)) {
    // "不…不" is two: only the words themselves are masked.
    if (/^不.+不$/u.test(match[0]) && !/^不得不$/.test(match[0])) continue;
    masked.fill(1, match.index, match.index + match[0].length);
  }
  const found: HanNegation[] = [];
  for (const match of text.matchAll(HAN_NOT)) {
    if (masked[match.index]) continue;
    const strong = HAN_STRONG.test(match[0]);
    const forbids = HAN_FORBID.test(match[0]);
    if (!strong && !forbids) continue;
    const end = match.index + match[0].length;
    if (found.length > 0 && found.at(-1)!.end > match.index) continue;
    const clause = /^[^，。！？；：、,.!?;:|（）()]*/u.exec(text.slice(end, end + 24))![0];
    const behind = clause.replace(/[^\p{L}\p{N}]/gu, '').replace(HAN_SKIPPED, '');
    const before = /[^，。！？；：、,.!?;:|（）()]*$/u.exec(text.slice(Math.max(0, match.index - 16), match.index))![0].replace(/[^\p{L}\p{N}]/gu, '');
    found.push({ at: match.index, end, forbids, behind, before });
  }
  return found;
}

const HAN_SOFTENING = /拒绝|不足|避免|防止|难以|很少|罕见|除了|除外|以外|才|停止|取消|只|仅|免费|免除|缺|失|反|绝|少|例外|不/u;

function hanFault(claim: Side, evidence: Side): boolean {
  const claimed = hanNegationsOf(claim.text);
  const given = hanNegationsOf(evidence.text);
  for (const not of claimed) {
    if (!answered(not, given, evidence.text)) return true;
  }
  for (const not of given) {
    const head = not.behind.slice(0, 2);
    if (head.length < 2) continue;
    if (answered(not, claimed, claim.text)) continue;
    // The claim says the denied thing without a "not": did the evidence say it so anywhere?
    const places = allPlaces(claim.text, head);
    for (const place of places) {
      const near = windowAround(claim.text, place);
      const deniedHere = given.filter((other) => other.behind.startsWith(head));
      const deniedFit = Math.max(...deniedHere.map((other) => sharedCharacters(near, other.before.slice(-5) + other.behind.slice(2, 8))));
      const plainPlaces = allPlaces(evidence.text, head).filter((at) => !given.some((other) => other.at < at && at - other.end < 8 && other.behind.startsWith(head)));
      const plainFit = Math.max(-1, ...plainPlaces.map((at) => sharedCharacters(near, windowAround(evidence.text, at))));
      if (deniedFit > plainFit && (deniedFit >= 1 || plainPlaces.length === 0) && !claimed.some((other) => Math.abs(other.at - place) < 8)) return true;
    }
    if (places.length === 0 && claimed.length === 0 && !HAN_SOFTENING.test(claim.text)) {
      const around = not.before.slice(-6) + not.behind.slice(0, 6);
      const pairs = pairsOf(around);
      if (pairs.length >= 3 && pairs.filter((pair) => claim.text.includes(pair)).length / pairs.length >= 0.6) return true;
    }
  }
  return false;
}

/** Whether another "not" denies the same. */
function answered(not: HanNegation, others: HanNegation[], text: string): boolean {
  const head = not.behind.slice(0, 2);
  if (head.length === 0) return others.some((other) => pairsOf(not.before.slice(-5)).some((pair) => other.before.includes(pair))) || others.some((other) => other.behind.length < 2);
  if (others.some((other) => other.behind.slice(0, 10).includes(head) || (not.behind.length > 2 && other.behind.length >= 2 && not.behind.slice(0, 10).includes(other.behind.slice(0, 2))))) return true;
  // The denied word itself was put in other words: what stands around must agree then.
  const around = pairsOf(not.before.slice(-6) + not.behind.slice(0, 8));
  if (!text.includes(head) && others.some((other) => pairsOf(other.before.slice(-6) + other.behind.slice(0, 8)).some((pair) => around.includes(pair)))) return true;
  return false;
}

function pairsOf(text: string): string[] {
  const pairs: string[] = [];
  for (let i = 0; i + 1 < text.length; i++) pairs.push(text.slice(i, i + 2));
  return pairs;
}

function allPlaces(text: string, head: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, at + 1)) found.push(at);
  return found;
}

function windowAround(text: string, at: number): string {
  return text.slice(Math.max(0, at - 6), at) + text.slice(at + 2, at + 8);
}

function sharedCharacters(a: string, b: string): number {
  const pairs = new Set(pairsOf(b));
  return pairsOf(a).filter((pair) => pairs.has(pair) && /^\p{L}+$/u.test(pair)).length;
}

// ---------------------------------------------------------- across languages

const LATIN_DENIAL = /\b(?:not|never|no|none|nobody|nothing|neither|nor|without|cannot|nowhere|\w+n't|nicht|kein\w*|nie|niemals|ohne)\b/giu;
const LATIN_NEARLY = /\b(?:forbid\w*|forbade|prohibit\w*|banned|bans?|disallow\w*|den(?:y|ied|ies)|refus\w*|reject\w*|lack\w*|fail\w*|exclud\w*|prevent\w*|avoid\w*|unless|hardly|rarely|seldom|barely|scarcely|few|ceas\w*|absen\w*|missing|rather than|instead of|exempt\w*|regardless|neglect\w*|ignor\w*|unable|impossible|fr[eo]+zen?|freez\w*|suspend\w*|block\w*|paus\w*|halt\w*|too \w+ to|un(?!it|der|til|ion|iv|ique|iform|ify|d[eo])\w{4,}|in(?:activ|adequ|appropr|capab|compl|consist|correct|eligib|equal|exact|sufficien|valid|visib|evitab|finit|depend|definit|ability|dispens|decom)\w*|im(?:poss|prop|perf|mort|moral|balanc|poten)\w*|ir(?:reg|rel|resp|rev|rat)\w*|il(?:leg|log)\w*|non-?\w+|dis(?:abl|agr|allow|approv|connect|continu|obe|organ|reg|satisf|advant)\w*|\w{3,}less|anarch\w*|abstinen\w*|oppos\w*)\b/giu;
/** Chinese words with a "not" in them that name a quality rather than deny a statement. */
const HAN_COMPOUND = /不(?:平等|服从|良|利|完善|可分|干涉|满|足|稳|幸|安|适|当|公|法|明|易|一致|对称|可避免|可思议|变|规则|完整|完全|正确|合理|确定|可靠|均|等式|动|列颠|懈|屈|朽|相干|兼容|可否认|可或缺|同步|合格|必要)|不得不|不是[^，。]{1,8}就是|有条不紊|停滞不前|犹豫不决|不(?:佳|善|如|符|配合)|而不是|囚禁|互不|几乎没有|非(?=\p{Script=Han}{0,4}(?:化|性|的|主义|暴力|军事|理性|法|裔|营利|成员|人员|典型|官方|正式|金属|线性))|未(?:知|婚|发酵|成年|成熟|开发|遂)|无(?:政府|罪|辜|效|意识|神论|条件|烟|酒精|形|名|家可归)|禁(?:酒|运|令|区|忌|欲|闭)|[拒缺]|失(?:败|去)|避免|防止|除非|反对|取消|免|难以|例外|停止|冻结|暂停|中止|停用/gu;

/** Across languages every plain "not" of one side needs some kind of "not" of its own on the other. */
export function crossNegationFault(claim: Side, evidence: Side): boolean {
  const mine = denials(claim);
  const theirs = denials(evidence);
  const excess = (a: { plain: number; near: number }, b: { plain: number; near: number }): boolean => a.plain > b.plain + Math.max(0, b.near - a.near);
  return excess(mine, theirs) || excess(theirs, mine);
}

/** Plain "not"s, and words that may stand for one in the other language. */
function denials(side: Side): { plain: number; near: number } {
  const { text } = side;
  if (!isHan(side)) return { plain: text.replace(NOT_A_NOT, ' ').match(LATIN_DENIAL)?.length ?? 0, near: text.match(LATIN_NEARLY)?.length ?? 0 };
  return { plain: hanNegationsOf(text.replace(HAN_COMPOUND, '…')).length, near: text.match(HAN_COMPOUND)?.length ?? 0 };
}

function isHan(side: Side): boolean {
  return side.language === 'zh' || side.language === 'ja';
}
