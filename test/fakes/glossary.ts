/** The glossary over a catalog in a temporary folder, opened when it is first asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCatalog } from '../servers/test-catalog.ts';
import { createGlossary, type Glossary } from '../../src/glossary.ts';

export function fakeGlossary(now: () => number = Date.now): Glossary {
  let opened: Promise<Glossary> | undefined;
  const open = (): Promise<Glossary> =>
    (opened ??= (async () => {
      const folder = mkdtempSync(join(tmpdir(), 'docent-glossary-'));
      process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
      return createGlossary({ db: await openCatalog(folder), clock: { now, sleep: async () => {} } });
    })());
  return {
    list: async () => (await open()).list(),
    read: async (id) => (await open()).read(id),
    save: async (input, id) => (await open()).save(input, id),
    remove: async (id) => (await open()).remove(id),
    plan: async (csv) => (await open()).plan(csv),
    take: async (csv) => (await open()).take(csv),
    export: async () => (await open()).export(),
  };
}
