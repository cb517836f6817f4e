import { createHmac, randomBytes } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import type { Fields } from './slack-shape.ts';
import { guid, hex } from './teams-state.ts';
import type { World } from './teams-state.ts';

export const channelIssuer = 'https://api.botframework.com';
/** The directory that the Bot Framework Emulator's tokens of version 1.0 come from. */
const emulatorIssuer = 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/';

interface Key {
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

/** How a token departs from what Teams sends. A claim or header that is `undefined` is left out. */
export interface TokenChoice {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  /**
   * signature: by a key that nobody published. garbage: bytes that are no signature (cheap, for thousands). tampered:
   * the claims are altered after signing. none: `alg` none. hs256: signed with the public key's text as a secret.
   */
  forge?: 'signature' | 'garbage' | 'tampered' | 'none' | 'hs256';
  /**
   * previous: the key before the last rotation. unendorsed: a published key that does not speak for Teams.
   * login: the key that signs the bot's own tokens.
   */
  key?: 'previous' | 'unendorsed' | 'login';
}

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
/** Making a pair takes a tenth of a second or more: the fakes of one process begin with the same ones, under other ids. */
const pairs = new Map<string, Promise<Pair>>();
const newPair = (): Promise<Pair> => generateKeyPair('RS256', { extractable: true });

function pairOf(name: string): Promise<Pair> {
  const held = pairs.get(name) ?? newPair();
  pairs.set(name, held);
  return held;
}

async function newKey(pair: Promise<Pair> = newPair()): Promise<Key> {
  const { privateKey, publicKey } = await pair;
  const kid = hex(20).toUpperCase();
  return { kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', x5t: kid } };
}

const encode = (fields: Record<string, unknown>): string => Buffer.from(JSON.stringify(fields)).toString('base64url');

function without(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The keys and tokens of the Bot Framework, and the key of the login endpoint. */
export async function identity(world: World) {
  const [first, unendorsed, login] = (await Promise.all(['first', 'unendorsed', 'login'].map((name) => newKey(pairOf(name))))) as [
    Key,
    Key,
    Key,
  ];
  const published: { key: Key; endorsements: string[] }[] = [
    { key: unendorsed, endorsements: ['webchat', 'directline'] },
    { key: first, endorsements: ['msteams'] },
  ];
  let current = first;
  let previous: Key | undefined;
  let stranger: Promise<Key> | undefined;

  /** New keys sign from now on; the old one stays published unless `dropOld`. */
  async function rotateKeys({ dropOld = false }: { dropOld?: boolean } = {}): Promise<string> {
    previous = current;
    current = await newKey();
    if (dropOld) published.splice(1);
    published.push({ key: current, endorsements: ['msteams'] });
    return current.kid;
  }

  function chosen(choice: TokenChoice): Key {
    if (choice.key === 'login') return login;
    if (choice.key === 'unendorsed') return unendorsed;
    if (choice.key !== 'previous') return current;
    if (!previous) throw new Error('fake Teams: there is no previous key before rotateKeys()');
    return previous;
  }

  /** The token that Teams sends with a delivery, or one that departs from it as told. */
  async function token(choice: TokenChoice = {}): Promise<string> {
    const key = chosen(choice);
    const now = Math.floor(Date.now() / 1000);
    const usual = { serviceurl: world.serviceUrl, nbf: now - 60, exp: now + 3600, iss: channelIssuer, aud: world.appId };
    const claims = without({ ...usual, ...choice.claims });
    const header = without({ alg: 'RS256', kid: key.kid, x5t: key.kid, typ: 'JWT', ...choice.header });
    const unsigned = (alg: string) => `${encode({ ...header, alg })}.${encode(claims)}`;
    if (choice.forge === 'none') return `${unsigned('none')}.`;
    if (choice.forge === 'garbage') return `${unsigned('RS256')}.${randomBytes(256).toString('base64url')}`;
    if (choice.forge === 'hs256') {
      const text = unsigned('HS256');
      return `${text}.${createHmac('sha256', await exportSPKI(key.publicKey))
        .update(text)
        .digest('base64url')}`;
    }
    if (choice.forge === 'signature') stranger ??= newKey(pairOf('stranger'));
    const signer = choice.forge === 'signature' && stranger ? await stranger : key;
    const signed = await new SignJWT(claims).setProtectedHeader({ ...header, alg: 'RS256' }).sign(signer.privateKey);
    if (choice.forge !== 'tampered') return signed;
    const [head, , signature] = signed.split('.');
    return `${head}.${encode({ ...claims, tid: guid() })}.${signature}`;
  }

  /** Every token that must be refused, by what is wrong with it. */
  async function forgeries(): Promise<Record<string, string>> {
    const now = Math.floor(Date.now() / 1000);
    const emulator = { iss: emulatorIssuer, ver: '1.0', appid: world.appId, tid: world.tenantId };
    const skill = { iss: `https://login.microsoftonline.com/${world.tenantId}/v2.0`, ver: '2.0', azp: guid(), tid: world.tenantId };
    const choices: Record<string, TokenChoice> = {
      'bad signature': { forge: 'signature' },
      'no real signature': { forge: 'garbage' },
      tampered: { forge: 'tampered' },
      'alg none': { forge: 'none' },
      HS256: { forge: 'hs256' },
      'wrong audience': { claims: { aud: guid() } },
      'no audience': { claims: { aud: undefined } },
      'wrong issuer': { claims: { iss: 'https://api.botframework.com.evil.example' } },
      'no issuer': { claims: { iss: undefined } },
      expired: { claims: { nbf: now - 7200, exp: now - 3600 } },
      'not yet valid': { claims: { nbf: now + 3600, exp: now + 7200 } },
      'no exp': { claims: { exp: undefined } },
      'no serviceurl': { claims: { serviceurl: undefined } },
      'foreign serviceurl': { claims: { serviceurl: 'https://evil.example/teams/' } },
      'no kid': { header: { kid: undefined } },
      'unknown kid': { header: { kid: 'NOSUCHKEY' } },
      'key of another channel': { key: 'unendorsed' },
      'emulator token': { claims: emulator },
      "the login's own key": { key: 'login' },
      "emulator token of the login's own key": { claims: emulator, key: 'login' },
      'skill token': { claims: skill },
      "skill token of the login's own key": { claims: skill, key: 'login' },
    };
    const minted = await Promise.all(Object.entries(choices).map(async ([name, choice]) => [name, await token(choice)] as const));
    return { ...Object.fromEntries(minted), 'no token at all': 'this.is.not', 'one part': 'x' };
  }

  /** A token for the connector, as the login endpoint gives it to the bot. */
  async function accessToken(lifeS: number, tenantId: string): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = { tid: tenantId, appid: world.appId, ver: '1.0', jti: guid(), uti: hex(8) };
    const made = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: login.kid, typ: 'JWT' })
      .setIssuer(`https://sts.windows.net/${tenantId}/`)
      .setAudience(channelIssuer)
      .setIssuedAt(now)
      .setNotBefore(now - 300)
      .setExpirationTime(now + lifeS)
      .sign(login.privateKey);
    world.accessTokens.set(made, Date.now() + lifeS * 1000);
    return made;
  }

  return {
    token,
    forgeries,
    rotateKeys,
    accessToken,
    loginKeys: (): Fields => ({ keys: [login.jwk] }),
    /** The Bot Framework's OpenID metadata. */
    metadata: (): Fields => ({
      issuer: channelIssuer,
      authorization_endpoint: 'https://invalid.botframework.com',
      jwks_uri: `${world.origin}/v1/.well-known/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
    }),
    keys: (): Fields => ({ keys: published.map(({ key, endorsements }) => ({ ...key.jwk, endorsements })) }),
  };
}

export type Identity = Awaited<ReturnType<typeof identity>>;
