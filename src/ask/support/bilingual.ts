/** Chinese over English: everyday words of a handbook by which two texts that speak of different things are told apart. */
import type { Side } from './side.ts';

/** Han on the left, what says the same in English on the right, generously. */
const PAIRS: [RegExp, RegExp][] = (
  [
    ['审批|批准|同意', 'approv|sign(?:s|ed)? off|agree|accept|consent|authori|grant|permi|endors|ratif|allow'],
    [
      '提交|递交|提出',
      'submit|hand(?:s|ed)? in|send|file|filed|enter|present|propos|rais|propound|put forward|appl|suggest|submission|introduc|claim|brought',
    ],
    ['申请', 'appl|request|ask|claim|petition|seek|sought|submit'],
    ['经理|主管|上级', 'manag|supervis|lead|boss|head|director|chief|oversee|charge|govern|superior|higher'],
    ['门户', 'portal|gateway'],
    ['报销', 'expens|claim|reimburs|refund|paid|pays?\\b|payment'],
    ['发票', 'invoice|receipt'],
    ['工资|薪水|薪资|薪酬', 'salar|pay|paid|wage|earn|compensat|remunerat'],
    ['密码', 'password|passcode|cod|cipher|crypt'],
    ['密钥', 'key'],
    ['账号|账户', 'account|login|log-in|sign'],
    ['登录', 'log|sign'],
    ['电脑|笔记本', 'laptop|computer|device|machine|pc\\b|notebook'],
    ['设备', 'device|equip|laptop|machine|hardware|facilit|instrument|apparatus|unit|gear'],
    ['请假|休假|假期|年假|病假', 'leave|holiday|vacation|pto|absen|time off|days|sick|ill|break'],
    ['会议', 'meeting|conference|council|session|summit|congress|convention|assembl|call|diet'],
    ['访客', 'visitor|guest'],
    ['客户', 'customer|client|consumer|user'],
    ['供应商', 'supplier|vendor|provider'],
    ['合同', 'contract|agreement'],
    ['预订|预定', 'book|reserv'],
    ['停车', 'park'],
    ['机票|航班', 'flight|plane|air|ticket'],
    ['酒店', 'hotel|accommodat|inn'],
    ['午餐|午饭|餐', 'lunch|meal|dinner|food|eat|restaurant|dining|breakfast|canteen'],
    ['保修', 'warrant|guarantee'],
    ['退货|退回', 'return|sent back|send back|refund'],
    ['传感器', 'sensor'],
    ['网关', 'gateway'],
    ['培训', 'train|course|learn'],
    ['试用期', 'probation|trial'],
    ['奖金', 'bonus|prize|award|money'],
    ['预算', 'budget'],
    ['周末', 'weekend|saturday|sunday'],
    ['警察|警方', 'police|officer'],
    ['邮件|邮箱', 'mail'],
    ['电话', 'phone|call|telephon|dial'],
    ['办公室', 'office|desk|room'],
    ['门禁', 'access|badge|card|door|entry'],
    ['打印', 'print'],
    ['下载', 'download'],
    ['安装', 'install|set up|fit|mount'],
    ['更新|升级', 'updat|upgrad|renew|new|refresh|latest|revis'],
    ['备份', 'backup|back up|backed'],
    ['丢失|遗失|丢了', 'los[est]|missing|gone'],
    ['报名', 'sign|regist|enrol|appl'],
  ] as const
).map(([han, latin]) => [new RegExp(han, 'u'), new RegExp(`\\b(?:${latin})`, 'iu')]);

/** Of so many such words in the claim at least one must stand in the evidence. */
const WORDS_ALONE = 2;
/** The same where a figure or an identifier already ties the two together. */
const WORDS_BESIDE_FIGURES = 3;

/** Whether the claim speaks of several everyday things and the evidence, in English, of none of them. */
export function strangerAcross(claim: Side, evidence: Side, frame: Side): boolean {
  // The other way round one English word has too many Chinese ones.
  if (claim.language !== 'zh' || evidence.language !== 'en') return false;
  const there = `${evidence.text} ${frame.text}`;
  const spoken = PAIRS.filter(([han]) => han.test(claim.text));
  if (spoken.length < (claim.quantities.length > 0 ? WORDS_BESIDE_FIGURES : WORDS_ALONE)) return false;
  return !spoken.some(([han, latin]) => latin.test(there) || han.test(there));
}
