/**
 * How good and how fast search is, with MiniSearch beside it on the same text.
 *   node test/bench/search.ts --passages 10000|100000 [--data ../shared/data] [--sets a,b] [--no-quality] [--no-minisearch] [--json]
 * Prints a table; with --json, one JSON object instead.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import MiniSearch from 'minisearch';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import { analyzePassage, analyzeQuery } from '../../src/search/analyzer.ts';
import type { Point, SearchIndex } from '../../src/search/search-index.ts';
import {
  growPassages,
  LABELLED_SETS,
  languagesOf,
  loadLabelledSet,
  ndcgAt10,
  randomFrom,
  type BenchPassage,
  type LabelledSet,
} from './search-corpus.ts';

const DIMENSIONS = 384;
const READER_SETS = 100;
const BATCH = 256;
const REPLACEMENTS = 200;
const SHARES = [1, 10, 100];
const LANGUAGES = ['en', 'zh'];

const point = (passage: BenchPassage, readerSet: number, vector?: Float32Array): Point => ({
  id: passage.id,
  documentId: passage.documentId,
  kind: 'passage',
  readerSet,
  terms: analyzePassage(passage, passage.language),
  ...(vector ? { vector } : {}),
});

function unitVector(random: () => number): Float32Array {
  const vector = Float32Array.from({ length: DIMENSIONS }, () => random() + random() + random() - 1.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function percentiles(times: number[]): { p50: number; p95: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]! * 10) / 10;
  return { p50: at(0.5), p95: at(0.95) };
}

/** Pages that belong to this process alone, in MiB. */
function privateMemory(): number {
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const sum = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].reduce((total, match) => total + Number(match[1]), 0);
  return Math.round(sum / 1024);
}

const miniSearchOf = (): MiniSearch<BenchPassage> =>
  new MiniSearch<BenchPassage>({
    fields: ['title', 'heading', 'text'],
    storeFields: ['documentId', 'readerSet'],
    searchOptions: { boost: { title: 2 } },
    extractField: (passage, field) =>
      field === 'heading' ? passage.headingPath.join(' ') : String((passage as unknown as Record<string, unknown>)[field] ?? ''),
  });

