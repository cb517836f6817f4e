/** A real handbook as a repository, then with the commit of a month later: only what changed is listed, fetched and embedded. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createGitConnector } from '../../src/connectors/drivers/git.ts';
import { makeRepository, serveRepository, type FakeRepository, type GitServer } from '../fakes/git.ts';
import { handbookChanges, handbookFolder, noHandbookStates, openWalk, showWalk } from '../fakes/handbook-states.ts';

let repository: FakeRepository;
let server: GitServer;
let walk: Awaited<ReturnType<typeof openWalk>>;
afterEach(async () => {
  await walk?.close();
  await server?.close();
  repository?.close();
});

function commit(state: 'older' | 'newer'): void {
  rmSync(join(repository.folder, 'content'), { recursive: true, force: true });
  cpSync(handbookFolder(state), repository.folder, { recursive: true });
  repository.commit(state);
}

test.skipIf(noHandbookStates)(
  'over http, two commits (skipped where ../shared/data is missing)',
  async () => {
    repository = makeRepository();
    server = await serveRepository(repository);
    commit('older');
    walk = await openWalk(() => createGitConnector(), server.url);
    const step = async (name: string) => {
      server.requests.length = 0;
      const walked = await walk.sync();
      showWalk(name, walked, { http: server.requests.length });
      return walked;
    };
    const first = await step('git, older');
    expect(first.summary).toMatchObject({ removed: 0, failed: 0, complete: true });
    commit('newer');
    const second = await step('git, newer');
    expect(second.summary).toMatchObject({ ...handbookChanges, listed: 174, failed: 0, complete: true });
    expect(second.summary.unchanged).toBe(first.summary.added - handbookChanges.changed - handbookChanges.removed);
    const third = await step('git, again');
    expect(third.summary).toMatchObject({ listed: 0, added: 0, changed: 0, removed: 0, requests: 1, complete: true, passagesEmbedded: 0 });
    expect([third.put, third.dropped, third.embedded]).toEqual([0, 0, 0]);
    // What an unchanged repository costs.
    expect(server.requests).toHaveLength(1);
  },
  300_000,
);
