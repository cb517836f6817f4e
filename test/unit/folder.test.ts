import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConnectorContext, Fetched, ListedDocument } from '../../src/connectors/connector.ts';
import { createFolderConnector, webAddress } from '../../src/connectors/drivers/folder.ts';
import type { Outbound } from '../../src/net/outbound.ts';
import { createExtractor } from '../../src/sync/extract.ts';
import type { Log } from '../../src/types.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const outbound: Outbound = { fetch: () => Promise.reject(new Error('a folder asks nobody')), close: () => Promise.resolve() };
const context: ConnectorContext = {
  outbound,
  clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
  log: silent,
  signal: new AbortController().signal,
};
const connector = createFolderConnector();
let folder: string;

beforeEach(async () => {
  folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'docent-folder-')));
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

async function write(file: string, text: string | Uint8Array): Promise<void> {
  await fs.mkdir(path.dirname(path.join(folder, file)), { recursive: true });
  await fs.writeFile(path.join(folder, file), text);
}

async function list(location = folder): Promise<ListedDocument[]> {
  const all: ListedDocument[] = [];
  for await (const listed of connector.list({ location }, context)) all.push(listed);
  return all;
}

const ids = async (location?: string): Promise<string[]> => (await list(location)).map((listed) => listed.externalId);
const fetch = (externalId: string, baseUrl?: string): Promise<Fetched> =>
  connector.fetch({ location: folder, ...(baseUrl ? { baseUrl } : {}) }, { externalId }, undefined, context);

test('lists the kinds it reads in every folder, in order, and leaves out hidden folders, node_modules and other files', async () => {
  for (const file of [
    'b.md',
    'a/z.html',
    'a/y.markdown',
    'a.txt',
    'c.MDX',
    'd.htm',
    'logo.png',
    '.git/x.md',
    '.hidden.md',
    'node_modules/p/readme.md',
    'a/.x/y.md',
  ])
    await write(file, 'x');
  expect(await ids()).toEqual(['a/y.markdown', 'a/z.html', 'a.txt', 'b.md', 'c.MDX', 'd.htm']);
});

test('a link out of the folder is left out and refused; a link within is read', async () => {
  const secret = path.join(await fs.mkdtemp(path.join(os.tmpdir(), 'docent-outside-')), 'secret.md');
  await fs.writeFile(secret, 'secret');
  await write('real.md', 'real');
  await fs.symlink(secret, path.join(folder, 'leak.md'));
  await fs.symlink(path.dirname(secret), path.join(folder, 'leaks'));
  await fs.symlink(path.join(folder, 'real.md'), path.join(folder, 'same.md'));
  await fs.symlink(folder, path.join(folder, 'loop'));
  expect(await ids()).toEqual(['real.md', 'same.md']);
  await expect(fetch('leak.md')).rejects.toMatchObject({ code: 'document.unreadable' });
  await expect(fetch('leaks/secret.md')).rejects.toMatchObject({ code: 'document.unreadable' });
  await expect(fetch('../outside.md').then((fetched) => fetched.kind)).resolves.toBe('gone');
  expect(await fetch('same.md')).toMatchObject({ kind: 'document' });
});

test('a file that cannot be read is reported by its name, and the others are listed', async () => {
  await write('a.md', 'a');
  await fs.symlink(path.join(folder, 'nowhere.md'), path.join(folder, 'broken.md'));
  expect(await list()).toMatchObject([{ externalId: 'a.md' }, { externalId: 'broken.md', problem: 'it is a broken link' }]);
});

test.skipIf(process.getuid?.() === 0)('a folder that cannot be read stands for unseen documents', async () => {
  await write('a.md', 'a');
  await write('locked/b.md', 'b');
  await fs.chmod(path.join(folder, 'locked'), 0);
  expect(await list()).toMatchObject([{ externalId: 'a.md' }, { externalId: 'locked/', unseen: true }]);
  await fs.chmod(path.join(folder, 'locked'), 0o700);
});

test('a place that does not exist, or is no kind of file, is named in the message', async () => {
  await write('a.exe', 'x');
  await expect(connector.check({ location: path.join(folder, 'nope') }, context)).rejects.toMatchObject({
    publicMessage: `There is no such file or folder: ${path.join(folder, 'nope')}`,
  });
  await expect(connector.check({ location: path.join(folder, 'a.exe') }, context)).rejects.toMatchObject({ code: 'source.unsupported' });
});

