/** Web and worker processes over Postgres, Redis and Qdrant, behind a balancer: killed, emptied and restarted in the middle of work. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Answer } from '../../src/types.ts';
import { startBalancer, type Balancer } from '../fakes/balancer.ts';
import { readPrompt, sentencesIn } from '../fakes/inventing-model.ts';
import { startOpenAiEndpoint, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { deploymentMissing, startDeployment, type Deployment, type Process } from '../servers/deployment.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });
const missing = deploymentMissing();
if (missing && process.env['CI']) throw new Error(missing);

const PEOPLE = 50;
const QUESTIONS = [
  'Within how many hours is a data breach reported to the authority?',
  'How many days of holiday may be carried over?',
  'Where do I report a lost laptop?',
];

let deployment: Deployment;
let endpoint: OpenAiEndpoint;
let balancer: Balancer;
let webs: Process[];
let worker: Process;
/** How long the model takes for an answer. */
let thinkingMs = 0;

interface Asked {
  answer: Answer;
  /** From the first sentence to the end, in ms. */
  streamedMs: number;
  /** How often the connection was made again. */
  again: number;
}

/** Asks as a careful client does: by a key, and once more by the same key when the connection breaks or a server is away. */
async function ask(text: string, options: { key?: string; email?: string; url?: string } = {}): Promise<Asked> {
  const body = JSON.stringify({ text, eventKey: options.key ?? crypto.randomUUID(), ...(options.email ? { email: options.email } : {}) });
  const headers = {
    Authorization: `Bearer ${deployment.token}`,
    'Content-Type': 'application/json',
    Accept: 'application/x-ndjson',
  };
  for (let again = 0; again < 40; again++) {
    if (again > 0) await sleep(500);
    try {
      const response = await fetch(`${options.url ?? balancer.url}/api/v1/ask`, { method: 'POST', headers, body });
      if (response.status >= 500) continue;
      if (!response.ok) throw Object.assign(new Error(await response.text()), { status: response.status });
      let first = 0;
      let rest = '';
      for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + part).split('\n');
        rest = lines.pop()!;
        for (const event of lines.filter(Boolean).map((line) => JSON.parse(line))) {
          if (event.type === 'sentence') first ||= performance.now();
          if (event.type === 'final') return { answer: event.answer, streamedMs: first ? performance.now() - first : 0, again };
        }
      }
    } catch (error) {
      if ((error as { status?: number }).status !== undefined) throw error;
    }
  }
  throw new Error('no answer');
}

/** What the API answers; each test knows its shape. */
// oxlint-disable-next-line typescript/no-explicit-any
type Answered = any;

const api = async (path: string, init: RequestInit = {}): Promise<Answered> => {
  const response = await fetch(`${balancer.url}/api/v1${path}`, {
    ...init,
    headers: { Authorization: `Bearer ${deployment.token}`, 'Content-Type': 'application/json' },
  });
  return response.status === 204 ? undefined : response.json();
};
const query = (statement: string): Promise<Record<string, unknown>[]> =>
  deployment.postgres.run(statement, new URL(deployment.env['DATABASE_URL']!).pathname.slice(1));
const until = async (what: string, holds: () => Promise<boolean>, ms = 60_000): Promise<number> => {
  const from = performance.now();
  while (!(await holds().catch(() => false))) {
    if (performance.now() - from > ms) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(200);
  }
  return performance.now() - from;
};
const synced = (): Promise<boolean> =>
  api('/sources').then(
    ({ sources }) => sources.length > 0 && sources.every((s: { documents: number; syncing: boolean }) => s.documents === 28 && !s.syncing),
  );
const found = (url = balancer.url): Promise<boolean> => ask(QUESTIONS[0]!, { url }).then(({ answer }) => answer.status === 'answered');

