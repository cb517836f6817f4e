/** A process that rebuilds the index of DATA_DIR and kills itself (-9): `building` while it is built, `swapped` right after the swap. Arguments: DATA_DIR WHEN. */
import { reindex, type IndexingDeps } from '../../src/indexing.ts';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import { testConfig } from './test-config.ts';

const [dataDir, when] = process.argv.slice(2) as [string, string];
const app = await createApp(await testConfig({ DATA_DIR: dataDir }), { log: createLog('silent') });
const kill = (): void => void process.kill(process.pid, 'SIGKILL');
const { db, index, clock, log } = await app.askDeps();
const deps: IndexingDeps = {
  db,
  clock,
  log,
  keepRate: 0.9,
  syncDeps: () => Promise.reject(new Error('nothing is synced')),
  index: {
    ...index,
    async rebuild() {
      const rebuild = await index.rebuild();
      return {
        ...rebuild,
        async swap(signal) {
          if (when === 'building') kill();
          await rebuild.swap(signal);
          kill();
        },
      };
    },
  },
};
await reindex(deps, { signal: new AbortController().signal });
