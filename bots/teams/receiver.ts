/** Teams' deliveries over HTTP: size, who sent them, then acknowledged when what they say was recorded. */
import express, { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express';
import { reasonOf } from '../../src/errors.ts';
import type { Log } from '../../src/types.ts';
import { parseActivity, type Activity } from './parse.ts';

/** A message of Teams is at most 100 KB, and comes with its HTML and its files' names. */
const LARGEST = '1mb';

/** What an invoke is answered with. */
export interface InvokeResponse {
  status: number;
  body?: object;
}

export interface ReceiverDeps {
  /** Whether Teams itself sent this; never throws. @param body as it came: what reading it leaves out counts too */
  verify(authorization: string | undefined, body: unknown): Promise<boolean>;
  /** Nobody has to prove anything: for the playground. */
  anonymous: boolean;
  /** Resolves when it was recorded; throws when it could not be. What is to be done beyond that is begun by `after`. */
  take(activity: Activity): Promise<{ response?: InvokeResponse; after?: () => void } | undefined>;
  onSeen(what: 'bad_token'): void;
  log: Log;
}

/** `/api/messages` */
export function teamsRoutes(deps: ReceiverDeps): Router {
  const routes = Router();
  // Who brings no token is not read.
  const bearing: RequestHandler = (req, res, next) => {
    if (deps.anonymous || /^Bearer \S+$/.test(req.headers.authorization ?? '')) return next();
    res.status(401).end();
  };
  routes.all('/api/messages', (req, res, next) => (req.method === 'POST' ? next() : res.status(405).end()));
  routes.post('/api/messages', bearing, express.json({ limit: LARGEST }), async (req: Request, res: Response) => {
    if (!(await deps.verify(req.headers.authorization, req.body))) {
      deps.onSeen('bad_token');
      return void res.status(401).end();
    }
    const activity = parseActivity(req.body);
    // Of Teams, but nothing that means anything here.
    if (!activity) return void res.status(200).end();
    try {
      const taken = await deps.take(activity);
      const { status, body } = taken?.response ?? { status: 200 };
      if (body === undefined) res.status(status).end();
      else res.status(status).json(body);
      taken?.after?.();
    } catch (error) {
      deps.log.warn({ type: activity.type, reason: reasonOf(error) }, 'a delivery of Teams could not be recorded; it delivers again');
      res.status(500).end();
    }
  });
  routes.use('/api/messages', (error: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error);
    const status = (error as { status?: unknown }).status;
    res.status(typeof status === 'number' && status >= 400 && status < 500 ? status : 500).end();
  });
  return routes;
}
