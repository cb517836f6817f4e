/** Greetings and thanks are told from questions. */
import { describe, expect, test } from 'vitest';
import { courtesyReply } from '../../src/ask/courtesy.ts';

describe('a courtesy', () => {
  test.each([
    'Hi',
    'hello there!',
    'Good morning, team',
    'Thanks!',
    'thank you so much 🙏',
    'OK, thanks',
    'bye',
    'Who are you?',
    'What can you do?',
    '你好',
    '您好！',
    '谢谢',
    '非常感谢！',
    '再见',
    '你是谁？',
    'Hallo',
    'Guten Tag',
    'Moin',
    'Danke schön',
    'Tschüss',
    'Wer bist du?',
    'ＨＥＬＬＯ',
  ])('%s', (text) => {
    expect(courtesyReply(text, 'en')).toMatch(/\p{L}/u);
  });
});

describe('a question', () => {
  test.each([
    'Hi, how many PTO days do I have?',
    'hello world example in the CLI',
    'Thanks to whom goes the bonus?',
    'What can you do about a lost laptop?',
    'Who are you supposed to call at night?',
    '你好，年假有几天？',
    '谢谢周敏的人是谁？',
    'Hallo, wie viele Urlaubstage habe ich?',
    'okay to work from Spain?',
    'greeting cards',
    'bye law',
    '再见面谈的时间',
    '',
    '?',
  ])('%s', (text) => {
    expect(courtesyReply(text, 'en')).toBeUndefined();
  });
});

test('the reply is in the language asked for, English where there is none', () => {
  const replies = ['en', 'zh', 'de'].map((language) => courtesyReply('hello', language));
  expect(new Set(replies).size).toBe(3);
  expect(replies[1]).toMatch(/\p{Script=Han}/u);
  expect(courtesyReply('hello', 'sw')).toBe(replies[0]);
});
