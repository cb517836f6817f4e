/** What is read when Prometheus asks: figures of the catalog, the index and the queue. */
import { Gauge, type Registry } from 'prom-client';
import { within } from './clock.ts';
import type { CatalogFigures, IndexFigures } from './figures.ts';
import type { Job } from './queue/jobs.ts';
import type { QueueHealth } from './queue/queue.ts';

/** Each part by itself, so that one that is away does not hide the others. */
export interface FigureReaders {
  catalog: () => Promise<CatalogFigures>;
  index?: () => Promise<IndexFigures>;
  queue?: () => Promise<QueueHealth>;
}

/** How long one part is waited for: Prometheus gives up on the whole after ten seconds. */
const READ_MS = 5_000;
/** What was read is good for so long, so that several who ask cost no more than one. */
const FRESH_MS = 10_000;
const DUE_KINDS = ['keep-index', 'sync-source', 'take-out', 'fill-vectors'] as const satisfies Job['kind'][];

/** What is read when somebody asks. The same in every process: take the `max` of them, not the sum. */
export function createGauges(register: Registry, readers: FigureReaders, now: () => number): { read(): Promise<void> } {
  const labelled = new Set<unknown>();
  function gauge<L extends string>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    const made = new Gauge({ name, help, labelNames, registers: [register] });
    if (labelNames.length > 0) labelled.add(made);
    // Else it would be shown as 0 before anything was read.
    else made.remove();
    return made;
  }
  /** Without a value it is not shown; one without labels would be shown as 0 after a reset. */
  const clear = (one: Gauge<string>): void => (labelled.has(one) ? one.reset() : one.remove());
  const up = gauge('docent_dependency_up', '1 when the part answers within five seconds, else 0.', ['part']);
  const documents = gauge('docent_documents', 'Documents that are current.');
  const passages = gauge('docent_passages', 'Passages that are current.');
  const spent = gauge('docent_model_usd_month', 'US dollars spent on models in this calendar month.');
  const budget = gauge('docent_model_budget_usd', 'BUDGET_USD_MONTH, where it is set.');
  const sources = gauge('docent_sources', 'Sources by state: ok, failing, doubt (removals wait for an admin), paused.', ['state']);
  const syncAge = gauge(
    'docent_sync_oldest_success_seconds',
    'Since the last good sync of the source, of those that are not paused, that waits for one the longest.',
  );
  const due = gauge('docent_jobs_due', 'Jobs that the catalog asks for and that are not done yet, by kind.', ['kind']);
  const dueAge = gauge(
    'docent_jobs_due_oldest_seconds',
    'For how long the oldest of them has been asked for, as far as this process saw.',
    ['kind'],
  );
  const points = gauge('docent_index_points', 'Points in the index. Fewer than passages: some cannot be found.');
  const vectors = gauge('docent_index_vectors', 'Points that have a vector of the model that searches use.');
  const queue = gauge('docent_queue_jobs', 'Jobs in the queue by state: waiting, delayed, running, failed.', ['state']);
  /** Since when each due job has been asked for. */
  const since = new Map<string, number>();
  let last: { at: number; reading: Promise<void> } | undefined;

  /** What cannot be read is not shown: a figure of before would look like one of now. */
  async function part<T>(
    name: string,
    read: (() => Promise<T>) | undefined,
    show: (value: T) => void,
    hide: Gauge<string>[],
  ): Promise<void> {
    if (!read) return;
    try {
      show(await within(READ_MS, read()));
      up.set({ part: name }, 1);
    } catch {
      hide.forEach(clear);
      up.set({ part: name }, 0);
    }
  }

  function showDue(jobs: Pick<Job, 'kind' | 'id'>[]): void {
    const at = now();
    const keys = new Set(jobs.map(({ kind, id }) => `${kind} ${id}`));
    for (const key of since.keys()) if (!keys.has(key)) since.delete(key);
    for (const key of keys) if (!since.has(key)) since.set(key, at);
    for (const kind of DUE_KINDS) {
      const ages = [...since].filter(([key]) => key.startsWith(`${kind} `)).map(([, begun]) => at - begun);
      due.set({ kind }, ages.length);
      dueAge.set({ kind }, Math.max(0, ...ages) / 1000);
    }
  }

  async function readAll(): Promise<void> {
    await Promise.all([
      part(
        'catalog',
        readers.catalog,
        (figures) => {
          documents.set(figures.documents);
          passages.set(figures.passages);
          spent.set(figures.spentUsd);
          if (figures.budgetUsd === undefined) clear(budget);
          else budget.set(figures.budgetUsd);
          for (const [state, n] of Object.entries(figures.sources ?? {})) sources.set({ state }, n);
          if (figures.oldestSuccessAt === undefined) clear(syncAge);
          else syncAge.set(Math.max(0, now() - figures.oldestSuccessAt) / 1000);
          if (figures.due) showDue(figures.due);
        },
        [documents, passages, spent, budget, sources, syncAge, due, dueAge],
      ),
      part(
        'index',
        readers.index,
        (figures) => {
          points.set(figures.points);
          vectors.set(figures.vectors);
        },
        [points, vectors],
      ),
      part(
        'queue',
        readers.queue &&
          (async () => {
            const health = await readers.queue!();
            if (!health.answers) throw new Error('the queue does not answer');
            return health;
          }),
        (health) => {
          for (const state of ['waiting', 'delayed', 'running', 'failed'] as const) queue.set({ state }, health[state]);
        },
        [queue],
      ),
    ]);
  }

  return {
    read() {
      if (!last || now() - last.at >= FRESH_MS) last = { at: now(), reading: readAll() };
      return last.reading;
    },
  };
}
