/** Calls to one Qdrant server: its version is checked, each call has a time limit, what is safe is tried again. */
import { QdrantClient } from '@qdrant/js-client-rest';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, reasonOf } from '../../errors.ts';

export type QdrantApi = ReturnType<QdrantClient['api']>;
type Init = { signal: AbortSignal; redirect: 'error' };

/** How long is waited for the server, in ms. */
export interface Patience {
  searchMs: number;
  writeMs: number;
  /** Before the second attempt; twice as long before each further one, give or take a half. */
  retryMs: number;
}

export interface QdrantServer {
  /** For a person who waits: two attempts, of which none after a time-out. Gives `result` of the answer. */
  search<T>(ask: (api: QdrantApi, init: Init) => Promise<{ data: { result?: T } }>, signal?: AbortSignal): Promise<T>;
  /** For all else; four attempts. What is written must be idempotent: a time-out does not undo a write. */
  call<T>(ask: (api: QdrantApi, init: Init) => Promise<{ data: { result?: T } }>, signal?: AbortSignal): Promise<T>;
}

/** From this version on a collection keeps facts of its own (`metadata`). */
const OLDEST = [1, 16];
const ATTEMPTS = { search: 2, call: 4 };
const LONGEST_WAIT_MS = 10_000;
const TRIED_AGAIN = new Set([408, 429, 500, 502, 503, 504]);

/** Nothing is asked before the first call. Calls throw AppError `search.*`, or the signal's reason. */
export function createQdrantServer(options: { url: string; apiKey?: string; patience: Patience }): QdrantServer {
  const { patience } = options;
  const { client, host } = openClient(options.url, options.apiKey);
  const api = client.api();
  let checked: Promise<void> | undefined;

  const attempt = async <T>(ask: (api: QdrantApi, init: Init) => Promise<T>, ms: number, signal?: AbortSignal): Promise<T> => {
    signal?.throwIfAborted();
    const limit = AbortSignal.timeout(ms);
    try {
      return await ask(api, { signal: signal ? AbortSignal.any([signal, limit]) : limit, redirect: 'error' });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (limit.aborted) throw timedOut(host, ms, error);
      throw errorOf(host, error);
    }
  };
  const persist = async <T>(work: () => Promise<T>, attempts: number, again: (error: AppError) => boolean, signal?: AbortSignal) => {
    for (let number = 1; ; number++) {
      try {
        return await work();
      } catch (error) {
        if (signal?.aborted || !(error instanceof AppError) || number >= attempts || !again(error)) throw error;
        const backOff = patience.retryMs * 2 ** (number - 1) * (0.5 + Math.random());
        const wait = Math.min(LONGEST_WAIT_MS, Math.max(backOff, retryAfterOf(error) ?? 0));
        await sleep(wait, undefined, signal ? { signal } : {}).catch(() => {
          throw signal!.reason;
        });
      }
    }
  };
  const passes = (error: AppError): boolean => error.code === 'search.unavailable' && error.retryable;
  const check = async (): Promise<void> => {
    const { data } = await attempt((api, init) => api.root({}, init), patience.searchMs);
    const version = (data as { version?: unknown } | undefined)?.version;
    const parts = typeof version === 'string' ? version.split('.').map(Number) : [];
    if (parts.length < 2 || parts.some((part, i) => i < 2 && !Number.isInteger(part))) throw noQdrant(host);
    if (parts[0]! < OLDEST[0]! || (parts[0] === OLDEST[0] && parts[1]! < OLDEST[1]!)) throw tooOld(host, version as string);
  };
  const ready = (): Promise<void> => (checked ??= check().catch((error: unknown) => ((checked = undefined), Promise.reject(error))));
  const resultOf = <T>({ data }: { data: { result?: T } }): T => {
    if (data?.result === undefined) throw noQdrant(host);
    return data.result;
  };

  return {
    search: (ask, signal) =>
      persist(
        async () => {
          await ready();
          return resultOf(await attempt(ask, patience.searchMs, signal));
        },
        ATTEMPTS.search,
        (error) => passes(error) && !isTimeOut(error),
        signal,
      ),
    call: (ask, signal) =>
      persist(
        async () => {
          await ready();
          return resultOf(await attempt(ask, patience.writeMs, signal));
        },
        ATTEMPTS.call,
        passes,
        signal,
      ),
  };
}