test('the base address maps files to the pages that a site makes of them', async () => {
  const cases = {
    'a/b.md': 'a/b',
    'a/index.md': 'a/',
    'README.md': '',
    'x/_index.mdx': 'x/',
    'p.html': 'p.html',
    'a/index.html': 'a/',
    'ü & #.md': '%C3%BC%20%26%20%23',
    'myindex.md': 'myindex',
    't.txt': 't.txt',
  };
  for (const [file, page] of Object.entries(cases))
    expect([file, webAddress('https://wiki.example/docs', file)]).toEqual([file, `https://wiki.example/docs/${page}`]);
  await write('a.md', 'x');
  expect(await fetch('a.md', 'https://wiki.example/')).toMatchObject({ url: 'https://wiki.example/a' });
  expect(await fetch('a.md')).toMatchObject({ url: null });
});

test('in a git work tree, owner and date come from the last commit that changed each file', async () => {
  const git = (args: string[], date: string, name: string): void => {
    const env = {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: 'a@b',
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    };
    execFileSync('git', ['-C', folder, ...args], { env, stdio: 'ignore' });
  };
  await write('docs/old page ü.md', 'one');
  await write('docs/new.md', 'one');
  git(['init', '-q'], '', 'x');
  git(['add', '.'], '', 'x');
  git(['commit', '-qm', 'first'], '2021-02-03T00:00:00Z', 'Ann');
  await write('docs/new.md', 'two');
  git(['commit', '-qam', 'second'], '2023-04-05T00:00:00Z', 'Bo');
  await write('docs/untracked.md', 'three');
  const location = path.join(folder, 'docs');
  const dated = async (externalId: string): Promise<unknown> => {
    const fetched = await connector.fetch({ location }, { externalId }, undefined, context);
    return fetched.kind === 'document' ? [fetched.owner, new Date(fetched.changedAt!).getUTCFullYear()] : fetched.kind;
  };
  expect(await dated('old page ü.md')).toEqual(['Ann', 2021]);
  expect(await dated('new.md')).toEqual(['Bo', 2023]);
  expect(await dated('untracked.md')).toEqual([undefined, new Date().getUTCFullYear()]);
});

test('each line of a JSONL file in a folder is a document; a broken line is reported by its number and the rest is read', async () => {
  const row = (id: string, text: string): string =>
    JSON.stringify({ _id: id, title: `T ${id}`, text, url: `https://x.example/${id}`, owner: 'Ann', updated: '2024-05-06' });
  await write('faq.jsonl', `\uFEFF${row('1', 'Größe # one')}\n\n{broken\n${row('2', 'two')}\r\n{"_id":"3"}\n${row('4', 'four')}`);
  const listed = await list();
  expect(listed.map((one) => [one.externalId, one.problem, one.unseen])).toEqual([
    ['faq.jsonl#1', undefined, undefined],
    ['faq.jsonl#line 3', 'line 3: it is no JSON', true],
    ['faq.jsonl#2', undefined, undefined],
    ['faq.jsonl#line 5', 'line 5: it has no "text"', true],
    ['faq.jsonl#4', undefined, undefined],
  ]);
  const extractor = createExtractor();
  for (const [at, words] of [
    [0, 'Größe # one'],
    [2, 'two'],
    [4, 'four'],
  ] as const) {
    const fetched = await connector.fetch({ location: folder }, listed[at]!, undefined, context);
    if (fetched.kind !== 'document') throw new Error(fetched.kind);
    expect(fetched.url).toBe(`https://x.example/${listed[at]!.externalId.split('#')[1]}`);
    const document = await extractor.extract({ bytes: fetched.bytes, format: fetched.format, name: listed[at]!.externalId });
    expect(document).toMatchObject({
      title: `T ${listed[at]!.externalId.split('#')[1]}`,
      owner: 'Ann',
      changedAt: Date.parse('2024-05-06'),
      blocks: [{ text: words }],
    });
  }
  await extractor.close();
});

test('a line that moved since it was listed is still found by its id', async () => {
  const rows = ['a', 'b', 'c'].map((id) => JSON.stringify({ _id: id, text: `words of ${id}` }));
  await write('x.jsonl', rows.join('\n'));
  const last = (await list())[2]!;
  await write('x.jsonl', [JSON.stringify({ _id: 'new', text: 'a line in front' }), ...rows].join('\n'));
  const fetched = await connector.fetch({ location: folder }, last, undefined, context);
  expect(fetched.kind === 'document' && Buffer.from(fetched.bytes).toString()).toContain('words of c');
});

test('a large folder is listed while it is read, not gathered first', async () => {
  for (let i = 0; i < 40; i++) {
    await fs.mkdir(path.join(folder, `f${i}`));
    await Promise.all(Array.from({ length: 100 }, (_, j) => fs.writeFile(path.join(folder, `f${i}`, `${j}.md`), 'x')));
  }
  let listed = 0;
  const iterator = connector.list({ location: folder }, context)[Symbol.asyncIterator]();
  for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
    listed++;
    if (listed === 1) await fs.rm(path.join(folder, 'f39'), { recursive: true });
  }
  expect(listed).toBe(3900);
});
