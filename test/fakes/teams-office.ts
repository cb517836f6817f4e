/** A company that asks Docent in Teams: the fake Teams, the sample handbook, and the real application with its bot, over real HTTP. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { KeptConnected } from '../../bots/keep-connected.ts';
import { runTeams, type TeamsRunDeps } from '../../bots/teams/main.ts';
import type { AppOptions, WiredApp } from '../../src/app.ts';
import { createConsole } from '../../src/console/server.ts';
import type { Outbox } from '../../src/chat/outbox.ts';
import { createLog } from '../../src/log.ts';
import { childEnvironment } from './child-environment.ts';
import { never, openApp } from './open-app.ts';
import { startFakeTeams, type FakeTeams, type FakeTeamsOptions } from './teams.ts';
import type { Message } from './teams-state.ts';

export interface TeamsOfficeOptions {
  teams?: FakeTeamsOptions;
  env?: Record<string, string>;
  app?: Partial<AppOptions>;
  atStep?: TeamsRunDeps['atStep'];
  timeoutMs?: number;
  /** Without documents. */
  empty?: boolean;
}

export interface TeamsOffice {
  teams: FakeTeams;
  app: WiredApp;
  readonly url: string;
  /** Ends the bot and starts another over the same application. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** What the bot needs to connect to this fake, as the environment gives it. */
export function teamsEnv(teams: FakeTeams): Record<string, string> {
  return {
    MicrosoftAppId: teams.appId,
    MicrosoftAppPassword: teams.password!,
    MicrosoftAppTenantId: teams.tenantId,
    TEAMS_SERVICE_HOSTS: teams.serviceHost,
  };
}

export async function openTeamsOffice(options: TeamsOfficeOptions = {}): Promise<TeamsOffice> {
  const teams = await startFakeTeams(options.teams);
  setDefaultCACertificates([...getCACertificates('default'), teams.ca]);
  const opened = await openApp({ ...teamsEnv(teams), ...options.env }, options.app);
  const { app } = opened;
  if (!options.empty) {
    await app.addSample();
    await app.syncNow([], { signal: never() });
  }
  await app.askDeps();
  const serve = () => serveTeams(app, { ...options, endpoints: teams.endpoints });
  let served = await serve();
  const deliver = (): void => void teams.deliverTo(`${served.url}/api/messages`);
  deliver();
  return {
    teams,
    app,
    get url() {
      return served.url;
    },
    async restart() {
      await served.close();
      served = await serve();
      deliver();
    },
    async close() {
      await served.close();
      await opened.close();
      await teams.close();
    },
  };
}

/** An answer that is there from its first word to its last; its buttons follow. What grows has no words for a notification. */
export const isWhole = ({ streaming, activity }: Message): boolean =>
  streaming !== 'open' && activity.text !== undefined && activity.summary !== undefined;

/** Words of Docent's: the buttons beneath an answer are a message of their own. */
export const isSaid = ({ own, activity }: Message): boolean => own && activity.text !== undefined;

/** The bot and the console over this application, as src/main.ts puts them together. */
export async function serveTeams(
  app: WiredApp,
  options: Pick<TeamsRunDeps, 'atStep' | 'timeoutMs' | 'endpoints'> & { port?: number } = {},
): Promise<{ run: KeptConnected; url: string; close(graceMs?: number): Promise<void> }> {
  let outbox: Outbox | undefined;
  const { atStep, timeoutMs, endpoints } = options;
  const run = runTeams({
    app,
    connections: app.chatConnections,
    clock: app.clock,
    log: createLog((process.env.OFFICE_LOG as 'silent' | undefined) ?? 'silent'),
    onMessenger(messenger) {
      void outbox?.stop();
      outbox = messenger && app.startOutbox([messenger]);
    },
    ...(atStep ? { atStep } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(endpoints ? { endpoints } : {}),
  });
  const server = createServer(createConsole(app, { mount: (routes) => void routes.use(run.routes) }));
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await run.settled();
  return {
    run,
    url,
    async close(graceMs = 5_000) {
      await run.stop(graceMs);
      await outbox?.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Docent with its bot in a process of its own (teams-child.ts), over this folder; resolves when it is ready. */
export async function startTeamsChild(options: {
  folder: string;
  port: number;
  teams: FakeTeams;
  modelUrl: string;
  /** Beside what it needs. */
  env?: Record<string, string>;
  /** Where it kills itself. */
  kill?: { step: string; nth: number };
}): Promise<ChildProcess> {
  const { folder, port, teams, modelUrl, kill } = options;
  const given = JSON.stringify({ ...kill, endpoints: teams.endpoints });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'teams-child.ts'), given], {
    env: childEnvironment({
      DATA_DIR: folder,
      PORT: String(port),
      OPENAI_BASE_URL: modelUrl,
      CHAT_MODEL: 'test-chat',
      EMBEDDING_MODEL: 'none',
      LOG_LEVEL: 'silent',
      NODE_EXTRA_CA_CERTS: teams.caFile,
      ...teamsEnv(teams),
      ...options.env,
    }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', () => resolve());
    child.once('exit', (code) => reject(new Error(`the child ended with ${code} before it was ready`)));
  });
  return child;
}
