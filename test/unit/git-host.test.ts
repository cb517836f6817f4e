/** Sources on hosts that ask for a token: what is refused and how to mend it, and months of a source's life through the real sync. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ConnectorContext, SourceLocation } from '../../src/connectors/connector.ts';
import { createGitConnector } from '../../src/connectors/drivers/git.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound } from '../../src/net/outbound.ts';
import { createExtractor } from '../../src/sync/extract.ts';
import { previewSource } from '../../src/sync/preview.ts';
import { startGitHost, type GitHost, type HostToken } from '../fakes/git-host.ts';
import { openGitSync, type GitSync } from '../fakes/git-sync.ts';
import { makeRepository, type FakeRepository } from '../fakes/git.ts';

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).toReversed()) await one.close();
});
const kept = <T extends { close(): unknown }>(one: T): T => (closing.push(one), one);

async function hostOf(kind: 'github' | 'gitlab', name: string, token: Partial<HostToken> = {}): Promise<GitHost> {
  const host = kept(await startGitHost(kind));
  host.tokens.set('s3cret-token', { may: [name], ...token });
  return host;
}

function filled(branch = 'main'): FakeRepository {
  const repository = kept(makeRepository(branch));
  repository.write('a.md', '# A\n');
  repository.commit();
  return repository;
}

const never = new AbortController().signal;

function contextOf(): ConnectorContext {
  return {
    outbound: kept(createOutbound({ allowInternal: () => ['127.0.0.1'] })),
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
    log: createLog('silent'),
    signal: never,
  };
}

const sourceOf = (location: string, token?: string): SourceLocation => ({
  location,
  ...(token === undefined ? {} : { credential: { token } }),
});

async function listed(location: string, token?: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { externalId } of createGitConnector().list(sourceOf(location, token), contextOf())) ids.push(externalId);
  return ids;
}

async function refusal(location: string, token?: string): Promise<{ code: string; publicMessage: string; retryable: boolean } | undefined> {
  return createGitConnector()
    .check(sourceOf(location, token), contextOf())
    .then(
      () => undefined,
      (error: { code: string; publicMessage: string; retryable: boolean }) => error,
    );
}

test('GitHub: each refusal says how it is mended, and repeats no token', async () => {
  const host = await hostOf('github', 'acme/handbook');
  host.repositories.set('acme/handbook', { repository: filled(), private: true });
  host.repositories.set('acme/handbook.wiki', { repository: undefined, private: true });
  const repository = `${host.url}/acme/handbook/tree/main`;
  const wiki = `${host.url}/acme/handbook/wiki`;
  expect(await refusal(repository, 's3cret-token')).toBeUndefined();
  expect(await refusal(repository)).toMatchObject({ code: 'source.credential', publicMessage: expect.stringContaining('wants a login') });
  const wrong = await refusal(repository, 'ghp_wrong-one');
  expect(wrong).toMatchObject({ code: 'source.credential', retryable: false });
  expect(wrong!.publicMessage).toContain('wrong, expired or revoked');
  expect(wrong!.publicMessage).toContain('Contents: Read-only');
  expect(wrong!.publicMessage).not.toContain('ghp_wrong-one');
  host.tokens.set('other-token', { may: [] });
  expect((await refusal(repository, 'other-token'))!.publicMessage).toMatch(/no repository at .*, or the token may not see it/);
  host.tokens.set('sso-token', { may: ['acme/handbook'], lacks: 'sso' });
  expect(await refusal(repository, 'sso-token')).toMatchObject({
    code: 'source.credential',
    publicMessage: expect.stringMatching(/single sign-on.*Configure SSO.*authorization_request=AAA/),
  });
  host.tokens.set('bare-token', { may: ['acme/handbook'], lacks: 'contents' });
  expect((await refusal(repository, 'bare-token'))!.publicMessage).toContain('may not read the files');
  // A wiki that nobody has written is told from a wrong token by asking for its repository.
  expect((await refusal(wiki, 's3cret-token'))!.publicMessage).toMatch(/repository can.*no page yet.*Write its first page/);
  host.repositories.delete('acme/handbook.wiki');
  expect((await refusal(wiki, 's3cret-token'))!.publicMessage).toMatch(/repository can.*no page yet/);
  expect((await refusal(wiki, 'other-token'))!.publicMessage).toMatch(/the token may not see it.*no page yet/);
  expect((await refusal(`${host.url}/acme/handbook/tree/mian/docs`, 's3cret-token'))!.publicMessage).toMatch(
    /no branch or tag mian\. Its branches are main\./,
  );
  expect(host.violations).toEqual([]);
});

test('GitLab: each refusal says how it is mended; deploy, installation and OAuth tokens come with their users', async () => {
  const host = await hostOf('gitlab', 'acme/team/handbook');
  host.repositories.set('acme/team/handbook', { repository: filled(), private: true });
  host.repositories.set('acme/team/handbook.wiki', { repository: undefined, private: true });
  const repository = `${host.url}/acme/team/handbook/-/tree/main`;
  const wiki = `${host.url}/acme/team/handbook/-/wikis/home`;
  expect(await refusal(repository, 's3cret-token')).toBeUndefined();
  expect((await refusal(repository, 'glpat-wrong'))!.publicMessage).toMatch(/wrong, expired or revoked.*read_repository/);
  host.tokens.set('guest-token', { may: ['acme/team/handbook'], lacks: 'role' });
  expect((await refusal(repository, 'guest-token'))!.publicMessage).toMatch(/may not read .*scope or role.*Reporter/);
  expect((await refusal(wiki, 's3cret-token'))!.publicMessage).toMatch(/repository can.*no page yet/);
  const empty = kept(makeRepository());
  host.repositories.set('acme/team/handbook.wiki', { repository: empty, private: true });
  expect(await refusal(wiki, 's3cret-token')).toMatchObject({
    code: 'source.empty',
    publicMessage: expect.stringContaining('no page yet'),
  });
  host.tokens.set('deploy-secret', { may: ['acme/team/handbook'], user: 'gitlab+deploy-token-7' });
  expect(await refusal(repository, 'gitlab+deploy-token-7:deploy-secret')).toBeUndefined();
  expect((await refusal(repository, 'deploy-secret'))!.code).toBe('source.credential');
  host.tokens.set('gloas-oauth', { may: ['acme/team/handbook'], user: 'oauth2' });
  expect(await refusal(repository, 'gloas-oauth')).toBeUndefined();
  host.tokens.set('ghs_installation', { may: ['acme/team/handbook'], user: 'x-access-token' });
  expect(await refusal(`${host.url}/acme/team/handbook.git`, 'ghs_installation')).toBeUndefined();
  expect(host.violations).toEqual([]);
});

test('a host that wants peace is asked again, and is left alone when it wants a long one', async () => {
  const host = await hostOf('github', 'acme/handbook');
  host.repositories.set('acme/handbook', { repository: filled(), private: true });
  host.limited = { times: 2, seconds: 3 };
  expect(await refusal(`${host.url}/acme/handbook.git`, 's3cret-token')).toBeUndefined();
  host.limited = { times: 9, seconds: 3_600 };
  host.requests.length = 0;
  expect(await refusal(`${host.url}/acme/handbook.git`, 's3cret-token')).toMatchObject({
    retryable: true,
    publicMessage: expect.stringMatching(/asked too often \(429\) and wants 60 minutes/),
  });
  expect(host.requests).toHaveLength(1);
});

test('a token goes to no other host: not by a redirect, a submodule or Git LFS; one in the address is refused', async () => {
  const host = await hostOf('github', 'acme/handbook');
  const other = kept(await startGitHost('github'));
  const repository = kept(makeRepository());
  repository.write('a.md', '# A\n');
  repository.write('.gitmodules', `[submodule "x"]\n\tpath = x\n\turl = ${other.url}/acme/x.git\n`);
  repository.write('.lfsconfig', `[lfs]\n\turl = ${other.url}/acme/handbook.git/info/lfs\n`);
  repository.write('.gitattributes', '*.pdf filter=lfs diff=lfs merge=lfs\n');
  repository.write('big.pdf', `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`);
  repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},x`);
  repository.commit();
  host.repositories.set('acme/handbook', { repository, private: true });
  expect(await listed(`${host.url}/acme/handbook.git`, 's3cret-token')).toEqual(['a.md', 'big.pdf']);
  expect(other.requests).toEqual([]);
  // A token is asked for by the other host; it comes without one.
  const away = kept(await startGitHost('github'));
  away.repositories.set('acme/handbook', { repository, private: true });
  host.elsewhere.set('acme/old', `${away.url}/acme/handbook.git`);
  expect((await refusal(`${host.url}/acme/old.git`, 's3cret-token'))!.publicMessage).toMatch(/leads to .*to which its token is not sent/);
  expect(away.requests.map(({ token, user }) => token + user)).toEqual(['']);
  const inAddress = await refusal(`${host.url.replace('//', '//x-access-token:s3cret-token@')}/acme/handbook.git`);
  expect(inAddress!.publicMessage).toContain("give them as the source's credential");
  expect(inAddress!.publicMessage).not.toContain('s3cret');
});

test('the branch, tag, folder or file that the address names is read; a wiki by whatever branch it has', async () => {
  const host = await hostOf('github', 'acme/handbook');
  const repository = kept(makeRepository());
  repository.write('docs/a.md', '# A\n');
  repository.write('.github/rules/b.md', '# B\n');
  repository.commit();
  repository.git('tag', '-a', 'v1', '-m', 'first');
  repository.git('checkout', '-q', '-b', 'team/next');
  repository.write('docs/c.md', '# C\n');
  repository.git('add', '-A');
  repository.git('commit', '-q', '-m', 'next');
  repository.git('push', '-q', 'origin', 'team/next', 'v1');
  host.repositories.set('acme/handbook', { repository });
  const base = `${host.url}/acme/handbook`;
  expect(await listed(`${base}/tree/team/next/docs`)).toEqual(['docs/a.md', 'docs/c.md']);
  expect(await listed(`${base}/tree/team%2Fnext/docs/`)).toEqual(['docs/a.md', 'docs/c.md']);
  expect(await listed(`${base}/tree/v1`)).toEqual(['docs/a.md']);
  expect(await listed(`${base}/blob/HEAD/docs/a.md`)).toEqual(['docs/a.md']);
  expect(await listed(`${base}/tree/main/.github/rules`)).toEqual(['.github/rules/b.md']);
  await expect(listed(`${base}/tree/main/doc`)).rejects.toMatchObject({ publicMessage: expect.stringMatching(/There is no doc on main/) });
  const wiki = kept(makeRepository('trunk'));
  wiki.write('Home.md', 'Hello.\n');
  wiki.commit();
  execFileSync('git', [`--git-dir=${wiki.bare}`, 'symbolic-ref', 'HEAD', 'refs/heads/main']);
  host.repositories.set('acme/handbook.wiki', { repository: wiki });
  expect(await listed(`${base}/wiki`)).toEqual(['Home.md']);
});

test('a look before adding reads pages by the token', async () => {
  const host = await hostOf('gitlab', 'acme/handbook');
  const wiki = kept(makeRepository());
  wiki.write('it/VPN-Setup.md', '# Introduction\n\nUse it.\n');
  wiki.commit();
  host.repositories.set('acme/handbook.wiki', { repository: wiki, private: true });
  const extractor = kept(createExtractor());
  const source = sourceOf(`${host.url}/acme/handbook/-/wikis/home`, 's3cret-token');
  const preview = await previewSource(source, { connector: createGitConnector(), extractor }, contextOf());
  expect(preview).toMatchObject({ documents: 1, samples: [{ externalId: 'it/VPN-Setup.md', title: 'VPN Setup', passages: 1 }] });
});

async function walkOf(location: string): Promise<{ walk: GitSync; give(token: string | undefined): void }> {
  let token: string | undefined = 's3cret-token';
  const walk = kept(await openGitSync(location, () => token));
  return { walk, give: (other) => (token = other) };
}

/** Everything that the source left on disk and in the log, and what the host saw. */
function tracesOf(walk: GitSync, host: GitHost): string {
  const files = fs.readdirSync(walk.cache, { recursive: true, encoding: 'utf8' }).map((name) => path.join(walk.cache, name));
  const texts = files.filter((file) => fs.statSync(file).isFile()).map((file) => fs.readFileSync(file, 'latin1'));
  return [...texts, ...walk.logged, ...host.requests.map((request) => request.path)].join('\n');
}

