/** The catalog is the same on SQLite and on Postgres: what it keeps, in which order it gives it back, and who wins a race. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { internReaders } from '../../src/access/reader-sets.ts';
import { recordAnswer, type LedgerEntry } from '../../src/catalog/answers.ts';
import type { Catalog } from '../../src/catalog/database.ts';
import {
  commitDocument,
  commitRemoval,
  countReadable,
  countsBySource,
  knownDocuments,
  listDocuments,
  purgeSource,
  type DocumentWrite,
} from '../../src/catalog/documents.ts';
import { readEmbeddings, writeEmbeddings } from '../../src/catalog/embeddings.ts';
import { listGlossary, removeGlossaryEntry, saveGlossary } from '../../src/catalog/glossary.ts';
import { noteLeftovers, readLeftovers } from '../../src/catalog/leftovers.ts';
import { countPassages, documentsInDemand, hydratePassages, passageContents, passagesAfter } from '../../src/catalog/passages.ts';
import { personOf } from '../../src/catalog/people.ts';
import { conversationTurns, receiveQuestion, takeQuestion } from '../../src/catalog/questions.ts';
import { readSettings, writeSetting } from '../../src/catalog/settings.ts';
import {
  addSource,
  changeSource,
  dueSources,
  finishRun,
  findSource,
  LEASE_MS,
  listFailures,
  listRuns,
  listSources,
  markSourceRemoved,
  recordFailure,
  releaseLease,
  renewLease,
  requestCancel,
  requestSync,
  startRun,
  takeLease,
} from '../../src/catalog/sources.ts';
import { addWords, findTerms, knownWords, wordsAlike } from '../../src/catalog/terms.ts';
import { recordUsage, spentThisMonth } from '../../src/catalog/usage.ts';
import { overBothCatalogs } from '../servers/both-catalogs.ts';

const SOURCE = { name: 'wiki', kind: 'folder', location: '/wiki', baseUrl: null, readers: ['everyone'], schedule: null };
const QUESTION = {
  eventKey: 'e1',
  platform: 'console',
  thread: 't',
  personId: null,
  text: 'How?',
  language: 'en',
  audience: 'asker' as const,
};

const document = (sourceId: string, name: string, change: Partial<DocumentWrite> = {}): DocumentWrite => ({
  id: randomUUID(),
  sourceId,
  externalId: name,
  url: `https://x.example/${name}`,
  title: name,
  owner: null,
  changedAt: 1000,
  language: 'en',
  textFragments: false,
  version: 1,
  contentHash: name,
  listedVersion: null,
  validators: undefined,
  readerSet: 1,
  passages: [
    { id: randomUUID(), ordinal: 0, headingPath: [name], anchor: null, text: `Text of ${name}`, textHash: `h-${name}`, embedHash: null },
  ],
  ...change,
});

const answerTo = (questionId: string): LedgerEntry => ({
  answer: {
    answerId: randomUUID(),
    questionId,
    threadId: 't',
    status: 'answered',
    language: 'en',
    audience: 'asker',
    text: 'So.',
    sentences: [],
    citations: [],
    closest: [],
    usage: { modelCalls: 0, promptTokens: 0, completionTokens: 0, costUsd: 0, ms: 1 },
  },
  citations: [],
  model: null,
  trace: {},
});

const fulfilled = <T>(results: PromiseSettledResult<T>[]): T[] => results.flatMap((r) => (r.status === 'fulfilled' ? [r.value] : []));

overBothCatalogs((catalogs) => {
  let db: Catalog;
  beforeEach(async () => {
    db = await catalogs.open();
  });

  /** A source with its lease held, and what a sync writes with. */
  async function held(name = 'wiki', owner = 'me') {
    const { id } = await addSource(db, { ...SOURCE, name }, 0);
    expect(await takeLease(db, id, owner, 0)).toBe(true);
    return { runId: await startRun(db, id, 0), sourceId: id, leaseOwner: owner };
  }

  describe('leases', () => {
    test('one holder at a time, until it ends or runs out', async () => {
      const { id } = await addSource(db, SOURCE, 0);
      expect(await takeLease(db, id, 'a', 1000)).toBe(true);
      expect(await takeLease(db, id, 'b', 1000 + LEASE_MS)).toBe(false);
      expect(await renewLease(db, id, 'a', 5000)).toBe('held');
      expect(await takeLease(db, id, 'b', 1001 + LEASE_MS)).toBe(false);
      expect(await takeLease(db, id, 'b', 5001 + LEASE_MS)).toBe(true);
      expect(await renewLease(db, id, 'a', 5002 + LEASE_MS)).toBe('lost');
      await releaseLease(db, id, 'a');
      expect(await takeLease(db, id, 'a', 5003 + LEASE_MS)).toBe(false);
      await releaseLease(db, id, 'b');
      expect(await takeLease(db, id, 'a', 5004 + LEASE_MS)).toBe(true);
      await requestCancel(db, id, 6000);
      expect(await renewLease(db, id, 'a', 6001)).toBe('cancelled');
    });

    test('of many who reach for one at once, one has it', async () => {
      const { id } = await addSource(db, SOURCE, 0);
      const others = [db, await catalogs.another(db), await catalogs.another(db)];
      for (let round = 1; round <= 5; round++) {
        const now = round * (LEASE_MS + 1);
        const taken = await Promise.all(others.flatMap((one, i) => [takeLease(one, id, `${i}a`, now), takeLease(one, id, `${i}b`, now)]));
        expect(taken.filter(Boolean)).toHaveLength(1);
      }
    });

    test('what waits is found, and what another holds is left', async () => {
      const { id } = await addSource(db, SOURCE, 0);
      expect(await dueSources(db, 10)).toEqual([]);
      await requestSync(db, id, 10);
      expect(await dueSources(db, 10)).toMatchObject([{ id }]);
      await takeLease(db, id, 'other', 10);
      expect(await dueSources(db, 11)).toEqual([{ id, removed: false, heldUntil: 10 + LEASE_MS }]);
      expect(await dueSources(db, 12 + LEASE_MS)).toEqual([{ id, removed: false, heldUntil: null }]);
    });

    test('the longest waiting comes first, what is to be taken out before it', async () => {
      const ids: Record<string, string> = {};
      for (const name of ['asked late', 'removed', 'due early', 'not due']) ids[name] = (await addSource(db, { ...SOURCE, name }, 0)).id;
      await requestSync(db, ids['asked late']!, 50);
      await changeSource(db, ids['due early']!, { nextSyncAt: 20 });
      await changeSource(db, ids['not due']!, { nextSyncAt: 200 });
      await markSourceRemoved(db, ids['removed']!, 60);
      expect((await dueSources(db, 100)).map(({ id }) => id)).toEqual([ids['removed'], ids['due early'], ids['asked late']]);
    });

    test('a removed source is gone at once, and its name is free', async () => {
      const { id } = await addSource(db, SOURCE, 0);
      await markSourceRemoved(db, id, 5);
      expect(await findSource(db, 'wiki')).toBeUndefined();
      expect(await dueSources(db, 10)).toMatchObject([{ id }]);
      expect(await addSource(db, SOURCE, 6)).toMatchObject({ name: 'wiki' });
    });

    test('of two sources of one name that are added at once, one stands, and the other is told', async () => {
      const other = await catalogs.another(db);
      const results = await Promise.allSettled([addSource(db, SOURCE, 1), addSource(other, SOURCE, 1)]);
      expect(fulfilled(results)).toHaveLength(1);
      expect(results.find((r) => r.status === 'rejected')?.reason).toMatchObject({ code: 'input.invalid' });
      expect(await listSources(db)).toHaveLength(1);
    });
  });

  describe('documents', () => {
    test('a writer whose lease was taken over commits nothing', async () => {
      const writer = await held();
      expect(await takeLease(db, writer.sourceId, 'other', LEASE_MS + 1)).toBe(true);
      const late = document(writer.sourceId, 'late');
      await expect(commitDocument(db, late, writer, 'added', 1)).rejects.toMatchObject({ code: 'sync.lease_lost' });
      await expect(commitRemoval(db, late.id, writer, 'removed', 1)).rejects.toMatchObject({ code: 'sync.lease_lost' });
      expect(await knownDocuments(db, writer.sourceId)).toEqual(new Map());
    });

    test('two sources are written at once, in the same words and the other way round, without an error', async () => {
      const other = await catalogs.another(db);
      const [one, two] = [await held('one'), await held('two')];
      const words = Array.from({ length: 500 }, (_, i) => `word${String.fromCharCode(97 + (i % 26))}${i}`);
      const writes = [];
      for (let i = 0; i < 8; i++) {
        writes.push(commitDocument(db, document(one.sourceId, `p${i}`), one, 'added', 1, { terms: [], words }));
        writes.push(commitDocument(other, document(two.sourceId, `p${i}`), two, 'added', 1, { terms: [], words: words.toReversed() }));
      }
      await Promise.all(writes);
      expect([...(await countsBySource(db)).values()]).toEqual([
        { documents: 8, passages: 8 },
        { documents: 8, passages: 8 },
      ]);
      expect(
        await db
          .selectFrom('vocabulary')
          .select((e) => e.fn.min('written').as('n'))
          .executeTakeFirst(),
      ).toEqual({ n: 16 });
    });

    test('a page of the list is newest first; what says no time comes last, and the same time is ordered by title as its bytes are', async () => {
      const writer = await held();
      for (const [name, changedAt] of [
        ['b', 2000],
        ['no time', null],
        ['Z', 2000],
        ['ä', 2000],
        ['old', 1000.4],
        ['a_b', 3000],
        ['nonsense', 1e300],
      ] as const)
        await commitDocument(db, document(writer.sourceId, name, { changedAt }), writer, 'added', 1);
      const page = async (offset: number, query?: string) =>
        (await listDocuments(db, { offset, limit: 4, ...(query === undefined ? {} : { query }) })).documents.map((d) => d.title);
      expect([...(await page(0)), ...(await page(4))]).toEqual(['a_b', 'Z', 'b', 'ä', 'old', 'no time', 'nonsense'].sort(byPlace));
      expect(await page(0, 'A_B')).toEqual(['a_b']);
      expect(await page(0, '%')).toEqual([]);
      expect(await page(0, '\\')).toEqual([]);
      expect(await page(0, 'OLD')).toEqual(['old']);
      expect((await listDocuments(db, { offset: 0, limit: 2 })).total).toBe(7);
    });
    const ORDER = ['a_b', 'Z', 'b', 'ä', 'old', 'no time', 'nonsense'];
    // Of the two without a time the title decides.
    const byPlace = (a: string, b: string): number =>
      ['no time', 'nonsense'].includes(a) && ['no time', 'nonsense'].includes(b) ? (a < b ? -1 : 1) : ORDER.indexOf(a) - ORDER.indexOf(b);

    test('addresses as long as addresses get are kept apart', async () => {
      const writer = await held();
      const long = Array.from({ length: 400 }, () => randomUUID()).join('');
      for (const name of [`${long}1`, `${long}2`]) {
        await commitDocument(db, document(writer.sourceId, name, { title: 'long' }), writer, 'added', 1);
        await recordFailure(db, writer.runId, name, 'no');
        await recordFailure(db, writer.runId, name, 'again');
      }
      expect([...(await knownDocuments(db, writer.sourceId)).keys()].toSorted()).toEqual([`${long}1`, `${long}2`]);
      expect(await listFailures(db, writer.runId, 10)).toEqual([
        { externalId: `${long}1`, reason: 'no' },
        { externalId: `${long}2`, reason: 'no' },
      ]);
      const twice = document(writer.sourceId, `${long}1`);
      await expect(commitDocument(db, twice, writer, 'added', 1)).rejects.toThrow();
    });

    test('a text with a NUL character is kept, and does not end there', async () => {
      const writer = await held();
      const one = document(writer.sourceId, 'nul', { title: 'a\0b' });
      one.passages[0]!.text = 'before\0after';
      one.passages[0]!.headingPath = ['x\0y'];
      await commitDocument(db, one, writer, 'added', 1);
      const found = (await hydratePassages(db, [one.passages[0]!.id], [1])).get(one.passages[0]!.id)!;
      expect(found.text).toMatch(/^before[\0\ufffd]after$/);
      expect(found.title).toMatch(/^a[\0\ufffd]b$/);
    });

    test('a removal hides a document and leaves its points to be taken out; a purge takes all of the source', async () => {
      const writer = await held();
      const one = document(writer.sourceId, 'one');
      await commitDocument(db, one, writer, 'added', 1, {
        terms: [{ kind: 'acronym', short: 'VPN', long: 'net', shortKey: 'vpn', longKey: 'net' }],
        words: ['network'],
      });
      expect(await countReadable(db, [1])).toBe(1);
      expect(await findTerms(db, { keys: ['vpn'], readerSets: [1] })).toMatchObject([{ long: 'net', documents: 1 }]);
      expect(await commitRemoval(db, one.id, writer, 'removed', 2)).toEqual([one.passages[0]!.id]);
      expect(await countReadable(db, [1])).toBe(0);
      expect(await readLeftovers(db, writer.sourceId, 10)).toEqual({ stale: [one.passages[0]!.id], current: [] });
      await purgeSource(db, writer.sourceId);
      for (const table of ['documents', 'sources', 'runs', 'index_leftovers'] as const)
        expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
    });

    test('passages come in pages, in one order, each once', async () => {
      const writer = await held();
      const written: string[] = [];
      for (let i = 0; i < 7; i++) {
        const one = document(writer.sourceId, `d${i}`);
        written.push(one.passages[0]!.id);
        await commitDocument(db, one, writer, 'added', i);
      }
      const seen: string[] = [];
      for (let after = ''; ;) {
        const page = await passagesAfter(db, after, 3);
        if (page.length === 0) break;
        seen.push(...page.map((p) => p.id));
        after = seen.at(-1)!;
      }
      expect(seen).toEqual(written.toSorted());
      expect((await documentsInDemand(db)).size).toBe(7);
    });

    test('of no ids nothing is found, and nothing fails', async () => {
      expect(await passageContents(db, [])).toEqual([]);
      expect(await countPassages(db, [])).toBe(0);
      expect(await db.selectFrom('documents').select('id').where('id', 'not in', []).execute()).toEqual([]);
    });

    test('more ids than one statement takes are noted, each once', async () => {
      const ids = Array.from({ length: 1200 }, () => randomUUID());
      await Promise.all([noteLeftovers(db, 's', ids), noteLeftovers(await catalogs.another(db), 's', ids)]);
      expect((await readLeftovers(db, 's', 5000)).stale).toHaveLength(1200);
    });
  });

  test('vectors come back as they were, also those written twice, at once and in one go', async () => {
    const other = await catalogs.another(db);
    // Cut from the middle of a buffer, as those of a batch are.
    const all = new Float32Array(Array.from({ length: 1000 }, (_, i) => Math.fround(i / 7 - 100)));
    const entries = Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, vector: all.subarray(i * 10, i * 10 + 10) }));
    for (let round = 0; round < 8; round++)
      await Promise.all([
        writeEmbeddings(db, entries),
        writeEmbeddings(other, entries.toReversed()),
        writeEmbeddings(db, [...entries.slice(50), entries[99]!]),
      ]);
    const read = await readEmbeddings(
      db,
      entries.map(({ key }) => key),
    );
    expect(read.size).toBe(100);
    for (const { key, vector } of entries) expect(read.get(key)).toEqual(Float32Array.from(vector));
  });

  test('one person of an address, one number of some readers, also when many come at once', async () => {
    const other = await catalogs.another(db);
    const people = await Promise.all([db, other, db, other].map((one, i) => personOf(one, i < 2 ? 'Ann@x.example' : ' ann@X.example', 1)));
    expect(new Set(people.map(({ id }) => id)).size).toBe(1);
    const sets = await Promise.all([db, other, db, other].map((one) => internReaders(one, ['group:a', 'everyone'])));
    expect(new Set(sets).size).toBe(1);
    expect(typeof sets[0]).toBe('number');
    const next = await internReaders(db, ['group:b']);
    for (let i = 0; i < 5; i++) await internReaders(db, ['group:b']);
    // Asking for what is there uses no number up.
    expect(await internReaders(db, ['group:c'])).toBe(next + 1);
  });

  describe('questions', () => {
    test('a question is recorded once for each event, in its conversation', async () => {
      const other = await catalogs.another(db);
      const received = await Promise.all([db, other, db, other].map((one, i) => receiveQuestion(one, QUESTION, 1 + i)));
      expect(received.filter(Boolean)).toHaveLength(1);
      await receiveQuestion(db, { ...QUESTION, eventKey: 'e2', text: 'Why?' }, 10);
      expect((await conversationTurns(db, { thread: 't' }, 10)).map((turn) => turn.text)).toEqual(['How?', 'Why?']);
      expect(await conversationTurns(db, { thread: 'other' }, 10)).toEqual([]);
    });

    test('questions that come at once in a new thread are of one conversation', async () => {
      const other = await catalogs.another(db);
      await Promise.all(
        Array.from({ length: 6 }, (_, i) => receiveQuestion(i % 2 ? db : other, { ...QUESTION, thread: 'new', eventKey: `n${i}` }, i)),
      );
      expect(await db.selectFrom('conversations').select('thread').execute()).toEqual([{ thread: 'new' }]);
      expect(await conversationTurns(db, { thread: 'new' }, 10)).toHaveLength(6);
    });

    test('a limit for a person holds in all processes together', async () => {
      const other = await catalogs.another(db);
      const { id } = await personOf(db, 'ann@x.example', 1);
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          receiveQuestion(i % 2 ? db : other, { ...QUESTION, personId: id, eventKey: `l${i}` }, 1000 + i, { perHour: 4 }),
        ),
      );
      expect(fulfilled(results)).toHaveLength(4);
      for (const r of results) if (r.status === 'rejected') expect(r.reason).toMatchObject({ code: 'ask.limit' });
    });

    test('of several processes that find a question left, one answers it', async () => {
      const other = await catalogs.another(db);
      await receiveQuestion(db, QUESTION, 1);
      const taken = await Promise.all([db, other, db, other].map((one) => takeQuestion(one, { eventKey: 'e1' }, 1_000_000)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    test('answers to one question that come at once are revisions, and one of them is current', async () => {
      const other = await catalogs.another(db);
      const question = (await receiveQuestion(db, QUESTION, 1))!;
      await Promise.all([db, other, db].map((one) => recordAnswer(one, answerTo(question.id), question.leaseOwner, 2)));
      const rows = await db.selectFrom('answers').select(['id', 'revision', 'state', 'supersedes']).orderBy('revision').execute();
      expect(rows.map(({ revision, state }) => [revision, state])).toEqual([
        [1, 'superseded'],
        [2, 'superseded'],
        [3, 'current'],
      ]);
      expect(rows.slice(1).map((row) => row.supersedes)).toEqual(rows.slice(0, 2).map((row) => row.id));
    });
  });

  test('runs are listed newest first, with their times as numbers', async () => {
    const { id } = await addSource(db, SOURCE, 0);
    const startedAt = 1_795_000_000_123;
    const runId = await startRun(db, id, startedAt);
    await finishRun(
      db,
      { id: runId, sourceId: id, state: 'done', summary: { source: 'wiki' } as never, startedAt, leaseOwner: 'me' },
      startedAt + 5,
    );
    await startRun(db, id, startedAt + 10);
    expect(await listRuns(db, id, 10)).toMatchObject([
      { startedAt: startedAt + 10, state: 'running' },
      { startedAt, finishedAt: startedAt + 5, state: 'done', summary: { source: 'wiki' } },
    ]);
  });

  describe('the glossary', () => {
    const entry = (term: string, explanation = '') => ({ term, synonyms: [], explanation, keys: [term.toLowerCase(), `${term}s`] });

    test('two imports of the same terms, the other way round, leave each term once', async () => {
      const other = await catalogs.another(db);
      const entries = Array.from({ length: 60 }, (_, i) => entry(`Term${i}`, `of ${i}`));
      await Promise.all([saveGlossary(db, entries, 1), saveGlossary(other, entries.toReversed(), 2), saveGlossary(db, entries, 3)]);
      expect(await listGlossary(db)).toHaveLength(60);
      expect(await db.selectFrom('glossary_names').select('name_key').execute()).toHaveLength(120);
    });

    test('an entry that is removed while it is changed leaves no name behind', async () => {
      const other = await catalogs.another(db);
      for (let round = 0; round < 10; round++) {
        await saveGlossary(db, [entry('Once')], 1);
        const { id } = (await listGlossary(db))[0]!;
        await Promise.all([saveGlossary(db, [entry('Twice')], 2, id), removeGlossaryEntry(other, id)]);
        expect(await listGlossary(db)).toEqual([]);
        expect(await db.selectFrom('glossary_names').select('name_key').execute()).toEqual([]);
      }
    });

    test('terms are listed as their bytes are ordered', async () => {
      await saveGlossary(
        db,
        ['b', 'B2', 'ä', 'a', '中', 'z', '😀'].map((term) => entry(term)),
        1,
      );
      expect((await listGlossary(db)).map(({ term }) => term)).toEqual(['a', 'b', 'B2', 'z', 'ä', '中', '😀']);
    });
  });

  test('words are found by how they begin and how they end, in every script', async () => {
    await addWords(db, 1, ['deploy', 'deployment', 'employ', 'größe', 'größer', 'привет']);
    await addWords(db, 2, ['deployed']);
    expect(await knownWords(db, ['deploy', 'deployed', 'größe', 'привет', 'nothing'], [1])).toEqual(new Set(['deploy', 'größe', 'привет']));
    const alike = await wordsAlike(db, { lengths: [5, 6], begins: 'de', ends: 'loy', firsts: ['e'], readerSets: [1] });
    expect([...alike.keys()].toSorted()).toEqual(['deploy', 'employ']);
    expect(
      [...(await wordsAlike(db, { lengths: [5, 6], begins: 'grö', ends: 'xyz', firsts: ['g'], readerSets: [1] })).keys()].toSorted(),
    ).toEqual(['größe', 'größer']);
  });

  test('settings have defaults, are checked, and are kept', async () => {
    expect(await readSettings(db)).toMatchObject({ internalAddresses: [], keepRate: 0.9 });
    await writeSetting(db, 'internalAddresses', ['wiki.internal'], 1);
    expect((await readSettings(db)).internalAddresses).toEqual(['wiki.internal']);
    const other = await catalogs.another(db);
    await Promise.all([writeSetting(db, 'keepRate', 0.7, 2), writeSetting(other, 'keepRate', 0.8, 2)]);
    expect([0.7, 0.8]).toContain((await readSettings(db)).keepRate);
    await expect(writeSetting(db, 'keepRate', 7, 2)).rejects.toMatchObject({
      code: 'input.invalid',
      publicMessage: expect.stringContaining('keepRate'),
    });
    await expect(writeSetting(db, 'prices', { m: { input: -1, output: 0 } }, 2)).rejects.toMatchObject({ code: 'input.invalid' });
  });

  test('usage is summed for the calendar month, and none is lost when two processes spend at once', async () => {
    const row = { purpose: 'answer', model: 'm', promptTokens: 10, completionTokens: 5, usd: 0.25 };
    await recordUsage(db, row, Date.UTC(2026, 9, 31, 23, 59));
    const other = await catalogs.another(db);
    await Promise.all(Array.from({ length: 30 }, (_, i) => recordUsage(i % 2 ? db : other, row, Date.UTC(2026, 10, 1, i % 24, i))));
    expect(await spentThisMonth(db, Date.UTC(2026, 10, 30))).toBe(7.5);
    expect(await spentThisMonth(db, Date.UTC(2026, 11, 1))).toBe(0);
    expect(await db.selectFrom('usage').selectAll().where('day', '=', '2026-11-01').execute()).toMatchObject([
      { calls: 30, prompt_tokens: 300 },
    ]);
  });
});
