/** What an admin may paste for a repository, a folder in it, or a wiki, and where the files and pages then open. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRepository, placeOf, repositoryName } from '../../src/connectors/drivers/git-address.ts';
import { formatOf, pageOf } from '../../src/connectors/drivers/git-pages.ts';

test.each([
  ['https://github.com/team/handbook', true],
  ['https://github.com/team/handbook/', true],
  ['https://github.com/team/handbook/tree/main/docs', true],
  ['https://github.com/team/handbook/blob/main/README.md', true],
  ['https://github.com/team/handbook/wiki', true],
  ['https://github.com/team/handbook/wiki/Some-Page', true],
  ['https://github.com/team/handbook/issues', false],
  ['https://github.com/features/actions', false],
  ['https://github.com/team', false],
  ['https://github.blog/news/page', false],
  ['https://acme.ghe.com/team/handbook/wiki', true],
  ['https://github.corp.example/team/handbook/wiki/Home', true],
  ['https://git.corp.example/team/handbook/wiki/Home', false],
  ['https://gitlab.com/group/sub/handbook', true],
  ['https://gitlab.com/group/handbook/-/wikis/home', true],
  ['https://gitlab.com/group/handbook/-/tree/main/docs?ref_type=heads', true],
  ['https://gitlab.com/group/handbook/-/issues', false],
  ['https://gitlab.com/groups/group/-/wikis/home', true],
  ['https://gitlab.com/explore/projects', false],
  ['https://code.corp.example/group/sub/handbook/-/wikis', true],
  ['https://code.corp.example/group/handbook/-/merge_requests', false],
  ['https://codeberg.org/team/handbook/src/branch/main/docs', true],
  ['https://git.corp.example/x.git', true],
  ['git+https://git.corp.example/x', true],
  ['https://docs.example.com/', false],
  ['https://docs.example.com/a/b/wiki', false],
  ['git@github.com:team/handbook.git', true],
  ['/srv/git/handbook.git', true],
  ['/srv/handbook', false],
  ['slack://team', false],
])('%s: a repository %s', (location, is) => expect(isRepository(location)).toBe(is));

/** The address that git asks, what it is, and what is read of it. */
test.each([
  ['https://github.com/acme/handbook', 'https://github.com/acme/handbook.git', 'github', undefined, undefined],
  ['http://github.com/acme/handbook', 'https://github.com/acme/handbook.git', 'github', undefined, undefined],
  ['https://github.com/acme/handbook.git', 'https://github.com/acme/handbook.git', 'github', undefined, undefined],
  ['https://github.com/acme/handbook/?tab=readme#top', 'https://github.com/acme/handbook.git', 'github', undefined, undefined],
  ['https://github.com/acme/handbook/issues/7', 'https://github.com/acme/handbook.git', 'github', undefined, undefined],
  ['https://github.com/acme/handbook/wiki', 'https://github.com/acme/handbook.wiki.git', 'github', 'project', undefined],
  ['https://github.com/acme/handbook/wiki/Some-Page', 'https://github.com/acme/handbook.wiki.git', 'github', 'project', undefined],
  ['https://github.com/acme/handbook.wiki.git', 'https://github.com/acme/handbook.wiki.git', 'github', 'project', undefined],
  ['https://github.com/acme/handbook.wiki', 'https://github.com/acme/handbook.wiki.git', 'github', 'project', undefined],
  ['https://github.com/acme/handbook/tree/main/docs', 'https://github.com/acme/handbook.git', 'github', undefined, ['main', 'docs']],
  ['https://github.com/acme/handbook/tree/a%2Fb/-/x', 'https://github.com/acme/handbook.git', 'github', undefined, ['a/b', '-', 'x']],
  ['https://ghe.corp/acme/handbook/wiki/Home', 'https://ghe.corp/acme/handbook.wiki.git', 'github', 'project', undefined],
  ['https://ghe.corp/acme/handbook/blob/v1/a%20b.md', 'https://ghe.corp/acme/handbook.git', 'github', undefined, ['v1', 'a b.md']],
  ['https://gitlab.com/acme/team/handbook', 'https://gitlab.com/acme/team/handbook.git', 'gitlab', undefined, undefined],
  ['https://gitlab.com/acme/team/handbook/-/wikis/home', 'https://gitlab.com/acme/team/handbook.wiki.git', 'gitlab', 'project', undefined],
  ['https://gitlab.com/acme/team/handbook.wiki.git', 'https://gitlab.com/acme/team/handbook.wiki.git', 'gitlab', 'project', undefined],
  ['https://gitlab.com/groups/acme/team/-/wikis/home', 'https://gitlab.com/acme/team.wiki.git', 'gitlab', 'group', undefined],
  [
    'https://gitlab.com/acme/team/handbook/-/tree/main/docs',
    'https://gitlab.com/acme/team/handbook.git',
    'gitlab',
    undefined,
    ['main', 'docs'],
  ],
  ['https://gitlab.com/acme/handbook/-/issues', 'https://gitlab.com/acme/handbook.git', 'gitlab', undefined, undefined],
  ['http://code.corp:8080/acme/handbook/-/wikis/a/b', 'http://code.corp:8080/acme/handbook.wiki.git', 'gitlab', 'project', undefined],
  [
    'https://corp.example/gitlab/acme/handbook/-/wikis/a',
    'https://corp.example/gitlab/acme/handbook.wiki.git',
    'gitlab',
    'project',
    undefined,
  ],
  [
    'https://codeberg.org/acme/handbook/src/branch/main/docs',
    'https://codeberg.org/acme/handbook.git',
    'gitea',
    undefined,
    ['main', 'docs'],
  ],
  ['https://codeberg.org/acme/handbook/wiki/Home', 'https://codeberg.org/acme/handbook.wiki.git', 'gitea', 'project', undefined],
  [
    'https://bitbucket.org/acme/handbook/src/main/docs/',
    'https://bitbucket.org/acme/handbook.git',
    'bitbucket',
    undefined,
    ['main', 'docs'],
  ],
  ['git+https://git.corp.example/srv/x/', 'https://git.corp.example/srv/x', undefined, undefined, undefined],
])('%s', (location, url, forge, wiki, within) => {
  const place = placeOf(location);
  if (place.kind !== 'remote') throw new Error(place.kind);
  expect([place.url.href, place.forge, place.wiki, place.within]).toEqual([url, forge, wiki, within]);
});