test('a default branch of another name: nothing is lost, and pages open on it', async () => {
  const host = await hostOf('github', 'acme/handbook');
  const repository = kept(makeRepository());
  host.repositories.set('acme/handbook', { repository, private: true });
  repository.write('docs/a.md', '# A\n\nWords.\n');
  repository.commit();
  const { walk } = await walkOf(`${host.url}/acme/handbook/tree/HEAD/docs`);
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, added: 1 });
  const { id } = (await walk.documents())['docs/a.md']!;
  execFileSync('git', [`--git-dir=${repository.bare}`, 'branch', '-m', 'main', 'trunk']);
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, moved: 1, listed: 1 });
  expect(await walk.documents()).toMatchObject({ 'docs/a.md': { id, url: `${host.url}/acme/handbook/blob/trunk/docs/a.md` } });
  // The clone may be deleted at any time.
  fs.rmSync(walk.cache, { recursive: true });
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, listed: 0 });
});

const quiet = { failed: 0, complete: true };
const nothing = { added: 0, changed: 0, removed: 0, moved: 0 };

test('a folder of a private repository: added, edited, renamed, removed, rewritten, renamed as a whole, token revoked', async () => {
  const host = await hostOf('github', 'acme/handbook');
  const repository = kept(makeRepository());
  host.repositories.set('acme/handbook', { repository, private: true });
  repository.write('README.md', '# Not in the folder\n');
  repository.write('docs/leave.md', '# Leave\n\n## Days & hours\n\nThirty days.\n');
  repository.write('docs/it/vpn.md', '# VPN\n\nUse it.\n');
  repository.write('docs2/other.md', '# Beside the folder\n');
  const first = repository.commit();
  const { walk, give } = await walkOf(`${host.url}/acme/handbook/tree/main/docs`);
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, added: 2, listed: 2 });
  const page = `${host.url}/acme/handbook/blob/main/docs`;
  expect(await walk.documents()).toMatchObject({
    'docs/leave.md': { title: 'Leave', url: `${page}/leave.md` },
    'docs/it/vpn.md': { title: 'VPN', url: `${page}/it/vpn.md` },
  });
  expect((await walk.passages('docs/leave.md')).some(({ anchor }) => anchor === 'days--hours')).toBe(true);

  repository.write('docs/leave.md', '# Leave\n\n## Days & hours\n\nThirty-one days.\n');
  repository.write('docs/rent.md', '# Rent\n\nPaid on the first.\n');
  repository.write('README.md', '# Not in the folder, edited\n');
  repository.commit();
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, added: 1, changed: 1, listed: 2 });

  const before = (await walk.documents())['docs/it/vpn.md']!.id;
  repository.git('mv', 'docs/it/vpn.md', 'docs/it/vpn-setup.md');
  repository.commit();
  expect(await walk.sync()).toMatchObject({ ...quiet, moved: 1, changed: 0 });
  expect((await walk.documents())['docs/it/vpn-setup.md']).toMatchObject({ id: before, url: `${page}/it/vpn-setup.md` });

  fs.rmSync(path.join(repository.folder, 'docs/rent.md'));
  repository.commit();
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, removed: 1 });

  // Another history from the first commit on.
  repository.git('reset', '-q', '--hard', first);
  repository.write('docs/leave.md', '# Leave\n\nTwenty days.\n');
  repository.commit();
  expect(await walk.sync()).toMatchObject({ ...quiet, listed: 2, changed: 1, moved: 1, added: 1, removed: 1 });
  expect(Object.keys(await walk.documents()).toSorted()).toEqual(['docs/it/vpn.md', 'docs/leave.md']);

  // The repository has another name: the host leads there, and pages are opened there.
  host.repositories.set('acme/guide', host.repositories.get('acme/handbook')!);
  host.repositories.delete('acme/handbook');
  host.renamed.set('acme/handbook', 'acme/guide');
  host.tokens.get('s3cret-token')!.may.push('acme/guide');
  expect(await walk.sync()).toMatchObject({ ...quiet, added: 0, removed: 0, moved: 2, changed: 0 });
  expect((await walk.documents())['docs/leave.md']!.url).toBe(`${host.url}/acme/guide/blob/main/docs/leave.md`);
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, listed: 0 });

  // Revoked before the question, then between the question and git's own request.
  fs.rmSync(path.join(repository.folder, 'docs/it'), { recursive: true });
  repository.write('docs/new.md', '# New\n');
  repository.commit();
  const cursor = await walk.cursor();
  const right = host.tokens.get('s3cret-token')!;
  host.tokens.delete('s3cret-token');
  expect(await walk.sync()).toMatchObject({ ...nothing, complete: false, error: expect.stringContaining('refused the token (401)') });
  host.tokens.set('s3cret-token', right);
  host.onRequest = ({ method }) => void (method === 'POST' && host.tokens.delete('s3cret-token'));
  expect(await walk.sync()).toMatchObject({ ...nothing, complete: false, error: expect.stringContaining('refused the token (401)') });
  host.onRequest = () => {};
  expect(Object.keys(await walk.documents())).toHaveLength(2);
  expect(await walk.cursor()).toBe(cursor);
  host.tokens.set('another-token', right);
  give('another-token');
  expect(await walk.sync()).toMatchObject({ ...quiet, added: 1, removed: 1 });

  // The folder was renamed: nothing of it is removed, and the admin is told.
  repository.git('mv', 'docs', 'handbook');
  repository.commit();
  expect(await walk.sync()).toMatchObject({ ...nothing, complete: false, error: expect.stringMatching(/no docs on main/) });
  expect(Object.keys(await walk.documents())).toHaveLength(2);
  const traces = tracesOf(walk, host);
  for (const secret of ['s3cret-token', 'another-token', Buffer.from('x-access-token:s3cret-token').toString('base64')])
    expect(traces).not.toContain(secret);
  expect(host.requests.every(({ user }) => user === 'x-access-token')).toBe(true);
  expect(host.violations).toEqual([]);
}, 120_000);

