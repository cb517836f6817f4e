/** Notion's REST interface: a token, a pinned version, pages of results, its pace, and what its errors mean. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Outbound, OutboundResponse } from '../../net/outbound.ts';
import { withRetries } from '../../net/retry-outbound.ts';
import type { ConnectorContext, SourceLocation } from '../connector.ts';

export const NOTION_API = 'https://api.notion.com';
/**
 * The latest published version. Those before 2025-09-03 fail on databases with more than one data source; this one names the trash
 * in one way (`in_trash`) and reads meeting notes under their present name. Changes that break nothing come to every version.
 */
export const NOTION_VERSION = '2026-03-11';

/** Under Notion's average of three requests a second and connection (180 a minute). */
const SPACING_MS = 350;
const ATTEMPTS = 6;
const TIMEOUT_MS = 60_000;
const PAGE_SIZE = 100;
const LONGEST_PAUSE_MS = 60_000;

export interface NotionCall {
  /** Such as `/v1/search`. */
  path: string;
  query?: Record<string, string>;
  /** A POST's; without one it is a GET. */
  body?: Record<string, unknown>;
}

const listSchema = z.object({
  object: z.literal('list'),
  results: z.array(z.unknown()),
  has_more: z.boolean(),
  next_cursor: z.string().nullish(),
  request_status: z.object({ type: z.string() }).optional(),
});
export type NotionList = z.infer<typeof listSchema>;

export interface Notion {
  /** One answer. Throws AppError `notion.CODE` for what was asked for, `source.*` for what ends a run. */
  ask(call: NotionCall): Promise<unknown>;
  /** Every page of a list, to its end. Throws where it ends early. */
  list(call: NotionCall): AsyncGenerator<NotionList>;
  /** Notion's own clock at its last answer, in ms. */
  now(): number;
}

/** When the next request of each token may go; shared by all that one connector asks. */
export type Pace = Map<string, number>;

/** @throws AppError `source.credential` without a token */
export function openNotion(api: string, pace: Pace, source: SourceLocation, context: ConnectorContext): Notion {
  const token = source.credential?.['token'] ?? '';
  // What cannot stand in a header cannot be a token.
  if (!/^[\x21-\x7e]+$/.test(token)) throw failure('credential', `Docent has no token for Notion. ${HOW_TO_GET_A_TOKEN}`);
  const outbound = withRetries(paced(context, pace, createHash('sha256').update(token).digest('hex')), {
    clock: context.clock,
    attempts: ATTEMPTS,
    maxMs: LONGEST_PAUSE_MS,
  });
  let now = context.clock.now();
  const ask = async ({ path, query = {}, body }: NotionCall): Promise<unknown> => {
    context.signal.throwIfAborted();
    const search = new URLSearchParams(query).toString();
    const response = await outbound.fetch(`${api}${path}${search === '' ? '' : `?${search}`}`, {
      method: body ? 'POST' : 'GET',
      ...(body ? { body: JSON.stringify(body) } : {}),
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        'notion-version': NOTION_VERSION,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      signal: context.signal,
      timeoutMs: TIMEOUT_MS,
    });
    now = timeOf(response) ?? context.clock.now();
    const answer = await jsonOf(response);
    if (response.status !== 200) throw errorOf(response.status, answer);
    // A login page, or a proxy's, may come with 200.
    if (!z.object({ object: z.string() }).safeParse(answer).success) throw unreadable('its answer is not as Notion gives it');
    return answer;
  };
  return {
    ask,
    async *list(call) {
      let cursor: string | undefined;
      for (;;) {
        const page = { page_size: PAGE_SIZE, ...(cursor === undefined ? {} : { start_cursor: cursor }) };
        const answer = listSchema.safeParse(
          await ask(call.body ? { ...call, body: { ...call.body, ...page } } : { ...call, query: { ...call.query, ...asQuery(page) } }),
        );
        if (!answer.success) throw unreadable('its list is not as Notion gives it');
        yield answer.data;
        if (!answer.data.has_more) return;
        const next = answer.data.next_cursor;
        if (!next || next === cursor) throw unreadable('its list says that there is more, and not where');
        cursor = next;
      }
    },
    now: () => now,
  };
}

/** Each request waits for its turn. Told to wait, all wait. */
function paced({ outbound, clock }: ConnectorContext, pace: Pace, token: string): Outbound {
  return {
    ...outbound,
    async fetch(url, request) {
      const now = clock.now();
      const turn = Math.max(now, pace.get(token) ?? 0);
      pace.set(token, turn + SPACING_MS);
      if (turn > now) await clock.sleep(turn - now, request?.signal);
      const response = await outbound.fetch(url, request);
      const asked = Number(response.headers['retry-after']);
      if (response.status !== 200 && asked > 0)
        pace.set(token, Math.max(pace.get(token)!, clock.now() + Math.min(asked * 1000, LONGEST_PAUSE_MS)));
      return response;
    },
  };
}

const errorSchema = z.object({ object: z.literal('error'), code: z.string(), message: z.string().optional() });

export const HOW_TO_GET_A_TOKEN =
  'At notion.so/profile/integrations a workspace owner makes an internal integration with the capability "Read content" and copies its secret.';

function errorOf(status: number, answer: unknown): AppError {
  const error = errorSchema.safeParse(answer).data;
  if (status === 429 || status === 409 || status >= 500)
    return failure('unreachable', `Notion is busy or down (${error?.code ?? status}); try again later. Nothing was changed.`, true);
  if (!error) {
    if (status === 401 || status === 403)
      return failure('login', `Something on the way to Notion refuses Docent (${status}) before Notion is asked; allow it.`);
    return unreadable(`where Notion should answer there is something else (status ${status})`);
  }
  if (error.code === 'unauthorized')
    return failure('credential', `Notion does not accept this token; it may have been mistyped, renewed or revoked. ${HOW_TO_GET_A_TOKEN}`);
  if (error.code === 'restricted_resource')
    return failure(
      'rights',
      'Notion accepts this token but it may not read pages: give the integration the capability "Read content" at notion.so/profile/integrations.',
    );
  const message = (error.message ?? '').replaceAll(/\s+/g, ' ').slice(0, 200);
  const publicMessage = `Notion answers ${error.code}${message === '' ? '' : ` ("${message}")`}.`;
  return new AppError({ code: `notion.${error.code}`, message: publicMessage, publicMessage });
}

/** Not there, or not shared with the integration: Notion tells no difference. An id of another kind of thing counts, too. */
export function isNotFound(error: unknown): boolean {
  return error instanceof AppError && error.code === 'notion.object_not_found';
}

/** Notion says so of an id that is a database's where a page's is asked for. */
export function isOfOtherKind(error: unknown): boolean {
  return isNotFound(error) || (error instanceof AppError && error.code === 'notion.validation_error');
}

export function failure(kind: string, publicMessage: string, retryable = false): AppError {
  return new AppError({ code: `source.${kind}`, message: publicMessage, publicMessage, retryable });
}

export function unreadable(why: string): AppError {
  return failure('unreadable', `Notion could not be read: ${why}.`);
}

function timeOf(response: OutboundResponse): number | undefined {
  const time = Date.parse(response.headers['date'] ?? '');
  return Number.isFinite(time) ? time : undefined;
}

function asQuery(values: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

async function jsonOf(response: OutboundResponse): Promise<unknown> {
  try {
    return JSON.parse(Buffer.from(await response.bytes()).toString('utf8'));
  } catch {
    return undefined;
  }
}
