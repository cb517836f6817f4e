/** What is particular to the Qdrant driver: what goes wrong between it and its server, and what it leaves there. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openQdrantIndex, type QdrantOptions } from '../../src/search/drivers/qdrant.ts';
import { searchDrivers } from '../../src/search/registry.ts';
import type { SearchIndex, SearchResult } from '../../src/search/search-index.ts';
import { startFakeQdrant } from '../fakes/qdrant.ts';
import { folder, run } from './search-child.ts';
import { idsOf, pointOf, queryOf, unit } from './search-points.ts';
import { byNames, qdrantFactories, serverAt, uuidOf } from './search-qdrant.ts';

const fake = await startFakeQdrant();
const opened: SearchIndex[] = [];
const patience = { searchMs: 2_000, writeMs: 2_000, retryMs: 5 };
const open = (options: Partial<QdrantOptions> = {}): SearchIndex => {
  const index = byNames(openQdrantIndex({ url: fake.url, patience, ...options }));
  opened.push(index);
  return index;
};
const vacation = (id: string, readerSet = 1) => pointOf(id, 'vacation', { vector: [1, 0], readerSet });
const both = queryOf('vacation', { vector: unit([1, 0]), limit: 100 });
/** Resolves when such a request has come. */
const arrival = async (of: RegExp, from = fake.requests.length): Promise<void> => {
  while (!fake.requests.slice(from).some(({ line }) => of.test(line))) await sleep(2);
};
const lines = (): string[] => fake.requests.map(({ line }) => line);

beforeEach(() => {
  fake.calm();
  fake.empty();
  fake.requests.length = 0;
});
afterEach(() => Promise.all(opened.splice(0).map((index) => index.close())));
afterAll(() => fake.close());

describe('a Qdrant that cannot serve', () => {
  it('says where nothing answers, and that it may later; never the key', async () => {
    const gone = await startFakeQdrant();
    await gone.close();
    const index = open({ url: gone.url, apiKey: 'secret-key' });
    const error: unknown = await index.search(both).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'AppError', code: 'search.unavailable', retryable: true });
    const { publicMessage, message } = error as { publicMessage: string; message: string };
    expect(publicMessage).toContain(new URL(gone.url).host);
    expect(publicMessage).toContain('QDRANT_URL');
    expect(publicMessage + message).not.toContain('secret-key');
    await expect(index.put([vacation('a')])).rejects.toMatchObject({ code: 'search.unavailable', retryable: true });
  });

  it('says that the key is wrong, or missing, and does not try again', async () => {
    const locked = await startFakeQdrant({ apiKey: 'right' });
    try {
      for (const key of [{ apiKey: 'wrong' }, {}]) {
        const index = open({ url: locked.url, ...key });
        await expect(index.getMeta('analyzer')).rejects.toMatchObject({
          code: 'search.unauthorized',
          retryable: false,
          publicMessage: expect.stringContaining('QDRANT_API_KEY'),
        });
      }
      expect(locked.requests.filter(({ line }) => line !== 'GET /')).toHaveLength(2);
      const index = open({ url: locked.url, apiKey: 'right' });
      await index.put([vacation('a')]);
      expect(await index.count()).toBe(1);
    } finally {
      await locked.close();
    }
  });

  it('says that the server is too old, before it is asked for what it does not know', async () => {
    const old = await startFakeQdrant({ version: '1.15.5' });
    try {
      await expect(open({ url: old.url }).put([vacation('a')])).rejects.toMatchObject({
        code: 'search.too_old',
        retryable: false,
        publicMessage: expect.stringMatching(/1\.15\.5.*1\.16/),
      });
      expect(old.collections()).toEqual([]);
    } finally {
      await old.close();
    }
  });

  it('takes no page that is answered with 200 for an empty index', async () => {
    const page = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'));
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    try {
      const index = open({ url: `http://127.0.0.1:${(page.address() as AddressInfo).port}` });
      await expect(index.getMeta('analyzer')).rejects.toMatchObject({ code: 'search.no_qdrant', retryable: false });
      await expect(index.count()).rejects.toMatchObject({ code: 'search.no_qdrant' });
    } finally {
      page.closeAllConnections();
      page.close();
    }
  });

  it('says that the disk is full', async () => {
    const index = open();
    fake.trouble({ on: /^PUT .*\/points$/, status: 507 });
    await expect(index.put([vacation('a')])).rejects.toMatchObject({ code: 'search.full', publicMessage: expect.stringContaining('disk') });
  });

  it('goes by the path of the address, too', async () => {
    await open({ url: `${fake.url}/behind/proxy/` })
      .count()
      .catch(() => {});
    expect(lines()).toEqual(['GET /behind/proxy/']);
    for (const url of ['ftp://host', 'qdrant:6333', 'nowhere'])
      expect(() => open({ url })).toThrow(expect.objectContaining({ code: 'search.address' }));
  });
});

