/** "Not" across languages, where no words can be compared. */
import type { Side } from './side.ts';
import { hanNegationsOf } from './han-polarity.ts';
import { NOT_A_NOT } from './polarity.ts';

const LATIN_DENIAL = /\b(?:not|never|no|none|nobody|nothing|neither|nor|without|cannot|nowhere|\w+n't|nicht|kein\w*|nie|niemals|ohne)\b/giu;
const LATIN_NEARLY =
  /\b(?:forbid\w*|forbade|prohibit\w*|banned|bans?|disallow\w*|den(?:y|ied|ies)|refus\w*|reject\w*|lack\w*|fail\w*|exclud\w*|prevent\w*|avoid\w*|unless|hardly|rarely|seldom|barely|scarcely|few|ceas\w*|absen\w*|missing|rather than|instead of|exempt\w*|regardless|neglect\w*|ignor\w*|unable|impossible|fr[eo]+zen?|freez\w*|suspend\w*|block\w*|paus\w*|halt\w*|too \w+ to|un(?!it|der|til|ion|iv|ique|iform|ify|d[eo])\w{4,}|in(?:activ|adequ|appropr|capab|compl|consist|correct|eligib|equal|exact|sufficien|valid|visib|evitab|finit|depend|definit|ability|dispens|decom)\w*|im(?:poss|prop|perf|mort|moral|balanc|poten)\w*|ir(?:reg|rel|resp|rev|rat)\w*|il(?:leg|log)\w*|non-?\w+|dis(?:abl|agr|allow|approv|connect|continu|obe|organ|reg|satisf|advant)\w*|\w{3,}less|anarch\w*|abstinen\w*|oppos\w*)\b/giu;
/** Chinese words with a "not" in them that name a quality rather than deny a statement. */
const HAN_COMPOUND =
  /不(?:平等|服从|良|利|完善|可分|干涉|满|足|稳|幸|安|适|当|公|法|明|易|一致|对称|可避免|可思议|变|规则|完整|完全|正确|合理|确定|可靠|均|等式|动|列颠|懈|屈|朽|相干|兼容|可否认|可或缺|同步|合格|必要)|不得不|不是[^，。]{1,8}就是|有条不紊|停滞不前|犹豫不决|不(?:佳|善|如|符|配合)|而不是|囚禁|互不|几乎没有|非(?=\p{Script=Han}{0,4}(?:化|性|的|主义|暴力|军事|理性|法|裔|营利|成员|人员|典型|官方|正式|金属|线性))|未(?:知|婚|发酵|成年|成熟|开发|遂)|无(?:政府|罪|辜|效|意识|神论|条件|烟|酒精|形|名|家可归)|禁(?:酒|运|令|区|忌|欲|闭)|[拒缺]|失(?:败|去)|避免|防止|除非|反对|取消|免|难以|例外|停止|冻结|暂停|中止|停用/gu;

/** Across languages every plain "not" of one side needs some kind of "not" of its own on the other. */
export function crossNegationFault(claim: Side, evidence: Side): boolean {
  const mine = denials(claim);
  const theirs = denials(evidence);
  const excess = (a: { plain: number; near: number }, b: { plain: number; near: number }): boolean =>
    a.plain > b.plain + Math.max(0, b.near - a.near);
  return excess(mine, theirs) || excess(theirs, mine);
}

/** Plain "not"s, and words that may stand for one in the other language. */
function denials(side: Side): { plain: number; near: number } {
  const { text } = side;
  if (!isHan(side))
    return { plain: text.replace(NOT_A_NOT, ' ').match(LATIN_DENIAL)?.length ?? 0, near: text.match(LATIN_NEARLY)?.length ?? 0 };
  return { plain: hanNegationsOf(text.replace(HAN_COMPOUND, '…')).length, near: text.match(HAN_COMPOUND)?.length ?? 0 };
}

function isHan(side: Side): boolean {
  return side.language === 'zh' || side.language === 'ja';
}
