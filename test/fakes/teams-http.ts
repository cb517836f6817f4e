import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from './slack-shape.ts';
import type { Moods } from './slack-moods.ts';
import { faultBody } from './teams-moods.ts';
import type { Mood } from './teams-moods.ts';
import type { RequestRecord, World } from './teams-state.ts';

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Answers once; what is gone or answered already is left alone. */
function respond(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  if (response.destroyed || response.headersSent) return;
  const raw = body === undefined || Buffer.isBuffer(body) || typeof body === 'string';
  response.writeHead(status, { ...(raw ? {} : { 'content-type': 'application/json; charset=utf-8' }), ...headers });
  response.end(raw ? body : JSON.stringify(body));
}

export interface Serving {
  world: World;
  faults: Moods<Mood>;
  /** Answers that are never given, to be cut at the end. */
  hanging: Set<ServerResponse>;
}

/** What is done for a call. A mood's `match` gets its body, with the conversation's id as `conversationId`. */
export interface Call {
  kind: string;
  conversation?: string;
  body?: unknown;
  run: () => Answer | Promise<Answer>;
}

function errorOf(answer: unknown): string | undefined {
  if (!isObject(answer) || answer.error === undefined) return undefined;
  return isObject(answer.error) ? String(answer.error.code) : String(answer.error);
}

/** Carries a call out, with the fault that is due for it, and writes it down. */
export async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse, call: Call): Promise<void> {
  const { world, faults, hanging } = serving;
  const began = performance.now();
  const record: RequestRecord = {
    kind: call.kind,
    method: request.method ?? '',
    path: request.url ?? '',
    conversation: call.conversation,
    body: call.body,
    at: Date.now(),
    status: 0,
    ms: 0,
    error: undefined,
    answer: undefined,
  };
  world.requests.push(record);
  const reply = (answer: Answer): void => {
    Object.assign(record, { status: answer.status, answer: answer.body, ms: performance.now() - began, error: errorOf(answer.body) });
    respond(response, answer);
  };
  const show = (mood: Exclude<Mood, { type: 'slow' }>): void => {
    if (mood.type === 'cut') response.destroy();
    else if (mood.type === 'hang') hanging.add(response);
    else
      reply({
        status: mood.status,
        body: faultBody(mood),
        headers: mood.retryAfter === undefined ? {} : { 'retry-after': String(mood.retryAfter) },
      });
  };
  const mood = faults.take(call.kind, { ...(isObject(call.body) ? call.body : {}), conversationId: call.conversation });
  if (mood?.type === 'slow') await sleep(mood.ms);
  else if (mood && (mood.when ?? 'before') === 'before') return show(mood);
  const answer = await call.run();
  if (mood && mood.type !== 'slow') return show(mood);
  reply(answer);
}
