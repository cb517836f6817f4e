/** Runs a suite over both databases; without a Postgres its half fails in CI, and skips by name elsewhere. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { openCatalog as openFile, type Catalog } from '../../src/catalog/database.ts';
import type { Migration } from '../../src/catalog/migrations.ts';
import { postgresMissing, startPostgres, type PostgresServer } from './postgres.ts';
import { openOn } from './test-catalog.ts';

export interface TestCatalogs {
  kind: 'SQLite' | 'Postgres';
  /** Opens the test's catalog: another connection to the same one each time. All are closed after the test. */
  open(migrations?: Migration[]): Promise<Catalog>;
  /** For who works at the same time: a pool of its own. SQLite's waits stop the thread, so that two connections of one process get nowhere. */
  another(db: Catalog): Promise<Catalog>;
  /** The test's folder. */
  folder(): string;
}

export function overBothCatalogs(suite: (catalogs: TestCatalogs) => void): void {
  describe('SQLite', () => suite(catalogsOf('SQLite', () => openFile)));
  const missing = process.env['TEST_DATABASE_URL'] ? undefined : postgresMissing();
  if (missing && !process.env['CI']) {
    describe.skip(`Postgres: ${missing}`, () => suite(catalogsOf('Postgres', () => openFile)));
    return;
  }
  describe('Postgres', () => {
    let server: PostgresServer | undefined;
    let url = process.env['TEST_DATABASE_URL'];
    beforeAll(async () => {
      if (url) return;
      server = await startPostgres();
      url = server.url('postgres');
    });
    afterAll(() => server?.close());
    suite(catalogsOf('Postgres', () => openOn(url!)));
  });
}

function catalogsOf(kind: TestCatalogs['kind'], opener: () => typeof openFile): TestCatalogs {
  let folder = '';
  const open: Catalog[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'docent-catalog-'));
  });
  afterEach(async () => {
    for (const db of open.splice(0)) await db.destroy();
    rmSync(folder, { recursive: true, force: true });
  });
  const openOne = async (migrations?: Migration[]): Promise<Catalog> => {
    const db = await opener()(folder, migrations);
    open.push(db);
    return db;
  };
  return {
    kind,
    folder: () => folder,
    open: openOne,
    another: async (db) => (kind === 'SQLite' ? db : openOne()),
  };
}
