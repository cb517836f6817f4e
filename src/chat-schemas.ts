/** What connects a chat platform, as it is typed: schemas for the environment and for what an admin gives alike. Their messages never quote a secret. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const text = z.string().min(1);
export const list = (item: z.ZodType<string, string>): z.ZodType<string[]> =>
  z
    .string()
    .transform((given) => given.split(/[\s,]+/).filter((one) => one !== ''))
    .pipe(z.array(item));
export const one = (shape: RegExp, how: string): z.ZodType<string, string> =>
  z.string().refine((given) => shape.test(given), { error: (issue) => `"${String(issue.input)}" is none; ${how}` });

/** What begins a Slack token, and which token that is. */
const SLACK_TOKENS = {
  'xoxb-': 'the bot token (SLACK_BOT_TOKEN)',
  'xapp-': 'an app-level token (SLACK_APP_TOKEN)',
  'xoxp-': "a user's token, which Docent does not use",
  xoxe: 'a token that expires; turn off token rotation under "OAuth & Permissions" (or make the app anew, with it off)',
} as const;
const slackToken = (begin: 'xoxb-' | 'xapp-', where: string): z.ZodType<string> =>
  text.superRefine((given, context) => {
    if (given.startsWith(begin)) return;
    const other = Object.entries(SLACK_TOKENS).find(([start]) => given.startsWith(start))?.[1];
    const message = `must begin with "${begin}": ${where}${other ? `. What is there is ${other}` : ''}`;
    context.addIssue({ code: 'custom', message });
  });

/** What an installed Slack app gives. */
export const SLACK_SCHEMAS = {
  botToken: slackToken('xoxb-', '"OAuth & Permissions", "Bot User OAuth Token" of your app at api.slack.com/apps'),
  appToken: slackToken('xapp-', '"Basic Information", "App-Level Tokens" of your app at api.slack.com/apps'),
  signingSecret: text.superRefine((given, context) => {
    const token = Object.entries(SLACK_TOKENS).find(([start]) => given.startsWith(start))?.[1];
    const where = 'it stands under "Basic Information", "App Credentials", "Signing Secret"';
    if (token) context.addIssue({ code: 'custom', message: `is no token: ${where}. What is there is ${token}` });
    else if (!/^\S{16,}$/.test(given)) context.addIssue({ code: 'custom', message: `is 32 digits and letters: ${where}` });
  }),
  allowedTeams: list(
    one(/^[TE][A-Z0-9]{2,}$/, 'a workspace is T…, an Enterprise organization E…, as in the address app.slack.com/client/T…'),
  ),
};

const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const lower = (given: string): string => given.toLowerCase();
const guid = (where: string): z.ZodType<string> =>
  text.refine((given) => GUID.test(given), `is an id such as 1b2c3d4e-0000-4000-8000-123456789abc: ${where}`).transform(lower);

/** What the registration of a bot in Azure gives. */
export const TEAMS_SCHEMAS = {
  appId: guid('"Microsoft App ID" under "Configuration" of your Azure Bot'),
  tenantId: guid('"App Tenant ID" under "Configuration" of your Azure Bot, or "Directory (tenant) ID" of its app registration'),
  appType: z.enum(['SingleTenant', 'MultiTenant', 'UserAssignedMSI'], { error: 'must be SingleTenant, MultiTenant or UserAssignedMSI' }),
  password: text.superRefine((given, context) => {
    const where = 'copy the "Value" under "Certificates & secrets", "Client secrets" of the app registration';
    if (GUID.test(given)) context.addIssue({ code: 'custom', message: `is the secret's ID, not the secret: ${where}` });
    else if (!/^[\x21-\x7e]{8,}$/.test(given)) context.addIssue({ code: 'custom', message: `is too short, or has blanks in it: ${where}` });
  }),
  certificate: text.superRefine((given, context) => {
    const message = problemOfCertificate(given);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }),
  /** A path; the certificate and its key themselves come out. */
  certificateFile: text.transform((path, context) => {
    const issue = (message: string): never => {
      context.issues.push({ code: 'custom', message, input: path });
      return z.NEVER;
    };
    try {
      const pem = readFileSync(path, 'utf8');
      const problem = problemOfCertificate(pem);
      return problem === undefined ? pem : issue(problem);
    } catch (error) {
      return issue(`this file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); give the path of a PEM file`);
    }
  }),
  allowedTenants: list(one(GUID, 'a tenant is written as the id of its directory, 1b2c3d4e-0000-4000-8000-123456789abc').transform(lower)),
  serviceHosts: list(
    one(
      /^(\*(\.[a-z0-9-]+){2,}|[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:\d{1,5})?$/i,
      'a host is written smba.trafficmanager.net, *.example.com or localhost:56150, without https://',
    ).transform(lower),
  ),
};

/** Where Teams' connectors are (botframework-connector's own list of service addresses, and Teams' regions). */
export const TEAMS_SERVICE_HOSTS_DEFAULT = ['smba.trafficmanager.net', '*.botframework.com'];

/** What is wrong with a PEM that should hold a certificate and its private key; never quotes it. */
function problemOfCertificate(pem: string): string | undefined {
  const both = 'needs both in one PEM: -----BEGIN CERTIFICATE----- and -----BEGIN PRIVATE KEY-----';
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) return `holds no certificate; it ${both}`;
  if (!/-----BEGIN (RSA |EC |ENCRYPTED )?PRIVATE KEY-----/.test(pem)) return `holds no private key; it ${both}`;
  if (/-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(pem))
    return 'has a private key with a passphrase; take it off: openssl pkey -in key.pem -out plain.pem';
  try {
    const certificate = new X509Certificate(pem);
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'rsa')
      return 'has a key that is not RSA, which Microsoft does not take; make a certificate with an RSA key';
    if (!certificate.checkPrivateKey(key)) return "has a private key that is not the certificate's own";
    if (new Date(certificate.validTo).getTime() < Date.now())
      return `has expired (${certificate.validTo}); upload a new one under "Certificates & secrets" of the app registration`;
  } catch {
    return `cannot be read; it ${both}`;
  }
  return undefined;
}
