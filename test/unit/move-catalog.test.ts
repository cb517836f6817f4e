/** `docent move-catalog`: all that the file holds stands in Postgres afterwards; cut short anywhere, nothing does. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { internReaders } from '../../src/access/reader-sets.ts';
import { openCatalog, type Catalog } from '../../src/catalog/database.ts';
import { readEmbeddings, writeEmbeddings } from '../../src/catalog/embeddings.ts';
import { listGlossary, saveGlossary } from '../../src/catalog/glossary.ts';
import { MIGRATIONS } from '../../src/catalog/migrations.ts';
import { moveCatalog } from '../../src/catalog/move.ts';
import { openPostgresCatalog } from '../../src/catalog/postgres.ts';
import { addSource, listRuns, listSources, startRun, takeLease } from '../../src/catalog/sources.ts';
import { recordUsage, spentThisMonth } from '../../src/catalog/usage.ts';
import { docentCommand } from '../fakes/docent-command.ts';
import { never } from '../fakes/open-app.ts';
import { postgresMissing, startPostgres, type PostgresServer } from '../servers/postgres.ts';

const missing = postgresMissing();
const FIXTURE = join(import.meta.dirname, '../fixtures/earlier-data/catalog.db.gz');
const DAY = Date.UTC(2026, 10, 1);

describe.skipIf(missing !== undefined && !process.env['CI'])(`moving the catalog to Postgres${missing ? `: ${missing}` : ''}`, () => {
  let server: PostgresServer;
  let url: string;
  let folder: string;
  let live: string;
  const open: Catalog[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docent-move-'));
    live = join(folder, 'catalog.db');
    url = await server.newDatabase();
    writeFileSync(live, gunzipSync(readFileSync(FIXTURE)));
    const db = await openCatalog(folder);
    const { id } = await addSource(
      db,
      { name: 'other', kind: 'folder', location: '/o', baseUrl: null, readers: ['everyone'], schedule: null },
      1,
    );
    await takeLease(db, id, 'who was stopped', Date.now());
    await startRun(db, id, 1);
    await writeEmbeddings(db, [
      { key: 'v1', vector: Float32Array.of(1.5, -2.25, 3e-7) },
      { key: 'v2', vector: new Float32Array(0) },
    ]);
    await saveGlossary(db, [{ term: 'Ärger "\\', synonyms: ['x;y'], explanation: 'l1\nl2\t中😀', keys: ['ärger'] }], 5);
    await recordUsage(db, { purpose: 'answer', model: 'm', promptTokens: 10, completionTokens: 5, usd: 0.1 + 0.2 }, DAY);
    await db.destroy();
  });
  afterEach(async () => {
    for (const db of open.splice(0)) await db.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  const target = async (): Promise<Catalog> => {
    const db = await openPostgresCatalog(url);
    open.push(db);
    return db;
  };
  const move = (signal = never()) => moveCatalog(folder, url, { signal, now: 7 });
  const bytes = (): string => createHash('sha256').update(readFileSync(live)).digest('hex');
  /** Every row of a file's table, as JSON, in one order. */
  function rowsOfFile(table: string): string[] {
    const db = new DatabaseSync(live, { readOnly: true });
    try {
      return db.prepare(`select * from ${table}`).all().map(asJson).toSorted();
    } finally {
      db.close();
    }
  }
  const asJson = (row: object): string =>
    JSON.stringify(
      Object.entries(row)
        .map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value])
        .toSorted(),
    );

  test('every row of every table arrives, and the file stays as it was, byte for byte', async () => {
    const before = bytes();
    const moved = await move();
    expect(bytes()).toBe(before);
    expect(moved.map(({ table }) => table)).toEqual(
      expect.arrayContaining([
        'answers',
        'citations',
        'documents',
        'embeddings',
        'passages',
        'questions',
        'reader_sets',
        'sources',
        'usage',
        'vocabulary',
      ]),
    );
    const db = await target();
    for (const { table, rows } of moved) {
      const expected = rowsOfFile(table);
      expect(rows, table).toBe(expected.length);
      const there = (
        await db
          .selectFrom(table as 'sources')
          .selectAll()
          .execute()
      )
        .map(asJson)
        .toSorted();
      expect(there.length, table).toBe(rows);
      // What holds for the stopped server alone does not come along.
      if (!['sources', 'runs'].includes(table)) expect(there, table).toEqual(expected);
    }
    expect(moved.find(({ table }) => table === 'passages')!.rows).toBeGreaterThan(10);
    expect((await listGlossary(db))[0]).toMatchObject({ term: 'Ärger "\\', explanation: 'l1\nl2\t中😀' });
    expect((await readEmbeddings(db, ['v1', 'v2'])).get('v1')).toEqual(Float32Array.of(1.5, -2.25, 3e-7));
    expect(await spentThisMonth(db, DAY)).toBe(0.1 + 0.2);
  });

  test('leases and runs of the stopped server end, and numbers go on after those that came along', async () => {
    await move();
    const db = await target();
    const other = (await listSources(db)).find(({ name }) => name === 'other')!;
    expect(await takeLease(db, other.id, 'me', 1)).toBe(true);
    expect(await listRuns(db, other.id, 1)).toMatchObject([{ state: 'failed', finishedAt: 7 }]);
    const highest = Math.max(...(await db.selectFrom('reader_sets').select('id').execute()).map(({ id }) => id));
    expect(await internReaders(db, ['group:new'])).toBe(highest + 1);
    const change = await db
      .insertInto('changes')
      .values({ run_id: 'r', document_id: 'd', kind: 'added', gone_hashes_json: '[]' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const changes = await db.selectFrom('changes').select('id').execute();
    expect(change.id).toBe(Math.max(...changes.map(({ id }) => id)));
  });

  test('what SQLite lets through and Postgres does not is made right on the way', async () => {
    const file = new DatabaseSync(live);
    file.exec(`update documents set changed_at = 1234.6, title = 'a' || char(0) || 'b' where id = (select min(id) from documents)`);
    file.exec(`update documents set changed_at = 1e300 where id = (select max(id) from documents)`);
    file.close();
    await move();
    const rows = await (await target()).selectFrom('documents').select(['changed_at', 'title']).orderBy('id').execute();
    expect(rows[0]).toEqual({ changed_at: 1235, title: 'a\ufffdb' });
    expect(rows.at(-1)!.changed_at).toBeNull();
  });

  test('a database that holds anything is refused, and stays as it is', async () => {
    await move();
    await expect(move()).rejects.toMatchObject({
      code: 'move.not_empty',
      publicMessage: expect.stringMatching(/holds data already \(.*sources: 2.*empty database/),
    });
    expect(await listSources(await target())).toHaveLength(2);
  });

  test('a server that still has the file open is found, and nothing is moved', async () => {
    const running = await openCatalog(folder);
    await expect(move()).rejects.toMatchObject({ code: 'move.running', publicMessage: expect.stringContaining('Stop the server') });
    await running.destroy();
    expect((await move()).length).toBeGreaterThan(10);
  });

  test('nobody opens the file while it is moved', async () => {
    let meanwhile: unknown;
    await moveCatalog(folder, url, {
      signal: never(),
      now: 7,
      onProgress: () => {
        if (meanwhile) return;
        const other = new DatabaseSync(live, { timeout: 20_000 });
        try {
          meanwhile = other.prepare('select 1 from sources').all();
        } catch (error) {
          meanwhile = String(error);
        }
        other.close();
      },
    });
    expect(meanwhile).toMatch(/locked/);
  });

  test('cut short, by a person or by kill -9, the target is empty, and the next try succeeds', async () => {
    const stop = new AbortController();
    await expect(
      moveCatalog(folder, url, { signal: stop.signal, now: 7, onProgress: (done) => void (done > 20 && stop.abort()) }),
    ).rejects.toThrow(/abort/i);
    expect(await listSources(await target())).toEqual([]);
    const script = `const { moveCatalog } = await import(${JSON.stringify(new URL('../../src/catalog/move.ts', import.meta.url).href)});
      await moveCatalog(process.argv[1], process.argv[2], { signal: new AbortController().signal, now: 7,
        onProgress: (done, total) => { if (done === total) process.kill(process.pid, 'SIGKILL'); } });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder, url], { stdio: 'inherit' });
    expect(await new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)))).toBe('SIGKILL');
    const before = bytes();
    expect((await move()).length).toBeGreaterThan(10);
    expect(bytes()).toBe(before);
  });

  test('a file that is missing, broken, of an earlier or of a later version is named', async () => {
    const at = (name: string): string => {
      const path = join(folder, name);
      mkdirSync(path);
      return path;
    };
    const refused = (path: string) => moveCatalog(path, url, { signal: never(), now: 7 });
    await expect(refused(at('none'))).rejects.toMatchObject({ code: 'move.nothing' });
    const broken = at('broken');
    writeFileSync(join(broken, 'catalog.db'), 'this is a letter, not a database, and long enough to be read as one');
    await expect(refused(broken)).rejects.toMatchObject({ code: 'catalog.unusable' });
    const earlier = at('earlier');
    await (await openCatalog(earlier, MIGRATIONS.slice(0, 2))).destroy();
    await expect(refused(earlier)).rejects.toMatchObject({ code: 'move.earlier', publicMessage: expect.stringContaining('docent doctor') });
    const later = at('later');
    await (await openCatalog(later, [...MIGRATIONS, { name: '9999_next', up: async () => {} }])).destroy();
    await expect(refused(later)).rejects.toMatchObject({ code: 'catalog.newer' });
  });

  test('the command prints what it compared, and the others say where the catalog is now', async () => {
    const env = {
      DATA_DIR: folder,
      DATABASE_URL: url,
      QDRANT_URL: 'http://127.0.0.1:9',
      REDIS_URL: 'redis://127.0.0.1:9',
      SECRET_KEY: 'x'.repeat(32),
    };
    const docent = (...args: string[]) => docentCommand(args, { cwd: folder, env });
    const moved = await docent('move-catalog', '--json');
    expect(moved).toMatchObject({ code: 0, err: '' });
    const { tables, rows } = JSON.parse(moved.out) as { tables: { table: string; rows: number; checksum: string }[]; rows: number };
    expect(rows).toBe(tables.reduce((n, table) => n + table.rows, 0));
    expect(tables).toContainEqual({ table: 'sources', rows: 2, checksum: expect.stringMatching(/^[0-9a-f]+$/) });
    const { DATABASE_URL: _, ...without } = env;
    const [again, nowhere, backup, restore] = await Promise.all([
      docent('move-catalog'),
      docentCommand(['move-catalog'], { cwd: folder, env: without }),
      docent('backup', 'b.db'),
      docent('restore', 'b.db', '--yes'),
    ]);
    expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/^docent: The database \w+ at 127.*holds data already.*\n$/) });
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('DATABASE_URL') });
    expect(backup).toMatchObject({ code: 1, err: expect.stringMatching(/pg_dump.*b\.db/) });
    expect(restore).toMatchObject({
      code: 1,
      err: expect.stringMatching(/pg_restore.*docent reindex.*without DATABASE_URL.*move-catalog/),
    });
    // What is pasted from there must not write over the backup.
    expect(restore.err).not.toContain('--file=');
  });
});
