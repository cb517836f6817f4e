/** The two things a person asks next of an answer, rather than of the documents: "shorter" and "in Chinese". */

export type Transform = { kind: 'shorter' } | { kind: 'translate'; language: string };

const LANGUAGES: Record<string, string> = {
  english: 'en',
  英文: 'en',
  英语: 'en',
  englisch: 'en',
  chinese: 'zh',
  mandarin: 'zh',
  中文: 'zh',
  汉语: 'zh',
  简体中文: 'zh',
  chinesisch: 'zh',
  'simplified chinese': 'zh',
  german: 'de',
  deutsch: 'de',
  德语: 'de',
  德文: 'de',
  french: 'fr',
  français: 'fr',
  法语: 'fr',
  法文: 'fr',
  französisch: 'fr',
  spanish: 'es',
  español: 'es',
  西班牙语: 'es',
  spanisch: 'es',
  italian: 'it',
  italiano: 'it',
  portuguese: 'pt',
  português: 'pt',
  japanese: 'ja',
  日本語: 'ja',
  日语: 'ja',
  日文: 'ja',
  korean: 'ko',
  한국어: 'ko',
  韩语: 'ko',
  russian: 'ru',
  'по-русски': 'ru',
  俄语: 'ru',
  dutch: 'nl',
  polish: 'pl',
  turkish: 'tr',
};
const NAME = Object.keys(LANGUAGES).join('|');
const SHORTER =
  /^(please )?((can you |could you )?(please )?(make|keep) (it|this|that|the answer) )?((a bit |much |even )?(shorter|briefer|more concise|more briefly|in short|brief))( please)?$|^(please |can you |could you )?(summari[sz]e|shorten|condense)( (it|this|that|the answer|your answer))?( please)?$|^(too long|tl;?dr|in one sentence|in (a few|fewer) words)( please)?$|^(请)?(把(它|答案|回答))?(再|更)?(缩短|简短|精简|简洁|短|简单|概括)(一点|一些|点|些|一下)?(吧)?$|^(太长了?|长话短说|总结一下|一句话概括)$|^(bitte )?(kürzer|etwas kürzer|fass(e)? (es|das) (kurz )?zusammen|zu lang)( bitte)?$/iu;
const TRANSLATE = new RegExp(
  `^(?:please |can you |could you |now )*(?:(?:translate|say|write|repeat|answer|give)(?: (?:it|this|that|the answer|me that))*\\s+)?(?:in(?:to)?|to|auf)\\s+(${NAME})(?: please| bitte)?$|^(?:请)?(?:把(?:它|这个|答案|回答))?(?:用|译成|翻译成|翻成|换成|改成)(${NAME})(?:说|回答|写|再说)?(?:一下|一遍|吧)?$|^(?:übersetze?|sag)(?: (?:es|das))? (?:ins|auf) (${NAME})(?:e)?$`,
  'iu',
);

/** What a message asks of the answer before it, when that is all it asks; undefined for a question. */
export function transformOf(text: string): Transform | undefined {
  const bare = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[.!?。！？，,"“”]+/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (bare.length > 80) return undefined;
  if (SHORTER.test(bare)) return { kind: 'shorter' };
  const name = TRANSLATE.exec(bare)?.slice(1).find(Boolean);
  return name === undefined ? undefined : { kind: 'translate', language: LANGUAGES[name]! };
}
