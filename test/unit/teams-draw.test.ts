/** What people see in Teams: answers, streams, notices, the welcome, tickets, cards, and what is put into a chat. */
import { describe, expect, it } from 'vitest';
import type { Card, MessageEntity, TeamsMessage } from '../../bots/teams/activity.ts';
import { answerButtonsCard, doneCard, feedbackCard, quotesCard, readComment, readFeedback, whyCard } from '../../bots/teams/draw-cards.ts';
import { drawExtensionAnswer, drawExtensionDocument } from '../../bots/teams/draw-extension.ts';
import { streamText } from '../../bots/teams/draw-stream.ts';
import { drawTeams, ticketCard } from '../../bots/teams/draw.ts';
import { literal, markdownCode, markdownText, plainInCard } from '../../bots/teams/text.ts';
import type { AnswerView, GrowingView } from '../../src/chat/messenger.ts';
import {
  NOW,
  cite,
  deNotFound,
  longAnswer,
  notFound,
  quote,
  quotedAnswer,
  sentence,
  shortAnswer,
  ticket,
  viewOf,
  welcome,
  why,
  writtenAnswer,
  zhAnswer,
} from '../fakes/slack-answers.ts';
import { cardProblems, inCard, inMessage, inTeamsMarkdown, inWords } from '../fakes/teams-oracle.ts';

