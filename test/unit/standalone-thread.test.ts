/** What a message takes from its thread when there is no language model. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withBeside } from '../../src/ask/beside.ts';
import { leaningOf } from '../../src/ask/leaning.ts';
import { contentWords } from '../../src/ask/salient-words.ts';
import { makeStandalone, type Turn } from '../../src/ask/standalone.ts';
import { analyzeQuery } from '../../src/search/analyzer.ts';
import { never } from '../fakes/open-app.ts';

const pto: Turn = { question: 'How many PTO days may I carry over?', answer: 'Up to five, entered in the Roots app.' };
const standalone = (text: string, turns: Turn[], language = 'en') => makeStandalone({ text, language, turns }, undefined, never());

describe('leaningOf', () => {
  test.each([
    ['en', 'And by when?'],
    ['en', 'what about the one after that?'],
    ['en', 'Does it expire?'],
    ['en', 'Where is the form for it?'],
    ['en', 'can i then keep it, and who erases it?'],
    ['en', 'Thanks! And for interns?'],
    ['de', 'Und wann?'],
    ['de', 'Gilt das auch für Praktikanten?'],
    ['de', 'Wo finde ich den Antrag dafür?'],
    ['zh', '那病假呢？'],
    ['zh', '它可以结转吗？'],
    ['zh', '为什么？'],
  ])('%s: "%s" cannot be understood alone', (language, text) => {
    expect(leaningOf(text, language)).toBe('wholly');
  });

  test.each([
    ['en', 'Utrecht?'],
    ['en', 'parental leave'],
    ['en', 'how did the venus flytrap get its name'],
    ['de', 'Wie lange dauert die Probezeit?'],
    ['zh', '年假有几天？'],
    ['zh', '实习生也可以申请吗？'],
  ])('%s: "%s" may go on, or be something new', (language, text) => {
    expect(leaningOf(text, language)).toBe('partly');
  });

  test.each([
    ['en', 'How early must I tell the People team about parental leave?'],
    ['en', 'who has to approve a customer extension before the end date'],
    ['en', 'Is it possible to rent a car at the Utrecht office?'],
    ['en', 'When the laptop breaks, does the company send a courier to collect it from Utrecht?'],
    ['de', 'Gibt es einen Zuschuss zum Mittagessen in der Kantine in Utrecht?'],
    ['zh', '笔记本坏了，维修费公司一年最多能报多少？'],
    ['zh', '那须盐原车站的经营方是谁？'],
  ])('%s: "%s" has a subject of its own, though it may hold words that point', (language, text) => {
    expect(leaningOf(text, language)).toBe('not');
  });

  test('any text, in any language, has one of the three, and soon', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.constantFrom('en', 'de', 'zh', 'fr', 'xx'), (text, language) => {
        expect(['wholly', 'partly', 'not']).toContain(leaningOf(text, language));
        for (const word of contentWords(text, language)) expect(word).toMatch(/[\p{L}\p{N}\p{M}]/u);
      }),
    );
    expect(leaningOf('it sie das 那 '.repeat(20_000), 'de')).toBeDefined();
  });
});

describe('makeStandalone without a model', () => {
  test('puts the question that the thread is about before a follow-up, readable and fit to embed', async () => {
    const made = await standalone('And by when?', [pto]);
    expect(made.question).toBe('How many PTO days may I carry over? And by when?');
    expect(made.meaning).toBe(made.question);
  });

  test('searches the salient words of the question before as its own, and those of a short answer for less', async () => {
    const made = await standalone('Where do i enter it?', [pto]);
    expect(made.query).toBe('PTO days carry\nWhere do i enter it?');
    const terms = new Map(withBeside(analyzeQuery(made.query, ['en']), made.beside ?? [], ['en']).terms.map((t) => [t.term, t.weight]));
    expect(terms.get('pto')).toBe(1);
    expect(terms.get('root')).toBeGreaterThan(0.3);
    expect(terms.get('root')).toBeLessThan(1);
  });

  test('takes nothing for a message with a subject of its own', async () => {
    const text = 'Which vendors may ship laptops to the Utrecht office?';
    expect(await standalone(text, [pto])).toEqual({ question: text, query: text });
  });

  test('leaves a message of two words as it is, with the question before beside it', async () => {
    const made = await standalone('parental leave', [pto]);
    expect(made).toEqual({ question: 'parental leave', query: 'parental leave', beside: [{ text: 'PTO days carry', weight: 0.25 }] });
  });

  test('a subject that changed in the thread stays behind', async () => {
    const turns = [pto, { question: 'Who repairs a broken laptop at the Utrecht office?', answer: '' }];
    expect((await standalone('And how long does it take?', turns)).question).toBe(
      'Who repairs a broken laptop at the Utrecht office? And how long does it take?',
    );
  });

  test('follow-ups of a follow-up keep the subject', async () => {
    const first = await standalone('and where do i enter it?', [pto]);
    const second = await standalone('does it expire?', [pto, { question: first.question, answer: '' }]);
    expect(second.question).toMatch(/PTO days.*does it expire\?$/);
    expect(second.query).toContain('PTO');
  });

  test('words of a long answer, quoted from many pages, are left aside; the title of its first page is not', async () => {
    const answer = Array.from({ length: 80 }, (_, i) => `word${i}`).join(' ');
    const made = await standalone('And by when?', [{ ...pto, answer, titles: ['Time off', 'Swag'] }]);
    expect(made.beside).toEqual([{ text: 'Time off', weight: 0.3 }]);
  });

  test('of a question that is a page long only its beginning goes before another', async () => {
    const question = `How many PTO days may I carry over? ${'I ask because of my trip to Utrecht next spring. '.repeat(40)}`;
    const made = await standalone('And by when?', [{ question, answer: '' }]);
    expect(made.question).toBe('How many PTO days may I carry over? And by when?');
    expect(made.query.length).toBeLessThan(400);
    const endless = await standalone('And by when?', [{ question: 'PTO '.repeat(500), answer: '' }]);
    expect(endless.question).toBe('And by when?');
  });

  test('in German and Chinese alike', async () => {
    const german = await standalone('Gilt das auch für Praktikanten?', [{ question: 'Wie viele Urlaubstage habe ich', answer: '' }], 'de');
    expect(german).toMatchObject({
      question: 'Wie viele Urlaubstage habe ich? Gilt das auch für Praktikanten?',
      query: 'Urlaubstage\nGilt das auch für Praktikanten?',
    });
    const chinese = await standalone('那病假呢？', [{ question: '年假可以结转几天？', answer: '' }], 'zh');
    expect(chinese.question).toBe('年假可以结转几天？那病假呢？');
    expect(chinese.query).toBe('年假 结转\n那病假呢？');
  });

  test('what is beside a query adds words and never weakens its own', () => {
    const own = analyzeQuery('PTO days', ['en']);
    expect(withBeside(own, [{ text: 'PTO carried over', weight: 0.3 }], ['en'])).toEqual({
      terms: [...own.terms, { term: 'carri', weight: 0.3 }],
      pairs: own.pairs,
    });
    expect(withBeside(own, [], ['en'])).toBe(own);
  });
});
