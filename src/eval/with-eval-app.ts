/** A throw-away Docent over a question set's corpus: the same connector, chunking, analysis and index as production. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, type WiredApp } from '../app.ts';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Log } from '../types.ts';

/** Indexes the corpus into a temporary folder, runs `work`, and removes the folder. */
export async function withEvalApp<T>(
  corpusFile: string,
  input: { config: Config; log: Log; signal: AbortSignal; onProgress?: (text: string) => void },
  work: (app: WiredApp) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'docent-eval-'));
  const app = await createApp({ ...input.config, DATA_DIR: folder }, { log: input.log });
  try {
    const source = await app.addSource({ location: corpusFile, name: 'corpus' });
    const [summary] = await app.syncNow([source.name], {
      signal: input.signal,
      onProgress: (_, p) => input.onProgress?.(`indexing: ${p.done} done, ${p.left} left`),
    });
    if (!summary || summary.error)
      throw new AppError({
        code: 'eval.corpus',
        message: `the corpus could not be indexed: ${summary?.error}`,
        publicMessage: `The corpus could not be indexed: ${summary?.error}`,
      });
    return await work(app);
  } finally {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
}
