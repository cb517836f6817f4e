/** Small words that turn a statement: must and may, all and some, before and after, at least and at most. */
import type { Side } from './side.ts';
import { alike, surroundingsOf } from './side.ts';

interface Contrast {
  name: string;
  /** Groups that exclude each other; each names its words in every language. */
  groups: RegExp[];
  /** Groups of which a claim may not speak when the evidence is silent. */
  onlyIfSaid?: number[];
  /** What the evidence says and the claim may not leave out. */
  neverDropped?: number[];
  /** Too loose in translation to compare across languages. */
  oneLanguage?: boolean;
  fault: 'modality' | 'quantifier' | 'order' | 'direction';
}

const latin = (words: string): string => `(?<![\\p{Script=Latin}])(?:${words})(?![\\p{Script=Latin}])`;
const group = (words: string, han: string): RegExp => new RegExp(han ? `${latin(words)}|${han}` : latin(words), 'giu');

const CONTRASTS: Contrast[] = [
  {
    name: 'obligation',
    groups: [
      group(
        'must|have to|has to|had to|shall|required|requires?|needs? to|needed|mandatory|compulsory|obligatory|obliged|muss|müssen|musst|verpflichtet',
        '必须|务必|必需|须(?!知)|(?<!不)需要|(?<![必所刚急供])需(?!求|要)|不得不|一定要|应当',
      ),
      group(
        'should|ought to|recommend(?:ed|s)?|encouraged?|advised|advisable|suggest(?:ed|s)?|sollte[nt]?|empfohlen',
        '应该|(?<!适|反|供|响|相|对|感|效|回|理|本|照|呼|顺|一)应(?!用|急|对|聘|届|征|邀|付|当|该|有尽有|战|声)|建议|最好|推荐|鼓励',
      ),
      group(
        'may|can|could|might|allowed|permitted|free to|optional(?:ly)?|eligible|entitled|able to|kann|können|könnt|darf|dürfen|dürft',
        '可以|可(?!是|能|靠|爱|见|谓|怕|惜|怜|观|行|口|乐|以|不)|能够|(?<!可|功|性|智|节|职|产|体|万|太阳|核|不|技|热|电|才|本|潜|势|机|动)能(?!力|量|源|耗|级|否|人|见|够)|允许|有权|有资格|可选',
      ),
    ],
    fault: 'modality',
  },
  {
    name: 'permission',
    groups: [
      group('allowed|permitted|permissible|authori[sz]ed|erlaubt|gestattet', '(?<!不)允许|(?<!不)准许|许可'),
      group('forbidden|prohibited|banned|disallowed|verboten|untersagt', '禁止|严禁|不允许|不准|不得(?!不)'),
    ],
    fault: 'modality',
  },
  {
    name: 'all',
    groups: [
      group(
        'all|every|everyone|everybody|each|entire|whole|always|any|anyone|any time|alle[nrs]?|jede[nrs]?|immer|sämtliche',
        '所有|全部|全体|每|任何|凡|一切|各|总是|始终|均|皆|都',
      ),
      group(
        'some|several|certain|partly|partially|sometimes|occasionally|einige[nr]?|manche[nr]?|manchmal',
        '(?<![一大成多分组小])部分(?![是在之的])|一些|有些|某些|若干|有时|偶尔',
      ),
      group(
        'most|mostly|majority|usually|typically|generally|often|meisten?s?|oft|üblicherweise',
        '大多|多数|大部分|通常|一般|经常|往往|常常',
      ),
      group('few|hardly|rarely|seldom|scarcely|wenige|selten', '少数|极少|很少|罕见'),
    ],
    onlyIfSaid: [1, 2, 3],
    fault: 'quantifier',
    oneLanguage: true,
  },
  {
    name: 'only',
    groups: [group('only|solely|exclusively|just|merely|sole|nur|ausschließlich|lediglich|alone', '只(?!不过|身|要)|仅|唯一')],
    onlyIfSaid: [0],
    fault: 'quantifier',
    oneLanguage: true,
  },
  {
    name: 'bound',
    groups: [
      group(
        'at least|minimum(?: of)?|no (?:less|fewer) than|not less than|or more|or older|or longer|or greater|or above|and above|at the very least|mindestens|minimal|wenigstens',
        '至少|最少|不少于|不低于|不小于|起码|以上|及以上|不得少于|不短于',
      ),
      group(
        'up to|at most|maximum(?: of)?|no (?:more|longer|later|greater) than|not (?:more|later|longer) than|or less|or fewer|or under|exceed|not exceeding|max|limit(?:ed)? (?:to|of|is)|limit|capped|cap of|under|below|within|höchstens|maximal|bis zu',
        '最多|至多|不超过|不多于|不高于|不大于|上限|最高|最长|以下|以内|之内|不得超过|不迟于|不晚于|限(?=\\d)|(?<=高|长|多)达(?= ?\\d)',
      ),
      group(
        '(?<!no |not )more than|over|above|exceeds?|exceeding|greater than|longer than|in excess of|better than|upwards of|mehr als|über',
        '(?<!不|不得|不能|不可|不应)(?:超过|多于|大于|高于)|逾|多(?=[个名位人年天月万亿元种家次])|余(?=[个名位人年天月万亿元种家次])|以上',
      ),
      group(
        '(?<!no |not )(?:less|fewer) than|under|below|shorter than|within|almost|nearly|weniger als|unter|fast',
        '(?<!不|不得|不能|不可|不应)(?:少于|小于|低于)|不到|不足|未满|以下|近(?=\\d)|将近',
      ),
    ],
    onlyIfSaid: [0, 1, 2, 3],
    fault: 'quantifier',
  },
  {
    name: 'order',
    groups: [
      group(
        'before|prior to|earlier than|ahead of|until|preceding|in advance|bevor|vor|previously|beforehand',
        '之前|以前|前(?=[，。；、提需要]|$)|提前|事先|前夕|早于|前',
      ),
      group(
        'after|following|later than|since|once|afterwards?|nach|nachdem|upon|subsequent(?:ly)?|later',
        '之后|以后|后(?!台|果|勤|代|期|人)|随后|晚于|自',
      ),
    ],
    fault: 'order',
    oneLanguage: true,
  },
  {
    name: 'change',
    groups: [
      group(
        'increas\\w*|rais(?:e|ed|es|ing)|rose|rise[ns]?|rising|gr[eo]w(?:s|n|ing|th)?|higher|gain(?:ed|s)?|expand\\w*|erhöh\\w*|steigt|stieg',
        '增加|增长|上升|提高|上涨|升高|扩大|增',
      ),
      group(
        'decreas\\w*|reduc\\w*|lower(?:ed|s|ing)?|f[ea]ll(?:s|en|ing)?|drop(?:s|ped|ping)?|declin\\w*|shrank|shrinks?|lost|verringer\\w*|sinkt|sank|diminish\\w*',
        '减少|下降|降低|下跌|缩小|减',
      ),
    ],
    fault: 'direction',
  },
  {
    name: 'compare',
    groups: [
      group('more|greater|larger|bigger|higher|longer|mehr|größer|höher', '更多|更大|更高|更长|多于|高于'),
      group('less|fewer|smaller|lower|shorter|weniger|kleiner|niedriger', '更少|更小|更低|更短|少于|低于'),
    ],
    fault: 'direction',
    oneLanguage: true,
  },
  {
    name: 'extreme',
    groups: [
      group(
        'largest|biggest|highest|longest|tallest|greatest|oldest|best|maximum|latest|most|first|newest',
        '最大|最高|最长|最多|最老|最好|最早|最先|首',
      ),
      group('smallest|lowest|shortest|least|youngest|worst|minimum|last|fewest', '最小|最低|最短|最少|最年轻|最差|最晚|最后'),
    ],
    fault: 'direction',
    oneLanguage: true,
  },
  {
    name: 'rhythm',
    groups: [
      group('daily|per day|a day|each day|every day|täglich|pro Tag', '每天|每日|天天|日均'),
      group('weekly|per week|a week|each week|every week|wöchentlich|pro Woche', '每周|每星期'),
      group('monthly|per month|a month|each month|every month|/ ?month|monatlich|pro Monat', '每月|每个月|月度'),
      group('quarterly|per quarter|each quarter|every quarter|vierteljährlich', '每季'),
      group('yearly|annual(?:ly)?|per year|a year|each year|every year|per annum|jährlich|pro Jahr', '每年|年度|一年'),
      group('hourly|per hour|an hour|every hour|stündlich|pro Stunde', '每小时'),
      group('biweekly|fortnightly', '每两周|双周'),
    ],
    onlyIfSaid: [0, 1, 2, 3, 5, 6],
    fault: 'quantifier',
  },
  {
    name: 'place in the day',
    groups: [group('morning|a\\.?m', '上午|早上|早晨'), group('afternoon|evening|night|p\\.?m', '下午|晚上|傍晚|夜')],
    fault: 'order',
    oneLanguage: true,
  },
  { name: 'side', groups: [group('north\\w*', '北'), group('south\\w*', '南')], fault: 'direction', oneLanguage: true },
  { name: 'side2', groups: [group('east\\w*', '东'), group('west\\w*', '西')], fault: 'direction', oneLanguage: true },
  { name: 'hand', groups: [group('left', '左'), group('right', '右')], fault: 'direction', oneLanguage: true },
  {
    name: 'inside',
    groups: [group('internal(?:ly)?|inside|indoors?', '内部|室内|里面'), group('external(?:ly)?|outside|outdoors?', '外部|室外|外面')],
    fault: 'direction',
    oneLanguage: true,
  },
  {
    name: 'begin',
    groups: [
      group('start(?:s|ed|ing)?|beg[aiu]n(?:s|ning)?|open(?:s|ed|ing)?|launch(?:ed|es)?|enabled?', '开始|启动|开启|启用|开放'),
      group('stop(?:s|ped)?|end(?:s|ed|ing)?|finish(?:ed|es)?|clos(?:e|es|ed|ing)|disabled?|terminat\\w*', '结束|停止|关闭|终止|停用'),
    ],
    fault: 'direction',
    oneLanguage: true,
  },
  {
    name: 'consent',
    groups: [
      group('approv\\w*|accept\\w*|agre(?:e|ed|es)|granted|grants?', '批准|同意|接受|通过'),
      group('reject\\w*|refus\\w*|den(?:y|ied|ies)|disapprov\\w*|declin\\w*', '拒绝|驳回|否决|反对'),
    ],
    fault: 'direction',
    oneLanguage: true,
  },
  {
    name: 'win',
    groups: [
      group('won|wins?|winning|victory|beat|defeat(?:ed|s)?', '赢|胜|击败|战胜|夺冠'),
      group('lost|loses?|losing|los(?:s|t) to', '输|负于|落败'),
    ],
    fault: 'direction',
    oneLanguage: true,
  },
  { name: 'paid', groups: [group('paid|with pay', '带薪'), group('unpaid|without pay', '无薪')], fault: 'direction', oneLanguage: true },
  {
    name: 'open',
    groups: [group('public(?:ly)?', '公开|公共'), group('private(?:ly)?|confidential(?:ly)?|secret(?:ly)?', '私人|私有|保密|机密|秘密')],
    fault: 'direction',
    oneLanguage: true,
  },
  { name: 'ease', groups: [group('minimum|min\\.', '最低|最少'), group('maximum|max\\.', '最高|最多')], fault: 'direction' },
  {
    name: 'half',
    groups: [
      group('(?:more than|over) half|majority', '[一过]半(?:以上)?(?=以上|的|数)|过半|一半以上'),
      group('(?:less than|under) half|minority', '一半以下|不到一半|不足一半'),
    ],
    fault: 'quantifier',
    oneLanguage: true,
  },
  { name: 'era', groups: [group('BCE?', '公元前'), group('AD|CE', '公元(?!前)')], onlyIfSaid: [0], neverDropped: [0], fault: 'direction' },
  {
    name: 'side3',
    groups: [group('both', '双方|两者'), group('either|one of|neither', '任一|其中一|之一')],
    fault: 'quantifier',
    oneLanguage: true,
  },
];

