/** What changed in a MediaWiki since a time: recent changes, revisions and logs name the pages; their present state is then asked for. */
import { z } from 'zod';
import type { ConnectorContext, ListedDocument } from '../connector.ts';
import { cursorLost, parseCursor } from '../cursor.ts';
import { unreadable, type Site, type Wiki } from './mediawiki-api.ts';
import { listedPage, readPages, type Page } from './mediawiki-pages.ts';

/** Rows carry whole seconds and are written after the edit; and the wiki's jobs take their time to touch what uses a template. */
const OVERLAP_MS = 3_600_000;
/** MediaWiki keeps recent changes for 90 days (`$wgRCMaxAge`). */
const LOST_MS = 90 * 86_400_000 - OVERLAP_MS;

const cursorSchema = z.object({ since: z.iso.datetime(), shape: z.string() });

/** The wiki's own time, and what a change of it would need everything listed for. */
export function writeCursor(site: Site): string {
  return JSON.stringify({ since: site.time, shape: site.shape });
}

const rowSchema = z.object({
  timestamp: z.iso.datetime().optional(),
  /** Missing, like the title, where the wiki hides them. */
  ns: z.number().optional(),
  title: z.string().optional(),
  pageid: z.number().optional(),
  /** Of a deletion or a move, the page it was done to; `pageid` is 0, or the page that bears the title now. */
  logpage: z.number().optional(),
  logtype: z.string().optional(),
  type: z.string().optional(),
  params: z.unknown().optional(),
  logparams: z.unknown().optional(),
  revisions: z.array(z.object({ timestamp: z.iso.datetime() })).optional(),
});
type Row = z.infer<typeof rowSchema>;
const movedSchema = z.object({ target_title: z.string() });
const rowsSchema = z.object({
  query: z
    .object({
      recentchanges: z.array(rowSchema).optional(),
      allrevisions: z.array(rowSchema).optional(),
      logevents: z.array(rowSchema).optional(),
    })
    .optional(),
});

/** @throws AppError `connector.cursor_lost` when the cursor is of another shape of the wiki, or too old */
export async function* listWikiChanges(wiki: Wiki, cursor: string, context: ConnectorContext): AsyncIterable<ListedDocument> {
  const since = readCursor(cursor, wiki.site);
  const rows = await rowsSince(wiki, since, context);
  const ids = new Map<number, { mayBeOurs: boolean }>();
  const names = new Map<string, string>();
  for (const row of rows) {
    const time =
      row.timestamp ??
      row.revisions
        ?.map((revision) => revision.timestamp)
        .sort()
        .at(-1) ??
      since;
    const moved = (row.logtype ?? row.type) === 'move';
    const content = row.ns === undefined || wiki.site.namespaces.includes(row.ns);
    for (const id of [row.pageid, row.logpage]) if (id) ids.set(id, { mayBeOurs: moved || content || ids.get(id)?.mayBeOurs === true });
    // What anything is called now or was: pages that include it read differently. Talk pages have odd numbers.
    const target = moved ? movedSchema.safeParse(row.params ?? row.logparams).data?.target_title : undefined;
    if (row.ns !== undefined && row.ns >= 0 && row.ns % 2 === 0)
      for (const name of [row.title, target]) if (name !== undefined && (names.get(name) ?? '') < time) names.set(name, time);
  }
  const users = await usersOf(wiki, names, context);
  const wanted = [...new Set([...[...ids].filter(([, { mayBeOurs }]) => mayBeOurs).map(([id]) => id), ...users.keys()])];
  for (const some of slices(wanted, wiki.site.atOnce)) {
    for await (const page of readPages(wiki, { pageids: some.join('|') }, context)) {
      if (page.pageid === undefined) continue;
      const ours = !page.missing && !page.redirect && wiki.site.namespaces.includes(page.ns ?? -1);
      yield ours ? listedPage(page, users.get(page.pageid)) : { externalId: String(page.pageid), gone: true };
    }
  }
  context.keepCursor?.(writeCursor(wiki.site));
}

