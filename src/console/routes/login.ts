/** Signing in with ADMIN_TOKEN, and the guard in front of everything that needs it. */
import { Router, urlencoded, type NextFunction, type Request, type Response } from 'express';
import { AppError } from '../../errors.ts';
import { contextOf, field, wantsJson } from '../context.ts';
import { html, ownPath, render } from '../html.ts';
import { loginPage } from '../pages/login.ts';
import type { Sessions } from '../session.ts';

export function loginRoutes(sessions: Sessions): Router {
  const router = Router();
  const form = urlencoded({ extended: false, limit: '10kb', parameterLimit: 10 });

  router.get('/login', (req, res) => {
    const next = ownPath(field(req.query, 'next')) ?? '/';
    if (!sessions.required || sessions.holds(req.headers.cookie)) res.redirect(303, next);
    else res.type('html').send(render(loginPage(contextOf(res), { next })));
  });

  router.post('/login', form, (req, res) => {
    const next = ownPath(field(req.body, 'next')) ?? '/';
    if (!sessions.required) return res.redirect(303, next);
    const checked = sessions.check(field(req.body, 'token').trim(), addressOf(req));
    if (checked.ok) {
      res.set('Set-Cookie', sessions.begin());
      return res.redirect(303, next);
    }
    res
      .status(checked.limited === undefined ? 401 : 429)
      .type('html')
      .send(render(loginPage(contextOf(res), { next, problem: checked.limited === undefined ? 'wrong' : { minutes: checked.limited } })));
  });

  router.post('/logout', (_req, res) => {
    res.set('Set-Cookie', sessions.end());
    res.redirect(303, '/login');
  });
  return router;
}

/** Lets through who has a session, or the token itself as a bearer. */
export function requireSession(sessions: Sessions): (req: Request, res: Response, next: NextFunction) => void {
  return (req, res, next) => {
    if (!sessions.required || sessions.holds(req.headers.cookie)) return next();
    const bearer = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) {
      const checked = sessions.check(bearer.trim(), `bearer ${addressOf(req)}`);
      if (checked.ok) return next();
      if (checked.limited !== undefined)
        return next(
          new AppError({
            code: 'rate_limited',
            message: 'too many wrong tokens',
            publicMessage: `Too many wrong tokens; try again in ${checked.limited} minutes.`,
          }),
        );
    }
    if (wantsJson(req) || req.method !== 'GET' || req.path === '/metrics')
      return next(
        new AppError({
          code: 'unauthorized',
          message: 'not signed in',
          publicMessage: 'Sign in, or send Authorization: Bearer ADMIN_TOKEN.',
        }),
      );
    // A strict cookie is not sent with a link from elsewhere (an answer in Slack): a page of ours that loads itself again is.
    if (req.headers['sec-fetch-site'] === 'cross-site') {
      res
        .type('html')
        .send(
          render(
            html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Docent</title><meta http-equiv="refresh" content="0"></head><body></body></html>`,
          ),
        );
      return;
    }
    res.redirect(303, `/login?next=${encodeURIComponent(ownPath(req.originalUrl) ?? '/')}`);
  };
}

function addressOf(req: Request): string {
  return req.socket.remoteAddress ?? 'unknown';
}
