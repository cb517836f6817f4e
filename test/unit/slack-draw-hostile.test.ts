/** Nothing of documents, people or models becomes a link, mention, image or emoji in Slack: 5,000 made-up attacks. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { draw } from '../../bots/slack/draw.ts';
import { streamChunk } from '../../bots/slack/draw-stream.ts';
import { askPersonModal, feedbackModal, quoteModal, whyModal } from '../../bots/slack/modals.ts';
import type { GrowingView, TicketView, View } from '../../src/chat/messenger.ts';
import type { AnswerStatus, BlockKind } from '../../src/types.ts';
import { NOW, answerOf, quote, viewOf, why } from '../fakes/slack-answers.ts';
import { blockProblems, blocksTooLong, viewProblems } from '../fakes/slack-blocks.ts';
import { inBlocks, inMarkdown, inMrkdwn, rawMarkdown, type Allowed } from '../fakes/slack-oracle.ts';

const PARTS = [
  '<!channel>',
  '<!here|x>',
  '<!everyone>',
  '<@U0EVIL>',
  '<@W0EVIL|boss>',
  '<!subteam^S0EVIL|team>',
  '<#C0EVIL|general>',
  '<!date^1700000000^{date}^https://evil.test|now>',
  '<https://evil.test|Payroll>',
  '<https://evil.test>',
  '<mailto:a@evil.test|mail>',
  '<slack://open|x>',
  '<evil.test|here>',
  '<javascript:alert(1)|x>',
  'https://evil.test/steal?d=1',
  'HTTP://EVIL.TEST',
  'www.evil.test/x',
  'evil.com',
  'sub.evil.co/path',
  'README.md',
  'setup.sh',
  'a.b@evil.com',
  'mailto:x@evil.test',
  'tel:+491234',
  'ftp://evil.test',
  '[click](https://evil.test)',
  '![x](https://evil.test/p.png?d=)',
  '[ref][1]',
  '[1]: https://evil.test',
  '[^1]',
  '[^1]: https://evil.test',
  '[x]',
  '](https://evil.test)',
  '![',
  '<img src=https://evil.test/x>',
  '<a href="https://evil.test">x</a>',
  '<script>',
  '<!-- x -->',
  '<b>',
  '@here',
  '@channel',
  '@everyone',
  '#general',
  ':tada:',
  ':skull_and_crossbones:',
  '&lt;!channel&gt;',
  '&amp;lt;!channel&amp;gt;',
  '&#60;!here&#62;',
  '&#x3C;@U0EVIL&#x3E;',
  '&lt;https://evil.test|x&gt;',
  '&lt;',
  '&gt;',
  '&amp;',
  '<',
  '>',
  '!channel',
  '<!',
  'channel>',
  '@U0EVIL>',
  'https:',
  '//evil.test',
  '|x>',
  '(https://evil.test)',
  '*',
  '**',
  '_',
  '__',
  '~',
  '~~',
  '`',
  '``',
  '```',
  '```\n',
  '\n```\n',
  '\\',
  '\\<',
  '|',
  '\n',
  '\n\n',
  '\r\n',
  '# ',
  '## x',
  '- ',
  '> ',
  '1. ',
  '    code',
  '---',
  '===',
  '| a | b |\n|---|---|\n',
  '\t',
  '\u200B',
  '\u2060',
  '\uFEFF',
  '\u00AD',
  '\u202E',
  '\u200D',
  '<\u200B!channel>',
  'https:\u200B//evil.test',
  'ht\u200Dtps://evil.test',
  '＜!channel＞',
  '\u{E0001}',
  '\uD800',
  '\0',
  '\u0007',
  '\u2028',
  'snake_case_name',
  'v1.2.3',
  '10.0.0.1',
  'Überstunden',
  '年假规定。',
  '（见附件）',
  'plain words',
  '12:30:45',
  'C:\\Users\\x',
  'a & b',
  'x < y && y > z',
  'vector<std::string>',
  'Map<K, V|W>',
  '👩‍💻',
];
const data = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...PARTS) }, { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: 'binary' }) }),
      fc.constantFrom('', '', ' '),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.map(([part, between]) => part + between).join(''));
const url = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      'https://wiki.example.com/page',
      'https://wiki.example.com/a_b*c?x=1&y=2#top',
      'http://10.0.0.1:8080/x',
      'https://wiki.example.com/a|b>c',
      'https://wiki.example.com/)](x',
      'https://wiki.example.com/<!channel>',
      'https://bücher.example/ä',
      'https://wiki.example.com/a b\nc',
      'https://wiki.example.com\\@evil.test/',
      'javascript:alert(1)',
      'data:text/html,x',
      '/documents/1',
      'https://',
      'https://wiki.example.com/&lt;!here&gt;',
      'https://wiki.example.com/`x`',
      'slack://x',
      ' https://wiki.example.com',
    ),
  },
  { weight: 1, arbitrary: data.map((words) => `https://wiki.example.com/${words}`) },
);
const kinds: BlockKind[] = ['paragraph', 'bullet', 'step', 'heading', 'code', 'table'];
const hostileAnswer = fc.record({
  texts: fc.array(
    fc.record({
      text: data,
      block: fc.constantFrom(...kinds),
      quote: fc.boolean(),
      mark: fc.nat(8),
      citations: fc.subarray([1, 2]),
      step: fc.option(fc.nat(30), { nil: undefined }),
    }),
    { maxLength: 4 },
  ),
  titles: fc.tuple(data, data),
  urls: fc.tuple(url, url, url),
  words: fc.array(data, { minLength: 6, maxLength: 6 }),
  status: fc.constantFrom<AnswerStatus>('answered', 'quoted', 'unanswered', 'courtesy', 'failed', 'verified'),
  language: fc.constantFrom('en', 'zh', 'de', 'fr'),
  person: fc.constantFrom('U0MIA', '<!channel>', 'U0MIA> <!here'),
  kind: fc.nat(6),
  turn: fc.nat(1),
});
type Hostile = typeof hostileAnswer extends fc.Arbitrary<infer T> ? T : never;

function viewsOf(made: Hostile): { view: View & { type: 'answer' }; growing: GrowingView; others: View[] } {
  const {
    words: [a = '', b = '', c = '', d = '', e = '', f = ''],
    urls,
    titles,
    language,
    status,
  } = made;
  const citations = titles.map((title, i) => ({
    n: i + 1,
    documentId: `d${i}`,
    title,
    url: i === 0 ? urls[0] : null,
    documentUrl: urls[i + 1]!,
    anchor: null,
    quote: a,
    source: b,
    updatedAt: i === 0 ? new Date(NOW - 86_400_000).toISOString() : c,
  }));
  const sentences = made.texts.map(({ text, block, quote: quoted, mark, citations: numbers, step }) => ({
    text,
    block,
    citations: numbers,
    support: quoted ? ('quote' as const) : 0.8,
    ...(step === undefined ? {} : { step }),
    marks: quoted
      ? [
          { start: mark, end: mark + 3 },
          { start: mark + 5, end: mark + 6 },
        ]
      : [],
  }));
  const answer = answerOf({
    status,
    language,
    sentences,
    citations,
    text: d,
    closest: [{ title: e, url: urls[0], documentUrl: urls[1], quote: f }],
    degraded: [a, 'no-model'],
  });
  const view = viewOf(answer, {
    searched: {
      documents: 3,
      sources: [
        { name: a, syncedAt: NOW },
        { name: b, syncedAt: null },
      ],
    },
    unread: [{ name: c, reason: d }],
    shared: { by: made.person, question: e },
    actions: { feedback: true, askPerson: true, why: true, share: true },
  });
  const growing: GrowingView = { type: 'growing', language, status: status === 'quoted' ? 'reading' : 'writing', sentences, citations };
  const others: View[] = [
    { type: 'notice', language, text: a, button: { action: 'answer-edited', label: b, value: 'x' } },
    { type: 'welcome', language, searched: view.searched!, suggestions: [c, d], now: NOW },
    {
      type: 'ticket',
      language,
      ticketId: 'k',
      reason: 'wrong',
      question: e,
      person: made.person,
      comment: f,
      permalink: urls[2],
      answer,
      state: 'taken',
      takenBy: made.person,
      now: NOW,
    } satisfies TicketView,
  ];
  return { view, growing, others };
}

it('lets nothing of 5,000 hostile answers through, drawn, plain, as text, streamed or in a modal', () => {
  fc.assert(
    fc.property(hostileAnswer, (made) => {
      const { view, growing, others } = viewsOf(made);
      const allowed: Allowed = { urls: made.urls, people: ['U0MIA'] };
      // One of the others each time: all come often enough.
      const chosen: View[] = [view, made.kind < 3 ? others[made.kind]! : growing];
      const faults: string[] = [];
      const texts = new Set<string>();
      // By turns plain: each form of each view comes hundreds of times.
      for (const message of chosen.flatMap((one, i) => draw(one, (made.turn + i) % 2 === 0 ? 'plain' : 'rich'))) {
        texts.add(message.text);
        faults.push(
          ...inBlocks(message.blocks, allowed),
          ...blockProblems(message.blocks, 'message'),
          ...blockProblems(message.footer, 'message'),
        );
      }
      for (const text of texts) faults.push(...inMrkdwn(text, allowed, 'text'));
      const whole = streamChunk(undefined, growing);
      // A grammar takes its time: some, and patterns for all.
      if (made.kind % 6 === 0) faults.push(...inMarkdown(whole, allowed));
      let appended = '';
      for (let n = 1; n <= growing.sentences.length; n++) {
        const now = { ...growing, sentences: growing.sentences.slice(0, n) };
        appended += streamChunk(n === 1 ? undefined : { ...growing, sentences: growing.sentences.slice(0, n - 1) }, now);
        faults.push(...rawMarkdown(appended, allowed));
      }
      if (growing.status === 'writing' && appended !== whole) faults.push('the pieces of the stream are not the whole');
      if (made.kind % 4 !== 1) {
        expect(faults).toEqual([]);
        return;
      }
      const ids = 'a1';
      const [a = '', b = '', c = '', d = ''] = made.words;
      const modals = [
        quoteModal(
          {
            ...quote(made.turn === 0),
            language: made.language,
            title: a,
            source: b,
            quote: c,
            headingPath: [d, a],
            url: made.urls[0],
            documentUrl: made.urls[1],
          },
          NOW,
        ),
        whyModal({
          ...why(),
          language: made.language,
          status: made.status,
          searchedFor: [a, b],
          degraded: [c],
          model: d,
          passages: [{ title: a, source: b, taken: true, score: 0.5, url: made.urls[0] }],
        }),
        ...(made.kind === 0
          ? [feedbackModal({ language: made.language, ids, askPerson: true }), askPersonModal({ language: made.language, ids })]
          : []),
      ];
      for (const modal of modals) faults.push(...inBlocks(modal, allowed), ...viewProblems(modal));
      expect(faults).toEqual([]);
    }),
    { numRuns: 5000 },
  );
}, 180_000);

it('keeps Slack’s limits however long answers, titles, addresses and lists are', () => {
  const long = fc
    .tuple(
      fc.constantFrom('Wort ', '字', 'a<b&', '*_`~', 'https://x.example.com/', 'row | cell\n', '.@:#', '\n'),
      fc.integer({ min: 1, max: 4000 }),
    )
    .map(([unit, times]) => unit.repeat(times).slice(0, 14_000));
  fc.assert(
    fc.property(
      fc.array(fc.record({ text: long, block: fc.constantFrom(...kinds) }), { maxLength: 14 }),
      long,
      fc.integer({ min: 0, max: 40 }),
      fc.constantFrom<AnswerStatus>('answered', 'quoted', 'unanswered', 'courtesy', 'failed'),
      (texts, words, documents, status) => {
        const citations = Array.from({ length: documents }, (_, i) => ({
          n: i + 1,
          documentId: `d${i}`,
          title: words || 't',
          url: `https://wiki.example.com/${'p'.repeat(i * 60)}`,
          documentUrl: '/d',
          anchor: null,
          quote: 'q',
          source: words,
          updatedAt: null,
        }));
        const sentences = texts.map(({ text, block }, i) => ({
          text,
          block,
          citations: documents > 0 ? [1 + (i % documents)] : [],
          support: 0.9,
        }));
        const closest = citations
          .slice(0, 8)
          .map(({ title, url: address, documentUrl, quote: words2 }) => ({ title, url: address, documentUrl, quote: words2 + words }));
        const view = viewOf(
          { status, sentences, citations, closest, text: words, degraded: [words] },
          { unread: citations.map(({ title }) => ({ name: title, reason: words })), shared: { by: 'U0MIA', question: words } },
        );
        const growing: GrowingView = { type: 'growing', language: 'en', status: 'writing', sentences, citations };
        const messages = [view, growing, { type: 'notice', language: 'en', text: words } as const].flatMap((one) => [
          ...draw(one),
          ...draw(one, 'plain'),
        ]);
        for (const message of messages) {
          expect(blockProblems(message.blocks, 'message')).toEqual([]);
          expect(blocksTooLong(message.blocks)).toBe(false);
          expect(message.text.length).toBeLessThanOrEqual(4000);
          expect(message.text).not.toBe('');
        }
        expect(streamChunk(undefined, growing).length).toBeLessThanOrEqual(12_000);
      },
    ),
    { numRuns: 40 },
  );
}, 180_000);
