/** Names in Chinese: what is built like one, since nothing marks them in writing. */
import type { Side } from './side.ts';
import { HAN_PLAIN_WORDS } from './plain-words.ts';

const SURNAMES = new Set(
  '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边'.split(
    '',
  ),
);
const TRANSLITERATED = new Set(
  '阿埃艾安昂奥巴拜班邦鲍贝本比彼毕别宾波伯博勃布查茨达大戴丹道德登迪蒂丁东杜敦多厄恩尔法范菲费芬丰佛夫弗福盖甘冈戈格葛根古瓜哈海汉豪赫亨胡华怀霍基吉加贾杰金卡凯坎康柯科克肯库夸拉莱赖兰朗劳勒雷里丽利莉连列林琳隆卢鲁路伦罗洛马玛迈麦曼芒梅门蒙米密明摩莫默姆穆纳奈南内尼涅宁纽努诺欧帕派潘庞佩彭皮匹平珀普奇齐恰乔琴让热日荣茹瑞若萨塞赛桑瑟森沙莎山尚绍舍申圣施什史士斯丝司松苏索塔泰坦汤唐陶特滕提廷图托陀瓦万旺威韦维温文翁沃乌武西希锡夏香肖谢辛欣兴休修许雅亚扬耶叶伊易因尤于约泽曾扎詹珍芝智兹卓祖佐'.split(
    '',
  ),
);
const PLACE_ENDING =
  /(?:公司|集团|大学|学院|中学|小学|医院|银行|酒店|机场|车站|大厦|广场|公园|半岛|群岛|共和国|帝国|王国|王朝|委员会|协会|基金会|俱乐部|博物馆|图书馆|研究所|实验室|[省市县区镇乡村路街岛山河湖海江州国洋]|[部局厅处司科组队团党会社军寺庙宫])$/u;
const regions = new Set<string>();
{
  const names = new Intl.DisplayNames('zh', { type: 'region' });
  for (let a = 65; a <= 90; a++)
    for (let b = 65; b <= 90; b++) {
      const code = String.fromCharCode(a, b);
      const name = names.of(code);
      if (name && name !== code && /^\p{Script=Han}+$/u.test(name)) regions.add(name);
    }
  for (const city of '北京 上海 广州 深圳 天津 重庆 杭州 南京 武汉 成都 西安 苏州 长沙 青岛 大连 厦门 宁波 无锡 福州 济南 郑州 沈阳 哈尔滨 长春 昆明 合肥 台北 高雄 台中 台南 新竹 东京 大阪 京都 首尔 伦敦 巴黎 柏林 纽约 华盛顿 洛杉矶 旧金山 波士顿 芝加哥 西雅图 莫斯科 罗马 悉尼 曼谷 河内 孟买 欧洲 亚洲 非洲 美洲 北美 南美 大洋洲 慕尼黑 法兰克福 汉堡 维也纳 苏黎世 日内瓦 布鲁塞尔 阿姆斯特丹 马德里 巴塞罗那 里斯本 雅典 华沙 布拉格 斯德哥尔摩 哥本哈根 奥斯陆 赫尔辛基 都柏林 米兰 墨尔本 多伦多 温哥华 迪拜 雅加达 马尼拉 吉隆坡 西贡 开罗 英格兰 苏格兰 加州 德州'.split(
    ' ',
  ))
    regions.add(city);
}

/** Whether a stretch of Han characters that the evidence lacks reads as a name. `words` are its parts by the segmenter. */
export function readsAsName(run: string, words: string[]): boolean {
  if (run.length < 2) return false;
  if (words.some((word) => regions.has(word))) return true;
  if (run.length >= 3 && [...run].filter((character) => TRANSLITERATED.has(character)).length / run.length >= 0.75) return true;
  if (PLACE_ENDING.test(run) && run.length >= 3) return true;
  // A surname and one or two characters that make no word with it
  return SURNAMES.has(run[0]!) && run.length <= 3 && words[0]!.length === 1;
}

/** Quoted and bracketed titles of a claim, which must stand in the evidence as they are. */
export function titlesIn(claim: Side): string[] {
  return [...claim.text.matchAll(/《([^《》]{1,40})》|「([^「」]{2,30})」|"([^"]{2,40})"|『([^『』]{2,30})』/gu)].map(
    (match) => (match[1] ?? match[2] ?? match[3] ?? match[4])!,
  );
}

/** Whether the claim names, in Chinese, what its evidence does not. */
export function hanNameFault(claim: Side, evidence: { quotes: Side; frame: Side; before: Side; passage: Side; question: Side }): boolean {
  const { quotes, frame, before, passage, question } = evidence;
  const named = (text: string): boolean =>
    quotes.text.includes(text) || frame.text.includes(text) || (question.text.includes(text) && passage.text.includes(text));
  for (const title of titlesIn(claim)) if (!named(title) && !before.text.includes(title)) return true;
  for (const run of strangeRuns(claim, named)) {
    const name = readsAsName(run.text, run.words);
    // A name from before the quote needs a word in the quote that points to it.
    if (name && !(ANAPHOR.test(quotes.text) && before.text.includes(run.text))) return true;
    if (
      run.words.some(
        (word) =>
          word.length >= 3 &&
          !HAN_PLAIN_WORDS.has(word) &&
          !before.text.includes(word) &&
          [...word].every((character) => !quotes.text.includes(character)),
      )
    )
      return true;
  }
  return false;
}

/** What points back to something named before. */
const ANAPHOR = /[他她它其该此]|这|两人|双方|本(?=[公书片作地市校站])/u;

const SEGMENTER = new Intl.Segmenter('zh', { granularity: 'word' });

/** Stretches of Han words of the claim that stand nowhere in the evidence. */
function strangeRuns(claim: Side, known: (text: string) => boolean): { text: string; words: string[] }[] {
  const runs: { text: string; words: string[] }[] = [];
  let words: string[] = [];
  const close = (): void => {
    if (words.length > 0) runs.push({ text: words.join(''), words });
    words = [];
  };
  let previous = '';
  for (const { segment } of SEGMENTER.segment(claim.text)) {
    const han = /^[\p{Script=Han}·]+$/u.test(segment);
    const strange = han && (segment.length > 1 ? !known(segment) : !known(previous.slice(-1) + segment) && !COMMON.has(segment));
    if (strange) words.push(segment);
    else close();
    previous = segment;
  }
  close();
  return runs;
}

const COMMON = new Set('的了是在和与及或并而也都就还其此该这那之于以为由被把对将从到向等着过地得个您我他她它有会能可要不没无'.split(''));

/**
 * Whether a claim that takes over words of another script (names aside) holds Chinese that its evidence does not: between
 * foreign words that is a name, a title or something added, not a translation.
 */
export function hanStrangerFault(claim: Side, quotes: Side, evidence: Side[]): boolean {
  const runs = claim.text.match(/\p{Script=Han}{2,}/gu) ?? [];
  const taken = claim.text.match(/(?<![\p{L}\p{N}])\p{Script=Latin}{3,}(?![\p{L}\p{N}])/gu) ?? [];
  if (!taken.some((word) => word === word.toLowerCase() && quotes.text.includes(word))) return false;
  return runs.some((run) => !evidence.some((side) => side.text.includes(run)));
}
