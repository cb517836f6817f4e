/** Which restored backup a catalog is, so that an index that was made from another catalog is told from its own. */
import type { Catalog } from './database.ts';
import { readFact, writeFact } from './facts.ts';

/** Another text after each restoring; '' for a catalog that never was restored. */
export const restoredMark = async (db: Catalog): Promise<string> => (await readFact(db, 'restored')) ?? '';

export const markRestored = (db: Catalog, mark: string, now: number): Promise<void> => writeFact(db, 'restored', mark, now);
