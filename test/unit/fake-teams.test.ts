/** That the fake Microsoft Teams is as strict as Teams: its tokens, its connector, and what it delivers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { ConfidentialClientApplication, ManagedIdentityApplication } from '@azure/msal-node';
import { ConfigurationBotFrameworkAuthentication, ConfigurationServiceClientCredentialFactory } from 'botbuilder';
import { ConnectorClient } from 'botframework-connector';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Fields } from '../fakes/slack-shape.ts';
import { activityProblems } from '../fakes/teams-activities.ts';
import { cardProblems } from '../fakes/teams-cards.ts';
import { makeCertificate } from '../fakes/teams-certificates.ts';
import { defaultLimits, meter } from '../fakes/teams-limits.ts';
import { startFakeTeams } from '../fakes/teams.ts';
import type { FakeTeams, FakeTeamsOptions } from '../fakes/teams.ts';

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(options: FakeTeamsOptions = {}): Promise<FakeTeams> {
  const teams = await startFakeTeams(options);
  closing.push(() => teams.close());
  return teams;
}

/** Until the test's end this process believes the fake's login. */
function trust(teams: FakeTeams): void {
  const before = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...before, teams.ca]);
  closing.push(() => tls.setDefaultCACertificates(before));
}

function app(teams: FakeTeams, auth: { clientSecret?: string; clientCertificate?: { thumbprintSha256: string; privateKey: string } } = {}) {
  const host = new URL(teams.authority).host;
  const proof = auth.clientCertificate ? auth : { clientSecret: auth.clientSecret ?? teams.password ?? '' };
  return new ConfidentialClientApplication({
    auth: { clientId: teams.appId, authority: teams.authority, knownAuthorities: [host], ...proof },
  });
}

async function bearer(teams: FakeTeams): Promise<string> {
  trust(teams);
  const got = await app(teams).acquireTokenByClientCredential({ scopes: ['https://api.botframework.com/.default'], skipCache: true });
  return String(got?.accessToken);
}

interface Said {
  status: number;
  body: Fields & { id?: string; error?: { code: string; message: string } };
  retryAfter: string | null;
}
type Call = (method: string, path: string, body?: unknown) => Promise<Said>;

/** Calls to the connector as plain requests. */
function caller(teams: FakeTeams, token: string): Call {
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${teams.serviceUrl}v3/conversations${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? {} : (JSON.parse(text) as Said['body']),
      retryAfter: response.headers.get('retry-after'),
    };
  };
}
const at = (conversation: string, below = 'activities'): string => `/${encodeURIComponent(conversation)}/${below}`;
const says = (text: string, more: Fields = {}): Fields => ({ type: 'message', text, ...more });

/** A chat with Anna, and a bot that may speak. */
async function office(options: FakeTeamsOptions = {}) {
  const teams = await open(options);
  const anna = teams.person({ name: 'Anna Berg' });
  return { teams, anna, chat: teams.personalChat(anna), call: caller(teams, options.anonymous ? '' : await bearer(teams)) };
}

