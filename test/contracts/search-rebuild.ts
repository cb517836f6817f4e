/** What any search driver must show of an index that is built beside and takes the place of the old one. */
import { expect } from 'vitest';
import type { SearchIndex } from '../../src/search/search-index.ts';
import { idsOf, pointOf, queryOf, unit, type Stores, type TestRunner } from './search-points.ts';

const found = async (index: SearchIndex, text = 'vacation'): Promise<string[][]> => {
  const { words, meaning } = await index.search(queryOf(text, { vector: unit([1, 0]), limit: 100 }));
  return [idsOf(words).toSorted(), idsOf(meaning).toSorted()];
};
const both = (...ids: string[]): string[][] => [ids, ids];
const vacation = (id: string) => pointOf(id, 'vacation', { vector: [1, 0] });

/** Registers the tests with the runner. */
export function rebuildContract({ store }: Stores, { describe, it }: TestRunner): void {
  const two = async (...ids: string[]): Promise<[SearchIndex, SearchIndex]> => {
    const { open } = store();
    const [one, other] = [open(), open()];
    await one.put(ids.map(vacation));
    expect(await found(one)).toEqual(both(...ids));
    expect(await found(other)).toEqual(both(...ids));
    return [one, other];
  };

  describe('rebuilding', () => {
    it('is built beside: until the swap nobody sees anything of it', async () => {
      const [one, other] = await two('a', 'b');
      await one.setMeta('analyzer', 'old');
      const rebuild = await one.rebuild();
      expect(await rebuild.index.count()).toBe(0);
      expect(await rebuild.index.getMeta('analyzer')).toBeUndefined();
      await rebuild.index.put([vacation('b'), vacation('c')]);
      await rebuild.index.setMeta('analyzer', 'new');
      expect(await found(rebuild.index)).toEqual(both('b', 'c'));
      for (const index of [one, other]) {
        expect(await found(index)).toEqual(both('a', 'b'));
        expect(await index.count()).toBe(2);
        expect(await index.getMeta('analyzer')).toBe('old');
      }
      await rebuild.discard();
    });

    it('takes the place of the old one at the swap, for all who have it open and for who opens it later', async () => {
      const { open } = store();
      const [one, other] = [open(), open()];
      await one.put([vacation('a'), vacation('b')]);
      expect(await found(other)).toEqual(both('a', 'b'));
      await one.setMeta('analyzer', 'old');
      const rebuild = await one.rebuild();
      await rebuild.index.setMeta('analyzer', 'new');
      await rebuild.index.put([pointOf('b', 'vacation'), pointOf('c', 'vacation laptop')]);
      await rebuild.index.putVectors('e5', [{ id: 'c', vector: unit([1, 0, 0]) }]);
      await rebuild.index.activate('e5');
      await rebuild.swap();
      await rebuild.discard();
      await other.warm();
      for (const index of [one, other, open()]) {
        const { words, meaning, total, documentFrequency } = await index.search(
          queryOf('vacation laptop', { vector: unit([1, 0, 0]), vectorModel: 'e5' }),
        );
        expect([idsOf(words), idsOf(meaning)]).toEqual([['c', 'b'], ['c']]);
        expect({ total, documentFrequency }).toEqual({ total: 2, documentFrequency: { vacat: 2, laptop: 1 } });
        expect(await index.ids(undefined, 10)).toEqual(['b', 'c']);
        expect(await index.getMeta('analyzer')).toBe('new');
        expect(await index.vectorModels()).toEqual({ active: 'e5', models: [{ model: 'e5', vectors: 1, dimension: 3 }], points: 2 });
      }
    });

    it('goes on with writes of all who have it open, and can be rebuilt again', async () => {
      const [one, other] = await two('a');
      for (const round of ['x', 'y']) {
        const rebuild = await other.rebuild();
        await rebuild.index.put([vacation('a'), vacation(round)]);
        await rebuild.swap();
        await one.put([vacation(`${round}1`)]);
        await other.drop(['a']);
        expect(await found(one)).toEqual(both(round, `${round}1`));
        expect(await found(other)).toEqual(both(round, `${round}1`));
      }
    });

    it('leaves the old one where it is discarded, or its signal has ended', async () => {
      const [one, other] = await two('a');
      const first = await one.rebuild();
      await first.index.put([vacation('b')]);
      await first.discard();
      await first.discard();
      const reason = new Error('nobody waits any more');
      const second = await one.rebuild();
      await second.index.put([vacation('c')]);
      await expect(second.swap(AbortSignal.abort(reason))).rejects.toBe(reason);
      await second.discard();
      for (const index of [one, other]) {
        await index.warm();
        expect(await found(index)).toEqual(both('a'));
      }
    });

    it('ends an earlier rebuilding with a later one', async () => {
      const [one, other] = await two('a');
      const earlier = await one.rebuild();
      await earlier.index.put([vacation('b')]);
      const later = await other.rebuild();
      await later.index.put([vacation('c')]);
      await expect(earlier.swap()).rejects.toMatchObject({ code: 'search.rebuild_lost', retryable: true });
      await earlier.discard();
      expect(await found(one)).toEqual(both('a'));
      await later.swap();
      await one.warm();
      expect(await found(one)).toEqual(both('c'));
    });

    it('fails no search and no write around the swap, and loses nothing that was written after it', async () => {
      const [one, other] = await two('a');
      const rebuild = await one.rebuild();
      await rebuild.index.put([vacation('a'), ...Array.from({ length: 200 }, (_, i) => pointOf(`f${i}`, 'filler', { vector: [0, 1] }))]);
      let swapped = false;
      const after: string[] = [];
      const writes = (async () => {
        for (let i = 0; after.length < 20; i++) {
          if (swapped) after.push(`w${String(i).padStart(3, '0')}`);
          await other.put([vacation(swapped ? after.at(-1)! : 'before')]);
        }
      })();
      const searches = (async () => {
        while (!swapped) for (const index of [one, other]) expect((await found(index))[0]).toContain('a');
      })();
      await rebuild.swap();
      swapped = true;
      await Promise.all([writes, searches]);
      await one.warm();
      for (const index of [one, other]) expect((await found(index))[0]).toEqual(expect.arrayContaining(['a', ...after]));
    });
  });
}
