/** Parts of rebuilding the index: the sources are held meanwhile, and what stands in the catalog goes into the new index. */
import type { Catalog } from './catalog/database.ts';
import { passagesAfter } from './catalog/passages.ts';
import { listSources, releaseLease, takeLease } from './catalog/sources.ts';
import { AppError } from './errors.ts';
import type { SearchIndex } from './search/search-index.ts';
import { pointOf, putKeptVectors } from './sync/write.ts';
import type { Clock } from './types.ts';

export interface HeldSources {
  /** Waits for those that are not held yet, and holds them. True when there were any. */
  takeNew(signal: AbortSignal): Promise<boolean>;
  /** @throws AppError `reindex.lost` when another process took one over (this one slept, or the catalog was replaced) */
  check(): Promise<void>;
  release(): Promise<void>;
}

const BATCH = 200;
const RENEWED_MS = 5_000;
const WAIT_MS = 500;

/** Holds all sources, so that no sync and no rebuilding works on the same documents. */
export function holdSources(db: Catalog, owner: string, clock: Clock): HeldSources {
  const held = new Set<string>();
  let lost = false;
  const renew = async (): Promise<void> => {
    for (const id of held) if (!(await takeLease(db, id, owner, clock.now()))) lost = true;
  };
  let renewing: Promise<void> = Promise.resolve();
  const renewal = setInterval(() => (renewing = renew().catch(() => {})), RENEWED_MS);
  return {
    async takeNew(signal) {
      const before = held.size;
      for (const { id } of await listSources(db)) {
        if (held.has(id)) continue;
        while (!(await takeLease(db, id, owner, clock.now()))) await clock.sleep(WAIT_MS, signal);
        held.add(id);
      }
      return held.size > before;
    },
    async check() {
      await renew();
      if (lost) throw lostSource();
    },
    async release() {
      clearInterval(renewal);
      // One that is under way would take a lease again after it was let go of.
      await renewing;
      for (const id of held) await releaseLease(db, id, owner);
    },
  };
}

export function lostSource(): AppError {
  const message =
    'A source or the catalog was taken over by another process while the index was rebuilt, so the old index stays. Start "docent reindex" again.';
  return new AppError({ code: 'reindex.lost', message, publicMessage: message, retryable: true });
}

/**
 * Puts every current passage that is not there yet, with the vectors of these models that are kept for it.
 * @returns how many documents and passages were put
 */
export async function putPassages(
  models: string[],
  { db, index }: { db: Catalog; index: SearchIndex },
  options: { signal: AbortSignal; onProgress?: (done: number, total: number) => void },
): Promise<{ documents: number; passages: number }> {
  const total = Number(
    (
      await db
        .selectFrom('passages')
        .select((e) => e.fn.countAll().as('n'))
        .executeTakeFirstOrThrow()
    ).n,
  );
  const there = new Set<string>();
  for (let after: string | undefined; ;) {
    const ids = await index.ids(after, 5_000);
    if (ids.length === 0) break;
    for (const id of ids) there.add(id);
    after = ids.at(-1);
  }
  const documents = new Set<string>();
  let passages = 0;
  for (let after = ''; ;) {
    options.signal.throwIfAborted();
    const page = await passagesAfter(db, after, BATCH);
    if (page.length === 0) return { documents: documents.size, passages };
    const batch = page.filter(({ id }) => !there.has(id));
    await index.put(
      batch.map((p) => pointOf(p, { id: p.documentId, title: p.title, language: p.language, readerSet: p.readerSet })),
      options.signal,
    );
    for (const embeddingModel of models) await putKeptVectors(batch, { db, index, embeddingModel }, options.signal);
    for (const { documentId } of batch) documents.add(documentId);
    passages += batch.length;
    after = page.at(-1)!.id;
    options.onProgress?.(passages, total);
  }
}

/**
 * Before anything is put: searches of the new index use vectors of the model that those of the old one use, or where
 * there is none, of the model that is wanted.
 * @returns the models whose vectors are to be put, if they are kept: the one that is used, and the one built beside it
 */
export async function chooseModels(from: SearchIndex, to: SearchIndex, wanted: string | undefined): Promise<string[]> {
  const used = (await from.vectorModels()).active || wanted;
  if (used === undefined) return [];
  await to.activate(used);
  return [...new Set([used, wanted ?? used])];
}

/** After all is put: a model of which no vector was kept gives way to the wanted one; and all that is there is said. */
export async function settleModels(from: SearchIndex, to: SearchIndex, wanted: string | undefined): Promise<void> {
  const [old, made] = await Promise.all([from.vectorModels(), to.vectorModels()]);
  const vectorsIn = (of: typeof old, model: string): number => of.models.find((one) => one.model === model)?.vectors ?? 0;
  const used = made.active;
  if (used === undefined) return;
  if (wanted !== undefined && wanted !== used && vectorsIn(made, used) === 0 && vectorsIn(made, wanted) > 0) await to.activate(wanted);
  else if ((await from.getMeta('filled')) === used && vectorsIn(made, used) >= vectorsIn(old, used)) await to.setMeta('filled', used);
}
