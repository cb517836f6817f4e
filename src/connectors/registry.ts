/** Which connectors there are; each is loaded when it is first used. Only the composition root imports this. */
import { AppError, inputError } from '../errors.ts';
import type { Connector } from './connector.ts';

/** In the order in which they are asked whether they accept a location. */
const connectors: Record<string, () => Promise<Connector>> = {
  confluence: async () => (await import('./drivers/confluence.ts')).createConfluenceConnector(),
  notion: async () => (await import('./drivers/notion.ts')).createNotionConnector(),
  git: async () => (await import('./drivers/git.ts')).createGitConnector(),
  mediawiki: async () => (await import('./drivers/mediawiki.ts')).createMediawikiConnector(),
  dokuwiki: async () => (await import('./drivers/dokuwiki.ts')).createDokuwikiConnector(),
  site: async () => (await import('./drivers/site.ts')).createSiteConnector(),
  folder: async () => (await import('./drivers/folder.ts')).createFolderConnector(),
};

export const connectorKinds: readonly string[] = Object.keys(connectors);

/** The connector of a kind, or the first that accepts the location. Throws AppError for a kind or a location of none. */
export async function connectorFor(location: string, kind?: string): Promise<Connector> {
  if (kind !== undefined) {
    const load = Object.hasOwn(connectors, kind) ? connectors[kind] : undefined;
    if (!load) throw inputError('kind', `there is no kind "${kind}"; there are ${connectorKinds.join(', ')}`);
    return load();
  }
  for (const load of Object.values(connectors)) {
    const connector = await load();
    if (connector.accepts(location)) return connector;
  }
  const publicMessage = `"${location}" is neither a folder nor an http(s) address.`;
  throw new AppError({ code: 'source.unsupported', message: 'no connector accepts the location', publicMessage });
}
