/** Docent in Teams as a process of its own, for tests that kill it: `node teams-child.ts '{"step":"posted","endpoints":{…}}'`, settings in the environment. */
import { setFlagsFromString } from 'node:v8';
import type { TeamsEndpoints } from '../../bots/teams/credentials.ts';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { serveTeams } from './teams-office.ts';

setFlagsFromString('--max-semi-space-size=2');
const { step, nth = 1, endpoints } = JSON.parse(process.argv[2] ?? '{}') as { step?: string; nth?: number; endpoints?: TeamsEndpoints };
let seen = 0;
const config = readConfig();
const app = await createApp(config, { log: createLog(config.LOG_LEVEL), threads: 1 });
await app.askDeps();
const served = await serveTeams(app, {
  port: config.PORT,
  ...(endpoints ? { endpoints } : {}),
  atStep: (name) => {
    if (name === step && (seen += 1) === nth) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(`${served.url}\n`);
process.on('SIGTERM', () => {
  app.endSoon();
  void served
    .close(5_000)
    .then(() => app.close())
    .then(() => process.exit(0));
});
