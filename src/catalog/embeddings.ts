/** Vectors by `embed_hash`, so that what was embedded once is not paid for again. */
import type { Catalog } from './database.ts';

export async function readEmbeddings(db: Catalog, hashes: string[]): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  for (let i = 0; i < hashes.length; i += 500) {
    const rows = await db
      .selectFrom('embeddings')
      .selectAll()
      .where('embed_hash', 'in', hashes.slice(i, i + 500))
      .execute();
    for (const row of rows) found.set(row.embed_hash, new Float32Array(Uint8Array.from(row.vector).buffer));
  }
  return found;
}

/** Later vectors replace earlier ones: the same model name may have become another model. */
export async function writeEmbeddings(db: Catalog, entries: { key: string; vector: Float32Array }[]): Promise<void> {
  const byKey = new Map(entries.map(({ key, vector }) => [key, vector]));
  // Each key once, and in one order: two processes that write the same ones never wait for each other.
  const rows = [...byKey.keys()].sort().map((key) => {
    const vector = byKey.get(key)!;
    return { embed_hash: key, vector: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength) };
  });
  for (let i = 0; i < rows.length; i += 100) {
    await db
      .insertInto('embeddings')
      .values(rows.slice(i, i + 100))
      .onConflict((c) => c.column('embed_hash').doUpdateSet((e) => ({ vector: e.ref('excluded.vector') })))
      .execute();
  }
}
