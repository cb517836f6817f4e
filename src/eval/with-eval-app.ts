/** A throw-away Docent over a question set's corpus: the same connector, chunking, analysis and index as production. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createApp, type WiredApp } from '../app.ts';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { NO_MODEL } from '../models/embedding.ts';
import type { Log } from '../types.ts';
import { openVectorFile } from './vector-file.ts';

/** Indexes the corpus into a temporary folder, runs `work`, and removes the folder. Vectors are kept in DATA_DIR/eval: they cost minutes. */
export async function withEvalApp<T>(
  corpusFile: string,
  input: { config: Config; log: Log; signal: AbortSignal; wordsOnly?: boolean; onProgress?: (text: string) => void },
  work: (app: WiredApp) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'docent-eval-'));
  const kept = await openVectorFile(join(input.config.DATA_DIR, 'eval', 'vectors.db'));
  const config = {
    ...input.config,
    MODELS_DIR: input.config.MODELS_DIR ?? join(input.config.DATA_DIR, 'models'),
    DATA_DIR: folder,
    // The catalog and the jobs of those who are served are no place for a question set.
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    ...(input.wordsOnly ? { EMBEDDING_MODEL: NO_MODEL } : {}),
  };
  const app = await createApp(config, {
    log: input.log,
    threads: availableParallelism(),
    vectors: kept.vectors,
    throwAwayIndex: basename(folder),
  });
  try {
    const source = await app.addSource({ location: corpusFile, name: 'corpus' });
    const [summary] = await app.syncNow([source.name], {
      signal: input.signal,
      onProgress: (_, p) => input.onProgress?.(`indexing: ${p.done} done, ${p.left} left`),
      vectors: { ms: Infinity, onProgress: (done, total) => input.onProgress?.(`embedding: ${done} of ${total} passages`) },
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
    kept.close();
    await rm(folder, { recursive: true, force: true });
  }
}
