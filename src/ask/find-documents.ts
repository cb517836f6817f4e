/** Documents that bear on some words, each with the sentence that comes closest: a search, no answer. */
import type { FoundDocument } from '../chat/chat-app.ts';
import { closestPassage } from './cite.ts';
import type { AskDeps } from './ask.ts';
import { closestSentence } from './quoted.ts';
import { retrieve } from './retrieve.ts';

/** Passages looked at for one document. */
const PASSAGES_EACH = 3;

/** @param input.readerSets what may be read @returns best first, each document once */
export async function findDocuments(
  input: { text: string; readerSets: number[]; limit: number },
  deps: Pick<AskDeps, 'db' | 'index' | 'embedder' | 'log' | 'languages' | 'pageUrl'>,
  signal: AbortSignal,
): Promise<FoundDocument[]> {
  const { text, readerSets, limit } = input;
  if (readerSets.length === 0 || text.trim() === '') return [];
  const found = await retrieve({ text, languages: deps.languages, readerSets, limit: limit * PASSAGES_EACH }, deps, signal);
  const first = found.hits.filter((hit, i) => found.hits.findIndex((one) => one.documentId === hit.documentId) === i);
  return first.slice(0, limit).map((hit) => {
    const place = closestSentence(text, found, hit);
    return {
      documentId: hit.documentId,
      source: hit.sourceName,
      updatedAt: hit.updatedAt === null ? null : new Date(hit.updatedAt).toISOString(),
      ...closestPassage(hit, place.start, place.end, deps.pageUrl),
    };
  });
}
