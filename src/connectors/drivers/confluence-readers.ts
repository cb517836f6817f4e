/** Who may read a page: of each restriction on it, and on what it stands under, one principal must hold. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Principal } from '../../types.ts';
import type { ConnectorContext } from '../connector.ts';
import { once, type Wiki } from './confluence-api.ts';
import type { Content, FileContent } from './confluence-pages.ts';

/** Users and groups asked for at once; both interfaces give no more. */
const AT_ONCE = 200;
/** More people than this are named in no restriction: who comes after them is not let in. */
const MOST_PAGES = 10;

/** The principals of one restriction; empty for none; undefined when it could not be read. */
export type Restriction = Principal[] | undefined;

const userSchema = z.looseObject({
  accountId: z.string().optional(),
  userKey: z.string().optional(),
  username: z.string().optional(),
  email: z.string().nullish(),
});
const groupSchema = z.looseObject({ name: z.string().min(1) });
const subjects = <T extends z.ZodType>(one: T) =>
  z.looseObject({
    results: z.array(one),
    limit: z.number().optional(),
    size: z.number().optional(),
    _links: z.looseObject({ next: z.string().optional() }).optional(),
  });
const readSchema = z.looseObject({ restrictions: z.looseObject({ user: subjects(userSchema), group: subjects(groupSchema) }) });

/** As a listing expands it beside a page. */
export const expandedRestrictions = 'restrictions.read.restrictions.user,restrictions.read.restrictions.group';
const expandedSchema = z.looseObject({ restrictions: z.looseObject({ read: readSchema }) });

/** The restriction that came with a page in a listing; undefined when it is not there, or not whole. */
export async function expandedRestriction(page: unknown, wiki: Wiki, context: ConnectorContext): Promise<Restriction> {
  const parsed = expandedSchema.safeParse(page);
  if (!parsed.success) return undefined;
  const { user, group } = parsed.data.restrictions.read.restrictions;
  if (isCut(user) || isCut(group)) return undefined;
  return principalsOf(user.results, group.results, wiki, context);
}

/** Asks for the restriction of one page, folder or file by itself, once for a run. */
export function restrictionOf(id: string, wiki: Wiki, context: ConnectorContext): Promise<Restriction> {
  return once(wiki, `restriction ${id}`, () => askRestriction(id, wiki, context));
}

async function askRestriction(id: string, wiki: Wiki, context: ConnectorContext): Promise<Restriction> {
  const principals = new Set<Principal>();
  for (let page = 0; page < MOST_PAGES; page++) {
    const parameters = { expand: 'restrictions.user,restrictions.group', start: String(page * AT_ONCE), limit: String(AT_ONCE) };
    let answer: unknown;
    try {
      answer = await wiki.get(`/rest/api/content/${encodeURIComponent(id)}/restriction/byOperation/read`, parameters, context);
    } catch (error) {
      if (error instanceof AppError && error.code === 'confluence.forbidden') return undefined;
      throw error;
    }
    const parsed = readSchema.safeParse(answer);
    if (!parsed.success) return undefined;
    const { user, group } = parsed.data.restrictions;
    // There are some who are not named: nobody may be let in by the rest of them.
    if ([user, group].some(({ size, results }) => size !== undefined && size > 0 && results.length === 0)) return undefined;
    for (const principal of await principalsOf(user.results, group.results, wiki, context)) principals.add(principal);
    if (!isCut(user) && !isCut(group)) break;
  }
  return [...principals];
}

/** Whether there may be more than what is given. */
function isCut({ results, limit, size, _links }: z.infer<ReturnType<typeof subjects>>): boolean {
  if (size !== undefined && size > results.length) return true;
  return _links?.next !== undefined || (limit !== undefined && results.length > 0 && results.length >= limit);
}

