/** What Docent asks of Teams: its bot, its search, its permissions, as the manifest of an app package. */
import { z } from 'zod';
import { inputError } from '../../src/errors.ts';

/** The version of Microsoft's schema that the manifest follows: it has all that Docent needs, and Teams has long known it. */
const SCHEMA = '1.19';

/**
 * Permissions of a team or a chat, asked of its owner when the app is added there, and only by `--read-channels`; what each
 * is for stands in `strings/console-teams-en.ts` and `-zh.ts`.
 */
export const TEAMS_PERMISSIONS = ['ChannelMessage.Read.Group', 'ChatMessage.Read.Chat'] as const;
export type TeamsPermission = (typeof TEAMS_PERMISSIONS)[number];

/** What Teams offers to whoever begins to write to Docent; the bot takes these words. */
export const TEAMS_COMMANDS = { help: 'How to ask Docent', status: 'What Docent knows, and how fresh it is' } as const;

/** The search of the message extension, and its parameter. */
export const TEAMS_SEARCH = { command: 'search', parameter: 'query' } as const;
/** What stands under a message's "More actions": answered in the personal chat. */
export const TEAMS_ASK_ABOUT = 'askAbout';

const MESSAGES_PATH = '/api/messages';

/** Where Teams sends activities. @param publicUrl PUBLIC_URL */
export const teamsEndpoint = (publicUrl: string): string => `${publicUrl.replace(/\/+$/, '')}${MESSAGES_PATH}`;

