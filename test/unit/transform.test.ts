/** "Shorter" and "in Chinese" are told from questions. */
import { describe, expect, test } from 'vitest';
import { transformOf } from '../../src/ask/transform.ts';

test.each([
  'shorter',
  'Shorter, please.',
  'make it shorter',
  'Can you make it a bit shorter?',
  'keep it brief',
  'summarize',
  'Summarise that',
  'too long',
  'TL;DR',
  'in one sentence',
  '短一点',
  '再简短一些',
  '太长了',
  '总结一下',
  '一句话概括',
  'kürzer',
  'Kürzer bitte',
  'zu lang',
])('"%s" asks for less', (text) => {
  expect(transformOf(text)).toEqual({ kind: 'shorter' });
});

test.each([
  ['in Chinese', 'zh'],
  ['In Chinese, please', 'zh'],
  ['translate it to German', 'de'],
  ['say that in English', 'en'],
  ['auf Deutsch', 'de'],
  ['auf Deutsch bitte', 'de'],
  ['用中文', 'zh'],
  ['用英文说', 'en'],
  ['翻译成英语', 'en'],
  ['请用中文回答', 'zh'],
  ['into French', 'fr'],
])('"%s" asks for %s', (text, language) => {
  expect(transformOf(text)).toEqual({ kind: 'translate', language });
});

describe('a question of its own', () => {
  test.each([
    'Is there a shorter way to the office?',
    'How do I write invoices in Chinese?',
    'Which documents are in English?',
    'shorter working hours',
    'Who can translate a contract to German?',
    '中文发票怎么开？',
    '用中文开发票可以吗？',
    'in Chinese offices',
    'What is too long?',
    `shorter ${'please '.repeat(20)}`,
    '',
  ])('"%s"', (text) => {
    expect(transformOf(text)).toBeUndefined();
  });
});
