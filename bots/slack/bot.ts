/** One connection to Slack at work: deliveries are recorded, acknowledged and handed on; answers go back. */
import { App as Bolt, type Receiver } from '@slack/bolt';
import type { Router } from 'express';
import type { App } from '../../src/app-contract.ts';
import type { SlackConnection } from '../../src/chat-connections.ts';
import type { ChatApp } from '../../src/chat/chat-app.ts';
import { AppError, reasonOf } from '../../src/errors.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Clock, Log } from '../../src/types.ts';
import { createConversations } from '../conversation.ts';
import type { Step } from '../growing-message.ts';
import { inTime } from '../in-time.ts';
import type { Bot } from '../keep-connected.ts';
import { createPeople } from '../people.ts';
import { createQuestions } from '../questions.ts';
import { registerActions } from './actions.ts';
import { registerAdmin } from './admin.ts';
import { createAsides } from './asides.ts';
import { callSlack, slackClient, slackLogger } from './client.ts';
import type { SlackDeps } from './deps.ts';
import { streamChunk } from './draw-stream.ts';
import { draw } from './draw.ts';
import { createSlackFiles } from './files.ts';
import { registerHome } from './home.ts';
import { ASK_ABOUT } from './manifest.ts';
import { createSlackMessenger } from './messenger.ts';
import { fileIds, parseEvent, plainText, sendersOf } from './parse.ts';
import { slackRoutes, type Delivery } from './receiver.ts';
import { openSocket } from './socket.ts';
import { registerWelcome } from './welcome.ts';

/** How often it is looked whether another process left questions whose answer is not in Slack. */
const LEFT_MS = 2_000;

export interface SlackBotDeps {
  app: App & { chat: ChatApp };
  clock: Clock;
  log: Log;
  /** What came from Slack, by kind. */
  onSeen(what: string): void;
  atStep?: (step: Step | 'recorded' | 'acknowledged') => void | Promise<void>;
  /** Ends a start that is under way. */
  signal: AbortSignal;
  /** How long one call of Slack may take; default 10 s. */
  timeoutMs?: number;
}

export interface SlackBot extends Bot {
  team: string;
}

