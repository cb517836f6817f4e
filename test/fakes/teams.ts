import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { moods } from './slack-moods.ts';
import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import { cardTexts } from './teams-cards.ts';
import { makeCertificate } from './teams-certificates.ts';
import { connector, personalChatOf } from './teams-connector.ts';
import { deliverer } from './teams-deliver.ts';
import { readBody, serve } from './teams-http.ts';
import type { Answer } from './teams-http.ts';
import { cardIn, invoker, isButtons } from './teams-invokes.ts';
import { defaultLimits, meter } from './teams-limits.ts';
import type { Limits } from './teams-limits.ts';
import { loginSide } from './teams-login.ts';
import type { LoginOptions } from './teams-login.ts';
import type { Mood, MoodKind } from './teams-moods.ts';
import { pusher } from './teams-push.ts';
import { expire, findMessage, guid, hex, longId, messagesIn } from './teams-state.ts';
import type { Chat, Message, Person, RequestRecord, StoredFile, Times, World } from './teams-state.ts';
import { identity } from './teams-tokens.ts';
import { waitUntil } from './wait-until.ts';

export interface FakeTeamsOptions extends Partial<LoginOptions> {
  appId?: string;
  tenantId?: string;
  /** The bot's messaging endpoint; `deliverTo` sets it later. */
  deliverTo?: string;
  /** Neither the connector nor deliveries carry tokens, as in the playground. */
  anonymous?: boolean;
  limits?: Partial<Limits>;
  times?: Partial<Times>;
  /** The most members of a page. */
  memberPage?: number;
}

const usualTimes: Times = { streamMs: 2 * 60_000, chunkMs: 1000, ackMs: 15_000, retryAfterMs: [1000, 10_000] };

