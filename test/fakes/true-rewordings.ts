/**
 * True sentences over the sample handbook as a good model writes them, each with the quote that it rests on, by how it was
 * reworded. Written by hand. `question` finds the page.
 */
export type Rewording = 'clause dropped' | 'pronoun resolved' | 'list to sentence' | 'active or passive' | 'other words' | 'from a table' | 'two quotes';

export interface TrueSentence {
  file: string;
  how: Rewording;
  question: string;
  said: string;
  /** As a person reads them on the page. */
  quotes: string[];
}

const en = (file: string, how: Rewording, question: string, said: string, ...quotes: string[]): TrueSentence => ({ file, how, question, said, quotes });

export const ENGLISH: TrueSentence[] = [
  en('people/paid-time-off.md', 'clause dropped', 'How many unused PTO days can I carry over?', 'You can carry over up to five unused PTO days.', 'You may carry over up to five unused PTO days, and they must be taken by 31 March of the next year.'),
  en('people/paid-time-off.md', 'pronoun resolved', 'By when do carried over PTO days have to be taken?', 'The unused PTO days that you carry over must be taken by 31 March of the next year.', 'You may carry over up to five unused PTO days, and they must be taken by 31 March of the next year.'),
  en('people/paid-time-off.md', 'other words', 'What happens to PTO days that are left after March?', 'Days left after 31 March lapse.', 'You may carry over up to five unused PTO days, and they must be taken by 31 March of the next year.', 'Days that are left after that date lapse.'),
  en('people/paid-time-off.md', 'list to sentence', 'How do I ask for PTO days?', "Check your team's calendar, then enter the days in the People Portal under Time > Request.", "Check your team's calendar.", 'Enter the days in the People Portal under Time > Request.'),
  en('people/paid-time-off.md', 'from a table', 'How many PTO days a year does Utrecht have?', 'In Utrecht you have 27 days of PTO a year.', 'Utrecht | 27 days | Dutch public holidays in addition'),
  en('people/paid-time-off.md', 'from a table', 'How many paid days do I get for moving house?', 'For moving house you get 1 day in any 24 months.', 'Moving house | 1 in any 24 months'),
  en('people/paid-time-off.md', 'clause dropped', 'How many extra PTO days after five years of service?', 'After five years of service you receive two more days a year.', 'After five years of service you receive two more days a year, and after ten years four more days.'),
  en('people/sick-leave.md', 'from a table', 'When do I need a fit note in Leeds?', 'In Leeds you need a fit note from day 8.', 'Leeds | Up to 7 calendar days: fill in the self-certification form when you return | A fit note from day 8'),
  en('people/sick-leave.md', 'pronoun resolved', 'For how long are fit notes kept?', 'Fit notes are kept for 24 months and can be read by the People team only.', 'Send fit notes to people@example.com, never to your manager or a shared channel. They are kept for 24 months and are readable by the People team only.'),
  en('people/sick-leave.md', 'active or passive', 'Who records my sick absence?', 'The absence is recorded in the People Portal by your manager on the same day.', 'Your manager records the absence in the People Portal on the same day.'),
  en('people/sick-leave.md', 'clause dropped', 'What sick pay do I receive in Leeds after probation?', 'After probation you receive full pay for up to 10 weeks in any 12 months in Leeds.', 'Leeds. After probation you receive full pay for up to 10 weeks in any 12 months, then half pay for another 10 weeks.'),
  en('people/parental-leave.md', 'clause dropped', 'When must I tell the People team about parental leave?', 'Tell the People team at least 15 weeks before the due date.', 'Tell the People team at least 15 weeks before the due date, with the certificate (MAT B1 in the United Kingdom).'),
  en('people/parental-leave.md', 'other words', 'Can partners split parental leave into blocks?', 'Partners can split their six weeks into blocks of one week or more, within 12 months of the birth.', 'Partners may split their six weeks into blocks of at least one week, within 12 months of the birth.'),
  en('people/remote-work.md', 'other words', 'For how long may I work from another country?', 'You can work from another country for up to 20 working days in a calendar year.', 'You may work from another country for up to 20 working days in a calendar year.'),
  en('people/remote-work.md', 'active or passive', 'Who approves work from another country?', 'Your manager and the People team approve the request.', 'The request is approved by your manager and the People team, who check tax and insurance.'),
  en('people/remote-work.md', 'pronoun resolved', 'What home-office grant does Tarnbrook pay?', 'The home-office grant is £300 or €350 once every four years.', 'Tarnbrook pays a home-office grant of £300 or €350 once every four years for a desk, chair, lamp or monitor.'),
  en('people/pay-and-reviews.md', 'from a table', 'When is the salary paid in Utrecht?', 'In Utrecht the salary is paid on the 24th of the month.', 'Utrecht | The 24th of the month | People Portal, two working days before'),
  en('people/pay-and-reviews.md', 'pronoun resolved', 'What was the company bonus for 2025?', 'The board set the company bonus for 2025 at 4.2 %.', 'For 2025 the board set it at 4.2 %.'),
  en('people/pay-and-reviews.md', 'list to sentence', 'When do new salaries take effect after the yearly review?', 'You hear the result in March, and new salaries take effect on 1 April.', 'March: you hear the result in person and in writing.', '1 April: new salaries take effect.'),
  en('people/learning-budget.md', 'clause dropped', 'How large is the learning budget?', 'Each employee has a learning budget of £1,200, €1,400 or ¥10,000 a calendar year.', 'Each employee has a learning budget of £1,200, €1,400 or ¥10,000 a calendar year, and five paid study days.'),
  en('people/learning-budget.md', 'other words', 'Do I pay back a course if I leave the company?', 'If you leave within 12 months of a course costing more than £1,000 or €1,150, you repay half of its price.', 'If you leave within 12 months of a course that cost more than £1,000 or €1,150, you repay half of its price.'),
  en('people/onboarding.md', 'clause dropped', 'How long is probation in Leeds and Utrecht?', 'Probation lasts six months in Leeds.', 'Probation lasts six months in Leeds and two months in Utrecht.'),
  en('people/onboarding.md', 'active or passive', 'What does Tarnbrook pay for lunches with my buddy?', 'Two lunches with your buddy are paid by Tarnbrook, up to £15 or €18 a person each time.', 'Tarnbrook pays for two lunches with your buddy, up to £15 or €18 a person each time.'),
  en('it/accounts-and-passwords.md', 'other words', 'How long must my password be?', 'Your password must have at least 14 characters.', 'A password has at least 14 characters.'),
  en('it/accounts-and-passwords.md', 'clause dropped', 'Do passwords expire?', 'No, passwords do not expire.', 'Passwords do not expire.'),
  en('it/accounts-and-passwords.md', 'pronoun resolved', 'When is my account locked after wrong attempts?', 'Your account is locked for 20 minutes after eight wrong attempts.', 'After eight wrong attempts the account is locked for 20 minutes.'),
  en('it/accounts-and-passwords.md', 'from a table', 'What do I do when I lost one security key?', 'If you lost one security key, report it at once to #it-help.', 'Lost one security key | Report it at once to #it-help; it is switched off within the hour'),
  en('it/devices.md', 'active or passive', 'When do I get a new laptop?', 'The company replaces laptops after four years.', 'Laptops are replaced after four years.'),
  en('it/devices.md', 'clause dropped', 'How quickly must I report a lost device?', 'Report a lost or stolen device within one hour of noticing.', 'Report a lost or stolen device within one hour of noticing, day or night, on +44 113 496 0144.'),
  en('it/devices.md', 'from a table', 'How much memory does the Engineer 16 laptop have?', 'The Engineer 16 has 64 GB of memory and 2 TB of storage.', 'Model | For | Memory | Storage', 'Engineer 16 | Software, firmware, hardware design | 64 GB | 2 TB'),
  en('it/vpn.md', 'pronoun resolved', 'The VPN is stuck on handshake, what can I do?', 'If the VPN is stuck on "handshake", switch to the profile office-tcp, which uses port 443.', 'Stuck on "handshake": the network blocks UDP. Switch to the profile office-tcp, which uses port 443.'),
  en('it/vpn.md', 'clause dropped', 'When do VPN keys expire?', 'VPN keys expire after 180 days, and you get a reminder 14 days before.', 'VPN keys expire after 180 days.', 'You receive a reminder 14 days before; renew the key in Network Access with one click, or on Linux by sending a new public key.'),
  en('it/security-incidents.md', 'active or passive', 'Within how many hours is a breach of personal data reported to the authority?', 'The authority is told of a breach of personal data within 72 hours under the GDPR.', 'Under the General Data Protection Regulation (GDPR), a breach of personal data is reported to the authority within 72 hours.'),
  en('it/help-desk.md', 'list to sentence', 'What helps the IT help desk to help me?', 'Say what you wanted to do and what happened instead, and give the exact text of the error.', 'What you wanted to do, and what happened instead.', 'The exact text of the error, or a picture of it.'),
  en('finance/expenses.md', 'other words', 'By when do I have to submit an expense claim?', 'You have to submit claims within 30 days of spending the money.', 'Submit claims within 30 days of spending the money.'),
  en('finance/expenses.md', 'clause dropped', 'Are old expense claims paid?', 'Claims older than 90 days are not paid, unless you were on long leave.', 'Claims older than 90 days are not paid, unless you were on long leave.'),
  en('finance/expenses.md', 'from a table', 'What is the limit for meals when travelling from Leeds?', 'The limit for meals when travelling is £40 a day in Leeds and €48 in Utrecht.', 'What | Leeds | Utrecht', 'Meals when travelling, a day | £40 | €48'),
  en('finance/purchasing.md', 'active or passive', 'What happens to invoices without a PO number?', 'We send back invoices that have no PO number.', 'Invoices without a PO number are sent back.'),
  en('finance/travel.md', 'clause dropped', 'How early must I book flights?', 'Book flights at least 14 days ahead.', 'Book flights at least 14 days ahead and trains at least seven.'),
  en('product/product-range.md', 'other words', 'How many sensors can a GW-5 gateway handle?', 'A GW-5 gateway can collect readings from up to 250 sensors.', 'The GW-5 gateway collects readings from up to 250 sensors and sends them to Tarnbrook Cloud by Ethernet, Wi-Fi or a mobile network.'),
  en('product/returns-and-warranty.md', 'from a table', 'How long is the warranty on a GW-5 gateway?', 'The warranty on a GW-5 gateway is 2 years.', 'GW-5 gateway | 2 years'),
  en('product/on-call.md', 'other words', 'How quickly must the person on call acknowledge a page?', 'You have to acknowledge a page within 10 minutes.', 'Acknowledge a page within 10 minutes.'),
  en('product/on-call.md', 'two quotes', 'What happens when a page is not acknowledged?', 'Acknowledge a page within 10 minutes; after that it goes to the secondary.', 'Acknowledge a page within 10 minutes.', 'After that it goes to the secondary, and after another 10 minutes to Rafael Costa.'),
  en('product/release-process.md', 'other words', 'When is firmware released?', 'Firmware is released on the first Wednesday of every even month.', 'Firmware | The first Wednesday of every even month | Rafael Costa'),
  en('office/offices-and-access.md', 'clause dropped', 'Who do I ask to work at night or at a weekend in Leeds?', 'To work at night in Leeds, ask Bethan Price by 15:00 on the working day before.', 'To work at night or at a weekend in Leeds, ask Bethan Price by 15:00 on the working day before.'),
  en('office/visitors-and-meeting-rooms.md', 'other words', 'How do I register a visitor?', 'Visitors have to be registered at visit.example.com by 16:00 the day before.', 'Register visitors at visit.example.com by 16:00 the day before.'),
];

