/**
 * Whether a delivery comes from Teams, and may be answered. botbuilder's own check stands aside: it prints to the console and
 * keeps what is forged, takes tokens of bots and emulators, and neither asks for an expiry nor for the tenant.
 */
import { decodeJwt, decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import type { TeamsConnection } from '../../src/chat-connections.ts';
import type { Clock, Log } from '../../src/types.ts';
import type { TeamsEndpoints } from './credentials.ts';
import { isServiceAllowed } from './service-hosts.ts';
import { createSigningKeys, type SigningKey } from './signing-keys.ts';

/** What is wrong with a delivery: for figures, never for whoever sent it. */
export type Refusal = 'activity' | 'no_token' | 'token' | 'claims' | 'service' | 'tenant' | 'channel' | 'key' | 'signature' | 'time';

export interface TeamsVerifier {
  /**
   * @param authorization the header as it came
   * @param activity the body as it was parsed, whatever it is
   * @returns false for whatever must not be looked at: answer with a bare 401. Never throws.
   */
  verify(authorization: string | undefined, activity: unknown): Promise<boolean>;
}

const ISSUER = 'https://api.botframework.com';
const CHANNEL = 'msteams';
/** Microsoft's clocks and ours (Bot Framework, "Authentication": five minutes, as botframework-connector has it). */
const CLOCK_TOLERANCE_S = 300;
/** A token of Teams has about 1,300 characters. */
const MAX_TOKEN = 8_192;

/** @param deps.onRefused told of each refusal's kind */
export function createVerifier(deps: {
  connection: TeamsConnection;
  endpoints: TeamsEndpoints;
  clock: Clock;
  log: Log;
  onRefused?: (why: Refusal) => void;
}): TeamsVerifier {
  const { connection, endpoints, clock, log, onRefused } = deps;
  const keys = createSigningKeys({ openIdMetadata: endpoints.openIdMetadata, clock, log });

  async function check(authorization: string | undefined, activity: unknown): Promise<Refusal | undefined> {
    const stated = statedBy(activity);
    if (!stated) return 'activity';
    if (!isServiceAllowed(stated.serviceUrl, connection)) return 'service';
    if (connection.anonymous) return undefined;
    const token = tokenOf(authorization);
    if (token === undefined) return 'no_token';
    // Before any key is looked for: what can be told without one costs nothing and keeps nothing.
    const kid = kidOf(token);
    if (kid === undefined) return 'token';
    const claims = decodeJwt(token);
    if (!areClaimsRight(claims, connection.appId)) return 'claims';
    if (claims.serviceurl !== stated.serviceUrl) return 'service';
    if (stated.channelId !== CHANNEL) return 'channel';
    if (stated.tenants.length === 0 || !stated.tenants.every((tenant) => connection.allowedTenants.includes(tenant))) return 'tenant';
    if (!isTimeRight(claims, clock.now())) return 'time';
    const key = await keys.find(kid);
    // Whoever holds a key of another channel of this bot (Web Chat, Direct Line) could say to be anybody.
    if (!key?.endorsements.includes(CHANNEL)) return 'key';
    return (await isSignedBy(token, key, clock)) ? undefined : 'signature';
  }

  return {
    async verify(authorization, activity) {
      const refusal = await check(authorization, activity).catch((): Refusal => 'token');
      if (refusal !== undefined) onRefused?.(refusal);
      return refusal === undefined;
    },
  };
}

const isFields = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an activity says of where it comes from; each tenant that it names, so that none stands beside another unseen. */
function statedBy(activity: unknown): { serviceUrl: unknown; channelId: unknown; tenants: string[] } | undefined {
  if (!isFields(activity)) return undefined;
  const { conversation, channelData } = activity;
  const tenant = isFields(channelData) && isFields(channelData.tenant) ? channelData.tenant.id : undefined;
  const named = [isFields(conversation) ? conversation.tenantId : undefined, tenant].filter((id) => id !== undefined && id !== null);
  const tenants = named.map((id) => (typeof id === 'string' ? id.toLowerCase() : ''));
  return { serviceUrl: activity.serviceUrl, channelId: activity.channelId, tenants };
}

function tokenOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > MAX_TOKEN) return undefined;
  return /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
}

function kidOf(token: string): string | undefined {
  const { alg, kid } = decodeProtectedHeader(token);
  return alg === 'RS256' && typeof kid === 'string' && kid !== '' ? kid : undefined;
}

const areClaimsRight = (claims: JWTPayload, appId: string): boolean =>
  claims.iss === ISSUER && claims.aud === appId && appId !== '' && typeof claims.exp === 'number' && typeof claims.serviceurl === 'string';

function isTimeRight(claims: JWTPayload, now: number): boolean {
  const seconds = now / 1000;
  return (claims.exp ?? 0) + CLOCK_TOLERANCE_S > seconds && (claims.nbf ?? 0) - CLOCK_TOLERANCE_S < seconds;
}

async function isSignedBy(token: string, { key }: SigningKey, clock: Clock): Promise<boolean> {
  try {
    await jwtVerify(token, key, { algorithms: ['RS256'], clockTolerance: CLOCK_TOLERANCE_S, currentDate: new Date(clock.now()) });
    return true;
  } catch {
    return false;
  }
}
