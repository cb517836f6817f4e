import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { importX509, jwtVerify } from 'jose';
import type { Fields } from './slack-shape.ts';
import { readBody, serve } from './teams-http.ts';
import type { Answer, Serving } from './teams-http.ts';
import type { Identity } from './teams-tokens.ts';
import type { World } from './teams-state.ts';

export interface TokenRequest {
  at: number;
  tenant: string;
  /** How the app said who it is. */
  by: 'secret' | 'certificate' | 'managed identity';
  granted: boolean;
}

export interface LoginOptions {
  appType: 'SingleTenant' | 'MultiTenant' | 'UserAssignedMSI';
  password: string | undefined;
  /** PEM of the certificate that the app's registration knows. */
  certificate: string | undefined;
  /** How long an access token holds. */
  tokenLifeS: number;
}

const scope = 'https://api.botframework.com/.default';
const known =
  /^(client_id|client_secret|client_assertion|client_assertion_type|scope|grant_type|client_info|claims|client-request-id|x-client-.*|x-ms-.*|x-app-.*)$/u;

class Denied extends Error {
  readonly answer: Answer;
  constructor(status: number, error: string, description: string) {
    super(description);
    this.answer = {
      status,
      body: { error, error_description: description, error_codes: [Number(/AADSTS(\d+)/u.exec(description)?.[1] ?? 0)] },
    };
  }
}

const thumbprint = (certificate: X509Certificate, of: 'fingerprint' | 'fingerprint256'): string =>
  Buffer.from(certificate[of].replaceAll(':', ''), 'hex').toString('base64url');

/** Checks the signed statement by which an app with a certificate says who it is. */
async function checkAssertion(world: World, registered: string | undefined, assertion: string, audience: string): Promise<void> {
  if (registered === undefined) throw new Denied(401, 'invalid_client', 'AADSTS700027: The app has no certificate.');
  const certificate = new X509Certificate(registered);
  const [head = ''] = assertion.split('.');
  let header: { alg?: string; x5t?: string; 'x5t#S256'?: string } = {};
  try {
    header = JSON.parse(Buffer.from(head, 'base64url').toString()) as typeof header;
  } catch {
    // refused below
  }
  const isPs = header.alg === 'PS256' && header['x5t#S256'] === thumbprint(certificate, 'fingerprint256');
  const isRs = header.alg === 'RS256' && (header['x5t#S256'] ?? header.x5t) !== undefined;
  const names = [thumbprint(certificate, 'fingerprint256'), thumbprint(certificate, 'fingerprint')];
  if (!isPs && !(isRs && names.includes(header['x5t#S256'] ?? header.x5t ?? '')))
    throw new Denied(401, 'invalid_client', 'AADSTS700027: The certificate with this thumbprint is not the app’s.');
  try {
    const key = await importX509(registered, header.alg ?? '');
    const options = { audience, issuer: world.appId, subject: world.appId, requiredClaims: ['exp', 'nbf', 'jti'] };
    await jwtVerify(assertion, key, { ...options, algorithms: ['RS256', 'PS256'], clockTolerance: 300 });
  } catch (error) {
    throw new Denied(401, 'invalid_client', `AADSTS700027: The client assertion does not hold: ${String(error)}`);
  }
}

/**
 * The login endpoint where the bot gets its own token (`https://login.microsoftonline.com` of the real world), and the
 * managed identity of an App Service (`IDENTITY_ENDPOINT`), which is plain http on the machine itself.
 */