async function quality(sets: LabelledSet[], folder: string): Promise<Record<string, { docent: number; miniSearch: number }>> {
  const figures: Record<string, { docent: number; miniSearch: number }> = {};
  for (const set of sets) {
    const index = openSqliteIndex({ path: join(folder, `${set.name}.db`) });
    await index.put(set.passages.map((passage) => point(passage, 0)));
    const mini = miniSearchOf();
    mini.addAll(set.passages);
    let docent = 0;
    let miniSearch = 0;
    for (const { text, gold } of set.queries) {
      const { words } = await index.search({ terms: analyzeQuery(text, set.languages), kinds: ['passage'], readerSets: [0], limit: 100 });
      docent += ndcgAt10([...new Set(words.map((hit) => hit.documentId))], gold);
      miniSearch += ndcgAt10(
        [
          ...new Set(
            mini
              .search(text)
              .slice(0, 100)
              .map((hit) => hit['documentId'] as string),
          ),
        ],
        gold,
      );
    }
    await index.close();
    figures[set.name] = { docent: round(docent / set.queries.length), miniSearch: round(miniSearch / set.queries.length) };
  }
  return figures;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** Runs this file again in a process of its own, so that its memory is its own; returns the JSON that it prints. */
function child<T>(...args: string[]): Promise<T> {
  return new Promise((done, failed) => {
    const started = spawn(process.execPath, ['--max-old-space-size=4096', fileURLToPath(import.meta.url), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    started.stdout.on('data', (data: Buffer) => (output += data.toString()));
    started.on('close', (code) => (code === 0 ? done(JSON.parse(output) as T) : failed(new Error(`the bench's child ended with ${code}`))));
  });
}

interface Speeds {
  words: Record<string, { p50: number; p95: number }>;
  hybrid: Record<string, { p50: number; p95: number }>;
  warmMs: number;
  firstMs: number;
  replace: { p50: number; p95: number };
  /** At 10 % readable, straight after the replacing. */
  wordsAfter: { p50: number; p95: number };
  privateMiB: number;
}

/** In a child: searches at each share of readable passages, replacing while searches run, memory at the end. */
async function measureIndex(path: string, questions: string[], replacements: BenchPassage[][], dropped: string[][]): Promise<Speeds> {
  const index = openSqliteIndex({ path });
  const random = randomFrom(7);
  const run = async (share: number, hybrid: boolean, count: number): Promise<number[]> => {
    const readerSets = Array.from({ length: share }, (_, i) => i);
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const vector = hybrid ? unitVector(random) : undefined;
      const started = performance.now();
      const terms = analyzeQuery(questions[i % questions.length]!, LANGUAGES);
      await index.search({ terms, ...(vector ? { vector } : {}), kinds: ['passage'], readerSets, limit: 50 });
      times.push(performance.now() - started);
    }
    return times;
  };
  const opened = performance.now();
  await index.warm();
  const warmMs = Math.round(performance.now() - opened);
  const started = performance.now();
  await run(100, true, 1);
  const firstMs = Math.round(performance.now() - started);
  await run(10, true, 30);
  const speeds: Speeds = {
    words: {},
    hybrid: {},
    warmMs,
    firstMs,
    replace: { p50: 0, p95: 0 },
    wordsAfter: { p50: 0, p95: 0 },
    privateMiB: 0,
  };
  for (const share of SHARES) speeds.words[share] = percentiles(await run(share, false, questions.length));
  for (const share of SHARES) speeds.hybrid[share] = percentiles(await run(share, true, Math.min(questions.length, 100)));
  speeds.privateMiB = privateMemory();
  const searching = { on: true };
  const searches = (async () => {
    while (searching.on) await run(10, true, 1);
  })();
  const times: number[] = [];
  for (const [i, passages] of replacements.entries()) {
    const points = passages.map((passage) => point(passage, 3, unitVector(random)));
    const start = performance.now();
    await index.put(points);
    await index.drop(dropped[i]!);
    times.push(performance.now() - start);
  }
  searching.on = false;
  await searches;
  speeds.replace = percentiles(times);
  speeds.wordsAfter = percentiles(await run(10, false, questions.length));
  await index.close();
  return speeds;
}

interface MiniSpeeds {
  buildMs: number;
  words: Record<string, { p50: number; p95: number }>;
  privateMiB: number;
}

function measureMiniSearch(passages: BenchPassage[], questions: string[]): MiniSpeeds {
  const mini = miniSearchOf();
  const started = performance.now();
  passages.forEach((passage, i) => mini.add({ ...passage, readerSet: i % READER_SETS } as BenchPassage));
  const buildMs = Math.round(performance.now() - started);
  const words: MiniSpeeds['words'] = {};
  // It needs most of a second for one question over 100,000 passages: fewer questions keep the bench short.
  const asked = questions.slice(0, passages.length > 20_000 ? 40 : questions.length);
  for (const share of SHARES) {
    const times = asked.map((question) => {
      const start = performance.now();
      mini.search(question, { filter: (hit) => (hit['readerSet'] as number) < share }).slice(0, 50);
      return performance.now() - start;
    });
    words[share] = percentiles(times);
  }
  return { buildMs, words, privateMiB: privateMemory() };
}

async function fill(index: SearchIndex, passages: Iterable<BenchPassage>, vectors: boolean): Promise<number> {
  const random = randomFrom(3);
  const started = performance.now();
  let batch: Point[] = [];
  let sent = Promise.resolve();
  let i = 0;
  for (const passage of passages) {
    batch.push(point(passage, i++ % READER_SETS, vectors ? unitVector(random) : undefined));
    if (batch.length < BATCH) continue;
    await sent;
    sent = index.put(batch);
    batch = [];
  }
  await sent;
  await index.put(batch);
  return performance.now() - started;
}

interface ChildInput {
  path: string;
  questions: string[];
  replacements: BenchPassage[][];
  dropped: string[][];
  passages: number;
  sets: string[];
  data: string;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      passages: { type: 'string', default: '10000' },
      data: { type: 'string', default: resolve(fileURLToPath(import.meta.url), '../../../../shared/data') },
      sets: { type: 'string', default: LABELLED_SETS.join(',') },
      'no-quality': { type: 'boolean', default: false },
      'no-minisearch': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      child: { type: 'string' },
      input: { type: 'string' },
    },
  });
  if (values.child) {
    const input = JSON.parse(readFileSync(values.input!, 'utf8')) as ChildInput;
    if (values.child === 'index')
      process.stdout.write(JSON.stringify(await measureIndex(input.path, input.questions, input.replacements, input.dropped)));
    else {
      const sets = input.sets.map((name) => loadLabelledSet(input.data, name));
      process.stdout.write(JSON.stringify(measureMiniSearch([...growPassages(sets, input.passages)], input.questions)));
    }
    return;
  }
  const count = Number(values.passages);
  if (!Number.isInteger(count) || count < 1000) throw new Error('--passages must be a number of at least 1000');
  if (!existsSync(join(values.data, 'retrieval'))) throw new Error(`no data at ${values.data}: pass --data FOLDER`);
  const folder = mkdtempSync(join(tmpdir(), 'docent-bench-'));
  try {
    const names = values.sets.split(',');
    const sets = names.map((name) => loadLabelledSet(values.data, name));
    const figures = values['no-quality'] ? undefined : await quality(sets, folder);

    const timed = [...growPassages(sets, Math.min(count, 10_000))];
    const plain = openSqliteIndex({ path: join(folder, 'plain.db') });
    const plainMs = await fill(plain, timed, false);
    await plain.close();
    const path = join(folder, 'index.db');
    const index = openSqliteIndex({ path });
    const withVectorsMs = await fill(index, growPassages(sets, count), true);
    await index.close();

    const random = randomFrom(5);
    const perSet = sets.map((set) =>
      set.queries
        .map((query) => query.text)
        .sort(() => random() - 0.5)
        .slice(0, 40),
    );
    const questions = perSet.flat().sort(() => random() - 0.5);
    const replacements = Array.from({ length: REPLACEMENTS }, (_, i) =>
      timed.slice(i * 8, i * 8 + 8).map((passage) => ({ ...passage, id: `new-${passage.id}` })),
    );
    const dropped = replacements.map((passages) => passages.map((passage) => passage.id.slice(4)));
    const input: ChildInput = { path, questions, replacements, dropped, passages: count, sets: names, data: values.data };
    writeFileSync(join(folder, 'input.json'), JSON.stringify(input));
    const docent = await child<Speeds>('--child', 'index', '--input', join(folder, 'input.json'));
    const mini = values['no-minisearch']
      ? undefined
      : await child<MiniSpeeds>('--child', 'minisearch', '--input', join(folder, 'input.json'));
    const result = {
      passages: count,
      languages: languagesOf(timed),
      ndcgAt10: figures,
      indexing: {
        perSecond: Math.round((timed.length / plainMs) * 1000),
        perSecondWithVectors: Math.round((count / withVectorsMs) * 1000),
      },
      docent,
      miniSearch: mini,
      ratios: mini && {
        ...(figures && {
          ndcgAt10: Object.fromEntries(
            Object.entries(figures).map(([name, { docent: ours, miniSearch }]) => [name, round(ours / miniSearch)]),
          ),
        }),
        wordsP95: Object.fromEntries(SHARES.map((share) => [share, round(docent.words[share]!.p95 / mini.words[share]!.p95)])),
        privateMemory: round(docent.privateMiB / mini.privateMiB),
      },
    };
    process.stdout.write(`${values.json ? JSON.stringify(result) : table(result)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function table(result: {
  passages: number;
  ndcgAt10?: Record<string, { docent: number; miniSearch: number }> | undefined;
  indexing: { perSecond: number; perSecondWithVectors: number };
  docent: Speeds;
  miniSearch?: MiniSpeeds | undefined;
}): string {
  const rows: [string, string, string][] = [['', 'Docent', 'MiniSearch']];
  for (const [name, { docent, miniSearch }] of Object.entries(result.ndcgAt10 ?? {}))
    rows.push([`nDCG@10 ${name}`, docent.toFixed(3), miniSearch.toFixed(3)]);
  const ms = (time?: { p50: number; p95: number }): string => (time ? `${time.p50} / ${time.p95}` : '');
  for (const share of SHARES)
    rows.push([`words, ${share} % readable, p50 / p95 ms`, ms(result.docent.words[share]), ms(result.miniSearch?.words[share])]);
  for (const share of SHARES) rows.push([`hybrid, ${share} % readable, p50 / p95 ms`, ms(result.docent.hybrid[share]), '']);
  rows.push(['warming up after opening, ms', String(result.docent.warmMs), '']);
  rows.push(['first search after that, ms', String(result.docent.firstMs), '']);
  rows.push(['replacing a document of 8 passages while searching, p50 / p95 ms', ms(result.docent.replace), '']);
  rows.push([`words after ${REPLACEMENTS} of these, 10 % readable, p50 / p95 ms`, ms(result.docent.wordsAfter), '']);
  const miniRate = result.miniSearch && Math.round((result.passages / result.miniSearch.buildMs) * 1000);
  rows.push(['indexing, passages a second', String(result.indexing.perSecond), miniRate === undefined ? '' : String(miniRate)]);
  rows.push(['indexing with vectors, passages a second', String(result.indexing.perSecondWithVectors), '']);
  rows.push(['private memory, MiB', String(result.docent.privateMiB), result.miniSearch ? String(result.miniSearch.privateMiB) : '']);
  return `${result.passages} passages\n${rows.map(([a, b, c]) => `${a.padEnd(66)}${b.padStart(16)}${c.padStart(16)}`).join('\n')}`;
}

await main();
