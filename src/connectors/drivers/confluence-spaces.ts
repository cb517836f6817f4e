/** Which spaces a source reads: the one that its address names, or all that the account sees. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { ConnectorContext } from '../connector.ts';
import type { Wiki } from './confluence-api.ts';
import { failure, unreadable } from './confluence-refusals.ts';

export interface Space {
  /** A number, on Cloud what pages name it by. */
  id: string;
  key: string;
}

/** How many spaces one query names. */
const CLAUSE_SPACES = 50;

const spaceSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  key: z.string(),
  type: z.string(),
  status: z.string().optional(),
});

/**
 * Personal and archived spaces only where the address names them.
 * @throws AppError `source.no_space`, `source.forbidden`, `source.empty`
 */
export async function spacesOf(wiki: Wiki, context: ConnectorContext): Promise<Space[]> {
  const { spaceKey, host } = wiki;
  if (spaceKey === undefined) {
    const spaces = await visible(wiki, context);
    if (spaces.length === 0) throw failure('empty', `The account that Docent signs in with sees no space at ${host}. ${LET_IN}`);
    return spaces;
  }
  const named = await spaceOf(spaceKey, wiki, context);
  if (named) return [named];
  const others = (await visible(wiki, context)).length;
  throw failure(
    'no_space',
    others === 0
      ? `The account that Docent signs in with sees no space at ${host}, nor "${spaceKey}". ${LET_IN}`
      : `There is no space "${spaceKey}" at ${host} among the ${others} that this account sees. Check the key in the address of the space; if it is right, let the account view the space (its settings, "Permissions").`,
  );
}

const LET_IN = `Let it view those that it is to read (the settings of a space, "Permissions").`;

async function spaceOf(key: string, wiki: Wiki, context: ConnectorContext): Promise<Space | undefined> {
  try {
    if (wiki.flavour === 'server') {
      const found = await wiki.get(`/rest/api/space/${encodeURIComponent(key)}`, {}, context);
      return found === undefined ? undefined : readSpace(found, wiki);
    }
    for await (const one of wiki.list('/api/v2/spaces', { keys: key, limit: '250' }, context)) {
      const space = readSpace(one, wiki);
      if (space.key.toLowerCase() === key.toLowerCase()) return space;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'confluence.forbidden') throw error;
    throw failure('forbidden', `The account that Docent signs in with may not read the space "${key}" at ${wiki.host}. ${LET_IN}`);
  }
}

async function visible(wiki: Wiki, context: ConnectorContext): Promise<Space[]> {
  const [path, parameters] =
    wiki.flavour === 'cloud'
      ? (['/api/v2/spaces', { status: 'current', limit: '250' }] as const)
      : (['/rest/api/space', { type: 'global', status: 'current', limit: '200' }] as const);
  const spaces: Space[] = [];
  for await (const one of wiki.list(path, { ...parameters }, context)) {
    const { type, status } = spaceSchema.safeParse(one).data ?? {};
    if (type !== 'personal' && status !== 'archived') spaces.push(readSpace(one, wiki));
  }
  return spaces.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function readSpace(one: unknown, wiki: Wiki): Space {
  const parsed = spaceSchema.safeParse(one);
  if (!parsed.success) throw unreadable(wiki.host, 'what it says of a space is not as a Confluence says it');
  return { id: String(parsed.data.id), key: parsed.data.key };
}

/** `space in ("A","B")`, as many as there must be. */
export function spaceClauses(spaces: Space[]): string[] {
  const clauses: string[] = [];
  for (let at = 0; at < spaces.length; at += CLAUSE_SPACES) {
    const keys = spaces.slice(at, at + CLAUSE_SPACES).map(({ key }) => `"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
    clauses.push(`space in (${keys.join(',')})`);
  }
  return clauses;
}
