/**
 * What a sync costs when nothing, 1 % and everything of a folder changed, beside its first indexing.
 *   node test/bench/syncing.ts [PAGES] [--short]   prints one JSON object; --short writes pages of one passage
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import type { RunSummary } from '../../src/catalog/sources.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { peakOf, residentOf } from './embedding-memory.ts';
import { writeMadeUpPages } from './made-up-pages.ts';

const short = process.argv.includes('--short');
const pages = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 1000);
const root = mkdtempSync(join(tmpdir(), 'docent-bench-'));
const wiki = join(root, 'wiki');
const never = new AbortController().signal;

const shortPage = (n: number, edition: string): string =>
  `# Page ${n}\n\nDepartment ${n} keeps rule ${n} about desk ${n * 7} on floor ${n % 9}.${edition}\n`;
const file = (n: number): string => (short ? join(wiki, String(n % 100), `page${n}.md`) : join(wiki, `page${n}.md`));

function writePages(): void {
  if (!short) return void writeMadeUpPages(wiki, pages);
  mkdirSync(wiki);
  for (let folder = 0; folder < 100; folder++) mkdirSync(join(wiki, String(folder)));
  for (let n = 0; n < pages; n++) writeFileSync(file(n), shortPage(n, ''));
}

/** Edits one sentence of each of the first `count` pages. */
function edit(count: number, edition: string): void {
  for (let n = 0; n < count; n++)
    writeFileSync(
      file(n),
      short
        ? shortPage(n, ` ${edition}`)
        : `# Page ${n}\n\n${Array.from({ length: 6 }, (_, s) => `## Part ${s}\n\n${`Department ${n} keeps rule ${s} about desk ${n * 7 + s} in the archive of floor ${n % 9}. `.repeat(8)}${s === 2 ? edition : ''}`).join('\n\n')}\n`,
    );
}

try {
  writePages();
  // A hosted model's name alone: vectors fill in behind, so a sync asks it for nothing.
  const env = { DATA_DIR: join(root, 'data'), OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', CHAT_MODEL: 'none', EMBEDDING_MODEL: 'bench' };
  const app = await createApp(readConfig(env), { log: createLog('silent') });
  await app.addSource({ location: wiki, name: 'wiki' });
  const sync = async (): Promise<RunSummary & { seconds: number; residentMiB: number }> => {
    const from = performance.now();
    const [summary] = await app.syncNow(['wiki'], { signal: never });
    return { ...summary!, seconds: (performance.now() - from) / 1000, residentMiB: residentOf(process.pid) ?? 0 };
  };
  const first = await sync();
  const nothing = await sync();
  const again = await sync();
  edit(Math.ceil(pages / 100), 'One edition.');
  const few = await sync();
  edit(pages, 'Another edition.');
  const all = short ? undefined : await sync();
  await app.close();
  const told = (run: typeof first): object => ({
    seconds: Math.round(run.seconds * 100) / 100,
    ratio: Math.round((run.seconds / first.seconds) * 1000) / 1000,
    added: run.added,
    changed: run.changed,
    unchanged: run.unchanged,
    embedded: run.passagesEmbedded,
    reused: run.passagesReused,
    residentMiB: run.residentMiB,
  });
  const report = {
    pages,
    first: told(first),
    nothing: told(nothing),
    again: told(again),
    onePercent: told(few),
    ...(all ? { everything: told(all) } : {}),
  };
  process.stdout.write(`${JSON.stringify({ ...report, peakMiB: peakOf(process.pid) })}\n`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
