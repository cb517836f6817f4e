/** The one HTTP server's routes: console, API and operations. */
import { randomBytes } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { App } from '../app-contract.ts';
import type { ChatConsole } from '../chat-contract.ts';
import { isLoopback } from '../config.ts';
import { AppError } from '../errors.ts';
import { createAssets } from './assets.ts';
import { field, type ConsoleDeps, type PageContext } from './context.ts';
import { ownPath } from './html.ts';
import { problemHandler } from './problems.ts';
import { requestLog } from './request-log.ts';
import { apiRoutes, requireJson } from './routes/api.ts';
import { askRoutes } from './routes/ask.ts';
import { documentRoutes } from './routes/documents.ts';
import { glossaryApi, glossaryRoutes } from './routes/glossary.ts';
import { loginRoutes, requireSession } from './routes/login.ts';
import { healthRoutes, metricsRoutes } from './routes/operations.ts';
import { settingsRoutes } from './routes/settings.ts';
import { newSourceRoutes } from './routes/new-source.ts';
import { slackRoutes } from './routes/slack.ts';
import { sourceRoutes } from './routes/sources.ts';
import { teamsRoutes } from './routes/teams.ts';
import { loopbackHost, sameOrigin, securityHeaders } from './security.ts';
import { cookieOf, createSessions, type Sessions } from './session.ts';
import { chooseLanguage, wordsFor } from './words.ts';

const LANGUAGE_COOKIE = 'docent_language';

export interface ConsoleOptions {
  /** Signs sessions. Without it one is made that lasts as long as the process. */
  sessionKey?: string;
  /** What admins do to connect chat platforms; absent: no page for it. */
  chat?: ChatConsole;
  /** Routes of others on this server (chat platforms): mounted before the console's guards, as they have their own. */
  mount?: (server: Express) => void;
}

/** An Express application over the wired Docent; whoever calls it listens. */
export function createConsole(app: App, options: ConsoleOptions = {}): Express {
  const { config } = app;
  const server = express();
  const assets = createAssets();
  const deps: ConsoleDeps = { app, assets: assets.paths, ...(options.chat ? { chat: options.chat } : {}) };
  const sessions = createSessions({
    token: config.ADMIN_TOKEN,
    key: options.sessionKey ?? config.SECRET_KEY ?? randomBytes(32).toString('base64url'),
    secure: config.PUBLIC_URL?.startsWith('https:') ?? false,
    clock: app.clock,
  });

  server.disable('x-powered-by');
  server.set('etag', false);
  server.set('query parser', 'simple');
  server.use(requestLog(app), healthRoutes(app));
  options.mount?.(server);
  server.use(securityHeaders, putContext(deps, sessions));
  if (isLoopback(config.HOST)) server.use(loopbackHost(config.PUBLIC_URL));
  server.use(sameOrigin(config.PUBLIC_URL));
  server.use('/assets', assets.router);
  server.post('/language', express.urlencoded({ extended: false, limit: '10kb' }), keepLanguage);
  server.use(loginRoutes(sessions), requireSession(sessions));
  server.use(metricsRoutes(app));
  server.use('/api/v1/glossary', requireJson, glossaryApi(deps));
  server.use('/api/v1', apiRoutes(deps));
  server.use(askRoutes(deps), newSourceRoutes(deps), sourceRoutes(deps), documentRoutes(deps), glossaryRoutes(deps), settingsRoutes(deps));
  if (options.chat) server.use(slackRoutes(options.chat.slack), teamsRoutes(options.chat.teams));
  server.use((_req: Request, _res: Response, next: NextFunction) =>
    next(new AppError({ code: 'page.not_found', message: 'no such page', publicMessage: 'There is no such page.' })),
  );
  server.use(problemHandler(app));
  return server;
}

/** What a process without a console answers: whether it lives and is ready, and what it counts, for whoever holds the token. */
export function createOperations(app: App): Express {
  const server = express();
  const sessions = createSessions({
    token: app.config.ADMIN_TOKEN,
    key: randomBytes(32).toString('base64url'),
    secure: false,
    clock: app.clock,
  });
  server.disable('x-powered-by');
  server.use(requestLog(app), healthRoutes(app));
  server.use((req: Request, res: Response, next: NextFunction) => {
    if (req.path === '/metrics') return next();
    res.status(404).type('text/plain').send('This process works in the background; the console is at the others.\n');
  });
  server.use(requireSession(sessions), metricsRoutes(app));
  server.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const refused = error instanceof AppError;
    res
      .status(refused && error.code === 'unauthorized' ? 401 : refused && error.code === 'rate_limited' ? 429 : 500)
      .type('text/plain')
      .send('no\n');
  });
  return server;
}

/** What pages need of the request: language, path, number, whether somebody is signed in. */
function putContext(deps: ConsoleDeps, sessions: Sessions): (req: Request, res: Response, next: NextFunction) => void {
  const { timeZone } = deps.app;
  return (req, res, next) => {
    const language = chooseLanguage(cookieOf(req.headers.cookie, LANGUAGE_COOKIE), req.headers['accept-language']);
    res.locals.context = {
      words: wordsFor(language, deps.app.clock.now, timeZone),
      path: ownPath(req.method === 'GET' ? req.originalUrl : '/') ?? '/',
      requestId: res.locals.requestId as string,
      signedIn: sessions.required && sessions.holds(req.headers.cookie),
      session: sessions.nameOf(req.headers.cookie),
      assets: deps.assets,
    } satisfies PageContext;
    res.set('Vary', 'Accept-Language, Cookie, Accept');
    next();
  };
}

function keepLanguage(req: Request, res: Response): void {
  const language = chooseLanguage(field(req.body, 'language'), undefined);
  res.set('Set-Cookie', `${LANGUAGE_COOKIE}=${language}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly`);
  res.redirect(303, ownPath(field(req.body, 'back')) ?? '/');
}
