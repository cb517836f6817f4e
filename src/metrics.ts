/** Figures for Prometheus. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Answer } from './types.ts';

export interface Metrics {
  answered(answer: Answer): void;
  /** Prometheus text; gauges are read at that moment. */
  text(): Promise<string>;
}

/** @param read the figures that are gauges */
export function createMetrics(read: () => Promise<{ documents: number; passages: number; spentUsd: number }>): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const questions = new Counter({
    name: 'docent_questions_total',
    help: 'Questions answered, by status.',
    labelNames: ['status'],
    registers: [register],
  });
  const seconds = new Histogram({
    name: 'docent_answer_seconds',
    help: 'Time from a recorded question to its whole answer.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64],
    registers: [register],
  });
  const degraded = new Counter({
    name: 'docent_answers_degraded_total',
    help: 'Answers that are less than they could be, by reason.',
    labelNames: ['reason'],
    registers: [register],
  });
  const calls = new Counter({ name: 'docent_model_calls_total', help: 'Calls of the language model for answers.', registers: [register] });
  const documents = new Gauge({ name: 'docent_documents', help: 'Documents that are current.', registers: [register] });
  const passages = new Gauge({ name: 'docent_passages', help: 'Passages that are current.', registers: [register] });
  const spent = new Gauge({
    name: 'docent_model_usd_month',
    help: 'US dollars spent on models in this calendar month.',
    registers: [register],
  });
  return {
    answered(answer) {
      questions.inc({ status: answer.status });
      seconds.observe(answer.usage.ms / 1000);
      calls.inc(answer.usage.modelCalls);
      for (const reason of answer.degraded ?? []) degraded.inc({ reason });
    },
    async text() {
      const now = await read();
      documents.set(now.documents);
      passages.set(now.passages);
      spent.set(now.spentUsd);
      return register.metrics();
    },
  };
}