interface Found {
  group: number;
  start: number;
  end: number;
}

export type ContrastFault = Contrast['fault'];

/** The first contrast on which the claim says the other side of what the evidence says, or one that it does not say. */
export function contrastFault(claim: Side, evidence: Side, sameLanguage: boolean): ContrastFault | undefined {
  for (const contrast of CONTRASTS) {
    if (!sameLanguage && contrast.oneLanguage) continue;
    const claimed = placesOf(contrast, claim);
    const given = claimed.length > 0 || contrast.neverDropped ? placesOf(contrast, evidence) : [];
    for (const found of claimed) if (turned(contrast, found, claimed, given, claim, evidence, sameLanguage)) return contrast.fault;
    if (
      contrast.neverDropped?.some(
        (index) =>
          given.length > 0 &&
          given.every((found) => found.group === index) &&
          !claimed.some((found) => found.group === index) &&
          claim.quantities.length > 0,
      )
    )
      return contrast.fault;
  }
  return undefined;
}

/** The groups of each contrast that a stretch of text speaks of. */
export function contrastGroups(text: string): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const contrast of CONTRASTS) {
    const groups = new Set<number>();
    contrast.groups.forEach((words, index) => {
      if (text.search(words) >= 0) groups.add(index);
    });
    if (groups.size > 0) found.set(contrast.name, groups);
  }
  return found;
}

