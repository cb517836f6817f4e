/** The sample knowledge base is what a newcomer sees first: its pages, links and checked questions must hold. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import GithubSlugger from 'github-slugger';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const sample = path.resolve(import.meta.dirname, '../../sample');
const handbook = path.join(sample, 'handbook');

interface Questions {
  suggested: { text: string; language: string }[];
  checked: { question: string; language: string; file: string; goldQuote: string }[];
  unanswered: { question: string; language: string }[];
}

const files = readdirSync(handbook, { recursive: true, encoding: 'utf8' })
  .map((name) => name.split(path.sep).join('/'))
  .filter((name) => name.endsWith('.md'))
  .toSorted();
const pages = new Map(files.map((name) => [name, readFileSync(path.join(handbook, name), 'utf8')]));
const everything = [...pages.values()].join('\n');
const questions = JSON.parse(readFileSync(path.join(sample, 'questions.json'), 'utf8')) as Questions;

const isChinese = (name: string) => /\p{Script=Han}/u.test(name);

function split(text: string): { frontMatter: Record<string, unknown>; body: string } {
  const match = /^---\n([\s\S]*?)\n---\n/.exec(text);
  if (!match) throw new Error('no front matter');
  return { frontMatter: parse(match[1]!) as Record<string, unknown>, body: text.slice(match[0].length) };
}

function countWords(text: string): number {
  const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });
  return [...segmenter.segment(text)].filter((segment) => segment.isWordLike).length;
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '');
}

function anchorsOf(text: string): Set<string> {
  const slugger = new GithubSlugger();
  return new Set([...withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)].map((match) => slugger.slug(match[1]!)));
}

function countLanguages(items: { language: string }[]): Record<string, number> {
  return { en: items.filter((item) => item.language === 'en').length, zh: items.filter((item) => item.language === 'zh').length };
}

test('holds 22 to 30 pages, 4 or 5 of them Chinese', () => {
  expect(files.length).toBeGreaterThanOrEqual(22);
  expect(files.length).toBeLessThanOrEqual(30);
  expect([4, 5]).toContain(files.filter(isChinese).length);
});

describe.each([...pages])('%s', (name, text) => {
  test('has a title, an owner and a date in 2026 in its front matter', () => {
    const { frontMatter } = split(text);
    expect(frontMatter).toMatchObject({ title: expect.stringMatching(/\S/), owner: expect.stringMatching(/\S/) });
    expect(frontMatter.updated).toMatch(/^2026-\d\d-\d\d$/);
    const updated = frontMatter.updated as string;
    expect(new Date(updated).toISOString().slice(0, 10)).toBe(updated);
  });

  test('opens with its title as the only heading of the first level', () => {
    const { frontMatter, body } = split(text);
    expect([...withoutCode(body).matchAll(/^# (.+)$/gm)].map((match) => match[1])).toEqual([frontMatter.title]);
  });

  test('has 250 to 1,000 words', () => {
    const words = countWords(split(text).body);
    expect(words).toBeGreaterThanOrEqual(250);
    expect(words).toBeLessThanOrEqual(1000);
  });

  test('links only to pages and headings that exist', () => {
    const { body } = split(text);
    for (const [, target] of withoutCode(body).matchAll(/\]\(([^)]+)\)/g)) {
      const [file, anchor] = decodeURI(target!).split('#');
      const linked = file ? path.posix.join(path.posix.dirname(name), file) : name;
      expect(files, target).toContain(linked);
      if (anchor !== undefined) expect([...anchorsOf(pages.get(linked)!)], target).toContain(anchor);
    }
  });

  test('names addresses on example.com alone', () => {
    const hosts = [...text.matchAll(/@([a-z0-9-]+(?:\.[a-z0-9-]+)+)|\b((?:[a-z0-9-]+\.)+(?:com|org|net|io|eu|uk|nl|cn))\b/gi)];
    for (const [, mailHost, webHost] of hosts) expect(mailHost ?? webHost).toMatch(/(^|\.)example\.com$/);
  });
});

test('every page but the first can be reached from another', () => {
  const linked = new Set(
    [...pages].flatMap(([name, text]) =>
      [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map((match) => path.posix.join(path.posix.dirname(name), decodeURI(match[1]!))),
    ),
  );
  expect(files.filter((name) => name !== 'welcome.md' && !linked.has(name))).toEqual([]);
});

test('suggests four English and two Chinese questions', () => {
  expect(countLanguages(questions.suggested)).toEqual({ en: 4, zh: 2 });
  for (const { text } of questions.suggested) expect(text.trim()).not.toBe('');
});

describe('checked questions', () => {
  test('are 20, five of them Chinese, each asked once', () => {
    expect(countLanguages(questions.checked)).toEqual({ en: 15, zh: 5 });
    expect(new Set(questions.checked.map((item) => item.question)).size).toBe(20);
  });

  test.each(questions.checked)('$question', ({ file, goldQuote, language }) => {
    expect(goldQuote.trim()).not.toBe('');
    expect(goldQuote).not.toContain('\n');
    expect(pages.get(file)?.split(goldQuote)).toHaveLength(2);
    expect(isChinese(file)).toBe(language === 'zh');
  });
});

describe('unanswered questions', () => {
  test('are five', () => {
    expect(questions.unanswered).toHaveLength(5);
  });

  test.each([/\bcompany cars?\b/i, /\bpensions?\b/i, /\bdogs?\b/i, /\bgyms?\b/i, /补充医疗|商业保险/])('no page mentions %s', (topic) => {
    expect(questions.unanswered.filter((item) => topic.test(item.question))).toHaveLength(1);
    expect(everything).not.toMatch(topic);
  });
});