async function principalsOf(
  users: z.infer<typeof userSchema>[],
  groups: z.infer<typeof groupSchema>[],
  wiki: Wiki,
  context: ConnectorContext,
): Promise<Principal[]> {
  const people = await Promise.all(users.map((user) => personOf(user, wiki, context)));
  return [...new Set([...people, ...groups.map(({ name }) => groupPrincipal(name))])].sort();
}

/**
 * By e-mail where it is known; else by an id that opens to nobody until it is mapped to a person. Cloud tells the e-mail where
 * the person lets it; Data Center in the profile alone.
 */
async function personOf(user: z.infer<typeof userSchema>, wiki: Wiki, context: ConnectorContext): Promise<Principal> {
  const { accountId, userKey, username } = user;
  const email =
    asEmail(user.email) ?? (username === undefined ? undefined : ((await profileEmail(username, wiki, context)) ?? asEmail(username)));
  if (email !== undefined) return `person:${email}`;
  return `person:confluence:${(accountId ?? username ?? userKey ?? 'unknown').replaceAll(/[\s,]/gu, encodeURIComponent)}`;
}

const profileSchema = z.looseObject({ email: z.string() });

/** The interface of Data Center's mobile app is the one that tells it. Whatever goes wrong: it is not known. */
function profileEmail(username: string, wiki: Wiki, context: ConnectorContext): Promise<string | undefined> {
  if (wiki.flavour === 'cloud') return Promise.resolve(undefined);
  return once(wiki, `profile ${username}`, async () => {
    try {
      const answer = await wiki.get(`/rest/mobile/1.0/profile/${encodeURIComponent(username)}`, {}, context);
      return asEmail(profileSchema.safeParse(answer).data?.email);
    } catch (error) {
      if (error instanceof AppError && !error.retryable && error.code !== 'source.credential') return undefined;
      throw error;
    }
  });
}

function asEmail(text: string | null | undefined): string | undefined {
  return text && /^[^\s@:,]+@[^\s@:,]+\.[^\s@:,]+$/.test(text) ? text.toLowerCase() : undefined;
}

/** Two groups never become one: what a principal may not hold (blanks, colons) stands as in an address. */
export function groupPrincipal(name: string): Principal {
  return `group:${name.replaceAll(/[\s:,%]/gu, encodeURIComponent)}`;
}

export interface Node {
  id: string;
  /** Undefined at the top of a space. */
  parent: { id: string; type: string } | undefined;
}

/** What stands above a page, and its restrictions. */
export interface Tree {
  /** Of what was listed. */
  nodes: Map<string, Node>;
  /** What came with the listing; what did not is asked for. */
  restrictions: Map<string, Principal[]>;
  /** Where something above a page stands that was not listed; undefined when that cannot be known. */
  ask(parent: { id: string; type: string }): Promise<Node | undefined>;
}

export interface Listing {
  contents: Content[];
  /** Of these pages and blog posts. */
  files: FileContent[];
  tree: Tree;
}

/**
 * One list for each restriction on the way up, the same one once; undefined when one of them cannot be read: then nobody may be
 * let in.
 */
export async function readersOf(id: string, tree: Tree, wiki: Wiki, context: ConnectorContext): Promise<Principal[][] | undefined> {
  if (wiki.anonymous) return [];
  const lists = new Set<string>();
  const passed = new Set<string>();
  let at: Node['parent'] = { id, type: 'page' };
  while (at) {
    const here: { id: string; type: string } = at;
    if (passed.has(here.id)) return undefined;
    passed.add(here.id);
    const node: Node | undefined = tree.nodes.get(here.id) ?? (await once(wiki, `node ${here.id}`, () => tree.ask(here)));
    const own: Restriction = node && (tree.restrictions.get(here.id) ?? (await restrictionOf(here.id, wiki, context)));
    if (!node || !own) return undefined;
    if (own.length > 0) lists.add(JSON.stringify(own));
    at = node.parent;
  }
  return [...lists].sort().map((list) => JSON.parse(list) as Principal[]);
}
