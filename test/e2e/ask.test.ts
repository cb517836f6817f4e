/** Asking, end to end through the wired application: what a person sees of answers, and what must never be seen. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { WiredApp } from '../../src/app.ts';
import { readAnswer } from '../../src/catalog/answers.ts';
import { recordUsage } from '../../src/catalog/usage.ts';
import type { Answer, Log } from '../../src/types.ts';
import { readPrompt, sentencesIn } from '../fakes/inventing-model.ts';
import { answerTo, eventsOf, never, openApp, type OpenedApp } from '../fakes/open-app.ts';
import {
  startOpenAiEndpoint,
  type ChatCompletionRequest,
  type OpenAiEndpoint,
  type OpenAiEndpointOptions,
} from '../fakes/openai-endpoint.ts';

const SAMPLE = join(import.meta.dirname, '../../sample');
const questions = JSON.parse(readFileSync(join(SAMPLE, 'questions.json'), 'utf8')) as {
  checked: { question: string; file: string; goldQuote: string; language: string }[];
  unanswered: { question: string }[];
};
const BREACH = 'Within how many hours is a data breach reported to the authority?';
const squashed = (text: string): string => text.replace(/\s+/g, ' ');

/** Quotes the first sentences of the first passage; "shorter" gives one of them, and a translation none. */
const parrot = (request: ChatCompletionRequest): string => {
  const { standalone, question, passages } = readPrompt(request.messages);
  if (standalone) return JSON.stringify({ question, query: question });
  const first = passages.find((passage) => sentencesIn(passage.text).length > 0);
  if (!first) return '{"block":"none"}';
  const shorter = request.messages[0]!.content.includes('make it shorter');
  const inChinese = request.messages[0]!.content.includes('write it in Chinese');
  return sentencesIn(first.text)
    .slice(0, shorter || inChinese ? 1 : 3)
    .map((quote) =>
      JSON.stringify({ block: 'paragraph', text: inChinese ? '请参阅原文的这一句。' : quote, cites: [{ p: first.p, quote }] }),
    )
    .join('\n');
};

interface Line {
  level: string;
  fields: Record<string, unknown>;
  message: string;
}

function logInto(lines: Line[], own: Record<string, unknown> = {}): Log {
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, fields: { ...own, ...fields }, message });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logInto(lines, { ...own, ...fields }),
  };
}

async function sampleWith(env: Record<string, string> = {}, options: Parameters<typeof openApp>[1] = {}): Promise<OpenedApp> {
  const opened = await openApp(env, options);
  await opened.app.addSample();
  await opened.app.syncNow([], { signal: never(), vectors: { ms: 60_000 } });
  return opened;
}

async function endpointFor(options: OpenAiEndpointOptions): Promise<OpenAiEndpoint> {
  const endpoint = await startOpenAiEndpoint(options);
  onTestFinished(() => endpoint.close());
  return endpoint;
}

const limits = { connectMs: 1000, firstTokenMs: 1500, idleMs: 500, totalMs: 4000 };

async function openedWith(
  model: OpenAiEndpointOptions,
  env: Record<string, string> = {},
): Promise<{ app: WiredApp; endpoint: OpenAiEndpoint; opened: OpenedApp; lines: Line[] }> {
  const endpoint = await endpointFor(model);
  const lines: Line[] = [];
  const opened = await sampleWith(
    { OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'test-chat', ...env },
    { log: logInto(lines), modelTimeouts: limits },
  );
  onTestFinished(() => opened.close());
  return { app: opened.app, endpoint, opened, lines };
}

/** Every quote is the page's own text. */
function expectVerbatim(answer: Answer, pages: string[]): void {
  for (const { quote } of answer.citations)
    expect(
      pages.some((page) => page.includes(quote)),
      quote,
    ).toBe(true);
  for (const sentence of answer.sentences) {
    expect(sentence.citations.length).toBeGreaterThan(0);
    for (const n of sentence.citations) expect(answer.citations.map((c) => c.n)).toContain(n);
  }
}