describe.skipIf(missing !== undefined)(`several processes${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(async () => {
    endpoint = await startOpenAiEndpoint({
      reply: async ({ messages }) => {
        const { standalone, question, passages } = readPrompt(messages);
        if (standalone) return JSON.stringify({ question, query: question });
        await sleep(thinkingMs / 2);
        const lines = passages
          .flatMap(({ p, text }) => sentencesIn(text).map((quote) => ({ block: 'paragraph', text: quote, cites: [{ p, quote }] })))
          .slice(0, 2)
          .map((line) => `${JSON.stringify(line)}\n`);
        return { chunks: lines.length > 0 ? lines : ['{"block":"none"}'], delayMs: thinkingMs / 2 };
      },
    });
    deployment = await startDeployment({ OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'test-chat' });
    balancer = await startBalancer();
    // Both at once: one of them brings the catalog up to date.
    [webs, worker] = await Promise.all([Promise.all([deployment.start('web'), deployment.start('web')]), deployment.start('worker')]);
    balancer.to(webs.map(({ url }) => url));
  });
  afterAll(async () => {
    await deployment?.close();
    await balancer?.close();
    await endpoint?.close();
  });

  test('a source that is added at one web process is synced by a worker, and found at both', async () => {
    await api('/sample', { method: 'POST' });
    await until('the sample is synced', synced);
    for (const { url } of webs) await until('it is found', () => found(url));
    const health = await Promise.all([...webs, worker].map(({ url }) => fetch(`${url}/readyz`).then(({ status }) => status)));
    expect(health).toEqual([200, 200, 200]);
    expect((await fetch(`${worker.url}/metrics`)).status).toBe(401);
    const metrics = await fetch(`${worker.url}/metrics`, { headers: { Authorization: `Bearer ${deployment.token}` } });
    expect(await metrics.text()).toMatch(/^docent_passages [1-9]/m);
    expect((await fetch(`${worker.url}/`, { headers: { Authorization: `Bearer ${deployment.token}` } })).status).toBe(404);
  });

  test('answers stream through the balancer, sentence by sentence', async () => {
    thinkingMs = 1_000;
    expect((await ask(QUESTIONS[0]!)).streamedMs).toBeGreaterThan(300);
  });

  test('a limit for one person holds over both', async () => {
    await api('/settings', { method: 'PATCH', body: JSON.stringify({ questionsPerHour: 4 }) });
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => ask('Hello!', { email: 'ann@example.com' })));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    for (const one of asked) if (one.status === 'rejected') expect(one.reason).toMatchObject({ status: 429 });
    await api('/settings', { method: 'PATCH', body: JSON.stringify({ questionsPerHour: 120 }) });
  });

  test(`a web process killed while ${PEOPLE} people ask: the other answers every question, each once`, async () => {
    thinkingMs = 2_000;
    await query('delete from citations; delete from answers; delete from questions');
    const keys = Array.from({ length: PEOPLE }, (_, n) => `person-${n}`);
    const asking = Promise.all(keys.map((key, n) => ask(QUESTIONS[n % QUESTIONS.length]!, { key })));
    const heads = async (): Promise<number> => Number((await query('select count(*) as n from questions'))[0]!['n']);
    await until('all have asked', async () => (await heads()) === PEOPLE);
    await webs[0]!.kill();
    const asked = await asking;
    expect(asked.filter(({ again }) => again > 0).length).toBeGreaterThan(0);
    for (const { answer } of asked) expect(answer.status).not.toBe('failed');
    const kept = await query(
      `select q.event_key, q.state, count(a.id) as n from questions q left join answers a on a.question_id = q.id group by q.event_key, q.state`,
    );
    expect(kept).toHaveLength(PEOPLE);
    for (const row of kept) expect(row).toMatchObject({ state: 'answered', n: '1' });
    const ids = await query('select id from answers');
    expect(new Set(asked.map(({ answer }) => answer.answerId))).toEqual(new Set(ids.map(({ id }) => id)));
    thinkingMs = 0;
    webs[0] = await deployment.start('web');
    balancer.to(webs.map(({ url }) => url));
  });

  test('people who are gone when their process dies find the answer in their conversation', async () => {
    thinkingMs = 2_000;
    const body = JSON.stringify({ text: QUESTIONS[0], eventKey: 'gone', threadId: 'gone-thread' });
    const headers = { Authorization: `Bearer ${deployment.token}`, 'Content-Type': 'application/json' };
    const asking = fetch(`${webs[0]!.url}/api/v1/ask`, { method: 'POST', headers, body }).catch(() => undefined);
    await until('it is recorded', async () => (await query(`select 1 from questions where event_key = 'gone'`)).length === 1);
    await webs[0]!.kill();
    await asking;
    thinkingMs = 0;
    await until('it is answered', async () => {
      const { turns } = await api('/threads/gone-thread');
      return turns[0].answer?.status === 'answered';
    });
    webs[0] = await deployment.start('web');
    balancer.to(webs.map(({ url }) => url));
  });

  test('a web process that is stopped finishes what it answers, and ends', async () => {
    thinkingMs = 1_500;
    const asking = Promise.all(Array.from({ length: 6 }, () => ask(QUESTIONS[0]!, { url: webs[0]!.url })));
    await sleep(700);
    expect(await webs[0]!.stop()).toBe(0);
    for (const { answer, again } of await asking) expect([answer.status, again]).toEqual(['answered', 0]);
    thinkingMs = 0;
    webs[0] = await deployment.start('web');
    balancer.to(webs.map(({ url }) => url));
  });

  test('Redis emptied, and away, in the middle of a sync: questions are answered all the while, and the sync is done', async () => {
    const [{ source }] = (await api('/sources')).sources;
    await api(`/sources/${source.id}/sync`, { method: 'POST' });
    deployment.redis.cli('flushall');
    await until('synced after the queue was emptied', synced);
    await deployment.redis.kill();
    await api(`/sources/${source.id}/sync`, { method: 'POST' });
    expect(await found()).toBe(true);
    await deployment.redis.start();
    await until('synced after Redis came back', synced);
  });

  test('Qdrant emptied, and away: that is said, and the index is filled again by itself', async () => {
    deployment.qdrant.trouble({ on: /./, status: 503 });
    const { answer } = await ask(QUESTIONS[0]!);
    expect(answer).toMatchObject({ status: 'failed', text: expect.stringContaining('The search index cannot be reached') });
    deployment.qdrant.calm();
    expect(await found()).toBe(true);
    deployment.qdrant.empty();
    await until('found again after the index was lost', found);
    expect(worker.said()).toContain('rebuilding');
  });

  test('Postgres restarted, and killed, in the middle of work: who asks again by the same key gets the one answer', async () => {
    for (const end of ['stop', 'kill'] as const) {
      await query('delete from citations; delete from answers; delete from questions');
      const [{ source }] = (await api('/sources')).sources;
      await api(`/sources/${source.id}/sync`, { method: 'POST' });
      thinkingMs = 1_500;
      const asking = Promise.all(Array.from({ length: 10 }, (_, n) => ask(QUESTIONS[n % QUESTIONS.length]!, { key: `${end}-${n}` })));
      asking.catch(() => {});
      await sleep(700);
      await deployment.postgres[end]();
      await sleep(1_000);
      expect((await fetch(`${webs[0]!.url}/readyz`)).status).toBe(503);
      expect((await fetch(`${webs[0]!.url}/healthz`)).status).toBe(200);
      await deployment.postgres.start();
      thinkingMs = 0;
      await asking;
      await until('every question is kept with one answer', async () => {
        const kept = await query(
          `select q.event_key, count(a.id) as n from questions q left join answers a on a.question_id = q.id group by q.event_key`,
        );
        return kept.length === 10 && kept.every(({ n }) => n === '1');
      });
      await until('synced', synced);
    }
  });
});
