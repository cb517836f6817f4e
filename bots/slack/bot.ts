/** One connection to Slack at work: deliveries are recorded, acknowledged and handed on; answers go back. */
import { App as Bolt, type Receiver, type ReceiverEvent } from '@slack/bolt';
import { SocketModeClient } from '@slack/socket-mode';
import type { Router } from 'express';
import type { App } from '../../src/app-contract.ts';
import type { SlackConnection } from '../../src/chat-connections.ts';
import type { ChatApp, ChatPerson } from '../../src/chat/chat-app.ts';
import type { Messenger } from '../../src/chat/messenger.ts';
import { AppError, reasonOf } from '../../src/errors.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Clock, Language, Log } from '../../src/types.ts';
import { createConversations } from '../conversation.ts';
import type { Step } from '../growing-message.ts';
import { registerActions } from './actions.ts';
import { registerAdmin } from './admin.ts';
import { callSlack, slackClient, slackLogger } from './client.ts';
import type { SlackDeps } from './deps.ts';
import { streamChunk } from './draw-stream.ts';
import { draw } from './draw.ts';
import { createSlackFiles } from './files.ts';
import { registerHome } from './home.ts';
import { ASK_ABOUT } from './manifest.ts';
import { createSlackMessenger } from './messenger.ts';
import { fileIds, sendersOf } from './parse.ts';
import { createQuestions } from './questions.ts';
import { slackRoutes, type Delivery } from './receiver.ts';
import { registerWelcome } from './welcome.ts';

/** How often it is looked whether another process left questions whose answer is not in Slack. */
const LEFT_MS = 2_000;
const LOOK_UP_MS = 2_000;

export interface SlackBotDeps {
  app: App & { chat: ChatApp };
  clock: Clock;
  log: Log;
  /** What came from Slack, by kind. */
  onSeen(what: string): void;
  atStep?: (step: Step | 'recorded' | 'acknowledged') => void | Promise<void>;
  /** How long one call of Slack may take; default 10 s. */
  timeoutMs?: number;
}

export interface SlackBot {
  /** Of HTTP mode. */
  routes?: Router;
  messenger: Messenger;
  team: string;
  /** Finishes what it answers within `graceMs`; the rest another process takes over. */
  stop(graceMs: number): Promise<void>;
}

