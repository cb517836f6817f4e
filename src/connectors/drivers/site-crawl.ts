/** A site's pages by following its links. Part of the site driver. */
import { createHash } from 'node:crypto';
import { AppError, publicMessageOf } from '../../errors.ts';
import type { Log } from '../../types.ts';
import type { ListedDocument } from '../connector.ts';
import { fileFormatOf } from '../file-formats.ts';
import { folderOf, isEndless, isNoPage, normalise, patternOf, withoutVisit } from './site-address.ts';
import { askSite, type SiteAnswer, type SiteRun } from './site-answer.ts';
import type { PageRecord, ReadPages } from './site-memory.ts';

export interface CrawlLimits {
  /** Addresses asked for in one crawl. */
  maxPages: number;
  /** Links away from the start page. */
  maxDepth: number;
  /** Pages asked for side by side. */
  atOnce: number;
}

interface Step {
  url: URL;
  depth: number;
  /** The address as it was linked, where what belongs to the visit was taken from it. */
  linked?: URL;
  /** It is only looked whether it is still there: what it leads to is followed where that was known. */
  checked?: true;
}

interface Held {
  id: string;
  canonical: string;
  version: string;
}

/** Of one pattern, more than this many addresses far from the start page (or with many parameters) are taken for a trap. */
const manyOfAPattern = 200;
const farFromStart = 8;
const maxQueued = 100_000;

/**
 * Breadth first from the start page, within its host and below its path; versions are hashes of the bytes.
 * `before` is what the last crawl kept; a page that is unchanged by its validators leads where it led then. `after` receives
 * what this one saw. What could not be read, and may lead to more, makes the listing one to remove nothing by (`unseen`).
 * @throws AppError when the start page cannot be read
 */
