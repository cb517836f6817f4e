/** What any search driver must show, as a suite over a factory. */
import { expect } from 'vitest';
import type { Point, SearchIndex } from '../../src/search/search-index.ts';
import { idsOf, pointOf, queryOf, unit, type Stores, type TestRunner } from './search-points.ts';
import { rebuildContract } from './search-rebuild.ts';
import { vectorsContract } from './search-vectors.ts';

export interface SearchIndexFactory {
  /** Opens the index of one test's own store; called again, a second instance over the same store. */
  open(): SearchIndex;
  /** Takes the store away. */
  dispose(): Promise<void>;
}

export const HOSTILE_QUERIES: [name: string, text: string][] = [
  ['a lone quote', '"'],
  ['quotes', 'the "time off" policy""'],
  ['a star', 'vaca* *'],
  ['NEAR', 'NEAR(vacation policy, 3)'],
  ['operators', 'OR AND NOT vacation OR'],
  ['a column filter', 'title: vacation {heading text}: policy - ^vacation'],
  ['SQL', "'; DROP TABLE words; -- vacation"],
  ['emoji', '🎉🎉 vacation 👩‍👩‍👧‍👦?'],
  ['lone surrogates', '\ud800 vacation \udfff'],
  ['NUL and control characters', 'vaca\u0000tion \u0001\u001b[31m vacation'],
  ['right-to-left marks', '\u202evacation\u202c'],
  ['a very long word', 'x'.repeat(40_000)],
  ['40,000 characters', 'vacation policy '.repeat(2_500)],
  ['40,000 characters of different words', Array.from({ length: 6_000 }, (_, i) => `word${i}`).join(' ')],
  ['40,000 Han characters', Array.from({ length: 40_000 }, (_, i) => String.fromCodePoint(0x4e00 + (i % 20_000))).join('')],
];

