/** What people see in Slack: answers, notices, the welcome, tickets and modals. */
import { describe, expect, it } from 'vitest';
import { draw } from '../../bots/slack/draw.ts';
import { streamChunk } from '../../bots/slack/draw-stream.ts';
import { askPersonModal, feedbackModal, quoteModal, readComment, readFeedback, whyModal } from '../../bots/slack/modals.ts';
import { escapeText, linkable, literal, markdownText } from '../../bots/slack/text.ts';
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
import { blockProblems, elementsOf, viewProblems } from '../fakes/slack-blocks.ts';
import { inBlocks, inMarkdown, inMrkdwn } from '../fakes/slack-oracle.ts';
import { slackPage } from '../fakes/slack-page.ts';

const readable = (text: string): string => text.replaceAll('\u2060', '');
const words = (view: AnswerView, plain = false): string =>
  slackPage(draw(view, plain ? 'plain' : 'rich').map(({ blocks }) => ({ blocks })))
    .replace(/^[\s\S]*?<main[^>]*>/, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll('\u00A0', ' ')
    .replaceAll(/\s+/g, ' ');
const pressed = (view: AnswerView, plain = false): string[] =>
  draw(view, plain ? 'plain' : 'rich').flatMap(({ blocks }) =>
    blocks.flatMap((block) =>
      elementsOf({ ...block }).flatMap(({ element }) => (typeof element.action_id === 'string' ? [element.action_id] : [])),
    ),
  );
const growingOf = ({ answer }: AnswerView, status: GrowingView['status'] = 'writing'): GrowingView => ({
  type: 'growing',
  language: answer.language,
  status,
  sentences: answer.sentences,
  citations: answer.citations,
});
const all = [writtenAnswer(), quotedAnswer(), notFound(), deNotFound(), longAnswer(), shortAnswer(true), zhAnswer()];

describe('an answer', () => {
  it('is taken by Slack in every form', () => {
    for (const view of [...all, ticket(), welcome(), growingOf(longAnswer()), { type: 'notice', language: 'en', text: 'x' } as const])
      for (const message of [...draw(view), ...draw(view, 'plain')]) {
        expect(blockProblems(message.blocks, 'message')).toEqual([]);
        expect(message.text).not.toBe('');
      }
    expect(
      draw(longAnswer(), 'plain')[0]!
        .blocks.map(({ type }) => type)
        .filter((type) => !['section', 'context', 'actions'].includes(type)),
    ).toEqual([]);
  });

  it('says its sentences, with numbers that open at the passage, and its sources once each', () => {
    const view = writtenAnswer();
    expect(words(view)).toContain('You get 16 weeks of paid parental leave, whichever parent you are. [1] It may be taken');
    expect(words(view)).toContain(
      '1, 2 Parental leave · People handbook · changed 3 days ago 3 Forms and deadlines · Confluence · changed 2 months ago',
    );
    const links = JSON.stringify(draw(view)[0]!.blocks).match(/"url":"[^"]+"/g);
    expect(links).toContain(`"url":"${view.answer.citations[2]!.url}"`);
  });

  it('opens at Docent itself where the source has no address, and links nowhere where neither has one', () => {
    const one = (url: string | null, documentUrl: string): string =>
      JSON.stringify(draw(viewOf({ sentences: [sentence('Yes.', [1])], citations: [cite(1, 'Page', 1, { url, documentUrl })] })));
    expect(one(null, 'https://docent.example.com/documents/1')).toContain('"url":"https://docent.example.com/documents/1"');
    expect(one(null, '/documents/1')).not.toContain('"url"');
  });

  it('offers what may be done, and only that', () => {
    expect(pressed(writtenAnswer())).toEqual(['docent.quote', 'docent.ask_person', 'docent.why', 'docent.feedback']);
    expect(pressed(writtenAnswer(), true)).toEqual([
      'docent.quote',
      'docent.ask_person',
      'docent.why',
      'docent.feedback.up',
      'docent.feedback.down',
    ]);
    expect(pressed(shortAnswer(true))[0]).toBe('docent.share');
    const none = { feedback: false, askPerson: false, why: false, share: false };
    expect(pressed({ ...shortAnswer(false), actions: none })).toEqual(['docent.quote']);
    expect(pressed(viewOf({ status: 'courtesy', text: 'Hello!' }))).toEqual([]);
    expect(pressed(viewOf({ status: 'failed', text: 'Something went wrong.' }))).not.toContain('docent.feedback');
  });

  it('carries ids alone in its buttons', () => {
    const id = writtenAnswer().answer.answerId;
    const json = JSON.stringify(draw(writtenAnswer())[0]!.blocks);
    const values = [...json.matchAll(/"value":"([^"]+)"/g)].map(([, value]) => value!.replaceAll(id, 'ID'));
    expect(values).toEqual(['ID.1', 'ID.2', 'ID.3', 'ID', 'ID', 'up:ID', 'down:ID']);
    expect(JSON.stringify(draw(shortAnswer(false)))).toContain(`"value":"${id}.1"`);
  });

  it('keeps lists, steps over code, tables and code', () => {
    const json = JSON.stringify(draw(longAnswer())[0]!.blocks);
    expect(json).toContain('"style":"ordered"');
    // The third step goes on counting behind the code.
    expect(json).toContain('"offset":2');
    expect(json).toContain('rich_text_preformatted');
    expect(json).toContain('curl -fsS https://deploy.example.com/keys?env=staging');
    expect(draw(longAnswer())[0]!.blocks.filter(({ type }) => type === 'table')).toHaveLength(1);
    expect(words(longAnswer(), true)).toContain('3. Paste the public half');
  });

  it('quotes the documents grouped by page, with words of the question in bold', () => {
    const json = JSON.stringify(draw(quotedAnswer())[0]!.blocks);
    expect(json).toContain('{"type":"text","text":"einzureichen","style":{"bold":true}}');
    expect(words(quotedAnswer())).toMatch(/Reisekosten Reisekosten sind .* \[1\].*\[2\] Auslagen und Freigaben Auslagen über/);
    expect(words(quotedAnswer())).toContain('Es ist kein Sprachmodell eingerichtet');
    expect(words(quotedAnswer())).toContain('geändert vor 2 Wochen');
  });

  it('says what was searched where nothing was found, and names close pages as such', () => {
    expect(words(notFound())).toContain(
      'I searched 214 documents in 3 sources: People handbook (read 2 hours ago), Confluence (read 5 hours ago), Engineering repository (read yesterday).',
    );
    expect(words(notFound())).toContain('Closest pages, which may not answer it: Lisbon office — The Lisbon office is open');
    expect(words(deNotFound())).toContain('In den Dokumenten nicht gefunden');
    expect(JSON.stringify(draw(notFound()))).toContain('"style":"primary"');
  });

  it('speaks the answer’s language, and English where Docent does not know it', () => {
    expect(words(zhAnswer())).toContain('3天前更新');
    expect(words({ ...shortAnswer(false), answer: { ...shortAnswer(false).answer, language: 'fr' } })).toContain('changed yesterday');
  });

  it('takes several messages where it is long: each sentence once, the sources under the last', () => {
    const sentences = Array.from({ length: 120 }, (_, i) =>
      sentence(`Sentence ${i} ${'says much '.repeat(10)}.`, [1], i % 3 === 0 ? 'step' : 'paragraph'),
    );
    const view = viewOf({ sentences, citations: [cite(1, 'Page', 1)] });
    const messages = draw(view);
    expect(messages.length).toBeGreaterThan(1);
    const said = messages.map(({ blocks }) => JSON.stringify(blocks));
    for (let i = 0; i < 120; i++) expect(said.filter((one) => one.includes(`Sentence ${i} `))).toHaveLength(1);
    expect(said.map((one) => one.includes('docent.feedback'))).toEqual(said.map((_, i) => i === said.length - 1));
    // What was streamed is the first message.
    const streamed = streamChunk(undefined, growingOf(view));
    for (let i = 0; i < 120; i++) expect(streamed.includes(`Sentence ${i} `)).toBe(said[0]!.includes(`Sentence ${i} `));
  });

  it('names files that were not read', () => {
    expect(readable(words(longAnswer()))).toContain('Not read: network-diagram.vsdx (this format is not read)');
  });

  it('has a text for screen readers and notifications, and for where blocks are refused', () => {
    const [message] = draw(writtenAnswer(), 'text');
    expect(message!.blocks).toEqual([]);
    expect(readable(message!.text)).toContain('1.  Tell your manager at least eight weeks before.');
    expect(message!.text).toContain('|Parental leave>');
  });
});

describe('a stream', () => {
  it('appends piece by piece what the whole says, and ends with what is not in it', () => {
    for (const view of [writtenAnswer(), longAnswer(), zhAnswer()]) {
      const now = growingOf(view);
      let appended = '';
      for (let n = 1; n <= now.sentences.length; n++)
        appended += streamChunk(n === 1 ? undefined : { ...now, sentences: now.sentences.slice(0, n - 1) }, {
          ...now,
          sentences: now.sentences.slice(0, n),
        });
      expect(appended).toBe(streamChunk(undefined, now));
      expect(streamChunk(now, now)).toBe('');
      expect(inMarkdown(appended, { urls: view.answer.citations.map(({ url }) => url!), people: [] })).toEqual([]);
      const { blocks, footer } = draw(view)[0]!;
      expect(blocks.slice(-footer.length)).toEqual(footer);
      expect(JSON.stringify(footer)).not.toContain(view.answer.sentences[0]!.text);
    }
  });

  it('reads as lists, tables and code', () => {
    const markdown = readable(streamChunk(undefined, growingOf(longAnswer())));
    expect(markdown).toContain('\n1. Open the repository’s settings');
    expect(markdown).toContain('```\nssh-keygen -t ed25519');
    expect(markdown).toContain('| Environment | Who | Approval |\n| --- | --- | --- |\n| staging |');
    expect(markdown).toContain(String.raw`\[[1](https://wiki.example.com/deploy-keys`);
  });

  it('shows in an edited message what is going on', () => {
    const [message] = draw({ ...growingOf(writtenAnswer()), status: 'searching', sentences: [] });
    expect(message!.text).toBe('is searching the documents…');
  });
});

describe('words that are data', () => {
  const attack =
    '<!channel> <@U0EVIL> <https://evil.test|Payroll> [x](https://evil.test) ![p](https://evil.test/p.png) https://evil.test @here :tada:';
  const nothing = { urls: [], people: [] };

  it('are caught by the oracle where nothing is done about them, so that it may be trusted', () => {
    expect(inMrkdwn(attack, nothing).length).toBeGreaterThan(4);
    expect(inMarkdown(attack, nothing).length).toBeGreaterThan(4);
    expect(inMarkdown(attack.replaceAll('<', '&lt;').replaceAll('>', '&gt;'), nothing).length).toBeGreaterThan(2);
    expect(inMrkdwn('&amp;lt;!channel&amp;gt;', nothing)).toHaveLength(1);
    expect(
      inBlocks(
        [
          { type: 'section', text: { type: 'mrkdwn', text: 'x' } },
          { type: 'image', image_url: 'https://evil.test' },
        ],
        nothing,
      ),
    ).toHaveLength(2);
    expect(
      inBlocks(
        [
          {
            type: 'rich_text',
            elements: [
              { type: 'broadcast', range: 'here' },
              { type: 'link', url: 'https://evil.test' },
            ],
          },
        ],
        nothing,
      ),
    ).toHaveLength(2);
    expect(inMarkdown('see [1]\n\n[1]: https://evil.test', nothing).length).toBeGreaterThan(0);
  });

  it('are harmless, and read as before', () => {
    for (const drawn of [escapeText(attack), markdownText(attack)]) {
      const seen = readable(drawn).replaceAll('\\', '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
      expect(seen).toBe(attack);
    }
    expect(inMrkdwn(escapeText(attack), nothing)).toEqual([]);
    expect(inMarkdown(markdownText(attack), nothing)).toEqual([]);
  });

  it('keep file names, addresses, versions and code', () => {
    const plain = 'README.md, snake_case_name.py, a.b@example.com, v1.2.3, 10.0.0.1, 12:30:45, C:\\x, x < y && y > z, #42';
    expect(readable(escapeText(plain)).replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')).toBe(plain);
    expect(
      readable(markdownText(plain)).replaceAll('\\\\', '\\').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    ).toBe(plain);
    const code = 'vector<std::string> v; // https://example.com/x#y @Override';
    expect(literal(code)).toBe(code);
  });

  it('bring no invisible characters and no turned direction along', () => {
    expect(literal('a\u200Bb\u202Ec\u2060d\u00ADe\u{E0041}')).toBe('abcde');
    expect(literal('👩‍💻')).toBe('👩‍💻');
  });

  it('are no addresses: only http and https are linked, and nothing breaks out', () => {
    expect(linkable('javascript:alert(1)')).toBeUndefined();
    expect(linkable('/documents/1')).toBeUndefined();
    expect(linkable('https://a.example/x|y>z)"`')).toBe('https://a.example/x%7Cy%3Ez%29%22%60');
    expect(linkable('https://a.example/p#:~:text=one%20two,three')).toBe('https://a.example/p#:~:text=one%20two,three');
    expect(linkable('https://a.example\\@evil.test/')).toBeUndefined();
  });

  it('are drawn in no time, however they are made', () => {
    const began = performance.now();
    for (const unit of ['<', 'a', '<a:', 'a:', '[', '](', '.', 'a.', '@', '&lt;', '`', '*', ':a', '<a|', ' ', '\n', 'www.', '\u200D', '_'])
      for (const one of [escapeText, markdownText, literal]) one(unit.repeat(20_000));
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('modals', () => {
  it('are taken by Slack in every language', () => {
    for (const language of ['en', 'zh', 'de', 'fr']) {
      const modals = [
        feedbackModal({ language, ids: 'a1', askPerson: true }),
        askPersonModal({ language, ids: 'a1' }),
        quoteModal({ ...quote(false), language }, NOW),
        whyModal({ ...why(), language }),
      ];
      for (const modal of modals) expect(viewProblems(modal)).toEqual([]);
    }
  });

  it('ask what was wrong, and offer a second try or a person', () => {
    const modal = feedbackModal({ language: 'en', ids: 'a1', askPerson: true });
    expect(modal).toMatchObject({ callback_id: 'docent.feedback_reason', private_metadata: 'a1' });
    const json = JSON.stringify(modal);
    for (const words2 of [
      'It is wrong',
      'It is outdated',
      'Something is missing',
      'I know the answer',
      'Try once more',
      'Show it to the support team',
    ])
      expect(json).toContain(words2);
    expect(json).toContain('only if you choose so below');
    expect(JSON.stringify(feedbackModal({ language: 'en', ids: 'a1', askPerson: false }))).not.toMatch(/"person"|support team/);
  });

  it('are read back', () => {
    const values = {
      reason: { 'docent.reason': { selected_option: { value: 'outdated' } } },
      comment: { 'docent.comment': { value: '  Since October it is 20.  ' } },
      after: { 'docent.after': { selected_option: { value: 'again' } } },
    };
    expect(readFeedback(values)).toEqual({ reason: 'outdated', comment: 'Since October it is 20.', after: 'again' });
    expect(readFeedback({ ...values, reason: { 'docent.reason': { selected_option: { value: 'other' } } } })).toBeUndefined();
    expect(readComment({ comment: { 'docent.comment': { value: null } } })).toEqual({});
  });

  it('show a quote with its document, and say where the page says it no more', () => {
    expect(JSON.stringify(quoteModal(quote(true), NOW))).not.toContain('has changed since');
    const gone = JSON.stringify(quoteModal(quote(false), NOW));
    expect(gone).toContain('has changed since');
    expect(gone).toContain('16 weeks of paid parental leave');
    expect(gone).toContain('changed 3 days ago');
  });

  it('tell why: what was searched, taken and left, the checks, time and cost', () => {
    const json = readable(JSON.stringify(whyModal(why())));
    for (const words2 of [
      'parental leave weeks form HR-12',
      'Taken into the answer',
      'Sabbatical',
      '87%',
      'Sentences checked and shown: 6; left out: 1',
      '2.3s',
      '$0.0021',
      'may not read: 2',
    ])
      expect(json).toContain(words2);
  });
});

describe('the team’s tickets, and the first meeting', () => {
  it('say who asks, what, and what may be done in each state', () => {
    const open = draw(ticket())[0]!;
    expect(JSON.stringify(open.blocks)).toContain('<@U0MIA> says that the answer is outdated');
    const presses = (state: 'open' | 'taken' | 'closed'): string[] =>
      [...JSON.stringify(draw({ ...ticket(), state, takenBy: 'U0SAM' })[0]!.blocks).matchAll(/"action_id":"([^"]+)"/g)].map(
        ([, id]) => id!,
      );
    expect(presses('open')).toEqual(['docent.ticket_take', 'docent.ticket_close']);
    expect(presses('taken')).toEqual(['docent.ticket_close', 'docent.ticket_open']);
    expect(presses('closed')).toEqual(['docent.ticket_open']);
  });

  it('say what is known, how fresh, and who sees questions', () => {
    const json = JSON.stringify(draw(welcome())[0]!.blocks);
    for (const words2 of ['214 documents in 3 sources', 'People handbook (read 2 hours ago)', 'Who sees your questions'])
      expect(json).toContain(words2);
  });
});
