import { expect, test } from 'vitest';
import { isRepository, pageOf } from '../../src/connectors/drivers/git-address.ts';

test.each([
  ['https://github.com/team/handbook', true],
  ['https://github.com/team/handbook/', true],
  ['https://github.com/team/handbook/tree/main/docs', false],
  ['https://gitlab.com/group/sub/handbook', true],
  ['https://gitlab.com/group/handbook/-/wikis/home', false],
  ['https://git.corp.example/x.git', true],
  ['git+https://git.corp.example/x', true],
  ['https://docs.example.com/', false],
  ['git@github.com:team/handbook.git', true],
  ['/srv/git/handbook.git', true],
  ['/srv/handbook', false],
  ['slack://team', false],
])('%s: a repository %s', (location, is) => expect(isRepository(location)).toBe(is));

test.each([
  ['https://github.com/t/r.git', 'docs/a b.md', 'https://github.com/t/r/blob/main/docs/a%20b.md'],
  ['https://github.com/t/r.wiki.git', 'How-To.md', 'https://github.com/t/r/wiki/How-To'],
  ['https://gitlab.corp.example/g/r.git', 'a.md', 'https://gitlab.corp.example/g/r/-/blob/main/a.md'],
  ['https://codeberg.org/t/r', 'a.md', 'https://codeberg.org/t/r/src/branch/main/a.md'],
  ['https://git.example/r.git', 'a.md', null],
])('the page of %s %s', (repositoryUrl, file, page) => expect(pageOf(new URL(repositoryUrl), 'main', file, undefined)).toBe(page));