export const CHINESE: TrueSentence[] = [
  en('上海/费用报销.md', 'clause dropped', '上海的报销单每周几打款？', '审核通过的报销单每周四统一打款。', '审核通过的报销单每周四统一打款，到工资卡。'),
  en('上海/费用报销.md', 'clause dropped', '当月费用最迟什么时候提交？', '当月费用最迟要在次月 5 日前提交。', '当月费用最迟在次月 5 日前提交，跨年的发票不能入账，12 月的费用请务必在 12 月 25 日前报完。'),
  en('上海/费用报销.md', 'other words', '单张发票满 1,000 元要附什么？', '单张发票满 1000 元，必须附上付款凭证和明细清单。', '单张发票满 1,000 元的，必须附付款凭证和明细清单。'),
  en('上海/费用报销.md', 'from a table', '上海去北京出差住宿上限是多少？', '北京、广州、深圳的住宿上限是每晚 600 元，其他城市是 450 元。', '项目 | 北京、广州、深圳 | 其他城市', '住宿上限（每晚） | 600 元 | 450 元'),
  en('上海/费用报销.md', 'from a table', '20,000 元以上的报销谁审批？', '20,000 元以上由林嘉慧总经理审批。', '20,000 元以上 | 林嘉慧总经理'),
  en('上海/费用报销.md', 'other words', '上海请客户吃饭的标准是多少？', '请客户吃饭，人均不能超过 200 元。', '请客户吃饭人均不超过 200 元，陪同人数不能多于客户人数。'),
  en('上海/费用报销.md', 'active or passive', '加班打车回家可以报销吗？', '工作日加班到 21:00 以后，可以报销打车回家的费用，上限 80 元。', '工作日加班到 21:00 以后，打车回家可以报，上限 80 元，行程单要能看出上车时间。'),
  en('上海/费用报销.md', 'list to sentence', '上海报销怎么提交？', '登录 expenses.example.com 选「上海」账套，再上传发票。', '登录 expenses.example.com，选「上海」账套。', '上传发票，系统自动查验真伪和是否重复。'),
  en('上海/请假与考勤.md', 'from a table', '孩子几岁以前可以休育儿假，一年几天？', '孩子三周岁以前，父母双方每年各有 5 天育儿假。', '育儿假 | 每年 5 天 | 孩子三周岁以前，父母双方各自享有'),
  en('上海/请假与考勤.md', 'clause dropped', '福利年假可以顺延到明年吗？', '福利年假当年 12 月 31 日清零，不能顺延。', '法定年假当年没休完的，可以顺延到次年 6 月 30 日；福利年假当年 12 月 31 日清零，不顺延，也不折现。'),
  en('上海/请假与考勤.md', 'other words', '法定年假可以顺延到什么时候？', '当年没休完的法定年假，可以顺延到次年 6 月 30 日。', '法定年假当年没休完的，可以顺延到次年 6 月 30 日；福利年假当年 12 月 31 日清零，不顺延，也不折现。'),
  en('上海/请假与考勤.md', 'pronoun resolved', '上海每周可以居家办公几天？', '员工每周可以居家办公两天，周一例会那天除外。', '每周可以居家办公两天，周一例会那天除外。'),
  en('上海/请假与考勤.md', 'from a table', '婚假有多少天？', '婚假有 10 天，要在领证后一年内休完。', '婚假 | 10 天 | 领证后一年内休完，可以分两次'),
  en('上海/请假与考勤.md', 'other words', '法定节假日加班怎么算？', '法定节假日加班按三倍工资支付，不安排调休。', '法定节假日加班一律按三倍工资付，不调休。'),
  en('上海/请假与考勤.md', 'clause dropped', '请两到五天假要提前多久？', '请假两到五天，要提前一周。', '两到五天：提前一周'),
  en('上海/入职指南.md', 'clause dropped', '试用期工资打折吗？', '试用期工资不打折，按转正工资的 100% 发。', '试用期工资按转正工资的 100% 发，不打折。'),
  en('上海/入职指南.md', 'other words', '劳动合同首签几年？试用期多长？', '劳动合同首签三年，其中试用期三个月。', '劳动合同首签三年，试用期三个月。'),
  en('上海/入职指南.md', 'active or passive', '每月几日发工资？', '上个月的工资在每月 10 日发放。', '每月 10 日发上个月工资，遇周末或节假日提前到前一个工作日。'),
  en('上海/入职指南.md', 'list to sentence', '入职后有哪些补贴？', '餐补是每个出勤日 30 元，通讯补贴销售和采购每月 150 元。', '餐补：每个出勤日 30 元，随工资发放；居家办公当天没有餐补。', '通讯补贴：销售和采购每月 150 元，其他岗位 50 元。'),
  en('上海/IT支持.md', 'clause dropped', '在家办公时 VPN 应该选哪个配置？', '在家或出差时，VPN 配置选「shanghai」，不要选「office」。', '在家或出差时，连上海网关 vpn-sh.example.com，配置选「shanghai」，不要选「office」，否则速度会很慢。'),
  en('上海/IT支持.md', 'other words', '上海办公室电脑几年换新？', '电脑用满四年就换新。', '电脑满四年换新。'),
  en('上海/IT支持.md', 'pronoun resolved', '安全密钥两把都丢了怎么办？', '两把安全密钥都丢了，要本人带身份证到 312 室重置。', '入职时发两把安全密钥，一把随身带，一把放家里。两把都丢了，本人带身份证到 312 室重置，不接受代办。'),
  en('上海/门禁与办公室.md', 'clause dropped', '周末进办公室要提前报名吗？', '周末和节假日进办公室，要在前一个工作日 17:00 之前到 #上海-行政 报名。', '周末和节假日进办公室，要在前一个工作日 17:00 之前到 #上海-行政 报名，写清姓名和时段，物业才会放行、开空调。'),
  en('上海/门禁与办公室.md', 'other words', '门禁卡丢了补卡多少钱？', '门禁卡丢了要马上告诉周敏停用，补卡工本费是 20 元。', '卡丢了马上告诉周敏停用，补卡工本费 20 元。'),
  en('上海/门禁与办公室.md', 'from a table', '一层测试间什么时候可以进？', '通过静电防护培训的人，工作日 8:00–20:00 可以进一层测试间。', '一层测试间 | 通过静电防护培训的人 | 工作日 8:00–20:00'),
];

