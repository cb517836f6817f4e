/** What is particular to the SQLite driver about vectors: being killed, the file's layout, what stands in the file. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { searchDrivers } from '../../src/search/registry.ts';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { folder, run, script } from './search-child.ts';
import { pointOf, queryOf, unit } from './search-points.ts';

const places: { remove(): void }[] = [];
const opened: SearchIndex[] = [];
const place = (): string => {
  const made = folder();
  places.push(made);
  return join(made.path, 'index.db');
};
const open = (path: string): SearchIndex => {
  const index = searchDrivers.sqlite({ path });
  opened.push(index);
  return index;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((index) => index.close()));
  for (const made of places.splice(0)) made.remove();
});

/** Rows in the file: of vectors, of their bytes, of models that have a name and that have none. */
function rowsOf(path: string): { vectors: number; quantized: number; named: number; dropped: number } {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const count = (from: string): number => db.prepare(`SELECT count(*) AS count FROM ${from}`).get()!['count'] as number;
    return {
      vectors: count('vectors'),
      quantized: count('quantized'),
      named: count('models WHERE name IS NOT NULL'),
      dropped: count('models WHERE name IS NULL'),
    };
  } finally {
    db.close();
  }
}

/** Every model has as many vectors as it says, and the active one's are all found, of one length. */
async function expectConsistent(index: SearchIndex): Promise<void> {
  const { active, models, points } = await index.vectorModels();
  expect(points).toBe(await index.count());
  for (const { model, vectors } of models) expect(await index.withoutVector(model, undefined, 10_000)).toHaveLength(points - vectors);
  const current = models.find(({ model }) => model === active);
  const vector = unit(Array.from({ length: current?.dimension || 1 }, () => 1));
  const { words, meaning } = await index.search(queryOf('vacation', { vector, limit: 10_000 }));
  expect(meaning).toHaveLength(current?.vectors ?? 0);
  expect(words.filter((hit) => !hit.noVector)).toHaveLength(current?.vectors ?? 0);
}

const MODELS_IN_TURN = `
  const ids = Array.from({ length: 200 }, (_, i) => 'p' + i);
  await index.put(ids.map((id) => point(id, 'vacation ' + id)).map(({ vector, ...rest }) => rest));
  for (let round = 0; ; round++) {
    const model = 'model' + round;
    const vector = new Float32Array(2 + (round % 3)).fill(1 / Math.sqrt(2 + (round % 3)));
    for (let at = 0; at < 200; at += 40) await index.putVectors(model, ids.slice(at, at + 40).map((id) => ({ id, vector })));
    await index.activate(model);
    if (round === 2) console.log('third');
  }`;

