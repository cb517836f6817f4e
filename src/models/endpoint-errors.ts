/**
 * What an error of an OpenAI-compatible endpoint means: our code, whether to try again, and how a person mends it.
 * The endpoint's own text is read but never passed on, neither as message nor as cause: servers quote the prompt in it
 * (vLLM's validation errors) or the key (OpenAI's 401).
 */
import { AppError } from '../errors.ts';
import { retryAfterMs } from '../retry.ts';
import type { EndpointFailure } from '../retry.ts';

export interface EndpointContext {
  /** Shown in messages; host and port alone. */
  host: string;
  model: string;
  /** The setting to correct when the model does not exist. */
  modelSetting: 'CHAT_MODEL' | 'EMBEDDING_MODEL';
  /** Milliseconds since the epoch, for a Retry-After that is a date. */
  now: number;
}

interface Told {
  status?: number | undefined;
  code?: unknown;
  type?: unknown;
  param?: unknown;
  headers?: Headers | undefined;
  message?: unknown;
  cause?: unknown;
  name?: unknown;
}

/** @param thrown what the openai package, fetch or a stream threw; an AppError is passed on as it is */
export function endpointFailure(thrown: unknown, context: EndpointContext): EndpointFailure {
  if (thrown instanceof AppError) return { error: thrown, transient: false };
  const told = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Told;
  const wait = retryAfterMs(told.headers, context.now);
  const failure = typeof told.status === 'number' ? ofStatus(told.status, told, context) : withoutStatus(told, context);
  const should = told.headers?.get?.('x-should-retry');
  if (should === 'true' || should === 'false') failure.transient = should === 'true';
  return wait === undefined ? failure : { ...failure, retryAfterMs: wait };
}

/** What the endpoint said about a rejected field, lower case; for comparing, never for showing. */
export function rejectionText(thrown: unknown): string | undefined {
  const told = thrown as Told | undefined;
  if (told?.status !== 400 && told?.status !== 422) return undefined;
  return `${String(told.param ?? '')} ${String(told.message ?? '')}`.toLowerCase();
}

/** True when a text was too long for the model. */
export function isTooLong(thrown: unknown): boolean {
  const told = thrown as Told | undefined;
  if (told?.status === 413) return true;
  if (told?.status !== 400 && told?.status !== 422) return false;
  return (
    told.code === 'context_length_exceeded' ||
    /context length|context window|maximum (sequence|input|context)|too long|exceeds? the (available|maximum)/i.test(
      String(told.message ?? ''),
    )
  );
}

function ofStatus(status: number, told: Told, context: EndpointContext): EndpointFailure {
  const { host, model, modelSetting } = context;
  const words = String(told.message ?? '');
  const id = `${status}${identifiers(told)}`;
  const rejected = (message: string, publicMessage: string): EndpointFailure => ({
    error: new AppError({ code: 'model.rejected', message: `${host}: ${message} (${id})`, publicMessage }),
    transient: false,
  });
  if (status === 401 || status === 403) {
    return rejected(
      'the key was refused',
      `The model endpoint ${host} refused the key. Check OPENAI_API_KEY, and that the key may use ${model}.`,
    );
  }
  if (status === 404 && (told.code === 'model_not_found' || told.code === 'DeploymentNotFound' || /model|deployment/i.test(words))) {
    return rejected(`no model ${model}`, `The model endpoint ${host} has no model "${model}". Check ${modelSetting}.`);
  }
  if (status === 404 || status === 405)
    return rejected(
      'no such address',
      `The model endpoint ${host} does not know this address. Check OPENAI_BASE_URL; it usually ends in /v1.`,
    );
  if (status === 429 || told.code === 'insufficient_quota') {
    if (told.code === 'insufficient_quota' || told.code === 'billing_not_active' || told.type === 'insufficient_quota') {
      return rejected('no credit left', `The account at ${host} has no credit left. Add credit there or raise its limit.`);
    }
    return failed(
      'model.rate_limited',
      `${host}: too many requests (${id})`,
      `The model endpoint ${host} is at its rate limit. Try again in a moment.`,
      true,
    );
  }
  if (told.code === 'content_filter' || told.code === 'content_policy_violation') return refusal(host, id);
  if (isTooLong({ ...told, status, message: words })) {
    return rejected(
      'the text is longer than the context of the model',
      `The text sent to ${model} was longer than its context. Set the model's context size in its profile.`,
    );
  }
  if (status === 408)
    return failed('model.timeout', `${host}: the endpoint timed out (${id})`, `The model endpoint ${host} did not answer in time.`, true);
  if (status === 409 || status >= 500)
    return failed(
      'model.failed',
      `${host}: the endpoint failed (${id})`,
      `The model endpoint ${host} has a problem of its own. Try again in a moment.`,
      true,
    );
  return rejected('the request was refused', `The model endpoint ${host} refused the request (${id}). Its log says why.`);
}

