/**
 * Catalogs for tests. With TEST_DATABASE_URL (`npm run test:postgres` sets it) each folder's catalog is a database of its own
 * on that server, else it is the folder's file.
 */
import { createHash, randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import pg from 'pg';
import { openCatalog as openFile, type Catalog } from '../../src/catalog/database.ts';
import { MIGRATIONS, type Migration } from '../../src/catalog/migrations.ts';
import { openPostgresCatalog } from '../../src/catalog/postgres.ts';

const databases = new Map<string, Promise<string>>();
/** Postgres' codes of a database that is there already: said at once, or by the index of their names. */
const DUPLICATE = /^(42P04|23505)$/;

export type OpenCatalog = (folder: string, migrations?: Migration[]) => Promise<Catalog>;

/** As the application's own: the same folder is the same catalog. */
export const openCatalog: OpenCatalog = (folder, migrations) =>
  process.env['TEST_DATABASE_URL'] ? openOn(process.env['TEST_DATABASE_URL'])(folder, migrations) : openFile(folder, migrations);

/** Catalogs on a server, whatever the environment says. */
export const openOn =
  (server: string): OpenCatalog =>
  async (folder, migrations) =>
    openPostgresCatalog(await databaseFor(folder, server, migrations === undefined), {
      ...(migrations ? { migrations } : {}),
      // Suites open one for each test, and a pool keeps its connections.
      pool: { size: 5 },
    });

/** What DATABASE_URL is for a folder's application; undefined where its catalog is a file. */
export const testDatabase = async (folder: string): Promise<string | undefined> =>
  process.env['TEST_DATABASE_URL'] ? databaseFor(folder, process.env['TEST_DATABASE_URL'], true) : undefined;

/** The folder's database comes along where a folder is copied; nobody may be connected to it. */
export async function copyTestDatabase(from: string, to: string): Promise<void> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server) await onServer(server, 'postgres', `create database ${nameFor(to)} template ${nameFor(from)}`);
}

/** Takes a folder's database away, with whoever is connected to it. */
export async function dropTestDatabase(folder: string): Promise<void> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server && databases.delete(resolve(folder)))
    await onServer(server, 'postgres', `drop database if exists ${nameFor(folder)} with (force)`);
}

/** @param ready with its tables: a copy of one that was migrated before, which takes half the time */
function databaseFor(folder: string, server: string, ready: boolean): Promise<string> {
  const key = resolve(folder);
  let made = databases.get(key);
  if (!made) databases.set(key, (made = makeDatabase(nameFor(folder), server, ready)));
  return made;
}

/** The same in every process of a test. */
const nameFor = (folder: string): string => `test_${createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16)}`;

async function makeDatabase(name: string, server: string, ready: boolean): Promise<string> {
  const there = await onServer(server, 'postgres', `select 1 from pg_database where datname = '${name}'`);
  if (there.length === 0)
    await onServer(server, 'postgres', `create database ${name} ${ready ? `template ${await template(server)}` : ''}`).catch((error) => {
      if (!DUPLICATE.test((error as { code?: string }).code ?? '')) throw error;
    });
  return addressOf(server, name);
}

const templates = new Map<string, Promise<string>>();

function template(server: string): Promise<string> {
  let made = templates.get(server);
  if (!made) templates.set(server, (made = makeTemplate(server)));
  return made;
}

async function makeTemplate(server: string): Promise<string> {
  const name = `template_${createHash('sha256')
    .update(JSON.stringify(MIGRATIONS.map((m) => [m.name, String(m.up)])))
    .digest('hex')
    .slice(0, 12)}`;
  const there = await onServer(server, 'postgres', `select 1 from pg_database where datname = '${name}'`);
  if (there.length > 0) return name;
  const own = `made_${randomBytes(6).toString('hex')}`;
  await onServer(server, 'postgres', `create database ${own}`);
  await (await openPostgresCatalog(addressOf(server, own))).destroy();
  // Another test process may have made one meanwhile.
  await onServer(server, 'postgres', `alter database ${own} rename to ${name}`).catch(() => {});
  return name;
}

function addressOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function onServer(server: string, database: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: addressOf(server, database) });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
