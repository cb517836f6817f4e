/** One connection to Teams at work: deliveries are recorded, acknowledged and handed on; answers go back. */
import PQueue from 'p-queue';
import type { App } from '../../src/app-contract.ts';
import type { TeamsConnection } from '../../src/chat-connections.ts';
import type { ChatApp } from '../../src/chat/chat-app.ts';
import { reasonOf } from '../../src/errors.ts';
import type { Clock, Log } from '../../src/types.ts';
import { createConversations } from '../conversation.ts';
import type { Step } from '../growing-message.ts';
import type { Bot } from '../keep-connected.ts';
import { createPeople } from '../people.ts';
import { createQuestions, FOLLOW_UP_MS, type Written } from '../questions.ts';
import { welcome } from '../welcome.ts';
import { createTeamsActions, offerOf } from './actions.ts';
import { commandIn } from './admin-command.ts';
import { createTeamsAdmin, type TeamsAdmin } from './admin.ts';
import { createTeamsConnector } from './connector.ts';
import { MICROSOFT_ENDPOINTS, type TeamsEndpoints } from './credentials.ts';
import { streamText } from './draw-stream.ts';
import { drawTeams } from './draw.ts';
import { createExtension } from './extension.ts';
import { createTeamsFiles } from './files.ts';
import { createTeamsMessenger } from './messenger.ts';
import { languageIn, parseMessage, senderOf, type Activity } from './parse.ts';
import { createPlaces } from './places.ts';
import { teamsRoutes, type InvokeResponse } from './receiver.ts';
import { seenKind } from './seen.ts';
import { createVerifier } from './verify.ts';

/** How often it is looked whether another process left questions whose answer is not in Teams. */
const LEFT_MS = 2_000;
/** Of two deliveries that say that Docent was added, the one that tells in which language comes second. */
const MEET_MS = 3_000;
const MOST_NAMES = 10_000;

export interface TeamsBotDeps {
  app: App & { chat: ChatApp };
  clock: Clock;
  log: Log;
  /** What came from Teams, by kind. */
  onSeen(what: string): void;
  atStep?: (step: Step | 'recorded' | 'acknowledged') => void | Promise<void>;
  /** Microsoft's own, unless a test brings others. */
  endpoints?: TeamsEndpoints;
  /** How long one call of the connector may take; default 10 s. */
  timeoutMs?: number;
}

type Taken = { response?: InvokeResponse; after?: () => void } | undefined;