/** @throws AppError when Slack does not take the tokens or cannot be reached: to be tried again */
export async function startSlackBot(connection: SlackConnection, deps: SlackBotDeps): Promise<SlackBot> {
  const { app, clock, log } = deps;
  const { chat } = app;
  if (!connection.appToken && !connection.signingSecret) {
    const publicMessage = 'Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (events over HTTP) besides the bot token.';
    throw new AppError({ code: 'chat.refused', message: 'neither an app token nor a signing secret', publicMessage });
  }
  const clientOf = () =>
    slackClient(connection.botToken, {
      ...(connection.apiUrl ? { apiUrl: connection.apiUrl } : {}),
      ...(deps.timeoutMs === undefined ? {} : { timeoutMs: deps.timeoutMs }),
      log,
    });
  const [client, streaming, reading, views] = [clientOf(), clientOf(), clientOf(), clientOf()];
  const self = await callSlack('auth.test', () => client.auth.test(), { clock, patienceMs: 5_000 });
  const team = self.team_id!;
  const botUser = self.user_id!;

  const messenger = createSlackMessenger({
    client,
    streaming,
    reading,
    team,
    botUser,
    ...(connection.apiUrl ? { apiUrl: connection.apiUrl } : {}),
    clock,
    log,
    draw,
    chunk: streamChunk,
  });
  const people = createPeople({ chat, messenger, log });
  const { knownLanguage } = people;
  const whoIs = (id: string, options?: { fresh?: true }) => people.whoIs(team, id, options);
  const languageOf = (id: string) => people.languageOf(team, id);
  async function directChannel(person: string): Promise<string> {
    const opened = await callSlack('conversations.open', () => client.conversations.open({ users: person }), { clock, patienceMs: 3_000 });
    return opened.channel!.id!;
  }
  async function textOf(channel: string, ts: string, person: string): Promise<string | undefined> {
    const page = await callSlack(
      'conversations.replies',
      () => reading.conversations.replies({ channel, ts, latest: ts, inclusive: true, limit: 1 }),
      { clock, patienceMs: 3_000 },
    );
    const message = page.messages?.find((one) => one.ts === ts);
    return message && message.user === person ? plainText(message.text ?? '', botUser) : undefined;
  }

  const conversations = createConversations({
    platform: 'slack',
    chat,
    messenger,
    whoIs: (place) => whoIs(place.person),
    readFiles: createSlackFiles({
      client: reading,
      botToken: connection.botToken,
      ...(connection.apiUrl ? { apiUrl: connection.apiUrl } : {}),
      files: chat.files,
      clock,
      log,
    }),
    clock,
    log,
    ...(deps.atStep ? { atStep: deps.atStep } : {}),
  });
  const questions = createQuestions({
    platform: 'slack',
    chat,
    conversations,
    messenger,
    languageOf: ({ person }) => languageOf(person),
    offer: ({ channel, message }) => `${channel}/${message}`,
    clock,
    log,
  });
  const asides = createAsides({ chat, conversations, questions, team, botUser, directChannel, clock });

  const receiver: Receiver = { init: () => {}, start: async () => {}, stop: async () => {} };
  const bolt = new Bolt({
    receiver,
    authorize: async () => ({
      botToken: connection.botToken,
      ...(self.bot_id ? { botId: self.bot_id } : {}),
      botUserId: botUser,
      teamId: team,
    }),
    logger: slackLogger(log),
    clientOptions: {
      ...(connection.apiUrl ? { slackApiUrl: connection.apiUrl } : {}),
      timeout: 10_000,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
    },
  });
  bolt.error(async (error) => log.warn({ reason: reasonOf(error) }, 'something that Slack asked for failed'));
  const slackDeps: SlackDeps = {
    app,
    client: views,
    team,
    botUser,
    whoIs,
    languageOf,
    ask: (input) => asides.home(input),
    askAgain: (answerId, person) => questions.again(answerId, person),
    share: (answerId, person) => questions.share(answerId, person),
    syncNotes: chat.syncNotes,
    log,
    clock,
  };
  registerActions(bolt, slackDeps);
  const home = registerHome(bolt, slackDeps);
  const admin = registerAdmin(bolt, slackDeps, { onSources: (person) => home.refresh(person) });
  registerWelcome(bolt, { ...slackDeps, messenger });

  bolt.command('/ask', async ({ command, ack }) => {
    const language = knownLanguage(command.user_id);
    if (command.text.trim() === '') return ack({ response_type: 'ephemeral', text: sayInChat(language, 'askEmpty') });
    const after = await asides.aside({
      via: 'command',
      use: command.trigger_id,
      channel: command.channel_id,
      channelIsDirect: command.channel_name === 'directmessage',
      person: command.user_id,
      text: command.text,
      responseUrl: command.response_url,
    });
    await ack({ response_type: 'ephemeral', text: sayInChat(language, 'askingNow') });
    after?.();
  });
  bolt.shortcut({ type: 'message_action', callback_id: ASK_ABOUT }, async ({ shortcut, ack }) => {
    const after = await asides.aside({
      via: 'shortcut',
      use: shortcut.trigger_id,
      channel: shortcut.channel.id,
      channelIsDirect: shortcut.channel.id.startsWith('D'),
      person: shortcut.user.id,
      text: shortcut.message.text ?? '',
      files: fileIds(shortcut.message.files),
      responseUrl: shortcut.response_url,
    });
    await ack();
    after?.();
  });
  bolt.action('docent.answer_edited', async ({ ack, body, action }) => {
    const [channel, ts] = 'value' in action && typeof action.value === 'string' ? action.value.split('/') : [];
    // Recorded before it is acknowledged, where Slack is quick enough.
    const recorded = channel && ts ? answerEdited(channel, ts, body.user.id) : Promise.resolve();
    await inTime(recorded);
    await ack();
    await recorded;
  });

  async function answerEdited(channel: string, ts: string, person: string): Promise<void> {
    const text = await textOf(channel, ts, person);
    if (text !== undefined) await questions.answerEdited({ workspace: team, channel, message: ts }, text, person);
  }

  /** Recorded, then acknowledged, then worked on. */
  async function take(delivery: Delivery): Promise<void> {
    // Acknowledged all the same: whoever is not of this company is not told so.
    if (!sendersOf(delivery.body).some((sender) => sender === team || connection.allowedTeams.includes(sender))) return delivery.ack();
    deps.onSeen(kindOf(delivery.body));
    const after = await questions.said(parseEvent(delivery.body, { team, bot: botUser }));
    if (after) await deps.atStep?.('recorded');
    if (after) {
      await delivery.ack();
      await deps.atStep?.('acknowledged');
      after();
      return;
    }
    await bolt.processEvent({ body: delivery.body, ack: (response?: unknown) => delivery.ack(response) });
  }

  const stopped = new AbortController();
  async function stop(graceMs: number): Promise<void> {
    stopped.abort();
    await socket?.close();
    await conversations.close(graceMs);
    await Promise.all([admin.close(), home.close(), looking]);
  }
  const looking = (async () => {
    while (!stopped.signal.aborted) {
      await conversations
        .takeLeft()
        .catch((error: unknown) => log.warn({ reason: reasonOf(error) }, 'questions that were left could not be looked for'));
      await clock.sleep(LEFT_MS, stopped.signal).catch(() => {});
    }
  })();

  let socket: { close(): Promise<void> } | undefined;
  let routes: Router | undefined;
  if (connection.appToken) {
    const { appToken, apiUrl } = connection;
    try {
      socket = await openSocket({ appToken, ...(apiUrl ? { apiUrl } : {}), clock, log, take }, deps.signal);
    } catch (error) {
      await stop(0);
      throw error;
    }
  } else routes = slackRoutes({ signingSecret: connection.signingSecret!, now: () => clock.now(), log, take, onSeen: deps.onSeen });

  return { ...(routes ? { routes } : {}), messenger, team, stop };
}

/** The name of what came, for "no event has reached Docent yet". */
function kindOf(body: Record<string, unknown>): string {
  const event = body.event as { type?: unknown; channel_type?: unknown } | undefined;
  if (body.type === 'event_callback' && typeof event?.type === 'string')
    return event.type === 'message' && typeof event.channel_type === 'string' ? `message.${event.channel_type}` : event.type;
  return 'command' in body ? 'command' : 'interaction';
}
