/** Answers of a made-up company, as views, for pictures and tests of how they look. */
import type { AnswerView, TicketView, WelcomeView } from '../../src/chat/messenger.ts';
import type { Quote, Why } from '../../src/chat/chat-app.ts';
import type { Answer, AnswerSentence, BlockKind, Citation } from '../../src/types.ts';

export const NOW = Date.UTC(2026, 10, 21, 10, 42);
const DAY = 86_400_000;
export const PEOPLE: Record<string, string> = { U0MIA: 'Mia Becker', U0SAM: 'Sam Okafor', U0BOT: 'Docent' };

export const cite = (n: number, title: string, days: number | null, more: Partial<Citation> = {}): Citation => ({
  n,
  documentId: title.toLowerCase().replaceAll(/\W+/g, '-'),
  title,
  url: `https://wiki.example.com/${encodeURIComponent(title.toLowerCase().replaceAll(' ', '-'))}#:~:text=passage%20${n}`,
  documentUrl: `https://docent.example.com/documents/${n}?citation=a1.${n}`,
  anchor: null,
  quote: `passage ${n}`,
  source: 'People handbook',
  updatedAt: days === null ? null : new Date(NOW - days * DAY).toISOString(),
  ...more,
});

export const sentence = (
  text: string,
  citations: number[] = [],
  block: BlockKind = 'paragraph',
  more: Partial<AnswerSentence> = {},
): AnswerSentence => ({
  text,
  block,
  citations,
  support: 0.9,
  ...more,
});

export function answerOf(more: Partial<Answer>): Answer {
  return {
    answerId: '3f2b8c1e-5a77-4d0a-9f0e-7c1f2a9b4d10',
    questionId: 'q1',
    threadId: 't1',
    status: 'answered',
    language: 'en',
    audience: 'everyone',
    text: (more.sentences ?? []).map((s) => s.text).join(' '),
    sentences: [],
    citations: [],
    closest: [],
    usage: { modelCalls: 1, promptTokens: 2100, completionTokens: 180, costUsd: 0.0021, ms: 2300 },
    ...more,
  };
}

export function viewOf(answer: Partial<Answer>, more: Partial<AnswerView> = {}): AnswerView {
  return {
    type: 'answer',
    answer: answerOf(answer),
    actions: { feedback: true, askPerson: true, why: true, share: false },
    now: NOW,
    ...more,
  };
}

export const writtenAnswer = (): AnswerView =>
  viewOf({
    sentences: [
      sentence('You get 16 weeks of paid parental leave, whichever parent you are.', [1]),
      sentence('It may be taken in up to three blocks within the first two years.', [1, 2]),
      sentence('How to ask for it', [], 'heading'),
      sentence('Tell your manager at least eight weeks before.', [2], 'step'),
      sentence('Fill in form HR-12 and attach the certificate.', [3], 'step'),
      sentence('You hear from People Operations within five working days.', [3], 'step'),
    ],
    citations: [cite(1, 'Parental leave', 3), cite(2, 'Parental leave', 3), cite(3, 'Forms and deadlines', 62, { source: 'Confluence' })],
  });

export const quotedAnswer = (): AnswerView => {
  const german = { language: 'de' } as const;
  const quoted = (text: string, n: number, asked: string[], block: BlockKind = 'paragraph'): AnswerSentence =>
    sentence(text, [n], block, {
      support: 'quote',
      marks: asked.flatMap((word) => (text.includes(word) ? [{ start: text.indexOf(word), end: text.indexOf(word) + word.length }] : [])),
    });
  return viewOf({
    ...german,
    status: 'quoted',
    degraded: ['no-model'],
    sentences: [
      quoted('Reisekosten sind bis zum 15. des Folgemonats einzureichen.', 1, ['Reisekosten', 'einzureichen']),
      quoted('Später eingereichte Belege werden im nächsten Lauf erstattet.', 1, ['eingereichte']),
      quoted('Flug- und Bahntickets im Original', 2, [], 'bullet'),
      quoted('Hotelrechnung mit der Anschrift der Firma', 2, [], 'bullet'),
      quoted('Auslagen über 500 Euro brauchen vorher eine Freigabe.', 3, []),
    ],
    citations: [
      cite(1, 'Reisekosten', 12, { source: 'Handbuch' }),
      cite(2, 'Reisekosten', 12, { source: 'Handbuch' }),
      cite(3, 'Auslagen und Freigaben', 400, { source: 'Finanzen' }),
    ],
  });
};

const searched = {
  documents: 214,
  sources: [
    { name: 'People handbook', syncedAt: NOW - 2 * 3_600_000 },
    { name: 'Confluence', syncedAt: NOW - 5 * 3_600_000 },
    { name: 'Engineering repository', syncedAt: NOW - DAY },
  ],
};

export const notFound = (): AnswerView =>
  viewOf(
    {
      status: 'unanswered',
      text: 'I did not find this in the documents.',
      closest: [
        {
          title: 'Lisbon office',
          url: 'https://wiki.example.com/lisbon',
          documentUrl: '/documents/9',
          quote: 'The Lisbon office is open from 8 to 19 on weekdays; visitors sign in at the desk on the second floor.',
        },
        { title: 'Pets and plants', url: 'https://wiki.example.com/pets', documentUrl: '/documents/10', quote: 'Plants are welcome.' },
      ],
      degraded: ['meaning-unavailable'],
    },
    { searched },
  );

export const deNotFound = (): AnswerView => {
  const view = notFound();
  return { ...view, answer: { ...view.answer, language: 'de' } };
};

