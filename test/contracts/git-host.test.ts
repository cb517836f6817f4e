/** The contract of connectors over a host that asks for a token: a private wiki. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { connectorFor } from '../../src/connectors/registry.ts';
import { createLog } from '../../src/log.ts';
import { createOutbound } from '../../src/net/outbound.ts';
import { startGitHost } from '../fakes/git-host.ts';
import { makeRepository } from '../fakes/git.ts';
import { connectorContract, type ConnectorFixture } from './connector.ts';

connectorContract('git, a wiki by token', 'git', async (): Promise<ConnectorFixture> => {
  const host = await startGitHost('gitlab');
  const repository = makeRepository();
  host.tokens.set('s3cret-token', { may: ['acme/handbook'] });
  host.repositories.set('acme/handbook.wiki', { repository, private: true });
  const location = `${host.url}/acme/handbook/-/wikis/home`;
  const outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'docent-clone-'));
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  return {
    connector: await connectorFor(location),
    source: { location, credential: { token: 's3cret-token' } },
    context: { outbound, clock, log: createLog('silent'), signal: new AbortController().signal, cacheFolder: folder },
    idOf: (name) => `${name}.md`,
    async write(name, words) {
      repository.write(`${name}.md`, `# ${name}\n\n${words}\n`);
      repository.commit();
    },
    async remove(name) {
      await fs.rm(path.join(repository.folder, `${name}.md`));
      repository.commit();
    },
    breakListing: async () => void host.tokens.clear(),
    async close() {
      await outbound.close();
      await host.close();
      repository.close();
      await fs.rm(folder, { recursive: true, force: true });
    },
  };
});
