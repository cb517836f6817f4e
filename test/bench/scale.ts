/**
 * What the catalog, planning and the index's driver cost by themselves, in simulation: many passages of made-up words, ten
 * a document, in 100 reader sets.
 *   node test/bench/scale.ts --passages 10000,100000 [--on sqlite,postgres] [--index] [--qdrant URL]
 * Prints one line of JSON: for each store and each figure the medians in ms, one a size.
 * On Debian's Postgres where it is installed. `--index` measures searches of the embedded index at the same
 * sizes, `--qdrant` those of a Qdrant, with what the driver itself takes.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { v5 as uuid5 } from 'uuid';
import { recordAnswer } from '../../src/catalog/answers.ts';
import { openCatalog, type Catalog } from '../../src/catalog/database.ts';
import { commitDocument, countReadable, countsBySource, knownDocuments, type DocumentWrite } from '../../src/catalog/documents.ts';
import { hydratePassages, neighbourPassages, passagesAfter, samplePassages } from '../../src/catalog/passages.ts';
import { openPostgresCatalog } from '../../src/catalog/postgres.ts';
import { leftQuestions, receiveQuestion } from '../../src/catalog/questions.ts';
import { addSource, dueSources, startRun, takeLease } from '../../src/catalog/sources.ts';
import { knownWords } from '../../src/catalog/terms.ts';
import type { ListedDocument } from '../../src/connectors/connector.ts';
import { analyzePassage, analyzeQuery } from '../../src/search/analyzer.ts';
import { openQdrantIndex } from '../../src/search/drivers/qdrant.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import type { Point, SearchIndex } from '../../src/search/search-index.ts';
import { planSync } from '../../src/sync/plan.ts';
import { passageRows } from '../../src/sync/write.ts';
import type { Answer } from '../../src/types.ts';
import { postgresMissing, startPostgres } from '../servers/postgres.ts';

const PER_DOCUMENT = 10;
const READER_SETS = 100;
const READABLE = Array.from({ length: READER_SETS / 2 }, (_, i) => i + 1);
const ROWS = 500;
const SEARCHES = 50;

const { values } = parseArgs({
  options: {
    passages: { type: 'string', default: '10000,100000' },
    on: { type: 'string', default: 'sqlite,postgres' },
    index: { type: 'boolean', default: false },
    qdrant: { type: 'string' },
  },
});
const sizes = values.passages.split(',').map(Number);
const stores = values.on
  .split(',')
  .filter(Boolean)
  .filter((name) => name !== 'postgres' || postgresMissing() === undefined);

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const idOf = (text: string): string => uuid5(text, uuid5.URL);
const wordOf = (n: number): string => `w${(n * 2_654_435_761) % 50_000}`;
const textOf = (n: number): string => `Rule ${n} says ${Array.from({ length: 40 }, (_, i) => wordOf(n * 41 + i)).join(' ')}.`;
const documentIdOf = (d: number): string => idOf(`document ${d}`);
const passageIdOf = (n: number): string => idOf(`passage ${n}`);
const readerSetOf = (d: number): number => (d % READER_SETS) + 1;

/** Milliseconds, the middle of some runs. */
async function median(runs: number, run: (n: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < runs; n++) {
    const from = performance.now();
    await run(n);
    times.push(performance.now() - from);
  }
  return Math.round(times.toSorted((a, b) => a - b)[runs >> 1]! * 100) / 100;
}

async function fill(db: Catalog, sourceId: string, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += ROWS * PER_DOCUMENT) {
    const documents = Array.from({ length: Math.min(ROWS, Math.ceil((to - at) / PER_DOCUMENT)) }, (_, i) => at / PER_DOCUMENT + i);
    await db.transaction().execute(async (tx) => {
      await tx
        .insertInto('documents')
        .values(
          documents.map((d) => ({
            id: documentIdOf(d),
            source_id: sourceId,
            external_id: `page-${d}`,
            url: `https://wiki.example/page-${d}`,
            title: `Page ${d}`,
            owner: null,
            changed_at: 1_700_000_000_000 + d,
            language: 'en',
            text_fragments: 0,
            version: 1,
            content_hash: hash(`content ${d}`),
            listed_version: 'v1',
            validators_json: null,
            reader_set: readerSetOf(d),
            indexed_at: 1_700_000_000_000,
            deleted_at: null,
            unread: null,
          })),
        )
        .execute();
      for (let p = at; p < Math.min(to, at + documents.length * PER_DOCUMENT); p += ROWS)
        await tx
          .insertInto('passages')
          .values(
            Array.from({ length: Math.min(ROWS, to - p) }, (_, i) => p + i).map((n) => ({
              id: passageIdOf(n),
              document_id: documentIdOf(Math.floor(n / PER_DOCUMENT)),
              ordinal: n % PER_DOCUMENT,
              heading_path_json: '["Rules"]',
              anchor: null,
              text: textOf(n),
              text_hash: hash(`text ${n}`).slice(0, 32),
              embed_hash: null,
            })),
          )
          .execute();
    });
  }
}