test('a GitLab wiki: pages by their names, added, edited, renamed, removed, rewritten, token revoked', async () => {
  const host = await hostOf('gitlab', 'acme/team/handbook');
  const wiki = kept(makeRepository('master'));
  host.repositories.set('acme/team/handbook.wiki', { repository: wiki, private: true });
  wiki.write('home.md', '# The handbook\n\nSee [[the VPN|it/VPN-Setup]].\n');
  wiki.write('it/VPN-Setup.md', '# Introduction\n\n## Foo & Bar\n\nUse it.\n');
  wiki.write('Travel.asciidoc', '= Travel\n\nBook early.\n');
  wiki.write('_sidebar.md', '* [[home]]\n');
  wiki.write('templates/minutes.md', '# Minutes\n');
  wiki.write('uploads/1a/logo.png', 'png');
  const first = wiki.commit();
  const { walk } = await walkOf(`${host.url}/acme/team/handbook/-/wikis/home`);
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, added: 3, listed: 3 });
  const pages = `${host.url}/acme/team/handbook/-/wikis`;
  expect(await walk.documents()).toMatchObject({
    'home.md': { title: 'The handbook', url: `${pages}/home` },
    'it/VPN-Setup.md': { title: 'VPN Setup', url: `${pages}/it/VPN-Setup` },
    'Travel.asciidoc': { title: 'Travel', url: `${pages}/Travel` },
  });
  expect((await walk.passages('it/VPN-Setup.md')).map(({ anchor }) => anchor)).toContain('foo-bar');
  expect((await walk.passages('home.md')).map(({ text }) => text).join('')).toContain(`[the VPN](${pages}/it/VPN-Setup)`);

  wiki.write('home.md', '# The handbook\n\nMore.\n');
  wiki.write('Rent.md', 'Paid on the first.\n');
  wiki.write('_sidebar.md', '* [[Rent]]\n');
  wiki.commit();
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, added: 1, changed: 1, listed: 2 });
  expect((await walk.documents())['Rent.md']).toMatchObject({ title: 'Rent', url: `${pages}/Rent` });

  const before = (await walk.documents())['it/VPN-Setup.md']!.id;
  wiki.git('mv', 'it/VPN-Setup.md', 'VPN-for-all.md');
  wiki.commit();
  expect(await walk.sync()).toMatchObject({ ...quiet, moved: 1 });
  expect((await walk.documents())['VPN-for-all.md']).toMatchObject({ id: before, title: 'VPN for all', url: `${pages}/VPN-for-all` });

  fs.rmSync(path.join(wiki.folder, 'Rent.md'));
  wiki.commit();
  expect(await walk.sync()).toMatchObject({ ...quiet, ...nothing, removed: 1 });

  wiki.git('reset', '-q', '--hard', first);
  wiki.write('home.md', '# The handbook\n\nAnew.\n');
  wiki.commit();
  expect(await walk.sync()).toMatchObject({ ...quiet, changed: 1, moved: 1 });
  expect(Object.keys(await walk.documents()).toSorted()).toEqual(['Travel.asciidoc', 'home.md', 'it/VPN-Setup.md']);

  fs.rmSync(path.join(wiki.folder, 'it'), { recursive: true });
  wiki.commit();
  host.onRequest = ({ method }) => void (method === 'POST' && host.tokens.delete('s3cret-token'));
  expect(await walk.sync()).toMatchObject({ ...nothing, complete: false, error: expect.stringContaining('refused the token (401)') });
  // The wiki is closed to the token, and shows itself as missing.
  host.onRequest = () => {};
  host.tokens.set('s3cret-token', { may: [] });
  expect(await walk.sync()).toMatchObject({ ...nothing, complete: false, error: expect.stringContaining('no repository') });
  expect(Object.keys(await walk.documents())).toHaveLength(3);
  expect(tracesOf(walk, host)).not.toContain('s3cret-token');
  expect(host.requests.every(({ user }) => user === 'oauth2')).toBe(true);
  expect(host.violations).toEqual([]);
}, 120_000);
