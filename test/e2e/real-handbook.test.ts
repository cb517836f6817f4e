/** A real company's handbook of 845 pages: questions about it are answered with quotes that stand verbatim in the file behind the link. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp, type WiredApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import type { Answer } from '../../src/types.ts';
import { testConfig } from '../fakes/test-config.ts';

const folder = fileURLToPath(new URL('../../../shared/data/wikis/sourcegraph-handbook/newer', import.meta.url));
const BASE = 'https://handbook.example.com';

/** The question, and words of the line that answers it. */
const QUESTIONS: [question: string, gold: string][] = [
  ['How many days of paid time off does the company encourage people to take each year?', 'minimum of 30 days'],
  ['What is life leave?', 'caring for a family member, bereavement'],
  ['Does recording PTO in Roots decline my meetings automatically?', 'rejected automatically'],
  ['What does the Nomad life page say about working from another country?', 'Nomad'],
  ['How do I submit an expense?', 'expense'],
  ['What is the process for switching teams?', 'team'],
  ['What is a hackathon at Sourcegraph?', 'ackathon'],
  ['How are incidents classified by severity?', 'everity'],
  ['Who can approve access to production systems?', 'access'],
  ['What are the company values?', 'alue'],
];

let root: string;
let app: WiredApp;

beforeAll(async () => {
  if (!existsSync(folder)) return;
  root = mkdtempSync(join(tmpdir(), 'docent-handbook-'));
  app = await createApp(await testConfig({ DATA_DIR: root }), { log: createLog('silent') });
  await app.addSource({ location: folder, name: 'handbook', baseUrl: BASE });
  const [summary] = await app.syncNow([], { signal: new AbortController().signal });
  expect(summary).toMatchObject({ listed: 845, added: 845, failed: 0, complete: true });
}, 120_000);
afterAll(async () => {
  await app?.close();
  if (root) rmSync(root, { recursive: true, force: true });
});

async function ask(text: string): Promise<Answer> {
  for await (const event of app.ask({ text, platform: 'cli' }, new AbortController().signal))
    if (event.type === 'final') return event.answer;
  throw new Error('no answer');
}

test.skipIf(!existsSync(folder) && !process.env['CI'])(
  'ten questions about a real handbook (skipped where ../shared/data is missing)',
  async () => {
    const deps = await app.askDeps();
    const files = new Map(
      (await deps.db.selectFrom('documents').select(['id', 'external_id']).execute()).map((d) => [d.id, d.external_id]),
    );
    let answered = 0;
    let gold = 0;
    for (const [question, words] of QUESTIONS) {
      const answer = await ask(question);
      for (const citation of answer.citations) {
        const file = files.get(citation.documentId)!;
        expect(readFileSync(join(folder, file), 'utf8'), `${question}: ${file}`).toContain(citation.quote);
        // The link leads to that very file: `index.md` stands for its folder, other pages lose their ending.
        const page = `${BASE}/${file.replace(/(^|\/)(index|README)\.md$/i, '$1').replace(/\.md$/, '')}`;
        expect(decodeURI(citation.url!.split('#')[0]!).replace(/\/$/, '')).toBe(page.replace(/\/$/, ''));
      }
      for (const close of answer.closest)
        expect(
          [...files.values()].some((file) => readFileSync(join(folder, file), 'utf8').includes(close.quote)),
          close.title,
        ).toBe(true);
      if (answer.status === 'quoted') {
        answered++;
        if (answer.citations.some((c) => c.quote.includes(words))) gold++;
      }
    }
    expect(answered).toBeGreaterThanOrEqual(8);
    expect(gold).toBeGreaterThanOrEqual(7);
  },
);
