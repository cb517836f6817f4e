/** Every search driver by name, each with options of its own; named by the composition root alone. */
import type { SearchIndex } from './search-index.ts';
import { openQdrantIndex } from './drivers/qdrant.ts';
import { openSqliteIndex } from './drivers/sqlite.ts';

export const searchDrivers = {
  sqlite: openSqliteIndex,
  qdrant: openQdrantIndex,
} satisfies Record<string, (options: never) => SearchIndex>;
