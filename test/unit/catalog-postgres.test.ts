/** The catalog on a real Postgres: what an operator gets wrong is named, two starters keep apart, and a server that goes away comes back. */
import { randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/database.ts';
import { commitDocument, knownDocuments } from '../../src/catalog/documents.ts';
import { MIGRATIONS, type Migration } from '../../src/catalog/migrations.ts';
import { openPostgresCatalog, refuseServer } from '../../src/catalog/postgres.ts';
import { forPostgres } from '../../src/catalog/postgres-ddl.ts';
import { addSource, listSources, startRun, takeLease } from '../../src/catalog/sources.ts';
import { AppError } from '../../src/errors.ts';
import { postgresMissing, startPostgres, type PostgresServer } from '../servers/postgres.ts';

const missing = postgresMissing();
const SOURCE = { name: 'wiki', kind: 'folder', location: '/wiki', baseUrl: null, readers: ['everyone'], schedule: null };
const NEXT: Migration = { name: '9999_next', up: async (db) => void (await sql`alter table people add column nickname text`.execute(db)) };
const BROKEN: Migration = {
  name: '9999_broken',
  up: async (db) => {
    await sql`create table half (id text)`.execute(db);
    await sql`no such statement`.execute(db);
  },
};

describe.skipIf(missing !== undefined && !process.env['CI'])(`the catalog on Postgres${missing ? `: ${missing}` : ''}`, () => {
  let server: PostgresServer;
  let url: string;
  const open: Catalog[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.close());
  beforeEach(async () => {
    url = await server.newDatabase();
  });
  afterEach(async () => {
    for (const db of open.splice(0)) await db.destroy();
  });

  async function catalog(options: Parameters<typeof openPostgresCatalog>[1] = {}, at = url): Promise<Catalog> {
    const db = await openPostgresCatalog(at, options);
    open.push(db);
    return db;
  }
  const databaseName = (): string => new URL(url).pathname.slice(1);
  const refusal = async (at: string): Promise<AppError> => {
    const error = await openPostgresCatalog(at).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(AppError);
    expect(`${(error as AppError).message} ${(error as AppError).publicMessage}`).not.toMatch(/p@ss|p%40ss|wrong-password/);
    return error as AppError;
  };

  describe('opening', () => {
    test('what is wrong with the address is said, with the way to mend it, and never with the password', async () => {
      const wrong = url.replace(/:[^:@/]+@/, ':wrong-password@');
      expect(await refusal(wrong)).toMatchObject({
        code: 'catalog.refused',
        retryable: false,
        publicMessage: expect.stringMatching(/does not let docent in.*password.*DATABASE_URL/),
      });
      expect(await refusal(url.replace(/:[^:@/]+@/, '@'))).toMatchObject({ code: 'catalog.refused' });
      expect(await refusal(server.url('nowhere'))).toMatchObject({
        code: 'catalog.no_database',
        publicMessage: expect.stringContaining(`create database nowhere encoding 'UTF8'`),
      });
      expect(await refusal(url.replace(`:${server.port}/`, ':1/'))).toMatchObject({
        code: 'catalog.unreachable',
        retryable: true,
        publicMessage: expect.stringMatching(/127\.0\.0\.1:1 cannot be reached.*ECONNREFUSED/),
      });
      expect(await refusal(url.replace('127.0.0.1', 'no-such-host.invalid'))).toMatchObject({
        code: 'catalog.unreachable',
        publicMessage: expect.stringContaining('no-such-host.invalid'),
      });
      expect(await refusal(`${url}?sslmode=verify-full`)).toMatchObject({ code: 'catalog.untrusted' });
      expect(await refusal('mysql://x:wrong-password@h/d')).toMatchObject({ code: 'input.invalid' });
      expect(await refusal('postgres://u:wrong-password@[h/d')).toMatchObject({ code: 'input.invalid' });
    });

    test('a server that cannot hold every language, is too old, or can only be read is refused', async () => {
      const latin = await server.newDatabase(`encoding 'LATIN1' locale 'C' template template0`);
      expect(await refusal(latin)).toMatchObject({
        code: 'catalog.encoding',
        publicMessage: expect.stringMatching(/LATIN1.*create database/),
      });
      await server.run(`alter database ${databaseName()} set default_transaction_read_only = on`);
      expect(await refusal(url)).toMatchObject({ code: 'catalog.read_only' });
      const place = { address: 'db:5432', database: 'd', user: 'u' };
      const well = { version: 150_000, encoding: 'UTF8', readOnly: 'off' };
      expect(() => refuseServer(well, place)).not.toThrow();
      expect(() => refuseServer({ ...well, version: 140_022 }, place)).toThrow(/db:5432 is version 14; Docent needs 15/);
    });

    test('a user who may make no tables is told who must own the database', async () => {
      await server.run(`create role reader login password 'x'`);
      const reader = new URL(url);
      reader.username = 'reader';
      reader.password = 'x';
      expect(await refusal(reader.href)).toMatchObject({
        code: 'catalog.rights',
        publicMessage: expect.stringContaining(`alter database ${databaseName()} owner to reader`),
      });
    });

    test('its connections have a name, an end to every statement, and a number that is bounded', async () => {
      const db = await catalog({ pool: { size: 3 } });
      let running = true;
      const waits = Promise.all(Array.from({ length: 9 }, () => sql`select pg_sleep(0.2)`.execute(db))).finally(() => (running = false));
      let most: Record<string, unknown> = { n: 0 };
      while (running) {
        const [row] = await server.run(
          `select min(application_name) as name, count(*)::int as n from pg_stat_activity where datname = '${databaseName()}'`,
        );
        if ((row!['n'] as number) > (most['n'] as number)) most = row!;
      }
      expect(most).toEqual({ name: 'docent', n: 3 });
      await waits;
      expect((await sql<{ ms: string }>`select current_setting('statement_timeout') as ms`.execute(db)).rows).toEqual([{ ms: '2min' }]);
    });
  });

  describe('migrations', () => {
    test('starters at once run each once', async () => {
      await Promise.all([catalog(), catalog(), catalog()]);
      expect(
        (await sql<{ name: string }>`select name from migrations order by name`.execute(open[0]!)).rows.map((row) => row.name),
      ).toEqual(MIGRATIONS.map((m) => m.name));
    });

    test('a second starter waits until the first is done with a long one', async () => {
      await (await openPostgresCatalog(url)).destroy();
      const slow: Migration = { name: '9999_slow', up: async (db) => void (await sql`select pg_sleep(0.5)`.execute(db)) };
      let ran = 0;
      const counted: Migration = { ...slow, up: async (db) => (ran++, slow.up(db)) };
      await Promise.all([catalog({ migrations: [...MIGRATIONS, counted] }), catalog({ migrations: [...MIGRATIONS, counted] })]);
      expect(ran).toBe(1);
    });

    test('one that fails leaves the catalog as it was', async () => {
      const db = await catalog();
      await addSource(db, SOURCE, 1);
      await expect(openPostgresCatalog(url, { migrations: [...MIGRATIONS, NEXT, BROKEN] })).rejects.toMatchObject({
        code: 'catalog.unusable',
      });
      expect((await sql<{ there: unknown }>`select to_regclass('half') as there`.execute(db)).rows).toEqual([{ there: null }]);
      expect(await listSources(await catalog())).toHaveLength(1);
    });

    test('a catalog of a later version is refused with what to do', async () => {
      await catalog({ migrations: [...MIGRATIONS, NEXT] });
      await expect(openPostgresCatalog(url)).rejects.toMatchObject({
        code: 'catalog.newer',
        publicMessage: expect.stringMatching(/newer version.*9999_next.*Start that version, or let DATABASE_URL/),
      });
    });

    test('every column has the type that its values need, and text is ordered by its bytes', async () => {
      const db = await catalog();
      const { rows } = await sql<{ place: string; type: string; collation: string | null }>`
        select table_name || '.' || column_name as place, data_type as type, collation_name as collation
        from information_schema.columns where table_schema = 'public' and table_name <> 'migrations'`.execute(db);
      expect(rows.filter(({ type, collation }) => type === 'text' && collation !== 'C')).toEqual([]);
      expect(new Set(rows.map(({ type }) => type))).toEqual(new Set(['text', 'integer', 'bigint', 'double precision', 'bytea']));
      // A time needs more than an integer holds.
      expect(rows.filter(({ place, type }) => /(_at|_until)$/.test(place) && type !== 'bigint')).toEqual([]);
    });

    test('statements are read to Postgres whatever their columns are called', () => {
      expect(forPostgres('create table t (id integer primary key, text text not null, vector blob)')).toBe(
        'create table t (id bigint generated by default as identity primary key, text text collate "C" not null, vector bytea)',
      );
      expect(forPostgres('alter table t add column cursor text')).toBe('alter table t add column cursor text collate "C"');
      expect(forPostgres('create index i on t (text)')).toBe('create index i on t (text)');
    });
  });

  describe('a commit', () => {
    test('keeps who would take its source over waiting until its end', async () => {
      const db = await catalog();
      const other = await catalog();
      const { id } = await addSource(db, SOURCE, 0);
      await takeLease(db, id, 'me', 0);
      const writer = { runId: await startRun(db, id, 0), sourceId: id, leaseOwner: 'me' };
      await sql`insert into vocabulary (length, word, reader_set, backwards, written) values (5, 'words', 1, 'sdrow', 1)`.execute(db);
      const events: string[] = [];
      let commit: Promise<unknown> = Promise.resolve();
      let takeOver: Promise<unknown> = Promise.resolve();
      // Somebody holds a row up that the commit comes to after it saw its lease.
      await other.transaction().execute(async (tx) => {
        await sql`update vocabulary set written = 2`.execute(tx);
        commit = commitDocument(db, document(id), writer, 'added', 1, { terms: [], words: ['words'] }).then(() => events.push('committed'));
        await waiting(1);
        takeOver = takeLease(db, id, 'other', 1_000_000).then((taken) => events.push(taken ? 'taken over' : 'refused'));
        await waiting(2);
      });
      await Promise.all([commit, takeOver]);
      // Which of the two connections is heard first, once the other's wait is over, says nothing.
      expect(events.toSorted()).toEqual(['committed', 'taken over']);
    });

    /** Until so many statements wait for a lock. */
    async function waiting(n: number): Promise<void> {
      for (let i = 0; i < 200; i++) {
        const [row] = await server.run(`select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'`);
        if (row!['n'] === n) return;
        await sleep(20);
      }
      throw new Error(`${n} statements never waited`);
    }

    const document = (sourceId: string) => ({
      id: randomUUID(),
      sourceId,
      externalId: 'x',
      url: null,
      title: 'x',
      owner: null,
      changedAt: null,
      language: 'en',
      textFragments: false,
      version: 1,
      contentHash: 'x',
      listedVersion: null,
      validators: undefined,
      readerSet: 1,
      passages: [],
    });
  });

  describe('a server that goes away', () => {
    const unreachable = {
      code: 'catalog.unreachable',
      retryable: true,
      publicMessage: expect.stringMatching(/database cannot be reached.*try again/),
    };

    test.each(['stop', 'kill'] as const)(
      '%s in the middle of statements and transactions: each is told, and the next one works again',
      async (how) => {
        const db = await catalog();
        await addSource(db, SOURCE, 1);
        const inMiddle = db.transaction().execute(async (tx) => {
          await addSource(tx, { ...SOURCE, name: 'never' }, 2);
          await sql`select pg_sleep(20)`.execute(tx);
        });
        const statements = [inMiddle, sql`select pg_sleep(20)`.execute(db)].map((s) => s.catch((error: unknown) => error));
        // Connections that nobody uses at that moment, too.
        await Promise.all(Array.from({ length: 4 }, () => sql`select pg_sleep(0.05)`.execute(db)));
        await server[how]();
        for (const error of await Promise.all(statements)) expect(error).toMatchObject(unreachable);
        await expect(listSources(db)).rejects.toMatchObject(unreachable);
        await server.start();
        expect((await listSources(db)).map(({ name }) => name)).toEqual(['wiki']);
        await Promise.all(Array.from({ length: 20 }, () => listSources(db)));
        await addSource(db, { ...SOURCE, name: 'after' }, 3);
      },
    );

    test('a connection that an operator ends is replaced', async () => {
      const db = await catalog();
      await Promise.all([listSources(db), listSources(db), listSources(db)]);
      const held = db.transaction().execute(async (tx) => {
        await listSources(tx);
        await server.run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${databaseName()}'`);
        await sleep(50);
        await listSources(tx);
      });
      await expect(held).rejects.toMatchObject(unreachable);
      expect(await listSources(db)).toEqual([]);
    });

    test('one that stands still is not waited for longer than a statement may take', async () => {
      const silent = silentProxy(server.port);
      const at = new URL(url);
      at.port = String(await silent.port);
      const db = await catalog({ pool: { size: 2, statementMs: 200, silenceMs: 200 } }, at.href);
      await listSources(db);
      silent.hold();
      const startedAt = Date.now();
      await expect(listSources(db)).rejects.toMatchObject(unreachable);
      expect(Date.now() - startedAt).toBeLessThan(10_000);
      silent.pass();
      expect(await listSources(db)).toEqual([]);
      await silent.close();
    });

    test('a statement that takes too long ends alone', async () => {
      const db = await catalog({ pool: { statementMs: 100 } });
      await expect(sql`select pg_sleep(5)`.execute(db)).rejects.toMatchObject({ code: 'catalog.busy', retryable: true });
      expect(await listSources(db)).toEqual([]);
    });
  });

  test("two transactions in each other's way: one is told to come again, the other goes on", async () => {
    const db = await catalog();
    for (const name of ['a', 'b']) await addSource(db, { ...SOURCE, name }, 1);
    const cross = (first: string, second: string) =>
      db.transaction().execute(async (tx) => {
        await tx.updateTable('sources').set({ failures: 1 }).where('name', '=', first).execute();
        await sleep(100);
        await tx.updateTable('sources').set({ failures: 1 }).where('name', '=', second).execute();
      });
    const results = await Promise.allSettled([cross('a', 'b'), cross('b', 'a')]);
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
    expect(results.find((r) => r.status === 'rejected')?.reason).toMatchObject({ code: 'catalog.busy', retryable: true });
  });

  test('an error of the data is no matter of the connection, and does not repeat the data', async () => {
    const db = await catalog();
    const error: unknown = await sql`insert into sources (id, location) values ('x', 'words of a person')`
      .execute(db)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: '23502' });
    expect(inspect(error, { depth: 9 })).not.toContain('words of a person');
    expect(await knownDocuments(db, 'x')).toEqual(new Map());
  });
});

/** Between Docent and the server; holds back what the server says when it is told to. */
function silentProxy(to: number) {
  const sockets = new Set<Socket>();
  let holding = false;
  const proxy = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => (client.destroy(), upstream.destroy()));
    }
    client.on('data', (part) => upstream.write(part));
    upstream.on('data', (part) => void (holding || client.write(part)));
  });
  return {
    port: new Promise<number>((resolve) => proxy.listen(0, '127.0.0.1', () => resolve((proxy.address() as { port: number }).port))),
    hold: () => void (holding = true),
    pass: () => void (holding = false),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
