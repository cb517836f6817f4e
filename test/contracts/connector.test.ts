import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ConnectorContext } from '../../src/connectors/connector.ts';
import { connectorFor } from '../../src/connectors/registry.ts';
import { createOutbound } from '../../src/net/outbound.ts';
import type { Log } from '../../src/types.ts';
import { makeRepository, serveRepository } from '../fakes/git.ts';
import { pageOf, startSite } from '../fakes/site.ts';
import { connectorContract, type ConnectorFixture } from './connector.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

function contextOf(): ConnectorContext & { close(): Promise<void> } {
  const outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  return { outbound, clock, log: silent, signal: new AbortController().signal, close: () => outbound.close() };
}

connectorContract('folder', 'folder', async (): Promise<ConnectorFixture> => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'docent-folder-'));
  const context = contextOf();
  return {
    connector: await connectorFor(folder),
    source: { location: folder },
    context,
    idOf: (name) => `${name}.md`,
    write: (name, words) => fs.writeFile(path.join(folder, `${name}.md`), `# ${name}\n\n${words}\n`),
    remove: (name) => fs.rm(path.join(folder, `${name}.md`)),
    breakListing: () => fs.rm(folder, { recursive: true }),
    async close() {
      await context.close();
      await fs.rm(folder, { recursive: true, force: true });
    },
  };
});

connectorContract('folder, a JSONL file', 'folder', async (): Promise<ConnectorFixture> => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'docent-jsonl-'));
  const file = path.join(folder, 'corpus.jsonl');
  const rows = new Map<string, string>();
  const save = (): Promise<void> =>
    fs.writeFile(file, [...rows].map(([id, text]) => JSON.stringify({ _id: id, title: id, text })).join('\n'));
  const context = contextOf();
  return {
    connector: await connectorFor(file),
    source: { location: file },
    context,
    idOf: (name) => name,
    write: (name, words) => (rows.set(name, words), save()),
    remove: (name) => (rows.delete(name), save()),
    breakListing: () => fs.rm(file),
    async close() {
      await context.close();
      await fs.rm(folder, { recursive: true, force: true });
    },
  };
});

connectorContract('site', 'site', async (): Promise<ConnectorFixture> => {
  const site = await startSite();
  const context = contextOf();
  return {
    connector: await connectorFor(site.url),
    source: { location: `${site.url}/` },
    context,
    idOf: (name) => `${site.url}/${name}`,
    write: async (name, words) => void site.pages.set(`/${name}`, { body: pageOf(name, words) }),
    remove: async (name) => void site.pages.delete(`/${name}`),
    breakListing: async () => void site.pages.set('/sitemap.xml', { body: pageOf('Log in', 'Please log in to go on.') }),
    async close() {
      await context.close();
      await site.close();
    },
  };
});

connectorContract('site, by its links', 'site', async (): Promise<ConnectorFixture> => {
  const site = await startSite();
  const context = contextOf();
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'docent-site-'));
  const names = new Set<string>();
  site.pages.set('/sitemap.xml', { body: 'none', status: 404 });
  const link = (): void => {
    const links = [...names].toSorted().map((name) => `<a href="/${name}">${name}</a>`);
    site.pages.set('/', { body: `<html><head><meta name="robots" content="noindex"></head><body>${links.join('')}</body></html>` });
  };
  return {
    connector: await connectorFor(site.url),
    source: { location: `${site.url}/` },
    context: { ...context, cacheFolder: folder },
    idOf: (name) => `${site.url}/${name}`,
    async write(name, words) {
      names.add(name);
      site.pages.set(`/${name}`, { body: pageOf(name, words) });
      link();
    },
    async remove(name) {
      names.delete(name);
      site.pages.delete(`/${name}`);
      link();
    },
    breakListing: async () => void site.pages.set('/', { body: pageOf('Log in', 'Please log in to go on.<input type="password">') }),
    async close() {
      await context.close();
      await site.close();
      await fs.rm(folder, { recursive: true, force: true });
    },
  };
});

for (const how of ['a bare folder', 'http-backend', 'mere files over http'] as const)
  connectorContract(`git, ${how}`, 'git', async (): Promise<ConnectorFixture> => {
    const repository = makeRepository();
    const server = how === 'a bare folder' ? undefined : await serveRepository(repository, how !== 'http-backend');
    const context = contextOf();
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'docent-clone-'));
    const location = server?.url ?? repository.bare;
    const commit = (): void => {
      repository.commit();
      execFileSync('git', [`--git-dir=${repository.bare}`, 'update-server-info']);
    };
    return {
      connector: await connectorFor(location),
      source: { location },
      context: { ...context, cacheFolder: folder },
      idOf: (name) => `${name}.md`,
      async write(name, words) {
        repository.write(`${name}.md`, `# ${name}\n\n${words}\n`);
        commit();
      },
      async remove(name) {
        await fs.rm(path.join(repository.folder, `${name}.md`));
        commit();
      },
      async breakListing() {
        if (server)
          server.instead = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: pageOf('Log in', 'Please log in.') });
        else await fs.rm(repository.bare, { recursive: true });
      },
      async close() {
        await context.close();
        await server?.close();
        repository.close();
        await fs.rm(folder, { recursive: true, force: true });
      },
    };
  });
