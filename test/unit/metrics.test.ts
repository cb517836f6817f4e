/** What an operator's Prometheus is told, also while a part of the whole is away. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openCatalog, type Catalog } from '../../src/catalog/database.ts';
import { addSource, changeSource, finishRun, settleSource, startRun, takeLease, type RunSummary } from '../../src/catalog/sources.ts';
import { AppError } from '../../src/errors.ts';
import { readCatalogFigures, type CatalogFigures } from '../../src/figures.ts';
import { createMetrics, type Metrics, type MetricsOptions } from '../../src/metrics.ts';
import { routeClass } from '../../src/metrics-counted.ts';
import type { Outbound } from '../../src/net/outbound.ts';
import type { Answer } from '../../src/types.ts';

const figures: CatalogFigures = { documents: 3, passages: 7, spentUsd: 1.5 };
const made: Metrics[] = [];
function metricsOf(readers: Parameters<typeof createMetrics>[0] = async () => figures, options: MetricsOptions = {}): Metrics {
  const metrics = createMetrics(readers, { main: true, channel: randomUUID(), ...options });
  made.push(metrics);
  return metrics;
}
afterEach(() => {
  for (const metrics of made.splice(0)) metrics.close();
  vi.useRealTimers();
});

const summary: RunSummary = {
  source: 'Salaries of the board',
  runId: 'r',
  listed: 5,
  added: 2,
  changed: 1,
  moved: 0,
  removed: 0,
  unchanged: 1,
  failed: 1,
  complete: true,
  passagesEmbedded: 0,
  passagesReused: 0,
  requests: 9,
  ms: 2_500,
};
const answer = {
  questionId: 'q',
  text: 'The secret answer',
  status: 'quoted',
  degraded: ['no-model'],
  usage: { modelCalls: 0, promptTokens: 0, completionTokens: 0, costUsd: 0, ms: 300 },
} as unknown as Answer;

describe('what a process counts', () => {
  test('answers, models, syncs and jobs, without a word of what they were about', async () => {
    const metrics = metricsOf();
    metrics.answered(answer);
    metrics.used({ purpose: 'answer', model: 'm', promptTokens: 100, completionTokens: 20, usd: 0.25 });
    metrics.synced(summary);
    metrics.synced({ ...summary, complete: false });
    metrics.synced({ ...summary, error: 'https://wiki.example.com refuses' });
    await metrics.job('sync-source', async () => {});
    const busy = new AppError({ code: 'sync.busy', message: 'busy' });
    await expect(metrics.job('sync-source', () => Promise.reject(busy))).rejects.toBe(busy);
    await expect(metrics.job('keep-index', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    const text = await metrics.text();
    for (const line of [
      'docent_questions_total{status="quoted"} 1',
      'docent_answer_seconds_bucket{le="0.5"} 1',
      'docent_answer_seconds_bucket{le="0.25"} 0',
      'docent_answers_degraded_total{reason="no-model"} 1',
      'docent_model_calls_total{purpose="answer",model="m"} 1',
      'docent_model_tokens_total{purpose="answer",model="m",direction="prompt"} 100',
      'docent_model_usd_total{purpose="answer",model="m"} 0.25',
      ...['complete', 'partial', 'failed'].map((outcome) => `docent_syncs_total{outcome="${outcome}"} 1`),
      'docent_sync_documents_total{outcome="added"} 6',
      'docent_jobs_total{kind="sync-source",outcome="done"} 1',
      'docent_jobs_total{kind="sync-source",outcome="busy"} 1',
      'docent_jobs_total{kind="keep-index",outcome="failed"} 1',
      'docent_documents 3',
      'docent_passages 7',
      'docent_model_usd_month 1.5',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^docent_info\{role="all",version="unknown",node="[\d.]+"\} 1$/m);
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']) expect(text).toContain(name);
    expect(text).not.toMatch(/Salaries|secret|wiki\.example/);
    // What was not read is not shown as 0: no budget, no source, no index.
    expect(text).not.toMatch(/^docent_(model_budget_usd|sync_oldest_success_seconds|index_points|queue_jobs)\b/m);
  });

  test('requests to the outside by how they end, not by where they go', async () => {
    const metrics = metricsOf();
    const answers = [200, 304, 429, 503];
    const outbound = metrics.countOutbound({
      fetch: async () => {
        const status = answers.shift();
        if (status === undefined) throw new AppError({ code: 'outbound.timeout', message: 'late' });
        return { status };
      },
      close: async () => {},
    } as unknown as Outbound);
    for (let i = 0; i < 4; i++) await outbound.fetch('https://wiki.example.com/secret');
    await expect(outbound.fetch('https://wiki.example.com/secret')).rejects.toThrow('late');
    const text = await metrics.text();
    for (const outcome of ['2xx', '3xx', '429', '5xx', 'outbound.timeout'])
      expect(text).toContain(`docent_outbound_requests_total{outcome="${outcome}"} 1`);
    expect(text).not.toContain('wiki');
  });

  test('HTTP requests by part of the site and status; whoever goes before the end is gone', async () => {
    const metrics = metricsOf();
    const server: Server = createServer((request, response) => {
      const { url } = request;
      // As a router does.
      request.url = '/rest';
      if (url === '/api/v1/ask') return void response.write('{');
      response.writeHead(url === '/healthz' ? 200 : 404).end();
    });
    metrics.watch(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await fetch(`${at}/healthz`);
    await fetch(`${at}/documents/8c2a?citation=1`);
    const stop = new AbortController();
    await fetch(`${at}/api/v1/ask`, { signal: stop.signal });
    stop.abort();
    await vi.waitFor(async () =>
      expect((await metrics.text()).split('\n')).toEqual(
        expect.arrayContaining([
          'docent_http_requests_total{route="health",status="2xx"} 1',
          'docent_http_requests_total{route="documents",status="4xx"} 1',
          'docent_http_requests_total{route="api-ask",status="gone"} 1',
        ]),
      ),
    );
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('whatever is asked for, there are few parts of the site', () => {
    const seen = new Set<string>();
    const part = fc.oneof(fc.string(), fc.constantFrom('', 'api', 'v1', 'ask', 'messages', 'documents', '__proto__', 'constructor', '..'));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        seen.add(routeClass(`/${parts.join('/')}`));
      }),
    );
    for (const url of ['', '*', 'http://x/y', '/api/messages', '/t/1', '/readyz']) seen.add(routeClass(url));
    expect(seen.size).toBeLessThanOrEqual(15);
    expect(routeClass('/constructor')).toBe('other');
  });

  test('what another thread of the process counted is added', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const channel = randomUUID();
    const main = metricsOf(async () => figures, { channel });
    const thread = metricsOf(async () => figures, { channel, main: false });
    main.synced(summary);
    thread.synced(summary);
    thread.synced(summary);
    await vi.advanceTimersByTimeAsync(2_000);
    await vi.waitFor(async () => expect(await main.text()).toContain('docent_syncs_total{outcome="complete"} 3'), { timeout: 20_000 });
    // It tells all it has counted each time.
    await vi.advanceTimersByTimeAsync(2_000);
    thread.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const text = await main.text();
    expect(text).toContain('docent_syncs_total{outcome="complete"} 3');
    expect(text.match(/^docent_documents /gm)).toHaveLength(1);
    expect(text.match(/^process_start_time_seconds /gm)).toHaveLength(1);
  });
});

describe('what is read', () => {
  test('while a part is away the rest is told, and of that part only that it is away', async () => {
    let time = 0;
    let away = false;
    const metrics = metricsOf(
      {
        catalog: async () => {
          if (away) throw new Error('no connection');
          return { ...figures, sources: { ok: 2, failing: 1, doubt: 0, paused: 0 } };
        },
        index: async () => ({ points: 6, vectors: 5 }),
        queue: async () => ({ answers: !away, waiting: 1, delayed: 2, running: 3, failed: 4 }),
      },
      { now: () => time },
    );
    const before = await metrics.text();
    for (const line of [
      ...['catalog', 'index', 'queue'].map((part) => `docent_dependency_up{part="${part}"} 1`),
      'docent_sources{state="failing"} 1',
      'docent_index_points 6',
      'docent_index_vectors 5',
      'docent_queue_jobs{state="delayed"} 2',
    ])
      expect(before).toContain(line);
    away = true;
    time += 10_000;
    const meanwhile = await metrics.text();
    expect(meanwhile).toContain('docent_dependency_up{part="catalog"} 0');
    expect(meanwhile).toContain('docent_dependency_up{part="queue"} 0');
    expect(meanwhile).toContain('docent_index_points 6');
    expect(meanwhile).not.toMatch(/^docent_(documents|passages|sources|queue_jobs)\b/m);
    away = false;
    time += 10_000;
    expect(await metrics.text()).toContain('docent_documents 3');
  });

  test('a part that hangs is not waited for', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const metrics = metricsOf({ catalog: async () => figures, index: () => new Promise(() => {}) });
    const text = metrics.text();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await text).toContain('docent_dependency_up{part="index"} 0');
    expect(await text).toContain('docent_documents 3');
  });

  test('who asks twice in a moment costs one look', async () => {
    let looks = 0;
    const metrics = metricsOf(async () => (looks++, figures));
    await Promise.all([metrics.text(), metrics.text()]);
    await metrics.text();
    expect(looks).toBe(1);
  });

  test('how long what is due has been due', async () => {
    let time = 0;
    let due: NonNullable<CatalogFigures['due']> = [{ kind: 'sync-source', id: 'a' }];
    const metrics = metricsOf(async () => ({ ...figures, due }), { now: () => time });
    await metrics.text();
    time = 60_000;
    due = [...due, { kind: 'sync-source', id: 'b' }, { kind: 'fill-vectors', id: 'catalog' }];
    const text = await metrics.text();
    expect(text).toContain('docent_jobs_due{kind="sync-source"} 2');
    expect(text).toContain('docent_jobs_due_oldest_seconds{kind="sync-source"} 60');
    expect(text).toContain('docent_jobs_due{kind="fill-vectors"} 1');
    time = 120_000;
    due = [{ kind: 'sync-source', id: 'b' }];
    const later = await metrics.text();
    expect(later).toContain('docent_jobs_due_oldest_seconds{kind="sync-source"} 60');
    expect(later).toContain('docent_jobs_due{kind="fill-vectors"} 0');
    expect(later).toContain('docent_jobs_due_oldest_seconds{kind="fill-vectors"} 0');
  });
});

test("the operator's page names every figure, and none that there is not", async () => {
  const metrics = metricsOf({ catalog: async () => figures });
  const told = [...(await metrics.text()).matchAll(/^# TYPE (docent_\w+)/gm)].map(([, name]) => name!);
  const page = readFileSync(fileURLToPath(new URL('../../docs/operations.md', import.meta.url)), 'utf8');
  const named = [...page.matchAll(/\bdocent_(?!outside\b)[a-z_]+[a-z]/g)].map(([name]) => name.replace(/_bucket$/, ''));
  expect([...new Set(named)].toSorted()).toEqual(told.toSorted());
});

describe('what the catalog says', () => {
  let folder: string;
  let db: Catalog;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docent-metrics-'));
    db = await openCatalog(folder);
  });
  afterEach(async () => {
    await db.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  test('sources by state, and the one that waits the longest for a good sync', async () => {
    const add = (name: string, at: number) =>
      addSource(db, { name, kind: 'folder', location: `/${name}`, baseUrl: null, readers: ['everyone'], schedule: null }, at);
    const good = await add('good', 1_000);
    const bad = await add('bad', 2_000);
    const resting = await add('resting', 500);
    const run = await startRun(db, good.id, 5_000);
    await finishRun(db, { id: run, sourceId: good.id, state: 'done', summary, startedAt: 5_000, leaseOwner: 'me' }, 9_000);
    const settled = { doubt: null, failures: 0, problem: null, nextSyncAt: null };
    for (const { id } of [good, bad]) await takeLease(db, id, 'me', 0);
    await settleSource(db, bad.id, { ...settled, failures: 1, problem: { reason: 'gone', since: 3_000 } }, 'me');
    await changeSource(db, resting.id, { pausedAt: 600 });
    const due = async () => [{ kind: 'sync-source', id: bad.id } as const];
    expect(await readCatalogFigures(db, { now: 10_000, due, budgetUsd: 50 })).toEqual({
      documents: 0,
      passages: 0,
      spentUsd: 0,
      budgetUsd: 50,
      sources: { ok: 1, failing: 1, doubt: 0, paused: 1 },
      oldestSuccessAt: 2_000,
      due: [{ kind: 'sync-source', id: bad.id }],
    });
    // Of an index that is away nothing is due, and the rest still stands.
    const without = await readCatalogFigures(db, { now: 10_000, due: () => Promise.reject(new Error('no index')) });
    expect(without.due).toBeUndefined();
    expect(without.sources!.failing).toBe(1);
  });
});