describe('the sample, with no model', () => {
  let opened: OpenedApp;
  let app: WiredApp;
  const lines: Line[] = [];
  beforeAll(async () => {
    opened = await sampleWith({}, { log: logInto(lines) });
    app = opened.app;
  });
  afterAll(() => opened.close());

  test('its checked questions are answered with the gold quote shown', async () => {
    const handbook = join(SAMPLE, 'handbook');
    const pages = (readdirSync(handbook, { recursive: true }) as string[])
      .filter((f) => f.endsWith('.md'))
      .map((f) => readFileSync(join(handbook, f), 'utf8'));
    const missed: string[] = [];
    for (const { question, goldQuote, language } of questions.checked) {
      const answer = await answerTo(app, question);
      expect(answer.language).toBe(language);
      expectVerbatim(answer, pages);
      const gold = squashed(goldQuote);
      const shown =
        answer.status === 'quoted' &&
        answer.citations.some(
          (c) => squashed(c.quote).includes(gold) || (gold.includes(squashed(c.quote)) && c.quote.length > gold.length / 2),
        );
      if (!shown) missed.push(`${question} (${answer.status})`);
    }
    console.log(
      `checked questions with the gold quote shown: ${questions.checked.length - missed.length} of ${questions.checked.length}; missed: ${missed.join('; ')}`,
    );
    expect(questions.checked.length - missed.length).toBeGreaterThanOrEqual(16);
  });

  test('what no page answers is abstained from, with the closest pages named', async () => {
    const answered: string[] = [];
    for (const { question } of questions.unanswered) {
      const answer = await answerTo(app, question);
      if (answer.status !== 'unanswered') answered.push(question);
      else expect(answer).toMatchObject({ sentences: [], citations: [] });
    }
    console.log(
      `unanswered questions abstained from: ${questions.unanswered.length - answered.length} of ${questions.unanswered.length}; answered: ${answered.join('; ')}`,
    );
    expect(answered.length).toBeLessThanOrEqual(1);
  });

  test.each([
    ['Hello!', 'en'],
    ['Good morning', 'en'],
    ['thanks a lot', 'en'],
    ['你好', 'zh'],
    ['谢谢！', 'zh'],
    ['Guten Tag', 'de'],
    ['Vielen Dank', 'de'],
  ])('"%s" gets a short reply in its language, with no search', async (text, language) => {
    const events = await eventsOf(app, { text });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'final', answer: { status: 'courtesy', language, sentences: [], citations: [], closest: [] } });
    expect((events[0] as { answer: Answer }).answer.text.length).toBeGreaterThan(3);
  });

  const odd: [name: string, text: string][] = [
    ['nothing', ''],
    ['white space', ' \n\t '],
    ['a quote mark', '"'],
    ['quotes', '"PTO" \'days\' ""'],
    ['a star', '*'],
    ['stars', 'PTO* AND *days'],
    ['NEAR(', 'NEAR(pto days, 5)'],
    ['OR', 'OR'],
    ['operators', 'pto OR NOT AND days'],
    ['colons', 'title:PTO text:days ::'],
    ['parentheses', '((((pto))'],
    ['emoji', '🏖️🎉 PTO? 👩‍👩‍👧‍👦'],
    ['emoji alone', '🏖️'],
    ['40,000 characters', 'How many PTO days? '.repeat(2200).slice(0, 40_000)],
    ['40,000 characters without a space', 'x'.repeat(40_000)],
    ['40,000 Chinese characters', '年假'.repeat(20_000)],
    ['lone surrogates', 'PTO \ud83d days \udc00'],
    ['NUL', 'PTO\0days'],
    ['control characters', '\u0001\u0002\u001b[31mPTO'],
    ['SQL', "'; drop table answers; --"],
    ['HTML', '<script>alert(1)</script> PTO'],
    ['a path', '../../etc/passwd'],
    ['a regular expression', '(a+)+$ [z-a] \\'],
    ['right to left', 'كم عدد أيام الإجازة؟ \u202e PTO'],
    ['combining marks', `P${'\u0301'.repeat(500)}TO`],
    ['JSON', '{"block":"none"}'],
    ['a column filter', '{title} : ^PTO + -days'],
    ['two million characters', 'pto '.repeat(500_000)],
  ];
  test.each(odd)('%s is a valid question', async (_, text) => {
    const answer = await answerTo(app, text);
    expect(['answered', 'quoted', 'unanswered', 'courtesy']).toContain(answer.status);
    expect(answer.text.length).toBeGreaterThan(0);
    expect(answer.text.isWellFormed()).toBe(true);
  });

  test('a delivery that comes twice is answered once', async () => {
    const first = await answerTo(app, { text: 'How long must my password be?', eventKey: 'event-1' });
    const again = await answerTo(app, { text: 'How long must my password be?', eventKey: 'event-1' });
    expect(again).toEqual(first);
    const { db } = await app.askDeps();
    expect(await db.selectFrom('questions').select('id').where('event_key', '=', 'event-1').execute()).toHaveLength(1);
  });

  test('the ledger holds question, answer and citations, and gives the answer back as it was shown', async () => {
    const answer = await answerTo(app, { text: BREACH, threadId: 'ledger' });
    const deps = await app.askDeps();
    expect(await readAnswer(deps.db, answer.answerId, (id, answerId, n) => `${deps.pageUrl(id)}?citation=${answerId}.${n}`)).toEqual(
      answer,
    );
    const question = await deps.db.selectFrom('questions').selectAll().where('id', '=', answer.questionId).executeTakeFirstOrThrow();
    expect(question).toMatchObject({ text: BREACH, state: 'answered', audience: 'asker' });
    const citations = await deps.db.selectFrom('citations').selectAll().where('answer_id', '=', answer.answerId).execute();
    expect(citations.length).toBeGreaterThanOrEqual(answer.citations.length);
    for (const citation of citations) {
      const passage = await deps.db.selectFrom('passages').selectAll().where('id', '=', citation.passage_id).executeTakeFirstOrThrow();
      expect(passage).toMatchObject({ text_hash: citation.text_hash, text: expect.stringContaining(citation.quote) });
    }
    expect((await app.thread('ledger')).map((turn) => turn.answer?.answerId)).toEqual([answer.answerId]);
    expect(await app.showDocument(answer.citations[0]!.documentId, { citation: `${answer.answerId}.1` })).toMatchObject({
      highlight: { quote: answer.citations[0]!.quote, present: true },
    });
  });

  test('a follow-up leans on the turn before it', async () => {
    await answerTo(app, { text: 'How many PTO days may I carry over?', threadId: 'follow' });
    const answer = await answerTo(app, { text: 'And by when must they be taken?', threadId: 'follow' });
    expect(answer.text).toContain('31 March');
  });

  test('"shorter" keeps fewer of the same sentences with their citations; "in Chinese" says that it needs a model', async () => {
    const before = await answerTo(app, { text: 'How many PTO days may I carry over?', threadId: 'change' });
    const shorter = await answerTo(app, { text: 'shorter please', threadId: 'change' });
    expect(shorter.status).toBe('quoted');
    expect(shorter.sentences.length).toBeGreaterThan(0);
    expect(shorter.sentences.length).toBeLessThan(before.sentences.length);
    expect(shorter.sentences.map((s) => s.text)).toEqual(before.sentences.slice(0, shorter.sentences.length).map((s) => s.text));
    expect(shorter.citations.length).toBeGreaterThan(0);
    for (const c of shorter.citations)
      expect(before.citations.some((b) => b.quote.includes(c.quote) || c.quote.includes(b.quote))).toBe(true);
    const chinese = await answerTo(app, { text: 'in Chinese', threadId: 'change' });
    expect(chinese).toMatchObject({ status: 'quoted', language: 'zh', degraded: ['no-model'] });
    expect(chinese.text).toContain('需要语言模型');
    expect(chinese.citations.length).toBeGreaterThan(0);
    expect((await answerTo(app, { text: 'shorter', threadId: 'nothing-before' })).status).toBe('courtesy');
  });

  test('no text of a question, and no name, stands in the log', async () => {
    await answerTo(app, { text: 'Xylophonquatsch PTO zebrafinken?', email: 'secret.person@example.com' });
    const log = JSON.stringify(lines);
    expect(lines.some((line) => line.message === 'question answered')).toBe(true);
    for (const text of ['ylophonquatsch', 'zebrafinken', 'secret.person', 'carry over', 'data breach']) expect(log).not.toContain(text);
  });
});

