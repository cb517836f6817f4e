/** The labelled sets of ../shared/data, indexed as a sync does it and asked as `ask` does it, for measuring abstention and quotes. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hit, SearchStatistics } from '../../src/ask/passage-match.ts';
import { plainText } from '../../src/passage-text.ts';
import { analyzePassage, analyzeQuery, detectLanguage } from '../../src/search/analyzer.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import { chunk } from '../../src/sync/chunk.ts';
import { extractRow } from '../../src/sync/extract/plain.ts';
import type { Passage } from '../../src/types.ts';

export interface Asked {
  id: string;
  set: string;
  /** Earlier questions of the conversation before it, as without a model. */
  question: string;
  answerable: boolean;
  references: string[];
  /** Documents that hold the answer. */
  gold: string[];
}

export interface OpenSet {
  name: string;
  passages: Passage[];
  asked: Asked[];
  search(question: string, exceptDocuments?: string[]): Promise<{ hits: Hit[]; statistics: SearchStatistics }>;
  close(): Promise<void>;
}

export const folder = join(import.meta.dirname, '../../../shared/data/retrieval');

const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n').filter(Boolean);

/** Searches give the first ten passages. Call `close` at the end. */
export async function openSet(name: string): Promise<OpenSet> {
  const passages = lines(join(folder, name, 'corpus.jsonl')).flatMap((line) => passagesOf(line, name));
  const byId = new Map(passages.map((passage) => [passage.id, passage]));
  const counts = new Map<string, number>();
  for (const { language } of passages) counts.set(language, (counts.get(language) ?? 0) + 1);
  const languages = [...counts].toSorted((a, b) => b[1] - a[1]).map(([language]) => language);
  const directory = mkdtempSync(join(tmpdir(), 'abstention-'));
  const index = openSqliteIndex({ path: join(directory, 'index.db') });
  await index.put(
    passages.map((passage) => ({
      id: passage.id,
      documentId: passage.documentId,
      kind: 'passage',
      readerSet: 1,
      terms: analyzePassage(
        { title: passage.title, headingPath: passage.headingPath, text: plainText(passage.text).text },
        passage.language,
      ),
    })),
  );
  return {
    name,
    passages,
    asked: askedOf(name),
    async search(question, exceptDocuments) {
      const found = await index.search({
        terms: analyzeQuery(question, languages),
        kinds: ['passage'],
        readerSets: [1],
        limit: 10,
        ...(exceptDocuments ? { exceptDocuments } : {}),
      });
      const hits = found.words.map(({ id, score }) => ({ ...byId.get(id)!, score }));
      return { hits, statistics: { total: found.total, documentFrequency: found.documentFrequency } };
    },
    async close() {
      await index.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function passagesOf(line: string, set: string): Passage[] {
  const { _id } = JSON.parse(line) as { _id: string };
  const document = extractRow(line);
  const title = document.title ?? _id;
  const language = detectLanguage(
    `${title}\n${document.blocks
      .map((block) => block.text)
      .join('\n')
      .slice(0, 2000)}`,
  );
  return chunk(document.blocks, { title }).map((draft) => ({
    ...draft,
    anchor: draft.anchor ?? null,
    id: uuidOf(`${set} ${_id} ${draft.ordinal}`),
    documentId: _id,
    documentVersion: 1,
    textHash: '',
    title,
    url: null,
    textFragments: false,
    sourceId: set,
    sourceName: set,
    owner: null,
    updatedAt: null,
    readerSet: 1,
    language,
  }));
}

function askedOf(set: string): Asked[] {
  const gold = new Map<string, string[]>();
  for (const line of lines(join(folder, set, 'qrels.tsv')).slice(1)) {
    const [query, document, score] = line.split('\t') as [string, string, string];
    if (Number(score) > 0) gold.set(query, [...(gold.get(query) ?? []), document]);
  }
  type Row = { _id: string; text: string; answerable?: boolean; answers?: string[]; references?: string[]; history?: { q: string }[] };
  return lines(join(folder, set, 'queries.jsonl')).map((line) => {
    const row = JSON.parse(line) as Row;
    return {
      id: row._id,
      set,
      question: [...(row.history ?? []).map((turn) => turn.q), row.text].join('\n'),
      answerable: row.answerable !== false,
      references: row.references ?? row.answers ?? [],
      gold: gold.get(row._id) ?? [],
    };
  });
}

export function uuidOf(text: string): string {
  const hex = createHash('md5').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