/** Nothing of Teams is called before the first delivery. */
export function startTeamsBot(connection: TeamsConnection, deps: TeamsBotDeps): Bot {
  const { app, clock, log, onSeen } = deps;
  const { chat } = app;
  const endpoints = deps.endpoints ?? MICROSOFT_ENDPOINTS;
  const connector = createTeamsConnector({
    connection,
    endpoints,
    clock,
    log,
    ...(deps.timeoutMs === undefined ? {} : { timeoutMs: deps.timeoutMs }),
  });
  const places = createPlaces({ references: chat.references, connector });
  /** What people are called, of those that wrote. */
  const names = new Map<string, string>();
  const messenger = createTeamsMessenger({
    connector,
    places,
    tenants: connection.anonymous ? [] : connection.allowedTenants,
    ...(connection.tenantId ? { ownTenant: connection.tenantId } : {}),
    clock,
    log,
    draw: (view, how, where) => drawTeams(view, how, where, (id) => names.get(id)),
    streamText,
  });
  const people = createPeople({ chat, messenger, log });
  const conversations = createConversations({
    platform: 'teams',
    chat,
    messenger,
    whoIs: ({ workspace, person }) => people.whoIs(workspace, person),
    readFiles: createTeamsFiles({ files: chat.files, hosts: connection.serviceHosts, log }),
    clock,
    log,
    ...(deps.atStep ? { atStep: deps.atStep } : {}),
  });
  const languageOf = (workspace: string, id: string) => people.languageOf(workspace, id);
  const whoIs = (workspace: string, id: string, options?: { fresh?: true }) => people.whoIs(workspace, id, options);
  const questions = createQuestions({
    platform: 'teams',
    chat,
    conversations,
    messenger,
    languageOf: ({ workspace, person }) => languageOf(workspace, person),
    offer: offerOf,
    clock,
    log,
  });
  /** An install for a whole company must not take the calls that answers need. */
  const meetings = new PQueue({ concurrency: 2 });
  const admins = new Map<string, TeamsAdmin>();
  const adminOf = (tenant: string): TeamsAdmin => {
    const known = admins.get(tenant);
    if (known) return known;
    const made = createTeamsAdmin({
      app,
      tenant,
      whoIs: (id, options) => whoIs(tenant, id, options),
      languageOf: (id) => languageOf(tenant, id),
      async say(person, message) {
        const where = await places.personal(tenant, person);
        return { where, id: await connector.send(where, message) };
      },
      edit: (at, message) => connector.update(at.where, at.id, message),
      permalink: (place, message) => messenger.permalink!(place, message),
      log,
      clock,
    });
    admins.set(tenant, made);
    return made;
  };
  // Takes up what a process that ended was telling.
  if (connection.tenantId) adminOf(connection.tenantId);
  const actions = createTeamsActions({
    chat,
    messenger,
    questions,
    whoIs,
    languageOf,
    admin: ({ workspace, ...press }) => adminOf(workspace).press(press),
    anonymous: connection.anonymous,
    clock,
    log,
  });
  const extension = createExtension({ chat, conversations, questions, whoIs, languageOf, clock, log });

  async function take(activity: Activity): Promise<Taken> {
    onSeen(seenKind(activity));
    const { place } = senderOf(activity);
    if (!place.workspace) return undefined;
    const language = languageIn(activity);
    if (language) people.noteLanguage(place.person, language);
    if (activity.from.name) {
      if (names.size > MOST_NAMES) names.clear();
      names.set(place.person, activity.from.name);
    }
    if (isRemoval(activity)) {
      await places.forget(activity);
      await chat.ungreet({ platform: 'teams', workspace: place.workspace, place: place.channel });
      return undefined;
    }
    // Another process may have heard of its removal alone: what this one remembers is kept anew.
    if (isArrival(activity)) await places.forget(activity);
    if (activity.type === 'conversationUpdate') messenger.rosterChanged();
    await places.note(activity, activity.name?.startsWith('composeExtension/'));
    switch (activity.type) {
      case 'message':
      case 'messageUpdate':
      case 'messageDelete':
        return written(activity);
      case 'invoke':
        return { ...(await invoked(activity)) };
      case 'installationUpdate':
      case 'conversationUpdate':
        return isArrival(activity) ? { after: () => void meet(activity) } : undefined;
      default:
        return undefined;
    }
  }

  async function written(activity: Activity): Promise<Taken> {
    const it = parseMessage(activity);
    if (it.kind === 'written' && (it.place.kind === 'direct' || it.named)) {
      const { workspace, person, kind, channel } = it.place;
      if (commandIn(it.text)) {
        // What is delivered again, here or to another process, is not done again.
        if (await chat.takeCommand({ platform: 'teams', workspace, key: `${channel}/${it.message}` }))
          await adminOf(workspace).command({ person, text: it.text, personal: kind === 'direct', channel });
        return undefined;
      }
    }
    const after = await questions.said(it.kind === 'written' ? await goingOn(it) : it);
    if (!after) return undefined;
    await deps.atStep?.('recorded');
    return {
      after: () => {
        void (async () => {
          await deps.atStep?.('acknowledged');
          after();
        })();
      },
    };
  }

  /** A chat has no threads: what follows soon goes on with what was asked before. */
  async function goingOn(it: Written): Promise<Written> {
    if (it.thread !== '') return it;
    const { workspace, channel } = it.place;
    const last = await chat.lastOfThread({ platform: 'teams', workspace, channel });
    const goesOn = last !== undefined && last.askedAt >= clock.now() - FOLLOW_UP_MS;
    return { ...it, thread: goesOn ? last.thread : it.message, inThread: goesOn };
  }

  async function invoked(activity: Activity): Promise<NonNullable<Taken>> {
    switch (activity.name) {
      case 'adaptiveCard/action':
        return { response: await actions.press(activity) };
      case 'message/submitAction': {
        const after = await actions.judge(activity);
        return { response: { status: 200, body: {} }, ...(after ? { after } : {}) };
      }
      case 'composeExtension/query':
        return { response: await extension.query(activity) };
      case 'composeExtension/selectItem':
        return { response: await extension.select(activity) };
      case 'composeExtension/fetchTask': {
        const { after, ...response } = await extension.askAbout(activity);
        return { response, ...(after ? { after } : {}) };
      }
      default:
        return { response: { status: 501 } };
    }
  }

  /** Met once, in a chat of one's own or by who added it to a team. */
  async function meet(activity: Activity): Promise<void> {
    try {
      if (activity.type === 'conversationUpdate') await clock.sleep(MEET_MS, stopped.signal).catch(() => {});
      await meetings.add(() => meetNow(activity));
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'a welcome could not be made');
    }
  }

  async function meetNow(activity: Activity): Promise<void> {
    if (stopped.signal.aborted) return;
    const { place } = senderOf(activity);
    const outsiders =
      place.kind === 'direct' ? !(await whoIs(place.workspace, place.person)).member : await messenger.outsiders(place).catch(() => true);
    const audience = outsiders ? 'public' : 'everyone';
    const language = await languageOf(place.workspace, place.person);
    const suggestions = await chat.suggestions(audience, language);
    await welcome(place, { audience, language, suggestions }, { chat, messenger, clock, log });
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

  const verifier = createVerifier({ connection, endpoints, clock, log });
  return {
    routes: teamsRoutes({
      verify: (authorization, activity) => verifier.verify(authorization, activity),
      anonymous: connection.anonymous,
      take,
      onSeen,
      log,
    }),
    messenger,
    async stop(graceMs) {
      stopped.abort();
      await conversations.close(graceMs);
      await Promise.all([...[...admins.values()].map((one) => one.close()), looking]);
    },
  };
}

const isAmong = ({ recipient }: Activity, members: Activity['membersAdded']): boolean =>
  members?.some((one) => one.id === recipient.id) === true;

const isArrival = (activity: Activity): boolean =>
  activity.type === 'installationUpdate' ? activity.action?.startsWith('add') === true : isAmong(activity, activity.membersAdded);

const isRemoval = (activity: Activity): boolean =>
  activity.type === 'installationUpdate' ? activity.action?.startsWith('remove') === true : isAmong(activity, activity.membersRemoved);
