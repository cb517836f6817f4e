/**
 * A fault that the fake shows for a number of calls. `after`: what was asked is done, and the caller is told of a fault.
 * `status`: any answer, by default with the error body that the connector gives; `retryAfter` in seconds.
 */
export type Mood =
  | { type: 'status'; status: number; retryAfter?: number; code?: string; body?: unknown; when?: 'before' | 'after' }
  | { type: 'hang'; when?: 'before' | 'after' }
  | { type: 'cut'; when?: 'before' | 'after' }
  | { type: 'slow'; ms: number };

/** What a mood can concern; `*` is any. */
export type MoodKind =
  | 'send'
  | 'update'
  | 'delete'
  | 'create'
  | 'members'
  | 'member'
  | 'token'
  | 'discovery'
  | 'identity'
  | 'metadata'
  | 'keys'
  | 'file'
  | 'image'
  | '*';

const codes: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  412: 'PreconditionFailed',
  413: 'MessageSizeTooBig',
  429: 'TooManyRequests',
  500: 'ServiceError',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

/** The body that comes with a fault. */
export function faultBody(mood: Extract<Mood, { type: 'status' }>): unknown {
  if (mood.body !== undefined) return mood.body;
  const code = mood.code ?? codes[mood.status] ?? 'Error';
  return { error: { code, message: mood.status === 429 ? 'API calls quota exceeded' : code } };
}
