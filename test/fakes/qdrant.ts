/**
 * The part of Qdrant's REST interface that the driver uses (after the OpenAPI of 1.19, error shapes as its server gives
 * them), over real HTTP on loopback. It can be told to fail, to be slow, to answer nothing after a write, to be emptied.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodies, Refused, type Check } from './qdrant-checks.ts';
import { createStore, type Filter, type Query, type Settings, type Store } from './qdrant-store.ts';

export interface Trouble {
  /** Requests that it meets: `POST /collections/x/points/query`; a name's part is enough. */
  on: RegExp;
  /** How many of them; all when absent. */
  times?: number;
  /** Answers this instead of doing anything. */
  status?: number;
  headers?: Record<string, string>;
  /** Waits before doing anything, in ms. */
  delayMs?: number;
  /** Does what is asked, and never says so. */
  hangAfter?: true;
  /** Closes the connection instead of answering. */
  cut?: true;
}

export interface FakeQdrant {
  url: string;
  /** As `METHOD /path`, in order, with the size of the body, and how many of its kind were being answered with it. */
  requests: { line: string; bytes: number; atOnce: number }[];
  trouble(what: Trouble): void;
  calm(): void;
  /** All collections and aliases are gone, as after a lost volume. */
  empty(): void;
  collections(): string[];
  collection(name: string): Store | undefined;
  aliases: Map<string, string>;
  close(): Promise<void>;
}

type Body = Record<string, unknown>;
interface Route {
  method: string;
  path: RegExp;
  check?: Check;
  parameters?: string[];
  run(names: string[], body: never, parameters: URLSearchParams): unknown;
}