function readCursor(text: string, site: Site): string {
  const cursor = parseCursor(text, cursorSchema);
  if (cursor.shape !== site.shape) throw cursorLost("the wiki's address or namespaces changed");
  const age = Date.parse(site.time) - Date.parse(cursor.since);
  if (age > LOST_MS) throw cursorLost('recent changes do not reach back that far');
  if (age < 0) throw cursorLost("the wiki's clock went back");
  return wholeSeconds(Date.parse(cursor.since) - OVERLAP_MS);
}

/**
 * Recent changes lack what was imported and are cut at an age that a wiki may lower; revisions by time lack what was restored;
 * the logs of deletions and moves lack nothing of theirs. Two requests while there are fewer than 500 rows of each.
 */
async function rowsSince(wiki: Wiki, since: string, context: ConnectorContext): Promise<Row[]> {
  const newer = (prefix: string): Record<string, string> => ({
    [`${prefix}dir`]: 'newer',
    [`${prefix}start`]: since,
    [`${prefix}limit`]: 'max',
  });
  const changes = {
    action: 'query',
    list: 'recentchanges|allrevisions|logevents',
    ...newer('rc'),
    rctype: 'edit|new|log',
    rcprop: 'ids|title|timestamp|loginfo',
    ...newer('arv'),
    arvprop: 'ids|timestamp',
    ...newer('le'),
    letype: 'delete',
    leprop: 'ids|title|type|details|timestamp',
  };
  return [...(await readRows(wiki, changes, context)), ...(await movesSince(wiki, since, context))];
}

function movesSince(wiki: Wiki, since: string, context: ConnectorContext): Promise<Row[]> {
  const range = { ledir: 'newer', lestart: since, lelimit: 'max' };
  return readRows(
    wiki,
    { action: 'query', list: 'logevents', letype: 'move', leprop: 'ids|title|type|details|timestamp', ...range },
    context,
  );
}

async function readRows(wiki: Wiki, parameters: Record<string, string>, context: ConnectorContext): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const answer of wiki.callAll(parameters, context)) {
    const parsed = rowsSchema.safeParse(answer);
    if (!parsed.success) throw unreadable(wiki.site.name, 'its list of changes is not as a MediaWiki gives it');
    for (const list of Object.values(parsed.data.query ?? {})) rows.push(...list);
  }
  return rows;
}

const usersSchema = z.object({
  query: z.object({
    normalized: z.array(z.object({ from: z.string(), to: z.string() })).optional(),
    pages: z.array(z.object({ title: z.string(), transcludedin: z.array(z.object({ pageid: z.number() })).optional() })),
  }),
});

/** Content pages that include one of these, with the time of the latest change of what they include. */
async function usersOf(wiki: Wiki, names: Map<string, string>, context: ConnectorContext): Promise<Map<number, string>> {
  const users = new Map<number, string>();
  for (const some of slices([...names.keys()], wiki.site.atOnce)) {
    const namespaces = wiki.site.namespaces.join('|');
    const parameters = {
      action: 'query',
      prop: 'transcludedin',
      titles: some.join('|'),
      tiprop: 'pageid',
      tinamespace: namespaces,
      tilimit: 'max',
    };
    for await (const answer of wiki.callAll(parameters, context)) {
      const parsed = usersSchema.safeParse(answer);
      if (!parsed.success) throw unreadable(wiki.site.name, 'its list of changes is not as a MediaWiki gives it');
      for (const page of parsed.data.query.pages) {
        const time = names.get(page.title) ?? '';
        for (const { pageid } of page.transcludedin ?? []) if ((users.get(pageid) ?? '') < time) users.set(pageid, time);
      }
    }
  }
  return users;
}

/** Content pages that were moved since the session began and are not among those seen. */
export async function* movedSince(wiki: Wiki, seen: ReadonlySet<number>, context: ConnectorContext): AsyncIterable<Page> {
  const moves = await movesSince(wiki, wiki.site.time, context);
  const unseen = [...new Set(moves.map((row) => row.logpage ?? 0))].filter((id) => id > 0 && !seen.has(id));
  for (const some of slices(unseen, wiki.site.atOnce))
    for await (const page of readPages(wiki, { pageids: some.join('|') }, context))
      if (!page.missing && !page.redirect && wiki.site.namespaces.includes(page.ns ?? -1)) yield page;
}

function slices<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function wholeSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