describe('readers', () => {
  const SECRET = 'The falcon budget is 918273 pounds and Ann Dukes signs for it.';
  let opened: OpenedApp;
  let app: WiredApp;
  let endpoint: OpenAiEndpoint;
  beforeAll(async () => {
    endpoint = await startOpenAiEndpoint({ reply: parrot });
    opened = await openApp({ OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'test-chat' }, { modelTimeouts: limits });
    app = opened.app;
    for (const [name, file, text] of [
      ['private', 'falcon.md', `# Falcon\n\n${SECRET}\n`],
      ['open', 'budget.md', '# Budgets\n\nEvery department keeps its budget in the finance system and reviews it each quarter.\n'],
      ['hr', 'hr.md', '# Redundancy\n\nThe falcon redundancy plan names 44 people in the group of hr.\n'],
    ] as const) {
      mkdirSync(join(opened.folder, name));
      writeFileSync(join(opened.folder, name, file), text);
      await app.addSource({
        location: join(opened.folder, name),
        name,
        readers: name === 'private' ? 'person:Ann@example.com' : name === 'hr' ? 'group:hr' : 'everyone',
      });
    }
    await app.syncNow([], { signal: never() });
  });
  afterAll(async () => {
    await opened.close();
    await endpoint.close();
  });
  const seen = (answer: unknown): string => JSON.stringify(answer);
  const prompts = (from: number): string => JSON.stringify(endpoint.requests.slice(from).map((r) => r.body));

  test('a document for Ann is found by her', async () => {
    const answer = await answerTo(app, { text: 'What is the falcon budget?', email: 'ANN@example.com' });
    expect(answer.status).toBe('answered');
    expect(answer.text).toContain('918273');
    expect(await app.showDocument(answer.citations[0]!.documentId, { email: 'ann@example.com' })).toBeDefined();
  });

  test.each([
    ['by another person', { email: 'bob@example.com' }],
    ['by someone unnamed', {}],
    ['by Ann, for everyone', { email: 'ann@example.com', audience: 'everyone' as const }],
    ['by one with a longer address', { email: 'xann@example.com' }],
    ['by one with a trick in the address', { email: 'ann@example.com.evil.example' }],
  ])('asked %s, it is in no answer, citation, closest page, prompt or list', async (_, who) => {
    const from = endpoint.requests.length;
    for (const text of [
      'What is the falcon budget?',
      'falcon',
      'Who signs for 918273 pounds?',
      'Tell me about Ann Dukes',
      'falcon redundancy plan',
    ]) {
      const events = await eventsOf(app, { text, ...who });
      expect(seen(events)).not.toMatch(/918273|Dukes|Falcon|Redundancy|44 people/);
    }
    expect(prompts(from)).not.toMatch(/The falcon budget is|signs for it|44 people/);
    expect(seen(await app.listDocuments({ offset: 0, limit: 100 }))).not.toMatch(/falcon|redundancy/i);
  });

  test('its page opens for no one else, not by its id, a passage or a citation', async () => {
    const answer = await answerTo(app, { text: 'What is the falcon budget?', email: 'ann@example.com' });
    const { documentId } = answer.citations[0]!;
    for (const email of [undefined, 'bob@example.com'])
      expect(await app.showDocument(documentId, { citation: `${answer.answerId}.1`, ...(email ? { email } : {}) })).toBeUndefined();
  });

  test.each(['And who signs for it?', 'shorter', 'in Chinese', 'What is the budget of a department?'])(
    'in Ann\'s thread, "%s" from Bob shows and sends nothing of it',
    async (text) => {
      const threadId = `anns-${text}`;
      await answerTo(app, { text: 'What is the falcon budget?', email: 'ann@example.com', threadId });
      const from = endpoint.requests.length;
      const answer = await answerTo(app, { text, email: 'bob@example.com', threadId });
      expect(seen(answer)).not.toMatch(/918273|Dukes/);
      expect(prompts(from)).not.toMatch(/918273|Dukes/);
    },
  );

  test('what Ann asked alone is not repeated to everyone in the same thread', async () => {
    await answerTo(app, { text: 'What is the falcon budget?', email: 'ann@example.com', threadId: 'mixed' });
    const from = endpoint.requests.length;
    for (const text of ['shorter', 'And who signs for it?'])
      expect(seen(await answerTo(app, { text, email: 'ann@example.com', audience: 'everyone', threadId: 'mixed' }))).not.toMatch(
        /918273|Dukes/,
      );
    expect(prompts(from)).not.toMatch(/918273|Dukes/);
  });

  test('a change of readers holds at the next question', async () => {
    await app.removeSource('private');
    expect(seen(await answerTo(app, { text: 'What is the falcon budget?', email: 'ann@example.com' }))).not.toMatch(/918273|Dukes/);
  });
});

