/** A follow-up is made whole; a question in another language gets a translated query. */
import { describe, expect, test } from 'vitest';
import { isFollowUp, makeStandalone } from '../../src/ask/standalone.ts';
import type { ChatRequest, LanguageModel } from '../../src/models/language-model.ts';
import { never } from '../fakes/open-app.ts';

const turns = [{ question: 'How many PTO days may I carry over?', answer: 'Up to five.' }];

function modelThat(reply: string | Error): { model: LanguageModel; asked: ChatRequest[] } {
  const asked: ChatRequest[] = [];
  const model: LanguageModel = {
    model: 'test',
    contextTokens: 8000,
    countTokens: (text) => text.length / 4,
    async *chat(request) {
      asked.push(request);
      if (reply instanceof Error) throw reply;
      yield { type: 'text', text: reply };
    },
  };
  return { model, asked };
}

describe('isFollowUp', () => {
  test.each(['And by when?', 'What about Utrecht?', 'why', 'Does it expire?', '那乌得勒支呢？', '为什么？', 'Und wann?', 'Utrecht?'])(
    '"%s" leans on what went before',
    (text) => {
      expect(isFollowUp(text, turns, /\p{Script=Han}/u.test(text) ? 'zh' : 'en')).toBe(true);
      expect(isFollowUp(text, [], 'en')).toBe(false);
    },
  );

  test('a whole question does not', () => {
    expect(isFollowUp('How early must I tell the People team about parental leave?', turns, 'en')).toBe(false);
  });
});

describe('makeStandalone', () => {
  test('asks no model for a question that stands by itself', async () => {
    const { model, asked } = modelThat('');
    const text = 'How early must I tell the People team about parental leave?';
    expect(await makeStandalone({ text, language: 'en', turns }, model, never())).toMatchObject({ question: text, query: text });
    expect(asked).toEqual([]);
  });

  test("keeps the person's own words in the search", async () => {
    const { model } = modelThat('Sure! {"question":"By when must PTO be taken?","query":"deadline carried PTO"}');
    expect(await makeStandalone({ text: 'And by when?', language: 'en', turns }, model, never())).toMatchObject({
      question: 'By when must PTO be taken?',
      query: 'deadline carried PTO\nAnd by when?',
    });
  });

  test('translates the query where the documents speak another language, in the same call', async () => {
    const { model, asked } = modelThat('{"question":"年假可以结转几天？","query":"How many PTO days carry over?"}');
    expect(
      await makeStandalone({ text: '年假可以结转几天？', language: 'zh', turns: [], documentLanguage: 'en' }, model, never()),
    ).toMatchObject({ question: '年假可以结转几天？', query: 'How many PTO days carry over?' });
    expect(asked).toHaveLength(1);
    expect(JSON.parse(asked[0]!.messages[1]!.content)).toMatchObject({ queryLanguage: 'en' });
  });

  test.each(['', 'I cannot do that.', '{"question":', '{"question":1,"query":2}', '{"question":" ","query":"x"}', '[]', 'null'])(
    'goes on without the model when it answers %j',
    async (reply) => {
      expect(await makeStandalone({ text: 'And by when?', language: 'en', turns }, modelThat(reply).model, never())).toMatchObject({
        question: 'How many PTO days may I carry over? And by when?',
        query: 'PTO days carry\nAnd by when?',
      });
    },
  );

  test("lets a failing model's error through, for the caller to say so", async () => {
    await expect(
      makeStandalone({ text: 'And by when?', language: 'en', turns }, modelThat(new Error('down')).model, never()),
    ).rejects.toThrow('down');
  });
});
