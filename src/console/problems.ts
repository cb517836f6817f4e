/** Errors as answers: JSON for programs, a page in the console's look for people. */
import type { NextFunction, Request, Response } from 'express';
import type { App } from '../app-contract.ts';
import { AppError, publicMessageOf, reasonOf } from '../errors.ts';
import { contextOf, wantsJson } from './context.ts';
import { render } from './html.ts';
import { problemPage } from './pages/problem.ts';
import type { Key, Words } from './words.ts';

/** What is said of an error: the HTTP status, a code for programs, a message for people. */
export interface Problem {
  status: number;
  code: string;
  message: string;
  field?: string;
}

/** A thing that is not there. */
export function notFound(what: string): AppError {
  return new AppError({ code: `${what}.not_found`, message: `no such ${what}`, publicMessage: `There is no such ${what}.` });
}

/** Wrong input with the field that is wrong. */
export function inputProblem(name: string, message: string): AppError & { field: string } {
  return Object.assign(new AppError({ code: 'input.invalid', message: `${name}: ${message}`, publicMessage: message }), { field: name });
}

/** The problem that a thrown value stands for; what is not ours is never quoted. */
export function problemOf(error: unknown, words: Words): Problem {
  if (error instanceof AppError) {
    const own: Record<string, [number, Key]> = { 'request.host': [403, 'problem_403_host'], 'request.origin': [403, 'problem_403_body'] };
    const known = own[error.code];
    if (known) return { status: known[0], code: error.code, message: words.say(known[1]) };
    const { field, message } = fieldOf(error);
    return { status: statusOf(error), code: error.code, message, ...(field === undefined ? {} : { field }) };
  }
  const status = (error as { status?: unknown } | null)?.status;
  const type = (error as { type?: unknown } | null)?.type;
  if (type === 'entity.too.large') return { status: 413, code: 'input.too_large', message: words.say('problem_413_body') };
  if (type === 'entity.parse.failed') return { status: 400, code: 'input.invalid_json', message: 'The body is not valid JSON.' };
  if (typeof status === 'number' && status >= 400 && status < 500)
    return { status, code: 'input.invalid', message: words.say('problem_400') };
  return { status: 500, code: 'internal', message: words.say('problem_500_body') };
}

function statusOf(error: AppError): number {
  if (error.code === 'unauthorized') return 401;
  if (error.code === 'request.content_type') return 415;
  if (error.code === 'rate_limited' || error.code === 'ask.limit') return 429;
  if (error.code.endsWith('.not_found')) return 404;
  if (error.code === 'input.invalid') return 400;
  if (error.code.endsWith('.exists') || error.code.endsWith('.conflict') || error.code.endsWith('.busy')) return 409;
  if (error.retryable) return 503;
  // With a public message it is something that a person can mend.
  return error.publicMessage === undefined ? 500 : 422;
}

/** What has to be mended where a source refuses; by its code. */
const FIELDS: Record<string, string> = {
  'source.credential': 'credential',
  'source.login': 'credential',
  'source.captcha': 'credential',
  'mediawiki.readapidenied': 'credential',
  'source.exists': 'name',
};

/** Input errors begin their message with the field's name. */
function fieldOf(error: AppError): { field?: string; message: string } {
  const message = publicMessageOf(error);
  const named = (error as { field?: unknown }).field ?? FIELDS[error.code];
  if (typeof named === 'string') return { field: named, message };
  const cut = error.code === 'input.invalid' ? message.indexOf(': ') : -1;
  return cut > 0 && /^[\w.-]+$/.test(message.slice(0, cut))
    ? { field: camelCase(message.slice(0, cut)), message: message.slice(cut + 2) }
    : { message };
}

/** Options of the command line are written `base-url`, fields `baseUrl`. */
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The last handler: answers every error, and logs those that are ours to mend. */
export function problemHandler(app: App): (error: unknown, req: Request, res: Response, next: NextFunction) => void {
  return (error, req, res, _next) => {
    const context = contextOf(res);
    const problem = problemOf(error, context.words);
    if (problem.status >= 500) app.log.error({ request: context.requestId, code: problem.code, reason: reasonOf(error) }, 'request failed');
    if (res.headersSent) {
      res.destroy();
      return;
    }
    res.status(problem.status);
    if (wantsJson(req)) {
      res.json({
        error: { code: problem.code, message: problem.message, ...(problem.field === undefined ? {} : { field: problem.field }) },
        request: context.requestId,
      });
      return;
    }
    res.type('html').send(render(problemPage(context, problem)));
  };
}
