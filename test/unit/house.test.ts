/** The rules of the house are executable: who may import whom, and that registries, drivers and contract suites name the same set. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'docent-house-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function lint(file: string, text: string): string {
  const path = join(scratch, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  copyFileSync(join(root, '.oxlintrc.json'), join(scratch, '.oxlintrc.json'));
  const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['-f', 'unix', file], { cwd: scratch, encoding: 'utf8' });
  rmSync(path);
  return stdout + stderr;
}

describe('who may import whom', () => {
  const planted: [file: string, line: string][] = [
    ['src/ask/planted.ts', "import { x } from '../sync/write.ts';"],
    ['src/ask/planted.ts', "import { x } from '../models/drivers/openai.ts';"],
    ['src/ask/planted.ts', "import { x } from '../config.ts';"],
    ['src/sync/planted.ts', "import { x } from '../ask/ask.ts';"],
    ['src/sync/planted.ts', "import { x } from '../connectors/registry.ts';"],
    ['src/catalog/planted.ts', "import { x } from '../search/analyzer.ts';"],
    ['src/catalog/planted.ts', "import { x } from 'pg';"],
    ['src/catalog/postgres-pool.ts', "import { x } from 'bullmq';"],
    ['src/console/planted.ts', "import { x } from '../ask/ask.ts';"],
    ['src/search/drivers/planted.ts', "import { x } from '../../catalog/database.ts';"],
    ['src/answering.ts', "import OpenAI from 'openai';"],
    ['src/queue/planted.ts', "import { x } from 'bullmq';"],
    ['src/queue/drivers/planted.ts', "import { x } from '../../catalog/database.ts';"],
    ['src/triage/planted.ts', "import { x } from '../../bots/slack/draw.ts';"],
    ['src/triage/planted.ts', "import { x } from '../sync/sync.ts';"],
    ['src/chat/planted.ts', "import { x } from '@slack/bolt';"],
    ['workers/planted.ts', "import { x } from '../src/queue/registry.ts';"],
    ['workers/planted.ts', "import { x } from '../src/sync/sync.ts';"],
  ];
  test.each(planted)('%s: %s is caught', (file, line) => {
    expect(lint(file, `${line}\nexport const y = x;\n`.replace('= x', line.includes('OpenAI') ? '= OpenAI' : '= x'))).toContain(
      'no-restricted-imports',
    );
  });

  test('process.env is read in config.ts alone', () => {
    expect(lint('src/planted.ts', "export const home = process.env['HOME'];\n")).toContain('no-process-env');
    expect(lint('src/config.ts', "export const home = process.env['HOME'];\n")).not.toContain('no-process-env');
  });

  test('what the rules allow is not caught', () => {
    expect(lint('src/ask/planted.ts', "import { x } from '../search/analyzer.ts';\nexport const y = x;\n")).not.toContain(
      'no-restricted-imports',
    );
  });
});

describe('ports', () => {
  const drivers = (port: string): string[] => readdirSync(join(root, 'src', port, 'drivers')).map((f) => basename(f, '.ts'));

  test.each(['search', 'models', 'connectors', 'queue'])(
    'the registry of %s names drivers that exist, and every driver is named',
    (port) => {
      const registry = readFileSync(join(root, 'src', port, 'registry.ts'), 'utf8');
      const named = [...registry.matchAll(/drivers\/([\w-]+)\.ts/g)].map((m) => m[1]!);
      expect(named.length).toBeGreaterThan(0);
      for (const name of named) expect(drivers(port)).toContain(name);
      // `sqlite-store.ts` and the like belong to the driver they begin with.
      for (const driver of drivers(port))
        expect(
          named.some((name) => driver === name || driver.startsWith(`${name}-`)),
          driver,
        ).toBe(true);
    },
  );

  test.each(['search-index', 'language-model', 'embedder', 'connector', 'queue'])(
    'the port %s has one contract suite that is run',
    (port) => {
      expect(existsSync(join(root, 'test/contracts', `${port}.ts`))).toBe(true);
      expect(existsSync(join(root, 'test/contracts', `${port}.test.ts`))).toBe(true);
    },
  );
});
