/** The only file that reads process.env. Everything else is a setting, edited in the console (catalog/settings.ts). */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { list, one, SLACK_SCHEMAS, TEAMS_SCHEMAS } from './chat-schemas.ts';
import { AppError } from './errors.ts';

interface Entry<T> {
  doc: string;
  schema: z.ZodType<T>;
  /** As it would be written in `.env`; undefined: not set by default. */
  default?: string;
  secret?: true;
}

const url = z.url({ protocol: /^https?$/, error: 'must be an http or https address, such as http://127.0.0.1:11434/v1' });
const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'must be a postgres address, such as postgres://docent:PASSWORD@127.0.0.1:5432/docent',
});
const redisUrl = z.url({ protocol: /^rediss?$/, error: 'must be a redis or rediss address, such as redis://127.0.0.1:6379' });
const text = z.string().min(1);
const entry = <T>(e: Entry<T>): Entry<T> => e;

/** Every environment variable that Docent reads: what it is for, its schema and its default. README's table and `.env.example` are made from it. */
export const ENTRIES = {
  DATA_DIR: entry({ doc: 'Folder for the catalog, the index and copies of the catalog.', schema: text, default: './data' }),
  PORT: entry({
    doc: 'Port of the console and the API. 0 takes any free one.',
    schema: z.coerce.number().int().min(0).max(65535),
    default: '3000',
  }),
  HOST: entry({ doc: 'Address to listen on. Anything but loopback needs ADMIN_TOKEN.', schema: text, default: '127.0.0.1' }),
  PUBLIC_URL: entry({
    doc: 'Address under which people reach the console; links in answers use it. Default: the address it listens on.',
    schema: url,
  }),
  SECRET_KEY: entry({
    doc: 'Signs console sessions and seals the credentials of sources. Without it one is made and kept in DATA_DIR.',
    schema: z.string().min(16, 'must have at least 16 characters'),
    secret: true,
  }),
  ADMIN_TOKEN: entry({
    doc: 'Password of the console and the API. Required when HOST is not loopback.',
    schema: z.string().min(12, 'must have at least 12 characters'),
    secret: true,
  }),
  LOG_LEVEL: entry({
    doc: '`debug`, `info`, `warn`, `error` or `silent`. Logs are JSON lines on stderr.',
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'must be debug, info, warn, error or silent' }),
    default: 'info',
  }),
  TZ: entry({ doc: "Time zone for schedules and for dates that are shown, e.g. Europe/Berlin. Default: the system's.", schema: text }),
  OPENAI_API_KEY: entry({
    doc: 'Key of the model endpoint. Without key and OPENAI_BASE_URL, answers are verbatim quotes.',
    schema: text,
    secret: true,
  }),
  OPENAI_BASE_URL: entry({
    doc: 'Any OpenAI-compatible endpoint: Ollama, vLLM, Azure, a gateway. Default: api.openai.com when a key is set.',
    schema: url,
  }),
  CHAT_MODEL: entry({
    doc: 'Model that writes answers; may be a fine-tuned one. Default: chosen for api.openai.com; the only model of another endpoint.',
    schema: text,
  }),
  EMBEDDING_MODEL: entry({
    doc: 'Model for search by meaning: one that runs here (`multilingual-e5-small`, `bge-small-en-v1.5`, `all-MiniLM-L6-v2`, `use-lite`, or a folder of MODELS_DIR), one of the endpoint (`text-embedding-3-small`), or `none` for words alone. Default: `multilingual-e5-small`, and `use-lite` until it has been downloaded.',
    schema: text,
  }),
  MODELS_DIR: entry({ doc: 'Folder of the models that run here. Default: `models` in DATA_DIR.', schema: text }),
  HTTPS_PROXY: entry({ doc: 'Proxy that models are downloaded through from https addresses.', schema: url, secret: true }),
  HTTP_PROXY: entry({ doc: 'The same for http addresses, and for https ones where HTTPS_PROXY is not set.', schema: url, secret: true }),
  NO_PROXY: entry({ doc: 'Hosts to reach without the proxy: `localhost,.corp,10.0.0.5:8080`.', schema: text }),
  REDIS_URL: entry({
    doc: 'Redis for the queue of background work, `redis://` or `rediss://` (TLS), with password where it has one. Without it the queue is in this process.',
    schema: redisUrl,
    secret: true,
  }),
  DATABASE_URL: entry({
    doc: 'Postgres for the catalog, `postgres://user:password@host:5432/database`, shared by several processes. Without it the catalog is a file in DATA_DIR. Needs QDRANT_URL and REDIS_URL too.',
    schema: postgresUrl,
    secret: true,
  }),
  QDRANT_URL: entry({
    doc: 'Qdrant 1.16 or later for the index, such as http://127.0.0.1:6333. Without it the index is a file in DATA_DIR.',
    schema: url,
  }),
  QDRANT_API_KEY: entry({ doc: 'Key of Qdrant, where it asks for one.', schema: text, secret: true }),
  DOCENT_ROLE: entry({
    doc: '`all`: everything in this process. `web`: console, API and answers; `worker`: background work; both need DATABASE_URL, QDRANT_URL, REDIS_URL and SECRET_KEY, the same for every process.',
    schema: z.enum(['all', 'web', 'worker'], { error: 'must be all, web or worker' }),
    default: 'all',
  }),
  SLACK_BOT_TOKEN: entry({
    doc: 'Bot token of your Slack app, `xoxb-…`. Without it Slack is connected in the console (docs/slack.md).',
    schema: SLACK_SCHEMAS.botToken,
    secret: true,
  }),
  SLACK_SIGNING_SECRET: entry({
    doc: 'Signing secret of your Slack app, where Slack sends events to PUBLIC_URL.',
    schema: SLACK_SCHEMAS.signingSecret,
    secret: true,
  }),
  SLACK_APP_TOKEN: entry({
    doc: 'App-level token of your Slack app, `xapp-…`. With it Docent fetches events itself (Socket Mode), and needs no public address.',
    schema: SLACK_SCHEMAS.appToken,
    secret: true,
  }),
  SLACK_ALLOWED_TEAMS: entry({
    doc: 'Slack workspaces (`T…`) and organizations (`E…`) that may ask, as a list with commas. Default: the one that the bot token is of.',
    schema: SLACK_SCHEMAS.allowedTeams,
  }),
  SLACK_API_URL: entry({
    doc: "Slack's Web API. Default: https://slack.com/api/; GovSlack: https://slack-gov.com/api/.",
    schema: url.transform((given) => given.replace(/\/*$/, '/')),
  }),
  MicrosoftAppId: entry({
    doc: 'App ID of your Azure Bot. Without it Teams is connected in the console (docs/teams.md).',
    schema: TEAMS_SCHEMAS.appId,
  }),
  MicrosoftAppPassword: entry({
    doc: 'Client secret of the app registration: its value, not its ID.',
    schema: TEAMS_SCHEMAS.password,
    secret: true,
  }),
  MicrosoftAppCertificate: entry({
    doc: 'Path of a PEM file with certificate and private key, instead of a client secret.',
    schema: TEAMS_SCHEMAS.certificateFile,
  }),
  MicrosoftAppType: entry({
    doc: '`SingleTenant`, `MultiTenant` (older registrations) or `UserAssignedMSI` (a managed identity of Azure: no secret).',
    schema: TEAMS_SCHEMAS.appType,
    default: 'SingleTenant',
  }),
  MicrosoftAppTenantId: entry({
    doc: 'Directory (tenant) ID that the app is registered in.',
    schema: TEAMS_SCHEMAS.tenantId,
  }),
  TEAMS_ALLOWED_TENANTS: entry({
    doc: "Directories whose people may ask, as a list of ids with commas. Default: the app's own, which is always among them.",
    schema: TEAMS_SCHEMAS.allowedTenants,
  }),
  TEAMS_SERVICE_HOSTS: entry({
    doc: 'Hosts that answers are sent to, as a list with commas. Default: `smba.trafficmanager.net,*.botframework.com`. The Agents Playground needs `localhost:56150`.',
    schema: TEAMS_SCHEMAS.serviceHosts,
  }),
  TEAMS_ALLOW_ANONYMOUS: entry({
    doc: '`true`: whoever reaches `/api/messages` may speak, for trying it with the Agents Playground. Only without MicrosoftAppId, and with HOST on loopback.',
    schema: z.enum(['true', 'false'], { error: 'must be true or false' }).transform((given) => given === 'true'),
  }),
  TRIAGE_CHANNEL: entry({
    doc: 'Channels where people are asked, as a list with commas: `slack:C…` (or `slack:T…/C…`), `teams:19:…@thread.tacv2`. Without it "Ask a person" is not offered.',
    schema: list(
      one(
        /^(slack:([TE][A-Z0-9]{2,}\/)?[CG][A-Z0-9]{2,}|teams:19:[^\s;@]+@thread\.(tacv2|skype|v2))$/,
        'write slack:C0123456789, slack:T0123456789/C0123456789 or teams:19:…@thread.tacv2',
      ),
    ),
  }),
  ADMIN_USERS: entry({
    doc: 'Who may administer Docent from chat, as a list with commas: e-mail addresses, `slack:T…/U…`, `teams:TENANT/PERSON` (ids of the directory).',
    schema: list(
      one(
        // The Agents Playground's ids have 13 digits at their end.
        /^([^\s@:]+@[^\s@:]+\.[^\s@:]+|slack:[TE][A-Z0-9]{2,}\/[UW][A-Z0-9]{2,}|teams:[0-9a-fA-F-]{36,37}\/[0-9a-fA-F-]{36,37})$/,
        'write an e-mail address, slack:T0123456789/U0123456789, or teams: with the ids of the directory and the person, a / between',
      ).transform((given) => (given.startsWith('slack:') ? given : given.toLowerCase())),
    ),
  }),
  BUDGET_USD_MONTH: entry({
    doc: 'Spend on models in a calendar month, in US dollars: a warning at 80 %, quotes instead of prose at 100 %.',
    schema: z.coerce.number().nonnegative(),
  }),
} as const;

type Entries = typeof ENTRIES;
type Value<K extends keyof Entries> =
  Entries[K] extends Entry<infer T> ? (Entries[K] extends { default: string } ? T : T | undefined) : never;

const WITH_DEFAULT = ['DATA_DIR', 'PORT', 'HOST', 'LOG_LEVEL', 'DOCENT_ROLE', 'MicrosoftAppType'] as const;
type WithDefault = (typeof WITH_DEFAULT)[number];

/** The parsed environment. */
export type Config = { [K in keyof Entries]: K extends WithDefault ? NonNullable<Value<K>> : Value<K> | undefined };

/** Part of the design's contract but not built yet: setting one says so instead of being silently ignored. */
const NOT_YET = ['OIDC_ISSUER'];

/** The process's environment, with what a `.env` file in the working folder adds; what is set already wins. */
function environment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** The variables that are set but that this version does not use yet. */
export function unusedVariables(env: NodeJS.ProcessEnv = environment()): string[] {
  return NOT_YET.filter((name) => env[name]);
}

/**
 * Reads and checks the environment; empty values count as not set.
 * @throws AppError `config.invalid` that lists every wrong entry with the way to mend it
 */
export function readConfig(env: NodeJS.ProcessEnv = environment()): Config {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, e] of Object.entries(ENTRIES) as [string, Entry<unknown>][]) {
    // Proxies are named in lower case as often.
    const raw = env[name]?.trim() || (name.endsWith('_PROXY') && env[name.toLowerCase()]?.trim()) || e.default;
    if (raw === undefined) continue;
    const parsed = e.schema.safeParse(raw);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`${name}: ${parsed.error.issues.map((i) => i.message).join('; ')}${e.secret ? '' : ` (it is "${raw}")`}`);
  }
  const config = values as Config;
  if (config.HOST !== undefined && !isLoopback(config.HOST) && config.ADMIN_TOKEN === undefined) {
    problems.push(`HOST: ${config.HOST} can be reached from other machines, so ADMIN_TOKEN must be set (or HOST left at 127.0.0.1)`);
  }
  problems.push(...problemsOfMix(config), ...problemsOfSlack(config, problems), ...problemsOfTeams(config, problems));
  if (problems.length > 0) {
    const message = `the environment is not right: ${problems.join('; ')}`;
    throw new AppError({ code: 'config.invalid', message, publicMessage: message });
  }
  return config;
}

/**
 * What of the catalog, the index and the queue must not be left on one machine: a process that shares one of them with
 * others would work on an index, or wait at a queue, that the others do not see.
 */
function problemsOfMix(config: Config): string[] {
  const shared = (['DATABASE_URL', 'QDRANT_URL', 'REDIS_URL'] as const).filter((name) => config[name] === undefined);
  const and = (names: readonly string[]): string => names.join(' and ');
  if (config.DOCENT_ROLE === 'web' || config.DOCENT_ROLE === 'worker') {
    const missing = [...shared, ...(config.SECRET_KEY === undefined ? ['SECRET_KEY'] : [])];
    const open = config.DOCENT_ROLE === 'web' && config.ADMIN_TOKEN === undefined ? outsideUrl(config) : undefined;
    return [
      ...(open === undefined
        ? []
        : [`ADMIN_TOKEN: people reach the console under ${open}, so it must be set (make one with "openssl rand -hex 24")`]),
      ...(missing.length === 0
        ? []
        : [
            `DOCENT_ROLE: "${config.DOCENT_ROLE}" is one of several processes, which share the catalog, the index, the queue and the key that seals credentials, so ${and(missing)} must be set too (or leave DOCENT_ROLE at "all")`,
          ]),
    ];
  } else if (config.DATABASE_URL !== undefined && shared.length > 0) {
    return [
      `DATABASE_URL: a catalog that several processes may share needs an index and a queue that they share, so ${and(shared)} must be set too (or leave DATABASE_URL unset: the catalog is then a file in DATA_DIR)`,
    ];
  }
  return [];
}

/** A half of Slack's tokens in the environment would leave open what of the other half, kept by the console, goes with it. */
function problemsOfSlack(config: Config, told: string[]): string[] {
  const { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app, SLACK_SIGNING_SECRET: signing } = config;
  if (told.some((problem) => problem.startsWith('SLACK_'))) return [];
  if (bot !== undefined && app === undefined && signing === undefined)
    return [
      'SLACK_BOT_TOKEN: SLACK_APP_TOKEN must be set too (Socket Mode), or SLACK_SIGNING_SECRET (where Slack sends events to PUBLIC_URL); docs/slack.md says where each stands',
    ];
  if (bot === undefined && (app !== undefined || signing !== undefined))
    return [
      `${app === undefined ? 'SLACK_SIGNING_SECRET' : 'SLACK_APP_TOKEN'}: SLACK_BOT_TOKEN must be set too (or none of them, and Slack connected in the console)`,
    ];
  return [];
}

/** Half a registration would fail with the first answer, and an empty app id is never taken for "no authentication". */
function problemsOfTeams(config: Config, told: string[]): string[] {
  const { MicrosoftAppId: id, MicrosoftAppPassword: secret, MicrosoftAppCertificate: certificate } = config;
  if (told.some((problem) => problem.startsWith('MicrosoftApp') || problem.startsWith('TEAMS_'))) return [];
  const open = config.TEAMS_ALLOW_ANONYMOUS ? problemsOfAnonymous(config) : [];
  if (open.length > 0) return open;
  if (id === undefined) {
    const alone = (['MicrosoftAppPassword', 'MicrosoftAppCertificate', 'MicrosoftAppTenantId'] as const).find((name) => config[name]);
    return alone ? [`${alone}: MicrosoftAppId must be set too (or none of them, and Teams connected in the console)`] : [];
  }
  if (config.MicrosoftAppTenantId === undefined)
    return ['MicrosoftAppId: MicrosoftAppTenantId must be set too; docs/teams.md says where it stands'];
  if (config.MicrosoftAppType === 'UserAssignedMSI')
    return secret || certificate
      ? [
          `${secret ? 'MicrosoftAppPassword' : 'MicrosoftAppCertificate'}: a managed identity (MicrosoftAppType=UserAssignedMSI) needs none; remove it`,
        ]
      : [];
  if (secret && certificate) return ['MicrosoftAppCertificate: MicrosoftAppPassword is set too; give one of the two'];
  return secret || certificate
    ? []
    : ['MicrosoftAppId: MicrosoftAppPassword (a client secret) or MicrosoftAppCertificate (a PEM file) must be set too'];
}

/** What anybody may say without a token has to come from this machine. */
function problemsOfAnonymous(config: Config): string[] {
  const refused = (why: string): string[] => [
    `TEAMS_ALLOW_ANONYMOUS: whoever reaches /api/messages could speak for anybody, so ${why}; it is for trying Docent on one machine`,
  ];
  if (config.MicrosoftAppId !== undefined) return refused('it is not taken together with MicrosoftAppId');
  if (!isLoopback(config.HOST)) return refused(`HOST must be 127.0.0.1 (it is ${config.HOST})`);
  if (outsideUrl(config) !== undefined) return refused(`PUBLIC_URL must not be set (it is ${config.PUBLIC_URL})`);
  return [];
}

/** One variable that a person names (`--credential env:NAME`); undefined when it is not set or empty. */
export function readVariable(name: string, env: NodeJS.ProcessEnv = environment()): string | undefined {
  return env[name] || undefined;
}

/** Whether an address to listen on (or the host of a URL, `[::1]` among them) is reachable from this machine alone. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** PUBLIC_URL where other machines can reach it; undefined where it is not set, or names this machine alone. */
export function outsideUrl(config: Pick<Config, 'PUBLIC_URL'>): string | undefined {
  const { PUBLIC_URL: address } = config;
  return address === undefined || isLoopback(new URL(address).hostname) ? undefined : address;
}