const name = fc.stringMatching(/^[a-zA-Z0-9][a-z0-9_.]{0,8}[a-z0-9]$/).filter((one) => !/\.(?:git|wiki)$/i.test(one));
const path = fc.array(
  fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).filter((one) => one !== '.' && one !== '..' && !/\.git$/i.test(one)),
  { maxLength: 4 },
);
const encoded = (parts: string[]): string => parts.map((part) => `/${encodeURIComponent(part)}`).join('');

test('a repository, its folders and its wiki lead to the same two repositories, however they are pasted', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('github.com', 'gitlab.com', 'code.corp.example'),
      fc.array(name, { minLength: 2, maxLength: 4 }),
      path,
      fc.boolean(),
      (host, parts, rest, slash) => {
        const gitlab = host !== 'github.com';
        const project = gitlab ? parts : parts.slice(0, 2);
        fc.pre(project[0] !== 'groups');
        const base = `https://${host}/${project.join('/')}`;
        const dash = gitlab ? '/-' : '';
        const end = slash ? '/' : '';
        const at = (location: string): [string | undefined, string | undefined, string[] | undefined] => {
          const place = placeOf(location);
          return place.kind === 'remote' ? [place.url.href, place.wiki, place.within] : [undefined, undefined, undefined];
        };
        const wiki = gitlab ? '/-/wikis' : '/wiki';
        for (const page of ['', encoded(rest)]) expect(at(base + wiki + page + end)).toEqual([`${base}.wiki.git`, 'project', undefined]);
        expect(at(`${base}.wiki.git${end}`)).toEqual([`${base}.wiki.git`, 'project', undefined]);
        expect(at(`${base}.git${end}`)).toEqual([`${base}.git`, undefined, undefined]);
        expect(at(`${base}${dash}/tree/main${encoded(rest)}${end}`)).toEqual([`${base}.git`, undefined, ['main', ...rest]]);
      },
    ),
  );
});

