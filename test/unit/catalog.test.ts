/** The catalog's file: migrations run forward with a copy before them, a newer file is refused. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openCatalog, type Catalog } from '../../src/catalog/database.ts';
import { MIGRATIONS, type Migration } from '../../src/catalog/migrations.ts';
import { addSource, listSources } from '../../src/catalog/sources.ts';

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
