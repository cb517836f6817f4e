import { AppError } from '../../src/errors.ts';

/** The AppError that this work ends with. @throws when it succeeds, or fails otherwise */
export async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw new Error(`no AppError: ${String(thrown)}`, { cause: thrown });
  return thrown;
}
