/** The catalog's file: migrations run forward with a copy before them, a newer file is refused, leases keep writers apart. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openCatalog, type Catalog } from '../../src/catalog/database.ts';
import { MIGRATIONS, type Migration } from '../../src/catalog/migrations.ts';
import { conversationTurns, receiveQuestion } from '../../src/catalog/questions.ts';
import { readSettings, writeSetting } from '../../src/catalog/settings.ts';
import {
  addSource,
  findSource,
  LEASE_MS,
  listSources,
  markSourceRemoved,
  releaseLease,
  renewLease,
  requestCancel,
  dueSources,
  requestSync,
  takeLease,
} from '../../src/catalog/sources.ts';
import { recordUsage, spentThisMonth } from '../../src/catalog/usage.ts';

let folder: string;
const open: Catalog[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docent-catalog-'));
});
afterEach(async () => {
  for (const db of open.splice(0)) await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});

async function catalog(migrations?: Migration[]): Promise<Catalog> {
  const db = await openCatalog(folder, migrations);
  open.push(db);
  return db;
}

const NEXT: Migration = { name: '9999_next', up: async (db) => void (await sql`alter table people add column nickname text`.execute(db)) };
const BROKEN: Migration = {
  name: '9999_broken',
  up: async (db) => {
    await sql`create table half (id text)`.execute(db);
    await sql`no such statement`.execute(db);
  },
};
const source = { name: 'wiki', kind: 'folder', location: '/wiki', baseUrl: null, readers: ['everyone'], schedule: null };

describe('migrations', () => {
  test('a new catalog is made whole, readable by its owner alone, and without a copy', async () => {
    const db = await catalog();
    expect((await sql<{ name: string }>`select name from migrations order by name`.execute(db)).rows.map((row) => row.name)).toEqual(
      MIGRATIONS.map((m) => m.name),
    );
    expect(statSync(join(folder, 'catalog.db')).mode & 0o077).toBe(0);
    expect(readdirSync(folder)).not.toContain('copies');
  });

  test('before one runs, a copy is made that opens as it was', async () => {
    const db = await catalog();
    await addSource(db, source, 1);
    await db.destroy();
    open.pop();
    const migrated = await catalog([...MIGRATIONS, NEXT]);
    expect(await sql`select nickname from people`.execute(migrated)).toMatchObject({ rows: [] });
    const copies = readdirSync(join(folder, 'copies'));
    expect(copies).toHaveLength(1);
    const other = mkdtempSync(join(tmpdir(), 'docent-copy-'));
    copyFileSync(join(folder, 'copies', copies[0]!), join(other, 'catalog.db'));
    const copy = await openCatalog(other);
    expect((await listSources(copy)).map((s) => s.name)).toEqual(['wiki']);
    await copy.destroy();
    rmSync(other, { recursive: true });
  });

  test('opening again runs nothing and copies nothing', async () => {
    await (await catalog()).destroy();
    await catalog();
    expect(readdirSync(folder)).not.toContain('copies');
  });

  test('one that fails leaves the catalog as it was', async () => {
    const db = await catalog();
    await addSource(db, source, 1);
    await expect(openCatalog(folder, [...MIGRATIONS, BROKEN])).rejects.toThrow();
    expect((await sql`select name from sqlite_master where name = 'half'`.execute(db)).rows).toEqual([]);
    expect(await listSources(await catalog())).toHaveLength(1);
  });

  test('a catalog of a later version is refused with what to do', async () => {
    await (await catalog([...MIGRATIONS, NEXT])).destroy();
    open.pop();
    await expect(openCatalog(folder)).rejects.toMatchObject({
      code: 'catalog.newer',
      publicMessage: expect.stringMatching(/newer version.*9999_next.*Start that version/),
    });
  });

  test('two processes that open a new catalog at once both succeed', async () => {
    const script = `const { openCatalog } = await import(${JSON.stringify(new URL('../../src/catalog/database.ts', import.meta.url).href)}); await (await openCatalog(process.argv[1])).destroy();`;
    const codes = await Promise.all(
      Array.from(
        { length: 3 },
        () =>
          new Promise((resolve) =>
            spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: 'inherit' }).on('exit', resolve),
          ),
      ),
    );
    expect(codes).toEqual([0, 0, 0]);
    expect(await listSources(await catalog())).toEqual([]);
  });

  test('a file that is no catalog is named', async () => {
    writeFileSync(join(folder, 'catalog.db'), 'this is a letter, not a database, and long enough to be read as one');
    await expect(openCatalog(folder)).rejects.toMatchObject({
      code: 'catalog.unusable',
      publicMessage: expect.stringContaining('catalog.db'),
    });
  });
});

describe('leases', () => {
  test('one holder at a time, until it ends or runs out', async () => {
    const db = await catalog();
    const { id } = await addSource(db, source, 0);
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

  test('what waits is found, and what another holds is left', async () => {
    const db = await catalog();
    const { id } = await addSource(db, source, 0);
    expect(await dueSources(db, 10)).toEqual([]);
    await requestSync(db, id, 10);
    expect(await dueSources(db, 10)).toMatchObject([{ id }]);
    await takeLease(db, id, 'other', 10);
    expect(await dueSources(db, 11)).toEqual([{ id, removed: false, heldUntil: 10 + LEASE_MS }]);
    expect(await dueSources(db, 12 + LEASE_MS)).toEqual([{ id, removed: false, heldUntil: null }]);
  });

  test('a removed source is gone at once, and its name is free', async () => {
    const db = await catalog();
    const { id } = await addSource(db, source, 0);
    await markSourceRemoved(db, id, 5);
    expect(await findSource(db, 'wiki')).toBeUndefined();
    expect(await dueSources(db, 10)).toMatchObject([{ id }]);
    expect(await addSource(db, source, 6)).toMatchObject({ name: 'wiki' });
  });
});

test('a question is recorded once for each event, in its conversation', async () => {
  const db = await catalog();
  const input = {
    eventKey: 'e1',
    platform: 'console',
    thread: 't',
    personId: null,
    text: 'How?',
    language: 'en',
    audience: 'asker' as const,
  };
  const [first, second] = await Promise.all([receiveQuestion(db, input, 1), receiveQuestion(db, input, 2)]);
  expect([first, second].filter(Boolean)).toHaveLength(1);
  await receiveQuestion(db, { ...input, eventKey: 'e2', text: 'Why?' }, 3);
  expect((await conversationTurns(db, 't', 10)).map((turn) => turn.text)).toEqual(['How?', 'Why?']);
  expect(await conversationTurns(db, 'other', 10)).toEqual([]);
});

test('settings have defaults, are checked, and are kept', async () => {
  const db = await catalog();
  expect(await readSettings(db)).toMatchObject({ internalAddresses: [], keepRate: 0.9 });
  await writeSetting(db, 'internalAddresses', ['wiki.internal'], 1);
  expect((await readSettings(db)).internalAddresses).toEqual(['wiki.internal']);
  await expect(writeSetting(db, 'keepRate', 7, 2)).rejects.toMatchObject({
    code: 'input.invalid',
    publicMessage: expect.stringContaining('keepRate'),
  });
  await expect(writeSetting(db, 'prices', { m: { input: -1, output: 0 } }, 2)).rejects.toMatchObject({ code: 'input.invalid' });
});

test('usage is summed for the calendar month', async () => {
  const db = await catalog();
  const row = { purpose: 'answer', model: 'm', promptTokens: 10, completionTokens: 5, usd: 0.25 };
  await recordUsage(db, row, Date.UTC(2026, 9, 31, 23, 59));
  for (const hour of [0, 1, 1]) await recordUsage(db, row, Date.UTC(2026, 10, 1, hour));
  expect(await spentThisMonth(db, Date.UTC(2026, 10, 30))).toBe(0.75);
  expect(await spentThisMonth(db, Date.UTC(2026, 11, 1))).toBe(0);
});