export function loginSide(serving: Serving, identity: Identity, options: LoginOptions) {
  const { world } = serving;
  const tokenRequests: TokenRequest[] = [];
  const identityHeader = 'the-managed-identity';

  async function grant(request: TokenRequest): Promise<Answer> {
    const token = await identity.accessToken(options.tokenLifeS, request.tenant);
    request.granted = true;
    const life = options.tokenLifeS;
    return { status: 200, body: { token_type: 'Bearer', expires_in: life, ext_expires_in: life, access_token: token } };
  }

  async function token(tenant: string, form: URLSearchParams): Promise<Answer> {
    const by = form.has('client_assertion') ? 'certificate' : 'secret';
    const request: TokenRequest = { at: Date.now(), tenant, by, granted: false };
    tokenRequests.push(request);
    try {
      for (const name of form.keys()) if (!known.test(name)) throw new Denied(400, 'invalid_request', `AADSTS900144: unknown ${name}`);
      if (form.get('grant_type') !== 'client_credentials') throw new Denied(400, 'unsupported_grant_type', 'AADSTS70003: grant_type');
      const of = options.appType === 'MultiTenant' ? ['botframework.com', world.tenantId] : [world.tenantId];
      if (!of.includes(tenant) || form.get('client_id') !== world.appId)
        throw new Denied(400, 'unauthorized_client', `AADSTS700016: The app was not found in the directory '${tenant}'.`);
      if (form.get('scope') !== scope)
        throw new Denied(400, 'invalid_scope', `AADSTS70011: The scope '${form.get('scope')}' is not valid.`);
      if (by === 'certificate') {
        if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
          throw new Denied(400, 'invalid_request', 'AADSTS900144: client_assertion_type');
        const audience = `${world.loginOrigin}/${tenant}/oauth2/v2.0/token`;
        await checkAssertion(world, options.certificate, form.get('client_assertion') ?? '', audience);
      } else if (options.password === undefined || form.get('client_secret') !== options.password)
        throw new Denied(401, 'invalid_client', 'AADSTS7000215: Invalid client secret provided.');
      return await grant(request);
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
      if (!/AADSTS(7000215|700027|700016)/u.test(error.message)) world.complaints.push(`token: ${error.message}`);
      return error.answer;
    }
  }

  function discovery(tenant: string): Fields {
    const base = `${world.loginOrigin}/${tenant}`;
    return {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      tenant_region_scope: 'EU',
      cloud_instance_name: new URL(world.loginOrigin).host,
    };
  }

  /** What is asked over https. */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', world.loginOrigin);
    const [, tenant = '', ...rest] = url.pathname.split('/');
    const path = rest.join('/');
    const body = await readBody(request);
    if (request.method === 'POST' && path === 'oauth2/v2.0/token') {
      const form = new URLSearchParams(body.toString());
      return serve(serving, request, response, { kind: 'token', run: () => token(tenant, form) });
    }
    const host = new URL(world.loginOrigin).host;
    const instances = {
      tenant_discovery_endpoint: `${world.loginOrigin}/${world.tenantId}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    };
    const documents: Record<string, Fields> = {
      'v2.0/.well-known/openid-configuration': discovery(tenant),
      'discovery/v2.0/keys': identity.loginKeys(),
      'discovery/instance': instances,
    };
    const held = request.method === 'GET' ? documents[path] : undefined;
    if (!held) world.complaints.push(`login: ${request.method} ${url.pathname}`);
    return serve(serving, request, response, { kind: 'discovery', run: () => (held ? { status: 200, body: held } : { status: 404 }) });
  }

  /** The App Service's own endpoint: who runs on that machine gets the managed identity's token. */
  async function managedIdentity(url: URL, request: IncomingMessage): Promise<Answer> {
    const asked: TokenRequest = { at: Date.now(), tenant: world.tenantId, by: 'managed identity', granted: false };
    tokenRequests.push(asked);
    if (request.headers['x-identity-header'] !== identityHeader) return { status: 401, body: { error: 'unauthorized_client' } };
    const isRight =
      url.searchParams.get('resource') === 'https://api.botframework.com' && url.searchParams.get('client_id') === world.appId;
    if (!isRight || options.appType !== 'UserAssignedMSI') return { status: 400, body: { error: 'invalid_request' } };
    const { body } = await grant(asked);
    const { access_token: made } = body as { access_token: string };
    const expires = Math.floor(Date.now() / 1000) + options.tokenLifeS;
    return {
      status: 200,
      body: {
        access_token: made,
        expires_on: String(expires),
        resource: 'https://api.botframework.com',
        token_type: 'Bearer',
        client_id: world.appId,
      },
    };
  }

  return { answer, managedIdentity, identityHeader, tokenRequests };
}