/** Registers the suite with the runner; `create` gives a factory with a store of its own for each test. */
export function searchIndexContract(name: string, create: () => SearchIndexFactory, runner: TestRunner): void {
  const { describe, it, afterEach } = runner;
  describe(`search index: ${name}`, () => {
    const opened: SearchIndex[] = [];
    const factories: SearchIndexFactory[] = [];
    const store: Stores['store'] = () => {
      const factory = create();
      factories.push(factory);
      return {
        open: () => {
          const index = factory.open();
          opened.push(index);
          return index;
        },
      };
    };
    const fresh = async (...points: Point[]): Promise<SearchIndex> => {
      const index = store().open();
      await index.put(points);
      return index;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((index) => index.close()));
      await Promise.all(factories.splice(0).map((factory) => factory.dispose()));
    });

    describe('words', () => {
      it('finds a passage by another form of its words, and not by words that it lacks', async () => {
        const index = await fresh(pointOf('a', 'Paid vacations are unlimited.'), pointOf('b', 'Laptops are replaced after three years.'));
        expect(idsOf((await index.search(queryOf('vacation'))).words)).toEqual(['a']);
        expect(idsOf((await index.search(queryOf('replace laptop'))).words)).toEqual(['b']);
        expect((await index.search(queryOf('zebra'))).words).toEqual([]);
      });

      it('ranks the passage with the rarer words of the query first', async () => {
        const filler = Array.from({ length: 30 }, (_, i) => pointOf(`f${i}`, `The company policy number ${i} about work.`));
        const index = await fresh(...filler, pointOf('x', 'The sabbatical policy of the company, in short.'));
        expect((await index.search(queryOf('company policy sabbatical'))).words[0]?.id).toBe('x');
      });

      it('counts a word in the title for more than one in the text', async () => {
        const index = await fresh(
          pointOf('text', 'A remark on expenses among other things.', { title: 'Travel' }),
          pointOf('title', 'A remark on travelling among other things.', { title: 'Expenses' }),
        );
        expect(idsOf((await index.search(queryOf('expenses'))).words)).toEqual(['title', 'text']);
      });

      it('finds by the heading path', async () => {
        const index = await fresh(
          pointOf('a', 'Ask your manager.', { headingPath: ['Leave', 'Sabbatical'] }),
          pointOf('b', 'Ask your manager.'),
        );
        expect(idsOf((await index.search(queryOf('sabbatical'))).words)).toEqual(['a']);
      });

      it('prefers neighbours of the query that are neighbours in the passage', async () => {
        const index = await fresh(
          pointOf('apart', 'Security rules for the house and the badge that is at the desk for guests.'),
          pointOf('together', 'Rules for the house and the security badge that is at the desk for guests.'),
        );
        expect(idsOf((await index.search(queryOf('security badge'))).words)).toEqual(['together', 'apart']);
      });

      it.each([
        ['an issue key', 'ABC-123', 'See ABC-123 for the outage.'],
        ['a part of an issue key', 'abc', 'See ABC-123 for the outage.'],
        ['a snake_case name', 'max_upload_size', 'Set max_upload_size to 10.'],
        ['a part of a snake_case name', 'upload', 'Set max_upload_size to 10.'],
        ['a version', 'v1.2.3', 'Released as v1.2.3 in May.'],
        ['an e-mail address', 'help@example.com', 'Write to help@example.com for help.'],
        ['a path', 'etc/docent/config.yaml', 'Edit /etc/docent/config.yaml first.'],
        ['a part of a CamelCase name', 'commander', 'IncidentCommander decides.'],
      ])('finds %s', async (_, question, text) => {
        const index = await fresh(pointOf('a', text), pointOf('b', 'Something else entirely, with version 2 and a key.'));
        expect((await index.search(queryOf(question))).words[0]?.id).toBe('a');
      });

      it('finds Chinese words, in Simplified and Traditional alike, and Chinese within English documents', async () => {
        const index = await fresh(
          pointOf('a', '员工每年享有十五天带薪年假。', { language: 'zh' }),
          pointOf('b', '報銷流程：請在三十天內提交發票。', { language: 'zh' }),
          pointOf('c', 'The Beijing office is called 北京办公室.'),
        );
        expect((await index.search(queryOf('年假有多少天？', {}, ['zh']))).words[0]?.id).toBe('a');
        expect((await index.search(queryOf('报销流程', {}, ['zh']))).words[0]?.id).toBe('b');
        expect((await index.search(queryOf('帶薪年假', {}, ['en', 'zh']))).words[0]?.id).toBe('a');
        expect((await index.search(queryOf('北京办公室在哪里', {}, ['en']))).words[0]?.id).toBe('c');
      });

      it('finds something for a query of common words alone', async () => {
        const index = await fresh(
          ...Array.from({ length: 400 }, (_, i) => pointOf(`p${String(i).padStart(3, '0')}`, `Our company and our team, part ${i}.`)),
        );
        expect((await index.search(queryOf('the company team'))).words).toHaveLength(10);
        expect((await index.search(queryOf('company', { limit: 400 }))).words).toHaveLength(400);
      });

      it('finds a title of stop words alone', async () => {
        const index = await fresh(
          pointOf('a', 'Twelve people.', { title: 'Who we are' }),
          pointOf('b', 'Twelve people.', { title: 'History' }),
        );
        expect(idsOf((await index.search(queryOf('who are we?'))).words)).toEqual(['a']);
      });

      it('reports how many points there are and in how many each term of the query stands', async () => {
        const index = await fresh(pointOf('a', 'vacation vacation'), pointOf('b', 'a vacation laptop'), pointOf('c', 'desk'));
        const { total, documentFrequency } = await index.search(queryOf('vacations laptop zebra'));
        expect(total).toBe(3);
        expect(documentFrequency).toEqual({ vacat: 2, laptop: 1, zebra: 0 });
      });

      it('returns no more than the limit, best first', async () => {
        const index = await fresh(...Array.from({ length: 20 }, (_, i) => pointOf(`p${i}`, `vacation ${'filler '.repeat(i)}`)));
        const { words } = await index.search(queryOf('vacation', { limit: 7 }));
        expect(words).toHaveLength(7);
        expect(words[0]!.id).toBe('p0');
        expect(words.map((hit) => hit.score)).toEqual(words.map((hit) => hit.score).toSorted((a, b) => b - a));
        expect((await index.search(queryOf('vacation', { limit: 0 }))).words).toEqual([]);
      });
    });

    describe('any text is a query', () => {
      it.each(HOSTILE_QUERIES)('%s', async (title, text) => {
        const index = await fresh(pointOf('a', 'The vacation policy: time off.'), pointOf('b', 'Nothing of the kind.'));
        const started = performance.now();
        const { words } = await index.search(queryOf(text));
        expect(performance.now() - started).toBeLessThan(3_000);
        if (/vacation|time off/.test(text)) expect(words[0]?.id, title).toBe('a');
        expect(await index.count()).toBe(2);
      });

      it.each([
        ['nothing', ''],
        ['blanks', ' \n\t '],
        ['punctuation', '?!… —'],
        ['emoji alone', '🎉'],
      ])('%s finds nothing', async (_, text) => {
        const index = await fresh(pointOf('a', 'The vacation policy.'));
        expect((await index.search(queryOf(text))).words).toEqual([]);
      });
    });

    describe('who may read', () => {
      it('finds points of the given reader sets only, by words and by meaning', async () => {
        const points = [1, 2, 3].map((readerSet) => pointOf(`p${readerSet}`, 'vacation', { readerSet, vector: [1, 0] }));
        const index = await fresh(...points);
        const found = async (readerSets: number[]): Promise<string[][]> => {
          const { words, meaning } = await index.search(queryOf('vacation', { readerSets, vector: unit([1, 0]) }));
          return [idsOf(words).toSorted(), idsOf(meaning).toSorted()];
        };
        expect(await found([1])).toEqual([['p1'], ['p1']]);
        expect(await found([1, 3])).toEqual([
          ['p1', 'p3'],
          ['p1', 'p3'],
        ]);
        expect(await found([99])).toEqual([[], []]);
        expect(await found([])).toEqual([[], []]);
      });

      it('finds the few readable ones among many better ones that are not', async () => {
        const hidden = Array.from({ length: 600 }, (_, i) =>
          pointOf(`h${i}`, 'vacation vacation vacation', { readerSet: 2, vector: [1, 0] }),
        );
        const index = await fresh(
          ...hidden,
          pointOf('mine', 'On vacation, among other things, one rests and reads.', { vector: [0.1, 1] }),
        );
        const { words, meaning } = await index.search(queryOf('vacation', { vector: unit([1, 0]) }));
        expect(idsOf(words)).toEqual(['mine']);
        expect(idsOf(meaning)).toEqual(['mine']);
      });

      it('takes over another reader set when a point is put again', async () => {
        const index = await fresh(pointOf('a', 'vacation', { readerSet: 2 }));
        expect((await index.search(queryOf('vacation'))).words).toEqual([]);
        await index.put([pointOf('a', 'vacation', { readerSet: 1 })]);
        expect(idsOf((await index.search(queryOf('vacation'))).words)).toEqual(['a']);
        expect((await index.search(queryOf('vacation', { readerSets: [2] }))).words).toEqual([]);
      });
    });

    it('finds the given kinds only', async () => {
      const index = await fresh(
        pointOf('p', 'vacation'),
        pointOf('v', 'vacation', { kind: 'verified' }),
        pointOf('q', 'vacation', { kind: 'question' }),
      );
      expect(idsOf((await index.search(queryOf('vacation'))).words)).toEqual(['p']);
      expect(idsOf((await index.search(queryOf('vacation', { kinds: ['verified', 'question'] }))).words).toSorted()).toEqual(['q', 'v']);
      expect((await index.search(queryOf('vacation', { kinds: [] }))).words).toEqual([]);
    });

    it('leaves documents out', async () => {
      const index = await fresh(
        pointOf('a1', 'vacation', { document: 'a', vector: [1, 0] }),
        pointOf('a2', 'vacation', { document: 'a', vector: [1, 0] }),
        pointOf('b1', 'vacation', { document: 'b', vector: [1, 0] }),
      );
      const { words, meaning } = await index.search(queryOf('vacation', { exceptDocuments: ['a', 'unknown'], vector: unit([1, 0]) }));
      expect(words.map((hit) => [hit.id, hit.documentId])).toEqual([['b1', 'b']]);
      expect(idsOf(meaning)).toEqual(['b1']);
    });

    describe('writing', () => {
      it('puts the same point twice as once', async () => {
        const index = await fresh(pointOf('a', 'vacation'), pointOf('b', 'laptop'));
        const before = await index.search(queryOf('vacation'));
        await index.put([pointOf('a', 'vacation')]);
        await index.put([pointOf('a', 'vacation'), pointOf('a', 'vacation')]);
        expect(await index.search(queryOf('vacation'))).toEqual(before);
        expect(await index.count()).toBe(2);
      });

      it('replaces what was known of a point', async () => {
        const index = await fresh(pointOf('a', 'vacation', { vector: [1, 0] }));
        await index.put([pointOf('a', 'laptop', { document: 'other', vector: [0, 1] })]);
        const result = await index.search(queryOf('vacation laptop', { vector: unit([0, 1]) }));
        expect(result.documentFrequency).toEqual({ vacat: 0, laptop: 1 });
        expect(result.words.map((hit) => hit.documentId)).toEqual(['other']);
        expect(result.meaning[0]!.score).toBeCloseTo(1, 5);
        await index.put([pointOf('a', 'laptop')]);
        expect((await index.search(queryOf('laptop', { vector: unit([0, 1]) }))).meaning).toEqual([]);
      });

      it('drops points and does not mind ids that it does not know, or twice', async () => {
        const index = await fresh(pointOf('a', 'vacation', { vector: [1, 0] }), pointOf('b', 'vacation', { vector: [1, 0] }));
        await index.drop(['a', 'unknown', 'a']);
        await index.drop(['a']);
        await index.drop([]);
        const result = await index.search(queryOf('vacation', { vector: unit([1, 0]) }));
        expect(idsOf(result.words)).toEqual(['b']);
        expect(idsOf(result.meaning)).toEqual(['b']);
        expect(result.total).toBe(1);
        expect(result.documentFrequency).toEqual({ vacat: 1 });
        await index.put([pointOf('a', 'vacation')]);
        expect(await index.count()).toBe(2);
      });

      it('takes a point without any word, and nothing at all', async () => {
        const index = await fresh(pointOf('a', '—'));
        await index.put([]);
        expect(await index.count()).toBe(1);
      });

      it('finds all of many points put at once by many callers', async () => {
        const index = store().open();
        await Promise.all(
          Array.from({ length: 8 }, (_, group) =>
            index.put(Array.from({ length: 100 }, (_, i) => pointOf(`${group}-${i}`, `vacation group${group}`))),
          ),
        );
        expect(await index.count()).toBe(800);
        expect((await index.search(queryOf('vacation', { limit: 1000 }))).words).toHaveLength(800);
        expect((await index.search(queryOf('group3', { limit: 1000 }))).words).toHaveLength(100);
      });
    });

    describe('meaning', () => {
      it('gives the nearest vectors by cosine beside the words, and none where the query has none', async () => {
        const index = await fresh(
          pointOf('near', 'laptop', { vector: [1, 0.1, 0] }),
          pointOf('far', 'vacation', { vector: [0, 1, 0] }),
          pointOf('none', 'vacation'),
        );
        const both = await index.search(queryOf('vacation', { vector: unit([1, 0, 0]) }));
        expect(idsOf(both.words).toSorted()).toEqual(['far', 'none']);
        expect(idsOf(both.meaning)).toEqual(['near', 'far']);
        expect(both.meaning[0]!.score).toBeCloseTo(1 / Math.hypot(1, 0.1), 4);
        expect((await index.search(queryOf('vacation'))).meaning).toEqual([]);
        expect((await index.search(queryOf('', { vector: unit([1, 0, 0]) }))).words).toEqual([]);
      });

      it('orders many near vectors as exact cosines do', async () => {
        const vectors = Array.from({ length: 500 }, (_, i) => unit(Array.from({ length: 24 }, (_, d) => Math.sin(i * 7.3 + d * d * 1.7))));
        const index = await fresh(...vectors.map((vector, i) => pointOf(`v${i}`, 'x', { vector: [...vector] })));
        const asked = unit(Array.from({ length: 24 }, (_, d) => Math.cos(d * 1.3)));
        const cosine = (vector: Float32Array): number => vector.reduce((sum, value, i) => sum + value * asked[i]!, 0);
        const exact = vectors
          .map((vector, i) => [`v${i}`, cosine(vector)] as const)
          .sort((a, b) => b[1] - a[1])
          .slice(0, 20);
        const { meaning } = await index.search(queryOf('', { vector: asked, limit: 20 }));
        expect(meaning.map((hit) => Math.round(hit.score * 1e4))).toEqual(exact.map(([, score]) => Math.round(score * 1e4)));
      });
    });

    vectorsContract({ store, fresh }, runner);

    rebuildContract({ store, fresh }, runner);

    it('pages through all ids', async () => {
      const index = await fresh(...Array.from({ length: 25 }, (_, i) => pointOf(`id${String(i).padStart(2, '0')}`, 'x')));
      const seen: string[] = [];
      for (let after: string | undefined; ; after = seen.at(-1)) {
        const page = await index.ids(after, 10);
        expect(page.length).toBeLessThanOrEqual(10);
        if (page.length === 0) break;
        seen.push(...page);
      }
      expect(seen).toHaveLength(25);
      expect(new Set(seen).size).toBe(25);
    });

    describe('a store', () => {
      it('keeps points and facts when it is closed and opened again', async () => {
        const { open } = store();
        const first = open();
        await first.put([pointOf('a', 'vacation', { vector: [1, 0] })]);
        await first.setMeta('analyzer', '1');
        await first.setMeta('analyzer', '2');
        await first.close();
        const second = open();
        expect(await second.getMeta('analyzer')).toBe('2');
        expect(await second.getMeta('unknown')).toBeUndefined();
        const { words, meaning } = await second.search(queryOf('vacation', { vector: unit([1, 0]) }));
        expect([idsOf(words), idsOf(meaning)]).toEqual([['a'], ['a']]);
      });

      it("shows two instances each other's writes", async () => {
        const { open } = store();
        const [one, two] = [open(), open()];
        const found = async (index: SearchIndex): Promise<string[][]> => {
          const { words, meaning } = await index.search(queryOf('vacation', { vector: unit([1, 0]) }));
          return [idsOf(words).toSorted(), idsOf(meaning).toSorted()];
        };
        await one.put([pointOf('a', 'vacation', { vector: [1, 0] })]);
        expect(await found(two)).toEqual([['a'], ['a']]);
        await two.put([pointOf('b', 'vacation', { vector: [1, 0] })]);
        expect(await found(one)).toEqual([
          ['a', 'b'],
          ['a', 'b'],
        ]);
        await Promise.all([one.put([pointOf('c', 'vacation', { vector: [1, 0] })]), two.drop(['a'])]);
        expect(await found(one)).toEqual([
          ['b', 'c'],
          ['b', 'c'],
        ]);
        expect(await found(two)).toEqual([
          ['b', 'c'],
          ['b', 'c'],
        ]);
        await one.put([pointOf('b', 'vacation', { readerSet: 2, vector: [1, 0] })]);
        expect(await found(two)).toEqual([['c'], ['c']]);
      });
    });

    describe('signals and closing', () => {
      it('rejects with the reason of a signal', async () => {
        const index = await fresh(pointOf('a', 'vacation'));
        const reason = new Error('nobody waits any more');
        await expect(index.search(queryOf('vacation'), AbortSignal.abort(reason))).rejects.toBe(reason);
        await expect(index.put([pointOf('b', 'x')], AbortSignal.abort(reason))).rejects.toBe(reason);
        const controller = new AbortController();
        const late = index.search(queryOf('vacation'), controller.signal);
        controller.abort(reason);
        await expect(late).rejects.toBe(reason);
        expect(idsOf((await index.search(queryOf('vacation'))).words)).toEqual(['a']);
        expect(await index.count()).toBe(1);
      });

      it('closes twice, and rejects what is asked afterwards', async () => {
        const index = await fresh(pointOf('a', 'vacation'));
        await index.close();
        await index.close();
        await expect(index.search(queryOf('vacation'))).rejects.toMatchObject({ code: 'search.closed' });
      });
    });
  });
}
