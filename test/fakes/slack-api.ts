import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readArguments, specs } from './slack-arguments.ts';
import type { Method } from './slack-chat.ts';
import type { Meter } from './slack-limits.ts';
import type { Mood, Moods } from './slack-moods.ts';
import { useResponseUrl } from './slack-response-urls.ts';
import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import { encodedId, Refusal } from './slack-state.ts';
import type { RequestRecord, World } from './slack-state.ts';

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Answers once; what is gone or answered already is left alone. */
export function respond(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  if (response.destroyed || response.headersSent) return;
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json; charset=utf-8', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

/** Who calls, by the header (or, in a form, the argument), as Slack takes it: never by the query. */
function authenticate(world: World, spec: { token?: 'app' }, header: string | undefined, formToken: unknown): void {
  const token = /^Bearer (\S+)$/u.exec(header ?? '')?.[1] ?? (typeof formToken === 'string' ? formToken : undefined);
  if (token === undefined) throw new Refusal('not_authed');
  if (token !== world.botToken && token !== world.appToken) throw new Refusal('invalid_auth');
  if (world.revoked) throw new Refusal('account_inactive');
  if ((spec.token === 'app') !== (token === world.appToken)) throw new Refusal('not_allowed_token_type');
}

function bodyArguments(type: string, body: Buffer): Fields {
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(body.toString()));
  if (!type.startsWith('application/json')) {
    if (body.length === 0) return {};
    throw new Refusal('invalid_post_type');
  }
  try {
    const held: unknown = body.length === 0 ? {} : JSON.parse(body.toString());
    if (isObject(held)) return held;
  } catch {
    // answered below
  }
  throw new Refusal('invalid_json');
}

type Reply = (status: number, answered: unknown, headers?: Record<string, string>) => void;

export interface ApiParts {
  routes: Record<string, Method>;
  limiter: Meter;
  faults: Moods;
  /** Answers that are never given, to be cut at the end. */
  hanging: Set<ServerResponse>;
}

