/**
 * A process that syncs one folder and kills itself (-9) at a named step of writing a document; `none` runs to the end.
 * Arguments: DATA_DIR FOLDER STEP NTH. Prints the summary.
 */
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';

const [dataDir, folder, step, nth] = process.argv.slice(2) as [string, string, string, string];
let seen = 0;
const app = await createApp({ ...readConfig({}), DATA_DIR: dataDir }, {
  log: createLog('silent'),
  atStep: (at) => {
    if (at === step && ++seen === Number(nth)) process.kill(process.pid, 'SIGKILL');
  },
});
if ((await app.listSources()).length === 0) await app.addSource({ location: folder, name: 'wiki' });
process.stdout.write('started\n');
const summaries = await app.syncNow([], { signal: new AbortController().signal });
process.stdout.write(`${JSON.stringify(summaries)}\n`);
await app.close();
