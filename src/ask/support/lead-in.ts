/** Lines that only lead in to what follows. */

const LEAD_INS = [
  /^(?:here(?:'s| is| are)|these are|this is|below (?:is|are)|follow|to do (?:this|that|so|it)|you can do (?:this|it|that)|there are (?:several|some|a few) (?:ways|options|steps|points|things))\b.*[:：]$/i,
  /^(?:steps?|how to|in short|in summary|summary|overview|details|notes?|answer|sources?|for example|requirements|options|next steps|key points)\b.*[:：]?$/i,
  /^(?:以下|下面|如下|具体|步骤|总之|总结|概要|要点|注意|说明|例如|答案|方法|您可以|你可以|请按|可以按).*[:：]$/u,
  /^(?:步骤|总结|概要|要点|注意事项?|说明|方法|操作步骤|具体步骤|答案)$/u,
  /^(?:hier|so geht|folgende|schritte|zusammenfassung)\b.*[:：]?$/i,
];
/** What a lead-in may speak of beside the question's own words. */
const PLAIN_WORDS = new Set(
  'here is are s these this below follow following follows the a an to do that so it you can how what way ways steps step in short summary overview details note notes answer answers source sources for example requirements requirement options option next key points point there several some few things as and of about information main important your our we by with on at hier ist sind so geht folgende folgenden schritte schritt die der das zusammenfassung es'.split(
    ' ',
  ),
);
const PLAIN_HAN =
  /以下|下面|如下|具体|步骤|总之|总结|概要|要点|注意|事项|说明|例如|答案|方法|您|你|可以|请|按|是|的|为|操作|关于|相关|信息|内容|主要|几|点|所示|进行|这|些|有|方式|列|出|来|如何|怎么|做/gu;

/** A short line that opens a list and claims nothing: only plain words and the question's own. */
export function isLeadIn(text: string, question: string): boolean {
  const line = text.trim().replaceAll('’', "'");
  if (line.length > 120 || /\d|[一二三四五六七八九十百千万]{2,}/u.test(line)) return false;
  if (!LEAD_INS.some((pattern) => pattern.test(line))) return false;
  const asked = question.toLowerCase();
  const words = line.toLowerCase().match(/\p{Script=Latin}+/gu) ?? [];
  const askedWords = new Set(asked.match(/\p{Script=Latin}+/gu));
  if (words.some((word) => !PLAIN_WORDS.has(word) && (!askedWords.has(word) || /^(?:not|no|never)$/.test(word)))) return false;
  const han = line.replace(PLAIN_HAN, '').match(/\p{Script=Han}/gu) ?? [];
  return han.every((character) => asked.includes(character) && !/[不没无非未禁]/.test(character));
}
