/** What a process counts from its start on, for Prometheus. Labels are few, whatever is asked for: never an id, a name or a text. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { RunSummary } from './catalog/sources.ts';
import { AppError, isAbort } from './errors.ts';
import type { Outbound } from './net/outbound.ts';
import type { Job } from './queue/jobs.ts';
import type { Answer, UsageRow } from './types.ts';

export interface Counters {
  answered(answer: Answer): void;
  /** One call of a model, as it is booked. */
  used(row: UsageRow): void;
  synced(summary: RunSummary): void;
  /** Runs a job and counts how it ends. */
  job<T>(kind: Job['kind'], run: () => Promise<T>): Promise<T>;
  /** The same, each request counted by how it ended; never by where it went. */
  countOutbound<T extends Outbound>(outbound: T): T;
  /** Counts what a server answers from now on. */
  watch(server: Server): void;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];
const LONG_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400];
/** First parts of a path that stand for themselves. */
const ROUTES = new Set(['api', 'assets', 'documents', 'glossary', 'login', 'logout', 'metrics', 'settings', 'slack', 'sources']);
const SAME = new Map([
  ['', 'ask'],
  ['ask', 'ask'],
  ['t', 'ask'],
  ['feedback', 'ask'],
  ['sample', 'ask'],
  ['healthz', 'health'],
  ['readyz', 'health'],
]);

/** What this process counts from its start on. */
export function createCounters(register: Registry): Counters {
  const registers = [register];
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[] = []) =>
    new Histogram({ name, help, buckets, labelNames, registers });
  const questions = counter('docent_questions_total', 'Questions answered, by status.', ['status']);
  const seconds = histogram(
    'docent_answer_seconds',
    'Time from a recorded question to its whole answer.',
    [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64],
  );
  const degraded = counter('docent_answers_degraded_total', 'Answers that are less than they could be, by reason.', ['reason']);
  const calls = counter('docent_model_calls_total', 'Calls of models that were booked, by purpose and model.', ['purpose', 'model']);
  const tokens = counter('docent_model_tokens_total', 'Tokens sent to and written by models.', ['purpose', 'model', 'direction']);
  const usd = counter('docent_model_usd_total', 'US dollars that calls of models cost.', ['purpose', 'model']);
  const syncs = counter('docent_syncs_total', 'Syncs that ended here: complete, partial or failed.', ['outcome']);
  const syncSeconds = histogram('docent_sync_seconds', 'How long syncs took.', LONG_SECONDS);
  const documents = counter('docent_sync_documents_total', 'Documents that syncs came upon, by what became of them.', ['outcome']);
  const jobs = counter('docent_jobs_total', 'Jobs taken up here, by kind and end: done, busy (somebody else holds it) or failed.', [
    'kind',
    'outcome',
  ]);
  const jobSeconds = histogram('docent_job_seconds', 'How long jobs took.', LONG_SECONDS, ['kind']);
  const outgoing = counter('docent_outbound_requests_total', 'Requests to sources and for models to download, by how they ended.', [
    'outcome',
  ]);
  const requests = counter('docent_http_requests_total', 'HTTP requests answered, by part of the site and status.', ['route', 'status']);
  const requestSeconds = histogram('docent_http_request_seconds', 'Time to the end of an HTTP response.', SECONDS, ['route']);

  return {
    answered(answer) {
      questions.inc({ status: answer.status });
      seconds.observe(answer.usage.ms / 1000);
      for (const reason of answer.degraded ?? []) degraded.inc({ reason });
    },
    used({ purpose, model, promptTokens, completionTokens, usd: cost }) {
      calls.inc({ purpose, model });
      tokens.inc({ purpose, model, direction: 'prompt' }, promptTokens);
      tokens.inc({ purpose, model, direction: 'completion' }, completionTokens);
      usd.inc({ purpose, model }, cost);
    },
    synced(summary) {
      syncs.inc({ outcome: summary.error === undefined ? (summary.complete ? 'complete' : 'partial') : 'failed' });
      syncSeconds.observe(summary.ms / 1000);
      for (const outcome of ['added', 'changed', 'moved', 'removed', 'unchanged', 'failed'] as const)
        documents.inc({ outcome }, summary[outcome]);
    },
    async job(kind, run) {
      const started = performance.now();
      let outcome = 'failed';
      try {
        const done = await run();
        outcome = 'done';
        return done;
      } catch (error) {
        // Another holds it, or this process ends: neither is a fault.
        if ((error instanceof AppError && error.code === 'sync.busy') || isAbort(error)) outcome = 'busy';
        throw error;
      } finally {
        jobs.inc({ kind, outcome });
        jobSeconds.observe({ kind }, (performance.now() - started) / 1000);
      }
    },
    countOutbound: (outbound) => ({
      ...outbound,
      async fetch(url: string, request) {
        try {
          const response = await outbound.fetch(url, request);
          outgoing.inc({ outcome: response.status === 429 ? '429' : statusClass(response.status) });
          return response;
        } catch (error) {
          outgoing.inc({ outcome: error instanceof AppError ? error.code : isAbort(error) ? 'aborted' : 'error' });
          throw error;
        }
      },
    }),
    watch(server) {
      // Before the router, which takes off of the address what it has read.
      server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
        const started = performance.now();
        const route = routeClass(request.url ?? '/');
        response.once('close', () => {
          requests.inc({ route, status: response.writableFinished ? statusClass(response.statusCode) : 'gone' });
          requestSeconds.observe({ route }, (performance.now() - started) / 1000);
        });
      });
    },
  };
}

/** The part of the site that a request is for: `ask`, `api`, `api-ask`, `teams`, `health`, …; anything else is `other`. */
export function routeClass(url: string): string {
  const [first = '', second = '', third = ''] = url.split('?', 1)[0]!.split('/').slice(1);
  if (first === 'api' && second === 'messages') return 'teams';
  if (first === 'api' && third === 'ask') return 'api-ask';
  return SAME.get(first) ?? (ROUTES.has(first) ? first : 'other');
}

/** `2xx`, `4xx`, … */
const statusClass = (status: number): string => `${Math.floor(status / 100)}xx`;
