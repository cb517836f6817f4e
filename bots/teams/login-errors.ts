/** What Microsoft's login means when it gives no token, and how to mend it. */
import type { TeamsConnection } from '../../src/chat-connections.ts';
import { AppError } from '../../src/errors.ts';

/**
 * @param answered status of the login's last answer, where that is known
 * @returns AppError `chat.unauthorized` (what was given is wrong; says what) or `chat.unavailable` (retryable)
 */
export function loginFailure(thrown: unknown, answered: number | undefined, connection: TeamsConnection): AppError {
  if (thrown instanceof AppError) return thrown;
  // MSAL keeps the client that first asked for a managed identity for the whole process, so that ours need not know.
  const status = (thrown as { status?: number }).status ?? answered;
  const said = thrown instanceof Error ? thrown.message : '';
  const code = /\bAADSTS(\d{3,9})\b/.exec(said)?.[1];
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (refused || (code !== undefined && !isDown(code)))
    return new AppError({
      code: 'chat.unauthorized',
      message: `Microsoft's login gives no token: ${code ? `AADSTS${code}` : `status ${status}`}`,
      publicMessage: howToMend(code, connection),
    });
  const managed = connection.appType === 'UserAssignedMSI';
  return new AppError({
    code: 'chat.unavailable',
    message: `${managed ? 'the managed identity' : "Microsoft's login"} ${status === undefined ? 'does not answer' : `answers with status ${status}`}`,
    retryable: true,
    publicMessage: managed
      ? 'The managed identity of this machine does not answer. MicrosoftAppType=UserAssignedMSI works only on Azure, on a machine that the identity is assigned to.'
      : "Microsoft's login (https://login.microsoftonline.com) cannot be reached from this machine, or is down. Look whether a proxy or firewall stands between; try again in a moment.",
  });
}

/** Codes with which the login says that it is busy or down (Microsoft Entra, "Authentication error codes"). */
const isDown = (code: string): boolean => ['90006', '90024', '90033'].includes(code);

/** Error codes as Microsoft lists them (Microsoft Entra, "Authentication and authorization error codes"). */
function howToMend(code: string | undefined, connection: TeamsConnection): string {
  const { appId, tenantId, appType } = connection;
  if (appType === 'UserAssignedMSI')
    return `The managed identity gives no token for MicrosoftAppId ${appId}. Give the client ID of a user-assigned identity that is assigned to this machine.`;
  const where = '"Certificates & secrets" of the app registration';
  const known: Record<string, string> = {
    7000215: `The client secret (MicrosoftAppPassword) is not the one of MicrosoftAppId ${appId}. Copy the "Value" (not the "Secret ID") under ${where}, or make a new one.`,
    7000222: `The client secret (MicrosoftAppPassword) has expired. Make a new one under ${where}, and give its "Value".`,
    700027: `The certificate (MicrosoftAppCertificate) is not one of MicrosoftAppId ${appId}. Upload it, without its key, under ${where}; and check the clock of this machine.`,
    700016: `The directory MicrosoftAppTenantId ${tenantId} has no app MicrosoftAppId ${appId}. Check both under "Configuration" of your Azure Bot; a bot of several directories needs MicrosoftAppType=MultiTenant.`,
    90002: `There is no directory MicrosoftAppTenantId ${tenantId}. Copy "App Tenant ID" under "Configuration" of your Azure Bot.`,
    900023: `There is no directory MicrosoftAppTenantId ${tenantId}. Copy "App Tenant ID" under "Configuration" of your Azure Bot.`,
    7000112: `The app MicrosoftAppId ${appId} is turned off in its directory. Turn it on under "Enterprise applications", "Properties", "Enabled for users to sign-in".`,
    7000218: 'The login wants a client secret (MicrosoftAppPassword) or a certificate (MicrosoftAppCertificate).',
    53003: 'A conditional access policy of the directory refuses this machine. Ask who keeps its policies for workload identities.',
    700024: 'The clock of this machine is wrong: the login takes what the certificate signed for expired, or not yet valid.',
  };
  const credential = connection.certificate ? 'MicrosoftAppCertificate' : 'MicrosoftAppPassword';
  return (
    known[code ?? ''] ??
    `Microsoft's login refuses MicrosoftAppId ${appId} with ${credential}${code ? ` (AADSTS${code}; https://login.microsoftonline.com/error?code=${code} says why)` : ''}. Check both, and MicrosoftAppTenantId, under "Configuration" of your Azure Bot.`
  );
}