/** Each step of asking and syncing that the catalog has a part in. */
async function measure(db: Catalog, passages: number, sourceId: string): Promise<Record<string, number>> {
  const documents = passages / PER_DOCUMENT;
  const writer = { runId: await startRun(db, sourceId, Date.now()), sourceId, leaseOwner: 'bench' };
  const known = await knownDocuments(db, sourceId);
  const listed: ListedDocument[] = [...known.keys()].map((externalId) => ({ externalId, version: 'v1' }));
  const rowsOf = (d: number, edit: number): DocumentWrite => ({
    id: documentIdOf(d),
    sourceId,
    externalId: `page-${d}`,
    url: `https://wiki.example/page-${d}`,
    title: `Page ${d}`,
    owner: null,
    changedAt: Date.now(),
    language: 'en',
    textFragments: false,
    version: 2 + edit,
    contentHash: hash(`content ${d} ${edit}`),
    listedVersion: 'v1',
    validators: undefined,
    readerSet: readerSetOf(d),
    passages: passageRows(
      documentIdOf(d),
      `Page ${d}`,
      Array.from({ length: PER_DOCUMENT }, (_, ordinal) => ({ ordinal, headingPath: ['Rules'], text: textOf(d * 1000 + edit + ordinal) })),
      '',
    ),
  });
  const hits = (n: number): string[] => Array.from({ length: 36 }, (_, i) => passageIdOf((n * 7919 + i * 104_729) % passages));
  const some = [...(await hydratePassages(db, hits(1), READABLE)).values()].slice(0, 2);
  const figures: Record<string, number> = {
    'known documents read, all': await median(3, () => knownDocuments(db, sourceId)),
    'plan, all unchanged': await median(5, () => {
      const plan = planSync(known, listed, (entry) => known.get(entry.externalId)!.readerSet);
      if (plan.kept !== documents) throw new Error('the plan is wrong');
    }),
    'a changed document committed': await median(40, (n) =>
      commitDocument(db, rowsOf((n * 7919) % documents, n), writer, 'changed', Date.now(), {
        terms: [],
        words: Array.from({ length: 40 }, (_, i) => wordOf(n * 41 + i)),
      }),
    ),
    '36 hits read': await median(100, (n) => hydratePassages(db, hits(n), READABLE)),
    'neighbours of two passages': await median(100, () => neighbourPassages(db, some, READABLE)),
    'words looked up': await median(100, (n) => knownWords(db, [wordOf(n), wordOf(n + 1), 'nosuchword'], READABLE)),
    'a question asked and its answer kept': await median(40, async (n) => {
      const question = await receiveQuestion(
        db,
        { eventKey: `bench ${n}`, platform: 'bench', thread: `t${n}`, personId: null, text: 'x', language: 'en', audience: 'asker' },
        Date.now(),
      );
      const answer = {
        answerId: idOf(`answer ${n} ${passages}`),
        questionId: question!.id,
        status: 'answered',
        language: 'en',
        text: 'x',
        sentences: [{ text: 'x', block: 'paragraph', citations: [], support: 1 }],
        closest: [],
        usage: {},
      } as unknown as Answer;
      await recordAnswer(db, { answer, citations: [], model: null, trace: {} }, question!.leaseOwner, Date.now());
    }),
    'questions that were left': await median(50, () => leftQuestions(db, Date.now(), 100)),
    'sources that are due': await median(50, () => dueSources(db, Date.now())),
    'a page of 200 passages for rebuilding': await median(20, (n) => passagesAfter(db, passageIdOf(n), 200)),
    'readable documents counted': await median(5, () => countReadable(db, READABLE)),
    'documents and passages counted': await median(3, () => countsBySource(db)),
    '600 passages sampled for calibration': await median(3, () => samplePassages(db, 600)),
  };
  await db.deleteFrom('answers').execute();
  await db.deleteFrom('questions').execute();
  return figures;
}

