/** A wiki that runs on MediaWiki, through its API. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Connector, ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../connector.ts';
import { openedOnce, type OpenSession } from '../session.ts';
import { failure, openWiki, type Wiki } from './mediawiki-api.ts';
import { listWikiChanges, movedSince, writeCursor } from './mediawiki-changes.ts';
import { looksLikeMediawiki } from './mediawiki-find.ts';
import { htmlDocument, isRedirect } from './mediawiki-html.ts';
import { listedPage, placeOf, readPages, readPlace, type PagePlace } from './mediawiki-pages.ts';

type Open = OpenSession<Wiki>;

/**
 * The location is any address of the wiki. External ids are page ids, which moves keep; versions are described at `listedPage`.
 * One sign-in serves a run. A listing with no page throws.
 */
export function createMediawikiConnector(): Connector {
  const open = openedOnce(openWiki);
  return {
    kind: 'mediawiki',
    capabilities: { incremental: true, seesDeletions: true, knowsReaders: false },
    blindSpots: [
      "Pages outside the wiki's content namespaces: talk, user, project, help, template, category and file pages.",
      'Uploaded files, and text in pictures.',
      'Who may read a page: all documents get the readers of the source, so sign in with an account that may read no more than they may.',
      'Between full listings: pages that a maintenance script imported, and text that a page gathers from others when it is shown.',
    ],
    credential: {
      fields: [
        { name: 'user', label: 'Bot user name (Name@docent)', secret: false },
        { name: 'password', label: 'Bot password', secret: true },
      ],
      required: false,
      rights:
        'A bot password with the grant "Basic rights" alone, of an account that may read the wiki; it is made at the page Special:BotPasswords. A wiki that anyone may read needs none.',
    },
    accepts: looksLikeMediawiki,
    async check(source, context) {
      for await (const _first of list(open, source, context)) return;
    },
    list: (source, context) => list(open, source, context),
    async *listChanges(source, cursor, context) {
      yield* listWikiChanges(await open(source, context, 'anew'), cursor, context);
    },
    fetch: async (source, listed, _validators, context) => fetchPage(await open(source, context), listed, context),
  };
}

async function* list(open: Open, source: SourceLocation, context: ConnectorContext): AsyncIterable<ListedDocument> {
  const wiki = await open(source, context, 'anew');
  const seen = new Set<number>();
  for (const namespace of wiki.site.namespaces) {
    const selection = {
      generator: 'allpages',
      gapnamespace: String(namespace),
      gapfilterredir: 'nonredirects',
      gaplimit: String(wiki.site.atOnce),
    };
    for await (const page of readPages(wiki, selection, context)) {
      if (page.pageid === undefined || page.missing || seen.has(page.pageid)) continue;
      seen.add(page.pageid);
      yield listedPage(page);
    }
  }
  if (seen.size === 0) throw failure('empty', `"${wiki.site.name}" has no page in its content namespaces, or shows none to this account.`);
  // A page that was moved meanwhile, from a name still to come to one already passed, stands in neither part.
  for await (const page of movedSince(wiki, seen, context)) yield listedPage(page);
  context.keepCursor?.(writeCursor(wiki.site));
}

const parsedSchema = z.object({
  parse: z.object({ title: z.string(), revid: z.number(), text: z.string() }),
});

async function fetchPage(wiki: Wiki, listed: ListedDocument, context: ConnectorContext): Promise<Fetched> {
  const gone = { kind: 'gone' } as const;
  const parameters = {
    action: 'parse',
    pageid: listed.externalId,
    prop: 'text|revid',
    disableeditsection: '1',
    disabletoc: '1',
    disablelimitreport: '1',
  };
  let answer: unknown;
  try {
    answer = await wiki.call(parameters, context);
  } catch (error) {
    if (error instanceof AppError && (error.code === 'mediawiki.nosuchpageid' || error.code === 'mediawiki.missingtitle')) return gone;
    throw error;
  }
  const parsed = parsedSchema.safeParse(answer);
  if (!parsed.success) {
    const publicMessage = 'the wiki does not give its text as a MediaWiki does';
    throw new AppError({ code: 'document.unreadable', message: publicMessage, publicMessage });
  }
  const { title, revid, text } = parsed.data.parse;
  if (isRedirect(text)) return gone;
  const told = readPlace(listed.place);
  // Edited or moved since it was listed: what the listing said of it is of another state.
  const place = told && told.revision === revid && told.title === title ? told : await askPlace(wiki, listed, context);
  if (!place) return gone;
  const language = place.language ?? wiki.site.language;
  const html = htmlDocument({ title, url: place.url, language, html: text });
  return {
    kind: 'document',
    bytes: Buffer.from(html),
    format: 'html',
    url: place.url,
    title,
    ...(place.owner === undefined ? {} : { owner: place.owner }),
    ...(place.changedAt === undefined ? {} : { changedAt: place.changedAt }),
  };
}

async function askPlace(wiki: Wiki, listed: ListedDocument, context: ConnectorContext): Promise<PagePlace | undefined> {
  for await (const page of readPages(wiki, { pageids: listed.externalId }, context)) return page.missing ? undefined : placeOf(page);
  return undefined;
}
