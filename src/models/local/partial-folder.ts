/** `<name>.partial/`: the files of a download under way, and what was known of them when their first byte came. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { sumSchema } from './hub.ts';
import type { KnownModel } from './known-models.ts';

const fileSchema = z.object({
  etag: z.string().optional(),
  /** In bytes. */
  total: z.number().optional(),
  sum: sumSchema.optional(),
  /** Its bytes came in more than one answer. */
  resumed: z.boolean().optional(),
});
const stateSchema = z.object({ source: z.string(), files: z.record(z.string(), fileSchema) });

export type FileState = z.infer<typeof fileSchema>;

export interface PartialFolder {
  dir: string;
  pathOf(name: string): string;
  /** Bytes that are there. */
  sizeOf(name: string): Promise<number>;
  stateOf(name: string): FileState;
  setState(name: string, state: FileState): Promise<void>;
  /** Forgets a file, bytes and all. */
  drop(name: string): Promise<void>;
  /** Takes away what is no part of the model. */
  finish(): Promise<void>;
}

/** Opens or makes the folder; what came from another place or revision is thrown away. */
export async function openPartialFolder(modelsDir: string, model: KnownModel): Promise<PartialFolder> {
  const dir = partialDir(modelsDir, model.name);
  const stateFile = path.join(dir, 'state.json');
  const source = `${model.repository}@${model.revision}`;
  const before = await readFile(stateFile, 'utf8').then(
    (text) => parseState(text),
    () => undefined,
  );
  if (before?.source !== source) await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const state = before?.source === source ? before : { source, files: {} };

  const save = (): Promise<void> => writeFile(stateFile, JSON.stringify(state));
  const pathOf = (name: string): string => path.join(dir, name);
  return {
    dir,
    pathOf,
    sizeOf: (name) => sizeOf(pathOf(name)),
    stateOf: (name) => state.files[name] ?? {},
    setState: (name, file) => {
      state.files[name] = file;
      return save();
    },
    drop: async (name) => {
      await rm(pathOf(name), { force: true });
      delete state.files[name];
      await save();
    },
    finish: () => rm(stateFile, { force: true }),
  };
}

/** How much of a download under way is there, in bytes; for whoever watches another process. */
export async function partialBytes(modelsDir: string, model: KnownModel): Promise<number> {
  const sizes = await Promise.all(model.files.map(({ name }) => sizeOf(path.join(partialDir(modelsDir, model.name), name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function partialDir(modelsDir: string, name: string): string {
  return path.resolve(modelsDir, `${name}.partial`);
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function parseState(text: string): z.infer<typeof stateSchema> | undefined {
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
