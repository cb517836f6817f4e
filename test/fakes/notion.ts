/** The part of Notion's REST interface (version 2026-03-11) that Docent uses, over HTTP on loopback: strict in all that it takes. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { askedFor, checkBody, NotionError, pageSizeOf, refuseUnknown, wrong } from './notion-checks.ts';

export interface FakeBlock {
  id: string;
  type: string;
  data: Record<string, unknown>;
  children: FakeBlock[];
}

interface FakeItem {
  id: string;
  kind: 'page' | 'data_source';
  /** Of a data source: the database that holds it. */
  database?: string;
  title: string;
  description: string;
  /** Of a page: values; of a data source: its schema. */
  properties: Record<string, unknown>;
  parent: { page: string } | { block: string } | { dataSource: string } | undefined;
  blocks: FakeBlock[];
  shared: boolean;
  trashed: boolean;
  /** By Notion's clock, ms. */
  editedAt: number;
  /** When search learns of its last change. */
  changedAt: number;
  /** As search knows it: undefined before it does. */
  indexed?: { time: number; trashed: boolean; shown: object };
}

export interface FakeNotion {
  url: string;
  token: string;
  /** Of the integration. */
  botId: string;
  /** Notion's clock, ms: edits are dated by it, and answers. Moves with `pass`. */
  now: number;
  /** How long search does not know of a change. */
  searchLagMs: number;
  /** What search never names. */
  hidden: Set<string>;
  /** Search and queries name so many at most and say that they are incomplete. */
  mostResults: number;
  /** Of one answer. */
  pageSize: number;
  may: { content: boolean; users: boolean };
  /** What is answered instead, first one first; or for all that it says so of. */
  trouble: { status: number; retryAfter?: number; code?: string; html?: string }[];
  /** Called before each request is answered. */
  onRequest: (path: string) => void;
  requests: { method: string; path: string; body: Record<string, unknown> | undefined; status: number }[];
  pass(ms: number): void;
  addPage(page: Partial<Pick<FakeItem, 'title' | 'properties' | 'parent' | 'blocks'>> & { shared?: boolean }): string;
  addDatabase(given: Partial<Pick<FakeItem, 'title' | 'description' | 'properties' | 'parent'>> & { shared?: boolean }): {
    database: string;
    dataSource: string;
  };
  edit(id: string, change: Partial<Pick<FakeItem, 'title' | 'properties' | 'blocks' | 'description'>>): void;
  move(id: string, parent: FakeItem['parent']): void;
  /** Without what stands in it being touched. @param asEdit whether it counts as an edit */
  trash(id: string, asEdit?: boolean): void;
  restore(id: string): void;
  share(id: string, shared: boolean): void;
  close(): Promise<void>;
}

export const VERSION = '2026-03-11';
const ann = { object: 'user', id: '11111111-1111-4111-8111-111111111111', name: 'Ann Arbor', type: 'person', person: {}, avatar_url: null };
let made = 0;
const freshId = (): string => `00000000-0000-4000-8000-${String(++made).padStart(12, '0')}`;

/** Rich text of one piece. */
export function rich(words: string, look: Record<string, boolean> = {}, href: string | null = null): unknown[] {
  const annotations = { bold: false, italic: false, strikethrough: false, underline: false, code: false, color: 'default', ...look };
  return [{ type: 'text', text: { content: words, link: href === null ? null : { url: href } }, plain_text: words, href, annotations }];
}

export function blockOf(type: string, data: Record<string, unknown> | string, children: FakeBlock[] = []): FakeBlock {
  return { id: freshId(), type, data: typeof data === 'string' ? { rich_text: rich(data), color: 'default' } : data, children };
}