/** Chinese over English pages; `query` is the question as a model translates it for the search. */
export const CHINESE_OVER_ENGLISH: (TrueSentence & { query: string })[] = ([
  ['people/paid-time-off.md', '没用完的带薪假可以结转几天？', 'How many unused PTO days can I carry over?', '您最多可以结转五天未使用的带薪假（PTO），并且必须在次年 3 月 31 日之前休完。', 'You may carry over up to five unused PTO days, and they must be taken by 31 March of the next year.'],
  ['people/paid-time-off.md', '带薪假年度从哪天到哪天？', 'When does the PTO year start and end?', 'PTO 年度从 1 月 1 日到 12 月 31 日。', 'The PTO year runs from 1 January to 31 December.'],
  ['people/paid-time-off.md', '经理多久会答复带薪假申请？', 'How quickly does my manager answer a PTO request in the People Portal?', '您的经理会在五个工作日内答复。', 'Your manager answers within five working days.'],
  ['people/paid-time-off.md', '没休的带薪假什么时候会折成钱？', 'When are unused PTO days paid out?', '只有在您离开公司时，未休的天数才会折算成钱支付。', 'Unused days are paid out only when you leave the company.'],
  ['people/sick-leave.md', '生病第一天几点之前要告诉经理？', 'By when must I tell my manager that I am ill on the first day?', '请在 09:30 之前通过电话或消息告诉您的经理，并说明预计会缺勤多久。', 'Tell your manager by 09:30, by phone or message, and say how long you expect to be away.'],
  ['people/sick-leave.md', '病假算带薪假吗？', 'Do sick days count as PTO?', '病假从不算作 PTO。', 'Sick days never count as PTO.'],
  ['people/parental-leave.md', '育儿假要提前多少周告诉 People 团队？', 'How early must I tell the People team about parental leave before the due date?', '请至少在预产期前 15 周告诉 People 团队，并附上证明（在英国是 MAT B1）。', 'Tell the People team at least 15 weeks before the due date, with the certificate (MAT B1 in the United Kingdom).'],
  ['people/remote-work.md', '可以在另一个国家工作多久？', 'For how long may I work from another country?', '一个日历年内，您最多可以在另一个国家工作 20 个工作日。', 'You may work from another country for up to 20 working days in a calendar year.'],
  ['people/remote-work.md', '居家办公补助是多少？', 'How much is the home-office grant?', 'Tarnbrook 每四年支付一次居家办公补助，金额为 £300 或 €350，用于购买书桌、椅子、台灯或显示器。', 'Tarnbrook pays a home-office grant of £300 or €350 once every four years for a desk, chair, lamp or monitor.'],
  ['people/pay-and-reviews.md', '2025 年的公司奖金是多少？', 'What was the company bonus for 2025?', '2025 年董事会把它定为 4.2 %。', 'For 2025 the board set it at 4.2 %.'],
  ['people/learning-budget.md', '学习预算有多少？', 'How large is the learning budget of each employee?', '每位员工每个日历年有 £1,200、€1,400 或 ¥10,000 的学习预算，以及五天带薪学习假。', 'Each employee has a learning budget of £1,200, €1,400 or ¥10,000 a calendar year, and five paid study days.'],
  ['people/onboarding.md', '利兹和乌得勒支的试用期多长？', 'How long does probation last in Leeds and Utrecht?', '试用期在利兹为六个月，在乌得勒支为两个月。', 'Probation lasts six months in Leeds and two months in Utrecht.'],
  ['it/accounts-and-passwords.md', '密码至少要多长？', 'How long must my password be?', '密码至少要有 14 个字符。', 'A password has at least 14 characters.'],
  ['it/accounts-and-passwords.md', '密码会过期吗？', 'Do passwords expire?', '密码不会过期。', 'Passwords do not expire.'],
  ['it/accounts-and-passwords.md', '输错几次密码账号会被锁定？', 'After how many wrong attempts is the account locked?', '输错八次后，账号会被锁定 20 分钟。', 'After eight wrong attempts the account is locked for 20 minutes.'],
  ['it/devices.md', '笔记本电脑几年换一次？', 'When are laptops replaced?', '笔记本电脑用满四年后更换。', 'Laptops are replaced after four years.'],
  ['it/devices.md', '设备丢了多久内要报告？', 'How quickly must I report a lost or stolen device?', '发现设备丢失或被盗后，请在一小时内报告，昼夜均可拨打 +44 113 496 0144。', 'Report a lost or stolen device within one hour of noticing, day or night, on +44 113 496 0144.'],
  ['it/vpn.md', 'VPN 密钥多久到期？', 'When do VPN keys expire?', 'VPN 密钥在 180 天后到期。', 'VPN keys expire after 180 days.'],
  ['it/security-incidents.md', '个人数据泄露要在多少小时内上报？', 'Within how many hours is a breach of personal data reported to the authority?', '根据《通用数据保护条例》（GDPR），个人数据泄露要在 72 小时内向主管机关报告。', 'Under the General Data Protection Regulation (GDPR), a breach of personal data is reported to the authority within 72 hours.'],
  ['finance/expenses.md', '报销要在多少天内提交？', 'By when do I have to submit expense claims?', '请在花费后 30 天内提交报销申请。', 'Submit claims within 30 days of spending the money.'],
  ['finance/expenses.md', '很久以前的费用还能报销吗？', 'Are expense claims older than 90 days paid?', '超过 90 天的报销申请不予支付，除非您当时正在休长假。', 'Claims older than 90 days are not paid, unless you were on long leave.'],
  ['finance/purchasing.md', '没有 PO 号的发票怎么处理？', 'What happens to invoices without a PO number?', '没有 PO 号的发票会被退回。', 'Invoices without a PO number are sent back.'],
  ['finance/travel.md', '机票要提前多少天订？', 'How early must I book flights and trains?', '机票至少提前 14 天预订，火车票至少提前七天。', 'Book flights at least 14 days ahead and trains at least seven.'],
  ['product/product-range.md', '一台 GW-5 网关能连多少个传感器？', 'How many sensors can a GW-5 gateway handle?', 'GW-5 网关最多可以收集 250 个传感器的读数，并通过以太网、Wi-Fi 或移动网络发送到 Tarnbrook Cloud。', 'The GW-5 gateway collects readings from up to 250 sensors and sends them to Tarnbrook Cloud by Ethernet, Wi-Fi or a mobile network.'],
  ['product/on-call.md', '值班人员要多快确认告警？', 'How quickly must the person on call acknowledge a page?', '请在 10 分钟内确认告警。', 'Acknowledge a page within 10 minutes.'],
  ['product/returns-and-warranty.md', '保修从哪天开始？', 'When does the warranty start?', '保修从交货当天开始。', 'The warranty starts on the day of delivery.'],
] as const).map(([file, question, query, said, quote]) => ({ file, how: 'other words', question, query, said, quotes: [quote] }));
