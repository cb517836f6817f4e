/** What stands under an answer: the answer itself, why it is what it is, and its quotes, as some readers may see them. */
import { readableReaderSets } from '../access/audience.ts';
import { answerFor } from '../answering.ts';
import { closestPassage } from '../ask/cite.ts';
import { readCitations } from '../catalog/answers.ts';
import type { Catalog } from '../catalog/database.ts';
import { documentPassages, hydratePassages } from '../catalog/passages.ts';
import { askedFor, currentPassages, readTrace } from '../catalog/traces.ts';
import type { Audience } from '../types.ts';
import type { ChatApp, Quote, Why } from './chat-app.ts';
import type { Origin } from './messenger.ts';

export interface WhyDeps {
  db: Catalog;
  pageUrl: (documentId: string) => string;
}

export async function readAnswer(answerId: string, audience: Audience, deps: WhyDeps): ReturnType<ChatApp['readAnswer']> {
  const answer = await answerFor(answerId, await readableReaderSets(deps.db, {}, audience), deps);
  const asked = answer && (await askedFor(deps.db, answerId));
  if (!asked) return undefined;
  return { answer, question: asked.text, origin: asked.origin_json === null ? null : (JSON.parse(asked.origin_json) as Origin) };
}

export async function explain(answerId: string, audience: Audience, deps: WhyDeps): Promise<Why | undefined> {
  const { db, pageUrl } = deps;
  const readerSets = await readableReaderSets(db, {}, audience);
  const answer = await answerFor(answerId, readerSets, deps);
  const kept = answer && (await readTrace(db, answerId));
  if (!kept) return undefined;
  const { trace, usage } = kept;

  const cited = new Map((await readCitations(db, answerId)).map((c) => [c.passage_id, c.document_id]));
  const found = trace.passages ?? [];
  const ids = [...new Set([...found.map((p) => p.id), ...cited.keys()])];
  const [readable, current] = await Promise.all([hydratePassages(db, ids, readerSets), currentPassages(db, ids)]);
  // A neighbour came along with a passage of its document that was found.
  const scoreBeside = (id: string): number => found.find((p) => readable.get(p.id)?.documentId === cited.get(id))?.score ?? 0;
  const beside = [...cited.keys()].filter((id) => !found.some((p) => p.id === id)).map((id) => ({ id, score: scoreBeside(id) }));
  const passages = [...found, ...beside]
    .toSorted((a, b) => b.score - a.score)
    .flatMap(({ id, score, ...more }): Why['passages'] => {
      const passage = readable.get(id);
      if (!passage) return [];
      const { url } = closestPassage(passage, 0, 0, pageUrl);
      const meaning = 'meaning' in more ? { meaning: more.meaning as number } : {};
      return [{ title: passage.title, source: passage.sourceName, taken: cited.has(id), score, ...meaning, url }];
    });

  return {
    language: answer.language,
    status: answer.status,
    searchedFor: (await maySeeSearched(kept, readerSets, answer.degraded, db)) ? searchedFor(kept) : [],
    passages,
    hiddenPassages: ids.filter((id) => current.has(id) && !readable.has(id)).length,
    ...(trace.sufficiency ? { sufficiency: trace.sufficiency.score } : {}),
    sentences: { shown: answer.sentences.length, dropped: Object.values(trace.dropped ?? {}).reduce((sum, n) => sum + n, 0) },
    degraded: answer.degraded ?? [],
    model: kept.model,
    modelCalls: usage.modelCalls,
    tokens: usage.promptTokens + usage.completionTokens,
    costUsd: usage.costUsd,
    ms: usage.ms,
  };
}

/** The words that were searched for may come from what the asker could read: only who may read all of that sees them. */
async function maySeeSearched(
  kept: NonNullable<Awaited<ReturnType<typeof readTrace>>>,
  readerSets: number[],
  degraded: string[] | undefined,
  db: Catalog,
): Promise<boolean> {
  if (degraded?.includes('withheld')) return false;
  const askers = await readableReaderSets(db, kept.email === null ? {} : { email: kept.email }, kept.audience);
  return askers.every((set) => readerSets.includes(set));
}

function searchedFor({ text, standalone, searched }: { text: string; standalone: string | null; searched: string[] }): string[] {
  const all = [standalone ?? text, ...searched].filter((words) => words.trim() !== text.trim());
  return [...new Set(all)];
}

export async function quote(answerId: string, n: number, audience: Audience, deps: WhyDeps): Promise<Quote | undefined> {
  const { db } = deps;
  const readerSets = await readableReaderSets(db, {}, audience);
  const answer = await answerFor(answerId, readerSets, deps);
  const citation = answer?.citations.find((c) => c.n === n);
  if (!answer || !citation) return undefined;
  const passageId = (await readCitations(db, answerId)).find((c) => c.n === n)?.passage_id;
  const passages = await documentPassages(db, citation.documentId, readerSets);
  // Where it stood first, else anywhere in the document: a passage is another one once a word beside the quote has changed.
  const home = passages.find((p) => p.id === passageId);
  const holding = [...(home ? [home] : []), ...passages].find((p) => p.text.includes(citation.quote));
  return {
    language: answer.language,
    documentId: citation.documentId,
    title: citation.title,
    source: citation.source,
    quote: citation.quote,
    headingPath: (holding ?? home)?.headingPath ?? [],
    url: citation.url,
    documentUrl: citation.documentUrl,
    updatedAt: citation.updatedAt === null ? null : Date.parse(citation.updatedAt),
    present: holding !== undefined,
  };
}