function placesOf(contrast: Contrast, side: Side): Found[] {
  const found: Found[] = [];
  contrast.groups.forEach((words, index) => {
    for (const match of side.text.matchAll(words)) {
      // May and March as months
      if (
        /^(?:May|Can)$/.test(match[0]) &&
        side.quantities.some((quantity) => quantity.kind === 'date' && quantity.start <= match.index && match.index < quantity.end)
      )
        continue;
      found.push({ group: index, start: match.index, end: match.index + match[0].length });
    }
  });
  return found;
}

function turned(
  contrast: Contrast,
  found: Found,
  claimed: Found[],
  given: Found[],
  claim: Side,
  evidence: Side,
  sameLanguage: boolean,
): boolean {
  // One word may stand in two groups ("within"): it is turned only where all of them are.
  const twins = claimed.filter((other) => other.start < found.end && found.start < other.end).map((other) => other.group);
  const same = given.filter((other) => twins.includes(other.group));
  const other = given.filter(
    (candidate) => !twins.includes(candidate.group) && !same.some((twin) => twin.start < candidate.end && candidate.start < twin.end),
  );
  // Opening and closing hours told from "open from 8 to 8"
  if (contrast.name === 'begin' && new Set(claimed.map((place) => place.group)).size > 1) return false;
  if (same.length === 0) {
    if (contrast.name === 'all' && found.group === 0)
      return (
        sameLanguage &&
        opposedHere(
          found,
          other.filter((candidate) => candidate.group !== 0),
          claim,
          evidence,
          0.35,
        )
      );
    if (contrast.name === 'obligation')
      return sameLanguage
        ? obligationTurned(found, other, claim, evidence)
        : other.length > 0 && other.every((candidate) => candidate.group + found.group === 2);
    if (contrast.name === 'bound') return (sameLanguage || other.length > 0) && boundTurned(found, other, claim, evidence);
    if (contrast.name === 'rhythm' && !sameLanguage) return other.length > 0;
    if (contrast.name === 'rhythm' && other.length === 0)
      return twins.every((index) => contrast.onlyIfSaid!.includes(index)) && sameLanguage && !rhythmExplained(found, claim, evidence);
    if (other.length > 0)
      return sameLanguage ? contrast.onlyIfSaid?.includes(found.group) === true || opposedHere(found, other, claim, evidence, 0.25) : true;
    return twins.every((index) => contrast.onlyIfSaid?.includes(index)) && (sameLanguage || contrast.name !== 'bound');
  }
  if (!sameLanguage || other.length === 0) return false;
  const around = surroundingsOf(claim, found.start, found.end);
  const fit = (candidate: Found): number => alike(around, surroundingsOf(evidence, candidate.start, candidate.end));
  return Math.max(...other.map(fit)) > Math.max(...same.map(fit)) * 1.5 + 0.25;
}

