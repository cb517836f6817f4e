/** What the catalog and the index say of the whole: for `/metrics`. Figures alone, never a name or a text. */
import type { Catalog } from './catalog/database.ts';
import { countsBySource } from './catalog/documents.ts';
import { listSources } from './catalog/sources.ts';
import { spentThisMonth } from './catalog/usage.ts';
import type { Job } from './queue/jobs.ts';
import type { SearchIndex } from './search/search-index.ts';

export type SourceState = 'ok' | 'failing' | 'doubt' | 'paused';

export interface CatalogFigures {
  documents: number;
  passages: number;
  /** US dollars of this calendar month. */
  spentUsd: number;
  budgetUsd?: number;
  sources?: Record<SourceState, number>;
  /** When the source that waits the longest for a good sync had its last (or was added); ms since the epoch. Absent: no source. */
  oldestSuccessAt?: number;
  /** What the catalog asks of the workers. */
  due?: Pick<Job, 'kind' | 'id'>[];
}

export interface IndexFigures {
  points: number;
  /** Those with a vector of the model that searches use. */
  vectors: number;
}

export async function readCatalogFigures(
  db: Catalog,
  options: { now: number; budgetUsd?: number | undefined; due: () => Promise<Pick<Job, 'kind' | 'id'>[]> },
): Promise<CatalogFigures> {
  const [counts, spentUsd, sources, successes, due] = await Promise.all([
    countsBySource(db),
    spentThisMonth(db, options.now),
    listSources(db),
    lastSuccesses(db),
    // It asks the index too; without that the rest of the figures still stands.
    options.due().catch(() => undefined),
  ]);
  const states: Record<SourceState, number> = { ok: 0, failing: 0, doubt: 0, paused: 0 };
  let oldestSuccessAt: number | undefined;
  for (const source of sources) {
    const doubted = source.doubt !== null && source.doubt.confirmedAt === null;
    states[source.pausedAt !== null ? 'paused' : source.problem ? 'failing' : doubted ? 'doubt' : 'ok']++;
    if (source.pausedAt === null) oldestSuccessAt = Math.min(oldestSuccessAt ?? Infinity, successes.get(source.id) ?? source.createdAt);
  }
  const sum = (of: 'documents' | 'passages'): number => [...counts.values()].reduce((n, one) => n + one[of], 0);
  return {
    documents: sum('documents'),
    passages: sum('passages'),
    spentUsd,
    sources: states,
    ...(options.budgetUsd === undefined ? {} : { budgetUsd: options.budgetUsd }),
    ...(oldestSuccessAt === undefined ? {} : { oldestSuccessAt }),
    ...(due === undefined ? {} : { due }),
  };
}

/** When each source was last synced well. */
async function lastSuccesses(db: Catalog): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('runs')
    .select((e) => ['source_id', e.fn.max('finished_at').as('at')] as const)
    .where('state', '=', 'done')
    .groupBy('source_id')
    .execute();
  return new Map(rows.map((row) => [row.source_id, Number(row.at)]));
}

export async function readIndexFigures(index: Pick<SearchIndex, 'vectorModels'>): Promise<IndexFigures> {
  const { active, models, points } = await index.vectorModels();
  return { points, vectors: models.find(({ model }) => model === active)?.vectors ?? 0 };
}
