/** The models in `MODELS_DIR/<name>/`: `model.onnx`, `tokenizer.json`, `model.json`. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError, inputError, reasonOf } from '../../errors.ts';
import { checkFiles } from './checksums.ts';
import { fingerprintOf, readDescription, type ModelDescription } from './model-description.ts';

/** A model that can be run. */
export interface InstalledModel extends ModelDescription {
  folder: string;
  /** Absolute paths. */
  files: { model: string; tokenizer: string };
  /** All files together. */
  bytes: number;
  /** Changes with anything that changes a vector; see model-description.ts. */
  fingerprint: string;
}

/** One folder of `MODELS_DIR`: a model, or why it is none. */
export type ListedModel = { name: string; model: ModelDescription; bytes: number } | { name: string; problem: AppError };

/** @throws AppError `input.invalid` for names that are no plain folder names */
export function checkModelName(name: string): void {
  if (!isModelName(name)) throw inputError('model', `"${name}" is no name of a model: letters, digits, dot, dash and underscore only`);
}

/**
 * The folders of `dir` in order of their names; an empty list where there is no such folder. Sums are not checked.
 * @throws AppError `model.folder` when it cannot be read
 */
export async function listModels(dir: string): Promise<ListedModel[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    const message = `${dir} cannot be read (${error.code ?? reasonOf(error)})`;
    throw new AppError({ code: 'model.folder', message, publicMessage: `The folder of models, ${message}.`, cause: error });
  });
  const listed: ListedModel[] = [];
  for (const name of names.filter(isModelName).toSorted()) {
    const folder = path.join(dir, name);
    if (!(await isFolder(folder))) continue;
    try {
      const model = await readDescription(folder, name);
      const sizes = await Promise.all(Object.keys(model.checksums).map((file) => stat(path.join(folder, file)).catch(() => undefined)));
      listed.push({ name, model, bytes: sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0) });
    } catch (problem) {
      if (!(problem instanceof AppError)) throw problem;
      listed.push({ name, problem });
    }
  }
  return listed;
}

/**
 * A model with its files checked: those that have changed since they were last read are read, with `verify` all of them.
 * @throws AppError `input.invalid` (the name), `model.not_found`, `model.incomplete`, `model.broken`, `model.checksum`
 */
export async function readModel(
  dir: string,
  name: string,
  options: { verify?: boolean; signal?: AbortSignal } = {},
): Promise<InstalledModel> {
  checkModelName(name);
  const folder = path.resolve(dir, name);
  if (!(await isFolder(folder))) throw notFound(name, folder);
  const model = await readDescription(folder, name);
  const { bytes } = await checkFiles(
    { name, folder, checksums: model.checksums },
    { all: options.verify ?? false, signal: options.signal },
  );
  const files = { model: path.join(folder, 'model.onnx'), tokenizer: path.join(folder, 'tokenizer.json') };
  return { ...model, folder, files, bytes, fingerprint: fingerprintOf(model) };
}

/** A folder that a download is still filling is none. */
function isModelName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,99}$/.test(name) && !name.endsWith('.partial') && !name.includes('..');
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function notFound(name: string, folder: string): AppError {
  return new AppError({
    code: 'model.not_found',
    message: `no model ${name}`,
    publicMessage: `There is no model "${name}" (${folder}). "docent model list" shows those there are; "docent model pull ${name}" fetches it if Docent knows it.`,
  });
}