/** The address as the client wants it: it drops a path, and takes 6333 for a port that is not said or is the scheme's own. */
function openClient(text: string, apiKey: string | undefined): { client: QdrantClient; host: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw badAddress(cause);
  }
  if (!['http:', 'https:'].includes(url.protocol)) throw badAddress();
  const said = /^https?:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(text)?.[1];
  const path = url.pathname.replace(/\/+$/, '');
  const client = new QdrantClient({
    url: `${url.protocol}//${url.hostname}`,
    port: said === undefined ? 6333 : Number(said),
    ...(path === '' ? {} : { prefix: path }),
    // As a header: the client itself prints a warning where a key goes over plain HTTP.
    ...(apiKey === undefined ? {} : { headers: { 'api-key': apiKey } }),
    // Each call has a limit of its own, which with this one could not be told from an abort.
    timeout: Number.POSITIVE_INFINITY,
    checkCompatibility: false,
  });
  return { client, host: `${url.hostname}:${said ?? 6333}` };
}

/** The status of Qdrant's answer that an error tells of; undefined where there was none. */
export function statusOf(error: unknown): number | undefined {
  const status = error instanceof AppError ? (error.cause as { status?: unknown } | undefined)?.status : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** No such collection, alias or point. */
export const isMissing = (error: unknown): boolean => statusOf(error) === 404;

const isTimeOut = (error: AppError): boolean => (error.cause as Error | undefined)?.name === 'TimeoutError';

/** Seconds of a 429's header, as ms. */
function retryAfterOf({ cause }: AppError): number | undefined {
  const { headers, retry_after: said } = (cause ?? {}) as { headers?: unknown; retry_after?: number };
  const seconds = said ?? (headers instanceof Headers ? Number(headers.get('retry-after') ?? Number.NaN) : Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** What the index says when it cannot answer now, but may later. */
export function unavailable(message: string, publicMessage: string, cause?: unknown): AppError {
  return new AppError({ code: 'search.unavailable', message: `Qdrant: ${message}`, publicMessage, retryable: true, cause });
}

const timedOut = (host: string, ms: number, cause: unknown): AppError =>
  unavailable(
    `no answer within ${ms} ms`,
    `Qdrant at ${host} did not answer within ${ms / 1000} s. It may be busy; its log tells.`,
    Object.assign(new Error(reasonOf(cause)), { name: 'TimeoutError' }),
  );

const noQdrant = (host: string): AppError =>
  new AppError({
    code: 'search.no_qdrant',
    message: 'what answers is no Qdrant',
    publicMessage: `What answers at ${host} is no Qdrant. Set QDRANT_URL to the address of its REST interface (port 6333).`,
  });

const tooOld = (host: string, version: string): AppError =>
  new AppError({
    code: 'search.too_old',
    message: `Qdrant ${version} is older than ${OLDEST.join('.')}`,
    publicMessage: `Qdrant at ${host} is version ${version}; Docent needs ${OLDEST.join('.')} or newer. Upgrade it.`,
  });

const badAddress = (cause?: unknown): AppError =>
  new AppError({
    code: 'search.address',
    message: 'QDRANT_URL is no address',
    publicMessage: 'QDRANT_URL is no address. Give it as http://host:6333 or https://host:6333.',
    cause,
  });

function errorOf(host: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { status, data, retry_after: retryAfter } = error as { status?: number; data?: unknown; retry_after?: number };
  const said = (data as { status?: { error?: unknown } } | undefined)?.status?.error;
  const reason = typeof said === 'string' ? said.slice(0, 300) : reasonOf(error);
  if (status === undefined && retryAfter === undefined) {
    const why = (error as { cause?: { code?: string } }).cause?.code ?? reason;
    return unavailable(why, `Qdrant at ${host} cannot be reached (${why}). Check QDRANT_URL, and that it runs.`, error);
  }
  if (status === 401 || status === 403)
    return new AppError({
      code: 'search.unauthorized',
      message: `Qdrant refused the key (${status}): ${reason}`,
      publicMessage: `Qdrant at ${host} refused the key. Set QDRANT_API_KEY to one that may write.`,
      cause: error,
    });
  if (status === 507)
    return new AppError({
      code: 'search.full',
      message: `Qdrant is out of storage: ${reason}`,
      publicMessage: `Qdrant at ${host} is out of disk or memory. Give it more, then run the sync again.`,
      cause: error,
      retryable: true,
    });
  if (status === 404)
    return unavailableOnce(`${reason}`, `The search index is not in Qdrant at ${host}; it is being filled again from the catalog.`, error);
  if (status === undefined || TRIED_AGAIN.has(status))
    return unavailable(`${status ?? 429}: ${reason}`, `Qdrant at ${host} cannot answer now (${status ?? 429}). Its log tells why.`, error);
  return new AppError({
    code: 'search.failed',
    message: `Qdrant: ${status}: ${reason}`,
    publicMessage: `Qdrant at ${host} refused a request (${status}: ${reason}).`,
    cause: error,
  });
}

/** Not tried again here: who asked looks whether another collection took the place. */
const unavailableOnce = (message: string, publicMessage: string, cause: unknown): AppError =>
  new AppError({ code: 'search.missing', message: `Qdrant: ${message}`, publicMessage, retryable: true, cause });
