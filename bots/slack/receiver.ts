/** Slack's deliveries over HTTP: signature over the raw body, both ways of the clock, size; then acknowledged when it was recorded. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import express, { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Log } from '../../src/types.ts';

/** A signature older, or of a later time, than this is not taken (Slack, "Verifying requests": five minutes). */
const WINDOW_S = 300;
const LARGEST = '1mb';
/** Slack delivers again when nothing came after three seconds. */
const ACKNOWLEDGE_MS = 2_900;

export interface Delivery {
  body: Record<string, unknown>;
  /** Answers Slack; what is given is the response's body. Only the first call counts. */
  ack(response?: unknown): Promise<void>;
}

export interface ReceiverDeps {
  signingSecret: string;
  now(): number;
  log: Log;
  /** Resolves when the delivery was recorded and acknowledged; throws when it could not be recorded. */
  take(delivery: Delivery): Promise<void>;
  onSeen(what: 'url_verification' | 'bad_signature'): void;
}

/** Whether Slack signed this body with the secret within five minutes of `now`, earlier or later. */
export function verifySignature(
  secret: string,
  headers: { signature: string | undefined; timestamp: string | undefined },
  body: Buffer,
  now: number,
): boolean {
  const { signature, timestamp } = headers;
  if (!signature || !timestamp || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > WINDOW_S) return false;
  const expected = Buffer.from(`v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`);
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** Routes for `/slack/events`: events, commands, buttons and views all come there. */
export function slackRoutes(deps: ReceiverDeps): Router {
  const router = Router();
  router.post('/slack/events', express.raw({ type: () => true, limit: LARGEST }), handler(deps));
  router.use((error: unknown, req: Request, res: Response, next: NextFunction) => {
    if (!req.path.startsWith('/slack/')) return next(error);
    const status = (error as { status?: number }).status;
    res.status(status === 413 || status === 415 ? status : 400).end();
  });
  return router;
}

function handler(deps: ReceiverDeps): RequestHandler {
  return async (req, res) => {
    const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const headers = { signature: req.header('x-slack-signature'), timestamp: req.header('x-slack-request-timestamp') };
    if (!verifySignature(deps.signingSecret, headers, raw, deps.now())) {
      deps.onSeen('bad_signature');
      return void res.status(401).end();
    }
    const body = parseBody(raw, req.header('content-type') ?? '');
    if (!body) return void res.status(400).end();
    if (body.type === 'url_verification') {
      deps.onSeen('url_verification');
      return void res
        .status(200)
        .type('text/plain')
        .send(String(body.challenge ?? ''));
    }
    if ('ssl_check' in body) return void res.status(200).end();
    let answered = false;
    const answer = (status: number, response?: unknown): void => {
      if (answered) return;
      answered = true;
      clearTimeout(late);
      if (response === undefined || response === '') res.status(status).end();
      else if (typeof response === 'string') res.status(status).type('text/plain').send(response);
      else res.status(status).json(response);
    };
    // Not acknowledged, so that Slack delivers it again.
    const late = setTimeout(() => answer(503), ACKNOWLEDGE_MS);
    try {
      await deps.take({
        body,
        ack: async (response) => answer(200, response),
      });
      // Whatever no handler answered is acknowledged all the same.
      answer(200);
    } catch {
      answer(503);
    }
  };
}

/** JSON of events, or a form: `payload` of buttons and views, plain fields of commands. */
function parseBody(raw: Buffer, type: string): Record<string, unknown> | undefined {
  try {
    if (type.startsWith('application/json')) return asObject(JSON.parse(raw.toString('utf8')));
    const form = new URLSearchParams(raw.toString('utf8'));
    const payload = form.get('payload');
    return payload === null ? Object.fromEntries(form) : asObject(JSON.parse(payload));
  } catch {
    return undefined;
  }
}

const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
