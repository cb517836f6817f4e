/** A web site through its sitemap, or by following its links. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import { withRetries } from '../../net/retry-outbound.ts';
import type { Connector, ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../connector.ts';
import { folderOf, normalise } from './site-address.ts';
import { askNonsense, askSite, failure, type Nonsense, type SiteRun } from './site-answer.ts';
import { crawl, type CrawlLimits } from './site-crawl.ts';
import { loadPages, openReadPages, savePages, type PageRecord, type ReadPages } from './site-memory.ts';
import { politely } from './site-polite.ts';
import { loadRobots, type Robots } from './site-robots.ts';
import { findSitemaps, isSitemap, readSitemaps, type SitemapEntry } from './site-sitemap.ts';

export interface SiteOptions extends CrawlLimits {
  /** Between two requests to the host, where its robots.txt does not ask for more. */
  gapMs: number;
}

const defaults: SiteOptions = { maxPages: 10_000, maxDepth: 50, atOnce: 4, gapMs: 50 };
const twoDays = 172_800_000;
const oneWeek = 604_800_000;

/** One listing and the fetches after it. */
interface Run extends SiteRun {
  read: ReadPages;
  /** What the sitemap listed. */
  listed: Set<string>;
}

/**
 * The location is a site's address (with a path: only what is below it) or a sitemap's. External ids are normalised URLs;
 * versions are `lastmod` where a sitemap lists the pages, hashes of the bytes where links do. Asks with ETag and Last-Modified, and
 * asks for no page twice in one run. Honours robots.txt. A page that only leads to a login, the home page, another host or what
 * the site answers to nonsense fails and is never taken for an empty one. A listing with no page throws.
 */
export function createSiteConnector(options: Partial<SiteOptions> = {}): Connector {
  const limits = { ...defaults, ...options };
  const runs = new Map<string, Run>();
  const list = async function* (source: SourceLocation, context: ConnectorContext): AsyncIterable<ListedDocument> {
    const run = startRun(source, context, limits);
    runs.set(source.location, run);
    yield* listPages(run, limits, context);
  };
  return {
    kind: 'site',
    capabilities: { incremental: false, seesDeletions: true, knowsReaders: false },
    blindSpots: [
      'Pages that neither the sitemap nor, where there is none, a link on a page names.',
      `Without a sitemap: more than ${limits.maxPages} pages, and lists without end such as calendars.`,
      'Pages behind a login, those that robots.txt or the page itself asks to leave alone, and text that scripts build in the browser.',
      'Who may read a page: all documents get the readers of the source.',
    ],
    accepts: (location) => /^https?:\/\//i.test(location),
    async check(source, context) {
      let problem: string | undefined;
      for await (const listed of list(source, context)) {
        if (listed.problem === undefined) return;
        problem ??= listed.problem;
      }
      throw unreadable(`No page of ${source.location} can be read: ${problem}.`);
    },
    list,
    async fetch(source, listed, validators, context): Promise<Fetched> {
      let run = runs.get(source.location);
      if (!run) runs.set(source.location, (run = startRun(source, context, limits)));
      return fetchPage(listed, validators, run);
    },
  };
}

function startRun(source: SourceLocation, context: ConnectorContext, limits: SiteOptions): Run {
  const { signal, clock } = context;
  const robots = new Map<string, Promise<Robots>>();
  const delays = new Map<string, number>();
  const gapMs = (origin: string): number => Math.max(limits.gapMs, delays.get(origin) ?? 0);
  const outbound = withRetries(politely(context.outbound, { clock, atOnce: limits.atOnce, gapMs }), { clock });
  const robotsOf = ({ origin }: URL): Promise<Robots> => {
    let rules = robots.get(origin);
    if (!rules) {
      rules = loadRobots(origin, outbound, signal).then((loaded) => (delays.set(origin, loaded.delayMs), loaded));
      robots.set(origin, rules);
    }
    return rules;
  };
  const asking = { outbound, signal, start: siteUrl(source.location), robotsOf };
  let nonsense: Promise<Nonsense | undefined> | undefined;
  return {
    ...asking,
    nonsense: () => (nonsense ??= askNonsense(asking)),
    read: openReadPages(context.cacheFolder),
    listed: new Set(),
  };
}

async function* listPages(run: Run, limits: SiteOptions, context: ConnectorContext): AsyncIterable<ListedDocument> {
  await run.read.clear();
  const { sitemaps } = await run.robotsOf(run.start);
  const addresses = await findSitemaps(run.start, sitemaps, run.outbound, run.signal);
  await keepToSitemap(run.start, addresses !== undefined, context);
  if (addresses) yield* listSitemaps(addresses, run, context);
  else yield* listByLinks(run, limits, context);
}