interface Received {
  headers: Record<string, string>;
  activity: Fields & {
    id: string;
    text: string;
    conversation: Fields;
    channelData: Fields;
    entities: Fields[];
    attachments: Fields[];
    value: Fields;
  };
}
/** A bot's endpoint: what it received, and how it answers. */
async function bot(
  teams: FakeTeams,
  answer: (got: Received, n: number) => { status?: number; body?: unknown; waitMs?: number } = () => ({}),
) {
  const got: Received[] = [];
  const server = createServer((request, response) => {
    let raw = '';
    request.on('data', (part) => (raw += String(part)));
    request.on('end', () => {
      const one = { headers: request.headers as Record<string, string>, activity: JSON.parse(raw) as Received['activity'] };
      got.push(one);
      const { status = 200, body, waitMs = 0 } = answer(one, got.length);
      setTimeout(() => response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body)), waitMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => (server.closeAllConnections(), void server.close()));
  teams.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/messages`);
  return got;
}

describe('tokens of deliveries', () => {
  /** A strict bot's check, with what it found wrong. */
  async function wrong(teams: FakeTeams, token: string): Promise<string> {
    const keys = createRemoteJWKSet(new URL(`${teams.world.origin}/v1/.well-known/keys`));
    const options = { issuer: 'https://api.botframework.com', audience: teams.appId, algorithms: ['RS256'], requiredClaims: ['exp'] };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, options);
      if (protectedHeader.kid === undefined) return 'no kid';
      const published = (await (await fetch(`${teams.world.origin}/v1/.well-known/keys`)).json()) as {
        keys: { kid: string; endorsements: string[] }[];
      };
      if (!published.keys.find((one) => one.kid === protectedHeader.kid)?.endorsements.includes('msteams')) return 'not endorsed';
      return payload.serviceurl === teams.serviceUrl ? 'nothing' : 'serviceurl';
    } catch (error) {
      const { code, claim, reason } = error as { code: string; claim?: string; reason?: string };
      return [code, claim, reason].filter((one) => one !== undefined).join(' ');
    }
  }

  test('the genuine one holds, and each forgery is wrong in the way that its name says', async () => {
    const teams = await open();
    expect(await wrong(teams, await teams.token())).toBe('nothing');
    const found: Record<string, string> = {};
    for (const [name, token] of Object.entries(await teams.forgeries())) found[name] = await wrong(teams, token);
    const signature = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
    const claim = (name: string) => `ERR_JWT_CLAIM_VALIDATION_FAILED ${name} check_failed`;
    expect(found).toEqual({
      'bad signature': signature,
      'no real signature': signature,
      tampered: signature,
      'alg none': 'ERR_JOSE_ALG_NOT_ALLOWED',
      HS256: 'ERR_JOSE_ALG_NOT_ALLOWED',
      'wrong audience': claim('aud'),
      'no audience': 'ERR_JWT_CLAIM_VALIDATION_FAILED aud missing',
      'wrong issuer': claim('iss'),
      'no issuer': 'ERR_JWT_CLAIM_VALIDATION_FAILED iss missing',
      expired: 'ERR_JWT_EXPIRED exp check_failed',
      'not yet valid': claim('nbf'),
      'no exp': 'ERR_JWT_CLAIM_VALIDATION_FAILED exp missing',
      'no serviceurl': 'serviceurl',
      'foreign serviceurl': 'serviceurl',
      'no kid': 'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
      'unknown kid': 'ERR_JWKS_NO_MATCHING_KEY',
      'key of another channel': 'not endorsed',
      'emulator token': claim('iss'),
      "the login's own key": 'ERR_JWKS_NO_MATCHING_KEY',
      "emulator token of the login's own key": 'ERR_JWKS_NO_MATCHING_KEY',
      'skill token': claim('iss'),
      "skill token of the login's own key": 'ERR_JWKS_NO_MATCHING_KEY',
      'no token at all': 'ERR_JWS_INVALID',
      'one part': 'ERR_JWS_INVALID',
    });
  });

  test("botbuilder's own check takes the genuine token, and the old key's after a rotation, until that is dropped", async () => {
    const teams = await open();
    const settings = {
      MicrosoftAppId: teams.appId,
      MicrosoftAppPassword: 'x',
      MicrosoftAppTenantId: teams.tenantId,
      MicrosoftAppType: 'SingleTenant',
    };
    const check = async (token: string): Promise<string> => {
      // A new address each time, since it keeps the keys for an hour by address.
      const metadata = `${teams.endpoints.openIdMetadata}?${Math.random()}`;
      const names = { ...settings, ToBotFromChannelOpenIdMetadataUrl: metadata, ...issuers };
      const auth = new ConfigurationBotFrameworkAuthentication(names, new ConfigurationServiceClientCredentialFactory(settings));
      const activity = { channelId: 'msteams', serviceUrl: teams.serviceUrl };
      return auth.authenticateRequest(activity as never, `Bearer ${token}`).then(
        () => 'taken',
        (error: Error) => error.message,
      );
    };
    const silent = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    closing.push(() => silent.mockRestore());
    expect(await check(await teams.token())).toBe('taken');
    await teams.rotateKeys();
    expect(await check(await teams.token())).toBe('taken');
    expect(await check(await teams.token({ key: 'previous' }))).toBe('taken');
    expect(await check(await teams.token({ key: 'unendorsed' }))).toMatch(/endorsement/u);
    await teams.rotateKeys({ dropOld: true });
    expect(await check(await teams.token({ key: 'previous' }))).toMatch(/Signing Key/u);
    expect(await check(await teams.token())).toBe('taken');
  });
  const issuers = {
    ToChannelFromBotLoginUrl: 'https://login.microsoftonline.com/botframework.com',
    ToChannelFromBotOAuthScope: 'https://api.botframework.com',
    ToBotFromChannelTokenIssuer: 'https://api.botframework.com',
    ToBotFromEmulatorOpenIdMetadataUrl: 'http://127.0.0.1:9/',
    OAuthUrl: 'http://127.0.0.1:9/',
    ValidateAuthority: 'true',
  };

  test('thousands of forgeries are cheap to make, each with a directory of its own', async () => {
    const teams = await open();
    const made = await Promise.all(Array.from({ length: 1000 }, (_, n) => teams.token({ forge: 'garbage', claims: { tid: `t${n}` } })));
    expect(new Set(made).size).toBe(1000);
    expect(await wrong(teams, made[7]!)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });
});

describe('the login', () => {
  const scopes = ['https://api.botframework.com/.default'];
  const failure = (asked: Promise<unknown>) =>
    asked.then(
      () => 'granted',
      (error: { errorCode?: string }) => error.errorCode,
    );

  test('a secret gets a token, a wrong one and a wrong scope do not', async () => {
    const teams = await open();
    trust(teams);
    expect(await app(teams).acquireTokenByClientCredential({ scopes })).toMatchObject({ tokenType: 'Bearer' });
    expect(await failure(app(teams, { clientSecret: 'another' }).acquireTokenByClientCredential({ scopes }))).toBe('invalid_client');
    expect(teams.tokenRequests.map(({ by, granted }) => [by, granted])).toEqual([
      ['secret', true],
      ['secret', false],
    ]);
    expect(teams.complaints).toEqual([]);
    const graph = ['https://graph.microsoft.com/.default'];
    expect(await failure(app(teams).acquireTokenByClientCredential({ scopes: graph }))).toBe('invalid_scope');
    expect(teams.complaints).toEqual([expect.stringContaining('AADSTS70011')]);
    await expect(fetch(`${teams.authority}/other`).then((one) => one.status)).resolves.toBe(404);
  });

  test('a certificate gets one by its signature, and a secret no longer does', async () => {
    const [mine, other] = [await makeCertificate('rsa', 'mine'), await makeCertificate('rsa', 'other')];
    closing.push(mine.remove, other.remove);
    const teams = await open({ certificate: mine.certificate });
    trust(teams);
    const by = (thumbprintSha256: string, privateKey: string) =>
      failure(app(teams, { clientCertificate: { thumbprintSha256, privateKey } }).acquireTokenByClientCredential({ scopes }));
    expect(await by(mine.thumbprintSha256, mine.privateKey)).toBe('granted');
    expect(await by(other.thumbprintSha256, other.privateKey)).toBe('invalid_client');
    expect(await by(mine.thumbprintSha256, other.privateKey)).toBe('invalid_client');
    expect(await failure(app(teams, { clientSecret: 'x' }).acquireTokenByClientCredential({ scopes }))).toBe('invalid_client');
  });

  test('a managed identity gets one on its own machine', async () => {
    const teams = await open({ appType: 'UserAssignedMSI' });
    for (const [name, value] of Object.entries(teams.managedIdentity)) vi.stubEnv(name, value);
    closing.push(() => void vi.unstubAllEnvs());
    const identity = new ManagedIdentityApplication({ managedIdentityIdParams: { userAssignedClientId: teams.appId } });
    const { accessToken } = await identity.acquireToken({ resource: 'https://api.botframework.com' });
    const chat = teams.personalChat(teams.person());
    expect((await caller(teams, accessToken)('POST', at(chat.id), says('hello'))).status).toBe(201);
    expect(teams.tokenRequests).toMatchObject([{ by: 'managed identity', granted: true }]);
  });

  test('it can be away, refuse or hang', async () => {
    const teams = await open();
    trust(teams);
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: teams.appId,
      client_secret: teams.password!,
      scope: scopes[0]!,
    });
    const ask = () => fetch(`${teams.authority}/oauth2/v2.0/token`, { method: 'POST', body, signal: AbortSignal.timeout(1000) });
    teams.mood('token', { type: 'status', status: 503 });
    expect((await ask()).status).toBe(503);
    teams.mood('token', { type: 'status', status: 401, body: { error: 'invalid_client', error_description: 'AADSTS7000222: expired' } });
    expect(await (await ask()).json()).toMatchObject({ error: 'invalid_client' });
    teams.mood('token', { type: 'hang' });
    await expect(ask()).rejects.toThrow(/timeout/u);
    expect((await ask()).status).toBe(200);
  });
});

describe('the connector', () => {
  test("botbuilder's client sends, replies, edits and deletes, and every version is kept", async () => {
    const { teams, chat } = await office();
    const token = await bearer(teams);
    const client = new ConnectorClient(
      {
        signRequest: async (request: { headers: { set(name: string, value: string): void } }) => (
          request.headers.set('authorization', `Bearer ${token}`),
          request
        ),
      } as never,
      { baseUri: teams.serviceUrl },
    );
    const sent = await client.conversations.sendToConversation(chat.id, says('one') as never);
    await client.conversations.replyToActivity(chat.id, sent.id, says('two') as never);
    await client.conversations.updateActivity(chat.id, sent.id, says('one, edited') as never);
    expect(teams.messages(chat).map((one) => one.text)).toEqual(['one, edited', 'two']);
    await client.conversations.deleteActivity(chat.id, sent.id);
    expect(teams.messages(chat).map((one) => one.text)).toEqual(['two']);
    expect(teams.everPosted(chat)[0]?.versions.map(({ how, activity }) => [how, activity.text])).toEqual([
      ['posted', 'one'],
      ['edited', 'one, edited'],
      ['deleted', 'one, edited'],
    ]);
    await expect(client.conversations.updateActivity(chat.id, sent.id, says('again') as never)).rejects.toMatchObject({
      statusCode: 404,
      code: 'ActivityNotFoundInConversation',
    });
    expect(teams.complaints).toEqual([]);
  });

  test('who may not, and what is not there, is refused', async () => {
    const { teams, anna, chat, call } = await office();
    const stranger = caller(teams, 'eyJ.other.token');
    expect(await stranger('POST', at(chat.id), says('hello'))).toMatchObject({ status: 401 });
    expect(await call('POST', at('a:nowhere'), says('hello'))).toMatchObject({
      status: 404,
      body: { error: { code: 'ConversationNotFound' } },
    });
    expect(await call('POST', at(chat.id, 'activities/17'), says('hello'))).toMatchObject({
      status: 404,
      body: { error: { code: 'ActivityNotFoundInConversation' } },
    });
    expect(await call('PATCH', at(chat.id), says('hello'))).toMatchObject({ status: 404 });
    expect(teams.complaints).toHaveLength(4);
    teams.uninstall(chat);
    expect(await call('POST', at(chat.id), says('hello'))).toMatchObject({
      status: 403,
      body: { error: { code: 'BotNotInConversationRoster' } },
    });
    teams.install(chat);
    teams.revokeTokens();
    expect(await call('POST', at(chat.id), says('hello'))).toMatchObject({ status: 401 });
    expect(teams.complaints).toHaveLength(4);
    const got = await bot(teams);
    const theirs = await teams.push.message({ from: anna, chat, text: 'mine' });
    const again = caller(teams, await bearer(teams));
    expect(got).toHaveLength(1);
    expect(await again('PUT', at(chat.id, `activities/${theirs.message.id}`), says('not yours'))).toMatchObject({ status: 403 });
  });

  test('a personal chat is opened with who has the app, by either id, and nobody else', async () => {
    const { teams, call } = await office();
    const [ben, eve] = [teams.person({ name: 'Ben' }), teams.person({ name: 'Eve' })];
    teams.channel({ members: [ben] });
    const opening = (id: string, tenantId: string | undefined = teams.tenantId) => ({
      isGroup: false,
      bot: { id: teams.botId },
      members: [{ id }],
      tenantId,
      channelData: { tenant: { id: tenantId } },
    });
    const first = await call('POST', '', opening(ben.aadObjectId));
    expect(first).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^a:/u) } });
    expect((await call('POST', '', opening(ben.id))).body.id).toBe(first.body.id);
    expect((await call('POST', at(first.body.id!), says('hello'))).status).toBe(201);
    expect(await call('POST', '', opening(eve.id))).toMatchObject({ status: 403 });
    expect(teams.complaints).toEqual([]);
    expect(await call('POST', '', opening(ben.id, 'another-tenant'))).toMatchObject({ status: 400 });
    expect(await call('POST', '', { ...opening(ben.id), members: [{ id: ben.id }, { id: eve.id }] })).toMatchObject({ status: 400 });
  });

  test('a channel has threads: a post begins one, and one is begun by createConversation too', async () => {
    const { teams, anna, call } = await office();
    const channel = teams.channel({ members: [anna] });
    const root = await call('POST', at(channel.id), says('root'));
    await call('POST', at(`${channel.id};messageid=${root.body.id}`), says('reply'));
    expect(teams.replies(channel, root.body.id!).map((one) => one.text)).toEqual(['reply']);
    const made = await call('POST', '', { isGroup: true, channelData: { channel: { id: channel.id } }, activity: says('another root') });
    expect(made.body.id).toBe(`${channel.id};messageid=${String(made.body.activityId)}`);
    expect(teams.messages(channel).map((one) => one.rootId)).toEqual([undefined, root.body.id, undefined]);
    expect(await call('POST', at(`${channel.id};messageid=17`), says('nowhere'))).toMatchObject({ status: 404 });
    const reply = teams.replies(channel, root.body.id!)[0]!;
    expect(
      await call('PUT', at(`${channel.id};messageid=${String(made.body.activityId)}`, `activities/${reply.id}`), says('other thread')),
    ).toMatchObject({ status: 404 });
  });

  test('members come page by page, and one by either id, with guests told apart', async () => {
    const { teams, anna, call } = await office({ memberPage: 2 });
    const guest = teams.person({ name: 'Gus Guest', guest: true });
    const noMail = teams.person({ email: null });
    const channel = teams.channel({ members: [anna, guest, noMail] });
    const first = await call('GET', at(channel.id, 'pagedmembers?pageSize=200'));
    expect(first.body.members).toHaveLength(2);
    const second = await call('GET', at(channel.id, `pagedmembers?pageSize=200&continuationToken=${String(first.body.continuationToken)}`));
    expect(second.body).toEqual({ members: [expect.not.objectContaining({ email: expect.anything() })] });
    expect(await call('GET', at(channel.id, 'pagedmembers?continuationToken=other'))).toMatchObject({ status: 400 });
    expect(await call('GET', at(channel.id, `members/${guest.aadObjectId}`))).toMatchObject({
      body: { id: guest.id, userRole: 'guest', userPrincipalName: expect.stringContaining('#EXT#') },
    });
    expect(await call('GET', at(channel.id, `members/${encodeURIComponent(anna.id)}`))).toMatchObject({
      body: { email: 'anna.berg@the-company.example', tenantId: teams.tenantId },
    });
    expect(await call('GET', at(channel.id, `members/${teams.person().id}`))).toMatchObject({ status: 404 });
    expect((await call('GET', at(channel.id, 'members'))).body).toHaveLength(3);
  });
});

describe('the shape of what a bot sends', () => {
  const claim = (position: number, more: Fields = {}) => ({
    '@type': 'Claim',
    position,
    appearance: { '@type': 'DigitalDocument', name: 'Travel', abstract: 'Days', ...more },
  });
  const root = (more: Fields = {}) => ({
    type: 'https://schema.org/Message',
    '@type': 'Message',
    '@context': 'https://schema.org',
    '@id': '',
    ...more,
  });
  const cited = (text: string, ...citation: Fields[]) =>
    says(text, { entities: [root({ additionalType: ['AIGeneratedContent'], citation })] });
  const card = (...body: Fields[]) => ({ type: 'AdaptiveCard', version: '1.5', body });
  const withCard = (content: Fields) => says('', { attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] });

  test('an answer with citations, a label and thumbs is taken as it is', async () => {
    const { teams, chat, call } = await office();
    const answer = {
      ...cited('30 days [1]. Or 20 [2], not \\[3\\].', claim(1, { url: 'https://wiki.example/a', keywords: ['Leave'] }), claim(2)),
      channelData: { feedbackLoop: { type: 'default' } },
    };
    expect((await call('POST', at(chat.id), answer)).status).toBe(201);
    expect(teams.messages(chat)[0]?.activity).toEqual(answer);
    expect(teams.citations(teams.messages(chat)[0]!)).toHaveLength(2);
    expect(teams.complaints).toEqual([]);
  });

  test.each<[string, Fields, RegExp]>([
    [
      'an entity that has lost its fields',
      says('a [1]', { entities: [{ type: 'https://schema.org/Message' }] }),
      /missing required field: @type/u,
    ],
    ['an unknown entity', says('a', { entities: [{ type: 'other' }] }), /unsupported type/u],
    ['two root messages', says('a', { entities: [root(), root()] }), /Multiple root/u],
    ['a citation that the text lacks', cited('30 days.', claim(1)), /does not have \[1\]/u],
    ['a number without a citation', cited('30 [1] [2]', claim(1)), /has \[2\]/u],
    ['a position twice', cited('30 [1]', claim(1), claim(1)), /same position/u],
    [
      '21 citations',
      cited(Array.from({ length: 21 }, (_, n) => `[${n + 1}]`).join(' '), ...Array.from({ length: 21 }, (_, n) => claim(n + 1))),
      /no more than 20/u,
    ],
    ['a long name', cited('[1]', claim(1, { name: 'n'.repeat(81) })), /less than 81/u],
    ['a long abstract', cited('[1]', claim(1, { abstract: 'n'.repeat(161) })), /less than 161/u],
    ['four keywords', cited('[1]', claim(1, { keywords: ['a', 'b', 'c', 'd'] })), /no more than 3/u],
    ['a long keyword', cited('[1]', claim(1, { keywords: ['k'.repeat(29)] })), /less than 29/u],
    ['a script as an address', cited('[1]', claim(1, { url: 'javascript:alert(1)' })), /http or https/u],
    ['an unknown field', says('a', { colour: 'red' }), /invalid additional property: colour/u],
    ['nothing at all', says(''), /neither text nor attachments/u],
    ['other thumbs', says('a', { channelData: { feedbackLoop: { type: 'other' } } }), /valid enum/u],
    [
      'a mention that the text lacks',
      says('a', { entities: [{ type: 'mention', text: '<at>Ben</at>', mentioned: { id: '29:1' } }] }),
      /does not have <at>Ben/u,
    ],
    [
      'seven suggestions',
      says('a', { suggestedActions: { actions: Array.from({ length: 7 }, () => ({ type: 'imBack', title: 'a', value: 'a' })) } }),
      /no more than 6/u,
    ],
    ['another attachment', says('a', { attachments: [{ contentType: 'text/html', content: '<b>' }] }), /valid enum/u],
    ['a card of a later version', withCard({ ...card(), version: '1.6' }), /up to 1.5/u],
    ['an unknown element', withCard(card({ type: 'Blink', text: 'a' })), /unsupported type: Blink/u],
    ['an unknown field of an element', withCard(card({ type: 'TextBlock', text: 'a', colour: 'red' })), /colour/u],
    [
      'an action without a verb',
      withCard({ ...card(), actions: [{ type: 'Action.Execute', title: 'a' }] }),
      /missing required field: verb/u,
    ],
    ['an unknown action', withCard({ ...card(), actions: [{ type: 'Action.Http', title: 'a' }] }), /unsupported type/u],
    ['a link to a script', withCard({ ...card(), actions: [{ type: 'Action.OpenUrl', url: 'javascript:1' }] }), /http or https/u],
    ['an id twice', withCard(card({ type: 'Input.Text', id: 'a' }, { type: 'Input.Text', id: 'a' })), /stands twice/u],
    [
      'a fault deep inside',
      withCard(card({ type: 'ColumnSet', columns: [{ type: 'Column', items: [{ type: 'TextBlock' }] }] })),
      /body\/0\/columns\/0\/items\/0/u,
    ],
  ])('%s is refused', (_name, activity, problem) => {
    expect(activityProblems(activity).join('\n')).toMatch(problem);
  });

  test('a fault is told with 400 and complained of; sizes with 413; suggestions outside a personal chat with 400', async () => {
    const { teams, anna, chat, call } = await office();
    expect(await call('POST', at(chat.id), says('a', { colour: 'red' }))).toMatchObject({
      status: 400,
      body: { error: { code: 'BadSyntax' } },
    });
    expect(teams.complaints).toEqual([expect.stringContaining('invalid additional property: colour')]);
    const fits = says('x'.repeat(50 * 1024));
    expect((await call('POST', at(chat.id), says('x'.repeat(51 * 1024)))).body.error).toMatchObject({ code: 'MessageSizeTooBig' });
    expect((await call('POST', at(chat.id), { ...fits, text: String(fits.text).slice(100) })).status).toBe(201);
    const big = withCard(card({ type: 'TextBlock', text: 'x'.repeat(28 * 1024) }));
    expect((await call('POST', at(chat.id), big)).status).toBe(413);
    const suggestion = says('a', { suggestedActions: { actions: [{ type: 'imBack', title: 'a', value: 'a' }] } });
    expect((await call('POST', at(chat.id), suggestion)).status).toBe(201);
    expect((await call('POST', at(teams.groupChat({ members: [anna] }).id), suggestion)).status).toBe(400);
    const ben = teams.person({ name: 'Ben' });
    const naming = says('<at>Ben</at>', { entities: [{ type: 'mention', text: '<at>Ben</at>', mentioned: { id: ben.id, name: 'Ben' } }] });
    expect((await call('POST', at(chat.id), naming)).status).toBe(400);
  });

  test('a card with everything that a form needs has no fault', () => {
    const form = {
      ...card(
        { type: 'TextBlock', text: 'Add a source', weight: 'Bolder', size: 'Medium', wrap: true, style: 'heading' },
        {
          type: 'Input.ChoiceSet',
          id: 'kind',
          label: 'Kind',
          isRequired: true,
          errorMessage: 'Choose',
          choices: [{ title: 'Wiki', value: 'wiki' }],
        },
        {
          type: 'ColumnSet',
          columns: [{ type: 'Column', width: 'stretch', items: [{ type: 'FactSet', facts: [{ title: 'a', value: 'b' }] }] }],
        },
        {
          type: 'ActionSet',
          actions: [
            {
              type: 'Action.ShowCard',
              title: 'More',
              card: card({ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'x', highlight: true }] }),
            },
          ],
        },
      ),
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      actions: [{ type: 'Action.Execute', verb: 'docent.add', title: 'Add', data: { id: 1 }, style: 'positive' }],
      msteams: { width: 'Full' },
    };
    expect(cardProblems(form)).toEqual([]);
  });
});

describe('a stream', () => {
  const times = { chunkMs: 40 };
  const chunk = (text: string, streamSequence: number, streamId?: string, streamType = 'streaming', more: Fields = {}): Fields => ({
    type: 'typing',
    text,
    entities: [{ type: 'streaminfo', streamType, streamSequence, ...(streamId ? { streamId } : {}) }],
    ...more,
  });
  const final = (text: string, streamId: string, more: Fields = {}): Fields =>
    says(text, { entities: [{ type: 'streaminfo', streamType: 'final', streamId, ...more }] });
  const pause = () => new Promise((resolve) => setTimeout(resolve, times.chunkMs + 5));
  const code = ({ status, body }: Said) => [status, body.error?.code];

  test('grows from what it says it does, and stands as one message', async () => {
    const { teams, chat, call } = await office({ times });
    const first = await call('POST', at(chat.id), chunk('Searching …', 1, undefined, 'informative'));
    expect(first).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    const id = first.body.id!;
    expect(teams.messages(chat)).toMatchObject([{ id, text: '', informative: 'Searching …', streaming: 'open' }]);
    await pause();
    expect(await call('POST', at(chat.id), chunk('A brown', 2, id))).toMatchObject({ status: 202, body: {} });
    await pause();
    expect((await call('POST', at(chat.id), chunk('A brown fox', 5, id))).status).toBe(202);
    expect(teams.openStreams()).toHaveLength(1);
    expect((await call('POST', at(chat.id), final('A brown fox jumps.', id))).status).toBe(202);
    expect(teams.messages(chat)).toMatchObject([{ id, text: 'A brown fox jumps.', informative: undefined, streaming: 'final' }]);
    expect(teams.messages(chat)[0]?.versions.map((one) => one.how)).toEqual(['streamed', 'streamed', 'streamed', 'final']);
    expect(teams.complaints).toEqual([]);
    expect(code(await call('POST', at(chat.id), final('A brown fox jumps.', id)))).toEqual([403, 'ContentStreamNotAllowed']);
    expect(teams.complaints).toEqual([]);
    expect(code(await call('POST', at(chat.id), chunk('A brown fox jumps. More', 6, id)))).toEqual([403, 'ContentStreamNotAllowed']);
    expect(teams.complaints).toEqual([expect.stringContaining('already completed')]);
    expect((await call('PUT', at(chat.id, `activities/${id}`), says('edited'))).status).toBe(200);
  });

  test('is refused where it breaks a rule', async () => {
    const { teams, anna, chat, call } = await office({ times: { chunkMs: 400 }, limits: { send: false } });
    const send = async (activity: Fields, where = chat) => code(await call('POST', at(where.id), activity));
    expect(await send(chunk('a', 1), teams.groupChat({ members: [anna] }))).toEqual([403, 'ContentStreamNotAllowed']);
    expect(await send(chunk('', 1))).toEqual([400, 'BadRequest']);
    expect(await send(chunk('a', 2))).toEqual([400, 'BadRequest']);
    expect(await send(chunk('x'.repeat(1001), 1, undefined, 'informative'))).toEqual([400, 'BadRequest']);
    expect(await send(chunk('a', 1, undefined, 'final'))).toEqual([400, 'BadRequest']);
    expect(await send(chunk('a', 1, undefined, 'streaming', { attachments: [] }))).toEqual([400, 'BadSyntax']);
    expect(await send(chunk('a', 1, undefined, 'streaming', { channelData: { feedbackLoop: { type: 'default' } } }))).toEqual([
      400,
      'BadSyntax',
    ]);
    const { id } = (await call('POST', at(chat.id), chunk('A brown', 1))).body;
    expect(await send(chunk('A brown fox', 2, id))).toEqual([429, 'TooManyRequests']);
    await new Promise((resolve) => setTimeout(resolve, 410));
    expect(await send(chunk('Hello', 2, id))).toEqual([400, 'BadRequest']);
    expect(await send(chunk('A brown fox', 1, id))).toEqual([202, 'ContentStreamSequenceOrderPreConditionFailed']);
    expect(await send(chunk('A brown', 2, '17'))).toEqual([400, 'BadRequest']);
    expect(await send(final('A brown fox', id!, { streamSequence: 3 }))).toEqual([400, 'BadRequest']);
    expect(await send(final('Hello', id!))).toEqual([400, 'BadRequest']);
    expect(await send(says('A brown', { entities: [{ type: 'streaminfo', streamType: 'final' }] }))).toEqual([400, 'BadRequest']);
    expect(teams.complaints).toHaveLength(14);
    expect(await send(chunk('another', 1))).toEqual([403, 'ContentStreamNotAllowed']);
    expect(code(await call('PUT', at(chat.id, `activities/${id}`), says('edited')))).toEqual([403, 'ContentStreamNotAllowed']);
    expect((await call('POST', at(chat.id), says('a plain message beside it'))).status).toBe(201);
    expect(teams.complaints).toHaveLength(14);
  });

  test('ends by the person, who tells nobody, and by the clock; then another may begin', async () => {
    const { teams, chat, call } = await office({ times: { chunkMs: 0, streamMs: 400 } });
    const first = (await call('POST', at(chat.id), chunk('A', 1))).body.id!;
    teams.push.stop(teams.message(chat, first)!);
    expect((await call('POST', at(chat.id), chunk('A b', 2, first))).body.error).toEqual({
      code: 'ContentStreamNotAllowed',
      message: 'Content stream was canceled by user.',
    });
    const second = (await call('POST', at(chat.id), chunk('B', 1))).body.id!;
    await new Promise((resolve) => setTimeout(resolve, 410));
    expect((await call('POST', at(chat.id), final('B c', second))).body.error?.message).toMatch(/exceeded streaming time/u);
    expect((await call('POST', at(chat.id), chunk('C', 1))).status).toBe(201);
    expect(teams.messages(chat).map((one) => one.streaming)).toEqual(['stopped by user', 'expired', 'open']);
    expect(teams.complaints).toEqual([]);
  });

  test('typing without a stream is no message', async () => {
    const { teams, anna, call } = await office();
    const group = teams.groupChat({ members: [anna] });
    expect((await call('POST', at(group.id), { type: 'typing' })).status).toBe(201);
    expect(teams.messages(group)).toEqual([]);
    expect(teams.typings).toHaveLength(1);
  });
});

describe('limits and faults', () => {
  test('seven sends a second in one conversation, edits among them, and another is not held up', async () => {
    const { teams, anna, chat, call } = await office({ limits: { secondMs: 20_000 } });
    const { id } = (await call('POST', at(chat.id), says('1'))).body;
    const edits = await Promise.all(Array.from({ length: 7 }, (_, n) => call('PUT', at(chat.id, `activities/${id}`), says(`${n}`))));
    const refused = edits.filter((one) => one.status === 429);
    expect(refused).toMatchObject([
      { body: { error: { message: 'API calls quota exceeded' } }, retryAfter: expect.stringMatching(/^(1\d|20)$/u) },
    ]);
    expect((await call('POST', at(teams.groupChat({ members: [anna] }).id), says('1'))).status).toBe(201);
    expect([teams.count429('update'), teams.limited]).toEqual([1, { send: 1 }]);
    expect(teams.complaints).toEqual([]);
  });

  test('the longer windows hold too, and a 429 may come without Retry-After', async () => {
    const { teams, chat, call } = await office({ limits: { send: [[60, 1]], retryAfter: false } });
    await call('POST', at(chat.id), says('1'));
    expect(await call('POST', at(chat.id), says('2'))).toMatchObject({ status: 429, retryAfter: null });
    vi.useFakeTimers();
    closing.push(() => void vi.useRealTimers());
    const limiter = meter({ ...defaultLimits });
    const taken = (): boolean => limiter.take('send', 'a') === 0;
    expect(Array.from({ length: 8 }, taken)).toEqual([...Array.from({ length: 7 }, () => true), false]);
    vi.advanceTimersByTime(1000);
    expect([taken(), taken()]).toEqual([true, false]);
    let sent = 8;
    for (let second = 2; second < 30; second += 1) {
      vi.advanceTimersByTime(1000);
      for (let n = 0; n < 4; n += 1) if (taken()) sent += 1;
    }
    expect(sent).toBe(60);
    expect(teams.complaints).toEqual([]);
  });

  test('a fault is shown before or after what was asked took effect, as often as told', async () => {
    const { teams, chat, call } = await office();
    teams.mood('send', { type: 'status', status: 429, retryAfter: 3 });
    teams.mood('send', { type: 'status', status: 412 });
    teams.mood('send', { type: 'status', status: 502, when: 'after' });
    teams.mood('send', { type: 'cut', when: 'after' });
    expect(await call('POST', at(chat.id), says('1'))).toMatchObject({ status: 429, retryAfter: '3' });
    expect(await call('POST', at(chat.id), says('2'))).toMatchObject({ status: 412, retryAfter: null });
    expect(teams.messages(chat)).toEqual([]);
    expect(await call('POST', at(chat.id), says('3'))).toMatchObject({ status: 502 });
    await expect(call('POST', at(chat.id), says('4'))).rejects.toThrow(/fetch failed/u);
    expect(teams.messages(chat).map((one) => one.text)).toEqual(['3', '4']);
    const slow = teams.mood(
      '*',
      { type: 'slow', ms: 60 },
      { times: 2, skip: 1, match: ({ text, conversationId }) => text !== 'now' && conversationId === chat.id },
    );
    expect((await call('POST', at(chat.id), says('5'))).status).toBe(201);
    const began = performance.now();
    await call('POST', at(chat.id), says('6'));
    expect(performance.now() - began).toBeGreaterThan(55);
    await call('POST', at(chat.id), says('now'));
    expect(slow.shown()).toBe(1);
    teams.clearMoods();
    teams.mood('send', { type: 'hang', when: 'after' });
    const hung = call('POST', at(chat.id), says('7'));
    hung.catch(() => undefined);
    await teams.until(() => teams.messages(chat).at(-1)?.text === '7', 'the message that hangs');
    expect(teams.calls('send').at(-1)).toMatchObject({ status: 0 });
    expect(teams.complaints).toEqual([]);
  });
});

describe('what people do', () => {
  const card = {
    type: 'AdaptiveCard',
    version: '1.5',
    body: [{ type: 'Input.Text', id: 'why', label: 'Why', isRequired: true }],
    actions: [
      { type: 'Action.Execute', verb: 'docent.why', title: 'Why?', data: { id: '1' } },
      { type: 'Action.Execute', verb: 'docent.show', title: 'One', data: { id: '1' }, associatedInputs: 'none' },
      { type: 'Action.Execute', verb: 'docent.show', title: 'Two', data: { id: '2' }, associatedInputs: 'none' },
    ],
  };
  const asCard = { attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }] };

  test('a question in a personal chat comes with a genuine token, and who and where it is from', async () => {
    const { teams, anna, chat } = await office();
    const got = await bot(teams, () => ({ status: 202 }));
    const sent = await teams.push.message({ from: anna, chat, text: 'how many <days>?' });
    expect(sent).toMatchObject({ status: 202, message: { text: 'how many <days>?', own: false } });
    const [{ headers, activity }] = got as [Received];
    await jwtVerify(headers.authorization!.slice(7), createRemoteJWKSet(new URL(`${teams.world.origin}/v1/.well-known/keys`)));
    expect(activity).toMatchObject({
      type: 'message',
      channelId: 'msteams',
      serviceUrl: teams.serviceUrl,
      from: { id: anna.id, aadObjectId: anna.aadObjectId },
      conversation: { conversationType: 'personal', id: chat.id, tenantId: teams.tenantId },
      recipient: { id: teams.botId },
      channelData: { tenant: { id: teams.tenantId } },
      text: 'how many <days>?',
      localTimestamp: expect.stringMatching(/[+]0[12]:00$/u),
      attachments: [{ contentType: 'text/html', content: '<div><div>how many &lt;days&gt;?</div></div>' }],
      entities: [{ type: 'clientInfo', locale: 'en-US', country: 'US', timezone: 'Europe/Berlin' }],
    });
    expect(new Date(String(activity.localTimestamp)).toISOString()).toBe(activity.timestamp);
  });

  test('in a channel it names the bot and the thread, in a reply the root; without consent nothing else is delivered', async () => {
    const { teams, anna } = await office();
    const got = await bot(teams);
    const ben = teams.person({ name: 'Ben' });
    const channel = teams.channel({ members: [anna, ben] });
    const { message } = await teams.push.message({ from: anna, chat: channel, text: 'how many days?' });
    await teams.push.message({ from: ben, chat: channel, text: 'and nights?', mentions: [anna], replyTo: message.id });
    const [root, reply] = got.map((one) => one.activity);
    expect(root).toMatchObject({
      id: message.id,
      text: '<at>Docent</at> how many days?',
      conversation: { id: `${channel.id};messageid=${message.id}`, conversationType: 'channel', isGroup: true },
      channelData: { team: { id: channel.teamId }, channel: { id: channel.id }, tenant: { id: teams.tenantId } },
    });
    expect(reply).toMatchObject({
      replyToId: message.id,
      conversation: { id: `${channel.id};messageid=${message.id}` },
      text: '<at>Docent</at> and nights? <at>Anna Berg</at>',
    });
    expect(reply?.entities.filter((one) => one.type === 'mention')).toEqual([
      { type: 'mention', text: '<at>Docent</at>', mentioned: { id: teams.botId, name: 'Docent' } },
      { type: 'mention', text: '<at>Anna Berg</at>', mentioned: { id: anna.id, name: 'Anna Berg' } },
    ]);
    await expect(teams.push.message({ from: anna, chat: channel, text: 'lunch?', mention: false })).rejects.toThrow(/rsc/u);
    channel.rsc = true;
    await teams.push.message({ from: anna, chat: channel, text: 'lunch?', mention: false });
    expect(got.at(-1)?.activity).toMatchObject({ text: 'lunch?', entities: [{ type: 'clientInfo' }] });
    await expect(teams.push.message({ from: teams.person(), chat: channel, text: 'hm' })).rejects.toThrow(/not in the chat/u);
    teams.uninstall(channel);
    await expect(teams.push.message({ from: anna, chat: channel, text: 'hm' })).rejects.toThrow(/deliver nothing/u);
  });

  test('edits, deletions and restorations are told with the same id', async () => {
    const { teams, anna } = await office();
    const got = await bot(teams);
    const channel = teams.channel({ members: [anna] });
    const { message } = await teams.push.message({ from: anna, chat: channel, text: 'how many days?' });
    await teams.push.edit(message, 'how many nights?');
    expect(teams.messages(channel).map((one) => one.text)).toEqual(['<at>Docent</at> how many nights?']);
    await teams.push.remove(message);
    expect(teams.messages(channel)).toEqual([]);
    await teams.push.undelete(message);
    expect(teams.messages(channel)).toHaveLength(1);
    expect(got.map(({ activity }) => [activity.type, activity.channelData.eventType, activity.text, activity.id === message.id])).toEqual([
      ['message', undefined, '<at>Docent</at> how many days?', true],
      ['messageUpdate', 'editMessage', '<at>Docent</at> how many nights?', true],
      ['messageDelete', 'softDeleteMessage', undefined, true],
      ['messageUpdate', 'undeleteMessage', '<at>Docent</at> how many nights?', true],
    ]);
    expect(got.every(({ activity }) => activity.conversation.id === `${channel.id};messageid=${message.id}`)).toBe(true);
  });

  test('the bot is put into a chat and taken out', async () => {
    const { teams, anna, chat } = await office();
    const got = await bot(teams);
    const channel = teams.channel({ members: [anna], installed: false });
    await teams.push.installed(channel, anna);
    await teams.push.uninstalled(channel, anna);
    await teams.push.uninstalled(chat, anna);
    expect(
      got.map(({ activity }) => [activity.type, activity.action ?? Object.keys(activity).find((name) => name.startsWith('members'))]),
    ).toEqual([
      ['conversationUpdate', 'membersAdded'],
      ['installationUpdate', 'add'],
      ['installationUpdate', 'remove'],
      ['conversationUpdate', 'membersRemoved'],
      ['installationUpdate', 'remove'],
    ]);
    expect([channel.installed, chat.installed]).toEqual([false, false]);
    await teams.push.members(channel, { added: [teams.person()], by: anna });
    expect(channel.members.size).toBe(2);
  });

  test('files come with an address that needs no token, images with one that does', async () => {
    const { teams, anna, chat } = await office();
    const got = await bot(teams);
    const files = [teams.file({ name: 'travel plan.docx', content: 'the file' })];
    const images = [teams.file({ name: 'a.png', content: 'the image', mimetype: 'image/png' })];
    await teams.push.message({ from: anna, chat, text: 'see', files, images });
    const [image, file, copy] = got[0]!.activity.attachments as {
      contentType: string;
      name: string;
      contentUrl: string;
      content: { downloadUrl: string; fileType: string };
    }[];
    expect([image?.contentType, file?.contentType, copy?.contentType]).toEqual([
      'image/*',
      'application/vnd.microsoft.teams.file.download.info',
      'text/html',
    ]);
    expect(file).toMatchObject({ name: 'travel plan.docx', content: { fileType: 'docx' } });
    expect(await (await fetch(file!.content.downloadUrl)).text()).toBe('the file');
    const authorization = `Bearer ${await bearer(teams)}`;
    expect(await (await fetch(image!.contentUrl, { headers: { authorization } })).text()).toBe('the image');
    expect(teams.complaints).toEqual([]);
    expect((await fetch(image!.contentUrl)).status).toBe(401);
    await fetch(file!.content.downloadUrl, { headers: { authorization } });
    expect(teams.complaints).toEqual([
      expect.stringContaining('without the bot’s token'),
      expect.stringContaining('was sent to where a file'),
    ]);
    await expect(teams.push.message({ from: anna, chat: teams.groupChat({ members: [anna] }), files })).rejects.toThrow(
      /personal chats alone/u,
    );
  });

  test('a press takes what the card offers and what was put in, and its answer is the card from then on', async () => {
    const { teams, anna, chat, call } = await office();
    const next = { type: 'AdaptiveCard', version: '1.5', body: [{ type: 'TextBlock', text: 'Because.' }] };
    const got = await bot(teams, () => ({ body: { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: next } }));
    const { id } = (await call('POST', at(chat.id), says('', asCard))).body;
    const message = teams.message(chat, id!)!;
    expect(teams.reads(message)).toBe('Why\nWhy?\nOne\nTwo');
    const press = (verb: string, more: Fields = {}) => teams.push.press({ from: anna, chat, message, verb, ...more });
    await expect(press('docent.other')).rejects.toThrow(/nothing with the verb/u);
    await expect(press('docent.show')).rejects.toThrow(/2 buttons/u);
    await expect(press('docent.why')).rejects.toThrow(/required/u);
    await expect(press('docent.why', { inputs: { who: 'x' } })).rejects.toThrow(/no input who/u);
    await press('docent.show', { data: { id: '2' } });
    expect(got.at(-1)?.activity).toMatchObject({
      type: 'invoke',
      name: 'adaptiveCard/action',
      replyToId: id,
      value: { trigger: 'manual', action: { type: 'Action.Execute', verb: 'docent.show', data: { id: '2' } } },
    });
    expect(teams.cardTexts(teams.cardOf(anna, message))).toEqual(['Because.']);
    await expect(press('docent.why', { inputs: { why: 'x' } })).rejects.toThrow(/nothing with the verb/u);
    const ben = teams.person();
    expect(teams.cardOf(ben, message)).toEqual(card);
    await teams.push.press({ from: ben, chat, message, verb: 'docent.why', inputs: { why: 'I wonder' } });
    expect(got.at(-1)?.activity.value).toMatchObject({ action: { data: { id: '1', why: 'I wonder' } } });
    await press('docent.forged', { forged: true, data: { id: '9' } });
    expect(got.at(-1)?.activity.value).toMatchObject({ action: { verb: 'docent.forged', data: { id: '9' } } });
    expect(teams.complaints).toEqual([]);
  });

  test('thumbs, and searches from the box, with answers that are checked', async () => {
    const { teams, anna, chat, call } = await office();
    const wrong = {
      composeExtension: {
        type: 'result',
        attachmentLayout: 'list',
        attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
      },
    };
    const preview = { contentType: 'application/vnd.microsoft.card.thumbnail', content: { title: 'Travel' } };
    const right = { composeExtension: { ...wrong.composeExtension, attachments: [{ ...wrong.composeExtension.attachments[0], preview }] } };
    const answers: unknown[] = [{}, right, right, wrong, { statusCode: 200 }];
    const got = await bot(teams, (_, n) => ({ body: answers[n - 1] }));
    const { id } = (await call('POST', at(chat.id), says('yes', { channelData: { feedbackLoop: { type: 'default' } } }))).body;
    await teams.push.feedback({ from: anna, chat, message: id!, reaction: 'dislike', text: 'too old' });
    expect(got[0]?.activity).toMatchObject({
      name: 'message/submitAction',
      replyToId: id,
      value: { actionName: 'feedback', actionValue: { reaction: 'dislike', feedback: '{"feedbackText":"too old"}' } },
    });
    const channel = teams.channel({ members: [anna], installed: false });
    await teams.push.query({ from: anna, chat: channel, text: 'travel', skip: 25 });
    expect(got[1]?.activity).toMatchObject({
      name: 'composeExtension/query',
      value: { commandId: 'search', parameters: [{ name: 'query', value: 'travel' }], queryOptions: { skip: 25, count: 25 } },
    });
    await teams.push.query({ from: anna, initialRun: true });
    expect(got[2]?.activity).toMatchObject({
      conversation: { id: chat.id },
      value: { parameters: [{ name: 'initialRun', value: 'true' }] },
    });
    expect(teams.complaints).toEqual([]);
    await teams.push.query({ from: anna, text: 'x' });
    await teams.push.feedback({ from: anna, chat, message: id!, reaction: 'like' });
    expect(teams.complaints).toEqual([expect.stringContaining('preview'), expect.stringContaining('must be empty')]);
    await teams.push.select({ from: anna, value: { id: '7' } });
    expect(got.at(-1)?.activity).toMatchObject({ name: 'composeExtension/selectItem', value: { id: '7' } });
    const bare = (await call('POST', at(chat.id), says('no thumbs'))).body.id!;
    await expect(teams.push.feedback({ from: anna, chat, message: bare, reaction: 'like' })).rejects.toThrow(/no thumbs/u);
  });

  test('what is not answered in time comes again, but no press; the same may come twice at once; any token can go with it', async () => {
    const { teams, anna, chat } = await office({ times: { ackMs: 400, retryAfterMs: [20, 20] } });
    const got = await bot(teams, (_, n) => (n === 1 ? { waitMs: 800 } : n === 2 ? { status: 500 } : {}));
    const sent = await teams.push.message({ from: anna, chat, text: 'one' });
    expect(sent).toMatchObject({ status: undefined, fault: 'time' });
    await sent.delivery.done;
    expect(sent.delivery).toMatchObject({ acknowledged: true, attempts: [{ fault: 'time' }, { status: 500 }, { status: 200 }] });
    expect(new Set(got.map((one) => one.activity.id)).size).toBe(1);
    const twice = await teams.push.message({ from: anna, chat, text: 'two', redeliver: 2 });
    expect(twice.again).toMatchObject([{ status: 200 }, { status: 200 }]);
    await teams.push.raw({ type: 'message', text: 'raw' }, { token: null });
    expect(got.at(-1)?.headers.authorization).toBeUndefined();
    await teams.push.message({ from: anna, chat, text: 'three', token: 'forged.to.ken' });
    expect(got.at(-1)?.headers.authorization).toBe('Bearer forged.to.ken');
    expect(got).toHaveLength(8);
    const deaf = await bot(teams, () => ({ status: 500 }));
    const searched = await teams.push.query({ from: anna, text: 'x' });
    await searched.delivery.done;
    expect(deaf).toHaveLength(1);
  });

  test('the anonymous mode asks for no token and sends none', async () => {
    const { teams, anna, chat, call } = await office({ anonymous: true });
    const got = await bot(teams);
    await teams.push.message({ from: anna, chat, text: 'one' });
    expect(got[0]?.headers.authorization).toBeUndefined();
    expect((await call('POST', at(chat.id), says('hello'))).status).toBe(201);
    expect(teams.answers(chat)).toHaveLength(1);
    await expect(teams.until(() => teams.answers(chat).length > 1, 'a second answer', 20)).rejects.toThrow(/in vain for a second answer/u);
  });
});
