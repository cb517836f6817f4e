/** The one error of Docent. `code` is for programs, `message` for the log, `publicMessage` for people. */
export class AppError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly publicMessage: string | undefined;

  /**
   * @param options.code dotted, `area.what`, e.g. `source.not_found`
   * @param options.retryable true when the same call may succeed later
   * @param options.publicMessage what a person may read: what went wrong and how to mend it
   */
  constructor(options: { code: string; message: string; retryable?: boolean; publicMessage?: string; cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = options.code;
    this.retryable = options.retryable ?? false;
    this.publicMessage = options.publicMessage;
  }
}

/** Bad input from a person: the field, what is wrong with it, and how to mend it. Shown as it is. */
export function inputError(field: string, message: string): AppError {
  return new AppError({ code: 'input.invalid', message: `${field}: ${message}`, publicMessage: `${field}: ${message}` });
}

/** A name that no source has; lists those there are. */
export function noSuchSource(name: string, known: string[]): AppError {
  const there = known.length > 0 ? `there are ${known.map((n) => `"${n}"`).join(', ')}` : 'none was added yet';
  return new AppError({ code: 'source.not_found', message: 'no such source', publicMessage: `There is no source "${name}"; ${there}.` });
}

/** What may be shown to a person of any thrown value. */
export function publicMessageOf(error: unknown): string {
  if (error instanceof AppError) return error.publicMessage ?? error.message;
  return 'Something went wrong inside Docent; its log has the details.';
}

/** A short text of any thrown value, for logs and reports of failed documents. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || (error instanceof AppError && error.code === 'aborted'));
}