async function* listSitemaps(addresses: string[], run: Run, context: ConnectorContext): AsyncIterable<ListedDocument> {
  const { start, listed } = run;
  const below = isSitemap(start) ? '/' : folderOf(start);
  let others = 0;
  let blocked = 0;
  for await (const entry of readSitemaps(addresses, run.outbound, run.signal)) {
    const url = normalise(entry.url, start);
    if (url === undefined || !url.pathname.startsWith(below)) {
      others++;
      continue;
    }
    if (listed.has(url.href)) continue;
    listed.add(url.href);
    // A long sitemap is there at once: others get their turn all the same.
    if (listed.size % 500 === 0) await setImmediate();
    if (!(await run.robotsOf(url)).allows(url)) {
      blocked++;
      yield { externalId: url.href, problem: "the site's robots.txt asks Docent not to read it" };
      continue;
    }
    const version = versionOf(entry, context.clock.now());
    yield { externalId: url.href, ...(version === undefined ? {} : { version }) };
  }
  if (others > 0) context.log.info({ others }, 'addresses on other hosts or paths were left out');
  if (listed.size === 0) {
    const what = others > 0 ? `only lists pages that are not below ${start.origin}${below}` : 'lists no pages';
    throw new AppError({ code: 'source.empty', message: 'empty sitemap', publicMessage: `The sitemap of ${start.host} ${what}.` });
  }
  if (blocked === listed.size) throw allBlocked(start);
}

async function* listByLinks(run: Run, limits: SiteOptions, context: ConnectorContext): AsyncIterable<ListedDocument> {
  const { start } = run;
  if (!(await run.robotsOf(start)).allows(start)) throw allBlocked(start);
  const before = await loadPages(context.cacheFolder, start);
  const after = new Map<string, PageRecord>();
  let documents = 0;
  let ended = false;
  try {
    for await (const listed of crawl(run, limits, before, after, run.read, context.log)) {
      if (listed.problem === undefined) documents++;
      yield listed;
    }
    ended = true;
  } finally {
    // Broken off: what it had not come to is as it was.
    await savePages(context.cacheFolder, start, ended ? after : new Map([...before, ...after]));
  }
  if (documents === 0)
    throw new AppError({
      code: 'source.empty',
      message: 'no page found',
      publicMessage: `${start.href} has no sitemap, and no page that its links lead to can be read. Give the address of its sitemap, or of a page with links.`,
    });
}

/**
 * A sitemap that is missing once is no reason to follow links instead, which find other pages: they would look removed.
 * @throws AppError `source.no_sitemap` in the week after it was last seen
 */
async function keepToSitemap(start: URL, found: boolean, context: ConnectorContext): Promise<void> {
  if (context.cacheFolder === undefined || isSitemap(start)) return;
  const file = path.join(context.cacheFolder, 'sitemap-seen.json');
  const now = context.clock.now();
  if (found) {
    await fs.mkdir(context.cacheFolder, { recursive: true });
    await fs.writeFile(file, JSON.stringify({ start: start.href, at: now }));
    return;
  }
  const seen = await fs.readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as { start: string; at: number },
    () => undefined,
  );
  if (seen?.start !== start.href || now - seen.at > oneWeek) return;
  const day = new Date(seen.at).toISOString().slice(0, 10);
  throw new AppError({
    code: 'source.no_sitemap',
    message: 'the sitemap is missing',
    publicMessage: `${start.host} had a sitemap on ${day} and has none now. If it has none for a week, its pages are found by their links instead; to do so at once, add the site again.`,
  });
}

function siteUrl(text: string): URL {
  if (!URL.canParse(text))
    throw new AppError({ code: 'source.unsupported', message: 'not a URL', publicMessage: `"${text}" is no web address.` });
  const url = new URL(text);
  url.hash = '';
  return url;
}

/** A day says too little while it lasts: a second change on it would go unseen. */
function versionOf(entry: SitemapEntry, now: number): string | undefined {
  const { lastmod } = entry;
  if (lastmod === undefined || !Number.isFinite(Date.parse(lastmod))) return undefined;
  return /^\d{4}-\d\d-\d\d$/.test(lastmod) && now - Date.parse(lastmod) < twoDays ? undefined : lastmod;
}

async function fetchPage(listed: ListedDocument, validators: Record<string, string> | undefined, run: Run): Promise<Fetched> {
  const read = await run.read.take(listed.externalId);
  if (read) return read;
  const url = new URL(listed.externalId);
  const answer = await askSite(url, validators, run);
  if (answer.kind === 'unchanged') return { kind: 'unchanged' };
  if (answer.kind === 'gone') return answer;
  if (answer.noindex) throw failure('noindex', 'the page asks not to be indexed (robots: noindex)');
  // It moved for good, and its new place is listed itself.
  if (answer.end.href !== url.href && answer.permanent && run.listed.has(answer.end.href)) return { kind: 'gone' };
  const changedAt = Date.parse(listed.version ?? '') || answer.fetched.changedAt;
  return { ...answer.fetched, ...(changedAt === undefined ? {} : { changedAt }) };
}

function allBlocked(start: URL): AppError {
  return new AppError({
    code: 'source.robots',
    message: 'robots.txt blocks everything',
    publicMessage: `${start.origin}/robots.txt asks Docent not to read ${start.href}. Ask whoever runs the site to allow the user agent "docent".`,
  });
}

function unreadable(publicMessage: string): AppError {
  return new AppError({ code: 'source.unreadable', message: 'no page can be read', publicMessage });
}