describe('vectors in SQLite', () => {
  it('are whole after a kill -9 while models are filled and activated in turn', async () => {
    for (let round = 0; round < 4; round++) {
      const path = place();
      const { child, output, ended } = run(script(path, MODELS_IN_TURN));
      await Promise.race([output, ended]);
      await sleep(Math.random() * 100);
      child.kill('SIGKILL');
      await ended;
      const index = open(path);
      expect((await index.vectorModels()).active).toMatch(/^model\d+$/);
      await expectConsistent(index);
      // What the killed process did not take out any more goes when nobody waits.
      await vi.waitFor(() => expect(rowsOf(path).dropped).toBe(0), { timeout: 20_000, interval: 100 });
      const { models } = await index.vectorModels();
      const sum = models.reduce((total, { vectors }) => total + vectors, 0);
      expect(rowsOf(path)).toEqual({ vectors: sum, quantized: sum, named: models.length, dropped: 0 });
      await expectConsistent(index);
    }
  });

  it('of the old model are searched when the process is killed before the new one is activated, which can then go on', async () => {
    const path = place();
    const { child, output, ended } = run(
      script(
        path,
        `
      await index.put([point('a', 'vacation'), point('b', 'vacation')]);
      await index.putVectors('new', [{ id: 'b', vector: Float32Array.of(0, 0, 1) }]);
      console.log('filled');
      setInterval(() => {}, 1000);`,
      ),
    );
    await Promise.race([output, ended]);
    child.kill('SIGKILL');
    await ended;
    const index = open(path);
    await expectConsistent(index);
    expect((await index.search(queryOf('', { vector: unit([1, 0]) }))).meaning).toHaveLength(2);
    expect(await index.withoutVector('new', undefined, 10)).toEqual(['a']);
    await index.putVectors('new', [{ id: 'a', vector: unit([0, 1, 0]) }]);
    await index.activate('new');
    await expectConsistent(index);
    expect((await index.search(queryOf('', { vector: unit([0, 0, 1]) }))).meaning[0]?.id).toBe('b');
    expect(rowsOf(path)).toEqual({ vectors: 2, quantized: 2, named: 1, dropped: 0 });
  });

  it('carry the exact score of the other search with every hit', async () => {
    const index = open(place());
    await index.put([
      pointOf('both', 'The vacation policy.', { vector: [1, 1] }),
      pointOf('sense', 'Time off.', { vector: [1, 0] }),
      pointOf('late', 'Vacation.'),
    ]);
    const { words, meaning } = await index.search(queryOf('vacation policy', { vector: unit([1, 0]) }));
    const score = words.find((hit) => hit.id === 'both')!.score;
    expect(words.map(({ id, other, noVector }) => [id, other === undefined ? undefined : Math.round(other * 1e4), noVector])).toEqual([
      ['both', 7071, undefined],
      ['late', undefined, true],
    ]);
    expect(meaning.map(({ id, other }) => [id, other])).toEqual([
      ['sense', 0],
      ['both', score],
    ]);
  });

  it('of many points without one are named in pages over more than one look at the file', async () => {
    const index = open(place());
    const ids = Array.from({ length: 21_000 }, (_, i) => `p${String(i).padStart(5, '0')}`);
    await index.put(ids.map((id) => pointOf(id, '')));
    const last = ids.at(-1)!;
    await index.putVectors(
      'e5',
      ids.filter((id) => id !== 'p00003' && id !== last).map((id) => ({ id, vector: Float32Array.of(1) })),
    );
    expect(await index.withoutVector('e5', undefined, 5)).toEqual(['p00003', last]);
    expect(await index.withoutVector('e5', 'p00003', 1)).toEqual([last]);
    expect(await index.withoutVector('e5', last, 5)).toEqual([]);
  });

  it('begin anew in a file of the layout before, as words do', async () => {
    const path = place();
    const db = new DatabaseSync(path);
    db.exec(`
      CREATE TABLE points (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL, kind INTEGER NOT NULL,
        readers INTEGER NOT NULL);
      CREATE TABLE vectors (n INTEGER PRIMARY KEY, vector BLOB NOT NULL);
      CREATE TABLE quantized (n INTEGER PRIMARY KEY, scale REAL NOT NULL, bytes BLOB NOT NULL);
      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      INSERT INTO points (id, document, kind, readers) VALUES ('a', 'd', 0, 1);
      INSERT INTO vectors VALUES (1, x'0000803f');
      INSERT INTO meta VALUES ('analyzer', '2'), ('embeddingModel', 'e5');
      PRAGMA user_version = 3;`);
    db.close();
    const index = open(path);
    expect(await index.count()).toBe(0);
    // Without this fact the index is taken for lost, and rebuilt from the catalog.
    expect(await index.getMeta('analyzer')).toBeUndefined();
    expect(await index.vectorModels()).toEqual({ active: undefined, models: [], points: 0 });
    await index.put([pointOf('a', 'vacation', { vector: [1, 0] })]);
    expect((await index.search(queryOf('', { vector: unit([1, 0]) }))).meaning).toHaveLength(1);
  });
});
