/** Who may read what: reader lists are checked and interned, and an asker opens only what names them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readableReaderSets } from '../../src/access/audience.ts';
import { internReaders, parseReaders, setsWithout } from '../../src/access/reader-sets.ts';
import type { Catalog } from '../../src/catalog/database.ts';
import { openCatalog } from '../servers/test-catalog.ts';

let db: Catalog;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-access-'));
  db = await openCatalog(folder);
});
afterAll(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

describe('parseReaders', () => {
  test.each([
    ['everyone', ['everyone']],
    [' public , everyone ', ['everyone', 'public']],
    ['person:Ann@Example.com', ['person:ann@example.com']],
    ['group:hr,group:hr,everyone', ['everyone', 'group:hr']],
  ])('%s', (list, principals) => {
    expect(parseReaders(list)).toEqual(principals);
  });
  test.each(['', ' , ', 'all', 'Everyone', 'person:', 'group:', 'group:a b', 'everyone;public', 'ann@example.com', 'public everyone'])(
    '"%s" is refused',
    (list) => {
      expect(() => parseReaders(list)).toThrow(expect.objectContaining({ code: 'input.invalid' }));
    },
  );
});

test('the same readers have one number, whatever their order', async () => {
  const [a, b, c] = await Promise.all([
    internReaders(db, ['everyone', 'group:x']),
    internReaders(db, ['group:x', 'everyone', 'everyone']),
    internReaders(db, ['everyone']),
  ]);
  expect(a).toBe(b);
  expect(c).not.toBe(a);
});

describe('readableReaderSets', () => {
  const sets: Record<string, number> = {};
  beforeAll(async () => {
    for (const list of ['public', 'everyone', 'group:hr', 'person:ann@example.com', 'group:hr,person:bob@example.com'])
      sets[list] = await internReaders(db, parseReaders(list));
  });
  const opened = async (asker: { email?: string }, audience: 'asker' | 'everyone'): Promise<string[]> => {
    const numbers = await readableReaderSets(db, asker, audience);
    return Object.keys(sets).filter((list) => numbers.includes(sets[list]!));
  };

  test.each([
    ['Ann', { email: ' ANN@example.com' }, 'asker', ['public', 'everyone', 'person:ann@example.com']],
    ['Bob', { email: 'bob@example.com' }, 'asker', ['public', 'everyone', 'group:hr,person:bob@example.com']],
    ['someone unnamed', {}, 'asker', ['public', 'everyone']],
    ['Ann, for everyone', { email: 'ann@example.com' }, 'everyone', ['public', 'everyone']],
    ['one named like a principal', { email: 'group:hr' }, 'asker', ['public', 'everyone']],
  ] as [string, { email?: string }, 'asker' | 'everyone', string[]][])('%s', async (_, asker, audience, lists) => {
    expect(await opened(asker, audience)).toEqual(lists);
  });

  test('restrictions come on top: of each list one principal must hold', async () => {
    const numbers = {
      ofAnn: await internReaders(db, ['everyone'], [['person:ann@example.com', 'group:hr']]),
      ofBoth: await internReaders(db, ['everyone'], [['person:ann@example.com'], ['person:bob@example.com']]),
      ofAnnTwice: await internReaders(db, ['everyone'], [['group:hr', 'person:ann@example.com', 'group:hr']]),
      notBySource: await internReaders(db, ['group:hr'], [['person:ann@example.com']]),
      nobody: await internReaders(db, ['public'], [[]]),
    };
    expect(numbers.ofAnnTwice).toBe(numbers.ofAnn);
    const ann = await readableReaderSets(db, { email: 'ann@example.com' }, 'asker');
    expect(Object.entries(numbers).filter(([, id]) => ann.includes(id))).toEqual([
      ['ofAnn', numbers.ofAnn],
      ['ofAnnTwice', numbers.ofAnn],
    ]);
    expect(await readableReaderSets(db, { email: 'ann@example.com' }, 'everyone')).not.toContain(numbers.ofAnn);
    const sets = new Set(Object.values(numbers));
    expect((await setsWithout(db, sets, ['everyone'])).sort()).toEqual([numbers.notBySource, numbers.nobody].sort());
  });
});
