/** What the disk said while a model was written, told so that a person can mend it. */
import { AppError, reasonOf } from '../../errors.ts';

/** What is no error of the disk stays as it is. */
export function diskError(dir: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof AppError || (!/^E[A-Z]+$/.test(code ?? '') && code !== 'ERR_SQLITE_ERROR')) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(dir, undefined, error);
  const why = code === 'ERR_SQLITE_ERROR' ? reasonOf(error) : code;
  return new AppError({
    code: 'model.folder_unwritable',
    message: `${dir} cannot be written (${why})`,
    publicMessage: `Models cannot be kept in ${dir} (${why}). Give Docent the right to write there, or set MODELS_DIR to another folder.`,
    cause: error,
  });
}

/** @param missing bytes */
export function diskFull(dir: string, missing?: number, cause?: unknown): AppError {
  const more = missing === undefined ? '' : `: ${Math.ceil(missing / 1_000_000)} MB more are needed`;
  return new AppError({
    code: 'model.disk_full',
    message: `disk full at ${dir}${more}`,
    publicMessage: `There is no room for the model in ${dir}${more}. Make room, or set MODELS_DIR to a folder on another disk.`,
    cause,
  });
}