export async function startNotion(): Promise<FakeNotion> {
  const items = new Map<string, FakeItem>();
  const cursors = new Map<string, { of: string; after: string }>();
  const notion: FakeNotion = {
    url: '',
    token: 'ntn_right',
    botId: freshId(),
    now: Date.parse('2026-11-20T10:00:30Z'),
    searchLagMs: 0,
    hidden: new Set(),
    mostResults: 10_000,
    pageSize: 100,
    may: { content: true, users: true },
    trouble: [],
    onRequest: () => {},
    requests: [],
    pass: (ms) => void (notion.now += ms),
    addPage({ title = '', properties = {}, parent, blocks = [], shared = false }) {
      const id = freshId();
      put({ id, kind: 'page', title, description: '', properties, parent, blocks, shared });
      return id;
    },
    addDatabase({ title = '', description = '', properties = {}, parent, shared = false }) {
      const [database, dataSource] = [freshId(), freshId()];
      put({ id: dataSource, kind: 'data_source', database, title, description, properties, parent, blocks: [], shared });
      return { database, dataSource };
    },
    edit: (id, change) => void touch(Object.assign(items.get(id)!, change)),
    move: (id, parent) => void changed(Object.assign(items.get(id)!, { parent })),
    trash(id, asEdit = true) {
      const item = Object.assign(items.get(id)!, { trashed: true });
      if (asEdit) touch(item);
      else changed(item);
    },
    restore: (id) => void touch(Object.assign(items.get(id)!, { trashed: false })),
    share: (id, shared) => void changed(Object.assign(items.get(id)!, { shared })),
    close: () => Promise.resolve(),
  };
  function put(item: Omit<FakeItem, 'trashed' | 'editedAt' | 'changedAt'>): void {
    items.set(item.id, touch({ ...item, trashed: false, editedAt: 0, changedAt: 0 }));
  }
  function touch(item: FakeItem): FakeItem {
    item.editedAt = notion.now;
    return changed(item);
  }
  function changed(item: FakeItem): FakeItem {
    item.changedAt = notion.now;
    return item;
  }

  const above = (item: FakeItem): FakeItem | undefined => {
    const { parent } = item;
    if (!parent) return undefined;
    if ('page' in parent) return items.get(parent.page);
    if ('dataSource' in parent) return items.get(parent.dataSource);
    return [...items.values()].find(({ blocks }) => findBlock(blocks, parent.block) !== undefined);
  };
  const chain = (item: FakeItem): FakeItem[] => {
    const all = [item];
    for (let at = above(item); at; at = above(at)) all.push(at);
    return all;
  };
  const mayRead = (item: FakeItem): boolean => chain(item).some(({ shared }) => shared);
  const isTrashed = (item: FakeItem): boolean => chain(item).some(({ trashed }) => trashed);
  const found = (id: string, kind: FakeItem['kind']): FakeItem => {
    const item = items.get(id);
    const database = [...items.values()].some((one) => one.database === id);
    if (kind === 'page' && (database || item?.kind === 'data_source'))
      throw wrong(`Provided ID ${id} is a database, not a page. Use the retrieve database API instead.`);
    if (!item || item.kind !== kind || !mayRead(item)) throw notFound(kind, id);
    return item;
  };

  /** A minute is the finest that Notion tells. */
  const minute = (at: number): string => new Date(Math.floor(at / 60_000) * 60_000).toISOString();
  const parentOf = ({ parent }: FakeItem): object => {
    if (!parent) return { type: 'workspace', workspace: true };
    if ('page' in parent) return { type: 'page_id', page_id: parent.page };
    if ('block' in parent) return { type: 'block_id', block_id: parent.block };
    return { type: 'data_source_id', data_source_id: parent.dataSource, database_id: items.get(parent.dataSource)!.database };
  };
  const shown = (item: FakeItem): Record<string, unknown> => ({
    object: item.kind,
    id: item.id,
    created_time: minute(0),
    last_edited_time: minute(item.editedAt),
    created_by: { object: 'user', id: ann.id },
    last_edited_by: { object: 'user', id: ann.id },
    in_trash: item.trashed,
    icon: null,
    cover: null,
    public_url: null,
    url: `https://www.notion.so/${slug(item.title)}${(item.database ?? item.id).replaceAll('-', '')}`,
    ...(item.kind === 'page'
      ? { parent: parentOf(item), is_archived: false, is_locked: false, properties: { ...item.properties, Name: titleOf(item.title) } }
      : {
          parent: { type: 'database_id', database_id: item.database },
          database_parent: parentOf(item),
          title: rich(item.title),
          description: item.description === '' ? [] : rich(item.description),
          is_inline: false,
          properties: item.properties,
        }),
  });
  const blockShown = (block: FakeBlock, parent: object): object => ({
    object: 'block',
    id: block.id,
    parent,
    created_time: minute(0),
    last_edited_time: minute(0),
    created_by: { object: 'user', id: ann.id },
    last_edited_by: { object: 'user', id: ann.id },
    has_children: block.children.length > 0 || block.type === 'child_page',
    in_trash: false,
    type: block.type,
    [block.type]: block.data,
  });
  const childrenOf = (id: string): { blocks: FakeBlock[]; parent: object } => {
    const below = [...items.values()].filter(({ parent, trashed }) => !trashed && parent && Object.values(parent)[0] === id);
    const links = below.map((item) => ({
      id: item.database ?? item.id,
      type: item.database === undefined ? 'child_page' : 'child_database',
      data: { title: item.title },
      children: [],
    }));
    const page = items.get(id);
    if (page?.kind === 'page' && mayRead(page)) return { blocks: [...page.blocks, ...links], parent: { type: 'page_id', page_id: id } };
    const block = blockAt(id);
    if (!block) throw notFound('block', id);
    return { blocks: [...block.children, ...links], parent: { type: 'block_id', block_id: id } };
  };
  const blockAt = (id: string): FakeBlock | undefined => {
    for (const item of items.values()) {
      const block = mayRead(item) ? findBlock(item.blocks, id) : undefined;
      if (block) return block;
    }
    return undefined;
  };

  /** A page of a list that lives on: the cursor stands behind what was given last, wherever that is now. */
  const listOf = (of: string, all: { id: string; shown: object }[], asked: Record<string, unknown>, type: string): object => {
    let from = 0;
    if (asked['start_cursor'] !== undefined) {
      const cursor = cursors.get(String(asked['start_cursor']));
      if (!cursor || cursor.of !== of) throw wrong(`body failed validation: start_cursor should be a valid cursor`);
      from = all.findIndex(({ id }) => id === cursor.after) + 1;
    }
    const to = Math.min(from + Math.min(pageSizeOf(asked), notion.pageSize), all.length, notion.mostResults);
    const more = to < Math.min(all.length, notion.mostResults);
    let next: string | null = null;
    if (more) cursors.set((next = freshId()), { of, after: all[to - 1]!.id });
    const status =
      all.length > notion.mostResults && !more
        ? { type: 'incomplete', incomplete_reason: 'query_result_limit_reached' }
        : { type: 'complete' };
    return {
      object: 'list',
      results: all.slice(from, to).map((one) => one.shown),
      has_more: more,
      next_cursor: next,
      type,
      [type]: {},
      request_status: status,
    };
  };
  const byTime = (direction: unknown) => (a: { time: number; id: string }, b: { time: number; id: string }) =>
    (direction === 'descending' ? -1 : 1) * (a.time - b.time) || (a.id < b.id ? -1 : 1);
  const search = (body: Record<string, unknown>): object => {
    for (const item of items.values())
      if (notion.now - item.changedAt >= notion.searchLagMs)
        item.indexed = { time: item.editedAt, trashed: isTrashed(item), shown: shown(item) };
    const { filter, sort } = body as { filter?: { value?: string; in_trash?: boolean }; sort?: { direction?: string } };
    const all = [...items.values()]
      .filter((item) => item.indexed && !notion.hidden.has(item.id) && mayRead(item))
      .filter((item) => (filter?.in_trash === true ? item.indexed!.trashed && item.trashed : !item.indexed!.trashed))
      .filter((item) => filter?.value === undefined || item.kind === filter.value)
      .map((item) => ({ id: item.id, time: item.indexed!.time, shown: item.indexed!.shown }))
      .toSorted(byTime(sort?.direction ?? 'descending'));
    return listOf(`search ${JSON.stringify({ filter, sort })}`, all, body, 'page_or_data_source');
  };
  const query = (id: string, body: Record<string, unknown>): object => {
    found(id, 'data_source');
    const { filter, sorts } = body as { filter?: { last_edited_time: { on_or_after: string } }; sorts?: { direction: string }[] };
    const since = filter ? Date.parse(filter.last_edited_time.on_or_after) : 0;
    const all = [...items.values()]
      .filter(({ parent, trashed }) => !trashed && parent && 'dataSource' in parent && parent.dataSource === id)
      .map((item) => ({ id: item.id, time: Date.parse(minute(item.editedAt)), shown: shown(item) }))
      .filter(({ time }) => time >= since)
      .toSorted(byTime(sorts?.[0]?.direction ?? 'ascending'));
    return listOf(`query ${id} ${JSON.stringify({ filter, sorts })}`, all, body, 'page_or_data_source');
  };

  const answer = (method: string, url: URL, body: Record<string, unknown> | undefined): object => {
    const asked = askedFor(method, url.pathname);
    checkBody(asked.kind, body);
    const parameters = Object.fromEntries(url.searchParams);
    refuseUnknown('query', parameters, asked.kind === 'children' ? ['start_cursor', 'page_size'] : []);
    if (asked.kind === 'me') return { object: 'user', id: notion.botId, type: 'bot', name: 'Docent', avatar_url: null, bot: {} };
    if (asked.kind === 'user') {
      if (!notion.may.users) throw restricted();
      if (asked.id !== ann.id) throw notFound('user', asked.id);
      return ann;
    }
    if (!notion.may.content) throw restricted();
    switch (asked.kind) {
      case 'search':
        return search(body!);
      case 'query':
        return query(asked.id, body!);
      case 'page':
      case 'data_source':
        return shown(found(asked.id, asked.kind));
      case 'database': {
        const sources = [...items.values()].filter((item) => item.database === asked.id && mayRead(item));
        if (sources.length === 0) throw notFound('database', asked.id);
        const { title, trashed } = sources[0]!;
        return {
          object: 'database',
          id: asked.id,
          title: rich(title),
          in_trash: trashed,
          data_sources: sources.map((one) => ({ id: one.id, name: one.title })),
        };
      }
      case 'block': {
        const block = blockAt(asked.id);
        const page = [...items.values()].find(({ blocks }) => findBlock(blocks, asked.id));
        if (!block || !page) throw notFound('block', asked.id);
        const holder = holderOf(page.blocks, asked.id);
        return blockShown(block, holder ? { type: 'block_id', block_id: holder.id } : { type: 'page_id', page_id: page.id });
      }
      case 'children': {
        const { blocks, parent } = childrenOf(asked.id);
        return listOf(
          `children ${asked.id}`,
          blocks.map((block) => ({ id: block.id, shown: blockShown(block, parent) })),
          parameters,
          'block',
        );
      }
      default:
        throw wrong('not reached');
    }
  };

  const server = http.createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://x');
      const sent = await readText(request);
      notion.onRequest(url.pathname);
      let body: Record<string, unknown> | undefined;
      const headers: Record<string, string> = {
        'content-type': 'application/json; charset=utf-8',
        date: new Date(notion.now).toUTCString(),
      };
      let status = 200;
      let told: string;
      try {
        const trouble = notion.trouble.shift();
        if (trouble?.html !== undefined) {
          headers['content-type'] = 'text/html';
          throw new NotionError(trouble.status, '', trouble.html);
        }
        if (trouble) {
          if (trouble.retryAfter !== undefined) headers['retry-after'] = String(trouble.retryAfter);
          throw new NotionError(
            trouble.status,
            trouble.code ?? (trouble.status === 429 ? 'rate_limited' : 'service_unavailable'),
            'Try again later.',
          );
        }
        if (request.headers.authorization !== `Bearer ${notion.token}`) throw new NotionError(401, 'unauthorized', 'API token is invalid.');
        const version = request.headers['notion-version'];
        if (version === undefined) throw new NotionError(400, 'missing_version', 'Notion-Version header failed validation.');
        if (version !== VERSION) throw wrong(`Notion-Version header failed validation: ${String(version)}`);
        if (request.method === 'POST') {
          if (request.headers['content-type'] !== 'application/json')
            throw new NotionError(400, 'invalid_json', 'Error parsing JSON body.');
          try {
            body = JSON.parse(sent) as Record<string, unknown>;
          } catch {
            throw new NotionError(400, 'invalid_json', 'Error parsing JSON body.');
          }
        } else if (sent !== '') throw wrong('a GET takes no body');
        told = JSON.stringify(answer(request.method ?? 'GET', url, body));
      } catch (error) {
        if (!(error instanceof NotionError)) throw error;
        status = error.status;
        told =
          error.code === ''
            ? error.message
            : JSON.stringify({ object: 'error', status, code: error.code, message: error.message, request_id: freshId() });
      }
      notion.requests.push({ method: request.method ?? '', path: url.pathname, body, status });
      response.writeHead(status, headers).end(told);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  notion.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  notion.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return notion;
}

function findBlock(blocks: FakeBlock[], id: string): FakeBlock | undefined {
  for (const block of blocks) {
    const inner = block.id === id ? block : findBlock(block.children, id);
    if (inner) return inner;
  }
  return undefined;
}

function holderOf(blocks: FakeBlock[], id: string): FakeBlock | undefined {
  for (const block of blocks) {
    const holder = block.children.some((child) => child.id === id) ? block : holderOf(block.children, id);
    if (holder) return holder;
  }
  return undefined;
}

const slug = (title: string): string => (title === '' ? '' : `${title.replaceAll(/[^a-zA-Z0-9]+/g, '-')}-`);
const titleOf = (title: string): object => ({ id: 'title', type: 'title', title: title === '' ? [] : rich(title) });
const notFound = (what: string, id: string): NotionError =>
  new NotionError(
    404,
    'object_not_found',
    `Could not find ${what} with ID: ${id}. Make sure the relevant pages and databases are shared with your integration.`,
  );
const restricted = (): NotionError => new NotionError(403, 'restricted_resource', 'Insufficient permissions for this endpoint.');
