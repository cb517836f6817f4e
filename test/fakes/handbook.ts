/** The documents of the fake application. */
import type { BlockKind } from '../../src/types.ts';

export interface FakeDocument {
  id: string;
  title: string;
  url: string | null;
  externalId: string;
  owner: string | null;
  updatedDaysAgo: number | null;
  /** Words of a question that choose this document. */
  words: string[];
  zh?: boolean;
  passages: string[];
  /** What an answer rests on: verbatim in a passage, as it is read, and as a model would say it. */
  facts: { quote: string; read?: string; said: string; block?: BlockKind }[];
}

export const fakeSampleQuestions = [
  { text: 'How many days of PTO can I carry over to next year?', language: 'en' },
  { text: 'What should I do if I lose my laptop?', language: 'en' },
  { text: 'Can I work from another country?', language: 'en' },
  { text: '上海办公室的报销最迟什么时候提交？', language: 'zh' },
];

export function fakeDocuments(): FakeDocument[] {
  return [
    {
      id: 'pto',
      title: 'Paid time off',
      url: 'https://handbook.example.com/people/paid-time-off#carrying-over',
      externalId: 'people/paid-time-off.md',
      owner: 'People team',
      updatedDaysAgo: 3,
      words: ['pto', 'holiday', 'carry', 'leave'],
      passages: [
        '# Paid time off\n\nEveryone has **25 days** of paid time off a year, on top of public holidays. See [the calendar](https://example.com/calendar "Calendar") and `pto request`.\n\n## Carrying over\n\nYou may carry over up to **five unused** PTO days, and they must be taken by *31 March* of the next year. Days that are left after that date lapse.\n\n> A parent on leave carries over everything.',
        '## How to ask\n\n1. Open the [request form](https://forms.example.com/pto).\n2. Name a colleague who stands in.\n3. Wait for your lead, at most **two working days**.\n\n- [x] The calendar is filled by itself\n- [ ] Tell customers yourself\n\n| Office | Days | Notice |\n| --- | ---: | --- |\n| Leeds | 25 | two weeks |\n| Shanghai | 15 | one week |\n\n```sh\npto request --from 2026-03-01 --days 5\n```',
        '## Illness\n\nIf you fall ill while you are away, tell your lead on the first day; those days are given back when a note is handed in.\n\n![A calendar](https://example.com/calendar.png)\n\nMore in ~~the old wiki~~ the [sick leave](./sick-leave.md) page.',
      ],
      facts: [
        {
          quote: 'You may carry over up to **five unused** PTO days, and they must be taken by *31 March* of the next year.',
          read: 'You may carry over up to five unused PTO days, and they must be taken by 31 March of the next year.',
          said: 'You can carry over up to five unused days, and you must take them by 31 March of the next year.',
        },
        { quote: 'Days that are left after that date lapse.', said: 'Whatever is left after that lapses.' },
        {
          quote: 'Open the [request form](https://forms.example.com/pto).',
          read: 'Open the request form.',
          said: 'Open the request form.',
          block: 'step',
        },
        { quote: 'Name a colleague who stands in.', said: 'Name a colleague who stands in for you.', block: 'step' },
      ],
    },
    {
      id: 'laptop',
      title: 'Security incidents',
      url: null,
      externalId: 'it/security-incidents.md',
      owner: 'IT',
      updatedDaysAgo: 41,
      words: ['laptop', 'lose', 'stolen', 'incident'],
      passages: [
        '# Security incidents\n\nA lost or stolen laptop is an incident. Call the help desk on **4444** within one hour, at any time of day.\n\n## What happens next\n\nThe help desk locks the device and signs you out everywhere. You receive a spare laptop on the same working day.',
      ],
      facts: [
        {
          quote: 'Call the help desk on **4444** within one hour, at any time of day.',
          read: 'Call the help desk on 4444 within one hour, at any time of day.',
          said: 'Call the help desk on 4444 within one hour, day or night.',
        },
        {
          quote: 'The help desk locks the device and signs you out everywhere.',
          said: 'They lock the device and sign you out everywhere.',
        },
      ],
    },
    {
      id: 'abroad',
      title: 'Remote work',
      url: 'https://handbook.example.com/people/remote-work',
      externalId: 'people/remote-work.md',
      owner: null,
      updatedDaysAgo: 200,
      words: ['country', 'remote', 'abroad'],
      passages: ['# Remote work\n\nYou may work from another country for up to **30 days** a year. Ask the People team two weeks before.'],
      facts: [
        {
          quote: 'You may work from another country for up to **30 days** a year.',
          read: 'You may work from another country for up to 30 days a year.',
          said: 'Yes, for up to 30 days a year.',
        },
      ],
    },
    {
      id: 'baoxiao',
      title: '费用报销',
      url: 'https://handbook.example.com/shanghai/baoxiao',
      externalId: '上海/费用报销.md',
      owner: '财务部',
      updatedDaysAgo: 12,
      words: [],
      zh: true,
      passages: [
        '# 费用报销\n\n上海办公室的报销申请请于**次月 10 日**之前提交。超过期限的申请由部门负责人另行批准。\n\n## 发票\n\n每一笔费用都需要电子发票，发票抬头必须与公司名称一致。',
      ],
      facts: [
        {
          quote: '上海办公室的报销申请请于**次月 10 日**之前提交。',
          read: '上海办公室的报销申请请于次月 10 日之前提交。',
          said: '最迟在次月 10 日之前提交。',
        },
        { quote: '每一笔费用都需要电子发票，发票抬头必须与公司名称一致。', said: '每笔费用都要有抬头正确的电子发票。', block: 'bullet' },
      ],
    },
    ...['Welcome', 'Travel', 'Purchasing', 'Devices', 'VPN', 'Accounts and passwords', 'On call', 'Release process'].map(
      (title, i): FakeDocument => ({
        id: `page-${i}`,
        title,
        url: `https://handbook.example.com/${title.toLowerCase().replaceAll(' ', '-')}`,
        externalId: `${title.toLowerCase()}.md`,
        owner: i % 2 === 0 ? 'Operations' : null,
        updatedDaysAgo: i * 17 + 1,
        words: [],
        passages: [`# ${title}\n\nWhat to know about ${title.toLowerCase()}.`],
        facts: [],
      }),
    ),
  ];
}
