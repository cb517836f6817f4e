/** The one guard for every request to an address that a person or a document supplied. */
import dns from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { Agent, buildConnector, request, type Dispatcher } from 'undici';
import type { AppError } from '../errors.ts';
import { isAllowed, isInternal } from './internal-address.ts';
import { failure, internal, networkError, tooLarge } from './outbound-errors.ts';
import { openStream, type OutboundStream, type Reached, type StreamRequest } from './outbound-stream.ts';
import { internalAddressIn, proxyAgent, type ProxySettings } from './proxy.ts';

export interface OutboundOptions {
  /** Hosts, addresses and ranges that an admin allowed by name; read at each connection. */
  allowInternal: () => string[];
  /** For a whole request with its redirects. Default 30,000. */
  timeoutMs?: number;
  /** Longest silence: until headers, and between pieces of the body. Default 10,000. */
  idleMs?: number;
  /** Largest body, unpacked. Default 20 MB. */
  maxBytes?: number;
  /** Default 5. */
  maxRedirects?: number;
  userAgent?: string;
  /** How names are resolved; tests hand in one that changes its mind. */
  lookup?: (host: string) => Promise<{ address: string; family: number }[]>;
  /** Proxies to go through. A proxy resolves names itself, so of what it connects to only the address's text is checked. */
  proxy?: ProxySettings;
}

export interface OutboundRequest {
  /** A POST is sent on by 307 and 308 alone, within its origin; after another redirect it is a GET. */
  method?: 'GET' | 'HEAD' | 'POST';
  /** Of a POST. */
  body?: string | Uint8Array;
  /** `authorization`, `cookie` and all else but `accept*`, `range`, `if-range` and `user-agent` stay behind when a redirect leaves the origin. */
  headers?: Record<string, string>;
  signal?: AbortSignal;
  maxBytes?: number;
  timeoutMs?: number;
}

export interface OutboundResponse {
  status: number;
  /** Names in lower case; several values joined with `, `. */
  headers: Record<string, string>;
  /** Each `set-cookie` by itself, of the answer and of the redirects before it. */
  setCookies: string[];
  /** The address that answered, after redirects. */
  url: string;
  /** The redirects on the way, first one first. */
  hops?: { url: string; status: number }[];
  /** The body, unpacked (`content-encoding`). */
  bytes(): Promise<Uint8Array>;
}

