/** A data folder of an earlier version opens with today's code and goes on; one of a later version is refused, untouched. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApp, type WiredApp } from '../../src/app.ts';
import { MIGRATIONS } from '../../src/catalog/migrations.ts';
import { writeBackup } from '../../src/catalog/backup.ts';
import { readConfig } from '../../src/config.ts';
import { restore } from '../../src/keeping.ts';
import { createLog } from '../../src/log.ts';
import { answerTo, never } from '../fakes/open-app.ts';

vi.setConfig({ testTimeout: 60_000 });

const FIXTURE = join(import.meta.dirname, '../fixtures/earlier-data');
const QUESTION = 'Until when can I carry over unused paid time off?';

let root: string;
let data: string;
let live: string;
const opened: WiredApp[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'docent-earlier-'));
  data = join(root, 'data');
  live = join(data, 'catalog.db');
  mkdirSync(data);
  unpackTo(live);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
  rmSync(root, { recursive: true, force: true });
});

/** The fixture, with its source where the documents are here. */
function unpackTo(file: string): void {
  writeFileSync(file, gunzipSync(readFileSync(join(FIXTURE, 'catalog.db.gz'))));
  const handbook = join(root, 'handbook');
  cpSync(join(FIXTURE, 'handbook'), handbook, { recursive: true });
  const db = new DatabaseSync(file);
  db.prepare('update sources set location = ?').run(handbook);
  db.close();
}

async function open(): Promise<WiredApp> {
  const app = await createApp(readConfig({ DATA_DIR: data, EMBEDDING_MODEL: 'none' }), { log: createLog('silent') });
  opened.push(app);
  return app;
}

async function expectItGoesOn(app: WiredApp): Promise<void> {
  await app.workOnce(never());
  expect((await answerTo(app, QUESTION)).text).toContain('31 March');
  const [summary] = await app.syncNow([], { signal: never() });
  expect(summary).toMatchObject({ listed: 9, unchanged: 9, added: 0, changed: 0, moved: 0, removed: 0, failed: 0, complete: true });
}

test('an earlier one: its documents answer, its answers are there, and a sync finds nothing to do', async () => {
  const before = new DatabaseSync(live, { readOnly: true });
  expect(before.prepare('select name from migrations').all()).toEqual([{ name: '0001_foundation' }]);
  const { thread } = before.prepare('select thread from conversations limit 1').get()!;
  before.close();
  const app = await open();
  await expectItGoesOn(app);
  const [turn] = await app.thread(String(thread));
  expect(turn!.answer!.sentences.length).toBeGreaterThan(0);
  expect(turn!.answer!.citations[0]!.source).toBe('Handbook');
  const copies = readdirSync(join(data, 'copies'));
  expect(copies).toHaveLength(1);
  const copy = new DatabaseSync(join(data, 'copies', copies[0]!), { readOnly: true });
  expect(copy.prepare('select name from migrations').all()).toEqual([{ name: '0001_foundation' }]);
  copy.close();
});

test('a backup of an earlier one is restored, and goes on alike', async () => {
  const file = join(root, 'earlier.backup');
  await writeBackup(live, file, { docent: '0.0.1', now: Date.now(), signal: never() });
  rmSync(data, { recursive: true });
  const app = await open();
  const restored = await restore(file, { folder: data, now: Date.now(), signal: never() });
  expect(restored).toMatchObject({ docent: '0.0.1', documents: 9, answers: 3 });
  await expectItGoesOn(app);
});

test.each(['wal', 'delete'])('a later one (%s) is refused in one clear line, and not a byte of it changes', async (journal) => {
  const db = new DatabaseSync(live);
  for (const { name } of MIGRATIONS) db.prepare('insert or ignore into migrations values (?, 1)').run(name);
  db.exec(`insert into migrations values ('9999_from_the_future', 1); pragma journal_mode = ${journal}`);
  db.close();
  const before = readFileSync(live);
  await expect(open()).rejects.toMatchObject({
    code: 'catalog.newer',
    publicMessage: expect.stringMatching(/^The data was written by a newer version of Docent \(migration 9999_from_the_future\)\. [^\n]+$/),
  });
  expect(readFileSync(live).equals(before)).toBe(true);
  expect(readdirSync(data).filter((name) => !/-(wal|shm)$/.test(name))).toEqual(['catalog.db']);
});
