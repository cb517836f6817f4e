/** The search port over Qdrant. */
import type { SearchIndex } from '../search-index.ts';
import { AppError } from '../../errors.ts';

export interface QdrantOptions {
  /** http(s)://host[:port][/path]; the port is 6333 where none is said. */
  url: string;
  apiKey?: string;
  /** What the alias and the collections behind it are called: one for each company that shares a server. */
  name?: string;
}

/** Opens the index; nothing is asked of the server before the first call. */
export function openQdrantIndex(options: QdrantOptions): SearchIndex {
  throw new AppError({ code: 'search.unavailable', message: `no driver for ${options.name ?? 'docent'} yet` });
}
