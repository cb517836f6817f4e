/** Real embedding models for tests: the folder that `scripts/bring-weights.ts` fills. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** `MODELS_DIR` of the shell, or `.models` of the repository. */
export const WEIGHTS = resolve(process.env['MODELS_DIR'] ?? join(import.meta.dirname, '../../.models'));

/**
 * Why tests that need a model are skipped, for their names; undefined when it is there.
 * @throws with CI=true, where `.ci/run` brings it
 */
export function withoutModel(name: 'bge-small-en-v1.5' | 'multilingual-e5-small'): string | undefined {
  if (existsSync(join(WEIGHTS, name, 'model.json'))) return undefined;
  const reason = `${name} is not there; "node bin/run.js scripts/bring-weights.ts" brings it`;
  if (process.env['CI'] === 'true') throw new Error(`${reason} (${WEIGHTS})`);
  return reason;
}
