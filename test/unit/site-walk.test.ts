/** A real handbook as a site, then as it was a month later: a sync asks for each page at most once and does what changed, nothing more. */
import { afterEach, expect, test } from 'vitest';
import { createSiteConnector } from '../../src/connectors/drivers/site.ts';
import { handbookChanges, handbookPages, noHandbookStates, openWalk, showWalk, type Walked } from '../fakes/handbook-states.ts';
import { startSite, type FakeSite } from '../fakes/site.ts';

let site: FakeSite;
let walk: Awaited<ReturnType<typeof openWalk>>;
afterEach(async () => {
  await walk?.close();
  await site?.close();
});

function show(pages: Map<string, string>): void {
  for (const path of site.pages.keys()) if (path !== '/sitemap.xml') site.pages.delete(path);
  for (const [path, body] of pages) site.pages.set(path, { body });
}

async function step(name: string): Promise<Walked & { most: number; pages: number }> {
  site.requests.length = 0;
  const walked = await walk.sync();
  const counts = Map.groupBy(
    site.requests.filter(({ path }) => !/robots|sitemap|docent-/.test(path)),
    ({ path }) => path,
  );
  const most = Math.max(...[...counts.values()].map((requests) => requests.length));
  showWalk(name, walked, { most, pages: counts.size });
  return { ...walked, most, pages: counts.size };
}

test.skipIf(noHandbookStates)(
  'by a sitemap without lastmod, with ETags (skipped where ../shared/data is missing)',
  async () => {
    const [older, newer] = [handbookPages('older'), handbookPages('newer')];
    site = await startSite();
    show(older);
    walk = await openWalk(() => createSiteConnector(), `${site.url}/`);
    const first = await step('sitemap, older');
    expect(first.summary).toMatchObject({ added: older.size, failed: 0, complete: true });
    show(newer);
    const second = await step('sitemap, newer');
    expect(second.summary).toMatchObject({ ...handbookChanges, failed: 0, complete: true });
    expect(second.most).toBe(1);
    expect(second.pages).toBe(newer.size);
    const third = await step('sitemap, again');
    expect(third.summary).toMatchObject({ added: 0, changed: 0, removed: 0, unchanged: newer.size, complete: true, passagesEmbedded: 0 });
    expect([third.most, third.put, third.dropped, third.embedded]).toEqual([1, 0, 0, 0]);
    expect(site.requests.filter(({ path, status }) => newer.has(path) && status !== 304)).toEqual([]);
  },
  300_000,
);

// The crawl’s rules are tested in site-crawl.test.ts; this is a look at a whole real site.
test.skipIf(noHandbookStates || !process.env['SOAK_ROUNDS'])(
  'by its links alone (in `npm run soak`; skipped where ../shared/data is missing)',
  async () => {
    const [older, newer] = [handbookPages('older'), handbookPages('newer')];
    site = await startSite({ '/sitemap.xml': { body: 'none', status: 404 } });
    show(older);
    walk = await openWalk(() => createSiteConnector(), `${site.url}/`);
    const first = await step('links, older');
    expect(first.summary).toMatchObject({ failed: 0, complete: true });
    expect(first.most).toBe(1);
    show(newer);
    const second = await step('links, newer');
    expect(second.summary).toMatchObject({ failed: 0, complete: true });
    expect(second.most).toBe(1);
    const third = await step('links, again');
    expect(third.summary).toMatchObject({ added: 0, changed: 0, removed: 0, complete: true, passagesEmbedded: 0 });
    expect([third.most, third.put, third.dropped, third.embedded]).toEqual([1, 0, 0, 0]);
  },
  300_000,
);
