/** Every search driver by name, each with options of its own, loaded when it is used; named by the composition root alone. */
import type { QdrantOptions } from './drivers/qdrant.ts';
import { openSqliteIndex } from './drivers/sqlite.ts';
import type { SearchIndex } from './search-index.ts';

export const searchDrivers = {
  sqlite: openSqliteIndex,
  qdrant: async (options: QdrantOptions): Promise<SearchIndex> => (await import('./drivers/qdrant.ts')).openQdrantIndex(options),
} satisfies Record<string, (options: never) => SearchIndex | Promise<SearchIndex>>;
