/** `docent eval retrieval`: how well the right documents are found. */
import { retrieve } from '../ask/retrieve.ts';
import { makeStandalone } from '../ask/standalone.ts';
import type { WiredApp } from '../app.ts';
import { AppError } from '../errors.ts';
import { detectLanguage } from '../search/analyzer.ts';
import type { EvalSet } from './beir.ts';
import { mean, ndcg, percentile, recall, rounded } from './scores.ts';

export type SearchMode = 'words' | 'meaning' | 'both';

interface Figures {
  queries: number;
  'ndcg@10': number;
  'recall@10': number;
  'recall@50': number;
  'hit@10': number;
}

export interface RetrievalReport extends Figures {
  p50Ms: number;
  p95Ms: number;
  byKind?: Record<string, Figures>;
}

/** Passages asked for, so that 50 documents are among them. */
const PASSAGES = 300;

/** A document counts as its best passage. Questions without a relevant document are left out. */
export async function evaluateRetrieval(
  set: EvalSet,
  app: WiredApp,
  mode: SearchMode,
  signal: AbortSignal,
  onProgress?: (text: string) => void,
): Promise<RetrievalReport> {
  const deps = await app.askDeps();
  if (mode === 'meaning' && !deps.embedder)
    throw new AppError({
      code: 'eval.no_embedder',
      message: 'no embedder',
      publicMessage: 'No embedding model is here ("docent model list" shows what can be had); use --search words.',
    });
  const readerSets = (await deps.db.selectFrom('reader_sets').select('id').execute()).map((r) => r.id);
  const externalIds = new Map(
    (await deps.db.selectFrom('documents').select(['id', 'external_id']).execute()).map((d) => [d.id, d.external_id]),
  );
  const results: (Omit<Figures, 'queries'> & { kind: string | undefined; ms: number })[] = [];
  for (const query of set.queries) {
    const relevant = set.relevant.get(query._id);
    if (!relevant) continue;
    signal.throwIfAborted();
    const startedAt = performance.now();
    const turns = (query.history ?? []).map((t) => ({ question: t.q, answer: t.a ?? '' }));
    const {
      query: text,
      beside,
      meaning,
    } = await makeStandalone({ text: query.text, language: detectLanguage(query.text), turns }, deps.languageModel, signal);
    const { hits } = await retrieve(
      {
        text,
        ...(beside ? { beside } : {}),
        ...(meaning ? { meaning } : {}),
        languages: deps.languages,
        readerSets,
        limit: PASSAGES,
        ...(mode === 'both' ? {} : { only: mode }),
      },
      deps,
      signal,
    );
    const ms = performance.now() - startedAt;
    const ranked = [...new Set(hits.map((h) => externalIds.get(h.documentId)!))];
    results.push({
      kind: query.kind,
      ms,
      'ndcg@10': ndcg(ranked, relevant, 10),
      'recall@10': recall(ranked, relevant, 10),
      'recall@50': recall(ranked, relevant, 50),
      'hit@10': ranked.slice(0, 10).some((id) => relevant.has(id)) ? 1 : 0,
    });
    onProgress?.(`${results.length} questions`);
  }
  const figures = (of: typeof results): Figures => ({
    queries: of.length,
    'ndcg@10': rounded(mean(of.map((r) => r['ndcg@10']))),
    'recall@10': rounded(mean(of.map((r) => r['recall@10']))),
    'recall@50': rounded(mean(of.map((r) => r['recall@50']))),
    'hit@10': rounded(mean(of.map((r) => r['hit@10']))),
  });
  const kinds = [...new Set(results.map((r) => r.kind))].filter((k) => k !== undefined);
  return {
    ...figures(results),
    p50Ms: rounded(
      percentile(
        results.map((r) => r.ms),
        0.5,
      ),
      2,
    ),
    p95Ms: rounded(
      percentile(
        results.map((r) => r.ms),
        0.95,
      ),
      2,
    ),
    ...(kinds.length > 0
      ? { byKind: Object.fromEntries(kinds.map((kind) => [kind, figures(results.filter((r) => r.kind === kind))])) }
      : {}),
  };
}
