/** Everything that a source of Confluence holds, with who may read it. */
import type { ConnectorContext, ListedDocument } from '../connector.ts';
import type { Wiki } from './confluence-api.ts';
import { listCloud } from './confluence-cloud.ts';
import { listedFile, listedPage } from './confluence-pages.ts';
import { readersOf } from './confluence-readers.ts';
import { writeCursor } from './confluence-search.ts';
import { listServer } from './confluence-server.ts';
import type { Space } from './confluence-spaces.ts';
import { failure } from './confluence-refusals.ts';

/** In the order of ids. Nothing is given before all has been read, and the wiki has taken Docent for the same account to the end. */
export async function* listWhole(wiki: Wiki, spaces: Space[], context: ConnectorContext): AsyncIterable<ListedDocument> {
  const listing = wiki.flavour === 'cloud' ? listCloud(wiki, spaces, context) : listServer(wiki, spaces, context);
  const { contents, files, tree } = await listing;
  if (contents.length === 0) {
    const where = spaces.length === 1 ? `The space "${spaces[0]!.key}" at ${wiki.host}` : `${wiki.host}`;
    throw failure('empty', `${where} has no page or blog post that this account sees.`);
  }
  const titles = new Map(contents.map(({ id, title }) => [id, title]));
  const entries: ListedDocument[] = [];
  const hanging: Record<string, string[]> = {};
  for (const content of contents) entries.push(listedPage(content, await readersOf(content.id, tree, wiki, context)));
  for (const file of files) {
    const entry = listedFile(file, titles.get(file.container)!, await readersOf(file.container, tree, wiki, context));
    if (!entry) continue;
    entries.push(entry);
    (hanging[file.container] ??= []).push(entry.externalId);
  }
  await wiki.confirm(context);
  yield* entries.sort((a, b) => a.externalId.length - b.externalId.length || (a.externalId < b.externalId ? -1 : 1));
  context.keepCursor?.(writeCursor(wiki, spaces, { files: hanging, pages: contents.length }));
}
