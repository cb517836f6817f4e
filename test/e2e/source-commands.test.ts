/** `docent source …` as a person or a script runs it: looked at first, let in, changed, paused, confirmed; a credential shows nowhere. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectorKinds } from '../../src/connectors/registry.ts';
import { docentCommand, type Ran } from '../fakes/docent-command.ts';
import { changeSettings } from '../fakes/change-settings.ts';
import { startPrivateWiki, type PrivateWiki } from '../fakes/private-wiki.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const PASSWORD = 'wm3-Sesame:opens';
let folder: string;
let wiki: PrivateWiki;
let everything = '';

async function docent(args: string[], env: Record<string, string> = {}, input = ''): Promise<Ran> {
  const base = { DATA_DIR: join(folder, 'data'), EMBEDDING_MODEL: 'none', TZ: 'Asia/Tokyo', LOG_LEVEL: 'debug' };
  const ran = await docentCommand(args, { cwd: folder, env: { ...base, ...env }, input });
  everything += ran.out + ran.err;
  return ran;
}

const json = async (args: string[], env?: Record<string, string>, input?: string): Promise<{ code: number | null; value: Printed }> => {
  const { code, out } = await docent([...args, '--json'], { ...env, LOG_LEVEL: 'error' }, input);
  return { code, value: JSON.parse(out) };
};

/** As a script reads it: the tests say what its shape is. */
// oxlint-disable-next-line typescript/no-explicit-any
type Printed = any;

async function refused(args: string[], code: number, text: RegExp, env: Record<string, string> = {}, input = ''): Promise<void> {
  const ran = await docent(args, { LOG_LEVEL: 'error', ...env }, input);
  expect(ran).toMatchObject({ code, out: '' });
  expect(ran.err).toMatch(text);
  expect(ran.err.trim().split('\n'), ran.err).toHaveLength(1);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-source-'));
  wiki = await startPrivateWiki(['Leave', 'Travel'], { user: 'Bot@docent', password: PASSWORD });
  await changeSettings(join(folder, 'data'), { internalAddresses: ['127.0.0.1'] });
});
afterAll(async () => {
  await wiki?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a credential comes from the environment, a file or standard input, and shows nowhere', async () => {
  const add = ['source', 'add', wiki.api, '--name', 'wiki', '--kind', 'mediawiki'];
  await refused([...add, '--credential', '-'], 2, /standard input holds nothing/);
  await refused([...add, '--credential', `Bot@docent:${PASSWORD}`], 2, /never the credential itself/);
  await refused([...add, '--credential', 'env:WIKI'], 1, /does not accept this user and password/, { WIKI: 'Bot@docent:wrong' });
  await refused(['source', 'add', '.', '--credential', 'env:WIKI'], 2, /take none/, { WIKI: `a:${PASSWORD}` });

  const preview = await json([...add, '--credential', 'env:WIKI', '--preview'], { WIKI: `Bot@docent:${PASSWORD}` });
  expect(preview).toMatchObject({ code: 0, value: { kind: 'mediawiki', name: 'wiki', documents: 2, timeZone: 'Asia/Tokyo' } });
  expect(preview.value.samples.map((s: { title: string }) => s.title)).toEqual(['Leave', 'Travel']);
  expect((await json(['source', 'list'])).value).toEqual([]);
  const told = await docent([...add, '--credential', '-', '--preview'], {}, `Bot@docent:${PASSWORD}\n`);
  for (const part of [
    'Nothing was added',
    '2 documents',
    'reads: Leave, 1 passage',
    'does not see: ',
    'between 2:00 and 5:00 (Asia/Tokyo)',
  ])
    expect(told.out).toContain(part);

  writeFileSync(join(folder, 'login.json'), JSON.stringify({ user: 'Bot@docent', password: PASSWORD }));
  const added = await json([...add, '--credential', 'file:login.json']);
  expect(added).toMatchObject({ code: 0, value: { name: 'wiki', hasCredential: true, nextSyncAt: expect.any(Number) } });
  expect((await json(['sync', 'wiki'])).value).toMatchObject([{ added: 2, failed: 0, complete: true }]);

  wiki.login.password = 'another';
  await refused(['source', 'credential', 'wiki', '--credential', 'file:login.json'], 1, /does not accept/);
  expect(await json(['source', 'credential', 'wiki', '--credential', '-'], {}, 'Bot@docent:another')).toMatchObject({ code: 0 });
  expect((await json(['sync', 'wiki'])).value).toMatchObject([{ unchanged: 2, complete: true }]);
  const shown = await docent(['source', 'show', 'wiki']);
  expect(shown.out).toContain('credential: kept, sealed');

  expect(everything).not.toContain(PASSWORD);
  // At rest it is sealed.
  for (const name of readdirSync(join(folder, 'data')).filter((file) => /\.db/.test(file)))
    expect([name, readFileSync(join(folder, 'data', name)).includes(PASSWORD)]).toEqual([name, false]);
});

test('the schedule, a pause and what waits for a decision are told and changed', async () => {
  const files = join(folder, 'files');
  mkdirSync(files);
  for (let n = 0; n < 30; n++) writeFileSync(join(files, `${n}.md`), `# Page ${n}\n\nThis is what page number ${n} says.\n`);
  await docent(['source', 'add', files, '--schedule', '30 6 * * 1-5']);
  await docent(['sync', 'files']);
  const list = await docent(['source', 'list']);
  expect(list.out).toMatch(/NEXT SYNC/);
  expect(list.out).toMatch(/files .* 06:30/);
  expect(list.out).toContain('Times are those of Asia/Tokyo.');
  await refused(['source', 'change', 'files'], 2, /--schedule or --credential/);
  await refused(['source', 'confirm', 'files'], 2, /nothing of "files" waits/);
  expect((await json(['source', 'change', 'files', '--schedule', 'daily'])).value).toMatchObject({ schedule: null });
  expect((await json(['source', 'pause', 'files'])).value.pausedAt).toEqual(expect.any(Number));
  expect((await docent(['source', 'show', 'files'])).out).toMatch(/next sync: paused \(Asia\/Tokyo\)[^]*docent source resume files/);
  expect((await json(['source', 'resume', 'files'])).value.pausedAt).toBeNull();

  for (let n = 0; n < 20; n++) rmSync(join(files, `${n}.md`));
  await docent(['sync', 'files']);
  expect((await docent(['source', 'list'])).out).toMatch(
    /needs a decision[^]*20 of 30 documents are missing there[^]*docent source confirm files/,
  );
  expect((await json(['source', 'confirm', 'files'])).value).toMatchObject({ doubt: { gone: 20, confirmedAt: expect.any(Number) } });
  expect((await json(['sync', 'files'])).value).toMatchObject([{ removed: 20, complete: true }]);
  expect((await json(['source', 'show', 'files'])).value).toMatchObject({ documents: 10, doubt: null, unread: [] });
});

test('the kinds that there are stand in the help, and what each needs is told', async () => {
  const { out } = await docent(['source', 'add', '--help']);
  const kinds = await json(['source', 'kinds']);
  expect(kinds.value.map((view: { kind: string }) => view.kind)).toEqual(connectorKinds);
  for (const kind of connectorKinds) expect(out.replaceAll(/\s+/g, ' ')).toMatch(new RegExp(`--kind <kind> [^<]*\\b${kind}\\b`));
  expect((await docent(['source', 'kinds'])).out).toMatch(/mediawiki +user:password/);
});
