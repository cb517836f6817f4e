/** Nothing of documents, people or models becomes a link, mention, image, citation or card function in Teams: 5,000 made-up attacks. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answerButtonsCard, doneCard, feedbackCard, quotesCard, whyCard } from '../../bots/teams/draw-cards.ts';
import { drawExtensionAnswer, drawExtensionDocument } from '../../bots/teams/draw-extension.ts';
import { streamText } from '../../bots/teams/draw-stream.ts';
import { drawTeams, ticketCard } from '../../bots/teams/draw.ts';
import type { AnswerView, Drawn, GrowingView, TicketView, View } from '../../src/chat/messenger.ts';
import type { AnswerStatus, BlockKind } from '../../src/types.ts';
import { NOW, answerOf, quote, viewOf, why } from '../fakes/slack-answers.ts';
import { cardProblems, inCard, inMessage, inTeamsMarkdown } from '../fakes/teams-oracle.ts';
import type { Allowed } from '../fakes/slack-oracle.ts';

const PARTS = [
  '<at>Everyone</at>',
  '<at id="0">Mia</at>',
  '</at>',
  '<at',
  '>Mia</at>',
  '<img src="https://evil.test/p.png?d=1">',
  '<a href="https://evil.test">Payroll</a>',
  '<a href=javascript:alert(1)>x</a>',
  '<attachment id="x"></attachment>',
  '<cite>1</cite>',
  '<script>alert(1)</script>',
  '<!-- x -->',
  '<b>',
  '<https://evil.test>',
  '<mailto:a@evil.test>',
  '<a@evil.test>',
  '![x](https://evil.test/p.png?d=)',
  '![x][1]',
  '![',
  '[click](https://evil.test)',
  '[click]( https://evil.test "t")',
  '[click]',
  '(https://evil.test)',
  '[ref][1]',
  '[1]: https://evil.test',
  '[1](https://evil.test)',
  '[1]',
  '[ 1 ]',
  '[١]',
  '[2]',
  '[',
  '1',
  ']',
  '(x)',
  ': https://evil.test',
  '[^1]',
  '[^1]: https://evil.test',
  '> [!WARNING]',
  '[!NOTE]',
  '](https://evil.test)',
  'https://evil.test/steal?d=1',
  'HTTP://EVIL.TEST',
  'www.evil.test/x',
  'evil.com',
  'sub.evil.co/path',
  'README.md',
  'a.b@evil.com',
  'mailto:x@evil.test',
  'tel:+491234',
  'ftp://evil.test',
  'javascript:alert(1)',
  'https:',
  '//evil.test',
  '# ',
  '## x',
  '#',
  '*',
  '**',
  '***',
  '_',
  '__',
  '~~',
  '`',
  '```',
  '```\n',
  '\n```\n',
  '```adaptivecard\n{}\n```',
  '~~~',
  '\\',
  '\\[',
  '\\<',
  '|',
  '| a | b |\n|---|---|\n',
  '$x$',
  '$$',
  '$5',
  '\n',
  '\n\n',
  '\r\n',
  '- ',
  '- [ ] ',
  '+ ',
  '> ',
  '1. ',
  '1) ',
  '    code',
  '---',
  '===',
  '\t',
  '&lt;at&gt;x&lt;/at&gt;',
  '&amp;lt;at&amp;gt;',
  '&#60;img src=x&#62;',
  '&#x3C;at&#x3E;',
  '&lt',
  '&nbsp;',
  '&#91;1&#93;',
  '&lbrack;1&rbrack;',
  '&',
  'lt;',
  '<',
  '>',
  '{{DATE(2026-01-01T00:00:00Z, SHORT)}}',
  '{{TIME(2026-01-01T00:00:00Z)}}',
  '{{',
  '{',
  'DATE(2026-01-01T00:00:00Z)}}',
  '${$root.secret}',
  '${',
  '\u200B',
  '\u2060',
  '\uFEFF',
  '\u00AD',
  '\u202E',
  '\u200D',
  '<\u200Bat>',
  '[\u200B1]',
  'https:\u200B//evil.test',
  'ht\u200Dtps://evil.test',
  '{\u2060{DATE(2026-01-01T00:00:00Z)}}',
  '＜at＞',
  '\u{E0001}',
  '\uD800',
  '\0',
  '\u2028',
  'snake_case_name',
  'v1.2.3',
  'Überstunden',
  '年假规定。',
  '（见附件）',
  'plain words',
  'a & b',
  'x < y && y > z',
  'vector<std::string>',
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
      'https://wiki.example.com/)](x',
      'https://wiki.example.com/<at>x</at>',
      'https://bücher.example/ä',
      'https://wiki.example.com/a b\nc',
      'https://wiki.example.com\\@evil.test/',
      'javascript:alert(1)',
      'data:text/html,x',
      '/documents/1',
      'https://',
      'https://wiki.example.com/&lt;at&gt;',
      'https://wiki.example.com/`x`"\'',
      'msteams://x',
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
      citations: fc.subarray([1, 2, 25]),
      step: fc.option(fc.nat(30), { nil: undefined }),
    }),
    { maxLength: 4 },
  ),
  titles: fc.tuple(data, data, data),
  urls: fc.tuple(url, url, url, url),
  words: fc.array(data, { minLength: 6, maxLength: 6 }),
  status: fc.constantFrom<AnswerStatus>('answered', 'quoted', 'unanswered', 'courtesy', 'failed', 'verified'),
  language: fc.constantFrom('en', 'zh', 'de', 'fr'),
  person: data,
  kind: fc.nat(6),
  turn: fc.nat(2),
});
type Hostile = typeof hostileAnswer extends fc.Arbitrary<infer T> ? T : never;

function viewsOf(made: Hostile): { view: AnswerView; growing: GrowingView; others: View[]; ticket: TicketView } {
  const [a = '', b = '', c = '', d = '', e = '', f = ''] = made.words;
  const { urls, language, status } = made;
  const citations = made.titles.map((title, i) => ({
    n: [1, 2, 25][i]!,
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
    support: quoted || status === 'quoted' ? ('quote' as const) : 0.8,
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
  const searched = {
    documents: 3,
    sources: [
      { name: a, syncedAt: NOW },
      { name: b, syncedAt: null },
    ],
  };
  const view = viewOf(answer, {
    searched,
    unread: [{ name: c, reason: d }],
    ...(made.turn === 0 ? { shared: { by: made.person, name: f, question: e } } : {}),
    actions: { feedback: true, askPerson: true, why: true, share: true },
  });
  const growing: GrowingView = { type: 'growing', language, status: status === 'quoted' ? 'reading' : 'writing', sentences, citations };
  const ticket: TicketView = {
    type: 'ticket',
    language,
    ticketId: 'k',
    reason: 'wrong',
    question: e,
    person: made.person,
    personName: a,
    comment: f,
    permalink: urls[2],
    answer,
    state: 'taken',
    takenBy: made.person,
    takenByName: b,
    now: NOW,
  };
  const others: View[] = [
    { type: 'notice', language, text: a, button: { action: 'answer-edited', label: b, value: 'x' } },
    { type: 'welcome', language, searched, suggestions: [c, d], now: NOW },
    ticket,
  ];
  return { view, growing, others, ticket };
}

it('lets nothing of 5,000 hostile answers through, drawn, plain, as text, streamed, on cards or put into a chat', () => {
  fc.assert(
    fc.property(hostileAnswer, (made) => {
      const { view, growing, others, ticket } = viewsOf(made);
      const allowed: Allowed = { urls: made.urls, people: [] };
      const [a = '', b = '', c = '', d = ''] = made.words;
      const faults: string[] = [];
      // By turns plain, as text, and by the grammar: each form of each view comes hundreds of times.
      const how = (['rich', 'plain', 'text'] as Drawn[])[made.turn]!;
      const grammar = made.kind === 0;
      for (const message of drawTeams(view, how, 'direct', () => made.person))
        faults.push(...inMessage(message, allowed, grammar, how === 'rich'));
      const other = made.kind < 3 ? others[made.kind]! : growing;
      for (const message of drawTeams(other, how, 'direct', () => made.person))
        faults.push(...inMessage(message, allowed, [0, 1, 4].includes(made.kind), how === 'rich'));

      let before = '';
      const streamed = made.kind % 2 === 1;
      for (let n = 1; streamed && n <= growing.sentences.length; n++) {
        const text = streamText({ ...growing, sentences: growing.sentences.slice(0, n) });
        if (!text.startsWith(before)) faults.push(`a stream took back ${JSON.stringify(before)} for ${JSON.stringify(text)}`);
        before = text;
        if (n === growing.sentences.length || made.kind === 1)
          faults.push(...inTeamsMarkdown(text, allowed, undefined, 'stream', made.kind === 3));
      }
      const [first] = !streamed
        ? []
        : drawTeams({ ...view, answer: { ...view.answer, status: growing.status === 'reading' ? 'quoted' : 'answered' } });
      if (first && view.shared === undefined && !first.text!.startsWith(before))
        faults.push('the whole does not begin with what was streamed');

      const id = view.answer.answerId;
      const cards: unknown[] =
        made.kind === 6 ? [[ticketCard(ticket, () => made.person), doneCard(a), answerButtonsCard(view.answer, view.actions)]] : [];
      if (made.kind % 3 === 1) {
        const quotes = [a, b].map((words) => ({
          ...quote(made.turn === 0),
          language: made.language,
          title: words,
          source: b,
          quote: c,
          headingPath: [d, a],
          url: made.urls[0],
          documentUrl: made.urls[1],
        }));
        const passages = [{ title: a, source: b, taken: true, score: 0.5, url: made.urls[0] }];
        cards.push(
          quotesCard(quotes.slice(made.turn % 2), NOW, id),
          whyCard({ ...why(), language: made.language, status: made.status, searchedFor: [a, b], degraded: [c], model: d, passages }, id),
          feedbackCard({ language: made.language, answerId: id, askPerson: true }),
        );
      }
      if (made.kind % 3 === 2) {
        const results = [
          drawExtensionAnswer(view, c),
          drawExtensionDocument({
            title: a,
            url: made.urls[0],
            source: b,
            quote: c,
            updatedAt: NOW - 1,
            language: made.language,
            now: NOW,
          }),
        ];
        for (const { content, preview } of results) cards.push(content, { title: preview.content.title, text: preview.content.text });
      }
      for (const card of cards.flat()) faults.push(...inCard(card, allowed));
      expect(faults).toEqual([]);
    }),
    { numRuns: 5000 },
  );
}, 180_000);

it('keeps Teams’ limits however long answers, titles, addresses and lists are', () => {
  const long = fc
    .tuple(
      fc.constantFrom('Wort ', '字', 'a<b&', '*_`~', 'https://x.example.com/', 'row | cell\n', '.@:#', '\n', '{{${', '[1]'),
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
          quote: words,
          source: words,
          updatedAt: null,
        }));
        const sentences = texts.map(({ text, block }, i) => ({
          text,
          block,
          citations: documents > 0 ? [1 + (i % documents)] : [],
          support: 0.9,
        }));
        const closest = citations.slice(0, 8).map((one) => ({ title: one.title, url: one.url, documentUrl: '/d', quote: words }));
        const shared = { by: 'x', question: words };
        const view = viewOf({ status, sentences, citations, closest, text: words, degraded: [words] }, { shared });
        const growing: GrowingView = { type: 'growing', language: 'en', status: 'writing', sentences, citations };
        const allowed: Allowed = { urls: citations.map((one) => one.url), people: [] };
        for (const one of [view, growing, { type: 'notice', language: 'en', text: words } as const])
          for (const how of ['rich', 'plain', 'text'] as const)
            for (const message of drawTeams(one, how)) {
              expect(2 * JSON.stringify(message).length).toBeLessThan(80_000);
              expect((message.text ?? '').length).toBeLessThan(25_000);
              for (const { content } of message.attachments ?? []) expect(cardProblems(content)).toEqual([]);
            }
        expect(inMessage(drawTeams(view)[0]!, allowed, false)).toEqual([]);
        expect(streamText(growing).length).toBeLessThan(20_000);
        const many = citations.map((one) => ({ ...quote(true), title: one.title, url: one.url, quote: words }));
        for (const card of [
          quotesCard(many, NOW, 'a1'),
          drawExtensionAnswer(view).content,
          ticketCard({
            type: 'ticket',
            language: 'en',
            ticketId: 'k',
            reason: 'asked',
            question: words,
            person: 'x',
            answer: view.answer,
            state: 'open',
            now: NOW,
          }),
        ])
          expect(cardProblems(card)).toEqual([]);
      },
    ),
    { numRuns: 20 },
  );
}, 180_000);