export async function startFakeQdrant(options: { apiKey?: string; version?: string } = {}): Promise<FakeQdrant> {
  const stores = new Map<string, Store>();
  const aliases = new Map<string, string>();
  const requests: FakeQdrant['requests'] = [];
  const running = new Map<string, number>();
  let troubles: Trouble[] = [];

  const missing = (name: string): Refused => new Refused(404, `Not found: Collection \`${name}\` doesn't exist!`);
  const storeOf = (name: string): Store => {
    const store = stores.get(aliases.get(name) ?? name);
    if (!store) throw missing(name);
    return store;
  };
  const written = (parameters: URLSearchParams, work: () => void): unknown => {
    if (parameters.get('wait') === 'true') work();
    else setTimeout(work, 30);
    return { operation_id: requests.length, status: parameters.get('wait') === 'true' ? 'completed' : 'acknowledged' };
  };
  const COLLECTION = '/collections/([^/]+)';
  const route = (method: string, path: string, run: Route['run'], check?: Check, parameters: string[] = []): Route => ({
    method,
    path: new RegExp(`^${path}$`),
    run,
    ...(check ? { check } : {}),
    parameters,
  });
  const routes: Route[] = [
    route('GET', '/collections', () => ({ collections: [...stores.keys()].map((name) => ({ name })) })),
    route('GET', '/aliases', () => ({
      aliases: [...aliases].map(([alias_name, collection_name]) => ({ alias_name, collection_name })),
    })),
    route('GET', COLLECTION, ([name]) => {
      const store = storeOf(name!);
      const { vectors, sparse_vectors, on_disk_payload, metadata, quantization_config } = store.settings;
      return {
        status: 'green',
        optimizer_status: 'ok',
        points_count: store.size(),
        segments_count: 1,
        payload_schema: Object.fromEntries(
          [...store.indexes].map(([field, schema]) => [field, { data_type: schema, points: store.size() }]),
        ),
        config: {
          params: { vectors, sparse_vectors, on_disk_payload },
          hnsw_config: {},
          optimizer_config: {},
          quantization_config: quantization_config ?? null,
          ...(metadata ? { metadata } : {}),
        },
      };
    }),
    route(
      'PUT',
      COLLECTION,
      ([name], body: Settings) => {
        if (stores.has(name!)) throw new Refused(409, `Wrong input: Collection \`${name}\` already exists!`);
        if (aliases.has(name!))
          throw new Refused(400, `Wrong input: Can't create collection with name ${name}. Alias with the same name already exists`);
        stores.set(name!, createStore(structuredClone(body)));
        return true;
      },
      bodies.createCollection,
      ['timeout'],
    ),
    route(
      'PATCH',
      COLLECTION,
      ([name], { metadata, vectors, quantization_config }: Settings) => {
        const { settings } = storeOf(name!);
        for (const [key, value] of Object.entries(metadata ?? {})) {
          settings.metadata ??= {};
          if (value === null) delete settings.metadata[key];
          else settings.metadata[key] = value;
        }
        for (const [key, value] of Object.entries(vectors ?? {})) Object.assign(settings.vectors![key]!, value);
        if (quantization_config) settings.quantization_config = quantization_config;
        return true;
      },
      bodies.updateCollection,
      ['timeout'],
    ),
    route(
      'DELETE',
      COLLECTION,
      ([name]) => {
        for (const [alias, of] of aliases) if (of === name) aliases.delete(alias);
        return stores.delete(name!);
      },
      undefined,
      ['timeout'],
    ),
    route(
      'POST',
      '/collections/aliases',
      (
        _,
        {
          actions,
        }: { actions: { create_alias?: { alias_name: string; collection_name: string }; delete_alias?: { alias_name: string } }[] },
      ) => {
        for (const { create_alias: create } of actions) {
          if (!create) continue;
          if (!stores.has(create.collection_name)) throw missing(create.collection_name);
          if (stores.has(create.alias_name)) throw new Refused(409, `Wrong input: Collection \`${create.alias_name}\` already exists!`);
        }
        for (const { create_alias: create, delete_alias: remove } of actions) {
          if (create) aliases.set(create.alias_name, create.collection_name);
          if (remove) aliases.delete(remove.alias_name);
        }
        return true;
      },
      bodies.aliases,
      ['timeout'],
    ),
    route(
      'PUT',
      `${COLLECTION}/index`,
      ([name], { field_name, field_schema }: { field_name: string; field_schema?: unknown }, parameters) => {
        const { indexes } = storeOf(name!);
        return written(parameters, () => indexes.set(field_name, field_schema ?? 'keyword'));
      },
      bodies.createIndex,
      ['wait'],
    ),
    route(
      'PUT',
      `${COLLECTION}/points`,
      ([name], { points }: { points: Parameters<Store['upsert']>[0] }, parameters) => {
        const store = storeOf(name!);
        return written(parameters, () => store.upsert(points));
      },
      bodies.upsert,
      ['wait'],
    ),
    route(
      'POST',
      `${COLLECTION}/points/delete`,
      ([name], { points }: { points: string[] }, parameters) => {
        const store = storeOf(name!);
        return written(parameters, () => store.remove(points));
      },
      bodies.remove,
      ['wait'],
    ),
    route(
      'POST',
      `${COLLECTION}/points`,
      ([name], { ids, with_payload }: { ids: string[]; with_payload?: boolean | string[] }) => storeOf(name!).get(ids, with_payload),
      bodies.getPoints,
    ),
    route(
      'POST',
      `${COLLECTION}/points/scroll`,
      ([name], { offset, limit, with_payload }: { offset?: string; limit?: number; with_payload?: boolean | string[] }) =>
        storeOf(name!).scroll(offset, limit ?? 10, with_payload),
      bodies.scroll,
    ),
    route(
      'POST',
      `${COLLECTION}/points/count`,
      ([name], { filter }: { filter?: Filter }) => ({ count: storeOf(name!).count(filter) }),
      bodies.count,
    ),
    route('POST', `${COLLECTION}/points/query`, ([name], body: Query) => storeOf(name!).query(body), bodies.query),
    route(
      'POST',
      `${COLLECTION}/points/query/batch`,
      ([name], { searches }: { searches: Query[] }) => searches.map((search) => storeOf(name!).query(search)),
      bodies.queryBatch,
    ),
  ];

  const answer = async (request: IncomingMessage): Promise<{ status: number; data: unknown; plain?: string }> => {
    const url = new URL(request.url!, 'http://localhost');
    if (request.method === 'GET' && url.pathname === '/')
      return { status: 200, data: { title: 'qdrant - vector search engine', version: options.version ?? '1.16.0' } };
    if (options.apiKey !== undefined && request.headers['api-key'] !== options.apiKey)
      return {
        status: 401,
        data: undefined,
        plain: request.headers['api-key'] ? 'Invalid API key or JWT' : 'Must provide an API key or an Authorization bearer token',
      };
    for (const { method, path, check, parameters, run } of routes) {
      const found = method === request.method ? path.exec(url.pathname) : null;
      if (!found) continue;
      for (const name of url.searchParams.keys())
        if (!parameters!.includes(name)) throw new Refused(400, `Deserialize error in query parameters: unknown field \`${name}\``);
      const raw = await bodyOf(request);
      if (check && request.headers['content-type'] !== 'application/json') throw new Refused(400, 'Content type error');
      let body: Body = {};
      if (raw !== '') {
        try {
          body = JSON.parse(raw) as Body;
        } catch (error) {
          throw new Refused(400, `Format error in JSON body: ${String(error)}`);
        }
      }
      if (check) check(body, 'body');
      else if (raw !== '') throw new Refused(400, 'this request has no body');
      return {
        status: 200,
        data: { result: run(found.slice(1).map(decodeURIComponent), body as never, url.searchParams), status: 'ok', time: 0 },
      };
    }
    return { status: 404, data: undefined, plain: '' };
  };
  const troubleOf = (line: string): Trouble | undefined => {
    const trouble = troubles.find(({ on }) => on.test(line));
    if (trouble?.times !== undefined && --trouble.times <= 0) troubles = troubles.filter((one) => one !== trouble);
    return trouble;
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const line = `${request.method} ${request.url!.split('?')[0]}`;
    const atOnce = (running.get(line) ?? 0) + 1;
    running.set(line, atOnce);
    response.on('close', () => running.set(line, running.get(line)! - 1));
    requests.push({ line, bytes: Number(request.headers['content-length'] ?? 0), atOnce });
    const trouble = troubleOf(line);
    if (trouble?.delayMs) await sleep(trouble.delayMs);
    if (trouble?.cut) return void request.socket.destroy();
    const send = (status: number, data: unknown, plain?: string): void => {
      if (trouble?.hangAfter) return;
      response.writeHead(status, { 'content-type': plain === undefined ? 'application/json' : 'text/plain', ...trouble?.headers });
      response.end(plain ?? JSON.stringify(data));
    };
    if (trouble?.status) {
      await bodyOf(request);
      return send(trouble.status, { status: { error: `Service internal error: told to (${trouble.status})` }, time: 0 });
    }
    try {
      const { status, data, plain } = await answer(request);
      send(status, data, plain);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      send(error.status, { status: { error: error.message }, time: 0 });
    }
  };
  const server = createServer(
    (request, response) => void serve(request, response).catch((error: unknown) => response.destroy(error as Error)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    trouble: (what) => void troubles.push(what),
    calm: () => void (troubles = []),
    empty() {
      stores.clear();
      aliases.clear();
    },
    collections: () => [...stores.keys()],
    collection: (name) => stores.get(aliases.get(name) ?? name),
    aliases,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