const readable = (text = ''): string =>
  text
    .replaceAll('\u2060', '')
    .replaceAll('\u00A0', ' ')
    .replaceAll(/\\([!-/:-@[-`{-~])/g, '$1');
const urlsOf = ({ answer }: AnswerView): { urls: string[]; people: string[] } => ({
  urls: [...answer.citations, ...answer.closest].flatMap((one) => [one.url ?? '', one.documentUrl]),
  people: [],
});
const growingOf = ({ answer }: AnswerView, status: GrowingView['status'] = 'writing'): GrowingView => ({
  type: 'growing',
  language: answer.language,
  status: answer.status === 'quoted' ? 'reading' : status,
  sentences: answer.sentences,
  citations: answer.citations,
});
const entity = (message: TeamsMessage | undefined): MessageEntity | undefined => message?.entities?.[0] as MessageEntity | undefined;
const cardOf = (message: TeamsMessage | undefined): Card | undefined => message?.attachments?.[0]?.content;
/** What stands under an answer. */
const buttonsOf = (messages: TeamsMessage[]): Card | undefined => cardOf(messages.at(-1));
const verbs = (card: unknown): string[] => [...JSON.stringify(card ?? null).matchAll(/"verb":"([^"]+)"/g)].map(([, verb]) => verb!);
/** All that is read on a card. */
const said = (card: unknown): string =>
  readable(
    [...JSON.stringify(card).matchAll(/"(?:text|title|label)":"((?:[^"\\]|\\.)*)"/g)]
      .map(([, text]) => JSON.parse(`"${text}"`) as string)
      .join(' '),
  );
const all = [writtenAnswer(), quotedAnswer(), notFound(), deNotFound(), longAnswer(), shortAnswer(true), zhAnswer()];

describe('an answer', () => {
  it('reads as paragraphs, steps and sources, with numbers that Teams makes citations of', () => {
    const [message] = drawTeams(writtenAnswer());
    expect(readable(message!.text)).toMatchInlineSnapshot(`
      "You get 16 weeks of paid parental leave, whichever parent you are. [1] It may be taken in up to three blocks within the first two years. [1] [2]

      **How to ask for it**

      1. Tell your manager at least eight weeks before. [2]
      2. Fill in form HR-12 and attach the certificate. [3]
      3. You hear from People Operations within five working days. [3]

      **Sources**

      - **1, 2** · [Parental leave](https://wiki.example.com/parental-leave#:~:text=passage%201) · People handbook · changed 3 days ago
      - **3** · [Forms and deadlines](https://wiki.example.com/forms-and-deadlines#:~:text=passage%203) · Confluence · changed 2 months ago"
    `);
  });

  it('has a citation for each number, with its quote, source and date, and says that a model wrote it', () => {
    const found = entity(drawTeams(writtenAnswer())[0])!;
    expect(found.additionalType).toEqual(['AIGeneratedContent']);
    expect(found.citation!.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(found.citation![2]!.appearance).toEqual({
      '@type': 'DigitalDocument',
      name: 'Forms and deadlines',
      abstract: 'passage 3',
      url: writtenAnswer().answer.citations[2]!.url,
      keywords: ['Confluence', 'changed 2 months ago'],
    });
  });

  it('is taken by Teams in every form, each number with its citation', () => {
    for (const view of all)
      for (const how of ['rich', 'plain', 'text'] as const)
        for (const message of drawTeams(view, how, 'direct')) expect(inMessage(message, urlsOf(view), true, how === 'rich')).toEqual([]);
  });

  it('does not say that a model wrote what no model wrote', () => {
    expect(entity(drawTeams(quotedAnswer())[0])!.additionalType).toBeUndefined();
    expect(
      entity(drawTeams({ ...shortAnswer(false), answer: { ...shortAnswer(false).answer, status: 'verified' } })[0])!.additionalType,
    ).toBeUndefined();
    expect(drawTeams(notFound())[0]!.entities).toBeUndefined();
  });

  it('quotes the documents grouped by page, with words of the question in bold', () => {
    const text = readable(drawTeams(quotedAnswer())[0]!.text);
    expect(text).toContain('**[Reisekosten](https://wiki.example.com/reisekosten#:~:text=passage%201)**\n\n> **Reisekosten** sind');
    expect(text).toContain(
      'werden im nächsten Lauf erstattet. [1]\n\n- Flug- und Bahntickets im Original\n- Hotelrechnung mit der Anschrift der Firma [2]',
    );
    expect(text).toContain('_Es ist kein Sprachmodell eingerichtet');
  });

  it('keeps steps over code, tables and code; tables become lines where they would be too wide', () => {
    const text = readable(drawTeams(longAnswer())[0]!.text);
    expect(text).toContain('3. Paste the public half and note the fingerprint in keys.md. [3]');
    expect(text).toContain('```\nssh-keygen -t ed25519 -C "deploy@staging"');
    expect(text).toContain('| Environment | Who | Approval |\n| --- | --- | --- |\n| staging | every engineer | none |');
    expect(text).toContain('_Not read: network-diagram.vsdx (this format is not read)'.slice(1));
    expect(readable(drawTeams(longAnswer(), 'plain')[0]!.text)).toContain('- staging · every engineer · none');
    const wide = viewOf({ sentences: [sentence('a | b | c | d | e\n1 | 2 | 3 | 4 | 5', [], 'table')] });
    expect(drawTeams(wide)[0]!.text).toContain('- a · b · c · d · e');
  });

  it('says what was searched where nothing was found, names close pages as such, and offers a person first', () => {
    const [message, buttons] = drawTeams(notFound());
    const text = readable(message!.text);
    expect(text).toContain('**Not found in the documents**\n\nI searched 214 documents in 3 sources: People handbook (read 2 hours ago)');
    expect(text).toContain(
      'Closest pages, which may not answer it:\n\n- [Lisbon office](https://wiki.example.com/lisbon) — The Lisbon office is open',
    );
    expect(readable(drawTeams(deNotFound())[0]!.text)).toContain('In den Dokumenten nicht gefunden');
    expect(JSON.stringify(cardOf(buttons))).toContain('"title":"Ask a person","style":"positive"');
  });

  it('offers what may be done, and only that, with ids alone', () => {
    const [message, buttons] = drawTeams(writtenAnswer());
    expect(verbs(cardOf(buttons))).toEqual(['docent.quotes', 'docent.ask_person', 'docent.why']);
    expect(buttons).toEqual({ type: 'message', summary: message!.summary, attachments: buttons!.attachments });
    expect(message!.channelData).toEqual({ feedbackLoop: { type: 'default' } });
    expect(verbs(buttonsOf(drawTeams(shortAnswer(true))))).toEqual(['docent.share', 'docent.quotes', 'docent.ask_person', 'docent.why']);
    const none = { feedback: false, askPerson: false, why: false, share: false };
    const [bare, ...more] = drawTeams({ ...notFound(), actions: none });
    expect(more).toEqual([]);
    expect(bare!.channelData).toBeUndefined();
    expect(drawTeams(viewOf({ status: 'courtesy', text: 'Hello!' }))[0]).toEqual({
      type: 'message',
      text: 'Hello!',
      textFormat: 'markdown',
      summary: 'Hello!',
    });
    expect(drawTeams(viewOf({ status: 'failed', text: 'No.' }))[0]!.channelData).toBeUndefined();
    const ids = [...JSON.stringify(cardOf(buttons)).matchAll(/"data":(\{[^}]*\})/g)].map(([, data]) => data);
    expect(new Set(ids)).toEqual(new Set([`{"id":"${writtenAnswer().answer.answerId}"}`]));
  });

  it('takes several messages where it is long: each sentence once, sources and buttons under the last', () => {
    const sentences = Array.from({ length: 120 }, (_, i) =>
      sentence(`Sentence ${i} ${'says much '.repeat(10)}.`, [1 + (i % 30)], i % 3 === 0 ? 'step' : 'paragraph'),
    );
    const view = viewOf({ sentences, citations: Array.from({ length: 30 }, (_, i) => cite(i + 1, `Page ${i}`, 1)) });
    const all = drawTeams(view);
    const messages = all.slice(0, -1);
    expect(messages.length).toBeGreaterThan(1);
    expect(verbs(buttonsOf(all))).toContain('docent.why');
    for (let i = 0; i < 120; i++) expect(messages.filter(({ text }) => text!.includes(`Sentence ${i} `))).toHaveLength(1);
    for (const [i, message] of messages.entries()) {
      const last = i === messages.length - 1;
      expect(message.attachments).toBeUndefined();
      expect(message.channelData !== undefined).toBe(last);
      expect(message.text!.includes('Continued in the next message.')).toBe(!last);
      expect(inMessage(message, urlsOf(view))).toEqual([]);
    }
    // Past what Teams takes as citations, a number is a link.
    expect(messages.map(({ text }) => text).join('')).toContain('[(25)](https://wiki.example.com/page-24');
    const streamed = streamText(growingOf(view));
    expect(messages[0]!.text!.startsWith(streamed)).toBe(true);
  });

  it('speaks the answer’s language, and English where Docent does not know it', () => {
    expect(readable(drawTeams(zhAnswer())[0]!.text)).toContain('3天前更新');
    expect(readable(drawTeams({ ...shortAnswer(false), answer: { ...shortAnswer(false).answer, language: 'fr' } })[0]!.text)).toContain(
      'changed yesterday',
    );
  });

  it('opens at Docent itself where the source has no address, and links nowhere where neither has one', () => {
    const one = (url: string | null, documentUrl: string): string =>
      JSON.stringify(drawTeams(viewOf({ sentences: [sentence('Yes.', [1])], citations: [cite(1, 'Page', 1, { url, documentUrl })] })));
    expect(one(null, 'https://docent.example.com/documents/1')).toContain('"url":"https://docent.example.com/documents/1"');
    expect(one(null, '/documents/1')).not.toContain('"url"');
    expect(one('javascript:alert(1)', '/documents/1')).not.toContain('javascript');
  });

  it('names who shared it as words: nobody is mentioned', () => {
    const view = { ...shortAnswer(false), shared: { by: 'p1', question: 'What is the Wi-Fi password?' } };
    expect(drawTeams(view, 'rich', 'channel', () => 'Mia *Becker*')[0]!.text).toContain(String.raw`**Mia \*Becker\*** asked Docent`);
    const named = { ...view, shared: { ...view.shared, name: 'Mia *Becker*' } };
    expect(drawTeams(named)[0]!.text).toContain(String.raw`**Mia \*Becker\*** asked Docent`);
    expect(drawTeams(view)[0]!.text).toContain('**Somebody** asked Docent and shared the answer:\n\n> What is the Wi-Fi password?');
  });

  it('has words alone for where all else is refused', () => {
    const [message] = drawTeams(writtenAnswer(), 'text');
    expect(Object.keys(message!)).toEqual(['type', 'text', 'textFormat', 'summary']);
    expect(message!.text).toContain('1. Tell your manager at least eight weeks before.');
    expect(message!.text).toContain('Forms and deadlines https://wiki.example.com/forms-and-deadlines');
  });
});

describe('a stream', () => {
  it('begins each time with what it said before, and the whole answer begins with it', () => {
    for (const view of all.filter(({ answer }) => answer.sentences.length > 0)) {
      const now = growingOf(view);
      let before = '';
      for (let n = 0; n <= now.sentences.length; n++) {
        const text = streamText({ ...now, sentences: now.sentences.slice(0, n) });
        expect(text.startsWith(before)).toBe(true);
        before = text;
      }
      expect(inTeamsMarkdown(before, urlsOf(view), undefined)).toEqual([]);
      expect(drawTeams(view)[0]!.text!.startsWith(before)).toBe(true);
    }
    expect(streamText({ ...growingOf(writtenAnswer()), sentences: [] })).toBe('');
  });

  it('shows in an edited message what is going on', () => {
    expect(drawTeams({ ...growingOf(writtenAnswer()), status: 'searching', sentences: [] })[0]).toEqual({
      type: 'message',
      text: '_is searching the documents…_',
      textFormat: 'markdown',
    });
    const [growing] = drawTeams(growingOf(writtenAnswer()));
    expect(growing!.text).toMatch(/within five working days\.\u00A0\[3\]\n\n_is writing the answer…_$/);
    expect(inMessage(growing!, urlsOf(writtenAnswer()))).toEqual([]);
  });
});

describe('words that are data', () => {
  const attack =
    '<at>Mia</at> <img src=x> [x](https://evil.test) ![p](https://evil.test/p.png) https://evil.test a@evil.test [1] {{DATE(2026-01-01T00:00:00Z)}} &lt;at&gt; $x$ *b* _i_ `c`';
  const nothing = { urls: [], people: [] };

  it('are caught by the oracle where nothing is done about them, so that it may be trusted', () => {
    expect(inTeamsMarkdown(attack, nothing, []).length).toBeGreaterThan(8);
    for (const one of ['<at>Mia</at>', '&lt;at&gt;', '![x](y)', 'https://evil.test', '{{DATE(2026)}}', '${x}', 'a@evil.com'])
      expect(inWords(one, 'x')).not.toEqual([]);
    expect(inTeamsMarkdown('Yes [1] and [2].', nothing, [1, 3])).toHaveLength(2);
    expect(inTeamsMarkdown('see [x]\n\n[x]: https://evil.test', nothing, []).length).toBeGreaterThan(0);
    expect(
      inCard({ type: 'TextRun', text: 'x', selectAction: { type: 'Action.OpenUrl', url: 'https://evil.test' } }, nothing),
    ).toHaveLength(1);
    expect(inCard({ type: 'Image', url: 'https://evil.test' }, nothing)).toHaveLength(2);
    expect(inCard({ type: 'Action.Execute', data: { id: 'a', text: 'b' } }, nothing)).toHaveLength(1);
    expect(cardProblems({ version: '1.5', actions: [1, 2, 3, 4], x: 'y'.repeat(15_000) })).toHaveLength(2);
  });

  it('are harmless, and read as before', () => {
    for (const drawn of [markdownText(attack), plainInCard(attack, 1000)]) {
      expect(inTeamsMarkdown(drawn, nothing, [])).toEqual([]);
      expect(readable(drawn).replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')).toBe(attack);
    }
    expect(inWords(literal(attack), 'x')).toEqual([]);
    expect(readable(literal(attack))).toBe(attack);
  });

  it('keep file names, code and versions', () => {
    const plain = 'README.md, snake_case_name.py, v1.2.3, 10.0.0.1, 12:30:45, C:/x, x < y, #42, 50 %';
    expect(readable(literal(plain))).toBe(plain);
    expect(markdownText('snake_case_name and 10.0.0.1')).toBe('snake_case_name and 10.0.0.1');
    const code = 'vector<int> v; if (a[1] && b) x = "$HOME/_y_*";';
    expect(markdownCode(code)).toBe(code);
  });

  it('are drawn in no time, however they are made', () => {
    const began = performance.now();
    for (const unit of [
      '<',
      'a',
      '<a:',
      '[',
      '](',
      '[ ',
      '.',
      'a.',
      '@',
      '&lt;',
      '`',
      '*',
      '{',
      '$',
      ' ',
      '\n',
      'www.',
      '\u200D',
      '_',
      '^',
      '[^',
    ])
      for (const one of [markdownText, markdownCode, literal]) one(unit.repeat(20_000));
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('cards', () => {
  it('are taken by Teams in every language', () => {
    for (const language of ['en', 'zh', 'de', 'fr'])
      for (const card of [
        feedbackCard({ language, answerId: 'a1', askPerson: true }),
        quotesCard(
          [
            { ...quote(false), language },
            { ...quote(true), language },
          ],
          NOW,
          'a1',
        ),
        whyCard({ ...why(), language }, 'a1'),
        doneCard('Done.', { language, answerId: 'a1' }),
        ticketCard({ ...ticket(), language }),
      ]) {
        expect(cardProblems(card)).toEqual([]);
        expect(JSON.stringify(card)).not.toContain('undefined');
      }
  });

  it('ask what was wrong, and offer a second try or a person', () => {
    const card = feedbackCard({ language: 'en', answerId: 'a1', askPerson: true });
    expect(verbs(card)).toEqual(['docent.feedback_reason', 'docent.feedback_again', 'docent.feedback_person']);
    expect(said(card)).toContain('It is wrong It is outdated Something is missing I know the answer');
    expect(JSON.stringify(feedbackCard({ language: 'en', answerId: 'a1', askPerson: false }))).not.toMatch(/person|support team/);
  });

  it('are read back', () => {
    const data = { id: 'a1', reason: 'outdated', comment: '  Since October it is 20.  ' };
    expect(readFeedback(data)).toEqual({ reason: 'outdated', comment: 'Since October it is 20.', after: 'none' });
    expect(readFeedback(data, 'docent.feedback_again')).toMatchObject({ after: 'again' });
    expect(readFeedback({ ...data, reason: 'other' })).toBeUndefined();
    for (const odd of [undefined, null, 'x', [], { comment: 3 }]) expect(readComment(odd)).toEqual({});
  });

  it('show quotes with their documents, and say where a page says it no more', () => {
    expect(said(quotesCard([quote(true)], NOW, 'a1'))).toMatch(
      /^Parental leave Time off › .* · People handbook · changed 3 days ago .* 16 weeks/,
    );
    const marked = { ...quote(true), title: 'Release', headingPath: ['Release', 'Getting a *change* in'], quote: 'Set it to **halted**.' };
    expect(said(quotesCard([marked], NOW, 'a1'))).toMatch(/^Release Getting a change in · People handbook .* Set it to halted\./);
    expect(said(quotesCard([quote(false)], NOW, 'a1'))).toContain('has changed since');
    const twice = said(
      quotesCard(
        [quote(true), { ...quote(true), documentUrl: `${quote(true).documentUrl}?citation=a1.2`, quote: 'And so on.' }],
        NOW,
        'a1',
      ),
    );
    expect(twice.match(/People handbook/g)).toHaveLength(1);
    expect(twice).toContain('And so on.');
    expect(verbs(quotesCard([quote(true)], NOW, 'a1'))).toEqual(['docent.hide']);
  });

  it('tell why: what was searched, taken and left, the checks, time and cost', () => {
    const text = said(whyCard(why(), 'a1'));
    for (const words of [
      'parental leave weeks form HR-12',
      'Taken into the answer',
      'Sabbatical',
      '87%',
      'left out: 1',
      '2.3s',
      '$0.0021',
      'may not read: 2',
    ])
      expect(text).toContain(words);
  });

  it('are hidden again: the buttons come back', () => {
    const { answer, actions } = writtenAnswer();
    expect(answerButtonsCard(answer, actions)).toEqual(buttonsOf(drawTeams(writtenAnswer())));
  });
});

describe('the team’s tickets, the first meeting, notices, and what is put into a chat', () => {
  it('say who asks, what, and what may be done in each state', () => {
    const names = (id: string): string | undefined => ({ U0MIA: 'Mia Becker', U0SAM: 'Sam Okafor' })[id];
    const [open] = drawTeams(ticket(), 'rich', 'channel', names);
    expect(open!.summary).toBe('Mia Becker says that the answer is outdated');
    expect(said(cardOf(open))).toContain('Travel above 500 euros is signed off by the team lead. Travel policy  · changed last year');
    const presses = (state: 'open' | 'taken' | 'closed'): string[] => verbs(ticketCard({ ...ticket(), state, takenBy: 'U0SAM' }, names));
    expect(presses('open')).toEqual(['docent.ticket_take', 'docent.ticket_close']);
    expect(presses('taken')).toEqual(['docent.ticket_close', 'docent.ticket_open']);
    expect(presses('closed')).toEqual(['docent.ticket_open']);
    expect(said(ticketCard({ ...ticket(), state: 'taken', takenBy: 'U0SAM' }, names))).toContain('Taken by Sam Okafor');
    // Where this process never heard of them, as the catalog knows them.
    const known = ticketCard({ ...ticket(), personName: 'Mia Becker', state: 'taken', takenBy: 'U0SAM', takenByName: 'Sam Okafor' });
    expect(said(known)).toContain('Mia Becker says');
    expect(said(known)).toContain('Taken by Sam Okafor');
  });

  it('say what is known, how fresh, and who sees questions; suggestions are pressed in a personal chat', () => {
    const [here] = drawTeams(welcome(), 'rich', 'direct');
    for (const words of ['214 documents in 3 sources', 'People handbook (read 2 hours ago)', 'Who sees your questions'])
      expect(here!.text).toContain(words);
    expect(here!.suggestedActions!.actions[0]).toEqual({
      type: 'imBack',
      title: 'How much parental leave do I get?',
      value: 'How much parental leave do I get?',
    });
    const [there] = drawTeams(welcome(), 'rich', 'channel');
    expect(here!.text).not.toContain('Try asking');
    expect(there!.suggestedActions).toBeUndefined();
    expect(there!.text).toContain('Try asking');
    expect(there!.text).toContain('- How much parental leave do I get?');
  });

  it('offer to answer anew', () => {
    const button = { action: 'answer-edited', label: 'Answer anew', value: 'q1' } as const;
    const [message] = drawTeams({ type: 'notice', language: 'en', text: 'You changed your question.', button });
    expect(message!.text).toBeUndefined();
    expect(said(cardOf(message))).toContain('You changed your question.');
    expect(JSON.stringify(cardOf(message))).toContain('"verb":"docent.answer_edited","title":"Answer anew","data":{"id":"q1"}');
  });

  it('put an answer or a document into a chat, with their sources', () => {
    const result = drawExtensionAnswer(longAnswer(), 'How do I get a deploy key?');
    expect(result.preview.content.title).toBe('How do I get a deploy key?');
    expect(said(result.content)).toMatch(/^How do I get a deploy key\? A deploy key lets the pipeline/);
    expect(said(result.content)).toContain('Key rotation policy');
    for (const view of all) {
      const { content } = drawExtensionAnswer(view);
      expect([...cardProblems(content), ...inCard(content, urlsOf(view))]).toEqual([]);
    }
    const found = {
      title: 'Visitors',
      url: 'https://wiki.example.com/visitors',
      source: 'Office guide',
      quote: 'Guests sign in.',
      language: 'en',
      now: NOW,
    };
    const document = drawExtensionDocument({ ...found, updatedAt: NOW - 86_400_000 });
    expect(said(document.content)).toBe('Visitors Office guide · changed yesterday Guests sign in. Open the document');
    expect(document.preview.content).toEqual({ title: 'Visitors', text: 'Office guide · changed yesterday · Guests sign in.' });
  });
});