async function ofStore(name: string, folder: string): Promise<Record<string, number[]>> {
  const postgres = name === 'postgres' ? await startPostgres({ shared_buffers: '256MB' }) : undefined;
  const db = postgres ? await openPostgresCatalog(await postgres.newDatabase()) : await openCatalog(join(folder, name));
  try {
    for (let set = 1; set <= READER_SETS; set++)
      await db
        .insertInto('reader_sets')
        .values({ id: set, hash: `${set}`, principals_json: `["group:g${set}"]` })
        .execute();
    const { id } = await addSource(
      db,
      { name: 'wiki', kind: 'site', location: 'https://wiki.example', baseUrl: null, readers: ['everyone'], schedule: null },
      Date.now(),
    );
    const all: Record<string, number[]> = {};
    let filled = 0;
    for (const size of sizes) {
      await fill(db, id, filled, size);
      filled = size;
      // As the server does by itself after a while.
      await sql`analyze`.execute(db);
      await takeLease(db, id, 'bench', Date.now());
      for (const [figure, ms] of Object.entries(await measure(db, size, id))) (all[figure] ??= []).push(ms);
      process.stderr.write(`${name}: ${size} passages measured\n`);
      await db.updateTable('sources').set({ lease_owner: null, lease_until: null }).execute();
    }
    return all;
  } finally {
    await db.destroy();
    await postgres?.close();
  }
}

const pointOf = (n: number): Point => ({
  id: passageIdOf(n),
  documentId: documentIdOf(Math.floor(n / PER_DOCUMENT)),
  kind: 'passage',
  readerSet: readerSetOf(Math.floor(n / PER_DOCUMENT)),
  terms: analyzePassage({ title: `Page ${Math.floor(n / PER_DOCUMENT)}`, headingPath: ['Rules'], text: textOf(n) }, 'en'),
});

/**
 * An index's searches by words for half of the readers, at each size. Of Qdrant also what the driver itself takes of the
 * processor, which is this process's: its server is another.
 */
async function ofIndex(index: SearchIndex): Promise<Record<string, number[]>> {
  const all: Record<string, number[]> = {};
  const take = (figure: string, value: number): void => void (all[figure] ??= []).push(Math.round(value * 100) / 100);
  let filled = 0;
  try {
    for (const size of sizes) {
      let putting = 0;
      for (const from = filled; filled < size; filled += ROWS) {
        const points = Array.from({ length: ROWS }, (_, i) => pointOf(filled + i));
        const before = process.cpuUsage();
        await index.put(points);
        putting += cpuMs(before) / (size - from);
      }
      await index.warm();
      const before = process.cpuUsage();
      const search = (n: number) =>
        index.search({
          terms: analyzeQuery(`${wordOf(n)} ${wordOf(n + 1)} rule`, ['en']),
          kinds: ['passage'],
          readerSets: READABLE,
          limit: 36,
        });
      take('search by words', await median(SEARCHES, search));
      take('search by words, processor time of this process', cpuMs(before) / SEARCHES);
      take('one point put, processor time of this process', putting);
      process.stderr.write(`index: ${size} passages measured\n`);
    }
    return all;
  } finally {
    await index.close();
  }
}

const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

const folder = mkdtempSync(join(tmpdir(), 'docent-scale-'));
try {
  const figures: Record<string, Record<string, number[]>> = {};
  for (const store of stores) figures[store] = await ofStore(store, folder);
  if (values.index) figures['index'] = await ofIndex(openSqliteIndex({ path: join(folder, 'index.db') }));
  if (values.qdrant) figures['qdrant'] = await ofIndex(openQdrantIndex({ url: values.qdrant, name: 'docent-scale', throwAway: true }));
  process.stdout.write(`${JSON.stringify({ sizes, figures })}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
