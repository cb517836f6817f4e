/** The settings of the connection to Teams: of the environment, as the console kept them, and as an admin types them. */
import { z } from 'zod';
import type { TeamsConnection, TeamsSettings } from './chat-connections.ts';
import { TEAMS_SCHEMAS, TEAMS_SERVICE_HOSTS_DEFAULT } from './chat-schemas.ts';
import type { Config } from './config.ts';
import { inputError } from './errors.ts';
import type { Credential } from './secrets.ts';

export type TeamsConfig = Pick<
  Config,
  | 'MicrosoftAppId'
  | 'MicrosoftAppPassword'
  | 'MicrosoftAppCertificate'
  | 'MicrosoftAppType'
  | 'MicrosoftAppTenantId'
  | 'TEAMS_ALLOWED_TENANTS'
  | 'TEAMS_SERVICE_HOSTS'
  | 'TEAMS_ALLOW_ANONYMOUS'
>;

const kept = z.object({
  appId: TEAMS_SCHEMAS.appId,
  appType: TEAMS_SCHEMAS.appType,
  tenantId: TEAMS_SCHEMAS.tenantId,
  password: z.string().optional(),
  certificate: z.string().optional(),
  allowedTenants: z.string(),
});

/** Undefined: the environment names none. `readConfig` has checked that it is whole. */
export function teamsOfEnvironment(config: TeamsConfig): TeamsConnection | undefined {
  const { MicrosoftAppId: appId, MicrosoftAppTenantId: tenantId, TEAMS_ALLOWED_TENANTS: allowed = [] } = config;
  const shared = {
    appType: config.MicrosoftAppType,
    serviceHosts: config.TEAMS_SERVICE_HOSTS ?? TEAMS_SERVICE_HOSTS_DEFAULT,
    from: 'environment' as const,
    changedAt: 0,
  };
  if (appId === undefined)
    return config.TEAMS_ALLOW_ANONYMOUS ? { appId: '', allowedTenants: allowed, anonymous: true, ...shared } : undefined;
  return {
    appId,
    tenantId: tenantId!,
    ...(config.MicrosoftAppPassword ? { password: config.MicrosoftAppPassword } : {}),
    ...(config.MicrosoftAppCertificate ? { certificate: config.MicrosoftAppCertificate } : {}),
    allowedTenants: withOwn(tenantId!, allowed),
    anonymous: false,
    ...shared,
  };
}

/** What the console kept, as a connection. TEAMS_SERVICE_HOSTS and TEAMS_ALLOWED_TENANTS stand in the environment, and hold for it too. */
export function teamsOfConsole(credential: Credential, changedAt: number, config: TeamsConfig): TeamsConnection {
  const { password, certificate, allowedTenants, ...rest } = kept.parse(credential);
  return {
    ...rest,
    ...(password ? { password } : {}),
    ...(certificate ? { certificate } : {}),
    allowedTenants: withOwn(rest.tenantId, config.TEAMS_ALLOWED_TENANTS ?? allowedTenants.split(',').filter((tenant) => tenant !== '')),
    serviceHosts: config.TEAMS_SERVICE_HOSTS ?? TEAMS_SERVICE_HOSTS_DEFAULT,
    anonymous: false,
    from: 'console',
    changedAt,
  };
}

/** For sealing. */
export function teamsCredential(settings: TeamsSettings): Credential {
  const { appId, appType, tenantId, password, certificate, allowedTenants = [] } = settings;
  return {
    appId,
    appType,
    tenantId,
    ...(password ? { password } : {}),
    ...(certificate ? { certificate } : {}),
    allowedTenants: allowedTenants.join(','),
  };
}

/**
 * Settings as they were typed, without the space around them.
 * @throws AppError `input.invalid` that begins with the field, and never quotes a secret
 */
export function checkTeamsSettings(given: TeamsSettings): TeamsSettings {
  const tenants = TEAMS_SCHEMAS.allowedTenants.safeParse((given.allowedTenants ?? []).join(','));
  if (!tenants.success) throw inputError('allowedTenants', tenants.error.issues[0]!.message);
  const identity = given.appType === 'UserAssignedMSI';
  const password = identity ? '' : (given.password ?? '').trim();
  const certificate = identity ? '' : (given.certificate ?? '').trim();
  if (password !== '' && certificate !== '') throw inputError('certificate', 'give the client secret or the certificate, not both');
  const checked: TeamsSettings = {
    appId: parsed('appId', given.appId.trim(), 'it stands as "Microsoft App ID" under "Configuration" of your Azure Bot'),
    tenantId: parsed('tenantId', given.tenantId.trim(), 'it stands as "App Tenant ID" under "Configuration" of your Azure Bot'),
    appType: TEAMS_SCHEMAS.appType.parse(given.appType),
    allowedTenants: tenants.data,
  };
  if (identity) return checked;
  if (certificate !== '') return { ...checked, certificate: parsed('certificate', certificate, '') };
  return {
    ...checked,
    password: parsed('password', password, 'make one under "Certificates & secrets" of the app registration, and copy its "Value"'),
  };
}

function parsed(name: 'appId' | 'tenantId' | 'password' | 'certificate', given: string, where: string): string {
  if (given === '') throw inputError(name, `is missing; ${where}`);
  const result = TEAMS_SCHEMAS[name].safeParse(given);
  if (!result.success) throw inputError(name, result.error.issues[0]!.message);
  return result.data;
}

const withOwn = (own: string, others: readonly string[]): string[] => [...new Set([own, ...others])];