export interface Outbound {
  /**
   * Any status is an answer. Throws AppError `outbound.*` when there is none or it may not be fetched: `address` (scheme,
   * port, credentials), `internal`, `too_large`, `timeout`, `redirects`, `network`; public messages say how to mend it.
   */
  fetch(url: string, request?: OutboundRequest): Promise<OutboundResponse>;
  /**
   * For a program that connects by itself (git): the addresses behind a URL's host, looked up and checked as `fetch` does. It
   * must be held to just these. Throws as `fetch` does, and where requests go through a proxy.
   */
  addressesOf?(url: string): Promise<string[]>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** What `createOutbound` makes: the guard with, for large files, a body that is read as it comes. */
export interface StreamingOutbound extends Outbound {
  /** Like `fetch`, but returns once the headers are there and is never timed out on the whole. */
  open(url: string, request: StreamRequest): Promise<OutboundStream>;
}

/** Ports from 1024 up at which other servers than HTTP's listen, some of which act on lines of an HTTP request. */
const otherPorts = new Set([
  1719, 1720, 1723, 2049, 2375, 2379, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6697,
  9042, 9092, 10_080, 11_211, 27_017,
]);
const redirects = new Set([301, 302, 303, 307, 308]);
/** Request headers that tell nothing about us, and so go along when a redirect leaves the origin. */
const keptElsewhere = new Set(['accept', 'accept-encoding', 'accept-language', 'user-agent', 'range', 'if-range']);

/**
 * Addresses are checked when they are connected to, so a name that resolves differently a second time is caught: http and
 * https, ports 80, 443 and from 1024 but for those of well-known other servers, no user and password, only public addresses
 * unless allowed. Redirects are followed here, each checked like the first.
 */
export function createOutbound(options: OutboundOptions): StreamingOutbound {
  const resolve = options.lookup ?? ((host: string) => dns.promises.lookup(host, { all: true, verbatim: true }));
  const idleMs = options.idleMs ?? 10_000;
  const agentOptions = {
    connect: guardedConnector(resolve, options.allowInternal, idleMs),
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    maxHeaderSize: 32_768,
    allowH2: false,
  };
  const proxied = options.proxy?.http || options.proxy?.https;
  const agent = proxied ? proxyAgent(options.proxy!, agentOptions, idleMs) : new Agent(agentOptions);

  /** The first answer that is no redirect, its body not yet read. */
  async function reach(
    url: string,
    init: Pick<OutboundRequest, 'method' | 'headers' | 'body'>,
    own: { signal: AbortSignal; headersTimeout?: number; bodyTimeout?: number },
  ): Promise<Reached> {
    const first = checkedUrl(url);
    const hops: OutboundStream['hops'] = [];
    let at = first;
    let method = init.method ?? 'GET';
    let sent = init.body;
    const setCookies: string[] = [];
    for (;;) {
      // Behind a proxy the connector below sees the proxy alone.
      if (proxied) refuseInternal(at, options.allowInternal());
      const headers = {
        'accept-encoding': 'gzip, deflate, br',
        ...(options.userAgent ? { 'user-agent': options.userAgent } : {}),
        ...headersFor(init.headers, at.origin === first.origin),
      };
      const response = await request(at, { dispatcher: agent, method, headers, ...(sent === undefined ? {} : { body: sent }), ...own });
      const plain = plainHeaders(response.headers);
      setCookies.push(...[response.headers['set-cookie'] ?? []].flat());
      if (redirects.has(response.statusCode) && plain.location !== undefined) {
        response.body.on('error', () => {}).destroy();
        if (hops.length >= (options.maxRedirects ?? 5))
          throw failure('redirects', `${hops.length} redirects from ${first.host}`, 'It redirects too often.');
        if (!URL.canParse(plain.location, at.href))
          throw failure('redirects', 'broken redirect', 'It redirects to an address that is none.');
        hops.push({ url: at.href, status: response.statusCode, headers: plain });
        at = checkedUrl(new URL(plain.location, at.href).href);
        const keepsMethod = response.statusCode === 307 || response.statusCode === 308;
        if (method === 'POST' && (!keepsMethod || at.origin !== first.origin)) {
          method = 'GET';
          sent = undefined;
        } else if (response.statusCode === 303) method = 'GET';
        continue;
      }
      return { status: response.statusCode, headers: plain, setCookies, url: at.href, hops, method, body: response.body };
    }
  }

  async function follow(url: string, init: OutboundRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const { body, method, status, headers, setCookies, hops, url: at } = await reach(url, init, { signal });
    const maxBytes = method === 'HEAD' ? 0 : (init.maxBytes ?? options.maxBytes ?? 20_000_000);
    const read = await readBody(body, headers, maxBytes, signal);
    return { status, headers, setCookies, url: at, hops, bytes: () => Promise.resolve(read) };
  }

  return {
    async fetch(url, init = {}) {
      const timeoutMs = init.timeoutMs ?? options.timeoutMs ?? 30_000;
      const timer = AbortSignal.timeout(timeoutMs);
      const signal = init.signal ? AbortSignal.any([init.signal, timer]) : timer;
      try {
        return await follow(url, init, signal);
      } catch (error) {
        if (init.signal?.aborted) throw init.signal.reason;
        if (timer.aborted)
          throw failure('timeout', `no answer within ${timeoutMs} ms`, `It did not answer within ${timeoutMs / 1000} s.`, true);
        throw networkError(error, url, proxied);
      }
    },
    async addressesOf(url) {
      const at = checkedUrl(url);
      if (proxied) throw failure('proxy', 'a program of its own behind a proxy', 'It cannot be reached through a proxy yet.');
      const host = at.hostname.replace(/^\[|\]$/g, '');
      try {
        const found = isIP(host) > 0 ? [host] : (await resolve(host)).map(({ address }) => address);
        const refused = found.find((address) => isInternal(address) && !isAllowed(host, portOf(at), address, options.allowInternal()));
        if (refused !== undefined) throw internal(host, refused);
        return found;
      } catch (error) {
        throw networkError(error, url);
      }
    },
    open: (url, init) => openStream(url, init, reach, proxied),
    close: () => agent.destroy(),
  };
}

/** @throws AppError `outbound.internal` */
function refuseInternal(url: URL, allowed: string[]): void {
  const address = internalAddressIn(url);
  if (address !== undefined && !isAllowed(url.hostname, portOf(url), address, allowed)) throw internal(url.hostname, address);
}

function checkedUrl(text: string): URL {
  if (!URL.canParse(text)) throw failure('address', 'not a URL', 'This is no web address; it should look like https://wiki.example.com.');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw failure('address', `scheme ${url.protocol}`, 'Only http:// and https:// addresses can be fetched.');
  if (url.username !== '' || url.password !== '')
    throw failure(
      'address',
      'credentials in URL',
      "The address contains a user name or password; give them as the source's credential instead.",
    );
  const port = portOf(url);
  if ((port !== 80 && port !== 443 && port < 1024) || otherPorts.has(port))
    throw failure('address', `port ${port}`, `Port ${port} is not one that web servers use.`);
  return url;
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** Checks what a name resolves to (every address of it) before connecting, an address that stands in the URL, and the peer. */
function guardedConnector(
  resolve: NonNullable<OutboundOptions['lookup']>,
  allowInternal: () => string[],
  timeout: number,
): buildConnector.connector {
  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    const refusal = (address: string): AppError | undefined =>
      !isInternal(address) || isAllowed(host, port, address, allowInternal()) ? undefined : internal(host, address);
    const lookup: LookupFunction = (name, lookupOptions, done) => {
      resolve(name).then(
        (found) => {
          const refused = found.map((one) => refusal(one.address)).find((error) => error !== undefined);
          const family = typeof lookupOptions.family === 'number' ? lookupOptions.family : 0;
          const usable = family === 0 ? found : found.filter((one) => one.family === family);
          if (refused) done(refused, '');
          else if (usable.length === 0) done(Object.assign(new Error(`no address for ${name}`), { code: 'ENOTFOUND' }), '');
          else if (lookupOptions.all) done(null, usable);
          else done(null, usable[0]!.address, usable[0]!.family);
        },
        (error: NodeJS.ErrnoException) => done(error, ''),
      );
    };
    const literal = isIP(host) > 0 ? refusal(host) : undefined;
    if (literal) return callback(literal, null);
    buildConnector({ lookup, timeout, allowH2: false } as buildConnector.BuildOptions)(target, (error, socket) => {
      if (error) return callback(error, null);
      const refused = socket.remoteAddress === undefined ? undefined : refusal(socket.remoteAddress);
      if (!refused) return callback(null, socket);
      socket.destroy();
      callback(refused, null);
    });
  };
}

function headersFor(headers: Record<string, string> | undefined, sameOrigin: boolean): Record<string, string> {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries.filter(([name]) => name !== 'host' && (sameOrigin || keptElsewhere.has(name))));
}

function plainHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  return plain;
}

/** Reads and unpacks; stops at the first byte over the limit, packed or unpacked. */
async function readBody(body: Readable, headers: Record<string, string>, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  if (maxBytes === 0) {
    body.on('error', () => {}).destroy();
    return new Uint8Array();
  }
  if (Number(headers['content-length']) > maxBytes) {
    body.on('error', () => {}).destroy();
    throw tooLarge(maxBytes);
  }
  const unpack = unpacker(headers['content-encoding']);
  const chunks: Buffer[] = [];
  let size = 0;
  let packed = 0;
  const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of source) {
      packed += piece.length;
      if (packed > maxBytes) throw tooLarge(maxBytes);
      yield piece;
    }
  };
  const input = counted(body);
  const output: AsyncIterable<Buffer> = unpack ? throughUnpacker(Readable.from(input), unpack) : input;
  try {
    for await (const piece of output) {
      size += piece.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(piece);
      signal.throwIfAborted();
    }
  } finally {
    body.on('error', () => {}).destroy();
    unpack?.on('error', () => {}).destroy();
  }
  return Buffer.concat(chunks, size);
}

function throughUnpacker(input: Readable, unpack: Transform): Transform {
  input.on('error', (error) => unpack.destroy(error));
  return input.pipe(unpack);
}

function unpacker(encoding: string | undefined): Transform | undefined {
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      return zlib.createInflate();
    case 'br':
      return zlib.createBrotliDecompress();
    case undefined:
    case '':
    case 'identity':
      return undefined;
    default:
      throw failure('network', 'unknown content-encoding', 'It answered in an encoding that was not asked for.');
  }
}
