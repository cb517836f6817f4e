/** `docent backup` and `docent restore` beside a running server: what it knew then is what it answers from again. */
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { WiredApp } from '../../src/app.ts';
import { docentVersion } from '../../src/keeping.ts';
import { docentCommand, type Ran } from '../fakes/docent-command.ts';
import { answerTo, never, openApp } from '../fakes/open-app.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const QUESTION = 'How long must a password be?';

let folder: string;
let wiki: string;
let file: string;
/** The running server. */
let app: WiredApp;

beforeEach(async () => {
  const one = await openApp();
  onTestFinished(() => one.close());
  ({ app, folder } = one);
  wiki = join(folder, 'wiki');
  file = join(folder, 'monday.backup');
  mkdirSync(wiki);
  page('passwords', 'A password must be at least fourteen characters long.');
  page('laptops', 'A laptop is replaced after four years of use.');
  await app.addSource({ location: wiki, name: 'wiki' });
  await app.syncNow([], { signal: never() });
});

const page = (name: string, text: string): void => writeFileSync(join(wiki, `${name}.md`), `# ${name}\n\n${text}\n`);

/** What changes after the backup: one page says otherwise, one goes, one comes. */
async function moveOn(): Promise<void> {
  page('passwords', 'A password must be at least twenty characters long.');
  rmSync(join(wiki, 'laptops.md'));
  page('garden', 'The gate of the garden is locked at nine in the evening.');
  await app.syncNow([], { signal: never() });
  expect((await answerTo(app, QUESTION)).text).toContain('twenty');
}

async function expectAsBefore(): Promise<void> {
  expect((await answerTo(app, QUESTION)).text).toContain('fourteen');
  expect((await answerTo(app, 'When is a laptop replaced?')).text).toContain('four years');
  const gone = await answerTo(app, 'When is the gate of the garden locked?');
  expect([...gone.citations, ...gone.closest].map(({ title }) => title)).not.toContain('garden');
  const { db, index } = await app.askDeps();
  const passages = await db.selectFrom('passages').select('id').orderBy('id').execute();
  expect(await index.ids(undefined, 100)).toEqual(passages.map(({ id }) => id));
}

const docent = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
  docentCommand(args, { cwd: folder, env: { DATA_DIR: join(folder, 'data'), EMBEDDING_MODEL: 'none', ...env } });

test('beside a running server: backed up, moved on, restored; it answers as it did then, and goes on', async () => {
  const { threadId } = await answerTo(app, QUESTION);
  const made = await docent(['backup', file, '--json']);
  expect(made, made.err).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(made.out)).toMatchObject({
    file,
    bytes: statSync(file).size,
    docent: docentVersion(),
    madeAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    sources: 1,
    documents: 2,
    answers: 1,
    secrets: 0,
    keyNeeded: false,
    ms: expect.any(Number),
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);

  await moveOn();
  const restored = await docent(['restore', file, '--yes', '--json']);
  expect(restored, restored.err).toMatchObject({ code: 0, err: '' });
  const { copy, ...facts } = JSON.parse(restored.out) as { copy: string };
  expect(facts).toMatchObject({ documents: 2, answers: 1, restoredMs: expect.any(Number), ms: expect.any(Number) });
  await expectAsBefore();
  expect(await app.thread(threadId)).toHaveLength(1);
  expect((await app.syncNow([], { signal: never() }))[0]).toMatchObject({ listed: 2, added: 1, changed: 1, removed: 1, failed: 0 });
  expect((await answerTo(app, QUESTION)).text).toContain('twenty');

  // What was there before the restoring can be had back.
  expect(readdirSync(join(folder, 'data', 'copies')).map((name) => join(folder, 'data', 'copies', name))).toEqual([copy]);
  const before = new DatabaseSync(copy, { readOnly: true });
  expect(before.prepare('select title from documents where deleted_at is null order by title').all()).toEqual([
    { title: 'garden' },
    { title: 'passwords' },
  ]);
  before.close();
});

test('where the command ends right after the catalog is replaced, the running server rebuilds the index at its sweep', async () => {
  await app.backup(file, { signal: never() });
  await moveOn();
  await app.restore(file, { signal: never() });
  // Until then the old index is asked, and nothing that is not in the catalog any more is answered from.
  expect((await answerTo(app, QUESTION)).text).not.toContain('twenty');
  await app.workOnce(never());
  await expectAsBefore();
});

test('says what else must be kept, and refuses in one clear line', async () => {
  const db = new DatabaseSync(join(folder, 'data', 'catalog.db'), { timeout: 10_000 });
  db.exec("insert into secrets values ('s', 'v1.sealed', 1, 1)");
  db.close();
  const made = await docent(['backup', file]);
  expect(made.out).toMatch(/^Backed up 2 documents of 1 source, .* MB\), in /);
  expect(made.out).toMatch(/credentials of sources \(1\) stand in it sealed.*session\.key/);
  expect((await docent(['backup', join(folder, 'b'), '--force'], { SECRET_KEY: 'a-key-of-sixteen-or-more' })).out).toMatch(
    /Keep their key.*your SECRET_KEY/,
  );

  const bytes = readFileSync(file);
  for (const [args, code, text] of [
    [['backup', file], 1, /is there already.*--force/],
    [['backup', join(folder, 'nowhere', 'x')], 1, /no folder/],
    [['restore', file], 2, /--yes/],
    [['restore', join(folder, 'nothing'), '--yes'], 1, /no file/],
    [['restore', join(wiki, 'passwords.md'), '--yes'], 1, /no backup of Docent's/],
    [['backup'], 2, /missing required argument/],
  ] as const) {
    const ran = await docent([...args]);
    expect(ran.code, ran.err).toBe(code);
    expect(ran.err).toMatch(text);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect(ran.err).toMatch(/^docent: /);
  }
  expect(readFileSync(file).equals(bytes)).toBe(true);
  expect((await answerTo(app, QUESTION)).text).toContain('fourteen');
});