function opposedHere(found: Found, others: Found[], claim: Side, evidence: Side, least: number): boolean {
  const around = surroundingsOf(claim, found.start, found.end);
  return others.some((other) => alike(around, surroundingsOf(evidence, other.start, other.end)) >= least);
}

/** "must" from "may", and "may" from "must", where the evidence's word stands at the same place; "can" beside "must" elsewhere is no fault. */
function obligationTurned(found: Found, others: Found[], claim: Side, evidence: Side): boolean {
  return others.length > 0 && opposedHere(found, others, claim, evidence, found.group === 2 ? 0.2 : 0.1);
}

/** "At least", "up to" beside a number that the evidence leaves exact or bounds on the other side. */
function boundTurned(found: Found, others: Found[], claim: Side, evidence: Side): boolean {
  const beside = (side: Side, place: Found): number | undefined => {
    const near = side.quantities.find(
      (quantity) =>
        (quantity.start >= place.end && quantity.start - place.end <= 14) ||
        (quantity.end <= place.start && place.start - quantity.end <= 10) ||
        (quantity.start <= place.start && place.end <= quantity.end),
    );
    return near?.kind === 'number' ? near.value : near?.kind === 'time' ? near.minutes : near ? -1 : undefined;
  };
  const value = beside(claim, found);
  if (value === undefined) return false;
  // "under" and "within" may mean a place; beside a number they bound it.
  return others.length === 0 || !others.some((other) => beside(evidence, other) === value && compatible(found.group, other.group));
}

/** "no more than 20" and "less than 20" lie near enough only when they point the same way. */
function compatible(a: number, b: number): boolean {
  const up = (index: number): boolean => index === 0 || index === 2;
  return up(a) === up(b) && a !== b ? false : a === b;
}

/** "a year" may stand for the unit of a number that the evidence has. */
function rhythmExplained(found: Found, claim: Side, evidence: Side): boolean {
  const text = claim.text.slice(found.start, found.end).toLowerCase();
  return /^(?:an?|一) ?/.test(text) && evidence.text.toLowerCase().includes(text.replace(/^(?:an?|一) ?/, ''));
}
