/** The text and the questions that the search bench runs on, from the corpora in ../shared/data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainText } from '../../src/passage-text.ts';
import { detectLanguage } from '../../src/search/analyzer.ts';
import { chunk } from '../../src/sync/chunk.ts';
import { extractMarkdown } from '../../src/sync/extract/markdown.ts';

export interface BenchPassage {
  id: string;
  documentId: string;
  title: string;
  headingPath: string[];
  text: string;
  language: string;
}

export interface LabelledSet {
  name: string;
  passages: BenchPassage[];
  languages: string[];
  queries: { text: string; gold: Map<string, number> }[];
}

export const LABELLED_SETS = [
  'scifact-en',
  'gitlab-handbook-en',
  'clapnq-dev-en',
  'lihua-chat-en',
  'cmrc2018-trial-zh',
  'xquad-en',
  'xquad-zh',
  'everyday-handbook-en',
];

const linesOf = <T>(path: string): T[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

/** One BEIR folder, cut as a sync cuts it; questions before a follow-up stand before it. */
export function loadLabelledSet(data: string, name: string): LabelledSet {
  const folder = join(data, 'retrieval', name);
  const passages: BenchPassage[] = [];
  for (const row of linesOf<{ _id: string; title: string; text: string }>(join(folder, 'corpus.jsonl'))) {
    const language = detectLanguage(`${row.title} ${row.text}`);
    for (const draft of chunk(extractMarkdown(row.text).blocks, { title: row.title })) {
      const text = plainText(draft.text).text;
      passages.push({
        id: `${row._id}#${draft.ordinal}`,
        documentId: row._id,
        title: row.title,
        headingPath: draft.headingPath,
        text,
        language,
      });
    }
  }
  const gold = new Map<string, Map<string, number>>();
  for (const line of readFileSync(join(folder, 'qrels.tsv'), 'utf8').trim().split('\n').slice(1)) {
    const [query, document, score] = line.split('\t') as [string, string, string];
    if (Number(score) > 0) gold.set(query, (gold.get(query) ?? new Map<string, number>()).set(document, Number(score)));
  }
  type Row = { _id: string; text: string; answerable?: boolean; history?: { q: string }[] };
  const queries = linesOf<Row>(join(folder, 'queries.jsonl'))
    .filter((row) => gold.has(row._id) && row.answerable !== false)
    .map((row) => ({ text: [...(row.history ?? []).map((turn) => turn.q), row.text].join(' '), gold: gold.get(row._id)! }));
  return { name, passages, languages: languagesOf(passages), queries };
}

/** Languages of at least a fiftieth of the passages, most common first. */
export function languagesOf(passages: BenchPassage[]): string[] {
  const counts = new Map<string, number>();
  for (const { language } of passages) counts.set(language, (counts.get(language) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count * 50 >= passages.length)
    .sort((a, b) => b[1] - a[1])
    .map(([language]) => language);
}

/** A stable stream of numbers in [0, 1) (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Grows the sets' text to `count` passages: two to four paragraphs of one language, each from anywhere, under a real title. */
export function* growPassages(sets: LabelledSet[], count: number): Generator<BenchPassage> {
  const random = randomFrom(1);
  const pools = new Map<string, { titles: string[]; headings: string[][]; paragraphs: string[] }>();
  for (const passage of sets.flatMap((set) => set.passages)) {
    if (passage.language !== 'en' && passage.language !== 'zh') continue;
    let pool = pools.get(passage.language);
    if (!pool) pools.set(passage.language, (pool = { titles: [], headings: [], paragraphs: [] }));
    pool.titles.push(passage.title);
    pool.headings.push(passage.headingPath);
    pool.paragraphs.push(...passage.text.split(/\n+/).filter((paragraph) => paragraph.length > 40));
  }
  const any = <T>(list: T[]): T => list[Math.floor(random() * list.length)]!;
  for (let i = 0; i < count; i++) {
    const language = pools.has('zh') && i % 6 === 0 ? 'zh' : 'en';
    const pool = pools.get(language)!;
    const goal = language === 'zh' ? 200 + random() * 300 : 500 + random() * 1000;
    let text = '';
    while (text.length < goal) text += `${any(pool.paragraphs)}\n\n`;
    const document = Math.floor(i / 8);
    yield {
      id: `p${i}`,
      documentId: `d${document}`,
      title: any(pool.titles),
      headingPath: any(pool.headings),
      text: text.slice(0, goal * 1.5),
      language,
    };
  }
}

/** Normalised discounted cumulative gain of the first ten documents. */
export function ndcgAt10(ranked: string[], gold: Map<string, number>): number {
  const gain = (scores: number[]): number => scores.slice(0, 10).reduce((sum, score, i) => sum + (2 ** score - 1) / Math.log2(i + 2), 0);
  return gain(ranked.map((id) => gold.get(id) ?? 0)) / gain([...gold.values()].sort((a, b) => b - a));
}
