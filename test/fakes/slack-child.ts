/** Docent in Slack as a process of its own, for tests that kill it: `node slack-child.ts '{"step":"posted"}'`, settings in the environment. */
import { setFlagsFromString } from 'node:v8';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { serveSlack } from './slack-office.ts';

setFlagsFromString('--max-semi-space-size=2');
const { step, nth = 1 } = JSON.parse(process.argv[2] ?? '{}') as { step?: string; nth?: number };
let seen = 0;
const config = readConfig();
const app = await createApp(config, { log: createLog(config.LOG_LEVEL), threads: 1 });
await app.askDeps();
const served = await serveSlack(app, {
  port: config.PORT,
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
