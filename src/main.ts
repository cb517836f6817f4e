/** Starts everything in one process: console, API and workers. `npm start` runs this. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { startWorkers } from '../workers/main.ts';
import { createApp } from './app.ts';
import { readConfig, unusedVariables } from './config.ts';
import { createConsole } from './console/server.ts';
import { publicMessageOf, reasonOf } from './errors.ts';
import { downloadLines } from './cli/download-lines.ts';
import { createLog } from './log.ts';

const GRACE_MS = 10_000;
const CUT_OFF_MS = 2_000;

// Node lets each thread fill 48 MB before it looks for what is still in use: of six threads that is more than a model takes.
setFlagsFromString('--max-semi-space-size=2');

try {
  const config = readConfig();
  const log = createLog(config.LOG_LEVEL);
  for (const name of unusedVariables()) log.warn({ name }, 'a variable is set that this version does not use yet');
  const workers = startWorkers(log);
  const app = await createApp(config, { log, onWork: workers.wake });
  const server = createServer(createConsole(app, { sessionKey: app.sessionKey }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  const address = server.address() as AddressInfo;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  app.listening(`http://${host}:${address.port}`);
  process.stdout.write(`Docent is ready: ${app.publicUrl()}\n`);
  const say = (text: string): boolean => process.stdout.write(`  ${text}\n`);
  const ended = new AbortController();
  void app
    .startupNotes()
    .then((notes) => notes.forEach(say))
    .then(() => app.fetchModel(ended.signal, downloadLines(say)))
    .catch((error: unknown) => log.error({ reason: reasonOf(error) }, 'the notes at start and the download of models ended'));

  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    ended.abort();
    setTimeout(() => process.exit(1), GRACE_MS).unref();
    // Answers under way are finished, within the time of grace; who then still holds a connection is cut off.
    setTimeout(() => server.closeAllConnections(), GRACE_MS - CUT_OFF_MS).unref();
    const answered = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    void Promise.all([answered, workers.stop()])
      .then(() => app.close())
      .then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code;
  const hint =
    code === 'EADDRINUSE'
      ? 'The port is in use: stop the other program, or set PORT to another one.'
      : code === 'EACCES'
        ? 'The address may not be used: set PORT to one above 1023.'
        : publicMessageOf(error);
  process.stderr.write(`Docent cannot start: ${hint}\n`);
  if (hint.startsWith('Something went wrong')) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