describe('a Qdrant that falters', () => {
  it('is asked again, and a write that it made without saying so is made once', async () => {
    const index = open({ patience: { ...patience, writeMs: 500 } });
    fake.trouble({ on: /^PUT .*\/points$/, status: 503, times: 1 });
    fake.trouble({ on: /^PUT .*\/points$/, hangAfter: true, times: 1 });
    fake.trouble({ on: /^PUT .*\/points$/, cut: true, times: 1 });
    await index.put([pointOf('a', 'vacation'), pointOf('b', 'vacation')]);
    expect(lines().filter((line) => /^PUT .*\/points$/.test(line))).toHaveLength(4);
    expect(await index.count()).toBe(2);
    fake.trouble({ on: /^POST .*\/delete$/, hangAfter: true, times: 1 });
    await index.drop(['a']);
    expect(await index.count()).toBe(1);
    fake.trouble({ on: /^PATCH /, hangAfter: true, times: 1 });
    await index.setMeta('analyzer', '2');
    expect(await index.getMeta('analyzer')).toBe('2');
  });

  it('waits as long as it is told to', async () => {
    const index = open();
    await index.put([vacation('a')]);
    fake.trouble({ on: /\/query/, status: 429, headers: { 'retry-after': '1' }, times: 1 });
    const startedAt = performance.now();
    expect((await index.search(both)).words).toHaveLength(1);
    expect(performance.now() - startedAt).toBeGreaterThan(900);
  });

  it('gives up where it goes on, and a person who asks does not wait longer than for one time-out', async () => {
    const index = open({ patience: { ...patience, searchMs: 200 } });
    await index.put([vacation('a')]);
    fake.trouble({ on: /\/query/, delayMs: 10_000 });
    const startedAt = performance.now();
    await expect(index.search(both)).rejects.toMatchObject({ code: 'search.unavailable', retryable: true });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    fake.calm();
    fake.trouble({ on: /^PUT .*\/points$/, status: 500 });
    await expect(index.put([vacation('b')])).rejects.toMatchObject({ code: 'search.unavailable', retryable: true });
  });

  it('is left at once where the signal says so', async () => {
    const index = open();
    await index.put([vacation('a')]);
    fake.trouble({ on: /points/, delayMs: 10_000 });
    const stop = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => stop.abort(reason), 50);
    const startedAt = performance.now();
    await expect(index.put([vacation('b')], stop.signal)).rejects.toBe(reason);
    await expect(index.search(both, stop.signal)).rejects.toBe(reason);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('swaps once, were it not said that it did', async () => {
    const index = open({ patience: { ...patience, writeMs: 500 } });
    await index.put([vacation('a')]);
    const rebuild = await index.rebuild();
    await rebuild.index.put([vacation('b')]);
    fake.trouble({ on: /^POST \/collections\/aliases$/, hangAfter: true });
    await rebuild.swap();
    fake.calm();
    await rebuild.discard();
    expect(idsOf((await index.search(both)).words)).toEqual(['b']);
  });
});

describe('a Qdrant that is emptied', () => {
  it('makes searches say so, facts be unknown, and a rebuilding fill it again', async () => {
    const [one, other] = [open(), open()];
    await one.put([vacation('a')]);
    await one.setMeta('analyzer', '2');
    for (const index of [one, other]) expect((await index.search(both)).words).toHaveLength(1);
    fake.empty();
    for (const index of [one, other]) {
      await expect(index.search(both)).rejects.toMatchObject({ code: 'search.unavailable', retryable: true });
      expect(await index.getMeta('analyzer')).toBeUndefined();
      expect(await index.count()).toBe(0);
      expect(await index.ids(undefined, 10)).toEqual([]);
      expect(await index.withoutVector('e5', undefined, 10)).toEqual([]);
      expect(await index.vectorModels()).toEqual({ active: undefined, models: [], points: 0 });
      await index.warm();
    }
    const rebuild = await one.rebuild();
    await rebuild.index.put([vacation('b')]);
    await rebuild.swap();
    for (const index of [one, other]) {
      const { words, meaning } = await index.search(both);
      expect([idsOf(words), idsOf(meaning)]).toEqual([['b'], ['b']]);
    }
  });

  it('takes writes at once, in the midst of them too', async () => {
    const index = open();
    await index.put([vacation('a')]);
    fake.trouble({ on: /^PUT .*\/points$/, delayMs: 100, times: 1 });
    const written = arrival(/^PUT .*\/points$/);
    const late = index.put([vacation('b')]);
    await written;
    fake.empty();
    await late;
    const { words, meaning } = await index.search(both);
    expect([idsOf(words), idsOf(meaning)]).toEqual([['b'], ['b']]);
    fake.empty();
    await index.setMeta('analyzer', '2');
    expect(await index.getMeta('analyzer')).toBe('2');
    expect((await index.search(both)).words).toEqual([]);
  });

  it('ends a rebuilding, which can be begun again', async () => {
    const index = open();
    const rebuild = await index.rebuild();
    await rebuild.index.put([vacation('a')]);
    fake.empty();
    const lost = { code: 'search.rebuild_lost', retryable: true };
    await expect(rebuild.index.put([vacation('b')])).rejects.toMatchObject(lost);
    await expect(rebuild.swap()).rejects.toMatchObject(lost);
    await rebuild.discard();
    expect(fake.collections()).toEqual([]);
  });

  it('is an empty index to who finds nothing there at first, who makes nothing by asking', async () => {
    const index = open();
    expect(await index.search(queryOf('vacation', { vector: unit([1, 0]) }))).toEqual({
      words: [],
      meaning: [],
      total: 0,
      documentFrequency: { vacat: 0 },
    });
    expect(await index.getMeta('analyzer')).toBeUndefined();
    expect(fake.collections()).toEqual([]);
  });
});

it('loses no write that begins before a swap and ends after it', async () => {
  const [one, other] = [open({ patience: {} }), open({ patience: {} })];
  await one.put([vacation('a')]);
  const rebuild = await other.rebuild();
  await rebuild.index.put([vacation('a')]);
  // The old generation is still there when the late write reaches it.
  fake.trouble({ on: /^DELETE /, delayMs: 1_500 });
  fake.trouble({ on: /^PUT .*\.g0+\/points$/, delayMs: 500, times: 1 });
  const written = arrival(/^PUT .*\.g0+\/points$/);
  const late = one.put([vacation('late')]);
  await written;
  const swapped = rebuild.swap();
  await late;
  expect(idsOf((await other.search(both)).words).toSorted()).toEqual(['a', 'late']);
  await swapped;
  expect(idsOf((await one.search(both)).meaning).toSorted()).toEqual(['a', 'late']);
});

describe('what stands in Qdrant', () => {
  const generations = (): string[] => [...new Set(fake.collections().map((name) => name.split('.').slice(0, 2).join('.')))];

  it('is one generation after a swap, after a rebuilding that was discarded, and after others that were cut short', async () => {
    const index = open();
    await index.put([vacation('a')]);
    for (let i = 0; i < 3; i++) await (await index.rebuild()).index.put([vacation('left')]);
    expect(generations()).toHaveLength(2);
    const rebuild = await index.rebuild();
    await rebuild.index.put([vacation('b')]);
    await rebuild.swap();
    expect(generations()).toEqual([fake.aliases.get('docent')]);
    await (await index.rebuild()).discard();
    expect(generations()).toEqual([fake.aliases.get('docent')]);
  });

  it('is that of one name alone; others are left as they are', async () => {
    const [mine, theirs] = [open({ name: 'docent' }), open({ name: 'docent-eval' })];
    await mine.put([vacation('a')]);
    await theirs.put([vacation('b')]);
    const rebuild = await theirs.rebuild();
    await rebuild.index.put([vacation('c')]);
    await rebuild.swap();
    expect(idsOf((await mine.search(both)).words)).toEqual(['a']);
    expect(idsOf((await theirs.search(both)).words)).toEqual(['c']);
  });

  it('is nothing of one that was to be thrown away, when it is closed', async () => {
    const [kept, thrown] = [open(), open({ name: 'docent-eval-aB3', throwAway: true })];
    for (const index of [kept, thrown]) await index.put([vacation('a')]);
    await thrown.close();
    expect(generations()).toEqual([fake.aliases.get('docent')]);
    expect((await kept.search(both)).words).toHaveLength(1);
  });

  it('is no vector of a model that gave way to another', async () => {
    const index = open();
    await index.put([pointOf('a', 'vacation')]);
    for (const [model, vector] of [
      ['old', unit([1, 0])],
      ['new', unit([1, 0, 0])],
    ] as const) {
      await index.putVectors(model, [{ id: 'a', vector }]);
      await index.activate(model);
    }
    const vectors = fake.collections().filter((name) => name.includes('.m'));
    expect(vectors).toHaveLength(1);
    expect(vectors[0]).toMatch(/\.d3$/);
  });

  it('is kept as bytes from a size on, and searched with a second look', async () => {
    const settings = () => fake.collection(fake.collections().find((name) => name.includes('.m'))!)!.settings;
    const index = open({ quantizeFrom: 50 });
    const vectors = Array.from({ length: 60 }, (_, i) => pointOf(`p${i}`, 'vacation', { vector: [1, i] }));
    await index.put(vectors.slice(0, 40));
    expect(settings().quantization_config).toBeUndefined();
    const later = open({ quantizeFrom: 50 });
    await later.put(vectors.slice(40));
    expect(settings().quantization_config).toEqual({ scalar: { type: 'int8', quantile: 0.99, always_ram: true } });
    expect((await index.search(both)).meaning[0]!.id).toBe('p0');
  });

  it('comes in requests that are bounded, two at once at most, and is waited for', async () => {
    const index = open({ patience: {} });
    fake.trouble({ on: /^PUT .*\/points$/, delayMs: 20 });
    const text = Array.from({ length: 600 }, (_, i) => `word${i}`).join(' ');
    const points = [pointOf('p', text), ...Array.from({ length: 700 }, (_, i) => pointOf(`p${i}`, `number${i}`))];
    const long = { ...points[0]!.terms };
    await index.put(points.map((point, i) => (i < 200 ? { ...point, terms: long } : point)));
    const upserts = fake.requests.filter(({ line }) => /^PUT .*\/points$/.test(line));
    // 200 long ones by their size, 501 short ones by their number.
    expect(upserts).toHaveLength(3 + 4);
    expect(Math.max(...upserts.map(({ bytes }) => bytes))).toBeLessThan(1_000_000);
    expect(Math.max(...upserts.map(({ atOnce }) => atOnce))).toBe(2);
    expect(await index.count()).toBe(701);
  });

  it('is filtered by readers in each query that brings hits', async () => {
    const index = open();
    await index.put([vacation('a'), vacation('b', 2)]);
    for (const name of fake.collections()) expect([...fake.collection(name)!.indexes.keys()]).toEqual(['document', 'kind', 'readers']);
    const { words, meaning } = await index.search({ ...both, readerSets: [2] });
    expect([idsOf(words), idsOf(meaning)]).toEqual([['b'], ['b']]);
  });

  it('never shows a vector under readers that its point had before', async () => {
    const index = open();
    await index.put([pointOf('a', 'vacation')]);
    await index.activate('e5');
    await index.putVectors('e5', [{ id: 'a', vector: unit([1, 0]) }]);
    // The vector's point was read before its readers changed, and is written after that.
    fake.trouble({ on: /^PUT .*\.m.*\/points$/, delayMs: 300, times: 1 });
    const written = arrival(/^PUT .*\.m.*\/points$/);
    const late = index.putVectors('e5', [{ id: 'a', vector: unit([1, 0]) }]);
    await written;
    await index.put([pointOf('a', 'vacation', { readerSet: 2 })]);
    await late;
    expect((await index.search(both)).meaning).toEqual([]);
    expect(await index.withoutVector('e5', undefined, 10)).toEqual(['a']);
  });

  it('tells which of very many points lack a vector', async () => {
    const index = open();
    await index.put([vacation('a')]);
    const [words, vectors] = ['', '.m'].map((part) =>
      fake.collection(fake.collections().find((name) => name.includes('.m') === (part !== ''))!)!,
    );
    const ids = Array.from({ length: 12_000 }, (_, i) => `p${String(i).padStart(5, '0')}`);
    const payload = { document: 'd', kind: 'passage', readers: 1, length: 0, codes: '' };
    words!.upsert(ids.map((id) => ({ id: uuidOf(id), vector: { words: { indices: [0], values: [1] } }, payload })));
    const lacking = ids.filter((_, i) => i < 30 || (i > 4_990 && i < 6_000) || i === 11_999);
    const has = ids.filter((id) => !lacking.includes(id));
    vectors!.upsert(has.map((id) => ({ id: uuidOf(id), vector: { meaning: [1, 0] }, payload })));
    expect(await index.withoutVector('', undefined, 20_000)).toEqual(lacking);
    const seen: string[] = [];
    for (let page = await index.withoutVector('', undefined, 300); page.length > 0; page = await index.withoutVector('', seen.at(-1), 300))
      seen.push(...page);
    expect(seen).toEqual(lacking);
    expect(await index.ids(undefined, 20_000)).toEqual(['a', ...ids]);
  });
});

/** A real server counts points that were dropped until it tidies up, and reckons in 32 bits, so that a frequency may be a little off. */
function expectNear(own: SearchResult, other: SearchResult, of: string): void {
  for (const [term, n] of Object.entries(other.documentFrequency)) {
    expect(own.documentFrequency[term], `${of}, ${term}`).toBeGreaterThanOrEqual(n - 3);
    expect(own.documentFrequency[term], `${of}, ${term}`).toBeLessThanOrEqual(n + 3);
  }
  for (const part of ['words', 'meaning'] as const) {
    expect(own[part].map(({ id }) => id).toSorted(), of).toEqual(other[part].map(({ id }) => id).toSorted());
    const scores = new Map(other[part].map(({ id, score }) => [id, score]));
    for (const { id, score } of own[part])
      expect(Math.abs(score - scores.get(id)!), `${of}, ${id}`).toBeLessThan(0.05 * Math.max(1, score));
  }
}

it('gives the same hits and scores as SQLite does', async () => {
  const { path, remove } = folder();
  const sqlite = searchDrivers.sqlite({ path: join(path, 'index.db') });
  const store = qdrantFactories(await serverAt())();
  const qdrant = store.open();
  try {
    const vocabulary = Array.from(
      { length: 60 },
      (_, i) => ['vacation', 'laptop', 'policy', 'travel', 'badge', 'desk'][i % 6] + String.fromCharCode(97 + (i % 25)).repeat(i % 4),
    );
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
    const wordsOf = (n: number): string => Array.from({ length: n }, () => vocabulary[Math.min(random(60), random(60))]).join(' ');
    const vectorOf = (): number[] => Array.from({ length: 8 }, () => random(2_000) - 1_000);
    const points = Array.from({ length: 200 }, (_, i) =>
      pointOf(`p${i}`, wordsOf(5 + random(60)), {
        title: wordsOf(random(4)),
        headingPath: [wordsOf(random(3))],
        readerSet: 1 + random(3),
        ...(i % 9 === 0 ? {} : { vector: vectorOf() }),
      }),
    );
    await Promise.all([sqlite, qdrant].map((index) => index.put(points)));
    await Promise.all([sqlite, qdrant].map((index) => index.drop(['p3', 'p50', 'p101'])));
    const rounded = ({ words, meaning, ...rest }: SearchResult): unknown => {
      const round = (hits: SearchResult['words'], digits: number): unknown =>
        hits
          .map(({ score, other, ...hit }) => ({
            ...hit,
            score: score.toFixed(digits),
            ...(other === undefined ? {} : { other: other.toFixed(4) }),
          }))
          .toSorted((a, b) => Number(b.score) - Number(a.score) || (a.id < b.id ? -1 : 1));
      return { words: round(words, 6), meaning: round(meaning, 4), ...rest };
    };
    for (let i = 0; i < 25; i++) {
      const query = queryOf(wordsOf(1 + random(6)), { readerSets: [1, 2], limit: 300, vector: unit(vectorOf()) });
      const [own, other] = [await qdrant.search(query), await sqlite.search(query)];
      if (!process.env['QDRANT_URL']) expect(rounded(own), `query ${i}`).toEqual(rounded(other));
      else expectNear(own, other, `query ${i}`);
    }
  } finally {
    await sqlite.close();
    remove();
    await qdrant.close();
    await store.dispose();
  }
});

it('is whole when who rebuilds it is killed: the old one or the new one', async () => {
  const source = new URL('../../src/search/', import.meta.url).href;
  let last = -1;
  for (let round = 0; round < 3; round++) {
    const { child, output, ended } = run(`
      import { openQdrantIndex } from ${JSON.stringify(`${source}drivers/qdrant.ts`)};
      import { analyzePassage } from ${JSON.stringify(`${source}analyzer.ts`)};
      const index = openQdrantIndex({ url: ${JSON.stringify(fake.url)} });
      const terms = (i) => analyzePassage({ title: '', headingPath: [], text: 'vacation number' + i }, 'en');
      for (let i = ${last + 1}; ; i++) {
        const rebuild = await index.rebuild();
        for (let k = 0; k < 4; k++)
          await rebuild.index.put(Array.from({ length: 10 }, (_, n) => ({ id: '00000000-0000-0000-0000-' + String(i * 100 + k * 10 + n).padStart(12, '0'),
            documentId: 'r' + i, kind: 'passage', readerSet: 1, terms: terms(i), vector: Float32Array.of(1, 0) })));
        await rebuild.swap();
        if (i === ${last + 1}) console.log('swapped');
      }`);
    await Promise.race([output, ended]);
    await sleep(Math.random() * 200);
    child.kill('SIGKILL');
    await ended;
    const index = openQdrantIndex({ url: fake.url, patience });
    opened.push(index);
    const { words, meaning, total } = await index.search(both);
    expect([words.length, meaning.length, total]).toEqual([40, 40, 40]);
    const rounds = new Set(words.map(({ documentId }) => documentId));
    expect(rounds.size).toBe(1);
    last = Number([...rounds][0]!.slice(1));
    await (await index.rebuild()).discard();
    expect(fake.collections()).toHaveLength(2);
  }
});
