/** What any search driver must show of vectors: that come later than words, by model, and of a model built beside another. */
import { expect } from 'vitest';
import type { SearchHit, SearchIndex } from '../../src/search/search-index.ts';
import { idsOf, pointOf, queryOf, unit, type Stores, type TestRunner } from './search-points.ts';

const entry = (id: string, vector: number[]): { id: string; vector: Float32Array } => ({ id, vector: unit(vector) });
const meaningOf = async (index: SearchIndex, vector: number[], vectorModel?: string): Promise<string[]> =>
  idsOf((await index.search(queryOf('', { vector: unit(vector), ...(vectorModel === undefined ? {} : { vectorModel }) }))).meaning);
/** Hits without what only a query with a vector brings. */
const plain = (hits: SearchHit[]): SearchHit[] => hits.map(({ id, documentId, score }) => ({ id, documentId, score }));

export function vectorsContract({ store, fresh }: Stores, { describe, it }: TestRunner): void {
  describe('vectors', () => {
    it('come later than words, and change nothing of these', async () => {
      const index = await fresh(pointOf('a', 'vacation'), pointOf('b', 'vacation, and the laptop'));
      const before = (await index.search(queryOf('vacation'))).words;
      await index.activate('e5');
      expect(await meaningOf(index, [1, 0])).toEqual([]);
      await index.putVectors('e5', [entry('b', [1, 0.1]), entry('unknown', [1, 0]), entry('a', [0.1, 1])]);
      await index.putVectors('e5', []);
      const after = await index.search(queryOf('vacation', { vector: unit([1, 0]), vectorModel: 'e5' }));
      expect(plain(after.words)).toEqual(before);
      expect(idsOf(after.meaning)).toEqual(['b', 'a']);
      expect(after.meaning[0]!.score).toBeCloseTo(1 / Math.hypot(1, 0.1), 5);
      expect(await index.count()).toBe(2);
      expect(await index.vectorModels()).toEqual({
        active: 'e5',
        models: [{ model: 'e5', vectors: 2, dimension: 2 }],
        points: 2,
      });
    });

    it('set twice are set once; another one takes the place of the first', async () => {
      const index = await fresh(pointOf('a', 'vacation'), pointOf('b', 'vacation'));
      await index.activate('e5');
      await index.putVectors('e5', [entry('a', [1, 0]), entry('b', [1, 1]), entry('a', [1, 0])]);
      await index.putVectors('e5', [entry('a', [1, 0])]);
      expect((await index.vectorModels()).models).toEqual([{ model: 'e5', vectors: 2, dimension: 2 }]);
      expect(await meaningOf(index, [1, 0])).toEqual(['a', 'b']);
      await index.putVectors('e5', [entry('a', [0, 1])]);
      expect(await meaningOf(index, [1, 0])).toEqual(['b', 'a']);
      expect((await index.search(queryOf('', { vector: unit([0, 1]) }))).meaning[0]!.score).toBeCloseTo(1, 5);
    });

    it('says which hits have no vector yet, where a vector was asked for', async () => {
      const index = await fresh(...['a', 'b', 'c'].map((id) => pointOf(id, 'vacation')));
      const flagged = async (vector?: number[]): Promise<string[]> => {
        const { words } = await index.search(queryOf('vacation', vector ? { vector: unit(vector) } : {}));
        expect(words).toHaveLength(3);
        return idsOf(words.filter((hit) => hit.noVector));
      };
      expect(await flagged([1, 0])).toEqual(['a', 'b', 'c']);
      await index.activate('e5');
      expect(await flagged([1, 0])).toEqual(['a', 'b', 'c']);
      await index.putVectors('e5', [entry('b', [0, 1])]);
      expect(await flagged([1, 0])).toEqual(['a', 'c']);
      expect(await flagged()).toEqual([]);
      await index.putVectors('beside', [entry('a', [1, 0])]);
      expect(await flagged([1, 0])).toEqual(['a', 'c']);
    });

    it('searches no model that is built beside, until it is activated, and then it alone', async () => {
      const index = await fresh(pointOf('a', 'vacation'), pointOf('b', 'vacation'), pointOf('c', 'vacation'));
      await index.putVectors('old', [entry('a', [1, 0]), entry('b', [0.2, 1])]);
      expect(await meaningOf(index, [1, 0])).toEqual([]);
      expect((await index.vectorModels()).active).toBeUndefined();
      await index.activate('old');
      await index.putVectors('new', [entry('b', [1, 0]), entry('c', [0.2, 1])]);
      expect(await meaningOf(index, [1, 0])).toEqual(['a', 'b']);
      expect((await index.vectorModels()).models.toSorted((x, y) => (x.model < y.model ? -1 : 1))).toEqual([
        { model: 'new', vectors: 2, dimension: 2 },
        { model: 'old', vectors: 2, dimension: 2 },
      ]);
      await index.activate('new');
      expect(await meaningOf(index, [1, 0])).toEqual(['b', 'c']);
      expect(await index.vectorModels()).toEqual({ active: 'new', models: [{ model: 'new', vectors: 2, dimension: 2 }], points: 3 });
      expect(await index.withoutVector('old', undefined, 10)).toEqual(['a', 'b', 'c']);
      await index.activate('new');
      expect(await meaningOf(index, [1, 0])).toEqual(['b', 'c']);
      await index.putVectors('old', [entry('c', [1, 0, 0])]);
      await index.activate('old');
      expect(await meaningOf(index, [1, 0, 0])).toEqual(['c']);
    });

    it('takes a model without any vector for the active one, and goes back to none by meaning', async () => {
      const index = await fresh(pointOf('a', 'vacation', { vector: [1, 0] }));
      await index.activate('next');
      expect(await index.vectorModels()).toEqual({ active: 'next', models: [{ model: 'next', vectors: 0, dimension: 0 }], points: 1 });
      const { words, meaning } = await index.search(queryOf('vacation', { vector: unit([1, 0]) }));
      expect([idsOf(words), words[0]?.noVector, meaning]).toEqual([['a'], true, []]);
    });

    it('gives nothing by meaning to a vector of another model, or of another length', async () => {
      const index = await fresh(pointOf('a', 'vacation'));
      await index.activate('e5');
      await index.putVectors('e5', [entry('a', [1, 0])]);
      expect(await meaningOf(index, [1, 0], 'e5')).toEqual(['a']);
      const stale = await index.search(queryOf('vacation', { vector: unit([1, 0]), vectorModel: 'old' }));
      expect(stale.meaning).toEqual([]);
      expect(plain(stale.words)).toEqual(stale.words);
      expect(idsOf(stale.words)).toEqual(['a']);
      expect(await meaningOf(index, [1, 0, 0])).toEqual([]);
    });

    it('go to the active model with a point, or to the one that the index was said to be made with', async () => {
      const index = store().open();
      await index.setMeta('embeddingModel', 'e5');
      await index.put([pointOf('a', 'vacation', { vector: [1, 0] })]);
      expect(await meaningOf(index, [1, 0], 'e5')).toEqual(['a']);
      await index.putVectors('bge', [entry('a', [0, 1])]);
      await index.activate('bge');
      await index.put([pointOf('b', 'vacation', { vector: [0, 1] })]);
      // Equally near: in any order.
      expect((await meaningOf(index, [0, 1], 'bge')).toSorted()).toEqual(['a', 'b']);
    });

    it('lets vectors go with the point, when it is put again or dropped', async () => {
      const index = await fresh(pointOf('a', 'vacation'), pointOf('b', 'vacation'), pointOf('c', 'vacation'));
      await index.activate('e5');
      for (const model of ['e5', 'beside']) await index.putVectors(model, [entry('a', [1, 0]), entry('b', [1, 0]), entry('c', [1, 0])]);
      await index.put([pointOf('a', 'laptop')]);
      await index.put([pointOf('b', 'laptop', { vector: [0, 1] })]);
      await index.drop(['c']);
      expect(await meaningOf(index, [1, 0])).toEqual(['b']);
      expect(await index.withoutVector('e5', undefined, 10)).toEqual(['a']);
      expect(await index.withoutVector('beside', undefined, 10)).toEqual(['a', 'b']);
      expect((await index.vectorModels()).models.map(({ model, vectors }) => [model, vectors])).toEqual([
        ['e5', 1],
        ['beside', 0],
      ]);
      await index.putVectors('e5', [entry('a', [1, 0])]);
      expect(await meaningOf(index, [1, 0])).toEqual(['a', 'b']);
    });

    it('names the points without a vector, in pages and in order', async () => {
      const ids = Array.from({ length: 30 }, (_, i) => `id${String(i).padStart(2, '0')}`);
      const index = await fresh(...ids.map((id, i) => pointOf(id, 'x', i % 2 === 0 ? {} : { kind: 'verified' })));
      const done = ids.filter((_, i) => i % 3 === 0);
      await index.putVectors(
        'e5',
        done.map((id) => entry(id, [1, 0])),
      );
      const left = ids.filter((_, i) => i % 3 !== 0);
      const seen: string[] = [];
      for (let page: string[] = []; ; seen.push(...page)) {
        page = await index.withoutVector('e5', seen.at(-1), 7);
        expect(page.length).toBe(Math.min(7, left.length - seen.length));
        if (page.length === 0) break;
      }
      expect(seen).toEqual(left);
      expect(await index.withoutVector('other', undefined, 100)).toEqual(ids);
      expect(await index.withoutVector('e5', undefined, 0)).toEqual([]);
    });

    it('refuses a vector of another length than those of its model, and writes none of its batch', async () => {
      const index = await fresh(pointOf('a', 'vacation'), pointOf('b', 'vacation'));
      const refused = { name: 'AppError', code: 'search.dimension', retryable: false };
      await expect(index.putVectors('e5', [entry('a', [1, 0]), entry('b', [1, 0, 0])])).rejects.toMatchObject(refused);
      expect(await index.withoutVector('e5', undefined, 10)).toEqual(['a', 'b']);
      await index.activate('e5');
      await index.putVectors('e5', [entry('a', [1, 0])]);
      await expect(index.putVectors('e5', [entry('b', [1, 0, 0])])).rejects.toMatchObject(refused);
      await expect(index.put([pointOf('c', 'vacation', { vector: [1, 0, 0] })])).rejects.toMatchObject(refused);
      expect(await index.count()).toBe(2);
      await index.putVectors('beside', [entry('a', [1, 0, 0])]);
      expect(await meaningOf(index, [1, 0])).toEqual(['a']);
      // When none is left, the model may come with another length (a setting of the endpoint).
      await index.put([pointOf('a', 'vacation')]);
      await index.putVectors('e5', [entry('a', [1, 0, 0]), entry('b', [0, 1, 0])]);
      expect(await meaningOf(index, [1, 0, 0])).toEqual(['a', 'b']);
    });

    it('gives, where it can, what the other search would give each hit', async () => {
      const index = await fresh(
        pointOf('both', 'The vacation policy and the laptop.'),
        pointOf('word', 'On vacation.'),
        pointOf('late', 'A vacation, and nothing of meaning yet.'),
        pointOf('sense', 'Time off.'),
      );
      await index.activate('e5');
      await index.putVectors('e5', [entry('both', [1, 0.5]), entry('word', [-1, 0.2]), entry('sense', [1, 0])]);
      const { words, meaning } = await index.search(queryOf('vacation policy', { vector: unit([1, 0]), limit: 2 }));
      const all = (await index.search(queryOf('vacation policy'))).words;
      expect(all.every((hit) => hit.other === undefined)).toBe(true);
      const cosines: Record<string, number> = { both: 1 / Math.hypot(1, 0.5), word: -1 / Math.hypot(1, 0.2) };
      for (const { id, other } of words) if (other !== undefined) expect(other).toBeCloseTo(cosines[id]!, 5);
      expect(idsOf(meaning)).toEqual(['sense', 'both']);
      for (const { id, other } of meaning) {
        if (other !== undefined) expect(other).toBeCloseTo(all.find((hit) => hit.id === id)?.score ?? 0, 6);
      }
    });

    it('shows an instance that was open the swap to another model, were it of another length', async () => {
      const { open } = store();
      const [one, two] = [open(), open()];
      const ids = Array.from({ length: 40 }, (_, i) => `p${String(i).padStart(2, '0')}`);
      await one.put(ids.map((id) => pointOf(id, 'vacation')));
      await one.activate('old');
      await one.putVectors(
        'old',
        ids.map((id, i) => entry(id, [1, i])),
      );
      expect((await meaningOf(two, [1, 0], 'old'))[0]).toBe('p00');
      await one.putVectors(
        'new',
        ids.slice(10).map((id, i) => entry(id, [1, 29 - i, 0])),
      );
      expect((await meaningOf(two, [1, 0], 'old'))[0]).toBe('p00');
      await one.activate('new');
      expect(await meaningOf(two, [1, 0], 'old')).toEqual([]);
      expect(await meaningOf(two, [1, 0])).toEqual([]);
      expect((await meaningOf(two, [1, 0, 0], 'new'))[0]).toBe('p39');
      await two.putVectors('old', [entry('p05', [0, 1])]);
      await two.activate('old');
      expect(await meaningOf(one, [1, 0], 'old')).toEqual(['p05']);
    });

    it('are kept when a store is closed and opened again', async () => {
      const { open } = store();
      const first = open();
      await first.put([pointOf('a', 'vacation'), pointOf('b', 'vacation')]);
      await first.activate('e5');
      await first.putVectors('e5', [entry('a', [1, 0])]);
      await first.putVectors('beside', [entry('b', [1, 0, 0])]);
      await first.close();
      const second = open();
      expect(await meaningOf(second, [1, 0], 'e5')).toEqual(['a']);
      await second.activate('beside');
      expect(await meaningOf(second, [1, 0, 0], 'beside')).toEqual(['b']);
    });

    it('are not set when the signal says so', async () => {
      const index = await fresh(pointOf('a', 'vacation'));
      const reason = new Error('enough');
      await expect(index.putVectors('e5', [entry('a', [1, 0])], AbortSignal.abort(reason))).rejects.toBe(reason);
      expect((await index.vectorModels()).models).toEqual([]);
    });
  });
}
