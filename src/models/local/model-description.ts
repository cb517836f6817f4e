/** What `model.json` says of a model in a folder: its schema, and reading it so that every mistake is named. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { AppError, reasonOf } from '../../errors.ts';

/** Both are always there; `checksums` may name further ones that the weights are spread over. */
export const REQUIRED_FILES = ['model.onnx', 'tokenizer.json'] as const;

const plainName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,99}$/, 'must be a plain file name');
const sum = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex, as sha256sum prints it');

export const modelDescription = z.object({
  name: z.string(),
  dimension: z.int().min(1).max(16_384),
  pooling: z.enum(['mean', 'cls']),
  prefixes: z.object({ query: z.string(), passage: z.string() }),
  /** Longer texts are cut or read in windows. */
  maxTokens: z.int().min(8).max(131_072),
  /** Longer passages are read in windows of so many tokens; default: `maxTokens`. */
  windowTokens: z.int().min(16).max(131_072).optional(),
  /** BCP 47 primary subtags; `*` for every language. */
  languages: z.array(z.string().min(1)).min(1),
  licence: z.string().min(1),
  checksums: z.record(plainName, sum).superRefine((sums, context) => {
    for (const file of REQUIRED_FILES)
      if (!(file in sums)) context.addIssue({ code: 'custom', path: [file], message: `is missing; "sha256sum ${file}" prints it` });
  }),
  source: z.object({ hub: z.string(), repository: z.string(), revision: z.string() }).optional(),
});

export type ModelDescription = z.infer<typeof modelDescription>;

/** @throws AppError `model.incomplete` without the file, `model.broken` naming each wrong field */
export async function readDescription(folder: string, name: string): Promise<ModelDescription> {
  const file = path.join(folder, 'model.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw incomplete(name, folder, 'model.json', error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(name, `${file} is not JSON (${reasonOf(error)})`);
  }
  const parsed = modelDescription.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.map(String).join('.') || 'the whole'}: ${issue.message}`);
    throw broken(name, `in ${file}: ${problems.join('; ')}`);
  }
  if (parsed.data.name !== name) throw broken(name, `${file} describes "${parsed.data.name}"; the folder and \`name\` must be the same`);
  return parsed.data;
}

/**
 * Twelve hex digits that change with anything that changes a vector: the files, pooling, prefixes, length. For `embed_hash`,
 * so that other weights under an old name embed anew.
 */
export function fingerprintOf(
  model: Pick<ModelDescription, 'checksums' | 'dimension' | 'pooling' | 'prefixes' | 'maxTokens' | 'windowTokens'>,
): string {
  const sums = Object.entries(model.checksums).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { query, passage } = model.prefixes;
  const parts = JSON.stringify([sums, model.dimension, model.pooling, query, passage, model.maxTokens, model.windowTokens]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 12);
}

export function incomplete(name: string, folder: string, file: string, cause: unknown): AppError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const what = code === 'ENOENT' || code === undefined ? 'is missing' : `cannot be read (${code})`;
  return new AppError({
    code: 'model.incomplete',
    message: `model ${name}: ${file} ${what}`,
    publicMessage: `The model "${name}" cannot be used: ${path.join(folder, file)} ${what}. Put it there, or fetch the model anew with "docent model pull ${name}".`,
    cause,
  });
}

function broken(name: string, what: string): AppError {
  return new AppError({
    code: 'model.broken',
    message: `model ${name}: ${what}`,
    publicMessage: `The model "${name}" cannot be used: ${what}.`,
  });
}
