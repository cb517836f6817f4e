/** One log line for each request: number, method, route, status, time. Never the query or a question. */
import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { App } from '../app-contract.ts';

/** Gives each request its number (`X-Request-Id`) and logs it when it has ended or the other side has gone. */
export function requestLog(app: App): (req: Request, res: Response, next: NextFunction) => void {
  return (req, res, next) => {
    const started = performance.now();
    const request = randomUUID().slice(0, 8);
    res.locals.requestId = request;
    res.set('X-Request-Id', request);
    res.once('close', () => {
      const route = routeOf(req);
      const fields = {
        request,
        method: req.method,
        route,
        status: res.writableFinished ? res.statusCode : 499,
        ms: Math.round(performance.now() - started),
      };
      if (route.startsWith('/assets') || route.endsWith('z') || route === '/metrics') app.log.debug(fields, 'request');
      else app.log.info(fields, 'request');
    });
    next();
  };
}

/** The pattern that matched, so that no id, name or query stands in the log. */
function routeOf(req: Request): string {
  const path = (req.route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? `${req.baseUrl}${path}` : 'none';
}
