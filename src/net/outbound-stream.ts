/** A body that is read as it comes, for files too large to hold: the part of outbound that downloads use. */
import type { Readable } from 'node:stream';
import { failure, hostOf, networkError, tooLarge } from './outbound-errors.ts';

export interface StreamRequest {
  headers?: Record<string, string>;
  signal: AbortSignal;
  /** Longest wait for the headers, with all redirects. */
  headersMs: number;
  /** Longest silence between two pieces of the body. */
  idleMs: number;
  /** More than this ends it in `outbound.too_large`. */
  maxBytes: number;
}

export interface OutboundStream {
  status: number;
  /** Names in lower case; several values joined with `, `. */
  headers: Record<string, string>;
  /** The address that answered, after redirects. */
  url: string;
  /** The redirects on the way, first one first. */
  hops: { url: string; status: number; headers: Record<string, string> }[];
  /** The body, once, as it comes. Throws as `fetch` does; `outbound.timeout` after a silence. */
  pieces(): AsyncGenerator<Uint8Array>;
  /** For an answer whose body is not wanted. */
  discard(): void;
}

/** An answer whose body is not yet read. */
export interface Reached {
  status: number;
  headers: Record<string, string>;
  setCookies: string[];
  url: string;
  hops: OutboundStream['hops'];
  /** Of the last request. */
  method: string;
  body: Readable;
}

type Reach = (
  url: string,
  init: { headers: Record<string, string> },
  own: { signal: AbortSignal; headersTimeout: number; bodyTimeout: number },
) => Promise<Reached>;

/** Returns once the headers are there. Silence is timed here: the agent's own timers are too short, and know nothing of a proxy. */
export async function openStream(url: string, init: StreamRequest, reach: Reach, proxy: string | undefined): Promise<OutboundStream> {
  const silence = new AbortController();
  const signal = AbortSignal.any([init.signal, silence.signal]);
  const endAfter = (ms: number, what: string): NodeJS.Timeout =>
    setTimeout(() => silence.abort(failure('timeout', what, `\`${hostOf(url)}\` ${what} for ${ms / 1000} s.`, true)), ms);
  const toOurs = (error: unknown): unknown => {
    if (init.signal.aborted) return init.signal.reason;
    return silence.signal.aborted ? silence.signal.reason : networkError(error, url, proxy);
  };

  /** Time counts only while a piece is waited for, so a slow disk is not taken for a silent server. */
  async function* piecesOf(body: Readable): AsyncGenerator<Uint8Array> {
    const source: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
    let size = 0;
    try {
      for (;;) {
        const timer = endAfter(init.idleMs, 'sent nothing');
        const next = await source.next().finally(() => clearTimeout(timer));
        if (next.done) return;
        size += next.value.length;
        if (size > init.maxBytes) throw tooLarge(init.maxBytes);
        yield next.value;
      }
    } catch (error) {
      throw toOurs(error);
    } finally {
      body.destroy();
    }
  }

  const timer = endAfter(init.headersMs, 'did not answer');
  try {
    const headers = { ...init.headers, 'accept-encoding': 'identity' };
    const reached = await reach(url, { headers }, { signal, headersTimeout: 0, bodyTimeout: 0 });
    const { body } = reached;
    body.on('error', () => {});
    if (!/^(?:identity)?$/i.test(reached.headers['content-encoding'] ?? '')) {
      body.destroy();
      throw failure('network', 'packed although identity was asked for', 'It answered in an encoding that was not asked for.');
    }
    const { status, hops, url: at } = reached;
    return { status, headers: reached.headers, url: at, hops, pieces: () => piecesOf(body), discard: () => void body.destroy() };
  } catch (error) {
    throw toOurs(error);
  } finally {
    clearTimeout(timer);
  }
}
