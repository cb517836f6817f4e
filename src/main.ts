/** Starts what DOCENT_ROLE names: console, API and answers (`web`), workers (`worker`), or all of it. `npm start` runs this. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import type { KeptConnected } from '../bots/keep-connected.ts';
import { runSlack } from '../bots/slack/main.ts';
import { runTeams } from '../bots/teams/main.ts';
import { startWorkers, wakeOthers } from '../workers/main.ts';
import { createApp, type WiredApp } from './app.ts';
import { systemClock } from './clock.ts';
import { readConfig, unusedVariables } from './config.ts';
import type { Messenger } from './chat/messenger.ts';
import type { Outbox } from './chat/outbox.ts';
import { createChatConsole } from './connecting.ts';
import { createConsole, createOperations } from './console/server.ts';
import { isAbort, publicMessageOf, reasonOf } from './errors.ts';
import { downloadLines } from './cli/download-lines.ts';
import { createLog } from './log.ts';
import type { Log } from './types.ts';

const GRACE_MS = 10_000;
const CUT_OFF_MS = 2_000;
const SAME_SIGNAL_MS = 500;
/** How often it is looked whether another process left questions unanswered. */
const LEFT_MS = 2_000;

// Node lets each thread fill 48 MB before it looks for what is still in use: of six threads that is more than a model takes.
setFlagsFromString('--max-semi-space-size=2');

try {
  const config = readConfig();
  const log = createLog(config.LOG_LEVEL);
  for (const name of unusedVariables()) log.warn({ name }, 'a variable is set that this version does not use yet');
  const role = config.DOCENT_ROLE;
  const workers = role === 'web' ? await wakeOthers(config, { clock: systemClock, log }) : startWorkers(log);
  const app = await createApp(config, { log, onWork: workers.wake });
  const chats = role === 'worker' ? [] : answerInChats(app, log);
  const server = createServer(
    role === 'worker'
      ? createOperations(app)
      : createConsole(app, {
          sessionKey: app.sessionKey,
          chat: createChatConsole({ connections: app.chatConnections, config, outbound: app.outbound }),
          mount: (routes) => chats.forEach((chat) => routes.use(chat.routes)),
        }),
  );
  app.watch(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  const address = server.address() as AddressInfo;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  const url = `http://${host}:${address.port}`;
  if (role !== 'worker') app.listening(url);
  process.stdout.write(role === 'worker' ? `Docent works in the background: ${url}/healthz\n` : `Docent is ready: ${app.publicUrl()}\n`);
  const say = (text: string): boolean => process.stdout.write(`  ${text}\n`);
  const ended = new AbortController();
  void app
    .startupNotes()
    .then((notes) => notes.forEach(say))
    .then(() => app.fetchModel(ended.signal, downloadLines(say)))
    .catch((error: unknown) => log.error({ reason: reasonOf(error) }, 'the notes at start and the download of models ended'));

  const left = role === 'worker' ? undefined : answerWhatIsLeft(app, log, ended.signal);

  let stoppedAt: number | undefined;
  const stop = (): void => {
    // A terminal's Ctrl-C comes twice: from the terminal, and passed on by bin/run.js. A person who presses again means it.
    if (stoppedAt !== undefined) return void (performance.now() - stoppedAt > SAME_SIGNAL_MS && process.exit(1));
    stoppedAt = performance.now();
    app.endSoon();
    ended.abort();
    setTimeout(() => process.exit(1), GRACE_MS).unref();
    // Answers under way are finished, within the time of grace; who then still holds a connection is cut off.
    setTimeout(() => server.closeAllConnections(), GRACE_MS - CUT_OFF_MS).unref();
    const answered = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    void Promise.all([answered, workers.stop(), left, ...chats.map((chat) => chat.stop(GRACE_MS - CUT_OFF_MS))])
      .then(() => app.close())
      .catch((error: unknown) => log.error({ reason: reasonOf(error) }, 'not everything could be closed'))
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

/** Each platform with its own outbox, while it is connected. */
function answerInChats(app: WiredApp, log: Log): KeptConnected[] {
  const connected = () => {
    let outbox: Outbox | undefined;
    return {
      app,
      connections: app.chatConnections,
      clock: app.clock,
      log,
      onMessenger(messenger: Messenger | undefined) {
        void outbox?.stop();
        outbox = messenger && app.startOutbox([messenger]);
      },
    };
  };
  return [runSlack(connected()), runTeams(connected())];
}

async function answerWhatIsLeft(app: WiredApp, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await app.answerLeft(signal).catch((error: unknown) => {
      if (!isAbort(error)) log.warn({ reason: reasonOf(error) }, 'questions that were left could not be looked for; tried again');
    });
    await app.clock.sleep(LEFT_MS, signal).catch(() => {});
  }
}
