/** Every search driver by name; named by the composition root alone. */
import type { SearchIndex } from './search-index.ts';
import { openSqliteIndex } from './drivers/sqlite.ts';

export const searchDrivers = {
  sqlite: openSqliteIndex,
} satisfies Record<string, (options: { path: string }) => SearchIndex>;
