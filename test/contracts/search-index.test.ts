/** The search port's contract over every registered driver, and what is particular to the SQLite driver. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { searchDrivers } from '../../src/search/registry.ts';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { folder, run, script } from './search-child.ts';
import { searchIndexContract, type SearchIndexFactory } from './search-index.ts';
import { pointOf, queryOf, unit, type TestRunner } from './search-points.ts';
import { qdrantFactories, serverAt } from './search-qdrant.ts';

const FACTORIES: Record<keyof typeof searchDrivers, () => SearchIndexFactory> = {
  sqlite: () => {
    const { path, remove } = folder();
    return { open: () => searchDrivers.sqlite({ path: join(path, 'index.db') }), dispose: async () => remove() };
  },
  qdrant: qdrantFactories(await serverAt()),
};

for (const [name, create] of Object.entries(FACTORIES)) searchIndexContract(name, create, { describe, it, afterEach } as TestRunner);

it('has a factory for every registered driver', () => {
  expect(Object.keys(FACTORIES).toSorted()).toEqual(Object.keys(searchDrivers).toSorted());
});

/** What is wrong with each planted driver, and the test that must notice. */
const PLANTED: [wrong: string, test: string, spoil: (index: SearchIndex) => Partial<SearchIndex>][] = [
  [
    'ignores reader sets',
    'finds points of the given reader sets only',
    (index) => ({
      search: (query, signal) => index.search({ ...query, readerSets: [1, 2, 3, 99] }, signal),
    }),
  ],
  [
    'filters readers after the search',
    'finds the few readable ones',
    (index) => ({
      search: async (query, signal) => {
        const { words, ...rest } = await index.search({ ...query, readerSets: [1, 2] }, signal);
        return { ...rest, words: words.filter((hit) => !hit.id.startsWith('h')) };
      },
    }),
  ],
  [
    'ignores the query',
    'finds a passage by another form',
    (index) => ({
      search: (query, signal) => index.search({ ...query, terms: { terms: [{ term: 'vacat', weight: 1 }], pairs: [] } }, signal),
    }),
  ],
  ['drops nothing', 'drops points', () => ({ drop: async () => {} })],
  ['forgets facts', 'keeps points and facts', () => ({ setMeta: async () => {} })],
  [
    'ignores kinds',
    'finds the given kinds only',
    (index) => ({
      search: (query, signal) => index.search({ ...query, kinds: ['passage', 'verified', 'question'] }, signal),
    }),
  ],
  [
    'ignores exceptions',
    'leaves documents out',
    (index) => ({
      search: (query, signal) => index.search({ ...query, exceptDocuments: [] }, signal),
    }),
  ],
  [
    'searches whatever vectors come',
    'searches no model that is built beside',
    (index) => ({
      putVectors: async (model, entries) => {
        await index.putVectors(model, entries);
        await index.activate(model);
      },
    }),
  ],
  ['never activates', 'searches no model that is built beside', () => ({ activate: async () => {} })],
  [
    'takes any vector for one of the active model',
    'gives nothing by meaning to a vector of another model',
    (index) => ({
      search: ({ terms, vector, kinds, readerSets, limit }) =>
        index.search({ terms, kinds, readerSets, limit, ...(vector ? { vector } : {}) }),
    }),
  ],
  [
    'does not say which points have no vector',
    'says which hits have no vector yet',
    (index) => ({
      search: async (query) => {
        const result = await index.search(query);
        return { ...result, words: result.words.map(({ id, documentId, score }) => ({ id, documentId, score })) };
      },
    }),
  ],
  [
    'keeps vectors of a point that is replaced',
    'lets vectors go with the point',
    (index) => ({
      put: async (points) => {
        await index.put(points);
        await index.putVectors(
          'e5',
          points.map(({ id }) => ({ id, vector: Float32Array.of(1, 0) })),
        );
      },
    }),
  ],
  [
    'builds in place',
    'is built beside',
    (index) => ({ rebuild: async () => ({ index: { ...index, close: async () => {} }, swap: async () => {}, discard: async () => {} }) }),
  ],
  [
    'never swaps',
    'takes the place of the old one',
    (index) => ({ rebuild: async () => ({ ...(await index.rebuild()), swap: async () => {} }) }),
  ],
  [
    'swaps what is discarded',
    'leaves the old one where it is discarded',
    (index) => ({
      rebuild: async () => {
        const rebuild = await index.rebuild();
        return { ...rebuild, discard: () => rebuild.swap() };
      },
    }),
  ],
  ['ignores signals', 'rejects with the reason', (index) => ({ search: (query) => index.search(query) })],
];

