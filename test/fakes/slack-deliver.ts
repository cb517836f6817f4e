import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fields } from './slack-shape.ts';
import type { World } from './slack-state.ts';
import type { Sockets } from './slack-socket.ts';

/** What Slack sends to the app: an event, an interaction or a slash command. */
export type Kind = 'event' | 'interactive' | 'command';

export interface Forgery {
  /** A signature by another secret, or none at all. */
  signature?: 'forged' | 'absent';
  /** Seconds that the timestamp is off: negative for an old one, positive for one in the future. */
  skewS?: number;
  /** Sends these bytes instead, signed as they are. */
  rawBody?: string;
}

export interface Attempt {
  at: number;
  retry: number;
  reason: string | undefined;
  /** HTTP status, or 200 for a Socket Mode acknowledgement. */
  status: number | undefined;
  ackMs: number | undefined;
  fault: string | undefined;
}

export interface Delivery {
  id: string;
  kind: Kind;
  /** The event's or the interaction's type: app_mention, message, block_actions, /docent… */
  type: string;
  body: Fields;
  /** What the app itself caused: its posts come back to it as events. */
  own: boolean;
  attempts: Attempt[];
  acknowledged: boolean;
  /** From the first attempt to the acknowledgement, in ms. */
  ackMs: number | undefined;
  /** What the app answered with its acknowledgement. */
  answer: unknown;
  /** Ends when it was acknowledged, or when the last retry was not. */
  done: Promise<void>;
  /** Ends after the first attempt. */
  tried: Promise<void>;
}

export interface Deliverer {
  deliveries: Delivery[];
  requestUrl: string | undefined;
  send(kind: Kind, type: string, body: Fields, choice?: Forgery & { own?: boolean }): Delivery;
  /** Stops retrying and waits for nothing more. */
  close(): void;
}

export function sign(secret: string, timestamp: number, rawBody: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${rawBody}`).digest('hex')}`;
}

function encoded(kind: Kind, body: Fields): { type: string; raw: string } {
  if (kind === 'event') return { type: 'application/json', raw: JSON.stringify(body) };
  const form = kind === 'interactive' ? { payload: JSON.stringify(body) } : (body as Record<string, string>);
  return { type: 'application/x-www-form-urlencoded', raw: new URLSearchParams(form).toString() };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface Outcome {
  ok: boolean;
  status: number | undefined;
  fault: string | undefined;
  answer: unknown;
  noRetry?: boolean;
}

/** Sends what happened to the app over HTTP or Socket Mode, and again as Slack does when it is not acknowledged. */
export function deliverer(world: World, sockets: Sockets): Deliverer {
  const deliveries: Delivery[] = [];
  const ended = new AbortController();

  async function overHttp(url: string, delivery: Delivery, attempt: Attempt, choice: Forgery): Promise<Outcome> {
    const { type, raw } = encoded(delivery.kind, delivery.body);
    const body = choice.rawBody ?? raw;
    const timestamp = Math.floor(Date.now() / 1000) + (choice.skewS ?? 0);
    const secret = choice.signature === 'forged' ? 'another-secret' : world.signingSecret;
    const headers: Record<string, string> = {
      'content-type': type,
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': String(timestamp),
      ...(choice.signature === 'absent' ? {} : { 'x-slack-signature': sign(secret, timestamp, body) }),
      ...(attempt.retry > 0 ? { 'x-slack-retry-num': String(attempt.retry), 'x-slack-retry-reason': attempt.reason ?? '' } : {}),
    };
    const signal = AbortSignal.any([AbortSignal.timeout(world.times.ackMs), ended.signal]);
    try {
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      const answer = parsed(await response.text());
      const noRetry = response.headers.get('x-slack-no-retry') === '1';
      return { ok: response.ok, status: response.status, fault: response.ok ? undefined : 'http_error', answer, noRetry };
    } catch (error) {
      const late = error instanceof DOMException && error.name === 'TimeoutError';
      return { ok: false, status: undefined, fault: late ? 'http_timeout' : 'connection_failed', answer: undefined };
    }
  }

  async function overSocket(delivery: Delivery, attempt: Attempt): Promise<Outcome> {
    const type = { event: 'events_api', interactive: 'interactive', command: 'slash_commands' }[delivery.kind];
    const retried = delivery.kind === 'event' ? { retry_attempt: attempt.retry, retry_reason: attempt.reason ?? '' } : {};
    const envelope = {
      envelope_id: randomUUID(),
      type,
      accepts_response_payload: delivery.kind !== 'event',
      payload: delivery.body,
      ...retried,
    };
    const answered = await sockets.send(envelope, world.times.ackMs, ended.signal);
    return answered.ok
      ? { ok: true, status: 200, fault: undefined, answer: answered.payload }
      : { ok: false, status: undefined, fault: answered.fault, answer: undefined };
  }

  async function tryOnce(delivery: Delivery, retry: number, choice: Forgery, url: string | undefined): Promise<Outcome> {
    const reason = retry > 0 ? delivery.attempts.at(-1)?.fault : undefined;
    const attempt: Attempt = { at: Date.now(), retry, reason, status: undefined, ackMs: undefined, fault: undefined };
    delivery.attempts.push(attempt);
    const began = performance.now();
    const outcome = url === undefined ? await overSocket(delivery, attempt) : await overHttp(url, delivery, attempt, choice);
    attempt.status = outcome.status;
    attempt.fault = outcome.fault;
    if (outcome.ok) {
      attempt.ackMs = performance.now() - began;
      delivery.acknowledged = true;
      delivery.answer = outcome.answer;
      delivery.ackMs = retry === 0 ? attempt.ackMs : Date.now() - (delivery.attempts[0]?.at ?? 0);
    }
    return outcome;
  }

  const self: Deliverer = {
    deliveries,
    requestUrl: undefined,
    send(kind, type, body, choice = {}) {
      const blank = { attempts: [], acknowledged: false, ackMs: undefined, answer: undefined };
      const delivery: Delivery = {
        id: randomUUID(),
        kind,
        type,
        body,
        own: choice.own ?? false,
        ...blank,
        done: Promise.resolve(),
        tried: Promise.resolve(),
      };
      deliveries.push(delivery);
      const first = tryOnce(delivery, 0, choice, self.requestUrl);
      delivery.tried = first.then(() => undefined);
      const retries = async (): Promise<void> => {
        let outcome = await first;
        // People see an interaction fail at once; only events come again.
        for (const [index, wait] of (kind === 'event' ? world.times.retryAfterMs : []).entries()) {
          if (outcome.ok || outcome.noRetry || ended.signal.aborted) return;
          await sleep(wait, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
          if (ended.signal.aborted) return;
          outcome = await tryOnce(delivery, index + 1, choice, self.requestUrl);
        }
      };
      delivery.done = retries();
      return delivery;
    },
    close: () => ended.abort(),
  };
  return self;
}