describe('with a model', () => {
  test('"shorter" and "in Chinese" change the answer before, and what is said stays cited and checked', async () => {
    const { app } = await openedWith({ reply: parrot });
    const before = await answerTo(app, { text: 'How many PTO days may I carry over to next year?', threadId: 't' });
    expect(before.status).toBe('answered');
    const shorter = await answerTo(app, { text: 'shorter', threadId: 't' });
    expect(shorter).toMatchObject({ status: 'answered', language: 'en' });
    expect(shorter.sentences).toHaveLength(1);
    expect(before.citations.map((c) => c.documentId)).toContain(shorter.citations[0]!.documentId);
    const chinese = await answerTo(app, { text: '用中文', threadId: 't' });
    expect(chinese).toMatchObject({ status: 'answered', language: 'zh', sentences: [{ text: '请参阅原文的这一句。' }] });
    expect(chinese.citations[0]!.quote).toMatch(/[a-z]/);
  });

  test('a change that says more than its quotes is not shown', async () => {
    const { app } = await openedWith({
      reply: (request) =>
        request.messages[0]!.content.includes('make it shorter')
          ? parrot(request).replace(/"text":"[^"]*"/, '"text":"You may carry over 77 days."')
          : parrot(request),
    });
    await answerTo(app, { text: 'How many PTO days may I carry over to next year?', threadId: 't' });
    const shorter = await answerTo(app, { text: 'shorter', threadId: 't' });
    expect(shorter.text).not.toContain('77');
    expect(shorter.sentences.length).toBeGreaterThan(0);
    expect(shorter.degraded).toContain('not-supported');
  });

  test('down: quotes, and says so', async () => {
    const { app, lines } = await openedWith({ fault: () => ({ kind: 'status', status: 503, retryAfter: '0', echo: true }) });
    const answer = await answerTo(app, BREACH.replace('breach', 'breach, zebrafinken,'));
    expect(answer).toMatchObject({ status: 'quoted', degraded: ['model-failed'] });
    expect(answer.text).toContain('72 hours');
    expect(JSON.stringify(lines)).not.toContain('zebrafinken');
  });

  test('silent: quotes within the time-out, and says so', async () => {
    const { app } = await openedWith({ fault: () => ({ kind: 'hang' }) });
    expect(await answerTo(app, BREACH)).toMatchObject({ status: 'quoted', degraded: ['model-timeout'] });
  });

  test('over budget: quotes, says so, and the endpoint is not asked', async () => {
    const { app, endpoint } = await openedWith({ reply: parrot }, { BUDGET_USD_MONTH: '5' });
    const { db } = await app.askDeps();
    await recordUsage(db, { purpose: 'answer', model: 'test-chat', promptTokens: 1, completionTokens: 1, usd: 5 }, Date.now());
    const answer = await answerTo(app, BREACH);
    expect(answer).toMatchObject({ status: 'quoted', degraded: ['budget'] });
    expect(answer.text).toContain('72 hours');
    expect(endpoint.requests.filter((r) => r.path.includes('chat'))).toEqual([]);
  });

  test('the embedding endpoint down after indexing: words, and says so', async () => {
    let down = false;
    const { app } = await openedWith(
      {
        reply: parrot,
        fault: (request) => (down && request.path.includes('embeddings') ? { kind: 'status', status: 500, retryAfter: '0' } : undefined),
      },
      { EMBEDDING_MODEL: 'test-embedding' },
    );
    expect((await answerTo(app, BREACH)).degraded).toBeUndefined();
    down = true;
    const answer = await answerTo(app, BREACH);
    expect(answer).toMatchObject({ status: 'answered', degraded: ['meaning-unavailable'] });
  });

  test('a context of 4,096 tokens is never exceeded', { timeout: 60_000 }, async () => {
    const { app, endpoint } = await openedWith({ reply: parrot, contextTokens: 4096 });
    await app.changeSetting('contextTokens', { 'test-chat': 4096 });
    const threadId = 'small';
    let answered = 0;
    for (const text of [
      ...questions.checked.map((q) => q.question),
      'How many PTO days? '.repeat(2000),
      '年假有多少天？'.repeat(2000),
      'And then?',
      'shorter',
      'in Chinese',
      'shorter',
    ]) {
      const answer = await answerTo(app, { text, threadId });
      expect(
        (answer.degraded ?? []).filter((reason) => reason !== 'not-supported'),
        text.slice(0, 60),
      ).toEqual([]);
      if (answer.status === 'answered') answered++;
    }
    for (const request of endpoint.requests) expect(request.closedEarly).toBe(false);
    expect(answered).toBeGreaterThan(15);
  });

  test('the question is acknowledged while it is searched and written, and sentences come as they are checked', async () => {
    const { app } = await openedWith({ reply: (request) => ({ chunks: parrot(request).match(/[^]{1,40}/gu)!, delayMs: 5 }) });
    const events = await eventsOf(app, { text: 'How many PTO days may I carry over to next year?' });
    expect(events.filter((e) => e.type === 'status').map((e) => e.status)).toEqual(['searching', 'reading', 'writing']);
    const shown = events.filter((e) => e.type === 'sentence').map((e) => e.sentence);
    expect(shown.length).toBeGreaterThan(1);
    expect((events.at(-1) as { answer: Answer }).answer.sentences).toEqual(shown);
  });

  test('cancelled by the asker: it ends at once with no answer kept', async () => {
    const { app } = await openedWith({ fault: () => ({ kind: 'hang' }) });
    const stop = new AbortController();
    const asking = (async () => {
      for await (const event of app.ask({ text: 'How long must my password be?', platform: 'console' }, stop.signal))
        if (event.type === 'status' && event.status === 'writing') setTimeout(() => stop.abort(), 50);
    })();
    await expect(asking).rejects.toThrow();
  });
});