function newWorld(options: FakeTeamsOptions): World {
  const appId = options.appId ?? guid();
  return {
    appId,
    appName: 'Docent',
    botId: `28:${appId}`,
    tenantId: options.tenantId ?? guid(),
    tenantDomain: 'the-company.example',
    origin: '',
    serviceUrl: '',
    loginOrigin: '',
    anonymous: options.anonymous ?? false,
    limits: { ...defaultLimits, ...options.limits },
    times: { ...usualTimes, ...options.times },
    memberPage: options.memberPage ?? 200,
    people: new Map(),
    chats: new Map(),
    messages: new Map(),
    files: new Map(),
    shownCards: new Map(),
    typings: [],
    accessTokens: new Map(),
    requests: [],
    complaints: [],
    lastId: 0,
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function shut(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function parsed(raw: Buffer): unknown {
  if (raw.length === 0) return undefined;
  try {
    return JSON.parse(raw.toString()) as unknown;
  } catch {
    return raw.toString();
  }
}

/**
 * Starts a Microsoft Teams of one company on loopback: the Bot Framework's keys and the connector over http, the login
 * where the bot gets its own token over https with a certificate of its own (`ca`, `caFile`), and `push` for what
 * people do. Strict where Teams is; what Teams lets pass but is surely a mistake (unknown fields) is refused too.
 * `complaints` lists what a correct bot would not have asked.
 */
export async function startFakeTeams(options: FakeTeamsOptions = {}) {
  const world = newWorld(options);
  const limiter = meter(world.limits);
  const faults = moods<Mood>();
  const hanging = new Set<ServerResponse>();
  const serving = { world, faults, hanging };
  const [keys, certificate] = await Promise.all([identity(world), makeCertificate('ec')]);
  const password = options.password ?? (options.certificate === undefined ? 'the-client-secret' : undefined);
  const login = loginSide(serving, keys, {
    appType: options.appType ?? 'SingleTenant',
    password,
    certificate: options.certificate,
    tokenLifeS: options.tokenLifeS ?? 3600,
  });
  const service = connector(world, limiter);

  const guarded =
    (handler: Handler) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      handler(request, response).catch((error: unknown) => {
        world.complaints.push(`the fake itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        response.writeHead(500).end('the fake itself failed');
      });
    };

  function fileAnswer(id: string, authorization: string | undefined, needsToken: boolean): Answer {
    const file = world.files.get(id);
    if (!file) return { status: 404 };
    const until = world.accessTokens.get(authorization?.replace(/^Bearer /u, '') ?? '') ?? 0;
    if (needsToken && !world.anonymous && until < Date.now()) {
      world.complaints.push('image: fetched without the bot’s token');
      return { status: 401 };
    }
    // What Teams keeps needs no token, and must not be shown one.
    if (!needsToken && authorization !== undefined) world.complaints.push('file: the bot’s token was sent to where a file is kept');
    return { status: 200, body: file.content, headers: { 'content-type': file.mimetype, 'content-length': String(file.content.length) } };
  }

  const answer: Handler = async (request, response) => {
    const url = new URL(request.url ?? '/', world.origin);
    const body = parsed(await readBody(request));
    const { authorization } = request.headers;
    const open = (kind: string, run: () => Answer | Promise<Answer>) => serve(serving, request, response, { kind, run });
    if (url.pathname === '/v1/.well-known/openidconfiguration') return open('metadata', () => ({ status: 200, body: keys.metadata() }));
    if (url.pathname === '/v1/.well-known/keys') return open('keys', () => ({ status: 200, body: keys.keys() }));
    if (url.pathname === '/msi/token') return open('identity', () => login.managedIdentity(url, request));
    const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
    if (parts[0] === 'files') return open('file', () => fileAnswer(parts[1] ?? '', authorization, false));
    if (parts[0] === 'teams' && parts[2] === 'attachments') return open('image', () => fileAnswer(parts[3] ?? '', authorization, true));
    const asked = { method: request.method ?? '', url, parts: parts[0] === 'teams' ? parts.slice(1) : [], body, authorization };
    return serve(serving, request, response, { ...service.kindOf(asked), body, run: () => service.answer(asked) });
  };

  const server = createServer(guarded(answer));
  const secure = createSecureServer({ key: certificate.privateKey, cert: certificate.certificate }, guarded(login.answer));
  world.origin = `http://127.0.0.1:${await listen(server)}`;
  world.serviceUrl = `${world.origin}/teams/`;
  world.loginOrigin = `https://localhost:${await listen(secure)}`;
  const out = deliverer(world, () => keys.token());
  out.url = options.deliverTo;
  const push = { ...pusher(world, out), ...invoker(world, out) };
  let people = 0;

  function person(
    given: {
      name?: string;
      email?: string | null;
      guest?: boolean;
      tenant?: string;
      locale?: string;
      timezone?: string;
      aadObjectId?: string;
    } = {},
  ): Person {
    people += 1;
    const name = given.name ?? `Person ${people}`;
    const local = name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '.');
    const domain = given.guest ? 'partner.example' : given.tenant !== undefined ? 'elsewhere.example' : world.tenantDomain;
    const email = given.email === null ? undefined : (given.email ?? `${local}@${domain}`);
    const address = email ?? `${local}@${domain}`;
    const made: Person = {
      id: `29:1${longId()}`,
      aadObjectId: given.aadObjectId ?? guid(),
      name,
      email,
      userPrincipalName: given.guest ? `${address.replace('@', '_')}#EXT#@${world.tenantDomain}` : address,
      tenantId: given.tenant ?? world.tenantId,
      userRole: given.guest ? 'guest' : 'user',
      locale: given.locale ?? 'en-US',
      timezone: given.timezone ?? 'Europe/Berlin',
    };
    world.people.set(made.id, made);
    return made;
  }

  function chat(kind: 'groupChat' | 'channel', members: Person[], given: Partial<Chat>): Chat {
    const id = kind === 'channel' ? `19:${hex(16)}@thread.tacv2` : `19:${hex(16)}@thread.v2`;
    const made: Chat = {
      id,
      kind,
      name: undefined,
      tenantId: world.tenantId,
      members: new Set(members.map((one) => one.id)),
      teamId: kind === 'channel' ? id : undefined,
      teamName: kind === 'channel' ? 'The Team' : undefined,
      teamAadGroupId: kind === 'channel' ? guid() : undefined,
      installed: true,
      rsc: false,
      ...given,
    };
    world.chats.set(made.id, made);
    return made;
  }

  function file(given: { name: string; content: Buffer | string; mimetype?: string }): StoredFile {
    const made = {
      id: guid(),
      name: given.name,
      content: Buffer.from(given.content),
      mimetype: given.mimetype ?? 'application/octet-stream',
    };
    world.files.set(made.id, made);
    return made;
  }

  const everPosted = (where: Chat | string): Message[] => {
    const held = messagesIn(world, typeof where === 'string' ? where : where.id);
    for (const message of held) expire(world, message);
    return [...held];
  };
  const messages = (where: Chat | string): Message[] => everPosted(where).filter((one) => one.deletedAt === undefined);

  return {
    appId: world.appId,
    tenantId: world.tenantId,
    password,
    botId: world.botId,
    /** Where the bot's messages go; its host and port are what `serviceHosts` allows. */
    serviceUrl: world.serviceUrl,
    serviceHost: new URL(world.serviceUrl).host,
    /** `TeamsEndpoints` of bots/teams/credentials.ts. */
    endpoints: { openIdMetadata: `${world.origin}/v1/.well-known/openidconfiguration`, login: world.loginOrigin },
    authority: `${world.loginOrigin}/${world.tenantId}`,
    /** The login's certificate, for tls.setDefaultCACertificates, and as a file for NODE_EXTRA_CA_CERTS. */
    ca: certificate.certificate,
    caFile: certificate.file,
    /** What an App Service puts into the environment of an app with a managed identity. */
    managedIdentity: { IDENTITY_ENDPOINT: `${world.origin}/msi/token`, IDENTITY_HEADER: login.identityHeader },
    world,
    limits: world.limits,
    times: world.times,
    token: keys.token,
    forgeries: keys.forgeries,
    rotateKeys: keys.rotateKeys,
    tokenRequests: login.tokenRequests,
    /** The bot's own tokens hold no longer. */
    revokeTokens: (): void => {
      for (const token of world.accessTokens.keys()) world.accessTokens.set(token, 0);
    },
    push,
    person,
    /** The personal chat of somebody and the bot, installed. */
    personalChat: (who: Person): Chat => personalChatOf(world, who, true),
    channel: ({ members, team, ...given }: { members: Person[]; team?: Chat } & Partial<Omit<Chat, 'members'>>): Chat =>
      chat('channel', members, {
        ...(team ? { teamId: team.teamId, teamName: team.teamName, teamAadGroupId: team.teamAadGroupId } : {}),
        ...given,
      }),
    groupChat: ({ members, ...given }: { members: Person[] } & Partial<Omit<Chat, 'members'>>): Chat => chat('groupChat', members, given),
    file,
    install: (where: Chat): void => void (where.installed = true),
    uninstall: (where: Chat): void => void (where.installed = false),
    deliverTo: (address: string | undefined): void => void (out.url = address),
    deliveries: out.deliveries,
    /** Shows a fault for the next call of a kind (`*` for any), or as often as told. */
    mood: (kind: MoodKind, mood: Mood, choice?: Parameters<typeof faults.add>[2]) => faults.add(kind, mood, choice),
    clearMoods: faults.clear,
    requests: world.requests,
    complaints: world.complaints,
    typings: world.typings,
    /** How often each kind was answered with 429 by the limits. */
    limited: limiter.refused,
    /** How many calls were answered with 429, by limits, streams or moods. */
    count429: (kind?: string): number =>
      world.requests.filter((one) => one.status === 429 && (kind === undefined || one.kind === kind)).length,
    calls: (kind: string): RequestRecord[] => world.requests.filter((one) => one.kind === kind),
    /** The messages that stand in a chat, oldest first. */
    messages,
    /** All messages that ever stood there, deleted ones too. */
    everPosted,
    message: (where: Chat, id: string): Message | undefined => findMessage(world, where.id, id),
    /** The bot's own messages that stand in a chat, oldest first; not the buttons under them. */
    answers: (where: Chat | string): Message[] => messages(where).filter((one) => one.own && !isButtons(one.activity)),
    /** A thread's standing replies, without its root and the buttons under answers. */
    replies: (where: Chat, rootId: string): Message[] => messages(where).filter((one) => one.rootId === rootId && !isButtons(one.activity)),
    openStreams: (): Message[] => [...world.chats.keys()].flatMap((id) => service.openStreams(id)),
    /** The card that a person sees in a message: what a press answered them, or the message's own. */
    cardOf: (who: Person, message: Message): Fields | undefined => push.shownCard(who, message),
    /** What a person reads in a message: its text, and the texts of its card. */
    reads(message: Message): string {
      const held = cardIn(message.activity);
      return [message.text, ...(held ? cardTexts(held) : [])].filter((one) => one !== '').join('\n');
    },
    cardTexts: (card: unknown): string[] => cardTexts(card),
    /** The claims that a message cites, by position. */
    citations(message: Message): Fields[] {
      const entities = Array.isArray(message.activity.entities) ? message.activity.entities.filter(isObject) : [];
      const held = entities.find((one) => one.type === 'https://schema.org/Message')?.citation;
      return Array.isArray(held) ? held.filter(isObject) : [];
    },
    /** Milliseconds from a delivery to its answer, sorted; for p99 take the item at 0.99 of the length. */
    ackTimes: (): number[] =>
      out.deliveries
        .flatMap((one) => one.attempts.flatMap((attempt) => (attempt.status === undefined ? [] : [attempt.ms])))
        .toSorted((a, b) => a - b),
    /** Waits until `look` gives something that holds, and gives it. */
    until: <T>(look: () => T, what: string, ms?: number) => waitUntil('fake Teams', look, what, ms),
    async close(): Promise<void> {
      out.close();
      for (const response of hanging) response.destroy();
      await Promise.all([shut(server), shut(secure)]);
      await certificate.remove();
    },
  };
}

export type FakeTeams = Awaited<ReturnType<typeof startFakeTeams>>;
