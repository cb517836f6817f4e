/**
 * `npm run test:postgres`: runs the tests that touch a catalog with each catalog in a database of a Postgres that is started
 * for them. `--short`: the most telling ones (what CI adds to the whole suite); or name files.
 */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { postgresMissing, startPostgres } from '../test/servers/postgres.ts';

const ROOT = join(import.meta.dirname, '..');
/** Syncing, asking, who answers a question, rebuilding, readers, the glossary and own words. */
const SHORT = [
  'test/unit/access.test.ts',
  'test/unit/ask.test.ts',
  'test/unit/glossary.test.ts',
  'test/unit/own-words.test.ts',
  'test/unit/sync.test.ts',
  'test/e2e/question-leases.test.ts',
  'test/e2e/reindex.test.ts',
  'test/e2e/sync.test.ts',
  'test/e2e/withheld.test.ts',
];
/** They read the file itself, start commands over it, or run over both databases anyway. */
const OF_THE_FILE = [
  'backup',
  'catalog',
  'catalog-both',
  'catalog-postgres',
  'move-catalog',
  'earlier-data',
  'secrets',
  'queue',
  'fill-vectors',
  'model-command',
];
const TOUCHES = /\bopenApp\(|\btestConfig\(|servers\/test-catalog|fakes\/(?:handbook-states|git-sync|glossary)\.ts/;

const missing = postgresMissing();
if (missing) {
  process.stderr.write(`${missing}\n`);
  process.exit(1);
}
const given = process.argv.slice(2);
const all = (): string[] =>
  globSync('test/**/*.test.ts', { cwd: ROOT })
    .filter((file) => !OF_THE_FILE.some((name) => file.endsWith(`/${name}.test.ts`)))
    .filter((file) => TOUCHES.test(readFileSync(join(ROOT, file), 'utf8')));
const files = given.includes('--short') ? SHORT : given.length > 0 ? given : all();
const server = await startPostgres({ max_connections: '400' });
const child = spawn('vitest', ['run', ...files], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, TEST_DATABASE_URL: server.url('postgres') },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void child.kill(signal));
const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
await server.close();
process.exit(code ?? 1);
