/** A Confluence: Cloud (REST v2, and v1 where that has no equivalent) or Data Center (REST v1). */
import type { Connector, ConnectorContext } from '../connector.ts';
import { openedOnce } from '../session.ts';
import { looksLikeConfluence } from './confluence-address.ts';
import { openWiki, type Wiki } from './confluence-api.ts';
import { fetchContent } from './confluence-fetch.ts';
import { listWikiChanges } from './confluence-search.ts';
import { restrictionOf } from './confluence-readers.ts';
import { spacesOf, type Space } from './confluence-spaces.ts';
import { listWhole } from './confluence-whole.ts';
import { failure } from './confluence-refusals.ts';

/**
 * The location is any address of the wiki (all spaces) or of one of its spaces. External ids are the wiki's ids of pages, blog
 * posts and files, which moves keep; versions are described at `listedPage`. A listing with no page throws.
 */
export function createConfluenceConnector(): Connector {
  const open = openedOnce(openWiki);
  return {
    kind: 'confluence',
    capabilities: { incremental: true, seesDeletions: true, knowsReaders: true },
    blindSpots: [
      'Who may see a space: choose the readers of the source accordingly. Restrictions of pages, and of what they stand under, are read and narrow them further.',
      'A person whose e-mail the wiki hides: a page that is restricted to them opens to nobody through that entry.',
      'A changed restriction, a restored page, a deleted file, and a deleted page where the account may not see the trash, until everything is listed the next time (once a day).',
      'Personal and archived spaces, unless the address names the space; drafts, archived pages, comments, whiteboards and databases.',
      'Text that a page gathers from other pages when it is shown, and text in pictures.',
    ],
    credential: {
      fields: [{ name: 'token', label: 'EMAIL:TOKEN (Cloud) or personal access token (Data Center)', secret: true }],
      required: false,
      rights:
        'Cloud: the e-mail of an account that may view the spaces and their restrictions, a colon, and an API token of it (id.atlassian.com, Security). Data Center: a personal access token of such an account (Profile, Personal Access Tokens). The right to view is enough. A wiki that anyone may read needs none.',
    },
    accepts: looksLikeConfluence,
    async check(source, context) {
      const wiki = await open(source, context, 'anew');
      const spaces = await spacesOf(wiki, context);
      await wiki.confirm(context);
      for (const space of spaces) {
        const id = await firstIn(space, wiki, context);
        if (id === undefined) continue;
        if (wiki.anonymous || (await restrictionOf(id, wiki, context))) return;
        throw failure(
          'forbidden',
          `The account that Docent signs in with at ${wiki.host} may not see who may read a page, so nothing could be opened to anybody. Give a token without scopes, or one with those that docs/sources-confluence.md names.`,
        );
      }
      throw failure('empty', `${new URL(source.location).host} shows this account no page: let it view the pages of the space.`);
    },
    async *list(source, context) {
      const wiki = await open(source, context, 'anew');
      yield* listWhole(wiki, await spacesOf(wiki, context), context);
    },
    async *listChanges(source, cursor, context) {
      const wiki = await open(source, context, 'anew');
      yield* listWikiChanges(wiki, await spacesOf(wiki, context), cursor, context);
    },
    fetch: async (source, listed, _validators, context) => fetchContent(await open(source, context), listed, source.baseUrl, context),
  };
}

/** Any page or blog post of the space. */
async function firstIn(space: Space, wiki: Wiki, context: ConnectorContext): Promise<string | undefined> {
  const current = { status: 'current', limit: '1' };
  for (const type of ['page', 'blogpost']) {
    const listing =
      wiki.flavour === 'cloud'
        ? wiki.list(type === 'page' ? '/api/v2/pages' : '/api/v2/blogposts', { 'space-id': space.id, ...current }, context)
        : wiki.list('/rest/api/content', { type, spaceKey: space.key, ...current }, context);
    for await (const first of listing) return String((first as { id: unknown }).id);
  }
  return undefined;
}