export const longAnswer = (): AnswerView =>
  viewOf(
    {
      sentences: [
        sentence('A deploy key lets the pipeline, and nobody else, push to an environment.', [1]),
        sentence('Each key belongs to one environment and expires after 90 days.', [1, 4]),
        sentence('Making a key', [], 'heading'),
        sentence('Open the repository’s settings and choose “Deploy keys”.', [2], 'step'),
        sentence('Make the pair on your own machine:', [2], 'step'),
        sentence(
          'ssh-keygen -t ed25519 -C "deploy@staging" -f ./staging\ncat ./staging.pub | pbcopy\ncurl -fsS https://deploy.example.com/keys?env=staging',
          [2],
          'code',
        ),
        sentence('Paste the public half and note the fingerprint in keys.md.', [3], 'step'),
        sentence('Who may deploy where', [], 'heading'),
        sentence(
          'Environment | Who | Approval\nstaging | every engineer | none\nproduction | on-call engineers | one reviewer\npayments | Payments team | two reviewers, and Security',
          [5],
          'table',
        ),
        sentence('Also worth knowing', [], 'heading'),
        sentence('Keys that leak are revoked within an hour by the on-call engineer.', [6], 'bullet'),
        sentence('Old keys are listed each Monday in #deploys.', [7], 'bullet'),
        sentence('Contractors ask their host for a deploy instead of getting a key.', [8, 9], 'bullet'),
      ],
      citations: [
        cite(1, 'Deploy keys', 3, { source: 'Engineering repository' }),
        cite(2, 'Deploy keys', 3, { source: 'Engineering repository' }),
        cite(3, 'Deploy keys', 3, { source: 'Engineering repository' }),
        cite(4, 'Key rotation policy', 35, { source: 'Confluence' }),
        cite(5, 'Environments and access', 0.2, { source: 'Confluence' }),
        cite(6, 'Incident handbook', 190, { source: 'Confluence' }),
        cite(7, 'Incident handbook', 190, { source: 'Confluence' }),
        cite(8, 'Working with contractors', 700),
        cite(9, 'Working with contractors', 700),
      ],
    },
    { unread: [{ name: 'network-diagram.vsdx', reason: 'this format is not read' }] },
  );

export const shortAnswer = (share: boolean): AnswerView =>
  viewOf(
    {
      sentences: [sentence('The guest Wi-Fi password changes every Monday and is on the board at reception.', [1])],
      citations: [cite(1, 'Visitors', 1, { source: 'Office guide' })],
    },
    { actions: { feedback: true, askPerson: true, why: true, share } },
  );

export const zhAnswer = (): AnswerView =>
  viewOf({
    language: 'zh',
    sentences: [
      sentence('入职满一年后，每年有十五天带薪年假。', [1]),
      sentence('未休完的年假最多可结转五天到次年三月底。', [2]),
      sentence('提前三个工作日在系统中申请。', [2], 'bullet'),
      sentence('超过五天的假期需要部门负责人批准。', [3], 'bullet'),
    ],
    citations: [
      cite(1, '休假制度', 3, { source: '员工手册', documentId: 'd1' }),
      cite(2, '休假制度', 3, { source: '员工手册', documentId: 'd1' }),
      cite(3, '审批流程', 90, { source: '员工手册', documentId: 'd2' }),
    ],
  });

export const ticket = (): TicketView => ({
  type: 'ticket',
  language: 'en',
  ticketId: 'k1',
  reason: 'outdated',
  question: 'Who signs off travel above 500 euros?',
  person: 'U0MIA',
  comment: 'Since October it is the cost centre’s owner, not the team lead.',
  permalink: 'https://acme.slack.com/archives/C1/p1763721720000100',
  answer: answerOf({
    sentences: [sentence('Travel above 500 euros is signed off by the team lead.', [1])],
    citations: [cite(1, 'Travel policy', 400)],
  }),
  state: 'open',
  now: NOW,
});

export const welcome = (): WelcomeView => ({
  type: 'welcome',
  language: 'en',
  searched,
  suggestions: ['How much parental leave do I get?', 'When do I hand in travel expenses?', 'Who may deploy to production?'],
  now: NOW,
});

export const why = (): Why => ({
  language: 'en',
  status: 'answered',
  searchedFor: ['How much parental leave do I get, and how do I ask for it?', 'parental leave weeks form HR-12'],
  passages: [
    {
      title: 'Parental leave',
      source: 'People handbook',
      taken: true,
      score: 0.93,
      meaning: 0.81,
      url: 'https://wiki.example.com/parental-leave',
    },
    { title: 'Forms and deadlines', source: 'Confluence', taken: true, score: 0.71, meaning: 0.64, url: 'https://wiki.example.com/forms' },
    { title: 'Sick leave', source: 'People handbook', taken: false, score: 0.44, url: 'https://wiki.example.com/sick' },
    { title: 'Sabbatical', source: 'People handbook', taken: false, score: 0.31, url: null },
  ],
  hiddenPassages: 2,
  sufficiency: 0.87,
  sentences: { shown: 6, dropped: 1 },
  degraded: [],
  model: 'gpt-5-mini',
  modelCalls: 1,
  tokens: 2280,
  costUsd: 0.0021,
  ms: 2300,
});

export const quote = (present: boolean): Quote => ({
  documentId: 'd1',
  language: 'en',
  title: 'Parental leave',
  source: 'People handbook',
  quote: 'Employees are entitled to 16 weeks of paid parental leave,\nwhichever parent they are. It may be taken in up to three blocks.',
  headingPath: ['Time off', 'Parental leave', 'How long'],
  url: 'https://wiki.example.com/parental-leave#:~:text=Employees%20are%20entitled',
  documentUrl: 'https://docent.example.com/documents/1',
  updatedAt: NOW - 3 * DAY,
  present,
});
