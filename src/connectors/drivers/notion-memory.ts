/** What a listing found, kept in the source's cache folder: the next one tells from it what changed, moved or went. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Tree } from './notion-pages.ts';

const nodeSchema = z.object({
  id: z.string(),
  kind: z.enum(['page', 'data_source', 'block']),
  title: z.string(),
  url: z.string(),
  time: z.string(),
  parent: z.string().nullable(),
  inBlock: z.literal(true).optional(),
  database: z.string().optional(),
});
const fileSchema = z.object({ format: z.literal(1), owner: z.string(), asOf: z.number(), nodes: z.array(nodeSchema) });

export interface Memory {
  /** Names the file, for a cursor. */
  name: string;
  tree: Tree;
  /** Notion's clock when that listing began, ms. */
  asOf: number;
}

const NAME = /^notion-[0-9a-f-]{36}\.json$/;

/**
 * Keeps a listing, and of those before only `read`: a cursor may still name that one if this run fails.
 * @param owner what the listing is of: another integration, or another page, sees something else
 */
export async function remember(folder: string, owner: string, tree: Tree, asOf: number, read: string | undefined): Promise<string> {
  await fs.mkdir(folder, { recursive: true });
  const name = `notion-${randomUUID()}.json`;
  const part = path.join(folder, `${name}.part`);
  await fs.writeFile(part, JSON.stringify({ format: 1, owner, asOf, nodes: [...tree.values()] }));
  await fs.rename(part, path.join(folder, name));
  for (const other of await fs.readdir(folder))
    if (other.startsWith('notion-') && other !== name && other !== read) await fs.rm(path.join(folder, other), { force: true });
  return name;
}

/** The listing of that name, or the latest; undefined when there is none that can be read, or it is of another owner. */
export async function recall(folder: string, owner: string, name?: string): Promise<Memory | undefined> {
  const file = name ?? (await latest(folder));
  if (file === undefined || !NAME.test(file)) return undefined;
  let given: unknown;
  try {
    given = JSON.parse(await fs.readFile(path.join(folder, file), 'utf8'));
  } catch {
    return undefined;
  }
  const parsed = fileSchema.safeParse(given).data;
  if (!parsed || parsed.owner !== owner) return undefined;
  const { asOf, nodes } = parsed;
  return {
    name: file,
    asOf,
    tree: new Map(
      nodes.map(({ inBlock, database, ...node }) => [
        node.id,
        { ...node, ...(inBlock ? { inBlock } : {}), ...(database === undefined ? {} : { database }) },
      ]),
    ),
  };
}

async function latest(folder: string): Promise<string | undefined> {
  let found: { name: string; at: number } | undefined;
  for (const name of await fs.readdir(folder).catch(() => [])) {
    if (!NAME.test(name)) continue;
    const at = (await fs.stat(path.join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0;
    if (!found || at > found.at) found = { name, at };
  }
  return found?.name;
}
