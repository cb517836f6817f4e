/** Sources on hosts that ask for a token: what is refused and how to mend it, and months of a source's life through the real sync. */
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ConnectorContext } from '../../src/connectors/connector.ts';
import { createGitConnector } from '../../src/connectors/drivers/git.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound } from '../../src/net/outbound.ts';
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

async function refusal(location: string, token?: string): Promise<{ code: string; publicMessage: string; retryable: boolean } | undefined> {
  const outbound = kept(createOutbound({ allowInternal: () => ['127.0.0.1'] }));
  const context: ConnectorContext = {
    outbound,
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
    log: createLog('silent'),
    signal: never,
  };
  return createGitConnector()
    .check({ location, ...(token === undefined ? {} : { credential: { token } }) }, context)
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

  const before = (await walk.documents())['Travel.asciidoc']!.id;
  wiki.git('mv', 'Travel.asciidoc', 'Business-travel.asciidoc');
  wiki.commit();
  expect(await walk.sync()).toMatchObject({ ...quiet, moved: 1 });
  expect((await walk.documents())['Business-travel.asciidoc']).toMatchObject({ id: before, title: 'Business travel' });

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
