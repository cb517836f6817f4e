/**
 * A process that syncs one folder and, at a named step of writing a document, kills itself (-9) or holds until its input
 * ends; `none` runs to the end. Arguments: DATA_DIR FOLDER kill|hold STEP NTH. Prints `started`, `held`, then the summaries.
 */
import { once } from 'node:events';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import { testConfig } from './test-config.ts';

const [dataDir, folder, what, step, nth] = process.argv.slice(2) as [string, string, string, string, string];
let seen = 0;
const app = await createApp(await testConfig({ DATA_DIR: dataDir }), {
  log: createLog('silent'),
  atStep: async (at) => {
    if (at !== step || ++seen !== Number(nth)) return;
    if (what === 'kill') process.kill(process.pid, 'SIGKILL');
    process.stdout.write('held\n');
    process.stdin.resume();
    await once(process.stdin, 'end');
  },
});
if ((await app.listSources()).length === 0) await app.addSource({ location: folder, name: 'wiki' });
process.stdout.write('started\n');
const summaries = await app.syncNow([], { signal: new AbortController().signal });
process.stdout.write(`${JSON.stringify(summaries)}\n`);
await app.close();
process.exit(0);