test('no text throws, and what git is sent to is always on the host that was named', () => {
  const near = fc
    .tuple(fc.constantFrom('https://github.com/', 'https://gitlab.com/', 'http://h.example/', 'git@', 'file://', ''), fc.string())
    .map((pair) => pair.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (location) => {
      isRepository(location);
      const place = placeOf(location);
      if (place.kind !== 'remote') return;
      expect(place.url.host).toBe(new URL(location.trim().replace(/^git\+/i, '')).host);
      expect(place.url.search + place.url.hash).toBe('');
    }),
  );
});

test.each([
  ['https://github.com/t/r.git', 'docs/a b.md', 'https://github.com/t/r/blob/main/docs/a%20b.md'],
  ['https://github.com/t/r.wiki.git', 'How-To.md', 'https://github.com/t/r/wiki/How-To'],
  ['https://github.com/t/r/wiki', 'folder/How To?.textile', 'https://github.com/t/r/wiki/How-To%3F'],
  ['https://github.com/t/r/wiki', 'files/rates.pdf', 'https://github.com/t/r/wiki/files/rates.pdf'],
  ['https://gitlab.corp.example/g/r.git', 'a.md', 'https://gitlab.corp.example/g/r/-/blob/main/a.md'],
  ['https://code.example/g/r/-/wikis/home', 'a/Some-Page.md', 'https://code.example/g/r/-/wikis/a/Some-Page'],
  ['https://gitlab.com/groups/g/-/wikis/home', 'home.md', 'https://gitlab.com/groups/g/-/wikis/home'],
  ['https://code.example/g/r/-/wikis/home', 'uploads/1a/rates.pdf', 'https://code.example/g/r/-/wikis/uploads/1a/rates.pdf'],
  ['https://codeberg.org/t/r', 'a.md', 'https://codeberg.org/t/r/src/branch/main/a.md'],
  ['https://codeberg.org/t/r/wiki', 'Home.md', 'https://codeberg.org/t/r/wiki/Home'],
  ['https://git.example/r.git', 'a.md', null],
])('the page of %s %s', (location, file, page) => {
  const place = placeOf(location);
  expect(pageOf(place.kind === 'remote' ? place : undefined, 'main', file)).toBe(page);
});

test('a base URL is that of the folder which the address names', () => {
  const place = { url: new URL('https://github.com/t/r.git'), forge: 'github' } as const;
  const base = 'https://docs.example.com';
  expect(pageOf(place, 'main', 'docs/guide/a.md', base, 'docs')).toBe('https://docs.example.com/guide/a');
  expect(pageOf(place, 'main', 'docs/a.md', base, 'docs/a.md')).toBe('https://docs.example.com/a');
  expect(pageOf(place, 'main', 'docs/a.md', base)).toBe('https://docs.example.com/docs/a');
});

test.each([
  ['Home.md', 'markdown', 'gitlab-markdown'],
  ['a/Page.mediawiki', 'text', 'text'],
  ['Page.asciidoc', 'text', 'text'],
  ['_Sidebar.md', undefined, undefined],
  ['a/_footer.rst', undefined, undefined],
  ['templates/minutes.md', 'markdown', undefined],
  ['rates.pdf', 'pdf', 'pdf'],
  ['picture.png', undefined, undefined],
])('of a wiki %s is read as %s on GitHub, %s on GitLab', (file, github, gitlab) => {
  expect(formatOf(file, { wiki: 'project', forge: 'github' })).toBe(github);
  expect(formatOf(file, { wiki: 'project', forge: 'gitlab' })).toBe(gitlab);
});

test.each([
  ['https://github.com/acme/handbook', 'handbook'],
  ['https://github.com/acme/handbook/tree/main/docs', 'handbook'],
  ['https://github.com/acme/handbook/wiki/Some-Page', 'handbook wiki'],
  ['https://gitlab.com/acme/team/handbook/-/wikis/home', 'handbook wiki'],
  ['https://git.corp.example/x.git', 'x'],
  ['/srv/git/rules.git', 'rules'],
])('%s is called %s where nobody names it', (location, name) => {
  expect(repositoryName(location)).toBe(name);
});
