/**
 * Writing one document: note the new ids → put their points (and vectors that are kept) → one catalog transaction (the commit)
 * → drop the old points. Vectors that have to be computed fill in behind.
 * Killed anywhere in between, search finds the old version or the new one, never half: the catalog decides what is
 * current, and `sweepLeftovers` takes out what was left in the index.
 */
import { createHash } from 'node:crypto';
import { v5 as uuid5 } from 'uuid';
import { internBoth } from '../access/reader-sets.ts';
import { commitDocument, commitReaders, passagesOf, type DocumentWrite, type PassageRow, type Writer } from '../catalog/documents.ts';
import { clearLeftovers, noteLeftovers, readLeftovers } from '../catalog/leftovers.ts';
import { passagesOfDocument } from '../catalog/passages.ts';
import type { Catalog } from '../catalog/database.ts';
import { reasonOf } from '../errors.ts';
import { plainText } from '../passage-text.ts';
import { analyzePassage } from '../search/analyzer.ts';
import type { Point, SearchIndex } from '../search/search-index.ts';
import type { Clock, Log, PassageDraft } from '../types.ts';
import { embedHash, keptVectors } from './embed.ts';
import { ownWordsOf } from './own-words.ts';

/** The named steps of writing a document, in order; tests kill the process at each. */
export type WriteStep = 'noted' | 'put' | 'committed' | 'dropped';

export interface WriteDeps {
  db: Catalog;
  index: SearchIndex;
  /** The model that vectors are made with, behind (`fillVectors`); absent: search is by words alone. */
  embeddingModel?: string;
  clock: Clock;
  atStep?: (step: WriteStep) => void | Promise<void>;
  log?: Log;
}

export const textHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

export const documentId = (sourceId: string, externalId: string): string => uuid5(externalId, sourceId);

/** Rows of a document's passages; the id is uuid5(document, text hash, occurrence), so a passage that stays keeps its id. */
export function passageRows(documentId: string, title: string, drafts: PassageDraft[], model: string): PassageRow[] {
  const occurrences = new Map<string, number>();
  return drafts.map((draft) => {
    const hash = textHash(draft.text);
    const occurrence = occurrences.get(hash) ?? 0;
    occurrences.set(hash, occurrence + 1);
    return {
      id: uuid5(`${hash}:${occurrence}`, documentId),
      ordinal: draft.ordinal,
      headingPath: draft.headingPath,
      anchor: draft.anchor ?? null,
      text: draft.text,
      textHash: hash,
      embedHash: embedHash({ title, headingPath: draft.headingPath, text: draft.text }, model),
    };
  });
}

/** A point of the index for a passage. */
export function pointOf(
  passage: { id: string; headingPath: string[]; text: string },
  document: { id: string; title: string; language: string; readerSet: number },
): Point {
  return {
    id: passage.id,
    documentId: document.id,
    kind: 'passage',
    readerSet: document.readerSet,
    terms: analyzePassage(
      { title: document.title, headingPath: passage.headingPath, text: plainText(passage.text).text },
      document.language,
    ),
  };
}

/**
 * @param rewriteAll put every point again (the reader set changed), not only those that are new
 * @returns how many passages are to be embedded, and how many need no embedding
 */
export async function writeDocument(
  document: DocumentWrite,
  writer: Writer,
  kind: 'added' | 'changed' | 'moved',
  rewriteAll: boolean,
  deps: WriteDeps,
  signal: AbortSignal,
): Promise<{ embedded: number; reused: number }> {
  const before = await passagesOf(deps.db, document.id);
  const toPut = document.passages.filter((p) => rewriteAll || before.get(p.id)?.embedHash !== p.embedHash);
  signal.throwIfAborted();
  const fresh = toPut.filter((p) => !before.has(p.id)).map((p) => p.id);
  await noteLeftovers(deps.db, document.sourceId, fresh);
  await deps.atStep?.('noted');
  if (toPut.length > 0)
    await deps.index.put(
      toPut.map((p) => pointOf(p, document)),
      signal,
    );
  const kept = await putKeptVectors(
    toPut.map((p) => ({ ...p, title: document.title })),
    deps,
    signal,
  );
  await deps.atStep?.('put');
  const gone = await commitDocument(deps.db, document, writer, kind, deps.clock.now(), ownWordsOf(document));
  await deps.atStep?.('committed');
  await dropGone(gone, deps);
  const embedded = deps.embeddingModel === undefined ? 0 : toPut.length - kept;
  return { embedded, reused: document.passages.length - embedded };
}

/**
 * Closes a document at once to whom it is to be closed, in the catalog alone, which has the last word: its readers are
 * those of before who are among the new ones too.
 */
export async function narrowReaders(
  document: { id: string; readerSet: number },
  readerSet: number,
  writer: Writer,
  deps: WriteDeps,
): Promise<void> {
  const both = await internBoth(deps.db, [document.readerSet, readerSet]);
  if (both === document.readerSet) return;
  await commitReaders(deps.db, document.id, both, writer, []);
  document.readerSet = both;
}

/**
 * The document is as it was, for other readers: nothing is fetched and nothing embedded. Cut short between the index and
 * the commit the readers of before hold, and the next sync does it again.
 */
export async function writeReaders(
  document: { id: string; readerSet: number },
  readerSet: number,
  writer: Writer,
  deps: WriteDeps,
  signal: AbortSignal,
): Promise<void> {
  const passages = await passagesOfDocument(deps.db, document.id);
  signal.throwIfAborted();
  await deps.index.put(
    passages.map((p) => pointOf(p, { id: document.id, title: p.title, language: p.language, readerSet })),
    signal,
  );
  await putKeptVectors(passages, deps, signal);
  const words = passages[0] ? ownWordsOf({ title: passages[0].title, passages }).words : [];
  await commitReaders(deps.db, document.id, readerSet, writer, words);
  document.readerSet = readerSet;
}

/** Points that were put anew get back the vectors that are kept for them. Returns for how many. */
export async function putKeptVectors(
  passages: { id: string; title: string; headingPath: string[]; text: string }[],
  { db, index, embeddingModel }: Pick<WriteDeps, 'db' | 'index' | 'embeddingModel'>,
  signal: AbortSignal,
): Promise<number> {
  if (embeddingModel === undefined || passages.length === 0) return 0;
  const kept = await keptVectors(passages, embeddingModel, db);
  if (kept.size > 0)
    await index.putVectors(
      embeddingModel,
      [...kept].map(([at, vector]) => ({ id: passages[at]!.id, vector })),
      signal,
    );
  return kept.size;
}

/** After a commit: takes points out of the index. They are noted as leftovers: a failure here is mended by the next sweep. */
export async function dropGone(gone: string[], deps: Pick<WriteDeps, 'db' | 'index' | 'atStep' | 'log'>): Promise<void> {
  if (gone.length === 0) return;
  try {
    await deps.index.drop(gone);
  } catch (error) {
    deps.log?.warn({ points: gone.length, reason: reasonOf(error) }, 'points could not be taken out of the index; the next sync does it');
    return;
  }
  await deps.atStep?.('dropped');
  await clearLeftovers(deps.db, gone);
}

/** Takes out of the index what earlier writes of this source left there. Call with the lease held. */
export async function sweepLeftovers(sourceId: string, deps: Pick<WriteDeps, 'db' | 'index'>): Promise<void> {
  for (;;) {
    const { stale, current } = await readLeftovers(deps.db, sourceId, 2000);
    if (stale.length + current.length === 0) return;
    if (stale.length > 0) await deps.index.drop(stale);
    await clearLeftovers(deps.db, [...stale, ...current]);
  }
}
