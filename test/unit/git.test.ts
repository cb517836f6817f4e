/** Git sources: odd files, cursors, tokens, addresses that the guard refuses, clones that break. Needs git, which every developer has. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../../src/connectors/connector.ts';
import { createGitConnector } from '../../src/connectors/drivers/git.ts';
import { createOutbound, type StreamingOutbound } from '../../src/net/outbound.ts';
import type { Log } from '../../src/types.ts';
import { makeRepository, serveRepository, type FakeRepository, type GitServer } from '../fakes/git.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
let repository: FakeRepository;
let server: GitServer | undefined;
let outbound: StreamingOutbound;
let folder: string;
let cursor: string | undefined;
let context: ConnectorContext;

beforeEach(() => {
  repository = makeRepository();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'docent-clone-'));
  cursor = undefined;
  use(createOutbound({ allowInternal: () => ['127.0.0.1'] }));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await outbound.close();
  repository.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

function use(guard: StreamingOutbound): void {
  outbound = guard;
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  const keepCursor = (at: string): void => void (cursor = at);
  context = { outbound, clock, log: silent, signal: new AbortController().signal, cacheFolder: folder, keepCursor };
}

async function take(listing: AsyncIterable<ListedDocument>): Promise<ListedDocument[]> {
  const all: ListedDocument[] = [];
  for await (const listed of listing) all.push(listed);
  return all;
}
const words = (fetched: Fetched): string => (fetched.kind === 'document' ? Buffer.from(fetched.bytes).toString('utf8') : fetched.kind);

test('odd names are read, links, other repositories, hidden and unread files are left out', async () => {
  const connector = createGitConnector();
  repository.write('a.md', '# A\n');
  repository.write('d/with "quotes" and\nlines.md', 'odd\n');
  repository.write('日本.txt', 'words\n');
  fs.writeFileSync(Buffer.concat([Buffer.from(`${repository.folder}/caf`), Buffer.from([0xe9]), Buffer.from('.md')]), 'latin\n');
  repository.write('.github/x.md', 'x');
  repository.write('node_modules/p/y.md', 'y');
  repository.write('picture.png', 'z');
  fs.symlinkSync('/etc/passwd', path.join(repository.folder, 'link.md'));
  repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},other.md`);
  repository.commit();
  const source = { location: repository.bare };
  const listed = await take(connector.list(source, context));
  expect(listed.map(({ externalId }) => externalId).toSorted()).toEqual(
    ['a.md', 'caf%E9.md', 'd/with "quotes" and\nlines.md', '日本.txt'].toSorted(),
  );
  const read = await Promise.all(listed.map((one) => connector.fetch(source, one, undefined, context)));
  expect(read.map(words).toSorted()).toEqual(['# A\n', 'latin\n', 'odd\n', 'words\n']);
});

test('owner, date and address come from the last commit of the file, and from the forge or the base URL', async () => {
  const connector = createGitConnector();
  repository.write('guide/a.md', '# A\n');
  repository.commit('one', 'Berta');
  repository.write('b.md', '# B\n');
  repository.commit('two', 'Carl');
  const source = { location: repository.folder, baseUrl: 'https://handbook.example.com' };
  const [b, a] = await take(connector.list(source, context));
  expect(await connector.fetch(source, a!, undefined, context)).toMatchObject({
    owner: 'Berta',
    url: 'https://handbook.example.com/guide/a',
  });
  const fetched = await connector.fetch(source, b!, undefined, context);
  expect(fetched).toMatchObject({ owner: 'Carl', changedAt: Number(repository.git('log', '-1', '--format=%ct')) * 1000 });
});

test('only what the commits since changed is listed; a rewritten history, or a commit of another, is told', async () => {
  const connector = createGitConnector();
  server = await serveRepository(repository);
  const source = { location: server.url };
  repository.write('a.md', '# A\n');
  repository.write('b.md', '# B\n');
  repository.commit();
  await take(connector.list(source, context));
  const first = cursor!;
  repository.git('mv', 'a.md', 'moved.md');
  repository.write('b.md', '# B\n\nmore\n');
  repository.commit();
  const changes = await take(connector.listChanges!(source, first, context));
  expect(changes.map(({ externalId, gone }) => [externalId, gone])).toEqual([
    ['a.md', true],
    ['b.md', undefined],
    ['moved.md', undefined],
  ]);
  const b = changes.find(({ externalId }) => externalId === 'b.md')!;
  expect(words(await connector.fetch(source, b, undefined, context))).toContain('more');
  const second = cursor!;
  server.requests.length = 0;
  expect(await take(connector.listChanges!(source, second, context))).toEqual([]);
  // Nothing new is one request.
  expect(server.requests).toHaveLength(1);
  repository.git('reset', '-q', '--hard', first);
  repository.write('c.md', '# C\n');
  repository.commit();
  for (const lost of [second, 'f'.repeat(40), '--all'])
    await expect(take(connector.listChanges!(source, lost, context))).rejects.toMatchObject({ code: 'connector.cursor_lost' });
});

test('of a remote repository only the bytes of what is read come over, all in one request', async () => {
  const connector = createGitConnector();
  server = await serveRepository(repository);
  for (let i = 0; i < 20; i++) repository.write(`pages/${i}.md`, `# Page ${i}\n`);
  repository.write('picture.png', Buffer.alloc(300_000, 'x'));
  repository.commit();
  const source = { location: server.url };
  const listed = await take(connector.list(source, context));
  const asked = server.requests.length;
  for (const one of listed) expect(words(await connector.fetch(source, one, undefined, context))).toMatch(/^# Page/);
  expect(server.requests).toHaveLength(asked);
  const picture = repository.git('rev-parse', 'HEAD:picture.png');
  const here = spawnSync('git', [`--git-dir=${folder}/partial.git`, 'rev-list', '--objects', '--missing=print', '--all'], {
    encoding: 'utf8',
  });
  expect(here.stdout).toContain(`?${picture}`);
});

test('a clone that is broken, missing or locked is made anew', async () => {
  server = await serveRepository(repository);
  repository.write('a.md', '# A\n');
  repository.commit();
  const source = { location: server.url };
  await take(createGitConnector().list(source, context));
  const clone = path.join(folder, 'partial.git');
  for (const spoil of [
    () => fs.rmSync(clone, { recursive: true }),
    () => fs.rmSync(path.join(clone, 'objects'), { recursive: true }),
    () => fs.writeFileSync(path.join(clone, 'HEAD'), 'nonsense'),
    () => fs.writeFileSync(path.join(clone, 'refs/docent/head.lock'), ''),
  ]) {
    spoil();
    repository.write('a.md', `# A ${Math.random()}\n`);
    repository.commit();
    const connector = createGitConnector();
    const [a] = await take(connector.list(source, context));
    expect(words(await connector.fetch(source, a!, undefined, context))).toBe(
      fs.readFileSync(path.join(repository.folder, 'a.md'), 'utf8'),
    );
  }
});

test('a token opens a private repository, and stands in no address, argument or message', async () => {
  const connector = createGitConnector();
  server = await serveRepository(repository);
  const wanted = `Basic ${Buffer.from('x-access-token:s3cret-token').toString('base64')}`;
  server.instead = (request) => (request.headers.authorization === wanted ? undefined : { status: 401 });
  repository.write('a.md', '# A\n');
  repository.commit();
  const source = { location: server.url };
  await expect(connector.check(source, context)).rejects.toMatchObject({
    code: 'source.credential',
    publicMessage: expect.stringContaining('wants a login') as string,
  });
  await expect(connector.check({ ...source, credential: { token: 'wrong' } }, context)).rejects.toMatchObject({
    publicMessage: expect.stringContaining('refused the token') as string,
  });
  const seen: string[] = [];
  const { instead } = server;
  server.instead = (request) => {
    // While git asks: every process's arguments.
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.push(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      } catch {
        // It has ended.
      }
    }
    return instead(request);
  };
  const right = { ...source, credential: { token: 's3cret-token' } };
  await connector.check(right, context);
  expect(await take(connector.list(right, context))).toHaveLength(1);
  expect(seen.some((line) => line.includes('remote-http'))).toBe(true);
  expect(seen.join('\n')).not.toContain('s3cret-token');
  expect(server.requests.every(({ url }) => !url.includes('s3cret'))).toBe(true);
  expect(fs.readFileSync(path.join(folder, 'partial.git/config'), 'utf8')).not.toContain('s3cret');
});

test('a login page, a page, a missing repository and an empty one are told apart', async () => {
  const connector = createGitConnector();
  server = await serveRepository(repository);
  const source = { location: server.url };
  const message = async (): Promise<string> =>
    connector.check(source, context).then(
      () => '',
      (error: { publicMessage: string }) => error.publicMessage,
    );
  expect(await message()).toContain('no commit on its default branch');
  repository.write('a.md', '# A\n');
  repository.commit();
  expect(await message()).toBe('');
  server.instead = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Log in</h1>' });
  expect(await message()).toContain('answered with a page');
  server.instead = (request) =>
    request.url!.startsWith('/login') ? { status: 200, body: 'Log in' } : { status: 302, headers: { location: '/login' } };
  expect(await message()).toContain('answered with a page');
  server.instead = () => ({ status: 404 });
  expect(await message()).toContain('There is no repository at');
  server.instead = () => ({ status: 503 });
  await expect(connector.check(source, context)).rejects.toMatchObject({ retryable: true });
});

test('an internal address that nobody allowed is refused, and git is held to the address that was checked', async () => {
  server = await serveRepository(repository);
  repository.write('a.md', '# A\n');
  repository.commit();
  // No name server knows this name: git can only reach it at the address that it is told.
  const source: SourceLocation = { location: `http://git.docent.invalid:${server.port}/team/handbook.git` };
  const lookup = async (): Promise<{ address: string; family: number }[]> => [{ address: '127.0.0.1', family: 4 }];
  use(createOutbound({ allowInternal: () => [], lookup }));
  await expect(take(createGitConnector().list(source, context))).rejects.toMatchObject({ code: 'outbound.internal' });
  expect(server.requests).toEqual([]);
  await outbound.close();
  use(createOutbound({ allowInternal: () => ['git.docent.invalid'], lookup }));
  expect(await take(createGitConnector().list(source, context))).toHaveLength(1);
  await outbound.close();
  // The name means another address once the guard has asked it.
  let asked = 0;
  use(
    createOutbound({
      allowInternal: () => [`127.0.0.1`],
      lookup: async () => [{ address: asked++ === 0 ? '127.0.0.1' : '10.0.0.9', family: 4 }],
    }),
  );
  repository.write('a.md', '# A again\n');
  repository.commit();
  await expect(take(createGitConnector().list(source, context))).rejects.toMatchObject({ code: 'outbound.internal' });
});

test('git follows no redirect of its own', async () => {
  server = await serveRepository(repository);
  repository.write('a.md', '# A\n');
  repository.commit();
  const other = await serveRepository(repository);
  // The guard's question is answered, git's own is sent elsewhere.
  server.instead = (request) =>
    request.headers['user-agent']?.includes('docent')
      ? undefined
      : { status: 302, headers: { location: other.url + request.url!.split('.git')[1]! } };
  await expect(take(createGitConnector().list({ location: server.url }, context))).rejects.toMatchObject({ code: 'source.unreadable' });
  expect(other.requests).toEqual([]);
  await other.close();
});

test('nothing that a repository brings is run, and nothing of this machine is sent', async () => {
  const mark = path.join(folder, 'ran');
  repository.write('a.md', '# A\n');
  repository.write('.gitattributes', '*.md filter=evil diff=evil\n');
  repository.commit();
  const evil = `touch ${mark}`;
  for (const [name, value] of [
    ['core.fsmonitor', evil],
    ['core.pager', evil],
    ['core.sshCommand', evil],
    ['diff.external', evil],
    ['diff.evil.textconv', evil],
    ['filter.evil.smudge', evil],
    ['credential.helper', `!${evil}`],
  ] as const)
    repository.git('config', name, value);
  fs.mkdirSync(path.join(repository.folder, '.git/hooks'), { recursive: true });
  for (const hook of ['post-checkout', 'reference-transaction', 'pre-auto-gc'])
    fs.writeFileSync(path.join(repository.folder, '.git/hooks', hook), `#!/bin/sh\n${evil}\n`, { mode: 0o755 });
  const connector = createGitConnector();
  const source = { location: repository.folder };
  const [a] = await take(connector.list(source, context));
  expect(words(await connector.fetch(source, a!, undefined, context))).toBe('# A\n');
  expect(fs.existsSync(mark)).toBe(false);
});

test('a file in Git LFS is named as such, a repository without readable files is an error', async () => {
  const connector = createGitConnector();
  const source = { location: repository.folder };
  repository.write('x.png', 'x');
  repository.commit();
  await expect(take(connector.list(source, context))).rejects.toMatchObject({ code: 'source.empty' });
  repository.write('big.pdf', `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`);
  repository.commit();
  const [big] = await take(connector.list(source, context));
  await expect(connector.fetch(source, big!, undefined, context)).rejects.toMatchObject({
    publicMessage: expect.stringContaining('Git LFS') as string,
  });
});

test('a look before adding needs no folder, and brings no history', async () => {
  server = await serveRepository(repository);
  for (let i = 0; i < 3; i++) {
    repository.write('a.md', `# A ${i}\n`);
    repository.commit();
  }
  const { cacheFolder: _none, ...passing } = context;
  const connector = createGitConnector();
  const source = { location: server.url };
  const [a] = await take(connector.list(source, passing));
  expect(words(await connector.fetch(source, a!, undefined, passing))).toBe('# A 2\n');
  expect(fs.readdirSync(folder)).toEqual([]);
});

test('a fetch stops when it is told to', async () => {
  server = await serveRepository(repository);
  repository.write('a.md', '# A\n');
  repository.commit();
  const controller = new AbortController();
  server.instead = (request) => {
    if (request.method === 'POST') controller.abort(new Error('stopped'));
    return undefined;
  };
  await expect(take(createGitConnector().list({ location: server.url }, { ...context, signal: controller.signal }))).rejects.toThrow(
    'stopped',
  );
});

test('ssh is refused with what to give instead', async () => {
  await expect(createGitConnector().check({ location: 'git@github.com:team/handbook.git' }, context)).rejects.toMatchObject({
    publicMessage: expect.stringContaining('https://') as string,
  });
});
