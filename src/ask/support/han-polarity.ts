/** "Not" in Chinese: which characters deny, what they deny, and whether two texts agree about it. */
import type { Side } from './side.ts';

const HAN_NOT = /不|没|无|非|未|勿|别|莫|禁止|严禁|免|拒|缺乏|失败|避免|防止|禁/gu;
const HAN_STRONG = /^[不没无非未勿别莫]$/;
const HAN_FORBID = /^(?:禁止|严禁|禁|拒|缺乏)$/;
const HAN_NOT_A_NOT =
  /不(?:得|能|可|应)?(?:超过|超出|多于|少于|低于|高于|大于|小于|晚于|迟于|早于|短于)|不(?:仅|但|只|光|单|断|少|过(?!问|去|来)|同(?!意|步)|久|管|论|禁|锈|等|妨|愧|时|顾|得不|一定只|动产|惜|乏|止|可或缺|折不扣|亚于|约而同|由|分|凡|朽|料|知不觉|言而喻|遗余力)|(?:差|要|了|对|得)不(?:多|然|起)|(?:特|区|分|性|级|类|个|识|辨|告|离|送|派|国|职)别|别(?:人|墅|的|名|称|处|样|号|具)|无(?:论|数|线|锡|限(?:公司|责任)|人机|疑|比|穷|尽|机|产|敌|畏|烟|核|声)|非(?:常|洲|凡|政府|典|得|物质)|(?:是|并非|除|莫|北|南|东|西|中|教)非(?!法)|未(?:来|必只|婚|央|名|免|遂)|(?:淹|沉|出|埋|吞|隐|没)没|没(?:收|落|药)|是否|否则|是不是|能不能|会不会|有没有|可不可以|要不要|免(?:费|疫|税|得)|避免|难免|莫(?:斯|扎|非|大|里|尼|桑|内|高|名|过|迪|卧|瓦|雷|尔|德|奈|罗|利|文|比|拉|干)|拒绝|门禁|紫禁|不[^。，]{0,4}不(?![^。，]{0,3}[，。])/gu;
const HAN_SKIPPED = /^(?:能够|可以|允许|需要|应该|必须|再|能|会|可|得|要|应|曾|需|必|是|有|被|过|太|很|用|在|对|把|将|向|与|和|给|让|使)+/u;

interface HanNegation {
  at: number;
  end: number;
  forbids: boolean;
  /** What is denied: the Han characters behind it in its clause. */
  behind: string;
  /** The Han characters before it in its clause. */
  before: string;
}

/** Every plain "not" of a folded text; words that only contain one (不仅, 非常) left out. */
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
    const before = /[^，。！？；：、,.!?;:|（）()]*$/u
      .exec(text.slice(Math.max(0, match.index - 16), match.index))![0]
      .replace(/[^\p{L}\p{N}]/gu, '');
    found.push({ at: match.index, end, forbids, behind, before });
  }
  return found;
}

const HAN_SOFTENING = /拒绝|不足|避免|防止|难以|很少|罕见|除了|除外|以外|才|停止|取消|只|仅|免费|免除|缺|失|反|绝|少|例外|不/u;

/** Whether claim and evidence, both in Chinese, disagree about a "not". */
export function hanFault(claim: Side, evidence: Side): boolean {
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
      const plainPlaces = allPlaces(evidence.text, head).filter(
        (at) => !given.some((other) => other.at < at && at - other.end < 8 && other.behind.startsWith(head)),
      );
      const plainFit = Math.max(-1, ...plainPlaces.map((at) => sharedCharacters(near, windowAround(evidence.text, at))));
      if (deniedFit > plainFit && (deniedFit >= 1 || plainPlaces.length === 0) && !claimed.some((other) => Math.abs(other.at - place) < 8))
        return true;
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
  if (head.length === 0)
    return (
      others.some((other) => pairsOf(not.before.slice(-5)).some((pair) => other.before.includes(pair))) ||
      others.some((other) => other.behind.length < 2)
    );
  if (
    others.some(
      (other) =>
        other.behind.slice(0, 10).includes(head) ||
        (not.behind.length > 2 && other.behind.length >= 2 && not.behind.slice(0, 10).includes(other.behind.slice(0, 2))),
    )
  )
    return true;
  // The denied word itself was put in other words: what stands around must agree then.
  const around = pairsOf(not.before.slice(-6) + not.behind.slice(0, 8));
  if (
    !text.includes(head) &&
    others.some((other) => pairsOf(other.before.slice(-6) + other.behind.slice(0, 8)).some((pair) => around.includes(pair)))
  )
    return true;
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