const text = (max: number): z.ZodString => z.string().min(1).max(max);
const guid = z.string().regex(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
const address = z.url({ protocol: /^https$/ }).max(2048);
const scopes = z.array(z.enum(['personal', 'team', 'groupChat'])).min(1);

/**
 * The rules of Microsoft's schema for what Docent uses of it
 * (developer.microsoft.com/json-schemas/teams/v1.19/MicrosoftTeams.schema.json); nothing beside it is let through.
 */
export const teamsManifestShape = z.strictObject({
  $schema: z.literal(`https://developer.microsoft.com/json-schemas/teams/v${SCHEMA}/MicrosoftTeams.schema.json`),
  manifestVersion: z.literal(SCHEMA),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  id: guid,
  developer: z.strictObject({ name: text(32), websiteUrl: address, privacyUrl: address, termsOfUseUrl: address }),
  name: z.strictObject({ short: text(30), full: text(100) }),
  description: z.strictObject({ short: text(80), full: text(4000) }),
  icons: z.strictObject({ color: z.literal('color.png'), outline: z.literal('outline.png') }),
  accentColor: z.string().regex(/^#[0-9a-f]{6}$/),
  defaultInstallScope: z.literal('personal'),
  bots: z.tuple([
    z.strictObject({
      botId: guid,
      scopes,
      supportsFiles: z.boolean(),
      isNotificationOnly: z.literal(false),
      commandLists: z
        .array(z.strictObject({ scopes, commands: z.array(z.strictObject({ title: text(32), description: text(128) })).max(10) }))
        .max(3),
    }),
  ]),
  composeExtensions: z.tuple([
    z.strictObject({
      botId: guid,
      commands: z.tuple([
        z.strictObject({
          id: text(64),
          type: z.literal('query'),
          title: text(32),
          description: text(128),
          initialRun: z.boolean(),
          context: z.array(z.enum(['compose', 'commandBox'])),
          parameters: z
            .array(z.strictObject({ name: text(64), title: text(32), description: text(128), inputType: z.literal('text') }))
            .max(5),
        }),
        z.strictObject({
          id: text(64),
          type: z.literal('action'),
          title: text(32),
          description: text(128),
          context: z.tuple([z.literal('message')]),
          fetchTask: z.literal(true),
        }),
      ]),
    }),
  ]),
  validDomains: z.array(text(2048)).max(16),
  webApplicationInfo: z.strictObject({ id: guid, resource: text(2048) }),
  authorization: z
    .strictObject({
      permissions: z.strictObject({
        resourceSpecific: z.array(z.strictObject({ name: z.enum(TEAMS_PERMISSIONS), type: z.literal('Application') })).max(16),
      }),
    })
    .optional(),
});
export type TeamsManifest = z.infer<typeof teamsManifestShape>;

export interface TeamsAppOptions {
  /** The bot's app id; the app in Teams has the same, so that a later package is an update of it. */
  appId: string;
  /** PUBLIC_URL. */
  url: string | undefined;
  /** As people see it in Teams; default: Docent. */
  name?: string;
  /** Asks for what lets it read messages that do not mention it. */
  readChannels?: boolean;
  /** Milliseconds since the epoch: a package made later has a higher version, as Teams wants of an update. */
  at: number;
}

/** @throws AppError `input.invalid` when there is no https address, or the name is too long */
export function teamsManifest(app: TeamsAppOptions): TeamsManifest {
  const name = (app.name ?? 'Docent').trim();
  if (name === '' || name.length > 30) throw inputError('name', 'Teams shows names of 1 to 30 characters');
  const site = httpsUrl(app.url);
  const { href, host, origin } = site;
  const reading = app.readChannels
    ? ' Where a team or a chat allows it when the app is added, Docent also reads messages that do not mention it: only to answer follow-up questions in its own threads, and questions in channels that an admin chose. Other messages are not kept.'
    : '';
  return teamsManifestShape.parse({
    $schema: `https://developer.microsoft.com/json-schemas/teams/v${SCHEMA}/MicrosoftTeams.schema.json`,
    manifestVersion: SCHEMA,
    version: versionAt(app.at),
    id: app.appId,
    developer: { name: 'Docent', websiteUrl: href, privacyUrl: href, termsOfUseUrl: href },
    name: { short: name, full: `${name}: answers from the company’s documents` },
    description: {
      short: 'Answers from your company’s documents, and shows where each sentence stands.',
      full: `Ask ${name} in a chat, a group or a channel. It answers from the documents that your company added, in the language of the question, with a link to the passage behind every sentence. When the documents do not say, it says so and offers the closest pages and a person.${reading}`,
    },
    icons: { color: 'color.png', outline: 'outline.png' },
    accentColor: '#1d5b4c',
    defaultInstallScope: 'personal',
    bots: [
      {
        botId: app.appId,
        scopes: ['personal', 'team', 'groupChat'],
        supportsFiles: true,
        isNotificationOnly: false,
        commandLists: [
          {
            scopes: ['personal', 'team', 'groupChat'],
            commands: Object.entries(TEAMS_COMMANDS).map(([title, description]) => ({ title, description })),
          },
        ],
      },
    ],
    composeExtensions: [
      {
        botId: app.appId,
        commands: [
          {
            id: TEAMS_SEARCH.command,
            type: 'query',
            title: 'Search the knowledge base',
            description: 'Find a document or an answer, and put it into the chat',
            initialRun: true,
            context: ['compose', 'commandBox'],
            parameters: [{ name: TEAMS_SEARCH.parameter, title: 'Search for', description: 'Words, or a question', inputType: 'text' }],
          },
          {
            id: TEAMS_ASK_ABOUT,
            type: 'action',
            title: 'Ask about this',
            description: 'The documents are searched for what this message asks; the answer comes in your own chat',
            context: ['message'],
            fetchTask: true,
          },
        ],
      },
    ],
    validDomains: [host],
    // Teams asks nothing by it; the permissions of a team or a chat are granted to this id.
    webApplicationInfo: { id: app.appId, resource: origin },
    ...(app.readChannels
      ? {
          authorization: {
            permissions: { resourceSpecific: TEAMS_PERMISSIONS.map((permission) => ({ name: permission, type: 'Application' })) },
          },
        }
      : {}),
  });
}

/** `1.20261122.211`: day and time in UTC, without zeros in front. */
function versionAt(at: number): string {
  const [day, time] = new Date(at).toISOString().split('T') as [string, string];
  return `1.${day.replaceAll('-', '')}.${Number(time.slice(0, 5).replace(':', ''))}`;
}

function httpsUrl(url: string | undefined): URL {
  if (url === undefined || !URL.canParse(url) || new URL(url).protocol !== 'https:')
    throw inputError('url', 'Teams reaches Docent at a public https address alone: give --url https://… (or set PUBLIC_URL)');
  return new URL(url);
}