/** @throws AppError when Slack does not take the tokens or cannot be reached: to be tried again */
export async function startSlackBot(connection: SlackConnection, deps: SlackBotDeps): Promise<SlackBot> {
  const { app, clock, log } = deps;
  const { chat } = app;
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
  const languages = new Map<string, Language>();
  const lookedUp = new Map<string, Promise<ChatPerson & { bot?: boolean }>>();

  /** One look-up for all who ask meanwhile. */
  const whoIs = (id: string): Promise<ChatPerson & { bot?: boolean }> => {
    const before = lookedUp.get(id);
    if (before) return before;
    const looking = lookUp(id).finally(() => lookedUp.delete(id));
    lookedUp.set(id, looking);
    return looking;
  };
  async function lookUp(id: string): Promise<ChatPerson & { bot?: boolean }> {
    const nobody = { personId: '', platform: 'slack', workspace: team, id, member: false } as const;
    const known = await chat.known('slack', team, id).catch(() => undefined);
    if (known) return known;
    try {
      const person = await messenger.person(team, id);
      if (person.language) languages.set(id, person.language);
      const { email, name, member, bot } = person;
      const met = await chat.meet({
        platform: 'slack',
        workspace: team,
        id,
        ...(email ? { email } : {}),
        ...(name ? { name } : {}),
        member: member && !bot,
      });
      return { ...met, bot };
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'somebody could not be looked up in Slack; they are taken for a guest');
      return chat.guest('slack', team, id).catch(() => nobody);
    }
  }
  async function languageOf(id: string): Promise<Language> {
    const known = languages.get(id);
    if (known) return known;
    const late = clock.sleep(LOOK_UP_MS).then(() => undefined);
    const found = await Promise.race([messenger.person(team, id).catch(() => undefined), late]);
    languages.set(id, found?.language ?? 'en');
    return found?.language ?? 'en';
  }
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
    return message && message.user === person ? message.text : undefined;
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
    chat,
    conversations,
    messenger,
    team,
    botUser,
    languageOf,
    textOf,
    directChannel,
    clock,
    log,
  });

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
    ask: ({ person, text }) => questions.home({ person, text }),
    askAgain: (answerId, person) => questions.again(answerId, person),
    share: (answerId, person) => questions.share(answerId, person),
    syncNotes: chat.syncNotes,
    log,
    clock,
  };
  registerActions(bolt, slackDeps);
  const home = registerHome(bolt, slackDeps);
  const admin = registerAdmin(bolt, slackDeps, { onSources: (person) => home.refresh(person) });
  registerWelcome(bolt, { ...slackDeps, messenger, directChannel });

  bolt.command('/ask', async ({ command, ack }) => {
    const language = languages.get(command.user_id) ?? 'en';
    if (command.text.trim() === '') return ack({ response_type: 'ephemeral', text: sayInChat(language, 'askEmpty') });
    const after = await questions.aside({
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
    const after = await questions.aside({
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
    await ack();
    const [channel, ts] = 'value' in action && typeof action.value === 'string' ? action.value.split('/') : [];
    if (channel && ts) await questions.answerEdited(channel, ts, body.user.id);
  });

  /** Recorded, then acknowledged, then worked on. */
  async function take(delivery: Delivery): Promise<void> {
    // Acknowledged all the same: whoever is not of this company is not told so.
    if (!sendersOf(delivery.body).some((sender) => sender === team || connection.allowedTeams.includes(sender))) return delivery.ack();
    deps.onSeen(kindOf(delivery.body));
    const after = await questions.event(delivery.body);
    if (after) await deps.atStep?.('recorded');
    const event: ReceiverEvent = {
      body: delivery.body,
      ack: async (response?: unknown) => delivery.ack(response),
      ...(delivery.retryNum === undefined ? {} : { retryNum: delivery.retryNum }),
      ...(delivery.retryReason === undefined ? {} : { retryReason: delivery.retryReason }),
    };
    if (after) {
      await delivery.ack();
      await deps.atStep?.('acknowledged');
      after();
      return;
    }
    await bolt.processEvent(event);
  }

  let socket: SocketModeClient | undefined;
  let routes: Router | undefined;
  if (connection.appToken) {
    socket = new SocketModeClient({
      appToken: connection.appToken,
      logger: slackLogger(log),
      clientOptions: { ...(connection.apiUrl ? { slackApiUrl: connection.apiUrl } : {}), timeout: 10_000 },
    });
    socket.on('slack_event', ({ ack, body, retry_num, retry_reason }: SocketDelivery) => {
      // Not acknowledged where it could not be recorded, so that Slack delivers it again.
      void take({ body, ack, ...(retry_num ? { retryNum: retry_num } : {}), ...(retry_reason ? { retryReason: retry_reason } : {}) }).catch(
        (error: unknown) => log.warn({ reason: reasonOf(error) }, 'a delivery of Slack could not be taken'),
      );
    });
    await socket.start();
  } else if (connection.signingSecret) {
    routes = slackRoutes({ signingSecret: connection.signingSecret, now: () => clock.now(), log, take, onSeen: deps.onSeen });
  } else {
    const publicMessage = 'Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (events over HTTP) besides the bot token.';
    throw new AppError({ code: 'chat.refused', message: 'neither an app token nor a signing secret', publicMessage });
  }

  const stopped = new AbortController();
  const looking = (async () => {
    while (!stopped.signal.aborted) {
      await conversations
        .takeLeft()
        .catch((error: unknown) => log.warn({ reason: reasonOf(error) }, 'questions that were left could not be looked for'));
      await clock.sleep(LEFT_MS, stopped.signal).catch(() => {});
    }
  })();

  return {
    ...(routes ? { routes } : {}),
    messenger,
    team,
    async stop(graceMs) {
      stopped.abort();
      await socket?.disconnect().catch(() => {});
      await conversations.close(graceMs);
      await Promise.all([admin.close(), home.close(), looking]);
    },
  };
}

interface SocketDelivery {
  ack(response?: unknown): Promise<void>;
  body: Record<string, unknown>;
  retry_num?: number;
  retry_reason?: string;
}

/** The name of what came, for "no event has reached Docent yet". */
function kindOf(body: Record<string, unknown>): string {
  const event = body.event as { type?: unknown; channel_type?: unknown } | undefined;
  if (body.type === 'event_callback' && typeof event?.type === 'string')
    return event.type === 'message' && typeof event.channel_type === 'string' ? `message.${event.channel_type}` : event.type;
  return 'command' in body ? 'command' : 'interaction';
}