/** What Slack answers over HTTP: the Web API, files by their url_private, response_urls. */
export function httpSide(world: World, { routes, limiter, faults, hanging }: ApiParts) {
  function newRecord(method: string, args: Fields): RequestRecord {
    const record: RequestRecord = { method, args, at: Date.now(), status: 200, ms: 0, error: undefined, answer: undefined };
    world.requests.push(record);
    return record;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', world.origin);
    if (url.pathname.startsWith('/api/')) return api(url, request, response);
    if (url.pathname.startsWith('/files-pri/')) return download(url, request, response);
    if (url.pathname.startsWith('/response/')) return throughResponseUrl(url, request, response);
    respond(response, 404, 'not found');
  }

  async function api(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = url.pathname.slice('/api/'.length);
    const began = performance.now();
    const record = newRecord(method, {});
    const body = await readBody(request);
    const scopes = { 'x-oauth-scopes': [...world.scopes].join(','), 'x-slack-req-id': encodedId('R') };
    const reply: Reply = (status, answered, headers = {}) => {
      Object.assign(record, { status, answer: answered, ms: performance.now() - began });
      if (isObject(answered) && answered.ok === false) record.error = String(answered.error);
      respond(response, status, answered, { ...scopes, ...headers });
    };
    try {
      const spec = specs[method];
      const run = routes[method];
      if (!spec || !run) throw new Refusal('unknown_method', { req_method: method });
      if (url.searchParams.has('token')) {
        world.complaints.push(`${method}: a token in the query`);
        throw new Refusal('not_authed');
      }
      const given =
        request.method === 'GET' ? Object.fromEntries(url.searchParams) : bodyArguments(request.headers['content-type'] ?? '', body);
      const isForm = !(request.headers['content-type'] ?? '').startsWith('application/json');
      record.args = Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'token'));
      authenticate(world, spec, request.headers.authorization, isForm ? given.token : undefined);
      const mood = faults.take(method, record.args);
      if (mood && (await shown(mood, 'before', reply, response))) return;
      if (spec.scopes && !spec.scopes.some((scope) => world.scopes.has(scope)))
        throw new Refusal('missing_scope', { needed: spec.scopes.join(','), provided: [...world.scopes].join(',') });
      const wait = limiter.take(method, spec.perMinute, method === 'chat.postMessage' ? String(given.channel) : undefined);
      if (wait > 0) return reply(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(wait) });
      record.args = readArguments(method, spec, given);
      const done = { ok: true, ...run(record.args, world) };
      if (mood && (await shown(mood, 'after', reply, response))) return;
      reply(200, done, spec.scopes ? { 'x-accepted-oauth-scopes': spec.scopes.join(',') } : {});
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (['invalid_arguments', 'invalid_blocks', 'unknown_method', 'invalid_chunks', 'invalid_json'].includes(error.code))
        world.complaints.push(`${method}: ${error.code} ${JSON.stringify(error.extra)}`);
      reply(200, { ok: false, error: error.code, ...error.extra });
    }
  }

  /** Shows a mood before or after the call is carried out; true when that was the whole answer. */
  async function shown(mood: Mood, when: 'before' | 'after', reply: Reply, response: ServerResponse): Promise<boolean> {
    if (mood.type === 'slow') {
      if (when === 'before') await sleep(mood.ms);
      return false;
    }
    if ((mood.type === 'ratelimited' ? 'before' : (mood.when ?? 'before')) !== when) return false;
    if (mood.type === 'http500') reply(500, 'Internal Server Error');
    else if (mood.type === 'error') reply(200, { ok: false, error: mood.code, ...mood.extra });
    else if (mood.type === 'cut') response.destroy();
    else if (mood.type === 'hang') hanging.add(response);
    else reply(429, { ok: false, error: 'ratelimited' }, mood.retryAfter === null ? {} : { 'retry-after': String(mood.retryAfter ?? 1) });
    return true;
  }

  async function throughResponseUrl(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = url.pathname.slice('/response/'.length);
    const record = newRecord('response_url', {});
    const raw = (await readBody(request)).toString();
    const reply: Reply = (status, answered, headers) => {
      Object.assign(record, { status, answer: answered });
      if (isObject(answered) && answered.ok === false) record.error = String(answered.error);
      respond(response, status, answered, headers);
    };
    let fields: unknown;
    try {
      fields = JSON.parse(raw);
    } catch {
      return reply(400, { ok: false, error: 'invalid_payload' });
    }
    if (!isObject(fields)) return reply(400, { ok: false, error: 'invalid_payload' });
    record.args = fields;
    const mood = faults.take('response_url', fields);
    if (mood && (await shown(mood, 'before', reply, response))) return;
    const { status, body } = useResponseUrl(world, id, fields);
    if (mood && (await shown(mood, 'after', reply, response))) return;
    reply(status, body);
  }

  async function download(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const record = newRecord('files.download', { path: url.pathname });
    const reply: Reply = (status, body, headers = {}) => {
      record.status = status;
      respond(response, status, body, headers);
    };
    const mood = faults.take('files.download', record.args);
    if (mood && (await shown(mood, 'before', reply, response))) return;
    const file = world.files.get(/-(F[A-Z0-9]+)\//u.exec(url.pathname)?.[1] ?? '');
    if (!file) return reply(404, 'not found');
    // Without a token that may read it Slack shows its sign-in page, with status 200.
    if (request.headers.authorization !== `Bearer ${world.botToken}` || !world.scopes.has('files:read') || world.revoked)
      return reply(200, '<!DOCTYPE html><html><title>Sign in to Slack</title></html>', { 'content-type': 'text/html; charset=utf-8' });
    response.writeHead(200, { 'content-type': file.mimetype, 'content-length': file.content.length });
    response.end(file.content);
  }

  return answer;
}
