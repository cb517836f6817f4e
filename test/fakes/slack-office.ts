/** A company that asks Docent in Slack: the fake Slack, the sample handbook, and the real application with its bot, over real HTTP. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AppOptions, WiredApp } from '../../src/app.ts';
import type { KeptConnected } from '../../bots/keep-connected.ts';
import { runSlack, type SlackRunDeps } from '../../bots/slack/main.ts';
import { createConsole } from '../../src/console/server.ts';
import type { Outbox } from '../../src/chat/outbox.ts';
import { createLog } from '../../src/log.ts';
import { childEnvironment } from './child-environment.ts';
import { readPrompt, sentencesIn } from './inventing-model.ts';
import { never, openApp } from './open-app.ts';
import type { ChatCompletionRequest } from './openai-endpoint.ts';
import { startFakeSlack, type FakeSlack, type FakeSlackOptions } from './slack.ts';
import type { Message } from './slack-state.ts';

export const SAMPLE = join(import.meta.dirname, '../../sample');
export const ASKS_BREACH = 'Within how many hours is a data breach reported to the authority?';

export interface OfficeOptions {
  mode?: 'http' | 'socket';
  slack?: FakeSlackOptions;
  env?: Record<string, string>;
  app?: Partial<AppOptions>;
  atStep?: SlackRunDeps['atStep'];
  timeoutMs?: number;
  /** Without documents. */
  empty?: boolean;
  /** A Slack that is there already. */
  existing?: FakeSlack;
}

export interface Office {
  slack: FakeSlack;
  app: WiredApp;
  readonly url: string;
  /** Ends the bot and starts another over the same application. */
  restart(): Promise<void>;
  /** Ends the bot and the application; the fake Slack stays unless it was started here. */
  close(): Promise<void>;
}

/** What the bot needs to connect to this fake, as the environment gives it. */
export function slackEnv(slack: FakeSlack, mode: 'http' | 'socket'): Record<string, string> {
  return {
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_API_URL: slack.url,
    ...(mode === 'socket' ? { SLACK_APP_TOKEN: slack.appToken } : { SLACK_SIGNING_SECRET: slack.signingSecret }),
  };
}

export async function openOffice(options: OfficeOptions = {}): Promise<Office> {
  const mode = options.mode ?? 'http';
  const slack = options.existing ?? (await startFakeSlack(options.slack));
  const opened = await openApp({ ...slackEnv(slack, mode), ...options.env }, options.app);
  const { app } = opened;
  if (!options.empty) {
    await app.addSample();
    await app.syncNow([], { signal: never() });
  }
  await app.askDeps();
  let served = await serveSlack(app, options);
  const deliver = (): void => void (mode === 'http' && slack.deliverTo(`${served.url}/slack/events`));
  deliver();
  return {
    slack,
    app,
    get url() {
      return served.url;
    },
    async restart() {
      await served.close();
      served = await serveSlack(app, options);
      deliver();
    },
    async close() {
      await served.close();
      await opened.close();
      if (!options.existing) await slack.close();
    },
  };
}

/** All that stands in a message of Slack, for looking for words in it. */
export const shownIn = (message: Pick<Message, 'text' | 'blocks'>): string => message.text + JSON.stringify(message.blocks);

/** An answer that is there from its first word to its buttons. */
export const isWhole = (message: Message): boolean => message.streaming !== 'open' && shownIn(message).includes('docent.why');

/** Docent with its bot in a process of its own (slack-child.ts), over this folder; resolves when it is ready. */
export async function startSlackChild(options: {
  folder: string;
  port: number;
  slack: FakeSlack;
  modelUrl: string;
  /** Where it kills itself. */
  kill?: { step: string; nth: number };
}): Promise<ChildProcess> {
  const { folder, port, slack, modelUrl, kill } = options;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'slack-child.ts'), JSON.stringify(kill ?? {})], {
    env: childEnvironment({
      DATA_DIR: folder,
      PORT: String(port),
      OPENAI_BASE_URL: modelUrl,
      CHAT_MODEL: 'test-chat',
      EMBEDDING_MODEL: 'none',
      LOG_LEVEL: 'silent',
      ...slackEnv(slack, 'http'),
    }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', () => resolve());
    child.once('exit', (code) => reject(new Error(`the child ended with ${code} before it was ready`)));
  });
  return child;
}

/** The bot and the console over this application, as src/main.ts puts them together. */
export async function serveSlack(
  app: WiredApp,
  options: Pick<OfficeOptions, 'atStep' | 'timeoutMs'> & { port?: number } = {},
): Promise<{ run: KeptConnected; url: string; close(graceMs?: number): Promise<void> }> {
  let outbox: Outbox | undefined;
  const run = runSlack({
    app,
    connections: app.chatConnections,
    clock: app.clock,
    log: createLog((process.env.OFFICE_LOG as 'silent' | undefined) ?? 'silent'),
    onMessenger(messenger) {
      void outbox?.stop();
      outbox = messenger && app.startOutbox([messenger]);
    },
    ...(options.atStep ? { atStep: options.atStep } : {}),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
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

/** A model that quotes the three sentences that share the most words with the question. */
export function quotingModel(request: ChatCompletionRequest): string {
  const { standalone, question, passages } = readPrompt(request.messages);
  if (standalone) return JSON.stringify({ question, query: question });
  const words = new Set(question.toLowerCase().match(/\p{L}{4,}/gu));
  const scored = passages.flatMap(({ p, text }) =>
    sentencesIn(text).map((quote) => ({
      p,
      quote,
      shared: (quote.toLowerCase().match(/\p{L}{4,}/gu) ?? []).filter((w) => words.has(w)).length,
    })),
  );
  const best = scored.toSorted((a, b) => b.shared - a.shared).slice(0, 3);
  if (best.length === 0) return '{"block":"none"}';
  return best.map(({ p, quote }) => JSON.stringify({ block: 'paragraph', text: quote, cites: [{ p, quote }] })).join('\n');
}
