/** What can go wrong with an outgoing request, told so that a person can mend it. Used by outbound alone. */
import { AppError, reasonOf } from '../errors.ts';

export function failure(kind: string, message: string, publicMessage: string, retryable = false, cause?: unknown): AppError {
  return new AppError({ code: `outbound.${kind}`, message, publicMessage, retryable, cause });
}

export function tooLarge(maxBytes: number): AppError {
  const limit = maxBytes >= 1_000_000 ? `${Math.round(maxBytes / 1_000_000)} MB` : `${Math.ceil(maxBytes / 1000)} kB`;
  return failure('too_large', `more than ${maxBytes} bytes`, `It is larger than ${limit}.`);
}

export function internal(host: string, address: string): AppError {
  const what = host === address ? `${address} is an internal address.` : `\`${host}\` resolves to an internal address, ${address}.`;
  return failure(
    'internal',
    `${host} is internal (${address})`,
    `${what} If you trust it, allow \`${host}\` under Settings → Internal addresses.`,
  );
}

/** @param proxy the proxy that the request may have gone through */
export function networkError(error: unknown, url: string, proxy?: string): AppError {
  if (error instanceof AppError) return error;
  const cause = error instanceof Error && error.cause instanceof AppError ? error.cause : undefined;
  if (cause) return cause;
  const host = hostOf(url);
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (proxy) return proxyError(error, code, host, hostOf(proxy));
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return failure('timeout', code, `\`${host}\` did not answer in time.`, true, error);
  if (code === 'ENOTFOUND')
    return failure(
      'network',
      code,
      `There is no server named \`${host}\`. Check the spelling, or the network's name server.`,
      false,
      error,
    );
  if (code === 'EAI_AGAIN') return failure('network', code, `The name \`${host}\` could not be looked up just now.`, true, error);
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code))
    return failure('network', code, `The certificate of \`${host}\` is not valid (${code}).`, false, error);
  if (/^(?:Z_|ERR__ERROR_FORMAT|ERR_PADDING)/.test(code))
    return failure('network', code, `\`${host}\` answered with a broken ${'content-encoding'}.`, false, error);
  return failure('network', code || reasonOf(error), `\`${host}\` could not be reached (${code || reasonOf(error)}).`, true, error);
}

/** What failed between us and the proxy cannot be told from what failed behind it, but for its refusal. */
function proxyError(error: unknown, code: string, host: string, proxy: string): AppError {
  const refused = /^Proxy .*\((\d{3})\)/.exec(reasonOf(error))?.[1];
  if (refused === '407')
    return failure('network', 'proxy wants a login', `The proxy \`${proxy}\` wants a user name and password (407).`, false, error);
  const why = refused === undefined ? code || reasonOf(error) : `it answered ${refused}`;
  return failure('network', why, `\`${host}\` could not be reached through the proxy \`${proxy}\` (${why}).`, true, error);
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the server';
}