describe('the contract suite', () => {
  it.each(PLANTED)('fails a driver that %s', async (_, test, spoil) => {
    const tests: { name: string; body: () => Promise<void> }[] = [];
    const cleanups: (() => Promise<void>)[] = [];
    const collect: TestRunner = {
      describe: (_name, body) => body(),
      it: Object.assign((name: string, body: () => Promise<void>) => void tests.push({ name, body }), { each: () => () => {} }),
      afterEach: (body) => void cleanups.push(body),
    };
    const create = (): SearchIndexFactory => {
      const { open, dispose } = FACTORIES.sqlite();
      return {
        open: () => {
          const index = open();
          return { ...index, ...spoil(index) };
        },
        dispose,
      };
    };
    searchIndexContract('planted', create, collect);
    const named = tests.filter(({ name }) => name.startsWith(test));
    expect(named).toHaveLength(1);
    await expect(named[0]!.body().finally(() => cleanups[0]!())).rejects.toThrow();
  });
});

describe('the SQLite driver', () => {
  it('is whole after a kill -9 in the midst of writing, and goes on', async () => {
    const { path, remove } = folder();
    try {
      for (let round = 0; round < 4; round++) {
        const { child, output, ended } = run(
          script(
            join(path, 'index.db'),
            `
          for (let i = 0; ; i++) {
            await index.put(Array.from({ length: 20 }, (_, k) => point('r${round}-' + i + '-' + k, 'vacation number ' + i)));
            if (i % 3 === 2) await index.drop(Array.from({ length: 20 }, (_, k) => 'r${round}-' + (i - 1) + '-' + k));
            if (i === 2) console.log('writing');
          }`,
          ),
        );
        await Promise.race([output, ended]);
        await sleep(Math.random() * 200);
        child.kill('SIGKILL');
        await ended;
        const index = searchDrivers.sqlite({ path: join(path, 'index.db') });
        const count = await index.count();
        const { words, meaning, total, documentFrequency } = await index.search(
          queryOf('vacation', { vector: unit([1, 0]), limit: 100_000 }),
        );
        expect(count).toBeGreaterThan(0);
        expect(total).toBe(count);
        expect(words).toHaveLength(count);
        expect(meaning).toHaveLength(count);
        expect(documentFrequency).toEqual({ vacat: count });
        expect(count % 20).toBe(0);
        await index.close();
      }
    } finally {
      remove();
    }
  });

  it('is whole after a kill -9 in the midst of rebuilding: the old one or the new one, and the next rebuilding clears up', async () => {
    const { path, remove } = folder();
    try {
      let last = -1;
      const seen = new Set<string>();
      for (let round = 0; round < 6; round++) {
        // Each rebuilding holds 40 points of its own number; "vacation" stands in all.
        const { child, output, ended } = run(
          script(
            join(path, 'index.db'),
            `
          for (let i = ${last + 1}; ; i++) {
            const rebuild = await index.rebuild();
            for (let k = 0; k < 4; k++)
              await rebuild.index.put(Array.from({ length: 10 }, (_, n) => point('r' + i + '-' + k + n, 'vacation number' + i)));
            await rebuild.swap();
            if (i === ${last + 1}) console.log('swapped');
          }`,
          ),
        );
        await Promise.race([output, ended]);
        await sleep(Math.random() * 300);
        child.kill('SIGKILL');
        await ended;
        const index = searchDrivers.sqlite({ path: join(path, 'index.db') });
        const { words, meaning, total } = await index.search(queryOf('vacation', { vector: unit([1, 0]), limit: 1000 }));
        expect([words.length, meaning.length, total]).toEqual([40, 40, 40]);
        const rounds = new Set(words.map(({ id }) => id.split('-')[0]));
        expect(rounds.size).toBe(1);
        last = Number([...rounds][0]!.slice(1));
        seen.add(String(last));
        const rebuild = await index.rebuild();
        await rebuild.discard();
        await index.close();
        const files = readdirSync(path).filter((name) => !/-(wal|shm)$/.test(name));
        expect(files.filter((name) => name.startsWith('index.db.g'))).toHaveLength(1);
        expect(files).not.toContain('index.db');
      }
      expect(seen.size).toBeGreaterThan(1);
    } finally {
      remove();
    }
  });

  it('sees what another process writes while both write', async () => {
    const { path, remove } = folder();
    try {
      const mine = searchDrivers.sqlite({ path: join(path, 'index.db') });
      await mine.put([pointOf('first', 'vacation', { vector: [1, 0] })]);
      await mine.search(queryOf('vacation', { vector: unit([1, 0]) }));
      const { ended } = run(
        script(
          join(path, 'index.db'),
          `
        for (let i = 0; i < 20; i++) await index.put([point('theirs' + i, 'vacation')]);
        await index.drop(['theirs0', 'first']);
        await index.close();`,
        ),
      );
      for (let i = 0; i < 20; i++) await mine.put([pointOf(`mine${i}`, 'vacation', { vector: [1, 0] })]);
      expect(await ended).toBe(0);
      const { words, meaning, total } = await mine.search(queryOf('vacation', { vector: unit([1, 0]), limit: 100 }));
      expect([words.length, meaning.length, total]).toEqual([39, 39, 39]);
      await mine.close();
    } finally {
      remove();
    }
  });

  it('finds the same while words of small writes are pending as when they are entered', async () => {
    const { path, remove } = folder();
    try {
      const index = searchDrivers.sqlite({ path: join(path, 'index.db') });
      const pending = (): unknown => {
        const db = new DatabaseSync(join(path, 'index.db'), { readOnly: true });
        const { count } = db.prepare('SELECT count(*) AS count FROM pending').get()!;
        db.close();
        return count;
      };
      const text = (i: number): string => `vacation ${'laptop '.repeat(i % 4)}${'desk '.repeat(i % 7)}part${i % 10}`;
      await index.put(Array.from({ length: 100 }, (_, i) => pointOf(`many${i}`, text(i))));
      expect(pending()).toBe(0);
      for (let i = 0; i < 5; i++) {
        await index.put(Array.from({ length: 8 }, (_, k) => pointOf(`few${i}-${k}`, text(i * k + 3))));
        await index.drop([`many${i}`, `many${i + 50}`, `few${i}-7`]);
      }
      const find = () =>
        Promise.all(['vacation laptop', 'desk part3', 'part7'].map((query) => index.search(queryOf(query, { limit: 200 }))));
      const before = await find();
      expect(before[0]!.documentFrequency['vacat']).toBe(125);
      expect(pending()).toBe(45);
      await vi.waitFor(() => expect(pending()).toBe(0), { timeout: 20_000, interval: 100 });
      expect(await find()).toEqual(before);
      await index.close();
    } finally {
      remove();
    }
  });

  it('lets the process end without being closed, and after being closed', async () => {
    const { path, remove } = folder();
    try {
      const open = run(script(join(path, 'a.db'), `await index.put([point('a', 'vacation')]); console.log(await index.count());`));
      expect(await open.ended).toBe(0);
      const closed = run(script(join(path, 'b.db'), `await index.put([point('a', 'vacation')]); await index.close();`));
      expect(await closed.ended).toBe(0);
    } finally {
      remove();
    }
  });

  it('begins anew where a file is no index, and says what is wrong where none can be', async () => {
    const { path, remove } = folder();
    try {
      writeFileSync(join(path, 'index.db'), 'no database at all, but long enough to be taken for one '.repeat(100));
      const index = searchDrivers.sqlite({ path: join(path, 'index.db') });
      // The catalog fills a new one; what stood there is kept beside it.
      expect(await index.count()).toBe(0);
      expect(readFileSync(join(path, 'index.db.damaged'), 'utf8')).toContain('no database at all');
      await index.close();
      const nowhere = searchDrivers.sqlite({ path: join(path, 'missing', 'index.db') });
      await expect(nowhere.count()).rejects.toMatchObject({ code: 'search.failed' });
      // The thread that could not open it ended; the next call starts another.
      mkdirSync(join(path, 'missing'));
      expect(await nowhere.count()).toBe(0);
      await nowhere.close();
    } finally {
      remove();
    }
  });
});