export async function* crawl(
  run: SiteRun,
  limits: CrawlLimits,
  before: Map<string, PageRecord>,
  after: Map<string, PageRecord>,
  read: ReadPages,
  log: Log,
): AsyncIterable<ListedDocument> {
  const { start } = run;
  const below = folderOf(start);
  const queue: Step[] = [{ url: start, depth: 0 }];
  const queued = new Set([start.href]);
  const listed = new Set<string>();
  const sameBytes = new Set<string>();
  const held = new Map<string, Held>();
  const patterns = new Map<string, number>();
  const traps = new Map<string, { count: number; example: string }>();
  let tooMany = false;
  let tooDeep = false;
  let quietly = 0;

  /** Undefined for what is not within the source. */
  const within = (url: URL): URL | undefined => {
    const one = normalise(url, start);
    return one?.pathname.startsWith(below) || one?.href === start.href ? one : undefined;
  };

  const enqueue = (linked: URL, depth: number, checked?: true): void => {
    const url = withoutVisit(linked);
    if (queued.has(url.href) || isNoPage(url)) return;
    const known = before.has(url.href);
    if (checked && !known) return;
    const deep = depth > limits.maxDepth && !known;
    if (!known) {
      const pattern = patternOf(url);
      const count = (patterns.get(pattern) ?? 0) + 1;
      patterns.set(pattern, count);
      const far = depth > farFromStart || [...url.searchParams].length >= 3;
      const many = (count > manyOfAPattern && far) || (deep && count > limits.maxDepth / 2);
      if (many || isEndless(url)) {
        const key = isEndless(url) ? '' : pattern;
        traps.set(key, { count: (traps.get(key)?.count ?? 0) + 1, example: traps.get(key)?.example ?? url.href });
        return;
      }
    }
    if (deep) tooDeep = true;
    else if (queued.size >= maxQueued) tooMany = true;
    else {
      queued.add(url.href);
      queue.push({ url, depth, ...(url === linked ? {} : { linked }), ...(checked ? { checked } : {}) });
    }
  };

  const follow = (record: PageRecord, step: Step): void => {
    for (const link of record.links) enqueue(new URL(link), step.depth + 1, step.checked);
  };

  const visit = async (step: Step): Promise<SiteAnswer | AppError | 'file'> => {
    try {
      const isFile = step.depth > 0 && !['html', undefined].includes(fileFormatOf(step.url.pathname));
      if (isFile && (await run.robotsOf(step.url)).allows(step.url)) return 'file';
      const record = before.get(step.url.href);
      return await askSite(step.url, record === undefined || record.refused ? undefined : validatorsOf(record), run);
    } catch (error) {
      if (run.signal.aborted || !(error instanceof AppError)) throw error;
      return error;
    }
  };

  async function* take(step: Step, answer: SiteAnswer | AppError | 'file'): AsyncIterable<ListedDocument> {
    const record = before.get(step.url.href);
    if (answer instanceof AppError) yield* takeFailure(step, answer, record);
    else if (answer === 'file') {
      after.set(step.url.href, { id: step.url.href, links: [] });
      yield { externalId: step.url.href };
    } else if (answer.kind === 'gone') {
      if (step.depth === 0) throw startUnreadable(start, 'answered that there is no such page (404)');
      if (step.linked && !queued.has(step.linked.href)) {
        queued.add(step.linked.href);
        queue.push({ url: step.linked, depth: step.depth });
      }
    } else if (answer.kind === 'unchanged' && record) {
      after.set(step.url.href, record);
      const place = within(answer.end);
      if (place) queued.add(place.href);
      yield* list(record, step);
    } else if (answer.kind === 'document') yield* takeDocument(step, answer, record);
  }

  async function* takeFailure(step: Step, error: AppError, record: PageRecord | undefined): AsyncIterable<ListedDocument> {
    if (step.depth === 0)
      throw error.code.startsWith('document.') ? startUnreadable(start, `cannot be read: ${publicMessageOf(error)}`) : error;
    const asked = step.url;
    const wasDocument = record?.id !== undefined;
    if (record) after.set(asked.href, record);
    // What leads elsewhere or is no text was never a document; a blocked search form has as many addresses as there are words.
    const isNothing =
      error.code === 'document.moved' || error.code === 'document.unsupported' || (error.code === 'document.robots' && asked.search !== '');
    if (isNothing && !wasDocument) {
      quietly++;
      return;
    }
    const blocked = error.code === 'document.robots' || error.code === 'document.moved' || error.code === 'document.unsupported';
    const unseen = !blocked && (record === undefined || (record.refused === true && error.retryable));
    if (!record) after.set(asked.href, { ...(blocked ? { id: asked.href } : { refused: true }), links: [] });
    yield { externalId: record?.id ?? asked.href, problem: publicMessageOf(error), ...(unseen ? { unseen } : {}) };
    if (record) follow(record, step);
  }

  async function* takeDocument(
    step: Step,
    answer: Extract<SiteAnswer, { kind: 'document' }>,
    record: PageRecord | undefined,
  ): AsyncIterable<ListedDocument> {
    const end = within(answer.end);
    if (!end) {
      if (step.depth === 0) throw startUnreadable(start, `leads to ${answer.end.href}; give that address instead`);
      if (record?.id !== undefined) {
        after.set(step.url.href, record);
        yield { externalId: record.id, problem: `it leads to ${answer.end.href}, which is not part of this source` };
      } else quietly++;
      return;
    }
    const moved = end.href !== step.url.href;
    if (moved && queued.has(end.href)) return;
    queued.add(end.href);
    const { facts, fetched } = answer;
    const own = moved && answer.permanent ? end : step.url;
    const links = (facts?.links ?? []).map((link) => within(link)?.href).filter((link) => link !== undefined);
    const canonical = facts?.canonical && canonicalOf(facts.canonical, own);
    const { etag, lastModified } = fetched.validators ?? {};
    const seen: PageRecord = {
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
      version: createHash('sha256').update(fetched.bytes).digest('base64url').slice(0, 22),
      ...(answer.noindex ? { noindex: true } : { id: own.href }),
      ...(canonical === undefined ? {} : { canonical: canonical.href }),
      ...(facts?.password ? { password: true } : {}),
      links: [...new Set(links)],
    };
    after.set(step.url.href, seen);
    if (answer.noindex && record?.id !== undefined)
      yield { externalId: record.id, problem: 'the page asks not to be indexed (robots: noindex)' };
    else if (!answer.noindex && !listed.has(own.href)) await read.keep(own.href, fetched);
    yield* list(seen, step);
  }

  /** An address on this site that is not the home page (every page of some sites names that). */
  const canonicalOf = (url: URL, own: URL): URL | undefined => {
    const one = within(url);
    return one && one.href !== own.href && (one.pathname !== '/' || own.pathname === '/') ? one : undefined;
  };

  function* list(record: PageRecord, step: Step): Iterable<ListedDocument> {
    const { id, version = '', canonical } = record;
    if (id !== undefined && !listed.has(id)) {
      const twin = `${version} ${new URL(id).pathname.replace(/\/(?:index\.\w{3,5})?$/i, '')}${new URL(id).search}`;
      if (canonical !== undefined) {
        held.set(id, { id, canonical, version });
        enqueue(new URL(canonical), step.depth);
      } else if (!sameBytes.has(twin)) {
        sameBytes.add(twin);
        listed.add(id);
        yield { externalId: id, version };
      }
    }
    follow(record, step);
  }

  let at = 0;
  async function* drain(): AsyncIterable<ListedDocument> {
    while (at < queue.length) {
      run.signal.throwIfAborted();
      if (at >= limits.maxPages) {
        tooMany = true;
        return;
      }
      const batch = queue.slice(at, Math.min(at + limits.atOnce, limits.maxPages));
      at += batch.length;
      const answers = await Promise.all(batch.map(visit));
      for (const [i, step] of batch.entries()) yield* take(step, answers[i]!);
    }
  }
  yield* drain();
  // Where addresses were left out, what was known may hang on them now: each is asked whether it is still there.
  if (traps.size > 0) {
    for (const [url, record] of before) if (record.id !== undefined) enqueue(new URL(url), limits.maxDepth, true);
    yield* drain();
  }
  // The page that others name as theirs may be missing, or name another: then they stand for themselves.
  for (const one of held.values()) {
    if (isStoodFor(one, held, listed)) continue;
    listed.add(one.id);
    yield { externalId: one.id, version: one.version };
  }
  for (const { count, example } of traps.values())
    yield {
      externalId: `${example} …`,
      problem: `${count} addresses like this one were left out: they seem to go on without end, as a calendar does`,
    };
  if (tooMany || tooDeep) {
    for (const [url, record] of before) if (!after.has(url)) after.set(url, record);
    const what = tooMany ? `more than ${limits.maxPages} addresses` : `pages more than ${limits.maxDepth} links away from its start`;
    yield {
      externalId: `${start.href} …`,
      problem: `the site has ${what}; the rest was not read. A sitemap, or sources for parts of the site, would help`,
      unseen: true,
    };
  }
  if (quietly > 0) log.info({ addresses: quietly }, 'links that lead to no document were left out');
}

/** Whether a page that it names as its own address, or that this one names in turn, is listed. */
function isStoodFor(one: Held, held: Map<string, Held>, listed: Set<string>): boolean {
  const passed = new Set<string>();
  for (let at: string | undefined = one.canonical; at !== undefined && !passed.has(at); at = held.get(at)?.canonical) {
    if (listed.has(at)) return true;
    passed.add(at);
  }
  return false;
}

function validatorsOf(record: PageRecord): Record<string, string> {
  return {
    ...(record.etag === undefined ? {} : { etag: record.etag }),
    ...(record.lastModified === undefined ? {} : { lastModified: record.lastModified }),
    ...(record.password ? { password: 'yes' } : {}),
  };
}

function startUnreadable(start: URL, why: string): AppError {
  return new AppError({ code: 'source.unreadable', message: 'the start page cannot be read', publicMessage: `${start.href} ${why}.` });
}
