/** What every route and page of the console is handed. */
import type { Request, Response } from 'express';
import type { App } from '../app-contract.ts';
import type { ChatConsole } from '../chat-contract.ts';
import type { AssetPaths } from './assets.ts';
import type { Words } from './words.ts';

export interface ConsoleDeps {
  app: App;
  /** Absent: no page to connect chat platforms. */
  chat?: ChatConsole;
  assets: AssetPaths;
}

/** What the middleware found out about one request. */
export interface PageContext {
  words: Words;
  /** Path and query of this request, to come back to. */
  path: string;
  requestId: string;
  /** Whether somebody signed in, so that signing out is offered. */
  signedIn: boolean;
  /** Tells one session from another; empty where nobody signs in. */
  session: string;
  assets: AssetPaths;
}

/** The page context that the middleware of server.ts has put on the response. */
export function contextOf(res: Response): PageContext {
  return res.locals.context as PageContext;
}

/** One text of the query or of a form; lists and absent values give an empty text. */
export function field(from: unknown, name: string): string {
  const value = (from as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
}

/** Whether a page is wanted (a browser navigates) rather than JSON. */
export function wantsJson(req: Request): boolean {
  return req.path.startsWith('/api/') || /\bapplication\/(x-nd)?json\b/.test(req.headers.accept ?? '');
}
