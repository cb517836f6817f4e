/** Planning a sync: what is fetched, kept, gone; and when a listing is not believed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KnownDocument } from '../../src/catalog/documents.ts';
import { doubtRemovals, planSync } from '../../src/sync/plan.ts';

const known = (externalId: string, more: Partial<KnownDocument> = {}): [string, KnownDocument] => [
  externalId,
  {
    id: `id-${externalId}`,
    externalId,
    version: 1,
    contentHash: 'h',
    listedVersion: 'v1',
    validators: undefined,
    readerSet: 1,
    deleted: false,
    url: null,
    ...more,
  },
];

describe('planSync', () => {
  test('of a listing of changes only what it calls gone is gone', () => {
    const plan = planSync(
      new Map([known('a'), known('b'), known('c')]),
      [{ externalId: 'a', gone: true }, { externalId: 'd' }, { externalId: 'x', gone: true }],
      () => 1,
      false,
    );
    expect(plan.gone.map(({ externalId }) => externalId)).toEqual(['a']);
    expect(plan.fetch).toEqual([{ externalId: 'd' }]);
  });

  test('keeps what the listing says is the same, and fetches the rest', () => {
    const before = new Map([
      known('same'),
      known('changed'),
      known('unversioned', { listedVersion: null }),
      known('gone'),
      known('back', { deleted: true }),
      known('deleted', { deleted: true }),
    ]);
    const plan = planSync(
      before,
      [
        { externalId: 'same', version: 'v1' },
        { externalId: 'changed', version: 'v2' },
        { externalId: 'unversioned' },
        { externalId: 'back', version: 'v1' },
        { externalId: 'new', version: 'v1' },
      ],
      () => 1,
    );
    expect(plan.kept).toBe(1);
    expect(plan.fetch.map((entry) => entry.externalId)).toEqual(['changed', 'unversioned', 'back', 'new']);
    expect(plan.gone.map((document) => document.externalId)).toEqual(['gone']);
  });

  test('writes everything again when the readers changed', () => {
    expect(
      planSync(
        new Map([known('a'), known('b')]),
        [
          { externalId: 'a', version: 'v1' },
          { externalId: 'b', version: 'v1' },
        ],
        () => 2,
      ),
    ).toMatchObject({ kept: 0, fetch: [{ externalId: 'a' }, { externalId: 'b' }] });
  });

  test('counts a document that is listed twice once', () => {
    expect(
      planSync(
        new Map(),
        [
          { externalId: 'a', version: '1' },
          { externalId: 'a', version: '2' },
        ],
        () => 1,
      ),
    ).toMatchObject({ fetch: [{ version: '1' }], repeated: 1 });
  });

  test('every listed document is kept, fetched or repeated, and every live one that is not listed is gone', () => {
    const ids = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(ids, ids, fc.boolean(), (have, listed, deleted) => {
        const before = new Map(have.map((id) => known(id, { deleted })));
        const plan = planSync(
          before,
          listed.map((externalId) => ({ externalId, version: 'v1' })),
          () => 1,
        );
        expect(plan.kept + plan.fetch.length + plan.repeated).toBe(listed.length);
        expect(plan.gone.map((d) => d.externalId).toSorted()).toEqual(
          deleted ? [] : [...before.keys()].filter((id) => !(listed as string[]).includes(id)).toSorted(),
        );
      }),
    );
  });
});

describe('doubtRemovals', () => {
  test.each([
    [100, 100, 0, false],
    [100, 50, 50, false],
    [100, 49, 51, true],
    [100, 0, 100, true],
    [3, 0, 3, true],
    [3, 1, 2, false],
    [9, 1, 8, false],
    [10, 4, 6, true],
  ])('of %i known, %i listed, %i gone: doubted %s', (all, listed, gone, doubted) => {
    expect(doubtRemovals({ known: all, listed, gone }, 0.5) !== undefined).toBe(doubted);
  });

  test("the share is the admin's, and what was confirmed is not doubted; more than that is", () => {
    const counts = { known: 100, listed: 90, gone: 10 };
    expect(doubtRemovals(counts, 0.05)).toContain('10 of 100');
    expect(doubtRemovals(counts, 0.1)).toBeUndefined();
    expect(doubtRemovals(counts, 0.05, 10)).toBeUndefined();
    expect(doubtRemovals(counts, 0.05, 9)).toContain('confirm');
    expect(doubtRemovals({ known: 5, listed: 0, gone: 5 }, 1, 5)).toBeUndefined();
  });
});
