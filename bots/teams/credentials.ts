/** Who Docent is to Teams: its token for the connector, fetched once and shared by every call. */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { ConfidentialClientApplication, ManagedIdentityApplication, type NodeAuthOptions } from '@azure/msal-node';
import type { ServiceClientCredentialsFactory } from 'botframework-connector';
import type { TeamsConnection } from '../../src/chat-connections.ts';
import { AppError } from '../../src/errors.ts';
import type { Clock } from '../../src/types.ts';
import { loginFailure } from './login-errors.ts';
import { loginHttp, type LoginHttp } from './login-http.ts';

/** Where Microsoft is: another place in tests alone. */
export interface TeamsEndpoints {
  /** The metadata of the keys that deliveries are signed with. */
  openIdMetadata: string;
  /** An https origin. */
  login: string;
}

export const MICROSOFT_ENDPOINTS: TeamsEndpoints = {
  openIdMetadata: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
  login: 'https://login.microsoftonline.com',
};

export interface TeamsCredentials {
  /**
   * The token as it is held, or a new one: renewed in time, by one request for all who wait. '' in the anonymous mode.
   * @throws AppError `chat.unauthorized` (says which setting is wrong) or `chat.unavailable` (the login is away)
   */
  token(): Promise<string>;
  /** Another token in the place of one that the connector refused; once for all who were refused with it. */
  renew(refused: string): Promise<string>;
  /** The same for botbuilder, whose own credentials fetch once a caller and keep tokens for the whole process. */
  factory: ServiceClientCredentialsFactory;
}

const RESOURCE = 'https://api.botframework.com';
/** A token is renewed so long before its end, while the old one still serves … */
const EARLY_MS = 5 * 60_000;
/** … and no longer used from here on. */
const LATE_MS = 30_000;
const TIMEOUT_MS = 10_000;

interface Held {
  token: string;
  expiresAt: number;
}

/** @param deps.timeoutMs of one request to the login */
export function createCredentials(
  connection: TeamsConnection,
  endpoints: TeamsEndpoints,
  deps: { clock: Clock; timeoutMs?: number },
): TeamsCredentials {
  const { clock } = deps;
  const acquire = acquirer(connection, endpoints, deps.timeoutMs);
  let held: Held | undefined;
  let fetching: Promise<Held> | undefined;

  const fetchHeld = (): Promise<Held> => {
    fetching ??= acquire()
      .then((fetched) => (held = fetched))
      .finally(() => (fetching = undefined));
    return fetching;
  };

  async function token(): Promise<string> {
    if (connection.anonymous) return '';
    const left = held ? held.expiresAt - clock.now() : 0;
    if (!held || left < LATE_MS) return (await fetchHeld()).token;
    // Whoever sends now need not wait, nor hear of a login that is away for a moment.
    if (left < EARLY_MS) fetchHeld().catch(() => {});
    return held.token;
  }

  return {
    token,
    async renew(refused) {
      return held && held.token !== refused ? token() : (await fetchHeld()).token;
    },
    factory: {
      isValidAppId: async (appId) => appId === connection.appId,
      isAuthenticationDisabled: async () => connection.anonymous,
      createCredentials: async () => ({
        async signRequest(request) {
          const bearer = await token();
          if (bearer) request.headers.set('authorization', `Bearer ${bearer}`);
          return request;
        },
      }),
    },
  };
}

/**
 * Asks for a token now, to learn whether the settings are right.
 * @param options.timeoutMs of one request to the login
 * @throws AppError `chat.unauthorized` (says which setting is wrong) or `chat.unavailable` (the login is away)
 */
export async function fetchToken(
  connection: TeamsConnection,
  options: { endpoints?: TeamsEndpoints; timeoutMs?: number } = {},
): Promise<void> {
  if (!connection.anonymous) await acquirer(connection, options.endpoints ?? MICROSOFT_ENDPOINTS, options.timeoutMs)();
}

/**
 * How a token is asked for, by what the connection has. Each time anew: an MSAL application that met a 503 once gives no
 * token for a minute after.
 */
function acquirer(connection: TeamsConnection, endpoints: TeamsEndpoints, timeoutMs = TIMEOUT_MS): () => Promise<Held> {
  return async () => {
    const http = loginHttp(timeoutMs);
    try {
      return await (connection.appType === 'UserAssignedMSI' ? ofManagedIdentity(connection, http) : ofApp(connection, endpoints, http));
    } catch (thrown) {
      throw loginFailure(thrown, http.lastStatus(), connection);
    }
  };
}

/** By its secret, or by its certificate. */
async function ofApp(connection: TeamsConnection, endpoints: TeamsEndpoints, http: LoginHttp): Promise<Held> {
  const directory = connection.appType === 'MultiTenant' ? 'botframework.com' : connection.tenantId;
  const app = new ConfidentialClientApplication({
    auth: {
      clientId: connection.appId,
      authority: `${endpoints.login}/${directory}`,
      knownAuthorities: [new URL(endpoints.login).host],
      ...proofOf(connection),
    },
    system: { networkClient: http },
  });
  return heldOf(await app.acquireTokenByClientCredential({ scopes: [`${RESOURCE}/.default`], skipCache: true }));
}

function proofOf(connection: TeamsConnection): Pick<NodeAuthOptions, 'clientSecret' | 'clientCertificate'> {
  const { certificate: pem, password } = connection;
  if (pem === undefined) return { clientSecret: password ?? '' };
  return {
    clientCertificate: {
      thumbprintSha256: new X509Certificate(pem).fingerprint256.replaceAll(':', ''),
      privateKey: createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString(),
      x5c: pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)!.join('\n'),
    },
  };
}

/** MSAL's own, not botbuilder's: that one would also try the command line tools of whoever is logged in on this machine. */
async function ofManagedIdentity(connection: TeamsConnection, http: LoginHttp): Promise<Held> {
  const identity = new ManagedIdentityApplication({
    managedIdentityIdParams: { userAssignedClientId: connection.appId },
    system: { networkClient: http, disableInternalRetries: true },
  });
  return heldOf(await identity.acquireToken({ resource: RESOURCE, forceRefresh: true }));
}

function heldOf(result: { accessToken: string; expiresOn: Date | null } | null): Held {
  if (!result?.accessToken || !result.expiresOn)
    throw new AppError({ code: 'chat.unavailable', message: "Microsoft's login gave an answer without a token", retryable: true });
  return { token: result.accessToken, expiresAt: result.expiresOn.getTime() };
}