function withoutStatus(told: Told, context: EndpointContext): EndpointFailure {
  const { host } = context;
  const codes = codesOf(told);
  if (
    codes.some((code) =>
      /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(
        code,
      ),
    )
  ) {
    return failed(
      'model.unreachable',
      `${host}: not reachable (${codes[0]})`,
      `The model endpoint ${host} cannot be reached (${codes[0]}). Is it running, and is OPENAI_BASE_URL right?`,
      true,
    );
  }
  if (codes.some((code) => /TIMEOUT|ETIMEDOUT/.test(code)) || told.name === 'TimeoutError') {
    return failed(
      'model.timeout',
      `${host}: timed out (${codes[0] ?? 'timeout'})`,
      `The model endpoint ${host} did not answer in time.`,
      false,
    );
  }
  if (codes.some((code) => /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|ERR_STREAM_PREMATURE_CLOSE)/.test(code)) || told.message === 'terminated') {
    return failed(
      'model.unreachable',
      `${host}: the connection was lost (${codes[0] ?? 'terminated'})`,
      `The connection to the model endpoint ${host} was lost.`,
      true,
    );
  }
  if (told.name === 'SyntaxError' || (told as object) instanceof SyntaxError) {
    return failed(
      'model.failed',
      `${host}: the answer is not valid JSON`,
      `The model endpoint ${host} sent an answer that cannot be read.`,
      false,
    );
  }
  // An `error` object in the middle of a stream has a code or type but no status.
  const named = [told.code, told.type].map(String);
  if (named.some((each) => /rate_limit/.test(each))) return ofStatus(429, told, context);
  if (named.some((each) => /insufficient_quota|content_filter|context_length_exceeded/.test(each))) return ofStatus(400, told, context);
  if (named.some((each) => /error|overloaded|\d{3}/.test(each)))
    return failed(
      'model.failed',
      `${host}: the endpoint failed midway${identifiers(told)}`,
      `The model endpoint ${host} has a problem of its own. Try again in a moment.`,
      true,
    );
  const connection = /connection error|fetch failed/i.test(String(told.message ?? ''));
  if (connection)
    return failed(
      'model.unreachable',
      `${host}: not reachable`,
      `The model endpoint ${host} cannot be reached. Is it running, and is OPENAI_BASE_URL right?`,
      true,
    );
  return failed(
    'model.failed',
    `${host}: ${typeof told.name === 'string' ? told.name : 'unknown error'}`,
    `The model endpoint ${host} failed.`,
    false,
  );
}

/** The model would not answer, or a filter stopped it: asking again gives the same. */
export function refusal(host: string, why: string): EndpointFailure {
  return {
    error: new AppError({
      code: 'model.failed',
      message: `${host}: the model declined (${why})`,
      publicMessage: 'The model declined to answer this question.',
    }),
    transient: false,
  };
}

function failed(code: string, message: string, publicMessage: string, transient: boolean): EndpointFailure {
  return { error: new AppError({ code, message, publicMessage, retryable: true }), transient };
}

/** `, code X, param Y`, where they look like identifiers and not like text. */
function identifiers(told: Told): string {
  return (['code', 'type', 'param'] as const)
    .map((key) => [key, told[key]] as const)
    .filter(([, value]) => typeof value === 'string' && /^[\w.[\]-]{1,48}$/.test(value) && !/^sk-/i.test(value))
    .map(([key, value]) => `, ${key} ${String(value)}`)
    .join('');
}

function codesOf(told: Told): string[] {
  const codes: string[] = [];
  let current: unknown = told;
  for (let depth = 0; depth < 6 && typeof current === 'object' && current !== null; depth++) {
    const { code, errors, cause } = current as { code?: unknown; errors?: unknown; cause?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) codes.push(code);
    if (Array.isArray(errors)) for (const each of errors) if (typeof each?.code === 'string') codes.push(each.code);
    current = cause;
  }
  return codes;
}
