/** Which reader sets an answer may rest on. The one place that decides it. */
import type { Audience, Principal } from '../types.ts';
import type { Catalog } from '../catalog/database.ts';
import { readerLists } from './reader-sets.ts';

export interface Asker {
  /** Absent: a person of the company who did not say who they are. */
  email?: string;
}

/** Who the asker is, as principals. Group memberships are not known yet, so no `group:` opens a document. */
function principalsOf(asker: Asker): Principal[] {
  return ['public', 'everyone', ...(asker.email ? [`person:${asker.email.trim().toLowerCase()}`] : [])];
}

const principalsFor = (asker: Asker, audience: Audience): Principal[] =>
  audience === 'public' ? ['public'] : principalsOf(audience === 'everyone' ? {} : asker);

/**
 * Numbers of the reader sets that the asker may read (`asker`), everyone in the company (`everyone`), or anyone (`public`).
 * Read anew for each question, so that a change of readers holds at once.
 */
export async function readableReaderSets(db: Catalog, asker: Asker, audience: Audience): Promise<number[]> {
  const principals = new Set(principalsFor(asker, audience));
  const rows = await db.selectFrom('reader_sets').selectAll().execute();
  return rows.filter((row) => readerLists(row.principals_json).every((list) => list.some((p) => principals.has(p)))).map((row) => row.id);
}
